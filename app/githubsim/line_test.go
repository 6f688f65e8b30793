package githubsim_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/githubsim"
)

// queryFile reads the queries of the product's reader.
func queryFile(t *testing.T, names ...string) string {
	t.Helper()
	var b strings.Builder
	for _, n := range names {
		raw, err := os.ReadFile("../snapshot/" + n)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(raw)
	}
	return b.String()
}

func TestThinLine(t *testing.T) {
	s := newSim(t)
	ok(t, s.Apply(githubsim.State{Repositories: []githubsim.StateRepository{{Name: "octo-org/.github"}}}))
	ctx := t.Context()
	n, head := s.pull("feature", "main.tf", "resource \"a\" \"b\" {\n  one = 1\n  two = 22\n  three = 3\n  four = 4\n}\n")
	if diff := cmp.Diff([]string{"push", "check_suite.requested", "pull_request.opened"}, s.told()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	must(s.As("bob").Approve(infra, n))(t)
	run, _, err := s.client.Checks.CreateCheckRun(ctx, "octo-org", "infra", github.CreateCheckRunOptions{
		Name: "Change Management", HeadSHA: head, Status: new("in_progress"),
		Output: &github.CheckRunOutput{Title: new("t"), Summary: new("s"), Annotations: []*github.CheckRunAnnotation{{
			Path: new("main.tf"), StartLine: new(3), EndLine: new(3), AnnotationLevel: new("notice"), Message: new("m"),
		}}},
	})
	ok(t, err)
	if run.GetID() < 1<<32 {
		t.Errorf("check run id %d fits 32 bits", run.GetID())
	}
	_, _, err = s.client.Checks.UpdateCheckRun(ctx, "octo-org", "infra", run.GetID(), github.UpdateCheckRunOptions{Name: "Change Management", Conclusion: new("success")})
	ok(t, err)
	_, _, err = s.client.Repositories.CreateStatus(ctx, "octo-org", "infra", head, &github.RepoStatus{State: new("success"), Context: new("change-management"), Description: new("d")})
	ok(t, err)
	must(s.AsApp("octo-ci").Report(infra, head, check("tests", "success")))(t)
	want := []string{"pull_request_review.submitted", "check_run.created", "check_run.completed", "check_suite.completed", "status", "check_run.created", "check_run.completed", "check_suite.completed"}
	if diff := cmp.Diff(want, s.told()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}

	data, errs := s.query(ctx, onlyUsed(queryFile(t, "change.graphql", "fragments.graphql")), map[string]any{
		"owner": "octo-org", "name": "infra", "number": n, "head": head, "items": []string{"REVIEW_DISMISSED_EVENT"},
		"text": false, "messages": false, "threads": false, "behind": false,
	})
	if len(errs) > 0 {
		t.Fatalf("errors: %v", errs)
	}
	pr := data["repository"].(map[string]any)["pullRequest"].(map[string]any)
	if pr["headRefOid"] != head || len(pr["reviews"].(map[string]any)["nodes"].([]any)) != 1 {
		t.Errorf("pull request: %v", pr)
	}
	files, _, err := s.client.PullRequests.ListFiles(ctx, "octo-org", "infra", n, nil)
	ok(t, err)
	wantPatch := "@@ -1,6 +1,6 @@\n resource \"a\" \"b\" {\n   one = 1\n-  two = 2\n+  two = 22\n   three = 3\n   four = 4\n }"
	if diff := cmp.Diff(wantPatch, files[0].GetPatch()); diff != "" {
		t.Errorf("patch (-want +got):\n%s", diff)
	}
}
