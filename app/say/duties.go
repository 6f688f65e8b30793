package say

import (
	"fmt"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// did is what somebody did, or does, who has a duty.
var did = map[rules.Duty]string{
	rules.DutyAuthor: "wrote it", rules.DutyApprover: "approved it", rules.DutyMerger: "merged it", rules.DutyDeployer: "starts the deployment",
	rules.DutyDeclarer: "declared its emergency", rules.DutyReviewer: "reviewed its post-mortem",
}

// duties says whether duties are had by different people: whose they are, which fall together,
// and who can do what about it. Who did what, GitHub shows to everybody who sees the repository;
// who else could, it does not.
func duties(r rules.Reason, c rules.Change, n Names) string {
	d := dutiesOf(r)
	if r.Code == rules.SeparationKept {
		return kept(d, n)
	}
	var parts []string
	for i, t := range d.Together {
		same := func(o rules.Together) bool { return o.By == t.By && slices.Equal(o.Duties, t.Duties) }
		if slices.ContainsFunc(d.Together[:i], same) {
			continue
		}
		var pulls []int64
		for _, o := range d.Together[i:] {
			if same(o) {
				pulls = append(pulls, o.Pull)
			}
		}
		parts = append(parts, fmt.Sprintf("For %s, %s %s and %s; the policy asks for two people.", all(refs(pulls)), n.of(t.By), did[t.Duties[0]], did[t.Duties[1]]))
	}
	for _, v := range d.Vacant {
		parts = append(parts, vacant(v))
	}
	return strings.Join(append(parts, apart(r, d, c, n)), " ")
}

func dutiesOf(r rules.Reason) *rules.DutyFacts {
	if r.Duties == nil {
		return &rules.DutyFacts{}
	}
	return r.Duties
}

// kept says who has which duty; of several changes, that nobody has two.
func kept(d *rules.DutyFacts, n Names) string {
	var pulls []int64
	for _, s := range d.Seats {
		if !slices.Contains(pulls, s.Pull) {
			pulls = append(pulls, s.Pull)
		}
	}
	if len(pulls) != 1 {
		var names []string
		for _, one := range d.Duties {
			names = append(names, string(one))
		}
		return "Different people have these duties in each change: " + list(names) + "."
	}
	var parts []string
	for _, one := range d.Duties {
		var by []string
		for _, s := range d.Seats {
			if s.Duty == one {
				by = append(by, n.of(s.By))
			}
		}
		if len(by) > 0 {
			parts = append(parts, list(by)+" "+did[one])
		}
	}
	return fmt.Sprintf("Nobody has two of the duties in %s: %s.", all(refs(pulls)), all(parts))
}

// vacant says that a duty is nobody's.
func vacant(v rules.Vacancy) string {
	of := fmt.Sprintf("#%d", v.Pull)
	switch {
	case v.Duty == rules.DutyDeployer:
		return "A bot or a schedule started the deployment, and no person stands for that."
	case v.Why == rules.VacantBot:
		return "A bot merged " + of + ", and no person stands for that."
	case v.Duty == rules.DutyAuthor:
		return "Not everybody who wrote " + of + " is known."
	case v.Duty == rules.DutyMerger:
		return "Who merged " + of + " is not known."
	case v.Why == rules.VacantUnknown:
		return "Whose approval of " + of + " counts cannot be told: a team cannot be seen."
	}
	return "No approval of " + of + " counts."
}

// apart says what can be done so that the duties are had by different people.
func apart(r rules.Reason, d *rules.DutyFacts, c rules.Change, n Names) string {
	const anew = "by a new run, or by this one once it is cancelled. It is decided anew then."
	const except = "An owner of the policy can record an exception"
	switch {
	case d.Other && len(d.Could) > 0 && !c.Repo.Public:
		var names []string
		for _, id := range d.Could {
			names = append(names, n.of(id))
		}
		return orList(names) + " can start the deployment, or whoever else has none of the other duties: " + anew
	case d.Other:
		return "Somebody who has none of the other duties can start the deployment: " + anew
	case r.Outcome == rules.Pending && slices.ContainsFunc(d.Together, func(t rules.Together) bool { return !slices.Contains(t.Duties, rules.DutyApprover) }):
		return elsewhereDeclared
	case r.Outcome == rules.Pending:
		return "Somebody else who can write and contributed nothing to it can approve it."
	case r.Outcome == rules.Fail:
		return "What was done stays done. " + except + ", or let another control stand for it, such as a sign-off by somebody outside the team."
	}
	return except + "."
}

// elsewhereDeclared is what can be done where whoever wrote a change declared its emergency.
const elsewhereDeclared = "Whoever declared the emergency can take it back with “/withdraw emergency”, and somebody who contributed nothing to the change can declare it."
