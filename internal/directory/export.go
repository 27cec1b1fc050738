package directory

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// License is that of the exported lists: they are open data.
const License = "CC0-1.0"

// exportBatch is how many institutions are read at once. Batches instead of
// one long query: whoever downloads slowly keeps no connection of the
// database and no old snapshot of it.
const exportBatch = 500

// getCSV writes the filtered list as a table. It is in Polish whatever the
// reader's language: a file goes on to others.
func (s *Service) getCSV(w http.ResponseWriter, r *web.Request) error {
	polish := r.Shell.Catalog.In(i18n.PL)
	return s.export(w, r, "text/csv; charset=utf-8", "csv", func(ro *roll, f Filter, n int, out io.Writer) exporter {
		return newCSV(out, polish, ro)
	})
}

// getJSON writes the filtered list with what was asked and when.
func (s *Service) getJSON(w http.ResponseWriter, r *web.Request) error {
	polish := r.Shell.Catalog.In(i18n.PL)
	return s.export(w, r, "application/json", "json", func(ro *roll, f Filter, n int, out io.Writer) exporter {
		return &jsonExport{out: out, l: polish, roll: ro, meta: metaOf(f, n, s.now())}
	})
}

// exporter writes one list; begin is called once, then each row, then end.
type exporter interface {
	begin() error
	row(i Institution) error
	end() error
}

func (s *Service) export(w http.ResponseWriter, r *web.Request, contentType, extension string,
	start func(*roll, Filter, int, io.Writer) exporter) error {
	ro, f, err := s.asked(r)
	if err != nil {
		return err
	}
	chosen, err := s.selected(r.Context(), ro, f)
	if err != nil {
		return err
	}
	ids := ro.ids(chosen.hits)
	// The first batch is read before anything is sent, so that a database
	// that is down becomes an error page and not an empty file.
	first, err := inOrder(r.Context(), s.db, ids[:min(exportBatch, len(ids))])
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	day := s.now().In(web.Warsaw).Format(time.DateOnly)
	h.Set("Content-Disposition", `attachment; filename="kladka-instytucje-`+day+`.`+extension+`"`)
	out := bufio.NewWriterSize(w, 32<<10)
	err = s.writeAll(r.Context(), start(ro, f, len(ids), out), first, ids)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		// Half a file with status 200 would be taken for the whole: the
		// connection is broken off instead.
		s.log.Error("export broken off", "request", r.ID(), "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (s *Service) writeAll(ctx context.Context, e exporter, first []Institution, ids []access.InstitutionID) error {
	if err := e.begin(); err != nil {
		return err
	}
	rest := ids[min(exportBatch, len(ids)):]
	rows := first
	for {
		for _, i := range rows {
			if err := e.row(i); err != nil {
				return err
			}
		}
		if len(rest) == 0 {
			return e.end()
		}
		batch := rest[:min(exportBatch, len(rest))]
		rest = rest[len(batch):]
		var err error
		if rows, err = inOrder(ctx, s.db, batch); err != nil {
			return err
		}
	}
}

// csvHeader are the names of the columns.
var csvHeader = []string{"Numer RSPO", "Nazwa", "Nazwa urzędowa", "Rodzaj", "Status publiczny", "Zamknięta", "Data zamknięcia",
	"Kod gminy", "Gmina", "Dzielnica", "Miejscowość", "Ulica", "Numer budynku", "Numer lokalu", "Kod pocztowy",
	"Telefon", "E-mail", "Strona internetowa", "REGON", "NIP", "Organ prowadzący", "Rodzaj organu prowadzącego",
	"Kod gminy prowadzącej", "Liczba uczniów", "Szerokość geograficzna", "Długość geograficzna",
	"Identyfikator w Kładce", "Jednostka kierująca zespołem"}

type csvExport struct {
	out  io.Writer
	w    *csv.Writer
	l    *i18n.L
	roll *roll
}

func newCSV(out io.Writer, l *i18n.L, ro *roll) *csvExport {
	w := csv.NewWriter(out)
	w.Comma, w.UseCRLF = ';', true // what Polish spreadsheets open without asking
	return &csvExport{out: out, w: w, l: l, roll: ro}
}

func (e *csvExport) begin() error {
	const mark = "\ufeff" // tells spreadsheets that the letters are UTF-8
	if _, err := io.WriteString(e.out, mark); err != nil {
		return err
	}
	return e.w.Write(csvHeader)
}

func (e *csvExport) row(i Institution) error {
	cells := []string{number(i.RSPO), i.Name, i.OfficialName, e.l.T("type." + string(i.Kind)), e.label("public.", i.Public),
		yes(i.Closed), i.ClosedOn, i.Municipality, e.roll.townNamed(i.Municipality), number(i.District), i.City, i.Street, i.House, i.Flat,
		i.Postcode, i.Phone, i.Email, i.Website, i.REGON, i.NIP, i.RunningName, e.label("running.", i.RunningKind),
		i.RunningMunicipality, number(i.Pupils), degrees(i.placed(i.Lat)), degrees(i.placed(i.Lon)), string(i.ID), string(i.HeadUnit)}
	for n, c := range cells {
		cells[n] = web.Defuse(c)
	}
	return e.w.Write(cells)
}

func (e *csvExport) end() error {
	e.w.Flush()
	return e.w.Error()
}

func (e *csvExport) label(prefix, value string) string {
	if value == "" {
		return ""
	}
	return e.l.T(prefix + value)
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// degrees has a comma: to a Polish spreadsheet 50.06 is a text, or May.
func degrees(x *float64) string {
	if x == nil {
		return ""
	}
	text := []byte(strconv.FormatFloat(*x, 'f', 6, 64))
	if at := slices.Index(text, '.'); at >= 0 {
		text[at] = ','
	}
	return string(text)
}

func yes(b bool) string {
	if b {
		return "tak"
	}
	return "nie"
}

// placed is a coordinate, or nil when there is doubt about the point.
func (i Institution) placed(x *float64) *float64 {
	if i.PointDoubt != "" {
		return nil
	}
	return x
}

// exportMeta tells what a list is, so that a file found later explains itself.
type exportMeta struct {
	Title     string              `json:"title"`
	License   string              `json:"license"`
	Source    string              `json:"source"`
	Generated string              `json:"generated_at"`
	Counted   string              `json:"counted"` // institutions, groups
	By        string              `json:"by"`      // seat, authority
	Filters   map[string][]string `json:"filters"`
	Count     int                 `json:"count"`
}

func metaOf(f Filter, n int, now time.Time) exportMeta {
	m := exportMeta{Title: "Kładka: instytucje", License: License, Source: "Rejestr Szkół i Placówek Oświatowych (RSPO)",
		Generated: now.UTC().Format(time.RFC3339), Counted: "institutions", By: "seat", Filters: f.query(), Count: n}
	if f.Groups {
		m.Counted = "groups"
	}
	if f.ByAuthority {
		m.By = "authority"
	}
	return m
}

// exportItem is an institution in JSON. Its names are a promise to those who
// read our data by program: they are added to, not changed.
type exportItem struct {
	ID           access.InstitutionID  `json:"id"`
	RSPO         *int                  `json:"rspo"`
	Name         string                `json:"name"`
	OfficialName string                `json:"official_name,omitempty"`
	Kind         Kind                  `json:"kind"`
	KindLabel    string                `json:"kind_label"`
	Public       string                `json:"public,omitempty"`
	Closed       bool                  `json:"closed"`
	ClosedOn     string                `json:"closed_on,omitempty"`
	ClosedWhy    string                `json:"closed_why,omitempty"`
	Municipality exportTown            `json:"municipality"`
	District     *int                  `json:"district,omitempty"`
	City         string                `json:"city,omitempty"`
	Street       string                `json:"street,omitempty"`
	House        string                `json:"house,omitempty"`
	Flat         string                `json:"flat,omitempty"`
	Postcode     string                `json:"postcode,omitempty"`
	Latitude     *float64              `json:"latitude,omitempty"`
	Longitude    *float64              `json:"longitude,omitempty"`
	PointDoubt   string                `json:"point_doubt,omitempty"`
	Phone        string                `json:"phone,omitempty"`
	Email        string                `json:"email,omitempty"`
	Website      string                `json:"website,omitempty"`
	REGON        string                `json:"regon,omitempty"`
	NIP          string                `json:"nip,omitempty"`
	Running      exportRunner          `json:"running"`
	Supervising  string                `json:"supervising,omitempty"`
	Pupils       *int                  `json:"pupils,omitempty"`
	FoundedOn    string                `json:"founded_on,omitempty"`
	Parent       *access.InstitutionID `json:"parent,omitempty"`
	Corrected    bool                  `json:"group_corrected,omitempty"`
	HeadUnit     access.InstitutionID  `json:"head_unit"`
	Origin       Origin                `json:"origin"`
	Source       string                `json:"source,omitempty"`
	UpdatedAt    string                `json:"updated_at"`
}

type exportTown struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type exportRunner struct {
	ID           *access.InstitutionID `json:"id,omitempty"`
	Name         string                `json:"name,omitempty"`
	Kind         string                `json:"kind,omitempty"`
	Municipality string                `json:"municipality,omitempty"`
}

func exported(l *i18n.L, ro *roll, i Institution) exportItem {
	return exportItem{ID: i.ID, RSPO: i.RSPO, Name: i.Name, OfficialName: i.OfficialName, Kind: i.Kind,
		KindLabel: l.T("type." + string(i.Kind)), Public: i.Public, Closed: i.Closed, ClosedOn: i.ClosedOn, ClosedWhy: i.ClosedWhy,
		Municipality: exportTown{i.Municipality, ro.townNamed(i.Municipality)}, District: i.District,
		City: i.City, Street: i.Street, House: i.House, Flat: i.Flat, Postcode: i.Postcode,
		Latitude: i.placed(i.Lat), Longitude: i.placed(i.Lon), PointDoubt: i.PointDoubt,
		Phone: i.Phone, Email: i.Email, Website: i.Website, REGON: i.REGON, NIP: i.NIP,
		Running: exportRunner{i.RunningID, i.RunningName, i.RunningKind, i.RunningMunicipality}, Supervising: i.Supervising,
		Pupils: i.Pupils, FoundedOn: i.FoundedOn, Parent: i.Parent(), Corrected: i.Corrected, HeadUnit: i.HeadUnit,
		Origin: i.Origin, Source: i.Source, UpdatedAt: time.Unix(i.UpdatedAt, 0).UTC().Format(time.RFC3339)}
}

type jsonExport struct {
	out   io.Writer
	l     *i18n.L
	roll  *roll
	meta  exportMeta
	wrote bool
}

// begin writes the head of the object up to the bracket of its items.
func (e *jsonExport) begin() error {
	data, err := json.Marshal(e.meta)
	if err != nil {
		return err
	}
	_, err = e.out.Write(append(data[:len(data)-1], `,"items":[`...))
	return err
}

func (e *jsonExport) row(i Institution) error { return e.item(exported(e.l, e.roll, i)) }

func (e *jsonExport) item(v any) error {
	data, err := json.Marshal(v)
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

func (e *jsonExport) end() error {
	_, err := io.WriteString(e.out, "\n]}\n")
	return err
}

// getInstitutionJSON gives one institution as data.
func (s *Service) getInstitutionJSON(w http.ResponseWriter, r *web.Request) error {
	id, err := idOf(r.PathValue("id"))
	if err != nil {
		return err
	}
	i, err := ByID(r.Context(), s.db, id)
	if err != nil {
		return err
	}
	ro, err := s.rollNow(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-cache")
	return sendJSON(w, "application/json", struct {
		License   string `json:"license"`
		Generated string `json:"generated_at"`
		exportItem
	}{License, s.now().UTC().Format(time.RFC3339), exported(r.Shell.Catalog.In(i18n.PL), ro, i)})
}
