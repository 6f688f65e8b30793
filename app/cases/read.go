package cases

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/changewarden/changewarden/rules"
)

// maxBytes is how large a file of cases may be.
const maxBytes = 1 << 20

// Read reads a file of cases. It is as strict as the policy's own parser: each error has
// its line and column, and all of them are told at once.
func Read(name string, src []byte) (File, error) {
	f := File{Name: name}
	r := &reader{file: name}
	if len(src) > maxBytes {
		return f, fmt.Errorf("%s:1:1: the file has %d bytes, and %d are the limit: split it", name, len(src), maxBytes)
	}
	var docs []yaml.Node
	if err := yaml.Load(src, &docs, yaml.WithAllDocuments()); err != nil {
		return f, r.notYAML(err)
	}
	if len(docs) != 1 || len(docs[0].Content) != 1 {
		return f, fmt.Errorf("%s:1:1: want one document: begin with `version: 1` and `cases:`", name)
	}
	root := docs[0].Content[0]
	r.plain(root)
	versioned := false
	r.mapping(root, "the file of cases", keys{
		"version": func(n *yaml.Node) {
			if versioned = true; n.Value != "1" {
				r.fail(n, "version has to be 1")
			}
		},
		"as_floor": func(n *yaml.Node) { f.AsFloor = r.flag(n, "as_floor") },
		"teams":    func(n *yaml.Node) { f.Teams = r.teams(n) },
		"cases": func(n *yaml.Node) {
			for _, item := range r.items(n, "cases") {
				f.Cases = append(f.Cases, r.oneCase(item))
			}
		},
	})
	if !versioned {
		r.fail(root, "the version is missing: begin with `version: 1`")
	}
	if len(f.Cases) == 0 && len(r.errs) == 0 {
		r.fail(root, "there are no cases: write them under `cases:`")
	}
	return f, errors.Join(r.errs...)
}

func (r *reader) oneCase(n *yaml.Node) Case {
	c := Case{Line: n.Line, Given: Given{Author: "ann", Base: "main", Head: "topic", Files: []GivenFile{{Path: "main.go"}}}}
	expected := false
	r.mapping(n, "a case", keys{
		"name":   func(n *yaml.Node) { c.Name = r.word(n, "name") },
		"given":  func(n *yaml.Node) { r.given(n, &c.Given) },
		"expect": func(n *yaml.Node) { expected = true; c.Expect = r.expect(n) },
	})
	if c.Name == "" {
		r.fail(n, "the case has no name: begin with `- name:`")
	}
	if !expected {
		r.fail(n, "case %q expects nothing: say what under expect", c.Name)
	}
	return c
}

func (r *reader) given(n *yaml.Node, g *Given) {
	words := func(into *[]string, key string) func(*yaml.Node) {
		return func(n *yaml.Node) { *into = r.words(n, key) }
	}
	word := func(into *string, key string) func(*yaml.Node) {
		return func(n *yaml.Node) { *into = r.word(n, key) }
	}
	flag := func(into *bool, key string) func(*yaml.Node) {
		return func(n *yaml.Node) { *into = r.flag(n, key) }
	}
	number := func(into *int, key string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			i, err := strconv.Atoi(n.Value)
			if err != nil || i < 0 {
				r.fail(n, "%s has to be a whole number", key)
			}
			*into = i
		}
	}
	pairs := func(into *map[string]string, key string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			*into = map[string]string{}
			r.pairs(n, key, func(name, value *yaml.Node) { (*into)[name.Value] = r.word(value, name.Value+" in "+key) })
		}
	}
	r.mapping(n, "given", keys{
		"title":              word(&g.Title, "title"),
		"description":        word(&g.Description, "description"),
		"template":           word(&g.Template, "template"),
		"message":            word(&g.Message, "message"),
		"unsigned":           flag(&g.Unsigned, "unsigned"),
		"merge":              flag(&g.Merge, "merge"),
		"open_conversations": number(&g.Conversations, "open_conversations"),
		"behind":             number(&g.Behind, "behind"),
		"lines":              number(&g.Lines, "lines"),
		"labels_by":          pairs(&g.LabelsBy, "labels_by"),
		"permissions":        pairs(&g.Permissions, "permissions"),
		"waivers":            pairs(&g.Waivers, "waivers"),
		"owners":             words(&g.Owners, "owners"),
		"member_for_days": func(n *yaml.Node) {
			g.Since = map[string]int{}
			r.pairs(n, "member_for_days", func(name, value *yaml.Node) {
				days := 0
				number(&days, name.Value+" in member_for_days")(value)
				g.Since[strings.ToLower(name.Value)] = days
			})
		},
		"author":          word(&g.Author, "author"),
		"base":            word(&g.Base, "base"),
		"head":            word(&g.Head, "head"),
		"fork":            flag(&g.Fork, "fork"),
		"draft":           flag(&g.Draft, "draft"),
		"labels":          words(&g.Labels, "labels"),
		"contributors":    words(&g.Contributors, "contributors"),
		"unknown_author":  flag(&g.Unknown, "unknown_author"),
		"approvals":       words(&g.Approvals, "approvals"),
		"stale_approvals": words(&g.Stale, "stale_approvals"),
		"objections":      words(&g.Objections, "objections"),
		"outsiders":       words(&g.Outsiders, "outsiders"),
		"bots":            words(&g.Bots, "bots"),
		"missing_teams":   words(&g.Missing, "missing_teams"),
		"required_checks": words(&g.Required, "required_checks"),
		"teams":           func(n *yaml.Node) { g.Teams = r.teams(n) },
		"files": func(n *yaml.Node) {
			g.Files = nil
			for _, item := range r.items(n, "files") {
				f := GivenFile{}
				if item.Kind == yaml.MappingNode {
					r.mapping(item, "a file", keys{"path": word(&f.Path, "path"), "from": word(&f.From, "from")})
				} else {
					f.Path = r.word(item, "a file")
				}
				g.Files = append(g.Files, f)
			}
		},
		"checks": func(n *yaml.Node) {
			g.Checks = map[string]string{}
			r.pairs(n, "checks", func(key, value *yaml.Node) {
				w := r.word(value, "the conclusion of "+key.Value)
				if w != "" && !slices.Contains(conclusions, w) {
					r.fail(value, "a check cannot be %q: write %s", w, strings.Join(conclusions, ", "))
				}
				g.Checks[key.Value] = w
			})
		},
	})
}

var conclusions = []string{"success", "failure", "neutral", "skipped", "cancelled", "timed_out", "action_required", running}

var (
	verdicts = []string{string(rules.Pass), string(rules.Pending), string(rules.Fail), string(rules.Indeterminate)}
	outcomes = append(slices.Clone(verdicts), string(rules.Waived), string(rules.Advice), string(rules.NotApplicable), string(rules.Ahead))
)

// expect reads an outcome, or a mapping of outcome and rules.
func (r *reader) expect(n *yaml.Node) Expect {
	var e Expect
	outcome := func(n *yaml.Node) {
		w := r.word(n, "the expected verdict")
		if w != "" && !slices.Contains(verdicts, w) {
			r.fail(n, "a verdict cannot be %q: write %s", w, strings.Join(verdicts, ", "))
		}
		e.Outcome = rules.Outcome(w)
	}
	if n.Kind == yaml.ScalarNode {
		outcome(n)
		return e
	}
	r.mapping(n, "expect", keys{
		"verdict": outcome,
		"rules": func(n *yaml.Node) {
			r.pairs(n, "rules of expect", func(key, value *yaml.Node) {
				w := strings.ReplaceAll(r.word(value, "the answer of "+key.Value), " ", "_")
				f := ExpectFinding{Rule: key.Value, Line: key.Line}
				switch {
				case w == "":
					return
				case strings.Contains(w, "."):
					f.Code = rules.Code(w)
				case slices.Contains(outcomes, w):
					f.Outcome = rules.Outcome(w)
				default:
					r.fail(value, "a rule cannot answer %q: write %s, or a reason code such as approvals.missing", w, strings.Join(outcomes, ", "))
				}
				e.Findings = append(e.Findings, f)
			})
		},
	})
	return e
}
