package snapshot

import (
	"context"
	"fmt"
	"strings"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// webFlow commits what people do on GitHub's own pages.
const (
	webFlowID    = 19864447
	webFlowLogin = "web-flow"
	webFlowEmail = "noreply@github.com"
)

// cast is everybody whom a snapshot names, in the order in which they were named first. It
// takes GitHub's ids and hands out person ids, all of them from one question to the store.
type cast struct {
	order   []int64
	people  map[int64]subject.Person
	persons map[int64]int64 // GitHub's id to the person id; set by resolve
}

func newCast() *cast { return &cast{people: map[int64]subject.Person{}} }

// add names somebody and returns their id, 0 for nobody. Who was a bot once stays one: a
// commit's author comes without a type.
func (c *cast) add(p subject.Person) int64 {
	if p.User == 0 {
		return 0
	}
	was, known := c.people[p.User]
	if !known {
		c.order = append(c.order, p.User)
	}
	p.Bot = p.Bot || was.Bot || strings.HasSuffix(p.Login, "[bot]")
	if p.Bot && was.Login != "" {
		p.Login = was.Login
	}
	c.people[p.User] = p
	return p.User
}

// actor names whoever did something, as add does.
func (c *cast) actor(a *actor) int64 { return c.add(a.person()) }

// person returns nobody for a ghost. Only a User is a person, the others are bots.
func (a *actor) person() subject.Person {
	switch {
	case a == nil:
		return subject.Person{}
	case a.Typename == "EnterpriseUserAccount":
		return a.User.person()
	case a.Typename == "Bot" && !strings.HasSuffix(a.Login, "[bot]"):
		// GraphQL leaves out what REST and the deliveries write.
		return subject.Person{User: a.DatabaseID, Login: a.Login + "[bot]", Bot: true}
	}
	return subject.Person{User: a.DatabaseID, Login: a.Login, Bot: a.Typename != "User"}
}

// person returns nobody for a git author or committer whom GitHub does not know, and for
// the account that stands for its own pages: a commit that names it without GitHub's own
// signature is somebody's who does not want to be named.
func (u *gitUser) person() subject.Person {
	if u == nil || u.webFlow() {
		return subject.Person{}
	}
	return subject.Person{User: u.DatabaseID, Login: u.Login}
}

// webFlow reports whether this is GitHub's own account; a GitHub Enterprise Server's has
// another id.
func (u *gitUser) webFlow() bool {
	return u.DatabaseID == webFlowID || strings.EqualFold(u.Login, webFlowLogin)
}

// resolve asks for the person ids of everybody named so far.
func (c *cast) resolve(ctx context.Context, m Memory) error {
	all := make([]subject.Person, 0, len(c.order))
	for _, id := range c.order {
		all = append(all, c.people[id])
	}
	persons, err := m.Persons(ctx, all)
	if err != nil {
		return fmt.Errorf("name %d people: %w", len(all), err)
	}
	for _, id := range c.order {
		if persons[id] == 0 {
			return fmt.Errorf("name user %d: the store has no person", id)
		}
	}
	c.persons = persons
	return nil
}

// who returns the person id of somebody named before resolve; 0 of nobody.
func (c *cast) who(user int64) rules.UserID { return rules.UserID(c.persons[user]) }

func (c *cast) whoActor(a *actor) rules.UserID  { return c.who(a.person().User) }
func (c *cast) whoUser(u *gitUser) rules.UserID { return c.who(u.person().User) }
