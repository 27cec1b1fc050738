package notify

import (
	"context"
	"slices"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// pageSize is how many things stand on one page of the inbox.
const pageSize = 30

// Unread counts what a person has not read: one look into one index.
func (s *Service) Unread(ctx context.Context, person string) (n int, err error) {
	err = s.db.Get(ctx, &n, `select count(*) from notify_items where person = ? and read_at is null`, person)
	return n, err
}

// inbox reads one page, the newest first, and tells whether there is more in
// the direction of the cursor.
func (s *Service) inbox(ctx context.Context, person string, at web.Cursor) (rows []item, more bool, err error) {
	const columns = `select id, topic, message, args, link, urgent, created_at, read_at from notify_items where person = ?`
	switch {
	case at.Back:
		err = s.db.Select(ctx, &rows, columns+` and id > ? order by id limit ?`, person, at.ID, pageSize+1)
	case at.ID != "":
		err = s.db.Select(ctx, &rows, columns+` and id < ? order by id desc limit ?`, person, at.ID, pageSize+1)
	default:
		err = s.db.Select(ctx, &rows, columns+` order by id desc limit ?`, person, pageSize+1)
	}
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > pageSize; more {
		rows = rows[:pageSize]
	}
	if at.Back {
		slices.Reverse(rows)
	}
	return rows, more, nil
}

// Open marks one thing of a person's inbox as read and tells where it leads,
// "" when nowhere. Somebody else's is fault.NotFound.
func (s *Service) Open(ctx context.Context, person, id string) (link string, err error) {
	defer fault.Wrap(&err, "open %s", id)
	var i item
	err = s.db.Get(ctx, &i, `select id, link, read_at from notify_items where id = ? and person = ?`, id, person)
	if err != nil || i.ReadAt != nil {
		return i.Link, err
	}
	return i.Link, s.read(ctx, person, ` and id = ?`, id)
}

// ReadUpTo marks as read everything up to the newest thing that the person was
// shown; what came meanwhile stays unread.
func (s *Service) ReadUpTo(ctx context.Context, person, newest string) (err error) {
	defer fault.Wrap(&err, "read inbox")
	return s.read(ctx, person, ` and id <= ?`, newest)
}

func (s *Service) read(ctx context.Context, person, which, id string) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update notify_items set read_at = ?, expires_at = ? where person = ? and read_at is null`+which,
			now.Unix(), now.AddDate(0, readFor, 0).Unix(), person, id)
		return err
	})
}

// Sweep deletes what is past its time.
func (s *Service) Sweep(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "sweep inbox")
	now := s.now()
	for n := int64(batch); n == batch; {
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = tx.Exec(ctx, `delete from notify_items where id in
				(select id from notify_items where expires_at <= ? order by expires_at limit ?)`, now.Unix(), batch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from notify_letters where at < ?`, now.Add(-8*24*time.Hour).Unix())
		return err
	})
}
