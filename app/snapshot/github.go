package snapshot

import (
	"context"
	"errors"
	"fmt"

	"github.com/changewarden/changewarden/app/ghclient"
)

// query puts a GraphQL query. GitHub may answer in part, with errors beside null facts: any
// error fails the whole, or what was refused would look like what is not there. Not finding
// the repository or the pull request is ErrGone; a refusal says so, and what it is about.
func query(ctx context.Context, c *ghclient.Client, text string, vars map[string]any, out any, opts ...ghclient.QueryOption) error {
	err := c.Query(ctx, text, vars, out, opts...)
	var q *ghclient.QueryError
	if errors.As(err, &q) {
		for _, e := range q.Errors {
			if e.Type == "NOT_FOUND" && len(e.Path) <= 2 && (at(e.Path, 1, "pullRequest") || at(e.Path, 0, "repository") && len(e.Path) == 1) {
				return fmt.Errorf("%w: %w", ErrGone, err)
			}
			if e.Type == "FORBIDDEN" {
				return fmt.Errorf("the app lacks the permission for what it asked (see the permissions in the README): %w", err)
			}
		}
	}
	return err
}

func at(path []any, i int, name string) bool {
	if i >= len(path) {
		return false
	}
	s, ok := path[i].(string)
	return ok && s == name
}

// refused reports whether GitHub answered a query, but not to what was asked: it may not
// have the commit that the query names.
func refused(err error) bool {
	var q *ghclient.QueryError
	return errors.As(err, &q) && !errors.Is(err, ErrGone)
}

// absent reports whether GitHub says that it does not have what was asked for, or cannot
// make sense of it.
func (l *look) absent(err error) bool {
	t := ghclient.Diagnose(err, l.at)
	return !t.Installation && (t.Kind == ghclient.Gone || t.Kind == ghclient.Invalid)
}
