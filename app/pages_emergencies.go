package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/command"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/web"
	"github.com/changewarden/changewarden/rules"
)

// Emergencies implements web.Source.
func (p pages) Emergencies(ctx context.Context, n int) ([]web.Emergency, error) {
	declared, err := p.a.store.DeclaredCommands(ctx, n)
	if err != nil {
		return nil, err
	}
	at := p.a.now()
	var out []web.Emergency
	for _, c := range declared {
		repo, known, err := p.a.store.Repository(ctx, c.Repo)
		if err != nil {
			return nil, err
		}
		if !known || repo.Gone {
			continue
		}
		e, err := p.emergency(ctx, repo, c, at)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func (p pages) emergency(ctx context.Context, repo store.Repository, c store.Command, at time.Time) (web.Emergency, error) {
	e := web.Emergency{Repo: fullName(repo), Change: web.ChangeRef{Number: c.Number}, At: c.SaidAt, Ended: c.WithdrawnAt, Now: at}
	pull, _, err := p.a.store.Pull(ctx, c.Repo, c.Number)
	if err != nil {
		return e, err
	}
	e.Change.Title = pull.Title
	text, _, err := p.a.store.Blob(ctx, c.Text)
	if err != nil {
		return e, err
	}
	said, _ := command.Parse(string(text))
	e.What, e.Why = said.Argument, strings.Join(strings.Fields(said.Reason), " ")
	record, err := p.declaration(ctx, repo, c, &e)
	if err != nil {
		return e, err
	}
	e.Until = record.Until
	e.Holds = e.Ended.IsZero() && e.Until.After(at)
	by := []rules.UserID{rules.UserID(c.Person)}
	approved, err := p.relieved(ctx, c, record, &e)
	if err != nil {
		return e, err
	}
	logins, err := p.a.names(ctx, named(append(by, approved...)))
	if err != nil {
		return e, err
	}
	e.By = logins[by[0]]
	for _, id := range approved {
		e.Approved = append(e.Approved, logins[id])
	}
	return e, nil
}

func named(ids []rules.UserID) rules.Change {
	var c rules.Change
	for _, id := range ids {
		c.People = append(c.People, rules.Person{ID: id})
	}
	return c
}

// declaration is the record of a declaration, and notes its place.
func (p pages) declaration(ctx context.Context, repo store.Repository, c store.Command, e *web.Emergency) (CommandRecord, error) {
	records, err := p.a.store.RecordsBetween(ctx, repo.Account, c.DecidedAt, c.DecidedAt)
	if err != nil {
		return CommandRecord{}, err
	}
	for _, r := range records {
		var body CommandRecord
		if r.Kind != KindCommand {
			continue
		}
		if err := decode(r.Body, &body); err != nil {
			return body, err
		}
		if body.Comment == c.Comment {
			e.Log, e.Seq = r.Log, r.Seq
			return body, nil
		}
	}
	return CommandRecord{}, nil // in the log of an account that the repository was transferred from
}

// relieved fills in what the emergency waived and how its post-mortem stands, and returns who
// approved it: by what happened under it or, where nothing did yet, by the last verdict.
func (p pages) relieved(ctx context.Context, c store.Command, record CommandRecord, e *web.Emergency) ([]rules.UserID, error) {
	rows, err := p.a.store.PostMortems(ctx, c.Repo, c.Number)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		var facts EmergencyFacts
		if err := decode(row.Facts, &facts); err != nil {
			return nil, err
		}
		i := slices.IndexFunc(facts.Declared, func(d DeclaredEmergency) bool { return d.Comment == c.Comment })
		if i >= 0 {
			e.Used, e.Waives, e.Issue, e.Due, e.Completed = true, facts.Waived, row.Issue, row.DueAt, row.CompletedAt
			return facts.Declared[i].Approved, nil
		}
	}
	v, found, err := p.a.store.LatestVerdict(ctx, c.Repo, c.Number)
	if err != nil || !found {
		return nil, err
	}
	j, err := readJudgement(ctx, p.a.store, v)
	if err != nil {
		return nil, err
	}
	policy, known, err := policyAt(func(address string) ([]byte, bool, error) { return p.a.store.Blob(ctx, address) }, j.stored.Policy)
	if err != nil || !known {
		return nil, err
	}
	for _, l := range policy.Layers {
		if l.Name == record.Layer && l.Emergency != nil {
			e.Waives = l.Emergency.Waives
		}
	}
	for _, held := range rules.Emergencies(policy, j.change, j.At) {
		if held.Declared.ID == c.Comment {
			return held.Approved, nil
		}
	}
	return nil, nil
}
