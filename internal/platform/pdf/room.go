package pdf

import (
	"errors"
	"fmt"
	"io"
	"time"

	"kladka/internal/platform/fault"
)

// The papers of a room: a list to sign, badges to wear, a sign for the door.

// Guest is a person on the papers of a room.
type Guest struct {
	Name string
	From string // institution
}

// RoomTexts are the words of such papers in the reader's language.
type RoomTexts struct {
	Title  string // of the event
	Lang   string
	Author string
	Lead   []string // lines below the title: when, where, who leads
	Page   func(n, of int) string

	List        string // heading of the list
	Number      string // "Lp."
	Name        string // headings of the columns
	From        string
	Columns     []string // one box to sign for each: the meetings
	Empty       int      // rows left for people who are not on the list
	Organizer   string   // at the foot of a badge
	Hour, Place string   // of the sign on a door, large
}

const (
	mostGuests  = 2000
	boxesOnPage = 4
	boxHeight   = 11.0
)

var errGuests = fmt.Errorf("a paper holds 1 to %d people", mostGuests)

// Attendance writes a list to be signed: a row for each person, a box for each
// meeting, four meetings on a page. Without people there are only empty rows.
func Attendance(w io.Writer, at time.Time, t RoomTexts, people []Guest) (err error) {
	defer fault.Wrap(&err, "print a list of %d people", len(people))
	if len(people) > mostGuests || len(people)+t.Empty == 0 {
		return errGuests
	}
	if len(t.Columns) == 0 {
		return errors.New("a list to sign needs a column")
	}
	d := New(Meta{Title: t.Title, Author: t.Author, Lang: t.Lang, At: at, Page: t.Page})
	for first := 0; first < len(t.Columns); first += boxesOnPage {
		d.addPage()
		d.Heading(2, t.List+": "+t.Title)
		for _, line := range t.Lead {
			d.Paragraph(line)
		}
		d.boxes(t, t.Columns[first:min(len(t.Columns), first+boxesOnPage)], people)
	}
	return d.Write(w)
}

// boxes draws the rows under a header that is repeated on every page.
func (d *Document) boxes(t RoomTexts, columns []string, people []Guest) {
	const number, sign = 9.0, 27.0
	rest := pageWidth - 2*margin - number - sign*float64(len(columns))
	widths := []float64{number, rest * 0.55, rest * 0.45}
	titles := []string{t.Number, t.Name, t.From}
	for _, c := range columns {
		widths, titles = append(widths, sign), append(titles, c)
	}
	header := func() { d.boxRow(titles, widths, true) }
	d.room(40)
	header()
	for n := range len(people) + t.Empty {
		if d.err != nil {
			return
		}
		cells := []string{fmt.Sprint(n+1) + ".", "", ""}
		if n < len(people) {
			cells[1], cells[2] = people[n].Name, people[n].From
		}
		before := d.f.PageCount()
		if d.room(boxHeight); d.f.PageCount() != before {
			header()
		}
		d.boxRow(cells, widths, false)
	}
}

// boxRow draws one row with lines between its cells; what does not fit in three
// lines of a cell is cut.
func (d *Document) boxRow(cells []string, widths []float64, header bool) {
	const size = 8.5
	x, y := margin, d.f.GetY()
	for i, width := range widths {
		if i < len(cells) {
			for n, text := range d.wrap(cells[i], size, header, width-2*cellPad, 3) {
				d.style(size, header, black)
				d.at(x+cellPad, y+1+float64(n)*line(size)*0.82+size*mmPerPoint, text)
			}
		}
		d.f.SetDrawColor(int(grey), int(grey), int(grey))
		d.f.SetLineWidth(0.2)
		d.f.Rect(x, y, width, boxHeight, "D")
		x += width
	}
	d.f.SetY(y + boxHeight)
}

// Badges writes badges to be cut out, eight on a page, 85 by 62 millimeters.
func Badges(w io.Writer, at time.Time, t RoomTexts, people []Guest) (err error) {
	defer fault.Wrap(&err, "print %d badges", len(people))
	if len(people) == 0 || len(people) > mostGuests {
		return errGuests
	}
	d := New(Meta{Title: t.Title, Author: t.Author, Lang: t.Lang, At: at})
	const width, height, columns, rows = 85.0, 62.0, 2, 4
	left, top := (pageWidth-columns*width)/2, (pageHeight-rows*height)/2
	for n, p := range people {
		at := n % (columns * rows)
		if at == 0 {
			d.addPage()
		}
		d.badge(t, p, left+float64(at%columns)*width, top+float64(at/columns)*height, width, height)
	}
	return d.Write(w)
}

func (d *Document) badge(t RoomTexts, p Guest, x, y, width, height float64) {
	const pad = 5.0
	d.f.SetDrawColor(int(grey), int(grey), int(grey))
	d.f.SetLineWidth(0.15)
	d.f.Rect(x, y, width, height, "D")
	bottom := y + pad
	for _, part := range []struct {
		text  string
		size  float64
		bold  bool
		lines int
	}{{t.Title, 9, false, 2}, {p.Name, 19, true, 2}, {p.From, 10.5, false, 3}} {
		lines := d.wrap(part.text, part.size, part.bold, width-2*pad, part.lines)
		bottom = d.centered(lines, part.size, part.bold, x, bottom, width) + 2.5
	}
	d.centered(d.wrap(t.Organizer, 8, false, width-2*pad, 1), 8, false, x, y+height-pad-line(8), width)
}

// centered writes lines in the middle of a width and tells where they end.
func (d *Document) centered(lines []string, size float64, bold bool, x, y, width float64) float64 {
	for _, text := range lines {
		d.style(size, bold, black)
		d.at(x+(width-d.width(text))/2, y+size*mmPerPoint, text)
		y += line(size)
	}
	return y
}

// Sign writes a sheet for a door: what, when and where, to be read from afar.
func Sign(w io.Writer, at time.Time, t RoomTexts) (err error) {
	defer fault.Wrap(&err, "print a sign for a door")
	d := New(Meta{Title: t.Title, Author: t.Author, Lang: t.Lang, At: at})
	d.addPage()
	y := 55.0
	for _, part := range []struct {
		text  string
		size  float64
		bold  bool
		lines int
	}{{t.Title, 44, true, 6}, {t.Hour, 32, true, 3}, {t.Place, 32, false, 3}} {
		if part.text == "" {
			continue
		}
		lines := d.wrap(part.text, part.size, part.bold, pageWidth-2*margin, part.lines)
		y = d.centered(lines, part.size, part.bold, margin, y, pageWidth-2*margin) + 14
	}
	for _, text := range t.Lead {
		y = d.centered(d.wrap(text, 14, false, pageWidth-2*margin, 2), 14, false, margin, y, pageWidth-2*margin)
	}
	d.centered(d.wrap(t.Organizer, 14, false, pageWidth-2*margin, 1), 14, false, margin, pageHeight-30, pageWidth-2*margin)
	return d.Write(w)
}
