package training

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// exportBatch is how many trainings are read at once. Batches instead of one
// long query: whoever downloads slowly keeps no connection of the database.
const exportBatch = 300

// offerMeta tells what a file is, so that one found later explains itself.
type offerMeta struct {
	Title     string              `json:"title"`
	License   string              `json:"license"`
	Source    string              `json:"source"`
	Generated string              `json:"generated_at"`
	Listed    string              `json:"listed"` // coming, past
	Seats     string              `json:"seats_at"`
	Filters   map[string][]string `json:"filters"`
	Count     int                 `json:"count"`
}

// offerItem is a training in JSON. Its names are a promise to those who read our
// data by program: they are added to, not changed. It names no person: who leads
// a training stands on its page.
type offerItem struct {
	ID           ID            `json:"id"`
	URL          string        `json:"url"`
	State        TrainingState `json:"state"`
	StateLabel   string        `json:"state_label"`
	Form         Form          `json:"form"`
	FormLabel    string        `json:"form_label"`
	Title        string        `json:"title"`
	Language     i18n.Lang     `json:"language"`
	Summary      string        `json:"summary,omitempty"`
	Center       offerNamed    `json:"center"`
	StartsAt     string        `json:"starts_at,omitempty"`
	EndsAt       string        `json:"ends_at,omitempty"`
	LessonHours  int           `json:"lesson_hours"`
	Mode         Mode          `json:"mode"`
	Place        string        `json:"place,omitempty"`
	Municipality *offerNamed   `json:"municipality,omitempty"`
	Latitude     *float64      `json:"latitude,omitempty"`
	Longitude    *float64      `json:"longitude,omitempty"`
	EnrollFrom   string        `json:"enroll_from,omitempty"`
	EnrollUntil  string        `json:"enroll_until,omitempty"`
	Seats        int           `json:"seats"`
	Free         int           `json:"seats_free"`
	Waiting      int           `json:"waiting"`
	Price        int64         `json:"price_grosze"`
	Payer        Payer         `json:"payer"`
	Paper        Paper         `json:"paper"`
	ChangedAt    string        `json:"changed_at"`
	Published    string        `json:"published_at,omitempty"`
	seats        catalogSeats
	stand        offerStand
}

type offerNamed struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// offerWriter writes one list; begin is called once, then each row, then end.
type offerWriter interface {
	begin(offerMeta) error
	row(offerItem) error
	end() error
}

func (s *Service) getCatalogCSV(w http.ResponseWriter, r *web.Request) error {
	return s.exportOffer(w, r, "text/csv; charset=utf-8", "csv", func(out io.Writer, l *i18n.L) offerWriter { return newOfferCSV(out, l) })
}

func (s *Service) getCatalogJSON(w http.ResponseWriter, r *web.Request) error {
	return s.exportOffer(w, r, "application/json", "json", func(out io.Writer, _ *i18n.L) offerWriter { return &offerJSON{out: out} })
}

// exportOffer writes the filtered list as strangers see it, in Polish whatever
// the reader's language: a file goes on to others.
func (s *Service) exportOffer(w http.ResponseWriter, r *web.Request, contentType, extension string, start func(io.Writer, *i18n.L) offerWriter) error {
	ro, f, c, err := s.public(r)
	if err != nil {
		return err
	}
	ids, l := ro.ids(c.hits), r.Shell.Catalog.In(i18n.PL)
	// The first batch is read before anything is sent, so that a database that is
	// down becomes an error page and not an empty file.
	first, err := s.offerItems(r.Context(), l, ro, ids[:min(exportBatch, len(ids))], s.base(r))
	if err != nil {
		return err
	}
	now := s.now()
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Disposition", `attachment; filename="kladka-szkolenia-`+now.In(web.Warsaw).Format(time.DateOnly)+`.`+extension+`"`)
	meta := offerMeta{Title: "Kładka: szkolenia", License: directory.License, Source: "Ogłoszenia ośrodków doskonalenia w Kładce",
		Generated: now.UTC().Format(time.RFC3339), Seats: now.UTC().Format(time.RFC3339), Listed: "coming", Filters: f.query(), Count: len(ids)}
	if f.Past {
		meta.Listed = "past"
	}
	out := bufio.NewWriterSize(w, 32<<10)
	err = s.writeOffer(r.Context(), start(out, l), meta, l, ro, first, ids, s.base(r))
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		// Half a file with status 200 would be taken for the whole: the connection
		// is broken off instead.
		s.Log.Error("export broken off", "request", r.ID(), "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (s *Service) writeOffer(ctx context.Context, e offerWriter, meta offerMeta, l *i18n.L, ro *catalogRoll, rows []offerItem, ids []ID, base string) error {
	if err := e.begin(meta); err != nil {
		return err
	}
	for {
		for _, x := range rows {
			if err := e.row(x); err != nil {
				return err
			}
		}
		ids = ids[min(exportBatch, len(ids)):]
		if len(ids) == 0 {
			return e.end()
		}
		var err error
		if rows, err = s.offerItems(ctx, l, ro, ids[:min(exportBatch, len(ids))], base); err != nil {
			return err
		}
	}
}

// offerItems reads trainings in the order of the ids.
func (s *Service) offerItems(ctx context.Context, l *i18n.L, ro *catalogRoll, ids []ID, base string) (items []offerItem, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := db.In(`select `+Columns+` from training_trainings t where t.id in (?) and t.state <> ?`, ids, Draft)
	if err != nil {
		return nil, err
	}
	var rows []Training
	if err := s.db.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	seats, err := seatsNow(ctx, s.db, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[ID]Training, len(rows))
	for _, t := range rows {
		byID[t.ID] = t
	}
	now := s.now().Unix()
	for _, id := range ids {
		if t, there := byID[id]; there {
			items = append(items, ro.offerItem(l, t, seats[id], base, now))
		}
	}
	return items, nil
}

func (r *catalogRoll) offerItem(l *i18n.L, t Training, seats catalogSeats, base string, now int64) offerItem {
	x := offerItem{ID: t.ID, URL: base + Path(t.ID), State: t.State, StateLabel: l.T("training.state." + string(t.State)), Form: t.Form,
		FormLabel: l.T("training.form." + string(t.Form)), Title: t.Title, Language: t.Lang, Summary: t.Summary,
		Center: offerNamed{string(t.Center), r.called[string(t.Center)]}, LessonHours: t.Hours, Mode: t.Mode, Place: t.Place, Latitude: t.Lat, Longitude: t.Lon,
		EnrollFrom: isoOrNone(t.EnrollFrom), EnrollUntil: isoOrNone(t.EnrollUntil), Seats: seats.Seats, Free: seats.Free, Waiting: seats.Waiting,
		Price: t.Price, Payer: t.Payer, Paper: t.Paper, ChangedAt: isoWarsaw(t.ChangedAt), Published: isoOrNone(t.PublishedAt), seats: seats, stand: standOf(t, seats, now)}
	if t.State != Postponed {
		x.StartsAt, x.EndsAt = isoOrNone(t.StartsAt), isoOrNone(t.EndsAt)
	}
	if t.Municipality != "" {
		x.Municipality = &offerNamed{t.Municipality, r.townName(t.Municipality)}
	}
	return x
}

func isoOrNone(at int64) string {
	if at == 0 {
		return ""
	}
	return isoWarsaw(at)
}

type offerJSON struct {
	out   io.Writer
	wrote bool
}

// begin writes the head of the object up to the bracket of its items.
func (e *offerJSON) begin(meta offerMeta) error {
	data, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	_, err = e.out.Write(append(data[:len(data)-1], `,"items":[`...))
	return err
}

func (e *offerJSON) row(x offerItem) error {
	data, err := json.Marshal(x)
	if err != nil {
		return err
	}
	separator := "\n"
	if e.wrote {
		separator = ",\n"
	}
	e.wrote = true
	_, err = e.out.Write(append([]byte(separator), data...))
	return err
}

func (e *offerJSON) end() error {
	_, err := io.WriteString(e.out, "\n]}\n")
	return err
}

// offerHeader are the names of the columns.
var offerHeader = []string{"Tytuł", "Forma", "Stan", "Początek", "Koniec", "Godziny lekcyjne", "Tryb", "Miejsce", "Kod gminy", "Gmina", "Ośrodek",
	"Zapisy od", "Zapisy do", "Miejsca", "Wolne miejsca", "Osoby na liście rezerwowej", "Zapisy teraz", "Cena (zł)", "Kto płaci", "Dokument",
	"Szerokość geograficzna", "Długość geograficzna", "Adres strony", "Identyfikator w Kładce", "Licencja"}

type offerCSV struct {
	out io.Writer
	w   *csv.Writer
	l   *i18n.L
}

func newOfferCSV(out io.Writer, l *i18n.L) *offerCSV {
	w := csv.NewWriter(out)
	w.Comma, w.UseCRLF = ';', true // what Polish spreadsheets open without asking
	return &offerCSV{out, w, l}
}

func (e *offerCSV) begin(offerMeta) error {
	const mark = "\ufeff" // tells spreadsheets that the letters are UTF-8
	if _, err := io.WriteString(e.out, mark); err != nil {
		return err
	}
	return e.w.Write(offerHeader)
}

func (e *offerCSV) row(x offerItem) error {
	town := offerNamed{}
	if x.Municipality != nil {
		town = *x.Municipality
	}
	cells := []string{x.Title, x.FormLabel, x.StateLabel, sheetTime(x.StartsAt), sheetTime(x.EndsAt), strconv.Itoa(x.LessonHours),
		e.l.T("training.mode." + string(x.Mode)), x.Place, town.ID, town.Name, x.Center.Name, sheetTime(x.EnrollFrom), sheetTime(x.EnrollUntil),
		strconv.Itoa(x.Seats), strconv.Itoa(x.Free), strconv.Itoa(x.Waiting), x.stand.words(e.l), sheetNumber(float64(x.Price)/100, 2),
		e.l.T("training.payer." + string(x.Payer)), e.l.T("training.paper." + string(x.Paper)), sheetDegrees(x.Latitude), sheetDegrees(x.Longitude),
		x.URL, string(x.ID), directory.License}
	for n, c := range cells {
		cells[n] = web.Defuse(c)
	}
	return e.w.Write(cells)
}

func (e *offerCSV) end() error {
	e.w.Flush()
	return e.w.Error()
}

// sheetTime is a moment as a Polish spreadsheet reads it.
func sheetTime(iso string) string {
	t, err := time.Parse(time.RFC3339, iso)
	if err != nil {
		return ""
	}
	return t.In(web.Warsaw).Format("2006-01-02 15:04")
}

// sheetNumber has a comma: to a Polish spreadsheet 50.06 is a text, or May.
func sheetNumber(x float64, digits int) string {
	return strings.Replace(strconv.FormatFloat(x, 'f', digits, 64), ".", ",", 1)
}

func sheetDegrees(x *float64) string {
	if x == nil {
		return ""
	}
	return sheetNumber(*x, 6)
}
