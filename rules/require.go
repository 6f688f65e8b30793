package rules

// require judges what a rule demands, in the order in which the language lists it. Parts of
// an "all" are demands like the others.
func (j *judge) require(l Layer, r Requirement) []Reason {
	var out []Reason
	if r.Approvals != nil {
		out = append(out, j.approvals(l, r.Approvals))
	}
	if r.Checks != nil {
		out = append(out, j.checks(*r.Checks))
	}
	if r.Ticket != nil {
		out = append(out, j.ticket(*r.Ticket))
	}
	if r.Section != nil {
		out = append(out, j.section(*r.Section))
	}
	if r.SignedCommits {
		out = append(out, j.signedCommits())
	}
	if r.ConversationsResolved {
		out = append(out, j.conversations(r.ResolvedByOthers))
	}
	if r.LinearHistory {
		out = append(out, j.linearHistory())
	}
	if r.UpToDate {
		out = append(out, j.upToDate())
	}
	if r.Expr.Text != "" {
		out = append(out, j.exprReason(l, r.Expr))
	}
	if r.Deployed != nil {
		out = append(out, j.deployed(l, *r.Deployed))
	}
	if r.SignOff != nil {
		out = append(out, j.signOff(l, *r.SignOff))
	}
	if r.Window != "" {
		out = append(out, j.window(l, r.Window))
	}
	if len(r.Separation) > 0 {
		out = append(out, j.separation(r.Separation))
	}
	if len(r.Any) > 0 {
		out = append(out, j.either(l, r.Any))
	}
	for _, part := range r.All {
		out = append(out, j.require(l, part)...)
	}
	return out
}

// either judges alternatives: the best of them is the answer. But a request for changes
// that blocks one of them blocks them all, and so does one that may: no other way leads
// around it.
func (j *judge) either(l Layer, parts []Requirement) Reason {
	out := Reason{Outcome: Indeterminate, Code: AnyOpen}
	floor := Pass
	for _, part := range parts {
		reasons := j.require(l, part)
		out.Any = append(out.Any, reasons)
		if one := heaviest(reasons); out.Outcome.Worse(one) {
			out.Outcome = one
		}
		for _, r := range reasons {
			if o := objected(r); o.Worse(floor) {
				floor = o
			}
		}
	}
	if floor.Worse(out.Outcome) {
		out.Outcome = floor
	}
	if out.Outcome == Pass {
		out.Code = AnyMet
	}
	return out
}

// objected returns what requests for changes make of a reason, at least.
func objected(r Reason) Outcome {
	worst := Pass
	if a := r.Approvals; a != nil && a.Unsure {
		worst = Indeterminate
	} else if a != nil && len(a.Objections) > 0 {
		worst = Fail
	}
	for _, part := range r.Any {
		for _, one := range part {
			if o := objected(one); o.Worse(worst) {
				worst = o
			}
		}
	}
	return worst
}

// heaviest returns the outcome of what has these reasons, all of which are asked for. No
// reasons are none: what demands nothing cannot be met.
func heaviest(reasons []Reason) Outcome {
	if len(reasons) == 0 {
		return Indeterminate
	}
	worst := Pass
	for _, r := range reasons {
		if r.Outcome.Worse(worst) {
			worst = r.Outcome
		}
	}
	return worst
}

// unreadReason is the answer of a requirement that rests on facts that were not read.
func unreadReason(facts ...Fact) Reason {
	return Reason{Outcome: Indeterminate, Code: FactsUnread, Unread: facts}
}

// exprReason judges an expression as a requirement: it has to be true of every pull
// request. One that asks for approvals or checks may still come true.
func (j *judge) exprReason(l Layer, e Expr) Reason {
	t, known := j.expr(l, e)
	switch {
	case !known:
		return Reason{Outcome: Indeterminate, Code: ExprUnknown}
	case t.certain():
		return Reason{Outcome: Pass, Code: ExprTrue}
	case e.comes:
		return Reason{Outcome: Pending, Code: ExprFalse}
	}
	return Reason{Outcome: Fail, Code: ExprFalse}
}
