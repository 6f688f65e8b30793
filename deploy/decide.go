package deploy

import (
	"slices"
	"time"

	"github.com/changewarden/changewarden/rules"
)

// Answer is what the gate says.
type Answer string

// The answers. Whatever may still come holds; rejected is only what no later fact can make
// deployable.
const (
	Approve Answer = "approve"
	Hold    Answer = "hold"
	Reject  Answer = "reject"
)

// Decision is the gate's answer about one deployment at one moment.
type Decision struct {
	Answer   Answer        `json:"answer"`
	At       time.Time     `json:"at"`
	Rollback bool          `json:"rollback,omitempty"` // it goes by the rollback lane
	Reasons  []Reason      `json:"reasons"`            // of the gate itself, the heaviest first
	Verdict  rules.Verdict `json:"verdict"`            // of the rules before the environment
	Recheck  time.Time     `json:"recheck,omitzero"`   // when the decision could next change by itself; zero: never
}

// Reason is one of the gate's own.
type Reason struct {
	Answer  Answer    `json:"answer"`
	Code    Code      `json:"code"`
	Commits []Commit  `json:"commits,omitempty"` // those that the reason is about
	Waits   []Wait    `json:"waits,omitempty"`
	Issues  []int64   `json:"issues,omitempty"` // post-mortems
	Until   time.Time `json:"until,omitzero"`
}

// Code is the stable name of a gate's reason.
type Code string

// The reason codes.
const (
	EnvironmentUnknown Code = "gate.environment_unknown" // no policy names it
	RunEvent           Code = "gate.run_event"           // started by an event that others control
	RunBranch          Code = "gate.run_branch"          // not on a governed branch
	RunWorkflow        Code = "gate.run_workflow"        // its file is not the governed branch's
	CommitUnbranched   Code = "gate.commit_unbranched"   // no governed branch holds the commit
	CommitsUnaccounted Code = "gate.commits_unaccounted"
	RouteUnknown       Code = "gate.route_unknown" // how it stands to what runs there cannot be told
	BehindGood         Code = "gate.behind"        // a rollback that the lane does not take
	PostMortemOverdue  Code = "gate.post_mortem_overdue"
	GitHubWaits        Code = "gate.github_waits" // GitHub's reviewers or timer are open
	ClockSkewed        Code = "gate.clock_skewed"
	Expired            Code = "gate.expired" // GitHub gives up soon
	CommitsAccounted   Code = "gate.commits_accounted"
)

const (
	// patience is for how long GitHub waits for an answer, less a day to give it.
	patience = 29 * 24 * time.Hour
	// maxSkew is how far our clock may be from GitHub's: windows are a matter of minutes.
	maxSkew = time.Minute
)

// events are those by which a run can be trusted to run what the branch holds. Others run
// with a commit or an input that somebody else chose.
var events = []string{"push", "workflow_dispatch", "schedule", "merge_group", "deployment"}

// Decide answers a request by the policy as of one moment. It is pure: equal arguments give
// decisions with equal JSON.
func Decide(p rules.Policy, r Request, at time.Time) Decision {
	d := Decision{At: at.UTC(), Reasons: []Reason{}}
	d.Rollback = lane(p, r, at)
	r.Shipment.Rollback = d.Rollback
	d.Verdict = rules.EvaluateShipment(p, r.Shipment, at)
	d.Recheck = d.Verdict.Recheck
	giveUp := r.AskedAt.Add(patience)
	d.again(giveUp)

	if !p.Gates(r.Shipment.Environment) {
		d.add(Reason{Answer: Hold, Code: EnvironmentUnknown})
	}
	d.run(r)
	d.commits(r)
	d.overdue(p, r)
	if len(r.Waits) > 0 {
		d.add(Reason{Answer: Hold, Code: GitHubWaits, Waits: r.Waits})
		for _, w := range r.Waits {
			d.again(w.Until)
		}
	}
	if r.Skew.Abs() > maxSkew {
		d.add(Reason{Answer: Hold, Code: ClockSkewed})
	}
	d.Answer = Approve
	if d.Verdict.Outcome.Blocks() {
		d.Answer = Hold
	}
	for _, reason := range d.Reasons {
		d.Answer = heavier(d.Answer, reason.Answer)
	}
	if d.Answer == Hold && !giveUp.After(at) {
		d.add(Reason{Answer: Reject, Code: Expired, Until: giveUp.UTC()})
		d.Answer = Reject
	}
	if d.Answer != Hold {
		d.Recheck = time.Time{}
	}
	slices.SortStableFunc(d.Reasons, func(a, b Reason) int { return weight(b.Answer) - weight(a.Answer) })
	return d
}

// run judges who and what asks: a good commit under an event whose input others choose, on
// a branch that nobody governs or with a workflow file of its own proves nothing.
func (d *Decision) run(r Request) {
	if !slices.Contains(events, r.Run.Event) {
		d.add(Reason{Answer: Reject, Code: RunEvent})
	}
	if !r.Run.Governed {
		d.add(Reason{Answer: Reject, Code: RunBranch})
	}
	if !r.Run.Same {
		d.add(Reason{Answer: Hold, Code: RunWorkflow})
	}
}

// commits judges whether every commit is accounted for.
func (d *Decision) commits(r Request) {
	if !r.Branched {
		d.add(Reason{Answer: Hold, Code: CommitUnbranched})
	}
	switch r.Route {
	case Behind:
		if !d.Rollback {
			d.add(Reason{Answer: Hold, Code: BehindGood})
		}
	case Ahead, Identical, Diverged:
	default:
		d.add(Reason{Answer: Hold, Code: RouteUnknown})
		return
	}
	var left, excepted []Commit
	for _, c := range r.Commits {
		if !c.Status.Conforms() {
			left = append(left, c)
		} else if c.Status == Excepted {
			excepted = append(excepted, c)
		}
	}
	if len(left) > 0 && !d.Rollback {
		d.add(Reason{Answer: Hold, Code: CommitsUnaccounted, Commits: left})
		return
	}
	d.add(Reason{Answer: Approve, Code: CommitsAccounted, Commits: excepted})
}

// overdue holds standard deployments where a post-mortem is late and the policy says so.
func (d *Decision) overdue(p rules.Policy, r Request) {
	if d.Rollback || rules.InEmergency(p, r.Shipment, d.At) {
		return
	}
	var issues []int64
	for _, o := range r.Overdue {
		if o.Blocks && !o.Due.After(d.At) {
			issues = append(issues, o.Issue)
		} else if o.Blocks {
			d.again(o.Due)
		}
	}
	if len(issues) > 0 {
		d.add(Reason{Answer: Hold, Code: PostMortemOverdue, Issues: issues})
	}
}

// lane reports whether the deployment goes by the rollback lane: to a commit that the gate
// approved and that was good here, within its reach, by somebody of its group.
func lane(p rules.Policy, r Request, at time.Time) bool {
	if r.Good == nil || r.Good.Bad || r.Route != Behind {
		return false
	}
	reach, ok := rules.RollbackReach(p, r.Shipment)
	return ok && !r.Good.At.Add(reach).Before(at)
}

func (d *Decision) add(r Reason) { d.Reasons = append(d.Reasons, r) }

// again asks for another look at that time.
func (d *Decision) again(at time.Time) {
	if at.After(d.At) && (d.Recheck.IsZero() || at.Before(d.Recheck)) {
		d.Recheck = at.UTC()
	}
}

func weight(a Answer) int { return slices.Index([]Answer{Approve, Hold, Reject}, a) }

func heavier(a, b Answer) Answer {
	if weight(b) > weight(a) {
		return b
	}
	return a
}
