package githubsim

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
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
	read    map[string]bool
	status  int // answered on success; 0: 200
	header  http.Header
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
		if s.serveIssuer(w, r) {
			return
		}
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
	c := &call{Server: s, r: r, vars: vars, body: body, read: map[string]bool{}, header: http.Header{}}
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
			panic(http.ErrAbortHandler) // nobody waits for an answer any more
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
	maps.Copy(h, f.Header)
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
	s.goStale()
	defer s.from(c, at)()
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
		maps.Copy(c.header, refused.header)
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
	if e.Status == http.StatusOK {
		return obj{"errors": list{obj{"type": e.Type, "message": e.Message}}} // GraphQL's way
	}
	o := obj{"message": e.Message, "documentation_url": cmp.Or(e.about, "https://docs.github.com/rest"), "status": strconv.Itoa(e.Status)}
	if len(e.Errors) > 0 {
		o["errors"] = e.Errors
	}
	return o
}

// write sends the answer with the headers that GitHub sends, and 304 for what the caller
// has already.
func (c *call) write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	maps.Copy(h, c.header)
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

// query is a parameter of the address. What is asked for and nobody reads would be ignored
// in silence: unread tells.
func (c *call) query(name string) string {
	c.read[name] = true
	return c.r.URL.Query().Get(name)
}

// asks says whether a parameter was given at all.
func (c *call) asks(name string) bool {
	c.read[name] = true
	return c.r.URL.Query().Has(name)
}

// unread are parameters that the endpoint does not model.
func (c *call) unread() []string {
	return slices.DeleteFunc(sortedKeys(c.r.URL.Query()), func(name string) bool { return c.read[name] })
}

// decode reads a JSON request. A field that is not modelled is reported and passed over.
func (c *call) decode(into any) error {
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err != nil && strings.Contains(err.Error(), "unknown field") {
		c.unknown(fmt.Sprintf("%s: %v", Kind(c.r), err))
		err = json.Unmarshal(c.body, into)
	}
	if err != nil {
		return refuse(400, "Problems parsing JSON")
	}
	return nil
}
