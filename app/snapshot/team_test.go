package snapshot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
)

// TestTeams: a team that the app may not see is named as missing, and so is each of an
// account that has none.
func TestTeams(t *testing.T) {
	const policy = "version: 1\ngroups: {core: {teams: [secret]}}\nrules:\n  - {name: peer review, require: {approvals: {count: 1, from: core}}}\n"
	w := newWorld(t, policy)
	w.open(map[string]string{"f": "1\n"})
	p, requests := w.read()
	w.equal("hidden", []rules.Team{{Slug: "secret", Missing: true, AsOf: w.now}}, p.Change.Teams)
	w.equal("asked", true, slices.Contains(requests, "GraphQL Team"))
	w.must(w.sim.Grant("octo-org", "members", ""))
	w.memory.forget("team")
	w.now = w.now.Add(time.Second)
	p, _ = w.read()
	w.equal("without permission", []rules.Team{{Slug: "secret", Missing: true, AsOf: w.now}}, p.Change.Teams)

	st, err := githubsim.ParseState(strings.NewReader("repositories: [{name: dave/solo, pulls: [{title: A change, author: dave, branch: topic, files: {f: x}}]}]\ninstallations: [{account: dave}]\n"))
	w.must(err)
	w.must(w.sim.Apply(st))
	own, _, err := w.clients.App().Apps.FindRepositoryInstallation(t.Context(), "dave", "solo")
	w.must(err)
	w.client = w.clients.Installation(own.GetID())
	repository, _, err := w.client.Repositories.Get(t.Context(), "dave", "solo")
	w.must(err)
	w.target = snapshot.Target{Repo: repository.GetID(), Owner: "dave", Name: "solo", Number: 1}
	p, requests = w.read()
	w.equal("of a user", []rules.Team{{Slug: "secret", Missing: true, AsOf: w.now}}, p.Change.Teams)
	w.equal("asked", false, slices.Contains(requests, "GraphQL Team"))
}
