package githubsim

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Secondary are the limits that GitHub puts on an installation beside its hour; 0: none.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
type Secondary struct {
	Points          int // REST a minute: a read is 1, a write 5
	GraphQLPoints   int // a minute: a query is 1
	WritesPerMinute int // that make content; which do GitHub does not say, here all REST writes do
	WritesPerHour   int
}

// GitHubSecondary are GitHub's own. The bound on requests at once is not modelled: the
// simulator answers one at a time.
var GitHubSecondary = Secondary{Points: 900, GraphQLPoints: 2000, WritesPerMinute: 80, WritesPerHour: 500}

// abuse is what the secondary limits count.
type abuse struct {
	limits  Secondary
	asked   map[int64][]asked // by installation, of the last hour
	until   map[int64]time.Time
	tripped []string
}

type asked struct {
	at      time.Time
	points  int
	graphql bool
	write   bool
}

// EnforceSecondary makes every installation keep to limits from now on. Who trips one is
// refused for a minute, as is whoever asks on meanwhile.
func (s *Server) EnforceSecondary(l Secondary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abuse = abuse{limits: l, asked: map[int64][]asked{}, until: map[int64]time.Time{}}
}

// Tripped are the requests that a limit refused, the hour's or a secondary one, as
// "account: limit: kind", in order.
func (s *Server) Tripped() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.abuse.tripped)
}

func (c *call) trip(limit string) {
	c.abuse.tripped = append(c.abuse.tripped, fmt.Sprintf("%s: %s: %s", c.install.account.login, limit, Kind(c.r)))
}

// secondary counts the call against its installation's secondary limits, or refuses it.
func (c *call) secondary() error {
	l := c.abuse.limits
	if l == (Secondary{}) {
		return nil
	}
	now, id := c.opts.Now(), c.install.id
	a := asked{at: now, points: 1, graphql: c.resource() == "graphql"}
	if a.write = !a.graphql && c.r.Method != http.MethodGet; a.write {
		a.points = 5
	}
	all := slices.DeleteFunc(c.abuse.asked[id], func(a asked) bool { return now.Sub(a.at) >= time.Hour })
	all = append(all, a)
	c.abuse.asked[id] = all
	var rest, graphql, minute, hour int
	for _, a := range all {
		lately := now.Sub(a.at) < time.Minute
		switch {
		case lately && a.graphql:
			graphql += a.points
		case lately:
			rest += a.points
		}
		if a.write {
			hour++
			if lately {
				minute++
			}
		}
	}
	over := func(limit, count int) bool { return limit > 0 && count > limit }
	var which []string
	for name, is := range map[string]bool{
		"asks on":            now.Before(c.abuse.until[id]),
		"points":             over(l.Points, rest) || over(l.GraphQLPoints, graphql),
		"writes a minute":    a.write && over(l.WritesPerMinute, minute),
		"writes in the hour": a.write && over(l.WritesPerHour, hour),
	} {
		if is {
			which = append(which, name)
		}
	}
	if len(which) == 0 {
		return nil
	}
	slices.Sort(which)
	c.trip(strings.Join(which, ", "))
	until := now.Add(time.Minute)
	c.abuse.until[id] = until
	e := refuse(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
	e.about = "https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
	e.header = http.Header{"Retry-After": {strconv.Itoa(60)}}
	return e
}
