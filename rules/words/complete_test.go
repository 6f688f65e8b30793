package words_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/calendar"
	"github.com/changewarden/changewarden/rules/words"
)

// samples are what a field is set to, by its type.
var samples = []any{
	"sample",
	[]string{"sample"},
	true, 7, 7 * time.Hour, time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC), new(bool),
	[]rules.Pattern{{Text: "sample"}},
	rules.Pattern{Text: "sample"},
	rules.Comparison{Op: ">", N: 7},
	[]rules.Condition{{Class: []string{"sample"}}, {Class: []string{"other"}}},
	&rules.Condition{Class: []string{"sample"}},
	rules.Expr{Text: "sample"},
	rules.Condition{Class: []string{"sample"}},
	[]rules.Requirement{{LinearHistory: true}, {UpToDate: true}},
	rules.Requirement{LinearHistory: true},
	&rules.Approvals{Count: 1}, &rules.Checks{All: true}, &rules.Ticket{In: []string{rules.InTitle}}, &rules.Section{Heading: "sample"},
	rules.OfCommit, rules.Block, rules.OfSHA,
	[]rules.Duty{rules.DutyAuthor, rules.DutyMerger},
	&rules.Deployed{To: "sample"}, &rules.SignOff{Name: "sample"},
	[]time.Weekday{time.Tuesday},
	calendar.Clock(7),
	calendar.Span{From: time.Unix(7, 0)},
	rules.Approvals{Count: 3},
	rules.PostMortem{Within: time.Hour},
	[]rules.TeamRef{{Slug: "sample"}},
	[]rules.UserRef{{Login: "sample"}},
	rules.UserRef{Login: "sample"},
}

// unsaid are fields that say where something stands, or that stand beside the sentence.
var unsaid = map[string]bool{"At": true, "Name": true, "Stage": true}

// Whatever a policy can say, the words say: a field that is set gives other words than the
// same thing without it. A new field of the language fails here until it has words.
func TestComplete(t *testing.T) {
	rule := func(when rules.Condition, require rules.Requirement) string {
		return words.Plain.Rule(rules.Rule{When: when, Require: require})
	}
	for _, c := range []struct {
		base any
		say  func(v any) string
	}{
		{rules.Rule{Require: rules.Requirement{Approvals: &rules.Approvals{Count: 1}}}, func(v any) string { return words.Plain.Rule(v.(rules.Rule)) }},
		{rules.Condition{Paths: []string{"x"}, Labels: []string{"x"}}, func(v any) string { return rule(v.(rules.Condition), rules.Requirement{}) }},
		{rules.Requirement{LinearHistory: false}, func(v any) string { return rule(rules.Condition{}, v.(rules.Requirement)) }},
		{rules.Approvals{Count: 1}, func(v any) string {
			a := v.(rules.Approvals)
			return rule(rules.Condition{}, rules.Requirement{Approvals: &a})
		}},
		{rules.Checks{Names: []string{"x"}}, func(v any) string {
			a := v.(rules.Checks)
			return rule(rules.Condition{}, rules.Requirement{Checks: &a})
		}},
		{rules.Ticket{In: []string{rules.InBody}}, func(v any) string {
			a := v.(rules.Ticket)
			return rule(rules.Condition{}, rules.Requirement{Ticket: &a})
		}},
		{rules.Section{Heading: "x"}, func(v any) string {
			a := v.(rules.Section)
			return rule(rules.Condition{}, rules.Requirement{Section: &a})
		}},
		{rules.Deployed{To: "x"}, func(v any) string {
			a := v.(rules.Deployed)
			return rule(rules.Condition{}, rules.Requirement{Deployed: &a})
		}},
		{rules.SignOff{Name: "x"}, func(v any) string {
			a := v.(rules.SignOff)
			return rule(rules.Condition{}, rules.Requirement{SignOff: &a})
		}},
		{rules.Window{}, func(v any) string { return words.Plain.Window(v.(rules.Window)) }},
		{rules.Freeze{}, func(v any) string { return words.Plain.Freeze(v.(rules.Freeze)) }},
		{rules.Environment{}, func(v any) string { return words.Plain.Environment(v.(rules.Environment)) }},
		{rules.EmergencyPath{}, func(v any) string { return words.Plain.Emergency(v.(rules.EmergencyPath)) }},
		{rules.RollbackLane{}, func(v any) string { return words.Plain.Rollback(v.(rules.RollbackLane)) }},
		{rules.Group{Teams: []rules.TeamRef{{Slug: "x"}}}, func(v any) string { return words.Plain.Group(v.(rules.Group)) }},
		{rules.Exception{}, func(v any) string { return words.Plain.Exception(v.(rules.Exception)) }},
		{rules.Deferral{}, func(v any) string { return words.Plain.Deferral(v.(rules.Deferral)) }},
	} {
		kind := reflect.TypeOf(c.base)
		for i := range kind.NumField() {
			field := kind.Field(i)
			if unsaid[field.Name] || !field.IsExported() {
				continue
			}
			changed := reflect.New(kind).Elem()
			changed.Set(reflect.ValueOf(c.base))
			changed.Field(i).Set(sample(t, field.Type, kind.Name()+"."+field.Name))
			base := c.base
			if kind == reflect.TypeFor[rules.Checks]() && field.Name == "Except" { // it stands beside All
				all := rules.Checks{All: true}
				base = all
				all.Except = []string{"sample"}
				changed = reflect.ValueOf(all)
			}
			if c.say(base) == c.say(changed.Interface()) {
				t.Errorf("%s.%s has no words: %s", kind.Name(), field.Name, c.say(base))
			}
		}
	}
}

func sample(t *testing.T, kind reflect.Type, name string) reflect.Value {
	t.Helper()
	for _, s := range samples {
		if reflect.TypeOf(s) == kind {
			return reflect.ValueOf(s)
		}
	}
	t.Fatalf("%s is of type %s, of which there is no sample", name, kind)
	return reflect.Value{}
}
