package snapshot

import (
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// Shown is what stands on a head in our own name. It is no fact to judge by; it came with the
// facts, and tells whoever published whether GitHub still shows what was said.
type Shown struct {
	Known bool // of a head whose checks were read to their end

	Run        int64  // our newest run; 0: none
	RunStatus  string // GitHub's words, lower case
	Conclusion string

	State string // of the newest status in our context, lower case; empty: none
	By    int64  // GitHub's user id of who posted it; 0: nobody who is known
}

func (f *facts) shown(app int64) Shown {
	s := Shown{Known: f.checks.whole}
	for i, suite := range f.checks.suites {
		if suite.App == nil || suite.App.DatabaseID != app {
			continue
		}
		for _, r := range f.checks.runs[i] {
			if r.DatabaseID < s.Run {
				continue
			}
			s.Run, s.RunStatus, s.Conclusion = r.DatabaseID, strings.ToLower(r.Status), ""
			if r.Conclusion != nil {
				s.Conclusion = strings.ToLower(*r.Conclusion)
			}
		}
	}
	for _, c := range f.checks.statuses {
		if rules.Own(c.Context) {
			s.State, s.By = strings.ToLower(c.State), 0
			if c.Creator != nil {
				s.By = c.Creator.DatabaseID
			}
		}
	}
	return s
}
