package plan

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Adoption is the act by which a municipality adopted a final version.
type Adoption struct {
	Version     string               `db:"version"`
	Town        string               `db:"town"`
	Revision    int64                `db:"revision"`
	On          string               `db:"adopted_on"`
	Number      string               `db:"number"` // as the act has it: "LXII/812/2026"
	Body        string               `db:"body"`   // of Bodies
	Institution access.InstitutionID `db:"institution"`
	By          access.PersonID      `db:"by_person"`
	At          int64                `db:"at"`
}

// Bodies are who may adopt in a municipality: the council by a resolution, or
// the executive (mayor) by an order.
func Bodies() []string { return []string{"council", "executive"} }

const longestActNumber = 80 // letters

// Adoptions are the acts about a version, by municipality.
func Adoptions(ctx context.Context, r db.Reader, version string) (map[string]Adoption, error) {
	var list []Adoption
	err := r.Select(ctx, &list, `select version, town, revision, adopted_on, number, body, institution, by_person, at from plan_adoptions where version = ?`, version)
	all := map[string]Adoption{}
	for _, a := range list {
		all[a.Town] = a
	}
	return all, err
}

// finalOf is the newest final version of a plan, zero when there is none.
func finalOf(ctx context.Context, r db.Reader, plan ID) (v Version, err error) {
	err = r.Get(ctx, &v, `select `+versionColumns+` from plan_versions v where v.plan = ? and v.state = ? order by v.no desc limit 1`, plan, Final)
	if fault.KindOf(err) == fault.NotFound {
		return Version{}, nil
	}
	return v, err
}

// adoptsFor are the municipalities for which the actor may say that they adopted
// a plan, each with the institution in whose name: the own one of an office, all
// members for the association.
func (s *Service) adoptsFor(ctx context.Context, who access.Actor) (map[string]access.InstitutionID, error) {
	towns := map[string]access.InstitutionID{}
	members, err := s.members(ctx)
	if err != nil || !who.May(access.AdoptPlan) {
		return towns, err
	}
	for _, h := range who.Roles {
		switch {
		case !h.Role.Gives(access.AdoptPlan):
		case h.Role.Everywhere():
			for _, m := range members {
				towns[m.ID] = h.Institution
			}
		default:
			i, err := directory.ByID(ctx, s.db, h.Institution)
			if err != nil {
				return nil, err
			}
			if town := officeOf(i); slices.ContainsFunc(members, func(m directory.Municipality) bool { return m.ID == town }) {
				towns[town] = i.ID
			}
		}
	}
	return towns, nil
}

// Adopt writes down that a municipality adopted the final version of a plan, or
// corrects what was written. Seen is the revision of what stands, 0 for nothing.
//
// Who may: an officer of the municipality's own office, and the association.
// Faults: NotFound, Forbidden; Invalid for a day to come or a missing number;
// Conflict when nothing is final yet or somebody was faster.
func (s *Service) Adopt(ctx context.Context, who access.Actor, plan ID, town string, seen int64, a Adoption) (err error) {
	defer fault.Wrap(&err, "adopt plan %s in %s", plan, town)
	p, err := s.see(ctx, who, plan)
	if err != nil {
		return err
	}
	if err := who.Must(access.AdoptPlan); err != nil {
		return err
	}
	towns, err := s.adoptsFor(ctx, who)
	if err != nil {
		return err
	}
	at, may := towns[town]
	if !may {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	now := s.now()
	a.Town, a.Institution, a.By, a.At, a.Number = town, at, who.Person, now.Unix(), cleanLine(a.Number)
	if err := a.check(dayOf(now)); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		v, err := finalOf(ctx, tx, plan)
		if err == nil && v.ID == "" {
			err = fault.New(fault.Conflict, "plan.adopt.fault.not_final")
		}
		if err != nil {
			return err
		}
		a.Version = v.ID
		if err := putAdoption(ctx, tx, a, seen); err != nil {
			return err
		}
		return note(ctx, tx, who, "plan.adopt", "plan", string(plan), p, map[string]string{"town": town, "on": a.On, "number": a.Number}, now)
	})
}

func putAdoption(ctx context.Context, tx *db.Tx, a Adoption, seen int64) error {
	n, err := tx.Exec(ctx, `insert into plan_adoptions (version, town, adopted_on, number, body, institution, by_person, at) values (?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (version, town) do update set adopted_on = excluded.adopted_on, number = excluded.number, body = excluded.body, institution = excluded.institution,
		by_person = excluded.by_person, at = excluded.at, revision = plan_adoptions.revision + 1 where plan_adoptions.revision = ?`,
		a.Version, a.Town, a.On, a.Number, a.Body, a.Institution, a.By, a.At, seen)
	return faster(n, err)
}

func (a Adoption) check(today string) error {
	var wrong []fault.Field
	if _, err := time.Parse(time.DateOnly, a.On); err != nil || a.On > today || a.On < "2015-01-01" {
		wrong = append(wrong, fault.Field{Name: "dzien", Key: "plan.adopt.fault.day"})
	}
	if a.Number == "" || utf8.RuneCountInString(a.Number) > longestActNumber {
		wrong = append(wrong, fault.Field{Name: "numer", Key: "plan.adopt.fault.number", Args: []any{"n", longestActNumber}})
	}
	if !slices.Contains(Bodies(), a.Body) {
		wrong = append(wrong, fault.Field{Name: "organ", Key: "plan.adopt.fault.body"})
	}
	return fault.InvalidFields(wrong)
}
