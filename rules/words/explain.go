package words

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// Explain returns a composed policy for people: where it applies, each rule of each layer as
// a sentence, what its classes mean and who is in its groups. The style is Plain or Markdown.
func (s Style) Explain(p rules.Policy, markdown bool) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	heading := func(text string) {
		if markdown {
			line("\n## %s\n", text)
		} else {
			line("\n%s", text)
		}
	}
	item := func(name, sentence string) {
		if markdown {
			line("- **%s**: %s", name, sentence)
		} else {
			line("  %s\n      %s", name, sentence)
		}
	}
	if markdown {
		line("# What the policy asks\n")
	}
	line("Judged are changes into the default branch%s.", s.branches(p))
	if len(p.Layers) > 1 {
		line("The rules of the floor and of the repository all have to hold: the repository's file adds to the floor and takes nothing away.")
	}
	for i, l := range p.Layers {
		heading(fmt.Sprintf("Rules of the %s (%s)", l.Name, s.Code(l.File)))
		if len(l.Rules) == 0 {
			line("  none")
		}
		for _, r := range l.Rules {
			item(s.Name(r.Name), s.Rule(r))
		}
		if all := s.Production(l); len(all) > 0 {
			heading(fmt.Sprintf("Deployments of the %s", l.Name))
			for _, one := range all {
				item(one[0], one[1])
			}
		}
		if all := s.Reliefs(l); len(all) > 0 {
			heading(fmt.Sprintf("Exceptions and advice of the %s", l.Name))
			for _, one := range all {
				line(map[bool]string{true: "- %s", false: "  %s"}[markdown], one)
			}
		}
		if l.Requests != nil {
			line("\n%s", s.Requests(*l.Requests))
		}
		classes := slices.Sorted(maps.Keys(l.Classes))
		if i > 0 { // the built-in class is the same in every layer
			classes = slices.DeleteFunc(classes, func(name string) bool { return name == rules.PolicyClass })
		}
		if len(classes) > 0 {
			heading(fmt.Sprintf("Classes of the %s", l.Name))
		}
		for _, name := range classes {
			item(s.Name(name), "A change "+s.Condition(l.Classes[name])+".")
		}
		if len(l.Groups) > 0 {
			heading(fmt.Sprintf("Groups of the %s", l.Name))
		}
		for _, name := range slices.Sorted(maps.Keys(l.Groups)) {
			item(s.Name(name), capital(s.Group(l.Groups[name]))+".")
		}
	}
	return strings.TrimLeft(b.String(), "\n")
}

// branches returns the governed branches beside the default one, as the end of a sentence.
func (s Style) branches(p rules.Policy) string {
	var all []string
	for _, l := range p.Layers {
		for _, b := range l.Branches {
			if !slices.Contains(all, b) {
				all = append(all, b)
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	return " and into " + join(s.codes(all), "and")
}

// Branches returns the governed branches as words: "the default branch and main".
func (s Style) Branches(p rules.Policy) string {
	return "the default branch" + strings.Replace(s.branches(p), " and into ", " and ", 1)
}

// capital begins a text with a capital letter, unless it begins with markup.
func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
