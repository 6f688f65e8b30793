package route

import "github.com/changewarden/changewarden/app/subject"

// issue notes that an issue was closed, opened again, edited, moved or taken away: one of ours
// may be a post-mortem. What it says now is read from GitHub.
func issue(d delivery, r *subject.Result) {
	var e struct {
		Issue struct{ Number int64 }
	}
	switch d.Action {
	case "closed", "reopened", "edited", "deleted", "transferred":
	default:
		return
	}
	if unmarshal(d.body, &e) && e.Issue.Number > 0 && d.Repository.ID != 0 {
		r.Selectors = append(r.Selectors, subject.Selector{Kind: subject.ByIssue, Repo: d.Repository.ID, Number: e.Issue.Number})
	}
}
