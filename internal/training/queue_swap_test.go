package training

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

// asked is the row of the colleague whom the holder of a place asked.
func (k *kit) asked(from EnrollmentID, address string) Enrollment {
	k.t.Helper()
	var e Enrollment
	k.ok(k.db.Get(k.t.Context(), &e, `select `+EnrollmentColumns+` from training_enrollments e where e.swapped_from = ? and e.email_key = ?`, from, k.emailKey(address)))
	return e
}

// A place passes when the colleague says yes, and not before.
func testHandOver(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	ewa, iza := k.enroll(tr, k.ewa), k.enroll(tr, k.iza)
	hand := func(address string) Receipt {
		r, err := k.Swap(t.Context(), Holder{Actor: k.ewa}, ewa.ID, Applicant{Name: "Basia Gość", Email: address, Role: access.Teacher})
		k.ok(err)
		return r
	}
	fresh, known := hand(basia), hand(k.email(k.iza))
	if fresh != known || fresh.ID != "" {
		t.Errorf("one sees who is enrolled: %+v, %+v", fresh, known)
	}
	k.state("ewa", ewa.ID, Confirmed)
	k.state("iza", iza.ID, Waiting)
	e := k.asked(ewa.ID, basia)
	if e.State != Pending || e.Seated || e.Place != 0 || e.How != BySwap || e.HoldUntil != k.now.Add(48*time.Hour).Unix() {
		t.Errorf("%+v", e)
	}
	whole(t, k.db, tr.ID)
	hand(strings.ToUpper(k.email(k.jan)))
	k.state("asked no more", e.ID, Lapsed)
	jan := k.asked(ewa.ID, k.email(k.jan))
	_, err := k.Confirm(t.Context(), Holder{Actor: k.iza}, jan.ID)
	refuses(t, "somebody else says yes", err, fault.NotFound)
	_, err = k.Confirm(t.Context(), Holder{Actor: k.jan}, jan.ID)
	k.ok(err)
	was, is := k.state("ewa", ewa.ID, Resigned), k.state("jan", jan.ID, Confirmed)
	if !is.Seated || is.Place != was.Place || is.Person != string(k.jan.Person) || is.Name != k.jan.Name || was.Seated || was.Late || was.LeftAt == 0 {
		t.Errorf("%+v %+v", was, is)
	}
	k.state("iza does not rise", iza.ID, Waiting)
	whole(t, k.db, tr.ID)
	admitted := k.publish(t, func(tr *Training) { tr.Admission = true })
	one := k.enroll(admitted, k.ewa)
	for _, who := range []access.Actor{k.ewa, k.officer, k.head} {
		_, err := k.Swap(t.Context(), Holder{Actor: who}, one.ID, Applicant{Name: "Basia Gość", Email: basia})
		refuses(t, "past the officer who admits", err, fault.Conflict)
	}
}

// Whoever says yes when the place is gone, or too late, gets nothing.
func testHandOverLate(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	ewa, iza := k.enroll(tr, k.ewa), k.enroll(tr, k.iza)
	hand := func(who access.Actor, id EnrollmentID, address string) Enrollment {
		_, err := k.Swap(t.Context(), Holder{Actor: who}, id, Applicant{Name: "Basia Gość", Email: address, Role: access.Teacher})
		k.ok(err)
		return k.asked(id, address)
	}
	one := hand(k.ewa, ewa.ID, basia)
	k.ok(k.Resign(t.Context(), Holder{Actor: k.ewa}, ewa.ID, ""))
	_, err := k.Confirm(t.Context(), k.link(one), one.ID)
	refuses(t, "a place that is gone", err, fault.Conflict)
	k.state("iza", iza.ID, Offered)
	two := hand(k.iza, iza.ID, "druga@example.org")
	k.later(time.Hour)
	_, err = k.Confirm(t.Context(), k.link(two), two.ID)
	k.ok(err)
	if e := k.state("an offered seat", two.ID, Offered); !e.Seated || e.OfferUntil == 0 {
		t.Errorf("%+v", e)
	}
	_, err = k.Answer(t.Context(), k.link(two), two.ID, true)
	k.ok(err)
	_, err = k.Swap(t.Context(), k.link(two), two.ID, Applicant{Name: "Basia Gość", Email: "x@example.org"})
	k.ok(err)
	three := k.asked(two.ID, "x@example.org")
	k.later(48 * time.Hour)
	_, err = k.Confirm(t.Context(), k.link(three), three.ID)
	refuses(t, "too late", err, fault.Conflict)
	k.state("the place stays", two.ID, Confirmed)
	whole(t, k.db, tr.ID)
}

// What a head ordered for the own staff is for people known to be of it.
func testOrdered(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.ForInstitution = string(k.school) })
	g := k.guest(tr, 21)
	g.Institution, g.TypedName = k.school, ""
	_, err := k.Enroll(t.Context(), access.Stranger(), tr.ID, g, ByGuest)
	refuses(t, "a stranger who says so", err, fault.Conflict)
	_, err = k.Enroll(t.Context(), k.iza, tr.ID, k.applicant(tr), BySelf)
	refuses(t, "an account without a role there", err, fault.Conflict)
	ewa := k.enroll(tr, k.ewa)
	_, err = k.Swap(t.Context(), Holder{Actor: k.ewa}, ewa.ID, Applicant{Name: "Basia Gość", Email: basia})
	refuses(t, "a colleague of whom nobody knows", err, fault.Conflict)
	all, err := k.EnrollStaff(t.Context(), k.head, tr.ID, k.school, []Applicant{{Name: "Bez Konta", Email: "bez@example.org"}})
	k.ok(err)
	k.state("by the head", all[0].ID, Confirmed)
	g.Email, g.SeenRev = "", 0
	_, err = k.Enroll(t.Context(), k.officer, tr.ID, g, ByPhone)
	k.ok(err)
}

func testYoung(t *testing.T, k *kit) {
	tr := k.publish(t, nil)
	pupil, shared := k.jan, k.ewa
	pupil.Roles = []access.Held{{Role: access.Pupil, Institution: k.school}}
	shared.Shared = true
	for name, who := range map[string]access.Actor{"a pupil": pupil, "a shared computer": shared} {
		_, err := k.Enroll(t.Context(), who, tr.ID, k.applicant(tr), BySelf)
		refuses(t, name, err, fault.Conflict)
	}
	g := k.guest(tr, 31)
	g.Role = access.Guardian
	_, err := k.Enroll(t.Context(), access.Stranger(), tr.ID, g, ByGuest)
	refuses(t, "a guardian, as a stranger says", err, fault.Conflict)
	named := k.publish(t, nil)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into training_eligible (training, kind, value) values (?, 'role', 'pupil')`, named.ID)
		return err
	})
	a := k.applicant(named)
	a.Role = access.Pupil
	_, err = k.Enroll(t.Context(), pupil, named.ID, a, BySelf)
	k.ok(err)
	g.Role, g.SeenRev = access.Pupil, named.Revision
	_, err = k.Enroll(t.Context(), access.Stranger(), named.ID, g, ByGuest)
	refuses(t, "a pupil, as a stranger says", err, fault.Conflict)
}

// One network holds a few seats with links that nobody used, and no more.
func testHeldSeats(t *testing.T, k *kit) {
	tr := k.publish(t, nil)
	const network = "192.0.2.44"
	var list []Enrollment
	for n := range 5 {
		g := k.guest(tr, 40+n)
		k.ok(k.countTry(t.Context(), tr.ID, g.Email, network))
		hold, err := k.mayHold(t.Context(), tr, network)
		k.ok(err)
		g.NoSeat = !hold
		r, err := k.Enroll(t.Context(), access.Stranger(), tr.ID, g, ByGuest)
		k.ok(err)
		list = append(list, k.enrollment(r.ID))
		if e := list[n]; e.State != Pending || e.Seated != (n < 3) {
			t.Errorf("number %d: %+v", n, e)
		}
	}
	if e, err := k.Confirm(t.Context(), k.link(list[4]), list[4].ID); err != nil || e.State != Confirmed {
		t.Errorf("with a link that was used: %s, %v", e.State, err)
	}
	whole(t, k.db, tr.ID)
}

// Moving to another date leads past nobody's decision.
func testOtherDates(t *testing.T, k *kit) {
	series := func(change func(*Training)) Training {
		return k.publish(t, func(tr *Training) {
			tr.Series = "inne"
			if change != nil {
				change(tr)
			}
		})
	}
	here := series(nil)
	ewa := k.enroll(here, k.ewa)
	closed := map[string]Training{"an officer admits there": series(func(tr *Training) { tr.Admission = true }),
		"another staff's": series(func(tr *Training) { tr.ForInstitution = string(k.other) }), "ordered there": series(func(tr *Training) { tr.ForInstitution = string(k.school) }),
		"for others": series(nil)}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into training_eligible (training, kind, value) values (?, 'role', 'school_head')`, closed["for others"].ID)
		return err
	})
	for name, to := range closed {
		_, err := k.Move(t.Context(), Holder{Actor: k.ewa}, ewa.ID, to.ID)
		refuses(t, name, err, fault.Conflict)
	}
	if to, err := k.MovesTo(t.Context(), k.enrollment(ewa.ID)); err != nil || len(to) != 0 {
		t.Errorf("%d dates, %v", len(to), err)
	}
	k.state("ewa stays", ewa.ID, Confirmed)
}

// An account that enrolls over what somebody typed with its address counts with
// what it says itself.
func testOwnWords(t *testing.T, k *kit) {
	tr := k.publish(t, nil)
	k.pools(tr.ID, map[string]int{"": 3, town: 1})
	typed := func(who access.Actor, at access.InstitutionID) Enrollment {
		g := k.guest(tr, 1)
		g.Email, g.Name, g.Needs, g.Institution = k.email(who), "Ktoś Inny", "zmyślone", at
		r, err := k.Enroll(t.Context(), access.Stranger(), tr.ID, g, ByGuest)
		k.ok(err)
		return k.enrollment(r.ID)
	}
	was := typed(k.ewa, k.school)
	if r := k.enroll(tr, k.ewa); !r.Known || r.ID != was.ID {
		t.Errorf("%+v", r)
	}
	if e := k.enrollment(was.ID); e.Name != k.ewa.Name || e.Institution != string(k.school) || e.TypedName != "" || e.Needs != "" || e.State != Pending || e.Seated != was.Seated {
		t.Errorf("%+v", e)
	}
	fake := typed(k.jan, k.other)
	if fake.Pool != town || !fake.Seated {
		t.Errorf("%+v", fake)
	}
	if r := k.enroll(tr, k.jan); r.Known || r.State != Confirmed || k.enrollment(r.ID).Pool != "" {
		t.Errorf("%+v", r)
	}
	k.state("the seat of the town", fake.ID, Lapsed)
	whole(t, k.db, tr.ID)
}

// When and whether late somebody left stays with the enrollment; what they
// needed does not.
func testLeft(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.FreeUntil = k.now.Unix() + 3600; tr.Series = "odeszli" })
	there := k.publish(t, func(tr *Training) { tr.Series = "odeszli" })
	come := func(who access.Actor) EnrollmentID {
		a := k.applicant(tr)
		a.Needs = "pętla indukcyjna"
		r, err := k.Enroll(t.Context(), who, tr.ID, a, BySelf)
		k.ok(err)
		return r.ID
	}
	ewa, jan, iza, head, deputy := come(k.ewa), come(k.jan), come(k.iza), come(k.head), come(k.deputy)
	k.ok(k.Resign(t.Context(), Holder{Actor: k.ewa}, ewa, ""))
	k.later(time.Hour)
	k.ok(k.Resign(t.Context(), Holder{Actor: k.jan}, jan, ""))
	moved, err := k.Move(t.Context(), Holder{Actor: k.iza}, iza, there.ID)
	k.ok(err)
	k.write(func(ctx context.Context, tx *db.Tx) error { return k.leaveQueue(ctx, tx, head, "", k.now.Unix()) })
	_, err = k.Swap(t.Context(), Holder{Actor: k.officer}, deputy, Applicant{Name: "Basia Gość", Email: basia})
	k.ok(err)
	for name, c := range map[string]struct {
		id   EnrollmentID
		late bool
		at   time.Time
	}{"in time": {ewa, false, k.now.Add(-time.Hour)}, "late": {jan, true, k.now}, "to another date": {iza, false, k.now}, "erased": {head, false, k.now}, "handed over": {deputy, false, k.now}} {
		if e := k.state(name, c.id, Resigned); e.Late != c.late || e.LeftAt != c.at.Unix() || e.Needs != "" {
			t.Errorf("%s: late %v, at %d, needs %q", name, e.Late, e.LeftAt, e.Needs)
		}
	}
	e := k.enrollment(moved.ID)
	if needs, err := k.openNeeds(e); err != nil || needs != "pętla indukcyjna" || e.LeftAt != 0 {
		t.Errorf("moved: %q, %v", needs, err)
	}
}

// Where a complex has the head of a part, the center does not decide.
func testComplex(t *testing.T, k *kit) {
	part := testID(41)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		return k.dir.Save(ctx, tx, []directory.Institution{{ID: part, Origin: directory.Invented, Kind: directory.Kind(register.Primary), Name: "Filia szkoły",
			Municipality: city, RunningMunicipality: city, HeadUnit: k.school}})
	})
	tr := k.publish(t, func(tr *Training) { tr.Approval = true })
	g := k.guest(tr, 51)
	g.Institution, g.TypedName = part, ""
	r, err := k.Enroll(t.Context(), access.Stranger(), tr.ID, g, ByGuest)
	k.ok(err)
	e := k.enrollment(r.ID)
	_, err = k.Confirm(t.Context(), k.link(e), e.ID)
	k.ok(err)
	refuses(t, "the center, beside the head of the complex", k.Approve(t.Context(), k.director, e.ID, true, ""), fault.Forbidden)
	k.ok(k.Approve(t.Context(), k.head, e.ID, true, ""))
	k.state("approved", e.ID, Confirmed)
}

// What came under an address before the account is the person's to take along
// and to have erased.
func testErased(t *testing.T, k *kit) {
	who := k.person("Zoja Krótka", access.Teacher, k.school)
	tr := k.publish(t, nil)
	e := k.visitor(tr, Confirmed, func(e *Enrollment) { e.Email = strings.ToUpper(k.email(who)) })
	holds := k.holdEnrollments()
	items, err := holds.Export(t.Context(), string(who.Person))
	if err != nil || len(items) != 1 || items[0].ID != string(e.ID) {
		t.Errorf("%+v, %v", items, err)
	}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		n, err := holds.Erase(ctx, tx, string(who.Person))
		if err == nil && n != 1 {
			err = fmt.Errorf("%d erased", n)
		}
		return err
	})
	if e := k.enrollment(e.ID); e.Name != "" || e.Email != "" {
		t.Errorf("%+v", e)
	}
}

// The log of what staff did says that there is a note, and not what it says.
func testNoWordsInLog(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	k.enroll(tr, k.ewa)
	jan := k.enroll(tr, k.jan)
	k.ok(k.Call(t.Context(), k.officer, jan.ID, false, "choruje na odrę"))
	in := k.put(tr, k.iza, Confirmed, func(e *Enrollment) { e.Seated = false })
	k.ok(k.Except(t.Context(), k.officer, in.ID, Completed, "choruje na odrę"))
	drawn, err := db.Waiting(t.Context(), k.db, "audit_waiting")
	k.ok(err)
	if slices.ContainsFunc(drawn, func(v []any) bool { return strings.Contains(fmt.Sprint(v...), "odrę") }) {
		t.Error("the log says what somebody is ill with")
	}
	if e := k.enrollment(jan.ID); e.Note != "choruje na odrę" {
		t.Errorf("note %q", e.Note)
	}
}

// The page on which somebody hands a place over says the same whoever is asked,
// and asks nobody without end.
func TestHandingOverOnThePage(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.openMail()
	tr := k.publish(t, nil)
	ewa, iza := k.enroll(tr, k.ewa), k.enroll(tr, k.iza)
	k.who = k.ewa
	path := EnrollPath + "/" + string(ewa.ID)
	hand := func(address string) string {
		w := k.post(path+"/zastepstwo", "imie", "Basia Gość", "email", address)
		if w.Code != http.StatusSeeOther {
			return fmt.Sprint(w.Code)
		}
		return fmt.Sprint(w.Code, w.Header().Get("Location"), w.Header().Values("Set-Cookie"))
	}
	if fresh, known := hand(basia), hand(k.email(k.iza)); fresh != known || !strings.HasPrefix(fresh, "303") {
		t.Errorf("%s, %s", fresh, known)
	}
	k.state("ewa", ewa.ID, Confirmed)
	k.state("iza", iza.ID, Confirmed)
	k.drain()
	e := k.asked(ewa.ID, basia)
	letters := k.lettersTo(basia)
	if len(letters) != 1 || !strings.Contains(letters[0].Subject, "Zastępstwo") || !strings.Contains(letters[0].Text, k.guestPath(e)) {
		t.Fatalf("%+v", letters)
	}
	for range triesOfAddress - 1 {
		hand(basia)
	}
	if got := hand(basia); got != "429" {
		t.Errorf("a sixth letter to one address: %s", got)
	}
	k.who = access.Stranger()
	if w := k.post(k.guestPath(e) + "/potwierdz"); w.Code != http.StatusSeeOther {
		t.Errorf("confirmed: %d", w.Code)
	}
	k.state("basia", e.ID, Confirmed)
	k.state("ewa", ewa.ID, Resigned)
	whole(t, k.db, tr.ID)
}

// A training ordered for one staff is not there for others: neither the form
// nor the page of the code.
func TestOrderedIsNotThereForOthers(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, func(tr *Training) { tr.ForInstitution = string(k.school) })
	all, err := Meetings(t.Context(), k.db, tr.ID)
	k.ok(err)
	pages := []string{Path(tr.ID) + "/zapis", presencePath(all[0].ID)}
	for name, who := range map[string]access.Actor{"a stranger": access.Stranger(), "another teacher": k.iza} {
		k.who = who
		for _, page := range pages {
			if w := k.get(page); w.Code != http.StatusNotFound {
				t.Errorf("%s at %s: %d", name, page, w.Code)
			}
		}
		if w := k.post(pages[0], "wersja", "1"); w.Code != http.StatusNotFound {
			t.Errorf("%s enrolls: %d", name, w.Code)
		}
	}
	k.who = k.ewa
	for _, page := range pages {
		k.page(page)
	}
	k.who = access.Stranger()
	e := k.visitor(tr, Confirmed, nil)
	if w := k.get(PresenceLink(all[0].ID, e.ID, k.Key(e))); w.Code != http.StatusOK {
		t.Errorf("with the link of a letter: %d", w.Code)
	}
}

// Strangers of one network get links by the form as long as they like, but only
// the first of them hold seats.
func TestHeldSeatsByTheForm(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, nil)
	seen := k.page(Path(tr.ID)+"/zapis").Find("input[name=oferta]").AttrOr("value", "")
	for n := range 4 {
		w := k.post(Path(tr.ID)+"/zapis", "wersja", "1", "oferta", seen, "imie", "Basia Gość", "email", fmt.Sprintf("gosc%d@example.org", n), "instytucja", "Bajka")
		if w.Code != http.StatusOK {
			t.Fatalf("number %d: %d", n, w.Code)
		}
	}
	var held int
	k.ok(k.db.Get(t.Context(), &held, `select count(*) from training_enrollments where training = ? and state = 'pending' and seated`, tr.ID))
	if held != 3 {
		t.Errorf("%d seats are held", held)
	}
}
