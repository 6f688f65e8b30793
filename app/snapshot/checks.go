package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// checks are what was reported on a commit.
type checks struct {
	suites   []suite
	runs     [][]run // of each suite
	statuses []statusContext
	hidden   []hiddenStatus // what some of statuses stand over
	whole    bool
	of       int // runs that there are; 0: unknown
}

// read counts the runs that were read, and that can be told from others by their ids.
func (c checks) read() int {
	n := 0
	for _, runs := range c.runs {
		for _, r := range runs {
			if r.DatabaseID != 0 {
				n++
			}
		}
	}
	return n
}

func (l *look) readChecks(ctx context.Context, f *facts) error {
	if f.repo.Head == nil || f.repo.Head.OID != f.head {
		f.gap(rules.GapChecks, 0, 0)
		f.stale = true
		return nil
	}
	c, err := l.checksOf(ctx, *f.repo.Head)
	if err != nil {
		return err
	}
	if ref := f.pull.BaseRef; !c.whole || ref == nil || ref.Rules != nil && ref.Rules.PageInfo.HasNextPage {
		f.gap(rules.GapChecks, c.read(), c.of)
	}
	f.checks = c
	return nil
}

// checksOf reads all suites and runs of a commit whose first page is given.
func (l *look) checksOf(ctx context.Context, head headCommit) (checks, error) {
	if head.CheckSuites == nil {
		return checks{}, left("check suites")
	}
	suites, whole, err := pages(*head.CheckSuites, l.limits.runs, func(after string) (connection[suite], error) {
		page, err := l.suitesOf(ctx, head.OID, after)
		return *page.CheckSuites, err
	})
	if err != nil {
		return checks{}, fmt.Errorf("read check suites of %s: %w", head.OID, err)
	}
	c := checks{suites: suites, whole: whole}
	if head.Status != nil {
		for _, s := range head.Status.Contexts {
			if !rules.Informs(s.Context) {
				c.statuses = append(c.statuses, s)
			}
		}
	}
	for _, s := range suites {
		if s.CheckRuns == nil {
			return checks{}, left("check runs")
		}
		c.of += s.CheckRuns.TotalCount
		// At least the first page of each suite is there; past the limit no other one is read.
		runs, all, err := pages(*s.CheckRuns, max(1, l.limits.runs-c.read()), func(after string) (connection[run], error) {
			var out struct{ Node *suite }
			if err := l.query(ctx, runsPage, map[string]any{"suite": s.ID, "after": after}, &out); err != nil {
				return connection[run]{}, err
			}
			if out.Node == nil || out.Node.CheckRuns == nil {
				return connection[run]{}, left("check runs")
			}
			return *out.Node.CheckRuns, nil
		})
		if err != nil {
			return checks{}, fmt.Errorf("read runs of check suite %d: %w", s.DatabaseID, err)
		}
		c.whole = c.whole && all
		c.runs = append(c.runs, runs)
	}
	c.whole = c.whole && c.read() == c.of
	if !whole {
		c.of = 0
	}
	return c, nil
}

// suitesOf reads one page of a commit's suites; after is empty for the first one.
func (l *look) suitesOf(ctx context.Context, commit, after string) (headCommit, error) {
	none := headCommit{CheckSuites: &connection[suite]{}}
	vars := l.vars("head", commit)
	if after != "" {
		vars["after"] = after
	}
	var out struct{ Repository *repository }
	if err := l.query(ctx, suitesPage, vars, &out); err != nil {
		return none, err
	}
	if out.Repository == nil {
		return none, ErrGone
	}
	if h := out.Repository.Head; h != nil && h.OID == commit && h.CheckSuites != nil {
		return *h, nil
	}
	return none, left("check suites")
}

// putChecks writes what was reported on the head, and what GitHub requires, into the change.
func (f *facts) putChecks(c *rules.Change, k *cast) {
	for i, s := range f.checks.suites {
		if len(f.checks.runs[i]) == 0 {
			continue // made for an app that never reported anything
		}
		if s.App != nil && s.App.DatabaseID == c.OwnApp {
			continue // what we said is no fact: it would make each verdict news to the next
		}
		cs := rules.CheckSuite{ID: s.DatabaseID, Status: strings.ToLower(s.Status), At: s.CreatedAt.UTC()}
		workflow := ""
		if s.App != nil {
			cs.App, cs.AppSlug = s.App.DatabaseID, s.App.Slug
		}
		if s.WorkflowRun != nil && s.WorkflowRun.File != nil {
			workflow = s.WorkflowRun.File.Path
		}
		c.Suites = append(c.Suites, cs)
		for _, r := range f.checks.runs[i] {
			run := rules.CheckRun{
				ID: r.DatabaseID, Suite: cs.ID, App: cs.App, AppSlug: cs.AppSlug, Workflow: workflow,
				Name: r.Name, Status: strings.ToLower(r.Status), At: cs.At, Attempt: r.attempt,
			}
			if r.Conclusion != nil {
				run.Conclusion = strings.ToLower(*r.Conclusion)
			}
			if r.StartedAt != nil {
				run.At = r.StartedAt.UTC()
			}
			c.Runs = append(c.Runs, run)
		}
	}
	for _, s := range f.checks.statuses {
		if rules.Own(s.Context) {
			continue
		}
		c.Status = append(c.Status, rules.Status{
			Context: s.Context, State: strings.ToLower(s.State), By: k.whoActor(s.Creator), At: s.CreatedAt.UTC(),
			Token: s.Creator.person().Login == actionsBot,
		})
	}
	for _, s := range f.checks.hidden {
		c.Status = append(c.Status, rules.Status{
			Context: s.Context, State: s.State, By: k.who(s.By.User), At: s.At, Token: s.By.Login == actionsBot, Hidden: true,
		})
	}
	slices.SortStableFunc(c.Status, func(a, b rules.Status) int { return cmp.Compare(a.Context, b.Context) })
	c.Need = f.required()
}

// required returns the contexts that GitHub requires on the base, from classic protection
// and from rulesets, each once, sorted.
func (f *facts) required() []string {
	var names []string
	ref := f.pull.BaseRef
	if ref == nil {
		return nil
	}
	if ref.RefUpdateRule != nil {
		for _, n := range ref.RefUpdateRule.RequiredStatusCheckContexts {
			if n != nil {
				names = append(names, *n)
			}
		}
	}
	if ref.Rules != nil {
		for _, r := range ref.Rules.Nodes {
			if r == nil || r.Parameters == nil {
				continue
			}
			for _, check := range r.Parameters.RequiredStatusChecks {
				names = append(names, check.Context)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
