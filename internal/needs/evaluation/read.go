package evaluation

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// View is in which quality somebody reads an evaluation.
type View int

// The views.
const (
	AsLeader View = iota + 1
	AsCenter
)

// sees tells in which quality the actor may read what was published of a subject:
// its center, or one of those who led it. Forbidden for anybody else.
func (s *Service) sees(ctx context.Context, who access.Actor, sub stored) (View, error) {
	err := s.runs(ctx, who, sub)
	if err == nil {
		return AsCenter, nil
	}
	if !who.May(access.LeadTrainings) || who.Person == "" {
		return 0, err
	}
	var n int
	if failed := s.db.Get(ctx, &n, `select count(*) from needs_eval_leaders where kind = ? and subject = ? and person = ?`, sub.Kind, sub.ID, who.Person); failed != nil {
		return 0, failed
	}
	if n == 0 {
		return 0, err
	}
	return AsLeader, nil
}

// runs tells whether the actor runs what is evaluated: by the rights of its own
// module, or else by those of its center.
func (s *Service) runs(ctx context.Context, who access.Actor, sub stored) error {
	if of, ok := s.Subjects[sub.Kind].(Runners); ok {
		return of.Runs(ctx, who, sub.ID)
	}
	return who.MayAt(ctx, access.ManageTrainings, sub.Center)
}

// rowOfList is a subject in a list, with what was published of it.
type rowOfList struct {
	stored
	After         string `db:"after_figures"` // JSON, "" while there is none
	Later         string `db:"later_figures"`
	AfterState    string `db:"after_state"` // of the round; "" where there is none
	LaterState    string `db:"later_state"`
	AfterGroup    string `db:"after_group"` // state of the group
	LaterGroup    string `db:"later_group"`
	AfterTogether int    `db:"after_together"` // rounds published together
	LaterTogether int    `db:"later_together"`
	Low           bool   `db:"low"`
}

func figuresOf(text string) (f Figures) {
	_ = json.Unmarshal([]byte(text), &f) // ours; what cannot be read is hidden
	return f
}

// rowColumns read a subject with both rounds and their groups.
const rowColumns = storedColumns + `, coalesce(ga.figures, '') as after_figures, coalesce(gl.figures, '') as later_figures,
	coalesce(xa.state, '') as after_state, coalesce(xl.state, '') as later_state, coalesce(ga.state, '') as after_group, coalesce(gl.state, '') as later_group,
	coalesce(ga.rounds, 0) as after_together, coalesce(gl.rounds, 0) as later_together, coalesce(gl.low, false) as low`

const rowJoins = ` left join needs_eval_rounds xa on xa.kind = s.kind and xa.subject = s.id and xa.stage = 'after'
	left join needs_eval_rounds xl on xl.kind = s.kind and xl.subject = s.id and xl.stage = 'later'
	left join needs_eval_groups ga on ga.id = xa.grp left join needs_eval_groups gl on gl.id = xl.grp`

// pageRows is how many subjects a page of a list holds.
const pageRows = 30

// Led are the subjects that the actor led, the last ones first, a page of them.
func (s *Service) led(ctx context.Context, who access.Actor, at web.Cursor) (list []rowOfList, more bool, err error) {
	defer fault.Wrap(&err, "evaluations of a leader")
	if err := who.Must(access.LeadTrainings); err != nil {
		return nil, false, err
	}
	where, order, args := after(`l.ended_key`, `l.subject`, at)
	err = s.db.Select(ctx, &list, `select `+rowColumns+` from needs_eval_leaders l join needs_eval_subjects s on s.kind = l.kind and s.id = l.subject`+rowJoins+
		` where l.person = ? and `+where+` order by `+order+` limit ?`, append(append([]any{who.Person}, args...), pageRows+1)...)
	list, more = cut(list, at)
	return list, more, err
}

// ofCenter are the subjects of a center in a school year, the last ones first;
// only those of low later use when asked. Whoever runs its trainings may.
func (s *Service) ofCenter(ctx context.Context, who access.Actor, center access.InstitutionID, year int, low bool, at web.Cursor) (list []rowOfList, more bool, err error) {
	defer fault.Wrap(&err, "evaluations of %s", center)
	if err := who.MayAt(ctx, access.ManageTrainings, center); err != nil {
		return nil, false, err
	}
	where, order, args := after(`s.ended_key`, `s.id`, at)
	if low {
		where += ` and gl.low`
	}
	err = s.db.Select(ctx, &list, `select `+rowColumns+` from needs_eval_subjects s`+rowJoins+
		` where s.kind = ? and s.center = ? and s.school_year = ? and `+where+` order by `+order+` limit ?`, append(append([]any{Training, center, year}, args...), pageRows+1)...)
	list, more = cut(list, at)
	return list, more, err
}

// after is the part of a statement that pages a list backwards in time.
func after(key, id string, at web.Cursor) (where, order string, args []any) {
	switch {
	case at.ID == "":
		return `1 = 1`, key + ` desc, ` + id + ` desc`, nil
	case at.Back:
		return `(` + key + ` > ? or ` + key + ` = ? and ` + id + ` > ?)`, key + `, ` + id, []any{at.Key, at.Key, at.ID}
	}
	return `(` + key + ` < ? or ` + key + ` = ? and ` + id + ` < ?)`, key + ` desc, ` + id + ` desc`, []any{at.Key, at.Key, at.ID}
}

func cut(list []rowOfList, at web.Cursor) ([]rowOfList, bool) {
	more := len(list) > pageRows
	list = list[:min(len(list), pageRows)]
	if at.Back {
		slices.Reverse(list)
	}
	return list, more
}

// years are the sums of a center, the last school year first. Everybody may read
// them: they are sums of what was published.
func (s *Service) years(ctx context.Context, center access.InstitutionID) (list []yearRow, err error) {
	return list, s.db.Select(ctx, &list, `select `+yearColumns+` from needs_eval_years y where y.center = ? order by y.school_year desc,
		case when y.stage = 'after' then 0 else 1 end`, center)
}

// yearOf are the sums of all centers in a school year; "" counts from the last.
func (s *Service) yearOf(ctx context.Context, year int) (list []yearRow, err error) {
	return list, s.db.Select(ctx, &list, `select `+yearColumns+` from needs_eval_years y where y.school_year = ? order by y.center,
		case when y.stage = 'after' then 0 else 1 end limit 400`, year)
}

// knownYears are the school years of which there are sums, the last first.
func (s *Service) knownYears(ctx context.Context) (list []int, err error) {
	return list, s.db.Select(ctx, &list, `select distinct school_year from needs_eval_years order by school_year desc limit 30`)
}

// tables are the releases of a group, in the order of the questions.
func (s *Service) tables(ctx context.Context, g string) (list []disclosure.Table, err error) {
	heads, err := s.Disclosure.Find(ctx, s.db, disclosure.Query{Object: object(g)})
	if err != nil {
		return nil, err
	}
	for _, q := range questions {
		n := slices.IndexFunc(heads, func(h disclosure.Head) bool { return h.Measure == q.name() })
		if n < 0 {
			continue
		}
		t, err := s.Disclosure.Read(ctx, s.db, heads[n].ID)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// Use is what became known of the later use of a subject.
type Use struct {
	Text string // words for a page, "" while nobody was asked
	Low  bool   // to be shown to those who plan
	Why  web.Reason
}

// LaterUse tells what those who took part used of a training weeks later, as its
// release shows it: a share, a band, or the sentence that it is hidden. It is for
// the pages of a need, its trace and its list: whoever may read those may read it.
// Use.Text is "" while there is no release.
func (s *Service) LaterUse(ctx context.Context, l *i18n.L, kind Kind, id string) (u Use, err error) {
	defer fault.Wrap(&err, "later use of %s %s", kind, id)
	all, err := s.LaterUses(ctx, l, kind, id)
	return all[id], err
}

// mostUses is how many subjects one question names.
const mostUses = 400

// LaterUses is LaterUse of several at once; those without a release are left out.
func (s *Service) LaterUses(ctx context.Context, l *i18n.L, kind Kind, ids ...string) (map[string]Use, error) {
	uses := map[string]Use{}
	if len(ids) == 0 {
		return uses, nil
	}
	ids = ids[:min(len(ids), mostUses)]
	query, args, err := db.In(`select x.subject, g.id, g.rounds, g.figures, g.low, g.released_at from needs_eval_rounds x join needs_eval_groups g on g.id = x.grp
		where x.kind = ? and x.stage = 'later' and g.state = 'released' and x.subject in (?)`, kind, ids)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Subject    string `db:"subject"`
		ID         string `db:"id"`
		Rounds     int    `db:"rounds"`
		Figures    string `db:"figures"`
		Low        bool   `db:"low"`
		ReleasedAt int64  `db:"released_at"`
	}
	if err := s.db.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	for _, row := range rows {
		f := figuresOf(row.Figures)
		u := Use{Text: useText(l, f.Used), Low: row.Low}
		if row.Rounds > 1 {
			u.Text += " " + l.N("evaluation.together", row.Rounds)
		}
		if u.Low {
			u.Why = lowReason(l, f)
		}
		uses[row.Subject] = u
	}
	return uses, nil
}

// useText is a share of use in words: exactly, as a band, or that it is hidden.
func useText(l *i18n.L, used disclosure.Cell) string {
	if !used.Shown {
		return disclosure.Words(l, used)
	}
	low, high := span(used)
	if low == high {
		return l.T("evaluation.used", "percent", strconv.Itoa(percentOf(low)))
	}
	return l.T("evaluation.used_band", "from", strconv.Itoa(percentOf(low)), "to", strconv.Itoa(percentOf(high)))
}

// lowReason says why a training is shown to those who plan.
func lowReason(l *i18n.L, f Figures) web.Reason {
	return web.Reason{Text: l.T("evaluation.low.text"), Rule: l.T("evaluation.low.rule"),
		Numbers: []web.Pair{{Name: l.T("evaluation.low.share"), Value: useText(l, f.Used)}, {Name: l.T("evaluation.low.border"), Value: l.T("evaluation.used", "percent", strconv.Itoa(f.Least))},
			{Name: l.T("evaluation.answers"), Value: l.Number(f.Answers.N)}}}
}

func yearText(year int) string { return strconv.Itoa(year) + "/" + strconv.Itoa(year+1) }
