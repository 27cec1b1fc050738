package survey

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Part is how many were invited and answered. Invited counts people on the
// list; those who come by the link of a staff room are counted by its seats.
type Part struct {
	Unit     string `db:"unit"` // "" in the sum
	Invited  int    `db:"invited"`
	Answered int    `db:"answered"` // of the invited
	Seats    int    `db:"seats"`    // of the links
	Used     int    `db:"used"`     // of the seats
}

// add counts more people of the unit.
func (p *Part) add(more Part) {
	p.Invited += more.Invited
	p.Answered += more.Answered
	p.Seats += more.Seats
	p.Used += more.Used
}

// roundParts has a row per unit and source. Of an opened round the list is gone
// and survey_units stands for it; before that survey_units is empty.
const roundParts = `select unit, cast(count(*) as bigint) as invited, cast(sum(case when answered then 1 else 0 end) as bigint) as answered,
		0 as seats, 0 as used from survey_invited where round = ? group by unit
	union all select unit, invited, answered, 0 as seats, 0 as used from survey_units where round = ?
	union all select unit, 0 as invited, 0 as answered, seats, used from survey_links where round = ?`

// Parts is how many were invited and answered in each unit, by the unit's id.
// These are figures of participation, not answers: they are exact.
func Parts(ctx context.Context, r db.Reader, round RoundID) ([]Part, error) {
	var rows []Part
	if err := r.Select(ctx, &rows, roundParts, round, round, round); err != nil {
		return nil, err
	}
	byUnit := map[string]int{}
	var parts []Part
	for _, row := range rows {
		at, known := byUnit[row.Unit]
		if !known {
			at = len(parts)
			byUnit[row.Unit] = at
			parts = append(parts, Part{Unit: row.Unit})
		}
		parts[at].add(row)
	}
	slices.SortFunc(parts, func(a, b Part) int { return cmp.Compare(a.Unit, b.Unit) })
	return parts, nil
}

// PartOf is the same for the whole round.
func PartOf(ctx context.Context, r db.Reader, round RoundID) (sum Part, err error) {
	parts, err := Parts(ctx, r, round)
	for _, p := range parts {
		sum.add(p)
	}
	return sum, err
}

// Unsigned is how many answers of each unit came without anybody being signed in:
// by the link of its staff room, or typed in from paper. Any number of those of a
// unit may be of one hand, and whoever made them up knows them. What is published
// of the round must keep k people beside them: see MostUnsigned. The numbers are
// kept with the round, also when it is opened.
func Unsigned(ctx context.Context, r db.Reader, round RoundID) (units map[string]int, err error) {
	units = map[string]int{}
	return units, r.Each(ctx, func(scan func(...any) error) error {
		var unit string
		var n int
		err := scan(&unit, &n)
		if n > 0 {
			units[unit] += n
		}
		return err
	}, `select unit, used from survey_links where round = ? union all select unit, typed from survey_paper where round = ?`, round, round)
}

// MostUnsigned is the largest number of Unsigned answers of one unit: so much is
// added to k in a release of the round (disclosure.Release.K).
func MostUnsigned(ctx context.Context, r db.Reader, round RoundID) (most int, err error) {
	units, err := Unsigned(ctx, r, round)
	for _, n := range units {
		most = max(most, n)
	}
	return most, err
}

// Rosters is how many people are invited in each unit.
func Rosters(ctx context.Context, r db.Reader, round RoundID) (map[string]int, error) {
	parts, err := Parts(ctx, r, round)
	rosters := map[string]int{}
	for _, p := range parts {
		if p.Invited > 0 {
			rosters[p.Unit] = p.Invited
		}
	}
	return rosters, err
}

// HasAnswered tells whether a person is on the list of a round and has answered.
// Of a round that is opened nobody knows that any more.
func HasAnswered(ctx context.Context, r db.Reader, round RoundID, person string) (asked, answered bool, err error) {
	err = r.Get(ctx, &answered, `select answered from survey_invited where round = ? and person = ?`, round, person)
	if errors.Is(err, fault.ErrNotFound) {
		return false, false, nil
	}
	return err == nil, answered, err
}

// Silent are invited people who have not answered, after a person's id, by id:
// for a reminder. Of a round that is opened there are none.
func Silent(ctx context.Context, r db.Reader, round RoundID, after string, limit int) (list []Invited, err error) {
	err = r.Select(ctx, &list, `select person, unit from survey_invited
		where round = ? and person > ? and answered = false order by person limit ?`, round, after, limit)
	return list, err
}

// Waiting are the open rounds in which a person is asked and has not answered,
// by their end: what stands on their desk.
func (s *Service) Waiting(ctx context.Context, r db.Reader, person string) (list []Round, err error) {
	at := s.now().Unix()
	err = r.Select(ctx, &list, `select r.id, r.owner, r.object, r.definition, r.mode, r.state, r.opens_at, r.closes_at, r.public_key,
			r.size, r.envelopes, r.readable, r.revision
		from survey_invited i join survey_rounds r on r.id = i.round
		where i.person = ? and i.answered = false and r.state = 'open' and r.opens_at <= ? and r.closes_at > ?
		order by r.closes_at, r.id`, person, at, at)
	return list, err
}
