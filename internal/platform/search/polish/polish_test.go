package polish

import (
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/i18n"
)

var shared Lazy

// dictionary is loaded once for all tests.
func dictionary(t testing.TB) *Dictionary {
	t.Helper()
	if err := shared.Warm(); err != nil {
		t.Fatal(err)
	}
	return shared.dictionary()
}

func TestLemmas(t *testing.T) {
	d := dictionary(t)
	for _, tt := range []struct {
		name, word, want string
	}{
		{"plural of a noun", "szkoleń", "szkolenie"},
		{"without marks", "szkolen", "szkolenie"},
		{"capitals", "SZKOLEŃ", "szkolenie"},
		{"marks put after the letters", "szkolen\u0301", "szkolenie"},
		{"marks say which word", "sądu", "sad"},
		{"without marks it may be a verb too", "szkola", "szkola szkolic"},
		{"with marks it is the noun", "szkoła", "szkola"},
		{"wrong marks are no marks", "śzkoleń", "szkolenie"},
		{"a kind of school of its own", "niepublicznych", "niepubliczny"},
		{"the highest degree", "najmłodszych", "mlodszy najmlodszy"},
		{"a surname not known", "Korczakowskiej", "korczakowski"},
		{"a place not known", "Mistrzejowicach", "mistrzejowice"},
		{"a noun of a verb, not listed", "uczenia", "uczenie uczyc"},
		{"first half of an adjective", "psychologiczno", "psychologiczny"},
		{"a form listed without flags", "dworów", "dwor dworow"},
		{"a town", "Wieliczki", "wieliczka wieliczki wieliczko"},
		{"a surname like a woman's name", "Moniuszką", "moniuszka moniuszko"},
		{"not known", "xyzzy", "xyzzy"},
		{"another script", "вчитель", "вчитель"},
		{"a number", "12345", "12345"},
		{"several words are left whole", "Nowa Huta", "nowa huta"},
		{"punctuation at the end", "szkoleń,", "szkolenie"},
		{"one letter", "w", "w"},
		{"too long", strings.Repeat("ą", 65), strings.Repeat("a", 65)},
	} {
		if got := strings.Join(d.Lemmas(tt.word), " "); got != tt.want {
			t.Errorf("%s: %s is %q, want %q", tt.name, tt.word, got, tt.want)
		}
	}
	for _, nothing := range []string{"", " ", "—", "\u0301", "\u200b"} {
		if got := d.Lemmas(nothing); got != nil {
			t.Errorf("%q has lemmas %q", nothing, got)
		}
	}
}

func TestKnown(t *testing.T) {
	d := dictionary(t)
	for word, want := range map[string]bool{
		"szkoleń": true, "szkolen": true, "niepublicznych": true, "Łodzi": true, "dzieciom": true,
		"szkoleńń": false, "xyzzy": false, "": false, "123": false, "вчитель": false,
	} {
		if d.Known(word) != want {
			t.Errorf("Known(%q) is not %v", word, want)
		}
	}
}

// TestPairs is what the package is for: forms meet their base forms.
func TestPairs(t *testing.T) {
	pairs, unseen := readPairs(t, "testdata/pairs.txt"), readPairs(t, "testdata/unseen.txt")
	if len(pairs) < 220 {
		t.Errorf("only %d pairs", len(pairs))
	}
	asIs := func(s string) string { return s }
	for _, tt := range []struct {
		name       string
		pairs      [][]string
		form, base func(string) string
		want       float64 // percent
	}{
		{"with Polish letters", pairs, asIs, asIs, 97},
		{"form typed without", pairs, i18n.Fold, asIs, 95},
		{"both typed without", pairs, i18n.Fold, i18n.Fold, 95},
		{"not tuned for", unseen, asIs, asIs, 95},
		{"not tuned for, typed without", unseen, i18n.Fold, asIs, 95},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, met := dictionary(t), 0
			for _, p := range tt.pairs {
				form, base := d.Lemmas(tt.form(p[0])), d.Lemmas(tt.base(p[1]))
				if meet(form, base) {
					met++
				} else {
					t.Logf("missed: %s %q, %s %q", p[0], form, p[1], base)
				}
			}
			share := 100 * float64(met) / float64(len(tt.pairs))
			t.Logf("%d of %d pairs meet, %.1f %%", met, len(tt.pairs), share)
			if share < tt.want {
				t.Errorf("want %v %%", tt.want)
			}
		})
	}
}

// TestApart says that words which only look alike do not meet.
func TestApart(t *testing.T) {
	d := dictionary(t)
	pairs := readPairs(t, "testdata/apart.txt")
	for _, p := range pairs {
		if meet(d.Lemmas(p[0]), d.Lemmas(p[1])) {
			t.Errorf("%s %q meets %s %q", p[0], d.Lemmas(p[0]), p[1], d.Lemmas(p[1]))
		}
	}
	if len(pairs) < 60 {
		t.Errorf("only %d pairs", len(pairs))
	}
}

func readPairs(t *testing.T, file string) [][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var pairs [][]string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		pair := strings.Fields(line)
		if len(pair) != 2 {
			t.Fatalf("%s: not a pair: %q", file, line)
		}
		pairs = append(pairs, pair)
	}
	return pairs
}

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// TestMarksNarrow: what a word means with its marks it also means without, so a
// text with and a query without them meet.
func TestMarksNarrow(t *testing.T) {
	d := dictionary(t)
	longest, which := 0, ""
	for i := uint32(0); i < uint32(len(d.words.start)); i += 29 {
		word := d.words.word(i)
		with, without := d.Lemmas(word), d.Lemmas(i18n.Fold(word))
		if !meet(with, without) {
			t.Errorf("%s is %q, without marks %q", word, with, without)
		}
		if len(without) > longest {
			longest, which = len(without), word
		}
	}
	t.Logf("most readings: %s, %q", which, d.Lemmas(i18n.Fold(which)))
	if longest >= most {
		t.Errorf("%s has so many lemmas that some are cut off", which)
	}
}

// TestSums: the vendored files are those that tools/dictionary made.
func TestSums(t *testing.T) {
	sums, err := os.ReadFile("data/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	made := fmt.Sprintf("%x  rules.aff.gz\n%x  words.dic.gz\n", sha256.Sum256(rulesFile), sha256.Sum256(wordsFile))
	if string(sums) != made {
		t.Errorf("checksums are\n%s, written down are\n%s", made, sums)
	}
}

// TestSize measures what a loaded dictionary costs.
func TestSize(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	d, err := Load()
	took := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	heap := float64(after.HeapAlloc-before.HeapAlloc) / (1 << 20)
	t.Logf("%d words, %d rule ends, loaded in %v, heap %.1f MB, allocated meanwhile %.1f MB",
		len(d.words.start), len(d.undo.byEnd), took, heap, float64(after.TotalAlloc-before.TotalAlloc)/(1<<20))
	if heap > 60 {
		t.Errorf("the dictionary takes %.1f MB, more than 60", heap)
	}
	if took > 5*time.Second { // 1 s is the aim; tests share their processor
		t.Errorf("loading took %v", took)
	}
	runtime.KeepAlive(d)
}

func TestLazyByMany(t *testing.T) {
	var lazy Lazy
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if got := lazy.Lemmas("szkoleń"); !slices.Equal(got, []string{"szkolenie"}) {
				t.Errorf("got %q", got)
			}
			if !lazy.Known("szkoła") || len(lazy.Suggest("matmatyka", 3)) == 0 {
				t.Error("not loaded")
			}
		})
	}
	group.Wait()
}

// TestNothingLoaded: a dictionary without data leaves words as they are.
func TestNothingLoaded(t *testing.T) {
	d := &Dictionary{letters: newLetters()}
	if got := d.Lemmas("Szkoleń"); !slices.Equal(got, []string{"szkolen"}) {
		t.Errorf("got %q", got)
	}
	if d.Known("szkoła") || d.Suggest("szkola", 3) != nil && len(d.Suggest("szkola", 3)) > 0 {
		t.Error("an empty dictionary knows words")
	}
}

func FuzzLemmas(f *testing.F) {
	for _, seed := range []string{"", "szkoleń", "najniepubliczniejszych", "nienie", "naj", "ąc", "Nowa Huta", "вчитель", "e\u0301\u0301", "a\xffb", strings.Repeat("nie", 30), "\u200bszkoła"} {
		f.Add(seed)
	}
	d := dictionary(f)
	f.Fuzz(func(t *testing.T, word string) {
		lemmas := d.Lemmas(word)
		if len(lemmas) > most || !slices.IsSorted(lemmas) || len(slices.Compact(slices.Clone(lemmas))) != len(lemmas) {
			t.Errorf("%q: %q", word, lemmas)
		}
		for _, l := range lemmas {
			if l == "" || i18n.Fold(l) != l {
				t.Errorf("%q: lemma %q is not folded", word, l)
			}
		}
		if (len(lemmas) == 0) != (fold(word) == "") {
			t.Errorf("%q: %q", word, lemmas)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLemmas(b *testing.B) {
	d := dictionary(b)
	words := strings.Fields("szkolenia dla nauczycieli matematyki klas młodszych w Wieliczce prowadzone przez doradców metodycznych niepublicznej poradni")
	for i := 0; b.Loop(); i++ {
		d.Lemmas(words[i%len(words)])
	}
}
