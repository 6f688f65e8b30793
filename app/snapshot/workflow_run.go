package snapshot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/changewarden/changewarden/deploy"
)

// workflowRun is a workflow's run as REST has it; go-github lacks its path.
type workflowRun struct {
	HeadBranch      string `json:"head_branch"`
	HeadSHA         string `json:"head_sha"`
	Path            string
	Event           string
	RunAttempt      int `json:"run_attempt"`
	Actor           *account
	TriggeringActor *account `json:"triggering_actor"`
	CheckSuiteID    int64    `json:"check_suite_id"`
	Repository      struct{ ID int64 }
}

type account struct {
	ID    int64
	Login string
	Type  string
}

func (l *look) workflowRun(ctx context.Context, id int64) (*workflowRun, error) {
	req, err := l.client.NewRequest("GET", fmt.Sprintf("repos/%s/%s/actions/runs/%d", l.target.Owner, l.target.Name, id), nil)
	if err != nil {
		return nil, err
	}
	var run workflowRun
	if _, err := l.client.Do(ctx, req, &run); err != nil {
		if l.absent(err) {
			err = fmt.Errorf("%w: %w", ErrGone, err)
		}
		return nil, err
	}
	if run.Repository.ID != l.target.Repo {
		return nil, fmt.Errorf("repository %d: %w", run.Repository.ID, ErrOther)
	}
	return &run, nil
}

// pendingDeployment is an environment at which jobs of a run wait, with GitHub's own rules.
type pendingDeployment struct {
	Environment        struct{ Name string }
	WaitTimer          int        `json:"wait_timer"` // minutes
	WaitTimerStartedAt *time.Time `json:"wait_timer_started_at"`
	Reviewers          []json.RawMessage
}

func (l *look) pendingDeployments(ctx context.Context, run int64) ([]pendingDeployment, error) {
	req, err := l.client.NewRequest("GET", fmt.Sprintf("repos/%s/%s/actions/runs/%d/pending_deployments", l.target.Owner, l.target.Name, run), nil)
	if err != nil {
		return nil, err
	}
	var all []pendingDeployment
	_, err = l.client.Do(ctx, req, &all)
	return all, err
}

// pendingOf reads what GitHub itself still waits for at the environment, and whether the job
// waits at all.
func (l *look) pendingOf(ctx context.Context, g Gate) (waits []deploy.Wait, pending bool, err error) {
	all, err := l.pendingDeployments(ctx, g.Run)
	if err != nil {
		return nil, false, err
	}
	for _, p := range all {
		if !strings.EqualFold(p.Environment.Name, g.Environment) {
			continue
		}
		pending = true
		if len(p.Reviewers) > 0 {
			waits = append(waits, deploy.Wait{Kind: deploy.WaitReviewers})
		}
		if began := p.WaitTimerStartedAt; p.WaitTimer > 0 && began != nil {
			if until := began.Add(time.Duration(p.WaitTimer) * time.Minute).UTC(); until.After(l.at) {
				waits = append(waits, deploy.Wait{Kind: deploy.WaitTimer, Until: until})
			}
		}
	}
	return waits, pending, nil
}
