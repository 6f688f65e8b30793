package contract

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v62/github"
)

// The requests of the client that we use, which works with GitHub, are within the
// contract. The answer is 404 throughout: here the requests are judged.
func TestClientsRequests(t *testing.T) {
	server := httptest.NewServer(Wrap(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}`)
	})))
	defer server.Close()
	client, err := github.NewClient(nil).WithEnterpriseURLs(server.URL, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	const o, r, sha = "octo-org", "app", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	page := github.ListOptions{Page: 2, PerPage: 100}
	now := &github.Timestamp{Time: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	output := &github.CheckRunOutput{
		Title: new("t"), Summary: new("s"),
		Annotations: []*github.CheckRunAnnotation{{
			Path: new("main.tf"), StartLine: new(1), EndLine: new(1),
			AnnotationLevel: new("notice"), Message: new("this path needs a senior engineer"), Title: new("t"),
		}},
	}
	for name, call := range map[string]func(context.Context) error{
		"app": func(ctx context.Context) error { _, _, err := client.Apps.Get(ctx, ""); return err },
		"installations": func(ctx context.Context) error {
			_, _, err := client.Apps.ListInstallations(ctx, &page)
			return err
		},
		"repositories": func(ctx context.Context) error { _, _, err := client.Apps.ListRepos(ctx, &page); return err },
		"deliveries": func(ctx context.Context) error {
			_, _, err := client.Apps.ListHookDeliveries(ctx, &github.ListCursorOptions{PerPage: 100, Cursor: "v1_1"})
			return err
		},
		"redeliver": func(ctx context.Context) error { _, _, err := client.Apps.RedeliverHookDelivery(ctx, 1); return err },
		"token": func(ctx context.Context) error {
			_, _, err := client.Apps.CreateInstallationToken(ctx, 1, &github.InstallationTokenOptions{
				RepositoryIDs: []int64{1}, Permissions: &github.InstallationPermissions{Checks: new("write")},
			})
			return err
		},
		"repository":       func(ctx context.Context) error { _, _, err := client.Repositories.Get(ctx, o, r); return err },
		"repository by id": func(ctx context.Context) error { _, _, err := client.Repositories.GetByID(ctx, 1); return err },
		"branch": func(ctx context.Context) error {
			_, _, err := client.Repositories.GetBranch(ctx, o, r, "a/b", 0)
			return err
		},
		"contents": func(ctx context.Context) error {
			_, _, _, err := client.Repositories.GetContents(ctx, o, r, ".github/change-management.yml", &github.RepositoryContentGetOptions{Ref: sha})
			return err
		},
		"root folder": func(ctx context.Context) error {
			_, _, _, err := client.Repositories.GetContents(ctx, o, r, "", nil)
			return err
		},
		"commit": func(ctx context.Context) error {
			_, _, err := client.Repositories.GetCommit(ctx, o, r, sha, &page)
			return err
		},
		"commits": func(ctx context.Context) error {
			_, _, err := client.Repositories.ListCommits(ctx, o, r, &github.CommitsListOptions{SHA: "main", ListOptions: page})
			return err
		},
		"compare": func(ctx context.Context) error {
			_, _, err := client.Repositories.CompareCommits(ctx, o, r, "team/fix", sha, &page)
			return err
		},
		"permission": func(ctx context.Context) error {
			_, _, err := client.Repositories.GetPermissionLevel(ctx, o, r, "ann")
			return err
		},
		"team": func(ctx context.Context) error {
			_, _, err := client.Teams.ListTeamMembersBySlug(ctx, o, "senior", &github.TeamListTeamMembersOptions{ListOptions: page})
			return err
		},
		"member of a team": func(ctx context.Context) error {
			_, _, err := client.Teams.GetTeamMembershipBySlug(ctx, o, "senior", "ann")
			return err
		},
		"pulls": func(ctx context.Context) error {
			_, _, err := client.PullRequests.List(ctx, o, r, &github.PullRequestListOptions{State: "open", Base: "main", Sort: "created", Direction: "asc", ListOptions: page})
			return err
		},
		"pull": func(ctx context.Context) error { _, _, err := client.PullRequests.Get(ctx, o, r, 1); return err },
		"files": func(ctx context.Context) error {
			_, _, err := client.PullRequests.ListFiles(ctx, o, r, 1, &page)
			return err
		},
		"reviews": func(ctx context.Context) error {
			_, _, err := client.PullRequests.ListReviews(ctx, o, r, 1, &page)
			return err
		},
		"pulls of a commit": func(ctx context.Context) error {
			_, _, err := client.PullRequests.ListPullRequestsWithCommit(ctx, o, r, sha, &page)
			return err
		},
		"tree":       func(ctx context.Context) error { _, _, err := client.Git.GetTree(ctx, o, r, sha, true); return err },
		"blob":       func(ctx context.Context) error { _, _, err := client.Git.GetBlob(ctx, o, r, sha); return err },
		"git commit": func(ctx context.Context) error { _, _, err := client.Git.GetCommit(ctx, o, r, sha); return err },
		"check runs": func(ctx context.Context) error {
			_, _, err := client.Checks.ListCheckRunsForRef(ctx, o, r, sha, &github.ListCheckRunsOptions{
				CheckName: new("n"), Filter: new("all"), AppID: new(int64(1)), ListOptions: page,
			})
			return err
		},
		"create check run": func(ctx context.Context) error {
			_, _, err := client.Checks.CreateCheckRun(ctx, o, r, github.CreateCheckRunOptions{
				Name: "Change Management", HeadSHA: sha, DetailsURL: new("https://h"), ExternalID: new("1"),
				Status: new("completed"), Conclusion: new("success"), StartedAt: now, CompletedAt: now, Output: output,
			})
			return err
		},
		"update check run": func(ctx context.Context) error {
			_, _, err := client.Checks.UpdateCheckRun(ctx, o, r, 1, github.UpdateCheckRunOptions{
				Name: "Change Management", Status: new("in_progress"), Output: output,
			})
			return err
		},
		"statuses": func(ctx context.Context) error {
			_, _, err := client.Repositories.ListStatuses(ctx, o, r, sha, &page)
			return err
		},
		"create status": func(ctx context.Context) error {
			_, _, err := client.Repositories.CreateStatus(ctx, o, r, sha, &github.RepoStatus{
				State: new("pending"), Context: new("change-management"),
				Description: new("d"), TargetURL: new("https://h"),
			})
			return err
		},
		"installation's token": func(ctx context.Context) error {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				return err
			}
			text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
			tr, err := ghinstallation.New(http.DefaultTransport, 1, 2, text)
			if err != nil {
				return err
			}
			tr.BaseURL = server.URL + "/api/v3"
			_, err = tr.Token(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := call(t.Context()); err == nil {
				t.Error("got no error from an answer of 404")
			}
		})
	}
}
