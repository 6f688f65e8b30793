package snapshot

import (
	"testing"
)

const onePatch = "@@ -10,3 +10,3 @@ func f\n a\n-b\n+B\n c"

func text(path, patch string, additions, deletions int) entry {
	return newEntry(path, "", "modified", "b10b", patch, additions, deletions)
}

func without(path, status string) entry { return newEntry(path, "", status, "b10b", "", 0, 0) }

// flip is a regular file that becomes something else.
func flip(oldBlob, newMode, newBlob string) sides {
	return sides{side{"100644", oldBlob}, side{newMode, newBlob}}
}

// TestExactFingerprint tries what could make different content look the same: each case
// differs from the one that it names in one thing.
func TestExactFingerprint(t *testing.T) {
	trees := func(path string, s sides) map[string]sides { return map[string]sides{path: s} }
	tests := []struct {
		name    string
		a, b    []entry
		ta, tb  map[string]sides
		same    bool
		unknown bool // b has none
	}{
		{name: "the same", a: []entry{text("f", onePatch, 1, 1)}, b: []entry{text("f", onePatch, 1, 1)}, same: true},
		{
			name: "the base changed the file elsewhere", same: true,
			a: []entry{newEntry("f", "", "modified", "aaaa", onePatch, 1, 1)},
			b: []entry{newEntry("f", "", "modified", "bbbb", onePatch, 1, 1)},
		},
		{
			name: "the same hunk elsewhere",
			a:    []entry{text("f", onePatch, 1, 1)}, b: []entry{text("f", "@@ -20,3 +20,3 @@ func f\n a\n-b\n+B\n c", 1, 1)},
		},
		{
			name: "the same hunk in another block",
			a:    []entry{text("f", onePatch, 1, 1)}, b: []entry{text("f", "@@ -10,3 +10,3 @@ func g\n a\n-b\n+B\n c", 1, 1)},
		},
		{
			name: "another context",
			a:    []entry{text("f", onePatch, 1, 1)}, b: []entry{text("f", "@@ -10,3 +10,3 @@ func f\n a\n-b\n+B\n d", 1, 1)},
		},
		{
			name: "indentation alone",
			a:    []entry{text("f.py", "@@ -1,2 +1,2 @@\n if x:\n-  a\n+    b", 1, 1)},
			b:    []entry{text("f.py", "@@ -1,2 +1,2 @@\n if x:\n-  a\n+  b", 1, 1)},
		},
		{
			name: "a space at the end",
			a:    []entry{text("f", "@@ -0,0 +1 @@\n+a", 1, 0)}, b: []entry{text("f", "@@ -0,0 +1 @@\n+a ", 1, 0)},
		},
		{
			name: "line ends",
			a:    []entry{text("f", "@@ -0,0 +1 @@\n+a", 1, 0)}, b: []entry{text("f", "@@ -0,0 +1 @@\n+a\r", 1, 0)},
		},
		{
			name: "no newline at the end",
			a:    []entry{text("f", "@@ -0,0 +1 @@\n+a", 1, 0)},
			b:    []entry{text("f", "@@ -0,0 +1 @@\n+a\n\\ No newline at end of file", 1, 0)},
		},
		{name: "another path", a: []entry{text("f", onePatch, 1, 1)}, b: []entry{text("g", onePatch, 1, 1)}},
		{
			name: "a rename", a: []entry{text("f", onePatch, 1, 1)},
			b: []entry{newEntry("f", "g", "renamed", "b10b", onePatch, 1, 1)},
		},
		{
			name: "a rename from elsewhere",
			a:    []entry{newEntry("f", "g", "renamed", "b10b", onePatch, 1, 1)},
			b:    []entry{newEntry("f", "h", "renamed", "b10b", onePatch, 1, 1)},
		},
		{
			name: "a copy instead of a rename",
			a:    []entry{newEntry("f", "g", "renamed", "b10b", onePatch, 1, 1)},
			b:    []entry{newEntry("f", "g", "copied", "b10b", onePatch, 1, 1)},
		},
		{
			name: "text moved between files",
			a:    []entry{text("a", "@@ -0,0 +1,2 @@\n+x\n+y", 2, 0), text("b", "@@ -0,0 +1 @@\n+z", 1, 0)},
			b:    []entry{text("a", "@@ -0,0 +1 @@\n+x", 1, 0), text("b", "@@ -0,0 +1,2 @@\n+y\n+z", 2, 0)},
		},
		{
			name: "one file more", a: []entry{text("f", onePatch, 1, 1)},
			b: []entry{text("f", onePatch, 1, 1), text("g", onePatch, 1, 1)},
		},

		{
			name: "a binary", a: []entry{without("f.png", "modified")}, b: []entry{without("f.png", "modified")},
			ta: trees("f.png", flip("a", "100644", "b")), tb: trees("f.png", flip("a", "100644", "c")),
		},
		{
			name: "a binary on another base", a: []entry{without("f.png", "modified")}, b: []entry{without("f.png", "modified")},
			ta: trees("f.png", flip("a", "100644", "b")), tb: trees("f.png", flip("x", "100644", "b")),
		},
		{
			name: "the same binary", same: true, a: []entry{without("f.png", "modified")}, b: []entry{without("f.png", "modified")},
			ta: trees("f.png", flip("a", "100644", "b")), tb: trees("f.png", flip("a", "100644", "b")),
		},
		{
			name: "a NUL byte: GitHub gives no patch", a: []entry{text("f.go", onePatch, 1, 1)}, b: []entry{without("f.go", "modified")},
			tb: trees("f.go", flip("a", "100644", "b")),
		},
		{
			name: "hidden by attributes, without trees", a: []entry{text("f.go", onePatch, 1, 1)},
			b: []entry{newEntry("f.go", "", "modified", "b10b", "", 1, 1)}, unknown: true,
		},
		{
			name: "too large for a patch", a: []entry{newEntry("f", "", "modified", "aaaa", "", 30000, 0)},
			b:  []entry{newEntry("f", "", "modified", "bbbb", "", 30000, 0)},
			ta: trees("f", flip("a", "100644", "b")), tb: trees("f", flip("a", "100644", "c")),
		},
		{
			name: "too large for the whole patch, without trees", a: []entry{text("f", onePatch, 1, 1)},
			b: []entry{text("f", onePatch, 5000, 1)}, unknown: true,
		},
		{
			name: "cut inside of a hunk, without trees", a: []entry{text("f", onePatch, 1, 1)},
			b: []entry{text("f", "@@ -10,3 +10,3 @@ func f\n a\n-b\n+B", 1, 1)}, unknown: true,
		},
		{
			name: "a mode flip alone", a: []entry{without("run.sh", "modified")}, b: []entry{without("run.sh", "modified")},
			ta: trees("run.sh", flip("a", "100755", "a")), tb: trees("run.sh", flip("a", "100644", "a")),
		},
		{
			name: "a file becomes a symlink", a: []entry{text("f", onePatch, 1, 1)},
			b:  []entry{newEntry("f", "", "changed", "b10b", onePatch, 1, 1)},
			tb: trees("f", flip("a", "120000", "b")),
		},
		{
			name: "a symlink to elsewhere", a: []entry{newEntry("f", "", "changed", "b10b", onePatch, 1, 1)},
			b:  []entry{newEntry("f", "", "changed", "b10b", onePatch, 1, 1)},
			ta: trees("f", flip("a", "120000", "b")), tb: trees("f", flip("a", "120000", "c")),
		},
		{
			name: "a submodule instead of a file with its text",
			a:    []entry{text("lib", "@@ -1 +1 @@\n-Subproject commit a\n+Subproject commit b", 1, 1)},
			b:    []entry{newEntry("lib", "", "changed", "b10b", "@@ -1 +1 @@\n-Subproject commit a\n+Subproject commit b", 1, 1)},
			tb:   trees("lib", flip("a", "160000", "b")),
		},
		{
			name: "a submodule moved on",
			a:    []entry{text("lib", "@@ -1 +1 @@\n-Subproject commit a\n+Subproject commit b", 1, 1)},
			b:    []entry{text("lib", "@@ -1 +1 @@\n-Subproject commit a\n+Subproject commit c", 1, 1)},
		},
		{
			name: "bytes that are not UTF-8 look alike",
			a:    []entry{newEntry("f", "", "modified", "aaaa", "@@ -0,0 +1 @@\n+\ufffd", 1, 0)},
			b:    []entry{newEntry("f", "", "modified", "bbbb", "@@ -0,0 +1 @@\n+\ufffd", 1, 0)},
		},
		{name: "an empty file, without trees", a: []entry{text("f", onePatch, 1, 1)}, b: []entry{without("empty", "added")}, unknown: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := exactFingerprint(tt.a, tt.ta), exactFingerprint(tt.b, tt.tb)
			if a == "" || (b == "") != tt.unknown || (a == b) != tt.same {
				t.Errorf("exactFingerprint = %q and %q, want same %t, unknown %t", a, b, tt.same, tt.unknown)
			}
		})
	}
	if a, b := pinnedFingerprint("head", "key"), pinnedFingerprint("head", "yek"); a == b || a == "" {
		t.Errorf("pinnedFingerprint = %q and %q of two merge bases", a, b)
	}
}

func TestLandedFingerprint(t *testing.T) {
	tests := []struct {
		name   string
		a, b   []entry
		ta, tb map[string]sides
		same   bool
	}{
		{
			name: "moved within its file", same: true,
			a: []entry{text("f", onePatch, 1, 1)}, b: []entry{text("f", "@@ -20,3 +25,3 @@ func g\n x\n-b\n+B\n y", 1, 1)},
		},
		{
			name: "in other hunks", same: true,
			a: []entry{text("f", "@@ -1 +1 @@\n-a\n+A\n@@ -9 +9 @@\n-b\n+B", 2, 2)},
			b: []entry{text("f", "@@ -1,2 +1,2 @@\n-a\n+A\n-b\n+B", 2, 2)},
		},
		{
			name: "another order",
			a:    []entry{text("f", "@@ -0,0 +1,2 @@\n+a\n+b", 2, 0)}, b: []entry{text("f", "@@ -0,0 +1,2 @@\n+b\n+a", 2, 0)},
		},
		{name: "another file", a: []entry{text("f", onePatch, 1, 1)}, b: []entry{text("g", onePatch, 1, 1)}},
		{
			name: "a binary", a: []entry{without("f", "modified")}, b: []entry{without("f", "modified")},
			ta: map[string]sides{"f": flip("a", "100644", "b")}, tb: map[string]sides{"f": flip("a", "100644", "c")},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := landedFingerprint(tt.a, tt.ta), landedFingerprint(tt.b, tt.tb)
			if a == "" || b == "" || (a == b) != tt.same {
				t.Errorf("landedFingerprint = %q and %q, want same %t", a, b, tt.same)
			}
		})
	}
	if got := landedFingerprint([]entry{without("f", "modified")}, nil); got != "" {
		t.Errorf("landedFingerprint of unknown blobs = %q, want none", got)
	}
}
