package polish

import (
	"fmt"
	"strings"
)

// words are the lines of the dictionary, found by their folded form. The text
// stays one string; everything else is numbers, so the collector of garbage has
// nothing to walk.
type words struct {
	text  string
	start []uint32 // where word i begins in text
	size  []uint8  // its length in bytes
	set   []uint16 // its flags, an index of sets
	made  []uint32 // the letters it is made of, one bit each
	sets  []flags
	slots []uint32 // hash table: number of the word plus one; 0 is free

	beginnings []uint64 // bits: some word may begin so
}

// flags is a set of flags, one bit each.
type flags uint64

// flag is the bit of a letter, a to z and A to Z.
func flag(c byte) flags {
	switch {
	case 'a' <= c && c <= 'z':
		return 1 << (c - 'a')
	case 'A' <= c && c <= 'Z':
		return 1 << (c - 'A' + 26)
	}
	return 0
}

func (w *words) word(i uint32) string { return w.text[w.start[i] : w.start[i]+uint32(w.size[i])] }
func (w *words) flags(i uint32) flags { return w.sets[w.set[i]] }

// readWords takes lines "word/flags" apart and files them. Lines that begin with
// # are comments.
func readWords(l *letters, text string) (words, error) {
	lines := strings.Count(text, "\n")
	w := words{text: text, start: make([]uint32, 0, lines), size: make([]uint8, 0, lines), set: make([]uint16, 0, lines)}
	numbers := map[string]uint16{}
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text) - at
		}
		line := text[at : at+end]
		if line != "" && line[0] != '#' {
			word, letters, _ := strings.Cut(line, "/")
			if len(word) > 255 {
				return words{}, fmt.Errorf("word of %d bytes", len(word))
			}
			w.start, w.size = append(w.start, uint32(at)), append(w.size, uint8(len(word)))
			w.set = append(w.set, w.number(numbers, letters))
		}
		at += end + 1
	}
	return w, w.file(l)
}

// number is that of a set of flags; equal ones share it.
func (w *words) number(known map[string]uint16, letters string) uint16 {
	if n, ok := known[letters]; ok {
		return n
	}
	var f flags
	for i := range len(letters) {
		f |= flag(letters[i])
	}
	n := uint16(len(w.sets))
	w.sets = append(w.sets, f)
	known[letters] = n
	return n
}

// file puts every word into the hash table, which is at most half full.
func (w *words) file(l *letters) error {
	size := 1024
	for size < 2*len(w.start) {
		size *= 2
	}
	w.slots, w.made = make([]uint32, size), make([]uint32, len(w.start))
	w.beginnings = make([]uint64, begins/64)
	buffer := make([]byte, 0, 256)
	for i := range uint32(len(w.start)) {
		folded, ok := l.word(buffer, w.word(i))
		if !ok {
			return fmt.Errorf("%q is not a word of letters", w.word(i))
		}
		w.noteBeginnings(folded)
		w.made[i] = letterSet(folded)
		slot := hash(folded) & uint32(size-1)
		for w.slots[slot] != 0 {
			slot = (slot + 1) & uint32(size-1)
		}
		w.slots[slot] = i + 1
	}
	return nil
}

// each calls f with every word that folds to this.
func (w *words) each(l *letters, folded []byte, f func(i uint32)) {
	mask := uint32(len(w.slots) - 1)
	for slot := hash(folded) & mask; w.slots[slot] != 0; slot = (slot + 1) & mask {
		if i := w.slots[slot] - 1; l.same(w.word(i), folded) {
			f(i)
		}
	}
}

// letterSet has a bit for each letter of a folded word.
func letterSet[S string | []byte](folded S) uint32 {
	var set uint32
	for i := range len(folded) {
		set |= 1 << (folded[i] - 'a')
	}
	return set
}

// begins is the number of bits for beginnings of words. There are 500 000 of
// these, so one in seventeen strange ones is taken for known, which costs time only.
const begins = 1 << 23

func (w *words) noteBeginnings(folded []byte) {
	h := hashStart
	for _, c := range folded {
		h = step(h, c)
		bit := mix(h) % begins
		w.beginnings[bit/64] |= 1 << (bit % 64)
	}
}

// known is how many letters of a word some word of the dictionary begins with, at
// least. What is taken off a form as its end must begin there or before.
func (w *words) known(folded string) int {
	h := hashStart
	for i := range len(folded) {
		h = step(h, folded[i])
		if bit := mix(h) % begins; w.beginnings[bit/64]&(1<<(bit%64)) == 0 {
			return i
		}
	}
	return len(folded)
}

// The hash is FNV-1a with its upper bits mixed in.
const hashStart = uint32(2166136261)

func step(h uint32, c byte) uint32 { return (h ^ uint32(c)) * 16777619 }
func mix(h uint32) uint32          { return h ^ h>>15 }

func hash(b []byte) uint32 {
	h := hashStart
	for _, c := range b {
		h = step(h, c)
	}
	return mix(h)
}
