package jobs

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		attempt int
		chance  float64
		want    time.Duration
	}{
		{1, 0.5, 15 * time.Second},
		{1, 0, 11250 * time.Millisecond},
		{1, 1, 18750 * time.Millisecond},
		{2, 0.5, 45 * time.Second},
		{3, 0.5, 135 * time.Second},
		{7, 0.5, 10935 * time.Second},
		{8, 0.5, longestWait},
		{1000, 0.5, longestWait},
		{0, 0.5, 15 * time.Second},
	} {
		if got := backoff(c.attempt, c.chance); got != c.want {
			t.Errorf("backoff(%d, %v) = %v, want %v", c.attempt, c.chance, got, c.want)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"dial postgres://kladka:p@ss/w0rd@db:5432/x: refused": "dial postgres://kladka:***@db:5432/x: refused",
		"GET https://x.pl/a?token=abc&b=1: 401":               "GET https://x.pl/a?token=***&b=1: 401",
		"Authorization: Bearer eyJhbGciOiJub25lIn0.e30":       "Authorization: Bearer ***",
		"password=tajne user=x":                               "password=*** user=x",
		`{"client_secret":"abc","x":1}`:                       `{"client_secret":"***","x":1}`,
		"no mailbox zażółć.gęś@szkoła.krakow.pl":              "no mailbox ***@szkoła.krakow.pl",
		"pesel 44051401359 known":                             "pesel *** known",
		"basic training, token ring":                          "basic training, token ring",
		"two\nlines\tand\x00nul":                              "two lines and nul",
		"code=23505 at 1793001600":                            "code=23505 at 1793001600",
	} {
		if got := clean(errors.New(text)); got != want {
			t.Errorf("clean(%q) = %q, want %q", text, got, want)
		}
	}
	if got := shorten(strings.Repeat("ż", 600)); len([]rune(got)) != errorLength || !strings.HasSuffix(got, "ż…") {
		t.Errorf("shortened to %d letters", len([]rune(got)))
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a://b:c@d password=x\xff\x00")
	f.Fuzz(func(t *testing.T, text string) {
		got := shorten(clean(errors.New(text)))
		if strings.ContainsAny(got, "\x00\n") || len([]rune(got)) > errorLength || got != strings.ToValidUTF8(got, "") {
			t.Errorf("%q", got)
		}
	})
}
