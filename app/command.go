package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// seenAfter is how long somebody may have had the former head before their eyes: who gives a
// command sooner after a push says which commit is meant.
const seenAfter = time.Minute

// spoken is a command that waits for a look at its pull request.
type spoken struct {
	store.Command
	said  command.Command
	by    subject.Person
	write bool // can write to the repository
}

// waiting returns the commands on a pull request that wait for the look that begins.
func (a *App) waiting(ctx context.Context, repo store.Repository, number int64) ([]spoken, error) {
	rows, err := a.store.Commands(ctx, repo.ID, number, store.CommandRead)
	if err != nil {
		return nil, err
	}
	var out []spoken
	for _, row := range rows {
		s := spoken{Command: row}
		names, err := a.store.Names(ctx, []int64{row.Person})
		if err != nil {
			return nil, err
		}
		s.by = names[row.Person]
		standing, err := a.reader.Standing(ctx, a.clients.Installation(repo.Installation), targetOf(repo, number), repo.Private, s.by)
		if err != nil {
			return nil, err
		}
		s.write = standing.Write
		if row.CheckRun != 0 { // of what it is, the policy says
			s.said = command.Command{Verb: command.SignOff, Commit: row.Aimed}
		}
		if row.Text != "" {
			text, _, err := a.store.Blob(ctx, row.Text) // one that was erased is no command any more
			if err != nil {
				return nil, err
			}
			s.said, _ = command.Parse(string(text))
		}
		out = append(out, s)
	}
	return out, nil
}

// speakers are whoever gave them.
func speakers(waiting []spoken) []subject.Person {
	var out []subject.Person
	for _, s := range waiting {
		out = append(out, s.by)
	}
	return out
}

// obey decides about the commands that waited for a look. What they change is in the change
// that is judged next, in the same transaction; their writers are owed an answer, and the
// ledger has it first.
func (a *App) obey(ctx context.Context, tx *store.Tx, l *look, at time.Time) error {
	if len(l.waiting) == 0 {
		return nil
	}
	content, known, err := contentOf(tx, *l)
	if err != nil {
		return err
	}
	gates, err := tx.GatesWith(l.repo.ID, l.row.Number)
	if err != nil {
		return err
	}
	var due []store.Due
	for _, s := range l.waiting {
		row, _, err := tx.Command(s.Comment)
		if err != nil {
			return err
		}
		if row.State != store.CommandRead {
			continue // a look that was cut short got further than it knew
		}
		if row.GUID != "" { // it led here
			l.c.Deliveries, l.c.Delivered = append(slices.Clone(l.c.Deliveries), row.GUID), l.c.Delivered+1
		}
		d := decision{look: l, spoken: s, content: content, known: known, at: at}
		if err := d.decide(tx); err != nil {
			return err
		}
		if err := a.decided(ctx, tx, d); err != nil {
			return err
		}
		if d.state == store.CommandTaken { // a gate may wait for just that, or rest on what was withdrawn
			due = dueGates(l.repo, gates, at)
		}
	}
	l.row = pullRow(l.was, l.c.Subject, l.read)
	due = append(due, store.Due{Subject: subject.Subject{Kind: subject.Comments, Repo: l.repo.ID, Number: l.row.Number}, Installation: l.repo.Installation, At: at})
	return tx.Raise(at, due...)
}

// contentOf is the change of the pull request at hand as it is judged: with what is known of
// others that carry the same content. Who contributed by another contributed. Of one that was
// merged it is known if it was judged before.
func contentOf(tx *store.Tx, l look) (content rules.Change, known bool, err error) {
	own := l.read.Change
	if l.read.Merged && l.read.Governed {
		return judgedBefore(tx, l)
	}
	if !l.read.Open || !l.read.Governed {
		return own, true, nil
	}
	changes, _, err := carried(tx, l.repo.ID, own.Head)
	if err != nil {
		return rules.Change{}, false, err
	}
	changes = slices.DeleteFunc(changes, func(c rules.Change) bool { return c.Pulls[0].Number == l.row.Number })
	for _, c := range rules.Unite(append(changes, own)) {
		if c.Base == own.Base && slices.ContainsFunc(c.Pulls, func(p rules.Pull) bool { return p.Number == l.row.Number }) {
			return c, true, nil
		}
	}
	return own, true, nil // of a stranger, beside one of somebody who can write
}

// judgedBefore is a merged pull request's change as it was judged last before the merge, with
// what is known now of whoever speaks. Without such a verdict its content is unknown.
func judgedBefore(tx *store.Tx, l look) (content rules.Change, known bool, err error) {
	now := l.read.Change
	v, found, err := tx.VerdictBefore(l.repo.ID, l.row.Number, now.Head, now.Base, l.read.MergedAt)
	if err != nil || !found {
		return now, false, err
	}
	facts, found, err := tx.Blob(v.Snapshot)
	if err != nil || !found {
		return now, false, err
	}
	var was rules.Change
	if err := decode(facts, &was); err != nil {
		return rules.Change{}, false, fmt.Errorf("what was judged of pull request %d: %w", l.row.Number, err)
	}
	was.TakenAt, was.SeenAt, was.Teams, was.Owners = now.TakenAt, now.SeenAt, now.Teams, now.Owners
	was.People, was.Read = slices.Concat(was.People, now.People), slices.Concat(was.Read, now.Read)
	return was, true, nil
}

// decision is what becomes of one command.
type decision struct {
	*look
	spoken
	content rules.Change
	known   bool // what landed is
	at      time.Time

	state     store.CommandState
	why       string
	waiving   rules.Waiving   // of a waiver
	signing   rules.Signing   // of a sign-off
	declaring rules.Declaring // of an emergency
	commit    string          // that it is about, if that is not the head
	withdrawn []store.Command // by a withdrawal
}

// decide says what becomes of the command and changes the facts accordingly.
func (d *decision) decide(tx *store.Tx) error {
	d.state = store.CommandRefused
	if d.SaidAt.After(d.at) { // GitHub's clock is ahead of ours
		d.SaidAt = d.at
	}
	live := d.read.Open || d.read.Merged // what was merged may still be deployed
	if d.CheckRun != 0 {
		d.said = d.pressed()
	}
	if d.said.Verb == command.Withdraw && d.said.Fault == "" && live {
		if err := d.withdraw(tx); err != nil || d.state == store.CommandTaken {
			return err
		}
	}
	if !d.write && !rules.Speaks(d.read.Policy, d.content, d.person()) {
		d.state = store.CommandIgnored
		return nil
	}
	switch {
	case d.Why != "":
		d.why = d.Why
	case !live:
		d.why = string(command.Closed)
	case !d.read.Governed:
		d.why = string(command.Ungoverned)
	case d.said.Fault != "":
		d.why = string(d.said.Fault)
	case d.said.Verb == command.Withdraw:
		d.why = string(command.NothingGiven)
	case !d.known:
		d.why = string(command.Unjudged)
	case d.said.Verb == command.Waive:
		return d.waive(tx)
	case d.said.Verb == command.SignOff:
		return d.signOff(tx)
	case d.said.Verb == command.Declare:
		d.declare()
	default:
		d.state, d.why = store.CommandVoid, "no command"
	}
	return nil
}

func (d *decision) person() rules.UserID { return rules.UserID(d.Person) }

// waive takes a waiver, if judging would: after the merge that of a rule before an environment
// alone. It is bound to what would be merged, or was.
func (d *decision) waive(tx *store.Tx) error {
	if d.read.Merged && !strings.HasPrefix(d.content.Head, cmp.Or(d.said.Commit, "none")) {
		d.commit = d.read.MergeCommit
	}
	w := rules.Waiver{ID: d.Comment, Pull: d.Number, Rule: d.said.Argument, By: d.person(), At: d.SaidAt, Exact: d.content.Exact}
	d.waiving = rules.WeighWaiver(d.read.Policy, d.content, w, d.at)
	why, err := d.aim(tx)
	if err != nil {
		return err
	}
	if d.read.Merged && d.waiving.Stage == rules.BeforeMerge {
		why, d.waiving.Why = command.Merged, ""
	}
	if d.why = cmp.Or(string(d.waiving.Why), string(why)); d.why != "" {
		return nil
	}
	d.state, w.Rule = store.CommandTaken, d.waiving.Rule
	c := &d.read.Change
	c.Waivers = append(slices.Clone(c.Waivers), w)
	slices.SortStableFunc(c.Waivers, func(a, b rules.Waiver) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return nil
}

// signOff takes somebody's word, if judging would: it is bound to what would land, or landed,
// and to the commit, that of the merge if there was one and no other is named.
func (d *decision) signOff(tx *store.Tx) error {
	if d.read.Merged && !strings.HasPrefix(d.content.Head, cmp.Or(d.said.Commit, "none")) {
		d.commit = d.read.MergeCommit
	}
	s := rules.SignedOff{Name: d.said.Argument, By: d.person(), At: d.SaidAt, Landed: d.content.Landed}
	d.signing = rules.WeighSignOff(d.read.Policy, d.content, s, d.at)
	why, err := d.aim(tx)
	if err != nil {
		return err
	}
	if d.why = cmp.Or(string(d.signing.Why), string(why)); d.why == "" {
		d.state = store.CommandTaken
	}
	return nil
}

// declare takes an emergency, if judging would. It is about the change, whatever its head:
// what a push voids is the approval that it needs.
func (d *decision) declare() {
	e := rules.Declared{ID: d.Comment, Pull: d.Number, By: d.person(), At: d.SaidAt}
	d.declaring = rules.WeighDeclared(d.read.Policy, d.content, e, d.at)
	if d.why = string(d.declaring.Why); d.why != "" {
		return
	}
	d.state = store.CommandTaken
	c := &d.read.Change
	c.Declared = append(slices.Clone(c.Declared), e)
	slices.SortStableFunc(c.Declared, func(a, b rules.Declared) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
}

// aim says whether it is clear that the present head is meant: it is named, or its writer
// could have seen no other. They could if it was pushed, or aimed at its base, within the
// last minute before the command, or if it was not judged by then.
func (d *decision) aim(tx *store.Tx) (command.Refusal, error) {
	head := d.content.Head
	if d.said.Commit != "" {
		if strings.HasPrefix(head, d.said.Commit) || strings.HasPrefix(d.commit, d.said.Commit) {
			return "", nil
		}
		return command.OtherCommit, nil
	}
	judged, ever, err := tx.JudgedSince(d.repo.ID, d.Number, head, d.content.Base)
	if err != nil {
		return "", err
	}
	seen := d.SaidAt.Add(-seenAfter)
	moved := slices.ContainsFunc(d.content.Shifts, func(s rules.BaseShift) bool { return s.Pull == d.Number && s.At.After(seen) })
	if d.read.Stale || d.read.Change.SeenAt.After(seen) || moved || !ever || !judged.Before(d.SaidAt) {
		return command.UnclearCommit, nil
	}
	return "", nil
}

// withdraw ends what the same person gave under the name. They can do so whatever became of
// them.
func (d *decision) withdraw(tx *store.Tx) error {
	taken, err := tx.Commands(d.repo.ID, d.Number, store.CommandTaken)
	if err != nil {
		return err
	}
	for _, t := range taken {
		name := t.Rule
		if t.Verb == string(command.Declare) {
			name = t.Verb
		}
		if t.Verb == string(command.Withdraw) || t.Person != d.Person || !t.WithdrawnAt.IsZero() || !strings.EqualFold(name, d.said.Argument) {
			continue
		}
		t.WithdrawnAt = d.at
		if err := tx.PutCommand(t); err != nil {
			return err
		}
		d.withdrawn, d.state = append(d.withdrawn, t), store.CommandTaken
		if t.Verb == string(command.SignOff) {
			d.signing.Name = t.Rule
		} else {
			d.waiving.Rule = t.Rule
		}
	}
	c := &d.read.Change
	ended := func(id int64) bool {
		return slices.ContainsFunc(d.withdrawn, func(t store.Command) bool { return t.Comment == id })
	}
	c.Waivers = slices.DeleteFunc(slices.Clone(c.Waivers), func(w rules.Waiver) bool { return ended(w.ID) })
	c.Declared = slices.DeleteFunc(slices.Clone(c.Declared), func(e rules.Declared) bool { return ended(e.ID) })
	return nil
}

// decided stores what became of a command and, unless a stranger gave it, records it and owes
// the answer.
func (a *App) decided(ctx context.Context, tx *store.Tx, d decision) error {
	row := d.Command
	row.State, row.Why, row.DecidedAt = d.state, d.why, d.at
	if d.state != store.CommandTaken && d.state != store.CommandRefused {
		return tx.PutCommand(row)
	}
	row.Verb, row.Rule = string(d.said.Verb), cmp.Or(d.waiving.Rule, d.signing.Name)
	row.Head, row.Base, row.Exact, row.Landed = cmp.Or(d.commit, d.content.Head), d.content.Base, d.content.Exact, d.content.Landed
	row.Reaction = publish.ReactionTaken
	if d.state == store.CommandRefused {
		row.Reaction = publish.ReactionRefused
		row.Reply = publish.Reply(row.Comment, say.Refused{
			Button: row.CheckRun != 0, Verb: d.said.Verb, Why: d.why, Rule: cmp.Or(row.Rule, d.said.Argument), Near: cmp.Or(d.waiving.Near, d.signing.Near),
			From: slices.Concat(d.waiving.From, d.signing.From, d.declaring.From), Until: d.declaring.Until, Head: d.content.Head, Named: d.said.Commit,
		})
	}
	if row.CheckRun != 0 {
		row.Reaction = "" // there is no comment to react to: that the button is gone answers it
	}
	seq, err := a.recordCommand(tx, d, row)
	if err != nil {
		return err
	}
	a.metrics.command(d.said.Verb, d.state)
	zerolog.Ctx(ctx).Info().Str("repo", fullName(d.repo)).Int64("change", row.Number).Str("sha", row.Head).Int64("comment", row.Comment).
		Str("command", row.Verb).Str("outcome", string(d.state)).Str("why", d.why).Int64("seq", seq).Msg("command decided")
	return tx.PutCommand(row)
}

// recordCommand appends the record of a command that was taken or refused.
func (a *App) recordCommand(tx *store.Tx, d decision, row store.Command) (seq int64, err error) {
	r := CommandRecord{
		Host: a.host, Repo: d.repo.ID, Pull: row.Number, Comment: row.Comment, CheckRun: row.CheckRun, Aimed: row.Aimed, Command: row.Verb, Outcome: string(d.state), Why: d.why,
		By: rules.UserID(row.Person), Rule: d.waiving.Rule, Name: d.signing.Name,
		Layer: cmp.Or(d.waiving.Layer, d.signing.Layer, d.declaring.Layer), Group: cmp.Or(d.waiving.Group, d.signing.Group, d.declaring.Group),
		Until: later(d.waiving.Until, d.declaring.Until), Said: row.SaidAt,
		Head: row.Head, Base: row.Base, Exact: row.Exact, Landed: row.Landed, Text: row.Text, Reaction: row.Reaction, Reply: row.Reply != "", Deliveries: []string{row.GUID},
	}
	if d.state != store.CommandTaken {
		r.Until = time.Time{}
	}
	for _, t := range d.withdrawn {
		r.Withdraws = append(r.Withdraws, t.Comment)
	}
	body, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("encode command record: %w", err)
	}
	_, seq, err = tx.Append(d.repo.Account, KindCommand, d.at, body)
	return seq, err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
