package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/sumdb/note"

	"github.com/changewarden/changewarden/app"
	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// kept is what a server leaves on its disk, by file name: its database and key, and what
// somebody kept elsewhere. octo-org/app#1 was judged twice: blocked, then passed.
var kept = sync.OnceValues(keep)

// noon is when the record begins.
var noon = time.Date(2025, 3, 3, 12, 0, 0, 0, time.UTC)

func keep() (files map[string][]byte, err error) {
	dir, err := os.MkdirTemp("", "changewarden-test-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	secret, verifier, err := evidence.GenerateKey("changewarden")
	if err != nil {
		return nil, err
	}
	strangerSecret, stranger, err := evidence.GenerateKey("changewarden")
	if err != nil {
		return nil, err
	}
	files = map[string][]byte{
		"data/changewarden.ledger.key": []byte(secret + "\n"),
		"verifier.txt":                 []byte(verifier), "stranger.txt": []byte(stranger), "stranger.key": []byte(strangerSecret + "\n"),
	}
	// Two servings, each closed: a database that was copied between them is the older one.
	for i, name := range []string{"early.db", "data/changewarden.db"} {
		file := filepath.Join(dir, "changewarden.db")
		head, checkpoint, err := serveOnce(file, secret, i)
		if err != nil {
			return nil, err
		}
		if files[name], err = os.ReadFile(file); err != nil {
			return nil, err
		}
		files[fmt.Sprintf("%d.checkpoint", head.Size)] = checkpoint
		files[fmt.Sprintf("%d.head", head.Size)] = fmt.Appendf(nil, "%d:%d:%s", head.Log, head.Size, head.Root)
	}
	return files, nil
}

// serveOnce judges the change with the given number of approvals and records it.
func serveOnce(file, secret string, approvals int) (head evidence.Head, checkpoint []byte, err error) {
	ctx := context.Background()
	signer, err := note.NewSigner(secret)
	if err != nil {
		return head, nil, err
	}
	s, err := store.Open(ctx, "sqlite://"+file, store.Options{Signer: signer, Origin: "api.github.com"})
	if err != nil {
		return head, nil, err
	}
	people, err := s.Persons(ctx, []subject.Person{{User: 11, Login: "ann"}, {User: 12, Login: "bob"}})
	if err != nil {
		return head, nil, err
	}
	change := changeOf(rules.UserID(people[11]), rules.UserID(people[12]), approvals)
	at := noon.Add(time.Duration(approvals) * time.Hour)
	err = s.Tx(ctx, func(tx *store.Tx) error {
		return record(tx, change, at)
	})
	if err == nil {
		head, checkpoint, _, err = s.LedgerHead(ctx, 9)
	}
	if closing := s.Close(); err == nil {
		err = closing
	}
	return head, checkpoint, err
}

const floorText = "version: 1\nrules: [{name: peer review, require: {approvals: 1}}]\n"

func changeOf(ann, bob rules.UserID, approvals int) rules.Change {
	c := rules.Change{
		Repo: rules.Repo{ID: 700, Name: "octo-org/app", DefaultBranch: "main"}, Base: "main", Head: "bbbb222",
		Pulls:   []rules.Pull{{Number: 1, Author: ann, Writer: true, HeadRef: "topic", Opened: noon}},
		TakenAt: noon, SeenAt: noon, Exact: "diff", Landed: "lines",
		Files:   []rules.File{{Path: "main.go", Status: "modified", Additions: 1, FirstLine: 1}},
		Commits: []rules.Commit{{SHA: "bbbb222", Parents: []string{"aaaa111"}, Authors: []rules.UserID{ann}, Committer: ann}},
		Pushes:  []rules.Push{{By: ann, After: "bbbb222", At: noon}},
		People:  []rules.Person{{ID: ann, CanWrite: true}, {ID: bob, CanWrite: true}},
	}
	if approvals > 0 {
		c.Reviews = []rules.Review{{ID: 5, Pull: 1, By: bob, State: rules.Approved, Commit: "bbbb222", Exact: "diff", At: noon}}
	}
	return c
}

// record writes a judgement as the server does.
func record(tx *store.Tx, change rules.Change, at time.Time) error {
	err := tx.Apply(at, subject.Result{Repositories: []subject.RepositoryFact{
		{ID: 700, Account: 9, Owner: "octo-org", Name: "app", DefaultBranch: "main", At: at},
	}})
	if err != nil {
		return err
	}
	r := app.Recorded{Policy: []app.RecordedPolicy{{Layer: rules.FloorLayer, Path: "floor.yml", Text: floorText}}, Change: change, Stage: rules.BeforeMerge, At: at}
	v, err := r.Judge()
	if err != nil {
		return err
	}
	text, err := tx.PutBlob([]byte(floorText))
	if err != nil {
		return err
	}
	facts, err := json.Marshal(change)
	if err != nil {
		return err
	}
	snapshot, err := tx.PutBlob(facts)
	if err != nil {
		return err
	}
	verdict, err := json.Marshal(v)
	if err != nil {
		return err
	}
	policy := []app.PolicyRef{{Layer: rules.FloorLayer, Path: "floor.yml", Text: text}}
	body, err := json.Marshal(app.VerdictRecord{
		Host: "api.github.com", Repo: 700, Pulls: []int64{1}, Head: change.Head, Base: "main", Snapshot: snapshot,
		Policy: policy, Evaluator: v.Evaluator, Stage: v.Stage, At: at, Verdict: verdict,
	})
	if err != nil {
		return err
	}
	_, seq, err := tx.Append(9, app.KindVerdict, at, body)
	if err != nil {
		return err
	}
	stored, err := json.Marshal(app.StoredVerdict{Policy: policy, Verdict: verdict})
	if err != nil {
		return err
	}
	_, err = tx.PutVerdict(store.Verdict{
		Repo: 700, Number: 1, Head: change.Head, Base: "main", At: at, Outcome: string(v.Outcome), Body: stored, Snapshot: snapshot, Log: 9, Seq: seq,
	})
	if err != nil {
		return err
	}
	_, _, err = tx.Append(9, app.KindPublication, at, fmt.Appendf(nil, `{"outcome":"taken-%d"}`, seq))
	return err
}

// flip changes bytes of a file: flip FILE OLD NEW. OLD stands there once.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 || len(args[1]) != len(args[2]) {
		ts.Fatalf("usage: flip FILE OLD NEW, of one length")
	}
	path := ts.MkAbs(args[0])
	text, err := os.ReadFile(path)
	ts.Check(err)
	if n := bytes.Count(text, []byte(args[1])); n != 1 {
		ts.Fatalf("%q stands %d times in %s", args[1], n, args[0])
	}
	ts.Check(os.WriteFile(path, bytes.Replace(text, []byte(args[1]), []byte(args[2]), 1), 0o600))
}

// given sets an environment variable to the content of a file: given NAME FILE.
func given(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: given NAME FILE")
	}
	ts.Setenv(args[0], string(bytes.TrimSpace([]byte(ts.ReadFile(args[1])))))
}
