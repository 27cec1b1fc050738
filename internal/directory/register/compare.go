package register

import (
	"cmp"
	"maps"
	"slices"
)

// Known is an institution of register origin as the database holds it.
type Known struct {
	ID     string
	Record Record
	Closed bool
}

// ChangeKind says what a change does to an institution.
type ChangeKind string

const (
	New      ChangeKind = "new"
	Changed  ChangeKind = "changed"
	Closed   ChangeKind = "closed"
	Reopened ChangeKind = "reopened"
)

// FieldChange is one value before and after, as text. Types and running kinds are codes.
type FieldChange struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Change is what applying a file would do to one institution. Record is the record to store.
type Change struct {
	Kind   ChangeKind    `json:"kind"`
	RSPO   int           `json:"rspo"`
	ID     string        `json:"id,omitempty"` // "" for a new one
	Name   string        `json:"name"`
	Fields []FieldChange `json:"fields,omitempty"`
	Record Record        `json:"record"`

	// Vanished tells the two ways of closing apart: the file no longer lists the institution, or it states the day.
	Vanished bool `json:"vanished,omitempty"`
}

// Difference is what applying a file would do.
type Difference struct {
	Read     int `json:"read"` // records taken from the file
	New      int `json:"new"`
	Changed  int `json:"changed"`
	Closed   int `json:"closed"`
	Reopened int `json:"reopened"`
	Same     int `json:"same"`

	// Past counts rows of institutions that closed before we knew them; they are not taken in.
	Past int `json:"past"`
	// Withheld counts institutions that the file does not list, but that are not proposed for closing, because the
	// file has rows whose number could not be read: any of them may be such a row.
	Withheld int `json:"withheld"`

	Changes     []Change `json:"changes"` // by kind, then by number
	Scope       []string `json:"scope"`   // municipalities that occur in the file
	MassClosing bool     `json:"mass_closing"`
}

// massClosing is the least number of closings at which the share is looked at: below it, three kindergartens of a
// small municipality would sound the alarm.
const massClosing = 10

// Compare says what applying a file would change. The rules, with their reasons:
//  1. Only institutions whose municipality occurs in the file can be closed: a file of one municipality says nothing
//     about the others.
//  2. A number that a problem of level error names is not vanished, though its row was left out. While a row without
//     readable number is left out, nothing is vanished (see Withheld).
//  3. A row with a closing date is closed. So is a known institution in scope that the file does not list.
//  4. What the file does not state is kept from what is known; it fills a gap, but overrules nothing. The same holds
//     for a single value that was dropped.
//  5. The same file again changes nothing, and the order of rows is of no account.
//  6. MassClosing asks for a second look when more than a quarter of the open institutions in scope would close, and
//     at least ten: such a file is more likely cut than true.
func Compare(known []Known, f File) Difference {
	c := comparison{file: f, dropped: droppedFields(f.Problems), kept: map[int]bool{}}
	c.out.Read = len(f.Records)
	c.out.Scope = scope(f.Records)
	byNumber := make(map[int]*Known, len(known))
	for i := range known {
		byNumber[known[i].Record.RSPO] = &known[i]
	}
	for i := range f.Records {
		c.kept[f.Records[i].RSPO] = true
		c.row(byNumber[f.Records[i].RSPO], &f.Records[i])
	}
	c.vanish(known)
	c.out.sort()
	return c.out
}

type comparison struct {
	file    File
	dropped map[int][]string
	kept    map[int]bool // numbers that are not vanished
	out     Difference
}

// row compares one record of the file with what is known of it.
func (c *comparison) row(k *Known, r *Record) {
	if k == nil {
		if r.ClosedOn != "" {
			c.out.Past++
			return
		}
		c.out.New++
		c.add(Change{Kind: New, RSPO: r.RSPO, Name: r.Name, Record: *r})
		return
	}
	merged := c.merge(&k.Record, r)
	change := Change{RSPO: r.RSPO, ID: k.ID, Name: merged.Name}
	switch {
	case r.ClosedOn != "" && !k.Closed:
		change.Kind = Closed
		c.out.Closed++
	case r.ClosedOn == "" && k.Closed && !c.closingUnread(r.RSPO):
		change.Kind = Reopened
		merged.ClosedOn = "" // also when the file states no closing dates: listed is open
		c.out.Reopened++
	}
	change.Fields, change.Record = changes(&k.Record, &merged), merged
	if change.Kind == "" && len(change.Fields) == 0 {
		c.out.Same++
		return
	}
	if change.Kind == "" {
		change.Kind = Changed
		c.out.Changed++
	}
	c.add(change)
}

// closingUnread reports whether the row had a closing date that made no sense. It says neither open nor closed.
func (c *comparison) closingUnread(number int) bool {
	return slices.Contains(c.dropped[number], "closed_on")
}

func (c *comparison) add(change Change) { c.out.Changes = append(c.out.Changes, change) }

// merge is the record to store: stated fields from the row, the others as known. A gap is filled either way.
func (c *comparison) merge(known, r *Record) Record {
	merged := *known
	for _, f := range fields {
		if c.states(r, f.name) || gap(f.name, f.text(known)) {
			if f.text(known) != f.text(r) { // equal as text is equal: no churn by rounding
				f.take(&merged, r)
			}
		}
	}
	return merged
}

func gap(field, text string) bool {
	return text == "" || field == "type" && text == string(Other)
}

// states reports whether the file says anything about this field of this row. The 2022 file leaves out REGON and
// operator of private ones, which is masking and no statement.
func (c *comparison) states(r *Record, field string) bool {
	if !c.file.States(field) || slices.Contains(c.dropped[r.RSPO], field) {
		return false
	}
	if c.file.Shape == SMK2022 && r.RunningKind == RunByPrivate && (field == "regon" || field == "running_name") {
		return false
	}
	return true
}

func changes(before, after *Record) (list []FieldChange) {
	for _, f := range fields {
		if b, a := f.text(before), f.text(after); b != a {
			list = append(list, FieldChange{f.name, b, a})
		}
	}
	return list
}

// vanish closes what is known, open and in scope, but no longer listed.
func (c *comparison) vanish(known []Known) {
	lost := c.keepBlamed()
	open := 0
	for i := range known {
		k := &known[i]
		_, inScope := slices.BinarySearch(c.out.Scope, k.Record.Municipality)
		if k.Closed || !inScope {
			continue
		}
		open++
		switch {
		case c.kept[k.Record.RSPO]:
		case lost:
			c.out.Withheld++
		default:
			c.out.Closed++
			c.add(Change{Kind: Closed, RSPO: k.Record.RSPO, ID: k.ID, Name: k.Record.Name, Record: k.Record,
				Vanished: true})
		}
	}
	c.out.MassClosing = c.out.Closed >= massClosing && c.out.Closed*4 > open
}

// keepBlamed keeps the numbers that errors name; lost reports an error about a row without number.
func (c *comparison) keepBlamed() (lost bool) {
	for _, p := range c.file.Problems {
		if p.Level != Error {
			continue
		}
		c.kept[p.RSPO] = true
		lost = lost || p.RSPO == 0
	}
	return lost
}

func droppedFields(problems []Problem) map[int][]string {
	dropped := map[int][]string{}
	for _, p := range problems {
		if p.Dropped {
			dropped[p.RSPO] = append(dropped[p.RSPO], p.Field)
		}
	}
	return dropped
}

func scope(records []Record) []string {
	seen := map[string]bool{}
	for _, r := range records {
		if r.Municipality != "" {
			seen[r.Municipality] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func (d *Difference) sort() {
	order := []ChangeKind{New, Changed, Closed, Reopened}
	slices.SortFunc(d.Changes, func(a, b Change) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)),
			cmp.Compare(a.RSPO, b.RSPO))
	})
}
