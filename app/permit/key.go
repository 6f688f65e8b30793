package permit

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// pemType is of a private key as "openssl genpkey -algorithm ed25519" writes it.
const pemType = "PRIVATE KEY"

// Key signs permits.
type Key struct {
	private ed25519.PrivateKey
	id      string // RFC 7638 thumbprint
}

// GenerateKey returns the text of a new key: PKCS #8 in PEM.
func GenerateKey() ([]byte, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for permits: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("make a key for permits: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), nil
}

// ParseKey reads what GenerateKey returns. Its errors repeat nothing of the text.
func ParseKey(text []byte) (Key, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return Key{}, errors.New("it holds no private key in PEM form")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return Key{}, errors.New("it holds no Ed25519 key")
	}
	sum, err := (&jose.JSONWebKey{Key: private.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return Key{}, fmt.Errorf("name the key: %w", err)
	}
	return Key{private: private, id: base64.RawURLEncoding.EncodeToString(sum)}, nil
}

// Keys are public keys by their ids.
type Keys map[string]ed25519.PublicKey

// Keys returns the public half.
func (k Key) Keys() Keys { return Keys{k.id: k.private.Public().(ed25519.PublicKey)} }

// JSON returns the keys as a JSON Web Key Set.
func (k Keys) JSON() ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for id, key := range k {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key, KeyID: id, Algorithm: string(jose.EdDSA), Use: "sig"})
	}
	return json.Marshal(set)
}

// ParseKeys reads a JSON Web Key Set. Keys of other kinds are left out; none at all is an error.
func ParseKeys(text []byte) (Keys, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	keys := Keys{}
	for _, raw := range set.Keys {
		var one jose.JSONWebKey
		if json.Unmarshal(raw, &one) != nil {
			continue
		}
		public, ok := one.Key.(ed25519.PublicKey)
		if ok && one.KeyID != "" && (one.Algorithm == "" || one.Algorithm == string(jose.EdDSA)) && (one.Use == "" || one.Use == "sig") {
			keys[one.KeyID] = public
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("read keys: there is no Ed25519 key with an id")
	}
	return keys, nil
}
