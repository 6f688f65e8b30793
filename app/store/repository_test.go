package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

func testInstallations(t *testing.T, s *Store) {
	install := func(seconds int, f subject.InstallationFact) {
		t.Helper()
		accept(t, s, after(seconds), subject.Result{Installations: []subject.InstallationFact{f}})
	}
	want := func(want ...Installation) {
		t.Helper()
		got, err := s.Installations(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("installations, %v (-want +got):\n%s", err, diff)
		}
	}
	octo := Installation{ID: 8, Account: 9, AccountLogin: "octo-org", AccountType: "Organization"}
	made := subject.InstallationFact{ID: 8, Account: 9, AccountLogin: "octo-org", AccountType: "Organization"}
	install(1, made)
	want(octo)
	install(3, subject.InstallationFact{ID: 8, Account: 9, AccountLogin: "octo-corp", AccountType: "Organization", Suspended: true})
	octo.AccountLogin, octo.Suspended = "octo-corp", true
	want(octo)
	install(2, made) // older than what is stored
	want(octo)
	install(4, subject.InstallationFact{ID: 8}) // says little
	octo.Suspended = false
	want(octo)
	repo := subject.RepositoryFact{ID: 1, Installation: 8, Account: 9, Owner: "octo-corp", Name: "api", At: after(4)}
	accept(t, s, after(4), subject.Result{Repositories: []subject.RepositoryFact{repo}})
	if all, err := s.Repositories(t.Context(), 8); err != nil || len(all) != 1 {
		t.Fatalf("repositories %+v, %v", all, err)
	}

	install(3, subject.InstallationFact{ID: 8, Removed: true}) // removed is removed, however late it is told
	want()
	install(9, made)
	want()
	repo.At = after(9)
	accept(t, s, after(9), subject.Result{Repositories: []subject.RepositoryFact{repo}})
	got, found, err := s.Installation(t.Context(), 8)
	if err != nil || !found || !got.Removed {
		t.Errorf("installation %+v, %v, %v, want a removed one", got, found, err)
	}
	if all, err := s.Repositories(t.Context(), 8); err != nil || len(all) != 0 {
		t.Errorf("repositories of a removed installation: %+v, %v", all, err)
	}
}

func testRepositories(t *testing.T, s *Store) {
	tell := func(f subject.RepositoryFact) {
		t.Helper()
		accept(t, s, f.At, subject.Result{Repositories: []subject.RepositoryFact{f}})
	}
	want := func(want Repository) {
		t.Helper()
		got, found, err := s.Repository(t.Context(), want.ID)
		if diff := cmp.Diff(want, got); err != nil || !found || diff != "" {
			t.Fatalf("repository, %v, %v (-want +got):\n%s", found, err, diff)
		}
	}
	named := func(owner, name string, want int64) {
		t.Helper()
		got, found, err := s.RepositoryByName(t.Context(), owner, name)
		if err != nil || got.ID != want || found != (want != 0) {
			t.Fatalf("%s/%s is repository %d, %v, %v, want %d", owner, name, got.ID, found, err, want)
		}
	}
	accept(t, s, noon, subject.Result{Installations: []subject.InstallationFact{
		{ID: 8, Account: 9, AccountLogin: "octo-org", AccountType: "Organization"},
	}})
	f := subject.RepositoryFact{
		ID: 1, Installation: 8, Account: 9, Owner: "octo-org", Name: "api", DefaultBranch: "main", Private: true, Archived: true, At: after(10),
	}
	r := Repository{
		ID: 1, Installation: 8, Account: 9, AccountLogin: "octo-org", AccountType: "Organization",
		Owner: "octo-org", Name: "api", DefaultBranch: "main", Private: true, Archived: true,
	}
	tell(f)
	want(r)
	named("Octo-Org", "API", 1)

	tell(subject.RepositoryFact{ID: 1, Account: 9, Owner: "octo-org", Name: "service", Private: true, At: after(11)})
	r.Name = "service" // and the installation, the default branch and the archive stay
	want(r)
	named("octo-org", "service", 1)
	named("octo-org", "api", 0)

	f.At = after(10) // older than the rename
	tell(f)
	want(r)

	in(t, s, func(tx *Tx) error { return tx.Announced(1, after(12)) })
	r.AnnouncedAt = after(12)
	want(r)

	// Transferred: the new installation has it, the old one reports its loss late.
	tell(subject.RepositoryFact{ID: 1, Installation: 18, Account: 19, Owner: "hub-org", Name: "service", DefaultBranch: "main", At: after(20)})
	tell(subject.RepositoryFact{ID: 1, Installation: 8, Account: 9, Owner: "octo-org", Name: "service", Gone: true, At: after(21)})
	r = Repository{ID: 1, Installation: 18, Account: 19, Owner: "hub-org", Name: "service", DefaultBranch: "main", AnnouncedAt: after(12)}
	want(r)

	tell(subject.RepositoryFact{ID: 1, Installation: 18, Account: 19, Owner: "hub-org", Name: "service", Gone: true, At: after(22)})
	r.Gone, r.AwayAt = true, after(22)
	want(r)
	named("hub-org", "service", 0)
	tell(subject.RepositoryFact{ID: 2, Installation: 18, Account: 19, Owner: "hub-org", Name: "service", At: after(23)})
	named("hub-org", "service", 2)
	if all, err := s.Repositories(t.Context(), 18); err != nil || len(all) != 1 || all[0].ID != 2 {
		t.Errorf("repositories of the installation: %+v, %v, want 2 alone", all, err)
	}
}
