package githubsim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// call is one request while it is answered, under the server's lock.
type call struct {
	*Server
	r       *http.Request
	vars    map[string]string
	body    []byte
	install *installation // nil for calls with the app's JWT
	token   *token
	repo    *repository // of the path, if it has one
	status  int         // answered on success; 0: 200
	header  http.Header
}

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

// buildHandler wires prefixes, the middleware and the routes.
func (s *Server) buildHandler() http.Handler {
	routes := s.routes()
	for i := range routes {
		routes[i].segments = strings.Split(strings.Trim(routes[i].pattern, "/"), "/")
	}
	var inner http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(routes, w, r) })
	if s.opts.Middleware != nil {
		inner = s.opts.Middleware(inner)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// GitHub Enterprise Server has REST below /api/v3 and GraphQL at /api/graphql.
		for _, prefix := range []string{"/api/v3", "/api"} {
			if rest, ok := strings.CutPrefix(r.URL.EscapedPath(), prefix+"/"); ok {
				r = r.Clone(r.Context())
				r.URL.Path, r.URL.RawPath = unescape("/"+rest), "/"+rest
				break
			}
		}
		inner.ServeHTTP(w, r)
	})
}

// maxRequest is far above what any call here needs.
const maxRequest = 8 << 20

// serve answers one request: count it, let a fault befall it, carry it out, write it.
func (s *Server) serve(routes []route, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
		return
	}
	path, byID := s.byID(r.URL.EscapedPath())
	at, vars := s.find(routes, r.Method, path)
	kind := r.Method + " " + r.URL.Path
	switch {
	case at != nil && at.pattern == "/graphql":
		kind = "GraphQL " + operationName(body)
	case at != nil && byID:
		kind = at.method + " " + strings.Replace(at.pattern, "/repos/{owner}/{repo}", "/repositories/{repository_id}", 1)
	case at != nil:
		kind = at.method + " " + strings.ReplaceAll(at.pattern, "...}", "}")
	}
	r = r.WithContext(context.WithValue(r.Context(), kindKey{}, kind))
	s.mu.Lock()
	s.fault.requests = append(s.fault.requests, kind)
	f, faulty := s.takeFault(r)
	s.mu.Unlock()
	if faulty && !f.before(w, r) {
		return
	}
	c := &call{Server: s, r: r, vars: vars, body: body, header: http.Header{}}
	status, answer := s.carryOut(c, at, kind)
	if faulty && f.Late {
		f.strike(w)
		return
	}
	c.write(w, status, answer)
}

// before is the part of a fault that comes first; it says whether to go on.
func (f Fault) before(w http.ResponseWriter, r *http.Request) bool {
	if f.Arrived != nil {
		close(f.Arrived)
	}
	if f.Until != nil {
		select {
		case <-f.Until:
		case <-r.Context().Done():
			return false
		}
		if f.Status == 0 {
			return true
		}
	}
	if f.Late {
		return true
	}
	f.strike(w)
	return false
}

// strike answers with the fault, or cuts the connection if it has no status.
func (f Fault) strike(w http.ResponseWriter) {
	if f.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	for k, v := range f.Header {
		h[k] = v
	}
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body)
}

// byID turns /repositories/{id}/… into the path by name: that is where GitHub redirects
// calls by an old name to, and how an app can follow a repository through renames.
func (s *Server) byID(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, "/repositories/")
	if !ok {
		return path, false
	}
	num, tail, _ := strings.Cut(rest, "/")
	id, err := strconv.ParseInt(num, 10, 64)
	if err != nil {
		return path, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.repoByID(id)
	if r == nil {
		return "/repos/-/-", true
	}
	return strings.TrimSuffix("/repos/"+r.fullName()+"/"+tail, "/"), true
}

// carryOut does what was asked, under the lock, and marshals the answer.
func (s *Server) carryOut(c *call, at *route, kind string) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer, err := any(nil), error(nil)
	if at == nil {
		s.unknown("request " + kind)
		err = notFound()
	} else {
		answer, err = c.authorized(at)
	}
	status := c.status
	var refused *Error
	switch {
	case errors.As(err, &refused):
		status, answer = refused.Status, refused.json()
		for k, v := range refused.header {
			c.header[k] = v
		}
	case err != nil:
		status, answer = 500, obj{"message": err.Error()}
	case status == 0:
		status = 200
	}
	if answer == nil {
		return status, nil
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return 500, []byte(`{"message":"Server Error"}`)
	}
	return status, raw
}

// json is REST's error.
func (e *Error) json() obj {
	o := obj{"message": e.Message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(e.Status)}
	if len(e.Errors) > 0 {
		o["errors"] = e.Errors
	}
	return o
}

// authorized checks who calls and whether they may, then serves.
func (c *call) authorized(at *route) (any, error) {
	if err := c.authenticate(at.need == "jwt"); err != nil {
		return nil, err
	}
	if err := c.findRepo(at); err != nil {
		return nil, err
	}
	if err := c.may(at.need); err != nil {
		return nil, err
	}
	return at.serve(c)
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

// write sends the answer with the headers that GitHub sends, and 304 for what the caller
// has already.
func (c *call) write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	for k, v := range c.header {
		h[k] = v
	}
	h.Set("X-Github-Media-Type", "github.v3; format=json")
	h.Set("X-Github-Request-Id", "51D0:0000:51D0")
	h.Set("Date", c.opts.Now().UTC().Format(http.TimeFormat))
	fresh := true
	if status == http.StatusOK && c.r.Method == http.MethodGet {
		tag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(append(bytes.Clone(body), h.Get("Link")...)))
		h.Set("Etag", tag)
		h.Set("Cache-Control", "private, max-age=60, s-maxage=60")
		if old := c.r.Header.Get("If-None-Match"); old != "" && strings.TrimPrefix(old, "W/") == strings.TrimPrefix(tag, "W/") {
			status, body, fresh = http.StatusNotModified, nil, false
		}
	}
	c.spend(h, fresh)
	if body == nil {
		w.WriteHeader(status)
		return
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// budget is a token's hour.
type budget struct {
	used  int
	reset time.Time
}

// hourly is what an installation has an hour.
const hourly = 5000

// spend counts the request against its hour and shows what is left. An answer 304 is free.
func (c *call) spend(h http.Header, counts bool) {
	if c.install == nil {
		return
	}
	resource := "core"
	if strings.HasSuffix(c.r.URL.Path, "/graphql") {
		resource = "graphql"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.budget(resource)
	if counts && resource == "core" {
		b.used++ // GraphQL has counted its points itself
	}
	h.Set("X-Ratelimit-Limit", strconv.Itoa(hourly))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(max(0, hourly-b.used)))
	h.Set("X-Ratelimit-Used", strconv.Itoa(b.used))
	h.Set("X-Ratelimit-Reset", strconv.FormatInt(b.reset.Unix(), 10))
	h.Set("X-Ratelimit-Resource", resource)
}

// budget is the hour of the caller's installation for a resource.
func (c *call) budget(resource string) *budget {
	key := fmt.Sprintf("%d %s", c.install.id, resource)
	b := c.limit[key]
	if b == nil || !c.now().Before(b.reset) {
		b = &budget{reset: c.now().Add(time.Hour)}
		c.limit[key] = b
	}
	return b
}

// page cuts the page that the caller asked for out of a list, and links to the others.
func page[T any](c *call, all []T, one func(T) any) list {
	q := c.r.URL.Query()
	per, n := min(positive(q.Get("per_page"), 30), 100), positive(q.Get("page"), 1)
	last := max(1, (len(all)+per-1)/per)
	var links []string
	link := func(page int, rel string) {
		q.Set("page", strconv.Itoa(page))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.base(), c.r.URL.EscapedPath(), q.Encode(), rel))
	}
	if n > 1 {
		link(min(n-1, last), "prev")
	}
	if n < last {
		link(n+1, "next")
		link(last, "last")
	}
	if n > 1 {
		link(1, "first")
	}
	if len(links) > 0 {
		c.header.Set("Link", strings.Join(links, ", "))
	}
	out := list{}
	for _, v := range all[min((n-1)*per, len(all)):min(n*per, len(all))] {
		out = append(out, one(v))
	}
	return out
}

// positive reads a number of a query; GitHub takes nonsense for the default.
func positive(s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return n
	}
	return otherwise
}

// decode reads a JSON request.
func (c *call) decode(into any) error {
	if err := json.Unmarshal(c.body, into); err != nil {
		return refuse(400, "Problems parsing JSON")
	}
	return nil
}
