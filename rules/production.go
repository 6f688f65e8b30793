package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/rules/calendar"
)

// Environment is a place to deploy to, by the names that it has on GitHub.
type Environment struct {
	At    Position
	Match []string // globs; upper and lower case are the same, as GitHub takes them
}

// matches reports whether GitHub's name of an environment is one of its.
func (e Environment) matches(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(e.Match, func(g string) bool { return compileGlob(strings.ToLower(g)).match(name) })
}

// Window is when something may be deployed, week by week.
type Window struct {
	At       Position
	TimeZone string // IANA name
	Days     []time.Weekday
	From, To calendar.Clock // To at or before From: it ends on the day after
	Holidays []string       // regions, days such as 2026-12-24, and .ics files of the repository
}

// Freeze closes the windows of its layer for a time.
type Freeze struct {
	At           Position
	Name         string
	Span         calendar.Span
	Environments []string // of the layer; empty: all
	Classes      []string // of the layer; empty: all changes
	Repositories []string // globs; empty: all
	Except       []string // groups whose members may deploy all the same
}

// EmergencyPath is how an emergency is declared, and what it waives.
type EmergencyPath struct {
	At         Position
	By         []string      // groups whose members may declare one
	Expires    time.Duration // after which a declaration holds no more
	Approvals  Approvals     // by others, for the exact head
	Waives     []string      // rules
	PostMortem PostMortem
}

// PostMortem is what has to follow an emergency.
type PostMortem struct {
	Within     time.Duration
	ReviewedBy []string // groups, one of whose members completes it
	Blocks     bool     // when overdue: it blocks the repository's next standard deployment
}

// RollbackLane is who may deploy what was good before, and what that waives.
type RollbackLane struct {
	At     Position
	By     []string      // groups
	Reach  time.Duration // how long ago it may have been good
	Waives []string      // rules before an environment
}

// Deployed asks for a deployment of the same commit elsewhere.
type Deployed struct {
	To         string        // environment of the layer
	HealthyFor time.Duration // since it succeeded; 0: at once
	Checks     []string      // globs of check names that passed after it
	Workflows  []string      // globs of workflow files whose jobs count; with Apps empty too: of any
	Apps       []string      // slugs or numbers of apps whose deployments count
}

// SignOff asks for somebody's word that what is deployed may be.
type SignOff struct {
	Name     string
	From     []string      // groups
	LeadTime time.Duration // how long before the deployment it has to have been given
	Of       SignOffScope
}

// SignOffScope is what a sign-off is bound to.
type SignOffScope string

// What a sign-off is bound to.
const (
	OfChange SignOffScope = "change" // holds while that change's merged diff is what is deployed
	OfSHA    SignOffScope = "commit" // holds for that commit alone
)

// environmentsOf returns the names of the layer's environments that GitHub's name is one of,
// sorted.
func (l Layer) environmentsOf(name string) []string {
	var out []string
	for key, e := range l.Environments {
		if e.matches(name) {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// Gates reports whether the floor names the environment. A repository's file that names
// one of its own adds rules there and takes nothing away: where the floor names none, what
// asks is held.
func (p Policy) Gates(environment string) bool {
	return len(p.Layers[0].environmentsOf(environment)) > 0
}
