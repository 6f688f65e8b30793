package snapshot

import (
	"slices"
	"testing"
)

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
