package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// bot reads a policy-bot file.
type bot struct {
	draft
	notes notes
	rules map[string]*botRule
	order []string
	used  map[string]bool
}

// botRule is an approval rule of policy-bot's.
type botRule struct {
	name   string
	line   int
	when   botCondition
	count  int
	people draftGroup // nobody: anybody who can write
	checks []string
	signed bool // every commit has a valid signature
}

// asks reports whether the rule asks for anything: one that does not is always approved.
func (r botRule) asks() bool { return r.count > 0 || len(r.checks) > 0 || r.signed }

// PolicyBot reads policy-bot's .policy.yml. The rules that its policy.approval names become
// rules here; alternatives become one rule that asks for either.
func PolicyBot(name string, src []byte) (Result, error) {
	var doc yaml.Node
	if err := yaml.Load(src, &doc); err != nil {
		return Result{}, fmt.Errorf("carry over %s: this is not YAML: %w", name, err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return Result{}, fmt.Errorf("carry over %s: want a mapping with policy and approval_rules", name)
	}
	b := &bot{draft: draft{from: name}, rules: map[string]*botRule{}, used: map[string]bool{}}
	var approval *yaml.Node
	each(doc.Content[0], func(key, value *yaml.Node) {
		switch key.Value {
		case "approval_rules":
			for _, n := range value.Content {
				b.readRule(n)
			}
		case "policy":
			each(value, func(key, value *yaml.Node) {
				switch key.Value {
				case "approval":
					approval = value
				case "disapproval":
					b.notes.add(key.Line, "disapproval is not carried over: here a request for changes blocks, by everybody whose approval could count")
				default:
					b.notes.add(key.Line, "policy.%s is not known and left out", key.Value)
				}
			})
		case "remote", "path", "ref":
			b.notes.add(key.Line, "%s: a policy in another repository is not fetched: import that file", key.Value)
		default:
			b.notes.add(key.Line, "%s is not known and left out", key.Value)
		}
	})
	if approval == nil {
		b.notes.add(0, "there is no policy.approval, so no rule is in force and none is carried over")
	} else {
		for _, n := range items(approval) {
			b.emit(n)
		}
	}
	for _, name := range b.order {
		if !b.used[name] {
			b.notes.add(b.rules[name].line, "rule %q is not named by policy.approval, so it is in force nowhere and left out", name)
		}
	}
	if len(b.draft.rules) > 0 {
		b.notes.add(0, "an approval holds while what was reviewed is what would be merged, and contributors' never count, whatever the options say")
	}
	return b.result(b.notes)
}

// emit writes what one entry of policy.approval asks for; all of them are asked.
func (b *bot) emit(n *yaml.Node) {
	switch {
	case n.Kind == yaml.ScalarNode:
		if r := b.find(n); r != nil {
			b.write(r, nil)
		}
	case n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "and":
		for _, one := range items(n.Content[1]) {
			b.emit(one)
		}
	case n.Kind == yaml.MappingNode && len(n.Content) == 2 && n.Content[0].Value == "or":
		b.either(n, items(n.Content[1]))
	default:
		b.notes.add(n.Line, "this is neither a rule's name nor `and` nor `or`, and is left out")
	}
}

func (b *bot) find(n *yaml.Node) *botRule {
	b.used[n.Value] = true
	if r := b.rules[n.Value]; r != nil {
		return r
	}
	b.notes.add(n.Line, "no rule is named %q: policy-bot would refuse the file", n.Value)
	return nil
}

// either writes alternatives. A rule that asks for nothing where only certain files are
// touched exempts those; whatever else cannot be said as alternatives is asked all of it.
func (b *bot) either(n *yaml.Node, alternatives []*yaml.Node) {
	var asking []*botRule
	var exempt []string
	for _, one := range alternatives {
		if one.Kind != yaml.ScalarNode {
			b.notes.add(one.Line, "alternatives within alternatives cannot be said: all of them are asked, which is stricter")
			b.emit(one)
			continue
		}
		r := b.find(one)
		switch {
		case r == nil:
		case r.asks():
			asking = append(asking, r)
		case r.when.onlyOnly():
			exempt = append(exempt, r.when.only...)
		case !r.when.says() && !r.when.lost:
			b.notes.add(one.Line, "rule %q always holds, so these alternatives ask for nothing and are left out", r.name)
			return
		default:
			b.notes.add(one.Line, "rule %q lets changes pass by a condition that cannot be said here: it is left out, which is stricter", r.name)
		}
	}
	if merged := together(asking); merged != nil {
		b.write(merged, exempt)
		return
	}
	if len(asking) > 0 && alike(asking) {
		b.choice(asking, exempt)
		return
	}
	if len(asking) > 1 {
		b.notes.add(n.Line, "these alternatives apply under different conditions: all of them are asked, which is stricter")
	}
	for _, r := range asking {
		b.write(r, exempt)
	}
}

// alike reports whether rules apply under the same condition.
func alike(all []*botRule) bool {
	for _, r := range all[1:] {
		if r.when.lost != all[0].when.lost || !slices.Equal(r.when.lines(nil), all[0].when.lines(nil)) {
			return false
		}
	}
	return true
}

// choice writes alternatives as one rule that any of them satisfies.
func (b *bot) choice(all []*botRule, exempt []string) {
	one := *all[0]
	var names []string
	require := []string{"any:"}
	for _, r := range all {
		names = append(names, r.name)
		for i, l := range b.demands(r) {
			require = append(require, map[bool]string{true: "  - ", false: "    "}[i == 0]+l)
		}
	}
	one.name = strings.Join(names, " or ")
	b.add(&one, exempt, require)
}

// together returns the one rule that several alternatives are: the same condition and one
// approval each, so that one by anybody of theirs will do. nil: they are not.
func together(all []*botRule) *botRule {
	if len(all) == 0 {
		return nil
	}
	out := *all[0]
	for _, r := range all[1:] {
		if r.count != 1 || out.count != 1 || len(r.checks)+len(out.checks) > 0 || r.signed || out.signed ||
			r.people.permission != "" || out.people.permission != "" || r.when.lost || out.when.lost || !slices.Equal(r.when.lines(nil), out.when.lines(nil)) {
			return nil
		}
		out.name += " or " + r.name
		if out.people.empty() || r.people.empty() {
			out.people = draftGroup{}
			continue
		}
		out.people.teams = slices.Concat(out.people.teams, r.people.teams)
		out.people.users = slices.Concat(out.people.users, r.people.users)
		out.people.name = out.name
	}
	for _, list := range []*[]string{&out.people.teams, &out.people.users} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return &out
}

func (g draftGroup) empty() bool { return len(g.teams)+len(g.users) == 0 && g.permission == "" }

// write adds a rule. exempt are globs: the rule does not apply where nothing else is touched.
func (b *bot) write(r *botRule, exempt []string) {
	if !r.asks() {
		b.notes.add(r.line, "rule %q asks for nothing, and is left out", r.name)
		return
	}
	b.add(r, exempt, b.demands(r))
}

// add adds a rule that asks what require says.
func (b *bot) add(r *botRule, exempt, require []string) {
	if len(exempt) > 0 && len(r.when.paths)+len(r.when.ignore) > 0 {
		b.notes.add(r.line, "rule %q has paths of its own, so what alternatives exempt is not carried over, which is stricter", r.name)
		exempt = nil
	}
	out := draftRule{name: r.name, line: r.line, when: r.when.lines(&b.draft), require: require}
	if len(exempt) > 0 {
		out.when = append(out.when, entries("not_paths", exempt)...)
	}
	b.rule(out)
}

// demands writes what a rule asks for.
func (b *bot) demands(r *botRule) []string {
	var out []string
	switch {
	case r.count > 0 && r.people.empty():
		out = append(out, "approvals: "+strconv.Itoa(r.count))
	case r.count > 0:
		out = append(out, fmt.Sprintf("approvals: {count: %d, from: %s}", r.count, quote(b.group(r.people))))
	}
	if len(r.checks) > 0 {
		out = append(out, "checks: {names: "+list(r.checks)+"}")
	}
	if r.signed {
		out = append(out, "signed_commits: true")
	}
	return out
}

// each calls yield for the pairs of a mapping; of anything else there are none.
func each(n *yaml.Node, yield func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		yield(n.Content[i], n.Content[i+1])
	}
}

// items returns the entries of a list; of anything else there are none.
func items(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		return nil
	}
	return n.Content
}

func texts(n *yaml.Node) []string {
	var out []string
	for _, item := range items(n) {
		out = append(out, item.Value)
	}
	return out
}
