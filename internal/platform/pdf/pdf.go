// Package pdf makes papers to be printed: sheets of sign-in cards, lists of
// one-time codes, and plain documents of headings, paragraphs and tables.
//
// A paper is a copy for the hand. Whatever it says stands on a page of HTML as
// well, which is the accessible form; these files carry no tags for screen
// readers. One typeface is embedded, in two weights, with all Latin and
// Cyrillic letters that names in our schools have; what it lacks is replaced by
// the nearest letter or a mark, never by nothing.
//
// The same input gives the same bytes: the time is passed in, and no file
// depends on the machine. Texts are passed in as well, in the reader's language.
package pdf

import (
	"fmt"
	"io"
	"slices"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"kladka/assets"
	"kladka/internal/platform/fault"
)

const (
	family   = "sans"
	maxPages = 500 // a document is built in memory; more is a mistake of the caller

	// A4, in millimeters as everything here.
	pageWidth  = 210.0
	pageHeight = 297.0
	margin     = 18.0
	foot       = 20.0 // below the last line, with the number of the page

	mmPerPoint = 25.4 / 72
	leading    = 1.3 // from line to line, in sizes of the type
)

// Meta is what a file says of itself.
type Meta struct {
	Title  string
	Author string    // who issues it: the installation or the institution
	Lang   string    // "pl", "en" or "uk"
	At     time.Time // when it was made
	// Page is the text at the foot, as "Strona 2 z 5". Without it there is none.
	Page func(n, of int) string
}

// Document is a paper in the making. Make it with New, call the methods in the
// order of reading, and Write it once. Errors wait until Write. A document is
// not safe to use at once.
type Document struct {
	f    *fpdf.Fpdf
	meta Meta
	err  error
}

// New begins a document in A4, upright.
func New(m Meta) *Document {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(m.At.UTC())
	f.SetModificationDate(m.At.UTC())
	f.SetTitle(printable(m.Title), true)
	f.SetAuthor(printable(m.Author), true)
	f.SetCreator("Kładka", true)
	f.SetProducer("Kładka", true)
	f.SetLang(m.Lang)
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(false, 0) // we break pages ourselves, between lines and rows
	f.SetCellMargin(0)
	f.AddUTF8FontFromBytes(family, "", assets.PaperFont(false))
	f.AddUTF8FontFromBytes(family, "B", assets.PaperFont(true))
	return &Document{f: f, meta: m}
}

// Write ends the document and streams it. Nothing is kept of it here.
func (d *Document) Write(w io.Writer) (err error) {
	defer fault.Wrap(&err, "write a PDF")
	if d.f.PageCount() == 0 {
		d.addPage()
	}
	d.numberPages()
	if d.err != nil {
		return d.err
	}
	return d.f.Output(w)
}

// numberPages goes last, because only now the number of pages is known.
func (d *Document) numberPages() {
	if d.meta.Page == nil {
		return
	}
	of := d.f.PageCount()
	for n := 1; n <= of; n++ {
		d.f.SetPage(n)
		d.style(8.5, false, muted)
		text := printable(d.meta.Page(n, of))
		d.at(pageWidth-margin-d.width(text), pageHeight-9, text)
	}
}

// addPage begins a page, or notes that there are too many.
func (d *Document) addPage() {
	if d.f.PageCount() >= maxPages {
		d.fail("more than %d pages", maxPages)
		return
	}
	d.f.AddPage()
	d.f.SetY(margin)
}

// fail notes the first thing that went wrong.
func (d *Document) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

// room makes sure that so much height is left, on this page or a new one.
func (d *Document) room(height float64) {
	if d.f.PageCount() == 0 || d.f.GetY()+height > pageHeight-foot {
		d.addPage()
	}
}

// Heading is a heading of level 1 to 3. It does not stay alone at the foot of a page.
func (d *Document) Heading(level int, text string) {
	size := []float64{20, 14, 11.5}[min(max(level, 1), 3)-1]
	lines := d.wrap(text, size, true, pageWidth-2*margin, 0)
	height := float64(len(lines)) * line(size)
	d.room(height + 20)
	if d.f.GetY() > margin {
		d.Space(size * 0.25)
	}
	d.lines(lines, size, true)
	d.Space(size * 0.12)
}

// Paragraph is running text. It breaks between lines.
func (d *Document) Paragraph(text string) {
	const size = 10.5
	d.lines(d.wrap(text, size, false, pageWidth-2*margin, 0), size, false)
	d.Space(2)
}

// Space leaves so many millimeters empty.
func (d *Document) Space(mm float64) {
	if d.f.PageCount() > 0 {
		d.f.SetY(d.f.GetY() + mm)
	}
}

func (d *Document) lines(lines []string, size float64, bold bool) {
	for _, text := range lines {
		d.room(line(size))
		d.style(size, bold, black)
		d.at(margin, d.f.GetY()+size*mmPerPoint, text)
		d.f.SetY(d.f.GetY() + line(size))
	}
}

// Column is a column of a table: its title, its share of the width (1 where 0
// is given), and whether its cells stand at the right, as numbers do.
type Column struct {
	Title string
	Share float64
	Right bool
}

const (
	cellSize = 9.5
	cellPad  = 1.6
)

// Table draws rows under a header that is repeated on every page. A row stays
// whole; missing cells are empty, those beyond the columns are an error.
func (d *Document) Table(columns []Column, rows [][]string) {
	if len(columns) == 0 {
		d.fail("a table without columns")
		return
	}
	widths := shares(columns)
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.Title
	}
	header := d.tableRow(titles, widths, true)
	d.room(2*rowHeight(header) + 4)
	d.drawRow(columns, widths, header, true)
	for n, cells := range rows {
		if len(cells) > len(columns) {
			d.fail("row %d of a table has %d cells for %d columns", n+1, len(cells), len(columns))
		}
		if d.err != nil {
			return
		}
		row := d.tableRow(cells[:min(len(cells), len(columns))], widths, false)
		before := d.f.PageCount()
		if d.room(rowHeight(row)); d.f.PageCount() != before {
			d.drawRow(columns, widths, header, true)
		}
		d.drawRow(columns, widths, row, false)
	}
	d.Space(4)
}

func shares(columns []Column) []float64 {
	total := 0.0
	widths := make([]float64, len(columns))
	for i, c := range columns {
		if widths[i] = c.Share; c.Share <= 0 {
			widths[i] = 1
		}
		total += widths[i]
	}
	for i := range widths {
		widths[i] *= (pageWidth - 2*margin) / total
	}
	return widths
}

// tableRow breaks the cells into lines, at most forty: a row must fit on a page.
func (d *Document) tableRow(cells []string, widths []float64, bold bool) [][]string {
	row := make([][]string, len(cells))
	for i, cell := range cells {
		row[i] = d.wrap(cell, cellSize, bold, widths[i]-2*cellPad, 40)
	}
	return row
}

func rowHeight(row [][]string) float64 {
	most := 1
	for _, lines := range row {
		most = max(most, len(lines))
	}
	return float64(most)*line(cellSize) + 2*cellPad
}

func (d *Document) drawRow(columns []Column, widths []float64, row [][]string, header bool) {
	x, y, height := margin, d.f.GetY(), rowHeight(row)
	d.style(cellSize, header, black)
	for i, lines := range row {
		for n, text := range lines {
			left := x + cellPad
			if columns[i].Right {
				left = x + widths[i] - cellPad - d.width(text)
			}
			d.at(left, y+cellPad+float64(n)*line(cellSize)+cellSize*mmPerPoint, text)
		}
		x += widths[i]
	}
	weight := 0.15
	if header {
		weight = 0.5
	}
	d.rule(margin, y+height, pageWidth-margin, y+height, weight, grey)
	d.f.SetY(y + height)
}

// color is a shade of grey: papers are printed on what the school has.
type color int

const (
	black color = 0
	muted color = 90
	grey  color = 120
)

func (d *Document) style(size float64, bold bool, c color) {
	style := ""
	if bold {
		style = "B"
	}
	d.f.SetFont(family, style, size)
	d.f.SetTextColor(int(c), int(c), int(c))
}

// at writes a line that printable has seen, with its base line at y.
func (d *Document) at(x, y float64, text string) { d.f.Text(x, y, text) }

func (d *Document) width(text string) float64 { return d.f.GetStringWidth(text) }

func (d *Document) rule(x1, y1, x2, y2, weight float64, c color, dashes ...float64) {
	d.f.SetDrawColor(int(c), int(c), int(c))
	d.f.SetLineWidth(weight)
	d.f.SetDashPattern(slices.Clone(dashes), 0)
	d.f.Line(x1, y1, x2, y2)
	d.f.SetDashPattern(nil, 0)
}

// line is the height of a line of type.
func line(size float64) float64 { return size * mmPerPoint * leading }
