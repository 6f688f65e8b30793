package snapshot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadPatch(t *testing.T) {
	tests := []struct {
		name  string
		text  string
		want  patch
		whole bool
	}{
		{
			"one line changed", "@@ -1,3 +1,3 @@ func f\n a\n-b\n+B\n c",
			patch{added: 1, deleted: 1, firstLine: 2, lines: []string{"-b", "+B"}},
			true,
		},
		{
			"two hunks", "@@ -1 +1 @@\n-a\n+A\n@@ -9,2 +9,3 @@ x\n y\n+z\n w",
			patch{added: 2, deleted: 1, firstLine: 1, lines: []string{"-a", "+A", "+z"}},
			true,
		},
		{"new file", "@@ -0,0 +1,2 @@\n+a\n+b", patch{added: 2, firstLine: 1, lines: []string{"+a", "+b"}}, true},
		{"emptied file", "@@ -1,2 +0,0 @@\n-a\n-b", patch{deleted: 2, firstLine: 1, lines: []string{"-a", "-b"}}, true},
		{"deleted in the middle", "@@ -4,3 +4,2 @@\n a\n-b\n c", patch{deleted: 1, firstLine: 5, lines: []string{"-b"}}, true},
		{"deleted at the end", "@@ -4,2 +4 @@\n a\n-b", patch{deleted: 1, firstLine: 4, lines: []string{"-b"}}, true},
		{"looks like a header", "@@ -1,2 +1,2 @@\n--- a\n+++ b\n c", patch{added: 1, deleted: 1, firstLine: 1, lines: []string{"--- a", "+++ b"}}, true},
		{"looks like a hunk", "@@ -1 +1,2 @@\n @@ -1 +1 @@\n+x", patch{added: 1, firstLine: 2, lines: []string{"+x"}}, true},
		{
			"no newline at the end", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a",
			patch{added: 1, deleted: 1, firstLine: 1, lines: []string{"-a", `\ No newline at end of file`, "+a"}},
			true,
		},
		{
			"no newline behind what stays", "@@ -1,2 +1 @@\n-a\n b\n\\ No newline at end of file",
			patch{deleted: 1, firstLine: 1, lines: []string{"-a"}},
			true,
		},
		{"carriage returns", "@@ -1 +1 @@\n-a\r\n+a", patch{added: 1, deleted: 1, firstLine: 1, lines: []string{"-a\r", "+a"}}, true},
		{
			"submodule", "@@ -1 +1 @@\n-Subproject commit a\n+Subproject commit b",
			patch{added: 1, deleted: 1, firstLine: 1, lines: []string{"-Subproject commit a", "+Subproject commit b"}},
			true,
		},
		{"cut in a hunk", "@@ -1,3 +1,3 @@\n a\n-b", patch{}, false},
		{"cut behind a header", "@@ -1,3 +1,3 @@", patch{}, false},
		{"longer than its header", "@@ -1 +1 @@\n-a\n+b\n+c", patch{}, false},
		{"no header", "+a", patch{}, false},
		{"empty", "", patch{}, false},
		{"numbers that are none", "@@ -a +1 @@\n+x", patch{}, false},
		{"three sides", "@@@ -1 -1 +1 @@@\n- a", patch{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, whole := readPatch(tt.text)
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(patch{})); diff != "" || whole != tt.whole {
				t.Errorf("readPatch(%q) whole = %t, want %t (-want +got)\n%s", tt.text, whole, tt.whole, diff)
			}
		})
	}
}

// FuzzReadPatch holds the reader to what it promises of a whole patch: nothing in it is
// overlooked, and none of its beginnings is one with as many lines.
func FuzzReadPatch(f *testing.F) {
	f.Add("@@ -1,3 +1,3 @@ func f\n a\n-b\n+B\n c")
	f.Add("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a")
	f.Add("@@ -0,0 +1 @@\n+a\n@@ -9,0 +9 @@\n+b")
	f.Fuzz(func(t *testing.T, text string) {
		p, whole := readPatch(text)
		if !whole {
			if p.added+p.deleted+p.firstLine+len(p.lines) != 0 {
				t.Fatalf("readPatch(%q) = %+v of what it cannot read", text, p)
			}
			return
		}
		added, deleted := 0, 0
		for _, line := range p.lines {
			switch line[0] {
			case '+':
				added++
			case '-':
				deleted++
			}
		}
		if added != p.added || deleted != p.deleted || p.firstLine < 1 {
			t.Fatalf("readPatch(%q) = %+v, counts %d and %d", text, p, added, deleted)
		}
		rest := text
		for _, line := range p.lines {
			_, after, found := strings.Cut(rest, line)
			if !found {
				t.Fatalf("readPatch(%q) holds %q out of order", text, line)
			}
			rest = after
		}
		if cut := strings.LastIndexByte(text, '\n'); cut > 0 {
			q, ok := readPatch(text[:cut])
			if ok && !strings.HasPrefix(text[cut:], "\n\\") {
				t.Fatalf("readPatch takes %q without its last line for whole: %+v", text, q)
			}
		}
	})
}
