package probe

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
)

// Signer makes RS256 tokens (RFC 7515, RFC 7518 §3.3).
type Signer struct{ key *rsa.PrivateKey }

const keyID = "conformance"

// NewSigner makes a key of its own.
func NewSigner() (*Signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return &Signer{key: key}, nil
}

// JWKS is the public key as a set (RFC 7517).
func (s *Signer) JWKS() string {
	text, _ := json.Marshal(map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": keyID,
		"n": encode(s.key.N.Bytes()),
		"e": encode(big.NewInt(int64(s.key.E)).Bytes()),
	}}})
	return string(text)
}

// Sign makes a token of the claims. A broken signature is that of other bytes.
func (s *Signer) Sign(claims map[string]any, broken bool) (string, error) {
	header, err := json.Marshal(map[string]any{"alg": "RS256", "typ": "JWT", "kid": keyID})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := encode(header) + "." + encode(payload)
	input := signed
	if broken {
		input += "x"
	}
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, s.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	return signed + "." + encode(signature), nil
}

func encode(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }
