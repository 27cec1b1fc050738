package survey

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// About is what rounds of tests are about.
func (o *roundOwner) About(context.Context, *i18n.L, Round) (web.Link, error) {
	return web.Link{Text: "Algebra dla każdego", Href: "/szkolenia/x"}, nil
}

// TestUntil reads a midnight as the end of the day before it, in every language,
// and any other moment as it is.
func TestUntil(t *testing.T) {
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	midnight := time.Date(2026, 12, 12, 0, 0, 0, 0, web.Warsaw)
	for _, c := range []struct {
		at        time.Time
		pl, short string
	}{
		{midnight, "11\u00a0grudnia 2026 włącznie", "11.12.2026"},
		{midnight.Add(-time.Minute), "11\u00a0grudnia 2026, 23:59", "11.12.2026, 23:59"},
		{time.Date(2026, 3, 30, 0, 0, 0, 0, web.Warsaw), "29\u00a0marca 2026 włącznie", "29.03.2026"}, // the clock is moved on that day
	} {
		rd := Round{ClosesAt: c.at.Unix()}
		if got := until(catalog.In(i18n.PL), rd); got != c.pl {
			t.Errorf("%s: %q, want %q", c.at, got, c.pl)
		}
		if got := roundEnd(rd.ClosesAt); got != c.short {
			t.Errorf("%s: %q, want %q", c.at, got, c.short)
		}
	}
	for _, lang := range []i18n.Lang{i18n.EN, i18n.UK} {
		if got := until(catalog.In(lang), Round{ClosesAt: midnight.Unix()}); !strings.Contains(got, "11") || strings.Contains(got, "12") {
			t.Errorf("%s: %q", lang, got)
		}
	}
}

// TestAboutLine says of what a questionnaire is, and names no unit by its id.
func TestAboutLine(t *testing.T) {
	s := newRoundSite(t)
	var id RoundID
	s.write(func(tx *db.Tx) (err error) {
		id, err = s.Create(t.Context(), tx, roundBoss, Round{Owner: "test", Object: "k1", Definition: s.def, Mode: Confidential,
			OpensAt: roundNoon.Unix(), ClosesAt: time.Date(2026, 12, 12, 0, 0, 0, 0, web.Warsaw).Unix()})
		if err != nil {
			return err
		}
		return s.Invite(t.Context(), tx, id, []Invited{{"p01", "sp1"}, {"p02", "nameless"}})
	})
	s.must(s.Open(t.Context(), roundBoss, id))
	for person, unit := range map[string]bool{"p01": true, "p02": false} {
		doc := s.want(http.StatusOK, Path(id), person, nil)
		text := strings.Join(strings.Fields(doc.Find("main").Text()), " ")
		if about := doc.Find("h1 + [data-about] a"); about.AttrOr("href", "") != "/szkolenia/x" || about.Text() != "Algebra dla każdego" {
			t.Errorf("%s: it does not say what it is about: %.300s", person, text)
		}
		if strings.Contains(text, "Odpowiedź liczy się dla") != unit || strings.Contains(text, "nameless") || !strings.Contains(text, "11 grudnia 2026 włącznie") {
			t.Errorf("%s: %.300s", person, text)
		}
	}
	doc := s.want(http.StatusOK, Path(id)+"/druk", "secretary", nil)
	if text := strings.Join(strings.Fields(doc.Find("main").Text()), " "); !strings.Contains(text, "do 11 grudnia 2026 włącznie") || !strings.Contains(text, "Algebra dla każdego") {
		t.Errorf("paper: %.300s", text)
	}
}
