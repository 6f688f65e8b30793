package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// parseSignature returns the 32 bytes of an X-Hub-Signature-256 header, "sha256=" and 64
// hex digits.
func parseSignature(header string) ([]byte, bool) {
	digits, ok := strings.CutPrefix(header, "sha256=")
	if !ok || len(digits) != hex.EncodedLen(sha256.Size) {
		return nil, false
	}
	sum, err := hex.DecodeString(digits)
	return sum, err == nil
}

// signed reports whether sum is the HMAC-SHA-256 of body under one of the secrets. Every
// secret is tried, so that the time taken does not tell which one fits.
func signed(secrets [][]byte, body, sum []byte) bool {
	found := false
	for _, s := range secrets {
		mac := hmac.New(sha256.New, s)
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), sum) {
			found = true
		}
	}
	return found
}
