package snapshot_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// Behaviours 66 and 71: what a comment is, is read from GitHub.
func TestComment71(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"main.go": "package main\n"})
	bob := w.sim.As("bob")
	say := func(id int64, err error) int64 {
		t.Helper()
		w.must(err)
		return id
	}
	plain := say(bob.Comment(repo, 1, "hello"))
	edited := say(bob.Comment(repo, 1, "helo"))
	w.must(w.sim.As("ann").EditComment(repo, edited, "hello"))
	mailed := say(bob.Mail(repo, 1, "hello"))
	_, err := w.sim.AddBot("octo-bot")
	w.must(err)
	w.must(w.sim.As("olga").SetPermission(repo, "octo-bot", "write"))
	bot := say(w.sim.As("octo-bot").Comment(repo, 1, "hello"))
	for name, test := range map[string]struct {
		id   int64
		want func(*snapshot.Comment)
	}{
		"plain":  {plain, func(*snapshot.Comment) {}},
		"edited": {edited, func(c *snapshot.Comment) { c.Edited = true }},
		"mailed": {mailed, func(c *snapshot.Comment) { c.Mailed = true }},
		"a bot's": {bot, func(c *snapshot.Comment) {
			c.By = subject.Person{User: w.sim.UserID("octo-bot"), Login: "octo-bot[bot]", Bot: true}
		}},
	} {
		want := snapshot.Comment{By: subject.Person{User: w.sim.UserID("bob"), Login: "bob"}, Number: 1, Body: "hello", At: w.now}
		test.want(&want)
		got, err := w.reader.Comment(t.Context(), w.client, w.target, test.id)
		w.must(err)
		w.equal(name, want, got)
	}

	w.must(bob.DeleteComment(repo, plain))
	if _, err := w.reader.Comment(t.Context(), w.client, w.target, plain); !errors.Is(err, snapshot.ErrGone) {
		t.Errorf("a deleted comment: %v", err)
	}
	// It may be taken away between the two requests.
	w.wire.answers = map[string]string{"Comment": `{"data":{"node":null},"errors":[{"type":"NOT_FOUND","path":["node"],"message":"no"}]}`}
	if _, err := w.reader.Comment(t.Context(), w.client, w.target, mailed); !errors.Is(err, snapshot.ErrGone) {
		t.Errorf("a comment that was deleted meanwhile: %v", err)
	}
	w.wire.answers = map[string]string{"Comment": `{"data":{"node":{}}}`}
	if _, err := w.reader.Comment(t.Context(), w.client, w.target, mailed); err == nil || errors.Is(err, snapshot.ErrGone) {
		t.Errorf("an answer without the facts: %v", err)
	}
}

// Behaviour 67: who is a stranger is known without asking again for each of their comments.
func TestStanding67(t *testing.T) {
	w := newWorld(t, floor)
	for _, test := range []struct {
		login   string
		private bool
		want    snapshot.Standing
		cost    int
	}{
		{"bob", false, snapshot.Standing{Write: true, Known: true}, 1},
		{"dave", true, snapshot.Standing{Known: true}, 1},
		{"dave", false, snapshot.Standing{}, 1}, // and the permission, known by now
		{"olga", false, snapshot.Standing{Write: true, Known: true}, 1},
	} {
		for i := range 2 {
			w.sim.ResetRequests()
			who := subject.Person{User: w.sim.UserID(test.login), Login: test.login}
			got, err := w.reader.Standing(t.Context(), w.client, w.target, test.private, who)
			w.must(err)
			w.equal(test.login, test.want, got)
			if asked := w.sim.Requests(); len(asked) > test.cost || i > 0 && len(asked) > 0 {
				t.Errorf("%s, time %d: asked %v", test.login, i+1, asked)
			}
		}
	}
	if got, err := w.reader.Standing(t.Context(), w.client, w.target, true, subject.Person{}); err != nil || got.Known {
		t.Errorf("nobody: %+v, %v", got, err)
	}
}

// Whoever gave a waiver that stands, or a command that waits, is in the change with what they
// may do.
func TestWaivers(t *testing.T) {
	w := newWorld(t, strings.Replace(floor, "rules:", "groups: {core: {teams: [core]}}\nrules:", 1))
	w.open(map[string]string{"main.go": "package main\n"})
	bob, carol := subject.Person{User: w.sim.UserID("bob"), Login: "bob"}, subject.Person{User: w.sim.UserID("carol"), Login: "carol"}
	w.memory.waivers = []subject.Waiver{{Comment: 7, Number: 1, Rule: "peer review", By: bob, At: w.now, Exact: "d1"}}
	w.memory.declared = []subject.Declared{{Comment: 8, Number: 1, By: bob, At: w.now}}
	w.target.Speakers = []subject.Person{carol, bob}
	p, _ := w.read()
	w.equal("emergencies", []rules.Declared{{ID: 8, Pull: 1, By: w.id("bob"), At: w.now}}, p.Change.Declared)
	w.equal("waivers", []rules.Waiver{{ID: 7, Pull: 1, Rule: "peer review", By: w.id("bob"), At: w.now, Exact: "d1"}}, p.Change.Waivers)
	for _, login := range []string{"bob", "carol"} {
		found := false
		for _, person := range p.Change.People {
			found = found || person.ID == w.id(login) && person.CanWrite
		}
		if !found {
			t.Errorf("%s is not in the change, or without their permission: %+v", login, p.Change.People)
		}
	}
	w.equal("team", []string{"bob", "carol"}, w.logins(p.Change.Teams[0].Members...))
}
