package githubsim

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Queue is a branch's merge queue.
type Queue struct {
	Merge int `yaml:"merge,omitempty"` // how many entries land in one step, if so many have passed; 0: one
}

// queueEntry is a pull request in a merge queue, with its group: the commit that holds it
// and all before it, on a branch of its own.
type queueEntry struct {
	id   int64
	pull *pull
	by   *account
	at   time.Time
	head *commit
	base *commit // the head of the entry before it, or the branch
	ref  string
}

// SetQueue gives a branch a merge queue, or takes it away with nil: then everybody is thrown out.
func (s *Server) SetQueue(repo, branch string, q *Queue) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil {
		return notFound()
	}
	if q == nil {
		for _, e := range r.queueOf(branch) {
			s.retire(e, "dequeued", "QUEUE_CLEARED")
		}
		delete(r.queues, branch)
		return nil
	}
	r.queues[branch] = q
	return nil
}

// queueOf are the entries that wait for a branch.
func (r *repository) queueOf(branch string) []*queueEntry {
	return slices.DeleteFunc(slices.Clone(r.queue), func(e *queueEntry) bool { return e.pull.baseRef != branch })
}

// entry is where a pull request stands in a queue; nil: in none.
func (r *repository) entry(number int) *queueEntry {
	for _, e := range r.queue {
		if e.pull.number == number {
			return e
		}
	}
	return nil
}

// Enqueue puts a pull request at the end of its base's merge queue: GitHub makes the group's
// commit on a branch of its own and asks for checks on it by merge_group.checks_requested.
func (p *Person) Enqueue(repo string, number int) (head string, err error) {
	err = p.on(repo, number, permWrite, func(me *account, pr *pull) error {
		if pr.repo.queues[pr.baseRef] == nil {
			return refuse(422, "%s has no merge queue", pr.baseRef)
		}
		if pr.repo.entry(number) != nil {
			return refuse(422, "#%d is in the merge queue", number)
		}
		if err := pr.mergeable(me); err != nil {
			return err
		}
		e := &queueEntry{id: p.s.id(kindEvent), pull: pr, by: me, at: p.s.now()}
		if err := p.s.join(e); err != nil {
			return err
		}
		p.s.happened(pr, happening{typ: "AddedToMergeQueueEvent", actor: me})
		p.s.sendPull(pr, "enqueued", me, nil)
		p.s.offer(e)
		head = e.head.oid
		return nil
	})
	return head, err
}

// Dequeue takes a pull request out of the merge queue.
func (p *Person) Dequeue(repo string, number int) error {
	return p.on(repo, number, permWrite, func(_ *account, pr *pull) error {
		if pr.repo.entry(number) == nil {
			return refuse(422, "#%d is in no merge queue", number)
		}
		p.s.unqueue(pr, "MANUAL")
		return nil
	})
}

// GroupHead is the commit of the group that ends with a pull request.
func (s *Server) GroupHead(repo string, number int) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil || r.entry(number) == nil {
		return "", refuse(404, "#%d is in no merge queue of %s", number, repo)
	}
	return r.entry(number).head.oid, nil
}

// join makes the commit that the base would have if the queue came through up to e.
func (s *Server) join(e *queueEntry) error {
	pr := e.pull
	base := pr.baseTip()
	if ahead := pr.repo.queueOf(pr.baseRef); len(ahead) > 0 {
		base = ahead[len(ahead)-1].head
	}
	files, err := pr.repo.objects.merge(base, pr.head, base.tree.files, nil)
	if err != nil {
		return err
	}
	message := fmt.Sprintf("Merge pull request #%d from %s/%s\n\n%s", pr.number, pr.headRepo.owner.login, pr.headRef, pr.title)
	e.base, e.ref = base, fmt.Sprintf("gh-readonly-queue/%s/pr-%d-%s", pr.baseRef, pr.number, base.oid)
	e.head = s.webCommit(pr.repo, s.authorOf(pr), files, message, base, pr.head)
	return nil
}

// offer puts an entry at the end of the queue and asks for checks on its group.
func (s *Server) offer(e *queueEntry) {
	r := e.pull.repo
	r.queue = append(r.queue, e)
	s.move(s.world.queueBot, r, e.ref, e.head, "")
	s.sendGroup(e, "checks_requested", nil)
}

// AdvanceQueue lets the first entries of the queue come to their end: as many as Queue.Merge
// lets land in one step and have passed the required checks on their groups' own commits. If
// the first has not, it is removed, and those behind it, which rest on a commit that will not
// be, are made anew.
func (s *Server) AdvanceQueue(repo string) (merged bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repo(repo)
	if r == nil || len(r.queue) == 0 {
		return false, refuse(404, "no merge group waits in %s", repo)
	}
	branch := r.queue[0].pull.baseRef
	landing := r.queueOf(branch)
	rule := r.protections[branch]
	for i, e := range landing {
		if i == max(r.queues[branch].Merge, 1) || rule != nil && r.demands(e.head.oid, rule) != nil {
			landing = landing[:i]
			break
		}
	}
	if len(landing) == 0 {
		s.unqueue(r.queue[0].pull, "CI_FAILURE")
		return false, nil
	}
	for _, e := range landing {
		s.retire(e, "merged", "MERGE")
		e.pull.base, e.pull.open = e.pull.baseTip(), false // closed before the push, which would find it merged by itself
	}
	s.move(s.world.queueBot, r, branch, landing[len(landing)-1].head, "merge_queue_merge")
	for _, e := range landing {
		s.close(e.pull, s.world.queueBot, e.head)
	}
	return true, nil
}

// unqueue takes a pull request out of its queue, if it is in one, and makes the groups behind
// it anew.
func (s *Server) unqueue(p *pull, why string) {
	if e := p.repo.entry(p.number); e != nil {
		s.retire(e, map[bool]string{true: "invalidated", false: "dequeued"}[why == "CI_FAILURE"], why)
		s.requeue(p.repo, p.baseRef)
	}
}

// requeue makes the groups of a queue anew whose commits do not rest on each other and the
// branch any more.
func (s *Server) requeue(r *repository, branch string) {
	tip := r.branches[branch]
	whole := 0
	waiting := r.queueOf(branch)
	for whole < len(waiting) && waiting[whole].base == tip {
		tip = waiting[whole].head
		whole++
	}
	stale := waiting[whole:]
	r.queue = slices.DeleteFunc(r.queue, func(e *queueEntry) bool { return slices.Contains(stale, e) })
	for _, e := range stale {
		s.sendGroup(e, "destroyed", obj{"reason": "invalidated"})
		delete(r.branches, e.ref)
	}
	for _, e := range stale {
		if err := s.join(e); err != nil {
			s.sendPull(e.pull, "dequeued", s.world.queueBot, obj{"reason": "MERGE_CONFLICT"})
			continue
		}
		s.offer(e)
	}
}

// retire takes an entry out of the queue.
func (s *Server) retire(e *queueEntry, reason, why string) {
	r := e.pull.repo
	r.queue = slices.DeleteFunc(r.queue, func(o *queueEntry) bool { return o == e })
	s.sendGroup(e, "destroyed", obj{"reason": reason})
	s.sendPull(e.pull, "dequeued", s.world.queueBot, obj{"reason": why})
	delete(r.branches, e.ref)
}

func (s *Server) sendGroup(e *queueEntry, action string, extra obj) {
	body := obj{"action": action, "merge_group": obj{
		"head_sha": e.head.oid, "head_ref": "refs/heads/" + e.ref, "base_sha": e.base.oid, "base_ref": "refs/heads/" + e.pull.baseRef,
		"head_commit": s.simpleCommit(e.head),
	}}
	maps.Copy(body, extra)
	s.emit("merge_group", e.pull.repo.owner, e.pull.repo, s.world.ghost, body)
}
