package snapshot_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// naming is a policy that names a team.
func naming(team string) string {
	return fmt.Sprintf("version: 1\ngroups: {us: {teams: [%q]}}\nrules:\n  - {name: peer review, require: {approvals: {count: 1, from: us}}}\n", team)
}

// team reads the one team of the policy as it is now.
func (w *world) team() rules.Team {
	w.Helper()
	w.memory.forget(subject.TeamCache)
	w.memory.forget(subject.OwnerCache)
	w.now = w.now.Add(time.Minute)
	p, _ := w.read()
	return p.Change.Teams[0]
}

// TestPins: a slug means the team that was first seen under it.
func TestPins(t *testing.T) {
	w := newWorld(t, naming("core"))
	w.open(map[string]string{"f": "1\n"})
	olga := w.sim.As("olga")
	first := w.team()
	w.equal("the first", rules.Team{Slug: "core", ID: first.ID, Pinned: first.ID, AsOf: w.now}, first)
	w.must(olga.DeleteTeam("octo-org/core"))
	gone := w.team()
	w.equal("deleted", rules.Team{Slug: "core", Missing: true, AsOf: w.now}, gone)
	w.must(olga.CreateTeam("octo-org", "core", ""))
	made := w.team()
	if made.ID == first.ID || made.Pinned != first.ID {
		t.Errorf("the team made anew is %+v, want another than %d, which stays meant", made, first.ID)
	}
}

// TestPinsOfNoTeam: a team that came after a policy had named it is meant only if an owner
// put it there.
func TestPinsOfNoTeam(t *testing.T) {
	w := newWorld(t, naming("fresh"))
	w.open(map[string]string{"f": "1\n"})
	w.equal("none", true, w.team().Missing)
	w.must(w.sim.As("olga").CreateTeam("octo-org", "fresh", ""))
	made := w.team()
	w.equal("by nobody knows whom", int64(-1), made.Pinned)
	told := func(login string) {
		t.Helper()
		body, err := json.Marshal(subject.Person{User: w.sim.UserID(login), Login: login})
		w.must(err)
		w.must(w.memory.Remember(t.Context(), subject.TeamMaking, subject.TeamMakingKey(w.target.Account, made.ID, "fresh"), body, w.now, time.Time{}))
	}
	told("bob")
	w.equal("by a member", int64(-1), w.team().Pinned)
	told("olga")
	w.must(w.sim.Grant("octo-org", "members", ""))
	w.equal("while teams are not shown", true, w.team().Missing)
	w.must(w.sim.Grant("octo-org", "members", "read"))
	w.equal("by an owner", made.ID, w.team().Pinned)
	told("bob")
	w.equal("for good", made.ID, w.team().Pinned)
}

// TestPinsWhatIsSeen: what is not shown is not taken for none, and who writes a number needs
// no pin.
func TestPinsWhatIsSeen(t *testing.T) {
	w := newWorld(t, naming("core"))
	w.open(map[string]string{"f": "1\n"})
	w.must(w.sim.Grant("octo-org", "members", ""))
	w.equal("not shown", true, w.team().Missing)
	w.must(w.sim.Grant("octo-org", "members", "read"))
	shown := w.team()
	w.equal("shown", shown.ID, shown.Pinned)

	w = newWorld(t, naming(fmt.Sprintf("core#%d", shown.ID)))
	w.open(map[string]string{"f": "1\n"})
	w.equal("by number", int64(0), w.team().Pinned)
}

// TestJoins: nobody has been in a team for longer than it has been seen, or than the delivery
// said that told of their coming.
func TestJoins(t *testing.T) {
	w := newWorld(t, naming("core"))
	w.open(map[string]string{"f": "1\n"})
	_, err := w.sim.As("bob").Approve(repo, 1)
	w.must(err)
	first := w.team()
	begun := w.now
	joins := func(what string, got rules.Team, want ...rules.Join) {
		t.Helper()
		w.equal(what, want, got.Joins)
	}
	joins("first seen", first, rules.Join{ID: w.id("bob"), Since: begun})
	joins("later", w.team(), rules.Join{ID: w.id("bob"), Since: begun})

	w.must(w.sim.As("olga").RemoveFromTeam("octo-org/core", "bob"))
	joins("gone", w.team())
	w.must(w.sim.As("olga").AddToTeam("octo-org/core", "bob"))
	again := w.team()
	joins("back", again, rules.Join{ID: w.id("bob"), Since: w.now})

	body, err := json.Marshal(subject.Person{User: w.sim.UserID("carol"), Login: "carol"})
	w.must(err)
	at := w.now.Add(time.Second)
	w.must(w.memory.Remember(t.Context(), subject.JoinMemory, subject.JoinKey(w.target.Account, first.ID, w.sim.UserID("bob")), body, at, time.Time{}))
	joins("back once more", w.team(), rules.Join{ID: w.id("bob"), Since: at, By: w.id("carol")})
}
