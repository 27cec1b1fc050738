package ledger

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// sheetsPage takes a sheet in.
type sheetsPage struct {
	web.Page
	Tabs    []web.Link
	Where   []web.Choice
	Columns []string
	File    web.Input
	Waiting []web.Link
}

func (s *Service) getSheets(w http.ResponseWriter, r *web.Request) error {
	return s.showSheets(w, r, nil)
}

func (s *Service) showSheets(w http.ResponseWriter, r *web.Request, refused error) (err error) {
	ctx, l, who := r.Context(), r.L, access.ActorOf(r.Request)
	p := sheetsPage{Page: r.Page(w, l.T("ledger.sheet.title"), crumbs(l)...), Tabs: tabs(r, SheetPath)}
	p.Lead, p.NoIndex = l.T("ledger.sheet.lead"), true
	for _, c := range Columns() {
		name := c.Titles[0]
		if c.Required {
			name = l.T("ledger.sheet.required", "column", name)
		}
		p.Columns = append(p.Columns, name)
	}
	p.File = web.Input{Name: "plik", Type: "file", Label: l.T("ledger.sheet.file"), Hint: l.T("ledger.sheet.file_hint", "n", l.Number(limits().Rows)), Accept: ".xlsx,.csv,text/csv", Required: true}
	if p.Where, err = s.entersAt(ctx, who); err != nil {
		return err
	}
	var list []sheetStored
	err = s.db.Select(ctx, &list, `select id, institution, name, '' as rows_json, good, bad, taken_at, by_person, at from ledger_sheets
		where by_person = ? order by id desc limit 20`, string(who.Person))
	if err != nil {
		return err
	}
	for _, h := range list {
		state := "ledger.sheet.waits"
		if h.TakenAt > 0 {
			state = "ledger.sheet.was_taken"
		}
		p.Waiting = append(p.Waiting, web.Link{Text: l.T(state, "name", h.Name, "when", l.DateTime(p.Local(time.Unix(h.At, 0)))), Href: SheetPath + "/" + h.ID})
	}
	status := http.StatusOK
	if e := fault.As(refused); e != nil {
		p.Page, status = p.WithErrors(fault.InvalidFields([]fault.Field{{Name: "plik", Key: e.Key, Args: e.Args}})), e.Kind.Status()
	}
	return r.RenderStatus(w, status, sheetsShown(p))
}

// getTemplate is a sheet to fill in, with one invented row.
func (s *Service) getTemplate(w http.ResponseWriter, r *web.Request) error {
	example := map[string]string{"title": "Konferencja o czytaniu", "on": "2023-03-05", "words": "lista obecności w aktach ośrodka", "form": "Konferencja",
		"town": "Wieliczka", "group": "Nauczyciele", "people": "41", "hours": "6", "money": "1250,50"}
	var header, row []string
	for _, c := range Columns() {
		header, row = append(header, c.Titles[0]), append(row, example[c.Name])
	}
	w.Header().Set("Content-Type", sheet.CSV.ContentType())
	w.Header().Set("Content-Disposition", `attachment; filename="`+sheet.CSV.File("wzor-dzialania")+`"`)
	return sheet.Write(w, sheet.CSV, "", header, func(yield func([]string, error) bool) { yield(row, nil) })
}

// postSheet reads the sheet while it arrives. For whom it is entered stands
// before the file in the form.
func (s *Service) postSheet(w http.ResponseWriter, r *web.Request) error {
	id, err := s.received(r)
	if err == nil {
		return r.Redirect(w, SheetPath+"/"+id)
	}
	if e := fault.As(err); e == nil || e.Kind != fault.Invalid && e.Kind != fault.TooLarge {
		return err
	}
	return s.showSheets(w, r, err)
}

func (s *Service) received(r *web.Request) (id string, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return "", fault.New(fault.BadRequest, "fault.bad_request")
	}
	var at access.InstitutionID
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return "", fault.New(fault.Invalid, "ledger.fault.no_file")
		case err != nil:
			return "", cutOff(err)
		case part.FormName() == "dla":
			text, err := io.ReadAll(io.LimitReader(part, 100))
			if err != nil {
				return "", cutOff(err)
			}
			at = access.InstitutionID(text)
		case part.FormName() == "plik" && part.FileName() != "":
			return s.load(r, at, part)
		}
	}
}

func (s *Service) load(r *web.Request, at access.InstitutionID, part *multipart.Part) (string, error) {
	name := []rune(oneLine(strings.ToValidUTF8(strings.ReplaceAll(part.FileName(), "\x00", ""), "?")))
	id, err := s.LoadSheet(r.Context(), access.ActorOf(r.Request), at, string(name[:min(len(name), 120)]), part)
	return id, cutOff(err)
}

// cutOff tells a body that is too long or was broken off from other faults.
func cutOff(err error) error {
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return fault.New(fault.TooLarge, "sheet.fault.too_large", "n", limits().Bytes>>20)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	return err
}

// sheetPage is what would be taken from a sheet, and what is wrong with it.
type sheetPage struct {
	web.Page
	Tabs     []web.Link
	Good     int
	Taken    bool
	Words    string
	Progress *progressView
	Faults   []faultLine
	More     string
	Rows     []sheetLine
	RowsMore string
	Action   string
}

type faultLine struct{ Row, Column, Text string }

type sheetLine struct{ Row, Title, On, Town, Group, Words string }

// progressView is how far a work is, read anew with the page.
type progressView struct {
	Text        string
	Done, Total int64
	Over        bool
	Href        string
}

// shownRows is how many rows of a sheet the preview shows, and how many faults.
const shownRows = 100

func (s *Service) getSheet(w http.ResponseWriter, r *web.Request) error {
	ctx, l := r.Context(), r.L
	h, err := s.sheetFor(ctx, access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	rows, err := h.rows()
	if err != nil {
		return err
	}
	towns, err := s.townNames(ctx)
	if err != nil {
		return err
	}
	p := sheetPage{Page: r.Page(w, l.T("ledger.sheet.one", "name", h.Name), crumbs(l, web.Link{Text: l.T("ledger.sheet.title"), Href: SheetPath})...), Tabs: tabs(r, ""),
		Good: h.Good, Taken: h.TakenAt > 0, Action: SheetPath + "/" + h.ID}
	p.NoIndex = true
	p.Words = l.T("ledger.sheet.counts", "good", l.Number(h.Good), "bad", l.Number(h.Bad))
	if id := r.URL.Query().Get("postep"); id != "" {
		if p.Progress, err = s.progress(r, id); err != nil {
			return err
		}
	}
	s.sheetLines(&p, rows, towns)
	return r.Render(w, sheetShown(p))
}

func (s *Service) sheetLines(p *sheetPage, rows []SheetRow, towns map[string]string) {
	l, faults := p.L, 0
	for _, row := range rows {
		for _, f := range row.Faults {
			if faults++; faults <= shownRows {
				p.Faults = append(p.Faults, faultLine{strconv.Itoa(row.N), f.Column, l.T(f.Key, anys(f.Args)...)})
			}
		}
		if len(row.Faults) == 0 && len(p.Rows) < shownRows {
			p.Rows = append(p.Rows, sheetLine{strconv.Itoa(row.N), row.Title, l.DateText(row.On), towns[row.Town], l.T("ledger.group." + string(row.Group)),
				partWords(l, Part{Participations: int64(row.People), Minutes: row.Minutes, Money: row.Money})})
		}
	}
	if faults > shownRows {
		p.More = l.T("ledger.sheet.more", "n", l.Number(faults-shownRows))
	}
	if p.Good > len(p.Rows) && len(p.Rows) > 0 {
		p.RowsMore = l.T("ledger.sheet.more", "n", l.Number(p.Good-len(p.Rows)))
	}
}

// progress is how far a work of the reader is; nil when it is not there.
func (s *Service) progress(r *web.Request, id string) (*progressView, error) {
	at, err := jobs.ReadProgress(r.Context(), s.db, jobs.ProgressID(id))
	if errors.Is(err, fault.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v := &progressView{Done: at.Done, Total: at.Total, Over: at.State != jobs.ProgressRunning, Href: r.URL.RequestURI()}
	v.Text = r.L.T("ledger.progress."+string(at.State), "done", r.L.Number(int(at.Done)), "total", r.L.Number(int(at.Total)))
	return v, nil
}

func (s *Service) postTakeSheet(w http.ResponseWriter, r *web.Request) error {
	progress, err := s.TakeSheet(r.Context(), access.ActorOf(r.Request), r.PathValue("id"))
	if err != nil {
		return err
	}
	return r.Redirect(w, SheetPath+"/"+r.PathValue("id")+"?postep="+string(progress))
}

func anys(list []string) (all []any) {
	for _, text := range list {
		all = append(all, text)
	}
	return all
}
