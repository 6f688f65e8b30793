package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/changewarden/changewarden/app/say"
	"github.com/changewarden/changewarden/app/store"
	"github.com/changewarden/changewarden/app/web"
)

// Timeline is the path of one change, for whoever asks on the command line.
type Timeline struct {
	Repo   string `json:"repo"` // owner/name
	Number int64  `json:"number"`
	Title  string `json:"title,omitempty"`
	web.Path
}

// TimelineOf returns the path of a pull request from the database of a server, which may be
// running. An unusable database URL is a *Problem; a pull request of which nothing is recorded
// is ErrNotRecorded.
func TimelineOf(ctx context.Context, databaseURL, owner, name string, number int64, at time.Time) (_ Timeline, err error) {
	s, err := openReadOnly(ctx, databaseURL)
	if err != nil {
		return Timeline{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	t, err := timelineOf(ctx, s, owner, name, number, at)
	if err != nil {
		return Timeline{}, fmt.Errorf("read the timeline of %s/%s#%d: %w", owner, name, number, err)
	}
	return t, nil
}

func timelineOf(ctx context.Context, s *store.Store, owner, name string, number int64, at time.Time) (Timeline, error) {
	repo, known, err := s.RepositoryByName(ctx, owner, name)
	if err != nil {
		return Timeline{}, err
	}
	if !known {
		return Timeline{}, fmt.Errorf("%w: the repository is not known here", ErrNotRecorded)
	}
	p, err := readPath(ctx, s, repo, number, everyVerdict)
	if err != nil {
		return Timeline{}, err
	}
	if len(p.judged)+len(p.records)+len(p.gates) == 0 {
		return Timeline{}, ErrNotRecorded
	}
	return Timeline{Repo: fullName(repo), Number: number, Title: p.pull.Title, Path: p.told(at)}, nil
}

// everyVerdict is more verdicts than a change can have.
const everyVerdict = 1 << 30

// WriteText writes the timeline for people: what happened, a line each with its moment in UTC
// and its record, and where the change stands. What somebody else wrote does nothing on a
// terminal and begins no line.
func (t Timeline) WriteText(w io.Writer) error {
	title := fmt.Sprintf("%s#%d", t.Repo, t.Number)
	if t.Title != "" {
		title += ": " + t.Title
	}
	if _, err := fmt.Fprintf(w, "%s\n\nWhat happened, in UTC, with the record that says so\n", say.Visible(title)); err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, e := range t.Events {
		record := ""
		if e.Log != 0 {
			record = strconv.FormatInt(e.Seq, 10)
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", stamp(e.At), record, say.Visible(e.Who), say.Visible(e.What))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w, "\nWhere it stands"); err != nil {
		return err
	}
	for _, s := range t.Stations {
		at := "-"
		if !s.At.IsZero() {
			at = stamp(s.At)
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", say.Visible(s.Name), web.Reached(s.State), at, say.Visible(s.Wait()))
	}
	return table.Flush()
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05") }
