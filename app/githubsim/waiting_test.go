package githubsim_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/githubsim"
)

// TestWaitingRuns: a run is listed as waiting while one of its jobs waits and none is at work, and
// an environment names the apps that are asked, by whatever case of its name.
func TestWaitingRuns(t *testing.T) {
	s := newSim(t)
	head := must(s.BranchHead(infra, "main"))(t)
	actions := s.AsApp("github-actions")
	ok(t, s.SetEnvironment(infra, "Production/EU", githubsim.Environment{Gate: true, Reviewers: []string{"bob"}}))
	idle := must(actions.RunWorkflow(infra, "ann", "main", ".github/workflows/ci.yml", "push"))(t)
	busy := must(actions.RunWorkflow(infra, "ann", "main", ".github/workflows/deploy.yml", "push"))(t)
	waits := must(actions.RunWorkflow(infra, "ann", "main", ".github/workflows/deploy.yml", "push"))(t)
	get := func(path string, into any) {
		t.Helper()
		status, _, body := s.get("repos/octo-org/infra/"+path, nil)
		if status != 200 {
			t.Fatalf("GET %s: %d %s", path, status, body)
		}
		ok(t, json.Unmarshal([]byte(body), into))
	}
	listed := func(query string, want ...int64) {
		t.Helper()
		var list struct {
			Runs []struct{ ID int64 } `json:"workflow_runs"`
		}
		get("actions/runs"+query, &list)
		var got []int64
		for _, r := range list.Runs {
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("runs%s (-want +got):\n%s", query, diff)
		}
	}
	must(actions.StartJob(infra, busy, "deploy", "production/eu"))(t)
	at := must(actions.StartJob(infra, busy, "stage", "staging"))(t)
	must(actions.StartJob(infra, waits, "deploy", "production/eu"))(t)
	listed("?status=waiting", waits)
	listed("?head_sha="+head+"&event=push&exclude_pull_requests=true", waits, busy, idle)
	ok(t, actions.EndJob(infra, at, "success"))
	listed("?status=waiting", waits, busy)

	rules := func(environment string) (out string) {
		var list struct {
			Rules []struct {
				Enabled bool
				App     struct{ ID int64 }
			} `json:"custom_deployment_protection_rules"`
		}
		get("environments/"+environment+"/deployment_protection_rules", &list)
		for _, r := range list.Rules {
			out += fmt.Sprint(r.App.ID == s.AppID(), r.Enabled)
		}
		return out
	}
	if got := rules("production%2Feu"); got != "true true" {
		t.Errorf("rules of production: %q", got)
	}
	if got := rules("staging"); got != "" {
		t.Errorf("rules of staging: %q", got)
	}
}
