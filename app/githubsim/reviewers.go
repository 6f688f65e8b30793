package githubsim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// requestReviewers asks people and teams for a review. One that cannot be asked refuses all.
func requestReviewers(c *call) (any, error) {
	if _, err := c.findPull(); err != nil {
		return nil, err
	}
	n, _ := strconv.Atoi(c.vars["pull_number"])
	p := c.repo.pull(n) // what is written is never behind
	var in struct {
		Reviewers     []string `json:"reviewers"`
		TeamReviewers []string `json:"team_reviewers"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := c.askForReview(p, c.install.app.bot, in.Reviewers, in.TeamReviewers); err != nil {
		return nil, err
	}
	c.status = 201
	return c.pullSimple(p), nil
}

// askForReview asks those who are not asked yet. Who reads the repository by its being public
// alone is no collaborator.
func (s *Server) askForReview(p *pull, by *account, users, slugs []string) error {
	var people []*account
	var teams []*team
	outsider := refuse(422, "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the %s repository.", p.repo.fullName())
	for _, login := range users {
		a := s.account(login)
		switch {
		case a == p.author && a != nil:
			return refuse(422, "Review cannot be requested from pull request author.")
		case a == nil || !p.repo.collaborator(a):
			return outsider
		}
		people = append(people, a)
	}
	for _, slug := range slugs {
		t := p.repo.owner.team(slug)
		if t == nil || p.repo.teams[t] < permRead {
			return outsider
		}
		teams = append(teams, t)
	}
	for _, a := range people {
		if !slices.Contains(p.asked, a) {
			p.asked = append(p.asked, a)
			s.sentRequest(p, "ReviewRequestedEvent", "review_requested", by, obj{"requested_reviewer": s.userJSON(a)})
		}
	}
	for _, t := range teams {
		if !slices.Contains(p.askedTeams, t) {
			p.askedTeams = append(p.askedTeams, t)
			s.sentRequest(p, "ReviewRequestedEvent", "review_requested", by, obj{"requested_team": s.hookTeam(t)})
		}
	}
	return nil
}

// collaborator says whether somebody has a role on the repository, and not only sees it.
func (r *repository) collaborator(a *account) bool {
	was := r.private
	r.private = true
	defer func() { r.private = was }()
	return r.permission(a) >= permRead
}

// hookTeam is a team as webhooks about pull requests have it.
func (s *Server) hookTeam(t *team) obj {
	o := s.teamJSON(t)
	for _, k := range []string{"notification_setting", "organization_id", "type"} {
		delete(o, k)
		if parent, ok := o["parent"].(obj); ok {
			delete(parent, k)
		}
	}
	return o
}

// hookPull puts the teams of a pull request into the form that webhooks have.
func (s *Server) hookPull(p *pull, o obj) obj {
	teams := list{}
	for _, t := range p.askedTeams {
		teams = append(teams, s.hookTeam(t))
	}
	o["requested_teams"] = teams
	return o
}

func (s *Server) sentRequest(p *pull, typ, action string, by *account, who obj) {
	s.happened(p, happening{typ: typ, actor: by})
	s.sendPull(p, action, by, who)
}

// RequestReview asks somebody, or a team named org/slug, for a review.
func (p *Person) RequestReview(repo string, number int, who string) error {
	return p.on(repo, number, permTriage, func(me *account, pr *pull) error {
		if _, slug, isTeam := strings.Cut(who, "/"); isTeam {
			return p.s.askForReview(pr, me, nil, []string{slug})
		}
		return p.s.askForReview(pr, me, []string{who}, nil)
	})
}

// RemoveRequest takes back that somebody, or a team named org/slug, is asked for a review.
func (p *Person) RemoveRequest(repo string, number int, who string) error {
	return p.on(repo, number, permTriage, func(me *account, pr *pull) error {
		if _, slug, isTeam := strings.Cut(who, "/"); isTeam {
			i := slices.IndexFunc(pr.askedTeams, func(t *team) bool { return t.slug == slug })
			if i < 0 {
				return notFound()
			}
			t := pr.askedTeams[i]
			pr.askedTeams = slices.Delete(pr.askedTeams, i, i+1)
			p.s.sentRequest(pr, "ReviewRequestRemovedEvent", "review_request_removed", me, obj{"requested_team": p.s.hookTeam(t)})
			return nil
		}
		i := slices.IndexFunc(pr.asked, func(a *account) bool { return strings.EqualFold(a.login, who) })
		if i < 0 {
			return notFound()
		}
		a := pr.asked[i]
		pr.asked = slices.Delete(pr.asked, i, i+1)
		p.s.sentRequest(pr, "ReviewRequestRemovedEvent", "review_request_removed", me, obj{"requested_reviewer": p.s.userJSON(a)})
		return nil
	})
}

// answeredRequest takes who reviewed off the list of those who are asked, and their teams:
// GitHub does so without an event.
func (p *pull) answeredRequest(by *account) {
	p.asked = slices.DeleteFunc(p.asked, func(a *account) bool { return a == by })
	p.askedTeams = slices.DeleteFunc(p.askedTeams, func(t *team) bool {
		m := t.membership(by)
		return m != nil && m.state == "active"
	})
}

// Requested returns who is asked for a review of a pull request: logins, then teams as
// org/slug, each in the order in which they were asked.
func (s *Server) Requested(repo string, number int) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil || r.pull(number) == nil {
		return nil, fmt.Errorf("no pull request %s#%d", repo, number)
	}
	var out []string
	for _, a := range r.pull(number).asked {
		out = append(out, a.login)
	}
	for _, t := range r.pull(number).askedTeams {
		out = append(out, t.org.login+"/"+t.slug)
	}
	return out, nil
}
