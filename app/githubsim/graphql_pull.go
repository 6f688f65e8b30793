package githubsim

import (
	"slices"
	"strconv"
)

// prState is GraphQL's state of a pull request: merged ones are not closed ones there.
func prState(p *pull) string {
	switch {
	case p.open:
		return "OPEN"
	case p.merged:
		return "MERGED"
	}
	return "CLOSED"
}

// pullObject is PullRequest.
type pullObject struct {
	*execution
	p *pull
}

func (o pullObject) typename() string { return "PullRequest" }

func (o pullObject) field(name string, args arguments) (any, error) {
	p := o.p
	switch name {
	case "id":
		return nodeID("PR", p.id), nil
	case "databaseId":
		return p.id, nil
	case "fullDatabaseId":
		return strconv.FormatInt(p.id, 10), nil
	case "number":
		return p.number, nil
	case "title":
		return p.title, nil
	case "body", "bodyText":
		return p.body, nil
	case "url":
		return o.c.url + "/" + p.repo.fullName() + "/pull/" + strconv.Itoa(p.number), nil
	case "state":
		return prState(p), nil
	case "merged":
		return p.merged, nil
	case "closed":
		return !p.open, nil
	case "isDraft":
		return p.draft, nil
	case "isCrossRepository":
		return p.crossRepository(), nil
	case "locked":
		return false, nil
	case "createdAt":
		return p.created, nil
	case "updatedAt":
		return p.updated, nil
	case "closedAt":
		return stamp(p.closedAt), nil
	case "mergedAt":
		if p.merged {
			return p.closedAt, nil
		}
		return nil, nil
	case "mergedBy":
		return o.actor(p.mergedBy), nil
	case "mergeCommit":
		return null(p.merged, func() object { return commitObject{o.execution, p.repo, p.mergeCommit} }), nil
	case "changedFiles":
		return len(p.diff()), nil
	case "additions":
		n, _ := totals(p.diff())
		return n, nil
	case "deletions":
		_, n := totals(p.diff())
		return n, nil
	case "author":
		return o.actor(p.author), nil
	case "authorAssociation":
		return p.repo.association(p.author), nil
	case "repository", "baseRepository":
		return repoObject{o.execution, p.repo}, nil
	case "labels":
		return paged(args, name, p.labels, func(l *label) object { return repoObject{o.execution, p.repo}.label(l) })
	case "commits":
		return paged(args, name, p.commits(), func(k *commit) object { return o.commit(k) })
	case "files":
		return paged(args, name, p.diff(), func(c change) object { return changedFile(c) })
	case "statusCheckRollup":
		return commitObject{o.execution, p.repo, p.head}.field(name, args)
	case "reviewThreads":
		return paged(args, name, p.threads, func(t *thread) object { return threadObject{o.execution, p, t} })
	case "mergeQueueEntry":
		if err := o.permit("merge_queues"); err != nil {
			return nil, err
		}
		e := p.repo.entry(p.number)
		return null(e != nil, func() object { return queueEntryObject{o.execution, e} }), nil
	case "isInMergeQueue":
		return p.repo.entry(p.number) != nil, nil
	case "reviews", "latestReviews", "timelineItems":
		return o.conversation(name, args)
	}
	return o.ends(name)
}

// ends are the fields of head and base.
func (o pullObject) ends(name string) (any, error) {
	p := o.p
	switch name {
	case "headRefOid":
		return p.head.oid, nil
	case "headRefName":
		return p.headRef, nil
	case "headRef":
		r := p.source()
		return null(r != nil && r.branches[p.headRef] != nil, func() object { return refObject{o.execution, r, p.headRef} }), nil
	case "headRepository":
		return null(p.source() != nil, func() object { return repoObject{o.execution, p.source()} }), nil
	case "headRepositoryOwner":
		return null(p.source() != nil, func() object { return accountObject{o.execution, p.source().owner} }), nil
	case "baseRefName":
		return p.baseRef, nil
	case "baseRefOid":
		return p.baseTip().oid, nil
	case "baseRef":
		return null(p.repo.branches[p.baseRef] != nil, func() object { return refObject{o.execution, p.repo, p.baseRef} }), nil
	}
	return nil, errUnmodelled
}

// conversation are reviews and timeline.
func (o pullObject) conversation(name string, args arguments) (any, error) {
	p := o.p
	show := func(v *review) object { return reviewObject{o.execution, v} }
	switch name {
	case "reviews":
		states, byState := args.words("states")
		author, byAuthor := args.text("author"), args.has("author")
		all := slices.DeleteFunc(slices.Clone(p.reviews), func(v *review) bool {
			return byState && !slices.Contains(states, v.state) ||
				byAuthor && (v.author.deleted || v.author.login != author)
		})
		return paged(args, name, all, show)
	case "latestReviews":
		var all []*review
		for i, v := range p.reviews {
			later := slices.ContainsFunc(p.reviews[i+1:], func(w *review) bool { return w.author == v.author })
			if !later {
				all = append(all, v)
			}
		}
		return paged(args, name, all, show)
	}
	types, byType := args.words("itemTypes")
	items := slices.DeleteFunc(slices.Clone(p.timeline), func(h *happening) bool { return byType && !slices.Contains(types, itemTypes[h.typ]) })
	page, err := paged(args, name, items, func(h *happening) object { return itemObject{o.execution, p, h} })
	if c, ok := page.(connection); ok {
		c.extra = map[string]any{"updatedAt": p.updated}
		return c, err
	}
	return page, err
}

// commit is PullRequestCommit.
func (o pullObject) commit(k *commit) object {
	return values{"PullRequestCommit", map[string]any{
		"id": "PRC_" + k.oid, "commit": commitObject{o.execution, o.p.repo, k}, "pullRequest": o,
		"url": o.c.commitHTML(o.p.repo, k), "resourcePath": "/" + o.p.repo.fullName() + "/commit/" + k.oid,
	}}
}

// changedFile is PullRequestChangedFile. It has no former path: a rename cannot be seen whole.
func changedFile(c change) object {
	kind := map[string]string{"added": "ADDED", "removed": "DELETED", "modified": "MODIFIED", "renamed": "RENAMED", "changed": "CHANGED"}[c.status]
	return values{"PullRequestChangedFile", map[string]any{"path": c.path, "additions": c.added, "deletions": c.removed, "changeType": kind}}
}

// reviewObject is PullRequestReview.
type reviewObject struct {
	*execution
	v *review
}

func (o reviewObject) typename() string { return "PullRequestReview" }

func (o reviewObject) field(name string, _ arguments) (any, error) {
	v := o.v
	switch name {
	case "id":
		return nodeID("PRR", v.id), nil
	case "fullDatabaseId":
		return strconv.FormatInt(v.id, 10), nil // BigInt travels as a string
	case "databaseId":
		return v.id, nil
	case "state":
		return v.state, nil
	case "body", "bodyText":
		return v.body, nil
	case "submittedAt", "createdAt", "publishedAt":
		return v.submitted, nil
	case "updatedAt":
		return v.updated, nil
	case "lastEditedAt":
		return nil, nil
	case "author":
		return o.actor(v.author), nil
	case "authorAssociation":
		return v.pull.repo.association(v.author), nil
	case "authorCanPushToRepository":
		return v.pull.repo.permission(v.author) >= permWrite, nil
	case "commit":
		return commitObject{o.execution, v.pull.repo, v.commit}, nil
	case "pullRequest":
		return pullObject{o.execution, v.pull.shown()}, nil
	case "repository":
		return repoObject{o.execution, v.pull.repo}, nil
	case "url":
		return o.c.reviewJSON(v)["html_url"], nil
	}
	return nil, errUnmodelled
}

// threadObject is PullRequestReviewThread.
type threadObject struct {
	*execution
	p *pull
	t *thread
}

func (o threadObject) typename() string { return "PullRequestReviewThread" }

func (o threadObject) field(name string, args arguments) (any, error) {
	t := o.t
	switch name {
	case "id":
		return nodeID("PRRT", t.id), nil
	case "isResolved":
		return t.resolved != nil, nil
	case "resolvedBy":
		return o.actor(t.resolved), nil
	case "path":
		return t.path, nil
	case "pullRequest":
		return pullObject{o.execution, o.p}, nil
	case "comments":
		return paged(args, name, []*thread{t}, func(t *thread) object {
			return values{"PullRequestReviewComment", map[string]any{
				"id": nodeID("PRRC", t.id), "fullDatabaseId": strconv.FormatInt(t.id, 10), "author": o.actor(t.by),
				"body": t.body, "path": t.path, "createdAt": t.begun,
			}}
		})
	}
	return nil, errUnmodelled
}

// itemTypes are the timeline items that are kept, by GraphQL's word for asking for them.
var itemTypes = map[string]string{
	"BaseRefChangedEvent": "BASE_REF_CHANGED_EVENT", "AutomaticBaseChangeSucceededEvent": "AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT",
	"ReviewDismissedEvent": "REVIEW_DISMISSED_EVENT", "HeadRefForcePushedEvent": "HEAD_REF_FORCE_PUSHED_EVENT",
	"LabeledEvent": "LABELED_EVENT", "UnlabeledEvent": "UNLABELED_EVENT", "MergedEvent": "MERGED_EVENT", "ClosedEvent": "CLOSED_EVENT",
	"ReopenedEvent": "REOPENED_EVENT", "ReadyForReviewEvent": "READY_FOR_REVIEW_EVENT", "ConvertToDraftEvent": "CONVERT_TO_DRAFT_EVENT",
	"RenamedTitleEvent": "RENAMED_TITLE_EVENT", "AddedToMergeQueueEvent": "ADDED_TO_MERGE_QUEUE_EVENT",
}

// itemObject is an item of the timeline.
type itemObject struct {
	*execution
	p *pull
	h *happening
}

func (o itemObject) typename() string { return o.h.typ }

func (o itemObject) field(name string, _ arguments) (any, error) {
	h := o.h
	at := func(k *commit) any {
		return null(k != nil, func() object { return commitObject{o.execution, o.p.repo, k} })
	}
	switch name {
	case "id":
		return nodeID("EV", h.id), nil
	case "databaseId":
		return h.id, nil
	case "createdAt":
		return h.at, nil
	case "actor", "enqueuer":
		return o.actor(h.actor), nil
	case "pullRequest":
		return pullObject{o.execution, o.p}, nil
	case "previousRefName", "oldBase", "previousTitle":
		return h.from, nil
	case "currentRefName", "newBase", "currentTitle":
		return h.to, nil
	case "previousReviewState":
		return h.state, nil
	case "dismissalMessage":
		return orNil(h.message), nil
	case "review":
		return null(h.review != nil, func() object { return reviewObject{o.execution, h.review} }), nil
	case "pullRequestCommit":
		return nil, nil // only where a push made the review stale, which happens by no setting here
	case "beforeCommit":
		return at(h.before), nil
	case "afterCommit", "commit":
		return at(h.aft), nil
	case "label":
		return repoObject{o.execution, o.p.repo}.label(o.c.label(o.p.repo, h.to)), nil
	}
	return nil, errUnmodelled
}
