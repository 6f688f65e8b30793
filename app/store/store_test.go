package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/subject"
)

// testStore is what every engine has to pass. open returns an empty store, made with
// testOptions, that is closed when the test ends.
func testStore(t *testing.T, open func(t *testing.T) *Store) {
	for _, test := range []struct {
		name string
		test func(t *testing.T, s *Store)
	}{
		{"deliveries", testDeliveries},
		{"delivery is stored whole or not at all", testAcceptIsAtomic},
		{"writes", testWrites},
		{"worklist", testWorklist},
		{"worklist against its model", testWorklistModel},
		{"results are gathered", testGathering},
		{"claims never double", testClaimsNeverDouble},
		{"25 turns of installations", testTurns},
		{"25 work that comes along", testJoins},
		{"25 priorities", testPriorities},
		{"25 priorities of deliveries", testDeliveryPriorities},
		{"25 holds", testHolds},
		{"25 writes are paced", testWritesArePaced},
		{"28 a thousand released at once", testReleased},
		{"28 a gate awaits its slot", testAwaitSlot},
		{"67 subjects that ask too much", testSpend},
		{"23 a second look", testSecondLook},
		{"deliveries of a claim", testClaimDeliveries},
		{"what raises a claim's installation", testInstallationOfSubject},
		{"wake", testWake},
		{"raise now", testRaiseNow},
		{"installations", testInstallations},
		{"foreign repositories", testForeign},
		{"repositories", testRepositories},
		{"pull facts", testPullFacts},
		{"pull reads", testPutPull},
		{"recent pulls", testRecentPulls},
		{"told by deliveries alone", testTold},
		{"review requests", testReviewRequests},
		{"selectors", testSelectors},
		{"selectors during a look", testSelectorsDuringLook},
		{"checks", testChecks},
		{"own checks", testOwnChecks},
		{"strays", testStrays},
		{"publications", testPublications},
		{"merge groups", testMergeGroups},
		{"checks on a merge group", testMergeGroupChecks},
		{"verdicts", testVerdicts},
		{"pushes", testPushes},
		{"commands", testCommands},
		{"post-mortems", testPostMortems},
		{"sign-offs", testSignOffs},
		{"gates with a change", testGatesWith},
		{"gates that are selected", testGatesSelected},
		{"68 what asked through the API", testGateAsks},
		{"27 runs with gates", testGatedRuns},
		{"59 gates of people", testGatesOfPeople},
		{"emergencies", testDeclared},
		{"first verdict on a head", testJudgedSince},
		{"persons", testPersons},
		{"persons at the same time", testPersonsConcurrent},
		{"remembered reads", testCache},
		{"ledger", testLedger},
		{"ledger at the same time", testLedgerConcurrent},
		{"contents", testBlobs},
		{"traces", testTraces},
		{"pulse", testPulse},
		{"echoes", testEcho},
		{"missed deliveries", testMissed},
		{"what pull requests share", testTraits},
		{"secrets", testSecret},
		{"old deliveries", testDropDeliveries},
		{"lapses", testLapses},
		{"path", testPath},
		{"declared", testDeclaredCommands},
	} {
		t.Run(test.name, func(t *testing.T) { test.test(t, open(t)) })
	}
}

const (
	ownApp = 4711
	ownBot = 4712
	grace  = 10 * time.Second
)

// noon is when tests begin.
var noon = time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)

func after(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// The ledger's key of a run; a process that TestCrash starts has its parent's.
var (
	signerKey         = os.Getenv(crashKey)
	signer, verifiers = ledgerKey()
)

func ledgerKey() (note.Signer, note.Verifiers) {
	vkey := ""
	if signerKey == "" {
		var err error
		if signerKey, vkey, err = evidence.GenerateKey("github.com"); err != nil {
			panic(err)
		}
	}
	s, err := note.NewSigner(signerKey)
	if err != nil {
		panic(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return s, nil
	}
	return s, note.VerifierList(v)
}

func testOptions() Options {
	return Options{Signer: signer, Origin: "github.com", App: ownApp, OwnBot: ownBot, TakeoverGrace: grace}
}

func TestSQLite(t *testing.T) {
	testStore(t, func(t *testing.T) *Store { return openAt(t, sqliteURL(t)) })
}

func sqliteURL(t testing.TB) string {
	return "sqlite://" + filepath.Join(t.TempDir(), "data dir?#%", "test.db")
}

func openAt(t testing.TB, databaseURL string) *Store {
	t.Helper()
	s, err := Open(t.Context(), databaseURL, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// in runs do in a transaction that has to succeed.
func in(t testing.TB, s *Store, do func(tx *Tx) error) {
	t.Helper()
	must(t, s.Tx(t.Context(), do))
}

var guids int

// accept stores a new delivery that means r.
func accept(t testing.TB, s *Store, at time.Time, r subject.Result) string {
	t.Helper()
	guids++
	guid := fmt.Sprintf("guid-%d", guids)
	fresh, err := s.Accept(t.Context(), Delivery{App: ownApp, GUID: guid, Event: "test", At: at, Body: []byte(guid)}, r)
	if err != nil || !fresh {
		t.Fatalf("accept %s = %v, %v, want a fresh one", guid, fresh, err)
	}
	return guid
}

func pr(number int64) subject.Subject {
	return subject.Subject{Kind: subject.PullRequest, Repo: 1, Number: number}
}

func testWrites(t *testing.T, s *Store) {
	boom := errors.New("boom")
	err := s.Tx(t.Context(), func(tx *Tx) error {
		must(t, tx.Raise(noon, Due{Subject: pr(1)}))
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("a closure's error came back as %v", err)
	}
	func() {
		defer func() {
			if r := recover(); r != "ouch" {
				t.Errorf("recovered %v, want the closure's panic", r)
			}
		}()
		_ = s.Tx(t.Context(), func(tx *Tx) error {
			must(t, tx.Raise(noon, Due{Subject: pr(2)}))
			panic("ouch")
		})
	}()
	ctx, cancel := context.WithCancel(t.Context())
	err = s.Tx(ctx, func(tx *Tx) error {
		must(t, tx.Raise(noon, Due{Subject: pr(3)}))
		cancel()
		return tx.Raise(noon, Due{Subject: pr(4)})
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled transaction: %v", err)
	}
	err = s.Tx(t.Context(), func(tx *Tx) error {
		must(t, tx.Raise(noon, Due{Subject: pr(6)}))
		_ = tx.exec(`insert into no_such_table values (1)`)
		return nil
	})
	if err == nil {
		t.Error("a statement failed, and its transaction was acknowledged")
	}
	must(t, s.Raise(t.Context(), noon, Due{Subject: pr(5)}))
	if _, found, err := s.NextDue(t.Context()); err != nil || !found {
		t.Errorf("NextDue = %v, %v, want what the last transaction raised", found, err)
	}
	claims, err := s.Claim(t.Context(), after(1), "w", 10, time.Minute)
	must(t, err)
	if len(claims) != 1 || claims[0].Subject != pr(5) {
		t.Errorf("claims %+v, want that of the only transaction that succeeded", claims)
	}
}

func TestOpenMakesPrivateFile(t *testing.T) {
	url := sqliteURL(t)
	openAt(t, url)
	file := strings.TrimPrefix(url, "sqlite://")
	for path, want := range map[string]os.FileMode{filepath.Dir(file): 0o700, file: 0o600, file + "-wal": 0o600} {
		info, err := os.Stat(path)
		must(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	good := sqliteURL(t)
	for _, test := range []struct {
		name, url string
		options   Options
		want      string
	}{
		{"no signer", good, Options{Origin: "github.com"}, "no signer"},
		{"no origin", good, Options{Signer: signer}, "origin"},
		{"origin with a space", good, Options{Signer: signer, Origin: "a b"}, "origin"},
		{"another engine", "mysql://user:secret@host/db", testOptions(), `scheme "mysql"`},
		{"no file", "sqlite://", testOptions(), "without a file"},
		{"a directory", "sqlite://" + t.TempDir(), testOptions(), "is a directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := Open(t.Context(), test.url, test.options)
			if err == nil {
				s.Close()
				t.Fatal("it opened")
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %q, want one about %s", err, test.want)
			}
		})
	}
}

func TestReopen(t *testing.T) {
	url := sqliteURL(t)
	s := openAt(t, url)
	accept(t, s, noon, subject.Result{Subjects: []subject.Subject{pr(1)}})
	must(t, s.Close())
	s = openAt(t, url)
	must(t, s.Ready(t.Context()))
	claims, err := s.Claim(t.Context(), noon, "w", 10, time.Minute)
	must(t, err)
	if len(claims) != 1 {
		t.Errorf("%d claims after reopening, want 1", len(claims))
	}
}

func TestNewerTables(t *testing.T) {
	url := sqliteURL(t)
	s := openAt(t, url)
	in(t, s, func(tx *Tx) error {
		return tx.exec(`insert into goose_db_version (version_id, is_applied) values (99, true)`)
	})
	if err := s.Ready(t.Context()); err == nil {
		t.Error("ready with tables of a newer version")
	}
	must(t, s.Close())
	if s, err := Open(t.Context(), url, testOptions()); err == nil {
		s.Close()
		t.Error("opened tables of a newer version")
	}
	if s, err := OpenReadOnly(t.Context(), url); err == nil {
		s.Close()
		t.Error("opened tables of a newer version for reading")
	}
}

func TestClosed(t *testing.T) {
	s := openAt(t, sqliteURL(t))
	must(t, s.Close())
	if err := s.Ready(t.Context()); err == nil {
		t.Error("a closed store is ready")
	}
	fresh, err := s.Accept(t.Context(), Delivery{App: 1, GUID: "a", At: noon}, subject.Result{})
	if !errors.Is(err, ErrClosed) || fresh {
		t.Errorf("Accept = %v, %v, want ErrClosed", fresh, err)
	}
	if _, err := s.Claim(t.Context(), noon, "w", 1, time.Minute); !errors.Is(err, ErrClosed) {
		t.Errorf("Claim: %v, want ErrClosed", err)
	}
	must(t, s.Close())
}

func TestReadOnly(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(fmt.Sprintf("running %v", running), func(t *testing.T) {
			url := sqliteURL(t)
			s := openAt(t, url)
			in(t, s, func(tx *Tx) error {
				_, _, err := tx.Append(7, "verdict", noon, []byte("body"))
				return err
			})
			if !running {
				must(t, s.Close())
			}
			file := strings.TrimPrefix(url, "sqlite://")
			before, err := os.ReadFile(file)
			must(t, err)
			r, err := OpenReadOnly(t.Context(), url)
			must(t, err)
			defer r.Close()
			must(t, r.Ready(t.Context()))
			reports := verify(t, r)
			if len(reports) != 2 || reports[0] != "log 7: 1 record, consistent with itself" {
				t.Errorf("verify: %q", reports)
			}
			if err := r.Tx(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, ErrReadOnly) {
				t.Errorf("Tx: %v, want ErrReadOnly", err)
			}
			if _, err := r.read.ExecContext(t.Context(), `delete from ledger`); err == nil {
				t.Error("a read-only connection deletes")
			}
			now, err := os.ReadFile(file)
			must(t, err)
			if !bytes.Equal(before, now) {
				t.Error("reading changed the file")
			}
		})
	}
	missing := filepath.Join(t.TempDir(), "missing.db")
	if s, err := OpenReadOnly(t.Context(), "sqlite://"+missing); err == nil {
		s.Close()
		t.Error("opened a missing file")
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("opening for reading made a file")
	}
}

// verify returns the reports on the ledger.
func verify(t testing.TB, s *Store, outside ...evidence.Head) []string {
	t.Helper()
	var lines []string
	must(t, s.Evidence(t.Context(), func(src evidence.Source) error {
		reports, err := evidence.Verify(t.Context(), src, verifiers, outside...)
		for _, r := range reports {
			lines = append(lines, r.String())
		}
		return err
	}))
	return lines
}
