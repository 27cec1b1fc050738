package agreements

import (
	"context"
	"slices"
	"strconv"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Confirmation is a party's word that the figures of a school year are right,
// with the figures as they were then.
type Confirmation struct {
	ID        string    `db:"id"`
	Agreement ID        `db:"agreement"`
	Party     string    `db:"party"`
	Year      int       `db:"year"`
	Version   int       `db:"version"` // 1 for the first word of the party about the year
	Remarks   string    `db:"remarks"`
	Paper     bool      `db:"paper"` // said on paper by a party without accounts, typed in by another one
	By        string    `db:"by_person"`
	At        int64     `db:"at"`
	Figures   []figures `db:"-"`
}

const confirmationColumns = `c.id, c.agreement, c.party, c.year, c.version, c.remarks, c.paper, c.by_person, c.at`

func (c Confirmation) of(area string) (figures, bool) {
	n := slices.IndexFunc(c.Figures, func(f figures) bool { return f.Area == area })
	if n < 0 {
		return figures{Area: area}, false
	}
	return c.Figures[n], true
}

// Confirm says for a party that the figures of a school year are right. It keeps
// the figures of that moment; confirming again later adds a further word. Who
// may: whoever speaks for the party; for a party without accounts anybody who
// runs the agreement types in what it said on paper. Faults: Forbidden, Invalid;
// Conflict for a year that is not of the agreement or is not over, and when the
// figures are other than those on the actor's screen (seen, see Print).
func (s *Service) Confirm(ctx context.Context, who access.Actor, id ID, party string, year int, seen, remarks string) (err error) {
	defer fault.Wrap(&err, "confirm %d of agreement %s", year, id)
	w, err := s.managed(ctx, who, id)
	if err != nil {
		return err
	}
	p, ok := w.party(party)
	if !ok {
		return fault.ErrNotFound
	}
	if err := speaks(who, p); err != nil && !p.Outside() {
		return err
	}
	remarks = tidyLines(remarks)
	var x lacks
	x.text("uwagi", remarks, longestWords, p.Outside())
	if err := fault.InvalidFields(x); err != nil {
		return err
	}
	now := s.now()
	if _, last := yearDays(year); last >= dayOf(now) || !slices.Contains(w.years(dayOf(now)), year) {
		return fault.New(fault.Conflict, "agreements.fault.year_open")
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		list, err := s.yearFigures(ctx, tx, w, year)
		if err != nil {
			return err
		}
		if Print(list) != seen {
			return fault.New(fault.Conflict, "agreements.fault.moved")
		}
		c := Confirmation{ID: newID(), Agreement: id, Party: p.ID, Year: year, Remarks: remarks, Paper: p.Outside(), By: string(who.Person), At: now.Unix(), Figures: list}
		if err := insertConfirmation(ctx, tx, c); err != nil {
			return err
		}
		return s.done(ctx, tx, who, w, "confirmed", map[string]string{"agreement_year": yearText(year)}, now)
	})
}

func insertConfirmation(ctx context.Context, tx *db.Tx, c Confirmation) error {
	if err := tx.Get(ctx, &c.Version, `select count(*) + 1 from agreements_confirmations where agreement = ? and party = ? and year = ?`, c.Agreement, c.Party, c.Year); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `insert into agreements_confirmations (id, agreement, party, year, version, remarks, paper, by_person, at) values `+db.Marks(1, 9)+`
		on conflict (agreement, year, party, version) do nothing`, c.ID, c.Agreement, c.Party, c.Year, c.Version, c.Remarks, c.Paper, c.By, c.At)
	if err == nil && n == 0 {
		err = errChanged // the same party in two tabs at once
	}
	if err != nil {
		return err
	}
	for _, f := range c.Figures {
		if _, err := tx.Exec(ctx, `insert into agreements_confirmed (confirmation, area, activities, participations, people, minutes, money) values `+db.Marks(1, 7),
			c.ID, f.Area, f.Activities, f.Participations, f.People, f.Minutes, f.Money); err != nil {
			return err
		}
	}
	return nil
}

// yearFigures are what the ledger says now of each area of a year.
func (s *Service) yearFigures(ctx context.Context, r db.Reader, w Whole, year int) (list []figures, err error) {
	all, err := s.figuresOf(ctx, r, w, w.in(year))
	for _, f := range all {
		list = append(list, figuresOf(f.Area.ID, f.ofYear(year)))
	}
	return list, err
}

// Print is figures as one text: the form of a confirmation carries it, so that
// nobody confirms figures that they have not seen.
func Print(list []figures) (text string) {
	for _, f := range list {
		for _, n := range []int64{f.Activities, f.Participations, f.People, f.Minutes, f.Money} {
			text += strconv.FormatInt(n, 36) + "."
		}
		text += "/"
	}
	return text
}

// Seen is the print (see Print) of what the register says now of a year, for
// programs that confirm without a screen. Who may: see runs.
func (s *Service) Seen(ctx context.Context, who access.Actor, id ID, year int) (_ string, err error) {
	defer fault.Wrap(&err, "figures of %d of agreement %s", year, id)
	w, err := s.managed(ctx, who, id)
	if err != nil {
		return "", err
	}
	list, err := s.yearFigures(ctx, s.db, w, year)
	return Print(list), err
}

// Confirmations are the last words of the parties about a year.
func (s *Service) Confirmations(ctx context.Context, id ID, year int) (list []Confirmation, err error) {
	defer fault.Wrap(&err, "confirmations of agreement %s", id)
	if err := s.db.Select(ctx, &list, `select `+confirmationColumns+` from agreements_confirmations c join agreements_parties p on p.id = c.party
		where c.agreement = ? and c.year = ? and c.version = (select max(o.version) from agreements_confirmations o where o.agreement = c.agreement and o.year = c.year and o.party = c.party)
		order by p.no`, id, year); err != nil {
		return nil, err
	}
	for n := range list {
		if err := s.db.Select(ctx, &list[n].Figures, `select area, activities, participations, people, minutes, money from agreements_confirmed where confirmation = ? order by area`, list[n].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Difference is an area whose figures are not the same now as a party confirmed
// them, or not the same as another party did.
type Difference struct {
	Area  string
	Party string
	Was   figures
	Now   figures
}

// differences compares what parties confirmed with what the ledger says now. Two
// parties that confirmed differently differ from now each in its own way, so
// both are seen.
func differences(now []figures, said []Confirmation) (list []Difference) {
	for _, f := range now {
		for _, c := range said {
			if was, _ := c.of(f.Area); !was.same(f) {
				list = append(list, Difference{Area: f.Area, Party: c.Party, Was: was, Now: f})
			}
		}
	}
	for _, c := range said {
		for _, was := range c.Figures {
			// An area that is no longer of the year: what was confirmed for it is gone.
			if !slices.ContainsFunc(now, func(f figures) bool { return f.Area == was.Area }) && !was.same(figures{}) {
				list = append(list, Difference{Area: was.Area, Party: c.Party, Was: was, Now: figures{Area: was.Area}})
			}
		}
	}
	return list
}
