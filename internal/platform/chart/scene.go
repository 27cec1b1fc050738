package chart

// frame is the room that a picture is laid out in.
type frame struct {
	width  float64
	height float64 // at most, of one scene; 0 for as much as it takes
	narrow bool    // for phones: names stand above what they name
}

// scene is a picture laid out: shapes from the back to the front, labels above
// all. Its unit is a pixel of a page, or what a PDF makes of it.
type scene struct {
	w, h   float64
	shapes []shape
	labels []label
}

// paint names how a shape looks: it is the class in the style sheet, and the key
// of the palette of papers.
type paint string

type point struct{ x, y float64 }

// shape is a rect, a disk or a path.
type shape interface{ moved(dy float64) shape }

type rect struct {
	x, y, w, h, r float64
	paint         paint
	tip           string // shown under a mouse; "" for nothing
}

type disk struct {
	x, y, r float64
	paint   paint
}

// path is a line, or an area when it is closed. A step with handles is a curve.
type path struct {
	steps  []step
	closed bool
	paint  paint
	tip    string
}

type step struct {
	to     point
	curved bool
	c1, c2 point
}

func (s rect) moved(dy float64) shape { s.y += dy; return s }
func (s disk) moved(dy float64) shape { s.y += dy; return s }

func (s path) moved(dy float64) shape {
	steps := make([]step, len(s.steps))
	for i, p := range s.steps {
		p.to.y, p.c1.y, p.c2.y = p.to.y+dy, p.c1.y+dy, p.c2.y+dy
		steps[i] = p
	}
	s.steps = steps
	return s
}

// through is a path of straight lines.
func through(p paint, closed bool, points ...point) path {
	s := path{paint: p, closed: closed, steps: make([]step, len(points))}
	for i, at := range points {
		s.steps[i] = step{to: at}
	}
	return s
}

type anchor int

const (
	start anchor = iota
	middle
	end
)

// label is one line of text, its base line at y. A turned one is read from
// below, its base line at x.
type label struct {
	x, y   float64
	text   string
	size   float64
	anchor anchor
	bold   bool
	turned bool
	tone   tone
	halo   bool // stands on lines or bands, kept readable by a rim
}

// tone names the color of letters, as paint does for shapes.
type tone string

const (
	inkTone   tone = "t"  // on the card
	mutedTone tone = "tm" // on the card, of less weight
	goalTone  tone = "tg" // on the card, of the target
	highTone  tone = "th" // on the two darkest shades
	lowTone   tone = "t0" // on the lighter shades
	noneTone  tone = "tn" // on a place without a number
	partTone  tone = "tp" // on the parts of bars, followed by the number of the part
	lineTone  tone = "tl" // on the card, in the color of the line whose number follows
)

// box is the place of a label, for the tests of overlap and for those who look
// for a free place.
type box struct{ x0, y0, x1, y1 float64 }

func (l label) box() box {
	w := widthOf(l.text, l.size, l.bold)
	shift := map[anchor]float64{start: 0, middle: w / 2, end: w}[l.anchor]
	if l.turned {
		return box{l.x - ascent*l.size, l.y - w + shift, l.x + descent*l.size, l.y + shift}
	}
	return box{l.x - shift, l.y - ascent*l.size, l.x - shift + w, l.y + descent*l.size}
}

func (b box) meets(o box) bool { return b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1 }

func (b box) grown(by float64) box { return box{b.x0 - by, b.y0 - by, b.x1 + by, b.y1 + by} }

func (s *scene) draw(shapes ...shape) { s.shapes = append(s.shapes, shapes...) }

func (s *scene) write(l label) { s.labels = append(s.labels, l) }

// writeLines writes lines as a block whose middle is at y.
func (s *scene) writeLines(lines []string, l label) {
	step := l.size * leading
	l.y += (ascent-descent)/2*l.size - step*float64(len(lines)-1)/2
	for _, text := range lines {
		l.text = text
		s.write(l)
		l.y += step
	}
}

// blockHeight is the height of lines written by writeLines.
func blockHeight(lines int, size float64) float64 {
	return float64(max(lines, 1)-1)*size*leading + size*(ascent+descent)
}

// stacked puts scenes below each other.
func stacked(scenes []scene, gap float64) scene {
	var all scene
	for i, s := range scenes {
		if i > 0 {
			all.h += gap
		}
		for _, sh := range s.shapes {
			all.draw(sh.moved(all.h))
		}
		for _, l := range s.labels {
			l.y += all.h
			all.write(l)
		}
		all.w, all.h = max(all.w, s.w), all.h+s.h
	}
	return all
}
