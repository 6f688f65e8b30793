package githubsim

// refObject is Ref, a branch.
type refObject struct {
	*execution
	r      *repository
	branch string
}

func (o refObject) typename() string { return "Ref" }

func (o refObject) field(name string, args arguments) (any, error) {
	tip, p := o.r.branches[o.branch], o.r.protections[o.branch]
	switch name {
	case "name":
		return o.branch, nil
	case "prefix":
		return "refs/heads/", nil
	case "id":
		return "REF_" + o.r.fullName() + ":" + o.branch, nil
	case "repository":
		return repoObject{o.execution, o.r}, nil
	case "target":
		return commitObject{o.execution, o.r, tip}, nil
	case "compare":
		if err := o.permit("contents"); err != nil {
			return nil, err
		}
		head := o.r.ref(args.text("headRef"))
		return null(head != nil && mergeBase(tip, head) != nil, func() object { return compareObject{o.execution, o.r, tip, head} }), nil
	case "refUpdateRule":
		return null(p != nil && !p.Ruleset, func() object { return updateRule(p, o.branch) }), nil
	case "rules":
		rules := []*Protection{}
		if p != nil && p.Ruleset {
			rules = append(rules, p)
		}
		return paged(args, name, rules, func(p *Protection) object { return checksRule(p) })
	case "associatedPullRequests":
		all := newArguments(map[string]any{"headRefName": o.branch})
		for _, name := range []string{"states", "first", "last", "after", "before"} {
			all.given[name] = args.get(name)
		}
		return repoObject{o.execution, o.r}.pulls(all)
	}
	return nil, errUnmodelled
}

// updateRule is RefUpdateRule: what classic protection says to those who are no admins.
func updateRule(p *Protection, branch string) object {
	contexts := list{}
	for _, c := range p.Required {
		contexts = append(contexts, c.Context)
	}
	return values{"RefUpdateRule", map[string]any{
		"requiredStatusCheckContexts": contexts, "pattern": branch, "allowsDeletions": false, "allowsForcePushes": false, "blocksCreations": false,
		"requiredApprovingReviewCount": p.Approvals, "requiresCodeOwnerReviews": false, "requiresConversationResolution": false,
		"requiresLinearHistory": false, "requiresSignatures": false, "viewerAllowedToDismissReviews": false, "viewerCanPush": false,
	}}
}

// checksRule is the RepositoryRule by which a ruleset requires status checks.
func checksRule(p *Protection) object {
	checks := list{}
	for _, c := range p.Required {
		var app any
		if c.App != 0 {
			app = c.App
		}
		checks = append(checks, values{"StatusCheckConfiguration", map[string]any{"context": c.Context, "integrationId": app}})
	}
	return values{"RepositoryRule", map[string]any{
		"id": nodeID("RR", p.id), "type": "REQUIRED_STATUS_CHECKS", "parameters": values{"RequiredStatusChecksParameters", map[string]any{
			"requiredStatusChecks": checks, "strictRequiredStatusChecksPolicy": false, "doNotEnforceOnCreate": false,
		}},
	}}
}

// compareObject is Comparison: what head has that base has not.
type compareObject struct {
	*execution
	r          *repository
	base, head *commit
}

func (o compareObject) typename() string { return "Comparison" }

func (o compareObject) field(name string, args arguments) (any, error) {
	ahead := between(o.base, o.head)
	switch name {
	case "aheadBy":
		return len(ahead), nil
	case "behindBy":
		return len(between(o.head, o.base)), nil
	case "status":
		return upper(comparison(len(ahead), len(between(o.head, o.base)))), nil
	case "id":
		return "CMP_" + o.base.oid + o.head.oid, nil
	case "baseTarget":
		return commitObject{o.execution, o.r, o.base}, nil
	case "headTarget":
		return commitObject{o.execution, o.r, o.head}, nil
	case "commits":
		return paged(args, name, ahead, func(k *commit) object { return commitObject{o.execution, o.r, k} })
	}
	return nil, errUnmodelled
}
