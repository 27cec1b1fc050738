package privacy

import (
	"bytes"
	"net/http"
	"slices"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/web"
)

type dataPage struct {
	web.Page
	Lines    []dataLine
	Requests []requestLine
	Audience web.Audience
}

// dataLine is how much is held of one kind.
type dataLine struct {
	Title   string
	Purpose string
	Notice  string // address of the full notice
	Count   string
}

func (h handlers) data(w http.ResponseWriter, r *web.Request) error {
	by := h.By(r)
	held, err := h.Gather(r.Context(), by.Person)
	if err != nil {
		return err
	}
	p := dataPage{Page: r.Page(w, r.L.T("privacy.data"), web.Link{Text: r.L.T("privacy.account"), Href: "/konto"})}
	p.NoIndex = true
	for _, x := range held {
		line := dataLine{Title: r.L.T(x.Holding.Title), Purpose: r.L.T(x.Purpose.Text + ".title"), Notice: publicPath + "/" + x.Purpose.Key,
			Count: r.L.N("privacy.items", len(x.Items))}
		if x.Holding.Export == nil {
			line.Count = r.L.T(x.Holding.Withheld)
		}
		p.Lines = append(p.Lines, line)
	}
	own, err := h.OwnRequests(r.Context(), by.Person)
	if err != nil {
		return err
	}
	if p.Requests, err = h.requestLines(r, own, false); err != nil {
		return err
	}
	return r.Render(w, dataView(p))
}

// download gives the ZIP. It is made whole before anything is sent: an error in
// the middle must not look like a file.
func (h handlers) download(w http.ResponseWriter, r *web.Request) error {
	by := h.By(r)
	var b bytes.Buffer
	if err := h.Copy(r.Context(), by, r.L, by.Person, &b); err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", `attachment; filename="moje-dane.zip"`)
	header.Set("Cache-Control", "no-store")
	_, err := w.Write(b.Bytes())
	return err
}

type askPage struct {
	web.Page
	Kind        RequestKind
	Words       string
	Institution string
	Options     []web.Choice
	Audience    web.Audience
	Next        web.Step
}

func (h handlers) getAsk(w http.ResponseWriter, r *web.Request) error {
	p, err := h.askPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, askView(p))
}

func (h handlers) askPage(w http.ResponseWriter, r *web.Request) (p askPage, err error) {
	p.Page = r.Page(w, r.L.T("privacy.ask"), web.Link{Text: r.L.T("privacy.account"), Href: "/konto"}, web.Link{Text: r.L.T("privacy.data"), Href: dataPath})
	p.NoIndex, p.Kind = true, RequestKind(r.Value("rodzaj"))
	if p.Audience, err = h.Notice(r.Context(), r.L, "privacy.requests", ""); err != nil {
		return p, err
	}
	mine, err := h.mine(r)
	if err != nil {
		return p, err
	}
	names, err := h.institutions(r, mine...)
	if err != nil {
		return p, err
	}
	for _, id := range append([]string{""}, mine...) {
		p.Options = append(p.Options, web.Choice{Value: id, Label: institutionName(r.L, names, id)})
	}
	clock, err := h.Law.Int(r.Context(), h.DB, law.RequestAnswer, h.Now())
	p.Next = web.Step{What: r.L.T("privacy.ask_next"), Who: r.L.T("privacy.recipient.protection"), When: r.L.Date(clock.After(h.Now()))}
	return p, err
}

func (h handlers) mine(r *web.Request) ([]string, error) {
	if h.Mine == nil {
		return nil, nil
	}
	return h.Mine(r)
}

func (h handlers) postAsk(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	institution := r.Value("instytucja")
	mine, err := h.mine(r)
	if err != nil {
		return err
	}
	if !slices.Contains(mine, institution) {
		institution = "" // whom they do not belong to, the operator answers for
	}
	id, err := h.Ask(r.Context(), h.By(r), institution, RequestKind(r.Value("rodzaj")), r.Value("tresc"))
	if err != nil {
		return refused(err, func() error {
			p, e := h.askPage(w, r)
			if e != nil {
				return e
			}
			p.Words, p.Institution, p.Page = r.Value("tresc"), institution, p.WithErrors(err)
			return r.RenderStatus(w, http.StatusUnprocessableEntity, askView(p))
		})
	}
	r.Notify(w, "notice.privacy_asked")
	return r.Redirect(w, ownRequestPath+id)
}

// requestLine is a request as a list and its own page show it.
type requestLine struct {
	Request
	Href       string
	KindText   string
	StateText  string
	To         string // the controller who is asked
	Who        string // the person, for the officer
	TakenText  string
	ReceivedOn string
	DueText    string
	Clock      string // how much time is left, in words
	Late, Soon bool
}

func (h handlers) requestLines(r *web.Request, all []Request, office bool) ([]requestLine, error) {
	var people, places []string
	for _, q := range all {
		places = append(places, q.Institution)
		if office {
			people = append(people, q.Person, q.TakenBy)
		}
	}
	names, err := h.people(r, people...)
	if err != nil {
		return nil, err
	}
	institutions, err := h.institutions(r, places...)
	if err != nil {
		return nil, err
	}
	lines := make([]requestLine, 0, len(all))
	for _, q := range all {
		line := h.requestLine(r.L, q, ownRequestPath)
		line.To = institutionName(r.L, institutions, q.Institution)
		if office {
			line.Href, line.Who = officeRequestPath+q.ID, personName(r.L, names, q.Person)
			if q.TakenBy != "" {
				line.TakenText = personName(r.L, names, q.TakenBy)
			}
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (h handlers) requestLine(l *i18n.L, q Request, path string) requestLine {
	now := h.Now()
	line := requestLine{Request: q, Href: path + q.ID, KindText: l.T("privacy.ask." + string(q.Kind)), StateText: l.T("privacy.state." + string(q.State)),
		ReceivedOn: dateOf(l, q.ReceivedAt), DueText: l.DateText(q.DueOn), Late: q.Overdue(now)}
	left := q.daysLeft(now)
	line.Soon = q.Open() && !line.Late && left <= 7
	switch {
	case !q.Open():
		line.Clock = l.T("privacy.clock.closed", "date", dateOf(l, q.ClosedAt))
	case line.Late:
		line.Clock = l.N("privacy.clock.late", -left)
	default:
		line.Clock = l.N("privacy.clock.left", left)
	}
	return line
}

type ownRequestPage struct {
	web.Page
	Line requestLine
	Why  web.Reason
	Next web.Step
}

func (h handlers) ownRequest(w http.ResponseWriter, r *web.Request) error {
	q, err := h.OwnRequest(r.Context(), h.By(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	lines, err := h.requestLines(r, []Request{q}, false)
	if err != nil {
		return err
	}
	p := ownRequestPage{Page: r.Page(w, lines[0].KindText, web.Link{Text: r.L.T("privacy.account"), Href: "/konto"}, web.Link{Text: r.L.T("privacy.data"), Href: dataPath}), Line: lines[0]}
	p.NoIndex = true
	p.Next = requestStep(r.L, lines[0])
	if !q.Open() {
		p.Why = web.Reason{Text: q.Answer, Human: true}
	}
	return r.Render(w, ownRequestView(p))
}

// requestStep says what comes next for the person who asked.
func requestStep(l *i18n.L, q requestLine) web.Step {
	switch {
	case q.State == Refused:
		return web.Step{What: l.T("privacy.step.refused"), Who: l.T("privacy.step.you")}
	case !q.Open():
		return web.Step{What: l.T("privacy.step.closed")}
	case q.Late:
		return web.Step{What: l.T("privacy.step.late"), Who: l.T("privacy.step.you")}
	}
	return web.Step{What: l.T("privacy.step.open"), Who: l.T("privacy.recipient.protection"), When: q.DueText}
}

type consentsPage struct {
	web.Page
	Lines []consentLine
}

type consentLine struct {
	Consent
	Title    string
	Given    string
	Ended    string
	Relation string
}

func (h handlers) consents(w http.ResponseWriter, r *web.Request) error {
	by := h.By(r)
	all, err := h.Consents(r.Context(), by.Person)
	if err != nil {
		return err
	}
	p := consentsPage{Page: r.Page(w, r.L.T("privacy.consents"), web.Link{Text: r.L.T("privacy.account"), Href: "/konto"})}
	p.NoIndex = true
	for _, c := range all {
		line := consentLine{Consent: c, Title: c.Purpose, Given: momentOf(r.L, c.GivenAt), Relation: r.L.T("privacy.relation." + string(c.Relation))}
		if purpose, ok := h.Registry.Purpose(c.Purpose); ok {
			line.Title = r.L.T(purpose.Text + ".title")
		}
		if !c.Standing() {
			line.Ended = momentOf(r.L, c.WithdrawnAt)
		}
		p.Lines = append(p.Lines, line)
	}
	return r.Render(w, consentsView(p))
}

func (h handlers) withdraw(w http.ResponseWriter, r *web.Request) error {
	if err := h.Withdraw(r.Context(), h.By(r), r.PathValue("id")); err != nil {
		return err
	}
	r.Notify(w, "notice.privacy_withdrawn")
	return r.Redirect(w, consentsPath)
}
