package rules_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/changewarden/changewarden/rules"
)

// What Parse accepts it judges without a panic; written with person ids it is accepted
// again, names nobody, and judges alike. What it refuses it refuses with places.
func FuzzParse(f *testing.F) {
	f.Add([]byte(rules.DefaultText()))
	for _, name := range []string{"../testdata/policies/refused.txtar", "../testdata/verdicts/policy-repository-adds.txtar"} {
		page, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range page.Files {
			f.Add(file.Data)
		}
	}
	pages, err := filepath.Glob("../testdata/verdicts/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range pages { // every key of the language stands on one of them
		page, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range page.Files {
			if file.Name == "policy" || file.Name == "repository" {
				f.Add(file.Data)
			}
		}
	}
	for _, src := range []string{"{teams: true}", "{people: 3}"} {
		f.Add([]byte("version: 1\nreview_requests: " + src + "\n"))
	}
	f.Add([]byte("version: 1\nprocedure: {owner: \"a: \\\\b \\\"c\\\" \\u00a0d\", frameworks: {on: [yes please, \"1\"]}}\nbranches: [\"\\uFFFF\"]\n"))
	f.Add([]byte("version: 1\ngroups:\n  a: {users: [ann, 'Bob' , \"carol#3\"]} # x\nrules:\n- {name: '#', require: {approvals: {count: 1, from: a}}}\n"))
	yes := rules.Change{
		Repo: rules.Repo{DefaultBranch: "main"}, Base: "main", Head: "h", Exact: "d", TakenAt: noon,
		Pulls: []rules.Pull{{Number: 1, Author: 1, Writer: true, HeadRef: "topic", Labels: []string{"x"}}},
		Files: []rules.File{{Path: "a/b.go", Previous: "c"}}, Commits: []rules.Commit{{SHA: "h", Authors: []rules.UserID{1}, Committer: 1}},
		Reviews: []rules.Review{{ID: 1, Pull: 1, By: 2, State: rules.Approved, At: noon, Commit: "h", Exact: "d"}},
		Runs:    []rules.CheckRun{{ID: 1, App: 5, Name: "test", Status: "completed", Conclusion: "success"}},
		People:  []rules.Person{{ID: 1, CanWrite: true}, {ID: 2, CanWrite: true}},
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		l, err := rules.Parse("p.yml", src)
		if err != nil {
			var all rules.SyntaxErrors
			if !errors.As(err, &all) || len(all) == 0 {
				t.Fatalf("%T %v, want syntax errors", err, err)
			}
			for _, e := range all {
				if e.Line < 1 || e.Column < 1 || e.Msg == "" || e.File != "p.yml" {
					t.Fatalf("error without a place: %+v", e)
				}
			}
			return
		}
		printed := l.Print()
		same, err := rules.Parse("p.yml", printed)
		if err != nil {
			t.Fatalf("what was printed is refused: %v\n%s", err, printed)
		}
		if diff := cmp.Diff(l, same); diff != "" {
			t.Fatalf("what was printed says something else (-read +printed):\n%s\n%s", diff, printed)
		}
		if again := same.Print(); !bytes.Equal(printed, again) {
			t.Fatalf("printed twice (-first +second):\n%s", cmp.Diff(string(printed), string(again)))
		}
		ids, logins := map[string]rules.UserID{}, map[string]rules.UserID{}
		id := func(u rules.UserRef) rules.UserID {
			if _, ok := ids[u.String()]; !ok {
				ids[u.String()] = rules.UserID(len(ids) * 7)
			}
			if u.Login == "" {
				return u.ID
			}
			logins[u.String()] = ids[u.String()]
			return ids[u.String()]
		}
		stored, err := rules.Anonymise(src, id)
		if err != nil {
			t.Fatalf("anonymise what was accepted: %v", err)
		}
		again, err := rules.Parse("p.yml", stored)
		if err != nil {
			t.Fatalf("the stored policy is refused: %v\n%s", err, stored)
		}
		for _, g := range again.Groups {
			for _, u := range g.Users {
				if u.Login != "" {
					t.Fatalf("the stored policy names %s:\n%s", u.Login, stored)
				}
			}
		}
		p, err := rules.Compose(l, nil)
		if err != nil {
			return // a floor without rules
		}
		q, err := rules.Compose(again, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := yes
		c.Logins = logins
		want, got := verdictText(t, p, c), verdictText(t, q, yes)
		if !bytes.Equal(want, got) {
			t.Fatalf("stored it judges otherwise (-as written +stored):\n%s\n%s", cmp.Diff(string(want), string(got)), stored)
		}
	})
}

func verdictText(t *testing.T, p rules.Policy, c rules.Change) []byte {
	t.Helper()
	b, err := json.Marshal(rules.Evaluate(p, c, noon.Add(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
