package formula

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Error is what is wrong with a formula, and where: At counts characters from 1.
// Key is a word for what is wrong, of which the user has a sentence: bracket, by,
// condition, deep, end, group, long, measure, number, open, rest, sign, value,
// what, year. Word is the place that was not understood.
type Error struct {
	At   int
	Key  string
	Word string
}

func (e *Error) Error() string { return fmt.Sprintf("character %d: %s %q", e.At, e.Key, e.Word) }

// Parse reads a formula. The error is always an *Error.
func Parse(text string) (Formula, error) {
	p := &parser{text: []rune(text)}
	if len(p.text) > MaxLength {
		return Formula{}, &Error{At: MaxLength + 1, Key: "long"}
	}
	root := p.sum(0)
	if p.fail == nil && !p.end() {
		p.wrong("rest")
	}
	if p.fail != nil {
		return Formula{}, p.fail
	}
	f := Formula{root}
	if len(f.String()) > MaxLength { // what is kept must be read again
		return Formula{}, &Error{At: MaxLength + 1, Key: "long"}
	}
	return f, nil
}

// parser goes through a formula once, from left to right. After the first fault
// it reads on to nowhere: fail is kept, and what is returned counts for nothing.
type parser struct {
	text []rune
	at   int
	fail *Error
}

func (p *parser) skip() {
	for p.at < len(p.text) && unicode.IsSpace(p.text[p.at]) {
		p.at++
	}
}

// next is the character that comes, 0 at the end.
func (p *parser) next() rune {
	p.skip()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *parser) end() bool { p.skip(); return p.at == len(p.text) }

// take passes one of the characters, and tells which; 0 for none.
func (p *parser) take(any string) rune {
	if c := p.next(); c != 0 && strings.ContainsRune(any, c) {
		p.at++
		return c
	}
	return 0
}

// wrong keeps the first fault, at the word that comes.
func (p *parser) wrong(key string) node {
	p.skip()
	return p.wrongAt(p.at, key, string(p.text[p.at:min(len(p.text), p.at+12)]))
}

func (p *parser) wrongAt(at int, key, word string) node {
	if p.fail == nil {
		p.fail = &Error{At: at + 1, Key: key, Word: strings.TrimSpace(word)}
	}
	return numberNode{}
}

func (p *parser) sum(depth int) node {
	left := p.product(depth)
	for p.fail == nil {
		op := p.take("+-−–")
		if op == 0 {
			break
		}
		left = binary{sign(op), left, p.product(depth)}
	}
	return left
}

func (p *parser) product(depth int) node {
	left := p.part(depth)
	for p.fail == nil {
		op := p.take("*/×·÷:")
		if op == 0 {
			break
		}
		left = binary{sign(op), left, p.part(depth)}
	}
	return left
}

// sign is the operator that a character stands for: people copy formulas from
// documents.
func sign(op rune) byte {
	switch op {
	case '−', '–':
		return '-'
	case '×', '·':
		return '*'
	case '÷', ':':
		return '/'
	}
	return byte(op)
}

// part is a number, a measure, a bracket, or one of these with a minus.
func (p *parser) part(depth int) node {
	if depth > MaxDepth {
		return p.wrong("deep")
	}
	switch c := p.next(); {
	case p.take("-−–") != 0:
		return negated(p.part(depth + 1))
	case p.take("(") != 0:
		n := p.sum(depth + 1)
		if p.fail == nil && p.take(")") == 0 {
			return p.wrong("bracket")
		}
		return n
	case digit(c):
		return p.number()
	case word(c):
		return p.call()
	}
	if p.end() {
		return p.wrong("end")
	}
	return p.wrong("sign")
}

// negated is a part with a minus; two of them are none.
func negated(n node) node {
	if m, ok := n.(minus); ok {
		return m.of
	}
	return minus{n}
}

func digit(c rune) bool { return c >= '0' && c <= '9' }

// word tells whether a name or a code may have the character.
func word(c rune) bool {
	return digit(c) || c == '_' || c == '-' || c == '.' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// number takes a decimal comma as well as a point.
func (p *parser) number() node {
	from, points := p.at, 0
	var text strings.Builder
	for ; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		if (c == ',' || c == '.') && points == 0 {
			c, points = '.', 1
		} else if !digit(c) {
			break
		}
		text.WriteRune(c)
	}
	n, ok := numberOf(text.String())
	if !ok {
		return p.wrongAt(from, "number", string(p.text[from:p.at]))
	}
	return n
}

// name reads letters, digits and - _ . up to what is none of them.
func (p *parser) name() (at int, name string) {
	p.skip()
	at = p.at
	for p.at < len(p.text) && word(p.text[p.at]) {
		p.at++
	}
	return at, string(p.text[at:p.at])
}

func (p *parser) call() node {
	at, name := p.name()
	c := Call{Measure: Measure(strings.ToLower(name))}
	if !slices.Contains(Measures(), c.Measure) {
		return p.wrongAt(at, "measure", name)
	}
	if p.take("(") == 0 {
		return p.wrong("open")
	}
	for first := true; p.fail == nil; first = false {
		if p.arg(&c, first); p.take(",;") == 0 {
			break
		}
	}
	if p.fail == nil && p.take(")") == 0 {
		return p.wrong("bracket")
	}
	return callNode(c)
}

// arg reads one condition. The first says of what: a scope, or a code.
func (p *parser) arg(c *Call, first bool) {
	at, name := p.name()
	if name == "" {
		p.wrong("what")
		return
	}
	if p.take("=") == 0 {
		p.bare(c, at, name, first)
		return
	}
	from, value := p.name()
	if value == "" {
		p.wrong("value")
		return
	}
	p.pair(c, condition{name: strings.ToLower(name), at: at, value: value, from: from}, first)
}

// bare is a condition without a value: "all", or the code of an indicator.
func (p *parser) bare(c *Call, at int, name string, first bool) {
	switch {
	case !first:
		p.wrongAt(at, "condition", name)
	case !c.Measure.OfLedger():
		c.Value = name
	case strings.EqualFold(name, ScopeAll):
		c.Scope = ScopeAll
	default:
		p.wrongAt(at, "what", name)
	}
}

// condition is name=value, with the places where both begin.
type condition struct {
	name, value string
	at, from    int
}

func (p *parser) pair(c *Call, w condition, first bool) {
	scopes := []string{ScopeAction, ScopeKind, ScopeTheme, ScopeArea}
	switch {
	case first && c.Measure.OfLedger() && slices.Contains(scopes, w.name):
		c.Scope, c.Value = w.name, w.value
	case first:
		p.wrongAt(w.at, "what", w.name)
	case w.name == "year" && c.Shift == 0:
		n, err := strconv.Atoi(w.value)
		if err != nil || n < -20 || n > -1 {
			p.wrongAt(w.from, "year", w.value)
		}
		c.Shift = n
	case !c.Measure.OfLedger():
		p.wrongAt(w.at, "condition", w.name)
	case w.name == "group" && c.Group == "":
		if !slices.Contains([]string{"teachers", "heads", "managers", "others"}, w.value) {
			p.wrongAt(w.from, "group", w.value)
		}
		c.Group = w.value
	case w.name == "by" && !c.Running:
		if w.value != "running" {
			p.wrongAt(w.from, "by", w.value)
		}
		c.Running = true
	default:
		p.wrongAt(w.at, "condition", w.name)
	}
}
