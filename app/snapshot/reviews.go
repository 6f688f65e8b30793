package snapshot

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// stand is where a pull request stood: a head, against a merge base.
type stand struct {
	head, key string
	diff      diff
}

// reviewRecord is what was true of a review when it was first seen. It makes what was
// reviewed independent of how the base moves on, and what its author was of what they become.
type reviewRecord struct {
	Key      string         `json:"key,omitempty"` // merge base key of what was reviewed; empty: not known yet
	Standing rules.Standing `json:"standing"`

	// Dismisser is how whoever dismissed the review stood when that was first seen.
	Dismisser *rules.Standing `json:"dismisser,omitempty"`
}

func (l *look) reviewKey(id int64) string { return fmt.Sprintf("%d/%d/", l.target.Repo, id) }

// nameReviews names reviewers and dismissers, and returns the ids of the latter.
func (f *facts) nameReviews(k *cast) (dismissers []int64) {
	for _, r := range f.reviews {
		k.actor(r.Author)
	}
	for _, t := range f.timeline {
		if t.Typename == "ReviewDismissedEvent" {
			if id := k.actor(t.Actor); id != 0 {
				dismissers = append(dismissers, id)
			}
		}
	}
	slices.Sort(dismissers)
	return slices.Compact(dismissers)
}

// reviewsOf returns the submitted reviews, without what memory knows of them.
func (f *facts) reviewsOf(pull int64, k *cast) []rules.Review {
	dismissals := map[bigInt]*rules.Dismissal{}
	for _, t := range f.timeline {
		if t.Typename == "ReviewDismissedEvent" && t.Review != nil {
			dismissals[t.Review.FullDatabaseID] = &rules.Dismissal{
				By: k.whoActor(t.Actor), Was: rules.ReviewState(t.PreviousReviewState), At: t.CreatedAt.UTC(),
			}
		}
	}
	var out []rules.Review
	for _, r := range f.reviews {
		if r.SubmittedAt == nil || r.State == "PENDING" {
			continue
		}
		rv := rules.Review{
			ID: int64(r.FullDatabaseID), Pull: pull, By: k.whoActor(r.Author),
			State: rules.ReviewState(r.State), At: r.SubmittedAt.UTC(),
		}
		if r.Commit != nil {
			rv.Commit = r.Commit.OID
		}
		if rv.State == rules.Dismissed {
			rv.Dismissal = dismissals[r.FullDatabaseID]
		}
		out = append(out, rv)
	}
	slices.SortStableFunc(out, func(a, b rules.Review) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out
}

// shiftsOf returns each change of the base.
func (f *facts) shiftsOf(pull int64) []rules.BaseShift {
	var out []rules.BaseShift
	for _, t := range f.timeline {
		s := rules.BaseShift{Pull: pull, At: t.CreatedAt.UTC()}
		switch t.Typename {
		case "BaseRefChangedEvent":
			s.From, s.To = branch(t.PreviousRefName), branch(t.CurrentRefName)
		case "AutomaticBaseChangeSucceededEvent":
			s.From, s.To = branch(t.OldBase), branch(t.NewBase)
		default:
			continue
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b rules.BaseShift) int { return a.At.Compare(b.At) })
	return out
}

// match sets what memory knows of each review: the fingerprint of what was reviewed, and how
// its author stood. A review seen for the first time is of the present merge base if it is
// of the present head, else of the one that its commit last had as a head. For an approval
// of another stand whose fingerprint is the present one the modes are compared too, since a
// patch does not show them: read once, from trees. It returns the records, by review.
func (l *look) match(ctx context.Context, reviews []rules.Review, now stand) ([]reviewRecord, error) {
	records := make([]reviewRecord, len(reviews))
	for i := range reviews {
		r, rec := &reviews[i], &records[i]
		_, seen, err := l.recall(ctx, reviewMemory, l.reviewKey(r.ID), rec)
		if err != nil {
			return nil, err
		}
		if seen {
			first := rec.Standing
			r.First = &first
		}
		if r.Dismissal != nil {
			r.Dismissal.First = rec.Dismisser
		}
		if rec.Key == "" && r.Commit != "" {
			if rec.Key = now.key; r.Commit != now.head {
				if rec.Key, err = l.headKey(ctx, r.Commit); err != nil {
					return nil, err
				}
			}
			if seen && rec.Key != "" {
				if err := l.remember(ctx, reviewMemory, l.reviewKey(r.ID), rec, 0); err != nil {
					return nil, err
				}
			}
		}
		if r.Exact, err = l.exactAt(ctx, r.Commit, rec.Key, now, r.State == rules.Approved); err != nil {
			return nil, fmt.Errorf("match review %d: %w", r.ID, err)
		}
	}
	return records, nil
}

// exactAt returns the exact fingerprint of another stand of this pull request. With modes
// it is empty if it equals the present one but for them.
func (l *look) exactAt(ctx context.Context, head, key string, now stand, modes bool) (string, error) {
	switch {
	case head == "" || key == "":
		return "", nil
	case head == now.head && key == now.key:
		return now.diff.Exact, nil
	}
	known, err := l.recallDiff(ctx, head, key)
	if err != nil || known == nil {
		return "", err
	}
	then := stand{head: head, key: key, diff: *known}
	if then.diff.Exact == now.diff.Exact && modes {
		if same, err := l.sameModes(ctx, then, now); err != nil || !same {
			return "", err
		}
	}
	return then.diff.Exact, nil
}

// keepStandings records how the author of each review, and whoever dismissed it, stands, if it
// is seen for the first time, and says so in the change: the next look at the same facts
// then has the same change.
func (l *look) keepStandings(ctx context.Context, c rules.Change, records []reviewRecord) error {
	var standing func(rules.UserID) rules.Standing
	for i, r := range c.Reviews {
		if r.First != nil && (r.Dismissal == nil || r.Dismissal.First != nil) {
			continue
		}
		if standing == nil {
			standing = standings(c)
		}
		if r.First == nil {
			records[i].Standing = standing(r.By)
			c.Reviews[i].First = &records[i].Standing
		}
		if r.Dismissal != nil && r.Dismissal.First == nil {
			s := standing(r.Dismissal.By)
			records[i].Dismisser = &s
			c.Reviews[i].Dismissal.First = &s
		}
		if err := l.remember(ctx, reviewMemory, l.reviewKey(r.ID), records[i], 0); err != nil {
			return err
		}
	}
	return nil
}

// standings returns how people stand in the change now.
func standings(c rules.Change) func(rules.UserID) rules.Standing {
	contributors := rules.Contributors(c)
	return func(id rules.UserID) rules.Standing {
		s := rules.Standing{Contributor: slices.Contains(contributors, id)}
		for _, p := range c.People {
			if p.ID == id {
				s.CanWrite = p.CanWrite
			}
		}
		for _, t := range c.Teams {
			if slices.Contains(t.Members, id) {
				s.Teams = append(s.Teams, t.Slug)
			}
		}
		return s
	}
}

// writers returns who of the reviewers can push now, as GitHub says beside each review.
func (f *facts) writers() map[int64]bool {
	out := map[int64]bool{}
	for _, r := range f.reviews {
		if user := r.Author.person().User; user != 0 {
			out[user] = out[user] || r.AuthorCanPushToRepository
		}
	}
	return out
}

// canWrite reports whether a user can write to the repository.
func (l *look) canWrite(ctx context.Context, p subject.Person) (bool, error) {
	word, err := l.permission(ctx, p)
	return word == "admin" || word == "maintain" || word == "write", err
}
