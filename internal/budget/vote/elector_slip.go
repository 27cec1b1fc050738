package vote

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// EditionOfSlip is the edition whose slip says the code, of those in which people
// vote now; for whoever types the short address, which names none. Its refusals
// are those of ElectorOfSlip, and wrong codes are counted at the same place: a
// guess here costs what it costs there. Editions in voting are no more than there
// are schools and offices, and a mark is one hash, so all of them are tried.
func (s *Service) EditionOfSlip(ctx context.Context, network, typed string) (budget.EditionID, error) {
	code, err := ParseCode(typed)
	if err != nil {
		return "", err
	}
	marks, err := s.slipMarks(ctx, code)
	if err != nil {
		return "", err
	}
	id, err := editionMarked(ctx, s.db, marks)
	if errors.Is(err, fault.ErrNotFound) {
		return "", s.unknownCode(ctx, network, "vote.fault.code_nowhere")
	}
	return id, err
}

// unknownCode is the answer to a code that no slip has: Invalid under the key, or
// TooMany once the network has guessed too often. Codes are looked up before that
// is asked, so that a child who guesses in the computer room keeps nobody with a
// slip from voting; twelve letters are not guessed, however fast.
func (s *Service) unknownCode(ctx context.Context, network, key string) error {
	if err := s.countTry(ctx, s.tryPlace("slip", network), slipTries, s.now()); err != nil {
		return err
	}
	return codeFault(key)
}

// editionMark is the mark that a code has under the key of one edition.
type editionMark struct {
	Edition budget.EditionID
	Mark    string
}

// slipMarks are the marks of a code in every edition in voting that printed slips.
func (s *Service) slipMarks(ctx context.Context, code Code) (list []editionMark, err error) {
	var keys []struct {
		Edition budget.EditionID `db:"edition"`
		Sealed  string           `db:"sealed"`
	}
	err = s.db.Select(ctx, &keys, `select k.edition, k.sealed from budget_mark_keys k join budget_editions e on e.id = k.edition
		where e.state = ? and k.sealed <> '' and exists (select 1 from budget_boxes b where b.edition = k.edition) order by k.edition`, budget.Voting)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		key, err := s.openMarkKey(k.Edition, k.Sealed)
		if err != nil {
			return nil, err
		}
		list = append(list, editionMark{k.Edition, key.slip(code.Letters())})
	}
	return list, nil
}

// editionMarked is the edition that knows one of the marks, ErrNotFound when none
// does. Marks of different keys never meet, so a mark is of one edition alone.
func editionMarked(ctx context.Context, r db.Reader, list []editionMark) (id budget.EditionID, err error) {
	for some := range slices.Chunk(list, db.MaxParams/2) {
		var ids, marks []string
		for _, m := range some {
			ids, marks = append(ids, string(m.Edition)), append(marks, m.Mark)
		}
		query, args, err := db.In(`select edition from budget_electors where edition in (?) and mark in (?) and mark <> ''`, ids, marks)
		if err != nil {
			return "", err
		}
		if err = r.Get(ctx, &id, query, args...); !errors.Is(err, fault.ErrNotFound) {
			return id, err
		}
	}
	return "", fault.ErrNotFound
}
