package githubsim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The ids are git's own, read from a repository with the same content.
func TestObjectIDs(t *testing.T) {
	o := newObjects()
	tr := o.tree(map[string]entry{
		"a.txt":     {ModeFile, o.blob(ModeFile, "x")},
		"a/b/c.txt": {ModeFile, o.blob(ModeFile, "hello\n")},
		"a.b/d":     {ModeFile, o.blob(ModeFile, "z\n")}, // sorts between a.txt and a/
		"run.sh":    {ModeExec, o.blob(ModeExec, "#!/bin/sh\n")},
		"link":      {ModeSymlink, o.blob(ModeSymlink, "a.txt")},
	})
	at := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	first := o.commit(commit{
		tree: tr, message: "First\n\nbody", author: Ident{"Ann", "ann@example.com"}, committer: Ident{"Bob", "bob@example.com"},
		authored: at, committed: at.Add(time.Second),
	})
	got := []string{tr.dirs[""], tr.dirs["a"], tr.files["run.sh"].oid, first.oid, o.tree(map[string]entry{}).dirs[""]}
	want := []string{
		"62b5911d79ed9b301b84cdd3cf74c25c4c6e62ea", "91942592790b66ae4bec319bf951d1c7692c5e85", "1a2485251c33a70432394c93fb89330ef214bfc9",
		"51383d0f96ed7a5c1c6b9f4f3797c94c29006eb6", "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if again := o.commit(*first); again != first {
		t.Error("the same content made a second commit")
	}
	signed := *first
	signed.signing = ByGitHub
	if o.commit(signed).oid == first.oid {
		t.Error("a signature does not change the id")
	}
	if o.resolve(first.oid[:8]) != first || o.resolve(first.oid[:3]) != nil {
		t.Error("short ids: seven digits or more name a commit, fewer do not")
	}
}

func TestAuthors(t *testing.T) {
	tests := []struct {
		name    string
		message string
		want    []Ident
	}{
		{"alone", "Fix", []Ident{{"Ann", "ann@example.com"}}},
		{"trailers in any case", "Fix\n\nCo-authored-by: Bob <bob@example.com>\nco-AUTHORED-by: Carol <carol@example.com>", []Ident{
			{"Ann", "ann@example.com"}, {"Bob", "bob@example.com"}, {"Carol", "carol@example.com"},
		}},
		{"each address once", "Fix\n\nCo-authored-by: Ann again <ANN@example.com>", []Ident{{"Ann", "ann@example.com"}}},
		{"nonsense is passed over", "Fix\n\nCo-authored-by: nobody", []Ident{{"Ann", "ann@example.com"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &commit{author: Ident{"Ann", "ann@example.com"}, message: tt.message}
			if diff := cmp.Diff(tt.want, c.authors()); diff != "" {
				t.Errorf("authors (-want +got):\n%s", diff)
			}
		})
	}
}
