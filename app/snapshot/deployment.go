package snapshot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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
	Inside      bool          // it is in the environment already, and asks by itself: GitHub's own rules are behind it
	From        deploy.Origin // what the gate approved there last and was good; Commit empty: nothing yet
}

// Deployment is what was read of a job that waits. Which changes its commits belong to, and
// how these were judged, is for the store to say.
type Deployment struct {
	Request deploy.Request // without Shipment.Changes, SignOffs and the statuses of Commits
	Policy  rules.Policy   // names people by person id
	Texts   []PolicyText
	Waits   bool                   // GitHub still waits for an answer, or the job that is Inside does
	Suite   int64                  // check suite of the run
	Pulls   map[string][]Merged    // by commit between From and the one to be deployed: whose merge may have put it there
	Whole   bool                   // every commit between is known
	Mergers map[int64]rules.UserID // who merged each of them, by number; read where the policy asks
	Users   map[rules.UserID]int64 // GitHub's id of everybody named, and of whoever said something about the merges
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

type shippedCommit struct {
	headCommit
	Tree object
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
	d := Deployment{Policy: pol.Policy, Texts: pol.texts, Suite: run.CheckSuiteID, Pulls: map[string][]Merged{}}
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
	if g.Inside {
		d.Waits = true
	} else if d.Request.Waits, d.Waits, err = l.pendingOf(ctx, g); err != nil {
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
	mergers := map[int64]int64{}
	if d.Policy.Separates(rules.DutyMerger) {
		if mergers, err = l.mergers(ctx, d.Pulls); err != nil {
			return Deployment{}, err
		}
	}
	err = l.putShipment(ctx, f, repo, run, &d)
	d.Mergers = map[int64]rules.UserID{}
	for pull, user := range mergers {
		d.Mergers[pull] = l.cast.who(user)
	}
	return d, err
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
	if run.Event == "schedule" && run.RunAttempt <= 1 {
		by = nil // GitHub names whoever last changed the schedule, who started nothing
	}
	trigger := int64(0)
	if by != nil {
		trigger = k.add(subject.Person{User: by.ID, Login: by.Login, Bot: by.Type != "User"})
	}
	if repo.Commit == nil || repo.Commit.OID != s.Commit {
		f.gap(rules.GapChecks, 0, 0)
	} else {
		s.Tree = repo.Commit.Tree.OID
		if f.checks, err = l.checksOf(ctx, repo.Commit.headCommit); err != nil {
			return err
		}
		if !f.checks.whole {
			f.gap(rules.GapChecks, f.checks.read(), f.checks.of)
		}
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
	var bots []int64
	for _, c := range f.checks.statuses {
		if user := k.actor(c.Creator); !rules.Own(c.Context) && k.people[user].Bot && !slices.Contains(people, user) && !slices.Contains(bots, user) {
			bots = append(bots, user)
		}
	}
	if err := k.resolve(ctx, l.Memory); err != nil {
		return err
	}
	s.By, d.Request.Run.Triggered = k.who(trigger), k.who(trigger)
	for _, user := range people {
		s.People = append(s.People, rules.Person{ID: k.who(user), Bot: k.people[user].Bot, CanWrite: slices.Contains([]string{"write", "maintain", "admin"}, may[user]), Permission: may[user]})
	}
	for _, user := range bots {
		s.People = append(s.People, rules.Person{ID: k.who(user), Bot: true})
	}
	for _, user := range owners {
		s.Owners = append(s.Owners, k.who(user))
	}
	s.Teams, s.Read = teamsIn(teams, k), d.Policy.Needs()
	d.Users = map[rules.UserID]int64{}
	for _, user := range k.order {
		d.Users[k.who(user)] = user
	}
	c := rules.Change{OwnApp: l.App}
	f.putChecks(&c, k)
	s.Runs, s.Suites, s.Status, s.Gaps = c.Runs, c.Suites, c.Status, f.gaps
	return l.putDeployments(ctx, repo, f.checks.jobs(l.App), s)
}
