package networking

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestHoldsAddress(t *testing.T) {
	for text, want := range map[string]bool{
		"Pisz na ala.kot@example.org":        true,
		"ala (at) example (kropka) org":      true,
		"ala [małpa] example.org":            true,
		"tel. 12 345 67 89":                  true,
		"+48 600-100-200":                    true,
		"(12) 345-67-89":                     true,
		"0048600100200":                      true,
		"600100200":                          true,
		"Koło w roku szkolnym 2026/2027":     false,
		"Do 31.08.2027 albo 2027-08-31":      false,
		"klasy 4-8, po 45 minut, 30 osób":    false,
		"RSPO 20803 i 118123":                false,
		"art. 106 ust. 1 pkt 2, w godz. 8-9": false,
		"Konto 12345678901234567890123456":   false,
		"":                                   false,
		"@":                                  false,
		"na @instagramie":                    false,
	} {
		if got := holdsAddress(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"a@b.pl", "600 100 200", "\u202eabc", "a\u200bb@c.pl", "\r\n\x00", strings.Repeat("1 ", 300), "ą\xff@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		text := tidy(raw)
		if !utf8.ValidString(text) || text != strings.TrimSpace(text) || tidy(text) != text {
			t.Errorf("%q became %q", raw, text)
		}
		for _, r := range text {
			if unicode.Is(unicode.Cf, r) || unicode.IsControl(r) && r != '\n' && r != '\t' {
				t.Errorf("%q keeps %U", raw, r)
			}
		}
		holdsAddress(text)
		if faults := checkText("x", text, 10); (len(faults) == 0) != (text != "" && utf8.RuneCountInString(text) <= 10) {
			t.Error(faults)
		}
		// An address that stands by itself is found, whatever stands around.
		if !holdsAddress(text + " ala.kot@example.org ") {
			t.Errorf("not found in %q", text)
		}
	})
}
