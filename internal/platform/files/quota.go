package files

import (
	"context"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// atOnce is how many files one person may send at once: a courtesy of this
// process that keeps one person from taking all its disk and memory. What
// counts in the long run is counted in files_days.
const atOnce = 4

// admit counts an upload before a byte of it is read. Done must be called when
// it is over. The program itself is not counted.
func (s *Service) admit(ctx context.Context, by audit.By) (done func(), err error) {
	if by.Person == "" {
		return func() {}, nil
	}
	if !s.begin(by.Person) {
		return nil, fault.New(fault.TooMany, "files.refused.at_once")
	}
	done = func() { s.end(by.Person) }
	day, n := dayOf(s.now()), int64(0)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		var err error
		n, err = tx.Exec(ctx, `insert into files_days (person, day, n, bytes) values (?, ?, 1, 0)
			on conflict (person, day) do update set n = files_days.n + 1
			where files_days.n < ? and files_days.bytes < ?`, by.Person, day, s.set.PerDayFiles, s.set.PerDayBytes)
		return err
	})
	if err == nil && n == 0 {
		err = errDayFull
	}
	if err != nil {
		done()
		return nil, err
	}
	return done, nil
}

var errDayFull = fault.New(fault.TooMany, "files.refused.day_full")

// addBytes counts what was taken in, in the transaction of its row.
func addBytes(ctx context.Context, tx *db.Tx, by audit.By, size, limit int64, at time.Time) error {
	if by.Person == "" {
		return nil
	}
	n, err := tx.Exec(ctx, `insert into files_days (person, day, n, bytes) values (?, ?, 1, ?)
		on conflict (person, day) do update set bytes = files_days.bytes + excluded.bytes
		where files_days.bytes + excluded.bytes <= ?`, by.Person, dayOf(at), size, limit)
	if err == nil && n == 0 {
		return errDayFull
	}
	return err
}

// dayOf is the day on the wall in Kraków.
func dayOf(t time.Time) string { return t.In(web.Warsaw).Format(time.DateOnly) }

func (s *Service) begin(person string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sending[person] >= atOnce {
		return false
	}
	s.sending[person]++
	return true
}

func (s *Service) end(person string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sending[person]--; s.sending[person] <= 0 {
		delete(s.sending, person)
	}
}
