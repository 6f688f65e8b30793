package app

import (
	"testing"
	"time"

	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/calendar"
)

// A held deployment goes on by itself when the last of what ripens has; where somebody has to
// act there is no such moment.
func TestGoesOn(t *testing.T) {
	noon := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	window := rules.Reason{Outcome: rules.Pending, Code: rules.WindowClosed, Window: &rules.WindowFacts{Next: []calendar.Span{{From: noon.Add(time.Hour)}}}}
	soaks := rules.Reason{Outcome: rules.Pending, Code: rules.DeployedSoaking, Deployed: &rules.DeployedFacts{Soaked: noon.Add(2 * time.Hour)}}
	ripens := rules.Reason{Outcome: rules.Pending, Code: rules.SignOffRipens, SignOff: &rules.SignOffFacts{Ripe: noon.Add(3 * time.Hour)}}
	missing := rules.Reason{Outcome: rules.Pending, Code: rules.SignOffMissing, SignOff: &rules.SignOffFacts{}}
	given := rules.Reason{Outcome: rules.Pass, Code: rules.SignOffGiven, SignOff: &rules.SignOffFacts{Ripe: noon.Add(9 * time.Hour)}}
	for _, tt := range []struct {
		name    string
		reasons []rules.Reason
		own     []deploy.Reason
		want    time.Duration // after noon; 0: no such moment
	}{
		{"a window", []rules.Reason{window}, nil, time.Hour},
		{"the last of several", []rules.Reason{soaks, ripens, window, given}, []deploy.Reason{{Answer: deploy.Approve}}, 3 * time.Hour},
		{"somebody's word is missing", []rules.Reason{window, missing}, nil, 0},
		{"the gate itself", []rules.Reason{window}, []deploy.Reason{{Answer: deploy.Hold, Code: deploy.CommitsUnaccounted}}, 0},
		{"nothing holds it", []rules.Reason{given}, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := deploy.Decision{Answer: deploy.Hold, Reasons: tt.own}
			for _, r := range tt.reasons {
				d.Verdict.Findings = append(d.Verdict.Findings, rules.Finding{Rule: "r", Outcome: r.Outcome, Reasons: []rules.Reason{r}})
			}
			want := time.Time{}
			if tt.want > 0 {
				want = noon.Add(tt.want)
			}
			if got := goesOn(d); !got.Equal(want) {
				t.Errorf("it goes on at %v, want %v", got, want)
			}
		})
	}
}
