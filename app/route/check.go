package route

import (
	"strings"

	"github.com/changewarden/changewarden/app/subject"
)

// Check events are mapped to pull requests by their commit alone. The pull_requests that
// GitHub lists in them are empty for forks and may be those of other repositories; the
// store's index of heads has neither fault.

type checkResult struct {
	ID         int64
	HeadSHA    string `json:"head_sha"`
	Name       string
	Status     string
	Conclusion string
	App        struct{ ID int64 }
	CheckSuite struct{ ID int64 } `json:"check_suite"`
}

func checkRun(d delivery, r *subject.Result) {
	var e struct {
		CheckRun        checkResult                 `json:"check_run"`
		RequestedAction struct{ Identifier string } `json:"requested_action"`
	}
	if !unmarshal(d.body, &e) {
		return
	}
	if d.Action == "requested_action" {
		click(d, r, e.CheckRun, e.RequestedAction.Identifier)
		return
	}
	c := subject.Check{Source: subject.CheckRun, Suite: max(e.CheckRun.CheckSuite.ID, 0), Name: e.CheckRun.Name}
	e.CheckRun.selected(d, r, c, e.CheckRun.Name != "")
}

func checkSuite(d delivery, r *subject.Result) {
	var e struct {
		CheckSuite checkResult `json:"check_suite"`
	}
	if !unmarshal(d.body, &e) {
		return
	}
	e.CheckSuite.selected(d, r, subject.Check{Source: subject.CheckSuite}, true)
}

// selected adds the head that a check run or suite stands on. Somebody who asks for it
// again wants a judgement; anything else is a result that
// may change nothing, which the store can tell if it is named in full.
func (c checkResult) selected(d delivery, r *subject.Result, known subject.Check, named bool) {
	known.ID, known.App = c.ID, max(c.App.ID, 0)
	known.Status, known.Conclusion = strings.ToLower(c.Status), strings.ToLower(c.Conclusion)
	asked := d.Action == "rerequested"
	selectHead(d, r, c.HeadSHA, known, named && !asked && c.ID > 0 && c.App.ID > 0 && c.Status != "")
	if n := len(r.Selectors); d.Action == "rerequested" && n > 0 {
		r.Selectors[n-1].Again = true // GitHub tells the app alone whose run it is
	}
}

func status(d delivery, r *subject.Result) {
	var e struct {
		ID      int64
		SHA     string
		Context string
		State   string
	}
	if !unmarshal(d.body, &e) {
		return
	}
	if informs(e.Context) {
		return
	}
	selectHead(d, r, e.SHA, subject.Check{
		Source:     subject.CommitStatus,
		ID:         e.ID,
		Name:       e.Context,
		Conclusion: strings.ToLower(e.State),
		Creator:    d.Sender.ID,
	}, e.ID > 0 && e.Context != "" && e.State != "")
}

// informs says of a status that it is in one of the contexts in which this app says, for
// information alone, what was answered about an environment. Nothing rests on those, whoever
// posts them.
func informs(context string) bool {
	return strings.HasPrefix(strings.ToLower(context), "change-management/")
}

// selectHead selects the open pull requests whose head is sha, all of them unless the
// result is known in full.
func selectHead(d delivery, r *subject.Result, sha string, c subject.Check, known bool) {
	if d.Repository.ID == 0 || !isCommit(sha) {
		return
	}
	s := subject.Selector{Kind: subject.ByHead, Repo: d.Repository.ID, SHA: sha}
	if known {
		s.Check, s.Result = &c, true
	}
	r.Selectors = append(r.Selectors, s)
}
