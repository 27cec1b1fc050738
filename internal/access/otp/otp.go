// Package otp is the second factor of people who see other people's data: the
// six digits of an application on a telephone (TOTP, RFC 6238), or, for who has
// no telephone or computer of their own, a printed list of codes of which each
// works once.
//
// Everything here is pure. Package access keeps the secrets, counts the failed
// attempts, and remembers which step and which codes are spent.
package otp

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

const (
	// Period is how long the digits of the application stay, in seconds.
	Period = 30
	// Digits is how many there are.
	Digits = 6

	secretBytes = 20 // of SHA-1, as RFC 4226 recommends
	leastBytes  = 16 // what the RFC requires; a shorter secret is a broken one
)

// NewSecret draws the secret that the application shares with us, in base32
// without padding, which is how applications take it.
func NewSecret() string {
	secret := make([]byte, secretBytes)
	rand.Read(secret) // never fails, see crypto/rand
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// Groups are the secret in groups of four, for who types it.
func Groups(secret string) []string {
	var groups []string
	for len(secret) > 4 {
		groups = append(groups, secret[:4])
		secret = secret[4:]
	}
	return append(groups, secret)
}

// URI is what the QR code tells the application. Issuer is the name of this
// installation and account what the person will find in a list of many, such as
// an address of mail. It holds the secret: show it once, on a page that is not
// stored.
func URI(issuer, account, secret string) string {
	issuer, account = label(issuer), label(account)
	// Written out rather than by url.Values, which writes a blank as a plus:
	// several applications show it as one.
	return "otpauth://totp/" + url.PathEscape(issuer) + ":" + url.PathEscape(account) +
		"?secret=" + url.PathEscape(secret) + "&issuer=" + strings.NewReplacer("+", "%2B", "&", "%26", "=", "%3D").Replace(url.PathEscape(issuer)) +
		"&algorithm=SHA1&digits=" + strconv.Itoa(Digits) + "&period=" + strconv.Itoa(Period)
}

// label drops what a label may not hold: the colon parts issuer and account.
func label(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == ':' || unicode.IsControl(r) {
			return -1
		}
		return r
	}, text))
}

// Check tells whether the code is that of now, or of the step of thirty seconds
// before or after: clocks differ and people type slowly. It returns the step
// that the code belongs to. A step that is not above lastStep is refused, so
// each code works once: keep the returned step, in a statement that holds the
// condition (set last_step=? where person=? and last_step<?), and start with -1.
//
// The code may hold blanks and hyphens. The time it takes says nothing of how
// much of the code was right.
func Check(secret, code string, now time.Time, lastStep int64) (step int64, ok bool) {
	digits, ok := sixDigits(code)
	if !ok || !sound(secret) {
		return 0, false
	}
	current := now.Unix() / Period
	found := 0
	// All three are compared, and the latest wins: were two steps to have one
	// code, the earlier would leave it open to be used again.
	for s := current - 1; s <= current+1; s++ {
		want, err := digitsOf(secret, s)
		if err != nil {
			return 0, false
		}
		equal := subtle.ConstantTimeCompare([]byte(want), []byte(digits))
		found |= equal
		step = int64(subtle.ConstantTimeSelect(equal, int(s), int(step)))
	}
	if found == 0 || step <= lastStep {
		return 0, false
	}
	return step, true
}

// Code is what the application shows at a moment. It is for tests and the demo.
func Code(secret string, now time.Time) (string, error) {
	return digitsOf(secret, now.Unix()/Period)
}

func digitsOf(secret string, step int64) (string, error) {
	return hotp.GenerateCodeCustom(secret, uint64(max(step, 0)), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
}

// sound: an empty secret is one that everybody knows.
func sound(secret string) bool {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	return err == nil && len(raw) >= leastBytes
}

func sixDigits(code string) (string, bool) {
	if len(code) > 64 {
		return "", false
	}
	digits := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, code)
	if len(digits) != Digits || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	return digits, true
}
