package snapshot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// Memory is what a Reader remembers between snapshots.
type Memory interface {
	// Persons returns the person id of each user by GitHub's id; new ones are made, logins refreshed.
	Persons(ctx context.Context, people []subject.Person) (map[int64]int64, error)
	// Recall returns what was remembered under kind and key, and since when it is known; not
	// found once it has lapsed.
	Recall(ctx context.Context, kind, key string, at time.Time) (body []byte, asOf time.Time, found bool, err error)
	// Remember keeps body until then, for ever if until is zero.
	Remember(ctx context.Context, kind, key string, body []byte, asOf, until time.Time) error
	// Pushes returns those of the pull request, and of its branch if the head is in the base
	// repository.
	Pushes(ctx context.Context, repo, number, headRepo int64, ref string) ([]subject.PushFact, error)
	// PushesOf returns those that left any branch of the repository at one of the commits.
	PushesOf(ctx context.Context, repo int64, commits []string) ([]subject.PushFact, error)
	AddPushes(ctx context.Context, pushes []subject.PushFact) error
	// Waivers returns those on a pull request that were taken and not withdrawn, oldest first.
	Waivers(ctx context.Context, repo, number int64) ([]subject.Waiver, error)
	// Declared returns the emergencies on a pull request, likewise.
	Declared(ctx context.Context, repo, number int64) ([]subject.Declared, error)
	// SignOffs returns the sign-offs on pull requests, likewise.
	SignOffs(ctx context.Context, repo int64, pulls []int64) ([]subject.SignOff, error)
}

// What is remembered beside the kinds of package subject. All of it stands for ever: it is
// named by commits, or records what was true when it was seen.
const (
	diffMemory     = "diff"      // repo/head/merge base key/ → diff
	headDiffMemory = "head-diff" // repo/number/head/ → the last merge base key of the pull request at that head
	treeMemory     = "modes"     // repo/commit/paths/ → modes and blobs of the paths
	baseMemory     = "merge-base"
	linkMemory     = "links"    // repo/commit/ → the links of its tree; repo/blob/ → what a link says
	reviewMemory   = "review"   // repo/review/ → reviewRecord
	policyMemory   = "policy"   // repo/ → the last good file
	floorMemory    = "floor"    // account/ → homeFloor
	teamPinMemory  = "team-pin" // subject.TeamKey → the id that the slug means
	nameMemory     = "name"     // repo/ → every owner/name that it was seen under
	joinMemory     = "joins"    // account/team/ → since when each member is one, by user
	activityMemory = "activity" // repo/ref/head/ → asked
	jobMemory      = "jobs"     // repo/workflow run/ → the attempt of each job, by check run
	failureMemory  = "failures" // repo/head/ → the check runs that were seen to fail there
	statusMemory   = "statuses" // repo/head/ → statusHistory
)

// How long GitHub's word about people is taken. Deliveries drop it earlier; this is for a
// delivery that was lost.
const (
	peopleLife   = 10 * time.Minute
	loginLife    = 24 * time.Hour
	baselineLife = time.Hour
)

// limits are how much of a list is read. What is longer is a rules.Gap.
type limits struct{ reviews, timeline, commits, files, runs, members, threads, entries int }

// files is GitHub's own limit.
var defaultLimits = limits{reviews: 1000, timeline: 1000, commits: 1000, files: 3000, runs: 1000, members: 10000, threads: 1000, entries: 1000}

// ErrGone is a repository or pull request that GitHub does not have, or does not show to the app.
var ErrGone = errors.New("gone, or not shown to the app")

// ErrNoPull is ErrGone for a pull request of a repository that GitHub shows to the app. One that is
// new may not be known to all of its API yet.
var ErrNoPull = fmt.Errorf("pull request %w", ErrGone)

// ErrOther is another repository under the name of the one asked for: it was renamed, and a
// new one took its place.
var ErrOther = errors.New("another repository stands under this name")

// Floor is the policy that applies to every repository of an account without a policy of its
// own. One that does not parse is an error of each Pull; it is for the caller to refuse it at
// the start.
type Floor struct {
	File    string // for messages and the record
	Text    []byte
	BuiltIn bool // it is the built-in policy, not the operator's
}

func (f Floor) layer() string {
	if f.BuiltIn {
		return BuiltInLayer
	}
	return rules.FloorLayer
}

// Options configure a Reader. All fields are required.
type Options struct {
	Memory Memory
	Floor  Floor
	App    int64 // our own app's id
	Now    func() time.Time
}

// Reader reads snapshots. It is safe for concurrent use.
type Reader struct {
	Options
	limits   limits
	policies policyCache
	needs    needs

	proposals proposals
}

// NewReader returns a Reader.
func NewReader(o Options) *Reader { return &Reader{Options: o, limits: defaultLimits} }

// Target is a pull request to look at.
type Target struct {
	Installation int64
	Repo         int64
	Account      int64 // owner of the repository
	Owner, Name  string
	Number       int64
	Head         string    // the head that is expected, from the last delivery; empty: unknown
	SeenAt       time.Time // when that head was first seen

	// Speakers are people who gave a command that waits for this look: they are named in the
	// Change with what they may do, as whoever gave a waiver is.
	Speakers []subject.Person
}

// Pull is one pull request as it stood when it was read. Of one that is closed, or that aims
// at a branch which the policy does not govern, Change holds only what names it: nothing of
// it is judged. Of one that is merged it also holds what is usual on its base since then, if
// the policy asks for all checks, and who gave a command that waits.
type Pull struct {
	Change   rules.Change // this pull request's alone
	Policy   rules.Policy // names people by person id
	Texts    []PolicyText // what Policy was parsed from, the floor's first
	Open     bool
	Merged   bool
	Governed bool // the policy governs the base

	MergedAt    time.Time // zero: it is not merged
	MergeCommit string    // that it became on the base; empty: GitHub does not say

	Title     string
	HeadRef   string // branch, in HeadRepo
	BaseRef   string // branch
	HeadRepo  int64  // 0: the fork was deleted
	Author    int64  // GitHub's id; 0: ghost
	Draft     bool
	UpdatedAt time.Time

	Users map[rules.UserID]int64 // GitHub's id of everybody named

	Proposal *Proposal // the policy file that it would put in force; nil: it touches none
	Shown    Shown

	// Suites is how each check suite of Change ended, in GitHub's words, lower case; empty: not
	// yet. It is no fact to judge by, each run has its own end; it tells how fresh the facts are.
	Suites map[int64]string

	// Stale: GitHub has moved on from Target.Head, or its answers do not fit together yet, as
	// happens right after a push. Look again soon, a few times.
	Stale bool
}

// PolicyText is a policy file as it judged: logins are replaced by person ids.
type PolicyText struct {
	Layer  string // BuiltInLayer, rules.FloorLayer or rules.RepositoryLayer
	Repo   string // owner/name; empty: the operator's or the built-in one
	Path   string
	Commit string // of the default branch, when the file was read; empty: not from a repository
	Blob   string
	Text   []byte
}
