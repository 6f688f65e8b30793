package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/calendar"
)

// What a policy says of production, what goes without saying, and that it reads the same once
// it is printed.
func TestParseProduction(t *testing.T) {
	production := layer(t, "p", `version: 1
groups: {duty: {users: [ann]}, leads: {users: [bob]}}
environments: {staging: {match: [staging, "stage-*"]}, production: {match: prod}}
windows:
  week: {days: [wed, sun, mon], from: "09:00", to: "24:00", holidays: []}
  nights: {days: fri, from: "22:30", to: "06:00", time_zone: Europe/Berlin, holidays: [de-be, 2026-12-24, .github/off.ics]}
  whole: {days: sat, from: "00:00", to: "24:00"}
freezes:
  - {name: days, from: 2026-12-18, to: 2026-12-20, time_zone: Europe/Berlin, environments: production, classes: policy, repositories: shop, except: leads}
  - {name: minutes, from: "2000-01-01 00:00", to: "2200-12-31 23:59"}
rules:
  - {name: all, require: {approvals: 1}}
  - {name: two, when: {paths: a}, require: {approvals: 2}}
  - {name: before, before: production, require: {all: [
      {deployed: {to: staging, healthy_for: 24h, checks: smoke, by: {workflows: deploy.yml, apps: [5, Robot]}}}, {window: nights},
      {sign_off: {name: QA, from: [duty, leads], lead_time: 2 days, of: commit}}, {sign_off: {name: notice, from: duty}}]}}
emergency: {declare: {by: duty}, expires: 90m, approvals: {count: 1, from: leads}, waives: two, post_mortem: {reviewed_by: leads}}
rollback: {by: duty, waives: before}
`)
	at := func(s string) time.Time {
		out, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	want := rules.Layer{
		File: production.File, Classes: production.Classes, Groups: production.Groups,
		Environments: map[string]rules.Environment{"staging": {Match: []string{"staging", "stage-*"}}, "production": {Match: []string{"prod"}}},
		Windows: map[string]rules.Window{
			"week":   {TimeZone: "Etc/UTC", Days: []time.Weekday{time.Sunday, time.Monday, time.Wednesday}, From: 9 * 60, To: 24 * 60},
			"nights": {TimeZone: "Europe/Berlin", Days: []time.Weekday{time.Friday}, From: 22*60 + 30, To: 6 * 60, Holidays: []string{"de-be", "2026-12-24", ".github/off.ics"}},
			"whole":  {TimeZone: "Etc/UTC", Days: []time.Weekday{time.Saturday}, To: 24 * 60},
		},
		Freezes: []rules.Freeze{
			{
				Name: "days", Span: calendar.Span{From: at("2026-12-17 23:00"), To: at("2026-12-20 23:00")},
				Environments: []string{"production"}, Classes: []string{"policy"}, Repositories: []string{"shop"}, Except: []string{"leads"},
			},
			{Name: "minutes", Span: calendar.Span{From: at("2000-01-01 00:00"), To: at("2200-12-31 23:59")}},
		},
		Rules: append(production.Rules[:2:2], rules.Rule{Name: "before", Stage: "production", Require: rules.Requirement{All: []rules.Requirement{
			{Deployed: &rules.Deployed{To: "staging", HealthyFor: 24 * time.Hour, Checks: []string{"smoke"}, Workflows: []string{"deploy.yml"}, Apps: []string{"5", "robot"}}},
			{Window: "nights"},
			{SignOff: &rules.SignOff{Name: "QA", From: []string{"duty", "leads"}, LeadTime: 48 * time.Hour, Of: rules.OfSHA}},
			{SignOff: &rules.SignOff{Name: "notice", From: []string{"duty"}, Of: rules.OfChange}},
		}}}),
		Emergency: &rules.EmergencyPath{
			By: []string{"duty"}, Expires: 90 * time.Minute, Waives: []string{"two"},
			Approvals:  rules.Approvals{Count: 1, From: []string{"leads"}, Of: rules.OfCommit, UnknownAuthors: rules.OneMore},
			PostMortem: rules.PostMortem{Within: 48 * time.Hour, ReviewedBy: []string{"leads"}},
		},
		Rollback: &rules.RollbackLane{By: []string{"duty"}, Reach: 30 * 24 * time.Hour, Waives: []string{"before"}},
	}
	if diff := cmp.Diff(want, production); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
	printed := production.Print()
	if diff := cmp.Diff(want, layer(t, "p", string(printed)), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".File" }, cmp.Ignore())); diff != "" {
		t.Errorf("printed (-want +got):\n%s\n%s", diff, printed)
	}
}
