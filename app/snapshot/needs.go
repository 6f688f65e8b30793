package snapshot

import (
	"slices"
	"sync"

	"github.com/changewarden/changewarden/rules"
)

// needs remembers what the policy of each repository asks for beyond what is always read, so
// that one query reads it all: the policy comes with its answer. What was not foreseen is
// asked for once more. The zero needs is ready.
type needs struct {
	mu    sync.Mutex
	known map[int64][]rules.Fact // by repository
}

func (n *needs) of(repo int64) ([]rules.Fact, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	facts, ok := n.known[repo]
	return facts, ok
}

func (n *needs) set(repo int64, facts []rules.Fact) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.known == nil {
		n.known = map[int64][]rules.Fact{}
	}
	n.known[repo] = facts
}

// queried are the facts that the query reads where it is told to.
var queried = []rules.Fact{rules.FactText, rules.FactMessages, rules.FactLabelings, rules.FactThreads, rules.FactBehind}

// foreseen are the facts that the policy asked for the last time: before the first time,
// those that the floor does.
func (l *look) foreseen() []rules.Fact {
	if facts, known := l.needs.of(l.target.Repo); known {
		return facts
	}
	layer, err := l.policies.parse(l.Floor.layer(), l.Floor.File, l.Floor.Text)
	if err != nil {
		return nil // the floor's own error is for policyOf to return
	}
	return rules.Policy{Layers: []rules.Layer{layer}}.Needs()
}

// unforeseen reports whether the policy asks for a fact that the query can read and did not.
func (l *look) unforeseen(p rules.Policy) bool {
	facts := p.Needs()
	l.needs.set(l.target.Repo, facts)
	more := slices.ContainsFunc(facts, func(f rules.Fact) bool { return slices.Contains(queried, f) && !l.wants(f) })
	if more {
		l.want = facts
	}
	return more
}

func (l *look) wants(f rules.Fact) bool { return slices.Contains(l.want, f) }

// items are the kinds of timeline items to ask for.
func (l *look) items() []string {
	items := []string{"BASE_REF_CHANGED_EVENT", "AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT", "REVIEW_DISMISSED_EVENT"}
	if l.wants(rules.FactLabelings) {
		items = append(items, "LABELED_EVENT", "UNLABELED_EVENT")
	}
	return items
}
