package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// A command goes through three hands, and is one row all the way. The delivery that tells of
// it only says that comment N on pull request P may be one. Here the comment is read back
// from GitHub; the look at its pull request decides about it, beside the verdict that it
// changes (command.go); and here again its writer is answered. A click on a button goes the same
// way (click.go).

// goneLooks is how often a comment is looked for that GitHub told of and does not have.
const goneLooks = 4

// answerLife is for how long a comment is tried that GitHub does not let us read, and an answer
// that it refuses, as it does on a locked conversation or without the permission: nobody wants
// it a day later.
const answerLife = 24 * time.Hour

// hearComments reads the comments on a pull request that may be commands, and gives the
// answers that are owed there.
func (a *App) hearComments(ctx context.Context, c store.Claim) error {
	repo, known, err := a.repository(ctx, c)
	if err != nil || !known {
		return err
	}
	told, err := a.store.Commands(ctx, repo.ID, c.Subject.Number, store.CommandTold)
	if err != nil {
		return err
	}
	l := listener{App: a, repo: repo, claim: c}
	for _, cmd := range told {
		if err := l.hear(ctx, cmd); err != nil {
			return err
		}
	}
	owed, err := a.store.CommandsOwed(ctx, repo.ID, c.Subject.Number)
	if err != nil {
		return err
	}
	var failed []error // one answer that GitHub refuses holds up no other
	for _, cmd := range owed {
		if c, err = a.answerCommand(ctx, c, repo, cmd); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		for _, cmd := range l.ignored {
			if err := tx.PutCommand(cmd); err != nil {
				return err
			}
		}
		return tx.Done(c, a.now(), time.Time{})
	})
}

// listener reads the comments of one pull request.
type listener struct {
	*App
	repo  store.Repository
	claim store.Claim

	policy  *rules.Policy   // that judged last, with person ids; nil: not asked for yet
	ignored []store.Command // strangers': stored all at once
}

// target is the pull request, for reading.
func (l *listener) target() snapshot.Target { return targetOf(l.repo, l.claim.Subject.Number) }

func targetOf(repo store.Repository, number int64) snapshot.Target {
	return snapshot.Target{
		Installation: repo.Installation, Repo: repo.ID, Account: repo.Account, Owner: repo.Owner, Name: repo.Name, Number: number,
	}
}

// hear reads one comment, unless a stranger wrote it: a thousand of theirs cost a thousand
// rows and no request.
func (l *listener) hear(ctx context.Context, cmd store.Command) error {
	names, err := l.store.Names(ctx, []int64{cmd.Person})
	if err != nil {
		return err
	}
	client, by := l.clients.Installation(l.repo.Installation), names[cmd.Person]
	standing, err := l.reader.Standing(ctx, client, l.target(), l.repo.Private, by)
	if err != nil {
		return err
	}
	if !standing.Known {
		named, err := l.named(ctx, cmd.Person)
		if err != nil {
			return err
		}
		if !named {
			cmd.State, cmd.DecidedAt = store.CommandIgnored, l.now()
			l.ignored = append(l.ignored, cmd)
			return nil
		}
	}
	if cmd.CheckRun != 0 {
		return l.clicked(ctx, client, cmd, by)
	}
	comment, err := l.reader.Comment(ctx, client, l.target(), cmd.Comment)
	if err != nil {
		return l.unread(ctx, cmd, err)
	}
	_, isCommand := command.Parse(comment.Body)
	switch {
	case comment.By.User != by.User || comment.By.Bot || comment.Number != cmd.Number:
		cmd = void(cmd, "not as told", l.now())
	case comment.ViaApp:
		cmd = void(cmd, "by an app", l.now())
	case comment.Mailed:
		cmd = void(cmd, "by e-mail", l.now())
	case comment.Edited:
		cmd.State, cmd.SaidAt, cmd.Why = store.CommandRead, comment.At, string(command.Edited)
		comment.Body = ""
	case !isCommand:
		cmd = void(cmd, "no command", l.now())
	default:
		cmd.State, cmd.SaidAt = store.CommandRead, comment.At
	}
	return l.heard(ctx, cmd, []byte(comment.Body))
}

// unread says what becomes of a command that could not be read: it is tried again, for a while.
func (l *listener) unread(ctx context.Context, cmd store.Command, err error) error {
	switch {
	case l.now().Sub(cmd.ToldAt) > answerLife:
		zerolog.Ctx(ctx).Warn().Err(err).Int64("comment", cmd.Comment).Msg("command given up")
		return l.heard(ctx, void(cmd, "not readable", l.now()), nil)
	case !errors.Is(err, snapshot.ErrGone):
		return err
	case l.claim.Attempt < goneLooks:
		return retryError{"GitHub does not have what was said yet", time.Second << l.claim.Attempt}
	}
	return l.heard(ctx, void(cmd, "gone", l.now()), nil)
}

func void(cmd store.Command, why string, at time.Time) store.Command {
	cmd.State, cmd.Why, cmd.DecidedAt = store.CommandVoid, why, at
	return cmd
}

// heard stores what came of reading a comment; one that is a command makes its pull request
// due, to be decided there.
func (l *listener) heard(ctx context.Context, cmd store.Command, text []byte) error {
	at := l.now()
	return l.store.Tx(ctx, func(tx *store.Tx) (err error) {
		if cmd.State != store.CommandRead {
			return tx.PutCommand(cmd)
		}
		if len(text) > 0 {
			if cmd.Text, err = tx.PutBlob(text); err != nil {
				return err
			}
		}
		if err := tx.PutCommand(cmd); err != nil {
			return err
		}
		pull := subject.Subject{Kind: subject.PullRequest, Repo: cmd.Repo, Number: cmd.Number}
		return tx.Raise(at, store.Due{Subject: pull, Installation: l.repo.Installation, At: at})
	})
}

// named reports whether the policy that judged the pull request last names somebody among
// those who can give a command: not everybody whom a policy trusts is of the organisation.
func (l *listener) named(ctx context.Context, person int64) (bool, error) {
	if l.policy == nil {
		l.policy = &rules.Policy{}
		row, found, err := l.store.LatestVerdict(ctx, l.repo.ID, l.claim.Subject.Number)
		if err != nil {
			return false, err
		}
		var stored StoredVerdict
		if err := decode(row.Body, &stored); err != nil {
			return false, err
		}
		if found {
			var texts []snapshot.PolicyText
			for _, ref := range stored.Policy {
				text, there, err := l.store.Blob(ctx, ref.Text)
				if err != nil {
					return false, err
				}
				if !there { // erased: who was named is not known any more
					return false, nil
				}
				texts = append(texts, snapshot.PolicyText{Layer: ref.Layer, Path: ref.Path, Text: text})
			}
			if *l.policy, err = snapshot.Compose(texts); err != nil {
				return false, err
			}
		}
	}
	return l.policy.NamesSpeaker(rules.UserID(person)), nil
}

// answerCommand gives one answer that is owed. That a write begins is stored before it, as
// for a head; what GitHub refuses for good is given up.
func (a *App) answerCommand(ctx context.Context, c store.Claim, repo store.Repository, cmd store.Command) (store.Claim, error) {
	writing, since := cmd.Writing, cmd.SaidAt
	if cmd.CheckRun != 0 {
		since = since.Add(-clockDoubt)
	}
	if err := a.changeCommand(ctx, cmd.Comment, func(tx *store.Tx, row *store.Command) error {
		row.Writing = true
		n := 0
		for _, text := range []string{cmd.Reaction, cmd.Reply} {
			if text != "" {
				n++
			}
		}
		return tx.ChargeWrites(repo.Installation, a.now(), n)
	}); err != nil {
		return c, err
	}
	c, err := a.store.Extend(ctx, c, a.now().Add(lease))
	if err != nil {
		return c, err
	}
	writes, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	got, failed := a.publisher.Answer(writes, a.clients.Installation(repo.Installation), publish.Answer{
		Owner: repo.Owner, Name: repo.Name, Number: cmd.Number, Comment: cmd.Comment, At: since,
		Reaction: cmd.Reaction, Reply: cmd.Reply, Writing: writing,
	})
	at := a.now()
	if failed != nil {
		trouble := ghclient.Diagnose(failed, at)
		gone := !trouble.Installation && (trouble.Kind == ghclient.Gone || trouble.Kind == ghclient.Invalid)
		if !gone && at.Sub(cmd.DecidedAt) < answerLife {
			return c, failed
		}
		zerolog.Ctx(ctx).Warn().Err(failed).Int64("comment", cmd.Comment).Msg("answer given up")
	}
	return c, a.changeCommand(ctx, cmd.Comment, func(tx *store.Tx, row *store.Command) error {
		row.Writing, row.AnsweredAt = false, at
		if failed != nil {
			return nil
		}
		body, err := json.Marshal(CommandAnswerRecord{
			Host: a.host, Repo: repo.ID, Pull: cmd.Number, Comment: cmd.Comment, CheckRun: cmd.CheckRun, Reaction: cmd.Reaction, ReactionID: got.Reaction, Reply: got.Reply,
		})
		if err != nil {
			return fmt.Errorf("encode answer record: %w", err)
		}
		_, _, err = tx.Append(repo.Account, KindCommandAnswer, at, body)
		return err
	})
}

// changeCommand changes one row as it stands by then.
func (a *App) changeCommand(ctx context.Context, comment int64, change func(*store.Tx, *store.Command) error) error {
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		row, _, err := tx.Command(comment)
		if err != nil {
			return err
		}
		if err := change(tx, &row); err != nil {
			return err
		}
		return tx.PutCommand(row)
	})
}
