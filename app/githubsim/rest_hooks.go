package githubsim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// deliveryLife is for how long github.com shows a delivery and sends it again.
// https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
const deliveryLife = 3 * 24 * time.Hour

// remembered are the attempts that GitHub can still show, oldest first: what was sent, in
// the order of the attempts. One that LoseNext made vanish GitHub knows nothing of.
func (s *Server) remembered() []*Delivery {
	from := s.now().Add(-deliveryLife)
	all := slices.DeleteFunc(slices.Clone(s.hooks.log), func(d *Delivery) bool {
		return d.Outcome == "queued" || d.Outcome == "held" || d.Outcome == "lost" || d.At.Before(from)
	})
	slices.SortStableFunc(all, func(a, b *Delivery) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// listDeliveries is GET /app/hook/deliveries: every attempt, newest first, by cursor.
func listDeliveries(c *call) (any, error) {
	per := min(positive(c.query("per_page"), 30), 100)
	cursor, _ := strconv.ParseInt(strings.TrimPrefix(c.query("cursor"), "v1_"), 10, 64)
	status := c.query("status")
	out := list{}
	for _, d := range slices.Backward(c.remembered()) {
		good := d.Status >= 200 && d.Status < 400
		if cursor != 0 && d.ID >= cursor || status == "success" && !good || status == "failure" && (good || d.Status == 0) {
			continue
		}
		if len(out) == per {
			q := c.r.URL.Query()
			q.Set("per_page", strconv.Itoa(per))
			q.Set("cursor", "v1_"+strconv.FormatInt(cursor, 10))
			c.header.Set("Link", "<"+c.base()+c.r.URL.Path+"?"+q.Encode()+`>; rel="next"`)
			break
		}
		out, cursor = append(out, deliveryJSON(d)), d.ID
	}
	return out, nil
}

// getDelivery is GET /app/hook/deliveries/{delivery_id}, with the payload as it was sent.
func getDelivery(c *call) (any, error) {
	d, err := c.delivery()
	if err != nil {
		return nil, err
	}
	o := deliveryJSON(d)
	sent, headers := c.sent(d), obj{}
	for name := range sent {
		headers[name] = sent.Get(name)
	}
	o["url"] = c.hooks.url
	o["request"] = obj{"headers": headers, "payload": json.RawMessage(d.Body)}
	o["response"] = obj{"headers": obj{}, "payload": nil}
	return o, nil
}

func (c *call) delivery() (*Delivery, error) {
	id, _ := strconv.ParseInt(c.vars["delivery_id"], 10, 64)
	for _, d := range c.remembered() {
		if d.ID == id {
			return d, nil
		}
	}
	return nil, notFound()
}

func deliveryJSON(d *Delivery) obj {
	repo := any(nil)
	if d.Repo != 0 {
		repo = d.Repo
	}
	return obj{
		"id": d.ID, "guid": d.GUID, "delivered_at": stamp(d.At), "redelivery": d.Redelivery, "duration": 0.1, "status": d.Outcome,
		"status_code": d.Status, "event": d.Event, "action": orNil(d.Action), "installation_id": d.Install, "repository_id": repo, "throttled_at": nil,
	}
}

// redeliver is POST /app/hook/deliveries/{delivery_id}/attempts, answered 202: the body
// goes out again under the same GUID, as an attempt of its own.
func redeliver(c *call) (any, error) {
	d, err := c.delivery()
	if err != nil {
		return nil, err
	}
	c.redeliver(d)
	c.status = 202
	return json.RawMessage("{}"), nil
}
