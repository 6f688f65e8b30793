package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strings"

	"github.com/changewarden/changewarden/app/githubsim/play"
	"github.com/changewarden/changewarden/app/publish"
	"github.com/changewarden/changewarden/app/store"
)

// audit holds a history that has come to rest to what is promised: every delivery is
// accounted for, the ledger is whole and each verdict can be had again, what stands on GitHub
// is what the store says, does not contradict itself, and is what a calm look gives.
func (s *stage) audit(ctx context.Context, h play.History) error {
	db, err := store.OpenReadOnly(ctx, s.direct)
	if err != nil {
		return err
	}
	stood, err := s.stands(ctx, db)
	if err == nil {
		err = s.account(ctx, db)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	for _, args := range [][]string{{"verify", "--key", s.verifier}, {"replay"}} {
		c := exec.CommandContext(ctx, "changewarden", append(args, "--database-url", s.direct)...)
		c.Dir = s.dir
		if out, err := c.CombinedOutput(); err != nil {
			s.fail("%s: %v\n%s", args[0], err, out)
		}
	}
	s.Restart()
	if err := s.compare(ctx, "the next look", stood); err != nil || !h.Plain() {
		return err
	}
	s.die()
	was, direct := s.url, s.direct
	defer func() { s.url, s.direct = was, direct }()
	if s.direct, err = s.base.make(s.t, s.dir); err != nil {
		return err
	}
	s.url = s.direct
	if err := s.start(); err != nil {
		return err
	}
	return s.compare(ctx, "who knows nothing", stood)
}

// account finds every delivery that GitHub made in the store. What was refused, or reached
// nobody, came again.
func (s *stage) account(ctx context.Context, db *store.Store) error {
	made, again, missed := map[string]bool{}, 0, map[string]bool{}
	for _, d := range s.sim.Deliveries() {
		made[d.GUID] = true
		if d.Redelivery {
			again++
		}
		if d.Outcome != "OK" {
			missed[d.GUID] = true
		}
	}
	missing, err := s.missing(ctx, db)
	for _, guid := range missing {
		s.fail("delivery %s is not accounted for", guid)
	}
	s.tally.add("deliveries", len(made))
	s.tally.add("deliveries not taken the first time", len(missed))
	s.tally.add("deliveries asked for again", again)
	return err
}

// missing returns the deliveries that GitHub made and that are not in the store.
func (s *stage) missing(ctx context.Context, db *store.Store) ([]string, error) {
	var missing []string
	for _, d := range s.sim.Deliveries() {
		if _, found, err := db.Delivery(ctx, s.sim.AppID(), d.GUID); err != nil {
			return nil, err
		} else if !found && !slices.Contains(missing, d.GUID) {
			missing = append(missing, d.GUID)
		}
	}
	return missing, nil
}

// face is what people and branch protection see of us at a head.
type face struct{ State, Description, By, Run, Title string }

func (s *stage) face(sha string) face {
	shown, err := s.sim.Show(play.Repo, sha, publish.Context, publish.RunName)
	if err != nil {
		return face{State: err.Error()}
	}
	return face{State: shown.State, Description: shown.Description, By: shown.StatusBy, Run: cmp.Or(shown.Conclusion, shown.RunStatus), Title: shown.Title}
}

// stands returns what stands at the head of each open pull request, and holds it against what
// the store says, and against itself.
func (s *stage) stands(ctx context.Context, db *store.Store) (map[string]face, error) {
	repo, _, err := db.RepositoryByName(ctx, "octo-org", "app")
	if err != nil {
		return nil, err
	}
	stood := map[string]face{}
	for _, sha := range play.Heads(s.sim.Pulls(play.Repo)) {
		was := s.face(sha)
		stood[sha] = was
		pub, found, err := db.Publication(ctx, repo.ID, sha)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		s.tally.add("heads", 1)
		var w publish.Wanted
		if err := json.Unmarshal(pub.Wanted, &w); err != nil {
			return nil, err
		}
		want := face{State: w.StatusState, Description: w.Description, By: "change-management[bot]", Run: cmp.Or(w.Conclusion, w.RunStatus), Title: w.Title}
		if was != want {
			s.fail("%s shows\n\t%+v\nthe store wants\n\t%+v", sha[:8], was, want)
		}
		if (was.State == "success") != (was.Run == "success") {
			s.fail("%s: status and check run contradict each other: %+v", sha[:8], was)
		}
	}
	return stood, nil
}

// compare lets the server look at everything, in peace, and holds what stood against it.
func (s *stage) compare(ctx context.Context, who string, stood map[string]face) error {
	if err := s.settle(ctx, false); err != nil {
		return err
	}
	db, err := store.OpenReadOnly(ctx, s.direct)
	if err != nil {
		return err
	}
	defer db.Close()
	repo, _, err := db.RepositoryByName(ctx, "octo-org", "app")
	if err != nil {
		return err
	}
	for sha, was := range stood {
		rows, err := db.PullsByHead(ctx, repo.ID, sha)
		if err != nil {
			return err
		}
		governed := slices.ContainsFunc(rows, func(p store.Pull) bool { return p.Governed })
		is := s.face(sha)
		switch {
		case governed && was != is:
			s.fail("%s shows\n\t%+v\n%s says\n\t%+v", sha[:8], was, who, is)
		case !governed && (was.State == "success" && strings.HasSuffix(was.By, "[bot]") || was.Run == "success"):
			s.fail("%s aims at no governed branch and shows %+v", sha[:8], was)
		}
	}
	return nil
}
