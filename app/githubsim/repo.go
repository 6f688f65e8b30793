package githubsim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// repository is one repository. Its pull requests, checks and settings are its own; its
// git objects belong to its fork network.
type repository struct {
	id            int64
	owner         *account
	name          string
	oldNames      []string // owner/name that redirect here after a rename or transfer
	private       bool
	archived      bool
	deleted       bool
	defaultBranch string
	parent        *repository
	objects       *objects
	branches      map[string]*commit
	people        map[*account]permission
	teams         map[*team]permission
	pulls         []*pull  // by number
	issues        []*issue // that are no pull requests, by number
	numbers       int      // given out so far, to either
	labels        []*label
	statuses      []*status
	suites        []*suite
	runs          []*run
	protections   map[string]*Protection // by branch
	activity      []activity             // oldest first
	queues        map[string]*Queue      // by branch
	queue         []*queueEntry          // of all queues, first the first to land
	gates         []*gate
	environments  []*environment
	deployments   []*deployment // oldest first
	created       time.Time
	updated       time.Time
	pushed        time.Time
}

func (r *repository) fullName() string { return r.owner.login + "/" + r.name }

func (r *repository) visibility() string {
	if r.private {
		return "private"
	}
	return "public"
}

// activity is one line of a repository's activity log.
type activity struct {
	id            int64
	at            time.Time
	kind          string // push, force_push, branch_creation, branch_deletion, pr_merge, merge_queue_merge
	actor         *account
	ref           string
	before, after string
}

type label struct {
	id    int64
	name  string
	color string
}

// Protection is what a branch demands before a pull request is merged into it.
type Protection struct {
	Required      []RequiredCheck `yaml:"required"`
	Ruleset       bool            `yaml:"ruleset,omitempty"`        // set by a ruleset, not by classic branch protection
	EnforceAdmins bool            `yaml:"enforce_admins,omitempty"` // also for administrators
	Approvals     int             `yaml:"approvals,omitempty"`
	id            int64
}

// RequiredCheck is one required status check; App zero takes it from anybody.
type RequiredCheck struct {
	Context string `yaml:"context"`
	App     int64  `yaml:"app,omitempty"`
}

// zeroSHA stands for no commit in a push that creates or deletes a branch.
const zeroSHA = "0000000000000000000000000000000000000000"

// repo finds a repository by owner/name, also by a name that it had before: GitHub
// redirects those until somebody takes the name anew.
func (s *Server) repo(fullName string) *repository {
	for _, r := range s.world.repos {
		if !r.deleted && strings.EqualFold(r.fullName(), fullName) {
			return r
		}
	}
	for _, r := range s.world.repos {
		if !r.deleted && slices.ContainsFunc(r.oldNames, func(n string) bool { return strings.EqualFold(n, fullName) }) {
			return r
		}
	}
	return nil
}

func (s *Server) repoByID(id int64) *repository {
	for _, r := range s.world.repos {
		if r.id == id && !r.deleted {
			return r
		}
	}
	return nil
}

// permission is the highest of what a has by itself, by its teams and those above them,
// by its organisation, and by the repository being public.
func (r *repository) permission(a *account) permission {
	if a == nil || a.deleted {
		return permNone
	}
	if r.owner == a || r.owner.isOrg() && r.owner.members[a] == "admin" {
		return permAdmin
	}
	p := r.people[a]
	if r.owner.isOrg() && r.owner.members[a] != "" {
		p = max(p, r.owner.basePerm)
	}
	for t, tp := range r.teams {
		if m := t.membership(a); !t.deleted && m != nil && m.state == "active" {
			p = max(p, tp)
		}
	}
	if !r.private {
		p = max(p, permRead)
	}
	return p
}

// ref finds what a caller may name a commit by: a full or shortened id, a branch with or
// without its prefix, HEAD.
func (r *repository) ref(name string) *commit {
	if name == "HEAD" {
		return r.branches[r.defaultBranch]
	}
	for _, prefix := range []string{"refs/heads/", "heads/", ""} {
		if c := r.branches[strings.TrimPrefix(name, prefix)]; c != nil && strings.HasPrefix(name, prefix) {
			return c
		}
	}
	for _, p := range r.pulls {
		if name == p.ref() {
			return p.head
		}
	}
	return r.objects.resolve(name)
}

// label finds or makes a label.
func (s *Server) label(r *repository, name string) *label {
	for _, l := range r.labels {
		if strings.EqualFold(l.name, name) {
			return l
		}
	}
	l := &label{s.id(kindLabel), name, "ededed"}
	r.labels = append(r.labels, l)
	return l
}

// addRepo makes an empty repository.
func (s *Server) addRepo(owner *account, name, defaultBranch string, private bool) *repository {
	r := &repository{
		id: s.id(kindRepo), owner: owner, name: name, private: private, defaultBranch: cmp.Or(defaultBranch, "main"),
		objects: newObjects(), branches: map[string]*commit{}, people: map[*account]permission{}, teams: map[*team]permission{},
		protections: map[string]*Protection{}, queues: map[string]*Queue{}, created: s.now(), updated: s.now(), pushed: s.now(),
	}
	s.world.repos = append(s.world.repos, r)
	return r
}

// record adds a line to the activity log.
func (s *Server) record(r *repository, kind string, actor *account, branch, before, after string) {
	r.activity = append(r.activity, activity{s.id(kindActivity), s.now(), kind, actor, "refs/heads/" + branch, before, after})
}

// archivedError is what GitHub answers to any write to an archived repository.
func (r *repository) writable() error {
	if r.archived {
		return refuse(403, "Repository was archived so is read-only.")
	}
	return nil
}
