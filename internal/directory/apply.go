package directory

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/web"
)

// Why a line was not written.
const (
	heldEdited = "import.held.edited" // changed here since it was compared
	heldGone   = "import.held.gone"
	heldTaken  = "import.held.taken" // a new number that somebody entered meanwhile
	heldOwn    = "import.held.not_own"
)

// applyLines works out the rows of a chunk of lines. The step writes them where
// the revision is still that of the comparison; parents, head units and the
// running of new municipalities follow in finishImport.
func (s *Service) applyLines(ctx context.Context, b importing.Batch, lines []importing.Line, at time.Time) (importing.Step, error) {
	c, err := s.chunk(ctx, b, lines, at)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx *db.Tx) ([]importing.Outcome, error) { return s.writeChunk(ctx, tx, c) }, nil
}

// chunk is what some lines of an import will write.
type chunk struct {
	batch          importing.BatchID
	at             int64
	municipalities []Municipality // new ones
	writes         []rowWrite
	held           []importing.Outcome
}

// rowWrite is one row to be written: complete, with what undoing will need.
type rowWrite struct {
	n       int
	row     Institution // a known one carries the revision it was read with
	fresh   bool
	before  json.RawMessage
	history []Past
	settled []correctionMove
}

// image is what an import keeps of a row, to put it back.
type image struct {
	Row         *Institution     `json:"row,omitempty"` // nil: it was not there
	Corrections []correctionMove `json:"corrections,omitempty"`
}

func (s *Service) chunk(ctx context.Context, b importing.Batch, lines []importing.Line, at time.Time) (c chunk, err error) {
	c = chunk{batch: b.ID, at: at.Unix()}
	said := make([]stated, len(lines))
	for n, line := range lines {
		if err := json.Unmarshal(line.Record, &said[n]); err != nil {
			return c, err
		}
	}
	known, err := Municipalities(ctx, s.db)
	if err != nil {
		return c, err
	}
	c.municipalities = newMunicipalities(known, said)
	standing, err := s.standing(ctx, lines)
	if err != nil {
		return c, err
	}
	ours, err := readHolding(ctx, s.db, slices.Collect(maps.Keys(standing)))
	if err != nil {
		return c, err
	}
	m := rowMaker{runners: newRunners(slices.Concat(known, c.municipalities)), shape: register.Shape(b.Shape), batch: b.ID, now: at}
	if m.places, err = readPlaces(ctx, s.db, townsOf(standing, said)); err != nil {
		return c, err
	}
	stranger, err := s.strangers(ctx, b)
	if err != nil {
		return c, err
	}
	for n, line := range lines {
		row, there := standing[access.InstitutionID(line.Object)]
		switch {
		case line.Object != "" && !there:
			c.held = append(c.held, importing.Outcome{N: line.N, Held: heldGone})
		case line.Object != "" && stranger(row.ID):
			c.held = append(c.held, importing.Outcome{N: line.N, Held: heldOwn})
		case line.Object != "" && row.Revision != line.Base:
			c.held = append(c.held, importing.Outcome{N: line.N, Held: heldEdited})
		default:
			w, err := m.write(row, line, said[n], ours[row.ID])
			if err != nil {
				return c, err
			}
			c.writes = append(c.writes, w)
		}
	}
	return c, nil
}

// strangers tells which institutions the office of a batch does not run by now:
// who runs one may change after the difference was shown, also without a new
// revision of its row. Of a batch of everything nobody is a stranger.
func (s *Service) strangers(ctx context.Context, b importing.Batch) (func(access.InstitutionID) bool, error) {
	if b.Scope == "" {
		return func(access.InstitutionID) bool { return false }, nil
	}
	own, err := s.ownUnits(ctx, access.InstitutionID(b.Scope))
	return func(id access.InstitutionID) bool { return !own[id] }, err
}

// standing are the rows that the lines are about.
func (s *Service) standing(ctx context.Context, lines []importing.Line) (map[access.InstitutionID]Institution, error) {
	var ids []access.InstitutionID
	for _, line := range lines {
		if line.Object != "" {
			ids = append(ids, access.InstitutionID(line.Object))
		}
	}
	rows, err := byIDs(ctx, s.db, ids)
	known := make(map[access.InstitutionID]Institution, len(rows))
	for _, i := range rows {
		known[i.ID] = i
	}
	return known, err
}

func townsOf(standing map[access.InstitutionID]Institution, said []stated) []string {
	seen := map[string]bool{}
	for _, i := range standing {
		seen[i.Municipality] = true
	}
	for _, what := range said {
		seen[what.Record.Municipality] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// newMunicipalities are those that the records name and the directory does not know.
func newMunicipalities(known []Municipality, said []stated) (list []Municipality) {
	seen := map[string]bool{"": true}
	for _, m := range known {
		seen[m.ID] = true
	}
	for _, what := range said {
		r := what.Record
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

// rowMaker turns lines into rows.
type rowMaker struct {
	runners runners
	places  places
	shape   register.Shape
	batch   importing.BatchID
	now     time.Time
}

// write is what one line does to the row as it stands.
func (m rowMaker) write(i Institution, line importing.Line, what stated, ours []Correction) (rowWrite, error) {
	w := rowWrite{n: line.N, fresh: line.Object == ""}
	before := image{}
	if !w.fresh {
		row := i
		before.Row = &row
	}
	row, err := m.row(i, line, what)
	if err != nil {
		return w, err
	}
	taken := map[string]bool{}
	for _, f := range line.Fields {
		taken[f.Name] = f.Clash
	}
	for _, c := range ours {
		move := c.meets(register.TextOf(c.Field, &what.Record), taken[c.Field])
		if move.Changed() {
			w.settled, before.Corrections = append(w.settled, move), append(before.Corrections, move)
		}
	}
	w.row = row
	if w.fresh {
		w.history = []Past{{Institution: row.ID, Field: Appeared, After: row.Name}}
	} else {
		w.history = changesOf(i, row)
	}
	stamp(w.history, FromTheRegister, string(m.batch), m.now)
	w.before, err = json.Marshal(before)
	return w, err
}

// row applies one line to the row as it stands. Only the fields to be taken are
// taken, so that what was corrected here stays; what the register said is
// remembered whole.
func (m rowMaker) row(i Institution, line importing.Line, what stated) (Institution, error) {
	record, err := json.Marshal(what.Record)
	if err != nil {
		return i, err
	}
	number, err := strconv.Atoi(line.Key)
	if err != nil {
		return i, err
	}
	i.RSPO, i.Origin, i.Stated, i.Source, i.UpdatedAt = &number, FromRegister, string(record), string(m.shape), m.now.Unix()
	if line.Object == "" {
		i.ID = access.NewInstitutionID()
		i.HeadUnit, i.Revision = i.ID, 1
		for field := range takes {
			m.take(&i, field, &what.Record)
		}
	}
	for _, f := range line.Fields {
		m.take(&i, f.Name, &what.Record)
	}
	m.close(&i, line, what)
	m.derive(&i)
	return i, nil
}

// take takes one field over.
func (m rowMaker) take(i *Institution, field string, r *register.Record) {
	if take := takes[field]; take != nil {
		take(i, r)
	}
	if field == "point" {
		i.PointSource = ""
		if r.HasPoint {
			i.PointSource = string(m.shape)
		}
	}
}

// derive fills what follows from the rest of the row.
func (m rowMaker) derive(i *Institution) {
	i.SortKey = i18n.SortKey(i.Name)
	i.RunningMunicipality = m.runners.of(i.RunningName, i.RunningKind, i.Municipality)
	m.places.place(i)
}

func (m rowMaker) close(i *Institution, line importing.Line, what stated) {
	switch {
	case what.Vanished:
		i.Closed, i.ClosedWhy, i.ClosedOn = true, ClosedVanished, localDay(m.now)
	case line.Action == importing.ActionClosed:
		i.Closed, i.ClosedWhy, i.ClosedOn = true, ClosedByRegister, what.Record.ClosedOn
	case line.Action == importing.ActionReopened:
		i.Closed, i.ClosedWhy, i.ClosedOn = false, "", ""
	}
}

// localDay is the day that it is in Poland.
func localDay(t time.Time) string { return t.In(web.Warsaw).Format(time.DateOnly) }

// Why an institution is closed: the register stated the day, or it no longer
// lists the institution; then the day is the one on which that was noticed. Or
// the import that brought it was undone while somebody already named it.
const (
	ClosedByRegister = "register"
	ClosedVanished   = "vanished"
	ClosedUndone     = "undone"
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

// writeChunk writes the rows whose revision is still the one compared with, and
// answers for every line.
func (s *Service) writeChunk(ctx context.Context, tx *db.Tx, c chunk) ([]importing.Outcome, error) {
	if err := db.Raise(ctx, tx, versionName); err != nil {
		return nil, err
	}
	if err := ensureMunicipalities(ctx, tx, c.municipalities); err != nil {
		return nil, err
	}
	written := map[access.InstitutionID]int64{}
	for _, fresh := range []bool{true, false} {
		var rows []Institution
		for _, w := range c.writes {
			if w.fresh == fresh {
				rows = append(rows, w.row)
			}
		}
		revisions, err := writeGuarded(ctx, tx, rows, fresh)
		if err != nil {
			return nil, err
		}
		maps.Copy(written, revisions)
	}
	outcomes := slices.Clone(c.held)
	var done []rowWrite
	for _, w := range c.writes {
		revision, ok := written[w.row.ID]
		switch {
		case ok:
			outcomes = append(outcomes, importing.Outcome{N: w.n, Object: string(w.row.ID), Before: w.before, Revision: revision})
			done = append(done, w)
		case w.fresh:
			outcomes = append(outcomes, importing.Outcome{N: w.n, Held: heldTaken})
		default:
			outcomes = append(outcomes, importing.Outcome{N: w.n, Held: heldEdited})
		}
	}
	return outcomes, s.follow(ctx, tx, done, string(c.batch), c.at)
}

// follow writes what goes with rows that were written: their words, their
// history, the corrections that they end, and the index.
func (s *Service) follow(ctx context.Context, tx *db.Tx, done []rowWrite, batch string, at int64) error {
	var rows []Institution
	var past []Past
	var moves []correctionMove
	for _, w := range done {
		rows, past, moves = append(rows, w.row), append(past, w.history...), append(moves, w.settled...)
	}
	if err := replaceWords(ctx, tx, rows); err != nil {
		return err
	}
	if err := insertPast(ctx, tx, past); err != nil {
		return err
	}
	if err := moveCorrections(ctx, tx, moves, batch, at); err != nil {
		return err
	}
	return s.touched(ctx, tx, idsOf(rows)...)
}

func idsOf(rows []Institution) []access.InstitutionID {
	ids := make([]access.InstitutionID, len(rows))
	for n := range rows {
		ids[n] = rows[n].ID
	}
	return ids
}
