package directory

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/web"
)

const (
	importsPath = "/administracja/rejestr"
	importRows  = 50 // on one page
)

// importRoutes are the doors of the register's imports. Looking is open to
// offices; taking in is for those who answer for the whole installation.
func (s *Service) importRoutes(sh *web.Shell) {
	see, take := access.Can(access.SeeImports), access.Can(access.ImportRegister)
	sh.Handle("GET "+importsPath, see, s.getImports)
	sh.Handle("POST "+importsPath, take, s.postImport, web.Body(maxFile+1<<20))
	sh.Handle("GET "+importsPath+"/{id}", see, s.getImport)
	sh.Handle("GET "+importsPath+"/{id}/postep", see, s.getImportProgress)
	sh.Handle("POST "+importsPath+"/{id}/zastosuj", take, s.postApply)
	sh.Handle("POST "+importsPath+"/{id}/odrzuc", take, s.postDiscard)
}

// importsPage lists the files of the register that were read.
type importsPage struct {
	web.Page
	Rows      []importRow
	Pager     web.Pager
	MayImport bool
	Input     web.Input
	Next      web.Step
}

type importRow struct {
	Href, File, When, State, Tag, Figures string
}

func (s *Service) getImports(w http.ResponseWriter, r *web.Request) error {
	p, err := s.importsPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, importsView(p))
}

func (s *Service) importsPage(w http.ResponseWriter, r *web.Request) (p importsPage, err error) {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return p, err
	}
	created, err := momentOf(at)
	if err != nil {
		return p, err
	}
	list, err := listImports(r.Context(), s.db, created, at.ID, at.Back, importRows)
	if err != nil {
		return p, err
	}
	p.Page = r.Page(w, r.L.T("import.title"))
	p.NoIndex = true
	for _, i := range list.Rows {
		p.Rows = append(p.Rows, rowOf(r, i))
	}
	if n := len(list.Rows); n > 0 {
		p.Pager = web.PagerFor(r.URL, at, cursorOf(list.Rows[0]), cursorOf(list.Rows[n-1]), list.More)
	}
	p.MayImport = access.ActorOf(r.Request).May(access.ImportRegister)
	p.Input = web.Input{Name: fileField, Label: r.L.T("import.file"), Hint: r.L.T("import.file_hint", "limit", maxFile>>20),
		Type: "file", Accept: ".csv,text/csv", Required: true}
	p.Next = web.Step{What: r.L.T("import.next_read"), Who: r.L.T("import.who"), When: r.L.T("import.when_read")}
	return p, nil
}

// momentOf reads the moment out of a place in the list: an instant is kept in
// a cursor as hex of one length, so that it orders as text does.
func momentOf(c web.Cursor) (int64, error) {
	if c.ID == "" {
		return 0, nil
	}
	at, err := strconv.ParseInt(c.Key, 16, 64)
	if err != nil || at > 1<<40 {
		return 0, fault.New(fault.BadRequest, "fault.cursor")
	}
	return at, nil
}

func cursorOf(i Import) web.Cursor {
	return web.Cursor{Key: fmt.Sprintf("%016x", i.CreatedAt), ID: string(i.ID)}
}

func rowOf(r *web.Request, i Import) importRow {
	return importRow{Href: importHref(i.ID), File: i.FileName, When: r.L.DateTime(localTime(i.CreatedAt)),
		State: r.L.T("import.state." + string(i.State)), Tag: stateTags[i.State], Figures: figuresOf(r, i)}
}

var stateTags = map[ImportState]string{ImportShown: "warn", ImportApplying: "warn", ImportApplied: "ok", ImportFailed: "bad"}

func figuresOf(r *web.Request, i Import) string {
	if i.Changes() == 0 {
		return r.L.T("import.no_changes")
	}
	return r.L.T("import.figures", "new", i.New, "changed", i.Changed, "closed", i.Closed, "reopened", i.Reopened)
}

func localTime(at int64) time.Time { return time.Unix(at, 0).In(web.Warsaw) }

func importHref(id ImportID) string { return importsPath + "/" + string(id) }

// postImport reads the file while it arrives: neither a form with it nor a
// copy on disk is made.
func (s *Service) postImport(w http.ResponseWriter, r *web.Request) error {
	if r.ContentLength > maxFile+1<<20 {
		return fault.New(fault.TooLarge, "import.refused.too_large", "limit", maxFile>>20)
	}
	file, name, err := uploaded(r)
	if err == nil {
		var i Import
		if i, err = s.Preview(r.Context(), access.ActorOf(r.Request), name, file); err == nil {
			return r.Redirect(w, importHref(i.ID))
		}
	}
	e := fault.As(err)
	if e == nil || len(e.Fields) == 0 {
		return err
	}
	p, pageErr := s.importsPage(w, r)
	if pageErr != nil {
		return pageErr
	}
	p.Page = p.WithErrors(err)
	return r.RenderStatus(w, e.Kind.Status(), importsView(p))
}

// uploaded finds the file among the parts of the form.
func uploaded(r *web.Request) (file io.Reader, name string, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, "", fault.New(fault.BadRequest, "fault.bad_request")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, "", refusedFile("import.refused.no_file", nil)
		}
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			return nil, "", fault.New(fault.TooLarge, "import.refused.too_large", "limit", maxFile>>20)
		}
		if err != nil {
			return nil, "", fault.New(fault.BadRequest, "fault.bad_request")
		}
		if part.FormName() != fileField {
			continue
		}
		if part.FileName() == "" {
			return nil, "", refusedFile("import.refused.no_file", nil)
		}
		return part, strings.ToValidUTF8(part.FileName(), "?"), nil
	}
}

// importPage shows a difference and lets it be approved.
type importPage struct {
	web.Page
	ID       ImportID
	Facts    []web.Pair
	State    string
	Tag      string
	Tiles    []importTile
	Part     string // of which tab
	Empty    string // what to say when the tab is empty
	Changes  []changeView
	Problems []problemView
	Pager    web.Pager
	Why      web.Reason
	Next     web.Step
	Warning  string // it cannot be applied, and why
	MayApply bool
	MayDrop  bool
	Mass     string // label of the box to tick, "" when not needed
	Progress *progressView
}

type importTile struct {
	Label, N, Href string
	Current        bool
}

type changeView struct {
	Name, Href, RSPO, Kind, Tag, Why, Place string
	Fields                                  []fieldView
}

type fieldView struct{ Label, Before, After string }

type problemView struct{ Level, Tag, Row, RSPO, Text string }

type progressView struct {
	Href, Stream string
	Text         string
	Done, Total  int64
	Over         bool
}

func (s *Service) getImport(w http.ResponseWriter, r *web.Request) error {
	p, err := s.importPage(w, r)
	if err != nil {
		return err
	}
	return r.Render(w, importView(p))
}

func (s *Service) importPage(w http.ResponseWriter, r *web.Request) (p importPage, err error) {
	who := access.ActorOf(r.Request)
	i, err := s.ImportByID(r.Context(), who, ImportID(r.PathValue("id")))
	if err != nil {
		return p, err
	}
	version, err := db.Version(r.Context(), s.db, versionName)
	if err != nil {
		return p, err
	}
	p.Page = r.Page(w, r.L.T("import.one", "file", i.FileName), web.Link{Text: r.L.T("import.title"), Href: importsPath})
	p.NoIndex = true
	p.ID, p.State, p.Tag = i.ID, r.L.T("import.state."+string(i.State)), stateTags[i.State]
	p.Facts = factsOf(r, i)
	p.Part = partOf(r, i)
	p.Tiles = tilesOf(r, i, p.Part)
	p.Why = whyOf(r, i, p.Part)
	p.decide(r, i, version, who)
	if i.State == ImportApplying {
		if p.Progress, err = s.progressOf(r, i); err != nil {
			return p, err
		}
		p.Scripts = []string{"htmx.min.js", "htmx-sse.js"}
	}
	return p, s.fillPart(r, i, &p)
}

// decide says what the person may do now and what comes next.
func (p *importPage) decide(r *web.Request, i Import, version int64, who access.Actor) {
	may := who.May(access.ImportRegister)
	stale := i.State == ImportShown && version != i.BasedOn
	p.MayApply = may && i.State == ImportShown && !stale
	p.MayDrop = may && (i.State == ImportShown || i.State == ImportFailed)
	p.Next = web.Step{What: r.L.T("import.next." + string(i.State)), Who: r.L.T("import.who"), When: r.L.T("import.when." + string(i.State))}
	switch {
	case stale:
		p.Warning = r.L.T("import.refused.stale")
		p.Next = web.Step{What: r.L.T("import.next.stale"), Who: r.L.T("import.who"), When: r.L.T("import.when.failed"), Href: importsPath}
	case i.State == ImportFailed:
		p.Warning = r.L.T(i.RefusalKey)
		p.Next.Href = importsPath
	case i.State == ImportShown && i.Changes() == 0:
		p.Next.What = r.L.T("import.next.nothing")
	case i.State == ImportApplied:
		p.Next.Href, p.Next.Who = listPath, r.L.T("import.everyone")
	}
	if i.MassClosing {
		p.Mass = r.L.N("import.mass", i.Closed)
	}
}

func factsOf(r *web.Request, i Import) []web.Pair {
	facts := []web.Pair{
		{Name: r.L.T("import.read_at"), Value: r.L.DateTime(localTime(i.CreatedAt))},
		{Name: r.L.T("import.shape"), Value: r.L.T("shape." + string(i.Shape))},
		{Name: r.L.T("import.read"), Value: r.L.Number(i.Read)},
	}
	if i.AppliedAt != nil {
		facts = append(facts, web.Pair{Name: r.L.T("import.applied_at"), Value: r.L.DateTime(localTime(*i.AppliedAt))})
	}
	return append(facts, web.Pair{Name: r.L.T("import.sum"), Value: i.SHA256[:16] + "…"})
}

// part is a tab: what is counted there.
type part struct {
	name  string
	kinds []register.ChangeKind
	count func(Import) int
}

const problemsPart = "problems"

var parts = []part{
	{"new", []register.ChangeKind{register.New}, func(i Import) int { return i.New }},
	{"changed", []register.ChangeKind{register.Changed}, func(i Import) int { return i.Changed }},
	{"closed", []register.ChangeKind{register.Closed}, func(i Import) int { return i.Closed }},
	{"reopened", []register.ChangeKind{register.Reopened}, func(i Import) int { return i.Reopened }},
	{problemsPart, nil, func(i Import) int { return i.Problems }},
}

// partOf is the tab asked for, or the first that is not empty.
func partOf(r *web.Request, i Import) string {
	asked := r.URL.Query().Get("co")
	first := ""
	for _, p := range parts {
		if p.name == asked {
			return asked
		}
		if first == "" && p.count(i) > 0 {
			first = p.name
		}
	}
	if first == "" {
		first = parts[0].name
	}
	return first
}

func tilesOf(r *web.Request, i Import, current string) (tiles []importTile) {
	for _, p := range parts {
		n := p.count(i)
		if p.name == "reopened" && n == 0 && current != p.name {
			continue // so rare that an empty tile only puzzles
		}
		tiles = append(tiles, importTile{Label: r.L.T("import.part." + p.name), N: r.L.Number(n),
			Href: importHref(i.ID) + "?co=" + p.name, Current: p.name == current})
	}
	return tiles
}

// whyOf says by which rule the rows of a tab came there.
func whyOf(r *web.Request, i Import, part string) web.Reason {
	reason := web.Reason{Text: r.L.T("import.why." + part), Rule: r.L.T("import.rule." + part)}
	for _, p := range parts {
		if p.name == part {
			reason.Numbers = []web.Pair{{Name: r.L.T("import.read"), Value: r.L.Number(i.Read)},
				{Name: r.L.T("import.part." + part), Value: r.L.Number(p.count(i))}}
		}
	}
	return reason
}

func (s *Service) fillPart(r *web.Request, i Import, p *importPage) error {
	at, err := web.CursorOf(r.URL.Query())
	if err != nil {
		return err
	}
	n, err := momentOf(at)
	if err != nil || n > math.MaxInt32 {
		return fault.New(fault.BadRequest, "fault.cursor")
	}
	p.Empty = r.L.T("import.empty." + p.Part)
	if i.State == ImportDiscarded {
		p.Empty = r.L.T("import.empty.discarded")
	}
	if p.Part == problemsPart {
		list, err := listProblems(r.Context(), s.db, i.ID, int(n), at.Back, importRows)
		if err != nil || len(list.Rows) == 0 {
			return err
		}
		for _, problem := range list.Rows {
			p.Problems = append(p.Problems, problemOf(r, problem))
		}
		p.Pager = numberedPager(r, i.ID, at, list.Rows[0].N, list.Rows[len(list.Rows)-1].N, list.More)
		return nil
	}
	list, err := listChanges(r.Context(), s.db, i.ID, kindsOf(p.Part), int(n), at.Back, importRows)
	if err != nil || len(list.Rows) == 0 {
		return err
	}
	for _, c := range list.Rows {
		p.Changes = append(p.Changes, changeOf(r, c))
	}
	p.Pager = numberedPager(r, i.ID, at, list.Rows[0].N, list.Rows[len(list.Rows)-1].N, list.More)
	return nil
}

func kindsOf(name string) []register.ChangeKind {
	for _, p := range parts {
		if p.name == name {
			return p.kinds
		}
	}
	return nil
}

// numberedPager links the pages of rows that are numbered within an import.
func numberedPager(r *web.Request, id ImportID, at web.Cursor, first, last int, more bool) web.Pager {
	place := func(n int) web.Cursor { return web.Cursor{Key: fmt.Sprintf("%08x", n), ID: string(id)} }
	return web.PagerFor(r.URL, at, place(first), place(last), more)
}

func changeOf(r *web.Request, c ImportChange) changeView {
	v := changeView{Name: c.Name, RSPO: strconv.Itoa(c.RSPO), Kind: r.L.T("change." + string(c.Kind)), Tag: changeTags[c.Kind]}
	if c.Institution != "" {
		v.Href = href(c.Institution)
	}
	switch {
	case c.Vanished():
		v.Why = r.L.T("import.why_vanished")
	case c.Kind == register.Closed:
		v.Why = r.L.T("import.why_closed", "date", r.L.DateText(c.Record.ClosedOn))
	case c.Kind == register.New:
		v.Place = kindLabel(r.L, Kind(c.Record.Type)) + ", " + c.Record.MunicipalityName
	}
	for _, f := range c.Fields {
		v.Fields = append(v.Fields, fieldView{Label: r.L.T("field." + f.Field), Before: fieldText(r, f.Field, f.Before),
			After: fieldText(r, f.Field, f.After)})
	}
	return v
}

var changeTags = map[register.ChangeKind]string{register.New: "ok", register.Changed: "warn", register.Closed: "bad", register.Reopened: "ok"}

// fieldText puts a code into words.
func fieldText(r *web.Request, field, value string) string {
	if value == "" {
		return ""
	}
	switch field {
	case "type":
		return r.L.T("type." + value)
	case "running_kind":
		return r.L.T("running." + value)
	case "public":
		return r.L.T("public." + value)
	}
	return value
}

func problemOf(r *web.Request, p ImportProblem) problemView {
	v := problemView{Level: r.L.T("level." + string(p.Level)), Tag: levelTags[p.Level], Text: r.L.T(p.Key, pairsOf(words(r, p.Args))...)}
	if p.Row > 0 {
		v.Row = strconv.Itoa(p.Row)
	}
	if p.RSPO > 0 {
		v.RSPO = strconv.Itoa(p.RSPO)
	}
	return v
}

var levelTags = map[register.Level]string{register.Warning: "warn", register.Error: "bad"}

// words turns the codes among the arguments of a problem into words.
func words(r *web.Request, args map[string]string) map[string]string {
	code, coded := args["field"]
	if !coded {
		return args
	}
	out := map[string]string{}
	for name, value := range args {
		out[name] = value
	}
	out["field"] = r.L.T("field." + code)
	return out
}

func (s *Service) progressOf(r *web.Request, i Import) (*progressView, error) {
	v := &progressView{Href: importHref(i.ID), Stream: importHref(i.ID) + "/postep", Text: r.L.T("import.applying")}
	progress, err := jobs.ReadProgress(r.Context(), s.db, jobs.ProgressID(i.Progress))
	if fault.KindOf(err) == fault.NotFound {
		return v, nil // swept after a week; the import tells the rest
	}
	if err != nil {
		return nil, err
	}
	v.Done, v.Total = progress.Done, progress.Total
	return v, nil
}

// getImportProgress streams how far the work is, once a second, until it is
// over; then it says so with the event "koniec", upon which the browser hangs up.
const streamFor = 30 * time.Second

func (s *Service) getImportProgress(w http.ResponseWriter, r *web.Request) error {
	i, err := s.ImportByID(r.Context(), access.ActorOf(r.Request), ImportID(r.PathValue("id")))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	// The browser asks again when the stream ends, and the guard looks again:
	// nobody goes on reading for long after signing out.
	end := time.NewTimer(streamFor)
	defer end.Stop()
	for {
		over := i.State != ImportApplying
		v := &progressView{Href: importHref(i.ID), Text: r.L.T("import.state." + string(i.State)), Over: true}
		if !over {
			if v, err = s.progressOf(r, i); err != nil {
				return nil //nolint:nilerr // the head is sent; the browser asks again
			}
		}
		if !sendProgress(w, r, v, over) || over {
			return nil
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-r.Shell.Stopping():
			return nil
		case <-end.C:
			return nil
		case <-time.After(time.Second):
		}
		if i, err = importByID(r.Context(), s.db, i.ID); err != nil {
			return nil //nolint:nilerr // as above
		}
	}
}

// sendProgress sends one message, and tells whether anybody still listens.
func sendProgress(w http.ResponseWriter, r *web.Request, v *progressView, over bool) bool {
	if _, err := io.WriteString(w, "data: "); err != nil {
		return false
	}
	if err := progressBar(web.Page{L: r.L}, v).Render(r.Context(), oneLine{w}); err != nil {
		return false
	}
	end := "\n\n"
	if over {
		end += "event: koniec\ndata: 1\n\n"
	}
	if _, err := io.WriteString(w, end); err != nil {
		return false
	}
	return http.NewResponseController(w).Flush() == nil
}

// oneLine keeps a message of a stream on one line: a line break would end it.
type oneLine struct{ w io.Writer }

func (o oneLine) Write(b []byte) (int, error) {
	line := make([]byte, len(b))
	for n, c := range b {
		if c == '\n' || c == '\r' {
			c = ' '
		}
		line[n] = c
	}
	return o.w.Write(line)
}

func (s *Service) postApply(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	id := ImportID(r.PathValue("id"))
	err := s.ApplyLater(r.Context(), access.ActorOf(r.Request), id, r.Value(massField) == "tak")
	if fault.KindOf(err) == fault.Invalid {
		p, pageErr := s.importPage(w, r)
		if pageErr != nil {
			return pageErr
		}
		p.Page = p.WithErrors(err)
		return r.RenderStatus(w, http.StatusUnprocessableEntity, importView(p))
	}
	if err != nil {
		return err
	}
	return r.Redirect(w, importHref(id))
}

func (s *Service) postDiscard(w http.ResponseWriter, r *web.Request) error {
	id := ImportID(r.PathValue("id"))
	if err := s.Discard(r.Context(), access.ActorOf(r.Request), id); err != nil {
		return err
	}
	r.Notify(w, "notice.import.discarded")
	return r.Redirect(w, importsPath)
}
