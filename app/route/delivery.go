package route

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// delivery is what all events have in common, and the body for what they have not.
type delivery struct {
	Action       string
	Installation struct{ ID int64 }
	Repository   repository
	Organization user // only id and login are there
	Sender       user

	body []byte
	at   time.Time
}

type user struct {
	ID    int64
	Login string
	Type  string // User, Bot, Organization, Mannequin
}

type repository struct {
	ID            int64
	Name          string
	FullName      string `json:"full_name"`
	Owner         user
	DefaultBranch string `json:"default_branch"`
	Private       bool
	Archived      bool
}

// decode reads what all events have in common. It reports false if the body is no JSON,
// or nested deeper than encoding/json goes; then nothing is known about it.
func decode(body []byte) (delivery, bool) {
	var d delivery
	if !unmarshal(body, &d) {
		return delivery{}, false
	}
	d.body = body
	// An id below 1 names nothing.
	d.Installation.ID = max(d.Installation.ID, 0)
	d.Repository.ID = max(d.Repository.ID, 0)
	d.Organization.ID = max(d.Organization.ID, 0)
	d.Sender.ID = max(d.Sender.ID, 0)
	return d, true
}

// unmarshal fills v as far as the types allow: a field of another type than expected stays
// zero, as a null or missing one does. Times are strings in v for that reason: a Time that
// does not parse would end the decoding of everything after it.
func unmarshal(body []byte, v any) bool {
	err := json.Unmarshal(body, v)
	_, wrongType := errors.AsType[*json.UnmarshalTypeError](err)
	return err == nil || wrongType
}

// everyBody are the keys that the body of any event may have.
var everyBody = map[string]bool{
	"action": true, "repository": true, "organization": true, "enterprise": true, "sender": true, "installation": true,
}

// only reports whether the body has no keys but these and those of everyBody. The header
// that names the event is not signed: where a deleted comment could be taken for a deleted
// repository, the body has to look like the event itself.
func (d delivery) only(keys ...string) bool {
	var body map[string]json.RawMessage
	if json.Unmarshal(d.body, &body) != nil {
		return false
	}
	for key := range body {
		if !everyBody[key] && !slices.Contains(keys, key) {
			return false
		}
	}
	return true
}

// repositoryFact is what the delivery says about its repository. One without an id, a name
// and an owner says nothing that could be kept.
func (d delivery) repositoryFact() (subject.RepositoryFact, bool) {
	r := d.Repository
	if r.ID == 0 || r.Name == "" || r.Owner.ID <= 0 || r.Owner.Login == "" {
		return subject.RepositoryFact{}, false
	}
	return subject.RepositoryFact{
		ID:            r.ID,
		Installation:  d.Installation.ID,
		Account:       r.Owner.ID,
		Owner:         r.Owner.Login,
		Name:          r.Name,
		DefaultBranch: r.DefaultBranch,
		Private:       r.Private,
		Archived:      r.Archived,
		At:            d.at,
	}, true
}

// sender is who did what the delivery tells of.
func (d delivery) sender() subject.Person {
	return subject.Person{User: d.Sender.ID, Login: d.Sender.Login, Bot: d.Sender.Type != "" && d.Sender.Type != "User"}
}

// account is the organisation that the delivery is about, the repository's owner where it
// names none; 0 if it names neither.
func (d delivery) account() int64 {
	if d.Organization.ID != 0 {
		return d.Organization.ID
	}
	return max(d.Repository.Owner.ID, 0)
}

// isCommit reports whether sha names a commit: 40 hex digits, or 64 in a repository that
// uses SHA-256, and not all zeros, which stand for "none".
func isCommit(sha string) bool {
	if len(sha) != 40 && len(sha) != 64 {
		return false
	}
	return strings.Trim(sha, "0123456789abcdef") == "" && strings.Trim(sha, "0") != ""
}

// parseTime reads GitHub's RFC 3339 times; what it cannot read is the zero Time.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
