package jobs

import (
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"
	"unicode"
)

// errorLength is the most characters of an error that are kept in the row.
const errorLength = 500

// Errors of other people's programs repeat what we sent them. What looks like
// a secret or like a person is taken out before the text is kept or logged.
var cleaners = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`://([^\s:@/]*):\S*@`), "://$1:***@"},
	{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{16,}`), "$1 ***"},
	{regexp.MustCompile(`(?i)\b(\w*(?:passw(?:or)?d|pwd|secret|token|api[_-]?key|signature))(["']?\s*[=:]\s*["']?)[^\s"'&,;]+`), "$1$2***"},
	{regexp.MustCompile(`[\p{L}\d._%+-]+@([\p{L}\d-]+(?:\.[\p{L}\d-]+)+)`), "***@$1"},
	{regexp.MustCompile(`\b\d{11}\b`), "***"}, // a PESEL
}

// clean is the text of an error without secrets, on one line, in letters that
// both databases take (PostgreSQL refuses broken UTF-8 and NUL).
func clean(err error) string {
	text := strings.ToValidUTF8(err.Error(), "?")
	for _, c := range cleaners {
		text = c.what.ReplaceAllString(text, c.with)
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

// shorten keeps the beginning, where wrapped errors say what was being done.
func shorten(text string) string {
	r := []rune(text)
	if len(r) <= errorLength {
		return text
	}
	return string(r[:errorLength-1]) + "…"
}

// panicError is a panic of some work. The stack is for the log only.
type panicError struct {
	value any
	stack string
}

func newPanicError(v any) error { return &panicError{value: v, stack: string(debug.Stack())} }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }
