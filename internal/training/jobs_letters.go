package training

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
)

func (s *Service) letterJobs(r *jobs.Registry) {
	jobs.On(r, letterKind, s.writeLetter)
	jobs.On(r, lettersKind, s.fanOut)
	r.Every("training.reminders", 15*time.Minute, s.Remind)
	r.Every("training.told.sweep", 24*time.Hour, s.sweepTold)
}

const letterBatch = 200

// fanOut asks for the letter of everybody in a training, in batches. Run twice
// it asks twice, and each letter is written once.
func (s *Service) fanOut(ctx context.Context, _ jobs.Job, p lettersJob) (err error) {
	defer fault.Wrap(&err, "letters to training %s", p.Training)
	now := s.now()
	for after := ""; ; {
		var ids []EnrollmentID
		err := s.db.Select(ctx, &ids, `select id from training_enrollments
			where training = ? and id > ? and (active = ? or state = ?) order by id limit ?`, p.Training, after, true, Dropped, letterBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			for _, id := range ids {
				job := letterJob{id, p.News, p.Once}
				key := string(id) + " " + string(p.News) + " " + p.Once
				// A heap that gives way to letters that somebody waits for.
				if _, err := jobs.Enqueue(ctx, tx, letterKind, job, jobs.Unique(key), jobs.At(now)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(ids) < letterBatch {
			return err
		}
		after = string(ids[len(ids)-1])
	}
}

// reminderHour is when people are reminded, by the clock in Kraków.
const reminderHour = 9

// Remind has everybody reminded of the trainings that begin tomorrow, once for
// each beginning. It is run by a periodic job and does nothing before nine.
func (s *Service) Remind(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "remind")
	now := s.now()
	local := now.In(web.Warsaw)
	if local.Hour() < reminderHour {
		return nil
	}
	from := time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, web.Warsaw)
	var due []struct {
		ID     ID    `db:"id"`
		Starts int64 `db:"starts_at"`
	}
	err = s.db.Select(ctx, &due, `select id, starts_at from training_trainings where state = ? and starts_at >= ? and starts_at < ? order by starts_at, id`,
		Published, from.Unix(), time.Date(from.Year(), from.Month(), from.Day()+1, 0, 0, 0, 0, web.Warsaw).Unix())
	if err != nil {
		return err
	}
	for _, t := range due {
		once := time.Unix(t.Starts, 0).UTC().Format(time.RFC3339)
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			fresh, err := markTold(ctx, tx, string(t.ID), NewsReminder, once, now)
			if err != nil || !fresh {
				return err
			}
			return s.tellAll(ctx, tx, t.ID, NewsReminder, once)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// markTold tells whether something is told for the first time, and remembers it.
func markTold(ctx context.Context, tx *db.Tx, object string, n News, once string, at time.Time) (bool, error) {
	rows, err := tx.Exec(ctx, `insert into training_told (object, news, once, at) values (?, ?, ?, ?) on conflict (object, news, once) do nothing`,
		object, n, once, at.Unix())
	return rows > 0, err
}

// How long these rows stay.
const (
	toldFor  = 400 * 24 * time.Hour
	triesFor = 48 * time.Hour
)

func (s *Service) sweepTold(ctx context.Context) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from training_told where at < ?`, now.Add(-toldFor).Unix()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from training_tries where hour < ?`, hourOf(now.Add(-triesFor)))
		return err
	})
}
