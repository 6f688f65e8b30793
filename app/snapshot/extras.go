package snapshot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// This file reads what a policy asks for beyond what is always read.

func (l *look) readThreads(ctx context.Context, f *facts) error {
	if !l.wants(rules.FactThreads) {
		return nil
	}
	if f.pull.ReviewThreads == nil {
		return left("conversations")
	}
	all, whole, err := pages(*f.pull.ReviewThreads, l.limits.threads, func(after string) (connection[thread], error) {
		var out struct{ Repository *repository }
		if err := l.query(ctx, threadsPage, l.vars("number", l.target.Number, "after", after), &out); err != nil {
			return connection[thread]{}, err
		}
		if err := l.checkPage(out.Repository); err != nil || out.Repository.PullRequest.ReviewThreads == nil {
			return connection[thread]{}, errors.Join(err, left("conversations"))
		}
		return *out.Repository.PullRequest.ReviewThreads, nil
	})
	if err != nil {
		return fmt.Errorf("read conversations: %w", err)
	}
	if !whole {
		f.gap(rules.GapThreads, len(all), f.pull.ReviewThreads.TotalCount)
	}
	f.threads = all
	return nil
}

// nameExtras names who set labels, and who began and resolved conversations.
func (f *facts) nameExtras(k *cast) {
	for _, t := range f.timeline {
		if t.labeling() {
			k.actor(t.Actor)
		}
	}
	for _, t := range f.threads {
		k.actor(t.author())
		k.add(t.ResolvedBy.person())
	}
}

func (t timelineItem) labeling() bool {
	return t.Typename == "LabeledEvent" || t.Typename == "UnlabeledEvent"
}

// author is who began the conversation.
func (t thread) author() *actor {
	if len(t.Comments.Nodes) == 0 || t.Comments.Nodes[0] == nil {
		return nil
	}
	return t.Comments.Nodes[0].Author
}

// putExtras fills in what the policy needs and was read, and says so.
func (l *look) putExtras(f *facts, p rules.Policy, c *rules.Change) {
	k, pull := l.cast, &c.Pulls[0]
	for _, fact := range p.Needs() {
		read := true
		switch fact {
		case rules.FactText:
			pull.Title, pull.Body = f.pull.Title, f.pull.Body
			for _, t := range f.repo.PullRequestTemplates {
				if t != nil && t.Body != "" {
					c.Templates = append(c.Templates, t.Body)
				}
			}
		case rules.FactMessages:
			for i := range c.Commits {
				c.Commits[i].Message = f.commits[i].Message
			}
		case rules.FactSignatures:
			for i := range c.Commits {
				s := f.commits[i].Signature
				c.Commits[i].Signed = s != nil && s.IsValid
			}
		case rules.FactLabelings:
			c.Labelings = f.labelingsOf(l.target.Number, k)
		case rules.FactThreads:
			for _, t := range f.threads {
				c.Threads = append(c.Threads, rules.Thread{
					ID: t.ID, Pull: l.target.Number, By: k.whoActor(t.author()), Resolved: t.IsResolved, ResolvedBy: k.whoUser(t.ResolvedBy),
				})
			}
		case rules.FactBehind:
			if read = f.pull.BaseRef != nil && f.pull.BaseRef.Compare != nil && f.pull.BaseRef.Compare.BehindBy != nil; read {
				c.Behind = *f.pull.BaseRef.Compare.BehindBy
			}
		case rules.FactOwners:
			read = f.ownersKnown
		case rules.FactPermissions, rules.FactJoins:
		default:
			read = false
		}
		if read {
			c.Read = append(c.Read, fact)
		}
	}
}

// labelingsOf returns each time a label was put on or taken off.
func (f *facts) labelingsOf(pull int64, k *cast) []rules.Labeling {
	var out []rules.Labeling
	for _, t := range f.timeline {
		if t.labeling() {
			out = append(out, rules.Labeling{
				Pull: pull, Label: t.Label.Name, Added: t.Typename == "LabeledEvent", By: k.whoActor(t.Actor), At: t.CreatedAt.UTC(),
			})
		}
	}
	slices.SortStableFunc(out, func(a, b rules.Labeling) int { return a.At.Compare(b.At) })
	return out
}

// reviewersAnd returns the ids of the reviewers, and of others.
func (f *facts) reviewersAnd(others []int64) []int64 {
	var out []int64
	for _, r := range f.reviews {
		out = append(out, r.Author.person().User)
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(append(out, others...)), func(id int64) bool { return id == 0 })
}

// readOwners finds out which of the people own the organisation, or are the account that the
// repository belongs to, where a team that the policy names is not there to vouch for anybody.
func (l *look) readOwners(ctx context.Context, f *facts, p rules.Policy, teams map[string]team, people []int64) ([]int64, error) {
	unbound := slices.ContainsFunc(p.Teams(), func(ref rules.TeamRef) bool {
		t := teams[ref.Slug]
		return t.ID == 0 || t.ID != cmp.Or(ref.ID, t.pinned, t.ID)
	})
	if !slices.Contains(p.Needs(), rules.FactOwners) || !unbound {
		return nil, nil
	}
	f.ownersKnown = true
	var owners []int64
	for _, user := range people {
		if f.repo.Owner.Typename != "Organization" {
			if user == f.repo.Owner.DatabaseID {
				owners = append(owners, user)
			}
			continue
		}
		owner, known, err := l.owns(ctx, f.repo.Owner.DatabaseID, l.cast.people[user])
		if err != nil {
			return nil, err
		}
		f.ownersKnown = f.ownersKnown && known
		if owner {
			owners = append(owners, user)
		}
	}
	return owners, nil
}

// former returns the other names that the repository was known by, and remembers today's.
func (l *look) former(ctx context.Context, name string) ([]string, error) {
	key := fmt.Sprintf("%d/", l.target.Repo)
	var names []string
	if _, _, err := l.recall(ctx, nameMemory, key, &names); err != nil {
		return nil, err
	}
	if !slices.Contains(names, name) {
		names = append(names, name)
		if err := l.remember(ctx, nameMemory, key, names, 0); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == name }), nil
}

// permission returns what a user may do to the repository: admin, maintain, write, triage,
// read or none; from memory, or read and remembered for minutes. The login is only the
// address; another user under it may do nothing.
func (l *look) permission(ctx context.Context, p subject.Person) (string, error) {
	if p.User == 0 {
		return "none", nil
	}
	key := subject.PermissionKey(l.target.Repo, p.User)
	var word string
	if _, found, err := l.recall(ctx, subject.PermissionCache, key, &word); err != nil || found {
		return word, err
	}
	level, _, err := l.client.Repositories.GetPermissionLevel(ctx, l.target.Owner, l.target.Name, p.Login)
	if err != nil && !l.absent(err) {
		return "", fmt.Errorf("read permission of user %d: %w", p.User, err)
	}
	word = "none"
	if err == nil && level.GetUser().GetID() == p.User {
		word = permissionWord(level.GetPermission(), level.GetUser().GetRoleName())
	}
	return word, l.remember(ctx, subject.PermissionCache, key, word, peopleLife)
}

// permissionWord takes the role's name where it is one of GitHub's own: the permission beside
// it says write of maintain, and read of triage. A role that an organisation made counts as
// what it is based on.
func permissionWord(permission, role string) string {
	if slices.Contains([]string{"admin", "maintain", "write", "triage", "read"}, role) {
		return role
	}
	switch permission {
	case "admin", "write", "read":
		return permission
	}
	return "none"
}
