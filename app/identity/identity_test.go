package identity

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// twoKeys are made once: that takes a while.
var twoKeys = sync.OnceValue(func() (out [2]*rsa.PrivateKey) {
	for i := range out {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		out[i] = key
	}
	return out
})

// issuer is one whose keys can be changed, and that counts who asks for them.
type issuer struct {
	url   string
	keys  []jose.JSONWebKey
	reads int
	down  bool
	at    time.Time
}

func newIssuer(t testing.TB) (*issuer, *Verifier) {
	i := &issuer{keys: []jose.JSONWebKey{public("one", 0)}, at: noon}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.reads++
		if i.down || r.URL.Path != "/issuer/.well-known/jwks" {
			http.Error(w, "not now", http.StatusBadGateway)
			return
		}
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: i.keys})
	}))
	t.Cleanup(server.Close)
	i.url = server.URL + "/issuer"
	return i, New(Options{Issuer: i.url, Audience: "https://changewarden.example", Now: func() time.Time { return i.at }, Client: server.Client()})
}

func public(id string, key int) jose.JSONWebKey {
	return jose.JSONWebKey{Key: twoKeys()[key].Public(), KeyID: id, Algorithm: "RS256", Use: "sig"}
}

// claims are GitHub's.
func (i *issuer) claims() map[string]any {
	return map[string]any{
		"iss": i.url, "aud": "https://changewarden.example", "sub": "repo:octo-org/app:environment:production", "jti": "7d1f0000",
		"iat": noon.Unix(), "nbf": noon.Add(-10 * time.Minute).Unix(), "exp": noon.Add(5 * time.Minute).Unix(),
		"repository": "octo-org/app", "repository_id": "812345678", "run_id": "151234567", "run_attempt": "1",
		"event_name": "push", "environment": "production", "sha": "b0b5fd4c6ef8a8a1b4bbdd2db2d7f3f1f9ab4d8c",
	}
}

func sign(t testing.TB, claims any, id string, key int) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: twoKeys()[key], KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestVerify68 says which tokens are taken, and why others are not.
func TestVerify68(t *testing.T) {
	without := func(name string) func(map[string]any) { return func(c map[string]any) { delete(c, name) } }
	with := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) { c[name] = value }
	}
	for _, tt := range []struct {
		name   string
		change func(map[string]any)
		want   string // why it is refused; empty: it is taken
	}{
		{"GitHub's own", func(map[string]any) {}, ""},
		{"an audience in a list", with("aud", []string{"https://changewarden.example"}), ""},
		{"for two audiences", with("aud", []string{"https://changewarden.example", "sts.example"}), "for another audience"},
		{"for nobody", without("aud"), "for another audience"},
		{"another issuer's", with("iss", "https://token.actions.githubusercontent.com"), "of another issuer"},
		{"an issuer that only begins alike", func(c map[string]any) { c["iss"] = c["iss"].(string) + "/octo-org" }, "of another issuer"},
		{"without an id", without("jti"), "without id, expiry or time of issue"},
		{"without an end", without("exp"), "without id, expiry or time of issue"},
		{"without a beginning", without("iat"), "without id, expiry or time of issue"},
		{"expired a moment ago, by our clock", with("exp", noon.Add(-29*time.Second).Unix()), ""},
		{"expired", with("exp", noon.Add(-30*time.Second).Unix()), "expired"},
		{"from the future", with("iat", noon.Add(31*time.Second).Unix()), "from the future"},
		{"not yet", with("nbf", noon.Add(31*time.Second).Unix()), "from the future"},
		{"good for a day", with("exp", noon.Add(24*time.Hour).Unix()), "good for too long"},
		{"of a repository that is a number no more", with("repository_id", "octo-org"), "names no repository"},
		{"of no repository", without("repository_id"), "names no repository"},
		{"of repository 0", with("repository_id", "0"), "names no repository"},
		{"of no run", without("run_id"), "names no run"},
		{"in no environment", without("environment"), "of a job that is in no environment"},
		{"on no commit", without("sha"), "of a job that is in no environment"},
		{"of a pull request", with("event_name", "pull_request"), "of a pull request's run"},
		{"of a pull request's target", with("event_name", "pull_request_target"), "of a pull request's run"},
		{"of a review", with("event_name", "pull_request_review_comment"), "of a pull request's run"},
		{"of no event", without("event_name"), "of a pull request's run"},
		{"a number for a name", with("environment", 7), "not signed by the issuer, or no claims of its"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i, v := newIssuer(t)
			claims := i.claims()
			tt.change(claims)
			job, err := v.Verify(t.Context(), sign(t, claims, "one", 0))
			got := ""
			if e, ok := errors.AsType[*RefusedError](err); ok {
				got = e.Why
			} else if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Fatalf("refused %q, want %q", got, tt.want)
			}
			if got != "" {
				return
			}
			job.Until = time.Time{}
			want := Job{
				Token: job.Token, Repo: 812345678, Run: 151234567, Event: "push", Environment: "production", SHA: "b0b5fd4c6ef8a8a1b4bbdd2db2d7f3f1f9ab4d8c",
			}
			if diff := cmp.Diff(want, job); diff != "" || len(job.Token) != 64 {
				t.Errorf("job (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTokensOfTheirOwn68: two tokens are two, one is one, and it is remembered for as long as it is
// taken.
func TestTokensOfTheirOwn68(t *testing.T) {
	i, v := newIssuer(t)
	verify := func(id string) Job {
		t.Helper()
		claims := i.claims()
		claims["jti"] = id
		job, err := v.Verify(t.Context(), sign(t, claims, "one", 0))
		if err != nil {
			t.Fatal(err)
		}
		return job
	}
	a, b := verify("a"), verify("b")
	if a.Token == b.Token || a.Token != verify("a").Token {
		t.Errorf("tokens %s and %s", a.Token, b.Token)
	}
	i.at = a.Until
	claims := i.claims()
	if _, err := v.Verify(t.Context(), sign(t, claims, "one", 0)); err == nil {
		t.Errorf("it is taken at %s, until when it is remembered", a.Until)
	}
}

// TestKeys68: the issuer's keys are read when they are needed, and not for whoever names any; what
// the issuer took away is not taken for longer than an hour.
func TestKeys68(t *testing.T) {
	i, v := newIssuer(t)
	n := 0
	verify := func(id string, key int, want string) {
		t.Helper()
		n++
		claims := i.claims()
		claims["iat"], claims["nbf"], claims["exp"] = i.at.Unix(), i.at.Unix(), i.at.Add(5*time.Minute).Unix()
		_, err := v.Verify(t.Context(), sign(t, claims, id, key))
		got := "taken"
		if e, ok := errors.AsType[*RefusedError](err); ok {
			got = e.Why
		} else if err != nil {
			got = "unread"
		}
		if got != want {
			t.Errorf("token %d: %s (%v), want %s", n, got, err, want)
		}
	}
	reads := func(want int) {
		t.Helper()
		if i.reads != want {
			t.Errorf("the keys were read %d times after token %d, want %d", i.reads, n, want)
		}
	}
	const foreign = "signed with a key that the issuer does not have"
	i.down = true
	verify("one", 0, "unread")
	verify("one", 0, "unread")
	reads(1)
	i.down, i.at = false, i.at.Add(keysEach)
	verify("one", 0, "taken")
	verify("one", 0, "taken")
	reads(2)
	verify("one", 1, "not signed by the issuer, or no claims of its")
	verify("two", 1, foreign)
	verify("three", 1, foreign)
	reads(2) // too soon
	i.keys = append(i.keys, public("two", 1))
	i.at = i.at.Add(keysEach)
	verify("two", 1, "taken")
	verify("three", 1, foreign)
	reads(3)
	i.keys = i.keys[1:]
	i.at = i.at.Add(keysLife - time.Second)
	verify("one", 0, "taken")
	i.at = i.at.Add(time.Second)
	verify("one", 0, foreign)
	reads(4)
	i.down, i.at = true, i.at.Add(keysLife)
	verify("two", 1, "unread")
	reads(5)
}

// TestOtherKeys68: of the keys of an issuer only those count that RS256 is verified with.
func TestOtherKeys68(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // it has to be refused
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]jose.JSONWebKey{
		"for encryption":       {Key: twoKeys()[0].Public(), KeyID: "one", Use: "enc"},
		"of another algorithm": {Key: twoKeys()[0].Public(), KeyID: "one", Algorithm: "PS256"},
		"symmetric":            {Key: []byte("0123456789abcdef0123456789abcdef"), KeyID: "one"},
		"weak":                 {Key: weak.Public(), KeyID: "one"},
	} {
		i, v := newIssuer(t)
		i.keys = []jose.JSONWebKey{key}
		if _, err := v.Verify(t.Context(), sign(t, i.claims(), "one", 0)); err == nil {
			t.Errorf("a key %s was taken", name)
		}
	}
}

// FuzzVerify: no text but the issuer's own is taken, and none breaks anything.
func FuzzVerify(f *testing.F) {
	i, v := newIssuer(f)
	good := sign(f, i.claims(), "one", 0)
	f.Add(good)
	f.Add("")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add(good[:len(good)-2])
	f.Add(strings.Replace(good, ".", "..", 1))
	f.Fuzz(func(t *testing.T, text string) {
		job, err := v.Verify(context.Background(), text)
		if text == good && err != nil || err == nil && job.Repo != 812345678 {
			t.Fatalf("Verify(%q) = %+v, %v", text, job, err)
		}
	})
}
