package githubsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/githubsim"
)

// TestEveryEndpoint walks over all that can be read, so that each answer is held to
// GitHub's description once.
func TestEveryEndpoint(t *testing.T) {
	s := newSim(t)
	ok(t, s.Protect(infra, "main", &githubsim.Protection{Ruleset: true, Required: []githubsim.RequiredCheck{{Context: "tests"}, {Context: "Change Management", App: s.AppID()}}, Approvals: 1}))
	n, head := s.pull("feature/with slash", "dir/a b.txt", "one\n")
	must(s.As("bob").Approve(infra, n))(t)
	must(s.As("bob").Review(infra, n, githubsim.Review{State: "COMMENT", Body: "hm"}))(t)
	ok(t, s.As("bob").Label(infra, n, "good first"))
	ok(t, s.As("bob").Status(infra, head, "lint", "pending", ""))
	ci := must(s.AsApp("github-actions").StartRun(infra, head, ".github/workflows/ci.yml", ""))(t)
	must(s.AsApp("github-actions").Report(infra, head, githubsim.Check{Name: "test", Conclusion: "success", RunID: ci}))(t)
	must(s.AsApp("github-actions").Report(infra, head, githubsim.Check{Name: "slow", RunID: ci}))(t)
	run, _, err := s.client.Checks.CreateCheckRun(t.Context(), "octo-org", "infra", github.CreateCheckRunOptions{Name: "Change Management", HeadSHA: head})
	ok(t, err)
	must(s.As("mallory").Fork(site))(t)
	gate := must(s.AsApp("github-actions").StartRun(infra, head, ".github/workflows/deploy.yml", "push"))(t)
	ok(t, s.SetEnvironment(infra, "Production", githubsim.Environment{Gate: true, Reviewers: []string{"bob"}, Wait: time.Minute}))
	waits := must(s.AsApp("github-actions").StartJob(infra, gate, "deploy", "production"))(t)
	posted := must(s.As("bob").PostDeployment(infra, head, "staging"))(t)
	ok(t, s.As("bob").PostDeploymentStatus(infra, posted, "success"))

	for _, path := range []string{
		"installation/repositories", "rate_limit", "users/ann", "users/dependabot[bot]", fmt.Sprintf("user/%d", s.UserID("bob")),
		"orgs/octo-org/teams/seniors", "orgs/octo-org/teams/engineers/teams", "orgs/octo-org/teams/engineers/members",
		"orgs/octo-org/teams/engineers/memberships/carol", "orgs/octo-org/memberships/dave",
		"repos/octo-org/infra", "repos/octo-org/site", "repos/mallory/site", "repos/octo-org/infra/activity", "repos/octo-org/infra/activity?ref=main&activity_type=branch_creation&per_page=1",
		"repos/octo-org/infra/collaborators/bob/permission", "repos/octo-org/infra/collaborators/mallory/permission",
		"repos/octo-org/infra/rules/branches/main", "repos/octo-org/infra/rules/branches/feature%2Fwith%20slash",
		"repos/octo-org/infra/contents/README.md", "repos/octo-org/infra/contents/.github", "repos/octo-org/infra/contents/dir/a%20b.txt?ref=" + head,
		"repos/octo-org/infra/branches/main", "repos/octo-org/infra/compare/main..." + head, "repos/octo-org/infra/compare/main...feature%2Fwith%20slash?per_page=1&page=1",
		"repos/octo-org/infra/commits", "repos/octo-org/infra/commits?sha=" + head + "&per_page=1", "repos/octo-org/infra/commits/" + head + "/pulls",
		"repos/octo-org/infra/commits/" + head, "repos/octo-org/infra/commits/main", "repos/octo-org/infra/commits/" + head + "/check-runs?filter=all",
		"repos/octo-org/infra/commits/" + head + "/check-suites", "repos/octo-org/infra/commits/" + head + "/status", "repos/octo-org/infra/commits/" + head + "/statuses",
		"repos/octo-org/infra/pulls", "repos/octo-org/infra/pulls?state=all&head=octo-org:feature%2Fwith%20slash", fmt.Sprintf("repos/octo-org/infra/pulls/%d", n),
		fmt.Sprintf("repos/octo-org/infra/pulls/%d/files", n), fmt.Sprintf("repos/octo-org/infra/pulls/%d/commits", n), fmt.Sprintf("repos/octo-org/infra/pulls/%d/reviews", n),
		fmt.Sprintf("repos/octo-org/infra/check-runs/%d", run.GetID()), fmt.Sprintf("repos/octo-org/infra/check-runs/%d/annotations", run.GetID()),
		fmt.Sprintf("repos/octo-org/infra/check-suites/%d/check-runs", run.GetCheckSuite().GetID()),
		fmt.Sprintf("repos/octo-org/infra/actions/runs/%d/jobs?filter=all", ci),
		fmt.Sprintf("repos/octo-org/infra/actions/runs/%d", gate), fmt.Sprintf("repos/octo-org/infra/actions/runs/%d/pending_deployments", gate),
		"repos/octo-org/infra/actions/runs", "repos/octo-org/infra/actions/runs?status=waiting&per_page=100",
		"repos/octo-org/infra/environments/staging/deployment_protection_rules",
		"repos/octo-org/infra/deployments", "repos/octo-org/infra/deployments?environment=staging&sha=" + head,
		fmt.Sprintf("repos/octo-org/infra/deployments/%d/statuses", waits), fmt.Sprintf("repos/octo-org/infra/deployments/%d/statuses", posted),
	} {
		if status, _, body := s.get(path, nil); status != 200 {
			t.Errorf("GET %s: %d %s", path, status, body)
		}
	}
	if err := s.Settle(t.Context()); err != nil {
		t.Error(err)
	}

	app := s.appClient()
	for _, path := range []string{"app", "app/installations", fmt.Sprintf("app/installations/%d", s.installation()), "repos/octo-org/infra/installation", "orgs/octo-org/installation", "app/hook/deliveries?per_page=2"} {
		req, err := app.NewRequest("GET", path, nil)
		ok(t, err)
		var into any
		if _, err := app.Do(t.Context(), req, &into); err != nil {
			t.Errorf("GET %s: %v", path, err)
		}
	}
}

// The tree of a commit is not in the pruned description, so it is judged by go-github alone.
func TestTree(t *testing.T) {
	s := newSim(t, func(o *githubsim.Options) { o.Middleware = nil })
	tree, _, err := s.client.Git.GetTree(t.Context(), "octo-org", "infra", "main", true)
	ok(t, err)
	var got []string
	for _, e := range tree.Entries {
		got = append(got, e.GetMode()+" "+e.GetPath())
	}
	if diff := cmp.Diff([]string{"040000 .github", "100644 .github/change-management.yml", "100644 README.md", "100644 main.tf"}, got); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
	if tree.GetTruncated() {
		t.Error("truncated")
	}
}

func TestPaging(t *testing.T) {
	s := newSim(t)
	files := map[string]string{}
	for i := range 130 {
		files[fmt.Sprintf("f%03d", i)] = "x\n"
	}
	must(s.As("ann").Push(infra, "many", githubsim.Commit{Files: files}))(t)
	n := must(s.As("ann").OpenPull(infra, githubsim.NewPull{Title: "Many", Head: "many"}))(t)
	tests := []struct {
		name       string
		per, page  int
		want       int
		next, last int
	}{
		{"default", 0, 0, 30, 2, 5},
		{"full", 100, 1, 100, 2, 2},
		{"last", 100, 2, 30, 0, 0},
		{"beyond", 100, 7, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, resp, err := s.client.PullRequests.ListFiles(t.Context(), "octo-org", "infra", n, &github.ListOptions{PerPage: tt.per, Page: tt.page})
			ok(t, err)
			if len(got) != tt.want || resp.NextPage != tt.next || resp.LastPage != tt.last {
				t.Errorf("%d files, next %d, last %d; want %d, %d, %d", len(got), resp.NextPage, resp.LastPage, tt.want, tt.next, tt.last)
			}
		})
	}
}

// The last page of a branch's history leads to its root commit.
func TestRootCommit(t *testing.T) {
	s := newSim(t)
	for i := range 3 {
		must(s.As("dave").Push(infra, "main", text("f", fmt.Sprint(i))))(t)
	}
	newest, resp, err := s.client.Repositories.ListCommits(t.Context(), "octo-org", "infra", &github.CommitsListOptions{ListOptions: github.ListOptions{PerPage: 1}})
	ok(t, err)
	oldest, _, err := s.client.Repositories.ListCommits(t.Context(), "octo-org", "infra", &github.CommitsListOptions{ListOptions: github.ListOptions{PerPage: 1, Page: resp.LastPage}})
	ok(t, err)
	if len(newest[0].Parents) != 1 || len(oldest[0].Parents) != 0 || oldest[0].GetCommit().GetMessage() != "Initial commit" {
		t.Errorf("newest %v, oldest %v", newest[0], oldest[0])
	}
}

func TestConditional(t *testing.T) {
	s := newSim(t)
	_, first, _ := s.get("repos/octo-org/infra", nil)
	etag, left := first.Get("Etag"), first.Get("X-Ratelimit-Remaining")
	status, again, body := s.get("repos/octo-org/infra", map[string]string{"If-None-Match": etag})
	if status != http.StatusNotModified || body != "" || again.Get("X-Ratelimit-Remaining") != left {
		t.Errorf("unchanged: %d %q, %s requests left of %s", status, body, again.Get("X-Ratelimit-Remaining"), left)
	}
	ok(t, s.As("dave").Archive(infra))
	if status, _, _ := s.get("repos/octo-org/infra", map[string]string{"If-None-Match": etag}); status != http.StatusOK {
		t.Errorf("changed: %d", status)
	}
}

func TestRedirect(t *testing.T) {
	s := newSim(t)
	r, _, err := s.client.Repositories.Get(t.Context(), "octo-org", "infra")
	ok(t, err)
	ok(t, s.As("dave").Rename(infra, "estate"))
	again, _, err := s.client.Repositories.Get(t.Context(), "octo-org", "infra")
	ok(t, err)
	byID, _, err := s.client.Repositories.GetByID(t.Context(), r.GetID())
	ok(t, err)
	if again.GetName() != "estate" || byID.GetName() != "estate" || again.GetID() != r.GetID() {
		t.Errorf("after the rename: %s, by id %s", again.GetName(), byID.GetName())
	}
}

func TestCheckRunRules(t *testing.T) {
	s := newSim(t)
	_, head := s.pull("feature", "f", "1\n")
	ctx := t.Context()
	create := func(o github.CreateCheckRunOptions) (*github.CheckRun, error) {
		run, _, err := s.client.Checks.CreateCheckRun(ctx, "octo-org", "infra", o)
		return run, err
	}
	output := func(n int) *github.CheckRunOutput {
		o := &github.CheckRunOutput{Title: new("t"), Summary: new("s")}
		for range n {
			o.Annotations = append(o.Annotations, &github.CheckRunAnnotation{
				Path: new("f"), StartLine: new(1), EndLine: new(1), AnnotationLevel: new("notice"), Message: new("m"),
			})
		}
		return o
	}
	run, err := create(github.CreateCheckRunOptions{Name: "a", HeadSHA: head, Output: output(50)})
	ok(t, err)
	_, _, err = s.client.Checks.UpdateCheckRun(ctx, "octo-org", "infra", run.GetID(), github.UpdateCheckRunOptions{Name: "a", Output: output(7)})
	ok(t, err)
	all, _, err := s.client.Checks.ListCheckRunAnnotations(ctx, "octo-org", "infra", run.GetID(), &github.ListOptions{PerPage: 100})
	ok(t, err)
	if len(all) != 57 {
		t.Errorf("%d annotations, want those of both requests", len(all))
	}
	other := must(s.AsApp("octo-ci").Report(infra, head, check("tests", "")))(t)
	_, _, err = s.client.Checks.UpdateCheckRun(ctx, "octo-org", "infra", other, github.UpdateCheckRunOptions{Name: "tests", Conclusion: new("success")})
	wantStatus(t, err, 403, "can only be modified by the GitHub App that created it")

	// A run that is concluded can be set running again, and loses its conclusion by it.
	run, _, err = s.client.Checks.UpdateCheckRun(ctx, "octo-org", "infra", run.GetID(), github.UpdateCheckRunOptions{Name: "a", Conclusion: new("failure")})
	ok(t, err)
	if run.GetStatus() != "completed" || run.GetCompletedAt().IsZero() {
		t.Errorf("concluded: %v", run)
	}
	run, _, err = s.client.Checks.UpdateCheckRun(ctx, "octo-org", "infra", run.GetID(), github.UpdateCheckRunOptions{Name: "a", Status: new("in_progress")})
	ok(t, err)
	if run.GetConclusion() != "" || run.CompletedAt != nil {
		t.Errorf("set running: %v", run)
	}
}

// These requests break GitHub's description, so no judge stands before the server.
func TestRefusals(t *testing.T) {
	s := newSim(t, func(o *githubsim.Options) { o.Middleware = nil })
	_, head := s.pull("feature", "f", "1\n")
	annotations := make([]string, 51)
	for i := range annotations {
		annotations[i] = `{"path":"f","start_line":1,"end_line":1,"annotation_level":"notice","message":"m"}`
	}
	long := strings.Repeat("é", 141)
	tests := []struct {
		name, path, body string
		status           int
		message          string
	}{
		{"51 annotations", "check-runs", `{"name":"a","head_sha":"` + head + `","output":{"title":"t","summary":"s","annotations":[` + strings.Join(annotations, ",") + `]}}`, 422, "No more than 50"},
		{"summary too long", "check-runs", `{"name":"a","head_sha":"` + head + `","output":{"title":"t","summary":"` + strings.Repeat("x", 65_536) + `"}}`, 422, "65535"},
		{"unknown conclusion", "check-runs", `{"name":"a","head_sha":"` + head + `","conclusion":"good"}`, 422, "Validation Failed"},
		{"no name", "check-runs", `{"head_sha":"` + head + `"}`, 422, "must be supplied"},
		{"no such commit", "check-runs", `{"name":"a","head_sha":"` + strings.Repeat("0", 40) + `"}`, 422, "No commit found for SHA"},
		{"no JSON", "check-runs", `{`, 400, "Problems parsing JSON"},
		{"description too long", "statuses/" + head, `{"state":"success","description":"` + long + `"}`, 422, "description is too long (maximum is 140 characters)"},
		{"unknown state", "statuses/" + head, `{"state":"great"}`, 422, "Validation Failed"},
		{"status of no commit", "statuses/" + strings.Repeat("0", 40), `{"state":"success"}`, 422, "No commit found for SHA"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), "POST", s.URL()+"/repos/octo-org/infra/"+tt.path, strings.NewReader(tt.body))
			ok(t, err)
			_, err = s.client.Do(t.Context(), req, nil)
			wantStatus(t, err, tt.status, tt.message)
		})
	}
}

func TestStatusCap(t *testing.T) {
	s := newSim(t)
	_, head := s.pull("feature", "f", "1\n")
	for range 1000 {
		ok(t, s.As("bob").Status(infra, head, "lint", "pending", ""))
	}
	refused(t, s.As("bob").Status(infra, head, "LINT", "success", ""), 422)
	ok(t, s.As("bob").Status(infra, head, "other", "success", ""))
	combined, _, err := s.client.Repositories.GetCombinedStatus(t.Context(), "octo-org", "infra", head, nil)
	ok(t, err)
	if combined.GetState() != "pending" || combined.GetTotalCount() != 2 {
		t.Errorf("combined: %s of %d", combined.GetState(), combined.GetTotalCount())
	}
}

// wantStatus wants an API error with a status and a message.
func wantStatus(t *testing.T, err error, status int, message string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want %d %s", status, message)
		return
	}
	if !strings.Contains(err.Error(), fmt.Sprintf(": %d ", status)) || !strings.Contains(err.Error(), message) {
		t.Errorf("got %v, want %d %s", err, status, message)
	}
}

// A job that runs again is one of another attempt; what is posted with a job's token is none.
func TestJobs(t *testing.T) {
	s := newSim(t)
	_, head := s.pull("feature", "f", "1\n")
	actions := s.AsApp("github-actions")
	ci := must(actions.StartRun(infra, head, ".github/workflows/ci.yml", ""))(t)
	first := must(actions.Report(infra, head, githubsim.Check{Name: "test", Conclusion: "failure", RunID: ci}))(t)
	must(actions.Report(infra, head, githubsim.Check{Name: "test", Conclusion: "success", Posted: true}))(t)
	again := must(actions.Rerun(infra, first, "success"))(t)
	list := func(filter string) map[int64]int64 {
		got, _, err := s.client.Actions.ListWorkflowJobs(t.Context(), "octo-org", "infra", ci, &github.ListWorkflowJobsOptions{Filter: filter})
		ok(t, err)
		attempts := map[int64]int64{}
		for _, j := range got.Jobs {
			attempts[j.GetID()] = j.GetRunAttempt()
		}
		return attempts
	}
	if diff := cmp.Diff(map[int64]int64{again: 2}, list("latest")); diff != "" {
		t.Errorf("latest (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[int64]int64{first: 1, again: 2}, list("all")); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
	if got, _, err := s.client.Checks.ListCheckRunsForRef(t.Context(), "octo-org", "infra", head, &github.ListCheckRunsOptions{Filter: new("all")}); err != nil || got.GetTotal() != 3 {
		t.Errorf("check runs: %v %v", got, err)
	}
	ok(t, s.As("bob").DeleteRun(infra, ci))
	if got, _, err := s.client.Checks.ListCheckRunsForRef(t.Context(), "octo-org", "infra", head, nil); err != nil || got.GetTotal() != 0 {
		t.Errorf("after the run was deleted: %v %v", got, err)
	}
}

func TestLatestRuns(t *testing.T) {
	s := newSim(t)
	_, head := s.pull("feature", "f", "1\n")
	actions := s.AsApp("github-actions")
	first := must(actions.Report(infra, head, githubsim.Check{Name: "test", Conclusion: "failure", Workflow: ".github/workflows/ci.yml"}))(t)
	second := must(actions.Report(infra, head, githubsim.Check{Name: "test", Conclusion: "success", Workflow: ".github/workflows/other.yml"}))(t)
	list := func(filter string) (ids []int64) {
		got, _, err := s.client.Checks.ListCheckRunsForRef(t.Context(), "octo-org", "infra", head, &github.ListCheckRunsOptions{Filter: &filter})
		ok(t, err)
		for _, r := range got.CheckRuns {
			ids = append(ids, r.GetID())
		}
		return ids
	}
	// A run of the same name in another suite replaces nothing; a re-run does.
	if diff := cmp.Diff([]int64{second, first}, list("latest")); diff != "" {
		t.Errorf("two workflows (-want +got):\n%s", diff)
	}
	again := must(actions.Rerun(infra, first, "success"))(t)
	if diff := cmp.Diff([]int64{again, second}, list("latest")); diff != "" {
		t.Errorf("after the re-run (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int64{again, second, first}, list("all")); diff != "" {
		t.Errorf("all (-want +got):\n%s", diff)
	}
}
