// Package deploy judges the moment: whether a deployment that waits at an environment may
// go on now, has to be held, or can never go on as it is. What the rules before the
// environment say of it is for package rules; this package weighs that together with the
// run that asks, every commit that it would bring, and what is still open on GitHub.
//
// It is pure: no I/O, no clock, no logger. Time is an argument.
package deploy

import (
	"time"

	"github.com/changewarden/changewarden/rules"
)

// Request is a deployment that waits for an answer, with all that was read about it.
type Request struct {
	Shipment rules.Shipment `json:"shipment"`
	Run      Run            `json:"run"`
	AskedAt  time.Time      `json:"asked_at"`          // when GitHub began to wait for the answer
	From     Origin         `json:"from"`              // from where on commits are accounted for
	Route    Route          `json:"route"`             // how the commit stands to that
	Commits  []Commit       `json:"commits,omitempty"` // between the two, oldest first
	Branched bool           `json:"branched"`          // a governed branch holds the commit
	Waits    []Wait         `json:"waits,omitempty"`   // GitHub's own rules of the environment that are still open
	Overdue  []Overdue      `json:"overdue,omitempty"` // post-mortems of the repository
	Good     *Good          `json:"good,omitempty"`    // when the commit ran here before; nil: it did not
	Skew     time.Duration  `json:"skew,omitempty"`    // how far our clock is from GitHub's
}

// Run is the workflow run that asks. A run is judged, not its commit alone.
type Run struct {
	ID        int64        `json:"id"`
	Attempt   int          `json:"attempt"`
	Event     string       `json:"event"`              // GitHub's word: push, workflow_dispatch, schedule, …
	Workflow  string       `json:"workflow,omitempty"` // path of the workflow file; empty: unknown
	Branch    string       `json:"branch,omitempty"`   // that it runs on; empty: a tag, or unknown
	Governed  bool         `json:"governed"`           // that branch is governed
	Same      bool         `json:"same_file"`          // its workflow file at the commit is the governed branch's
	Triggered rules.UserID `json:"triggered_by"`       // who triggered this attempt; 0: nobody that GitHub could resolve
}

// Origin is the last commit of the environment that the gate approved and that was good
// there or, where there is none, where accounting begins.
type Origin struct {
	Commit   string    `json:"commit,omitempty"`
	Decision int64     `json:"decision,omitempty"` // our own; 0: none, accounting begins here
	At       time.Time `json:"at,omitzero"`
}

// Route is how the commit stands to the Origin, in GitHub's words.
type Route string

// The routes.
const (
	Ahead     Route = "ahead"
	Identical Route = "identical"
	Behind    Route = "behind"   // a rollback
	Diverged  Route = "diverged" // another line: what both have in common is left out
	Unknown   Route = "unknown"
)

// Commit is one that the deployment would bring.
type Commit struct {
	SHA    string `json:"sha"`
	Pull   int64  `json:"pull,omitempty"` // whose merge put it on the branch; 0: nobody's
	Status Status `json:"status"`
}

// Status is what is known of how a commit came to the branch.
type Status string

// The statuses of a commit.
const (
	Conforming Status = "conforming" // by the merge of a change that was passed
	Excepted   Status = "excepted"   // it was not, and an exception is recorded
	Direct     Status = "direct"     // by no pull request
	Red        Status = "red"        // by a merge over a verdict that blocked
	Unjudged   Status = "unjudged"   // by a merge that nothing was judged before
	Differs    Status = "differs"    // what landed is not what was judged
)

// Conforms reports whether a commit of the status may be deployed.
func (s Status) Conforms() bool { return s == Conforming || s == Excepted }

// Wait is one of GitHub's own rules of the environment that is still open: the decision
// comes last of all.
type Wait struct {
	Kind  WaitKind  `json:"kind"`
	Until time.Time `json:"until,omitzero"` // of a timer
}

// WaitKind says which of GitHub's rules is open.
type WaitKind string

// GitHub's own rules.
const (
	WaitReviewers WaitKind = "reviewers"
	WaitTimer     WaitKind = "timer"
)

// Overdue is a post-mortem of the repository that is not complete and should be.
type Overdue struct {
	Issue  int64     `json:"issue"` // its number
	Due    time.Time `json:"due"`
	Blocks bool      `json:"blocks"` // the policy says so
}

// Good is the last time that the gate approved the commit for the environment and it was
// good there.
type Good struct {
	Decision int64     `json:"decision"`
	At       time.Time `json:"at"`
	Bad      bool      `json:"bad,omitempty"` // it was itself rolled back from, or marked bad, since
}
