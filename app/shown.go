package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/changewarden/changewarden/app/route"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// shown reports whether a look saw all that the deliveries told which led to it, so that there
// is nothing that GitHub's API could be behind with: each of them told of a check run or suite,
// and what was read has it concluded as it was told. Where it was told to have begun it may have
// ended meanwhile, unless it had ended by the last look, whose facts former are: then it began
// again, and GitHub shows how it ended before. One that was told of with several conclusions may
// be in any of them, and whatever else was told is not looked for: then it is false.
func (a *App) shown(ctx context.Context, c store.Claim, seen []subject.Check, suites map[int64]string, former []byte) (bool, error) {
	if c.Delivered > len(c.Deliveries) {
		return false, nil
	}
	told := map[reporter]string{}
	for _, guid := range c.Deliveries {
		d, found, err := a.store.Delivery(ctx, a.o.AppID, guid)
		if err != nil || !found {
			return false, err
		}
		r := route.Route(d.Event, d.Body, d.At)
		if len(r.Subjects) > 0 || len(r.Selectors) != 1 || r.Selectors[0].Check == nil || r.Selectors[0].Check.Source == subject.CommitStatus {
			return false, nil
		}
		check := *r.Selectors[0].Check
		by := reporter{check.Source, check.ID}
		if was := told[by]; was != "" && was != check.Conclusion {
			return false, nil
		}
		told[by] = check.Conclusion
	}
	var was rules.Change
	if len(told) > 0 && len(former) > 0 {
		if err := json.Unmarshal(former, &was); err != nil {
			return false, fmt.Errorf("read the last look's facts: %w", err)
		}
	}
	for _, s := range seen {
		end, by := s.Conclusion, reporter{s.Source, s.ID}
		if s.Source == subject.CheckSuite {
			end = suites[s.ID]
		}
		if want, ok := told[by]; ok && (want == end || want == "" && !ended(was, by)) {
			delete(told, by)
		}
	}
	return len(told) == 0, nil
}

// reporter is a check run, or a suite.
type reporter struct {
	source subject.CheckSource
	id     int64
}

// ended reports whether a check had come to its end by a look.
func ended(c rules.Change, by reporter) bool {
	if by.source == subject.CheckSuite {
		return slices.ContainsFunc(c.Suites, func(s rules.CheckSuite) bool { return s.ID == by.id && s.Status == "completed" })
	}
	return slices.ContainsFunc(c.Runs, func(r rules.CheckRun) bool { return r.ID == by.id && r.Conclusion != "" })
}
