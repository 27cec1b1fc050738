package card

import (
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	seen := map[Number]bool{}
	for range 300 {
		n := NewNumber()
		if got, err := ParseNumber(n.Format()); err != nil || got != n || len(n) != 8 || n[0] == '0' {
			t.Fatalf("%q: %q, %v", n, got, err)
		}
		seen[n] = true
	}
	if len(seen) < 295 {
		t.Errorf("only %d of 300 numbers differ", len(seen))
	}
}

// Exhaustive: each digit wrong, and each two neighbors changed, for numbers of
// all seven-digit shapes that matter (the state of the check before the place
// takes all ten values).
func TestCheckDigitFindsSlips(t *testing.T) {
	for lead := 1; lead <= 9; lead++ {
		for _, rest := range []string{"000000", "123456", "987654", "555555", "908070", "314159"} {
			digits := string(rune('0'+lead)) + rest
			right := digits + string(checkDigit(digits))
			for place := range right {
				for d := '0'; d <= '9'; d++ {
					wrong := right[:place] + string(d) + right[place+1:]
					if _, err := ParseNumber(wrong); (err == nil) != (wrong == right) {
						t.Fatalf("%s for %s: %v", wrong, right, err)
					}
				}
			}
		}
	}
	for state := range 10 { // the state before two neighbors, whatever led to it
		for x := range 10 {
			for y := range 10 {
				one := damm[damm[state][x]-'0'][y]
				two := damm[damm[state][y]-'0'][x]
				if (one == two) != (x == y) {
					t.Fatalf("%d: %d%d and %d%d have one check digit", state, x, y, y, x)
				}
			}
		}
	}
}

func TestNumberRefusals(t *testing.T) {
	right := "1234567" + string(checkDigit("1234567"))
	zero := "0234567" + string(checkDigit("0234567"))
	for typed, want := range map[string]string{
		"":                 "card.fault.number_short",
		right[:7]:          "card.fault.number_short",
		right + "1":        "card.fault.number_long",
		"2" + right[1:]:    "card.fault.number_check",
		zero:               "card.fault.number_check",
		"00000000":         "card.fault.number_check",
		"x" + right[1:]:    "card.fault.digit",
		"١" + right[1:]:    "card.fault.digit",
		"\xff" + right[1:]: "card.fault.digit",
	} {
		if _, err := ParseNumber(typed); keyOf(err) != want {
			t.Errorf("%q: %v, want %s", typed, err, want)
		}
	}
	for _, typed := range []string{right, right[:4] + " " + right[4:], " l" + right[1:] + "\n", "І-" + right[1:]} {
		if n, err := ParseNumber(typed); err != nil || string(n) != right {
			t.Errorf("%q: %q, %v", typed, n, err)
		}
	}
}

func TestAddressHoldsTheNumberOnly(t *testing.T) {
	if got := Number("12345678").Address("https://kladka.example/"); got != "https://kladka.example/konto/karta?nr=12345678" {
		t.Error(got)
	}
	if got := Number("1&x=2").Address("https://kladka.example"); strings.Contains(got, "&") {
		t.Error(got)
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add("1234 5674")
	f.Add("OIl|")
	f.Fuzz(func(t *testing.T, typed string) {
		n, err := ParseNumber(typed)
		if err != nil {
			if n != "" {
				t.Errorf("%q: %q with %v", typed, n, err)
			}
			return
		}
		if again, err := ParseNumber(n.Format()); err != nil || again != n || len(n) != 8 {
			t.Errorf("%q: %q, %v", typed, n, err)
		}
	})
}
