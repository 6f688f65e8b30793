package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/changewarden/changewarden/rules"
)

// Context and RunName are the two contexts that a branch's protection requires, bound to
// the app. They differ, because GitHub takes a status and a run of one name for one check
// of which both have to pass.
const (
	Context = "change-management"
	RunName = "Change Management"
)

// The states, run statuses and conclusions that we write, in GitHub's words.
const (
	StateSuccess = "success"
	StatePending = "pending"
	StateFailure = "failure"
	StateError   = "error"

	RunInProgress = "in_progress"
	RunCompleted  = "completed"

	ConclusionSuccess        = "success"
	ConclusionFailure        = "failure"
	ConclusionActionRequired = "action_required"
)

// Wanted is what one head should show on GitHub. The zero Wanted wants nothing: whatever
// stands stays, and a head without an answer stays without one, which blocks.
type Wanted struct {
	Outcome      rules.Outcome `json:"outcome"`
	StatusState  string        `json:"state"`
	RunStatus    string        `json:"run_status"`
	Conclusion   string        `json:"conclusion,omitempty"` // empty while in progress
	Title        string        `json:"title"`
	Summary      string        `json:"summary"`     // Markdown, without the ledger's line
	Description  string        `json:"description"` // at most 140 characters
	Annotations  []Annotation  `json:"annotations,omitempty"`
	AnnotatedKey string        `json:"annotated_key,omitempty"` // of head and policy: annotations are sent once for each
	Digest       string        `json:"digest"`                  // of all that decides whether a publication changed: no time, no ledger, no policy's commit
	TargetURL    string        `json:"target_url,omitempty"`    // the change's page; empty: Details shows the run itself
	ChecksURL    string        `json:"checks_url,omitempty"`    // the checks page of a pull request, where the run's own address is not known yet
	Actions      []Action      `json:"actions,omitempty"`       // the run's buttons
	NoStatus     bool          `json:"no_status,omitempty"`     // GitHub takes no more statuses there: the run alone answers
}

// Nothing reports whether there is nothing to publish.
func (w Wanted) Nothing() bool { return w.Digest == "" }

// The levels of annotations about a proposed policy.
const (
	levelFailure = "failure" // for this it would not take effect
	levelWarning = "warning"
)

// Annotation is a note at a line of a file in the head.
type Annotation struct {
	Path    string `json:"path"`
	Line    int    `json:"line"`             // from 1
	Column  int    `json:"column,omitempty"` // in characters, from 1; 0: the whole line
	Level   string `json:"level,omitempty"`  // levelFailure or levelWarning, about a proposed policy; empty: a notice
	Message string `json:"message"`
}

// Ledger is where the account's log stood when the publication was recorded. GitHub thereby
// keeps a copy of the root that nobody of us can take back.
type Ledger struct {
	Log  int64  // the account's numeric id
	Size int64  // records
	Root string // base64
}

func (l Ledger) line() string {
	if l.Size == 0 {
		return ""
	}
	return fmt.Sprintf("\n\n---\nEvidence: ledger %d, %d records, root %s\n", l.Log, l.Size, code(l.Root))
}

// answer is how an outcome reads on GitHub: waiting is not broken, and what cannot be
// judged is neither waiting nor somebody's failure.
func answer(o rules.Outcome) (state, status, conclusion string) {
	switch o {
	case rules.Pass:
		return StateSuccess, RunCompleted, ConclusionSuccess
	case rules.Pending:
		return StatePending, RunInProgress, ""
	case rules.Fail:
		return StateFailure, RunCompleted, ConclusionFailure
	default:
		return StateError, RunCompleted, ConclusionActionRequired
	}
}

// stateLevel orders states from what lets a change through to what stands in its way the
// most. No status at all is as pending: it blocks and accuses nobody. What we never write
// is the worst, so that anything of ours in its place is an improvement.
func stateLevel(state string) int {
	switch state {
	case StateSuccess:
		return 0
	case "", StatePending:
		return 1
	case StateFailure:
		return 2
	default:
		return 3
	}
}

// runLevel orders runs as stateLevel does states. Other conclusions that satisfy a required
// check are as good as success.
func runLevel(status, conclusion string) int {
	if status != RunCompleted {
		return 1
	}
	switch conclusion {
	case ConclusionSuccess, "neutral", "skipped":
		return 0
	case ConclusionFailure:
		return 2
	default:
		return 3
	}
}

// fixed is a publication that no verdict stands behind.
func fixed(o rules.Outcome, title, summary string) Wanted {
	w := Wanted{Outcome: o, Title: title, Summary: summary, Description: cut(title, maxDescription)}
	w.StatusState, w.RunStatus, w.Conclusion = answer(o)
	w.Digest = digest(string(o), title, summary)
	return w
}

// Rebased is what stands on a head from the moment its pull request aims at another base
// until it is judged for that one: what was said was said about something else.
func Rebased() Wanted {
	return fixed(rules.Pending, "The base branch changed; judging again",
		"**The base branch changed.** What was judged before aimed at another branch, so it is judged again. Nothing needs to be done.")
}

// GroupRead is the answer to a merge group that could not be looked at yet: silence would
// read as if nobody had heard of it.
func GroupRead() Wanted {
	return fixed(rules.Pending, "The merge group is being judged",
		"**The merge group is being judged.** GitHub did not yet tell all that it takes, so it is asked again. Nothing needs to be done.")
}

// Heavier returns the one of two publications for a commit that stands more in its way; of
// two that weigh the same the first.
func Heavier(a, b Wanted) Wanted {
	switch {
	case a.Nothing():
		return b
	case b.Nothing() || runLevel(b.RunStatus, b.Conclusion) <= runLevel(a.RunStatus, a.Conclusion):
		return a
	}
	return b
}

// Announcement stands once on the root commit of a repository's default branch, so that
// GitHub offers both contexts when somebody makes them required. No pull request can have
// that commit as its head, because its base contains it.
func Announcement() Wanted {
	return fixed(rules.Pass, "Change Management is installed",
		"**Change Management is installed.** No change is judged by this entry: it lets an administrator of the repository select the check "+
			code(RunName)+" and the status "+code(Context)+" as required for a branch, with this app as their source.")
}

// Full is what a head shows instead of w where GitHub takes no more statuses of our context.
// Whatever status stands there cannot be corrected any more, so the run holds the change.
func Full(w Wanted) Wanted {
	if w.Nothing() {
		return w
	}
	const title = "Push a new commit: GitHub takes no more statuses on this one"
	held := fixed(rules.Indeterminate, title,
		"**"+title+".** It keeps a thousand statuses of one commit in the context "+code(Context)+", and they are used up. "+
			"What the status shows cannot be corrected any more, so this check holds the change, whatever the status says. "+
			"Whoever can push to the branch can release it: a new commit, an empty one too, is judged anew.\n\n---\n\n"+w.Summary)
	held.NoStatus, held.TargetURL, held.ChecksURL = true, w.TargetURL, w.ChecksURL
	held.Annotations, held.AnnotatedKey = w.Annotations, w.AnnotatedKey
	return held
}

// digest is the hex SHA-256 of parts, each with its length so that none runs into the next.
func digest(parts ...string) string {
	var b []byte
	for _, p := range parts {
		b = fmt.Appendf(b, "%d:%s", len(p), p)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
