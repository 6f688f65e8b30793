package app

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// volatile is a snapshot.Memory for one look at GitHub: what it remembers ends with it.
type volatile struct {
	mu     sync.Mutex
	known  map[[2]string]remembered
	ids    map[int64]int64 // person id by GitHub's
	logins map[int64]string
	pushes []subject.PushFact
}

type remembered struct {
	body        []byte
	asOf, until time.Time
}

var _ snapshot.Memory = (*volatile)(nil)

func newVolatile() *volatile {
	return &volatile{known: map[[2]string]remembered{}, ids: map[int64]int64{}, logins: map[int64]string{}}
}

func (m *volatile) Persons(_ context.Context, people []subject.Person) (map[int64]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[int64]int64{}
	for _, p := range people {
		if m.ids[p.User] == 0 {
			m.ids[p.User] = int64(len(m.ids) + 1)
		}
		out[p.User] = m.ids[p.User]
		m.logins[p.User] = p.Login
	}
	return out, nil
}

// names returns the login of everybody who was seen.
func (m *volatile) names() say.Names {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := say.Names{}
	for user, id := range m.ids {
		out[rules.UserID(id)] = m.logins[user]
	}
	return out
}

func (m *volatile) Recall(_ context.Context, kind, key string, at time.Time) ([]byte, time.Time, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.known[[2]string{kind, key}]
	if !ok || !r.until.IsZero() && !at.Before(r.until) {
		return nil, time.Time{}, false, nil
	}
	return r.body, r.asOf, true, nil
}

func (m *volatile) Remember(_ context.Context, kind, key string, body []byte, asOf, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[[2]string{kind, key}] = remembered{body, asOf, until}
	return nil
}

// AddPushes keeps what the look itself found out: no delivery told anything.
func (m *volatile) AddPushes(_ context.Context, pushes []subject.PushFact) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pushes = append(m.pushes, pushes...)
	return nil
}

func (m *volatile) Pushes(_ context.Context, repo, number, headRepo int64, ref string) ([]subject.PushFact, error) {
	return m.find(func(p subject.PushFact) bool {
		return p.Repo == repo && (p.Number == number && number != 0 || p.Number == 0 && headRepo == repo && p.Ref == ref)
	}), nil
}

func (m *volatile) PushesOf(_ context.Context, repo int64, commits []string) ([]subject.PushFact, error) {
	return m.find(func(p subject.PushFact) bool {
		return p.Repo == repo && p.Number == 0 && slices.Contains(commits, p.After)
	}), nil
}

// Waivers returns none: they are known to the server alone that took them in.
func (m *volatile) Waivers(context.Context, int64, int64) ([]subject.Waiver, error) { return nil, nil }

// Declared returns none, likewise.
func (m *volatile) Declared(context.Context, int64, int64) ([]subject.Declared, error) {
	return nil, nil
}

func (m *volatile) SignOffs(context.Context, int64, []int64) ([]subject.SignOff, error) {
	return nil, nil
}

func (m *volatile) find(is func(subject.PushFact) bool) []subject.PushFact {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []subject.PushFact
	for _, p := range m.pushes {
		if is(p) {
			out = append(out, p)
		}
	}
	return out
}
