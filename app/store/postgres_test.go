package store

import (
	"testing"

	"github.com/changewarden/changewarden/app/store/pgtest"
)

func TestPostgreSQL(t *testing.T) {
	testStore(t, func(t *testing.T) *Store { return openAt(t, pgtest.URL(t)) })
}
