package web

import (
	"context"
	"time"

	"github.com/changewarden/changewarden/rules"
)

// Source is what the pages read. It answers from what is stored; a page asks nothing of GitHub.
type Source interface {
	// Change returns the page of a pull request, and false if there is none to show:
	// unknown, never judged, or not to be seen by whoever asks.
	Change(ctx context.Context, owner, name string, number int64) (Page, bool, error)
	// Recent returns the changes judged last, the newest first, at most n, and how often it was
	// an emergency of late.
	Recent(ctx context.Context, n int) ([]Row, Rate, error)
	// Deployments returns what waits at the gates, and what was decided last: at most n each.
	Deployments(ctx context.Context, n int) (Deployments, error)
	// Emergencies returns those that were declared last, the newest first, at most n.
	Emergencies(ctx context.Context, n int) ([]Emergency, error)
	// Calendar returns the windows and freezes of the policies by which each repository was
	// judged last.
	Calendar(ctx context.Context) ([]Calendar, error)
}

// Rate is how many emergencies were declared in the last days, and how many changes were merged.
type Rate struct {
	Days, Emergencies, Merged int
}

// Row is one change in the list.
type Row struct {
	Repo     string // owner/name
	Number   int64
	Title    string
	Author   string // login; empty: nobody that GitHub could name
	Base     string
	Outcome  rules.Outcome
	Headline string    // what is missing, in a line
	At       time.Time // of the verdict
}

// Page is one change with its newest verdict. Everything in it is plain text.
type Page struct {
	Row
	Head     string   // commit
	Also     []int64  // other pull requests that are the same change
	Next     []string // what would let it pass, the fewest steps that do; else the next action and who can take it
	Rules    []Rule   // in the order of the policy
	Notices  []string // what there is to say about the policy itself
	Path     Path
	Policy   []PolicyFile
	Evidence Evidence
	URL      string // of the pull request on GitHub; empty: no link
}

// Rule is one rule's finding.
type Rule struct {
	Name      string // empty: the finding is about the change as a whole
	Layer     string
	Outcome   rules.Outcome
	Sentence  string
	Because   string // why it applies; empty: it always does
	Approvals []Approvals
	Checks    []Checks
}

// Approvals is one requirement of approvals and who counted for it.
type Approvals struct {
	Need       int
	From       string // groups; empty: anybody who can write
	Counted    []Person
	Dropped    []string // why each approval that does not count does not
	Objections []Person
}

// Open returns how many approvals are still missing.
func (a Approvals) Open() int { return max(0, a.Need-len(a.Counted)) }

// Person is somebody with what there is to say about them, such as the group for which they count.
type Person struct {
	Login string // empty: the account is gone
	Note  string
}

// Checks is one requirement of checks. The names of each kind are sorted.
type Checks struct {
	Kinds   []CheckKind // those that there are, what stands in the way first
	Settles time.Time   // when it will have been quiet for long enough; zero: it does not matter
}

// CheckKind is the checks of which the same is to be said.
type CheckKind struct {
	Word    string
	Outcome rules.Outcome
	Names   []string
}

// PolicyFile is a file that judged.
type PolicyFile struct {
	Layer, Repo, Path, Commit string // Repo and Commit are empty for a file that is not in a repository
}

// Evidence is where the newest verdict stands in the ledger. The zero Evidence shows nothing.
type Evidence struct {
	Log  int64
	Seq  int64
	Size int64  // records when it was appended, with it
	Root string // base64

	Group    string // commit of the merge group by which it landed; empty: it did not land by one
	GroupSeq int64  // the record of the group's last verdict
}
