package directory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/directory/geometry"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// maxBoundaries is the longest file of boundaries that is read.
const maxBoundaries = 32 << 20

// BoundaryReport tells what a file of boundaries holds and what became of it.
type BoundaryReport struct {
	Municipalities int                `json:"municipalities"` // whose boundary was found
	Districts      int                `json:"districts"`
	Skipped        []string           `json:"skipped,omitempty"` // names or codes of what the directory does not know
	Problems       []geometry.Problem `json:"problems,omitempty"`
	Placed         int                `json:"placed"` // institutions whose district or doubt changed
	Applied        bool               `json:"applied"`
}

// ImportBoundaries reads a GeoJSON file of municipalities or of Kraków's
// districts and, with apply, keeps the boundaries and places every institution
// anew. What the directory does not know is skipped and named, never created.
// Who asks must hold ImportGeography. A file that cannot be used is a fault of
// kind Invalid at the field "plik".
func (s *Service) ImportBoundaries(ctx context.Context, who access.Actor, r io.Reader, apply bool) (report BoundaryReport, err error) {
	defer fault.Wrap(&err, "import boundaries")
	if err := who.Must(access.ImportGeography); err != nil {
		return report, err
	}
	boundaries, problems, err := geometry.ReadBoundaries(r, maxBoundaries)
	if err != nil {
		return report, refusedBoundaries(err)
	}
	report.Problems = problems
	known, err := readNamed(ctx, s.db)
	if err != nil {
		return report, err
	}
	found, err := known.match(boundaries)
	if err != nil {
		return report, err
	}
	report.Municipalities, report.Districts, report.Skipped = len(found.municipalities), len(found.districts), found.skipped
	if !apply || len(found.municipalities)+len(found.districts) == 0 {
		return report, nil
	}
	source := localDay(s.now())
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := found.write(ctx, tx, source); err != nil {
			return err
		}
		report.Placed, err = replace(ctx, tx)
		return err
	})
	report.Applied = err == nil
	return report, err
}

func refusedBoundaries(err error) error {
	var refusal *geometry.Refusal
	if errors.As(err, &refusal) {
		return refusedFile(refusal.Key, refusal.Args)
	}
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return fault.New(fault.TooLarge, "import.refused.too_large", "limit", maxBoundaries>>20)
	}
	return err
}

// named are the places that boundaries can belong to.
type named struct {
	municipalities []Municipality
	districts      []District
}

func readNamed(ctx context.Context, r db.Reader) (n named, err error) {
	if n.municipalities, err = Municipalities(ctx, r); err != nil {
		return n, err
	}
	err = r.Select(ctx, &n.districts, `select municipality, number, name from directory_districts
		where municipality = ? order by number`, krakow)
	return n, err
}

// matched are boundaries by the place they belong to, as they will be kept.
type matched struct {
	municipalities map[string]string
	districts      map[int]string
	skipped        []string
}

// match finds the place of each boundary. The first of two for one place counts.
func (n named) match(boundaries []geometry.Boundary) (matched, error) {
	m := matched{municipalities: map[string]string{}, districts: map[int]string{}}
	for _, b := range boundaries {
		text, err := outlineText(b.Polygons)
		if err != nil {
			return m, err
		}
		if id := n.municipality(b); id != "" && m.municipalities[id] == "" {
			m.municipalities[id] = text
		} else if number := n.district(b); id == "" && number != 0 && m.districts[number] == "" {
			m.districts[number] = text
		} else {
			m.skipped = append(m.skipped, label(b))
		}
	}
	return m, nil
}

func label(b geometry.Boundary) string {
	return strings.TrimSpace(b.Name + " " + b.Code)
}

// municipality is known by its code, or by a name that occurs once. A numbered
// boundary is a district and no municipality of the same name; Kraków's
// delegatury have codes of their own and are parts of it.
func (n named) municipality(b geometry.Boundary) string {
	if b.Code != "" {
		key, delegatura := register.MunicipalityKey(b.Code)
		if delegatura == "" && slices.ContainsFunc(n.municipalities, func(m Municipality) bool { return m.ID == key }) {
			return key
		}
		return ""
	}
	if b.Number != 0 {
		return ""
	}
	var ids []string
	for _, m := range n.municipalities {
		if i18n.Fold(m.Name) == i18n.Fold(b.Name) {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) != 1 {
		return ""
	}
	return ids[0]
}

// district is known by its name, or by its number when the first word of the
// name agrees: files misspell names, but the districts of another city, which
// are numbered too, must not take the place of ours.
func (n named) district(b geometry.Boundary) int {
	if b.Code != "" {
		return 0
	}
	name := i18n.Fold(b.Name)
	for _, d := range n.districts {
		if i18n.Fold(d.Name) == name {
			return d.Number
		}
	}
	first, _, _ := strings.Cut(name, " ")
	for _, d := range n.districts {
		begins, _, _ := strings.Cut(i18n.Fold(d.Name), " ")
		if d.Number == b.Number && begins == first {
			return d.Number
		}
	}
	return 0
}

func (m matched) write(ctx context.Context, tx *db.Tx, source string) error {
	if err := db.Raise(ctx, tx, versionName); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(m.municipalities)) {
		_, err := tx.Exec(ctx, `update directory_municipalities set boundary = ?, boundary_source = ? where id = ?`,
			m.municipalities[id], source, id)
		if err != nil {
			return err
		}
	}
	for _, number := range slices.Sorted(maps.Keys(m.districts)) {
		_, err := tx.Exec(ctx, `update directory_districts set boundary = ? where municipality = ? and number = ?`,
			m.districts[number], krakow, number)
		if err != nil {
			return err
		}
	}
	return nil
}

// replace places all institutions anew and tells for how many that changed
// something. Few outcomes are shared by many rows, so each outcome is one
// statement for hundreds of them.
func replace(ctx context.Context, tx *db.Tx) (placed int, err error) {
	defer fault.Wrap(&err, "place all institutions")
	p, err := readPlaces(ctx, tx, nil)
	if err != nil {
		return 0, err
	}
	moves, err := movedBy(ctx, tx, p)
	if err != nil {
		return 0, err
	}
	for _, to := range slices.SortedFunc(maps.Keys(moves), func(a, b outcome) int { return strings.Compare(a.String(), b.String()) }) {
		ids := moves[to]
		placed += len(ids)
		for some := range slices.Chunk(ids, db.MaxParams-2) {
			args := append([]any{to.value(), to.doubt}, some...)
			_, err := tx.Exec(ctx, `update directory_institutions set district = ?, point_doubt = ? where id in `+
				db.Marks(1, len(some)), args...)
			if err != nil {
				return 0, err
			}
		}
	}
	return placed, nil
}

// outcome is where an institution was placed.
type outcome struct {
	district int // 0 for none
	doubt    string
}

func (o outcome) String() string { return fmt.Sprintf("%03d %s", o.district, o.doubt) }

func (o outcome) value() any {
	if o.district == 0 {
		return nil
	}
	return o.district
}

func movedBy(ctx context.Context, r db.Reader, p places) (map[outcome][]any, error) {
	moves := map[outcome][]any{}
	err := r.Each(ctx, func(scan func(dest ...any) error) error {
		var i Institution
		if err := scan(&i.ID, &i.Municipality, &i.Lat, &i.Lon, &i.District, &i.PointDoubt); err != nil {
			return err
		}
		before := placedAt(i)
		p.place(&i)
		if after := placedAt(i); after != before {
			moves[after] = append(moves[after], i.ID)
		}
		return nil
	}, `select id, municipality, lat, lon, district, point_doubt from directory_institutions order by id`)
	return moves, err
}

func placedAt(i Institution) outcome {
	o := outcome{doubt: i.PointDoubt}
	if i.District != nil {
		o.district = *i.District
	}
	return o
}
