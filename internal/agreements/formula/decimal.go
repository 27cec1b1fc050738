package formula

import (
	"math/big"
	"strings"
)

// Decimal reads an exact decimal as people type it: spaces between thousands, a
// comma or a point, a minus. It gives its canonical text ("-1234.5") and value.
func Decimal(typed string) (text string, value *big.Rat, ok bool) {
	t := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "−", "-", ",", ".").Replace(strings.TrimSpace(typed))
	body, negative := strings.CutPrefix(t, "-")
	for _, c := range body {
		if !digit(c) && c != '.' {
			return "", nil, false
		}
	}
	n, ok := numberOf(body)
	if !ok {
		return "", nil, false
	}
	if negative {
		n.rat.Neg(n.rat)
	}
	return Text(n.rat, maxDigits), n.rat, true
}

// Text is a value as a decimal with a point, rounded half away from zero to so
// many places, without needless zeros.
func Text(v *big.Rat, places int) string {
	t := v.FloatString(places)
	if strings.Contains(t, ".") {
		t = strings.TrimRight(strings.TrimRight(t, "0"), ".")
	}
	if t == "-0" {
		return "0"
	}
	return t
}
