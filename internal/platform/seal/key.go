package seal

import (
	"bytes"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kladka/internal/platform/fault"
)

// Public is the public half of a key as text: version, how many shares of how
// many open, the key, and a mark of each share by which it is known again.
// Nothing in it is secret.
//
//	kladka-seal-1.2of3.<key>.<marks>
type Public string

// Most is the largest number of shares that a key is cut into.
const Most = 9

const (
	prefix   = "kladka-seal-1"
	seedSize = 32 // the private key of MLKEM768-X25519
	keySize  = 1184 + 32
)

// public is a Public taken apart.
type public struct {
	need, of int
	key      hpke.PublicKey
	raw      []byte   // the key as bytes
	marks    [][]byte // of share 1, 2, …
}

func kem() hpke.KEM { return hpke.MLKEM768X25519() }

// ParsePublic takes a public key from a text such as a file or a form: white
// space around it is forgiven. Everything else is the fault seal.fault.public,
// or seal.fault.version for a key of a later program.
func ParsePublic(text string) (Public, error) {
	p := Public(strings.TrimSpace(text))
	_, err := p.parse()
	if err != nil {
		return "", err
	}
	return p, nil
}

func (p Public) parse() (public, error) {
	broken := fault.New(fault.Invalid, "seal.fault.public")
	parts := strings.Split(string(p), ".")
	if parts[0] != prefix {
		if strings.HasPrefix(parts[0], "kladka-seal-") {
			return public{}, fault.New(fault.Invalid, "seal.fault.version")
		}
		return public{}, broken
	}
	if len(parts) != 4 || len(parts[1]) != len("2of3") || parts[1][1:3] != "of" {
		return public{}, broken
	}
	k := public{need: int(parts[1][0] - '0'), of: int(parts[1][3] - '0')}
	if fits(k.need, k.of) != nil {
		return public{}, broken
	}
	marks, ok := decode(parts[3], k.of*sha256.Size)
	if !ok {
		return public{}, broken
	}
	k.marks = slices.Collect(slices.Chunk(marks, sha256.Size))
	if k.raw, ok = decode(parts[2], keySize); !ok {
		return public{}, broken
	}
	var err error
	if k.key, err = kem().NewPublicKey(k.raw); err != nil {
		return public{}, broken
	}
	return k, nil
}

// decode takes just one writing of n bytes: another writing of the same key
// would have another fingerprint. The decoder skips line breaks; the length
// does not let it.
func decode(text string, n int) ([]byte, bool) {
	if len(text) != base64.RawURLEncoding.EncodedLen(n) {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return b, err == nil && len(b) == n
}

func (k public) text() Public {
	b64 := base64.RawURLEncoding.EncodeToString
	return Public(fmt.Sprintf("%s.%dof%d.%s.%s", prefix, k.need, k.of, b64(k.raw), b64(bytes.Join(k.marks, nil))))
}

// Fingerprint is the key for people to compare: sixteen letters in groups of
// four, 79 bits. The first line of each share begins with it. It tells an honest
// key from one put in its place later; whoever makes the key could prepare two
// with one fingerprint, but needs none of that, having had the whole key.
func (p Public) Fingerprint() string { return letters("kladka seal key 1\x00", []byte(p)) }

// Shares tells how many shares open the key, and of how many.
func (p Public) Shares() (need, of int, err error) {
	k, err := p.parse()
	return k.need, k.of, err
}

// fits tells whether a key can be cut so. With need 1 each share would be the key.
func fits(need, of int) error {
	if need < 2 || of < need || of > Most {
		return fmt.Errorf("seal: a key of %d shares, %d of which open, can not be made", of, need)
	}
	return nil
}

// Make draws a key and cuts its private half into shares, any need of which
// open (2 ≤ need ≤ of ≤ Most). The key itself is forgotten, so show each share to
// its officer at once, then Forget it: there is no second time.
func Make(need, of int) (Public, []Share, error) {
	if err := fits(need, of); err != nil {
		return "", nil, err
	}
	seed := make([]byte, seedSize)
	defer clear(seed)
	rand.Read(seed) // never fails, see crypto/rand
	key, err := kem().NewPrivateKey(seed)
	if err != nil {
		return "", nil, fmt.Errorf("seal: %w", err)
	}
	defer wipe(key)
	coefficients := make([]byte, (need-1)*seedSize)
	defer clear(coefficients)
	rand.Read(coefficients)
	return assemble(key.PublicKey(), need, split(seed, coefficients, of))
}

// assemble makes the texts of the key and its shares, which name each other.
func assemble(key hpke.PublicKey, need int, bodies [][seedSize]byte) (Public, []Share, error) {
	k := public{need: need, of: len(bodies), key: key, raw: key.Bytes()}
	shares := make([]Share, len(bodies))
	for i := range bodies {
		shares[i] = Share{No: i + 1, Need: need, Of: k.of, body: keep(&bodies[i])}
		k.marks = append(k.marks, mark(k.raw, shares[i]))
	}
	p := k.text()
	for i := range shares {
		shares[i].Key = p.Fingerprint()
	}
	return p, shares, nil
}

// mark is how a share is known again without being kept: a hash of it. A share
// is 256 random bits, so nobody finds it by trying. Without marks a share with
// a forged body would be noticed only at the opening, and not whose it is.
func mark(key []byte, s Share) []byte {
	h := sha256.New()
	h.Write([]byte("kladka seal mark 1\x00"))
	h.Write([]byte{byte(s.No), byte(s.Need), byte(s.Of)})
	h.Write(key)
	h.Write(s.body()[:])
	return h.Sum(nil)
}

// wipe clears the seed inside a private key, as far as it is handed out. The key
// goes on working with what was derived from the seed; if Go should change that,
// every test that opens an envelope fails.
func wipe(key hpke.PrivateKey) {
	if seed, err := key.Bytes(); err == nil {
		clear(seed)
	}
}

// Belongs tells whether the share is one of those that Make gave out with this
// key. Faults: seal.fault.other for a share of another key, seal.fault.forged for
// one that carries this key's fingerprint but was not given out with it.
func (p Public) Belongs(s Share) error {
	k, err := p.parse()
	if err != nil {
		return err
	}
	return k.belongs(p.Fingerprint(), s)
}

func (k public) belongs(fingerprint string, s Share) error {
	if s.body == nil || s.Key != fingerprint {
		return fault.New(fault.Invalid, "seal.fault.other", "no", s.No)
	}
	if s.Need != k.need || s.Of != k.of || s.No < 1 || s.No > k.of ||
		subtle.ConstantTimeCompare(mark(k.raw, s), k.marks[s.No-1]) != 1 {
		return fault.New(fault.Invalid, "seal.fault.forged", "no", s.No)
	}
	return nil
}

// Join makes the private key of its shares and checks that it fits p. It takes
// more shares than are needed too, if each belongs. Faults: those of Belongs,
// seal.fault.twice when one share comes twice, seal.fault.few (Conflict) when more
// are needed, seal.fault.unfit (Conflict) when the key that comes out is not the
// private half of p, which only a public key changed by hand can bring about.
func Join(p Public, shares ...Share) (*Opener, error) {
	k, err := p.parse()
	if err != nil {
		return nil, err
	}
	seen, fingerprint := make([]bool, Most+1), p.Fingerprint()
	for _, s := range shares {
		if err := k.belongs(fingerprint, s); err != nil {
			return nil, err
		}
		if seen[s.No] {
			return nil, fault.New(fault.Invalid, "seal.fault.twice", "no", s.No)
		}
		seen[s.No] = true
	}
	if len(shares) < k.need {
		return nil, fault.New(fault.Conflict, "seal.fault.few", "need", k.need, "given", len(shares))
	}
	return k.join(shares[:k.need])
}

func (k public) join(shares []Share) (*Opener, error) {
	seed := combine(shares)
	defer clear(seed)
	key, err := kem().NewPrivateKey(seed)
	if err != nil {
		return nil, errors.New("seal: the joined key is none") // and no word of it
	}
	defer wipe(key)
	if !bytes.Equal(key.PublicKey().Bytes(), k.raw) {
		return nil, fault.New(fault.Conflict, "seal.fault.unfit")
	}
	o := &Opener{}
	o.key.Store(&key)
	return o, nil
}
