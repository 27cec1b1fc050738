package evaluation

import (
	"context"
	"net/http"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/survey"
	"kladka/internal/testkit"
)

// gatherings stand for meetings: the director runs them, and nobody else, whatever
// roles there are.
type gatherings struct {
	*subjects
	runs access.PersonID
}

func (gatherings) Paths(id string) (string, string) {
	return "/spotkania/" + id, "/spotkania/" + id + "/organizacja"
}

func (g gatherings) Runs(_ context.Context, who access.Actor, _ string) error {
	if who.Person == g.runs {
		return nil
	}
	return fault.New(fault.Forbidden, "fault.forbidden")
}

// met is a meeting that ended at the clock's hour, with so many people.
func (h *house) met(title string, people int) string {
	h.t.Helper()
	id := h.held(title, people)
	sub := h.of.all[id]
	sub.Trainers = nil
	h.of.all[id] = sub
	// held has planned a training of the same id, which is not what is meant.
	h.k.Write(func(ctx context.Context, tx *db.Tx) error {
		for _, table := range []string{"needs_eval_rounds", "needs_eval_leaders"} {
			if _, err := tx.Exec(ctx, `delete from `+table+` where subject = ?`, id); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `delete from needs_eval_subjects where id = ?`, id)
		return err
	})
	h.k.OK(h.Ended(h.t.Context(), Meeting, id))
	h.k.OK(h.Ended(h.t.Context(), Meeting, id)) // the event comes again
	return id
}

// rates has people answer the three questions.
func (h *house) rates(id string, from int, answers ...survey.Answers) {
	h.t.Helper()
	x, err := h.roundAbout(h.t.Context(), Meeting, id, After)
	h.k.OK(err)
	rd, err := h.Surveys.RoundByID(h.t.Context(), h.db, x.ID)
	h.k.OK(err)
	for n, a := range answers {
		h.k.OK(h.Surveys.Answer(h.t.Context(), x.ID, h.of.people[id][from+n], "", survey.Given{Form: survey.NewForm(), Definition: rd.Definition, Answers: a, At: h.k.Clock}))
	}
}

func threeOf(n int, mark, words string) (list []survey.Answers) {
	for range n {
		a := survey.Answers{"useful": {mark}, "voice": {mark}}
		if words != "" {
			a["next"] = []string{words}
		}
		list = append(list, a)
	}
	return list
}

// TestMeetings: people are asked about a meeting once, with its three questions;
// nothing of it comes into the sums and lists of trainings.
func TestMeetings(t *testing.T) {
	h := openHouse(t, testkit.SQLite(t, modules))
	h.Subjects[Meeting] = gatherings{h.of, h.k.Director.Person}
	large, small, smaller := h.met("Narada w listopadzie", 20), h.met("Zespół roboczy", 6), h.met("Rada", 7)
	course := h.held("Małe szkolenie", 6)
	for _, id := range []string{large, small} {
		if rounds, err := roundsOf(t.Context(), h.db, Meeting, id); err != nil || len(rounds) != 1 || rounds[0].Stage != After {
			t.Fatalf("rounds about a meeting: %+v, %v", rounds, err)
		}
	}
	h.morning()
	h.asksThree(t, large)
	h.rates(large, 0, threeOf(8, "4", "")...)
	h.rates(large, 8, threeOf(6, "2", "Więcej czasu na pytania")...)
	h.rates(small, 0, threeOf(6, "5", "")...)
	h.rates(smaller, 0, threeOf(7, "3", "")...)
	h.pass(15)
	x, err := h.roundAbout(t.Context(), Meeting, large, After)
	h.k.OK(err)
	g, err := groupByID(t.Context(), h.db, x.Group)
	h.k.OK(err)
	tables, err := h.tables(t.Context(), g.ID)
	h.k.OK(err)
	if g.State != released || len(tables) != 2 || figuresOf(g.Figures).Useful != shown(31) {
		t.Errorf("released: %+v, %d tables", g, len(tables))
	}
	h.together(t, small, smaller, course)
	if years, err := h.years(t.Context(), h.k.At); err != nil || len(years) != 0 {
		t.Errorf("a meeting came into the sums of trainings: %+v, %v", years, err)
	}
	h.meetingPages(t, large, small)
}

func (h *house) asksThree(t *testing.T, id string) {
	t.Helper()
	if got := h.told[h.of.people[id][0]]; len(got) != 1 || got[0] != "evaluation.tell.meeting" {
		t.Errorf("told %v", got)
	}
	x, err := h.roundAbout(t.Context(), Meeting, id, After)
	h.k.OK(err)
	for _, lang := range i18n.Langs {
		l := h.k.Catalog.In(lang)
		rd, err := h.Surveys.RoundByID(t.Context(), h.db, x.ID)
		h.k.OK(err)
		item, err := roundOwner{h.Service}.Desk(t.Context(), l, rd)
		h.k.OK(err)
		next, err := roundOwner{h.Service}.Next(t.Context(), l, rd, "")
		h.k.OK(err)
		has(t, "the page of a meeting", roundOwner{h.Service}.Page(l, rd).Href, "/spotkania/"+id)
		has(t, "the desk in "+string(lang), item.Title, "Narada w listopadzie")
		if next.Href == PublicPath || next.What == "" {
			t.Errorf("what comes next: %+v", next)
		}
	}
}

// together: small meetings are published with each other and never with a training.
func (h *house) together(t *testing.T, small, smaller, course string) {
	t.Helper()
	group := func(kind Kind, id string) string {
		x, err := h.roundAbout(t.Context(), kind, id, After)
		h.k.OK(err)
		return x.Group
	}
	if group(Meeting, small) != group(Meeting, smaller) || group(Meeting, small) == group(Training, course) {
		t.Error("small meetings are not published together, or with a training")
	}
}

func (h *house) meetingPages(t *testing.T, large, small string) {
	t.Helper()
	k := h.k
	for _, who := range []access.Actor{k.Officer, k.Trainer} {
		k.Who = who
		if w := k.Get(Path(Meeting, large)); w.Code != http.StatusForbidden {
			t.Errorf("%s reads what was said of a meeting: %d", who.Name, w.Code)
		}
		if w := k.Post(Path(Meeting, large)+"/uwagi", "etap", "after"); w.Code != http.StatusForbidden {
			t.Errorf("%s passes on remarks about a meeting: %d", who.Name, w.Code)
		}
	}
	k.Who = k.Director
	for _, k.Lang = range i18n.Langs {
		for _, id := range []string{large, small} {
			k.Page(Path(Meeting, id))
		}
	}
	k.Lang = i18n.PL
	page := k.Page(Path(Meeting, large))
	if page.Find("[data-remarks] li").Length() != 6 || page.Find(`form[action$="/uwagi"]`).Length() != 0 {
		t.Errorf("remarks about a meeting: %.300s", page.Find("main").Text())
	}
	has(t, "the page of a meeting's ratings", page.Find("main").Text(), "Czas na wypowiedzi", "3,1")
	if page.Find(`a[href="/spotkania/`+large+`/organizacja"]`).Length() != 1 {
		t.Error("no way back to the meeting")
	}
	if k.Page(CenterPath).Find(`a[href*="/spotkanie/"]`).Length() != 0 {
		t.Error("a meeting is listed among trainings")
	}
}
