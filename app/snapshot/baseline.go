package snapshot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// usualOver is how many merges say what is usual, and usualPages how far back they are
// looked for, in pages of 30 commits: a rebase merge has many commits.
const (
	usualOver  = 10
	usualPages = 5
)

// baselinePull is a pull request that a commit of the base came with.
type baselinePull struct {
	Number         int64
	Merged         bool
	BaseRefName    string
	BaseRepository *struct{ DatabaseID int64 }
	Commits        connection[struct{ Commit headCommit }]
}

// usual returns the names of the checks and statuses that each of the last ten pull
// requests merged into the branch had on its head, without our own check runs: remembered
// for an hour. What was remembered before since is read anew.
func (l *look) usual(ctx context.Context, base string, since time.Time) ([]string, error) {
	key := subject.BaselineKey(l.target.Repo, base)
	names := []string{}
	if asOf, found, err := l.recall(ctx, subject.BaselineCache, key, &names); err != nil || found && !asOf.Before(since) {
		return names, err
	}
	names = []string{}
	pulls, err := l.lastMerged(ctx, base)
	if err != nil {
		return nil, fmt.Errorf("read the last merges into %s: %w", base, err)
	}
	for i, p := range pulls {
		had, err := l.reported(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("read the checks of #%d: %w", p.Number, err)
		}
		if i == 0 {
			names = had
			continue
		}
		names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(had, n) })
	}
	return names, l.remember(ctx, subject.BaselineCache, key, names, baselineLife)
}

// lastMerged returns the last pull requests merged into the branch, from its own history:
// the list of merged ones can only be sorted by what anybody can touch.
func (l *look) lastMerged(ctx context.Context, base string) ([]baselinePull, error) {
	var pulls []baselinePull
	known := map[int64]bool{}
	vars := l.vars("base", branchPrefix+base)
	for range usualPages {
		var out struct {
			Repository *struct {
				Ref *struct {
					Target struct {
						History connection[struct {
							AssociatedPullRequests connection[baselinePull]
						}]
					}
				}
			}
		}
		if err := l.query(ctx, baselineQuery, vars, &out); err != nil {
			return nil, err
		}
		if out.Repository == nil {
			return nil, ErrGone
		}
		if out.Repository.Ref == nil {
			return pulls, nil
		}
		history := out.Repository.Ref.Target.History
		for _, c := range history.Nodes {
			if c == nil {
				return nil, left("a commit")
			}
			for _, p := range c.AssociatedPullRequests.Nodes {
				if p == nil || !p.Merged || p.BaseRefName != base || known[p.Number] ||
					p.BaseRepository == nil || p.BaseRepository.DatabaseID != l.target.Repo {
					continue
				}
				known[p.Number] = true
				if pulls = append(pulls, *p); len(pulls) == usualOver {
					return pulls, nil
				}
			}
		}
		if !history.PageInfo.HasNextPage {
			break
		}
		vars["after"] = history.PageInfo.EndCursor
	}
	return pulls, nil
}

// reported returns the names of what was reported on the pull request's last commit, each
// once, sorted. What did not fit into the answer is read to its end.
func (l *look) reported(ctx context.Context, p baselinePull) ([]string, error) {
	names := []string{}
	for _, n := range p.Commits.Nodes {
		if n == nil {
			return nil, left("a commit")
		}
		head := n.Commit
		if head.CheckSuites == nil {
			return nil, left("check suites")
		}
		if overflows(*head.CheckSuites) {
			first, err := l.suitesOf(ctx, head.OID, "")
			if err != nil {
				return nil, err
			}
			c, err := l.checksOf(ctx, first)
			if err != nil {
				return nil, err
			}
			for i, runs := range c.runs {
				names = l.reportedBy(names, c.suites[i], runs)
			}
		} else {
			for _, s := range head.CheckSuites.Nodes {
				runs, _, err := pages(*s.CheckRuns, 0, nil)
				if err != nil {
					return nil, err
				}
				names = l.reportedBy(names, *s, runs)
			}
		}
		if head.Status != nil {
			for _, s := range head.Status.Contexts {
				if !rules.Informs(s.Context) {
					names = append(names, s.Context)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func overflows(c connection[suite]) bool {
	return c.PageInfo.HasNextPage || slices.ContainsFunc(c.Nodes, func(s *suite) bool {
		return s == nil || s.CheckRuns == nil || s.CheckRuns.PageInfo.HasNextPage
	})
}

func (l *look) reportedBy(names []string, s suite, runs []run) []string {
	if s.App != nil && s.App.DatabaseID == l.App {
		return names
	}
	for _, r := range runs {
		names = append(names, r.Name)
	}
	return names
}
