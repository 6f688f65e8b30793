package ghclient

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"strings"
)

// QueryOption changes how Query takes an answer.
type QueryOption func(*queryOptions)

type queryOptions struct {
	missing []string
	denied  []string
}

// AllowMissing takes "not found" at a path for an answer: the field is null in out. A path
// is as path.Match has it, with "/" between its steps: "organization/team", "repository/*".
func AllowMissing(paths ...string) QueryOption {
	return func(o *queryOptions) { o.missing = append(o.missing, paths...) }
}

// AllowDenied takes "forbidden" at a path for an answer, as AllowMissing does "not found". It
// is for facts that the app may do without, never for those that a verdict rests on.
func AllowDenied(paths ...string) QueryOption {
	return func(o *queryOptions) { o.denied = append(o.denied, paths...) }
}

// Query asks a GraphQL question and decodes the answer's data into out. GitHub answers 200
// also with errors, and with what data it had beside them: any error but an allowed one is
// a *QueryError, and out is left alone. The question must be one named operation.
func (c *Client) Query(ctx context.Context, query string, vars map[string]any, out any, opts ...QueryOption) error {
	var o queryOptions
	for _, opt := range opts {
		opt(&o)
	}
	name := operation(query)
	req, err := c.graphql.NewRequest(http.MethodPost, c.graphqlPath, map[string]any{"query": query, "variables": vars})
	if err != nil {
		return fmt.Errorf("query %s: %w", name, err)
	}
	var answer struct {
		Data   json.RawMessage
		Errors []FieldError
	}
	resp, err := c.graphql.Do(withOperation(ctx, name), req, &answer)
	if err != nil {
		return fmt.Errorf("query %s: %w", name, err)
	}
	var wrong []FieldError
	for _, e := range answer.Errors {
		if !o.allows(e) {
			wrong = append(wrong, e)
		}
	}
	if len(wrong) > 0 {
		err := &QueryError{Operation: name, Errors: wrong, header: resp.Header}
		return c.gate.queried(err)
	}
	if len(answer.Data) == 0 || string(answer.Data) == "null" {
		return fmt.Errorf("query %s: answer without data: %w", name, io.ErrUnexpectedEOF)
	}
	if err := json.Unmarshal(answer.Data, out); err != nil {
		return fmt.Errorf("query %s: %w", name, err)
	}
	return nil
}

func (o queryOptions) allows(e FieldError) bool {
	allowed := map[string][]string{"NOT_FOUND": o.missing, "FORBIDDEN": o.denied}[e.Type]
	for _, pattern := range allowed {
		if len(e.Path) == 0 {
			return false
		}
		if ok, err := path.Match(pattern, e.where()); ok && err == nil {
			return true
		}
	}
	return false
}

var operationName = regexp.MustCompile(`(?m)^\s*(?:query|mutation)\s+(\w+)`)

func operation(query string) string {
	if m := operationName.FindStringSubmatch(query); m != nil {
		return m[1]
	}
	return "unnamed"
}

// QueryError is an answer that names errors.
type QueryError struct {
	Operation string
	Errors    []FieldError

	header http.Header // of the answer: says until when a limit lasts
}

// FieldError is one error of an answer.
type FieldError struct {
	Type       string // GitHub's: NOT_FOUND, FORBIDDEN, RATE_LIMITED …; empty for a question that is wrong itself, and for GitHub's own failures
	Message    string
	Path       []any // field names, and indices as float64
	Extensions struct {
		Code string // of a question that is wrong itself: undefinedField …
	}
}

// where is the path with slashes.
func (e FieldError) where() string {
	steps := make([]string, len(e.Path))
	for i, step := range e.Path {
		steps[i] = fmt.Sprint(step)
	}
	return strings.Join(steps, "/")
}

// Error lists the first few of what may be one error for each node of a page.
func (e *QueryError) Error() string {
	const most = 5
	var text strings.Builder
	fmt.Fprintf(&text, "query %s:", e.Operation)
	for i, f := range e.Errors {
		if i == most {
			fmt.Fprintf(&text, " and %d more", len(e.Errors)-most)
			break
		}
		if i > 0 {
			text.WriteString(";")
		}
		for _, part := range []string{f.Type, f.Extensions.Code} {
			if part != "" {
				text.WriteString(" " + part)
			}
		}
		if len(f.Path) > 0 {
			text.WriteString(" at " + f.where())
		}
		text.WriteString(": " + f.Message)
	}
	return text.String()
}
