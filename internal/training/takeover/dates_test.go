package takeover

import (
	"testing"
	"time"
)

func TestParseDay(t *testing.T) {
	for text, want := range map[string]string{
		"2024-03-05": "2024-03-05", "2024.3.5": "2024-03-05", "05.03.2024": "2024-03-05", "5.3.2024 r.": "2024-03-05", "05/03/2024": "2024-03-05",
		"5 marca 2024": "2024-03-05", "5 Marca 2024 roku": "2024-03-05", "5 III 2024": "2024-03-05", "5. marzec 2024": "2024-03-05", "5 березня 2024": "2024-03-05",
		"5 March 2024": "2024-03-05", "7 września 2019": "2019-09-07", "45356": "2024-03-05", "45356,5": "2024-03-05", "45356.0": "2024-03-05",
		"2024-03-05 00:00:00": "2024-03-05", "2024-03-05T12:30Z": "2024-03-05", " 29.02.2024 ": "2024-02-29",
		// Refused: better a question than a wrong date.
		"": "", "05.03.24": "", "03-05-24": "", "31.02.2024": "", "29.02.2023": "", "2024-13-01": "", "0.3.2024": "", "5 marcja 2024": "", "marzec 2024": "", "wczoraj": "",
		"1899-01-01": "", "2101-01-01": "", "12345678": "", "99999": "", "07000": "", "5 0 2024": "", "2024": "",
	} {
		if got, ok := ParseDay(text); got != want || ok != (want != "") {
			t.Errorf("%q is %q (%v), want %q", text, got, ok, want)
		}
	}
}

func FuzzParseDay(f *testing.F) {
	for _, seed := range []string{"2024-03-05", "05.03.2024", "5 marca 2024", "45356", "31.02.2024", "2024-03-05 00:00", "\xff r."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		day, ok := ParseDay(text)
		if ok != (day != "") {
			t.Fatalf("%q: %q, %v", text, day, ok)
		}
		if !ok {
			return
		}
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			t.Fatalf("%q gives %q", text, day)
		}
		if again, ok := ParseDay(day); !ok || again != day {
			t.Fatalf("%q read again is %q", day, again)
		}
	})
}
