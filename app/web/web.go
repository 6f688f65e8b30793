// Package web shows what was judged: a list of the changes judged last and a page for each,
// what waits at the gates, emergencies, and when windows open; all from what is stored. It has no script and loads nothing from elsewhere, everything that
// somebody outside wrote is text, and whoever asks for what is not there, or not for them,
// gets one and the same answer.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// recent is how many changes the list shows.
const recent = 100

//go:embed templates
var templates embed.FS

//go:embed assets/style.css
var style []byte

//go:embed assets/icon.svg
var icon []byte

// Options are what the pages say about the installation.
type Options struct {
	Version string // shown at the foot; may be empty
	Note    string // one sentence at the head of every page, such as that this is a demo; may be empty
}

// pages holds the source and what every page shares.
type pages struct {
	source Source
	Options
	StyleURL string // with the content's hash, so that it can be cached for ever
}

// view is what a template gets.
type view struct {
	*pages
	Name  string // of the page, for the title
	List  []Row
	Rate  Rate
	Page  Page
	Title string // of a message
	Text  string

	Deployments Deployments
	Emergencies []Emergency
	Calendars   []Calendar
}

// Handler serves "/", "/changes/{owner}/{repo}/{number}", "/deployments", "/emergencies",
// "/calendar" and "/assets/". It expects to stand
// at the root of its host.
func Handler(source Source, o Options) http.Handler {
	sum := sha256.Sum256(style)
	p := &pages{source: source, Options: o, StyleURL: "/assets/style.css?v=" + hex.EncodeToString(sum[:6])}
	r := chi.NewRouter()
	r.Use(headers, middleware.GetHead)
	r.Get("/", p.list)
	r.Get("/changes/{owner}/{repo}/{number}", p.change)
	r.Get("/deployments", p.deployments)
	r.Get("/emergencies", p.emergencies)
	r.Get("/calendar", p.calendar)
	r.Get("/assets/style.css", asset("text/css; charset=utf-8", style))
	r.Get("/assets/icon.svg", asset("image/svg+xml", icon))
	r.NotFound(p.notFound)
	r.MethodNotAllowed(notAllowed)
	return r
}

// headers let a browser load our style and icon, and nothing else from anywhere; keep the
// pages out of frames, caches and the address that a followed link tells.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func asset(mime string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mime)
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Write(body)
	}
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) {
	rows, rate, err := p.source.Recent(r.Context(), recent)
	if err != nil {
		p.broken(w, r, err)
		return
	}
	p.render(w, r, http.StatusOK, "list.html", view{Name: "Changes", List: rows, Rate: rate})
}

func (p *pages) change(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.ParseInt(chi.URLParam(r, "number"), 10, 64)
	if err != nil || number < 1 {
		p.notFound(w, r)
		return
	}
	page, found, err := p.source.Change(r.Context(), chi.URLParam(r, "owner"), chi.URLParam(r, "repo"), number)
	switch {
	case err != nil:
		p.broken(w, r, err)
	case !found:
		p.notFound(w, r)
	default:
		p.render(w, r, http.StatusOK, "change.html", view{Name: page.Repo + " " + strconv.FormatInt(page.Number, 10), Page: page})
	}
}

func (p *pages) notFound(w http.ResponseWriter, r *http.Request) {
	p.render(w, r, http.StatusNotFound, "message.html", view{
		Name: "Not found", Title: "There is nothing here",
		Text: "No change with this address has been judged, or you may not see it. Check the address, or pick a change from the list.",
	})
}

// notAllowed answers whoever wants more than to read: there is nothing here to change. It
// says so of every address of a page's shape, whether there is such a page or not.
func notAllowed(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "pages are read", http.StatusMethodNotAllowed)
}

// broken logs why a page could not be made and tells the reader nothing of it.
func (p *pages) broken(w http.ResponseWriter, r *http.Request, err error) {
	zerolog.Ctx(r.Context()).Error().Err(err).Str("path", r.URL.Path).Msg("page not made")
	p.render(w, r, http.StatusInternalServerError, "message.html", view{
		Name: "Not available", Title: "This page cannot be shown right now",
		Text: "Something went wrong on our side. Nothing about any change was altered. Load the page again in a minute; if it stays like this, tell the operator of this server.",
	})
}

// render makes the whole page before the first byte leaves, so that one that breaks half
// way is an error and not half a page.
func (p *pages) render(w http.ResponseWriter, r *http.Request, code int, name string, v view) {
	v.pages = p
	var out bytes.Buffer
	if err := parsed[name].ExecuteTemplate(&out, "layout.html", v); err != nil {
		zerolog.Ctx(r.Context()).Error().Err(err).Str("path", r.URL.Path).Msg("page not rendered")
		http.Error(w, "This page cannot be shown right now.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	w.Write(out.Bytes())
}

// parsed holds each page with the layout around it.
var parsed = func() map[string]*template.Template {
	m := map[string]*template.Template{}
	for _, name := range []string{"list.html", "change.html", "deployments.html", "emergencies.html", "calendar.html", "message.html"} {
		m[name] = template.Must(template.New(name).Funcs(funcs).ParseFS(templates, "templates/layout.html", "templates/"+name))
	}
	return m
}()

var funcs = template.FuncMap{
	"text":    say.Visible,
	"word":    Word,
	"mark":    mark,
	"kind":    kind,
	"stamp":   func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05 UTC") },
	"minute":  func(t time.Time) string { return t.Format("Mon 2 Jan 2006, 15:04 MST") },
	"answer":  answer,
	"nav":     func() []link { return links },
	"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"short":   func(commit string) string { return commit[:min(len(commit), 7)] },
	"lines":   func(n int) []struct{} { return make([]struct{}, min(n, 20)) },
	"back":    back,
	"reached": Reached,
	"quiet":   func(o rules.Outcome) bool { return o == rules.NotApplicable || o == rules.Ahead },
}

// Word is an outcome for people.
func Word(o rules.Outcome) string {
	switch o {
	case rules.Pass:
		return "Passed"
	case rules.Pending:
		return "Waiting"
	case rules.Fail:
		return "Blocked"
	case rules.Waived:
		return "Waived"
	case rules.Advice:
		return "Advice"
	case rules.NotApplicable:
		return "Does not apply"
	case rules.Ahead:
		return "Comes later"
	default:
		return "Cannot be judged"
	}
}

// mark is an outcome's sign: colour alone would not do.
func mark(o rules.Outcome) string {
	switch o {
	case rules.Pass, rules.Waived:
		return "✓"
	case rules.Pending:
		return "…"
	case rules.Advice:
		return "i"
	case rules.Fail:
		return "✕"
	case rules.NotApplicable:
		return "–"
	case rules.Ahead:
		return "›"
	default:
		return "!"
	}
}

// kind is the class of an outcome in the style sheet.
func kind(o rules.Outcome) string {
	switch o {
	case rules.Pass, rules.Waived:
		return "pass"
	case rules.Pending:
		return "pending"
	case rules.Fail:
		return "fail"
	case rules.Advice, rules.NotApplicable, rules.Ahead:
		return "quiet"
	default:
		return "unknown"
	}
}

// answer is what the gate said of a deployment, for people.
func answer(o rules.Outcome) string {
	switch o {
	case rules.Pass:
		return "Let in"
	case rules.Pending:
		return "Held"
	case rules.Fail:
		return "Rejected"
	default:
		return "Ended"
	}
}

// link is one of the pages that every page names.
type link struct{ Path, Name string }

var links = []link{{"/", "Changes"}, {"/deployments", "Deployments"}, {"/emergencies", "Emergencies"}, {"/calendar", "Calendar"}}
