package vote

import (
	"context"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// A roll comes in as a sheet. It is read, shown with what is wrong with it, and
// put to use by a second press. The words of its rows are gone when the page is
// drawn; what waits for the second press is marks.

// Roll is a sheet that was read.
type Roll struct {
	ID      string           `db:"id"`
	Edition budget.EditionID `db:"edition"`
	State   string           `db:"state"`
	Good    int              `db:"good"`
	Bad     int              `db:"bad"`
	Doubles int              `db:"doubles"` // rows of somebody who stands above already
	Person  access.PersonID  `db:"person"`
	At      int64            `db:"at"`
}

const rollColumns = `l.id, l.edition, l.state, l.good, l.bad, l.doubles, l.person, l.at`

// States of a roll.
const (
	RollReading = "reading" // its rows are being written
	RollWaiting = "waiting" // for the second press
	RollTaken   = "taken"   // a job puts it to use
	RollUsed    = "used"
	RollDropped = "dropped"
)

// rollAtOnce bounds what one transaction writes of a roll.
const rollAtOnce = 150

// PutRoll keeps the marks of a plan until it is used or dropped. Who asks runs
// the edition; the source is Roll, else Conflict.
func (s *Service) PutRoll(ctx context.Context, who access.Actor, e budget.Edition, plan RollPlan) (id string, err error) {
	defer fault.Wrap(&err, "read a roll of edition %s", e.ID)
	if err := s.takes(e, budget.Roll); err != nil {
		return "", err
	}
	if err := s.Budget.Serves(ctx, who, access.BudgetRun, e); err != nil {
		return "", err
	}
	at := s.now()
	roll := Roll{ID: newID(), Edition: e.ID, State: RollReading, Good: len(plan.Rows), Bad: len(plan.Problems), Doubles: plan.Doubles}
	if err := s.db.Write(ctx, func(tx *db.Tx) error { return insertRoll(ctx, tx, roll, who, at.Unix()) }); err != nil {
		return "", err
	}
	// In many transactions, for people may be voting. What a process that dies has
	// left is swept after a day, like a roll that nobody put to use.
	for some := range slices.Chunk(plan.Rows, db.MaxParams/4) {
		if err := s.db.Write(ctx, func(tx *db.Tx) error { return putRows(ctx, tx, roll.ID, some) }); err != nil {
			return "", err
		}
	}
	return roll.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update budget_rolls set state = ? where id = ? and state = ?`, RollWaiting, roll.ID, RollReading)
		return err
	})
}

func putRows(ctx context.Context, tx *db.Tx, roll string, rows []RollRow) error {
	var args []any
	for _, r := range rows {
		args = append(args, roll, r.Mark, r.Same, joinPools(r.Pools))
	}
	_, err := tx.Exec(ctx, `insert into budget_roll_rows (roll, mark, same_name, pools) values `+db.Marks(len(rows), 4), args...)
	return err
}

func insertRoll(ctx context.Context, tx *db.Tx, l Roll, who access.Actor, at int64) error {
	_, err := tx.Exec(ctx, `insert into budget_rolls (id, edition, state, good, bad, doubles, person, at) values (?, ?, ?, ?, ?, ?, ?, ?)`,
		l.ID, l.Edition, l.State, l.Good, l.Bad, l.Doubles, who.Person, at)
	return err
}

// rollOf reads a roll of an edition that the actor runs.
func (s *Service) rollOf(ctx context.Context, who access.Actor, id budget.EditionID, roll string) (e budget.Edition, l Roll, err error) {
	if e, err = s.runs(ctx, who, id); err != nil {
		return e, l, err
	}
	if err := known(roll); err != nil {
		return e, l, err
	}
	return e, l, s.db.Get(ctx, &l, `select `+rollColumns+` from budget_rolls l where l.edition = ? and l.id = ?`, id, roll)
}

// Rolls are the rolls of an edition that were read, the newest first. There are few.
func Rolls(ctx context.Context, r db.Reader, e budget.EditionID) (list []Roll, err error) {
	return list, r.Select(ctx, &list, `select `+rollColumns+` from budget_rolls l where l.edition = ? and l.state <> ? order by l.id desc limit 100`, e, RollReading)
}

type rollTask struct {
	Edition budget.EditionID `json:"edition"`
	Roll    string           `json:"roll"`
}

const rollKind = "budget.vote.roll"

// UseRoll puts a roll that waits to use: a job writes its electors. One that was
// used or dropped meanwhile is a Conflict.
func (s *Service) UseRoll(ctx context.Context, who access.Actor, id budget.EditionID, roll string) (err error) {
	defer fault.Wrap(&err, "use roll %s", roll)
	e, _, err := s.rollOf(ctx, who, id, roll)
	if err != nil {
		return err
	}
	if err := s.takes(e, budget.Roll); err != nil {
		return err
	}
	return s.moveRoll(ctx, who, e, roll, RollTaken)
}

// DropRoll forgets a roll that waits.
func (s *Service) DropRoll(ctx context.Context, who access.Actor, id budget.EditionID, roll string) (err error) {
	defer fault.Wrap(&err, "drop roll %s", roll)
	e, _, err := s.rollOf(ctx, who, id, roll)
	if err != nil {
		return err
	}
	return s.moveRoll(ctx, who, e, roll, RollDropped)
}

func (s *Service) moveRoll(ctx context.Context, who access.Actor, e budget.Edition, roll, to string) error {
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update budget_rolls set state = ? where id = ? and state = ?`, to, roll, RollWaiting)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "vote.fault.roll_done")
		}
		action := "vote.roll_use"
		if to == RollDropped {
			action = "vote.roll_drop"
			if _, err := tx.Exec(ctx, `delete from budget_roll_rows where roll = ?`, roll); err != nil {
				return err
			}
		} else if _, err := jobs.Enqueue(ctx, tx, rollKind, rollTask{e.ID, roll}, jobs.Unique(roll)); err != nil {
			return err
		}
		return note(ctx, tx, who, e, action, nil, at)
	})
}

// takeRoll moves the rows of a roll among the electors, some at a time. It may
// run again at any point.
func (s *Service) takeRoll(ctx context.Context, t rollTask) (err error) {
	defer fault.Wrap(&err, "put roll %s to use", t.Roll)
	for {
		done := false
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			done, err = s.takeSome(ctx, tx, t)
			return err
		})
		if err != nil || done {
			return err
		}
	}
}

// takeSome is one step of it; done when no row was left.
func (s *Service) takeSome(ctx context.Context, tx *db.Tx, t rollTask) (done bool, err error) {
	var rows []struct {
		Mark  string `db:"mark"`
		Same  string `db:"same_name"`
		Pools string `db:"pools"`
	}
	if err := tx.Select(ctx, &rows, `select mark, same_name, pools from budget_roll_rows where roll = ? order by mark limit ?`, t.Roll, rollAtOnce); err != nil {
		return false, err
	}
	if len(rows) == 0 {
		_, err := tx.Exec(ctx, `update budget_rolls set state = ? where id = ? and state = ?`, RollUsed, t.Roll, RollTaken)
		return true, err
	}
	var list []newcomer
	marks := []string{}
	for _, r := range rows {
		list = append(list, newcomer{Elector: Elector{Edition: t.Edition, ID: newElector(), Source: budget.Roll}, Mark: r.Mark, Same: r.Same, Pools: splitPools(r.Pools)})
		marks = append(marks, r.Mark)
	}
	if _, err := add(ctx, tx, list); err != nil {
		return false, err
	}
	query, args, err := db.In(`delete from budget_roll_rows where roll = ? and mark in (?)`, t.Roll, marks)
	if err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, query, args...)
	return false, err
}

// note writes an official act on the rights of an edition into the log.
func note(ctx context.Context, tx *db.Tx, who access.Actor, e budget.Edition, action string, details map[string]string, at time.Time) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: action, Object: "budget_edition", ObjectID: string(e.ID), Institution: string(e.Owner), Details: details}, at)
}
