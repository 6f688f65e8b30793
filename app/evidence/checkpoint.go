package evidence

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Head is how far a log goes and what it says up to there.
type Head struct {
	Log  int64
	Size int64     // number of records
	Root tlog.Hash // of the tree over them; base64 in text
}

// originPrefix begins each checkpoint, so that our key's signature under anything else is
// never taken for one.
const originPrefix = "changewarden/"

// Origin is the first line of a log's checkpoints: changewarden/<host>/<account id>. host
// tells installations of the product apart; it may not be empty nor hold white space.
func Origin(host string, log int64) string {
	return originPrefix + host + "/" + strconv.FormatInt(log, 10)
}

// logOf returns the account id that an origin ends in.
func logOf(origin string) (int64, error) {
	i := strings.LastIndexByte(origin, '/')
	log, err := strconv.ParseInt(origin[i+1:], 10, 64)
	if err != nil || !strings.HasPrefix(origin, originPrefix) || i <= len(originPrefix) ||
		strings.ContainsAny(origin, " \t\r\n") || strconv.FormatInt(log, 10) != origin[i+1:] {
		return 0, fmt.Errorf("origin %q: want changewarden/<host>/<account id>", origin)
	}
	return log, nil
}

// Sign returns h as a checkpoint: a signed note of three lines, the origin, the size and
// the root.
func Sign(h Head, origin string, s note.Signer) ([]byte, error) {
	if log, err := logOf(origin); err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	} else if log != h.Log {
		return nil, fmt.Errorf("sign checkpoint: origin %q is not of log %d", origin, h.Log)
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", origin, h.Size, h.Root)
	signed, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return signed, nil
}

// Open checks the signature of a checkpoint and returns what it says.
func Open(checkpoint []byte, v note.Verifiers) (h Head, origin string, err error) {
	n, err := note.Open(checkpoint, v)
	if _, ok := errors.AsType[*note.UnverifiedNoteError](err); ok {
		return Head{}, "", errors.New("open checkpoint: it is not signed by this key")
	}
	if err != nil {
		return Head{}, "", fmt.Errorf("open checkpoint: %w", err)
	}
	for _, sig := range n.Sigs {
		// note reads base64 leniently: bytes could change and the signature still hold.
		if raw, err := base64.StdEncoding.DecodeString(sig.Base64); err != nil || base64.StdEncoding.EncodeToString(raw) != sig.Base64 {
			return Head{}, "", errors.New("open checkpoint: signature is not canonical base64")
		}
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return Head{}, "", errors.New("open checkpoint: want three lines")
	}
	h.Log, err = logOf(lines[0])
	if err != nil {
		return Head{}, "", fmt.Errorf("open checkpoint: %w", err)
	}
	h.Size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || h.Size < 0 || strconv.FormatInt(h.Size, 10) != lines[1] {
		return Head{}, "", fmt.Errorf("open checkpoint: size %q", lines[1])
	}
	h.Root, err = tlog.ParseHash(lines[2])
	if err != nil || h.Root.String() != lines[2] {
		return Head{}, "", fmt.Errorf("open checkpoint: root %q", lines[2])
	}
	return h, lines[0], nil
}

// GenerateKey makes a key for a ledger: signer is the secret half, in the form that
// note.NewSigner reads, verifier the public one, which note.NewVerifier reads.
func GenerateKey(name string) (signer, verifier string, err error) {
	signer, verifier, err = note.GenerateKey(rand.Reader, name)
	if err != nil {
		return "", "", fmt.Errorf("generate ledger key: %w", err)
	}
	if _, err := note.NewVerifier(verifier); err != nil {
		return "", "", fmt.Errorf("generate ledger key: name %q: want one without spaces and plus signs", name)
	}
	return signer, verifier, nil
}
