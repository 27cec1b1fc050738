package app

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/networking"
	"kladka/internal/directory/register"
	"kladka/internal/needs"
	"kladka/internal/needs/evaluation"
	"kladka/internal/needs/support"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Here asking meets the rest of the house: surveys and their owners, needs and
// the trainings that answer them, trainings and what people say of them.

// asking makes the services that ask people. They stand on training, whose work
// is evaluated and answers needs.
func (m *modules) asking(d *db.DB, keys *secrets.Keys, log *slog.Logger, now func() time.Time) {
	m.disclosure = disclosure.New(disclosure.Config{DB: d, Now: now, Registry: disclosure.NewRegistry().Declare(needs.Measures()...).Declare(evaluation.Measures()...)})
	m.surveys = survey.New(survey.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, Keys: keys, Names: roundNames{names{m.access, m.directory}}, Tell: roundNews{m.notify},
		Releases: m.disclosure})
	m.needs = needs.New(needs.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, Keys: keys, People: m.access, Directory: m.directory,
		Topics: networking.Vocabulary{Topics: m.topics}, Surveys: m.surveys, Disclosure: m.disclosure, Law: m.law, Bus: m.bus, Offer: answers{m}, Tell: m.notify.Tell})
	m.surveys.Declare("needs", m.needs.Owner())
	events.On(m.bus, "training.needs", m.makeAnswer)
	m.evaluation = evaluation.New(evaluation.Config{DB: d, Now: now, Log: log, Catalog: m.catalog, Keys: keys, Names: m.directory, Surveys: m.surveys,
		Disclosure: m.disclosure, Law: m.law, Tell: m.notify.Tell, Workday: training.Workday,
		Subjects: map[evaluation.Kind]evaluation.Subjects{evaluation.Training: evaluated{m.training}}})
	events.On(m.bus, "needs.evaluation", func(ctx context.Context, e training.WasHeld, _ events.Meta) error {
		return m.evaluation.Ended(ctx, evaluation.Training, string(e.Training))
	})
	m.support = support.New(support.Config{DB: d, Now: now, Log: log, People: m.access, Directory: m.directory, Topics: networking.Vocabulary{Topics: m.topics},
		Centers: answers{m}.Centers, Ranking: declaredBy{m.needs}, Catalog: linked{m}, Tell: m.notify.Tell})
}

// makeAnswer makes what a decision about a need asks for: the draft of a
// training, or a network. Consultations and workshops at a school wait for their
// module on the list of orders.
func (m *modules) makeAnswer(ctx context.Context, e needs.Ordered, _ events.Meta) error {
	if e.Kind != needs.Training && e.Kind != needs.Network {
		return nil
	}
	p, err := m.needs.PlanFor(ctx, e.Decision)
	if err != nil {
		return err
	}
	if e.Kind == needs.Network {
		return m.networks.OpenFromOrder(ctx, networks.FromOrder{ID: networks.ID(p.Target), Need: string(p.Need), Trace: p.Trace, Center: p.Center,
			Title: p.Title, Topics: []string{p.Topic}, Institutions: p.Institutions, By: access.PersonID(p.By)})
	}
	return m.training.OpenFromNeed(ctx, training.FromNeed{ID: training.ID(p.Target), Need: string(p.Need), Trace: p.Trace, Center: p.Center,
		Form: training.Form(p.Form), Title: p.Title, Topics: []string{p.Topic}, Pools: p.Pools, FirstDays: p.FirstDays,
		Institutions: p.Institutions, People: p.People, By: access.PersonID(p.By)})
}

// roundNames are the names of people and institutions, as surveys ask for them.
type roundNames struct{ names }

func (n roundNames) Units(ctx context.Context, ids []string) (map[string]string, error) {
	return n.Institutions(ctx, ids)
}

// roundNews tells key officers and people who answered what became of a round.
type roundNews struct{ notify *notify.Service }

func (n roundNews) Tell(ctx context.Context, tx *db.Tx, what, person string, rd survey.Round, title survey.Text) error {
	link := "/ankieta/" + string(rd.ID)
	switch what {
	case survey.ToldCustodian:
		link += "/klucz"
	case survey.ToldClosed:
		link += "/otwarcie"
	default:
		link = ""
	}
	return n.notify.Tell(ctx, tx, notify.Message{To: person, Topic: needs.TopicNeeds, Key: "survey.told." + what,
		Args: map[string]string{"title": title[i18n.PL]}, Link: link, Once: "survey/" + string(rd.ID) + "/" + what})
}

// evaluated answers package evaluation about trainings.
type evaluated struct{ trainings *training.Service }

func (e evaluated) Subject(ctx context.Context, id string) (sub evaluation.Subject, err error) {
	t, err := training.ByID(ctx, e.trainings.DB, training.ID(id))
	if err != nil {
		return sub, err
	}
	sub = evaluation.Subject{ID: id, Title: t.Title, Center: t.Center, Need: t.Need, Trace: t.Trace, Off: t.State == training.Canceled}
	if t.State == training.Held || t.State == training.Closed {
		sub.EndedAt = t.EndsAt
	}
	trainers, err := training.Trainers(ctx, e.trainings.DB, t.ID)
	if err != nil {
		return sub, err
	}
	for _, x := range trainers {
		if x.Person != "" {
			sub.Trainers = append(sub.Trainers, x.Person)
		}
	}
	meetings, err := training.Meetings(ctx, e.trainings.DB, t.ID)
	sub.Ready = t.State == training.Closed || !slices.ContainsFunc(meetings, func(m training.Meeting) bool { return m.TakenAt == 0 })
	return sub, err
}

// Participants are those with an account who attended some of it, by the lists,
// and did not lead it.
func (e evaluated) Participants(ctx context.Context, id string) (people []string, err error) {
	_, list, err := e.trainings.Account(ctx, access.System(), training.ID(id))
	if err != nil {
		return nil, err
	}
	trainers, err := training.Trainers(ctx, e.trainings.DB, training.ID(id))
	for _, x := range list {
		led := slices.ContainsFunc(trainers, func(l training.Trainer) bool { return l.Person == x.Person })
		if x.Person != "" && x.Verdict.Hours > 0 && !led {
			people = append(people, x.Person)
		}
	}
	return people, err
}

func (evaluated) Paths(id string) (public, desk string) {
	return training.Path(training.ID(id)), training.DeskPath(training.ID(id))
}

// answers is what became of decisions about needs, as training and the
// evaluation know it.
type answers struct{ m *modules }

func (o answers) Answered(ctx context.Context, need string) ([]needs.Answered, error) {
	return o.AnsweredIn(ctx, o.m.catalog.In(i18n.PL), need)
}

func (o answers) AnsweredIn(ctx context.Context, l *i18n.L, need string) (list []needs.Answered, err error) {
	all, err := training.OfNeed(ctx, o.m.training.DB, need)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for n, t := range all {
		ids[n] = string(t.ID)
	}
	// The kind is the one under which wiring gives trainings to the evaluation.
	uses, err := o.m.evaluation.LaterUses(ctx, l, evaluation.Training, ids...)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		use := uses[string(t.ID)]
		a := needs.Answered{ID: string(t.ID), Kind: "training", Title: t.Title, State: "training.state." + string(t.State), DeskPath: training.DeskPath(t.ID),
			Seats: t.Capacity, Enrolled: t.Enrolled, Completed: t.Completed, Hours: t.Given, Papers: t.Papers, StartsAt: t.StartsAt,
			LaterUse: use.Text, Low: use.Low}
		if t.State != training.Draft {
			a.Path = training.Path(t.ID)
		}
		list = append(list, a)
	}
	return list, nil
}

// Centers are the training centers of the directory.
func (o answers) Centers(ctx context.Context) (list []web.Choice, err error) {
	all, err := o.m.directory.OfKind(ctx, directory.Kind(register.TeacherTrainingCenter))
	for _, i := range all {
		list = append(list, web.Choice{Value: string(i.ID), Label: i.Name})
	}
	return list, err
}

// linked are the trainings that a form of support can be carried out by.
type linked struct{ m *modules }

func (o linked) Title(ctx context.Context, id string) (string, error) {
	t, err := training.ByID(ctx, o.m.training.DB, training.ID(id))
	if err == nil && t.State == training.Draft {
		err = fault.ErrNotFound
	}
	return t.Title, err
}

func (linked) Path(id string) string { return training.Path(training.ID(id)) }

// declaredBy tells package support what a school declared in campaigns.
type declaredBy struct{ needs *needs.Service }

func (d declaredBy) OfSchool(ctx context.Context, institution string, year int) (list []support.Ranked, err error) {
	rows, err := d.needs.RankedOf(ctx, institution, year)
	for _, r := range rows {
		priority := 1
		if r.Middle > 0 {
			priority = 2
		}
		if r.High > 0 {
			priority = 3
		}
		list = append(list, support.Ranked{Need: string(r.Need), Topic: r.Topic, Priority: priority, Heads: r.Heads})
	}
	return list, err
}
