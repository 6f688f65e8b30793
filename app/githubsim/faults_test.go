package githubsim_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/githubsim"
)

// Faults befall one request, as go-github then tells them; the next one is served again.
func TestRequestFaults(t *testing.T) {
	tests := []struct {
		name  string
		fault githubsim.Fault
		is    func(error) bool
	}{
		{"502", githubsim.BadGateway, func(err error) bool {
			e, is := errors.AsType[*github.ErrorResponse](err)
			return is && e.Response.StatusCode == 502
		}},
		{"429", githubsim.TooManyRequests, func(err error) bool {
			e, is := errors.AsType[*github.ErrorResponse](err)
			return is && e.Response.StatusCode == 429 && e.Response.Header.Get("Retry-After") == "30"
		}},
		{"secondary limit", githubsim.SecondaryLimit, func(err error) bool {
			_, is := errors.AsType[*github.AbuseRateLimitError](err)
			return is
		}},
		{"primary limit", githubsim.PrimaryLimit, func(err error) bool {
			_, is := errors.AsType[*github.RateLimitError](err)
			return is
		}},
		{"broken connection", githubsim.Broken, func(err error) bool {
			_, is := errors.AsType[*github.ErrorResponse](err)
			return err != nil && !is
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSim(t, func(o *githubsim.Options) { o.Middleware = nil })
			const kind = "POST /repos/{owner}/{repo}/statuses/{sha}"
			_, head := s.pull("feature", "f", "1\n")
			s.FailNext(githubsim.OfKind(kind), tt.fault)
			post := func() error {
				_, _, err := s.clientFor(s.lastInstallation).Repositories.CreateStatus(t.Context(), "octo-org", "infra", head, &github.RepoStatus{State: new("success")})
				return err
			}
			if err := post(); !tt.is(err) {
				t.Errorf("got %v", err)
			}
			ok(t, post())
		})
	}
}

// An answer can be lost after the work was done.
func TestAnswerLost(t *testing.T) {
	s := newSim(t, func(o *githubsim.Options) { o.Middleware = nil })
	_, head := s.pull("feature", "f", "1\n")
	s.FailNext(githubsim.OfKind("POST /repos/{owner}/{repo}/check-runs"), githubsim.AnswerLost)
	if _, _, err := s.client.Checks.CreateCheckRun(t.Context(), "octo-org", "infra", github.CreateCheckRunOptions{Name: "gate", HeadSHA: head}); err == nil {
		t.Error("the answer came")
	}
	runs, _, err := s.client.Checks.ListCheckRunsForRef(t.Context(), "octo-org", "infra", head, nil)
	ok(t, err)
	if runs.GetTotal() != 1 {
		t.Errorf("%d runs, want the one whose answer was lost", runs.GetTotal())
	}
}

// A request can be held back, and go on or outlast its caller's patience.
func TestPause(t *testing.T) {
	s := newSim(t)
	n, _ := s.pull("feature", "f", "1\n")
	s.get("repos/octo-org/infra", nil) // so that the token is there
	arrived, release := s.PauseNext(githubsim.OfKind("GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews"))
	got := make(chan int)
	go func() {
		reviews, _, err := s.client.PullRequests.ListReviews(t.Context(), "octo-org", "infra", n, nil)
		if err != nil {
			t.Error(err)
		}
		got <- len(reviews)
	}()
	<-arrived
	must(s.As("bob").Approve(infra, n))(t)
	release()
	if n := <-got; n != 1 {
		t.Errorf("%d reviews, want that which came while the request waited", n)
	}

	arrived, release = s.PauseNext(githubsim.AnyRequest)
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	if _, _, err := s.client.Repositories.Get(ctx, "octo-org", "infra"); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

func TestRequestsAreCounted(t *testing.T) {
	s := newSim(t)
	n, head := s.pull("feature", "f", "1\n")
	s.get("repos/octo-org/infra", nil)
	s.ResetRequests()
	s.query(t.Context(), onlyUsed(queryFile(t, "change.graphql", "fragments.graphql")), map[string]any{
		"owner": "octo-org", "name": "infra", "number": n, "head": head, "items": []string{"REVIEW_DISMISSED_EVENT"},
		"text": false, "messages": false, "threads": false, "behind": false,
	})
	s.get("repos/octo-org/infra/pulls/1/files?per_page=100", nil)
	s.get("repos/octo-org/infra/contents/.github/change-management.yml", nil)
	r, _, err := s.client.Repositories.Get(t.Context(), "octo-org", "infra")
	ok(t, err)
	_, _, err = s.client.Repositories.GetByID(t.Context(), r.GetID())
	ok(t, err)
	s.clock.Add(61 * time.Second)
	want := []string{
		"GraphQL Change", "GET /repos/{owner}/{repo}/pulls/{pull_number}/files", "GET /repos/{owner}/{repo}/contents/{path}",
		"GET /repos/{owner}/{repo}", "GET /repositories/{repository_id}",
	}
	if diff := cmp.Diff(want, s.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// While the API lags it answers what was; then it catches up.
func TestLag(t *testing.T) {
	s := newSim(t)
	n, old := s.pull("feature", "f", "1\n")
	catchUp := must(s.LagPull(infra, n))(t)
	head := must(s.As("ann").Push(infra, "feature", text("f", "2\n")))(t)
	must(s.As("bob").Approve(infra, n))(t)
	look := func() (string, int) {
		pr, _, err := s.client.PullRequests.Get(t.Context(), "octo-org", "infra", n)
		ok(t, err)
		reviews, _, err := s.client.PullRequests.ListReviews(t.Context(), "octo-org", "infra", n, nil)
		ok(t, err)
		return pr.GetHead().GetSHA(), len(reviews)
	}
	if sha, reviews := look(); sha != old || reviews != 0 {
		t.Errorf("while it lags: %s with %d reviews", sha, reviews)
	}
	catchUp()
	if sha, reviews := look(); sha != head || reviews != 1 {
		t.Errorf("caught up: %s with %d reviews", sha, reviews)
	}
}

// GitHub Enterprise Server has its API below other paths.
func TestEnterprisePaths(t *testing.T) {
	s := newSim(t)
	token := "token " + s.mint()
	for _, path := range []string{"/api/v3/repos/octo-org/infra", "/repos/octo-org/infra"} {
		if got := s.status(path, token); got != http.StatusOK {
			t.Errorf("%s: %d", path, got)
		}
	}
	c := s.clientFor(s.lastInstallation)
	c.BaseURL = c.BaseURL.JoinPath("api/v3/")
	req, err := c.NewRequest("POST", "../graphql", map[string]any{"query": "query Q{viewer{login}}"})
	ok(t, err)
	var out struct {
		Data struct{ Viewer struct{ Login string } }
	}
	_, err = c.Do(t.Context(), req, &out)
	ok(t, err)
	if out.Data.Viewer.Login != "change-management" {
		t.Errorf("viewer %q", out.Data.Viewer.Login)
	}
}

// With AutoDeliver nobody has to settle; Close ends it.
func TestAutoDeliver(t *testing.T) {
	s := newSim(t, func(o *githubsim.Options) { o.AutoDeliver = true })
	told := make(chan string, 16)
	s.mu.Lock()
	s.onHook = func(event string) { told <- event }
	s.mu.Unlock()
	s.pull("feature", "f", "1\n")
	for _, want := range []string{"push", "check_suite", "pull_request"} {
		if got := <-told; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	}
	release := s.Hold(githubsim.Every)
	ok(t, s.As("bob").Label(infra, 1, "a"))
	release()
	if got := <-told; got != "pull_request" {
		t.Errorf("told %s after the release", got)
	}
	s.Close()
	s.Close() // again is harmless
}
