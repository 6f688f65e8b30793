package snapshot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/changewarden/changewarden/app/ghclient"
)

// query puts a GraphQL query. GitHub may answer in part, with errors beside null facts: any
// error fails the whole, or what was refused would look like what is not there. Not finding
// the repository or the pull request is ErrGone; a refusal says so, and what it is about.
func query(ctx context.Context, c *ghclient.Client, text string, vars map[string]any, out any, opts ...ghclient.QueryOption) error {
	err := c.Query(ctx, text, vars, out, opts...)
	if q, ok := errors.AsType[*ghclient.QueryError](err); ok {
		for _, e := range q.Errors {
			switch {
			case e.Type == "NOT_FOUND" && len(e.Path) == 2 && at(e.Path, 1, "pullRequest"):
				return fmt.Errorf("%w: %w", ErrNoPull, err)
			case e.Type == "NOT_FOUND" && len(e.Path) == 1 && at(e.Path, 0, "repository"):
				return fmt.Errorf("%w: %w", ErrGone, err)
			}
			if e.Type == "FORBIDDEN" {
				return fmt.Errorf("the app lacks the permission %s: an owner of the account has to grant it: %w", permission(e.Path), err)
			}
		}
	}
	return err
}

// permissions are what a field takes, by GitHub's names for them.
var permissions = map[string]string{
	"checkSuites":  "Checks (read)",
	"checkRuns":    "Checks (read)",
	"node":         "Checks (read)",
	"status":       "Commit statuses (read)",
	"workflowRun":  "Actions (read)",
	"pullRequest":  "Pull requests (read)",
	"pullRequests": "Pull requests (read)",
	"team":         "Members (read)",
	"mergeQueue":   "Merge queues (read)",
	"issue":        "Issues (read)",
	"compare":      "Contents (read)",
	"ref":          "Contents (read)",
	"head":         "Contents (read)",
	"policyFolder": "Contents (read)",
	"policyFile":   "Contents (read)",
}

// permission names what the innermost field of a path takes that is known to take any.
func permission(path []any) string {
	for _, step := range slices.Backward(path) {
		if name, ok := step.(string); ok && permissions[name] != "" {
			return permissions[name]
		}
	}
	return "Metadata (read)"
}

func at(path []any, i int, name string) bool {
	if i >= len(path) {
		return false
	}
	s, ok := path[i].(string)
	return ok && s == name
}

// refused reports whether GitHub answered a query, and cannot make sense of what it names: it
// may not have the commit.
func (l *look) refused(err error) bool {
	var q *ghclient.QueryError
	return errors.As(err, &q) && !errors.Is(err, ErrGone) && l.absent(err)
}

// absent reports whether GitHub says that it does not have what was asked for, or cannot
// make sense of it.
func (l *look) absent(err error) bool {
	t := ghclient.Diagnose(err, l.at)
	return !t.Installation && (t.Kind == ghclient.Gone || t.Kind == ghclient.Invalid)
}
