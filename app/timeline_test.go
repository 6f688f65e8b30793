package app

import (
	"strings"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/web"
)

// Behaviour 43: what stands in titles, names and reasons is read on a terminal, does nothing
// there, and begins no line.
func TestHostileTimeline(t *testing.T) {
	const nasty = "a\n::error::planted \x1b[31m\u202e,y\t"
	at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	line := Timeline{Repo: "octo-org/app", Number: 1, Title: nasty, Path: web.Path{
		Events:   []web.Event{{At: at, Who: nasty, What: nasty, Log: 1}},
		Stations: []web.Station{{Name: nasty, Text: nasty, State: nasty, Until: at}},
	}}
	var b strings.Builder
	if err := line.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for one := range strings.Lines(b.String()) {
		if text := strings.TrimRight(one, "\n"); strings.ContainsFunc(text, say.Hidden) || strings.HasPrefix(text, "::") {
			t.Errorf("it prints %q", text)
		}
	}
	if !strings.Contains(b.String(), "planted") {
		t.Errorf("nothing is left of it:\n%s", &b)
	}
}
