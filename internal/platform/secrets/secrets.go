// Package secrets holds the keys that must not lie in the database: whoever
// steals a dump, a replica or a backup of the data alone can then neither
// guess printed cards, nor read letters that wait to be sent, nor sign a
// checkpoint of the audit log.
//
// They live in one small file beside the program's data, made at the first
// start and readable by its owner only. It is backed up apart from the data
// and never together with it. One root key stands in the file; each purpose
// gets a key of its own, derived from it, so that no two uses can be played
// against each other.
package secrets

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kladka/internal/platform/fault"
)

const rootSize = 32

// Keys are the secrets of one installation. Make them with Open or New.
type Keys struct {
	root []byte
}

// file is how the keys are written down.
type file struct {
	About string `json:"about"`
	Root  string `json:"root"` // base64
}

const about = "Keys of one Kładka. Keep a copy apart from the data; without it printed cards, waiting letters and seals of the audit log are lost."

// New makes keys that are kept nowhere, for tests and for a look at a demo.
func New() *Keys {
	k := &Keys{root: make([]byte, rootSize)}
	rand.Read(k.root) // never fails, see crypto/rand
	return k
}

// Open reads the keys, or makes them when there is no such file. A file that
// others may read is refused: it would be no secret.
func Open(path string) (_ *Keys, err error) {
	defer fault.Wrap(&err, "keys in %s", path)
	k, err := read(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := New().Save(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return read(path) // another process may have been first
}

// Read reads the keys of a file that must be there.
func Read(path string) (_ *Keys, err error) {
	defer fault.Wrap(&err, "keys in %s", path)
	return read(path)
}

func read(path string) (*Keys, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others may read it (mode %o): chmod 600", info.Mode().Perm())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, err
	}
	root, err := base64.StdEncoding.DecodeString(f.Root)
	if err == nil && len(root) != rootSize {
		err = errors.New("the root key has the wrong length")
	}
	return &Keys{root: root}, err
}

// Save writes the keys to a new file; one that stands is not touched. It is
// written beside and linked into place, so that no reader sees half of it.
func (k *Keys) Save(path string) error {
	data, err := json.MarshalIndent(file{About: about, Root: base64.StdEncoding.EncodeToString(k.root)}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	half, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // mode 600
	if err != nil {
		return err
	}
	defer os.Remove(half.Name())
	_, err = half.Write(append(data, '\n'))
	if err := errors.Join(err, half.Sync(), half.Close()); err != nil {
		return err
	}
	return os.Link(half.Name(), path)
}

// Key is the key of 32 bytes for a purpose, such as "card" or "mail".
func (k *Keys) Key(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, k.root, nil, "kladka "+purpose, rootSize)
	if err != nil {
		panic(err) // only a length beyond 8 kB can be wrong
	}
	return key
}

// MAC is the HMAC-SHA-256 of the parts under the purpose's key. Parts are
// told apart by their lengths, so "ab","c" and "a","bc" differ.
func (k *Keys) MAC(purpose string, parts ...string) []byte {
	mac := hmac.New(sha256.New, k.Key(purpose))
	for _, p := range parts {
		fmt.Fprintf(mac, "%d:%s", len(p), p)
	}
	return mac.Sum(nil)
}

// Seal encrypts bytes that only this installation may read again (AES-256-GCM).
// Context binds them to their place, such as the id of their row.
func (k *Keys) Seal(purpose, context string, plain []byte) string {
	box := k.box(purpose)
	nonce := make([]byte, box.NonceSize())
	rand.Read(nonce)
	return base64.RawStdEncoding.EncodeToString(box.Seal(nonce, nonce, plain, []byte(context)))
}

// Unseal reads what Seal wrote; words of another place or key are an error.
func (k *Keys) Unseal(purpose, context, sealed string) ([]byte, error) {
	data, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, err
	}
	box := k.box(purpose)
	if len(data) < box.NonceSize() {
		return nil, errors.New("secrets: too short")
	}
	return box.Open(nil, data[:box.NonceSize()], data[box.NonceSize():], []byte(context))
}

func (k *Keys) box(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(k.Key("seal " + purpose))
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return box
}

// Signing is the key that signs checkpoints; its public half is printed by
// `kladka verify` and lies in every checkpoint.
func (k *Keys) Signing(purpose string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(k.Key("sign " + purpose))
}
