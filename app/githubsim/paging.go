package githubsim

import (
	"fmt"
	"strconv"
	"strings"
)

// page cuts the page that the caller asked for out of a list, and links to the others.
func page[T any](c *call, all []T, one func(T) any) list {
	per, n := min(positive(c.query("per_page"), 30), 100), positive(c.query("page"), 1)
	last := max(1, (len(all)+per-1)/per)
	var links []string
	q := c.r.URL.Query()
	link := func(page int, rel string) {
		q.Set("page", strconv.Itoa(page))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.base(), c.r.URL.EscapedPath(), q.Encode(), rel))
	}
	if n > 1 {
		link(min(n-1, last), "prev")
	}
	if n < last {
		link(n+1, "next")
		link(last, "last")
	}
	if n > 1 {
		link(1, "first")
	}
	if len(links) > 0 {
		c.header.Set("Link", strings.Join(links, ", "))
	}
	out := list{}
	for _, v := range all[min((n-1)*per, len(all)):min(n*per, len(all))] {
		out = append(out, one(v))
	}
	return out
}

// positive reads a number of a query; GitHub takes nonsense for the default.
func positive(s string, otherwise int) int {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return n
	}
	return otherwise
}
