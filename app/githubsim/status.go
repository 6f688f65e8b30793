package githubsim

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// status is a commit status. Each post adds one; the newest of a context counts.
type status struct {
	id          int64
	repo        *repository
	sha         string
	state       string // pending, success, failure, error
	context     string
	description string
	target      string
	creator     *account
	created     time.Time
}

// Limits of a commit status.
const (
	maxStatuses    = 1000 // for one commit and context; https://docs.github.com/en/rest/commits/statuses
	maxDescription = 140  // not in the description of the API; see zalando/zappr#378
)

// addStatus posts a commit status.
func (s *Server) addStatus(r *repository, by *account, st status) (*status, error) {
	if r.objects.commits[st.sha] == nil {
		return nil, refuse(422, "No commit found for SHA: %s", st.sha)
	}
	if !slices.Contains([]string{"error", "failure", "pending", "success"}, st.state) {
		return nil, invalid("Status", "state", "State is not included in the list")
	}
	if utf8.RuneCountInString(st.description) > maxDescription {
		return nil, invalid("Status", "description", "description is too long (maximum is 140 characters)")
	}
	if st.context == "" {
		st.context = "default"
	}
	n := 0
	for _, old := range r.statuses {
		if old.sha == st.sha && strings.EqualFold(old.context, st.context) {
			n++
		}
	}
	if n >= maxStatuses {
		return nil, invalid("Status", "context", "This SHA and context has reached the maximum number of statuses.")
	}
	st.id, st.repo, st.creator, st.created = s.id(kindStatus), r, by, s.now()
	r.statuses = append(r.statuses, &st)
	s.sendStatus(&st)
	return &st, nil
}

// invalid is REST's 422 with its list of errors.
func invalid(resource, field, message string) *Error {
	e := refuse(422, "Validation Failed")
	e.Errors = []any{obj{"resource": resource, "code": "custom", "field": field, "message": message}}
	return e
}

// statusesAt are all statuses of a commit, newest first.
func (r *repository) statusesAt(sha string) []*status {
	out := slices.DeleteFunc(slices.Clone(r.statuses), func(st *status) bool { return st.sha != sha })
	slices.Reverse(out)
	return out
}

// contextsAt are the newest statuses of each context, in the order in which the contexts
// first came. Contexts are compared without case, as GitHub does.
func (r *repository) contextsAt(sha string) []*status {
	var out []*status
	for _, st := range r.statuses {
		if st.sha != sha {
			continue
		}
		if i := slices.IndexFunc(out, func(o *status) bool { return strings.EqualFold(o.context, st.context) }); i >= 0 {
			out[i] = st
		} else {
			out = append(out, st)
		}
	}
	return out
}

// combined is the state of all contexts together: pending where there are none.
func combined(statuses []*status) string {
	state := "pending"
	if len(statuses) > 0 {
		state = "success"
	}
	for _, st := range statuses {
		switch st.state {
		case "failure", "error":
			return "failure"
		case "pending":
			state = "pending"
		}
	}
	return state
}
