// Package fault holds the few kinds of error that a person may be told about.
//
// A service method returns a fault when the person can do something about it:
// the thing is not there, the words are not right, the right is missing,
// somebody was faster. The shell turns the kind into a status and a page, once.
// Every other error is ours: it is logged whole and shown as nothing but an apology.
//
// A fault carries a message key, never a sentence: the reader's language is
// known only where the page is drawn.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Kind says what went wrong, as far as the person needs to know.
type Kind int

// The kinds. Internal is the zero value: an error of which nothing is known is ours.
const (
	Internal   Kind = iota
	NotFound        // there is no such thing, or none that this person may know of
	Invalid         // the words or the file are not right; Fields say where
	Forbidden       // signed in, but without the right
	SignedOut       // the right may be there, but we do not know who asks
	Conflict        // somebody was faster, or the state does not allow it any more
	TooLarge        // more bytes than we take
	TooMany         // too many requests in a short time
	BadRequest      // not made by one of our pages: a broken or forged request
)

var statuses = map[Kind]int{
	Internal:   http.StatusInternalServerError,
	NotFound:   http.StatusNotFound,
	Invalid:    http.StatusUnprocessableEntity,
	Forbidden:  http.StatusForbidden,
	SignedOut:  http.StatusUnauthorized,
	Conflict:   http.StatusConflict,
	TooLarge:   http.StatusRequestEntityTooLarge,
	TooMany:    http.StatusTooManyRequests,
	BadRequest: http.StatusBadRequest,
}

// Status is the HTTP status of the kind.
func (k Kind) Status() int { return statuses[k] }

// Field is one fault in one form field. Name is the name of the input.
type Field struct {
	Name string
	Key  string
	Args []any
}

// Error is a fault with a message key and its arguments in pairs (name, value).
type Error struct {
	Kind   Kind
	Key    string
	Args   []any
	Fields []Field
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v", e.Key, e.Args)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Name, f.Key)
	}
	return b.String()
}

// New makes a fault. Args are pairs of a placeholder's name and its value.
func New(kind Kind, key string, args ...any) error {
	return &Error{Kind: kind, Key: key, Args: args}
}

// InvalidFields makes a fault of kind Invalid, or nil when no field is at fault,
// so that a form can be checked in one breath.
func InvalidFields(fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Key: "fault.invalid", Fields: fields}
}

// ErrNotFound is what a store returns for a row that is not there.
var ErrNotFound = New(NotFound, "fault.not_found")

// As finds the fault inside an error, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// KindOf is the kind of the fault inside an error, Internal when there is none.
func KindOf(err error) Kind {
	if e := As(err); e != nil {
		return e.Kind
	}
	return Internal
}

// Wrap adds to *err what was being done. Use it with defer:
//
//	defer fault.Wrap(&err, "enroll in training %s", id)
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}
