package store

import (
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

func testCache(t *testing.T, s *Store) {
	ctx := t.Context()
	recall := func(kind, key string, at int, want string) {
		t.Helper()
		body, _, found, err := s.Recall(ctx, kind, key, after(at))
		if err != nil || found != (want != "") || string(body) != want {
			t.Errorf("recall %s %s at %d s = %q, %v, %v, want %q", kind, key, at, body, found, err, want)
		}
	}
	remember := func(kind, key, body string, asOf, until int) {
		t.Helper()
		var end time.Time
		if until != 0 {
			end = after(until)
		}
		must(t, s.Remember(ctx, kind, key, []byte(body), after(asOf), end))
	}
	forget := func(at int, kind, prefix string) {
		t.Helper()
		accept(t, s, after(at), subject.Result{Forget: []subject.CacheKey{{Kind: kind, Prefix: prefix}}})
	}

	recall("team", "9/qa/", 0, "")
	remember("team", "9/qa/", "v1", 1, 100)
	recall("team", "9/qa/", 99, "v1")
	recall("team", "9/qa/", 100, "")
	recall("permission", "9/qa/", 1, "")
	_, asOf, _, err := s.Recall(ctx, "team", "9/qa/", after(2))
	if err != nil || !asOf.Equal(after(1)) {
		t.Errorf("as of %v, %v, want 1 s", asOf, err)
	}
	remember("team", "9/qa/", "v3", 3, 0)
	remember("team", "9/qa/", "v2", 2, 0) // an older read comes late
	recall("team", "9/qa/", 1e6, "v3")

	// A prefix takes whole keys, with wildcards of whichever engine being plain text.
	for _, key := range []string{"9/qa/", "9/qa-2/", "99/qa/", "9/Qa/", "9/%/", "9/_a/", `9/\/`, "9/é/"} {
		remember("team", key, "x", 10, 0)
	}
	forget(11, "team", "9/qa/")
	recall("team", "9/qa/", 12, "")
	recall("team", "9/qa-2/", 12, "x")
	recall("team", "9/Qa/", 12, "x")
	recall("team", "9/_a/", 12, "x")
	forget(11, "team", "9/%/")
	recall("team", "9/%/", 12, "")
	recall("team", "9/é/", 12, "x")
	forget(11, "team", "9/é")
	recall("team", "9/é/", 12, "")
	forget(11, "team", "9/")
	recall("team", `9/\/`, 12, "")
	recall("team", "9/qa-2/", 12, "")
	recall("team", "99/qa/", 12, "x")
	remember("permission", "9/", "x", 10, 0)
	recall("permission", "9/", 12, "x")
	forget(11, "permission", "9/")
	recall("permission", "9/", 12, "")

	// The race: a read that began before the event must not be kept after it.
	remember("team", "9/qa/", "before", 10, 0)
	recall("team", "9/qa/", 12, "")
	remember("team", "9/qa/", "same instant", 11, 0)
	recall("team", "9/qa/", 12, "")
	remember("team", "9/qa/", "behind", 12, 0)
	recall("team", "9/qa/", 12, "behind")
	remember("team", "99/qa/", "not concerned", 11, 0)
	recall("team", "99/qa/", 12, "not concerned")
	forget(5, "team", "9/") // an older delivery comes late: it drops, and voids no more than before
	recall("team", "9/qa/", 12, "")
	remember("team", "9/qa/", "voided by the first", 11, 0)
	recall("team", "9/qa/", 12, "")
	remember("team", "9/qa/", "", 13, 0)
	_, _, found, err := s.Recall(ctx, "team", "9/qa/", after(14))
	if err != nil || !found {
		t.Errorf("an empty body is not found: %v, %v", found, err)
	}
}
