package route

import (
	"cmp"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/subject"
)

// installed is an installation as its own events carry it; others have its id alone.
type installed struct {
	ID      int64
	Account struct {
		ID    int64
		Login string
		Slug  string // of an enterprise, which has no login
		Type  string
	}
	TargetType  string `json:"target_type"`
	SuspendedAt any    `json:"suspended_at"` // a time, in whichever shape, or null
}

// installation is the app's coming and going in an account.
func installation(d delivery, r *subject.Result) {
	var e struct {
		Installation installed
		Repositories []repository
	}
	if !unmarshal(d.body, &e) || d.Installation.ID == 0 {
		return
	}
	if !d.only("repositories", "requester") {
		addInstallation(d, r)
		return
	}
	i := e.Installation
	removed := d.Action == "deleted"
	r.Installations = append(r.Installations, subject.InstallationFact{
		ID:           i.ID,
		Account:      max(i.Account.ID, 0),
		AccountLogin: cmp.Or(i.Account.Login, i.Account.Slug),
		AccountType:  cmp.Or(i.Account.Type, i.TargetType),
		Suspended:    d.Action == "suspend" || i.SuspendedAt != nil && d.Action != "unsuspend",
		Removed:      removed,
	})
	for _, repo := range e.Repositories {
		addInstalled(d, r, i, repo, removed)
	}
	addInstallation(d, r)
}

// installationRepositories is repositories' coming into and leaving an installation. It
// says nothing new about the installation: one that is suspended here may not be by now.
func installationRepositories(d delivery, r *subject.Result) {
	var e struct {
		Installation installed
		Added        []repository `json:"repositories_added"`
		Removed      []repository `json:"repositories_removed"`
	}
	if !unmarshal(d.body, &e) || d.Installation.ID == 0 {
		return
	}
	if !d.only("repository_selection", "repositories_added", "repositories_removed", "requester") {
		addInstallation(d, r)
		return
	}
	for _, repo := range slices.Concat(e.Added, e.Removed) {
		if _, name, _ := strings.Cut(repo.FullName, "/"); isPolicyHome(name) {
			addInstallation(d, r) // the organisation's policy came or went
		}
	}
	for _, repo := range e.Added {
		if addInstalled(d, r, e.Installation, repo, false) {
			addRepository(r, repo.ID)
		}
	}
	for _, repo := range e.Removed {
		if addInstalled(d, r, e.Installation, repo, true) {
			addRepository(r, repo.ID)
		}
	}
}

// installationTarget is an account's new login: its repositories and teams are to be
// asked for under it, so the installation is read again.
func installationTarget(d delivery, r *subject.Result) { addInstallation(d, r) }

// addInstalled adds the fact about a repository in an installation's list, which names it
// by id and full name alone: whether it is archived, and its default branch, is learned from
// the first read of it. It reports whether there was anything to add.
func addInstalled(d delivery, r *subject.Result, i installed, repo repository, gone bool) bool {
	owner, name, ok := strings.Cut(repo.FullName, "/")
	if repo.ID <= 0 || !ok || owner == "" || name == "" || i.Account.ID <= 0 {
		return false
	}
	r.Repositories = append(r.Repositories, subject.RepositoryFact{
		ID:           repo.ID,
		Installation: i.ID,
		Account:      i.Account.ID,
		Owner:        owner,
		Name:         name,
		Private:      repo.Private,
		Gone:         gone,
		At:           d.at,
	})
	return true
}

func addInstallation(d delivery, r *subject.Result) {
	if d.Installation.ID != 0 {
		r.Subjects = append(r.Subjects, subject.Subject{Kind: subject.Installation, Number: d.Installation.ID})
	}
}
