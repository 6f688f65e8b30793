package snapshot

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"
	"golang.org/x/sync/errgroup"

	"github.com/changewarden/changewarden/rules"
)

const (
	maxLinks    = 1000 // of one tree; what stands behind them is not looked for
	maxThrough  = 100  // names of one file; with more it may be any
	linksAtOnce = 5    // that are read at the same time
)

// link is a symlink of a tree and the path of the repository to which it leads.
type link struct {
	Path string `json:"path"`
	To   string `json:"to"`
}

// linksOf returns the links of a commit, read once: whoever changes what one leads to changes
// what is read under the link's name. For a change that is where its base branch stands now: a
// branch that was begun before a link came would not show it. None are known of a tree that GitHub
// cuts short.
func (l *look) linksOf(ctx context.Context, base string) ([]link, error) {
	if base == "" {
		return nil, nil
	}
	name := fmt.Sprintf("%d/%s/", l.target.Repo, base)
	var links []link
	if _, found, err := l.recall(ctx, linkMemory, name, &links); err != nil || found {
		return links, err
	}
	t, _, err := l.client.Git.GetTree(ctx, l.target.Owner, l.target.Name, base, true)
	if err != nil && l.absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read tree of %s: %w", base, err)
	}
	entries := slices.DeleteFunc(t.Entries, func(e *github.TreeEntry) bool { return e.GetMode() != modeLink })
	if len(entries) > maxLinks {
		entries = entries[:maxLinks]
	}
	targets := make([]string, len(entries))
	reading, group := errgroup.WithContext(ctx)
	reading.SetLimit(linksAtOnce)
	for i, e := range entries {
		reading.Go(func() (err error) {
			targets[i], err = l.linkText(group, e.GetSHA())
			return err
		})
	}
	if err := reading.Wait(); err != nil {
		return nil, err
	}
	for i, e := range entries {
		if to, inside := within(e.GetPath(), targets[i]); inside {
			links = append(links, link{Path: e.GetPath(), To: to})
		}
	}
	return links, l.remember(ctx, linkMemory, name, links, 0)
}

// linkText returns what a link says, by its blob.
func (l *look) linkText(ctx context.Context, blob string) (string, error) {
	key := fmt.Sprintf("%d/%s/", l.target.Repo, blob)
	var text string
	if _, found, err := l.recall(ctx, linkMemory, key, &text); err != nil || found {
		return text, err
	}
	raw, err := l.blob(ctx, l.target.Owner, l.target.Name, blob)
	if err != nil {
		return "", fmt.Errorf("read link %s: %w", blob, err)
	}
	text = string(raw)
	return text, l.remember(ctx, linkMemory, key, text, 0)
}

// within returns the path to which a link with this text leads, and whether that is one of
// the repository.
func within(at, text string) (to string, inside bool) {
	if text == "" || path.IsAbs(text) {
		return "", false
	}
	to = path.Join(path.Dir(at), text)
	return to, to != ".." && !strings.HasPrefix(to, "../")
}

// through returns by which other names links lead to what stands at a path, sorted: those of
// the file, of a folder that it is in, and of links that lead to such a name, each followed
// once on the way. With more of them than can be looked through, complete is false.
func through(at string, links []link) (names []string, complete bool) {
	type way struct {
		name string
		by   []link
	}
	seen := map[string]bool{at: true}
	for next := []way{{name: at}}; len(next) > 0; {
		w := next[0]
		next = next[1:]
		for _, l := range links {
			rest, under := l.below(w.name)
			if !under || seen[l.Path+rest] || slices.Contains(w.by, l) {
				continue
			}
			if len(seen) > maxThrough {
				return nil, false
			}
			seen[l.Path+rest] = true
			next = append(next, way{l.Path + rest, append(slices.Clip(w.by), l)})
			names = append(names, l.Path+rest)
		}
	}
	slices.Sort(names)
	return names, true
}

// below returns what is left of a name behind that to which the link leads: nothing, or a path
// that begins with a slash.
func (l link) below(name string) (rest string, under bool) {
	if l.To == "." {
		return "/" + name, true
	}
	rest, under = strings.CutPrefix(name, l.To)
	return rest, under && (rest == "" || rest[0] == '/')
}

// throughLinks returns the files with the names by which links of the base lead to them.
func throughLinks(files []rules.File, links []link) []rules.File {
	if len(links) == 0 {
		return files
	}
	files = slices.Clone(files)
	for i, f := range files {
		names, complete := through(f.Path, links)
		if f.Previous != "" {
			before, all := through(f.Previous, links)
			names, complete = slices.Compact(slices.Sorted(slices.Values(append(names, before...)))), complete && all
		}
		files[i].Through, files[i].Opaque = names, f.Opaque || !complete
	}
	return files
}
