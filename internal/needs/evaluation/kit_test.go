package evaluation

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/survey"
	"kladka/internal/schema"
	"kladka/internal/testkit/center"
	"kladka/internal/training"
)

var modules = append(append([]schema.Module{}, center.Modules...), schema.Module{Name: "custody", Files: custody.Migrations}, schema.Module{Name: "survey", Files: survey.Migrations},
	schema.Module{Name: "disclosure", Files: disclosure.Migrations}, schema.Module{Name: "needs/evaluation", Files: Migrations})

// subjects stand for trainings: what the test says of them.
type subjects struct {
	all    map[string]Subject
	people map[string][]string
}

func (s *subjects) Subject(_ context.Context, id string) (Subject, error) {
	sub, there := s.all[id]
	if !there {
		return sub, fault.ErrNotFound
	}
	return sub, nil
}

func (s *subjects) Participants(_ context.Context, id string) ([]string, error) {
	return s.people[id], nil
}

func (*subjects) Paths(id string) (string, string) {
	return training.Path(training.ID(id)), training.DeskPath(training.ID(id))
}

// house is the package over the kit of a center.
type house struct {
	*Service
	t    testing.TB
	k    *center.Kit
	of   *subjects
	told map[string][]string // keys by person
	next int
}

func openHouse(t testing.TB, d *db.DB) *house {
	t.Helper()
	k := center.New(t, d, center.Extra{Texts: []fs.FS{Messages, custody.Messages, survey.Messages, disclosure.Messages}, Law: Params()})
	now := func() time.Time { return k.Clock }
	h := &house{t: t, k: k, of: &subjects{map[string]Subject{}, map[string][]string{}}, told: map[string][]string{}, next: 100}
	h.Service = New(Config{DB: d, Now: now, Catalog: k.Catalog, Keys: k.Keys, Names: k.Places, Law: k.Law,
		Surveys:    survey.New(survey.Config{DB: d, Now: now, Catalog: k.Catalog, Keys: k.Keys}),
		Disclosure: disclosure.New(disclosure.Config{DB: d, Now: now, Registry: disclosure.NewRegistry().Declare(Measures()...)}),
		Subjects:   map[Kind]Subjects{Training: h.of},
		Tell: func(_ context.Context, _ *db.Tx, m notify.Message) error {
			if !k.Catalog.Has(m.Key) {
				t.Errorf("no text %s", m.Key)
			}
			h.told[m.To] = append(h.told[m.To], m.Key)
			return nil
		}})
	h.Routes(k.Shell)
	h.Jobs(k.Registry)
	return h
}

// held is a training of the center that ended at the clock's hour, led by the
// kit's trainer, with so many people on its lists.
func (h *house) held(title string, people int) string {
	h.t.Helper()
	h.next++
	id := string(center.TestID(h.next))
	h.of.all[id] = Subject{ID: id, Title: title, Center: h.k.At, Trainers: []string{string(h.k.Trainer.Person)}, EndedAt: h.k.Clock.Unix(), Ready: true}
	for n := range people {
		h.of.people[id] = append(h.of.people[id], string(center.TestID(h.next*1000+n)))
	}
	h.k.OK(h.Ended(h.t.Context(), Training, id))
	return id
}

// pass moves the clock by days, to the morning, and does what is due.
func (h *house) pass(days int) {
	h.t.Helper()
	h.k.Clock = time.Date(h.k.Clock.Year(), h.k.Clock.Month(), h.k.Clock.Day()+days, 10, 0, 0, 0, time.UTC)
	h.due()
}

// morning is the next working day.
func (h *house) morning() {
	h.t.Helper()
	days := 1
	for !weekday(h.k.Clock.AddDate(0, 0, days)) {
		days++
	}
	h.pass(days)
}

// due does what is due now, as the jobs of the program do.
func (h *house) due() {
	h.t.Helper()
	h.k.OK(h.openDue(h.t.Context()))
	var open []survey.RoundID
	h.k.OK(h.db.Select(h.t.Context(), &open, `select id from survey_rounds where state = 'open' and closes_at <= ?`, h.k.Clock.Unix()))
	for _, id := range open {
		h.k.OK(h.Surveys.Close(h.t.Context(), program, id))
	}
	h.k.OK(h.releaseRipe(h.t.Context()))
	h.k.Drain()
}

func (h *house) roundAt(id string, stage Stage) round {
	h.t.Helper()
	x, err := h.roundAbout(h.t.Context(), Training, id, stage)
	h.k.OK(err)
	return x
}

// say has people answer, from the n-th on, as many as there are answers.
func (h *house) say(id string, stage Stage, from int, answers ...survey.Answers) {
	h.t.Helper()
	x := h.roundAt(id, stage)
	rd, err := h.Surveys.RoundByID(h.t.Context(), h.db, x.ID)
	h.k.OK(err)
	for n, a := range answers {
		h.k.OK(h.Surveys.Answer(h.t.Context(), x.ID, h.of.people[id][from+n], "", survey.Given{Form: survey.NewForm(), Definition: rd.Definition, Answers: a, At: h.k.Clock}))
	}
}

// rated are n answers right after; what is written is "" for nothing.
func rated(n int, useful, words string) (list []survey.Answers) {
	for range n {
		a := survey.Answers{"overall": {useful}, "useful": {useful}, "trainer": {"4"}, "fit.pace": {"right"}}
		if words != "" {
			a["change"] = []string{words}
		}
		list = append(list, a)
	}
	return list
}

// used are n answers of later.
func used(n int, answer string) (list []survey.Answers) {
	for range n {
		list = append(list, survey.Answers{"used": {answer}, "obstacles": {"time"}})
	}
	return list
}

// has checks that a text holds others.
func has(t testing.TB, what, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%s lacks %q: %.600s", what, w, text)
		}
	}
}
