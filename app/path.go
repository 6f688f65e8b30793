package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/web"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

// path is all that is stored of a change's way up to production. What becomes of it is told
// by events and stations, which read nothing more.
type path struct {
	repo     store.Repository
	number   int64
	pull     store.Pull // zero: it is not stored
	landing  store.Landing
	judged   []judgement  // the oldest first
	cut      bool         // there are older verdicts
	standing *judgement   // that stood when it was merged, else the newest; nil: there is none
	policy   rules.Policy // by which the newest verdict was judged
	known    bool         // the policy is: none of its texts was erased
	gates    []passage    // the oldest first
	after    []store.PostMortem
	records  []evidence.Record // of the change, but its verdicts; in the order of their log
	said     map[string]string // text of a command, by address
	names    say.Names
}

// judgement is a stored verdict, taken apart.
type judgement struct {
	store.Verdict
	stored  StoredVerdict
	verdict rules.Verdict
	change  rules.Change // zero: it was erased
}

// passage is a job that asked, or never did, with the last decision about it.
type passage struct {
	store.Gate
	decision deploy.Decision
	request  deploy.Request // zero: nothing was decided, or it was erased
	api      bool           // it asked through the API
}

// told is the path as it is shown.
func (p path) told(at time.Time) web.Path {
	return web.Path{Stations: p.stations(at), Events: p.events(), Cut: p.cut}
}

// readPath reads the path of a pull request, with the newest of its verdicts.
func readPath(ctx context.Context, s *store.Store, repo store.Repository, number int64, verdicts int) (path, error) {
	p := path{repo: repo, number: number, said: map[string]string{}}
	var err error
	if p.pull, _, err = s.Pull(ctx, repo.ID, number); err != nil {
		return p, err
	}
	if p.landing, err = s.Landing(ctx, repo.ID, number); err != nil {
		return p, err
	}
	if err := p.readVerdicts(ctx, s, verdicts); err != nil {
		return p, err
	}
	gates, err := s.GatesOf(ctx, repo.ID, number, p.landing.Commit)
	if err != nil {
		return p, err
	}
	for _, g := range gates {
		one, err := readPassage(ctx, s, g)
		if err != nil {
			return p, err
		}
		p.gates = append(p.gates, one)
	}
	if p.after, err = s.PostMortems(ctx, repo.ID, number); err != nil {
		return p, err
	}
	if err := p.readRecords(ctx, s); err != nil {
		return p, err
	}
	p.names, err = loginsOf(ctx, s, rules.Change{People: p.people()})
	return p, err
}

func (p *path) readVerdicts(ctx context.Context, s *store.Store, limit int) error {
	all, err := s.Verdicts(ctx, p.repo.ID, p.number, limit)
	if err != nil {
		return err
	}
	slices.Reverse(all)
	for _, v := range all {
		j, err := readJudgement(ctx, s, v)
		if err != nil {
			return err
		}
		p.judged = append(p.judged, j)
	}
	if len(all) == 0 {
		return nil
	}
	p.cut = len(all) == limit
	newest := p.judged[len(all)-1]
	p.standing = &newest
	var unread error
	p.policy, p.known, _ = policyAt(func(address string) ([]byte, bool, error) {
		text, found, err := s.Blob(ctx, address)
		unread = errors.Join(unread, err)
		return text, found, err
	}, newest.stored.Policy) // one that this version does not take is told of as one that was erased
	if unread != nil {
		return unread
	}
	if p.landing.At.IsZero() {
		return nil
	}
	v, found, err := s.VerdictBefore(ctx, p.repo.ID, p.number, p.pull.Head, p.pull.Base, p.landing.At)
	if err != nil {
		return err
	}
	p.standing = nil
	if found {
		j, err := readJudgement(ctx, s, v)
		if err != nil {
			return err
		}
		p.standing = &j
	}
	return nil
}

func readJudgement(ctx context.Context, s *store.Store, v store.Verdict) (judgement, error) {
	j := judgement{Verdict: v}
	facts, _, err := s.Blob(ctx, v.Snapshot)
	if err != nil {
		return j, err
	}
	if err := decode(v.Body, &j.stored); err != nil {
		return j, err
	}
	if err := decode(j.stored.Verdict, &j.verdict); err != nil {
		return j, err
	}
	return j, decode(facts, &j.change)
}

// readPassage reads the last decision about a job from its record.
func readPassage(ctx context.Context, s *store.Store, g store.Gate) (passage, error) {
	p := passage{Gate: g}
	if g.DecidedAt.IsZero() {
		return p, nil
	}
	record, found, err := s.Record(ctx, g.Log, g.Seq)
	if err != nil || !found {
		return p, err
	}
	var body DecisionRecord
	if err := decode(record.Body, &body); err != nil {
		return p, err
	}
	if err := decode(body.Decision, &p.decision); err != nil {
		return p, err
	}
	p.api = body.API
	facts, _, err := s.Blob(ctx, body.Request)
	if err != nil {
		return p, err
	}
	return p, decode(facts, &p.request)
}

// late is how long after the last thing that is known of a change that is over something of it
// may yet have been recorded: its merge, by a server that was away.
const late = 30 * 24 * time.Hour

// readRecords reads what the ledger has of the change, but its verdicts. Records stand there by
// account; those of a change lie between the first and the last thing that is known of it.
func (p *path) readRecords(ctx context.Context, s *store.Store) error {
	var commands []store.Command
	for _, state := range []store.CommandState{store.CommandTaken, store.CommandRefused} {
		some, err := s.Commands(ctx, p.repo.ID, p.number, state)
		if err != nil {
			return err
		}
		commands = append(commands, some...)
	}
	for _, c := range commands {
		text, _, err := s.Blob(ctx, c.Text)
		if err != nil {
			return err
		}
		p.said[c.Text] = string(text)
	}
	from, to := p.span(commands)
	if from.IsZero() {
		return nil
	}
	logs := []int64{p.repo.Account}
	for _, j := range p.judged {
		logs = append(logs, j.Log) // it may have been another account's
	}
	slices.Sort(logs)
	for _, log := range slices.Compact(logs) {
		all, err := s.RecordsBetween(ctx, log, from, to)
		if err != nil {
			return err
		}
		for _, r := range all {
			if own, err := p.owns(r); err != nil {
				return err
			} else if own {
				p.records = append(p.records, r)
			}
		}
	}
	return nil
}

// span is when the first and the last thing of the change happened that its rows know, the
// verdicts left out; zero: nothing did.
func (p *path) span(commands []store.Command) (from, to time.Time) {
	over := true
	times := []time.Time{p.landing.At}
	for _, c := range commands {
		times = append(times, c.DecidedAt)
	}
	for _, g := range p.gates {
		times = append(times, g.AskedAt, g.DecidedAt, g.ClosedAt, g.ClaimedAt, g.GoodAt, g.BadAt)
		over = over && !g.ClosedAt.IsZero()
	}
	for _, m := range p.after {
		times = append(times, m.StartedAt, m.CompletedAt)
		over = over && !m.CompletedAt.IsZero() && m.Changed == ""
	}
	times = slices.DeleteFunc(times, time.Time.IsZero)
	if len(times) == 0 {
		return time.Time{}, time.Time{}
	}
	slices.SortFunc(times, time.Time.Compare)
	from, to = times[0].Add(-time.Hour), times[len(times)-1].Add(late)
	if !over {
		to = to.AddDate(100, 0, 0)
	}
	return from, to
}

// owns reports whether a record is about the change.
func (p *path) owns(r evidence.Record) (bool, error) {
	var about struct {
		Repo        int64  `json:"repo"`
		Pull        int64  `json:"pull"`
		Number      int64  `json:"number"`
		Deployment  int64  `json:"deployment"`
		Environment string `json:"environment"`
	}
	switch r.Kind {
	case KindCommand, KindException, KindPostMortem, KindDecision, KindGateEnd, KindUngated:
	default:
		return false, nil
	}
	if err := json.Unmarshal(r.Body, &about); err != nil {
		return false, fmt.Errorf("read record %d of log %d: %w", r.Seq, r.Log, err)
	}
	if about.Repo != p.repo.ID {
		return false, nil
	}
	if about.Deployment != 0 {
		return slices.ContainsFunc(p.gates, func(g passage) bool {
			return g.Deployment == about.Deployment && g.Environment == strings.ToLower(about.Environment)
		}), nil
	}
	return cmp.Or(about.Pull, about.Number) == p.number, nil
}

// people are all who are named on the way.
func (p *path) people() []rules.Person {
	var out []rules.Person
	for _, j := range p.judged {
		out = append(out, j.change.People...)
	}
	if p.standing != nil {
		out = append(out, p.standing.change.People...)
	}
	for _, g := range p.gates {
		for _, c := range peopleOf(g.request.Shipment) {
			out = append(out, c.People...)
		}
		out = append(out, rules.Person{ID: g.request.Run.Triggered})
	}
	for _, r := range p.records {
		var by struct {
			By int64 `json:"by"`
		}
		if r.Kind == KindCommand || r.Kind == KindPostMortem {
			_ = json.Unmarshal(r.Body, &by) // owns has read it
			out = append(out, rules.Person{ID: rules.UserID(by.By)})
		}
	}
	return out
}
