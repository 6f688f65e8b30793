package route

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/changewarden/changewarden/app/subject"
)

type teamRef struct {
	ID     int64
	Slug   string
	Parent json.RawMessage // null: none; absent: not told
}

// membership is somebody's joining or leaving a team. It is a parent team's membership as
// well, and with it comes or goes what the team may do in its repositories.
func membership(d delivery, r *subject.Result) {
	var e struct {
		Member user
		Team   teamRef
	}
	if !unmarshal(d.body, &e) || d.Organization.ID == 0 {
		return
	}
	slug := e.Team.Slug
	if string(e.Team.Parent) != "null" {
		// A member of a child team is one of every team above it, and a delivery names
		// at most the nearest. Who looked at the person is due by the person.
		slug = ""
	}
	forgetTeams(r, d.Organization.ID, slug)
	if d.Action == "added" && e.Team.ID > 0 && e.Member.ID > 0 {
		r.Joins = append(r.Joins, subject.JoinFact{
			Account: d.Organization.ID, Team: e.Team.ID, User: e.Member.ID, By: d.sender(), At: d.at,
		})
	}
	person(r, d.Organization.ID, e.Member)
	byTeam(r, d.Organization.ID, e.Team.Slug)
}

// team is a team's coming, going and changing, and its access to a repository. Teams
// change seldom and inherit from one another, so all of the account's are read again.
func team(d delivery, r *subject.Result) {
	var e struct {
		Team    teamRef
		Changes struct {
			Name       struct{ From string }
			Repository json.RawMessage
		}
	}
	account := d.account()
	if !unmarshal(d.body, &e) || account == 0 {
		return
	}
	forgetTeams(r, account, "")
	byTeam(r, account, e.Team.Slug)
	if (d.Action == "created" || e.Changes.Name.From != "") && e.Team.ID > 0 && e.Team.Slug != "" {
		r.Teams = append(r.Teams, subject.TeamFact{
			Account: account, Team: e.Team.ID, Slug: strings.ToLower(e.Team.Slug), By: d.sender(), At: d.at,
		})
	}
	if from := slugOf(e.Changes.Name.From); from != e.Team.Slug {
		byTeam(r, account, from)
	}
	// The team's rights in a repository moved, and so did those of each of its members.
	access := d.Action == "added_to_repository" || d.Action == "removed_from_repository" ||
		len(e.Changes.Repository) > 0 || d.Action == "" // team_add has no action
	if access && d.Repository.ID != 0 {
		r.Forget = append(r.Forget, subject.CacheKey{
			Kind: subject.PermissionCache, Prefix: subject.PermissionKey(d.Repository.ID, 0),
		})
		r.Selectors = append(r.Selectors, subject.Selector{Kind: subject.ByRepository, Repo: d.Repository.ID})
	}
	if d.Action == "deleted" {
		// Whoever could write through it alone no longer can, in repositories that the
		// delivery does not name.
		r.Forget = append(r.Forget, subject.CacheKey{Kind: subject.PermissionCache})
		addInstallation(d, r)
	}
}

// organization is somebody's joining or leaving the organisation, or its new login.
func organization(d delivery, r *subject.Result) {
	var e struct {
		Membership struct{ User user }
	}
	if !unmarshal(d.body, &e) || d.Organization.ID == 0 {
		return
	}
	switch d.Action {
	case "member_added", "member_removed":
		forgetTeams(r, d.Organization.ID, "")
		if id := e.Membership.User.ID; id > 0 {
			for _, kind := range []string{subject.OwnerCache, subject.MemberCache} {
				r.Forget = append(r.Forget, subject.CacheKey{Kind: kind, Prefix: subject.OwnerKey(d.Organization.ID, id)})
			}
		}
		person(r, d.Organization.ID, e.Membership.User)
	case "renamed":
		forgetTeams(r, d.Organization.ID, "")
		addInstallation(d, r)
	}
}

// collaborator is somebody's permission on one repository.
func collaborator(d delivery, r *subject.Result) {
	var e struct{ Member user }
	if !unmarshal(d.body, &e) || d.Repository.ID == 0 || e.Member.ID <= 0 {
		return
	}
	r.Forget = append(r.Forget, subject.CacheKey{
		Kind: subject.PermissionCache, Prefix: subject.PermissionKey(d.Repository.ID, e.Member.ID),
	})
	r.Selectors = append(r.Selectors, subject.Selector{
		Kind: subject.ByPerson, Repo: d.Repository.ID, User: e.Member.ID,
	})
}

func forgetTeams(r *subject.Result, account int64, slug string) {
	r.Forget = append(r.Forget, subject.CacheKey{Kind: subject.TeamCache, Prefix: subject.TeamKey(account, slug)})
}

// person makes due what looked at u in any repository of the account, and forgets what u
// may do in them.
func person(r *subject.Result, account int64, u user) {
	if u.ID <= 0 {
		return
	}
	r.Forget = append(r.Forget, subject.UserPermissions(u.ID))
	r.Selectors = append(r.Selectors, subject.Selector{Kind: subject.ByPerson, Account: account, User: u.ID})
}

func byTeam(r *subject.Result, account int64, slug string) {
	if slug != "" {
		r.Selectors = append(r.Selectors, subject.Selector{
			Kind: subject.ByTeam, Account: account, Team: strings.ToLower(slug),
		})
	}
}

var unsluggable = regexp.MustCompile(`[^a-z0-9_]+`)

// slugOf guesses the slug that a team had under its old name: the delivery has the new one
// alone. A wrong guess delays the look at what named the old slug, no more.
func slugOf(name string) string {
	return strings.Trim(unsluggable.ReplaceAllString(strings.ToLower(name), "-"), "-")
}
