package schema

func policy() node {
	return object(map[string]node{
		"version":         node{"const": 1}.said("The version of the policy language: 1."),
		"procedure":       procedure().said("The head of the procedure document. Nothing is judged by it."),
		"branches":        some(text()).said("Governed base branches, as globs: `*` stays within one segment of the name, `**` does not. The default branch is always governed; changes into other branches are not judged."),
		"groups":          named(group()).said("People by role. Rules name the group; who is in it is looked up when an approval counts, and recorded with it."),
		"classes":         named(ref("condition")).said("What a change is, derived from facts. The class `policy` is built in: whatever changes the policy file itself."),
		"exceptions":      list(exception()).said("Changes that may pass a rule of this file, or one of the floor's that is overridable, until a day."),
		"advice":          list(advice()).said("Rules of the floor that are overridable and that this repository does not enforce yet."),
		"environments":    named(environment()).said("Places to deploy to. A rule is before one of them by its name here."),
		"windows":         named(window()).said("When something may be deployed, week by week."),
		"freezes":         node{"anyOf": []node{list(freeze()), {"type": "array", "maxItems": 0}}}.said("Times in which every window of this file is closed."),
		"emergency":       emergency().said("How an emergency is declared, and what it waives."),
		"rollback":        rollback().said("Who may deploy what was good before, and what that skips."),
		"review_requests": requests().said("Who is asked on GitHub for the approvals that rules of this file lack. Without it, nobody."),
		"rules":           list(rule()).said("What has to hold, and when. Every rule is judged every time, beside those of the floor."),
	}, "version").said("What a change needs before it may be merged, and before it may be deployed. In a repository the file is .github/change-management.yml on the default branch; it adds to the floor and takes nothing away.")
}

func procedure() node {
	return object(map[string]node{
		"owner":         text().said("Who answers for the procedure."),
		"last_reviewed": node{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}$`}.said("The day of the last review, such as 2025-01-09."),
		"review_every":  node{"type": "string", "pattern": `^[1-9][0-9]{0,2} (day|week|month|year)s?$`}.said("How often it is reviewed, such as `3 months`. An overdue review shows in the procedure document."),
		"frameworks":    named(some(text())).said("Which controls of which framework the procedure serves, such as `SOC 2: [CC8.1]`."),
	})
}

func requests() node {
	return object(map[string]node{
		"teams":  node{"const": true}.said("The team of the group that can give the approval is asked; GitHub's own settings say whom of it that reaches."),
		"people": number(10).said("How many people of a group without a team are asked at once."),
	})
}

func group() node {
	return object(map[string]node{
		"teams":              some(node{"type": "string", "pattern": `^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(#[1-9][0-9]{0,17})?$`}).said("Teams of the organisation: `slug`, or `slug#id` to bind the name to one team."),
		"permission":         oneOf("read", "triage", "write", "maintain", "admin").said("Whoever has at least this permission on the repository is in the group."),
		"bots":               some(text()).said("Apps by login, such as `builder[bot]`. Their approval counts, but never as the last one of a requirement."),
		"min_membership_age": span().said("For how long a member of the teams has to have been one."),
		"users":              some(node{"type": "string", "pattern": `^([A-Za-z0-9]([A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?(#[1-9][0-9]{0,17})?|#(0|[1-9][0-9]{0,17}))$`}).said("People by login, or `login#id` to bind the name to one account."),
	})
}

func rule() node {
	return object(map[string]node{
		"name":        text().said("What verdicts call the rule. No two rules have the same name, the floor's included."),
		"before":      text().said("The moment that the rule guards: `merge`, the default, or an environment."),
		"when":        ref("condition").said("When the rule applies. Without it, always."),
		"require":     ref("requirement").said("What has to hold: everything that is named."),
		"enforce":     node{"type": "boolean"}.said("`false`: judged, recorded and shown as advice, and blocking nothing, up to the day in `until`."),
		"until":       day().said("The last day on which the rule is advice."),
		"overridable": node{"type": "boolean"}.said("In a floor: repositories may make exceptions from the rule, or take it as advice for a while."),
		"waivable_by": some(text()).said("Groups whose members can let a change pass by a comment: `/waive RULE because …`. Never a contributor."),
	}, "name", "require")
}

func exception() node {
	return object(map[string]node{
		"rule":        text().said("The rule that is excepted."),
		"scope":       ref("condition").said("Which changes pass. Without it, all."),
		"reason":      text().said("Why."),
		"approved_by": text().said("The login of who approved the exception."),
		"expires":     day().said("The last day on which it holds."),
	}, "rule", "reason", "approved_by", "expires")
}

func advice() node {
	return object(map[string]node{
		"rule":  text().said("A rule of the floor that is overridable."),
		"until": day().said("The last day on which it is advice."),
	}, "rule", "until")
}

func labels() node {
	return object(map[string]node{
		"names":  some(text()).said("The change has any of these labels."),
		"set_by": some(text()).said("Groups: one of them put the label on."),
	}, "names")
}

func condition() node {
	return object(map[string]node{
		"class":         some(text()).said("The change is of any of these classes."),
		"paths":         some(text()).said("Globs: the change touches a file that one of them matches (and none of not_paths). Both names of a rename count."),
		"not_paths":     some(text()).said("Globs: beside paths, files that do not count. Alone: the change touches a file that none of them matches."),
		"only_paths":    some(text()).said("Globs: the change touches nothing but files that one of them matches."),
		"branches":      some(text()).said("Globs: the branch that the change aims at."),
		"head_branches": some(text()).said("Globs: the branch that the change comes from. A fork's reads owner:branch."),
		"labels":        node{"anyOf": []node{some(text()), labels()}}.said("The change has any of these labels. Upper and lower case are the same."),
		"authors":       some(text()).said("Groups: somebody who contributed to the change is in one of them, or its authorship is unknown."),
		"title":         some(text()).said("Regular expressions (RE2): the title matches one of them somewhere."),
		"body":          some(text()).said("Regular expressions (RE2): the description matches one of them somewhere."),
		"files":         comparison().said("How many files the change touches, such as `\"> 100\"`."),
		"lines":         comparison().said("How many lines the change adds and removes, such as `\"> 1000\"`."),
		"repositories":  some(text()).said("In an organisation's policy, globs of the repository: `name` or `owner/name`."),
		"not":           ref("condition").said("This does not hold."),
		"expr":          expression().said("An expression in CEL about the change that is true, for what the keys cannot say."),
		"draft":         node{"type": "boolean"}.said("The change is a draft, or is none."),
		"any":           list(ref("condition")).said("Any of these conditions holds."),
	}).said("When a rule applies, or what a class is: everything that is named holds.")
}

func requirement() node {
	return object(map[string]node{
		"approvals":              node{"anyOf": []node{number(50), approvals()}}.said("So many approvals by different people who contributed nothing to the change."),
		"checks":                 node{"anyOf": []node{oneOf("all"), checks()}}.said("Check runs and commit statuses on the head commit."),
		"ticket":                 ticket().said("A reference to a ticket."),
		"section":                node{"anyOf": []node{text(), section()}}.said("A heading in the description with text of the author's own below it: not empty, not the template's."),
		"signed_commits":         node{"const": true}.said("Every commit has a signature that GitHub takes for valid."),
		"conversations_resolved": node{"enum": []any{true, "by_others"}}.said("No conversation of a review is open; by_others: nor one that a contributor resolved."),
		"linear_history":         node{"const": true}.said("No commit is a merge."),
		"up_to_date":             node{"const": true}.said("The head holds every commit of the base."),
		"deployed":               deployed().said("Before an environment: the same commit runs in another."),
		"sign_off":               signOff().said("Before an environment: somebody's word that it may be deployed."),
		"window":                 text().said("Before an environment: now is inside the window, and outside of every freeze that applies."),
		"separation":             separation().said("No person has two of these duties. Before the merge: author, approver and declarer alone."),
		"any":                    list(ref("requirement")).said("One of these is met."),
		"all":                    list(ref("requirement")).said("Each of these is met."),
		"expr":                   expression().said("An expression in CEL that is true, which may ask for approvals and checks too."),
	}).said("What has to hold: everything that is named.")
}

func ticket() node {
	return object(map[string]node{
		"pattern": text().said("A regular expression (RE2) of what a ticket looks like, such as `[A-Z]+-[0-9]+`."),
		"in":      some(oneOf("title", "body", "branch", "commits")).said("Where one is enough. Default: title, body and branch."),
	}, "pattern")
}

func section() node {
	return object(map[string]node{
		"heading":   text().said("The heading, without #. Upper and lower case are the same."),
		"min_words": number(1000).said("How many words of the author's own have to stand below it. Default: 1."),
	}, "heading")
}

func approvals() node {
	return object(map[string]node{
		"count":           number(50).said("How many, by different people."),
		"from":            some(text()).said("Groups whose members' approvals count. Without it: everybody who can write to the repository."),
		"of":              oneOf("diff", "commit").said("`diff`, the default: an approval holds while what was reviewed is what would be merged. `commit`: for the very head commit alone."),
		"distinct":        node{"type": "boolean"}.said("Whoever fills a seat here fills no other distinct seat: people are matched to seats as well as can be."),
		"max_age":         span().said("After which an approval counts no more, such as `14 days`."),
		"unknown_authors": oneOf("one_more", "block").said("What to do where GitHub cannot say who wrote a commit: ask for one approval more (the default), or block."),
	}, "count")
}

func checks() node {
	return object(map[string]node{
		"all":         node{"const": true}.said("Everything that is reported, required or usual has to conclude, and something to succeed."),
		"except":      some(text()).said("Globs: checks that `all` leaves aside."),
		"names":       some(text()).said("Globs: each has to be matched by a check that concluded as it should."),
		"app":         node{"anyOf": []node{text(), {"type": "integer", "minimum": 1}}}.said("Slug or number of the app that has to report the checks named."),
		"workflow":    text().said("Glob of the workflow file that has to run the checks named: its path, or its name alone."),
		"grace":       span().said("For how long a check may be missing before it is said who is expected to report it. Default: 30m."),
		"conclusions": some(oneOf("success", "neutral", "skipped")).said("Conclusions that pass, for the checks named. Default: success."),
	})
}
