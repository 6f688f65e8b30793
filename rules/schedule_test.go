package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// Behaviour 28: which windows a change waits for, and what closes them, as far as its
// environment and class tell.
func TestSchedules(t *testing.T) {
	const own = `
version: 1
classes:
  checkout: {paths: ["checkout/**"]}
  money:    {any: [{class: checkout}, {labels: [money]}]}
  words:    {only_paths: ["docs/**"]}
  rest:     {not: {class: money}}
environments:
  live:  {match: [live, "live-*"]}
  trial: {match: [trial]}
windows:
  mornings: {time_zone: Etc/UTC, days: [mon], from: "09:00", to: "12:00"}
  nights:   {time_zone: Etc/UTC, days: [mon], from: "22:00", to: "04:00"}
  spare:    {time_zone: Etc/UTC, days: [tue], from: "09:00", to: "12:00"}
freezes:
  - {name: always, from: 2026-12-01, to: 2026-12-02}
  - {name: live alone, from: 2026-12-01, to: 2026-12-02, environments: live}
  - {name: money alone, from: 2026-12-01, to: 2026-12-02, classes: money}
  - {name: the shop, from: 2026-12-01, to: 2026-12-02, repositories: shop}
  - {name: rest alone, from: 2026-12-01, to: 2026-12-02, classes: rest}
rules:
  - {name: a, before: live, when: {not: {class: money}}, require: {any: [{window: mornings}, {sign_off: {name: x, from: g}}]}}
  - {name: b, before: live, when: {class: money}, require: {window: nights}}
  - {name: c, before: trial, when: {paths: ["trial/**"]}, require: {window: spare}}
groups:
  g: {teams: [g]}
`
	layer, err := rules.Parse("own.yml", []byte(own))
	if err != nil {
		t.Fatal(err)
	}
	p, err := rules.Compose(layer, nil)
	if err != nil {
		t.Fatal(err)
	}
	beside, err := rules.Parse("beside.yml", []byte("version: 1\nenvironments: {live: {match: production}}\nwindows: {teatime: {time_zone: Etc/UTC, days: mon, from: \"16:00\", to: \"17:00\"}}\n"+
		"rules: [{name: tea, before: live, require: {window: teatime}}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	both, err := rules.Compose(rules.Default(), &beside)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name               string
		p                  rules.Policy
		environment, class string
		want               []string
	}{
		{"all", p, "", "", []string{
			"floor mornings: always (live alone, money alone, the shop, rest alone)",
			"floor nights: always (live alone, money alone, the shop, rest alone)", "floor spare: always (live alone, money alone, the shop, rest alone)",
		}},
		{"an environment, by a name on GitHub", p, "LIVE-2", "", []string{
			"floor mornings: always, live alone (money alone, the shop, rest alone)", "floor nights: always, live alone (money alone, the shop, rest alone)",
		}},
		{"another one", p, "trial", "", []string{"floor spare: always (money alone, the shop, rest alone)"}},
		{"a class", p, "live", "money", []string{"floor nights: always, live alone, money alone (the shop)"}},
		{"a class that brings another with it", p, "live", "checkout", []string{"floor nights: always, live alone, money alone (the shop)"}},
		{"a class that does not", p, "live", "words", []string{"floor mornings: always, live alone, rest alone (the shop)"}},
		{"what else a rule asks about may be so", p, "trial", "words", []string{"floor spare: always, rest alone (the shop)"}},
		{"an environment of the floor", both, "production", "", []string{"floor business hours", "floor maintenance", "repository teatime"}},
		{"a class of the floor", both, "production", "database schema", []string{"floor maintenance", "repository teatime"}},
		{"the floor's ordinary change", both, "production", "infrastructure", []string{"floor business hours", "repository teatime"}},
		{"a class alone", both, "", "high risk", []string{"floor maintenance", "repository teatime"}},
		{"unknown", p, "nowhere", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, s := range tt.p.Schedules(tt.environment, tt.class) {
				line := s.Layer + " " + s.Name
				if names := freezeNames(s.Freezes); names != "" {
					line += ": " + names
				}
				if names := freezeNames(s.Some); names != "" {
					line += " (" + names + ")"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Schedules (-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff([]string{"live", "production"}, both.Environments("Production")); diff != "" {
		t.Errorf("Environments (-want +got):\n%s", diff)
	}
}

func freezeNames(all []rules.Freeze) string {
	var names []string
	for _, f := range all {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}
