package register

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// Known is an institution of register origin as the database holds it.
type Known struct {
	ID     string
	Record Record
	Closed bool

	// Ours are the values that people corrected here, by field, while their word holds.
	Ours map[string]string
}

// ChangeKind says what a change does to an institution.
type ChangeKind string

const (
	New      ChangeKind = "new"
	Changed  ChangeKind = "changed"
	Closed   ChangeKind = "closed"
	Reopened ChangeKind = "reopened"
)

// FieldChange is one value of the register before and after, as text. Types and running kinds are codes. Ours is the
// value to which people corrected the field here; Clash says that the register now differs from it in a new way.
type FieldChange struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
	Ours   string `json:"ours,omitempty"`
	Clash  bool   `json:"clash,omitempty"`
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

	// Shifted says that no number of the file is known while everything known in its scope would close; Swapped, that
	// most known numbers have got another name and another house. Such a file has slipped by a column or a row.
	Shifted bool `json:"shifted,omitempty"`
	Swapped bool `json:"swapped,omitempty"`
}

// massClosing is the least number of closings at which the share is looked at: below it, three kindergartens of a
// small municipality would sound the alarm. A file without any known number is odd from the second institution on.
const (
	massClosing = 10
	allStrange  = 2
)

// Compare says what applying a file would change. The rules, with their reasons:
//  1. Only institutions whose municipality occurs in the file can be closed: a file of one municipality says nothing
//     about the others.
//  2. A number that a problem of level error names is not vanished, though its row was left out. While a row without
//     readable number is left out, nothing is vanished (see Withheld).
//  3. A row with a closing date is closed. So is a known institution in scope that the file does not list.
//  4. What the file does not state is kept from what is known; it fills a gap, but overrules nothing. The same holds
//     for a single value that was dropped, and for a point: a row without coordinates says nothing about the place.
//  5. The same file again changes nothing, and the order of rows is of no account.
//  6. MassClosing asks for a second look when more than a quarter of the open institutions in scope would close, and
//     at least ten: such a file is more likely cut than true. Shifted and Swapped do the same for slipped columns.
//  7. A field is compared with what the register said last time, not with what people made of it here: their
//     correction stands while the register says nothing new about the field (see Merge).
func Compare(known []Known, f File) Difference {
	c := Prepare(known, f)
	d := c.Sum()
	d.Changes = slices.Collect(c.All())
	return d
}

// Comparison is a difference that gives its changes one by one: beyond the rows it was made of it holds a few bytes
// per change.
type Comparison struct {
	file    File
	known   []Known
	dropped map[int][]string
	kept    map[int]bool // numbers that are not vanished
	out     Difference
	plan    []planned
	matched int // numbers of the file that are known
	swapped int
}

// planned is a change to come: places among the known and the records, -1 for none.
type planned struct {
	kind          ChangeKind
	number        int
	known, record int
}

// Prepare compares a file with what is known, as Compare does. It keeps both.
func Prepare(known []Known, f File) *Comparison {
	c := &Comparison{file: f, known: known, dropped: droppedFields(f.Problems), kept: map[int]bool{}}
	c.out.Read = len(f.Records)
	c.out.Scope = scope(f.Records)
	byNumber := make(map[int]int, len(known))
	for i := range known {
		byNumber[known[i].Record.RSPO] = i
	}
	for i := range f.Records {
		number := f.Records[i].RSPO
		c.kept[number] = true
		at, there := byNumber[number]
		if !there {
			at = -1
		}
		c.row(at, i)
	}
	c.vanish()
	c.sort()
	return c
}

// Sum is the difference in numbers, without its changes.
func (c *Comparison) Sum() Difference { return c.out }

// All gives the changes, by kind and then by number. Each is made anew.
func (c *Comparison) All() iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for _, p := range c.plan {
			if !yield(c.change(p)) {
				return
			}
		}
	}
}

// change is a planned change in full.
func (c *Comparison) change(p planned) Change {
	switch {
	case p.known < 0:
		r := c.file.Records[p.record]
		return Change{Kind: New, RSPO: r.RSPO, Name: r.Name, Record: r}
	case p.record < 0:
		k := &c.known[p.known]
		return Change{Kind: Closed, RSPO: k.Record.RSPO, ID: k.ID, Name: k.Record.Name, Record: k.Record, Vanished: true}
	}
	k := &c.known[p.known]
	merged := c.merged(p.kind, k, &c.file.Records[p.record])
	return Change{Kind: p.kind, RSPO: k.Record.RSPO, ID: k.ID, Name: merged.Name,
		Fields: changes(k, &merged), Record: merged}
}

// row compares one record of the file with what is known of it.
func (c *Comparison) row(at, record int) {
	r := &c.file.Records[record]
	if at < 0 {
		if r.ClosedOn != "" {
			c.out.Past++
			return
		}
		c.add(New, &c.out.New, r.RSPO, at, record)
		return
	}
	k := &c.known[at]
	c.matched++
	switch {
	case r.ClosedOn != "" && !k.Closed:
		c.add(Closed, &c.out.Closed, r.RSPO, at, record)
	case r.ClosedOn == "" && k.Closed && !c.closingUnread(r.RSPO):
		c.add(Reopened, &c.out.Reopened, r.RSPO, at, record)
	default:
		merged := c.merged(Changed, k, r)
		if !differs(&k.Record, &merged) {
			c.out.Same++
			return
		}
		if elsewhere(&k.Record, &merged) {
			c.swapped++
		}
		c.add(Changed, &c.out.Changed, r.RSPO, at, record)
	}
}

// elsewhere tells that another name and another house stand at a number: one institution seldom changes both.
func elsewhere(before, after *Record) bool {
	return before.Name != after.Name && (before.Street != after.Street || before.House != after.House)
}

// merged is the record to store for a change of a kind.
func (c *Comparison) merged(kind ChangeKind, k *Known, r *Record) Record {
	merged := c.merge(&k.Record, r)
	if kind == Reopened {
		merged.ClosedOn = "" // also when the file states no closing dates: listed is open
	}
	return merged
}

// closingUnread reports whether the row had a closing date that made no sense. It says neither open nor closed.
func (c *Comparison) closingUnread(number int) bool {
	return slices.Contains(c.dropped[number], "closed_on")
}

func (c *Comparison) add(kind ChangeKind, count *int, number, known, record int) {
	*count++
	c.plan = append(c.plan, planned{kind, number, known, record})
}

// merge is the record to store: stated fields from the row, the others as known. A gap is filled either way.
func (c *Comparison) merge(known, r *Record) Record {
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
func (c *Comparison) states(r *Record, field string) bool {
	if !c.file.States(field) || slices.Contains(c.dropped[r.RSPO], field) {
		return false
	}
	if field == "point" && !r.HasPoint {
		return false
	}
	if c.file.Shape == SMK2022 && r.RunningKind == RunByPrivate && (field == "regon" || field == "running_name") {
		return false
	}
	return true
}

// differs reports whether any field changed. A point and a number of pupils are text only when it must be known.
func differs(before, after *Record) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.text(before) != f.text(after) })
}

func changes(k *Known, after *Record) (list []FieldChange) {
	for _, f := range fields {
		b, a := f.text(&k.Record), f.text(after)
		if b == a {
			continue
		}
		change := FieldChange{Field: f.name, Before: b, After: a}
		if ours, corrected := k.Ours[f.name]; corrected {
			change.Ours, change.Clash = ours, Merge(b, a, ours) == Clash
		}
		list = append(list, change)
	}
	return list
}

// vanish closes what is known, open and in scope, but no longer listed.
func (c *Comparison) vanish() {
	lost := c.keepBlamed()
	open, vanished := 0, 0
	for i := range c.known {
		k := &c.known[i]
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
			vanished++
			c.add(Closed, &c.out.Closed, k.Record.RSPO, i, -1)
		}
	}
	c.out.MassClosing = c.out.Closed >= massClosing && c.out.Closed*4 > open
	c.out.Shifted = c.matched == 0 && vanished == open && open >= allStrange && c.out.New >= allStrange
	c.out.Swapped = c.swapped >= massClosing && c.swapped*2 > c.matched
}

// keepBlamed keeps the numbers that errors name; lost reports an error about a row without number.
func (c *Comparison) keepBlamed() (lost bool) {
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

func (c *Comparison) sort() {
	order := []ChangeKind{New, Changed, Closed, Reopened}
	slices.SortFunc(c.plan, func(a, b planned) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.kind), slices.Index(order, b.kind)),
			cmp.Compare(a.number, b.number))
	})
}
