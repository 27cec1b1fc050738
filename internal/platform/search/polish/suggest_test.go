package polish

import (
	"slices"
	"strings"
	"testing"

	"kladka/internal/platform/i18n"
)

func TestSuggest(t *testing.T) {
	d := dictionary(t)
	for _, tt := range []struct {
		name, typed, want string
		among             int // the first so many
	}{
		{"a letter missing", "matmatyka", "matematyka", 1},
		{"a letter too many", "szkolleń", "szkoleń", 1},
		{"neighbors swapped", "szokła", "szkoła", 3},
		{"another letter", "szkolwnie", "szkolenie", 2},
		{"marks missing", "zolty", "żółty", 1},
		{"a form, not a base form", "nauczycieloom", "nauczycielom", 1},
		{"sounds alike", "żeka", "rzeka", 2},
		{"sounds alike", "hemia", "chemia", 2},
		{"sounds alike", "bioologii", "biologii", 1},
		{"two slips", "matmatyak", "matematyka", 3},
		{"a town", "Wielczka", "Wieliczka", 3},
	} {
		got := d.Suggest(tt.typed, 8)
		if at := slices.Index(got, tt.want); at < 0 || at >= tt.among {
			t.Errorf("%s: %s gives %q, want %s among the first %d", tt.name, tt.typed, got, tt.want, tt.among)
		}
	}
	for _, nothing := range []string{"", "123", "вчитель", "qqqqqqqqqqqqqqq", strings.Repeat("a", 500), "dwa słowa"} {
		if got := d.Suggest(nothing, 5); len(got) > 0 {
			t.Errorf("%q gives %q", nothing, got)
		}
	}
	if got := d.Suggest("matmatyka", 0); got != nil {
		t.Errorf("none asked for, %q given", got)
	}
	if got := d.Suggest("szkoła", 20); slices.Contains(got, "szkoła") || len(got) > 20 {
		t.Errorf("szkoła gives %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"szkoła", "szkoła", 0},
		{"", "abc", 3},
		{"szkoła", "szkola", 1},
		{"szkoła", "szokła", 1},
		{"ca", "abc", 3}, // no letter is touched twice
		{"matematyka", "matmatyka", 1},
		{"matematyka", "matmatyak", 2},
		{"kot", "pies", Far},
		{"szkolenie", "szkołą", Far},
		{"abcdefgh", "defgh", 3},
		{"abcdefgh", "efgh", Far},
		{strings.Repeat("a", 64), strings.Repeat("a", 63) + "b", 1},
		{strings.Repeat("a", 65), strings.Repeat("a", 64) + "b", Far},
	} {
		if got := Distance(tt.a, tt.b); got != tt.want {
			t.Errorf("%q to %q is %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := Distance(tt.b, tt.a); got != tt.want {
			t.Errorf("%q to %q is %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

// FuzzDistance compares with the plain way to count, which needs the whole table.
func FuzzDistance(f *testing.F) {
	f.Add("szkoła", "szokła")
	f.Add("ab", "ba")
	f.Add("abcabcabcabc", "bcabcabcabca")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := []rune(a), []rune(b)
		if a == b || len(x) > longest || len(y) > longest || !slices.Equal([]rune(string(x)), x) {
			return
		}
		if got, want := Distance(a, b), min(whole(x, y), Far); got != want {
			t.Errorf("%q to %q is %d, want %d", a, b, got, want)
		}
	})
}

func whole(x, y []rune) int {
	table := make([][]int, len(x)+1)
	for i := range table {
		table[i] = make([]int, len(y)+1)
		table[i][0] = i
	}
	for j := range y {
		table[0][j+1] = j + 1
	}
	for i := range x {
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			table[i+1][j+1] = min(table[i][j]+cost, table[i][j+1]+1, table[i+1][j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				table[i+1][j+1] = min(table[i+1][j+1], table[i-1][j-1]+1)
			}
		}
	}
	return table[len(x)][len(y)]
}

func FuzzSuggest(f *testing.F) {
	f.Add("matmatyka")
	f.Add("Łudź")
	d := dictionary(f)
	f.Fuzz(func(t *testing.T, word string) {
		if len(word) > 100 {
			return
		}
		for _, s := range d.Suggest(word, 5) {
			if i18n.Fold(s) == "" || !d.Known(s) {
				t.Errorf("%q gives %q, which is not known", word, s)
			}
		}
	})
}

func BenchmarkSuggest(b *testing.B) {
	d := dictionary(b)
	for _, word := range []string{"zeka", "matmatyka", "nauczycieloom", "niepublicznyhc"} {
		b.Run(word, func(b *testing.B) {
			for b.Loop() {
				d.Suggest(word, 8)
			}
		})
	}
}
