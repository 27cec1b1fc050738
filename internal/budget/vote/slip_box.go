package vote

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Slips are printed a box at a time and drawn from it with closed eyes. The
// program keeps of each the keyed mark of its code and the box; in which order
// they were printed it does not know: they are stored in the order of other
// random bits. The codes themselves exist once, in the answer to the press that
// made them.

// Box is a box of slips.
type Box struct {
	Edition     budget.EditionID `db:"edition"`
	No          int              `db:"no"`
	Pools       string           `db:"pools"`
	Printed     int              `db:"printed"`
	PrintedBy   access.PersonID  `db:"printed_by"`
	PrintedAt   int64            `db:"printed_at"`
	State       string           `db:"state"`
	LeftOver    int              `db:"left_over"` // counted and destroyed
	SettledBy   access.PersonID  `db:"settled_by"`
	SettledWith access.PersonID  `db:"settled_with"`
	SettledAt   int64            `db:"settled_at"`
	Words       string           `db:"words"`
}

const boxColumns = `b.edition, b.no, b.pools, b.printed, b.printed_by, b.printed_at, b.state, b.left_over, b.settled_by, b.settled_with, b.settled_at, b.words`

// States of a box.
const (
	boxOpen    = "open"    // its slips are handed out
	boxVoid    = "void"    // lost: its slips that were not used open nothing any more
	boxSettled = "settled" // what was left was counted and destroyed
)

// MostSlips bounds one box, that is one printing.
const MostSlips = 400

// spareSlips is how many more slips than people on the rosters may be printed:
// torn ones, and a box in each building. Every slip is a vote for whoever holds
// it, so there must not be many more of them than voters.
func spareSlips(people int) int { return 10 + people/10 }

// Print makes a box of slips and gives their codes, in a random order, to be
// printed and let go. Who asks runs the edition. Refusals: Conflict when slips
// are no source or it is too late, Invalid when the number is not 1 to MostSlips
// or there would be many more slips than pupils on the roll.
func (s *Service) Print(ctx context.Context, who access.Actor, id budget.EditionID, n int, district string) (box int, codes []Code, err error) {
	defer fault.Wrap(&err, "print slips of edition %s", id)
	e, err := s.runs(ctx, who, id)
	if err != nil {
		return 0, nil, err
	}
	if err := s.takes(e, budget.Slips); err != nil {
		return 0, nil, err
	}
	pools, ok := poolsFor(e, district)
	if !ok {
		return 0, nil, fault.InvalidFields([]fault.Field{{Name: "dzielnica", Key: "vote.fault.district"}})
	}
	if n < 1 || n > MostSlips {
		return 0, nil, slipsFault("vote.fault.how_many", MostSlips)
	}
	key, err := s.markKey(ctx, e.ID)
	if err != nil {
		return 0, nil, err
	}
	var list []newcomer
	for range n {
		c := drawCode()
		codes = append(codes, c)
		list = append(list, newcomer{Elector: Elector{Edition: e.ID, ID: newElector(), Source: budget.Slips}, Mark: key.slip(c.Letters()), Pools: pools})
	}
	box, err = s.putBox(ctx, who, e, pools, list)
	return box, codes, err
}

func slipsFault(key string, n int) error {
	return fault.InvalidFields([]fault.Field{{Name: "liczba", Key: key, Args: []any{"n", n}}})
}

func (s *Service) putBox(ctx context.Context, who access.Actor, e budget.Edition, pools []budget.PoolID, list []newcomer) (no int, err error) {
	at := s.now()
	return no, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Get(ctx, &no, `select coalesce(max(no), 0) + 1 from budget_boxes where edition = ?`, e.ID); err != nil {
			return err
		}
		// The row of the box first: of two printings at once, one gives way.
		_, err := tx.Exec(ctx, `insert into budget_boxes (edition, no, pools, printed, printed_by, printed_at, state) values (?, ?, ?, ?, ?, ?, ?)`,
			e.ID, no, joinPools(pools), len(list), who.Person, at.Unix(), boxOpen)
		if db.Duplicate(err) {
			return fault.New(fault.Conflict, "vote.fault.print_again")
		}
		if err != nil {
			return err
		}
		if err := enoughSlips(ctx, tx, e); err != nil {
			return err
		}
		fresh, err := add(ctx, tx, list)
		if err != nil {
			return err
		}
		if fresh != len(list) {
			return fault.New(fault.Conflict, "vote.fault.print_again") // a code drawn twice
		}
		if err := addSlips(ctx, tx, no, list); err != nil {
			return err
		}
		return note(ctx, tx, who, e, "vote.print", map[string]string{"box": number(no), "n": number(len(list))}, at)
	})
}

// enoughSlips refuses more slips than people on the rosters could need. A desk
// for everybody has no such number.
func enoughSlips(ctx context.Context, tx *db.Tx, e budget.Edition) error {
	if !e.Rules.Who.Has(budget.Roster) {
		return nil
	}
	people, printed := 0, 0
	if err := tx.Get(ctx, &people, `select count(*) from budget_electors where edition = ? and source = ?`, e.ID, budget.Roster); err != nil {
		return err
	}
	if err := tx.Get(ctx, &printed, `select coalesce(sum(printed), 0) from budget_boxes where edition = ? and state <> ?`, e.ID, boxVoid); err != nil {
		return err
	}
	if most := people + spareSlips(people); printed > most {
		return slipsFault("vote.fault.too_many_slips", most)
	}
	return nil
}

func addSlips(ctx context.Context, tx *db.Tx, box int, list []newcomer) error {
	for some := range slices.Chunk(list, db.MaxParams/3) {
		var args []any
		for _, n := range some {
			args = append(args, n.Edition, n.ID, box)
		}
		if _, err := tx.Exec(ctx, `insert into budget_slips (edition, elector, box) values `+db.Marks(len(some), 3), args...); err != nil {
			return err
		}
	}
	return nil
}

// Boxes are the boxes of an edition, by number.
func Boxes(ctx context.Context, r db.Reader, e budget.EditionID) (list []Box, err error) {
	return list, r.Select(ctx, &list, `select `+boxColumns+` from budget_boxes b where b.edition = ? order by b.no`, e)
}

// VoidBox declares that a box was lost: slips of it that were not used open
// nothing from now on, and nobody learns how many were. Words say what happened.
func (s *Service) VoidBox(ctx context.Context, who access.Actor, id budget.EditionID, no int, words string) (err error) {
	defer fault.Wrap(&err, "void box %d of edition %s", no, id)
	e, err := s.runs(ctx, who, id)
	if err != nil {
		return err
	}
	if words, err = readWords(words); err != nil {
		return err
	}
	if err := s.takes(e, budget.Slips); err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update budget_boxes set state = ?, words = ?, settled_by = ?, settled_at = ? where edition = ? and no = ? and state = ?`,
			boxVoid, words, who.Person, at.Unix(), e.ID, no, boxOpen)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "vote.fault.box_done")
		}
		if err := void(ctx, tx, e.ID, `select l.elector from budget_slips l where l.edition = ? and l.box = ?`, e.ID, no); err != nil {
			return err
		}
		return note(ctx, tx, who, e, "vote.void_box", map[string]string{"box": number(no), "words": words}, at)
	})
}

func readWords(words string) (string, error) {
	words = strings.TrimSpace(words)
	if words == "" || utf8.RuneCountInString(words) > 500 {
		return "", fault.InvalidFields([]fault.Field{{Name: "opis", Key: "vote.fault.words"}})
	}
	return words, nil
}

// SettleBox records that two people counted what was left in a box after the
// last hour of the vote and destroyed it. With is the second of them: another
// person who works at the desk or runs the edition there, else Invalid.
func (s *Service) SettleBox(ctx context.Context, who access.Actor, id budget.EditionID, no, left int, with access.PersonID, words string) (err error) {
	defer fault.Wrap(&err, "settle box %d of edition %s", no, id)
	e, err := s.atDesk(ctx, who, id)
	if err != nil {
		return err
	}
	if !s.voteOver(e) {
		return fault.New(fault.Conflict, "vote.fault.not_closed")
	}
	if err := s.checkSettling(ctx, who, e, no, left, with, words); err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update budget_boxes set state = ?, left_over = ?, settled_by = ?, settled_with = ?, settled_at = ?, words = ?
			where edition = ? and no = ? and state = ?`, boxSettled, left, who.Person, with, at.Unix(), strings.TrimSpace(words), e.ID, no, boxOpen)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "vote.fault.box_done")
		}
		return note(ctx, tx, who, e, "vote.settle_box", map[string]string{"box": number(no), "n": number(left), "with_person": string(with)}, at)
	})
}

func (s *Service) checkSettling(ctx context.Context, who access.Actor, e budget.Edition, no, left int, with access.PersonID, words string) error {
	printed := 0
	if err := s.db.Get(ctx, &printed, `select printed from budget_boxes where edition = ? and no = ?`, e.ID, no); err != nil {
		return err
	}
	may, err := s.Seconds(ctx, who, e)
	if err != nil {
		return err
	}
	var faults []fault.Field
	if left < 0 || left > printed {
		faults = append(faults, fault.Field{Name: "liczba", Key: "vote.fault.how_many_left", Args: []any{"n", printed}})
	}
	if !slices.Contains(may, with) {
		faults = append(faults, fault.Field{Name: "druga", Key: "vote.fault.second"})
	}
	if utf8.RuneCountInString(words) > 500 {
		faults = append(faults, fault.Field{Name: "opis", Key: "vote.fault.words"})
	}
	return fault.InvalidFields(faults)
}

// Seconds are those who can be the second of two people: everybody at the desk
// of the edition but the one who asks, and those on whose behalf they ask.
func (s *Service) Seconds(ctx context.Context, who access.Actor, e budget.Edition) ([]access.PersonID, error) {
	list, err := s.People.Holders(ctx, access.BudgetDesk, e.Owner)
	return slices.DeleteFunc(list, func(id access.PersonID) bool { return id == who.Person || id == who.For }), err
}
