package githubsim

// routes are all endpoints, under the names that GitHub's description of its API gives
// them. The more special of two that match stands first.
func (s *Server) routes() []route {
	const repo = "/repos/{owner}/{repo}"
	return []route{
		{method: "POST", pattern: "/graphql", serve: graphql},

		{method: "GET", pattern: "/app", need: "jwt", serve: getApp},
		{method: "GET", pattern: "/app/installations", need: "jwt", serve: listInstallations},
		{method: "GET", pattern: "/app/installations/{installation_id}", need: "jwt", serve: getInstallation},
		{method: "POST", pattern: "/app/installations/{installation_id}/access_tokens", need: "jwt", serve: createToken},
		{method: "GET", pattern: "/app/hook/config", need: "jwt", serve: getHookConfig},
		{method: "GET", pattern: "/app/hook/deliveries", need: "jwt", serve: listDeliveries},
		{method: "GET", pattern: "/app/hook/deliveries/{delivery_id}", need: "jwt", serve: getDelivery},
		{method: "POST", pattern: "/app/hook/deliveries/{delivery_id}/attempts", need: "jwt", serve: redeliver},
		{method: "GET", pattern: "/orgs/{org}/installation", need: "jwt", serve: getOrgInstallation},
		{method: "GET", pattern: repo + "/installation", need: "jwt", serve: getRepoInstallation},
		{method: "GET", pattern: "/installation/repositories", serve: listInstallationRepos},
		{method: "GET", pattern: "/rate_limit", serve: rateLimit},

		{method: "GET", pattern: "/users/{username}", serve: getUser},
		{method: "GET", pattern: "/user/{account_id}", serve: getUserByID},
		{method: "GET", pattern: "/orgs/{org}/teams/{team_slug}", need: "members:read", serve: getTeam},
		{method: "GET", pattern: "/orgs/{org}/teams/{team_slug}/teams", need: "members:read", serve: listChildTeams},
		{method: "GET", pattern: "/orgs/{org}/teams/{team_slug}/members", need: "members:read", serve: listTeamMembers},
		{method: "GET", pattern: "/orgs/{org}/teams/{team_slug}/memberships/{username}", need: "members:read", serve: getTeamMembership},
		{method: "GET", pattern: "/orgs/{org}/memberships/{username}", need: "members:read", serve: getOrgMembership},

		{method: "GET", pattern: repo, need: "metadata:read", serve: getRepo},
		{method: "GET", pattern: repo + "/activity", need: "contents:read", serve: listActivity},
		{method: "GET", pattern: repo + "/collaborators/{username}/permission", need: "metadata:read", serve: getPermission},
		{method: "GET", pattern: repo + "/rules/branches/{branch...}", need: "metadata:read", serve: listRules},
		{method: "GET", pattern: repo + "/contents/{path...}", need: "contents:read", serve: getContents},
		{method: "GET", pattern: repo + "/git/blobs/{file_sha}", need: "contents:read", serve: getBlob},
		{method: "GET", pattern: repo + "/git/trees/{tree_sha}", need: "contents:read", serve: getTree},
		{method: "GET", pattern: repo + "/branches/{branch...}", need: "contents:read", serve: getBranch},
		{method: "GET", pattern: repo + "/compare/{basehead...}", need: "contents:read", serve: compareCommits},
		{method: "GET", pattern: repo + "/commits", need: "contents:read", serve: listCommits},
		{method: "GET", pattern: repo + "/commits/{commit_sha}/pulls", need: "pull_requests:read", serve: listCommitPulls},
		{method: "GET", pattern: repo + "/commits/{ref...}/check-runs", need: "checks:read", serve: listCheckRuns},
		{method: "GET", pattern: repo + "/commits/{ref...}/check-suites", need: "checks:read", serve: listCheckSuites},
		{method: "GET", pattern: repo + "/commits/{ref...}/status", need: "statuses:read", serve: getCombinedStatus},
		{method: "GET", pattern: repo + "/commits/{ref...}/statuses", need: "statuses:read", serve: listStatuses},
		{method: "GET", pattern: repo + "/commits/{ref...}", need: "contents:read", serve: getCommit},

		{method: "GET", pattern: repo + "/pulls", need: "pull_requests:read", serve: listPulls},
		{method: "GET", pattern: repo + "/pulls/{pull_number}", need: "pull_requests:read", serve: getPull},
		{method: "GET", pattern: repo + "/pulls/{pull_number}/files", need: "pull_requests:read", serve: listPullFiles},
		{method: "GET", pattern: repo + "/pulls/{pull_number}/commits", need: "pull_requests:read", serve: listPullCommits},
		{method: "GET", pattern: repo + "/pulls/{pull_number}/reviews", need: "pull_requests:read", serve: listReviews},

		{method: "GET", pattern: repo + "/issues", need: "issues:read", serve: listIssues},
		{method: "POST", pattern: repo + "/issues", need: "issues:write", serve: createIssue},
		{method: "GET", pattern: repo + "/issues/{issue_number}", need: "issues:read", serve: getIssue},
		{method: "PATCH", pattern: repo + "/issues/{issue_number}", need: "issues:write", serve: updateIssue},
		{method: "GET", pattern: repo + "/issues/comments/{comment_id}", need: "issues:read", serve: getComment},
		{method: "POST", pattern: repo + "/issues/comments/{comment_id}/reactions", need: "issues:write", serve: createReaction},
		{method: "GET", pattern: repo + "/issues/{issue_number}/comments", need: "issues:read", serve: listComments},
		{method: "POST", pattern: repo + "/issues/{issue_number}/comments", need: "issues:write", serve: createComment},
		{method: "POST", pattern: repo + "/pulls/{pull_number}/requested_reviewers", need: "pull_requests:write", serve: requestReviewers},

		{method: "POST", pattern: repo + "/check-runs", need: "checks:write", serve: createCheckRun},
		{method: "GET", pattern: repo + "/check-runs/{check_run_id}", need: "checks:read", serve: getCheckRun},
		{method: "PATCH", pattern: repo + "/check-runs/{check_run_id}", need: "checks:write", serve: updateCheckRun},
		{method: "GET", pattern: repo + "/check-runs/{check_run_id}/annotations", need: "checks:read", serve: listAnnotations},
		{method: "GET", pattern: repo + "/check-suites/{check_suite_id}/check-runs", need: "checks:read", serve: listSuiteRuns},
		{method: "POST", pattern: repo + "/statuses/{sha}", need: "statuses:write", serve: createStatus},
		{method: "GET", pattern: repo + "/actions/runs/{run_id}/jobs", need: "actions:read", serve: listJobs},
		{method: "GET", pattern: repo + "/actions/runs", need: "actions:read", serve: listRuns},
		{method: "GET", pattern: repo + "/actions/runs/{run_id}", need: "actions:read", serve: getRun},
		{method: "GET", pattern: repo + "/actions/runs/{run_id}/pending_deployments", need: "actions:read", serve: listPendingDeployments},
		{method: "GET", pattern: repo + "/environments/{environment_name}/deployment_protection_rules", need: "actions:read", serve: listProtectionRules},
		{method: "GET", pattern: repo + "/deployments", need: "deployments:read", serve: listDeployments},
		{method: "GET", pattern: repo + "/deployments/{deployment_id}/statuses", need: "deployments:read", serve: listDeploymentStatuses},
		{method: "POST", pattern: repo + "/actions/runs/{run_id}/deployment_protection_rule", need: "deployments:write", serve: reviewDeployment},
	}
}
