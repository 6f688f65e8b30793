package cases

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// The commits and diffs of a case: what was reviewed first, and what would be merged.
const (
	oldHead, newHead = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	oldDiff, newDiff = "before", "now"
)

// cast gives each login a person id, in the order of their first appearance.
type cast struct {
	ids map[string]rules.UserID
	all []rules.Person
}

func (c *cast) id(login string) rules.UserID {
	login = strings.ToLower(login)
	if id, ok := c.ids[login]; ok {
		return id
	}
	id := rules.UserID(len(c.all) + 1)
	c.ids[login] = id
	c.all = append(c.all, rules.Person{ID: id})
	return id
}

func (c *cast) idsOf(logins []string) []rules.UserID {
	var out []rules.UserID
	for _, l := range logins {
		out = append(out, c.id(l))
	}
	return out
}

// change is the change that the words stand for.
func (g Given) change(p rules.Policy, teams map[string][]string) (rules.Change, say.Names, error) {
	who := &cast{ids: map[string]rules.UserID{}}
	author := who.id(g.Author)
	opened := at.Add(-2 * time.Hour)
	c := rules.Change{
		Repo: rules.Repo{ID: 1, Name: "octo-org/repo", DefaultBranch: "main"},
		Base: g.Base, Head: newHead, TakenAt: at, SeenAt: at.Add(-time.Hour), Exact: newDiff, Landed: newDiff,
		Pulls: []rules.Pull{{
			Number: 1, Author: author, Writer: !contains(g.Outsiders, g.Author), HeadRef: g.Head, Fork: g.Fork,
			Draft: g.Draft, Labels: g.Labels, Opened: opened,
		}},
		Need:   g.Required,
		Logins: map[string]rules.UserID{},
		Read:   p.Needs(),
		Behind: g.Behind,
	}
	c.Pulls[0].Title, c.Pulls[0].Body = g.Title, g.Description
	if g.Template != "" {
		c.Templates = []string{g.Template}
	}
	c.Files = g.files()
	c.Commits = []rules.Commit{{SHA: oldHead, Parents: []string{strings.Repeat("0", 40)}, Authors: []rules.UserID{author}, Committer: author}}
	for i, id := range who.idsOf(g.Contributors) {
		sha := fmt.Sprintf("%040x", i+16)
		c.Commits = append(c.Commits, rules.Commit{SHA: sha, Parents: []string{c.Commits[i].SHA}, Authors: []rules.UserID{id}, Committer: id})
	}
	last := rules.Commit{SHA: newHead, Parents: []string{c.Commits[len(c.Commits)-1].SHA}, Authors: []rules.UserID{author}, Committer: author}
	if g.Unknown {
		last.Authors = []rules.UserID{0}
	}
	if g.Merge {
		last.Parents = append(last.Parents, strings.Repeat("f", 40))
	}
	last.Message = g.Message
	c.Commits = append(c.Commits, last)
	for i := range c.Commits {
		c.Commits[i].Signed = !g.Unsigned
	}
	g.talk(&c, who)
	c.Pushes = []rules.Push{{By: author, After: oldHead, At: opened}, {By: author, Before: oldHead, After: newHead, At: at.Add(-time.Hour)}}
	g.reviews(&c, who)
	g.checks(&c)
	if err := g.people(&c, p, who, teams); err != nil {
		return rules.Change{}, nil, err
	}
	names := say.Names{}
	for login, id := range who.ids {
		names[id] = login
	}
	return c, names, nil
}

// talk fills in what people said and did beside reviewing: labels, conversations, waivers.
func (g Given) talk(c *rules.Change, who *cast) {
	for _, label := range g.Labels {
		c.Labelings = append(c.Labelings, rules.Labeling{
			Pull: 1, Label: label, Added: true, By: who.id(cmp.Or(g.LabelsBy[label], g.Author)), At: at.Add(-80 * time.Minute),
		})
	}
	for i := range g.Conversations {
		c.Threads = append(c.Threads, rules.Thread{ID: fmt.Sprint(i + 1), Pull: 1, By: who.id(g.Author)})
	}
	for i, rule := range sortedKeys(g.Waivers) {
		c.Waivers = append(c.Waivers, rules.Waiver{
			ID: int64(i + 1), Pull: 1, Rule: rule, By: who.id(g.Waivers[rule]), At: at.Add(-20 * time.Minute), Exact: newDiff,
		})
	}
	c.Owners = who.idsOf(g.Owners)
}

func (g Given) files() []rules.File {
	var out []rules.File
	for _, f := range g.Files {
		file := rules.File{Path: f.Path, Previous: f.From, Status: "modified", Additions: 1, FirstLine: 1, Counted: true}
		if f.From != "" {
			file.Status = "renamed"
		}
		out = append(out, file)
	}
	slices.SortFunc(out, func(a, b rules.File) int { return cmp.Compare(a.Path, b.Path) })
	if g.Lines > 0 && len(out) > 0 {
		out[0].Additions += g.Lines - len(out)
	}
	return out
}

func (g Given) reviews(c *rules.Change, who *cast) {
	add := func(logins []string, state rules.ReviewState, commit, diff string, from time.Time) {
		for _, id := range who.idsOf(logins) {
			n := int64(len(c.Reviews) + 1)
			c.Reviews = append(c.Reviews, rules.Review{
				ID: n, Pull: 1, By: id, State: state, At: from.Add(time.Duration(n) * time.Second), Commit: commit, Exact: diff,
			})
		}
	}
	add(g.Stale, rules.Approved, oldHead, oldDiff, at.Add(-90*time.Minute))
	add(g.Objections, rules.ChangesRequested, newHead, newDiff, at.Add(-40*time.Minute))
	add(g.Approvals, rules.Approved, newHead, newDiff, at.Add(-30*time.Minute))
}

// running is what a case says of a check that has no conclusion yet.
const running = "running"

func (g Given) checks(c *rules.Change) {
	for i, name := range sortedKeys(g.Checks) {
		id, started := int64(i+1), at.Add(-50*time.Minute)
		run := rules.CheckRun{ID: id, Suite: id, App: actionsApp, AppSlug: actionsSlug, Name: name, Status: "completed", Conclusion: g.Checks[name], At: started}
		if run.Conclusion == running {
			run.Status, run.Conclusion = "in_progress", ""
		}
		c.Runs = append(c.Runs, run)
		c.Suites = append(c.Suites, rules.CheckSuite{ID: id, App: actionsApp, AppSlug: actionsSlug, Status: run.Status, At: started})
	}
}

// Checks of a case are reported by GitHub Actions.
const (
	actionsApp  = 15368
	actionsSlug = "github-actions"
)

// longAgo is since when everybody is in their teams, in days.
const longAgo = 3650

// people fills in who is who: teams, logins of the policy, and who may write.
func (g Given) people(c *rules.Change, p rules.Policy, who *cast, teams map[string][]string) error {
	for _, u := range p.Users() {
		if u.Login != "" {
			c.Logins[u.String()] = who.id(u.Login)
		}
	}
	named := map[string]bool{}
	for _, ref := range p.Teams() {
		named[ref.Slug] = true
		if slices.ContainsFunc(c.Teams, func(t rules.Team) bool { return t.Slug == ref.Slug }) {
			continue
		}
		t := rules.Team{Slug: ref.Slug, ID: cmp.Or(ref.ID, int64(1000+len(c.Teams))), Missing: contains(g.Missing, ref.Slug), AsOf: at}
		members, ok := g.Teams[ref.Slug]
		if !ok {
			members = teams[ref.Slug]
		}
		if !t.Missing {
			t.Members = who.idsOf(members)
			for _, login := range members {
				days, ok := g.Since[strings.ToLower(login)]
				if !ok {
					days = longAgo
				}
				t.Joins = append(t.Joins, rules.Join{ID: who.id(login), Since: at.AddDate(0, 0, -days)})
			}
		}
		c.Teams = append(c.Teams, t)
	}
	for _, slug := range append(sortedKeys(g.Teams), g.Missing...) {
		if !named[slug] {
			return fmt.Errorf("no group of the policy has a team %q", slug)
		}
	}
	for login, id := range who.ids {
		person := &who.all[id-1]
		person.CanWrite = !contains(g.Outsiders, login)
		person.Bot = contains(g.Bots, login) || strings.HasSuffix(login, "[bot]")
		person.Permission = cmp.Or(g.Permissions[login], map[bool]string{true: "write", false: "read"}[person.CanWrite])
	}
	c.People = who.all
	return nil
}

func contains(logins []string, login string) bool {
	return slices.ContainsFunc(logins, func(l string) bool { return strings.EqualFold(l, login) })
}
