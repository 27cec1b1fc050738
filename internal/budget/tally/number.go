package tally

import (
	"bytes"
	"strings"
)

// amount is a decimal number as it was written: digits × 10^-scale, without
// zeros at the end of the fraction.
type amount struct {
	digits int64
	scale  int
}

// readNumber reads an amount as people and spreadsheets write it: "1234.50",
// "1 234,50", "1.5E+06". Kind says that signs were left out which a clean file
// does not hold. A comma is taken as the decimal one only when one or two digits
// follow: "1,234" could be either, and is refused.
func readNumber(text []byte) (a amount, kind, ok bool) {
	text = bytes.TrimSpace(text)
	if n, plain := readWhole(text); plain {
		return amount{digits: n}, false, true
	}
	s := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(string(text))
	if whole, cents, comma := strings.Cut(s, ","); comma {
		if len(cents) == 0 || len(cents) > 2 || strings.ContainsAny(whole, ".") {
			return amount{}, false, false
		}
		s = whole + "." + cents
	}
	a, ok = readDecimal(s)
	dirty := bytes.ContainsAny(text, ", \u00a0\u202f")
	return a, dirty, ok
}

// readWhole is the fast way for nearly all numbers: a few digits.
func readWhole(text []byte) (n int64, ok bool) {
	if len(text) == 0 || len(text) > 15 {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// readDecimal reads digits, at most one point, and an exponent.
func readDecimal(s string) (a amount, ok bool) {
	mantissa, exponent, scientific := cutExponent(s)
	mantissa, negative := cutSign(mantissa)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	fraction = strings.TrimRight(fraction, "0")
	digits := strings.TrimLeft(whole+fraction, "0")
	a.scale = len(fraction)
	if whole+fraction == "" && !strings.ContainsRune(mantissa, '0') || len(digits) > 18 {
		return a, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return a, false
		}
		a.digits = a.digits*10 + int64(c-'0')
	}
	if negative {
		a.digits = -a.digits
	}
	if scientific {
		a.scale -= exponent
	}
	return a.trimmed()
}

func cutSign(s string) (unsigned string, negative bool) {
	if unsigned, negative = strings.CutPrefix(s, "-"); negative {
		return unsigned, true
	}
	return strings.TrimPrefix(s, "+"), false
}

// cutExponent splits "1.5E+06". An exponent that is no small number is left in
// the mantissa, where it is refused.
func cutExponent(s string) (mantissa string, exponent int, found bool) {
	at := strings.IndexAny(s, "eE")
	if at < 0 {
		return s, 0, false
	}
	text, negative := cutSign(s[at+1:])
	n, ok := readWhole([]byte(text))
	if !ok || n > 30 {
		return s, 0, false
	}
	if negative {
		n = -n
	}
	return s[:at], int(n), true
}

// trimmed brings the scale between 0 and maxDecimals.
func (a amount) trimmed() (amount, bool) {
	for a.scale < 0 {
		if a.digits > maxMoney || a.digits < -maxMoney {
			return a, false
		}
		a.digits, a.scale = a.digits*10, a.scale+1
	}
	for a.scale > 0 && a.digits%10 == 0 {
		a.digits, a.scale = a.digits/10, a.scale-1
	}
	return a, a.scale <= maxDecimals
}

// at is the amount in units of 10^-scale, where scale is not below its own.
func (a amount) at(scale int) (n int64, ok bool) {
	n = a.digits
	for range scale - a.scale {
		if n > maxMoney || n < -maxMoney {
			return 0, false
		}
		n *= 10
	}
	return n, n <= maxMoney && n >= -maxMoney
}
