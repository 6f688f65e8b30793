package githubsim

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// State describes a world to begin with. It is applied without events: what it describes
// has always been so. Text form is YAML; see ParseState.
type State struct {
	Users         []StateUser         `yaml:"users,omitempty"`
	Organizations []StateOrganization `yaml:"organizations,omitempty"`
	Apps          []App               `yaml:"apps,omitempty"`
	Repositories  []StateRepository   `yaml:"repositories,omitempty"`
	Installations []StateInstallation `yaml:"installations,omitempty"`
}

// StateUser is a person, or a bot by Type.
type StateUser struct {
	Login string `yaml:"login"`
	ID    int64  `yaml:"id,omitempty"` // zero: given out
	Name  string `yaml:"name,omitempty"`
	Email string `yaml:"email,omitempty"`
	Type  string `yaml:"type,omitempty"` // User, Bot or Mannequin; empty: User. A Bot's login is given without [bot]
}

// StateOrganization is an organisation. Who is in one of its teams is a member.
type StateOrganization struct {
	Login          string      `yaml:"login"`
	ID             int64       `yaml:"id,omitempty"`
	Owners         []string    `yaml:"owners,omitempty"`
	Members        []string    `yaml:"members,omitempty"`
	BasePermission string      `yaml:"base_permission,omitempty"` // of every member on every repository; empty: none
	Teams          []StateTeam `yaml:"teams,omitempty"`
}

// StateTeam is a team; a parent stands before its children.
type StateTeam struct {
	Slug        string   `yaml:"slug"`
	Name        string   `yaml:"name,omitempty"`
	Parent      string   `yaml:"parent,omitempty"`
	Secret      bool     `yaml:"secret,omitempty"`
	Hidden      bool     `yaml:"hidden,omitempty"` // not visible to the app
	Members     []string `yaml:"members,omitempty"`
	Maintainers []string `yaml:"maintainers,omitempty"`
	Pending     []string `yaml:"pending,omitempty"` // invited, not yet members
}

// StateRepository is a repository with its first commit on the default branch.
type StateRepository struct {
	Name          string                `yaml:"name"` // owner/name
	Private       bool                  `yaml:"private,omitempty"`
	Archived      bool                  `yaml:"archived,omitempty"`
	DefaultBranch string                `yaml:"default_branch,omitempty"`
	Users         map[string]string     `yaml:"users,omitempty"` // login → read, triage, write, maintain, admin
	Teams         map[string]string     `yaml:"teams,omitempty"` // slug in the same organisation → role
	Files         map[string]string     `yaml:"files,omitempty"`
	Protected     map[string]Protection `yaml:"protected,omitempty"` // branch → what it demands
	Queues        map[string]Queue      `yaml:"queues,omitempty"`    // branch → its merge queue
	Branches      map[string]string     `yaml:"branches,omitempty"`  // further branches → the branch they start from
	Pulls         []StatePull           `yaml:"pulls,omitempty"`
}

// StatePull is an open pull request: one commit by its author on a new branch.
type StatePull struct {
	Title  string            `yaml:"title"`
	Body   string            `yaml:"body,omitempty"`
	Author string            `yaml:"author"`
	Branch string            `yaml:"branch"`
	Base   string            `yaml:"base,omitempty"`
	Draft  bool              `yaml:"draft,omitempty"`
	Labels []string          `yaml:"labels,omitempty"`
	Files  map[string]string `yaml:"files"`
}

// StateInstallation puts the app under test on an account; no repositories: on all.
type StateInstallation struct {
	Account      string   `yaml:"account"`
	Repositories []string `yaml:"repositories,omitempty"`
}

// ParseState reads a world from YAML. An unknown key is an error with its line.
func ParseState(r io.Reader) (State, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return State{}, fmt.Errorf("read state: %w", err)
	}
	var s State
	if err := yaml.Load(raw, &s, yaml.WithKnownFields()); err != nil {
		return State{}, fmt.Errorf("parse state: %w", err)
	}
	return s, nil
}

// Apply adds a state to the world, in silence.
func (s *Server) Apply(st State) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	quiet := s.hooks.quiet
	s.hooks.quiet = true
	defer func() { s.hooks.quiet = quiet }()
	for _, u := range st.Users {
		if err := s.applyUser(u); err != nil {
			return err
		}
	}
	for _, o := range st.Organizations {
		if err := s.applyOrganization(o); err != nil {
			return fmt.Errorf("organization %s: %w", o.Login, err)
		}
	}
	for _, a := range st.Apps {
		if s.appBySlug(a.Slug) != nil {
			return refuse(422, "app %s exists", a.Slug)
		}
		s.addApp(a)
	}
	for _, r := range st.Repositories {
		if err := s.applyRepository(r); err != nil {
			return fmt.Errorf("repository %s: %w", r.Name, err)
		}
	}
	for _, i := range st.Installations {
		if _, err := s.install(i.Account, i.Repositories); err != nil {
			return fmt.Errorf("installation on %s: %w", i.Account, err)
		}
	}
	return nil
}

func (s *Server) applyUser(u StateUser) error {
	login := u.Login
	typ := cmp.Or(u.Type, "User")
	if !slices.Contains([]string{"User", "Bot", "Mannequin"}, typ) {
		return refuse(422, "user %s: unknown type %q", u.Login, u.Type)
	}
	if typ == "Bot" {
		login += "[bot]"
	}
	if login == "" || s.account(login) != nil {
		return refuse(422, "login %q is empty or taken", login)
	}
	id := u.ID
	if id == 0 {
		id = s.id(kindAccount)
	}
	a := s.addAccount(id, login, typ)
	a.name, a.email = u.Name, u.Email
	return nil
}

func (s *Server) applyOrganization(o StateOrganization) error {
	if s.account(o.Login) != nil {
		return refuse(422, "login is taken")
	}
	id := o.ID
	if id == 0 {
		id = s.id(kindAccount)
	}
	org := s.addAccount(id, o.Login, "Organization")
	var err error
	if org.basePerm, err = parsePermission(o.BasePermission); err != nil {
		return err
	}
	if err := s.each(o.Members, func(a *account) { org.members[a] = "member" }); err != nil {
		return err
	}
	if err := s.each(o.Owners, func(a *account) { org.members[a] = "admin" }); err != nil {
		return err
	}
	for _, st := range o.Teams {
		t, err := s.newTeam(org, st.Slug, st.Parent)
		if err != nil {
			return err
		}
		t.name, t.secret, t.hidden = cmp.Or(st.Name, t.name), st.Secret, st.Hidden
		join := func(role, state string) func(*account) {
			return func(a *account) {
				t.members[a] = &membership{role, state}
				if state == "active" {
					org.members[a] = cmp.Or(org.members[a], "member")
				}
			}
		}
		for _, err := range []error{
			s.each(st.Members, join("member", "active")), s.each(st.Maintainers, join("maintainer", "active")), s.each(st.Pending, join("member", "pending")),
		} {
			if err != nil {
				return fmt.Errorf("team %s: %w", st.Slug, err)
			}
		}
	}
	return nil
}

// each finds accounts by login.
func (s *Server) each(logins []string, do func(*account)) error {
	for _, login := range logins {
		a := s.account(login)
		if a == nil {
			return refuse(422, "nobody is called %s", login)
		}
		do(a)
	}
	return nil
}

func (s *Server) applyRepository(st StateRepository) error {
	owner, name, ok := strings.Cut(st.Name, "/")
	o := s.account(owner)
	if !ok || o == nil || s.repo(st.Name) != nil {
		return refuse(422, "the name is taken, or %q is no account", owner)
	}
	r := s.addRepo(o, name, st.DefaultBranch, st.Private)
	for _, login := range sortedKeys(st.Users) {
		a, err := s.account(login), error(nil)
		if a == nil {
			return refuse(422, "nobody is called %s", login)
		}
		if r.people[a], err = parsePermission(st.Users[login]); err != nil {
			return err
		}
	}
	for _, slug := range sortedKeys(st.Teams) {
		t, err := o.team(slug), error(nil)
		if t == nil {
			return refuse(422, "team %s does not exist", slug)
		}
		if r.teams[t], err = parsePermission(st.Teams[slug]); err != nil {
			return err
		}
	}
	files := st.Files
	if len(files) == 0 {
		files = map[string]string{"README.md": "# " + name + "\n"}
	}
	by := s.ownerOf(o)
	first, err := s.build(by, r, nil, Commit{Message: "Initial commit", Files: files})
	if err != nil {
		return err
	}
	s.move(by, r, r.defaultBranch, first, "")
	for _, b := range sortedKeys(st.Branches) {
		from := r.branches[cmp.Or(st.Branches[b], r.defaultBranch)]
		if from == nil {
			return refuse(422, "branch %s starts from %s, which does not exist", b, st.Branches[b])
		}
		s.move(by, r, b, from, "")
	}
	for _, p := range st.Pulls {
		if err := s.applyPull(r, p); err != nil {
			return fmt.Errorf("pull request %q: %w", p.Title, err)
		}
	}
	for _, branch := range sortedKeys(st.Protected) {
		p := st.Protected[branch]
		p.id = s.id(kindRuleset)
		r.protections[branch] = &p
	}
	for branch, q := range st.Queues {
		r.queues[branch] = &q
	}
	r.archived = st.Archived
	return nil
}

func (s *Server) applyPull(r *repository, st StatePull) error {
	a := s.account(st.Author)
	base := cmp.Or(st.Base, r.defaultBranch)
	if a == nil || r.branches[base] == nil || r.branches[st.Branch] != nil {
		return refuse(422, "unknown author or base, or the branch exists")
	}
	head, err := s.build(a, r, r.branches[base], Commit{Message: st.Title, Files: st.Files})
	if err != nil {
		return err
	}
	s.move(a, r, st.Branch, head, "")
	_, err = s.openPull(a, r, NewPull{Title: st.Title, Body: st.Body, Head: st.Branch, Base: base, Draft: st.Draft, Labels: st.Labels})
	return err
}
