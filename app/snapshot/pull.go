package snapshot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/changewarden/changewarden/app/ghclient"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// Pull reads one pull request and the policy that judges it. Errors are ErrGone, ErrOther,
// ErrMoved, and whatever ghclient.Diagnose tells apart.
//
// What it costs, with people, teams and files known and no list longer than a page: one
// GraphQL query. Beside that: pages of files for a new head; a permission for the author and
// each dismisser and a query for each team, every ten minutes; a query for what is usual,
// every hour and after each merge, if the policy asks for all checks; a user for each login of a policy, every
// day; the branch's activity for a head without a known pusher; trees, for a diff with a
// file that has no whole patch and for an approval that is carried over from another head;
// the jobs of a workflow run, once each, where two results share a name or the policy names
// the workflow; the statuses of a head, where who made the change or a job's token says success; a
// query for a head that changes the policy, and one more when the policy in force asks for
// what the one before did not.
func (r *Reader) Pull(ctx context.Context, c *ghclient.Client, t Target) (Pull, error) {
	l := &look{Reader: r, client: c, target: t, at: r.Now().UTC(), cast: newCast()}
	p, err := l.pull(ctx)
	if err != nil {
		return Pull{}, fmt.Errorf("read %s/%s#%d: %w", t.Owner, t.Name, t.Number, err)
	}
	return p, nil
}

func (l *look) pull(ctx context.Context) (Pull, error) {
	f, pol, err := l.begin(ctx)
	if err != nil {
		return Pull{}, err
	}
	p := l.frame(f, pol)
	if p.Change.Repo.Former, err = l.former(ctx, f.repo.NameWithOwner); err != nil {
		return Pull{}, err
	}
	p.Author = l.cast.actor(f.pull.Author)
	if p.Open && p.Governed {
		err = l.read(ctx, f, &p)
	} else if p.Merged && p.Governed && len(l.target.Speakers) > 0 {
		err = l.readSpeakers(ctx, f, &p)
	} else if err = l.cast.resolve(ctx, l.Memory); err == nil {
		p.Change.Pulls[0].Author = l.cast.who(p.Author)
		if p.Merged && p.Governed && p.Policy.Checks().All {
			p.Change.Usual, err = l.usual(ctx, p.Change.Base, l.at) // this look is about what may have changed it
		}
	}
	if err != nil {
		return Pull{}, err
	}
	p.Stale = p.Stale || f.stale
	p.Users = map[rules.UserID]int64{}
	for _, user := range l.cast.order {
		p.Users[l.cast.who(user)] = user
	}
	return p, nil
}

// begin asks for the facts and reads the policy, which says what more is to be asked for.
func (l *look) begin(ctx context.Context) (*facts, policy, error) {
	l.want = l.foreseen()
	const most = 3 // a policy that asks for ever more would be a new one each time
	for try := 1; ; try++ {
		f, err := l.ask(ctx)
		if err != nil {
			return nil, policy{}, err
		}
		pol, err := l.policyOf(ctx, f)
		if err != nil || try == most || !l.unforeseen(pol.Policy) {
			return f, pol, err
		}
	}
}

// frame is what every pull request has, judged or not.
func (l *look) frame(f *facts, pol policy) Pull {
	p := Pull{
		Policy: pol.Policy,
		Texts:  pol.texts,
		Open:   f.pull.State == "OPEN",
		Merged: f.pull.Merged,
		// An open one whose base is gone is about to be aimed at another, or closed.
		Stale: f.pull.State == "OPEN" && f.pull.BaseRef == nil,

		Title:     f.pull.Title,
		HeadRef:   f.pull.HeadRefName,
		BaseRef:   f.pull.BaseRefName,
		Draft:     f.pull.IsDraft,
		UpdatedAt: f.pull.UpdatedAt.UTC(),
	}
	if f.pull.Merged && f.pull.MergedAt != nil {
		p.MergedAt = f.pull.MergedAt.UTC()
	}
	if f.pull.MergeCommit != nil {
		p.MergeCommit = f.pull.MergeCommit.OID
	}
	c := &p.Change
	*c = rules.Change{
		Repo: rules.Repo{ID: f.repo.DatabaseID, Name: f.repo.NameWithOwner, Public: f.repo.Visibility == "PUBLIC"},
		Base: f.pull.BaseRefName, Head: f.head, TakenAt: l.at, SeenAt: l.at, OwnApp: l.App, Notices: pol.notices,
	}
	if ref := f.repo.DefaultBranchRef; ref != nil {
		c.Repo.DefaultBranch = ref.Name
	}
	if f.head == l.target.Head && !l.target.SeenAt.IsZero() {
		c.SeenAt = l.target.SeenAt.UTC()
	}
	pull := rules.Pull{
		Number: l.target.Number, HeadRef: f.pull.HeadRefName, Draft: f.pull.IsDraft, Opened: f.pull.CreatedAt.UTC(),
		Fork: f.pull.IsCrossRepository || f.pull.HeadRepository == nil,
	}
	owner := ""
	if f.pull.HeadRepository != nil {
		p.HeadRepo, owner = f.pull.HeadRepository.DatabaseID, f.pull.HeadRepository.Owner.Login
	}
	if pull.Fork {
		pull.HeadRef = owner + ":" + f.pull.HeadRefName
	}
	if f.pull.Labels != nil {
		for _, label := range f.pull.Labels.Nodes {
			if label != nil {
				pull.Labels = append(pull.Labels, label.Name)
			}
		}
	}
	c.Pulls = []rules.Pull{pull}
	p.Governed = p.Policy.Governs(c.Base, c.Repo.DefaultBranch)
	return p
}

// read fills in all that the rules may look at.
func (l *look) read(ctx context.Context, f *facts, p *Pull) error {
	if err := l.readLists(ctx, f); err != nil {
		return err
	}
	now := stand{head: f.head}
	var edge []string
	if f.linked {
		var err error
		now.key, edge = mergeBaseKey(f.head, f.parents())
		if now.diff, err = l.diffOf(ctx, f, now.key, edge); err != nil {
			return err
		}
		if err := l.putHeadKey(ctx, f.head, now.key); err != nil {
			return err
		}
	} else {
		f.gap(rules.GapFiles, 0, f.pull.ChangedFiles) // without the merge base nothing says which files these are
	}
	trail, err := l.trailOf(ctx, f, edge)
	if err != nil {
		return err
	}
	teams, err := l.teamsOf(ctx, f, p.Policy.Teams())
	if err != nil {
		return err
	}
	c, k := &p.Change, l.cast
	if p.Policy.Checks().All {
		if c.Usual, err = l.usual(ctx, c.Base, time.Time{}); err != nil {
			return err
		}
	}

	f.nameCommits(k)
	for _, push := range trail.pushes {
		k.add(subject.Person{User: push.User, Login: push.Login, Bot: push.Bot})
	}
	if err := l.readJobs(ctx, f, p.Policy); err != nil {
		return err
	}
	if err := l.readHistory(ctx, f, slices.Clone(k.order)); err != nil { // so far those who made the change are named
		return err
	}
	dismissers := f.nameReviews(k)
	for _, s := range f.checks.statuses {
		if !rules.Own(s.Context) {
			k.actor(s.Creator)
		}
	}
	for _, s := range f.checks.hidden {
		k.add(s.By)
	}
	f.nameExtras(k)
	given, speakers, err := l.nameSpeakers(ctx)
	if err != nil {
		return err
	}
	if err := l.readJoins(ctx, f.repo.Owner.DatabaseID, teams, k); err != nil {
		return err
	}
	owners, err := l.readOwners(ctx, f, p.Policy, teams, f.reviewersAnd(slices.Concat(dismissers, speakers)))
	if err != nil {
		return err
	}
	write := f.writers()
	for _, user := range slices.Concat(dismissers, speakers, []int64{p.Author}) {
		if _, known := write[user]; !known {
			if write[user], err = l.canWrite(ctx, k.people[user]); err != nil {
				return err
			}
		}
	}
	may := map[int64]string{}
	if slices.Contains(p.Policy.Needs(), rules.FactPermissions) {
		for _, user := range k.order {
			if may[user], err = l.permission(ctx, k.people[user]); err != nil {
				return err
			}
		}
	}
	if err := k.resolve(ctx, l.Memory); err != nil {
		return err
	}

	c.Pulls[0].Author, c.Pulls[0].Writer = k.who(p.Author), write[p.Author]
	c.Exact, c.Landed, c.Files = now.diff.Exact, now.diff.Landed, now.diff.Files
	c.Commits = f.commitsOf(k)
	c.Unnamed = !trail.named
	if c.Pushes, err = l.pushesOf(ctx, trail.pushes, f, now); err != nil {
		return err
	}
	c.Waivers, c.Declared = waiversOf(given.waivers, k), declaredOf(given.declared, k)
	c.Reviews, c.Shifts = f.reviewsOf(l.target.Number, k), f.shiftsOf(l.target.Number)
	f.putChecks(c, k)
	if err := l.keepFailures(ctx, c); err != nil {
		return err
	}
	p.Shown, p.Suites = f.shown(l.App), f.ends()
	for _, user := range k.order {
		c.People = append(c.People, rules.Person{ID: k.who(user), Bot: k.people[user].Bot, CanWrite: write[user], Permission: may[user]})
	}
	for _, user := range owners {
		c.Owners = append(c.Owners, k.who(user))
	}
	c.Teams = teamsIn(teams, k)
	l.putExtras(f, p.Policy, c)
	if p.Proposal, err = l.proposed(ctx, f, *c); err != nil {
		return err
	}
	c.Gaps = f.gaps
	records, err := l.match(ctx, c.Reviews, now)
	if err != nil {
		return err
	}
	return l.keepStandings(ctx, *c, records)
}
