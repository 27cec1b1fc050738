package directory

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Apply takes in what Preview showed, all of it or nothing, and returns when it
// is done. Who asks must hold ImportRegister. It is a Conflict when the import
// is settled already, or when the directory changed since it was compared: then
// the file must be read again. A difference that would close an unlikely share
// of the institutions is refused as Invalid unless allowMassClosing says that a
// person looked at it.
func (s *Service) Apply(ctx context.Context, who access.Actor, id ImportID, allowMassClosing bool) (_ Import, err error) {
	defer fault.Wrap(&err, "apply import %s", id)
	i, err := s.mayApply(ctx, who, id, allowMassClosing)
	if err != nil {
		return i, err
	}
	i.SettledBy = string(who.Person)
	if err := s.takeIn(ctx, i, func(context.Context, *db.Tx) error { return nil }); err != nil {
		return i, err
	}
	return importByID(ctx, s.db, id)
}

// mayApply holds the refusals that can be told before anything is done.
func (s *Service) mayApply(ctx context.Context, who access.Actor, id ImportID, allowMassClosing bool) (Import, error) {
	if err := who.Must(access.ImportRegister); err != nil {
		return Import{}, err
	}
	i, err := importByID(ctx, s.db, id)
	if err != nil {
		return i, err
	}
	version, err := db.Version(ctx, s.db, versionName)
	switch {
	case err != nil:
		return i, err
	case i.State != ImportShown:
		return i, fault.New(fault.Conflict, "import.refused.settled")
	case version != i.BasedOn:
		return i, fault.New(fault.Conflict, "import.refused.stale")
	case i.MassClosing && !allowMassClosing:
		return i, fault.InvalidFields([]fault.Field{{Name: massField, Key: "import.refused.mass_closing", Args: []any{"n", i.Closed}}})
	}
	return i, nil
}

// massField is the box to tick when many institutions would close.
const massField = "zgoda"

// takeIn does the work of Apply. Everything is computed before the
// transaction, which only writes: the version, raised inside it, proves that
// nothing was changed since it was read. After is done in the same transaction.
func (s *Service) takeIn(ctx context.Context, i Import, after func(ctx context.Context, tx *db.Tx) error) error {
	p, err := s.plan(ctx, i)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update directory_imports set state = ?, applied_at = ?, settled_by = ?, refusal_key = ''
			where id = ? and state = ?`, ImportApplied, p.now.Unix(), i.SettledBy, i.ID, i.State)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "import.refused.settled")
		}
		if err := p.write(ctx, tx, i.BasedOn); err != nil {
			return err
		}
		return after(ctx, tx)
	})
	if db.Duplicate(err) {
		return errors.Join(fault.New(fault.Conflict, "import.refused.stale"), err)
	}
	return err
}

// plan is what applying an import will write.
type plan struct {
	now            time.Time
	municipalities []Municipality // new ones
	rows           []Institution  // new and changed ones, complete
	before, after  []unit         // known ones, for parents and head units that move
	running        map[string][]any
}

func (s *Service) plan(ctx context.Context, i Import) (p plan, err error) {
	defer fault.Wrap(&err, "plan import %s", i.ID)
	p.now = s.now()
	var changes []ImportChange
	err = eachChange(ctx, s.db, i.ID, func(c ImportChange) error {
		changes = append(changes, c)
		return nil
	})
	if err != nil || len(changes) == 0 {
		return p, err
	}
	known, err := Municipalities(ctx, s.db)
	if err != nil {
		return p, err
	}
	p.municipalities = newMunicipalities(known, changes)
	places, err := readPlaces(ctx, s.db)
	if err != nil {
		return p, err
	}
	maker := rowMaker{runners: newRunners(slices.Concat(known, p.municipalities)), places: places, shape: i.Shape, now: p.now}
	if p.rows, err = maker.rows(ctx, s.db, changes); err != nil {
		return p, err
	}
	if len(p.municipalities) > 0 {
		if p.running, err = runningMoves(ctx, s.db, maker.runners); err != nil {
			return p, err
		}
	}
	p.before, err = readUnits(ctx, s.db)
	p.settle(changes)
	return p, err
}

// newMunicipalities are those that the records name and the directory does not know.
func newMunicipalities(known []Municipality, changes []ImportChange) (list []Municipality) {
	seen := map[string]bool{"": true}
	for _, m := range known {
		seen[m.ID] = true
	}
	for _, c := range changes {
		r := c.Record
		if seen[r.Municipality] {
			continue
		}
		seen[r.Municipality] = true
		name := r.MunicipalityName
		if name == "" {
			name = r.Municipality
		}
		list = append(list, Municipality{ID: r.Municipality, Name: name, County: r.County, Voivodeship: r.Voivodeship})
	}
	return list
}

// rowMaker turns changes into rows.
type rowMaker struct {
	runners runners
	places  places
	shape   register.Shape
	now     time.Time
}

func (m rowMaker) rows(ctx context.Context, r db.Reader, changes []ImportChange) ([]Institution, error) {
	var ids []access.InstitutionID
	for _, c := range changes {
		if c.Institution != "" {
			ids = append(ids, c.Institution)
		}
	}
	standing, err := byIDs(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	known := make(map[access.InstitutionID]Institution, len(standing))
	for _, i := range standing {
		known[i.ID] = i
	}
	rows := make([]Institution, 0, len(changes))
	for _, c := range changes {
		row, there := known[c.Institution]
		if c.Institution != "" && !there {
			return nil, fault.New(fault.Conflict, "import.refused.stale")
		}
		row, err := m.row(row, c)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// row applies one change to the row as it stands. Only the fields that changed
// in the register are taken, so that what was corrected here by hand stays.
func (m rowMaker) row(i Institution, c ImportChange) (Institution, error) {
	stated, err := json.Marshal(c.Record)
	if err != nil {
		return i, err
	}
	number := c.RSPO
	i.RSPO, i.Origin, i.Stated, i.Source, i.UpdatedAt = &number, FromRegister, string(stated), string(m.shape), m.now.Unix()
	if c.Kind == register.New {
		i.ID = access.NewInstitutionID()
		i.HeadUnit, i.Revision = i.ID, 1
		for _, take := range takes {
			take(&i, &c.Record)
		}
	}
	for _, f := range c.Fields {
		if take := takes[f.Field]; take != nil {
			take(&i, &c.Record)
		}
	}
	m.close(&i, c)
	i.SortKey = i18n.SortKey(i.Name)
	i.RunningMunicipality = m.runners.of(i.RunningName, i.RunningKind, i.Municipality)
	m.places.place(&i)
	return i, nil
}

func (m rowMaker) close(i *Institution, c ImportChange) {
	switch {
	case c.Vanished():
		i.Closed, i.ClosedWhy, i.ClosedOn = true, ClosedVanished, localDay(m.now)
	case c.Kind == register.Closed:
		i.Closed, i.ClosedWhy, i.ClosedOn = true, ClosedByRegister, c.Record.ClosedOn
	case c.Kind == register.Reopened:
		i.Closed, i.ClosedWhy, i.ClosedOn = false, "", ""
	}
}

// localDay is the day that it is in Poland.
func localDay(t time.Time) string { return t.In(web.Warsaw).Format(time.DateOnly) }

// Why an institution is closed: the register stated the day, or it no longer
// lists the institution; then the day is the one on which that was noticed.
const (
	ClosedByRegister = "register"
	ClosedVanished   = "vanished"
)

// takes says how each field of a record reaches the row. Parents are settled
// for all units together; name, county and voivodeship of the municipality are
// the municipality's own.
var takes = map[string]func(*Institution, *register.Record){
	"type":          func(i *Institution, r *register.Record) { i.Kind = Kind(r.Type) },
	"name":          func(i *Institution, r *register.Record) { i.Name = r.Name },
	"official_name": func(i *Institution, r *register.Record) { i.OfficialName = r.OfficialName },
	"municipality": func(i *Institution, r *register.Record) {
		if r.Municipality != "" {
			i.Municipality = r.Municipality
		}
	},
	"delegatura":   func(i *Institution, r *register.Record) { i.Delegatura = r.Delegatura },
	"city":         func(i *Institution, r *register.Record) { i.City = r.City },
	"street":       func(i *Institution, r *register.Record) { i.Street = r.Street },
	"house":        func(i *Institution, r *register.Record) { i.House = r.House },
	"flat":         func(i *Institution, r *register.Record) { i.Flat = r.Flat },
	"post_code":    func(i *Institution, r *register.Record) { i.Postcode = r.PostCode },
	"point":        takePoint,
	"regon":        func(i *Institution, r *register.Record) { i.REGON = r.REGON },
	"nip":          func(i *Institution, r *register.Record) { i.NIP = r.NIP },
	"phone":        func(i *Institution, r *register.Record) { i.Phone = r.Phone },
	"email":        func(i *Institution, r *register.Record) { i.Email = r.Email },
	"website":      func(i *Institution, r *register.Record) { i.Website = r.Website },
	"running_name": func(i *Institution, r *register.Record) { i.RunningName = r.RunningName },
	"running_kind": func(i *Institution, r *register.Record) { i.RunningKind = string(r.RunningKind) },
	"public":       func(i *Institution, r *register.Record) { i.Public = r.Public },
	"pupils":       takePupils,
	"founded_on":   func(i *Institution, r *register.Record) { i.FoundedOn = r.FoundedOn },
	"closed_on":    takeClosedOn,
}

// takeClosedOn also serves the institution that vanished first and whose day
// of closing the register stated later.
func takeClosedOn(i *Institution, r *register.Record) {
	i.ClosedOn = r.ClosedOn
	if i.Closed && r.ClosedOn != "" {
		i.ClosedWhy = ClosedByRegister
	}
}

func takePoint(i *Institution, r *register.Record) {
	i.Lat, i.Lon = nil, nil
	if r.HasPoint {
		lat, lon := r.Lat, r.Lon
		i.Lat, i.Lon = &lat, &lon
	}
}

func takePupils(i *Institution, r *register.Record) {
	i.Pupils = nil
	if r.HasPupils {
		pupils := r.Pupils
		i.Pupils = &pupils
	}
}

// settle computes parents and head units of all, those of the rows included.
func (p *plan) settle(changes []ImportChange) {
	at := make(map[access.InstitutionID]int, len(p.before))
	for n, u := range p.before {
		at[u.ID] = n
	}
	p.after = slices.Clone(p.before)
	places := make([]int, len(p.rows)) // of the rows among the units
	for n, row := range p.rows {
		place, known := at[row.ID]
		if !known {
			place = len(p.after)
			p.after = append(p.after, unit{ID: row.ID, RSPO: *row.RSPO})
		}
		u := &p.after[place]
		u.Closed, u.Stated, u.StatedParent = row.Closed, true, changes[n].Record.Parent
		places[n] = place
	}
	settleParents(p.after)
	setHeads(p.after)
	for n, place := range places {
		u := p.after[place]
		p.rows[n].HeadUnit, p.rows[n].RegisterParent = u.HeadUnit, nil
		if u.RegisterParent != "" {
			p.rows[n].RegisterParent = &u.RegisterParent
		}
		if place < len(p.before) { // it is written with its row
			p.before[place].HeadUnit, p.before[place].RegisterParent = u.HeadUnit, u.RegisterParent
		}
	}
	p.after = p.after[:len(p.before)]
}

// write writes the plan if the directory is still what it was based on.
func (p plan) write(ctx context.Context, tx *db.Tx, basedOn int64) error {
	if len(p.rows) == 0 {
		return nil
	}
	if err := db.Raise(ctx, tx, versionName); err != nil {
		return err
	}
	version, err := db.Version(ctx, tx, versionName)
	if err != nil {
		return err
	}
	if version != basedOn+1 {
		return fault.New(fault.Conflict, "import.refused.stale")
	}
	if err := ensureMunicipalities(ctx, tx, p.municipalities); err != nil {
		return err
	}
	if err := writeRunning(ctx, tx, p.running); err != nil {
		return err
	}
	if err := save(ctx, tx, p.rows); err != nil {
		return err
	}
	return writeUnits(ctx, tx, p.before, p.after)
}

// runningMoves finds what municipality runs those institutions for which the
// answer changes, because municipalities came in: a name is known now, or has
// become ambiguous.
func runningMoves(ctx context.Context, r db.Reader, runners runners) (map[string][]any, error) {
	moves := map[string][]any{}
	err := r.Each(ctx, func(scan func(dest ...any) error) error {
		var id, name, kind, seat, now string
		if err := scan(&id, &name, &kind, &seat, &now); err != nil {
			return err
		}
		if next := runners.of(name, kind, seat); next != now {
			moves[next] = append(moves[next], id)
		}
		return nil
	}, `select id, running_name, running_kind, municipality, running_municipality from directory_institutions
		where origin = ? and running_name <> '' order by id`, FromRegister)
	return moves, err
}

func writeRunning(ctx context.Context, tx *db.Tx, moves map[string][]any) error {
	for municipality, ids := range moves {
		for some := range slices.Chunk(ids, db.MaxParams-1) {
			_, err := tx.Exec(ctx, `update directory_institutions set running_municipality = ? where id in `+
				db.Marks(1, len(some)), append([]any{municipality}, some...)...)
			if err != nil {
				return err
			}
		}
	}
	return nil
}
