package access

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// A pupil in the network of the school spends every guess of it; the teacher
// still gets in where she got in before, and nowhere else there.
func TestPrankInTheStaffRoom(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		l := openLodge(t, d)
		l.add("Ewa Łoś", "ewa@example.org", goodPassword)
		l.add("Jan Kos", "jan@example.org", goodPassword)
		hers := l.signIn("ewa@example.org")
		hers.send("/konto/wyloguj")

		prankster := l.browser()
		for range guessesPerAccount + 5 {
			prankster.send(web.SignInPath, "email", "ewa@example.org", "password", "nie to hasło wcale")
		}
		if a := l.browser().send(web.SignInPath, "email", "ewa@example.org", "password", goodPassword); a.status != http.StatusTooManyRequests {
			t.Errorf("a browser nobody knows: %d", a.status)
		}
		if a := hers.send(web.SignInPath, "email", "ewa@example.org", "password", goodPassword); a.status != http.StatusSeeOther {
			t.Errorf("her own browser: %d %s", a.status, a.text)
		}
		// Whoever sits down at her computer has a few guesses, no more.
		hers.send("/konto/wyloguj")
		wrong, held := 0, false
		for range 3 * guessesOfKnown {
			a := hers.send(web.SignInPath, "email", "ewa@example.org", "password", "nie to hasło wcale")
			if held = a.status == http.StatusTooManyRequests; held {
				break
			}
			wrong++
		}
		if !held || wrong > guessesOfKnown {
			t.Errorf("%d wrong passwords before the browser was held, held %t", wrong, held)
		}
	})
}

func TestMarksOfABrowser(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	day := "20000"
	l.clock.at = time.Unix(20000*86400, 0).Add(time.Hour)
	m := marks{number: strings.Repeat("A", 26)}
	m.list = []string{l.markOf(m.number, "ewa@example.org", day)}
	c := Caller{Marks: m.String()}
	if !l.knows(c, "ewa@example.org") {
		t.Fatal("her own browser is not known")
	}
	for name, other := range map[string]Caller{
		"no mark": {}, "nonsense": {Marks: "....-.-"}, "another browser's number": {Marks: strings.Repeat("B", 26) + "." + m.list[0]},
		"a later day": {Marks: m.number + ".20001" + m.list[0][len(day):]}, "no number": {Marks: "." + m.list[0]},
	} {
		if l.knows(other, "ewa@example.org") {
			t.Errorf("%s is known", name)
		}
	}
	if l.knows(c, "jan@example.org") {
		t.Error("the mark of one account serves another")
	}
	l.clock.at = l.clock.at.Add(knownFor)
	if l.knows(c, "ewa@example.org") {
		t.Error("a mark of half a year ago still holds")
	}
}

// Links by mail: the hourly letters of a network, spent by somebody else.
func TestPrankWithLetters(t *testing.T) {
	l := openLodge(t, testkit.SQLite(t, tables))
	l.add("Ewa Łoś", "ewa@example.org", goodPassword)
	hers := l.signIn("ewa@example.org")
	hers.send("/konto/wyloguj")
	for range lettersOfNetwork + 1 {
		l.browser().send(linkPath, "email", "ewa@example.org")
	}
	if a := l.browser().send(linkPath, "email", "ewa@example.org"); a.status != fault.TooMany.Status() {
		t.Errorf("a browser nobody knows: %d", a.status)
	}
	before := len(l.post.letters)
	if a := hers.send(linkPath, "email", "ewa@example.org"); a.status != http.StatusSeeOther || len(l.post.letters) != before+1 {
		t.Errorf("her own browser: %d, %d letters more", a.status, len(l.post.letters)-before)
	}
}
