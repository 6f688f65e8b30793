package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

const (
	// groupLooks is how often a group is looked at again that GitHub's queue does not show,
	// before that is taken for its word: 1 + 2 + 4 seconds.
	groupLooks = 3
	// groupWait is how long a group says nothing while its members are being looked at.
	groupWait = 5 * time.Second
	// usualGroups is how many groups that landed say which checks a group has.
	usualGroups = 10
)

// judgeMergeGroup reads who is in a merge group and what was reported on its commit, judges
// it, and stores verdict, evidence and what the commit should show.
//
// A group is judged from what is stored of its members: a look of their own, after the group
// was made, is asked for and waited for, and each later one makes the group due again. An
// unanswered group is worse than a failed one, so whatever goes wrong, something stands on
// its commit soon; but a group that is out of the queue is not answered any further.
func (a *App) judgeMergeGroup(ctx context.Context, c store.Claim) error {
	repo, known, err := a.repository(ctx, c)
	if err != nil || !known {
		return err
	}
	group, found, err := a.store.MergeGroup(ctx, c.Subject.Repo, c.Subject.SHA)
	switch {
	case err != nil:
		return err
	case !found:
		return a.done(ctx, c)
	case !group.GoneAt.IsZero():
		return a.store.Tx(ctx, func(tx *store.Tx) error { return a.endMergeGroup(tx, c, repo) })
	}
	reading, end := a.at(ctx, atSnapshot)
	read, err := a.reader.MergeGroup(reading, a.clients.Installation(repo.Installation), snapshot.Target{
		Installation: repo.Installation, Repo: repo.ID, Account: repo.Account,
		Owner: repo.Owner, Name: repo.Name, Head: group.SHA, SeenAt: group.SeenAt,
	}, group.Base)
	end(err)
	switch {
	case errors.Is(err, snapshot.ErrGone):
		return a.done(ctx, c)
	case err != nil:
		return errors.Join(err, a.holdMergeGroup(ctx, c, repo))
	case len(read.Members) == 0 && c.Attempt < groupLooks:
		return retryError{"GitHub's queue does not show the merge group", time.Second << c.Attempt}
	}
	l := &groupLook{c: c, repo: repo, read: read, policies: map[string]rules.Policy{}}
	return a.stored(ctx, func(ctx context.Context, tx *store.Tx) error { return a.settleMergeGroup(ctx, tx, l) })
}

// groupLook is one look at a merge group.
type groupLook struct {
	c    store.Claim
	repo store.Repository
	read snapshot.MergeGroup

	was      store.MergeGroup
	members  []groupMember
	policies map[string]rules.Policy // by the texts' addresses
}

// groupMember is a pull request in a group, as it is judged, recorded, stored and shown.
type groupMember struct {
	judged rules.Member
	record GroupMemberRecord
	row    store.MergeGroupMember
	title  string
}

// holdMergeGroup owes the group's commit a sign of life, where nothing stands or is owed yet.
func (a *App) holdMergeGroup(ctx context.Context, c store.Claim, repo store.Repository) error {
	return a.store.Tx(ctx, func(tx *store.Tx) error {
		pub, found, err := tx.Publication(repo.ID, c.Subject.SHA)
		if err != nil || found {
			return err
		}
		pub.Repo, pub.SHA = repo.ID, c.Subject.SHA
		_, err = a.owe(tx, repo.Installation, pub, publish.GroupRead())
		return err
	})
}

// settleMergeGroup judges what a look read and ends the claim.
func (a *App) settleMergeGroup(ctx context.Context, tx *store.Tx, l *groupLook) error {
	at := a.now()
	var err error
	if l.was, _, err = tx.MergeGroup(l.repo.ID, l.c.Subject.SHA); err != nil {
		return err
	}
	if !l.was.GoneAt.IsZero() {
		return tx.Done(l.c, at, time.Time{}) // the delivery that said so made it due
	}
	if len(l.read.Members) == 0 && l.was.Told {
		// It was in the queue and is not any more; nobody waits for an answer.
		left := subject.MergeGroupFact{Repo: l.was.Repo, SHA: l.was.SHA, Base: l.was.Base, Why: store.MergeGroupLeft}
		if err := tx.Apply(at, subject.Result{MergeGroups: []subject.MergeGroupFact{left}}); err != nil {
			return err
		}
		return a.endMergeGroup(tx, l.c, l.repo)
	}
	unread, governed := false, true
	for _, q := range l.read.Members {
		m, ruled, err := a.groupMember(tx, l, q, at)
		if err != nil {
			return err
		}
		governed = governed && ruled
		unread = unread || m.judged.Doubt == rules.GroupMemberUnread
		l.members = append(l.members, m)
	}
	group := l.was
	group.Told, group.Members, group.Checks = group.Told || len(l.members) > 0, nil, reported(l.read.Tip)
	for _, m := range l.members {
		group.Members = append(group.Members, m.row)
	}
	if !governed {
		return errors.Join(tx.PutMergeGroup(group), tx.Done(l.c, at, time.Time{})) // as with a pull request: nothing is said
	}
	if unread && group.Wanted == nil && at.Before(group.SeenAt.Add(groupWait)) {
		return errors.Join(tx.PutMergeGroup(group), tx.Done(l.c, at, group.SeenAt.Add(groupWait)))
	}
	recheck, err := a.answerMergeGroup(ctx, tx, l, group, at)
	if err != nil {
		return err
	}
	if soon := at.Add(groupWait); unread && (recheck.IsZero() || soon.Before(recheck)) {
		recheck = soon
	}
	return tx.Done(l.c, at, recheck)
}

// groupMember returns what is known of a pull request that the queue lists, from its last own
// look; governed is false if that found that the policy does not govern its base. A look that
// began before the group was first seen is not enough: another one is asked for.
func (a *App) groupMember(tx *store.Tx, l *groupLook, q snapshot.Queued, at time.Time) (m groupMember, governed bool, err error) {
	m.judged = rules.Member{Pull: q.Number, Head: q.Head, Doubt: rules.GroupMemberUnread}
	m.row = store.MergeGroupMember{Number: q.Number, Head: q.Head}
	defer func() { m.record.Pull, m.record.Head, m.record.Doubt = q.Number, q.Head, m.judged.Doubt }()
	sub := subject.Subject{Kind: subject.PullRequest, Repo: l.repo.ID, Number: q.Number}
	if i := slices.IndexFunc(l.was.Members, func(was store.MergeGroupMember) bool { return was.Number == q.Number }); i >= 0 {
		m.row = l.was.Members[i]
	}
	looked := m.row.Asked != 0
	if looked {
		if looked, err = tx.Looked(sub, m.row.Asked); err != nil {
			return m, false, err
		}
	} else if m.row.Asked, err = tx.Ask(at, store.Due{Subject: sub, Installation: l.repo.Installation}); err != nil {
		return m, false, err
	}
	row, _, err := tx.Pull(l.repo.ID, q.Number)
	if err != nil {
		return m, false, err
	}
	m.title = row.Title
	switch {
	case !q.Open || q.Base != l.was.Base || q.Head != m.row.Head:
		m.judged.Doubt = rules.GroupMemberMoved
		return m, true, nil
	case !looked:
		return m, true, nil
	case row.Open && row.Head == q.Head && row.Base == q.Base && !row.Governed:
		return m, false, nil
	}
	return m, true, a.lastVerdict(tx, l, q, row, &m)
}

// lastVerdict fills in the facts and the policy that a pull request was last judged by. What
// was judged for another head or base is not about it.
func (a *App) lastVerdict(tx *store.Tx, l *groupLook, q snapshot.Queued, row store.Pull, m *groupMember) error {
	v, found, err := tx.LatestVerdict(l.repo.ID, q.Number)
	if err != nil || !found || v.Head != q.Head || v.Base != q.Base || !row.Open || row.Head != q.Head || row.JudgedBase != q.Base {
		return err
	}
	var stored StoredVerdict
	if err := decode(v.Body, &stored); err != nil {
		return err
	}
	m.judged.Change, m.judged.Policy, err = judgedBy(tx.Blob, v.Snapshot, stored.Policy, l.policies)
	if errors.Is(err, errErased) {
		return nil // its next look writes it anew
	}
	if err != nil {
		return err
	}
	m.judged.Doubt = ""
	m.record.Record, m.record.Snapshot, m.record.Policy = v.Seq, v.Snapshot, stored.Policy
	return nil
}

// judgedBy reads what a verdict rests on. Policies that were parsed are kept in known.
func judgedBy(blob func(address string) ([]byte, bool, error), address string, refs []PolicyRef, known map[string]rules.Policy) (c rules.Change, p rules.Policy, err error) {
	read := func(address string) ([]byte, error) { return unerased(blob, address) }
	facts, err := read(address)
	if err != nil {
		return c, p, err
	}
	if err := decode(facts, &c); err != nil {
		return c, p, err
	}
	var layers []string
	for _, ref := range refs {
		layers = append(layers, ref.Layer, ref.Text)
	}
	key := strings.Join(layers, " ")
	if p, found := known[key]; found {
		return c, p, nil
	}
	if p, err = policyOf(read, refs); err == nil {
		known[key] = p
	}
	return c, p, err
}

// answerMergeGroup judges the group, records it and owes its commit the answer. It returns
// when that could next change by itself.
func (a *App) answerMergeGroup(ctx context.Context, tx *store.Tx, l *groupLook, group store.MergeGroup, at time.Time) (time.Time, error) {
	tip := l.read.Tip
	var err error
	if tip.Usual, err = usualOfGroups(tx, group); err != nil {
		return time.Time{}, err
	}
	judged := rules.MergeGroup{Base: group.Base, Tip: tip}
	for _, m := range l.members {
		judged.Members = append(judged.Members, m.judged)
	}
	v := rules.EvaluateMergeGroup(judged, at)
	if err := a.recordMergeGroup(ctx, tx, l, &group, tip, v); err != nil {
		return time.Time{}, err
	}
	wanted, err := a.composeMergeGroup(ctx, l, group, v)
	if err != nil {
		return time.Time{}, err
	}
	if group.Wanted, err = json.Marshal(wanted); err != nil {
		return time.Time{}, fmt.Errorf("encode publication: %w", err)
	}
	group.Outcome = string(v.Outcome)
	if err := tx.PutMergeGroup(group); err != nil {
		return time.Time{}, err
	}
	// Somebody may have opened a pull request with the group's own commit as its head.
	changes, _, err := carried(tx, group.Repo, group.SHA)
	if err != nil {
		return time.Time{}, err
	}
	if len(changes) > 0 && len(judged.Members) > 0 && judged.Members[0].Doubt == "" {
		var items []publish.Item
		for _, change := range rules.Unite(changes) {
			items = append(items, publish.Item{Change: change, Verdict: rules.Evaluate(judged.Members[0].Policy, change, at)})
		}
		other := publish.Compose(items, publish.Options{GitHubURL: a.o.GitHubURL})
		wanted = beside(wanted, other, changes)
	}
	pub, found, err := tx.Publication(group.Repo, group.SHA)
	if err != nil {
		return time.Time{}, err
	}
	if !found {
		pub.Repo, pub.SHA = group.Repo, group.SHA
	}
	_, err = a.owe(tx, l.repo.Installation, pub, wanted)
	return v.Recheck, err
}

// recordMergeGroup appends the verdict to the ledger, unless the last one said the same about
// the same facts in the same account's log.
func (a *App) recordMergeGroup(ctx context.Context, tx *store.Tx, l *groupLook, group *store.MergeGroup, tip rules.Tip, v rules.MergeGroupVerdict) error {
	members := make([]GroupMemberRecord, 0, len(l.members))
	for _, m := range l.members {
		members = append(members, m.record)
	}
	digest, err := groupDigest(members, tip, v)
	if err != nil || digest == group.Digest && group.Log == l.repo.Account {
		return err
	}
	facts, err := json.Marshal(tip)
	if err != nil {
		return fmt.Errorf("encode snapshot: %w", err)
	}
	address, err := tx.PutBlob(facts)
	if err != nil {
		return err
	}
	verdict, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode verdict: %w", err)
	}
	body, err := json.Marshal(GroupRecord{
		Host: a.host, Repo: group.Repo, Head: group.SHA, Base: group.Base, Members: members, Tip: address,
		Evaluator: v.Evaluator, At: v.At, GitHubAt: a.theirs(v.At), Verdict: verdict, Deliveries: l.c.Deliveries, Delivered: l.c.Delivered,
	})
	if err != nil {
		return fmt.Errorf("encode group record: %w", err)
	}
	_, seq, err := tx.Append(l.repo.Account, KindGroup, v.At, body)
	if err != nil {
		return err
	}
	group.Digest, group.Log, group.Seq = digest, l.repo.Account, seq
	zerolog.Ctx(ctx).Info().Str("repo", fullName(l.repo)).Str("sha", group.SHA).Int("changes", len(members)).
		Str("outcome", string(v.Outcome)).Int64("seq", seq).Strs("deliveries", l.c.Deliveries).Msg("merge group judged")
	return nil
}

// composeMergeGroup returns what the group by itself asks to be shown on its commit.
func (a *App) composeMergeGroup(ctx context.Context, l *groupLook, group store.MergeGroup, v rules.MergeGroupVerdict) (publish.Wanted, error) {
	g := publish.Group{Base: group.Base, Verdict: v}
	for _, m := range l.members {
		names := say.Names{}
		if m.judged.Doubt == "" {
			people := m.judged.Change
			people.People = slices.Concat(people.People, l.read.Tip.People)
			var err error
			if names, err = a.names(ctx, people); err != nil {
				return publish.Wanted{}, err
			}
		}
		g.Members = append(g.Members, publish.Item{
			Change: m.judged.Change, Names: names, Title: m.title, URL: a.pageURL(l.repo, m.judged.Pull), Policy: policyRefs(m.record.Policy),
		})
	}
	return publish.ComposeGroup(g, publish.Options{GitHubURL: a.o.GitHubURL}), nil
}

// endMergeGroup records, once, how a group that is out of the queue ended. Its commit keeps
// what it shows; a pull request that has it as its head is judged without the group.
func (a *App) endMergeGroup(tx *store.Tx, c store.Claim, repo store.Repository) error {
	at := a.now()
	group, _, err := tx.MergeGroup(c.Subject.Repo, c.Subject.SHA)
	if err != nil || group.Ended {
		return errors.Join(err, tx.Done(c, at, time.Time{}))
	}
	record := GroupEndRecord{
		Host: a.host, Repo: group.Repo, Head: group.SHA, Base: group.Base, Why: group.Why,
		Outcome: group.Outcome, Record: group.Seq, Deliveries: c.Deliveries,
	}
	for _, m := range group.Members {
		record.Pulls = append(record.Pulls, m.Number)
	}
	body, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode group record: %w", err)
	}
	if _, _, err := tx.Append(repo.Account, KindGroupEnd, at, body); err != nil {
		return err
	}
	group.Ended = true
	if err := tx.PutMergeGroup(group); err != nil {
		return err
	}
	rows, err := tx.PullsByHead(group.Repo, group.SHA)
	if err != nil {
		return err
	}
	if err := tx.Raise(at, dueAll(repo.Installation, rows, 0, at)...); err != nil {
		return err
	}
	return tx.Done(c, at, time.Time{})
}

// raiseGroupsWith makes the groups due that hold a pull request whose look ends.
func (a *App) raiseGroupsWith(tx *store.Tx, c store.Claim, number int64, at time.Time) error {
	groups, err := tx.MergeGroupsWith(c.Subject.Repo, number)
	if err != nil {
		return err
	}
	return tx.Raise(at, dueGroups(c.Installation, groups, at)...)
}

func dueGroups(installation int64, groups []store.MergeGroup, at time.Time) []store.Due {
	var due []store.Due
	for _, g := range groups {
		due = append(due, store.Due{Subject: g.Subject(), Installation: installation, At: at})
	}
	return due
}

// groupWanted returns what the merge group of a commit asks to be shown there; false if none
// waits for an answer.
func (a *App) groupWanted(tx *store.Tx, repo int64, sha string) (publish.Wanted, bool, error) {
	group, found, err := tx.MergeGroup(repo, sha)
	if err != nil || !found || !group.GoneAt.IsZero() {
		return publish.Wanted{}, false, err
	}
	wanted := publish.GroupRead()
	err = decode(group.Wanted, &wanted)
	return wanted, true, err
}

// beside returns what stands on a commit that is a merge group and the head of pull requests:
// the heavier answer, so that neither borrows the other's pass. Pull requests that nobody
// with write access opened count for nothing beside it, else a stranger could hold up the queue.
func beside(group, pulls publish.Wanted, changes []rules.Change) publish.Wanted {
	if !slices.ContainsFunc(changes, func(c rules.Change) bool {
		return slices.ContainsFunc(c.Pulls, func(p rules.Pull) bool { return p.Writer })
	}) {
		return group
	}
	return publish.Heavier(group, pulls)
}

// reported are the names of what was reported on a group's commit, each once.
func reported(t rules.Tip) []string {
	var names []string
	for _, r := range t.Runs {
		names = append(names, r.Name)
	}
	for _, s := range t.Status {
		names = append(names, s.Context)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// usualOfGroups returns the checks that each of the last groups had that passed and landed on
// the same branch. What pull requests have is no measure: a workflow may run for them alone.
func usualOfGroups(tx *store.Tx, group store.MergeGroup) ([]string, error) {
	landed, err := tx.LandedMergeGroups(group.Repo, group.Base, usualGroups)
	if err != nil || len(landed) == 0 {
		return nil, err
	}
	names := landed[0].Checks
	for _, g := range landed[1:] {
		names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(g.Checks, n) })
	}
	return names, nil
}
