package githubsim_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"
)

// TestComments: what people, apps and mail programs write, what the app reads and answers,
// each held to GitHub's description.
func TestComments(t *testing.T) {
	s := newSim(t)
	n, _ := s.pull("topic", "a.txt", "one\n")
	plain := must(s.As("bob").Comment(infra, n, "hello"))(t)
	mailed := must(s.As("bob").Mail(infra, n, "by mail"))(t)
	by := must(s.As("bob").CommentBy("octo-ci", infra, n, "by an app"))(t)
	gone := must(s.As("ann").Comment(infra, n, "oops"))(t)
	ok(t, s.As("ann").DeleteComment(infra, gone))
	refused(t, s.As("mallory").EditComment(infra, plain, "mine"), 404)
	_, err := s.As("bob").Comment(infra, n, " ")
	refused(t, err, 422)
	_, err = s.As("mallory").Comment(infra, n, "let me in")
	refused(t, err, 404)
	_, err = s.As("bob").CommentBy("no-such-app", infra, n, "hello")
	refused(t, err, 404)
	refused(t, s.As("bob").DeleteComment(infra, gone), 404)
	if _, err := s.Said(infra, 99); err == nil {
		t.Error("a conversation of no pull request was read")
	}

	type shown struct {
		Body, CreatedViaEmail, LastEditedAt, Author any
	}
	read := func(id int64) shown {
		t.Helper()
		status, _, body := s.get(fmt.Sprintf("repos/octo-org/infra/issues/comments/%d", id), nil)
		if status != 200 {
			t.Fatalf("comment %d: %d %s", id, status, body)
		}
		var c struct {
			NodeID string `json:"node_id"`
			Via    any    `json:"performed_via_github_app"`
		}
		decode(t, []byte(body), &c)
		if (c.Via != nil) != (id == by) {
			t.Errorf("comment %d was posted by an app: %v", id, c.Via)
		}
		data, errs := s.query(t.Context(), `query($id: ID!) { node(id: $id) { id ... on IssueComment { databaseId fullDatabaseId body createdAt updatedAt publishedAt
			lastEditedAt includesCreatedEdit createdViaEmail author { login } pullRequest { number } repository { name } } } }`, map[string]any{"id": c.NodeID})
		if len(errs) > 0 {
			t.Fatalf("comment %d: %v", id, errs)
		}
		node := data["node"].(map[string]any)
		return shown{node["body"], node["createdViaEmail"], node["lastEditedAt"], node["author"].(map[string]any)["login"]}
	}
	if diff := cmp.Diff(shown{"hello", false, nil, "bob"}, read(plain)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := read(mailed); got.CreatedViaEmail != true {
		t.Errorf("mailed: %+v", got)
	}
	ok(t, s.As("ann").EditComment(infra, by, "changed by somebody who can write"))
	if got := read(by); got.LastEditedAt == nil || got.Body != "changed by somebody who can write" {
		t.Errorf("edited: %+v", got)
	}

	// The app answers.
	ctx := t.Context()
	made, _, err := s.client.Issues.CreateComment(ctx, "octo-org", "infra", n, &github.IssueComment{Body: new("an answer")})
	ok(t, err)
	for _, want := range []int{201, 200} { // the second time it is there
		_, resp, err := s.client.Reactions.CreateIssueCommentReaction(ctx, "octo-org", "infra", plain, "+1")
		ok(t, err)
		if resp.StatusCode != want {
			t.Errorf("reaction: %d, want %d", resp.StatusCode, want)
		}
	}
	if _, resp, err := s.client.Reactions.CreateIssueCommentReaction(ctx, "octo-org", "infra", gone, "eyes"); err == nil || resp.StatusCode != 404 {
		t.Errorf("reaction to a deleted comment: %v", err)
	}
	list, _, err := s.client.Issues.ListComments(ctx, "octo-org", "infra", n, nil)
	ok(t, err)
	if len(list) != 4 || list[3].GetID() != made.GetID() || list[3].GetUser().GetType() != "Bot" {
		t.Errorf("listed: %v", list)
	}
	said, err := s.Said(infra, n)
	ok(t, err)
	if !slices.Equal(said[0].Reactions, []string{"change-management[bot] +1"}) || said[3].Body != "an answer" {
		t.Errorf("said: %+v", said)
	}
	ok(t, s.Settle(ctx))
	var told []string
	for _, d := range s.Deliveries() {
		if d.Event == "issue_comment" {
			var e struct {
				Comment struct{ Body string }
				Issue   struct {
					Number      int
					PullRequest json.RawMessage `json:"pull_request"`
				}
			}
			decode(t, d.Body, &e)
			if e.Issue.Number != n || len(e.Issue.PullRequest) < 3 {
				t.Errorf("the event is of issue %d", e.Issue.Number)
			}
			told = append(told, d.Action+" "+e.Comment.Body)
		}
	}
	want := "created hello,created by mail,created by an app,created oops,deleted oops,edited changed by somebody who can write,created an answer"
	if got := strings.Join(told, ","); got != want {
		t.Errorf("told %s\nwant %s", got, want)
	}

	ok(t, s.Grant("octo-org", "issues", "read"))
	if _, resp, err := s.client.Reactions.CreateIssueCommentReaction(ctx, "octo-org", "infra", plain, "eyes"); err == nil || resp.StatusCode != 403 {
		t.Errorf("without the permission: %v", err)
	}
}
