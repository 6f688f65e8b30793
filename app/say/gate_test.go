package say_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// TestRelieved62 says of a rule before an environment whose part of a deployment it has no
// weight for, each once, and then what the rule lacks: to the one who may wait for it no less
// than to whoever reads an approval.
func TestRelieved62(t *testing.T) {
	waived := rules.Reason{Outcome: rules.Waived, Code: rules.RuleWaived, Relief: &rules.Relief{Pulls: []int64{7}, Until: evening, By: 2, Group: "leads"}}
	emergency := rules.Reason{Outcome: rules.Waived, Code: rules.RuleEmergency, Relief: &rules.Relief{Pulls: []int64{8, 9}, Until: evening, By: 1, Group: "on-call"}}
	back := rules.Reason{Outcome: rules.Waived, Code: rules.RuleRollback, Relief: &rules.Relief{By: 2, Group: "on-call"}}
	lacks := rules.Reason{Outcome: rules.Pending, Code: rules.DeployedRunning, Deployed: &rules.DeployedFacts{To: "staging"}}
	const lacking = " The deployment to staging has not ended. It goes on by itself."
	private, public := rules.Change{}, rules.Change{Repo: rules.Repo{Public: true}}
	for _, c := range []struct {
		name    string
		outcome rules.Outcome
		change  rules.Change
		reasons []rules.Reason
		want    string
	}{
		{"a waiver", rules.Waived, private, []rules.Reason{waived}, "Waived for #7 by bob (leads), until Mon 3 Mar 2025 18:00 UTC at the latest. Without it:" + lacking},
		{"in public", rules.Waived, public, []rules.Reason{waived}, "Waived for #7 by somebody of leads, until Mon 3 Mar 2025 18:00 UTC at the latest. Without it:" + lacking},
		{
			"a waiver and an emergency", rules.Waived, private,
			[]rules.Reason{waived, emergency},
			"Waived for #7 by bob (leads), until Mon 3 Mar 2025 18:00 UTC at the latest. " +
				"Waived for #8 and #9 by an emergency that ann (on-call) declared, until Mon 3 Mar 2025 18:00 UTC. A post-mortem is due. Without it:" + lacking,
		},
		{
			"not all of it", rules.Pending, private,
			[]rules.Reason{waived},
			"Waived for #7 by bob (leads), until Mon 3 Mar 2025 18:00 UTC at the latest. What else the deployment brings keeps the rule:" + lacking,
		},
		{"a rollback", rules.Waived, private, []rules.Reason{back}, "Skipped for a rollback by bob (on-call) to what was good here before. Without it:" + lacking},
	} {
		f := rules.Finding{Rule: "staging first", Outcome: c.outcome, Reasons: append(c.reasons, lacks)}
		if diff := cmp.Diff(c.want, say.Sentence(f, c.change, names)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
