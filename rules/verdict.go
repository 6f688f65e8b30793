package rules

import "time"

// Outcome is the answer of a rule, or of the policy.
type Outcome string

// The outcomes. A policy's is one of the first four.
const (
	Pass          Outcome = "pass"
	Pending       Outcome = "pending"       // something may still come
	Fail          Outcome = "fail"          // something was said that blocks
	Indeterminate Outcome = "indeterminate" // a fact is definitely missing
	Waived        Outcome = "waived"        // not met, and somebody who may let it pass did
	Advice        Outcome = "advice"        // not met, and not enforced yet: shown, without weight
	NotApplicable Outcome = "not_applicable"
	Ahead         Outcome = "ahead" // a rule of a later stage: listed, without weight
)

// Stage is the moment that a rule guards.
type Stage string

// BeforeMerge is the stage of a rule that does not say another.
const BeforeMerge Stage = "merge"

// Evaluator names the version of the judging code. It changes whenever the same policy,
// change and time could give other bytes.
const Evaluator = "changewarden/3"

// Verdict is a policy's answer about one change at one moment.
type Verdict struct {
	Outcome   Outcome   `json:"outcome"`
	Stage     Stage     `json:"stage"`
	At        time.Time `json:"at"`
	Evaluator string    `json:"evaluator"`
	Findings  []Finding `json:"findings"` // in the order of the policy, the floor's first
	Notices   []Notice  `json:"notices,omitempty"`
	Recheck   time.Time `json:"recheck,omitzero"` // when the verdict could next change by itself; zero: never
}

// Finding is one rule's answer.
type Finding struct {
	Rule    string   `json:"rule"`            // empty for what no rule can be blamed for (facts, no rules)
	Layer   string   `json:"layer,omitempty"` // Policy layer's name
	Stage   Stage    `json:"stage"`
	Outcome Outcome  `json:"outcome"`
	Because *Because `json:"because,omitempty"` // why the rule applies; nil if it always does, or does not
	// Reasons has one for each requirement; the heaviest is the finding's outcome. But in a
	// finding that is Waived or Advice the first says why, and the others have no weight.
	Reasons []Reason `json:"reasons"`
}

// Because is what made a rule's condition true.
type Because struct {
	Classes    []string `json:"classes,omitempty"`
	Files      []int    `json:"files,omitempty"` // indexes into Change.Files, ascending
	Labels     []string `json:"labels,omitempty"`
	Branch     string   `json:"branch,omitempty"`
	Heads      []int64  `json:"head_branches,omitempty"` // numbers of the Change.Pulls that come from one: its name may be somebody's
	Draft      *bool    `json:"draft,omitempty"`
	Authors    []UserID `json:"authors,omitempty"`
	NotClasses []string `json:"not_classes,omitempty"` // that the change is not in
	Size       *Size    `json:"size,omitempty"`
	Text       []string `json:"text,omitempty"`       // title, description: what of them matched
	Repository bool     `json:"repository,omitempty"` // the repository is one of those named
	Except     bool     `json:"except,omitempty"`     // what the rule leaves out, besides classes, does not hold
	Expr       bool     `json:"expr,omitempty"`       // its expression is true
	AllFiles   bool     `json:"all_files,omitempty"`  // the list of files is incomplete, or one cannot be looked into: every path is taken as touched
	Assumed    bool     `json:"assumed,omitempty"`    // labels, authorship or a team could not be known: the rule is taken to apply
}

// Size is how much a change touches.
type Size struct {
	Files int  `json:"files"`
	Lines int  `json:"lines,omitempty"` // added and removed
	More  bool `json:"more,omitempty"`  // the lines of a file cannot be counted: there are more
}

// Reason is one requirement's answer: a stable code and the facts it rests on.
type Reason struct {
	Outcome   Outcome        `json:"outcome"`
	Code      Code           `json:"code"`
	Approvals *ApprovalFacts `json:"approvals,omitempty"`
	Checks    *CheckFacts    `json:"checks,omitempty"`
	Gaps      []Gap          `json:"gaps,omitempty"`
	Unread    []Fact         `json:"unread,omitempty"`  // of FactsUnread
	Text      *TextFacts     `json:"text,omitempty"`    // of tickets and sections
	Commits   []string       `json:"commits,omitempty"` // of CommitsUnsigned and HistoryMerges
	Threads   *ThreadFacts   `json:"threads,omitempty"`
	Behind    int            `json:"behind,omitempty"` // of BaseBehind
	Deployed  *DeployedFacts `json:"deployed,omitempty"`
	SignOff   *SignOffFacts  `json:"sign_off,omitempty"`
	Window    *WindowFacts   `json:"window,omitempty"`
	Duties    *DutyFacts     `json:"duties,omitempty"` // of separation
	Relief    *Relief        `json:"relief,omitempty"` // of RuleExcepted, RuleWaived and the like
	Any       [][]Reason     `json:"any,omitempty"`    // of AnyMet and AnyOpen: the reasons of each alternative
}

// Code is the stable name of a reason.
type Code string

// The reason codes. docs and say know each of them.
const (
	ApprovalsEnough         Code = "approvals.enough"
	ApprovalsMissing        Code = "approvals.missing"
	ApprovalsObjection      Code = "approvals.objection"       // a request for changes blocks
	ApprovalsUnknownTeam    Code = "approvals.unknown_team"    // a team is missing and the rest is not enough
	ApprovalsUnknownAuthors Code = "approvals.unknown_authors" // unknown_authors: block
	ChecksPassed            Code = "checks.passed"
	ChecksPending           Code = "checks.pending" // queued, running, missing, or not settled
	ChecksFailed            Code = "checks.failed"
	ChecksNone              Code = "checks.none" // nothing succeeded, failed or is expected: no test is known
	TicketFound             Code = "ticket.found"
	TicketMissing           Code = "ticket.missing"
	SectionWritten          Code = "section.written"
	SectionMissing          Code = "section.missing" // no such heading
	SectionEmpty            Code = "section.empty"   // the heading is there, and too little text of one's own below it
	CommitsSigned           Code = "commits.signed"
	CommitsUnsigned         Code = "commits.unsigned"
	ConversationsDone       Code = "conversations.resolved"
	ConversationsOpen       Code = "conversations.open"
	HistoryLinear           Code = "history.linear"
	HistoryMerges           Code = "history.merges"
	BaseHeld                Code = "base.up_to_date"
	BaseBehind              Code = "base.behind"
	ExprTrue                Code = "expr.true"
	ExprFalse               Code = "expr.false"
	ExprUnknown             Code = "expr.unknown" // it rests on a fact that is missing, or cannot be worked out
	DeployedDone            Code = "deployed.done"
	DeployedMissing         Code = "deployed.missing"     // it was never deployed there
	DeployedClaimed         Code = "deployed.claimed"     // only such as anybody who can write could have posted
	DeployedRunning         Code = "deployed.running"     // the newest one has not ended
	DeployedFailed          Code = "deployed.failed"      // the newest one failed
	DeployedRolledBack      Code = "deployed.rolled_back" // an ancestor was deployed there afterwards
	DeployedChecks          Code = "deployed.checks"      // checks have not passed after it
	DeployedSoaking         Code = "deployed.soaking"     // it has not been there for long enough
	SignOffGiven            Code = "sign_off.given"
	SignOffMissing          Code = "sign_off.missing"
	SignOffRipens           Code = "sign_off.lead_time" // given, and its lead time is not over
	WindowOpen              Code = "window.open"
	WindowClosed            Code = "window.closed"
	WindowFrozen            Code = "window.frozen"
	WindowNever             Code = "window.never"      // it does not open in the next two years
	WindowUnreadable        Code = "window.unreadable" // one of its calendars cannot be read
	SeparationKept          Code = "separation.kept"
	SeparationTogether      Code = "separation.together" // one person has two of the duties
	SeparationVacant        Code = "separation.vacant"   // a duty is nobody's that has to be somebody's
	SeparationUnknown       Code = "separation.unknown"  // who has a duty cannot be told
	AnyMet                  Code = "any.met"
	AnyOpen                 Code = "any.open"
	FactsIncomplete         Code = "facts.incomplete"
	FactsUnread             Code = "facts.unread" // a fact that the rule rests on was not read
	NoRuleApplies           Code = "policy.no_rule_applies"
	RuleNotApplicable       Code = "rule.not_applicable"
	RuleAhead               Code = "rule.ahead"
	RuleExcepted            Code = "rule.excepted" // by an exception of a policy
	RuleWaived              Code = "rule.waived"   // by somebody, for this content
	RuleAdvice              Code = "rule.advice"   // not enforced yet
	RuleEmergency           Code = "rule.emergency"
	RuleRollback            Code = "rule.rollback"        // by the rollback lane
	EmergencyUnapproved     Code = "emergency.unapproved" // declared, and its own approval is missing: it waives nothing yet
	GroupUnknown            Code = "group.unknown"        // which pull requests a merge group holds cannot be told
	GroupMemberUnread       Code = "group.member_unread"
	GroupMemberMoved        Code = "group.member_moved" // a member is not what was queued
)

// ApprovalFacts is what an approvals requirement rests on. People are in the order of
// their reviews.
type ApprovalFacts struct {
	Need       int         `json:"need"`           // those asked for, plus one where authorship is unknown
	From       []string    `json:"from,omitempty"` // groups; empty: anybody who can write
	Counted    []Approval  `json:"counted,omitempty"`
	Dropped    []Dropped   `json:"dropped,omitempty"`
	Objections []Objection `json:"objections,omitempty"` // requests for changes that block
	Unknown    []string    `json:"unknown,omitempty"`    // commits without a known author; else UnknownPush and the like
	NoTeam     []string    `json:"no_team,omitempty"`    // teams that cannot be seen, as the policy writes them
	OtherTeam  []string    `json:"other_team,omitempty"` // teams whose slug another team has now: it seats nobody
	Unsure     bool        `json:"unsure,omitempty"`     // a request for changes may block: whether its author is in a group is not known
	Owners     []string    `json:"owners,omitempty"`     // teams that cannot be seen, for which owners stand in
	Seats      []Seat      `json:"seats,omitempty"`      // where the seats are distinct: all of them, of all rules; past two hundred the requirement's own
}

// Seat is one seat of the requirements whose seats are distinct.
type Seat struct {
	Rule string   `json:"rule"`
	From []string `json:"from,omitempty"` // groups; empty: anybody who can write
	By   UserID   `json:"by"`             // who sits there; 0: nobody
}

// What ApprovalFacts.Unknown may hold besides commits.
const (
	UnknownPush    = "push"         // a push to the head has no known pusher
	UnknownOpener  = "pull_request" // GitHub does not say who opened it
	UnknownCommits = "commits"      // the commits could not be read to their end
)

// Approval is an approval that counts, with the role its giver held when it did.
type Approval struct {
	By     UserID    `json:"by"`
	Review int64     `json:"review"`
	Group  string    `json:"group,omitempty"`
	Team   string    `json:"team,omitempty"` // slug, if membership of a team is why
	TeamID int64     `json:"team_id,omitempty"`
	AsOf   time.Time `json:"as_of,omitzero"`  // when membership or permission was read
	Write  bool      `json:"write,omitempty"` // could write to the repository
	// What the membership is of, if neither a team nor being named is why: a permission, or
	// owning the organisation.
	Permission string `json:"permission,omitempty"`
	Owner      bool   `json:"owner,omitempty"`
	Commit     string `json:"commit"`
}

// Dropped is an approval that does not count, and why.
type Dropped struct {
	By       UserID  `json:"by"`
	Review   int64   `json:"review"`
	Why      DropWhy `json:"why"`
	Commit   string  `json:"commit,omitempty"`    // the commit that makes By a contributor, or that was reviewed
	PushedBy UserID  `json:"pushed_by,omitempty"` // of DropCoAuthor: who pushed Commit, if that is known
	Rule     string  `json:"rule,omitempty"`      // of DropSeated: where By sits
}

// DropWhy is why an approval does not count.
type DropWhy string

// Why an approval does not count.
const (
	DropAuthor       DropWhy = "author"        // opened the pull request
	DropCommitAuthor DropWhy = "commit_author" // authored Commit
	DropCommitter    DropWhy = "committer"     // committed Commit
	DropPusher       DropWhy = "pusher"        // pushed Commit
	DropCoAuthor     DropWhy = "co_author"     // named in a trailer of Commit, and none of the above
	DropBot          DropWhy = "bot"
	DropGhost        DropWhy = "ghost"
	DropNoWrite      DropWhy = "no_write" // cannot write, and the rule names no group that holds them
	DropNotInGroup   DropWhy = "not_in_group"
	DropUnseenTeam   DropWhy = "unseen_team" // in no team that can be seen; one of the group's cannot
	DropStale        DropWhy = "stale"       // what was reviewed (Commit) is not what would be merged
	DropOtherBase    DropWhy = "other_base"  // the base changed afterwards
	DropDismissed    DropWhy = "dismissed"
	DropNewMember    DropWhy = "new_member" // not in the team for long enough, or put there by a contributor
	DropAged         DropWhy = "aged"       // older than the rule lets it be
	DropSeated       DropWhy = "seated"     // fills a distinct seat of Rule
	DropDeclarer     DropWhy = "declarer"   // declared the emergency that it is for
	DropLastSeat     DropWhy = "last_seat"  // a bot, where nobody else approves
)

// Objection is a request for changes that blocks.
type Objection struct {
	By          UserID `json:"by"`
	Review      int64  `json:"review"`
	Dismissed   bool   `json:"dismissed,omitempty"`    // in vain: by somebody who cannot lift it
	DismissedBy UserID `json:"dismissed_by,omitempty"` // who tried; 0: GitHub does not say
}

// CheckFacts is what a checks requirement rests on. Names are sorted.
type CheckFacts struct {
	Passed    []string  `json:"passed,omitempty"`
	Failed    []string  `json:"failed,omitempty"`    // name, and the conclusion in brackets
	Beside    []string  `json:"beside,omitempty"`    // of those that failed: something that is not their re-run succeeded under the name
	Running   []string  `json:"running,omitempty"`   // queued or running
	Missing   []string  `json:"missing,omitempty"`   // named, required or usual, and not reported
	Skipped   []string  `json:"skipped,omitempty"`   // skipped or neutral, where that is not enough
	WrongApp  []string  `json:"wrong_app,omitempty"` // reported by another app than the one named
	Claimed   []string  `json:"claimed,omitempty"`   // statuses posted by contributors: they never count
	Elsewhere []string  `json:"elsewhere,omitempty"` // no job of the workflow named
	Settles   time.Time `json:"settles,omitzero"`    // when it will have been quiet for long enough
	Since     time.Time `json:"since,omitzero"`      // since when something is missing: the head's first sight
	Overdue   bool      `json:"overdue,omitempty"`   // what is missing is so for longer than the rule's grace time
	App       string    `json:"app,omitempty"`       // who is expected to report, where the rule names it
	Workflow  string    `json:"workflow,omitempty"`
}

// TextFacts are what was found in the words of a pull request. They never hold the words.
type TextFacts struct {
	In      []string `json:"in,omitempty"`      // where a ticket may be named
	Found   []string `json:"found,omitempty"`   // where one is
	Heading string   `json:"heading,omitempty"` // of a section, as the policy writes it
	Words   int      `json:"words,omitempty"`   // of the author's own below it
	Need    int      `json:"need,omitempty"`
	Pulls   []int64  `json:"pulls,omitempty"`  // pull requests that lack it
	Others  []int64  `json:"others,omitempty"` // pull requests of other changes that name the same ticket
}

// Relief is what takes the weight from a rule, until then.
type Relief struct {
	Pulls  []int64   `json:"pulls,omitempty"`  // of a deployment of changes: whose part alone has it
	Until  time.Time `json:"until,omitzero"`   // zero: for this deployment
	By     UserID    `json:"by,omitempty"`     // who approved the exception, or waived the rule
	Group  string    `json:"group,omitempty"`  // as whose member they waived it
	Layer  string    `json:"layer,omitempty"`  // whose file says so
	Entry  int       `json:"entry,omitempty"`  // of an exception: its place in the file's list, from 1
	Waiver int64     `json:"waiver,omitempty"` // its id, or that of the declaration of an emergency
}

// ThreadFacts are the conversations that are open.
type ThreadFacts struct {
	Open int      `json:"open"`
	Own  int      `json:"own,omitempty"` // of them, those that a contributor resolved, which is not enough
	By   []UserID `json:"by"`            // who began them, each once
}
