package card

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kladka/internal/platform/i18n"
)

func TestPicturePINs(t *testing.T) {
	for list, want := range map[string]string{
		"":                               "card.fault.pictures_count",
		"apple,moon,key":                 "card.fault.pictures_count",
		"apple,moon,key,cup,fish":        "card.fault.pictures_count",
		"apple,moon,key,gun":             "card.fault.pictures_unknown",
		"apple,moon,key,":                "card.fault.pictures_unknown",
		"apple,apple,apple,apple":        "card.fault.pictures_same",
		"apple,moon,apple,moon":          "card.fault.pictures_same",
		"apple,balloon,bell,boat":        "card.fault.pictures_row",
		"umbrella,tree,star,snowman":     "card.fault.pictures_row",
		"apple,balloon,bell,book":        "",
		"apple,moon,apple,key":           "",
		"snail,rocket,pencil,mushroom":   "card.fault.pictures_row",
		"mushroom,pencil,rocket,snowman": "",
	} {
		var names []string
		if list != "" {
			names = strings.Split(list, ",")
		}
		if _, err := ChoosePictures(names); keyOf(err) != want {
			t.Errorf("%s: %v, want %q", list, err, want)
		}
	}
}

func TestPicturesKeepTheirOrder(t *testing.T) {
	a, err := ChoosePictures([]string{"apple", "moon", "key", "cup"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := ReadPictures([]string{"moon", "apple", "key", "cup"})
	if err != nil || a == b {
		t.Error("order does not count", err)
	}
	if again, _ := ReadPictures([]string{"apple", "moon", "key", "cup"}); again != a || !a.OfPictures() {
		t.Error("the same pictures are another PIN")
	}
	if w, err := ReadWord("pictures:apple,moon,key,cup"); err != nil || w == a || w.OfPictures() {
		t.Error("a word equals pictures", err)
	}
}

// The number that the comment at PicturesInPIN gives.
func TestHowManyPicturePINs(t *testing.T) {
	n := 0
	names := make([]string, PicturesInPIN)
	var choose func(int)
	choose = func(at int) {
		if at == len(names) {
			if _, err := ChoosePictures(names); err == nil {
				n++
			}
			return
		}
		for _, p := range pictures {
			names[at] = p
			choose(at + 1)
		}
	}
	choose(0)
	if n != 327_846 {
		t.Errorf("%d are allowed", n)
	}
}

func TestWordPINs(t *testing.T) {
	about := []string{"Żaneta Kowalska-Nowak", "7b", "Szkoła Podstawowa nr 12", "1234 5674", "Оксана Шевченко"}
	for typed, want := range map[string]string{
		"":                       "card.fault.word_short",
		"żółty":                  "card.fault.word_short",
		"!!!!!!!!":               "card.fault.word_short",
		"a-b-c-d-e":              "card.fault.word_short",
		strings.Repeat("ab", 33): "card.fault.word_long",
		strings.Repeat("a", 1e6): "card.fault.word_long",
		"aaaaaa":                 "card.fault.word_simple",
		"Aaaaaa1":                "card.fault.word_simple",
		"121212":                 "card.fault.word_simple",
		"kotkot":                 "card.fault.word_simple",
		"123456":                 "card.fault.word_simple",
		"654321":                 "card.fault.word_simple",
		"567890":                 "card.fault.word_simple",
		"qwerty":                 "card.fault.word_simple",
		"QWERTY123":              "card.fault.word_simple",
		"fedcba":                 "card.fault.word_simple",
		"abc123":                 "card.fault.word_simple",
		"1q2w3e4r":               "card.fault.word_simple",
		"hasło12":                "card.fault.word_common",
		"12Hasło":                "card.fault.word_common",
		"Пароль1":                "card.fault.word_common",
		"Україна":                "card.fault.word_common",
		"minecraft":              "card.fault.word_common",
		"żaneta":                 "card.fault.word_known",
		"Zaneta7b":               "card.fault.word_known",
		"Kowalska":               "card.fault.word_known",
		"kowals":                 "card.fault.word_known",
		"akslawok":               "card.fault.word_known",
		"NOWAK2014":              "card.fault.word_known",
		"12345674":               "card.fault.word_known",
		"Шевченко":               "card.fault.word_known",
		"zielony kaktus":         "",
		"kaktus":                 "",
		"Nowakowski zegar":       "",
		"жовтий кіт":             "",
	} {
		if _, err := ChooseWord(typed, about...); keyOf(err) != want {
			t.Errorf("%.20q: %v, want %q", typed, err, want)
		}
	}
}

func TestUkrainianRows(t *testing.T) {
	for _, typed := range []string{"йцукен", "абвгґде", "фівапр", "ячсмить", "нгшщзх"} {
		if _, err := ChooseWord(typed); keyOf(err) != "card.fault.word_simple" {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func TestWordsAreForgiving(t *testing.T) {
	chosen, err := ChooseWord("Żółty-Kot 7")
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range []string{"zoltykot7", "ŻÓŁTY KOT 7", " żółtykot7 ", "zo\u0301łty_kot7"} {
		if p, err := ReadWord(typed); err != nil || p != chosen {
			t.Errorf("%q: %q, %v", typed, p.Text(), err)
		}
	}
	if p, err := ReadWord("zoltykot8"); err != nil || p == chosen {
		t.Error("another word is the same PIN", err)
	}
	if p, err := ReadWord("123456"); err != nil || p.Text() != "word:123456" {
		t.Error("a sign-in judges what only the choice judges", err)
	}
}

func FuzzChooseWord(f *testing.F) {
	f.Add("Żółty-Kot 7", "Jan Kot")
	f.Add("123456", "")
	f.Add("йцукен", "Оксана")
	f.Fuzz(func(t *testing.T, typed, about string) {
		p, err := ChooseWord(typed, about)
		if err != nil {
			if p != (PIN{}) || !strings.HasPrefix(keyOf(err), "card.fault.word_") {
				t.Errorf("%q: %v", typed, err)
			}
			return
		}
		if again, err := ReadWord(strings.TrimPrefix(p.Text(), "word:")); err != nil || again != p {
			t.Errorf("%q: %q does not read itself: %q, %v", typed, p.Text(), again.Text(), err)
		}
	})
}

func TestMessages(t *testing.T) {
	c, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range c.Check() {
		t.Error(fault)
	}
	for _, p := range Pictures() {
		if !c.Has(PictureKey(p)) {
			t.Errorf("picture %s has no name", p)
		}
	}
	// Every fault in the code has a text, and every text of a fault is used.
	used := map[string]bool{}
	files, _ := filepath.Glob("*.go")
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(card\.fault\.[a-z_]+)"`).FindAllSubmatch(source, -1) {
			used[string(m[1])] = true
			if !c.Has(string(m[1])) {
				t.Errorf("%s: no text for %s", file, m[1])
			}
		}
	}
	for _, key := range c.In(i18n.PL).Keys() {
		if strings.HasPrefix(key, "card.fault.") && !used[key] {
			t.Errorf("%s is used nowhere", key)
		}
	}
}

// Each picture has a drawing of its own, small and without anything that runs
// or is fetched.
func TestDrawings(t *testing.T) {
	seen := map[string]string{}
	for _, p := range Pictures() {
		svg, err := os.ReadFile("../../../assets/img/pictures/" + PictureAsset(p))
		if err != nil {
			t.Error(err)
			continue
		}
		text := string(svg)
		if len(svg) > 1500 || !strings.Contains(text, `viewBox="0 0 64 64"`) || regexp.MustCompile(`(?i)<script|<style|style=|href|\son\w+=|<!|data:`).MatchString(text) {
			t.Errorf("%s: not a small plain drawing", p)
		}
		// Without color: what is drawn in lines must differ.
		shape := regexp.MustCompile(`(fill|stroke)="#[0-9a-f]+"`).ReplaceAllString(text, "")
		if other, ok := seen[shape]; ok {
			t.Errorf("%s and %s differ by color only", p, other)
		}
		seen[shape] = p
	}
}
