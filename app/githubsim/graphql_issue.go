package githubsim

import (
	"slices"
	"strconv"
)

// issueObject is GraphQL's Issue.
type issueObject struct {
	*execution
	i *issue
}

func (o issueObject) typename() string { return "Issue" }

func (o issueObject) field(name string, args arguments) (any, error) {
	i := o.i
	switch name {
	case "id":
		return nodeID("I", i.id), nil
	case "databaseId":
		return i.id, nil
	case "fullDatabaseId":
		return strconv.FormatInt(i.id, 10), nil
	case "number":
		return i.number, nil
	case "title":
		return i.title, nil
	case "body":
		return i.body, nil
	case "state":
		if i.open {
			return "OPEN", nil
		}
		return "CLOSED", nil
	case "closed":
		return !i.open, nil
	case "closedAt":
		return stamp(i.closedAt), nil
	case "createdAt":
		return i.created, nil
	case "updatedAt":
		return i.updated, nil
	case "lastEditedAt":
		return stamp(i.edited), nil
	case "includesCreatedEdit":
		return !i.edited.IsZero(), nil
	case "editor":
		return o.actor(i.editor), nil
	case "author":
		return o.actor(i.author), nil
	case "repository":
		return repoObject{o.execution, i.repo}, nil
	case "labels":
		return paged(args, name, i.labels, func(l *label) object { return repoObject{o.execution, i.repo}.label(l) })
	case "comments":
		return paged(args, name, i.comments, func(c *comment) object { return commentObject{o.execution, c} })
	case "timelineItems":
		types, byType := args.words("itemTypes")
		items := slices.DeleteFunc(slices.Clone(i.timeline), func(h *happening) bool { return byType && !slices.Contains(types, itemTypes[h.typ]) })
		return paged(args, name, items, func(h *happening) object {
			// What closes is a person here, never a commit or a pull request.
			return values{h.typ, map[string]any{"id": nodeID("EV", h.id), "createdAt": h.at, "actor": o.actor(h.actor), "closer": nil, "stateReason": orNil(h.state)}}
		})
	}
	return nil, errUnmodelled
}
