package snapshot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// actionsBot posts what a job posts with its token.
const actionsBot = actionsSlug + "[bot]"

// hiddenStatus is the newest status of somebody in a context where somebody else's is newer.
type hiddenStatus struct {
	Context string         `json:"context"`
	State   string         `json:"state"`
	By      subject.Person `json:"by"`
	At      time.Time      `json:"at"`
}

// statusHistory is what was read of a head's statuses, and of which newest ones.
type statusHistory struct {
	Of     string         `json:"of"` // digest of the newest status of each context
	Hidden []hiddenStatus `json:"hidden"`
}

// readHistory reads which statuses those of the makers, or of a job's token, stand over: GitHub
// shows the newest of a context alone, whoever posted it. It is read once for what stands
// there, and not at all where nobody who could have made one up says success.
func (l *look) readHistory(ctx context.Context, f *facts, makers []int64) error {
	doubted := map[string]bool{}
	var of []string
	for _, s := range f.checks.statuses {
		if rules.Own(s.Context) {
			continue
		}
		by := s.Creator.person()
		of = append(of, fmt.Sprintf("%q %s %d %d", s.Context, s.State, by.User, s.CreatedAt.UnixMicro()))
		if strings.EqualFold(s.State, "success") && (by.User == 0 || by.Login == actionsBot || slices.Contains(makers, by.User)) {
			doubted[strings.ToLower(s.Context)] = true
		}
	}
	if len(doubted) == 0 {
		return nil
	}
	slices.Sort(of)
	sum := sha256.Sum256([]byte(strings.Join(of, "\n")))
	digest, key := hex.EncodeToString(sum[:]), fmt.Sprintf("%d/%s/", l.target.Repo, f.head)
	var h statusHistory
	if _, _, err := l.recall(ctx, statusMemory, key, &h); err != nil {
		return err
	}
	if h.Of != digest {
		h = statusHistory{Of: digest}
		whole, err := l.hiddenOn(ctx, f, doubted, &h)
		if err != nil {
			return fmt.Errorf("read statuses of %s: %w", f.head, err)
		}
		if !whole {
			f.gap(rules.GapChecks, l.limits.runs, 0)
			return nil
		}
		if err := l.remember(ctx, statusMemory, key, h, resultLife); err != nil {
			return err
		}
	}
	f.checks.hidden = h.Hidden
	return nil
}

// hiddenOn reads the statuses of the head, and reports whether that was all of them.
func (l *look) hiddenOn(ctx context.Context, f *facts, doubted map[string]bool, h *statusHistory) (whole bool, err error) {
	type voice struct {
		context string
		by      int64
	}
	heard := map[voice]bool{}
	for _, s := range f.checks.statuses {
		heard[voice{strings.ToLower(s.Context), s.Creator.person().User}] = true
	}
	o := &github.ListOptions{PerPage: 100}
	for read := 0; read < l.limits.runs; {
		page, resp, err := l.client.Repositories.ListStatuses(ctx, l.target.Owner, l.target.Name, f.head, o)
		if err != nil {
			return false, err
		}
		for _, s := range page { // newest first
			by := subject.Person{User: s.GetCreator().GetID(), Login: s.GetCreator().GetLogin(), Bot: s.GetCreator().GetType() == "Bot"}
			v := voice{strings.ToLower(s.GetContext()), by.User}
			if !doubted[v.context] || heard[v] {
				continue
			}
			heard[v] = true
			h.Hidden = append(h.Hidden, hiddenStatus{Context: s.GetContext(), State: strings.ToLower(s.GetState()), By: by, At: s.GetCreatedAt().UTC()})
		}
		read += len(page)
		if o.Page = resp.NextPage; o.Page == 0 {
			return true, nil
		}
	}
	return false, nil
}
