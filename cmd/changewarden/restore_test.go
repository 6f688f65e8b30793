package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/changewarden/changewarden/app/githubsim/play"
	"github.com/changewarden/changewarden/app/store/pgtest"
)

// A backup that was made while the server ran is restored elsewhere, after the server and its
// database are gone: the ledger is whole, deliveries since then are asked for again, and
// GitHub shows what a calm look gives.
func TestRestore(t *testing.T) {
	for _, test := range []struct {
		base   database
		backup func(s *stage) (restore func() (url string), err error)
	}{
		{sqliteFile, func(s *stage) (func() string, error) {
			file := filepath.Join(t.TempDir(), "restored.db")
			return func() string { return "sqlite://" + file }, tool("changewarden", "backup", "--database-url", s.direct, file)
		}},
		{postgreSQL, func(s *stage) (func() string, error) {
			file := filepath.Join(t.TempDir(), "dump")
			err := tool(pgtest.Program(t, "pg_dump"), "--format=custom", "--file="+file, "--dbname="+s.direct)
			return func() string {
				to := pgtest.URL(t)
				if err := tool(pgtest.Program(t, "pg_restore"), "--exit-on-error", "--dbname="+to, file); err != nil {
					t.Error(err)
				}
				return to
			}, err
		}},
	} {
		t.Run(test.base.name, func(t *testing.T) {
			ctx := context.Background()
			s := &stage{t: t, dir: t.TempDir(), base: test.base, chance: rand.New(rand.NewPCG(1, 1)), fail: t.Errorf, tally: &tally{}}
			defer s.tearDown()
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			h := play.History{Steps: []string{
				"ann push topic-1 main.go=one", "ann open topic-1 main", "bob approve 1", "wait 300ms",
				"octo-ci reports 1 test success", "backup", "ann push topic-2 main.go=two", "ann open topic-2 main", "carol approve 2",
				"octo-ci reports 2 test success", "carol dismiss 1 0", "dave objects 1", "wait 1s",
			}}
			must(s.setUp(h))
			var restore func() string
			s.player.Machinery = map[string]func([]string) error{"backup": func([]string) (err error) {
				restore, err = test.backup(s)
				return err
			}}
			must(s.player.Play(ctx, h))
			must(s.settle(ctx, true))
			s.die()
			s.turn(takenUp)
			s.direct = restore()
			s.url = s.direct
			must(s.start())
			must(s.settle(ctx, true))
			must(s.audit(ctx, h))
			if s.tally.count["deliveries asked for again"] == 0 {
				t.Error("no delivery was asked for again: the backup is too new")
			}
		})
	}
}

// tool runs a program.
func tool(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}
