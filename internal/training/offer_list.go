package training

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/law"
	"kladka/internal/platform/web"
)

// Shelf is a part of a center's list of trainings.
type Shelf string

// The shelves.
const (
	ShelfDrafts Shelf = "robocze"
	ShelfOpen   Shelf = "biezace"    // published and postponed
	ShelfHeld   Shelf = "rozliczane" // held, hours not settled
	ShelfPast   Shelf = "zakonczone" // closed
	ShelfOff    Shelf = "odwolane"   // canceled
	listPage          = 30
)

// Shelves are all in the order shown.
func Shelves() []Shelf { return []Shelf{ShelfDrafts, ShelfOpen, ShelfHeld, ShelfPast, ShelfOff} }

func (x Shelf) states() []TrainingState {
	switch x {
	case ShelfDrafts:
		return []TrainingState{Draft}
	case ShelfOpen:
		return []TrainingState{Published, Postponed}
	case ShelfHeld:
		return []TrainingState{Held}
	case ShelfPast:
		return []TrainingState{Closed}
	}
	return []TrainingState{Canceled}
}

// Shelved lists trainings of a center, a page from the cursor on: drafts the
// newest first, open ones by their beginning (those without a date stand
// first), the others the latest first. Who may: whoever manages trainings there.
func (s *Service) Shelved(ctx context.Context, who access.Actor, center access.InstitutionID, x Shelf, at web.Cursor) (all []Training, more bool, err error) {
	if err := who.MayAt(ctx, access.ManageTrainings, center); err != nil {
		return nil, false, err
	}
	text, args, err := db.In(`select `+Columns+` from training_trainings t where t.center = ? and t.state in (?)`, center, x.states())
	if err != nil {
		return nil, false, err
	}
	up := x == ShelfOpen
	key := `t.starts_at`
	if x == ShelfDrafts {
		key = `t.created_at`
	}
	if at.ID != "" {
		place, err := strconv.ParseInt(at.Key, 10, 64)
		if err != nil {
			return nil, false, fault.New(fault.BadRequest, "fault.bad_request")
		}
		sign := "<"
		if up != at.Back {
			sign = ">"
		}
		text += fmt.Sprintf(` and (%s %s ? or %s = ? and t.id %s ?)`, key, sign, key, sign)
		args = append(args, place, place, at.ID)
	}
	way := "desc"
	if up != at.Back {
		way = "asc"
	}
	text += fmt.Sprintf(` order by %s %s, t.id %s limit ?`, key, way, way)
	if err := s.db.Select(ctx, &all, text, append(args, listPage+1)...); err != nil {
		return nil, false, err
	}
	if more = len(all) > listPage; more {
		all = all[:listPage]
	}
	if at.Back {
		slices.Reverse(all)
	}
	return all, more, nil
}

// shelfCursor is the place of a training on a shelf.
func shelfCursor(x Shelf, t Training) web.Cursor {
	at := t.StartsAt
	if x == ShelfDrafts {
		at = t.CreatedAt
	}
	return web.Cursor{Key: strconv.FormatInt(at, 10), ID: string(t.ID)}
}

// shelfCounts counts the trainings of a center by state.
func (s *Service) shelfCounts(ctx context.Context, center access.InstitutionID) (map[Shelf]int, error) {
	var rows []struct {
		State TrainingState `db:"state"`
		N     int           `db:"n"`
	}
	if err := s.db.Select(ctx, &rows, `select state, count(*) as n from training_trainings where center = ? group by state`, center); err != nil {
		return nil, err
	}
	all := map[Shelf]int{}
	for _, row := range rows {
		for _, x := range Shelves() {
			if slices.Contains(x.states(), row.State) {
				all[x] += row.N
			}
		}
	}
	return all, nil
}

// Numbers are the numbers of the law that a training goes by where it has none
// of its own.
type Numbers struct {
	Threshold  law.Value // percent, for its length
	FreeDays   law.Value // working days
	OfferHours law.Value
}

// NumbersOf reads them as they hold today.
func (s *Service) NumbersOf(ctx context.Context, r db.Reader, t Training) (n Numbers, err error) {
	on := s.now()
	short, err := s.Law.Int(ctx, r, ShortHours, on)
	if err != nil {
		return n, err
	}
	key := LongThreshold
	if int64(t.Hours) <= short.Int {
		key = ShortThreshold
	}
	if n.Threshold, err = s.Law.Int(ctx, r, key, on); err != nil {
		return n, err
	}
	if n.FreeDays, err = s.Law.Int(ctx, r, FreeDays, on); err != nil {
		return n, err
	}
	n.OfferHours, err = s.Law.Int(ctx, r, OfferHours, on)
	return n, err
}
