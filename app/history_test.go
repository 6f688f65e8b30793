package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/githubsim/play"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/store"
)

// outcome is what is wrong after a history, and what helps to see why.
type outcome struct {
	wrong []string
	log   string
	lives int
}

// run plays a history against the server, lets both come to rest and holds them to the oracle.
func run(t *testing.T, h play.History) (o outcome) {
	synctest.Test(t, func(*testing.T) {
		o = playInside(h)
		time.Sleep(time.Minute) // time ends with this function: let what still waits for its own end
	})
	return o
}

func playInside(h play.History) (o outcome) {
	var mu sync.Mutex
	var log bytes.Buffer
	fail := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		o.wrong = append(o.wrong, fmt.Sprintf(format, args...))
	}
	state, err := githubsim.ParseState(strings.NewReader(play.State))
	if err != nil {
		fail("%v", err)
		return o
	}
	dir, err := fresh()
	if err != nil {
		fail("%v", err)
		return o
	}
	defer os.RemoveAll(dir)
	s := &inside{dir: dir, fail: fail, log: &locked{mu: &mu, w: &log}}
	weather := play.NewWeather(h.Seed)
	s.sim, err = githubsim.New(githubsim.Options{
		Now: time.Now, State: &state, URL: "http://127.0.0.1", WebhookURL: "http://127.0.0.1/webhook",
		Middleware: weather.Wrap, Client: &http.Client{Transport: s, Timeout: 10 * time.Second},
		OnUnknown: func(what string) { fail("the simulator does not model %s", what) },
	})
	if err != nil {
		fail("%v", err)
		return o
	}
	if err := s.start(); err != nil {
		fail("start: %v", err)
		return o
	}
	defer func() { s.stop(); o.log, o.lives = log.String(), s.lives }()
	ctx := context.Background()
	player := &play.Player{GitHub: s.sim, Server: s, Weather: weather}
	if err := player.Play(ctx, h); err != nil {
		fail("%v", err)
		return o
	}
	if missed := player.Calm(ctx); missed {
		s.Restart() // law 3: the sweep finds what deliveries did not tell
	}
	if err := s.settle(func() { player.Calm(ctx) }); err != nil {
		fail("%v", err)
		return o
	}
	audit(ctx, s, fail)
	compare(ctx, s, player, h, fail)
	return o
}

// audit holds the store to its promises: the ledger is whole, each verdict can be had again,
// and every delivery that was taken is there.
func audit(ctx context.Context, s *inside, fail func(string, ...any)) {
	verifier, err := note.NewVerifier(s.app.verifier)
	if err != nil {
		fail("%v", err)
		return
	}
	err = s.app.store.Evidence(ctx, func(src evidence.Source) error {
		reports, err := evidence.Verify(ctx, src, note.VerifierList(verifier))
		for _, r := range reports {
			if !r.OK() {
				fail("ledger: %s", r)
			}
		}
		return err
	})
	if err != nil {
		fail("verify: %v", err)
	}
	replayed, err := Replay(ctx, s.url())
	if err != nil || len(replayed.Differ) > 0 {
		fail("judged again: %+v, %v", replayed, err)
	}
	for _, d := range s.sim.Deliveries() {
		if d.Outcome != "OK" {
			continue
		}
		if _, found, err := s.app.store.Delivery(ctx, s.sim.AppID(), d.GUID); err != nil || !found {
			fail("delivery %s %s was accepted and is lost: %v", d.Event, d.GUID, err)
		}
	}
}

// face is what people and branch protection see of us at a head.
type face struct{ State, Description, By, Run, Title string }

func (s *inside) face(sha string) face {
	shown, err := s.sim.Show(play.Repo, sha, publish.Context, publish.RunName)
	if err != nil {
		return face{State: err.Error()}
	}
	f := face{State: shown.State, Description: shown.Description, By: shown.StatusBy, Run: shown.RunStatus, Title: shown.Title}
	if shown.Conclusion != "" {
		f.Run = shown.Conclusion
	}
	return f
}

// compare holds what stands on GitHub against what a single look in peace says: that of the
// server itself, started again, and that of one that has never seen any of it. The latter
// lacks what only a witness knows, such as that an approved head had the same content as the
// head now, so it is asked where nothing of this kind can have happened.
func compare(ctx context.Context, s *inside, player *play.Player, h play.History, fail func(string, ...any)) {
	heads := play.Heads(s.sim.Pulls(play.Repo))
	stood := map[string]face{}
	for _, sha := range heads {
		stood[sha] = s.face(sha)
	}
	look := func(who string, calm *inside) {
		if err := calm.settle(func() { player.Calm(ctx) }); err != nil {
			fail("%s: %v", who, err)
			return
		}
		repo, _, err := calm.app.store.RepositoryByName(ctx, "octo-org", "app")
		if err != nil {
			fail("%v", err)
			return
		}
		for _, sha := range heads {
			rows, err := calm.app.store.PullsByHead(ctx, repo.ID, sha)
			if err != nil {
				fail("%v", err)
			}
			governed := slices.ContainsFunc(rows, func(p store.Pull) bool { return p.Governed })
			was, is := stood[sha], calm.face(sha)
			switch {
			case governed && was != is:
				fail("%s shows\n\t%+v\n%s says\n\t%+v", sha[:8], was, who, is)
			case !governed && (was.State == "success" && strings.HasSuffix(was.By, "[bot]") || was.Run == "success"):
				fail("%s aims at no governed branch and shows %+v", sha[:8], was)
			}
		}
	}
	s.owed(ctx, stood, fail)
	s.Restart()
	look("the next look", s)
	if !h.Plain() {
		return
	}
	dir, err := fresh()
	if err != nil {
		fail("%v", err)
		return
	}
	defer os.RemoveAll(dir)
	s.stop()
	s.dir, dir = dir, s.dir
	if err := s.start(); err != nil {
		fail("start a server that knows nothing: %v", err)
		return
	}
	look("who knows nothing", s)
	s.stop()
	s.dir = dir
}

// owed holds what stands on GitHub against what the server last wanted there, where a change
// that is judged has the head: nobody takes back what others post on any other commit.
func (s *inside) owed(ctx context.Context, stood map[string]face, fail func(string, ...any)) {
	repo, _, err := s.app.store.RepositoryByName(ctx, "octo-org", "app")
	if err != nil {
		fail("%v", err)
	}
	for sha, was := range stood {
		rows, err := s.app.store.PullsByHead(ctx, repo.ID, sha)
		if err != nil {
			fail("%v", err)
		}
		if !slices.ContainsFunc(rows, func(p store.Pull) bool { return p.Governed }) {
			continue
		}
		pub, found, err := s.app.store.Publication(ctx, repo.ID, sha)
		var w publish.Wanted
		if err = errors.Join(err, decode(pub.Wanted, &w)); err != nil {
			fail("%v", err)
		}
		want := face{State: w.StatusState, Description: w.Description, By: "change-management[bot]", Run: cmp.Or(w.Conclusion, w.RunStatus), Title: w.Title}
		if found && was != want {
			fail("%s shows\n\t%+v\nthe store wants\n\t%+v", sha[:8], was, want)
		}
	}
}

// TestHistories plays those that showed a bug once.
func TestHistories(t *testing.T) {
	pages, err := filepath.Glob("../testdata/histories/*.txt")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	for _, page := range pages {
		t.Run(strings.TrimSuffix(filepath.Base(page), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			h, err := play.Parse(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if o := run(t, h); len(o.wrong) > 0 {
				t.Errorf("%s\n%s", strings.Join(o.wrong, "\n"), o.log)
			}
		})
	}
}

// locked is a writer for many.
type locked struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

var (
	histories = flag.Int("histories", 40, "how many random histories are played")
	firstSeed = flag.Uint64("seed", 1, "the seed of the first of them; the others follow")
)

// shrinks is how many shorter histories are tried for one that fails.
const shrinks = 60

// TestRandomHistories is behaviours 23 and 24, and law 4: whatever happens, at rest
// GitHub shows what a server says that looks at the world once, in peace.
func TestRandomHistories(t *testing.T) {
	seeds := make(chan uint64)
	var failed atomic.Int64
	var players sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		players.Go(func() {
			for seed := range seeds {
				h := play.Random(seed)
				o := run(t, h)
				if len(o.wrong) == 0 {
					continue
				}
				t.Errorf("seed %d: %s\nplay it again: go test ./app -run TestRandomHistories -seed %[1]d -histories 1", seed, strings.Join(o.wrong, "\n"))
				if failed.Add(1); *histories == 1 {
					t.Logf("%s\n%s", h, o.log)
					t.Logf("cut down:\n%s", play.Shrink(h, shrinks, func(h play.History) bool { return len(run(t, h).wrong) > 0 }))
				}
			}
		})
	}
	for seed := *firstSeed; seed < *firstSeed+uint64(*histories) && failed.Load() < 5; seed++ {
		seeds <- seed
	}
	close(seeds)
	players.Wait()
}
