package snapshot

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/changewarden/changewarden/app/subject"
	"github.com/changewarden/changewarden/rules"
)

// policyFile is where a repository keeps its policy.
const (
	policyFolder = ".github"
	policyName   = "change-management.yml"
	policyOther  = "change-management.yaml" // what somebody may write for it
	policyPath   = policyFolder + "/" + policyName
	maxPolicy    = 1 << 20
)

// policy is the policy in force, and what it has to say about itself.
type policy struct {
	rules.Policy
	texts   []PolicyText
	notices []rules.Notice
}

// policyOf composes the policy from the floor and the repository's file on its default
// branch. A file that cannot be taken leaves the last good one in force, or else the floor
// alone, and the verdict says so.
func (l *look) policyOf(ctx context.Context, f *facts) (policy, error) {
	floor, err := l.floorOf(ctx, f)
	if err != nil {
		return policy{}, err
	}
	alone, err := rules.Compose(floor.layer, nil)
	if err != nil {
		return policy{}, err
	}
	p := policy{Policy: alone, texts: floor.texts, notices: floor.notices}
	if f.isHome() { // there the file is the floor
		return p, nil
	}
	if err := l.complete(ctx, &f.repo.policySource); err != nil {
		return policy{}, err
	}
	text, notice := f.repo.policyText(rules.RepositoryLayer)
	key := fmt.Sprintf("%d/", l.target.Repo)
	var last PolicyText
	if _, _, err := l.recall(ctx, policyMemory, key, &last); err != nil {
		return policy{}, err
	}
	if text == nil && notice.Code == "" {
		if last.Blob != "" { // the file was taken away: what it said goes with it
			return p, l.remember(ctx, policyMemory, key, PolicyText{}, 0)
		}
		return p, nil
	}
	if text != nil {
		err := l.add(ctx, &p, floor.layer, *text, false)
		if err == nil {
			if last.Blob != text.Blob {
				err = l.remember(ctx, policyMemory, key, p.texts[len(p.texts)-1], 0)
			}
			return p, err
		}
		if !errors.Is(err, errBroken) {
			return policy{}, err
		}
		notice = broken(err)
	}
	notice.File = policyPath
	p.notices = append(p.notices, notice)
	if last.Blob != "" {
		if err := l.add(ctx, &p, floor.layer, last, true); err != nil && !errors.Is(err, errBroken) {
			return policy{}, err
		}
	}
	return p, nil
}

// errBroken is a policy file that does not parse, or that clashes with the floor.
var errBroken = errors.New("broken policy")

// add composes the repository's file into the policy; stored as in layer.
func (l *look) add(ctx context.Context, p *policy, floor rules.Layer, text PolicyText, stored bool) error {
	own, err := l.layer(ctx, text, stored)
	if err != nil {
		return err
	}
	both, err := rules.Compose(floor, &own.layer)
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	p.Policy, p.texts = both, append(p.texts, own.text)
	return nil
}

// policyText returns the repository's file; nil without a notice is no file. The file is a
// regular one that is read whole, or it is none: a link would let the policy stand where
// nobody looks for it. A second one that reads like a policy leaves open which is meant.
func (r *policySource) policyText(layer string) (*PolicyText, rules.Notice) {
	if r == nil || r.PolicyFolder == nil && r.PolicyFile == nil {
		return nil, rules.Notice{}
	}
	irregular := rules.Notice{Code: rules.NoticePolicyNotRegular}
	if r.PolicyFolder == nil || len(r.PolicyFolder.Entries) == 0 {
		return nil, irregular // the folder is a link or a file
	}
	var entry *treeEntry
	for i, e := range r.PolicyFolder.Entries {
		switch name := strings.ToLower(e.Name); {
		case e.Name == policyName:
			entry = &r.PolicyFolder.Entries[i]
		case name == policyName || name == policyOther:
			return nil, rules.Notice{Code: rules.NoticePolicyTwice}
		}
	}
	if entry == nil && r.PolicyFile == nil {
		return nil, rules.Notice{}
	}
	const typeBits, regular = 0o170000, 0o100000
	b := r.PolicyFile
	if entry == nil || b == nil || entry.Type != "blob" || entry.Mode&typeBits != regular || b.OID != entry.OID || !b.readable() {
		return nil, irregular
	}
	t := &PolicyText{Layer: layer, Repo: r.NameWithOwner, Path: policyPath, Blob: b.OID, Text: []byte(*b.Text)}
	if ref := r.DefaultBranchRef; ref != nil {
		t.Commit = ref.Target.OID
	}
	return t, rules.Notice{}
}

// readable reports whether the blob is text, and was read whole.
func (b *policyBlob) readable() bool {
	return b.Typename == "Blob" && b.ByteSize <= maxPolicy && !b.IsTruncated && b.IsBinary != nil && !*b.IsBinary && b.Text != nil
}

// complete reads the policy file of a repository whole, of which GraphQL gives the beginning
// alone if it is large: once, since a blob does not change.
func (l *look) complete(ctx context.Context, r *policySource) error {
	if r == nil || r.PolicyFile == nil {
		return nil
	}
	b := r.PolicyFile
	if b.Typename != "Blob" || !b.IsTruncated || b.ByteSize > maxPolicy || b.IsBinary == nil || *b.IsBinary {
		return nil
	}
	owner, name, _ := strings.Cut(r.NameWithOwner, "/")
	text, err := l.policies.blob(b.OID, func() ([]byte, error) {
		text, err := l.blob(ctx, owner, name, b.OID)
		if err != nil {
			return nil, fmt.Errorf("read the policy of %s: %w", r.NameWithOwner, err)
		}
		return text, nil
	})
	if err != nil {
		return err
	}
	if len(text) == b.ByteSize && utf8.Valid(text) {
		whole := string(text)
		b.Text, b.IsTruncated = &whole, false
	}
	return nil
}

// blob reads what a blob holds.
func (l *look) blob(ctx context.Context, owner, name, oid string) ([]byte, error) {
	b, _, err := l.client.Git.GetBlob(ctx, owner, name, oid)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(strings.ReplaceAll(b.GetContent(), "\n", ""))
}

// parsed is a policy file with person ids in the place of logins.
type parsed struct {
	text  PolicyText
	layer rules.Layer
}

// layer reads a policy file: it is what the text says with the users resolved as they are
// now, so that what judges is what is stored. A stored text has its person ids already; in
// any other one a person id is somebody's guess, and nobody. The error is errBroken if it
// does not parse.
func (l *look) layer(ctx context.Context, t PolicyText, stored bool) (parsed, error) {
	first, err := l.policies.parse(t.Layer, t.Path, t.Text)
	if err != nil {
		return parsed{}, fmt.Errorf("%w: %w", errBroken, err)
	}
	ids, err := l.users(ctx, rules.Policy{Layers: []rules.Layer{first}}.Users(), stored)
	if err != nil {
		return parsed{}, err
	}
	if t.Text, err = l.policies.anonymise(t.Text, ids); err != nil {
		return parsed{}, fmt.Errorf("%w: %w", errBroken, err)
	}
	layer, err := l.policies.parse(t.Layer, t.Path, t.Text)
	if err != nil {
		return parsed{}, fmt.Errorf("%w: %w", errBroken, err)
	}
	return parsed{text: t, layer: layer}, nil
}

// users returns the person ids of the users that a policy names, by what it writes. One
// whom GitHub does not know is left out, and is nobody.
func (l *look) users(ctx context.Context, refs []rules.UserRef, stored bool) (map[string]rules.UserID, error) {
	out := map[string]rules.UserID{}
	named := newCast()
	users := map[string]int64{}
	for _, u := range refs {
		switch {
		case u.Login == "" && stored:
			out[u.String()] = u.ID
		case u.Login == "":
		case u.GitHub != 0:
			users[u.String()] = named.add(subject.Person{User: u.GitHub, Login: u.Login})
		default:
			p, err := l.login(ctx, u.Login)
			if err != nil {
				return nil, err
			}
			users[u.String()] = named.add(p)
		}
	}
	if len(users) == 0 {
		return out, nil
	}
	if err := named.resolve(ctx, l.Memory); err != nil {
		return nil, err
	}
	for ref, user := range users {
		out[ref] = named.who(user)
	}
	return out, nil
}

// login returns who has a login; nobody if GitHub knows no such user.
func (l *look) login(ctx context.Context, login string) (subject.Person, error) {
	login = strings.ToLower(login)
	var p subject.Person
	if _, found, err := l.recall(ctx, subject.LoginCache, login, &p); err != nil || found {
		return p, err
	}
	u, _, err := l.client.Users.Get(ctx, login)
	switch {
	case err == nil:
		p = subject.Person{User: u.GetID(), Login: u.GetLogin(), Bot: u.GetType() != "User"}
	case !l.absent(err):
		return subject.Person{}, fmt.Errorf("read user %s: %w", login, err)
	}
	return p, l.remember(ctx, subject.LoginCache, login, p, loginLife)
}
