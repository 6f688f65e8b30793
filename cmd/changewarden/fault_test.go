package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/Shopify/toxiproxy/v2"
)

// fault is something that goes wrong around the server for a while. mend ends it.
type fault struct {
	name   string
	only   string // the database it is for; empty: each
	strike func(s *stage) (mend func() error, err error)
}

// faults are those of make chaos.
var faults = []fault{
	{"GitHub's API is slow (300 ms ± 200)", "", onAPI("latency", `"latency": 300, "jitter": 200`)},
	{"GitHub's API resets connections", "", onAPI("reset_peer", `"timeout": 30`)},
	{"GitHub's API does not answer", "", onAPI("timeout", `"timeout": 0`)},
	{"GitHub's API trickles (4 KB/s)", "", onAPI("bandwidth", `"rate": 4`)},
	{"GitHub's API cannot be reached", "", cut(func(s *stage) *toxiproxy.Proxy { return s.api })},
	{"the server cannot be reached", "", cut(func(s *stage) *toxiproxy.Proxy { return s.hooks })},
	{"deliveries break off", "", func(s *stage) (func() error, error) {
		return heal(s.hooks), toxin(s.hooks, "limit_data", "upstream", `"bytes": 600`)
	}},
	{"the database is slow (100 ms ± 50)", postgreSQL.name, onSQL("latency", `"latency": 100, "jitter": 50`)},
	{"the database resets connections", postgreSQL.name, onSQL("reset_peer", `"timeout": 200`)},
	{"the database does not answer", postgreSQL.name, onSQL("timeout", `"timeout": 0`)},
	{"the database trickles (20 KB/s)", postgreSQL.name, onSQL("bandwidth", `"rate": 20`)},
	{"the database cannot be reached", postgreSQL.name, cut(func(s *stage) *toxiproxy.Proxy { return s.sql })},
	{"the disk is full", sqliteFile.name, fillDisk},
	{"kill -9, and the journal's end is damaged", sqliteFile.name, damageJournal},
}

func onAPI(kind, attributes string) func(*stage) (func() error, error) {
	return func(s *stage) (func() error, error) { return heal(s.api), toxin(s.api, kind, "downstream", attributes) }
}

func onSQL(kind, attributes string) func(*stage) (func() error, error) {
	return func(s *stage) (func() error, error) { return heal(s.sql), toxin(s.sql, kind, "downstream", attributes) }
}

// heal takes all toxins off.
func heal(p *toxiproxy.Proxy) func() error {
	return func() error { p.Toxics.ResetToxics(context.Background()); return nil }
}

// cut breaks what is under way, and whatever is begun.
func cut(which func(*stage) *toxiproxy.Proxy) func(*stage) (func() error, error) {
	return func(s *stage) (func() error, error) {
		p := which(s)
		return heal(p), errors.Join(toxin(p, "reset_peer", "upstream", `"timeout": 0`), toxin(p, "reset_peer", "downstream", `"timeout": 0`))
	}
}

// damageJournal kills the server and flips bytes near the end of its journal, or cuts it off.
// The start has to say so, if anything was lost.
func damageJournal(s *stage) (func() error, error) {
	s.die()
	s.turn(takenUp)
	path := strings.TrimPrefix(s.direct, "sqlite://") + "-wal"
	text, err := os.ReadFile(path)
	if err == nil && len(text) > 9000 {
		at := len(text) - 1 - s.chance.IntN(9000)
		if s.chance.IntN(2) == 0 {
			text = text[:at]
		} else {
			text[at] ^= 1 << s.chance.IntN(8)
		}
		err = os.WriteFile(path, text, 0o600)
	}
	s.mustStart()
	if err == nil && !strings.Contains(s.server.logged(), "the last process did not close the database") {
		err = fmt.Errorf("the start says nothing about the journal:\n%s", s.server.logged())
	}
	if os.IsNotExist(err) { // killed before it wrote anything
		err = nil
	}
	return func() error { return nil }, err
}

// pick returns the faults of a round.
func pick(chance *rand.Rand, base database) []fault {
	var fit []fault
	for _, f := range faults {
		if f.only == "" || f.only == base.name {
			fit = append(fit, f)
		}
	}
	chance.Shuffle(len(fit), func(i, j int) { fit[i], fit[j] = fit[j], fit[i] })
	return fit[:2+chance.IntN(2)]
}
