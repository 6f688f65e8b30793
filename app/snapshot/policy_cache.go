package snapshot

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/changewarden/changewarden/rules"
)

// policyCache keeps what the last policy files were read as: most snapshots are judged by
// the policy of the one before, and a large file takes longer to read than all else. The
// zero policyCache is ready.
type policyCache struct {
	mu    sync.Mutex
	known map[string]reading
}

// reading is what a file was read as: a layer, or a text without logins.
type reading struct {
	layer rules.Layer
	text  []byte
	err   error
}

// maxReadings is how many are kept; then all are dropped.
const maxReadings = 1000

// parse returns what rules.Parse does, or rules.ParseBuiltIn for BuiltInLayer. The layer is
// shared: nobody may write to it.
func (c *policyCache) parse(layer, file string, text []byte) (rules.Layer, error) {
	parse := rules.Parse
	d := newDigest("parse")
	if layer == BuiltInLayer {
		parse, d = rules.ParseBuiltIn, newDigest("parse built-in")
	}
	d.add(file, string(text))
	r := c.read(d.sum(), func() (r reading) {
		r.layer, r.err = parse(file, text)
		return r
	})
	return r.layer, r.err
}

// anonymise returns what rules.Anonymise does with ids by rules.UserRef.String. The text is
// shared: nobody may write to it.
func (c *policyCache) anonymise(text []byte, ids map[string]rules.UserID) ([]byte, error) {
	d := newDigest("anonymise")
	d.add(string(text))
	for _, ref := range slices.Sorted(maps.Keys(ids)) {
		d.add(ref, strconv.FormatInt(int64(ids[ref]), 10))
	}
	r := c.read(d.sum(), func() (r reading) {
		r.text, r.err = rules.Anonymise(text, func(u rules.UserRef) rules.UserID { return ids[u.String()] })
		return r
	})
	return r.text, r.err
}

// blob returns a file's whole text, by its blob; read gets it. An error is not kept.
func (c *policyCache) blob(oid string, read func() ([]byte, error)) ([]byte, error) {
	r := c.read("blob "+oid, func() (r reading) {
		r.text, r.err = read()
		return r
	})
	return r.text, r.err
}

func (c *policyCache) read(key string, read func() reading) reading {
	c.mu.Lock()
	r, ok := c.known[key]
	c.mu.Unlock()
	if ok {
		return r
	}
	r = read()
	if r.err != nil && strings.HasPrefix(key, "blob ") {
		return r
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxReadings {
		c.known = map[string]reading{}
	}
	c.known[key] = r
	return r
}
