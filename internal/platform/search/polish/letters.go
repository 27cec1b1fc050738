package polish

import "kladka/internal/platform/i18n"

// letters folds letter by letter, by the rules of i18n.Fold but without its
// price: reading the dictionary folds four million of them.
type letters [0x180]byte // up to the last letter of Latin Extended-A

func newLetters() letters {
	var l letters
	for r := range rune(len(l)) {
		if f := i18n.Fold(string(r)); len(f) == 1 && 'a' <= f[0] && f[0] <= 'z' {
			l[r] = f[0]
		}
	}
	return l
}

// fold is the plain letter, or 0 for what is no Latin letter.
func (l *letters) fold(r rune) byte {
	if r >= rune(len(l)) || r < 0 {
		return 0
	}
	return l[r]
}

// word folds a whole word; false if it holds anything but letters.
func (l *letters) word(into []byte, s string) ([]byte, bool) {
	for _, r := range s {
		b := l.fold(r)
		if b == 0 {
			return into, false
		}
		into = append(into, b)
	}
	return into, true
}

// plain tells a word of the letters a to z only.
func (*letters) plain(s string) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return s != ""
}

// same says whether s folds to the folded word.
func (l *letters) same(s string, folded []byte) bool {
	i := 0
	for _, r := range s {
		if i == len(folded) || l.fold(r) != folded[i] {
			return false
		}
		i++
	}
	return i == len(folded)
}
