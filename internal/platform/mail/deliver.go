package mail

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// State is what became of a letter.
type State string

// The states of a letter.
const (
	waiting State = "waiting" // a job will hand it over
	kept    State = "kept"    // no server is set: it waits for the office
	sent    State = "sent"    // the server took it
	failed  State = "failed"  // given up; the office may try again
	dropped State = "dropped" // the office gave it up
)

var states = [...]State{waiting, kept, sent, failed, dropped}

// keptFor is how long the row of a letter stays.
const keptFor = 30 * 24 * time.Hour

// delivery is the payload of the job.
type delivery struct {
	Letter string `json:"letter"`
}

// Jobs registers the work of this package.
func (s *Service) Jobs(r *jobs.Registry) {
	jobs.On(r, "mail.deliver", s.deliver)
	r.Every("mail.sweep", 24*time.Hour, s.Sweep)
}

// deliver hands one letter over. What the server refuses for good parks the job
// at once; everything else is tried again with growing waits.
func (s *Service) deliver(ctx context.Context, job jobs.Job, p delivery) error {
	l, err := letterByID(ctx, s.db, p.Letter)
	if fault.KindOf(err) == fault.NotFound || err == nil && l.Words == "" {
		return nil // swept, delivered by an earlier run, or dropped meanwhile
	}
	if err != nil {
		return err
	}
	if s.smtp == nil {
		return s.settle(ctx, l.ID, kept, failure{})
	}
	err = s.attempt(ctx, l)
	if err == nil {
		return s.settle(ctx, l.ID, sent, failure{})
	}
	var f *failure
	if !errors.As(err, &f) {
		return err
	}
	final := f.trouble == refused || f.trouble == unreadable
	state := waiting
	if final || job.Attempt >= job.MaxAttempts {
		state = failed
	}
	if err := s.settle(ctx, l.ID, state, *f); err != nil {
		return err
	}
	if final {
		return jobs.Permanent(f)
	}
	return f
}

func (s *Service) attempt(ctx context.Context, l row) error {
	to, w, err := s.open(l)
	if err != nil {
		return &failure{trouble: unreadable}
	}
	m, err := s.compose(l.ID, to, l.Lang, w, s.now())
	if err != nil {
		return &failure{trouble: unreadable}
	}
	return s.hand(ctx, m)
}

// open unseals a letter.
func (s *Service) open(l row) (to string, w words, err error) {
	address, err := s.keys.Unseal("mail address", l.ID, l.Address)
	if err != nil {
		return "", w, err
	}
	data, err := s.keys.Unseal("mail", l.ID, l.Words)
	if err != nil {
		return "", w, err
	}
	return string(address), w, json.Unmarshal(data, &w)
}

// settle writes what became of a letter, unless the office dropped it while the
// server was spoken to. The words of a delivered one go.
func (s *Service) settle(ctx context.Context, id string, state State, f failure) error {
	at := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update mail_letters set state = ?, trouble = ?, code = ?, settled_at = ?,
			words = case when ? = 'sent' then '' else words end
			where id = ? and state <> 'dropped'`, state, f.trouble, f.code, at, string(state), id)
		return err
	})
}

// Sweep deletes the rows that are older than a month.
func (s *Service) Sweep(ctx context.Context) error {
	before := s.now().Add(-keptFor).Unix()
	const batch = 500
	for {
		var n int64
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = tx.Exec(ctx, `delete from mail_letters where id in
				(select id from mail_letters where created_at < ? order by created_at limit ?)`, before, batch)
			return err
		})
		if err != nil || n < batch {
			return err
		}
	}
}
