package papers

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

// Birth is what only a paper asks for.
type Birth struct {
	Day   string // YYYY-MM-DD
	Place string
}

// whole tells whether nothing is missing.
func (b Birth) whole() bool { return b.Day != "" && b.Place != "" }

func (b *Birth) check(now time.Time) error {
	b.Place = strings.Join(strings.Fields(b.Place), " ")
	var faults []fault.Field
	day, err := time.ParseInLocation(time.DateOnly, b.Day, web.Warsaw)
	if err != nil || day.After(now.AddDate(-15, 0, 0)) || day.Year() < 1900 {
		faults = append(faults, fault.Field{Name: "urodzenie", Key: "papers.fault.birth_day"})
	}
	if n := utf8.RuneCountInString(b.Place); n < 2 || n > 80 || strings.ContainsAny(b.Place, "@<>") {
		faults = append(faults, fault.Field{Name: "miejsce", Key: "papers.fault.birth_place"})
	}
	return fault.InvalidFields(faults)
}

// GiveBirth takes the birth date and place from the holder of the enrollment, by
// account or by the mailed link. They are asked for only when there is a paper
// to come of it (Conflict otherwise), and not any more once it is issued.
func (s *Service) GiveBirth(ctx context.Context, h training.Holder, id training.EnrollmentID, b Birth) error {
	e, err := s.Trainings.Open(ctx, h, id)
	if err != nil {
		return err
	}
	return s.putBirth(ctx, h.Actor, e, b)
}

// TypeBirth is the same by an officer of the center, who has the words from the
// person: on the phone, or on a list that was signed.
func (s *Service) TypeBirth(ctx context.Context, who access.Actor, id training.EnrollmentID, b Birth) error {
	e, _, err := s.candidate(ctx, who, id)
	if err != nil {
		return err
	}
	return s.putBirth(ctx, who, e, b)
}

// candidate is an enrollment for those who issue papers at its center.
func (s *Service) candidate(ctx context.Context, who access.Actor, id training.EnrollmentID) (e training.Enrollment, t training.Training, err error) {
	if e, err = training.EnrollmentByID(ctx, s.db, id); err != nil {
		return e, t, err
	}
	if t, err = training.ByID(ctx, s.db, e.Training); err != nil {
		return e, t, err
	}
	return e, t, hide(who.MayAt(ctx, access.IssuePapers, t.Center))
}

// awaited tells whether birth data are of use: the person is in, and the
// training ends with a paper.
func awaited(e training.Enrollment, t training.Training) bool {
	return t.Paper != training.NoPaper && (e.State == training.Confirmed || e.State == training.Attended || e.State == training.Completed)
}

func (s *Service) putBirth(ctx context.Context, who access.Actor, e training.Enrollment, b Birth) (err error) {
	defer fault.Wrap(&err, "birth of enrollment %s", e.ID)
	t, err := training.ByID(ctx, s.db, e.Training)
	if err != nil {
		return err
	}
	if !awaited(e, t) {
		return fault.New(fault.Conflict, "papers.fault.not_asked")
	}
	now := s.now()
	if err := b.check(now); err != nil {
		return err
	}
	data, err := json.Marshal(b)
	if err != nil {
		return err
	}
	sealed := s.Keys.Seal("training paper birth", string(e.ID), data)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into training_paper_births (enrollment, person, sealed, given_by, at) values (?, ?, ?, ?, ?)
			on conflict (enrollment) do update set person = excluded.person, sealed = excluded.sealed, given_by = excluded.given_by, at = excluded.at`,
			e.ID, e.Person, sealed, who.Person, now.Unix())
		if err != nil || who.Person == "" || string(who.Person) == e.Person {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.birth", Object: "enrollment", ObjectID: string(e.ID),
			Institution: string(t.Center), Subject: e.Person}, now)
	})
}

// lacksBirth tells whether a paper for the enrollment would lack birth data.
func (s *Service) lacksBirth(ctx context.Context, id training.EnrollmentID) (bool, error) {
	b, err := s.birthOf(ctx, s.db, id)
	return !b.whole(), err
}

// birthOf is what was given, empty for nothing.
func (s *Service) birthOf(ctx context.Context, r db.Reader, id training.EnrollmentID) (b Birth, err error) {
	var sealed string
	err = r.Get(ctx, &sealed, `select sealed from training_paper_births where enrollment = ?`, id)
	if errors.Is(err, fault.ErrNotFound) {
		return b, nil
	}
	if err != nil {
		return b, err
	}
	data, err := s.Keys.Unseal("training paper birth", string(id), sealed)
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal(data, &b)
}
