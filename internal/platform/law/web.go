package law

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Doors are who may pass, and who asks.
type Doors struct {
	Law web.Guard                   // keeps the numbers of the law
	By  func(*web.Request) audit.By // who asks
}

const (
	publicPath = "/prawo"
	officePath = "/administracja/prawo"
)

// Routes opens the doors of the package.
func (s *Service) Routes(sh *web.Shell, d Doors) {
	h := handlers{s, d.By}
	sh.Handle("GET "+publicPath, web.Public, h.public)
	sh.Handle("GET "+officePath, d.Law, h.list)
	sh.Handle("GET "+officePath+"/{key}", d.Law, h.one)
	sh.Handle("POST "+officePath+"/{key}", d.Law, h.add)
	sh.Handle("POST "+officePath+"/{key}/sprawdzone", d.Law, h.verify)
	sh.Handle("POST "+officePath+"/{key}/wycofaj", d.Law, h.withdraw)
}

type handlers struct {
	*Service
	by func(*web.Request) audit.By
}

// line is one row as it is shown.
type line struct {
	ID       string
	Key      string
	Title    string
	Value    string
	Since    string
	Basis    string
	Verified string // by whom and when, or that nobody has
	Checked  bool
	Review   string // by when somebody looks again
	Overdue  bool
	Entered  string
	State    string // where it stands on the line of time
	Holds    bool   // it is the one that holds today
	Standing bool
	Reason   string // why it was withdrawn, by whom and when
	Next     string // the value that will follow and from when
}

type listPage struct {
	web.Page
	Lines  []line
	Office bool
	Due    int
}

func (h handlers) public(w http.ResponseWriter, r *web.Request) error {
	p := listPage{Page: r.Page(w, r.L.T("law.title"))}
	p.Lead = r.L.T("law.lead")
	return h.renderList(w, r, p)
}

func (h handlers) list(w http.ResponseWriter, r *web.Request) error {
	p := listPage{Page: r.Page(w, r.L.T("law.title"), web.Link{Text: r.L.T("law.title"), Href: publicPath}), Office: true}
	p.Title, p.Lead, p.NoIndex = r.L.T("law.office"), r.L.T("law.office_lead"), true
	return h.renderList(w, r, p)
}

func (h handlers) renderList(w http.ResponseWriter, r *web.Request, p listPage) error {
	t, err := h.table(r.Context(), h.db)
	if err != nil {
		return err
	}
	names, err := h.named(r.Context(), t.rows)
	if err != nil {
		return err
	}
	today := day(h.now())
	for _, param := range h.registry.params {
		row, ok := inForce(t.rows[param.Key], today)
		if !ok {
			// The page must show a hole rather than hide it.
			p.Lines = append(p.Lines, line{Key: param.Key, Title: r.L.T(param.Title), Value: r.L.T("law.none")})
			continue
		}
		l := lineOf(r.L, param, row, today, names)
		l.Next = next(r.L, param, t.rows[param.Key], today)
		if l.Overdue {
			p.Due++
		}
		p.Lines = append(p.Lines, l)
	}
	return r.Render(w, listView(p))
}

// next is the first value after today, in words.
func next(l *i18n.L, p Param, rows []Row, today string) string {
	text := ""
	for _, row := range rows { // from the newest date on, so the last one found comes first
		if row.Standing() && row.ValidFrom > today {
			text = l.T("law.next", "value", valueText(l, p.Unit, row.Value), "date", l.DateText(row.ValidFrom))
		}
	}
	return text
}

func (s *Service) named(ctx context.Context, rows map[string][]Row) (map[string]string, error) {
	seen, ids := map[string]bool{"": true}, []string(nil)
	for _, list := range rows {
		for _, row := range list {
			for _, id := range []string{row.VerifiedBy, row.EnteredBy, row.WithdrawnBy} {
				if !seen[id] {
					seen[id], ids = true, append(ids, id)
				}
			}
		}
	}
	if s.names == nil || len(ids) == 0 {
		return nil, nil
	}
	return s.names.People(ctx, ids)
}

func nameOf(l *i18n.L, names map[string]string, id string) string {
	switch {
	case id == "":
		return l.T("law.by_program")
	case names[id] != "":
		return names[id]
	}
	return l.T("law.by_somebody")
}

func lineOf(l *i18n.L, p Param, row Row, today string, names map[string]string) line {
	v := line{ID: row.ID, Key: row.Key, Title: l.T(p.Title), Value: valueText(l, p.Unit, row.Value), Basis: row.Basis,
		Since: l.T("law.since_unknown"), Checked: row.Verified, Verified: l.T("law.unverified"), Standing: row.Standing(),
		Overdue: overdue(row, today)}
	if row.ValidFrom != "" {
		v.Since = l.DateText(row.ValidFrom)
	}
	if row.Verified {
		v.Verified = nameOf(l, names, row.VerifiedBy)
		if row.VerifiedAt > 0 {
			v.Verified += ", " + dateOf(l, row.VerifiedAt)
		}
	}
	if row.ReviewBy != "" {
		v.Review = l.DateText(row.ReviewBy)
	}
	v.Entered = l.T("law.entered", "who", nameOf(l, names, row.EnteredBy), "date", dateOf(l, row.EnteredAt))
	if !row.Standing() {
		v.Reason = l.T("law.withdrawn_because", "who", nameOf(l, names, row.WithdrawnBy), "date", dateOf(l, row.WithdrawnAt), "reason", row.WithdrawnReason)
	}
	return v
}

func dateOf(l *i18n.L, at int64) string { return l.Date(time.Unix(at, 0).In(web.Warsaw)) }

// Words is the value with its unit in the reader's language: "24 miesiące".
func (v Value) Words(l *i18n.L) string { return valueText(l, v.Unit, v.Text) }

// valueText is a value with its unit: "24 miesiące", "14 dni".
func valueText(l *i18n.L, u Unit, value string) string {
	n, err := strconv.Atoi(value)
	switch {
	case u == Date:
		return l.DateText(value)
	case !u.number() || err != nil:
		return value
	case u == Grosz:
		return l.T("law.unit.grosz", "zl", n/100, "gr", strconv.Itoa(n%100/10)+strconv.Itoa(n%10))
	case u == Percent:
		return l.T("law.unit.percent", "n", n)
	case u == Count:
		return l.Number(n)
	}
	return l.N("law.unit."+string(u), n)
}

type paramPage struct {
	web.Page
	Key    string
	Now    string
	Lines  []line
	Holds  *line
	Change Change
	Unit   Unit
	Mode   string // of the keyboard for the value
	Today  string
}

func (p paramPage) path() string { return officePath + "/" + p.Key }

func (h handlers) one(w http.ResponseWriter, r *web.Request) error {
	p, err := h.paramPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, paramView(p))
}

func (h handlers) paramPage(w http.ResponseWriter, r *web.Request) (p paramPage, err error) {
	param, ok := h.registry.Param(r.PathValue("key"))
	if !ok {
		return p, fault.ErrNotFound
	}
	t, err := h.table(r.Context(), h.db)
	if err != nil {
		return p, err
	}
	rows := t.rows[param.Key]
	names, err := h.named(r.Context(), map[string][]Row{param.Key: rows})
	if err != nil {
		return p, err
	}
	p = paramPage{Page: r.Page(w, r.L.T(param.Title), web.Link{Text: r.L.T("law.office"), Href: officePath}), Key: param.Key, Unit: param.Unit}
	p.NoIndex, p.Today, p.Now = true, day(h.now()), r.L.T("law.none")
	p.Lead = r.L.T("law.unit_of." + string(param.Unit))
	if param.Unit.number() {
		p.Mode = "numeric"
	}
	holding, holds := inForce(rows, p.Today)
	for _, row := range rows {
		l := lineOf(r.L, param, row, p.Today, names)
		l.Holds = holds && row.ID == holding.ID
		l.State = r.L.T("law.state." + stateOf(row, l.Holds, p.Today))
		p.Lines = append(p.Lines, l)
		if l.Holds {
			p.Holds, p.Now = &l, l.Value
		}
	}
	return p, nil
}

func stateOf(row Row, holds bool, today string) string {
	switch {
	case !row.Standing():
		return "withdrawn"
	case holds:
		return "holds"
	case row.ValidFrom > today:
		return "coming"
	}
	return "past"
}

func (h handlers) add(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	c := Change{Key: r.PathValue("key"), ValidFrom: r.Value(fieldFrom), Value: r.Value(fieldValue), Basis: r.Value(fieldBasis),
		ReviewBy: r.Value(fieldReview), Verified: r.Value(fieldVerified) != "", Reason: r.Value(fieldReason)}
	if err := h.Add(r.Context(), h.by(r), c); err != nil {
		return h.again(w, r, c, err)
	}
	return h.done(w, r, "notice.law_added")
}

// again shows the form with what was typed and what is wrong with it.
func (h handlers) again(w http.ResponseWriter, r *web.Request, c Change, why error) error {
	if fault.KindOf(why) != fault.Invalid {
		return why
	}
	p, err := h.paramPage(w, r)
	if err != nil {
		return err
	}
	p.Change, p.Page = c, p.WithErrors(why)
	return r.RenderStatus(w, http.StatusUnprocessableEntity, paramView(p))
}

func (h handlers) verify(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := h.Verify(r.Context(), h.by(r), r.Value("wiersz"), r.Value(fieldReview)); err != nil {
		return h.again(w, r, Change{}, err)
	}
	return h.done(w, r, "notice.law_verified")
}

func (h handlers) withdraw(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := h.Withdraw(r.Context(), h.by(r), r.Value("wiersz"), r.Value(fieldReason)); err != nil {
		return h.again(w, r, Change{}, err)
	}
	return h.done(w, r, "notice.law_withdrawn")
}

func (h handlers) done(w http.ResponseWriter, r *web.Request, notice string) error {
	r.Notify(w, notice)
	return r.Redirect(w, officePath+"/"+r.PathValue("key"))
}
