package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// 16: of two readings of one content each person's teams are those of the newest that names them,
// and a team is what the newest reading of it says: gone, another one, or there.
func TestUniteTeams(t *testing.T) {
	ids := func(all ...rules.UserID) []rules.UserID { return all }
	older, newer := unblocked(), unblocked()
	older.Pulls[0].Number, older.TakenAt = 6, noon.Add(-time.Hour)
	newer.People = []rules.Person{{ID: 2, CanWrite: true}, {ID: 3, CanWrite: true}}
	newer.Teams = []rules.Team{
		{Slug: "a", ID: 1, Members: ids(3), Joins: []rules.Join{{ID: 3, Since: noon}}},
		{Slug: "gone", Missing: true},
		{Slug: "renamed", ID: 8, Members: ids(3)},
		{Slug: "b", ID: 2, Members: ids(2)},
	}
	older.People = []rules.Person{{ID: 2}, {ID: 3}, {ID: 4, CanWrite: true}}
	older.Teams = []rules.Team{
		{Slug: "gone", ID: 5, Members: ids(4)},
		{Slug: "renamed", ID: 7, Members: ids(4)},
		{Slug: "a", ID: 1, Members: ids(2, 4), Joins: []rules.Join{{ID: 2, Since: noon}, {ID: 4, Since: noon}}},
		{Slug: "b", Missing: true},
		{Slug: "c", ID: 3, Members: ids(2, 4), Joins: []rules.Join{{ID: 2, Since: noon}}},
	}
	want := []rules.Team{
		{Slug: "a", ID: 1, Members: ids(3, 4), Joins: []rules.Join{{ID: 3, Since: noon}, {ID: 4, Since: noon}}},
		{Slug: "gone", Missing: true, Members: ids(), Joins: []rules.Join{}},
		{Slug: "renamed", ID: 8, Members: ids(3), Joins: []rules.Join{}},
		{Slug: "b", ID: 2, Members: ids(2), Joins: []rules.Join{}},
		{Slug: "c", ID: 3, Members: ids(4), Joins: []rules.Join{}},
	}
	for _, order := range [][]rules.Change{{older, newer}, {newer, older}} {
		united := rules.Unite(order)
		if len(united) != 1 {
			t.Fatalf("%d changes, want one", len(united))
		}
		if diff := cmp.Diff(want, united[0].Teams, cmp.Transformer("empty", func(in []rules.Join) map[rules.UserID]time.Time {
			out := map[rules.UserID]time.Time{}
			for _, m := range in {
				out[m.ID] = m.Since
			}
			return out
		}), cmp.Transformer("members", func(in []rules.UserID) map[rules.UserID]bool {
			out := map[rules.UserID]bool{}
			for _, id := range in {
				out[id] = true
			}
			return out
		})); diff != "" {
			t.Errorf("teams (-want +got):\n%s", diff)
		}
		people := []rules.Person{{ID: 2, CanWrite: true}, {ID: 3, CanWrite: true}, {ID: 4, CanWrite: true}}
		if diff := cmp.Diff(people, united[0].People); diff != "" {
			t.Errorf("people (-want +got):\n%s", diff)
		}
	}
}

// 16: what somebody may do comes from the newest reading that asked, and not from one that names
// them beside others: as who put somebody into a team, or set a label.
func TestUniteWhoMayWrite(t *testing.T) {
	review := func(c *rules.Change, by rules.UserID) {
		c.Reviews = []rules.Review{{ID: int64(by), Pull: c.Pulls[0].Number, By: by, State: rules.Approved, At: noon}}
	}
	tests := []struct {
		name               string
		newer, older       bool // can write
		reviewed, reviewer bool // the newer reading has a review of theirs; the older one has
		want               bool
	}{
		{"named alone in the newer", false, true, false, true, true},
		{"asked about in both", false, true, true, true, false},
		{"asked about in the newer", true, false, true, false, true},
		{"asked about in neither", true, false, false, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			older, newer := unblocked(), unblocked()
			older.Pulls[0].Number, older.TakenAt = 6, noon.Add(-time.Hour)
			newer.People, older.People = []rules.Person{{ID: 9, CanWrite: tt.newer}}, []rules.Person{{ID: 9, CanWrite: tt.older}}
			newer.Owners, older.Owners = nil, nil
			if tt.newer {
				newer.Owners = []rules.UserID{9}
			}
			if tt.older {
				older.Owners = []rules.UserID{9}
			}
			if tt.reviewed {
				review(&newer, 9)
			}
			if tt.reviewer {
				review(&older, 9)
			}
			for _, order := range [][]rules.Change{{older, newer}, {newer, older}} {
				united := rules.Unite(order)[0]
				if got := united.People[0].CanWrite; len(united.People) != 1 || got != tt.want {
					t.Errorf("%+v can write %t, want %t", united.People, got, tt.want)
				}
				if owns := len(united.Owners) == 1; owns != tt.want {
					t.Errorf("owners %v, want one %t", united.Owners, tt.want)
				}
			}
		})
	}
}
