package directory

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// correctionHouse has a school that a municipality runs, with everybody who
// has a say in its corrections, and the same of a school elsewhere.
type correctionHouse struct {
	*classHouse
	id                  access.InstitutionID
	boss, deputy, clerk access.Actor
	teacher, bind       access.Actor // bind is of the association
	otherHead           access.Actor
	otherClerk          access.Actor
	told                []string // "key person"
}

func openCorrections(t *testing.T, d *db.DB) *correctionHouse {
	t.Helper()
	h := &correctionHouse{classHouse: openClassHouse(t, d), id: testID(21)}
	h.tell = func(_ context.Context, _ *db.Tx, person access.PersonID, key string, _ map[string]string, link string, _ bool) error {
		if !strings.HasSuffix(link, "/poprawki") {
			t.Errorf("a notification leads to %q", link)
		}
		h.told = append(h.told, key+" "+string(person))
		return nil
	}
	i := school(21, "SP nr 21")
	i.Phone, i.Email = "12 345 67 89", "sp21@example.org"
	record := register.Record{RSPO: *i.RSPO, Type: register.Primary, Name: i.Name, Municipality: i.Municipality, City: i.City, House: i.House,
		PostCode: i.Postcode, Phone: i.Phone, Email: i.Email, RunningName: i.RunningName, RunningKind: "gmina", Public: i.Public,
		Lat: *i.Lat, Lon: *i.Lon, HasPoint: true}
	stated, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	i.Stated = string(stated)
	away := school(22, "SP nr 22")
	away.Municipality, away.RunningMunicipality, away.RunningName = wieliczka, wieliczka, "Gmina Wieliczka"
	office := func(n int, at string) Institution {
		return Institution{ID: testID(n), Origin: ByHand, Kind: Office, Name: "Urząd " + at, Municipality: at, RunningKind: "gmina", RunningMunicipality: at}
	}
	h.save(i, away, office(31, liszki), office(32, wieliczka))
	h.boss, h.deputy = h.person("Anna Dyr", access.SchoolHead, h.id), h.person("Ewa Wice", access.DeputyHead, h.id)
	h.clerk, h.otherClerk = h.person("Ola Urz", access.AuthorityOfficer, testID(31)), h.person("Iwo Urz", access.AuthorityOfficer, testID(32))
	h.otherHead, h.teacher = h.person("Jan Dyr", access.SchoolHead, away.ID), h.person("Ala Naucz", access.Teacher, h.id)
	h.bind = h.person("Stow", access.AssociationOfficer, "")
	return h
}

// form sends the form of the school as somebody who changed one field of it.
func (h *correctionHouse) form(who access.Actor, pairs ...string) (int, *goquery.Document) {
	h.t.Helper()
	h.who = who
	w, doc := h.postForm(correctionsPath(h.id), pairs...)
	return w.Code, doc
}

func (h *correctionHouse) propose(field, shown, value string) CorrectionID {
	h.t.Helper()
	if code, _ := h.form(h.boss, field, value, shownField+field, shown, reasonField, "Nowa centrala."); code != http.StatusSeeOther {
		h.t.Fatalf("proposing answered %d", code)
	}
	list, err := h.Corrections(h.t.Context(), h.id)
	if err != nil || len(list) == 0 {
		h.t.Fatal(err)
	}
	return list[0].ID
}

func (h *correctionHouse) decide(who access.Actor, id CorrectionID, deed, note string) (int, *goquery.Document) {
	h.t.Helper()
	h.who = who
	w, doc := h.postForm(correctionsPath(h.id)+"/"+string(id), "co", deed, noteFieldOf(id), note)
	return w.Code, doc
}

func (h *correctionHouse) now() Institution {
	h.t.Helper()
	i, err := ByID(h.t.Context(), h.db, h.id)
	if err != nil {
		h.t.Fatal(err)
	}
	return i
}

func eachCorrections(t *testing.T, f func(t *testing.T, h *correctionHouse)) {
	testkit.EachDB(t, classModules, func(t *testing.T, d *db.DB) { f(t, openCorrections(t, d)) })
}

func TestStrangersCorrectNothing(t *testing.T) {
	eachCorrections(t, func(t *testing.T, h *correctionHouse) {
		id := h.propose("phone", "12 345 67 89", "12 222 22 22")
		page, one := correctionsPath(h.id), correctionsPath(h.id)+"/"+string(id)
		for name, c := range map[string]struct {
			who  access.Actor
			want int
		}{
			"stranger": {access.Stranger(), http.StatusSeeOther}, "teacher": {h.teacher, http.StatusForbidden},
			"head elsewhere": {h.otherHead, http.StatusForbidden}, "officer elsewhere": {h.otherClerk, http.StatusForbidden},
			"pupil": {h.person("Uczeń", access.Pupil, h.id), http.StatusForbidden},
		} {
			h.who = c.who
			w := h.get(page)
			if w.Code != c.want && !(c.want == http.StatusSeeOther && w.Code == http.StatusUnauthorized) {
				t.Errorf("%s reads the page: %d", name, w.Code)
			}
			for _, path := range []string{page, one} {
				w, _ := h.postForm(path, "co", deedAccept, "phone", "1", shownField+"phone", "2")
				if w.Code == http.StatusOK || w.Code == http.StatusSeeOther && w.Header().Get("Location") == page {
					t.Errorf("%s sends to %s: %d", name, path, w.Code)
				}
			}
			if doc := h.page(href(h.id)); doc.Find(`a[href="`+page+`"]`).Length() != 0 {
				t.Errorf("%s is led to the corrections", name)
			}
		}
		for _, who := range []access.Actor{h.boss, h.deputy} {
			if code, _ := h.decide(who, id, deedAccept, ""); code != http.StatusForbidden {
				t.Errorf("%s accepts: %d", who.Name, code)
			}
		}
		if code, _ := h.decide(h.deputy, id, deedWithdraw, ""); code != http.StatusNotFound {
			t.Errorf("somebody else withdraws: %d", code)
		}
		h.who = h.otherClerk
		if w, _ := h.postForm(correctionsPath(testID(22))+"/"+string(id), "co", deedAccept); w.Code != http.StatusNotFound {
			t.Errorf("under the address of another school: %d", w.Code)
		}
		if code, _ := h.decide(h.clerk, id, "inaczej", ""); code != http.StatusBadRequest {
			t.Errorf("a deed made up: %d", code)
		}
		if i := h.now(); i.Phone != "12 345 67 89" {
			t.Errorf("the phone became %q", i.Phone)
		}
	})
}

// Who would have the right after the second step of signing in is led there.
func TestTheSecondStepOpensCorrections(t *testing.T) {
	h := liteReader(t)
	h.who = access.Actor{Person: access.NewPersonID(), Locked: []access.Held{{Role: access.AuthorityOfficer, Institution: testID(7)}}}
	w := h.get(correctionsPath(testID(2)))
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, access.SecondStepPath) {
		t.Errorf("%d to %q", w.Code, to)
	}
}

func TestFaultsStandAtTheirFields(t *testing.T) {
	eachCorrections(t, func(t *testing.T, h *correctionHouse) {
		for field, value := range map[string]string{"email": "a b", "website": "javascript:alert(1)", "post_code": "30001", "nip": "1234567890",
			"pupils": "-3", "point": "1, 2", "founded_on": "wczoraj", "name": " "} {
			code, doc := h.form(h.boss, field, value, shownField+field, "x", reasonField, "Bo tak.")
			if code != http.StatusUnprocessableEntity || doc.Find("#"+field+"-error").Length() != 1 || doc.Find(`#errsum a[href="#`+field+`"]`).Length() != 1 {
				t.Errorf("%s = %q: status %d", field, value, code)
			}
			if got, _ := doc.Find("#" + field).Attr("value"); strings.TrimSpace(value) != "" && got != value {
				t.Errorf("%s: %q was typed, %q stands there", field, value, got)
			}
			if doc.Find("#"+reasonField).Text() == "" {
				t.Error("the reason is lost")
			}
		}
		code, doc := h.form(h.boss, "phone", "12 345 67 89", shownField+"phone", "12 345 67 89")
		if code != http.StatusUnprocessableEntity || doc.Find("#errsum li").Length() != 1 {
			t.Errorf("nothing changed: %d", code)
		}
		// What an older page showed is not proposed back.
		h.form(h.boss, "phone", "999", shownField+"phone", "999", "email", "nowy@example.org", shownField+"email", "sp21@example.org")
		list, err := h.Corrections(t.Context(), h.id)
		if err != nil || len(list) != 1 || list[0].Field != "email" {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestCorrectionIsProposedAcceptedAndShown(t *testing.T) {
	eachCorrections(t, func(t *testing.T, h *correctionHouse) {
		id := h.propose("phone", "12 345 67 89", "12 222 22 22")
		if want := []string{"notify.correction_proposed " + string(h.clerk.Person)}; !slices.Equal(h.told, want) {
			t.Errorf("told %q, want %q", h.told, want)
		}
		h.who = h.boss
		doc := h.page(correctionsPath(h.id))
		wantTexts(t, doc.Find(`[data-correction=proposed] dd`), "12 345 67 89", "12 345 67 89", "12 222 22 22")
		wantTexts(t, doc.Find(`[data-correction=proposed] button`), "Wycofuję: Telefon, SP nr 21")
		if next := doc.Find("[data-promise=next]").Text(); !strings.Contains(next, "Urząd "+liszki) {
			t.Errorf("who decides is not named: %s", next)
		}
		if code, doc := h.decide(h.clerk, id, deedRefuse, ""); code != http.StatusUnprocessableEntity || doc.Find("#"+noteFieldOf(id)+"-error").Length() != 1 {
			t.Errorf("refusing without a reason: %d", code)
		}
		if code, _ := h.decide(h.clerk, id, deedAccept, "Sprawdzone telefonicznie."); code != http.StatusSeeOther || h.now().Phone != "12 222 22 22" {
			t.Errorf("accepting: %d, phone %q", code, h.now().Phone)
		}
		if code, _ := h.decide(h.clerk, id, deedAccept, ""); code != http.StatusConflict {
			t.Errorf("accepting twice: %d", code)
		}
		if last := h.told[len(h.told)-1]; last != "notify.correction_accept "+string(h.boss.Person) {
			t.Errorf("told %q", last)
		}
		h.who = access.Stranger()
		doc = h.page(href(h.id))
		wantTexts(t, doc.Find("[data-corrected] dt"), "Telefon")
		wantTexts(t, doc.Find("[data-corrected] .line"), "12 222 22 22", "poprawione w Kładce 22 listopada 2026", "rejestr podaje: 12 345 67 89")
		for _, hidden := range []string{"Anna Dyr", "Nowa centrala", "Sprawdzone telefonicznie"} {
			if strings.Contains(doc.Text(), hidden) {
				t.Errorf("a stranger reads %q", hidden)
			}
		}
		h.who = h.boss
		why := h.page(correctionsPath(h.id)).Find(`[data-correction=holding] [data-promise=why]`).Text()
		if !strings.Contains(why, "Uzasadnienie") || !strings.Contains(why, "Sprawdzone telefonicznie.") || !strings.Contains(why, "Ola Urz") {
			t.Errorf("the head reads %q", why)
		}
	})
}

func TestCorrectionIsRefusedWithdrawnAndEnded(t *testing.T) {
	eachCorrections(t, func(t *testing.T, h *correctionHouse) {
		id := h.propose("phone", "12 345 67 89", "12 222 22 22")
		h.decide(h.clerk, id, deedRefuse, "To numer prywatny.")
		h.who = h.boss
		refused := h.page(correctionsPath(h.id)).Find(`[data-correction=refused]`)
		if !strings.Contains(refused.Text(), "To numer prywatny.") || h.now().Phone != "12 345 67 89" {
			t.Errorf("%q, phone %q", refused.Text(), h.now().Phone)
		}
		id = h.propose("phone", "12 345 67 89", "12 333 33 33")
		if code, _ := h.decide(h.boss, id, deedWithdraw, ""); code != http.StatusSeeOther {
			t.Errorf("withdrawing: %d", code)
		}
		id = h.propose("phone", "12 345 67 89", "12 444 44 44")
		h.decide(h.clerk, id, deedAccept, "")
		// The school asks for the register's word again, the office takes it.
		if code, _ := h.decide(h.boss, id, deedBack, ""); code != http.StatusSeeOther {
			t.Errorf("asking to go back: %d", code)
		}
		list, _ := h.Corrections(t.Context(), h.id)
		h.decide(h.clerk, list[0].ID, deedAccept, "")
		if h.now().Phone != "12 345 67 89" {
			t.Errorf("the phone is %q", h.now().Phone)
		}
		id = h.propose("phone", "12 345 67 89", "12 555 55 55")
		h.decide(h.clerk, id, deedAccept, "")
		if code, _ := h.decide(h.clerk, id, deedEnd, "Rejestr ma rację."); code != http.StatusSeeOther || h.now().Phone != "12 345 67 89" {
			t.Errorf("ending: %d, phone %q", code, h.now().Phone)
		}
		h.who = access.Stranger()
		if n := h.page(href(h.id)).Find("[data-corrected]").Length(); n != 0 {
			t.Error("an ended correction is still shown")
		}
	})
}

// The list of what waits has for each officer what MayAt lets them decide.
func TestWaitingIsWhatOneMayDecide(t *testing.T) {
	eachCorrections(t, func(t *testing.T, h *correctionHouse) {
		ctx := t.Context()
		h.propose("phone", "12 345 67 89", "12 222 22 22")
		if _, err := h.Propose(ctx, h.otherHead, testID(22), []FieldValue{{"email", "x@example.org"}, {"phone", "12 000 00 00"}}, ""); err != nil {
			t.Fatal(err)
		}
		for name, who := range map[string]access.Actor{"stranger": access.Stranger(), "head": h.boss, "teacher": h.teacher} {
			if _, _, err := h.Waiting(ctx, who, web.Cursor{}, 10); err == nil || fault.KindOf(err) == fault.Internal {
				t.Errorf("%s: %v", name, err)
			}
			h.who = who
			if w := h.get(waitingPath); w.Code == http.StatusOK {
				t.Errorf("%s reads the list", name)
			}
		}
		for name, c := range map[string]struct {
			who  access.Actor
			want int
		}{"officer": {h.clerk, 1}, "officer elsewhere": {h.otherClerk, 2}, "association": {h.bind, 3}, "the program": {access.System(), 3}} {
			list, more, err := h.Waiting(ctx, c.who, web.Cursor{}, 10)
			if err != nil || more || len(list) != c.want {
				t.Errorf("%s: %d of %d, %v", name, len(list), c.want, err)
			}
			for _, corr := range list {
				if err := c.who.MayAt(ctx, access.AcceptCorrections, corr.Institution); err != nil {
					t.Errorf("%s: sees what they may not decide: %v", name, err)
				}
			}
		}
		h.who = h.bind
		if got := h.page(waitingPath).Find("[data-correction=proposed]").Length(); got != 3 {
			t.Errorf("%d cards", got)
		}
		items, err := h.shell.Desk(h.asking(h.otherClerk))
		if err != nil || len(items) != 1 || !strings.HasPrefix(items[0].Title, "2 ") {
			t.Errorf("%+v, %v", items, err)
		}
	})
}

// asking is a request of somebody, for what a page is made of.
func (h *correctionHouse) asking(who access.Actor) *web.Request {
	h.t.Helper()
	var got *web.Request
	path := "/proba" + strconv.Itoa(len(h.shell.Routes()))
	h.shell.Handle("GET "+path, web.Public, func(_ http.ResponseWriter, r *web.Request) error { got = r; return nil })
	h.who = who
	h.get(path)
	return got
}

func TestWaitingIsPaged(t *testing.T) {
	eachCorrections(t, func(t *testing.T, h *correctionHouse) {
		for n := range waitingRows + 3 {
			if _, err := h.Propose(t.Context(), access.Actor{Person: access.NewPersonID(), Roles: []access.Held{{Role: access.SchoolHead, Institution: h.id}}},
				h.id, []FieldValue{{"phone", "12 000 00 " + strconv.Itoa(10+n)}}, ""); err != nil {
				t.Fatal(err)
			}
		}
		h.who = h.clerk
		first := h.page(waitingPath)
		next, _ := first.Find(".pager a[rel=next]").Attr("href")
		second := h.page(next)
		if a, b := first.Find("[data-correction]").Length(), second.Find("[data-correction]").Length(); a != waitingRows || b != 3 {
			t.Errorf("%d and %d rows", a, b)
		}
		back, _ := second.Find(".pager a[rel=prev]").Attr("href")
		if got := h.page(back).Find("[data-correction]").Length(); got != waitingRows {
			t.Errorf("%d rows on the way back", got)
		}
	})
}

func TestOpenDataSaysItsLicense(t *testing.T) {
	h := liteReader(t)
	line := h.page(href(testID(4))).Find("[data-open]")
	if !strings.Contains(line.Text(), License) || line.Find(`a[href^="/instytucje.geojson?"]`).Length() != 1 || line.Find(`a[href$="/dane.json"]`).Length() != 1 {
		t.Error(line.Html())
	}
	address, _ := line.Find(`a[href^="/instytucje.geojson?"]`).Attr("href")
	if w := h.get(address); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "FeatureCollection") {
		t.Errorf("%s: %d", address, w.Code)
	}
}
