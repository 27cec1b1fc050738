package survey

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// printPage is a questionnaire for a pen.
type printPage struct {
	web.Page
	Def     Definition
	Promise web.Audience
	Until   string
	About   web.Link
}

// getPrint draws the form for paper, for those who run the round or keep a roll.
func (h roundHandlers) getPrint(w http.ResponseWriter, r *web.Request) error {
	v, err := h.viewed(r)
	if err != nil {
		return err
	}
	units, err := v.owner.PaperAt(r.Context(), r, v.rd)
	if err != nil {
		return err
	}
	if len(units) == 0 {
		if err := v.owner.Runs(r.Context(), r, v.rd); err != nil {
			return err
		}
	}
	p := printPage{Page: r.Page(w, v.title(r), v.crumbs(r)...), Def: v.def, Until: until(r.L, v.rd)}
	if p.About, err = v.about(r); err != nil {
		return err
	}
	p.NoIndex = true
	p.Promise = web.Audience{Short: p.T("survey.mode." + string(v.rd.Mode) + ".short"), More: p.T("survey.mode." + string(v.rd.Mode) + ".paper")}
	return r.Render(w, printView(p))
}

// unitsPage are the units whose roll the person keeps.
type unitsPage struct {
	web.Page
	Units []web.Link
}

func (h roundHandlers) getUnits(w http.ResponseWriter, r *web.Request) error {
	v, err := h.viewed(r)
	if err != nil {
		return err
	}
	units, err := v.owner.PaperAt(r.Context(), r, v.rd)
	switch {
	case err != nil:
		return err
	case len(units) == 0:
		return fault.New(fault.Forbidden, "fault.forbidden")
	case len(units) == 1:
		return r.Redirect(w, paperPath(v.rd.ID, units[0]))
	}
	names, err := h.units(r.Context(), units...)
	if err != nil {
		return err
	}
	p := unitsPage{Page: r.Page(w, r.L.T("survey.paper.title"), v.crumbs(r)...)}
	p.NoIndex, p.Lead = true, v.title(r)
	for _, u := range units {
		p.Units = append(p.Units, web.Link{Text: called(names, u), Href: paperPath(v.rd.ID, u)})
	}
	slices.SortFunc(p.Units, func(a, b web.Link) int { return strings.Compare(i18n.SortKey(a.Text), i18n.SortKey(b.Text)) })
	return r.Render(w, unitsView(p))
}

func paperPath(id RoundID, unit string) string { return Path(id) + "/papier/" + unit }

// paperPage is the roll of a unit, its forms on paper and its link.
type paperPage struct {
	web.Page
	Round   Round
	Unit    string
	Action  string
	People  []web.Choice // who have not answered
	Sheets  Sheets
	Link    Link
	Address string // of the link, to be copied
	Seats   int    // that the person may give at most
	Open    bool
	Early   bool // before the opening links can be prepared
}

// paper is a round at a unit whose roll the person who asks keeps.
func (h roundHandlers) paper(r *web.Request) (v roundView, unit string, err error) {
	if v, err = h.viewed(r); err != nil {
		return v, "", err
	}
	unit = r.PathValue("unit")
	units, err := v.owner.PaperAt(r.Context(), r, v.rd)
	if err == nil && !slices.Contains(units, unit) {
		err = fault.New(fault.Forbidden, "fault.forbidden")
	}
	return v, unit, err
}

func (h roundHandlers) getPaper(w http.ResponseWriter, r *web.Request) error {
	v, unit, err := h.paper(r)
	if err != nil {
		return err
	}
	return h.drawPaper(w, r, v, unit, http.StatusOK, nil)
}

func (h roundHandlers) drawPaper(w http.ResponseWriter, r *web.Request, v roundView, unit string, status int, refused error) (err error) {
	ctx := r.Context()
	p := paperPage{Page: r.Page(w, r.L.T("survey.paper.title"), v.crumbs(r)...).WithErrors(refused), Round: v.rd, Action: paperPath(v.rd.ID, unit)}
	p.NoIndex, p.Lead = true, v.title(r)
	p.Open, p.Early = v.rd.Answering(h.now()), v.rd.State == Planned
	units, err := h.units(ctx, unit)
	if err != nil {
		return err
	}
	p.Unit = called(units, unit)
	if p.Sheets, err = SheetsOf(ctx, h.db, v.rd.ID, unit); err != nil {
		return err
	}
	if p.Link, err = h.LinkOf(ctx, h.db, v.rd.ID, unit); err != nil {
		return err
	}
	p.Address = h.origin(r) + p.Link.Path
	if p.Seats, err = SeatsFor(ctx, h.db, v.rd.ID, unit); err != nil {
		return err
	}
	if p.Open {
		if p.People, err = h.roll(r, v.rd.ID, unit); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, status, paperView(p))
}

// origin is how this site was called, for a link that is copied to paper.
func (h roundHandlers) origin(r *web.Request) string {
	if r.Shell.HTTPS {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// roll are the people of a unit who have not answered, by their names.
func (h roundHandlers) roll(r *web.Request, id RoundID, unit string) (list []web.Choice, err error) {
	ids, err := paperRoll(r.Context(), h.db, id, unit)
	if err != nil {
		return nil, err
	}
	names, err := h.people(r.Context(), ids...)
	for _, id := range ids {
		list = append(list, web.Choice{Value: id, Label: called(names, id)})
	}
	slices.SortFunc(list, func(a, b web.Choice) int { return strings.Compare(i18n.SortKey(a.Label), i18n.SortKey(b.Label)) })
	return list, err
}

func (h roundHandlers) postMark(w http.ResponseWriter, r *web.Request) error {
	v, unit, err := h.paper(r)
	if err != nil {
		return err
	}
	if err := r.Form(); err != nil {
		return err
	}
	people := r.PostForm[fieldOfficer]
	if len(people) == 0 {
		err := fault.InvalidFields([]fault.Field{{Name: fieldOfficer, Key: "survey.fault.nobody_chosen"}})
		return h.drawPaper(w, r, v, unit, http.StatusUnprocessableEntity, err)
	}
	n, err := h.MarkPaper(r.Context(), h.by(r), v.rd.ID, unit, people)
	if err != nil {
		return err
	}
	r.Notify(w, "notice.survey_marked", "n", strconv.Itoa(n))
	return r.Redirect(w, paperPath(v.rd.ID, unit))
}

func (h roundHandlers) postSeats(w http.ResponseWriter, r *web.Request) error {
	v, unit, err := h.paper(r)
	if err != nil {
		return err
	}
	if err := r.Form(); err != nil {
		return err
	}
	seats, err := strconv.Atoi(r.Value(fieldSeats))
	if err != nil {
		seats = -1
	}
	err = h.SetSeats(r.Context(), h.by(r), v.rd.ID, unit, seats, r.Value("nowy") != "")
	if fault.KindOf(err) == fault.Invalid {
		return h.drawPaper(w, r, v, unit, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	r.Notify(w, "notice.survey_link")
	return r.Redirect(w, paperPath(v.rd.ID, unit)+"#link")
}

// sheet is a form on paper that is typed in.
func (h roundHandlers) sheet(r *web.Request) (a asking, sheets Sheets, err error) {
	v, unit, err := h.paper(r)
	if err != nil {
		return a, sheets, err
	}
	if sheets, err = SheetsOf(r.Context(), h.db, v.rd.ID, unit); err != nil {
		return a, sheets, err
	}
	a = asking{roundView: v, action: paperPath(v.rd.ID, unit) + "/formularz", done: paperPath(v.rd.ID, unit) + "/formularz"}
	a.give = func(g Given) error { return h.AnswerOnPaper(r.Context(), v.rd.ID, unit, g) }
	names, err := h.units(r.Context(), unit)
	a.page.Unit = names[unit]
	a.page.Paper = r.L.N("survey.paper.waiting", sheets.Waiting())
	return a, sheets, err
}

func (h roundHandlers) getSheet(w http.ResponseWriter, r *web.Request) error {
	a, sheets, err := h.sheet(r)
	if err != nil {
		return err
	}
	if err := a.rd.takes(h.now()); err != nil {
		return err
	}
	if sheets.Waiting() <= 0 { // all are in: back to the roll
		return r.Redirect(w, paperPath(a.rd.ID, r.PathValue("unit")))
	}
	return h.draw(w, r, a, http.StatusOK, nil, NewForm(), firstSection(r, a.def), nil)
}

func (h roundHandlers) postSheet(w http.ResponseWriter, r *web.Request) error {
	at := h.now()
	a, _, err := h.sheet(r)
	if err != nil {
		return err
	}
	return h.take(w, r, a, Given{At: at})
}
