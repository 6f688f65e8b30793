package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/changewarden/changewarden/app/permit"
)

// permitCmd is "changewarden permit".
type permitCmd struct {
	Verify permitVerifyCmd `cmd:"" help:"Say whether a permit is good, for what it is about to be used for."`
}

// permitVerifyCmd is "changewarden permit verify".
type permitVerifyCmd struct {
	File        string `arg:"" help:"The permit; - reads standard input."`
	Keys        string `placeholder:"FILE|URL" required:"" help:"The server's keys: a copy of its /.well-known/jwks.json, or its address."`
	Audience    string `placeholder:"TEXT" required:"" help:"For whom it has to be: the server's public URL, unless it was made for somebody else."`
	Repository  string `placeholder:"OWNER/NAME" required:"" help:"The repository that is about to be deployed."`
	Environment string `placeholder:"NAME" required:"" help:"The environment."`
	Commit      string `placeholder:"SHA" required:"" help:"The commit."`
}

// Help is what "changewarden permit verify --help" adds to the flags.
func (permitVerifyCmd) Help() string {
	return `It looks at the key, the algorithm, the times and what the permit names. Whether the permit was spent, and whether the approval still stands, only the server knows: POST /api/v1/permit asks it and spends the permit. With a copy of the keys nothing is asked of anybody.

Exit code: 0 good, 3 not good, 1 the keys could not be read, 2 the command line or a file cannot be used.`
}

// maxPermitFile is far above the size of a permit, or of a server's keys.
const maxPermitFile = 1 << 20

// Run verifies.
func (c permitVerifyCmd) Run(ctx context.Context, k *kong.Kong) error {
	var text []byte
	var err error
	if c.File == "-" {
		text, err = io.ReadAll(io.LimitReader(os.Stdin, maxPermitFile))
	} else {
		text, err = os.ReadFile(c.File)
	}
	if err != nil {
		return usageError{fmt.Errorf("read the permit: %w", err)}
	}
	keys, err := c.keys(ctx)
	if err != nil {
		return err
	}
	p, err := permit.Verify(strings.TrimSpace(string(text)), keys, time.Now())
	if err == nil {
		err = p.For(permit.Use{Audience: c.Audience, Repository: c.Repository, Environment: c.Environment, Commit: c.Commit})
	}
	if err != nil {
		fmt.Fprintf(k.Stdout, "The permit is not good: %v.\n", err)
		return errBlocked
	}
	fmt.Fprintf(k.Stdout, "Good until %s: %s of %s at %s, by decision %s.\n", p.Expires.Format(time.RFC3339), p.Environment, p.Repository, p.Commit, p.Decision)
	return nil
}

func (c permitVerifyCmd) keys(ctx context.Context) (permit.Keys, error) {
	if !strings.Contains(c.Keys, "://") {
		text, err := os.ReadFile(c.Keys)
		if err != nil {
			return nil, usageError{fmt.Errorf("read keys: %w", err)}
		}
		keys, err := permit.ParseKeys(text)
		if err != nil {
			return nil, usageError{err}
		}
		return keys, nil
	}
	if err := confidential(c.Keys); err != nil { // whoever changes the keys on their way makes permits
		return nil, usageError{fmt.Errorf("--keys %w", err)}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Keys, nil)
	if err != nil {
		return nil, usageError{fmt.Errorf("read keys: %w", err)}
	}
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxPermitFile))
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read keys: %s answered %s", c.Keys, resp.Status)
	}
	return permit.ParseKeys(text)
}
