package networks

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
)

// Charter is what a network says of itself, in the words of the form.
type Charter struct {
	Title    string
	Goal     string
	Audience string
	Town     string // six digits, "" for online
	Topics   []string
	Places   int
	Public   bool
	Open     bool
}

// Opening is a new network.
type Opening struct {
	Charter
	ID          ID // given where its address must be known before; "" makes one
	Center      access.InstitutionID
	Year        int
	Coordinator access.PersonID // "" while nobody is named
}

// Make makes a network that is gathered. Who may: whoever runs networks at the
// center. Faults: Forbidden, Invalid with fields.
func (s *Service) Make(ctx context.Context, who access.Actor, o Opening) (id ID, err error) {
	defer fault.Wrap(&err, "make a network")
	if err := who.MayAt(ctx, access.RunNetworks, o.Center); err != nil {
		return "", err
	}
	now := s.now()
	c, faults, err := s.checked(ctx, o.Charter)
	if err != nil {
		return "", err
	}
	if usual := directory.SchoolYear(now); o.Year != usual && o.Year != usual+1 {
		faults = append(faults, fault.Field{Name: "rok", Key: "networks.fault.choose"})
	}
	if o.Coordinator != "" {
		if err := s.canLead(ctx, o.Coordinator, o.Center); err != nil {
			faults = append(faults, fault.Field{Name: "koordynator", Key: "networks.fault.lead"})
		}
	}
	if err := fault.InvalidFields(faults); err != nil {
		return "", err
	}
	t, err := trace.New()
	if err != nil {
		return "", err
	}
	if o.ID == "" {
		o.ID = ID(newID())
	}
	n := Network{ID: o.ID, Trace: string(t), Center: o.Center, SchoolYear: o.Year, State: Forming, MadeBy: string(who.Person)}
	c.into(&n)
	return n.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.insert(ctx, tx, n, c.Topics, string(n.ID), now); err != nil {
			return err
		}
		if o.Coordinator != "" {
			if err := s.nameLead(ctx, tx, n, o.Coordinator, Coordinator, now); err != nil {
				return err
			}
		}
		return record(ctx, tx, who, n, "made", "", now, nil)
	})
}

// insert writes a new network. It tells false when one stands at the slot already.
func (s *Service) insert(ctx context.Context, tx *db.Tx, n Network, topics []string, slot string, at time.Time) (bool, error) {
	rows, err := tx.Exec(ctx, `insert into networks_networks (id, slot, trace, center, need, title, title_key, goal, audience, town, school_year, year_ends, state,
		is_public, is_open, places, previous, made_by, created_at, changed_at) values `+db.Marks(1, 20)+` on conflict do nothing`,
		n.ID, slot, n.Trace, n.Center, n.Need, n.Title, i18n.SortKey(n.Title), n.Goal, n.Audience, n.Town, n.SchoolYear, yearEnds(n.SchoolYear).Unix(), n.State,
		n.Public, n.Open, n.Places, n.Previous, n.MadeBy, at.Unix(), at.Unix())
	if err != nil || rows == 0 {
		return false, err
	}
	if err := s.setTopics(ctx, tx, n.ID, topics); err != nil {
		return false, err
	}
	if err := step(ctx, tx, n, "network", string(n.ID), "made", at); err != nil {
		return false, err
	}
	return true, s.touch(ctx, tx, n.ID)
}

func (s *Service) setTopics(ctx context.Context, tx *db.Tx, id ID, topics []string) error {
	if _, err := tx.Exec(ctx, `delete from networks_topics where network = ?`, id); err != nil {
		return err
	}
	for _, t := range topics {
		if _, err := tx.Exec(ctx, `insert into networks_topics (network, topic) values (?, ?) on conflict do nothing`, id, t); err != nil {
			return err
		}
	}
	return s.Topics.Use(ctx, tx, SearchKind, string(id), topics)
}

// FromOrder is a network that a decision about a need asks for.
type FromOrder struct {
	ID           ID // given by the teller, so that its page can say that it is being made
	Need         string
	Trace        string
	Center       access.InstitutionID
	Title        string
	Topics       []string
	Institutions []access.InstitutionID // that reported the need: their people come in without waiting
	By           access.PersonID
}

// OpenFromOrder makes the network that a decision asks for, for the present
// school year, not yet public: the center names a coordinator and completes it.
// Told again, it changes nothing. The center is told.
func (s *Service) OpenFromOrder(ctx context.Context, o FromOrder) (err error) {
	defer fault.Wrap(&err, "open network %s from an order", o.ID)
	if err := known(string(o.ID)); err != nil {
		return err
	}
	now := s.now()
	places, err := s.Law.Int(ctx, s.db, Places, now)
	if err != nil {
		return err
	}
	officers, err := s.officers(ctx, o.Center)
	if err != nil {
		return err
	}
	n := Network{ID: o.ID, Trace: o.Trace, Center: o.Center, Need: o.Need, Title: line(o.Title), SchoolYear: directory.SchoolYear(now), State: Forming,
		Open: true, Places: int(places.Int), MadeBy: string(o.By)}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		made, err := s.insert(ctx, tx, n, o.Topics, string(n.ID), now)
		if err != nil || !made {
			return err
		}
		for _, school := range o.Institutions {
			if err := inviteSchool(ctx, tx, n.ID, school, "need", now); err != nil {
				return err
			}
		}
		return s.tell(ctx, tx, n, news{What: "ordered"}, officers...)
	})
}

// Change writes the charter anew. Who may: whoever leads the network. Faults:
// Conflict when somebody was faster or the network is over, Invalid with fields.
func (s *Service) Change(ctx context.Context, who access.Actor, id ID, seen int64, c Charter) (err error) {
	defer fault.Wrap(&err, "change network %s", id)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	c, faults, err := s.checked(ctx, c)
	if err != nil {
		return err
	}
	if err := fault.InvalidFields(faults); err != nil {
		return err
	}
	if !n.Working() {
		return over()
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		err := changed(ctx, tx, n, seen, now, `title = ?, title_key = ?, goal = ?, audience = ?, town = ?, places = ?, is_public = ?, is_open = ?`,
			c.Title, i18n.SortKey(c.Title), c.Goal, c.Audience, c.Town, c.Places, c.Public, c.Open)
		if err != nil {
			return err
		}
		if err := s.setTopics(ctx, tx, n.ID, c.Topics); err != nil {
			return err
		}
		if err := record(ctx, tx, who, n, "changed", "", now, nil); err != nil {
			return err
		}
		return s.touch(ctx, tx, n.ID)
	})
}

// Begin has a gathered network work: it has a coordinator, a goal, and a plan
// with enough meetings. Who may: whoever leads it. Faults: Conflict with what is
// lacking (see Lacks).
func (s *Service) Begin(ctx context.Context, who access.Actor, id ID, seen int64) (err error) {
	defer fault.Wrap(&err, "begin network %s", id)
	n, _, err := s.entered(ctx, who, id, toLead)
	if err != nil {
		return err
	}
	lacks, err := s.Lacks(ctx, n)
	if err != nil {
		return err
	}
	if n.State != Forming {
		return over()
	}
	if len(lacks) > 0 {
		return fault.New(fault.Conflict, "networks.fault.lacks")
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := changed(ctx, tx, n, seen, now, `state = ?`, Active); err != nil {
			return err
		}
		people, err := members(ctx, tx, n.ID)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, n, news{What: "begun"}, people...); err != nil {
			return err
		}
		if err := step(ctx, tx, n, "network", string(n.ID), "begun", now); err != nil {
			return err
		}
		if err := record(ctx, tx, who, n, "begun", "", now, nil); err != nil {
			return err
		}
		return s.touch(ctx, tx, n.ID)
	})
}

// Lacks is what a gathered network still needs before it can work, as message
// keys: "networks.lack.goal" and the like.
func (s *Service) Lacks(ctx context.Context, n Network) (keys []string, err error) {
	leads, err := Leads(ctx, s.db, n.ID)
	if err != nil {
		return nil, err
	}
	least, err := s.Law.Int(ctx, s.db, MeetingsLeast, s.now())
	if err != nil {
		return nil, err
	}
	var planned int
	if err := s.db.Get(ctx, &planned, `select count(*) from networks_meetings where network = ? and state <> ?`, n.ID, Canceled); err != nil {
		return nil, err
	}
	return lacking(n, leads, planned, int(least.Int)), nil
}

// lacking is the rule of Lacks.
func lacking(n Network, leads []Lead, planned, least int) (keys []string) {
	if !slices.ContainsFunc(leads, func(l Lead) bool { return l.Duty == Coordinator }) {
		keys = append(keys, "networks.lack.coordinator")
	}
	if n.Goal == "" {
		keys = append(keys, "networks.lack.goal")
	}
	if planned < least {
		keys = append(keys, "networks.lack.meetings")
	}
	return keys
}

// Close ends a network. Who may: whoever runs the networks of the center. One
// without a finished report needs a reason. Nothing of it is lost, and its hours
// count. Faults: Conflict, Invalid.
func (s *Service) Close(ctx context.Context, who access.Actor, id ID, seen int64, reason string) error {
	return s.settle(ctx, who, id, seen, reason, Closed)
}

// SendBack has a report that was finished written further, for a reason that its
// authors are told. Who may: whoever runs the networks of the center.
func (s *Service) SendBack(ctx context.Context, who access.Actor, id ID, seen int64, reason string) error {
	return s.settle(ctx, who, id, seen, reason, Active)
}

func (s *Service) settle(ctx context.Context, who access.Actor, id ID, seen int64, reason string, to State) (err error) {
	defer fault.Wrap(&err, "settle network %s", id)
	n, _, err := s.entered(ctx, who, id, toRun)
	if err != nil {
		return err
	}
	reason, err = reasonFor(reason, n.State == Reported && to == Closed)
	if err != nil {
		return err
	}
	if n.State == Closed || to == Active && n.State != Reported {
		return over()
	}
	act, now := map[State]string{Closed: "closed", Active: "returned"}[to], s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := changed(ctx, tx, n, seen, now, `state = ?, reason = ?`, to, reason); err != nil {
			return err
		}
		if to == Active {
			if _, err := tx.Exec(ctx, `update networks_reports set figures = '', finished_by = '', finished_at = 0, revision = revision + 1 where network = ?`, n.ID); err != nil {
				return err
			}
		}
		people, err := settled(ctx, tx, n.ID, to)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, n, news{What: act, Once: reason, Args: map[string]string{"reason": reason}}, people...); err != nil {
			return err
		}
		if err := step(ctx, tx, n, "network", string(n.ID), act, now); err != nil {
			return err
		}
		if err := record(ctx, tx, who, n, act, "", now, map[string]string{"reason": reason}); err != nil {
			return err
		}
		return s.touch(ctx, tx, n.ID)
	})
}

// settled are the people who are told: of the end everybody, of a report sent
// back those who wrote it.
func settled(ctx context.Context, tx *db.Tx, id ID, to State) ([]access.PersonID, error) {
	leads, err := Leads(ctx, tx, id)
	if err != nil || to == Active {
		return leadPeople(leads), err
	}
	people, err := members(ctx, tx, id)
	return append(people, leadPeople(leads)...), err
}
