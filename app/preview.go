package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/words"
)

const (
	// previewSpan is how far back merged pull requests are taken.
	previewSpan = 90 * 24 * time.Hour
	// maxPreview is how many pull requests of a repository a proposed policy is tried on, and
	// maxPreviewAll how many of an organisation.
	maxPreview, maxPreviewAll = 100, 300
	// maxPreviewWork bounds what trying takes, in files times rules: some two seconds. It is
	// counted and not timed, so that the same proposal is always tried on the same changes.
	maxPreviewWork = 5_000_000
)

// errCannotTry is a change of which it cannot be said what a policy makes of it.
type errCannotTry []string // why, each one a thing that is missing

func (e errCannotTry) Error() string { return "it cannot be said for want of " + strings.Join(e, ", ") }

// preview says what a proposed policy changes in words, and what it would have said about the
// other open pull requests and those that were merged of late: of the repository or, for an
// organisation's file, of all of its repositories. It judges what the last verdict about each
// was given on, as of that moment if it is merged, and reads nothing of GitHub's. Nobody's
// proposal is tried before somebody who can write stands behind it.
func (a *App) preview(ctx context.Context, repo store.Repository, number int64, read snapshot.Pull) (*publish.Preview, error) {
	p := read.Proposal
	if p == nil || len(p.Errors) > 0 || p.Removed && p.Layer == rules.FloorLayer { // there the last good one stays
		return nil, nil
	}
	out := &publish.Preview{Words: inWords(p), Held: !p.Backed, All: p.Layer == rules.FloorLayer}
	if len(p.Policy.Layers) == 0 {
		return out, nil
	}
	t := &trial{app: a, at: a.now(), read: read, out: out, own: map[string]policies{}}
	which := store.Recent{
		Account: repo.Account, Repo: repo.ID, Since: t.at.Add(-previewSpan), ButRepo: repo.ID, But: number, Limit: maxPreview,
	}
	if out.All {
		which.Repo, which.Limit = 0, maxPreviewAll
	}
	rows, of, err := a.store.RecentPulls(ctx, which)
	if err != nil {
		return nil, err
	}
	out.Of = of
	for _, row := range rows {
		if err := t.try(ctx, row); err != nil {
			return nil, fmt.Errorf("try the proposed policy on %d#%d: %w", row.Repo, row.Number, err)
		}
		if t.work > maxPreviewWork {
			break
		}
	}
	return out, nil
}

// inWords is what a proposal changes.
func inWords(p *snapshot.Proposal) []publish.Word {
	var out []publish.Word
	layers := func(l rules.Layer) rules.Policy { return rules.Policy{Layers: []rules.Layer{l}} }
	for _, d := range words.Plain.Diff(layers(p.Was), layers(p.Will)) {
		if d.What == "class" && d.Name == rules.PolicyClass {
			continue // every layer has it, written or not
		}
		if d.What == "exception" { // its name is what it says
			d.Name = ""
		}
		out = append(out, publish.Word{Kind: string(d.Kind), What: d.What, Name: d.Name, Before: d.Before, After: d.After})
	}
	return out
}

// trial is one proposal being tried.
type trial struct {
	app  *App
	at   time.Time
	read snapshot.Pull
	out  *publish.Preview
	work int
	own  map[string]policies // of an organisation's repositories, by the address of their own policy's text
}

// policies are what is in force for a change, and what would be.
type policies struct {
	was, would rules.Policy
	clash      error // why would cannot be: the repository's own file could not stand beside the floor
}

// try judges one pull request by both policies.
func (t *trial) try(ctx context.Context, row store.Pull) error {
	s := t.app.store
	v, found, err := s.LatestVerdict(ctx, row.Repo, row.Number)
	if err != nil {
		return err
	}
	if !found {
		t.out.Unjudged++
		return nil
	}
	t.out.Tried++
	facts, found, err := s.Blob(ctx, v.Snapshot)
	if err != nil {
		return err
	}
	if !found {
		t.out.Lack("what was erased")
		return nil
	}
	var change rules.Change
	if err := decode(facts, &change); err != nil {
		return err
	}
	both, err := t.policies(ctx, v)
	if missing, ok := errors.AsType[errCannotTry](err); ok {
		t.out.Lack(missing...)
		return nil
	}
	if err != nil {
		return err
	}
	shown := !t.read.Change.Repo.Public || change.Repo.Public // who reads a public check is told of no private repository
	if both.clash != nil {
		t.out.Clash(change.Repo.Name, shown)
		return nil
	}
	at := v.At
	if row.Open {
		at = t.at
	}
	was, lacks := t.outcome(both.was, change, at)
	would, lacksToo := t.outcome(both.would, change, at)
	if lacks = append(lacks, lacksToo...); len(lacks) > 0 {
		slices.Sort(lacks)
		t.out.Lack(slices.Compact(lacks)...)
		return nil
	}
	if was == would {
		return nil
	}
	if !shown {
		t.out.Elsewhere++
		return nil
	}
	d := publish.Difference{Number: row.Number, Merged: !row.Open, Was: was, Would: would}
	if t.out.All {
		d.Repo = change.Repo.Name
	}
	t.out.Differ = append(t.out.Differ, d)
	return nil
}

// policies returns what is in force for the change of a verdict, and what would be. Under a
// proposed floor that is the floor with the repository's own file beside it, as it judged.
func (t *trial) policies(ctx context.Context, v store.Verdict) (policies, error) {
	if !t.out.All {
		return policies{was: t.read.Policy, would: t.read.Proposal.Policy}, nil
	}
	var stored StoredVerdict
	if err := decode(v.Body, &stored); err != nil {
		return policies{}, err
	}
	var own []snapshot.PolicyText
	address := ""
	for _, ref := range stored.Policy {
		if ref.Layer == rules.RepositoryLayer {
			address = ref.Text
			own = []snapshot.PolicyText{{Layer: ref.Layer, Path: ref.Path}}
		}
	}
	if both, known := t.own[address]; known {
		return both, nil
	}
	if address != "" {
		text, found, err := t.app.store.Blob(ctx, address)
		if err != nil {
			return policies{}, err
		}
		if !found {
			return policies{}, errCannotTry{"what was erased"}
		}
		own[0].Text = text
	}
	was, err := snapshot.Compose(slices.Concat(t.read.Texts, own))
	if err != nil {
		return policies{}, errCannotTry{"a policy of its own that can be read"}
	}
	both := policies{was: was}
	both.would, both.clash = snapshot.Compose(slices.Concat(t.read.Proposal.Texts, own))
	t.own[address] = both
	return both, nil
}

// outcome is what a policy says of a change as it was recorded, or what the recorded facts
// lack for that; NotApplicable if it does not govern the base. Who is in a team that was not read is not known: but it is no matter where
// the answer is the same if nobody is and if everybody named is.
func (t *trial) outcome(p rules.Policy, c rules.Change, at time.Time) (rules.Outcome, []string) {
	if !p.Governs(c.Base, c.Repo.DefaultBranch) {
		return rules.NotApplicable, nil
	}
	var lacks []string
	for _, fact := range p.Needs() {
		if !slices.Contains(c.Read, fact) {
			lacks = append(lacks, say.Fact(fact))
		}
	}
	if len(lacks) > 0 {
		return "", lacks
	}
	for _, l := range p.Layers {
		t.work += (len(c.Files) + 1) * len(l.Rules)
	}
	empty, full, unread := teamsEitherWay(p, c)
	one := rules.Evaluate(p, empty, at).Outcome
	if len(unread) > 0 && one != rules.Evaluate(p, full, at).Outcome {
		return "", unread
	}
	return one, nil
}

// teamsEitherWay returns the change with nobody, and with everybody it names, in the teams of
// the policy that were not read for it.
func teamsEitherWay(p rules.Policy, c rules.Change) (empty, full rules.Change, unread []string) {
	var everybody []rules.UserID
	for _, person := range c.People {
		everybody = append(everybody, person.ID)
	}
	empty, full = c, c
	for _, ref := range p.Teams() {
		if slices.ContainsFunc(empty.Teams, func(t rules.Team) bool { return t.Slug == ref.Slug }) {
			continue
		}
		unread = append(unread, "who is in team "+ref.String())
		team := rules.Team{Slug: ref.Slug, ID: max(ref.ID, 1), AsOf: c.TakenAt}
		empty.Teams = append(slices.Clip(empty.Teams), team)
		team.Members = everybody
		for _, id := range everybody {
			team.Joins = append(team.Joins, rules.Join{ID: id})
		}
		full.Teams = append(slices.Clip(full.Teams), team)
	}
	return empty, full, unread
}
