package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/changewarden/changewarden/app/githubsim/play"
)

var (
	chaosFor  = flag.Duration("chaos", 0, "for how long TestChaos begins new histories; 0: one for each database")
	chaosSeed = flag.Uint64("chaos.seed", 1, "the seed of the first history; the others follow")
	kills     = flag.Int("chaos.kills", 1, "how many histories TestKilled plays on each database")
	atOnce    = flag.Int("chaos.parallel", 2, "how many histories are played at once")
)

// databases are those that are tested.
var databases = []database{sqliteFile, postgreSQL}

// Behaviour 26, the process: killed by its id at any instant, it takes up what it left, and
// at rest GitHub shows what a calm look gives.
func TestKilled(t *testing.T) {
	for _, base := range databases {
		t.Run(base.name, func(t *testing.T) {
			var all tally
			left := *kills
			play := func(seed uint64) { chaos(t, base, seed, nil, &all) }
			many(func() bool { left--; return left >= 0 }, play)
			t.Logf("%s\n%s", base.name, &all)
		})
	}
}

// Behaviour 26, and what is around it: while people work, the ways between server, GitHub and
// database break, the disk is full, the process is killed; the audit at the end finds nothing.
func TestChaos(t *testing.T) {
	began := time.Now()
	for _, base := range databases {
		t.Run(base.name, func(t *testing.T) {
			var all tally
			first := true
			end := began.Add(*chaosFor * time.Duration(1+slices.IndexFunc(databases, func(d database) bool { return d.name == base.name })) / time.Duration(len(databases)))
			more := func() bool {
				defer func() { first = false }()
				return first || time.Now().Before(end)
			}
			many(more, func(seed uint64) {
				chance := rand.New(rand.NewPCG(seed, 0xfa17))
				chaos(t, base, seed, pick(chance, base), &all)
			})
			t.Logf("%s\n%s", base.name, &all)
		})
	}
}

// many plays histories, some at once, while there are more.
func many(more func() bool, play func(seed uint64)) {
	seeds := make(chan uint64)
	var players sync.WaitGroup
	for range *atOnce {
		players.Go(func() {
			for seed := range seeds {
				play(seed)
			}
		})
	}
	for seed := *chaosSeed; more(); seed++ {
		seeds <- seed
	}
	close(seeds)
	players.Wait()
}

// chaos plays the history of a seed on a stage of its own, with faults, lets it come to rest
// and audits it.
func chaos(t *testing.T, base database, seed uint64, faults []fault, all *tally) {
	t.Helper()
	dir, err := os.MkdirTemp("", "chaos-") //nolint:usetesting // one of many, gone before the test ends
	if err != nil {
		t.Error(err)
		return
	}
	defer os.RemoveAll(dir)
	own := &scoped{TB: t}
	defer own.end()
	s := &stage{t: own, dir: dir, base: base, chance: rand.New(rand.NewPCG(seed, 0xc4a05)), tally: all}
	h := outside(play.Random(seed), s.chance, faults)
	wrong := false
	s.fail = func(format string, args ...any) {
		wrong = true
		all.add("differences", 1)
		t.Errorf("seed %d on %s: %s", seed, base.name, fmt.Sprintf(format, args...))
	}
	defer s.tearDown()
	defer func() {
		if broken := recover(); broken != nil && broken != any(errStage) {
			panic(broken)
		}
		if wrong {
			t.Logf("%s\n%s", h, s.server.logged())
		}
	}()
	ctx := context.Background()
	err = s.setUp(h)
	if err == nil {
		err = s.playWith(ctx, h, faults)
	}
	if err == nil {
		s.player.Calm(ctx)
		s.Restart() // which asks for the deliveries that were not taken
		err = s.settle(ctx, true)
	}
	if err == nil {
		err = s.audit(ctx, h)
	}
	if err != nil {
		s.fail("%v", err)
	}
	all.add("histories", 1)
	if played := all.of("histories"); played%20 == 0 { // so that one that is stopped has told something
		t.Logf("%d histories on %s, %d differences", played, base.name, all.of("differences"))
	}
}

// scoped is a test whose cleanups come before its end: what a history made goes with it.
type scoped struct {
	testing.TB
	later []func()
}

func (s *scoped) Cleanup(f func()) { s.later = append(s.later, f) }

func (s *scoped) end() {
	for _, f := range slices.Backward(s.later) {
		f()
	}
}

// playWith plays a history with the words for faults.
func (s *stage) playWith(ctx context.Context, h play.History, faults []fault) error {
	mends := map[string]func() error{}
	find := func(args []string) (fault, error) {
		i := slices.IndexFunc(faults, func(f fault) bool { return f.name == strings.Join(args, " ") })
		if i < 0 {
			return fault{}, fmt.Errorf("no fault %q", args)
		}
		return faults[i], nil
	}
	s.player.Machinery = map[string]func([]string) error{
		"fault": func(args []string) error {
			f, err := find(args)
			if err != nil {
				return err
			}
			mends[f.name], err = f.strike(s)
			s.tally.add(f.name, 1)
			return err
		},
		"mend": func(args []string) error {
			f, err := find(args)
			if err != nil || mends[f.name] == nil {
				return errors.Join(err, fmt.Errorf("%q is not broken", args))
			}
			return mends[f.name]()
		},
	}
	return s.player.Play(ctx, h)
}

// outside makes a history fit for a world where time passes by itself: without what takes
// long and is played in process, with more kills, and with faults, which last some steps.
func outside(h play.History, chance *rand.Rand, faults []fault) play.History {
	out := play.History{Seed: h.Seed}
	for i, step := range h.Steps {
		words := strings.Fields(step)
		switch words[0] {
		case "wait":
			step = fmt.Sprintf("wait %dms", 100*(1+chance.IntN(3)))
		case "behind":
			step = fmt.Sprintf("behind %s %dms", words[1], 100+chance.IntN(900))
		case "weather":
			words = slices.DeleteFunc(words, func(w string) bool {
				return strings.HasPrefix(w, "hang") || strings.HasPrefix(w, "delay") || strings.HasPrefix(w, "double")
			})
			step = strings.Join(words, " ")
		}
		out.Steps = append(out.Steps, step)
		if faults == nil && i%6 == 5 {
			out.Steps = append(out.Steps, fmt.Sprintf("crash %d 0s", 1+chance.IntN(60)))
		}
	}
	for i, f := range faults { // one after the other
		part := len(out.Steps) / len(faults)
		from := i*part + chance.IntN(max(part-3, 1))
		to := min(from+3+chance.IntN(4), (i+1)*part)
		out.Steps = slices.Insert(out.Steps, min(to+2*i, len(out.Steps)), "mend "+f.name)
		out.Steps = slices.Insert(out.Steps, min(from+2*i, len(out.Steps)), "fault "+f.name)
	}
	return out
}

// tally counts.
type tally struct {
	mu    sync.Mutex
	names []string
	count map[string]int
}

func (c *tally) add(name string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count == nil {
		c.count = map[string]int{}
	}
	if _, known := c.count[name]; !known {
		c.names = append(c.names, name)
	}
	c.count[name] += n
}

func (c *tally) of(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count[name]
}

// String is the table.
func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	slices.Sort(c.names)
	for _, name := range c.names {
		fmt.Fprintf(w, "| %s\t| %d\t|\n", name, c.count[name])
	}
	fmt.Fprintf(w, "| differences\t| %d\t|\n", c.count["differences"])
	_ = w.Flush() // into memory
	return b.String()
}
