package evaluation

import (
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
)

func TestOnBothDatabases(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := openHouse(t, d)
		h.asksOnce(t)
		h.publishesOne(t)
		h.publishesTogether(t)
		h.remarksAreReadFirst(t)
		h.forgets(t)
	})
}

// asksOnce: nobody before the morning, everybody once, nobody twice.
func (h *house) asksOnce(t *testing.T) {
	id := h.held("Matematyka w ruchu", 20)
	h.k.OK(h.Ended(t.Context(), Training, id)) // the event comes again
	if rounds, _ := roundsOf(t.Context(), h.db, Training, id); len(rounds) != 2 {
		t.Fatalf("%d rounds", len(rounds))
	}
	h.due()
	if x := h.roundAt(id, After); x.State != planned || len(h.told) != 0 {
		t.Errorf("asked on the day itself: %+v", x)
	}
	h.morning()
	h.due()
	x := h.roundAt(id, After)
	if x.State != open || x.Roster != 20 || len(h.told) != 20 {
		t.Fatalf("%+v, %d told", x, len(h.told))
	}
	for person, keys := range h.told {
		if len(keys) != 1 || keys[0] != "evaluation.tell.after" {
			t.Errorf("%s was told %v", person, keys)
		}
	}
	h.k.OK(h.tellAsked(t.Context(), x.ID)) // the same names again: notify tells once
	if later := h.roundAt(id, Later); later.State != planned {
		t.Errorf("later: %+v", later)
	}
	rd, err := h.Surveys.RoundByID(t.Context(), h.db, x.ID)
	h.k.OK(err)
	err = h.Surveys.Answer(t.Context(), x.ID, string(h.k.Iza.Person), "", survey.Given{Form: survey.NewForm(), Definition: rd.Definition, Answers: rated(1, "5", "")[0], At: h.k.Clock})
	center.Refuses(t, "somebody who was not there", err, fault.Forbidden)
	center.Refuses(t, "counting while people answer", h.Surveys.Each(t.Context(), h.db, x.ID, nil), fault.Conflict)
	canceled := h.held("Odwołane", 20)
	sub := h.of.all[canceled]
	sub.Off = true
	h.of.all[canceled] = sub
	h.morning()
	if x := h.roundAt(canceled, After); x.State != skipped || x.Why != whyOff {
		t.Errorf("canceled: %+v", x)
	}
	h.k.OK(h.Ended(t.Context(), Meeting, canceled)) // no module answers for meetings
}

// publishesOne: a training of its own, with a low use later.
func (h *house) publishesOne(t *testing.T) {
	l := h.k.Catalog.In(i18n.PL)
	id := h.held("Ocenianie", 20)
	h.morning()
	h.say(id, After, 0, rated(8, "4", "")...)
	h.say(id, After, 8, rated(8, "2", "")...)
	h.pass(15)
	x := h.roundAt(id, After)
	g, err := groupByID(t.Context(), h.db, x.Group)
	h.k.OK(err)
	if f := figuresOf(g.Figures); g.State != released || !g.Alone || f.Useful != shown(30) || f.Answers != shown(16) {
		t.Fatalf("%+v %+v", g, f)
	}
	tables, err := h.tables(t.Context(), g.ID)
	h.k.OK(err)
	if len(tables) != 7 || tables[0].Measure != "evaluation.after.overall" {
		t.Errorf("%d releases, the first of %s", len(tables), tables[0].Measure)
	}
	h.k.OK(h.release(t.Context(), g.ID)) // again: nothing
	u, err := h.LaterUse(t.Context(), l, Training, id)
	if err != nil || u.Text != "" {
		t.Errorf("later use before anybody was asked: %+v %v", u, err)
	}
	h.pass(35)
	h.say(id, Later, 0, used(12, "no")...)
	h.say(id, Later, 12, used(2, "partly")...)
	h.pass(15)
	u, err = h.LaterUse(t.Context(), l, Training, id)
	h.k.OK(err)
	if !u.Low || u.Text != "od 0 do 40%" || len(u.Why.Numbers) != 3 {
		t.Errorf("little use of 14 answers: %+v", u)
	}
	years, err := h.years(t.Context(), h.k.At)
	h.k.OK(err)
	n := 0
	for _, y := range years {
		if y.SchoolYear == 2026 && y.Subjects == 1 {
			n++
		}
		if y.Stage == After && (y.sum() != Sum{16, 480, 480} || y.Hidden != 1) { // the first training got no answers
			t.Errorf("sum of the year: %+v", y)
		}
		if y.Stage == Later && y.Low != 1 {
			t.Errorf("low of the year: %+v", y)
		}
	}
	if n != 2 {
		t.Errorf("%d years: %+v", n, years)
	}
}

// publishesTogether: small trainings wait for one another; those who come when
// the group is full begin the next.
func (h *house) publishesTogether(t *testing.T) {
	var ids []string
	for _, people := range []int{8, 7, 6, 14} {
		ids = append(ids, h.held("Małe", people))
	}
	h.morning()
	first := h.roundAt(ids[0], After).Group
	for n, id := range ids {
		x := h.roundAt(id, After)
		if (x.Group == first) != (n < 3) {
			t.Errorf("training %d is in group %s", n, x.Group)
		}
		h.say(id, After, 0, rated(5, "4", "")...)
	}
	h.pass(15)
	for n, id := range ids {
		g, err := groupByID(t.Context(), h.db, h.roundAt(id, After).Group)
		h.k.OK(err)
		if (g.State == released) != (n < 3) {
			t.Errorf("group of training %d: %+v", n, g)
		}
		if g.State == released && (g.Rounds != 3 || g.Roster != 21 || figuresOf(g.Figures).Answers != shown(15)) {
			t.Errorf("released together: %+v", g)
		}
	}
	h.pass(50)
	g, err := groupByID(t.Context(), h.db, h.roundAt(ids[3], After).Group)
	h.k.OK(err)
	if g.State != released || figuresOf(g.Figures).Useful != (disclosure.Cell{}) {
		t.Errorf("one small training after sixty days, five answers: %+v", g)
	}
}

// remarksAreReadFirst: by the center, from five answers up; a trainer sees what
// was passed on, and nobody else anything.
func (h *house) remarksAreReadFirst(t *testing.T) {
	ctx := t.Context()
	id := h.held("Uwagi", 16)
	h.morning()
	h.say(id, After, 0, rated(3, "4", "")...)
	h.say(id, After, 3, rated(1, "4", "Dziękuję, pani Anna Nowak była świetna.")...)
	center.Refuses(t, "remarks before the close", h.PassOn(ctx, h.k.Officer, Training, id, After, nil), fault.Conflict)
	h.say(id, After, 4, rated(1, "4", "Więcej przerw.")...)
	h.pass(15)
	x := h.roundAt(id, After)
	list, err := h.remarks(ctx, x)
	h.k.OK(err)
	if len(list) != 2 || len(list[0].Names)+len(list[1].Names) == 0 {
		t.Fatalf("%+v", list)
	}
	center.Refuses(t, "a trainer passes remarks on", h.PassOn(ctx, h.k.Trainer, Training, id, After, nil), fault.Forbidden)
	center.Refuses(t, "a stage that is not there", h.PassOn(ctx, h.k.Officer, Training, id, "never", nil), fault.NotFound)
	named := list[0].Digest
	if len(list[0].Names) == 0 {
		named = list[1].Digest
	}
	h.k.OK(h.PassOn(ctx, h.k.Officer, Training, id, After, []string{named, "made up"}))
	list, err = h.remarks(ctx, h.roundAt(id, After))
	h.k.OK(err)
	var n int
	h.k.OK(h.db.Get(ctx, &n, `select count(*) from needs_eval_withheld`))
	for _, m := range list {
		if m.Withheld != (m.Digest == named) {
			t.Errorf("%+v", m)
		}
	}
	if n != 1 {
		t.Errorf("%d withheld", n)
	}
	few := h.held("Za mało odpowiedzi", 16)
	h.morning()
	h.say(few, After, 0, rated(4, "4", "Tylko ja.")...)
	h.pass(15)
	_, err = h.remarks(ctx, h.roundAt(few, After))
	center.Refuses(t, "remarks of four answers", err, fault.Conflict)
}

// forgets: who led is forgotten with the account, and when the time is over.
func (h *house) forgets(t *testing.T) {
	ctx, hold := t.Context(), h.holdLeaders()
	items, err := hold.Export(ctx, string(h.k.Trainer.Person))
	if err != nil || len(items) == 0 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	if n, err := hold.Expired(ctx, h.db, warsaw(t, "2027-08-31 12:00")); err != nil || n != 0 {
		t.Errorf("%d expired within the school year, %v", n, err)
	}
	if n, err := hold.Expired(ctx, h.db, warsaw(t, "2027-09-01 12:00")); err != nil || n != len(items) {
		t.Errorf("%d expired after it, %v", n, err)
	}
	h.k.OK(h.db.Write(ctx, func(tx *db.Tx) error {
		n, err := hold.Sweep(ctx, tx, warsaw(t, "2027-09-01 12:00"), 2)
		if n != 2 {
			t.Errorf("%d swept", n)
		}
		return err
	}))
	h.k.OK(h.db.Write(ctx, func(tx *db.Tx) error {
		n, err := hold.Erase(ctx, tx, string(h.k.Trainer.Person))
		if n != len(items)-2 {
			t.Errorf("%d erased of %d", n, len(items)-2)
		}
		return err
	}))
}
