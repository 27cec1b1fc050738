package i18n

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func source(pl, en, uk string) fstest.MapFS {
	return fstest.MapFS{
		"messages/pl.json": {Data: []byte(pl)},
		"messages/en.json": {Data: []byte(en)},
		"messages/uk.json": {Data: []byte(uk)},
	}
}

func TestPlurals(t *testing.T) {
	c, err := Load(source(
		`{"s":{"one":"{n} szkoła","few":"{n} szkoły","many":"{n} szkół"}}`,
		`{"s":{"one":"{n} school","other":"{n} schools"}}`,
		`{"s":{"one":"{n} школа","few":"{n} школи","many":"{n} шкіл"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		lang Lang
		n    int
		want string
	}{
		{PL, 0, "0 szkół"}, {PL, 1, "1 szkoła"}, {PL, 2, "2 szkoły"}, {PL, 5, "5 szkół"},
		{PL, 12, "12 szkół"}, {PL, 21, "21 szkół"}, {PL, 22, "22 szkoły"}, {PL, 15000, "15\u00a0000 szkół"},
		{EN, 1, "1 school"}, {EN, 1649, "1,649 schools"},
		{UK, 1, "1 школа"}, {UK, 21, "21 школа"}, {UK, 12, "12 шкіл"}, {UK, 1649, "1\u00a0649 шкіл"},
	} {
		if got := c.In(tt.lang).N("s", tt.n); got != tt.want {
			t.Errorf("%s %d: got %q, want %q", tt.lang, tt.n, got, tt.want)
		}
	}
}

func TestCheckFindsWhatIsMissing(t *testing.T) {
	c, err := Load(source(
		`{"a":"x {name}","b":{"one":"1","few":"2"},"c":"x"}`,
		`{"a":"x {nom}","b":{"one":"1","other":"2"}}`,
		`{"a":"x {name}","b":"y","c":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(c.Check(), "\n")
	for _, want := range []string{`en: a takes`, `pl: b lacks the form "many"`, `uk: b is plural in one language only`, `en: c is missing`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, pl := range map[string]string{
		"broken JSON": `{`, "open brace": `{"a":"x {name"}`, "nameless argument": `{"a":"x {}"}`,
	} {
		if _, err := Load(source(pl, `{}`, `{}`)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	twice := source(`{"a":"x"}`, `{"a":"x"}`, `{"a":"x"}`)
	if _, err := Load(twice, twice); err == nil {
		t.Error("a key stated twice: no error")
	}
}

func TestDates(t *testing.T) {
	day := time.Date(2026, time.November, 22, 14, 5, 0, 0, time.UTC)
	for lang, want := range map[Lang]string{
		PL: "niedziela, 22\u00a0listopada 2026",
		EN: "Sunday, 22\u00a0November 2026",
		UK: "неділя, 22\u00a0листопада 2026",
	} {
		if got := (&L{Lang: lang}).Day(day); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOrderIsPolish(t *testing.T) {
	names := []string{"Szkoła nr 10", "Łódź", "Lublin", "szkoła nr 2", "Świątniki", "Zabierzów", "Żabno", "Ćwiklice", "Czernichów", "„Gwiazdka” – przedszkole"}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(SortKey(a), SortKey(b)) })
	want := []string{"Czernichów", "Ćwiklice", "„Gwiazdka” – przedszkole", "Lublin", "Łódź", "szkoła nr 2", "Szkoła nr 10", "Świątniki", "Zabierzów", "Żabno"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q", names)
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Łódź-Górna": "lodz gorna", "  SP  nr 4. ": "sp nr 4", "Київ": "киів", "": "", "---": "",
	} {
		if got := Fold(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
func TestFoldBrokenText(t *testing.T) {
	long := strings.Repeat("1", 78)
	if got := Fold(long + "\xf3ť"); got != long+" t" {
		t.Errorf("%q", got)
	}
}
