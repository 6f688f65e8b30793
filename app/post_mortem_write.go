package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/rules"
)

// openAgain is how long after GitHub refused an issue another one is tried: the repository may
// have none, or the app may lack the permission, and the hours run all the same.
const openAgain = 6 * time.Hour

// open opens the issue. Its text stands in the ledger before it; that a write begins is stored
// too, so that the next try looks for an issue of ours.
func (f *follow) open(ctx context.Context) error {
	facts, err := f.facts()
	if err != nil {
		return err
	}
	if f.row.Text == "" {
		text, err := f.text(ctx, facts)
		if err != nil {
			return err
		}
		if err := f.change(ctx, func(tx *store.Tx, at time.Time) error {
			var err error
			if f.row.Text, err = tx.PutBlob([]byte(text)); err != nil {
				return err
			}
			f.row.OpeningAt = at
			for _, d := range facts.Deployed { // it is in the timeline
				if err := f.told(tx, d, at); err != nil {
					return err
				}
			}
			return f.record(tx, postMortemOpening, at, func(r *PostMortemRecord) { r.Text, r.Due = f.row.Text, f.row.DueAt })
		}); err != nil {
			return err
		}
	}
	body, _, err := f.store.Blob(ctx, f.row.Text)
	if err != nil {
		return err
	}
	who, err := f.declarers(ctx, facts)
	if err != nil {
		return err
	}
	title, _ := publish.PostMortemIssue(publish.PostMortem{Pull: f.row.Pull})
	issue := publish.Issue{
		Owner: f.repo.Owner, Name: f.repo.Name, Title: title, Body: string(body), Label: publish.PostMortemLabel, Assignees: who,
		Mark: f.mark(), Since: f.row.OpeningAt.Add(-time.Minute), Writing: f.row.Writing,
	}
	if err := f.change(ctx, func(*store.Tx, time.Time) error { f.row.Writing = true; return nil }); err != nil {
		return err
	}
	var number int64
	err = f.write(ctx, func(ctx context.Context, client *ghclient.Client) (err error) {
		number, err = f.publisher.Open(ctx, client, issue)
		return err
	})
	if t := ghclient.Diagnose(err, f.now()); !t.Installation && (t.Kind == ghclient.Denied || t.Kind == ghclient.Gone || t.Kind == ghclient.Invalid) {
		zerolog.Ctx(ctx).Warn().Err(err).Str("repo", fullName(f.repo)).Int64("change", f.row.Pull).Msg("GitHub opens no issue for a post-mortem")
		f.again = f.now().Add(openAgain)
		return nil
	}
	if err != nil {
		return err
	}
	f.log(ctx).Info().Int64("opened", number).Msg("post-mortem opened")
	return f.change(ctx, func(tx *store.Tx, at time.Time) error {
		f.row.Issue, f.row.Writing = number, false
		return f.record(tx, postMortemOpened, at, nil)
	})
}

// mark is the line by which the issue is known, each time that one is opened another.
func (f *follow) mark() string {
	return publish.Mark(fmt.Sprintf("post-mortem of #%d by %d, %d", f.row.Pull, f.row.Declared, f.row.Round))
}

// write lets a write begin while the claim outlives it.
func (f *follow) write(ctx context.Context, do func(context.Context, *ghclient.Client) error) error {
	if err := f.store.Tx(ctx, func(tx *store.Tx) error { return tx.ChargeWrites(f.repo.Installation, f.now(), 1) }); err != nil {
		return err
	}
	c, err := f.store.Extend(ctx, f.c, f.now().Add(lease))
	if err != nil {
		return err
	}
	f.c = c
	client, err := f.client(ctx, f.repo.Installation)
	if err != nil {
		return err
	}
	writes, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	return do(writes, client)
}

// text is what the issue says, from the records.
func (f *follow) text(ctx context.Context, facts EmergencyFacts) (string, error) {
	names, err := f.logins(ctx, facts)
	if err != nil {
		return "", err
	}
	commands, err := f.store.Commands(ctx, f.row.Repo, f.row.Pull, store.CommandTaken)
	if err != nil {
		return "", err
	}
	m := publish.PostMortem{Pull: f.row.Pull, Mark: f.mark(), Due: f.row.DueAt, Reviewer: facts.Reviewer, Waived: facts.Waived}
	m.URL = fmt.Sprintf("%s/%s/%s/pull/%d", f.o.GitHubURL, f.repo.Owner, f.repo.Name, f.row.Pull)
	for _, d := range facts.Declared {
		said := publish.Declared{At: d.At, By: names[d.By], Until: d.Until, Comment: d.Comment}
		if f.repo.Private { // who is in which group is nobody else's business
			said.Group = d.Group
		}
		for _, c := range commands {
			if c.Comment != d.Comment || c.Text == "" {
				continue
			}
			text, found, err := f.store.Blob(ctx, c.Text)
			if err != nil {
				return "", err
			}
			if found {
				given, _ := command.Parse(string(text))
				said.Incident, said.Why = given.Argument, given.Reason
			}
		}
		for _, id := range d.Approved {
			said.Approved = append(said.Approved, names[id])
		}
		m.Declared = append(m.Declared, said)
	}
	m.Head = facts.Head
	if facts.Merged != nil {
		m.Merged, m.Merge, m.Passed = facts.Merged.At, facts.Merged.Commit, facts.Merged.Outcome == string(rules.Pass)
	}
	for _, d := range facts.Deployed {
		m.Deployed = append(m.Deployed, publish.Deployed{At: d.At, Environment: d.Environment, Commit: d.Commit})
	}
	_, body := publish.PostMortemIssue(m)
	return body, nil
}

// logins are the logins of whoever is named in the facts.
func (f *follow) logins(ctx context.Context, facts EmergencyFacts) (say.Names, error) {
	var named rules.Change
	for _, d := range facts.Declared {
		for _, id := range append([]rules.UserID{d.By}, d.Approved...) {
			named.People = append(named.People, rules.Person{ID: id})
		}
	}
	return f.names(ctx, named)
}

// declarers are the logins of those who declared it, each once.
func (f *follow) declarers(ctx context.Context, facts EmergencyFacts) ([]string, error) {
	names, err := f.logins(ctx, facts)
	var out []string
	for _, d := range facts.Declared {
		if login := names[d.By]; login != "" && !slices.Contains(out, login) {
			out = append(out, login)
		}
	}
	return out, err
}

// told notes that a deployment needs no comment.
func (f *follow) told(tx *store.Tx, d DeployedUnder, at time.Time) error {
	n := store.PostMortemNote{Name: deployedNote(d), At: at, SaidAt: at}
	if _, err := tx.AddPostMortemNote(f.row, n); err != nil {
		return err
	}
	return tx.PutPostMortemNote(f.row, n)
}

func deployedNote(d DeployedUnder) string { return fmt.Sprintf("deployed/%d", d.Decision) }

// comment owes a comment of ours on the issue, once, and reports whether it is new.
func (f *follow) comment(tx *store.Tx, name, text string, at time.Time) (bool, error) {
	body := text + "\n\n" + f.noteMark(name) + "\n"
	fresh, err := tx.AddPostMortemNote(f.row, store.PostMortemNote{Name: name, At: at, Body: body})
	if err != nil || !fresh {
		return false, err
	}
	return true, f.record(tx, postMortemNoting, at, func(r *PostMortemRecord) { r.Note = name })
}

func (f *follow) noteMark(name string) string {
	return publish.Mark(fmt.Sprintf("%s on the post-mortem of #%d by %d", name, f.row.Pull, f.row.Declared))
}

// sayNotes writes the comments that are owed. One that GitHub refuses for good is given up.
func (f *follow) sayNotes(ctx context.Context) error {
	notes, err := f.store.OwedPostMortemNotes(ctx, f.row)
	if err != nil || f.row.Issue == 0 {
		return err
	}
	for _, n := range notes {
		if err := f.sayNote(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func (f *follow) sayNote(ctx context.Context, n store.PostMortemNote) error {
	note := publish.Note{
		Owner: f.repo.Owner, Name: f.repo.Name, Number: f.row.Issue, Body: n.Body, Mark: f.noteMark(n.Name), Since: n.At.Add(-time.Minute), Writing: n.Writing,
	}
	n.Writing = true
	if err := f.store.Tx(ctx, func(tx *store.Tx) error { return tx.PutPostMortemNote(f.row, n) }); err != nil {
		return err
	}
	var id int64
	failed := f.write(ctx, func(ctx context.Context, client *ghclient.Client) (err error) {
		id, err = f.publisher.Note(ctx, client, note)
		return err
	})
	if failed != nil {
		trouble := ghclient.Diagnose(failed, f.now())
		if trouble.Installation || trouble.Kind != ghclient.Gone && trouble.Kind != ghclient.Invalid {
			return failed
		}
		zerolog.Ctx(ctx).Warn().Err(failed).Int64("issue", f.row.Issue).Str("note", n.Name).Msg("comment given up")
	}
	return f.store.Tx(ctx, func(tx *store.Tx) error {
		at := f.now()
		n.Writing, n.SaidAt = false, at
		if err := tx.PutPostMortemNote(f.row, n); err != nil || failed != nil {
			return err
		}
		return f.record(tx, postMortemNoted, at, func(r *PostMortemRecord) { r.Note, r.Comment = n.Name, id })
	})
}
