package app

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/changewarden/changewarden/app/store"
)

// Problem is one thing that keeps a server from starting.
type Problem struct {
	Setting string // the environment variable, CHANGEWARDEN_…
	Text    string // what is wrong and what to do about it; never a secret
}

// Error implements error.
func (p *Problem) Error() string { return p.Setting + " " + p.Text }

// Validate returns all Problems at once, joined; nil if there are none.
func (o Options) Validate() error {
	var errs []error
	for _, p := range o.Problems() {
		errs = append(errs, p)
	}
	return errors.Join(errs...)
}

// Problems returns what is wrong, by setting, in the order of Options.
func (o Options) Problems() []*Problem {
	var found []*Problem
	problem := func(setting, format string, args ...any) {
		found = append(found, &Problem{"CHANGEWARDEN_" + setting, fmt.Sprintf(format, args...)})
	}

	if _, port, err := net.SplitHostPort(o.Listen); err != nil || !isPort(port) {
		problem("LISTEN", "is not an address: write it as HOST:PORT, such as 127.0.0.1:8080")
	}
	if o.MetricsListen != "" {
		if _, port, err := net.SplitHostPort(o.MetricsListen); err != nil || !isPort(port) {
			problem("METRICS_LISTEN", "is not an address: write it as HOST:PORT, such as 127.0.0.1:9464, or off")
		} else if o.MetricsListen == o.Listen && port != "0" {
			problem("METRICS_LISTEN", "is the address of CHANGEWARDEN_LISTEN, which strangers reach: give it one of its own, or off")
		}
	}
	if o.PublicURL != "" {
		if _, err := parseURL(o.PublicURL); err != nil {
			problem("PUBLIC_URL", "%v", err)
		}
	}
	if text := o.databaseProblem(); text != "" {
		problem("DATABASE_URL", "%s", text)
	}
	if o.Keep < 0 || o.Keep > 0 && o.Keep < 24*time.Hour {
		problem("KEEP_DELIVERIES", "is less than a day: give the number of days for which the bodies of deliveries are kept")
	}
	if o.GitHubURL == "" {
		problem("GITHUB_URL", "is not set: give https://github.com or the address of your GitHub Enterprise Server")
	} else if _, err := parseURL(o.GitHubURL); err != nil {
		problem("GITHUB_URL", "%v", err)
	}
	if o.GitHubAPIURL != "" {
		if _, err := parseURL(o.GitHubAPIURL); err != nil {
			problem("GITHUB_API_URL", "%v", err)
		}
	}
	switch {
	case o.AppID == 0:
		problem("APP_ID", "is not set: give the App ID that stands on the app's settings page on GitHub")
	case o.AppID < 0:
		problem("APP_ID", "is negative: give the App ID that stands on the app's settings page on GitHub")
	}
	switch {
	case len(o.PrivateKey) == 0:
		problem("PRIVATE_KEY_FILE", "is not set: give the path of the .pem file that the app's settings page generates, or its text in CHANGEWARDEN_PRIVATE_KEY")
	case !isPrivateKey(o.PrivateKey):
		problem("PRIVATE_KEY_FILE", "or CHANGEWARDEN_PRIVATE_KEY holds no RSA private key in PEM form: generate one on the app's settings page and give the file as it is")
	}
	for _, account := range o.AllowedAccounts {
		if !isAccount(account) {
			problem("ALLOWED_ACCOUNTS", "holds %q, which is no account: give logins or numeric ids with commas between", account)
		}
	}
	if len(o.WebhookSecrets) == 0 {
		problem("WEBHOOK_SECRET", "is not set: give the webhook secret of the app's settings page, or a file of them, one a line, in CHANGEWARDEN_WEBHOOK_SECRET_FILE")
	}
	for i, s := range o.WebhookSecrets {
		if len(s) == 0 {
			problem("WEBHOOK_SECRET", "has an empty secret in place %d of %d, with which anybody could sign: take it out", i+1, len(o.WebhookSecrets))
		}
	}
	if o.PolicyFile != "" && len(o.PolicyText) == 0 {
		problem("POLICY_FILE", "names an empty file: write a policy into it, or leave the setting out for the built-in one")
	} else if o.PolicyFile != "" {
		for _, err := range checkFloor(o.PolicyFile, o.PolicyText) {
			problem("POLICY_FILE", "cannot be used: %v", err)
		}
	}
	if o.shared() && o.LedgerKeyFile == "" {
		problem("LEDGER_KEY_FILE", "is not set: all replicas on one PostgreSQL sign the ledger with the same key. Make one with changewarden ledger-key FILE and give every replica that file")
	}
	if o.TokenIssuer != "" {
		if _, err := parseURL(o.TokenIssuer); err != nil {
			problem("TOKEN_ISSUER", "%v", err)
		}
	}
	if o.PermitKeyFile != "" {
		if _, err := permitKey(o.PermitKeyFile, false); err != nil {
			problem("PERMIT_KEY_FILE", "names %s, which cannot be used: %v. Make one with openssl genpkey -algorithm ed25519, and give every replica that file", o.PermitKeyFile, err)
		}
	}
	return found
}

// databaseProblem says what is wrong with DatabaseURL; empty: nothing.
func (o Options) databaseProblem() string {
	if err := store.CheckURL(o.DatabaseURL); err != nil {
		return err.Error()
	}
	return ""
}

func isPort(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

// isPrivateKey reports whether text begins with an RSA key in one of the two forms that
// GitHub and openssl write.
func isPrivateKey(text []byte) bool {
	block, _ := pem.Decode(text)
	if block == nil {
		return false
	}
	if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return true
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	_, ok := key.(*rsa.PrivateKey)
	return err == nil && ok
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
