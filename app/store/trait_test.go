package store

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a pull request shares is found by its value, in its repository alone, and replaced as a
// whole: what came and what went is told.
func testTraits(t *testing.T, s *Store) {
	set := func(repo, number int64, kind TraitKind, want []string, now ...Trait) {
		t.Helper()
		in(t, s, func(tx *Tx) error {
			moved, err := tx.SetTraits(repo, number, kind, now)
			if diff := cmp.Diff(want, moved); diff != "" {
				t.Errorf("moved of %d#%d (-want +got):\n%s", repo, number, diff)
			}
			return err
		})
	}
	sharing := func(limit int, want []int64, but ...int64) {
		t.Helper()
		in(t, s, func(tx *Tx) error {
			got, err := tx.WithTrait(1, TraitObjection, "a", but, limit)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sharing (-want +got):\n%s", diff)
			}
			return err
		})
	}
	set(1, 7, TraitObjection, []string{"a", "b"}, Trait{"a", 70}, Trait{"a", 71}, Trait{"b", 70})
	set(1, 7, TraitObjection, nil, Trait{"a", 70}, Trait{"a", 71}, Trait{"b", 70})
	set(1, 8, TraitDiff, []string{"a"}, Trait{"a", 0})
	set(1, 5, TraitObjection, []string{"a"}, Trait{"a", 50})
	set(1, 9, TraitObjection, []string{"a"}, Trait{"a", 90})
	set(2, 4, TraitObjection, []string{"a"}, Trait{"a", 40})
	sharing(9, []int64{5, 7, 9})
	sharing(2, []int64{5, 7})
	sharing(2, []int64{7, 9}, 5)
	set(1, 7, TraitObjection, []string{"a", "b"}, Trait{"a", 71})
	sharing(9, []int64{5, 7, 9})
	set(1, 7, TraitObjection, []string{"a", "c"}, Trait{"c", 71})
	sharing(9, []int64{5, 9})
}

func testSecret(t *testing.T, s *Store) {
	keys := map[string][]byte{}
	for _, name := range []string{"one", "two", "one"} {
		in(t, s, func(tx *Tx) error {
			key, err := tx.Secret(name, noon)
			if was := keys[name]; was != nil && !bytes.Equal(was, key) {
				t.Errorf("secret %s changed", name)
			}
			keys[name] = key
			return err
		})
	}
	if len(keys["one"]) != 32 || bytes.Equal(keys["one"], keys["two"]) {
		t.Errorf("secrets of %d and %d bytes, want two of 32 that differ", len(keys["one"]), len(keys["two"]))
	}
	in(t, s, func(tx *Tx) error { return tx.PutMark("none", Mark{At: noon}) })
	err := s.Tx(t.Context(), func(tx *Tx) error {
		_, err := tx.Secret("none", noon)
		return err
	})
	if err == nil {
		t.Error("an empty secret was taken")
	}
}
