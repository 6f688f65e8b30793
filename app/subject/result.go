package subject

import (
	"strings"
	"time"
)

// Result is what one delivery means to the worklist. The zero Result is a delivery that
// moves nothing. The store applies all of it in the transaction that stores the delivery:
// facts first, then Forget, then the subjects and what the selectors select.
type Result struct {
	Installation int64 // 0 if the delivery names none
	Subjects     []Subject
	Selectors    []Selector
	Forget       []CacheKey
	Stranger     bool // somebody from outside did it: what it makes due comes after all else

	Repositories  []RepositoryFact
	Installations []InstallationFact
	Pulls         []PullFact
	Pushes        []PushFact
	MergeGroups   []MergeGroupFact
	Gates         []GateFact
	Deployed      []DeployedFact
	Teams         []TeamFact
	Joins         []JoinFact
	Commands      []CommandFact
	Unasked       []UnaskedFact
}

// Echo is what r means where the same body came before, under another delivery's id: the
// looks, which read what is true, and what they have to read anew. What acts by itself, or
// says what was true when the body was made, acts once.
func (r Result) Echo() Result {
	out := Result{Installation: r.Installation, Forget: r.Forget}
	for _, s := range r.Subjects {
		if s.Kind != Deployment { // each request of a gate is answered, and recorded
			out.Subjects = append(out.Subjects, s)
		}
	}
	for _, s := range r.Selectors {
		s.Again, s.Check = false, nil
		out.Selectors = append(out.Selectors, s)
	}
	return out
}

// SelectorKind says by what a Selector finds its subjects.
type SelectorKind string

// The kinds of selector.
const (
	// ByHead selects the open pull requests whose head is SHA in Repo; with Check set,
	// only those whose verdict that check could change; and the merge group of that commit.
	ByHead SelectorKind = "head"
	// ByPerson selects the open pull requests whose last verdict looked at User: in Repo,
	// or, with Repo 0, in every repository of Account.
	ByPerson SelectorKind = "person"
	// ByTeam selects the open pull requests whose last verdict looked at team Team of Account.
	// With either the deployments that wait at a gate there are selected too.
	ByTeam SelectorKind = "team"
	// ByBase selects the open pull requests of Repo that aim at Branch; with Moved only those
	// whose last verdict rests on where the branch stands, with Usual only those whose last
	// verdict asked for every check and knew others to be usual there.
	ByBase SelectorKind = "base"
	// ByRepository selects every open pull request of Repo: its default branch, where the
	// policy stands, moved.
	// With ByRepository the deployments of Repo that wait at a gate are selected too, and with
	// ByHead, unless Check has no result yet, those of the commit SHA.
	ByRepository SelectorKind = "repository"
	// ByIssue selects the change whose post-mortem issue Number of Repo is.
	ByIssue SelectorKind = "issue"
	// ByGate selects the deployments of Repo that wait at a gate; with Number, of those at
	// Environment, that one alone, and those whose number is not known.
	ByGate SelectorKind = "gate"
)

// Selector names subjects by something the delivery knows, for the store to resolve with
// its own index. Unused fields are zero.
type Selector struct {
	Kind        SelectorKind
	Repo        int64
	Number      int64
	SHA         string
	Check       *Check
	Result      bool   // ByHead: a check has a result, told in Check or not: others may follow
	Environment string // ByGate: lower case
	Again       bool   // ByHead: somebody asked GitHub to run our check on SHA again
	User        int64  // GitHub's numeric user id
	Account     int64  // numeric id of the organisation
	Team        string // slug, lower case
	Branch      string // without refs/heads/
	Moved       bool   // ByBase: the branch is there, and has other commits
	Usual       string // ByBase: digest of the checks that recent merges had; empty: not asked
}

// CheckSource tells the two things apart that GitHub calls a check.
type CheckSource string

// The sources of a check, and the suite, which has no name of its own.
const (
	CheckRun     CheckSource = "check_run"
	CommitStatus CheckSource = "status"
	CheckSuite   CheckSource = "check_suite"
)

// Check is the result that a check_run, check_suite or status delivery reports for a head.
type Check struct {
	Source     CheckSource
	ID         int64  // of the check run, suite or status
	Suite      int64  // of a check run; else 0
	App        int64  // the app that reported it; 0 for a status
	Name       string // check run name or status context; empty for a suite
	Status     string // GitHub's word, lower case: queued, in_progress, completed; empty for a status
	Conclusion string // GitHub's word, lower case: conclusion, or the state of a status
	Creator    int64  // user id of the sender of a status; else 0
}

// Open reports whether it has no result yet.
func (c Check) Open() bool {
	if c.Source == CommitStatus {
		return c.Conclusion == "pending"
	}
	return c.Status != "" && c.Status != "completed"
}

// RepositoryFact is what a delivery says about a repository's identity.
type RepositoryFact struct {
	ID            int64
	Installation  int64 // 0: unchanged
	Account       int64 // numeric id of the owner
	Owner, Name   string
	DefaultBranch string // empty: unchanged
	Private       bool
	Archived      bool
	Gone          bool // deleted, or taken out of the installation
	At            time.Time
}

// InstallationFact is what a delivery says about an installation.
type InstallationFact struct {
	ID           int64
	Account      int64
	AccountLogin string
	AccountType  string // "Organization" or "User"
	Suspended    bool
	Removed      bool
}

// PullFact is where a pull request stood when a delivery was made. One with an older
// UpdatedAt than the row's changes nothing.
type PullFact struct {
	Repo      int64
	Number    int64
	Title     string
	Head      string // commit
	HeadRepo  int64  // 0: the fork was deleted
	HeadRef   string // branch in HeadRepo
	Base      string // branch
	Author    int64  // 0: ghost
	Open      bool
	Merged    bool
	Draft     bool
	UpdatedAt time.Time // GitHub's updated_at
}

// MergeGroupFact is that a merge queue asks for checks on a commit, or has taken it back.
type MergeGroupFact struct {
	Repo int64
	SHA  string
	Base string // branch
	Why  string // it is gone: GitHub's word (merged, invalidated, dequeued); empty: it waits
}

// GateFact is that a job waits at an environment for our answer.
type GateFact struct {
	Repo        int64
	Run         int64  // of the workflow
	Deployment  int64  // GitHub's id; 0: the delivery does not say
	Environment string // as GitHub writes it
	Commit      string
	At          time.Time // when the delivery was received; Swept: since when it waits
	Swept       bool      // no delivery told of it: a sweep found it
}

// Subject is the job on the worklist. All jobs of a run that wait at an environment are one.
func (f GateFact) Subject() Subject {
	return Subject{Kind: Deployment, Repo: f.Repo, Number: f.Run, Name: strings.ToLower(f.Environment)}
}

// DeployedFact is that a deployment is said to have succeeded, by whomever.
type DeployedFact struct {
	Repo        int64
	Deployment  int64 // GitHub's id
	Environment string
	Commit      string
	At          time.Time // when the delivery was received
}

// TeamFact is who made a team, or gave it another name.
type TeamFact struct {
	Account int64
	Team    int64
	Slug    string // lower case
	By      Person
	At      time.Time // when the delivery was received
}

// JoinFact is who added a user to a team.
type JoinFact struct {
	Account int64
	Team    int64
	User    int64
	By      Person
	At      time.Time // when the delivery was received
}

// CommandFact is a comment on a pull request that may be a command, or a click on a button of
// ours. What a comment says is read from GitHub before it counts: of the delivery it is only
// taken that it is there.
type CommandFact struct {
	Comment  int64 // GitHub's id; of a click one below zero, made from what was delivered
	Repo     int64
	Number   int64 // of the pull request
	By       Person
	At       time.Time // when the delivery was received
	CheckRun int64     // of a click: the check run that has the button; else 0
	Button   string    // its identifier
}

// Waiver is a waiver that was taken and not withdrawn.
type Waiver struct {
	Comment int64 // GitHub's id of the comment that gave it
	Number  int64 // of the pull request
	Rule    string
	By      Person
	At      time.Time // GitHub's time of the comment
	Exact   string    // exact fingerprint of the diff that it is bound to
}

// Declared is an emergency that was declared for a pull request and not withdrawn.
type Declared struct {
	Comment int64 // GitHub's id of the comment that declared it
	Number  int64
	By      Person
	At      time.Time // GitHub's time of the comment
}

// SignOff is a sign-off that was taken and not withdrawn.
type SignOff struct {
	Comment int64 // GitHub's id of the comment that gave it
	Number  int64 // of the pull request
	Name    string
	By      Person
	At      time.Time // GitHub's time of the comment
	Commit  string    // that it was given for
	Landed  string    // landed fingerprint of what would land by then, or landed
}

// UnaskedFact is a person's taking back that somebody was asked for a review. User or Team
// is set.
type UnaskedFact struct {
	Repo   int64
	Number int64
	User   int64
	Team   int64
	By     Person
	At     time.Time // when the delivery was received
}

// PushFact is one push that GitHub named the pusher of: from the sender of a push delivery
// (Ref set), or of a pull request's opened or synchronize delivery (Number set).
type PushFact struct {
	Repo   int64  // of the push; for a pull request the base repository
	Ref    string // refs/heads/…; empty for a pull request's
	Number int64  // of the pull request; 0 for a push
	Before string // commit before; empty or zeros: none
	After  string // commit after; never zeros
	User   int64
	Login  string
	Bot    bool
	At     time.Time // when the delivery was received
}

// Person is somebody on GitHub, by the numeric id that stays when the login changes.
type Person struct {
	User  int64
	Login string
	Bot   bool // an app or a mannequin, not a person
}
