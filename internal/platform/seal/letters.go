package seal

import (
	"strings"
	"unicode"
)

// Letters for people: none that is taken for another, so no 0 and O, no 1, I
// and L. There are 31 of them, a prime number, so they can be counted with like
// the numbers of a field, and two letters at the end of a line find every slip
// of one or two letters and every two letters that changed places.
const (
	alphabet = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
	base     = byte(len(alphabet))
	wrong    = byte(255) // stands for a letter or digit that is not ours

	// Ukrainian keyboards have letters that look like ours.
	cyrillic, latin = "АВСЕНКМРТХУ", "ABCEHKMPTXY"

	fingerLetters = 16
	lineData      = 20 // letters of a line that say something: 31^20 > 2^96
	lineLetters   = lineData + 2
	lineBytes     = 12
)

// spell writes the number in b with n letters (as values 0 to 30). What does not
// fit into n letters is dropped, as a hash may be cut.
func spell(b []byte, n int) []byte {
	rest, out := append([]byte(nil), b...), make([]byte, n)
	for i := n - 1; i >= 0; i-- {
		r := 0
		for j, v := range rest {
			r = r<<8 | int(v)
			rest[j] = byte(r / int(base))
			r %= int(base)
		}
		out[i] = byte(r)
	}
	clear(rest)
	return out
}

// unspell reads what spell wrote, as n bytes; false if the number is too large.
func unspell(values []byte, n int) ([]byte, bool) {
	out := make([]byte, n)
	for _, v := range values {
		carry := int(v)
		for j := n - 1; j >= 0; j-- {
			carry += int(out[j]) * int(base)
			out[j] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return nil, false
		}
	}
	return out, true
}

// grouped writes values as letters, in groups of four.
func grouped(values []byte) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[v])
	}
	return b.String()
}

// closed adds the two letters that check a line. The sum of the line is its
// number, so that lines in the wrong order are noticed; the sum weighted by
// place is 0. All weights differ and none is 0, hence the promise above.
func closed(line int, data []byte) []byte {
	sum, weighted := sums(data)
	a := (line%int(base) + int(base) - sum) % int(base)
	b := int(base) - weighted
	second := ((b-(lineData+1)*a)%int(base) + int(base)) % int(base)
	first := (a - second + int(base)) % int(base)
	return append(data, byte(first), byte(second))
}

// sound tells whether the values are line number line, as closed made it.
func sound(line int, values []byte) bool {
	if len(values) != lineLetters {
		return false
	}
	for _, v := range values {
		if v >= base {
			return false
		}
	}
	sum, weighted := sums(values)
	return sum == line%int(base) && weighted == 0
}

func sums(values []byte) (sum, weighted int) {
	for i, v := range values {
		sum += int(v)
		weighted += (i + 1) * int(v)
	}
	return sum % int(base), weighted % int(base)
}

// read takes the values of the letters of a text, line by line. Case, and
// whatever is neither a letter nor a digit, does not matter; lines without any
// are left out.
func read(text string) [][]byte {
	var lines [][]byte
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		var values []byte
		for _, r := range line {
			r = unicode.ToUpper(r)
			if i := strings.IndexRune(cyrillic, r); i >= 0 {
				r = rune(latin[i/2]) // each of them has two bytes
			}
			if i := strings.IndexRune(alphabet, r); i >= 0 {
				values = append(values, byte(i))
			} else if unicode.IsLetter(r) || unicode.IsDigit(r) {
				values = append(values, wrong)
			}
		}
		if len(values) > 0 {
			lines = append(lines, values)
		}
	}
	return lines
}
