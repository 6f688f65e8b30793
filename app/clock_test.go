package app

import (
	"testing"
	"time"
)

// What is stored is not due before the moment that was asked for, so that nothing is looked at
// over and over until its nanosecond comes.
func TestWholeMicroseconds(t *testing.T) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 1999, time.UTC)
	if got, want := wholeMicroseconds(func() time.Time { return at })(), at.Truncate(time.Microsecond); !got.Equal(want) {
		t.Errorf("%v, want %v", got, want)
	}
}
