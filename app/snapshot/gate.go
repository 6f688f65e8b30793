package snapshot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/rules"
)

// Job is what GitHub itself says of the job that makes a deployment. A status of the
// deployment says nothing about it: everybody who can write can post one.
type Job struct {
	Suite     int64 // check suite of its run
	Succeeded bool
	Began     time.Time
	At        time.Time // when it had ended
}

// Job reads how the job ended that makes a deployment of t.Head. Not found: GitHub shows none.
func (r *Reader) Job(ctx context.Context, c *ghclient.Client, t Target, deployment int64) (job Job, found bool, err error) {
	const most = 20 // pages
	for page, count := 1, 0; page != 0 && count < most; count++ {
		req, err := c.NewRequest("GET", fmt.Sprintf("repos/%s/%s/commits/%s/check-runs?filter=all&per_page=100&page=%d", t.Owner, t.Name, t.Head, page), nil)
		if err != nil {
			return Job{}, false, err
		}
		var list struct {
			CheckRuns []struct { // go-github's lacks the deployment
				App         *struct{ Slug string }
				Status      string
				Conclusion  string
				StartedAt   *time.Time `json:"started_at"`
				CompletedAt *time.Time `json:"completed_at"`
				Deployment  *struct{ ID int64 }
				CheckSuite  struct{ ID int64 } `json:"check_suite"`
			} `json:"check_runs"`
		}
		resp, err := c.Do(ctx, req, &list)
		if err != nil {
			return Job{}, false, fmt.Errorf("read the jobs on %s of %s/%s: %w", t.Head, t.Owner, t.Name, err)
		}
		for _, run := range list.CheckRuns {
			if run.Deployment == nil || run.Deployment.ID != deployment || run.App == nil || run.App.Slug != "github-actions" {
				continue
			}
			job := Job{Suite: run.CheckSuite.ID, Succeeded: run.Status == "completed" && run.Conclusion == "success"}
			if run.StartedAt != nil {
				job.Began = run.StartedAt.UTC()
			}
			if run.CompletedAt != nil {
				job.At = run.CompletedAt.UTC()
			}
			return job, true, nil
		}
		page = resp.NextPage
	}
	return Job{}, false, nil
}

// Guarded reads whether the policy of a repository asks anything before an environment.
func (r *Reader) Guarded(ctx context.Context, c *ghclient.Client, t Target, environment string) (bool, []PolicyText, error) {
	l := &look{Reader: r, client: c, target: t, at: r.Now().UTC(), cast: newCast()}
	f, _, err := l.askDeployment(ctx, t.Head, policyPath)
	if err != nil {
		return false, nil, fmt.Errorf("read the policy of %s/%s: %w", t.Owner, t.Name, err)
	}
	pol, err := l.policyOf(ctx, f)
	if err != nil {
		return false, nil, fmt.Errorf("read the policy of %s/%s: %w", t.Owner, t.Name, err)
	}
	v := rules.EvaluateShipment(pol.Policy, rules.Shipment{Environment: environment, Commit: t.Head, TakenAt: l.at}, l.at)
	return slices.ContainsFunc(v.Findings, func(f rules.Finding) bool { return f.Rule != "" }), pol.texts, nil
}

// calendars returns the calendar files that the windows of the policy name, sorted.
func calendars(p rules.Policy) []string {
	var out []string
	for _, l := range p.Layers {
		for _, w := range l.Windows {
			for _, h := range w.Holidays {
				if strings.HasSuffix(h, ".ics") {
					out = append(out, h)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// calendarMemory remembers since when a calendar file cannot be read; key: repository/path.
const calendarMemory = "calendar"

// readCalendars reads the calendar files that the policy names on the default branch. One that
// is not there, or that is no calendar, is unreadable, since it was first found so.
func (l *look) readCalendars(ctx context.Context, p rules.Policy, s *rules.Shipment) error {
	for _, path := range calendars(p) {
		one := rules.CalendarFile{Path: path}
		key := fmt.Sprintf("%d/%s", l.target.Repo, path)
		file, _, _, err := l.client.Repositories.GetContents(ctx, l.target.Owner, l.target.Name, path, nil)
		if err != nil && !l.absent(err) {
			return fmt.Errorf("read calendar %s: %w", path, err)
		}
		var since time.Time
		if _, _, err := l.recall(ctx, calendarMemory, key, &since); err != nil {
			return err
		}
		was := since
		if one.Days, err = daysIn(file, l.at); err == nil {
			since = time.Time{}
		} else if since.IsZero() {
			since = l.at
		}
		if !since.Equal(was) {
			if err := l.remember(ctx, calendarMemory, key, since, 0); err != nil {
				return err
			}
		}
		one.Since = since
		s.Calendars = append(s.Calendars, one)
	}
	return nil
}

// reach is the time around now for which a calendar's days are kept: as far as windows look.
func reach(at time.Time) (from, to time.Time) { return at.AddDate(0, -1, 0), at.AddDate(0, 25, 0) }

// content returns the text of a file; an error if there is none, or not all of it.
func content(file *github.RepositoryContent) (string, error) {
	if file == nil {
		return "", fmt.Errorf("no such file")
	}
	text, err := file.GetContent()
	if err == nil && (text == "" || len(text) != file.GetSize()) {
		err = fmt.Errorf("only %d of %d bytes", len(text), file.GetSize())
	}
	return text, err
}
