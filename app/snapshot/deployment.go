package snapshot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/deploy"
	"github.com/changewarden/changewarden/rules"
)

// Gate is a job of a workflow run that waits at an environment.
type Gate struct {
	Target
	Run         int64
	Environment string
	AskedAt     time.Time
	From        deploy.Origin // what the gate approved there last and was good; Commit empty: nothing yet
}

// Deployment is what was read of a job that waits. Which changes its commits belong to, and
// how these were judged, is for the store to say.
type Deployment struct {
	Request deploy.Request // without Shipment.Changes, SignOffs and the statuses of Commits
	Policy  rules.Policy   // names people by person id
	Texts   []PolicyText
	Waits   bool                   // GitHub still waits for an answer
	Pulls   map[string][]Merged    // by commit between From and the one to be deployed: whose merge may have put it there
	Whole   bool                   // every commit between is known
	Users   map[rules.UserID]int64 // GitHub's id of everybody named, and of whoever said something about the merges
}

// Merged is a pull request that GitHub names with a commit, and that was merged.
type Merged struct {
	Number int64
	Base   string // branch
	Head   string
	Merge  string // the commit that its merge made, or brought the base to
	At     time.Time
}

// Deployment reads a job that waits at an environment: the run, what GitHub itself still
// waits for, the policy, every deployment of late with who stands behind it, and what lies
// between the last good commit and this one. Errors are those of Pull.
func (r *Reader) Deployment(ctx context.Context, c *ghclient.Client, g Gate) (Deployment, error) {
	l := &look{Reader: r, client: c, target: g.Target, at: r.Now().UTC(), cast: newCast()}
	d, err := l.deployment(ctx, g)
	if err != nil {
		return Deployment{}, fmt.Errorf("read run %d of %s/%s at %s: %w", g.Run, g.Owner, g.Name, g.Environment, err)
	}
	return d, nil
}

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

type jobRun struct {
	run
	Deployment *struct{ DatabaseID int64 }
}

type jobSuite struct {
	DatabaseID int64
	Status     string
	CreatedAt  time.Time
	App        *struct {
		DatabaseID int64
		Slug       string
	}
	WorkflowRun *struct {
		DatabaseID int64
		Event      string
		File       *struct{ Path string }
	}
	CheckRuns *connection[jobRun]
}

type shippedCommit struct {
	OID         string
	Tree        object
	CheckSuites *connection[jobSuite]
	Status      *struct{ Contexts []statusContext }
}

type deployingRepository struct {
	repository
	RanFile     *object
	BranchFile  *object
	Commit      *shippedCommit
	Deployments *connection[deployedNode]
}

func (l *look) deployment(ctx context.Context, g Gate) (Deployment, error) {
	run, err := l.workflowRun(ctx, g.Run)
	if err != nil {
		return Deployment{}, err
	}
	path, _, _ := strings.Cut(run.Path, "@")
	sha := run.HeadSHA
	f, repo, err := l.askDeployment(ctx, sha, path)
	if err != nil {
		return Deployment{}, err
	}
	pol, err := l.policyOf(ctx, f)
	if err != nil {
		return Deployment{}, err
	}
	d := Deployment{Policy: pol.Policy, Texts: pol.texts, Pulls: map[string][]Merged{}}
	s := &d.Request.Shipment
	*s = rules.Shipment{
		Repo:        rules.Repo{ID: repo.DatabaseID, Name: repo.NameWithOwner, Public: repo.Visibility == "PUBLIC"},
		Environment: g.Environment, Commit: sha, TakenAt: l.at, OwnApp: l.App, Gaps: f.gaps, Changes: []rules.Landed{},
	}
	if repo.DefaultBranchRef != nil {
		s.Repo.DefaultBranch = repo.DefaultBranchRef.Name
	}
	if s.Repo.Former, err = l.former(ctx, repo.NameWithOwner); err != nil {
		return Deployment{}, err
	}
	d.Request.AskedAt, d.Request.From = g.AskedAt.UTC(), g.From
	governed := run.HeadBranch != "" && pol.Governs(run.HeadBranch, s.Repo.DefaultBranch)
	d.Request.Run = deploy.Run{
		ID: g.Run, Attempt: run.RunAttempt, Event: run.Event, Workflow: path, Branch: run.HeadBranch, Governed: governed,
		Same: repo.RanFile != nil && repo.BranchFile != nil && repo.RanFile.OID == repo.BranchFile.OID,
	}
	if d.Request.Waits, d.Waits, err = l.pendingOf(ctx, g); err != nil {
		return Deployment{}, err
	}
	if err := l.branched(ctx, &d, run.HeadBranch, governed); err != nil {
		return Deployment{}, err
	}
	if err := l.between(ctx, &d); err != nil {
		return Deployment{}, err
	}
	if err := l.nameSigners(ctx, d.Pulls); err != nil {
		return Deployment{}, err
	}
	if err := l.readCalendars(ctx, d.Policy, s); err != nil {
		return Deployment{}, err
	}
	err = l.putShipment(ctx, f, repo, run, &d)
	return d, err
}

// workflowRun is a workflow's run as REST has it; go-github lacks its path.
type workflowRun struct {
	HeadBranch      string `json:"head_branch"`
	HeadSHA         string `json:"head_sha"`
	Path            string
	Event           string
	RunAttempt      int `json:"run_attempt"`
	Actor           *account
	TriggeringActor *account `json:"triggering_actor"`
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

// askDeployment reads the commit, the policy's sources, the workflow's file at the commit and
// on the default branch, and the deployments of late.
func (l *look) askDeployment(ctx context.Context, sha, path string) (*facts, *deployingRepository, error) {
	var out struct {
		Floor      *policySource
		Repository *deployingRepository
	}
	err := query(ctx, l.client, deploymentQuery, l.vars("commit", sha, "ranFile", sha+":"+path, "branchFile", "HEAD:"+path), &out, ghclient.AllowMissing("floor"))
	switch {
	case err != nil:
		return nil, nil, err
	case out.Repository == nil:
		return nil, nil, ErrGone
	case out.Repository.DatabaseID != l.target.Repo:
		return nil, nil, fmt.Errorf("repository %d: %w", out.Repository.DatabaseID, ErrOther)
	}
	return &facts{repo: out.Repository.repository, floor: out.Floor}, out.Repository, nil
}

// pendingOf reads what GitHub itself still waits for at the environment, and whether the job
// waits at all.
func (l *look) pendingOf(ctx context.Context, g Gate) (waits []deploy.Wait, pending bool, err error) {
	var all []struct {
		Environment        struct{ Name string }
		WaitTimer          int        `json:"wait_timer"` // minutes
		WaitTimerStartedAt *time.Time `json:"wait_timer_started_at"`
		Reviewers          []json.RawMessage
	}
	req, err := l.client.NewRequest("GET", fmt.Sprintf("repos/%s/%s/actions/runs/%d/pending_deployments", l.target.Owner, l.target.Name, g.Run), nil)
	if err != nil {
		return nil, false, err
	}
	if _, err := l.client.Do(ctx, req, &all); err != nil {
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

// branched finds out whether a governed branch holds the commit: the one that the run is on,
// or the default branch.
func (l *look) branched(ctx context.Context, d *Deployment, branch string, governed bool) error {
	s := d.Request.Shipment
	names := []string{s.Repo.DefaultBranch}
	if governed && branch != s.Repo.DefaultBranch {
		names = append(names, branch)
	}
	for _, name := range names {
		route, _, err := l.compare(ctx, "refs/heads/"+name, s.Commit)
		if err != nil {
			return err
		}
		d.Request.Branched = d.Request.Branched || route == deploy.Behind || route == deploy.Identical
	}
	return nil
}

// compare says how a commit stands to another one, and lists what it has that the other has
// not, the oldest first. What GitHub does not have is Unknown.
func (l *look) compare(ctx context.Context, from, to string) (deploy.Route, []string, error) {
	const most = 20 // pages of 250 commits, GitHub's largest
	var commits []string
	for page := 1; page <= most; page++ {
		got, resp, err := l.client.Repositories.CompareCommits(ctx, l.target.Owner, l.target.Name, from, to, &github.ListOptions{Page: page, PerPage: 100})
		if err != nil {
			if l.absent(err) {
				return deploy.Unknown, nil, nil
			}
			return deploy.Unknown, nil, err
		}
		for _, c := range got.Commits {
			commits = append(commits, c.GetSHA())
		}
		if resp.NextPage == 0 || len(commits) >= got.GetTotalCommits() {
			return deploy.Route(got.GetStatus()), commits, nil
		}
	}
	return deploy.Unknown, nil, nil
}

// between reads the commits since the last good one, and whose merges may have put them there.
func (l *look) between(ctx context.Context, d *Deployment) error {
	r := &d.Request
	if r.From.Commit == "" {
		// Nothing was approved here yet: the commit alone is accounted for.
		r.Route, d.Whole = deploy.Ahead, true
		r.Commits = []deploy.Commit{{SHA: r.Shipment.Commit}}
	} else {
		route, commits, err := l.compare(ctx, r.From.Commit, r.Shipment.Commit)
		if err != nil {
			return err
		}
		r.Route, d.Whole = route, route != deploy.Unknown
		for _, sha := range commits {
			r.Commits = append(r.Commits, deploy.Commit{SHA: sha})
		}
	}
	for _, c := range r.Commits {
		pulls, err := l.mergedWith(ctx, c.SHA)
		if err != nil {
			return err
		}
		d.Pulls[c.SHA] = pulls
	}
	return nil
}

// mergedWith returns the merged pull requests that GitHub names with a commit.
func (l *look) mergedWith(ctx context.Context, sha string) ([]Merged, error) {
	const memory = "commit-pulls" // what merged a commit stays what it was
	key := fmt.Sprintf("%d/%s/", l.target.Repo, sha)
	var out []Merged
	if _, found, err := l.recall(ctx, memory, key, &out); err != nil || found {
		return out, err
	}
	all, _, err := l.client.PullRequests.ListPullRequestsWithCommit(ctx, l.target.Owner, l.target.Name, sha, &github.ListOptions{PerPage: 100})
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.MergedAt == nil || p.GetBase().GetRepo().GetID() != l.target.Repo {
			continue
		}
		out = append(out, Merged{
			Number: int64(p.GetNumber()), Base: p.GetBase().GetRef(), Head: p.GetHead().GetSHA(), Merge: p.GetMergeCommitSHA(), At: p.GetMergedAt().UTC(),
		})
	}
	slices.SortFunc(out, func(a, b Merged) int { return a.At.Compare(b.At) })
	if len(out) == 0 { // GitHub may not have put them together yet
		return nil, nil
	}
	return out, l.remember(ctx, memory, key, out, 0)
}

// nameSigners names whoever signed off one of the merges, declared an emergency or waived a
// rule for it, so that it is read what they may do. What of it stands is for the store to say.
func (l *look) nameSigners(ctx context.Context, merges map[string][]Merged) error {
	var pulls []int64
	for _, all := range merges {
		for _, m := range all {
			pulls = append(pulls, m.Number)
		}
	}
	slices.Sort(pulls)
	pulls = slices.Compact(pulls)
	signed, err := l.Memory.SignOffs(ctx, l.target.Repo, pulls)
	if err != nil {
		return fmt.Errorf("recall sign-offs: %w", err)
	}
	for _, s := range signed {
		l.cast.add(s.By)
	}
	for _, number := range pulls {
		declared, err := l.Memory.Declared(ctx, l.target.Repo, number)
		if err != nil {
			return fmt.Errorf("recall emergencies: %w", err)
		}
		for _, d := range declared {
			l.cast.add(d.By)
		}
		waived, err := l.Memory.Waivers(ctx, l.target.Repo, number)
		if err != nil {
			return fmt.Errorf("recall waivers: %w", err)
		}
		for _, w := range waived {
			l.cast.add(w.By)
		}
	}
	return nil
}

// putShipment fills in the checks, the deployments and the people.
func (l *look) putShipment(ctx context.Context, f *facts, repo *deployingRepository, run *workflowRun, d *Deployment) error {
	s, k := &d.Request.Shipment, l.cast
	teams, err := l.teamsOf(ctx, f, d.Policy.Teams())
	if err != nil {
		return err
	}
	by := run.TriggeringActor
	if by == nil {
		by = run.Actor
	}
	trigger := int64(0)
	if by != nil {
		trigger = k.add(subject.Person{User: by.ID, Login: by.Login, Bot: by.Type != "User"})
	}
	if repo.Commit == nil || repo.Commit.OID != s.Commit {
		s.Gaps = append(s.Gaps, rules.Gap{Fact: rules.GapChecks})
	} else {
		s.Tree = repo.Commit.Tree.OID
	}
	if err := l.readJoins(ctx, repo.Owner.DatabaseID, teams, k); err != nil {
		return err
	}
	people := slices.Clone(k.order)
	owners, err := l.readOwners(ctx, f, d.Policy, teams, people)
	if err != nil {
		return err
	}
	may := map[int64]string{}
	for _, user := range people {
		if may[user], err = l.permission(ctx, k.people[user]); err != nil {
			return err
		}
	}
	if err := k.resolve(ctx, l.Memory); err != nil {
		return err
	}
	s.By, d.Request.Run.Triggered = k.who(trigger), k.who(trigger)
	for _, user := range people {
		s.People = append(s.People, rules.Person{ID: k.who(user), Bot: k.people[user].Bot, CanWrite: slices.Contains([]string{"write", "maintain", "admin"}, may[user]), Permission: may[user]})
	}
	for _, user := range owners {
		s.Owners = append(s.Owners, k.who(user))
	}
	s.Teams, s.Read = teamsIn(teams, k), d.Policy.Needs()
	d.Users = map[rules.UserID]int64{}
	for _, user := range k.order {
		d.Users[k.who(user)] = user
	}
	jobs := l.putJobs(repo.Commit, s)
	return l.putDeployments(ctx, repo, jobs, s)
}

// job is what GitHub itself says of a deployment that a job made.
type job struct {
	workflow  string
	succeeded bool
}

// putJobs fills in the check runs of the commit and returns which deployments its jobs made.
func (l *look) putJobs(c *shippedCommit, s *rules.Shipment) map[int64]job {
	jobs := map[int64]job{}
	if c == nil || c.CheckSuites == nil {
		return jobs
	}
	for _, u := range c.CheckSuites.Nodes {
		if u == nil || u.CheckRuns == nil || u.App != nil && u.App.DatabaseID == l.App {
			continue
		}
		suite := rules.CheckSuite{ID: u.DatabaseID, Status: strings.ToLower(u.Status), At: u.CreatedAt.UTC()}
		if u.App != nil {
			suite.App, suite.AppSlug = u.App.DatabaseID, u.App.Slug
		}
		workflow := ""
		if u.WorkflowRun != nil && u.WorkflowRun.File != nil {
			workflow = u.WorkflowRun.File.Path
		}
		s.Suites = append(s.Suites, suite)
		for _, r := range u.CheckRuns.Nodes {
			if r == nil {
				continue
			}
			one := rules.CheckRun{
				ID: r.DatabaseID, Suite: suite.ID, App: suite.App, AppSlug: suite.AppSlug, Workflow: workflow, Name: r.Name,
				Status: strings.ToLower(r.Status), At: suite.At,
			}
			if r.Conclusion != nil {
				one.Conclusion = strings.ToLower(*r.Conclusion)
			}
			if r.StartedAt != nil {
				one.At = r.StartedAt.UTC()
			}
			s.Runs = append(s.Runs, one)
			if r.Deployment != nil && workflow != "" {
				jobs[r.Deployment.DatabaseID] = job{workflow, one.Conclusion == "success"}
			}
		}
	}
	return jobs
}

// putDeployments fills in the deployments of late. How the commits of others stand to this
// one is read only for those that came after a deployment of this one to the same place.
func (l *look) putDeployments(ctx context.Context, repo *deployingRepository, jobs map[int64]job, s *rules.Shipment) error {
	if repo.Deployments == nil {
		return left("deployments")
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
