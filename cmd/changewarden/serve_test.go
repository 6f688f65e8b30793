package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/changewarden/changewarden/app"
)

func TestServeOptions(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, mode os.FileMode, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	long, other := strings.Repeat("a", 32), strings.Repeat("b", 32)
	pem := file("app.pem", 0o600, string(key()))
	const rule = "version: 1\nrules: [{name: peer review, require: {approvals: 1}}]\n"
	policy := file("policy.yml", 0o644, rule)
	base := app.Options{
		Listen: "127.0.0.1:0", DatabaseURL: "sqlite://data/changewarden.db", GitHubURL: "https://github.com",
		AppID: 7, PrivateKey: key(), WebhookSecrets: [][]byte{[]byte(long)},
	}
	given := serveCmd{
		Listen: "127.0.0.1:0", DatabaseURL: "sqlite://data/changewarden.db", GitHubURL: "https://github.com",
		AppID: "7", PrivateKeyFile: pem, WebhookSecret: long,
	}

	tests := []struct {
		name     string
		edit     func(*serveCmd)
		want     func(*app.Options)
		problems []string
		warnings []string // settings
	}{
		{"as given", func(*serveCmd) {}, func(*app.Options) {}, nil, nil},
		{
			"the key in the environment",
			func(c *serveCmd) { c.PrivateKeyFile, c.PrivateKey = "", string(key()) },
			func(*app.Options) {}, nil, nil,
		},
		{
			"the key on one line",
			func(c *serveCmd) {
				c.PrivateKeyFile, c.PrivateKey = "", strings.ReplaceAll(string(key()), "\n", `\n`)
			},
			func(*app.Options) {}, nil, nil,
		},
		{
			"a key that others can read works, with a warning",
			func(c *serveCmd) { c.PrivateKeyFile = file("open.pem", 0o644, string(key())) },
			func(*app.Options) {}, nil,
			[]string{"CHANGEWARDEN_PRIVATE_KEY_FILE"},
		},
		{
			"a key that its group can read, as orchestrators mount it",
			func(c *serveCmd) { c.PrivateKeyFile = file("group.pem", 0o440, string(key())) },
			func(*app.Options) {}, nil, nil,
		},
		{
			"two secrets, for rotation",
			func(c *serveCmd) { c.WebhookSecret = long + ", " + other },
			func(o *app.Options) { o.WebhookSecrets = [][]byte{[]byte(long), []byte(other)} }, nil, nil,
		},
		{
			"two secrets in a file of another system's lines",
			func(c *serveCmd) {
				c.WebhookSecret, c.WebhookSecretFile = "", file("secrets", 0o600, long+"\r\n\r\n"+other+",\n")
			},
			func(o *app.Options) { o.WebhookSecrets = [][]byte{[]byte(long), []byte(other + ",")} }, nil, nil,
		},
		{
			"a short secret works, with a warning",
			func(c *serveCmd) { c.WebhookSecret = "short" },
			func(o *app.Options) { o.WebhookSecrets = [][]byte{[]byte("short")} },
			nil,
			[]string{"CHANGEWARDEN_WEBHOOK_SECRET"},
		},
		{
			"a policy",
			func(c *serveCmd) { c.PolicyFile = policy },
			func(o *app.Options) { o.PolicyFile, o.PolicyText = policy, []byte(rule) }, nil, nil,
		},
		{
			"a policy of which two lines are wrong is two problems",
			func(c *serveCmd) { c.PolicyFile = file("broken.yml", 0o644, "version: 2\nrulez: []\n") },
			func(*app.Options) {},
			[]string{
				"CHANGEWARDEN_POLICY_FILE cannot be used: " + filepath.Join(dir, "broken.yml") + ":1:10: version has to be 1",
				"CHANGEWARDEN_POLICY_FILE cannot be used: " + filepath.Join(dir, "broken.yml") + `:2:1: the policy has no key "rulez": write "rules"`,
			},
			nil,
		},
		{
			"a policy without a rule is no floor",
			func(c *serveCmd) { c.PolicyFile = file("no-rule.yml", 0o644, "version: 1\n") },
			func(*app.Options) {},
			[]string{"CHANGEWARDEN_POLICY_FILE cannot be used: compose policy: " + filepath.Join(dir, "no-rule.yml") + " has no rules: it would let everything pass"},
			nil,
		},
		{
			"a ledger key that is none",
			func(c *serveCmd) { c.LedgerKeyFile = policy },
			func(*app.Options) {},
			[]string{"CHANGEWARDEN_LEDGER_KEY_FILE names " + policy + ", which holds no signing key: give the file that the server made, as it is"},
			nil,
		},
		{
			"a blank file of secrets is one problem, not two",
			func(c *serveCmd) { c.WebhookSecret, c.WebhookSecretFile = "", file("blank", 0o600, "\n\n") },
			func(o *app.Options) { o.WebhookSecrets = nil },
			[]string{"CHANGEWARDEN_WEBHOOK_SECRET_FILE names " + filepath.Join(dir, "blank") + ", which is empty: check the path"},
			nil,
		},
		{
			"a directory for a key",
			func(c *serveCmd) { c.PrivateKeyFile = dir },
			func(o *app.Options) { o.PrivateKey = nil },
			[]string{"CHANGEWARDEN_PRIVATE_KEY_FILE cannot be used: read " + dir + ": is a directory"},
			nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, want := given, base
			tt.edit(&c)
			tt.want(&want)
			got, s := c.options()
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(app.Options{})); diff != "" && tt.problems == nil {
				t.Errorf("options (-want +got):\n%s", diff)
			}
			var problems, warnings []string
			for _, p := range s.problems {
				problems = append(problems, p.Error())
			}
			for _, w := range s.warnings {
				warnings = append(warnings, w.Setting)
			}
			if diff := cmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.warnings, warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewLogger(t *testing.T) {
	tests := []struct{ level, format, want string }{
		{"info", "json", `{"level":"warn","time":"Z","message":"tea"}` + "\n"},
		{"error", "json", ""},
		{"debug", "console", "Z WRN tea\n"},
	}
	for _, tt := range tests {
		var out bytes.Buffer
		log, problems := newLogger(&out, tt.level, tt.format)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		log.Warn().Msg("tea")
		got := out.String()
		if i := strings.Index(got, "20"); i >= 0 { // the time: all but its zone
			got = got[:i] + got[i+strings.Index(got[i:], "Z"):]
		}
		if got != tt.want {
			t.Errorf("%s, %s: got %q, want %q", tt.level, tt.format, got, tt.want)
		}
	}
}
