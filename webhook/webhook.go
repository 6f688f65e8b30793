// Package webhook takes deliveries from GitHub: it proves that a POST was signed with a
// secret of ours, bounds what it reads, and hands the raw delivery to a Store before it
// answers. It does not know what a payload means: unknown events are stored like any
// other, so that nothing GitHub said is lost because this version could not read it. It
// imports nothing of ours; the server implements Store.
package webhook

import (
	"bytes"
	"context"
	"errors"
	"time"
)

// MaxBody is GitHub's cap on a payload, and the default limit of a Receiver: a larger event
// is not delivered at all.
// https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
const MaxBody = 25 << 20

// Delivery is one POST of GitHub's whose signature was right.
type Delivery struct {
	GUID  string    // X-GitHub-Delivery: 1 to 64 letters, digits, '-', '_' or '.'; a redelivery carries the same
	Event string    // X-GitHub-Event: shaped like GUID; the signature does not cover it
	App   int64     // X-GitHub-Hook-Installation-Target-ID: the app's id; 0 if GitHub did not say
	Body  []byte    // the payload as it was signed: JSON, not decoded
	At    time.Time // when it had arrived, UTC
}

// ErrIgnored is the error of a Store for a delivery that is nothing to it. It is answered as
// one that was taken, because GitHub would else count it as failed; the log line says why.
var ErrIgnored = errors.New("ignored")

// Store keeps deliveries.
type Store interface {
	// Accept stores d so that it survives a power cut, and only then returns. Fresh is
	// false, and nothing has changed, if a delivery of the same App and GUID is stored
	// already. After an error the delivery counts as never received;
	// ErrIgnored says that it never will.
	Accept(ctx context.Context, d Delivery) (fresh bool, err error)
}

// Options configures a Receiver.
type Options struct {
	Secrets [][]byte         // any one of them may have signed, so that a secret can be rotated; none may be empty
	Store   Store            // required
	Now     func() time.Time // required
	MaxBody int64            // bytes; 0: MaxBody
	Large   int              // bodies over 1 MiB that may be in memory at once; 0: 8
}

// New returns a Receiver, or an error that names everything that is wrong with o.
func New(o Options) (*Receiver, error) {
	var problems []error
	if len(o.Secrets) == 0 {
		problems = append(problems, errors.New("no webhook secret: without one anybody could post deliveries"))
	}
	r := &Receiver{store: o.Store, now: o.Now, maxBody: o.MaxBody}
	for _, s := range o.Secrets {
		if len(s) == 0 {
			problems = append(problems, errors.New("empty webhook secret: anybody can sign with it"))
		}
		r.secrets = append(r.secrets, bytes.Clone(s))
	}
	if o.Store == nil {
		problems = append(problems, errors.New("no store"))
	}
	if o.Now == nil {
		problems = append(problems, errors.New("no clock"))
	}
	if o.MaxBody < 0 || o.Large < 0 {
		problems = append(problems, errors.New("negative limit"))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	if r.maxBody == 0 {
		r.maxBody = MaxBody
	}
	if o.Large == 0 {
		o.Large = 8
	}
	r.large = make(chan struct{}, o.Large)
	return r, nil
}
