package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/githubsim/play"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

// TestRandomProductionHistories is behaviours 23, 24 and 71 for what goes to production: the
// life of a hold, of a sign-off and of an emergency, with whatever happens at each of its
// steps, has one end. At rest, when a night has passed, and after a restart:
//
//   - each job at the gate has the answer that the next look gives, and the one that GitHub has
//     is the one that we have; it was given once, it stood in the ledger before GitHub had it,
//     and an approval was right in the world as it was by then (gates);
//   - nobody was told why a job waits more than ten times, nor twice the same (gates);
//   - what was deployed unasked is recorded once, and nothing else is (gates);
//   - each command was answered once, and the sign-offs in force are those that the comments and
//     our answers on GitHub give (commands);
//   - each change that went ahead under an emergency has one post-mortem with one issue, none has
//     without, each comment of ours stands there once, and the store says of it what the issue
//     says (postMortems);
//   - the ledger is whole, judges alike, and no delivery is lost (audit).
func TestRandomProductionHistories(t *testing.T) {
	playRandom(t, play.RandomProduction, *productions, "productions")
}

// witness sees what of the gate's answers reaches GitHub.
type witness struct {
	mu      sync.Mutex
	answers []answered
}

type answered struct {
	at               time.Time
	run, environment string
	state            string // empty: a report alone
	status           int
}

func (w *witness) wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		path, gate := strings.CutSuffix(r.URL.Path, "/deployment_protection_rule")
		if !gate {
			h.ServeHTTP(out, r)
			return
		}
		var in struct {
			Environment string `json:"environment_name"`
			State       string `json:"state"`
		}
		read := httptest.NewRecorder()
		body := new(strings.Builder)
		r.Body = tee{r.Body, body}
		h.ServeHTTP(read, r)
		_ = json.Unmarshal([]byte(body.String()), &in) // the simulator has read it
		w.mu.Lock()
		w.answers = append(w.answers, answered{time.Now(), path[strings.LastIndexByte(path, '/')+1:], in.Environment, in.State, read.Code})
		w.mu.Unlock()
		maps.Copy(out.Header(), read.Header())
		out.WriteHeader(read.Code)
		_, _ = out.Write(read.Body.Bytes()) // a recorder's, or a caller's who is gone
	})
}

// production is a world in which things go to production, at rest.
type production struct {
	*inside
	h    play.History
	seen *witness
	repo store.Repository

	decisions   map[int64][]decidedAt // by deployment, oldest first
	answers     map[int64][]GateAnswerRecord
	ungated     map[int64]int
	deployments []githubsim.Deployed
}

type decidedAt struct {
	seq      int64
	at       time.Time
	record   DecisionRecord
	decision deploy.Decision
}

// produced holds the world to its promises at rest, when a night has passed, and after a restart.
func produced(ctx context.Context, s *inside, player *play.Player, h play.History, seen *witness, fail func(string, ...any)) {
	check := func() []string {
		p := &production{inside: s, h: h, seen: seen}
		if err := p.read(ctx); err != nil {
			fail("%v", err)
			return nil
		}
		p.gates(ctx)
		p.commands(ctx)
		p.postMortems(ctx)
		return p.stands(ctx)
	}
	time.Sleep(listEvery + runEvery) // a list that was read just before a crash is not read again at once
	if err := s.settle(func() { player.Calm(ctx) }); err != nil {
		fail("%v", err)
		return
	}
	var stood []string
	for _, later := range []time.Duration{
		listEvery + runEvery, // a list that was read just before a crash is not read again at once
		9 * time.Hour,        // before any restart: what its timer makes due nobody else looks at
	} {
		time.Sleep(later)
		if err := s.settle(func() { player.Calm(ctx) }); err != nil {
			fail("%s later: %v", later, err)
			return
		}
		stood = check()
	}
	compare(ctx, s, player, h, fail)
	if diff := cmp.Diff(stood, check()); diff != "" {
		fail("after a restart (-stood +stands):\n%s", diff)
	}
	audit(ctx, s, fail)
}

// read reads the ledger, and what was deployed.
func (p *production) read(ctx context.Context) (err error) {
	p.decisions, p.answers, p.ungated = map[int64][]decidedAt{}, map[int64][]GateAnswerRecord{}, map[int64]int{}
	p.deployments = p.sim.Deployments(play.Repo)
	if p.repo, _, err = p.app.store.RepositoryByName(ctx, "octo-org", "app"); err != nil {
		return err
	}
	return p.app.store.Evidence(ctx, func(src evidence.Source) error {
		return eachRecord(src, func(r evidence.Record) error {
			switch r.Kind {
			case KindDecision:
				d := decidedAt{seq: r.Seq, at: r.At}
				if err := decode(r.Body, &d.record); err != nil {
					return err
				}
				p.decisions[d.record.Deployment] = append(p.decisions[d.record.Deployment], d)
				return decode(d.record.Decision, &p.decisions[d.record.Deployment][len(p.decisions[d.record.Deployment])-1].decision)
			case KindGateAnswer:
				var a GateAnswerRecord
				if err := decode(r.Body, &a); err != nil {
					return err
				}
				p.answers[a.Deployment] = append(p.answers[a.Deployment], a)
			case KindUngated:
				var u UngatedRecord
				if err := decode(r.Body, &u); err != nil {
					return err
				}
				p.ungated[u.Deployment]++
			}
			return nil
		})
	})
}

// has says whether a word about the machinery or of a person comes up in the history.
func (p *production) has(word string) bool {
	return slices.ContainsFunc(p.h.Steps, func(step string) bool { return strings.Contains(" "+step+" ", " "+word+" ") })
}

// row is what the store has of a deployment.
func (p *production) row(ctx context.Context, d githubsim.Deployed) (store.Gate, bool) {
	for _, run := range []int64{d.Run, 0} {
		all, err := p.app.store.Gates(ctx, p.subjectOf(run, d.Environment))
		if err != nil {
			p.fail("%v", err)
		}
		for _, g := range all {
			if g.Deployment == d.ID {
				return g, true
			}
		}
	}
	return store.Gate{}, false
}

// stands is what there is to see, on GitHub and with us, that the next look leaves as it is.
func (p *production) stands(ctx context.Context) []string {
	var out []string
	for _, d := range p.deployments {
		g, _ := p.row(ctx, d)
		gist := ""
		if all := p.decisions[d.ID]; len(all) > 0 {
			gist, _ = gistOf(all[len(all)-1].decision)
		}
		out = append(out, fmt.Sprintf("deployment %d to %s of %s: %s, asked %v, answered %q, waits %v, told %q", d.ID, d.Environment, d.Commit[:7], d.State, d.Asked, d.Answer, d.Waits, d.Comments))
		out = append(out, fmt.Sprintf("  we: decided %s %s, said %q, %d reports, good %v, ungated %v", g.Answer, gist, g.Said, g.Reports, !g.GoodAt.IsZero(), g.Ungated))
	}
	for _, pull := range p.sim.Pulls(play.Repo) {
		out = append(out, p.conversation(pull.Number)...)
		rows, err := p.app.store.PostMortems(ctx, p.repo.ID, int64(pull.Number))
		if err != nil {
			p.fail("%v", err)
		}
		for _, row := range rows {
			out = append(out, fmt.Sprintf("post-mortem of %d by %d: #%d since %s until %s, reminded %d, overdue %v, complete %v, %s", row.Pull, row.Declared, row.Issue,
				row.StartedAt, row.DueAt, row.Reminded, row.OverdueAt, row.CompletedAt, row.Changed))
		}
	}
	for _, i := range p.sim.Issues(play.Repo) {
		out = append(out, fmt.Sprintf("issue %d by %s: open %v, gone %v", i.Number, i.By, i.Open, i.Gone))
		if !i.Gone {
			out = append(out, p.conversation(i.Number)...)
		}
	}
	return out
}

func (p *production) conversation(number int) []string {
	var out []string
	all, err := p.sim.Said(play.Repo, number)
	if err != nil {
		p.fail("%v", err)
	}
	for _, c := range all {
		out = append(out, fmt.Sprintf("%d: %s says %q %v", number, c.By, c.Body, c.Reactions))
	}
	return out
}

// waived reports whether an emergency waived a rule in a decision.
func waived(d deploy.Decision, rule string) bool {
	return slices.ContainsFunc(d.Verdict.Findings, func(f rules.Finding) bool { return f.Rule == rule && f.Outcome == rules.Waived })
}

// blocks reports whether a rule held a deployment.
func blocks(d deploy.Decision, rule string) bool {
	return slices.ContainsFunc(d.Verdict.Findings, func(f rules.Finding) bool { return f.Rule == rule && f.Outcome.Blocks() })
}
