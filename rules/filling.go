package rules

import (
	"maps"
	"slices"
)

// Limits of the search for the fewest approvals, which runs wherever a verdict is shown. Few
// policies ever come near: of groups that fill the same seats one is tried. Past them each
// rule's approvals are asked for by themselves.
const (
	maxFillings = 5000 // sets of approvals that are tried, over all ways to meet the policy
	maxOpenings = 64   // requirements that lack approvals, and approvals that are lacking
	maxSeats    = 32   // that are distinct
	maxKnown    = 20   // people whom the change names
)

// filling is the search for the fewest approvals that fill every seat which is empty.
type filling struct {
	*unblocker
	lifts    []Step
	openings []opening    // requirements that lack approvals; and all whose seats are distinct, for people can move
	seats    []distinctAt // of the rules that block if it is empty
	groups   []candidate  // somebody of each group that is asked for, whether there is anybody or not
	open     []candidate  // of them those of whom there may be people whom the change does not name; and anybody
	known    []candidate  // people whom the change names
}

// opening is an approvals requirement that a new approval could serve.
type opening struct {
	rule    string
	layer   Layer
	of      *Approvals
	lacking int // of distinct ones 0: their seats say
	facts   *ApprovalFacts
	unread  []Fact
}

// empty reports whether the requirement lacks somebody now, and not only where people move.
func (o opening) empty() bool { return len(o.facts.Counted) < o.facts.Need }

// distinctAt is a distinct seat, who approves already and can sit there, and its opening.
type distinctAt struct {
	can     []UserID
	opening int
}

// steps returns the steps of lifting and approving.
func (f *filling) steps() []Step {
	f.distinct()
	if len(f.openings) > maxOpenings || len(f.seats) > maxSeats || f.deficit(nil) > maxOpenings {
		return append(f.lifts, f.oneByOne()...)
	}
	f.candidates()
	lifted := f.liftedByApproving()
	out, lifted := f.nobody(lifted)
	picks := f.fewest(lifted)
	masks := f.needed(lifted, picks)
	for i, s := range f.lifts {
		for k, c := range lifted {
			if len(s.People) == 1 && s.People[0] == c.id {
				f.lifts[i].Fills = f.rulesOf(masks[k])
			}
		}
	}
	out = append(out, f.lifts...)
	return append(out, f.approvalSteps(masks[len(lifted):], picks)...)
}

// oneByOne asks for the approvals of each requirement by themselves.
func (f *filling) oneByOne() []Step {
	var out []Step
	for _, o := range f.openings {
		if o.empty() {
			out = append(out, Step{
				Code: StepApprove, Rules: []string{o.rule}, Count: o.facts.Need - len(o.facts.Counted), From: o.of.From, Write: len(o.of.From) == 0,
			})
		}
	}
	return out
}

// approvalSteps says who can give the approvals that fit the masks, one step for those that
// fit alike. Nobody is named in two of them.
func (f *filling) approvalSteps(masks [][]bool, picks []candidate) []Step {
	var out []Step
	picked := map[UserID]bool{}
	for _, c := range picks {
		picked[c.id] = true
	}
	var done [][]bool
	for _, mask := range masks {
		if slices.ContainsFunc(done, func(d []bool) bool { return slices.Equal(d, mask) }) {
			continue
		}
		done = append(done, mask)
		s := f.approval(mask)
		s.Count = 0
		for k, m := range masks {
			if slices.Equal(m, mask) {
				s.Count++
				delete(picked, picks[k].id)
			}
		}
		for _, c := range f.known {
			if covers(c.fits, mask) && !picked[c.id] && (s.Only || f.reviewed(c.id)) {
				s.People = append(s.People, c.id)
			}
		}
		for _, id := range s.People {
			picked[id] = true
		}
		out = append(out, s)
	}
	return out
}

// distinct adds the requirements whose seats are distinct, and their seats.
func (f *filling) distinct() {
	for _, one := range f.firm {
		one.rule.Require.each(func(part Requirement) {
			a := part.Approvals
			if a == nil || !a.Distinct {
				return
			}
			reason := f.approvals(one.layer, a)
			for _, s := range f.seated.seats {
				if s.of == a {
					f.seats = append(f.seats, distinctAt{can: s.can, opening: len(f.openings)})
				}
			}
			f.openings = append(f.openings, opening{rule: one.rule.Name, layer: one.layer, of: a, facts: reason.Approvals, unread: reason.Unread})
		})
	}
}

// liftedByApproving returns who requested changes and fills seats by approving instead.
func (f *filling) liftedByApproving() []candidate {
	var out []candidate
	for _, s := range f.lifts {
		for _, c := range f.known {
			if len(s.People) == 1 && c.id == s.People[0] && !slices.ContainsFunc(out, func(o candidate) bool { return o.id == c.id }) {
				out = append(out, c)
			}
		}
	}
	f.known = slices.DeleteFunc(f.known, func(c candidate) bool {
		return slices.ContainsFunc(out, func(o candidate) bool { return o.id == c.id })
	})
	return out
}

// nobody takes out the openings that the candidates cannot fill, and says so. An opening
// that all of them together cannot fill beside the others is taken out too, the last first. It
// returns those who lift with the openings that are left.
func (f *filling) nobody(lifted []candidate) (out []Step, _ []candidate) {
	for len(f.openings) > 0 {
		everybody := slices.Concat(lifted, f.known)
		if f.deficit(f.enough(everybody)) == 0 {
			break
		}
		i := f.hopeless(everybody)
		o := f.openings[i]
		lacking := max(o.lacking, o.facts.Need-len(o.facts.Counted), 1)
		out = append(out, Step{
			Code: StepNobody, Rules: []string{o.rule}, Count: lacking, From: o.of.From,
			Teams: slices.Concat(o.facts.NoTeam, o.facts.OtherTeam), Unread: o.unread,
		})
		f.drop(i)
		lifted = f.without(lifted, i)
	}
	return out, lifted
}

// hopeless returns the last opening that nobody else could fill either, or else the last
// that is not full.
func (f *filling) hopeless(everybody []candidate) int {
	for i := range slices.Backward(f.openings) {
		if slices.ContainsFunc(f.open, func(c candidate) bool { return c.fits[i] }) {
			continue // there are as many of them as one likes
		}
		alone := filling{unblocker: f.unblocker, openings: f.openings, open: f.open}
		for _, s := range f.seats {
			if s.opening == i {
				alone.seats = append(alone.seats, s)
			}
		}
		alone.openings = slices.Clone(f.openings)
		for k := range alone.openings {
			if k != i {
				alone.openings[k].lacking = 0
			}
		}
		if alone.deficit(alone.enough(everybody)) > 0 {
			return i
		}
	}
	return len(f.openings) - 1
}

// enough returns the people and as many of each group as could ever be asked for.
func (f *filling) enough(people []candidate) []candidate {
	most := len(f.seats)
	for _, o := range f.openings {
		most = max(most, o.lacking)
	}
	out := slices.Clone(people)
	for _, c := range f.open {
		out = append(out, slices.Repeat([]candidate{c}, most)...)
	}
	return out
}

// drop takes out an opening: its place stays, and asks for nothing.
func (f *filling) drop(i int) {
	f.openings = slices.Delete(slices.Clone(f.openings), i, i+1)
	f.seats = slices.DeleteFunc(slices.Clone(f.seats), func(s distinctAt) bool { return s.opening == i })
	for k := range f.seats {
		if f.seats[k].opening > i {
			f.seats[k].opening--
		}
	}
	f.groups, f.open, f.known = f.without(f.groups, i), f.without(f.open, i), f.without(f.known, i)
}

func (f *filling) without(all []candidate, i int) []candidate {
	out := slices.Clone(all)
	for k := range out {
		out[k].fits = slices.Delete(slices.Clone(out[k].fits), i, i+1)
	}
	return slices.DeleteFunc(out, func(c candidate) bool { return c.id == 0 && !slices.Contains(c.fits, true) })
}

// fewest returns who has to approve besides those who lift: as few as can be.
func (f *filling) fewest(lifted []candidate) []candidate {
	if f.deficit(lifted) == 0 {
		return nil
	}
	var pool []candidate
	for _, c := range slices.Concat(f.open, f.known) {
		if !slices.ContainsFunc(pool, func(p candidate) bool { return p.id == 0 && covers(p.fits, c.fits) }) {
			pool = append(slices.DeleteFunc(pool, func(p candidate) bool { return c.id == 0 && p.id == 0 && covers(c.fits, p.fits) }), c)
		}
	}
	slices.SortStableFunc(pool, func(a, b candidate) int { return f.fillsEmpty(b) - f.fillsEmpty(a) })
	most := f.greedy(lifted, pool)
	for n := f.least(lifted, pool); n < len(most); n++ {
		if found := f.search(lifted, pool, 0, n); found != nil {
			return found[len(lifted):]
		}
	}
	return most
}

// least returns how many approvals it takes at the least.
func (f *filling) least(lifted, pool []candidate) int {
	fills := 1 // the most that one approval does
	for _, c := range pool {
		n, sits := 0, false
		for i, fits := range c.fits {
			switch distinct := f.openings[i].of.Distinct; {
			case fits && distinct:
				sits = true
			case fits:
				n++
			}
		}
		if sits {
			n++ // nobody sits on two of them
		}
		fills = max(fills, n)
	}
	return max(1, (f.deficit(lifted)+fills-1)/fills)
}

// fillsEmpty returns how many openings that lack somebody a candidate fits.
func (f *filling) fillsEmpty(c candidate) int {
	n := 0
	for i, o := range f.openings {
		if c.fits[i] && o.empty() {
			n++
		}
	}
	return n
}

// greedy picks whoever fills the most until nothing is empty.
func (f *filling) greedy(lifted, pool []candidate) []candidate {
	picks := slices.Clone(lifted)
	for left := f.deficit(picks); left > 0; {
		best, at := left, -1
		for i, c := range pool {
			if c.id != 0 && slices.ContainsFunc(picks, func(p candidate) bool { return p.id == c.id }) {
				continue
			}
			if d := f.deficit(append(slices.Clone(picks), c)); d < best {
				best, at = d, i
			}
		}
		if at < 0 {
			break // cannot be: nobody took out what cannot be filled
		}
		picks, left = append(picks, pool[at]), best
	}
	return picks[len(lifted):]
}

// search returns picks with n more of the pool, from the i-th on, that leave nothing empty.
func (f *filling) search(picks, pool []candidate, i, n int) []candidate {
	if n == 0 {
		f.budget--
		if f.deficit(picks) == 0 {
			return picks
		}
		return nil
	}
	for ; i < len(pool) && f.budget > 0; i++ {
		next := i
		if pool[i].id != 0 {
			next++ // a person approves once
		}
		if found := f.search(append(slices.Clone(picks), pool[i]), pool, next, n-1); found != nil {
			return found
		}
	}
	return nil
}

// deficit returns how many seats stay empty if the picks approve.
func (f *filling) deficit(picks []candidate) int {
	left := 0
	for i, o := range f.openings {
		lacking := o.lacking
		for _, c := range picks {
			if c.fits[i] {
				lacking--
			}
		}
		left += max(lacking, 0)
	}
	if len(f.seats) == 0 {
		return left
	}
	s := seating{at: map[UserID]int{}}
	for _, seat := range f.seats {
		can := slices.Clone(seat.can)
		for k, c := range picks {
			id := c.id
			if id == 0 {
				id = UserID(-1 - k) // nobody has a negative id
			}
			if c.fits[seat.opening] && !slices.Contains(can, id) {
				can = append(can, id)
			}
		}
		s.seats = append(s.seats, distinctSeat{can: can})
	}
	for i := range s.seats {
		if !s.fill(i, map[UserID]bool{}) {
			left++
		}
	}
	return left
}

// needed returns for those who lift and for each pick what it has to fit: with all else, no
// less will do. What comes first keeps as little as it can, so that as many people as can be
// are able to give it.
func (f *filling) needed(lifted, picks []candidate) [][]bool {
	all := slices.Concat(lifted, picks)
	masks := make([][]bool, len(all))
	for k := range all {
		all[k].fits = slices.Clone(all[k].fits)
		masks[k] = all[k].fits
	}
	for k := range slices.Backward(all) {
		// Those who lift do so anyway: what they fill is what the others need not.
		if k < len(lifted) {
			continue
		}
		f.narrow(all, k)
	}
	for k := range lifted {
		f.narrow(all, k)
	}
	return masks
}

func (f *filling) narrow(all []candidate, k int) {
	for _, empty := range []bool{false, true} { // what is empty now is what people look for
		for i, fits := range all[k].fits {
			if !fits || f.openings[i].empty() != empty {
				continue
			}
			all[k].fits[i] = false
			if f.deficit(all) > 0 {
				all[k].fits[i] = true
			}
		}
	}
}

// approval says from whom an approval that fits the mask can come, without the people.
func (f *filling) approval(mask []bool) Step {
	s := Step{Code: StepApprove, Count: 1, Rules: f.rulesOf(mask)}
	var asked []string
	anybody := true
	for i, o := range f.openings {
		if !mask[i] {
			continue
		}
		s.Write = s.Write || len(o.of.From) == 0
		anybody = anybody && len(o.of.From) == 0
		asked = append(asked, o.of.From...)
	}
	s.Only = !slices.ContainsFunc(f.open, func(c candidate) bool { return covers(c.fits, mask) })
	if anybody {
		return s
	}
	for _, g := range f.groups {
		if covers(g.fits, mask) && f.staffed(g.layer, g.group, mask) {
			s.From = append(s.From, g.group)
		}
	}
	if len(s.From) == 0 { // somebody who is in several of them
		for _, name := range asked {
			if !slices.Contains(s.From, name) {
				s.From = append(s.From, name)
			}
		}
	}
	return s
}

// staffed reports whether the group has anybody who could be asked for what fits the mask.
func (f *filling) staffed(l Layer, name string, mask []bool) bool {
	return f.reachable(l, name) || slices.ContainsFunc(f.known, func(c candidate) bool {
		_, ok := f.eligible(l, []string{name}, c.id)
		return ok && covers(c.fits, mask)
	})
}

func (f *filling) rulesOf(mask []bool) []string {
	names := map[string]bool{}
	for i, o := range f.openings {
		if mask[i] {
			names[o.rule] = true
		}
	}
	return inPolicyOrder(slices.Collect(maps.Keys(names)), f.order)
}

// covers reports whether one fits wherever the other does.
func covers(a, b []bool) bool {
	for i := range b {
		if b[i] && !a[i] {
			return false
		}
	}
	return true
}
