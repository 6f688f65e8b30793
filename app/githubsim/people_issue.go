package githubsim

// Issue is an issue as a reader of its page sees it.
type Issue struct {
	Number      int
	Title, Body string
	By          string
	Open        bool
	Labels      []string
	Assignees   []string
	Gone        bool // deleted or transferred
}

// OpenIssue opens an issue and returns its number. Whoever can read may.
func (p *Person) OpenIssue(repo, title, body string) (number int, err error) {
	err = p.in(repo, permRead, func(me *account, r *repository) error {
		i, err := p.s.openIssue(r, me, nil, newIssue{title: title, body: body})
		if err == nil {
			number = i.number
		}
		return err
	})
	return number, err
}

// CloseIssue closes an issue, as completed unless another of GitHub's reasons is given: its
// author may, and whoever can triage.
func (p *Person) CloseIssue(repo string, number int, reason string) error {
	return p.onIssue(repo, number, permTriage, func(me *account, i *issue) error {
		p.s.setState(i, me, false, reason)
		return nil
	})
}

// ReopenIssue opens it again. Its author may only what they closed themselves.
func (p *Person) ReopenIssue(repo string, number int) error {
	return p.onIssue(repo, number, permTriage, func(me *account, i *issue) error {
		if i.closedBy != me && i.repo.permission(me) < permTriage {
			return refuse(403, "%s neither closed the issue nor can triage", me.login)
		}
		p.s.setState(i, me, true, "")
		return nil
	})
}

// EditIssue changes an issue's text: its author may, and whoever can write.
func (p *Person) EditIssue(repo string, number int, body string) error {
	return p.onIssue(repo, number, permWrite, func(me *account, i *issue) error {
		return p.s.edit(i, me, i.title, body)
	})
}

// DeleteIssue deletes an issue; administrators may.
func (p *Person) DeleteIssue(repo string, number int) error {
	return p.onIssue(repo, number, permAdmin, func(me *account, i *issue) error {
		if i.repo.permission(me) < permAdmin {
			return refuse(403, "%s does not administer %s", me.login, repo)
		}
		p.s.sendIssue(i, "deleted", me, nil)
		i.deleted = true
		return nil
	})
}

// TransferIssue moves an issue to another repository of the same owner; whoever can write to
// both may. It returns the number there.
func (p *Person) TransferIssue(repo string, number int, to string) (moved int, err error) {
	err = p.onIssue(repo, number, permWrite, func(me *account, i *issue) error {
		r := p.s.repo(to)
		if r == nil || r.permission(me) < permWrite || i.repo.permission(me) < permWrite || r.owner != i.repo.owner || r == i.repo {
			return refuse(403, "%s cannot transfer it to %s", me.login, to)
		}
		moved = p.s.transfer(i, me, r).number
		return nil
	})
	return moved, err
}

// AssignIssue assigns somebody; whoever can triage may.
func (p *Person) AssignIssue(repo string, number int, login string) error {
	return p.onIssue(repo, number, permTriage, func(me *account, i *issue) error {
		who, err := p.s.assignable(i.repo, []string{login})
		if err != nil {
			return err
		}
		i.assignees, i.updated = append(i.assignees, who...), p.s.now()
		p.s.sendIssue(i, "assigned", me, obj{"assignee": p.s.userJSON(who[0])})
		return nil
	})
}

// onIssue runs an action on an issue for its author or somebody who holds a permission.
func (p *Person) onIssue(repo string, number int, need permission, action func(me *account, i *issue) error) error {
	return p.in(repo, permRead, func(me *account, r *repository) error {
		i := r.issue(number)
		switch {
		case i == nil || i.gone():
			return notFound()
		case i.author != me && r.permission(me) < need:
			return refuse(403, "%s needs %s permission on %s and has %s", me.login, need, repo, r.permission(me))
		}
		if err := r.writable(); err != nil {
			return err
		}
		return action(me, i)
	})
}

// Issues returns the issues of a repository that are no pull requests, by number, those that
// are gone among them.
func (s *Server) Issues(repo string) []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Issue
	r := s.repo(repo)
	if r == nil {
		return nil
	}
	for _, i := range r.issues {
		shown := Issue{Number: i.number, Title: i.title, Body: i.body, By: i.author.login, Open: i.open, Gone: i.gone()}
		for _, l := range i.labels {
			shown.Labels = append(shown.Labels, l.name)
		}
		for _, a := range i.assignees {
			shown.Assignees = append(shown.Assignees, a.login)
		}
		out = append(out, shown)
	}
	return out
}
