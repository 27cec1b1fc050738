package plan

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

// ReadingsOf are all readings of an indicator in the order in which they were
// entered, whatever became of them. Who may: see Runs.
func (s *Service) ReadingsOf(ctx context.Context, who access.Actor, id IndicatorID) (list []Reading, err error) {
	defer fault.Wrap(&err, "readings of %s", id)
	if err := Runs(who); err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, `select `+readingColumns+` from plan_readings r where r.indicator = ? order by r.id`, id)
}

// Paragraphs are those of a version in their order. Faults: NotFound for who may
// not see the version.
func (s *Service) Paragraphs(ctx context.Context, who access.Actor, version string) (list []Paragraph, err error) {
	defer fault.Wrap(&err, "paragraphs of version %s", version)
	v, _, err := s.versionByID(ctx, who, version)
	if err != nil {
		return nil, err
	}
	return paragraphsOf(ctx, s.db, v.ID)
}
