package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DeployedFacts is what a deployed requirement rests on. Deployments are named by their ids.
type DeployedFacts struct {
	To         string    `json:"to"`
	ID         int64     `json:"id,omitempty"`          // the deployment that counts, or that is in the way
	OtherSHA   string    `json:"other_sha,omitempty"`   // it is of another commit with the same tree
	At         time.Time `json:"at,omitzero"`           // when it succeeded
	Soaked     time.Time `json:"soaked,omitzero"`       // when it will have been there for long enough
	Claimed    []int64   `json:"claimed,omitempty"`     // successes that prove nothing: whoever can write could have posted them
	RolledBack int64     `json:"rolled_back,omitempty"` // the later deployment of an ancestor
	Missing    []string  `json:"missing,omitempty"`     // checks that did not pass after it
}

// deployed judges whether the commit runs elsewhere. A success counts if GitHub reports the
// job that made it, or one stands behind it whom the policy names; a failure or a rollback
// holds, whoever says so.
func (j *judge) deployed(l Layer, d Deployed) Reason {
	facts := &DeployedFacts{To: d.To}
	answer := func(o Outcome, code Code) Reason { return Reason{Outcome: o, Code: code, Deployed: facts} }
	var there []Deployment
	for _, one := range j.shipment.Deployments {
		if l.Environments[d.To].matches(one.Environment) {
			there = append(there, one)
		}
	}
	slices.SortStableFunc(there, func(a, b Deployment) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	newest := -1
	for i, one := range there {
		same := one.Commit == j.shipment.Commit || one.Tree != "" && one.Tree == j.shipment.Tree
		switch {
		case !same:
		case one.Failed || one.Succeeded.IsZero() || d.proven(one):
			newest = i
		default:
			facts.Claimed = append(facts.Claimed, one.ID)
		}
	}
	if newest < 0 {
		if len(facts.Claimed) > 0 {
			return answer(Pending, DeployedClaimed)
		}
		return answer(Pending, DeployedMissing)
	}
	one := there[newest]
	facts.ID, facts.At = one.ID, one.Succeeded
	if one.Commit != j.shipment.Commit {
		facts.OtherSHA = one.Commit
	}
	switch {
	case one.Failed:
		return answer(Pending, DeployedFailed)
	case one.Succeeded.IsZero():
		return answer(Pending, DeployedRunning)
	}
	for _, later := range there[newest+1:] {
		back := later.Relation == Ancestor || later.Relation == ""
		if back && later.Commit != j.shipment.Commit && !later.Succeeded.IsZero() && !later.Failed {
			facts.RolledBack = later.ID
			return answer(Pending, DeployedRolledBack)
		}
	}
	if facts.Missing = j.passedSince(d.Checks, one.Succeeded); len(facts.Missing) > 0 {
		return answer(Pending, DeployedChecks)
	}
	if soaked := one.Succeeded.Add(d.HealthyFor); soaked.After(j.at) {
		facts.Soaked = soaked.UTC()
		j.again(soaked)
		return answer(Pending, DeployedSoaking)
	}
	return answer(Pass, DeployedDone)
}

// proven reports whether a deployment's success is more than a claim: made by whom the
// policy names, else by a job that GitHub itself reports.
func (d Deployed) proven(one Deployment) bool {
	if slices.ContainsFunc(d.Apps, func(a string) bool {
		return one.App != "" && strings.EqualFold(a, one.App) || one.AppID != 0 && a == strconv.FormatInt(one.AppID, 10)
	}) {
		return true
	}
	if !one.Job {
		return false
	}
	if len(d.Workflows) == 0 {
		return len(d.Apps) == 0
	}
	return slices.ContainsFunc(d.Workflows, func(w string) bool { return workflow(w, one.Workflow) })
}

// passedSince returns those of the globs that no check run on the commit matches which
// began after that moment and succeeded.
func (j *judge) passedSince(globs []string, since time.Time) []string {
	var missing []string
	for _, g := range globs {
		if !slices.ContainsFunc(j.Runs, func(r CheckRun) bool {
			return r.App != j.OwnApp && r.Status == completed && r.Conclusion == success && !r.At.Before(since) && compileGlob(g).match(r.Name)
		}) {
			missing = append(missing, g)
		}
	}
	return missing
}
