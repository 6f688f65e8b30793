package snapshot

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestThrough(t *testing.T) {
	many := []link{}
	for i := range maxThrough + 1 {
		many = append(many, link{fmt.Sprintf("l%d", i), "docs"})
	}
	tests := []struct {
		name  string
		at    string
		links []link
		want  []string
		all   bool
	}{
		{"no links", "docs/a", nil, nil, true},
		{"a link to the file", "docs/a", []link{{"net/a.tf", "docs/a"}}, []string{"net/a.tf"}, true},
		{"a link to its folder", "docs/sub/a", []link{{"net", "docs"}}, []string{"net/sub/a"}, true},
		{"a link to a folder of a like name", "docs2/a", []link{{"net", "docs"}}, nil, true},
		{"a link to the whole repository", "a", []link{{"net/all", "."}}, []string{"net/all/a"}, true},
		{"folders that link to each other", "x/f", []link{{"x/a", "y"}, {"y/b", "x"}}, []string{"x/a/b/f", "y/b/f"}, true},
		{"a link to a link", "docs/a", []link{{"net/b.tf", "docs/b"}, {"docs/b", "docs/a"}}, []string{"docs/b", "net/b.tf"}, true},
		{"a link to a name below a link", "docs/a", []link{{"net", "docs"}, {"main.tf", "net/a"}}, []string{"main.tf", "net/a"}, true},
		{"links to each other", "x", []link{{"x", "y"}, {"y", "x"}}, []string{"y"}, true},
		{"more than can be looked through", "docs/a", many, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, all := through(tt.at, tt.links)
			if d := cmp.Diff(tt.want, got); d != "" || all != tt.all {
				t.Errorf("complete %t, want %t (-want +got):\n%s", all, tt.all, d)
			}
		})
	}
}
