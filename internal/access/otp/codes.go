package otp

import "kladka/internal/access/card"

const (
	// CodeLength is the number of letters of a one-time code: 31^8, over 2^39.
	CodeLength = 8
	// OnList is how many codes a printed list holds: two months of work.
	OnList = 40
)

// NewCodes draws n codes of the alphabet of printed cards, all different. The
// place in the slice, from 1, is the number beside the code on the list; which
// one is asked for, if any, is for the caller to say.
func NewCodes(n int) []string {
	codes := make([]string, 0, n)
	taken := map[string]bool{}
	for len(codes) < n {
		code := card.Draw(CodeLength)
		if !taken[code] {
			taken[code] = true
			codes = append(codes, code)
		}
	}
	return codes
}

// FormatCode is a code in two groups, ABCD-EFGH.
func FormatCode(code string) string {
	if len(code) != CodeLength {
		return code
	}
	return code[:CodeLength/2] + "-" + code[CodeLength/2:]
}

// Normalize reads a code as people type it: in small letters, with blanks and
// hyphens, with Cyrillic look-alikes. What cannot be a code, the wrong number
// of letters or one that is on no list, gives "", which equals no code: that is
// no guess, and needs no look at the stored ones. The digits of an application
// are never taken for a code, nor the other way round: their lengths differ.
func Normalize(typed string) string {
	code, err := card.Letters(typed, CodeLength)
	if err != nil || len(code) != CodeLength {
		return ""
	}
	return code
}
