package play

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/changewarden/changewarden/app/githubsim"
)

// Server is the server under test, as far as a history has to do with it.
type Server interface {
	// Crash lets the process die in the middle of what it does, so many of its own operations
	// from now, and start again that much later.
	Crash(operations int, down time.Duration)
	// Restart stops it in good order and starts it again.
	Restart()
}

// Player plays a history on a world of State.
type Player struct {
	GitHub  *githubsim.Server
	Server  Server
	Weather *Weather

	// Machinery has further words about what is around the server, beside those of step.
	Machinery map[string]func(args []string) error

	sending sync.WaitGroup
	mu      sync.Mutex
	missed  bool // a delivery was lost
	behind  []func()
	reviews map[int][]int64
	runs    map[string]int64
	opened  map[string]int   // pull requests by the name of their branch, the newest
	jobs    map[string][]job // by environment, in the order in which they entered it
}

// Play plays all steps. A step that GitHub refuses, because what it is about is not there or
// not allowed, is passed over; an error is about a word that is none.
func (p *Player) Play(ctx context.Context, h History) error {
	p.reviews, p.runs = map[int][]int64{}, map[string]int64{}
	p.opened, p.jobs = map[string]int{}, map[string][]job{}
	if h.World == Production {
		if err := p.GitHub.SetEnvironment(Repo, "production", githubsim.Environment{Gate: true}); err != nil {
			return err
		}
	}
	for i, step := range h.Steps {
		err := p.step(ctx, strings.Fields(step))
		if _, refused := err.(*githubsim.Error); err != nil && !refused { //nolint:errorlint // people's steps return it bare
			return fmt.Errorf("step %d, %q: %w", i+1, step, err)
		}
		p.Send(ctx)
	}
	return nil
}

// Calm ends the bad weather and waits until what was on its way has arrived or is lost. It
// says whether any delivery was lost.
func (p *Player) Calm(ctx context.Context) (missed bool) {
	_ = p.Weather.set(nil) // no word, no error
	p.mu.Lock()
	for _, catchUp := range p.behind {
		catchUp()
	}
	p.behind = nil
	p.mu.Unlock()
	p.Send(ctx)
	p.sending.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	missed, p.missed = p.missed, false
	return missed
}

// Send sends what is queued: each delivery on its own way, as the weather has it. It does
// not wait for their arrival.
func (p *Player) Send(ctx context.Context) {
	for _, d := range p.GitHub.Take() {
		r := p.Weather.dice.throw("deliver %s %s %d", d.Event, d.Action, d.Repo)
		wait := within(r, 300*time.Millisecond)
		if p.Weather.strike(r, "lose") {
			p.lost()
			continue
		}
		if p.Weather.strike(r, "delay") {
			wait = within(r, time.Minute)
		}
		double := p.Weather.strike(r, "double")
		again := within(r, time.Minute)
		p.sending.Go(func() {
			time.Sleep(wait)
			first := p.GitHub.Post(ctx, d)
			if double {
				time.Sleep(again)
				if p.GitHub.Post(ctx, d) == nil {
					return
				}
			}
			if first != nil {
				p.lost()
			}
		})
	}
}

func (p *Player) lost() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missed = true
}

// step plays one step: WHO VERB …, or a word about the machinery.
func (p *Player) step(ctx context.Context, words []string) error {
	if len(words) == 0 {
		return nil
	}
	switch words[0] {
	case "wait":
		return p.wait(ctx, words[1:])
	case "weather":
		return p.Weather.set(words[1:])
	case "behind":
		return p.lag(words[1:])
	case "crash":
		if len(words) != 3 {
			return fmt.Errorf("want crash OPERATIONS DOWN")
		}
		n, err := strconv.Atoi(words[1])
		if err != nil {
			return err
		}
		down, err := time.ParseDuration(words[2])
		if err != nil {
			return err
		}
		p.Server.Crash(n, down)
		return nil
	case "restart":
		p.Server.Restart()
		return nil
	}
	if do, known := p.Machinery[words[0]]; known {
		return do(words[1:])
	}
	return p.act(words)
}

// wait DURATION lets time pass, and sends meanwhile what comes.
func (p *Player) wait(ctx context.Context, words []string) error {
	if len(words) != 1 {
		return fmt.Errorf("want wait DURATION")
	}
	d, err := time.ParseDuration(words[0])
	if err != nil {
		return err
	}
	look := max(100*time.Millisecond, d/600) // hours need not be watched so closely
	for ; d > 0; d -= look {
		time.Sleep(min(d, look))
		p.Send(ctx)
	}
	return nil
}

// behind PERCENT DURATION: so many of the reads are answered for that long as of now.
func (p *Player) lag(words []string) error {
	if len(words) != 2 {
		return fmt.Errorf("want behind PERCENT DURATION")
	}
	share, err := strconv.Atoi(words[0])
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(words[1])
	if err != nil {
		return err
	}
	catchUp := p.GitHub.Behind(p.stale(share))
	var once sync.Once
	end := func() { once.Do(catchUp) }
	p.mu.Lock()
	p.behind = append(p.behind, end)
	p.mu.Unlock()
	time.AfterFunc(d, end)
	return nil
}
