package cases

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// reader collects the errors of one file.
type reader struct {
	file string
	errs []error
}

// keys is what a mapping may hold: the readers of its values by key.
type keys map[string]func(*yaml.Node)

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("%s:%d:%d: %s", r.file, max(n.Line, 1), max(n.Column, 1), fmt.Sprintf(format, args...)))
}

// notYAML takes over what the YAML reader found.
func (r *reader) notYAML(err error) error {
	if many, ok := errors.AsType[*yaml.LoadErrors](err); ok {
		for _, e := range many.Errors {
			r.fail(&yaml.Node{Line: e.Mark.Line, Column: e.Mark.Column}, "this is not YAML: %s", e.Message)
		}
		return errors.Join(r.errs...)
	}
	if one, ok := errors.AsType[*yaml.LoadError](err); ok {
		r.fail(&yaml.Node{Line: one.Mark.Line, Column: one.Mark.Column}, "this is not YAML: %s", one.Message)
		return errors.Join(r.errs...)
	}
	return fmt.Errorf("%s:1:1: this is not YAML: %w", r.file, err)
}

// plain refuses what lets a text mean something else than it seems to.
func (r *reader) plain(n *yaml.Node) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		r.fail(n, "anchors and aliases are not for cases: write it out")
		return
	}
	for _, c := range n.Content {
		r.plain(c)
	}
}

func (r *reader) mapping(n *yaml.Node, what string, known keys) {
	r.pairs(n, what, func(key, value *yaml.Node) {
		if read, ok := known[key.Value]; ok {
			read(value)
			return
		}
		r.fail(key, "%s has no key %q: it may have %s", what, key.Value, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	})
}

func (r *reader) pairs(n *yaml.Node, what string, yield func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s has to be a mapping of keys to values", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if seen[key.Value] {
			r.fail(key, "%q stands twice in %s: leave one", key.Value, what)
			continue
		}
		seen[key.Value] = true
		yield(key, value)
	}
}

// items are the entries of a list; anything else stands for a list of one.
func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	switch {
	case n.Kind == yaml.SequenceNode:
		return n.Content
	case n.ShortTag() == "!!null":
		r.fail(n, "%s is empty: say something, or take it out", what)
		return nil
	}
	return []*yaml.Node{n}
}

func (r *reader) words(n *yaml.Node, what string) []string {
	var out []string
	for _, item := range r.items(n, what) {
		if w := r.word(item, "an entry of "+what); w != "" {
			out = append(out, w)
		}
	}
	return out
}

func (r *reader) word(n *yaml.Node, what string) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" || strings.TrimSpace(n.Value) == "" {
		r.fail(n, "%s has to be a text", what)
		return ""
	}
	return n.Value
}

func (r *reader) flag(n *yaml.Node, what string) bool {
	if n.Value != "true" && n.Value != "false" {
		r.fail(n, "%s has to be true or false", what)
	}
	return n.Value == "true"
}

// teams reads members by slug. No members is a team that nobody is in.
func (r *reader) teams(n *yaml.Node) map[string][]string {
	out := map[string][]string{}
	r.pairs(n, "teams", func(key, value *yaml.Node) {
		out[strings.ToLower(key.Value)] = []string{}
		if value.Kind == yaml.SequenceNode && len(value.Content) == 0 {
			return
		}
		out[strings.ToLower(key.Value)] = r.words(value, "team "+key.Value)
	})
	return out
}
