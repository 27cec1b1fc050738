package papers

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
)

// A PDF that was signed after the fashion of PAdES is the file that was signed,
// byte by byte, with the signature appended. So the hash of the first bytes of
// what came back tells which print it is, and that nothing in it was changed.
// Some programs write the whole file anew; then only the mark in its metadata
// tells which print it says to be, and anybody can write a mark. Such a file is
// never taken, only named among those that fit nothing: the paper is to be
// signed with a program that appends. What a signature is, signature.go tells.

// byBytes is how a signed file was known: the one way there is.
const byBytes = "bytes"

// matcher knows the prints of a batch that are still to be signed.
type matcher struct {
	sizes []int64
	items map[string]Item // by size and hash
	marks map[string]Item // by the id of the print
	gone  map[CopyID]bool // signed already
}

func newMatcher(items []Item) *matcher {
	m := &matcher{items: map[string]Item{}, marks: map[string]Item{}, gone: map[CopyID]bool{}}
	for _, i := range items {
		m.items[i.SHA256] = i
		m.marks[string(i.Copy)] = i
		if !slices.Contains(m.sizes, i.Size) {
			m.sizes = append(m.sizes, i.Size)
		}
		if i.State == signed {
			m.gone[i.Copy] = true
		}
	}
	slices.Sort(m.sizes)
	return m
}

func (m *matcher) done(i Item) { m.gone[i.Copy] = true }

var markShape = regexp.MustCompile(`kladka-paper:([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})`)

// match finds the print that a file was made of. Why is "" when it fits, else
// what to tell: "not_pdf", "unsigned" (it came back as it went out),
// "bad_signature" (what it bears does not cover it), "rewritten" (it has the mark
// of a print, but not its bytes), "unknown" (of no print here), "twice".
func (m *matcher) match(data []byte) (i Item, why string) {
	if !bytes.HasPrefix(data, []byte("%PDF-")) {
		return i, "not_pdf"
	}
	i, found := m.find(data)
	if !found {
		return i, m.strange(data)
	}
	if why := unsignedWhy(data, i.Size); why != "" {
		return i, why
	}
	if m.gone[i.Copy] {
		return i, "twice"
	}
	return i, ""
}

// strange tells what a file is that begins with no print of the batch.
func (m *matcher) strange(data []byte) string {
	if found := markShape.FindSubmatch(data); found != nil {
		if _, ok := m.marks[string(found[1])]; ok {
			return "rewritten"
		}
	}
	return "unknown"
}

func (m *matcher) find(data []byte) (Item, bool) {
	sum, at := sha256.New(), int64(0)
	for _, size := range m.sizes {
		if size > int64(len(data)) {
			break
		}
		sum.Write(data[at:size])
		at = size
		if i, ok := m.items[hex.EncodeToString(sum.Sum(nil))]; ok && i.Size == size {
			return i, true
		}
	}
	return Item{}, false
}
