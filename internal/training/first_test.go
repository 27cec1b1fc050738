package training

import (
	"context"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
	"kladka/internal/testkit"
)

func TestFirstMayGo(t *testing.T) {
	const until = 1_765_530_000
	list := firstOf{{firstInstitution, "szkola"}: true, {firstPerson, "ala"}: true, {firstInstitution, "ola"}: true}
	for name, c := range map[string]struct {
		person access.PersonID
		at     access.InstitutionID
		when   int64
		goes   bool
	}{
		"a listed institution":               {at: "szkola", when: until - 1, goes: true},
		"a teacher of it":                    {person: "ewa", at: "szkola", when: until - 1, goes: true},
		"who asked by name":                  {person: "ala", at: "inna", when: until - 1, goes: true},
		"another institution":                {person: "jan", at: "inna", when: until - 1},
		"a typed name":                       {when: until - 1},
		"an account with a typed name":       {person: "jan", when: until - 1},
		"a person with an institution's id":  {person: "ola", at: "inna", when: until - 1},
		"an institution with a person's id":  {at: "ala", when: until - 1},
		"the first moment after it, for all": {at: "inna", when: until, goes: true},
	} {
		err := list.mayGo(Training{FirstUntil: until}, c.person, c.at, c.when)
		if (err == nil) != c.goes {
			t.Errorf("%s: %v", name, err)
		}
		if f := fault.As(err); f != nil && (f.Kind != fault.Conflict || f.Key != "training.queue.fault.first" || f.Args[1] != "12.12.2025, 10:00") {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if err := (firstOf{}).mayGo(Training{}, "jan", "inna", 5); err != nil {
		t.Error("nobody goes first:", err)
	}
}

func TestFirstEnds(t *testing.T) {
	const day = 24 * 3600
	for name, c := range map[string]struct {
		t    Training
		from int64
		want int64
	}{
		"nobody":                        {Training{StartsAt: 100 * day}, 10 * day, 0},
		"seven days":                    {Training{FirstDays: 7, StartsAt: 100 * day}, 10 * day, 17 * day},
		"from the window":               {Training{FirstDays: 7, EnrollFrom: 20 * day, StartsAt: 100 * day}, 10 * day, 27 * day},
		"half of the window at most":    {Training{FirstDays: 7, EnrollFrom: 10 * day, EnrollUntil: 16 * day, StartsAt: 100 * day}, day, 13 * day},
		"half of the way to the start":  {Training{FirstDays: 7, StartsAt: 14 * day}, 10 * day, 12 * day},
		"no time to enroll is no time":  {Training{FirstDays: 7, EnrollUntil: 9 * day}, 10 * day, 0},
		"without dates as many as said": {Training{FirstDays: 3}, 10 * day, 13 * day},
	} {
		if got := firstEnds(c.t, c.from); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestFirstCapped(t *testing.T) {
	const day = 24 * 3600
	for name, c := range map[string]struct {
		t    Training
		want int64
	}{
		"nobody goes first":           {Training{EnrollUntil: 12 * day}, 0},
		"it is over":                  {Training{FirstUntil: 9 * day, EnrollUntil: 12 * day}, 9 * day},
		"the closing is far":          {Training{FirstUntil: 17 * day, EnrollUntil: 40 * day}, 17 * day},
		"the closing comes before it": {Training{FirstUntil: 17 * day, EnrollUntil: 16 * day}, 13 * day},
		"the start comes before it":   {Training{FirstUntil: 17 * day, StartsAt: 14 * day}, 12 * day},
		"the start before the close":  {Training{FirstUntil: 17 * day, EnrollUntil: 30 * day, StartsAt: 14 * day}, 12 * day},
		"a window that begins later":  {Training{FirstUntil: 17 * day, EnrollFrom: 14 * day, EnrollUntil: 18 * day}, 16 * day},
		"a closing that is past":      {Training{FirstUntil: 17 * day, EnrollUntil: 9 * day}, 10 * day},
		"no date":                     {Training{FirstUntil: 17 * day}, 17 * day},
	} {
		if got := firstCapped(c.t, 10*day); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestFirstOnBothDatabases(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.draftFromNeed(t)
		k.othersWait(t)
		k.firstIsReckonedWhenPublished(t)
		k.othersKeepTheirTime(t)
		k.figuresOfNeed(t)
	})
}

// goFirst puts rows into the list of those who go first.
func (k *kit) goFirst(id ID, institutions []access.InstitutionID, people ...access.PersonID) {
	k.t.Helper()
	k.write(func(ctx context.Context, tx *db.Tx) error { return saveFirst(ctx, tx, id, institutions, people) })
}

func (k *kit) draftFromNeed(t *testing.T) {
	ctx, id, tr := t.Context(), ID(newID()), newID()
	o := FromNeed{ID: id, Need: newID(), Trace: tr, Center: k.center, Form: Workshop, Title: "  Czytanie \n ze zrozumieniem ", Topics: []string{reading},
		Pools: map[string]int{"": 4, city: 10, town: 6}, FirstDays: 7, Institutions: []access.InstitutionID{k.school}, People: []access.PersonID{k.iza.Person}, By: k.officer.Person}
	odd, nowhere, huge, less := o, o, o, o
	huge.ID, huge.Pools = ID(newID()), map[string]int{"": 22, city: math.MaxInt, town: math.MaxInt}
	less.ID, less.Pools = ID(newID()), map[string]int{"": 22, city: -2}
	refuses(t, "seats that cannot be summed", k.OpenFromNeed(ctx, huge), fault.Invalid)
	refuses(t, "fewer seats than none", k.OpenFromNeed(ctx, less), fault.Invalid)
	odd.ID, odd.Form, nowhere.ID, nowhere.Center = ID(newID()), "zabawa", ID(newID()), testID(77)
	refuses(t, "a form that is none", k.OpenFromNeed(ctx, odd), fault.Invalid)
	refuses(t, "a center that is not there", k.OpenFromNeed(ctx, nowhere), fault.NotFound)
	for range 2 {
		k.ok(k.OpenFromNeed(ctx, o))
	}
	got := k.training(id)
	if got.State != Draft || got.Title != "Czytanie ze zrozumieniem" || got.Need != o.Need || got.Trace != tr || got.Capacity != 20 || got.FirstDays != 7 ||
		got.FirstUntil != 0 || got.CreatedBy != string(k.officer.Person) || !strings.HasPrefix(got.Place, "Centrum") {
		t.Errorf("%+v", got)
	}
	pools, err := Pools(ctx, k.db, id)
	k.ok(err)
	topics, err := TopicsOf(ctx, k.db, id)
	k.ok(err)
	n, err := countFirst(ctx, k.db, id)
	k.ok(err)
	if len(pools) != 3 || len(topics) != 1 || n != (FirstCount{1, 1}) {
		t.Error(pools, topics, n)
	}
	steps, err := trace.Steps(ctx, k.db, trace.ID(tr), []string{"inst:" + string(k.center)})
	k.ok(err)
	if len(steps) != 1 || steps[0].FromKind != "need" || steps[0].FromID != o.Need {
		t.Errorf("steps %+v", steps)
	}
	for name, who := range map[string]access.Actor{"trainer": k.trainer, "head": k.head} {
		refuses(t, name+": sets the days", k.SetFirst(ctx, who, id, 1, 3), fault.NotFound)
	}
	refuses(t, "a stranger sets the days", k.SetFirst(ctx, access.Stranger(), id, 1, 3), fault.SignedOut)
	refuses(t, "too many days", k.SetFirst(ctx, k.officer, id, 1, 31), fault.Invalid)
	refuses(t, "an older page", k.SetFirst(ctx, k.officer, id, 0, 3), fault.Conflict)
	refuses(t, "ends what does not run", k.EndFirst(ctx, k.officer, id, 1), fault.Conflict)
	k.ok(k.SetFirst(ctx, k.officer, id, 1, 3))
	if got := k.training(id); got.FirstDays != 3 || got.Revision != 2 {
		t.Errorf("%+v", got)
	}
}

// mustWaitFirst sees that somebody waits for those who go first, and is told so.
func mustWaitFirst(t *testing.T, what string, err error) {
	t.Helper()
	refuses(t, what, err, fault.Conflict)
	key := "training.queue.fault.first"
	if strings.HasPrefix(what, "a guest") {
		key += "_guest"
	}
	if f := fault.As(err); f != nil && f.Key != key {
		t.Errorf("%s: %s", what, f.Key)
	}
}

func (k *kit) othersWait(t *testing.T) {
	ctx := t.Context()
	series := newID()
	tr := k.publish(t, func(tr *Training) {
		tr.Capacity, tr.FirstUntil, tr.FirstDays, tr.Series = 1, k.now.Add(48*time.Hour).Unix(), 2, series
	})
	k.goFirst(tr.ID, []access.InstitutionID{k.school}, k.otherHead.Person)
	wait := func(what string, err error) { t.Helper(); mustWaitFirst(t, what, err) }
	elsewhere := Applicant{Institution: k.other, Role: access.Teacher, SeenRev: tr.Revision}
	_, err := k.Enroll(ctx, k.iza, tr.ID, elsewhere, BySelf)
	wait("a teacher of another school", err)
	_, err = k.Enroll(ctx, access.Stranger(), tr.ID, k.guest(tr, 1), ByGuest)
	wait("a guest with a typed name", err)
	posing := k.guest(tr, 2)
	posing.Institution, posing.TypedName, posing.Email = k.other, "", k.email(k.otherHead)
	_, err = k.Enroll(ctx, access.Stranger(), tr.ID, posing, ByGuest)
	wait("a guest with the address of somebody who goes first", err)
	claims := k.guest(tr, 3)
	claims.Institution, claims.TypedName = k.school, ""
	_, err = k.Enroll(ctx, access.Stranger(), tr.ID, claims, ByGuest)
	wait("a guest who says to be of the school", err)
	claimed := elsewhere
	claimed.Institution = k.school
	_, err = k.Enroll(ctx, k.iza, tr.ID, claimed, BySelf)
	wait("an account without a role in the school", err)
	receipts, err := k.EnrollStaff(ctx, k.otherHead, tr.ID, k.other, []Applicant{{Person: k.iza.Person, Role: access.Teacher}})
	k.ok(err)
	wait("the head of another school", receipts[0].Refused)
	_, err = k.Enroll(ctx, k.officer, tr.ID, Applicant{Name: "Ola Telefon", Phone: "1", Institution: k.other}, ByPhone)
	wait("the center on the phone", err)

	date := k.publish(t, func(tr *Training) { tr.Series = series })
	there := k.put(date, k.iza, Confirmed, func(e *Enrollment) { e.Institution = string(k.other) })
	_, err = k.Move(ctx, Holder{Actor: k.iza}, there.ID, tr.ID)
	wait("who comes from another date", err)
	said := k.put(date, access.Actor{Name: "Gość"}, Confirmed, func(e *Enrollment) { e.Institution, e.How = string(k.school), ByGuest })
	_, err = k.Move(ctx, Holder{Key: k.Key(said)}, said.ID, tr.ID)
	wait("a guest who comes from another date", err)

	first := k.enroll(tr, k.ewa)
	k.state("of the school that asked", first.ID, Confirmed)
	second, err := k.Enroll(ctx, k.otherHead, tr.ID, Applicant{Institution: k.other, Role: access.SchoolHead, SeenRev: tr.Revision}, BySelf)
	k.ok(err)
	k.state("who asked by name waits for a seat", second.ID, Waiting)
	if _, err := k.Enroll(ctx, k.officer, tr.ID, Applicant{Name: "Ola Telefon", Phone: "1", Institution: k.school}, ByPhone); err != nil {
		t.Error("the school's teacher on the phone:", err)
	}
	receipts, err = k.EnrollStaff(ctx, k.head, tr.ID, k.school, []Applicant{{Person: k.jan.Person, Role: access.Teacher}})
	if k.ok(err); receipts[0].Refused != nil {
		t.Error("the head of the school:", receipts[0].Refused)
	}
	if _, err := k.Swap(ctx, Holder{Actor: k.otherHead}, second.ID, Applicant{Name: "Ula Nowa", Email: "ula@example.org", Role: access.Teacher}); err != nil {
		t.Error("a place that somebody has can be handed over:", err)
	}
	before, err := QueueLog(ctx, k.db, tr.ID, "")
	k.ok(err)
	refuses(t, "a trainer ends it", k.EndFirst(ctx, k.trainer, tr.ID, 1), fault.Forbidden)
	refuses(t, "it is set once public", k.SetFirst(ctx, k.officer, tr.ID, 1, 5), fault.Conflict)
	k.ok(k.EndFirst(ctx, k.officer, tr.ID, 1))
	after, err := QueueLog(ctx, k.db, tr.ID, "")
	k.ok(err)
	if len(before) != len(after) {
		t.Errorf("ending it moved the queue: %v, %v", before, after)
	}
	elsewhere.SeenRev = 2
	third, err := k.Enroll(ctx, k.iza, tr.ID, elsewhere, BySelf)
	k.ok(err)
	if e := k.state("afterwards all may, behind the others", third.ID, Waiting); e.Place <= k.enrollment(second.ID).Place {
		t.Errorf("place %d before %d", e.Place, k.enrollment(second.ID).Place)
	}
	k.ok(k.Resign(ctx, Holder{Actor: k.ewa}, first.ID, ""))
	k.state("the order of the waiting list stands", second.ID, Offered)
	whole(t, k.db, tr.ID)
	k.ok(k.forgetFirst(ctx))
	if n, err := countFirst(ctx, k.db, tr.ID); err != nil || n != (FirstCount{1, 0}) {
		t.Error("people stay on the list:", n, err)
	}
}

func (k *kit) firstIsReckonedWhenPublished(t *testing.T) {
	ctx := t.Context()
	tr := k.draft(k.officer)
	k.ok(k.SetFirst(ctx, k.officer, tr.ID, tr.Revision, 4))
	k.goFirst(tr.ID, []access.InstitutionID{k.school}, k.ewa.Person)
	k.ok(k.forgetFirst(ctx))
	if n, _ := countFirst(ctx, k.db, tr.ID); n.People != 1 {
		t.Error("the list of a draft was forgotten")
	}
	k.ok(k.Publish(ctx, k.officer, tr.ID, tr.Revision+1))
	if got, want := k.training(tr.ID), k.now.AddDate(0, 0, 4).Unix(); got.FirstUntil != want {
		t.Errorf("until %d, want %d", got.FirstUntil, want)
	}
	holding := k.holdFirst()
	items, err := holding.Export(ctx, string(k.ewa.Person))
	k.ok(err)
	if len(items) == 0 {
		t.Error("nothing is told to who asks for their data")
	}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := holding.Erase(ctx, tx, string(k.ewa.Person))
		return err
	})
	if items, err := holding.Export(ctx, string(k.ewa.Person)); err != nil || len(items) != 0 {
		t.Error("erased, and still there:", items, err)
	}
	bare := k.draft(k.officer) // nobody asked for it: the days alone close it to nobody
	k.ok(k.SetFirst(ctx, k.officer, bare.ID, bare.Revision, 4))
	k.ok(k.Publish(ctx, k.officer, bare.ID, bare.Revision+1))
	if got := k.training(bare.ID); got.FirstUntil != 0 {
		t.Errorf("until %d", got.FirstUntil)
	}
}

// othersKeepTheirTime brings the closing of enrollment forward.
func (k *kit) othersKeepTheirTime(t *testing.T) {
	tr := k.publish(t, func(tr *Training) { tr.FirstUntil = k.now.AddDate(0, 0, 6).Unix() })
	k.goFirst(tr.ID, []access.InstitutionID{k.school})
	meetings, err := Meetings(t.Context(), k.db, tr.ID)
	k.ok(err)
	closes := k.now.AddDate(0, 0, 4).Unix()
	k.ok(k.EditDates(t.Context(), k.officer, tr.ID, tr.Revision, Dates{Meetings: meetings, Mode: tr.Mode, Place: tr.Place, Municipality: tr.Municipality, EnrollUntil: closes}))
	got := k.training(tr.ID)
	if want := k.now.AddDate(0, 0, 2).Unix(); got.EnrollUntil != closes || got.FirstUntil != want {
		t.Errorf("closes %d, first until %d, want %d", got.EnrollUntil, got.FirstUntil, want)
	}
	k.ok(k.EditDates(t.Context(), k.officer, tr.ID, got.Revision, Dates{Meetings: meetings, Mode: tr.Mode, Place: tr.Place, Municipality: tr.Municipality, EnrollUntil: k.now.AddDate(0, 0, 9).Unix()}))
	if again := k.training(tr.ID); again.FirstUntil != got.FirstUntil {
		t.Errorf("a later closing made it longer: %d", again.FirstUntil)
	}
}

func (k *kit) figuresOfNeed(t *testing.T) {
	need := newID()
	held := k.publish(t, func(tr *Training) { tr.Need, tr.State = need, Closed })
	k.publish(t, func(tr *Training) { tr.Need, tr.State = need, Draft })
	k.publish(t, nil)
	k.put(held, k.ewa, Issued, func(e *Enrollment) { e.Hours = 8 })
	k.put(held, k.jan, Completed, func(e *Enrollment) { e.Hours = 6 })
	k.put(held, k.head, Absent, nil)
	k.put(held, k.iza, Resigned, nil)
	all, err := OfNeed(t.Context(), k.db, need)
	k.ok(err)
	if len(all) != 2 || all[0].ID != held.ID || all[1].State != Draft {
		t.Fatalf("%+v", all)
	}
	if f := all[0]; f.Enrolled != 3 || f.Completed != 2 || f.Given != 14 || f.Papers != 1 {
		t.Errorf("%d, %d, %d, %d", f.Enrolled, f.Completed, f.Given, f.Papers)
	}
	if ids, err := OfferingCenters(t.Context(), k.db); err != nil || len(ids) != 1 || ids[0] != k.center {
		t.Error("centers:", ids, err)
	}
	if all, err := OfNeed(t.Context(), k.db, ""); err != nil || len(all) != 0 {
		t.Error("trainings of no need:", all, err)
	}
}

func TestFirstInPages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, func(tr *Training) { tr.FirstUntil = k.now.Add(48 * time.Hour).Unix() })
	k.goFirst(tr.ID, []access.InstitutionID{k.school})
	for name, c := range map[string]struct {
		who        access.Actor
		form, door int
	}{"a stranger may have an account": {access.Stranger(), 0, 1}, "of the school": {k.ewa, 1, 1}, "of another": {k.iza, 0, 0}} {
		k.who = c.who
		public, form := k.page(Path(tr.ID)), k.page(Path(tr.ID)+"/zapis")
		if !strings.Contains(public.Find("main").Text(), "pierwszeństwo mają") || public.Find(`a.btn[href$="/zapis"]`).Length() != c.door {
			t.Errorf("%s: page of the training", name)
		}
		if !strings.Contains(form.Find("main").Text(), "pierwszeństwo mają") || form.Find("main form").Length() != c.form {
			t.Errorf("%s: form", name)
		}
		if door := form.Find(`main a[href*="dalej="]`); strings.HasPrefix(name, "a stranger") && (door.Length() != 1 || !strings.Contains(form.Find("main").Text(), "może się zalogować i zapisać")) {
			t.Error("a stranger is not told to sign in")
		}
		if strings.Contains(public.Text(), "Szkoła Podstawowa nr 1") {
			t.Errorf("%s: the page says who named the need", name)
		}
	}
	k.who = access.Stranger() // and sent all the same
	if w := k.post(Path(tr.ID)+"/zapis", "wersja", "1", "imie", "Ala Nowa", "email", "ala@example.org", "instytucja", "Szkoła Podstawowa nr 1", "placowka", string(k.school)); w.Code == http.StatusOK || w.Code == http.StatusSeeOther {
		t.Errorf("a guest gets in: %d", w.Code)
	}
	k.who = k.otherHead
	if p := k.page(StaffPath + "/zapis/" + string(tr.ID)); p.Find("main form").Length() != 0 || !strings.Contains(p.Text(), "Zapisy dla wszystkich zaczną się") {
		t.Error("the head of another school has a form")
	}
	k.who = k.iza
	form := k.page(Path(tr.ID) + "/zapis") // and sent all the same
	if w := k.post(Path(tr.ID)+"/zapis", "wersja", "1", "placowka", string(k.other)); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "mogą się zapisać tylko") {
		t.Errorf("%d %d", w.Code, form.Length())
	}
	k.who = k.officer
	desk := DeskPath(tr.ID) + "/pierwszenstwo"
	if p := k.page(DeskPath(tr.ID)); p.Find("#pierwszenstwo").Length() != 1 {
		t.Error("the overview does not say who goes first")
	}
	if p := k.page(desk); p.Find("#formularz button.btn").Length() != 1 {
		t.Error("the officer cannot end it")
	}
	if w := k.post(desk, "wersja", "1"); w.Code != http.StatusSeeOther {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
	k.who = k.iza
	if p := k.page(Path(tr.ID) + "/zapis"); p.Find("main form").Length() != 1 || strings.Contains(p.Text(), "pierwszeństwo mają") {
		t.Error("after the end others still wait")
	}
	k.write(func(ctx context.Context, tx *db.Tx) error { return tx.Spread(ctx) })
	var n int
	k.ok(k.db.Get(t.Context(), &n, `select count(*) from audit_waiting where action = 'training.end_first'`))
	if n != 1 {
		t.Errorf("%d lines in the log", n)
	}
}
