package githubsim

import (
	"context"
	"slices"
)

// Take returns what is queued, in order, for a caller who has it sent by Post in his own time
// and order, or not at all. Rules such as LoseNext are not asked.
func (s *Server) Take() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Delivery, 0, len(s.hooks.queue))
	for _, d := range s.hooks.queue {
		d.Outcome = "taken"
		out = append(out, *d)
	}
	s.hooks.queue = nil
	return out
}

// Post sends a delivery that was taken and notes what came of it; a second time is GitHub's
// own repetition of it, under the same GUID.
func (s *Server) Post(ctx context.Context, d Delivery) error {
	s.mu.Lock()
	i := slices.IndexFunc(s.hooks.log, func(o *Delivery) bool { return o.ID == d.ID })
	if i < 0 {
		s.mu.Unlock()
		return refuse(404, "no delivery %s", d.GUID)
	}
	made, url := s.hooks.log[i], s.hooks.url
	s.mu.Unlock()
	return s.send(ctx, made, url)
}
