package publish

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
)

// What callers tell apart. Everything else is GitHub's trouble, to be tried again.
var (
	// ErrNoCommit: GitHub does not know the commit, yet: a fork's push reaches the base
	// repository a little later than its event.
	ErrNoCommit = errors.New("GitHub does not know the commit yet")
	// ErrDenied: the installation lacks a permission (checks: write, statuses: write), or
	// the run belongs to another app.
	ErrDenied = errors.New("permission denied")
	// ErrFull: GitHub takes no more statuses of our context on the commit, whoever posted those
	// that are there.
	ErrFull = errors.New("the commit has as many statuses as GitHub keeps")
	// ErrLease: the context ends before a write could be answered, so none was begun.
	ErrLease = errors.New("not enough time left for a write")
)

const (
	// openFor is for how long an open run is kept: GitHub turns one that was not completed
	// within 14 days into "stale".
	openFor = 13 * 24 * time.Hour
	// completedFor is for how long a completed run is kept: GitHub archives them after 400 days.
	completedFor = 390 * 24 * time.Hour
)

// Target is a head.
type Target struct {
	Owner, Name string
	Repo        int64 // GitHub's id, by which the caller keys what stands
	SHA         string
	Turn        int64  // tells this try from all others at the head
	Attempted   string // the RunMark of the last write, where its answer is not known: Said.Writing
	Doubted     bool   // something contradicts what we know to stand: look before writing
	Fresh       bool   // somebody asked GitHub to run the check again: it gets a new run although nothing changed
}

func (t Target) String() string { return t.Owner + "/" + t.Name + "@" + short(t.SHA) }

// Said is what stands on GitHub at a head as far as we know: what the caller stores beside
// Wanted and hands in again.
type Said struct {
	RunID        int64     `json:"run_id,omitempty"`
	RunURL       string    `json:"run_url,omitempty"`
	RunAt        time.Time `json:"run_at,omitzero"` // when the run was made
	RunStatus    string    `json:"run_status,omitempty"`
	Conclusion   string    `json:"conclusion,omitempty"`
	State        string    `json:"state,omitempty"` // of the commit status; empty: there is none
	StatusID     int64     `json:"status_id,omitempty"`
	Description  string    `json:"description,omitempty"`
	Digest       string    `json:"digest,omitempty"`        // what the run shows: Wanted.Digest
	Mark         string    `json:"mark,omitempty"`          // the run's external_id: RunMark of who wrote it
	AnnotatedKey string    `json:"annotated_key,omitempty"` // for which the annotations were sent
	Actions      bool      `json:"actions,omitempty"`       // the run has buttons, or may have
	Writing      bool      `json:"writing,omitempty"`       // a write began whose answer is not known: look before writing
}

func (s Said) showsStatus(w Wanted) bool {
	return w.NoStatus || s.State == w.StatusState && s.Description == w.Description
}

// Publisher makes GitHub show what is wanted.
type Publisher struct {
	App     int64            // our app's id: runs of others are not ours to adopt
	Timeout time.Duration    // of a request; no write begins later than this before the context's deadline
	Now     func() time.Time // for that, and for the age of runs
	Age     func() time.Time // the clock for the age of runs; nil: Now
}

// Owes reports whether Publish would ask anything of GitHub. It spares the caller the
// transaction that notes that a write begins.
func (p Publisher) Owes(t Target, w Wanted, s Said) bool {
	return !w.Nothing() && (s.Writing || t.Doubted || t.Fresh || s.Digest != w.Digest || !s.showsStatus(w) || p.needsNewRun(w, s))
}

// Publish makes head t show w, with at most two writes and none if s shows it already, and
// returns what stands afterwards. Together with an error it returns how far it came: callers
// store that too, and call again.
//
// What lets the change through is said by the run first: no status stands green whose run was
// refused. Anything else is written side by side, for nothing better than what comes can show in
// between, and whoever waits for it waits for one answer. A run that gets worse, or that was
// completed and is open again, is a new run: one that was completed is never set back, and
// whoever was late with an older answer can only change the older run.
func (p Publisher) Publish(ctx context.Context, c *ghclient.Client, t Target, w Wanted, l Ledger, s Said) (Said, error) {
	if w.Nothing() {
		return s, nil
	}
	if s.Writing || t.Doubted {
		seen, err := p.look(ctx, c, t, w, s)
		if err != nil {
			return s, err
		}
		s = seen
	}
	if w.StatusState != StateSuccess {
		return p.both(ctx, c, t, w, l, s)
	}
	s, err := p.run(ctx, c, t, w, l, s)
	if err != nil {
		return s, err
	}
	return p.status(ctx, c, t, w, s)
}

// both writes the run and the status at once. What one of them came to stands, whatever became
// of the other.
func (p Publisher) both(ctx context.Context, c *ghclient.Client, t Target, w Wanted, l Ledger, s Said) (Said, error) {
	var status Said
	var refused error
	var beside sync.WaitGroup
	beside.Go(func() { status, refused = p.status(ctx, c, t, w, s) })
	said, err := p.run(ctx, c, t, w, l, s)
	beside.Wait()
	said.State, said.StatusID, said.Description = status.State, status.StatusID, status.Description
	said.Writing = said.Writing || status.Writing
	return said, errors.Join(err, refused)
}

// status writes the commit status unless it stands already.
func (p Publisher) status(ctx context.Context, c *ghclient.Client, t Target, w Wanted, s Said) (Said, error) {
	if s.showsStatus(w) {
		return s, nil
	}
	if err := p.enoughTime(ctx); err != nil {
		return s, fmt.Errorf("create status of %s: %w", t, err)
	}
	status := &github.RepoStatus{State: &w.StatusState, Description: &w.Description, Context: new(Context)}
	switch {
	case w.TargetURL != "":
		status.TargetURL = &w.TargetURL
	case s.RunURL != "" && (s.Digest == w.Digest || !p.anew(t, w, s)): // else a new run may follow, which this would not be
		status.TargetURL = &s.RunURL
	case w.ChecksURL != "":
		status.TargetURL = &w.ChecksURL
	}
	made, _, err := c.Repositories.CreateStatus(ctx, t.Owner, t.Name, t.SHA, status)
	if err != nil {
		trouble := ghclient.Diagnose(err, p.Now())
		s.Writing = unsure(err, trouble)
		return s, fmt.Errorf("create status of %s: %w", t, explain(err, trouble))
	}
	s.State, s.StatusID, s.Description = w.StatusState, made.GetID(), w.Description
	return s, nil
}

// run writes the check run unless it stands already.
func (p Publisher) run(ctx context.Context, c *ghclient.Client, t Target, w Wanted, l Ledger, s Said) (Said, error) {
	anew := p.anew(t, w, s)
	if !anew && s.Digest == w.Digest {
		return s, nil
	}
	verb := map[bool]string{true: "create", false: "update"}[anew]
	if err := p.enoughTime(ctx); err != nil {
		return s, fmt.Errorf("%s check run of %s: %w", verb, t, err)
	}
	output := &github.CheckRunOutput{Title: &w.Title, Summary: new(w.Summary + l.line())}
	annotated := s.AnnotatedKey
	if len(w.Annotations) > 0 && w.AnnotatedKey != s.AnnotatedKey {
		output.Annotations, annotated = annotations(w), w.AnnotatedKey
	}
	run, err := write(ctx, c, t, w, s, output, RunMark(w.Digest, t.Turn), anew)
	if err != nil {
		trouble := ghclient.Diagnose(err, p.Now())
		s.Writing = unsure(err, trouble) || trouble.Kind == ghclient.Gone && !anew // the run is gone: look for what is left
		return s, fmt.Errorf("%s check run of %s: %w", verb, t, explain(err, trouble))
	}
	if anew {
		s.RunID, s.RunURL, s.RunAt = run.GetID(), run.GetHTMLURL(), p.age().UTC()
	}
	s.Mark = RunMark(w.Digest, t.Turn)
	s.RunStatus, s.Conclusion, s.Digest, s.AnnotatedKey, s.Actions = w.RunStatus, w.Conclusion, w.Digest, annotated, len(w.Actions) > 0
	return s, nil
}

// anew reports whether the run is to be a new one.
func (p Publisher) anew(t Target, w Wanted, s Said) bool { return t.Fresh || p.needsNewRun(w, s) }

// needsNewRun reports whether the run that stands must not become w.
func (p Publisher) needsNewRun(w Wanted, s Said) bool {
	if s.RunID == 0 || runLevel(w.RunStatus, w.Conclusion) > runLevel(s.RunStatus, s.Conclusion) {
		return true
	}
	return s.RunStatus == RunCompleted && w.RunStatus != RunCompleted || p.Aged(s)
}

// Aged reports whether the run that stands has to make way for a new one before GitHub lets
// go of it, although it says what is wanted.
func (p Publisher) Aged(s Said) bool {
	keep := openFor
	if s.RunStatus == RunCompleted {
		keep = completedFor
	}
	return s.RunID != 0 && !s.RunAt.IsZero() && p.age().Sub(s.RunAt) > keep
}

func (p Publisher) age() time.Time {
	if p.Age != nil {
		return p.Age()
	}
	return p.Now()
}

func write(ctx context.Context, c *ghclient.Client, t Target, w Wanted, s Said, output *github.CheckRunOutput, mark string, anew bool) (*github.CheckRun, error) {
	var conclusion, details *string
	if w.Conclusion != "" {
		conclusion = &w.Conclusion
	}
	if w.TargetURL != "" {
		details = &w.TargetURL
	}
	if anew {
		run, _, err := c.Checks.CreateCheckRun(ctx, t.Owner, t.Name, github.CreateCheckRunOptions{
			Name: RunName, HeadSHA: t.SHA, DetailsURL: details, ExternalID: &mark,
			Status: &w.RunStatus, Conclusion: conclusion, Output: output, Actions: checkRunActions(w.Actions),
		})
		return run, err
	}
	changed := github.UpdateCheckRunOptions{
		Name: RunName, DetailsURL: details, ExternalID: &mark,
		Status: &w.RunStatus, Conclusion: conclusion, Output: output,
	}
	var body any = changed
	if s.Actions || len(w.Actions) > 0 {
		body = runUpdate{changed, checkRunActions(w.Actions)}
	}
	req, err := c.NewRequest(http.MethodPatch, fmt.Sprintf("repos/%v/%v/check-runs/%v", t.Owner, t.Name, s.RunID), body)
	if err != nil {
		return nil, err
	}
	run := new(github.CheckRun)
	_, err = c.Do(ctx, req, run)
	return run, err
}

func annotations(w Wanted) []*github.CheckRunAnnotation {
	out := make([]*github.CheckRunAnnotation, 0, len(w.Annotations))
	for _, a := range w.Annotations {
		one := &github.CheckRunAnnotation{
			Path: &a.Path, StartLine: &a.Line, EndLine: &a.Line,
			AnnotationLevel: new("notice"), Title: new(RunName), Message: &a.Message,
		}
		if a.Level != "" {
			one.AnnotationLevel = &a.Level
		}
		if a.Column > 0 {
			one.StartColumn, one.EndColumn = &a.Column, &a.Column
		}
		out = append(out, one)
	}
	return out
}

// enoughTime fails unless the context outlives a request: whoever takes over when it ends
// must not find a write of ours on its way.
func (p Publisher) enoughTime(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if end, ok := ctx.Deadline(); ok && end.Sub(p.Now()) < p.Timeout {
		return ErrLease
	}
	return nil
}

// unsure reports whether a write that failed with err may have taken effect all the same:
// always, unless GitHub answered that it did not. An answer that cannot be read is none.
func unsure(err error, t ghclient.Trouble) bool {
	_, answered := errors.AsType[*github.ErrorResponse](err)
	return t.Kind == ghclient.Transient || t.Kind == ghclient.Invalid && !answered
}

// explain adds to err which of our errors it is, if it is one.
func explain(err error, t ghclient.Trouble) error {
	switch {
	case t.Kind == ghclient.Denied:
		return fmt.Errorf("%w: %w", ErrDenied, err)
	case refused(err, "no commit found for sha"):
		return fmt.Errorf("%w: %w", ErrNoCommit, err)
	case refused(err, "reached the maximum number of statuses"):
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// refused reports whether GitHub understood and refused, for a reason that has this text.
func refused(err error, text string) bool {
	e, ok := errors.AsType[*github.ErrorResponse](err)
	if !ok || e.Response == nil || e.Response.StatusCode != http.StatusUnprocessableEntity {
		return false
	}
	return strings.Contains(strings.ToLower(e.Message), text) || slices.ContainsFunc(e.Errors, func(d github.Error) bool {
		return strings.Contains(strings.ToLower(d.Message), text)
	})
}
