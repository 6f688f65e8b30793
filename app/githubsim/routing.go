package githubsim

import (
	"net/url"
	"strings"
)

// route is one endpoint. need is the permission of the installation that it takes, like
// "checks:write"; "jwt" for calls of the app itself, "" for any valid token.
type route struct {
	method, pattern, need string
	serve                 func(*call) (any, error)
	segments              []string
}

// match compares a path's escaped segments with the pattern. A "{name...}" takes one
// segment or more: GitHub lets refs and paths go on over slashes in mid path.
func match(pattern, path []string, vars map[string]string) bool {
	if len(pattern) == 0 || len(path) == 0 {
		return len(pattern) == 0 && len(path) == 0
	}
	head := pattern[0]
	if name, ok := strings.CutSuffix(head, "...}"); ok {
		for n := len(path); n >= 1; n-- {
			if match(pattern[1:], path[n:], vars) {
				vars[name[1:]] = unescape(strings.Join(path[:n], "/"))
				return true
			}
		}
		return false
	}
	if strings.HasPrefix(head, "{") {
		if !match(pattern[1:], path[1:], vars) {
			return false
		}
		vars[strings.Trim(head, "{}")] = unescape(path[0])
		return true
	}
	return head == path[0] && match(pattern[1:], path[1:], vars)
}

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

func escapeSegment(s string) string { return url.PathEscape(s) }

// find picks the route of a request. Routes are tried in order, so the more special
// stands first.
func (s *Server) find(routes []route, method, path string) (*route, map[string]string) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for i := range routes {
		vars := map[string]string{}
		if routes[i].method == method && match(routes[i].segments, segments, vars) {
			return &routes[i], vars
		}
	}
	return nil, nil
}
