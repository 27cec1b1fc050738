package badge

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Key is a key of an issuer, of now or of before.
//
// A key that is changed for a new one is retired: nothing is signed with it any
// more, but what it signed stays good, so it stays in the controller document
// among the keys that may be believed. A key that fell into other hands is
// revoked: nothing that it signed can be believed any more, whatever date it
// bears, and the badges must be signed anew.
type Key struct {
	Public  ed25519.PublicKey
	Retired time.Time // zero: not
	Revoked time.Time // zero: not
}

// Method is the address of a key of an issuer, as it stands in proofs.
func Method(issuer string, key ed25519.PublicKey) string { return issuer + "#" + Multikey(key) }

// Find looks methods up among the keys of an issuer, for Verify: an unknown one
// is ErrKey, a revoked one ErrRevoked, a retired one is given.
func Find(issuer string, keys []Key) func(method string) (ed25519.PublicKey, error) {
	return func(method string) (ed25519.PublicKey, error) {
		for _, k := range keys {
			if Method(issuer, k.Public) != method {
				continue
			}
			if !k.Revoked.IsZero() {
				return nil, ErrRevoked
			}
			return k.Public, nil
		}
		return nil, ErrKey
	}
}

// contextController explains the words of a controller document.
const contextController = "https://www.w3.org/ns/cid/v1"

// Controller is the document that stands at the address of an issuer (Issuer.ID)
// and tells everybody its keys (Controlled Identifiers 1.0). It must hold all
// keys that ever signed, the present ones first.
//
// Retired keys carry the word "retired", which is ours, and neither "expires"
// nor "revoked": with those a reader would refuse old badges as well. Revoked
// keys carry "revoked" and are not listed as good for assertions.
func Controller(id string, keys []Key) ([]byte, error) {
	if !isWeb(id) || strings.Contains(id, "#") || len(keys) == 0 {
		return nil, fmt.Errorf("%w: a controller needs an https address and a key", ErrBadge)
	}
	methods, good := []any{}, []any{}
	for _, k := range keys {
		if len(k.Public) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("%w: a key of %d bytes", ErrBadge, len(k.Public))
		}
		m := map[string]any{"id": Method(id, k.Public), "type": "Multikey", "controller": id, "publicKeyMultibase": Multikey(k.Public)}
		optionalTime(m, "retired", k.Retired)
		optionalTime(m, "revoked", k.Revoked)
		methods = append(methods, m)
		if k.Revoked.IsZero() {
			good = append(good, Method(id, k.Public))
		}
	}
	return write(map[string]any{"@context": contextController, "id": id, "verificationMethod": methods, "assertionMethod": good})
}

// ErrMultikey is a text that is no Ed25519 key.
var ErrMultikey = errors.New("no Ed25519 key")

// ed25519Code begins the bytes of an Ed25519 key among keys of all kinds.
const ed25519Code = "\xed\x01"

// Multikey writes a public key as verifiers read it: "z6Mk…".
func Multikey(key ed25519.PublicKey) string { return base58(append([]byte(ed25519Code), key...)) }

// ParseMultikey reads what Multikey writes. Anything else is ErrMultikey.
func ParseMultikey(s string) (ed25519.PublicKey, error) {
	b, err := parseBase58(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMultikey, err)
	}
	key, ok := strings.CutPrefix(string(b), ed25519Code)
	if !ok || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: %d bytes of another kind", ErrMultikey, len(b))
	}
	return ed25519.PublicKey(key), nil
}

// alphabet leaves out what is easily mistaken: 0, O, I and l.
const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// longestBase58 bounds the work: a signature has 89 letters.
const longestBase58 = 128

var fiftyEight = big.NewInt(58)

// base58 writes bytes as multibase "z": base 58 of the Bitcoin alphabet, a 1 for
// each leading zero byte.
func base58(b []byte) string {
	var out []byte
	for n, rest := new(big.Int).SetBytes(b), new(big.Int); n.Sign() > 0; {
		n.DivMod(n, fiftyEight, rest)
		out = append(out, alphabet[rest.Int64()])
	}
	for i := 0; i < len(b) && b[i] == 0; i++ {
		out = append(out, alphabet[0])
	}
	slices.Reverse(out)
	return "z" + string(out)
}

// parseBase58 reads what base58 writes.
func parseBase58(s string) ([]byte, error) {
	rest, ok := strings.CutPrefix(s, "z")
	if !ok || rest == "" || len(rest) > longestBase58 {
		return nil, errors.New("not of base 58")
	}
	n := new(big.Int)
	for _, c := range []byte(rest) {
		digit := strings.IndexByte(alphabet, c)
		if digit < 0 {
			return nil, errors.New("not of base 58")
		}
		n.Add(n.Mul(n, fiftyEight), big.NewInt(int64(digit)))
	}
	zeros := len(rest) - len(strings.TrimLeft(rest, alphabet[:1]))
	return append(make([]byte, zeros), n.Bytes()...), nil
}
