package vote

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Slips that were left over are votes that nobody cast. Two people count and
// destroy them after the last hour: one types what they found, and another, who
// was there, reads the number on the same page and confirms it or says why not. A
// box is settled by the second word alone.

// CountBox notes what one person found in a box after the last hour of the vote;
// words are remarks, or "". Who may: BudgetDesk at the owner. The box waits for
// another person then (Box.Stage). Faults: Conflict vote.fault.not_closed, box_done
// when it is counted, settled or void; Invalid at the fields liczba and opis.
func (s *Service) CountBox(ctx context.Context, who access.Actor, id budget.EditionID, no, left int, words string) (err error) {
	defer fault.Wrap(&err, "count box %d of edition %s", no, id)
	e, err := s.atDesk(ctx, who, id)
	if err != nil {
		return err
	}
	if !s.voteOver(e) {
		return fault.New(fault.Conflict, "vote.fault.not_closed")
	}
	words = strings.TrimSpace(words)
	if err := s.checkCount(ctx, e, no, left, words); err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update budget_boxes set counted = ?, settled_by = ?, settled_with = ?, settled_at = ?, words = ?, doubt = ''
			where edition = ? and no = ? and state = ? and settled_by = ''`, left, who.Person, who.For, at.Unix(), words, e.ID, no, boxOpen)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "vote.fault.box_done")
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, who, e, "vote.count_box", map[string]string{"box": number(no), "n": number(left), "words": words}, at)
	})
}

func (s *Service) checkCount(ctx context.Context, e budget.Edition, no, left int, words string) error {
	printed := 0
	if err := s.db.Get(ctx, &printed, `select printed from budget_boxes where edition = ? and no = ?`, e.ID, no); err != nil {
		return err
	}
	var faults []fault.Field
	if left < 0 || left > printed {
		faults = append(faults, fault.Field{Name: "liczba", Key: "vote.fault.how_many_left", Args: []any{"n", printed}})
	}
	if utf8.RuneCountInString(words) > 500 {
		faults = append(faults, fault.Field{Name: "opis", Key: "vote.fault.words"})
	}
	return fault.InvalidFields(faults)
}

// ConfirmBox settles a box that another person has counted: so many slips were
// left, and they are destroyed. Left is the number that was read, lest another one
// is confirmed that came meanwhile. Who may: BudgetDesk at the owner, never who
// counted it (Forbidden vote.fault.box_same). Conflict vote.fault.box_changed.
func (s *Service) ConfirmBox(ctx context.Context, who access.Actor, id budget.EditionID, no, left int) (err error) {
	defer fault.Wrap(&err, "confirm box %d of edition %s", no, id)
	return s.answerBox(ctx, who, id, no, func(tx *db.Tx, e budget.Edition, b Box, at time.Time) error {
		if b.counter(who) {
			return fault.New(fault.Forbidden, "vote.fault.box_same")
		}
		n, err := tx.Exec(ctx, `update budget_boxes set state = ?, left_over = counted, settled_with = ?, settled_at = ?
			where edition = ? and no = ? and state = ? and settled_by = ? and counted = ?`, boxSettled, who.Person, at.Unix(), e.ID, no, boxOpen, b.SettledBy, left)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "vote.fault.box_changed")
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, who, e, "vote.settle_box", map[string]string{"box": number(no), "n": number(left), "with_person": string(b.SettledBy)}, at)
	})
}

// DoubtBox puts a box that was counted back: its slips are counted anew. Words say
// why; they stand on its page until then, and in the log with the number that was
// not agreed with. Who may: BudgetDesk at the owner, who counted it too.
func (s *Service) DoubtBox(ctx context.Context, who access.Actor, id budget.EditionID, no int, words string) (err error) {
	defer fault.Wrap(&err, "doubt the count of box %d of edition %s", no, id)
	return s.answerBox(ctx, who, id, no, func(tx *db.Tx, e budget.Edition, b Box, at time.Time) error {
		words, err := readWords(words)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update budget_boxes set counted = 0, settled_by = '', settled_with = '', settled_at = 0, words = '', doubt = ?
			where edition = ? and no = ? and state = ? and settled_by = ?`, words, e.ID, no, boxOpen, b.SettledBy)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "vote.fault.box_changed")
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, who, e, "vote.doubt_box", map[string]string{"box": number(no), "n": number(b.Counted), "with_person": string(b.SettledBy), "words": words}, at)
	})
}

// answerBox does something with a box that was counted and waits for an answer.
func (s *Service) answerBox(ctx context.Context, who access.Actor, id budget.EditionID, no int, do func(*db.Tx, budget.Edition, Box, time.Time) error) error {
	e, err := s.atDesk(ctx, who, id)
	if err != nil {
		return err
	}
	if !s.voteOver(e) {
		return fault.New(fault.Conflict, "vote.fault.not_closed")
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var b Box
		if err := tx.Get(ctx, &b, `select `+boxColumns+` from budget_boxes b where b.edition = ? and b.no = ?`, e.ID, no); err != nil {
			return err
		}
		switch b.Stage() {
		case boxCounted:
			return do(tx, e, b, at)
		case boxOpen:
			return fault.New(fault.Conflict, "vote.fault.box_changed")
		}
		return fault.New(fault.Conflict, "vote.fault.box_done")
	})
}

// Seconds are those who can be the second of two people: everybody at the desk
// of the edition but the one who asks, and those on whose behalf they ask.
func (s *Service) Seconds(ctx context.Context, who access.Actor, e budget.Edition) ([]access.PersonID, error) {
	list, err := s.People.Holders(ctx, access.BudgetDesk, e.Owner)
	return slices.DeleteFunc(list, func(id access.PersonID) bool { return id == who.Person || id == who.For }), err
}
