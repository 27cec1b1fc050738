package directory

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// CorrectionID names a correction.
type CorrectionID string

// CorrectionState is where a correction stands.
type CorrectionState string

// The states: proposed by the institution, then holding or refused. One that
// held ends when the register agrees, when its word is taken instead, when
// another replaces it, or when an officer ends it; a proposal, when it is
// withdrawn.
const (
	CorrectionProposed CorrectionState = "proposed"
	CorrectionHolding  CorrectionState = "holding"
	CorrectionRefused  CorrectionState = "refused"
	CorrectionEnded    CorrectionState = "ended"
)

// Why a correction ended.
const (
	EndedAgreed    = "agreed"    // the register says the same now
	EndedTaken     = "taken"     // a person took the register's word over it
	EndedReplaced  = "replaced"  // by a later one
	EndedByOfficer = "officer"   // the register's word holds again
	EndedWithdrawn = "withdrawn" // by who proposed it
)

// Correction is what people say of one field against the register. While it
// holds, Value stands in the institution's row, and imports leave it there.
type Correction struct {
	ID          CorrectionID         `db:"id"`
	Institution access.InstitutionID `db:"institution"`
	Field       string               `db:"field"`
	Value       string               `db:"value"`
	Was         string               `db:"was"`        // what the register said when it was made
	Registered  string               `db:"registered"` // what the register says now
	Reason      string               `db:"reason"`
	Person      access.PersonID      `db:"person"`
	At          int64                `db:"at"`
	State       CorrectionState      `db:"state"`
	EndedWhy    string               `db:"ended_why"`
	Note        string               `db:"note"` // of who settled it
	SettledBy   access.PersonID      `db:"settled_by"`
	SettledAt   *int64               `db:"settled_at"`
	Revision    int64                `db:"revision"`
}

// Clash tells that the register changed the value to something else since: both
// are to be shown, and a person should choose (EndCorrection or KeepCorrection).
func (c Correction) Clash() bool {
	return c.State == CorrectionHolding && register.Merge(c.Was, c.Registered, c.Value) == register.Clash
}

const correctionColumns = `id, institution, field, value, was, registered, reason, person, at, state, ended_why, note, settled_by, settled_at, revision`

// Limits of proposals: open ones of one institution, and the length of words.
const (
	mostProposals = 40
	longestReason = 1000
)

// Names of the fields of the forms.
const (
	reasonField = "uzasadnienie"
	noteField   = "uwaga"
)

// Propose says what the register has wrong about an institution; an authority
// accepts or refuses it. Who asks must hold ProposeCorrections or
// AcceptCorrections there. Values that hold already are left out; with none left
// it is Invalid. What the same person proposed for these fields before is
// replaced. The faults of values are at the names of their fields.
func (s *Service) Propose(ctx context.Context, who access.Actor, id access.InstitutionID, values []FieldValue, reason string) (ids []CorrectionID, err error) {
	defer fault.Wrap(&err, "propose corrections of %s", id)
	if err := mayPropose(ctx, who, id); err != nil {
		return nil, err
	}
	i, err := ByID(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	list, err := proposed(i, values)
	if err != nil {
		return nil, err
	}
	switch {
	case len(list) == 0:
		return nil, fault.New(fault.Invalid, "correction.fault.nothing")
	case utf8.RuneCountInString(reason) > longestReason:
		return nil, fault.InvalidFields([]fault.Field{{Name: reasonField, Key: "body.fault.long"}})
	}
	said, err := i.registered()
	if err != nil {
		return nil, err
	}
	var rows []Correction
	now := s.now()
	for _, v := range list {
		c := Correction{ID: CorrectionID(uuid.Must(uuid.NewV7()).String()), Institution: id, Field: v.Field, Value: v.Value,
			Was: said(v.Field), Registered: said(v.Field), Reason: reason, Person: who.Person, At: now.Unix(), State: CorrectionProposed, Revision: 1}
		rows, ids = append(rows, c), append(ids, c.ID)
	}
	officers, err := s.deciders(ctx, i)
	if err != nil {
		return nil, err
	}
	return ids, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := insertProposals(ctx, tx, who, rows, now); err != nil {
			return err
		}
		return s.tellProposed(ctx, tx, who, i, officers)
	})
}

func mayPropose(ctx context.Context, who access.Actor, id access.InstitutionID) error {
	if who.May(access.ProposeCorrections) && who.MayAt(ctx, access.ProposeCorrections, id) == nil {
		return nil
	}
	if who.May(access.AcceptCorrections) {
		return who.MayAt(ctx, access.AcceptCorrections, id)
	}
	return who.MayAt(ctx, access.ProposeCorrections, id)
}

// registered tells what the register says of a field: for an institution outside
// it, what the row says.
func (i Institution) registered() (func(field string) string, error) {
	if i.Stated == "" {
		return func(field string) string { return ValueOf(i, field) }, nil
	}
	var record register.Record
	if err := json.Unmarshal([]byte(i.Stated), &record); err != nil {
		return nil, err
	}
	return func(field string) string { return register.TextOf(field, &record) }, nil
}

func insertProposals(ctx context.Context, tx *db.Tx, who access.Actor, rows []Correction, now time.Time) error {
	at := rows[0].Institution
	for _, c := range rows {
		_, err := tx.Exec(ctx, `update directory_corrections set state = ?, ended_why = ?, settled_at = ?, revision = revision + 1
			where institution = ? and field = ? and person = ? and state = ?`,
			CorrectionEnded, EndedReplaced, c.At, at, c.Field, c.Person, CorrectionProposed)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into directory_corrections (`+correctionColumns+`) values `+db.Marks(1, 15),
			c.ID, c.Institution, c.Field, c.Value, c.Was, c.Registered, c.Reason, c.Person, c.At, c.State, c.EndedWhy, c.Note, c.SettledBy, c.SettledAt, c.Revision)
		if err != nil {
			return err
		}
	}
	var open int
	if err := tx.Get(ctx, &open, `select count(*) from directory_corrections where institution = ? and state = ?`, at, CorrectionProposed); err != nil {
		return err
	}
	if open > mostProposals {
		return fault.New(fault.Conflict, "correction.fault.many")
	}
	return recordCorrection(ctx, tx, who, "directory.correction.propose", rows[0], now)
}

// recordCorrection writes the act into the log. The value is public and the
// reason stands in the table, so neither is repeated there.
func recordCorrection(ctx context.Context, tx *db.Tx, who access.Actor, action string, c Correction, now time.Time) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: action, Object: "institution", ObjectID: string(c.Institution),
		Institution: string(c.Institution), Details: map[string]string{"field": c.Field, "correction": string(c.ID)}}, now)
}

// CorrectionByID reads one correction, for those who may propose or accept at
// its institution.
func (s *Service) CorrectionByID(ctx context.Context, who access.Actor, id CorrectionID) (c Correction, err error) {
	defer fault.Wrap(&err, "correction %s", id)
	if c, err = correctionByID(ctx, s.db, id); err != nil {
		return c, err
	}
	return c, mayPropose(ctx, who, c.Institution)
}

func correctionByID(ctx context.Context, r db.Reader, id CorrectionID) (c Correction, err error) {
	if _, err := idOf(string(id)); err != nil {
		return c, err
	}
	err = r.Get(ctx, &c, `select `+correctionColumns+` from directory_corrections where id = ?`, id)
	return c, err
}

// Corrections are those of an institution, the latest first, at most 200. They
// name people: pages show them to who may propose or accept there.
func (s *Service) Corrections(ctx context.Context, id access.InstitutionID) (list []Correction, err error) {
	defer fault.Wrap(&err, "corrections of %s", id)
	err = s.db.Select(ctx, &list, `select `+correctionColumns+` from directory_corrections where institution = ? order by at desc, id desc limit 200`, id)
	return list, err
}

// mostOpen bounds how many open corrections are looked through at once.
const mostOpen = 5000

// OpenCorrections are what waits for a decision, the oldest first: proposals,
// and corrections that clash with the register, at institutions that takes says
// yes to. At most n.
func (s *Service) OpenCorrections(ctx context.Context, takes func(access.InstitutionID) (bool, error), n int) (list []Correction, err error) {
	defer fault.Wrap(&err, "open corrections")
	var all []Correction
	err = s.db.Select(ctx, &all, `select `+correctionColumns+` from directory_corrections
		where state = ? or (state = ? and registered <> was and registered <> value) order by at, id limit ?`,
		CorrectionProposed, CorrectionHolding, mostOpen)
	for _, c := range all {
		yes, err := takes(c.Institution)
		if err != nil || len(list) >= n {
			return list, err
		}
		if yes {
			list = append(list, c)
		}
	}
	return list, err
}

// Accept makes a proposed correction hold: its value stands in the row from now
// on. Who asks must hold AcceptCorrections there. Conflict when it was settled
// meanwhile, or the institution is just being changed. A value that the register
// itself says needs no correction: it ends what held before.
func (s *Service) Accept(ctx context.Context, who access.Actor, id CorrectionID, note string) error {
	return s.settleCorrection(ctx, who, id, CorrectionProposed, note, "directory.correction.accept", func(c *Correction, i Institution, said string) string {
		c.Was, c.Registered, c.State = said, said, CorrectionHolding
		if c.Value == said && i.Stated != "" {
			c.State, c.EndedWhy = CorrectionEnded, EndedAgreed
		}
		return c.Value
	})
}

// EndCorrection lets the register's word hold again. Who asks must hold
// AcceptCorrections there.
func (s *Service) EndCorrection(ctx context.Context, who access.Actor, id CorrectionID, note string) error {
	return s.settleCorrection(ctx, who, id, CorrectionHolding, note, "directory.correction.end", func(c *Correction, _ Institution, _ string) string {
		c.State, c.EndedWhy = CorrectionEnded, EndedByOfficer
		return c.Registered
	})
}

// KeepCorrection lets ours stand although the register changed: the clash is
// settled until the register speaks again. Who asks must hold AcceptCorrections.
func (s *Service) KeepCorrection(ctx context.Context, who access.Actor, id CorrectionID, note string) error {
	return s.settleCorrection(ctx, who, id, CorrectionHolding, note, "directory.correction.keep", func(c *Correction, _ Institution, _ string) string {
		c.Was = c.Registered
		return c.Value
	})
}

// settleCorrection is what accepting, ending and keeping have in common. Turn
// says what becomes of the correction and which value stands in the row.
func (s *Service) settleCorrection(ctx context.Context, who access.Actor, id CorrectionID, from CorrectionState, note, action string,
	turn func(c *Correction, i Institution, said string) string) (err error) {
	defer fault.Wrap(&err, "settle correction %s", id)
	c, i, err := s.toSettle(ctx, who, id, from, note)
	if err != nil {
		return err
	}
	said, err := i.registered()
	if err != nil {
		return err
	}
	now := s.now()
	row := i
	field, ok := correctableBy(c.Field)
	if !ok {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	field.set(&row, turn(&c, i, said(c.Field)))
	if c.Field == "point" && c.State == CorrectionEnded && row.Lat != nil {
		row.PointSource = row.Source
	}
	row.SortKey, row.UpdatedAt = i18n.SortKey(row.Name), now.Unix()
	spots, err := readPlaces(ctx, s.db, []string{row.Municipality})
	if err != nil {
		return err
	}
	spots.place(&row)
	past := changesOf(i, row)
	stamp(past, FromCorrection, "", now)
	c.Note, c.SettledBy = note, who.Person
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.writeCorrected(ctx, tx, row, past); err != nil {
			return err
		}
		if err := writeSettled(ctx, tx, c, from, now.Unix()); err != nil {
			return err
		}
		if err := s.tellSettled(ctx, tx, who, i, c, action[strings.LastIndexByte(action, '.')+1:]); err != nil {
			return err
		}
		return recordCorrection(ctx, tx, who, action, c, now)
	})
}

// toSettle reads what is to be settled and holds the refusals.
func (s *Service) toSettle(ctx context.Context, who access.Actor, id CorrectionID, from CorrectionState, note string) (c Correction, i Institution, err error) {
	if !who.May(access.AcceptCorrections) {
		return c, i, who.Must(access.AcceptCorrections)
	}
	if c, err = correctionByID(ctx, s.db, id); err != nil {
		return c, i, err
	}
	if err := who.MayAt(ctx, access.AcceptCorrections, c.Institution); err != nil {
		return c, i, err
	}
	switch {
	case c.State != from:
		return c, i, fault.New(fault.Conflict, "correction.fault.settled")
	case utf8.RuneCountInString(note) > longestReason:
		return c, i, fault.InvalidFields([]fault.Field{{Name: noteField, Key: "body.fault.long"}})
	}
	i, err = ByID(ctx, s.db, c.Institution)
	return c, i, err
}

// writeCorrected writes a row over the revision that it was made from.
func (s *Service) writeCorrected(ctx context.Context, tx *db.Tx, row Institution, past []Past) error {
	if err := db.Raise(ctx, tx, versionName); err != nil {
		return err
	}
	written, err := writeGuarded(ctx, tx, []Institution{row}, false)
	if err != nil {
		return err
	}
	if len(written) == 0 {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	if err := replaceWords(ctx, tx, []Institution{row}); err != nil {
		return err
	}
	if err := insertPast(ctx, tx, past); err != nil {
		return err
	}
	return s.touched(ctx, tx, row.ID)
}

func writeSettled(ctx context.Context, tx *db.Tx, c Correction, from CorrectionState, at int64) error {
	if from == CorrectionProposed { // the one that held before makes way
		_, err := tx.Exec(ctx, `update directory_corrections set state = ?, ended_why = ?, settled_at = ?, revision = revision + 1
			where institution = ? and field = ? and state = ?`, CorrectionEnded, EndedReplaced, at, c.Institution, c.Field, CorrectionHolding)
		if err != nil {
			return err
		}
	}
	n, err := tx.Exec(ctx, `update directory_corrections set state = ?, ended_why = ?, was = ?, registered = ?, note = ?, settled_by = ?,
		settled_at = ?, revision = revision + 1 where id = ? and state = ? and revision = ?`,
		c.State, c.EndedWhy, c.Was, c.Registered, c.Note, c.SettledBy, at, c.ID, from, c.Revision)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "correction.fault.settled")
	}
	return err
}

// Refuse settles a proposal without changing anything; the note says why. Who
// asks must hold AcceptCorrections there.
func (s *Service) Refuse(ctx context.Context, who access.Actor, id CorrectionID, note string) (err error) {
	defer fault.Wrap(&err, "refuse correction %s", id)
	c, i, err := s.toSettle(ctx, who, id, CorrectionProposed, note)
	if err != nil {
		return err
	}
	if note == "" {
		return fault.InvalidFields([]fault.Field{{Name: noteField, Key: "correction.fault.why"}})
	}
	now := s.now()
	c.State, c.Note, c.SettledBy = CorrectionRefused, note, who.Person
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update directory_corrections set state = ?, note = ?, settled_by = ?, settled_at = ?, revision = revision + 1
			where id = ? and state = ? and revision = ?`, c.State, c.Note, c.SettledBy, now.Unix(), c.ID, CorrectionProposed, c.Revision)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "correction.fault.settled")
		}
		if err != nil {
			return err
		}
		if err := s.tellSettled(ctx, tx, who, i, c, "refuse"); err != nil {
			return err
		}
		return recordCorrection(ctx, tx, who, "directory.correction.refuse", c, now)
	})
}

// Withdraw takes back one's own proposal that nobody has settled.
func (s *Service) Withdraw(ctx context.Context, who access.Actor, id CorrectionID) (err error) {
	defer fault.Wrap(&err, "withdraw correction %s", id)
	c, err := correctionByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	if !who.SignedIn() || c.Person != who.Person {
		return fault.ErrNotFound
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update directory_corrections set state = ?, ended_why = ?, settled_at = ?, revision = revision + 1
			where id = ? and state = ?`, CorrectionEnded, EndedWithdrawn, now.Unix(), id, CorrectionProposed)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "correction.fault.settled")
		}
		if err != nil {
			return err
		}
		return recordCorrection(ctx, tx, who, "directory.correction.withdraw", c, now)
	})
}

// correctionMove is what an import does to a correction, with what undoing needs.
type correctionMove struct {
	ID     CorrectionID    `json:"id"`
	State  CorrectionState `json:"state"`
	Why    string          `json:"why,omitempty"`
	Before string          `json:"before"` // what the register said
	After  string          `json:"after"`  // what it says now
}

// Changed tells whether there is anything to write.
func (m correctionMove) Changed() bool { return m.State != CorrectionHolding || m.Before != m.After }

// meets says what becomes of a holding correction when the register says
// theirs; taken means that a person took the register's word over it.
func (c Correction) meets(theirs string, taken bool) correctionMove {
	m := correctionMove{ID: c.ID, State: CorrectionHolding, Before: c.Registered, After: theirs}
	switch {
	case taken:
		m.State, m.Why = CorrectionEnded, EndedTaken
	case register.Merge(c.Registered, theirs, c.Value) == register.Agreed:
		m.State, m.Why = CorrectionEnded, EndedAgreed
	}
	return m
}

func moveCorrections(ctx context.Context, tx *db.Tx, moves []correctionMove, batch string, at int64) error {
	for _, m := range moves {
		_, err := tx.Exec(ctx, `update directory_corrections set state = ?, ended_why = ?, registered = ?, import = ?,
			settled_at = case when ? = state then settled_at else ? end, revision = revision + 1 where id = ? and state = ?`,
			m.State, m.Why, m.After, batch, m.State, at, m.ID, CorrectionHolding)
		if err != nil {
			return err
		}
	}
	return nil
}

// unmoveCorrections puts back what an import did to corrections. One that was
// replaced meanwhile stays ended: the row would have another revision then.
func unmoveCorrections(ctx context.Context, tx *db.Tx, moves []correctionMove, batch string) error {
	for _, m := range moves {
		_, err := tx.Exec(ctx, `update directory_corrections set state = ?, ended_why = '', registered = ?, import = '', revision = revision + 1
			where id = ? and import = ? and not exists (select 1 from directory_corrections other
				where other.institution = directory_corrections.institution and other.field = directory_corrections.field
					and other.state = ? and other.id <> directory_corrections.id)`, CorrectionHolding, m.Before, m.ID, batch, CorrectionHolding)
		if err != nil {
			return err
		}
	}
	return nil
}

// readHolding reads the corrections that hold at some institutions.
func readHolding(ctx context.Context, r db.Reader, ids []access.InstitutionID) (map[access.InstitutionID][]Correction, error) {
	found := map[access.InstitutionID][]Correction{}
	for some := range slices.Chunk(ids, db.MaxParams-1) {
		query, args, err := db.In(`select `+correctionColumns+` from directory_corrections where institution in (?) and state = ? order by id`, some, CorrectionHolding)
		if err != nil {
			return nil, err
		}
		var rows []Correction
		if err := r.Select(ctx, &rows, query, args...); err != nil {
			return nil, err
		}
		for _, c := range rows {
			found[c.Institution] = append(found[c.Institution], c)
		}
	}
	return found, nil
}

// readOurs reads all values that people corrected and that hold, by institution and field.
func readOurs(ctx context.Context, r db.Reader) (map[string]map[string]string, error) {
	ours := map[string]map[string]string{}
	err := r.Each(ctx, func(scan func(dest ...any) error) error {
		var id, field, value string
		if err := scan(&id, &field, &value); err != nil {
			return err
		}
		if ours[id] == nil {
			ours[id] = map[string]string{}
		}
		ours[id][field] = value
		return nil
	}, `select institution, field, value from directory_corrections where state = ?`, CorrectionHolding)
	return ours, err
}
