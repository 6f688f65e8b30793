package githubsim

import "slices"

// Said is a comment as a reader of the page sees it.
type Said struct {
	ID        int64
	By        string
	Body      string
	Reactions []string // "LOGIN CONTENT", in the order in which they came
}

// Comment writes into the conversation of a pull request or an issue and returns the comment's id. Whoever
// can read may.
func (p *Person) Comment(repo string, number int, body string) (id int64, err error) {
	return p.say(repo, number, body, nil, false)
}

// Mail answers a notification of the pull request by e-mail.
func (p *Person) Mail(repo string, number int, body string) (id int64, err error) {
	return p.say(repo, number, body, nil, true)
}

// CommentBy lets an app that the person signed in to comment in their name.
func (p *Person) CommentBy(app, repo string, number int, body string) (id int64, err error) {
	p.s.mu.Lock()
	via := p.s.appBySlug(app)
	p.s.mu.Unlock()
	if via == nil {
		return 0, refuse(404, "there is no app %s", app)
	}
	return p.say(repo, number, body, via, false)
}

func (p *Person) say(repo string, number int, body string, via *app, mailed bool) (id int64, err error) {
	err = p.in(repo, permRead, func(me *account, r *repository) error {
		on := r.talk(number)
		if on == nil {
			return notFound()
		}
		if err := r.writable(); err != nil {
			return err
		}
		c, err := p.s.addComment(on, me, body, via, mailed)
		if err == nil {
			id = c.id
		}
		return err
	})
	return id, err
}

// EditComment changes a comment: its author may, and whoever can write.
func (p *Person) EditComment(repo string, id int64, body string) error {
	return p.onComment(repo, id, func(me *account, c *comment) error {
		was := c.body
		c.body, c.edited = body, p.s.now()
		p.s.sendComment(c, "edited", me, obj{"changes": obj{"body": obj{"from": was}}})
		return nil
	})
}

// DeleteComment takes a comment away: its author may, and whoever can write.
func (p *Person) DeleteComment(repo string, id int64) error {
	return p.onComment(repo, id, func(me *account, c *comment) error {
		*c.on.said() = slices.DeleteFunc(*c.on.said(), func(o *comment) bool { return o == c })
		p.s.sendComment(c, "deleted", me, nil)
		return nil
	})
}

func (p *Person) onComment(repo string, id int64, action func(me *account, c *comment) error) error {
	return p.in(repo, permRead, func(me *account, r *repository) error {
		c := r.comment(id)
		switch {
		case c == nil:
			return notFound()
		case c.author != me && r.permission(me) < permWrite:
			return refuse(403, "%s neither wrote the comment nor can write to %s", me.login, repo)
		}
		return action(me, c)
	})
}

// Said returns the conversation of a pull request or an issue, oldest first.
func (s *Server) Said(repo string, number int) ([]Said, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil || r.talk(number) == nil {
		return nil, notFound()
	}
	var out []Said
	for _, c := range *r.talk(number).said() {
		said := Said{ID: c.id, By: c.author.login, Body: c.body}
		for _, re := range c.reactions {
			said.Reactions = append(said.Reactions, re.by.login+" "+re.content)
		}
		out = append(out, said)
	}
	return out, nil
}
