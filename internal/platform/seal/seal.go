// Package seal closes answers into envelopes which only several people together
// can open. Anonymous surveys use it, and ballots will.
//
// The story. Before a survey opens, Make draws a key and cuts its private half
// into shares, one for each officer, of which some number (say two of three)
// opens everything and fewer opens nothing. The shares are shown once and
// forgotten; the server keeps the public half. Each answer is sealed with it in
// the request that brings it: padded, so that all envelopes of a round have one
// length, and bound to its round by info, so that an envelope carried to another
// round stays closed there. After the close the officers type or paste their
// shares, Join makes an Opener of them, the caller opens all envelopes in one
// run, and Close forgets the key.
//
// What is used: HPKE (RFC 9180) of the standard library with the hybrid key
// exchange MLKEM768-X25519, HKDF-SHA-256 and ChaCha20-Poly1305. The hybrid is
// there because a backup stolen today may wait twenty years for a quantum
// computer: whoever wants to open an envelope must break both. The key is cut by
// Shamir's scheme over GF(256).
//
// What this keeps, and from whom:
//
//  1. A dump of the database, a replica, a stolen backup hold the public key and
//     envelopes. They open nothing, not even together with all shares but one
//     of those needed. They do show how many envelopes there are and, through
//     the caller's tables, perhaps whose is which: that what is inside stays
//     closed is all that this package promises.
//  2. The server's administrator can read no envelope that lies there. But the
//     running server sees each answer before it is sealed, the key when it is
//     made and the key when it is joined; a server that was changed on purpose
//     could keep any of them. It could also put another public key in the place
//     of the officers'. Against that stands the Fingerprint: it is the first line
//     of each share, so officers compare their paper with the page.
//  3. Officers, as many as are needed, can open every envelope they can get hold
//     of, at any time: before the close, and after it from an old backup. The
//     close is kept by the program and by two people who would have to agree,
//     not by mathematics. So shares are destroyed when the count is over.
//  4. A share that is lost can not be made again. When fewer are left than are
//     needed, nobody opens anything ever, and that is meant.
//  5. Anybody who knows the public key can seal. An envelope proves nothing about
//     who sealed it, and a copy of it opens like the first one: counting who
//     may, and finding doubles (Digest), is the caller's matter.
//  6. Go may copy memory and does not wipe what it lets go. We clear what we can
//     reach; a core dump or the swap of the machine, taken while the key was
//     joined, may still hold it.
//
// Texts and envelopes begin with a version, and testdata holds some of version 1
// that must open for ever. The package is pure: it keeps nothing, reads no clock,
// knows no database.
package seal

import (
	"bytes"
	"crypto/hpke"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"kladka/internal/platform/fault"
)

// Messages are the texts of this package: what is wrong with a share.
//
//go:embed messages
var Messages embed.FS

// Errors of sealing and opening.
var (
	// ErrLong: the words do not fit into the size. It says no lengths, since
	// errors are logged and the length of an answer is nobody's business.
	ErrLong = fault.New(fault.TooLarge, "seal.fault.long")
	// ErrUnreadable: the envelope was not sealed with this key and info, or was
	// changed since, or never was an envelope. Which of these is not told.
	ErrUnreadable = errors.New("seal: this envelope does not open")
	// ErrClosed: the Opener has forgotten its key.
	ErrClosed = errors.New("seal: the key is forgotten")
)

// MaxSize is the largest size of an envelope's inside, in bytes.
const MaxSize = 16 << 20

// An envelope: version, encapsulated key, then length, words, zeros and tag.
const (
	version   = 1
	encSize   = 1088 + 32 // ML-KEM-768 and X25519
	lenSize   = 4
	tagSize   = 16
	infoLabel = "kladka seal 1\x00"
)

// SealedSize is the length of every envelope whose inside has the size.
func SealedSize(size int) int { return 1 + encSize + lenSize + size + tagSize }

// Seal closes plain into an envelope that only Open of this key's Opener with
// the same info opens. The inside is padded to size bytes (at most MaxSize), so
// take one size for all envelopes of a round: the envelope is SealedSize(size)
// long, whatever is in it. Sealing the same words twice gives two envelopes that
// nobody can tell to be the same. Errors: ErrLong, and the fault seal.fault.public
// when p is not a public key.
func (p Public) Seal(info []byte, size int, plain []byte) ([]byte, error) {
	s, err := p.Sealer(info, size)
	if err != nil {
		return nil, err
	}
	return s.Seal(plain)
}

// Sealer closes many envelopes of one round: the key is read once, which is a
// fifth of the work. Many goroutines may use it. Errors: the fault
// seal.fault.public when p is not a public key.
func (p Public) Sealer(info []byte, size int) (*Sealer, error) {
	if size < 0 || size > MaxSize {
		return nil, fmt.Errorf("seal: no envelope has the size %d", size)
	}
	k, err := p.parse()
	if err != nil {
		return nil, err
	}
	return &Sealer{key: k.key, info: boundTo(info), size: size}, nil
}

// Sealer is a public key with the info and size of one round; see Public.Sealer.
type Sealer struct {
	key  hpke.PublicKey
	info []byte
	size int
}

// Seal closes plain into an envelope, as Public.Seal does.
func (s *Sealer) Seal(plain []byte) ([]byte, error) {
	if len(plain) > s.size {
		return nil, ErrLong
	}
	enc, sender, err := hpke.NewSender(s.key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), s.info)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	inside := make([]byte, lenSize+s.size)
	defer clear(inside)
	binary.BigEndian.PutUint32(inside, uint32(len(plain)))
	copy(inside[lenSize:], plain)
	closed, err := sender.Seal([]byte{version}, inside)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	sealed := make([]byte, 0, SealedSize(s.size))
	sealed = append(sealed, version)
	sealed = append(sealed, enc...)
	return append(sealed, closed...), nil
}

// boundTo is what HPKE mixes into the key of an envelope. The public key is in
// it already (both halves of the key exchange hash it), so an envelope belongs
// to one key and one info.
func boundTo(info []byte) []byte {
	return append([]byte(infoLabel), info...)
}

// Opener opens envelopes. Make one with Join, and Close it as soon as the last
// envelope is open. Many goroutines may use it.
type Opener struct {
	key atomic.Pointer[hpke.PrivateKey]
}

// Open gives back what was sealed with the same info. ErrUnreadable is its only
// error before Close, ErrClosed the only one after.
func (o *Opener) Open(info, sealed []byte) ([]byte, error) {
	key := o.key.Load()
	if key == nil {
		return nil, ErrClosed
	}
	if len(sealed) < SealedSize(0) || sealed[0] != version {
		return nil, ErrUnreadable
	}
	enc, closed := sealed[1:1+encSize], sealed[1+encSize:]
	recipient, err := hpke.NewRecipient(enc, *key, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), boundTo(info))
	if err != nil {
		return nil, ErrUnreadable
	}
	inside, err := recipient.Open([]byte{version}, closed)
	if err != nil {
		return nil, ErrUnreadable
	}
	return unpad(inside)
}

// unpad takes the words out of an inside. Whoever seals with another program
// may write any length, and could hide words behind it: both are refused.
func unpad(inside []byte) ([]byte, error) {
	n, rest := binary.BigEndian.Uint32(inside), inside[lenSize:]
	if uint64(n) > uint64(len(rest)) || len(bytes.Trim(rest[n:], "\x00")) > 0 {
		return nil, ErrUnreadable
	}
	return rest[:n:n], nil
}

// Close forgets the key, as far as Go lets it (see the package comment). An
// Open that has begun may still end well. Closing twice does no harm.
func (o *Opener) Close() { o.key.Store(nil) }

// Digest is a short name of an envelope for receipts, and for finding doubles:
// sixteen letters in groups of four, 79 bits. It tells nothing of the inside.
func Digest(sealed []byte) string { return letters("kladka seal digest 1\x00", sealed) }

// letters is a hash that people can compare.
func letters(label string, data []byte) string {
	h := sha256.New()
	h.Write([]byte(label))
	h.Write(data)
	return grouped(spell(h.Sum(nil)[:lineBytes], fingerLetters))
}
