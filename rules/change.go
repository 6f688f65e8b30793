package rules

import "time"

// UserID is a person or bot. In a live installation it is a random person id of ours, one
// to one with GitHub's numeric user id, so that what was judged can be stored without
// naming anybody. The zero UserID is nobody: a ghost, or an account that GitHub could not
// resolve. Nothing may depend on the order of ids.
type UserID int64

// Change is what is judged: a head commit aimed at a base branch, with the pull requests
// that carry it there. It holds facts alone; what they are worth is for the rules to say.
// Slices are in GitHub's order (oldest first) unless a field says otherwise.
type Change struct {
	Repo    Repo              `json:"repo"`
	Base    string            `json:"base"`               // branch, without refs/heads/
	Head    string            `json:"head"`               // 40 hex digits
	Pulls   []Pull            `json:"pulls"`              // by number; at least one
	TakenAt time.Time         `json:"taken_at"`           // when the facts were read, UTC
	SeenAt  time.Time         `json:"seen_at"`            // when this head was first seen, UTC
	OwnApp  int64             `json:"own_app"`            // our app's id: its check runs never count
	Gaps    []Gap             `json:"gaps,omitempty"`     // facts that are missing or could not be read to the end
	Exact   string            `json:"exact,omitempty"`    // exact fingerprint of the diff; empty: unknown
	Landed  string            `json:"landed,omitempty"`   // landed fingerprint of the diff; empty: unknown
	Files   []File            `json:"files,omitempty"`    // by path
	Commits []Commit          `json:"commits,omitempty"`  // base..head, second parents included
	Pushes  []Push            `json:"pushes,omitempty"`   // every push to the head that we know of
	Unnamed bool              `json:"unnamed,omitempty"`  // a push to the head has no known pusher
	Reviews []Review          `json:"reviews,omitempty"`  // by submission; of all Pulls
	Shifts  []BaseShift       `json:"shifts,omitempty"`   // each time a pull request changed its base
	Runs    []CheckRun        `json:"runs,omitempty"`     // every check run on the head but ours, and failed ones that were there
	Suites  []CheckSuite      `json:"suites,omitempty"`   // every check suite with runs on the head but ours
	Status  []Status          `json:"statuses,omitempty"` // the newest commit status of each context on the head but ours, and what it may hide
	Need    []string          `json:"required,omitempty"` // contexts that GitHub requires on the base, by name
	Usual   []string          `json:"usual,omitempty"`    // checks that each of the last merges into the base had, by name
	People  []Person          `json:"people,omitempty"`   // whoever is named above, each once
	Teams   []Team            `json:"teams,omitempty"`    // the teams that the policy names
	Logins  map[string]UserID `json:"logins,omitempty"`   // users that a policy names, by UserRef.String; empty once stored
	Notices []Notice          `json:"notices,omitempty"`  // what the verdict has to say about the policy itself

	Read      []Fact     `json:"read,omitempty"`         // which facts of Policy.Needs were read; what is not here is unknown
	Labelings []Labeling `json:"label_events,omitempty"` // each time a label was put on or taken off, by time; FactLabelings
	Threads   []Thread   `json:"threads,omitempty"`      // conversations of reviews; FactThreads
	Behind    int        `json:"behind,omitempty"`       // commits of the base that the head does not hold; FactBehind
	Templates []string   `json:"templates,omitempty"`    // the repository's pull request templates; FactText
	Waivers   []Waiver   `json:"waivers,omitempty"`      // by time; those withdrawn are left out
	Declared  []Declared `json:"declared,omitempty"`     // emergencies, by time; those withdrawn are left out
	Owners    []UserID   `json:"owners,omitempty"`       // owners of the organisation, of those named in the Change; FactOwners

	// What is known of other pull requests of the repository, open and closed. It never
	// decides: it is shown.
	Objected []int64     `json:"objected,omitempty"` // numbers of those where changes of this very diff were requested, and the request stood to the end
	Tickets  []TicketUse `json:"tickets,omitempty"`  // of the Tickets that the change names, those that others name too
}

// TicketUse is a ticket that a change names, and who names it too.
type TicketUse struct {
	Ticket string  `json:"ticket"` // as Tickets returns it
	Pulls  []int64 `json:"pulls"`  // numbers of the other pull requests, ascending
}

// Fact names something that is read only where a policy asks for it: see Policy.Needs. A
// requirement that rests on a fact that was not read is Indeterminate, and a condition
// holds.
type Fact string

// The facts that are read where a policy asks for them.
const (
	FactText        Fact = "text"         // Pull.Title, Pull.Body, Change.Templates
	FactMessages    Fact = "messages"     // Commit.Message
	FactSignatures  Fact = "signatures"   // Commit.Signed
	FactLabelings   Fact = "label_events" // Change.Labelings
	FactThreads     Fact = "threads"      // Change.Threads
	FactBehind      Fact = "behind"       // Change.Behind
	FactPermissions Fact = "permissions"  // Person.Permission, of contributors, reviewers and who set labels
	FactJoins       Fact = "joins"        // Team.Joins
	FactOwners      Fact = "owners"       // Change.Owners
	FactCommits     Fact = "commits"      // Change.Commits: always read; unread if the head is not among them
)

// Repo is the repository that the change would land in.
type Repo struct {
	ID            int64  `json:"id"`
	Name          string `json:"name"` // owner/name, as it stood at TakenAt
	DefaultBranch string `json:"default_branch"`
	Public        bool   `json:"public"`
	// Former are the names that we knew the repository by, owner/name: what a policy says of
	// repositories by name follows them through a rename or transfer.
	Former []string `json:"former,omitempty"`
}

// Pull is one pull request that carries the change.
type Pull struct {
	Number  int64     `json:"number"`
	Author  UserID    `json:"author"`
	Writer  bool      `json:"writer"`   // the author can write to the repository now
	HeadRef string    `json:"head_ref"` // branch; a fork's reads owner:branch
	Fork    bool      `json:"fork"`     // the head is in another repository, or in a deleted one
	Draft   bool      `json:"draft"`
	Labels  []string  `json:"labels,omitempty"`
	Opened  time.Time `json:"opened"`
	Title   string    `json:"title,omitempty"` // FactText
	Body    string    `json:"body,omitempty"`  // the description; FactText
}

// Gap is a fact that a rule may need and that is missing, or was too long to be read to its end.
type Gap struct {
	Fact GapFact `json:"fact"`
	Read int     `json:"read"`         // how many were read
	Of   int     `json:"of,omitempty"` // how many there are; 0: unknown
}

// GapFact says which fact a Gap is about.
type GapFact string

// The facts that have a limit.
const (
	GapFiles    GapFact = "files"   // GitHub lists 3,000
	GapCommits  GapFact = "commits" // also more authors or parents of one than were read: authorship is unknown
	GapReviews  GapFact = "reviews"
	GapChecks   GapFact = "checks"
	GapLabels   GapFact = "labels"
	GapTimeline GapFact = "timeline"
	GapThreads  GapFact = "threads"
	GapPolicy   GapFact = "policy" // the organisation's file, which never was readable: nothing passes without it
)

// FileStatus is GitHub's word for what happened to a file.
type FileStatus string

// File is one changed file.
type File struct {
	Path      string     `json:"path"`
	Previous  string     `json:"previous,omitempty"` // the old path of a rename or copy
	Status    FileStatus `json:"status"`             // added, removed, modified, renamed, copied, changed, unchanged
	Additions int        `json:"additions"`
	Deletions int        `json:"deletions"`
	FirstLine int        `json:"first_line"` // first changed line in the new file, from 1; 1 where there is none
	// Counted: Additions and Deletions are the file's lines. They are not where GitHub shows
	// no patch (binary, too large): then it says 0 and means nothing by it.
	Counted bool `json:"counted,omitempty"`
	// Target is where a symlink leads, a path of the repository: who changes the one changes
	// what is read there. A file that may be a link has it too.
	Target string `json:"target,omitempty"`
	// Through are the other names by which links of the base lead to the file, sorted: who
	// changes the file changes what is read there.
	Through []string `json:"through,omitempty"`
	// Opaque: it may be a submodule, or a link that leads nobody knows where. What it brings
	// cannot be looked into: it may be any file.
	Opaque bool `json:"opaque,omitempty"`
}

// Commit is one commit of the change.
type Commit struct {
	SHA        string   `json:"sha"`
	Parents    []string `json:"parents"`
	Authors    []UserID `json:"authors"`               // the git author, then co-authors; 0 for one that GitHub cannot resolve
	Committer  UserID   `json:"committer"`             // 0: unresolved, unless ByGitHub
	ByGitHub   bool     `json:"by_github"`             // web-flow committed it, with GitHub's own valid signature
	CoAuthored bool     `json:"co_authored,omitempty"` // Authors after the first come from trailers
	Signed     bool     `json:"signed,omitempty"`      // GitHub says that the signature is valid; FactSignatures
	Message    string   `json:"message,omitempty"`     // FactMessages
}

// Push is one push to the head of the change, by somebody whom GitHub named.
type Push struct {
	By     UserID    `json:"by"`
	Before string    `json:"before,omitempty"` // empty: the branch was new, or the pull request was opened
	After  string    `json:"after"`
	At     time.Time `json:"at"`
	Exact  bool      `json:"same_diff,omitempty"` // the exact fingerprints of Before and After are known and equal
}

// ReviewState is what a review says now.
type ReviewState string

// The states of a review that is submitted.
const (
	Approved         ReviewState = "APPROVED"
	ChangesRequested ReviewState = "CHANGES_REQUESTED"
	Commented        ReviewState = "COMMENTED"
	Dismissed        ReviewState = "DISMISSED"
)

// Review is what a person submitted.
type Review struct {
	ID        int64       `json:"id"`
	Pull      int64       `json:"pull"`
	By        UserID      `json:"by"` // 0: ghost
	State     ReviewState `json:"state"`
	At        time.Time   `json:"at"`
	Commit    string      `json:"commit,omitempty"`    // empty: garbage collected
	Exact     string      `json:"exact,omitempty"`     // exact fingerprint of the diff that was reviewed; empty: unknown
	Dismissal *Dismissal  `json:"dismissal,omitempty"` // set if State is Dismissed and GitHub says who did it
	First     *Standing   `json:"first,omitempty"`     // how its author stood when we first saw it; nil: this is the first time
}

// Dismissal is who took a review away.
type Dismissal struct {
	By    UserID      `json:"by"`
	Was   ReviewState `json:"was"` // what the review said before
	At    time.Time   `json:"at"`
	First *Standing   `json:"first,omitempty"` // how By stood when we first saw it; nil: as By stands now
}

// Standing is what was true of a reviewer when the review was first seen. It keeps a
// request for changes blocking when its author later loses the standing.
type Standing struct {
	CanWrite    bool     `json:"can_write"`
	Contributor bool     `json:"contributor"`
	Teams       []string `json:"teams,omitempty"` // of those that the policy named: slugs
}

// BaseShift is one change of a pull request's base branch, the automatic one included.
type BaseShift struct {
	Pull int64     `json:"pull"`
	From string    `json:"from"`
	To   string    `json:"to"`
	At   time.Time `json:"at"`
}

// CheckRun is one check run on the head. Words are GitHub's, lower case.
type CheckRun struct {
	ID         int64     `json:"id"`
	Suite      int64     `json:"suite"`
	App        int64     `json:"app"`
	AppSlug    string    `json:"app_slug,omitempty"`
	Workflow   string    `json:"workflow,omitempty"` // path of the workflow file that its suite ran, if any
	Name       string    `json:"name"`
	Status     string    `json:"status"`     // completed, or anything else: not yet
	Conclusion string    `json:"conclusion"` // empty until completed
	At         time.Time `json:"at"`         // started
	// Attempt is that of the workflow run whose job this is, from 1. 0: it is no job, such as
	// what a job posted with its token, or it was not asked: it then neither replaces another
	// of its name nor counts as one of the workflow's.
	Attempt int `json:"attempt,omitempty"`
}

// CheckSuite is one check suite on the head that has runs.
type CheckSuite struct {
	ID      int64     `json:"id"`
	App     int64     `json:"app"`
	AppSlug string    `json:"app_slug,omitempty"`
	Status  string    `json:"status"`
	At      time.Time `json:"at"` // created
}

// Status is the newest commit status of one context on the head or, Hidden, the newest of
// somebody else in that context.
type Status struct {
	Context string    `json:"context"`
	State   string    `json:"state"` // error, expected, failure, pending, success
	By      UserID    `json:"by"`    // 0: nobody that GitHub could resolve
	At      time.Time `json:"at"`
	Token   bool      `json:"token,omitempty"`  // posted with the token of a job of GitHub Actions: anybody's who can write
	Hidden  bool      `json:"hidden,omitempty"` // somebody else's stands over it; read where that one's could be made up
}

// Person is what the rules may know of somebody named in a Change.
type Person struct {
	ID       UserID `json:"id"`
	Bot      bool   `json:"bot,omitempty"`       // not a person: an app, or a mannequin
	CanWrite bool   `json:"can_write,omitempty"` // to the repository, now; read for reviewers and dismissers alone
	// Permission is what the person may do to the repository, now: admin, maintain, write,
	// triage, read or none; empty: not read. FactPermissions.
	Permission string `json:"permission,omitempty"`
}

// Team is a team that the policy names, as it stood at AsOf.
type Team struct {
	Slug    string    `json:"slug"` // lower case
	ID      int64     `json:"id,omitempty"`
	Missing bool      `json:"missing,omitempty"` // no such team, or one that the app may not see
	Members []UserID  `json:"members,omitempty"` // active members, child teams included; of those named in the Change
	AsOf    time.Time `json:"as_of"`
	// Pinned is the id that we first saw under the slug; 0: this is the first. A policy that
	// writes no id means that one: another team under the slug seats nobody.
	Pinned int64  `json:"pinned,omitempty"`
	Joins  []Join `json:"joins,omitempty"` // of Members; FactJoins
}

// Join is since when somebody has been a member of a team without a break, as far as we
// know. A member without one may have joined just now.
type Join struct {
	ID    UserID    `json:"id"`
	Since time.Time `json:"since"`        // when we first saw it
	By    UserID    `json:"by,omitempty"` // who added them; 0: not known
}

// Labeling is a label that was put on a pull request, or taken off.
type Labeling struct {
	Pull  int64     `json:"pull"`
	Label string    `json:"label"`
	Added bool      `json:"added"`
	By    UserID    `json:"by"` // 0: nobody that GitHub could resolve
	At    time.Time `json:"at"`
}

// Thread is one conversation of a review.
type Thread struct {
	ID         string `json:"id"` // GitHub's node id
	Pull       int64  `json:"pull"`
	By         UserID `json:"by"` // who began it
	Resolved   bool   `json:"resolved,omitempty"`
	ResolvedBy UserID `json:"resolved_by,omitempty"`
}

// Waiver is what somebody said to let the change pass a rule. Whether they may is for the
// rules to say.
type Waiver struct {
	ID     int64     `json:"id"` // of the comment
	Pull   int64     `json:"pull"`
	Rule   string    `json:"rule"` // as it was written; case is folded
	By     UserID    `json:"by"`
	At     time.Time `json:"at"`
	Exact  string    `json:"exact"`            // exact fingerprint of the diff that it was said of; empty: unknown
	Reason string    `json:"reason,omitempty"` // free text: never part of a finding
}

// Declared is an emergency that somebody declared for the change. Whether they may is for
// the rules to say.
type Declared struct {
	ID       int64     `json:"id"` // of the comment
	Pull     int64     `json:"pull"`
	By       UserID    `json:"by"`
	At       time.Time `json:"at"`
	Severity string    `json:"severity,omitempty"` // as it was written; never part of a finding
	Incident string    `json:"incident,omitempty"` // as it was written; never part of a finding
}

// Notice is something that a verdict has to say beside its findings, and that decides
// nothing: about the policy in force, or about other pull requests.
type Notice struct {
	Code NoticeCode `json:"code"`
	File string     `json:"file,omitempty"`
	Line int        `json:"line,omitempty"` // of the first error in File; 0: not known
	Team string     `json:"team,omitempty"` // of NoticeOwnersStandIn, as the policy writes it
	Pull int64      `json:"pull,omitempty"` // of NoticeObjected: the number of the other pull request
}

// NoticeCode is the stable name of a Notice.
type NoticeCode string

// The notices.
const (
	// NoticeBrokenPolicy: the repository's file does not parse; the floor judges, with the
	// last file that did parse if there is one.
	NoticeBrokenPolicy NoticeCode = "policy.broken"
	// NoticePolicyNotRegular: the repository's file is a link, a directory or too large.
	NoticePolicyNotRegular NoticeCode = "policy.not_regular"
	// NoticePolicyTwice: another file beside the policy's own reads like a policy, or stands in
	// its place under a name that is not quite right.
	NoticePolicyTwice NoticeCode = "policy.twice"
	// NoticeFloorGone: the organisation's file is not there any more, or not shown to the app;
	// the last good one stays.
	NoticeFloorGone NoticeCode = "policy.floor_gone"
	// NoticeFloorReplaced: another repository has the name of the organisation's, with another
	// file; the last good one stays.
	NoticeFloorReplaced NoticeCode = "policy.floor_replaced"
	// NoticeOwnersStandIn: the built-in policy names a team that cannot be seen, and owners of
	// the organisation stand in for it. Evaluate adds it.
	NoticeOwnersStandIn NoticeCode = "policy.owners_stand_in"
	// NoticeObjected: changes of the very diff were requested in another pull request, and
	// nobody lifted it there. Evaluate adds it.
	NoticeObjected NoticeCode = "diff.objected"
)
