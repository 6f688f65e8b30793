package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// MergeGroup is one group of a merge queue: a commit that would become the tip of Base.
type MergeGroup struct {
	Repo   int64
	SHA    string
	Base   string // branch
	SeenAt time.Time
	GoneAt time.Time // zero: it waits in the queue
	Why    string    // it is gone: GitHub's word, or MergeGroupLeft

	Members []MergeGroupMember // as of the last look that was told, by number
	Told    bool               // GitHub said at least once who is in it, or that it is gone
	Outcome string             // of the last verdict; empty: none
	Digest  string             // of the last record
	Wanted  []byte             // JSON: what the group by itself asks to be shown on its commit; nil: nothing yet
	Checks  []string           // names of what was reported on its commit, at the last look
	Log     int64              // with Seq its last record; 0: none
	Seq     int64
	Ended   bool // its end is recorded
}

// MergeGroupMember is a pull request in a group.
type MergeGroupMember struct {
	Number int64
	Head   string // as it was first seen in the group
	Asked  int64  // the generation of its look that the group waits for
}

// Why a group is gone.
const (
	MergeGroupMerged = "merged" // GitHub's word for one that landed
	MergeGroupLeft   = "left"   // GitHub does not list it any more
)

// Subject is the group on the worklist.
func (g MergeGroup) Subject() subject.Subject {
	return subject.Subject{Kind: subject.MergeGroup, Repo: g.Repo, SHA: g.SHA}
}

const selectMergeGroup = `
select repo, sha, base, seen_at, gone_at, why, ended, told, outcome, digest, wanted, checks, log, seq from merge_groups `

func scanMergeGroup(s scan) (g MergeGroup, err error) {
	var seen, gone int64
	var checks []byte
	if err := s(&g.Repo, &g.SHA, &g.Base, &seen, &gone, &g.Why, &g.Ended, &g.Told, &g.Outcome, &g.Digest, &g.Wanted, &checks, &g.Log, &g.Seq); err != nil {
		return g, err
	}
	g.SeenAt, g.GoneAt = moment(seen), moment(gone)
	if len(g.Wanted) == 0 {
		g.Wanted = nil // PostgreSQL's driver tells empty bytes from none
	}
	if len(checks) > 0 {
		err = json.Unmarshal(checks, &g.Checks)
	}
	return g, err
}

func (r reader) mergeGroup(repo int64, sha string) (MergeGroup, bool, error) {
	g, found, err := one(r, scanMergeGroup, selectMergeGroup+`where repo = $1 and sha = $2`, repo, sha)
	if err == nil && found {
		g.Members, err = list(r, func(s scan) (m MergeGroupMember, err error) {
			err = s(&m.Number, &m.Head, &m.Asked)
			return m, err
		}, `select number, head, asked from merge_group_members where repo = $1 and sha = $2 order by number`, repo, sha)
	}
	return g, found, wrap(err, "read merge group %s of repository %d", sha, repo)
}

// MergeGroup returns a group, gone or not.
func (s *Store) MergeGroup(ctx context.Context, repo int64, sha string) (MergeGroup, bool, error) {
	return s.reader(ctx).mergeGroup(repo, sha)
}

// MergeGroup is Store.MergeGroup, with the row locked.
func (tx *Tx) MergeGroup(repo int64, sha string) (MergeGroup, bool, error) {
	return tx.reader().mergeGroup(repo, sha)
}

// WaitingMergeGroups returns the groups of a repository that wait in a queue, without Members.
func (tx *Tx) WaitingMergeGroups(repo int64) ([]MergeGroup, error) {
	all, err := list(tx.reader(), scanMergeGroup, selectMergeGroup+`where repo = $1 and gone_at = 0 order by sha`, repo)
	return all, wrap(err, "list merge groups of repository %d", repo)
}

// MergeGroupsWith returns the groups that hold a pull request and wait in a queue, without
// Members.
func (tx *Tx) MergeGroupsWith(repo, number int64) ([]MergeGroup, error) {
	all, err := list(tx.reader(), scanMergeGroup, selectMergeGroup+`
where repo = $1 and gone_at = 0 and exists (
	select 1 from merge_group_members m where m.repo = merge_groups.repo and m.sha = merge_groups.sha and m.number = $2)
order by sha`, repo, number)
	return all, wrap(err, "list merge groups with pull request %d#%d", repo, number)
}

// LandedMergeGroups returns up to limit groups that landed on a branch and had passed, the
// newest first, without Members.
func (tx *Tx) LandedMergeGroups(repo int64, base string, limit int) ([]MergeGroup, error) {
	all, err := list(tx.reader(), scanMergeGroup, selectMergeGroup+`
where repo = $1 and base = $2 and gone_at > 0 and why = $3 and outcome = 'pass' order by gone_at desc, sha limit $4`,
		repo, base, MergeGroupMerged, limit)
	return all, wrap(err, "list what landed on %s of repository %d", base, repo)
}

// LandedWith returns the group by which a pull request landed; not found if it did not land
// by one.
func (s *Store) LandedWith(ctx context.Context, repo, number int64) (MergeGroup, bool, error) {
	r := s.reader(ctx)
	shas, err := list(r, column[string], `
select g.sha from merge_groups g join merge_group_members m on m.repo = g.repo and m.sha = g.sha
where g.repo = $1 and m.number = $2 and g.gone_at > 0 and g.why = $3 order by g.gone_at limit 1`, repo, number, MergeGroupMerged)
	if err != nil || len(shas) == 0 {
		return MergeGroup{}, false, wrap(err, "look how pull request %d#%d landed", repo, number)
	}
	return r.mergeGroup(repo, shas[0])
}

// PutMergeGroup stores what a look at a group found, and its members. What deliveries alone
// say of it (GoneAt and Why) stays as it is.
func (tx *Tx) PutMergeGroup(g MergeGroup) error {
	return wrap(tx.putMergeGroup(g), "store merge group %s of repository %d", g.SHA, g.Repo)
}

func (tx *Tx) putMergeGroup(g MergeGroup) error {
	checks, err := json.Marshal(g.Checks)
	if err != nil {
		return err
	}
	err = tx.exec(`
update merge_groups set ended = $3, told = $4, outcome = $5, digest = $6, wanted = $7, checks = $8, log = $9, seq = $10
where repo = $1 and sha = $2`, g.Repo, g.SHA, g.Ended, g.Told, g.Outcome, g.Digest, bytesOf(g.Wanted), checks, g.Log, g.Seq)
	if err != nil {
		return err
	}
	if err := tx.exec(`delete from merge_group_members where repo = $1 and sha = $2`, g.Repo, g.SHA); err != nil {
		return err
	}
	for _, m := range g.Members {
		err := tx.exec(`insert into merge_group_members (repo, sha, number, head, asked) values ($1, $2, $3, $4, $5)`,
			g.Repo, g.SHA, m.Number, m.Head, m.Asked)
		if err != nil {
			return err
		}
	}
	return nil
}

// mergeGroupFact applies what a delivery or a sweep says. One that landed stays so, whatever
// is told late. One that was taken back may wait again: who is queued anew at once gets the
// same commit, to the second. If that was an old delivery, the look finds it in no queue.
func (tx *Tx) mergeGroupFact(f subject.MergeGroupFact, at time.Time) error {
	gone := int64(0)
	if f.Why != "" {
		gone = micros(at)
	} else if err := tx.exec(`
delete from merge_group_members where repo = $1 and sha = $2 and exists (
	select 1 from merge_groups g where g.repo = $1 and g.sha = $2 and g.gone_at <> 0 and g.why <> $3)`, f.Repo, f.SHA, MergeGroupMerged); err != nil {
		return err // whoever is in it now is looked at anew
	}
	return tx.exec(`
insert into merge_groups (repo, sha, base, seen_at, gone_at, why, told) values ($1, $2, $3, $4, $5, $6, $8)
on conflict (repo, sha) do update set
	told    = merge_groups.told or excluded.told,
	gone_at = case when merge_groups.why = $7 or merge_groups.gone_at <> 0 and excluded.gone_at <> 0 and excluded.why <> $7 then merge_groups.gone_at else excluded.gone_at end,
	why     = case when merge_groups.why = $7 or merge_groups.gone_at <> 0 and excluded.gone_at <> 0 and excluded.why <> $7 then merge_groups.why else excluded.why end,
	ended   = merge_groups.ended and (merge_groups.why = $7 or excluded.gone_at <> 0 and excluded.why <> $7)`,
		f.Repo, f.SHA, f.Base, micros(at), gone, f.Why, MergeGroupMerged, f.Why != "")
}

// Ask makes a subject due and returns the generation whose look covers it.
func (tx *Tx) Ask(at time.Time, d Due) (int64, error) {
	if d.At.IsZero() {
		d.At = at
	}
	return tx.raise(d)
}

// Looked says whether a look at a subject has ended that covers a generation.
func (tx *Tx) Looked(sub subject.Subject, generation int64) (bool, error) {
	done, found, err := one(tx.reader(), column[int64], `select done from subjects where key = $1`, sub.Key())
	if err != nil {
		return false, fmt.Errorf("look up %s: %w", sub.Key(), err)
	}
	return found && done >= generation, nil
}
