package audit

// order finds out what became of rows that do not stand where they were
// chained. A row's hash holds its number, so a row that was moved is itself
// again when it is hashed with the number it had. The difference of the two
// numbers is the shift:
//
//   - a shift of -n that lasts: n rows were put in before it, and the rest
//     was given new numbers;
//   - a shift of +n that lasts: n rows were taken out before it;
//   - a shift of one row alone: that row was moved;
//   - no shift fits: the row was changed, or moved far away.
type order struct {
	shift    int64
	changes  []shiftChange
	suspects []suspect
	tried    int
	before   string // id of the row before
}

// shiftChange is a place where the shift becomes another.
type shiftChange struct {
	seq      int64
	id       string
	previous string // id of the row before
	from, to int64
}

// suspect is a row that no near number explains.
type suspect struct {
	link link
	row  row
}

const (
	shiftWindow  = 64   // how far a row is looked for around its place
	maxSuspects  = 200  // rows kept for comparing with each other
	maxSearching = 2000 // bounds the time on a chain that is broken everywhere
)

// see takes the next row. It tells whether the row is itself, and whether its
// place follows from a shift, so that its link to the row before says nothing.
func (o *order) see(c link, r row) (intact, moved bool) {
	shift, found := o.find(c, r)
	if !found {
		if len(o.suspects) < maxSuspects {
			o.suspects = append(o.suspects, suspect{c, r})
		}
		o.before = c.RowID
		return false, false
	}
	moved = shift != 0 || shift != o.shift
	if shift != o.shift {
		if len(o.changes) < maxSuspects {
			o.changes = append(o.changes, shiftChange{c.Seq, c.RowID, o.before, o.shift, shift})
		}
		o.shift = shift
	}
	o.before = c.RowID
	return true, moved
}

// find looks for the number with which the row is itself.
func (o *order) find(c link, r row) (shift int64, found bool) {
	is := func(d int64) bool { return c.hash(r, c.Seq+d, c.Prev) == c.Hash }
	if is(0) {
		return 0, true
	}
	if o.shift != 0 && is(o.shift) {
		return o.shift, true
	}
	if o.tried >= maxSearching {
		return 0, false
	}
	o.tried++
	for d := int64(1); d <= shiftWindow; d++ {
		if is(o.shift + d) {
			return o.shift + d, true
		}
		if is(o.shift - d) {
			return o.shift - d, true
		}
	}
	return 0, false
}

// faults says what the shifts and the suspects mean.
func (o *order) faults() []Fault {
	faults := o.suspected()
	steady := int64(0) // the shift that lasts
	for i, c := range o.changes {
		if c.to == steady {
			continue // back from a row that was moved alone
		}
		alone := i+1 < len(o.changes) && o.changes[i+1].seq == c.seq+1
		if alone {
			faults = append(faults, Fault{Kind: Reordered, Sequence: c.seq, ID: c.id})
			continue
		}
		if c.to > steady {
			faults = append(faults, Fault{Kind: Removed, Sequence: c.seq, Count: c.to - steady})
		} else {
			faults = append(faults, inserted(c, steady-c.to))
		}
		steady = c.to
	}
	return without(faults)
}

// inserted names the row just before the place where the shift began: it, and
// those before it when there are more, were put in.
func inserted(c shiftChange, n int64) Fault {
	f := Fault{Kind: Inserted, Sequence: c.seq - n, Count: n}
	if n == 1 {
		f.ID, f.Count = c.previous, 0
	}
	return f
}

// without drops the suspicion against rows that are known to be inserted.
func without(faults []Fault) []Fault {
	put := map[int64]bool{}
	for _, f := range faults {
		if f.Kind == Inserted {
			for n := range min(max(1, f.Count), shiftWindow) {
				put[f.Sequence+n] = true
			}
		}
	}
	var out []Fault
	for _, f := range faults {
		if f.Kind != Changed || !put[f.Sequence] {
			out = append(out, f)
		}
	}
	return out
}

// suspected compares the suspects with each other: two that are themselves at
// the other's place were exchanged. The rest was changed.
func (o *order) suspected() []Fault {
	var faults []Fault
	for _, s := range o.suspects {
		kind := Changed
		for _, other := range o.suspects {
			if s.link.hash(s.row, other.link.Seq, s.link.Prev) == s.link.Hash {
				kind = Reordered
				break
			}
		}
		faults = append(faults, Fault{Kind: kind, Sequence: s.link.Seq, ID: s.link.RowID})
	}
	return faults
}
