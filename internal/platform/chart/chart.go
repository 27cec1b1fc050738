// Package chart draws the pictures of numbers: heat maps, lines with a target,
// stacked bars, flows, maps of tiles and small lines inside tables.
//
// A picture is drawn by the server as SVG, without scripts. It is laid out
// twice, for wide and for narrow columns, and the style sheet shows the one
// that fits: on a phone the letters stay as large as on a desk. Below each
// picture stands a table made of the same data, so nothing can be read from
// the picture alone, and nothing only by its color: shades carry their number,
// parts of bars have patterns, lines have marks of different shape.
//
// The layout makes a scene: shapes and labels at places. The page and the PDF
// draw the same scene, and the tests ask it whether two labels collide and
// whether each can be read on what lies below it.
//
// Whatever the data, a picture is drawn or says in words why not: numbers that
// are none leave a gap, names that are too long are cut (the table has them
// whole), and nothing at all is an explained empty place.
package chart

import (
	"embed"
	"math"

	"kladka/internal/platform/i18n"
)

// Messages are the texts around the pictures. What is in them comes from the
// caller, in the reader's language.
//
//go:embed messages
var Messages embed.FS

// Head is what every picture has beside its numbers.
type Head struct {
	// ID is the id of the figure in its page: a letter, then letters, digits and
	// hyphens. Two pictures in a page must differ in it.
	ID string
	// Title says what is shown, as a heading would.
	Title string
	// Desc is a sentence below the title: what was counted, of when, by whom; or "".
	Desc string
	// Level makes the title a heading of level 2 to 4. Zero makes it none.
	Level int
	// Unit tells how the numbers are written.
	Unit Unit
	// Names is what the names in the first column of the table are, as "Gmina";
	// "" for a plain "Nazwa".
	Names string
	// Open shows the table from the start, as a page does that is about its numbers.
	Open bool
}

// Unit tells how numbers are written. The zero value writes whole numbers.
type Unit struct {
	Decimals int    // digits after the comma, at most 4
	After    string // what follows, with its space where there is one: "%", " zł"
}

// Percent is the unit of whole percents: Num(63) is written "63%".
func Percent() Unit { return Unit{After: "%"} }

// Value is a number, or that there is none. The zero Value is none, so a value
// that is missing never looks like a nought.
type Value struct {
	n     float64
	known bool
	words string // why a number that exists is not shown
}

// Num is a number. NaN and infinite numbers, as of a division by zero, are none;
// so are those beyond 10^14, which no picture can place.
func Num(n float64) Value {
	if !(math.Abs(n) <= beyond) {
		return Value{}
	}
	return Value{n: n, known: true}
}

// Int is a whole number.
func Int(n int) Value { return Num(float64(n)) }

// Hidden is a number that may not be shown, with the words that stand in its
// place in the table, as disclosure.Words gives them. It takes no part in scales
// and totals: a total of a row that hides a part is not drawn.
func Hidden(words string) Value { return Value{words: words} }

// N is the number, and whether there is one to be shown.
func (v Value) N() (float64, bool) { return v.n, v.known }

// Row is a named row of values: of a heat map, of bars, or one line.
type Row struct {
	Name   string
	Href   string  // where the name leads to in the table; "" for nowhere
	Values []Value // one for each column; missing ones are none
}

// HeatMap shows a number for each row and column, darker where it is greater.
// Columns that do not fit stand in a second panel below the first.
type HeatMap struct {
	Head
	Columns []string
	Rows    []Row
}

// Mark is a level drawn across a picture: a target, a value to start from. It is
// not drawn without a value.
type Mark struct {
	Name  string // as "cel na 2027": the value is written after it
	Value Value
}

// Line shows how numbers change over time: at most six lines, with the target
// and the value that one started from. A gap in the data is a gap in the line.
type Line struct {
	Head
	At     []string // the moments in their order, evenly spaced: years, school years, months
	Lines  []Row    // values at these moments; a single line needs no name
	Target Mark
	Base   Mark
}

// Bars shows rows of parts that add up. Parts below zero grow to the left. More
// than six parts are drawn as five and the rest together.
type Bars struct {
	Head
	Parts []string // names of the parts, in the order of the values
	Rows  []Row
}

// Node is a place in a flow.
type Node struct {
	ID    string // by which links name it, unique in the flow
	Name  string
	Stage int // from 0, the order from left to right
}

// Link is how much goes from one node to one of a later stage. Links that lead
// nowhere, backwards, or carry nothing, stand only in the table.
type Link struct {
	From, To string
	Value    Value
}

// Flow shows what became of what, stage by stage (a Sankey diagram).
type Flow struct {
	Head
	Stages []string // names of the stages, or nil for none
	Nodes  []Node
	Links  []Link
}

// Tile is one place of a map of tiles. Col and Row are the place in the grid of
// the directory (HexCol, HexRow): odd rows are shifted by half a tile.
type Tile struct {
	Name     string
	Short    string // for narrow screens, as "Niep."; "" cuts the name where it must
	Href     string // where the name leads to in the table; "" for nowhere
	Col, Row int
	Value    Value
}

// TileMap shows a number for each municipality, each as large as the others. Two
// tiles at one place, or a grid that is too large, are laid out by name instead.
type TileMap struct {
	Head
	Tiles []Tile
}

// Picture is one of HeatMap, Line, Bars, Flow and TileMap. Draw it with Figure
// in a page and with DrawPDF in a paper.
type Picture interface {
	head() Head
	// layout draws the picture. It may take several scenes, each at most so high
	// as f allows; none at all when there is nothing to draw.
	layout(l *i18n.L, f frame) []scene
	table(l *i18n.L) table
	// summary is the picture in a sentence or two, for those who do not see it.
	summary(l *i18n.L) string
}

func (h Head) head() Head { return h }

// Spark is a small line inside a table or a sentence, with its last value in
// words beside it. Draw it with Sparkline.
type Spark struct {
	Name   string   // of what, for those who do not see it
	At     []string // the moments
	Values []Value
	Unit   Unit
}
