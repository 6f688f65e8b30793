package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// followPostMortems sees to what has to be written after the emergencies of a change: that its
// issue is open until it is complete, and that whoever declared the emergency is reminded. It
// is due by an event of the issue, by the next reminder, and when it becomes overdue; nothing
// is polled.
func (a *App) followPostMortems(ctx context.Context, c store.Claim) error {
	repo, known, err := a.repository(ctx, c)
	if err != nil || !known {
		return err
	}
	rows, err := a.store.PostMortems(ctx, repo.ID, c.Subject.Number)
	if err != nil {
		return err
	}
	var next time.Time
	var failed []error // one that GitHub refuses holds up no other
	for _, row := range rows {
		f := &follow{App: a, repo: repo, c: c, row: row}
		err := f.look(ctx)
		c = f.c
		failed = append(failed, err)
		if next.IsZero() || !f.next.IsZero() && f.next.Before(next) {
			next = f.next
		}
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	return a.store.Tx(ctx, func(tx *store.Tx) error { return tx.Done(c, a.now(), next) })
}

// follow is one look at a post-mortem.
type follow struct {
	*App
	repo store.Repository
	c    store.Claim
	row  store.PostMortem
	next time.Time // when it is due by itself; zero: never

	again time.Time // when opening its issue is tried again, which GitHub refused; zero: it did not
}

func (f *follow) look(ctx context.Context) error {
	err := f.see(ctx)
	late := f.row.OverdueAt
	if err := f.change(ctx, func(tx *store.Tx, at time.Time) error { return f.clock(ctx, tx, at) }); err != nil { // whatever GitHub answers
		return err
	}
	if late.IsZero() && !f.row.OverdueAt.IsZero() {
		f.log(ctx).Warn().Time("due", f.row.DueAt).Msg("post-mortem overdue")
	}
	if err != nil {
		return err
	}
	if !f.again.IsZero() && (f.next.IsZero() || f.again.Before(f.next)) {
		f.next = f.again
	}
	return f.sayNotes(ctx)
}

// see opens the issue, if it is not, and looks how it stands.
func (f *follow) see(ctx context.Context) error {
	if f.row.Issue == 0 {
		return f.open(ctx)
	}
	client, err := f.client(ctx, f.repo.Installation)
	if err != nil {
		return err
	}
	issue, err := f.reader.Issue(ctx, client, targetOf(f.repo, f.row.Issue))
	if err != nil {
		return err
	}
	switch {
	case !f.row.CompletedAt.IsZero():
		return f.change(ctx, func(tx *store.Tx, at time.Time) error { return f.compare(tx, issue, at) })
	case issue.Gone:
		if err := f.change(ctx, f.gone); err != nil {
			return err
		}
		return f.open(ctx)
	case issue.Open:
		return nil
	}
	return f.closed(ctx, issue)
}

// change changes the row as it stands by then; it ends with the row as it is stored.
func (f *follow) change(ctx context.Context, do func(tx *store.Tx, at time.Time) error) error {
	return f.store.Tx(ctx, func(tx *store.Tx) error {
		rows, err := tx.PostMortems(f.row.Repo, f.row.Pull)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rows, func(p store.PostMortem) bool { return p.Declared == f.row.Declared })
		if i < 0 {
			return fmt.Errorf("the post-mortem of %d#%d is gone", f.row.Repo, f.row.Pull)
		}
		f.row = rows[i]
		if err := do(tx, f.now()); err != nil {
			return err
		}
		return tx.PutPostMortem(f.row)
	})
}

// record appends the record of an event, and what led to it.
func (f *follow) record(tx *store.Tx, event string, at time.Time, more func(*PostMortemRecord)) error {
	return f.recordPostMortem(tx, f.repo.Account, f.row, event, at, func(r *PostMortemRecord) {
		r.Deliveries, r.Delivered = f.c.Deliveries, f.c.Delivered
		if more != nil {
			more(r)
		}
	})
}

// gone forgets an issue that was deleted or moved: another one follows.
func (f *follow) gone(tx *store.Tx, at time.Time) error {
	if err := f.record(tx, postMortemGone, at, nil); err != nil {
		return err
	}
	f.row.Issue, f.row.Text, f.row.OpeningAt, f.row.Writing = 0, "", time.Time{}, false
	f.row.Round++
	return nil
}

// closed weighs that somebody closed the issue: it is complete, or opened again with a word on
// who can complete it.
func (f *follow) closed(ctx context.Context, issue snapshot.Issue) error {
	target := targetOf(f.repo, f.row.Pull)
	client, err := f.client(ctx, f.repo.Installation)
	if err != nil {
		return err
	}
	merger, err := f.reader.Merger(ctx, client, target)
	if err != nil {
		return err
	}
	for _, p := range []subject.Person{issue.ClosedBy, merger} {
		if p.User != 0 {
			target.Speakers = append(target.Speakers, p)
		}
	}
	read, err := f.reader.Pull(ctx, client, target)
	if err != nil {
		return err
	}
	var is rules.Reviewing
	err = f.change(ctx, func(tx *store.Tx, at time.Time) error {
		is, err = f.weigh(tx, read, issue, merger, at)
		if err != nil {
			return err
		}
		if is.Why == "" {
			return f.complete(tx, read, issue, is, at)
		}
		return f.refuse(tx, issue, is, at)
	})
	if err != nil {
		return err
	}
	f.log(ctx).Info().Str("why", string(is.Why)).Bool("complete", is.Why == "").Msg("post-mortem closed")
	if is.Why == "" {
		return nil
	}
	return f.write(ctx, func(ctx context.Context, client *ghclient.Client) error {
		return f.publisher.Reopen(ctx, client, f.repo.Owner, f.repo.Name, f.row.Issue)
	})
}

// weigh says whether the post-mortem is complete now that the issue is closed.
func (f *follow) weigh(tx *store.Tx, read snapshot.Pull, issue snapshot.Issue, merger subject.Person, at time.Time) (rules.Reviewing, error) {
	content, _, err := judgedBefore(tx, look{repo: f.repo, row: store.Pull{Repo: f.row.Repo, Number: f.row.Pull}, read: read})
	if err != nil {
		return rules.Reviewing{}, err
	}
	facts, err := f.facts()
	if err != nil {
		return rules.Reviewing{}, err
	}
	had := rules.Had{Mergers: []rules.UserID{personOf(read, merger)}}
	for _, d := range facts.Declared {
		had.Declarers = append(had.Declarers, d.By)
	}
	for _, d := range facts.Deployed {
		had.Deployers = append(had.Deployers, d.By)
	}
	is := rules.WeighReview(read.Policy, content, f.row.Layer, had, personOf(read, issue.ClosedBy), at)
	missing, err := f.missing(tx.Blob, issue.Body)
	switch {
	case err != nil:
		return is, err
	case is.Why != "":
	case !issue.Done:
		is.Why = rules.ReviewingNotDone
	case issue.EditedAt.After(issue.ClosedAt):
		is.Why = rules.ReviewingEdited
	case len(missing) > 0:
		is.Why = rules.ReviewingUnwritten
	}
	return is, nil
}

// personOf is the person id of somebody who was read with a pull request; 0: nobody.
func personOf(read snapshot.Pull, p subject.Person) rules.UserID {
	for id, user := range read.Users {
		if user == p.User && user != 0 {
			return id
		}
	}
	return 0
}

func (f *follow) facts() (facts EmergencyFacts, err error) {
	err = decode(f.row.Facts, &facts)
	return facts, err
}

// missing are the sections below which nobody has written. What the issue was opened with is
// not anybody's own.
func (f *follow) missing(blob func(string) ([]byte, bool, error), body string) ([]string, error) {
	begun, _, err := blob(f.row.Text)
	if err != nil {
		return nil, err
	}
	if len(begun) == 0 { // it was erased
		_, text := publish.PostMortemIssue(publish.PostMortem{})
		begun = []byte(text)
	}
	return rules.Unwritten(body, string(begun), publish.PostMortemSections()), nil
}

// complete keeps the text that was reviewed, and lets go what waited for it.
func (f *follow) complete(tx *store.Tx, read snapshot.Pull, issue snapshot.Issue, is rules.Reviewing, at time.Time) error {
	text, err := tx.PutBlob([]byte(issue.Body))
	if err != nil {
		return err
	}
	facts, err := f.facts()
	if err != nil {
		return err
	}
	facts.CompletedBy = personOf(read, issue.ClosedBy)
	if f.row.Facts, err = json.Marshal(facts); err != nil {
		return fmt.Errorf("encode emergency: %w", err)
	}
	late := issue.ClosedAt.After(f.row.DueAt)
	f.row.CompletedAt, f.row.Reviewed, f.row.Changed = issue.ClosedAt, digestOfText(issue.Body), ""
	if err := f.record(tx, postMortemCompleted, at, func(r *PostMortemRecord) {
		r.Text, r.Digest, r.By, r.Group = text, f.row.Reviewed, facts.CompletedBy, is.Group
		r.Closed, r.Due, r.Late = issue.ClosedAt, f.row.DueAt, late
	}); err != nil {
		return err
	}
	return f.tell(tx, at)
}

func digestOfText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// refuse owes a word on why closing it did not complete it.
func (f *follow) refuse(tx *store.Tx, issue snapshot.Issue, is rules.Reviewing, at time.Time) error {
	missing, err := f.missing(tx.Blob, issue.Body)
	if err != nil {
		return err
	}
	text := publish.NotComplete(say.Unreviewed{Why: is.Why, Missing: missing, From: is.From})
	fresh, err := f.comment(tx, "refused/"+issue.Closing, text, at)
	if err != nil || !fresh {
		return err
	}
	return f.record(tx, postMortemRefused, at, func(r *PostMortemRecord) { r.Why, r.Closed = string(is.Why), issue.ClosedAt })
}

// compare records where what was reviewed is not what stands there any more. It stays
// complete: the text that was reviewed is in the record.
func (f *follow) compare(tx *store.Tx, issue snapshot.Issue, at time.Time) error {
	now := ""
	switch {
	case issue.Gone:
		now = "gone"
	case digestOfText(issue.Body) != f.row.Reviewed:
		now = digestOfText(issue.Body)
	case issue.Open:
		now = "reopened"
	}
	if now == f.row.Changed {
		return nil
	}
	f.row.Changed = now
	return f.record(tx, postMortemChanged, at, func(r *PostMortemRecord) {
		switch now {
		case "gone", "reopened":
			r.Why = now
		case "":
			r.Why = "as reviewed"
		default:
			r.Why, r.Digest = "edited", now
		}
	})
}

// clock does what the time asks for: it reminds, and finds that it is overdue.
func (f *follow) clock(ctx context.Context, tx *store.Tx, at time.Time) error {
	f.next = time.Time{}
	facts, err := f.facts()
	if err != nil {
		return err
	}
	for _, d := range facts.Deployed {
		if f.row.Text == "" {
			break // it will be in the timeline
		}
		text := publish.DeployedNote(publish.Deployed{At: d.At, Environment: d.Environment, Commit: d.Commit})
		if _, err := f.comment(tx, deployedNote(d), text, at); err != nil {
			return err
		}
	}
	if !f.row.CompletedAt.IsZero() {
		return nil
	}
	passed := 0
	for _, when := range reminders(f.row) {
		if !when.After(at) {
			passed++
		} else if f.next.IsZero() {
			f.next = when
		}
	}
	if f.next.IsZero() && f.row.DueAt.After(at) {
		f.next = f.row.DueAt
	}
	if passed > f.row.Reminded && f.row.DueAt.After(at) {
		// Of several that passed while nobody looked the last one is enough.
		if err := f.remind(ctx, tx, facts, passed, at); err != nil {
			return err
		}
	}
	f.row.Reminded = max(f.row.Reminded, passed)
	if f.row.Overdue(at) && f.row.OverdueAt.IsZero() {
		f.row.OverdueAt = at
		if err := f.record(tx, postMortemOverdue, at, func(r *PostMortemRecord) { r.Due = f.row.DueAt }); err != nil {
			return err
		}
		return f.tell(tx, at)
	}
	return nil
}

// reminders are when whoever declared it is reminded: at half time, and twelve hours and one
// hour before it is due.
func reminders(p store.PostMortem) []time.Time {
	within := p.DueAt.Sub(p.StartedAt)
	all := []time.Time{p.StartedAt.Add(within / 2), p.DueAt.Add(-12 * time.Hour), p.DueAt.Add(-time.Hour)}
	all = slices.DeleteFunc(all, func(t time.Time) bool { return !t.After(p.StartedAt) })
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// remind owes a reminder to whoever declared the emergency.
func (f *follow) remind(ctx context.Context, tx *store.Tx, facts EmergencyFacts, which int, at time.Time) error {
	who, err := f.declarers(ctx, facts)
	if err != nil {
		return err
	}
	_, err = f.comment(tx, fmt.Sprintf("reminder/%d", which), publish.Reminder(who, f.row.DueAt), at)
	return err
}

// tell makes due what shows or heeds that a post-mortem is overdue: the changes of the
// repository, which take their turn behind all that people wait for, and what waits at its
// gates.
func (f *follow) tell(tx *store.Tx, at time.Time) error {
	if f.row.OverdueAt.IsZero() {
		return nil
	}
	return tx.Apply(at, subject.Result{Installation: f.repo.Installation, Selectors: []subject.Selector{
		{Kind: subject.ByRepository, Repo: f.repo.ID}, {Kind: subject.ByGate, Repo: f.repo.ID},
	}})
}

// log names the post-mortem in what is logged.
func (f *follow) log(ctx context.Context) *zerolog.Logger {
	log := zerolog.Ctx(ctx).With().Str("repo", fullName(f.repo)).Int64("change", f.row.Pull).Int64("issue", f.row.Issue).Logger()
	return &log
}

// overdueIn are the post-mortems of a repository that should be complete and are not.
func overdueIn(tx *store.Tx, repo int64, at time.Time) ([]publish.Overdue, error) {
	rows, err := tx.OpenPostMortems(repo)
	var out []publish.Overdue
	for _, p := range rows {
		if p.Overdue(at) {
			out = append(out, publish.Overdue{Number: cmp.Or(p.Issue, p.Pull), Due: p.DueAt, Blocks: p.Blocks})
		}
	}
	return out, err
}

// reviewersOf are those who completed post-mortems of a change.
func reviewersOf(tx *store.Tx, repo, pull int64) ([]rules.UserID, error) {
	rows, err := tx.SeePostMortems(repo, pull)
	var out []rules.UserID
	for _, p := range rows {
		var facts EmergencyFacts
		if err := decode(p.Facts, &facts); err != nil {
			return nil, err
		}
		if by := facts.CompletedBy; by != 0 && !p.CompletedAt.IsZero() && !slices.Contains(out, by) {
			out = append(out, by)
		}
	}
	return out, err
}

// duePostMortems are the changes of a repository whose post-mortems are not complete.
func duePostMortems(tx *store.Tx, repo store.Repository, at time.Time) ([]store.Due, error) {
	rows, err := tx.OpenPostMortems(repo.ID)
	var due []store.Due
	for _, p := range rows {
		due = append(due, store.Due{Subject: p.Subject(), Installation: repo.Installation, At: at})
	}
	return due, err
}
