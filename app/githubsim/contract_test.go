package githubsim_test

import (
	"net/http"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim/contract"
)

// checks are the hooks that hold the server to GitHub's own description.
func checks(t *testing.T) (func(http.Handler) http.Handler, func(string, []byte)) {
	t.Helper()
	return func(h http.Handler) http.Handler { return contract.Wrap(t, h) },
		func(event string, body []byte) { contract.Webhook(t, event, body) }
}
