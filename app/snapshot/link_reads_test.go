package snapshot_test

import (
	"slices"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
)

// TestLinks reads the links of a base once for each commit that it stands on, and each link's text once.
func TestLinks(t *testing.T) {
	w := newWorld(t, floor)
	onto := func(text string) {
		w.push("bob", "main", githubsim.Commit{
			Message: text, Files: map[string]string{"net/main.tf": "../docs/net.txt", "out": "/etc/passwd", "up": "../../x", text: "1\n"},
			Mode: map[string]string{"net/main.tf": githubsim.ModeSymlink, "out": githubsim.ModeSymlink, "up": githubsim.ModeSymlink},
		})
	}
	onto("first")
	w.open(map[string]string{"docs/net.txt": "resource {}\n", "plain": "1\n"})
	p, requests := w.read()
	for _, f := range p.Change.Files {
		w.equal(f.Path, map[string][]string{"docs/net.txt": {"net/main.tf"}}[f.Path], f.Through)
	}
	const theBlob = "GET /repos/{owner}/{repo}/git/blobs/{file_sha}"
	w.equal("first look", []string{theQuery, theFiles, theTree, theBlob, theBlob, theBlob, "GET /repos/{owner}/{repo}/collaborators/{username}/permission"}, requests)
	onto("second")
	w.target.Head = ""
	p, requests = w.read()
	w.equal("the base moved on", []string{"GraphQL Head", theQuery, theTree}, requests)
	w.equal("still", []string{"net/main.tf"}, p.Change.Files[0].Through)
	w.update()
	p, requests = w.read()
	blobs := slices.DeleteFunc(requests, func(r string) bool { return r != theBlob })
	w.equal("what links say, on a base that moved", 0, len(blobs))
	w.equal("still", []string{"net/main.tf"}, p.Change.Files[0].Through)
}
