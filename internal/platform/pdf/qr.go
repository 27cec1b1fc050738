package pdf

import "rsc.io/qr"

// qr draws a code of so many millimeters, in rectangles: sharp at every size,
// and no picture is kept. Around it the caller leaves white.
func (d *Document) qr(text string, x, y, side float64) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		d.fail("QR code: %w", err)
		return
	}
	module := side / float64(code.Size)
	d.f.SetFillColor(0, 0, 0)
	for row := range code.Size {
		for column := 0; column < code.Size; column++ {
			start := column
			for code.Black(column, row) {
				column++
			}
			if column > start {
				// A hair higher than the module, lest printers leave white lines between rows.
				d.f.Rect(x+float64(start)*module, y+float64(row)*module, float64(column-start)*module, module*1.02, "F")
			}
		}
	}
}
