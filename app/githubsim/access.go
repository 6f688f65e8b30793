package githubsim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// authorized checks who calls and whether they may, then serves.
func (c *call) authorized(at *route) (any, error) {
	if err := c.authenticate(at.need == "jwt"); err != nil {
		return nil, err
	}
	if err := c.limited(at); err != nil {
		return nil, err
	}
	if err := c.findRepo(at); err != nil {
		return nil, err
	}
	if err := c.may(at.need); err != nil {
		return nil, err
	}
	answer, err := at.serve(c)
	if unread := c.unread(); err == nil && len(unread) > 0 {
		c.unknown("query parameter " + strings.Join(unread, ", ") + " of " + Kind(c.r))
	}
	return answer, err
}

// findRepo resolves the path's repository: one that the installation does not cover is
// not there, unless it is public and only read; one that was renamed is redirected.
func (c *call) findRepo(at *route) error {
	name := c.vars["owner"] + "/" + c.vars["repo"]
	if !strings.HasPrefix(at.pattern, "/repos/{owner}/{repo}") {
		return nil
	}
	if id, ok := strings.CutPrefix(c.r.URL.Path, "/repositories/"); ok {
		num, _, _ := strings.Cut(id, "/")
		n, _ := strconv.ParseInt(num, 10, 64)
		c.repo = c.repoByID(n)
	} else {
		c.repo = c.Server.repo(name)
	}
	if c.repo == nil || c.install != nil && !c.reaches(c.repo) && (c.repo.private || c.r.Method != http.MethodGet) {
		return notFound()
	}
	if strings.HasPrefix(c.r.URL.Path, "/repos/") && !strings.EqualFold(c.repo.fullName(), name) {
		return c.moved()
	}
	return nil
}

// moved redirects to the repository by id.
// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
func (c *call) moved() error {
	status := 301
	if c.r.Method != http.MethodGet {
		status = 307
	}
	e := refuse(status, "Moved Permanently")
	escaped := c.r.URL.EscapedPath()
	tail := strings.SplitN(strings.TrimPrefix(escaped, "/repos/"), "/", 3)
	to := fmt.Sprintf("%s/repositories/%d", c.base(), c.repo.id)
	if len(tail) == 3 {
		to += "/" + tail[2]
	}
	if c.r.URL.RawQuery != "" {
		to += "?" + c.r.URL.RawQuery
	}
	e.header = http.Header{"Location": {to}}
	return e
}

// base is the address that the caller used.
func (c *call) base() string {
	if c.r.Host == "" {
		return c.url
	}
	if c.r.TLS != nil {
		return "https://" + c.r.Host
	}
	return "http://" + c.r.Host
}

// reaches says whether the token may see r.
func (c *call) reaches(r *repository) bool {
	return c.install.covers(r) && (len(c.token.repos) == 0 || c.token.repos[r])
}

// may checks a permission of the token.
func (c *call) may(need string) error {
	name, level, ok := strings.Cut(need, ":")
	if !ok {
		return nil
	}
	if c.token.can(name, level) {
		return nil
	}
	e := refuse(403, "Resource not accessible by integration")
	e.header = http.Header{"X-Accepted-Github-Permissions": {name + "=" + level}}
	return e
}
