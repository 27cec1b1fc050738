package pdf

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"kladka/assets"
	"kladka/internal/platform/fault"
)

// Certificate is what stands on a certificate of one page. Texts come in the
// language of the paper; what is empty is left out.
type Certificate struct {
	Title    string // of the file
	Lang     string
	Author   string
	Upright  bool   // portrait; else landscape
	Mark     string // goes into the file's keywords, so that the file is known again. ASCII
	Heading  string // the authority, above all
	Center   string
	Decision string // of accreditation
	Kind     string // ZAŚWIADCZENIE
	Stamp    string // DUPLIKAT and its day
	Opening  string // "Zaświadcza się, że"
	Name     string
	Born     string
	Text     string // "ukończył(a) szkolenie"
	Subject  string // title of the training
	Details  []string
	Place    string // place and day
	Number   string
	Sign     string // below the line for the signature
	Signer   string
	Check    string // beside the code: how to check the paper
	Address  string // in the code, and written below it
}

var errNoCertificate = errors.New("a certificate needs a name, a subject, a number and an address")

// sheet is a document of one page of any side.
func sheet(m Meta, landscape bool, mark string) *Document {
	side := "P"
	if landscape {
		side = "L"
	}
	f := fpdf.New(side, "mm", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(m.At.UTC())
	f.SetModificationDate(m.At.UTC())
	f.SetTitle(printable(m.Title), true)
	f.SetAuthor(printable(m.Author), true)
	f.SetKeywords(mark, false)
	f.SetCreator("Kładka", true)
	f.SetProducer("Kładka", true)
	f.SetLang(m.Lang)
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(false, 0)
	f.SetCellMargin(0)
	f.AddUTF8FontFromBytes(family, "", assets.PaperFont(false))
	f.AddUTF8FontFromBytes(family, "B", assets.PaperFont(true))
	f.AddPage()
	return &Document{f: f, meta: m}
}

// Print writes the certificate as a PDF of one page. The same words and moment
// give the same bytes.
func (c Certificate) Print(w io.Writer, at time.Time) (err error) {
	defer fault.Wrap(&err, "print a certificate")
	if c.Name == "" || c.Subject == "" || c.Number == "" || c.Address == "" {
		return errNoCertificate
	}
	d := sheet(Meta{Title: c.Title, Author: c.Author, Lang: c.Lang, At: at}, !c.Upright, c.Mark)
	wide, high := pageHeight, pageWidth
	if c.Upright {
		wide, high = pageWidth, pageHeight
	}
	d.frame(wide, high)
	y := d.certificateHead(c, wide, high)
	d.certificateBody(c, wide, high, y)
	d.certificateFoot(c, wide, high)
	return d.writePlain(w)
}

// noAttachments is the empty list of attachments that the library writes into
// every file. Those who check what a file may do, we among them, refuse the word.
var noAttachments = regexp.MustCompile(`/Names <<\s*/EmbeddedFiles << /Names \[\s*\] >>\s*>>`)

// writePlain is Write without that list. Blanks stand in its place, so that all
// that is counted in bytes stays right.
func (d *Document) writePlain(w io.Writer) error {
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		return err
	}
	data := noAttachments.ReplaceAllFunc(b.Bytes(), func(found []byte) []byte { return bytes.Repeat([]byte(" "), len(found)) })
	_, err := w.Write(data)
	return err
}

// frame is two thin lines around the page.
func (d *Document) frame(wide, high float64) {
	for n, gap := range []float64{8, 10} {
		weight := 0.9 - 0.6*float64(n)
		d.rule(gap, gap, wide-gap, gap, weight, grey)
		d.rule(gap, high-gap, wide-gap, high-gap, weight, grey)
		d.rule(gap, gap, gap, high-gap, weight, grey)
		d.rule(wide-gap, gap, wide-gap, high-gap, weight, grey)
	}
}

// middle writes centered lines from y downward, in the largest type of at most
// size in which they are no more than limit, and returns where they end.
func (d *Document) middle(y, wide, size float64, bold bool, c color, limit int, text string) float64 {
	if text == "" {
		return y
	}
	width := wide - 2*28
	for size > 9 && len(d.wrap(text, size, bold, width, 0)) > limit {
		size -= 0.5
	}
	lines := d.wrap(text, size, bold, width, limit)
	d.style(size, bold, c)
	for _, l := range lines {
		d.at((wide-d.width(l))/2, y+size*mmPerPoint, l)
		y += line(size)
	}
	return y
}

func (d *Document) certificateHead(c Certificate, wide, high float64) float64 {
	y := d.middle(high*0.075, wide, 10, false, muted, 2, c.Heading)
	y = d.middle(y+1, wide, 14, true, black, 2, c.Center)
	y = d.middle(y+1, wide, 9, false, muted, 3, c.Decision)
	y = d.middle(y+high*0.03, wide, 26, true, black, 2, c.Kind)
	y = d.middle(y, wide, 11, false, black, 1, c.Number)
	return d.middle(y+1, wide, 13, true, black, 1, c.Stamp)
}

func (d *Document) certificateBody(c Certificate, wide, high, y float64) {
	y = d.middle(y+high*0.02, wide, 11, false, black, 1, c.Opening)
	y = d.middle(y+2, wide, 20, true, black, 2, c.Name)
	y = d.middle(y+1, wide, 11, false, black, 2, c.Born)
	y = d.middle(y+3, wide, 11, false, black, 2, c.Text)
	y = d.middle(y+2, wide, 16, true, black, 3, c.Subject)
	y += 2
	for _, text := range c.Details {
		y = d.middle(y, wide, 10.5, false, black, 2, text)
	}
}

// certificateFoot holds the code at the left and the signature at the right.
func (d *Document) certificateFoot(c Certificate, wide, high float64) {
	const side, left = 24.0, 18.0
	bottom := high - 17
	d.qr(c.Address, left, bottom-side, side)
	below := d.text(left+side+4, bottom-side+1, wide*0.42-left-side, 8, false, muted, 3, c.Check)
	d.text(left+side+4, below+0.5, wide*0.42-left-side, 7.5, false, black, 4, c.Address)
	from, width := wide*0.58, wide*0.42-left
	d.text(from, bottom-side-1, width, 10, false, black, 1, c.Place)
	d.rule(from, bottom-8, from+width, bottom-8, 0.2, grey)
	below = d.text(from, bottom-7, width, 8, false, muted, 1, c.Sign)
	d.text(from, below, width, 9, true, black, 2, c.Signer)
}

// Placed is a text at a fixed place of a printed form: from the left and the
// upper edge to the base line of its first line, in millimeters.
type Placed struct {
	X, Y  float64
	Width float64 // 0: to the right edge
	Size  float64 // of the type, in points
	Text  string
	Code  bool // the text as a QR code; Size is its side in millimeters
}

// Form writes nothing but the given texts on an empty page of A4, to be printed
// onto an official form, or laid over it.
func Form(w io.Writer, m Meta, landscape bool, mark string, fields []Placed) (err error) {
	defer fault.Wrap(&err, "print on a form")
	d := sheet(m, landscape, mark)
	wide := pageWidth
	if landscape {
		wide = pageHeight
	}
	for _, p := range fields {
		if p.Code {
			d.qr(p.Text, p.X, p.Y, min(max(p.Size, 15), 60))
			continue
		}
		size := min(max(p.Size, 5), 40)
		width := p.Width
		if width <= 0 {
			width = wide - p.X - 5
		}
		d.text(p.X, p.Y-size*mmPerPoint, max(width, 10), size, false, black, 6, p.Text)
	}
	return d.writePlain(w)
}
