package agreements

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// MarkJoint says that an activity is common work of the parties, from a day on.
// From then it counts under the area that the rules lead it to. Who may: whoever
// speaks for a party, or keeps the register.
func (s *Service) MarkJoint(ctx context.Context, who access.Actor, id ID, ref ledger.Ref, since string) (err error) {
	defer fault.Wrap(&err, "mark %s %s as joint", ref.Kind, ref.ID)
	return s.mark(ctx, who, id, ref, "joint", func(tx *db.Tx, w Whole) error {
		var x lacks
		x.day("od", since, true)
		if validDay(since) && since < w.ValidFrom {
			x.add("od", "outside")
		}
		if err := fault.InvalidFields(x); err != nil {
			return err
		}
		return s.Ledger.MarkJoint(ctx, tx, who, ref, string(id), since)
	})
}

// EndJoint takes the mark back. Figures that a party confirmed stay as they were,
// and the difference is shown.
func (s *Service) EndJoint(ctx context.Context, who access.Actor, id ID, ref ledger.Ref) (err error) {
	defer fault.Wrap(&err, "take the mark of %s %s back", ref.Kind, ref.ID)
	return s.mark(ctx, who, id, ref, "not_joint", func(tx *db.Tx, _ Whole) error {
		return s.Ledger.EndJoint(ctx, tx, who, ref, string(id))
	})
}

func (s *Service) mark(ctx context.Context, who access.Actor, id ID, ref ledger.Ref, act string, f func(tx *db.Tx, w Whole) error) error {
	w, err := s.managed(ctx, who, id)
	if err != nil {
		return err
	}
	if ref.Kind == "" {
		return fault.ErrNotFound
	}
	if err := known(ref.ID); err != nil {
		return err
	}
	if w.State == Draft {
		return errSettled
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := f(tx, w); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "agreements." + act, Object: thing, ObjectID: string(id),
			Details: map[string]string{"kind": ref.Kind, "agreement_activity": ref.ID}}, now)
	})
}

// AreasAll are the areas of all agreements that are or were in force: what the
// rules of the ledger may point at. An area ends with its agreement at the
// latest. Package ledger asks for them (Targets) by way of wiring.
func (s *Service) AreasAll(ctx context.Context) (list []ledger.Target, err error) {
	defer fault.Wrap(&err, "areas of all agreements")
	var rows []struct {
		Area
		Of      string `db:"of_title"`
		State   State  `db:"state"`
		To      string `db:"of_to"`
		EndedOn string `db:"ended_on"`
	}
	err = s.db.Select(ctx, &rows, `select `+areaColumns+`, a.title as of_title, a.state, a.valid_to as of_to, a.ended_on from agreements_areas r
		join agreements_agreements a on a.id = r.agreement where a.state <> ? order by a.title_key, a.id, r.no`, Draft)
	for _, r := range rows {
		t := ledger.Target{ID: r.ID, Owner: string(r.Agreement), Name: r.name(), OwnerName: r.Of, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo}
		if last := (Agreement{State: r.State, ValidTo: r.To, EndedOn: r.EndedOn}).lastDay(); last != "" && (t.ValidTo == "" || last < t.ValidTo) {
			t.ValidTo = last
		}
		list = append(list, t)
	}
	return list, err
}

// Sources are the activities of this package for the ledger: arrangements that
// were carried out, and experts that were given.
func (s *Service) Sources() map[string]ledger.Source {
	return map[string]ledger.Source{ArrangementKind: arrangementSource{s}, ExpertKind: expertSource{s}}
}

type arrangementSource struct{ s *Service }

// Activity implements ledger.Source.
func (x arrangementSource) Activity(ctx context.Context, id string) (ledger.Activity, error) {
	g, err := arrangementByID(ctx, x.s.db, id)
	if err != nil {
		return ledger.Activity{}, err
	}
	return ledger.Activity{Ref: ledger.Ref{Kind: ArrangementKind, ID: g.ID}, On: g.ClosedOn, SchoolYear: yearOfDay(g.ClosedOn), Trace: g.Trace, Areas: only(g.Area),
		Title: g.Title, Path: arrangementHref(g)}, nil
}

type expertSource struct{ s *Service }

// Activity implements ledger.Source. The expert is not named: the list is public.
func (x expertSource) Activity(ctx context.Context, id string) (ledger.Activity, error) {
	q, err := requestByID(ctx, x.s.db, id)
	if err != nil {
		return ledger.Activity{}, err
	}
	on := dayOf(unix(q.AnsweredAt))
	return ledger.Activity{Ref: ledger.Ref{Kind: ExpertKind, ID: q.ID}, On: on, SchoolYear: yearOfDay(on), Trace: q.Trace, Areas: only(q.Area),
		Title: q.Topic + ": " + q.Occasion, Path: Href(q.Agreement)}, nil
}

func only(id string) []string {
	if id == "" {
		return nil
	}
	return []string{id}
}

// areaFigures are what the ledger says of an area.
type areaFigures struct {
	Area Area
	By   map[int]ledger.Totals // joint, by school year
	All  ledger.Totals         // joint, over the years
	Near ledger.Totals         // beside it, over the years
}

// ofYear are the joint figures of a year.
func (f areaFigures) ofYear(year int) ledger.Totals { return f.By[year] }

// figuresOf asks the ledger for each area, over the years of the agreement.
func (s *Service) figuresOf(ctx context.Context, r db.Reader, w Whole, areas []Area) (list []areaFigures, err error) {
	years := w.years(dayOf(s.now()))
	for _, a := range areas {
		f := areaFigures{Area: a, By: map[int]ledger.Totals{}}
		if len(years) == 0 { // nothing can have been done yet
			list = append(list, f)
			continue
		}
		from, to := slices.Min(years), slices.Max(years)
		joint, err := s.Ledger.Totals(ctx, r, ledger.Query{Scope: ledger.Area(a.ID), From: from, To: to})
		if err != nil {
			return nil, err
		}
		near, err := s.Ledger.Totals(ctx, r, ledger.Query{Scope: ledger.Near(a.ID), From: from, To: to})
		if err != nil {
			return nil, err
		}
		for _, y := range joint {
			f.By[y.SchoolYear] = y.Totals
		}
		f.All, f.Near = ledger.Sum(joint), ledger.Sum(near)
		list = append(list, f)
	}
	return list, nil
}

// line is an outcome for one group: baseline and every year since.
type line struct {
	Group ledger.Group
	By    map[int]ledger.Totals
}

// outcomeLines asks the ledger for an outcome, group by group. Years are those
// from the baseline on, or of the agreement; the oldest first.
func (s *Service) outcomeLines(ctx context.Context, w Whole, o Outcome) (years []int, list []line, err error) {
	years = w.years(dayOf(s.now()))
	slices.Reverse(years)
	if len(years) == 0 {
		return nil, nil, nil
	}
	for y := years[0] - 1; o.Baseline > 0 && y >= max(o.Baseline, years[0]-10); y-- {
		years = slices.Insert(years, 0, y)
	}
	for _, g := range o.Groups() {
		of, err := s.Ledger.Totals(ctx, s.db, ledger.Query{Scope: o.scope(), From: years[0], To: years[len(years)-1], Group: g})
		if err != nil {
			return nil, nil, err
		}
		l := line{g, map[int]ledger.Totals{}}
		for _, y := range of {
			l.By[y.SchoolYear] = y.Totals
		}
		list = append(list, l)
	}
	return years, list, nil
}
