// Package play makes random histories of what people, machines, networks and GitHub itself
// do around a server, and plays them on a simulated GitHub. A history is text, a step a line,
// so that one that showed a bug can be kept as a page, cut down and read. The server is
// somebody else's: package play knows it by the Server interface alone, in this process or in
// another.
package play

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// History is what happens, in order. The seed decides what the steps leave to chance: how
// long each request takes, and which deliveries and requests the weather strikes.
type History struct {
	Seed  uint64
	World string   // Production; empty: that of State
	Steps []string // see Player.step for the words
}

// String returns the history as a page.
func (h History) String() string {
	world := ""
	if h.World != "" {
		world = "world " + h.World + "\n"
	}
	return fmt.Sprintf("seed %d\n%s%s\n", h.Seed, world, strings.Join(h.Steps, "\n"))
}

// State is the world to begin with, for githubsim.ParseState.
func (h History) State() string {
	if h.World == Production {
		return productionState
	}
	return State
}

// Parse reads a page. Lines that begin with # are for people, and so are empty ones.
func Parse(r io.Reader) (History, error) {
	var h History
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		seed, isSeed := strings.CutPrefix(line, "seed ")
		world, isWorld := strings.CutPrefix(line, "world ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case isSeed:
			var err error
			if h.Seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
				return History{}, fmt.Errorf("read history: %q: %w", line, err)
			}
		case isWorld:
			if h.World = world; world != Production {
				return History{}, fmt.Errorf("read history: there is no world %q", world)
			}
		default:
			h.Steps = append(h.Steps, line)
		}
	}
	if err := lines.Err(); err != nil {
		return History{}, fmt.Errorf("read history: %w", err)
	}
	return h, nil
}

// Plain reports whether nothing in a history has to be seen to be known: what brings the
// content of one head to another, objections by those who contribute later, and that somebody was
// put into a team by whoever has a commit in a change. In the world of Production everything has:
// what was merged, and said, and approved there.
func (h History) Plain() bool {
	if h.World == Production {
		return false
	}
	pushed, adds, commits := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, step := range h.Steps {
		if words := strings.Fields(step); len(words) > 1 {
			adds[words[0]] = adds[words[0]] || words[1] == "adds"
			commits[words[0]] = commits[words[0]] || words[1] == "push" || words[1] == "policy"
			if adds[words[0]] && commits[words[0]] {
				return false
			}
		}
		if _, push, ok := strings.Cut(step, " push "); ok && pushed[push] {
			return false // its branch may have had that content before
		} else if ok {
			pushed[push] = true
		}
	}
	return !slices.ContainsFunc(h.Steps, func(step string) bool {
		words := strings.Fields(step)
		return len(words) > 1 && slices.Contains(seen, words[1])
	})
}

// seen are the verbs of what has to be seen.
var seen = []string{"update", "force", "delete", "merge", "objects"}

// Shrink leaves out steps as long as the rest fails too, most of them at once first, and
// returns the shortest history that it found within so many tries.
func Shrink(h History, tries int, fails func(History) bool) History {
	for size := max(len(h.Steps)/2, 1); ; size = max(size/2, 1) {
		shorter := false
		for at := 0; at < len(h.Steps) && tries > 0; {
			tries--
			cut := History{Seed: h.Seed, World: h.World, Steps: slices.Delete(slices.Clone(h.Steps), at, min(at+size, len(h.Steps)))}
			if fails(cut) {
				h, shorter = cut, true
			} else {
				at += size
			}
		}
		if tries <= 0 || size == 1 && !shorter {
			return h
		}
	}
}
