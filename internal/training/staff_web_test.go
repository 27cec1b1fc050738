package training

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// headsAnswerForTheirOwnStaff, and for nobody else.
func (k *kit) headsAnswerForTheirOwnStaff(t *testing.T) {
	tr := k.publish(t, func(tr *Training) { tr.Approval = true })
	e := k.put(tr, k.ewa, Applied, func(e *Enrollment) { e.Seated = true })
	answer := StaffPath + "/zgoda/" + string(e.ID)
	for who, actor := range map[string]access.Actor{"a stranger": {}, "a teacher": k.ewa, "the head of another school": k.otherHead} {
		k.who = actor
		if w := k.post(answer, "odpowiedz", "tak"); w.Code != http.StatusUnauthorized && w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
			t.Errorf("%s approved: %d", who, w.Code)
		}
		if k.enrollment(e.ID).State != Applied {
			t.Fatalf("%s changed it", who)
		}
	}
	k.who = k.otherHead
	if doc := k.page(StaffPath); doc.Find("article").Length() != 0 || strings.Contains(text(doc.Find("main")), "Ewa") {
		t.Error("the head of another school sees who asks")
	}
	k.who = k.person("Sława Sekretarz", access.SchoolSecretary, k.school)
	if doc := k.page(StaffPath); doc.Find("article").Length() != 0 || !strings.Contains(text(doc.Find("main table")), "Ewa Łoś") {
		t.Errorf("the secretary sees %s", text(doc.Find("main")))
	}
	if w := k.post(answer, "odpowiedz", "tak"); w.Code != http.StatusForbidden {
		t.Errorf("the secretary approved: %d", w.Code)
	}
	k.who = k.head
	if doc := k.page(StaffPath); doc.Find("article h3").Text() != "Ewa Łoś" || doc.Find("article form").Length() != 2 {
		t.Errorf("the head sees %s", text(doc.Find("main")))
	}
	if w := k.post(answer, "odpowiedz", "nie", "powod", " "); w.Code != http.StatusUnprocessableEntity || k.whole(answer, w, w.Code).Find("details[open] [aria-invalid]").Length() != 1 {
		t.Errorf("refused without a reason: %d", w.Code)
	}
	if items, err := k.deskFor(k.head); err != nil || len(items) != 1 || items[0].Href != StaffPath {
		t.Errorf("desk of the head: %v %v", items, err)
	}
	if w := k.post(answer, "odpowiedz", "tak"); w.Code != http.StatusSeeOther || k.enrollment(e.ID).State != Confirmed {
		t.Errorf("approved: %d, %s", w.Code, k.enrollment(e.ID).State)
	}
}

// deskFor is what this part puts on somebody's desk.
func (k *kit) deskFor(who access.Actor) ([]web.DeskItem, error) {
	r, err := http.NewRequestWithContext(access.WithActor(k.t.Context(), who), http.MethodGet, "/moje-sprawy", nil)
	k.ok(err)
	return k.deskOfPeople(&web.Request{Request: r, L: k.Catalog.In(k.lang), Shell: k.shell})
}

func TestWholeStaff(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 2 })
	path := StaffPath + "/zapis/" + string(tr.ID)
	k.who = k.ewa
	if w := k.get(path); w.Code != http.StatusForbidden {
		t.Errorf("a teacher: %d", w.Code)
	}
	k.put(tr, k.jan, Confirmed, nil)
	k.who = k.head
	doc := k.page(path)
	if got := doc.Find("input[name=osoby]").Length(); got != 3 || text(doc.Find("table tbody")) != "Jan BóbrMiejsce potwierdzone" {
		t.Errorf("%d to tick, in already: %s", got, text(doc.Find("table tbody")))
	}
	if w := k.post(path, "wersja", "1"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("nobody ticked: %d", w.Code)
	}
	if w := k.post(path, "wersja", "1", "osoby", string(k.iza.Person)); w.Code != http.StatusNotFound {
		t.Errorf("somebody of another school: %d", w.Code)
	}
	if w := k.post(path, "wersja", "1", "placowka", string(k.other), "osoby", string(k.iza.Person)); w.Code != http.StatusNotFound {
		t.Errorf("under another's roof: %d", w.Code)
	}
	if w := k.post(path, "wersja", "7", "osoby", string(k.ewa.Person)); w.Code != http.StatusConflict {
		t.Errorf("an offer that changed: %d", w.Code)
	}
	done := k.whole(path, k.post(path, "wersja", "1", "osoby", string(k.ewa.Person), "osoby", string(k.deputy.Person)), http.StatusOK)
	if rows := text(done.Find("table tbody")); rows != "Ewa ŁośMiejsce potwierdzoneWit ZastępcaNa liście rezerwowej" {
		t.Errorf("receipt: %s", rows)
	}
}

// headsSeeTheUnitsTheyLead: the parts of a complex have its head.
func (k *kit) headsSeeTheUnitsTheyLead(t *testing.T) {
	part := testID(40)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		return k.dir.Save(ctx, tx, []directory.Institution{{ID: part, Origin: directory.Invented, Kind: directory.Kind(register.Primary), Name: "Filia szkoły",
			Municipality: city, RunningMunicipality: city, HeadUnit: k.school}})
	})
	tr := k.publish(t, func(tr *Training) { tr.Approval, tr.Title = true, "W filii" })
	e := k.put(tr, k.person("Filip Filialny", access.Teacher, part), Applied, func(e *Enrollment) { e.Institution, e.Seated = string(part), true })
	answer := StaffPath + "/zgoda/" + string(e.ID)
	k.who = k.otherHead
	if strings.Contains(text(k.page(StaffPath).Find("main")), "Filip") || k.post(answer, "odpowiedz", "tak").Code != http.StatusNotFound {
		t.Error("the head of another school sees or approves it")
	}
	k.who = k.head
	if !strings.Contains(text(k.page(StaffPath).Find("main")), "Filip Filialny") {
		t.Error("the head does not see who asks in a unit below")
	}
	if items, err := k.deskFor(k.head); err != nil || len(items) != 1 || items[0].Href != StaffPath {
		t.Errorf("desk: %+v %v", items, err)
	}
	if w := k.post(answer, "odpowiedz", "tak"); w.Code != http.StatusSeeOther || k.enrollment(e.ID).State != Confirmed {
		t.Errorf("approved: %d", w.Code)
	}
}

func (k *kit) ownTrainings(t *testing.T) {
	planned, waiting := k.publish(t, nil), k.publish(t, func(tr *Training) { tr.Title = "Robotyka" })
	past := k.publish(t, func(tr *Training) { tr.Title, tr.State, tr.SchoolYear = "Dawne", Closed, 2025 })
	k.put(planned, k.iza, Confirmed, nil)
	offered := k.put(waiting, k.iza, Offered, func(e *Enrollment) { e.OfferUntil = k.now.Add(time.Hour).Unix() })
	// From before the account, under its address.
	before := k.visitor(past, Completed, func(e *Enrollment) { e.Email, e.Hours = strings.ToUpper(k.email(k.iza)), 8 })
	k.put(past, k.deputy, Completed, nil)
	k.who = k.iza
	if entries, err := k.Calendar(t.Context(), string(k.iza.Person), k.now, k.now.AddDate(1, 0, 0)); err != nil || len(entries) != 2 {
		t.Errorf("calendar before: %v %v", entries, err)
	}
	doc := k.page(OwnPath)
	var heads []string
	for _, section := range []string{"czeka", "planowane", "minione"} {
		heads = append(heads, text(doc.Find("section[aria-labelledby="+section+"] h3")))
	}
	if strings.Join(heads, "|") != "Robotyka|Matematyka w ruchu|Dawne" {
		t.Errorf("sections: %v", heads)
	}
	if row := text(doc.Find("table tbody")); row != "2025/202618 godzin lekcyjnych" {
		t.Errorf("years: %s", row)
	}
	if k.page(EnrollPath + "/" + string(before.ID)); k.enrollment(before.ID).Person != "" {
		t.Error("looking at a page gave the enrollment to the account")
	}
	if doc.Find(`form[action="`+OwnPath+`/dolacz"] button`).Length() != 1 {
		t.Errorf("nothing to take over: %s", text(doc.Find("main")))
	}
	if w := k.post(OwnPath + "/dolacz"); w.Code != http.StatusSeeOther || k.enrollment(before.ID).Person != string(k.iza.Person) {
		t.Error("the enrollment from before the account was not gathered", w.Code)
	}
	if k.page(OwnPath).Find(`form[action="`+OwnPath+`/dolacz"]`).Length() != 0 {
		t.Error("there is still something to take over")
	}
	items, err := k.deskFor(k.iza)
	if err != nil || len(items) != 1 || items[0].Href != EnrollPath+"/"+string(offered.ID) || items[0].By == "" {
		t.Errorf("desk: %+v %v", items, err)
	}
	k.now = time.Date(2026, 12, 13, 10, 0, 0, 0, web.Warsaw)
	if items, _ := k.deskFor(k.iza); len(items) != 1 || items[0].Title != "Jutro szkolenie, godz. 09:00" {
		t.Errorf("desk on the day before: %+v", items)
	}
	if items, _ := k.deskFor(access.Stranger()); len(items) != 0 {
		t.Errorf("desk of a stranger: %+v", items)
	}
}

func TestOwnCalendar(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	in, dropped := k.publish(t, nil), k.publish(t, func(tr *Training) { tr.State = Canceled })
	e := k.put(in, k.ewa, Confirmed, nil)
	k.put(dropped, k.ewa, Dropped, nil)
	k.put(k.publish(t, nil), k.ewa, Waiting, nil)
	k.put(in, k.jan, Confirmed, nil)
	from, to := k.now, k.now.AddDate(1, 0, 0)
	entries, err := k.Calendar(t.Context(), string(k.ewa.Person), from, to)
	k.ok(err)
	if len(entries) != 2 || entries[0].Canceled == entries[1].Canceled {
		t.Fatalf("entries %+v", entries)
	}
	for _, entry := range entries {
		if !entry.Canceled && (entry.From.Unix() != in.StartsAt || entry.Link != EnrollPath+"/"+string(e.ID) || entry.Place != in.Place) {
			t.Errorf("entry %+v", entry)
		}
	}
	if entries, err := k.Calendar(t.Context(), string(k.ewa.Person), from.AddDate(-1, 0, 0), from); err != nil || len(entries) != 0 {
		t.Errorf("outside of the span: %v %v", entries, err)
	}
}

// Every page is whole in every language, whatever the state.
func TestPeoplesPagesInThreeLanguages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	series := newID()
	tr := k.publish(t, func(tr *Training) {
		tr.Price, tr.Payer, tr.Series, tr.Approval, tr.Why = 5000, School, series, true, "choroba"
	})
	k.publish(t, func(tr *Training) { tr.Series, tr.StartsAt, tr.EndsAt = series, tr.StartsAt+86400, tr.EndsAt+86400 })
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_meetings set track = 'A' where training = ?`, tr.ID)
		return err
	})
	until := k.now.Add(time.Hour).Unix()
	var all []Enrollment
	for _, state := range States() {
		all = append(all, k.visitor(tr, state, func(e *Enrollment) {
			e.Email, e.OfferUntil, e.HoldUntil, e.Note, e.AgreedRev = string(state)+"@example.org", until, until, "powód", 0
			e.Agreed = `{"title":"Inny tytuł","mode":"online","payer":"nobody","paper":"none"}`
		}))
	}
	own := k.put(tr, k.ewa, Applied, nil)
	for _, k.lang = range i18n.Langs {
		for _, e := range all {
			k.who = access.Stranger()
			doc := k.page(k.guestPath(e))
			if doc.Find(`[data-promise="next"]`).Length() != 1 || doc.Find("main h1").Length() != 1 || doc.Find("#zmiany").Length() != 1 {
				t.Errorf("%s in %s: %s", e.State, k.lang, text(doc.Find("main")))
			}
			if moves := doc.Find("input[name=termin]").Length(); (moves == 1) != (e.State == Applied || e.State == Waiting || e.State == Offered || e.State == Confirmed) {
				t.Errorf("%s: %d dates to move to", e.State, moves)
			}
		}
		k.page(Path(tr.ID) + "/zapis")
		for who, paths := range map[*access.Actor][]string{&k.ewa: {OwnPath, EnrollPath + "/" + string(own.ID)}, &k.head: {StaffPath, StaffPath + "/zapis/" + string(tr.ID)},
			&k.jan: {Path(tr.ID) + "/zapis"}} {
			k.who = *who
			for _, path := range paths {
				k.page(path)
			}
		}
	}
}
