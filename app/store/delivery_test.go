package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/subject"
)

func testDeliveries(t *testing.T, s *Store) {
	d := Delivery{
		App: 1, GUID: "g", Event: "pull_request", Action: "opened", Installation: 2, Repo: 3,
		At: noon.Add(123456 * time.Microsecond), Body: []byte(`{"number":1}`),
	}
	due := subject.Result{Subjects: []subject.Subject{pr(1)}}
	for _, test := range []struct {
		name string
		d    Delivery
		want bool
	}{
		{"first", d, true},
		{"redelivered", d, false},
		{"redelivered with another body", Delivery{App: 1, GUID: "g", At: after(9), Body: []byte("other")}, false},
		{"same GUID to another app", Delivery{App: 2, GUID: "g", At: after(1)}, true},
		{"another GUID", Delivery{App: 1, GUID: "h", At: after(2)}, true},
	} {
		fresh, err := s.Accept(t.Context(), test.d, due)
		if err != nil || fresh != test.want {
			t.Errorf("%s: Accept = %v, %v, want %v", test.name, fresh, err, test.want)
		}
	}
	got, found, err := s.Delivery(t.Context(), 1, "g")
	if diff := cmp.Diff(d, got); err != nil || !found || diff != "" {
		t.Errorf("delivery, %v, %v (-want +got):\n%s", found, err, diff)
	}
	got, _, err = s.Delivery(t.Context(), 2, "g")
	if err != nil || len(got.Body) != 0 {
		t.Errorf("delivery without a body = %+v, %v", got, err)
	}
	if _, found, err := s.Delivery(t.Context(), 1, "none"); found || err != nil {
		t.Errorf("a delivery that never came: %v, %v", found, err)
	}
	if c := claimOne(t, s, after(10)); c.Generation != 3 {
		t.Errorf("generation %d, want 3: redeliveries raise nothing", c.Generation)
	}
}

func testAcceptIsAtomic(t *testing.T, s *Store) {
	r := subject.Result{
		Subjects:  []subject.Subject{pr(1)},
		Pushes:    []subject.PushFact{{Repo: 1, Number: 1, After: "beef", User: 5, At: noon}},
		Selectors: []subject.Selector{{Kind: "moon"}},
	}
	d := Delivery{App: 1, GUID: "g", At: noon}
	if fresh, err := s.Accept(t.Context(), d, r); err == nil || fresh {
		t.Fatalf("Accept = %v, %v, want an error", fresh, err)
	}
	if _, found, _ := s.Delivery(t.Context(), 1, "g"); found {
		t.Error("the delivery is stored although what it means is not")
	}
	// What looks read is stored first where they go on meanwhile; it is true by itself.
	if pushes, _ := s.Pushes(t.Context(), 1, 1, 0, ""); len(pushes) != 0 && !s.d.shared {
		t.Errorf("pushes %+v are stored although the delivery is not", pushes)
	}
	claimNone(t, s, after(1))
	r.Selectors = nil
	if fresh, err := s.Accept(t.Context(), d, r); err != nil || !fresh {
		t.Errorf("the redelivery: %v, %v, want a fresh one", fresh, err)
	}
	claimOne(t, s, after(1))
	// Facts of a sweep go the same way, without a delivery.
	err := s.Tx(t.Context(), func(tx *Tx) error {
		return tx.Apply(after(2), subject.Result{Subjects: []subject.Subject{pr(2)}})
	})
	must(t, err)
	if c := claimOne(t, s, after(2)); c.Delivered != 0 {
		t.Errorf("claim %+v, want no deliveries", c)
	}
	boom := errors.New("boom")
	if err := s.Tx(t.Context(), func(tx *Tx) error { return boom }); !errors.Is(err, boom) {
		t.Error(err)
	}
}
