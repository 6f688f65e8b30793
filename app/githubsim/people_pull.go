package githubsim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// NewPull is a pull request to open.
type NewPull struct {
	Title, Body string
	Head        string // branch, or owner:branch of a fork
	Base        string // empty: the default branch
	Draft       bool
	Labels      []string // set with it; needs triage
}

// OpenPull opens a pull request, from a fork too, and returns its number. It takes read
// permission, and write on the head's repository unless that is public.
func (p *Person) OpenPull(repo string, n NewPull) (number int, err error) {
	err = p.in(repo, permRead, func(me *account, r *repository) error {
		if err := r.writable(); err != nil {
			return err
		}
		number, err = p.s.openPull(me, r, n)
		return err
	})
	return number, err
}

func (s *Server) openPull(me *account, r *repository, n NewPull) (number int, err error) {
	src, branch := r, n.Head
	if owner, b, ok := strings.Cut(n.Head, ":"); ok {
		src, branch = s.forkOf(r, owner), b
	}
	base := cmp.Or(n.Base, r.defaultBranch)
	switch {
	case src == nil || src.branches[branch] == nil:
		return 0, invalid("PullRequest", "head", "Head does not exist: "+n.Head)
	case r.branches[base] == nil:
		return 0, invalid("PullRequest", "base", "Base does not exist: "+base)
	case len(between(r.branches[base], src.branches[branch])) == 0:
		return 0, invalid("PullRequest", "head", fmt.Sprintf("No commits between %s and %s", base, n.Head))
	case slices.ContainsFunc(r.pulls, func(o *pull) bool { return o.open && o.headRepo == src && o.headRef == branch && o.baseRef == base }):
		return 0, invalid("PullRequest", "head", "A pull request already exists for "+n.Head)
	}
	pr := &pull{
		id: s.id(kindPull), number: r.numbered(), repo: r, title: n.Title, body: n.Body, author: me, headRepo: src, headRef: branch,
		head: src.branches[branch], baseRef: base, base: r.branches[base], open: true, draft: n.Draft, created: s.now(), updated: s.now(),
	}
	r.pulls = append(r.pulls, pr)
	s.sendPull(pr, "opened", me, nil)
	if r.permission(me) >= permTriage {
		for _, name := range n.Labels {
			s.addLabel(pr, me, name)
		}
	}
	return pr.number, nil
}

// forkOf finds owner's repository in r's fork network.
func (s *Server) forkOf(r *repository, owner string) *repository {
	for _, f := range s.world.repos {
		if f.objects == r.objects && !f.deleted && strings.EqualFold(f.owner.login, owner) {
			return f
		}
	}
	return nil
}

// change runs an action of the author or of somebody with write on an open pull request.
func (p *Person) change(repo string, number int, action func(me *account, pr *pull) error) error {
	return p.on(repo, number, permRead, func(me *account, pr *pull) error {
		if pr.author != me && pr.repo.permission(me) < permWrite {
			return refuse(403, "%s is neither the author nor can write to %s", me.login, repo)
		}
		return action(me, pr)
	})
}

// Retarget changes the base branch.
func (p *Person) Retarget(repo string, number int, base string) error {
	return p.change(repo, number, func(me *account, pr *pull) error {
		if !pr.open || pr.repo.branches[base] == nil {
			return invalid("PullRequest", "base", "Proposed base branch '"+base+"' was not found")
		}
		was, tip := pr.baseRef, pr.baseTip()
		if was == base {
			return nil
		}
		pr.baseRef, pr.base = base, pr.repo.branches[base]
		p.s.happened(pr, happening{typ: "BaseRefChangedEvent", actor: me, from: was, to: base})
		p.s.sendPull(pr, "edited", me, obj{"changes": obj{"base": obj{"ref": obj{"from": was}, "sha": obj{"from": tip.oid}}}})
		return nil
	})
}

// EditTitle changes the title.
func (p *Person) EditTitle(repo string, number int, title string) error {
	return p.change(repo, number, func(me *account, pr *pull) error {
		was := pr.title
		pr.title = title
		p.s.happened(pr, happening{typ: "RenamedTitleEvent", actor: me, from: was, to: title})
		p.s.sendPull(pr, "edited", me, obj{"changes": obj{"title": obj{"from": was}}})
		return nil
	})
}

// EditBody changes the description.
func (p *Person) EditBody(repo string, number int, body string) error {
	return p.change(repo, number, func(me *account, pr *pull) error {
		was := pr.body
		pr.body, pr.updated = body, p.s.now()
		p.s.sendPull(pr, "edited", me, obj{"changes": obj{"body": obj{"from": was}}})
		return nil
	})
}

// ToDraft converts a pull request to a draft.
func (p *Person) ToDraft(repo string, number int) error { return p.setDraft(repo, number, true) }

// Ready marks a draft as ready for review.
func (p *Person) Ready(repo string, number int) error { return p.setDraft(repo, number, false) }

func (p *Person) setDraft(repo string, number int, draft bool) error {
	return p.change(repo, number, func(me *account, pr *pull) error {
		if pr.draft == draft || !pr.open {
			return refuse(422, "pull request %d cannot be changed so", number)
		}
		pr.draft = draft
		typ, action := "ReadyForReviewEvent", "ready_for_review"
		if draft {
			typ, action = "ConvertToDraftEvent", "converted_to_draft"
		}
		p.s.happened(pr, happening{typ: typ, actor: me})
		p.s.sendPull(pr, action, me, nil)
		return nil
	})
}

// Close closes a pull request without merging it.
func (p *Person) Close(repo string, number int) error {
	return p.change(repo, number, func(me *account, pr *pull) error {
		if pr.open {
			pr.base = pr.baseTip()
			p.s.close(pr, me, nil)
		}
		return nil
	})
}

// Reopen opens a closed pull request again; it takes up where its branch is now.
func (p *Person) Reopen(repo string, number int) error {
	return p.change(repo, number, func(me *account, pr *pull) error {
		src := pr.source()
		if pr.open || pr.merged || src == nil || src.branches[pr.headRef] == nil || pr.repo.branches[pr.baseRef] == nil {
			return refuse(422, "pull request %d cannot be reopened", number)
		}
		pr.open, pr.closedBy, pr.closedAt, pr.head = true, nil, time.Time{}, src.branches[pr.headRef]
		p.s.happened(pr, happening{typ: "ReopenedEvent", actor: me})
		p.s.sendPull(pr, "reopened", me, nil)
		return nil
	})
}

// Label puts a label on a pull request; triage may.
func (p *Person) Label(repo string, number int, name string) error {
	return p.in(repo, permTriage, func(me *account, r *repository) error {
		pr := r.pull(number)
		if pr == nil {
			return notFound()
		}
		p.s.addLabel(pr, me, name)
		return nil
	})
}

func (s *Server) addLabel(pr *pull, me *account, name string) {
	l := s.label(pr.repo, name)
	if slices.Contains(pr.labels, l) {
		return
	}
	pr.labels = append(pr.labels, l)
	s.happened(pr, happening{typ: "LabeledEvent", actor: me, to: l.name})
	s.sendPull(pr, "labeled", me, obj{"label": s.labelJSON(pr.repo, l)})
}

// Unlabel takes it off.
func (p *Person) Unlabel(repo string, number int, name string) error {
	return p.in(repo, permTriage, func(me *account, r *repository) error {
		pr := r.pull(number)
		if pr == nil {
			return notFound()
		}
		l := p.s.label(r, name)
		i := slices.Index(pr.labels, l)
		if i < 0 {
			return notFound()
		}
		pr.labels = slices.Delete(pr.labels, i, i+1)
		p.s.happened(pr, happening{typ: "UnlabeledEvent", actor: me, to: l.name})
		p.s.sendPull(pr, "unlabeled", me, obj{"label": p.s.labelJSON(r, l)})
		return nil
	})
}

// Review is what somebody submits. An empty Commit is the head; GitHub lets a reviewer
// choose any older commit of the pull request.
type Review struct {
	State  string // APPROVE, REQUEST_CHANGES or COMMENT
	Body   string
	Commit string
}

// Approve approves the head.
func (p *Person) Approve(repo string, number int) (id int64, err error) {
	return p.Review(repo, number, Review{State: "APPROVE"})
}

// RequestChanges asks for changes.
func (p *Person) RequestChanges(repo string, number int, body string) (id int64, err error) {
	return p.Review(repo, number, Review{State: "REQUEST_CHANGES", Body: body})
}

// Review submits a review and returns its id. Whoever can read may review; nobody may
// approve what they opened or ask changes of it.
func (p *Person) Review(repo string, number int, v Review) (id int64, err error) {
	err = p.on(repo, number, permRead, func(me *account, pr *pull) error {
		state := map[string]string{"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}[v.State]
		switch {
		case state == "":
			return refuse(422, "unknown review %q: want APPROVE, REQUEST_CHANGES or COMMENT", v.State)
		case state == "APPROVED" && pr.author == me:
			return refuse(422, "Can not approve your own pull request")
		case state == "CHANGES_REQUESTED" && pr.author == me:
			return refuse(422, "Can not request changes on your own pull request")
		case state != "APPROVED" && v.Body == "":
			return refuse(422, "the review needs a body")
		}
		at := pr.head
		if v.Commit != "" {
			if at = pr.repo.objects.resolve(v.Commit); at == nil {
				return refuse(422, "No commit found for SHA: %s", v.Commit)
			}
		}
		r := &review{
			id: p.s.id(kindReview), pull: pr, author: me, state: state, body: v.Body, commit: at, submitted: p.s.now(), updated: p.s.now(),
		}
		pr.reviews, pr.updated = append(pr.reviews, r), p.s.now()
		pr.answeredRequest(me)
		p.s.sendReview(r, "submitted", me)
		id = r.id
		return nil
	})
	return id, err
}

// Dismiss dismisses a review, which takes write permission. No event tells what it was
// before; the timeline does.
func (p *Person) Dismiss(repo string, number int, id int64, message string) error {
	return p.on(repo, number, permWrite, func(me *account, pr *pull) error {
		i := slices.IndexFunc(pr.reviews, func(v *review) bool { return v.id == id })
		if i < 0 {
			return notFound()
		}
		v := pr.reviews[i]
		if v.state != "APPROVED" && v.state != "CHANGES_REQUESTED" {
			return refuse(422, "Can not dismiss a %s pull request review", lower(v.state))
		}
		was := v.state
		v.state, v.updated = "DISMISSED", p.s.now()
		p.s.happened(pr, happening{typ: "ReviewDismissedEvent", actor: me, review: v, state: was, message: message})
		p.s.sendReview(v, "dismissed", me)
		return nil
	})
}

// Discuss begins a conversation at a file of the change, by a review that comments, and
// returns its node id.
func (p *Person) Discuss(repo string, number int, path, body string) (id string, err error) {
	if _, err := p.Review(repo, number, Review{State: "COMMENT", Body: body}); err != nil {
		return "", err
	}
	err = p.on(repo, number, permRead, func(me *account, pr *pull) error {
		t := &thread{id: p.s.id(kindReview), by: me, path: path, body: body, begun: p.s.now()}
		pr.threads = append(pr.threads, t)
		id = nodeID("PRRT", t.id)
		return nil
	})
	return id, err
}

// Resolve resolves a conversation, or opens it again: whoever can write may, and the author
// of the pull request.
func (p *Person) Resolve(repo string, number int, id string, resolved bool) error {
	return p.change(repo, number, func(me *account, pr *pull) error {
		i := slices.IndexFunc(pr.threads, func(t *thread) bool { return nodeID("PRRT", t.id) == id })
		if i < 0 {
			return notFound()
		}
		t := pr.threads[i]
		action := "unresolved"
		if t.resolved = nil; resolved {
			t.resolved, action = me, "resolved"
		}
		p.s.sendThread(pr, t, action, me)
		return nil
	})
}
