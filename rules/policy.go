package rules

import (
	"slices"
	"strconv"
	"strings"
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
	Teams []TeamRef
	Users []UserRef
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
	Name    string
	Stage   Stage
	When    Condition // the zero Condition always holds
	Require Requirement
}

// Condition is when a rule applies, or what belongs to a class. All of its parts that are
// set must hold. No part can be switched off by adding to a change: more files, labels,
// contributors and pull requests only make more conditions hold. A fact that could not be
// read to its end counts as if it made the condition hold.
type Condition struct {
	Class        []string    // the change is in any of these classes
	Paths        []string    // globs: the old or new path of some file matches one of them, and none of NotPaths
	NotPaths     []string    // globs: without Paths, some path matches none of them
	OnlyPaths    []string    // globs: every path, old and new, matches one of them; true of no files
	Branches     []string    // globs of the base
	HeadBranches []string    // globs of the head of some pull request
	Labels       []string    // some pull request has one of them; case is folded
	Authors      []string    // groups: some contributor is in one of them, or authorship is unknown
	Draft        *bool       // some pull request is a draft, or is none
	Any          []Condition // one of these holds
}

// always reports whether the condition says nothing, and so holds for every change.
func (c Condition) always() bool {
	return len(c.Class) == 0 && len(c.Paths) == 0 && len(c.NotPaths) == 0 && len(c.OnlyPaths) == 0 &&
		len(c.Branches) == 0 && len(c.HeadBranches) == 0 && len(c.Labels) == 0 && len(c.Authors) == 0 &&
		c.Draft == nil && len(c.Any) == 0
}

// Requirement is what a rule demands: everything that is set.
type Requirement struct {
	Approvals *Approvals
	Checks    *Checks
}

// Approvals asks for that many different people whose approval counts.
type Approvals struct {
	Count          int      // at least 1
	From           []string // groups; empty: anybody who can write
	Of             Content
	UnknownAuthors UnknownAuthors
}

// Content is what an approval is bound to.
type Content string

// What an approval is bound to.
const (
	OfDiff   Content = "diff"   // holds while what was reviewed is what would be merged
	OfCommit Content = "commit" // holds for the head that was reviewed alone
)

// UnknownAuthors is what an approvals requirement does where authorship is unknown.
type UnknownAuthors string

// What to do where authorship is unknown.
const (
	OneMore UnknownAuthors = "one_more" // ask for one approval more
	Block   UnknownAuthors = "block"
)

// Checks asks for check runs and commit statuses on the head: for all of them but Except,
// or for those named.
type Checks struct {
	All         bool
	Except      []string // globs; with All
	Names       []string // globs; without All
	App         string   // slug or number of the app that has to report those named; empty: any
	Conclusions []string // that pass, of success, neutral and skipped; for those named
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
			refs = append(refs, g.Users...)
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
			if c := r.Require.Checks; c != nil {
				in.All = in.All || c.All
				for _, name := range c.Names {
					for _, a := range compileGlob(name) {
						in.Names = append(in.Names, a.pattern)
					}
				}
			}
		}
	}
	slices.Sort(in.Names)
	in.Names = slices.Compact(in.Names)
	return in
}

// Needs returns the facts that the policy asks for beyond those that are always read, in
// the order of their names: Change.Read has to hold them.
func (p Policy) Needs() []Fact {
	return nil
}
