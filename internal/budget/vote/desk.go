package vote

import (
	"context"
	"errors"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// At the desk somebody shows a paper and an officer types what stands on it. The
// words find a place on the roll. Where there is none and the rules let a desk make
// electors, the officer is told so first, for a slip of the finger makes a second
// place of one person, and makes one by another press. The words are kept nowhere. With the place found the person votes at home
// by an account, or is given a slip, or a paper ballot (paper.go).

// AtDesk is what a desk learns of whoever stands there.
type AtDesk struct {
	Elector ElectorID
	Source  budget.Source
	New     bool // made just now
	Absent  bool // nobody of these words is on the list; the desk may add them
	Handed  bool // was given a slip
	Bound   bool // an account has the place
	// Alike tells that somebody of the same name and date of birth has another
	// place: a namesake, or the same person with another address. Who stands at the
	// desk with a paper can say which.
	Alike bool
	// Voted tells that some right was spent: the person is told so, as at a
	// polling station, and nobody is told who else. A desk that gives out neither
	// slips nor ballots needs not know, and is not told: whoever works there could
	// ask about a neighbor.
	Voted bool
	Free  []budget.PoolID // pools whose right can still be spent; all, where that is not told
}

// CheckIn finds the place of an identity that the officer has checked, and makes
// none. District is the pool's id when there are districts. Who asks works at the
// desk of the edition, else Forbidden. Words of nobody on the roll are Absent, or
// Invalid where the rules do not let a desk make electors.
func (s *Service) CheckIn(ctx context.Context, who access.Actor, id budget.EditionID, i Identity, district string) (a AtDesk, err error) {
	return s.atPlace(ctx, who, id, i, district, false)
}

// AddAtDesk is CheckIn after the officer has heard that nobody of these words is on
// the list: it makes the place, or finds the one that was made meanwhile. Conflict
// vote.fault.not_a_source where the rules do not let a desk make electors.
func (s *Service) AddAtDesk(ctx context.Context, who access.Actor, id budget.EditionID, i Identity, district string) (a AtDesk, err error) {
	return s.atPlace(ctx, who, id, i, district, true)
}

func (s *Service) atPlace(ctx context.Context, who access.Actor, id budget.EditionID, i Identity, district string, makes bool) (a AtDesk, err error) {
	e, err := s.atDesk(ctx, who, id)
	if err != nil {
		return a, err
	}
	if err := s.takesElectors(e); err != nil {
		return a, err
	}
	if makes && !e.Rules.Who.Has(budget.Desk) {
		return a, fault.New(fault.Conflict, "vote.fault.not_a_source")
	}
	i, faults := i.read(s.now())
	pools, ok := poolsFor(e, district)
	if !ok {
		faults = append(faults, fault.Field{Name: "dzielnica", Key: "vote.fault.district"})
	}
	if len(faults) == 0 && !oldEnough(i.Born, e.Rules.Who.VoteAge, ageDay(e, s.now())) {
		faults = append(faults, fault.Field{Name: "urodzenie", Key: "vote.fault.too_young", Args: []any{"n", e.Rules.Who.VoteAge}})
	}
	if err := fault.InvalidFields(faults); err != nil {
		return a, err
	}
	key, err := s.markKey(ctx, e.ID)
	if err != nil {
		return a, err
	}
	fresh := newcomer{Elector: Elector{Edition: e.ID, ID: newElector(), Source: budget.Desk}, Mark: key.person(i), Same: key.sameName(i), Pools: pools}
	return a, s.checkIn(ctx, who, e, fresh, makes, &a)
}

// checkIn writes the look at a place into the log, without whose it was.
func (s *Service) checkIn(ctx context.Context, who access.Actor, e budget.Edition, fresh newcomer, makes bool, a *AtDesk) error {
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		*a = AtDesk{}
		if makes {
			n, err := add(ctx, tx, []newcomer{fresh})
			if err != nil {
				return err
			}
			a.New = n > 0
		}
		err := placeOf(ctx, tx, e, a, `e.mark = ? and e.mark <> ''`, fresh.Mark)
		if errors.Is(err, fault.ErrNotFound) {
			if !e.Rules.Who.Has(budget.Desk) {
				return fault.New(fault.Invalid, "vote.fault.not_on_roll_desk")
			}
			a.Absent = true
			err = tx.Get(ctx, &a.Alike, `select exists (select 1 from budget_electors where edition = ? and same_name = ? and same_name <> '')`, e.ID, fresh.Same)
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, who, e, "vote.check_in", nil, at)
	})
}

// placeOf reads a place as a desk sees it. The condition is a text of this package.
func placeOf(ctx context.Context, r db.Reader, e budget.Edition, a *AtDesk, where string, args ...any) error {
	var row struct {
		ID     ElectorID     `db:"id"`
		Source budget.Source `db:"source"`
		Person string        `db:"person"`
		Handed bool          `db:"handed"`
		Alike  bool          `db:"alike"`
	}
	err := r.Get(ctx, &row, `select e.id, e.source, e.person, exists (select 1 from budget_handed h where h.edition = e.edition and h.elector = e.id) as handed,
			exists (select 1 from budget_electors o where o.edition = e.edition and o.same_name = e.same_name and o.same_name <> '' and o.id <> e.id) as alike
		from budget_electors e where e.edition = ? and `+where, append([]any{e.ID}, args...)...)
	if err != nil {
		return err
	}
	a.Elector, a.Source, a.Bound, a.Handed, a.Alike = row.ID, row.Source, row.Person != "", row.Handed, row.Alike
	rights, err := Rights(ctx, r, e.ID, row.ID)
	gives := e.Rules.Who.Has(budget.Slips) || e.Rules.Paper
	for _, right := range rights {
		if right.Spent && gives {
			a.Voted = true
		} else {
			a.Free = append(a.Free, right.Pool)
		}
	}
	return err
}

// HandOut notes that electors were given slips: of a roster, as their tutor
// ticks them; of a roll or a desk, one who stands there. From then on the right is
// the slip's: rights of their own are gone, and whoever has spent one gets no
// slip (Conflict). Who was given one already is left as they are; it tells how
// many were noted. All are written at once, so that the order in which they came
// stands nowhere.
func (s *Service) HandOut(ctx context.Context, who access.Actor, id budget.EditionID, electors []ElectorID) (noted int, err error) {
	defer fault.Wrap(&err, "hand out slips of edition %s", id)
	e, err := s.atDesk(ctx, who, id)
	if err != nil {
		return 0, err
	}
	if err := s.takes(e, budget.Slips); err != nil {
		return 0, err
	}
	if len(electors) == 0 || len(electors) > mostAtOnce {
		return 0, fault.New(fault.Invalid, "vote.fault.nobody")
	}
	at := s.now()
	return noted, s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if noted, err = handOut(ctx, tx, e.ID, electors); err != nil {
			return err
		}
		if noted == 0 {
			return fault.New(fault.Conflict, "vote.fault.handed")
		}
		return note(ctx, tx, who, e, "vote.hand_out", map[string]string{"n": number(noted)}, at)
	})
}

// mostAtOnce bounds one press: a class has at most sixty.
const mostAtOnce = 100

func handOut(ctx context.Context, tx *db.Tx, e budget.EditionID, electors []ElectorID) (int, error) {
	// Only people of this edition: a slip is nobody, and must not be given one.
	query, args, err := db.In(`select id from budget_electors where edition = ? and source <> ? and id in (?) order by id`, e, budget.Slips, electors)
	if err != nil {
		return 0, err
	}
	var own []ElectorID
	if err := tx.Select(ctx, &own, query, args...); err != nil || len(own) == 0 {
		return 0, err
	}
	args = nil
	for _, id := range own {
		args = append(args, e, id)
	}
	n, err := tx.Exec(ctx, `insert into budget_handed (edition, elector) values `+db.Marks(len(own), 2)+` on conflict do nothing`, args...)
	if err != nil {
		return 0, err
	}
	return int(n), giveUp(ctx, tx, own)
}

// giveUp takes the rights of electors away for slips, and refuses when one of
// them was spent. A vote that comes at the same time waits for the row and finds
// it gone, or has spent it before.
func giveUp(ctx context.Context, tx *db.Tx, electors []ElectorID) error {
	query, args, err := db.In(`delete from budget_rights where spent = ? and way = '' and elector in (?)`, false, electors)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, query, args...); err != nil {
		return err
	}
	query, args, err = db.In(`select count(*) from budget_rights where elector in (?)`, electors)
	if err != nil {
		return err
	}
	left := 0
	if err := tx.Get(ctx, &left, query, args...); err != nil {
		return err
	}
	if left > 0 {
		return fault.New(fault.Conflict, "vote.fault.voted")
	}
	return nil
}

// TakeBack notes that somebody of a roster gave an unused slip back: they may be
// given another. Where rights were exchanged there is no way back.
func (s *Service) TakeBack(ctx context.Context, who access.Actor, id budget.EditionID, elector ElectorID) (err error) {
	defer fault.Wrap(&err, "take a slip of edition %s back", id)
	e, err := s.atDesk(ctx, who, id)
	if err != nil {
		return err
	}
	if err := s.takes(e, budget.Slips); err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from budget_handed where edition = ? and elector in (
			select e.id from budget_electors e where e.edition = ? and e.id = ? and e.source = ?)`, e.ID, e.ID, elector, budget.Roster)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "vote.fault.not_handed")
		}
		return note(ctx, tx, who, e, "vote.take_back", nil, at)
	})
}
