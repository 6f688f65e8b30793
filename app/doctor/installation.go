package doctor

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/ghclient"
)

// perPage is how much GitHub gives at once.
const perPage = 100

// installation is the app on one account.
type installation struct {
	ID          int64
	Account     struct{ Login string }
	Permissions map[string]string
	SuspendedAt time.Time `json:"suspended_at"`
}

type repository struct {
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
	Archived      bool
}

// installations looks at each account, and at the repositories of those where the app works.
func (g GitHub) installations(ctx context.Context) []Finding {
	all, err := pages(func(page int) ([]installation, error) {
		return get[[]installation](ctx, g.Clients.App(), fmt.Sprintf("app/installations?per_page=%d&page=%d", perPage, page))
	})
	switch {
	case err != nil:
		return []Finding{unseen(Installations, "", "the app's installations", err)}
	case len(all) == 0:
		return []Finding{{Check: Installations, Level: Warning, Text: "the app is installed nowhere", Advice: "Install it on the organisation, from the app's settings page under Install App."}}
	}
	var found []Finding
	left := g.Most
	for _, i := range all {
		f := i.examine()
		if found = append(found, f); f.Level == Warning {
			continue // there is no token for it
		}
		found = append(found, g.repositories(ctx, i, &left)...)
	}
	return found
}

func (i installation) examine() Finding {
	f := Finding{Check: Installations, Subject: i.Account.Login}
	switch lacks := lacking(i.Permissions); {
	case !i.SuspendedAt.IsZero():
		f.Level, f.Text, f.Advice = Warning, "the app is suspended here: nothing is judged", "An owner of the account lifts that under Settings, GitHub Apps, Configure."
	case len(lacks) > 0:
		f.Level, f.Text, f.Advice = Broken, "the installation lacks "+strings.Join(lacks, ", "), "An owner of the account accepts the app's new permissions under Settings, GitHub Apps, Configure."
	default:
		f.Level, f.Text = OK, "the app is installed with the permissions that it needs"
	}
	return f
}

// repositories looks at no more than left of them.
func (g GitHub) repositories(ctx context.Context, i installation, left *int) []Finding {
	client := g.Clients.Installation(i.ID)
	all, err := pages(func(page int) ([]repository, error) {
		list, err := get[struct{ Repositories []repository }](ctx, client, fmt.Sprintf("installation/repositories?per_page=%d&page=%d", perPage, page))
		return list.Repositories, err
	})
	if err != nil {
		return []Finding{unseen(RequiredChecks, i.Account.Login, "the account's repositories", err)}
	}
	var found []Finding
	skipped := 0
	for _, r := range all {
		switch {
		case r.Archived:
		case *left == 0:
			skipped++
		default:
			*left--
			found = append(found, g.required(ctx, client, r))
		}
	}
	if skipped > 0 {
		found = append(found, Finding{Check: RequiredChecks, Level: Unseen, Subject: i.Account.Login, Text: fmt.Sprintf("%d more repositories were not looked at", skipped), Advice: "Raise --repositories; each takes two requests."})
	}
	return found
}

// required looks whether a repository's default branch requires our checks, of our app.
func (g GitHub) required(ctx context.Context, client *ghclient.Client, r repository) Finding {
	f := Finding{Check: RequiredChecks, Subject: r.FullName + " " + r.DefaultBranch}
	sources, err := requiredChecks(ctx, client, r)
	var wrong []string
	for _, name := range g.Required {
		switch from := sources[name]; {
		case from[g.App]:
		case len(from) == 0:
			wrong = append(wrong, "“"+name+"” is not required")
		case from[0]:
			wrong = append(wrong, "“"+name+"” may come from anybody who can write")
		default:
			wrong = append(wrong, "“"+name+"” is required of another app")
		}
	}
	switch {
	case len(wrong) == 0:
		f.Level, f.Text = OK, "both checks are required of this app"
	case err != nil:
		return unseen(RequiredChecks, f.Subject, "what the branch requires", err)
	default:
		f.Level, f.Text = Broken, strings.Join(wrong, "; ")
		f.Advice = "Somebody who administers the repository requires both in a ruleset or branch protection, and chooses this app as their source: without it the control does not hold here."
	}
	return f
}

// check is a required check: a ruleset calls its source integration, classic protection app.
type check struct {
	Context       string
	IntegrationID int64 `json:"integration_id"`
	AppID         int64 `json:"app_id"`
}

type branchRule struct {
	Parameters struct {
		Checks []check `json:"required_status_checks"`
	}
}

// requiredChecks returns which apps a check is required of, by its name; app 0 is anybody. The
// error is of what could not be seen; what could be is there all the same.
func requiredChecks(ctx context.Context, client *ghclient.Client, r repository) (map[string]map[int64]bool, error) {
	sources := map[string]map[int64]bool{}
	add := func(name string, app int64) {
		if sources[name] == nil {
			sources[name] = map[int64]bool{}
		}
		sources[name][max(0, app)] = true // -1 and null are anybody, too
	}
	branch := url.PathEscape(r.DefaultBranch)
	rules, rulesErr := pages(func(page int) ([]branchRule, error) {
		return get[[]branchRule](ctx, client, fmt.Sprintf("repos/%s/rules/branches/%s?per_page=%d&page=%d", r.FullName, branch, perPage, page))
	})
	for _, rule := range rules {
		for _, c := range rule.Parameters.Checks {
			add(c.Context, c.IntegrationID)
		}
	}
	classic, err := get[struct {
		Protection struct {
			Required struct{ Checks []check } `json:"required_status_checks"`
		}
	}](ctx, client, fmt.Sprintf("repos/%s/branches/%s", r.FullName, branch))
	for _, c := range classic.Protection.Required.Checks {
		add(c.Context, c.AppID)
	}
	if rulesErr != nil {
		err = rulesErr
	}
	return sources, err
}

// pages reads pages until one is not full.
func pages[T any](read func(page int) ([]T, error)) ([]T, error) {
	var all []T
	for page := 1; ; page++ {
		some, err := read(page)
		all = append(all, some...)
		if err != nil || len(some) < perPage {
			return all, err
		}
	}
}
