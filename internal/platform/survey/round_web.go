package survey

import (
	"net/http"
	"slices"
	"strconv"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// asking is one way of answering: by oneself, by the link of a staff room, or by
// typing in a form that came on paper.
type asking struct {
	roundView
	action string // where the form goes
	done   string // where it leads when it was taken
	began  Answers
	save   func(g Given) error // nil: nothing can be saved
	give   func(g Given) error
	page   answerPage // what this way says on the page
}

// answerPage is a questionnaire to be filled in.
type answerPage struct {
	web.Page
	Round    Round
	Def      Definition
	Form     Form
	Number   string // of the form
	Action   string
	About    web.Link // what is asked about
	Unit     string   // whose answer it is; "" where it has no name
	Officers []string // who opens the envelopes
	Seats    string   // of the link
	Paper    string   // how many forms wait to be typed in
	Answered bool     // something was sent before and will be replaced
	CanSave  bool
	First    bool // no section stands before this one
	Last     bool // none stands behind it
	Step     string
	Other    string   // address of the other way to draw it
	Lost     []string // what was typed and does not fit the new questions
	Changed  bool
}

// getAnswer draws the questionnaire for somebody who is signed in.
func (h roundHandlers) getAnswer(w http.ResponseWriter, r *web.Request) error {
	a, seat, err := h.own(r)
	if err != nil {
		return err
	}
	if seat.Mode == Anonymous && seat.Answered {
		return h.renderThanks(w, r, a.roundView, "survey.thanks.had")
	}
	if seat.Answered && a.began == nil { // it came on paper, and nobody knows which it is
		return fault.New(fault.Conflict, "survey.fault.already")
	}
	if err := a.rd.takes(h.now()); err != nil {
		return err
	}
	return h.draw(w, r, a, http.StatusOK, a.began, NewForm(), firstSection(r, a.def), nil)
}

func (h roundHandlers) postAnswer(w http.ResponseWriter, r *web.Request) error {
	at := h.now()
	a, _, err := h.own(r)
	if err != nil {
		return err
	}
	return h.take(w, r, a, Given{At: at})
}

// own is the round as the person who asks finds it.
func (h roundHandlers) own(r *web.Request) (a asking, seat roundSeat, err error) {
	ctx, person, id := r.Context(), h.person(r), RoundID(r.PathValue("round"))
	if seat, err = seatOf(ctx, h.db, id, person); err != nil {
		return a, seat, err
	}
	if a.roundView, err = h.view(ctx, id); err != nil {
		return a, seat, err
	}
	unit := ""
	if !seat.Asked && (a.rd.State == Planned || a.rd.State == Open) {
		if unit, err = a.owner.Eligible(ctx, r, a.rd); err != nil {
			return a, seat, err
		}
		seat.Unit = unit
	}
	if a.began, err = h.begun(ctx, h.db, seat, person); err != nil {
		return a, seat, err
	}
	a.action, a.done = Path(id), Path(id)+"/dziekujemy"
	a.give = func(g Given) error { return h.Answer(ctx, id, person, unit, g) }
	if a.rd.Mode != Anonymous {
		a.save = func(g Given) error { return h.SaveDraft(ctx, id, person, unit, g) }
	}
	units, err := h.units(ctx, seat.Unit)
	a.page.Unit, a.page.Answered = units[seat.Unit], seat.Answered
	return a, seat, err
}

// firstSection is -1 for all on one page, or, as the reader chose, the first one.
func firstSection(r *web.Request, d Definition) int {
	if r.URL.Query().Get("po") != "1" || len(d.Sections) < 2 {
		return -1
	}
	return 0
}

// take does what the pressed button of a form says.
func (h roundHandlers) take(w http.ResponseWriter, r *web.Request, a asking, g Given) error {
	if err := r.Form(); err != nil {
		return err
	}
	g.Form, g.Definition, g.Answers = r.PostFormValue(fieldForm), DefinitionID(r.PostFormValue(fieldDefinition)), FromForm(a.def, r.PostForm)
	if !formShape(g.Form) {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	if g.Definition != a.rd.Definition {
		return h.changed(w, r, a, g)
	}
	section, err := strconv.Atoi(r.PostFormValue(fieldSection))
	if err != nil || section < -1 || section >= len(a.def.Sections) {
		section = -1
	}
	switch r.PostFormValue(fieldStep) {
	case "wstecz":
		return h.draw(w, r, a, http.StatusOK, g.Answers, g.Form, beside(a.def, g.Answers, section, -1), nil)
	case "dalej":
		if _, fields := a.def.CheckThrough(g.Answers, section); len(fields) > 0 {
			return h.draw(w, r, a, http.StatusUnprocessableEntity, g.Answers, g.Form, faultySection(a.def, section, fields), fields)
		}
		return h.draw(w, r, a, http.StatusOK, g.Answers, g.Form, beside(a.def, g.Answers, section, 1), nil)
	case "zapisz":
		if a.save != nil {
			return h.taken(w, r, a, g, section, a.save(g), a.action, "notice.survey_saved")
		}
	}
	return h.taken(w, r, a, g, section, a.give(g), a.done, "")
}

// taken answers a form that was saved or sent.
func (h roundHandlers) taken(w http.ResponseWriter, r *web.Request, a asking, g Given, section int, err error, to, notice string) error {
	if f := fault.As(err); f != nil && f.Kind == fault.Invalid && len(f.Fields) > 0 {
		return h.draw(w, r, a, http.StatusUnprocessableEntity, g.Answers, g.Form, faultySection(a.def, section, f.Fields), f.Fields)
	}
	if err != nil {
		return err
	}
	if notice != "" {
		r.Notify(w, notice)
	}
	return r.Redirect(w, to)
}

// beside is the next section of which anything is asked, or the one before.
func beside(d Definition, a Answers, section, by int) int {
	pages := d.Pages(a)
	if by < 0 {
		slices.Reverse(pages)
	}
	for _, p := range pages {
		if by > 0 && p > section || by < 0 && p < section {
			return p
		}
	}
	return section
}

// faultySection is the first section with a fault; -1 stays all on one page.
func faultySection(d Definition, section int, fields []fault.Field) int {
	if section < 0 {
		return section
	}
	if at := d.SectionOf(fields[0].Name); at >= 0 {
		return at
	}
	return section
}

// changed draws the new questions with what still fits, and shows the rest:
// nobody's words are lost because an officer mended a question.
func (h roundHandlers) changed(w http.ResponseWriter, r *web.Request, a asking, g Given) error {
	fits := Answers{}
	for key, values := range g.Answers {
		if clean, fields := a.def.CheckDraft(Answers{key: values}); len(fields) == 0 {
			for k, v := range clean {
				fits[k] = v
			}
		}
	}
	for key, values := range g.Answers {
		if fits[key] == nil {
			a.page.Lost = append(a.page.Lost, values...)
		}
	}
	slices.Sort(a.page.Lost)
	a.page.Changed = true
	return h.draw(w, r, a, http.StatusConflict, fits, NewForm(), -1, nil)
}

// draw draws one section of the questionnaire, or all.
func (h roundHandlers) draw(w http.ResponseWriter, r *web.Request, a asking, status int, answers Answers, number string, section int, fields []fault.Field) error {
	p := a.page
	p.Page = r.Page(w, a.title(r), a.crumbs(r)...)
	p.NoIndex, p.Errors = true, fields
	var err error
	if p.About, err = a.about(r); err != nil {
		return err
	}
	p.Lead, _ = a.def.Intro.In(r.L)
	p.Round, p.Def, p.Number, p.Action, p.CanSave = a.rd, a.def, number, a.action, a.save != nil
	if section >= 0 {
		pages := a.def.Pages(answers)
		if !slices.Contains(pages, section) && len(pages) > 0 {
			section = pages[0]
		}
		at := slices.Index(pages, section)
		p.First, p.Last = at <= 0, at == len(pages)-1
		p.Step = r.L.T("survey.answer.step", "n", at+1, "of", len(pages))
	} else {
		p.First, p.Last = true, true
	}
	p.Form = Form{Def: a.def, Answers: answers, Section: section}
	if r.Method == http.MethodGet && len(a.def.Sections) > 1 {
		if p.Other = a.action + "?po=1"; section >= 0 {
			p.Other = a.action
		}
	}
	if a.rd.Mode == Anonymous {
		if p.Officers, err = h.officers(r, a.rd); err != nil {
			return err
		}
	}
	return r.RenderStatus(w, status, answerView(p))
}

// officers are the names of those who keep the key.
func (h roundHandlers) officers(r *web.Request, rd Round) (list []string, err error) {
	keepers, err := Custody(r.Context(), h.db, rd.ID)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, c := range keepers {
		if c.Person != "" && !c.Gone {
			ids = append(ids, c.Person)
		}
	}
	names, err := h.people(r.Context(), ids...)
	for _, id := range ids {
		list = append(list, called(names, id))
	}
	return list, err
}

// promise is who sees the answers, by the mode of the round.
func (p answerPage) promise() web.Audience {
	key := "survey.mode." + string(p.Round.Mode)
	return web.Audience{Short: p.T(key + ".short"), More: p.T(key + ".more")}
}

// opens is how the sealed answers are opened, with the names of the officers.
func (p answerPage) opens() string {
	if len(p.Officers) == 0 {
		return p.T("survey.answer.sealed_nobody")
	}
	return p.T("survey.answer.sealed", "officers", listed(p.L, p.Officers))
}

func listed(l *i18n.L, names []string) string {
	if len(names) < 2 {
		return names[0]
	}
	text := names[0]
	for _, n := range names[1 : len(names)-1] {
		text += ", " + n
	}
	return l.T("survey.and", "first", text, "last", names[len(names)-1])
}

// thanksPage is what stands after an answer was taken.
type thanksPage struct {
	web.Page
	Text   string
	Said   string // thanks of the questionnaire itself
	Next   web.Step
	Matter web.Link
	Change string // where the answers can still be changed, "" for nowhere
}

func (h roundHandlers) getThanks(w http.ResponseWriter, r *web.Request) error {
	v, err := h.viewed(r)
	if err != nil {
		return err
	}
	if _, answered, err := HasAnswered(r.Context(), h.db, v.rd.ID, h.person(r)); err != nil || !answered {
		return r.Redirect(w, Path(v.rd.ID))
	}
	return h.renderThanks(w, r, v, "survey.thanks."+string(v.rd.Mode))
}

func (h roundHandlers) renderThanks(w http.ResponseWriter, r *web.Request, v roundView, key string) error {
	p := thanksPage{Page: r.Page(w, r.L.T("survey.thanks.title"), v.crumbs(r)...), Text: r.L.T(key), Matter: v.owner.Page(r.L, v.rd)}
	p.NoIndex = true
	p.Lead = v.title(r)
	p.Said, _ = v.def.Thanks.In(r.L)
	if v.rd.Mode != Anonymous && v.rd.Answering(h.now()) && r.PathValue("unit") == "" {
		p.Change = Path(v.rd.ID)
	}
	var err error
	if p.Next, err = v.owner.Next(r.Context(), r.L, v.rd, h.person(r)); err != nil {
		return err
	}
	return r.Render(w, thanksView(p))
}

// byLink is the round as the link of a staff room shows it.
func (h roundHandlers) byLink(r *web.Request) (a asking, l Link, err error) {
	ctx, id, unit, key := r.Context(), RoundID(r.PathValue("round")), r.PathValue("unit"), r.PathValue("key")
	if _, l, err = h.ByLink(ctx, id, unit, key); err != nil {
		return a, l, err
	}
	if a.roundView, err = h.view(ctx, id); err != nil {
		return a, l, err
	}
	a.action, a.done = l.Path, l.Path+"/dziekujemy"
	a.give = func(g Given) error { return h.AnswerByLink(ctx, id, unit, key, g) }
	names, err := h.units(ctx, unit)
	a.page.Unit = names[unit]
	a.page.Seats = r.L.T("survey.link.seats", "used", l.Used, "seats", l.Seats)
	return a, l, err
}

func (h roundHandlers) getLink(w http.ResponseWriter, r *web.Request) error {
	a, l, err := h.byLink(r)
	if err != nil {
		return err
	}
	if err := a.rd.takes(h.now()); err != nil {
		return err
	}
	if l.Used >= l.Seats {
		return fault.New(fault.Conflict, "survey.fault.link_full", "seats", l.Seats)
	}
	return h.draw(w, r, a, http.StatusOK, nil, NewForm(), firstSection(r, a.def), nil)
}

func (h roundHandlers) postLink(w http.ResponseWriter, r *web.Request) error {
	at := h.now()
	a, _, err := h.byLink(r)
	if err != nil {
		return err
	}
	return h.take(w, r, a, Given{At: at})
}

func (h roundHandlers) getLinkThanks(w http.ResponseWriter, r *web.Request) error {
	a, _, err := h.byLink(r)
	if err != nil {
		return err
	}
	return h.renderThanks(w, r, a.roundView, "survey.thanks.link")
}
