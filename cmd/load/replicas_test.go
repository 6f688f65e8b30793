package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/store/pgtest"
)

var (
	stream = flag.Duration("stream", time.Second, "how long TestReplicas lets the stream last, each time")
	rate   = flag.Int("rate", 100, "its deliveries a second")
	heads  = flag.Int("heads", 6, "pull requests that it is about")
)

// TestReplicas sends a stream to one server and to three that share a database: nothing is lost,
// whichever of them took it, and each change shows what it should. "make load" makes it a long
// one and prints the tables.
func TestReplicas(t *testing.T) {
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint(replicas), func(t *testing.T) {
			s := setup{state: world([]string{repo}, *heads, false), replicas: replicas}
			s.settings.Database, s.settings.Ledger = pgtest.URL(t), ledgerKey(t)
			m, err := sustain(t.Context(), s, *heads, *rate, *stream)
			if err != nil {
				t.Fatal(err)
			}
			if m.deliveries == 0 || m.lost != 0 || m.missing != 0 || m.wrong != 0 {
				t.Errorf("of %d deliveries %d were not acknowledged and %d not stored, and %d changes show something wrong", m.deliveries, m.lost, m.missing, m.wrong)
			}
			m.print(t.Output(), fmt.Sprintf("PostgreSQL, replicas: %d, %d deliveries a second about %d pull requests", replicas, *rate, *heads))
		})
	}
}

// ledgerKey is the file of a new key: replicas sign one ledger.
func ledgerKey(t *testing.T) string {
	key, _, err := evidence.GenerateKey("load")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ledger.key")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
