// Package subject names what can be due on the worklist, and carries what a delivery
// tells about it from the router to the store. It is plain data: it imports nothing of
// ours, does no I/O and decides nothing, so that both ends can share its words.
package subject

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind says which sort of thing a Subject is.
type Kind string

// The kinds of subject.
const (
	PullRequest  Kind = "pull_request" // Repo, Number
	MergeGroup   Kind = "merge_group"  // Repo, SHA: the group's head commit
	Deployment   Kind = "deployment"   // Repo, Number: the workflow run, Name: the environment; run 0: what was deployed there unasked
	Environment  Kind = "environment"  // Repo, SHA, Name: what a commit status says of a deployment of that commit there
	Repository   Kind = "repository"   // Repo
	Installation Kind = "installation" // Number: the installation
	Head         Kind = "head"         // Repo, SHA: what is owed to GitHub on one commit
	Comments     Kind = "comments"     // Repo, Number: commands in the comments of one pull request, and our answers
	Reviewers    Kind = "reviewers"    // Repo, Number: who is to be asked for a review of a pull request
	PostMortem   Kind = "post_mortem"  // Repo, Number: what has to be written after the emergencies of a pull request
	Deliveries   Kind = "deliveries"   // Number: the app; what GitHub could not hand over to it
	Round        Kind = "round"        // Number: the installation, Repo: what may have been missed there; 0 is all of them
)

// Subject is something whose facts may have moved. Two subjects are the same if they
// are equal; Key is the same thing as text.
type Subject struct {
	Kind   Kind
	Repo   int64  // GitHub's numeric repository id; 0 for an installation
	Number int64  // pull request number, workflow run id or installation id; else 0
	SHA    string // 40 hex digits for merge groups, heads and environments; else empty
	Name   string // environment, in lower case: GitHub folds it; else empty
}

// Key returns the subject as one line of text, the key of its row: the kind, then its
// fields, separated by slashes; the environment's name comes last and may hold slashes.
func (s Subject) Key() string {
	switch s.Kind {
	case PullRequest, Comments, Reviewers, PostMortem:
		return fmt.Sprintf("%s/%d/%d", s.Kind, s.Repo, s.Number)
	case MergeGroup, Head:
		return fmt.Sprintf("%s/%d/%s", s.Kind, s.Repo, s.SHA)
	case Deployment:
		return fmt.Sprintf("%s/%d/%d/%s", s.Kind, s.Repo, s.Number, s.Name)
	case Environment:
		return fmt.Sprintf("%s/%d/%s/%s", s.Kind, s.Repo, s.SHA, s.Name)
	case Repository:
		return fmt.Sprintf("%s/%d", s.Kind, s.Repo)
	case Round:
		return fmt.Sprintf("%s/%d/%d", s.Kind, s.Number, s.Repo)
	case Installation, Deliveries:
		return fmt.Sprintf("%s/%d", s.Kind, s.Number)
	}
	return string(s.Kind)
}

// ParseKey is the inverse of Key.
func ParseKey(key string) (Subject, error) {
	kind, rest, _ := strings.Cut(key, "/")
	s := Subject{Kind: Kind(kind)}
	var err error
	number := func(text string) int64 {
		n, e := strconv.ParseInt(text, 10, 64)
		if e != nil && err == nil {
			err = fmt.Errorf("parse subject key %q: %w", key, e)
		}
		return n
	}
	parts := strings.SplitN(rest, "/", 3)
	want := map[Kind]int{
		PullRequest: 2, Comments: 2, Reviewers: 2, PostMortem: 2, MergeGroup: 2, Head: 2, Deployment: 3, Environment: 3, Repository: 1, Installation: 1, Deliveries: 1, Round: 2,
	}[s.Kind]
	if want == 0 || len(parts) != want {
		return Subject{}, fmt.Errorf("parse subject key %q: no such kind or shape", key)
	}
	switch s.Kind {
	case Installation, Deliveries:
		s.Number = number(parts[0])
	case Round:
		s.Number, s.Repo = number(parts[0]), number(parts[1])
	case Repository:
		s.Repo = number(parts[0])
	case MergeGroup, Head:
		s.Repo, s.SHA = number(parts[0]), parts[1]
	case PullRequest, Comments, Reviewers, PostMortem:
		s.Repo, s.Number = number(parts[0]), number(parts[1])
	case Deployment:
		s.Repo, s.Number, s.Name = number(parts[0]), number(parts[1]), parts[2]
	case Environment:
		s.Repo, s.SHA, s.Name = number(parts[0]), parts[1], parts[2]
	}
	if err != nil {
		return Subject{}, err
	}
	return s, nil
}
