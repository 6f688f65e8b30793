// Package route says what a delivery from GitHub means to the worklist: which subjects may
// have moved, by what the store finds others, what remembered reads of GitHub to forget,
// and the facts that only a delivery tells (who pushed what, a check's result).
//
// It is pure: no I/O, no clock, no go-github, whose structs break on what GitHub has added
// or nulled since they were written. It decides nothing about a change. A delivery says
// that something moved and where to look; what is true now is read from GitHub afterwards,
// so a doubled, late or reordered delivery costs a look and changes no answer.
//
// It never fails. What it cannot read, of a delivery or of a field in it, is none: the
// delivery is stored all the same, and a sweep finds what it would have said. Where it is
// in doubt whether something can matter, it does.
package route

import (
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// events is what each event means. One that is missing here names its repository and
// installation and moves nothing: labels, comments on code, releases, workflow runs (their jobs arrive as check runs, a re-run's too),
// branch protection, and whatever GitHub invents next.
var events = map[string]func(d delivery, r *subject.Result){
	"pull_request":               pullRequest,
	"pull_request_review":        review,
	"pull_request_review_thread": review,
	"issue_comment":              comment,
	"issues":                     issue,

	"check_run":   checkRun,
	"check_suite": checkSuite,
	"status":      status,

	"push":                       push,
	"merge_group":                mergeGroup,
	"deployment_protection_rule": deploymentGate,
	"deployment":                 deployment,
	"deployment_status":          deployment,
	"deployment_review":          deployment,

	"membership":   membership,
	"team":         team,
	"team_add":     team,
	"organization": organization,
	"member":       collaborator,

	"repository":                repositoryChange,
	"public":                    repositoryPublic,
	"installation":              installation,
	"installation_repositories": installationRepositories,
	"installation_target":       installationTarget,
}

// Knows says whether an event can mean something. Its name is not covered by the signature.
func Knows(event string) bool { return events[event] != nil }

// Lasting are the events whose facts are kept and act for as long as they are: who joined a
// team, whom an installation belongs to. They are rare, and one that comes again has to be
// known however late that is.
var Lasting = []string{
	"membership", "team", "team_add", "organization", "member",
	"repository", "installation", "installation_repositories", "installation_target",
}

// Route returns what the delivery of event means, received at the given time.
func Route(event string, body []byte, at time.Time) subject.Result {
	d, ok := decode(body)
	if !ok {
		return subject.Result{}
	}
	d.at = at
	r := subject.Result{Installation: d.Installation.ID}
	if f, ok := d.repositoryFact(); ok {
		r.Repositories = append(r.Repositories, f)
	}
	if mean := events[event]; mean != nil {
		mean(d, &r)
	}
	r.Stranger = stranger(event, d)
	return r
}

// Header returns what every event has in common: the action, and the numeric ids of the
// installation and the repository; empty and 0 for what the delivery does not name.
func Header(_ string, body []byte) (action string, installation, repo int64) {
	d, _ := decode(body)
	return d.Action, d.Installation.ID, d.Repository.ID
}

// Account returns the account that a delivery is about, by id and login: the repository's
// owner, else the organisation, else where the app is installed; 0 and empty if it names none.
func Account(body []byte) (id int64, login string) {
	var e struct {
		Repository   struct{ Owner user }
		Organization user
		Installation struct{ Account user }
	}
	if !unmarshal(body, &e) {
		return 0, ""
	}
	for _, u := range []user{e.Repository.Owner, e.Organization, e.Installation.Account} {
		if u.ID > 0 {
			return u.ID, u.Login
		}
	}
	return 0, ""
}
