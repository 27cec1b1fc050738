package networks

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
)

// WasMet tells that a meeting of a network was held. Its subject is the meeting,
// its version the meeting's revision. Void says that it was not held after all.
type WasMet struct {
	Network    ID                   `json:"network"`
	Meeting    MeetingID            `json:"meeting"`
	Center     access.InstitutionID `json:"center"`
	SchoolYear int                  `json:"school_year"`
	On         string               `json:"on"`      // day, YYYY-MM-DD
	Minutes    int                  `json:"minutes"` // that count
	Void       bool                 `json:"void"`
}

// EventName implements events.Event.
func (WasMet) EventName() string { return "networks.met" }

// Attended tells that somebody was at a meeting: once for a person and meeting,
// however many networks list it. Its subject is the row of attendance. PersonKey
// counts a person once within the school year, "" when the key of that year is
// gone. Void says that the person was not there after all.
type Attended struct {
	Network     ID                   `json:"network"`
	Meeting     MeetingID            `json:"meeting"`
	Center      access.InstitutionID `json:"center"`
	Institution access.InstitutionID `json:"institution,omitempty"`
	BySeat      string               `json:"by_seat,omitempty"`
	ByRunning   string               `json:"by_running,omitempty"`
	PersonKey   string               `json:"person_key,omitempty"`
	Role        access.Role          `json:"role,omitempty"`
	SchoolYear  int                  `json:"school_year"`
	On          string               `json:"on"`
	Minutes     int                  `json:"minutes"`
	Void        bool                 `json:"void"`
}

// EventName implements events.Event.
func (Attended) EventName() string { return "networks.attended" }

func (s *Service) emitMet(ctx context.Context, tx *db.Tx, n Network, m Meeting, void bool, at time.Time) error {
	return s.emit(ctx, tx, n, WasMet{Network: n.ID, Meeting: m.ID, Center: n.Center, SchoolYear: n.SchoolYear, On: dayAt(m.StartsAt), Minutes: m.Length, Void: void},
		string(m.ID), m.Revision, at)
}

func (s *Service) emitAttended(ctx context.Context, tx *db.Tx, n Network, m Meeting, a Attendance, at time.Time) error {
	key, err := s.People.PersonKey(ctx, tx, a.Person, n.SchoolYear)
	if fault.KindOf(err) == fault.Conflict {
		key, err = "", nil // the year's keys are destroyed: the sums of it stand already
	}
	if err != nil {
		return err
	}
	return s.emit(ctx, tx, n, Attended{Network: n.ID, Meeting: m.ID, Center: n.Center, Institution: a.Institution, BySeat: a.BySeat, ByRunning: a.ByRunning,
		PersonKey: key, Role: a.Role, SchoolYear: n.SchoolYear, On: dayAt(m.StartsAt), Minutes: a.Minutes, Void: !a.Present}, a.ID, a.Revision, at)
}

func (s *Service) emit(ctx context.Context, tx *db.Tx, n Network, what events.Event, subject string, version int64, at time.Time) error {
	if s.Bus == nil {
		return nil
	}
	return s.Bus.Emit(ctx, tx, what, events.Envelope{Subject: subject, Version: version, Trace: trace.ID(n.Trace), At: at})
}

// step writes a step of the matter: for everybody of a public network, for the
// center of another.
func step(ctx context.Context, tx *db.Tx, n Network, kind, id, act string, at time.Time) error {
	row := trace.StepRow{Trace: trace.ID(n.Trace), Kind: "networks." + kind, ID: id, TitleKey: "networks.trace." + act, At: at.Unix(), Audience: "inst:" + string(n.Center)}
	switch {
	case kind != "network":
		row.FromKind, row.FromID = "networks.network", string(n.ID)
	case n.Previous != "":
		row.FromKind, row.FromID = "networks.network", string(n.Previous)
	case n.Need != "":
		row.FromKind, row.FromID = "needs.need", n.Need
	}
	if n.Public {
		row.Audience = "public"
	}
	return trace.Step(ctx, tx, row)
}
