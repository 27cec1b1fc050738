package app_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// TestFromRosterToSharedComputer walks the way of a class: the head makes it,
// adds pupils and prints cards; a pupil signs in at a computer of the school;
// the next one finds nothing.
func TestFromRosterToSharedComputer(t *testing.T) {
	testkit.EachDB(t, app.Modules(), func(t *testing.T, d *db.DB) {
		h := openHouseOn(t, d, string(demo.School))
		head := h.as(access.SchoolHead)
		classes := "/instytucje/" + string(h.schoolOf(access.SchoolHead)) + "/klasy"
		res := head.post(classes, url.Values{"nazwa": {"9z"}, "rok": {head.page(classes).Find(`input[name="rok"]`).First().AttrOr("value", "")}})
		class := res.Header.Get("Location")
		if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(class, classes+"/") {
			t.Fatalf("create: %d %s", res.StatusCode, body(t, res))
		}
		if res := head.post(class+"/uczniowie", url.Values{"osoby": {"Żaneta Ćwiąkalska\nJan Lis"}}); res.StatusCode != http.StatusSeeOther {
			t.Fatalf("add: %d %s", res.StatusCode, body(t, res))
		}
		for _, role := range []access.Role{access.AuthorityOfficer, access.Administrator, access.Teacher, access.Pupil} {
			if got := h.as(role).try(http.MethodGet, class); got != "forbidden" && got != "absent" {
				t.Errorf("%s at a roster: %s", role, got)
			}
		}
		res = head.post(class+"/karty", url.Values{"kto": {"bez"}})
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/pdf" || res.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("print: %d %s", res.StatusCode, res.Header)
		}
		paper, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		cards := printedCards(t, paper)
		if len(cards) != 2 {
			t.Fatalf("%d cards on the paper", len(cards))
		}
		computer := h.stranger()
		computer.enterByCard(cards[0], true)
		if who := text(computer.page("/konto").Find(".me").First()); who != "Żaneta Ćwiąkalska" {
			t.Errorf("signed in as %q", who)
		}
		if doc := computer.page("/moje-sprawy"); doc.Find("body[data-idle]").Length() != 1 || doc.Find(`form.finish[action="`+web.SignOutPath+`"]`).Length() != 1 {
			t.Error("the page does not know that the computer is shared")
		}
		computer.post(web.SignOutPath, url.Values{})
		for _, path := range []string{"/konto", "/moje-sprawy"} {
			res := computer.get(path)
			if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" {
				t.Errorf("Back to %s: %d to %s", path, res.StatusCode, res.Header.Get("Location"))
			}
		}
		if strings.Contains(body(t, computer.get("/")), "Ćwiąkalska") {
			t.Error("the start page names the pupil before")
		}
		computer.enterByCard(cards[1], true)
		if who := text(computer.page("/konto").Find(".me").First()); who != "Jan Lis" {
			t.Errorf("the next is %q", who)
		}
		computer.get(web.FinishedPath)
		computer.enterByCard(cards[0], false)
	})
}

func (h *house) schoolOf(role access.Role) access.InstitutionID {
	h.t.Helper()
	a, err := h.Access().Actor(context.Background(), h.person(role))
	if err != nil {
		h.t.Fatal(err)
	}
	return a.Roles[0].Institution
}

// enterByCard takes the steps of a pupil, choosing pictures at the first use.
func (v *visitor) enterByCard(c printedCard, first bool) {
	v.t.Helper()
	res := v.post("/konto/karta", url.Values{"nr": {c.number}, "kod": {c.secret}})
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/konto/karta/pin" {
		v.t.Fatalf("the secret: %d %s", res.StatusCode, body(v.t, res))
	}
	form := url.Values{"obrazek": {"moon", "key", "fish", "kite"}}
	if first {
		form.Set("pewne", "tak")
	}
	if res := v.post("/konto/karta/pin", form); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/moje-sprawy" {
		v.t.Fatalf("the PIN: %d to %s, %s", res.StatusCode, res.Header.Get("Location"), body(v.t, res))
	}
}

type printedCard struct{ number, secret string }

var (
	drawnText   = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) ?Tj`)
	numberShape = regexp.MustCompile(`^[0-9]{4}\s[0-9]{4}$`)
	letterShape = regexp.MustCompile(`^[2-9A-HJKMNP-Z]$`)
)

// printedCards reads numbers and secrets off the paper, as a pupil does: each
// letter of a secret is drawn by itself.
func printedCards(t *testing.T, file []byte) []printedCard {
	t.Helper()
	var cards []printedCard
	for _, part := range bytes.Split(file, []byte("stream\n"))[1:] {
		z, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil {
			continue
		}
		plain, _ := io.ReadAll(z)
		for _, m := range drawnText.FindAllSubmatch(plain, -1) {
			raw := []byte(strings.NewReplacer(`\\`, `\`, `\(`, `(`, `\)`, `)`, `\r`, "\r").Replace(string(m[1])))
			var units []uint16
			for i := 0; i+1 < len(raw); i += 2 {
				units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
			}
			said := strings.ReplaceAll(string(utf16.Decode(units)), "\u00a0", " ")
			switch n := len(cards) - 1; {
			case numberShape.MatchString(said):
				cards = append(cards, printedCard{number: said})
			case n >= 0 && letterShape.MatchString(said) && len(cards[n].secret) < 11:
				cards[n].secret += said
			}
		}
	}
	return cards
}
