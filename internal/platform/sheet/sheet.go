// Package sheet reads the sheets that people bring and writes those they take
// away: XLSX, and text with columns (CSV and its kin).
//
// A sheet is foreign input. It is read whole into bounded memory or not at all:
// the file, what it unpacks to, its rows, columns, cells and the sum of its text
// all have limits. A formula counts as the value that was saved with it and is
// never worked out; macros, links and pictures are not looked at. Whatever is
// wrong is a fault that names the row, by the number that the spreadsheet shows,
// and the column, by its letter.
//
// What is written is made harmless first: text that a spreadsheet would take for
// a formula gets an apostrophe in front, and loses it when it is read back.
package sheet

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Messages are the texts of this package: what is wrong with a sheet.
//
//go:embed messages
var Messages embed.FS

// Limits bound what is read. A zero field stands for that of Usual.
type Limits struct {
	Bytes   int64 // of the file
	Rows    int   // below the header, blank ones not counted
	Columns int
	Cell    int // characters
}

// Usual are the limits for lists of people: the staff of the largest school is
// some three hundred rows.
func Usual() Limits { return Limits{Bytes: 8 << 20, Rows: 20_000, Columns: 60, Cell: 1000} }

// maxText bounds the sum of all cells, in bytes: one text that a workbook keeps
// once may stand in a million cells.
const maxText = 32 << 20

// maxBlank bounds a row with its blank cells: three bytes of a file that say "a
// blank in the last column" make sixteen thousand cells, in every row anew.
const maxBlank = 1000

func (l Limits) filled() Limits {
	usual := Usual()
	if l.Bytes <= 0 {
		l.Bytes = usual.Bytes
	}
	if l.Rows <= 0 {
		l.Rows = usual.Rows
	}
	if l.Columns <= 0 {
		l.Columns = usual.Columns
	}
	if l.Cell <= 0 {
		l.Cell = usual.Cell
	}
	return l
}

// Table is a sheet that was read: the first row that is not blank, and those
// below it. All rows have as many cells as the header.
type Table struct {
	Format Format
	Sheet  string // name of the sheet within a workbook, the first that is not empty
	Header []string
	Rows   []Row
}

// Row is one row, with its number as the spreadsheet shows it.
type Row struct {
	N     int
	Cells []string
}

// Read reads a sheet of either format, told apart by content; the name of the
// file does not matter. The error is that of the reader, or a fault: TooLarge
// for more bytes than the limit (unpacked ones, too), Invalid for everything
// else that people can mend.
func Read(r io.Reader, l Limits) (*Table, error) {
	l = l.filled()
	data, err := io.ReadAll(io.LimitReader(r, l.Bytes+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > l.Bytes {
		return nil, tooLarge(l.Bytes)
	}
	c := &collector{limits: l}
	switch {
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return nil, oldOrEncrypted(data)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06")):
		c.table.Format = XLSX
		err = readWorkbook(data, c)
	default:
		c.table.Format = CSV
		err = readText(data, c)
	}
	if err != nil {
		return nil, err
	}
	if c.table.Header == nil {
		return nil, invalid("empty")
	}
	return &c.table, nil
}

func invalid(key string, args ...any) error {
	return fault.New(fault.Invalid, "sheet.fault."+key, args...)
}

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "sheet.fault.too_large", "n", (limit+1<<20-1)>>20)
}

// oldOrEncrypted tells what a file of the old compound format is. An encrypted
// workbook is a part of that name, in UTF-16, inside such a file.
func oldOrEncrypted(data []byte) error {
	if bytes.Contains(data, []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")) {
		return invalid("encrypted")
	}
	return invalid("old_format")
}

// collector takes rows, cleans them and keeps the limits.
type collector struct {
	limits Limits
	table  Table
	text   int
}

// add takes one row. The first that is not blank is the header.
func (c *collector) add(n int, cells []string) error {
	cells, err := c.clean(n, cells)
	if err != nil || len(cells) == 0 {
		return err
	}
	if c.table.Header == nil {
		c.table.Header = cells
		return nil
	}
	width := len(c.table.Header)
	if len(cells) > width {
		return invalid("no_heading", "row", n, "column", Letters(width+1))
	}
	if len(c.table.Rows) >= c.limits.Rows {
		return invalid("too_many_rows", "n", c.limits.Rows)
	}
	for len(cells) < width {
		cells = append(cells, "")
	}
	c.table.Rows = append(c.table.Rows, Row{n, cells})
	return nil
}

// clean makes plain text of the cells and cuts the empty ones at the end.
func (c *collector) clean(n int, raw []string) ([]string, error) {
	last := len(raw)
	for last > 0 && strings.TrimSpace(raw[last-1]) == "" {
		last--
	}
	if last > c.limits.Columns || len(raw) > max(maxBlank, c.limits.Columns) {
		return nil, invalid("too_many_columns", "row", n, "n", c.limits.Columns)
	}
	cells := make([]string, last)
	for i, cell := range raw[:last] {
		if len(cell) > 8*c.limits.Cell {
			return nil, invalid("long_cell", "row", n, "column", Letters(i+1), "n", c.limits.Cell)
		}
		cells[i] = Clean(cell)
		if utf8.RuneCountInString(cells[i]) > c.limits.Cell {
			return nil, invalid("long_cell", "row", n, "column", Letters(i+1), "n", c.limits.Cell)
		}
		c.text += len(cells[i])
	}
	if c.text > maxText {
		return nil, tooLarge(maxText)
	}
	for last > 0 && cells[last-1] == "" {
		last--
	}
	return cells[:last], nil
}

// Letters is the name of a column in spreadsheets, from 1: A, B … Z, AA.
func Letters(column int) string {
	name := ""
	for ; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

// Column is one that the reader of a sheet looks for.
type Column struct {
	Name     string   // by which Match.Value gives it
	Titles   []string // by which people head it; large letters, marks and signs do not matter
	Required bool
}

// Match tells where the wanted columns stand in a table.
type Match struct {
	at      map[string]int
	Unknown []string // headings that no column claims, for a note to the reader
}

// Match finds the columns by their headings. The fault, of kind Invalid, names
// the required columns that are missing, by their first title, or the heading
// that stands twice, for there is no telling which holds the truth.
func (t *Table) Match(columns ...Column) (Match, error) {
	m := Match{at: map[string]int{}}
	for i, heading := range t.Header {
		column := claim(heading, columns)
		if column == nil {
			if heading != "" {
				m.Unknown = append(m.Unknown, heading)
			}
			continue
		}
		if _, twice := m.at[column.Name]; twice {
			return Match{}, invalid("double_column", "name", heading, "column", Letters(i+1))
		}
		m.at[column.Name] = i
	}
	var missing []string
	for _, c := range columns {
		if _, ok := m.at[c.Name]; !ok && c.Required {
			missing = append(missing, c.Titles[0])
		}
	}
	if missing != nil {
		return Match{}, invalid("missing_columns", "names", strings.Join(missing, ", "))
	}
	return m, nil
}

func claim(heading string, columns []Column) *Column {
	folded := i18n.Fold(heading)
	for i, c := range columns {
		for _, title := range c.Titles {
			if folded != "" && i18n.Fold(title) == folded {
				return &columns[i]
			}
		}
	}
	return nil
}

// Value is the cell of a column, empty when the sheet has no such column.
func (m Match) Value(r Row, name string) string {
	at, ok := m.at[name]
	if !ok || at >= len(r.Cells) {
		return ""
	}
	return r.Cells[at]
}

// Has tells whether the sheet has the column.
func (m Match) Has(name string) bool { _, ok := m.at[name]; return ok }

// Where is the letter of the column, for a message about a cell.
func (m Match) Where(name string) string {
	if at, ok := m.at[name]; ok {
		return Letters(at + 1)
	}
	return fmt.Sprintf("(%s)", name)
}
