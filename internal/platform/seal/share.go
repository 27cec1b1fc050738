package seal

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"kladka/internal/platform/fault"
)

// Share is one officer's part of a private key. Alone it opens nothing, but it
// is a secret: it is never stored and never logged (printed with any verb of fmt
// it shows its number and its key only).
type Share struct {
	No, Need, Of int    // the second of three, two of which open: 2, 2, 3
	Key          string // the fingerprint of its key

	// A function, since fmt and reflect cannot look into one, however deep in
	// another struct a share lies. Copies share the body, so Forget reaches them.
	body func() *[seedSize]byte
}

func keep(body *[seedSize]byte) func() *[seedSize]byte {
	return func() *[seedSize]byte { return body }
}

// Forget clears the share in memory, with all its copies.
func (s Share) Forget() {
	if s.body != nil {
		clear(s.body()[:])
	}
}

// Format keeps the secret out of logs.
func (s Share) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "share %d of %d of the key %s", s.No, s.Of, s.Key)
}

// Lines of a share: the first says what it is, the others hold body and check.
const (
	shareLines = 4
	checkSize  = (shareLines-1)*lineBytes - seedSize
	longest    = 16 << 10 // of a text that may hold a share
)

// Text is the share for printing and typing: four lines, each of five groups of
// four letters and two letters that check the line. The first sixteen letters
// are the fingerprint of the key. The text of an empty Share is empty.
//
//	7KQX-M2WA-9TCD-PH4V-ABBC-R8
//
// Care for timing ends here: what is printed goes through templates and a network.
func (s Share) Text() string {
	if s.body == nil {
		return ""
	}
	head, check := s.head(), s.check()
	content := append(bytes.Clone(s.body()[:]), check...)
	defer clear(content)
	lines := []string{grouped(closed(1, head))}
	for part := range slices.Chunk(content, lineBytes) {
		lines = append(lines, grouped(closed(len(lines)+1, spell(part, lineData))))
	}
	return strings.Join(lines, "\n") + "\n"
}

// head is the first line: fingerprint, version, number, need and of.
func (s Share) head() []byte {
	var head []byte
	for _, r := range strings.ReplaceAll(s.Key, "-", "") {
		head = append(head, byte(strings.IndexRune(alphabet, r)))
	}
	return append(head, version-1, byte(s.No-1), byte(s.Need-1), byte(s.Of-1))
}

// check finds slips that each line's own check lets through, such as a line
// taken from another share.
func (s Share) check() []byte {
	h := sha256.New()
	h.Write([]byte("kladka seal share 1\x00"))
	h.Write(s.head())
	h.Write(s.body()[:])
	return h.Sum(nil)[:checkSize]
}

// ParseShare reads a share as people type and paste it: case, spaces, dashes,
// line breaks and letters of a Ukrainian keyboard that look like ours are
// forgiven, and so are other lines before and after it, as in the file that was
// downloaded. Of several shares it reads the first. Faults, all Invalid:
// seal.fault.share_line names the first line with a slip ("line"), seal.fault.share
// says that this is no share, seal.fault.version that a later program made it.
func ParseShare(text string) (Share, error) {
	none := fault.New(fault.Invalid, "seal.fault.share")
	if len(text) > longest {
		return Share{}, none
	}
	lines := find(read(text))
	if lines == nil {
		return Share{}, none
	}
	for i, values := range lines {
		if !sound(i+1, values) {
			return Share{}, slip(i)
		}
	}
	s, err := readHead(lines[0])
	if err != nil {
		return Share{}, err
	}
	content := make([]byte, 0, (shareLines-1)*lineBytes) // one place, which Forget clears
	for i, values := range lines[1:] {
		part, ok := unspell(values[:lineData], lineBytes)
		if !ok {
			return Share{}, slip(i + 1)
		}
		content = append(content, part...)
		clear(part)
	}
	s.body = keep((*[seedSize]byte)(content))
	if !bytes.Equal(s.check(), content[seedSize:]) {
		return Share{}, none
	}
	return s, nil
}

func slip(i int) error {
	return fault.New(fault.Invalid, "seal.fault.share_line", "line", i+1)
}

func readHead(values []byte) (Share, error) {
	finger, rest := values[:fingerLetters], values[fingerLetters:lineData]
	if rest[0] != version-1 {
		return Share{}, fault.New(fault.Invalid, "seal.fault.version")
	}
	s := Share{Key: grouped(finger), No: int(rest[1]) + 1, Need: int(rest[2]) + 1, Of: int(rest[3]) + 1}
	if fits(s.Need, s.Of) != nil || s.No > s.Of {
		return Share{}, fault.New(fault.Invalid, "seal.fault.share")
	}
	return s, nil
}

// find picks the four lines of a share: those in a row of which most are sound,
// or, when none is (line breaks were lost or added), the letters in fours of
// twenty-two. Lines may be short or long then, so that the slip can be named.
// Nil if there is not even one line.
func find(lines [][]byte) [][]byte {
	var best [][]byte
	most := 0
	for i := range max(0, len(lines)-shareLines+1) {
		n := 0
		for j := range shareLines {
			if sound(j+1, lines[i+j]) {
				n++
			}
		}
		if n > most {
			best, most = lines[i:i+shareLines], n
		}
	}
	if best != nil {
		return best
	}
	all := slices.Concat(lines...)
	if len(all) < lineLetters {
		return nil
	}
	best = make([][]byte, shareLines)
	for i := range best {
		n := lineLetters
		if i == shareLines-1 {
			n = len(all) // what is too much stays visible
		}
		n = min(n, len(all))
		best[i], all = all[:n], all[n:]
	}
	return best
}
