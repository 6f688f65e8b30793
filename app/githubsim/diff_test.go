package githubsim

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff(t *testing.T) {
	long := strings.Repeat("a line that stays\n", 20)
	tests := []struct {
		name     string
		from, to map[string]string
		modes    map[string]string // of to
		want     []string          // status path ← previous +added -removed, patch in short
	}{
		{"modified", m("f", "1\n"), m("f", "2\n"), nil, []string{"modified f +1 -1 patch"}},
		{"added and removed", m("f", "1\n"), m("g", "2\n"), nil, []string{"removed f +0 -1 patch", "added g +1 -0 patch"}},
		{"pure rename", m("f", "1\n"), m("g", "1\n"), nil, []string{"renamed g ← f +0 -0"}},
		{"rename with a change", m("f", long+"x\n"), m("g", long+"y\n"), nil, []string{"renamed g ← f +1 -1 patch"}},
		{"too little alike", m("f", "a\nb\nc\n"), m("g", "c\nd\ne\nf\ng\n"), nil, []string{"removed f +0 -3 patch", "added g +5 -0 patch"}},
		{"the most alike first", m("f", long+"x\n", "h", long+"x\ny\n"), m("g", long+"x\ny\n"), nil, []string{"removed f +0 -21 patch", "renamed g ← h +0 -0"}},
		{"empty files are no rename", m("f", ""), m("g", ""), nil, []string{"removed f +0 -0", "added g +0 -0"}},
		{"binary", m("f", "a\x00"), m("f", "b\x00"), nil, []string{"modified f +0 -0"}},
		{"mode alone", m("f", "1\n"), m("f", "1\n"), m("f", ModeExec), []string{"modified f +0 -0"}},
		{"file becomes a link", m("f", "1\n"), m("f", "g"), m("f", ModeSymlink), []string{"changed f +1 -1 patch"}},
		{"submodule bump", m("f", "1\n"), m("f", strings.Repeat("1", 40)), m("f", ModeSubmodule), []string{"changed f +1 -1 patch"}},
		{"too large", m("f", "1\n"), m("f", strings.Repeat("x\n", maxPatchLines+1)), nil, []string{"modified f +20001 -1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newObjects()
			to := o.files(tt.to)
			for p, mode := range tt.modes {
				to[p] = entry{mode, o.blob(mode, tt.to[p])}
			}
			var got []string
			for _, c := range o.diff(o.tree(o.files(tt.from)), o.tree(to)) {
				line := c.status + " " + c.path
				if c.previous != "" {
					line += " ← " + c.previous
				}
				line += fmt.Sprintf(" +%d -%d", c.added, c.removed)
				if c.patch != "" {
					line += " patch"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("diff (-want +got):\n%s", diff)
			}
		})
	}
}

// The patches are what git prints below its file header.
func TestPatch(t *testing.T) {
	lines := func(from, to int) string {
		var b strings.Builder
		for i := from; i <= to; i++ {
			fmt.Fprintf(&b, "  line %d\n", i)
		}
		return b.String()
	}
	tests := []struct{ name, before, after, want string }{
		{"new file", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b"},
		{"one line", "a\n", "b\n", "@@ -1 +1 @@\n-a\n+b"},
		{"emptied", "a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b"},
		{"no newline at the end", "a", "b\n", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b"},
		{
			"heading of the section", "func f() {\n" + lines(1, 9) + "}\n", "func f() {\n" + lines(1, 8) + "  line X\n}\n",
			"@@ -7,5 +7,5 @@ func f() {\n   line 6\n   line 7\n   line 8\n-  line 9\n+  line X\n }",
		},
		{
			"two hunks", lines(1, 12), "new\n" + lines(1, 11),
			"@@ -1,3 +1,4 @@\n+new\n   line 1\n   line 2\n   line 3\n@@ -9,4 +10,3 @@\n   line 9\n   line 10\n   line 11\n-  line 12",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, _ := unified(tt.before, tt.after)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("patch (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzPatch: a patch, applied to what was before, gives what is after, and counts its lines.
func FuzzPatch(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nB\nc")
	f.Add("", "x")
	f.Add("x\n\n\ny\n", "\n")
	f.Add("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "0\n1\n2\n3\n4\n5\n6\n7\n8\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		patch, added, removed := unified(before, after)
		if got := apply(t, before, patch); got != after {
			t.Fatalf("applied %q to %q: %q, want %q", patch, before, got, after)
		}
		if strings.Count(after, "\n")-strings.Count(before, "\n") != added-removed && !strings.Contains(patch, "\\ No newline") {
			t.Errorf("+%d -%d in %q", added, removed, patch)
		}
	})
}

// apply is a patch program for one file, strict about every line and count.
func apply(t *testing.T, before, patch string) string {
	t.Helper()
	if patch == "" {
		return before
	}
	old := strings.SplitAfter(before, "\n")
	if old[len(old)-1] == "" {
		old = old[:len(old)-1]
	}
	var out []string
	at := 0
	lines := strings.Split(patch, "\n")
	for i, l := range lines {
		text := strings.TrimPrefix(l[min(1, len(l)):], "") + "\n"
		if i+1 < len(lines) && lines[i+1] == `\ No newline at end of file` {
			text = strings.TrimSuffix(text, "\n")
		}
		switch {
		case strings.HasPrefix(l, "@@ -"):
			from, count, _ := strings.Cut(strings.Fields(l)[1][1:], ",")
			n, err := strconv.Atoi(from)
			if err != nil {
				t.Fatalf("hunk %q: %v", l, err)
			}
			if count != "0" {
				n--
			}
			out, at = append(out, old[at:n]...), n
		case l == `\ No newline at end of file`:
		case strings.HasPrefix(l, "+"):
			out = append(out, text)
		case strings.HasPrefix(l, " "), strings.HasPrefix(l, "-"):
			if old[at] != text {
				t.Fatalf("line %d is %q, the patch says %q", at+1, old[at], text)
			}
			if l[0] == ' ' {
				out = append(out, text)
			}
			at++
		default:
			t.Fatalf("odd line %q", l)
		}
	}
	return strings.Join(append(out, old[at:]...), "")
}
