package meetings

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// Order is a workshop that a decision asks a center for.
type Order struct {
	Decision  string               `db:"decision"`
	Target    string               `db:"target"` // id of the training to be made
	Center    access.InstitutionID `db:"center"`
	Title     string               `db:"title"`
	Subject   string               `db:"subject"` // topic of the vocabulary, "" for none
	Seats     int                  `db:"seats"`
	FirstDays int                  `db:"first_days"` // so many days those who asked for it enroll alone
	By        access.PersonID      `db:"by_person"`
	At        int64                `db:"at"`
}

const orderColumns = `w.decision, w.target, w.center, w.title, w.subject, w.seats, w.first_days, w.by_person, w.at`

// The bounds of an order.
const (
	mostOrdered   = 1000
	mostFirstDays = 30
)

func orderOf(ctx context.Context, r db.Reader, decision string) (o Order, err error) {
	err = r.Get(ctx, &o, `select `+orderColumns+` from meetings_orders w where w.decision = ?`, decision)
	if errors.Is(err, fault.ErrNotFound) {
		return Order{}, nil
	}
	return o, err
}

// OrderWorkshop orders a workshop that the decision asks for: the center finds
// its draft, and those who proposed and supported the topic enroll first. Who
// runs the meeting may, once for a decision, at one of the centers. Faults:
// those of the right, Invalid, Conflict when it was ordered before.
func (s *Service) OrderWorkshop(ctx context.Context, who access.Actor, id MeetingID, o Order) (err error) {
	defer fault.Wrap(&err, "order a workshop by decision %s", o.Decision)
	centers, err := s.Centers(ctx)
	if err != nil {
		return err
	}
	o.Title = line(o.Title)
	if err := o.check(centers); err != nil {
		return err
	}
	o.Target, o.By = newID(), speaks(who)
	return s.onDecision(ctx, who, id, o.Decision, func(ctx context.Context, tx *db.Tx, d *paperDeed, x Decision, t Topic) error {
		n, err := tx.Exec(ctx, `insert into meetings_orders (decision, target, center, title, subject, seats, first_days, by_person, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (decision) do nothing`, o.Decision, o.Target, o.Center, o.Title, t.Subject, o.Seats, o.FirstDays, o.By, d.at.Unix())
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "meetings.fault.ordered")
		}
		if err != nil {
			return err
		}
		if err := d.trace(ctx, tx, t, x, "ordered"); err != nil {
			return err
		}
		if t.ID != "" {
			if err := s.stepTold(ctx, tx, t, Step{What: "ordered", Words: o.Title, Path: DecisionHref(id, x.ID), Once: "ordered/" + x.ID}); err != nil {
				return err
			}
		}
		if err := d.log(ctx, tx, "ordered", "meetings_decision", o.Decision); err != nil {
			return err
		}
		return s.Bus.Emit(ctx, tx, Ordered{Topic: t.ID, Meeting: id, Decision: o.Decision, Target: o.Target, Center: o.Center, SchoolYear: d.m.SchoolYear},
			events.Envelope{Subject: o.Decision, Version: x.Revision, Trace: trace.ID(t.Trace), At: d.at})
	})
}

func (o Order) check(centers []web.Choice) error {
	fields := needed(nil, "nazwa", o.Title, longestTitle)
	if !slices.ContainsFunc(centers, func(c web.Choice) bool { return c.Value == string(o.Center) }) {
		fields = append(fields, fault.Field{Name: "osrodek", Key: "meetings.lack.empty"})
	}
	if o.Seats < 1 || o.Seats > mostOrdered {
		fields = append(fields, fault.Field{Name: "miejsca", Key: "meetings.fault.number", Args: []any{"least", 1, "most", mostOrdered}})
	}
	if o.FirstDays < 0 || o.FirstDays > mostFirstDays {
		fields = append(fields, fault.Field{Name: "pierwszenstwo", Key: "meetings.fault.number", Args: []any{"least", 0, "most", mostFirstDays}})
	}
	if len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	return nil
}

// WorkshopPlan is a workshop that a decision asks for, for the module that makes
// it.
type WorkshopPlan struct {
	Order
	Trace string // of the topic, or else of the meeting
	Topic TopicID
	// People proposed or supported the topic, Institutions are those for which
	// they did: they enroll first.
	People       []access.PersonID
	Institutions []access.InstitutionID
}

// PlanFor is what is asked for by a decision that was told by the event Ordered.
// Another decision, or none: fault.ErrNotFound.
func (s *Service) PlanFor(ctx context.Context, decision string) (p WorkshopPlan, err error) {
	defer fault.Wrap(&err, "workshop of decision %s", decision)
	if err := s.db.Get(ctx, &p.Order, `select `+orderColumns+` from meetings_orders w where w.decision = ?`, decision); err != nil {
		return p, err
	}
	var x Decision
	if err := s.db.Get(ctx, &x, `select `+decisionColumns+` from meetings_decisions d where d.id = ?`, decision); err != nil {
		return p, err
	}
	if p.Trace, err = s.traceOf(ctx, x); err != nil || x.Topic == "" {
		return p, err
	}
	p.Topic = x.Topic
	if p.People, err = heardFrom(ctx, s.db, x.Topic); err != nil {
		return p, err
	}
	return p, s.db.Select(ctx, &p.Institutions, `select t.institution from meetings_topics t where (t.id = ? or t.into_topic = ?) and t.institution <> '' order by t.institution`,
		x.Topic, x.Topic)
}
