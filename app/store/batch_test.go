package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/changewarden/changewarden/app/subject"
)

// TestBatch has many callers in one transaction: those whose closure fails go alone.
func TestBatch(t *testing.T) {
	s := openAt(t, sqliteURL(t))
	boom := errors.New("boom")
	// The first holds the writer until all others wait, so that they share a batch with it.
	const callers = 20
	begun, others := make(chan struct{}), make(chan struct{}, callers)
	errs := make([]error, callers)
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.Tx(t.Context(), func(tx *Tx) error {
			close(begun)
			for range callers {
				<-others
			}
			return tx.Raise(noon, Due{Subject: pr(1000)})
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	for i := range callers {
		wg.Go(func() {
			others <- struct{}{}
			errs[i] = s.Tx(t.Context(), func(tx *Tx) error {
				if err := tx.Raise(noon, Due{Subject: pr(int64(i))}); err != nil {
					return err
				}
				switch i % 4 {
				case 1:
					return boom
				case 2:
					runtime.Goexit() // as t.FailNow does
				}
				return nil
			})
		})
	}
	wg.Wait()
	claims, err := s.Claim(t.Context(), noon, "w", 100, grace)
	must(t, err)
	got := map[subject.Subject]bool{}
	for _, c := range claims {
		got[c.Subject] = true
	}
	for i := range callers {
		want := i%4 == 0 || i%4 == 3
		if got[pr(int64(i))] != want {
			t.Errorf("caller %d is stored: %v, want %v", i, !want, want)
		}
		if i%4 == 1 && !errors.Is(errs[i], boom) || want && errs[i] != nil {
			t.Errorf("caller %d: %v", i, errs[i])
		}
	}
	if !got[pr(1000)] {
		t.Error("the first caller is not stored")
	}
}

// TestDiskFull: SQLite gives up the whole transaction when the disk is full. Whoever wrote in
// it is told so, nothing of it is stored, and the store goes on once there is room.
func TestDiskFull(t *testing.T) {
	s := openAt(t, sqliteURL(t))
	must(t, s.Raise(t.Context(), noon, Due{Subject: pr(1)}))
	pages := func(n int) {
		in(t, s, func(tx *Tx) error {
			_, err := list(tx.reader(), column[int64], fmt.Sprintf(`pragma max_page_count = %d`, n))
			return err
		})
	}
	pages(1) // which SQLite takes for: as many as there are
	big := Delivery{App: 1, GUID: "big", At: noon, Body: make([]byte, 1<<20)}
	if fresh, err := s.Accept(t.Context(), big, subject.Result{}); err == nil || fresh {
		t.Fatalf("Accept on a full disk = %v, %v, want an error", fresh, err)
	}
	pages(1)                                      // of the connection that took the place of the broken one
	err := s.Tx(t.Context(), func(tx *Tx) error { // one that does not look at its errors
		_ = tx.Raise(noon, Due{Subject: pr(2)})
		_ = tx.exec(`insert into blobs (address, salt, content) values ('a', 'b', $1)`, big.Body)
		return nil
	})
	if err == nil {
		t.Error("a closure that hid an error was acknowledged")
	}
	if _, found, _ := s.Delivery(t.Context(), 1, "big"); found {
		t.Error("the refused delivery is stored")
	}
	pages(1 << 30)
	if fresh, err := s.Accept(t.Context(), big, subject.Result{Subjects: []subject.Subject{pr(1)}}); err != nil || !fresh {
		t.Errorf("Accept with room again = %v, %v", fresh, err)
	}
	if c := claimOne(t, s, noon); c.Subject != pr(1) || c.Generation != 2 {
		t.Errorf("claim %+v, want generation 2 of 1#1", c)
	}
}

// TestBrokenConnection: the connection is given up for another one.
func TestBrokenConnection(t *testing.T) {
	s := openAt(t, sqliteURL(t))
	err := s.Tx(t.Context(), func(tx *Tx) error {
		if _, err := tx.raise(Due{Subject: pr(1), At: noon}); err != nil {
			return err
		}
		return tx.exec(`rollback`) // what SQLite does by itself when it must
	})
	if err == nil {
		t.Error("a transaction that vanished was acknowledged")
	}
	must(t, s.Raise(t.Context(), noon, Due{Subject: pr(2)}))
	if c := claimOne(t, s, noon); c.Subject != pr(2) {
		t.Errorf("claim %+v, want 1#2 alone", c)
	}
}

func BenchmarkAccept(b *testing.B) {
	for _, callers := range []int{1, 8} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := openAt(b, sqliteURL(b))
			body := make([]byte, 20<<10)
			var wg sync.WaitGroup
			next := make(chan int)
			for range callers {
				wg.Go(func() {
					for i := range next {
						d := Delivery{App: 1, GUID: fmt.Sprint(i), Event: "pull_request", At: noon, Body: body}
						f := fact(int64(i%100), "a1", i)
						_, err := s.Accept(context.Background(), d, subject.Result{
							Subjects:     []subject.Subject{pr(int64(i % 100))},
							Pulls:        []subject.PullFact{f},
							Repositories: []subject.RepositoryFact{{ID: 1, Account: 9, Owner: "o", Name: "r", DefaultBranch: "main", At: after(i)}},
						})
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			for i := 0; b.Loop(); i++ {
				next <- i
			}
			close(next)
			wg.Wait()
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	s := openAt(b, sqliteURL(b))
	for b.Loop() {
		in(b, s, func(tx *Tx) error {
			_, _, err := tx.Append(9, "verdict", noon, []byte("body"))
			return err
		})
	}
}
