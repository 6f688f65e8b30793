package procedure

import (
	"slices"
	"strings"

	"github.com/changewarden/changewarden/rules"
)

// Clause is a sentence of the control, and what there is besides the policy's rules to say
// about how it is carried out.
type Clause struct {
	Title string
	Text  string // the control's words
	Open  string // what stands in the document where no rule serves it
}

// The clauses of the control, in its order.
var (
	peerReview = Clause{
		"Peer review", "All production changes require a GitHub pull request with peer review.",
		"No rule of this policy asks for it.",
	}
	infrastructure = Clause{
		"Infrastructure", "All infrastructure changes require a Terraform PR with two approvals. Terraform changes require approval from a senior engineer.",
		"No rule of this policy asks for it.",
	}
	securityReview = Clause{
		"Security code review", "Security code review is integrated into the change approval process.",
		"No rule of this policy asks for it.",
	}
	process = Clause{
		"The process itself", "Changes to production systems follow a defined process.",
		"No rule of this policy guards the policy file itself.",
	}
	tests = Clause{
		"Automated tests", "Automated tests must pass.",
		"No rule of this policy asks for it.",
	}
	staging = Clause{
		"Staging first", "Changes are deployed to the staging environment first.",
		"No rule of this policy asks for it.",
	}
	signOff = Clause{
		"QA sign-off", "Manual QA sign-off for risky changes.",
		"No rule of this policy asks for it.",
	}
	window = Clause{
		"Change window", "Standard changes are deployed during business hours. High-risk changes during a maintenance window with customer notice.",
		"No rule of this policy asks for it.",
	}
	rollback = Clause{
		"Rollback", "Rollback procedures are in place.",
		"No rule of this policy asks for a rollback plan.",
	}
	ticket = Clause{
		"Ticketing", "Changes are documented in the ticketing system.",
		"No rule of this policy asks for a ticket.",
	}
	emergency = Clause{
		"Emergency changes", "Allowed for critical security/availability issues. Post-mortem required within 48 hours.",
		"This policy has no emergency path: an emergency change needs what every change needs.",
	}
	further = Clause{"Further rules of this policy", "Changes are reviewed, tested, and approved.", ""}
)

var clauses = []Clause{
	peerReview, infrastructure, securityReview, process, tests, staging, signOff, window, rollback, ticket, emergency, further,
}

// carries returns the clause that what a layer says of production besides its rules belongs
// to, by the word that it begins with.
func carries(name string) Clause {
	kind, _, _ := strings.Cut(name, " ")
	switch kind {
	case "environment":
		return staging
	case "window", "freeze":
		return window
	case "emergency":
		return emergency
	case "rollback":
		return rollback
	}
	return further
}

// Serves returns the clauses of the control that a rule of the layer serves, at least one.
func Serves(r rules.Rule, l rules.Layer) []Clause {
	out := serves(r.Require, reviews(r, l))
	if len(out) == 0 {
		out = append(out, further)
	}
	return out
}

// serves returns the clauses that a requirement and its parts serve, each once; approval is
// what an approval is.
func serves(r rules.Requirement, approval Clause) []Clause {
	var out []Clause
	add := func(serves bool, c Clause) {
		if serves && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	add(r.Approvals != nil, approval)
	add(r.Checks != nil, tests)
	add(r.Ticket != nil, ticket)
	add(r.Deployed != nil, staging)
	if r.SignOff != nil {
		notice := strings.Contains(strings.ToLower(r.SignOff.Name), "notice")
		add(notice, window)
		add(!notice, signOff)
	}
	add(r.Window != "", window)
	plan := r.Section != nil && strings.Contains(strings.ToLower(r.Section.Heading), "roll") // rollback, roll-back plan
	add(plan, rollback)
	add(r.Section != nil && !plan, further)
	add(r.SignedCommits || r.ConversationsResolved || r.LinearHistory || r.UpToDate || r.Expr.Text != "" || len(r.Separation) > 0, further)
	for _, part := range slices.Concat(r.Any, r.All) {
		for _, c := range serves(part, approval) {
			add(true, c)
		}
	}
	return out
}

// reviews returns which review an approval is, by what the rule is about and whom it asks.
func reviews(r rules.Rule, l rules.Layer) Clause {
	names, globs := about(r.When, l, nil)
	var asked []string
	if r.Require.Approvals != nil {
		for _, group := range r.Require.Approvals.From {
			asked = append(asked, group)
			for _, team := range l.Groups[group].Teams {
				asked = append(asked, team.Slug)
			}
		}
	}
	mentions := func(words []string, parts ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool {
			return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(strings.ToLower(w), p) })
		})
	}
	switch {
	case slices.Contains(names, rules.PolicyClass):
		return process
	case mentions(names, "infrastructure", "terraform") || mentions(globs, ".tf", "{tf", "terraform"):
		return infrastructure
	case mentions(names, "security") || mentions(asked, "security"):
		return securityReview
	}
	return peerReview
}

// about returns the classes that a condition names and the globs in it, at any depth.
func about(c rules.Condition, l rules.Layer, seen []string) (names, globs []string) {
	globs = slices.Concat(c.Paths, c.OnlyPaths)
	for _, name := range c.Class {
		if slices.Contains(seen, name) {
			continue
		}
		names = append(names, name)
		n, g := about(l.Classes[name], l, append(seen, name))
		names, globs = append(names, n...), append(globs, g...)
	}
	parts := c.Any
	if c.Not != nil {
		parts = append(slices.Clone(parts), *c.Not)
	}
	for _, part := range parts {
		n, g := about(part, l, seen)
		names, globs = append(names, n...), append(globs, g...)
	}
	return names, globs
}
