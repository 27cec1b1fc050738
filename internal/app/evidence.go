package app

import (
	"context"
	"time"

	"kladka/internal/agreements"
	"kladka/internal/agreements/ledger"
	"kladka/internal/directory/topics"
	"kladka/internal/meetings"
	"kladka/internal/needs"
	"kladka/internal/networks"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Here events become evidence: each line says which event counts, and as what.
// The ledger hears them as they happen and can be rebuilt from all that ever did.

// lessonMinutes turns lesson hours into minutes.
const lessonMinutes = 45

// replay gives the ledger all events of one kind that were ever told.
type replay func(ctx context.Context, take func(context.Context, ledger.Intake) error) error

// evidence lets the ledger hear, and makes its replay. What is not counted is
// answered with false.
func (m *modules) evidence(d *db.DB) {
	feed(m, d, completed)
	feed(m, d, held)
	feed(m, d, met)
	feed(m, d, attendedMeeting)
	feed(m, d, consulted)
	feed(m, d, networkMet)
	feed(m, d, attendedNetwork)
	feed(m, d, answered)
	feed(m, d, arranged)
	feed(m, d, expertGiven)
}

func feed[E events.Event](m *modules, d *db.DB, of func(E, events.Meta) (ledger.Intake, bool)) {
	events.On(m.bus, "agreements.ledger", func(ctx context.Context, e E, meta events.Meta) error {
		if in, counts := of(e, meta); counts {
			return m.ledger.Take(ctx, in)
		}
		return nil
	})
	m.replays = append(m.replays, func(ctx context.Context, take func(context.Context, ledger.Intake) error) error {
		return events.Replay(ctx, d, "", func(ctx context.Context, e E, meta events.Meta) error {
			if in, counts := of(e, meta); counts {
				return take(ctx, in)
			}
			return nil
		})
	})
}

// replayAll gives the ledger everything that was ever told.
func (m *modules) replayAll(ctx context.Context, take func(context.Context, ledger.Intake) error) error {
	for _, r := range m.replays {
		if err := r(ctx, take); err != nil {
			return err
		}
	}
	return nil
}

func localDay(t time.Time) string { return t.In(web.Warsaw).Format(time.DateOnly) }

// completed: a person with the hours that count. Events from before the role
// and the day were told are of the others, on the day of the settling.
func completed(e training.Finished, m events.Meta) (ledger.Intake, bool) {
	on := e.On
	if on == "" {
		on = localDay(m.At)
	}
	return ledger.Intake{Key: "training.completed/" + string(e.Enrollment), Version: m.Version, Void: e.Void, Kind: e.EventName(),
		Activity: ledger.Ref{Kind: training.SearchKind, ID: string(e.Training)}, On: on, SchoolYear: e.SchoolYear,
		Institution: e.Institution, BySeat: e.BySeat, ByRunning: e.ByRunning, Group: ledger.GroupOf(e.Role),
		PersonKey: e.PersonKey, People: 1, Minutes: int64(e.Hours) * lessonMinutes, Trace: string(m.Trace)}, true
}

// held: that a training took place, whoever completed it.
func held(e training.WasHeld, m events.Meta) (ledger.Intake, bool) {
	return ledger.Intake{Key: "training.held/" + string(e.Training), Version: m.Version, Kind: e.EventName(),
		Activity: ledger.Ref{Kind: training.SearchKind, ID: string(e.Training)}, On: e.On, SchoolYear: e.SchoolYear,
		Institution: string(e.Center), Minutes: int64(e.Hours) * lessonMinutes, Trace: string(m.Trace)}, e.SchoolYear > 0
}

// met: that a meeting was held.
func met(e meetings.WasHeld, m events.Meta) (ledger.Intake, bool) {
	return ledger.Intake{Key: "meetings.held/" + string(e.Meeting), Version: m.Version, Void: e.Void, Kind: e.EventName(),
		Activity: ledger.Ref{Kind: meetingThing, ID: string(e.Meeting)}, On: e.On, SchoolYear: e.SchoolYear,
		Institution: string(e.Owner), Minutes: int64(e.Minutes), Trace: string(m.Trace)}, true
}

// attendedMeeting: a head or a delegate who was there.
func attendedMeeting(e meetings.Attended, m events.Meta) (ledger.Intake, bool) {
	return ledger.Intake{Key: "meetings.attended/" + m.Subject, Version: m.Version, Void: e.Void, Kind: e.EventName(),
		Activity: ledger.Ref{Kind: meetingThing, ID: string(e.Meeting)}, On: e.On, SchoolYear: e.SchoolYear,
		Institution: string(e.Institution), BySeat: e.BySeat, ByRunning: e.ByRunning, Group: ledger.GroupOf(e.Role),
		PersonKey: e.PersonKey, People: 1, Minutes: int64(e.Minutes), Trace: string(m.Trace)}, true
}

// consulted: the hours of an expert for a program. They are work given, under
// an activity of their own, so that the meeting's rule does not move them.
func consulted(e meetings.Consulted, m events.Meta) (ledger.Intake, bool) {
	return ledger.Intake{Key: "meetings.consulted/" + m.Subject, Version: m.Version, Void: e.Void, Kind: e.EventName(),
		Activity: ledger.Ref{Kind: consultThing, ID: m.Subject}, On: e.On, SchoolYear: e.SchoolYear,
		Institution: string(e.Institution), Group: ledger.Others, PersonKey: e.PersonKey, People: 1, Minutes: int64(e.Minutes), Trace: string(m.Trace)}, true
}

// networkMet: that a meeting of a network was held.
func networkMet(e networks.WasMet, m events.Meta) (ledger.Intake, bool) {
	return ledger.Intake{Key: "networks.met/" + string(e.Meeting), Version: m.Version, Void: e.Void, Kind: e.EventName(),
		Activity: ledger.Ref{Kind: networkThing, ID: string(e.Meeting)}, On: e.On, SchoolYear: e.SchoolYear,
		Institution: string(e.Center), Minutes: int64(e.Minutes), Trace: string(m.Trace)}, true
}

// attendedNetwork: a member who was there.
func attendedNetwork(e networks.Attended, m events.Meta) (ledger.Intake, bool) {
	return ledger.Intake{Key: "networks.attended/" + m.Subject, Version: m.Version, Void: e.Void, Kind: e.EventName(),
		Activity: ledger.Ref{Kind: networkThing, ID: string(e.Meeting)}, On: e.On, SchoolYear: e.SchoolYear,
		Institution: string(e.Institution), BySeat: e.BySeat, ByRunning: e.ByRunning, Group: ledger.GroupOf(e.Role),
		PersonKey: e.PersonKey, People: 1, Minutes: int64(e.Minutes), Trace: string(m.Trace)}, true
}

// answered: that a need got an answer. A refusal is no activity.
func answered(e needs.WasAnswered, m events.Meta) (ledger.Intake, bool) {
	return ledger.Intake{Key: "needs.answered/" + string(e.Decision), Version: m.Version, Kind: e.EventName(),
		Activity: ledger.Ref{Kind: needThing, ID: string(e.Need)}, On: localDay(m.At), SchoolYear: e.SchoolYear, Trace: string(m.Trace)}, e.Kind != needs.Declined
}

// arranged: an executive arrangement that was carried out, with its money.
func arranged(e agreements.ArrangementDone, m events.Meta) (ledger.Intake, bool) {
	return ledger.Intake{Key: "arrangement/" + e.Arrangement, Version: m.Version, Void: e.Void, Kind: e.EventName(),
		Activity: ledger.Ref{Kind: agreements.ArrangementKind, ID: e.Arrangement}, On: e.On, SchoolYear: e.SchoolYear, Money: e.Money, Trace: string(m.Trace)}, true
}

// expertGiven: a partner gave the expert who was asked for. The hours come with
// the meeting's program.
func expertGiven(e agreements.ExpertGiven, m events.Meta) (ledger.Intake, bool) {
	return ledger.Intake{Key: "expert/" + e.Request, Version: m.Version, Kind: e.EventName(),
		Activity: ledger.Ref{Kind: agreements.ExpertKind, ID: e.Request}, On: e.On, SchoolYear: e.SchoolYear, Trace: string(m.Trace)}, true
}

// Kinds of activities, as the ledger and its rules name them.
const (
	meetingThing = "meeting"
	consultThing = "consultation"
	networkThing = "network.meeting"
	needThing    = "need"
)

// sources say what the activities are.
func (m *modules) sources() map[string]ledger.Source {
	return map[string]ledger.Source{
		training.SearchKind: source(m.trainingActivity),
		needThing:           source(m.needActivity),
		meetingThing:        source(m.meetingActivity),
		consultThing:        source(m.consultActivity),
		networkThing:        source(m.networkActivity),
	}
}

type source func(ctx context.Context, id string) (ledger.Activity, error)

// Activity implements ledger.Source.
func (s source) Activity(ctx context.Context, id string) (ledger.Activity, error) { return s(ctx, id) }

// trainingActivity names trainings that everybody may know of. One that a school
// ordered for its own staff, and a draft, are named by their form: lists of
// activities are public.
func (m *modules) trainingActivity(ctx context.Context, id string) (a ledger.Activity, err error) {
	t, err := training.ByID(ctx, m.training.DB, training.ID(id))
	if err != nil {
		return a, err
	}
	used, err := m.topics.Used(ctx, training.SearchKind, id)
	a = ledger.Activity{Ref: ledger.Ref{Kind: training.SearchKind, ID: id}, Form: string(t.Form), Topics: texts(used[id]), Center: t.Center,
		On: localDay(time.Unix(t.StartsAt, 0)), SchoolYear: t.SchoolYear, Trace: t.Trace, Title: t.Title, Path: training.Path(t.ID)}
	if t.ForInstitution != "" || t.State == training.Draft {
		a.Title, a.Path = m.catalog.In(i18n.PL).T("training.form."+string(t.Form)), ""
	}
	return a, err
}

func (m *modules) needActivity(ctx context.Context, id string) (a ledger.Activity, err error) {
	n, err := needs.NeedByID(ctx, m.needs.DB, needs.NeedID(id))
	if err != nil {
		return a, err
	}
	c, err := needs.CampaignByID(ctx, m.needs.DB, n.Campaign)
	return ledger.Activity{Ref: ledger.Ref{Kind: needThing, ID: id}, Topics: []string{n.Topic}, Center: c.Center, On: localDay(time.Unix(n.MadeAt, 0)),
		SchoolYear: c.SchoolYear, Trace: n.Trace, Title: c.Title, Path: needs.NeedHref(n.ID)}, err
}

func texts(ids []topics.ID) (out []string) {
	for _, id := range ids {
		out = append(out, string(id))
	}
	return out
}
