package snapshot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/rules"
)

// ErrMoved is a pull request whose head moved again while it was read.
var ErrMoved = errors.New("the head moved while it was read")

// look is one look at one pull request.
type look struct {
	*Reader
	client *ghclient.Client
	target Target
	at     time.Time    // when it began: every fact is at least as new
	want   []rules.Fact // of those that cost a query: what it asks for
	cast   *cast
	diffs  map[string]*diff // that were recalled so far, by diffKey
}

// facts are what GraphQL says of a pull request, lists read to their end or their limit.
type facts struct {
	repo     repository
	floor    *policySource // where the organisation's policy stands; nil: no such repository, or not shown to the app
	pull     pullRequest
	head     string
	reviews  []review
	timeline []timelineItem
	threads  []thread
	commits  []commit
	checks   checks
	linked   bool // commits are all of base..head, with all their parents
	gaps     []rules.Gap
	stale    bool

	ownersKnown bool // who of the people asked about owns the organisation was asked, and told
}

func (f *facts) gap(fact rules.GapFact, read, of int) {
	if g := (rules.Gap{Fact: fact, Read: read, Of: of}); !slices.Contains(f.gaps, g) {
		f.gaps = append(f.gaps, g)
	}
}

var commitID = regexp.MustCompile(`^[0-9a-f]{40}$`)

// ask reads the facts. A head other than the one expected is asked for once.
func (l *look) ask(ctx context.Context) (*facts, error) {
	f := &facts{head: l.target.Head}
	if !commitID.MatchString(f.head) {
		live, err := l.liveHead(ctx)
		if err != nil {
			return nil, err
		}
		f.head = live
	}
	repo, err := l.askFor(ctx, f, f.head)
	if err != nil && l.target.Head == f.head && l.refused(err) {
		// GitHub may have dropped the commit that was expected: then there is another head.
		if live, lerr := l.liveHead(ctx); lerr == nil && live != f.head {
			f.head, f.stale = live, true
			repo, err = l.askFor(ctx, f, live)
		}
	}
	if err != nil {
		return nil, err
	}
	if live := repo.PullRequest.HeadRefOID; live != f.head && !f.stale {
		f.head, f.stale = live, true
		if repo, err = l.askFor(ctx, f, live); err != nil {
			return nil, err
		}
	}
	if repo.PullRequest.HeadRefOID != f.head {
		return nil, ErrMoved
	}
	f.repo, f.pull = *repo, *repo.PullRequest
	return f, nil
}

// askFor puts the query with head as the pull request's head, and notes the organisation's
// repository of policies, which alone need not be there.
func (l *look) askFor(ctx context.Context, f *facts, head string) (*repository, error) {
	return l.askAs(ctx, f, head, false)
}

// askAs is askFor; moved says that the repository's owner was another one a moment ago.
func (l *look) askAs(ctx context.Context, f *facts, head string, moved bool) (*repository, error) {
	var out struct {
		Floor      *policySource
		Repository *repository
	}
	err := query(ctx, l.client, changeQuery, l.vars("number", l.target.Number, "head", head, "items", l.items(),
		"text", l.wants(rules.FactText), "messages", l.wants(rules.FactMessages),
		"threads", l.wants(rules.FactThreads), "behind", l.wants(rules.FactBehind),
	), &out, ghclient.AllowMissing("floor"),
		// What else GitHub requires on the base may need a permission that the app was not given.
		// GitHub holds the change to it all the same.
		ghclient.AllowDenied("repository/pullRequest/baseRef/refUpdateRule", "repository/pullRequest/baseRef/rules"))
	if err != nil {
		return nil, err
	}
	if err := l.check(out.Repository); err != nil {
		return nil, err
	}
	// Of a repository that was transferred the floor is the new owner's: ask by its new name.
	if owner, name, _ := strings.Cut(out.Repository.NameWithOwner, "/"); !strings.EqualFold(owner, l.target.Owner) {
		if moved {
			return nil, ErrMoved
		}
		l.target.Owner, l.target.Name = owner, name
		return l.askAs(ctx, f, head, true)
	}
	f.floor = out.Floor
	return out.Repository, nil
}

func (l *look) liveHead(ctx context.Context) (string, error) {
	var out struct{ Repository *repository }
	if err := l.query(ctx, headQuery, l.vars("number", l.target.Number), &out); err != nil {
		return "", err
	}
	if err := l.check(out.Repository); err != nil {
		return "", err
	}
	return out.Repository.PullRequest.HeadRefOID, nil
}

func (l *look) check(r *repository) error {
	switch {
	case r == nil:
		return ErrGone
	case r.DatabaseID != l.target.Repo:
		return fmt.Errorf("repository %d: %w", r.DatabaseID, ErrOther)
	case r.PullRequest == nil:
		return ErrNoPull
	}
	return nil
}

// vars are the repository's name and what else a query takes: names and values in turn.
func (l *look) vars(pairs ...any) map[string]any {
	v := map[string]any{"owner": l.target.Owner, "name": l.target.Name}
	for i := 0; i+1 < len(pairs); i += 2 {
		v[pairs[i].(string)] = pairs[i+1]
	}
	return v
}

// query puts a query; what GitHub does not find is ErrGone if it is the repository or the
// pull request itself.
func (l *look) query(ctx context.Context, text string, vars map[string]any, out any) error {
	return query(ctx, l.client, text, vars, out)
}

// readLists reads what did not fit into the first answer.
func (l *look) readLists(ctx context.Context, f *facts) error {
	steps := []func(context.Context, *facts) error{l.readReviews, l.readTimeline, l.readCommits, l.readChecks, l.readThreads}
	for _, step := range steps {
		if err := step(ctx, f); err != nil {
			return err
		}
	}
	if f.pull.Labels == nil {
		return left("labels")
	}
	if f.pull.Labels.PageInfo.HasNextPage {
		f.gap(rules.GapLabels, len(f.pull.Labels.Nodes), f.pull.Labels.TotalCount)
	}
	return nil
}

func (l *look) readReviews(ctx context.Context, f *facts) error {
	if f.pull.Reviews == nil {
		return left("reviews")
	}
	all, whole, err := pages(*f.pull.Reviews, l.limits.reviews, func(after string) (connection[review], error) {
		var out struct{ Repository *repository }
		if err := l.query(ctx, reviewsPage, l.vars("number", l.target.Number, "after", after), &out); err != nil {
			return connection[review]{}, err
		}
		if err := l.checkPage(out.Repository); err != nil || out.Repository.PullRequest.Reviews == nil {
			return connection[review]{}, errors.Join(err, left("reviews"))
		}
		return *out.Repository.PullRequest.Reviews, nil
	})
	if err != nil {
		return fmt.Errorf("read reviews: %w", err)
	}
	if !whole {
		f.gap(rules.GapReviews, len(all), f.pull.Reviews.TotalCount)
	}
	f.reviews = all
	return nil
}

func (l *look) readTimeline(ctx context.Context, f *facts) error {
	all, whole, err := pages(f.pull.TimelineItems, l.limits.timeline, func(after string) (connection[timelineItem], error) {
		var out struct{ Repository *repository }
		if err := l.query(ctx, timelinePage, l.vars("number", l.target.Number, "after", after, "items", l.items()), &out); err != nil {
			return connection[timelineItem]{}, err
		}
		if err := l.checkPage(out.Repository); err != nil {
			return connection[timelineItem]{}, err
		}
		return out.Repository.PullRequest.TimelineItems, nil
	})
	if err != nil {
		return fmt.Errorf("read timeline: %w", err)
	}
	if !whole {
		f.gap(rules.GapTimeline, len(all), 0)
	}
	f.timeline = all
	return nil
}

// readCommits reads base..head. A comparison that cannot be made, or of something else than
// the head, leaves every commit unknown.
func (l *look) readCommits(ctx context.Context, f *facts) error {
	if f.pull.BaseRef == nil || f.pull.BaseRef.Compare == nil || f.pull.BaseRef.Compare.HeadTarget.OID != f.head {
		f.gap(rules.GapCommits, 0, 0)
		f.stale = f.stale || f.pull.BaseRef != nil
		return nil
	}
	first := f.pull.BaseRef.Compare.Commits
	all, whole, err := pages(first, l.limits.commits, func(after string) (connection[commit], error) {
		var out struct{ Repository *repository }
		if err := l.query(ctx, commitsPage, l.vars("number", l.target.Number, "head", f.head, "after", after, "messages", l.wants(rules.FactMessages)), &out); err != nil {
			return connection[commit]{}, err
		}
		if err := l.checkPage(out.Repository); err != nil {
			return connection[commit]{}, err
		}
		ref := out.Repository.PullRequest.BaseRef
		if ref == nil || ref.Compare == nil || ref.Compare.Commits.TotalCount != first.TotalCount {
			return connection[commit]{}, ErrMoved // the base went on between two pages
		}
		return ref.Compare.Commits, nil
	})
	if err != nil {
		return fmt.Errorf("read commits: %w", err)
	}
	known, linked := 0, whole && len(all) == first.TotalCount
	seen := map[string]bool{}
	for _, c := range all {
		parents := len(c.Parents.Nodes) == c.Parents.TotalCount
		linked = linked && parents && !seen[c.OID]
		if parents && len(c.Authors.Nodes) == c.Authors.TotalCount {
			known++
		}
		seen[c.OID] = true
	}
	// Without the head it is a list of something else: GitHub may lag behind a push.
	f.linked = linked && (seen[f.head] || len(all) == 0 && f.pull.ChangedFiles == 0)
	f.stale = f.stale || whole && !f.linked && !seen[f.head]
	if !f.linked || known < len(all) {
		f.gap(rules.GapCommits, known, first.TotalCount)
	}
	f.commits = all
	return nil
}

// pages reads a connection to its end, or until it has limit nodes: then whole is false if
// there are more.
func pages[T any](c connection[T], limit int, next func(after string) (connection[T], error)) (all []T, whole bool, err error) {
	for {
		for _, n := range c.Nodes {
			if n == nil {
				return nil, false, left("a list's entry")
			}
			all = append(all, *n)
		}
		switch {
		case !c.PageInfo.HasNextPage:
			return all, true, nil
		case len(all) >= limit:
			return all, false, nil
		case len(c.Nodes) == 0:
			return nil, false, left("a page's entries")
		}
		if c, err = next(c.PageInfo.EndCursor); err != nil {
			return nil, false, err
		}
	}
}

func (l *look) checkPage(r *repository) error {
	if r == nil || r.PullRequest == nil {
		return ErrGone
	}
	return nil
}

// left is the error of a fact that GitHub's answer should have and has not. It is not taken
// for "there is none".
func left(what string) error {
	return fmt.Errorf("GitHub left %s out of its answer", what)
}

// branch returns a branch's name without refs/heads/.
func branch(ref string) string { return strings.TrimPrefix(ref, "refs/heads/") }
