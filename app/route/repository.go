package route

import "github.com/changewarden/changewarden/app/subject"

// repositoryChange is a repository's coming, going and changing. The fact about it is there
// already; a name, an owner or a state that moved makes the repository due, and what decides
// over its pull requests makes these due. What becomes of the organisation's repository of
// policies decides over all of them.
func repositoryChange(d delivery, r *subject.Result) {
	var e struct {
		Changes struct {
			DefaultBranch struct{ From string } `json:"default_branch"`
			Repository    struct {
				Name struct{ From string }
			}
		}
	}
	if !unmarshal(d.body, &e) || d.Repository.ID == 0 {
		return
	}
	if !d.only("changes") {
		addRepository(r, d.Repository.ID) // it is another event's: what became of the repository is looked at
		return
	}
	if isPolicyHome(d.Repository.Name) || isPolicyHome(e.Changes.Repository.Name.From) {
		addInstallation(d, r)
	}
	switch d.Action {
	case "created", "renamed", "archived", "unarchived":
		addRepository(r, d.Repository.ID)
	case "deleted":
		if len(r.Repositories) > 0 {
			r.Repositories[0].Gone = true
		}
		addRepository(r, d.Repository.ID)
	case "edited":
		if e.Changes.DefaultBranch.From != "" { // where the policy stands, and always governed
			addRepository(r, d.Repository.ID)
			r.Selectors = append(r.Selectors, subject.Selector{Kind: subject.ByRepository, Repo: d.Repository.ID})
		}
	case "privatized", "publicized", "transferred":
		visibility(d, r)
	}
}

// repositoryPublic is the older event for a repository that was made public.
func repositoryPublic(d delivery, r *subject.Result) {
	if d.Repository.ID != 0 {
		visibility(d, r)
	}
}

// visibility is a change of who can reach the repository: everybody's permission on it has
// to be read again.
func visibility(d delivery, r *subject.Result) {
	r.Forget = append(r.Forget, subject.CacheKey{
		Kind: subject.PermissionCache, Prefix: subject.PermissionKey(d.Repository.ID, 0),
	})
	addRepository(r, d.Repository.ID)
	r.Selectors = append(r.Selectors, subject.Selector{Kind: subject.ByRepository, Repo: d.Repository.ID})
}

func addRepository(r *subject.Result, id int64) {
	r.Subjects = append(r.Subjects, subject.Subject{Kind: subject.Repository, Repo: id})
}
