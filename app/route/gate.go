package route

import (
	"cmp"
	"net/url"
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
		Callback    string `json:"deployment_callback_url"`
	}
	if !unmarshal(d.body, &e) || d.Action != "requested" || d.Repository.ID == 0 || e.Environment == "" {
		return
	}
	run := callbackRun(e.Callback, d.Repository.FullName)
	if run == 0 {
		return
	}
	r.Subjects = append(r.Subjects, subject.Subject{
		Kind: subject.Deployment, Repo: d.Repository.ID, Number: run, Name: e.Environment,
	})
}

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
