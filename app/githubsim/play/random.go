package play

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Random returns the history of a seed. The same seed is the same history as long as nothing
// in this file changes: what is to be kept is kept as a page.
func Random(seed uint64) History {
	m := &maker{r: rand.New(rand.NewPCG(seed, 0x5eed)), plain: seed%3 == 0}
	m.begin()
	for range 8 + m.r.IntN(25) {
		m.next()
	}
	return History{Seed: seed, Steps: m.steps}
}

// maker makes histories that mostly make sense: it remembers what was opened.
type maker struct {
	r        *rand.Rand
	steps    []string
	branches []string
	pulls    int
	plain    bool // see History.Plain
}

func (m *maker) say(format string, args ...any) {
	step := fmt.Sprintf(format, args...)
	if m.plain && !(History{Steps: []string{step}}).Plain() {
		return
	}
	m.steps = append(m.steps, step)
}

func pick[T any](m *maker, of ...T) T { return of[m.r.IntN(len(of))] }

func (m *maker) writer() string { return pick(m, "ann", "bob", "carol", "dave") }
func (m *maker) anybody() string {
	return pick(m, "ann", "bob", "bob", "carol", "carol", "dave", "erin", "mallory", "olga")
}
func (m *maker) base() string { return pick(m, "main", "main", "main", "release/1", "lab") }
func (m *maker) pull() int    { return 1 + m.r.IntN(max(m.pulls, 1)) }
func (m *maker) change() string {
	return pick(m, "main.go", "main.go", "docs/a.md", "auth/x.go") + "=" + pick(m, "one", "two", "three", "four", "five")
}

// begin sets the weather of the day, and opens the first change.
func (m *maker) begin() {
	m.strikes()
	m.open()
}

// strikes changes the weather: most days have one or two things wrong with them.
func (m *maker) strikes() {
	var strikes []string
	for _, what := range []string{"lose", "double", "delay", "refuse", "cut", "forget", "hang", "limit"} {
		if percent(m.r, 22) {
			strikes = append(strikes, fmt.Sprintf("%s=%d", what, pick(m, 3, 10, 30)))
		}
	}
	if len(strikes) > 0 {
		m.say("weather %s", strings.Join(strikes, " "))
	}
}

func (m *maker) open() {
	branch := fmt.Sprintf("topic-%d", len(m.branches)+1)
	if len(m.branches) > 0 && percent(m.r, 25) { // the same branch again, or the same head
		old := pick(m, m.branches...)
		if percent(m.r, 50) {
			branch = old
		} else {
			m.say("%s force %s #%d", m.writer(), branch, m.pull())
		}
	} else {
		m.say("%s push %s %s", m.writer(), branch, m.change())
	}
	draft := ""
	if percent(m.r, 10) {
		draft = " draft"
	}
	m.say("%s open %s %s%s", m.writer(), branch, m.base(), draft)
	if !slices.Contains(m.branches, branch) {
		m.branches = append(m.branches, branch)
	}
	m.pulls++
}

// choice is something that may happen.
type choice struct {
	weight int
	do     func()
}

// one does one of the choices, each as often as it weighs.
func (m *maker) one(choices []choice) {
	total := 0
	for _, c := range choices {
		total += c.weight
	}
	at := m.r.IntN(total)
	for _, c := range choices {
		if at -= c.weight; at < 0 {
			c.do()
			return
		}
	}
}

// next adds a step, and often time for it to have an effect, or none.
func (m *maker) next() {
	n := m.pull()
	choices := []choice{
		{4, m.open},
		{14, func() { m.say("%s approve %d", m.anybody(), n) }},
		{4, func() { m.say("%s objects %d", m.anybody(), n) }},
		{1, func() { m.say("%s comments %d", m.anybody(), n) }},
		{7, func() { m.say("%s dismiss %d %d", m.writer(), n, m.r.IntN(3)) }},
		{6, func() { m.say("%s push %s %s", m.writer(), pick(m, m.branches...), m.change()) }},
		{3, func() {
			m.say("%s force %s %s %s", m.writer(), pick(m, m.branches...), pick(m, "main", "release/1"), m.change())
		}},
		{2, func() { m.say("%s force %s #%d", m.writer(), pick(m, m.branches...), n) }},
		{2, func() { m.say("%s push main %s", m.writer(), m.change()) }},
		{1, func() { m.say("%s delete %s", m.writer(), pick(m, append(m.branches, "lab", "release/1")...)) }},
		{4, func() { m.say("%s update %d", m.writer(), n) }},
		{6, func() { m.say("%s retarget %d %s", m.writer(), n, m.base()) }},
		{3, func() { m.say("%s %s %d risky", m.writer(), pick(m, "label", "unlabel"), n) }},
		{3, func() { m.say("%s %s %d", m.writer(), pick(m, "draft", "ready"), n) }},
		{4, func() { m.say("%s close %d", m.writer(), n) }},
		{4, func() { m.say("%s reopen %d", m.writer(), n) }},
		{3, func() { m.say("%s merge %d %s", m.writer(), n, pick(m, "merge", "squash", "rebase")) }},
		{2, func() { m.say("%s title %d T%d", m.writer(), n, m.r.IntN(9)) }},
		{14, func() {
			m.say("%s reports %d %s %s", pick(m, "octo-ci", "octo-ci", "other-ci", "github-actions"), n, pick(m, "test", "test", "test", "lint"),
				pick(m, "running", "success", "success", "success", "failure"))
		}},
		{2, func() {
			m.say("%s status %d %s %s", m.writer(), n, pick(m, "test", "lint"), pick(m, "success", "failure", "pending"))
		}},
		{5, func() {
			m.say("%s status %d change-management %s", m.writer(), n, pick(m, "success", "success", "pending", "failure"))
		}},
		{2, func() { m.say("%s rerequests %d", m.writer(), n) }},
		{2, func() { m.say("olga policy %s", pick(m, "one", "two", "teams", "fresh")) }},
		{3, func() {
			m.say("olga %s %s %s", pick(m, "adds", "removes"), pick(m, "ann", "bob", "carol", "dave", "erin"), pick(m, "engineers", "security", "senior-engineers"))
		}},
		{2, func() {
			m.say("olga permits %s %s", pick(m, "erin", "mallory", "bob"), pick(m, "none", "read", "write", "admin"))
		}},
		{4, func() { m.say("crash %d %s", 1+m.r.IntN(40), within(m.r, 20*time.Second).Round(time.Millisecond)) }},
		{1, func() { m.say("restart") }},
		{5, func() {
			m.say("behind %d %s", pick(m, 30, 70, 100), within(m.r, 8*time.Second).Round(time.Millisecond))
		}},
	}
	m.one(choices)
	switch m.r.IntN(10) {
	case 0, 1, 2:
	case 3, 4, 5, 6:
		m.say("wait %s", within(m.r, time.Second).Round(time.Millisecond))
	case 7, 8:
		m.say("wait %s", within(m.r, 5*time.Second).Round(time.Millisecond))
	default:
		m.say("wait %s", within(m.r, time.Minute).Round(time.Millisecond))
	}
}
