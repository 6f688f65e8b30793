package githubsim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// budget is an installation's hour.
type budget struct {
	used  int
	reset time.Time
}

// hourly is what an installation has an hour.
const hourly = 5000

// spend counts the request against its hour and shows what is left. An answer 304 is free.
func (c *call) spend(h http.Header, counts bool) {
	if c.install == nil {
		return
	}
	resource := c.resource()
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.budget(resource)
	if counts && resource == "core" {
		b.used++ // GraphQL has counted its points itself
	}
	h.Set("X-Ratelimit-Limit", strconv.Itoa(hourly))
	h.Set("X-Ratelimit-Remaining", strconv.Itoa(max(0, hourly-b.used)))
	h.Set("X-Ratelimit-Used", strconv.Itoa(b.used))
	h.Set("X-Ratelimit-Reset", strconv.FormatInt(b.reset.Unix(), 10))
	h.Set("X-Ratelimit-Resource", resource)
}

// budget is the hour of the caller's installation for a resource.
func (c *call) budget(resource string) *budget {
	return c.hour(c.install, resource)
}

func (s *Server) hour(i *installation, resource string) *budget {
	key := fmt.Sprintf("%d %s", i.id, resource)
	b := s.limit[key]
	if b == nil || !s.now().Before(b.reset) {
		b = &budget{reset: s.now().Add(time.Hour)}
		s.limit[key] = b
	}
	return b
}

func (c *call) resource() string {
	if strings.HasSuffix(c.r.URL.Path, "/graphql") {
		return "graphql"
	}
	return "core"
}

// limited refuses a call of an installation whose hour is used up: REST by 403, GraphQL by
// an error in an answer of status 200. GET /rate_limit is free.
func (c *call) limited(at *route) error {
	if c.install == nil || at.pattern == "/rate_limit" {
		return nil
	}
	if c.budget(c.resource()).used < hourly {
		return c.secondary()
	}
	c.trip("primary")
	e := refuse(403, "API rate limit exceeded for installation ID %d.", c.install.id)
	if c.resource() == "graphql" {
		e.Status, e.Type = 200, "RATE_LIMITED"
	}
	return e
}

// ExhaustLimit uses up the hour of the app's installation on an account, for REST and
// GraphQL: calls are refused until an hour has passed on the clock.
func (s *Server) ExhaustLimit(login string) error { return s.LeaveLimit(login, 0) }

// LeaveLimit leaves so many requests of the hour, of REST and of GraphQL each.
func (s *Server) LeaveLimit(login string, left int) error {
	return s.onInstallation(login, func(i *installation) {
		s.hour(i, "core").used, s.hour(i, "graphql").used = hourly-left, hourly-left
	})
}
