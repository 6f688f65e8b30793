package githubsim

import (
	"net/http"
	"slices"
)

// rule is a programmed misfortune of deliveries.
type rule struct {
	match func(Delivery) bool
	act   string // lose, double, hold
	once  bool
	spent bool
	held  []*Delivery
}

// Every matches all deliveries.
func Every(Delivery) bool { return true }

// OfEvent matches the deliveries of an event, and of one action of it unless that is empty.
func OfEvent(event, action string) func(Delivery) bool {
	return func(d Delivery) bool { return d.Event == event && (action == "" || d.Action == action) }
}

// LoseNext lets the next delivery that matches vanish: it is never sent, stands as lost in
// Deliveries, and GitHub's own list does not know it. Redeliver still finds it.
func (s *Server) LoseNext(match func(Delivery) bool) {
	s.addRule(&rule{match: match, act: "lose", once: true})
}

// DuplicateNext sends the next delivery that matches twice, under the same GUID.
func (s *Server) DuplicateNext(match func(Delivery) bool) {
	s.addRule(&rule{match: match, act: "double", once: true})
}

// Hold keeps back every delivery that matches until release is called; then they join the
// end of the queue. It both delays and, with a narrow match, reorders.
func (s *Server) Hold(match func(Delivery) bool) (release func()) {
	h := &rule{match: match, act: "hold"}
	s.addRule(h)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		h.spent = true
		held := h.held
		h.held = nil
		for _, d := range held {
			d.Outcome = "queued"
			s.hooks.queue = append(s.hooks.queue, d)
		}
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// Reorder puts what is queued now in another order; do gets the queue and changes it in place.
func (s *Server) Reorder(do func([]*Delivery)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s.hooks.queue)
}

func (s *Server) addRule(r *rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks.rules = append(s.hooks.rules, r)
}

// applyRules says whether d is to be sent now.
func (s *Server) applyRules(d *Delivery) bool {
	s.hooks.rules = slices.DeleteFunc(s.hooks.rules, func(r *rule) bool { return r.spent })
	for _, r := range s.hooks.rules {
		if !r.match(*d) {
			continue
		}
		r.spent = r.once
		switch r.act {
		case "lose":
			d.Outcome = "lost"
			return false
		case "hold":
			d.Outcome = "held"
			r.held = append(r.held, d)
			return false
		case "double":
			again := *d
			s.hooks.log = append(s.hooks.log, &again)
			s.hooks.queue = append([]*Delivery{&again}, s.hooks.queue...)
			return true
		}
	}
	return true
}

// Fault is what befalls one request.
type Fault struct {
	Status int         // answered instead; 0: the connection breaks without an answer
	Header http.Header // added to the answer
	Body   string
	// Late lets the request be carried out first: what it did stands, only the answer is lost.
	Late bool
	// Until holds the request back until the channel is closed or the caller gives up;
	// with Status 0 it is then carried out as if nothing had been. Arrived, if not nil, is
	// closed as soon as the request is there.
	Until   <-chan struct{}
	Arrived chan<- struct{}
}

// Faults that GitHub really shows.
var (
	BadGateway = Fault{Status: 502, Body: `{"message":"Server Error"}`}
	// Broken cuts the connection before anything is done.
	Broken = Fault{}
	// AnswerLost cuts the connection after the request was carried out.
	AnswerLost = Fault{Late: true}
	// SecondaryLimit is the secondary rate limit without Retry-After, as it really comes:
	// the primary limit's headers show plenty left.
	SecondaryLimit = Fault{Status: 403, Body: `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`}
	// TooManyRequests is the same as status 429 with Retry-After.
	TooManyRequests = Fault{
		Status: 429, Header: http.Header{"Retry-After": {"30"}},
		Body: `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"}`,
	}
	// PrimaryLimit is an exhausted hour.
	PrimaryLimit = Fault{
		Status: 403, Header: http.Header{"X-Ratelimit-Remaining": {"0"}},
		Body: `{"message":"API rate limit exceeded for installation.","documentation_url":"https://docs.github.com/rest/overview/resources-in-the-rest-api#rate-limiting"}`,
	}
	// GraphQLLimited is an exhausted hour in GraphQL: an error in an answer of status 200.
	GraphQLLimited = Fault{
		Status: 200, Header: http.Header{"X-Ratelimit-Remaining": {"0"}, "Content-Type": {"application/json; charset=utf-8"}},
		Body: `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for installation."}]}`,
	}
)

// pending is a fault that waits for its request.
type pending struct {
	match func(*http.Request) bool
	fault Fault
}

type faults struct {
	waiting  []pending
	requests []string
}

// FailNext lets f befall the next request that matches, once.
func (s *Server) FailNext(match func(*http.Request) bool, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault.waiting = append(s.fault.waiting, pending{match, f})
}

// Kind is what a request is counted as: "GET /repos/{owner}/{repo}/pulls/{pull_number}",
// with GitHub's own names, or "GraphQL Change" by operation. It works on the request that
// a match of FailNext is given.
func Kind(r *http.Request) string {
	k, _ := r.Context().Value(kindKey{}).(string)
	return k
}

type kindKey struct{}

// OfKind matches requests of one kind.
func OfKind(kind string) func(*http.Request) bool {
	return func(r *http.Request) bool { return Kind(r) == kind }
}

// AnyRequest matches every request.
func AnyRequest(*http.Request) bool { return true }

// PauseNext holds back the next request that matches: arrived is closed when it is there,
// release lets it go on.
func (s *Server) PauseNext(match func(*http.Request) bool) (arrived <-chan struct{}, release func()) {
	here, gone := make(chan struct{}), make(chan struct{})
	s.FailNext(match, Fault{Until: gone, Arrived: here})
	return here, func() { close(gone) }
}

// takeFault finds the fault that waits for r.
func (s *Server) takeFault(r *http.Request) (Fault, bool) {
	for i, p := range s.fault.waiting {
		if p.match(r) {
			s.fault.waiting = slices.Delete(s.fault.waiting, i, i+1)
			return p.fault, true
		}
	}
	return Fault{}, false
}

// Requests are the kinds of all requests since the last ResetRequests, in order, those
// that a fault befell included. Calls with the app's JWT and the minting of tokens count.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fault.requests)
}

// ResetRequests forgets what was counted.
func (s *Server) ResetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault.requests = nil
}
