package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/publish"
)

// shop is the repository of the demo.
const shop = "octo-org/shop"

// story is one change of the day, told in steps.
type story struct {
	title string
	steps []step
}

// step is one thing that somebody does.
type step struct {
	n         int // the pull request it is about
	who, does string
	act       func(*demo) error
}

const (
	// between is how long people take from one step to the next: the server writes to GitHub
	// about once a second, and nobody who watches should wait for that.
	between = 10 * time.Second
	// margin is where a line goes on that says what follows from the step above it.
	margin = "                     "
)

// day plays all stories and ends with what GitHub shows of each change.
func (d *demo) day(ctx context.Context) error {
	d.shown, d.said, d.jobs, d.into = map[int]string{}, map[string]bool{}, map[string]int64{}, map[string]int64{}
	fmt.Fprintf(d.out, "A day of changes at %s, judged by the built-in policy.\nSimulated GitHub: %s\nPages: %s/\n", shop, d.sim.URL(), d.pages)
	if err := d.settle(ctx); err != nil {
		return err
	}
	stories := []story{
		plainChange(1), terraform(2), ownWork(3), stale(4), failingTests(5), fork(6), policyChange(7),
		overTheWeekend(1), emergency(8), postMortem(8, 9), schemaChange(10),
	}
	for _, s := range stories {
		fmt.Fprintf(d.out, "\n%s\n", s.title)
		for _, st := range s.steps {
			if err := st.act(d); err != nil {
				return fmt.Errorf("%s %s: %w", st.who, st.does, err)
			}
			fmt.Fprintf(d.out, "  %s  %-6s %s\n", d.clock.Now().Format("Mon 15:04:05"), st.who, st.does)
			if err := d.settle(ctx); err != nil {
				return err
			}
			if err := d.tell(ctx, st.n); err != nil {
				return err
			}
			d.tellGate()
			d.tellIssue()
			d.clock.turn(between)
		}
	}
	fmt.Fprintf(d.out, "\nAt the end\n")
	for _, pull := range d.sim.Pulls(shop) {
		shown, err := d.show(pull.Number)
		if err != nil {
			return err
		}
		merged := ""
		if pull.Merged {
			merged = "merged"
		}
		fmt.Fprintf(d.out, "  %-4s %-8s %-7s %s/changes/%s/%d\n", fmt.Sprintf("#%d", pull.Number), shown.State, merged, d.pages, shop, pull.Number)
	}
	fmt.Fprintf(d.out, "  production has %s\n", d.live)
	fmt.Fprintf(d.out, "\nEach change's page shows its whole way, up to production; changewarden timeline prints it.\n")
	for _, page := range []struct{ path, shows string }{
		{"deployments", "what is held now, and what was decided"}, {"emergencies", "with their clocks"}, {"calendar", "when the windows open next"},
	} {
		fmt.Fprintf(d.out, "  %s/%-12s %s\n", d.pages, page.path, page.shows)
	}
	return nil
}

// settle delivers what happened and waits until the server has said what it has to say.
func (d *demo) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if err := d.sim.Settle(ctx); err != nil {
			return fmt.Errorf("deliver events: %w", err)
		}
		quiet, err := d.app.Settled(ctx)
		if err != nil {
			return fmt.Errorf("wait for verdicts: %w", err)
		}
		if quiet {
			return nil
		}
	}
}

// tell prints what GitHub shows at a pull request, if it is not what was printed last, and
// each approval that was found not to count.
func (d *demo) tell(ctx context.Context, n int) error {
	shown, err := d.show(n)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%-8s %s", shown.State, shown.Description)
	if shown.State != "" && d.shown[n] != line {
		fmt.Fprintf(d.out, margin+"→ %s\n", line)
		d.shown[n] = line
	}
	owner, name, _ := strings.Cut(shop, "/")
	page, _, err := d.app.Page(ctx, owner, name, int64(n))
	if err != nil {
		return err
	}
	for _, rule := range page.Rules {
		for _, a := range rule.Approvals {
			for _, note := range a.Dropped {
				why := fmt.Sprintf("#%d %s", n, note)
				if !d.said[why] {
					fmt.Fprintf(d.out, margin+"· %s\n", note)
				}
				d.said[why] = true
			}
		}
	}
	return nil
}

// show returns what GitHub shows at the head of a pull request, nothing if there is none.
func (d *demo) show(n int) (githubsim.Shown, error) {
	head, err := d.sim.Head(shop, n)
	if err != nil {
		return githubsim.Shown{}, nil //nolint:nilerr // it is not opened yet
	}
	return d.sim.Show(shop, head, publish.Context, publish.RunName)
}

func plainChange(n int) story {
	return story{"A plain change", []step{
		opens("ann", n, "tax", "Show prices with tax", map[string]string{"price.go": "package main\n\nconst tax = 20\n"}),
		tests(n, "success"),
		approves("bob", n),
		waits(n),
	}}
}

func terraform(n int) story {
	return story{"A Terraform change gathers two approvals, a senior engineer among them", []step{
		opens("bob", n, "replica", "Add a database replica", map[string]string{
			"infra/database.tf": "resource \"database\" \"main\" {\n  replicas = 2\n}\n",
		}),
		tests(n, "success"),
		approves("ann", n),
		waits(n),
		approves("carol", n),
	}}
}

func ownWork(n int) story {
	return story{"Somebody approves what they wrote themselves", []step{
		opens("ann", n, "search", "Search by colour", map[string]string{"search.go": "package main\n"}),
		pushes("dave", n, "search", "search.go", "package main\n\n// by colour\n"),
		tests(n, "success"),
		waits(n),
		approves("dave", n),
	}}
}

func stale(n int) story {
	return story{"An approval, and then another push", []step{
		opens("carol", n, "cache", "Cache the front page", map[string]string{"cache.go": "package main\n"}),
		approves("ann", n),
		pushes("carol", n, "cache", "cache.go", "package main\n\nvar cache = map[string]string{}\n"),
		tests(n, "success"),
		waits(n),
		approves("ann", n),
	}}
}

func failingTests(n int) story {
	return story{"Tests fail, and run again", []step{
		opens("dave", n, "basket", "Empty the basket after checkout", map[string]string{"basket.go": "package main\n"}),
		approves("carol", n),
		tests(n, "failure"),
		tests(n, ""),
		tests(n, "failure"),
	}}
}

func fork(n int) story {
	return story{"A change from a fork", []step{
		{n, "erin", "forks " + shop, func(d *demo) error { _, err := d.sim.As("erin").Fork(shop); return err }},
		{n, "erin", fmt.Sprintf("opens #%d from her fork: Correct a spelling mistake", n), func(d *demo) error {
			p := d.sim.As("erin")
			_, err := p.Push("erin/shop", "spelling", githubsim.Commit{Message: "correct", Files: map[string]string{"README.md": "# Shop\n"}})
			if err != nil {
				return err
			}
			_, err = p.OpenPull(shop, githubsim.NewPull{Title: "Correct a spelling mistake", Head: "erin:spelling"})
			return err
		}},
		tests(n, "success"),
		approves("bob", n),
		waits(n),
	}}
}

func policyChange(n int) story {
	policy := strings.Join([]string{
		"version: 1", "rules:", "  - name: the shop's own reviewers",
		"    when: {paths: [\"**/*.go\"]}", "    require: {approvals: 1}", "",
	}, "\n")
	return story{"A change of the policy itself", []step{
		opens("bob", n, "policy", "Add a policy for the shop", map[string]string{".github/change-management.yml": policy}),
		tests(n, "success"),
		approves("ann", n),
		waits(n),
		approves("dave", n),
	}}
}

// opens is a new branch with its files, and a pull request from it.
func opens(who string, n int, branch, title string, files map[string]string) step {
	return step{n, who, fmt.Sprintf("opens #%d: %s", n, title), func(d *demo) error {
		p := d.sim.As(who)
		if _, err := p.Push(shop, branch, githubsim.Commit{Message: title, Files: files}); err != nil {
			return err
		}
		_, err := p.OpenPull(shop, githubsim.NewPull{Title: title, Head: branch})
		return err
	}}
}

func pushes(who string, n int, branch, file, text string) step {
	return step{n, who, "pushes " + file + " to " + branch, func(d *demo) error {
		_, err := d.sim.As(who).Push(shop, branch, githubsim.Commit{Message: "more", Files: map[string]string{file: text}})
		return err
	}}
}

func approves(who string, n int) step {
	return step{n, who, fmt.Sprintf("approves #%d", n), func(d *demo) error {
		_, err := d.sim.As(who).Approve(shop, n)
		return err
	}}
}

// tests reports the test job at the head; no conclusion: it runs (again).
func tests(n int, conclusion string) step {
	does := fmt.Sprintf("the tests of #%d: %s", n, conclusion)
	if conclusion == "" {
		does = fmt.Sprintf("the tests of #%d run again", n)
	}
	return step{n, "CI", does, func(d *demo) error {
		head, err := d.sim.Head(shop, n)
		if err != nil {
			return err
		}
		ci := d.sim.AsApp("octo-ci")
		job, ran := d.jobs[head]
		switch {
		case !ran:
			d.jobs[head], err = ci.Report(shop, head, githubsim.Check{Name: "test", Conclusion: conclusion})
		case conclusion == "":
			d.jobs[head], err = ci.Rerun(shop, job, "")
		default:
			err = ci.Conclude(shop, job, conclusion)
		}
		return err
	}}
}

// waits turns the clock on until the tests count as settled: 30 seconds without a new one.
func waits(n int) step {
	return step{n, "", "half a minute goes by: no further test reports", func(d *demo) error {
		d.clock.turn(31 * time.Second)
		return nil
	}}
}
