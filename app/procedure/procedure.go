// Package procedure writes the change management procedure as a document: the evidence item
// that an auditor asks for first. It is made from the policy in force, so that what the
// document says is what is enforced, and it says of each part of the control that no rule
// serves that it is not.
package procedure

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/words"
)

// Source is a file that the policy was composed from.
type Source struct {
	File string
	Text []byte
}

// Digest is the SHA-256 of the file's text, in hexadecimal.
func (s Source) Digest() string {
	sum := sha256.Sum256(s.Text)
	return hex.EncodeToString(sum[:])
}

// document is what both forms show. Texts that end in Text are in the form's own markup;
// all others are plain.
type document struct {
	Owner        string
	LastReviewed string
	ReviewEvery  string
	NextReview   string
	Overdue      string // a sentence; empty: it is not
	Today        string
	Frameworks   []string
	BranchesText string
	Roles        []role
	Kinds        []kind
	Parts        []part
	Reliefs      []relief
	Sources      []Source
}

type role struct{ NameText, WhoText, Layer string }

// kind is a class of changes.
type kind struct{ NameText, MeansText, Layer string }

// relief is an exception, or a rule that is not enforced yet.
type relief struct{ SaysText, Layer string }

// part is one clause of the control and the rules that serve it.
type part struct {
	Clause
	Rules []ruleLine
}

type ruleLine struct{ NameText, SentenceText, Layer string }

//go:embed procedure.md.tmpl
var markdownText string

//go:embed procedure.html.tmpl
var htmlText string

var (
	markdownForm = texttemplate.Must(texttemplate.New("procedure.md").Funcs(texttemplate.FuncMap{"md": words.Markdown.Name, "cell": cell}).Parse(markdownText))
	htmlForm     = template.Must(template.New("procedure.html").Funcs(template.FuncMap{
		"html": func(s string) template.HTML { return template.HTML(s) }, //nolint:gosec // words.HTML made it, and escapes
	}).Parse(htmlText))
)

// bar is one that would end a table's cell, in a code span too.
var bar = regexp.MustCompile(`(^|[^\\])\|`)

func cell(text string) string { return bar.ReplaceAllString(text, `$1\|`) }

// Markdown writes the procedure as GitHub shows it.
func Markdown(w io.Writer, p rules.Policy, sources []Source, today time.Time) error {
	if err := markdownForm.Execute(w, newDocument(p, sources, today, words.Markdown)); err != nil {
		return fmt.Errorf("write procedure: %w", err)
	}
	return nil
}

// HTML writes the procedure as one page that needs nothing else, for the screen and for paper.
func HTML(w io.Writer, p rules.Policy, sources []Source, today time.Time) error {
	if err := htmlForm.Execute(w, newDocument(p, sources, today, words.HTML)); err != nil {
		return fmt.Errorf("write procedure: %w", err)
	}
	return nil
}

func newDocument(p rules.Policy, sources []Source, today time.Time, s words.Style) document {
	d := document{Today: today.Format(time.DateOnly), BranchesText: s.Branches(p), Sources: sources}
	d.head(p, today)
	served := map[Clause][]ruleLine{}
	for i, l := range p.Layers {
		for _, name := range slices.Sorted(maps.Keys(l.Classes)) {
			if i == 0 || name != rules.PolicyClass { // the built-in class is the same in every layer
				d.Kinds = append(d.Kinds, kind{NameText: s.Name(name), MeansText: "a change " + s.Condition(l.Classes[name]), Layer: l.Name})
			}
		}
		for _, name := range slices.Sorted(maps.Keys(l.Groups)) {
			d.Roles = append(d.Roles, role{NameText: s.Name(name), WhoText: s.Group(l.Groups[name]), Layer: l.Name})
		}
		for _, says := range s.Reliefs(l) {
			d.Reliefs = append(d.Reliefs, relief{says, l.Name})
		}
		for _, r := range l.Rules {
			for _, c := range Serves(r, l) {
				served[c] = append(served[c], ruleLine{NameText: s.Name(r.Name), SentenceText: s.Rule(r), Layer: l.Name})
			}
		}
		for _, said := range s.Production(l) {
			c := carries(said[0])
			served[c] = append(served[c], ruleLine{NameText: said[0], SentenceText: said[1], Layer: l.Name})
		}
	}
	for _, c := range clauses {
		d.Parts = append(d.Parts, part{Clause: c, Rules: served[c]})
	}
	return d
}

// head fills in what the policy says of the procedure itself: the repository's file where
// it says something, else the floor.
func (d *document) head(p rules.Policy, today time.Time) {
	var said rules.Procedure
	for _, l := range p.Layers {
		if l.Procedure != nil {
			said = *l.Procedure
		}
	}
	d.Owner, d.LastReviewed, d.ReviewEvery = said.Owner, said.LastReviewed, said.ReviewEvery
	for _, name := range slices.Sorted(maps.Keys(said.Frameworks)) {
		d.Frameworks = append(d.Frameworks, name+" "+strings.Join(said.Frameworks[name], ", "))
	}
	next, ok := NextReview(said)
	if !ok {
		return
	}
	d.NextReview = next.Format(time.DateOnly)
	if late := int(today.Sub(next).Hours() / 24); late > 0 {
		d.Overdue = fmt.Sprintf("The review is overdue: it was due on %s, %d %s ago.", d.NextReview, late, map[bool]string{true: "day", false: "days"}[late == 1])
	}
}

var span = regexp.MustCompile(`^([1-9][0-9]{0,2}) (day|week|month|year)s?$`)

// NextReview returns the day on which the procedure is due to be reviewed; false where the
// policy does not say when it was and how often it is.
func NextReview(p rules.Procedure) (time.Time, bool) {
	last, err := time.Parse(time.DateOnly, p.LastReviewed)
	m := span.FindStringSubmatch(p.ReviewEvery)
	if err != nil || m == nil {
		return time.Time{}, false
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return time.Time{}, false
	}
	switch m[2] {
	case "day":
		return last.AddDate(0, 0, n), true
	case "week":
		return last.AddDate(0, 0, 7*n), true
	case "month":
		next := last.AddDate(0, n, 0)
		if next.Day() != last.Day() { // the 31st of a short month: its last day
			next = next.AddDate(0, 0, -next.Day())
		}
		return next, true
	}
	return last.AddDate(n, 0, 0), true
}
