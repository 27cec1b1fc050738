package importing

import (
	"errors"
	"io"
	"iter"
	"net/http"
	"strconv"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// progressView is the bar of a work that runs.
type progressView struct {
	Href, Stream string
	Text         string
	Done, Total  int64
	Over         bool
}

func progressOf(l *i18n.L, b Batch) *progressView {
	return &progressView{Href: Path(b.ID), Stream: Path(b.ID) + "/postep", Done: b.Done, Total: b.Total,
		Text: l.T("importing.progress."+string(b.State), "done", l.Number(int(b.Done)), "total", l.Number(int(b.Total)))}
}

// streamFor is how long one stream lasts. The browser asks again when it ends,
// and the guard looks again: nobody goes on reading for long after signing out.
const streamFor = 30 * time.Second

// progress streams how far the work is, once a second, until it is over; then
// it says so with the event "koniec", upon which the browser hangs up.
func (h pages) progress(w http.ResponseWriter, r *web.Request) error {
	who, id := h.who(r), BatchID(r.PathValue("id"))
	b, err := h.ByID(r.Context(), who, id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	end := time.NewTimer(streamFor)
	defer end.Stop()
	for {
		lost, err := lostJob(r.Context(), h.db, b)
		if err != nil {
			return nil //nolint:nilerr // the head is sent; the browser asks again
		}
		over := lost || b.State != Applying && b.State != Undoing && b.State != Reading
		v := progressOf(r.L, b)
		if over {
			v = &progressView{Href: Path(b.ID), Text: r.L.T("importing.state." + string(b.State)), Over: true}
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
		if b, err = batchByID(r.Context(), h.db, id); err != nil {
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

// export writes all lines as a sheet, a row for each field. The lines of some
// imports are about people, so the look is noted in the log.
func (h pages) export(w http.ResponseWriter, r *web.Request) error {
	who := h.who(r)
	b, err := h.ByID(r.Context(), who, BatchID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if b.Swept || b.State == Reading {
		return fault.New(fault.Conflict, "importing.fault.no_lines")
	}
	entry := b.entry(actExport, b.Left)
	entry.Read = true
	now := h.now()
	if err := h.db.Write(r.Context(), func(tx *db.Tx) error { return audit.Record(r.Context(), tx, who.By, entry, now) }); err != nil {
		return err
	}
	f := sheet.FormatOf(r.URL.Query().Get("format"))
	head := w.Header()
	head.Set("Content-Type", f.ContentType())
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Disposition", `attachment; filename="`+f.File("kladka-roznice-"+localTime(b.CreatedAt).Format(time.DateOnly))+`"`)
	var header []string
	for _, c := range []string{"n", "action", "key", "name", "field", "before", "after", "ours", "choice", "state", "why"} {
		header = append(header, r.L.T("importing.column."+c))
	}
	if err := sheet.Write(w, f, r.L.T("importing.differences"), header, h.cells(r, b)); err != nil {
		// Half a sheet with status 200 would be taken for the whole.
		h.log.Error("export of an import broken off", "request", r.ID(), "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

var errEnough = errors.New("the writer wants no more")

func (h pages) cells(r *web.Request, b Batch) iter.Seq2[[]string, error] {
	k, _ := h.kind(b.Kind)
	return func(yield func([]string, error) bool) {
		err := h.db.Each(r.Context(), scanLine(func(l Line) error {
			for _, row := range cellsOf(r, k, b, l) {
				if !yield(row, nil) {
					return errEnough
				}
			}
			return nil
		}), lineSelect+`where batch = ? order by n`, b.ID)
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// cellsOf are the rows of one line; a line without fields has one.
func cellsOf(r *web.Request, k Kind, b Batch, l Line) [][]string {
	v := viewOf(r, k, b, l, false)
	fields := v.Fields
	if len(fields) == 0 {
		fields = []fieldView{{}}
	}
	choice := choicesOf(r.L, v.Clash)[0].Label
	for _, c := range choicesOf(r.L, v.Clash) {
		if c.Value == string(l.Choice) {
			choice = c.Label
		}
	}
	var rows [][]string
	for _, f := range fields {
		rows = append(rows, []string{strconv.Itoa(l.N), v.Action, l.Key, l.Name, f.Label, f.Before, f.After, f.Ours, choice,
			r.L.T("importing.line." + string(l.State)), v.Why})
	}
	return rows
}
