package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/changewarden/changewarden/app"
)

// serveCmd is "changewarden serve". Everything is text here: what does not parse is one
// problem among the others, so that all of them can be told at once.
type serveCmd struct {
	Listen      string `group:"Server" env:"CHANGEWARDEN_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on. Default: ${default}."`
	PublicURL   string `group:"Server" env:"CHANGEWARDEN_PUBLIC_URL" name:"public-url" placeholder:"URL" help:"Where people and GitHub reach this server; used in links."`
	DatabaseURL string `group:"Server" env:"CHANGEWARDEN_DATABASE_URL" name:"database-url" default:"sqlite://data/changewarden.db" placeholder:"URL" help:"Where everything is stored; the directory is made if it is missing. Default: ${default}."`
	Keep        string `group:"Server" env:"CHANGEWARDEN_KEEP_DELIVERIES" name:"keep-deliveries" default:"30" placeholder:"DAYS" help:"Days for which the bodies of GitHub's deliveries are kept. The ledger does not need them. Default: ${default}."`
	LogLevel    string `group:"Server" env:"CHANGEWARDEN_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"Least level that is logged: debug, info, warn or error. Default: ${default}."`
	LogFormat   string `group:"Server" env:"CHANGEWARDEN_LOG_FORMAT" default:"json" placeholder:"FORMAT" help:"json, a line of it for each thing that happened, or console, for people. Default: ${default}."`

	GitHubURL         string `group:"GitHub App" env:"CHANGEWARDEN_GITHUB_URL" name:"github-url" default:"https://github.com" placeholder:"URL" help:"GitHub, or your GitHub Enterprise Server. Default: ${default}."`
	GitHubAPIURL      string `group:"GitHub App" env:"CHANGEWARDEN_GITHUB_API_URL" name:"github-api-url" placeholder:"URL" help:"Base of its REST API. Default: https://api.github.com, and https://HOST/api/v3 of a GitHub Enterprise Server."`
	AppID             string `group:"GitHub App" env:"CHANGEWARDEN_APP_ID" name:"app-id" placeholder:"NUMBER" help:"App ID, from the app's settings page. Required."`
	PrivateKeyFile    string `group:"GitHub App" env:"CHANGEWARDEN_PRIVATE_KEY_FILE" placeholder:"PATH" help:"The app's private key, a .pem file. Required, unless the next is given."`
	PrivateKey        string `group:"GitHub App" env:"CHANGEWARDEN_PRIVATE_KEY" placeholder:"PEM" help:"Its text. Set it in the environment: others can read a command line."`
	WebhookSecretFile string `group:"GitHub App" env:"CHANGEWARDEN_WEBHOOK_SECRET_FILE" placeholder:"PATH" help:"The app's webhook secrets, one a line. Required, unless the next is given."`
	WebhookSecret     string `group:"GitHub App" env:"CHANGEWARDEN_WEBHOOK_SECRET" placeholder:"SECRET,..." help:"The webhook secret, or several with commas between, while one is rotated. Set it in the environment."`
	AllowedAccounts   string `group:"GitHub App" env:"CHANGEWARDEN_ALLOWED_ACCOUNTS" placeholder:"ACCOUNT,..." help:"Logins or numeric ids of the accounts to work for, with commas between. An installation on any other costs nothing but a log line. Default: wherever the app is installed."`

	PolicyFile    string `group:"Policy and record" env:"CHANGEWARDEN_POLICY_FILE" placeholder:"PATH" help:"Policy that holds where an organisation has none of its own. Default: the built-in control."`
	LedgerKeyFile string `group:"Policy and record" env:"CHANGEWARDEN_LEDGER_KEY_FILE" placeholder:"PATH" help:"Key that signs the ledger. Default: made at the first start, beside the SQLite file, ending in .ledger.key. Each start logs the verifier key that belongs to it as ledger_verifier: keep that elsewhere."`
}

// Help is what "changewarden serve --help" adds to the flags.
func (serveCmd) Help() string {
	return `Each setting is a flag or an environment variable; the flag wins. All problems of a configuration are told at once.

The webhook of the GitHub App points at PUBLIC_URL/webhook, with content type application/json. GET /healthz answers while the process runs, GET /readyz while deliveries can be taken, GET /metrics with numbers for Prometheus.`
}

// Run serves until it is interrupted.
func (c serveCmd) Run(ctx context.Context) error {
	o, s := c.options()
	log, problems := newLogger(os.Stderr, c.LogLevel, c.LogFormat)
	if problems = append(s.problems, problems...); len(problems) > 0 {
		return configError(problems)
	}
	for _, w := range s.warnings {
		log.Warn().Str("setting", w.Setting).Str("advice", w.Text).Msg("setting is unsafe")
	}
	log.Info().Str("version", version()).Int64("app", o.AppID).Msg("starting")
	if err := app.Run(log.WithContext(ctx), o); err != nil {
		return err
	}
	return nil
}

// options reads what the settings name. The options are fit for use if there are no problems.
func (c serveCmd) options() (app.Options, *settings) {
	var s settings
	o := app.Options{
		Listen: c.Listen, PublicURL: c.PublicURL, DatabaseURL: c.DatabaseURL,
		GitHubURL: c.GitHubURL, GitHubAPIURL: c.GitHubAPIURL, AppID: s.number("APP_ID", c.AppID),
		PolicyFile: c.PolicyFile, LedgerKeyFile: c.LedgerKeyFile,
		Keep: s.days("KEEP_DELIVERIES", c.Keep),
	}
	o.PrivateKey = []byte(s.secret("PRIVATE_KEY", c.PrivateKey, c.PrivateKeyFile))
	if !strings.Contains(string(o.PrivateKey), "\n") {
		// Many places for environment variables hold one line alone.
		o.PrivateKey = []byte(strings.ReplaceAll(string(o.PrivateKey), `\n`, "\n"))
	}
	for one := range strings.FieldsFuncSeq(c.AllowedAccounts, func(r rune) bool { return r == ',' || r == ' ' }) {
		o.AllowedAccounts = append(o.AllowedAccounts, one)
	}
	secrets := s.secret("WEBHOOK_SECRET", c.WebhookSecret, c.WebhookSecretFile)
	if c.WebhookSecretFile != "" {
		o.WebhookSecrets = lines(secrets)
	} else if secrets != "" {
		for one := range strings.SplitSeq(secrets, ",") {
			o.WebhookSecrets = append(o.WebhookSecrets, []byte(strings.TrimSpace(one)))
		}
	}
	for _, one := range o.WebhookSecrets {
		if n := len(one); n > 0 && n < 16 {
			s.warn("WEBHOOK_SECRET", "holds a secret shorter than 16 characters, which can be guessed: make a random one, such as with openssl rand -hex 32")
		}
	}
	if c.PolicyFile != "" {
		o.PolicyText = s.read("POLICY_FILE", c.PolicyFile)
	}
	if c.LedgerKeyFile != "" {
		s.ledgerKey(c.LedgerKeyFile)
	}
	s.judge(o)
	return o, &s
}

// lines returns the lines of text that are not blank, without the space around them.
func lines(text string) [][]byte {
	var out [][]byte
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, []byte(line))
		}
	}
	return out
}

// configError tells all problems, one a line.
func configError(problems []*app.Problem) error {
	errs := []error{fmt.Errorf("settings to mend before the server can start: %d", len(problems))}
	for _, p := range problems {
		errs = append(errs, fmt.Errorf("  %w", p))
	}
	return usageError{errors.Join(errs...)}
}
