package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app"
	"github.com/changewarden/changewarden/app/cases"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/words"
)

// policyDiffCmd is "changewarden policy diff".
type policyDiffCmd struct {
	Old      string   `arg:"" name:"old" help:"The policy file that is in force."`
	New      string   `arg:"" name:"new" help:"The policy file that would replace it."`
	Snapshot []string `placeholder:"FILE" help:"Recorded judgements, as changewarden snapshot --names writes them: both policies judge each."`
	Cases    []string `placeholder:"FILE" help:"Files of cases, as changewarden policy test runs them: both policies judge each."`
	besides
}

// Help is what "changewarden policy diff --help" adds to the flags.
func (policyDiffCmd) Help() string {
	return `Whether a policy is looser than another is not to be read off its text. So both judge the changes that you give, and each verdict that differs is named: looser where the old one blocks and the new one does not.

Exit code: 0 compared, 1 a policy cannot be used, 2 a file could not be read, 3 a change that the old policy blocks passes under the new one.`
}

// Run compares.
func (c policyDiffCmd) Run(k *kong.Kong) error {
	from, err := c.compose(k.Stdout, c.Old)
	if err != nil {
		return err
	}
	to, err := c.compose(k.Stdout, c.New)
	if err != nil {
		return err
	}
	var b strings.Builder
	differences := words.Plain.Diff(from, to)
	for _, d := range differences {
		if d.What == "exception" { // its name is what it says
			d.Name = ""
		}
		fmt.Fprintf(&b, "%s\n", strings.TrimSuffix(fmt.Sprintf("%s %s: %s", d.Kind, d.What, d.Name), ": "))
		if d.Before != "" {
			fmt.Fprintf(&b, "  - %s\n", d.Before)
		}
		if d.After != "" {
			fmt.Fprintf(&b, "  + %s\n", d.After)
		}
	}
	if len(differences) == 0 {
		b.WriteString("The policies say the same.\n")
	}
	trials, err := c.trials(from, to)
	if err != nil {
		return err
	}
	looser := c.report(&b, trials)
	if _, err := io.WriteString(k.Stdout, b.String()); err != nil {
		return fmt.Errorf("print the differences: %w", err)
	}
	if looser {
		return errBlocked
	}
	return nil
}

// trial is one change that both policies judged.
type trial struct {
	name        string
	was, is     rules.Verdict
	wasBy, isBy say.Names
}

// report prints the verdicts that differ and what it comes to; looser if one that blocks would pass.
func (c policyDiffCmd) report(w io.Writer, trials []trial) (looser bool) {
	if len(trials) == 0 {
		fmt.Fprintln(w, "\nNo change was judged: give some by --snapshot or --cases to see whether the new policy is looser.")
		return false
	}
	var passes, blocks, same int
	fmt.Fprintln(w)
	for _, t := range trials {
		was, is := t.was.Outcome, t.is.Outcome
		switch {
		case was == is:
			same++
			continue
		case was.Blocks() && !is.Blocks():
			passes++
		case !was.Blocks() && is.Blocks():
			blocks++
		}
		fmt.Fprintf(w, "%s: %s, would be %s\n", say.Visible(t.name), was, is)
		fmt.Fprintf(w, "  - %s\n  + %s\n", say.Visible(say.Headline(t.was, t.wasBy)), say.Visible(say.Headline(t.is, t.isBy)))
	}
	fmt.Fprintf(w, "Of %s %d would be judged alike, %d that are blocked would pass, %d that pass would be blocked.\n", count(len(trials), "change"), same, passes, blocks)
	switch {
	case passes > 0:
		fmt.Fprintln(w, "The new policy is LOOSER for these changes.")
	case blocks > 0:
		fmt.Fprintln(w, "The new policy is stricter for these changes.")
	default:
		fmt.Fprintln(w, "Neither is looser for these changes.")
	}
	return passes > 0
}

func (c policyDiffCmd) trials(from, to rules.Policy) ([]trial, error) {
	var out []trial
	for _, file := range c.Snapshot {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, usageError{fmt.Errorf("read the snapshot: %w", err)}
		}
		r, err := app.ReadRecorded(text)
		if err != nil {
			return nil, usageError{fmt.Errorf("read the snapshot: %s: %w", file, err)}
		}
		change := withLogins(r, from, to)
		out = append(out, trial{
			name:  r.Change.Repo.Name + pulls(r.Change),
			was:   rules.Evaluate(from, change, r.At),
			is:    rules.Evaluate(to, change, r.At),
			wasBy: peopleOf(r), isBy: peopleOf(r),
		})
	}
	for _, file := range c.Cases {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, usageError{fmt.Errorf("read the cases: %w", err)}
		}
		f, err := cases.Read(file, text)
		if err != nil {
			return nil, usageError{err}
		}
		was, err := f.Run(from)
		if err != nil {
			return nil, usageError{err}
		}
		is, err := f.Run(to)
		if err != nil {
			return nil, usageError{err}
		}
		for i := range was {
			out = append(out, trial{name: was[i].Case.Name, was: was[i].Verdict, is: is[i].Verdict, wasBy: was[i].Names, isBy: is[i].Names})
		}
	}
	return out, nil
}

// withLogins returns the recorded change with whom the file's logins stand for, so that
// policies which name people can judge it. Without them such a group seats nobody.
func withLogins(r app.Recorded, policies ...rules.Policy) rules.Change {
	byLogin := map[string]rules.UserID{}
	for id, login := range r.Names {
		byLogin[strings.ToLower(login)] = id
	}
	c := r.Change
	c.Logins = map[string]rules.UserID{}
	for _, p := range policies {
		for _, u := range p.Users() {
			if id, ok := byLogin[u.Login]; ok && u.Login != "" {
				c.Logins[u.String()] = id
			}
		}
	}
	return c
}
