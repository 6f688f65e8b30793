package app

import (
	"context"
	"fmt"

	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/web"
	"github.com/changewarden/changewarden/rules"
)

// history is how many verdicts a page shows.
const history = 20

// pages answers the pages from stored verdicts.
type pages struct{ a *App }

// Page returns the page of a pull request, and false if it was never judged. It asks nobody
// whether they may see it.
func (a *App) Page(ctx context.Context, owner, name string, number int64) (web.Page, bool, error) {
	return pages{a}.Change(ctx, owner, name, number)
}

// Change implements web.Source.
func (p pages) Change(ctx context.Context, owner, name string, number int64) (web.Page, bool, error) {
	repo, known, err := p.a.store.RepositoryByName(ctx, owner, name)
	if err != nil || !known {
		return web.Page{}, false, err
	}
	way, err := readPath(ctx, p.a.store, repo, number, history)
	if err != nil || len(way.judged) == 0 {
		return web.Page{}, false, err
	}
	newest := way.judged[len(way.judged)-1]
	unblock := p.unblock(ctx, newest.change, newest.verdict, newest.stored.Policy)
	page := web.FromVerdict(number, newest.change, newest.verdict, unblock, way.names)
	page.Title, page.Path = way.pull.Title, way.told(p.a.now())
	for _, ref := range newest.stored.Policy {
		page.Policy = append(page.Policy, web.PolicyFile{Layer: ref.Layer, Repo: ref.Repo, Path: ref.Path, Commit: ref.Commit})
	}
	page.Evidence = web.Evidence{Log: newest.Log, Seq: newest.Seq, Size: newest.stored.Size, Root: newest.stored.Root}
	group, landed, err := p.a.store.LandedWith(ctx, repo.ID, number)
	if err != nil {
		return web.Page{}, false, err
	}
	if landed {
		page.Evidence.Group, page.Evidence.GroupSeq = group.SHA, group.Seq
	}
	page.URL = fmt.Sprintf("%s/%s/%s/pull/%d", p.a.o.GitHubURL, repo.Owner, repo.Name, number)
	return page, true, nil
}

// rateDays is over how many days emergencies are counted.
const rateDays = 30

// Recent implements web.Source.
func (p pages) Recent(ctx context.Context, n int) ([]web.Row, web.Rate, error) {
	rate := web.Rate{Days: rateDays}
	var err error
	if rate.Merged, rate.Emergencies, err = p.a.store.Rate(ctx, p.a.now().AddDate(0, 0, -rateDays)); err != nil {
		return nil, rate, err
	}
	verdicts, err := p.a.store.RecentVerdicts(ctx, n)
	if err != nil {
		return nil, rate, err
	}
	rows := make([]web.Row, 0, len(verdicts))
	for _, v := range verdicts {
		j, err := readJudgement(ctx, p.a.store, v)
		if err != nil {
			return nil, rate, err
		}
		names, err := p.a.names(ctx, j.change)
		if err != nil {
			return nil, rate, err
		}
		pull, _, err := p.a.store.Pull(ctx, v.Repo, v.Number)
		if err != nil {
			return nil, rate, err
		}
		row := web.FromVerdict(v.Number, j.change, j.verdict, nil, names).Row
		row.Title = pull.Title
		rows = append(rows, row)
	}
	return rows, rate, nil
}

// unblock returns what would let a change pass by the policy that judged it; nothing where
// that cannot be read any more: the page then has the findings alone.
func (p pages) unblock(ctx context.Context, change rules.Change, v rules.Verdict, policy []PolicyRef) []rules.Step {
	r := Recorded{Change: change}
	for _, ref := range policy {
		text, err := erasable(ctx, p.a.store, ref.Text)
		if err != nil {
			return nil
		}
		r.Policy = append(r.Policy, RecordedPolicy{Layer: ref.Layer, Path: ref.Path, Text: string(text)})
	}
	steps, err := r.Unblock(v)
	if err != nil {
		return nil
	}
	return steps
}

// pageURL is where people read about a change; empty where no pages are served.
func (a *App) pageURL(repo store.Repository, number int64) string {
	if !a.o.Pages || a.o.PublicURL == "" {
		return ""
	}
	return fmt.Sprintf("%s/changes/%s/%s/%d", a.o.PublicURL, repo.Owner, repo.Name, number)
}

// policyRefs is how a publication names the policy files that judged.
func policyRefs(refs []PolicyRef) []publish.PolicyRef {
	out := make([]publish.PolicyRef, 0, len(refs))
	for _, r := range refs {
		out = append(out, publish.PolicyRef{Layer: r.Layer, Repo: r.Repo, Path: r.Path, Commit: r.Commit, Blob: r.Blob})
	}
	return out
}
