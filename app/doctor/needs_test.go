package doctor

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPermissions(t *testing.T) {
	exact := func(change func(map[string]string)) map[string]string {
		has := map[string]string{}
		for _, p := range NeededPermissions {
			has[p.Key] = p.Level
		}
		change(has)
		return has
	}
	for _, tt := range []struct {
		name          string
		has           map[string]string
		lacks, excess []string
	}{
		{"as needed", exact(func(map[string]string) {}), nil, nil},
		{"one is missing", exact(func(p map[string]string) { delete(p, "checks") }), []string{"Checks: write"}, nil},
		{"one is too little", exact(func(p map[string]string) { p["checks"] = "read" }), []string{"Checks: write"}, nil},
		{"one is too much", exact(func(p map[string]string) { p["contents"] = "write" }), nil, []string{"Contents: write"}},
		{"one is what a policy may need", exact(func(p map[string]string) { p["pull_requests"] = "write" }), nil, nil},
		{"one is not needed", exact(func(p map[string]string) { p["administration"] = "read" }), nil, []string{"administration: read"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff([][]string{tt.lacks, tt.excess}, [][]string{lacking(tt.has), excess(tt.has)}); diff != "" {
				t.Errorf("lacking and excess (-want +got):\n%s", diff)
			}
		})
	}
}
