package snapshot

import (
	"context"
	"fmt"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/subject"
)

// Self is what GitHub says about our own app.
type Self struct {
	Slug          string
	Installations []subject.InstallationFact
}

// Self reads who our app is and where it is installed. c is the client that speaks as the
// app itself.
func (r *Reader) Self(ctx context.Context, c *ghclient.Client) (Self, error) {
	app, _, err := c.Apps.Get(ctx, "")
	if err != nil {
		return Self{}, fmt.Errorf("read our app: %w", err)
	}
	self := Self{Slug: app.GetSlug()}
	opts := &github.ListOptions{PerPage: 100}
	for {
		list, resp, err := c.Apps.ListInstallations(ctx, opts)
		if err != nil {
			return Self{}, fmt.Errorf("list installations: %w", err)
		}
		for _, i := range list {
			self.Installations = append(self.Installations, installationFact(i))
		}
		if resp.NextPage == 0 {
			return self, nil
		}
		opts.Page = resp.NextPage
	}
}

// Installation reads one installation of our app. c is the client that speaks as the app
// itself. One that is not there any more is Removed, for good.
func (r *Reader) Installation(ctx context.Context, c *ghclient.Client, id int64) (subject.InstallationFact, error) {
	i, _, err := c.Apps.GetInstallation(ctx, id)
	switch {
	case ghclient.Diagnose(err, r.Now()).Kind == ghclient.Gone:
		return subject.InstallationFact{ID: id, Removed: true}, nil
	case err != nil:
		return subject.InstallationFact{}, fmt.Errorf("read installation %d: %w", id, err)
	}
	return installationFact(i), nil
}

// Covering returns the installation of our app that covers a repository; 0: none does, or
// there is no such repository. c is the client that speaks as the app itself.
func (r *Reader) Covering(ctx context.Context, c *ghclient.Client, owner, name string) (int64, error) {
	i, _, err := c.Apps.FindRepositoryInstallation(ctx, owner, name)
	switch {
	case ghclient.Diagnose(err, r.Now()).Kind == ghclient.Gone:
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("find the installation of %s/%s: %w", owner, name, err)
	}
	return i.GetID(), nil
}

func installationFact(i *github.Installation) subject.InstallationFact {
	return subject.InstallationFact{
		ID: i.GetID(), Account: i.GetAccount().GetID(), AccountLogin: i.GetAccount().GetLogin(),
		AccountType: i.GetAccount().GetType(), Suspended: i.SuspendedAt != nil,
	}
}

// Bot returns GitHub's user id of our app's bot, the author of what we post.
func (r *Reader) Bot(ctx context.Context, c *ghclient.Client, slug string) (int64, error) {
	user, _, err := c.Users.Get(ctx, slug+"[bot]")
	if err != nil {
		return 0, fmt.Errorf("read our bot: %w", err)
	}
	return user.GetID(), nil
}

// Repositories lists the repositories of the installation that c speaks as.
func (r *Reader) Repositories(ctx context.Context, c *ghclient.Client) ([]subject.RepositoryFact, error) {
	var all []subject.RepositoryFact
	opts := &github.ListOptions{PerPage: 100}
	for {
		list, resp, err := c.Apps.ListRepos(ctx, opts)
		if err != nil {
			return nil, fmt.Errorf("list repositories of the installation: %w", err)
		}
		for _, repo := range list.Repositories {
			all = append(all, subject.RepositoryFact{
				ID: repo.GetID(), Account: repo.GetOwner().GetID(), Owner: repo.GetOwner().GetLogin(), Name: repo.GetName(),
				DefaultBranch: repo.GetDefaultBranch(), Private: repo.GetPrivate(), Archived: repo.GetArchived(),
			})
		}
		if resp.NextPage == 0 {
			return all, nil
		}
		opts.Page = resp.NextPage
	}
}
