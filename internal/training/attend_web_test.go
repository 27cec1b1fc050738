package training

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// inAllLanguages draws a page in each language; a text that lacks is a failure.
func (k *kit) inAllLanguages(paths ...string) {
	k.t.Helper()
	for _, lang := range []i18n.Lang{i18n.EN, i18n.UK, i18n.PL} {
		k.lang = lang
		for _, path := range paths {
			k.page(path)
		}
	}
}

// TestTakingOnAPhone walks the trainer's way: today's list, marks of one and of
// all, the code, closing.
func TestTakingOnAPhone(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, nil)
	m := k.first(tr)
	ewa, jan := k.put(tr, k.ewa, Confirmed, nil), k.put(tr, k.jan, Confirmed, nil)
	path := leadPath(m.ID)
	for name, who := range map[string]struct {
		actor  access.Actor
		status int
	}{"stranger": {k.stranger, http.StatusUnauthorized}, "participant": {k.ewa, http.StatusForbidden},
		"another trainer": {k.person("Obca Osoba", access.Trainer, k.center), http.StatusForbidden}} {
		k.who = who.actor
		for _, p := range []string{path, path + "/kod"} {
			want := who.status
			if !who.actor.SignedIn() {
				want = http.StatusSeeOther // to the page of signing in
			}
			if got := k.get(p).Code; got != want {
				t.Errorf("%s at %s: %d", name, p, got)
			}
		}
		if got := k.post(path, "m-"+string(ewa.ID), "present").Code; got != who.status {
			t.Errorf("%s saves: %d", name, got)
		}
	}
	k.who, k.now = k.trainer, time.Unix(m.StartsAt, 0).Add(5*time.Minute)
	if got := text(k.page(LeadPath).Find("#dzis + ul h3")); got != tr.Title {
		t.Errorf("today: %q", got)
	}
	page := k.page(path)
	if page.Find("fieldset.attend").Length() != 2 || page.Find(`input[type="radio"]`).Length() != 8 || page.Find(`input[type="radio"][checked]`).Length() != 0 {
		t.Error("the list is wrong")
	}
	if page.Find(`[data-promise="who-sees"]`).Length() != 1 || page.Find(`[data-promise="next"]`).Length() != 1 {
		t.Error("the promises are missing")
	}
	w := k.post(path, "m-"+string(ewa.ID), "present", "m-"+string(jan.ID), "absent", "tylko", string(ewa.ID))
	if w.Code != http.StatusSeeOther || !strings.HasSuffix(w.Header().Get("Location"), "#o-"+string(ewa.ID)) || k.markOf(m.ID, jan.ID) != "" {
		t.Error("one person:", w.Code, w.Header().Get("Location"), k.markOf(m.ID, jan.ID))
	}
	k.post(path, "m-"+string(ewa.ID), "present", "b-"+string(ewa.ID), "present", "m-"+string(jan.ID), "late", "s-"+string(jan.ID), "50")
	if got := text(k.page(path).Find("#o-" + string(jan.ID) + " > .muted").Last()); !strings.Contains(got, "Spóźnienie") || !strings.Contains(got, "Tomasz Trener") || !strings.Contains(got, "7 godzin") {
		t.Errorf("Jan: %q", got)
	}
	if got := k.post(path, "m-"+string(jan.ID), "late", "s-"+string(jan.ID), "pięć").Code; got != http.StatusBadRequest {
		t.Error("words for minutes:", got)
	}
	w = k.get(path + "/kod")
	if n, err := strconv.Atoi(w.Header().Get("Refresh")); err != nil || n < 1 || n > 61 {
		t.Errorf("refresh %q", w.Header().Get("Refresh"))
	}
	code := k.whole("kod", w, http.StatusOK)
	if got := strings.ReplaceAll(text(code.Find(".code [aria-hidden]")), " ", ""); got != codeAt(k.Keys, m.ID, k.now) {
		t.Errorf("code %q", got)
	}
	if k.get(path+"/kod?stoi=tak").Header().Get("Refresh") != "" || code.Find("svg.qr[role=img][aria-label]").Length() != 1 {
		t.Error("the code does not stand still, or has no picture")
	}
	k.post(path + "/zamknij")
	if page := k.page(path); page.Find(`form[action="`+path+`/otworz"]`).Length() != 1 || page.Find(`a[href="`+path+`/kod"]`).Length() != 0 {
		t.Error("a closed list is not shown as closed")
	}
	k.inAllLanguages(LeadPath, LeadPath+"?wstecz=tak", path)
}

// TestCodeOfTheRoom: who types it, what is refused, and that nobody guesses.
func TestCodeOfTheRoom(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr, other := k.publish(t, nil), k.publish(t, nil)
	m := k.first(tr)
	ewa, jan := k.put(tr, k.ewa, Confirmed, nil), k.put(tr, k.jan, Confirmed, nil)
	waits, elsewhere := k.put(tr, k.iza, Waiting, nil), k.put(other, k.iza, Confirmed, nil)
	guest := k.put(tr, k.stranger, Confirmed, func(e *Enrollment) { e.Name, e.Email = "Gość Zewnętrzny", "gosc@example.org" })
	start := time.Unix(m.StartsAt, 0)
	try := func(h Holder, e Enrollment, code string) error {
		_, err := k.TypeCode(t.Context(), h, m.ID, e.ID, code)
		return err
	}
	now := func() string { return codeAt(k.Keys, m.ID, k.now) }
	own := Holder{Actor: k.ewa}
	k.now = start.Add(-16 * time.Minute)
	refuses(t, "before the code opens", try(own, ewa, now()), fault.Conflict)
	k.now = start.Add(time.Minute)
	refuses(t, "a stranger without the key", try(Holder{}, ewa, now()), fault.NotFound)
	refuses(t, "somebody else", try(Holder{Actor: k.jan}, ewa, now()), fault.NotFound)
	refuses(t, "a forged key", try(Holder{Key: "aaaa"}, guest, now()), fault.NotFound)
	refuses(t, "somebody who waits", try(Holder{Actor: k.iza}, waits, now()), fault.NotFound)
	refuses(t, "an enrollment of another training", try(Holder{Actor: k.iza}, elsewhere, now()), fault.NotFound)
	refuses(t, "a wrong code", try(own, ewa, "000000"), fault.Invalid)
	k.ok(try(own, ewa, now()))
	k.ok(try(own, ewa, "111111")) // marked already: nothing is asked any more
	if k.markOf(m.ID, ewa.ID) != "present code" {
		t.Error(k.markOf(m.ID, ewa.ID))
	}
	for range mostTries {
		refuses(t, "guessing", try(Holder{Actor: k.jan}, jan, "12345"), fault.Invalid)
	}
	refuses(t, "one guess too many", try(Holder{Actor: k.jan}, jan, now()), fault.TooMany)
	_, err := k.Take(t.Context(), k.trainer, m.ID, []Setting{{Enrollment: jan.ID, Mark: MarkAbsent}, {Enrollment: ewa.ID, Mark: MarkExcused, Seen: MarkPresent}})
	k.ok(err)
	refuses(t, "against the trainer's mark", try(own, ewa, now()), fault.Conflict)
	k.presencePages(t, m, guest)
	late := codeAt(k.Keys, m.ID, time.Unix(m.EndsAt, 0).Add(-time.Second))
	k.now = time.Unix(m.EndsAt, 0)
	refuses(t, "the last code, replayed after the end", try(Holder{Actor: k.jan}, jan, late), fault.Conflict)
	k.now = k.now.Add(24 * time.Hour)
	refuses(t, "a day later", try(Holder{Actor: k.jan}, jan, now()), fault.Conflict)
}

// presencePages: a guest types the code with nothing but the mailed link.
func (k *kit) presencePages(t *testing.T, m Meeting, guest Enrollment) {
	t.Helper()
	k.who = k.stranger
	if page := k.page(presencePath(m.ID)); page.Find("form[method=post] input[name=kod]").Length() != 0 || page.Find(`a[href^="/konto/zaloguj?dalej="]`).Length() != 1 {
		t.Error("whom we do not know is not told how to go on")
	}
	key := k.Key(guest)
	path := PresenceLink(m.ID, guest.ID, key)
	if got := k.get(PresenceLink(m.ID, guest.ID, "zzzz")).Code; got != http.StatusNotFound {
		t.Error("a forged key:", got)
	}
	w := k.get(path)
	if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Error("the address with the key is kept", w.Header())
	}
	if page := k.whole(path, w, http.StatusOK); page.Find(`meta[name=robots]`).Length() != 1 || page.Find(`input[name=kod]`).Length() != 1 {
		t.Error("no form for the guest")
	}
	k.inAllLanguages(path, presencePath(m.ID))
	form := []string{"zapis", string(guest.ID), "klucz", key, "kod"}
	if page := k.whole("wrong", k.post(presencePath(m.ID), append(form, "12")...), http.StatusUnprocessableEntity); page.Find(`.errsum a[href="#kod"]`).Length() != 1 {
		t.Error("a wrong code is not told")
	}
	code := codeAt(k.Keys, m.ID, k.now)
	w = k.post(presencePath(m.ID), append(form, code[:3]+" "+code[3:])...)
	if w.Code != http.StatusSeeOther || k.markOf(m.ID, guest.ID) != "present code" {
		t.Error(w.Code, k.markOf(m.ID, guest.ID))
	}
	if got := text(k.page(w.Header().Get("Location")).Find(".notice")); !strings.Contains(got, "kodem na sali") {
		t.Errorf("%q", got)
	}
	k.who = k.trainer
	if got := text(k.page(leadPath(m.ID)).Find("#o-" + string(guest.ID))); !strings.Contains(got, "kodem na sali") {
		t.Errorf("the list does not say that the code did it: %q", got)
	}
}

// TestSettlingPages: a qualification course with its record and a decision of a person.
func TestSettlingPages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, func(tr *Training) {
		tr.Form, tr.Paper, tr.PracticeHours, tr.Exam = QualificationCourse, Diploma, 30, true
	})
	m := k.first(tr)
	ewa, jan := k.put(tr, k.ewa, Confirmed, nil), k.put(tr, k.jan, Confirmed, nil)
	base := attendancePath(tr.ID)
	for name, who := range map[string]access.Actor{"trainer": k.trainer, "participant": k.ewa, "officer elsewhere": k.person("Inna Osoba", access.CenterOfficer, k.other)} {
		k.who = who
		for _, p := range []string{base, base + "/rozlicz", base + "/osoba/" + string(ewa.ID)} {
			if got := k.get(p).Code; got != http.StatusForbidden {
				t.Errorf("%s at %s: %d", name, p, got)
			}
		}
	}
	k.who = k.officer
	k.page(base)
	k.now = time.Unix(m.StartsAt, 0)
	_, err := k.Take(t.Context(), k.trainer, m.ID, []Setting{{Enrollment: ewa.ID, Mark: MarkPresent}})
	k.ok(err)
	k.now = time.Unix(m.EndsAt, 0)
	if k.page(base+"/rozlicz").Find(`input[name=potwierdzam]`).Length() != 0 {
		t.Error("it can be settled with an open list")
	}
	_, err = k.CloseMeeting(t.Context(), k.officer, m.ID)
	k.ok(err)
	person := base + "/osoba/" + string(ewa.ID)
	if got := k.page(person).Find(`main li:contains("oceny")`).Length(); got != 1 {
		t.Error("what the course lacks is not told:", got)
	}
	k.whole("grade", k.post(person+"/przebieg", "ocena", "bardzo dobra", "praktyka", "trzydzieści"), http.StatusUnprocessableEntity)
	k.post(person+"/przebieg", "ocena", "bardzo dobra", "praktyka", "30", "egzamin", "passed")
	if got := text(k.page(person).Find(`[data-promise="why"] p`).Eq(1)); got != "Z listy obecności wynika ukończenie." {
		t.Errorf("%q", got)
	}
	other := base + "/osoba/" + string(jan.ID)
	k.whole("why", k.post(other+"/wyjatek", "wynik", "completed", "uzasadnienie", ""), http.StatusUnprocessableEntity)
	k.whole("outcome", k.post(other+"/wyjatek", "wynik", "gold", "uzasadnienie", "Bo tak."), http.StatusUnprocessableEntity)
	k.post(other+"/wyjatek", "wynik", "completed", "uzasadnienie", "Zaliczenie w innym terminie.")
	if got := text(k.page(other).Find(`[data-promise="why"]`).Eq(1)); !strings.Contains(got, "Uzasadnienie") || !strings.Contains(got, "Zaliczenie w innym terminie.") || !strings.Contains(got, "Olga Ośka") {
		t.Errorf("%q", got)
	}
	k.inAllLanguages(base, base+"/rozlicz", person, other)
	if got := k.whole("sure", k.post(base+"/rozlicz"), http.StatusUnprocessableEntity).Find(`.errsum`).Length(); got != 1 {
		t.Error("settled without being sure")
	}
	if got := k.post(base+"/rozlicz", "potwierdzam", "tak").Code; got != http.StatusSeeOther || k.training(tr.ID).State != Closed {
		t.Error(got, k.training(tr.ID).State)
	}
	page := k.page(base + "/rozlicz")
	if page.Find(`form[action="`+base+`/otworz"] textarea`).Length() != 1 || page.Find(".tag.ok").Length() != 2 {
		t.Error("the settled training is not shown as such")
	}
	k.whole("reopen", k.post(base+"/otworz", "uzasadnienie", " "), http.StatusUnprocessableEntity)
	k.post(base+"/otworz", "uzasadnienie", "Pomyłka.")
	if k.training(tr.ID).State != Held {
		t.Error("not reopened")
	}
}
