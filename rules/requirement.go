package rules

import "time"

// Requirement is what a rule demands: everything that is set.
type Requirement struct {
	Approvals             *Approvals
	Checks                *Checks
	Ticket                *Ticket
	Section               *Section
	SignedCommits         bool          // GitHub takes every commit's signature for valid
	ConversationsResolved bool          // no conversation of a review is open
	ResolvedByOthers      bool          // with it: nor one that a contributor resolved
	LinearHistory         bool          // no commit is a merge
	UpToDate              bool          // the head holds every commit of the base
	Expr                  Expr          // it is true of every pull request
	Deployed              *Deployed     // the commit runs elsewhere; of a deployment
	SignOff               *SignOff      // somebody's word; of a deployment
	Window                string        // the time is in the window; of a deployment
	Separation            []Duty        // no person has two of them; at least two
	Any                   []Requirement // one of these is met, and none of them objected to
	All                   []Requirement // each of these is met
}

// each calls yield for the requirement and all of its parts.
func (r Requirement) each(yield func(Requirement)) {
	yield(r)
	for _, part := range r.Any {
		part.each(yield)
	}
	for _, part := range r.All {
		part.each(yield)
	}
}

// Approvals asks for that many different people whose approval counts.
type Approvals struct {
	Count          int           // at least 1
	From           []string      // groups; empty: anybody who can write
	Distinct       bool          // who sits here fills no other distinct seat
	MaxAge         time.Duration // after which an approval counts no more; 0: never
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
	Except      []string      // globs; with All
	Names       []string      // globs; without All
	App         string        // slug or number of the app that has to report those named; empty: any
	Workflow    string        // glob of the workflow file that has to run those named; empty: any, or none
	Conclusions []string      // that pass, of success, neutral and skipped; for those named
	Grace       time.Duration // after which it is said who is expected to report what is missing
}

// defaultGrace is how long a check may be missing before anybody is named for it.
const defaultGrace = 30 * time.Minute

// Ticket asks for a reference to a ticket.
type Ticket struct {
	Pattern Pattern
	In      []string // where one is enough: of title, body, branch and commits
}

// Where a Ticket is looked for.
const (
	InTitle   = "title"
	InBody    = "body"
	InBranch  = "branch"
	InCommits = "commits"
)

// Section asks for a heading in the description with text of the author's own below it.
type Section struct {
	Heading  string // letters and digits count, and case is folded
	MinWords int    // at least 1
}
