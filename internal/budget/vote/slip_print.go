package vote

import (
	"errors"
	"io"
	"strings"
	"time"

	"rsc.io/qr"

	"kladka/internal/budget"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
	"kladka/internal/platform/web"
)

// A sheet holds ten slips, two in a row, to be cut along the lines. A slip says
// the title, the code and where to type it. Its QR code holds the address of the
// page alone: an address is remembered by browsers and seen by networks, a code
// must not be. People type a shorter one, at which the code finds its edition.
const (
	slipsInRow  = 2
	slipsOnPage = 10
	slipWide    = 90.0
	slipHigh    = 50.0
	slipCode    = 23.0 // side of the QR code
)

// slipSheet is what stands on every slip of a sheet.
type slipSheet struct {
	Title   string
	Lang    string
	Address string // whole, for the QR code
	Shown   string // a short one, as people type it
	Code    string // "Kod:"
	How     string
	Once    string
	Page    func(n, of int) string
}

// slipBase is the address under which whoever holds a slip finds this site: the one
// that is set, or else the one by which the officer who prints has come. "" when
// that one is no name that could be printed.
func (s *Service) slipBase(r *web.Request) string {
	switch {
	case s.Base != "":
		return strings.TrimSuffix(s.Base, "/")
	case !printable(r.Host):
		return ""
	case r.Shell.HTTPS:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// printable tells that a text is the name or the number of a machine, with a port
// perhaps, and no more.
func printable(host string) bool {
	return host != "" && len(host) <= 100 && !strings.ContainsFunc(host, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune(".-:[]", c))
	})
}

// sheetOf is what stands on the slips of an edition; base is the address of the site.
func sheetOf(l *i18n.L, base string, e budget.Edition) slipSheet {
	address, shown := base+VoteHref(e.ID), base+budget.SlipPath
	if _, after, ok := strings.Cut(shown, "://"); ok {
		shown = after
	}
	return slipSheet{Title: e.Title, Lang: string(l.Lang), Address: address, Shown: shown, Code: l.T("vote.slip.code"), How: l.T("vote.slip.how"),
		Once: l.T("vote.slip.once"), Page: func(n, of int) string { return l.T("vote.slip.page", "n", n, "of", of) }}
}

var errCodeInAddress = errors.New("the address of a slip holds its code")

// printSlips writes slips to w, in the order given. Nothing of them is kept.
func printSlips(w io.Writer, at time.Time, t slipSheet, codes []Code) error {
	image, err := qr.Encode(t.Address, qr.M)
	if err != nil {
		return err
	}
	d := pdf.New(pdf.Meta{Title: t.Title, Author: t.Title, Lang: t.Lang, At: at, Page: t.Page})
	for from := 0; from < len(codes); from += slipsOnPage {
		some := codes[from:min(from+slipsOnPage, len(codes))]
		for _, c := range some {
			if strings.Contains(strings.ToUpper(t.Address), c.Letters()) {
				return errCodeInAddress
			}
		}
		rows := float64((len(some) + slipsInRow - 1) / slipsInRow)
		d.Room(slipHigh*float64(slipsOnPage/slipsInRow) - 1)
		d.Picture(slipWide*slipsInRow, slipHigh*rows, func(c *pdf.Canvas) {
			for i, code := range some {
				drawSlip(c, float64(i%slipsInRow)*slipWide, float64(i/slipsInRow)*slipHigh, t, image, code)
			}
		})
	}
	return d.Write(w)
}

var (
	slipInk  = pdf.RGB{}
	slipLine = pdf.RGB{R: 150, G: 150, B: 150}
)

func drawSlip(c *pdf.Canvas, x, y float64, t slipSheet, image *qr.Code, code Code) {
	c.Rect(x, y, slipWide, slipHigh, 0, pdf.Paint{Line: &slipLine, Width: 0.2, Dashes: []float64{2, 1.5}})
	c.Within(x+4, y+2, slipWide-8, slipHigh-4, func() {
		for i, line := range twoLines(t.Title, ' ', 50) {
			c.Text(x+4, y+7+float64(i)*3.6, line, pdf.Ink{Size: 3, Bold: true, Color: slipInk})
		}
		c.Text(x+4, y+15.5, t.How, pdf.Ink{Size: 2.6, Color: slipInk})
		for i, line := range twoLines(t.Shown, '/', 60) {
			c.Text(x+4, y+19+float64(i)*2.8, line, pdf.Ink{Size: 2.2, Color: slipInk})
		}
		c.Text(x+4, y+29, t.Code, pdf.Ink{Size: 2.8, Color: slipInk})
		c.Text(x+4, y+37, strings.Join(code.Groups(), " "), pdf.Ink{Size: 5.4, Bold: true, Color: slipInk})
		c.Text(x+4, y+45, t.Once, pdf.Ink{Size: 2.4, Color: slipInk})
	})
	drawCodeImage(c, x+slipWide-slipCode-4, y+slipHigh-slipCode-3, image)
}

// twoLines breaks a text that is longer than most letters after the last mark
// that still fits; what does not fit on the second line is cut by its edge.
func twoLines(text string, mark rune, most int) []string {
	letters := []rune(text)
	if len(letters) <= most {
		return []string{text}
	}
	at := most
	for i, r := range letters[:most] {
		if r == mark {
			at = i + 1
		}
	}
	return []string{string(letters[:at]), string(letters[at:])}
}

// drawCodeImage draws the dark parts of a QR code in runs.
func drawCodeImage(c *pdf.Canvas, x, y float64, image *qr.Code) {
	module := slipCode / float64(image.Size)
	for row := range image.Size {
		for column := 0; column < image.Size; column++ {
			start := column
			for column < image.Size && image.Black(column, row) {
				column++
			}
			if column > start {
				// A hair higher than the module, lest printers leave white lines between rows.
				c.Rect(x+float64(start)*module, y+float64(row)*module, float64(column-start)*module, module*1.02, 0, pdf.Paint{Fill: &slipInk})
			}
		}
	}
}
