package needs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/survey"
	"kladka/internal/platform/web"
)

// partLeast is from how many invited people on the participation of a unit is
// shown. It is an official figure, exact, and tells nobody's answer.
const partLeast = 5

// progressSight is what somebody sees of the institutions that are asked.
type progressSight struct {
	all bool
	own []access.InstitutionID // and what these run
}

// progressSight: whoever plans with a campaign sees all, an authority itself and
// what it runs.
func (s *Service) progressSight(ctx context.Context, who access.Actor, c Campaign) (sight progressSight, err error) {
	if err = Plans(ctx, who, c); err == nil {
		return progressSight{all: true}, nil
	}
	if c.State == Draft {
		return sight, err
	}
	for _, h := range who.Roles {
		if h.Role.Gives(access.PlanNeeds) && h.Institution != "" {
			sight.own = append(sight.own, h.Institution)
		}
	}
	if len(sight.own) == 0 {
		return sight, err
	}
	return sight, nil
}

func (p progressSight) where(args []any) (string, []any) {
	if p.all {
		return "", args
	}
	marks := db.Marks(1, len(p.own))
	for range 2 {
		for _, id := range p.own {
			args = append(args, id)
		}
	}
	return ` and (a.runner in ` + marks + ` or a.institution in ` + marks + `)`, args
}

// ProgressRow is one institution that is asked, and what it sent: exact, for it
// is planning data.
type ProgressRow struct {
	Asked
	SortKey string `db:"sort_key"`
	Said    []Declaration
}

// Sent tells that it sent something itself.
func (p ProgressRow) Sent() bool {
	return slices.ContainsFunc(p.Said, func(d Declaration) bool { return d.Sent && d.As != AsAdviser })
}

// ProgressTown is a municipality by seat: how many institutions are asked and
// have sent, how many people were invited and answered.
type ProgressTown struct {
	Town  string `db:"by_seat"`
	Asked int    `db:"asked"`
	Sent  int    `db:"sent"`
	Part  survey.Part
}

const (
	progressPage = 50
	progressSent = `exists (select 1 from needs_declarations d where d.campaign = a.campaign and d.institution = a.institution and d.sent and d.as_what <> 'adviser')`
)

// Progress lists the institutions that a campaign asks, by name, with what they
// sent: all, or those that are silent, of one municipality or of all. Who asks
// must plan with it, or holds PlanNeeds in the authority that runs them.
func (s *Service) Progress(ctx context.Context, who access.Actor, c Campaign, town string, silent bool, at web.Cursor) (rows []ProgressRow, more bool, err error) {
	defer fault.Wrap(&err, "progress of campaign %s", c.ID)
	sight, err := s.progressSight(ctx, who, c)
	if err != nil {
		return nil, false, err
	}
	more1, args := sight.where([]any{c.ID})
	where := `a.campaign = ?` + more1
	if silent {
		where += ` and not ` + progressSent
	}
	if town != "" {
		where += ` and a.by_seat = ?`
		args = append(args, town)
	}
	compare, order := ">", "asc"
	if at.Back {
		compare, order = "<", "desc"
	}
	if at != (web.Cursor{}) {
		where += ` and (a.sort_key, a.institution) ` + compare + ` (?, ?)`
		args = append(args, at.Key, at.ID)
	}
	err = s.db.Select(ctx, &rows, `select a.campaign, a.institution, a.kind, a.by_seat, a.by_running, a.runner, a.roster, a.sort_key from needs_asked a where `+where+
		` order by a.sort_key `+order+`, a.institution `+order+` limit ?`, append(args, progressPage+1)...)
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > progressPage; more {
		rows = rows[:progressPage]
	}
	if at.Back {
		slices.Reverse(rows)
	}
	return rows, more, s.progressSaid(ctx, c.ID, rows)
}

func (s *Service) progressSaid(ctx context.Context, id CampaignID, rows []ProgressRow) error {
	if len(rows) == 0 {
		return nil
	}
	ids, at := make([]access.InstitutionID, len(rows)), map[access.InstitutionID]int{}
	for n, r := range rows {
		ids[n], at[r.Institution] = r.Institution, n
	}
	query, args, err := db.In(`select `+declarationColumns+` from needs_declarations d where d.campaign = ? and d.institution in (?) order by d.as_what, d.id`, id, ids)
	if err != nil {
		return err
	}
	var list []Declaration
	if err := s.db.Select(ctx, &list, query, args...); err != nil {
		return err
	}
	for _, d := range list {
		n := at[d.Institution]
		rows[n].Said = append(rows[n].Said, d)
	}
	return nil
}

// ProgressTowns is the same by municipality, with the participation of people.
func (s *Service) ProgressTowns(ctx context.Context, who access.Actor, c Campaign) (list []ProgressTown, err error) {
	defer fault.Wrap(&err, "progress of campaign %s by municipality", c.ID)
	sight, err := s.progressSight(ctx, who, c)
	if err != nil {
		return nil, err
	}
	more, args := sight.where([]any{c.ID})
	err = s.db.Select(ctx, &list, `select a.by_seat, cast(count(*) as bigint) as asked, cast(sum(case when `+progressSent+` then 1 else 0 end) as bigint) as sent
		from needs_asked a where a.campaign = ?`+more+` group by a.by_seat order by a.by_seat`, args...)
	if err != nil || c.Round == "" {
		return list, err
	}
	parts, err := survey.Parts(ctx, s.db, c.Round)
	if err != nil {
		return nil, err
	}
	seats := map[string]string{}
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var id, seat string
		err := scan(&id, &seat)
		seats[id] = seat
		return err
	}, `select a.institution, a.by_seat from needs_asked a where a.campaign = ?`+more, args...)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		seat, known := seats[p.Unit]
		n, found := slices.BinarySearchFunc(list, seat, func(t ProgressTown, seat string) int { return strings.Compare(t.Town, seat) })
		if known && found {
			t := &list[n].Part
			t.Invited, t.Answered, t.Seats, t.Used = t.Invited+p.Invited, t.Answered+p.Answered, t.Seats+p.Seats, t.Used+p.Used
		}
	}
	return list, nil
}

// progressSum adds municipalities up.
func progressSum(list []ProgressTown) (sum ProgressTown) {
	for _, t := range list {
		sum.Asked += t.Asked
		sum.Sent += t.Sent
		sum.Part.Invited += t.Part.Invited
		sum.Part.Answered += t.Part.Answered
		sum.Part.Used += t.Part.Used
	}
	return sum
}

// askedSize is how many institutions and municipalities a campaign asks.
func askedSize(ctx context.Context, r db.Reader, id CampaignID) (institutions, towns int, err error) {
	var row struct {
		N     int `db:"n"`
		Towns int `db:"towns"`
	}
	err = r.Get(ctx, &row, `select count(*) as n, count(distinct by_seat) as towns from needs_asked where campaign = ?`, id)
	return row.N, row.Towns, err
}

// progressOrder sorts municipalities by name.
func progressOrder(list []ProgressTown, names map[string]string, key func(string) string) {
	slices.SortFunc(list, func(a, b ProgressTown) int {
		return cmp.Or(strings.Compare(key(names[a.Town]), key(names[b.Town])), strings.Compare(a.Town, b.Town))
	})
}
