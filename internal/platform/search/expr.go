package search

import "strings"

// node is an expression over tokens: a token, or all, any, or the first but not
// the second of others. The zero node matches nothing.
type node struct {
	op    op
	token string
	of    []node
}

type op byte

const (
	opNone op = iota
	opToken
	opAll
	opAny
	opBut
)

func token(t string) node { return node{op: opToken, token: t} }

// all leaves nothing when one of them matches nothing.
func all(of ...node) node {
	for _, n := range of {
		if n.op == opNone {
			return node{}
		}
	}
	return join(opAll, of)
}

func anyOf(of ...node) node {
	var some []node
	for _, n := range of {
		if n.op != opNone {
			some = append(some, n)
		}
	}
	return join(opAny, some)
}

func join(o op, of []node) node {
	switch len(of) {
	case 0:
		return node{}
	case 1:
		return of[0]
	}
	return node{op: o, of: of}
}

func but(n, without node) node {
	if n.op == opNone || without.op == opNone {
		return n
	}
	return node{op: opBut, of: []node{n, without}}
}

// signs are the operators of an engine.
type signs struct{ all, any, but, quote string }

var (
	ftsSigns = signs{" AND ", " OR ", " NOT ", `"`}
	pgSigns  = signs{" & ", " | ", " & !", "'"}
)

// text writes the expression for an engine. Tokens are letters and digits, and
// stand in quotes all the same.
func (n node) text(s signs) string {
	var b strings.Builder
	n.write(&b, s)
	return b.String()
}

func (n node) write(b *strings.Builder, s signs) {
	sign := s.all
	switch n.op {
	case opToken:
		b.WriteString(s.quote + n.token + s.quote)
		return
	case opAny:
		sign = s.any
	case opBut:
		sign = s.but
	}
	b.WriteByte('(')
	for i, k := range n.of {
		if i > 0 {
			b.WriteString(sign)
		}
		k.write(b, s)
	}
	b.WriteByte(')')
}
