package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app/githubsim"
	"github.com/changewarden/changewarden/app/subject"
)

// errDead is what everything returns to a process that was killed.
var errDead = errors.New("the process is dead")

// process is one life of a server in this process: it ends by a cut, after which none of its
// transactions is committed and none of its requests is sent.
type process struct {
	mu   sync.Mutex
	left int // operations until it dies; below 0: it lives on
	dead chan struct{}
	busy map[subject.Subject]bool
	fail func(format string, args ...any)
}

// operate counts one operation, and fails from the fatal one on.
func (p *process) operate() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.dead:
		return errDead
	default:
	}
	if p.left < 0 {
		return nil
	}
	if p.left--; p.left >= 0 {
		return nil
	}
	close(p.dead)
	return errDead
}

// look sees to it that no subject is evaluated twice at once.
func (p *process) look(at subject.Subject) (ended func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy[at] {
		p.fail("%s is evaluated twice at once", at.Key())
	}
	p.busy[at] = true
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.busy, at)
	}
}

// wire carries requests to GitHub without a network.
type wire struct {
	github  http.Handler
	process *process
}

func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := w.process.operate(); err != nil {
		return nil, err
	}
	resp, err := carry(w.github, req)
	if dead := w.process.operate(); dead != nil {
		return nil, dead
	}
	return resp, err
}

// carry lets a handler answer, unless the caller gives up before: then it goes on alone.
func carry(h http.Handler, req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		_ = req.Body.Close()
	}
	served := req.Clone(context.WithoutCancel(req.Context()))
	served.Body, served.RequestURI, served.RemoteAddr = io.NopCloser(bytes.NewReader(body)), req.URL.RequestURI(), "192.0.2.1:1234"
	out := httptest.NewRecorder()
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		h.ServeHTTP(out, served)
	}()
	select {
	case <-req.Context().Done():
		return nil, req.Context().Err()
	case broken := <-done:
		if err, aborted := broken.(error); aborted && errors.Is(err, http.ErrAbortHandler) {
			return nil, io.ErrUnexpectedEOF
		}
		if broken != nil {
			panic(broken)
		}
	}
	resp := out.Result()
	resp.Request = req
	return resp, nil
}

// silent is a listener that nobody calls.
type silent struct {
	once sync.Once
	gone chan struct{}
}

func (s *silent) Accept() (net.Conn, error) { <-s.gone; return nil, net.ErrClosed }
func (s *silent) Close() error              { s.once.Do(func() { close(s.gone) }); return nil }
func (s *silent) Addr() net.Addr            { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

// inside runs the server in this process, under synctest: no network, no time that passes.
type inside struct {
	sim  *githubsim.Server
	dir  string
	fail func(format string, args ...any)
	log  io.Writer

	mu      sync.Mutex
	app     *App // nil: it is down
	process *process
	stop    func()
	lives   int
	down    sync.WaitGroup // restarts under way
}

// RoundTrip delivers to whichever server is up.
func (s *inside) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	app, process := s.app, s.process
	s.mu.Unlock()
	if app == nil {
		return nil, errors.New("connection refused")
	}
	resp, err := carry(app.Handler(), req)
	if dead := process.operate(); dead != nil {
		return nil, dead
	}
	return resp, err
}

func (s *inside) url() string { return "sqlite://" + filepath.Join(s.dir, "test.db") }

// start begins a life.
func (s *inside) start() error {
	s.lives++
	p := &process{left: -1, dead: make(chan struct{}), busy: map[subject.Subject]bool{}, fail: s.fail}
	o := Options{
		Listen: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Version: "test", DatabaseURL: s.url(),
		GitHubURL: "http://127.0.0.1", GitHubAPIURL: "http://127.0.0.1", AppID: s.sim.AppID(),
		PrivateKey: s.sim.AppKey(), WebhookSecrets: [][]byte{s.sim.WebhookSecret()},
		Now: func() time.Time { return time.Now().UTC() },
		seams: seams{
			transport: wire{s.sim.Handler(), p}, commit: p.operate, look: p.look,
			jitter: func(time.Duration) time.Duration { return 0 },
		},
	}
	ctx, cancel := context.WithCancel(zerolog.New(s.log).With().Timestamp().Int("life", s.lives).Logger().WithContext(context.Background()))
	a, err := New(ctx, o)
	if err != nil {
		cancel()
		return err
	}
	a.poll = time.Hour // every wake-up has to come
	done := make(chan error, 1)
	go func() { done <- a.Serve(ctx, &silent{gone: make(chan struct{})}) }()
	s.mu.Lock()
	s.app, s.process = a, p
	s.stop = sync.OnceFunc(func() {
		s.mu.Lock()
		s.app = nil
		s.mu.Unlock()
		cancel()
		err := <-done
		select {
		case <-p.dead:
		default:
			if err != nil {
				s.fail("serve: %v", err)
			}
		}
		if err := a.Close(); err != nil {
			s.fail("close: %v", err)
		}
	})
	s.mu.Unlock()
	return nil
}

// Restart implements play.Server.
func (s *inside) Restart() {
	s.down.Wait() // a crash restarts it anyway
	s.stop()
	if err := s.start(); err != nil {
		s.fail("start: %v", err)
	}
}

// Crash implements play.Server. One crash at a time can lie ahead.
func (s *inside) Crash(operations int, down time.Duration) {
	s.mu.Lock()
	p, stop := s.process, s.stop
	s.mu.Unlock()
	if s.app == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left >= 0 {
		return
	}
	p.left = operations
	s.down.Go(func() {
		for {
			select {
			case <-p.dead:
				stop()
				time.Sleep(down)
				if err := s.start(); err != nil {
					s.fail("start after a crash: %v", err)
				}
				return
			case <-time.After(time.Minute): // it had nothing to do any more
				p.mu.Lock()
				alive := p.left >= 0
				p.left = -1
				p.mu.Unlock()
				if alive {
					return
				}
			}
		}
	})
}

// settle waits until the server has nothing to do any more, not even in the next hour. send
// sends what is queued and waits for its arrival.
func (s *inside) settle(send func()) error {
	s.down.Wait()
	ctx := context.Background()
	for began := s.app.now(); s.app.now().Sub(began) < 12*time.Hour; {
		send()
		time.Sleep(time.Second)
		resting, err := s.app.store.Resting(ctx, s.app.now(), time.Hour)
		if err != nil {
			return err
		}
		if resting && !s.waiting() {
			return nil
		}
		if next, found, err := s.app.store.NextDue(ctx); err != nil {
			return err
		} else if found && !s.waiting() {
			time.Sleep(max(0, next.Sub(s.app.now())))
		}
	}
	return errors.New("it does not come to rest within hours")
}

// waiting says whether a delivery is queued.
func (s *inside) waiting() bool {
	return slices.ContainsFunc(s.sim.Deliveries(), func(d githubsim.Delivery) bool { return d.Outcome == "queued" })
}

// empty is a database that was opened once, with its key: migrating takes longer than most
// histories.
var empty = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp(shm(), "changewarden-model-")
	if err != nil {
		return "", err
	}
	o := Options{DatabaseURL: "sqlite://" + filepath.Join(dir, "test.db")}
	s, _, err := openStore(context.Background(), o, "127.0.0.1")
	if err != nil {
		return "", err
	}
	return dir, s.Close()
})

// fresh makes a directory with an empty database.
func fresh() (string, error) {
	from, err := empty()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(shm(), "changewarden-model-")
	if err != nil {
		return "", err
	}
	return dir, os.CopyFS(dir, os.DirFS(from))
}

// shm is a directory in memory where there is one.
func shm() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}
