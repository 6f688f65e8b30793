package publish

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
)

const (
	ownApp = 77
	head   = "0123456789abcdef0123456789abcdef01234567"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// fakeRun is a check run as the fake keeps it, with every state that it went through.
type fakeRun struct {
	ID, App            int64
	Name, ExternalID   string
	Status, Conclusion string
	Summary            string
	Annotations        int
	Buttons            []string
	Past               []string
}

// fakeGitHub keeps the check runs and statuses of one head. It refuses what GitHub refuses,
// and each write can fail before or after it took effect.
type fakeGitHub struct {
	t        *testing.T
	mu       sync.Mutex
	runs     []*fakeRun
	statuses []github.RepoStatus // oldest first
	writes   []string            // what was asked, in order
	reads    int
	fail     func(write string) failure // nil: nothing fails
	after    func()                     // called after each write that took effect
	past     []past                     // before each of these, the oldest first
	behind   int                        // by how many of them what is read is behind
}

// past is what stood once.
type past struct {
	runs     []fakeRun
	statuses []github.RepoStatus
}

func (g *fakeGitHub) now() past {
	p := past{statuses: slices.Clone(g.statuses)}
	for _, r := range g.runs {
		p.runs = append(p.runs, *r)
	}
	return p
}

// read returns what a reader is shown.
func (g *fakeGitHub) read() past {
	if n := min(g.behind, len(g.past)); n > 0 {
		return g.past[len(g.past)-n]
	}
	return g.now()
}

type failure int

const (
	none       failure = iota
	before             // 502, nothing happened
	afterwards         // 502, but it happened
	unknownSHA
	forbidden
	limited
	garbled // it happened, and the answer makes no sense
)

// client returns a real client that talks to the fake.
func (g *fakeGitHub) client() *ghclient.Client {
	srv := httptest.NewServer(g)
	g.t.Cleanup(srv.Close)
	return clientOf(srv.URL)
}

func clientOf(addr string) *ghclient.Client {
	c := github.NewClient(nil)
	base, err := url.Parse(addr + "/")
	if err != nil {
		panic(err)
	}
	c.BaseURL = base
	return &ghclient.Client{Client: c}
}

func (g *fakeGitHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/repos/octo-org/app/")
	switch {
	case r.Method == "GET" && path == "commits/"+head+"/check-runs":
		g.reads++
		g.listRuns(w, r)
	case r.Method == "GET" && path == "commits/"+head+"/status":
		g.reads++
		g.combined(w)
	case r.Method == "POST" && path == "check-runs":
		g.write(w, r, 0)
	case r.Method == "PATCH" && strings.HasPrefix(path, "check-runs/"):
		id, err := strconv.ParseInt(strings.TrimPrefix(path, "check-runs/"), 10, 64)
		if err != nil {
			g.t.Errorf("PATCH %s", path)
		}
		g.write(w, r, id)
	case r.Method == "POST" && path == "statuses/"+head:
		g.writeStatus(w, r)
	default:
		g.t.Errorf("unknown request %s %s", r.Method, r.URL)
		http.NotFound(w, r)
	}
}

func (g *fakeGitHub) listRuns(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("filter") != "latest" || q.Get("check_name") != RunName || q.Get("app_id") != strconv.Itoa(ownApp) {
		g.t.Errorf("list check runs: %v", q)
	}
	out := []map[string]any{}
	for _, run := range g.read().runs {
		out = append(out, runJSON(&run))
	}
	answerJSON(w, http.StatusOK, map[string]any{"total_count": len(out), "check_runs": out})
}

func runJSON(r *fakeRun) map[string]any {
	m := map[string]any{
		"id": r.ID, "name": r.Name, "external_id": r.ExternalID, "status": r.Status, "app": map[string]any{"id": r.App},
		"html_url": fmt.Sprintf("https://github.test/octo-org/app/runs/%d", r.ID), "started_at": noon,
		"output": map[string]any{"annotations_count": r.Annotations},
	}
	if r.Conclusion != "" {
		m["conclusion"] = r.Conclusion
	}
	return m
}

func (g *fakeGitHub) combined(w http.ResponseWriter) {
	newest := []github.RepoStatus{}
	if all := g.read().statuses; len(all) > 0 {
		newest = append(newest, all[len(all)-1])
	}
	answerJSON(w, http.StatusOK, map[string]any{"statuses": newest})
}

// labels are those of the buttons that a run has after a request: what is not sent stays.
func (q runRequest) labels(run *fakeRun) []string {
	if q.Actions == nil && run != nil {
		return run.Buttons
	}
	var out []string
	for _, a := range q.Actions {
		out = append(out, a.Label)
	}
	return out
}

type runRequest struct {
	Actions []github.CheckRunAction `json:"actions"`

	Name       string `json:"name"`
	HeadSHA    string `json:"head_sha"`
	ExternalID string `json:"external_id"`
	Status     string `json:"status"`
	Conclusion string `json:"conclusion"`
	DetailsURL string `json:"details_url"`
	Output     struct {
		Title, Summary string
		Annotations    []struct {
			Path      string `json:"path"`
			StartLine int    `json:"start_line"`
			EndLine   int    `json:"end_line"`
			Level     string `json:"annotation_level"`
			Message   string `json:"message"`
		}
	}
}

func (g *fakeGitHub) write(w http.ResponseWriter, r *http.Request, id int64) {
	var q runRequest
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		g.t.Error(err)
	}
	note := fmt.Sprintf("run %d %s", id, state(q.Status, q.Conclusion))
	if id == 0 {
		note = "new run " + state(q.Status, q.Conclusion)
	}
	if n := len(q.Output.Annotations); n > 0 {
		note += fmt.Sprintf(" +%d", n)
	}
	var run *fakeRun
	for _, k := range g.runs {
		if k.ID == id && id != 0 {
			run = k
		}
	}
	labels := q.labels(run)
	if run == nil && len(labels) > 0 || run != nil && !slices.Equal(labels, run.Buttons) {
		note += fmt.Sprintf(" buttons=%v", labels)
	}
	g.writes = append(g.writes, note)
	g.checkRun(q, id)
	f := g.failure(note)
	if f != none && f != afterwards && f != garbled {
		refuse(w, f)
		return
	}
	g.past = append(g.past, g.now())
	switch {
	case id == 0:
		run = &fakeRun{ID: int64(len(g.runs) + 1), App: ownApp, Name: q.Name}
		g.runs = append(g.runs, run)
	case run == nil:
		answerJSON(w, http.StatusNotFound, map[string]any{"message": "Not Found"})
		return
	}
	run.ExternalID, run.Status, run.Conclusion, run.Summary = q.ExternalID, q.Status, q.Conclusion, q.Output.Summary
	run.Annotations += len(q.Output.Annotations)
	run.Buttons = labels
	run.Past = append(run.Past, state(q.Status, q.Conclusion))
	if g.after != nil {
		g.after()
	}
	if f != none {
		refuse(w, f)
		return
	}
	answerJSON(w, http.StatusCreated, runJSON(run))
}

// checkRun holds a request to what GitHub's documentation says of it.
func (g *fakeGitHub) checkRun(q runRequest, id int64) {
	if q.Name != RunName || id == 0 && q.HeadSHA != head || (q.Status == RunCompleted) != (q.Conclusion != "") {
		g.t.Errorf("check run %+v", q)
	}
	if q.Output.Title == "" || q.Output.Summary == "" || len(q.Output.Summary) > 65535 || len(q.Output.Annotations) > 50 {
		g.t.Errorf("output: title %q, summary of %d bytes, %d annotations", q.Output.Title, len(q.Output.Summary), len(q.Output.Annotations))
	}
	for _, a := range q.Output.Annotations {
		if a.Path == "" || a.StartLine < 1 || a.EndLine != a.StartLine || a.Level != "notice" || a.Message == "" || len(a.Message) > 64<<10 {
			g.t.Errorf("annotation %+v", a)
		}
	}
}

func (g *fakeGitHub) writeStatus(w http.ResponseWriter, r *http.Request) {
	var s github.RepoStatus
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
		g.t.Error(err)
	}
	note := "status " + s.GetState()
	g.writes = append(g.writes, note)
	if s.GetContext() != Context || len([]rune(s.GetDescription())) > 140 {
		g.t.Errorf("status %+v", s)
	}
	f := g.failure(note)
	if f != none && f != afterwards && f != garbled {
		refuse(w, f)
		return
	}
	g.past = append(g.past, g.now())
	s.ID = new(int64(len(g.statuses) + 1))
	g.statuses = append(g.statuses, s)
	if g.after != nil {
		g.after()
	}
	if f != none {
		refuse(w, f)
		return
	}
	answerJSON(w, http.StatusCreated, s)
}

func (g *fakeGitHub) failure(note string) failure {
	if g.fail == nil {
		return none
	}
	return g.fail(note)
}

// state and level say what stands now: the run and the status, and how much they block.
func state(status, conclusion string) string {
	if conclusion != "" {
		return conclusion
	}
	return status
}

// newest returns our newest run, or a nil one.
func (g *fakeGitHub) newest() *fakeRun {
	if len(g.runs) == 0 {
		return nil
	}
	return g.runs[len(g.runs)-1]
}

func (g *fakeGitHub) status() github.RepoStatus {
	if len(g.statuses) == 0 {
		return github.RepoStatus{}
	}
	return g.statuses[len(g.statuses)-1]
}

// level is how much the head is blocked: both contexts are required, so by the heavier.
func (g *fakeGitHub) level() int {
	run := 1
	if r := g.newest(); r != nil {
		run = runLevel(r.Status, r.Conclusion)
	}
	s := g.status()
	return max(run, stateLevel(s.GetState()))
}

func refuse(w http.ResponseWriter, f failure) {
	switch f {
	case unknownSHA:
		answerJSON(w, http.StatusUnprocessableEntity, map[string]any{"message": "No commit found for SHA: " + head})
	case forbidden:
		answerJSON(w, http.StatusForbidden, map[string]any{"message": "Resource not accessible by integration"})
	case limited:
		w.Header().Set("Retry-After", "60")
		answerJSON(w, http.StatusForbidden, map[string]any{"message": "You have exceeded a secondary rate limit."})
	case garbled:
		answerJSON(w, http.StatusCreated, map[string]any{"id": "one"})
	default:
		answerJSON(w, http.StatusBadGateway, map[string]any{"message": "Server Error"})
	}
}

func answerJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(body)
}

// clientOver returns a client whose requests reach h without a socket, for tests that make
// thousands.
func clientOver(h http.Handler) *ghclient.Client {
	c := clientOf("http://fake.test")
	hc := *c.Client.Client()
	hc.Transport = handled{h}
	out := github.NewClient(&hc)
	out.BaseURL = c.BaseURL
	return &ghclient.Client{Client: out}
}

type handled struct{ http.Handler }

func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}
