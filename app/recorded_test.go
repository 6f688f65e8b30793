package app

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/rules"
)

// shop is a world with a change to infrastructure, people who can approve it, and a policy
// of the repository that names one of them by login.
const shop = `
users: [{login: ann}, {login: bob}, {login: carol}, {login: dave}, {login: olga}]
organizations:
  - login: octo-org
    owners: [olga]
    teams:
      - {slug: engineers, members: [ann, bob, carol, dave]}
      - {slug: senior-engineers, members: [carol]}
      - {slug: security, members: [dave]}
apps: [{slug: octo-ci}]
repositories:
  - name: octo-org/shop
    private: true
    teams: {engineers: write}
    files:
      main.go: "package main\n"
      .github/change-management.yml: |
        version: 1
        groups: {payments: {users: [dave]}}
        rules:
          - {name: payments, when: {paths: ["pay/**"]}, require: {approvals: {count: 1, from: payments}}}
    pulls:
      - {title: Grow, author: ann, branch: grow, files: {net.tf: "a <b> & c\n", pay/p.go: "package pay\n"}}
installations: [{account: octo-org}]
`

// TestRecorded: what the server judged and stored is judged again from its database alone,
// while it runs, and comes to the same bytes, whatever the verdict; people are ids, also in
// the policy's text.
func TestRecorded(t *testing.T) {
	w := newWorldTest(t, t.Cleanup)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.begin([]byte(shop), t.TempDir(), nil))
	must(w.settle())
	ctx := context.Background()
	export := func() Recorded {
		t.Helper()
		r, err := Export(ctx, w.app.o.DatabaseURL, "octo-org", "shop", 1, false)
		must(err)
		text, err := json.MarshalIndent(r, "", "\t")
		must(err)
		for _, login := range []string{"ann", "bob", "carol", "dave"} {
			if strings.Contains(string(text), `"`+login+`"`) || strings.Contains(string(text), "["+login) {
				t.Errorf("%s is named:\n%s", login, text)
			}
		}
		again, err := ReadRecorded(text)
		must(err)
		return again
	}
	same := func(r Recorded, want rules.Outcome) {
		t.Helper()
		v, err := r.Judge()
		must(err)
		agreement, err := r.Compare(v)
		must(err)
		if agreement != SameBytes || v.Outcome != want || len(r.Policy) != 2 {
			got, _ := json.Marshal(v)
			t.Errorf("%s, %s by %d layers, want %s:\n%s", agreement, v.Outcome, len(r.Policy), want, cmp.Diff(string(r.Verdict), string(got)))
		}
	}
	first := export()
	same(first, rules.Pending)

	head, err := w.sim.Head(w.repo, 1)
	must(err)
	_, err = w.sim.AsApp("octo-ci").Report(w.repo, head, githubsim.Check{Name: "test <1>", Conclusion: "success"})
	must(err)
	for _, login := range []string{"bob", "carol", "dave"} {
		_, err := w.sim.As(login).Review(w.repo, 1, githubsim.Review{State: "APPROVE"})
		must(err)
	}
	must(w.settle())
	w.clock.turn(time.Minute)
	must(w.settle())
	passed := export()
	same(passed, rules.Pass)

	// Of other facts, another moment or another policy it is another verdict.
	for name, change := range map[string]func(*Recorded){
		"no reviews":       func(r *Recorded) { r.Change.Reviews = nil },
		"another moment":   func(r *Recorded) { r.At = r.At.Add(time.Second) },
		"a layer less":     func(r *Recorded) { r.Policy = r.Policy[:1] },
		"the other record": func(r *Recorded) { r.Verdict = first.Verdict },
	} {
		r := passed
		change(&r)
		v, err := r.Judge()
		must(err)
		if agreement, err := r.Compare(v); err != nil || agreement != Different {
			t.Errorf("%s: %s, %v", name, agreement, err)
		}
	}

	named, err := Export(ctx, w.app.o.DatabaseURL, "octo-org", "shop", 1, true)
	must(err)
	var logins []string
	for _, login := range named.Names {
		logins = append(logins, login)
	}
	if !strings.Contains(strings.Join(logins, " "), "carol") {
		t.Errorf("names %v, want carol among them", logins)
	}
	if _, err := Export(ctx, w.app.o.DatabaseURL, "octo-org", "shop", 2, false); !errors.Is(err, ErrNotRecorded) {
		t.Errorf("a pull request that does not exist: %v", err)
	}
	_, err = Export(ctx, "sqlite://"+filepath.Join(t.TempDir(), "none.db"), "octo-org", "shop", 1, false)
	if _, ok := errors.AsType[*Problem](err); !ok {
		t.Errorf("a database that is not there: %v, want a *Problem", err)
	}
}
