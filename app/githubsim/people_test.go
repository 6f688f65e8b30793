package githubsim_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/githubsim"
)

// People can do what GitHub lets them do, and nothing else.
func TestPermissions(t *testing.T) {
	tests := []struct {
		name string
		do   func(s *sim, n int, head string) error
		want int // the refusal's status; 0: allowed
	}{
		{"a stranger sees no private repository", func(s *sim, n int, _ string) error { _, err := s.As("mallory").Approve(infra, n); return err }, 404},
		{"a stranger cannot push", func(s *sim, _ int, _ string) error {
			_, err := s.As("mallory").Push(site, "x", text("x", "1"))
			return err
		}, 403},
		{"nobody approves their own", func(s *sim, n int, _ string) error { _, err := s.As("ann").Approve(infra, n); return err }, 422},
		{"but comments on it", func(s *sim, n int, _ string) error {
			_, err := s.As("ann").Review(infra, n, githubsim.Review{State: "COMMENT", Body: "done"})
			return err
		}, 0},
		{"a member of a child team writes", func(s *sim, _ int, _ string) error {
			_, err := s.As("carol").Push(infra, "x", text("x", "1"))
			return err
		}, 0},
		{"a pending member does not", func(s *sim, _ int, head string) error { return s.As("mallory").Status(infra, head, "a", "success", "") }, 404},
		{"anybody with write posts any status", func(s *sim, _ int, head string) error {
			return s.As("bob").Status(infra, head, "change-management", "success", "")
		}, 0},
		{"write does not administer", func(s *sim, _ int, _ string) error { return s.As("bob").SetPermission(infra, "ann", "admin") }, 403},
		{"only owners make teams", func(s *sim, _ int, _ string) error { return s.As("bob").CreateTeam("octo-org", "x", "") }, 403},
		{"nobody signs as GitHub", func(s *sim, _ int, _ string) error {
			_, err := s.As("bob").Push(infra, "x", githubsim.Commit{Signing: githubsim.ByGitHub})
			return err
		}, 422},
		{"a draft is not merged", func(s *sim, n int, _ string) error {
			if err := s.As("ann").ToDraft(infra, n); err != nil {
				return err
			}
			_, err := s.As("dave").Merge(infra, n, githubsim.MergeCommit)
			return err
		}, 405},
		{"nothing is written to an archive", func(s *sim, n int, _ string) error {
			if err := s.As("dave").Archive(infra); err != nil {
				return err
			}
			_, err := s.As("bob").Approve(infra, n)
			return err
		}, 403},
		{"one pull request for a head and base", func(s *sim, _ int, _ string) error {
			_, err := s.As("ann").OpenPull(infra, githubsim.NewPull{Title: "Again", Head: "feature"})
			return err
		}, 422},
		{"the same head to another base", func(s *sim, _ int, _ string) error {
			if _, err := s.As("dave").Push(infra, "release", text("r", "1")); err != nil {
				return err
			}
			_, err := s.As("ann").OpenPull(infra, githubsim.NewPull{Title: "Again", Head: "feature", Base: "release"})
			return err
		}, 0},
		{"a conflict stops update branch", func(s *sim, n int, _ string) error {
			if _, err := s.As("dave").Push(infra, "main", text("f", "other\n")); err != nil {
				return err
			}
			_, err := s.As("ann").UpdateBranch(infra, n)
			return err
		}, 409},
		{"a commented review cannot be dismissed", func(s *sim, n int, _ string) error {
			id, err := s.As("carol").Review(infra, n, githubsim.Review{State: "COMMENT", Body: "hm"})
			if err != nil {
				return err
			}
			return s.As("bob").Dismiss(infra, n, id, "no")
		}, 422},
		{"somebody who does not exist", func(s *sim, n int, _ string) error { return s.As("zoe").Close(infra, n) }, 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSim(t)
			n, head := s.pull("feature", "f", "1\n")
			err := tt.do(s, n, head)
			if tt.want == 0 {
				ok(t, err)
				return
			}
			refused(t, err, tt.want)
		})
	}
}

// A required check bound to an app is passed by that app alone; names that a run and a
// status share must both pass; an administrator goes past it all unless enforced.
func TestRequiredChecks(t *testing.T) {
	s := newSim(t)
	n, head := s.pull("feature", "f", "1\n")
	rule := githubsim.Protection{Required: []githubsim.RequiredCheck{{Context: "gate", App: s.AppID()}, {Context: "tests"}}}
	ok(t, s.Protect(infra, "main", &rule))
	merge := func(who string) error { _, err := s.As(who).Merge(infra, n, githubsim.Squash); return err }
	refused(t, merge("bob"), 405)
	ok(t, s.As("bob").Status(infra, head, "gate", "success", "forged"))
	must(s.AsApp("octo-ci").Report(infra, head, check("gate", "success")))(t)
	must(s.AsApp("octo-ci").Report(infra, head, check("tests", "success")))(t)
	refused(t, merge("bob"), 405)
	_, _, err := s.client.Checks.CreateCheckRun(t.Context(), "octo-org", "infra", github.CreateCheckRunOptions{Name: "gate", HeadSHA: head, Conclusion: new("success")})
	ok(t, err)
	ok(t, s.As("bob").Status(infra, head, "tests", "failure", ""))
	refused(t, merge("bob"), 405)
	ok(t, s.As("bob").Status(infra, head, "tests", "success", ""))
	_, err = s.As("bob").Push(infra, "main", text("x", "1"))
	refused(t, err, 405)
	ok(t, merge("bob"))

	m, _ := s.pull("second", "g", "1\n")
	rule.EnforceAdmins = true
	ok(t, s.Protect(infra, "main", &rule))
	_, err = s.As("dave").Merge(infra, m, githubsim.Squash)
	refused(t, err, 405)
	rule.EnforceAdmins = false
	ok(t, s.Protect(infra, "main", &rule))
	must(s.As("dave").Merge(infra, m, githubsim.Squash))(t)
}

// A group that failed goes, and what stood behind it is asked for anew on another commit.
func TestMergeQueueFailure(t *testing.T) {
	s := newSim(t)
	first, _ := s.pull("one", "f", "1\n")
	second, _ := s.pull("two", "g", "1\n")
	must(s.As("bob").Enqueue(infra, first))(t)
	stale := must(s.As("bob").Enqueue(infra, second))(t)
	ok(t, s.Protect(infra, "main", &githubsim.Protection{Required: []githubsim.RequiredCheck{{Context: "tests"}}}))
	s.told()
	if must(s.AdvanceQueue(infra))(t) {
		t.Error("merged without its check")
	}
	var heads []string
	if err := s.Settle(t.Context()); err != nil {
		t.Error(err)
	}
	for _, h := range s.taken() {
		if h.name(t) == "merge_group.checks_requested" {
			var in struct {
				Group struct {
					Head string `json:"head_sha"`
				} `json:"merge_group"`
			}
			decode(t, h.Body, &in)
			heads = append(heads, in.Group.Head)
		}
	}
	if len(heads) != 1 || heads[0] == stale {
		t.Fatalf("asked for checks on %v, once on %s", heads, stale)
	}
	must(s.AsApp("octo-ci").Report(infra, heads[0], check("tests", "success")))(t)
	if !must(s.AdvanceQueue(infra))(t) {
		t.Error("not merged")
	}
	s.told()
}

func TestMergeMethods(t *testing.T) {
	tests := []struct {
		method            string
		parents           int
		author, committer string
		verified          bool
		commits           int // added to main
	}{
		{githubsim.MergeCommit, 2, "bob", "web-flow", true, 3},
		{githubsim.Squash, 1, "ann", "web-flow", true, 1},
		{githubsim.Rebase, 1, "ann", "bob", false, 2},
	}
	for _, tt := range tests {
		t.Run(tt.method, func(t *testing.T) {
			s := newSim(t)
			n, _ := s.pull("feature", "f", "1\n")
			must(s.As("ann").Push(infra, "feature", githubsim.Commit{Message: "Second", Files: map[string]string{"g": "1"}, CoAuthors: []githubsim.Ident{s.Ident("carol")}}))(t)
			before, _, err := s.client.Repositories.ListCommits(t.Context(), "octo-org", "infra", nil)
			ok(t, err)
			sha := must(s.As("bob").Merge(infra, n, tt.method))(t)
			c, _, err := s.client.Repositories.GetCommit(t.Context(), "octo-org", "infra", sha, nil)
			ok(t, err)
			if len(c.Parents) != tt.parents || c.GetAuthor().GetLogin() != tt.author || c.GetCommitter().GetLogin() != tt.committer || c.GetCommit().GetVerification().GetVerified() != tt.verified {
				t.Errorf("%d parents, by %s, committed by %s, verified %v", len(c.Parents), c.GetAuthor().GetLogin(), c.GetCommitter().GetLogin(), c.GetCommit().GetVerification().GetVerified())
			}
			after, _, err := s.client.Repositories.ListCommits(t.Context(), "octo-org", "infra", nil)
			ok(t, err)
			if len(after)-len(before) != tt.commits {
				t.Errorf("%d commits more, want %d", len(after)-len(before), tt.commits)
			}
			pr, _, err := s.client.PullRequests.Get(t.Context(), "octo-org", "infra", n)
			ok(t, err)
			if !pr.GetMerged() || pr.GetMergeCommitSHA() != sha || pr.GetChangedFiles() != 2 || pr.GetMergedBy().GetLogin() != "bob" {
				t.Errorf("pull request: %v", pr)
			}
			prs, _, err := s.client.PullRequests.ListPullRequestsWithCommit(t.Context(), "octo-org", "infra", sha, nil)
			ok(t, err)
			if len(prs) != 1 || prs[0].GetNumber() != n {
				t.Errorf("pull requests of the commit: %v", prs)
			}
			s.told()
		})
	}
}

// When a branch goes that others aimed at, they aim at where it went; no event tells.
func TestAutomaticBaseChange(t *testing.T) {
	s := newSim(t)
	lower, _ := s.pull("lower", "f", "1\n")
	must(s.As("bob").ForcePush(infra, "upper", "lower", text("g", "1\n")))(t)
	upper := must(s.As("bob").OpenPull(infra, githubsim.NewPull{Title: "Upper", Head: "upper", Base: "lower"}))(t)
	must(s.As("carol").Merge(infra, lower, githubsim.MergeCommit))(t)
	s.told()
	ok(t, s.As("ann").DeleteBranch(infra, "lower"))
	s.wantTold("push")
	data, errs := s.query(t.Context(), `query T($n:Int!){repository(owner:"octo-org",name:"infra"){pullRequest(number:$n){state baseRefName changedFiles timelineItems(first:9,itemTypes:[AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT,BASE_REF_CHANGED_EVENT]){nodes{__typename ... on AutomaticBaseChangeSucceededEvent{oldBase newBase actor{login}}}}}}}`, map[string]any{"n": upper})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var want map[string]any
	decode(t, []byte(`{"repository":{"pullRequest":{"state":"OPEN","baseRefName":"main","changedFiles":1,"timelineItems":{"nodes":[{"__typename":"AutomaticBaseChangeSucceededEvent","oldBase":"lower","newBase":"main","actor":{"login":"ann"}}]}}}}`), &want)
	if diff := cmp.Diff(want, data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

func TestActivity(t *testing.T) {
	s := newSim(t)
	n, _ := s.pull("feature", "f", "1\n")
	must(s.As("bob").Push(infra, "feature", text("f", "2\n")))(t)
	must(s.As("carol").ForcePush(infra, "feature", "main", text("f", "3\n")))(t)
	must(s.As("dave").Merge(infra, n, githubsim.Squash))(t)
	ok(t, s.As("ann").DeleteBranch(infra, "feature"))
	req, err := s.client.NewRequest("GET", "repos/octo-org/infra/activity?per_page=100", nil)
	ok(t, err)
	var log []struct {
		Kind  string `json:"activity_type"`
		Ref   string `json:"ref"`
		Actor *struct{ Login string }
	}
	_, err = s.client.Do(t.Context(), req, &log)
	ok(t, err)
	var got []string
	for _, l := range log {
		got = append(got, l.Kind+" "+l.Ref+" "+l.Actor.Login)
	}
	want := []string{
		"branch_deletion refs/heads/feature ann", "pr_merge refs/heads/main dave", "force_push refs/heads/feature carol",
		"push refs/heads/feature bob", "branch_creation refs/heads/feature ann", "branch_creation refs/heads/main dave",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("activity (-want +got):\n%s", diff)
	}
}

// Update branch is a push of whoever clicked, with a commit that GitHub signed; an edit
// online is signed by GitHub too, and nobody can forge either.
func TestWebFlow(t *testing.T) {
	s := newSim(t)
	n, _ := s.pull("feature", "main.tf", "resource \"a\" \"b\" {\n  one = 11\n  two = 2\n  three = 3\n  four = 4\n}\n")
	must(s.As("dave").Push(infra, "main", text("main.tf", "# new\nresource \"a\" \"b\" {\n  one = 1\n  two = 2\n  three = 3\n  four = 44\n}\n")))(t)
	updated := must(s.As("bob").UpdateBranch(infra, n))(t)
	edited := must(s.As("bob").EditOnline(infra, "feature", text("README.md", "# edited\n")))(t)
	forged := must(s.As("bob").Push(infra, "feature", githubsim.Commit{
		Files: map[string]string{"x": "1"}, Author: s.Ident("carol"), Committer: githubsim.Ident{Name: "GitHub", Email: "noreply@github.com"}, Signing: githubsim.Unverified,
	}))(t)
	for sha, want := range map[string]string{updated: "bob web-flow true 2", edited: "bob web-flow true 1", forged: "carol web-flow false 1"} {
		c, _, err := s.client.Repositories.GetCommit(t.Context(), "octo-org", "infra", sha, nil)
		ok(t, err)
		got := c.GetAuthor().GetLogin() + " " + c.GetCommitter().GetLogin() + " " + map[bool]string{true: "true", false: "false"}[c.GetCommit().GetVerification().GetVerified()] + " " + itoa(int64(len(c.Parents)))
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	files, _, err := s.client.PullRequests.ListFiles(t.Context(), "octo-org", "infra", n, nil)
	ok(t, err)
	i := slices.IndexFunc(files, func(f *github.CommitFile) bool { return f.GetFilename() == "main.tf" })
	want := "@@ -1,6 +1,6 @@\n # new\n resource \"a\" \"b\" {\n-  one = 1\n+  one = 11\n   two = 2\n   three = 3\n   four = 44"
	if diff := cmp.Diff(want, files[i].GetPatch()); diff != "" {
		t.Errorf("patch after the update (-want +got):\n%s", diff)
	}
}

func TestDeletedPeople(t *testing.T) {
	s := newSim(t)
	n, _ := s.pull("feature", "f", "1\n")
	must(s.As("bob").Approve(infra, n))(t)
	ok(t, s.As("bob").DeleteAccount())
	ok(t, s.As("ann").DeleteAccount())
	pr, _, err := s.client.PullRequests.Get(t.Context(), "octo-org", "infra", n)
	ok(t, err)
	reviews, _, err := s.client.PullRequests.ListReviews(t.Context(), "octo-org", "infra", n, nil)
	ok(t, err)
	if pr.GetUser().GetLogin() != "ghost" || reviews[0].User != nil || reviews[0].GetState() != "APPROVED" {
		t.Errorf("author %v, reviewer %v", pr.GetUser(), reviews[0].User)
	}
	if _, _, err := s.client.Users.Get(t.Context(), "bob"); err == nil {
		t.Error("a deleted account answers")
	}
	s.told()
}

// An approval can be pinned to an old commit.
func TestPinnedReview(t *testing.T) {
	s := newSim(t)
	n, old := s.pull("feature", "f", "1\n")
	head := must(s.As("ann").Push(infra, "feature", text("f", "2\n")))(t)
	must(s.As("bob").Review(infra, n, githubsim.Review{State: "APPROVE", Commit: old}))(t)
	must(s.As("carol").Approve(infra, n))(t)
	reviews, _, err := s.client.PullRequests.ListReviews(t.Context(), "octo-org", "infra", n, nil)
	ok(t, err)
	if reviews[0].GetCommitID() != old || reviews[1].GetCommitID() != head {
		t.Errorf("reviews of %s and %s, want %s and %s", reviews[0].GetCommitID(), reviews[1].GetCommitID(), old, head)
	}
}

// Roles come from the person, the teams and those above them, and the organisation.
func TestRoles(t *testing.T) {
	s := newSim(t)
	ok(t, s.As("dave").SetPermission(site, "carol", "triage"))
	ok(t, s.As("dave").SetTeamPermission(site, "octo-org/seniors", "maintain"))
	tests := []struct{ repo, who, permission, role string }{
		{"infra", "ann", "write", "write"},
		{"infra", "carol", "write", "write"}, // by the team above hers
		{"infra", "dave", "admin", "admin"},
		{"infra", "mallory", "none", "none"}, // pending
		{"site", "mallory", "read", "read"},  // public
		{"site", "carol", "write", "maintain"},
		{"infra", "dependabot[bot]", "write", "write"},
	}
	for _, tt := range tests {
		t.Run(tt.repo+" "+tt.who, func(t *testing.T) {
			got, _, err := s.client.Repositories.GetPermissionLevel(t.Context(), "octo-org", tt.repo, tt.who)
			ok(t, err)
			if got.GetPermission() != tt.permission || got.GetUser().GetRoleName() != tt.role {
				t.Errorf("%s, role %s; want %s, %s", got.GetPermission(), got.GetUser().GetRoleName(), tt.permission, tt.role)
			}
		})
	}
}
