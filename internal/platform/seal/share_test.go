package seal

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kladka/internal/platform/fault"
)

func same(a, b Share) bool {
	return a.No == b.No && a.Need == b.Need && a.Of == b.Of && a.Key == b.Key && *a.body() == *b.body()
}

func TestShareText(t *testing.T) {
	p, shares := made(t, 2, 9)
	shape := regexp.MustCompile(`^((?:[` + alphabet + `]{4}-){5}[` + alphabet + `]{2}\n){4}$`)
	for _, s := range shares {
		text := s.Text()
		if !shape.MatchString(text) || strings.ContainsAny(text, "0O1IL") || !strings.HasPrefix(text, p.Fingerprint()) {
			t.Errorf("share %d:\n%s", s.No, text)
		}
	}
	if (Share{}).Text() != "" {
		t.Error("an empty share has letters")
	}
}

// TestParseShareForgives mangles a share as people and their programs do.
func TestParseShareForgives(t *testing.T) {
	_, shares := made(t, 2, 3)
	rapid.Check(t, func(rt *rapid.T) {
		s := shares[rapid.IntRange(0, 2).Draw(rt, "share")]
		text := s.Text()
		if rapid.Bool().Draw(rt, "lower") {
			text = strings.ToLower(text)
		}
		text = strings.ReplaceAll(text, "-", rapid.SampledFrom([]string{"-", " ", "", " – ", "\u00a0", ".", "_"}).Draw(rt, "dash"))
		if rapid.Bool().Draw(rt, "cyrillic") {
			text = strings.NewReplacer("A", "А", "e", "е", "X", "Х", "Y", "У", "p", "р").Replace(text)
		}
		switch rapid.IntRange(0, 4).Draw(rt, "lines") {
		case 0:
			text = strings.ReplaceAll(text, "\n", " ") // a field of one line
		case 1:
			text = strings.ReplaceAll(text, "\n", "\r\n\r\n")
		case 2:
			width := rapid.IntRange(1, 40).Draw(rt, "width") // a narrow mail
			var b strings.Builder
			for i, r := range []rune(strings.ReplaceAll(text, "\n", "")) {
				if b.WriteRune(r); i%width == width-1 {
					b.WriteString("\n> ")
				}
			}
			text = b.String()
		case 3:
			text = "Kładka\nPotrzeby 2027\nCzęść 2 z 3\n\n" + text + "Proszę przechować osobno.\nStrona 1\n"
		}
		got, err := ParseShare(text)
		if err != nil {
			rt.Fatalf("%v in\n%s", err, text)
		}
		if !same(got, s) {
			rt.Fatalf("another share came out of\n%s", text)
		}
	})
}

// slips wants the fault of the line for a text.
func slips(t *testing.T, text string, line int) {
	t.Helper()
	_, err := ParseShare(text)
	f := fault.As(err)
	if f == nil || f.Kind != fault.Invalid || f.Key != "seal.fault.share_line" || f.Args[1] != line {
		t.Errorf("got %v, want line %d, in\n%s", err, line, text)
	}
}

// TestSlipsAreNamed makes every slip of one letter.
func TestSlipsAreNamed(t *testing.T) {
	_, shares := made(t, 2, 3)
	text := shares[1].Text()
	for i := range text {
		line := 1 + strings.Count(text[:i], "\n")
		if !strings.Contains(alphabet, text[i:i+1]) {
			continue
		}
		for _, r := range alphabet + "0O1ILąЖ٣" {
			if string(r) != text[i:i+1] {
				slips(t, text[:i]+string(r)+text[i+1:], line)
			}
		}
		slips(t, text[:i]+text[i+1:], line)           // left out
		slips(t, text[:i]+text[i:i+1]+text[i:], line) // twice
		slips(t, "Część klucza\n"+text[:i]+text[i+1:]+"Koniec", line)
		for j := i + 1; j < len(text) && text[j] != '\n'; j++ {
			if text[j] != '-' && text[i] != text[j] { // two that changed places
				slips(t, text[:i]+text[j:j+1]+text[i+1:j]+text[i:i+1]+text[j+1:], line)
			}
		}
	}
}

func TestSlipsOfLines(t *testing.T) {
	p, shares := made(t, 2, 3)
	line := strings.SplitAfter(shares[0].Text(), "\n")
	other := strings.SplitAfter(shares[1].Text(), "\n")
	slips(t, line[0]+line[2]+line[1]+line[3], 2)
	slips(t, line[1]+line[0]+line[2]+line[3], 1)
	slips(t, line[0]+line[1]+line[1]+line[3], 3)
	slips(t, line[0]+line[1]+line[3], 3)
	slips(t, line[0], 2)
	slips(t, line[1]+line[2]+line[3], 1)
	slips(t, strings.Repeat("WWWW-", 30), 1)
	flat := strings.ReplaceAll(shares[0].Text(), "\n", "")
	slips(t, flat[:60]+flat[61:], 3) // without line breaks too
	slips(t, flat[:len(flat)-1], 4)
	slips(t, flat+"A", 4)
	for i := range shareLines { // each line is sound, but they are of two shares
		mixed := append([]string(nil), line...)
		mixed[i] = other[i]
		_, err := ParseShare(strings.Join(mixed, ""))
		fails(t, err, fault.Invalid, "seal.fault.share")
	}
	if got, err := ParseShare(shares[2].Text() + shares[0].Text()); err != nil || !same(got, shares[2]) {
		t.Error("of two shares the first is read:", err)
	}
	for _, text := range []string{"", " \n", "nie mam", "ABCD-EFGH", string(p)[:20], strings.Repeat("A", longest+1)} {
		_, err := ParseShare(text)
		fails(t, err, fault.Invalid, "seal.fault.share")
	}
}

// TestHeads: lines that are sound but say what no share says.
func TestHeads(t *testing.T) {
	_, shares := made(t, 2, 3)
	_, rest, _ := strings.Cut(shares[0].Text(), "\n")
	for _, c := range []struct {
		version, no, need, of int
		key                   string
	}{
		{2, 1, 2, 3, "version"}, {31, 1, 2, 3, "version"},
		{1, 4, 2, 3, "share"}, {1, 1, 1, 3, "share"}, {1, 1, 4, 3, "share"}, {1, 1, 2, 10, "share"}, {1, 31, 31, 31, "share"},
		{1, 2, 2, 3, "share"}, {1, 1, 3, 3, "share"}, {1, 1, 2, 4, "share"}, // possible, but the check is of another
	} {
		head := shares[0].head()
		for i, n := range []int{c.version, c.no, c.need, c.of} {
			head[fingerLetters+i] = byte(n - 1)
		}
		_, err := ParseShare(grouped(closed(1, head)) + "\n" + rest)
		fails(t, err, fault.Invalid, "seal.fault."+c.key)
	}
	for _, s := range []Share{{No: 4, Need: 2, Of: 3}, {No: 1, Need: 1, Of: 3}, {No: 1, Need: 2, Of: 10}} { // whose check fits
		s.Key, s.body = shares[0].Key, shares[0].body
		_, err := ParseShare(s.Text())
		fails(t, err, fault.Invalid, "seal.fault.share")
	}
	line := strings.SplitAfter(shares[0].Text(), "\n")
	high := make([]byte, lineData)
	for i := range high {
		high[i] = base - 1 // 31^20-1 is no number of twelve bytes
	}
	slips(t, line[0]+line[1]+grouped(closed(3, high))+"\n"+line[3], 3)
}

// TestLettersKeepNumbers: what is spelled is read again.
func TestLettersKeepNumbers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), lineBytes, lineBytes).Draw(rt, "b")
		line := rapid.IntRange(1, 9).Draw(rt, "line")
		values := closed(line, spell(b, lineData))
		if !sound(line, values) || sound(line+1, values) {
			rt.Fatal("check of", line)
		}
		got, ok := unspell(values[:lineData], lineBytes)
		if !ok || fmt.Sprint(got) != fmt.Sprint(b) {
			rt.Fatal(got, ok)
		}
	})
}

func FuzzParseShare(f *testing.F) {
	_, shares := made(f, 2, 3)
	for _, s := range shares {
		f.Add(s.Text())
		f.Add(strings.ToLower(s.Text())[7:])
	}
	f.Add("")
	f.Add("0O1IL\xff\n\r\u2028АВСЕ")
	f.Add(strings.Repeat("AAAA-AAAA-AAAA-AAAA-AAAA-AA\n", 5))
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseShare(text)
		if err != nil {
			if k := fault.KindOf(err); k != fault.Invalid {
				t.Fatal(err)
			}
			return
		}
		again, err := ParseShare(s.Text())
		if err != nil || !same(again, s) {
			t.Fatal(s, err)
		}
	})
}
