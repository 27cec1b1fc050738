package plan

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/web"
)

// enterPlace is for whom readings are entered: an institution, and the
// municipality whose office it is. The empty one is the association.
type enterPlace struct {
	Institution access.InstitutionID
	Town        string
}

// Missing is a reading that is due and that nobody entered.
type Missing struct {
	Plan      Plan
	Indicator Indicator
	Place     enterPlace
	Term      term
}

// enterPlaces are the places for which the actor enters readings.
func (s *Service) enterPlaces(ctx context.Context, who access.Actor) (list []enterPlace, err error) {
	for _, h := range who.Roles {
		if !h.Role.Gives(access.EnterReadings) {
			continue
		}
		if h.Institution == "" {
			list = append(list, enterPlace{})
			continue
		}
		i, err := directory.ByID(ctx, s.db, h.Institution)
		if err != nil {
			return nil, err
		}
		place := enterPlace{Institution: i.ID, Town: officeOf(i)}
		if !slices.Contains(list, place) {
			list = append(list, place)
		}
	}
	return list, nil
}

// Missing are the readings of the last term that ended which places were asked
// for and that are neither entered nor approved. A municipality counts by its
// Town, whoever enters for it. It asks three times, whatever there is.
func (s *Service) Missing(ctx context.Context, r db.Reader, places []enterPlace) (list []Missing, err error) {
	if len(places) == 0 {
		return nil, nil
	}
	var plans []Plan
	if err := r.Select(ctx, &plans, `select `+planColumns+` from plan_plans p where p.state = ? order by p.year_from, p.id`, Adopted); err != nil {
		return nil, err
	}
	var asked []Indicator
	if err := r.Select(ctx, &asked, `select `+indicatorColumns+` from plan_indicators i join plan_plans p on p.id = i.plan where p.state = ? and i.way = ? order by i.plan, i.code`,
		Adopted, Entered); err != nil || len(asked) == 0 {
		return nil, err
	}
	given, err := givenReadings(ctx, r)
	now := s.now().In(web.Warsaw)
	for _, i := range asked {
		p := plans[slices.IndexFunc(plans, func(p Plan) bool { return p.ID == i.Plan })]
		terms := ended(p, i.Frequency, now)
		if len(terms) == 0 {
			continue
		}
		for _, at := range places {
			town, asks := at.Town, at.Town != ""
			if i.Asked == AskOwner {
				town, asks = "", i.Owner == at.Institution && (i.Owner != "" || at == enterPlace{})
			}
			if !asks {
				continue
			}
			if !given[Reading{Indicator: i.ID, Town: town, SchoolYear: terms[0].Year, Half: terms[0].Half}.place()] {
				list = append(list, Missing{p, i, enterPlace{at.Institution, town}, terms[0]})
			}
		}
	}
	return list, err
}

// givenReadings are the places and times of plans in force for which something
// was entered or approved.
func givenReadings(ctx context.Context, r db.Reader) (map[string]bool, error) {
	var rows []Reading
	err := r.Select(ctx, &rows, `select distinct r.indicator, r.town, r.school_year, r.half from plan_readings r join plan_indicators i on i.id = r.indicator
		join plan_plans p on p.id = i.plan where p.state = ? and r.state in (?, ?)`, Adopted, WaitsForYes, Approved)
	given := map[string]bool{}
	for _, one := range rows {
		given[one.place()] = true
	}
	return given, err
}
