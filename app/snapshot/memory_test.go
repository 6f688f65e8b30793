package snapshot_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// memory is a Memory without a database.
type memory struct {
	mu     sync.Mutex
	known  map[string]remembered
	people map[int64]subject.Person
	pushes []subject.PushFact

	waivers  []subject.Waiver
	declared []subject.Declared
}

type remembered struct {
	body        []byte
	asOf, until time.Time
}

func newMemory() *memory {
	return &memory{known: map[string]remembered{}, people: map[int64]subject.Person{}}
}

// personID makes ids whose order is not that of GitHub's.
func personID(user int64) int64 { return 1<<50 - user*7919 }

func (m *memory) Persons(_ context.Context, people []subject.Person) (map[int64]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[int64]int64{}
	for _, p := range people {
		m.people[p.User] = p
		out[p.User] = personID(p.User)
	}
	return out, nil
}

func (m *memory) Recall(_ context.Context, kind, key string, at time.Time) ([]byte, time.Time, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.known[kind+" "+key]
	if !ok || !r.until.IsZero() && !at.Before(r.until) {
		return nil, time.Time{}, false, nil
	}
	return r.body, r.asOf, true, nil
}

func (m *memory) Remember(_ context.Context, kind, key string, body []byte, asOf, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[kind+" "+key] = remembered{body, asOf, until}
	return nil
}

// forget drops what was remembered under a kind.
func (m *memory) forget(kind string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k := range m.known {
		if strings.HasPrefix(k, kind+" ") {
			delete(m.known, k)
		}
	}
}

// has reports whether anything is remembered under a kind.
func (m *memory) has(kind string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k := range m.known {
		if strings.HasPrefix(k, kind+" ") {
			return true
		}
	}
	return false
}

func (m *memory) Pushes(_ context.Context, repo, number, headRepo int64, ref string) ([]subject.PushFact, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []subject.PushFact
	for _, p := range m.pushes {
		if p.Repo == repo && (p.Number == number && number != 0 || headRepo == repo && p.Ref == ref && p.Number == 0) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (m *memory) PushesOf(_ context.Context, repo int64, commits []string) ([]subject.PushFact, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []subject.PushFact
	for _, p := range m.pushes {
		if p.Repo == repo && p.Number == 0 && slices.Contains(commits, p.After) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (m *memory) Waivers(context.Context, int64, int64) ([]subject.Waiver, error) {
	return m.waivers, nil
}

func (m *memory) Declared(context.Context, int64, int64) ([]subject.Declared, error) {
	return m.declared, nil
}

func (m *memory) SignOffs(context.Context, int64, []int64) ([]subject.SignOff, error) {
	return nil, nil
}

func (m *memory) AddPushes(_ context.Context, pushes []subject.PushFact) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range pushes {
		if !slices.ContainsFunc(m.pushes, func(q subject.PushFact) bool { return q.Ref == p.Ref && q.After == p.After && q.Before == p.Before }) {
			m.pushes = append(m.pushes, p)
		}
	}
	return nil
}
