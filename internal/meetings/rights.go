package meetings

import (
	"context"
	"errors"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

// Paths of the module. A topic has a root of its own: beside the pages of a
// meeting (/spotkania/{id}/protokol) the router could not tell /spotkania/tematy/{id}.
const (
	Path       = "/spotkania"
	TopicsPath = "/spotkania/tematy"
	TopicPath  = "/tematy-spotkan"
	SeriesPath = "/cykle-spotkan"
)

// Href is the page of a meeting, TopicHref that of a topic, SeriesHref that of a series.
func Href(id MeetingID) string        { return Path + "/" + string(id) }
func TopicHref(id TopicID) string     { return TopicPath + "/" + string(id) }
func SeriesHref(id SeriesID) string   { return SeriesPath + "/" + string(id) }
func traceHref(traceID string) string { return "/sprawa/" + traceID }

// Runs returns nil when the actor may plan and convene meetings of the kind for
// the owner, keep agendas and decide about topics: whoever holds that right in
// the owner itself, and for Forum and groups by a role of the whole
// installation. Heads' meetings are their authority's own: the association runs
// none.
func Runs(who access.Actor, kind Kind, owner access.InstitutionID) error {
	return mayFor(who, access.RunMeetings, kind, owner)
}

// Records returns nil when the actor may write minutes and note who came. Who
// runs a meeting may.
func Records(who access.Actor, m Meeting) error {
	return mayFor(who, access.RecordMeetings, m.Kind, m.Owner)
}

func mayFor(who access.Actor, p access.Permission, kind Kind, owner access.InstitutionID) error {
	if who.System() || slices.ContainsFunc(who.Roles, func(h access.Held) bool {
		return h.Role.Gives(p) && (h.Institution == owner || h.Role.Everywhere() && kind != Heads)
	}) {
		return nil
	}
	if err := who.Must(p); err != nil {
		return err
	}
	return fault.New(fault.Forbidden, "fault.forbidden")
}

// Sees returns nil when the actor may read the meeting, its agenda and, when
// they are there, its minutes: who runs or records it, an expert to whom it was
// opened, who has a seat or a unit with a seat, and, once it was announced, who belongs to its series. Anybody
// else, and everybody while it is a plan, is told that it is not there.
func (s *Service) Sees(ctx context.Context, who access.Actor, m Meeting) error {
	err := s.Attends(ctx, who, m)
	if fault.KindOf(err) != fault.NotFound {
		return err
	}
	_, asked := s.expertFor(ctx, who, m, "")
	return asked
}

// Attends returns nil when the actor may also read what was said and decided at
// the meeting: as Sees, but for an expert, to whom the program was opened and
// nothing else.
func (s *Service) Attends(ctx context.Context, who access.Actor, m Meeting) error {
	if !who.SignedIn() && !who.System() {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	if Runs(who, m.Kind, m.Owner) == nil || Records(who, m) == nil {
		return nil
	}
	if m.AnnouncedAt == 0 {
		return fault.ErrNotFound
	}
	if _, err := s.invitationFor(ctx, s.db, who, m.ID); err == nil || !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	series, err := SeriesByID(ctx, s.db, m.Series)
	if err != nil {
		return err
	}
	return s.belongs(ctx, who, series)
}

// SeesSeries returns nil when the actor may read the topics and the meetings of
// the series: who runs it and who belongs to it. Anybody else is told that it is
// not there.
func (s *Service) SeesSeries(ctx context.Context, who access.Actor, series Series) error {
	if !who.SignedIn() && !who.System() {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	if Runs(who, series.Kind, series.Owner) == nil || mayFor(who, access.RecordMeetings, series.Kind, series.Owner) == nil {
		return nil
	}
	return s.belongs(ctx, who, series)
}

// belongs turns the refusal of a voice into NotFound: whether there is such a
// series is nobody else's business.
func (s *Service) belongs(ctx context.Context, who access.Actor, series Series) error {
	_, err := s.SeatOf(ctx, who, series)
	if fault.KindOf(err) == fault.Forbidden {
		return fault.ErrNotFound
	}
	return err
}

// seriesRun reads a series that the actor runs. One that the actor may not even
// read is not there.
func (s *Service) seriesRun(ctx context.Context, who access.Actor, id SeriesID) (series Series, err error) {
	if series, err = SeriesByID(ctx, s.db, id); err != nil {
		return series, err
	}
	if err := Runs(who, series.Kind, series.Owner); err != nil {
		return series, hide(err, s.SeesSeries(ctx, who, series))
	}
	return series, nil
}

// meetingRun reads a meeting that the actor runs, in the same way.
func (s *Service) meetingRun(ctx context.Context, who access.Actor, id MeetingID) (m Meeting, err error) {
	if m, err = MeetingByID(ctx, s.db, id); err != nil {
		return m, err
	}
	if err := Runs(who, m.Kind, m.Owner); err != nil {
		return m, hide(err, s.Sees(ctx, who, m))
	}
	return m, nil
}

// meetingRecord reads a meeting that the actor records.
func (s *Service) meetingRecord(ctx context.Context, who access.Actor, id MeetingID) (m Meeting, err error) {
	if m, err = MeetingByID(ctx, s.db, id); err != nil {
		return m, err
	}
	if err := Records(who, m); err != nil {
		return m, hide(err, s.Sees(ctx, who, m))
	}
	return m, nil
}

// meetingSeen reads a meeting that the actor may read.
func (s *Service) meetingSeen(ctx context.Context, who access.Actor, id MeetingID) (m Meeting, err error) {
	if m, err = MeetingByID(ctx, s.db, id); err != nil {
		return m, err
	}
	return m, s.Sees(ctx, who, m)
}

// meetingAttended reads a meeting of which the actor may read everything.
func (s *Service) meetingAttended(ctx context.Context, who access.Actor, id MeetingID) (m Meeting, err error) {
	if m, err = MeetingByID(ctx, s.db, id); err != nil {
		return m, err
	}
	return m, s.Attends(ctx, who, m)
}

// hide gives the refusal to those who may read the thing, and says to others
// that there is none.
func hide(refusal, reads error) error {
	if fault.KindOf(refusal) == fault.Forbidden && fault.KindOf(reads) == fault.NotFound {
		return fault.ErrNotFound
	}
	return refusal
}
