package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/publish"
)

// deployWorkflow is the file whose jobs deploy the shop.
const deployWorkflow = ".github/workflows/deploy.yml"

func overTheWeekend(n int) story {
	return story{"On to production: staging first, and held from Friday evening to Monday at nine", []step{
		until(n, time.Friday, 17*time.Hour+40*time.Minute, "the window business hours has closed"),
		merges("ann", n),
		deploys("ann", n, "staging"),
		ends(n, "staging"),
		enters(n, "production"),
		until(n, time.Monday, 9*time.Hour-time.Minute, "the weekend goes by, and nobody has to think of it"),
		until(n, time.Monday, 9*time.Hour+time.Second, "the window opens"),
		ends(n, "production"),
	}}
}

// emergency is a change that does not wait for the window.
func emergency(n int) story {
	return story{"An emergency, at night", []step{
		until(n, time.Monday, 23*time.Hour+30*time.Minute, "something is wrong in production"),
		opens("ann", n, "port", "Close the database's port", map[string]string{
			"infra/firewall.tf": "resource \"firewall\" \"database\" {\n  open = []\n}\n",
		}),
		tests(n, "success"),
		waits(n),
		comments("bob", n, "/emergency SEV-1 INC-204 because everybody can reach the database"),
		approves("carol", n),
		merges("bob", n),
		deploys("bob", n, "production"),
		ends(n, "production"),
	}}
}

// postMortem is what follows an emergency: its issue is open since the merge.
func postMortem(n, issue int) story {
	return story{"What follows the emergency: a post-mortem within 48 hours", []step{
		until(n, time.Tuesday, 10*time.Hour, fmt.Sprintf("the next morning: the issue #%d waits to be written", issue)),
		{n, "bob", fmt.Sprintf("writes the post-mortem #%d", issue), func(d *demo) error {
			body := d.issueAt(issue).Body
			for _, h := range publish.PostMortemSections() {
				body = strings.Replace(body, "## "+h+"\n", "## "+h+"\nThe port was open since the move, and no test looked at it.\n", 1)
			}
			return d.sim.As("bob").EditIssue(shop, issue, body)
		}},
		closes("bob", n, issue),
		closes("carol", n, issue),
	}}
}

// schemaChange is a high-risk change: a way back, QA's word, customers who know, and the maintenance
// window.
func schemaChange(n int) story {
	return story{"A schema change: QA, customers who know, and the maintenance window", []step{
		opens("ann", n, "orders", "Index the orders", map[string]string{"migrations/0002_orders.sql": "create index orders_by_day on orders (day);\n"}),
		tests(n, "success"),
		approves("bob", n),
		waits(n),
		{n, "ann", "describes how it can be taken back", func(d *demo) error {
			return d.sim.As("ann").EditBody(shop, n, "## Rollback plan\n\nDrop the index; nothing else reads it.\n")
		}},
		merges("ann", n),
		deploys("ann", n, "staging"),
		ends(n, "staging"),
		enters(n, "production"),
		until(n, time.Wednesday, 11*time.Hour, "tried on staging, and a mail is written"),
		comments("frank", n, "/sign-off QA tried on staging with a month of orders"),
		comments("grace", n, "/sign-off \"customer notice\" mailed to every customer"),
		until(n, time.Saturday, 22*time.Hour+time.Second, "the window opens; customers have known for two days and more"),
		ends(n, "production"),
	}}
}

// tellGate prints what the gate of production said last, if that is news.
func (d *demo) tellGate() {
	state, said := d.sim.Gate(shop, d.run, "production")
	if len(said) == 0 {
		return
	}
	text := cmp.Or(state, "waiting") + "\n" + said[len(said)-1]
	if d.gate == text {
		return
	}
	d.gate = text
	headline, reasons, _ := strings.Cut(said[len(said)-1], "\n")
	fmt.Fprintf(d.out, margin+"→ %-8s %s\n", cmp.Or(state, "waiting"), headline)
	for line := range strings.Lines(reasons) {
		fmt.Fprintf(d.out, margin+"· %s\n", strings.TrimPrefix(strings.TrimSpace(line), "- "))
	}
}

// issueAt is an issue as GitHub shows it, empty if there is none.
func (d *demo) issueAt(number int) githubsim.Issue {
	for _, i := range d.sim.Issues(shop) {
		if i.Number == number {
			return i
		}
	}
	return githubsim.Issue{}
}

// tellIssue prints what became of an issue that somebody closed.
func (d *demo) tellIssue() {
	if d.closed == 0 {
		return
	}
	what := "complete"
	if d.issueAt(d.closed).Open {
		what = "opened again: somebody else of the reviewing group has to close it"
	}
	fmt.Fprintf(d.out, margin+"→ #%d is %s\n", d.closed, what)
	d.closed = 0
}

// until turns the clock on to a day of the week and a time of day.
func until(n int, day time.Weekday, clock time.Duration, does string) step {
	return step{n, "", does, func(d *demo) error {
		d.clock.until(day, clock)
		return nil
	}}
}

func merges(who string, n int) step {
	return step{n, who, fmt.Sprintf("merges #%d", n), func(d *demo) error {
		_, err := d.sim.As(who).Merge(shop, n, githubsim.Squash)
		return err
	}}
}

// closes is somebody who closes a post-mortem as completed: whether it counts shows.
func closes(who string, n, issue int) step {
	return step{n, who, fmt.Sprintf("closes #%d", issue), func(d *demo) error {
		if err := d.sim.As(who).CloseIssue(shop, issue, ""); err != nil {
			return err
		}
		d.closed = issue
		return nil
	}}
}

func comments(who string, n int, text string) step {
	return step{n, who, fmt.Sprintf("comments on #%d: %s", n, text), func(d *demo) error {
		_, err := d.sim.As(who).Comment(shop, n, text)
		return err
	}}
}

// deploys is a new run of the workflow that deploys what was merged, whose job enters an
// environment.
func deploys(who string, n int, environment string) step {
	return step{n, "CI", fmt.Sprintf("deploys what %s merged: a job enters %s", who, environment), func(d *demo) (err error) {
		if d.run, err = d.sim.AsApp("github-actions").RunWorkflow(shop, who, "main", deployWorkflow, "push"); err != nil {
			return err
		}
		return enters(n, environment).act(d)
	}}
}

// enters is the run's next job, which enters an environment.
func enters(n int, environment string) step {
	return step{n, "CI", "the next job of the run enters " + environment, func(d *demo) (err error) {
		d.into[environment], err = d.sim.AsApp("github-actions").StartJob(shop, d.run, "deploy to "+environment, environment)
		return err
	}}
}

// ends is the success of the job that entered an environment last.
func ends(n int, environment string) step {
	return step{n, "CI", fmt.Sprintf("#%d runs in %s", n, environment), func(d *demo) error {
		if err := d.sim.AsApp("github-actions").EndJob(shop, d.into[environment], "success"); err != nil {
			return err
		}
		if environment == "production" {
			d.live = fmt.Sprintf("#%d", n)
		}
		return nil
	}}
}
