package githubsim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Caps of a pull request's lists.
const (
	maxPullFiles   = 3000 // https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
	maxPullCommits = 250  // https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request
)

// findPull is the path's pull request as the API knows it now.
func (c *call) findPull() (*pull, error) {
	n, _ := strconv.Atoi(c.vars["pull_number"])
	p := c.repo.pull(n)
	if p == nil {
		return nil, notFound()
	}
	return p.shown(), nil
}

func getPull(c *call) (any, error) {
	p, err := c.findPull()
	if err != nil {
		return nil, err
	}
	o, teams := c.pullJSON(p), list{}
	for _, t := range p.askedTeams {
		teams = append(teams, c.teamSimple(t))
	}
	o["requested_teams"] = teams
	return o, nil
}

// listPulls lists open ones unless asked otherwise, newest first.
func listPulls(c *call) (any, error) {
	var all []*pull
	for _, p := range c.repo.pulls {
		p = p.shown()
		if state := cmp.Or(c.query("state"), "open"); state != "all" && state != p.state() {
			continue
		}
		if base := c.query("base"); base != "" && base != p.baseRef {
			continue
		}
		if head := c.query("head"); head != "" && head != p.headRepo.owner.login+":"+p.headRef {
			continue
		}
		all = append(all, p)
	}
	if sort := c.query("sort"); sort == "updated" {
		slices.SortStableFunc(all, func(a, b *pull) int { return a.updated.Compare(b.updated) })
	}
	if c.query("direction") != "asc" {
		slices.Reverse(all)
	}
	return page(c, all, func(p *pull) any { return c.pullSimple(p) }), nil
}

func listPullFiles(c *call) (any, error) {
	p, err := c.findPull()
	if err != nil {
		return nil, err
	}
	diff := p.diff()
	return page(c, diff[:min(len(diff), maxPullFiles)], func(f change) any { return c.fileJSON(c.repo, p.head.oid, f) }), nil
}

func listPullCommits(c *call) (any, error) {
	p, err := c.findPull()
	if err != nil {
		return nil, err
	}
	all := p.commits()
	return page(c, all[:min(len(all), maxPullCommits)], func(k *commit) any { return c.commitJSON(c.repo, k) }), nil
}

// listReviews lists reviews in the order in which they were submitted.
func listReviews(c *call) (any, error) {
	p, err := c.findPull()
	if err != nil {
		return nil, err
	}
	return page(c, p.reviews, func(v *review) any { return c.reviewJSON(v) }), nil
}

func lower(s string) string { return strings.ToLower(s) }
