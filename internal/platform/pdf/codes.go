package pdf

import (
	"errors"
	"fmt"
	"io"
	"time"

	"kladka/internal/platform/fault"
)

// CodeTexts are the words of a list of one-time codes.
type CodeTexts struct {
	Title  string
	Lang   string
	Author string
	Owner  string   // whose list it is; may be empty, so that a lost one says less
	Lead   []string // paragraphs: how to use it, where to keep it
	Page   func(n, of int) string
}

// Codes writes a numbered list of one-time codes to w, each with a box to cross
// out. Nothing of them is kept.
func Codes(w io.Writer, at time.Time, t CodeTexts, codes []string) (err error) {
	defer fault.Wrap(&err, "print %d codes", len(codes))
	if len(codes) == 0 || len(codes) > 400 {
		return errors.New("a list holds 1 to 400 codes")
	}
	d := New(Meta{Title: t.Title, Author: t.Author, Lang: t.Lang, At: at, Page: t.Page})
	d.Heading(1, t.Title)
	if t.Owner != "" {
		d.Heading(3, t.Owner)
	}
	for _, p := range t.Lead {
		d.Paragraph(p)
	}
	d.Space(3)
	d.codeGrid(codes)
	return d.Write(w)
}

// codeGrid goes down the columns, as people read lists.
func (d *Document) codeGrid(codes []string) {
	const columns, step, size = 3, 10.5, 15.0
	width := (pageWidth - 2*margin) / columns
	for first := 1; len(codes) > 0 && d.err == nil; {
		d.room(step)
		rows := max(1, int((pageHeight-foot-d.f.GetY())/step))
		rows = min(rows, (len(codes)+columns-1)/columns)
		here := codes[:min(len(codes), rows*columns)]
		for i, code := range here {
			x, y := margin+float64(i/rows)*width, d.f.GetY()+float64(i%rows)*step
			d.rectangle(x, y+1.6, 4.2)
			d.style(9, false, muted)
			number := fmt.Sprintf("%d.", first+i)
			d.at(x+12.5-d.width(number), y+5.3, number)
			d.style(size, true, black)
			d.at(x+14.5, y+5.6, printable(code))
		}
		first += len(here)
		d.Space(float64(rows) * step)
		codes = codes[len(here):]
	}
}

func (d *Document) rectangle(x, y, side float64) {
	d.f.SetDrawColor(int(grey), int(grey), int(grey))
	d.f.SetLineWidth(0.25)
	d.f.Rect(x, y, side, side, "D")
}
