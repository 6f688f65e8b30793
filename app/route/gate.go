package route

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/changewarden/changewarden/app/subject"
)

// mergeGroup makes a merge queue's group due when GitHub asks for its checks, and when it is
// gone: then there is nobody left to answer, but something to record. Its branch's name says
// nothing: anybody can make one that reads alike.
func mergeGroup(d delivery, r *subject.Result) {
	var e struct {
		Reason     string
		MergeGroup struct {
			HeadSHA string `json:"head_sha"`
			BaseRef string `json:"base_ref"`
		} `json:"merge_group"`
	}
	if !unmarshal(d.body, &e) || d.Repository.ID == 0 || !isCommit(e.MergeGroup.HeadSHA) {
		return
	}
	f := subject.MergeGroupFact{Repo: d.Repository.ID, SHA: e.MergeGroup.HeadSHA, Base: strings.TrimPrefix(e.MergeGroup.BaseRef, "refs/heads/")}
	switch d.Action {
	case "checks_requested":
	case "destroyed":
		f.Why = cmp.Or(e.Reason, d.Action)
	default:
		return
	}
	r.MergeGroups = append(r.MergeGroups, f)
	r.Subjects = append(r.Subjects, subject.Subject{
		Kind: subject.MergeGroup, Repo: d.Repository.ID, SHA: e.MergeGroup.HeadSHA,
	})
}

// deploymentGate makes the deployment due that waits for an answer.
func deploymentGate(d delivery, r *subject.Result) {
	var e struct {
		Environment string
		SHA         string
		Callback    string `json:"deployment_callback_url"`
		Deployment  deployed
	}
	if !unmarshal(d.body, &e) || d.Action != "requested" || d.Repository.ID == 0 || e.Environment == "" {
		return
	}
	run := callbackRun(e.Callback, d.Repository.FullName)
	if run == 0 {
		return
	}
	sha := e.SHA
	if !isCommit(sha) {
		sha = e.Deployment.SHA
	}
	f := subject.GateFact{
		Repo: d.Repository.ID, Run: run, Deployment: max(e.Deployment.ID, 0), Environment: e.Environment, Commit: sha, At: d.at,
	}
	r.Gates = append(r.Gates, f)
	r.Subjects = append(r.Subjects, f.Subject())
}

// deployed is the part of GitHub's deployment that is read here.
type deployed struct {
	ID          int64
	SHA         string
	Environment string
}

// deployment makes due what waits at a gate: what became of a deployment and a review by GitHub's
// own reviewers are what it may wait for. One that has not come to its end is news to itself
// and to what waits elsewhere: with many that wait at one environment each would make all others
// due. One that is said to have succeeded may be one that never asked.
func deployment(d delivery, r *subject.Result) {
	if d.Repository.ID == 0 {
		return
	}
	gates := subject.Selector{Kind: subject.ByGate, Repo: d.Repository.ID}
	var e struct {
		Deployment deployed
		Status     struct{ State string } `json:"deployment_status"`
	}
	known := unmarshal(d.body, &e) && e.Deployment.ID > 0
	if known && (d.Action == "created" && e.Status.State == "" || slices.Contains(underWay, e.Status.State)) {
		gates.Number, gates.Environment = e.Deployment.ID, strings.ToLower(e.Deployment.Environment)
	}
	r.Selectors = append(r.Selectors, gates)
	if !known || e.Status.State != "success" || e.Deployment.Environment == "" || !isCommit(e.Deployment.SHA) {
		return
	}
	r.Deployed = append(r.Deployed, subject.DeployedFact{
		Repo: d.Repository.ID, Deployment: e.Deployment.ID, Environment: e.Deployment.Environment, Commit: e.Deployment.SHA, At: d.at,
	})
}

// underWay are the states of a deployment that has not come to its end.
var underWay = []string{"waiting", "queued", "pending", "in_progress"}

// callbackRun reads the workflow run's id from …/repos/OWNER/NAME/actions/runs/ID/deployment_protection_rule,
// the one place where GitHub names it. The address is for reading alone: the answer goes to
// the API that we are set up for. Returns 0 if it is of another repository or shape.
func callbackRun(callback, fullName string) int64 {
	u, err := url.Parse(callback)
	if err != nil || fullName == "" {
		return 0
	}
	_, rest, ok := strings.Cut(u.Path, "/repos/")
	if !ok || len(rest) < len(fullName) || !strings.EqualFold(rest[:len(fullName)], fullName) {
		return 0
	}
	rest, ok = strings.CutPrefix(rest[len(fullName):], "/actions/runs/")
	if !ok {
		return 0
	}
	id, ok := strings.CutSuffix(rest, "/deployment_protection_rule")
	if !ok {
		return 0
	}
	run, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0
	}
	return max(run, 0)
}
