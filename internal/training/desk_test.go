package training

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func (k *kit) deskList(t *testing.T) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 2 * deskRows })
	for n := range deskRows + 3 {
		k.put(tr, k.stranger, Confirmed, func(e *Enrollment) { e.Name, e.Email = fmt.Sprintf("Osoba %03d", n), fmt.Sprintf("o%d@example.org", n) })
	}
	zoe := k.put(tr, k.stranger, Waiting, func(e *Enrollment) {
		e.Name, e.Email, e.Needs = "Żaneta Ćwik-Łoś", "z@example.org", k.sealNeeds(e.ID, "pętla indukcyjna")
	})
	k.put(tr, k.stranger, Resigned, func(e *Enrollment) { e.Name, e.Email = "Odeszła Osoba", "x@example.org" })
	ctx := t.Context()
	page, more, err := k.enrollmentsOf(ctx, tr, deskFilter{}, web.Cursor{})
	k.ok(err)
	last := page[len(page)-1]
	if len(page) != deskRows || !more {
		t.Fatalf("first page: %d, more %v", len(page), more)
	}
	rest, more, err := k.enrollmentsOf(ctx, tr, deskFilter{}, web.Cursor{Key: last.NameKey, ID: string(last.ID)})
	k.ok(err)
	if len(rest) != 4 || more || rest[3].ID != zoe.ID {
		t.Errorf("second page: %d, more %v", len(rest), more)
	}
	back, more, err := k.enrollmentsOf(ctx, tr, deskFilter{}, web.Cursor{Key: rest[0].NameKey, ID: string(rest[0].ID), Back: true})
	k.ok(err)
	if len(back) != deskRows || more || back[0].ID != page[0].ID {
		t.Errorf("back: %d, more %v", len(back), more)
	}
	for words, want := range map[string]int{"zaneta": 1, "los cw": 1, "osoba": deskRows, "odeszla": 0, "neta": 0} {
		if got, _, err := k.enrollmentsOf(ctx, tr, deskFilter{Words: words}, web.Cursor{}); err != nil || len(got) != want {
			t.Errorf("%q finds %d, want %d (%v)", words, len(got), want, err)
		}
	}
	if got, _, _ := k.enrollmentsOf(ctx, tr, deskFilter{State: Resigned}, web.Cursor{}); len(got) != 1 {
		t.Error("who left is not listed by state")
	}
	rows := 0
	for _, err := range k.sheetRows(ctx, k.Catalog.In("pl"), tr, deskFilter{All: true}) {
		k.ok(err)
		rows++
	}
	if rows != deskRows+5 {
		t.Errorf("the sheet has %d rows", rows)
	}
	k.needsAndPapers(t, tr, zoe)
}

// needsAndPapers: who may read needs, that reading is in the log, and papers of admission.
func (k *kit) needsAndPapers(t *testing.T, tr Training, e Enrollment) {
	ctx := t.Context()
	for name, who := range map[string]access.Actor{"trainer": k.trainer, "participant": k.ewa, "elsewhere": k.person("Inna", access.CenterOfficer, k.other)} {
		_, _, err := k.Needs(ctx, who, tr.ID)
		refuses(t, "needs by "+name, err, fault.Forbidden)
		refuses(t, "papers by "+name, k.ReceivePapers(ctx, who, e.ID, nil), fault.Forbidden)
		refuses(t, "list of papers by "+name, k.RequirePapers(ctx, who, tr.ID, nil), fault.Forbidden)
	}
	_, needs, err := k.Needs(ctx, k.officer, tr.ID)
	k.ok(err)
	if len(needs) != 1 || needs[0].Words != "pętla indukcyjna" {
		t.Errorf("needs: %+v", needs)
	}
	var read int
	k.ok(k.db.Get(ctx, &read, `select count(*) from audit_waiting where action = 'training.needs' and object_id = ?`, e.ID))
	if read != 1 {
		t.Error("reading needs is not in the log:", read)
	}
	refuses(t, "a paper without end", k.RequirePapers(ctx, k.officer, tr.ID, []string{strings.Repeat("a", longRequired+1)}), fault.Invalid)
	k.ok(k.RequirePapers(ctx, k.officer, tr.ID, []string{"Dyplom", " ", "Zaświadczenie o zatrudnieniu"}))
	k.ok(k.ReceivePapers(ctx, k.officer, e.ID, []int{2, 9}))
	got, err := receivedPapers(ctx, k.db, tr.ID)
	k.ok(err)
	if len(got[e.ID]) != 1 || !got[e.ID][2] {
		t.Errorf("received: %v", got)
	}
}

func TestDeskPages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	base := peoplePath(tr.ID)
	evil := k.put(tr, k.ewa, Confirmed, func(e *Enrollment) { e.Phone = "=1+1" })
	for name, who := range map[string]access.Actor{"trainer": k.trainer, "participant": k.ewa, "elsewhere": k.person("Inna", access.CenterOfficer, k.other)} {
		k.who = who
		for _, p := range []string{"", "/arkusz", "/udogodnienia", "/telefon", "/zastepstwa", "/kwalifikacja", "/kwalifikacja/" + string(evil.ID), "/osoba/" + string(evil.ID)} {
			if got := k.get(base + p).Code; got != http.StatusForbidden {
				t.Errorf("%s at %s: %d", name, p, got)
			}
		}
	}
	k.who = k.officer
	if got := k.get(base + "?stan=zmyslony").Code; got != http.StatusBadRequest {
		t.Error("an invented state:", got)
	}
	other := k.publish(t, nil)
	if got := k.get(peoplePath(other.ID) + "/osoba/" + string(evil.ID)).Code; got != http.StatusNotFound {
		t.Error("a person under the address of another training:", got)
	}
	page := k.page(base)
	if page.Find("table tbody tr").Length() != 1 || page.Find(`details [data-promise="why"]`).Length() != 1 || page.Find(`[data-promise="next"]`).Length() != 1 {
		t.Error("the list is wrong")
	}
	w := k.get(base + "/arkusz?format=csv")
	table, err := sheet.Read(strings.NewReader(w.Body.String()), sheet.Usual())
	k.ok(err)
	if len(table.Rows) != 1 || !strings.Contains(w.Body.String(), "'=1+1") {
		t.Errorf("sheet: %s", w.Body.String())
	}
	k.phoning(t, tr)
	k.inAllLanguages(base, base+"?stan=wszystkie&q=ewa", base+"/telefon", base+"/zastepstwa", base+"/kwalifikacja", base+"/kwalifikacja/"+string(evil.ID), base+"/osoba/"+string(evil.ID), base+"/udogodnienia")
}

// phoning enrolls somebody on the phone, who waits, and calls them.
func (k *kit) phoning(t *testing.T, tr Training) {
	t.Helper()
	base := peoplePath(tr.ID)
	rev := fmt.Sprint(tr.Revision)
	bad := k.whole("contact", k.post(base+"/telefon", "imie", "Anna Nowak", "instytucja", "Przedszkole Leśne", "wersja", rev), http.StatusUnprocessableEntity)
	if bad.Find(`.errsum a[href="#telefon"]`).Length() != 1 || bad.Find(`input[name=imie]`).AttrOr("value", "") != "Anna Nowak" {
		t.Error("what is wrong is not told, or what was typed is lost")
	}
	which := k.whole("which", k.post(base+"/telefon", "imie", "Anna Nowak", "telefon", "600 100 200", "instytucja", "Szkoła", "wersja", rev), http.StatusUnprocessableEntity)
	if which.Find(`input[name=placowka]`).Length() != 2 {
		t.Error("institutions to choose from:", which.Find(`input[name=placowka]`).Length())
	}
	w := k.post(base+"/telefon", "imie", "Anna Nowak", "telefon", "600 100 200", "instytucja", "Szkoła", "placowka", string(k.school), "wersja", rev)
	path, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, w.Body.String())
	}
	if got := text(k.page(path.String()).Find("#powiedz").Parent()); !strings.Contains(got, "miejsce 1") {
		t.Errorf("what to say: %q", got)
	}
	id := path.Path[strings.LastIndexByte(path.Path, '/')+1:]
	subs := k.page(base + "/zastepstwa")
	if subs.Find(`a[href="tel:600100200"]`).Length() != 1 || subs.Find(`button[name=odpowiedz]`).Length() != 3 {
		t.Error("the substitute cannot be phoned")
	}
	k.post(base+"/zastepstwa/"+id, "odpowiedz", "nie_odbiera")
	if e := k.enrollment(EnrollmentID(id)); e.State != Waiting {
		t.Error("not reached:", e.State)
	}
	if got := text(k.page(base + "/zastepstwa").Find("ol li")); !strings.Contains(got, "Nie odebrano") {
		t.Errorf("the attempt is not shown: %q", got)
	}
	if got := k.post(base+"/zastepstwa/"+id, "odpowiedz", "moze").Code; got != http.StatusBadRequest {
		t.Error("an invented answer:", got)
	}
	k.whole("sure", k.post(base+"/osoba/"+id+"/rezygnacja", "uzasadnienie", "Telefon."), http.StatusUnprocessableEntity)
	k.post(base+"/zastepstwa/"+id, "odpowiedz", "nie", "uwagi", "Nie może przyjść.")
	if e := k.enrollment(EnrollmentID(id)); e.State != Resigned {
		t.Error("refused:", e.State)
	}
}

func TestAdmissionPages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, func(tr *Training) { tr.Form, tr.Admission = QualificationCourse, true })
	e := k.put(tr, k.jan, Applied, func(e *Enrollment) { e.Place = 0 })
	base := peoplePath(tr.ID) + "/kwalifikacja"
	k.who = k.officer
	k.post(base, "dokumenty", "Dyplom\nZaświadczenie")
	one := base + "/" + string(e.ID)
	k.post(one, "co", "dokumenty", "dokument", "1")
	page := k.page(one)
	if page.Find(`input[name=dokument]`).Length() != 2 || page.Find(`input[name=dokument][checked]`).Length() != 1 {
		t.Error("papers are not ticked")
	}
	k.whole("nothing", k.post(one, "co", "decyzja"), http.StatusUnprocessableEntity)
	if refused := k.whole("why", k.post(one, "co", "decyzja", "decyzja", "nie", "uzasadnienie", ""), http.StatusUnprocessableEntity); refused.Find(`.errsum a[href="#uzasadnienie"]`).Length() != 1 {
		t.Error("a refusal without words")
	}
	k.post(one, "co", "decyzja", "decyzja", "tak")
	if got := k.enrollment(e.ID).State; got != Qualified {
		t.Error("admitted:", got)
	}
	k.inAllLanguages(base, one)
}
