package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/githubsim/play"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/rules"
)

// ownBot writes in our name.
const ownBot = "change-management[bot]"

// commands holds what people said in pull requests to what we made of it.
func (p *production) commands(ctx context.Context) {
	for _, pull := range p.sim.Pulls(play.Repo) {
		said, err := p.sim.Said(play.Repo, pull.Number)
		if err != nil {
			p.fail("%v", err)
		}
		p.once(pull.Number, said)
		replies := 0
		for _, c := range said {
			if strings.HasPrefix(c.Body, "/") {
				replies += p.command(ctx, pull.Number, c)
			}
		}
		if p.has("unsays") || p.has("amends") {
			continue // what they said is not what stands there
		}
		ours := slices.DeleteFunc(slices.Clone(said), func(c githubsim.Said) bool { return c.By != ownBot })
		if len(ours) != replies {
			p.fail("#%d: %d replies, want %d: %q", pull.Number, len(ours), replies, ours)
		}
		rows, err := p.app.store.SignOffs(ctx, p.repo.ID, []int64{int64(pull.Number)})
		if err != nil {
			p.fail("%v", err)
		}
		var have []int64
		for _, r := range rows {
			have = append(have, r.Comment)
		}
		slices.Sort(have)
		if want := inForce(said); !slices.Equal(have, want) {
			p.fail("#%d: the sign-offs %v are in force, and by what is said there %v: %q", pull.Number, have, want, said)
		}
	}
}

// inForce are the sign-offs that we took, as GitHub shows, and that their givers did not
// withdraw since. The order is that in which they were written, however they were told.
func inForce(said []githubsim.Said) []int64 {
	var out []int64
	for i, c := range said {
		if !strings.HasPrefix(c.Body, "/sign-off QA") || !slices.Contains(c.Reactions, ownBot+" +1") {
			continue
		}
		if !slices.ContainsFunc(said[i+1:], func(o githubsim.Said) bool { return o.By == c.By && strings.HasPrefix(o.Body, "/withdraw QA") }) {
			out = append(out, c.ID)
		}
	}
	slices.Sort(out)
	return out
}

// command holds one command to what became of it, and says how many replies it has.
func (p *production) command(ctx context.Context, number int, c githubsim.Said) (replies int) {
	var row store.Command
	var found bool
	if err := p.app.store.Tx(ctx, func(tx *store.Tx) (err error) {
		row, found, err = tx.Command(c.ID)
		return err
	}); err != nil {
		p.fail("%v", err)
	}
	who := fmt.Sprintf("#%d: %q by %s", number, c.Body, c.By)
	if !found {
		if !p.has("amends") { // what was no command when it was written is none
			p.fail("%s was not heard", who)
		}
		return 0
	}
	if row.State == store.CommandTold || row.State == store.CommandRead || row.Owes() {
		p.fail("%s is %s, and waits for %q since %s", who, row.State, row.Reaction, row.DecidedAt)
	}
	var want []string
	if row.Reaction != "" {
		want = []string{ownBot + " " + row.Reaction}
	}
	if !slices.Equal(c.Reactions, want) {
		p.fail("%s is %s (%s) and has the reactions %q, want %q", who, row.State, row.Why, c.Reactions, want)
	}
	if row.Reply != "" {
		return 1
	}
	return 0
}

// once wants no comment of ours to stand there twice.
func (p *production) once(number int, said []githubsim.Said) {
	seen := map[string]bool{}
	for _, c := range said {
		m := mark(c.Body)
		if c.By == ownBot && (m == "" || seen[m]) {
			p.fail("#%d: said twice, or without a mark: %q", number, c.Body)
		}
		seen[m] = c.By == ownBot || seen[m]
	}
}

// mark is the line by which something of ours is known.
func mark(body string) string {
	_, m, _ := strings.Cut(body, "<!-- changewarden: ")
	m, _, _ = strings.Cut(m, " -->")
	return m
}

// wentAhead is what a change went ahead under: the emergencies, by comment, and when it did first.
type wentAhead struct {
	declared []int64
	at       time.Time
}

func (o *wentAhead) add(u []rules.Emergency, at time.Time) {
	if len(u) > 0 && (o.at.IsZero() || at.Before(o.at)) {
		o.at = at
	}
	for _, e := range u {
		o.declared = append(o.declared, e.Declared.ID)
	}
}

// owed says from the records what every change went ahead under.
func (p *production) owed(ctx context.Context) map[int64]*wentAhead {
	out := map[int64]*wentAhead{}
	for _, pull := range p.sim.Pulls(play.Repo) {
		o := &wentAhead{}
		out[int64(pull.Number)] = o
		if !pull.Merged || pull.Base != "main" {
			continue
		}
		v, found, err := p.app.store.VerdictBefore(ctx, p.repo.ID, int64(pull.Number), pull.Head, pull.Base, pull.ClosedAt.Truncate(time.Second))
		if err != nil || !found {
			continue
		}
		read := func(address string) ([]byte, bool, error) { return p.app.store.Blob(ctx, address) }
		var stored StoredVerdict
		var change rules.Change
		facts, _, err := read(v.Snapshot)
		for _, err := range []error{err, decode(v.Body, &stored), decode(facts, &change)} {
			if err != nil {
				p.fail("%v", err)
			}
		}
		policy, _, err := policyAt(read, stored.Policy)
		if err != nil {
			p.fail("%v", err)
		}
		at := pull.ClosedAt.Truncate(time.Second)
		o.add(slices.DeleteFunc(rules.Emergencies(policy, change, at), func(e rules.Emergency) bool {
			return len(e.Approved) == 0 && v.Outcome == string(rules.Pass)
		}), at)
	}
	for _, d := range p.deployments {
		g, known := p.row(ctx, d)
		if !known || g.GoodAt.IsZero() {
			continue
		}
		under, err := p.app.deployedUnder(ctx, g)
		if err != nil {
			p.fail("%v", err)
		}
		for _, u := range under {
			out[u.pull].add(u.emergencies, u.at)
		}
	}
	return out
}

// postMortems holds what followed each emergency to what has to.
func (p *production) postMortems(ctx context.Context) {
	issues, marks, ours := map[int64]githubsim.Issue{}, map[string]bool{}, map[int64]bool{}
	for _, i := range p.sim.Issues(play.Repo) {
		issues[int64(i.Number)] = i
		if i.By != ownBot || i.Gone {
			continue
		}
		if m := mark(i.Body); m == "" || marks[m] {
			p.fail("issue %d is there twice, or has no mark: %s", i.Number, i.Body)
		} else {
			marks[m] = true
		}
		ours[int64(i.Number)] = true
		said, err := p.sim.Said(play.Repo, i.Number)
		if err != nil {
			p.fail("%v", err)
		}
		p.once(i.Number, said)
	}
	for pull, o := range p.owed(ctx) {
		rows, err := p.app.store.PostMortems(ctx, p.repo.ID, pull)
		if err != nil {
			p.fail("%v", err)
		}
		var known []int64
		var began time.Time
		for _, row := range rows {
			var facts EmergencyFacts
			if err := decode(row.Facts, &facts); err != nil {
				p.fail("%v", err)
			}
			for _, d := range facts.Declared {
				known = append(known, d.Comment)
			}
			if began.IsZero() || row.StartedAt.Before(began) {
				began = row.StartedAt
			}
			delete(ours, row.Issue)
			p.postMortem(row, issues[row.Issue])
		}
		slices.Sort(known)
		slices.Sort(o.declared)
		if known, want := slices.Compact(known), slices.Compact(o.declared); !slices.Equal(known, want) || !began.Equal(o.at) {
			p.fail("#%d went ahead at %s under %v, and post-mortems are owed since %s of %v", pull, o.at, want, began, known)
		}
	}
	if len(ours) > 0 {
		p.fail("issues of ours that nobody owes: %v", ours)
	}
}

// postMortem holds a row against its issue, and against the clock.
func (p *production) postMortem(row store.PostMortem, issue githubsim.Issue) {
	now := p.app.now()
	wrong := func(format string, args ...any) {
		p.fail("the post-mortem #%d of #%d, %+v: %s", row.Issue, row.Pull, issue, fmt.Sprintf(format, args...))
	}
	complete := !row.CompletedAt.IsZero()
	switch {
	case row.Issue == 0 || row.Writing || issue.By != ownBot:
		wrong("it is not open")
	case issue.Gone && (!complete || row.Changed != "gone"):
		wrong("it is gone, complete %v, %s", complete, row.Changed)
	case !issue.Gone && issue.Open && complete && row.Changed == "":
		wrong("it is open, and complete since %s", row.CompletedAt)
	case !issue.Gone && !issue.Open && !complete:
		wrong("it was closed, and is not complete")
	}
	if !row.DueAt.Equal(row.StartedAt.Add(48 * time.Hour)) {
		wrong("due %s, begun %s", row.DueAt, row.StartedAt)
	}
	if complete {
		return
	}
	if late := !row.DueAt.After(now); late == row.OverdueAt.IsZero() {
		wrong("it is due %s, and at %s found overdue %s", row.DueAt, now, row.OverdueAt)
	}
	passed := 0
	for _, when := range reminders(row) {
		if !when.After(now) {
			passed++
		}
	}
	if row.Reminded != passed {
		wrong("%d reminders are behind it, want %d", row.Reminded, passed)
	}
}
