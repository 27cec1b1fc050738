package chart

import (
	"context"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

const (
	wideFrame   = 800.0
	narrowFrame = 340.0
	sceneGap    = 18.0
)

// svg writes a scene. Everything that varies is an attribute or a class, as the
// security policy asks: no style in the page.
type svg struct {
	strings.Builder
	id string // begins the ids inside, so that two pictures do not share any
}

// picture is the component of a scene. Title and summary are read in its place.
func (s scene) picture(id, class, title, summary string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		b := svg{id: id}
		b.put(`<svg class="`, class, `" viewBox="0 0 `, num(s.w), " ", num(s.h), `" font-size="`, num(bodySize), `" role="img" aria-labelledby="`, id, `-t `, id, `-d"><title id="`, id, `-t">`)
		b.put(templ.EscapeString(title), `</title><desc id="`, id, `-d">`, templ.EscapeString(summary), `</desc>`)
		b.patterns(s)
		for _, sh := range s.shapes {
			b.shape(sh)
		}
		for _, l := range s.labels {
			b.label(l)
		}
		b.put(`</svg>`)
		_, err := io.WriteString(w, b.String())
		return err
	})
}

// small is the component of a scene in a line of text, with its words as label.
func (s scene) small(words string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b svg
		b.put(`<svg class="spark-line" viewBox="0 0 `, num(s.w), " ", num(s.h), `" role="img" aria-label="`, templ.EscapeString(words), `">`)
		for _, sh := range s.shapes {
			b.shape(sh)
		}
		b.put(`</svg>`)
		_, err := io.WriteString(w, b.String())
		return err
	})
}

func (b *svg) put(parts ...string) {
	for _, p := range parts {
		b.WriteString(p)
	}
}

// num is a length to a tenth.
func num(x float64) string {
	return strconv.FormatFloat(math.Round(x*10)/10+0, 'f', -1, 64)
}

// hatch is how the lines of a pattern run. Patterns tell parts apart for those
// who do not tell their colors, and on what a school prints in grey.
type hatch struct {
	angle float64 // degrees
	every float64
	width float64
}

func hatches() map[paint]hatch {
	return map[paint]hatch{
		"s3": {45, 7, 2},
		"s4": {-45, 6, 1.3},
		"s5": {0, 5, 1.3},
		"s6": {90, 6, 1.3},
		"hx": {45, 4, 0.9}, // finer than any part
	}
}

func patterned(part int) bool { return hatches()[partPaint(part)].every > 0 }

// patterns defines those that the scene uses.
func (b *svg) patterns(s scene) {
	all, seen := hatches(), map[paint]bool{}
	for _, sh := range s.shapes {
		p := paintOf(sh)
		h, ok := all[p]
		if !ok || seen[p] {
			continue
		}
		seen[p] = true
		side := num(h.every)
		b.put(`<pattern id="`, b.id, "-", string(p), `" width="`, side, `" height="`, side, `" patternUnits="userSpaceOnUse" patternTransform="rotate(`, num(h.angle), `)"><rect class="`, string(p), `" width="`, side, `" height="`, side, `"/><path class="m`, string(p[1:]), `" stroke-width="`, num(h.width), `" d="M0 `, num(h.every/2), "H", side, `"/></pattern>`)
	}
}

func paintOf(sh shape) paint {
	switch sh := sh.(type) {
	case rect:
		return sh.paint
	case disk:
		return sh.paint
	case path:
		return sh.paint
	}
	return ""
}

// look is the class of a shape, or its pattern.
func (b *svg) look(p paint) {
	if _, ok := hatches()[p]; ok {
		b.put(` class="e`, string(p[1:]), `" fill="url(#`, b.id, "-", string(p), `)"`)
		return
	}
	b.put(` class="`, string(p), `"`)
}

func (b *svg) shape(sh shape) {
	tip := ""
	name := "rect"
	switch sh := sh.(type) {
	case rect:
		b.put(`<rect x="`, num(sh.x), `" y="`, num(sh.y), `" width="`, num(sh.w), `" height="`, num(sh.h), `"`)
		if sh.r > 0 {
			b.put(` rx="`, num(sh.r), `"`)
		}
		tip = sh.tip
	case disk:
		name = "circle"
		b.put(`<circle cx="`, num(sh.x), `" cy="`, num(sh.y), `" r="`, num(sh.r), `"`)
	case path:
		name, tip = "path", sh.tip
		b.put(`<path d="`)
		b.steps(sh)
		b.put(`"`)
	}
	b.look(paintOf(sh))
	if tip == "" {
		b.put("/>")
		return
	}
	b.put("><title>", templ.EscapeString(tip), "</title></", name, ">")
}

func (b *svg) steps(p path) {
	for i, s := range p.steps {
		switch {
		case i == 0:
			b.put("M")
		case s.curved:
			b.put("C", num(s.c1.x), " ", num(s.c1.y), " ", num(s.c2.x), " ", num(s.c2.y), " ")
		default:
			b.put("L")
		}
		b.put(num(s.to.x), " ", num(s.to.y))
	}
	if p.closed {
		b.put("Z")
	}
}

func (b *svg) label(l label) {
	b.put(`<text x="`, num(l.x), `" y="`, num(l.y), `" class="`, string(l.tone))
	if l.bold {
		b.put(" b")
	}
	if l.halo {
		b.put(" halo")
	}
	b.put(`"`)
	if l.size != bodySize {
		b.put(` font-size="`, num(l.size), `"`)
	}
	if l.anchor != start {
		b.put(` text-anchor="`, [...]string{"start", "middle", "end"}[l.anchor], `"`)
	}
	if l.turned {
		b.put(` transform="rotate(-90 `, num(l.x), " ", num(l.y), `)"`)
	}
	b.put(">", templ.EscapeString(l.text), "</text>")
}
