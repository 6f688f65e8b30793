package rules

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Policy is what a change is judged by: the floor, and the repository's own rules beside it.
// Composition is conjunction: a layer's names are its own, and no layer can take from another.
// A Policy is plain data; Compose makes it from layers that Parse accepted.
type Policy struct {
	Layers []Layer // the floor first; never empty
}

// Layer is one parsed file.
type Layer struct {
	Name      string     // "floor" or "repository"; Compose sets it
	File      string     // for messages and the record
	Procedure *Procedure // nil: the file says nothing about it
	Branches  []string   // governed base branches, globs
	Groups    map[string]Group
	Classes   map[string]Condition // the built-in class policy among them
	Rules     []Rule               // in the file's order

	Environments map[string]Environment
	Windows      map[string]Window
	Freezes      []Freeze
	Emergency    *EmergencyPath // nil: the layer knows none
	Rollback     *RollbackLane  // nil: the layer knows none

	Requests   *Requests // of reviews; nil: nobody is asked
	Exceptions []Exception
	Advice     []Deferral // rules that are not enforced yet: of a repository, rules of the floor
}

// The names of layers.
const (
	FloorLayer      = "floor"
	RepositoryLayer = "repository"
)

// PolicyClass is the built-in class of whatever changes the policy itself. Each layer has
// it, and no file can say otherwise.
const PolicyClass = "policy"

// policyPaths is what the class policy is made of.
const policyPaths = ".github/change-management*.y{a,}ml"

// Procedure is the head of the procedure document. Nothing is judged by it.
type Procedure struct {
	Owner        string
	LastReviewed string              // YYYY-MM-DD; empty: not said
	ReviewEvery  string              // such as "3 months"; empty: not said
	Frameworks   map[string][]string // framework to its controls
}

// Group is people.
type Group struct {
	At         Position
	Teams      []TeamRef
	Users      []UserRef
	Permission string        // whoever may do at least this to the repository; empty: nobody by that
	Bots       []UserRef     // whose approval counts too, but never as the last one of a requirement
	MinAge     time.Duration // for how long a member of Teams has to have been one; 0: no matter
	BuiltIn    bool          // of the built-in policy: owners stand in where none of Teams can be seen
}

// TeamRef names a team of the organisation: "slug" or "slug#id".
type TeamRef struct {
	Slug string // lower case
	ID   int64  // 0: whichever team has the slug
}

// String returns the reference as a policy writes it.
func (t TeamRef) String() string {
	if t.ID == 0 {
		return t.Slug
	}
	return t.Slug + "#" + strconv.FormatInt(t.ID, 10)
}

// UserRef names a user: "login", "login#number" with GitHub's numeric user id or, in a
// stored policy, "#id" with a person id; "#0" is nobody.
type UserRef struct {
	Login  string // lower case; empty in a stored policy
	GitHub int64  // the number that GitHub gave the user; 0: whoever has the login
	ID     UserID // of a stored policy; 0 with a Login: Change.Logins says who it is
}

// String returns the reference as a policy writes it.
func (u UserRef) String() string {
	switch {
	case u.Login == "":
		return "#" + strconv.FormatInt(int64(u.ID), 10)
	case u.GitHub != 0:
		return u.Login + "#" + strconv.FormatInt(u.GitHub, 10)
	}
	return u.Login
}

// Rule is one demand and when it applies.
type Rule struct {
	At          Position
	Overridable bool      // of the floor: a repository's exceptions and advice reach it
	WaivableBy  []string  // groups whose members can let a change pass it; empty: nobody
	Until       time.Time // it is advice until then; zero: it is enforced
	Name        string
	Stage       Stage
	When        Condition // the zero Condition always holds
	Require     Requirement
}

// Teams returns the teams that the policy names, each once, by slug and id.
func (p Policy) Teams() []TeamRef {
	var refs []TeamRef
	for _, l := range p.Layers {
		for _, g := range l.Groups {
			refs = append(refs, g.Teams...)
		}
	}
	slices.SortFunc(refs, func(a, b TeamRef) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(refs)
}

// Users returns the users that the policy names, each once, by what the policy writes.
func (p Policy) Users() []UserRef {
	var refs []UserRef
	for _, l := range p.Layers {
		for _, g := range l.Groups {
			refs = slices.Concat(refs, g.Users, g.Bots)
		}
		for _, e := range l.Exceptions {
			refs = append(refs, e.ApprovedBy)
		}
	}
	slices.SortFunc(refs, func(a, b UserRef) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(refs)
}

// Governs reports whether changes of the base branch are judged: the default branch
// always, and what any layer's branches match.
func (p Policy) Governs(base, defaultBranch string) bool {
	if base == defaultBranch && base != "" {
		return true
	}
	return slices.ContainsFunc(p.Layers, func(l Layer) bool { return matchAny(l.Branches, base) })
}

// NamesWorkflow reports whether a rule wants checks from the workflow file at path.
func (p Policy) NamesWorkflow(path string) bool {
	named := false
	for _, l := range p.Layers {
		for _, r := range l.Rules {
			r.Require.each(func(part Requirement) {
				named = named || part.Checks != nil && part.Checks.Workflow != "" && workflow(part.Checks.Workflow, path)
			})
		}
	}
	return named
}

// Interest says which checks can change a verdict.
type Interest struct {
	All   bool     // every one
	Names []string // else those that one of these globs matches; sorted, their braces spread
}

// Checks returns whose result could change a verdict by the policy.
func (p Policy) Checks() Interest {
	var in Interest
	for _, l := range p.Layers {
		for _, r := range l.Rules {
			r.Require.each(func(part Requirement) {
				c := part.Checks
				in.All = in.All || part.Expr.comes
				if c == nil {
					return
				}
				in.All = in.All || c.All
				for _, name := range c.Names {
					for _, a := range compileGlob(name) {
						in.Names = append(in.Names, a.pattern)
					}
				}
			})
		}
	}
	slices.Sort(in.Names)
	in.Names = slices.Compact(in.Names)
	return in
}
