package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/rules"
)

// replays #N judges a pull request's newest verdict again, from nothing but what the ledger's
// record names: the stored snapshot, the stored policy texts and the time. It has to give the
// same bytes.
func cmdReplays(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	n := number(ts, args[0])
	newest := w.newestRecord(ts, n)
	again, err := w.judgeAgain(newest)
	ts.Check(err)
	if !bytes.Equal(again, newest.Verdict) {
		ts.Fatalf("recorded:\n%s\njudged again:\n%s", newest.Verdict, again)
	}
	// What the pages show is what the ledger says.
	shown, err := json.Marshal(w.verdict(ts, n))
	ts.Check(err)
	if !bytes.Equal(shown, newest.Verdict) {
		ts.Fatalf("recorded:\n%s\nstored for pages:\n%s", newest.Verdict, shown)
	}
}

// records #N LAYER REPO PATH wants the record of the newest verdict to name the file of a
// layer, where it was read, and its text.
func cmdRecords(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	r := w.newestRecord(ts, number(ts, args[0]))
	named := slices.ContainsFunc(r.Policy, func(p PolicyRef) bool {
		_, stored, err := w.app.store.Blob(context.Background(), p.Text)
		ts.Check(err)
		return p.Layer == args[1] && p.Repo == args[2] && p.Path == args[3] && len(p.Commit) == 40 && len(p.Blob) == 40 && stored
	})
	if named == neg {
		ts.Fatalf("the record names %+v", r.Policy)
	}
}

// newestRecord returns the record of a pull request's newest verdict.
func (w *world) newestRecord(ts *testscript.TestScript, number int) VerdictRecord {
	n := int64(number)
	repo := w.repoID(ts)
	var newest *VerdictRecord
	ts.Check(w.app.store.Evidence(context.Background(), func(src evidence.Source) error {
		return eachRecord(src, func(r evidence.Record) error {
			var v VerdictRecord
			if r.Kind != KindVerdict {
				return nil
			}
			if err := json.Unmarshal(r.Body, &v); err != nil {
				return err
			}
			if v.Repo == repo && slices.Contains(v.Pulls, n) {
				newest = &v
			}
			return nil
		})
	}))
	if newest == nil {
		ts.Fatalf("the ledger has no verdict on pull request %d", n)
	}
	return *newest
}

func (w *world) judgeAgain(r VerdictRecord) ([]byte, error) {
	text := func(address string) ([]byte, error) {
		content, found, err := w.app.store.Blob(context.Background(), address)
		if err == nil && !found {
			err = fmt.Errorf("nothing is stored at %s", address)
		}
		return content, err
	}
	facts, err := text(r.Snapshot)
	if err != nil {
		return nil, err
	}
	var change rules.Change
	if err := json.Unmarshal(facts, &change); err != nil {
		return nil, err
	}
	var texts []snapshot.PolicyText
	for _, ref := range r.Policy {
		policy, err := text(ref.Text)
		if err != nil {
			return nil, err
		}
		texts = append(texts, snapshot.PolicyText{Layer: ref.Layer, Path: ref.Path, Text: policy})
	}
	policy, err := snapshot.Compose(texts)
	if err != nil {
		return nil, err
	}
	return json.Marshal(rules.Evaluate(policy, change, r.At))
}

// anonymous [records] wants nobody named in the ledger: neither login, name nor address of
// anybody in this world, nor the title of any of their pull requests, in any record's body,
// stored snapshot or policy text; with records in the bodies alone, which are there for ever.
func cmdAnonymous(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	named := regexp.MustCompile(`(?i)\b(` + strings.Join(w.personal, "|") + `)\b`)
	looked := 0
	look := func(what string, text []byte) error {
		looked++
		if at := named.FindIndex(text); at != nil {
			return fmt.Errorf("%s names %s: …%s…", what, text[at[0]:at[1]], text[max(0, at[0]-120):min(len(text), at[1]+120)])
		}
		return nil
	}
	ts.Check(w.app.store.Evidence(context.Background(), func(src evidence.Source) error {
		contents, err := src.Contents(context.Background(), "", math.MaxInt32)
		if err != nil {
			return err
		}
		if len(args) > 0 {
			contents = nil
		}
		for _, c := range contents {
			if err := look("content "+c.Address, c.Content); err != nil {
				return err
			}
		}
		return eachRecord(src, func(r evidence.Record) error {
			return look(fmt.Sprintf("record %d (%s)", r.Seq, r.Kind), r.Body)
		})
	}))
	if looked == 0 {
		ts.Fatalf("nothing was recorded yet")
	}
}

// eachRecord goes through all logs from their beginning.
func eachRecord(src evidence.Source, do func(evidence.Record) error) error {
	logs, err := src.Logs(context.Background())
	if err != nil {
		return err
	}
	for _, log := range logs {
		records, err := src.Records(context.Background(), log, -1, math.MaxInt32)
		if err != nil {
			return err
		}
		for _, r := range records {
			if err := do(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// counts #N RULE LOGIN... wants exactly these approvals to count in the newest verdict, in
// the order in which they were given; without a login none.
func cmdCounts(ts *testscript.TestScript, _ bool, args []string) {
	w := of(ts)
	var found []string
	for _, a := range w.approvalFacts(ts, args[0], args[1]).Counted {
		found = append(found, w.login(ts, a.By))
	}
	if !slices.Equal(found, args[2:]) {
		ts.Fatalf("%s counts the approvals of %q", args[1], found)
	}
}

// drops #N RULE LOGIN WHY [COMMIT] wants an approval passed over in the newest verdict, and
// for this reason; LOGIN nobody is a deleted account.
func cmdDrops(ts *testscript.TestScript, neg bool, args []string) {
	w := of(ts)
	commit := ""
	if len(args) > 4 {
		var err error
		commit, err = w.commit(args[4])
		ts.Check(err)
	}
	facts := w.approvalFacts(ts, args[0], args[1])
	held := slices.ContainsFunc(facts.Dropped, func(d rules.Dropped) bool {
		return w.login(ts, d.By) == args[2] && string(d.Why) == args[3] && (commit == "" || d.Commit == commit)
	})
	if held == neg {
		text, err := json.MarshalIndent(facts, "", "  ")
		ts.Check(err)
		ts.Fatalf("%s:\n%s", args[1], text)
	}
}

func (w *world) approvalFacts(ts *testscript.TestScript, pull, rule string) rules.ApprovalFacts {
	for _, f := range w.verdict(ts, number(ts, pull)).Findings {
		for _, r := range f.Reasons {
			if f.Rule == rule && r.Approvals != nil {
				return *r.Approvals
			}
		}
	}
	ts.Fatalf("%s has no finding about approvals by the rule %q", pull, rule)
	return rules.ApprovalFacts{}
}

// login is who a person id stands for.
func (w *world) login(ts *testscript.TestScript, id rules.UserID) string {
	if id == 0 {
		return "nobody"
	}
	names, err := w.app.store.Names(context.Background(), []int64{int64(id)})
	ts.Check(err)
	return names[int64(id)].Login
}
