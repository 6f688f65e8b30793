package snapshot

import (
	"slices"

	"github.com/changewarden/changewarden/rules"
)

// mergeBaseKey names the merge base of base and head without asking for it: the head, and
// those parents of the commits base..head that are not among them. All of these parents are
// in the base, and whatever head and base have in common is reached through one of them, so
// equal keys mean equal merge bases. It moves with the head, and with the base only when
// the base takes commits of the head in. Parents are those of each commit of base..head.
func mergeBaseKey(head string, parents map[string][]string) (key string, edge []string) {
	for _, ps := range parents {
		for _, p := range ps {
			if _, inside := parents[p]; !inside {
				edge = append(edge, p)
			}
		}
	}
	slices.Sort(edge)
	edge = slices.Compact(edge)
	d := newDigest("changewarden/merge-base/v1")
	d.add(head)
	d.add(edge...)
	return d.sum(), edge
}

// byGitHub reports whether GitHub itself committed: its account for what people do on its
// pages, and its own valid signature, which nobody else can make. A committer alone is a
// claim.
func (c commit) byGitHub() bool {
	if c.Signature == nil || !c.Signature.IsValid || !c.Signature.WasSignedByGitHub || c.Committer == nil {
		return false
	}
	if u := c.Committer.User; u != nil {
		return u.webFlow()
	}
	return c.Committer.Email == webFlowEmail
}

// nameCommits names the authors and committers of the commits.
func (f *facts) nameCommits(k *cast) {
	for _, c := range f.commits {
		for _, a := range c.Authors.Nodes {
			if a != nil {
				k.add(a.User.person())
			}
		}
		if c.Committer != nil {
			k.add(c.Committer.User.person())
		}
	}
}

// commitsOf returns the commits. An author whom GitHub does not know is 0, and so is a
// commit's that names none.
func (f *facts) commitsOf(k *cast) []rules.Commit {
	var out []rules.Commit
	parents := f.parents()
	for _, c := range f.commits {
		rc := rules.Commit{SHA: c.OID, ByGitHub: c.byGitHub(), CoAuthored: len(c.Authors.Nodes) > 1}
		rc.Parents = parents[c.OID]
		for _, a := range c.Authors.Nodes {
			var u *gitUser
			if a != nil {
				u = a.User
			}
			rc.Authors = append(rc.Authors, k.whoUser(u))
		}
		if len(rc.Authors) == 0 {
			rc.Authors = []rules.UserID{0}
		}
		if c.Committer != nil {
			rc.Committer = k.whoUser(c.Committer.User)
		}
		out = append(out, rc)
	}
	return out
}

// parents returns the parents of each commit.
func (f *facts) parents() map[string][]string {
	out := map[string][]string{}
	for _, c := range f.commits {
		out[c.OID] = nil
		for _, p := range c.Parents.Nodes {
			if p != nil {
				out[c.OID] = append(out[c.OID], p.OID)
			}
		}
	}
	return out
}
