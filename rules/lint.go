package rules

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Warning is something in a policy that Parse accepts and that is hardly what was meant.
type Warning struct {
	Layer  string // in which it is: files of two layers may have one name
	File   string
	Line   int // from 1
	Column int // in characters, from 1
	Code   LintCode
	Msg    string // what it is, and what to write instead
}

// LintCode is the stable name of a Warning.
type LintCode string

// The warnings.
const (
	LintNeverApplies LintCode = "rule.never_applies"  // its condition contradicts itself
	LintShadowed     LintCode = "rule.shadowed"       // another rule asks for at least as much whenever it applies
	LintSwitchedOff  LintCode = "rule.can_be_avoided" // who wrote the change can make the condition not hold
	LintOwnGroup     LintCode = "rule.own_group"      // it asks those who wrote the change's group alone
	LintNobody       LintCode = "group.nobody"        // nobody can be in it, or too few for a rule
	LintTeam         LintCode = "team.nobody"         // a team of a group is not there, empty, or of contributors alone
	LintNeedless     LintCode = "rule.needless"       // it asks for what always holds
	LintUnused       LintCode = "name.unused"         // a group or class that nothing names
	LintRegexp       LintCode = "glob.looks_like_regexp"
	LintExpired      LintCode = "relief.expired"
	LintUnreachable  LintCode = "rule.not_overridable" // waivable_by or overridable where it means nothing
)

// LintFacts are what is known of the world where the policy is to be in force. The zero
// value knows nothing: Lint then says what it can say of the text.
type LintFacts struct {
	At    time.Time // zero: nothing is said of what expired
	Teams []Team    // with all of their members; nil: nothing is said of them
	// Authors are those who contributed to the change that proposes the policy, by the ids of
	// Teams; nil: it is not a proposal.
	Authors []UserID
}

// Lint returns what is hardly meant as it is written, in the order of the files.
func Lint(p Policy, facts LintFacts) []Warning {
	var all []Warning
	for _, l := range p.Layers {
		n := linter{policy: p, layer: l, facts: facts}
		n.groups()
		n.globs()
		n.unused()
		n.expired()
		for i, r := range l.Rules {
			n.applies(r)
			n.avoided(r)
			n.ownGroup(r)
			n.needless(r)
			n.reachable(r)
			for k, other := range l.Rules {
				if k != i && shadows(other, r, k < i) {
					n.warn(r.At, LintShadowed, "rule %q asks for nothing that rule %q does not ask for whenever it applies: take it out, or make it ask for more", r.Name, other.Name)
					break
				}
			}
		}
		slices.SortStableFunc(n.all, func(a, b Warning) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
		all = append(all, n.all...)
	}
	return all
}

type linter struct {
	policy Policy
	layer  Layer
	facts  LintFacts
	all    []Warning
}

func (n *linter) warn(at Position, code LintCode, format string, args ...any) {
	n.all = append(n.all, Warning{
		Layer: n.layer.Name, File: n.layer.File, Line: max(at.Line, 1), Column: max(at.Column, 1), Code: code, Msg: fmt.Sprintf(format, args...),
	})
}

// conditions calls yield for each condition of the layer and all of its parts.
func (n *linter) conditions(yield func(Condition)) {
	for _, name := range ownClasses(n.layer) {
		n.layer.Classes[name].each(yield)
	}
	for _, r := range n.layer.Rules {
		r.When.each(yield)
	}
	for _, e := range n.layer.Exceptions {
		e.Scope.each(yield)
	}
}

// applies warns of a condition that contradicts itself.
func (n *linter) applies(r Rule) {
	c := r.When
	why := ""
	switch {
	case len(c.Paths) > 0 && subset(c.Paths, c.NotPaths):
		why = "not_paths leaves out all that paths names"
	case c.Not != nil && len(c.Class) > 0 && subset(c.Class, c.Not.Class) && len(c.Not.parts()) == 1:
		why = "not leaves out all classes that class names"
	case c.Not != nil && string(printed(*c.Not)) == string(printed(withoutNot(c))):
		why = "not says the same as the rest of the condition"
	case c.Lines.impossible() || c.Files.impossible():
		why = "there is no number below 0"
	}
	if why != "" {
		n.warn(c.At, LintNeverApplies, "rule %q can never apply: %s", r.Name, why)
	}
}

func withoutNot(c Condition) Condition {
	c.Not = nil
	return c
}

func printed(c Condition) []byte {
	var w strings.Builder
	c.print().write(&w, 0)
	return []byte(w.String())
}

func (c Comparison) impossible() bool { return c.Op == "<" && c.N == 0 }

func subset(some, of []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(of, s) })
}

// avoided warns of a condition that whoever writes a change can switch off.
func (n *linter) avoided(r Rule) {
	var by []string
	n.switches(r.When, false, map[string]bool{}, func(what string) {
		if !slices.Contains(by, what) {
			by = append(by, what)
		}
	})
	if len(by) > 0 {
		n.warn(r.When.At, LintSwitchedOff, "whoever writes a change can get it out of rule %q by %s, and %s: add a rule that applies without it, or ask for what they cannot choose",
			r.Name, strings.Join(by, " and by "), n.others(r))
	}
}

// others says who else would have to agree to a change that a rule does not apply to: those
// whom the rules ask for that apply to every change.
func (n *linter) others(of Rule) string {
	var names []string
	for _, l := range n.policy.Layers {
		for _, r := range l.Rules {
			asks := false
			r.Require.each(func(part Requirement) { asks = asks || part.Approvals != nil })
			if asks && r.When.always() && r.Until.IsZero() && r.Name != of.Name {
				names = append(names, r.Name)
			}
		}
	}
	switch {
	case len(names) == 0:
		return "then nobody else has to agree"
	case len(names) > maxNamed:
		return fmt.Sprintf("then %d rules still ask for an approval", len(names))
	case len(names) == 1:
		return "then rule " + quotedList(names) + " alone asks for an approval"
	}
	return "then rules " + quotedList(names) + " still ask for an approval"
}

// maxNamed is how many rules one message names.
const maxNamed = 3

// switches calls yield for each thing by which a condition can be switched off. not says
// whether it stands below an odd number of nots; seen are the classes on the way.
func (n *linter) switches(c Condition, not bool, seen map[string]bool, yield func(string)) {
	if len(c.Title) > 0 {
		yield("another title")
	}
	if len(c.Body) > 0 {
		yield("another description")
	}
	if len(c.HeadBranches) > 0 {
		yield("another name of the branch")
	}
	if slices.Contains(c.Expr.facts, FactText) {
		yield("another title or description")
	}
	if c.Draft != nil && *c.Draft != not {
		yield("taking it out of draft")
	}
	if not && len(c.Labels) > 0 && len(c.SetBy) == 0 {
		yield("a label")
	}
	if not && len(c.Paths)+len(c.NotPaths) > 0 || !not && len(c.OnlyPaths) > 0 {
		yield("touching another file")
	}
	for _, name := range c.Class {
		if !seen[name] {
			seen[name] = true
			n.switches(n.layer.Classes[name], not, seen, yield)
		}
	}
	if len(c.Any) == 1 { // of several another may still hold
		n.switches(c.Any[0], not, seen, yield)
	}
	if c.Not != nil {
		n.switches(*c.Not, !not, seen, yield)
	}
}

// reachable warns of what means nothing in a repository's file.
func (n *linter) reachable(r Rule) {
	if r.Overridable && n.layer.Name == RepositoryLayer {
		n.warn(r.At, LintUnreachable, "rule %q is marked overridable, and nothing stands below a repository's file: take it out", r.Name)
	}
}

// regexpSigns are what regular expressions have and globs of paths hardly ever.
var regexpSigns = regexp.MustCompile(`^\^|\$$|\.\+|\||(?:^|/)\.\*|\)\?`)

func (n *linter) globs() {
	n.conditions(func(c Condition) {
		for _, glob := range slices.Concat(c.Paths, c.NotPaths, c.OnlyPaths) {
			if regexpSigns.MatchString(glob) {
				n.warn(c.At, LintRegexp, "%q looks like a regular expression, and it is read as a glob: write * for what stands between slashes, and ** for folders", glob)
			}
		}
	})
}

// unused warns of groups and classes that nothing names.
func (n *linter) unused() {
	groups, classes := map[string]bool{}, map[string]bool{}
	use := func(into map[string]bool, names []string) {
		for _, name := range names {
			into[name] = true
		}
	}
	var exprs []string
	n.conditions(func(c Condition) {
		use(groups, c.Authors)
		use(groups, c.SetBy)
		use(classes, c.Class)
		exprs = append(exprs, c.Expr.Text)
	})
	for _, r := range n.layer.Rules {
		use(groups, r.WaivableBy)
		r.Require.each(func(part Requirement) {
			if part.Approvals != nil {
				use(groups, part.Approvals.From)
			}
			if part.SignOff != nil {
				use(groups, part.SignOff.From)
			}
			exprs = append(exprs, part.Expr.Text)
		})
	}
	for _, f := range n.layer.Freezes {
		use(groups, f.Except)
		use(classes, f.Classes)
	}
	if e := n.layer.Emergency; e != nil {
		use(groups, slices.Concat(e.By, e.Approvals.From, e.PostMortem.ReviewedBy))
	}
	if r := n.layer.Rollback; r != nil {
		use(groups, r.By)
	}
	for _, name := range slices.Sorted(maps.Keys(n.layer.Groups)) {
		if g := n.layer.Groups[name]; !groups[name] && !g.BuiltIn && !slices.ContainsFunc(exprs, func(e string) bool { return strings.Contains(e, name) }) {
			n.warn(g.At, LintUnused, "nothing names group %q: take it out, or write the rule that asks for it", name)
		}
	}
	for _, name := range ownClasses(n.layer) {
		if !classes[name] {
			n.warn(n.layer.Classes[name].At, LintUnused, "nothing names class %q: take it out, or write the rule that is about it", name)
		}
	}
}

// expired warns of exceptions and advice that the clock has ended.
func (n *linter) expired() {
	if n.facts.At.IsZero() {
		return
	}
	for _, e := range n.layer.Exceptions {
		if !e.Expires.After(n.facts.At) {
			n.warn(e.At, LintExpired, "the exception to rule %q has expired: take it out", e.Rule)
		}
	}
	for _, r := range n.layer.Rules {
		if !r.Until.IsZero() && !r.Until.After(n.facts.At) {
			n.warn(r.At, LintExpired, "rule %q is enforced since the day after its until: take out enforce and until", r.Name)
		}
	}
	for _, d := range n.layer.Advice {
		if !d.Until.After(n.facts.At) {
			n.warn(d.At, LintExpired, "rule %q is enforced since the day after: take the advice out", d.Rule)
		}
	}
}

// shadows reports whether a rule asks for at least what another does whenever that one
// applies. Of two that ask for the same, the later one is in the shadow.
func shadows(a, b Rule, earlier bool) bool {
	if a.Stage != b.Stage || !a.Until.IsZero() || len(a.WaivableBy) > 0 || a.Overridable && !b.Overridable {
		return false
	}
	same := string(printed(a.When)) == string(printed(b.When))
	if !same && !a.When.always() {
		return false
	}
	if !earlier && same && implies(b.Require, a.Require) {
		return false
	}
	return implies(a.Require, b.Require)
}

// implies reports whether what meets a meets b, as far as that can be seen: of approvals
// alone, or where both say the same.
func implies(a, b Requirement) bool {
	if b.Approvals == nil {
		return string(printedDemand(a)) == string(printedDemand(b))
	}
	rest := b
	rest.Approvals = nil
	if len(rest.print()) > 0 || a.Approvals == nil {
		return string(printedDemand(a)) == string(printedDemand(b))
	}
	x, y := a.Approvals, b.Approvals
	return x.Count >= y.Count && (len(y.From) == 0 && allWrite(x) || len(x.From) > 0 && len(y.From) > 0 && subset(x.From, y.From)) &&
		!y.Distinct && (x.Of == y.Of || x.Of == OfCommit) &&
		(y.MaxAge == 0 || x.MaxAge > 0 && x.MaxAge <= y.MaxAge) && (x.UnknownAuthors == y.UnknownAuthors || x.UnknownAuthors == Block)
}

// allWrite reports whether whoever counts there can write: members of a group need not.
func allWrite(a *Approvals) bool { return len(a.From) == 0 }

func printedDemand(r Requirement) []byte {
	var w strings.Builder
	r.print().write(&w, 0)
	return []byte(w.String())
}
