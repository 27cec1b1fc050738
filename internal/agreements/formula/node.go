package formula

import (
	"math/big"
	"strconv"
	"strings"
)

// Speaker gives the words of a reader's language.
type Speaker interface {
	Call(c Call) string
	// Number is an exact decimal as it was typed, with a point.
	Number(text string) string
	// Sign is one of + - * / in words or as a sign, without spaces.
	Sign(op byte) string
}

// plain speaks the language itself.
type plain struct{}

func (plain) Call(c Call) string        { return c.String() }
func (plain) Number(text string) string { return text }
func (plain) Sign(op byte) string       { return string(op) }

// node is a part of a formula: a number, a call, a sum or product, a minus.
type node interface {
	each(f func(node))
	print(s Speaker) string
	value(e *eval) *big.Rat // nil when there is none; e.why says why
	binds() int             // how tightly: 1 sums, 2 products, 3 the rest
}

type (
	numberNode struct {
		text string // as typed, with a point
		rat  *big.Rat
	}
	callNode Call
	minus    struct{ of node }
	binary   struct {
		op          byte
		left, right node
	}
)

func (n numberNode) each(f func(node)) { f(n) }
func (n callNode) each(f func(node))   { f(n) }
func (n minus) each(f func(node))      { f(n); n.of.each(f) }
func (n binary) each(f func(node))     { n.left.each(f); f(n); n.right.each(f) }

func (numberNode) binds() int { return 3 }
func (callNode) binds() int   { return 3 }
func (minus) binds() int      { return 3 }
func (n binary) binds() int {
	if n.op == '+' || n.op == '-' {
		return 1
	}
	return 2
}

func (n numberNode) print(s Speaker) string { return s.Number(n.text) }
func (n callNode) print(s Speaker) string   { return s.Call(Call(n)) }
func (n minus) print(s Speaker) string      { return s.Sign('-') + bracket(s, n.of, 3) }

// print puts the right side into brackets where it binds no tighter: 6 / (2 * 3)
// is not 6 / 2 * 3.
func (n binary) print(s Speaker) string {
	return bracket(s, n.left, n.binds()) + " " + s.Sign(n.op) + " " + bracket(s, n.right, n.binds()+1)
}

func bracket(s Speaker, n node, least int) string {
	if n.binds() < least {
		return "(" + n.print(s) + ")"
	}
	return n.print(s)
}

func itoa(n int) string { return strconv.Itoa(n) }

// numberOf reads digits with at most one point.
func numberOf(text string) (numberNode, bool) {
	whole, rest, pointed := strings.Cut(text, ".")
	if whole == "" || pointed && rest == "" || len(whole)+len(rest) > maxDigits {
		return numberNode{}, false
	}
	v, ok := new(big.Rat).SetString(text)
	return numberNode{text, v}, ok
}
