package card

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"

	"kladka/internal/platform/fault"
)

// keyOf is the message key of a fault of kind Invalid, or what else it is.
func keyOf(err error) string {
	switch f := fault.As(err); {
	case err == nil:
		return ""
	case f == nil || f.Kind != fault.Invalid:
		return "not a fault of kind Invalid: " + err.Error()
	default:
		return f.Key
	}
}

// known is a secret with each of its letters different.
const secret = "ABCDEFGHJK"

func complete(random string) string { return random + string(checkLetter(random)) }

func TestAlphabetHasNoLookAlikes(t *testing.T) {
	if len(Alphabet) != 31 {
		t.Fatalf("%d letters; the check needs a prime", len(Alphabet))
	}
	seen := map[rune]bool{}
	for _, r := range Alphabet {
		if seen[r] || strings.ContainsRune("01ILO", r) || unicode.ToUpper(r) != r {
			t.Errorf("%q", r)
		}
		seen[r] = true
	}
}

func TestNewParses(t *testing.T) {
	seen := map[string]bool{}
	used := map[rune]int{}
	for range 2000 {
		s := New()
		if got, err := Parse(s.Format()); err != nil || got != s {
			t.Fatalf("%s: %v, %v", s.Format(), got, err)
		}
		if seen[s.Letters()] {
			t.Fatal("the same secret twice")
		}
		seen[s.Letters()] = true
		for _, r := range s.Letters() {
			used[r]++
		}
	}
	if len(used) != len(Alphabet) {
		t.Errorf("only %d letters are ever drawn", len(used))
	}
}

// Every single wrong letter is found: in each place, each letter by each other.
// The sum is linear, so what holds for one secret holds for all; several are
// tried nevertheless.
func TestCheckFindsEveryWrongLetter(t *testing.T) {
	for _, random := range []string{secret, "2222222222", "ZZZZZZZZZZ", "9A8B7C6D5E"} {
		right := complete(random)
		for place := range Length {
			for _, r := range Alphabet {
				wrong := right[:place] + string(r) + right[place+1:]
				if _, err := Parse(wrong); (err == nil) != (wrong == right) {
					t.Fatalf("%s for %s: %v", wrong, right, err)
				}
			}
		}
	}
}

// Every two letters that changed places are found: in each two places (not
// only neighbors), each pair of letters.
func TestCheckFindsEveryTransposition(t *testing.T) {
	for a := range Length {
		for b := a + 1; b < Length; b++ {
			for _, x := range []byte(Alphabet) {
				for _, y := range []byte(Alphabet) {
					right := with(t, a, b, x, y)
					wrong := []byte(right)
					wrong[a], wrong[b] = y, x
					if _, err := Parse(string(wrong)); (err == nil) != (x == y) {
						t.Fatalf("%s for %s: %v", wrong, right, err)
					}
				}
			}
		}
	}
}

// with is a right secret with the letters x and y in the places a and b. Another
// place is turned until the check is right.
func with(t *testing.T, a, b int, x, y byte) string {
	t.Helper()
	letters := []byte("AAAAAAAAAAA")
	letters[a], letters[b] = x, y
	free := 0
	for free == a || free == b {
		free++
	}
	for _, r := range []byte(Alphabet) {
		letters[free] = r
		if weighted(string(letters)) == 0 {
			return string(letters)
		}
	}
	t.Fatal("no right secret")
	return ""
}

func TestParseRefuses(t *testing.T) {
	right := complete(secret)
	for typed, want := range map[string]string{
		"":                             "card.fault.short",
		" - ":                          "card.fault.short",
		right[:10]:                     "card.fault.short",
		right + "A":                    "card.fault.long",
		right + right:                  "card.fault.long",
		"O" + right[1:]:                "card.fault.letter",
		"0" + right[1:]:                "card.fault.letter",
		"l" + right[1:]:                "card.fault.letter",
		"Ż" + right[1:]:                "card.fault.letter",
		"И" + right[1:]:                "card.fault.letter",
		"ſ" + right[1:]:                "card.fault.check", // the long s is an s to everybody
		"\x00" + right[1:]:             "card.fault.letter",
		"\xff" + right[1:]:             "card.fault.letter",
		"😀" + right[1:]:                "card.fault.letter",
		"B" + right[1:]:                "card.fault.check",
		"BA" + right[2:]:               "card.fault.check",
		right[:9] + right[10:] + "2":   "card.fault.check",
		strings.Repeat("A", 1_000_000): "card.fault.long",
	} {
		if _, err := Parse(typed); keyOf(err) != want {
			t.Errorf("%.20q: %v, want %s", typed, err, want)
		}
	}
}

func TestParseForgives(t *testing.T) {
	right := complete(secret)
	for _, typed := range []string{
		strings.ToLower(right),
		right[:4] + "-" + right[4:8] + "-" + right[8:],
		"  " + right[:4] + " " + right[4:8] + "\u00a0" + right[8:] + "\n",
		right[:4] + "–" + right[4:8] + "." + right[8:],
		"\ufeff" + right + "\u200b",
		strings.NewReplacer("A", "А", "B", "в", "C", "С", "E", "е", "H", "Н", "K", "К").Replace(right),
	} {
		if s, err := Parse(typed); err != nil || s.Letters() != right {
			t.Errorf("%q: %q, %v", typed, s.Letters(), err)
		}
	}
}

func TestGroups(t *testing.T) {
	s, err := Parse(complete(secret))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Format(), "ABCD-EFGH-JK"+string(checkLetter(secret)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if (Secret{}).Groups() != nil || (Secret{}).Format() != "" {
		t.Error("no secret has groups")
	}
}

// What gets into a log or a page by mistake shows nothing.
func TestSecretsDoNotPrint(t *testing.T) {
	s := New()
	p, err := ChooseWord("zielony kaktus 42")
	if err != nil {
		t.Fatal(err)
	}
	inJSON, _ := json.Marshal([]any{s, &s, p})
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "p", p)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s, "p", p)
	out := string(inJSON) + log.String() + fmt.Sprintf("%v %+v %#v %s %q %v %#v %+v", s, s, s, s, s, p, p, []any{s, p, &s})
	if strings.Contains(out, s.Letters()) || strings.Contains(out, "kaktus") {
		t.Error(out)
	}
}

func TestRudeLettersAreNotDrawn(t *testing.T) {
	if !rude("2DUPA345678") || rude(complete(secret)) {
		t.Error("rude")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(complete(secret))
	f.Add("abcd-efgh-jk2")
	f.Add("АВСЕ НКМР ТХ2")
	f.Add("0OIl")
	f.Fuzz(func(t *testing.T, typed string) {
		s, err := Parse(typed)
		if err != nil {
			if keyOf(err)[:5] != "card." || s != (Secret{}) {
				t.Errorf("%q: %v", typed, err)
			}
			return
		}
		again, err := Parse(s.Format())
		if err != nil || again != s || len(s.Letters()) != Length {
			t.Errorf("%q: %q, %v", typed, s.Letters(), err)
		}
	})
}
