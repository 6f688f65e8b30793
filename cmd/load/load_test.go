package main

import (
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/githubsim/contract"
)

// TestMain lets the test program be the server as well, as load itself is.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "serve" {
		main()
		return
	}
	os.Exit(m.Run())
}

// held is a setup with each request held to GitHub's own description of it.
func held(t *testing.T, s setup) setup {
	s.wrap = func(h http.Handler) http.Handler { return contract.Wrap(t, h) }
	return s
}

type cost struct{ Looks, Reads, Runs, Statuses int }

// TestRequests counts what single things cost that people and apps do. An app reports its check
// in several deliveries: one that comes while somebody looks may be newer than what was read, so
// there is another look, and nothing else. Without that it is one: that has to be so in one of a
// few tries.
func TestRequests(t *testing.T) {
	const check = "a check that matters"
	twice := cost{2, 2, 1, 1}
	for range 10 {
		got := costs(t)
		met := got[check] == twice
		if met {
			got[check] = cost{1, 1, 1, 1}
		}
		if diff := cmp.Diff(map[string]cost{
			"a review":                       {1, 1, 1, 1},
			"a push":                         {1, 2, 1, 1}, // and the pages of its files
			"a check that matters to nobody": {},
			check:                            {1, 1, 1, 1},
			"a redelivery":                   {},
		}, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		if !met {
			return
		}
	}
	t.Errorf("%s costs %+v every time", check, twice)
}

func costs(t *testing.T) map[string]cost {
	s, all := plain(8)
	rows, err := measureAll(t.Context(), held(t, s), all[:5])
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]cost{}
	for _, r := range rows {
		got[r.what] = cost{r.looks, r.reads, r.runs, r.statuses}
	}
	return got
}

// TestSustain sends a short stream: nothing is lost, and each change shows what it should.
func TestSustain(t *testing.T) {
	m, err := sustain(t.Context(), held(t, setup{state: world([]string{repo}, 4, false)}), 4, 100, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if m.deliveries == 0 || m.lost != 0 || m.missing != 0 || m.wrong != 0 {
		t.Errorf("of %d deliveries %d were not acknowledged and %d not stored, and %d changes show something wrong", m.deliveries, m.lost, m.missing, m.wrong)
	}
}

// TestHold lets deployments wait for a window that is days away: while they do, GitHub is asked
// nothing.
func TestHold(t *testing.T) {
	const jobs = 12
	m, err := hold(t.Context(), held(t, setup{state: world([]string{repo, "octo-org/web"}, 0, false)}), jobs, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if m.open != jobs || m.reads+m.runs+m.statuses != 0 {
		t.Errorf("%d of %d deployments wait, at the cost of %d reads, %d runs and %d statuses; want all of them for nothing", m.open, jobs, m.reads, m.runs, m.statuses)
	}
}
