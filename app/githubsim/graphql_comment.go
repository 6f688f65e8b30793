package githubsim

import "strconv"

// commentObject is GraphQL's IssueComment.
type commentObject struct {
	*execution
	comment *comment
}

func (o commentObject) typename() string { return "IssueComment" }

func (o commentObject) field(name string, _ arguments) (any, error) {
	c := o.comment
	switch name {
	case "id":
		return nodeID("IC", c.id), nil
	case "databaseId":
		return c.id, nil
	case "fullDatabaseId":
		return strconv.FormatInt(c.id, 10), nil
	case "author":
		return o.actor(c.author), nil
	case "body":
		return c.body, nil
	case "createdAt", "publishedAt":
		return c.created, nil
	case "updatedAt":
		return c.updated(), nil
	case "lastEditedAt":
		return stamp(c.edited), nil
	case "includesCreatedEdit":
		return !c.edited.IsZero(), nil
	case "createdViaEmail":
		return c.mailed, nil
	case "pullRequest":
		p, ok := c.on.(*pull)
		return null(ok, func() object { return pullObject{o.execution, p.shown()} }), nil
	case "repository":
		r, _, _ := c.on.where()
		return repoObject{o.execution, r}, nil
	}
	return nil, errUnmodelled
}
