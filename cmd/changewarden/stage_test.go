package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/evidence"
	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/githubsim/play"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/store/pgtest"
)

// stage is a simulated GitHub, a server in a process of its own and a database, with a proxy
// on each way between them. It is the play.Server of a history.
type stage struct {
	t      testing.TB
	sim    *githubsim.Server
	player *play.Player
	dir    string
	base   database
	url    string // of the database, as the server reaches it
	direct string // as the test does
	chance *rand.Rand
	fail   func(format string, args ...any)
	tally  *tally

	listen   string // where the server does, in all its lives
	ahead    atomic.Int64
	server   server
	up       bool
	verifier string

	api, hooks, sql *toxiproxy.Proxy // sql: nil with SQLite
}

// takenUp is how long after a process died its work can be taken up: its lease and the time
// in which its last request can arrive.
const takenUp = 76 * time.Second

func (s *stage) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())).UTC() }

// turn turns the clocks of everything forward.
func (s *stage) turn(d time.Duration) {
	ahead := time.Duration(s.ahead.Add(int64(d)))
	if s.up {
		_, _ = fmt.Fprintln(s.server.stdin, ahead) // of a process that just died nobody reads it
	}
}

// setUp makes GitHub, the proxies and an empty database, and starts the server.
func (s *stage) setUp(h play.History) error {
	state, err := githubsim.ParseState(strings.NewReader(play.State))
	if err != nil {
		return err
	}
	weather := play.NewWeather(h.Seed)
	s.sim, err = githubsim.New(githubsim.Options{
		Now: s.now, State: &state, Middleware: weather.Wrap, Client: &http.Client{Timeout: 10 * time.Second},
		OnUnknown: func(what string) { s.fail("the simulator does not model %s", what) },
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.sim.Start(l)
	s.player = &play.Player{GitHub: s.sim, Server: s, Weather: weather}
	key, _, err := evidence.GenerateKey("changewarden")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "ledger.key"), []byte(key+"\n"), 0o600); err != nil {
		return err
	}
	if s.direct, err = s.base.make(s.t, s.dir); err != nil {
		return err
	}
	s.url = s.direct
	if s.api, err = proxy(strings.TrimPrefix(s.sim.URL(), "http://")); err != nil {
		return err
	}
	if s.listen, err = s.vacant(); err != nil {
		return err
	}
	if s.hooks, err = proxy(s.listen); err != nil {
		return err
	}
	s.sim.SetWebhookURL("http://" + s.hooks.Listen + "/webhook")
	if s.base.through != nil {
		if s.sql, s.url, err = s.base.through(s.direct); err != nil {
			return err
		}
	}
	return s.start()
}

// tearDown ends everything.
func (s *stage) tearDown() {
	if s.up {
		s.die()
	}
	for _, p := range []*toxiproxy.Proxy{s.api, s.hooks, s.sql} {
		if p != nil {
			p.Stop()
		}
	}
	if s.sim != nil {
		s.sim.Close()
	}
}

// start begins a life of the server.
func (s *stage) start() (err error) {
	s.server, err = launch("changewarden-turned", s.dir, s.sim, "CHANGEWARDEN_LISTEN="+s.listen, "CHANGEWARDEN_GITHUB_API_URL=http://"+s.api.Listen, "CHANGEWARDEN_DATABASE_URL="+s.url,
		"CHANGEWARDEN_LEDGER_KEY_FILE="+filepath.Join(s.dir, "ledger.key"), turnedBy+"="+time.Duration(s.ahead.Load()).String())
	if err != nil {
		return err
	}
	s.up, s.verifier = true, s.server.verifier
	resp, err := http.Get(s.server.url + "/readyz") // answered once its start is on the worklist
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// vacant returns an address that nobody listens on, outside the range from which systems give
// ports to whoever asks for any.
func (s *stage) vacant() (string, error) {
	for try := 0; ; try++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(20000)))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
		if try == 100 {
			return "", err
		}
	}
}

// die kills the process, wherever it is.
func (s *stage) die() {
	_ = s.server.cmd.Process.Kill() // it may have ended by itself, which wait tells
	if err := s.server.wait(); err == nil {
		s.fail("the server ended by itself:\n%s", s.server.logged())
	}
	s.up = false
}

// Crash implements play.Server: kill -9 some thousandths of a second from now.
func (s *stage) Crash(operations int, _ time.Duration) {
	time.Sleep(time.Duration(s.chance.IntN(operations*4+1)) * time.Millisecond)
	s.die()
	s.tally.add("kill -9", 1)
	s.turn(takenUp)
	s.mustStart()
}

// Restart implements play.Server: SIGTERM, which has to end well.
func (s *stage) Restart() {
	if err := s.server.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.fail("%v", err)
	}
	if err := s.server.wait(); err != nil {
		s.fail("the server ended with %v:\n%s", err, s.server.logged())
	}
	s.up = false
	s.tally.add("SIGTERM", 1)
	s.mustStart()
}

// mustStart starts the server. It refuses to without its database, and whoever runs it starts
// it again until that is back, which is now.
func (s *stage) mustStart() {
	if s.sql != nil {
		s.sql.Toxics.ResetToxics(context.Background())
	}
	if err := s.start(); err != nil {
		s.fail("start: %v", err)
		panic(errStage)
	}
}

// errStage ends a history that cannot go on; what is wrong was told.
var errStage = errors.New("the stage is broken")

// settle lets everything come to rest, and turns the clock to what comes next, but never while
// a look is under way: its lease would lapse. With all it waits for every delivery that GitHub
// made: those that did not arrive are asked for again, ever more seldom.
func (s *stage) settle(ctx context.Context, all bool) error {
	db, err := store.OpenReadOnly(ctx, s.direct)
	if err != nil {
		return err
	}
	defer db.Close()
	limit, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	patience := 30 // for deliveries that are asked for: twenty minutes
	for still := 0; ; {
		s.player.Calm(ctx)
		resting, err := db.Resting(limit, s.now(), time.Hour)
		if err != nil {
			return fmt.Errorf("it does not come to rest: %w", err)
		}
		if resting && !waiting(s.sim) {
			if still++; still < 2 {
				continue
			}
			if missing, err := s.missing(limit, db); err != nil || !all || len(missing) == 0 || patience == 0 {
				return err
			}
			patience--
			s.turn(40 * time.Second)
			time.Sleep(20 * time.Millisecond)
		}
		still = 0
		leased, err := db.Leased(limit)
		if err != nil {
			return fmt.Errorf("it does not come to rest: %w", err)
		}
		next, found, err := db.NextDue(limit)
		if err != nil {
			return fmt.Errorf("it does not come to rest: %w", err)
		}
		if wait := next.Sub(s.now()); found && len(leased) == 0 && wait > 100*time.Millisecond {
			s.turn(min(wait, 40*time.Second))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// waiting says whether a delivery is queued.
func waiting(sim *githubsim.Server) bool {
	for _, d := range sim.Deliveries() {
		if d.Outcome == "queued" {
			return true
		}
	}
	return false
}

// proxies is what toxiproxy's proxies belong to.
var proxies = sync.OnceValue(func() *toxiproxy.ApiServer {
	quiet := zerolog.Nop()
	zerolog.DefaultContextLogger = &quiet // what the toxins log to
	return toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), quiet)
})

func proxy(upstream string) (*toxiproxy.Proxy, error) {
	p := toxiproxy.NewProxy(proxies(), upstream, "127.0.0.1:0", upstream)
	return p, p.Start()
}

// toxin puts a toxin on a proxy, in the direction upstream or downstream.
func toxin(p *toxiproxy.Proxy, kind, stream string, attributes string) error {
	_, err := p.Toxics.AddToxicJson(bytes.NewBufferString(fmt.Sprintf(
		`{"name": %q, "type": %q, "stream": %q, "toxicity": 1, "attributes": {%s}}`, kind+" "+stream, kind, stream, attributes)))
	return err
}

// database is what a history runs on.
type database struct {
	name string
	// make makes an empty database, which ends with t.
	make func(t testing.TB, dir string) (url string, err error)
	// through returns a proxy on the way to it, and its URL by that way. nil: there is no way.
	through func(direct string) (*toxiproxy.Proxy, string, error)
}

// sqliteFile is the database in a file.
var sqliteFile = database{
	name: "SQLite",
	make: func(_ testing.TB, dir string) (string, error) {
		made, err := os.MkdirTemp(dir, "data")
		return "sqlite://" + filepath.Join(made, "test.db"), err
	},
}

// postgreSQL is a database on a server that the tests share.
var postgreSQL = database{
	name: "PostgreSQL",
	make: func(t testing.TB, _ string) (string, error) { return pgtest.URL(t), nil },
	through: func(direct string) (*toxiproxy.Proxy, string, error) {
		u, err := url.Parse(direct)
		if err != nil {
			return nil, "", err
		}
		upstream := u.Host
		query := u.Query()
		if dir := query.Get("host"); strings.HasPrefix(dir, "/") { // a socket, which toxiproxy does not know
			l, err := relay(filepath.Join(dir, ".s.PGSQL.5432"))
			if err != nil {
				return nil, "", err
			}
			upstream = l
		}
		p, err := proxy(upstream)
		if err != nil {
			return nil, "", err
		}
		query.Del("host")
		query.Set("sslmode", "disable")
		u.Host, u.RawQuery = p.Listen, query.Encode()
		return p, u.String(), nil
	},
}

// relay listens on TCP for a socket in the file system, until the process ends.
func relay(socket string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", socket)
			if err != nil {
				_ = in.Close()
				continue
			}
			pass := func(to, from net.Conn) {
				_, _ = io.Copy(to, from)
				_, _ = to.Close(), from.Close()
			}
			go pass(in, out)
			go pass(out, in)
		}
	}()
	return l.Addr().String(), nil
}
