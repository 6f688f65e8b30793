package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

// Behaviour 71: a body that came before, as the same event, is an echo under whatever id.
func testEcho(t *testing.T, s *Store) {
	told := subject.Result{
		Installations: []subject.InstallationFact{{ID: 8, Account: 9, Suspended: true}},
		Subjects:      []subject.Subject{pr(1), {Kind: subject.Deployment, Repo: 1, Number: 2, Name: "prod"}},
	}
	send := func(guid, event, body string, want bool, keys ...string) {
		t.Helper()
		in(t, s, func(tx *Tx) error {
			return tx.facts(after(50), subject.Result{Installations: []subject.InstallationFact{{ID: 8, Account: 9}}}, "")
		})
		fresh, err := s.Accept(t.Context(), Delivery{App: ownApp, GUID: guid, Event: event, At: after(60), Body: []byte(body)}, told)
		if err != nil || !fresh {
			t.Fatalf("%s: fresh %v, %v", guid, fresh, err)
		}
		i, _, err := s.Installation(t.Context(), 8)
		if err != nil || i.Suspended != want {
			t.Errorf("%s: suspended %v, %v", guid, i.Suspended, err)
		}
		var got []string
		claims, err := s.Claim(t.Context(), after(61), "me", 9, time.Minute)
		must(t, err)
		for _, c := range claims {
			got = append(got, c.Subject.Key())
			in(t, s, func(tx *Tx) error {
				return tx.exec(`update installations set suspended = false, updated_at = 0, away_at = 0 where id = 8`)
			})
			in(t, s, func(tx *Tx) error { return tx.Done(c, after(61), time.Time{}) })
		}
		if diff := cmp.Diff(keys, got); diff != "" {
			t.Errorf("%s is due (-want +got):\n%s", guid, diff)
		}
	}
	send("a", "installation", "body", true, "deployment/1/2/prod", "pull_request/1/1")
	send("b", "installation", "body", false, "pull_request/1/1")
	send("c", "installation", "another body", true, "deployment/1/2/prod", "pull_request/1/1")
	send("d", "another event", "body", true, "deployment/1/2/prod", "pull_request/1/1")
}

// Behaviour 27: what GitHub lists and is not stored is asked for until it arrives.
func testMissed(t *testing.T, s *Store) {
	var guids, want []string
	for i := range 250 {
		guid := fmt.Sprintf("m%03d", i)
		guids = append(guids, guid)
		if i%3 != 0 {
			want = append(want, guid)
			continue
		}
		if _, err := s.Accept(t.Context(), Delivery{App: ownApp, GUID: guid, Event: "test", At: noon, Body: []byte(guid)}, subject.Result{}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Unknown(t.Context(), ownApp, guids)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("unknown, %v (-want +got):\n%s", err, diff)
	}
	if newest, err := s.NewestDelivery(t.Context()); err != nil || !newest.Equal(noon) {
		t.Errorf("newest %v, %v", newest, err)
	}
	in(t, s, func(tx *Tx) error {
		for i, m := range []Missed{
			{GUID: "late", Attempt: 3, At: after(3)},
			{GUID: "early", Attempt: 1, At: after(1)},
			{GUID: "m000", Attempt: 2, At: after(2)},
			{GUID: "late", Attempt: 9, At: after(9)},
		} {
			if err := tx.PutMissed(ownApp, m); err != nil {
				return fmt.Errorf("%d: %w", i, err)
			}
		}
		return tx.ArrivedMissed(ownApp)
	})
	due := func(seconds int) (all []Missed) {
		t.Helper()
		in(t, s, func(tx *Tx) (err error) {
			all, err = tx.DueMissed(ownApp, after(seconds), 9)
			return err
		})
		return all
	}
	early, late := Missed{GUID: "early", Attempt: 1, At: after(1)}, Missed{GUID: "late", Attempt: 9, At: after(3)}
	if diff := cmp.Diff([]Missed{early, late}, due(10)); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	in(t, s, func(tx *Tx) error { return tx.TriedMissed(ownApp, "early", after(20)) })
	if diff := cmp.Diff([]Missed{late}, due(19)); diff != "" {
		t.Errorf("due after a try (-want +got):\n%s", diff)
	}
	in(t, s, func(tx *Tx) error { return tx.DropMissed(ownApp, "late") })
	early.Tries, early.Due = 1, after(20)
	if diff := cmp.Diff([]Missed{early}, due(20)); diff != "" {
		t.Errorf("due at the end (-want +got):\n%s", diff)
	}
	in(t, s, func(tx *Tx) error {
		next, found, err := tx.NextMissed(ownApp)
		if err == nil && (!found || !next.Equal(after(20))) {
			t.Errorf("next %v, %v", next, found)
		}
		return err
	})
}

// Bodies go first, then the rest of a delivery; the newest keep both.
func testDropDeliveries(t *testing.T, s *Store) {
	for i := range 6 {
		accept(t, s, after(i), subject.Result{})
	}
	_, err := s.Accept(t.Context(), Delivery{App: ownApp, GUID: "long ago", Event: "lasting", At: after(-9), Body: []byte("x")}, subject.Result{})
	must(t, err)
	var more bool
	in(t, s, func(tx *Tx) (err error) {
		more, err = tx.DropDeliveries(after(4), after(2), []string{"lasting"})
		return err
	})
	kept, err := list(s.reader(t.Context()), func(sc scan) (string, error) {
		var at, size int64
		err := sc(&at, &size)
		return fmt.Sprint(moment(at).Sub(noon).Seconds(), size > 0), err
	}, `select at, length(body) from deliveries order by at`)
	if diff := cmp.Diff([]string{"-9 false", "2 false", "3 false", "4 true", "5 true"}, kept); err != nil || diff != "" || more {
		t.Errorf("kept, %v, more %v (-want +got):\n%s", err, more, diff)
	}
}

func testLapses(t *testing.T, s *Store) {
	put := func(l Lapse) { in(t, s, func(tx *Tx) error { return tx.PutLapse(l) }) }
	down := Lapse{Account: 9, Cause: "down", From: after(1), To: after(2)}
	own := Lapse{Account: 9, Repo: 1, Cause: "uncovered", From: after(3), To: after(4)}
	put(down)
	put(down)
	put(own)
	put(Lapse{Account: 9, Repo: 2, Cause: "uncovered", From: after(3), To: after(4)})
	put(Lapse{Account: 10, Cause: "down", From: after(3), To: after(4)})
	in(t, s, func(tx *Tx) error {
		all, err := tx.Lapses(9, 1, after(1))
		if diff := cmp.Diff([]Lapse{down, own}, all); diff != "" {
			t.Errorf("lapses (-want +got):\n%s", diff)
		}
		if err != nil {
			return err
		}
		all, err = tx.Lapses(9, 1, after(2))
		if diff := cmp.Diff([]Lapse{own}, all); diff != "" {
			t.Errorf("later lapses (-want +got):\n%s", diff)
		}
		return err
	})

	// Since when an account was away: the first of its installations to go.
	install := func(seconds int, f subject.InstallationFact) {
		accept(t, s, after(seconds), subject.Result{Installations: []subject.InstallationFact{f}})
	}
	away := func(want time.Time, removed bool) {
		t.Helper()
		in(t, s, func(tx *Tx) error {
			at, gone, err := tx.Away(9)
			if !at.Equal(want) || gone != removed {
				t.Errorf("away since %v, removed %v", at, gone)
			}
			return err
		})
	}
	install(10, subject.InstallationFact{ID: 8, Account: 9})
	away(time.Time{}, false)
	install(20, subject.InstallationFact{ID: 8, Account: 9, Suspended: true})
	install(21, subject.InstallationFact{ID: 8, Account: 9, Suspended: true})
	install(30, subject.InstallationFact{ID: 8, Account: 9})
	away(after(20), false)
	in(t, s, func(tx *Tx) error { return tx.Back(9) })
	away(time.Time{}, false)
	install(40, subject.InstallationFact{ID: 8, Account: 9, Removed: true})
	install(50, subject.InstallationFact{ID: 18, Account: 9})
	away(after(40), true)
	in(t, s, func(tx *Tx) error {
		accounts, err := tx.Accounts()
		if diff := cmp.Diff([]int64{9}, accounts); diff != "" {
			t.Errorf("accounts (-want +got):\n%s", diff)
		}
		return err
	})
}
