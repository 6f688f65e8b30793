package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/changewarden/changewarden/rules"
)

func TestAsks(t *testing.T) {
	const rule = "rules: [{name: r, require: {approvals: {count: 1, from: g}}}]\n"
	draft, stranger, blind := unblocked(), unblocked(), unblocked()
	draft.Pulls[0].Draft, stranger.Pulls[0].Writer, blind.Exact = true, false, ""
	second := unblocked()
	second.Pulls = append([]rules.Pull{{Number: 6, Author: 1, Writer: true, Draft: true}}, second.Pulls...)
	team := []rules.Ask{{Pull: 7, Layer: rules.FloorLayer, Group: "g", Team: rules.Team{Slug: "a", ID: 1}}}
	tests := []struct {
		name, policy, repo string
		change             rules.Change
		want               []rules.Ask
	}{
		{"off by default", "groups: {g: {teams: [a]}}\n" + rule, "", unblocked(), nil},
		{"the team", "review_requests: {teams: true}\ngroups: {g: {teams: [gone, a]}}\n" + rule, "", unblocked(), team},
		{"on the first pull request that is ready", "review_requests: {teams: true}\ngroups: {g: {teams: [a]}}\n" + rule, "", second, team},
		{"not on a draft", "review_requests: {teams: true}\ngroups: {g: {teams: [a]}}\n" + rule, "", draft, nil},
		{"not for strangers", "review_requests: {teams: true}\ngroups: {g: {teams: [a]}}\n" + rule, "", stranger, nil},
		{"not for content that cannot be told apart", "review_requests: {teams: true}\ngroups: {g: {teams: [a]}}\n" + rule, "", blind, nil},
		{"nobody of a team that cannot be seen", "review_requests: {teams: true, people: 3}\ngroups: {g: {teams: [gone]}}\n" + rule, "", unblocked(), nil},
		{"people, another first on each pull request, no contributor", "review_requests: {people: 2}\ngroups: {g: {users: [bob, ann, carol, dave]}}\n" + rule, "", unblocked(), []rules.Ask{
			{Pull: 7, Layer: rules.FloorLayer, Group: "g", Count: 2, Users: []rules.UserID{4, 2, 3}},
		}},
		{"not who has reviewed this content", "review_requests: {people: 2}\ngroups: {g: {users: [bob, carol]}}\n" + rule, "", unblocked(said(1, 2, rules.Commented, "d"), said(2, 3, rules.Approved, "old")), []rules.Ask{
			{Pull: 7, Layer: rules.FloorLayer, Group: "g", Count: 2, Users: []rules.UserID{3}},
		}},
		{"teams alone", "review_requests: {teams: true}\ngroups: {g: {users: [bob]}}\n" + rule, "", unblocked(), nil},
		{"a repository asks for its own rules alone", "groups: {g: {teams: [a]}}\n" + rule, "version: 1\nreview_requests: {teams: true}\ngroups: {h: {teams: [c]}}\nrules: [{name: s, require: {approvals: {count: 1, from: h}}}]\n", unblocked(), []rules.Ask{
			{Pull: 7, Layer: rules.RepositoryLayer, Group: "h", Team: rules.Team{Slug: "c", ID: 3}},
		}},
		{"a repository does not silence the floor", "review_requests: {teams: true}\ngroups: {g: {teams: [a]}}\n" + rule, "version: 1\nrules: [{name: s, require: {approvals: 1}}]\n", unblocked(), team},
		{"the floor's request serves the repository's rule as well", "review_requests: {teams: true}\ngroups: {g: {teams: [a]}}\n" + rule, "version: 1\nreview_requests: {teams: true}\ngroups: {h: {teams: [a]}}\nrules: [{name: s, require: {approvals: {count: 1, from: h}}}]\n", unblocked(), team},
		{"another group of the same rule, where the first is teams, or who is in it has spoken", "review_requests: {people: 1}\ngroups: {f: {teams: [a]}, h: {users: [bob]}, g: {users: [zoe, dave]}}\nrules: [{name: r, require: {approvals: {count: 1, from: [f, h, g]}}}]\n", "", unblocked(said(1, 2, rules.Commented, "d")), []rules.Ask{
			{Pull: 7, Layer: rules.FloorLayer, Group: "g", Count: 1, Users: []rules.UserID{4}},
		}},
		{"beside what others have to do first", "review_requests: {people: 1}\ngroups: {g: {users: [carol]}}\nrules: [{name: ticket, require: {ticket: {pattern: 'X-\\d+', in: [title]}}}, {name: p, require: {approvals: 1}}, {name: r, require: {approvals: {count: 1, from: g}}}]\n", "", unblocked(said(1, 2, rules.ChangesRequested, "d")), []rules.Ask{
			{Pull: 7, Layer: rules.FloorLayer, Group: "g", Count: 1, Users: []rules.UserID{3}},
		}},
		{"one request for two rules", "review_requests: {teams: true}\ngroups: {g: {teams: [a]}}\nrules: [{name: r, require: {approvals: {count: 1, from: g, distinct: true}}}, {name: s, require: {approvals: {count: 1, from: g, distinct: true}}}]\n", "", unblocked(), team},
		{"one request for two seats of a group", "review_requests: {teams: true}\ngroups: {g: {teams: [a]}, h: {teams: [c]}}\nrules: [{name: r, require: {approvals: {count: 1, from: g, distinct: true}}}, {name: s, require: {approvals: {count: 1, from: [g, h], distinct: true}}}]\n", "", unblocked(), team},
		{"two for seats of two groups", "review_requests: {teams: true}\ngroups: {g: {teams: [a]}, h: {teams: [b]}}\nrules: [{name: r, require: {approvals: {count: 1, from: g, distinct: true}}}, {name: s, require: {approvals: {count: 1, from: h, distinct: true}}}]\n", "", unblocked(), append([]rules.Ask{{Pull: 7, Layer: rules.FloorLayer, Group: "h", Team: rules.Team{Slug: "b", ID: 2}}}, team...)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var repo *rules.Layer
			if tt.repo != "" {
				l := layer(t, "repo.yml", tt.repo)
				repo = &l
			}
			p, err := rules.Compose(layer(t, "floor.yml", "version: 1\n"+tt.policy), repo)
			if err != nil {
				t.Fatal(err)
			}
			got := rules.Asks(p, tt.change, rules.Unblock(p, tt.change, judge(p, tt.change)))
			if d := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(rules.Team{}, "Members", "AsOf")); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// An organisation's file without rules can have reviews requested under the built-in ones.
func TestComposeFloorRequests(t *testing.T) {
	floor, err := rules.ComposeFloor(rules.Default(), layer(t, "org.yml", "version: 1\nreview_requests: {teams: true}\n"))
	if err != nil || floor.Requests == nil || !floor.Requests.Teams {
		t.Errorf("%+v, %v: want teams", floor.Requests, err)
	}
}
