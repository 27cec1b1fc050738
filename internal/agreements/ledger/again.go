package ledger

import (
	"context"
	"slices"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/jobs"
)

// activityPage is how many activities are read at once.
const activityPage = 500

// eachActivity calls f with the activities from a day on ("" for all), by day.
// No query is open meanwhile, so f may write.
func (s *Service) eachActivity(ctx context.Context, from string, f func(l Listed) error) error {
	day, kind, id := from, "", ""
	for {
		var rows []struct {
			activityRow
			Part
		}
		err := s.db.Select(ctx, &rows, `select `+activityColumns+`, a.facts, 1 as activities, a.participations, a.minutes, a.held, a.money from ledger_activities a
			where (a.on_date, a.kind, a.id) > (?, ?, ?) order by a.on_date, a.kind, a.id limit ?`, day, kind, id, activityPage)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			if err := f(Listed{Activity: row.activity(), Part: row.Part}); err != nil {
				return err
			}
		}
		last := rows[len(rows)-1]
		day, kind, id = last.On, last.Kind, last.ID
	}
}

// placeFrom puts the activities from a day on where they belong now. With ask
// it asks their sources first what they are.
func (s *Service) placeFrom(ctx context.Context, from string, ask bool, report func(done, total int64) error) error {
	var total, done int64
	if err := s.db.Get(ctx, &total, `select count(*) from ledger_activities where on_date >= ?`, from); err != nil {
		return err
	}
	return s.eachActivity(ctx, from, func(l Listed) error {
		if err := s.placeOne(ctx, l.Activity, ask); err != nil {
			return err
		}
		if done++; done%activityPage == 0 || done == total {
			return report(done, total)
		}
		return nil
	})
}

// placeOne puts one activity where it belongs. Most stay, which is seen without
// a transaction.
func (s *Service) placeOne(ctx context.Context, a Activity, ask bool) error {
	was := a
	if ask {
		var err error
		if a, err = s.activity(ctx, Intake{Activity: a.Ref, On: a.On, SchoolYear: a.SchoolYear, Trace: a.Trace}); err != nil {
			return err
		}
	}
	w, err := s.world(ctx)
	if err != nil {
		return err
	}
	stays, err := staysIn(ctx, s.db, w, a)
	if err != nil || stays && sameActivity(was, a) {
		return err
	}
	return s.placed(ctx, func(tx *db.Tx, w world) error {
		if _, err := lockYear(ctx, tx, a.SchoolYear); err != nil {
			return err
		}
		if err := w.current(ctx, tx); err != nil {
			return err
		}
		if ask {
			if err := putActivity(ctx, tx, a); err != nil {
				return err
			}
		}
		_, err := replace(ctx, tx, w, a)
		return err
	})
}

// sameActivity tells whether the ledger knows an activity as it is.
func sameActivity(a, b Activity) bool {
	return a.Form == b.Form && a.Center == b.Center && a.On == b.On && a.SchoolYear == b.SchoolYear && a.Trace == b.Trace &&
		slices.Equal(a.Topics, b.Topics) && slices.Equal(a.Areas, b.Areas) && slices.Equal(a.Actions, b.Actions)
}

func staysIn(ctx context.Context, r db.Reader, w world, a Activity) (bool, error) {
	joint, err := jointOf(ctx, r, a)
	if err != nil {
		return false, err
	}
	have, err := placesOf(ctx, r, a.Ref)
	gone, come, other := comparePlaces(have, w.place(a, joint))
	return len(gone)+len(come)+len(other) == 0, err
}

// The kinds of jobs.
const (
	jobPlace   = "ledger.place"
	jobRejoin  = "ledger.rejoin"
	jobRebuild = "ledger.rebuild"
	jobFreeze  = "ledger.freeze"
	jobSheet   = "ledger.sheet"
	jobSweep   = "ledger.sweep_sheets"
)

// Jobs declares the work that is done later.
func (s *Service) Jobs(r *jobs.Registry) {
	jobs.On(r, jobPlace, func(ctx context.Context, j jobs.Job, o placeOrder) error {
		err := s.placeFrom(ctx, o.From, false, s.watched(ctx, j.Progress))
		return s.finish(ctx, j.Progress, err)
	})
	jobs.On(r, jobRejoin, func(ctx context.Context, _ jobs.Job, ref Ref) error {
		return s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := rejoinNow(ctx, tx, ref)
			return err
		})
	})
	jobs.On(r, jobRebuild, func(ctx context.Context, j jobs.Job, _ struct{}) error {
		err := s.Rebuild(ctx, s.watched(ctx, j.Progress))
		return s.finish(ctx, j.Progress, err)
	})
	jobs.On(r, jobSheet, func(ctx context.Context, j jobs.Job, id string) error {
		err := s.takeSheet(ctx, id, s.watched(ctx, j.Progress))
		return s.finish(ctx, j.Progress, err)
	})
	r.Every(jobFreeze, 24*time.Hour, s.freezeDue)
	r.Every(jobSweep, 24*time.Hour, s.sweepSheets)
}

// watched reports to a progress row, if there is one.
func (s *Service) watched(ctx context.Context, id jobs.ProgressID) func(done, total int64) error {
	return func(done, total int64) error {
		if id == "" {
			return nil
		}
		return jobs.Report(ctx, s.db, id, done, total, s.now())
	}
}

func (s *Service) finish(ctx context.Context, id jobs.ProgressID, err error) error {
	if err != nil || id == "" {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return jobs.Finish(ctx, tx, id, jobs.ProgressDone, "ledger.progress.done", s.now())
	})
}
