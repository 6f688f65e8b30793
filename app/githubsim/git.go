package githubsim

import (
	"bytes"
	"cmp"
	"crypto/sha1" // git's object ids
	"encoding/hex"
	"fmt"
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Git modes of a tree entry.
const (
	ModeFile      = "100644"
	ModeExec      = "100755"
	ModeSymlink   = "120000"
	ModeSubmodule = "160000" // the content is the commit it points at
	modeTree      = "040000"
)

// Signing says how a commit is signed. Whoever pushes chooses None, Verified (a key of
// their own that GitHub knows) or Unverified; only GitHub itself signs as ByGitHub.
type Signing int

// The ways a commit can be signed.
const (
	None Signing = iota
	Verified
	Unverified
	ByGitHub
)

// Ident names somebody in a commit. Nothing checks it: whoever pushes writes what they like.
type Ident struct{ Name, Email string }

func (i Ident) String() string { return fmt.Sprintf("%s <%s>", i.Name, i.Email) }

// entry is one path of a tree.
type entry struct{ mode, oid string }

// tree is a commit's whole content, flat by path, with the ids of its directories.
type tree struct {
	files map[string]entry
	dirs  map[string]string  // directory path ("" for the root) → tree id
	kids  map[string][]child // directory path → what is in it, in git's order
}

type child struct{ name, path, mode, oid string }

// commit is one git commit. Its id is git's own for the same content.
type commit struct {
	oid               string
	parents           []*commit
	tree              *tree
	message           string
	author, committer Ident
	authored          time.Time
	committed         time.Time
	signing           Signing
	gen, seq          int // 1 + the highest generation among the parents; order of arrival
}

// objects is the store that all repositories of a fork network share, as on GitHub: a
// commit pushed to a fork can be read by its id through the base repository.
type objects struct {
	blobs   map[string][]byte
	commits map[string]*commit
	trees   map[string]*tree // by root id
	diffs   map[[2]string][]change
}

func newObjects() *objects {
	return &objects{
		blobs: map[string][]byte{}, commits: map[string]*commit{},
		trees: map[string]*tree{}, diffs: map[[2]string][]change{},
	}
}

func hashObject(typ string, content []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "%s %d\x00", typ, len(content)), content...))
	return hex.EncodeToString(sum[:])
}

// blob stores content and returns its id. A submodule's content is the commit it points at.
func (o *objects) blob(mode, content string) string {
	if mode == ModeSubmodule {
		return content
	}
	oid := hashObject("blob", []byte(content))
	o.blobs[oid] = []byte(content)
	return oid
}

// tree hashes files into git's nested trees.
func (o *objects) tree(files map[string]entry) *tree {
	t := &tree{files: files, dirs: map[string]string{}, kids: map[string][]child{}}
	below := map[string]map[string]bool{"": {}} // directory → its subdirectories
	for path, e := range files {
		dir, name := splitPath(path)
		t.kids[dir] = append(t.kids[dir], child{name, path, e.mode, e.oid})
		for dir != "" {
			up, _ := splitPath(dir)
			if below[up] == nil {
				below[up] = map[string]bool{}
			}
			below[up][dir] = true
			dir = up
		}
	}
	t.hash("", below)
	if known := o.trees[t.dirs[""]]; known != nil {
		return known
	}
	o.trees[t.dirs[""]] = t
	return t
}

// hash computes the id of dir and of all directories below it.
func (t *tree) hash(dir string, below map[string]map[string]bool) string {
	for sub := range below[dir] {
		_, name := splitPath(sub)
		t.kids[dir] = append(t.kids[dir], child{name, sub, modeTree, t.hash(sub, below)})
	}
	slices.SortFunc(t.kids[dir], func(a, b child) int { return cmp.Compare(a.sortKey(), b.sortKey()) })
	var b bytes.Buffer
	for _, k := range t.kids[dir] {
		raw, _ := hex.DecodeString(k.oid)
		fmt.Fprintf(&b, "%s %s\x00", strings.TrimPrefix(k.mode, "0"), k.name)
		b.Write(raw)
	}
	t.dirs[dir] = hashObject("tree", b.Bytes())
	return t.dirs[dir]
}

// sortKey orders names as git does: a directory as if its name ended in a slash.
func (c child) sortKey() string {
	if c.mode == modeTree {
		return c.name + "/"
	}
	return c.name
}

// typ is what GitHub calls the entry: blob, tree, or commit for a submodule.
func (c child) typ() string {
	switch c.mode {
	case modeTree:
		return "tree"
	case ModeSubmodule:
		return "commit"
	}
	return "blob"
}

func splitPath(p string) (dir, name string) {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i], p[i+1:]
	}
	return "", p
}

// commit stores a commit and returns it; the same content is the same commit.
func (o *objects) commit(c commit) *commit {
	var b bytes.Buffer
	fmt.Fprintf(&b, "tree %s\n", c.tree.dirs[""])
	c.gen = 1
	for _, p := range c.parents {
		fmt.Fprintf(&b, "parent %s\n", p.oid)
		c.gen = max(c.gen, p.gen+1)
	}
	fmt.Fprintf(&b, "author %s %d +0000\ncommitter %s %d +0000\n", c.author, c.authored.Unix(), c.committer, c.committed.Unix())
	if sig := c.signature(); sig != "" {
		fmt.Fprintf(&b, "gpgsig %s\n", strings.ReplaceAll(sig, "\n", "\n "))
	}
	fmt.Fprintf(&b, "\n%s", c.message)
	c.oid = hashObject("commit", b.Bytes())
	if known := o.commits[c.oid]; known != nil {
		return known
	}
	c.seq = len(o.commits)
	o.commits[c.oid] = &c
	return &c
}

// signature is the armoured text in the commit; who made it is all that it says.
func (c *commit) signature() string {
	by := map[Signing]string{Verified: "their own key", Unverified: "an unknown key", ByGitHub: "GitHub"}[c.signing]
	if by == "" {
		return ""
	}
	return "-----BEGIN PGP SIGNATURE-----\n\n" + by + "\n-----END PGP SIGNATURE-----"
}

// write returns files with the given changes made; the given map stays as it is.
func (o *objects) write(files map[string]entry, c Commit) (map[string]entry, error) {
	files = maps.Clone(files)
	for from, to := range c.Rename {
		e, ok := files[from]
		if !ok {
			return nil, refuse(422, "path %s does not exist, so it cannot be renamed", from)
		}
		delete(files, from)
		files[to] = e
	}
	for _, p := range c.Remove {
		if _, ok := files[p]; !ok {
			return nil, refuse(422, "path %s does not exist, so it cannot be removed", p)
		}
		delete(files, p)
	}
	for p, content := range c.Files {
		mode := cmp.Or(c.Mode[p], files[p].mode, ModeFile)
		files[p] = entry{mode, o.blob(mode, content)}
	}
	for p, mode := range c.Mode {
		e, ok := files[p]
		if !ok {
			return nil, refuse(422, "path %s does not exist, so its mode cannot be set", p)
		}
		files[p] = entry{mode, e.oid}
	}
	return files, nil
}

// trailer is a line of the last paragraph of a message by which GitHub knows co-authors.
var trailer = regexp.MustCompile(`(?im)^co-authored-by:[ \t]*(.+)$`)

// authors are the git author and then everybody whom a Co-authored-by line names, each
// e-mail address once, as GraphQL's Commit.authors lists them.
func (c *commit) authors() []Ident {
	all := []Ident{c.author}
	for _, m := range trailer.FindAllStringSubmatch(c.message, -1) {
		a, err := mail.ParseAddress(strings.TrimSpace(m[1]))
		if err != nil || slices.ContainsFunc(all, func(i Ident) bool { return strings.EqualFold(i.Email, a.Address) }) {
			continue
		}
		all = append(all, Ident{a.Name, a.Address})
	}
	return all
}

// headline is the message's first line, rest what follows it.
func (c *commit) headline() (headline, rest string) {
	headline, rest, _ = strings.Cut(c.message, "\n")
	return headline, strings.TrimLeft(rest, "\n")
}

// resolve finds a commit by its full id or by an unambiguous beginning of seven digits or more.
func (o *objects) resolve(sha string) *commit {
	if c := o.commits[sha]; c != nil || len(sha) < 7 {
		return c
	}
	var found *commit
	for oid, c := range o.commits {
		if strings.HasPrefix(oid, sha) {
			if found != nil {
				return nil
			}
			found = c
		}
	}
	return found
}
