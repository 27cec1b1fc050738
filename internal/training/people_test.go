package training

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/mail"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// openMail lets the test read the letters: in a demo none leaves and all can be read.
func (k *kit) openMail() {
	k.t.Helper()
	post, err := mail.New(mail.Config{DB: k.db, Keys: k.Keys, Catalog: k.Catalog, Log: k.Log, Now: func() time.Time { return k.now }, Base: "https://kladka.example", Demo: true})
	k.ok(err)
	k.Mail = post
}

func (k *kit) lettersTo(to string) []mail.Letter {
	k.t.Helper()
	list, err := k.Mail.Outbox(k.t.Context(), to)
	k.ok(err)
	return list
}

// What lies in tables, on both databases: one database each, for making them is
// what takes the time.
func TestPeopleOnBothDatabases(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.openMail()
		k.strangersAreCounted(t)
		k.lettersAreWrittenOnce(t)
		k.headsAnswerForTheirOwnStaff(t)
		k.headsSeeTheUnitsTheyLead(t)
		k.ownTrainings(t)
	})
}

const basia = "basia@example.org"

// visitor is somebody without an account who is in a training in a state.
func (k *kit) visitor(tr Training, state State, change func(*Enrollment)) Enrollment {
	return k.put(tr, access.Actor{Name: "Basia Gość"}, state, func(e *Enrollment) {
		e.Email, e.How, e.Institution, e.TypedName = basia, ByGuest, "", "Przedszkole Bajka"
		if change != nil {
			change(e)
		}
	})
}

func (k *kit) guestPath(e Enrollment) string { return EnrollPath + "/" + string(e.ID) + "/" + k.Key(e) }

var secretInLetter = regexp.MustCompile(`/zapisy/[0-9a-f-]{36}/[a-z2-7]{26,}`)

// A stranger who has no secret, a wrong one, or somebody else's enrollment finds
// nothing, and finds the same nothing where there is none at all.
func TestPlaceIsNobodyElses(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, nil)
	own, guest := k.put(tr, k.ewa, Confirmed, nil), k.visitor(tr, Confirmed, nil)
	right := k.Key(guest)
	other := map[bool]string{true: "b", false: "a"}[right[0] == 'a']
	wrong := other + right[1:]
	answer := ""
	for _, path := range []string{EnrollPath + "/" + string(guest.ID) + "/" + wrong, EnrollPath + "/" + string(guest.ID) + "/x", EnrollPath + "/" + newID() + "/" + right,
		EnrollPath + "/nic/" + right, EnrollPath + "/" + string(own.ID) + "/" + right} {
		for _, act := range []string{"", "/termin.ics", "/potwierdz", "/odpowiedz", "/rezygnacja", "/zastepstwo", "/przenies"} {
			method := map[bool]string{true: http.MethodGet, false: http.MethodPost}[act == "" || act == "/termin.ics"]
			w := k.send(method, path+act, url.Values{"odpowiedz": {"nie"}, "potwierdzam": {"tak"}, "imie": {"Jan Kos"}, "email": {"jan@example.org"}, "termin": {string(tr.ID)}})
			if w.Code != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, path+act, w.Code)
			}
			if act == "" {
				main := text(k.whole(path, w, http.StatusNotFound).Find("main"))
				main = main[:strings.LastIndex(main, " ")] // ends with the number of the request
				if answer == "" {
					answer = main
				}
				if main != answer {
					t.Errorf("%s says %q, others %q", path, main, answer)
				}
			}
		}
	}
	k.who = k.jan
	for _, path := range []string{EnrollPath + "/" + string(own.ID), EnrollPath + "/" + string(guest.ID)} {
		if w := k.get(path); w.Code != http.StatusNotFound {
			t.Errorf("a colleague opened %s: %d", path, w.Code)
		}
		if w := k.post(path+"/rezygnacja", "potwierdzam", "tak"); w.Code != http.StatusNotFound {
			t.Errorf("a colleague resigned at %s: %d", path, w.Code)
		}
	}
	if k.enrollment(own.ID) != own || k.enrollment(guest.ID) != guest {
		t.Error("something changed")
	}
}

// Scanners of mail open every link. Nothing comes of it.
func TestScannerChangesNothing(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, nil)
	until := k.now.Add(time.Hour).Unix()
	pending := k.visitor(tr, Pending, func(e *Enrollment) { e.HoldUntil = until })
	path := k.guestPath(pending)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		w := k.send(method, path, nil)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", method, w.Code)
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s %s: %q", method, name, got)
			}
		}
		for _, act := range []string{"/potwierdz", "/odpowiedz?odpowiedz=nie", "/rezygnacja?potwierdzam=tak", "/zastepstwo", "/przenies"} {
			if w := k.send(method, path+act, nil); w.Code == http.StatusOK || w.Code == http.StatusSeeOther {
				t.Errorf("%s %s: %d", method, act, w.Code)
			}
		}
	}
	if k.enrollment(pending.ID) != pending {
		t.Error("something changed")
	}
	doc := k.page(path)
	if doc.Find(`meta[name=robots][content=noindex]`).Length() != 1 || doc.Find(`form[action$="/potwierdz"] button`).Length() != 1 {
		t.Error("the page may be indexed, or has no button")
	}
	w := k.post(path + "/potwierdz")
	if w.Code != http.StatusSeeOther || k.enrollment(pending.ID).State != Confirmed {
		t.Errorf("the button: %d, %s", w.Code, k.enrollment(pending.ID).State)
	}
}

func TestStrangerEnrolls(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.openMail()
	tr := k.publish(t, nil)
	path := Path(tr.ID) + "/zapis"
	doc := k.page(path)
	if doc.Find(`[data-promise="who-sees"]`).Length() != 2 || doc.Find(`main input:not([type=hidden])`).Length() != 3 || doc.Find("main textarea").Length() != 1 {
		t.Errorf("the form is another than short: %d fields", doc.Find("main input:not([type=hidden])").Length())
	}
	form := func(pairs ...string) []string {
		base := []string{"wersja", "1", "oferta", doc.Find("input[name=oferta]").AttrOr("value", ""), "imie", "Basia Gość", "email", basia, "instytucja", "Przedszkole Bajka"}
		return append(pairs, base...)
	}
	w := k.post(path, "wersja", "1")
	if doc := k.whole(path, w, http.StatusUnprocessableEntity); doc.Find("#errsum li").Length() != 3 {
		t.Errorf("an empty form: %s", text(doc.Find("#errsum")))
	}
	first := text(k.whole(path, k.post(path, form()...), http.StatusOK).Find("main"))
	if !strings.Contains(first, basia) || !strings.Contains(first, "60 minut") {
		t.Errorf("the page after says %q", first)
	}
	if again := text(k.whole(path, k.post(path, form()...), http.StatusOK).Find("main")); again != first {
		t.Errorf("a known address is told %q, a new one %q", again, first)
	}
	k.drain()
	got := k.lettersTo(basia)
	if len(got) == 0 || !got[0].Secret || got[0].Subject != "Potwierdź zapis: Matematyka w ruchu" {
		t.Fatalf("letters %+v", got)
	}
	link := secretInLetter.FindString(got[0].Text)
	if k.page(link); k.post(link+"/potwierdz").Code != http.StatusSeeOther {
		t.Error("the link of the letter does not confirm")
	}
	k.drain()
	k.confirmedLetter(tr)
}

// confirmedLetter looks at the letter with the entry for the calendar.
func (k *kit) confirmedLetter(tr Training) {
	t := k.t
	t.Helper()
	got := k.lettersTo(basia)[0]
	if got.Subject != "Masz miejsce: Matematyka w ruchu" || !strings.Contains(got.Text, "poniedziałek, 14\u00a0grudnia 2026, 09:00–15:00") || got.CalendarMethod == "" {
		t.Errorf("%s (%s)\n%s", got.Subject, got.CalendarMethod, got.Text)
	}
	c, err := ics.ParseCalendar(strings.NewReader(string(got.Calendar)))
	k.ok(err)
	events := c.Events()
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	start, err := events[0].GetStartAt()
	if err != nil || start.Unix() != tr.StartsAt || !strings.HasSuffix(events[0].Id(), "@kladka") {
		t.Errorf("starts %v (%v), %s", start, err, events[0].Id())
	}
}

func TestTypedInstitutionIsFound(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, nil)
	path := Path(tr.ID) + "/zapis"
	send := func(pairs ...string) (status int, choices int) {
		w := k.post(path, append(pairs, "wersja", "1", "imie", "Basia Gość", "email", newID()+"@example.org")...)
		doc := k.whole(path, w, w.Code)
		return w.Code, doc.Find("input[type=radio][name=placowka]").Length()
	}
	if status, n := send("instytucja", "liceum"); status != http.StatusUnprocessableEntity || n != 2 {
		t.Errorf("a name that one institution may mean: %d, %d choices", status, n)
	}
	if status, _ := send("instytucja", "liceum", "placowka", string(k.other)); status != http.StatusOK {
		t.Errorf("chosen: %d", status)
	}
	if status, _ := send("instytucja", "liceum", "placowka", "wpisana"); status != http.StatusOK {
		t.Errorf("left as typed: %d", status)
	}
	if status, _ := send("instytucja", "LICEUM nr 2"); status != http.StatusOK {
		t.Errorf("the whole name: %d", status)
	}
	if status, _ := send("instytucja", "liceum", "placowka", string(k.school)); status != http.StatusUnprocessableEntity {
		t.Errorf("an institution that was not offered: %d", status)
	}
	var at []string
	k.ok(k.db.Select(t.Context(), &at, `select institution from training_enrollments where training = ? order by id`, tr.ID))
	if got := strings.Join(at, ","); got != string(k.other)+",,"+string(k.other) {
		t.Errorf("institutions %s", got)
	}
}

func (k *kit) strangersAreCounted(t *testing.T) {
	tr := k.publish(t, nil)
	try := func(address, network string) error { return k.countTry(t.Context(), tr.ID, address, network) }
	for range triesOfAddress {
		k.ok(try("Anna@example.org", "192.0.2.1"))
	}
	refuses(t, "the sixth to one address", try("anna@example.org", "192.0.2.9"), fault.TooMany)
	for n := range triesOfTraining - triesOfAddress {
		k.ok(try(newID()+string(rune('a'+n%20))+"@example.org", "192.0.2.1"))
	}
	refuses(t, "too many from one network", try("inna@example.org", "192.0.2.1"), fault.TooMany)
	k.ok(try("inna@example.org", "192.0.2.2"))
	k.now = k.now.Add(time.Hour)
	k.ok(try("anna@example.org", "192.0.2.1"))
	var bare int
	k.ok(k.db.Get(t.Context(), &bare, `select count(*) from training_tries where key like '%example%' or key like '%.%'`))
	if bare != 0 {
		t.Error("the table tells whose tries these are")
	}
	k.now = k.now.Add(72 * time.Hour)
	k.ok(k.sweepTold(t.Context()))
	var left int
	k.ok(k.db.Get(t.Context(), &left, `select count(*) from training_tries`))
	if left != 0 {
		t.Errorf("%d rows are left", left)
	}
	doc := k.page(Path(tr.ID) + "/zapis")
	for range triesOfAddress {
		k.ok(try(basia, "192.0.2.77"))
	}
	w := k.post(Path(tr.ID)+"/zapis", "wersja", "1", "oferta", doc.Find("input[name=oferta]").AttrOr("value", ""), "imie", "Basia Gość", "email", basia, "instytucja", "Bajka")
	if doc := k.whole("zapis", w, http.StatusTooManyRequests); !strings.Contains(text(doc.Find("#stop")), "zadzwoń") || doc.Find("input[name=email]").AttrOr("value", "") != basia {
		t.Errorf("the refusal: %s", text(doc.Find("main")))
	}
}

func TestTeacherEnrolls(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, func(tr *Training) { tr.Price, tr.Payer = 12_000, School })
	path := Path(tr.ID) + "/zapis"
	k.who = k.ewa
	doc := k.page(path)
	if doc.Find("input[name=email]").Length() != 0 || doc.Find("input[name=placowka]").AttrOr("value", "") != string(k.school) || doc.Find("input[name=platnik]:checked").AttrOr("value", "") != "school" {
		t.Errorf("form: %s", text(doc.Find("main form")))
	}
	if facts := text(doc.Find("dl.facts")); !strings.Contains(facts, "120,00") || !strings.Contains(facts, "Bez opłat do: 3 grudnia 2026") {
		t.Errorf("what one agrees to: %s", facts)
	}
	if w := k.post(path, "wersja", "1", "placowka", string(k.other)); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("under another's roof: %d", w.Code)
	}
	seen := doc.Find("input[name=oferta]").AttrOr("value", "")
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_trainings set revision = 2, place = 'ul. Garbarska 1' where id = ?`, tr.ID)
		return err
	})
	w := k.post(path, "wersja", "1", "oferta", seen, "placowka", string(k.school), "platnik", "school")
	changed := k.whole(path, w, http.StatusConflict)
	if row := text(changed.Find("table tbody")); row != "Miejsce ul. Lubelska 23, Kraków ul. Garbarska 1" {
		t.Errorf("what changed: %q", row)
	}
	w = k.post(path, "wersja", "2", "oferta", changed.Find("input[name=oferta]").AttrOr("value", ""), "placowka", string(k.school), "platnik", "school")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), EnrollPath+"/") {
		t.Fatalf("enrolled: %d %s", w.Code, text(k.whole(path, w, w.Code).Find("#stop, #errsum")))
	}
	if w := k.get(path); w.Code != http.StatusSeeOther {
		t.Errorf("who is in sees the form again: %d", w.Code)
	}
	place := k.page(w.Header().Get("Location"))
	if place.Find("main .tag.ok").Length() != 1 || place.Find(`[data-promise="next"]`).Length() != 1 {
		t.Errorf("page: %s", text(place.Find("main")))
	}
}

// The link to the online room is for people who are in.
func TestInside(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	meet := &meetings{}
	k.Meet = meet
	tr := k.publish(t, func(tr *Training) {
		tr.Mode = Online
		tr.OnlineLink = k.seal(tr.ID, "https://spotkania.example/pokoj")
	})
	e := k.put(tr, k.ewa, Waiting, nil)
	k.who = k.ewa
	path := EnrollPath + "/" + string(e.ID)
	if doc := k.page(path); strings.Contains(text(doc.Find("main")), "pokoju") || doc.Find(`a[href*="spotkania.example"]`).Length() != 0 || doc.Find("#spotkam").Length() != 0 {
		t.Error("somebody who waits sees the room")
	}
	if w := k.post(path+"/spotkam", "widac", "tak"); w.Code != http.StatusNotFound || meet.said != "" {
		t.Errorf("somebody who waits says that they come: %d", w.Code)
	}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_enrollments set state = ? where id = ?`, Confirmed, e.ID)
		return err
	})
	if doc := k.page(path); doc.Find(`a[href="https://spotkania.example/pokoj"]`).Length() != 1 || doc.Find("#spotkam").Length() != 1 {
		t.Errorf("somebody who is in: %s", text(doc.Find("main")))
	}
	k.post(path+"/spotkam", "widac", "tak")
	if meet.said != "training "+string(tr.ID)+" true" {
		t.Errorf("said %q", meet.said)
	}
	if doc := k.page(path); !strings.Contains(text(doc.Find("section:has(#spotkam) li")), "Jan Bóbr") {
		t.Error("nobody to be met")
	}
	w := k.get(path + "/termin.ics")
	if c, err := ics.ParseCalendar(w.Body); err != nil || len(c.Events()) != 1 || w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" {
		t.Errorf("calendar file: %v", err)
	}
}

// meetings stands in for package networking.
type meetings struct{ said string }

func (m *meetings) Attend(_ context.Context, _ access.Actor, kind, id string, show bool) error {
	m.said = kind + " " + id + " " + map[bool]string{true: "true", false: "false"}[show]
	return nil
}
func (m *meetings) StayAway(context.Context, access.Actor, string, string) error {
	m.said = "away"
	return nil
}
func (m *meetings) Meeting(context.Context, access.Actor, string, string) ([]Met, error) {
	if m.said == "" {
		return nil, fault.ErrNotFound
	}
	return []Met{{Name: "Jan Bóbr"}}, nil
}

// The words of the place in the queue, with the plural of each language.
func TestPlaceInWords(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	for _, c := range []struct {
		lang i18n.Lang
		p    Position
		pool string
		want string
	}{
		{i18n.PL, Position{Place: 3, Waiting: 11, Seats: 5, Pool: town, Quotas: true}, "Skawina", "Jesteś 3. z 11 osób na liście rezerwowej; miejsca przyznajemy według kolejności zgłoszeń w puli gminy Skawina (5 miejsc)."},
		{i18n.PL, Position{Place: 1, Waiting: 1, Seats: 1}, "", "Jesteś jedyną osobą na liście rezerwowej; miejsca przyznajemy według kolejności zgłoszeń (1 miejsce)."},
		{i18n.PL, Position{Place: 2, Waiting: 2, Seats: 22, Quotas: true}, "", "Jesteś 2. z 2 osób na liście rezerwowej; miejsca przyznajemy według kolejności zgłoszeń w puli poza limitami gmin (22 miejsca)."},
		{i18n.EN, Position{Place: 1, Waiting: 1, Seats: 1}, "", "You are the only person on the waiting list; seats are given in the order of arrival (1 seat)."},
		{i18n.EN, Position{Place: 3, Waiting: 11, Seats: 5, Pool: town}, "Skawina", "You are number 3 of 11 people on the waiting list; seats are given in the order of arrival within the quota of Skawina (5 seats)."},
		{i18n.UK, Position{Place: 3, Waiting: 21, Seats: 21}, "", "Ваше місце у списку очікування: 3 із 21; місця надаємо в порядку надходження заявок (21 місце)."},
		{i18n.UK, Position{Place: 3, Waiting: 4, Seats: 3}, "", "Ваше місце у списку очікування: 3 із 4; місця надаємо в порядку надходження заявок (3 місця)."},
	} {
		if got := standingText(k.Catalog.In(c.lang), c.p, c.pool); got != c.want {
			t.Errorf("%s: %q\nwant %q", c.lang, got, c.want)
		}
	}
	for hours, want := range map[int]string{1: "1 godzina lekcyjna", 3: "3 godziny lekcyjne", 12: "12 godzin lekcyjnych", 22: "22 godziny lekcyjne"} {
		if got := k.Catalog.In(i18n.PL).N("training.people.hours", hours); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestDifferences(t *testing.T) {
	l := newKit(t, testkit.SQLite(t, modules)).Catalog.In(i18n.PL)
	at := time.Date(2026, 12, 14, 9, 0, 0, 0, web.Warsaw).Unix()
	was := Agreed{Title: "A", Mode: OnSite, Place: "Kraków", Hours: 8, Paper: Certificate, Payer: Nobody, Meetings: []AgreedMeeting{{ID: "m", StartsAt: at, EndsAt: at + 3600}}}
	if d := differences(l, was, was); len(d) != 0 {
		t.Errorf("nothing changed, yet %v", d)
	}
	now := was
	now.Price, now.Payer, now.Place = 5050, School, "Wieliczka"
	now.Meetings = []AgreedMeeting{{ID: "m", StartsAt: at + 3600, EndsAt: at + 7200, Place: "sala 7"}}
	var got []string
	for _, d := range differences(l, was, now) {
		got = append(got, d.Name+": "+d.Was+" > "+d.Now)
	}
	want := "Terminy: poniedziałek, 14\u00a0grudnia 2026, 09:00–10:00 > poniedziałek, 14\u00a0grudnia 2026, 10:00–11:00|Miejsce: Kraków > Wieliczka\nsala 7|" +
		"Cena: bezpłatnie > 50,50 zł|Kto płaci: Udział jest bezpłatny > Płaci szkoła lub placówka"
	if strings.Join(got, "|") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, "|"), want)
	}
}
