package githubsim

import (
	"fmt"
	"slices"
)

// Shown is what GitHub shows people at a commit about one app: its newest status in a
// context, whoever posted it, and the app's newest run of a name.
type Shown struct {
	State       string // of the status; empty: none
	Description string
	StatusBy    string // login
	TargetURL   string
	States      []string // of all statuses ever posted in the context, oldest first

	Run         int64 // id of the newest run; zero: none
	Runs        int   // how many there are
	RunStatus   string
	Conclusion  string // empty until completed
	Title       string
	Summary     string
	Buttons     []string // labels of the newest run's, which are shown once it is completed
	Annotations []string // "path:line message", of all runs; of a failure "path:line failure: message"
}

// Show returns what is shown at a commit under a status context and for the runs of a name
// that the app under test made.
func (s *Server) Show(repo, sha, context, run string) (Shown, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil {
		return Shown{}, notFound()
	}
	s.goStale()
	var shown Shown
	for _, st := range r.contextsAt(sha) {
		if st.context == context {
			shown.State, shown.Description, shown.TargetURL = st.state, st.description, st.target
			shown.StatusBy = st.creator.login
		}
	}
	for _, st := range slices.Backward(r.statusesAt(sha)) { // newest first
		if st.context == context {
			shown.States = append(shown.States, st.state)
		}
	}
	for _, c := range r.runsAt(sha) {
		if c.name != run || c.suite.app != s.world.app {
			continue
		}
		shown.Runs++
		for _, a := range c.annotations {
			level := ""
			if a["annotation_level"] != "notice" {
				level = fmt.Sprintf("%v: ", a["annotation_level"])
			}
			shown.Annotations = append(shown.Annotations, fmt.Sprintf("%v:%v %s%v", a["path"], a["start_line"], level, a["message"]))
		}
		if c.id > shown.Run {
			shown.Run, shown.RunStatus, shown.Conclusion = c.id, c.status, c.conclusion
			shown.Title, shown.Summary, shown.Buttons = c.title, c.summary, nil
			for _, a := range c.actions {
				if c.status == "completed" {
					shown.Buttons = append(shown.Buttons, a.Label)
				}
			}
		}
	}
	return shown, nil
}

// Head returns the commit at the head of a pull request.
func (s *Server) Head(repo string, number int) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil || r.pull(number) == nil {
		return "", notFound()
	}
	return r.pull(number).head.oid, nil
}

// BranchHead returns the commit at the tip of a branch.
func (s *Server) BranchHead(repo, branch string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil || r.ref(branch) == nil {
		return "", notFound()
	}
	return r.ref(branch).oid, nil
}

// SuiteOf returns the check suite that the app under test has at a commit.
func (s *Server) SuiteOf(repo, sha string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil || s.suiteOf(r, s.world.app, sha) == nil {
		return 0, notFound()
	}
	return s.suiteOf(r, s.world.app, sha).id, nil
}

// Pull is where a pull request stands.
type Pull struct {
	Number     int
	Head, Base string // commit, branch
	Open       bool
	Merged     bool
}

// Pulls returns the pull requests of a repository, by number.
func (s *Server) Pulls(repo string) []Pull {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Pull
	if r := s.repo(repo); r != nil {
		for _, p := range r.pulls {
			out = append(out, Pull{Number: p.number, Head: p.head.oid, Base: p.baseRef, Open: p.open, Merged: p.merged})
		}
	}
	return out
}
