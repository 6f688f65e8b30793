package store

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

// judge lets pull request 1#number be looked at: it rests afterwards, with this interest.
func judge(t testing.TB, s *Store, number int64, i Interest) {
	t.Helper()
	must(t, s.Raise(t.Context(), noon, Due{Subject: pr(number)}))
	for _, c := range claim(t, s, noon) {
		in(t, s, func(tx *Tx) error {
			if err := tx.SetInterest(c.Subject.Repo, c.Subject.Number, i); err != nil {
				return err
			}
			return tx.Done(c, noon, time.Time{})
		})
	}
}

// selected returns the keys that a delivery with these selectors makes due, and lets them be
// looked at, so that they rest again.
func selected(t testing.TB, s *Store, selectors ...subject.Selector) []string {
	t.Helper()
	accept(t, s, noon, subject.Result{Selectors: selectors})
	var keys []string
	for _, c := range claim(t, s, noon) {
		keys = append(keys, c.Subject.Key())
		done(t, s, c, noon, time.Time{})
	}
	slices.Sort(keys)
	return keys
}

func keys(numbers ...int64) (keys []string) {
	for _, n := range numbers {
		keys = append(keys, pr(n).Key())
	}
	return keys
}

// forest is repositories 1 and 2 of account 9, and 3 of account 10. Pull requests: 1#1 and
// 1#2 on head a1, 1#3 ungoverned on head a1 to topic, 1#4 closed on head a1, 1#5 on head a5.
func forest(t testing.TB, s *Store) {
	t.Helper()
	var repos []subject.RepositoryFact
	for id, account := range map[int64]int64{1: 9, 2: 9, 3: 10} {
		repos = append(repos, subject.RepositoryFact{ID: id, Installation: account + 100, Account: account, Owner: "o", Name: "r", At: noon})
	}
	accept(t, s, noon, subject.Result{Repositories: repos})
	topic, closed := fact(3, "a1", 1), fact(4, "a1", 1)
	topic.Base, closed.Open = "topic", false
	tell(t, s, 1, fact(1, "a1", 1), fact(2, "a1", 1), topic, closed, fact(5, "a5", 1))
	in(t, s, func(tx *Tx) error {
		p, _, err := tx.Pull(1, 3)
		if err != nil {
			return err
		}
		p.Governed = false
		return tx.PutPull(p)
	})
}

func testSelectors(t *testing.T, s *Store) {
	forest(t, s)
	judge(t, s, 1, Interest{Users: []int64{50, 51, 50}, Teams: []TeamInterest{{9, "security"}, {9, "security"}}})
	judge(t, s, 2, Interest{Users: []int64{51}, Teams: []TeamInterest{{9, "qa"}}, Base: true})
	judge(t, s, 3, Interest{})
	judge(t, s, 4, Interest{Users: []int64{50}})
	judge(t, s, 5, Interest{Users: []int64{52}, Teams: []TeamInterest{{10, "security"}}, Checks: CheckInterest{All: true, Usual: "x"}})
	for _, test := range []struct {
		name string
		sel  subject.Selector
		want []string
	}{
		{"head", subject.Selector{Kind: subject.ByHead, Repo: 1, SHA: "a1"}, keys(1, 2)},
		{"head in another repository", subject.Selector{Kind: subject.ByHead, Repo: 2, SHA: "a1"}, nil},
		{"head of nobody", subject.Selector{Kind: subject.ByHead, Repo: 1, SHA: "ff"}, nil},
		{"base", subject.Selector{Kind: subject.ByBase, Repo: 1, Branch: "main"}, keys(1, 2, 5)},
		{"base that moved", subject.Selector{Kind: subject.ByBase, Repo: 1, Branch: "main", Moved: true}, keys(2)},
		{"base that moved, ungoverned", subject.Selector{Kind: subject.ByBase, Repo: 1, Branch: "topic", Moved: true}, nil},
		{"base where others are usual", subject.Selector{Kind: subject.ByBase, Repo: 1, Branch: "main", Usual: "y"}, keys(5)},
		{"base where the same are usual", subject.Selector{Kind: subject.ByBase, Repo: 1, Branch: "main", Usual: "x"}, nil},
		{"ungoverned base", subject.Selector{Kind: subject.ByBase, Repo: 1, Branch: "topic"}, keys(3)},
		{"repository", subject.Selector{Kind: subject.ByRepository, Repo: 1}, keys(1, 2, 3, 5)},
		{"another repository", subject.Selector{Kind: subject.ByRepository, Repo: 2}, nil},
		{"person", subject.Selector{Kind: subject.ByPerson, Repo: 1, User: 51}, keys(1, 2)},
		{"person, of whom a closed one counted", subject.Selector{Kind: subject.ByPerson, Repo: 1, User: 50}, keys(1)},
		{"person in the account", subject.Selector{Kind: subject.ByPerson, Account: 9, User: 52}, keys(5)},
		{"person in another account", subject.Selector{Kind: subject.ByPerson, Account: 10, User: 52}, nil},
		{"person in another repository", subject.Selector{Kind: subject.ByPerson, Repo: 2, User: 51}, nil},
		{"stranger", subject.Selector{Kind: subject.ByPerson, Account: 9, User: 99}, nil},
		{"team", subject.Selector{Kind: subject.ByTeam, Account: 9, Team: "security"}, keys(1)},
		{"team of another account", subject.Selector{Kind: subject.ByTeam, Account: 10, Team: "security"}, nil},
	} {
		if diff := cmp.Diff(test.want, selected(t, s, test.sel)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	both := []subject.Selector{
		{Kind: subject.ByHead, Repo: 1, SHA: "a1"}, {Kind: subject.ByPerson, Repo: 1, User: 51}, {Kind: subject.ByHead, Repo: 1, SHA: "a5"},
	}
	if diff := cmp.Diff(keys(1, 2, 5), selected(t, s, both...)); diff != "" {
		t.Errorf("three selectors (-want +got):\n%s", diff)
	}
	judge(t, s, 1, Interest{Users: []int64{60}}) // replaces
	if diff := cmp.Diff(keys(1), selected(t, s, subject.Selector{Kind: subject.ByPerson, Account: 9, User: 60})); diff != "" {
		t.Errorf("new interest (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(keys(2), selected(t, s, subject.Selector{Kind: subject.ByPerson, Account: 9, User: 51})); diff != "" {
		t.Errorf("former interest (-want +got):\n%s", diff)
	}
	// The fact that comes with the selector is there when it is resolved.
	accept(t, s, noon, subject.Result{
		Pulls:     []subject.PullFact{fact(5, "a6", 2)},
		Selectors: []subject.Selector{{Kind: subject.ByHead, Repo: 1, SHA: "a6"}},
	})
	if c := claimOne(t, s, noon); c.Subject != pr(5) {
		t.Errorf("claim %+v, want 1#5 on its new head", c)
	}
}

// An event about somebody whom the last verdict did not look at still counts for a look that
// is under way: nobody knows yet whom that one looks at.
func testSelectorsDuringLook(t *testing.T, s *Store) {
	forest(t, s)
	person := subject.Selector{Kind: subject.ByPerson, Account: 9, User: 99}
	team := subject.Selector{Kind: subject.ByTeam, Account: 9, Team: "ops"}
	usual := subject.Selector{Kind: subject.ByBase, Repo: 1, Branch: "main", Usual: "x"}
	check := subject.Selector{Kind: subject.ByHead, Repo: 1, SHA: "a5", Check: &subject.Check{Source: subject.CheckRun, ID: 1, Name: "lint", Status: "completed", Conclusion: "success"}}
	for number := range int64(5) {
		judge(t, s, number+1, Interest{})
	}
	for name, sel := range map[string]subject.Selector{"person": person, "team": team, "check": check, "usual": usual} {
		if got := selected(t, s, sel); got != nil {
			t.Fatalf("%s at rest selects %v", name, got)
		}
		must(t, s.Raise(t.Context(), noon, Due{Subject: pr(5)}))
		done(t, s, claimOne(t, s, noon), noon, noon)
		c := claimOne(t, s, noon) // a timer's look: no event began it
		accept(t, s, noon, subject.Result{Selectors: []subject.Selector{sel}})
		done(t, s, c, noon, time.Time{})
		c = claimOne(t, s, noon)
		if c.Subject != pr(5) || c.Delivered != 1 {
			t.Errorf("%s during the look: claim %+v, want one more look at 1#5", name, c)
		}
		done(t, s, c, noon, time.Time{})
	}
	tell(t, s, 2, fact(6, "a6", 2)) // never looked at
	for name, sel := range map[string]subject.Selector{"person": person, "team": team} {
		if diff := cmp.Diff(keys(6), selected(t, s, sel)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func testChecks(t *testing.T, s *Store) {
	forest(t, s)
	seen := subject.Check{Source: subject.CheckRun, ID: 1, Suite: 2, App: 15, Name: "build", Status: "completed", Conclusion: "success"}
	suite := subject.Check{Source: subject.CheckSuite, ID: 2, App: 15, Status: "completed", Conclusion: "success"}
	all := Interest{Checks: CheckInterest{All: true}, Seen: []subject.Check{seen, suite, {Source: subject.CommitStatus, Name: "old", Conclusion: "success"}}}
	named := Interest{Checks: CheckInterest{Names: []string{"build", "test/**"}}, Seen: all.Seen}
	with := func(change func(*subject.Check)) subject.Check {
		c := seen
		change(&c)
		return c
	}
	status := subject.Check{Source: subject.CommitStatus, ID: 7, Name: "ci/x", Conclusion: "success", Creator: 5}
	for _, test := range []struct {
		name     string
		interest Interest
		check    subject.Check
		want     bool
	}{
		{"seen", all, seen, false},
		{"seen, concluded otherwise", all, with(func(c *subject.Check) { c.Conclusion = "failure" }), true},
		{"seen, runs again", all, with(func(c *subject.Check) { c.Status, c.Conclusion = "in_progress", "" }), true},
		{"same name, another run", all, with(func(c *subject.Check) { c.ID = 3 }), true},
		{"same id, a status", all, with(func(c *subject.Check) { c.Source = subject.CommitStatus }), true},
		{"new status", all, status, true},
		{"status without an id is never the same", all, subject.Check{Source: subject.CommitStatus, Name: "old", Conclusion: "success"}, true},
		{"suite seen", all, suite, false},
		{"suite completed otherwise", all, subject.Check{Source: subject.CheckSuite, ID: 2, App: 15, Status: "completed", Conclusion: "failure"}, true},
		{"named and seen", named, seen, false},
		{"named", named, with(func(c *subject.Check) { c.ID = 3 }), true},
		{"named by glob", named, with(func(c *subject.Check) { c.ID, c.Name = 3, "test/linux/arm64" }), true},
		{"not named", named, with(func(c *subject.Check) { c.ID, c.Name = 3, "lint" }), false},
		{"suite where names count", named, subject.Check{Source: subject.CheckSuite, ID: 9, App: 15, Status: "completed"}, false},
		{"no rule asks for checks", Interest{}, status, false},
		{"a glob that cannot be", Interest{Checks: CheckInterest{Names: []string{"[a"}}}, status, true},
	} {
		judge(t, s, 1, test.interest)
		judge(t, s, 2, Interest{})
		judge(t, s, 3, all) // ungoverned
		var want []string
		if test.want {
			want = keys(1)
		}
		got := selected(t, s, subject.Selector{Kind: subject.ByHead, Repo: 1, SHA: "a1", Check: &test.check})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	// Without a verdict everything is of interest.
	tell(t, s, 2, fact(7, "a7", 2))
	for range 2 {
		got := selected(t, s, subject.Selector{Kind: subject.ByHead, Repo: 1, SHA: "a7", Check: &seen})
		if diff := cmp.Diff(keys(7), got); diff != "" {
			t.Errorf("never judged (-want +got):\n%s", diff)
		}
	}
}

// A check may be reported on a head before the store knows that a pull request has it, while
// a look that learns of the head has already read the checks.
func testStrays(t *testing.T, s *Store) {
	forest(t, s)
	judge(t, s, 5, Interest{})
	check := &subject.Check{Source: subject.CheckRun, ID: 1, Name: "build", Status: "completed", Conclusion: "failure"}
	must(t, s.Raise(t.Context(), noon, Due{Subject: pr(5)}))
	c := claimOne(t, s, noon)
	accept(t, s, after(1), subject.Result{Selectors: []subject.Selector{{Kind: subject.ByHead, Repo: 1, SHA: "b5", Check: check}}})
	claimNone(t, s, after(1))
	look := func(c Claim, head string) {
		t.Helper()
		in(t, s, func(tx *Tx) error {
			p, _, err := tx.Pull(1, 5)
			if err != nil {
				return err
			}
			p.Head, p.UpdatedAt = head, p.UpdatedAt.Add(time.Second)
			if err := tx.PutPull(p); err != nil {
				return err
			}
			return tx.Done(c, after(2), time.Time{})
		})
	}
	look(c, "b5")
	c = claimOne(t, s, after(2))
	if c.Subject != pr(5) {
		t.Fatalf("claim %+v, want one more look at 1#5", c)
	}
	look(c, "b5") // it has the head already
	claimNone(t, s, after(3))

	// A stray does not live for ever.
	accept(t, s, after(7200), subject.Result{Selectors: []subject.Selector{{Kind: subject.ByHead, Repo: 1, SHA: "c5", Check: check}}})
	must(t, s.Raise(t.Context(), noon, Due{Subject: pr(5)}))
	look(claimOne(t, s, after(7200)), "a0")
	must(t, s.Raise(t.Context(), noon, Due{Subject: pr(5)}))
	look(claimOne(t, s, after(7200)), "b5")
	claimNone(t, s, after(7200))
}
