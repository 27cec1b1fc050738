package evaluation

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
	"kladka/internal/training"
)

// filled is a house with one training that was much used, one that was little
// used, a small one that waits, and one that nobody was asked about.
func filled(t *testing.T) (h *house, much, little, small string) {
	h = openHouse(t, testkit.SQLite(t, modules))
	much, little, small = h.held("Gry w klasie", 24), h.held("Tablice", 20), h.held("Klub dyskusyjny", 6)
	h.morning()
	h.say(much, After, 0, append(rated(10, "4", ""), rated(6, "3", "")...)...)
	h.say(much, After, 16, append(rated(1, "5", "Dziękuję, pani Anna Nowak była świetna."), rated(1, "5", "<b>Więcej</b> przerw.")...)...)
	h.say(little, After, 0, rated(12, "3", "")...)
	h.pass(15)
	h.pass(29)
	h.say(much, Later, 0, append(used(8, "yes"), used(6, "partly")...)...)
	h.say(much, Later, 14, used(4, "no")...)
	h.say(little, Later, 0, append(used(11, "no"), used(1, "yes")...)...)
	h.pass(16)
	return h, much, little, small
}

func TestPagesRefuse(t *testing.T) {
	h, much, _, _ := filled(t)
	k := h.k
	other := k.Person("Ola Obca", access.CenterOfficer, k.Other)
	rival := k.Person("Roman Rywal", access.Trainer, k.At) // of the same center, led nothing
	one := onePath(Training, much)
	for _, c := range []struct {
		name string
		who  access.Actor
		path string
		want int
	}{
		{"a stranger reads one", access.Stranger(), one, http.StatusSeeOther},
		{"a stranger reads the center's", access.Stranger(), CenterPath, http.StatusSeeOther},
		{"a participant reads one", k.Ewa, one, http.StatusForbidden},
		{"a head reads one", k.Head, one, http.StatusForbidden},
		{"an officer of another center reads one", other, one, http.StatusForbidden},
		{"another trainer of the center reads one", rival, one, http.StatusForbidden},
		{"a trainer reads the center's", k.Trainer, CenterPath, http.StatusForbidden},
		{"an officer asks for another center", k.Officer, CenterPath + "?osrodek=" + string(k.Other), http.StatusForbidden},
		{"an address of nothing", k.Officer, onePath(Training, string(center.TestID(99))), http.StatusNotFound},
		{"an address that is no id", k.Officer, onePath(Training, "x"), http.StatusNotFound},
		{"a kind that is not there", k.Officer, LeadPath + "/wykład/" + much, http.StatusNotFound},
		{"a made-up place", k.Officer, CenterPath + "?od=eA", http.StatusBadRequest},
		{"a made-up year", k.Officer, CenterPath + "?rok=1066", http.StatusBadRequest},
		{"a made-up year in public", access.Stranger(), PublicPath + "?rok=kot", http.StatusBadRequest},
	} {
		k.Who = c.who
		if w := k.Get(c.path); w.Code != c.want {
			t.Errorf("%s: %d, want %d", c.name, w.Code, c.want)
		}
	}
	k.Who = k.Trainer
	if w := k.Post(one+"/uwagi", "etap", "after"); w.Code != http.StatusForbidden {
		t.Errorf("a trainer passes remarks on: %d", w.Code)
	}
	k.Who = k.Officer
	if w := k.Post(one+"/uwagi", "etap", "kiedyś"); w.Code != http.StatusBadRequest {
		t.Errorf("remarks of no stage: %d", w.Code)
	}
	if w := k.Post(one+"/uwagi", "etap", "later"); w.Code != http.StatusSeeOther {
		t.Errorf("remarks that nobody wrote: %d", w.Code)
	}
}

func TestPages(t *testing.T) {
	h, much, little, small := filled(t)
	k := h.k
	for _, lang := range i18n.Langs {
		k.Lang, k.Who = lang, k.Officer
		doc := k.Page(onePath(Training, much))
		if doc.Find("section[data-stage]").Length() != 2 || doc.Find("svg.evalbar rect").Length() < 8 || doc.Find(`[data-promise="who-sees"]`).Length() != 1 {
			t.Errorf("%s: %d stages, %d bars", lang, doc.Find("section[data-stage]").Length(), doc.Find("svg.evalbar").Length())
		}
		if doc.Find("form blockquote").Length() != 2 || doc.Find("form .hint").Length() != 1 || doc.Find("blockquote b").Length() != 0 {
			t.Errorf("%s: remarks: %s", lang, center.Text(doc.Find("form")))
		}
		doc = k.Page(onePath(Training, little))
		if doc.Find("section[data-stage=pozniej] .tag.warn").Length() != 1 || doc.Find("section[data-stage=pozniej] [data-promise=why]").Length() == 0 {
			t.Errorf("%s: low use is not marked with a reason", lang)
		}
		doc = k.Page(onePath(Training, small))
		if doc.Find(`[data-promise="next"]`).Length() == 0 && doc.Find("svg.evalbar").Length() > 0 {
			t.Errorf("%s: a small training: %s", lang, center.Text(doc.Find("main")))
		}
		if n := k.Page(CenterPath + "?malo=tak").Find("tbody tr").Length(); n != 1 {
			t.Errorf("%s: %d trainings little used", lang, n)
		}
		if n := k.Page(CenterPath).Find("tbody tr").Length(); n != 3 {
			t.Errorf("%s: %d trainings", lang, n)
		}
		if k.Page(CenterPath+"?rok=2024").Find(".blank").Length() != 1 {
			t.Errorf("%s: an empty year says nothing", lang)
		}
		k.Who = k.Trainer
		if k.Page(LeadPath).Find("tbody tr").Length() != 3 {
			t.Errorf("%s: a trainer's list", lang)
		}
		doc = k.Page(onePath(Training, much))
		if doc.Find("blockquote, form[action$=uwagi]").Length() != 0 {
			t.Errorf("%s: a trainer sees remarks before the center passed them on", lang)
		}
		k.Who = access.Stranger()
		if doc = k.Page(PublicPath); doc.Find("tbody tr").Length() != 1 {
			t.Errorf("%s: the public page: %s", lang, center.Text(doc.Find("main")))
		}
	}
}

// TestRemarksOnPages: the officer keeps one back, the trainer reads the other.
func TestRemarksOnPages(t *testing.T) {
	h, much, _, _ := filled(t)
	k := h.k
	k.Who = k.Officer
	one := onePath(Training, much)
	box := k.Page(one).Find("form .hint").Parent().Parent().Find("input[name=zatrzymaj]")
	digest, ok := box.Attr("value")
	if !ok {
		t.Fatal("no box beside the remark with a name")
	}
	if w := k.Post(one+"/uwagi", "etap", "after", "zatrzymaj", digest); w.Code != http.StatusSeeOther {
		t.Fatalf("%d", w.Code)
	}
	if k.Page(one).Find("input[name=zatrzymaj][checked]").Length() != 1 {
		t.Error("what was kept back is not ticked")
	}
	k.Who = k.Trainer
	text := center.Text(k.Page(one).Find("ul[data-remarks]"))
	has(t, "what the trainer reads", text, "Więcej")
	if len(text) > 40 {
		t.Errorf("the trainer reads what was kept back: %s", text)
	}
}

// TestPublicSaysNoMoreThanReleases: what is hidden of trainings is in no sum.
func TestPublicSaysNoMoreThanReleases(t *testing.T) {
	h, much, little, _ := filled(t)
	h.k.Who = access.Stranger()
	doc := h.k.Page(PublicPath)
	text := center.Text(doc.Find("main"))
	has(t, "the public page", text, "szkolenia w sumie: 2 z 2; odpowiedzi: 30")
	for _, id := range []string{much, little} {
		if doc.Find(`a[href*="`+id+`"]`).Length() != 0 {
			t.Error("a training stands on the public page")
		}
	}
}

// TestPageOfList: thirty on a page, and back again.
func TestPageOfList(t *testing.T) {
	h := openHouse(t, testkit.SQLite(t, modules))
	for range pageRows + 3 {
		h.held("Wiele", 3)
	}
	h.k.Who = h.k.Officer
	doc := h.k.Page(CenterPath)
	next, _ := doc.Find("a[rel=next]").Attr("href")
	doc = h.k.Page(next)
	if n := doc.Find("tbody tr").Length(); n != 3 {
		t.Errorf("%d on the second page", n)
	}
	back, _ := doc.Find("a[rel=prev]").Attr("href")
	if n := h.k.Page(back).Find("tbody tr").Length(); n != pageRows {
		t.Errorf("%d on the first page again", n)
	}
}

// trainings is the adapter of wiring.
type trainings struct{ s *training.Service }

func (e trainings) Subject(ctx context.Context, id string) (sub Subject, err error) {
	t, err := training.ByID(ctx, e.s.DB, training.ID(id))
	if err != nil {
		return sub, err
	}
	sub = Subject{ID: id, Title: t.Title, Center: t.Center, Need: t.Need, Trace: t.Trace, Off: t.State == training.Canceled}
	if t.State == training.Held || t.State == training.Closed {
		sub.EndedAt = t.EndsAt
	}
	leads, err := training.Trainers(ctx, e.s.DB, t.ID)
	if err != nil {
		return sub, err
	}
	for _, x := range leads {
		if x.Person != "" {
			sub.Trainers = append(sub.Trainers, x.Person)
		}
	}
	meetings, err := training.Meetings(ctx, e.s.DB, t.ID)
	sub.Ready = t.State == training.Closed || !slices.ContainsFunc(meetings, func(m training.Meeting) bool { return m.TakenAt == 0 })
	return sub, err
}

func (e trainings) Participants(ctx context.Context, id string) (people []string, err error) {
	_, list, err := e.s.Account(ctx, access.System(), training.ID(id))
	if err != nil {
		return nil, err
	}
	leads, err := training.Trainers(ctx, e.s.DB, training.ID(id))
	for _, x := range list {
		led := slices.ContainsFunc(leads, func(l training.Trainer) bool { return l.Person == x.Person })
		if x.Person != "" && x.Verdict.Hours > 0 && !led {
			people = append(people, x.Person)
		}
	}
	return people, err
}

func (trainings) Paths(id string) (string, string) {
	return training.Path(training.ID(id)), training.DeskPath(training.ID(id))
}

// TestTraining: who was there is asked, who was absent is not, nor a guest; and
// the one who was asked sees it on the desk.
func TestTraining(t *testing.T) {
	h := openHouse(t, testkit.SQLite(t, modules))
	k, ctx := h.k, t.Context()
	h.Subjects[Training] = trainings{k.Service}
	tr := k.Publish(t, nil)
	ewa, jan := k.Put(tr, k.Ewa, training.Confirmed, nil), k.Put(tr, k.Jan, training.Confirmed, nil)
	k.OK(h.Ended(ctx, Training, string(tr.ID))) // not over: nothing
	if list, _ := roundsOf(ctx, h.db, Training, string(tr.ID)); len(list) != 0 {
		t.Fatalf("planned before it is over: %+v", list)
	}
	_, err := storedByID(ctx, h.db, Training, string(tr.ID))
	center.Refuses(t, "kept before it is over", err, fault.NotFound)
	k.Clock = warsaw(t, "2026-12-14 20:00")
	k.Write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_trainings set state = 'held' where id = ?`, tr.ID)
		return err
	})
	k.OK(h.Ended(ctx, Training, string(tr.ID)))
	meetings, err := training.Meetings(ctx, h.db, tr.ID)
	k.OK(err)
	h.morning()
	if x := h.roundAt(string(tr.ID), After); x.State != planned || x.DueAt <= k.Clock.Unix() {
		t.Errorf("asked while the list is open: %+v", x)
	}
	_, err = k.Take(ctx, k.Trainer, meetings[0].ID, []training.Setting{{Enrollment: ewa.ID, Mark: training.MarkPresent}, {Enrollment: jan.ID, Mark: training.MarkAbsent}})
	k.OK(err)
	_, err = k.CloseMeeting(ctx, k.Trainer, meetings[0].ID)
	k.OK(err)
	h.morning()
	x := h.roundAt(string(tr.ID), After)
	if x.State != open || x.Roster != 1 || len(h.told[string(k.Ewa.Person)]) != 1 || len(h.told[string(k.Jan.Person)]) != 0 {
		t.Fatalf("%+v, told %v", x, h.told)
	}
	rd, err := h.Surveys.RoundByID(ctx, h.db, x.ID)
	k.OK(err)
	l := k.Catalog.In(i18n.PL)
	item, err := roundOwner{h.Service}.Desk(ctx, l, rd)
	k.OK(err)
	has(t, "the desk", item.Title, tr.Title)
	step, err := roundOwner{h.Service}.Next(ctx, l, rd, string(k.Ewa.Person))
	if err != nil || step.What == "" || step.When == "" {
		t.Errorf("%+v %v", step, err)
	}
	if page := (roundOwner{h.Service}).Page(l, rd); page.Href != training.Path(tr.ID) {
		t.Errorf("%+v", page)
	}
	if waiting, err := h.Surveys.Waiting(ctx, h.db, string(k.Ewa.Person)); err != nil || len(waiting) != 1 || waiting[0].ID != survey.RoundID(x.ID) {
		t.Errorf("%+v %v", waiting, err)
	}
}

// TestNobodyRunsARound: whoever is rated cannot end or drop it.
func TestNobodyRunsARound(t *testing.T) {
	o := roundOwner{}
	center.Refuses(t, "running", o.Runs(t.Context(), nil, survey.Round{}), fault.Forbidden)
	_, err := o.Eligible(t.Context(), nil, survey.Round{})
	center.Refuses(t, "answering without having been there", err, fault.Forbidden)
}

// TestTextsAreThere: those that no page above happens to draw.
func TestTextsAreThere(t *testing.T) {
	h := openHouse(t, testkit.SQLite(t, modules))
	keys := []string{whyOff, whyNobody, whyLate, "evaluation.fault.program", "evaluation.purpose.title", "evaluation.purpose.why", "evaluation.since.year",
		"evaluation.category.led", "evaluation.recipient.center", "evaluation.matter.meeting", "topic.evaluation", "topic.evaluation_text", "notice.evaluation.remarks",
		"audit.action.needs.eval.remarks", "audit.object.evaluation"}
	for _, p := range Params() {
		keys = append(keys, p.Title)
	}
	for _, m := range Measures() {
		keys = append(keys, m.TitleKey)
	}
	for _, q := range questions {
		group, _, rows := strings.Cut(q.Key, ".")
		for _, c := range q.Categories {
			if rows || q.Key == "obstacles" {
				keys = append(keys, "evaluation.category."+group+"."+c)
			}
		}
	}
	for _, st := range []string{planned, open, closed, skipped, gathering, "none"} {
		keys = append(keys, "evaluation.state."+st)
	}
	for _, stage := range Stages() {
		for _, part := range []string{"tell.", "tell.released.", "desk.", "next.", "stage.", "sum.", "remarks.title."} {
			keys = append(keys, "evaluation."+part+string(stage))
		}
	}
	for _, key := range keys {
		if !h.k.Catalog.Has(key) {
			t.Errorf("no text %s", key)
		}
	}
}
