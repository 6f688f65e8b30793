package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/changewarden/changewarden/app/snapshot"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/web"
	"github.com/changewarden/changewarden/rules"
	"github.com/changewarden/changewarden/rules/calendar"
	"github.com/changewarden/changewarden/rules/words"
)

const (
	// openings is how many openings of a window the calendar shows.
	openings = 10
	// listed is how many repositories of one policy it names.
	listed = 20
)

// scheduled is a policy, and the repositories that were judged by it last.
type scheduled struct {
	policy rules.Policy
	repos  []store.Repository
}

// Calendar implements web.Source. Repositories with one policy are told once, unless a calendar
// file of theirs has a part in it.
func (p pages) Calendar(ctx context.Context) ([]web.Calendar, error) {
	known, err := p.policies(ctx)
	if err != nil {
		return nil, err
	}
	var out []web.Calendar
	for _, s := range known {
		var c web.Calendar
		for _, repo := range s.repos {
			c.Repos = append(c.Repos, fullName(repo))
		}
		slices.Sort(c.Repos)
		c.More = max(0, len(c.Repos)-listed)
		c.Repos = c.Repos[:min(len(c.Repos), listed)]
		if c.Windows, err = p.windows(ctx, s, p.a.now()); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b web.Calendar) int { return strings.Compare(a.Repos[0], b.Repos[0]) })
	return out, nil
}

// policies are those that judged last in each repository that is within reach.
func (p pages) policies(ctx context.Context) ([]*scheduled, error) {
	verdicts, err := p.a.store.LastVerdicts(ctx)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	composed := map[string]rules.Policy{} // by their texts
	known := map[string]*scheduled{}
	var out []*scheduled
	for _, v := range verdicts {
		repo, found, err := p.a.store.Repository(ctx, v.Repo)
		if err != nil {
			return nil, err
		}
		var stored StoredVerdict
		if err := decode(v.Body, &stored); err != nil {
			return nil, err
		}
		layers, complete, err := p.layers(ctx, texts, stored.Policy)
		if err != nil {
			return nil, err
		}
		if !found || repo.Gone || !complete {
			continue
		}
		key := strings.Join(wordsOf(layers), "\x00")
		policy, ok := composed[key]
		if !ok {
			if policy, err = snapshot.Compose(layers); err != nil {
				return nil, fmt.Errorf("read the policy of %s: %w", fullName(repo), err)
			}
			composed[key] = policy
		}
		if len(calendarFiles(policy)) > 0 {
			key += fmt.Sprintf("\x00%d", repo.ID)
		}
		if known[key] == nil {
			known[key] = &scheduled{policy: policy}
			out = append(out, known[key])
		}
		known[key].repos = append(known[key].repos, repo)
	}
	return out, nil
}

// layers reads the texts of a policy, each once; false if one was erased.
func (p pages) layers(ctx context.Context, texts map[string]string, refs []PolicyRef) ([]snapshot.PolicyText, bool, error) {
	var out []snapshot.PolicyText
	for _, ref := range refs {
		text, read := texts[ref.Text]
		if !read {
			content, found, err := p.a.store.Blob(ctx, ref.Text)
			if err != nil || !found {
				return nil, false, err
			}
			text = string(content)
			texts[ref.Text] = text
		}
		out = append(out, snapshot.PolicyText{Layer: ref.Layer, Path: ref.Path, Text: []byte(text)})
	}
	return out, len(out) > 0, nil
}

// calendarFiles are the files of holidays that the windows of a policy name.
func calendarFiles(p rules.Policy) []string {
	var out []string
	for _, l := range p.Layers {
		for _, w := range l.Windows {
			out = append(out, slices.DeleteFunc(slices.Clone(w.Holidays), func(h string) bool { return !strings.HasSuffix(h, ".ics") })...)
		}
	}
	return out
}

// windows are when each window that a rule before an environment asks for opens next. What is
// in a calendar file is what the last deployment read of it.
func (p pages) windows(ctx context.Context, s *scheduled, at time.Time) ([]web.Window, error) {
	var read []rules.CalendarFile
	if len(calendarFiles(s.policy)) > 0 {
		g, found, err := p.a.store.LastDecided(ctx, s.repos[0].ID)
		if err != nil {
			return nil, err
		}
		if found {
			last, err := readPassage(ctx, p.a.store, g)
			if err != nil {
				return nil, err
			}
			read = last.request.Shipment.Calendars
		}
	}
	days := func(file string) ([]calendar.Day, bool) {
		i := slices.IndexFunc(read, func(f rules.CalendarFile) bool { return f.Path == file && f.Since.IsZero() })
		if i < 0 {
			return nil, false
		}
		return read[i].Days, true
	}
	var out []web.Window
	for _, key := range environments(s.policy) {
		for _, one := range s.policy.Schedules(called(s.policy, key), "") {
			w, err := windowOf(one, at, days)
			if err != nil {
				return nil, fmt.Errorf("load the time zone of %s: %w", one.Name, err)
			}
			w.Environment = key
			out = append(out, w)
		}
	}
	return out, nil
}

// environments are the names that a policy has for its environments, each once.
func environments(p rules.Policy) []string {
	all := map[string]bool{}
	for _, l := range p.Layers {
		for key := range l.Environments {
			all[key] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// called is a name that an environment of the policy may have on GitHub.
func called(p rules.Policy, key string) string {
	names := []string{key}
	for _, l := range p.Layers {
		for _, glob := range l.Environments[key].Match {
			names = append(names, glob, strings.NewReplacer("*", "", "?", "0").Replace(glob))
		}
	}
	for _, name := range names {
		if slices.Contains(p.Environments(name), key) {
			return name
		}
	}
	return key
}

func windowOf(s rules.Schedule, at time.Time, days func(string) ([]calendar.Day, bool)) (web.Window, error) {
	w := web.Window{Name: s.Name, Layer: s.Layer, Words: words.Plain.Window(s.Window), Zone: s.Window.TimeZone}
	next, err := s.Openings(at, openings, days)
	if err != nil {
		return w, err
	}
	w.Unread = next.Unread
	for i, span := range next.Spans {
		w.Openings = append(w.Openings, web.Opening{From: span.From.In(next.Zone), To: span.To.In(next.Zone), Open: next.Open && i == 0})
	}
	for _, f := range next.Freezes {
		w.Freezes = append(w.Freezes, web.Freeze{Name: f.Name, Words: words.Plain.Freeze(f)})
	}
	for _, f := range next.Some {
		w.Freezes = append(w.Freezes, web.Freeze{Name: f.Name, Words: words.Plain.Freeze(f), Partly: true})
	}
	return w, nil
}
