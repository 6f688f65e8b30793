package githubsim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Delivery is one webhook: what is sent, and once it was, what came of it.
type Delivery struct {
	ID         int64
	GUID       string
	Event      string
	Action     string
	Repo       int64 // zero for events without a repository
	Install    int64
	Body       []byte
	At         time.Time // when it happened; once sent, when it was sent
	Redelivery bool
	Status     int    // the answer; 0: not sent yet, or nobody answered
	Outcome    string // queued, held, lost, OK, or what went wrong
}

// hooks is the queue of deliveries and the log of what became of them.
type hooks struct {
	url   string
	queue []*Delivery
	log   []*Delivery // every delivery ever made, oldest first
	rules []*rule
	quiet bool // nothing is sent: the world is being set up
}

// emit queues an event for the app under test, if it is installed where it happened, not
// suspended, and subscribed. body is completed with repository, organization, sender and
// installation, as every event of an app carries them.
func (s *Server) emit(event string, owner *account, r *repository, sender *account, body obj) {
	x := s.world.app
	i := s.installationOf(x, owner)
	if s.hooks.quiet || i == nil || !i.suspended.IsZero() || r != nil && !i.covers(r) {
		return
	}
	if x.events != nil && !slices.Contains(x.events, event) {
		return
	}
	body = maps.Clone(body)
	body["installation"] = obj{"id": i.id, "node_id": nodeID("IN", i.id)}
	body["sender"] = s.userJSON(sender)
	if r != nil {
		if _, ok := body["repository"]; !ok {
			body["repository"] = s.repoJSON(r)
		}
	}
	if owner.isOrg() {
		body["organization"] = s.orgJSON(owner)
	}
	s.enqueue(event, i, r, body)
}

func (s *Server) enqueue(event string, i *installation, r *repository, body obj) {
	if s.hooks.quiet {
		return
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("githubsim: marshal %s: %v", event, err)) // a bug: payloads are plain data
	}
	d := &Delivery{ID: s.id(kindDelivery), GUID: s.guid(), Event: event, Install: i.id, Body: raw, At: s.now(), Outcome: "queued"}
	d.Action, _ = body["action"].(string)
	if r != nil {
		d.Repo = r.id
	}
	s.push(d)
}

// push puts a delivery at the end of the queue.
func (s *Server) push(d *Delivery) {
	s.hooks.log = append(s.hooks.log, d)
	s.hooks.queue = append(s.hooks.queue, d)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// next takes the delivery whose turn it is, after the rules have had their way with it.
func (s *Server) next() (*Delivery, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.hooks.queue) > 0 {
		d := s.hooks.queue[0]
		s.hooks.queue = s.hooks.queue[1:]
		if s.applyRules(d) {
			return d, s.hooks.url
		}
	}
	return nil, ""
}

// Settle sends what is queued, in order, until the queue is empty, and returns what went
// wrong: an answer that is not 2xx is GitHub's failed delivery, and GitHub never tries
// again by itself. Without a webhook address deliveries count as sent.
func (s *Server) Settle(ctx context.Context) error {
	var problems []error
	for {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(problems, err)...)
		}
		d, url := s.next()
		if d == nil {
			return errors.Join(problems...)
		}
		if err := s.send(ctx, d, url); err != nil {
			problems = append(problems, err)
		}
	}
}

// deliverAlways is Settle for ever, for Options.AutoDeliver.
func (s *Server) deliverAlways() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-s.stop; cancel() }()
	for {
		_ = s.Settle(ctx) // the outcome of each stands in Deliveries
		select {
		case <-s.stop:
			return
		case <-s.wake:
		}
	}
}

// send posts one delivery and notes the outcome.
func (s *Server) send(ctx context.Context, d *Delivery, url string) error {
	if s.opts.OnDelivery != nil {
		s.opts.OnDelivery(d.Event, d.Body)
	}
	status, outcome, err := 0, "OK", error(nil)
	if url != "" {
		status, err = s.post(ctx, d, url)
	}
	switch {
	case err != nil:
		outcome = "failed to connect to host"
	case url != "" && status/100 != 2:
		outcome = fmt.Sprintf("Invalid HTTP Response: %d", status)
		err = fmt.Errorf("deliver %s %s: answered %d", d.Event, d.GUID, status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.Status, d.Outcome, d.At = status, outcome, s.now()
	return err
}

func (s *Server) post(ctx context.Context, d *Delivery, url string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(d.Body))
	if err != nil {
		return 0, fmt.Errorf("deliver %s: %w", d.Event, err)
	}
	req.Header = s.sent(d)
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("deliver %s %s: %w", d.Event, d.GUID, err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)) // so that the connection is used again
	return resp.StatusCode, resp.Body.Close()
}

// sent is the header that GitHub sends with a delivery to an app.
func (s *Server) sent(d *Delivery) http.Header {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write(d.Body)
	return http.Header{
		"Content-Type":                           {"application/json"},
		"User-Agent":                             {"GitHub-Hookshot/0000000"},
		"X-Github-Event":                         {d.Event},
		"X-Github-Delivery":                      {d.GUID},
		"X-Github-Hook-Id":                       {"515151515"},
		"X-Github-Hook-Installation-Target-Type": {"integration"},
		"X-Github-Hook-Installation-Target-Id":   {strconv.FormatInt(s.world.app.id, 10)},
		"X-Hub-Signature-256":                    {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
	}
}

// Deliveries is every webhook so far, oldest first, with what became of it.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Delivery, 0, len(s.hooks.log))
	for _, d := range s.hooks.log {
		out = append(out, *d)
	}
	return out
}

// Redeliver queues a delivery again: the same body under the same GUID, as somebody's
// click on Redeliver does.
func (s *Server) Redeliver(guid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.hooks.log {
		if d.GUID == guid {
			s.redeliver(d)
			return nil
		}
	}
	return refuse(404, "no delivery %s", guid)
}

// redeliver queues another attempt. A GUID is its event's: all attempts have it.
func (s *Server) redeliver(d *Delivery) {
	again := *d
	again.ID, again.Redelivery, again.Status, again.Outcome, again.At = s.id(kindDelivery), true, 0, "queued", s.now()
	s.push(&again)
}
