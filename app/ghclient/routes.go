package ghclient

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// routes names requests by what they ask for, without owners, names and numbers, so that
// the names can be counted. What is not listed is counted by its method alone.
type routes struct {
	base string // of the API's path, ends in a slash
	mux  *http.ServeMux
}

var known = []string{
	"/app",
	"/app/hook/config",
	"/app/hook/deliveries",
	"/app/hook/deliveries/{id}",
	"/app/hook/deliveries/{id}/attempts",
	"/app/installations",
	"/app/installations/{id}",
	"/app/installations/{id}/access_tokens",
	"/installation/repositories",
	"/meta",
	"/rate_limit",
	"/orgs/{org}/installation",
	"/orgs/{org}/members/{user}",
	"/orgs/{org}/memberships/{user}",
	"/orgs/{org}/teams/{team}",
	"/orgs/{org}/teams/{team}/members",
	"/orgs/{org}/teams/{team}/memberships/{user}",
	"/orgs/{org}/teams/{team}/teams",
	"/repos/{owner}/{repo}",
	"/repos/{owner}/{repo}/actions/runs/{id}",
	"/repos/{owner}/{repo}/actions/runs/{id}/deployment_protection_rule",
	"/repos/{owner}/{repo}/actions/runs/{id}/jobs",
	"/repos/{owner}/{repo}/activity",
	"/repos/{owner}/{repo}/branches/{branch}",
	"/repos/{owner}/{repo}/check-runs",
	"/repos/{owner}/{repo}/check-runs/{id}",
	"/repos/{owner}/{repo}/check-runs/{id}/annotations",
	"/repos/{owner}/{repo}/collaborators/{user}/permission",
	"/repos/{owner}/{repo}/commits",
	"/repos/{owner}/{repo}/commits/{ref}",
	"/repos/{owner}/{repo}/commits/{ref}/check-runs",
	"/repos/{owner}/{repo}/commits/{ref}/check-suites",
	"/repos/{owner}/{repo}/commits/{ref}/pulls",
	"/repos/{owner}/{repo}/commits/{ref}/status",
	"/repos/{owner}/{repo}/commits/{ref}/statuses",
	"/repos/{owner}/{repo}/compare/{basehead}",
	"/repos/{owner}/{repo}/contents/{path...}",
	"/repos/{owner}/{repo}/deployments",
	"/repos/{owner}/{repo}/git/blobs/{sha}",
	"/repos/{owner}/{repo}/git/commits/{sha}",
	"/repos/{owner}/{repo}/git/trees/{sha}",
	"/repos/{owner}/{repo}/installation",
	"/repos/{owner}/{repo}/issues/{comments}/{id}", // a comment by its id; the word itself would be in the next one's way
	"/repos/{owner}/{repo}/issues/comments/{id}/reactions",
	"/repos/{owner}/{repo}/issues/{number}/comments",
	"/repos/{owner}/{repo}/pulls",
	"/repos/{owner}/{repo}/pulls/{number}",
	"/repos/{owner}/{repo}/pulls/{number}/commits",
	"/repos/{owner}/{repo}/pulls/{number}/files",
	"/repos/{owner}/{repo}/pulls/{number}/reviews",
	"/repos/{owner}/{repo}/rules/branches/{branch}",
	"/repos/{owner}/{repo}/rulesets",
	"/repos/{owner}/{repo}/statuses/{sha}",
	"/repositories/{id}",
	"/repositories/{id}/{rest...}", // where a renamed repository's requests are sent on to
	"/users/{user}",
}

func newRoutes(base string) *routes {
	r := &routes{base: base, mux: http.NewServeMux()}
	for _, pattern := range known {
		r.mux.Handle(pattern, http.NotFoundHandler()) // never served, only found
	}
	return r
}

// operationKey is under which a request's context holds the name of its GraphQL operation.
type operationKey struct{}

func withOperation(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, operationKey{}, name)
}

// kind names a request for Options.Observe. A token that is minted for a GraphQL request
// is asked for in its context and is none itself.
func (r *routes) kind(req *http.Request) string {
	if name, ok := req.Context().Value(operationKey{}).(string); ok && strings.HasSuffix(req.URL.Path, "/graphql") {
		return "graphql " + name
	}
	path := "/" + strings.TrimPrefix(req.URL.EscapedPath(), r.base)
	u, err := url.Parse(path)
	if err != nil || u.Host != "" {
		return req.Method + " other"
	}
	_, pattern := r.mux.Handler(&http.Request{Method: req.Method, URL: u, Host: req.Host})
	if pattern == "" {
		pattern = "other"
	}
	return req.Method + " " + pattern
}
