package snapshot

import (
	"strings"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim/contract"
)

// TestDocuments holds what is sent of each query file to GitHub's own schema: also that no
// fragment of it is unused, which GitHub refuses.
func TestDocuments(t *testing.T) {
	entries, err := queryFiles.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "fragments.graphql" {
			t.Run(strings.TrimSuffix(e.Name(), ".graphql"), func(t *testing.T) { contract.Query(t, document(e.Name())) })
		}
	}
}
