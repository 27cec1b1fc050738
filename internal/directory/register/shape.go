package register

import (
	"slices"
	"strconv"
	"strings"
)

// Shape is a way in which register files are laid out. It is recognized from the header.
type Shape string

const (
	// RSPO2020 is the register's own CSV export: the 35 and 36 columns of 2020 and, since columns go by name, the
	// longer ones that followed.
	RSPO2020 Shape = "rspo-2020"
	// RSPOToday is the export of today with its 50 columns or more, which states much that the older one did not:
	// sports grounds, languages, specialists, the running body's numbers.
	RSPOToday Shape = "rspo-today"
	// RSPOAPI is JSON as the register's API (v1.2.0) answers: a page, or pages one after the other (see json.go).
	RSPOAPI Shape = "rspo-api"
	// SMK2022 is the register of March 2022 reshaped to OpenStreetMap tags: points, but no telephone, NIP or type.
	SMK2022 Shape = "smk-2022"
)

// column ties a header to a field of ours. A column with an empty field is known and not used.
type column struct {
	header, field string
	required      bool
}

// layout is what a Shape means: its columns, what it states, and how a row becomes a record.
type layout struct {
	shape   Shape
	sign    string   // the header that gives the shape away; "" where there is no header
	marks   []string // of which two must be there as well, unless there are none
	columns []column
	states  []string
	build   func(*cells) Record
}

func layouts() []layout {
	return []layout{
		{shape: RSPOToday, sign: "numer rspo", marks: marksToday, columns: columnsToday, states: statesToday,
			build: recordToday},
		{shape: RSPO2020, sign: "numer rspo", columns: columns2020, states: states2020, build: record2020},
		{shape: SMK2022, sign: "rspo", columns: columns2022, states: states2022, build: record2022},
		{shape: RSPOAPI, states: statesAPI, build: recordAPI},
	}
}

// States reports whether files of this shape say anything about a field. What a file does not state never blanks
// what the database holds: a source without telephones must not erase telephones. A derived value (the type in the
// 2022 file) is not stated: it fills a gap but overrules nothing.
func (s Shape) States(field string) bool {
	for _, l := range layouts() {
		if l.shape == s {
			return slices.Contains(l.states, field)
		}
	}
	return false
}

// recognize finds the layout of a header, or says what is wrong with it.
func recognize(header []string) (layout, error) {
	names := headerNames(header)
	for _, l := range layouts() {
		if l.sign != "" && slices.Contains(names, l.sign) && l.marked(names) {
			return l, l.check(names)
		}
	}
	for _, l := range layouts() {
		if l.marked(names) && l.shared(names) >= 5 { // it is this shape, only the number itself was lost
			return layout{}, refuse("missing_column", "columns", "RSPO", "shape", string(l.shape))
		}
	}
	return layout{}, refuse("unknown_columns", "columns", clip(strings.Join(header, ", "), 120))
}

// marked reports whether a header has two of the marks.
func (l layout) marked(names []string) bool {
	n := 0
	for _, mark := range l.marks {
		if slices.Contains(names, headerName(mark)) {
			n++
		}
	}
	return n >= min(2, len(l.marks))
}

func (l layout) check(names []string) error {
	var missing []string
	for _, c := range l.columns {
		name := headerName(c.header)
		at := slices.Index(names, name)
		if at < 0 && c.required {
			missing = append(missing, c.header)
		}
		// With two columns of one name there is no telling which holds the truth.
		if at >= 0 && c.field != "" && slices.Contains(names[at+1:], name) {
			return refuse("double_column", "column", c.header)
		}
	}
	if missing != nil {
		return refuse("missing_column", "columns", strings.Join(missing, ", "), "shape", string(l.shape))
	}
	return nil
}

// shared counts the columns a header has in common with this layout.
func (l layout) shared(names []string) int {
	n := 0
	for _, c := range l.columns {
		if slices.Contains(names, headerName(c.header)) {
			n++
		}
	}
	return n
}

// positions maps our fields to places in the row, and lists the headers nobody knows and the fields without column.
func (l layout) positions(header []string) (at map[string]int, unknown, absent []string) {
	names := headerNames(header)
	at = map[string]int{}
	for i, name := range names {
		c, known := l.column(name)
		switch {
		case !known && name != "":
			unknown = append(unknown, clip(header[i], 60))
		case known && c.field != "":
			at[c.field] = i
		}
	}
	for _, c := range l.columns {
		_, present := at[c.field]
		if !present && slices.Contains(l.states, c.field) {
			absent = append(absent, c.field)
		}
		if !present && c.field == "family" { // one column, two fields
			absent = append(absent, "parent", "children")
		}
	}
	if slices.Contains(l.states, "specialists") && !allOf(at, specialists) { // three columns, one field
		absent = append(absent, "specialists")
	}
	return at, unknown, absent
}

// missing lists the headers of this layout that a file has not; used says that one of them holds a field of ours.
func (l layout) missing(header []string) (headers []string, used bool) {
	names := headerNames(header)
	for _, c := range l.columns {
		if !slices.Contains(names, headerName(c.header)) {
			headers = append(headers, c.header)
			used = used || c.field != ""
		}
	}
	return headers, used
}

func allOf(at map[string]int, fields []string) bool {
	for _, field := range fields {
		if _, present := at[field]; !present {
			return false
		}
	}
	return true
}

func (l layout) column(name string) (column, bool) {
	for _, c := range l.columns {
		if headerName(c.header) == name {
			return c, true
		}
	}
	return column{}, false
}

func headerNames(header []string) []string {
	names := make([]string, len(header))
	for i, cell := range header {
		names[i] = headerName(cell)
	}
	return names
}

// headerName is a header without capitals and Polish tails: one export writes "miejscowosc", the next "miejscowość".
func headerName(header string) string {
	return polishTails.Replace(strings.ToLower(strings.TrimSpace(header)))
}

var polishTails = strings.NewReplacer("ą", "a", "ć", "c", "ę", "e", "ł", "l", "ń", "n", "ó", "o", "ś", "s", "ź", "z", "ż", "z")

// clip shortens text for a message.
func clip(text string, runes int) string {
	short := []rune(text)
	if len(short) <= runes {
		return text
	}
	return string(short[:runes-1]) + "…"
}

func refuse(key string, args ...string) *Refusal {
	return &Refusal{Key: "register.refused." + key, Args: pairs(args)}
}

// pairs makes message arguments of name, value, name, value.
func pairs(list []string) map[string]string {
	if len(list) == 0 {
		return nil
	}
	args := make(map[string]string, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		args[list[i]] = list[i+1]
	}
	return args
}

func itoa(n int) string { return strconv.Itoa(n) }
