package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/changewarden/changewarden/app"
	"github.com/changewarden/changewarden/app/edge"
)

// serveCmd is "changewarden serve". Everything is text here: what does not parse is one
// problem among the others, so that all of them can be told at once.
type serveCmd struct {
	Listen        string `group:"Server" env:"CHANGEWARDEN_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on. Default: ${default}."`
	MetricsListen string `group:"Server" env:"CHANGEWARDEN_METRICS_LISTEN" default:"127.0.0.1:9464" placeholder:"HOST:PORT" help:"Address of the metrics, GET /metrics; off: nowhere. Keep it from strangers: it tells how much work there is and whose. Default: ${default}."`
	PublicURL     string `group:"Server" env:"CHANGEWARDEN_PUBLIC_URL" name:"public-url" placeholder:"URL" help:"Where people and GitHub reach this server; used in links."`
	DatabaseURL   string `group:"Server" env:"CHANGEWARDEN_DATABASE_URL" name:"database-url" default:"sqlite://data/changewarden.db" placeholder:"URL" help:"Where everything is stored: sqlite:///PATH/FILE.db, whose directory is made if it is missing, or postgres://USER@HOST/DATABASE, which any number of replicas may share. Set one with a password in the environment. Default: ${default}."`
	Keep          string `group:"Server" env:"CHANGEWARDEN_KEEP_DELIVERIES" name:"keep-deliveries" default:"30" placeholder:"DAYS" help:"Days for which the bodies of GitHub's deliveries are kept. The ledger does not need them. Default: ${default}."`
	LogLevel      string `group:"Server" env:"CHANGEWARDEN_LOG_LEVEL" default:"info" placeholder:"LEVEL" help:"Least level that is logged: debug, info, warn or error. Default: ${default}."`
	LogFormat     string `group:"Server" env:"CHANGEWARDEN_LOG_FORMAT" default:"json" placeholder:"FORMAT" help:"json, a line of it for each thing that happened, or console, for people. Default: ${default}."`

	TrustedProxies string `group:"Server" env:"CHANGEWARDEN_TRUSTED_PROXIES" placeholder:"NETWORK,..." help:"Proxies before this server, as addresses or networks: who calls is read from their X-Forwarded-For, to limit each caller by itself. Default: none."`

	GitHubURL         string `group:"GitHub App" env:"CHANGEWARDEN_GITHUB_URL" name:"github-url" default:"https://github.com" placeholder:"URL" help:"GitHub, or your GitHub Enterprise Server. Default: ${default}."`
	GitHubAPIURL      string `group:"GitHub App" env:"CHANGEWARDEN_GITHUB_API_URL" name:"github-api-url" placeholder:"URL" help:"Base of its REST API. Default: https://api.github.com, and https://HOST/api/v3 of a GitHub Enterprise Server."`
	AppID             string `group:"GitHub App" env:"CHANGEWARDEN_APP_ID" name:"app-id" placeholder:"NUMBER" help:"App ID, from the app's settings page. Required."`
	PrivateKeyFile    string `group:"GitHub App" env:"CHANGEWARDEN_PRIVATE_KEY_FILE" placeholder:"PATH" help:"The app's private key, a .pem file. Required, unless the next is given."`
	PrivateKey        string `group:"GitHub App" env:"CHANGEWARDEN_PRIVATE_KEY" placeholder:"PEM" help:"Its text. Set it in the environment: others can read a command line."`
	WebhookSecretFile string `group:"GitHub App" env:"CHANGEWARDEN_WEBHOOK_SECRET_FILE" placeholder:"PATH" help:"The app's webhook secrets, one a line. Required, unless the next is given."`
	WebhookSecret     string `group:"GitHub App" env:"CHANGEWARDEN_WEBHOOK_SECRET" placeholder:"SECRET,..." help:"The webhook secret, or several with commas between, while one is rotated. Set it in the environment."`
	AllowedAccounts   string `group:"GitHub App" env:"CHANGEWARDEN_ALLOWED_ACCOUNTS" placeholder:"ACCOUNT,..." help:"Logins or numeric ids of the accounts to work for, with commas between. An installation on any other costs nothing but a log line. Default: wherever the app is installed."`

	PolicyFile    string `group:"Policy and record" env:"CHANGEWARDEN_POLICY_FILE" placeholder:"PATH" help:"Policy that holds where an organisation has none of its own. Default: the built-in control."`
	LedgerKeyFile string `group:"Policy and record" env:"CHANGEWARDEN_LEDGER_KEY_FILE" placeholder:"PATH" help:"Key that signs the ledger. Default: made at the first start, beside the SQLite file, ending in .ledger.key; required with PostgreSQL, the same for all replicas. Each start logs the verifier key that belongs to it as ledger_verifier: keep that elsewhere."`

	TokenIssuer   string `group:"Deployments elsewhere" env:"CHANGEWARDEN_TOKEN_ISSUER" placeholder:"URL" help:"Who makes the identity tokens of GitHub Actions jobs. Default: GitHub's own place for it."`
	TokenAudience string `group:"Deployments elsewhere" env:"CHANGEWARDEN_TOKEN_AUDIENCE" placeholder:"TEXT" help:"For whom these tokens have to be. Default: the public URL; without either, jobs cannot ask through the API."`
	PermitKeyFile string `group:"Deployments elsewhere" env:"CHANGEWARDEN_PERMIT_KEY_FILE" placeholder:"PATH" help:"Ed25519 key that signs permits, as openssl genpkey writes it. Default: made beside the SQLite file, ending in .permit.key; with PostgreSQL there are no permits without, and all replicas have the same."`
}

// Help is what "changewarden serve --help" adds to the flags.
func (serveCmd) Help() string {
	return `Each setting is a flag or an environment variable; the flag wins. All problems of a configuration are told at once.

The webhook of the GitHub App points at PUBLIC_URL/webhook, with content type application/json. GET /healthz answers while the process runs, and GET /readyz while deliveries can be taken. METRICS_LISTEN has numbers for Prometheus. Traces are sent over OTLP/HTTP if OTEL_EXPORTER_OTLP_ENDPOINT names a collector.

One process serves from a SQLite file. On PostgreSQL run as many as you like, with the same settings, behind one load balancer: each takes any delivery, they share the work, and what one that dies had under way is taken over by the others. What the URL leaves out is read from PostgreSQL's own environment variables, such as PGPASSFILE and PGSSLROOTCERT; a server on another machine needs its sslmode said. changewarden ledger-key makes the key that all of them sign with.`
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
	ctx = log.WithContext(ctx)
	tracer, stop, err := tracing(ctx)
	if err != nil {
		return err
	}
	defer stop()
	o.Tracer = tracer
	return app.Run(ctx, o)
}

// options reads what the settings name. The options are fit for use if there are no problems.
func (c serveCmd) options() (app.Options, *settings) {
	var s settings
	o := app.Options{
		Listen: c.Listen, PublicURL: c.PublicURL, DatabaseURL: c.DatabaseURL,
		GitHubURL: c.GitHubURL, GitHubAPIURL: c.GitHubAPIURL, AppID: s.number("APP_ID", c.AppID),
		PolicyFile: c.PolicyFile, LedgerKeyFile: c.LedgerKeyFile,
		Keep:        s.days("KEEP_DELIVERIES", c.Keep),
		TokenIssuer: c.TokenIssuer, TokenAudience: c.TokenAudience, PermitKeyFile: c.PermitKeyFile,
	}
	if c.PermitKeyFile != "" {
		s.guarded("PERMIT_KEY_FILE", c.PermitKeyFile)
	}
	if c.MetricsListen != "off" {
		o.MetricsListen = c.MetricsListen
	}
	var err error
	if o.TrustedProxies, err = edge.ParseProxies(c.TrustedProxies); err != nil {
		s.problem("TRUSTED_PROXIES", "is no list of networks: %v: write it as 10.0.0.0/8,192.0.2.7", err)
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
