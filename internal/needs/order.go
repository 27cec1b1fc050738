package needs

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// The states of what was decided on. A training's own module knows its state.
const (
	orderPlanned = "planned"
	orderDone    = "done"
	orderDropped = "dropped"
)

// OrdersPath is the list of what was decided on and no module carries out yet.
const OrdersPath = Path + "/zlecenia"

// orderSave writes what a decision asks for.
func orderSave(ctx context.Context, tx *db.Tx, d Decision, v Verdict) error {
	switch d.Kind {
	case Declined:
		return nil
	case Training:
		if _, err := tx.Exec(ctx, `insert into needs_plans (decision, form, first_days) values (?, ?, ?)`, d.ID, v.Form, v.FirstDays); err != nil {
			return err
		}
		var all []error
		for _, town := range slices.Sorted(maps.Keys(v.Quotas)) {
			if v.Quotas[town] > 0 {
				_, err := tx.Exec(ctx, `insert into needs_plan_seats (decision, town, seats) values (?, ?, ?)`, d.ID, town, v.Quotas[town])
				all = append(all, err)
			}
		}
		return errors.Join(all...)
	}
	_, err := tx.Exec(ctx, `insert into needs_orders (id, decision, center, institution, state, changed_at) values (?, ?, ?, ?, ?, ?)`,
		d.Target, d.ID, d.Center, v.Institution, d.State, d.At)
	return err
}

// Plan is a training or a network that a decision asks for, for the module that
// makes it. Form, days and seats are those of a training.
type Plan struct {
	Decision
	Trace     string // of the need
	Topic     string
	Form      string
	FirstDays int
	Pools     map[string]int // all seats: "" is for everybody
	// Institutions that reported the need and people who asked by name to be
	// told: they enroll first.
	Institutions []access.InstitutionID
	People       []access.PersonID
}

// PlanFor is what is asked for by a decision for a training or a network, told to
// another module by the event Ordered. Another decision, or none: fault.ErrNotFound.
func (s *Service) PlanFor(ctx context.Context, id DecisionID) (p Plan, err error) {
	defer fault.Wrap(&err, "plan of decision %s", id)
	if p.Decision, err = decisionByID(ctx, s.db, id); err != nil {
		return p, err
	}
	if p.Kind != Training && p.Kind != Network {
		return p, fault.ErrNotFound
	}
	n, err := NeedByID(ctx, s.db, p.Need)
	if err != nil {
		return p, err
	}
	p.Trace, p.Topic = n.Trace, n.Topic
	if p.Kind == Training {
		if err := s.planTraining(ctx, &p); err != nil {
			return p, err
		}
	}
	v, err := s.voices(ctx, n)
	p.Institutions, p.People = v.first(), v.People
	return p, err
}

// planTraining reads what only a training has.
func (s *Service) planTraining(ctx context.Context, p *Plan) (err error) {
	var plan struct {
		Form string `db:"form"`
		Days int    `db:"first_days"`
	}
	if err := s.db.Get(ctx, &plan, `select form, first_days from needs_plans where decision = ?`, p.ID); err != nil {
		return err
	}
	p.Form, p.FirstDays = plan.Form, plan.Days
	p.Pools, err = planPools(ctx, s.db, p.Decision)
	return err
}

// planPools are the seats of a decision for a training.
func planPools(ctx context.Context, r db.Reader, d Decision) (map[string]int, error) {
	pools := map[string]int{"": d.Seats}
	return pools, r.Each(ctx, func(scan func(dest ...any) error) error {
		var town string
		var n int
		if err := scan(&town, &n); err != nil {
			return err
		}
		pools[town] = n
		pools[""] -= n
		return nil
	}, `select town, seats from needs_plan_seats where decision = ?`, d.ID)
}

// Order is a network, a consultation or a workshop that waits to be carried out.
type Order struct {
	ID          string               `db:"id"`
	Decision    DecisionID           `db:"decision"`
	Need        NeedID               `db:"need"`
	Campaign    CampaignID           `db:"campaign"`
	Topic       string               `db:"topic"`
	Kind        Answer               `db:"kind"`
	Title       string               `db:"title"`
	Center      access.InstitutionID `db:"center"`
	Institution access.InstitutionID `db:"institution"`
	Seats       int                  `db:"seats"`
	State       string               `db:"state"`
	Note        string               `db:"note"`
	Revision    int64                `db:"revision"`
	At          int64                `db:"at"`
}

const orderColumns = `select o.id, o.decision, d.need, n.campaign, n.topic, d.kind, d.title, o.center, o.institution, d.seats, o.state, o.note, o.revision, d.at
	from needs_orders o join needs_decisions d on d.id = o.decision join needs_needs n on n.id = d.need`

const ordersOnPage = 50

// Orders lists what waits, or, with ended, what was done or dropped: of the
// centers where the actor plans, or of all for the association; the newest
// first. Who may not plan anywhere sees none.
func (s *Service) Orders(ctx context.Context, who access.Actor, ended bool, at web.Cursor) (list []Order, more bool, err error) {
	defer fault.Wrap(&err, "orders")
	if err := who.Must(access.PlanNeeds); err != nil {
		return nil, false, err
	}
	where, args := `o.state = ?`, []any{orderPlanned}
	if ended {
		where, args = `o.state <> ?`, []any{orderPlanned}
	}
	places, all := planPlaces(who)
	if !all {
		if len(places) == 0 {
			return nil, false, nil
		}
		where += ` and o.center in (?)`
		args = append(args, places)
	}
	order := ` order by o.id desc limit ?`
	switch {
	case at.Back:
		where, order = where+` and o.id > ?`, ` order by o.id limit ?`
		args = append(args, at.ID)
	case at.ID != "":
		where += ` and o.id < ?`
		args = append(args, at.ID)
	}
	query, args, err := db.In(orderColumns+` where `+where+order, append(args, ordersOnPage+1)...)
	if err != nil {
		return nil, false, err
	}
	if err := s.db.Select(ctx, &list, query, args...); err != nil {
		return nil, false, err
	}
	if more = len(list) > ordersOnPage; more {
		list = list[:ordersOnPage]
	}
	if at.Back {
		slices.Reverse(list)
	}
	return list, more, nil
}

// planPlaces are the institutions where the actor plans with needs; all tells
// that it is everywhere.
func planPlaces(who access.Actor) (places []access.InstitutionID, all bool) {
	for _, h := range who.Roles {
		switch {
		case !h.Role.Gives(access.PlanNeeds):
		case h.Role.Everywhere():
			return nil, true
		case h.Institution != "" && !slices.Contains(places, h.Institution):
			places = append(places, h.Institution)
		}
	}
	return places, who.System()
}

// EndOrder says what came of an order: done, or dropped with the reason. Those
// who reported the need are told. Who may: whoever plans at the center that
// carries it out, or with the campaign. Faults: NotFound for others, Conflict when it
// ended already or somebody was faster, Invalid for a note that is too long or,
// of a dropped one, too short.
func (s *Service) EndOrder(ctx context.Context, who access.Actor, id string, seen int64, state, note string) (err error) {
	defer fault.Wrap(&err, "end order %s", id)
	o, c, err := s.orderFor(ctx, who, id)
	if err != nil {
		return err
	}
	note = strings.TrimSpace(note)
	long := utf8.RuneCountInString(note)
	switch {
	case state != orderDone && state != orderDropped:
		return fault.InvalidFields([]fault.Field{{Name: "stan", Key: "needs.need.fault.ended_how"}})
	case long > decideWords:
		return fault.InvalidFields([]fault.Field{{Name: "slowa", Key: "needs.need.fault.words", Args: []any{"most", decideWords}}})
	case state == orderDropped && long < decideLeast:
		return fault.InvalidFields([]fault.Field{{Name: "slowa", Key: "needs.need.fault.reason", Args: []any{"least", decideLeast}}})
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update needs_orders set state = ?, note = ?, revision = revision + 1, changed_at = ? where id = ? and revision = ? and state = ?`,
			state, note, at.Unix(), id, seen, orderPlanned)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "needs.need.fault.ended")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update needs_decisions set state = ? where id = ?`, state, o.Decision); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: "needs.order", Object: rankThing, ObjectID: string(o.Need), Institution: string(c.Owner),
			Details: map[string]string{"order": id, "state": state}}, at); err != nil {
			return err
		}
		return tellLater(ctx, tx, o.Decision, state)
	})
}

// orderFor is an order for whoever may end it.
func (s *Service) orderFor(ctx context.Context, who access.Actor, id string) (o Order, c Campaign, err error) {
	if _, err := known(id); err != nil {
		return o, c, err
	}
	if err := who.Must(access.PlanNeeds); err != nil {
		return o, c, err
	}
	if err := s.db.Get(ctx, &o, orderColumns+` where o.id = ?`, id); err != nil {
		return o, c, err
	}
	if c, err = CampaignByID(ctx, s.db, o.Campaign); err != nil {
		return o, c, err
	}
	err = who.MayAt(ctx, access.PlanNeeds, o.Center)
	if fault.KindOf(err) == fault.Forbidden {
		err = Plans(ctx, who, c)
	}
	if fault.KindOf(err) == fault.Forbidden {
		err = fault.ErrNotFound
	}
	return o, c, err
}

// decideTrains are those of the centers at which the actor may have a draft of a
// training made: where the actor plans by a role of the center, of whoever runs
// it, or of the association. Whoever runs a campaign may name any center as its
// own, and no other way in may follow from that: such a center decides itself.
func (s *Service) decideTrains(ctx context.Context, who access.Actor, centers []web.Choice) (list []web.Choice, err error) {
	for _, one := range centers {
		switch err := who.MayAt(ctx, access.PlanNeeds, access.InstitutionID(one.Value)); {
		case err == nil:
			list = append(list, one)
		case fault.KindOf(err) != fault.Forbidden:
			return nil, err
		}
	}
	return list, nil
}

// decideCenters are those that can carry an answer out and where the actor may
// order: the campaign's own, and others where the actor plans too.
func (s *Service) decideCenters(ctx context.Context, who access.Actor, c Campaign) (list []web.Choice, err error) {
	var all []web.Choice
	if s.Offer != nil {
		if all, err = s.Offer.Centers(ctx); err != nil {
			return nil, err
		}
	}
	if c.Center != "" {
		names, err := s.Directory.Names(ctx, []access.InstitutionID{c.Center})
		if err != nil {
			return nil, err
		}
		list = append(list, web.Choice{Value: string(c.Center), Label: names[c.Center]})
	}
	for _, one := range all {
		if one.Value == string(c.Center) {
			continue
		}
		switch err := who.MayAt(ctx, access.PlanNeeds, access.InstitutionID(one.Value)); {
		case err == nil:
			list = append(list, one)
		case fault.KindOf(err) == fault.Internal:
			return nil, err
		}
	}
	return list, nil
}
