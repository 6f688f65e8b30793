package githubsim

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// App describes a GitHub App.
type App struct {
	ID          int64             `yaml:"id,omitempty"` // zero: given out
	Slug        string            `yaml:"slug"`
	Name        string            `yaml:"name,omitempty"`
	Permissions map[string]string `yaml:"permissions,omitempty"`
	Events      []string          `yaml:"events,omitempty"` // subscribed; nil for the app under test: all that are sent
}

// withDefaults fills in the app under test.
func (a App) withDefaults() App {
	a.Slug = cmp.Or(a.Slug, "change-management")
	a.Name = cmp.Or(a.Name, "Change Management")
	if a.Permissions == nil {
		a.Permissions = map[string]string{
			"metadata": "read", "contents": "read", "pull_requests": "write", "checks": "write", "statuses": "write",
			"actions": "read", "deployments": "write", "members": "read", "issues": "write", "merge_queues": "read",
		}
	}
	return a
}

type app struct {
	id          int64
	slug, name  string
	owner       *account
	bot         *account
	permissions map[string]string
	events      []string // nil: all
	created     time.Time
}

func (s *Server) addApp(a App) *app {
	id := a.ID
	if id == 0 {
		id = s.id(kindApp)
	}
	x := &app{
		id: id, slug: a.Slug, name: cmp.Or(a.Name, a.Slug), permissions: a.Permissions, events: a.Events, created: s.now(),
		owner: s.world.ghost, bot: s.addAccount(s.id(kindAccount), a.Slug+"[bot]", "Bot"),
	}
	s.world.apps = append(s.world.apps, x)
	return x
}

func (s *Server) appBySlug(slug string) *app {
	for _, a := range s.world.apps {
		if a.slug == slug {
			return a
		}
	}
	return nil
}

// installation is an app on an account.
type installation struct {
	id          int64
	app         *app
	account     *account
	permissions map[string]string
	all         bool // every repository, else those of repos
	repos       map[*repository]bool
	created     time.Time
	suspended   time.Time
	deleted     bool
}

func (i *installation) covers(r *repository) bool {
	return r.owner == i.account && !r.deleted && (i.all || i.repos[r])
}

// can says whether a permission is held at the level asked for.
func (i *installation) can(permission, level string) bool {
	have := i.permissions[permission]
	return have == level || have == "write" && level == "read" || have == "admin"
}

// active finds the app's working installation on an account.
func (s *Server) installationOf(x *app, a *account) *installation {
	for _, i := range s.world.installs {
		if i.app == x && i.account == a && !i.deleted {
			return i
		}
	}
	return nil
}

func (s *Server) installationByID(id int64) *installation {
	for _, i := range s.world.installs {
		if i.id == id && !i.deleted {
			return i
		}
	}
	return nil
}

// repositories are those the installation may see, oldest first.
func (s *Server) repositoriesOf(i *installation) []*repository {
	return slices.DeleteFunc(slices.Clone(s.world.repos), func(r *repository) bool { return !i.covers(r) })
}

// Install puts the app under test on an account: on all repositories when none is
// named. GitHub tells the app by installation.created.
func (s *Server) Install(login string, repos ...string) (id int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.install(login, repos)
}

func (s *Server) install(login string, repos []string) (id int64, err error) {
	a := s.account(login)
	if a == nil {
		return 0, refuse(404, "account %s does not exist", login)
	}
	if s.installationOf(s.world.app, a) != nil {
		return 0, refuse(422, "the app is installed on %s already", login)
	}
	i := &installation{
		id: s.id(kindInstall), app: s.world.app, account: a, permissions: maps.Clone(s.world.app.permissions), created: s.now(),
	}
	if err := s.choose(i, repos); err != nil {
		return 0, err
	}
	s.world.installs = append(s.world.installs, i)
	s.sendInstallation(i, "created", s.ownerOf(a))
	return i.id, nil
}

// choose sets the repositories of an installation; none named: all.
func (s *Server) choose(i *installation, repos []string) error {
	chosen := map[*repository]bool{}
	for _, name := range repos {
		r := s.repo(name)
		if r == nil || r.owner != i.account {
			return refuse(422, "repository %s does not belong to %s", name, i.account.login)
		}
		chosen[r] = true
	}
	i.all, i.repos = len(repos) == 0, chosen
	return nil
}

// installed finds the app's installation on login.
func (s *Server) installed(login string) (*installation, error) {
	a := s.account(login)
	if a == nil {
		return nil, refuse(404, "account %s does not exist", login)
	}
	i := s.installationOf(s.world.app, a)
	if i == nil {
		return nil, refuse(404, "the app is not installed on %s", login)
	}
	return i, nil
}

// Uninstall takes the app off an account: its tokens are worth nothing from then on.
func (s *Server) Uninstall(login string) error {
	return s.onInstallation(login, func(i *installation) {
		s.sendInstallation(i, "deleted", s.ownerOf(i.account))
		i.deleted = true
	})
}

// Suspend stops an installation without removing it: tokens are refused, events are not sent.
func (s *Server) Suspend(login string) error {
	return s.onInstallation(login, func(i *installation) {
		i.suspended = s.now()
		s.sendInstallation(i, "suspend", s.ownerOf(i.account))
	})
}

// Unsuspend lets it work again.
func (s *Server) Unsuspend(login string) error {
	return s.onInstallation(login, func(i *installation) {
		i.suspended = time.Time{}
		s.sendInstallation(i, "unsuspend", s.ownerOf(i.account))
	})
}

// Grant sets one permission of an installation; an empty level takes it away.
func (s *Server) Grant(login, permission, level string) error {
	return s.onInstallation(login, func(i *installation) {
		if level == "" {
			delete(i.permissions, permission)
		} else {
			i.permissions[permission] = level
		}
		s.sendInstallation(i, "new_permissions_accepted", s.ownerOf(i.account))
	})
}

func (s *Server) onInstallation(login string, do func(*installation)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.installed(login)
	if err != nil {
		return err
	}
	do(i)
	return nil
}

// SelectRepositories changes which repositories an installation covers; none: all.
// GitHub tells what came and what went by installation_repositories.
func (s *Server) SelectRepositories(login string, repos ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, err := s.installed(login)
	if err != nil {
		return err
	}
	before := s.repositoriesOf(i)
	if err := s.choose(i, repos); err != nil {
		return err
	}
	s.sendSelection(i, before, s.repositoriesOf(i))
	return nil
}

// ownerOf is somebody who administers an account: the sender of what is done to it.
func (s *Server) ownerOf(a *account) *account {
	if !a.isOrg() {
		return a
	}
	for _, u := range s.world.accounts {
		if a.members[u] == "admin" && !u.deleted {
			return u
		}
	}
	return s.world.ghost
}
