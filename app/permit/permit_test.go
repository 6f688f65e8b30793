package permit

import (
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newKey(t testing.TB) Key {
	t.Helper()
	text, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var example = Permit{
	ID: "7Q3M", Issuer: "https://changewarden.example", Audience: "https://cd.example", Repo: 812345678, Repository: "octo-org/app",
	Environment: "production", Commit: "b0b5fd4c6ef8a8a1b4bbdd2db2d7f3f1f9ab4d8c", Decision: "104729137/6", IssuedAt: noon, Expires: noon.Add(15 * time.Minute),
}

func signed(t testing.TB, k Key, p Permit) string {
	t.Helper()
	text, err := k.Sign(p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPermit68: what was signed is what is read, with the keys as they are published, and made
// again it is the same text.
func TestPermit68(t *testing.T) {
	k := newKey(t)
	text := signed(t, k, example)
	published, err := k.Keys().JSON()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ParseKeys(published)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Verify(text, keys, noon)
	if diff := cmp.Diff(example, got); err != nil || diff != "" {
		t.Errorf("read back, %v (-want +got):\n%s", err, diff)
	}
	if again := signed(t, k, example); again != text {
		t.Errorf("signed again it is %s, was %s", again, text)
	}
	if strings.Contains(string(published), `"d"`) {
		t.Errorf("the private key is published: %s", published)
	}
}

// TestNoPermit68 says what is none.
func TestNoPermit68(t *testing.T) {
	k, other := newKey(t), newKey(t)
	text := signed(t, k, example)
	parts := strings.Split(text, ".")
	otherType := func(kind string) string {
		s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}}, (&jose.SignerOptions{}).WithType(jose.ContentType(kind)))
		if err != nil {
			t.Fatal(err)
		}
		out, err := jwt.Signed(s).Claims(map[string]any{"jti": "x", "aud": "https://cd.example", "iat": noon.Unix(), "nbf": noon.Unix(), "exp": noon.Unix() + 60, "repository_id": "7"}).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, tt := range []struct {
		name, text string
		at         time.Time
		want       string
	}{
		{"with the name of our key and another's signature", signed(t, Key{private: other.private, id: k.id}, example), noon, "it is not signed with the key that it names"},
		{"another key", signed(t, other, example), noon, "it is signed with another key"},
		{"over", text, noon.Add(15 * time.Minute), "it expired at 2026-03-02T12:15:00Z"},
		{"to the second", text, noon.Add(15*time.Minute - time.Second), ""},
		{"by a clock that is a little behind", text, noon.Add(-30 * time.Second), ""},
		{"from the future", text, noon.Add(-31 * time.Second), "it is from the future: look at this machine's clock"},
		{"cut", text[:len(text)-4], noon, "it is not signed with the key that it names"},
		{"without a signature", parts[0] + "." + parts[1] + ".", noon, "it is not signed with the key that it names"},
		{"of no algorithm", "eyJhbGciOiJub25lIn0." + parts[1] + ".", noon, "it is no permit"},
		{"another token of ours", otherType("JWT"), noon, "it is no permit"},
		{"nothing", "", noon, "it is no permit"},
		{"too long", strings.Repeat("a", maxPermit+1), noon, "it is too long"},
		{"a commit status", `{"context": "change-management/production", "state": "success"}`, noon, "it is no permit"},
	} {
		_, err := Verify(tt.text, k.Keys(), tt.at)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestFor68 says for what a permit is good.
func TestFor68(t *testing.T) {
	fits := Use{Audience: "https://cd.example", Repository: "Octo-Org/App", Environment: "Production", Commit: example.Commit}
	for _, tt := range []struct {
		name   string
		change func(*Use)
		want   string
	}{
		{"what it names", func(*Use) {}, ""},
		{"another audience", func(u *Use) { u.Audience = "https://changewarden.example" }, "it is for another audience"},
		{"another repository", func(u *Use) { u.Repository = "octo-org/other" }, "it is for another repository"},
		{"another environment", func(u *Use) { u.Environment = "staging" }, "it is for another environment"},
		{"another commit", func(u *Use) { u.Commit = "feed000" }, "it is for another commit"},
		{"nothing said", func(u *Use) { *u = Use{} }, "it is for another audience"},
		{"no commit said", func(u *Use) { u.Commit = "" }, "it is for another commit"},
	} {
		u := fits
		tt.change(&u)
		got := ""
		if err := example.For(u); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if err := (Permit{}).For(Use{}); err == nil {
		t.Error("an empty permit is good for nothing said")
	}
}

func TestParseKeyRefuses(t *testing.T) {
	for _, text := range []string{"", "PRIVATE+KEY+changewarden+x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := ParseKey([]byte(text)); err == nil {
			t.Errorf("ParseKey(%q) took it", text)
		}
	}
	for _, text := range []string{"", "{}", `{"keys":[]}`, `{"keys":[{"kty":"oct","kid":"x","k":"AAAA"}]}`, `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`} {
		if keys, err := ParseKeys([]byte(text)); err == nil {
			t.Errorf("ParseKeys(%q) = %v", text, keys)
		}
	}
}

// FuzzVerify: one changed byte, and it is no permit that says anything else.
func FuzzVerify(f *testing.F) {
	k := newKey(f)
	text := signed(f, k, example)
	f.Add(text)
	f.Add("")
	f.Add("e30.e30.e30")
	keys := k.Keys()
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := Verify(text, keys, noon); err == nil && !cmp.Equal(p, example) {
			t.Fatalf("Verify(%q) = %+v", text, p)
		}
	})
}
