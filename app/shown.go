package app

import (
	"context"

	"github.com/changewarden/changewarden/app/route"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// shown reports whether a look saw all that the deliveries told which led to it, so that there
// is nothing that GitHub's API could be behind with: each of them told of a check run or suite,
// and what was read has it concluded as it was told, or not yet where it was told so. One that
// was told of with several conclusions may be in any of them, and whatever else was told is not
// looked for: then it is false.
func (a *App) shown(ctx context.Context, c store.Claim, seen []subject.Check, suites map[int64]string) (bool, error) {
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
	for _, s := range seen {
		end, by := s.Conclusion, reporter{s.Source, s.ID}
		if s.Source == subject.CheckSuite {
			end = suites[s.ID]
		}
		if want, ok := told[by]; ok && want == end {
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
