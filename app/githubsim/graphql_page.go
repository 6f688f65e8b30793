package githubsim

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// connection is a page of a list, of whatever Connection type the field is declared with.
type connection struct {
	nodes []object
	from  int // index of the first node in the whole
	total int
	extra map[string]any
}

// paged cuts a page out of a list as GraphQL asks for it. GitHub wants a size from 1 to 100.
func paged[T any](args arguments, what string, all []T, one func(T) object) (any, error) {
	first, isFirst := args.number("first")
	last, isLast := args.number("last")
	if !isFirst && !isLast {
		return nil, &Error{Type: "MISSING_PAGINATION_BOUNDARIES", Message: fmt.Sprintf("You must provide a `first` or `last` value to properly paginate the `%s` connection.", what)}
	}
	if n := max(first, last); n > 100 {
		return nil, &Error{Type: "EXCESSIVE_PAGINATION", Message: fmt.Sprintf("Requesting %d records on the `%s` connection exceeds the `first` limit of 100 records.", n, what)}
	}
	from, to := 0, len(all)
	if after := args.text("after"); after != "" {
		i, err := position(after)
		if err != nil {
			return nil, err
		}
		from = min(i, len(all))
	}
	if before := args.text("before"); before != "" {
		i, err := position(before)
		if err != nil {
			return nil, err
		}
		to = max(min(i-1, len(all)), from)
	}
	if isFirst {
		to = min(to, from+first)
	}
	if isLast {
		from = max(from, to-last)
	}
	c := connection{from: from, total: len(all)}
	for _, v := range all[from:to] {
		c.nodes = append(c.nodes, one(v))
	}
	return c, nil
}

// cursor names the place behind the node of an index, as GitHub's opaque strings do.
func cursor(i int) string {
	return base64.StdEncoding.EncodeToString([]byte("cursor:v2:" + strconv.Itoa(i+1)))
}

func position(cursor string) (int, error) {
	raw, err := base64.StdEncoding.DecodeString(cursor)
	if err == nil {
		if n, err := strconv.Atoi(strings.TrimPrefix(string(raw), "cursor:v2:")); err == nil && n > 0 {
			return n, nil
		}
	}
	return 0, &Error{Type: "INVALID_CURSOR_ARGUMENTS", Message: fmt.Sprintf("`%s` does not appear to be a valid cursor.", cursor)}
}

func (c connection) typename() string { return "" }

func (c connection) field(name string, _ arguments) (any, error) {
	switch name {
	case "totalCount", "filteredCount":
		return c.total, nil
	case "pageCount":
		return len(c.nodes), nil
	case "pageInfo":
		return pageInfo{c}, nil
	case "nodes":
		out := list{}
		for _, n := range c.nodes {
			out = append(out, n)
		}
		return out, nil
	case "edges":
		out := list{}
		for i, n := range c.nodes {
			out = append(out, edge{n, c.from + i})
		}
		return out, nil
	}
	if v, ok := c.extra[name]; ok {
		return v, nil
	}
	return nil, errUnmodelled
}

type edge struct {
	node object
	i    int
}

func (e edge) typename() string { return "" }

func (e edge) field(name string, _ arguments) (any, error) {
	switch name {
	case "node":
		return e.node, nil
	case "cursor":
		return cursor(e.i), nil
	}
	return nil, errUnmodelled
}

type pageInfo struct{ c connection }

func (p pageInfo) typename() string { return "PageInfo" }

func (p pageInfo) field(name string, _ arguments) (any, error) {
	n := len(p.c.nodes)
	switch name {
	case "hasNextPage":
		return p.c.from+n < p.c.total, nil
	case "hasPreviousPage":
		return p.c.from > 0, nil
	case "endCursor":
		if n == 0 {
			return nil, nil
		}
		return cursor(p.c.from + n - 1), nil
	case "startCursor":
		if n == 0 {
			return nil, nil
		}
		return cursor(p.c.from), nil
	}
	return nil, errUnmodelled
}

// null keeps a missing object from becoming a non-nil interface with nothing in it.
func null[T any](there bool, make func() T) any {
	if !there {
		return nil
	}
	return make()
}

// values is an object with ready fields, for small types.
type values struct {
	typ    string
	fields map[string]any
}

func (v values) typename() string { return v.typ }

func (v values) field(name string, _ arguments) (any, error) {
	if f, ok := v.fields[name]; ok {
		return f, nil
	}
	return nil, errUnmodelled
}
