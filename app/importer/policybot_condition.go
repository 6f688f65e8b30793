package importer

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// botCondition is when a rule applies.
type botCondition struct {
	paths, ignore, only []string // globs
	base, heads, labels []string
	untouched           []string // globs: no file matches one of them
	title               []string // regular expressions
	size                string   // a comparison
	authors             draftGroup
	lost                bool // some of it could not be said, so that the rule applies more often
}

// says reports whether the condition has any part.
func (c botCondition) says() bool { return len(c.lines(&draft{})) > 0 }

// onlyOnly reports whether the condition is that nothing but certain files are touched.
func (c botCondition) onlyOnly() bool {
	rest := c
	rest.only = nil
	return len(c.only) > 0 && !c.lost && !rest.says()
}

// lines writes the condition. Groups that it needs go into d, which may be nil to compare.
func (c botCondition) lines(d *draft) []string {
	var out []string
	add := func(key string, list []string) {
		if len(list) > 0 {
			out = append(out, entries(key, list)...)
		}
	}
	add("paths", c.paths)
	add("not_paths", c.ignore)
	add("only_paths", c.only)
	add("branches", c.base)
	add("head_branches", c.heads)
	add("labels", c.labels)
	add("title", c.title)
	if len(c.untouched) > 0 {
		out = append(out, "not: {paths: "+list(c.untouched)+"}")
	}
	if c.size != "" {
		out = append(out, "lines: "+quote(c.size))
	}
	switch {
	case c.authors.empty():
	case d == nil:
		add("authors", append([]string{strings.Join(c.authors.teams, " ")}, c.authors.users...))
	default:
		add("authors", []string{d.group(c.authors)})
	}
	return out
}

var modifiedLines = regexp.MustCompile(`^([<>=]) ?(0|[1-9][0-9]{0,8})$`)

// readCondition reads one predicate of a rule.
func (b *bot) readCondition(r *botRule, key, value *yaml.Node) {
	lost := func(why string) {
		r.when.lost = true
		b.notes.add(key.Line, "%s of rule %q %s: the rule applies whether it holds or not, which is stricter", key.Value, r.name, why)
	}
	switch key.Value {
	case "modified_lines":
		if len(value.Content) == 2 && value.Content[0].Value == "total" {
			if m := modifiedLines.FindStringSubmatch(value.Content[1].Value); m != nil {
				r.when.size = m[1] + " " + m[2]
				return
			}
		}
		lost("is of additions or deletions alone")
	case "title":
		if len(value.Content) == 2 && value.Content[0].Value == "matches" {
			r.when.title = texts(value.Content[1])
			return
		}
		lost("has not_matches")
	case "no_changed_files":
		if len(value.Content) == 2 && value.Content[0].Value == "paths" {
			if globs, ok := b.globs(value.Content[1]); ok {
				r.when.untouched = globs
				b.notes.add(key.Line, "no_changed_files: adding such a file switches the rule off, which a contributor can do")
				return
			}
		}
		lost("has expressions that no glob says, or ignore")
	case "changed_files", "only_changed_files":
		each(value, func(k, v *yaml.Node) {
			globs, ok := b.globs(v)
			switch {
			case k.Value == "ignore" && ok:
				r.when.ignore = globs
			case k.Value == "ignore":
				b.notes.add(k.Line, "ignore of rule %q is left out: the rule applies to those files too", r.name)
			case k.Value != "paths":
				b.notes.add(k.Line, "%s.%s is not known and left out", key.Value, k.Value)
			case !ok:
				lost("has an expression that no glob says")
			case key.Value == "changed_files":
				r.when.paths = globs
			default:
				r.when.only = globs
			}
		})
		if len(r.when.paths) == 0 {
			r.when.ignore = nil // alone it would mean something else
		}
	case "targets_branch", "from_branch":
		each(value, func(k, v *yaml.Node) {
			globs, err := globsOf(v.Value)
			switch {
			case k.Value != "pattern":
				b.notes.add(k.Line, "%s.%s is not known and left out", key.Value, k.Value)
			case err != nil:
				lost("has an expression that no glob says")
			case key.Value == "targets_branch":
				r.when.base = globs
			default:
				r.when.heads = globs
			}
		})
	case "has_labels":
		if len(value.Content) == 1 {
			r.when.labels = texts(value)
			return
		}
		lost("asks for all of several labels")
	case "has_author_in", "has_contributor_in":
		if !r.when.authors.empty() {
			lost("stands beside another condition on people")
			return
		}
		whole := true
		each(value, func(k, v *yaml.Node) {
			before := len(b.notes)
			whole = b.readPeople(&r.when.authors, k, v) && len(b.notes) == before && whole
		})
		if !whole {
			r.when.authors = draftGroup{}
			lost("names people who cannot be named in a group")
			return
		}
		r.when.authors.name = r.name + ": authors"
		if key.Value == "has_author_in" {
			b.notes.add(key.Line, "has_author_in: whoever contributed to the change counts, not the one who opened it alone")
		}
	default:
		lost("cannot be said here")
	}
}

// globs translates a list of regular expressions; false if one of them has no glob.
func (b *bot) globs(n *yaml.Node) ([]string, bool) {
	var out []string
	for _, item := range items(n) {
		globs, err := globsOf(item.Value)
		if err != nil {
			b.notes.add(item.Line, "no glob says what the expression %s says", item.Value)
			return nil, false
		}
		out = append(out, globs...)
	}
	return out, len(out) > 0
}
