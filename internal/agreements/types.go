package agreements

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/directory"
)

// ID is an agreement.
type ID string

// Kind is how much an agreement settles.
type Kind string

// The kinds. A framework names areas and leaves the details to be worked out;
// a detailed agreement may stand under a framework.
const (
	Framework Kind = "framework"
	Detailed  Kind = "detailed"
)

// State is where an agreement stands. Expired is never stored: it follows from
// ValidTo and the day.
type State string

// The states: Draft → InForce → Expired or Terminated.
const (
	Draft      State = "draft"
	InForce    State = "in_force"
	Expired    State = "expired"
	Terminated State = "terminated"
)

// Agreement is one agreement. Days are YYYY-MM-DD.
type Agreement struct {
	ID        ID     `db:"id"`
	Revision  int64  `db:"revision"`
	Trace     string `db:"trace"`
	Kind      Kind   `db:"kind"`
	Under     ID     `db:"under_id"` // the framework above it, "" for none
	Title     string `db:"title"`
	TitleKey  string `db:"title_key"`
	Number    string `db:"number"` // as the parties gave it, "" when they gave none
	Words     string `db:"words"`  // what it is for, in plain words
	Source    string `db:"source"` // after which text the words are ours: "brzmienie według …"
	SignedOn  string `db:"signed_on"`
	ValidFrom string `db:"valid_from"`
	ValidTo   string `db:"valid_to"` // last day, "" for open
	State     State  `db:"state"`
	EndedOn   string `db:"ended_on"` // when it was terminated
	EndedWhy  string `db:"ended_why"`
	CreatedBy string `db:"created_by"`
	CreatedAt int64  `db:"created_at"`
	ChangedAt int64  `db:"changed_at"`
}

const columns = `a.id, a.revision, a.trace, a.kind, a.under_id, a.title, a.title_key, a.number, a.words, a.source, a.signed_on, a.valid_from, a.valid_to,
	a.state, a.ended_on, a.ended_why, a.created_by, a.created_at, a.changed_at`

// StateOn is the state as people see it on a day: one that was terminated from a
// later day on holds until then.
func (a Agreement) StateOn(day string) State {
	if last := a.lastDay(); a.State == Terminated && last >= day {
		return InForce
	} else if a.State == InForce && last != "" && last < day {
		return Expired
	}
	return a.State
}

// lastDay is the last day on which the agreement holds, "" when none is known.
func (a Agreement) lastDay() string {
	if a.State == Terminated && (a.ValidTo == "" || a.EndedOn < a.ValidTo) {
		return a.EndedOn
	}
	return a.ValidTo
}

// Party is one side of an agreement: an institution of the directory, the
// association that runs the installation, or one that is only named.
type Party struct {
	ID          string               `db:"id"`
	Agreement   ID                   `db:"agreement"`
	No          int                  `db:"no"`
	Institution access.InstitutionID `db:"institution"` // "" when it is only named
	Name        string               `db:"name"`        // as the agreement writes it
	Association bool                 `db:"association"` // its officers hold a role of the whole installation
	Ours        string               `db:"ours"`        // why it is an important partner, one reason a line
}

const partyColumns = `p.id, p.agreement, p.no, p.institution, p.name, p.association, p.ours`

// Outside tells that nobody here speaks for the party.
func (p Party) Outside() bool { return p.Institution == "" && !p.Association }

// Signatory is who signed for a party, as it stands on the paper.
type Signatory struct {
	Agreement ID     `db:"agreement"`
	No        int    `db:"no"`
	Party     int    `db:"party"` // number of the party
	Name      string `db:"name"`
	Function  string `db:"function"`
}

// Area is an area of cooperation. Its id never changes; what was done under it
// refers to the id.
type Area struct {
	ID        string `db:"id"`
	Agreement ID     `db:"agreement"`
	No        int    `db:"no"`
	Title     string `db:"title"`
	Words     string `db:"words"`
	ValidFrom string `db:"valid_from"`
	ValidTo   string `db:"valid_to"` // last day, "" as long as the agreement holds
}

const areaColumns = `r.id, r.agreement, r.no, r.title, r.words, r.valid_from, r.valid_to`

// HeldIn tells whether the area held on any day of a school year.
func (a Area) HeldIn(year int) bool {
	first, last := yearDays(year)
	return a.ValidFrom <= last && (a.ValidTo == "" || a.ValidTo >= first)
}

// HeldOn tells whether the area held on a day.
func (a Area) HeldOn(day string) bool {
	return a.ValidFrom <= day && (a.ValidTo == "" || a.ValidTo >= day)
}

// Outcome is what the parties expect to come of it, and how it is seen: in the
// figures of one area, or of everything in the register when Area is "".
type Outcome struct {
	ID        string       `db:"id"`
	Agreement ID           `db:"agreement"`
	No        int          `db:"no"`
	Words     string       `db:"words"`
	Group     ledger.Group `db:"grp"`      // "" shows each of the three groups
	Baseline  int          `db:"baseline"` // school year to compare with, 0 for none
	Area      string       `db:"area"`
}

// Groups are the groups of people that an outcome is shown for.
func (o Outcome) Groups() []ledger.Group {
	if o.Group != "" {
		return []ledger.Group{o.Group}
	}
	return []ledger.Group{ledger.Teachers, ledger.Heads, ledger.Managers}
}

// scope is what of the ledger an outcome is seen in.
func (o Outcome) scope() ledger.Scope {
	if o.Area == "" {
		return ledger.All
	}
	return ledger.Area(o.Area)
}

// Annex is a change of an agreement, with a day from which it holds.
type Annex struct {
	ID        string `db:"id"`
	Agreement ID     `db:"agreement"`
	No        int    `db:"no"`
	SignedOn  string `db:"signed_on"`
	HoldsFrom string `db:"holds_from"`
	Words     string `db:"words"`
	ValidTo   string `db:"valid_to"` // new last day of the agreement, "" when it stays
}

// Attachment is a file of an agreement: the signed text, an annex.
type Attachment struct {
	File      string `db:"file"`
	Agreement ID     `db:"agreement"`
	Title     string `db:"title"`
	AddedAt   int64  `db:"added_at"`
	Name      string `db:"-"`
	Size      int64  `db:"-"`
}

// Proposal is a party's wish to prolong or renew an agreement.
type Proposal struct {
	ID        string `db:"id"`
	Agreement ID     `db:"agreement"`
	Party     string `db:"party"`
	Until     string `db:"until"`
	Words     string `db:"words"`
	By        string `db:"by_person"`
	At        int64  `db:"at"`
}

// Whole is an agreement with all that belongs to it, as Add takes it. Ids may be
// left empty, and then are made.
type Whole struct {
	Agreement
	Parties     []Party
	Signatories []Signatory
	Areas       []Area
	Outcomes    []Outcome
	Annexes     []Annex
}

// area is one of the agreement.
func (w Whole) area(id string) (Area, bool) {
	n := slices.IndexFunc(w.Areas, func(a Area) bool { return a.ID == id })
	if n < 0 {
		return Area{}, false
	}
	return w.Areas[n], true
}

// party is one of the agreement.
func (w Whole) party(id string) (Party, bool) {
	n := slices.IndexFunc(w.Parties, func(p Party) bool { return p.ID == id })
	if n < 0 {
		return Party{}, false
	}
	return w.Parties[n], true
}

// years are the school years of the agreement up to today, the newest first;
// none of one that has no first day yet, or whose first day is to come.
func (w Whole) years(today string) (list []int) {
	if !validDay(w.ValidFrom) {
		return nil
	}
	if last := w.lastDay(); last != "" && last < today {
		today = last
	}
	for y := yearOfDay(today); y >= yearOfDay(w.ValidFrom); y-- {
		list = append(list, y)
	}
	return list
}

// in are the areas that held on some day of a school year.
func (w Whole) in(year int) (list []Area) {
	for _, a := range w.Areas {
		if a.HeldIn(year) {
			list = append(list, a)
		}
	}
	return list
}

// number gives the parts their places, ids and days, as the agreement is written.
func (w *Whole) number() {
	w.ID = cmp.Or(w.ID, ID(newID()))
	for n := range w.Parties {
		p := &w.Parties[n]
		p.ID, p.Agreement, p.No = cmp.Or(p.ID, newID()), w.ID, n+1
	}
	for n := range w.Signatories {
		w.Signatories[n].Agreement, w.Signatories[n].No = w.ID, n+1
	}
	for n := range w.Areas {
		a := &w.Areas[n]
		a.ID, a.Agreement, a.No, a.ValidFrom = cmp.Or(a.ID, newID()), w.ID, cmp.Or(a.No, n+1), cmp.Or(a.ValidFrom, w.ValidFrom)
	}
	for n := range w.Outcomes {
		o := &w.Outcomes[n]
		o.ID, o.Agreement, o.No = cmp.Or(o.ID, newID()), w.ID, n+1
	}
	for n := range w.Annexes {
		x := &w.Annexes[n]
		x.ID, x.Agreement, x.No = cmp.Or(x.ID, newID()), w.ID, n+1
	}
}

// validDay tells whether a text is a day that an agreement can speak of: of
// "0202-10-27", typed in haste, pages would count eighteen hundred years.
func validDay(day string) bool {
	_, err := time.Parse(time.DateOnly, day)
	return err == nil && "1990-01-01" <= day && day <= "2100-12-31"
}

// yearOfDay is the school year of a valid day.
func yearOfDay(day string) int {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0
	}
	return directory.SchoolYear(t.Add(12 * time.Hour))
}

// yearDays are the first and the last day of a school year.
func yearDays(year int) (first, last string) {
	return strconv.Itoa(year) + "-09-01", strconv.Itoa(year+1) + "-08-31"
}

// yearText writes a school year.
func yearText(year int) string { return strconv.Itoa(year) + "/" + strconv.Itoa(year+1) }

// dayBefore is the day before a valid day.
func dayBefore(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.AddDate(0, 0, -1).Format(time.DateOnly)
}
