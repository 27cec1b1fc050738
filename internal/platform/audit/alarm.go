package audit

import (
	"context"
	"errors"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Patience is how long a row may wait to be linked before that is an alarm: a
// healthy program links every second.
const Patience = time.Minute

// deliverWithin is how long a checkpoint may stay on the machine.
const deliverWithin = 6 * time.Hour

// Alarms is what an administrator must know about the log. The zero value
// means that all is well.
type Alarms struct {
	Unlinked    int       // rows that wait to be linked for longer than Patience
	Oldest      time.Time // when the first of them was written
	Undelivered int       // checkpoints that have not left the machine for six hours
}

// Any tells whether there is something to worry about.
func (a Alarms) Any() bool { return a.Unlinked > 0 || a.Undelivered > 0 }

// Alarms looks for trouble now; it does not rely on any job being alive.
func (s *Log) Alarms(ctx context.Context) (a Alarms, err error) {
	defer fault.Wrap(&err, "look for alarms of the audit log")
	now := s.Now()
	if a.Unlinked, a.Oldest, _, err = unlinked(ctx, s.DB, now); err != nil {
		return a, err
	}
	if s.Folder == "" && s.Deliver == nil {
		return a, nil // nowhere to go: the page says so in other words
	}
	err = s.DB.Get(ctx, &a.Undelivered, `select count(*) from audit_checkpoints where delivered = false and at < ?`,
		now.Add(-deliverWithin).Unix())
	return a, err
}

// unlinked counts rows that wait for too long, and tells of the oldest. Hidden
// ones know their hour only.
func unlinked(ctx context.Context, r db.Reader, now time.Time) (n int, oldest time.Time, id string, err error) {
	before := now.Add(-Patience).Unix()
	gathered, err := gathered(ctx, r)
	if err != nil {
		return 0, oldest, "", err
	}
	var found struct {
		N  int    `db:"n"`
		At int64  `db:"at"`
		ID string `db:"id"`
	}
	err = r.Get(ctx, &found, `select w.id, w.at, (select count(*) from audit_waiting x where x.at + case when x.hidden then 3600 else 0 end < ?) as n
		from audit_waiting w where w.at + case when w.hidden then 3600 else 0 end < ? order by w.at, w.id limit 1`, before, before)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return 0, oldest, "", err
	}
	for _, g := range gathered {
		if g.At >= before {
			continue
		}
		if found.N++; found.ID == "" || g.At < found.At {
			found.At, found.ID = g.At, g.ID
		}
	}
	if found.N == 0 {
		return 0, oldest, "", nil
	}
	return found.N, time.Unix(found.At, 0), found.ID, nil
}

// gathered are the lines that have not come to audit_waiting yet, as far as an
// alarm must know them.
func gathered(ctx context.Context, r db.Reader) ([]row, error) {
	waiting, err := db.Waiting(ctx, r, "audit_waiting")
	rows := make([]row, len(waiting))
	for i, values := range waiting {
		rows[i].ID, _ = values[0].(string)
		rows[i].At, _ = values[1].(int64)
	}
	return rows, err
}

// waiting counts all rows that wait to be linked.
func waiting(ctx context.Context, r db.Reader) (n int, err error) {
	late, err := gathered(ctx, r)
	if err != nil {
		return 0, err
	}
	err = r.Get(ctx, &n, `select count(*) from audit_waiting`)
	return n + len(late), err
}

// watch tells the operators' log of a new alarm, once per rise, whichever
// process finds it.
func (s *Log) watch(ctx context.Context) error {
	a, err := s.Alarms(ctx)
	if err != nil {
		return err
	}
	since := int64(0)
	if a.Any() {
		since = s.Now().Unix()
	}
	var rose int64
	err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if err := makeHead(ctx, tx); err != nil {
			return err
		}
		if since == 0 {
			_, err = tx.Exec(ctx, `update audit_head set alarm_since = 0 where id = ? and alarm_since <> 0`, headID)
			return err
		}
		rose, err = tx.Exec(ctx, `update audit_head set alarm_since = ? where id = ? and alarm_since = 0`, since, headID)
		return err
	})
	if err == nil && rose == 1 {
		s.Log.Error("audit log: alarm", "unlinked", a.Unlinked, "oldest", a.Oldest.UTC(), "undelivered", a.Undelivered)
	}
	return err
}
