package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/rules/calendar"
)

// Shipment is what the rules before an environment judge: one commit on its way there, and
// the changes that it brings. Like a Change it holds facts alone.
type Shipment struct {
	Repo        Repo         `json:"repo"`
	Environment string       `json:"environment"` // as GitHub writes it
	Commit      string       `json:"commit"`      // 40 hex digits
	Tree        string       `json:"tree"`        // of the commit; empty: unknown
	TakenAt     time.Time    `json:"taken_at"`
	By          UserID       `json:"by,omitempty"`   // who triggered this attempt; 0: nobody that GitHub could resolve
	Rollback    bool         `json:"rollback"`       // it goes by the rollback lane: what that waives has no weight
	Changes     []Landed     `json:"changes"`        // that it brings, by pull request
	Runs        []CheckRun   `json:"runs,omitempty"` // on the commit, but ours
	Suites      []CheckSuite `json:"suites,omitempty"`
	Status      []Status     `json:"statuses,omitempty"`
	OwnApp      int64        `json:"own_app"`

	Deployments []Deployment      `json:"deployments,omitempty"` // to any environment, by when they were made
	SignOffs    []SignedOff       `json:"sign_offs,omitempty"`   // by time; those withdrawn are left out
	Calendars   []CalendarFile    `json:"calendars,omitempty"`   // the .ics files that the policy names
	People      []Person          `json:"people,omitempty"`      // whoever is named here, but in Changes
	Teams       []Team            `json:"teams,omitempty"`
	Logins      map[string]UserID `json:"logins,omitempty"`
	Owners      []UserID          `json:"owners,omitempty"`
	Read        []Fact            `json:"read,omitempty"`
	Gaps        []Gap             `json:"gaps,omitempty"`
}

// Landed is a change that the shipment brings, as it was when it was merged.
type Landed struct {
	Change Change `json:"change"`
	Commit string `json:"commit"`           // that put it on the branch
	Diff   string `json:"landed,omitempty"` // landed fingerprint of what that commit put there; empty: unknown
	// MergedBy is who merged it, or put it into the merge queue that did; 0: not known. It is
	// read where the policy asks (see Policy.Separates).
	MergedBy UserID   `json:"merged_by,omitempty"`
	Reviewed []UserID `json:"reviewed_by,omitempty"` // who completed the post-mortems of its emergencies
}

// Relation is how a commit stands to the one that is to be deployed.
type Relation string

// The relations. What cannot be told is taken for an ancestor.
const (
	Ancestor   Relation = "ancestor"
	Descendant Relation = "descendant"
	Diverged   Relation = "diverged"
	Same       Relation = "same"
)

// Deployment is one deployment that GitHub knows of.
type Deployment struct {
	ID          int64     `json:"id"`
	Environment string    `json:"environment"`
	Commit      string    `json:"commit"`
	Tree        string    `json:"tree,omitempty"`
	Relation    Relation  `json:"relation,omitempty"`
	At          time.Time `json:"at"`                 // created
	Succeeded   time.Time `json:"succeeded,omitzero"` // when it first reached success; zero: it did not
	Failed      bool      `json:"failed,omitempty"`   // it ended in failure or error, be it after success
	Workflow    string    `json:"workflow,omitempty"` // path of the workflow file whose job made it; empty: none
	Job         bool      `json:"job,omitempty"`      // GitHub itself reports that job as succeeded, run at this commit with the default branch's file
	App         string    `json:"app,omitempty"`      // slug of the app that made it; empty: a person
	AppID       int64     `json:"app_id,omitempty"`
}

// SignedOff is somebody's word that something may be deployed. Whether it counts is for
// the rules to say.
type SignedOff struct {
	ID     int64     `json:"id"` // of the comment, or of the click
	Name   string    `json:"name"`
	Pull   int64     `json:"pull"`
	By     UserID    `json:"by"`
	At     time.Time `json:"at"`
	Commit string    `json:"commit"`           // that its giver saw
	Landed string    `json:"landed,omitempty"` // landed fingerprint of the change that its giver saw; empty: unknown
}

// CalendarFile is a file of holidays.
type CalendarFile struct {
	Path  string         `json:"path"`
	Days  []calendar.Day `json:"days,omitempty"`
	Since time.Time      `json:"unreadable_since,omitzero"` // zero: it could be read
}

// BeforeDeployment is the stage of a verdict about a Shipment.
const BeforeDeployment Stage = "deployment"

// EvaluateShipment judges a shipment by the rules before its environment, on the union of
// its changes, as of one moment. Rules of other moments are left out. It says nothing about
// whether the changes were judged before they were merged, and a verdict without findings
// passes: both are for package deploy to weigh. It is pure, as Evaluate is.
func EvaluateShipment(p Policy, s Shipment, at time.Time) Verdict {
	j := newShipmentJudge(s, at)
	j.policy = p
	v := Verdict{Stage: BeforeDeployment, At: at.UTC(), Evaluator: Evaluator, Findings: []Finding{}, Outcome: Pass}
	for _, l := range p.Layers {
		here := l.environmentsOf(s.Environment)
		for _, r := range l.Rules {
			if r.Stage == BeforeMerge || !slices.Contains(here, string(r.Stage)) {
				continue
			}
			f := j.before(p, l, r)
			if f.Outcome.Worse(v.Outcome) {
				v.Outcome = f.Outcome
			}
			v.Findings = append(v.Findings, f)
		}
	}
	if len(j.Gaps) > 0 {
		v.Findings = append(v.Findings, blameless(BeforeDeployment, Reason{Outcome: Indeterminate, Code: FactsIncomplete, Gaps: j.Gaps}))
		v.Outcome = Indeterminate
	}
	v.Notices, v.Recheck = j.notices, j.recheck
	return v
}

// before judges one rule before the environment. A waiver or an emergency takes it from its
// own change alone: the others keep it, and where they are held by it, it says first whose it
// is not.
func (j *judge) before(p Policy, l Layer, r Rule) Finding {
	one := j.applies(p, l, r, r.Stage)
	if !one.applied || one.relief != nil {
		return j.finding(one)
	}
	if back := j.rollback(p, l, r); back != nil {
		one.relief = back
		return j.finding(one)
	}
	rest := *j.shipment
	rest.Changes = nil
	var reliefs []Reason
	for _, c := range j.shipment.Changes {
		of := j.ofChange(c.Change)
		relief := of.waiver(l, r)
		if relief == nil {
			relief = of.emergency(p, l, r)
		}
		if relief == nil {
			rest.Changes = append(rest.Changes, c)
			continue
		}
		for _, pull := range c.Change.Pulls {
			relief.Relief.Pulls = append(relief.Relief.Pulls, pull.Number)
		}
		j.again(relief.Relief.Until)
		reliefs = append(reliefs, *relief)
	}
	if len(reliefs) == 0 {
		return j.finding(one)
	}
	if len(rest.Changes) > 0 {
		others := newShipmentJudge(rest, j.at)
		others.policy = p
		if left := others.applies(p, l, r, r.Stage); left.applied {
			f := others.finding(left)
			j.again(others.recheck)
			if f.Outcome.Blocks() {
				f.Reasons = append(reliefs, f.Reasons...)
			}
			return f
		}
	}
	one.relief = &reliefs[0]
	f := j.finding(one)
	if f.Outcome == Waived {
		f.Reasons = slices.Insert(f.Reasons, 1, reliefs[1:]...)
	}
	return f
}

// ofChange judges one change of the shipment, with what is known now of people and teams.
func (j *judge) ofChange(c Change) *judge {
	c.People, c.Teams, c.Owners, c.Logins = j.People, j.Teams, j.Owners, j.Logins
	return newJudge(c, j.at)
}

// rollback returns what the rollback lane makes of a rule, nil: nothing.
func (j *judge) rollback(p Policy, of Layer, r Rule) *Reason {
	if !j.shipment.Rollback {
		return nil
	}
	for _, l := range p.Layers {
		if l.Rollback == nil || !l.reaches(of, r) || !slices.ContainsFunc(l.Rollback.Waives, func(w string) bool { return strings.EqualFold(w, r.Name) }) {
			continue
		}
		if role, ok := j.seat(l, l.Rollback.By, j.shipment.By); ok && !j.people[j.shipment.By].Bot {
			return &Reason{Outcome: Waived, Code: RuleRollback, Relief: &Relief{By: j.shipment.By, Group: role.group, Layer: l.Name}}
		}
	}
	return nil
}

// newShipmentJudge judges the changes of a shipment as one: whatever one of them touches,
// is labelled or says, the shipment does. Its size is that of the largest.
func newShipmentJudge(s Shipment, at time.Time) *judge {
	var all []Change
	for _, l := range s.Changes {
		all = append(all, l.Change)
	}
	one := Change{
		Repo: s.Repo, Head: s.Commit, TakenAt: s.TakenAt, SeenAt: s.TakenAt, OwnApp: s.OwnApp, Read: s.Read,
		Runs: s.Runs, Suites: s.Suites, Status: s.Status, Logins: s.Logins, Gaps: slices.Clone(s.Gaps),
	}
	// What was read for this deployment is newer than what was read at each merge.
	readings := []Change{{People: s.People, Teams: s.Teams, Owners: s.Owners}}
	for _, c := range all {
		one.Base = cmp.Or(one.Base, c.Base)
		one.Pulls = append(one.Pulls, c.Pulls...)
		one.Files = append(one.Files, c.Files...)
		one.Labelings = append(one.Labelings, c.Labelings...)
		one.Commits = append(one.Commits, c.Commits...)
		one.Gaps = append(one.Gaps, c.Gaps...)
		one.Read = slices.DeleteFunc(slices.Clone(one.Read), func(f Fact) bool { return !slices.Contains(c.Read, f) })
		readings = append(readings, c)
	}
	one.People, one.Teams = people(readings)
	one.Owners = owners(readings)
	j := newJudge(one, at)
	j.shipment = &s
	j.who = authorship{by: map[UserID]contribution{}}
	for _, c := range all {
		a := authors(c)
		for _, id := range a.order {
			j.who.add(id, a.by[id])
		}
		for _, what := range a.unknown {
			j.who.doubt(what)
		}
	}
	return j
}

// RollbackReach returns how long ago a commit may have been good for whoever triggered the
// shipment to roll back to it, and false if the floor does not let them: it has to be a
// person of the group, never a bot. A repository's file opens no lane of its own.
func RollbackReach(p Policy, s Shipment) (time.Duration, bool) {
	floor := p.Layers[0]
	if floor.Rollback == nil {
		return 0, false
	}
	j := newShipmentJudge(s, s.TakenAt)
	_, ok := j.seat(floor, floor.Rollback.By, s.By)
	return floor.Rollback.Reach, ok && !j.people[s.By].Bot
}
