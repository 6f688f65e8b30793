package store

import (
	"fmt"
	"time"

	"github.com/changewarden/changewarden/app/subject"
)

// A selector is resolved in the transaction that stores its delivery, against rows that a
// look under way may be about to replace. Two things keep an event from falling between:
// whoever is being looked at right now is selected in doubt, because what that look read may
// be older than the event; and a check on a commit that no pull request is known to have is
// remembered as a stray until one turns out to have it (PutPull). See also Accept.

// selected adds the subjects that sel selects to due.
func (tx *Tx) selected(at time.Time, sel subject.Selector, due map[subject.Subject]bool) error {
	var pulls []Pull
	var err error
	switch sel.Kind {
	case subject.ByHead:
		if sel.Check == nil || !sel.Check.Open() {
			if err := tx.selectGates(sel.Repo, sel.SHA, due); err != nil {
				return err
			}
		}
		return tx.selectByHead(at, sel, due)
	case subject.ByIssue:
		return tx.selectPostMortem(sel.Repo, sel.Number, due)
	case subject.ByGate:
		if sel.Number != 0 {
			return tx.selectGate(sel, due)
		}
		return tx.selectGates(sel.Repo, "", due)
	case subject.ByPerson:
		if err := tx.selectGatesOf(sel, due); err != nil {
			return err
		}
		pulls, err = tx.pullsOfPerson(sel)
	case subject.ByTeam:
		if err := tx.selectGatesOf(sel, due); err != nil {
			return err
		}
		pulls, err = list(tx.reader(), scanPull, selectPullIn+`
	where p.open and (r.id is null or r.account = $1) and (`+inDoubt+`
		or exists (select 1 from interest_teams t where t.repo = p.repo and t.number = p.number and t.account = $1 and t.slug = $2))`,
			sel.Account, sel.Team)
	case subject.ByBase:
		if sel.Moved {
			pulls, err = list(tx.reader(), scanPull, selectPullIn+`where p.open and p.repo = $1 and p.base = $2 and (`+inDoubt+` or i.base)`,
				sel.Repo, sel.Branch)
			break
		}
		pulls, err = list(tx.reader(), scanPull, selectPullOnly+`where repo = $1 and base = $2 and open`, sel.Repo, sel.Branch)
		if sel.Usual != "" && err == nil {
			pulls, err = tx.unlike(pulls, sel.Usual)
		}
	case subject.ByRepository:
		if err := tx.selectGates(sel.Repo, "", due); err != nil {
			return err
		}
		pulls, err = list(tx.reader(), scanPull, selectPullOnly+`where repo = $1 and open`, sel.Repo)
	default:
		err = fmt.Errorf("no such kind")
	}
	for _, p := range pulls {
		due[p.Subject()] = true
	}
	return err
}

const (
	selectPullIn = `
select p.repo, p.number, p.title, p.head, p.head_repo, p.head_ref, p.base, p.author, p.open, p.merged, p.draft,
	p.updated_at, p.head_seen_at, p.governed, p.judged_base, null
from pulls p
	left join repositories r on r.id = p.repo
	left join interests i on i.repo = p.repo and i.number = p.number
	left join subjects s on s.key = 'pull_request/' || p.repo || '/' || p.number `
	// inDoubt: whom the look rests on is not known, or about to change.
	inDoubt = `i.repo is null or coalesce(s.lease_until, 0) <> 0`
)

func (tx *Tx) pullsOfPerson(sel subject.Selector) ([]Pull, error) {
	const who = ` and (` + inDoubt + `
		or exists (select 1 from interest_users u where u.repo = p.repo and u.number = p.number and u.user_id = $2))`
	if sel.Repo != 0 {
		return list(tx.reader(), scanPull, selectPullIn+`where p.open and p.repo = $1`+who, sel.Repo, sel.User)
	}
	return list(tx.reader(), scanPull, selectPullIn+`where p.open and (r.id is null or r.account = $1)`+who, sel.Account, sel.User)
}

// pullsWithHead returns the open pull requests that have a head, and the governed ones that were
// merged with it.
func (tx *Tx) pullsWithHead(repo int64, sha string) (open, merged []Pull, err error) {
	all, err := list(tx.reader(), scanPull, selectPullOnly+`where repo = $1 and head = $2 and (open or merged and governed)`, repo, sha)
	for _, p := range all {
		if p.Open {
			open = append(open, p)
		} else {
			merged = append(merged, p)
		}
	}
	return open, merged, err
}

// selectByHead selects the open pull requests that have the head, without those that are
// known to be ungoverned, and with a check only those whose verdict it could change.
func (tx *Tx) selectByHead(at time.Time, sel subject.Selector, due map[subject.Subject]bool) error {
	pulls, merged, err := tx.pullsWithHead(sel.Repo, sel.SHA)
	if err != nil {
		return err
	}
	if len(pulls) == 0 && tx.s.d.shared {
		// Somebody may be storing one that has it: whoever comes first, the other sees it.
		if err := tx.lockHead(sel.Repo, sel.SHA); err != nil {
			return err
		}
		if pulls, merged, err = tx.pullsWithHead(sel.Repo, sel.SHA); err != nil {
			return err
		}
	}
	group, grouped, err := tx.MergeGroup(sel.Repo, sel.SHA)
	if err != nil {
		return err
	}
	grouped = grouped && group.GoneAt.IsZero()
	if sel.Again {
		found, err := tx.rerun(sel.Repo, sel.SHA)
		if err != nil {
			return err
		}
		if found && len(pulls) == 0 && !grouped {
			// Else the look at the pull requests comes first, and then the new run.
			due[subject.Subject{Kind: subject.Head, Repo: sel.Repo, SHA: sel.SHA}] = true
		}
	}
	own := notOurs
	if sel.Check != nil && (len(pulls)+len(merged) > 0 || grouped) {
		if own, err = tx.ownCheck(sel.Repo, sel.SHA, *sel.Check); err != nil {
			return err
		}
		if err := tx.selectMerged(merged, own, due); err != nil {
			return err
		}
	}
	if len(pulls) == 0 && !grouped {
		return tx.stray(sel.Repo, sel.SHA, at)
	}
	if sel.Check != nil {
		if own == asSaid {
			return nil
		}
		if own == notAsSaid {
			said, err := tx.doubt(sel.Repo, sel.SHA)
			if err != nil {
				return err
			}
			if said {
				due[subject.Subject{Kind: subject.Head, Repo: sel.Repo, SHA: sel.SHA}] = true
			}
		}
		if own != notOurs {
			if grouped {
				due[group.Subject()] = true
			}
			for _, p := range pulls {
				due[p.Subject()] = true
			}
			return nil
		}
	}
	if grouped {
		due[group.Subject()] = true // any result on it may be the one that it waits for
	}
	for _, p := range pulls {
		could, err := tx.couldChange(p, sel.Check)
		if err != nil {
			return err
		}
		if could {
			due[p.Subject()] = true
		}
	}
	return nil
}

// selectMerged adds those of the merged pull requests with a head whose verdicts rest on every
// check, if a result on it is not ours: one that comes late can change what is usual on their
// base, and their look finds whom that concerns.
func (tx *Tx) selectMerged(merged []Pull, own own, due map[subject.Subject]bool) error {
	if own != notOurs {
		return nil
	}
	for _, p := range merged {
		interest, found, err := tx.checkInterest(p.Repo, p.Number)
		if err != nil {
			return err
		}
		if !found || interest.Checks.All {
			due[p.Subject()] = true
		}
	}
	return nil
}

// couldChange says whether a check result could change the verdict about p; nil is any.
func (tx *Tx) couldChange(p Pull, c *subject.Check) (bool, error) {
	leased, err := tx.leased(p.Subject())
	if err != nil || leased {
		return true, err
	}
	if !p.Governed || c == nil {
		return p.Governed, nil
	}
	interest, found, err := tx.checkInterest(p.Repo, p.Number)
	if err != nil || !found {
		return true, err
	}
	for _, seen := range interest.Seen {
		if c.ID != 0 && seen.Source == c.Source && seen.ID == c.ID && seen.Status == c.Status && seen.Conclusion == c.Conclusion {
			return false, nil
		}
	}
	return interest.Checks.matches(*c), nil
}

// unlike leaves the pull requests whose verdict rests on every check, and on others to be
// usual than these.
func (tx *Tx) unlike(pulls []Pull, usual string) ([]Pull, error) {
	var out []Pull
	for _, p := range pulls {
		interest, found, err := tx.checkInterest(p.Repo, p.Number)
		if err != nil {
			return nil, err
		}
		leased, err := tx.leased(p.Subject())
		if err != nil {
			return nil, err
		}
		if !found || leased || interest.Checks.All && interest.Checks.Usual != usual {
			out = append(out, p)
		}
	}
	return out, nil
}

// strayLife is how long a stray is kept: longer than any look takes.
const strayLife = time.Hour

func (tx *Tx) stray(repo int64, sha string, at time.Time) error {
	if err := tx.exec(`delete from strays where (repo, sha) in (select repo, sha from strays where at < $1`+tx.s.d.skipLocked+`)`,
		micros(at.Add(-strayLife))); err != nil {
		return err
	}
	return tx.exec(`
insert into strays (repo, sha, at) values ($1, $2, $3)
on conflict (repo, sha) do update set at = excluded.at`, repo, sha, micros(at))
}
