package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// checkCmd is "changewarden check".
type checkCmd struct {
	Snapshot string `required:"" placeholder:"FILE" help:"A recorded judgement, as changewarden snapshot writes it."`
	JSON     bool   `name:"json" help:"Print the verdict as JSON."`
}

// Help is what "changewarden check --help" adds to the flags.
func (checkCmd) Help() string {
	return `Nothing is asked of GitHub or of a database: facts, policy and moment are the file's. Where the file has the verdict that was recorded, this one has to be the same, byte for byte.

Exit code: 0 the change passes, 3 it is blocked, 1 the verdict is not the one that was recorded, 2 the file cannot be used.`
}

// checked is what check prints as JSON.
type checked struct {
	Repo     string        `json:"repo"`
	Pulls    []int64       `json:"pulls"`
	Head     string        `json:"head"`
	Base     string        `json:"base"`
	Recorded app.Agreement `json:"recorded"` // what the verdict is to the recorded one
	Verdict  rules.Verdict `json:"verdict"`
}

// Run judges the file's change and compares.
func (c checkCmd) Run(k *kong.Kong) error {
	text, err := os.ReadFile(c.Snapshot)
	if err != nil {
		return usageError{fmt.Errorf("read the snapshot: %w", err)}
	}
	r, err := app.ReadRecorded(text)
	if err != nil {
		return usageError{fmt.Errorf("read the snapshot: %s: %w", c.Snapshot, err)}
	}
	v, err := r.Judge()
	if err != nil {
		return usageError{fmt.Errorf("judge the snapshot %s: %w", c.Snapshot, err)}
	}
	same, err := r.Compare(v)
	if err != nil {
		return usageError{err}
	}
	if c.JSON {
		out := checked{Repo: r.Change.Repo.Name, Head: r.Change.Head, Base: r.Change.Base, Recorded: same, Verdict: v}
		for _, p := range r.Change.Pulls {
			out.Pulls = append(out.Pulls, p.Number)
		}
		e := json.NewEncoder(k.Stdout)
		e.SetIndent("", "  ")
		err = e.Encode(out)
	} else {
		_, err = io.WriteString(k.Stdout, verdictText(r, v, same))
	}
	switch {
	case err != nil:
		return fmt.Errorf("print the verdict: %w", err)
	case same == app.Different:
		return errors.New("the verdict is not the one that was recorded")
	case v.Outcome.Blocks():
		return errBlocked
	}
	return nil
}

// verdictText is a verdict as people read it: the change, what it comes to, and every rule.
func verdictText(r app.Recorded, v rules.Verdict, same app.Agreement) string {
	var b strings.Builder
	names := peopleOf(r)
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s into %s", say.Visible(r.Change.Repo.Name+pulls(r.Change)), say.Visible(r.Change.Base))
	line("head %s, read %s, judged as of %s by %s", say.Visible(r.Change.Head), moment(r.Change.TakenAt), moment(v.At), v.Evaluator)
	for _, p := range r.Policy {
		line("policy (%s): %s", p.Layer, say.Visible(policyPlace(p)))
	}
	line("\n%s", say.Visible(say.Headline(v, names)))
	for _, f := range v.Findings {
		name := f.Rule
		if name == "" {
			name = "the change itself"
		}
		line("\n%s: %s", strings.ReplaceAll(string(f.Outcome), "_", " "), say.Visible(name))
		line("  %s", say.Visible(say.Sentence(f, r.Change, names)))
		if why := say.Because(f.Because, r.Change, names); why != "" {
			line("  %s", say.Visible(why))
		}
	}
	for _, n := range v.Notices {
		line("\nnotice: %s", say.Visible(say.Notice(n)))
	}
	if !v.Recheck.IsZero() {
		line("\nIt could change by itself at %s.", moment(v.Recheck))
	}
	line("\n%s", map[app.Agreement]string{
		app.Unrecorded:   "The file has no recorded verdict to compare with.",
		app.SameBytes:    "It is the recorded verdict, byte for byte.",
		app.SameFindings: "The recorded verdict is of another version of the judge; outcome and findings are the same.",
		app.Different:    "IT IS NOT THE RECORDED VERDICT.",
	}[same])
	return b.String()
}

// peopleOf names everybody: by login where the file says it, else by person id.
func peopleOf(r app.Recorded) say.Names {
	names := say.Names{}
	for _, p := range r.Change.People {
		names[p.ID] = fmt.Sprintf("person %d", p.ID)
	}
	for id, login := range r.Names {
		if login != "" {
			names[id] = login
		}
	}
	return names
}

// pulls names the pull requests that carry the change, as #7#9.
func pulls(c rules.Change) string {
	var out strings.Builder
	for _, p := range c.Pulls {
		fmt.Fprintf(&out, "#%d", p.Number)
	}
	return out.String()
}

func policyPlace(p app.RecordedPolicy) string {
	place := p.Path
	if p.Repo != "" {
		place = p.Repo + "/" + place
	}
	if p.Commit != "" {
		place += " at " + p.Commit
	}
	return place
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "at an unknown time"
	}
	return t.UTC().Format(time.RFC3339)
}
