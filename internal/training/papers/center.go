package papers

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/training"
)

// Center is how a center signs its papers.
type Center struct {
	Center        access.InstitutionID `db:"center"`
	Heading       string               `db:"heading"` // line above the name
	FullName      string               `db:"full_name"`
	Accreditation string               `db:"accreditation"`
	Place         string               `db:"place"`
	Signs         string               `db:"signs"`
	Codes         map[Kind]string      `db:"-"` // middle part of the numbers
}

// codeShape: what stands in addresses and in old registers alike.
var codeShape = regexp.MustCompile(`^[A-Z0-9]{1,12}$`)

// centerByID reads the settings; ErrNotFound when there are none yet.
func centerByID(ctx context.Context, r db.Reader, id access.InstitutionID) (c Center, err error) {
	if err := r.Get(ctx, &c, `select center, heading, full_name, accreditation, place, signs from training_paper_centers where center = ?`, id); err != nil {
		return c, err
	}
	var rows []struct {
		Kind Kind   `db:"kind"`
		Code string `db:"code"`
	}
	c.Codes = map[Kind]string{}
	err = r.Select(ctx, &rows, `select kind, code from training_paper_series where center = ? and current = ?`, id, true)
	for _, row := range rows {
		c.Codes[row.Kind] = row.Code
	}
	return c, err
}

func (c Center) check() error {
	var faults []fault.Field
	required := func(name, value string, most int, must bool) {
		switch n := utf8.RuneCountInString(value); {
		case must && n == 0:
			faults = append(faults, fault.Field{Name: name, Key: "papers.fault.required"})
		case n > most:
			faults = append(faults, fault.Field{Name: name, Key: "papers.fault.long", Args: []any{"n", most}})
		}
	}
	required("nazwa", c.FullName, 200, true)
	required("naglowek", c.Heading, 200, false)
	required("akredytacja", c.Accreditation, 400, false)
	required("miejscowosc", c.Place, 80, true)
	required("podpisuje", c.Signs, 120, true)
	for kind, field := range map[Kind]string{training.Certificate: "kod", training.Diploma: "kod-swiadectw"} {
		if !codeShape.MatchString(c.Codes[kind]) {
			faults = append(faults, fault.Field{Name: field, Key: "papers.fault.code"})
		}
	}
	if len(faults) == 0 && c.Codes[training.Certificate] == c.Codes[training.Diploma] {
		faults = append(faults, fault.Field{Name: "kod-swiadectw", Key: "papers.fault.codes_alike"})
	}
	return fault.InvalidFields(faults)
}

// SetCenter writes the settings of a center, for who issues papers there. A code
// that another center or the other kind of paper ever had is Invalid: no number
// is given twice. A center's first settings make its first signing key.
func (s *Service) SetCenter(ctx context.Context, who access.Actor, c Center) (err error) {
	defer fault.Wrap(&err, "paper settings of %s", c.Center)
	if err := mayAt(ctx, who, access.IssuePapers, c.Center); err != nil {
		return err
	}
	for kind, code := range c.Codes {
		c.Codes[kind] = strings.ToUpper(strings.TrimSpace(code))
	}
	if err := c.check(); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into training_paper_centers (center, heading, full_name, accreditation, place, signs, changed_by, changed_at)
			values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (center) do update set heading = excluded.heading, full_name = excluded.full_name,
			accreditation = excluded.accreditation, place = excluded.place, signs = excluded.signs, changed_by = excluded.changed_by,
			changed_at = excluded.changed_at`, c.Center, c.Heading, c.FullName, c.Accreditation, c.Place, c.Signs, who.Person, now.Unix())
		if err != nil {
			return err
		}
		for _, kind := range Kinds() {
			if err := setSeries(ctx, tx, c.Center, kind, c.Codes[kind], now); err != nil {
				return err
			}
		}
		if err := s.firstKey(ctx, tx, who, c.Center, now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.settings", Object: "institution", ObjectID: string(c.Center),
			Institution: string(c.Center), Details: map[string]string{"codes": c.Codes[training.Certificate] + ", " + c.Codes[training.Diploma]}}, now)
	})
}

// setSeries makes a code the one of the center's papers of a kind from now on.
func setSeries(ctx context.Context, tx *db.Tx, center access.InstitutionID, kind Kind, code string, now time.Time) error {
	if _, err := tx.Exec(ctx, `update training_paper_series set current = ? where center = ? and kind = ? and code <> ?`, false, center, kind, code); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `insert into training_paper_series (code, center, kind, since, current) values (?, ?, ?, ?, ?)
		on conflict (code) do update set current = excluded.current where training_paper_series.center = excluded.center
		and training_paper_series.kind = excluded.kind`, code, center, kind, now.Unix(), true)
	if err != nil {
		return err
	}
	var n int
	err = tx.Get(ctx, &n, `select count(*) from training_paper_series where code = ? and center = ? and kind = ?`, code, center, kind)
	if err == nil && n == 0 {
		field := "kod"
		if kind == training.Diploma {
			field = "kod-swiadectw"
		}
		return fault.InvalidFields([]fault.Field{{Name: field, Key: "papers.fault.code_taken"}})
	}
	if err != nil {
		return err
	}
	return adopt(ctx, tx, center, kind, code)
}

// settingsOf are those of a center, empty when there are none.
func (s *Service) settingsOf(ctx context.Context, center access.InstitutionID) (Center, error) {
	c, err := centerByID(ctx, s.db, center)
	if errors.Is(err, fault.ErrNotFound) {
		return Center{Center: center, Codes: map[Kind]string{}}, nil
	}
	return c, err
}
