package app

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/githubsim/contract"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/store/pgtest"
)

// A scenario is a page of testdata/scenarios: people act on a simulated GitHub, the real
// server takes real deliveries over HTTP, and the page says what GitHub then shows. Every
// request, answer and delivery is held to GitHub's own descriptions on the way.
func TestScenarios(t *testing.T) { runScenarios(t, ".", nil) }

var everyPage = flag.Bool("every-page", false, "run every page of testdata/scenarios on PostgreSQL, not those alone that are about events, time and outages")

// storePages are about what a store has a part in: which changes, events and time, hostile
// input, the evidence and what has no number.
const storePages = "/(1[5-9]|2[1-9]|37|42|59-button|59-groups|59-waived-at-the-gate|34-|6[78]|71|76|79|8[02-9]|90|[a-z])[^/]*$"

// Pages read the same on PostgreSQL, with two replicas that take deliveries in turn. Those that
// are about judging alone are run there by make test-postgres.
func TestScenariosOnPostgreSQL(t *testing.T) {
	pages := storePages
	if *everyPage {
		pages = "."
	}
	runScenarios(t, pages, pgtest.URL)
}

// runScenarios runs the pages whose path the expression matches, each on a new database that
// database makes; nil: one server on SQLite.
func runScenarios(t *testing.T, pages string, database func(testing.TB) string) {
	files, err := filepath.Glob("../testdata/scenarios/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(pages)
	files = slices.DeleteFunc(files, func(file string) bool { return !wanted.MatchString(file) })
	if len(files) == 0 {
		t.Fatal("no pages")
	}
	testscript.Run(t, testscript.Params{
		Files: files,
		Setup: func(e *testscript.Env) error {
			w := newWorldTest(e.T().(testing.TB), e.Defer)
			e.Values["world"] = w
			if database != nil {
				w.database, w.replicas = database(w.t), 2
			}
			return nil
		},
		Cmds: vocabulary(),
	})
}

// vocabulary is all that a page can say.
func vocabulary() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	all := maps.Clone(commands)
	maps.Copy(all, eventWords)
	maps.Copy(all, checkWords)
	maps.Copy(all, limitWords)
	maps.Copy(all, commentWords)
	maps.Copy(all, queueWords)
	maps.Copy(all, reviewerWords)
	maps.Copy(all, outageWords)
	maps.Copy(all, loadWords)
	maps.Copy(all, gateWords)
	maps.Copy(all, signOffWords)
	maps.Copy(all, askWords)
	maps.Copy(all, issueWords)
	maps.Copy(all, timelineWords)
	return all
}

// clock runs at the speed of the real one and can be turned on.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().UTC().Add(c.ahead)
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// world is a simulated GitHub with the server under test beside it.
type world struct {
	t     testing.TB
	later func(func())
	clock *clock
	sim   *githubsim.Server
	app   *App // one of them
	turns *roundRobin
	url   string
	dir   string
	stop  func()
	log   *syncBuffer
	repo  string // owner/name that commands are about
	hold  []func()
	runs  map[string]int64 // last run of a name at a pull request's head, by "number/name"
	saved map[string]string
	seen  map[string]int64

	database string // URL; empty: a file below dir
	backup   string // URL of a copy
	replicas int    // how many servers; 0: one

	quiet   time.Duration // Options.Quiet
	limits  *Limits       // Options.Limits
	allowed []string      // Options.AllowedAccounts
	skew    atomic.Int64  // how far GitHub's clock is ahead, as a Duration
	held    []held
	forged  int    // deliveries so far
	down    bool   // the server is stopped
	deaf    bool   // GitHub does not reach the server
	policy  []byte // of the server
	with    []func(*Options)

	asking  asking
	address atomic.Value // url, for who asks while the server is restarted

	personal []string // what names somebody, quoted for a regular expression
}

func newWorldTest(t testing.TB, later func(func())) *world {
	return &world{t: t, later: later, clock: &clock{}, runs: map[string]int64{}, saved: map[string]string{}, seen: map[string]int64{}, log: &syncBuffer{}, quiet: 20 * time.Millisecond, limits: &Limits{}}
}

// begin makes GitHub with a world of state and starts the server on it.
func (w *world) begin(state []byte, dir string, policy []byte) error {
	parsed, err := githubsim.ParseState(bytes.NewReader(state))
	if err != nil {
		return err
	}
	w.dir = dir
	w.repo = parsed.Repositories[0].Name
	for _, u := range parsed.Users {
		w.names(u.Login, u.Name, u.Email)
	}
	w.sim, err = githubsim.New(githubsim.Options{
		Now: w.githubNow, State: &parsed,
		Middleware: func(h http.Handler) http.Handler { return contract.Wrap(w.t, h) },
		OnDelivery: func(event string, body []byte) { contract.Webhook(w.t, event, body) },
		OnUnknown:  func(what string) { w.t.Errorf("the simulator does not model %s", what) },
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.sim.Start(l)
	w.later(w.sim.Close)
	if err := w.start(policy); err != nil {
		return err
	}
	w.later(func() { w.stop() })
	return nil
}

// names notes what must not stand in the ledger.
func (w *world) names(texts ...string) {
	for _, text := range texts {
		if text != "" {
			w.personal = append(w.personal, regexp.QuoteMeta(text))
		}
	}
}

// start starts the server under test on its data directory.
func (w *world) start(policy []byte) error {
	w.policy, w.down = policy, false
	o := Options{
		Listen: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Pages: true, Version: "test",
		DatabaseURL: "sqlite://" + filepath.Join(w.dir, "data", "test.db"),
		GitHubURL:   "http://127.0.0.1", GitHubAPIURL: w.sim.URL(), AppID: w.sim.AppID(),
		PrivateKey: w.sim.AppKey(), WebhookSecrets: [][]byte{w.sim.WebhookSecret()},
		Now: w.clock.Now, Quiet: w.quiet, Limits: w.limits, AllowedAccounts: w.allowed, TokenIssuer: w.sim.Issuer(),
	}
	if w.database != "" {
		o.DatabaseURL, o.LedgerKeyFile = w.database, filepath.Join(w.dir, "ledger.key")
		if _, err := os.Stat(o.LedgerKeyFile); err != nil {
			if _, err := MakeLedgerKey(o.LedgerKeyFile); err != nil {
				return err
			}
			if err := w.permitKeyFile(filepath.Join(w.dir, "permit.key")); err != nil {
				return err
			}
		}
		o.PermitKeyFile = filepath.Join(w.dir, "permit.key")
	}
	if policy != nil {
		o.PolicyFile, o.PolicyText = "floor.yml", policy
	}
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	turns := &roundRobin{}
	var stops []func()
	for i := range max(1, w.replicas) {
		o.Version = fmt.Sprintf("test-%d", i) // which tells GitHub's requests apart
		a, stop, err := w.serve(o)
		if err != nil {
			return err
		}
		turns.add(a)
		stops = append(stops, stop)
	}
	server := &http.Server{Handler: turns, BaseContext: func(net.Listener) context.Context {
		return zerolog.New(w.log).WithContext(context.Background())
	}}
	go func() { _ = server.Serve(front) }()
	w.turns, w.app, w.url = turns, turns.all[0], "http://"+front.Addr().String()
	w.address.Store(w.url)
	w.sim.SetWebhookURL(w.url + "/webhook")
	var once sync.Once
	w.stop = func() {
		once.Do(func() {
			for _, stop := range stops {
				stop()
			}
			_ = server.Close()
		})
	}
	return nil
}

// serve starts one server, and returns when its sweep is on the worklist: settle must not be
// earlier. What it returns ends it.
func (w *world) serve(o Options) (*App, func(), error) {
	for _, change := range w.with {
		change(&o)
	}
	ctx, cancel := context.WithCancel(zerolog.New(w.log).WithContext(context.Background()))
	a, err := New(ctx, o)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	a.poll = 20 * time.Millisecond // nothing tells the server that its clock was turned
	if w.limits == nil {
		a.patience = 0 // what waits for its slot waits until the clock is turned
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		cancel()
		return nil, nil, errors.Join(err, a.Close())
	}
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx, l) }()
	stop := func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("serve: %v", err)
		}
		if err := a.Close(); err != nil {
			w.t.Errorf("close: %v", err)
		}
	}
	resp, err := http.Get("http://" + l.Addr().String() + "/readyz")
	if err != nil {
		stop()
		return nil, nil, err
	}
	_ = resp.Body.Close()
	return a, stop, nil
}

// roundRobin hands requests to servers in turn.
type roundRobin struct {
	mu   sync.Mutex
	all  []*App
	next int
}

func (r *roundRobin) add(a *App) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, a)
}

func (r *roundRobin) drop(a *App) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = slices.DeleteFunc(r.all, func(b *App) bool { return a == b })
}

func (r *roundRobin) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	a := r.all[r.next%len(r.all)]
	r.next++
	r.mu.Unlock()
	a.Handler().ServeHTTP(rw, req)
}

// settle delivers what is queued and waits until nothing is due any more, or under way.
func (w *world) settle() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		if err := w.sim.Settle(ctx); w.down {
			return nil // nobody was there to take it
		} else if err != nil && !w.deaf {
			return err
		}
		quiet, err := w.app.Settled(ctx)
		if err != nil {
			return fmt.Errorf("the worklist does not settle: %w", err)
		}
		if quiet && len(w.queued()) == 0 {
			return nil
		}
	}
}

// queued returns the deliveries that are waiting to be sent, those that are held aside.
func (w *world) queued() []githubsim.Delivery {
	var out []githubsim.Delivery
	for _, d := range w.sim.Deliveries() {
		if d.Outcome == "queued" {
			out = append(out, d)
		}
	}
	return out
}

func (w *world) show(sha string) (githubsim.Shown, error) {
	return w.sim.Show(w.repo, sha, publish.Context, publish.RunName)
}

// number reads a pull request's number.
func number(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(s, "#"))
	if err != nil {
		ts.Fatalf("pull request %q: %v", s, err)
	}
	return n
}

func of(ts *testscript.TestScript) *world { return ts.Value("world").(*world) }

// commit resolves a commit: #N is a pull request's head, queue:N that of the merge group that
// ends with it, @name one that was saved, anything else the tip of a branch.
func (w *world) commit(s string) (string, error) {
	switch {
	case strings.HasPrefix(s, "queue:"):
		n, err := strconv.Atoi(s[len("queue:"):])
		if err != nil {
			return "", err
		}
		return w.sim.GroupHead(w.repo, n)
	case strings.HasPrefix(s, "#"):
		n, err := strconv.Atoi(s[1:])
		if err != nil {
			return "", err
		}
		return w.sim.Head(w.repo, n)
	case strings.HasPrefix(s, "@"):
		if sha := w.saved[s[1:]]; sha != "" {
			return sha, nil
		}
		return "", fmt.Errorf("no commit was saved as %s", s)
	default:
		return w.sim.BranchHead(w.repo, s)
	}
}

// syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func readFile(ts *testscript.TestScript, name string) []byte {
	b, err := os.ReadFile(ts.MkAbs(name))
	ts.Check(err)
	return b
}

// commands are the words of a scenario.
var commands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"world":   cmdWorld,
	"in":      func(ts *testscript.TestScript, _ bool, args []string) { of(ts).repo = args[0] },
	"settle":  func(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(of(ts).settle()) },
	"turn":    cmdTurn,
	"shows":   cmdShows,
	"silent":  cmdSilent,
	"says":    cmdSays,
	"finds":   cmdFinds,
	"verify":  cmdVerify,
	"replays": cmdReplays, "records": cmdRecords, "anonymous": cmdAnonymous, "counts": cmdCounts, "drops": cmdDrops,
	"asked":    cmdAsked,
	"forget":   func(ts *testscript.TestScript, _ bool, _ []string) { of(ts).sim.ResetRequests() },
	"save":     cmdSave,
	"restart":  cmdRestart,
	"delivery": cmdDelivery,
	"fails":    cmdFails,
	"ci":       cmdCI,
	"page":     cmdPage,
	"logs":     cmdLogs,
	"ann":      person("ann"), "bob": person("bob"), "carol": person("carol"), "dave": person("dave"),
	"erin": person("erin"), "mallory": person("mallory"), "olga": person("olga"),
	"updater": person("updater"), // a bot
}

// world [--alone] [--quiet=DURATION] [--paced] [--allow=ACCOUNT,...] FILE [POLICY] begins. Events are
// gathered for that long; writes and requests are not held back unless it is paced;
// alone, for pages that count what one process asks, there is one server whatever the store.
func cmdWorld(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	for ; strings.HasPrefix(args[0], "--"); args = args[1:] {
		switch name, value, _ := strings.Cut(args[0], "="); name {
		case "--quiet":
			var err error
			w.quiet, err = time.ParseDuration(value)
			ts.Check(err)
		case "--alone":
			w.replicas = 1
		case "--paced":
			w.limits = nil
		case "--allow":
			w.allowed = strings.Split(value, ",")
		default:
			ts.Fatalf("world %s: no such flag", args[0])
		}
	}
	var policy []byte
	if len(args) > 1 {
		policy = readFile(ts, args[1])
	}
	ts.Check(w.begin(readFile(ts, args[0]), ts.MkAbs("."), policy))
	ts.Check(w.settle())
}

// turn DURATION turns the clock on and settles.
func cmdTurn(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	of(ts).clock.turn(d)
	ts.Check(of(ts).settle())
}

// shows COMMIT STATE [TEXT] wants both contexts to agree on STATE and the status to say TEXT.
func cmdShows(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	shown, err := w.show(sha)
	ts.Check(err)
	run := shown.Conclusion
	if run == "" {
		run = shown.RunStatus
	}
	want := map[string]string{"success": "success", "pending": "in_progress", "failure": "failure", "error": "action_required"}[args[1]]
	agree := shown.State == args[1] && run == want
	for _, text := range args[2:] {
		agree = agree && strings.Contains(shown.Description, text)
	}
	if agree == neg {
		ts.Logf("%s", w.log)
		ts.Fatalf("%s shows status %q (%s) and run %q (%s)", args[0], shown.State, shown.Description, run, shown.Title)
	}
}

// silent COMMIT wants nothing of ours on a commit.
func cmdSilent(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	shown, err := w.show(sha)
	ts.Check(err)
	if shown.State != "" || shown.Run != 0 {
		ts.Fatalf("%s shows status %q (%s) and run %q", args[0], shown.State, shown.Description, shown.Title)
	}
}

// says COMMIT TEXT... wants each TEXT in the check run's summary, spaces alike.
func cmdSays(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	sha, err := w.commit(args[0])
	ts.Check(err)
	shown, err := w.show(sha)
	ts.Check(err)
	for _, text := range args[1:] {
		if strings.Contains(plain(shown.Summary), text) == neg {
			ts.Fatalf("the summary on %s:\n%s", args[0], plain(shown.Summary))
		}
	}
}

// plain takes the mark-up of code spans out of a summary.
func plain(markdown string) string {
	return strings.NewReplacer("`", "", "\u200b", "", "\u2060", "", "&#35;&#8203;", "#").Replace(markdown)
}

// save NAME COMMIT remembers a commit.
func cmdSave(ts *testscript.TestScript, _ bool, args []string) {
	sha, err := of(ts).commit(args[1])
	ts.Check(err)
	of(ts).saved[args[0]] = sha
}

// restart stops the server and starts it again on the same data.
func cmdRestart(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	w.stop()
	var policy []byte
	if len(args) > 0 {
		policy = readFile(ts, args[0])
	}
	ts.Check(w.start(policy))
	ts.Check(w.settle())
}

// delivery lose|duplicate|hold EVENT, delivery release, delivery reverse.
func cmdDelivery(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	event := func() func(githubsim.Delivery) bool {
		name, action, _ := strings.Cut(args[1], ".")
		return githubsim.OfEvent(name, action)
	}
	switch args[0] {
	case "lose":
		w.sim.LoseNext(event())
	case "duplicate":
		w.sim.DuplicateNext(event())
	case "hold":
		w.hold = append(w.hold, w.sim.Hold(event()))
	case "release":
		for _, release := range w.hold {
			release()
		}
		w.hold = nil
	case "reverse":
		w.sim.Reorder(func(q []*githubsim.Delivery) { slices.Reverse(q) })
	default:
		ts.Fatalf("delivery %s: want lose, duplicate, hold, release or reverse", args[0])
	}
}

// fails KIND FAULT lets the next request of a kind fail.
func cmdFails(ts *testscript.TestScript, _ bool, args []string) {
	faults := map[string]githubsim.Fault{
		"502": githubsim.BadGateway, "broken": githubsim.Broken, "answer-lost": githubsim.AnswerLost,
		"secondary": githubsim.SecondaryLimit, "429": githubsim.TooManyRequests, "primary": githubsim.PrimaryLimit, "graphql": githubsim.GraphQLLimited,
		"empty": {Status: http.StatusOK, Body: "[]"}, // it has not put things together yet
	}
	// GitHub's client keeps to the time of a 429 by the real clock, which no page turns.
	soon := faults["429"]
	soon.Header = http.Header{"Retry-After": {"1"}}
	faults["429"] = soon
	fault, ok := faults[args[1]]
	if !ok {
		ts.Fatalf("no such fault: %s", args[1])
	}
	of(ts).sim.FailNext(githubsim.OfKind(args[0]), fault)
}

// asked KIND COUNT wants at most so many requests since forget, =COUNT exactly so many:
// graphql, reads, writes, or anything but tokens.
func cmdAsked(ts *testscript.TestScript, _ bool, args []string) {
	text, exactly := strings.CutPrefix(args[1], "=")
	most, err := strconv.Atoi(text)
	ts.Check(err)
	var found []string
	for _, r := range of(ts).sim.Requests() {
		write := strings.HasPrefix(r, "POST") || strings.HasPrefix(r, "PATCH")
		graphql := strings.HasPrefix(r, "GraphQL")
		switch {
		case strings.Contains(r, "access_tokens"):
		case args[0] == "anything", args[0] == "graphql" && graphql, args[0] == "writes" && write, args[0] == "reads" && !write && !graphql:
			found = append(found, r)
		}
	}
	if len(found) > most || exactly && len(found) != most {
		ts.Logf("%s", of(ts).log)
		ts.Fatalf("%d requests, want %s:\n%s", len(found), args[1], strings.Join(found, "\n"))
	}
}

// logs TEXT wants (or with ! does not want) a text in the server's log.
func cmdLogs(ts *testscript.TestScript, neg bool, args []string) {
	if strings.Contains(of(ts).log.String(), args[0]) == neg {
		ts.Fatalf("the log:\n%s", of(ts).log)
	}
}
