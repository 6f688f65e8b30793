package githubsim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// line builds commits by name: each after its parents, with one file of its own.
type line struct {
	o  *objects
	by map[string]*commit
}

func (l *line) add(name string, parents ...string) {
	files := map[string]entry{name: {ModeFile, l.o.blob(ModeFile, name)}}
	c := commit{message: name, tree: l.o.tree(files)}
	for _, p := range parents {
		c.parents = append(c.parents, l.by[p])
	}
	l.by[name] = l.o.commit(c)
}

func (l *line) names(cs []*commit) (out []string) {
	for _, c := range cs {
		out = append(out, c.message)
	}
	return out
}

func TestHistory(t *testing.T) {
	l := &line{newObjects(), map[string]*commit{}}
	// root ─ a ─ b ─────── m      main
	//         └─ f ─ g ─ u ─ h    feature; u merges b
	l.add("root")
	l.add("a", "root")
	l.add("b", "a")
	l.add("f", "a")
	l.add("g", "f")
	l.add("u", "g", "b")
	l.add("h", "u")
	l.add("m", "b")
	l.add("other")
	tests := []struct {
		name       string
		base, head string
		mergeBase  string
		between    []string
	}{
		{"straight", "a", "g", "a", []string{"f", "g"}},
		{"apart", "b", "g", "a", []string{"f", "g"}},
		{"merged in between", "m", "h", "b", []string{"f", "g", "u", "h"}},
		{"behind", "h", "a", "a", nil},
		{"same", "m", "m", "m", nil},
		{"unrelated", "m", "other", "", []string{"other"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if mb := mergeBase(l.by[tt.base], l.by[tt.head]); mb != nil {
				got = mb.message
			}
			if got != tt.mergeBase {
				t.Errorf("merge base %q, want %q", got, tt.mergeBase)
			}
			if diff := cmp.Diff(tt.between, l.names(between(l.by[tt.base], l.by[tt.head]))); diff != "" {
				t.Errorf("between (-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff([]string{"m", "b", "a", "root"}, l.names(newestFirst(l.by["m"]))); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}

func TestMerge3(t *testing.T) {
	tests := []struct {
		name               string
		base, ours, theirs map[string]string
		resolved           map[string]string
		want               map[string]string
		conflicts          []string
	}{
		{"theirs alone", m("f", "1"), m("f", "1"), m("f", "2"), nil, m("f", "2"), nil},
		{"ours alone", m("f", "1"), m("f", "2"), m("f", "1"), nil, m("f", "2"), nil},
		{"both the same", m("f", "1"), m("f", "2"), m("f", "2"), nil, m("f", "2"), nil},
		{"different lines", m("f", "a\nb\nc\nd\n"), m("f", "A\nb\nc\nd\n"), m("f", "a\nb\nc\nD\n"), nil, m("f", "A\nb\nc\nD\n"), nil},
		{"the same line", m("f", "a\n"), m("f", "b\n"), m("f", "c\n"), nil, m("f", "b\n"), []string{"f"}},
		{"resolved by hand", m("f", "a\n"), m("f", "b\n"), m("f", "c\n"), m("f", "d\n"), m("f", "b\n"), nil},
		{"added and removed", m("f", "1", "g", "1"), m("f", "1", "g", "1", "h", "1"), m("f", "1"), nil, m("f", "1", "h", "1"), nil},
		{"removed and changed", m("f", "1\n"), m(), m("f", "2\n"), nil, m(), []string{"f"}},
		{"binary", m("f", "\x001"), m("f", "\x002"), m("f", "\x003"), nil, m("f", "\x002"), []string{"f"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newObjects()
			got, conflicts := o.merge3(o.files(tt.base), o.files(tt.ours), o.files(tt.theirs), tt.resolved)
			if diff := cmp.Diff(tt.conflicts, conflicts); diff != "" {
				t.Errorf("conflicts (-want +got):\n%s", diff)
			}
			text := map[string]string{}
			for p, e := range got {
				text[p] = string(o.blobs[e.oid])
			}
			if diff := cmp.Diff(tt.want, text); diff != "" {
				t.Errorf("merged (-want +got):\n%s", diff)
			}
		})
	}
}

// m is a map of paths and contents.
func m(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// files stores plain files.
func (o *objects) files(of map[string]string) map[string]entry {
	out := map[string]entry{}
	for p, text := range of {
		out[p] = entry{ModeFile, o.blob(ModeFile, text)}
	}
	return out
}
