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
	LeftOver    int              `db:"left_over"`    // counted and destroyed, as two people say
	SettledBy   access.PersonID  `db:"settled_by"`   // counted it, or declared it lost
	SettledWith access.PersonID  `db:"settled_with"` // confirmed the count
	SettledAt   int64            `db:"settled_at"`
	Words       string           `db:"words"`
	Counted     int              `db:"counted"` // what the first of two people found
	Doubt       string           `db:"doubt"`   // why the second did not agree with the last count
}

const boxColumns = `b.edition, b.no, b.pools, b.printed, b.printed_by, b.printed_at, b.state, b.left_over, b.settled_by, b.settled_with, b.settled_at, b.words, b.counted, b.doubt`

// States of a box. A box that one person has counted is stored as open with that
// person in it: whoever asks which boxes are settled needs not know of it, and
// when officers are forgotten it is open again, for two people to count it anew.
const (
	boxOpen    = "open"    // its slips are handed out
	boxVoid    = "void"    // lost: its slips that were not used open nothing any more
	boxSettled = "settled" // what was left was counted and destroyed
	boxCounted = "counted" // see Box.Stage; never stored
)

// Stage is the state of a box, with boxCounted while the count of one person waits
// for another.
func (b Box) Stage() string {
	if b.State == boxOpen && b.SettledBy != "" {
		return boxCounted
	}
	return b.State
}

// counter tells that the actor has counted the box, or acts for who did.
func (b Box) counter(who access.Actor) bool { return isOne(who, b.SettledBy, b.SettledWith) }

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
	most, printed, err := mostSlips(ctx, tx, e)
	if err == nil && printed > most {
		err = slipsFault("vote.fault.too_many_slips", most)
	}
	return err
}

// mostSlips is how many slips the people on the rosters could need, and how many were
// printed.
func mostSlips(ctx context.Context, r db.Reader, e budget.Edition) (most, printed int, err error) {
	people := 0
	if err := r.Get(ctx, &people, `select count(*) from budget_electors where edition = ? and source = ?`, e.ID, budget.Roster); err != nil {
		return 0, 0, err
	}
	err = r.Get(ctx, &printed, `select coalesce(sum(printed), 0) from budget_boxes where edition = ? and state <> ?`, e.ID, boxVoid)
	return people + spareSlips(people), printed, err
}

// SlipsLeft is how many slips can be printed at once: MostSlips, or fewer where the
// rosters tell how many are needed. It may be 0.
func SlipsLeft(ctx context.Context, r db.Reader, e budget.Edition) (int, error) {
	if !e.Rules.Who.Has(budget.Roster) {
		return MostSlips, nil
	}
	most, printed, err := mostSlips(ctx, r, e)
	return max(0, min(MostSlips, most-printed)), err
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
		n, err := tx.Exec(ctx, `update budget_boxes set state = ?, words = ?, settled_by = ?, settled_with = '', settled_at = ? where edition = ? and no = ? and state = ?`,
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
