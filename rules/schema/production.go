package schema

import "github.com/changewarden/changewarden/rules/calendar"

func environment() node {
	return object(map[string]node{
		"match": some(text()).said("Globs of the names that it has on GitHub. Upper and lower case are the same."),
	})
}

func clock() node {
	return node{"type": "string", "pattern": `^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`}
}

func zone() node {
	return node{"type": "string", "pattern": `^[A-Za-z_]+/[A-Za-z0-9_+/-]+$`}
}

func window() node {
	holiday := node{"anyOf": []node{oneOf(calendar.Regions()...), {"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}$|\.ics$`}}}
	return object(map[string]node{
		"time_zone": zone().said("The zone by its IANA name, such as Europe/Berlin. Default: Etc/UTC."),
		"days":      some(oneOf("mon", "tue", "wed", "thu", "fri", "sat", "sun")).said("The days on which it opens."),
		"from":      clock().said("When it opens, such as \"09:00\"."),
		"to":        clock().said("When it closes. At or before `from`: on the day after."),
		"holidays":  node{"anyOf": []node{holiday, {"type": "array", "items": holiday}}}.said("Days on which it stays closed: public holidays of a region such as `de` or `de-by`, a day such as 2026-12-24, or a calendar file of the repository such as .github/holidays.ics."),
	}, "days", "from", "to")
}

func edge() node {
	return node{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}( ([01][0-9]|2[0-3]):[0-5][0-9])?$`}
}

func freeze() node {
	return object(map[string]node{
		"name":         text().said("What reasons call it."),
		"from":         edge().said("Its first day, or a minute such as \"2026-12-18 17:00\"."),
		"to":           edge().said("Its last day, or the minute at which it ends."),
		"time_zone":    zone().said("The zone of from and to. Default: Etc/UTC."),
		"environments": some(text()).said("The environments that it closes. Without it: all."),
		"classes":      some(text()).said("The classes of changes that it holds. Without it: all."),
		"repositories": some(text()).said("In an organisation's policy, globs of the repositories that it is for. Without it: all."),
		"except":       some(text()).said("Groups whose members may deploy all the same."),
	}, "name", "from", "to")
}

func emergency() node {
	return object(map[string]node{
		"declare":     declare().said("Who may declare an emergency, by a comment: `/emergency SEVERITY INCIDENT because …`."),
		"expires":     span().said("After which a declaration holds no more."),
		"approvals":   node{"anyOf": []node{number(50), approvals()}}.said("The approvals that it needs of its own, by somebody else than its declarer, for the very head commit."),
		"waives":      some(text()).said("The rules that it waives, for its own change. Never the review of every change."),
		"post_mortem": postMortem().said("What has to follow."),
	}, "declare", "expires", "approvals", "waives", "post_mortem")
}

func declare() node {
	return object(map[string]node{"by": some(text()).said("Groups.")}, "by")
}

func postMortem() node {
	return object(map[string]node{
		"within":       span().said("How long after the merge or the deployment, whichever was first. Default: 48h."),
		"reviewed_by":  some(text()).said("Groups, one of whose members completes it: neither the declarer nor a contributor."),
		"when_overdue": oneOf("block", "show").said("`block`: the repository's next standard deployment waits for it."),
	}, "reviewed_by")
}

func rollback() node {
	return object(map[string]node{
		"by":     some(text()).said("Groups whose members may go back to what was good before."),
		"reach":  span().said("How long ago it may have been good. Default: 30 days."),
		"waives": some(text()).said("The rules before an environment that a rollback skips."),
	}, "by", "waives")
}

func deployed() node {
	return object(map[string]node{
		"to":          text().said("The environment where the same commit has to run."),
		"healthy_for": span().said("For how long it has to have been there."),
		"checks":      some(text()).said("Globs of checks that have to pass on the commit after that."),
		"by":          deployedBy().said("Whose deployments count. Without it: jobs of the governed branch's workflow files."),
	}, "to")
}

func deployedBy() node {
	return object(map[string]node{
		"workflows": some(text()).said("Globs of workflow files whose jobs count."),
		"apps":      some(node{"anyOf": []node{text(), {"type": "integer", "minimum": 1}}}).said("Slugs or numbers of apps whose deployments count."),
	})
}

func separation() node {
	return node{
		"type": "array", "minItems": 2, "uniqueItems": true,
		"items": oneOf("author", "approver", "merger", "deployer", "declarer", "reviewer"),
	}
}

func signOff() node {
	return object(map[string]node{
		"name":      text().said("What it is called in `/sign-off NAME`."),
		"from":      some(text()).said("Groups whose members can give it. Never a contributor."),
		"lead_time": span().said("How long before the deployment it has to have been given."),
		"of":        oneOf("change", "commit").said("`change`, the default: it holds while that change's merged diff is what is deployed. `commit`: for that commit alone."),
	}, "name", "from")
}
