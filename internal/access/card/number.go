package card

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"kladka/internal/platform/fault"
)

const numberLength = 8

// Number is the public number of a card: seven drawn digits, the first not 0,
// and a check digit. It is no secret and opens nothing. It is drawn, not
// counted, so that one's own card does not tell the neighbor's. There are nine
// million; the row that keeps it is unique, and who meets a taken one draws
// again (at half a million cards, once in eighteen).
type Number string

// NewNumber draws a number.
func NewNumber() Number {
	digits := strconv.Itoa(1_000_000 + below(9_000_000))
	return Number(digits + string(checkDigit(digits)))
}

// damm is a table in which no two neighbors may change places unseen (H. M.
// Damm, 2004): a check digit by it finds every wrong digit and every two
// neighbors that changed places, which no sum modulo 10 does.
var damm = [10]string{
	"0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
	"3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
}

func checkDigit(digits string) byte {
	at := byte('0')
	for i := range len(digits) {
		at = damm[at-'0'][digits[i]-'0']
	}
	return at
}

// ParseNumber reads a number as people type it, with blanks or hyphens; O, I
// and L are taken for 0 and 1, which they cannot but mean among digits. The
// errors are those of Parse, and no guess either.
func ParseNumber(typed string) (Number, error) {
	var b strings.Builder
	place := 0
	for _, r := range typed {
		if separator(r) {
			continue
		}
		place++
		digit := digitFor(unicode.ToUpper(r))
		if digit < '0' || digit > '9' {
			return "", fault.New(fault.Invalid, "card.fault.digit", "letter", shown(r), "n", place)
		}
		if place > numberLength {
			return "", fault.New(fault.Invalid, "card.fault.number_long", "n", numberLength)
		}
		b.WriteRune(digit)
	}
	digits := b.String()
	if len(digits) < numberLength {
		return "", fault.New(fault.Invalid, "card.fault.number_short", "n", len(digits), "of", numberLength)
	}
	if checkDigit(digits) != '0' || digits[0] == '0' {
		return "", fault.New(fault.Invalid, "card.fault.number_check")
	}
	return Number(digits), nil
}

func digitFor(r rune) rune {
	switch r {
	case 'O', 'О', 'Q': // the second is Cyrillic
		return '0'
	case 'I', 'L', 'І', '|': // likewise the third
		return '1'
	}
	return r
}

// Format is the number in two groups, 1234 5678, with a blank that does not break.
func (n Number) Format() string {
	if len(n) != numberLength {
		return string(n)
	}
	return string(n[:4]) + "\u00a0" + string(n[4:])
}

// Path is the page of the sign-in by card.
const Path = "/konto/karta"

// Address is what the QR code holds: the page with the number filled in, and
// nothing that is secret. Base is the address of this installation without a
// slash at its end.
func (n Number) Address(base string) string {
	return strings.TrimRight(base, "/") + Path + "?nr=" + url.QueryEscape(string(n))
}
