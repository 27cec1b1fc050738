package web

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"kladka/internal/platform/fault"
)

// Facet is one way to narrow a list: a group of boxes to tick.
type Facet struct {
	Key     string // name in the query
	Title   string
	Options []FacetOption
	Open    bool
}

// FacetOption is one box. N is how many would be shown with this box ticked
// beside the filters of the other facets; -1 when that is not counted.
type FacetOption struct {
	Value   string
	Label   string
	N       int
	Checked bool
}

// Chosen counts the ticked boxes.
func Chosen(facets []Facet) int {
	n := 0
	for _, f := range facets {
		for _, o := range f.Options {
			if o.Checked {
				n++
			}
		}
	}
	return n
}

// Cursor is a place in a list ordered by (sort key, id): the first or last
// row of a page. Back tells that the page before the place is wanted.
// The zero Cursor is the beginning.
type Cursor struct {
	Key  string
	ID   string
	Back bool
}

var cursorShape = regexp.MustCompile(`^[0-9a-f]{0,300}/[0-9a-f-]{36}$`)

// CursorOf reads the place from the query: "od" for the page after it,
// "do" for the page before it. A made-up place is a fault.
func CursorOf(q url.Values) (Cursor, error) {
	for _, side := range []string{"od", "do"} {
		value := q.Get(side)
		if value == "" {
			continue
		}
		data, err := base64.RawURLEncoding.DecodeString(value)
		if err != nil || !cursorShape.Match(data) {
			return Cursor{}, fault.New(fault.BadRequest, "fault.cursor")
		}
		key, id, _ := strings.Cut(string(data), "/")
		return Cursor{Key: key, ID: id, Back: side == "do"}, nil
	}
	return Cursor{}, nil
}

// String writes the place for an address.
func (c Cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.Key + "/" + c.ID))
}

// Pager links to the pages beside this one; "" where there is none.
type Pager struct {
	First, Previous, Next string
}

// PagerFor makes the links of a page that shows the rows from first to last.
// More tells whether the query found a row beyond the page, in its direction.
func PagerFor(u *url.URL, at, first, last Cursor, more bool) Pager {
	var p Pager
	if at.Back && more || !at.Back && at != (Cursor{}) {
		p.Previous = WithQuery(u, "do", first.String(), "od")
		p.First = WithQuery(u, "", "", "od", "do")
	}
	if at.Back || more {
		p.Next = WithQuery(u, "od", last.String(), "do")
	}
	return p
}

// WithQuery is the address with one value of the query set and others dropped.
func WithQuery(u *url.URL, name, value string, drop ...string) string {
	q := u.Query()
	for _, d := range drop {
		q.Del(d)
	}
	if name != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}

// Without is the address with one value of a name taken away, and the place
// in the list forgotten: the link that removes a filter.
func Without(u *url.URL, name, value string) string {
	q := u.Query()
	q[name] = slices.DeleteFunc(q[name], func(v string) bool { return v == value })
	if len(q[name]) == 0 {
		q.Del(name)
	}
	q.Del("od")
	q.Del("do")
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}

// Defuse makes a cell safe to open in a spreadsheet: one that would be taken
// for a formula gets an apostrophe in front. Numbers, a minus included, stay.
func Defuse(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) || plainNumber.MatchString(cell) {
		return cell
	}
	return "'" + cell
}

var plainNumber = regexp.MustCompile(`^-?[0-9]+([.,][0-9]+)?$`)
