package badge

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrJSON is a document that has no canonical form: not JSON, or JSON that two
// readers could read differently.
var ErrJSON = errors.New("no canonical JSON")

const (
	mostBytes = 1 << 20 // a badge has two thousand
	mostDeep  = 64
)

// Canonical is the canonical form of a JSON text (JCS, RFC 8785): no spaces, the
// keys of an object in the order of their UTF-16 code units, numbers and strings
// as ECMAScript prints them. Two texts that mean the same have the same form.
//
// It refuses with ErrJSON what readers disagree about: a key that comes twice,
// bytes that are not UTF-8, half a surrogate pair, a number beyond the range of
// float64, more than 64 levels or a million bytes.
func Canonical(text []byte) ([]byte, error) {
	v, err := read(text)
	if err != nil {
		return nil, err
	}
	return write(v)
}

// read parses a whole JSON text into nil, bool, float64, string, []any and
// map[string]any. The standard library's reader lets double keys and broken
// letters pass, which is why this is ours.
func read(text []byte) (any, error) {
	if len(text) > mostBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrJSON, len(text))
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrJSON)
	}
	r := reader{text: string(text)}
	v, err := r.value(0)
	if err == nil && r.next() != 0 {
		err = r.fail("something after the end")
	}
	return v, err
}

type reader struct {
	text string
	at   int
}

func (r *reader) fail(what string) error { return fmt.Errorf("%w: %s at byte %d", ErrJSON, what, r.at) }

// next skips spaces and shows the byte that follows, 0 at the end.
func (r *reader) next() byte {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
			r.at++
		case 0:
			return 1 // no letter of JSON, and not the end
		default:
			return c
		}
	}
	return 0
}

// take moves past the byte if it follows.
func (r *reader) take(c byte) bool {
	if r.next() != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) value(depth int) (any, error) {
	if depth > mostDeep {
		return nil, r.fail("too deep")
	}
	switch c := r.next(); {
	case c == '{':
		return r.object(depth)
	case c == '[':
		return r.array(depth)
	case c == '"':
		return r.word()
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	}
	for name, v := range map[string]any{"null": nil, "true": true, "false": false} {
		if strings.HasPrefix(r.text[r.at:], name) {
			r.at += len(name)
			return v, nil
		}
	}
	return nil, r.fail("no value")
}

func (r *reader) object(depth int) (any, error) {
	r.at++
	m := map[string]any{}
	if r.take('}') {
		return m, nil
	}
	for {
		if r.next() != '"' {
			return nil, r.fail("no key")
		}
		key, err := r.word()
		if err != nil {
			return nil, err
		}
		if _, twice := m[key]; twice {
			return nil, r.fail("a key that comes twice")
		}
		if !r.take(':') {
			return nil, r.fail("no colon")
		}
		if m[key], err = r.value(depth + 1); err != nil {
			return nil, err
		}
		if r.take('}') {
			return m, nil
		}
		if !r.take(',') {
			return nil, r.fail("no comma")
		}
	}
}

func (r *reader) array(depth int) (any, error) {
	r.at++
	list := []any{}
	if r.take(']') {
		return list, nil
	}
	for {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if r.take(']') {
			return list, nil
		}
		if !r.take(',') {
			return nil, r.fail("no comma")
		}
	}
}

// word reads a string from its quotation mark on.
func (r *reader) word() (string, error) {
	var b strings.Builder
	for r.at++; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return b.String(), nil
		case c < ' ':
			return "", r.fail("a control character")
		case c == '\\':
			letter, err := r.escaped()
			if err != nil {
				return "", err
			}
			b.WriteRune(letter)
		default:
			b.WriteByte(c)
		}
	}
	return "", r.fail("a string without end")
}

var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped reads from a backslash to the last byte of what it escapes.
func (r *reader) escaped() (rune, error) {
	if r.at++; r.at >= len(r.text) {
		return 0, r.fail("a string without end")
	}
	if letter, ok := escapes[r.text[r.at]]; ok {
		return letter, nil
	}
	unit, err := r.unit()
	if err != nil || !utf16.IsSurrogate(unit) {
		return unit, err
	}
	if !strings.HasPrefix(r.text[r.at+1:], `\u`) {
		return 0, r.fail("half a letter")
	}
	r.at += 2
	second, err := r.unit()
	if err != nil {
		return 0, err
	}
	letter := utf16.DecodeRune(unit, second)
	if letter == utf8.RuneError {
		return 0, r.fail("half a letter")
	}
	return letter, nil
}

// unit reads uXXXX.
func (r *reader) unit() (rune, error) {
	if r.text[r.at] != 'u' || len(r.text) < r.at+5 {
		return 0, r.fail("an escape that is none")
	}
	n, err := strconv.ParseUint(r.text[r.at+1:r.at+5], 16, 16)
	if err != nil {
		return 0, r.fail("an escape that is none")
	}
	r.at += 4
	return rune(n), nil
}

// digits moves past digits and tells how many.
func (r *reader) digits() (n int) {
	for ; r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9'; r.at++ {
		n++
	}
	return n
}

func (r *reader) among(set string) bool {
	if r.at < len(r.text) && strings.IndexByte(set, r.text[r.at]) >= 0 {
		r.at++
		return true
	}
	return false
}

func (r *reader) number() (float64, error) {
	from := r.at
	r.among("-")
	first := r.at
	if n := r.digits(); n == 0 || n > 1 && r.text[first] == '0' {
		return 0, r.fail("a number that is none")
	}
	if r.among(".") && r.digits() == 0 {
		return 0, r.fail("a number that is none")
	}
	if r.among("eE") {
		r.among("+-")
		if r.digits() == 0 {
			return 0, r.fail("a number that is none")
		}
	}
	f, err := strconv.ParseFloat(r.text[from:r.at], 64)
	if err != nil {
		return 0, r.fail("a number out of range")
	}
	return f, nil
}

// write is the canonical form of what read gives.
func write(v any) ([]byte, error) { return appendValue(nil, v, 0) }

func appendValue(b []byte, v any, depth int) (_ []byte, err error) {
	if depth > mostDeep+1 {
		return nil, fmt.Errorf("%w: too deep", ErrJSON)
	}
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case string:
		return appendString(b, v)
	case float64:
		return appendNumber(b, v)
	case []any:
		b = append(b, '[')
		for i, element := range v {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendValue(b, element, depth+1); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case map[string]any:
		b = append(b, '{')
		for i, key := range slices.SortedFunc(maps.Keys(v), byUnits) {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendString(b, key); err != nil {
				return nil, err
			}
			if b, err = appendValue(append(b, ':'), v[key], depth+1); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	}
	return nil, fmt.Errorf("%w: %T", ErrJSON, v)
}

// byUnits orders by UTF-16 code units. That is the order of letters, except
// that those beyond U+FFFF come before U+E000.
func byUnits(a, b string) int {
	return slices.CompareFunc(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)), cmp.Compare[uint16])
}

func appendString(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("%w: not UTF-8", ErrJSON)
	}
	b = append(b, '"')
	for _, c := range []byte(s) {
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			if c < ' ' {
				b = fmt.Appendf(b, `\u%04x`, c)
			} else {
				b = append(b, c)
			}
		}
	}
	return append(b, '"'), nil
}

// appendNumber prints as ECMAScript does: the shortest digits that read back the
// same; with an exponent below 1e-6 and from 1e21 on; no sign of zero.
func appendNumber(b []byte, f float64) ([]byte, error) {
	switch size := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return nil, fmt.Errorf("%w: %v", ErrJSON, f)
	case f == 0:
		return append(b, '0'), nil
	case size >= 1e-6 && size < 1e21:
		return strconv.AppendFloat(b, f, 'f', -1, 64), nil
	}
	s := strconv.FormatFloat(f, 'e', -1, 64)
	digits, exponent, _ := strings.Cut(s, "e")
	return append(b, digits+"e"+exponent[:1]+strings.TrimLeft(exponent[1:], "0")...), nil
}
