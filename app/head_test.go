package app

import (
	"testing"

	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// A publication over another one was broken off half-way, and then the former is wanted again:
// it was said, and yet it need not stand any more.
func TestHalfWrittenIsOwed(t *testing.T) {
	w := newWorldTest(t, t.Cleanup)
	if err := w.begin([]byte(shop), t.TempDir(), nil); err != nil {
		t.Fatal(err)
	}
	at := w.clock.Now()
	pub := store.Publication{
		Repo: 1, SHA: "0123456789abcdef0123456789abcdef01234567", Wanted: []byte(`{}`), WantedDigest: "one", WantedAt: at,
		Said: []byte(`{}`), SaidDigest: "one", WritingDigest: "another",
	}
	var o owed
	err := w.app.store.Tx(t.Context(), func(tx *store.Tx) error {
		if err := tx.PutPublication(pub); err != nil {
			return err
		}
		c := store.Claim{Subject: subject.Subject{Kind: subject.Head, Repo: pub.Repo, SHA: pub.SHA}}
		return o.begin(tx, c, at, func(store.Publication) bool { return false })
	})
	if err != nil || o.nothing || !o.said.Writing {
		t.Errorf("error %v, nothing is owed %t, looks before it writes %t; want to look", err, o.nothing, o.said.Writing)
	}
}
