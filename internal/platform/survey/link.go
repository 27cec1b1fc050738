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
type Link struct {
	Unit  string `db:"unit"`
	No    int    `db:"no"`
	Seats int    `db:"seats"`
	Used  int    `db:"used"`
	Path  string `db:"-"`
}

// linkPurpose is what the keys of links are computed for.
const linkPurpose = "survey.link"

// mostSeats bounds the seats of one link.
const mostSeats = 500

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
// already. Renew makes a new link and leaves the old one worthless. Who may is
// asked by the caller. Invalid survey.fault.seats; Conflict when the round is over.
func (s *Service) SetSeats(ctx context.Context, by audit.By, round RoundID, unit string, seats int, renew bool) (err error) {
	defer fault.Wrap(&err, "link of %s in round %s", unit, round)
	wrong := fault.InvalidFields([]fault.Field{{Name: fieldSeats, Key: "survey.fault.seats", Args: []any{"most", mostSeats}}})
	if seats < 0 || seats > mostSeats || unit == "" || len(unit) > maxUnit {
		return wrong
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
		n, err := tx.Exec(ctx, `insert into survey_links (round, unit, no, seats) values (?, ?, 1, ?)
			on conflict (round, unit) do update set seats = excluded.seats, no = survey_links.no + ?
			where survey_links.used <= excluded.seats`, round, unit, seats, raise)
		if err != nil {
			return err
		}
		if n == 0 {
			return wrong
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
