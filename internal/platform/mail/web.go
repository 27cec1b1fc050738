package mail

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

const listPath = "/administracja/poczta"

// Doors is what the pages need to know of people.
type Doors struct {
	Office  web.Guard                          // who looks after the installation
	By      func(*web.Request) audit.By        // who asks
	Address func(*web.Request) (string, error) // of the one who asks, for the test letter
}

// Routes opens the doors of the package.
func (s *Service) Routes(sh *web.Shell, d Doors) {
	h := handlers{s, d}
	sh.Handle("GET "+listPath, d.Office, h.getList)
	sh.Handle("POST "+listPath+"/proba", d.Office, h.postTest)
	sh.Handle("GET "+listPath+"/{id}", d.Office, h.getLetter)
	sh.Handle("POST "+listPath+"/{id}/wyslij", d.Office, h.postRetry)
	sh.Handle("POST "+listPath+"/{id}/porzuc", d.Office, h.postDrop)
}

type handlers struct {
	*Service
	doors Doors
}

type listPage struct {
	web.Page
	Leaves  bool
	How     string
	States  []string // headings of the table of days
	Days    []dayView
	Facets  []web.Facet
	Domain  web.Input
	Rows    []rowView
	Empty   string
	Pager   web.Pager
	Filters bool
}

type dayView struct {
	Date string
	N    []string
}

type rowView struct {
	Topic, Href, Domain, When, State, Tag, Trouble string
}

var stateTags = map[State]string{waiting: "warn", kept: "warn", sent: "ok", failed: "bad", dropped: ""}

func (h handlers) getList(w http.ResponseWriter, r *web.Request) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	f := filterOf(r.URL.Query())
	rows, more, err := h.list(r.Context(), f, at)
	if err != nil {
		return err
	}
	days, err := h.days(r.Context())
	if err != nil {
		return err
	}
	p := listPage{Page: r.Page(w, r.L.T("mail.title"), office(r)), Leaves: h.Leaves(), How: h.how(r), Filters: len(f.States) > 0 || f.Domain != ""}
	p.NoIndex = true
	p.fillDays(r, days)
	p.Facets = []web.Facet{stateFacet(r, f)}
	p.Domain = web.Input{Name: "domena", Label: r.L.T("mail.domain"), Hint: r.L.T("mail.domain_hint"), Value: f.Domain, Short: true}
	for _, l := range rows {
		p.Rows = append(p.Rows, h.rowView(r, l))
	}
	p.Empty = r.L.T("mail.none")
	if p.Filters {
		p.Empty = r.L.T("mail.none_filtered")
	}
	if len(rows) > 0 {
		p.Pager = web.PagerFor(r.URL, at, web.Cursor{ID: rows[0].ID}, web.Cursor{ID: rows[len(rows)-1].ID}, more)
	}
	return r.Render(w, listView(p))
}

func office(r *web.Request) web.Link {
	return web.Link{Text: r.L.T("mail.office"), Href: "/administracja"}
}

// filterOf reads the filters; what is none of them is left out.
func filterOf(q url.Values) Filter {
	var f Filter
	for _, v := range q["stan"] {
		if slices.Contains(states[:], State(v)) {
			f.States = append(f.States, State(v))
		}
	}
	if d := strings.TrimSpace(q.Get("domena")); d != "" && len(d) <= maxAddress && hostname(d) {
		f.Domain = d
	}
	return f
}

func stateFacet(r *web.Request, f Filter) web.Facet {
	facet := web.Facet{Key: "stan", Title: r.L.T("mail.state"), Open: true}
	for _, s := range states {
		facet.Options = append(facet.Options, web.FacetOption{Value: string(s), Label: r.L.T("mail.state." + string(s)), N: -1, Checked: slices.Contains(f.States, s)})
	}
	return facet
}

// how says in one sentence what happens to letters here.
func (h handlers) how(r *web.Request) string {
	switch {
	case h.demo:
		return r.L.T("mail.how.demo")
	case h.Leaves():
		return r.L.T("mail.how.smtp", "server", h.smtp.Host)
	}
	return r.L.T("mail.how.kept")
}

func (p *listPage) fillDays(r *web.Request, days []day) {
	for _, s := range states {
		p.States = append(p.States, r.L.T("mail.state."+string(s)))
	}
	for _, d := range days {
		v := dayView{Date: r.L.DateText(d.Date)}
		for _, s := range states {
			v.N = append(v.N, r.L.Number(d.N[s]))
		}
		p.Days = append(p.Days, v)
	}
}

func (h handlers) rowView(r *web.Request, l row) rowView {
	return rowView{Topic: h.topic(r, l.Topic), Href: listPath + "/" + l.ID, Domain: l.Domain, When: r.L.DateTime(l.created().In(web.Warsaw)),
		State: r.L.T("mail.state." + string(l.State)), Tag: stateTags[l.State], Trouble: troubleOf(r, l)}
}

// topic names what a letter is about: the module that sends it brings the text
// topic.NAME. One without a text shows its name.
func (h handlers) topic(r *web.Request, name string) string {
	if key := "topic." + name; h.catalog.Has(key) {
		return r.L.T(key)
	}
	return name
}

func troubleOf(r *web.Request, l row) string {
	if l.Trouble == "" {
		return ""
	}
	text := r.L.T("mail.trouble." + l.Trouble)
	if l.Code != 0 {
		text += " (" + strconv.Itoa(l.Code) + ")"
	}
	return text
}

type letterPage struct {
	web.Page
	Action   string
	State    string
	Tag      string
	Facts    []web.Pair
	Refused  string
	WhyNot   string
	Subject  string
	Lang     string
	Text     [][]line // paragraphs
	Why      *web.Reason
	Next     web.Step
	MayRetry bool
	MayDrop  bool
}

// line is one line of a letter, in pieces of which some lead to a page of ours.
type line []piece

type piece struct{ Text, Href string }

func (h handlers) getLetter(w http.ResponseWriter, r *web.Request) error {
	v, err := h.look(r.Context(), h.doors.By(r), idOf(r))
	if err != nil {
		return err
	}
	p := letterPage{Page: r.Page(w, r.L.T("mail.one"), office(r), web.Link{Text: r.L.T("mail.title"), Href: listPath})}
	p.NoIndex = true
	w.Header().Set("Referrer-Policy", "no-referrer") // a letter may hold a link that lets in
	p.Action, p.Lang = listPath+"/"+v.ID, v.Lang
	p.State, p.Tag = r.L.T("mail.state."+string(v.State)), stateTags[v.State]
	p.Facts = h.facts(r, v)
	open := v.State == waiting || v.State == kept || v.State == failed
	p.MayRetry, p.MayDrop = open && h.Leaves(), open
	if v.Why != "" {
		p.WhyNot = r.L.T(v.Why)
	} else {
		p.Subject, p.Text = v.Words.Subject, h.paragraphs(v.Words.Text)
	}
	if v.Trouble != "" {
		p.Why = &web.Reason{Text: troubleOf(r, v.row), Rule: r.L.T("mail.rule." + v.Trouble)}
	}
	p.Next = h.next(r, v)
	at, err := h.refusedAt(r.Context(), v.Recipient)
	if err != nil {
		return err
	}
	if !at.IsZero() {
		p.Refused = r.L.T("mail.refused_at", "date", r.L.DateTime(at.In(web.Warsaw)))
	}
	return r.Render(w, letterView(p))
}

var idShape = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// idOf is the letter that the address names; what is no id names none.
func idOf(r *web.Request) string {
	if id := r.PathValue("id"); idShape.MatchString(id) {
		return id
	}
	return ""
}

func (h handlers) facts(r *web.Request, v look) []web.Pair {
	to := v.To
	if to == "" {
		to = r.L.T("mail.address_unreadable")
	}
	list := []web.Pair{{Name: r.L.T("mail.topic"), Value: h.topic(r, v.Topic)}, {Name: r.L.T("mail.to"), Value: to},
		{Name: r.L.T("mail.written"), Value: r.L.DateTime(v.created().In(web.Warsaw))}}
	if v.SettledAt != 0 {
		list = append(list, web.Pair{Name: r.L.T("mail.settled"), Value: r.L.DateTime(v.settled().In(web.Warsaw))})
	}
	return append(list, web.Pair{Name: r.L.T("mail.gone_on"), Value: r.L.Date(v.created().Add(keptFor).In(web.Warsaw))})
}

func (h handlers) next(r *web.Request, v look) web.Step {
	step := web.Step{What: r.L.T("mail.next." + string(v.State)), Who: r.L.T("mail.next.program")}
	if v.State == kept || v.State == failed {
		step.Who = r.L.T("mail.next.office")
	}
	if v.State == waiting {
		step.When = r.L.T("mail.next.when", "time", r.L.DateTime(v.created().Add(5*time.Hour).In(web.Warsaw)))
	}
	return step
}

// paragraphs cuts a letter's text for the page; links to this site can be followed.
func (h handlers) paragraphs(text string) [][]line {
	var all [][]line
	for p := range strings.SplitSeq(text, "\n\n") {
		var lines []line
		for l := range strings.SplitSeq(strings.Trim(p, "\n"), "\n") {
			lines = append(lines, h.pieces(l))
		}
		all = append(all, lines)
	}
	return all
}

func (h handlers) pieces(text string) line {
	before, rest, ok := strings.Cut(text, h.base+"/")
	if !ok {
		return line{{Text: text}}
	}
	path, after, _ := strings.Cut(rest, " ")
	if path = "/" + path; !web.Local(path) {
		return line{{Text: text}}
	}
	return line{{Text: before}, {Text: h.base + path, Href: path}, {Text: " " + after}}
}

func (h handlers) postRetry(w http.ResponseWriter, r *web.Request) error {
	if err := h.Retry(r.Context(), h.doors.By(r), idOf(r)); err != nil {
		return err
	}
	r.Notify(w, "notice.mail.retried")
	return r.Redirect(w, listPath+"/"+idOf(r))
}

func (h handlers) postDrop(w http.ResponseWriter, r *web.Request) error {
	if err := h.Drop(r.Context(), h.doors.By(r), idOf(r)); err != nil {
		return err
	}
	r.Notify(w, "notice.mail.dropped")
	return r.Redirect(w, listPath+"/"+idOf(r))
}

func (h handlers) postTest(w http.ResponseWriter, r *web.Request) error {
	to, err := h.doors.Address(r)
	if err != nil {
		return err
	}
	if to == "" {
		return fault.New(fault.Conflict, "mail.fault.no_address")
	}
	id, err := h.SendTest(r.Context(), h.doors.By(r), to, r.L.Lang)
	if err != nil {
		return err
	}
	r.Notify(w, "notice.mail.tested")
	return r.Redirect(w, listPath+"/"+id)
}
