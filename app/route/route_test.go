package route

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

const (
	shaA  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	shaB  = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	zeros = "0000000000000000000000000000000000000000"
	sha64 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

	// The parts that nearly every delivery has, and how describe writes them.
	common = `"installation":{"id":9},"sender":{"id":11,"login":"ann","type":"User"},
		"repository":{"id":7,"name":"app","full_name":"octo-org/app","owner":{"id":3,"login":"octo-org"},"default_branch":"main","private":true}`
	commonOrg = `"installation":{"id":9},"sender":{"id":11,"login":"ann","type":"User"},"organization":{"id":3,"login":"octo-org"}`
	repo      = "in 9; repository 7=octo-org/app of 3 default main private"

	commonHome = `"installation":{"id":9},"sender":{"id":11,"login":"ann","type":"User"},
		"repository":{"id":8,"name":".github","full_name":"octo-org/.github","owner":{"id":3,"login":"octo-org"},"default_branch":"main","private":true}`
	homeRepo = "in 9; repository 8=octo-org/.github of 3 default main private"

	pullBase = `"number":5,"title":"t","state":"open","updated_at":"2025-01-02T03:04:05Z","user":{"id":11},
		"head":{"sha":"` + shaB + `","ref":"topic","repo":{"id":7}},"base":{"ref":"main"}`
	pullOpen = "pull 7#5 bbbbbbb (topic in 7) onto main by 11 at 2025-01-02T03:04:05Z open"
)

var meanings = []struct{ name, event, body, want string }{
	{
		"a comment that may be a command", "issue_comment",
		`{"action":"created",` + common + `,"issue":{"number":5,"pull_request":{}},"comment":{"id":90,"body":"/waive tests because ok","user":{"id":11},"performed_via_github_app":null}}`,
		repo + "; command 7#5 comment 90 by 11=ann; due comments/7/5",
	},
	{
		"a comment that is talk", "issue_comment",
		`{"action":"created",` + common + `,"issue":{"number":5,"pull_request":{}},"comment":{"id":90,"body":"> /waive tests because ok","user":{"id":11}}}`, repo,
	},
	{
		"an edited comment", "issue_comment",
		`{"action":"edited",` + common + `,"issue":{"number":5,"pull_request":{}},"comment":{"id":90,"body":"/waive tests because ok","user":{"id":11}}}`, repo,
	},
	{
		"a command on an issue", "issue_comment",
		`{"action":"created",` + common + `,"issue":{"number":5},"comment":{"id":90,"body":"/waive tests because ok","user":{"id":11}}}`, repo,
	},
	{
		"a command posted by an app for somebody", "issue_comment",
		`{"action":"created",` + common + `,"issue":{"number":5,"pull_request":{}},"comment":{"id":90,"body":"/waive tests because ok","user":{"id":11},"performed_via_github_app":{"id":4}}}`, repo,
	},
	{
		"a command by a bot", "issue_comment",
		`{"action":"created",` + common + `,"sender":{"id":12,"login":"renovate[bot]","type":"Bot"},"issue":{"number":5,"pull_request":{}},"comment":{"id":90,"body":"/waive tests because ok","user":{"id":12}}}`, repo,
	},
	{
		"a comment of somebody else than the sender", "issue_comment",
		`{"action":"created",` + common + `,"issue":{"number":5,"pull_request":{}},"comment":{"id":90,"body":"/waive tests because ok","user":{"id":12}}}`, repo,
	},
	{
		"opened: the sender pushed the head", "pull_request",
		`{"action":"opened",` + common + `,"pull_request":{` + pullBase + `}}`,
		repo + "; " + pullOpen + "; push 7 #5 none..bbbbbbb by 11=ann; due pull_request/7/5",
	},
	{
		"synchronize: the old head's other pull requests too", "pull_request",
		`{"action":"synchronize",` + common + `,"before":"` + shaA + `","after":"` + shaB + `","pull_request":{` + pullBase + `}}`,
		repo + "; " + pullOpen + "; push 7 #5 aaaaaaa..bbbbbbb by 11=ann; due pull_request/7/5; due by head 7@aaaaaaa",
	},
	{
		"synchronize by an app", "pull_request",
		`{"action":"synchronize",` + common + `,"sender":{"id":12,"login":"renovate[bot]","type":"Bot"},"before":"` + shaA + `","after":"` + shaB + `","pull_request":{` + pullBase + `}}`,
		repo + "; " + pullOpen + "; push 7 #5 aaaaaaa..bbbbbbb by 12=renovate[bot] bot; due pull_request/7/5; due by head 7@aaaaaaa",
	},
	{
		"a new base", "pull_request",
		`{"action":"edited",` + common + `,"changes":{"base":{"ref":{"from":"lax"},"sha":{"from":"` + shaA + `"}}},"pull_request":{` + pullBase + `}}`,
		repo + "; " + pullOpen + "; due pull_request/7/5",
	},
	{
		"reopened: nobody is said to have pushed", "pull_request",
		`{"action":"reopened",` + common + `,"pull_request":{` + pullBase + `}}`,
		repo + "; " + pullOpen + "; due pull_request/7/5",
	},
	{
		"merged: what recent merges had is read again", "pull_request",
		`{"action":"closed",` + common + `,"pull_request":{` + strings.Replace(pullBase, `"open"`, `"closed","merged":true`, 1) + `}}`,
		repo + "; pull 7#5 bbbbbbb (topic in 7) onto main by 11 at 2025-01-02T03:04:05Z merged; forget baseline 7/main/*; due pull_request/7/5",
	},
	{
		"closed without a merge", "pull_request",
		`{"action":"closed",` + common + `,"pull_request":{` + strings.Replace(pullBase, `"open"`, `"closed"`, 1) + `}}`,
		repo + "; pull 7#5 bbbbbbb (topic in 7) onto main by 11 at 2025-01-02T03:04:05Z; due pull_request/7/5",
	},
	{
		"draft from a deleted fork of a deleted account", "pull_request",
		`{"action":"converted_to_draft",` + common + `,"pull_request":{"number":5,"state":"open","draft":true,"updated_at":"2025-01-02T03:04:05Z","user":null,
			"head":{"sha":"` + shaB + `","ref":"topic","repo":null},"base":{"ref":"release/1%2F0"}}}`,
		repo + "; pull 7#5 bbbbbbb (topic in 0) onto release/1%2F0 by 0 at 2025-01-02T03:04:05Z open draft; due pull_request/7/5",
	},
	{
		"asked for a review: no verdict rests on it", "pull_request",
		`{"action":"review_requested",` + common + `,"requested_reviewer":{"id":15,"login":"bob","type":"User"},"pull_request":{` + pullBase + `}}`,
		repo + "; " + pullOpen,
	},
	{
		"a person takes a team off", "pull_request",
		`{"action":"review_request_removed",` + common + `,"requested_team":{"id":21,"slug":"qa"},"pull_request":{` + pullBase + `}}`,
		repo + "; " + pullOpen + "; unasked 7#5 user 0 team 21 by 11=ann",
	},
	{
		"GitHub puts members in a team's place: nobody's word", "pull_request",
		`{"action":"review_request_removed",` + common + `,"sender":{"id":12,"login":"app[bot]","type":"Bot"},"requested_team":{"id":21,"slug":"qa"},"pull_request":{` + pullBase + `}}`,
		repo + "; " + pullOpen,
	},
	{
		"taken off is nobody that can be named", "pull_request",
		`{"action":"review_request_removed",` + common + `,"requested_reviewer":null,"pull_request":{` + pullBase + `}}`,
		repo + "; " + pullOpen,
	},
	{
		"assigned: no verdict rests on it", "pull_request",
		`{"action":"assigned",` + common + `,"pull_request":{` + pullBase + `}}`,
		repo + "; " + pullOpen,
	},
	{
		"an action that GitHub has yet to invent", "pull_request",
		`{"action":"teleported",` + common + `,"pull_request":{` + pullBase + `}}`,
		repo + "; " + pullOpen + "; due pull_request/7/5",
	},
	{
		"review submitted", "pull_request_review",
		`{"action":"submitted",` + common + `,"review":{"state":"approved"},"pull_request":{` + pullBase + `}}`,
		repo + "; due pull_request/7/5",
	},
	{
		"review dismissed", "pull_request_review",
		`{"action":"dismissed",` + common + `,"pull_request":{` + pullBase + `}}`,
		repo + "; due pull_request/7/5",
	},
	{
		"conversation resolved", "pull_request_review_thread",
		`{"action":"resolved",` + common + `,"pull_request":{` + pullBase + `}}`,
		repo + "; due pull_request/7/5",
	},
	{
		"check run of a fork's head, lower-cased", "check_run",
		`{"action":"completed",` + common + `,"check_run":{"id":21,"head_sha":"` + shaB + `","name":"test / unit","status":"completed","conclusion":"SUCCESS","app":{"id":15368},"check_suite":{"id":31},"pull_requests":[]}}`,
		repo + `; due by head 7@bbbbbbb if check_run 21 "test / unit" of suite 31 app 15368 user 0 completed success matters`,
	},
	{
		"check run of another repository's pull request", "check_run",
		`{"action":"created",` + common + `,"check_run":{"id":21,"head_sha":"` + shaB + `","name":"test","status":"queued","conclusion":null,"app":{"id":15368},"check_suite":{"id":31},
			"pull_requests":[{"number":99,"base":{"repo":{"id":8}}}]}}`,
		repo + `; due by head 7@bbbbbbb if check_run 21 "test" of suite 31 app 15368 user 0 queued  matters`,
	},
	{
		"check run that somebody asks for again", "check_run",
		`{"action":"rerequested",` + common + `,"check_run":{"id":21,"head_sha":"` + shaB + `","name":"Change Management","status":"completed","conclusion":"failure","app":{"id":1},"check_suite":{"id":31}}}`,
		repo + "; due by head 7@bbbbbbb",
	},
	{
		"a button of a check run that is none of ours", "check_run",
		`{"action":"requested_action",` + common + `,"requested_action":{"identifier":"x"},"check_run":{"id":21,"head_sha":"` + shaB + `","name":"n","status":"completed","conclusion":"failure","app":{"id":1},"check_suite":{"id":31}}}`,
		repo,
	},
	{
		"a button of ours", "check_run",
		`{"action":"requested_action",` + common + `,"requested_action":{"identifier":"so.16.0123abcde"},"check_run":{"id":21,"head_sha":"` + shaB + `"},"sender":{"id":11,"login":"ann","type":"User"}}`,
		repo + `; command 7#42 click -147802879222843 on so.16.0123abcde of check run 21 by 11=ann; due comments/7/42`,
	},
	{
		"a button of ours that a bot pressed", "check_run",
		`{"action":"requested_action",` + common + `,"requested_action":{"identifier":"so.16.0123abcde"},"check_run":{"id":21,"head_sha":"` + shaB + `"},"sender":{"id":11,"login":"ann[bot]","type":"Bot"}}`,
		repo,
	},
	{
		"check run without a name: it may matter", "check_run",
		`{"action":"completed",` + common + `,"check_run":{"id":21,"head_sha":"` + shaB + `","status":"completed","conclusion":"success","app":{"id":1}}}`,
		repo + "; due by head 7@bbbbbbb",
	},
	{
		"check suite, in a SHA-256 repository", "check_suite",
		`{"action":"completed",` + common + `,"check_suite":{"id":31,"head_sha":"` + sha64 + `","status":"completed","conclusion":"failure","app":{"id":15368}}}`,
		repo + `; due by head 7@ccccccc if check_suite 31 "" of suite 0 app 15368 user 0 completed failure matters`,
	},
	{
		"check suite that somebody asks for again", "check_suite",
		`{"action":"rerequested",` + common + `,"check_suite":{"id":31,"head_sha":"` + shaB + `","status":"completed","conclusion":"failure","app":{"id":1}}}`,
		repo + "; due by head 7@bbbbbbb",
	},
	{
		"commit status", "status",
		`{` + common + `,"id":41,"sha":"` + shaB + `","name":"octo-org/app","context":"ci/build","state":"pending"}`,
		repo + `; due by head 7@bbbbbbb if status 41 "ci/build" of suite 0 app 0 user 11  pending matters`,
	},
	{
		"push to a topic branch", "push",
		`{` + common + `,"ref":"refs/heads/topic/ä%","before":"` + shaA + `","after":"` + shaB + `","commits":[{"modified":[".github/change-management.yml"]}]}`,
		repo + "; push 7 refs/heads/topic/ä% aaaaaaa..bbbbbbb by 11=ann; due by base 7 topic/ä% moved",
	},
	{
		"push of other files to the default branch", "push",
		`{` + common + `,"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","commits":[{"modified":["docs/.github/change-management.yml"]},{"removed":["b"]}]}`,
		repo + "; push 7 refs/heads/main aaaaaaa..bbbbbbb by 11=ann; due by base 7 main moved",
	},
	{
		"push that removes the policy", "push",
		`{` + common + `,"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","commits":[{"added":["a"]},{"removed":[".github/change-management.yaml"]}]}`,
		repo + "; push 7 refs/heads/main aaaaaaa..bbbbbbb by 11=ann; due by repository 7",
	},
	{
		"who added somebody to a team", "membership",
		`{"action":"added",` + commonOrg + `,"member":{"id":12,"login":"bob"},"team":{"id":21,"slug":"seniors","parent":null}}`,
		"in 9; join 3/21 user 12 by 11=ann; forget team 3/seniors/*; forget permission */12/; due by person 12 in account 3 repository 0; due by team 3/seniors",
	},
	{
		"who made a team", "team",
		`{"action":"created",` + commonOrg + `,"team":{"id":21,"slug":"Seniors"}}`,
		"in 9; team 3/21 is seniors by 11=ann; forget team 3/*; due by team 3/seniors",
	},
	{
		"who gave a team its name", "team",
		`{"action":"edited",` + commonOrg + `,"team":{"id":21,"slug":"seniors"},"changes":{"name":{"from":"Old hands"}}}`,
		"in 9; team 3/21 is seniors by 11=ann; forget team 3/*; due by team 3/seniors; due by team 3/old-hands",
	},
	{
		"a team that is only described anew", "team",
		`{"action":"edited",` + commonOrg + `,"team":{"id":21,"slug":"seniors"},"changes":{"description":{"from":"x"}}}`,
		"in 9; forget team 3/*; due by team 3/seniors",
	},
	{
		"push that changes the organisation's policy", "push",
		`{` + commonHome + `,"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","commits":[{"modified":[".github/change-management.yml"]}]}`,
		homeRepo + "; push 8 refs/heads/main aaaaaaa..bbbbbbb by 11=ann; due installation/9; due by repository 8",
	},
	{
		"push of other files beside the organisation's policy", "push",
		`{` + commonHome + `,"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","commits":[{"modified":["README.md"]}]}`,
		homeRepo + "; push 8 refs/heads/main aaaaaaa..bbbbbbb by 11=ann; due by base 8 main moved",
	},
	{
		"the organisation's policy moves to another branch", "repository",
		`{"action":"edited",` + commonHome + `,"changes":{"default_branch":{"from":"lax"}}}`,
		homeRepo + "; due installation/9; due repository/8; due by repository 8",
	},
	{
		"the organisation's policy is renamed away", "repository",
		`{"action":"renamed",` + common + `,"changes":{"repository":{"name":{"from":".github"}}}}`,
		repo + "; due installation/9; due repository/7",
	},
	{
		"the organisation's policy leaves the installation", "installation_repositories",
		`{"action":"removed","installation":{"id":9,"account":{"id":3,"login":"octo-org","type":"Organization"}},"repositories_added":[],
			"repositories_removed":[{"id":8,"name":".github","full_name":"octo-org/.github","private":true}]}`,
		"in 9; repository 8=octo-org/.github of 3 private gone; due installation/9; due repository/8",
	},
	{
		"push that adds what reads like a policy", "push",
		`{` + common + `,"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","commits":[{"added":[".github/Change-Management.YAML"]}]}`,
		repo + "; push 7 refs/heads/main aaaaaaa..bbbbbbb by 11=ann; due by repository 7",
	},
	{
		"push that changes a template", "push",
		`{` + common + `,"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","commits":[{"modified":["docs/PULL_REQUEST_TEMPLATE/fix.md"]}]}`,
		repo + "; push 7 refs/heads/main aaaaaaa..bbbbbbb by 11=ann; due by repository 7",
	},
	{
		"push that puts a link in the folder's place", "push",
		`{` + common + `,"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","commits":[{"added":[".github"]}]}`,
		repo + "; push 7 refs/heads/main aaaaaaa..bbbbbbb by 11=ann; due by repository 7",
	},
	{
		"forced push to the default branch", "push",
		`{` + common + `,"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","forced":true,"commits":[{"added":["a"]}]}`,
		repo + "; push 7 refs/heads/main aaaaaaa..bbbbbbb by 11=ann; due by repository 7",
	},
	{
		"push of more commits than are listed", "push",
		`{` + common + `,"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","commits":[` + strings.Repeat(`{"added":["a"]},`, 19) + `{"added":["a"]}]}`,
		repo + "; push 7 refs/heads/main aaaaaaa..bbbbbbb by 11=ann; due by repository 7",
	},
	{
		"push of one commit fewer", "push",
		`{` + common + `,"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","commits":[` + strings.Repeat(`{"added":["a"]},`, 18) + `{"added":["a"]}]}`,
		repo + "; push 7 refs/heads/main aaaaaaa..bbbbbbb by 11=ann; due by base 7 main moved",
	},
	{
		"push of a commit that lists no files", "push",
		`{` + common + `,"ref":"refs/heads/main","before":"` + shaA + `","after":"` + shaB + `","commits":[{"added":["a"]},{"added":[]}]}`,
		repo + "; push 7 refs/heads/main aaaaaaa..bbbbbbb by 11=ann; due by repository 7",
	},
	{
		"push that makes the default branch", "push",
		`{` + common + `,"ref":"refs/heads/main","before":"` + zeros + `","after":"` + shaB + `","created":true,"commits":[{"added":["a"]}]}`,
		repo + "; push 7 refs/heads/main none..bbbbbbb by 11=ann; due by repository 7",
	},
	{
		"push from a commit that is none, and does not say so", "push",
		`{` + common + `,"ref":"refs/heads/main","before":"` + zeros + `","after":"` + shaB + `","commits":[{"added":["a"]}]}`,
		repo + "; push 7 refs/heads/main none..bbbbbbb by 11=ann; due by repository 7",
	},
	{
		"branch deleted", "push",
		`{` + common + `,"ref":"refs/heads/topic","before":"` + shaA + `","after":"` + zeros + `","deleted":true,"commits":[]}`,
		repo + "; due by base 7 topic",
	},
	{
		"tag pushed", "push",
		`{` + common + `,"ref":"refs/tags/main","before":"` + zeros + `","after":"` + shaB + `","commits":[]}`,
		repo,
	},
	{
		"joined a team without parents", "membership",
		`{"action":"added",` + commonOrg + `,"member":{"id":12,"login":"bob"},"team":{"slug":"Senior-Engineers","parent":null}}`,
		"in 9; forget team 3/senior-engineers/*; forget permission */12/; due by person 12 in account 3 repository 0; due by team 3/senior-engineers",
	},
	{
		"left a child team, or one whose parents are not told", "membership",
		`{"action":"removed",` + commonOrg + `,"member":{"id":12,"login":"bob"},"team":{"slug":"qa"}}`,
		"in 9; forget team 3/*; forget permission */12/; due by person 12 in account 3 repository 0; due by team 3/qa",
	},
	{
		"a deleted account left a team", "membership",
		`{"action":"removed",` + commonOrg + `,"member":null,"team":{"slug":"qa","parent":null}}`,
		"in 9; forget team 3/qa/*; due by team 3/qa",
	},
	{
		"team renamed", "team",
		`{"action":"edited",` + commonOrg + `,"changes":{"name":{"from":"Senior Engineers!"}},"team":{"slug":"staff"}}`,
		"in 9; forget team 3/*; due by team 3/staff; due by team 3/senior-engineers",
	},
	{
		"team created", "team",
		`{"action":"created",` + commonOrg + `,"team":{"slug":"qa"}}`,
		"in 9; forget team 3/*; due by team 3/qa",
	},
	{
		"team deleted: whoever could write through it cannot", "team",
		`{"action":"deleted",` + commonOrg + `,"team":{"slug":"qa"}}`,
		"in 9; forget team 3/*; forget permission *; due installation/9; due by team 3/qa",
	},
	{
		"team taken off a repository", "team",
		`{"action":"removed_from_repository",` + common + `,"organization":{"id":3},"team":{"slug":"qa"}}`,
		repo + "; forget team 3/*; forget permission 7/*; due by team 3/qa; due by repository 7",
	},
	{
		"team's permission on a repository", "team",
		`{"action":"edited",` + common + `,"organization":{"id":3},"changes":{"repository":{"permissions":{"from":{"push":true}}}},"team":{"slug":"qa"}}`,
		repo + "; forget team 3/*; forget permission 7/*; due by team 3/qa; due by repository 7",
	},
	{
		"team put on a repository, the older event", "team_add",
		`{` + common + `,"team":{"slug":"qa"}}`,
		repo + "; forget team 3/*; forget permission 7/*; due by team 3/qa; due by repository 7",
	},
	{
		"left the organisation", "organization",
		`{"action":"member_removed",` + commonOrg + `,"membership":{"user":{"id":12,"login":"bob"}}}`,
		"in 9; forget team 3/*; forget owner 3/12/*; forget member 3/12/*; forget permission */12/; due by person 12 in account 3 repository 0",
	},
	{
		"organisation renamed", "organization",
		`{"action":"renamed",` + commonOrg + `,"changes":{"login":{"from":"old"}}}`,
		"in 9; forget team 3/*; due installation/9",
	},
	{
		"invited to the organisation: nothing yet", "organization",
		`{"action":"member_invited",` + commonOrg + `,"user":{"id":12}}`,
		"in 9",
	},
	{
		"collaborator removed", "member",
		`{"action":"removed",` + common + `,"member":{"id":12,"login":"bob"}}`,
		repo + "; forget permission 7/12/*; due by person 12 in account 0 repository 7",
	},
	{
		"repository renamed", "repository",
		`{"action":"renamed",` + common + `,"changes":{"repository":{"name":{"from":"old"}}}}`,
		repo + "; due repository/7",
	},
	{
		"repository deleted", "repository",
		`{"action":"deleted",` + common + `}`,
		repo + " gone; due repository/7",
	},
	{
		"new default branch", "repository",
		`{"action":"edited",` + common + `,"changes":{"default_branch":{"from":"master"}}}`,
		repo + "; due repository/7; due by repository 7",
	},
	{
		"new description", "repository",
		`{"action":"edited",` + common + `,"changes":{"description":{"from":null}}}`,
		repo,
	},
	{
		"made private", "repository",
		`{"action":"privatized",` + common + `}`,
		repo + "; forget permission 7/*; due repository/7; due by repository 7",
	},
	{
		"transferred", "repository",
		`{"action":"transferred",` + common + `,"changes":{"owner":{"from":{"user":{"id":1}}}}}`,
		repo + "; forget permission 7/*; due repository/7; due by repository 7",
	},
	{
		"made public, the older event", "public",
		`{` + common + `}`,
		repo + "; forget permission 7/*; due repository/7; due by repository 7",
	},
	{
		"installed", "installation",
		`{"action":"created","installation":{"id":9,"account":{"id":3,"login":"octo-org","type":"Organization"},"suspended_at":null},"repositories":[{"id":7,"name":"app","full_name":"octo-org/app","private":true},{"id":0,"full_name":"octo-org/none"}]}`,
		"in 9; repository 7=octo-org/app of 3 private; installation 9 on Organization octo-org=3; forget token 9/*; due installation/9",
	},
	{
		"removed", "installation",
		`{"action":"deleted","installation":{"id":9,"account":{"id":3,"login":"octo-org"},"target_type":"Organization"},"repositories":[{"id":7,"full_name":"octo-org/app"}]}`,
		"in 9; repository 7=octo-org/app of 3 gone; installation 9 on Organization octo-org=3 removed; forget token 9/*; due installation/9",
	},
	{
		"suspended", "installation",
		`{"action":"suspend","installation":{"id":9,"account":{"id":3,"login":"octo-org","type":"Organization"}}}`,
		"in 9; installation 9 on Organization octo-org=3 suspended; forget token 9/*; due installation/9",
	},
	{
		"permissions accepted while suspended", "installation",
		`{"action":"new_permissions_accepted","installation":{"id":9,"account":{"id":3,"login":"octo-org","type":"Organization"},"suspended_at":1525109898}}`,
		"in 9; installation 9 on Organization octo-org=3 suspended; forget token 9/*; due installation/9",
	},
	{
		"unsuspended, with the time still on it", "installation",
		`{"action":"unsuspend","installation":{"id":9,"account":{"id":3,"login":"octo-org","type":"Organization"},"suspended_at":"2025-01-02T03:04:05Z"}}`,
		"in 9; installation 9 on Organization octo-org=3; forget token 9/*; due installation/9",
	},
	{
		"repositories come and go", "installation_repositories",
		`{"action":"added","installation":{"id":9,"account":{"id":3,"login":"octo-org","type":"Organization"}},"repositories_added":[{"id":7,"full_name":"octo-org/app"}],"repositories_removed":[{"id":8,"full_name":"octo-org/old"}]}`,
		"in 9; repository 7=octo-org/app of 3; repository 8=octo-org/old of 3 gone; due repository/7; due repository/8",
	},
	{
		"account renamed", "installation_target",
		`{"action":"renamed","installation":{"id":9},"account":{"id":3,"login":"octo-org"},"target_type":"Organization"}`,
		"in 9; due installation/9",
	},
	{
		"merge group asks", "merge_group",
		`{"action":"checks_requested",` + common + `,"merge_group":{"head_sha":"` + shaB + `","base_ref":"refs/heads/release/1"}}`,
		repo + "; merge group 7 " + short(shaB) + " onto release/1 waits; due merge_group/7/" + shaB,
	},
	{
		"merge group is gone", "merge_group",
		`{"action":"destroyed",` + common + `,"reason":"merged","merge_group":{"head_sha":"` + shaB + `","base_ref":"refs/heads/main"}}`,
		repo + "; merge group 7 " + short(shaB) + " onto main is merged; due merge_group/7/" + shaB,
	},
	{
		"merge group does what it never did", "merge_group",
		`{"action":"paused",` + common + `,"merge_group":{"head_sha":"` + shaB + `","base_ref":"refs/heads/main"}}`,
		repo,
	},
	{
		"deployment asks", "deployment_protection_rule",
		`{"action":"requested",` + common + `,"environment":"production/eu","deployment_callback_url":"https://api.github.com/repos/Octo-Org/app/actions/runs/51/deployment_protection_rule"}`,
		repo + "; gate 7 run 51 deployment 0 to production/eu of none; due deployment/7/51/production/eu",
	},
	{
		"deployment asks, on an enterprise server", "deployment_protection_rule",
		`{"action":"requested",` + common + `,"environment":"prod","deployment_callback_url":"https://github.example.com/api/v3/repos/octo-org/app/actions/runs/51/deployment_protection_rule"}`,
		repo + "; gate 7 run 51 deployment 0 to prod of none; due deployment/7/51/prod",
	},
	{
		"comment", "issue_comment",
		`{"action":"created",` + common + `,"issue":{"number":5,"pull_request":{}}}`,
		repo,
	},
	{
		"deployment begun", "deployment",
		`{"action":"created",` + common + `,"deployment":{"id":5,"environment":"prod"}}`,
		repo + "; due by gate of 7 deployment 5 to prod",
	},
	{
		"deployment begun, without its number", "deployment",
		`{"action":"created",` + common + `,"deployment":{"environment":"prod"}}`,
		repo + "; due by gates of 7",
	},
	{
		"deployment under way", "deployment_status",
		`{"action":"created",` + common + `,"deployment":{"id":5,"environment":"prod"},"deployment_status":{"state":"in_progress"}}`,
		repo + "; due by gate of 7 deployment 5 to prod",
	},
	{
		"deployment failed", "deployment_status",
		`{"action":"created",` + common + `,"deployment":{"id":5,"environment":"prod"},"deployment_status":{"state":"failure"}}`,
		repo + "; due by gates of 7",
	},
	{
		"deployment in a state that is new to us", "deployment_status",
		`{"action":"created",` + common + `,"deployment":{"id":5,"environment":"prod"},"deployment_status":{"state":"paused"}}`,
		repo + "; due by gates of 7",
	},
	{
		"deployment reviewed by GitHub's own reviewers", "deployment_review",
		`{"action":"approved",` + common + `}`,
		repo + "; due by gates of 7",
	},
	{
		"unknown event", "teleportation",
		`{"action":"started",` + common + `}`,
		repo,
	},
}

func TestRoute(t *testing.T) {
	for _, tt := range meanings {
		t.Run(tt.name, func(t *testing.T) {
			r := Route(tt.event, []byte(tt.body), received)
			if diff := cmp.Diff(tt.want, describe(r)); diff != "" {
				t.Errorf("Route(%s) (-want +got):\n%s", tt.event, diff)
			}
			holdPromises(t, r)
		})
	}
}

func TestHeader(t *testing.T) {
	for _, tt := range []struct {
		name, body         string
		action             string
		installation, repo int64
	}{
		{"all", `{"action":"opened",` + common + `}`, "opened", 9, 7},
		{"none", `{}`, "", 0, 0},
		{"no JSON", `x`, "", 0, 0},
		{"text for numbers", `{"action":"opened","installation":{"id":"9"},"repository":{"id":7}}`, "opened", 0, 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			action, installation, repo := Header("pull_request", []byte(tt.body))
			if action != tt.action || installation != tt.installation || repo != tt.repo {
				t.Errorf("Header = %q, %d, %d, want %q, %d, %d", action, installation, repo, tt.action, tt.installation, tt.repo)
			}
		})
	}
}

// TestFacts holds the times that describe leaves out.
func TestFacts(t *testing.T) {
	r := Route("push", []byte(`{`+common+`,"ref":"refs/heads/topic","before":"`+shaA+`","after":"`+shaB+`"}`), received)
	want := subject.Result{
		Installation: 9,
		Selectors:    []subject.Selector{{Kind: subject.ByBase, Repo: 7, Branch: "topic", Moved: true}},
		Repositories: []subject.RepositoryFact{{
			ID: 7, Installation: 9, Account: 3, Owner: "octo-org", Name: "app", DefaultBranch: "main", Private: true, At: received,
		}},
		Pushes: []subject.PushFact{{
			Repo: 7, Ref: "refs/heads/topic", Before: shaA, After: shaB, User: 11, Login: "ann", At: received,
		}},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Errorf("Route(push) (-want +got):\n%s", diff)
	}
}

// holdPromises checks what every Result promises to the store: ids are above zero, commits
// are commits, and a subject's key reads back as the subject.
func holdPromises(t *testing.T, r subject.Result) {
	t.Helper()
	for _, s := range r.Subjects {
		back, err := subject.ParseKey(s.Key())
		if err != nil || back != s {
			t.Errorf("subject %+v reads back as %+v, %v", s, back, err)
		}
		if s.Kind != subject.Installation && s.Repo <= 0 || s.SHA != "" && !isCommit(s.SHA) || s.Number < 0 {
			t.Errorf("subject %+v names nothing", s)
		}
	}
	for _, s := range r.Selectors {
		if s.Kind == subject.ByHead && !isCommit(s.SHA) || s.Repo < 0 || s.User < 0 || s.Repo == 0 && s.Account <= 0 {
			t.Errorf("selector %+v names nothing", s)
		}
	}
	for _, f := range r.Pulls {
		if f.Repo <= 0 || f.Number <= 0 || !isCommit(f.Head) {
			t.Errorf("pull %+v names nothing", f)
		}
	}
	for _, f := range r.Pushes {
		if f.Repo <= 0 || f.User <= 0 || !isCommit(f.After) || f.Before != "" && !isCommit(f.Before) || (f.Ref == "") == (f.Number == 0) {
			t.Errorf("push %+v names nothing", f)
		}
	}
	for _, f := range r.Commands {
		if f.Comment == 0 || (f.Comment < 0) != (f.CheckRun > 0 && f.Button != "") || f.Repo <= 0 || f.Number <= 0 || f.By.User <= 0 || f.By.Bot {
			t.Errorf("command %+v names nothing", f)
		}
	}
	for _, f := range r.Unasked {
		if f.Repo <= 0 || f.Number <= 0 || f.By.User <= 0 || f.By.Bot || f.User < 0 || f.Team < 0 || f.User+f.Team == 0 {
			t.Errorf("unasked %+v names nothing", f)
		}
	}
	for _, f := range r.Repositories {
		if f.ID <= 0 || f.Account <= 0 || f.Owner == "" || f.Name == "" {
			t.Errorf("repository %+v names nothing", f)
		}
	}
	for _, f := range r.Installations {
		if f.ID <= 0 {
			t.Errorf("installation %+v names nothing", f)
		}
	}
}
