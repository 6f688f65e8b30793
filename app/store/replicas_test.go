package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/store/pgtest"
	"github.com/changewarden/changewarden/app/subject"
)

// replicas opens one new database as many times.
func replicas(t testing.TB, n int) []*Store {
	t.Helper()
	url := pgtest.URL(t)
	all := make([]*Store, n)
	for i := range all {
		all[i] = openAt(t, url)
	}
	return all
}

// Replicas that start at the same time make the tables once.
func TestReplicasStartTogether(t *testing.T) {
	url := pgtest.URL(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := Open(context.Background(), url, testOptions())
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(s.Ready(context.Background()), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// What one replica makes due wakes the other, once the transaction is committed.
func TestReplicasWakeEachOther(t *testing.T) {
	both := replicas(t, 2)
	for _, s := range both {
		<-s.Wake() // it listens
	}
	must(t, both[0].Raise(t.Context(), noon, Due{Subject: pr(1)}))
	<-both[0].Wake()
	<-both[1].Wake()
	claimOne(t, both[1], noon)
	_ = both[0].Tx(t.Context(), func(tx *Tx) error {
		_ = tx.Raise(noon, Due{Subject: pr(2)})
		return errors.New("boom")
	})
	must(t, both[1].Raise(t.Context(), noon, Due{Subject: pr(3)}))
	<-both[0].Wake()
	select {
	case <-both[0].Wake():
		t.Error("woken twice for one rise, or by one that was rolled back")
	default:
	}
}

// Any replica tells a status of our own from somebody else's once one of them knows our bot.
func TestReplicasKnowOurBot(t *testing.T) {
	url := pgtest.URL(t)
	o := testOptions()
	o.OwnBot = 0
	var both []*Store
	for range 2 {
		s, err := Open(t.Context(), url, o)
		must(t, err)
		t.Cleanup(func() { s.Close() })
		both = append(both, s)
	}
	must(t, both[0].SetOwnBot(t.Context(), ownBot))
	in(t, both[1], func(tx *Tx) error {
		bot, err := tx.OwnBot()
		if bot != ownBot {
			t.Errorf("the other replica takes %d for our bot, want %d", bot, ownBot)
		}
		return err
	})
}

// A head's row may not be there yet, and what it should show is still composed by one
// transaction after the other, each with all that those before it stored.
func TestReplicasComposeAHeadInTurn(t *testing.T) {
	both := replicas(t, 2)
	const pulls = 6
	var wg sync.WaitGroup
	for i := range int64(pulls) {
		wg.Go(func() {
			err := both[i%2].Tx(context.Background(), func(tx *Tx) error {
				p := Pull{Repo: 1, Number: i, Head: "beef", Open: true, Governed: true, UpdatedAt: noon, Facts: []byte("{}")}
				if err := tx.PutPull(p); err != nil {
					return err
				}
				pub, _, err := tx.Publication(1, "beef")
				if err != nil {
					return err
				}
				rows, err := tx.PullsByHead(1, "beef")
				if err != nil {
					return err
				}
				pub.Repo, pub.SHA = 1, "beef"
				pub.Generation++
				pub.WantedDigest = fmt.Sprint(len(rows))
				return tx.PutPublication(pub)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	pub, _, err := both[0].Publication(t.Context(), 1, "beef")
	must(t, err)
	if pub.Generation != pulls || pub.WantedDigest != fmt.Sprint(pulls) {
		t.Errorf("composed %d times, the last of %s pull requests, want %d of %d", pub.Generation, pub.WantedDigest, pulls, pulls)
	}
}

// A check on a commit that nobody has, and a pull request that is stored with that commit at
// the same moment: one of the two transactions sees the other.
func TestReplicasLoseNoStray(t *testing.T) {
	both := replicas(t, 2)
	for round := range int64(20) {
		sha := fmt.Sprintf("beef%d", round)
		sub := subject.Subject{Kind: subject.PullRequest, Repo: 1, Number: round}
		r := subject.Result{Selectors: []subject.Selector{{Kind: subject.ByHead, Repo: 1, SHA: sha, Check: &subject.Check{Source: subject.CheckRun, ID: 7, Name: "unit"}}}}
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := both[0].Accept(context.Background(), Delivery{App: ownApp, GUID: sha, At: noon}, r)
			if err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			err := both[1].Tx(context.Background(), func(tx *Tx) error {
				return tx.PutPull(Pull{Repo: 1, Number: round, Head: sha, Open: true, Governed: true, UpdatedAt: noon})
			})
			if err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if c := claimOne(t, both[round%2], noon); c.Subject != sub {
			t.Fatalf("claimed %s, want %s", c.Subject.Key(), sub.Key())
		}
	}
}

// A look that begins while a delivery is being stored, and that the delivery does not select,
// reads what the delivery leaves behind.
func TestReplicasReadNothingVoid(t *testing.T) {
	both := replicas(t, 2)
	must(t, both[0].Remember(t.Context(), subject.TeamCache, "9/seniors/", []byte("ann is in it"), noon, time.Time{}))
	in(t, both[0], func(tx *Tx) error {
		if err := tx.PutPull(Pull{Repo: 1, Number: 1, Head: "beef", Open: true, Governed: true, UpdatedAt: noon}); err != nil {
			return err
		}
		return tx.SetInterest(1, 1, Interest{})
	})
	// Whoever locks the pull request's row first has the delivery wait after its selection.
	locked, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := both[1].Tx(context.Background(), func(tx *Tx) error {
			err := tx.exec(`select key from subjects where key = 'pull_request/1/2' for update`)
			close(locked)
			<-release
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	must(t, both[0].Raise(t.Context(), noon, Due{Subject: pr(2), At: after(900)}))
	<-locked
	accepted := make(chan struct{})
	wg.Go(func() {
		defer close(accepted)
		_, err := both[0].Accept(context.Background(), Delivery{App: ownApp, GUID: "left", At: after(1)}, subject.Result{
			Subjects:  []subject.Subject{pr(2)}, // on which it waits
			Forget:    []subject.CacheKey{{Kind: subject.TeamCache, Prefix: "9/seniors/"}},
			Selectors: []subject.Selector{{Kind: subject.ByPerson, Account: 9, User: 5}},
		})
		if err != nil {
			t.Error(err)
		}
	})
	for { // until the first of its two transactions is through
		_, _, found, err := both[1].Recall(t.Context(), subject.TeamCache, "9/seniors/", after(2))
		must(t, err)
		if !found {
			break
		}
		select {
		case <-accepted:
			t.Fatal("the delivery was accepted although what it raises is locked")
		default:
		}
	}
	close(release)
	wg.Wait()
	if _, found, err := both[1].Delivery(t.Context(), ownApp, "left"); err != nil || !found {
		t.Errorf("the delivery is not stored: %v", err)
	}
}

// TestReplicas has three replicas take deliveries about a few pull requests and look at
// them, as the server does, all at once. No subject is looked at by two at a time, every
// delivery is followed by a look that began after it, the ledger is one chain, and, because
// all lock in one order, the database never had to end a transaction for another one.
func TestReplicas(t *testing.T) {
	const each, lookers, deliverers = 15, 3, 3
	all := replicas(t, 3)
	w := &crowd{t: t, held: map[subject.Subject]bool{}}
	var delivering, looking sync.WaitGroup
	for i, s := range all {
		for d := range deliverers {
			delivering.Go(func() {
				for n := range each {
					w.deliver(s, fmt.Sprintf("%d-%d-%d", i, d, n))
				}
			})
		}
	}
	over := make(chan struct{})
	for _, s := range all {
		for range lookers {
			looking.Go(func() {
				for working := true; working; {
					select {
					case <-s.Wake():
					case <-over:
						working = false
					}
					for w.look(s) {
					}
				}
			})
		}
	}
	delivering.Wait()
	close(over)
	looking.Wait()

	s := all[0]
	stale, err := list(s.reader(t.Context()), column[string], `select key from subjects where done <> generation or lease_until <> 0`)
	must(t, err)
	if len(stale) > 0 {
		t.Errorf("not looked at since they were raised: %q", stale)
	}
	if got, want := verify(t, s)[0], fmt.Sprintf("log 9: %d records, consistent with itself", w.records.Load()); got != want {
		t.Errorf("verify: %s, want %s", got, want)
	}
	for i, s := range all {
		if d, _ := s.writer.(*direct); d.again.Load() != 0 {
			t.Errorf("replica %d: %d transactions were run again: they do not lock in one order", i, d.again.Load())
		}
	}
}

// crowd is who works on the replicas.
type crowd struct {
	t       *testing.T
	records atomic.Int64

	mu   sync.Mutex
	held map[subject.Subject]bool
}

const crowdPulls = 5

// deliver stores a random delivery.
func (w *crowd) deliver(s *Store, guid string) {
	n := rand.Int64N(crowdPulls)
	r := subject.Result{
		Installation:  3,
		Installations: []subject.InstallationFact{{ID: 3, Account: 9}},
		Repositories:  []subject.RepositoryFact{{ID: 2, Installation: 3, Account: 9, At: noon}, {ID: 1, Installation: 3, Account: 9, At: noon}},
	}
	check := subject.Check{Source: subject.CheckRun, App: ownApp, ID: 7, Name: "unit", Status: "completed"}
	switch rand.IntN(5) {
	case 0, 1:
		r.Pulls = []subject.PullFact{
			{Repo: 1, Number: n, Head: fmt.Sprint(n / 2), Open: true, UpdatedAt: noon},
			{Repo: 1, Number: (n + 1) % crowdPulls, Head: fmt.Sprint((n + 1) % crowdPulls / 2), Open: true, UpdatedAt: noon},
		}
		r.Subjects = []subject.Subject{pr(n), pr((n + 1) % crowdPulls)}
	case 2:
		r.Selectors = []subject.Selector{{Kind: subject.ByHead, Repo: 1, SHA: fmt.Sprint(n), Check: &check, Again: n == 0}}
	case 3:
		r.Selectors = []subject.Selector{{Kind: subject.ByPerson, Account: 9, User: n}}
		r.Forget = []subject.CacheKey{{Kind: subject.TeamCache, Prefix: "9/"}, {Kind: subject.PermissionCache}}
		r.Joins = []subject.JoinFact{{Account: 9, Team: n, User: n, At: noon}}
	case 4:
		r.Selectors = []subject.Selector{{Kind: subject.ByRepository, Repo: 1}}
		r.Pushes = []subject.PushFact{{Repo: 1, Ref: "refs/heads/main", After: guid, User: n, At: noon}}
	}
	if _, err := s.Accept(context.Background(), Delivery{App: ownApp, GUID: guid, Event: "test", At: noon}, r); err != nil {
		w.t.Error(err)
	}
}

// look claims a subject and ends the look at it, and says whether there was one.
func (w *crowd) look(s *Store) bool {
	ctx := context.Background()
	claims, err := s.Claim(ctx, after(1), "w", 1, time.Hour)
	if err != nil {
		w.t.Error(err)
		return false
	}
	if len(claims) == 0 {
		return false
	}
	c := claims[0]
	w.take(c, true)
	_ = s.Remember(ctx, subject.TeamCache, fmt.Sprintf("9/%d/", rand.IntN(3)), []byte("x"), after(1), time.Time{})
	if _, err := s.Persons(ctx, []subject.Person{{User: rand.Int64N(5) + 1, Login: fmt.Sprint(rand.IntN(9))}, {User: rand.Int64N(5) + 1, Login: fmt.Sprint(rand.IntN(9))}}); err != nil {
		w.t.Error(err)
	}
	w.take(c, false)
	err = s.Tx(ctx, func(tx *Tx) error {
		if c.Subject.Kind == subject.Head {
			return w.publish(tx, c)
		}
		return w.settle(tx, c)
	})
	if err != nil {
		w.t.Errorf("look at %s: %v", c.Subject.Key(), err)
		return false
	}
	w.records.Add(1)
	return true
}

// take notes who is looked at, before the look and before the transaction that ends it.
func (w *crowd) take(c Claim, held bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if held && w.held[c.Subject] {
		w.t.Errorf("%s is looked at twice at once", c.Subject.Key())
	}
	w.held[c.Subject] = held
}

// settle is what the end of a look at a pull request does.
func (w *crowd) settle(tx *Tx, c Claim) error {
	n := c.Subject.Number
	head := fmt.Sprint(n / 2)
	p := Pull{Repo: 1, Number: n, Head: head, Open: true, Governed: true, UpdatedAt: noon, Facts: []byte("{}")}
	if err := tx.PutPull(p); err != nil {
		return err
	}
	if err := tx.SetInterest(1, n, Interest{Users: []int64{n, n + 1}}); err != nil {
		return err
	}
	pub, _, err := tx.Publication(1, head)
	if err != nil {
		return err
	}
	rows, err := tx.PullsByHead(1, head)
	if err != nil {
		return err
	}
	if err := w.append(tx); err != nil {
		return err
	}
	pub.Repo, pub.SHA = 1, head
	pub.Generation++
	if err := tx.PutPublication(pub); err != nil {
		return err
	}
	if c.Generation%3 == 0 { // the others of this head, and the head
		for _, row := range rows {
			if row.Number != n && c.Generation%2 == 0 {
				if err := tx.Raise(noon, Due{Subject: row.Subject()}); err != nil {
					return err
				}
			}
		}
		if err := tx.Raise(noon, Due{Subject: pub.Subject()}); err != nil {
			return err
		}
	}
	return tx.Done(c, noon, time.Time{})
}

// publish is what the end of a publication does.
func (w *crowd) publish(tx *Tx, c Claim) error {
	pub, _, err := tx.Publication(1, c.Subject.SHA)
	if err != nil {
		return err
	}
	pub.Repo, pub.SHA = 1, c.Subject.SHA
	pub.Answered = pub.Doubts
	if err := tx.PutPublication(pub); err != nil {
		return err
	}
	if err := w.append(tx); err != nil {
		return err
	}
	rows, err := tx.PullsByHead(1, c.Subject.SHA)
	if err != nil {
		return err
	}
	if c.Generation%4 == 0 {
		for _, row := range rows {
			if err := tx.Raise(noon, Due{Subject: row.Subject()}); err != nil {
				return err
			}
		}
	}
	return tx.Done(c, noon, time.Time{})
}

func (w *crowd) append(tx *Tx) error {
	head, seq, err := tx.Append(9, "verdict", noon, []byte("body"))
	if err == nil && head != (evidence.Head{Log: 9, Size: seq + 1, Root: head.Root}) {
		w.t.Errorf("appended %+v at %d", head, seq)
	}
	return err
}
