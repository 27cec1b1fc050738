package training

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

func TestEndsOfTrainings(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.openMail()
		k.nobodyWaitsForEver(t)
		k.staffConfirms(t)
		k.newDatesAreFree(t)
	})
}

// nobodyWaitsForEver: what was not decided when the training is over, ends.
func (k *kit) nobodyWaitsForEver(t *testing.T) {
	start := k.now
	defer func() { k.now = start }()
	tr := k.publish(t, func(tr *Training) { tr.Capacity, tr.Approval = 1, true })
	applied, waiting := k.enroll(tr, k.ewa), k.enroll(tr, k.jan)
	guest := k.enrollGuest(tr, 41)
	_, err := k.Confirm(t.Context(), k.link(guest), guest.ID)
	k.ok(err)
	course := k.publish(t, func(tr *Training) { tr.Form, tr.Admission = QualificationCourse, true })
	candidate := k.enroll(course, k.iza)
	in := k.put(course, k.deputy, Confirmed, nil)
	k.now = time.Unix(tr.EndsAt, 0)
	for range 2 {
		k.ok(k.holdEnded(t.Context()))
		k.ok(k.Expire(t.Context()))
	}
	for what, id := range map[string]EnrollmentID{"asked the head": applied.ID, "waited": waiting.ID, "a guest waited": guest.ID, "not decided": candidate.ID} {
		k.state(what, id, Lapsed)
	}
	k.state("was in", in.ID, Confirmed)
	if k.training(tr.ID).State != Held || k.training(course.ID).State != Held {
		t.Error("not held")
	}
	whole(t, k.db, tr.ID)
	k.drain()
	if got := k.toldTo(k.iza); !strings.HasSuffix(got, "training.people.tell.over") || strings.Count(got, "tell.over") != 1 {
		t.Errorf("told %q", got)
	}
	if got := k.lettersTo(guest.Email); len(got) == 0 || got[0].Subject != "Szkolenie się odbyło: Matematyka w ruchu" {
		t.Errorf("the guest got %+v", got)
	}
	k.who = k.jan
	if got := text(k.page(EnrollPath + "/" + string(waiting.ID)).Find(`[data-promise="next"] a`)); !strings.Contains(got, "już się odbyło") {
		t.Errorf("next: %q", got)
	}
}

// staffConfirms for who can be reached by no letter, and for nobody else.
func (k *kit) staffConfirms(t *testing.T) {
	tr := k.publish(t, func(tr *Training) { tr.Form, tr.Admission = QualificationCourse, true })
	until := k.now.Add(time.Hour).Unix()
	bare := func(e *Enrollment) { e.Email, e.Phone, e.How, e.OfferUntil = "", "600 100 200", ByPhone, until }
	e := k.put(tr, access.Actor{Name: "Maria Bezadresowa"}, Qualified, func(e *Enrollment) { bare(e); e.WhoKey = "phone:1" })
	reached := k.put(tr, k.jan, Qualified, func(e *Enrollment) { e.OfferUntil = until })
	refuses(t, "a trainer", k.ConfirmFor(t.Context(), k.trainer, e.ID), fault.NotFound)
	refuses(t, "another's officer", k.ConfirmFor(t.Context(), k.person("Inna", access.CenterOfficer, k.other), e.ID), fault.NotFound)
	refuses(t, "who confirms alone", k.ConfirmFor(t.Context(), k.officer, reached.ID), fault.Conflict)
	k.state("still to be confirmed", e.ID, Qualified)
	k.who = k.officer
	if k.page(personPath(tr.ID, reached.ID)).Find(`form[action$="/potwierdz"]`).Length() != 0 {
		t.Error("a button for who confirms alone")
	}
	action := k.page(peoplePath(tr.ID)+"/kwalifikacja/"+string(e.ID)).Find(`form[action$="/potwierdz"]`).AttrOr("action", "")
	for range 2 { // twice does no harm
		if w := k.post(action); w.Code != http.StatusSeeOther {
			t.Errorf("confirmed: %d", w.Code)
		}
	}
	k.state("confirmed", e.ID, Confirmed)
	drawn, err := db.Waiting(t.Context(), k.db, "audit_waiting")
	k.ok(err)
	if lines := slices.DeleteFunc(drawn, func(v []any) bool { return v[3] != "training.queue.confirm" || v[5] != string(e.ID) }); len(lines) != 1 {
		t.Errorf("%d lines in the log", len(lines))
	}
	late := k.put(k.publish(t, func(tr *Training) { tr.Admission = true }), access.Actor{Name: "Ewa Późna"}, Qualified, func(e *Enrollment) { bare(e); e.OfferUntil = k.now.Unix() })
	refuses(t, "too late", k.ConfirmFor(t.Context(), k.officer, late.ID), fault.Conflict)
}

// newDatesAreFree: after a postponement one leaves without a fee, and is told so.
func (k *kit) newDatesAreFree(t *testing.T) {
	start := k.now
	defer func() { k.now = start }()
	tr := k.publish(t, func(tr *Training) { tr.Price, tr.Payer = 10_000, Participant })
	ewa := k.enroll(tr, k.ewa)
	path := EnrollPath + "/" + string(ewa.ID)
	k.ok(k.Postpone(t.Context(), k.officer, tr.ID, 1, "Choroba osoby prowadzącej."))
	k.who = k.ewa
	if got := text(k.page(path).Find("#rezygnacja")); !strings.Contains(got, "jest przełożone, więc można zrezygnować bez opłat") {
		t.Errorf("postponed: %q", got)
	}
	week := int64(7 * 24 * 3600)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_trainings set state = ?, starts_at = ?, ends_at = ? where id = ?`, Published, tr.StartsAt+week, tr.EndsAt+week, tr.ID)
		if err == nil {
			_, err = tx.Exec(ctx, `update training_meetings set starts_at = starts_at + ?, ends_at = ends_at + ? where training = ?`, week, week, tr.ID)
		}
		return err
	})
	k.offers.forget(tr.ID)
	jan, err := k.Enroll(t.Context(), k.jan, tr.ID, k.applicant(k.training(tr.ID)), BySelf)
	k.ok(err)
	k.now = time.Unix(tr.StartsAt+week, 0).Add(-time.Hour)
	if doc := k.page(path); !strings.Contains(text(doc.Find("#rezygnacja")), "Termin zmienił się po Twoim zapisie") || !strings.Contains(text(doc.Find("dl.facts")), "Termin zmienił się po Twoim zapisie") {
		t.Errorf("new dates: %q", text(doc.Find("#rezygnacja")))
	}
	k.inAllLanguages(path)
	k.who = k.jan
	if got := text(k.page(EnrollPath + "/" + string(jan.ID)).Find("#rezygnacja")); !strings.Contains(got, "Termin bezpłatnej rezygnacji minął") {
		t.Errorf("who agreed to the new dates: %q", got)
	}
	now := k.training(tr.ID)
	if k.tooLateToLeave(t.Context(), k.db, now, k.enrollment(ewa.ID), k.now.Unix()) || !k.tooLateToLeave(t.Context(), k.db, now, k.enrollment(jan.ID), k.now.Unix()) {
		t.Error("what is charged is another thing than what is told")
	}
}

// A whole course in one form.
func TestRecordsOfACourse(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, func(tr *Training) {
		tr.Form, tr.Paper, tr.PracticeHours, tr.Exam = QualificationCourse, Diploma, 30, true
	})
	ewa, jan := k.put(tr, k.ewa, Confirmed, nil), k.put(tr, k.jan, Confirmed, nil)
	k.put(tr, k.iza, Waiting, nil)
	path := attendancePath(tr.ID) + "/przebieg"
	for name, who := range map[string]access.Actor{"trainer": k.trainer, "participant": k.ewa, "officer elsewhere": k.person("Inna", access.CenterOfficer, k.other)} {
		k.who = who
		if a, b := k.get(path).Code, k.post(path).Code; a != http.StatusForbidden || b != http.StatusForbidden {
			t.Errorf("%s: %d, %d", name, a, b)
		}
	}
	k.who = k.officer
	if got := k.get(attendancePath(k.publish(t, nil).ID) + "/przebieg").Code; got != http.StatusNotFound {
		t.Error("records of a workshop:", got)
	}
	doc := k.page(path)
	if doc.Find("tbody tr").Length() != 2 || doc.Find("tbody select").Length() != 2 || k.page(attendancePath(tr.ID)).Find(`a[href="`+path+`"]`).Length() != 1 {
		t.Errorf("the form: %s", text(doc.Find("main")))
	}
	form := func(changes map[EnrollmentID][3]string) (pairs []string) {
		for id, c := range changes {
			was := doc.Find(`input[name="b-`+string(id)+`"]`).AttrOr("value", "")
			pairs = append(pairs, "b-"+string(id), was, "ocena-"+string(id), c[0], "praktyka-"+string(id), c[1], "egzamin-"+string(id), c[2])
		}
		return pairs
	}
	bad := k.whole("bad", k.post(path, form(map[EnrollmentID][3]string{ewa.ID: {"bardzo dobra", "30", "passed"}, jan.ID: {"dobra", "dużo", ""}})...), http.StatusUnprocessableEntity)
	if bad.Find(`.errsum a[href="#praktyka-`+string(jan.ID)+`"]`).Length() != 1 || bad.Find(`input[name="praktyka-`+string(jan.ID)+`"]`).AttrOr("value", "") != "dużo" || k.enrollment(ewa.ID).Grade != "" {
		t.Error("half was saved, or what was typed is lost")
	}
	k.post(path, form(map[EnrollmentID][3]string{ewa.ID: {"bardzo dobra", "30", "passed"}, jan.ID: {"", "0", ""}})...)
	if got := recordOf(k.enrollment(ewa.ID)); got != (courseRecord{"bardzo dobra", 30, "passed"}) || k.enrollment(jan.ID).Revision != 1 {
		t.Errorf("saved %+v, and what did not change was written: %v", got, k.enrollment(jan.ID).Revision != 1)
	}
	// A second officer, with the page from before, does not undo it unseen.
	stale := k.whole("stale", k.post(path, form(map[EnrollmentID][3]string{ewa.ID: {"dobra", "0", ""}, jan.ID: {"dobra", "10", ""}})...), http.StatusConflict)
	if !strings.Contains(text(stale.Find("#stop, .notice, .errsum, main")), "Ewa Łoś") || recordOf(k.enrollment(jan.ID)) != (courseRecord{}) {
		t.Error("the conflict is not told, or something was saved")
	}
	if got := k.post(path, "b-"+string(ewa.ID), "{", "ocena-"+string(ewa.ID), "x").Code; got != http.StatusBadRequest {
		t.Error("a broken form:", got)
	}
	was, err := json.Marshal(courseRecord{})
	k.ok(err)
	if got := k.post(path, "b-"+newID(), string(was), "ocena-"+newID(), "x").Code; got != http.StatusSeeOther {
		t.Error("nothing changed:", got)
	}
	k.inAllLanguages(path)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_trainings set state = ? where id = ?`, Closed, tr.ID)
		return err
	})
	_, err = k.CourseRecords(t.Context(), k.officer, tr.ID, []recordChange{{jan.ID, courseRecord{}, courseRecord{Grade: "dobra"}}})
	refuses(t, "a settled course", err, fault.Conflict)
	if k.page(path).Find("main form button").Length() != 0 {
		t.Error("a settled course can be changed")
	}
}
