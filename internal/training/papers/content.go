package papers

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"kladka/internal/training"
)

// Content is everything that stands on a paper. It is frozen with each print.
type Content struct {
	Kind          Kind
	Number        string
	Name          string
	BirthDay      string // YYYY-MM-DD
	BirthPlace    string
	Title         string
	Form          training.Form
	Hours         int
	StartsOn      string
	EndsOn        string
	Heading       string
	Center        string
	Accreditation string
	Place         string
	Signs         string
	LegalBasis    string
	ConsentNo     string
	Framework     string
	Practice      int
	Grade         string
	IssuedOn      string
	Duplicate     string // day of a duplicate, "" for none
	Correction    string // day of a correction, "" for none
}

// seal binds the words to their print.
func (s *Service) seal(id CopyID, c Content) (string, error) {
	data, err := json.Marshal(c)
	return s.Keys.Seal("training paper content", string(id), data), err
}

func (s *Service) unseal(id CopyID, sealed string) (c Content, err error) {
	data, err := s.Keys.Unseal("training paper content", string(id), sealed)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(data, &c)
}

// number writes a number as people read it.
func number(seq int64, code string, year int) string { return fmt.Sprintf("%d/%s/%d", seq, code, year) }

// sortOf orders a register: by year, then by number.
func sortOf(year int, seq int64) string {
	return fmt.Sprintf("%04x%010x", min(max(year, 0), 0xffff), max(seq, 0))
}

var notInAddress = regexp.MustCompile(`[^\p{L}\p{N}._]+`)

// NumberKey is a number as it stands in an address: one "-" for whatever is no
// letter or digit. People type it in many ways and mean the same.
func NumberKey(number string) string {
	return strings.Trim(notInAddress.ReplaceAllString(strings.ToUpper(strings.TrimSpace(number)), "-"), "-")
}

// letters of keys: none that is taken for another one, or for a digit.
const (
	letters   = "ABCDEFGHJKLMNPQRSTUVWXYZ"
	keyLength = 16
)

// newKey draws the sixteen letters: 73 bits.
func newKey() string {
	key := make([]byte, 0, keyLength)
	for buf := make([]byte, 32); len(key) < keyLength; {
		rand.Read(buf) // never fails, see crypto/rand
		for _, b := range buf {
			if int(b) < 256-256%len(letters) && len(key) < keyLength {
				key = append(key, letters[int(b)%len(letters)])
			}
		}
	}
	return string(key)
}

// plainKey is a key as it is compared, whatever stands between its letters; ""
// for what cannot be one.
func plainKey(typed string) string {
	if len(typed) > 100 {
		return ""
	}
	key := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(strings.ToUpper(typed))
	if len(key) != keyLength || strings.Trim(key, letters) != "" {
		return ""
	}
	return key
}

func hashKey(key string) string {
	sum := sha256.Sum256([]byte("kladka paper " + key))
	return hex.EncodeToString(sum[:])
}

// fits compares in constant time.
func (p Paper) fits(key string) bool {
	return subtle.ConstantTimeCompare([]byte(p.KeyHash), []byte(hashKey(key))) == 1
}

// keyOf is the key of a paper, to print it once more.
func (s *Service) keyOf(p Paper) (string, error) {
	key, err := s.Keys.Unseal("training paper key", string(p.ID), p.KeySealed)
	return string(key), err
}

// VerifyPath is the public page of a paper with its key.
func VerifyPath(number, key string) string { return CheckPath + "/" + NumberKey(number) + "/" + key }

// spaced writes a key for the eye.
func spaced(key string) string {
	if len(key) != keyLength {
		return key
	}
	return key[:4] + " " + key[4:8] + " " + key[8:12] + " " + key[12:]
}
