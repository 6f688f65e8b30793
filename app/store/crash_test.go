package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// These are set in a process that TestCrash starts to be killed.
const (
	crashURL = "CHANGEWARDEN_TEST_CRASH"
	crashKey = "CHANGEWARDEN_TEST_CRASH_KEY"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(crashURL); url != "" {
		if err := acceptUntilKilled(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// acceptUntilKilled accepts deliveries about a few subjects and appends to the ledger, in
// many goroutines, and prints each GUID after it was acknowledged.
func acceptUntilKilled(url string) error {
	o := testOptions()
	s, err := Open(context.Background(), url, o)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for w := range cap(errs) {
		wg.Go(func() {
			for i := 0; ; i++ {
				guid := fmt.Sprintf("%d-%d", w, i)
				_, err := s.Accept(context.Background(), Delivery{App: 1, GUID: guid, Event: "test", At: noon, Body: make([]byte, 3000)},
					subject.Result{Subjects: []subject.Subject{pr(int64(i % 3))}})
				if err == nil {
					err = s.Tx(context.Background(), func(tx *Tx) error {
						_, _, err := tx.Append(9, "verdict", noon, []byte(guid))
						return err
					})
				}
				if err != nil {
					errs <- err
					return
				}
				fmt.Println(guid)
			}
		})
	}
	wg.Wait()
	return <-errs
}

// TestCrash kills a process in the midst of its work, twice over the same file. Whatever was
// acknowledged is there, and what is there fits together.
func TestCrash(t *testing.T) {
	url := sqliteURL(t)
	for round, lines := range []int{40, 300} {
		if round > 0 { // other GUIDs than before
			s := openAt(t, url)
			in(t, s, func(tx *Tx) error { return tx.exec(`update deliveries set app = 2 where app = 1`) })
			must(t, s.Close())
		}
		acknowledged := crash(t, url, lines)
		if len(acknowledged) < lines {
			t.Fatalf("%d deliveries were acknowledged, want %d", len(acknowledged), lines)
		}
		s := openAt(t, url)
		for _, guid := range acknowledged {
			if _, found, err := s.Delivery(t.Context(), 1, guid); err != nil || !found {
				t.Errorf("delivery %s was acknowledged and is lost, %v", guid, err)
			}
		}
		r := s.reader(t.Context())
		sum, _, err := one(r, column[int64], `select sum(generation) from subjects`)
		must(t, err)
		all, _, err := one(r, column[int64], `select count(*) from deliveries`)
		must(t, err)
		if sum != all {
			t.Errorf("%d deliveries raised %d generations: a delivery is stored whole or not at all", all, sum)
		}
		due, _, err := one(r, column[int64], `select count(*) from subject_deliveries`)
		must(t, err)
		if due != all {
			t.Errorf("%d deliveries are named by subjects, want %d", due, all)
		}
		logged, _, err := one(r, column[int64], `select count(*) from ledger`)
		must(t, err)
		if logged < int64(len(acknowledged)) {
			t.Errorf("%d records, and %d were acknowledged", logged, len(acknowledged))
		}
		if got, want := verify(t, s)[0], fmt.Sprintf("log 9: %d records, consistent with itself", logged); got != want {
			t.Errorf("verify: %s, want %s", got, want)
		}
		integrity, _, err := one(r, column[string], `pragma integrity_check`)
		if err != nil || integrity != "ok" {
			t.Errorf("integrity check: %s, %v", integrity, err)
		}
		if claims, err := s.Claim(t.Context(), noon, "w", 10, time.Minute); err != nil || round == 0 && len(claims) != 3 {
			t.Errorf("%d claims, %v, want the 3 subjects", len(claims), err)
		}
		must(t, s.Close())
	}
}

// crash runs a child, kills it after so many lines, and returns all that it printed.
func crash(t *testing.T, url string, lines int) (printed []string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashURL+"="+url, crashKey+"="+signerKey)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		printed = append(printed, scanner.Text())
		if len(printed) == lines {
			must(t, child.Process.Kill())
		}
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	return printed
}
