package publish

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	unsafehtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/rules"
)

// page is a summary as a browser would get it: its elements, its tables' rows and the text
// in which GitHub looks for what to link, which is all but code.
type page struct {
	elements map[string]int
	cells    []int // of each table row
	text     []string
	code     []string
}

// renderPage renders Markdown as GitHub does up to its filters, raw HTML included, which
// GitHub only sanitises: nothing from outside may get so far.
func renderPage(t *testing.T, markdown string) page {
	t.Helper()
	var out bytes.Buffer
	gfm := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote), goldmark.WithRendererOptions(unsafehtml.WithUnsafe()))
	if err := gfm.Convert([]byte(markdown), &out); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&out)
	if err != nil {
		t.Fatal(err)
	}
	p := page{elements: map[string]int{}}
	p.walk(root, false)
	return p
}

func (p *page) walk(n *html.Node, inCode bool) {
	switch n.Type {
	case html.ElementNode:
		p.elements[n.Data]++
		for _, a := range n.Attr {
			if a.Key != "style" || !strings.HasPrefix(a.Val, "text-align") {
				p.elements[n.Data+" "+a.Key]++
			}
		}
		if n.Data == "tr" {
			p.cells = append(p.cells, 0)
		}
		if n.Data == "td" || n.Data == "th" {
			p.cells[len(p.cells)-1]++
		}
		inCode = inCode || n.Data == "code"
	case html.TextNode:
		if inCode {
			p.code = append(p.code, n.Data)
		} else {
			p.text = append(p.text, n.Data)
		}
	case html.DocumentNode:
	default: // a comment, say
		p.elements[fmt.Sprintf("type %d", n.Type)]++
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.walk(c, inCode)
	}
}

// ours are the elements that a summary is made of.
var ours = map[string]bool{}

func init() {
	for e := range strings.FieldsSeq("html head body p strong em h3 table thead tbody tr th td code details summary ul li blockquote hr") {
		ours[e] = true
	}
}

// live is what GitHub makes links, notifications or images of in text that is not code.
var live = regexp.MustCompile(`(?i)@[a-z0-9]|#[0-9]|\bgh-[0-9]|[a-z]://|www\.|:[a-z0-9_+-]+:|mailto:[a-z]`)

// checkInert fails unless a summary consists of our elements alone, has three cells in each
// table row, and nothing in it is live, hidden, or longer than GitHub takes.
func checkInert(t *testing.T, markdown string, rows int) page {
	t.Helper()
	if len(markdown) > 65_000 {
		t.Fatalf("%d bytes", len(markdown))
	}
	if !utf8.ValidString(markdown) {
		t.Fatal("no UTF-8")
	}
	for _, r := range markdown {
		if say.Hidden(r) && r != '\n' && r != 0xfe0f { // the variation selector of our own signs
			t.Fatalf("%U in\n%s", r, markdown)
		}
	}
	p := renderPage(t, markdown)
	for e, n := range p.elements {
		if !ours[e] {
			t.Fatalf("%d × <%s> in\n%s", n, e, markdown)
		}
	}
	for _, s := range p.text {
		if m := live.FindString(s); m != "" {
			t.Fatalf("%q is live in %q of\n%s", m, s, markdown)
		}
	}
	if rows >= 0 && len(p.cells) != rows {
		t.Fatalf("%d table rows, want %d, in\n%s", len(p.cells), rows, markdown)
	}
	for _, n := range p.cells {
		if n != 3 {
			t.Fatalf("a row of %d cells in\n%s", n, markdown)
		}
	}
	return p
}

// hostile puts s wherever something from outside can stand.
func hostile(s string) []Item {
	ann, bob, carol := rules.UserID(1), rules.UserID(2), rules.UserID(3)
	item := func(base string) Item {
		return Item{
			Title: s,
			Names: map[rules.UserID]string{ann: s, bob: "bob" + s, carol: s + "carol"},
			Change: rules.Change{
				Repo: rules.Repo{Name: "octo-org/app"}, Base: base, Head: head,
				Pulls: []rules.Pull{{Number: 12, Author: ann, Writer: true, HeadRef: s, Labels: []string{s}}},
				Files: []rules.File{{Path: s, Status: "modified", FirstLine: 3}},
				Teams: []rules.Team{{Slug: s}},
			},
			Verdict: rules.Verdict{
				Outcome: rules.Fail, Notices: []rules.Notice{{Code: rules.NoticeBrokenPolicy, File: s}},
				Findings: []rules.Finding{
					{
						Rule: s, Layer: "repository", Outcome: rules.Pending,
						Because: &rules.Because{Classes: []string{s}, Files: []int{0}, Labels: []string{s}, Branch: s},
						Reasons: []rules.Reason{{Outcome: rules.Pending, Code: rules.ApprovalsMissing, Approvals: &rules.ApprovalFacts{
							Need: 2, From: []string{s}, NoTeam: []string{s}, Unknown: []string{s},
							Counted:    []rules.Approval{{By: bob, Group: s, Team: s, Commit: head}},
							Dropped:    []rules.Dropped{{By: ann, Why: rules.DropAuthor}, {By: carol, Why: rules.DropWhy(s), Commit: s}},
							Objections: []rules.Objection{{By: carol, DismissedBy: ann}},
						}}},
					},
					{Rule: "tests" + s, Layer: s, Outcome: rules.Fail, Reasons: []rules.Reason{{
						Outcome: rules.Fail, Code: rules.ChecksFailed,
						Checks: &rules.CheckFacts{Failed: []string{s + " (failure)"}, Missing: []string{s}, Claimed: []string{s}},
					}}},
				},
			},
			Policy: []PolicyRef{{Layer: "repository", Repo: s, Path: s, Commit: s, Blob: s}},
		}
	}
	return []Item{item("main"), item(s)}
}

var hostileStrings = []string{
	"", "plain", "|", `\|`, `\\|`, "a|b`c|d`", "`", "``", "` `` ```", "`a`", " `", "x`@bob`", "\\`@bob", "\n\n# head", "\r\n| a | b |\n",
	"@ann", "@octo-org/security", "closes #1", "fixes octo-org/app#12", "GH-12", "gh-1", "octo-org/app@0123456",
	"<img src=x onerror=alert(1)>", "</details><script>alert(1)</script>", "<!-- x", "]]>", "<a href='javascript:1'>x</a>", "<https://evil.test>",
	"![x](https://evil.test/x.png)", "[x](https://evil.test)", "[x]: https://evil.test", "[^1]", "https://evil.test", "HTTP://EVIL.TEST", "www.evil.test", "WWW.evil.test",
	"ftp://x.test", "ann@evil.test", "mailto:ann@evil.test", ":tada:", ":+1:", "x:tada:y", "$x$", "$$x$$", "**b** _i_ ~~s~~ ==m==", "&lt;b&gt; &#64;ann &commat;ann",
	"- [ ] x", "1. x", "> q", "---", "===", "\u202egnp.exe\u202c", "a\u200bb", "\u2066x", "\x00\x01\x1b[31m", "\xff\xfe", "\U000e0041", "\u3164", "\u2028",
	strings.Repeat("`", 300), strings.Repeat("|", 300), strings.Repeat("&", 5000), strings.Repeat("<b>", 9000), "\\", "a\\", "<code>", "</code>@ann", "${{ x }}", "@", "#", ":", "www", "gh", ".", "-1",
}

func FuzzSummaryIsInert(f *testing.F) {
	for _, s := range hostileStrings {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		items := hostile(s)
		w := Compose(items, Options{GitHubURL: "https://github.test"})
		// Two tables of a head and two rows, unless one was too long.
		checkInert(t, w.Summary+Ledger{Log: 1, Size: 2, Root: s}.line(), 6)
		items[0].Change.Repo.Public, items[1].Change.Repo.Public = true, true
		checkInert(t, Compose(items, Options{}).Summary, 6)
		for _, line := range []string{w.Title, w.Description} {
			if strings.ContainsFunc(line, say.Hidden) || utf8.RuneCountInString(line) > maxTitle || !utf8.ValidString(line) {
				t.Fatalf("%q", line)
			}
		}
		if utf8.RuneCountInString(w.Description) > 140 {
			t.Fatalf("description of %d characters", utf8.RuneCountInString(w.Description))
		}
	})
}

// What is shown as code reads as it was written.
func TestCodeKeepsWhatItShows(t *testing.T) {
	for _, s := range hostileStrings {
		if len(s) > 1000 || say.Visible(s) == "" {
			continue
		}
		for _, in := range []string{code(s), "| h |\n|:--|\n| " + code(s) + " |\n"} {
			p := renderPage(t, in)
			if got := strings.Join(p.code, ""); got != say.Visible(s) {
				t.Errorf("code(%q) reads %q", s, got)
			}
		}
	}
}

// Running text reads as it was written, but for the invisible breaks.
func TestInertKeepsWhatItShows(t *testing.T) {
	for _, s := range hostileStrings {
		if len(s) > 1000 {
			continue
		}
		p := renderPage(t, "x "+inert(s))
		got := strings.ReplaceAll(strings.Join(p.text, ""), "\u200b", "")
		if want := strings.TrimSpace("x " + say.Visible(s)); strings.TrimSpace(got) != want {
			t.Errorf("inert(%q) reads %q, want %q", s, got, want)
		}
	}
}

// What a change may be merged without is said before anything else.
func TestWaivedIsLoud(t *testing.T) {
	v := rules.Verdict{Outcome: rules.Pass, Findings: []rules.Finding{
		{Rule: "peer review", Outcome: rules.Pass},
		{Rule: "te|sts", Outcome: rules.Waived},
	}}
	want := "☑️ **Waived: <code>te&#124;sts</code>.** Nothing else is missing: this change may be merged, although what these rules ask for is not there."
	if got := first(Item{Verdict: v}); got != want {
		t.Errorf("first sentence %q, want %q", got, want)
	}
	v.Findings[1].Reasons = []rules.Reason{{Outcome: rules.Waived, Code: rules.RuleEmergency, Relief: &rules.Relief{Until: time.Date(2025, 3, 3, 18, 0, 0, 0, time.UTC)}}}
	if got, want := first(Item{Verdict: v}), "🚨 **Emergency until Mon 3 Mar 2025 18:00 UTC: a post-mortem is due.** "+want; got != want {
		t.Errorf("first sentence %q, want %q", got, want)
	}
	v.Findings = v.Findings[:1]
	if got := first(Item{Verdict: v}); got != "Nothing is missing: this change may be merged." {
		t.Errorf("first sentence %q", got)
	}
}
