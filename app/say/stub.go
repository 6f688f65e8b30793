// Package say turns findings into sentences.
package say

import "github.com/changewarden/changewarden/rules"

// Names are people's logins.
type Names map[rules.UserID]string

// Sentence is a stand-in.
func Sentence(f rules.Finding, c rules.Change, n Names) string {
	return f.Rule + " is " + string(f.Outcome)
}

// Status is a stand-in.
func Status(v rules.Verdict, n Names) string { return string(v.Outcome) }

// Headline is a stand-in.
func Headline(v rules.Verdict) string { return string(v.Outcome) }

// Notice is a stand-in.
func Notice(n rules.Notice) string { return string(n.Code) + n.File }
