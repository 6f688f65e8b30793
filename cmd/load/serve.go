package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/rs/zerolog"

	"github.com/changewarden/changewarden/app"
)

// settings is what the server's process is told on its standard input.
type settings struct {
	Database string
	API      string
	AppID    int64
	Key      []byte
	Secret   []byte
	Policy   []byte // empty: the built-in one
	Limited  bool   // with the limits on what is asked of GitHub that a server usually has
	Log      string // file
	Ledger   string // file of the ledger's key; empty: beside the SQLite file
}

// addresses is what it answers on its standard output: where it takes deliveries, and where it
// says that it has come to rest.
type addresses struct {
	Server, Control string
}

// serve is the server's process: the whole server, as changewarden serve runs it, and beside
// it a second address at which the generator can wait until nothing is left to do.
func serve(ctx context.Context, in io.Reader, out io.Writer) error {
	var s settings
	if err := json.NewDecoder(in).Decode(&s); err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	file, err := os.OpenFile(s.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	defer func() { _ = file.Close() }()
	zerolog.TimeFieldFormat = "15:04:05.000"
	ctx = zerolog.New(file).With().Timestamp().Logger().WithContext(ctx)
	a, err := app.New(ctx, s.options())
	if err != nil {
		return err
	}
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, a.Close())
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, server.Close(), a.Close())
	}
	go func() { _ = http.Serve(control, rest(a)) }() //nolint:gosec // it ends with the process
	if err := json.NewEncoder(out).Encode(addresses{"http://" + server.Addr().String(), "http://" + control.Addr().String()}); err != nil {
		return errors.Join(err, a.Close())
	}
	return errors.Join(a.Serve(ctx, server), a.Close())
}

func (s settings) options() app.Options {
	o := app.Options{
		Listen: "127.0.0.1:0", DatabaseURL: s.Database, GitHubURL: "http://127.0.0.1", GitHubAPIURL: s.API,
		LedgerKeyFile: s.Ledger,
		AppID:         s.AppID, PrivateKey: s.Key, WebhookSecrets: [][]byte{s.Secret},
	}
	if !s.Limited {
		o.Limits = &app.Limits{}
	}
	if len(s.Policy) > 0 {
		o.PolicyFile, o.PolicyText = "load.yml", s.Policy
	}
	return o
}

// rest answers once nothing is due any more, or under way; 200 if that was so at once.
func rest(a *app.App) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.Metrics())
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		switch atOnce, err := a.Settled(r.Context()); {
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		case !atOnce:
			w.WriteHeader(http.StatusAccepted)
		}
	})
	return mux
}
