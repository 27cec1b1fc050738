package papers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/training"
)

// markOf goes into the metadata of a PDF: it names the print, not the person.
func markOf(id CopyID) string { return "kladka-paper:" + string(id) }

// draw makes the PDF of a print from its sealed words. Papers are Polish: they
// are documents of Polish law.
func (s *Service) draw(ctx context.Context, c Copy) ([]byte, error) {
	words, err := s.unseal(c.ID, c.Content)
	if err != nil {
		return nil, err
	}
	p, err := paperByID(ctx, s.db, c.Paper)
	if err != nil {
		return nil, err
	}
	key, err := s.keyOf(p)
	if err != nil {
		return nil, err
	}
	l, at, address := s.Catalog.In(i18n.PL), time.Unix(c.At, 0), s.Base+VerifyPath(words.Number, key)
	var out bytes.Buffer
	if words.Kind != training.Diploma {
		err := certificateOf(l, words, address, markOf(c.ID)).Print(&out, at)
		return out.Bytes(), err
	}
	m, err := s.modelOf(ctx, p.Center)
	if err != nil {
		return nil, err
	}
	err = pdf.Form(&out, pdf.Meta{Title: l.T("papers.kind.diploma") + " " + words.Number, Author: words.Center, Lang: "pl", At: at}, m.Landscape, markOf(c.ID),
		m.fields(diplomaTexts(l, words, address)))
	return out.Bytes(), err
}

func certificateOf(l *i18n.L, c Content, address, mark string) pdf.Certificate {
	details := []string{l.T("papers.pdf.form", "form", strings.ToLower(l.T("training.form."+string(c.Form)))), l.N("papers.pdf.hours", c.Hours), span(l, c)}
	if c.LegalBasis != "" {
		details = append(details, l.T("papers.pdf.basis", "basis", c.LegalBasis))
	}
	stamp := ""
	switch {
	case c.Duplicate != "":
		stamp = l.T("papers.pdf.duplicate", "date", l.DateText(c.Duplicate))
	case c.Correction != "":
		stamp = l.T("papers.pdf.correction", "date", l.DateText(c.Correction))
	}
	return pdf.Certificate{Title: l.T("papers.kind.certificate") + " " + c.Number, Lang: "pl", Author: c.Center, Mark: mark, Heading: c.Heading, Center: c.Center,
		Decision: c.Accreditation, Kind: strings.ToUpper(l.T("papers.kind.certificate")), Stamp: stamp, Opening: l.T("papers.pdf.opening"), Name: c.Name,
		Born: l.T("papers.pdf.born", "date", l.DateText(c.BirthDay), "place", c.BirthPlace), Text: l.T("papers.pdf.text"), Subject: c.Title, Details: details,
		Place: c.Place + ", " + l.DateText(c.IssuedOn), Number: l.T("papers.pdf.number", "number", c.Number), Sign: l.T("papers.pdf.sign"), Signer: c.Signs,
		Check: l.T("papers.pdf.check"), Address: address}
}

func span(l *i18n.L, c Content) string {
	if c.StartsOn == c.EndsOn {
		return l.T("papers.pdf.day", "date", l.DateText(c.StartsOn))
	}
	return l.T("papers.pdf.days", "from", l.DateText(c.StartsOn), "until", l.DateText(c.EndsOn))
}

// Model is the official form of diplomas of a center: the file that the ministry
// or the printing house gave, which we show to who prints, and where on it our
// data belong. We never draw the form itself.
type Model struct {
	File      files.ID
	Landscape bool
	Places    map[string]Spot
}

// Spot is the place of one field, in millimeters from the left and upper edges.
// Size 0: the field is not printed.
type Spot struct{ X, Y, Width, Size float64 }

// ModelFields are the fields that can be printed on a form, in the order in
// which they are asked for.
func ModelFields() []string {
	return []string{"name", "birth_day", "birth_place", "title", "hours", "practice", "dates", "grade", "consent", "framework", "center", "number", "place_day", "duplicate", "code"}
}

func diplomaTexts(l *i18n.L, c Content, address string) map[string]string {
	texts := map[string]string{"name": c.Name, "birth_day": l.DateText(c.BirthDay), "birth_place": c.BirthPlace, "title": c.Title, "hours": l.Number(c.Hours),
		"practice": l.Number(c.Practice), "dates": l.T("papers.pdf.from_until", "from", l.DateText(c.StartsOn), "until", l.DateText(c.EndsOn)), "grade": c.Grade,
		"consent": c.ConsentNo, "framework": c.Framework, "center": c.Center, "number": c.Number, "place_day": c.Place + ", " + l.DateText(c.IssuedOn), "code": address}
	if c.Duplicate != "" {
		texts["duplicate"] = l.T("papers.pdf.duplicate", "date", l.DateText(c.Duplicate))
	}
	return texts
}

// fields are the texts at their places.
func (m Model) fields(texts map[string]string) (list []pdf.Placed) {
	for _, name := range ModelFields() {
		if at := m.Places[name]; at.Size > 0 && texts[name] != "" {
			list = append(list, pdf.Placed{X: at.X, Y: at.Y, Width: at.Width, Size: at.Size, Text: texts[name], Code: name == "code"})
		}
	}
	return list
}

// usualPlaces are a plain list of the data, for a center that has not measured
// its form yet: no form looks like this, so that it is seen.
func usualPlaces() map[string]Spot {
	places := map[string]Spot{}
	for n, name := range ModelFields() {
		places[name] = Spot{X: 30, Y: 60 + 12*float64(n), Size: 12}
	}
	places["code"] = Spot{X: 165, Y: 255, Size: 25}
	return places
}

// modelOf is the form of a center, or the plain list when none was set.
func (s *Service) modelOf(ctx context.Context, center access.InstitutionID) (m Model, err error) {
	var row struct {
		File   string `db:"file"`
		Places string `db:"places"`
	}
	err = s.db.Get(ctx, &row, `select file, places from training_paper_models where center = ?`, center)
	if errors.Is(err, fault.ErrNotFound) {
		return Model{Places: usualPlaces()}, nil
	}
	if err != nil {
		return m, err
	}
	if row.Places != "" {
		err = json.Unmarshal([]byte(row.Places), &m)
	}
	if m.File = files.ID(row.File); len(m.Places) == 0 {
		m.Places = usualPlaces()
	}
	return m, err
}

func modelOwner(center access.InstitutionID) files.Owner {
	return files.Owner{Module: useModel, ID: string(center)}
}

// mayModel lets in who signs papers of the center, and who keeps the
// installation running.
func mayModel(ctx context.Context, who access.Actor, center access.InstitutionID) error {
	if center == "" {
		return fault.ErrNotFound
	}
	if err := who.MayAt(ctx, access.SignPapers, center); err != nil {
		return who.MayAt(ctx, access.ManageFiles, center)
	}
	return nil
}

// SetModel writes where the data of diplomas are printed and, with a file that
// was just sent, the official form. Who may: see mayModel.
func (s *Service) SetModel(ctx context.Context, who access.Actor, center access.InstitutionID, m Model, file files.ID) (err error) {
	defer fault.Wrap(&err, "form of diplomas of %s", center)
	if err := mayModel(ctx, who, center); err != nil {
		return err
	}
	for name, at := range m.Places {
		if !(at.X >= 0 && at.X <= 300 && at.Y >= 0 && at.Y <= 300 && at.Width >= 0 && at.Width <= 300 && at.Size >= 0 && at.Size <= 60) {
			return fault.InvalidFields([]fault.Field{{Name: name, Key: "papers.fault.spot"}})
		}
	}
	m.File = ""
	places, err := json.Marshal(m)
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into training_paper_models (center, places, changed_by, changed_at) values (?, ?, ?, ?)
			on conflict (center) do update set places = excluded.places, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
			center, string(places), who.Person, now.Unix())
		if err != nil {
			return err
		}
		if file != "" {
			if err := s.replaceModel(ctx, tx, who, center, file, now); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.model", Object: "institution", ObjectID: string(center), Institution: string(center)}, now)
	})
}

func (s *Service) replaceModel(ctx context.Context, tx *db.Tx, who access.Actor, center access.InstitutionID, file files.ID, now time.Time) error {
	if err := s.Files.Release(ctx, tx, modelOwner(center)); err != nil {
		return err
	}
	if err := s.Files.Claim(ctx, tx, who.By(), useModel, file, modelOwner(center), now); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update training_paper_models set file = ? where center = ?`, file, center)
	return err
}
