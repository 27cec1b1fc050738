package plan

import (
	"cmp"
	"context"
	"math/big"
	"slices"

	"kladka/internal/agreements/formula"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/db"
)

// Figure is the value of an indicator for a school year, or why there is none.
// Towns is from how many municipalities a sum was made, 0 for no sum.
type Figure struct {
	formula.Result
	Towns int
}

// Known tells whether there is a value.
func (f Figure) Known() bool { return f.Value != nil }

// Span is what values are asked for. Years are school years, both included. With
// Towns they are asked for every municipality, with Town for that one; the whole
// is always there.
type Span struct {
	From, To int
	Towns    bool
	Town     string
}

// Values are the figures of some indicators of a plan. Ask Of.
type Values struct {
	span     Span
	named    named
	formulas map[string]formula.Formula // by code of the indicator
	counted  map[counted]map[int]map[string]ledger.Totals
	begun    map[int]bool         // years of which the ledger has any fact
	read     map[string][]Reading // approved, by code
	fresh    map[IndicatorID]int64
	byCode   map[string]map[place]Figure
}

// counted is what is asked of the ledger at once.
type counted struct {
	scope ledger.Scope
	group ledger.Group
	by    string
}

// place is a school year and a municipality, "" for the whole.
type place struct {
	year int
	town string
}

// Values reckons indicators of a plan. How many questions it asks depends on the
// formulas and years alone: one of the readings, and of the ledger one for each
// thing counted, and one more for each year when municipalities are asked for.
func (s *Service) Values(ctx context.Context, r db.Reader, t Tree, list []Indicator, span Span) (*Values, error) {
	v := &Values{span: span, named: t.named(), formulas: map[string]formula.Formula{}, counted: map[counted]map[int]map[string]ledger.Totals{},
		begun: map[int]bool{}, read: map[string][]Reading{}, fresh: map[IndicatorID]int64{}, byCode: map[string]map[place]Figure{}}
	for _, i := range list {
		v.gather(i.Code)
	}
	if err := v.readReadings(ctx, r); err != nil {
		return nil, err
	}
	from := span.From + v.earliest()
	for what := range v.counted {
		if err := s.count(ctx, r, v, what, from); err != nil {
			return nil, err
		}
	}
	if err := s.beginnings(ctx, r, v, from); err != nil {
		return nil, err
	}
	return v, v.freshness(ctx, r, list)
}

// beginnings are the years of which the ledger has facts. In these nothing
// counted is a nought, everywhere; in others nobody wrote anything down, which
// is not nought.
func (s *Service) beginnings(ctx context.Context, r db.Reader, v *Values, from int) error {
	if len(v.counted) == 0 {
		return nil
	}
	years, err := s.Ledger.Totals(ctx, r, ledger.Query{Scope: ledger.All, From: from, To: v.span.To})
	for _, y := range years {
		v.begun[y.SchoolYear] = y.Facts > 0
	}
	return err
}

// gather follows formulas down to what must be read.
func (v *Values) gather(code string) {
	i, there := v.named.indicators[code]
	if _, seen := v.formulas[code]; seen || !there {
		return
	}
	f, _ := formula.Parse(i.Formula) // of an entered one: no formula, no calls
	v.formulas[code] = f
	for _, c := range f.Calls() {
		if what, ok := v.asks(c); ok {
			v.counted[what] = nil
		} else if !c.Measure.OfLedger() {
			v.gather(c.Value)
		}
	}
}

// asks is what a call asks of the ledger; an action that is not there asks nothing.
func (v *Values) asks(c formula.Call) (w counted, ok bool) {
	if !c.Measure.OfLedger() {
		return w, false
	}
	w = counted{scope: ledger.All, group: ledger.Group(c.Group), by: ledger.BySeat}
	if c.Running {
		w.by = ledger.ByRunning
	}
	switch c.Scope {
	case formula.ScopeAction:
		id := v.named.actions[c.Value]
		w.scope = ledger.Action(string(id))
		return w, id != ""
	case formula.ScopeKind:
		w.scope = ledger.Kind(c.Value)
	case formula.ScopeTheme:
		w.scope = ledger.Theme(c.Value)
	case formula.ScopeArea:
		w.scope = ledger.Area(c.Value)
	}
	return w, true
}

// earliest is how many years before the one asked about formulas look, 0 or less.
// Looks behind looks add up; each formula is walked once.
func (v *Values) earliest() int {
	least := map[string]int{}
	var walk func(code string) int
	walk = func(code string) int {
		if n, walked := least[code]; walked {
			return n
		}
		least[code] = 0 // of a formula that leads back here
		far := 0
		for _, c := range v.formulas[code].Calls() {
			shift := c.Shift
			if c.Measure == formula.Indicator {
				shift += walk(c.Value)
			}
			far = min(far, shift)
		}
		least[code] = far
		return far
	}
	far := 0
	for code := range v.formulas {
		far = min(far, walk(code))
	}
	return max(far, -40)
}

func (v *Values) readReadings(ctx context.Context, r db.Reader) error {
	var ids []IndicatorID
	code := map[IndicatorID]string{}
	for c := range v.formulas {
		if i := v.named.indicators[c]; i.Way == Entered {
			ids, code[i.ID] = append(ids, i.ID), c
		}
	}
	for some := range slices.Chunk(ids, 500) {
		query, args, err := db.In(`select `+readingColumns+` from plan_readings r where r.indicator in (?) and r.state = ? order by r.id`, some, Approved)
		if err != nil {
			return err
		}
		var rows []Reading
		if err := r.Select(ctx, &rows, query, args...); err != nil {
			return err
		}
		for _, one := range rows {
			v.read[code[one.Indicator]] = append(v.read[code[one.Indicator]], one)
		}
	}
	return nil
}

// count asks the ledger for one thing over all years.
func (s *Service) count(ctx context.Context, r db.Reader, v *Values, what counted, from int) error {
	byYear := map[int]map[string]ledger.Totals{}
	v.counted[what] = byYear
	put := func(year int, town string, t ledger.Totals) {
		if byYear[year] == nil {
			byYear[year] = map[string]ledger.Totals{}
		}
		byYear[year][town] = t
	}
	q := ledger.Query{Scope: what.scope, Group: what.group, By: what.by, From: from, To: v.span.To}
	for _, town := range slices.Compact([]string{"", v.span.Town}) {
		q.Town = town
		years, err := s.Ledger.Totals(ctx, r, q)
		if err != nil {
			return err
		}
		for _, y := range years {
			put(y.SchoolYear, town, y.Totals)
		}
	}
	if !v.span.Towns {
		return nil
	}
	q.Town = ""
	for year := from; year <= v.span.To; year++ {
		q.From, q.To = year, year
		towns, err := s.Ledger.ByTown(ctx, r, q)
		if err != nil {
			return err
		}
		for town, t := range towns {
			if town != "" {
				put(year, town, t)
			}
		}
	}
	return nil
}

// freshness is when the newest of all that an indicator rests on was written.
func (v *Values) freshness(ctx context.Context, r db.Reader, list []Indicator) error {
	at := map[ledger.Scope]int64{}
	for what := range v.counted {
		if _, asked := at[what.scope]; asked {
			continue
		}
		var err error
		if at[what.scope], err = ledger.FreshAt(ctx, r, what.scope); err != nil {
			return err
		}
	}
	for _, i := range list {
		v.fresh[i.ID] = v.freshOf(i.Code, at, map[string]bool{})
	}
	return nil
}

func (v *Values) freshOf(code string, at map[ledger.Scope]int64, seen map[string]bool) (last int64) {
	if seen[code] {
		return 0
	}
	seen[code] = true
	for _, one := range v.read[code] {
		last = max(last, one.DecidedAt)
	}
	for _, c := range v.formulas[code].Calls() {
		if what, ok := v.asks(c); ok {
			last = max(last, at[what.scope])
		} else {
			last = max(last, v.freshOf(c.Value, at, seen))
		}
	}
	return last
}

// FreshAt is when the newest fact or reading that an indicator rests on was
// written, 0 when there is none.
func (v *Values) FreshAt(id IndicatorID) int64 { return v.fresh[id] }

// Of is the value of an indicator for a school year, of the whole or of a
// municipality.
func (v *Values) Of(i Indicator, year int, town string) Figure {
	return v.of(i.Code, place{year, town}, nil)
}

// of reckons a value once. The path guards against formulas that lead back to
// themselves: none is saved, but none may hang a page either.
func (v *Values) of(code string, at place, path []string) Figure {
	if f, ok := v.byCode[code][at]; ok {
		return f
	}
	if slices.Contains(path, code) {
		return Figure{Result: formula.Result{Lack: formula.NotKnown, Of: code}}
	}
	var f Figure
	if v.named.indicators[code].Way == Entered {
		f = v.readAt(code, at)
	} else {
		path = append(slices.Clone(path), code)
		f.Result = v.formulas[code].Eval(func(c formula.Call) *big.Rat { return v.ask(c, at, path) })
	}
	if v.byCode[code] == nil {
		v.byCode[code] = map[place]Figure{}
	}
	v.byCode[code][at] = f
	return f
}

// ask answers a call of a formula, with nil when there is no value.
func (v *Values) ask(c formula.Call, at place, path []string) *big.Rat {
	at.year += c.Shift
	if !c.Measure.OfLedger() {
		return v.of(c.Value, at, path).Value
	}
	what, ok := v.asks(c)
	if !ok || !v.begun[at.year] {
		return nil
	}
	return measured(c.Measure, v.counted[what][at.year][at.town])
}

// measured is one number of totals.
func measured(m formula.Measure, t ledger.Totals) *big.Rat {
	switch m {
	case formula.People:
		return big.NewRat(t.People, 1)
	case formula.Participations:
		return big.NewRat(t.Participations, 1)
	case formula.Hours:
		return big.NewRat(t.Minutes, 45)
	case formula.Money:
		return big.NewRat(t.Money, 100)
	case formula.Facts:
		return big.NewRat(t.Facts, 1)
	}
	return big.NewRat(t.Activities, 1)
}

// readAt is what was approved for a place and time.
func (v *Values) readAt(code string, at place) Figure {
	adds := v.named.indicators[code].Adds
	byTown := map[string][]Reading{}
	for _, one := range v.read[code] {
		if one.SchoolYear == at.year {
			byTown[one.Town] = append(byTown[one.Town], one)
		}
	}
	if own := yearOf(byTown[at.town], adds); own != nil {
		return Figure{Result: formula.Result{Value: own}}
	}
	if at.town == "" && adds && len(byTown) > 0 {
		sum := new(big.Rat)
		for _, rows := range byTown {
			sum.Add(sum, yearOf(rows, adds))
		}
		return Figure{Result: formula.Result{Value: sum}, Towns: len(byTown)}
	}
	return Figure{Result: formula.Result{Lack: formula.NotKnown, Of: code}}
}

// yearOf is the value of a school year from the readings of its terms: their
// sum when they add up, else that of the last. A reading of the whole year goes
// before its halves. Nil when there is none.
func yearOf(rows []Reading, adds bool) *big.Rat {
	if len(rows) == 0 {
		return nil
	}
	rows = slices.SortedFunc(slices.Values(rows), func(a, b Reading) int { return cmp.Compare(a.Half, b.Half) })
	if !adds || rows[0].Half == 0 {
		last := rows[len(rows)-1]
		if rows[0].Half == 0 {
			last = rows[0]
		}
		_, value, _ := formula.Decimal(last.Value)
		return value
	}
	sum := new(big.Rat)
	for _, one := range rows {
		if _, value, ok := formula.Decimal(one.Value); ok {
			sum.Add(sum, value)
		}
	}
	return sum
}

// Latest is the last school year up to one for which an indicator has a value of
// the whole.
func (v *Values) Latest(i Indicator, upTo int) (year int, f Figure, ok bool) {
	for year = min(upTo, v.span.To); year >= v.span.From; year-- {
		if f = v.Of(i, year, ""); f.Known() {
			return year, f, true
		}
	}
	return 0, f, false
}

// Progress is how far an indicator came: the share of the way from the baseline
// to the target, in percent, 0 to 100 and beyond; Reached when the target is.
type Progress struct {
	Percent int
	Reached bool
	Known   bool // there is a baseline and a target, and they differ
}

// progress is a rule of values: the way from the baseline to the target is the
// whole, whichever direction it goes. Without a baseline only Reached is said.
func progress(i Indicator, now *big.Rat) (p Progress) {
	_, target, ok := formula.Decimal(i.Target)
	if !ok || now == nil {
		return p
	}
	p.Reached = now.Cmp(target) >= 0
	if i.Down {
		p.Reached = now.Cmp(target) <= 0
	}
	_, base, ok := formula.Decimal(i.Baseline)
	if !ok || base.Cmp(target) == 0 {
		return p
	}
	way := new(big.Rat).Quo(new(big.Rat).Sub(now, base), new(big.Rat).Sub(target, base))
	share, _ := new(big.Rat).Mul(way, big.NewRat(100, 1)).Float64()
	p.Percent, p.Known = int(max(-999, min(999, share))), true
	return p
}
