package githubsim_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/githubsim"
)

// Who writes too much in a minute is refused for a minute, and longer if it asks on; another
// installation's calls are its own.
func TestSecondaryLimits(t *testing.T) {
	s := newSim(t, func(o *githubsim.Options) { o.Middleware = nil })
	_, head := s.pull("feature", "f", "1\n")
	const most = 3
	s.EnforceSecondary(githubsim.Secondary{WritesPerMinute: most, Points: 100})
	token := "token " + s.mint()
	post := func() error {
		_, _, err := s.clientFor(s.lastInstallation).Repositories.CreateStatus(t.Context(), "octo-org", "infra", head, &github.RepoStatus{State: new("success")})
		return err
	}
	refused := func(err error) bool {
		e, is := errors.AsType[*github.AbuseRateLimitError](err)
		return is && *e.RetryAfter == time.Minute
	}
	for range most {
		ok(t, post())
	}
	if err := post(); !refused(err) {
		t.Errorf("the fourth: %v", err)
	}
	s.clock.Add(30 * time.Second)
	if got := s.status("/repos/octo-org/infra", token); got != http.StatusForbidden {
		t.Errorf("a read after half a minute: %d", got)
	}
	s.clock.Add(time.Minute)
	if got := s.status("/repos/octo-org/infra", token); got != http.StatusOK {
		t.Errorf("a minute later: %d", got)
	}
	want := []string{
		"octo-org: writes a minute: POST /repos/{owner}/{repo}/statuses/{sha}",
		"octo-org: asks on: GET /repos/{owner}/{repo}",
	}
	if diff := cmp.Diff(want, s.Tripped()); diff != "" {
		t.Errorf("tripped (-want +got):\n%s", diff)
	}
}

// A revoked token is worth nothing; a new one is.
func TestRevokeTokens(t *testing.T) {
	s := newSim(t)
	token := "token " + s.mint()
	ok(t, s.RevokeTokens("octo-org"))
	if got := s.status("/repos/octo-org/infra", token); got != http.StatusUnauthorized {
		t.Errorf("revoked: %d", got)
	}
	if got := s.status("/repos/octo-org/infra", "token "+s.mint()); got != http.StatusOK {
		t.Errorf("a new one: %d", got)
	}
}
