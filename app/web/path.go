package web

import (
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// Path is a change's way up to production: where it stands, and what happened on it.
type Path struct {
	Stations []Station `json:"stations"` // in their order; those that nothing asks for are left out
	Events   []Event   `json:"events"`   // the oldest first
	Cut      bool      `json:"cut"`      // verdicts older than these are left out
}

// Station is a step on the way of a change. Everything in it is plain text.
type Station struct {
	Name  string        `json:"name"`
	State rules.Outcome `json:"state"`
	At    time.Time     `json:"at,omitzero"`    // when it was reached; zero: it was not, or nobody knows
	Text  string        `json:"text,omitempty"` // what it waits for and who can take the next action, or why it was passed
	Until time.Time     `json:"until,omitzero"` // when it goes on by itself at the earliest; zero: it does not
}

// Wait is what there is to read of a station: its text, with when it goes on by itself where
// the text does not say so.
func (s Station) Wait() string {
	if s.Until.IsZero() || s.State == rules.Pass {
		return s.Text
	}
	at := say.Moment(s.Until)
	if strings.Contains(s.Text, at) {
		return s.Text
	}
	return strings.TrimSpace(s.Text + " It is looked at again " + at + ".")
}

// Event is one thing that happened to a change.
type Event struct {
	At      time.Time     `json:"at"`
	Who     string        `json:"who,omitempty"` // login; empty: nobody, or nobody that can be named
	What    string        `json:"what"`
	Outcome rules.Outcome `json:"outcome,omitempty"` // of what was judged or decided; empty: nothing was
	Commit  string        `json:"commit,omitempty"`
	Log     int64         `json:"log,omitempty"` // with Seq the record that says so; 0: there is none
	Seq     int64         `json:"seq,omitempty"`
}

// Reached is the state of a station for people.
func Reached(o rules.Outcome) string {
	switch o {
	case rules.Pass:
		return "done"
	case rules.Pending:
		return "waiting"
	case rules.Fail:
		return "amiss"
	case rules.Waived:
		return "waived"
	case rules.Ahead:
		return "to come"
	default:
		return "unknown"
	}
}

// back are events, the newest first.
func back(events []Event) []Event {
	out := slices.Clone(events)
	slices.Reverse(out)
	return out
}
