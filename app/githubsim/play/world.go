package play

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/changewarden/changewarden/app/githubsim"
)

// Repo is where everything happens.
const Repo = "octo-org/app"

// State is the world to begin with.
const State = `
users: [{login: ann}, {login: bob}, {login: carol}, {login: dave}, {login: erin}, {login: olga}, {login: mallory}]
organizations:
  - login: octo-org
    owners: [olga]
    members: [erin]
    teams: [{slug: engineers, members: [ann, bob, carol, dave]}, {slug: security, members: [carol, dave]}, {slug: senior-engineers, members: [bob, dave, erin]}]
apps: [{slug: octo-ci}, {slug: other-ci}]
repositories:
  - name: octo-org/app
    teams: {engineers: write, security: write, senior-engineers: write}
    branches: {release/1: main, lab: main}
    files:
      README.md: "# app\n"
      main.go: "package main\n"
      .github/change-management.yml: |
        version: 1
        branches: [main, "release/**"]
        rules:
          - {name: readers, require: {approvals: 1}}
          - {name: test, require: {checks: {names: [test]}}}
installations: [{account: octo-org}]
`

// policies are what the policy file can become.
var policies = map[string]string{
	"one": `version: 1
branches: [main, "release/**"]
rules:
  - {name: readers, require: {approvals: 1}}
`,
	"two": `version: 1
branches: [main]
rules:
  - {name: two readers, require: {approvals: 2}}
  - {name: tests, require: {checks: {names: [test, lint]}}}
`,
	"teams": `version: 1
branches: [main, "release/**"]
groups: {guards: {teams: [security]}}
classes: {risky: {labels: [risky]}, docs: {only_paths: ["docs/**"]}}
rules:
  - {name: readers, require: {approvals: {count: 1, of: commit}}}
  - {name: guarded, when: {class: risky}, require: {approvals: {count: 1, from: guards}}}
  - {name: no drafts, when: {not: {class: docs}}, require: {checks: {names: [test]}}}
`,
	"fresh": `version: 1
branches: [main, "release/**"]
rules:
  - {name: readers, require: {approvals: {count: 1, of: diff}}}
  - {name: all, require: {checks: all, up_to_date: true}}
`,
}

// act plays what somebody does on GitHub: WHO VERB ….
func (p *Player) act(words []string) error {
	if len(words) < 2 {
		return fmt.Errorf("want WHO VERB …")
	}
	who, verb, args := words[0], words[1], append(words[2:], "", "", "")
	me := p.GitHub.As(who)
	n, err := strconv.Atoi(args[0])
	if err != nil {
		n = p.opened[args[0]] // 0: no such pull request
	}
	one := func(_ any, err error) error { return err }
	switch verb {
	case "push": // BRANCH FILE=TEXT
		return one(me.Push(Repo, args[0], p.commit(args[1])))
	case "force": // BRANCH ONTO [FILE=TEXT]; ONTO is a branch, or #N for a pull request's head
		onto := args[1]
		if number, ok := strings.CutPrefix(onto, "#"); ok {
			k, _ := strconv.Atoi(number)
			head, err := p.GitHub.Head(Repo, k)
			if err != nil {
				return err
			}
			onto = head
		}
		if args[2] == "" {
			return one(me.ForcePush(Repo, args[0], onto))
		}
		return one(me.ForcePush(Repo, args[0], onto, p.commit(args[2])))
	case "delete": // BRANCH
		return me.DeleteBranch(Repo, args[0])
	case "open": // BRANCH BASE [draft]; BRANCH then stands for its number
		number, err := me.OpenPull(Repo, githubsim.NewPull{Title: "Change " + args[0], Head: args[0], Base: args[1], Draft: args[2] != ""})
		if err == nil {
			p.opened[args[0]] = number
		}
		return err
	case "approve", "objects", "comments": // N
		state := map[string]string{"approve": "APPROVE", "objects": "REQUEST_CHANGES", "comments": "COMMENT"}[verb]
		id, err := me.Review(Repo, n, githubsim.Review{State: state, Body: "see above"})
		if err == nil {
			p.reviews[n] = append(p.reviews[n], id)
		}
		return err
	case "dismiss": // N K: the K-th newest review of it
		k, _ := strconv.Atoi(args[1])
		all := p.reviews[n]
		if k >= len(all) {
			return nil
		}
		return me.Dismiss(Repo, n, all[len(all)-1-k], "not any more")
	case "update": // N
		return one(me.UpdateBranch(Repo, n))
	case "retarget": // N BASE
		return me.Retarget(Repo, n, args[1])
	case "title": // N TEXT
		return me.EditTitle(Repo, n, args[1])
	case "label":
		return me.Label(Repo, n, args[1])
	case "unlabel":
		return me.Unlabel(Repo, n, args[1])
	case "draft":
		return me.ToDraft(Repo, n)
	case "ready":
		return me.Ready(Repo, n)
	case "close":
		return me.Close(Repo, n)
	case "reopen":
		return me.Reopen(Repo, n)
	case "merge": // N METHOD
		return one(me.Merge(Repo, n, args[1]))
	case "status": // N CONTEXT STATE
		head, err := p.GitHub.Head(Repo, n)
		if err != nil {
			return err
		}
		return me.Status(Repo, head, args[1], args[2], "says "+who)
	case "reports": // N NAME CONCLUSION|running, by an app
		return p.report(who, n, args[1], args[2])
	case "rerequests": // N: our newest check
		return p.rerequest(me, n)
	case "policy": // NAME
		return one(me.Push(Repo, "main", githubsim.Commit{Message: "policy", Files: map[string]string{".github/change-management.yml": policies[args[0]]}}))
	case "adds", "removes": // LOGIN [TEAM]
		team := "octo-org/" + args[1]
		if verb == "adds" {
			return me.AddToTeam(team, args[0])
		}
		return me.RemoveFromTeam(team, args[0])
	case "permits": // LOGIN ROLE
		return me.SetPermission(Repo, args[0], args[1])
	}
	return p.deploy(who, verb, args)
}

// commit changes one file: FILE=TEXT.
func (p *Player) commit(change string) githubsim.Commit {
	file, text, _ := strings.Cut(change, "=")
	return githubsim.Commit{Message: "change " + file, Files: map[string]string{file: text + "\n"}}
}

// report reports a check of an app at a head: one that ran there runs again, or ends.
func (p *Player) report(slug string, n int, name, conclusion string) error {
	head, err := p.GitHub.Head(Repo, n)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(p.GitHub.Pulls(Repo), func(pr githubsim.Pull) bool { return pr.Number == n && pr.Merged }) {
		return nil // it would change what is usual, of which nobody is told
	}
	app := p.GitHub.AsApp(slug)
	if conclusion == "running" {
		conclusion = ""
	}
	key := strings.Join([]string{slug, head, name}, "/")
	last, ran := p.runs[key]
	switch {
	case ran && conclusion == "": // a new run: of one that is set back GitHub tells nobody
		p.runs[key], err = app.Rerun(Repo, last, "")
		return err
	case ran:
		return app.Conclude(Repo, last, conclusion)
	}
	p.runs[key], err = app.Report(Repo, head, githubsim.Check{Name: name, Conclusion: conclusion})
	return err
}

func (p *Player) rerequest(me *githubsim.Person, n int) error {
	head, err := p.GitHub.Head(Repo, n)
	if err != nil {
		return err
	}
	shown, err := p.GitHub.Show(Repo, head, "change-management", "Change Management")
	if err != nil || shown.Run == 0 {
		return err
	}
	return me.RerequestCheck(Repo, shown.Run)
}

// stale matches a share of the reads, the same question the same way.
func (p *Player) stale(share int) func(*http.Request) bool {
	kinds := map[string]bool{}
	return func(r *http.Request) bool {
		kind := githubsim.Kind(r)
		old, decided := kinds[kind]
		if !decided {
			old = percent(p.Weather.dice.throw("behind %s", kind), share)
			kinds[kind] = old
		}
		return old
	}
}

// Heads returns the heads of the open pull requests, each once.
func Heads(pulls []githubsim.Pull) []string {
	var heads []string
	for _, p := range pulls {
		if p.Open {
			heads = append(heads, p.Head)
		}
	}
	slices.Sort(heads)
	return slices.Compact(heads)
}
