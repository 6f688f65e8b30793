package app

import (
	"context"
	"slices"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// names returns the login of everybody who is named in the changes.
func (a *App) names(ctx context.Context, changes ...rules.Change) (say.Names, error) {
	return loginsOf(ctx, a.store, changes...)
}

// interest is who and what the verdict on a read looks at: their events make it due.
func interest(account int64, read snapshot.Pull) store.Interest {
	var in store.Interest
	for _, user := range read.Users {
		in.Users = append(in.Users, user)
	}
	for _, team := range read.Policy.Teams() {
		in.Teams = append(in.Teams, store.TeamInterest{Account: account, Slug: team.Slug})
	}
	in.Base = slices.Contains(read.Policy.Needs(), rules.FactBehind)
	checks := read.Policy.Checks()
	in.Checks = store.CheckInterest{All: checks.All, Names: checks.Names}
	if checks.All {
		in.Checks.Usual = usualDigest(read.Change.Usual)
	}
	for _, r := range read.Change.Runs {
		in.Seen = append(in.Seen, subject.Check{
			Source: subject.CheckRun, ID: r.ID, Suite: r.Suite, App: r.App, Name: r.Name, Status: r.Status, Conclusion: r.Conclusion,
		})
	}
	for _, s := range read.Change.Suites {
		in.Seen = append(in.Seen, subject.Check{Source: subject.CheckSuite, ID: s.ID, App: s.App, Status: s.Status})
	}
	return in
}
