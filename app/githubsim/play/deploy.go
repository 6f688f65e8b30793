package play

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/changewarden/changewarden/app/githubsim"
)

// job is one that entered an environment.
type job struct{ run, deployment int64 }

// workflow is the file by which everything is deployed.
const workflow = ".github/workflows/deploy.yml"

// deploy plays what concerns deployments, commands and issues. K counts from the newest, which
// is 0.
func (p *Player) deploy(who, verb string, args []string) error {
	me, actions := p.GitHub.As(who), p.GitHub.AsApp("github-actions")
	one := func(_ any, err error) error { return err }
	k, _ := strconv.Atoi(args[1])
	switch verb {
	case "protects": // BRANCH: what we say is required to merge
		return p.GitHub.Protect(Repo, args[0], &githubsim.Protection{Required: []githubsim.RequiredCheck{{Context: "change-management"}}})
	case "floor": // NAME: the policy of the organization
		return one(me.Push(FloorRepo, "main", githubsim.Commit{Message: "policy", Files: map[string]string{".github/change-management.yml": floors[args[0]]}}))
	case "deploys": // ENVIRONMENT [EVENT], what main is
		event := args[1]
		if event == "" {
			event = "push"
		}
		run, err := actions.RunWorkflow(Repo, who, "main", workflow, event)
		if err != nil {
			return err
		}
		return p.enter(actions, run, args[0])
	case "reruns": // ENVIRONMENT K
		j, found := nth(p.jobs[args[0]], k)
		if !found {
			return nil
		}
		if err := actions.RerunWorkflow(Repo, who, j.run); err != nil {
			return err
		}
		return p.enter(actions, j.run, args[0])
	case "ends": // ENVIRONMENT K CONCLUSION
		j, found := nth(p.jobs[args[0]], k)
		if !found {
			return nil
		}
		return actions.EndJob(Repo, j.deployment, args[2])
	case "posts": // ENVIRONMENT: that main was deployed there, by no job
		sha, err := p.GitHub.BranchHead(Repo, "main")
		if err != nil {
			return err
		}
		id, err := me.PostDeployment(Repo, sha, args[0])
		if err != nil {
			return err
		}
		return me.PostDeploymentStatus(Repo, id, "success")
	}
	return p.talk(who, verb, args)
}

func (p *Player) enter(actions *githubsim.Integration, run int64, environment string) error {
	id, err := actions.StartJob(Repo, run, "deploy to "+environment, environment)
	if err == nil {
		p.jobs[environment] = append(p.jobs[environment], job{run, id})
	}
	return err
}

// talk plays what people write: in pull requests, and on our issues.
func (p *Player) talk(who, verb string, args []string) error {
	me := p.GitHub.As(who)
	number := p.opened[args[0]]
	text := strings.TrimSpace(strings.Join(args[1:], " "))
	switch verb {
	case "says": // BRANCH TEXT
		_, err := me.Comment(Repo, number, text)
		return err
	case "amends", "unsays": // BRANCH [TEXT]: their last comment there
		all, err := p.GitHub.Said(Repo, number)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(c githubsim.Said) bool { return c.By != who })
		switch {
		case len(all) == 0:
			return nil
		case verb == "unsays":
			return me.DeleteComment(Repo, all[len(all)-1].ID)
		}
		return me.EditComment(Repo, all[len(all)-1].ID, text)
	}
	k, _ := strconv.Atoi(args[0])
	ours := slices.DeleteFunc(p.GitHub.Issues(Repo), func(i githubsim.Issue) bool { return i.Gone || !strings.HasSuffix(i.By, "[bot]") })
	i, found := nth(ours, k)
	switch verb {
	case "writes-up", "closes-issue", "reopens-issue", "deletes-issue", "copies-issue":
	default:
		return fmt.Errorf("nobody can %q", verb)
	}
	if !found {
		return nil
	}
	switch verb {
	case "writes-up": // K: something below each heading
		var lines []string
		for line := range strings.Lines(i.Body) {
			lines = append(lines, line)
			if strings.HasPrefix(line, "## ") {
				lines = append(lines, "What there is to say.\n")
			}
		}
		return me.EditIssue(Repo, i.Number, strings.Join(lines, ""))
	case "closes-issue": // K
		return me.CloseIssue(Repo, i.Number, "")
	case "reopens-issue": // K
		return me.ReopenIssue(Repo, i.Number)
	case "deletes-issue": // K
		return me.DeleteIssue(Repo, i.Number)
	}
	_, err := me.OpenIssue(Repo, i.Title, i.Body) // copies-issue K
	return err
}

// nth is the k-th newest.
func nth[T any](all []T, k int) (t T, found bool) {
	if k < 0 || k >= len(all) {
		return t, false
	}
	return all[len(all)-1-k], true
}
