package webhook

import (
	"encoding/hex"
	"strings"
	"testing"
)

// GitHub's published vector:
// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
const (
	vectorSecret = "It's a Secret to Everybody"
	vectorBody   = "Hello, World!"
	vectorHeader = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
)

func TestSigned(t *testing.T) {
	secret := []byte(vectorSecret)
	tests := []struct {
		name    string
		secrets [][]byte
		header  string
		want    bool
	}{
		{"the published vector", [][]byte{secret}, vectorHeader, true},
		{"rotation, the first secret", [][]byte{secret, []byte("next")}, vectorHeader, true},
		{"rotation, the last secret", [][]byte{[]byte("next"), []byte("other"), secret}, vectorHeader, true},
		{"another secret", [][]byte{[]byte("next")}, vectorHeader, false},
		{"no secret", nil, vectorHeader, false},
		{"capital digits", [][]byte{secret}, "sha256=" + strings.ToUpper(vectorHeader[len("sha256="):]), true},
		{"one bit off", [][]byte{secret}, vectorHeader[:len(vectorHeader)-1] + "6", false},
		{"empty", [][]byte{secret}, "", false},
		{"no digits", [][]byte{secret}, "sha256=", false},
		{"half of the digits", [][]byte{secret}, vectorHeader[:len("sha256=")+32], false},
		{"more digits", [][]byte{secret}, vectorHeader + "00", false},
		{"not hex", [][]byte{secret}, "sha256=" + strings.Repeat("g", 64), false},
		{"another algorithm", [][]byte{secret}, "sha512=" + vectorHeader[len("sha256="):], false},
		{"SHA-1", [][]byte{secret}, "sha1=" + strings.Repeat("0", 40), false},
		{"no prefix", [][]byte{secret}, vectorHeader[len("sha256="):], false},
		{"a space before", [][]byte{secret}, " " + vectorHeader, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sum, ok := parseSignature(tt.header)
			if got := ok && signed(tt.secrets, []byte(vectorBody), sum); got != tt.want {
				t.Errorf("signed = %v, want %v", got, tt.want)
			}
		})
	}
}

// What parseSignature takes is sha256= and the hex digits of what it returns, in any case.
func FuzzParseSignature(f *testing.F) {
	for _, s := range []string{vectorHeader, "", "sha256=", "sha1=00", "sha256=\x00", strings.ToUpper(vectorHeader)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		sum, ok := parseSignature(header)
		if ok && "sha256="+hex.EncodeToString(sum) != "sha256="+strings.ToLower(header[len("sha256="):]) {
			t.Fatalf("parseSignature(%q) = %x", header, sum)
		}
		if ok && len(sum) != 32 {
			t.Fatalf("parseSignature(%q) has %d bytes", header, len(sum))
		}
	})
}
