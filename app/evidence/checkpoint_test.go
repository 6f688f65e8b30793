package evidence

import (
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func TestCheckpoint(t *testing.T) {
	s := newShelf(t, 1)
	want := Head{Log: 7, Size: 42, Root: tlog.RecordHash([]byte("x"))}
	signed, err := Sign(want, Origin("localhost:8080", 7), s.signer)
	if err != nil {
		t.Fatal(err)
	}
	got, origin, err := Open(signed, s.key)
	if err != nil || got != want || origin != "changewarden/localhost:8080/7" {
		t.Errorf("Open = %+v, %q, %v, want %+v", got, origin, err, want)
	}
	for i := range signed {
		for bit := range 8 {
			changed := []byte(string(signed))
			changed[i] ^= 1 << bit
			if h, _, err := Open(changed, s.key); err == nil {
				t.Errorf("byte %d, bit %d changed: Open = %+v, want an error", i, bit, h)
			}
		}
	}
}

func TestSignRefuses(t *testing.T) {
	s := newShelf(t, 1)
	for _, origin := range []string{"", "7", "changewarden/7", "changewarden//7", "changewarden/a b/7", "changewarden/a\n/7", "changewarden/a/07", "changewarden/a/8", "other/a/7"} {
		if _, err := Sign(Head{Log: 7}, origin, s.signer); err == nil {
			t.Errorf("Sign with origin %q: no error", origin)
		}
	}
}

func TestOpenRefusesOtherNotes(t *testing.T) {
	s := newShelf(t, 1)
	root := tlog.Hash{}.String()
	for _, text := range []string{
		"changewarden/a/7\n1\n",
		"changewarden/a/7\n01\n" + root + "\n",
		"changewarden/a/7\n-1\n" + root + "\n",
		"changewarden/a/7\n1\n" + root + "\nmore\n",
		"changewarden/a/7\n1\n" + strings.Repeat("A", 43) + "\n",
		"go.sum database tree\n1\n" + root + "\n",
	} {
		signed, err := note.Sign(&note.Note{Text: text}, s.signer)
		if err != nil {
			t.Fatal(err)
		}
		if h, _, err := Open(signed, s.key); err == nil {
			t.Errorf("Open(%q) = %+v, want an error", text, h)
		}
	}
}

func TestGenerateKeyRefusesNames(t *testing.T) {
	for _, name := range []string{"", "two words", "a+b"} {
		if _, _, err := GenerateKey(name); err == nil {
			t.Errorf("GenerateKey(%q): no error", name)
		}
	}
}
