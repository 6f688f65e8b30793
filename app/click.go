package app

import (
	"context"
	"time"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// A click on a button of our check run is the command /sign-off NAME at COMMIT, with the check
// run's own commit. GitHub keeps no clicks that could be read back: who pressed what, its signed
// delivery alone says. Whose run it is and of which commit is read, and the name has to be one
// that the policy asks for.

// clockDoubt is how far our clock, which says when a click was told, may be ahead of GitHub's,
// which says when an answer to it was written.
const clockDoubt = time.Hour

// clicked reads the check run whose button was clicked.
func (l *listener) clicked(ctx context.Context, client *ghclient.Client, cmd store.Command, by subject.Person) error {
	run, err := l.reader.CheckRun(ctx, client, l.target(), cmd.CheckRun)
	if err != nil {
		return l.unread(ctx, cmd, err)
	}
	if run.App != l.publisher.App || run.Name != publish.RunName || by.Bot {
		return l.heard(ctx, void(cmd, "not as told", l.now()), nil)
	}
	cmd.State, cmd.SaidAt, cmd.Aimed = store.CommandRead, cmd.ToldAt, run.Head
	return l.heard(ctx, cmd, nil)
}

// pressed is the command that a click gives. Its argument is empty where nothing asks any more
// for what the button signs off.
func (d *decision) pressed() command.Command {
	said := command.Command{Verb: command.SignOff, Commit: d.Aimed}
	for _, name := range rules.SignOffNames(d.read.Policy) {
		if command.Button(d.Number, d.content.Base, name) == d.Button {
			said.Argument = name
		}
	}
	return said
}

// buttons are those that the check run of a judged change has: one for each sign-off that a rule
// before an environment asks for and nobody gave for its content yet.
func (a *App) buttons(tx *store.Tx, l look, change rules.Change, at time.Time) ([]publish.Button, error) {
	if len(rules.SignOffNames(l.read.Policy)) == 0 {
		return nil, nil
	}
	var given []string
	all, err := tx.SignOffs(l.repo.ID, numbers(change))
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.Landed == change.Landed {
			given = append(given, s.Name)
		}
	}
	var out []publish.Button
	for _, name := range rules.SignOffsAsked(l.read.Policy, change, given, at) {
		out = append(out, publish.Button{Name: name, ID: command.Button(leadOf(change), change.Base, name)})
	}
	return out, nil
}

// leadOf is the pull request whose commands speak for a change: the first that somebody with
// write access opened, as a copy of it does not.
func leadOf(c rules.Change) int64 {
	for _, p := range c.Pulls {
		if p.Writer {
			return p.Number
		}
	}
	return c.Pulls[0].Number
}
