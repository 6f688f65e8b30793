package route

import (
	"fmt"
	"strings"

	"github.com/changewarden/changewarden/app/subject"
)

// describe writes a Result on one line, facts first, as the store applies it.
func describe(r subject.Result) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if r.Installation != 0 {
		add("in %d", r.Installation)
	}
	for _, f := range r.Repositories {
		s := fmt.Sprintf("repository %d=%s/%s of %d", f.ID, f.Owner, f.Name, f.Account)
		if f.DefaultBranch != "" {
			s += " default " + f.DefaultBranch
		}
		add("%s%s", s, flags("private", f.Private, "archived", f.Archived, "gone", f.Gone))
	}
	for _, f := range r.Installations {
		add("installation %d on %s %s=%d%s", f.ID, f.AccountType, f.AccountLogin, f.Account, flags("suspended", f.Suspended, "removed", f.Removed))
	}
	for _, f := range r.Pulls {
		add("pull %d#%d %s (%s in %d) onto %s by %d at %s%s", f.Repo, f.Number, short(f.Head), f.HeadRef, f.HeadRepo, f.Base, f.Author,
			f.UpdatedAt.Format("2006-01-02T15:04:05Z"), flags("open", f.Open, "merged", f.Merged, "draft", f.Draft))
	}
	for _, f := range r.Pushes {
		where := f.Ref
		if f.Number != 0 {
			where = fmt.Sprintf("#%d", f.Number)
		}
		add("push %d %s %s..%s by %d=%s%s", f.Repo, where, short(f.Before), short(f.After), f.User, f.Login, flags("bot", f.Bot))
	}
	for _, f := range r.Gates {
		add("gate %d run %d deployment %d to %s of %s", f.Repo, f.Run, f.Deployment, f.Environment, short(f.Commit))
	}
	for _, f := range r.Deployed {
		add("deployed %d deployment %d to %s of %s", f.Repo, f.Deployment, f.Environment, short(f.Commit))
	}
	for _, f := range r.MergeGroups {
		s := "waits"
		if f.Why != "" {
			s = "is " + f.Why
		}
		add("merge group %d %s onto %s %s", f.Repo, short(f.SHA), f.Base, s)
	}
	for _, f := range r.Teams {
		add("team %d/%d is %s by %d=%s%s", f.Account, f.Team, f.Slug, f.By.User, f.By.Login, flags("bot", f.By.Bot))
	}
	for _, f := range r.Joins {
		add("join %d/%d user %d by %d=%s%s", f.Account, f.Team, f.User, f.By.User, f.By.Login, flags("bot", f.By.Bot))
	}
	for _, f := range r.Commands {
		if f.CheckRun != 0 {
			add("command %d#%d click %d on %s of check run %d by %d=%s", f.Repo, f.Number, f.Comment, f.Button, f.CheckRun, f.By.User, f.By.Login)
			continue
		}
		add("command %d#%d comment %d by %d=%s%s", f.Repo, f.Number, f.Comment, f.By.User, f.By.Login, flags("bot", f.By.Bot))
	}
	for _, f := range r.Unasked {
		add("unasked %d#%d user %d team %d by %d=%s", f.Repo, f.Number, f.User, f.Team, f.By.User, f.By.Login)
	}
	for _, k := range r.Forget {
		add("forget %s %s*%s", k.Kind, k.Prefix, k.Suffix)
	}
	for _, s := range r.Subjects {
		add("due %s", s.Key())
	}
	for _, s := range r.Selectors {
		add("due by %s", selector(s))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, "; ")
}

func selector(s subject.Selector) string {
	switch s.Kind {
	case subject.ByHead:
		text := fmt.Sprintf("head %d@%s", s.Repo, short(s.SHA))
		if c := s.Check; c != nil {
			text += fmt.Sprintf(" if %s %d %q of suite %d app %d user %d %s %s matters", c.Source, c.ID, c.Name, c.Suite, c.App, c.Creator, c.Status, c.Conclusion)
		}
		return text
	case subject.ByPerson:
		return fmt.Sprintf("person %d in account %d repository %d", s.User, s.Account, s.Repo)
	case subject.ByTeam:
		return fmt.Sprintf("team %d/%s", s.Account, s.Team)
	case subject.ByBase:
		return fmt.Sprintf("base %d %s%s", s.Repo, s.Branch, flags("moved", s.Moved))
	case subject.ByIssue:
		return fmt.Sprintf("issue %d#%d", s.Repo, s.Number)
	case subject.ByGate:
		if s.Number != 0 {
			return fmt.Sprintf("gate of %d deployment %d to %s", s.Repo, s.Number, s.Environment)
		}
		return fmt.Sprintf("gates of %d", s.Repo)
	case subject.ByRepository:
		return fmt.Sprintf("repository %d", s.Repo)
	}
	return "unknown selector " + string(s.Kind)
}

func short(sha string) string {
	if sha == "" {
		return "none"
	}
	return sha[:min(7, len(sha))]
}

// flags lists the names whose value is set.
func flags(pairs ...any) string {
	var s string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1].(bool) {
			s += " " + pairs[i].(string)
		}
	}
	return s
}
