// Package repeats remembers for a day how forms were answered, in the database,
// so that a form sent twice is done once whichever process gets it. It is the
// memory behind web.Idempotent; doors that are quiet never write here.
package repeats

import (
	"context"
	"embed"
	"errors"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Keep is how long an answer is remembered.
const Keep = 24 * time.Hour

// Store is the memory. It implements web.Repeats.
type Store struct {
	db  *db.DB
	now func() time.Time
}

// New makes the memory over a migrated database.
func New(d *db.DB, now func() time.Time) *Store { return &Store{d, now} }

var _ web.Repeats = (*Store)(nil)

// Claim takes the form when nobody had it within a day. Of two requests at once
// one gets it, on both databases: the row's key decides.
func (s *Store) Claim(ctx context.Context, form web.Sent) (mine bool, _ *web.Answer, err error) {
	defer fault.Wrap(&err, "claim a form")
	at := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `insert into repeats (hash, door, person, status, location, notice, at) values (?, ?, ?, 0, '', '', ?)
			on conflict (hash) do update set status = 0, location = '', notice = '', at = excluded.at where repeats.at <= ?`,
			form.Hash, form.Door, form.Person, at.Unix(), at.Add(-Keep).Unix())
		mine = n == 1
		return err
	})
	if err != nil || mine {
		return mine, nil, err
	}
	var row struct {
		Status   int    `db:"status"`
		Location string `db:"location"`
		Notice   string `db:"notice"`
	}
	err = s.db.Get(ctx, &row, `select status, location, notice from repeats where hash = ?`, form.Hash)
	if errors.Is(err, fault.ErrNotFound) || err == nil && row.Status == 0 {
		return false, nil, nil // set free this moment, or still being done
	}
	if err != nil {
		return false, nil, err
	}
	return false, &web.Answer{Status: row.Status, Location: row.Location, Notice: row.Notice}, nil
}

// Answered remembers how a claimed form was answered.
func (s *Store) Answered(ctx context.Context, form web.Sent, a web.Answer) (err error) {
	defer fault.Wrap(&err, "remember an answer")
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update repeats set status = ?, location = ?, notice = ? where hash = ? and status = 0`,
			a.Status, a.Location, a.Notice, form.Hash)
		return err
	})
}

// Release forgets a claimed form that was not done.
func (s *Store) Release(ctx context.Context, form web.Sent) (err error) {
	defer fault.Wrap(&err, "set a form free")
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from repeats where hash = ? and status = 0`, form.Hash)
		return err
	})
}

// Sweep deletes what is older than a day. It is run by a periodic job.
func (s *Store) Sweep(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "sweep repeats")
	before := s.now().Add(-Keep).Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from repeats where at <= ?`, before)
		return err
	})
}
