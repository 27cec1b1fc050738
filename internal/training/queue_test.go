package training

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

func TestQueue(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		begin := k.now
		for name, f := range map[string]func(t *testing.T, k *kit){
			"enroll": testEnroll, "guest": testGuest, "order": testOrder, "late": testLate, "approval": testApproval, "admission": testAdmission,
			"staff": testStaff, "swap": testSwap, "move": testMove, "phone": testPhone, "pools": testPools, "quotas": testQuotas, "drop": testDrop,
			"hand over": testHandOver, "hand over late": testHandOverLate, "ordered": testOrdered, "young": testYoung, "held": testHeldSeats,
			"other dates": testOtherDates, "own words": testOwnWords, "left": testLeft, "complex": testComplex, "erased": testErased, "words": testNoWordsInLog, "rights": testQueueRights, "gather": testGather, "leave": testLeave, "expire": testExpire,
		} {
			t.Run(name, func(t *testing.T) {
				k.t, k.now = t, begin
				f(t, k)
			})
		}
	})
}

func testEnroll(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	a := k.applicant(tr)
	a.Needs = "pętla indukcyjna"
	r, err := k.Enroll(t.Context(), k.ewa, tr.ID, a, BySelf)
	k.ok(err)
	e := k.state("ewa", r.ID, Confirmed)
	if e.Name != k.ewa.Name || e.Email != k.email(k.ewa) || e.BySeat != city || e.ByRunning != city || e.AgreedRev != 1 || e.Agreed == "" || e.EnrolledBy != "" {
		t.Errorf("%+v", e)
	}
	if needs, err := k.openNeeds(e); err != nil || needs != a.Needs || strings.Contains(e.Needs, "pętla") {
		t.Errorf("needs %q, %v", needs, err)
	}
	if r, err := k.Enroll(t.Context(), k.ewa, tr.ID, a, BySelf); err != nil || !r.Known || r.ID != e.ID {
		t.Errorf("twice: %+v, %v", r, err)
	}
	if r := k.enroll(tr, k.jan); r.State != Waiting {
		t.Errorf("jan: %+v", r)
	}
	_, err = k.Enroll(t.Context(), access.Stranger(), tr.ID, a, BySelf)
	refuses(t, "a stranger as oneself", err, fault.SignedOut)
	_, err = k.Enroll(t.Context(), k.iza, ID(newID()), a, BySelf)
	refuses(t, "no such training", err, fault.NotFound)
	a.SeenRev = 7
	_, err = k.Enroll(t.Context(), k.iza, tr.ID, a, BySelf)
	refuses(t, "another offer on the screen", err, fault.Conflict)
	a = k.applicant(tr)
	a.Institution = testID(99)
	_, err = k.Enroll(t.Context(), k.iza, tr.ID, a, BySelf)
	refuses(t, "no such institution", err, fault.Invalid)
	_, err = k.Enroll(t.Context(), k.iza, tr.ID, a, ByImport)
	refuses(t, "another way", err, fault.BadRequest)
	ordered := k.publish(t, func(tr *Training) { tr.ForInstitution = string(k.other) })
	_, err = k.Enroll(t.Context(), k.ewa, ordered.ID, k.applicant(ordered), BySelf)
	refuses(t, "a training of another staff", err, fault.Conflict)
	whole(t, k.db, tr.ID)
	var seen []EnrollmentID
	k.ok(events.Replay(t.Context(), k.db, "", func(_ context.Context, e WasEnrolled, m events.Meta) error {
		if e.Training == tr.ID {
			seen = append(seen, e.Enrollment)
		}
		return nil
	}))
	if len(seen) != 2 {
		t.Errorf("%d events", len(seen))
	}
}

func testGuest(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	one := k.enrollGuest(tr, 1)
	if one.State != Pending || !one.Seated || one.HoldUntil != k.now.Unix()+3600 {
		t.Errorf("%+v", one)
	}
	two := k.enrollGuest(tr, 2)
	if two.State != Pending || two.Seated || two.Place != 0 {
		t.Errorf("%+v", two)
	}
	if again := k.enrollGuest(tr, 1); again.ID != one.ID {
		t.Error("the same address came in twice")
	}
	for _, wrong := range []string{"", "x", k.Key(two), strings.Repeat("a", 32)} {
		_, err := k.Open(t.Context(), Holder{Key: wrong}, one.ID)
		refuses(t, "key "+wrong, err, fault.NotFound)
		_, err = k.Confirm(t.Context(), Holder{Key: wrong}, one.ID)
		refuses(t, "confirm with "+wrong, err, fault.NotFound)
	}
	if e, err := k.Open(t.Context(), k.link(one), one.ID); err != nil || e != one {
		t.Errorf("open: %v", err)
	}
	if len(k.Key(one)) != 32 {
		t.Errorf("a key of %d letters", len(k.Key(one)))
	}
	if e, err := k.Confirm(t.Context(), k.link(two), two.ID); err != nil || e.State != Waiting || e.Place == 0 {
		t.Errorf("confirm two: %+v, %v", e, err)
	}
	k.later(time.Hour - time.Second)
	if e, err := k.Confirm(t.Context(), k.link(one), one.ID); err != nil || e.State != Confirmed {
		t.Errorf("in the last second: %+v, %v", e.State, err)
	}
	if e, err := k.Confirm(t.Context(), k.link(one), one.ID); err != nil || e.State != Confirmed {
		t.Errorf("twice: %+v, %v", e.State, err)
	}
	k.ok(k.Resign(t.Context(), k.link(one), one.ID, "choroba"))
	k.state("the next", two.ID, Offered)
	if e := k.enrollment(one.ID); e.Note != "choroba" || e.Active {
		t.Errorf("%+v", e)
	}
	whole(t, k.db, tr.ID)
}

// A seat that comes free goes to the first who waits, never to a newcomer.
func testOrder(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	ewa, jan, iza := k.enroll(tr, k.ewa), k.enroll(tr, k.jan), k.enroll(tr, k.iza)
	if p, err := k.Position(t.Context(), k.db, k.enrollment(iza.ID)); err != nil || p != (Position{Place: 2, Waiting: 2, Seats: 1, Taken: 1}) {
		t.Errorf("%+v, %v", p, err)
	}
	k.ok(k.Resign(t.Context(), Holder{Actor: k.ewa}, ewa.ID, ""))
	k.ok(k.Resign(t.Context(), Holder{Actor: k.ewa}, ewa.ID, "")) // twice changes nothing
	if e := k.state("jan", jan.ID, Offered); e.OfferUntil != k.now.Unix()+48*3600 {
		t.Errorf("until %d", e.OfferUntil)
	}
	if r := k.enroll(tr, k.ewa); r.State != Waiting || r.Known {
		t.Errorf("ewa again: %+v", r)
	}
	_, err := k.Answer(t.Context(), Holder{Actor: k.iza}, iza.ID, true)
	refuses(t, "an answer without an offer", err, fault.Conflict)
	_, err = k.Answer(t.Context(), Holder{Actor: k.iza}, jan.ID, true)
	refuses(t, "another's offer", err, fault.NotFound)
	_, err = k.Answer(t.Context(), Holder{Actor: k.jan}, jan.ID, false)
	k.ok(err)
	k.state("jan", jan.ID, Resigned)
	k.state("iza", iza.ID, Offered)
	e, err := k.Answer(t.Context(), Holder{Actor: k.iza}, iza.ID, true)
	k.ok(err)
	if e.State != Confirmed || e.OfferUntil != 0 {
		t.Errorf("%+v", e)
	}
	_, err = k.Answer(t.Context(), Holder{Actor: k.iza}, iza.ID, true)
	k.ok(err)
	why, err := k.WhyNobody(t.Context(), k.officer, tr.ID)
	if err != nil || len(why) != 1 || why[0].Key != "training.queue.silence.full" {
		t.Errorf("%+v, %v", why, err)
	}
	whole(t, k.db, tr.ID)
}

// A deadline missed by a second is missed, whether or not the job has run.
func testLate(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	held := k.enrollGuest(tr, 3)
	jan, iza := k.enroll(tr, k.jan), k.enroll(tr, k.iza)
	k.later(time.Hour)
	_, err := k.Confirm(t.Context(), k.link(held), held.ID)
	refuses(t, "a confirmation late by nothing", err, fault.Conflict)
	k.state("the guest", held.ID, Lapsed)
	k.state("jan", jan.ID, Offered)
	k.later(48 * time.Hour)
	_, err = k.Answer(t.Context(), Holder{Actor: k.jan}, jan.ID, true)
	refuses(t, "an answer late by nothing", err, fault.Conflict)
	if f := fault.As(err); f.Key != "training.queue.fault.offer_over" {
		t.Error(f.Key)
	}
	k.state("jan", jan.ID, Lapsed)
	k.state("iza", iza.ID, Offered)
	k.later(48*time.Hour - time.Second)
	if _, err := k.Answer(t.Context(), Holder{Actor: k.iza}, iza.ID, true); err != nil {
		t.Errorf("in the last second: %v", err)
	}
	if again := k.enrollGuest(tr, 3); again.ID == held.ID || again.State != Pending {
		t.Errorf("a guest whose time ran out cannot come again: %+v", again)
	}
	k.now = time.Unix(tr.StartsAt, 0)
	refuses(t, "a resignation as it begins", k.Resign(t.Context(), Holder{Actor: k.iza}, iza.ID, ""), fault.Conflict)
	whole(t, k.db, tr.ID)
}

func testApproval(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity, tr.Approval = 2, true })
	ewa, jan, head := k.enroll(tr, k.ewa), k.enroll(tr, k.jan), k.enroll(tr, k.head)
	if ewa.State != Applied || head.State != Waiting {
		t.Fatalf("%+v %+v", ewa, head)
	}
	refuses(t, "another head", k.Approve(t.Context(), k.otherHead, ewa.ID, true, ""), fault.NotFound)
	refuses(t, "a teacher", k.Approve(t.Context(), k.jan, ewa.ID, true, ""), fault.NotFound)
	refuses(t, "the center, beside a head", k.Approve(t.Context(), k.officer, ewa.ID, true, ""), fault.Forbidden)
	k.ok(k.Approve(t.Context(), k.deputy, ewa.ID, true, ""))
	if e := k.state("ewa", ewa.ID, Confirmed); e.ApprovedBy != string(k.deputy.Person) {
		t.Errorf("approved by %s", e.ApprovedBy)
	}
	k.ok(k.Approve(t.Context(), k.head, jan.ID, false, "lekcje"))
	if e := k.state("jan", jan.ID, Rejected); e.Note != "lekcje" {
		t.Errorf("%+v", e)
	}
	k.state("head", head.ID, Offered)
	_, err := k.Answer(t.Context(), Holder{Actor: k.head}, head.ID, true)
	k.ok(err)
	k.state("the head approves the own enrollment", head.ID, Confirmed)
	refuses(t, "approve who left", k.Approve(t.Context(), k.head, jan.ID, true, ""), fault.Conflict)
	typed := k.publish(t, func(tr *Training) { tr.Approval = true })
	g := k.enrollGuest(typed, 4)
	_, err = k.Confirm(t.Context(), k.link(g), g.ID)
	k.ok(err)
	k.state("a guest of a typed school", g.ID, Applied)
	k.ok(k.Approve(t.Context(), k.officer, g.ID, true, ""))
	k.state("approved by the center", g.ID, Confirmed)
	whole(t, k.db, tr.ID)
	whole(t, k.db, typed.ID)
}

func testAdmission(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity, tr.Admission = 1, true })
	ewa, jan, iza := k.enroll(tr, k.ewa), k.enroll(tr, k.jan), k.enroll(tr, k.iza)
	refuses(t, "a head qualifies", k.Qualify(t.Context(), k.head, jan.ID, true, ""), fault.NotFound)
	k.ok(k.Qualify(t.Context(), k.officer, jan.ID, true, ""))
	if e := k.state("jan", jan.ID, Qualified); !e.Seated || e.OfferUntil == 0 {
		t.Errorf("%+v", e)
	}
	k.ok(k.Qualify(t.Context(), k.officer, ewa.ID, true, ""))
	k.state("ewa", ewa.ID, Waiting)
	k.ok(k.Qualify(t.Context(), k.officer, iza.ID, false, "brak dyplomu"))
	k.state("iza", iza.ID, Rejected)
	refuses(t, "twice", k.Qualify(t.Context(), k.officer, jan.ID, true, ""), fault.Conflict)
	k.later(48 * time.Hour)
	_, err := k.Confirm(t.Context(), Holder{Actor: k.jan}, jan.ID)
	refuses(t, "too late", err, fault.Conflict)
	k.state("ewa", ewa.ID, Offered)
	_, err = k.Answer(t.Context(), Holder{Actor: k.ewa}, ewa.ID, true)
	k.ok(err)
	k.state("ewa", ewa.ID, Confirmed)
	whole(t, k.db, tr.ID)
}

func testStaff(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 2 })
	_, err := k.EnrollStaff(t.Context(), k.ewa, tr.ID, k.school, []Applicant{{Person: k.jan.Person}})
	refuses(t, "a teacher enrolls staff", err, fault.Forbidden)
	_, err = k.EnrollStaff(t.Context(), k.head, tr.ID, k.other, []Applicant{{Person: k.iza.Person}})
	refuses(t, "another's staff", err, fault.Forbidden)
	_, err = k.EnrollStaff(t.Context(), k.head, tr.ID, k.school, nil)
	refuses(t, "nobody", err, fault.Invalid)
	all, err := k.EnrollStaff(t.Context(), k.head, tr.ID, k.school, []Applicant{{Person: k.ewa.Person, Role: access.Teacher}, {Person: k.iza.Person},
		{Name: "Bez Konta", Email: "bez@example.org"}, {Name: "X", Email: "x"}, {Person: k.jan.Person}, {Person: k.ewa.Person}})
	k.ok(err)
	if all[0].State != Confirmed || all[2].State != Confirmed || all[4].State != Waiting || !all[5].Known {
		t.Errorf("%+v", all)
	}
	refuses(t, "iza is no staff", all[1].Refused, fault.Forbidden)
	refuses(t, "no name", all[3].Refused, fault.Invalid)
	if e := k.enrollment(all[0].ID); e.EnrolledBy != string(k.head.Person) || e.How != ByHead {
		t.Errorf("%+v", e)
	}
	whole(t, k.db, tr.ID)
}

func testSwap(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	ewa, iza := k.enroll(tr, k.ewa), k.enroll(tr, k.iza)
	swap := func(who access.Actor, id EnrollmentID, with access.Actor) (Receipt, error) {
		return k.Swap(t.Context(), Holder{Actor: who}, id, Applicant{Person: with.Person, Role: access.Teacher})
	}
	_, err := swap(k.iza, ewa.ID, k.jan)
	refuses(t, "another's place", err, fault.NotFound)
	r, err := swap(k.officer, ewa.ID, k.jan)
	k.ok(err)
	if e := k.state("jan", r.ID, Confirmed); e.SwappedFrom != string(ewa.ID) || e.Place != k.enrollment(ewa.ID).Place || e.Institution != string(k.school) || e.How != ByPhone {
		t.Errorf("%+v", e)
	}
	k.state("ewa", ewa.ID, Resigned)
	k.state("iza does not rise", iza.ID, Waiting)
	if r, err := swap(k.officer, r.ID, k.iza); err != nil || !r.Known {
		t.Errorf("with somebody who waits: %+v, %v", r, err)
	}
	h, err := swap(k.head, r.ID, k.deputy)
	k.ok(err)
	if e := k.state("by the head", h.ID, Confirmed); e.How != ByHead {
		t.Errorf("%+v", e)
	}
	k.now = time.Unix(tr.StartsAt, 0)
	_, err = swap(k.deputy, h.ID, k.ewa)
	refuses(t, "as it begins", err, fault.Conflict)
	whole(t, k.db, tr.ID)
}

func testMove(t *testing.T, k *kit) {
	series := func(tr *Training) { tr.Capacity, tr.Series = 1, "s" }
	here, there := k.publish(t, series), k.publish(t, series)
	ewa, jan := k.enroll(here, k.ewa), k.enroll(here, k.jan)
	_, err := k.Move(t.Context(), Holder{Actor: k.ewa}, ewa.ID, k.publish(t, nil).ID)
	refuses(t, "to another training", err, fault.Conflict)
	if to, err := k.MovesTo(t.Context(), k.enrollment(ewa.ID)); err != nil || len(to) != 1 || to[0].ID != there.ID {
		t.Errorf("%d, %v", len(to), err)
	}
	r, err := k.Move(t.Context(), Holder{Actor: k.ewa}, ewa.ID, there.ID)
	k.ok(err)
	if e := k.state("ewa", r.ID, Confirmed); e.MovedFrom != string(here.ID) || e.Training != there.ID {
		t.Errorf("%+v", e)
	}
	k.state("ewa was", ewa.ID, Resigned)
	k.state("jan", jan.ID, Offered)
	_, err = k.Move(t.Context(), Holder{Actor: k.jan}, jan.ID, there.ID)
	refuses(t, "no seat there", err, fault.Conflict)
	k.state("jan stays", jan.ID, Offered)
	whole(t, k.db, here.ID)
	whole(t, k.db, there.ID)
}

// Less than six hours before the beginning people are called by phone.
func testPhone(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	ewa, jan, iza := k.enroll(tr, k.ewa), k.enroll(tr, k.jan), k.enroll(tr, k.iza)
	_, err := k.Enroll(t.Context(), k.head, tr.ID, k.guest(tr, 5), ByPhone)
	refuses(t, "a head on the phone", err, fault.Forbidden)
	phone := k.guest(tr, 5)
	phone.Email, phone.SeenRev = "", 0
	r, err := k.Enroll(t.Context(), k.officer, tr.ID, phone, ByPhone)
	k.ok(err)
	if again, err := k.Enroll(t.Context(), k.officer, tr.ID, phone, ByPhone); err != nil || !again.Known || r.State != Waiting {
		t.Errorf("%+v, %v", again, err)
	}
	k.now = time.Unix(tr.StartsAt, 0).Add(-6*time.Hour + time.Second)
	k.ok(k.Resign(t.Context(), Holder{Actor: k.ewa}, ewa.ID, ""))
	k.state("jan", jan.ID, Waiting)
	why, err := k.WhyNobody(t.Context(), k.officer, tr.ID)
	if err != nil || len(why) != 1 || why[0].Key != "training.queue.silence.phone" {
		t.Errorf("%+v, %v", why, err)
	}
	refuses(t, "a head calls", k.Call(t.Context(), k.head, jan.ID, true, ""), fault.NotFound)
	k.ok(k.Call(t.Context(), k.officer, jan.ID, false, "nie odbiera"))
	list, err := k.Substitutes(t.Context(), k.officer, tr.ID)
	if err != nil || len(list) != 3 || list[0].ID != jan.ID || list[0].Skipped != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	k.ok(k.Call(t.Context(), k.officer, r.ID, true, "może od razu"))
	k.state("reached", r.ID, Confirmed)
	k.state("skipped", iza.ID, Waiting)
	refuses(t, "no seat is left", k.Call(t.Context(), k.officer, iza.ID, true, ""), fault.Conflict)
	whole(t, k.db, tr.ID)
}

func testPools(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 2 })
	set := func(pools map[string]int) error {
		return k.db.Write(t.Context(), func(tx *db.Tx) error { return k.setPools(t.Context(), tx, k.officer, tr.ID, pools) })
	}
	k.enroll(tr, k.ewa)
	k.enroll(tr, k.jan)
	iza := k.enroll(tr, k.iza)
	refuses(t, "fewer than are taken", set(map[string]int{"": 1}), fault.Conflict)
	refuses(t, "below nothing", set(map[string]int{"": 3, city: -1}), fault.Invalid)
	k.state("nothing changed", iza.ID, Waiting)
	k.ok(set(map[string]int{"": 3, city: 1}))
	k.state("more seats", iza.ID, Offered)
	if got := k.training(tr.ID).Capacity; got != 4 {
		t.Errorf("capacity %d", got)
	}
	if r := k.enroll(tr, k.head); k.enrollment(r.ID).Pool != city || r.State != Confirmed {
		t.Errorf("%+v", r)
	}
	refuses(t, "a pool with people goes", set(map[string]int{"": 3}), fault.Conflict)
	whole(t, k.db, tr.ID)
	k.ok(set(map[string]int{"": 3, city: 1, town: 2}))
	k.ok(set(map[string]int{"": 3, city: 1}))
	k.ok(set(map[string]int{"": 3, city: 1, town: 1}))
	whole(t, k.db, tr.ID)
}

// Each pool has its own order.
func testQuotas(t *testing.T, k *kit) {
	tr := k.publish(t, nil)
	k.pools(tr.ID, map[string]int{"": 1, town: 1})
	from := func(who access.Actor, at access.InstitutionID) Enrollment {
		a := k.applicant(tr)
		a.Institution = at
		r, err := k.Enroll(t.Context(), who, tr.ID, a, BySelf)
		k.ok(err)
		return k.enrollment(r.ID)
	}
	ewa, jan, iza := from(k.ewa, k.school), from(k.jan, k.school), from(k.iza, k.other)
	if ewa.Pool != "" || ewa.State != Confirmed || jan.State != Waiting || iza.Pool != town || iza.State != Confirmed {
		t.Errorf("%+v %+v %+v", ewa, jan, iza)
	}
	k.ok(k.Resign(t.Context(), Holder{Actor: k.iza}, iza.ID, ""))
	k.state("a seat of the town is not the city's", jan.ID, Waiting)
	if p, err := k.Position(t.Context(), k.db, jan); err != nil || !p.Quotas || p.Place != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	whole(t, k.db, tr.ID)
}

func testDrop(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 2 })
	ewa, jan, iza := k.enroll(tr, k.ewa), k.enrollGuest(tr, 6), k.enroll(tr, k.iza)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update training_trainings set state = 'canceled' where id = ?`, tr.ID); err != nil {
			return err
		}
		return k.dropAll(ctx, tx, k.officer, k.training(tr.ID))
	})
	for _, id := range []EnrollmentID{ewa.ID, jan.ID, iza.ID} {
		k.state("dropped", id, Dropped)
	}
	_, err := k.Enroll(t.Context(), k.jan, tr.ID, k.applicant(tr), BySelf)
	refuses(t, "into a canceled training", err, fault.Conflict)
	_, err = k.Confirm(t.Context(), k.link(jan), jan.ID)
	refuses(t, "confirm a canceled one", err, fault.Conflict)
	whole(t, k.db, tr.ID)
}

// Somebody is erased who holds a seat: the next one is called.
func testLeave(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	ewa, jan := k.enroll(tr, k.ewa), k.enroll(tr, k.jan)
	for range 2 {
		k.write(func(ctx context.Context, tx *db.Tx) error { return k.leaveQueue(ctx, tx, ewa.ID, "", k.now.Unix()) })
	}
	k.state("ewa", ewa.ID, Resigned)
	k.state("jan", jan.ID, Offered)
	whole(t, k.db, tr.ID)
}

func testQueueRights(t *testing.T, k *kit) {
	tr := k.publish(t, nil)
	ewa := k.enroll(tr, k.ewa)
	for name, h := range map[string]Holder{"a stranger": {}, "a colleague": {Actor: k.jan}, "another head": {Actor: k.otherHead}, "a trainer": {Actor: k.trainer}} {
		refuses(t, name+" resigns", k.Resign(t.Context(), h, ewa.ID, ""), fault.NotFound)
		_, err := k.Open(t.Context(), h, ewa.ID)
		refuses(t, name+" looks", err, fault.NotFound)
		_, err = k.WhyNobody(t.Context(), h.Actor, tr.ID)
		if err == nil {
			t.Errorf("%s asks why", name)
		}
		if _, err = k.Substitutes(t.Context(), h.Actor, tr.ID); err == nil {
			t.Errorf("%s sees substitutes", name)
		}
	}
	_, err := k.Confirm(t.Context(), Holder{Actor: k.officer}, ewa.ID)
	refuses(t, "the center confirms for a person", err, fault.NotFound)
	k.ok(k.Resign(t.Context(), Holder{Actor: k.officer}, ewa.ID, "telefon"))
	k.state("resigned by phone", ewa.ID, Resigned)
	ewa = k.enroll(tr, k.ewa)
	k.ok(k.Resign(t.Context(), Holder{Actor: k.head}, ewa.ID, ""))
	drawn, err := db.Waiting(t.Context(), k.db, "audit_waiting")
	k.ok(err)
	lines := slices.DeleteFunc(drawn, func(v []any) bool { return v[3] != "training.queue.resign" || v[5] != string(ewa.ID) })
	if len(lines) != 1 {
		t.Errorf("%d lines in the log", len(lines))
	}
}

// What somebody enrolled in without an account becomes the account's.
func testGather(t *testing.T, k *kit) {
	tr, other := k.publish(t, nil), k.publish(t, nil)
	a := k.guest(tr, 7)
	a.Email = strings.ToUpper(k.email(k.jan))
	for _, id := range []ID{tr.ID, other.ID} {
		_, err := k.Enroll(t.Context(), access.Stranger(), id, a, ByGuest)
		k.ok(err)
	}
	var ids []EnrollmentID
	k.ok(k.db.Select(t.Context(), &ids, `select id from training_enrollments where email_key = ? and training in (?, ?) order by id`, k.emailKey(a.Email), tr.ID, other.ID))
	_, err := k.Open(t.Context(), Holder{Actor: k.ewa}, ids[0])
	refuses(t, "another's", err, fault.NotFound)
	_, err = k.Open(t.Context(), Holder{Actor: k.jan}, ids[0])
	k.ok(err)
	_, err = k.Confirm(t.Context(), Holder{Actor: k.jan}, ids[0])
	k.ok(err)
	if e := k.enrollment(ids[0]); e.Person != string(k.jan.Person) || e.WhoKey != "person:"+e.Person {
		t.Errorf("%+v", e)
	}
	if r := k.enroll(other, k.jan); !r.Known || r.ID != ids[1] {
		t.Errorf("%+v", r)
	}
	if n, err := k.Gather(t.Context(), k.jan); err != nil || n != 1 || k.enrollment(ids[1]).Person == "" {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := k.Gather(t.Context(), k.jan); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
}

func testExpire(t *testing.T, k *kit) {
	tr := k.publish(t, func(tr *Training) { tr.Capacity = 1 })
	g := k.enrollGuest(tr, 8)
	jan, iza := k.enroll(tr, k.jan), k.enroll(tr, k.iza)
	k.ok(k.Expire(t.Context()))
	k.state("in time", g.ID, Pending)
	k.later(time.Hour)
	k.ok(k.Expire(t.Context()))
	k.state("over", g.ID, Lapsed)
	k.state("next", jan.ID, Offered)
	k.now = time.Unix(tr.StartsAt, 0).Add(-time.Hour)
	k.ok(k.Expire(t.Context()))
	k.state("no answer", jan.ID, Lapsed)
	k.state("too late for an offer", iza.ID, Waiting)
	k.write(func(ctx context.Context, tx *db.Tx) error { // put off by a week
		_, err := tx.Exec(ctx, `update training_trainings set starts_at = starts_at + 604800, ends_at = ends_at + 604800 where id = ?`, tr.ID)
		return err
	})
	k.ok(k.Expire(t.Context()))
	k.state("offered after all", iza.ID, Offered)
	k.ok(k.Resign(t.Context(), Holder{Actor: k.iza}, iza.ID, ""))
	ewa, head := k.enroll(tr, k.ewa), k.enroll(tr, k.head)
	k.now = time.Unix(k.training(tr.ID).EndsAt, 0)
	k.ok(k.Expire(t.Context()))
	k.state("was there", ewa.ID, Confirmed)
	k.state("waited to the end", head.ID, Lapsed)
	whole(t, k.db, tr.ID)
}

// Somebody who came with others is not lost when the transaction of all fails.
func TestOneFaultIsNotTheOthers(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, nil)
	o, err := k.Service.offer(t.Context(), k.db, tr.ID)
	k.ok(err)
	good, err := k.newcomer(t.Context(), k.ewa, o, Applicant{Person: k.ewa.Person, Institution: k.school, SeenRev: 1}, BySelf, k.now.Unix())
	k.ok(err)
	bad := *good
	bad.e.ID, bad.e.WhoKey, bad.e.EmailKey, bad.t.Revision = EnrollmentID(newID()), "person:x", "x", 7
	k.bringIn(t.Context(), []*newcomer{good, &bad})
	if good.err != nil || good.receipt.State != Confirmed || !errors.Is(bad.err, errStale) {
		t.Errorf("%+v %v, %v", good.receipt, good.err, bad.err)
	}
	whole(t, k.db, tr.ID)
}
