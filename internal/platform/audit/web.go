package audit

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Doors are the guards of the pages, and who asks.
type Doors struct {
	Own    web.Guard // everybody signed in, about themselves
	Office web.Guard // those who may read the log of the whole installation
	By     func(*web.Request) By
}

// Addresses of the pages.
const (
	logPath    = "/administracja/dziennik"
	csvPath    = "/administracja/dziennik.csv"
	lookedPath = "/konto/kto-zagladal"
)

// Looking at the log is logged as well.
const (
	lookAction   = "audit.look"
	openAction   = "audit.open"
	exportAction = "audit.export"
)

const (
	onPage   = 50
	csvBatch = 500
)

// Routes opens the doors of the log.
func (s *Log) Routes(sh *web.Shell, d Doors) {
	p := pages{Log: s, by: d.By}
	sh.Handle("GET "+logPath, d.Office, p.getLog)
	sh.Handle("GET "+csvPath, d.Office, p.getCSV)
	sh.Handle("GET "+logPath+"/{id}", d.Office, p.getRow)
	sh.Handle("GET "+lookedPath, d.Own, p.getLooked)
	sh.AddDesk(func(r *web.Request) ([]web.DeskItem, error) {
		if d.Office.Allow(r) != nil {
			return nil, nil
		}
		return p.alarmOnDesk(r)
	})
}

// alarmOnDesk puts an alarm before the people of the office, who would not
// open the log without a reason.
func (s *Log) alarmOnDesk(r *web.Request) ([]web.DeskItem, error) {
	a, err := s.Alarms(r.Context())
	if err != nil || !a.Any() {
		return nil, err
	}
	return []web.DeskItem{{Rank: 5, Title: r.L.T("audit.alarm"), Text: r.L.T("audit.alarm.desk"), Href: logPath}}, nil
}

type pages struct {
	*Log
	by func(*web.Request) By
}

// logPage is the list of the log with the state of the chain above it.
type logPage struct {
	web.Page
	Filter  Filter
	Actions []web.FacetOption
	Chips   []web.Link
	Lines   []line
	Pager   web.Pager
	CSV     string
	State   state
}

// state is how the chain is doing.
type state struct {
	Head      head
	Last      Checkpoint
	Delivered bool
	Nowhere   bool // no place outside is set up for checkpoints
	Alarms    Alarms
	Waiting   int
}

func (p pages) getLog(w http.ResponseWriter, r *web.Request) error {
	f, invalid := filterOf(r.URL.Query())
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	if err := p.lookedAtLog(r, lookAction, f); err != nil {
		return err
	}
	rows, more, err := p.list(r.Context(), f, at, onPage)
	if err != nil {
		return err
	}
	n, err := p.names(r.Context(), rows, f)
	if err != nil {
		return err
	}
	v := logPage{Page: r.Page(w, r.L.T("audit.title")).WithErrors(invalid), Filter: f, CSV: f.href(csvPath)}
	v.NoIndex = true
	v.Actions = actions(r, f.Action)
	v.Chips = chips(v.Page, f, n)
	for _, row := range rows {
		v.Lines = append(v.Lines, lineOf(r, row, n))
	}
	if len(rows) > 0 {
		v.Pager = web.PagerFor(r.URL, at, rows[0].cursor(), rows[len(rows)-1].cursor(), more)
	}
	if v.State, err = p.state(r.Context()); err != nil {
		return err
	}
	status := http.StatusOK
	if invalid != nil {
		status = fault.KindOf(invalid).Status()
	}
	return r.RenderStatus(w, status, logView(v))
}

// lookedAtLog logs that somebody looks at the log. A person who is asked for
// is the subject of that look: they see it on their own page.
func (p pages) lookedAtLog(r *web.Request, action string, f Filter) error {
	details := map[string]string{}
	for name, value := range map[string]string{"action": f.Action, "from": f.From, "to": f.To} {
		if value != "" {
			details[name] = value
		}
	}
	// An object may be a person as well. As a subject its id is erasable.
	for _, subject := range slices.Compact([]string{f.Person, f.ObjectID}) {
		if subject == "" && f.Person+f.ObjectID != "" {
			continue
		}
		err := p.Read(r.Context(), p.by(r), Entry{Action: action, Object: "log", Subject: subject, Institution: f.Institution, Details: details})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Log) state(ctx context.Context) (st state, err error) {
	if st.Head, err = headOf(ctx, s.DB); err != nil {
		return st, err
	}
	if st.Last, st.Delivered, err = s.LastCheckpoint(ctx); err != nil {
		return st, err
	}
	if st.Alarms, err = s.Alarms(ctx); err != nil {
		return st, err
	}
	st.Nowhere = s.Folder == "" && s.Deliver == nil
	st.Waiting, err = waiting(ctx, s.DB)
	return st, err
}

// names are the names of those who stand in some rows.
type names struct {
	people, institutions map[string]string
	veiled               map[string]bool
}

func (s *Log) names(ctx context.Context, rows []shownRow, f Filter) (n names, err error) {
	people, institutions := map[string]bool{f.Person: true}, map[string]bool{f.Institution: true}
	for _, r := range rows {
		if r.Hidden {
			continue
		}
		for _, id := range []string{r.Actor, r.ActingFor, r.Subject} {
			people[id] = true
		}
		institutions[r.Institution], institutions[r.RoleInstitution] = true, true
		switch r.Object {
		case "person":
			people[r.ObjectID] = true
		case "institution":
			institutions[r.ObjectID] = true
		}
	}
	delete(people, "")
	delete(institutions, "")
	if len(people) > 0 {
		ids := slices.Sorted(maps.Keys(people))
		if n.people, err = s.Names.People(ctx, ids); err != nil {
			return n, err
		}
		if v, ok := s.Names.(Veil); ok {
			if n.veiled, err = v.Veiled(ctx, ids); err != nil {
				return n, err
			}
		}
	}
	if len(institutions) > 0 {
		n.institutions, err = s.Names.Institutions(ctx, slices.Sorted(maps.Keys(institutions)))
	}
	return n, err
}

// line is a row of the log in words of the reader.
type line struct {
	Href        string // "" for a hidden row
	When        string
	Action      string
	Read        bool
	Hidden      bool
	Who         string
	Role        string // with its institution
	Object      string
	Institution string
	Subject     string
}

func lineOf(r *web.Request, row shownRow, n names) line {
	l := r.L
	if row.Hidden {
		return line{Hidden: true, Read: row.Reading, Action: actionName(r.Shell.Catalog, l, row.Action),
			When: l.T("audit.hour_of", "time", l.DateTime(time.Unix(row.Hour, 0).In(web.Warsaw)))}
	}
	return line{Href: logPath + "/" + row.ID, When: l.DateTime(time.Unix(row.At, 0).In(web.Warsaw)), Read: row.Reading,
		Action: actionName(r.Shell.Catalog, l, row.Action), Who: n.who(l, row.row), Role: n.role(r.Shell.Catalog, l, row.row),
		Object: n.object(r.Shell.Catalog, l, row.row), Institution: n.institution(l, row.Institution), Subject: n.person(l, row.Subject)}
}

// named is the text of a key made of a prefix and a word of a program, or the
// word itself when nobody gave it a name.
func named(c *i18n.Catalog, l *i18n.L, prefix, word string) string {
	if word != "" && c.Has(prefix+word) {
		return l.T(prefix + word)
	}
	return word
}

func actionName(c *i18n.Catalog, l *i18n.L, action string) string {
	return named(c, l, "audit.action.", action)
}

func (n names) person(l *i18n.L, id string) string {
	if id == "" {
		return ""
	}
	if n.veiled[id] {
		return l.T("audit.person_veiled")
	}
	if name := n.people[id]; name != "" {
		return name
	}
	return l.T("audit.person_gone")
}

func (n names) institution(l *i18n.L, id string) string {
	if id == "" {
		return ""
	}
	if name := n.institutions[id]; name != "" {
		return name
	}
	return l.T("audit.institution_gone")
}

// who is who acted, with the person they acted for.
func (n names) who(l *i18n.L, r row) string {
	who := n.person(l, r.Actor)
	switch {
	case r.Actor == "" && r.SaltWho == "":
		return l.T("audit.erased")
	case r.Actor == "":
		who = l.T("audit.program")
	}
	if r.ActingFor == "" {
		return who
	}
	return l.T("audit.on_behalf", "who", who, "for", n.person(l, r.ActingFor))
}

func (n names) role(c *i18n.Catalog, l *i18n.L, r row) string {
	role := named(c, l, "role.", r.Role)
	if at := n.institution(l, r.RoleInstitution); at != "" {
		return strings.TrimPrefix(role+", "+at, ", ")
	}
	return role
}

func (n names) object(c *i18n.Catalog, l *i18n.L, r row) string {
	kind := named(c, l, "audit.object.", r.Object)
	name := ""
	switch r.Object {
	case "person":
		name = n.person(l, r.ObjectID)
	case "institution":
		name = n.institution(l, r.ObjectID)
	}
	if name == "" {
		return kind
	}
	return kind + ": " + name
}

// actions are all that have a name, for the choice of one.
func actions(r *web.Request, chosen string) []web.FacetOption {
	var out []web.FacetOption
	for _, key := range r.L.Keys() {
		if action, ok := strings.CutPrefix(key, "audit.action."); ok {
			out = append(out, web.FacetOption{Value: action, Label: r.L.T(key), N: -1, Checked: action == chosen})
		}
	}
	slices.SortFunc(out, func(a, b web.FacetOption) int { return strings.Compare(i18n.SortKey(a.Label), i18n.SortKey(b.Label)) })
	return out
}

// chips name the filters that hold, each with the link that takes it away.
func chips(p web.Page, f Filter, n names) []web.Link {
	u := &url.URL{Path: logPath, RawQuery: f.query().Encode()}
	var out []web.Link
	for _, c := range []struct{ name, value, text string }{
		{askObject, f.ObjectID, f.ObjectID}, {askInstitution, f.Institution, n.institution(p.L, f.Institution)},
		{askPerson, f.Person, n.person(p.L, f.Person)},
	} {
		if c.value != "" {
			out = append(out, web.Link{Text: p.T("audit.filter."+c.name) + ": " + c.text, Href: web.Without(u, c.name, c.value)})
		}
	}
	return out
}

// rowPage is one row with everything that is known of it.
type rowPage struct {
	web.Page
	Row     shownRow
	Line    line
	Details []web.Pair
	Same    []web.Link // to the rows of the same person, object, institution
	Erased  []string   // parts that were erased, in words
}

func (p pages) getRow(w http.ResponseWriter, r *web.Request) error {
	id := r.PathValue("id")
	if !idShape.MatchString(id) || len(id) > longestWord {
		return fault.ErrNotFound
	}
	row, err := p.one(r.Context(), id)
	if err != nil {
		return err
	}
	err = p.Read(r.Context(), p.by(r), Entry{Action: openAction, Object: "log", ObjectID: row.ID, Subject: row.Subject, Institution: row.Institution})
	if err != nil {
		return err
	}
	n, err := p.names(r.Context(), []shownRow{row}, Filter{})
	if err != nil {
		return err
	}
	line := lineOf(r, row, n)
	v := rowPage{Page: r.Page(w, line.Action, web.Link{Text: r.L.T("audit.title"), Href: logPath}), Row: row, Line: line}
	v.NoIndex = true
	v.Details = details(r, row.Details)
	v.Same = same(r.L, row.row)
	v.Erased, err = p.erasedParts(r.Context(), r.L, row)
	if err != nil {
		return err
	}
	return r.Render(w, rowView(v))
}

// erasedParts tells which parts of a row are gone: those that have a digest in
// the chain and no salt any more.
func (s *Log) erasedParts(ctx context.Context, l *i18n.L, r shownRow) ([]string, error) {
	if r.Seq == 0 {
		return nil, nil
	}
	var c link
	if err := s.DB.Get(ctx, &c, `select `+linkColumns+` from audit_chain c where c.seq = ?`, r.Seq); err != nil {
		return nil, err
	}
	var out []string
	for _, part := range []struct{ name, digest, salt string }{
		{"who", c.Who, r.SaltWho}, {"about", c.About, r.SaltAbout}, {"details", c.Details, r.SaltDetails},
	} {
		if part.digest != "" && part.salt == "" {
			out = append(out, l.T("audit.part."+part.name))
		}
	}
	return out, nil
}

func details(r *web.Request, text string) []web.Pair {
	var words map[string]string
	if json.Unmarshal([]byte(text), &words) != nil {
		return nil // "" or changed by hand, which the verification names
	}
	var out []web.Pair
	for _, name := range slices.Sorted(maps.Keys(words)) {
		out = append(out, web.Pair{Name: named(r.Shell.Catalog, r.L, "audit.detail.", name), Value: words[name]})
	}
	return out
}

func same(l *i18n.L, r row) []web.Link {
	var out []web.Link
	add := func(key string, id string, f Filter) {
		if id != "" {
			out = append(out, web.Link{Text: l.T(key), Href: f.href(logPath)})
		}
	}
	add("audit.same.actor", r.Actor, Filter{Person: r.Actor})
	if r.Subject != r.Actor {
		add("audit.same.subject", r.Subject, Filter{Person: r.Subject})
	}
	add("audit.same.object", r.ObjectID, Filter{ObjectID: r.ObjectID})
	add("audit.same.institution", r.Institution, Filter{Institution: r.Institution})
	return out
}

// lookedPage tells a person who looked at their records.
type lookedPage struct {
	web.Page
	Lines []line
	Pager web.Pager
}

func (p pages) getLooked(w http.ResponseWriter, r *web.Request) error {
	by := p.by(r)
	if by.Person == "" {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	rows, more, err := p.looked(r.Context(), by.Person, at, onPage)
	if err != nil {
		return err
	}
	n, err := p.names(r.Context(), rows, Filter{})
	if err != nil {
		return err
	}
	v := lookedPage{Page: r.Page(w, r.L.T("audit.looked.title"), web.Link{Text: r.L.T("audit.looked.account"), Href: "/konto"})}
	v.NoIndex = true
	for _, row := range rows {
		v.Lines = append(v.Lines, lineOf(r, row, n))
	}
	if len(rows) > 0 {
		v.Pager = web.PagerFor(r.URL, at, rows[0].cursor(), rows[len(rows)-1].cursor(), more)
	}
	return r.Render(w, lookedView(v))
}

// getCSV writes the filtered log as a table, in Polish: a file goes on to others.
func (p pages) getCSV(w http.ResponseWriter, r *web.Request) error {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		return err
	}
	if err := p.lookedAtLog(r, exportAction, f); err != nil {
		return err
	}
	// The first batch is read before anything is sent, so that a database
	// that is down becomes an error page and not an empty file.
	rows, more, err := p.list(r.Context(), f, web.Cursor{}, csvBatch)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="kladka-dziennik-`+p.Now().In(web.Warsaw).Format(time.DateOnly)+`.csv"`)
	if err := p.writeCSV(r, w, f, rows, more); err != nil {
		// Half a file with status 200 would be taken for the whole.
		p.Config.Log.Error("export of the audit log broken off", "request", r.ID(), "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

var csvHeader = []string{"Czas", "Działanie", "Kod działania", "Odczyt", "Kto", "Identyfikator osoby", "W imieniu (identyfikator)", "Rola",
	"Rodzaj obiektu", "Obiekt", "Identyfikator obiektu", "Instytucja", "Identyfikator instytucji", "Kogo dotyczy", "Identyfikator osoby, której dotyczy",
	"Szczegóły", "Numer w łańcuchu", "Skrót"}

func (p pages) writeCSV(r *web.Request, w io.Writer, f Filter, rows []shownRow, more bool) error {
	const mark = "\ufeff" // tells spreadsheets that the letters are UTF-8
	out := bufio.NewWriterSize(w, 32<<10)
	if _, err := out.WriteString(mark); err != nil {
		return err
	}
	sheet := csv.NewWriter(out)
	sheet.Comma, sheet.UseCRLF = ';', true // what Polish spreadsheets open without asking
	if err := sheet.Write(csvHeader); err != nil {
		return err
	}
	for {
		n, err := p.names(r.Context(), rows, Filter{})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := sheet.Write(cells(r.Shell.Catalog, row, n)); err != nil {
				return err
			}
		}
		if !more {
			break
		}
		rows, more, err = p.list(r.Context(), f, rows[len(rows)-1].cursor(), csvBatch)
		if err != nil {
			return err
		}
	}
	sheet.Flush()
	if err := sheet.Error(); err != nil {
		return err
	}
	return out.Flush()
}

// cells are a row of the table. Of a hidden row it tells the action and the
// hour, and nothing that leads further.
func cells(c *i18n.Catalog, r shownRow, n names) []string {
	l := c.In(i18n.PL)
	const form = "2006-01-02 15:04:05"
	out := []string{time.Unix(r.At, 0).In(web.Warsaw).Format(form), actionName(c, l, r.Action), r.Action, ""}
	if r.Reading {
		out[3] = "tak"
	}
	if r.Hidden {
		out[0] = time.Unix(r.Hour, 0).In(web.Warsaw).Format(form)
		return append(out, make([]string, len(csvHeader)-len(out))...)
	}
	place := ""
	if r.Seq > 0 {
		place = number(r.Seq)
	}
	out = append(out, n.who(l, r.row), r.Actor, r.ActingFor, n.role(c, l, r.row), named(c, l, "audit.object.", r.Object), n.object(c, l, r.row), r.ObjectID,
		n.institution(l, r.Institution), r.Institution, n.person(l, r.Subject), r.Subject, r.Details, place, r.Hash)
	for i, cell := range out {
		out[i] = web.Defuse(cell)
	}
	return out
}
