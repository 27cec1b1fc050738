package training

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/calendar"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// draft makes a complete draft of the center with one meeting.
func (k *kit) draft(who access.Actor) Training {
	k.t.Helper()
	ctx := k.t.Context()
	id, err := k.Create(ctx, who, k.center, Workshop, "  Warsztat   o czytaniu ")
	k.ok(err)
	k.ok(k.EditWords(ctx, who, id, 1, Words{Form: Workshop, Title: "Warsztat o czytaniu", Summary: "Jak czytać.", Topics: []string{reading}}))
	k.ok(k.EditDates(ctx, who, id, 2, Dates{Mode: OnSite, Place: "Kraków", Municipality: city,
		Meetings: []Meeting{{StartsAt: onDay("2026-12-14 09:00"), EndsAt: onDay("2026-12-14 12:00"), Room: "12"}}}))
	k.ok(k.EditPlaces(ctx, who, id, 3, Places{Total: 10, Quotas: map[string]int{town: 3}, QuotaBy: ByPlace, MinPeople: 2, DecideAt: onDay("2026-12-07 12:00"), AskNeeds: true}))
	return k.training(id)
}

func TestOfferOnBothDatabases(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		t.Run("refusals", func(t *testing.T) { offerRefusals(t, k) })
		t.Run("insert", func(t *testing.T) { offerInsert(t, k) })
		t.Run("life", func(t *testing.T) { offerLife(t, k) })
		t.Run("change", func(t *testing.T) { offerChanged(t, k) })
		t.Run("cancel", func(t *testing.T) { offerCanceled(t, k) })
		t.Run("repeat", func(t *testing.T) { offerRepeated(t, k) })
		t.Run("shelves", func(t *testing.T) { offerShelves(t, k) })
		t.Run("clashes", func(t *testing.T) { offerClashes(t, k) })
		t.Run("materials", func(t *testing.T) { offerMaterials(t, k) })
		t.Run("reminder", func(t *testing.T) { offerReminder(t, k) })
	})
}

// letters are what everybody in a training is to be told, by the jobs that wait.
func (k *kit) letters(id ID) string {
	k.t.Helper()
	k.write(func(ctx context.Context, tx *db.Tx) error { return tx.Spread(ctx) })
	var payloads []string
	k.ok(k.db.Select(k.t.Context(), &payloads, `select payload from jobs where kind = ? order by id`, lettersKind))
	var all []string
	for _, text := range payloads {
		var one struct {
			Training ID
			Once     string
		}
		k.ok(json.Unmarshal([]byte(text), &one))
		if strings.Contains(text, string(id)) {
			all = append(all, one.Once)
		}
	}
	return strings.Join(all, " ")
}

// offerRefusals: nobody but whoever manages trainings at the center does
// anything; a draft is not there for others.
func offerRefusals(t *testing.T, k *kit) {
	ctx := t.Context()
	far := k.person("Fela Obca", access.CenterOfficer, k.other)
	for name, x := range map[string]struct {
		who  access.Actor
		kind fault.Kind
	}{"stranger": {access.Stranger(), fault.SignedOut}, "trainer": {k.trainer, fault.Forbidden}, "another center": {far, fault.Forbidden}, "head": {k.head, fault.Forbidden}, "teacher": {k.ewa, fault.Forbidden}} {
		_, err := k.Create(ctx, x.who, k.center, Workshop, "Warsztat")
		refuses(t, name+": create", err, x.kind)
		_, _, err = k.Shelved(ctx, x.who, k.center, ShelfDrafts, web.Cursor{})
		refuses(t, name+": list", err, x.kind)
		for _, state := range []TrainingState{Draft, Published} {
			kind := x.kind
			if state == Draft && kind == fault.Forbidden {
				kind = fault.NotFound
			}
			id := k.publish(t, func(tr *Training) { tr.State = state }).ID
			_, managed := k.Managed(ctx, x.who, id)
			_, repeats := k.Repeat(ctx, x.who, id, Repetition{From: "2027-01-11", Rule: calendar.Rule{Times: 1}})
			for what, err := range map[string]error{"see": managed, "words": k.EditWords(ctx, x.who, id, 1, Words{Form: Workshop, Title: "X"}),
				"dates": k.EditDates(ctx, x.who, id, 1, Dates{Mode: OnSite}), "places": k.EditPlaces(ctx, x.who, id, 1, Places{Total: 1, QuotaBy: ByPlace}),
				"terms": k.EditTerms(ctx, x.who, id, 1, Terms{Payer: Nobody, Paper: Certificate}), "leaders": k.EditLeaders(ctx, x.who, id, 1, nil, nil),
				"publish": k.Publish(ctx, x.who, id, 1), "postpone": k.Postpone(ctx, x.who, id, 1, "x"), "cancel": k.Cancel(ctx, x.who, id, 1, "x"),
				"decide": k.Decide(ctx, x.who, id, 1, DecideRun, ""), "repeat": repeats, "file": k.AddMaterial(ctx, x.who, id, "x", "x", false)} {
				refuses(t, fmt.Sprintf("%s: %s a %s one", name, what, state), err, kind)
			}
			if got := k.training(id); got.Revision != 1 || got.State != state {
				t.Errorf("%s changed it: %+v", name, got)
			}
		}
	}
}

func offerInsert(t *testing.T, k *kit) {
	var id ID
	k.write(func(ctx context.Context, tx *db.Tx) (err error) {
		id, err = k.Insert(ctx, tx, access.System(), Whole{Training: Training{Center: k.center, Form: Conference, Title: "Konferencja", State: Published}, Link: "https://pokoj.example/1",
			Meetings: []Meeting{{StartsAt: onDay("2026-12-14 09:00"), EndsAt: onDay("2026-12-14 10:30"), Hours: 2}},
			Pools:    map[string]int{"": 5, town: 2}, Eligible: Eligible{Roles: []access.Role{access.Teacher}, Schools: []directory.Kind{"3"}, Municipalities: []string{town}},
			Trainers: []Trainer{{Name: "Gość"}}, Partners: []Partner{{Name: "Fundacja"}}, Topics: []string{maths}})
		return err
	})
	ctx := t.Context()
	tr := k.training(id)
	if tr.Capacity != 7 || tr.Hours != 2 || tr.StartsAt != onDay("2026-12-14 09:00") || tr.SchoolYear != 2026 || tr.Trace == "" || tr.PublishedAt == 0 || tr.Revision != 1 {
		t.Errorf("%+v", tr)
	}
	if link, err := k.OnlineLink(tr); err != nil || link != "https://pokoj.example/1" || strings.Contains(tr.OnlineLink, "pokoj") {
		t.Error(link, err, tr.OnlineLink)
	}
	other := tr
	other.ID = ID(newID())
	if _, err := k.OnlineLink(other); err == nil {
		t.Error("a link opens in another training")
	}
	pools, _ := Pools(ctx, k.db, id)
	e, _ := EligibleFor(ctx, k.db, id)
	trainers, _ := Trainers(ctx, k.db, id)
	partners, _ := Partners(ctx, k.db, id)
	topics, _ := TopicsOf(ctx, k.db, id)
	if len(pools) != 2 || pools[1].Name != town || pools[1].Seats != 2 || len(e.Roles)+len(e.Schools)+len(e.Municipalities) != 3 || len(trainers) != 1 || len(partners) != 1 ||
		len(topics) != 1 || len(k.words.used[SearchKind+string(id)]) != 1 {
		t.Error(pools, e, trainers, partners, topics)
	}
}

// offerLife: a draft is filled in, published once complete, postponed and dated
// again.
func offerLife(t *testing.T, k *kit) {
	ctx := t.Context()
	_, err := k.Create(ctx, k.officer, k.center, "dance", " ")
	if e := fault.As(err); e == nil || len(e.Fields) != 2 {
		t.Error(err)
	}
	id, err := k.Create(ctx, k.officer, k.center, QualificationCourse, "Kurs")
	k.ok(err)
	if err := k.Publish(ctx, k.officer, id, 1); fault.As(err) == nil || fieldsOf(fault.As(err).Fields) != "miejsca:capacity podstawa:basis ramowy:framework skrot:summary spotkania:meetings zgoda:consent" {
		t.Error(err)
	}
	refuses(t, "a certificate for a course", k.EditTerms(ctx, k.officer, id, 1, Terms{Payer: Nobody, Paper: Certificate}), fault.Invalid)
	tr := k.draft(k.officer)
	if tr.Hours != 4 || tr.Capacity != 10 || tr.Revision != 4 || tr.Title != "Warsztat o czytaniu" {
		t.Errorf("%+v", tr)
	}
	refuses(t, "an old revision", k.Publish(ctx, k.officer, tr.ID, 3), fault.Conflict)
	refuses(t, "postponing a draft", k.Postpone(ctx, k.officer, tr.ID, 4, "x"), fault.Conflict)
	k.ok(k.Publish(ctx, k.officer, tr.ID, 4))
	refuses(t, "publishing twice", k.Publish(ctx, k.officer, tr.ID, 5), fault.Conflict)
	refuses(t, "no reason", k.Postpone(ctx, k.officer, tr.ID, 5, " "), fault.Invalid)
	k.ok(k.Postpone(ctx, k.director, tr.ID, 5, "Choroba"))
	was, _ := Meetings(ctx, k.db, tr.ID)
	if got := k.training(tr.ID); got.State != Postponed || got.StartsAt != 0 || got.Why != "Choroba" || len(was) != 1 {
		t.Errorf("%+v", got)
	}
	moved := was[0]
	moved.StartsAt, moved.EndsAt = onDay("2027-01-11 09:00"), onDay("2027-01-11 12:00")
	past := moved
	past.StartsAt, past.EndsAt = onDay("2026-01-11 09:00"), onDay("2026-01-11 12:00")
	refuses(t, "dates in the past", k.EditDates(ctx, k.officer, tr.ID, 6, Dates{Mode: OnSite, Place: "Kraków", Meetings: []Meeting{past}}), fault.Invalid)
	k.ok(k.EditDates(ctx, k.officer, tr.ID, 6, Dates{Mode: OnSite, Place: "Kraków", Municipality: city, Meetings: []Meeting{moved}}))
	is, _ := Meetings(ctx, k.db, tr.ID)
	if got := k.training(tr.ID); got.State != Published || got.StartsAt != moved.StartsAt || got.Why != "" || is[0].ID != was[0].ID {
		t.Errorf("%+v", got)
	}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_meetings set taken_at = 1 where training = ?`, tr.ID)
		return err
	})
	refuses(t, "a meeting that was held", k.EditDates(ctx, k.officer, tr.ID, 7, Dates{Mode: OnSite, Place: "Kraków", Meetings: []Meeting{{StartsAt: moved.StartsAt, EndsAt: moved.EndsAt}}}), fault.Conflict)
}

// offerChanged: a change of a public training raises the revision once and
// leaves what people agreed to; what is frozen stays.
func offerChanged(t *testing.T, k *kit) {
	ctx := t.Context()
	tr := k.publish(t, nil)
	e := k.put(tr, k.ewa, Confirmed, func(e *Enrollment) { e.Agreed = `{"title":"Matematyka w ruchu"}` })
	words := Words{Form: Workshop, Title: tr.Title, Summary: tr.Summary, Lang: tr.Lang}
	k.ok(k.EditWords(ctx, k.officer, tr.ID, 1, words))
	if got := k.training(tr.ID); got.Revision != 1 {
		t.Error("nothing changed, and yet the revision rose")
	}
	words.Form = Course
	refuses(t, "another form", k.EditWords(ctx, k.officer, tr.ID, 1, words), fault.Invalid)
	words.Form, words.Title = Workshop, "Matematyka w tańcu"
	k.ok(k.EditWords(ctx, k.officer, tr.ID, 1, words))
	refuses(t, "an old screen", k.EditWords(ctx, k.officer, tr.ID, 1, words), fault.Conflict)
	if got := k.letters(tr.ID); got != "changed/2" {
		t.Errorf("told %q of a change", got)
	}
	if got := k.enrollment(e.ID); got.Agreed != e.Agreed || got.AgreedRev != 1 || got.Revision != e.Revision {
		t.Errorf("what was agreed changed: %+v", got)
	}
	if got := k.training(tr.ID); got.Revision != 2 || got.Title != words.Title {
		t.Errorf("%+v", got)
	}
	words.Summary, words.Small = "Zabawy ruchowe.", true
	k.ok(k.EditWords(ctx, k.officer, tr.ID, 2, words))
	if got := k.letters(tr.ID); got != "changed/2" {
		t.Errorf("told %q of a comma", got)
	}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_trainings set revision = 2 where id = ?`, tr.ID)
		return err
	})
	refuses(t, "fewer seats than taken", k.EditPlaces(ctx, k.officer, tr.ID, 2, Places{Total: 0, QuotaBy: ByPlace, AskNeeds: true}), fault.Invalid)
	refuses(t, "quotas beyond the seats", k.EditPlaces(ctx, k.officer, tr.ID, 2, Places{Total: 3, Quotas: map[string]int{town: 4}, QuotaBy: ByPlace}), fault.Invalid)
	k.ok(k.EditPlaces(ctx, k.officer, tr.ID, 2, Places{Total: 12, Quotas: map[string]int{town: 4}, QuotaBy: ByPlace, AskNeeds: true}))
	pools, _ := Pools(ctx, k.db, tr.ID)
	if got := k.training(tr.ID); got.Capacity != 12 || len(pools) != 2 || pools[0].Seats != 8 || pools[0].Taken != 1 {
		t.Errorf("%+v %+v", got, pools)
	}
	refuses(t, "a stranger leads", k.EditLeaders(ctx, k.officer, tr.ID, 3, []Trainer{{Person: string(k.ewa.Person)}}, nil), fault.Invalid)
	k.ok(k.EditLeaders(ctx, k.officer, tr.ID, 3, []Trainer{{Person: string(k.trainer.Person)}, {Name: "Gość"}}, []Partner{{Name: "Fundacja"}}))
	if all, _ := Trainers(ctx, k.db, tr.ID); len(all) != 2 || all[0].Name != k.trainer.Name {
		t.Error(all)
	}
	k.ok(k.EditTerms(ctx, k.officer, tr.ID, 4, Terms{Price: 5000, Payer: School, Paper: Certificate}))
	refuses(t, "another paper", k.EditTerms(ctx, k.officer, tr.ID, 5, Terms{Price: 5000, Payer: School, Paper: NoPaper}), fault.Invalid)
}

// offerCanceled: everybody's seat goes in the same step, and the end is the end.
func offerCanceled(t *testing.T, k *kit) {
	ctx := t.Context()
	tr := k.publish(t, func(tr *Training) { tr.MinPeople, tr.DecideAt = 3, onDay("2026-12-07 12:00") })
	e := k.put(tr, k.ewa, Confirmed, nil)
	k.ok(k.Decide(ctx, k.officer, tr.ID, 1, DecideRun, ""))
	refuses(t, "deciding twice", k.Decide(ctx, k.officer, tr.ID, 2, DecideCancel, "x"), fault.Conflict)
	refuses(t, "no reason", k.Cancel(ctx, k.officer, tr.ID, 2, ""), fault.Invalid)
	if k.enrollment(e.ID).State != Confirmed {
		t.Error("dropped without a cancellation")
	}
	k.ok(k.Cancel(ctx, k.officer, tr.ID, 2, "Sala zalana"))
	if got := k.letters(tr.ID); got != "canceled/3" {
		t.Errorf("told %q", got)
	}
	pools, _ := Pools(ctx, k.db, tr.ID)
	if got := k.enrollment(e.ID); got.State != Dropped || got.Active || pools[0].Taken != 0 {
		t.Errorf("%+v %+v", got, pools)
	}
	refuses(t, "a change after the end", k.EditWords(ctx, k.officer, tr.ID, 3, Words{Form: Workshop, Title: "X"}), fault.Conflict)
	two := k.publish(t, func(tr *Training) { tr.MinPeople, tr.DecideAt = 3, onDay("2026-12-07 12:00") })
	refuses(t, "what was not asked", k.Decide(ctx, k.officer, two.ID, 1, "x", ""), fault.Invalid)
	k.ok(k.Decide(ctx, k.officer, two.ID, 1, DecideCancel, "Mało osób"))
	if got := k.training(two.ID); got.State != Canceled || got.Decided != DecideCancel || got.Why != "Mało osób" {
		t.Errorf("%+v", got)
	}
}

func offerRepeated(t *testing.T, k *kit) {
	ctx := t.Context()
	tr := k.draft(k.officer)
	ids, err := k.Repeat(ctx, k.officer, tr.ID, Repetition{From: "2027-01-11", Rule: calendar.Rule{Times: 2}, Publish: true})
	k.ok(err)
	more, err := k.Repeat(ctx, k.officer, ids[0], Repetition{From: "2027-03-15", Rule: calendar.Rule{Times: 1}})
	k.ok(err)
	for n, id := range append(ids, more...) {
		got := k.training(id)
		pools, _ := Pools(ctx, k.db, id)
		topics, _ := TopicsOf(ctx, k.db, id)
		if got.Series != string(tr.ID) || got.SeriesNo != n+2 || got.Capacity != 10 || len(pools) != 2 || len(topics) != 1 || got.MinPeople != 2 || (got.State == Published) != (n < 2) {
			t.Errorf("%d: %+v %v %v", n, got, pools, topics)
		}
	}
	if got := k.training(tr.ID); got.SeriesNo != 1 || got.Revision != tr.Revision {
		t.Errorf("%+v", got)
	}
	_, err = k.Repeat(ctx, k.officer, tr.ID, Repetition{From: "2026-01-12", Rule: calendar.Rule{Times: 1}, Publish: true})
	refuses(t, "publishing in the past", err, fault.Invalid)
}

func offerShelves(t *testing.T, k *kit) {
	ctx := t.Context()
	center := testID(50)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		for n := range listPage + 3 {
			day := onDay("2027-01-11 09:00") + int64(n/2)*86400
			_, err := k.Insert(ctx, tx, access.System(), Whole{Training: Training{Center: center, Form: Workshop, Title: fmt.Sprint("Warsztat ", n), State: Published, Capacity: 5},
				Meetings: []Meeting{{StartsAt: day, EndsAt: day + 3600, Hours: 1}}})
			if err != nil {
				return err
			}
		}
		return nil
	})
	who := k.person("Pola Półka", access.CenterOfficer, center)
	first, more, err := k.Shelved(ctx, who, center, ShelfOpen, web.Cursor{})
	if err != nil || len(first) != listPage || !more {
		t.Fatal(len(first), more, err)
	}
	rest, more, err := k.Shelved(ctx, who, center, ShelfOpen, shelfCursor(ShelfOpen, first[len(first)-1]))
	if err != nil || len(rest) != 3 || more {
		t.Fatal(len(rest), more, err)
	}
	at := shelfCursor(ShelfOpen, rest[0])
	at.Back = true
	back, _, err := k.Shelved(ctx, who, center, ShelfOpen, at)
	if err != nil || len(back) != listPage || back[0].ID != first[0].ID {
		t.Error(len(back), err)
	}
	if _, _, err := k.Shelved(ctx, who, center, ShelfOpen, web.Cursor{Key: "x", ID: "y"}); fault.KindOf(err) != fault.BadRequest {
		t.Error(err)
	}
	if drafts, _, _ := k.Shelved(ctx, who, center, ShelfDrafts, web.Cursor{}); len(drafts) != 0 {
		t.Error(drafts)
	}
}

func offerClashes(t *testing.T, k *kit) {
	tr := k.draft(k.officer)
	mine, _ := Meetings(t.Context(), k.db, tr.ID)
	one := Training{ID: ID(newID()), Center: k.center}
	for name, x := range map[string]struct {
		m    Meeting
		want bool
	}{"same": {Meeting{Room: "12", StartsAt: mine[0].StartsAt, EndsAt: mine[0].EndsAt}, true}, "touching": {Meeting{Room: "12", StartsAt: mine[0].EndsAt, EndsAt: mine[0].EndsAt + 60}, false},
		"another room": {Meeting{Room: "13", StartsAt: mine[0].StartsAt, EndsAt: mine[0].EndsAt}, false}, "no room": {Meeting{StartsAt: mine[0].StartsAt, EndsAt: mine[0].EndsAt}, false}} {
		got, err := k.Clashes(t.Context(), one, []Meeting{x.m})
		if err != nil || len(got) > 0 != x.want {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	if got, _ := k.Clashes(t.Context(), tr, mine); len(got) > 0 && got[0].Training == tr.ID {
		t.Error("a training clashes with itself")
	}
}

// offerReminder: officers hear of a decision that is near, and not of others.
func offerReminder(t *testing.T, k *kit) {
	center := testID(51)
	who := k.person("Rena Rzecz", access.CenterOfficer, center)
	make := func(title string, decide int64) ID {
		tr := k.publish(t, func(tr *Training) { tr.Center, tr.Title, tr.MinPeople, tr.DecideAt = center, title, 1, decide })
		return tr.ID
	}
	soonID := make("Blisko", k.now.Add(decideNear).Unix())
	make("Daleko", k.now.Add(decideNear).Unix()+1)
	full := make("Pełne", k.now.Unix()+60)
	k.put(k.training(full), k.ewa, Confirmed, nil)
	before := len(k.told)
	k.ok(k.RemindDecisions(t.Context()))
	var mine []string
	for _, m := range k.told[before:] {
		if m.To == string(who.Person) {
			mine = append(mine, m.Link)
		}
	}
	if len(mine) != 1 || mine[0] != DeskPath(soonID)+"/decyzja" {
		t.Error(mine)
	}
}

// offerMaterials: a file for participants is not there for others.
func offerMaterials(t *testing.T, k *kit) {
	ctx := t.Context()
	folder, err := files.OpenFolder(filepath.Join(t.TempDir(), "files"))
	k.ok(err)
	uses := files.NewRegistry()
	for _, u := range Uses() {
		uses.Declare(u)
	}
	k.Files = files.New(k.db, folder, k.Keys, uses, nil, files.Settings{}, func() time.Time { return k.now }, k.Log)
	tr := k.publish(t, nil)
	store := func(who access.Actor) files.ID {
		f, err := k.Files.Store(ctx, who.By(), MaterialUse, "cwiczenia.pdf", strings.NewReader("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"))
		k.ok(err)
		return f.ID
	}
	public, inside := store(k.officer), store(k.officer)
	refuses(t, "another's file", k.AddMaterial(ctx, k.officer, tr.ID, store(k.director), "", false), fault.NotFound)
	k.ok(k.AddMaterial(ctx, k.officer, tr.ID, public, "Program", false))
	k.ok(k.AddMaterial(ctx, k.officer, tr.ID, inside, "", true))
	k.put(tr, k.ewa, Confirmed, nil)
	k.put(tr, k.jan, Waiting, nil)
	for name, x := range map[string]struct {
		who  access.Actor
		want int
	}{"stranger": {access.Stranger(), 404}, "teacher": {k.iza, 404}, "waiting": {k.jan, 404}, "in": {k.ewa, 200}, "trainer": {k.trainer, 200}, "officer": {k.officer, 200}} {
		k.who = x.who
		if w := k.get(MaterialPath(tr.ID, string(inside))); w.Code != x.want {
			t.Errorf("%s: %d, want %d", name, w.Code, x.want)
		}
		if w := k.get(MaterialPath(tr.ID, string(public))); w.Code != 200 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	ordered := func(at access.InstitutionID) {
		k.write(func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update training_trainings set for_institution = ? where id = ?`, at, tr.ID)
			return err
		})
	}
	ordered(k.school)
	for who, want := range map[string]int{"": 404, string(k.iza.Person): 404, string(k.ewa.Person): 200} {
		k.who = map[string]access.Actor{"": access.Stranger(), string(k.iza.Person): k.iza, string(k.ewa.Person): k.ewa}[who]
		if w := k.get(MaterialPath(tr.ID, string(public))); w.Code != want {
			t.Errorf("ordered by a school, %s: %d", k.who.Name, w.Code)
		}
	}
	ordered("")
	list, err := k.Materials(ctx, tr.ID, false)
	if err != nil || len(list) != 1 || list[0].Title != "Program" {
		t.Error(list, err)
	}
	k.who = k.officer
	if page := k.page(DeskPath(tr.ID) + "/materialy"); page.Find("main li form").Length() != 2 {
		t.Error("the files are not on the page")
	}
	refuses(t, "a stranger removes", k.RemoveMaterial(ctx, k.ewa, tr.ID, public), fault.Forbidden)
	if w := k.post(DeskPath(tr.ID) + "/materialy/" + string(public) + "/usun"); w.Code != 303 {
		t.Error(w.Code)
	}
	if list, _ := k.Materials(ctx, tr.ID, true); len(list) != 1 {
		t.Error(list)
	}
}
