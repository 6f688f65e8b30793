package snapshot_test

import (
	"slices"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/rules"
)

// TestAskedFor: what a policy asks for beyond what is always read comes by one query, and
// nothing of it where the policy does not ask.
func TestAskedFor(t *testing.T) {
	const policy = `version: 1
groups:
  writers: {permission: write}
rules:
  - {name: peer review, require: {approvals: {count: 1, from: writers}}}
  - {name: signed, require: {signed_commits: true}}
  - {name: talked about, require: {conversations_resolved: true}}
  - {name: up to date, require: {up_to_date: true}}
  - {name: ticket, require: {ticket: {pattern: "X-[0-9]+", in: [title, commits]}}}
  - {name: section, require: {section: {heading: Why}}}
  - {name: labelled, when: {labels: [risky]}, require: {approvals: 2}}
`
	const template = "## Why\nSay why.\n"
	w := newWorld(t, floor)
	w.push("bob", "main", githubsim.Commit{Message: "template", Files: map[string]string{".github/pull_request_template.md": template}})
	head := w.open(map[string]string{"f": "1\n"})
	ann, bob := w.sim.As("ann"), w.sim.As("bob")
	w.must(ann.EditBody(repo, 1, "## Why\nBecause.\n"))
	w.must(bob.Label(repo, 1, "risky"))
	w.now = w.now.Add(time.Second)
	w.must(ann.Unlabel(repo, 1, "risky"))
	talk, err := bob.Discuss(repo, 1, "f", "why?")
	w.must(err)
	w.must(ann.Resolve(repo, 1, talk, true))
	_, err = bob.Discuss(repo, 1, "f", "and how?")
	w.must(err)
	signed := w.push("ann", "topic", githubsim.Commit{Message: "X-1: signed", Files: map[string]string{"g": "1\n"}, Signing: githubsim.Verified})
	w.target.Head = signed
	w.push("bob", "main", githubsim.Commit{Message: "ahead", Files: map[string]string{"h": "1\n"}})
	w.target.Head = signed

	p, _ := w.read()
	c := p.Change
	if len(c.Read)+len(c.Labelings)+len(c.Threads)+len(c.Templates)+c.Behind != 0 || c.Pulls[0].Title+c.Pulls[0].Body != "" || c.Commits[0].Message != "" {
		t.Errorf("read without being asked: %+v", c)
	}
	w.push("bob", "main", githubsim.Commit{Message: "policy", Files: map[string]string{".github/change-management.yml": "version: 1\nrules: [{name: ours, require: {approvals: 1}}]\n"}})
	w.target.Head = signed

	w.floor(policy)
	p, requests := w.read()
	w.equal("queries", 1, len(slices.DeleteFunc(requests, func(r string) bool { return r != theQuery })))
	c = p.Change
	w.equal("read", []rules.Fact{
		rules.FactBehind, rules.FactLabelings, rules.FactMessages, rules.FactPermissions, rules.FactSignatures, rules.FactText, rules.FactThreads,
	}, c.Read)
	w.equal("title, body", []string{"A change", "## Why\nBecause.\n"}, []string{c.Pulls[0].Title, c.Pulls[0].Body})
	w.equal("templates", []string{template}, c.Templates)
	w.equal("behind", 2, c.Behind)
	type commit struct {
		SHA, Message string
		Signed       bool
	}
	var commits []commit
	for _, k := range c.Commits {
		commits = append(commits, commit{k.SHA, k.Message, k.Signed})
	}
	w.equal("commits", []commit{{head, "change", false}, {signed, "X-1: signed", true}}, commits)
	var labelings []rules.Labeling
	for _, l := range c.Labelings {
		l.At = time.Time{}
		labelings = append(labelings, l)
	}
	w.equal("labelings", []rules.Labeling{{Pull: 1, Label: "risky", Added: true, By: w.id("bob")}, {Pull: 1, Label: "risky", By: w.id("ann")}}, labelings)
	var threads []rules.Thread
	for _, th := range c.Threads {
		th.ID = ""
		threads = append(threads, th)
	}
	w.equal("threads", []rules.Thread{{Pull: 1, By: w.id("bob"), Resolved: true, ResolvedBy: w.id("ann")}, {Pull: 1, By: w.id("bob")}}, threads)
	may := map[string]string{}
	for _, person := range c.People {
		may[w.logins(person.ID)[0]] = person.Permission
	}
	w.equal("permissions", map[string]string{"ann": "write", "bob": "write"}, may)
}

// TestUnforeseen: a policy that asks for more than the one before costs one query more, once.
func TestUnforeseen(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	head := w.target.Head
	count := func() int {
		t.Helper()
		w.target.Head = head
		_, requests := w.read()
		return len(slices.DeleteFunc(requests, func(r string) bool { return r != theQuery }))
	}
	w.equal("before", 1, count())
	w.push("bob", "main", githubsim.Commit{Message: "policy", Files: map[string]string{
		".github/change-management.yml": "version: 1\nrules: [{name: ours, require: {conversations_resolved: true}}]\n",
	}})
	w.equal("first", 2, count())
	w.equal("then", 1, count())
}

// TestFormerNames: what the repository was called stays known.
func TestFormerNames(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	p, _ := w.read()
	w.equal("at first", 0, len(p.Change.Repo.Former))
	w.must(w.sim.As("olga").Rename(repo, "other"))
	w.target.Name = "other"
	p, _ = w.read()
	w.equal("renamed", []string{repo}, p.Change.Repo.Former)
	w.equal("name", "octo-org/other", p.Change.Repo.Name)
}

// TestCounted: the lines of a file are known where its patch is whole, and where it has none
// to change.
func TestCounted(t *testing.T) {
	w := newWorld(t, floor)
	w.target.Head = w.push("ann", "topic", githubsim.Commit{
		Message: "change", Rename: map[string]string{"docs/guide.md": "docs/moved.md"}, Mode: map[string]string{"run.sh": githubsim.ModeExec},
		Files: map[string]string{"text": "1\n", "empty": "", "binary": "\x00\x01", "main.go": "package main\n"},
	})
	_, err := w.sim.As("ann").OpenPull(repo, githubsim.NewPull{Title: "A change", Head: "topic", Base: "main"})
	w.must(err)
	p, _ := w.read()
	got := map[string]bool{}
	for _, f := range p.Change.Files {
		got[f.Path] = f.Counted
	}
	w.equal("counted", map[string]bool{"text": true, "empty": true, "binary": false, "main.go": true, "docs/moved.md": true, "run.sh": true}, got)
}
