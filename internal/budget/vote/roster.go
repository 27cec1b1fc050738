package vote

import (
	"context"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

func number(n int) string { return strconv.Itoa(n) }

// Pupil is a pupil of a class on the roll of an edition.
type Pupil struct {
	directory.Member
	Elector ElectorID // "" until the class is put on the roll
	Handed  bool
}

// ClassRoll is a class with its pupils, as far as the directory shows it to the
// actor: a tutor sees the own class, who keeps rosters all of them.
func (s *Service) ClassRoll(ctx context.Context, who access.Actor, id budget.EditionID, class directory.ClassID) (e budget.Edition, c directory.ClassGroup, list []Pupil, err error) {
	if e, err = s.atDesk(ctx, who, id); err != nil {
		return e, c, nil, err
	}
	c, members, err := s.Classes.Roster(ctx, who, e.Owner, class)
	if err != nil {
		return e, c, nil, err
	}
	on, err := electorsOf(ctx, s.db, e.ID, members)
	for _, m := range members {
		p := on[m.ID]
		p.Member = m
		list = append(list, p)
	}
	return e, c, list, err
}

// electorsOf finds the places of pupils.
func electorsOf(ctx context.Context, r db.Reader, e budget.EditionID, members []directory.Member) (map[access.PersonID]Pupil, error) {
	found := map[access.PersonID]Pupil{}
	if len(members) == 0 {
		return found, nil
	}
	var ids []access.PersonID
	for _, m := range members {
		ids = append(ids, m.ID)
	}
	query, args, err := db.In(`select e.person, e.id, exists (select 1 from budget_handed h where h.edition = e.edition and h.elector = e.id)
		from budget_electors e where e.edition = ? and e.person in (?) and e.person <> ''`, e, ids)
	if err != nil {
		return nil, err
	}
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var person access.PersonID
		var p Pupil
		if err := scan(&person, &p.Elector, &p.Handed); err != nil {
			return err
		}
		found[person] = p
		return nil
	}, query, args...)
	return found, err
}

// AddClass puts the pupils of a class on the roll and tells how many were new.
// Where slips are a source their rights will be the slips'; else the rights are
// those of their accounts. Whoever left the class since stays on the roll.
func (s *Service) AddClass(ctx context.Context, who access.Actor, id budget.EditionID, class directory.ClassID) (fresh int, err error) {
	e, _, pupils, err := s.ClassRoll(ctx, who, id, class)
	if err != nil {
		return 0, err
	}
	if err := s.takes(e, budget.Roster); err != nil {
		return 0, err
	}
	if _, err := s.markKey(ctx, e.ID); err != nil {
		return 0, err
	}
	var pools []budget.PoolID
	if !e.Rules.Who.Has(budget.Slips) {
		pools, _ = poolsFor(e, "")
	}
	var list []newcomer
	for _, p := range pupils {
		if p.Elector == "" {
			list = append(list, newcomer{Elector: Elector{Edition: e.ID, ID: newElector(), Source: budget.Roster, Person: p.ID, Class: string(class)}, Pools: pools})
		}
	}
	if len(list) == 0 {
		return 0, fault.New(fault.Conflict, "vote.fault.class_there")
	}
	at := s.now()
	return fresh, s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if fresh, err = add(ctx, tx, list); err != nil {
			return err
		}
		return note(ctx, tx, who, e, "vote.roster", map[string]string{"n": number(fresh)}, at)
	})
}

// ClassCount is how far a class has come: pupils on the roll, slips handed out.
type ClassCount struct {
	Class  string `db:"class"`
	On     int    `db:"people"`
	Handed int    `db:"handed"`
}

// ClassCounts are these numbers of all classes of an edition, by class.
func ClassCounts(ctx context.Context, r db.Reader, e budget.EditionID) (map[string]ClassCount, error) {
	var rows []ClassCount
	err := r.Select(ctx, &rows, `select e.class, count(*) as people, count(h.elector) as handed from budget_electors e
		left join budget_handed h on h.edition = e.edition and h.elector = e.id where e.edition = ? and e.source = ? group by e.class`, e, budget.Roster)
	by := map[string]ClassCount{}
	for _, c := range rows {
		by[c.Class] = c
	}
	return by, err
}
