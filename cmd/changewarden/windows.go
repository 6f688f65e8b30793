package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/calendar"
	"github.com/changewarden/changewarden/rules/words"
)

// windowsCmd is "changewarden windows".
type windowsCmd struct {
	Next windowsNextCmd `cmd:"" help:"Say when the change windows of a policy open next."`
}

// windowsNextCmd is "changewarden windows next".
type windowsNextCmd struct {
	File        string `arg:"" optional:"" name:"file" help:"A policy file. Default: the floor alone."`
	Environment string `placeholder:"NAME" help:"Only the windows that a rule before this environment asks for. NAME is what GitHub calls it."`
	Class       string `placeholder:"CLASS" help:"Only the windows that a change of this class has to wait for."`
	At          string `placeholder:"TIME" help:"From then on, such as 2026-11-20T17:00:00Z. Default: now."`
	Count       int    `default:"10" placeholder:"N" help:"So many openings of each window. Default: ${default}."`
	Format      string `enum:"text,json" default:"text" help:"text or json. Default: ${default}."`
	besides
}

// Help is what "changewarden windows next --help" adds to the flags.
func (windowsNextCmd) Help() string {
	return `Each opening is told in the window's own zone and in UTC. Freezes that close a window for everything that was asked about are left out of its openings and named below them; one that closes it for another environment, class or repository alone is named with whom it is for. Calendar files are read from the repository that the policy file is in, or else from this directory; while one cannot be read its window stays closed.

Exit code: 0 told, 1 the policy cannot be used, 2 a file could not be read, or nothing has the environment or class.`
}

// maxOpenings keeps a slip of the finger from printing for minutes.
const maxOpenings = 1000

// openWindow is what is said of one window.
type openWindow struct {
	Layer    string         `json:"layer"` // of the policy: floor or repository
	Name     string         `json:"window"`
	Zone     string         `json:"time_zone"`
	Unread   []string       `json:"unreadable,omitempty"` // calendar files, which keep it closed
	Openings []opening      `json:"openings"`
	Freezes  []openFreeze   `json:"freezes"` // that begin before the last opening ends and are not over
	schedule rules.Schedule // what it is made of
}

// opening is a time in which a window is open, in the window's zone and in UTC.
type opening struct {
	Opens     time.Time `json:"opens"`
	Closes    time.Time `json:"closes"`
	OpensUTC  time.Time `json:"opens_utc"`
	ClosesUTC time.Time `json:"closes_utc"`
	Open      bool      `json:"open"` // it has begun
}

// openFreeze is a freeze near the openings.
type openFreeze struct {
	Name         string    `json:"name"`
	From         time.Time `json:"from"`
	To           time.Time `json:"to"`
	Partly       bool      `json:"partly"` // it is for a part of what was asked about, and the openings do not reckon with it
	Environments []string  `json:"environments,omitempty"`
	Classes      []string  `json:"classes,omitempty"`
	Repositories []string  `json:"repositories,omitempty"`
	Except       []string  `json:"except,omitempty"` // groups
	words        string
}

// Run tells the openings.
func (c windowsNextCmd) Run(k *kong.Kong) error {
	at := time.Now().UTC().Truncate(time.Second)
	if c.At != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, c.At); err != nil {
			return usageError{fmt.Errorf("read --at: %q is no time: write it as 2026-11-20T17:00:00Z", c.At)}
		}
	}
	if c.Count < 1 || c.Count > maxOpenings {
		return usageError{fmt.Errorf("read --count: %d is not between 1 and %d", c.Count, maxOpenings)}
	}
	p, err := c.compose(k.Stdout, c.File)
	if err != nil {
		return err
	}
	if err := c.known(p); err != nil {
		return usageError{err}
	}
	all := []openWindow{}
	for _, s := range p.Schedules(c.Environment, c.Class) {
		w, err := c.openings(s, at.UTC())
		if err != nil {
			return err
		}
		all = append(all, w)
	}
	var out bytes.Buffer
	if c.Format == "json" {
		e := json.NewEncoder(&out)
		e.SetIndent("", "  ")
		err = e.Encode(map[string]any{"at": at.UTC(), "windows": all})
	} else {
		err = c.print(&out, len(p.Layers) > 1, at, all)
	}
	if err != nil {
		return fmt.Errorf("write the openings: %w", err)
	}
	if _, err := k.Stdout.Write(out.Bytes()); err != nil {
		return fmt.Errorf("print the openings: %w", err)
	}
	return nil
}

// known says what there is where the policy has no such environment or class.
func (c windowsNextCmd) known(p rules.Policy) error {
	environments, classes := map[string]bool{}, map[string]bool{}
	for _, l := range p.Layers {
		for name := range l.Environments {
			environments[name] = true
		}
		for name := range l.Classes {
			classes[name] = true
		}
	}
	if c.Environment != "" && len(p.Environments(c.Environment)) == 0 {
		return fmt.Errorf("read --environment: no environment of the policy is called %q on GitHub: it has %s", c.Environment, names(environments))
	}
	if c.Class != "" && !classes[c.Class] {
		return fmt.Errorf("read --class: the policy has no class %q: it has %s", c.Class, names(classes))
	}
	return nil
}

func names(of map[string]bool) string {
	if len(of) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(of)), ", ")
}

// openings finds the next openings of a window.
func (c windowsNextCmd) openings(s rules.Schedule, at time.Time) (openWindow, error) {
	out := openWindow{Layer: s.Layer, Name: s.Name, Zone: s.Window.TimeZone, Openings: []opening{}, Freezes: []openFreeze{}, schedule: s}
	next, err := s.Openings(at, c.Count, func(file string) ([]calendar.Day, bool) {
		days, err := c.calendar(file, at)
		return days, err == nil
	})
	if err != nil {
		return out, fmt.Errorf("load the time zone of %s: %w", s.Name, err)
	}
	out.Unread = next.Unread
	for i, span := range next.Spans {
		out.Openings = append(out.Openings, opening{span.From.In(next.Zone), span.To.In(next.Zone), span.From.UTC(), span.To.UTC(), next.Open && i == 0})
	}
	add := func(all []rules.Freeze, partly bool) {
		for _, f := range all {
			out.Freezes = append(out.Freezes, openFreeze{
				f.Name, f.Span.From.UTC(), f.Span.To.UTC(), partly,
				f.Environments, f.Classes, f.Repositories, f.Except, words.Plain.Freeze(f),
			})
		}
	}
	add(next.Freezes, false)
	add(next.Some, true)
	return out, nil
}

// calendar reads a calendar file of the repository that the policy file is in.
func (c windowsNextCmd) calendar(file string, at time.Time) ([]calendar.Day, error) {
	dir := "."
	if folder := filepath.Dir(c.File); c.File != "" && filepath.Base(folder) == ".github" {
		dir = filepath.Dir(folder)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // nothing was written
	text, err := root.ReadFile(filepath.FromSlash(file))
	if err != nil {
		return nil, err
	}
	return snapshot.ParseCalendar(string(text), calendar.DayOf(at.AddDate(0, 0, -2)), calendar.DayOf(at.Add(calendar.Horizon).AddDate(0, 0, 2)))
}

// print writes the openings as tables.
func (c windowsNextCmd) print(w io.Writer, layers bool, at time.Time, all []openWindow) error {
	const minute = "Mon 2006-01-02 15:04 MST"
	fmt.Fprintf(w, "From %s on\n", at.UTC().Format(minute))
	if len(all) == 0 {
		fmt.Fprintf(w, "\n%s\n", c.none())
	}
	for _, one := range all {
		title := one.Name
		if layers {
			title += " of the " + one.Layer
		}
		fmt.Fprintf(w, "\n%s: %s\n", say.Visible(title), say.Visible(words.Plain.Window(one.schedule.Window)))
		for _, file := range one.Unread {
			fmt.Fprintf(w, "  The calendar %s cannot be read, so the window stays closed.\n", say.Visible(file))
		}
		if len(one.Openings) == 0 && len(one.Unread) == 0 {
			fmt.Fprintf(w, "  It does not open within two years.\n")
		}
		t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
		for _, o := range one.Openings {
			fmt.Fprintf(t, "  %s – %s", o.Opens.Format(minute), o.Closes.Format(minute))
			if o.Opens.Format(minute) != o.OpensUTC.Format(minute) {
				fmt.Fprintf(t, "\t%s – %s", o.OpensUTC.Format(minute), o.ClosesUTC.Format(minute))
			}
			if o.Open {
				fmt.Fprintf(t, "\topen now")
			}
			fmt.Fprintln(t)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		for _, f := range one.Freezes {
			note := "freeze"
			if f.Partly {
				note = "freeze, not reckoned with above"
			}
			fmt.Fprintf(w, "  %s: %s: %s\n", note, say.Visible(f.Name), say.Visible(f.words))
		}
	}
	return nil
}

// none says that no rule asks for a window.
func (c windowsNextCmd) none() string {
	text := "No rule asks for a window"
	if c.Environment+c.Class == "" {
		return "The policy has no window."
	}
	if c.Environment != "" {
		text += " before " + say.Visible(c.Environment)
	}
	if c.Class != "" {
		text += " for a change of class " + say.Visible(c.Class)
	}
	return text + "."
}
