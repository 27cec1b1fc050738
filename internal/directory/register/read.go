package register

import (
	"bufio"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Read takes a register file of at most limit bytes.
//
// The error is a *Refusal when the file as a whole cannot be used (not text, neither UTF-8 nor Windows-1250, unknown
// columns, JSON of another kind, cut off, or with no rows: to apply a header alone would close every school), or the
// error of the reader. Everything less is a Problem:
//  1. a row that cannot be read is left out at level error. With its number readable the problem carries the number,
//     and Compare does not take the institution for vanished;
//  2. of rows with one number, equal ones count once (note), differing ones are all left out (error): nothing says
//     which of them is true;
//  3. a value that cannot be right is dropped (Problem.Dropped) and the rest of the row is taken. This holds for the
//     NIP too: a wrong check digit blocks the number, not the school.
func Read(r io.Reader, limit int64) (File, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	isJSON, err := beginsJSON(buffered)
	if err != nil {
		return File{}, err
	}
	if isJSON {
		return readJSON(buffered, limit)
	}
	text, decoded, err := load(buffered, limit)
	if err != nil {
		return File{}, err
	}
	rows := &splitter{text: text, delimiter: delimiterOf(text)}
	header, err := rows.header()
	if err != nil {
		return File{}, err
	}
	shape, err := recognize(header)
	if err != nil {
		return File{}, err
	}
	rd := newReading(shape, header)
	if decoded != "" {
		rd.problem(Problem{Level: Note}, "decoded", "encoding", decoded)
	}
	if err := rd.rows(rows); err != nil {
		return File{}, err
	}
	return rd.finish(), nil
}

// header reads the first row that is not blank.
func (s *splitter) header() ([]string, error) {
	for {
		l, more := s.next()
		switch {
		case !more:
			return nil, refuse("empty")
		case l.broken:
			return nil, refuse("bad_csv", "row", itoa(l.row))
		case !l.blank():
			s.width = len(l.cells)
			return trimEach(l.cells), nil
		}
	}
}

func trimEach(cells []string) []string {
	for i, cell := range cells {
		cells[i], _ = clean(cell)
	}
	return cells
}

// reading gathers a file row by row.
type reading struct {
	layout layout
	width  int
	at     map[string]int
	file   File
	found  []found

	misfits int // rows whose cells do not look like what their columns are called
}

// found is a record with the row it came from.
type found struct {
	record Record
	row    int
}

func newReading(l layout, header []string) *reading {
	rd := &reading{layout: l, width: len(header), file: File{Shape: l.shape}}
	var unknown []string
	rd.at, unknown, rd.file.Absent = l.positions(header)
	for _, name := range unknown {
		rd.problem(Problem{Row: 1, Level: Note}, "unknown_column", "column", name)
	}
	if l.shape == RSPOToday { // the older exports differ among themselves: there nothing is missing
		rd.reportMissing(header)
	}
	return rd
}

// reportMissing says which columns a file has not. Their fields keep what the database holds.
func (rd *reading) reportMissing(header []string) {
	missing, used := rd.layout.missing(header)
	level := Note
	if used {
		level = Warning
	}
	if missing != nil {
		rd.problem(Problem{Row: 1, Level: level}, "missing_columns", "columns", clip(strings.Join(missing, ", "), 1500))
	}
}

func (rd *reading) problem(p Problem, key string, args ...string) {
	p.Key, p.Args = "register.problem."+key, pairs(args)
	rd.file.Problems = append(rd.file.Problems, p)
}

// rows reads all rows. The last one is held to more than the others: when it is short or its quote stays open, the
// file was cut off on its way, and what is missing would look closed.
func (rd *reading) rows(rows *splitter) error {
	var last line
	for {
		l, more := rows.next()
		if !more {
			break
		}
		if l.blank() {
			continue
		}
		last = l
		if rd.file.Rows++; rd.file.Rows > maxRows {
			return refuse("too_many_rows", "limit", itoa(maxRows))
		}
		rd.line(l)
	}
	if rd.file.Rows == 0 {
		return refuse("header_only")
	}
	if last.broken || len(last.cells) < rd.width {
		return refuse("truncated", "row", itoa(last.row))
	}
	if rd.file.Rows >= fewestShifted && rd.misfits*2 > rd.file.Rows {
		return refuse("shifted", "rows", itoa(rd.misfits), "total", itoa(rd.file.Rows))
	}
	return nil
}

const (
	fewestShifted = 4 // rows below which a file is too small to judge
	manyOddities  = 4 // kinds of odd value that make a row a misfit; real rows have one, seldom two
)

// oddities counts the kinds of odd value in a row. Where there are many, the cells must stand under other headers: a
// sheet in which one column was deleted or pasted a place aside has such rows throughout. Taken in, it would file every
// school under another number and close them all.
func oddities(problems []Problem) int {
	kinds := map[string]bool{}
	for _, p := range problems {
		switch strings.TrimPrefix(p.Key, "register.problem.") {
		case "type_unknown", "running_unknown", "municipality_invalid", "municipality_disagrees", "post_code", "nip_invalid",
			"regon_invalid", "email_odd", "website_invalid", "date_invalid", "pupils_invalid", "parent_invalid", "yes_no",
			"point_invalid", "point_abroad":
			kinds[p.Key] = true
		}
	}
	return len(kinds)
}

func (rd *reading) line(l line) {
	c := &cells{row: l.row, values: l.cells, at: rd.at}
	number, _ := c.number("rspo")
	l.cells = l.trimmed(rd.width)
	blame := Problem{Row: l.row, RSPO: number, Level: Error}
	switch {
	case l.broken:
		rd.problem(blame, "row_broken")
	case len(l.cells) != rd.width:
		rd.problem(blame, "row_width", "cells", itoa(len(l.cells)), "expected", itoa(rd.width))
	default:
		rd.take(c)
	}
}

// take makes a record of a row whose cells are in their places. Without number or name it is left out.
func (rd *reading) take(c *cells) {
	number, ok := c.number("rspo")
	blame := Problem{Row: c.row, RSPO: number, Level: Error}
	name, _ := clean(c.raw("official_name"))
	switch {
	case !ok:
		text, _ := clean(c.raw("rspo"))
		rd.problem(blame, "rspo_invalid", "value", clip(text, 40))
		rd.weighNumberless(c)
	case number == 0:
		rd.problem(blame, "rspo_missing")
		rd.weighNumberless(c)
	case name == "":
		rd.problem(blame, "name_missing")
	default:
		c.settle(number)
		rd.found = append(rd.found, found{rd.layout.build(c), c.row})
		rd.file.Problems = append(rd.file.Problems, c.problems...)
		if oddities(c.problems) >= manyOddities {
			rd.misfits++
		}
	}
}

// weighNumberless looks at the other cells of a row that is left out, the number being one oddity.
func (rd *reading) weighNumberless(c *cells) {
	rd.layout.build(c)
	if 1+oddities(c.problems) >= manyOddities {
		rd.misfits++
	}
}

// trimmed drops empty cells beyond the header's width, which spreadsheets add.
func (l line) trimmed(width int) []string {
	cells := l.cells
	for len(cells) > width && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// finish settles what takes the whole file: doubles, families, points.
func (rd *reading) finish() File {
	rows := rd.settleDoubles()
	rd.file.Problems = append(rd.file.Problems, link(rd.file.Records, rows)...)
	rd.file.Problems = append(rd.file.Problems, sharedPoints(rd.file.Records)...)
	slices.SortStableFunc(rd.file.Problems, func(a, b Problem) int { return a.Row - b.Row })
	return rd.file
}

// settleDoubles moves what was found into the file, each number once.
func (rd *reading) settleDoubles() (rows map[int]int) {
	same := make(map[int][]int, len(rd.found))
	for i, f := range rd.found {
		same[f.record.RSPO] = append(same[f.record.RSPO], i)
	}
	rows = make(map[int]int, len(same))
	for i, f := range rd.found {
		group := same[f.record.RSPO]
		if rd.differ(group) {
			rd.problem(Problem{Row: f.row, RSPO: f.record.RSPO, Level: Error}, "double_differs", "rows", rd.rowsOf(group))
			continue
		}
		if group[0] != i {
			rd.problem(Problem{Row: f.row, RSPO: f.record.RSPO, Level: Note}, "double_same", "rows", rd.rowsOf(group))
			continue
		}
		rows[f.record.RSPO] = f.row
		rd.file.Records = append(rd.file.Records, f.record)
	}
	return rows
}

func (rd *reading) differ(group []int) bool {
	for _, i := range group[1:] {
		if !reflect.DeepEqual(rd.found[group[0]].record, rd.found[i].record) {
			return true
		}
	}
	return false
}

func (rd *reading) rowsOf(group []int) string {
	rows := make([]int, 0, len(group))
	for _, i := range group[:min(len(group), 20)] { // a message, not an archive
		rows = append(rows, rd.found[i].row)
	}
	return numbers(rows)
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
