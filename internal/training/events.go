package training

import (
	"context"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/trace"

	"kladka/internal/access"
)

// WasPublished tells that a training stands in the catalog.
type WasPublished struct {
	Training   ID                   `json:"training"`
	Center     access.InstitutionID `json:"center"`
	Form       Form                 `json:"form"`
	SchoolYear int                  `json:"school_year"`
}

// EventName implements events.Event.
func (WasPublished) EventName() string { return "training.published" }

// WasEnrolled tells that somebody is in a training or waits for it. A guest is
// told of when the mailed link was used, not before.
type WasEnrolled struct {
	Training    ID           `json:"training"`
	Enrollment  EnrollmentID `json:"enrollment"`
	State       State        `json:"state"`
	How         How          `json:"how"`
	Institution string       `json:"institution,omitempty"`
	BySeat      string       `json:"by_seat,omitempty"`
	ByRunning   string       `json:"by_running,omitempty"`
	SchoolYear  int          `json:"school_year"`
}

// EventName implements events.Event.
func (WasEnrolled) EventName() string { return "training.enrolled" }

// HasLeft tells that somebody is not in the training any more, nor on the way
// into it.
type HasLeft struct {
	Training   ID           `json:"training"`
	Enrollment EnrollmentID `json:"enrollment"`
	State      State        `json:"state"` // resigned, lapsed, rejected, canceled by the organizer
	Late       bool         `json:"late"`  // after the last moment of free resignation
}

// EventName implements events.Event.
func (HasLeft) EventName() string { return "training.left" }

// tellEnrolled emits the event and writes the step of the trace.
func (s *Service) tellEnrolled(ctx context.Context, tx *db.Tx, t Training, e Enrollment, at int64) error {
	err := s.emit(ctx, tx, t, e, at, WasEnrolled{t.ID, e.ID, e.State, e.How, e.Institution, e.BySeat, e.ByRunning, t.SchoolYear})
	if err != nil {
		return err
	}
	return s.step(ctx, tx, t, e, "training.trace.enrolled", at)
}

// tellLeft is the same for somebody who left. What a guest never confirmed was
// not told, so its end is not either.
func (s *Service) tellLeft(ctx context.Context, tx *db.Tx, t Training, e Enrollment, was State, late bool, at int64) error {
	if was == Pending {
		return nil
	}
	if err := s.emit(ctx, tx, t, e, at, HasLeft{t.ID, e.ID, e.State, late}); err != nil {
		return err
	}
	return s.step(ctx, tx, t, e, "training.trace.left", at)
}

func (s *Service) emit(ctx context.Context, tx *db.Tx, t Training, e Enrollment, at int64, what events.Event) error {
	if s.Bus == nil {
		return nil
	}
	return s.Bus.Emit(ctx, tx, what, events.Envelope{Subject: string(e.ID), Version: e.Revision, Trace: trace.ID(t.Trace), At: time.Unix(at, 0)})
}

// step writes a step of the matter for the center and, where there is an
// account, for the person. Heads of the person's school read their own page.
func (s *Service) step(ctx context.Context, tx *db.Tx, t Training, e Enrollment, title string, at int64) error {
	if t.Trace == "" {
		return nil
	}
	row := trace.StepRow{Trace: trace.ID(t.Trace), Kind: "enrollment", ID: string(e.ID), FromKind: "training", FromID: string(t.ID),
		TitleKey: title, At: at, Audience: "inst:" + string(t.Center)}
	if err := trace.Step(ctx, tx, row); err != nil || e.Person == "" {
		return err
	}
	row.Audience = "person:" + e.Person
	return trace.Step(ctx, tx, row)
}

// record writes the line of what staff did to somebody else.
func (s *Service) record(ctx context.Context, tx *db.Tx, who access.Actor, action string, t Training, e Enrollment, at int64, words map[string]string) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.queue." + action, Object: "enrollment", ObjectID: string(e.ID),
		Institution: string(t.Center), Subject: e.Person, Details: words}, time.Unix(at, 0))
}
