package publish

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Behaviour 37: the issue of a post-mortem reads well, whatever people wrote into the command
// that declared the emergency.
func TestPostMortemReadsWell37(t *testing.T) {
	noon := time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)
	whole := PostMortem{
		Pull: 42, URL: "https://github.com/octo-org/app/pull/42", Mark: Mark("post-mortem of #42 by 901, 0"), Due: noon.Add(49 * time.Hour),
		Reviewer: []string{"leads", "senior engineers"}, Waived: []string{"staging first", "QA | <b>sign-off</b>"},
		Declared: []Declared{
			{At: noon, By: "ann", Group: "on-call", Incident: "SEV-1 INC-204", Why: "checkout is down\n| closes #7 @mallory", Until: noon.Add(4 * time.Hour), Comment: 901, Approved: []string{"bob", "carol"}},
			{At: noon.Add(time.Minute), Until: noon.Add(4 * time.Hour), Comment: 902},
		},
		Merged: noon.Add(time.Hour), Merge: "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567",
		Deployed: []Deployed{{At: noon.Add(2 * time.Hour), Environment: "Production", Commit: "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"}},
	}
	least := PostMortem{Pull: 42, URL: whole.URL, Mark: Mark("post-mortem of #42 by 902, 1"), Due: noon, Passed: true, Declared: whole.Declared[1:]}
	var b strings.Builder
	for _, m := range []PostMortem{whole, least} {
		title, body := PostMortemIssue(m)
		b.WriteString("# " + title + "\n\n" + body + "\n---\n\n")
	}
	b.WriteString(DeployedNote(whole.Deployed[0]) + "\n\n" + Reminder([]string{"ann", "dave"}, noon) + "\n\n" + Reminder(nil, noon) + "\n")
	const file = "testdata/post-mortem.md"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if diff := cmp.Diff(string(have), b.String()); err != nil || diff != "" {
		t.Errorf("%s: %v (-file +now; go test ./app/publish -update writes it):\n%s", file, err, diff)
	}
}
