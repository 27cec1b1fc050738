package vote

import (
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"

	"kladka/internal/access/card"
	"kladka/internal/budget"
	"kladka/internal/platform/seal"
)

// Receipt is what a voter takes home: the digest of the envelope, and, where the
// rules let people change their mind, a second secret that puts another envelope
// in its place. Neither can show anybody how they voted: the envelope holds random
// bits that nobody knows, so that sealing the same choice again gives another
// digest.
type Receipt struct {
	Digest string
	Secret string // "" where the rules do not allow a change, or it was not told to us
}

// Lengths of a second secret and of a digest (see seal.Digest) in letters. Twenty
// are 99 bits: nobody guesses one, so tries need not be counted.
const (
	secretLength = 20
	digestLength = 16
)

// NewSecret draws the second secret of a form. It goes through the form like the
// number of the envelope; the server keeps an HMAC of it.
func NewSecret() string { return grouped(card.Draw(secretLength)) }

// ReadDigest takes a digest as somebody copied it from a receipt; "" when it is none.
func ReadDigest(typed string) string { return readLetters(typed, digestLength) }

// readLetters takes n letters of a receipt out of what somebody typed, and writes
// them in their one form; "" when they are something else.
func readLetters(typed string, n int) string {
	letters, err := card.Letters(typed, n)
	if err != nil || len(letters) != n {
		return ""
	}
	return grouped(letters)
}

// grouped writes letters in groups of four, as people copy them.
func grouped(letters string) string {
	var groups []string
	for four := range slices.Chunk([]byte(letters), 4) {
		groups = append(groups, string(four))
	}
	return strings.Join(groups, "-")
}

// mayChange tells whether voters of the edition may put another envelope in the
// place of theirs. Never in a school: a secret that changes a vote is one that can
// be asked for in the corridor.
func mayChange(e budget.Edition) bool { return e.Rules.ChangeOfMind && e.Kind != budget.School }

// secondMark is what is kept of a second secret.
func (s *Service) secondMark(edition budget.EditionID, pool budget.PoolID, secret string) string {
	if secret == "" {
		return ""
	}
	return hex.EncodeToString(s.Keys.MAC("vote.second", string(edition), string(pool), secret))
}

// receipt of an envelope that lies in the box. The secret is told back only to
// whoever brought it.
func (s *Service) receipt(edition budget.EditionID, pool budget.PoolID, sealed []byte, second, secret string) Receipt {
	r := Receipt{Digest: seal.Digest(sealed)}
	mark := s.secondMark(edition, pool, secret)
	if mark != "" && subtle.ConstantTimeCompare([]byte(mark), []byte(second)) == 1 {
		r.Secret = secret
	}
	return r
}
