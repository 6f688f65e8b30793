package githubsim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"
)

// Reviews are requested of collaborators and their teams alone, never of the author; a review
// answers the requests to whoever gave it, without an event, and a request that is taken back
// has one.
func TestReviewRequests(t *testing.T) {
	s := newSim(t)
	ctx := t.Context()
	n, _ := s.pull("feature", "main.tf", "two")
	s.told()
	ask := func(r github.ReviewersRequest) error {
		_, _, err := s.client.PullRequests.RequestReviewers(ctx, "octo-org", "infra", n, r)
		return err
	}
	wants := func(want ...string) {
		t.Helper()
		if d := cmp.Diff(want, must(s.Requested(infra, n))(t)); d != "" {
			t.Errorf("asked (-want +got):\n%s", d)
		}
	}
	for name, r := range map[string]github.ReviewersRequest{
		"the author":     {Reviewers: []string{"ann"}},
		"a stranger":     {Reviewers: []string{"mallory"}},
		"nobody":         {Reviewers: []string{"nobody-at-all"}},
		"no team":        {TeamReviewers: []string{"nobodies"}},
		"one of several": {Reviewers: []string{"bob", "mallory"}},
	} {
		if err := ask(r); err == nil {
			t.Errorf("%s was asked", name)
		}
	}
	wants()
	ok(t, ask(github.ReviewersRequest{Reviewers: []string{"bob"}, TeamReviewers: []string{"engineers"}}))
	ok(t, ask(github.ReviewersRequest{Reviewers: []string{"bob"}}))
	wants("bob", "octo-org/engineers")
	ok(t, s.As("ann").RemoveRequest(infra, n, "octo-org/engineers"))
	refused(t, s.As("ann").RemoveRequest(infra, n, "octo-org/engineers"), 404)
	must(s.As("bob").Approve(infra, n))(t)
	wants()
	if d := cmp.Diff([]string{
		"pull_request.review_requested", "pull_request.review_requested", "pull_request.review_request_removed", "pull_request_review.submitted",
	}, s.told()); d != "" {
		t.Errorf("told (-want +got):\n%s", d)
	}
}
