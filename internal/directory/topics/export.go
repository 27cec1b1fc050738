package topics

import (
	"bytes"
	"encoding/json"
	"iter"
	"net/http"
	"time"

	"kladka/internal/directory"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
)

// License is that of the vocabulary: open data, like the directory.
const License = directory.License

// exportItem is a topic as data, near to SKOS. Its names are a promise: they
// are added to, not changed.
type exportItem struct {
	ID         ID                     `json:"id"`
	Code       string                 `json:"code"`
	Kind       Kind                   `json:"kind"`
	State      State                  `json:"state"`
	Parent     string                 `json:"parent,omitempty"`      // code; SKOS broader
	ReplacedBy string                 `json:"replaced_by,omitempty"` // code, of a merged one
	SplitInto  []string               `json:"split_into,omitempty"`
	Names      map[i18n.Lang]string   `json:"names"`              // SKOS prefLabel
	Synonyms   map[i18n.Lang][]string `json:"synonyms,omitempty"` // SKOS altLabel
	From       string                 `json:"from,omitempty"`
	Until      string                 `json:"until,omitempty"`
	Basis      string                 `json:"basis,omitempty"`
	Page       string                 `json:"page"`
	UpdatedAt  string                 `json:"updated_at"`
}

func (v *vocabulary) exported(t *Topic) exportItem {
	r := v.record(t)
	e := exportItem{ID: t.ID, Code: t.Code, Kind: t.Kind, State: t.State, Parent: r.Parent, Names: r.Names, Synonyms: r.Synonyms,
		From: t.From, Until: t.Until, Basis: t.Basis, Page: href(t), UpdatedAt: time.Unix(t.UpdatedAt, 0).UTC().Format(time.RFC3339)}
	if target := v.byID[v.resolve(t.ID)]; t.State == Merged && target != nil {
		e.ReplacedBy = target.Code
	}
	for _, id := range v.parts[t.ID] {
		if part := v.byID[id]; part != nil {
			e.SplitInto = append(e.SplitInto, part.Code)
		}
	}
	return e
}

func (s *Service) getJSON(w http.ResponseWriter, r *web.Request) error {
	v, err := s.vocabularyNow(r.Context())
	if err != nil {
		return err
	}
	out := struct {
		Title     string       `json:"title"`
		License   string       `json:"license"`
		Source    string       `json:"source"`
		Generated string       `json:"generated_at"`
		Count     int          `json:"count"`
		Items     []exportItem `json:"items"`
	}{Title: "Kładka: słownik tematów", License: License, Source: "Kładka", Generated: s.now().UTC().Format(time.RFC3339), Items: []exportItem{}}
	for _, t := range v.inTreeOrder() {
		out.Items = append(out.Items, v.exported(t))
	}
	out.Count = len(out.Items)
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	h.Set("Link", licenseLink)
	_, err = w.Write(append(body, '\n'))
	return err
}

const licenseLink = `<https://creativecommons.org/publicdomain/zero/1.0/>; rel="license"`

// getCSV writes the columns that an import takes, and ids and pointers beside.
func (s *Service) getCSV(w http.ResponseWriter, r *web.Request) error {
	v, err := s.vocabularyNow(r.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Link", licenseLink)
	return s.sendSheet(w, sheet.CSV, append(Header(), "zastąpiony przez", "identyfikator", "licencja"), func(yield func([]string, error) bool) {
		for _, t := range v.inTreeOrder() {
			e := v.exported(t)
			if !yield(append(cellsOf(v.record(t)), e.ReplacedBy, string(e.ID), License), nil) {
				return
			}
		}
	})
}

// getSheet gives editors the vocabulary as a workbook to work on and bring back.
func (s *Service) getSheet(w http.ResponseWriter, r *web.Request) error {
	rows, err := s.Rows(r.Context())
	if err != nil {
		return err
	}
	return s.sendSheet(w, sheet.XLSX, Header(), rows)
}

// sendSheet makes the sheet whole before it is sent: it is some hundred kilobytes.
func (s *Service) sendSheet(w http.ResponseWriter, f sheet.Format, header []string, rows iter.Seq2[[]string, error]) error {
	var out bytes.Buffer
	if err := sheet.Write(&out, f, "Tematy", header, rows); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.ContentType())
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Disposition", `attachment; filename="`+f.File("kladka-tematy-"+s.now().In(web.Warsaw).Format(time.DateOnly))+`"`)
	_, err := w.Write(out.Bytes())
	return err
}

// downloads are the addresses of the vocabulary as data.
func downloads(p web.Page) []web.Link {
	return []web.Link{{Text: p.T("topics.as_csv"), Href: listPath + "." + string(sheet.CSV)}, {Text: p.T("topics.as_json"), Href: listPath + ".json"}}
}
