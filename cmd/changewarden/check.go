package main

import (
	"context"
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
	Change       string `arg:"" optional:"" name:"owner/repo#number" help:"A pull request on GitHub, read with the token in GITHUB_TOKEN."`
	Snapshot     string `placeholder:"FILE" help:"A recorded judgement instead, as changewarden snapshot writes it: nothing is asked of GitHub."`
	JSON         bool   `name:"json" help:"Print the verdict as JSON."`
	GitHubURL    string `env:"CHANGEWARDEN_GITHUB_URL" name:"github-url" default:"https://github.com" placeholder:"URL" help:"GitHub, or your GitHub Enterprise Server. Default: ${default}."`
	GitHubAPIURL string `env:"CHANGEWARDEN_GITHUB_API_URL" name:"github-api-url" placeholder:"URL" help:"Base of its REST API, where it is not the usual one."`
	AppID        int64  `env:"CHANGEWARDEN_APP_ID" name:"app-id" placeholder:"NUMBER" help:"The server's App ID: its own check runs never count."`
	PolicyFile   string `env:"CHANGEWARDEN_POLICY_FILE" placeholder:"PATH" help:"The server's floor, where the organisation has none. Default: the built-in control."`
}

// Help is what "changewarden check --help" adds to the flags.
func (checkCmd) Help() string {
	return `A pull request is read as it is now and judged as a server would, and nothing is written anywhere. The token needs to read the repository and, for teams, the organisation's members. A server knows more: who pushed what, and since when a review stands; without it the answer errs to the careful side. Other pull requests of the same head are not looked at.

With --snapshot facts, policy and moment are the file's, and where it has the verdict that was recorded, this one has to be the same, byte for byte.

Exit code: 0 the change passes, 3 it is blocked, 1 the verdict is not the one that was recorded or GitHub could not be read, 2 the command line, the policy or the file cannot be used.`
}

// checked is what check prints as JSON.
type checked struct {
	Repo     string        `json:"repo"`
	Pulls    []int64       `json:"pulls"`
	Head     string        `json:"head"`
	Base     string        `json:"base"`
	Recorded app.Agreement `json:"recorded"` // what the verdict is to the recorded one
	Verdict  rules.Verdict `json:"verdict"`
	Unblock  []rules.Step  `json:"unblock,omitempty"` // what would let it pass, the fewest steps that do
}

// Run judges the change and, where there is something recorded, compares.
func (c checkCmd) Run(ctx context.Context, k *kong.Kong) error {
	r, err := c.recorded(ctx)
	if err != nil {
		return err
	}
	v, err := r.Judge()
	if err != nil {
		return usageError{fmt.Errorf("judge %s%s: %w", c.Snapshot, c.Change, err)}
	}
	same, err := r.Compare(v)
	if err != nil {
		return usageError{err}
	}
	steps, err := r.Unblock(v)
	if err != nil {
		return usageError{err}
	}
	if c.JSON {
		out := checked{Repo: r.Change.Repo.Name, Head: r.Change.Head, Base: r.Change.Base, Recorded: same, Verdict: v, Unblock: steps}
		for _, p := range r.Change.Pulls {
			out.Pulls = append(out.Pulls, p.Number)
		}
		e := json.NewEncoder(k.Stdout)
		e.SetIndent("", "  ")
		err = e.Encode(out)
	} else {
		said := same
		if c.Change != "" { // nobody expects one
			said = ""
		}
		_, err = io.WriteString(k.Stdout, verdictText(r, v, steps, said))
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

// recorded returns what is to be judged: the file's, or what GitHub says now.
func (c checkCmd) recorded(ctx context.Context) (app.Recorded, error) {
	switch {
	case c.Change != "" && c.Snapshot != "":
		return app.Recorded{}, usageError{errors.New("a pull request and --snapshot: give one of them")}
	case c.Change != "":
		return c.look(ctx)
	case c.Snapshot == "":
		return app.Recorded{}, usageError{errors.New("nothing to judge: give a pull request as OWNER/REPO#NUMBER, or a file by --snapshot")}
	}
	text, err := os.ReadFile(c.Snapshot)
	if err != nil {
		return app.Recorded{}, usageError{fmt.Errorf("read the snapshot: %w", err)}
	}
	r, err := app.ReadRecorded(text)
	if err != nil {
		return app.Recorded{}, usageError{fmt.Errorf("read the snapshot: %s: %w", c.Snapshot, err)}
	}
	return r, nil
}

func (c checkCmd) look(ctx context.Context) (app.Recorded, error) {
	owner, name, number, err := parseChange(c.Change)
	if err != nil {
		return app.Recorded{}, usageError{err}
	}
	token := os.Getenv("GITHUB_TOKEN")
	if token == "" {
		return app.Recorded{}, usageError{errors.New("GITHUB_TOKEN is not set: give it a token that can read the repository")}
	}
	o := app.Options{
		GitHubURL: c.GitHubURL, GitHubAPIURL: c.GitHubAPIURL, AppID: c.AppID, PolicyFile: c.PolicyFile, Version: version(), Now: time.Now,
	}
	if c.PolicyFile != "" {
		if o.PolicyText, err = os.ReadFile(c.PolicyFile); err != nil {
			return app.Recorded{}, usageError{fmt.Errorf("read the policy: %w", err)}
		}
	}
	return app.Look(ctx, o, token, owner, name, number)
}

// verdictText is a verdict as people read it: the change, what it comes to, what would let
// it pass, and every rule; and what it is to the recorded one, unless same is empty.
func verdictText(r app.Recorded, v rules.Verdict, steps []rules.Step, same app.Agreement) string {
	var b strings.Builder
	names := peopleOf(r)
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s into %s", say.Visible(r.Change.Repo.Name+pulls(r.Change)), say.Visible(r.Change.Base))
	line("head %s, read %s, judged as of %s by %s", say.Visible(r.Change.Head), moment(r.Change.TakenAt), moment(v.At), v.Evaluator)
	for _, p := range r.Policy {
		line("policy (%s): %s", p.Layer, say.Visible(policyPlace(p)))
	}
	line("\n%s", say.Visible(say.Headline(v, names)))
	if len(steps) > 0 {
		line("\nTo let it pass:")
	}
	for _, s := range say.Steps(steps, r.Change, names) {
		line("- %s", say.Visible(s))
	}
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
	if word := map[app.Agreement]string{
		app.Unrecorded:   "The file has no recorded verdict to compare with.",
		app.SameBytes:    "It is the recorded verdict, byte for byte.",
		app.SameFindings: "The recorded verdict is of another version of the judge; outcome and findings are the same.",
		app.Different:    "IT IS NOT THE RECORDED VERDICT.",
	}[same]; word != "" {
		line("\n%s", word)
	}
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
