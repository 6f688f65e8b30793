package snapshot_test

import (
	"testing"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/rules"
)

// TestFloor follows an organisation's file from before it was there until after it was lost.
func TestFloor(t *testing.T) {
	const (
		home = "octo-org/.github"
		file = ".github/change-management.yml"
	)
	policy := func(rule string) string {
		return "version: 1\ngroups: {us: {users: [bob]}}\nrules:\n  - {name: " + rule + ", require: {approvals: {count: 1, from: us}}}\n"
	}
	w := newWorld(t, floor)
	olga := w.sim.As("olga")
	head := w.open(map[string]string{"f": "1\n"})
	step := 0
	judged := func(what string, want ...string) {
		t.Helper()
		step++
		w.target.Head = head
		p, asked := w.read()
		got := []string{p.Texts[0].Repo}
		for _, l := range p.Policy.Layers {
			for _, r := range l.Rules {
				got = append(got, l.Name+": "+r.Name)
			}
		}
		for _, n := range p.Change.Notices {
			got = append(got, string(n.Code))
		}
		for _, g := range p.Change.Gaps {
			got = append(got, "gap: "+string(g.Fact))
		}
		w.equal(what, want, got)
		if step > 1 && len(asked) > 2 { // the query, and a login once
			t.Errorf("%s: asked %q", what, asked)
		}
		if again, err := rules.Parse(p.Texts[0].Path, p.Texts[0].Text); err != nil || again.Groups["us"].Users != nil && again.Groups["us"].Users[0].ID != w.id("bob") {
			t.Errorf("%s: the text %q does not judge alike: %v", what, p.Texts[0].Text, err)
		}
	}
	put := func(c githubsim.Commit) {
		t.Helper()
		_, err := olga.Push(home, "main", c)
		w.must(err)
	}

	judged("without one", "", "floor: peer review")
	w.must(olga.CreateRepository(home, true, map[string]string{"README.md": "hello\n"}))
	judged("a repository without the file", "", "floor: peer review")
	put(githubsim.Commit{Message: "policy", Files: map[string]string{file: "version: 1\nrulez: []\n"}})
	judged("broken from the start", "", "floor: peer review", "policy.broken", "gap: policy")
	put(githubsim.Commit{Message: "policy", Files: map[string]string{file: policy("first")}})
	judged("there", home, "floor: first")
	put(githubsim.Commit{Message: "policy", Files: map[string]string{file: policy("second")}})
	judged("another", home, "floor: second")
	put(githubsim.Commit{Message: "policy", Files: map[string]string{file: "version: 1\nrulez: []\n"}})
	judged("broken", home, "floor: second", "policy.broken")
	put(githubsim.Commit{Message: "policy", Files: map[string]string{file: "../x"}, Mode: map[string]string{file: githubsim.ModeSymlink}})
	judged("a link", home, "floor: second", "policy.not_regular")
	put(githubsim.Commit{Message: "policy", Remove: []string{file}})
	judged("taken away", home, "floor: second", "policy.floor_gone")
	put(githubsim.Commit{Message: "policy", Files: map[string]string{file: policy("third")}})
	judged("back", home, "floor: third")

	_, err := olga.Push(home, "empty", githubsim.Commit{Message: "nothing", Remove: []string{file}})
	w.must(err)
	w.must(olga.SetDefaultBranch(home, "empty"))
	judged("another default branch", home, "floor: third", "policy.floor_gone")
	w.must(olga.SetDefaultBranch(home, "main"))
	w.must(w.sim.SelectRepositories("octo-org", repo))
	judged("out of the installation", home, "floor: third", "policy.floor_gone")
	w.must(w.sim.SelectRepositories("octo-org"))
	judged("in it again", home, "floor: third")
	w.must(olga.Rename(home, "attic"))
	judged("renamed", home, "floor: third", "policy.floor_gone")
	w.must(w.sim.As("bob").CreateRepository(home, true, map[string]string{file: policy("lax")}))
	judged("another in its place", home, "floor: third", "policy.floor_replaced")
	_, err = w.sim.As("bob").Push(home, "main", githubsim.Commit{Message: "the same", Files: map[string]string{file: policy("third")}})
	w.must(err)
	judged("another with the same text", home, "floor: third")
	put(githubsim.Commit{Message: "policy", Files: map[string]string{file: policy("fourth")}})
	judged("which is followed from then on", home, "floor: fourth")
	w.must(olga.DeleteRepository(home))
	judged("deleted", home, "floor: fourth", "policy.floor_gone")
}

// TestFloorIsAlone: where the organisation's file stands it is no repository's file as well,
// and one that was never readable can be mended.
func TestFloorIsAlone(t *testing.T) {
	w := newWorld(t, floor)
	const home, file = "octo-org/.github", ".github/change-management.yml"
	olga := w.sim.As("olga")
	w.must(olga.CreateRepository(home, true, map[string]string{file: "version: 1\nrulez: []\n"}))
	repository, _, err := w.client.Repositories.Get(t.Context(), "octo-org", ".github")
	w.must(err)
	head, err := olga.Push(home, "topic", githubsim.Commit{Message: "mend", Files: map[string]string{
		file: "version: 1\nrules: [{name: ours, require: {approvals: 1}}]\n",
	}})
	w.must(err)
	_, err = olga.OpenPull(home, githubsim.NewPull{Title: "Mend", Head: "topic", Base: "main"})
	w.must(err)
	w.target.Repo, w.target.Name, w.target.Head = repository.GetID(), ".github", head
	p, _ := w.read()
	w.equal("rules of the broken one", "peer review", p.Policy.Layers[0].Rules[0].Name)
	w.equal("gaps of the broken one", 0, len(p.Change.Gaps))
	_, err = olga.Push(home, "main", githubsim.Commit{Message: "mend", Files: map[string]string{
		file: "version: 1\nrules: [{name: ours, require: {approvals: 1}}]\n",
	}})
	w.must(err)
	p, _ = w.read()
	w.equal("layers", 1, len(p.Policy.Layers))
	w.equal("rule", "ours", p.Policy.Layers[0].Rules[0].Name)
}

// TestFloorOfTheNewOwner: a repository that was transferred is judged by its new owner's floor,
// also while it is still asked for by its old name.
func TestFloorOfTheNewOwner(t *testing.T) {
	w := newWorld(t, floor)
	w.open(map[string]string{"f": "1\n"})
	_, err := w.sim.AddOrg("other-org", "olga")
	w.must(err)
	olga := w.sim.As("olga")
	w.must(olga.CreateRepository("other-org/.github", true, map[string]string{
		".github/change-management.yml": "version: 1\nrules: [{name: theirs, require: {approvals: 1}}]\n",
	}))
	installation, err := w.sim.Install("other-org")
	w.must(err)
	w.must(olga.Transfer(repo, "other-org"))
	w.client = w.clients.Installation(installation)
	p, _ := w.read()
	w.equal("rule", "theirs", p.Policy.Layers[0].Rules[0].Name)
	w.equal("name", "other-org/app", p.Change.Repo.Name)
}
