package snapshot

import (
	"strings"
	"testing"

	"github.com/changewarden/changewarden/rules"
)

func TestPolicyText(t *testing.T) {
	const oid = "feed"
	body, no, yes := "version: 1\n", false, true
	folder := func(e ...treeEntry) *struct{ Entries []treeEntry } { return &struct{ Entries []treeEntry }{e} }
	file := func(mode int, kind string) treeEntry {
		return treeEntry{Name: policyName, Mode: mode, Type: kind, OID: oid}
	}
	blob := func(change func(*policyBlob)) *policyBlob {
		b := &policyBlob{Typename: "Blob", OID: oid, ByteSize: len(body), IsBinary: &no, Text: &body}
		if change != nil {
			change(b)
		}
		return b
	}
	const irregular = rules.NoticePolicyNotRegular
	tests := []struct {
		name   string
		folder *struct{ Entries []treeEntry }
		blob   *policyBlob
		taken  bool
		notice rules.NoticeCode
	}{
		{"no folder", nil, nil, false, ""},
		{"another file in the folder", folder(treeEntry{Name: "CODEOWNERS", Mode: 0o100644, Type: "blob"}), nil, false, ""},
		{"regular", folder(file(33188, "blob")), blob(nil), true, ""},
		{"executable", folder(file(33261, "blob")), blob(nil), true, ""},
		{"twice", folder(file(33188, "blob"), treeEntry{Name: "change-management.yaml"}), blob(nil), false, rules.NoticePolicyTwice},
		{"under another name", folder(treeEntry{Name: "Change-Management.yml"}), nil, false, rules.NoticePolicyTwice},
		{"with its tests beside it", folder(file(33188, "blob"), treeEntry{Name: "change-management.test.yml"}), blob(nil), true, ""},
		{"a link", folder(file(0o120000, "blob")), blob(nil), false, irregular},
		{"a directory", folder(file(0o040000, "tree")), &policyBlob{Typename: "Tree", OID: oid}, false, irregular},
		{"a submodule", folder(file(0o160000, "commit")), nil, false, irregular},
		{"the folder is a link", folder(), nil, false, irregular},
		{"not what the folder names", folder(file(33188, "blob")), blob(func(b *policyBlob) { b.OID = "dead" }), false, irregular},
		{"not in the folder", folder(treeEntry{Name: "x"}), blob(nil), false, irregular},
		{"too large", folder(file(33188, "blob")), blob(func(b *policyBlob) { b.ByteSize = maxPolicy + 1 }), false, irregular},
		{"cut short", folder(file(33188, "blob")), blob(func(b *policyBlob) { b.IsTruncated = true }), false, irregular},
		{"binary", folder(file(33188, "blob")), blob(func(b *policyBlob) { b.IsBinary = &yes }), false, irregular},
		{"perhaps binary", folder(file(33188, "blob")), blob(func(b *policyBlob) { b.IsBinary = nil }), false, irregular},
		{"without text", folder(file(33188, "blob")), blob(func(b *policyBlob) { b.Text = nil }), false, irregular},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source := &policySource{PolicyFolder: tt.folder, PolicyFile: tt.blob}
			got, notice := source.policyText(rules.RepositoryLayer)
			if (got != nil) != tt.taken || notice.Code != tt.notice {
				t.Errorf("policyText = %v, %q, want taken %t, %q", got, notice.Code, tt.taken, tt.notice)
			}
			if got != nil && !strings.HasPrefix(string(got.Text), "version") {
				t.Errorf("policyText = %q", got.Text)
			}
		})
	}
}
