package access

import (
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/access/card"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// cardHouse is a running program with one school and its pupils.
type cardHouse struct {
	*Service
	t      *testing.T
	db     *db.DB
	clock  *clock
	told   *[]string
	log    *bytes.Buffer
	server *httptest.Server
	school InstitutionID
	head   Actor
}

func openCardHouse(t *testing.T, d *db.DB) *cardHouse {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages, card.Messages)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	h := &cardHouse{t: t, db: d, clock: &clock{time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}, told: &[]string{}, log: &bytes.Buffer{}, school: NewInstitutionID()}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	var mu sync.Mutex
	h.Service = New(Config{DB: d, Catalog: catalog, Log: log, Now: h.clock.now, Letters: &wayPost{}, Keys: secrets.New(),
		Tell: func(_ context.Context, _ *db.Tx, _ PersonID, key string, _ map[string]string, _ string, _ bool) error {
			mu.Lock()
			defer mu.Unlock()
			*h.told = append(*h.told, key)
			return nil
		}})
	h.Connect(reachOf{})
	sh := web.New(web.Config{Catalog: catalog, Assets: files, Log: log, Now: h.clock.now}, h.Sessions, h.Viewer)
	h.Routes(sh)
	sh.Handle("GET /{$}", web.Public, func(w http.ResponseWriter, _ *web.Request) error { return nil })
	sh.Handle("GET /moje-sprawy", Can(SeeDesk), func(w http.ResponseWriter, r *web.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		_, err := io.WriteString(w, "<main>"+ActorOf(r.Request).Name+"</main>")
		return err
	})
	h.server = httptest.NewServer(sh)
	t.Cleanup(h.server.Close)
	id, err := h.AddPerson(t.Context(), System(), NewPerson{Name: "Ewa Łoś", Email: "ewa@example.org", Roles: []Held{{SchoolHead, h.school}}})
	if err != nil {
		t.Fatal(err)
	}
	h.head = Actor{Person: id, Name: "Ewa Łoś", Roles: []Held{{SchoolHead, h.school}}, reach: reachOf{}}
	return h
}

func (h *cardHouse) pupil(name string) (id PersonID) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), func(tx *db.Tx) (err error) {
		id, err = h.AddPupil(h.t.Context(), tx, h.head, name, h.school, h.clock.at)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *cardHouse) issue(again bool, people ...PersonID) []Printed {
	h.t.Helper()
	cards, err := h.IssueCards(h.t.Context(), h.head, h.school, people, again)
	if err != nil {
		h.t.Fatal(err)
	}
	return cards
}

// usedCard is a card of which the PIN is chosen.
func (h *cardHouse) usedCard(name string, pictures ...string) Printed {
	h.t.Helper()
	c := h.issue(false, h.pupil(name))[0]
	pin, err := card.ChoosePictures(pictures)
	if err == nil {
		err = h.choosePIN(h.t.Context(), h.living(c.Number), pin)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *cardHouse) living(n card.Number) livingCard {
	h.t.Helper()
	c, err := cardByNumber(h.t.Context(), h.db, n)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *cardHouse) browser() *browser { return (&lodge{t: h.t, server: h.server}).browser() }

// press sends a form whose fields may repeat.
func (b *browser) press(path string, form url.Values) answer {
	b.t.Helper()
	res, err := b.client.PostForm(b.base+path, form)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	a := answer{res.StatusCode, res.Header.Get("Location"), res.Header, doc, strings.Join(strings.Fields(doc.Find("main").Text()), " ")}
	if strings.Contains(a.text, "⟦") {
		b.t.Errorf("POST %s lacks a text: %s", path, a.text)
	}
	return a
}

func (b *browser) card(c Printed) answer {
	b.t.Helper()
	return b.send(cardPath, "nr", c.Number.Format(), "kod", strings.ToLower(c.Secret.Format()))
}

var mine = []string{"moon", "key", "fish", "kite"}

func pictures(names []string, more ...string) url.Values {
	form := url.Values{pictureField: names}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

// wrongSecret is a well-formed secret of no card.
func wrongSecret() card.Secret { return card.New() }

func TestCardDelay(t *testing.T) {
	for wrong, want := range map[int]time.Duration{0: 0, 10: 0, 11: time.Second, 12: 2 * time.Second, 13: 4 * time.Second, 16: 32 * time.Second,
		17: time.Minute, 18: time.Minute, 1_000_000: time.Minute} {
		if got := cardDelay(wrong, 10, time.Minute); got != want {
			t.Errorf("after %d wrong tries: %s, want %s", wrong, got, want)
		}
	}
	if got := cardDelay(506, 500, 10*time.Second); got != 10*time.Second {
		t.Errorf("longer than the longest: %s", got)
	}
	last := time.Duration(0)
	for wrong := range 40 {
		d := cardDelay(wrong, 5, time.Minute)
		if d < last || d > time.Minute {
			t.Errorf("after %d: %s", wrong, d)
		}
		last = d
	}
}

func TestIssueCardsRefuses(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		ctx, id, elsewhere := t.Context(), h.pupil("Ala Kot"), NewInstitutionID()
		as := func(r Role, at InstitutionID) Actor {
			return Actor{Person: "x", Roles: []Held{{r, at}}, reach: reachOf{}}
		}
		for name, tt := range map[string]struct {
			who    Actor
			at     InstitutionID
			people []PersonID
			want   fault.Kind
		}{
			"stranger":                {Stranger(), h.school, []PersonID{id}, fault.SignedOut},
			"teacher":                 {as(Teacher, h.school), h.school, []PersonID{id}, fault.NotFound},
			"secretary":               {as(SchoolSecretary, h.school), h.school, []PersonID{id}, fault.NotFound},
			"tutor of another school": {as(ClassTutor, elsewhere), h.school, []PersonID{id}, fault.NotFound},
			"officer":                 {as(AuthorityOfficer, h.school), h.school, []PersonID{id}, fault.NotFound},
			"foreign pupil":           {as(SchoolHead, elsewhere), elsewhere, []PersonID{id}, fault.NotFound},
			"no pupil":                {h.head, h.school, []PersonID{h.head.Person}, fault.NotFound},
			"nobody":                  {h.head, h.school, nil, fault.Invalid},
			"too many":                {h.head, h.school, make([]PersonID, mostCards+1), fault.Invalid},
		} {
			if cards, err := h.IssueCards(ctx, tt.who, tt.at, tt.people, false); err == nil || fault.KindOf(err) != tt.want || len(cards) > 0 {
				t.Errorf("%s: %d cards, %v", name, len(cards), err)
			}
		}
		h.issue(false, id)
		if _, err := h.IssueCards(ctx, h.head, h.school, []PersonID{id}, false); fault.KindOf(err) != fault.Conflict {
			t.Errorf("pressed twice: %v", err)
		}
	})
}

func TestPupilNames(t *testing.T) {
	for name, want := range map[string]string{"": "cards.fault.name", "Al": "cards.fault.name", "...": "cards.fault.name", "Ala <b>": "cards.fault.name",
		"Ala Kot 12345678901": "cards.fault.name_digits", "Ala Kot 2015-03-04": "cards.fault.name_digits", "ala@kot": "cards.fault.name",
		strings.Repeat("a", 121): "cards.fault.name", "Ala Kot": "", "Ґанна О’Коннор-Łoś": ""} {
		got := ""
		if e := fault.As(CheckPupilName(name)); e != nil {
			got = e.Key
		}
		if got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// TestFirstAndLaterSignIn walks both: without scripts, on a computer that the
// next pupil uses.
func TestFirstAndLaterSignIn(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		c := h.issue(false, h.pupil("Ala Kot"))[0]
		b := h.browser()
		if a := b.get(cardPath + "?nr=" + string(c.Number)); a.doc.Find("#nr").AttrOr("value", "") != c.Number.Format() || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("the number of the QR code is not filled in: %s", a.text)
		}
		b.get(pinPath).want(t, "the second step first", http.StatusSeeOther, cardPath)
		planted := b.cookie()
		b.card(c).want(t, "the secret", http.StatusSeeOther, pinPath)
		if b.cookie() == planted {
			t.Error("the session kept its token")
		}
		if a := b.get("/moje-sprawy"); a.status == http.StatusOK {
			t.Error("in without a PIN")
		}
		a := b.get(pinPath)
		if a.doc.Find(".pictures button").Length() != 24 || a.doc.Find(`[data-promise="who-sees"]`).Length() != 1 || !strings.Contains(a.text, "Ala Kot") {
			t.Fatalf("the page of a first use: %s", a.text)
		}
		for n := range mine {
			a = b.press(pinPath, pictures(mine[:n+1]))
			if a.status != http.StatusOK {
				t.Fatalf("picture %d: %d %s", n+1, a.status, a.text)
			}
		}
		if a.doc.Find("ol.pictures li").Length() != 4 {
			t.Error("the pictures are not shown before they are kept")
		}
		if a := b.press(pinPath, pictures([]string{"moon", "moon", "moon", "moon"})); a.status != http.StatusUnprocessableEntity || a.doc.Find(".errsum a").Length() != 1 {
			t.Errorf("too easy pictures: %d", a.status)
		}
		b.press(pinPath, pictures(mine, "pewne", "tak")).want(t, "chosen", http.StatusSeeOther, "/moje-sprawy")
		if a := b.get("/moje-sprawy"); a.text != "Ala Kot" {
			t.Errorf("not in: %d %s", a.status, a.text)
		}
		if v := h.living(c.Number); v.UsedAt == nil || *v.UsedAt != h.clock.at.Unix() || v.Kind != picturePIN {
			t.Errorf("first use is not noted: %+v", v)
		}

		later := h.browser()
		h.clock.at = h.clock.at.Add(time.Hour)
		later.card(c).want(t, "the secret again", http.StatusSeeOther, pinPath)
		if a := later.get(pinPath); !strings.Contains(a.text, "10:00") || a.doc.Find("h2#pierwszy-raz").Length() != 1 {
			t.Errorf("no word of the first use: %s", a.text)
		}
		if a := later.press(pinPath, pictures([]string{"key", "moon", "fish", "kite"})); a.status != http.StatusUnprocessableEntity {
			t.Errorf("wrong order: %d", a.status)
		}
		if a := later.press(pinPath, url.Values{"pewne": {"tak"}, wordField: {"kot i drabina"}, "slowo2": {"kot i drabina"}}); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a new PIN over the old: %d", a.status)
		}
		later.press(pinPath, pictures(mine)).want(t, "right", http.StatusSeeOther, "/moje-sprawy")
		later.press(pinPath, pictures(mine)).want(t, "the same again", http.StatusSeeOther, cardPath)
	})
}

func TestWordPIN(t *testing.T) {
	h := openCardHouse(t, testkit.SQLite(t, tables))
	c := h.issue(false, h.pupil("Ala Kot"))[0]
	b := h.browser()
	b.card(c)
	for word, twice := range map[string]string{"kot": "kot", "alakot": "alakot", "zielony most": "zielony mostek", "": "", "123456": "123456"} {
		if a := b.send(pinPath, wordField, word, "slowo2", twice); a.status != http.StatusUnprocessableEntity || a.doc.Find("#slowo-error").Length() != 1 {
			t.Errorf("%q, %q: %d", word, twice, a.status)
		}
	}
	b.send(pinPath, wordField, "Zielony Most", "slowo2", "Zielony Most").want(t, "a word", http.StatusSeeOther, "/moje-sprawy")
	b = h.browser()
	b.card(c)
	if a := b.get(pinPath); a.doc.Find("#slowo").Length() != 1 || a.doc.Find(".pictures").Length() != 0 {
		t.Error("asked for pictures")
	}
	b.send(pinPath, wordField, "zielonymost").want(t, "the word in small letters", http.StatusSeeOther, "/moje-sprawy")
}

// TestKeptSheet: a tutor kept a copy of what was printed.
func TestKeptSheet(t *testing.T) {
	h := openCardHouse(t, testkit.SQLite(t, tables))
	c := h.usedCard("Ala Kot", mine...)
	thief := h.browser()
	thief.card(c).want(t, "the printed secret", http.StatusSeeOther, pinPath)
	if a := thief.press(pinPath, pictures(mine[1:], "pewne", "tak")); a.status == http.StatusSeeOther {
		t.Error("three pictures were enough")
	}
	others := []string{"star", "tree", "book", "boat"}
	for n := range 5 {
		if a := thief.press(pinPath, pictures(others)); a.status != http.StatusUnprocessableEntity {
			t.Fatalf("guess %d: %d", n, a.status)
		}
	}
	thief.press(pinPath, pictures(others))
	if a := thief.press(pinPath, pictures(mine)); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("guesses go on without a pause: %d", a.status)
	}
	if a := thief.get("/moje-sprawy"); a.status == http.StatusOK {
		t.Error("the thief is in")
	}
	if len(*h.told) != 1 || (*h.told)[0] != "cards.told.guesses" {
		t.Errorf("the pupil was told %v", *h.told)
	}
	// From another network it is the same card and the same pause.
	err := h.checkPIN(t.Context(), h.living(c.Number), must(card.ReadPictures(mine)))
	if fault.KindOf(err) != fault.TooMany {
		t.Errorf("elsewhere: %v", err)
	}
	h.clock.at = h.clock.at.Add(time.Second)
	if err := h.checkPIN(t.Context(), h.living(c.Number), must(card.ReadPictures(mine))); err != nil {
		t.Errorf("the right pictures after the pause: %v", err)
	}
	// Used before the pupil, it shows: the pupil is asked for what they never chose.
	d := h.issue(false, h.pupil("Jan Lis"))[0]
	first := h.browser()
	first.card(d)
	first.press(pinPath, pictures(others, "pewne", "tak")).want(t, "the thief first", http.StatusSeeOther, "/moje-sprawy")
	pupil := h.browser()
	pupil.card(d)
	if a := pupil.get(pinPath); a.doc.Find("h2#pierwszy-raz").Length() != 1 {
		t.Error("the pupil does not learn of the first use")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestTwoBrowsersChooseAtOnce(t *testing.T) {
	testkit.EachIsolation(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		c := h.living(h.issue(false, h.pupil("Ala Kot"))[0].Number)
		pins := []card.PIN{must(card.ChoosePictures(mine)), must(card.ChooseWord("zielony most")), must(card.ChooseWord("cztery drabiny"))}
		errs := make([]error, len(pins))
		var wg sync.WaitGroup
		for i, pin := range pins {
			wg.Go(func() { errs[i] = h.choosePIN(t.Context(), c, pin) })
		}
		wg.Wait()
		won := -1
		for i, err := range errs {
			if err == nil && won >= 0 {
				t.Fatal("two won")
			}
			if err == nil {
				won = i
			} else if fault.KindOf(err) != fault.Conflict {
				t.Error(err)
			}
		}
		if won < 0 {
			t.Fatal("nobody won")
		}
		for i, pin := range pins {
			if err := h.checkPIN(t.Context(), h.living(c.Number), pin); (err == nil) != (i == won) {
				t.Errorf("PIN %d of the winner %d: %v", i, won, err)
			}
		}
	})
}

// TestGuessingIsSlowed: in two processes over one database, at known and made-up
// numbers alike.
func TestGuessingIsSlowed(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		c := h.issue(false, h.pupil("Ala Kot"))[0]
		other := New(Config{DB: d, Catalog: h.catalog, Log: slog.New(slog.DiscardHandler), Now: h.clock.now, Keys: h.keys})
		two := []*Service{h.Service, other}
		numbers := []card.Number{c.Number, card.NewNumber()}
		const net = "192.0.2.1"
		var first error
		for n := range 11 {
			err := two[n%2].checkCard(t.Context(), net, numbers[n/2%2], wrongSecret(), "")
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("guess %d: %v", n+1, err)
			}
			if first == nil {
				first = err
			}
			if err.Error() != first.Error() {
				t.Errorf("an unknown number reads %q, a known one %q", err, first)
			}
		}
		for n, want := range []int64{1, 2, 4, 8, 16, 32, 60, 60} {
			for _, s := range two {
				for _, number := range numbers {
					err := s.checkCard(t.Context(), net, number, c.Secret, "")
					var p pause
					if !errors.As(err, &p) || p.seconds != want || fault.KindOf(err) != fault.TooMany {
						t.Fatalf("pause %d: %v, want %d s", n+1, err, want)
					}
				}
			}
			if err := h.checkCard(t.Context(), "198.51.100.7", c.Number, c.Secret, ""); err != nil {
				t.Fatalf("another network: %v", err)
			}
			h.clock.at = h.clock.at.Add(time.Duration(want) * time.Second)
			if err := two[n%2].checkCard(t.Context(), net, numbers[n%2], wrongSecret(), ""); fault.KindOf(err) != fault.Invalid {
				t.Fatalf("after pause %d: %v", n+1, err)
			}
		}
		h.clock.at = h.clock.at.Add(time.Minute)
		if err := other.checkCard(t.Context(), net, c.Number, c.Secret, ""); err != nil {
			t.Errorf("the right one after the pause: %v", err)
		}
	})
}

// TestPranksterLocksNobody: nonsense comes from the same network without end, at
// the very card of the victim; who waits as told gets in.
func TestPranksterLocksNobody(t *testing.T) {
	h := openCardHouse(t, testkit.SQLite(t, tables))
	c := h.usedCard("Ala Kot", mine...)
	prankster, pupil := h.browser(), h.browser()
	nonsense := func() answer {
		return prankster.send(cardPath, "nr", string(c.Number), "kod", wrongSecret().Format())
	}
	for range 20 {
		nonsense()
		h.clock.at = h.clock.at.Add(time.Minute)
		nonsense() // the first in each window
	}
	a := pupil.card(c)
	if a.status != http.StatusTooManyRequests || a.doc.Find(`input[name="bilet"]`).Length() != 1 {
		t.Fatalf("no pause for the pupil: %d %s", a.status, a.text)
	}
	if a.doc.Find(`input[name="kod"]`).AttrOr("value", "") != "" {
		t.Error("the page repeats the secret")
	}
	ticket := a.doc.Find(`input[name="bilet"]`).AttrOr("value", "")
	if again := pupil.send(cardPath, "nr", string(c.Number), "kod", c.Secret.Format(), "bilet", ticket); again.status != http.StatusTooManyRequests {
		t.Errorf("too early with a ticket: %d", again.status)
	}
	h.clock.at = h.clock.at.Add(time.Minute)
	nonsense() // takes the window and closes it again
	if again := pupil.send(cardPath, "nr", string(c.Number), "kod", c.Secret.Format()); again.status != http.StatusTooManyRequests {
		t.Errorf("without a ticket: %d", again.status)
	}
	if stolen := prankster.send(cardPath, "nr", string(card.NewNumber()), "kod", wrongSecret().Format(), "bilet", ticket); stolen.status != http.StatusTooManyRequests {
		t.Errorf("a ticket of another number: %d", stolen.status)
	}
	pupil.send(cardPath, "nr", string(c.Number), "kod", c.Secret.Format(), "bilet", ticket).want(t, "with a ticket after the pause", http.StatusSeeOther, pinPath)
	if again := h.browser().send(cardPath, "nr", string(c.Number), "kod", c.Secret.Format(), "bilet", ticket); again.status != http.StatusTooManyRequests {
		t.Errorf("a ticket twice: %d", again.status)
	}
	pupil.press(pinPath, pictures(mine)).want(t, "the PIN", http.StatusSeeOther, "/moje-sprawy")
}

func TestTicketsAreForgedInVain(t *testing.T) {
	h := openCardHouse(t, testkit.SQLite(t, tables))
	n := card.NewNumber()
	good := h.newTicket("net", n, h.clock.at)
	for _, bad := range []string{"", ".", "0.A.B", good + "0", "9" + good, strings.Repeat("1", 300), strings.Replace(good, ".", ".A", 1)} {
		if ok, err := h.spendTicket(t.Context(), "net", n, bad, h.clock.at); ok || err != nil {
			t.Errorf("%q: %v, %v", bad, ok, err)
		}
	}
	if ok, _ := h.spendTicket(t.Context(), "other", n, good, h.clock.at); ok {
		t.Error("good in another network")
	}
	if ok, _ := h.spendTicket(t.Context(), "net", n, good, h.clock.at.Add(ticketLife+time.Second)); ok {
		t.Error("good for ever")
	}
	if ok, err := h.spendTicket(t.Context(), "net", n, good, h.clock.at.Add(ticketLife)); !ok || err != nil {
		t.Errorf("not good in time: %v", err)
	}
	if ok, _ := h.spendTicket(t.Context(), "net", n, good, h.clock.at); ok {
		t.Error("good twice")
	}
}

// TestClassAtTheBell: thirty right cards from one address at once, in two
// processes, all pass.
func TestClassAtTheBell(t *testing.T) {
	testkit.EachIsolation(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		other := New(Config{DB: d, Catalog: h.catalog, Log: slog.New(slog.DiscardHandler), Now: h.clock.now, Keys: h.keys})
		var people []PersonID
		for n := range 30 {
			people = append(people, h.pupil("Ala "+strings.Repeat("K", n+3)))
		}
		cards := h.issue(false, people...)
		errs := make([]error, len(cards))
		began := time.Now()
		var wg sync.WaitGroup
		for n, c := range cards {
			s := []*Service{h.Service, other}[n%2]
			wg.Go(func() { errs[n] = s.checkCard(t.Context(), "192.0.2.1", c.Number, c.Secret, "") })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Error(err)
		}
		t.Logf("thirty at once: %s", time.Since(began))
		var wrong, pending int
		if err := d.Get(t.Context(), &wrong, `select cast(coalesce(sum(n), 0) as integer) from access_guesses`); err != nil || wrong != 0 {
			t.Errorf("%d counted as wrong, %v", wrong, err)
		}
		if err := d.Get(t.Context(), &pending, `select cast(coalesce(sum(pending), 0) as integer) from access_guesses`); err != nil || pending != 0 {
			t.Errorf("%d never end, %v", pending, err)
		}
	})
}

// TestBurstOfGuesses: many at once do not slip through before they are counted.
func TestBurstOfGuesses(t *testing.T) {
	testkit.EachIsolation(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		g := gate{key: h.guessKey("burst"), free: 2, longest: time.Minute, atOnce: 3}
		var mu sync.Mutex
		admitted := 0
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				err := h.admit(t.Context(), g, h.clock.at, false)
				if err != nil && fault.KindOf(err) != fault.TooMany {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					admitted++
				}
			})
		}
		wg.Wait()
		if admitted != 3 {
			t.Errorf("%d checked at once, want 3", admitted)
		}
		for range admitted {
			wg.Go(func() {
				if _, err := h.settle(t.Context(), g, h.clock.at, wrongTry); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var p pause
		if err := h.admit(t.Context(), g, h.clock.at, false); !errors.As(err, &p) || p.seconds != 1 {
			t.Errorf("after three wrong ones: %v", err)
		}
	})
}

// TestGuessesFromManyNetworks: each network for itself does little, all together
// slow the server for strangers, and nobody is kept out for longer than told.
func TestGuessesFromManyNetworks(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		c := h.issue(false, h.pupil("Ala Kot"))[0]
		for n := range 510 {
			if _, err := h.settle(t.Context(), h.networkGate(fmt.Sprint("net ", n)), h.clock.at, wrongTry); err != nil {
				t.Fatal(err)
			}
		}
		err := h.checkCard(t.Context(), "home", c.Number, c.Secret, "")
		var p pause
		if !errors.As(err, &p) || p.seconds != 10 {
			t.Fatalf("no pause for the whole server: %v", err)
		}
		ticket := h.newTicket("home", c.Number, h.clock.at.Add(10*time.Second))
		h.clock.at = h.clock.at.Add(10 * time.Second)
		if _, err := h.settle(t.Context(), h.networkGate("net"), h.clock.at, wrongTry); err != nil {
			t.Fatal(err)
		}
		if err := h.checkCard(t.Context(), "home", c.Number, c.Secret, ""); fault.KindOf(err) != fault.TooMany {
			t.Errorf("a new guess begins no new pause: %v", err)
		}
		if err := h.checkCard(t.Context(), "home", c.Number, c.Secret, ticket); err != nil {
			t.Errorf("the right one after the pause that was told: %v", err)
		}
	})
}

// TestNobodyLearnsNumbersByTime: a number that nobody has takes as long.
func TestNobodyLearnsNumbersByTime(t *testing.T) {
	h := openCardHouse(t, testkit.SQLite(t, tables))
	c := h.issue(false, h.pupil("Ala Kot"))[0]
	void := h.issue(true, c.Person)[0]
	// The quickest of many tries, taken in turn: a busy machine only adds time.
	numbers := []card.Number{void.Number, card.NewNumber(), c.Number}
	best := []time.Duration{time.Hour, time.Hour, time.Hour}
	for i := range 40 {
		for k, n := range numbers {
			began := time.Now()
			if err := h.checkCard(t.Context(), fmt.Sprint(n, i), n, wrongSecret(), ""); fault.KindOf(err) != fault.Invalid {
				t.Fatal(err)
			}
			best[k] = min(best[k], time.Since(began))
		}
		if i >= 5 && slices.Max(best) < 2*slices.Min(best) {
			return
		}
	}
	t.Errorf("known, unknown and void take %v", best)
}

func TestSlipsAreNotCounted(t *testing.T) {
	h := openCardHouse(t, testkit.SQLite(t, tables))
	c := h.issue(false, h.pupil("Ala Kot"))[0]
	b, right := h.browser(), c.Secret.Letters()
	wrong := "2"
	if right[0] == '2' {
		wrong = "3"
	}
	for range 30 {
		for _, typed := range []string{"", right[:9], right + "A", "O" + right[1:], wrong + right[1:]} {
			a := b.send(cardPath, "nr", string(c.Number), "kod", typed)
			if a.status != http.StatusUnprocessableEntity || a.doc.Find("#kod-error").Length() != 1 {
				t.Fatalf("%q: %d", typed, a.status)
			}
		}
		if a := b.send(cardPath, "nr", "12345678", "kod", right); a.doc.Find("#nr-error").Length() != 1 {
			t.Fatal("a number with a slip")
		}
	}
	var n int
	if err := h.db.Get(t.Context(), &n, `select count(*) from access_guesses`); err != nil || n != 0 {
		t.Errorf("%d counters of slips, %v", n, err)
	}
	b.card(c).want(t, "right after many slips", http.StatusSeeOther, pinPath)
}

// TestNothingStays: the next pupil at the same computer sees nothing of the one
// before.
func TestNothingStays(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		ala, jan := h.usedCard("Ala Kot", mine...), h.usedCard("Jan Lis", mine...)
		b := h.browser()
		b.card(ala)
		b.press(pinPath, pictures(mine))
		stale := b.cookie()
		for _, path := range []string{"/moje-sprawy", "/konto"} {
			if a := b.get(path); a.status != http.StatusOK || a.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %d, may be kept: %q", path, a.status, a.header.Get("Cache-Control"))
			}
		}
		a := b.get(web.FinishedPath)
		a.want(t, "over", http.StatusSeeOther, web.FinishedPath+"?wspolny=1")
		if a.header.Get("Clear-Site-Data") == "" || a.header.Get("Cache-Control") != "no-store" {
			t.Error("pages are kept")
		}
		if a := b.get(web.FinishedPath); a.status != http.StatusOK || strings.Contains(a.doc.Text(), "Ala Kot") {
			t.Errorf("the last page: %d %s", a.status, a.text)
		}
		for _, who := range []*browser{b, (&lodge{t: t, server: h.server}).with(stale)} {
			for _, path := range []string{"/moje-sprawy", "/konto"} {
				if a := who.get(path); a.status == http.StatusOK || strings.Contains(a.doc.Text(), "Ala Kot") {
					t.Errorf("Back to %s: %d", path, a.status)
				}
			}
		}
		if a := b.get("/konto"); a.to != "/" && a.to != web.SignInPath+"?dalej=%2Fkonto" {
			t.Errorf("Back leads to %q", a.to)
		}
		b.card(jan)
		b.press(pinPath, pictures(mine))
		if a := b.get("/moje-sprawy"); a.text != "Jan Lis" {
			t.Errorf("the next pupil is %q", a.text)
		}
		// Somebody who did not sign out is signed over.
		b.card(ala)
		if a := b.get("/moje-sprawy"); strings.Contains(a.text, "Jan") {
			t.Error("the pupil before is still in")
		}
		b.press(pinPath, pictures(mine))
		// Who went away between the two steps leaves nothing either.
		half := h.browser()
		half.card(ala)
		if a := half.get(web.FinishedPath); strings.Contains(a.doc.Text(), "Ala Kot") {
			t.Error("the last page names who was halfway")
		}
		half.get(pinPath).want(t, "the second step after the end", http.StatusSeeOther, cardPath)
		half.card(ala)
		h.clock.at = h.clock.at.Add(4 * time.Minute)
		half.get(pinPath).want(t, "the second step much later", http.StatusSeeOther, cardPath)
		if a := b.get("/moje-sprawy"); a.status == http.StatusOK {
			t.Error("in after four minutes of nothing")
		}
		var rows int
		if err := d.Get(t.Context(), &rows, `select count(*) from access_sessions where data like '%Ala%' or person <> ''`); err != nil || rows != 0 {
			t.Errorf("%d sessions left, %v", rows, err)
		}
	})
}

func TestFinishedEndsNoOtherSession(t *testing.T) {
	h := openCardHouse(t, testkit.SQLite(t, tables))
	_, err := h.AddPerson(t.Context(), System(), NewPerson{Name: "Olga Ryś", Email: "olga@example.org", Password: goodPassword, Roles: []Held{{Teacher, h.school}}})
	if err != nil {
		t.Fatal(err)
	}
	b := h.browser()
	b.send(web.SignInPath, "email", "olga@example.org", "password", goodPassword)
	b.get(web.FinishedPath).want(t, "a teacher", http.StatusSeeOther, "/moje-sprawy")
	if a := b.get("/moje-sprawy"); a.status != http.StatusOK {
		t.Error("the teacher is out")
	}
}

func TestReissue(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		old := h.usedCard("Ala Kot", mine...)
		b := h.browser()
		b.card(old)
		b.press(pinPath, pictures(mine))
		half := h.browser()
		half.card(old)
		fresh := h.issue(true, old.Person)[0]
		if !fresh.Again || fresh.Number == old.Number {
			t.Errorf("%+v", fresh)
		}
		if a := b.get("/moje-sprawy"); a.status == http.StatusOK {
			t.Error("the session of the old card goes on")
		}
		half.press(pinPath, pictures(mine)).want(t, "halfway with the old card", http.StatusSeeOther, cardPath)
		if a := h.browser().card(old); a.status != http.StatusUnprocessableEntity {
			t.Errorf("the old card: %d", a.status)
		}
		h.browser().card(fresh).want(t, "the new card", http.StatusSeeOther, pinPath)
		if len(*h.told) != 1 || (*h.told)[0] != "cards.told.reissued" {
			t.Errorf("told: %v", *h.told)
		}
		state, err := h.CardOf(t.Context(), Actor{Person: old.Person})
		if err != nil || !state.Again || state.IssuedBy != "Ewa Łoś" || state.UsedAt != 0 {
			t.Errorf("%+v, %v", state, err)
		}
		var left int
		if err := d.Get(t.Context(), &left, `select count(*) from access_cards where voided_at is not null and (hash <> '' or pin <> '')`); err != nil || left != 0 {
			t.Errorf("%d void cards keep a hash, %v", left, err)
		}
		if _, err := d.Spread(t.Context()); err != nil {
			t.Fatal(err)
		}
		var logged int
		if err := d.Get(t.Context(), &logged, `select count(*) from audit_waiting where action = 'access.card.reissue' and subject = ? and actor = ?`, old.Person, h.head.Person); err != nil || logged != 1 {
			t.Errorf("%d rows in the log, %v", logged, err)
		}
	})
}

// TestTwoTutorsIssueAtOnce: one card lives in the end.
func TestTwoTutorsIssueAtOnce(t *testing.T) {
	testkit.EachIsolation(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		id := h.pupil("Ala Kot")
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for n := range errs {
			wg.Go(func() { _, errs[n] = h.IssueCards(context.Background(), h.head, h.school, []PersonID{id}, n%2 == 0) })
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil && fault.KindOf(err) != fault.Conflict {
				t.Error(err)
			}
		}
		var living int
		if err := d.Get(t.Context(), &living, `select count(*) from access_cards where person = ? and voided_at is null`, id); err != nil || living != 1 {
			t.Errorf("%d living cards, %v", living, err)
		}
	})
}

func TestPupilLeaves(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		c := h.usedCard("Ala Kot", mine...)
		b := h.browser()
		b.card(c)
		b.press(pinPath, pictures(mine))
		end := func(at InstitutionID) error {
			return d.Write(t.Context(), func(tx *db.Tx) error { return h.EndPupil(t.Context(), tx, h.head, c.Person, at, h.clock.at) })
		}
		if err := end(NewInstitutionID()); fault.KindOf(err) != fault.NotFound {
			t.Errorf("from a foreign school: %v", err)
		}
		if err := end(h.school); err != nil {
			t.Fatal(err)
		}
		if a := b.get("/moje-sprawy"); a.status == http.StatusOK {
			t.Error("still in")
		}
		if a := h.browser().card(c); a.status != http.StatusUnprocessableEntity {
			t.Errorf("the card: %d", a.status)
		}
		if _, err := h.IssueCards(t.Context(), h.head, h.school, []PersonID{c.Person}, true); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a new card: %v", err)
		}
	})
}

// TestPupilsAreInNoList: who manages people finds staff there, and no children.
func TestPupilsAreInNoList(t *testing.T) {
	h := openCardHouse(t, testkit.SQLite(t, tables))
	h.pupil("Ala Kot")
	for _, f := range []Filter{{}, {Text: "Kot"}, {Institution: h.school}} {
		rows, _, err := h.People(t.Context(), Actor{Person: "x", Roles: []Held{{Role: Administrator}}}, f, web.Cursor{})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if row.Name == "Ala Kot" {
				t.Errorf("%+v finds a pupil", f)
			}
		}
	}
}

// TestSecretIsNowhere looks for it in every cell of every table and in the log.
func TestSecretIsNowhere(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		h := openCardHouse(t, d)
		c := h.issue(false, h.pupil("Ala Kot"))[0]
		b := h.browser()
		b.send(cardPath, "nr", string(c.Number), "kod", wrongSecret().Format())
		b.card(c)
		b.press(pinPath, pictures(mine, "pewne", "tak"))
		again := h.browser()
		again.card(c)
		again.send(pinPath, wordField, "zielony most")
		again.press(pinPath, pictures(mine))
		data := dump(t, d)
		if !bytes.Contains(data, []byte(c.Number)) || !bytes.Contains(data, []byte("Ala Kot")) || h.log.Len() == 0 {
			t.Fatal("the search finds nothing at all")
		}
		for where, kept := range map[string][]byte{"the database": data, "the log": h.log.Bytes(), "what prints": fmt.Appendf(nil, "%v %+v %#v", c, c, c)} {
			kept = bytes.ToUpper(kept)
			for _, words := range []string{c.Secret.Letters(), c.Secret.Format(), strings.Join(c.Secret.Groups(), " "), h.cardProof(c.Number, c.Secret),
				"moon,key", "ZIELONYMOST", h.pinProof(c.Number, must(card.ReadPictures(mine)))} {
				if bytes.Contains(kept, []byte(strings.ToUpper(words))) {
					t.Errorf("%s holds %q", where, words)
				}
			}
		}
	})
}

// dump is every cell of every table, in words.
func dump(t *testing.T, d *db.DB) []byte {
	t.Helper()
	all, err := d.Tables(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, table := range all {
		err := d.EachRow(t.Context(), d, table, func(row []any) error {
			for _, cell := range row {
				if b, ok := cell.([]byte); ok {
					cell = string(b)
				}
				out = fmt.Appendf(out, "%v\n", cell)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestStolenDatabaseOpensNoCard: without the keys, the hashes match nothing.
func TestStolenDatabaseOpensNoCard(t *testing.T) {
	h := openCardHouse(t, testkit.SQLite(t, tables))
	c := h.issue(false, h.pupil("Ala Kot"))[0]
	thief := New(Config{DB: h.db, Catalog: h.catalog, Log: slog.New(slog.DiscardHandler), Now: h.clock.now, Keys: secrets.New()})
	if err := thief.checkCard(t.Context(), "net", c.Number, c.Secret, ""); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a right secret under other keys: %v", err)
	}
}

func TestPrintedCards(t *testing.T) {
	h := openCardHouse(t, testkit.SQLite(t, tables))
	cards := h.issue(false, h.pupil("Żaneta Ćwiąkalska"), h.pupil("Ґанна Їжакевич"))
	for _, lang := range i18n.Langs {
		var out bytes.Buffer
		sheet := Sheet{Class: "4b", School: "Szkoła Podstawowa nr 4", Number: map[PersonID]int{cards[0].Person: 12}}
		if err := h.PrintCards(&out, h.catalog.In(lang), sheet, cards); err != nil {
			t.Fatal(err)
		}
		said := drawnText(t, out.Bytes())
		for _, c := range cards {
			bare := strings.NewReplacer("\n", "", " ", "", "\u00a0", "").Replace(said)
			if !strings.Contains(bare, c.Secret.Letters()) || !strings.Contains(bare, string(c.Number)) {
				t.Errorf("%s: a card lacks its secret or its number:\n%s", lang, said)
			}
			if !strings.Contains(bare, strings.ReplaceAll(c.Name, " ", "")) {
				t.Errorf("%s: no name %s", lang, c.Name)
			}
			if address := c.Number.Address("https://kladka.example"); strings.Contains(address, c.Secret.Letters()) {
				t.Error("the address holds the secret")
			}
		}
		if strings.Contains(said, "⟦") {
			t.Errorf("%s lacks a text: %s", lang, said)
		}
	}
}

var drawnOp = regexp.MustCompile(`(?s)\(((?:\\.|[^\\)])*)\) ?Tj`)

// drawnText is what the pages of a PDF write, line by line.
func drawnText(t *testing.T, file []byte) string {
	t.Helper()
	var b strings.Builder
	for _, part := range bytes.Split(file, []byte("stream\n"))[1:] {
		z, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil {
			continue
		}
		plain, _ := io.ReadAll(z)
		for _, m := range drawnOp.FindAllSubmatch(plain, -1) {
			raw := []byte(strings.NewReplacer(`\\`, `\`, `\(`, `(`, `\)`, `)`, `\r`, "\r").Replace(string(m[1])))
			var units []uint16
			for i := 0; i+1 < len(raw); i += 2 {
				units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
			}
			b.WriteString(string(utf16.Decode(units)) + "\n")
		}
	}
	return b.String()
}

func TestCardPagesInEveryLanguage(t *testing.T) {
	h := openCardHouse(t, testkit.SQLite(t, tables))
	used, unused := h.usedCard("Ala Kot", mine...), h.issue(false, h.pupil("Jan Lis"))[0]
	for _, lang := range i18n.Langs {
		for _, c := range []Printed{used, unused} {
			b := h.browser()
			b.get("/jezyk/" + string(lang))
			b.get(cardPath)
			b.card(c)
			b.get(pinPath)
			b.get(web.FinishedPath)
		}
		state := CardState{Number: used.Number, IssuedAt: 1, IssuedBy: "Ewa Łoś", Again: true, UsedAt: 2}
		var out bytes.Buffer
		if err := cardState(web.Page{L: h.catalog.In(lang)}, state).Render(t.Context(), &out); err != nil || strings.Contains(out.String(), "⟦") || !strings.Contains(out.String(), "Ewa Łoś") {
			t.Errorf("%s: %s, %v", lang, out.String(), err)
		}
	}
}
