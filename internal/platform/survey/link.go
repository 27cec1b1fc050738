package survey

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"net/url"
	"strconv"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Link is the link of a staff room: whoever has it answers for the unit, and
// nobody is known. So many may as it has seats.
//
// Whoever gives out a link can answer by it as often as there are seats, and so
// can whoever finds it. Who runs a unit's list gives few more than the people it
// has, and what is published reckons with all of a unit's answers without a name
// being one person's (Unsigned).
type Link struct {
	Unit  string `db:"unit"`
	No    int    `db:"no"`
	Seats int    `db:"seats"`
	Used  int    `db:"used"`
	Path  string `db:"-"`
}

// linkPurpose is what the keys of links are computed for.
const linkPurpose = "survey.link"

const (
	// mostSeats bounds the seats of one link, whoever gives them.
	mostSeats = 500
	// leastSeats is what may be given where hardly anybody has an account.
	leastSeats = 20
	// seatsEach is how many seats may be given for one person on the list: some
	// of a staff room are not on it.
	seatsEach = 2
)

// SeatsFor is how many seats whoever runs the list of a unit may give: twice the
// people of it who are invited, 20 where they are few, and what the link has
// already. More are given by whoever runs the round (GrantSeats).
func SeatsFor(ctx context.Context, r db.Reader, round RoundID, unit string) (most int, err error) {
	var invited, has int
	if err := r.Get(ctx, &invited, `select count(*) from survey_invited where round = ? and unit = ?`, round, unit); err != nil {
		return 0, err
	}
	err = r.Get(ctx, &has, `select seats from survey_links where round = ? and unit = ?`, round, unit)
	if errors.Is(err, fault.ErrNotFound) {
		err = nil
	}
	return max(min(mostSeats, max(leastSeats, seatsEach*invited)), has), err
}

// linkKey is 128 bits that only this installation can compute. A number raised
// makes all links given out before worthless.
func (s *Service) linkKey(round RoundID, unit string, no int) string {
	return hex.EncodeToString(s.keys.MAC(linkPurpose, string(round), unit, strconv.Itoa(no))[:16])
}

// LinkOf reads the link of a unit; one with no seats when none was made.
func (s *Service) LinkOf(ctx context.Context, r db.Reader, round RoundID, unit string) (Link, error) {
	l := Link{Unit: unit, No: 1}
	err := r.Get(ctx, &l, `select unit, no, seats, used from survey_links where round = ? and unit = ?`, round, unit)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return l, err
	}
	l.Path = Path(round) + "/" + url.PathEscape(unit) + "/" + s.linkKey(round, unit, l.No)
	return l, nil
}

// SetSeats says how many may answer by the link of a unit: no fewer than did
// already, and no more than SeatsFor. Renew makes a new link and leaves the old
// one worthless. Who may is asked by the caller: it is for whoever runs the list
// of the unit. Invalid survey.fault.seats, survey.fault.seats_more; Conflict when
// the round is over.
func (s *Service) SetSeats(ctx context.Context, by audit.By, round RoundID, unit string, seats int, renew bool) error {
	return s.setSeats(ctx, by, round, unit, seats, renew, false)
}

// GrantSeats is SetSeats for whoever runs the round, who is bound only by 500.
func (s *Service) GrantSeats(ctx context.Context, by audit.By, round RoundID, unit string, seats int) error {
	return s.setSeats(ctx, by, round, unit, seats, false, true)
}

func (s *Service) setSeats(ctx context.Context, by audit.By, round RoundID, unit string, seats int, renew, grant bool) (err error) {
	defer fault.Wrap(&err, "link of %s in round %s", unit, round)
	refuse := func(key string, most int) error {
		return fault.InvalidFields([]fault.Field{{Name: fieldSeats, Key: key, Args: []any{"most", most}}})
	}
	if seats < 0 || unit == "" || len(unit) > maxUnit || grant && seats > mostSeats {
		return refuse("survey.fault.seats", mostSeats)
	}
	raise := 0
	if renew {
		raise = 1
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rd, err := s.RoundByID(ctx, tx, round)
		if err != nil {
			return err
		}
		if rd.State != Planned && rd.State != Open {
			return fault.New(fault.Conflict, "survey.fault.over")
		}
		most := mostSeats
		if !grant {
			if most, err = SeatsFor(ctx, tx, round, unit); err != nil {
				return err
			}
			if seats > most {
				return refuse("survey.fault.seats_more", most)
			}
		}
		n, err := tx.Exec(ctx, `insert into survey_links (round, unit, no, seats) values (?, ?, 1, ?)
			on conflict (round, unit) do update set seats = excluded.seats, no = survey_links.no + ?
			where survey_links.used <= excluded.seats`, round, unit, seats, raise)
		if err != nil {
			return err
		}
		if n == 0 {
			return refuse("survey.fault.seats", most)
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: actLink, Object: "survey", ObjectID: string(round),
			Institution: unit, Details: map[string]string{"n": strconv.Itoa(seats)}}, s.now())
	})
}

// ByLink finds what a link leads to. A wrong key, and one that was replaced, is
// NotFound.
func (s *Service) ByLink(ctx context.Context, round RoundID, unit, key string) (rd Round, l Link, err error) {
	if l, err = s.LinkOf(ctx, s.db, round, unit); err != nil {
		return rd, l, err
	}
	if !hmac.Equal([]byte(key), []byte(s.linkKey(round, unit, l.No))) {
		return rd, l, fault.ErrNotFound
	}
	rd, err = s.RoundByID(ctx, s.db, round)
	return rd, l, err
}

// AnswerByLink takes the answers of somebody in a staff room. Faults as Answer,
// and Conflict survey.fault.link_full, NotFound for a wrong link.
func (s *Service) AnswerByLink(ctx context.Context, round RoundID, unit, key string, g Given) error {
	rd, l, err := s.ByLink(ctx, round, unit, key)
	if err != nil {
		return err
	}
	f, err := s.fold(ctx, rd, unit, "", g)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		fresh, err := lay(ctx, tx, rd, f, g)
		if err != nil || !fresh {
			return err
		}
		n, err := tx.Exec(ctx, `update survey_links set used = used + 1
			where round = ? and unit = ? and no = ? and used < seats and `+roundOpen, round, unit, l.No, round, g.Definition)
		if err != nil || n > 0 {
			return err
		}
		return s.linkRefused(ctx, tx, rd.ID, l, g)
	})
}

func (s *Service) linkRefused(ctx context.Context, tx *db.Tx, round RoundID, l Link, g Given) error {
	rd, err := s.RoundByID(ctx, tx, round)
	if err != nil {
		return err
	}
	if err := rd.takes(g.At); err != nil {
		return err
	}
	now, err := s.LinkOf(ctx, tx, round, l.Unit)
	if err != nil {
		return err
	}
	if now.No != l.No {
		return fault.ErrNotFound
	}
	return fault.New(fault.Conflict, "survey.fault.link_full", "seats", now.Seats)
}
