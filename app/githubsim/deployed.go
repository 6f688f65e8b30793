package githubsim

import "time"

// Deployed is a deployment as a reader of its page sees it.
type Deployed struct {
	ID          int64
	Environment string
	Commit      string
	Tree        string    // of the commit
	State       string    // of its newest status
	Success     time.Time // of its first status that said so; zero: none did

	Run      int64    // of the job that made it; 0: it was posted
	Asked    bool     // the app under test was asked whether the job may go on
	Answer   string   // that the app gave: approved, rejected; empty: none
	Comments []string // that the app made
	Waits    bool     // GitHub waits for the app's answer
}

// Deployments returns the deployments of a repository, oldest first.
func (s *Server) Deployments(repo string) []Deployed {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil {
		return nil
	}
	var out []Deployed
	for _, d := range r.deployments {
		shown := Deployed{ID: d.id, Environment: d.env, Commit: d.sha, State: d.state()}
		if c := r.objects.commits[d.sha]; c != nil {
			shown.Tree = c.tree.dirs[""]
		}
		for _, st := range d.statuses {
			if st.state == "success" && shown.Success.IsZero() {
				shown.Success = st.created
			}
		}
		if d.job != nil {
			shown.Run = d.job.suite.job.id
		}
		if g := d.gate; g != nil && g.asked {
			shown.Asked, shown.Answer, shown.Waits = true, g.state, !g.done && g.state == ""
			shown.Comments = append(shown.Comments, g.comments...)
		}
		out = append(out, shown)
	}
	return out
}
