package vote

import (
	"context"
	"time"

	"kladka/internal/budget"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
)

// RollLimits bound the sheet of a roll. A city larger than that brings it in
// parts: a row that came before is no fault.
func RollLimits() sheet.Limits {
	return sheet.Limits{Bytes: 24 << 20, Rows: 200_000, Columns: 40, Cell: 400}
}

// Columns of a roll.
const (
	nameColumn     = "name"
	lastColumn     = "last"
	bornColumn     = "born"
	addressColumn  = "address"
	districtColumn = "district"
)

// rollColumnsOf are the headings that people write, in all our languages: a
// roll comes from an office whose language is not the reader's.
func rollColumnsOf(c *i18n.Catalog) []sheet.Column {
	titles := func(key string) (list []string) {
		for _, lang := range i18n.Langs {
			for _, n := range []string{"", "_2", "_3"} {
				if k := "vote.roll.column." + key + n; c.Has(k) {
					list = append(list, c.In(lang).T(k))
				}
			}
		}
		return list
	}
	return []sheet.Column{
		{Name: nameColumn, Titles: titles(nameColumn), Required: true},
		{Name: lastColumn, Titles: titles(lastColumn)},
		{Name: bornColumn, Titles: titles(bornColumn), Required: true},
		{Name: addressColumn, Titles: titles(addressColumn), Required: true},
		{Name: districtColumn, Titles: titles(districtColumn)}}
}

// RollPlan is what a sheet would do. It holds no names.
type RollPlan struct {
	Rows     []RollRow
	Problems []RollProblem
	Doubles  int
	Unknown  []string // headings that nobody claims
	// NoDistrict tells that the edition has districts and the sheet does not say
	// which: its people get the pools that are for everybody.
	NoDistrict bool
}

// RollRow is an elector to be.
type RollRow struct {
	Mark  string
	Same  string // of the name and the date of birth
	Pools []budget.PoolID
}

// RollProblem is what is wrong in a row: its number in the sheet, the letter of
// the column, and a message key. The row is left out.
type RollProblem struct {
	N      int
	Column string
	Key    string
	Args   []any
}

// readRoll reads the rows of a sheet. The error is a fault of the sheet as a whole.
func readRoll(t *sheet.Table, columns []sheet.Column, e budget.Edition, key markKey, now time.Time) (p RollPlan, err error) {
	m, err := t.Match(columns...)
	if err != nil {
		return p, err
	}
	p.Unknown = m.Unknown
	p.NoDistrict = len(districts(e)) > 0 && !m.Has(districtColumn)
	seen := map[string]bool{}
	for _, row := range t.Rows {
		r, problem := readRow(m, row, e, key, now)
		switch {
		case problem != nil:
			p.Problems = append(p.Problems, *problem)
		case seen[r.Mark]:
			p.Doubles++
		default:
			seen[r.Mark] = true
			p.Rows = append(p.Rows, r)
		}
	}
	return p, nil
}

// columnOf leads a fault at an input back to the column of a sheet.
var columnOf = map[string]string{"imie": nameColumn, "urodzenie": bornColumn, "adres": addressColumn}

func readRow(m sheet.Match, row sheet.Row, e budget.Edition, key markKey, now time.Time) (r RollRow, p *RollProblem) {
	who, faults := Identity{Name: m.Value(row, nameColumn) + " " + m.Value(row, lastColumn), Born: m.Value(row, bornColumn), Address: m.Value(row, addressColumn)}.read(now)
	if len(faults) > 0 {
		f := faults[0]
		return r, &RollProblem{N: row.N, Column: m.Where(columnOf[f.Name]), Key: f.Key, Args: f.Args}
	}
	if !oldEnough(who.Born, e.Rules.Who.VoteAge, ageDay(e, now)) {
		return r, &RollProblem{N: row.N, Column: m.Where(bornColumn), Key: "vote.fault.too_young", Args: []any{"n", e.Rules.Who.VoteAge}}
	}
	pools, ok := poolsFor(e, m.Value(row, districtColumn))
	if !ok {
		return r, &RollProblem{N: row.N, Column: m.Where(districtColumn), Key: "vote.fault.district"}
	}
	return RollRow{Mark: key.person(who), Same: key.sameName(who), Pools: pools}, nil
}

// ageDay is the day on which the age of electors counts: the first of the vote.
func ageDay(e budget.Edition, now time.Time) time.Time {
	if from := e.Rules.Calendar.VoteFrom; from != 0 {
		return time.Unix(from, 0)
	}
	return now
}

// PlanRoll reads a sheet for an edition and says what it would do.
func (s *Service) PlanRoll(ctx context.Context, e budget.Edition, t *sheet.Table) (RollPlan, error) {
	key, err := s.markKey(ctx, e.ID)
	if err != nil {
		return RollPlan{}, err
	}
	return readRoll(t, rollColumnsOf(s.Catalog), e, key, s.now())
}
