package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/changewarden/changewarden/rules"
)

// Deployments are the jobs at the gates.
type Deployments struct {
	Held    []Deployment // the longest-waiting first
	More    bool         // further ones are held
	Decided []Deployment // of those that wait no more, the newest decision first
}

// Deployment is a job that asked to enter an environment. Everything in it is plain text.
type Deployment struct {
	Repo        string // owner/name
	Environment string // as GitHub writes it
	Commit      string
	Changes     []ChangeRef // that it would bring, by number
	By          string      // login of who triggered it; empty: nobody that GitHub could name
	Asked       time.Time
	Decided     time.Time     // zero: nothing is decided yet
	Outcome     rules.Outcome // Pending: held
	Headline    string
	Reasons     []string
	Until       time.Time // when all that goes on by itself has done so; zero: it waits for somebody
	API         bool      // it asked through the API
	Log, Seq    int64     // record of the decision; Log 0: none
	URL         string    // of the run on GitHub
}

// ChangeRef names a change of the deployment's repository.
type ChangeRef struct {
	Number int64
	Title  string
}

// Emergency is one that was declared.
type Emergency struct {
	Repo     string // owner/name
	Change   ChangeRef
	By       string // login; empty: nobody that can be named
	At       time.Time
	Until    time.Time // when it is over; zero: unknown
	Ended    time.Time // when it was taken back; zero: it was not
	Holds    bool      // neither over nor taken back
	What     string    // severity and incident; empty: its words were erased
	Why      string
	Approved []string // logins of who gave its own approval; empty: nobody, as far as is known
	Waives   []string // rules that it waived or, where it was not used yet, that it can
	Used     bool     // the change went ahead under it
	Log, Seq int64

	Issue     int64     // of the post-mortem; 0: none is open
	Due       time.Time // zero: no post-mortem is due
	Completed time.Time
	Now       time.Time // when this was read, for what is left
}

// PostMortem is how the post-mortem stands.
func (e Emergency) PostMortem() (rules.Outcome, string) {
	switch {
	case e.Due.IsZero():
		return rules.NotApplicable, "none is due: nothing went ahead under it"
	case !e.Completed.IsZero() && e.Completed.After(e.Due):
		return rules.Pass, "completed late, by " + span(e.Completed.Sub(e.Due))
	case !e.Completed.IsZero():
		return rules.Pass, "completed in time"
	case !e.Due.After(e.Now):
		return rules.Fail, "overdue by " + span(e.Now.Sub(e.Due))
	}
	return rules.Pending, span(e.Due.Sub(e.Now)) + " left"
}

// State is the state of the post-mortem, Words what there is to say of it.
func (e Emergency) State() rules.Outcome { o, _ := e.PostMortem(); return o }

// Words says how the post-mortem stands.
func (e Emergency) Words() string { _, text := e.PostMortem(); return text }

// span writes a time as people plan by it.
func span(d time.Duration) string {
	count := func(n int, what string) string {
		if n == 1 {
			return "1 " + what
		}
		return fmt.Sprintf("%d %ss", n, what)
	}
	switch hours := int(d.Hours()); {
	case d < time.Hour:
		return count(int(d.Minutes()), "minute")
	case hours < 72:
		return count(hours, "hour")
	default:
		return count(hours/24, "day")
	}
}

// Calendar is the windows and freezes of one policy.
type Calendar struct {
	Repos   []string // that are judged by it, sorted
	More    int      // further ones that are not listed
	Windows []Window // before each environment
}

// Window is when deployments to an environment may start.
type Window struct {
	Name, Layer string
	Environment string // as the policy calls it
	Words       string // when it is open
	Zone        string
	Unread      []string // calendar files that keep it closed
	Openings    []Opening
	Freezes     []Freeze
}

// Opening is a time in which a window is open, in the window's own zone.
type Opening struct {
	From, To time.Time
	Open     bool // it has begun
}

// UTC reports whether the window's own time is UTC at its beginning and at its end.
func (o Opening) UTC() bool {
	utc := func(t time.Time) bool { name, offset := t.Zone(); return offset == 0 && name == "UTC" }
	return utc(o.From) && utc(o.To)
}

// Freeze is a time in which windows are closed.
type Freeze struct {
	Name, Words string
	Partly      bool // it is for some repositories or classes alone, and the openings do not reckon with it
}

func (p *pages) deployments(w http.ResponseWriter, r *http.Request) {
	found, err := p.source.Deployments(r.Context(), recent)
	p.shown(w, r, err, "deployments.html", view{Name: "Deployments", Deployments: found})
}

func (p *pages) emergencies(w http.ResponseWriter, r *http.Request) {
	found, err := p.source.Emergencies(r.Context(), recent)
	p.shown(w, r, err, "emergencies.html", view{Name: "Emergencies", Emergencies: found})
}

func (p *pages) calendar(w http.ResponseWriter, r *http.Request) {
	found, err := p.source.Calendar(r.Context())
	p.shown(w, r, err, "calendar.html", view{Name: "Calendar", Calendars: found})
}

func (p *pages) shown(w http.ResponseWriter, r *http.Request, err error, name string, v view) {
	if err != nil {
		p.broken(w, r, err)
		return
	}
	p.render(w, r, http.StatusOK, name, v)
}
