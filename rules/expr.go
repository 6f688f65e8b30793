package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Expr is an expression in CEL about a change, for what the keys of the policy language
// cannot say. It is compiled with types when the policy is read; when it is judged its
// work is limited, and a fact that was not read makes it neither true nor false.
type Expr struct {
	At      Position
	Text    string // empty: nothing is asked
	program cel.Program
	facts   []Fact // that it rests on and that are read only where a policy asks
	comes   bool   // it rests on approvals or checks: what is false may still come
}

// Equal compares what is written.
func (e Expr) Equal(o Expr) bool { return e.Text == o.Text }

// Limits of expressions. Work is counted in CEL's own units, of some tens of nanoseconds.
const (
	maxExprs       = 100
	maxExpr        = 1000      // bytes
	maxExprWork    = 500_000   // of one expression
	maxChangeWork  = 5_000_000 // of all expressions of one evaluation
	maxExprRegexp  = 500
	maxExprNesting = 30
)

// variable is something that an expression may speak of.
type variable struct {
	kind  *cel.Type
	says  string // for the documentation
	fact  Fact   // that it rests on; empty: always known
	comes bool   // for a requirement alone
}

var (
	text      = cel.StringType
	texts     = cel.ListType(cel.StringType)
	variables = map[string]variable{
		"base":            {kind: text, says: "the branch that the change aims at"},
		"repository":      {kind: text, says: "owner/name"},
		"public":          {kind: cel.BoolType, says: "whether everybody can read the repository"},
		"head_branch":     {kind: text, says: "the branch that the change comes from; a fork's reads owner:branch"},
		"fork":            {kind: cel.BoolType, says: "whether it comes from another repository"},
		"draft":           {kind: cel.BoolType, says: "whether the pull request is a draft"},
		"title":           {kind: text, says: "of the pull request", fact: FactText},
		"body":            {kind: text, says: "the description of the pull request", fact: FactText},
		"labels":          {kind: texts, says: "of the pull request"},
		"paths":           {kind: texts, says: "of the files that it touches, old and new"},
		"files":           {kind: cel.IntType, says: "how many files it touches"},
		"lines":           {kind: cel.IntType, says: "how many lines it adds and removes"},
		"commits":         {kind: cel.IntType, says: "how many commits it has"},
		"contributors":    {kind: cel.IntType, says: "how many people contributed to it"},
		"author_groups":   {kind: texts, says: "groups of this file that a contributor is in"},
		"approvals":       {kind: cel.IntType, says: "how many people approve it whose approval counts", comes: true},
		"approver_groups": {kind: texts, says: "groups of this file that one of them is in", comes: true},
		"checks":          {kind: cel.MapType(text, text), says: "each check's state by its name: passed, failed, skipped, running or claimed", comes: true},
	}
)

// environments returns what expressions are compiled in: those of conditions, and those of
// requirements, which may ask for approvals and checks too.
var environments = sync.OnceValues(func() (when, require *cel.Env) {
	options := []cel.EnvOption{
		cel.ParserRecursionLimit(maxExprNesting), cel.ParserExpressionSizeLimit(maxExpr), cel.RegexProgramSizeLimit(maxExprRegexp),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals()),
	}
	var later []cel.EnvOption
	for name, v := range variables {
		if v.comes {
			later = append(later, cel.Variable(name, v.kind))
		} else {
			options = append(options, cel.Variable(name, v.kind))
		}
	}
	when, err := cel.NewEnv(options...)
	if err == nil {
		require, err = when.Extend(later...)
	}
	if err != nil {
		panic(err) // nothing in it comes from outside, and a test makes it
	}
	return when, require
})

// exprError is what is wrong with an expression, and where in it.
type exprError struct {
	column int // characters before it
	msg    string
}

// compileExpr compiles an expression of a condition or requirement.
func compileExpr(text string, requirement bool) (Expr, []exprError) {
	env, wider := environments()
	if requirement {
		env = wider
	}
	ast, issues := env.Compile(text)
	if issues != nil && issues.Err() != nil {
		var errs []exprError
		for _, e := range issues.Errors() {
			errs = append(errs, exprError{max(e.Location.Column(), 0), exprMessage(e.Message, requirement)})
		}
		return Expr{}, errs
	}
	if ast.OutputType() != cel.BoolType {
		return Expr{}, []exprError{{0, "it has to be true or false: compare it with something"}}
	}
	program, err := env.Program(ast, cel.CostLimit(maxExprWork), cel.EvalOptions(cel.OptPartialEval, cel.OptTrackCost))
	if err != nil {
		return Expr{}, []exprError{{0, "it cannot be judged: write it more simply"}}
	}
	e := Expr{Text: text, program: program}
	for _, ref := range ast.NativeRep().ReferenceMap() {
		v, ok := variables[ref.Name]
		if ok && v.fact != "" && !slices.Contains(e.facts, v.fact) {
			e.facts = append(e.facts, v.fact)
		}
		e.comes = e.comes || ok && v.comes
	}
	return e, nil
}

var (
	noReference = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	noOverload  = regexp.MustCompile(`^found no matching overload for '_?(.*?)_?' applied to '(.*)'`)
	noSyntax    = regexp.MustCompile(`^Syntax error: (?:mismatched input|extraneous input|no viable alternative at input|token recognition error at:) '(.*?)'`)
)

// exprMessage says CEL's message in the words of a policy's reader.
func exprMessage(msg string, requirement bool) string {
	msg, _, _ = strings.Cut(msg, "\n")
	if m := noReference.FindStringSubmatch(msg); m != nil {
		return noVariable(m[1], requirement)
	}
	if m := noOverload.FindStringSubmatch(msg); m != nil {
		return fmt.Sprintf("%s cannot be used with %s: see what it takes", m[1], m[2])
	}
	if m := noSyntax.FindStringSubmatch(msg); m != nil {
		if m[1] == "<EOF>" {
			return "it ends where something is missing"
		}
		return fmt.Sprintf("%q cannot stand here", m[1])
	}
	if msg == "invalid matches argument" {
		return "the text that it matches is no regular expression"
	}
	return strings.TrimPrefix(msg, "Syntax error: ")
}

// noVariable says what to write instead of a name that stands for nothing.
func noVariable(name string, requirement bool) string {
	var known []string
	for v, is := range variables {
		if requirement || !is.comes {
			known = append(known, v)
		}
	}
	slices.Sort(known)
	if slices.Contains(known, name) {
		return fmt.Sprintf("%s cannot be asked for like this", name)
	}
	if v, ok := variables[name]; ok && v.comes {
		return fmt.Sprintf("%s can be asked for under require alone: a rule does not apply because of what it waits for", name)
	}
	p := &parser{}
	if near := p.nearest(name, known); near != "" {
		return fmt.Sprintf("there is no %s here: write %s", name, near)
	}
	return fmt.Sprintf("there is no %s here: it may have %s", name, strings.Join(known, ", "))
}

// expr judges an expression of each pull request. It is unsure where it rests on a fact
// that was not read, and where it cannot be worked out.
func (j *judge) expr(l Layer, e Expr) (t truth, known bool) {
	for _, p := range j.Pulls {
		is, ok := j.exprOf(l, e, p)
		if !ok {
			return maybe, false
		}
		t.may, t.mayNot = t.may || is, t.mayNot || !is
	}
	if t == (truth{}) {
		return maybe, false
	}
	return t, true
}

func (j *judge) exprOf(l Layer, e Expr, p Pull) (is, known bool) {
	if e.program == nil || j.work > maxChangeWork {
		return false, false
	}
	vars, err := cel.PartialVars(j.exprVars(l, e, p), j.exprUnknown(l)...)
	if err != nil {
		return false, false
	}
	out, details, err := e.program.Eval(vars)
	if details != nil && details.ActualCost() != nil {
		j.work += *details.ActualCost()
	}
	if err != nil || types.IsUnknownOrError(out) {
		// A check that has not reported has no entry among the checks: it may still come.
		return false, e.comes && err != nil && strings.HasPrefix(err.Error(), "no such key: ")
	}
	is, known = out.Value().(bool)
	return is, known
}

// exprVars returns what an expression may speak of, of one pull request.
func (j *judge) exprVars(l Layer, e Expr, p Pull) map[string]any {
	lines, _ := j.lines()
	vars := map[string]any{
		"base": j.Base, "repository": j.Repo.Name, "public": j.Repo.Public,
		"head_branch": p.HeadRef, "fork": p.Fork, "draft": p.Draft, "title": p.Title, "body": p.Body,
		"labels": orNone(p.Labels), "paths": orNone(j.paths), "files": len(j.Files), "lines": lines,
		"commits": len(j.Commits), "contributors": len(j.who.order),
		"author_groups": orNone(j.groupsOf(l, j.who.order)),
	}
	if e.comes {
		var approvers []UserID
		facts := &ApprovalFacts{}
		for _, r := range j.opinions {
			j.count(l, Approvals{Count: 1, Of: OfDiff}, r, facts)
		}
		for _, a := range facts.Counted {
			approvers = append(approvers, a.By)
		}
		vars["approvals"], vars["approver_groups"] = len(approvers), orNone(j.groupsOf(l, approvers))
		vars["checks"] = sortedMap(j.checkStates())
	}
	return vars
}

// exprUnknown returns what an expression must not rest on.
func (j *judge) exprUnknown(l Layer) []*cel.AttributePatternType {
	var names []string
	for name, v := range variables {
		if v.fact != "" && !j.knows(v.fact) {
			names = append(names, name)
		}
	}
	if j.unlisted() {
		names = append(names, "paths", "files", "lines")
	}
	if _, more := j.lines(); more {
		names = append(names, "lines")
	}
	if j.gap(GapLabels) {
		names = append(names, "labels")
	}
	if len(j.who.unknown) > 0 {
		names = append(names, "commits", "contributors", "author_groups", "approvals", "approver_groups")
	}
	if groups := slices.Sorted(maps.Keys(l.Groups)); j.doubts(l, groups) {
		names = append(names, "author_groups", "approver_groups")
	}
	if j.gap(GapReviews) {
		names = append(names, "approvals", "approver_groups")
	}
	if j.gap(GapChecks) {
		names = append(names, "checks")
	}
	out := make([]*cel.AttributePatternType, len(names))
	for i, name := range names {
		out[i] = cel.AttributePattern(name)
	}
	return out
}

// groupsOf returns the groups of the layer that one of the people is in, by name.
func (j *judge) groupsOf(l Layer, people []UserID) []string {
	var in []string
	for _, name := range slices.Sorted(maps.Keys(l.Groups)) {
		if slices.ContainsFunc(people, func(id UserID) bool { _, ok := j.seat(l, []string{name}, id); return ok }) {
			in = append(in, name)
		}
	}
	return in
}

// checkStates returns the state of each check by its name; of several results of one name
// the worst.
func (j *judge) checkStates() map[string]string {
	order := map[resultState]int{passed: 0, idle: 1, hearsay: 2, claimed: 2, running: 3, failed: 4}
	words := map[resultState]string{passed: "passed", idle: "skipped", hearsay: "claimed", claimed: "claimed", running: "running", failed: "failed"}
	worst := map[string]resultState{}
	for _, r := range j.results {
		if old, ok := worst[r.name]; !ok || order[r.state] > order[old] {
			worst[r.name] = r.state
		}
	}
	states := map[string]string{}
	for name, state := range worst {
		states[name] = words[state]
	}
	return states
}

// inOrder is a map whose keys come in their order, as those of Go's maps do not: the same
// facts give the same answer.
type inOrder struct {
	traits.Mapper
	keys traits.Lister
}

// Iterator goes through the keys in order.
func (m inOrder) Iterator() traits.Iterator { return m.keys.Iterator() }

func sortedMap(m map[string]string) ref.Val {
	adapter := types.DefaultTypeAdapter
	return inOrder{types.NewStringStringMap(adapter, m), types.NewStringList(adapter, slices.Sorted(maps.Keys(m)))}
}

func orNone(words []string) []string {
	if words == nil {
		return []string{}
	}
	return words
}
