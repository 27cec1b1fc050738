package mail

import (
	"context"
	"errors"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// row is a letter as it lies in the table.
type row struct {
	ID        string `db:"id"`
	Topic     string `db:"topic"`
	Person    string `db:"person"`
	Lang      string `db:"lang"`
	Address   string `db:"address"`
	Recipient string `db:"recipient"`
	Domain    string `db:"domain"`
	Words     string `db:"words"`
	Secret    bool   `db:"secret"`
	State     State  `db:"state"`
	Trouble   string `db:"trouble"`
	Code      int    `db:"code"`
	Job       string `db:"job"`
	CreatedAt int64  `db:"created_at"`
	SettledAt int64  `db:"settled_at"`
}

func (l row) created() time.Time { return time.Unix(l.CreatedAt, 0) }
func (l row) settled() time.Time { return time.Unix(l.SettledAt, 0) }

func letterByID(ctx context.Context, r db.Reader, id string) (l row, err error) {
	err = r.Get(ctx, &l, `select id, topic, person, lang, address, recipient, domain, words, secret, state, trouble, code, job,
		created_at, settled_at from mail_letters where id = ?`, id)
	return l, err
}

// Refused tells when a server last refused letters to this address for good,
// if no letter was taken there since; the zero time says that none was.
func (s *Service) Refused(ctx context.Context, address string) (time.Time, error) {
	return s.refusedAt(ctx, s.hash(address))
}

func (s *Service) refusedAt(ctx context.Context, recipient string) (time.Time, error) {
	var last struct {
		State     State  `db:"state"`
		Trouble   string `db:"trouble"`
		SettledAt int64  `db:"settled_at"`
	}
	err := s.db.Get(ctx, &last, `select state, trouble, settled_at from mail_letters
		where recipient = ? and (state = 'sent' or trouble = 'refused') order by id desc limit 1`, recipient)
	if errors.Is(err, fault.ErrNotFound) || err == nil && last.State == sent {
		return time.Time{}, nil
	}
	return time.Unix(last.SettledAt, 0), err
}

// Kept is one letter of a person, for the download of all that is held.
type Kept struct {
	Topic   string `json:"topic"`
	State   State  `json:"state"`
	Address string `json:"address"`
	Written int64  `json:"written"` // UTC seconds
}

// Held lists the letters to a person that are still known of, without their
// words: those are in the person's own mailbox, or not delivered yet.
func (s *Service) Held(ctx context.Context, person string) ([]Kept, error) {
	if person == "" {
		return nil, nil
	}
	var rows []row
	err := s.db.Select(ctx, &rows, `select id, topic, address, state, created_at from mail_letters where person = ? order by id`, person)
	var list []Kept
	for _, l := range rows {
		to, err := s.keys.Unseal("mail address", l.ID, l.Address)
		if err != nil {
			to = nil
		}
		list = append(list, Kept{l.Topic, l.State, string(to), l.CreatedAt})
	}
	return list, err
}

// Erase deletes all letters to a person, those that wait as well, and tells how
// many that was.
func (s *Service) Erase(ctx context.Context, tx *db.Tx, person string) (int, error) {
	if person == "" {
		return 0, nil
	}
	n, err := tx.Exec(ctx, `delete from mail_letters where person = ?`, person)
	return int(n), err
}
