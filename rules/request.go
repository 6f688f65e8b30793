package rules

import (
	"slices"

	"go.yaml.in/yaml/v4"
)

// Requests says who is asked on GitHub for the approvals that the rules of a layer lack. It
// weighs nothing: no verdict depends on who was asked.
type Requests struct {
	Teams  bool // the team of the group, where it has one
	People int  // so many people of a group without a team; 0: nobody
}

// maxAsked is how many people are asked at once: a request to everybody is one to nobody.
const maxAsked = 10

// requests reads {teams, people}.
func (p *parser) requests(n *yaml.Node) *Requests {
	r := &Requests{}
	p.mapping(n, "review_requests", keys{
		"teams": func(n *yaml.Node) {
			v, ok := p.flag(n, "teams in review_requests")
			if ok && !v {
				p.fail(n, "teams: false asks for nothing: take it out")
			}
			r.Teams = v
		},
		"people": func(n *yaml.Node) { r.People = int(p.number(n, "people in review_requests", maxAsked)) },
	})
	return r
}

// Ask is who could be asked for a review on GitHub: a team, or the first of some people.
type Ask struct {
	Pull  int64  // where
	Layer string // whose rules lack the approval
	Group string
	Team  Team     // zero: people
	Count int      // how many of People
	Users []UserID // in the order in which they are asked
}

// Asks returns who is to be asked for the approvals that the steps need: of each step the
// first group that can be asked, for those rules whose file has reviews requested. Nobody is
// asked on a draft or on a pull request by somebody who cannot write, nor for content that
// cannot be told from other content, nor whoever contributed to the change, or has reviewed
// this content, in any way. Which people come first hangs on the pull request alone, so that
// a new push asks the same and another pull request others.
func Asks(p Policy, c Change, steps []Step) []Ask {
	at := slices.IndexFunc(c.Pulls, func(p Pull) bool { return p.Writer && !p.Draft })
	if at < 0 || c.Exact == "" || !slices.ContainsFunc(p.Layers, func(l Layer) bool { return l.Requests != nil }) {
		return nil
	}
	j := newJudge(c, c.TakenAt)
	var out []Ask
	for _, s := range steps {
		if s.Code != StepApprove {
			continue
		}
		for _, l := range p.Layers {
			a, ok := j.ask(l, s, c.Pulls[at].Number)
			if ok && !slices.ContainsFunc(out, func(o Ask) bool { return o.Layer == a.Layer && o.Group == a.Group }) {
				out = append(out, a)
			}
			if ok {
				break // who is asked for the floor's rules serves those of the repository as well
			}
		}
	}
	return out
}

// ask returns who of the layer's groups is asked for a step.
func (j *judge) ask(l Layer, s Step, pull int64) (Ask, bool) {
	if l.Requests == nil || !slices.ContainsFunc(s.Rules, func(name string) bool { _, ok := l.rule(name); return ok }) {
		return Ask{}, false
	}
	for _, name := range s.From {
		g, own := l.Groups[name]
		if !own {
			continue
		}
		a := Ask{Pull: pull, Layer: l.Name, Group: name}
		for _, ref := range g.Teams {
			if t, ok := j.team(ref.Slug); ok && ref.means(t) && l.Requests.Teams {
				a.Team = t
				return a, true
			}
		}
		if len(g.Teams) > 0 || l.Requests.People == 0 {
			continue
		}
		if a.Users = j.askable(g, s, pull); len(a.Users) > 0 {
			a.Count = l.Requests.People
			return a, true
		}
	}
	return Ask{}, false
}

// askable returns the people of a group who can be asked for a step, the first of them
// another one on each pull request.
func (j *judge) askable(g Group, s Step, pull int64) []UserID {
	var out []UserID
	for i := range g.Users {
		id := j.resolve(g.Users[(int(pull)+i)%len(g.Users)])
		_, contributed := j.who.by[id]
		reviewed := slices.ContainsFunc(j.Reviews, func(r Review) bool { return r.By == id && r.Exact == j.Exact })
		if id != 0 && !contributed && !reviewed && !j.people[id].Bot && (!s.Only || slices.Contains(s.People, id)) {
			out = append(out, id)
		}
	}
	return out
}
