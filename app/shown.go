package app

import (
	"context"

	"github.com/changewarden/changewarden/app/route"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/subject"
)

// shown reports whether a look saw all that the deliveries told which led to it, so that there
// is nothing that GitHub's API could be behind with: each of them told of a check run, and what
// was read has that run as it was told. One that was told of with several conclusions may be
// in any of them, and whatever else was told is not looked for: then it is false.
func (a *App) shown(ctx context.Context, c store.Claim, seen []subject.Check) (bool, error) {
	if c.Delivered > len(c.Deliveries) {
		return false, nil
	}
	told := map[int64]subject.Check{}
	for _, guid := range c.Deliveries {
		d, found, err := a.store.Delivery(ctx, a.o.AppID, guid)
		if err != nil || !found {
			return false, err
		}
		r := route.Route(d.Event, d.Body, d.At)
		if len(r.Subjects) > 0 || len(r.Selectors) != 1 || r.Selectors[0].Check == nil || r.Selectors[0].Check.Source != subject.CheckRun {
			return false, nil
		}
		check := *r.Selectors[0].Check
		switch was, again := told[check.ID]; {
		case again && was.Conclusion != "" && check.Conclusion != "" && was.Conclusion != check.Conclusion:
			return false, nil
		case !again || was.Conclusion == "":
			told[check.ID] = check
		}
	}
	for _, s := range seen {
		if t, ok := told[s.ID]; ok && s.Source == subject.CheckRun && (t.Conclusion == "" || s.Conclusion == t.Conclusion) {
			delete(told, s.ID)
		}
	}
	return len(told) == 0, nil
}
