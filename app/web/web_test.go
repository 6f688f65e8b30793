package web

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"golang.org/x/net/html"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

var update = flag.Bool("update", false, "write the pages as they are now")

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil).WithContext(t.Context()))
	return w
}

// text is what a reader of a page reads, a line for each block.
func text(t *testing.T, page string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(strings.Join(strings.Fields(" "+n.Data+" "), " "))
			b.WriteByte(' ')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Type == html.ElementNode && slices.Contains(strings.Fields("title p h1 h2 h3 li tr dt dd nav a"), n.Data) {
			b.WriteByte('\n')
		}
	}
	walk(root)
	return regexp.MustCompile(`[ \n]*\n[ \n]*`).ReplaceAllString(regexp.MustCompile(` +`).ReplaceAllString(b.String(), " "), "\n")
}

func TestPages(t *testing.T) {
	tests := []struct {
		name, path string
		source     Source
		code       int
	}{
		{"list", "/", samples(), 200},
		{"empty", "/", &fakeSource{}, 200},
		{"waiting", "/changes/octo-org/platform/42", samples(), 200},
		{"passed", "/changes/octo-org/app/7", samples(), 200},
		{"huge", "/changes/octo-org/app/8", samples(), 200},
		{"hostile", "/changes/octo-org/app/13", samples(), 200},
		{"unknown", "/changes/octo-org/app/18", samples(), 404},
		{"deployments", "/deployments", samples(), 200},
		{"deployments_empty", "/deployments", &fakeSource{}, 200},
		{"emergencies", "/emergencies", samples(), 200},
		{"emergencies_empty", "/emergencies", &fakeSource{}, 200},
		{"calendar", "/calendar", samples(), 200},
		{"calendar_empty", "/calendar", &fakeSource{}, 200},
		{"broken", "/changes/broken/app/8", samples(), 500},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(t, Handler(tt.source, Options{Version: "v1", Note: "Demo."}), tt.path)
			got := fmt.Sprintf("GET %s\n%d %s\n\n%s", tt.path, w.Code, w.Header().Get("Content-Type"), text(t, w.Body.String()))
			file := filepath.Join("testdata", tt.name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" || w.Code != tt.code {
				t.Errorf("code %d, want %d (-want +got):\n%s", w.Code, tt.code, d)
			}
		})
	}
}

func TestEveryAnswerHasItsHeaders(t *testing.T) {
	h := Handler(samples(), Options{})
	for _, path := range []string{"/", "/changes/octo-org/app/7", "/nowhere", "/changes/broken/app/1", "/assets/style.css", "/assets/icon.svg"} {
		w := get(t, h, path)
		for name, want := range map[string]string{
			"Content-Security-Policy":    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":     "nosniff",
			"X-Frame-Options":            "DENY",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if stored := !strings.Contains(w.Header().Get("Cache-Control"), "no-store"); stored != strings.HasPrefix(path, "/assets/") {
			t.Errorf("%s: Cache-Control %q", path, w.Header().Get("Cache-Control"))
		}
	}
}

// What is not there, what may not be seen and what is no address at all are told apart by nobody.
func TestNotFoundIsOneAnswer(t *testing.T) {
	h := Handler(samples(), Options{})
	want := get(t, h, "/changes/octo-org/secret/1")
	for _, path := range []string{
		"/changes/octo-org/app/18", "/changes/octo-org/app/0", "/changes/octo-org/app/-1", "/changes/octo-org/app/x",
		"/changes/octo-org/app/99999999999999999999", "/changes/octo-org/app", "/changes/", "/assets/", "/assets/../web.go", "/templates/layout.html",
	} {
		got := get(t, h, path)
		if got.Code != http.StatusNotFound || got.Body.String() != want.Body.String() {
			t.Errorf("%s: %d, or another page", path, got.Code)
		}
	}
}

// Every page names the others, and says which of them it is.
func TestNavigation(t *testing.T) {
	h := Handler(samples(), Options{})
	for _, l := range append(links, link{Path: "/changes/octo-org/app/7"}) {
		page := get(t, h, l.Path).Body.String()
		for _, other := range links {
			here := fmt.Sprintf(`<a href="%s" aria-current="page">%s</a>`, other.Path, other.Name)
			there := fmt.Sprintf(`<a href="%s">%s</a>`, other.Path, other.Name)
			want, not := there, here
			if other == l {
				want, not = here, there
			}
			if !strings.Contains(page, want) || strings.Contains(page, not) {
				t.Errorf("%s: want %s", l.Path, want)
			}
		}
	}
}

func TestErrorTellsTheReaderNothing(t *testing.T) {
	var log bytes.Buffer
	l := zerolog.New(&log)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/changes/broken/app/1", nil)
	Handler(samples(), Options{}).ServeHTTP(w, r.WithContext(l.WithContext(t.Context())))
	if strings.Contains(w.Body.String(), "secrets") || !strings.Contains(log.String(), "no such table: secrets") {
		t.Errorf("page:\n%s\nlog: %s", w.Body.String(), log.String())
	}
}

type brokenList struct{ fakeSource }

func (brokenList) Recent(context.Context, int) ([]Row, Rate, error) {
	return nil, Rate{}, errors.New("closed")
}

func (brokenList) Deployments(context.Context, int) (Deployments, error) {
	return Deployments{}, errors.New("closed")
}

func (brokenList) Emergencies(context.Context, int) ([]Emergency, error) {
	return nil, errors.New("closed")
}
func (brokenList) Calendar(context.Context) ([]Calendar, error) { return nil, errors.New("closed") }

func TestBrokenList(t *testing.T) {
	for _, l := range links {
		if w := get(t, Handler(&brokenList{}, Options{}), l.Path); w.Code != http.StatusInternalServerError {
			t.Errorf("%s: code %d", l.Path, w.Code)
		}
	}
}

func TestHead(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(samples(), Options{}).ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/", nil))
	if w.Code != http.StatusOK {
		t.Errorf("code %d", w.Code)
	}
}

// sound fails unless a page has the landmarks, one first heading, a header for each column,
// its elements only from the templates, and loads and links nothing but what is ours or the
// one address given.
func sound(t *testing.T, page, url string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode {
			count[n.Data]++
			for _, a := range n.Attr {
				checkAttribute(t, n.Data, a, url)
			}
		}
		if n.Type == html.TextNode && n.Parent.Data != "style" && strings.ContainsFunc(strings.ReplaceAll(n.Data, "\n", " "), say.Hidden) {
			t.Errorf("hidden characters in %q", n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	for _, one := range []string{"h1", "main", "header", "footer", "title"} {
		if count[one] != 1 {
			t.Errorf("%d × <%s>", count[one], one)
		}
	}
	for _, none := range []string{"script", "style", "img", "iframe", "form", "object", "svg", "base"} {
		if count[none] != 0 {
			t.Errorf("%d × <%s>", count[none], none)
		}
	}
}

func checkAttribute(t *testing.T, element string, a html.Attribute, url string) {
	t.Helper()
	switch {
	case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "src":
		t.Errorf("<%s %s=%q>", element, a.Key, a.Val)
	case a.Key == "href" && !strings.HasPrefix(a.Val, "/") && a.Val != "#main" && a.Val != url:
		t.Errorf("<%s href=%q>", element, a.Val)
	}
}

func TestPagesAreSound(t *testing.T) {
	s := samples()
	h := Handler(s, Options{Version: nasty, Note: nasty})
	for _, p := range s.rows {
		url := p.URL
		if !strings.HasPrefix(url, "https:") {
			url = "#ZgotmplZ" // what html/template makes of an address that is none
		}
		sound(t, get(t, h, fmt.Sprintf("/changes/%s/%d", p.Repo, p.Number)).Body.String(), url)
	}
	for _, path := range []string{"/", "/emergencies", "/calendar", "/nowhere", "/changes/broken/app/1"} {
		sound(t, get(t, h, path).Body.String(), "")
	}
}

// What a deployment links is its own run, and nothing where the address is none.
func TestDeploymentsAreSound(t *testing.T) {
	for _, tt := range []struct{ is, shown string }{{"https://github.test/octo-org/app/actions/runs/5", "https://github.test/octo-org/app/actions/runs/5"}, {"javascript:alert(1)", "#ZgotmplZ"}} {
		s := samples()
		for _, all := range [][]Deployment{s.deployments.Held, s.deployments.Decided} {
			for i := range all {
				all[i].URL = tt.is
			}
		}
		sound(t, get(t, Handler(s, Options{}), "/deployments").Body.String(), tt.shown)
	}
}

func FuzzChangePage(f *testing.F) {
	for _, s := range []string{"", nasty, "javascript:alert(1)", "\x00", "\u202e", "</title><script>", "{{.}}", "--><script>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := hostile()
		p.Title, p.Author, p.Base, p.Headline, p.Next, p.Repo, p.Head = s, s, s, s, []string{s, s}, s, s
		p.Rules = append(p.Rules, Rule{Name: s, Layer: s, Outcome: rules.Outcome(s), Sentence: s, Because: s, Approvals: []Approvals{{
			Need: 1 << 40, From: s, Counted: []Person{{s, s}}, Dropped: []string{s}, Objections: []Person{{s, s}},
		}}})
		p.Notices = []string{s}
		p.Path = Path{
			Stations: []Station{{Name: s, State: rules.Outcome(s), Text: s, Until: noon}},
			Events:   []Event{{Who: s, What: s, Outcome: rules.Outcome(s), Commit: s, Log: 1}},
		}
		p.Evidence = Evidence{Size: 1, Root: s}
		sound(t, get(t, Handler(one{p}, Options{}), "/changes/a/b/1").Body.String(), "#ZgotmplZ")
		for _, l := range links {
			sound(t, get(t, Handler(one{p}, Options{}), l.Path).Body.String(), "#ZgotmplZ")
		}
	})
}

// one serves one page, whatever is asked.
type one struct{ page Page }

func (o one) Change(context.Context, string, string, int64) (Page, bool, error) {
	return o.page, true, nil
}

func (o one) Recent(context.Context, int) ([]Row, Rate, error) {
	return []Row{o.page.Row}, Rate{Days: 30}, nil
}

func (o one) Deployments(context.Context, int) (Deployments, error) {
	s := o.page.Title
	d := Deployment{
		Repo: s, Environment: s, Commit: s, By: s, Outcome: rules.Outcome(s), Headline: s, Reasons: []string{s}, Changes: []ChangeRef{{1, s}}, URL: "javascript:" + s,
	}
	return Deployments{Held: []Deployment{d}, Decided: []Deployment{d}}, nil
}

func (o one) Emergencies(context.Context, int) ([]Emergency, error) {
	s := o.page.Title
	return []Emergency{{Repo: s, Change: ChangeRef{1, s}, By: s, What: s, Why: s, Approved: []string{s}, Waives: []string{s}}}, nil
}

func (o one) Calendar(context.Context) ([]Calendar, error) {
	s := o.page.Title
	w := Window{Name: s, Layer: s, Environment: s, Words: s, Zone: s, Unread: []string{s}, Freezes: []Freeze{{Name: s, Words: s}}}
	return []Calendar{{Repos: []string{s}, Windows: []Window{w}}}, nil
}
