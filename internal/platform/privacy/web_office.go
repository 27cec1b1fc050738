package privacy

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

type overviewPage struct {
	web.Page
	Open, Soon int
	Planned    string
	Holds      int
	Records    int
	Operator   bool // the controller of the operator was entered
	Missing    []missingLine
	Lines      []purposeLine
}

func (h handlers) overview(w http.ResponseWriter, r *web.Request) (err error) {
	ctx, by := r.Context(), h.By(r)
	p := overviewPage{Page: r.Page(w, r.L.T("privacy.office"), web.Link{Text: r.L.T("privacy.title"), Href: publicPath})}
	p.NoIndex = true
	if p.Open, p.Soon, err = h.Pressing(ctx, by); err != nil {
		return err
	}
	holds, err := h.holds(ctx)
	if err != nil {
		return err
	}
	p.Holds = len(holds)
	operator, err := h.Party(ctx, "")
	if err != nil {
		return err
	}
	p.Operator = operator.Known()
	if p.Missing, err = h.unsigned(r, by); err != nil {
		return err
	}
	run, ok, err := h.openRun(ctx)
	if err != nil {
		return err
	}
	p.Planned = r.L.T("privacy.no_plan")
	if ok {
		p.Planned = r.L.N("privacy.rows", int(run.expired()))
	}
	records, _, err := h.Disposable(ctx, by, web.Cursor{}, pageSize)
	if err != nil {
		return err
	}
	p.Records = len(records)
	for _, purpose := range h.Registry.purposes {
		line, err := h.purposeLine(r, purpose)
		if err != nil {
			return err
		}
		_, line.OnHold = holds[purpose.Key]
		p.Lines = append(p.Lines, line)
	}
	return r.Render(w, overviewView(p))
}

// missingLine is an institution that has not signed what a module needs.
type missingLine struct{ Name, Module, Kind string }

// unsigned lists the institutions that were entered as controllers and have not
// signed what the modules need, as far as the role reaches.
func (h handlers) unsigned(r *web.Request, by audit.By) ([]missingLine, error) {
	all, err := h.Unsigned(r.Context())
	if err != nil {
		return nil, err
	}
	var lines []missingLine
	for _, u := range all {
		if reaches(by, u.Party.Institution) {
			lines = append(lines, missingLine{u.Party.Name, h.moduleName(r, u.Module), r.L.T("privacy.agreement." + string(u.Kind))})
		}
	}
	return lines, nil
}

func (r Run) expired() (n int64) {
	for _, row := range r.Rows {
		n += row.Expired
	}
	return n
}

type requestsPage struct {
	web.Page
	Open  bool
	Lines []requestLine
	Pager web.Pager
}

func (h handlers) requests(w http.ResponseWriter, r *web.Request) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	p := requestsPage{Page: h.officePage(w, r, "privacy.requests"), Open: r.URL.Query().Get("stan") != "zamkniete"}
	all, more, err := h.Requests(r.Context(), h.By(r), p.Open, at, pageSize)
	if err != nil {
		return err
	}
	if p.Lines, err = h.requestLines(r, all, true); err != nil {
		return err
	}
	if n := len(all); n > 0 {
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{ID: all[0].ID}, web.Cursor{ID: all[n-1].ID}, more)
	}
	return r.Render(w, requestsView(p))
}

type requestPage struct {
	web.Page
	Line   requestLine
	Erase  []eraseLine // preview, for an open request of erasure
	Reason string      // of the form that was refused
	Answer string
	Next   web.Step
}

type eraseLine struct {
	Purpose, Title, Count, Fate string
}

func (h handlers) request(w http.ResponseWriter, r *web.Request) error {
	p, err := h.requestPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, requestView(p))
}

func (h handlers) requestPage(w http.ResponseWriter, r *web.Request) (p requestPage, err error) {
	by := h.By(r)
	q, err := h.Request(r.Context(), by, r.PathValue("id"))
	if err != nil {
		return p, err
	}
	lines, err := h.requestLines(r, []Request{q}, true)
	if err != nil {
		return p, err
	}
	p.Page, p.Line = h.officePage(w, r, "privacy.requests"), lines[0]
	p.Crumbs = append(p.Crumbs, web.Link{Text: p.Title, Href: requestsPath})
	p.Title = p.Line.KindText
	if q.Open() {
		p.Next = web.Step{What: r.L.T("privacy.step.answer"), Who: p.Line.TakenText, When: p.Line.DueText}
	}
	if !q.Open() || q.Kind != "erasure" || whole(by) != nil {
		return p, nil
	}
	report, err := h.EraseReport(r.Context(), q.Person)
	if err != nil {
		return p, err
	}
	for _, x := range report {
		p.Erase = append(p.Erase, h.eraseLine(r, x))
	}
	return p, nil
}

func (h handlers) eraseLine(r *web.Request, x EraseLine) eraseLine {
	l := eraseLine{Purpose: r.L.T(x.Purpose.Text + ".title"), Title: r.L.T(x.Holding.Title), Fate: r.L.T("privacy.fate.erased")}
	switch {
	case x.Items < 0:
		l.Count = r.L.T("privacy.not_listed")
	default:
		l.Count = r.L.N("privacy.items", x.Items)
	}
	switch {
	case x.OnHold:
		l.Fate = r.L.T("privacy.fate.held")
	case x.Holding.Keeps != "":
		l.Fate = r.L.T(x.Holding.Keeps)
	}
	return l
}

// postRequest does one of the deeds on a request.
func (h handlers) postRequest(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, by, id := r.Context(), h.By(r), r.PathValue("id")
	var err error
	switch r.PathValue("deed") {
	case "biore":
		err = h.Take(ctx, by, id)
	case "przedluz":
		err = h.Prolong(ctx, by, id, r.Value("powod"))
	case "odpowiedz":
		err = h.Reply(ctx, by, id, r.Value("wynik") == "tak", r.Value("odpowiedz"))
	case "usun":
		err = h.eraseOnRequest(r, by, id)
	default:
		return fault.ErrNotFound
	}
	if err != nil {
		return refused(err, func() error {
			p, e := h.requestPage(w, r)
			if e != nil {
				return e
			}
			p.Reason, p.Answer, p.Page = r.Value("powod"), r.Value("odpowiedz"), p.WithErrors(err)
			return r.RenderStatus(w, http.StatusUnprocessableEntity, requestView(p))
		})
	}
	r.Notify(w, "notice.privacy_"+r.PathValue("deed"))
	return r.Redirect(w, officeRequestPath+id)
}

// eraseOnRequest erases the person who asked for it, and nobody else: the id
// comes from the request, never from the form.
func (h handlers) eraseOnRequest(r *web.Request, by audit.By, id string) error {
	q, err := h.Request(r.Context(), by, id)
	if err != nil {
		return err
	}
	if q.Kind != "erasure" || !q.Open() {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	if r.Value("pewnosc") == "" {
		return fault.InvalidFields([]fault.Field{{Name: "pewnosc", Key: "privacy.fault.sure"}})
	}
	_, err = h.Erase(r.Context(), by, q.Person, q.ID)
	return err
}

type deletionPage struct {
	web.Page
	Run   *runView
	Past  []runView
	Holds []holdLine
	Whole bool
	Why   string // reason of the form that was refused
	At    string // its purpose
}

type runView struct {
	Run
	Href  string
	When  string
	Lines []runLine
	Total string
}

type runLine struct {
	Purpose, Title, Before, Expired, Deleted, Outcome string
}

type holdLine struct {
	Key, Title    string
	Reason, Since string // "" when it is not on hold
	On            bool
}

func (h handlers) deletion(w http.ResponseWriter, r *web.Request) error {
	p, err := h.deletionPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, deletionView(p))
}

func (h handlers) deletionPage(w http.ResponseWriter, r *web.Request) (p deletionPage, err error) {
	p.Page, p.Whole = h.officePage(w, r, "privacy.deletion"), whole(h.By(r)) == nil
	run, ok, err := h.openRun(r.Context())
	if err != nil {
		return p, err
	}
	if ok {
		v := h.runView(r, run)
		v.When = r.L.T("privacy.run_from", "date", momentOf(r.L, run.PlannedAt+int64(showFor/time.Second)))
		p.Run = &v
	}
	past, err := h.past(r.Context())
	if err != nil {
		return p, err
	}
	for _, run := range past {
		p.Past = append(p.Past, runView{Run: run, Href: deletionPath + "/" + run.ID, When: momentOf(r.L, run.FinishedAt)})
	}
	holds, err := h.holds(r.Context())
	if err != nil {
		return p, err
	}
	for _, purpose := range h.Registry.purposes {
		line := holdLine{Key: purpose.Key, Title: r.L.T(purpose.Text + ".title")}
		if hold, on := holds[purpose.Key]; on {
			line.On, line.Reason, line.Since = true, hold.Reason, dateOf(r.L, hold.PlacedAt)
		}
		p.Holds = append(p.Holds, line)
	}
	return p, nil
}

// runView draws a run in the order of the declarations.
func (h handlers) runView(r *web.Request, run Run) runView {
	v := runView{Run: run}
	var deleted int64
	for _, p := range h.Registry.purposes {
		for _, x := range p.Holds {
			i := slices.IndexFunc(run.Rows, func(row RunRow) bool { return row.Purpose == p.Key && row.Holding == x.Table })
			if i < 0 {
				continue
			}
			row := run.Rows[i]
			deleted += row.Deleted
			line := runLine{Purpose: r.L.T(p.Text + ".title"), Title: r.L.T(x.Title), Before: dateOf(r.L, row.Before),
				Expired: r.L.Number(int(row.Expired)), Deleted: r.L.Number(int(row.Deleted))}
			if row.Outcome != "" {
				line.Outcome = r.L.T("privacy.outcome." + row.Outcome)
			}
			v.Lines = append(v.Lines, line)
		}
	}
	v.Total = r.L.N("privacy.rows", int(run.expired()))
	if run.State == "done" {
		v.Total = r.L.N("privacy.rows", int(deleted))
	}
	return v
}

type reportPage struct {
	web.Page
	Run runView
}

func (h handlers) report(w http.ResponseWriter, r *web.Request) error {
	run, err := h.run(r.Context(), r.PathValue("run"))
	if err != nil {
		return err
	}
	p := reportPage{Page: h.officePage(w, r, "privacy.report"), Run: h.runView(r, run)}
	p.Crumbs = append(p.Crumbs, web.Link{Text: r.L.T("privacy.deletion"), Href: deletionPath})
	p.Run.When = momentOf(r.L, run.FinishedAt)
	if run.FinishedAt == 0 {
		p.Run.When = r.L.T("privacy.not_done")
	}
	return r.Render(w, reportView(p))
}

func (h handlers) postPlan(w http.ResponseWriter, r *web.Request) error {
	if err := h.Plan(r.Context(), h.By(r)); err != nil {
		return err
	}
	r.Notify(w, "notice.privacy_planned")
	return r.Redirect(w, deletionPath)
}

func (h handlers) postHold(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	var err error
	purpose := r.PathValue("purpose")
	switch r.PathValue("deed") {
	case "wstrzymaj":
		err = h.Hold(r.Context(), h.By(r), purpose, r.Value("powod"))
	case "wznow":
		err = h.Release(r.Context(), h.By(r), purpose)
	default:
		return fault.ErrNotFound
	}
	if err != nil {
		return refused(err, func() error {
			p, e := h.deletionPage(w, r)
			if e != nil {
				return e
			}
			p.Why, p.At, p.Page = r.Value("powod"), purpose, p.WithErrors(err)
			return r.RenderStatus(w, http.StatusUnprocessableEntity, deletionView(p))
		})
	}
	r.Notify(w, "notice.privacy_"+r.PathValue("deed"))
	return r.Redirect(w, deletionPath)
}

type agreementsPage struct {
	web.Page
	Whole   bool
	Lines   []agreementLine
	Pager   web.Pager
	Modules []web.Choice
	Form    Agreement
	Place   string // institution as it was typed
}

type agreementLine struct {
	Agreement
	Name, KindText, ModuleText, Signed, From, Until, Ended string
	InForce                                                bool
}

func (h handlers) agreements(w http.ResponseWriter, r *web.Request) error {
	p, err := h.agreementsPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, agreementsView(p))
}

func (h handlers) agreementsPage(w http.ResponseWriter, r *web.Request) (p agreementsPage, err error) {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return p, err
	}
	by := h.By(r)
	all, more, err := h.Agreements(r.Context(), by, at, pageSize)
	if err != nil {
		return p, err
	}
	p.Page, p.Whole = h.officePage(w, r, "privacy.agreements"), whole(by) == nil
	p.Modules = []web.Choice{{Label: r.L.T("privacy.all_modules")}}
	for _, m := range h.Registry.modules() {
		p.Modules = append(p.Modules, web.Choice{Value: m, Label: h.moduleName(r, m)})
	}
	var ids []string
	for _, a := range all {
		ids = append(ids, a.Institution)
	}
	names, err := h.institutions(r, ids...)
	if err != nil {
		return p, err
	}
	for _, a := range all {
		p.Lines = append(p.Lines, h.agreementLine(r, a, names))
	}
	if n := len(all); n > 0 {
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{ID: all[0].ID}, web.Cursor{ID: all[n-1].ID}, more)
	}
	return p, nil
}

// moduleName is what the purposes of a module are called.
func (h handlers) moduleName(r *web.Request, module string) string {
	var titles []string
	for _, p := range h.Registry.purposes {
		if p.Module == module && p.Controller != Operator {
			titles = append(titles, r.L.T(p.Text+".title"))
		}
	}
	return strings.Join(titles, ", ")
}

func (h handlers) agreementLine(r *web.Request, a Agreement, names map[string]string) agreementLine {
	l := agreementLine{Agreement: a, Name: institutionName(r.L, names, a.Institution), KindText: r.L.T("privacy.agreement." + string(a.Kind)),
		ModuleText: r.L.T("privacy.all_modules"), Signed: r.L.DateText(a.SignedOn), From: r.L.DateText(a.ValidFrom),
		Until: r.L.T("privacy.no_end"), InForce: a.Holds(day(h.Now()))}
	if a.Module != "" {
		l.ModuleText = h.moduleName(r, a.Module)
	}
	if a.ValidUntil != "" {
		l.Until = r.L.DateText(a.ValidUntil)
	}
	if a.EndedOn != "" {
		l.Ended = r.L.T("privacy.ended", "date", r.L.DateText(a.EndedOn), "reason", a.EndedReason)
	}
	return l
}

func (h handlers) postAgreement(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	a := Agreement{Kind: AgreementKind(r.Value("rodzaj")), Module: r.Value("modul"), SignedOn: r.Value("podpisano"),
		ValidFrom: r.Value("od"), ValidUntil: r.Value("do"), Reference: r.Value("znak")}
	id, err := h.find(r, r.Value("instytucja"))
	if err == nil || fault.KindOf(err) == fault.Invalid {
		a.Institution = id
		err = h.Sign(r.Context(), h.By(r), a)
	}
	if err != nil {
		return refused(err, func() error { return h.agreementsAgain(w, r, a, err) })
	}
	r.Notify(w, "notice.privacy_signed")
	return r.Redirect(w, agreementPath)
}

// agreementsAgain draws the register with the form as it was typed.
func (h handlers) agreementsAgain(w http.ResponseWriter, r *web.Request, a Agreement, why error) error {
	p, err := h.agreementsPage(w, r)
	if err != nil {
		return err
	}
	p.Form, p.Place, p.Page = a, r.Value("instytucja"), p.WithErrors(why)
	return r.RenderStatus(w, http.StatusUnprocessableEntity, agreementsView(p))
}

func (h handlers) postEnd(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	if err := h.End(r.Context(), h.By(r), r.PathValue("id"), r.Value("powod")); err != nil {
		return refused(err, func() error { return h.agreementsAgain(w, r, Agreement{}, err) })
	}
	r.Notify(w, "notice.privacy_ended")
	return r.Redirect(w, agreementPath)
}

type partyPage struct {
	web.Page
	Party Party
	Place string
	Name  string // whose controller is shown
	Whole bool
	Shown bool
}

// party shows the controller of the operator, or of the institution that was
// looked for (?instytucja=), or the officer's own one.
func (h handlers) party(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil { // the query of a search is foreign text, too
		return err
	}
	p := partyPage{Page: h.officePage(w, r, "privacy.parties"), Place: r.Value("szukaj"), Shown: true}
	by := h.By(r)
	p.Whole = whole(by) == nil
	id := by.Institution
	if p.Whole && p.Place != "" {
		found, err := h.find(r, p.Place)
		if err != nil {
			p.Shown = false
			return refused(err, func() error {
				p.Errors = []fault.Field{{Name: "szukaj", Key: "privacy.fault.institution"}}
				return r.RenderStatus(w, http.StatusUnprocessableEntity, partyView(p))
			})
		}
		id = found
	}
	if p.Whole && isID(r.Value("instytucja")) {
		id = r.Value("instytucja")
	}
	return h.renderParty(w, r, p, id)
}

func (h handlers) renderParty(w http.ResponseWriter, r *web.Request, p partyPage, id string) (err error) {
	names, err := h.institutions(r, id)
	if err != nil {
		return err
	}
	if id != "" && names[id] == "" {
		return fault.ErrNotFound
	}
	p.Name = institutionName(r.L, names, id)
	if p.Party, err = h.Party(r.Context(), id); err != nil {
		return err
	}
	return r.Render(w, partyView(p))
}

func (h handlers) postParty(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	party := Party{Institution: r.Value("instytucja"), Name: r.Value("nazwa"), Address: r.Value("adres"), Mail: r.Value("poczta"),
		Phone: r.Value("telefon"), OfficerName: r.Value("iod"), OfficerMail: r.Value("iod_poczta"), OfficerPhone: r.Value("iod_telefon")}
	names, err := h.institutions(r, party.Institution)
	if err != nil {
		return err
	}
	if party.Institution != "" && names[party.Institution] == "" {
		return fault.ErrNotFound
	}
	by := h.By(r)
	if err := h.SetParty(r.Context(), by, party); err != nil {
		return refused(err, func() error {
			p := partyPage{Page: h.officePage(w, r, "privacy.parties"), Party: party, Shown: true, Whole: whole(by) == nil}
			p.Name, p.Page = institutionName(r.L, names, party.Institution), p.WithErrors(err)
			return r.RenderStatus(w, http.StatusUnprocessableEntity, partyView(p))
		})
	}
	r.Notify(w, "notice.privacy_party")
	return r.Redirect(w, partyPath+"?instytucja="+party.Institution)
}

type disposalPage struct {
	web.Page
	Lines  []recordLine
	More   string // address of the rest
	Reason string
}

type recordLine struct {
	Record
	Name, Closed, From string
	Expert             bool // BE: an expert looks first
}

func (h handlers) disposal(w http.ResponseWriter, r *web.Request) error {
	p, err := h.disposalPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, disposalView(p))
}

func (h handlers) disposalPage(w http.ResponseWriter, r *web.Request) (p disposalPage, err error) {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return p, err
	}
	p.Page = h.officePage(w, r, "privacy.disposal")
	all, more, err := h.Disposable(r.Context(), h.By(r), at, pageSize)
	if err != nil {
		return p, err
	}
	var ids []string
	for _, x := range all {
		ids = append(ids, x.Institution)
	}
	names, err := h.institutions(r, ids...)
	if err != nil {
		return p, err
	}
	for _, x := range all {
		p.Lines = append(p.Lines, recordLine{Record: x, Name: institutionName(r.L, names, x.Institution), Closed: r.L.DateText(x.ClosedOn),
			From: r.L.DateText(x.DisposeFrom), Expert: strings.HasPrefix(x.Category, "BE")})
	}
	if more {
		p.More = web.WithQuery(r.URL, "od", web.Cursor{ID: all[len(all)-1].ID}.String(), "do")
	}
	return p, nil
}

func (h handlers) postDisposal(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	err := h.Dispose(r.Context(), h.By(r), r.Request.PostForm["akta"], r.Value("powod"))
	if errors.Is(err, fault.ErrNotFound) {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	if err != nil {
		return refused(err, func() error {
			p, e := h.disposalPage(w, r)
			if e != nil {
				return e
			}
			p.Reason, p.Page = r.Value("powod"), p.WithErrors(err)
			return r.RenderStatus(w, http.StatusUnprocessableEntity, disposalView(p))
		})
	}
	r.Notify(w, "notice.privacy_disposed")
	return r.Redirect(w, disposalPath)
}
