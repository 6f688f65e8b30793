package app

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/web"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

const pathPolicy = `
version: 1
groups: {qa: {teams: [qa]}}
environments: {staging: {match: staging}, production: {match: ["production*"]}}
windows: {hours: {time_zone: Etc/UTC, days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}}
rules:
  - {name: peer review, require: {approvals: 1}}
  - {name: staged, before: production, require: {deployed: {to: staging}}}
  - {name: tested, before: production, require: {sign_off: {name: QA, from: qa}}}
  - {name: in time, before: production, when: {not: {paths: ["docs/**"]}}, require: {window: hours}}
`

// The stations of a change are those that its policy asks for, each with how far it is.
func TestStations(t *testing.T) {
	friday := time.Date(2026, 5, 8, 18, 0, 0, 0, time.UTC)
	change := rules.Change{
		Repo: rules.Repo{ID: 1, Name: "octo-org/app"}, Base: "main", Head: "a1", Pulls: []rules.Pull{{Number: 7, Author: 1}},
		Files: []rules.File{{Path: "main.go"}}, People: []rules.Person{{ID: 1}, {ID: 2}}, Landed: "l1",
	}
	policy, err := snapshot.Compose([]snapshot.PolicyText{{Layer: rules.FloorLayer, Path: "floor.yml", Text: []byte(pathPolicy)}})
	if err != nil {
		t.Fatal(err)
	}
	apart, err := snapshot.Compose([]snapshot.PolicyText{{Layer: rules.FloorLayer, Path: "floor.yml", Text: []byte(
		"version: 1\nenvironments: {production: {match: production}}\nrules: [{name: apart, before: production, require: {separation: [author, deployer]}}]\n",
	)}})
	if err != nil {
		t.Fatal(err)
	}
	judged := func(outcome rules.Outcome) judgement {
		return judgement{
			Verdict: store.Verdict{At: friday, Head: "a1", Base: "main", Log: 9, Seq: 3}, change: change,
			verdict: rules.Verdict{Outcome: outcome, At: friday, Findings: []rules.Finding{{
				Rule: "peer review", Outcome: outcome,
				Reasons: []rules.Reason{{Outcome: outcome, Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{Need: 1}}},
			}}},
		}
	}
	// a change that was judged, and what else is known of it
	with := func(outcome rules.Outcome, more func(*path)) path {
		j := judged(outcome)
		p := path{
			repo: store.Repository{ID: 1, Owner: "octo-org", Name: "app", Private: true}, number: 7, policy: policy, known: true, names: say.Names{1: "ann", 2: "bob"},
			pull: store.Pull{Number: 7, Open: true, Base: "main"}, judged: []judgement{j}, standing: &j,
		}
		if more != nil {
			more(&p)
		}
		return p
	}
	merged := func(p *path) {
		p.pull.Open, p.pull.Merged, p.landing = false, true, store.Landing{At: friday, Commit: "m1"}
	}
	job := func(g store.Gate, d deploy.Decision) func(*path) {
		return func(p *path) {
			merged(p)
			g.Run, g.Deployment, g.Name, g.Environment, g.SHA, g.DecidedAt = 70, 700, "Production", "production", "m1", friday
			p.gates = append(p.gates, passage{Gate: g, decision: d})
		}
	}
	hold := func(outcomes ...rules.Outcome) deploy.Decision {
		d := deploy.Decision{Answer: deploy.Hold, At: friday, Recheck: friday.Add(63 * time.Hour)}
		for i, r := range []rules.Reason{
			{Code: rules.DeployedMissing, Deployed: &rules.DeployedFacts{To: "staging"}},
			{Code: rules.SignOffMissing, SignOff: &rules.SignOffFacts{Name: "QA", From: []string{"qa"}, Missing: []int64{7}}},
		} {
			if r.Outcome = outcomes[i]; r.Outcome == rules.Pass {
				r.Code = []rules.Code{rules.DeployedDone, rules.SignOffGiven}[i]
			}
			d.Verdict.Findings = append(d.Verdict.Findings, rules.Finding{Rule: "r", Stage: "production", Outcome: r.Outcome, Reasons: []rules.Reason{r}})
		}
		return d
	}
	for _, tt := range []struct {
		name string
		path path
		want string
	}{
		{"waiting for a review", with(rules.Pending, nil), "Reviewed waiting, Merged to come, Deployed to staging to come, Signed off: QA to come, Window: hours to come, Let into production to come, Verified in production to come"},
		{"to be merged", with(rules.Pass, nil), "Reviewed done, Merged waiting, Deployed to staging to come, Signed off: QA to come, Window: hours to come, Let into production to come, Verified in production to come"},
		{"what its class does not ask for", with(rules.Pass, func(p *path) {
			p.standing.change.Files = []rules.File{{Path: "docs/a.md"}}
		}), "Reviewed done, Merged waiting, Deployed to staging to come, Signed off: QA to come, Let into production to come, Verified in production to come"},
		{"a policy that was erased", with(rules.Pass, func(p *path) { p.known = false }), "Reviewed done, Merged waiting"},
		{"closed", with(rules.Pass, func(p *path) { p.pull.Open, p.known = false, false }), "Reviewed done, Merged amiss"},
		{"merged over a verdict", with(rules.Pending, func(p *path) { merged(p); p.known = false }), "Reviewed waiting, Merged amiss"},
		{"merged unjudged", with(rules.Pass, func(p *path) { merged(p); p.standing = nil }), "Merged amiss"},
		{"merged", with(rules.Pass, merged), "Reviewed done, Merged done, Deployed to staging waiting, Signed off: QA waiting, Window: hours to come, Let into production to come, Verified in production to come"},
		{"held by a rule", with(rules.Pass, job(store.Gate{}, hold(rules.Pass, rules.Pending))), "Reviewed done, Merged done, Deployed to staging done, Signed off: QA waiting, Let into production to come, Verified in production to come"},
		{"held by the gate itself", with(rules.Pass, job(store.Gate{}, hold(rules.Pass, rules.Pass))), "Reviewed done, Merged done, Deployed to staging done, Signed off: QA done, Let into production waiting, Verified in production to come"},
		{"let in", with(rules.Pass, job(store.Gate{Said: publish.GateApproved, ClosedAt: friday}, hold(rules.Pass, rules.Waived))), "Reviewed done, Merged done, Deployed to staging done, Signed off: QA waived, Let into production done, Verified in production waiting"},
		{"rejected", with(rules.Pass, job(store.Gate{Said: publish.GateRejected, ClosedAt: friday}, hold(rules.Pass, rules.Pass))), "Reviewed done, Merged done, Deployed to staging done, Signed off: QA done, Let into production amiss, Verified in production to come"},
		{"cancelled", with(rules.Pass, job(store.Gate{ClosedAt: friday}, hold(rules.Pass, rules.Pass))), "Reviewed done, Merged done, Deployed to staging done, Signed off: QA done, Let into production amiss, Verified in production to come"},
		{"good", with(rules.Pass, job(store.Gate{Said: publish.GateApproved, ClosedAt: friday, GoodAt: friday}, hold(rules.Pass, rules.Pass))), "Reviewed done, Merged done, Deployed to staging done, Signed off: QA done, Let into production done, Verified in production done"},
		{"rolled back from", with(rules.Pass, job(store.Gate{Said: publish.GateApproved, ClosedAt: friday, GoodAt: friday, BadAt: friday}, hold(rules.Pass, rules.Pass))), "Reviewed done, Merged done, Deployed to staging done, Signed off: QA done, Let into production done, Verified in production amiss"},
		{"a job that came after it was good", with(rules.Pass, func(p *path) {
			job(store.Gate{Said: publish.GateApproved, ClosedAt: friday, GoodAt: friday}, hold(rules.Pass, rules.Pass))(p)
			job(store.Gate{}, hold(rules.Pending, rules.Pass))(p)
		}), "Reviewed done, Merged done, Deployed to staging done, Signed off: QA done, Let into production done, Verified in production done"},
		{"deployed without asking", with(rules.Pass, func(p *path) {
			merged(p)
			p.gates = []passage{{Gate: store.Gate{Deployment: 5, Name: "production", Environment: "production", ClaimedAt: friday}}}
			p.records = []evidence.Record{recordOf(t, KindUngated, UngatedRecord{Deployment: 5, Environment: "production"})}
		}), "Reviewed done, Merged done, Deployed to staging waiting, Signed off: QA waiting, Window: hours to come, Let into production amiss, Verified in production to come"},
		{"signed off, and taken back", with(rules.Pass, func(p *path) {
			merged(p)
			p.records = []evidence.Record{
				recordOf(t, KindCommand, CommandRecord{Command: "sign-off", Outcome: "taken", Name: "QA", Comment: 1, Said: friday}),
				recordOf(t, KindCommand, CommandRecord{Command: "withdraw", Outcome: "taken", Comment: 2, Withdraws: []int64{1}}),
			}
		}), "Reviewed done, Merged done, Deployed to staging waiting, Signed off: QA waiting, Window: hours to come, Let into production to come, Verified in production to come"},
		{"signed off before anybody asks", with(rules.Pass, func(p *path) {
			merged(p)
			p.records = []evidence.Record{recordOf(t, KindCommand, CommandRecord{Command: "sign-off", Outcome: "taken", Name: "qa", Comment: 1, By: 2, Said: friday})}
		}), "Reviewed done, Merged done, Deployed to staging waiting, Signed off: QA done, Window: hours to come, Let into production to come, Verified in production to come"},
		{"duties kept apart, before anybody starts the deployment", with(rules.Pass, func(p *path) {
			merged(p)
			p.policy = apart
		}), "Reviewed done, Merged done, Duties kept apart to come, Let into production waiting, Verified in production to come"},
		{"duties that fall together", with(rules.Pass, func(p *path) {
			job(store.Gate{}, deploy.Decision{Answer: deploy.Hold, Verdict: rules.Verdict{Findings: []rules.Finding{{
				Rule: "r", Stage: "production", Outcome: rules.Pending, Reasons: []rules.Reason{{Outcome: rules.Pending, Code: rules.SeparationTogether, Duties: &rules.DutyFacts{}}},
			}}}})(p)
			p.policy = apart
		}), "Reviewed done, Merged done, Duties kept apart waiting, Let into production to come, Verified in production to come"},
		{"a post-mortem that is due, one that is overdue and one that was late", with(rules.Pass, func(p *path) {
			p.known = false
			p.after = []store.PostMortem{{DueAt: friday.Add(time.Hour)}, {DueAt: friday, Issue: 8}, {DueAt: friday.Add(-time.Hour), CompletedAt: friday, Issue: 6}}
		}), "Reviewed done, Merged waiting, Post-mortem waiting, Post-mortem #8 amiss, Post-mortem #6 done"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, s := range tt.path.stations(friday) {
				got = append(got, s.Name+" "+web.Reached(s.State))
			}
			if diff := cmp.Diff(strings.Split(tt.want, ", "), got); diff != "" {
				t.Errorf("stations (-want +got):\n%s", diff)
			}
		})
	}
}

func recordOf(t *testing.T, kind string, body any) evidence.Record {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return evidence.Record{Log: 9, Seq: 4, Kind: kind, Body: text}
}
