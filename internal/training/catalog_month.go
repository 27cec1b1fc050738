package training

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// monthView is one month as a table: a row for each week from Monday on.
type monthView struct {
	Name           string
	Value          string // YYYY-MM
	Heads          []monthHead
	Weeks          [][]monthDay
	Earlier, Later web.Link
	None           bool
	Cut            bool // there was more than fits
}

type monthHead struct{ Short, Long string }

// monthDay is one field; those of other months are empty.
type monthDay struct {
	N     int // 0 outside of the month
	Name  string
	Today bool
	Items []monthItem
	More  []monthItem // beyond what a field shows at once
}

type monthItem struct{ Href, Hour, Title, Note, Lang string }

const (
	dayShows  = 4    // meetings of a day before "more"
	monthMost = 1500 // meetings of a month
)

// getMonth draws the month that the filter names (its first, when it names
// several), or that of today. What is past and what comes stand in it alike.
func (s *Service) getMonth(w http.ResponseWriter, r *web.Request) error {
	ctx, now := r.Context(), s.now()
	f, err := catalogFilterOf(r.URL.Query())
	if err != nil {
		return err
	}
	month := monthOf(now.Unix())
	if len(f.Months) > 0 {
		month = monthNumber(f.Months[0])
	}
	f.Months, f.Past = nil, false
	ro, err := s.rollNow(ctx)
	if err != nil {
		return err
	}
	x := catalogReaderOf(access.ActorOf(r.Request), now.Unix())
	c, err := s.cut(ctx, ro, f, x) // for the numbers beside the boxes
	if err != nil {
		return err
	}
	p, err := s.catalogFrame(w, r, ro, f, c, monthPath, "month")
	if err != nil {
		return err
	}
	shown, cut, err := s.monthMeetings(ctx, ro, f, x, month)
	if err != nil {
		return err
	}
	m := drawMonth(r.L, month, shown, now)
	m.Cut, m.None = cut, len(shown) == 0
	m.Earlier, m.Later = monthLink(r.L, f, month-1), monthLink(r.L, f, month+1)
	p.Facets = slices.DeleteFunc(p.Facets, func(x web.Facet) bool { return x.Key == askMonth }) // the links lead there
	p.Month, p.Found = &m, upperFirst(r.L.N("training.catalog.month.found", len(shown), "month", m.Name))
	p.Title = r.L.T("training.catalog.month.title", "month", m.Name)
	p.Hrefs.List = catalogFilter{Months: []string{monthText(month)}}.with(f).href(CatalogPath)
	return r.Render(w, catalogPageView(p))
}

// with is a filter with the months of this one.
func (f catalogFilter) with(rest catalogFilter) catalogFilter {
	rest.Months = f.Months
	return rest
}

func monthLink(l *i18n.L, f catalogFilter, month int32) web.Link {
	f.Months = []string{monthText(month)}
	return web.Link{Text: l.Month(monthStart(month)), Href: f.href(monthPath)}
}

// meetingShown is a meeting as the month needs it.
type meetingShown struct {
	Training ID            `db:"training"`
	State    TrainingState `db:"state"`
	Lang     i18n.Lang     `db:"lang"`
	Title    string        `db:"title"`
	StartsAt int64         `db:"starts_at"`
}

// monthMeetings are the meetings of a month that pass the filter: those of a
// month are read, not those of all trainings.
func (s *Service) monthMeetings(ctx context.Context, ro *catalogRoll, f catalogFilter, x catalogReader, month int32) (shown []meetingShown, cut bool, err error) {
	defer fault.Wrap(&err, "meetings of a month")
	var free map[ID]bool
	if f.Free {
		if free, err = freeNow(ctx, s.db, x.now); err != nil {
			return nil, false, err
		}
	}
	pass := ro.passing(f, x, free)
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var m meetingShown
		if err := scan(&m.Training, &m.State, &m.Lang, &m.Title, &m.StartsAt); err != nil {
			return err
		}
		switch {
		case !pass(m.Training):
		case len(shown) >= monthMost:
			cut = true
		default:
			shown = append(shown, m)
		}
		return nil
	}, `select m.training, t.state, t.lang, t.title, m.starts_at from training_meetings m join training_trainings t on t.id = m.training
		where m.starts_at >= ? and m.starts_at < ? and t.state <> ? and t.state <> ? order by m.starts_at, m.id`,
		monthStart(month).Unix(), monthStart(month+1).Unix(), Draft, Postponed)
	return shown, cut, err
}

// passing tells of single trainings whether a filter lets them pass, whether
// they are past or to come.
func (r *catalogRoll) passing(f catalogFilter, x catalogReader, free map[ID]bool) func(ID) bool {
	v, open := r.sieveOf(f, free), r.staffOnly(x.insts)
	return func(id ID) bool {
		n, known := r.at[id]
		if !known {
			return false
		}
		e := &r.entries[n]
		return (e.inst < 0 || open != nil && open[e.inst]) && v.refusals(r, e, &f, x.now) == 0
	}
}

// drawMonth puts meetings into the days of a month. A training with parallel
// sessions stands once at each hour.
func drawMonth(l *i18n.L, month int32, shown []meetingShown, now time.Time) monthView {
	first := monthStart(month)
	m := monthView{Name: l.Month(first), Value: monthText(month)}
	byDay := map[int][]monthItem{}
	for _, s := range shown {
		at := time.Unix(s.StartsAt, 0).In(web.Warsaw)
		it := monthItem{Href: Path(s.Training), Hour: clock(at), Title: s.Title}
		if s.Lang != l.Lang {
			it.Lang = string(s.Lang)
		}
		if s.State == Canceled {
			it.Note = l.T("training.catalog.stand.canceled")
		}
		if !slices.Contains(byDay[at.Day()], it) {
			byDay[at.Day()] = append(byDay[at.Day()], it)
		}
	}
	today := now.In(web.Warsaw)
	week := make([]monthDay, (int(first.Weekday())+6)%7, 7)
	for d := first; d.Month() == first.Month(); d = d.AddDate(0, 0, 1) {
		items := byDay[d.Day()]
		day := monthDay{N: d.Day(), Name: l.Day(d), Today: d.YearDay() == today.YearDay() && d.Year() == today.Year(), Items: items}
		if len(items) > dayShows+1 {
			day.Items, day.More = items[:dayShows], items[dayShows:]
		}
		if week = append(week, day); len(week) == 7 {
			m.Weeks, week = append(m.Weeks, week), nil
		}
	}
	if len(week) > 0 {
		m.Weeks = append(m.Weeks, append(week, make([]monthDay, 7-len(week))...))
	}
	for n := range 7 {
		key := "training.catalog.weekday." + strconv.Itoa(n+1)
		m.Heads = append(m.Heads, monthHead{l.T(key + ".short"), l.T(key)})
	}
	return m
}
