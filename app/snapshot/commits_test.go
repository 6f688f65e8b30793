package snapshot

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/rules"
)

// TestReadCommits (behaviours 15 and 92): what is not base..head, whole, with all parents and authors, is a gap;
// without all parents nothing says what the merge base is.
func TestReadCommits(t *testing.T) {
	head, other := strings.Repeat("a", 40), strings.Repeat("b", 40)
	one := func(oid string, parents, of, authors, ofAuthors int) *commit {
		c := &commit{OID: oid}
		for range parents {
			c.Parents.Nodes = append(c.Parents.Nodes, &object{OID: "base"})
		}
		c.Parents.TotalCount = of
		for range authors {
			c.Authors.Nodes = append(c.Authors.Nodes, &struct{ User *gitUser }{})
		}
		c.Authors.TotalCount = ofAuthors
		return c
	}
	compare := func(of int, commits ...*commit) *baseRef {
		return &baseRef{Compare: &comparison{HeadTarget: object{head}, Commits: connection[commit]{TotalCount: of, Nodes: commits}}}
	}
	gap := func(read, of int) []rules.Gap { return []rules.Gap{{Fact: rules.GapCommits, Read: read, Of: of}} }
	tests := []struct {
		name   string
		ref    *baseRef
		files  int // that the pull request changes
		linked bool
		stale  bool
		gaps   []rules.Gap
	}{
		{"whole", compare(1, one(head, 1, 1, 1, 1)), 1, true, false, nil},
		{"nothing left to merge", compare(0), 0, true, false, nil},
		{"no commits, but files", compare(0), 1, false, true, gap(0, 0)},
		{"without the head", compare(1, one(other, 1, 1, 1, 1)), 1, false, true, gap(1, 1)},
		{"fewer than there are", compare(2, one(head, 1, 1, 1, 1)), 1, false, false, gap(1, 2)},
		{"the same twice", compare(2, one(head, 1, 1, 1, 1), one(head, 1, 1, 1, 1)), 1, false, false, gap(2, 2)},
		{"more parents", compare(1, one(head, 10, 11, 1, 1)), 1, false, false, gap(0, 1)},
		{"more authors", compare(1, one(head, 1, 1, 20, 21)), 1, true, false, gap(0, 1)},
		{"not comparable", &baseRef{}, 1, false, true, gap(0, 0)},
		{"of another head", &baseRef{Compare: &comparison{HeadTarget: object{other}}}, 1, false, true, gap(0, 0)},
		{"the base is gone", nil, 1, false, false, gap(0, 0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := &look{Reader: NewReader(Options{})}
			f := &facts{head: head, pull: pullRequest{BaseRef: tt.ref, ChangedFiles: tt.files}}
			if err := l.readCommits(t.Context(), f); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.gaps, f.gaps); diff != "" || f.linked != tt.linked || f.stale != tt.stale {
				t.Errorf("linked %t, stale %t, want %t, %t; gaps (-want +got)\n%s", f.linked, f.stale, tt.linked, tt.stale, diff)
			}
		})
	}
}

func TestMergeBaseKey(t *testing.T) {
	linear := map[string][]string{"c": {"b"}, "b": {"a"}}
	tests := []struct {
		name    string
		head    string
		parents map[string][]string
		edge    []string
		same    bool // as linear with head c
	}{
		{"linear", "c", linear, []string{"a"}, true},
		{"the base moved on: nothing of base..head did", "c", map[string][]string{"b": {"a"}, "c": {"b"}}, []string{"a"}, true},
		{"another head", "d", map[string][]string{"d": {"c"}, "c": {"b"}, "b": {"a"}}, []string{"a"}, false},
		{"the base took b in", "c", map[string][]string{"c": {"b"}}, []string{"b"}, false},
		{"a merge of the base", "m", map[string][]string{"m": {"b", "z"}, "b": {"a"}}, []string{"a", "z"}, false},
		{"a merge of a branch of the change's own", "m", map[string][]string{"m": {"b", "s"}, "b": {"a"}, "s": {"a"}}, []string{"a"}, false},
		{"a root of its own", "r", map[string][]string{"r": nil}, nil, false},
		{"all of it is in the base", "c", nil, nil, false},
	}
	want, _ := mergeBaseKey("c", linear)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key, edge := mergeBaseKey(tt.head, tt.parents)
			if !slices.Equal(edge, tt.edge) || (key == want) != tt.same {
				t.Errorf("mergeBaseKey = %s, %q, want edge %q, same %t", key, edge, tt.edge, tt.same)
			}
		})
	}
}

// TestCommitsOf: who only says that GitHub's pages committed or wrote is nobody.
func TestCommitsOf(t *testing.T) {
	webFlow, ann := &gitUser{DatabaseID: webFlowID, Login: "web-flow"}, &gitUser{DatabaseID: 7, Login: "ann"}
	c := commit{OID: "c", Parents: connection[object]{Nodes: []*object{{OID: "p"}}}}
	c.Authors.Nodes = []*struct{ User *gitUser }{{webFlow}, {ann}, {nil}}
	c.Committer = &struct {
		Email string
		User  *gitUser
	}{webFlowEmail, webFlow}
	bare := commit{OID: "bare"}
	f := &facts{commits: []commit{c, bare}}
	k := newCast()
	f.nameCommits(k)
	k.persons = map[int64]int64{7: 70, webFlowID: 1}
	want := []rules.Commit{
		{SHA: "c", Parents: []string{"p"}, Authors: []rules.UserID{0, 70, 0}, CoAuthored: true},
		{SHA: "bare", Authors: []rules.UserID{0}},
	}
	if diff := cmp.Diff(want, f.commitsOf(k)); diff != "" || len(k.order) != 1 {
		t.Errorf("commitsOf, %d people (-want +got)\n%s", len(k.order), diff)
	}
}

func TestByGitHub(t *testing.T) {
	type sign = struct{ IsValid, WasSignedByGitHub bool }
	by := func(u *gitUser, email string, s *sign) commit {
		c := commit{Signature: s}
		c.Committer = &struct {
			Email string
			User  *gitUser
		}{email, u}
		return c
	}
	webFlow := &gitUser{DatabaseID: webFlowID, Login: "web-flow"}
	tests := []struct {
		name   string
		commit commit
		want   bool
	}{
		{"signed by GitHub", by(webFlow, webFlowEmail, &sign{true, true}), true},
		{"on a server of one's own", by(&gitUser{DatabaseID: 5, Login: "web-flow"}, webFlowEmail, &sign{true, true}), true},
		{"no user to the address", by(nil, webFlowEmail, &sign{true, true}), true},
		{"not signed", by(webFlow, webFlowEmail, nil), false},
		{"signed by somebody", by(webFlow, webFlowEmail, &sign{true, false}), false},
		{"signature not valid", by(webFlow, webFlowEmail, &sign{false, true}), false},
		{"another committer", by(&gitUser{DatabaseID: 7, Login: "ann"}, "ann@example.com", &sign{true, true}), false},
		{"an unknown committer", by(nil, "ann@example.com", &sign{true, true}), false},
		{"no committer", commit{Signature: &sign{true, true}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.commit.byGitHub(); got != tt.want {
				t.Errorf("byGitHub = %t, want %t", got, tt.want)
			}
		})
	}
}

// TestFrameBaseGone: between the end of a base branch and GitHub's answer to it, what an open
// pull request aims at is not known.
func TestFrameBaseGone(t *testing.T) {
	tests := []struct {
		name, state string
		base        *baseRef
		stale       bool
	}{
		{"open", "OPEN", &baseRef{}, false},
		{"open, its base is gone", "OPEN", nil, true},
		{"closed, its base is gone", "CLOSED", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &facts{pull: pullRequest{State: tt.state, BaseRef: tt.base}}
			p := (&look{Reader: NewReader(Options{})}).frame(f, policy{})
			if p.Stale != tt.stale {
				t.Errorf("stale %t, want %t", p.Stale, tt.stale)
			}
		})
	}
}
