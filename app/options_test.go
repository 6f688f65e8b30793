package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/changewarden/changewarden/app"
)

func TestAPIURL(t *testing.T) {
	tests := []struct{ name, github, api, want string }{
		{"github.com", "https://github.com", "", "https://api.github.com/"},
		{"github.com, written otherwise", "https://GitHub.com/", "", "https://api.GitHub.com/"},
		{"data residency", "https://octo.ghe.com", "", "https://api.octo.ghe.com/"},
		{"a server", "https://ghe.octo-org.example", "", "https://ghe.octo-org.example/api/v3/"},
		{"a server with a port", "https://ghe.octo-org.example:8443/", "", "https://ghe.octo-org.example:8443/api/v3/"},
		{"one that only ends alike", "https://notgithub.com", "", "https://notgithub.com/api/v3/"},
		{"set", "https://github.com", "http://127.0.0.1:9000/api/v3", "http://127.0.0.1:9000/api/v3/"},
		{"set, with its slash", "https://github.com", "https://api.github.com/", "https://api.github.com/"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := app.Options{GitHubURL: tt.github, GitHubAPIURL: tt.api}.APIURL()
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != tt.want {
				t.Errorf("APIURL = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestLedgerKeyPath(t *testing.T) {
	tests := []struct{ database, file, want string }{
		{"sqlite://data/changewarden.db", "", "data/changewarden.ledger.key"},
		{"sqlite:///data/changewarden.db", "", "/data/changewarden.ledger.key"},
		{"sqlite:///data.d/plain", "", "/data.d/plain.ledger.key"},
		{"sqlite:///data/changewarden.db", "/run/secrets/ledger", "/run/secrets/ledger"},
		{"postgres://db/changewarden", "", ""},
	}
	for _, tt := range tests {
		got := app.Options{DatabaseURL: tt.database, LedgerKeyFile: tt.file}.LedgerKeyPath()
		if got != tt.want {
			t.Errorf("LedgerKeyPath of %s and %q = %q, want %q", tt.database, tt.file, got, tt.want)
		}
	}
}

// TestIssuer68: who makes a job's tokens goes by where the app is.
func TestIssuer68(t *testing.T) {
	tests := []struct{ github, set, want string }{
		{"https://github.com", "", "https://token.actions.githubusercontent.com"},
		{"https://GitHub.com/", "", "https://token.actions.githubusercontent.com"},
		{"https://octo.ghe.com", "", "https://token.actions.octo.ghe.com"},
		{"https://ghe.octo-org.example", "", "https://ghe.octo-org.example/_services/token"},
		{"https://ghe.octo-org.example/", "", "https://ghe.octo-org.example/_services/token"},
		{"https://notgithub.com", "", "https://notgithub.com/_services/token"},
		{"https://github.com", "https://issuer.example", "https://issuer.example"},
	}
	for _, tt := range tests {
		got, err := app.Options{GitHubURL: tt.github, TokenIssuer: tt.set}.Issuer()
		if got != tt.want || err != nil {
			t.Errorf("Issuer of %s and %q = %q, %v, want %q", tt.github, tt.set, got, err, tt.want)
		}
	}
}

func TestAudience(t *testing.T) {
	tests := []struct{ public, set, want string }{
		{"https://warden.octo-org.example/", "", "https://warden.octo-org.example"},
		{"https://warden.octo-org.example", "warden", "warden"},
		{"", "", ""},
	}
	for _, tt := range tests {
		if got := (app.Options{PublicURL: tt.public, TokenAudience: tt.set}).Audience(); got != tt.want {
			t.Errorf("Audience of %q and %q = %q, want %q", tt.public, tt.set, got, tt.want)
		}
	}
}

func TestPermitKeyPath(t *testing.T) {
	tests := []struct{ database, file, want string }{
		{"sqlite://data/changewarden.db", "", "data/changewarden.permit.key"},
		{"sqlite:///data/changewarden.db", "/run/secrets/permit", "/run/secrets/permit"},
		{"postgres://db/changewarden", "", ""},
	}
	for _, tt := range tests {
		got := app.Options{DatabaseURL: tt.database, PermitKeyFile: tt.file}.PermitKeyPath()
		if got != tt.want {
			t.Errorf("PermitKeyPath of %s and %q = %q, want %q", tt.database, tt.file, got, tt.want)
		}
	}
}

func TestValidate(t *testing.T) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	good := app.Options{
		Listen: "127.0.0.1:8080", PublicURL: "https://warden.octo-org.example", DatabaseURL: "sqlite:///data/changewarden.db",
		GitHubURL: "https://github.com", AppID: 7, PrivateKey: text("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k)),
		WebhookSecrets: [][]byte{[]byte("a secret of this test")},
	}

	tests := []struct {
		name string
		edit func(*app.Options)
		want []string // settings with a problem
	}{
		{"good", func(*app.Options) {}, nil},
		{"any address", func(o *app.Options) { o.Listen = ":8080" }, nil},
		{"IPv6", func(o *app.Options) { o.Listen = "[::1]:8080" }, nil},
		{"no port", func(o *app.Options) { o.Listen = "127.0.0.1" }, []string{"LISTEN"}},
		{"a port too high", func(o *app.Options) { o.Listen = ":65536" }, []string{"LISTEN"}},
		{"no public URL", func(o *app.Options) { o.PublicURL = "" }, nil},
		{"plain http on loopback", func(o *app.Options) { o.PublicURL, o.GitHubURL = "http://localhost:8080", "http://[::1]:9000" }, nil},
		{"plain http elsewhere", func(o *app.Options) { o.GitHubURL = "http://ghe.octo-org.example" }, []string{"GITHUB_URL"}},
		{"plain http that looks like loopback", func(o *app.Options) { o.GitHubURL = "http://127.0.0.1.example" }, []string{"GITHUB_URL"}},
		{"no host", func(o *app.Options) { o.PublicURL = "https://" }, []string{"PUBLIC_URL"}},
		{"a script", func(o *app.Options) { o.PublicURL = "javascript:alert(1)" }, []string{"PUBLIC_URL"}},
		{"a query", func(o *app.Options) { o.GitHubAPIURL = "https://api.github.com/?a=b" }, []string{"GITHUB_API_URL"}},
		{"no file", func(o *app.Options) { o.DatabaseURL = "sqlite://" }, []string{"DATABASE_URL"}},
		{"a directory", func(o *app.Options) { o.DatabaseURL = "sqlite:///data/" }, []string{"DATABASE_URL"}},
		{"no scheme", func(o *app.Options) { o.DatabaseURL = "data.db" }, []string{"DATABASE_URL"}},
		{"PostgreSQL", func(o *app.Options) {
			o.DatabaseURL, o.LedgerKeyFile = "postgres://warden@db/warden?sslmode=verify-full", "ledger.key"
		}, nil},
		{"PostgreSQL without a key", func(o *app.Options) { o.DatabaseURL = "postgres:///warden?host=/run/postgresql" }, []string{"LEDGER_KEY_FILE"}},
		{"PostgreSQL in the clear", func(o *app.Options) {
			o.DatabaseURL, o.LedgerKeyFile = "postgres://warden:planted@db/warden", "ledger.key"
		}, []string{"DATABASE_URL"}},
		{"another engine", func(o *app.Options) { o.DatabaseURL = "mysql://db/warden" }, []string{"DATABASE_URL"}},
		{"a negative app", func(o *app.Options) { o.AppID = -7 }, []string{"APP_ID"}},
		{"a key of the other form", func(o *app.Options) { o.PrivateKey = text("PRIVATE KEY", pkcs8) }, nil},
		{"a key of another kind", func(o *app.Options) { o.PrivateKey = text("PRIVATE KEY", other) }, []string{"PRIVATE_KEY_FILE"}},
		{"the public key", func(o *app.Options) { o.PrivateKey = text("PUBLIC KEY", pkcs8[:20]) }, []string{"PRIVATE_KEY_FILE"}},
		{"a path for a key", func(o *app.Options) { o.PrivateKey = []byte("/etc/app.pem") }, []string{"PRIVATE_KEY_FILE"}},
		{"an empty secret", func(o *app.Options) { o.WebhookSecrets = append(o.WebhookSecrets, nil) }, []string{"WEBHOOK_SECRET"}},
		{"an issuer in the clear", func(o *app.Options) { o.TokenIssuer = "http://issuer.example" }, []string{"TOKEN_ISSUER"}},
		{"a key of permits that is not there", func(o *app.Options) { o.PermitKeyFile = "nowhere.key" }, []string{"PERMIT_KEY_FILE"}},
		{"an empty policy", func(o *app.Options) { o.PolicyFile = "policy.yml" }, []string{"POLICY_FILE"}},
		{"nothing", func(o *app.Options) { *o = app.Options{} }, []string{
			"LISTEN", "DATABASE_URL", "GITHUB_URL", "APP_ID", "PRIVATE_KEY_FILE", "WEBHOOK_SECRET",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := good
			tt.edit(&o)
			var got []string
			for _, p := range o.Problems() {
				got = append(got, strings.TrimPrefix(p.Setting, "CHANGEWARDEN_"))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if err := o.Validate(); (err == nil) != (tt.want == nil) {
				t.Errorf("Validate = %v", err)
			}
		})
	}
}
