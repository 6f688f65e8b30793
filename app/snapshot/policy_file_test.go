package snapshot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
)

// TestPolicy follows a repository's file.
func TestPolicy(t *testing.T) {
	const file = ".github/change-management.yml"
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	layers := func(want ...string) snapshot.Pull {
		t.Helper()
		p, _ := w.read()
		got := []string{}
		for _, l := range p.Policy.Layers {
			for _, r := range l.Rules {
				got = append(got, r.Name)
			}
		}
		for _, n := range p.Change.Notices {
			got = append(got, string(n.Code))
		}
		w.equal("rules and notices", want, got)
		if len(p.Texts) != len(p.Policy.Layers) {
			t.Errorf("%d texts of %d layers", len(p.Texts), len(p.Policy.Layers))
		}
		return p
	}
	layers("peer review")

	merge := func(c githubsim.Commit) {
		t.Helper()
		head := w.target.Head
		w.push("bob", "main", c)
		w.target.Head = head
	}
	merge(githubsim.Commit{Message: "policy", Files: map[string]string{file: "version: 1\ngroups: {us: {users: [Bob, \"carol#" +
		fmt.Sprint(w.sim.UserID("carol")) + "\", nobody-has-this, \"#17\"]}}\nrules:\n  - {name: ours, require: {approvals: {count: 1, from: us}}} # by bob\n"}})
	p := layers("peer review", "ours")
	w.equal("users", []rules.UserRef{{ID: w.id("bob")}, {ID: w.id("carol")}, {}}, p.Policy.Layers[1].Groups["us"].Users)
	text := p.Texts[1]
	if strings.Contains(strings.ToLower(string(text.Text)), "bob") || strings.Contains(string(text.Text), "carol") {
		t.Errorf("the text names somebody:\n%s", text.Text)
	}
	again, err := rules.Parse(text.Path, text.Text)
	w.must(err)
	w.equal("the text parsed again", p.Policy.Layers[1].Groups, again.Groups)
	if text.Repo != repo || text.Path != file || len(text.Blob) != 40 || len(text.Commit) != 40 || text.Layer != rules.RepositoryLayer {
		t.Errorf("text of %+v", text)
	}

	merge(githubsim.Commit{Message: "broken", Files: map[string]string{file: "version: 1\nrulez: []\n"}})
	p = layers("peer review", "ours", "policy.broken")
	w.equal("the last good one's users", w.id("bob"), p.Policy.Layers[1].Groups["us"].Users[0].ID)
	w.equal("the last good one", text, p.Texts[1])
	merge(githubsim.Commit{Message: "clash", Files: map[string]string{file: "version: 1\nrules: [{name: Peer Review, require: {approvals: 1}}]\n"}})
	layers("peer review", "ours", "policy.broken")
	merge(githubsim.Commit{Message: "link", Files: map[string]string{file: "../elsewhere.yml"}, Mode: map[string]string{file: githubsim.ModeSymlink}})
	layers("peer review", "ours", "policy.not_regular")
	merge(githubsim.Commit{Message: "gone", Remove: []string{file}})
	layers("peer review")
	merge(githubsim.Commit{Message: "broken again", Files: map[string]string{file: "version: 1\nrulez: []\n"}})
	layers("peer review", "policy.broken")
}

// TestLargePolicy: of a large file GraphQL gives the beginning alone.
func TestLargePolicy(t *testing.T) {
	const file = ".github/change-management.yml"
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	large := "version: 1\n" + strings.Repeat("# "+strings.Repeat("x", 997)+"\n", 600) + "rules:\n  - {name: ours, require: {approvals: 1}}\n"
	head := w.target.Head
	put := func(text string) ([]string, rules.Change) {
		t.Helper()
		w.push("bob", "main", githubsim.Commit{Message: "policy", Files: map[string]string{file: text}})
		w.target.Head = head
		p, requests := w.read()
		var names []string
		for _, l := range p.Policy.Layers {
			names = append(names, l.Rules[0].Name)
		}
		w.equal("names", true, len(names) > 0)
		return append(names, requests...), p.Change
	}
	got, _ := put(large)
	w.equal("rules", []string{"peer review", "ours"}, got[:2])
	w.equal("asked for the blob", true, slices.Contains(got, "GET /repos/{owner}/{repo}/git/blobs/{file_sha}"))
	w.target.Head = head
	_, requests := w.read()
	w.equal("asked again", false, slices.Contains(requests, "GET /repos/{owner}/{repo}/git/blobs/{file_sha}"))
	_, c := put(strings.Repeat(large, 2))
	w.equal("too large", rules.NoticePolicyNotRegular, c.Notices[0].Code)
}
