package evaluation

import (
	"context"
	"errors"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

// stored is a subject as we keep it.
type stored struct {
	Kind       Kind                 `db:"kind"`
	ID         string               `db:"id"`
	Center     access.InstitutionID `db:"center"`
	SchoolYear int                  `db:"school_year"`
	Title      string               `db:"title"`
	EndedAt    int64                `db:"ended_at"`
	EndedKey   string               `db:"ended_key"`
	Need       string               `db:"need"`
	Trace      string               `db:"trace"`
}

const storedColumns = `s.kind, s.id, s.center, s.school_year, s.title, s.ended_at, s.ended_key, s.need, s.trace`

// round is one asking.
type round struct {
	ID        survey.RoundID `db:"id"`
	Kind      Kind           `db:"kind"`
	Subject   string         `db:"subject"`
	Stage     Stage          `db:"stage"`
	State     string         `db:"state"`
	DueAt     int64          `db:"due_at"`
	OpensAt   int64          `db:"opens_at"`
	ClosesAt  int64          `db:"closes_at"`
	Roster    int            `db:"roster"`
	Group     string         `db:"grp"`
	Why       string         `db:"why"`
	RemarksAt int64          `db:"remarks_at"`
}

const roundColumns = `x.id, x.kind, x.subject, x.stage, x.state, x.due_at, x.opens_at, x.closes_at, x.roster, x.grp, x.why, x.remarks_at`

// The states of a round.
const (
	planned = "planned"
	open    = "open"
	closed  = "closed"
	skipped = "skipped"
)

// Jobs registers the work of the package.
func (s *Service) Jobs(r *jobs.Registry) {
	r.Every("needs.eval.due", 10*time.Minute, s.openDue)
	r.Every("needs.eval.ripe", time.Hour, s.releaseRipe)
	jobs.On(r, tellKind, func(ctx context.Context, _ jobs.Job, id survey.RoundID) error { return s.tellAsked(ctx, id) })
	jobs.On(r, releaseKind, func(ctx context.Context, _ jobs.Job, id string) error { return s.release(ctx, id) })
}

const (
	tellKind    = "needs.eval.tell"
	releaseKind = "needs.eval.release"
)

// Ended plans the rounds about a subject that is over; the reaction to the event
// of its module. It may be called again: what is planned stays, and only a round
// that waits follows a subject that ended later than was said.
func (s *Service) Ended(ctx context.Context, kind Kind, id string) (err error) {
	defer fault.Wrap(&err, "plan the evaluation of %s %s", kind, id)
	from, known := s.Subjects[kind]
	if !known {
		return nil
	}
	sub, err := from.Subject(ctx, id)
	if errors.Is(err, fault.ErrNotFound) || err == nil && (sub.EndedAt == 0 || sub.Off) {
		return nil // it is not over, or will never be
	}
	if err != nil {
		return err
	}
	t, err := s.settings(ctx, s.db, time.Unix(sub.EndedAt, 0))
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := keep(ctx, tx, kind, sub); err != nil {
			return err
		}
		for _, stage := range stagesOf(kind) {
			due := t.openingOf(stage, sub.EndedAt, s.Workday).Unix()
			if !time.Unix(due, 0).AddDate(0, 0, giveUp).After(now) {
				continue // taken over from long ago: nobody is asked
			}
			if _, err := tx.Exec(ctx, `insert into needs_eval_rounds (id, kind, subject, stage, state, due_at, opens_at) values (?, ?, ?, ?, ?, ?, ?)
				on conflict (kind, subject, stage) do update set due_at = excluded.due_at, opens_at = excluded.opens_at
					where needs_eval_rounds.state = 'planned' and needs_eval_rounds.opens_at < excluded.opens_at`,
				newID(), kind, id, stage, planned, due, due); err != nil {
				return err
			}
		}
		return nil
	})
}

// keep writes a subject, or renews what may have changed of it.
func keep(ctx context.Context, tx *db.Tx, kind Kind, sub Subject) error {
	key := endedKey(sub.EndedAt)
	if _, err := tx.Exec(ctx, `insert into needs_eval_subjects (kind, id, center, school_year, title, ended_at, ended_key, need, trace)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (kind, id) do update set title = excluded.title, need = excluded.need, trace = excluded.trace`,
		kind, sub.ID, sub.Center, directory.SchoolYear(time.Unix(sub.EndedAt, 0)), sub.Title, sub.EndedAt, key, sub.Need, sub.Trace); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from needs_eval_leaders where kind = ? and subject = ?`, kind, sub.ID); err != nil {
		return err
	}
	for _, person := range sub.Trainers {
		if _, err := tx.Exec(ctx, `insert into needs_eval_leaders (kind, subject, person, ended_key) values (?, ?, ?, ?)
			on conflict (kind, subject, person) do nothing`, kind, sub.ID, person, key); err != nil {
			return err
		}
	}
	return nil
}

// dueAtOnce is how many rounds are looked at between two questions for more.
const dueAtOnce = 50

// openDue opens the rounds whose morning has come, moves those that must wait to
// the next one, and gives up those that nobody would answer. One that fails does
// not hold up the others; it is looked at again in the next period.
func (s *Service) openDue(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "open rounds of evaluation")
	now := s.now()
	var errs []error
	for after := ""; ; {
		var list []round
		if err := s.db.Select(ctx, &list, `select `+roundColumns+` from needs_eval_rounds x where x.state = ? and x.due_at <= ? and x.id > ?
			order by x.id limit ?`, planned, now.Unix(), after, dueAtOnce); err != nil || len(list) == 0 {
			return errors.Join(append(errs, err)...)
		}
		for _, x := range list {
			errs = append(errs, s.due(ctx, x, now))
		}
		after = string(list[len(list)-1].ID)
	}
}

// due does with one round what the rule says.
func (s *Service) due(ctx context.Context, x round, now time.Time) (err error) {
	defer fault.Wrap(&err, "round of evaluation %s", x.ID)
	from, known := s.Subjects[x.Kind]
	if !known {
		return nil
	}
	sub, err := from.Subject(ctx, x.Subject)
	if errors.Is(err, fault.ErrNotFound) {
		sub, err = Subject{Off: true}, nil
	}
	if err != nil {
		return err
	}
	var people []string
	if !sub.Off {
		if people, err = from.Participants(ctx, x.Subject); err != nil {
			return err
		}
	}
	t, err := s.settings(ctx, s.db, now)
	if err != nil {
		return err
	}
	switch step, why := t.next(x.Stage, sub, len(people), time.Unix(x.OpensAt, 0), now); step {
	case Ask:
		return s.open(ctx, x, sub, people, t, now)
	case Leave:
		return s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `update needs_eval_rounds set state = ?, why = ? where id = ? and state = ?`, skipped, why, x.ID, planned)
			return err
		})
	}
	again := nextMorning(now.In(web.Warsaw), 1, s.Workday).Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update needs_eval_rounds set due_at = ? where id = ? and state = ?`, again, x.ID, planned)
		return err
	})
}

// program is who acts: nobody in particular.
var program = audit.By{}

// open makes the round of package survey, with everybody who was there on its
// list, settles what it is published with, and has people told.
func (s *Service) open(ctx context.Context, x round, sub Subject, people []string, t Times, now time.Time) error {
	closes := t.closingOf(now).Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update needs_eval_rounds set state = ?, opens_at = ?, closes_at = ?, due_at = ?, roster = ? where id = ? and state = ?`,
			open, now.Unix(), closes, closes, len(people), x.ID, planned)
		if err != nil || n == 0 {
			return err // somebody was faster
		}
		if err := keep(ctx, tx, x.Kind, sub); err != nil {
			return err
		}
		kept, err := storedByID(ctx, tx, x.Kind, x.Subject)
		if err != nil {
			return err
		}
		group, err := join(ctx, tx, kept, formOf(x.Kind, x.Stage), len(people), now)
		if err != nil {
			return err
		}
		if err := s.fix(ctx, tx, group, len(people)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update needs_eval_rounds set grp = ? where id = ?`, group, x.ID); err != nil {
			return err
		}
		if err := s.ask(ctx, tx, x, people, now.Unix(), closes); err != nil {
			return err
		}
		_, err = jobs.Enqueue(ctx, tx, tellKind, x.ID, jobs.Unique(string(x.ID)))
		return err
	})
}

// ask opens the round of package survey.
func (s *Service) ask(ctx context.Context, tx *db.Tx, x round, people []string, opens, closes int64) error {
	def, err := s.definition(ctx, tx, formOf(x.Kind, x.Stage))
	if err != nil {
		return err
	}
	id, err := s.Surveys.Create(ctx, tx, program, survey.Round{ID: x.ID, Owner: owner, Object: string(x.Kind) + "/" + x.Subject, Definition: def,
		Mode: survey.Confidential, OpensAt: opens, ClosesAt: closes})
	if err != nil {
		return err
	}
	list := make([]survey.Invited, len(people))
	for n, person := range people {
		list[n] = survey.Invited{Person: person, Unit: x.Subject}
	}
	if err := s.Surveys.Invite(ctx, tx, id, list); err != nil {
		return err
	}
	return s.Surveys.OpenIn(ctx, tx, program, id)
}

// tellPage is how many people one transaction tells.
const tellPage = 100

// tellAsked tells everybody on the list of a round, once each: the name of the
// message is that of the round.
func (s *Service) tellAsked(ctx context.Context, id survey.RoundID) (err error) {
	defer fault.Wrap(&err, "tell of round %s", id)
	x, sub, err := s.roundByID(ctx, s.db, id)
	if err != nil || s.Tell == nil || x.State != open {
		return err
	}
	until := time.Unix(x.ClosesAt, 0).In(web.Warsaw).AddDate(0, 0, -1).Format(time.DateOnly)
	for after := ""; ; {
		people, err := survey.Silent(ctx, s.db, id, after, tellPage)
		if err != nil || len(people) == 0 {
			return err
		}
		if err := s.db.Write(ctx, func(tx *db.Tx) error {
			for _, p := range people {
				if err := s.Tell(ctx, tx, notify.Message{To: p.Person, Topic: Topic, Key: "evaluation.tell." + string(formOf(x.Kind, x.Stage)), Link: survey.Path(id),
					Args: map[string]string{"title": sub.Title, "until_date": until}, Once: "evaluation/" + string(id)}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		after = people[len(people)-1].Person
	}
}

func storedByID(ctx context.Context, r db.Reader, kind Kind, id string) (s stored, err error) {
	if err := known(id); err != nil {
		return s, err
	}
	return s, r.Get(ctx, &s, `select `+storedColumns+` from needs_eval_subjects s where s.kind = ? and s.id = ?`, kind, id)
}

// roundByID is a round with what it is about.
func (s *Service) roundByID(ctx context.Context, r db.Reader, id survey.RoundID) (x round, sub stored, err error) {
	if err := r.Get(ctx, &x, `select `+roundColumns+` from needs_eval_rounds x where x.id = ?`, id); err != nil {
		return x, sub, err
	}
	sub, err = storedByID(ctx, r, x.Kind, x.Subject)
	return x, sub, err
}

// roundsOf are the rounds about a subject, by stage: After before Later.
func roundsOf(ctx context.Context, r db.Reader, kind Kind, id string) (list []round, err error) {
	return list, r.Select(ctx, &list, `select `+roundColumns+` from needs_eval_rounds x where x.kind = ? and x.subject = ?
		order by case when x.stage = 'after' then 0 else 1 end`, kind, id)
}
