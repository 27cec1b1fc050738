package pdf

import "slices"

// Canvas is a picture in a document, drawn in units of its own from its upper
// left corner.
type Canvas struct {
	d     *Document
	x, y  float64
	scale float64 // millimeters of a unit
}

// RGB is a color of a picture. Words and tables of papers stay grey.
type RGB struct{ R, G, B uint8 }

// Paint is how a shape is drawn. Without a fill and a line it is not.
type Paint struct {
	Fill, Line *RGB
	Width      float64   // of the line, in units
	Dashes     []float64 // in units; none for a whole line
	Alpha      float64   // how much of what lies below is covered; 0 for all
}

// Ink is how letters are drawn.
type Ink struct {
	Size   float64 // in units
	Bold   bool
	Color  RGB
	Align  float64 // 0 when x is where the line begins, 0.5 its middle, 1 its end
	Upward bool    // read from below, with x the base line and y the place of Align
}

// Step is a point of a path; with Curve a curve leads to it by two handles.
type Step struct {
	X, Y           float64
	Curve          bool
	X1, Y1, X2, Y2 float64
}

// Wide and High are the room of a page between its margins, in millimeters.
const (
	Wide = pageWidth - 2*margin
	High = pageHeight - margin - foot
)

// Room begins a new page unless so many millimeters are left on this one.
func (d *Document) Room(mm float64) { d.room(mm) }

// Picture draws a picture of that size over the whole width of the page. It
// stays whole: one that is too high for the page is made smaller.
func (d *Document) Picture(width, height float64, draw func(*Canvas)) {
	if width <= 0 || height <= 0 {
		d.fail("a picture of %g by %g", width, height)
		return
	}
	c := &Canvas{d: d, scale: min(Wide/width, High/height)}
	d.room(height * c.scale)
	c.x, c.y = margin, d.f.GetY()
	draw(c)
	d.f.SetAlpha(1, "Normal")
	d.f.SetDashPattern(nil, 0)
	d.f.SetY(c.y + height*c.scale)
}

func (c *Canvas) at(x, y float64) (float64, float64) { return c.x + x*c.scale, c.y + y*c.scale }

// apply makes a paint current, and tells which operator draws it; "" for none.
func (c *Canvas) apply(p Paint) string {
	how := ""
	if p.Fill != nil {
		c.d.f.SetFillColor(int(p.Fill.R), int(p.Fill.G), int(p.Fill.B))
		how = "F"
	}
	if p.Line != nil {
		c.d.f.SetDrawColor(int(p.Line.R), int(p.Line.G), int(p.Line.B))
		c.d.f.SetLineWidth(p.Width * c.scale)
		dashes := slices.Clone(p.Dashes)
		for i := range dashes {
			dashes[i] *= c.scale
		}
		c.d.f.SetDashPattern(dashes, 0)
		how += "D"
	}
	if p.Alpha <= 0 || p.Alpha > 1 {
		p.Alpha = 1
	}
	c.d.f.SetAlpha(p.Alpha, "Normal")
	return how
}

// Rect draws a rectangle, with round corners when r is more than 0.
func (c *Canvas) Rect(x, y, w, h, r float64, p Paint) {
	how := c.apply(p)
	if how == "" {
		return
	}
	left, top := c.at(x, y)
	if r > 0 && w > 2*r && h > 2*r {
		c.d.f.RoundedRect(left, top, w*c.scale, h*c.scale, r*c.scale, "1234", how)
		return
	}
	c.d.f.Rect(left, top, w*c.scale, h*c.scale, how)
}

// Circle draws a circle around a point.
func (c *Canvas) Circle(x, y, r float64, p Paint) {
	if how := c.apply(p); how != "" {
		x, y = c.at(x, y)
		c.d.f.Circle(x, y, r*c.scale, how)
	}
}

// Path draws a line, or an area when it is closed.
func (c *Canvas) Path(steps []Step, closed bool, p Paint) {
	how := c.apply(p)
	if how == "" || len(steps) < 2 {
		return
	}
	for i, s := range steps {
		x, y := c.at(s.X, s.Y)
		switch {
		case i == 0:
			c.d.f.MoveTo(x, y)
		case s.Curve:
			x1, y1 := c.at(s.X1, s.Y1)
			x2, y2 := c.at(s.X2, s.Y2)
			c.d.f.CurveBezierCubicTo(x1, y1, x2, y2, x, y)
		default:
			c.d.f.LineTo(x, y)
		}
	}
	if closed {
		c.d.f.ClosePath()
	}
	c.d.f.DrawPath(how)
}

// Within draws what lies inside a rectangle only.
func (c *Canvas) Within(x, y, w, h float64, draw func()) {
	left, top := c.at(x, y)
	c.d.f.ClipRect(left, top, w*c.scale, h*c.scale, false)
	draw()
	c.d.f.ClipEnd()
}

// Text writes a line with its base line at y.
func (c *Canvas) Text(x, y float64, text string, ink Ink) {
	d := c.d
	d.f.SetAlpha(1, "Normal")
	d.style(ink.Size*c.scale/mmPerPoint, ink.Bold, black)
	d.f.SetTextColor(int(ink.Color.R), int(ink.Color.G), int(ink.Color.B))
	text = printable(text)
	x, y = c.at(x, y)
	back := d.width(text) * ink.Align
	if !ink.Upward {
		d.at(x-back, y, text)
		return
	}
	d.f.TransformBegin()
	d.f.TransformRotate(90, x, y)
	d.at(x-back, y, text)
	d.f.TransformEnd()
}
