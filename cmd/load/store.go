package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// fill puts records into the store of a server that is stopped, signed with its own ledger key:
// into the ledger of an account, and beside each of them a subject that is due in a year.
func fill(ctx context.Context, dir string, o store.Options, records int) error {
	key, err := os.ReadFile(filepath.Join(dir, "load.ledger.key"))
	if err != nil {
		return fmt.Errorf("read the ledger's key: %w", err)
	}
	if o.Signer, err = note.NewSigner(strings.TrimSpace(string(key))); err != nil {
		return fmt.Errorf("read the ledger's key: %w", err)
	}
	s, err := store.Open(ctx, "sqlite://"+filepath.Join(dir, "load.db"), o)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	const (
		account = 4711 // one that has the app no more
		batch   = 5000
	)
	at := time.Now().Add(-time.Hour)
	body := []byte(`{"format":1,"text":"` + strings.Repeat("what a record holds ", 20) + `"}`)
	for done := 0; done < records; done += batch {
		err := s.Tx(ctx, func(tx *store.Tx) error {
			for i := range batch {
				if _, _, err := tx.Append(account, "verdict", at, body); err != nil {
					return err
				}
				sub := subject.Subject{Kind: subject.PullRequest, Repo: account, Number: int64(done + i + 1)}
				if err := tx.Raise(at, store.Due{Subject: sub, At: time.Now().AddDate(1, 0, 0)}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("fill the store: %w", err)
		}
	}
	return nil
}

// printStartup tells how long a server with many records takes until it takes deliveries.
func printStartup(ctx context.Context, o options, out io.Writer) error {
	b, err := begin(ctx, setup{state: world([]string{repo}, 1, false)})
	if err != nil {
		return err
	}
	if err := b.v.stop(); err != nil {
		return err
	}
	began := time.Now()
	if err := fill(ctx, b.dir, store.Options{Origin: "127.0.0.1"}, o.records); err != nil {
		return err
	}
	filled := time.Since(began)
	fmt.Fprintf(out, "\n| start-up with %d records in the ledger and as many subjects | |\n|---|---|\n", o.records)
	for i := range 3 {
		if err := b.serve(ctx, settings{}); err != nil {
			return err
		}
		fmt.Fprintf(out, "| start %d: until deliveries are taken | %s |\n", i+1, ms(b.v.started))
		if i < 2 {
			if err := b.v.stop(); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(out, "| (the records were made in) | %s |\n", filled.Round(time.Second))
	return b.end()
}

// printMemory lets a server judge thousands of open pull requests and take a stream besides.
func printMemory(ctx context.Context, o options, out io.Writer) error {
	const repositories = 20
	var names []string
	for i := range repositories {
		names = append(names, fmt.Sprintf("octo-org/app-%d", i))
	}
	st := world(names, o.pulls/repositories, false)
	began := time.Now()
	b, err := begin(ctx, setup{state: st})
	if err != nil {
		return err
	}
	judged := time.Since(began)
	peak, err := b.v.peak()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n| %d open pull requests in %d repositories | |\n|---|---|\n", o.pulls, repositories)
	fmt.Fprintf(out, "| all judged and published for the first time in | %s |\n| peak memory by then | %.0f MiB |\n", judged.Round(time.Second), float64(peak)/(1<<20))
	i := 0
	b.g.pace(paced(o.rate))
	if err := b.g.play(ctx, times(o.rate*20, func(int) error {
		i++
		return b.g.reports(names[i%repositories], i/repositories%(o.pulls/repositories)+1, "test", "success")
	})); err != nil {
		return err
	}
	b.g.pace(nil)
	if err := b.g.settle(ctx, b.v); err != nil {
		return err
	}
	if peak, err = b.v.peak(); err != nil {
		return err
	}
	fmt.Fprintf(out, "| peak memory after %d results of checks on them | %.0f MiB |\n", o.rate*20, float64(peak)/(1<<20))
	return b.end()
}
