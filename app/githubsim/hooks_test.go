package githubsim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/githubsim"
)

// Each thing that somebody does is told by GitHub's events for it, in order; contract
// holds the bodies to GitHub's description on the way.
func TestEvents(t *testing.T) {
	tests := []struct {
		name string
		do   func(t *testing.T, s *sim, n int, head string)
		want []string
	}{
		{"push to a pull request", func(t *testing.T, s *sim, _ int, _ string) {
			must(s.As("ann").Push(infra, "feature", text("f", "2\n")))(t)
		}, []string{"push", "check_suite.requested", "pull_request.synchronize"}},
		{"force push", func(t *testing.T, s *sim, _ int, _ string) {
			must(s.As("ann").ForcePush(infra, "feature", "main", text("f", "3\n")))(t)
		}, []string{"push", "check_suite.requested", "pull_request.synchronize"}},
		{"update branch", func(t *testing.T, s *sim, n int, _ string) {
			must(s.As("dave").Push(infra, "main", text("g", "1\n")))(t)
			must(s.As("bob").UpdateBranch(infra, n))(t)
		}, []string{"push", "check_suite.requested", "push", "check_suite.requested", "pull_request.synchronize"}},
		{"retarget", func(t *testing.T, s *sim, n int, _ string) {
			must(s.As("dave").Push(infra, "release", text("g", "1\n")))(t)
			ok(t, s.As("ann").Retarget(infra, n, "release"))
		}, []string{"push", "check_suite.requested", "pull_request.edited"}},
		{"title and body", func(t *testing.T, s *sim, n int, _ string) {
			ok(t, s.As("ann").EditTitle(infra, n, "New"))
			ok(t, s.As("ann").EditBody(infra, n, "New"))
		}, []string{"pull_request.edited", "pull_request.edited"}},
		{"draft and back", func(t *testing.T, s *sim, n int, _ string) {
			ok(t, s.As("ann").ToDraft(infra, n))
			ok(t, s.As("ann").Ready(infra, n))
		}, []string{"pull_request.converted_to_draft", "pull_request.ready_for_review"}},
		{"close and reopen", func(t *testing.T, s *sim, n int, _ string) {
			ok(t, s.As("ann").Close(infra, n))
			ok(t, s.As("ann").Reopen(infra, n))
		}, []string{"pull_request.closed", "pull_request.reopened"}},
		{"labels", func(t *testing.T, s *sim, n int, _ string) {
			ok(t, s.As("bob").Label(infra, n, "urgent"))
			ok(t, s.As("bob").Unlabel(infra, n, "urgent"))
		}, []string{"pull_request.labeled", "pull_request.unlabeled"}},
		{"reviews", func(t *testing.T, s *sim, n int, _ string) {
			id := must(s.As("bob").Approve(infra, n))(t)
			ok(t, s.As("carol").Dismiss(infra, n, id, "too early"))
			must(s.As("carol").RequestChanges(infra, n, "no"))(t)
		}, []string{"pull_request_review.submitted", "pull_request_review.dismissed", "pull_request_review.submitted"}},
		{"merge", func(t *testing.T, s *sim, n int, _ string) {
			must(s.As("bob").Merge(infra, n, githubsim.Squash))(t)
		}, []string{"push", "check_suite.requested", "pull_request.closed"}},
		{"pushed to the base directly", func(t *testing.T, s *sim, _ int, head string) {
			must(s.As("dave").ForcePush(infra, "main", head))(t)
		}, []string{"push", "pull_request.closed"}},
		{"branch deleted", func(t *testing.T, s *sim, _ int, _ string) {
			ok(t, s.As("ann").DeleteBranch(infra, "feature"))
		}, []string{"push", "pull_request.closed"}},
		{"another app's check", func(t *testing.T, s *sim, _ int, head string) {
			id := must(s.AsApp("octo-ci").Report(infra, head, check("tests", "")))(t)
			ok(t, s.AsApp("octo-ci").Conclude(infra, id, "failure"))
			must(s.AsApp("octo-ci").Rerun(infra, id, "success"))(t)
		}, []string{
			"check_run.created", "check_run.completed", "check_suite.completed", "check_run.created", "check_run.completed", "check_suite.completed",
		}},
		{"status", func(t *testing.T, s *sim, _ int, head string) {
			ok(t, s.AsApp("octo-ci").Status(infra, head, "lint", "success", "fine"))
		}, []string{"status"}},
		{"re-run clicked at the app's own", func(t *testing.T, s *sim, _ int, head string) {
			run, _, err := s.client.Checks.CreateCheckRun(t.Context(), "octo-org", "infra", github.CreateCheckRunOptions{Name: "own", HeadSHA: head})
			ok(t, err)
			ok(t, s.As("bob").RerequestCheck(infra, run.GetID()))
			ok(t, s.As("bob").RerequestSuite(infra, run.GetCheckSuite().GetID()))
		}, []string{"check_run.created", "check_run.rerequested", "check_suite.rerequested"}},
		{"re-run clicked at another app's", func(t *testing.T, s *sim, _ int, head string) {
			id := must(s.AsApp("octo-ci").Report(infra, head, check("tests", "")))(t)
			ok(t, s.As("bob").RerequestCheck(infra, id))
		}, []string{"check_run.created"}},
		{"teams", func(t *testing.T, s *sim, _ int, _ string) {
			dave := s.As("dave")
			ok(t, dave.CreateTeam("octo-org", "crew", "engineers"))
			ok(t, dave.AddToTeam("octo-org/crew", "carol"))
			ok(t, dave.AddToTeam("octo-org/crew", "mallory")) // invited only
			ok(t, dave.SetTeamPermission(infra, "octo-org/crew", "admin"))
			ok(t, dave.SetTeamPermission(infra, "octo-org/crew", "read"))
			ok(t, dave.SetTeamPermission(infra, "octo-org/crew", "none"))
			ok(t, dave.RenameTeam("octo-org/crew", "The Crew"))
			ok(t, dave.RemoveFromTeam("octo-org/the-crew", "carol"))
			ok(t, s.As("mallory").AcceptInvitations())
			ok(t, dave.DeleteTeam("octo-org/the-crew"))
		}, []string{
			"team.created", "membership.added", "team.added_to_repository", "team.edited", "team.removed_from_repository", "team.edited",
			"membership.removed", "organization.member_added", "membership.added", "membership.added", "team.deleted",
		}},
		{"people come and go", func(t *testing.T, s *sim, _ int, _ string) {
			dave := s.As("dave")
			ok(t, dave.AddMember("octo-org", "mallory"))
			ok(t, dave.SetPermission(infra, "mallory", "triage"))
			ok(t, dave.SetPermission(infra, "mallory", "maintain"))
			ok(t, dave.SetPermission(infra, "mallory", "none"))
			ok(t, dave.RemoveMember("octo-org", "carol"))
			ok(t, s.As("mallory").DeleteAccount())
		}, []string{
			"organization.member_added", "member.added", "member.edited", "member.removed",
			"membership.removed", "organization.member_removed", "membership.removed", "organization.member_removed",
		}},
		{"repository", func(t *testing.T, s *sim, _ int, _ string) {
			dave := s.As("dave")
			must(s.AddOrg("other-org", "dave"))(t)
			ok(t, dave.Archive(site))
			ok(t, dave.Unarchive(site))
			ok(t, dave.Privatize(site))
			ok(t, dave.Publicize(site))
			ok(t, dave.Rename(site, "www"))
			ok(t, dave.DeleteRepository("octo-org/www"))
			must(s.Install("other-org"))(t)
			ok(t, dave.Transfer(infra, "other-org"))
		}, []string{
			"repository.archived", "repository.unarchived", "repository.privatized", "repository.publicized", "repository.renamed", "repository.deleted", "installation.created",
			"installation_repositories.removed", "repository.transferred", "installation_repositories.added",
		}},
		{"conversation", func(t *testing.T, s *sim, n int, _ string) {
			id := must(s.As("bob").Discuss(infra, n, "f", "why?"))(t)
			ok(t, s.As("ann").Resolve(infra, n, id, true))
			ok(t, s.As("bob").Resolve(infra, n, id, false))
			refused(t, s.As("mallory").Resolve(infra, n, id, true), 404)
		}, []string{"pull_request_review.submitted", "pull_request_review_thread.resolved", "pull_request_review_thread.unresolved"}},
		{"repository made, and its default branch", func(t *testing.T, s *sim, _ int, _ string) {
			dave := s.As("dave")
			ok(t, dave.CreateRepository("octo-org/.github", true, map[string]string{"a": "1\n"}))
			must(dave.Push("octo-org/.github", "other", text("b", "1\n")))(t)
			ok(t, dave.SetDefaultBranch("octo-org/.github", "other"))
			refused(t, s.As("dave").CreateRepository("octo-org/.github", true, nil), 422)
			refused(t, s.As("mallory").CreateRepository("octo-org/own", true, nil), 404)
		}, []string{
			"repository.created", "installation_repositories.added", "push", "check_suite.requested", "push", "check_suite.requested", "repository.edited",
		}},
		{"merge queue", func(t *testing.T, s *sim, n int, _ string) {
			must(s.As("bob").Enqueue(infra, n))(t)
			if !must(s.AdvanceQueue(infra))(t) {
				t.Error("not merged")
			}
		}, []string{
			"pull_request.enqueued", "push", "check_suite.requested", "merge_group.checks_requested",
			"merge_group.destroyed", "pull_request.dequeued", "push", "pull_request.closed",
		}},
		{"deployment gate", func(t *testing.T, s *sim, _ int, head string) {
			run := must(s.AsApp("github-actions").StartRun(infra, head, ".github/workflows/deploy.yml", "push"))(t)
			ok(t, s.SetEnvironment(infra, "production", githubsim.Environment{Gate: true}))
			must(s.AsApp("github-actions").StartJob(infra, run, "deploy", "production"))(t)
		}, []string{"deployment.created", "check_run.created", "deployment_status.created", "deployment_protection_rule.requested"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSim(t)
			n, head := s.pull("feature", "f", "1\n")
			s.told()
			tt.do(t, s, n, head)
			s.wantTold(tt.want...)
		})
	}
}

// Nothing is sent about what the installation does not cover, or an unsubscribed event.
func TestUnheard(t *testing.T) {
	s := newSim(t, func(o *githubsim.Options) { o.App.Events = []string{"status"} })
	_, head := s.pull("feature", "f", "1\n")
	ok(t, s.As("bob").Status(infra, head, "lint", "success", ""))
	s.wantTold("status")
	ok(t, s.SelectRepositories("octo-org", site))
	s.wantTold("installation_repositories.removed")
	ok(t, s.As("bob").Status(infra, head, "lint", "failure", ""))
	ok(t, s.Suspend("octo-org"))
	s.wantTold("installation.suspend")
	must(s.As("mallory").Fork(site))(t)
	must(s.As("mallory").Push("mallory/site", "main", text("x", "1")))(t)
	s.wantTold()
}

func TestForkEvents(t *testing.T) {
	s := newSim(t)
	must(s.As("mallory").Fork(site))(t)
	head := must(s.As("mallory").Push("mallory/site", "fix", text("x", "1")))(t)
	n := must(s.As("mallory").OpenPull(site, githubsim.NewPull{Title: "Fix", Head: "mallory:fix"}))(t)
	must(s.AsApp("octo-ci").Report(site, head, check("tests", "success")))(t)
	ok(t, s.As("bob").Status(site, head, "lint", "success", ""))
	must(s.As("mallory").Push("mallory/site", "fix", text("x", "2")))(t)
	if err := s.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range s.taken() {
		var in struct {
			PullRequest struct {
				Head, Base struct {
					Repo *struct {
						FullName string `json:"full_name"`
					}
				}
			} `json:"pull_request"`
			CheckRun *struct {
				PullRequests []any `json:"pull_requests"`
				CheckSuite   struct {
					HeadBranch *string `json:"head_branch"`
				} `json:"check_suite"`
			} `json:"check_run"`
			Branches []any `json:"branches"`
		}
		decode(t, h.Body, &in)
		got = append(got, h.name(t))
		if in.CheckRun != nil && (len(in.CheckRun.PullRequests) > 0 || in.CheckRun.CheckSuite.HeadBranch != nil) {
			t.Errorf("%s names the fork's pull request or branch", h.name(t))
		}
		if len(in.Branches) > 0 {
			t.Errorf("%s names the fork's branch", h.name(t))
		}
		if h.Event == "pull_request" && (in.PullRequest.Head.Repo.FullName != "mallory/site" || in.PullRequest.Base.Repo.FullName != site) {
			t.Errorf("%s: head and base %v", h.name(t), in.PullRequest)
		}
	}
	want := []string{"pull_request.opened", "check_run.created", "check_run.completed", "check_suite.completed", "status", "pull_request.synchronize"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	ok(t, s.As("mallory").DeleteRepository("mallory/site"))
	ok(t, s.As("mallory").EditTitle(site, n, "Orphan"))
	s.wantTold("pull_request.edited")
	pr, _, err := s.client.PullRequests.Get(t.Context(), "octo-org", "site", n)
	ok(t, err)
	if pr.GetHead().Repo != nil || pr.GetState() != "open" {
		t.Errorf("after the fork's end: %v", pr.GetHead())
	}
}

func TestDeliveryFaults(t *testing.T) {
	s := newSim(t)
	_, head := s.pull("feature", "f", "1\n")
	s.told()
	post := func(context string) { ok(t, s.As("bob").Status(infra, head, context, "success", "")) }

	s.LoseNext(githubsim.OfEvent("status", ""))
	post("a")
	s.wantTold()
	lost := s.last()
	if lost.Outcome != "lost" {
		t.Errorf("outcome %q, want lost", lost.Outcome)
	}
	ok(t, s.Redeliver(lost.GUID))
	s.wantTold("status")
	if again := s.last(); again.GUID != lost.GUID || !again.Redelivery || again.ID == lost.ID {
		t.Errorf("redelivery: %v of %v", again, lost)
	}

	s.DuplicateNext(githubsim.Every)
	post("b")
	if err := s.Settle(t.Context()); err != nil {
		t.Error(err)
	}
	if h := s.taken(); len(h) != 2 || h[0].GUID != h[1].GUID {
		t.Errorf("doubled: %d deliveries", len(h))
	}

	release := s.Hold(githubsim.OfEvent("status", ""))
	post("c")
	ok(t, s.As("bob").Label(infra, 1, "x"))
	s.wantTold("pull_request.labeled")
	release()
	s.wantTold("status")

	post("d")
	ok(t, s.As("bob").Unlabel(infra, 1, "x"))
	s.Reorder(func(q []*githubsim.Delivery) { slices.Reverse(q) })
	s.wantTold("pull_request.unlabeled", "status")

	s.answer = 503
	post("e")
	if err := s.Settle(t.Context()); err == nil {
		t.Error("a refused delivery is no error")
	}
	if failed := s.last(); failed.Status != 503 || failed.Outcome == "OK" {
		t.Errorf("failed delivery: %v", failed)
	}
}

func (s *sim) last() githubsim.Delivery {
	all := s.Deliveries()
	return all[len(all)-1]
}

// Deliveries that the app refused are listed by attempt, the newest first, and sent again
// under their GUID when the app asks, for three days.
func TestHookDeliveries(t *testing.T) {
	s := newSim(t, func(o *githubsim.Options) { o.JWTNow = time.Now })
	s.told()
	s.LoseNext(githubsim.OfEvent("check_suite", ""))
	s.answer = 503
	s.pull("feature", "f", "1\n")
	if err := s.Settle(t.Context()); err == nil {
		t.Fatal("refused deliveries are no error")
	}
	s.taken()
	s.answer = 0
	app := s.appClient()
	list := func(per int) (all []*github.HookDelivery) {
		t.Helper()
		opts := &github.ListCursorOptions{PerPage: per}
		for {
			page, resp, err := app.Apps.ListHookDeliveries(t.Context(), opts)
			ok(t, err)
			all = append(all, page...)
			if opts.Cursor = resp.Cursor; opts.Cursor == "" {
				return all
			}
		}
	}
	all := list(1)
	if len(all) != 2 || all[1].GetEvent() != "push" || all[1].GetStatus() != "Invalid HTTP Response: 503" || all[1].GetStatusCode() != 503 {
		t.Fatalf("deliveries: %v", all)
	}
	again := func(id int64) int {
		t.Helper()
		_, resp, err := app.Apps.RedeliverHookDelivery(t.Context(), id)
		if _, accepted := err.(*github.AcceptedError); err != nil && !accepted && resp == nil { //nolint:errorlint // go-github returns it bare
			t.Fatal(err)
		}
		return resp.StatusCode
	}
	if status := again(all[1].GetID()); status != 202 {
		t.Fatalf("redelivery answered %d", status)
	}
	s.wantTold("push")
	newest := list(100)[0]
	if newest.GetGUID() != all[1].GetGUID() || newest.GetID() == all[1].GetID() || !newest.GetRedelivery() || newest.GetStatus() != "OK" {
		t.Errorf("the attempt: %v", newest)
	}
	full, _, err := app.Apps.GetHookDelivery(t.Context(), newest.GetID())
	ok(t, err)
	if got := full.GetRequest().Headers["X-Github-Delivery"]; got != newest.GetGUID() || !contains(string(*full.Request.RawPayload), "refs/heads/feature") {
		t.Errorf("shown: %v", full)
	}
	s.clock.Add(73 * time.Hour)
	if all := list(100); len(all) != 0 {
		t.Errorf("after three days: %v", all)
	}
	if status := again(newest.GetID()); status != 404 {
		t.Errorf("a redelivery after three days is answered %d", status)
	}
}
