package app

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// A pull request that waits for its head to show pending is judged even if another verdict
// takes that publication's place, and until then nothing that was read for the old base
// speaks for it.
func TestRebaseIsJudgedWhateverTheHeadShows(t *testing.T) {
	sim, err := githubsim.New(githubsim.Options{Now: (&clock{}).Now})
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), Options{
		Listen: "127.0.0.1:0", DatabaseURL: "sqlite://" + filepath.Join(t.TempDir(), "test.db"),
		GitHubURL: "http://127.0.0.1", GitHubAPIURL: "http://127.0.0.1", AppID: sim.AppID(),
		PrivateKey: sim.AppKey(), WebhookSecrets: [][]byte{sim.WebhookSecret()},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	const head = "390b99654bbd7bbf332e6b1e8f3282930275c53d"
	row := store.Pull{
		Repo: 1, Number: 2, Head: head, Base: "release", Open: true, Governed: true,
		UpdatedAt: a.now(), JudgedBase: "main", Facts: []byte(`{"base":"main"}`),
	}
	sub := subject.Subject{Kind: subject.PullRequest, Repo: 1, Number: 2}
	err = a.store.Tx(t.Context(), func(tx *store.Tx) error {
		if err := tx.PutPull(row); err != nil {
			return err
		}
		if err := tx.PutPublication(store.Publication{Repo: 1, SHA: head, WantedDigest: "green", SaidDigest: "green"}); err != nil {
			return err
		}
		return tx.Raise(a.now(), store.Due{Subject: sub, At: a.now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := a.store.Claim(t.Context(), a.now(), "a", 1, time.Minute)
	if err != nil || len(claims) != 1 {
		t.Fatalf("claims = %v, %v", claims, err)
	}
	waits, err := a.announceRebase(t.Context(), claims[0], row)
	if err != nil || !waits {
		t.Fatalf("announceRebase = %v, %v, want it to wait", waits, err)
	}
	// The head's own turn never comes: something else was owed to it first.
	later, err := a.store.Claim(t.Context(), a.now().Add(rebaseWait), "a", 10, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var due bool
	for _, c := range later {
		due = due || c.Subject == sub
	}
	if !due {
		t.Error("the pull request is not due again by itself")
	}
	kept, _, err := a.store.Pull(t.Context(), 1, 2)
	if err != nil || len(kept.Facts) > 0 {
		t.Errorf("facts of the old base are kept: %s, %v", kept.Facts, err)
	}
}
