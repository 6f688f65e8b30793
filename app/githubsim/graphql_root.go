package githubsim

import (
	"fmt"
	"strings"
)

// rootObject is Query.
type rootObject struct{ *execution }

func (q rootObject) typename() string { return "Query" }

func (q rootObject) field(name string, args arguments) (any, error) {
	switch name {
	case "rateLimit":
		return rateObject(q), nil
	case "repository":
		full := args.text("owner") + "/" + args.text("name")
		r := q.c.Server.repo(full)
		stay := args.get("followRenames") == false
		if r == nil || r.private && !q.c.reaches(r) || stay && !strings.EqualFold(r.fullName(), full) {
			return nil, &Error{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a Repository with the name '%s'.", full)}
		}
		return repoObject{q.execution, r}, nil
	case "organization":
		a := q.c.account(args.text("login"))
		if a == nil || !a.isOrg() {
			return nil, &Error{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to an Organization with the login of '%s'.", args.text("login"))}
		}
		return accountObject{q.execution, a}, nil
	case "user":
		a := q.c.account(args.text("login"))
		if a == nil || a.typ != "User" {
			return nil, &Error{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a User with the login of '%s'.", args.text("login"))}
		}
		return accountObject{q.execution, a}, nil
	case "node":
		if o := q.node(args.text("id")); o != nil {
			return o, nil
		}
		return nil, &Error{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a node with the global id of '%s'", args.text("id"))}
	case "viewer":
		return accountObject{q.execution, q.c.install.app.bot}, nil
	}
	return nil, errUnmodelled
}

// node finds what an id names among repositories, pull requests, issues, comments, reviews, check
// suites and check runs that the token reaches; nil for anything else.
func (x *execution) node(id string) object {
	for _, r := range x.c.world.repos {
		if r.deleted || !x.c.reaches(r) {
			continue
		}
		if nodeID("R", r.id) == id {
			return repoObject{x, r}
		}
		for _, p := range r.pulls {
			if nodeID("PR", p.id) == id {
				return pullObject{x, p.shown()}
			}
			for _, c := range p.comments {
				if nodeID("IC", c.id) == id {
					return commentObject{x, c}
				}
			}
			for _, v := range p.shown().reviews {
				if nodeID("PRR", v.id) == id {
					return reviewObject{x, v}
				}
			}
		}
		for _, i := range r.issues {
			switch {
			case i.gone():
			case nodeID("I", i.id) == id:
				return issueObject{x, i}
			}
			for _, c := range i.comments {
				if !i.gone() && nodeID("IC", c.id) == id {
					return commentObject{x, c}
				}
			}
		}
		for _, u := range r.suites {
			if nodeID("CS", u.id) == id {
				return suiteObject{x, u}
			}
		}
		for _, c := range r.runs {
			if nodeID("CR", c.id) == id {
				return runObject{x, c}
			}
		}
	}
	return nil
}

// rateObject is RateLimit.
type rateObject struct{ *execution }

func (r rateObject) typename() string { return "RateLimit" }

func (r rateObject) field(name string, _ arguments) (any, error) {
	b := r.c.budget("graphql")
	switch name {
	case "cost":
		return r.cost(), nil
	case "limit":
		return hourly, nil
	case "nodeCount":
		return r.nodes, nil
	case "remaining":
		return max(0, hourly-b.used), nil
	case "resetAt":
		return b.reset, nil
	case "used":
		return b.used, nil
	}
	return nil, errUnmodelled
}
