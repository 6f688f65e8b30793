package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/webhook"
)

// watched is a world in which ann has opened a pull request and bob may review it.
const watched = `
users: [{login: ann}, {login: bob}, {login: olga}]
organizations: [{login: octo-org, owners: [olga]}]
installations: [{account: octo-org}]
repositories:
  - name: octo-org/app
    private: true
    users: {ann: write, bob: write}
    files: {main.go: "package main\n"}
    pulls: [{title: Count sheep, author: ann, branch: sheep, files: {sheep.go: "package main\n"}}]
`

// watch starts a server on that world.
func watch(t *testing.T, with ...func(*Options)) *world {
	t.Helper()
	w := newWorldTest(t, t.Cleanup)
	w.with = with
	if err := w.begin([]byte(watched), t.TempDir(), nil); err != nil {
		t.Fatal(err)
	}
	if err := w.settle(); err != nil {
		t.Fatal(err)
	}
	return w
}

// scrape returns what Prometheus would read.
func scrape(t testing.TB, a *App) string {
	t.Helper()
	answer := httptest.NewRecorder()
	a.Metrics().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("metrics: %d %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

// One review goes down the whole line, and an operator sees it at each station.
func TestMetricsOfTheLine(t *testing.T) {
	w := watch(t)
	if _, err := w.sim.As("bob").Review(w.repo, 1, githubsim.Review{State: "APPROVE"}); err != nil {
		t.Fatal(err)
	}
	if err := w.settle(); err != nil {
		t.Fatal(err)
	}
	if resp, err := http.Post(w.url+"/webhook", "application/json", strings.NewReader("{}")); err != nil || resp.Body.Close() != nil {
		t.Fatal(err)
	}
	text := scrape(t, w.app)
	for _, want := range []string{
		"changewarden_github_key_accepted 1",
		"changewarden_store_up 1",
		"changewarden_subjects_due 0",
		"changewarden_publications_owed 0",
		"changewarden_oldest_owed_seconds 0",
		"changewarden_ledger_logs 1",
		"changewarden_workers 8",
		"changewarden_workers_busy 0",
		`changewarden_webhook_refused_total{status="400"} 1`,
		`changewarden_build_info{goversion=`,
		`changewarden_ledger_log_records{log="`,
		"process_resident_memory_bytes ",
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("the metrics do not say %q", want)
		}
	}
	for _, s := range stations {
		if line := `changewarden_station_seconds_count{outcome="ok",station="` + string(s) + `"} `; !strings.Contains(text, line) || strings.Contains(text, line+"0\n") {
			t.Errorf("nothing was measured at %s", s)
		}
	}
	for _, h := range []string{"changewarden_evaluation_deliveries", "changewarden_publication_delay_seconds"} {
		if strings.Contains(text, "\n"+h+"_count 0\n") || !strings.Contains(text, "\n"+h+"_count ") {
			t.Errorf("nothing was measured in %s", h)
		}
	}
	if t.Failed() {
		t.Logf("metrics:\n%s", text)
	}
	if resp, err := http.Get(w.url + "/metrics"); err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusNotFound {
		t.Errorf("GET /metrics where the webhook is = %v, %v, want 404: anybody can reach it", resp.StatusCode, err)
	}
}

// What comes from outside makes no metric grow: events of any name, requests to anywhere.
func TestMetricsAreBounded(t *testing.T) {
	w := watch(t)
	count := func() int {
		n, err := testutil.GatherAndCount(w.app.metrics.registry)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	send := func(event string) {
		d := webhook.Delivery{GUID: "forged-" + event, Event: event, Body: []byte("{}"), At: w.clock.Now()}
		if _, err := (intake{w.app}).Accept(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	send("unheard-of")
	before := count()
	for _, event := range []string{"a", "b", "unheard-of-too", "c"} {
		send(event)
		w.app.metrics.request("GET", 200, 0)
	}
	w.app.metrics.request("GET", 200, 0)
	if after := count(); after > before+1 {
		t.Errorf("%d series, %d before: an event's name is a label", after, before)
	}
	if !strings.Contains(scrape(t, w.app), `changewarden_deliveries_total{event="other",outcome="stored"} 5`) {
		t.Error("unknown events are not counted as other")
	}
	if problems, err := testutil.GatherAndLint(w.app.metrics.registry); err != nil || len(problems) > 0 {
		t.Errorf("names and help texts: %v %v", err, problems)
	}
}

// However many installations there are, the quotas of those that may be in trouble are shown.
func TestQuotasAreBounded(t *testing.T) {
	var all []ghclient.Quota
	for i := range int64(3 * mostQuotas) {
		all = append(all, ghclient.Quota{Installation: i, Resource: "core", Limit: 5000, Remaining: int(5000 - i)})
	}
	shown := tightest(all)
	if len(shown) != mostQuotas || shown[0].Installation != 3*mostQuotas-1 {
		t.Errorf("%d quotas are shown, the first of installation %d; want %d, the one with the least left first", len(shown), shown[0].Installation, mostQuotas)
	}
}
