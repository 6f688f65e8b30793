package doctor

import (
	"maps"
	"slices"
	"strings"
)

// Permission is one that the app has to have.
type Permission struct {
	Key   string // in GitHub's API
	Name  string // on the app's settings page
	Level string // read or write
	Most  string // what is not too much, where a policy may need more than Level; empty: Level
}

// NeededPermissions is what the app needs; the README's table says why.
var NeededPermissions = []Permission{
	{Key: "metadata", Name: "Metadata", Level: "read"},
	{Key: "contents", Name: "Contents", Level: "read"},
	{Key: "pull_requests", Name: "Pull requests", Level: "read", Most: "write"},
	{Key: "issues", Name: "Issues", Level: "write"},
	{Key: "checks", Name: "Checks", Level: "write"},
	{Key: "statuses", Name: "Commit statuses", Level: "write"},
	{Key: "merge_queues", Name: "Merge queues", Level: "read"},
	{Key: "deployments", Name: "Deployments", Level: "write"},
	{Key: "actions", Name: "Actions", Level: "read"},
	{Key: "members", Name: "Members (organisation)", Level: "read"},
}

// NeededEvents are the events that the app has to subscribe to, by GitHub's names; the
// README's table says why.
var NeededEvents = []string{
	"pull_request", "pull_request_review", "issue_comment", "check_run", "check_suite", "status", "push", "merge_group",
	"deployment_protection_rule", "deployment", "deployment_status", "deployment_review", "membership", "team", "organization", "member", "repository",
}

// EventName is an event's name on the app's settings page.
func EventName(event string) string {
	name := strings.ReplaceAll(event, "_", " ")
	return strings.ToUpper(name[:1]) + name[1:]
}

// lacking returns the permissions that are needed beyond those that are there, as a person
// finds them on the settings page.
func lacking(has map[string]string) []string {
	var out []string
	for _, p := range NeededPermissions {
		if !reaches(has[p.Key], p.Level) {
			out = append(out, p.Name+": "+p.Level)
		}
	}
	return out
}

// excess returns the permissions that are there beyond those that are needed, by key.
func excess(has map[string]string) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(has)) {
		i := slices.IndexFunc(NeededPermissions, func(p Permission) bool { return p.Key == key })
		switch {
		case i < 0:
			out = append(out, key+": "+has[key])
		case !reaches(NeededPermissions[i].Level, has[key]) && NeededPermissions[i].Most != has[key]:
			out = append(out, NeededPermissions[i].Name+": "+has[key])
		}
	}
	return out
}

func reaches(have, need string) bool {
	return have == need || have == "write" && need == "read" || have == "admin"
}
