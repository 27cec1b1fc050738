package training

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

// first is the only meeting of a training of the kit.
func (k *kit) first(tr Training) Meeting {
	k.t.Helper()
	all, err := Meetings(k.t.Context(), k.db, tr.ID)
	k.ok(err)
	return all[0]
}

// markOf is the mark that holds, as "mark hours how".
func (k *kit) markOf(m MeetingID, e EnrollmentID) string {
	k.t.Helper()
	var got string
	err := k.db.Get(k.t.Context(), &got, `select mark || ' ' || how from training_attendance where meeting = ? and enrollment = ?`, m, e)
	if fault.KindOf(err) != fault.NotFound {
		k.ok(err)
	}
	return got
}

// TestDeskOnEachDatabase holds all that the desk and attendance store, on one
// database of each kind: making them is what takes time.
func TestDeskOnEachDatabase(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		for name, check := range map[string]func(*testing.T){"refusals": k.refusalsOfTaking, "taking": k.takingAndClosing, "settling": k.settlingAll,
			"two at once": k.twoTakeOneList, "list": k.deskList} {
			k.now = deskMorning
			t.Run(name, check)
		}
	})
}

// deskMorning is long before the meetings of the kit.
var deskMorning = time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC)

func (k *kit) refusalsOfTaking(t *testing.T) {
	ctx, tr := t.Context(), k.publish(t, nil)
	m, e := k.first(tr), k.put(tr, k.ewa, Confirmed, nil)
	waits := k.put(tr, k.jan, Waiting, nil)
	other := k.person("Obca Osoba", access.Trainer, k.center)
	elsewhere := k.person("Inna Urzędniczka", access.CenterOfficer, k.other)
	one := []Setting{{Enrollment: e.ID, Mark: MarkPresent}}
	k.now = time.Unix(m.StartsAt, 0)
	take := func(who access.Actor, id MeetingID, marks []Setting) error {
		_, err := k.Take(ctx, who, id, marks)
		return err
	}
	refuses(t, "a stranger", take(k.stranger, m.ID, one), fault.SignedOut)
	refuses(t, "a participant", take(k.ewa, m.ID, one), fault.Forbidden)
	refuses(t, "a trainer of another training", take(other, m.ID, one), fault.Forbidden)
	refuses(t, "an officer of another center", take(elsewhere, m.ID, one), fault.Forbidden)
	refuses(t, "no such meeting", take(k.trainer, MeetingID(newID()), one), fault.NotFound)
	refuses(t, "no id", take(k.trainer, "1", one), fault.NotFound)
	refuses(t, "an invented mark", take(k.trainer, m.ID, []Setting{{Enrollment: e.ID, Mark: "gold"}}), fault.BadRequest)
	refuses(t, "somebody who waits", take(k.trainer, m.ID, []Setting{{Enrollment: waits.ID, Mark: MarkPresent}}), fault.Conflict)
	_, err := k.CloseMeeting(ctx, other, m.ID)
	refuses(t, "closing another's list", err, fault.Forbidden)
	k.now = time.Unix(m.StartsAt, 0).Add(-2 * time.Hour)
	refuses(t, "hours before", take(k.trainer, m.ID, one), fault.Conflict)
	k.ok(take(k.trainer, m.ID, []Setting{{Enrollment: e.ID, Mark: MarkExcused}}))
	_, err = k.CloseMeeting(ctx, k.trainer, m.ID)
	refuses(t, "closing before the beginning", err, fault.Conflict)
	_, _, err = k.Code(ctx, k.trainer, m.ID)
	refuses(t, "a code before the meeting", err, fault.Conflict)
	refuses(t, "settling by a trainer", k.Settle(ctx, k.trainer, tr.ID), fault.Forbidden)
	refuses(t, "settling before the end", k.Settle(ctx, k.officer, tr.ID), fault.Conflict)
}

func (k *kit) takingAndClosing(t *testing.T) {
	ctx, tr := t.Context(), k.publish(t, nil)
	m := k.first(tr)
	ewa, jan, iza := k.put(tr, k.ewa, Confirmed, nil), k.put(tr, k.jan, Confirmed, nil), k.put(tr, k.iza, Confirmed, nil)
	k.now = time.Unix(m.StartsAt, 0)
	saved, err := k.Take(ctx, k.trainer, m.ID, []Setting{{Enrollment: ewa.ID, Mark: MarkPresent}, {Enrollment: jan.ID, Mark: MarkLate, Late: 50}})
	k.ok(err)
	if saved != (Saved{Written: 2}) {
		t.Errorf("%+v", saved)
	}
	// The officer had the empty list on the screen, and changes only Jan.
	saved, err = k.Take(ctx, k.officer, m.ID, []Setting{{Enrollment: ewa.ID}, {Enrollment: jan.ID, Mark: MarkAbsent}})
	k.ok(err)
	if saved != (Saved{Written: 1, Over: 1}) || k.markOf(m.ID, ewa.ID) != "present list" || k.markOf(m.ID, jan.ID) != "absent list" {
		t.Errorf("%+v, %s, %s", saved, k.markOf(m.ID, ewa.ID), k.markOf(m.ID, jan.ID))
	}
	sets, err := marksOf(ctx, k.db, m.ID)
	k.ok(err)
	if all := sets[jan.ID]; len(all) != 2 || all[0].By != string(k.trainer.Person) || all[0].Late != 50 || all[1].By != string(k.officer.Person) {
		t.Errorf("what was set: %+v", sets[jan.ID])
	}
	absent, err := k.CloseMeeting(ctx, k.trainer, m.ID)
	k.ok(err)
	if absent != 1 || k.markOf(m.ID, iza.ID) != "absent close" || k.first(tr).TakenBy != string(k.trainer.Person) {
		t.Errorf("closing: %d absent, %s", absent, k.markOf(m.ID, iza.ID))
	}
	if again, err := k.CloseMeeting(ctx, k.officer, m.ID); err != nil || again != 0 {
		t.Error("closing twice", again, err)
	}
	_, err = k.Take(ctx, k.trainer, m.ID, []Setting{{Enrollment: iza.ID, Mark: MarkExcused, Seen: MarkAbsent}})
	k.ok(err)
	k.ok(k.ReopenMeeting(ctx, k.officer, m.ID))
	if k.first(tr).TakenAt != 0 || k.markOf(m.ID, iza.ID) != "excused list" {
		t.Error("reopening a list", k.markOf(m.ID, iza.ID))
	}
}

func (k *kit) settlingAll(t *testing.T) {
	ctx, tr := t.Context(), k.publish(t, nil)
	m := k.first(tr)
	ewa, jan := k.put(tr, k.ewa, Confirmed, nil), k.put(tr, k.jan, Confirmed, func(e *Enrollment) { e.Needs = "sealed" })
	guest := k.put(tr, k.stranger, Confirmed, func(e *Enrollment) { e.Name, e.Email, e.How = "Gość Zewnętrzny", "gosc@example.org", ByGuest })
	k.now = time.Unix(m.StartsAt, 0)
	_, err := k.Take(ctx, k.trainer, m.ID, []Setting{{Enrollment: ewa.ID, Mark: MarkPresent}, {Enrollment: guest.ID, Mark: MarkPresent}})
	k.ok(err)
	k.now = time.Unix(m.EndsAt, 0)
	refuses(t, "an open list", k.Settle(ctx, k.officer, tr.ID), fault.Conflict)
	_, err = k.CloseMeeting(ctx, k.trainer, m.ID)
	k.ok(err)
	k.ok(k.holdEnded(ctx))
	k.ok(k.forgetNeeds(ctx))
	if k.training(tr.ID).State != Held || k.enrollment(jan.ID).Needs != "" {
		t.Error("held:", k.training(tr.ID).State, "needs:", k.enrollment(jan.ID).Needs)
	}
	refuses(t, "an exception without words", k.Except(ctx, k.officer, jan.ID, Completed, " "), fault.Invalid)
	refuses(t, "an exception by a trainer", k.Except(ctx, k.trainer, jan.ID, Completed, "bo tak"), fault.Forbidden)
	refuses(t, "a grade at a workshop", k.CourseRecord(ctx, k.officer, jan.ID, "dobra", 0, ""), fault.Conflict)
	k.ok(k.Except(ctx, k.officer, jan.ID, Completed, "Prowadziła zajęcia w tym czasie."))
	k.ok(k.Settle(ctx, k.officer, tr.ID))
	refuses(t, "settling twice", k.Settle(ctx, k.officer, tr.ID), fault.Conflict)
	if e := k.enrollment(ewa.ID); e.State != Completed || e.Hours != 8 {
		t.Error("present:", e.State, e.Hours)
	}
	if e := k.enrollment(jan.ID); e.State != Completed || e.Hours != 0 {
		t.Error("exception:", e.State, e.Hours)
	}
	k.completedEvents(t, tr, 3, 0)
	_, err = k.Take(ctx, k.trainer, m.ID, []Setting{{Enrollment: ewa.ID, Mark: MarkAbsent, Seen: MarkPresent}})
	refuses(t, "a mark after settling", err, fault.Conflict)
	refuses(t, "reopening without words", k.Reopen(ctx, k.officer, tr.ID, ""), fault.Invalid)
	refuses(t, "reopening by a trainer", k.Reopen(ctx, k.trainer, tr.ID, "pomyłka"), fault.Forbidden)
	k.ok(k.Reopen(ctx, k.officer, tr.ID, "Pomyłka na liście."))
	_, err = k.Take(ctx, k.trainer, m.ID, []Setting{{Enrollment: ewa.ID, Mark: MarkAbsent, Seen: MarkPresent}})
	k.ok(err)
	k.ok(k.Settle(ctx, k.officer, tr.ID))
	if e := k.enrollment(ewa.ID); e.State != Absent || e.Hours != 0 {
		t.Error("settled anew:", e.State, e.Hours)
	}
	k.completedEvents(t, tr, 3, 1)
}

// completedEvents counts what other modules are told of a training.
func (k *kit) completedEvents(t *testing.T, tr Training, want, void int) {
	t.Helper()
	if _, err := k.db.Spread(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n, v int
	k.ok(k.db.Get(t.Context(), &n, `select count(*) from events where name = 'training.completed' and trace = ? and payload like '%"void":false%' and payload like '%"person_key":"_%'`, tr.Trace))
	k.ok(k.db.Get(t.Context(), &v, `select count(*) from events where name = 'training.completed' and trace = ? and payload like '%"void":true%'`, tr.Trace))
	if n != want || v != void {
		t.Errorf("events: %d and %d void, want %d and %d", n, v, want, void)
	}
}

// twoTakeOneList: two people save the whole list at once, each with other marks,
// while a third closes it; nobody's mark is lost from the list of what was set.
func (k *kit) twoTakeOneList(t *testing.T) {
	tr := k.publish(t, nil)
	m := k.first(tr)
	k.now = time.Unix(m.StartsAt, 0)
	var marks []Setting
	for n := range 8 {
		e := k.put(tr, k.stranger, Confirmed, func(e *Enrollment) {
			e.Name, e.Email = "Osoba "+string(rune('A'+n)), string(rune('a'+n))+"@example.org"
		})
		marks = append(marks, Setting{Enrollment: e.ID, Mark: MarkPresent})
	}
	late := slices.Clone(marks)
	for n := range late {
		late[n].Mark = MarkLate
	}
	var all sync.WaitGroup
	errs := make([]error, 3)
	all.Go(func() { _, errs[0] = k.Take(context.Background(), k.trainer, m.ID, marks) })
	all.Go(func() { _, errs[1] = k.Take(context.Background(), k.officer, m.ID, late) })
	all.Go(func() { _, errs[2] = k.CloseMeeting(context.Background(), k.officer, m.ID) })
	all.Wait()
	for _, err := range errs {
		k.ok(err)
	}
	var standing, set, differ int
	k.ok(k.db.Get(t.Context(), &standing, `select count(*) from training_attendance where meeting = ? and mark in ('present', 'late')`, m.ID))
	k.ok(k.db.Get(t.Context(), &set, `select count(*) from training_marks where meeting = ? and how = 'list'`, m.ID))
	k.ok(k.db.Get(t.Context(), &differ, `select count(*) from training_attendance a where a.meeting = ? and not exists
		(select 1 from training_marks m where m.meeting = a.meeting and m.enrollment = a.enrollment and m.mark = a.mark and m.by_person = a.by_person)`, m.ID))
	if standing != 8 || set != 16 || differ != 0 {
		t.Errorf("%d marks hold, %d were set, %d are of nobody", standing, set, differ)
	}
}
