package settlement

import (
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/schema"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
	"kladka/internal/training"
)

var modules = append(append([]schema.Module{}, center.Modules...), schema.Module{Name: "training/settlement", Files: Migrations})

const goodNIP = "6761013717" // invented, with a right check digit

// open is the package over the kit, with a training that costs 120 zł and three
// people in it: two of the school, and one guest who pays for herself.
func open(t *testing.T, d *db.DB) (*Service, *center.Kit, training.Training, []training.Enrollment) {
	t.Helper()
	k := center.New(t, d, center.Extra{Texts: []fs.FS{Messages}, Law: Params()})
	s := New(Config{DB: d, Now: func() time.Time { return k.Clock }, Directory: k.Places, Law: k.Law})
	s.Routes(k.Shell)
	tr := k.Publish(t, func(tr *training.Training) { tr.Price, tr.Payer = 12000, training.School })
	all := []training.Enrollment{
		k.Put(tr, k.Ewa, training.Confirmed, nil),
		k.Put(tr, k.Jan, training.Completed, nil),
		k.Put(tr, access.Stranger(), training.Confirmed, func(e *training.Enrollment) {
			e.Name, e.Email, e.Institution, e.TypedName, e.Payer = "=Anna Gość", "anna@example.org", "", "Szkoła w Dali", training.Participant
		}),
		k.Put(tr, k.Iza, training.Waiting, nil),
	}
	return s, k, tr, all
}

func TestRefusals(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s, k, tr, all := open(t, d)
		ctx := t.Context()
		mark := func(who access.Actor) error {
			return s.Mark(ctx, who, tr.ID, []training.EnrollmentID{all[0].ID}, Change{State: Paid, PaidOn: "2026-11-20"})
		}
		center.Refuses(t, "a stranger settles", mark(access.Stranger()), fault.SignedOut)
		for name, who := range map[string]access.Actor{"a head": k.Head, "a trainer": k.Trainer, "a teacher": k.Ewa} {
			center.Refuses(t, name+" settles", mark(who), fault.Forbidden)
			_, _, err := s.Dues(ctx, who, tr.ID)
			center.Refuses(t, name+" reads", err, fault.Forbidden)
		}
		elsewhere := k.Person("Obcy Urzędnik", access.CenterOfficer, k.Other)
		center.Refuses(t, "another center's officer settles", mark(elsewhere), fault.Forbidden)
		farAccountant := k.Person("Daleka Księgowa", access.Accountant, k.Other)
		_, _, err := s.BuyerOf(ctx, farAccountant, k.School)
		center.Refuses(t, "an accountant of elsewhere reads the buyer", err, fault.Forbidden)
		_, _, err = s.BuyerOf(ctx, k.OtherHead, k.School)
		center.Refuses(t, "another head reads the buyer", err, fault.Forbidden)
		center.Refuses(t, "another head states", s.State(ctx, k.OtherHead, tr.ID, k.School, "all"), fault.Forbidden)
		center.Refuses(t, "who waits owes nothing", s.Mark(ctx, k.Officer, tr.ID, []training.EnrollmentID{all[3].ID}, Change{State: Paid, PaidOn: "2026-11-20"}), fault.NotFound)
		center.Refuses(t, "a school without debts states", s.State(ctx, k.Officer, tr.ID, k.Other, "all"), fault.NotFound)
		for what, c := range map[string]Change{"tomorrow": {State: Paid, PaidOn: "2026-11-24"}, "no day": {State: Paid}, "no reason": {State: Waived}, "no state": {}} {
			center.Refuses(t, what, s.Mark(ctx, k.Officer, tr.ID, []training.EnrollmentID{all[0].ID}, c), fault.Invalid)
		}
	})
}

func TestMarking(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s, k, tr, all := open(t, d)
		ctx := t.Context()
		sums := func() Sums {
			t.Helper()
			_, dues, err := s.Dues(ctx, k.Officer, tr.ID)
			k.OK(err)
			return SumOf(dues)
		}
		if got := sums(); got != (Sums{Unpaid: 36000, People: 3}) {
			t.Errorf("at first %+v", got)
		}
		accountant := k.Person("Aniela Księgowa", access.Accountant, k.At)
		k.OK(s.Mark(ctx, accountant, tr.ID, []training.EnrollmentID{all[0].ID, all[1].ID}, Change{State: Paid, PaidOn: "2026-11-20", Invoice: "FV 17/2026"}))
		k.OK(s.Mark(ctx, k.Officer, tr.ID, []training.EnrollmentID{all[2].ID}, Change{State: Waived, Note: "Prowadziła zajęcia."}))
		if got := sums(); got != (Sums{Paid: 24000, Waived: 12000, People: 3}) {
			t.Errorf("then %+v", got)
		}
		k.OK(s.Mark(ctx, k.Officer, tr.ID, []training.EnrollmentID{all[0].ID}, Change{State: Unpaid}))
		_, dues, err := s.Dues(ctx, k.Officer, tr.ID)
		k.OK(err)
		for _, due := range dues {
			if due.Enrollment == all[0].ID && (due.State != Unpaid || due.PaidOn != "" || due.Invoice != "FV 17/2026") {
				t.Errorf("taken back: %+v", due)
			}
		}
		// One that is not owed: nothing of the whole change is done.
		err = s.Mark(ctx, k.Officer, tr.ID, []training.EnrollmentID{all[0].ID, all[3].ID}, Change{State: Paid, PaidOn: "2026-11-20"})
		center.Refuses(t, "half a change", err, fault.NotFound)
		if got := sums(); got.Unpaid != 12000 {
			t.Errorf("a refused change changed something: %+v", got)
		}
		list, err := s.Overviews(ctx, k.Director, k.At, 1<<62, "", 10)
		k.OK(err)
		if len(list) != 1 || list[0].Unpaid != 12000 || list[0].Paid != 12000 || list[0].Waived != 12000 || list[0].People != 3 {
			t.Errorf("overview %+v", list)
		}
	})
}

// TestLeaving: only who left late owes, never who left in time or handed over.
func TestLeaving(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s, k, tr, _ := open(t, d)
		late := k.Put(tr, k.Deputy, training.Resigned, func(e *training.Enrollment) { e.LeftAt, e.Late = k.Clock.Unix(), true })
		k.Put(tr, k.Head, training.Resigned, func(e *training.Enrollment) { e.LeftAt = k.Clock.Unix() })
		_, dues, err := s.Dues(t.Context(), k.Officer, tr.ID)
		k.OK(err)
		if len(dues) != 4 || !slices.ContainsFunc(dues, func(d Due) bool { return d.Enrollment == late.ID && d.Late() }) {
			t.Errorf("%+v", dues)
		}
		list, err := s.Overviews(t.Context(), k.Officer, k.At, 1<<62, "", 10)
		k.OK(err)
		if list[0].People != 4 || list[0].Unpaid != 48000 {
			t.Errorf("%+v", list)
		}
	})
}

func TestBuyers(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s, k, tr, _ := open(t, d)
		ctx := t.Context()
		b, _, err := s.BuyerOf(ctx, k.Head, k.School)
		k.OK(err)
		if b.Revision != 0 || b.Name == "" {
			t.Errorf("proposed %+v", b)
		}
		b.Name, b.NIP, b.Address, b.Recipient = " Gmina  Miejska ", "PL 676-101-37-17", "pl. Wszystkich Świętych 3", "SP 1"
		k.OK(s.SetBuyer(ctx, k.Head, b))
		center.Refuses(t, "a stale page", s.SetBuyer(ctx, k.Officer, b), fault.Conflict)
		saved, _, err := s.BuyerOf(ctx, k.Officer, k.School)
		k.OK(err)
		if saved.NIP != goodNIP || saved.Name != "Gmina Miejska" || saved.Revision != 1 {
			t.Errorf("saved %+v", saved)
		}
		saved.NIP = "6761013718"
		center.Refuses(t, "a wrong check digit", s.SetBuyer(ctx, k.Head, saved), fault.Invalid)
		k.OK(s.State(ctx, k.Head, tr.ID, k.School, "all"))
		k.OK(s.State(ctx, k.Officer, tr.ID, k.School, "most"))
		said, err := s.statements(ctx, tr.ID)
		k.OK(err)
		if st := said[string(k.School)]; st.Share != "most" || st.By != string(k.Officer.Person) {
			t.Errorf("said %+v", st)
		}
	})
}

func TestPropose(t *testing.T) {
	own := Propose(directory.Institution{Name: "Niepubliczne Liceum", NIP: goodNIP, City: "Skawina", Postcode: "32-050", Street: "Rynek", House: "1"})
	if own.Name != "Niepubliczne Liceum" || own.NIP != goodNIP || own.Recipient != "" || own.Address != "Rynek 1, 32-050 Skawina" {
		t.Errorf("%+v", own)
	}
	public := Propose(directory.Institution{Name: "SP 1", RunningName: "Gmina Skawina", RunningMunicipality: "120611"})
	if public.Name != "Gmina Skawina" || public.Recipient != "SP 1" || public.NIP != "" {
		t.Errorf("%+v", public)
	}
}

func TestPages(t *testing.T) {
	_, k, tr, all := open(t, testkit.SQLite(t, modules))
	k.Who = k.Officer
	path := training.DeskPath(tr.ID) + tail
	for _, lang := range i18n.Langs {
		k.Lang = lang
		doc := k.Page(path)
		if doc.Find(`input[name="kto"]`).Length() != 3 || doc.Find(`[data-promise="why"]`).Length() != 1 {
			t.Errorf("%s: the list is not whole", lang)
		}
		k.Page(listPath)
		if k.Page(buyerPath+"/"+string(k.School)).Find(`[data-promise="who-sees"]`).Length() != 1 {
			t.Errorf("%s: who sees the buyer is not said", lang)
		}
	}
	k.Lang = i18n.PL
	bad := k.Whole("bad", k.Post(path, "kto", string(all[0].ID), "stan", "paid", "dnia", "2027-01-01"), http.StatusUnprocessableEntity)
	if bad.Find(`.errsum a[href="#dnia"]`).Length() != 1 || bad.Find(`input[name="kto"][checked]`).Length() != 1 {
		t.Error("what was wrong is not said, or what was ticked is lost")
	}
	if w := k.Post(path, "kto", string(all[2].ID), "stan", "paid", "dnia", "2026-11-20", "faktura", "F/1"); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	csv := k.Get(path + "/arkusz?format=csv").Body.String()
	if !strings.Contains(csv, "F/1") || !strings.Contains(csv, "120,00") || strings.Contains(csv, ";=Anna") || strings.Contains(csv, ",=Anna") || strings.Contains(csv, "\n=Anna") {
		t.Error(csv)
	}
	k.Who = k.Head
	if w := k.Get(path); w.Code != http.StatusForbidden {
		t.Errorf("a head reads the settlement: %d", w.Code)
	}
	if w := k.Post(buyerPath+"/"+string(k.School), "nabywca", "", "nip", "1", "wersja", "0"); w.Code != http.StatusUnprocessableEntity {
		t.Error(w.Code)
	}
}
