package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/doctor"
	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/githubsim/contract"
	"github.com/changewarden/changewarden/app/permit"
)

// simApp is the app's id on a GitHub that a script makes.
const simApp = 4711

// gitHub is the word github WORLD [FAULT...]: it puts a simulated GitHub in the settings, with
// the app set up as it should be, but for the faults:
//
//	lacks=PERMISSION holds=PERMISSION:LEVEL deaf=EVENT   of the app
//	grant=LOGIN:PERMISSION:LEVEL suspend=LOGIN           of an installation; no LEVEL takes it away
//	form unsigned insecure nohook                        of the webhook
//	answers=STATUS,...                                   to the newest deliveries, in their order; 0: nobody listens
//	ahead=DURATION                                       its clock
func gitHub(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: github WORLD [FAULT...]")
	}
	state, err := githubsim.ParseState(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	o := githubsim.Options{Now: time.Now, State: &state, App: githubsim.App{ID: simApp, Permissions: map[string]string{}, Events: slices.Clone(doctor.NeededEvents)}}
	o.Middleware = func(h http.Handler) http.Handler { return contract.Wrap(ts.Value("t").(testing.TB), h) }
	o.OnUnknown = func(what string) { ts.Logf("the simulator does not model %s", what) }
	for _, p := range doctor.NeededPermissions {
		o.App.Permissions[p.Key] = p.Level
	}
	var hook githubsim.HookConfig
	var later []func(*githubsim.Server)
	listens := true
	for _, arg := range args[1:] {
		fault, value, _ := strings.Cut(arg, "=")
		parts := append(strings.Split(value, ":"), "", "")
		switch fault {
		case "lacks":
			delete(o.App.Permissions, value)
		case "holds":
			o.App.Permissions[parts[0]] = parts[1]
		case "deaf":
			o.App.Events = slices.DeleteFunc(o.App.Events, func(e string) bool { return e == value })
		case "grant":
			later = append(later, func(s *githubsim.Server) { ts.Check(s.Grant(parts[0], parts[1], parts[2])) })
		case "suspend":
			later = append(later, func(s *githubsim.Server) { ts.Check(s.Suspend(value)) })
		case "form":
			hook.Form = true
		case "unsigned":
			hook.Unsigned = true
		case "insecure":
			hook.Insecure = true
		case "nohook":
			listens = false
		case "ahead":
			d, err := time.ParseDuration(value)
			ts.Check(err)
			o.Now, o.JWTNow = func() time.Time { return time.Now().Add(d) }, time.Now
		case "answers":
			later = append(later, func(s *githubsim.Server) { deliver(ts, s, strings.Split(value, ",")) })
		default:
			ts.Fatalf("no such fault: %s", arg)
		}
	}
	sim, err := githubsim.New(o)
	ts.Check(err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	sim.Start(l)
	ts.Defer(sim.Close)
	sim.SetHookConfig(hook)
	for _, do := range later {
		do(sim)
	}
	sim.SetWebhookURL("")
	if listens {
		sim.SetWebhookURL("https://warden.octo-org.example/webhook")
	}
	ts.Check(os.WriteFile(ts.MkAbs("app.pem"), sim.AppKey(), 0o600))
	permits, err := permit.GenerateKey()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("permit.pem"), permits, 0o600))
	ts.Setenv("CHANGEWARDEN_GITHUB_URL", "http://127.0.0.1")
	ts.Setenv("CHANGEWARDEN_GITHUB_API_URL", sim.URL())
	ts.Setenv("CHANGEWARDEN_TOKEN_ISSUER", sim.Issuer())
	ts.Setenv("CHANGEWARDEN_APP_ID", strconv.Itoa(simApp))
	ts.Setenv("CHANGEWARDEN_PRIVATE_KEY_FILE", "app.pem")
	ts.Setenv("CHANGEWARDEN_WEBHOOK_SECRET", string(sim.WebhookSecret()))
}

// deliver lets one delivery after the other be answered so.
func deliver(ts *testscript.TestScript, sim *githubsim.Server, statuses []string) {
	status := 0
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer hook.Close()
	for _, text := range statuses {
		var err error
		status, err = strconv.Atoi(text)
		ts.Check(err)
		sim.SetWebhookURL(hook.URL)
		if status == 0 {
			sim.SetWebhookURL("http://127.0.0.1:1/")
		}
		ts.Check(sim.Grant("octo-org", "metadata", "read"))
		if err := sim.Settle(ts.Value("t").(testing.TB).Context()); err != nil {
			ts.Logf("delivery: %v", err)
		}
	}
}

// TestNeedsAreTold: the README's tables have the permissions and events that the doctor looks for.
func TestNeedsAreTold(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	table := func(heading string) [][]string {
		_, rest, _ := strings.Cut(string(text), heading)
		rest, _, _ = strings.Cut(rest, "\n#")
		var rows [][]string
		for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \|`).FindAllStringSubmatch(rest, -1)[1:] {
			rows = append(rows, m[1:])
		}
		return rows
	}
	var want, told []string
	for _, p := range doctor.NeededPermissions {
		level := p.Level
		if p.Most != "" {
			level += ", or " + p.Most
		}
		want = append(want, p.Name+": "+level)
	}
	for _, row := range table("### Permissions, and why") {
		told = append(told, row[0]+": "+row[1])
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("permissions (-of the doctor +of the README):\n%s", diff)
	}
	want, told = nil, nil
	for _, e := range doctor.NeededEvents {
		want = append(want, doctor.EventName(e))
	}
	for _, row := range table("### Events, and why") {
		told = append(told, strings.Split(row[0], ", ")...)
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("events (-of the doctor +of the README):\n%s", diff)
	}
}
