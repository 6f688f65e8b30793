package importer

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// readRule reads an approval rule, and notes each part of it that means nothing here.
func (b *bot) readRule(n *yaml.Node) {
	r := &botRule{line: n.Line}
	each(n, func(key, value *yaml.Node) {
		switch key.Value {
		case "name":
			r.name = value.Value
		case "description":
		case "if":
			each(value, func(key, value *yaml.Node) { b.readCondition(r, key, value) })
		case "options":
			each(value, func(key, value *yaml.Node) { b.readOption(key, value) })
		case "requires":
			b.readRequires(r, value)
		default:
			b.notes.add(key.Line, "%s is not known and left out", key.Value)
		}
	})
	if r.name == "" || b.rules[r.name] != nil {
		b.notes.add(n.Line, "a rule without a name of its own is left out")
		return
	}
	r.people.name = cmp.Or(r.people.name, r.name)
	b.rules[r.name] = r
	b.order = append(b.order, r.name)
}

func (b *bot) readOption(key, value *yaml.Node) {
	switch key.Value {
	case "allow_author", "allow_contributor", "allow_non_author_contributor":
		if value.Value == "true" {
			b.notes.add(key.Line, "%s is not carried over: a contributor's approval never counts here", key.Value)
		}
	case "invalidate_on_push", "ignore_edited_comments", "ignore_update_merges":
		// Here by construction: an approval is bound to the diff, comments approve nothing.
	case "request_review":
		b.notes.add(key.Line, "request_review is not carried over: reviews are requested by hand")
	case "methods":
		each(value, func(key, value *yaml.Node) {
			if key.Value == "github_review" && value.Value == "true" {
				return
			}
			b.notes.add(key.Line, "%s is not carried over: reviews on GitHub approve, and nothing else does", key.Value)
		})
	default:
		b.notes.add(key.Line, "option %s cannot be said here and is left out", key.Value)
	}
}

func (b *bot) readRequires(r *botRule, n *yaml.Node) {
	anybody, named := false, false
	each(n, func(key, value *yaml.Node) {
		switch key.Value {
		case "count":
			count, err := strconv.Atoi(value.Value)
			if err != nil || count < 0 {
				b.notes.add(value.Line, "count %q is no number, and is taken for 1", value.Value)
				count = 1
			}
			r.count = count
		case "conditions":
			each(value, func(key, value *yaml.Node) { b.readDemand(r, key, value) })
		case "organizations":
			anybody = true
			b.notes.add(key.Line, "organizations: everybody with write access counts instead, whichever organization they are of")
		case "permissions":
			for _, p := range texts(value) {
				if i := slices.Index(permissions, p); i >= 0 && (r.people.permission == "" || i > slices.Index(permissions, r.people.permission)) {
					r.people.permission = p // the least of them is enough
				}
			}
		case "admins":
			r.people.permission = cmp.Or(r.people.permission, "admin")
		case "write_collaborators":
			r.people.permission = "write"
		default:
			if !b.readPeople(&r.people, key, value) {
				b.notes.add(key.Line, "requires.%s is not known and left out", key.Value)
			}
			named = named || len(items(value)) > 0
		}
	})
	if named && r.people.empty() && !anybody {
		b.notes.add(n.Line, "LOOSER: nobody whom rule %q names can be named in a group, and everybody with write access counts instead", r.name)
	}
	if anybody || r.people.permission == "write" {
		r.people = draftGroup{name: r.people.name} // whoever can write is among them
	}
}

// permissions are GitHub's, the strongest first.
var permissions = []string{"admin", "maintain", "write", "triage", "read"}

// readDemand reads what has to hold besides approvals.
func (b *bot) readDemand(r *botRule, key, value *yaml.Node) {
	switch key.Value {
	case "has_successful_status":
		for _, name := range texts(value) {
			r.checks = append(r.checks, literal(name))
		}
	case "has_status":
		each(value, func(k, v *yaml.Node) {
			switch {
			case k.Value == "statuses":
				for _, name := range texts(v) {
					r.checks = append(r.checks, literal(name))
				}
			case !slices.Equal(texts(v), []string{"success"}):
				b.notes.add(k.Line, "%s %s: success is asked for, which is stricter", k.Value, strings.Join(texts(v), ", "))
			}
		})
	case "has_valid_signatures":
		r.signed = value.Value == "true"
	default:
		b.notes.add(key.Line, "LOOSER: the condition %s cannot be asked for, and is left out", key.Value)
	}
}

var (
	loginEntry = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9_])?$`)
	teamEntry  = regexp.MustCompile(`^[^/]+/([A-Za-z0-9][A-Za-z0-9._-]*)$`)
)

// readPeople reads teams and users; false if the key is neither.
func (b *bot) readPeople(g *draftGroup, key, value *yaml.Node) bool {
	for _, item := range items(value) {
		m := teamEntry.FindStringSubmatch(item.Value)
		switch {
		case key.Value == "teams" && m != nil:
			g.teams = append(g.teams, strings.ToLower(m[1]))
		case key.Value == "users" && loginEntry.MatchString(item.Value):
			g.users = append(g.users, strings.ToLower(item.Value))
		case key.Value == "teams" || key.Value == "users":
			b.notes.add(item.Line, "%q is left out of %s: it is no login or team that a group can name; an app can be named under bots", item.Value, key.Value)
		}
	}
	slices.Sort(g.teams)
	slices.Sort(g.users)
	g.teams, g.users = slices.Compact(g.teams), slices.Compact(g.users)
	return key.Value == "teams" || key.Value == "users"
}
