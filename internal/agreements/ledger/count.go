package ledger

// The rules of counting, without a database.

// line is a fact as the rollups see it. Sign is -1 where it is taken away.
type line struct {
	spot
	PersonKey string `db:"person_key"`
	Keyed     bool   `db:"keyed"` // had a key, which a frozen year has blanked
	People    int64  `db:"people"`
	Minutes   int64  `db:"minutes"`
	Money     int64  `db:"money"`
	Hand      bool   `db:"hand"`
	Year      int    `db:"school_year"`
	TakenAt   int64  `db:"taken_at"`
	Sign      int64  `db:"-"`
}

// spot is where a fact comes from, and who.
type spot struct {
	Seat    string `db:"by_seat"`
	Running string `db:"by_running"`
	Group   Group  `db:"grp"`
}

// cell is one row of a scope and year in the rollups.
type cell struct {
	by, town string
	group    Group
}

const byAll = "all"

// cells are the rows that something from a spot counts in: everywhere, in its
// municipality by seat and by running (the row of "" holds what has none), each
// for everybody and for the group.
func (s spot) cells() [6]cell {
	return [6]cell{{byAll, "", ""}, {byAll, "", s.Group}, {BySeat, s.Seat, ""}, {BySeat, s.Seat, s.Group},
		{ByRunning, s.Running, ""}, {ByRunning, s.Running, s.Group}}
}

// part is what the fact adds to sums, its sign included.
func (l line) part() Part {
	p := Part{Facts: l.Sign, Participations: l.Sign * l.People, Money: l.Sign * l.Money}
	if l.People > 0 {
		p.Minutes = l.Sign * l.Minutes
	} else {
		p.Held = l.Sign * l.Minutes
	}
	return p
}

func (l line) totals() Totals {
	t := Totals{Part: l.part()}
	if !l.Keyed {
		t.Unknown = t.Participations
	}
	if l.Hand {
		t.Hand = t.Part
	}
	return t
}

func (p *Part) add(o Part) {
	p.Facts += o.Facts
	p.Activities += o.Activities
	p.Participations += o.Participations
	p.Minutes += o.Minutes
	p.Held += o.Held
	p.Money += o.Money
}

func (t *Totals) add(o Totals) {
	t.Part.add(o.Part)
	t.Hand.add(o.Hand)
	t.People += o.People
	t.Unknown += o.Unknown
}

// sums are totals by cell.
type sums map[cell]Totals

func (s sums) add(at cell, t Totals) {
	sum := s[at]
	sum.add(t)
	s[at] = sum
}

// sum adds lines up, all that can be added; people and activities are counted
// once and come from crossed.
func sum(lines []line) sums {
	s := sums{}
	for _, l := range lines {
		for _, c := range l.cells() {
			s.add(c, l.totals())
		}
	}
	return s
}

// spots counts lines by spot.
func spots(lines []line) map[spot]int64 {
	n := map[spot]int64{}
	for _, l := range lines {
		n[l.spot] += l.Sign
	}
	return n
}

// crossed tells in which cells something comes to be counted (1) or is counted
// no more (-1) when its numbers of facts change: had before, and by how much.
func crossed(had, change map[spot]int64) map[cell]int64 {
	before, after := map[cell]int64{}, map[cell]int64{}
	for at, n := range had {
		for _, c := range at.cells() {
			before[c] += n
			after[c] += n
		}
	}
	for at, n := range change {
		for _, c := range at.cells() {
			after[c] += n
		}
	}
	turned := map[cell]int64{}
	for c, n := range after {
		if now, was := n > 0, before[c] > 0; now && !was {
			turned[c] = 1
		} else if was && !now {
			turned[c] = -1
		}
	}
	return turned
}

// activities puts what crossed says of an activity into sums.
func (s sums) activities(turned map[cell]int64, hand bool) {
	for c, n := range turned {
		t := Totals{Part: Part{Activities: n}}
		if hand {
			t.Hand.Activities = n
		}
		s.add(c, t)
	}
}

// people puts what crossed says of a person into sums.
func (s sums) people(turned map[cell]int64) {
	for c, n := range turned {
		s.add(c, Totals{People: n})
	}
}

// signed are lines with another sign.
func signed(lines []line, sign int64) []line {
	list := make([]line, len(lines))
	for n, l := range lines {
		l.Sign = sign
		list[n] = l
	}
	return list
}
