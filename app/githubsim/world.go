package githubsim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// world is everything that exists. Names are looked up without regard to case, as GitHub does.
type world struct {
	accounts []*account
	repos    []*repository
	apps     []*app
	app      *app // the app under test
	ghost    *account
	webFlow  *account
	queueBot *account // pushes and merges for a merge queue
	installs []*installation
	tokens   map[string]*token
}

func newWorld() world { return world{tokens: map[string]*token{}} }

// Numbers that GitHub itself uses, the same for everybody.
const (
	ghostID   = 10137    // the user that stands in REST where an account was deleted
	webFlowID = 19864447 // committer of what is committed on the website
	// ActionsAppID is the app id of GitHub Actions on github.com.
	ActionsAppID = 15368
	actionsBotID = 41898282
)

// Error is a refusal: what GitHub answers, to a request or to a person's click.
type Error struct {
	Status  int
	Message string
	Errors  []any // REST's details, if any
	Type    string
	header  http.Header
	about   string // documentation_url, if another than all have
}

func (e *Error) Error() string { return fmt.Sprintf("%d %s", e.Status, e.Message) }

func refuse(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

// notFound is GitHub's answer to whatever does not exist or must not be seen.
func notFound() *Error { return refuse(404, "Not Found") }

// account is a person, bot or organisation.
type account struct {
	id      int64
	login   string // a bot's with its [bot], as REST has it
	name    string
	email   string
	typ     string // User, Bot, Organization, Mannequin
	created time.Time
	deleted bool // a ghost: what it left behind shows nobody

	members  map[*account]string // of an organisation: admin or member
	teams    []*team
	basePerm permission // what every member of an organisation has on its repositories
}

func (a *account) isOrg() bool { return a.typ == "Organization" }

// ident is how the account signs its own commits.
func (a *account) ident() Ident { return Ident{cmp.Or(a.name, a.login), a.mail()} }

// mail is the address that GitHub maps back to the account; without another it is the
// private one that GitHub gives everybody.
func (a *account) mail() string {
	return cmp.Or(a.email, fmt.Sprintf("%d+%s@users.noreply.github.com", a.id, a.login))
}

// team is a group of an organisation's people.
type team struct {
	id      int64
	org     *account
	slug    string
	name    string
	secret  bool // privacy secret: seen by its members and owners
	hidden  bool // not to be seen by the app either
	parent  *team
	members map[*account]*membership
	deleted bool
}

type membership struct {
	role  string // member or maintainer
	state string // active or pending
}

// permission is a role on a repository, in rising order.
type permission int

const (
	permNone permission = iota
	permRead
	permTriage
	permWrite
	permMaintain
	permAdmin
)

var permNames = []string{"none", "read", "triage", "write", "maintain", "admin"}

func (p permission) String() string { return permNames[p] }

// legacy folds maintain and triage into the four words of REST's older `permission`.
func (p permission) legacy() string {
	switch p {
	case permMaintain:
		return "write"
	case permTriage:
		return "read"
	default:
		return p.String()
	}
}

func parsePermission(s string) (permission, error) {
	if s == "" {
		return permNone, nil
	}
	if i := slices.Index(permNames, s); i >= 0 {
		return permission(i), nil
	}
	return 0, refuse(422, "unknown permission %q: want one of %s", s, strings.Join(permNames, ", "))
}

// account finds a living account by login. Bots are found with and without their [bot].
func (s *Server) account(login string) *account {
	for _, a := range s.world.accounts {
		if !a.deleted && (strings.EqualFold(a.login, login) || a.typ == "Bot" && strings.EqualFold(a.login, login+"[bot]")) {
			return a
		}
	}
	return nil
}

// byEmail finds whom a commit's e-mail address belongs to; nil for an unknown address
// and for a deleted account.
func (s *Server) byEmail(email string) *account {
	for _, a := range s.world.accounts {
		private := fmt.Sprintf("%d+%s@users.noreply.github.com", a.id, a.login)
		if !a.deleted && !a.isOrg() && (a.email != "" && strings.EqualFold(a.email, email) || strings.EqualFold(private, email)) {
			return a
		}
	}
	return nil
}

func (s *Server) addAccount(id int64, login, typ string) *account {
	a := &account{id: id, login: login, typ: typ, created: s.now()}
	if a.isOrg() {
		a.members = map[*account]string{}
	}
	s.world.accounts = append(s.world.accounts, a)
	return a
}

// team finds a team of an organisation by slug.
func (a *account) team(slug string) *team {
	for _, t := range a.teams {
		if !t.deleted && strings.EqualFold(t.slug, slug) {
			return t
		}
	}
	return nil
}

// below are t's child teams, theirs, and so on.
func (t *team) below() []*team {
	var out []*team
	for _, c := range t.org.teams {
		if !c.deleted && c.parent == t {
			out = append(append(out, c), c.below()...)
		}
	}
	return out
}

// membership of a in t or in a team below it, the direct one first; nil if there is none.
func (t *team) membership(a *account) *membership {
	if m := t.members[a]; m != nil {
		return m
	}
	for _, c := range t.below() {
		if m := c.members[a]; m != nil {
			return m
		}
	}
	return nil
}

// active are the accounts that belong to t, those of teams below it included: pending
// invitations and deleted accounts are left out, each person stands once, by login.
func (t *team) active(children bool) []*account {
	teams := []*team{t}
	if children {
		teams = append(teams, t.below()...)
	}
	var out []*account
	for _, t := range teams {
		for a, m := range t.members {
			if m.state == "active" && !a.deleted && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	slices.SortFunc(out, func(a, b *account) int { return strings.Compare(strings.ToLower(a.login), strings.ToLower(b.login)) })
	return out
}

// seedWorld makes what every GitHub has.
func (s *Server) seedWorld(a App) {
	s.world.ghost = s.addAccount(ghostID, "ghost", "User")
	s.world.ghost.name = "Deleted user"
	s.world.webFlow = s.addAccount(webFlowID, "web-flow", "User")
	s.world.webFlow.name, s.world.webFlow.email = "GitHub", "noreply@github.com"
	s.world.queueBot = s.addAccount(s.id(kindAccount), "github-merge-queue[bot]", "Bot")
	actions := s.addApp(App{ID: ActionsAppID, Slug: "github-actions", Name: "GitHub Actions"})
	actions.bot.id = actionsBotID
	s.world.app = s.addApp(a.withDefaults())
}
