package app

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzReadRecorded: what is read can be judged without a panic, is printed and read again,
// and judges alike then; with its own verdict recorded it has the same bytes.
func FuzzReadRecorded(f *testing.F) {
	for _, seed := range []string{
		``, `{`, `null`, `[]`, `{"format": "changewarden/recorded/v1"}`,
		`{"format": "changewarden/recorded/v1", "stage": "merge", "at": "2025-03-03T12:00:00Z",
 "policy": [{"layer": "floor", "path": "f.yml", "text": "version: 1\nrules: [{name: a, when: {class: policy}, require: {approvals: 1, checks: all}}]"},
 {"layer": "repository", "path": "r.yml", "text": "version: 1\ngroups: {g: {users: [\"#2\"]}}\nrules: [{name: b, require: {approvals: {count: 1, from: g}}}]"}],
 "change": {"repo": {"name": "o/r"}, "base": "main", "head": "b", "exact": "x", "pulls": [{"number": 1, "author": 1}],
 "files": [{"path": ".github/change-management.yml", "status": "added"}], "commits": [{"sha": "b", "authors": [1, 0], "committer": 1}],
 "reviews": [{"id": 1, "by": 2, "state": "APPROVED", "commit": "b", "exact": "x"}, {"id": 2, "by": 3, "state": "DISMISSED", "dismissal": {"by": 0}}],
 "runs": [{"id": 1, "suite": 9, "name": "t", "status": "completed", "conclusion": "success"}], "shifts": [{}], "gaps": [{"fact": "files", "read": 1}],
 "people": [{"id": 2, "can_write": true}], "teams": [{}], "notices": [{"code": "x", "file": "y"}]},
 "names": {"2": "bob"}, "verdict": {"outcome": "pass"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := ReadRecorded(src)
		if err != nil {
			return
		}
		v, err := r.Judge()
		if err != nil {
			return
		}
		if r.Verdict, err = json.Marshal(v); err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadRecorded(text)
		if err != nil {
			t.Fatalf("what was printed is not read: %v\n%s", err, text)
		}
		judged, err := again.Judge()
		if err != nil {
			t.Fatal(err)
		}
		if same, err := again.Compare(judged); err != nil || same != SameBytes {
			t.Fatalf("%s, %v: %s", same, err, cmp.Diff(v, judged))
		}
	})
}
