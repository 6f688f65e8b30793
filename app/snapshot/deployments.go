package snapshot

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

type deployedNode struct {
	DatabaseID  int64
	Environment string
	CommitOID   string
	Commit      *struct{ Tree object }
	CreatedAt   time.Time
	Creator     *actor
	Statuses    *connection[struct {
		State     string
		CreatedAt time.Time
	}]
}

// job is what GitHub itself says of a deployment that a job made.
type job struct {
	workflow  string
	succeeded bool
}

// jobs returns which deployments the jobs among the check runs made, by their ids.
func (c checks) jobs(own int64) map[int64]job {
	jobs := map[int64]job{}
	for i, s := range c.suites {
		if s.App != nil && s.App.DatabaseID == own || s.WorkflowRun == nil || s.WorkflowRun.File == nil || s.WorkflowRun.File.Path == "" {
			continue
		}
		for _, r := range c.runs[i] {
			if r.Deployment != nil {
				jobs[r.Deployment.DatabaseID] = job{s.WorkflowRun.File.Path, r.Conclusion != nil && strings.EqualFold(*r.Conclusion, "success")}
			}
		}
	}
	return jobs
}

// equalTrees is of how many other commits with the same tree the jobs are read: those that were
// deployed last. Whoever can write can make as many of them as they like.
const equalTrees = 5

// jobsOfEqualTrees adds the jobs that deployed commits with the same tree as this one: what GitHub
// says of a job stands at the commit that it ran for.
func (l *look) jobsOfEqualTrees(ctx context.Context, nodes []*deployedNode, jobs map[int64]job, s *rules.Shipment) error {
	var commits []string
	for _, n := range nodes { // the newest first
		if n == nil || n.Commit == nil || s.Tree == "" || n.Commit.Tree.OID != s.Tree || n.CommitOID == s.Commit || slices.Contains(commits, n.CommitOID) {
			continue
		}
		if commits = append(commits, n.CommitOID); len(commits) == equalTrees {
			break
		}
	}
	for _, commit := range commits {
		head, err := l.suitesOf(ctx, commit, "")
		if err != nil {
			return err
		}
		head.OID = commit
		c, err := l.checksOf(ctx, head)
		if err != nil {
			return err
		}
		maps.Copy(jobs, c.jobs(l.App))
	}
	return nil
}

// putDeployments fills in the deployments of late. How the commits of others stand to this
// one is read only for those that came after a deployment of this one to the same place.
func (l *look) putDeployments(ctx context.Context, repo *deployingRepository, jobs map[int64]job, s *rules.Shipment) error {
	if repo.Deployments == nil {
		return left("deployments")
	}
	if err := l.jobsOfEqualTrees(ctx, repo.Deployments.Nodes, jobs, s); err != nil {
		return err
	}
	files := map[string]bool{}
	routes := map[string]rules.Relation{}
	here := map[string]bool{} // environments where this commit was deployed
	for _, n := range slices.Backward(repo.Deployments.Nodes) {
		if n == nil {
			continue
		}
		one := rules.Deployment{ID: n.DatabaseID, Environment: n.Environment, Commit: n.CommitOID, At: n.CreatedAt.UTC()}
		if n.Commit != nil {
			one.Tree = n.Commit.Tree.OID
		}
		if n.Creator != nil && n.Creator.Typename == "Bot" {
			one.App = strings.TrimSuffix(n.Creator.Login, "[bot]")
		}
		if n.Statuses != nil {
			for _, st := range slices.Backward(n.Statuses.Nodes) { // oldest first
				switch {
				case st == nil:
				case st.State == "SUCCESS":
					one.Succeeded, one.Failed = earliest(one.Succeeded, st.CreatedAt.UTC()), false
				case st.State == "FAILURE" || st.State == "ERROR":
					one.Failed = true
				}
			}
		}
		if j, ok := jobs[one.ID]; ok {
			one.Workflow = j.workflow
			var err error
			if one.Job, err = l.provenJob(ctx, files, s.Commit, j); err != nil {
				return err
			}
		}
		place := strings.ToLower(one.Environment)
		switch {
		case one.Commit == s.Commit:
			one.Relation, here[place] = rules.Same, true
		case s.Tree != "" && one.Tree == s.Tree:
			here[place] = true
		case here[place]:
			var err error
			if one.Relation, err = l.relation(ctx, routes, s.Commit, one.Commit); err != nil {
				return err
			}
		}
		s.Deployments = append(s.Deployments, one)
	}
	return nil
}

func earliest(was, at time.Time) time.Time {
	if was.IsZero() || at.Before(was) {
		return at
	}
	return was
}

// provenJob reports whether a job succeeded and ran by the default branch's own file.
func (l *look) provenJob(ctx context.Context, files map[string]bool, sha string, j job) (bool, error) {
	if !j.succeeded {
		return false, nil
	}
	if same, known := files[j.workflow]; known {
		return same, nil
	}
	var out struct {
		Repository *struct{ RanFile, BranchFile *object }
	}
	err := l.query(ctx, workflowFileQuery, l.vars("ranFile", sha+":"+j.workflow, "branchFile", "HEAD:"+j.workflow), &out)
	if err != nil {
		return false, err
	}
	r := out.Repository
	files[j.workflow] = r != nil && r.RanFile != nil && r.BranchFile != nil && r.RanFile.OID == r.BranchFile.OID
	return files[j.workflow], nil
}

// relation says how another commit stands to this one; empty where it cannot be told.
func (l *look) relation(ctx context.Context, known map[string]rules.Relation, sha, other string) (rules.Relation, error) {
	if r, ok := known[other]; ok {
		return r, nil
	}
	route, _, err := l.compare(ctx, sha, other)
	if err != nil {
		return "", err
	}
	known[other] = map[deploy.Route]rules.Relation{
		deploy.Ahead: rules.Descendant, deploy.Behind: rules.Ancestor, deploy.Diverged: rules.Diverged, deploy.Identical: rules.Same,
	}[route]
	return known[other], nil
}
