package sheet

import (
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/xuri/excelize/v2"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Format is a form of sheets.
type Format string

// The forms. CSV is what Polish spreadsheets open without asking: UTF-8 with its
// mark, semicolons, line ends of Windows.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// FormatOf reads the name of a format from an address; what is neither is CSV.
func FormatOf(s string) Format {
	if Format(s) == XLSX {
		return XLSX
	}
	return CSV
}

// ContentType is the header of that name.
func (f Format) ContentType() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// File is a name for the download: base with the ending of the format.
func (f Format) File(base string) string { return base + "." + string(f) }

const maxWritten = 1_048_575 // rows of a spreadsheet below its header

// Write writes a sheet row by row. Title names the sheet within a workbook. An
// error that rows yields ends the writing and is returned; what was written by
// then is not a whole sheet, so an answer must be cut off, not ended.
func Write(w io.Writer, f Format, title string, header []string, rows iter.Seq2[[]string, error]) (err error) {
	defer fault.Wrap(&err, "write a sheet")
	if f == XLSX {
		return writeWorkbook(w, title, header, rows)
	}
	return writeText(w, header, rows)
}

func writeText(w io.Writer, header []string, rows iter.Seq2[[]string, error]) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	if err := out.Write(defused(header)); err != nil {
		return err
	}
	for cells, err := range rows {
		if err != nil {
			return err
		}
		if err := out.Write(defused(cells)); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// writeWorkbook keeps at most 16 MB in memory; a larger sheet waits in a
// temporary file until it is written, and the file is removed.
func writeWorkbook(w io.Writer, title string, header []string, rows iter.Seq2[[]string, error]) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	const first = "Sheet1"
	out, err := f.NewStreamWriter(first)
	if err != nil {
		return err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	if err := errors.Join(out.SetColWidth(1, max(len(header), 1), 22),
		out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
		setRow(out, 1, header, excelize.RowOpts{StyleID: bold})); err != nil {
		return err
	}
	n := 1
	for cells, err := range rows {
		if err != nil {
			return err
		}
		if n++; n > maxWritten+1 {
			return errors.New("more rows than a workbook holds")
		}
		if err := setRow(out, n, cells); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if name := sheetName(title); name != "" {
		if err := f.SetSheetName(first, name); err != nil {
			return err
		}
	}
	return f.Write(w)
}

func setRow(out *excelize.StreamWriter, n int, cells []string, opts ...excelize.RowOpts) error {
	values := make([]any, len(cells))
	for i, cell := range defused(cells) {
		values[i] = cell // always as text: a telephone number is no number
	}
	at, err := excelize.CoordinatesToCellName(1, n)
	if err != nil {
		return err
	}
	return out.SetRow(at, values, opts...)
}

func defused(cells []string) []string {
	safe := make([]string, len(cells))
	for i, cell := range cells {
		safe[i] = web.Defuse(cell)
	}
	return safe
}

// sheetName is a title as spreadsheets allow it: at most 31 letters, without
// signs of addresses, without an apostrophe at an end.
func sheetName(title string) string {
	name := []rune{}
	for _, r := range Clean(title) {
		if len(name) < 31 && !strings.ContainsRune(`:\/?*[]'`, r) && r <= 0xffff {
			name = append(name, r)
		}
	}
	return string(name)
}
