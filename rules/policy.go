package rules

// Policy is what a change is judged by: the floor, and the repository's own rules beside it.
// Composition is conjunction: a layer's names are its own, and no layer can take from another.
type Policy struct {
	Layers []Layer // the floor first; never empty
}

// Layer is one parsed file.
type Layer struct {
	Name     string   // "floor" or "repository"
	File     string   // for messages and the record
	Branches []string // governed base branches, globs
	Groups   map[string]Group
	Classes  map[string]Condition
	Rules    []Rule
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

// UserRef names a user: "login", "login#id" or, in a stored policy, "#id" with a person id.
type UserRef struct {
	Login string // lower case; empty in a stored policy
	ID    UserID // 0: to be resolved
}

// Rule is one demand and when it applies.
type Rule struct {
	Name    string
	Stage   Stage
	When    Condition // the zero Condition always holds
	Require Requirement
}

// Condition is when a rule applies, or what belongs to a class.
type Condition struct{}

// Requirement is what a rule demands.
type Requirement struct{}
