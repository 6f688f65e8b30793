package githubsim_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/githubsim"
)

// TestIssues: what the app opens, what people do to it, and what is told of it, each held to
// GitHub's description.
func TestIssues(t *testing.T) {
	s := newSim(t)
	ctx := t.Context()
	first, _ := s.pull("topic", "a.txt", "one\n")
	made, _, err := s.client.Issues.Create(ctx, "octo-org", "infra", &github.IssueRequest{
		Title: new("Post-mortem"), Body: new("text"), Labels: &[]string{"post-mortem"}, Assignees: &[]string{"bob"},
	})
	ok(t, err)
	n := made.GetNumber()
	second, _ := s.pull("other", "b.txt", "one\n")
	if n != first+1 || second != n+1 {
		t.Errorf("numbers %d, %d, %d: pull requests and issues are counted together", first, n, second)
	}
	hers := must(s.As("ann").OpenIssue(infra, "A question", "why?"))(t)
	must(s.As("carol").Comment(infra, n, "hello"))(t)
	ok(t, s.As("bob").EditIssue(infra, n, "new text"))
	ok(t, s.As("carol").AssignIssue(infra, n, "carol"))
	ok(t, s.As("bob").CloseIssue(infra, n, ""))
	ok(t, s.As("bob").CloseIssue(infra, n, "")) // it is closed: nothing is told

	for _, refusal := range []error{
		s.As("mallory").CloseIssue(site, 77, ""), s.As("carol").EditIssue(infra, 77, "x"),
	} {
		refused(t, refusal, 404)
	}
	refused(t, s.As("ann").DeleteIssue(infra, hers), 403)
	_, _, err = s.client.Issues.Create(ctx, "octo-org", "infra", &github.IssueRequest{Title: new("x"), Assignees: &[]string{"mallory"}})
	wantStatus(t, err, 422, "Validation Failed")

	var got struct {
		Body     string
		State    string
		ClosedBy struct{ Login string } `json:"closed_by"`
		Via      struct{ ID int64 }     `json:"performed_via_github_app"`
		User     struct{ Login, Type string }
	}
	read := func(number int) int {
		status, _, body := s.get(fmt.Sprintf("repos/octo-org/infra/issues/%d", number), nil)
		decode(t, []byte(body), &got)
		return status
	}
	if read(n) != 200 || got.Body != "new text" || got.State != "closed" || got.ClosedBy.Login != "bob" || got.Via.ID != s.AppID() || got.User.Type != "Bot" {
		t.Errorf("issue: %+v", got)
	}
	if read(first) != 200 {
		t.Error("a pull request is an issue as well")
	}
	data, errs := s.query(ctx, `query($n: Int!) { repository(owner: "octo-org", name: "infra") { issue(number: $n) {
		number state body closedAt createdAt lastEditedAt editor { login } author { login }
		timelineItems(last: 1, itemTypes: [CLOSED_EVENT]) { nodes { ... on ClosedEvent { createdAt actor { login } stateReason closer { __typename } } } }
		comments(last: 1) { nodes { body } } } } }`, map[string]any{"n": n})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	issue := data["repository"].(map[string]any)["issue"].(map[string]any)
	closed := issue["timelineItems"].(map[string]any)["nodes"].([]any)[0].(map[string]any)["actor"]
	if diff := cmp.Diff(map[string]any{"login": "bob"}, closed); diff != "" || issue["state"] != "CLOSED" || issue["lastEditedAt"] == nil {
		t.Errorf("%v (-want +got)\n%s", issue, diff)
	}

	edited, _, err := s.client.Issues.Edit(ctx, "octo-org", "infra", n, &github.IssueRequest{State: new("open")})
	ok(t, err)
	if edited.GetState() != "open" || edited.ClosedAt != nil {
		t.Errorf("reopened: %v", edited)
	}
	list := func(o github.IssueListByRepoOptions) (numbers []int) {
		all, _, err := s.client.Issues.ListByRepo(ctx, "octo-org", "infra", &o)
		ok(t, err)
		for _, i := range all {
			numbers = append(numbers, i.GetNumber())
		}
		return numbers
	}
	for _, tt := range []struct {
		name string
		ask  github.IssueListByRepoOptions
		want []int
	}{
		{"open", github.IssueListByRepoOptions{}, []int{hers, second, n, first}},
		{"labelled", github.IssueListByRepoOptions{Labels: []string{"Post-Mortem"}, State: "all"}, []int{n}},
		{"by the app", github.IssueListByRepoOptions{Creator: "change-management[bot]"}, []int{n}},
		{"closed", github.IssueListByRepoOptions{State: "closed"}, nil},
		{"oldest first", github.IssueListByRepoOptions{Direction: "asc"}, []int{first, n, second, hers}},
	} {
		if diff := cmp.Diff(tt.want, list(tt.ask)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}

	moved := must(s.As("dave").TransferIssue(infra, n, site))(t)
	ok(t, s.As("dave").DeleteIssue(infra, hers))
	if status := read(hers); status != 410 {
		t.Errorf("deleted: %d", status)
	}
	followed, _, err := s.client.Issues.Get(ctx, "octo-org", "infra", n)
	ok(t, err)
	if followed.GetNumber() != moved || followed.GetRepositoryURL() != s.URL()+"/repos/octo-org/site" {
		t.Errorf("transferred: %v", followed)
	}
	if diff := cmp.Diff([]githubsim.Issue{
		{Number: n, Title: "Post-mortem", Body: "new text", By: "change-management[bot]", Open: true, Labels: []string{"post-mortem"}, Assignees: []string{"bob", "carol"}, Gone: true},
		{Number: hers, Title: "A question", Body: "why?", By: "ann", Open: true, Gone: true},
	}, s.Issues(infra)); diff != "" {
		t.Errorf("issues (-want +got)\n%s", diff)
	}
	ok(t, s.Settle(ctx))
	var told []string
	for _, d := range s.Deliveries() {
		if d.Event == "issues" || d.Event == "issue_comment" {
			told = append(told, d.Event+"."+d.Action)
		}
	}
	if diff := cmp.Diff([]string{
		"issues.opened", "issues.labeled", "issues.assigned", "issues.opened", "issue_comment.created", "issues.edited", "issues.assigned",
		"issues.closed", "issues.reopened", "issues.transferred", "issues.opened", "issues.deleted",
	}, told); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
	ok(t, s.Grant("octo-org", "issues", "read"))
	_, _, err = s.client.Issues.Create(ctx, "octo-org", "infra", &github.IssueRequest{Title: new("x")})
	wantStatus(t, err, 403, "not accessible")
}
