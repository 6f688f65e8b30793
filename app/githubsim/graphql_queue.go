package githubsim

// queueObject is MergeQueue.
type queueObject struct {
	*execution
	r      *repository
	branch string
}

func (o queueObject) typename() string { return "MergeQueue" }

func (o queueObject) field(name string, args arguments) (any, error) {
	switch name {
	case "id":
		return "MQ_" + o.r.fullName() + ":" + o.branch, nil
	case "repository":
		return repoObject{o.execution, o.r}, nil
	case "url":
		return o.c.url + "/" + o.r.fullName() + "/queue/" + o.branch, nil
	case "entries":
		return paged(args, name, o.r.queueOf(o.branch), func(e *queueEntry) object { return queueEntryObject{o.execution, e} })
	}
	return nil, errUnmodelled
}

// queueEntryObject is MergeQueueEntry.
type queueEntryObject struct {
	*execution
	e *queueEntry
}

func (o queueEntryObject) typename() string { return "MergeQueueEntry" }

func (o queueEntryObject) field(name string, _ arguments) (any, error) {
	e := o.e
	r := e.pull.repo
	switch name {
	case "id":
		return nodeID("MQE", e.id), nil
	case "position":
		for i, one := range r.queueOf(e.pull.baseRef) {
			if one == e {
				return i + 1, nil
			}
		}
		return nil, nil
	case "state":
		if rule := r.protections[e.pull.baseRef]; rule != nil && r.demands(e.head.oid, rule) != nil {
			return "AWAITING_CHECKS", nil
		}
		return "MERGEABLE", nil
	case "headCommit":
		return commitObject{o.execution, r, e.head}, nil
	case "baseCommit":
		return commitObject{o.execution, r, e.base}, nil
	case "enqueuedAt":
		return e.at, nil
	case "enqueuer":
		return o.actor(e.by), nil
	case "jump", "solo":
		return false, nil
	case "mergeQueue":
		return queueObject{o.execution, r, e.pull.baseRef}, nil
	case "pullRequest":
		return pullObject{o.execution, e.pull.shown()}, nil
	}
	return nil, errUnmodelled
}
