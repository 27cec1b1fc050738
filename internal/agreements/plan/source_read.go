package plan

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"kladka/internal/agreements/formula"
	"kladka/internal/directory"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
)

// Datum is one figure of a source: of a municipality, or the whole with Town "",
// in a year. Of a school year it is the September's.
type Datum struct {
	Source string `db:"source"`
	Town   string `db:"town"`
	Year   int    `db:"year"`
	Value  string `db:"value"` // exact decimal
	Note   string `db:"note"`
}

// Trouble is what is wrong with a row of a sheet, for a person to mend.
type Trouble struct {
	Row  int // as the spreadsheet numbers it, 0 for the whole sheet
	Key  string
	Args []any
}

// What a sheet of figures may hold. Fifteen municipalities, their whole and
// twenty years are some three hundred rows.
const (
	mostFigures  = 3000
	mostTroubles = 40
	longestNote  = 300
	firstYear    = 1990
	lastYear     = 2100
)

func figureLimits() sheet.Limits {
	return sheet.Limits{Bytes: 2 << 20, Rows: mostFigures, Columns: 40, Cell: 2000}
}

// The columns of a sheet of figures, by the headings under which offices keep
// them.
func figureColumns() []sheet.Column {
	return []sheet.Column{
		{Name: "town", Titles: []string{"gmina", "jednostka", "nazwa", "kod", "teryt", "municipality", "гміна", "громада"}, Required: true},
		{Name: "year", Titles: []string{"rok", "rok szkolny", "year", "school year", "рік"}, Required: true},
		{Name: "value", Titles: []string{"wartość", "wynik", "odczyt", "liczba", "value", "значення"}, Required: true},
		{Name: "note", Titles: []string{"uwagi", "przypis", "note", "примітка"}},
	}
}

// figureReader reads the rows of a sheet of figures.
type figureReader struct {
	towns    map[string]string // by folded name and by code
	school   bool              // years are school years
	match    sheet.Match
	row      sheet.Row
	bad      bool
	troubles []Trouble
}

// readFigures reads a sheet. All its rows are right, or none counts: half a
// column of figures would look like a whole one. The error is that of the
// columns (see sheet.Table.Match).
func readFigures(t *sheet.Table, members []directory.Municipality, school bool) (list []Datum, troubles []Trouble, err error) {
	m, err := t.Match(figureColumns()...)
	if err != nil {
		return nil, nil, err
	}
	r := figureReader{towns: townNames(members), school: school, match: m}
	type place struct {
		town string
		year int
	}
	rows := map[place]int{}
	for _, row := range t.Rows {
		r.row, r.bad = row, false
		f := Datum{Town: r.town(), Year: r.year(), Value: r.value(), Note: r.note()}
		if r.bad {
			continue
		}
		at := place{f.Town, f.Year}
		if before := rows[at]; before > 0 {
			r.wrong("twice", "other", before)
			continue
		}
		rows[at] = row.N
		list = append(list, f)
	}
	if len(list) == 0 && len(r.troubles) == 0 {
		r.row.N = 0
		r.wrong("nothing")
	}
	if len(r.troubles) > 0 {
		return nil, r.troubles[:min(len(r.troubles), mostTroubles)], nil
	}
	return list, nil, nil
}

// townNames finds a member by what people write for it: its name, with or
// without "gmina" and "miasto", six or seven digits of its code. The whole has
// the names that tables of sums have.
func townNames(members []directory.Municipality) map[string]string {
	names := map[string]string{"razem": "", "ogolem": "", "metropolia": "", "calosc": "", "smk": "", "metropolia krakowska": "", "total": "", "разом": ""}
	for _, m := range members {
		name := i18n.Fold(m.Name)
		for _, before := range []string{"", "gmina ", "miasto ", "gmina miejska ", "miasto i gmina "} {
			names[before+name] = m.ID
		}
		names[m.ID] = m.ID
		if m.TERC != "" {
			names[m.TERC] = m.ID
		}
	}
	return names
}

func (r *figureReader) wrong(key string, args ...any) {
	r.bad = true
	r.troubles = append(r.troubles, Trouble{Row: r.row.N, Key: "plan.sheet." + key, Args: args})
}

func (r *figureReader) cell(name string) string { return sheet.Clean(r.match.Value(r.row, name)) }

func (r *figureReader) town() string {
	v := r.cell("town")
	id, is := r.towns[i18n.Fold(v)]
	if !is {
		r.wrong("town", "value", short(v))
	}
	return id
}

var (
	plainYear  = regexp.MustCompile(`^(\d{4})(?:[.,]0+)?$`)
	schoolYear = regexp.MustCompile(`^(\d{4}) ?[/–-] ?(\d{4}|\d{2})$`)
)

// year reads "2025/2026", "2025/26", "2025"; a pair must follow one another and
// is no calendar year.
func (r *figureReader) year() int {
	v := r.cell("year")
	text, pair := v, ""
	if m := schoolYear.FindStringSubmatch(v); m != nil {
		text, pair = m[1], m[2]
	} else if m := plainYear.FindStringSubmatch(v); m != nil {
		text = m[1]
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || n < firstYear || n > lastYear:
		r.wrong("year", "value", short(v))
	case pair != "" && !r.school:
		r.wrong("calendar", "value", short(v))
	case pair != "" && !strings.HasSuffix(strconv.Itoa(n+1), pair):
		r.wrong("year", "value", short(v))
	}
	return n
}

func (r *figureReader) value() string {
	v := r.cell("value")
	d, _, ok := formula.Decimal(strings.TrimSuffix(v, "%"))
	if !ok {
		r.wrong("value", "value", short(v))
	}
	return d
}

func (r *figureReader) note() string {
	v := r.cell("note")
	if utf8.RuneCountInString(v) > longestNote {
		r.wrong("note", "n", longestNote)
	}
	return v
}

func short(v string) string {
	const most = 40
	if r := []rune(v); len(r) > most {
		return string(r[:most]) + "…"
	}
	return v
}
