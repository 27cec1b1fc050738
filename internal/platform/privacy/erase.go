package privacy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Erasure is a person who was, or is being, erased. It holds no name: the id is
// random and means nothing once the person's own row is gone.
type Erasure struct {
	ID     string         `json:"id"`
	Person string         `json:"person"`
	At     int64          `json:"at"`
	By     string         `json:"by"`
	Reason string         `json:"reason"`         // the case number or ground; no name
	Held   []string       `json:"held,omitempty"` // purposes that were on hold: not erased yet
	Report map[string]int `json:"-"`              // rows changed, by purpose and table
	Done   bool           `json:"-"`
}

// EraseLine is what an erasure would do with one holding.
type EraseLine struct {
	Purpose Purpose
	Holding Holding
	Items   int  // things held about the person; -1 when they cannot be listed
	Erased  bool // false: all of it stays
	OnHold  bool
}

// EraseReport tells, holding by holding, what an erasure of the person would
// remove and what would stay. Nothing is changed.
func (s *Service) EraseReport(ctx context.Context, person string) ([]EraseLine, error) {
	held, err := s.Gather(ctx, person)
	if err != nil {
		return nil, err
	}
	holds, err := s.holds(ctx)
	if err != nil {
		return nil, err
	}
	lines := make([]EraseLine, 0, len(held))
	for _, h := range held {
		_, onHold := holds[h.Purpose.Key]
		line := EraseLine{Purpose: h.Purpose, Holding: h.Holding, Items: len(h.Items), Erased: h.Holding.Erase != nil && !onHold, OnHold: onHold}
		if h.Holding.Export == nil {
			line.Items = -1
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// Erase removes a person from all holdings and keeps the official record. It
// writes down the erasure first, then hands it to the journal outside the
// database, and only then erases, holding by holding, each batch in a
// transaction of its own. What fails or is on hold is tried again every night.
//
// Only a role held for the whole installation may: an erasure reaches all
// controllers. The reason is a case number or a ground, never a name. Faults:
// Forbidden, Invalid, NotFound for what is no id of a person. An erasure that
// was begun is returned also beside an error.
func (s *Service) Erase(ctx context.Context, by audit.By, person, reason string) (e Erasure, err error) {
	defer fault.Wrap(&err, "erase a person")
	if err := whole(by); err != nil {
		return e, err
	}
	if !isID(person) {
		return e, fault.ErrNotFound
	}
	if n := utf8.RuneCountInString(reason); n < 3 || n > 500 {
		return e, fault.InvalidFields([]fault.Field{{Name: "powod", Key: "privacy.fault.reason"}})
	}
	holds, err := s.holds(ctx)
	if err != nil {
		return e, err
	}
	now := s.Now()
	e = Erasure{ID: newID(), Person: person, At: now.Unix(), By: by.Person, Reason: reason, Held: s.heldOf(holds)}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.insertErasure(ctx, tx, e, false); err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.Entry{Action: "privacy.erase", Object: "person", ObjectID: person, Subject: person}, now)
	})
	if err != nil {
		return e, err
	}
	return s.carryOn(ctx, e.ID)
}

// heldOf are the purposes on hold, in the order of their declaration.
func (s *Service) heldOf(holds map[string]Hold) []string {
	var held []string
	for _, p := range s.Registry.purposes {
		if _, on := holds[p.Key]; on {
			held = append(held, p.Key)
		}
	}
	return held
}

func (s *Service) insertErasure(ctx context.Context, tx *db.Tx, e Erasure, journaled bool) error {
	var pending []string
	for _, p := range s.Registry.purposes {
		if slices.ContainsFunc(p.Holds, func(h Holding) bool { return h.Erase != nil }) {
			pending = append(pending, p.Key)
		}
	}
	_, err := tx.Exec(ctx, `insert into privacy_erasures (id, person, at, erased_by, reason, journaled, pending, held, report)
		values (?, ?, ?, ?, ?, ?, ?, ?, '{}') on conflict (id) do update set pending = excluded.pending, finished_at = 0`,
		e.ID, e.Person, e.At, e.By, e.Reason, journaled, strings.Join(pending, ","), strings.Join(e.Held, ","))
	return err
}

type erasureRow struct {
	ID         string `db:"id"`
	Person     string `db:"person"`
	At         int64  `db:"at"`
	By         string `db:"erased_by"`
	Reason     string `db:"reason"`
	Journaled  bool   `db:"journaled"`
	Pending    string `db:"pending"`
	Held       string `db:"held"`
	Report     string `db:"report"`
	FinishedAt int64  `db:"finished_at"`
}

const erasureColumns = `id, person, at, erased_by, reason, journaled, pending, held, report, finished_at`

func (r erasureRow) erasure() (Erasure, error) {
	e := Erasure{ID: r.ID, Person: r.Person, At: r.At, By: r.By, Reason: r.Reason, Held: split(r.Held), Report: map[string]int{}, Done: r.FinishedAt > 0}
	return e, json.Unmarshal([]byte(r.Report), &e.Report)
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// carryOn goes on with an erasure from wherever it stands. It may run twice at
// once: to erase again changes nothing.
func (s *Service) carryOn(ctx context.Context, id string) (e Erasure, err error) {
	var row erasureRow
	if err := s.DB.Get(ctx, &row, `select `+erasureColumns+` from privacy_erasures where id = ?`, id); err != nil {
		return e, err
	}
	if e, err = row.erasure(); err != nil {
		return e, err
	}
	if err := s.journal(ctx, e, row.Journaled); err != nil {
		return e, err
	}
	holds, err := s.holds(ctx)
	if err != nil {
		return e, err
	}
	var left []string
	var faults error
	for _, key := range split(row.Pending) {
		_, onHold := holds[key]
		if !onHold {
			err := s.eraseFrom(ctx, key, e)
			if err == nil {
				continue
			}
			faults = errors.Join(faults, err)
		}
		left = append(left, key)
	}
	e.Done = len(left) == 0
	return e, errors.Join(faults, s.markErased(ctx, e, left))
}

func (s *Service) journal(ctx context.Context, e Erasure, done bool) error {
	if done {
		return nil
	}
	if s.Journal != nil {
		if err := s.Journal(e); err != nil {
			return fmt.Errorf("write the erasure down outside the database: %w", err)
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update privacy_erasures set journaled = ? where id = ?`, true, e.ID)
		return err
	})
}

// rounds bounds the batches of one holding: an Erase that never comes to an end
// is a mistake, and shall not run for ever.
const rounds = 100_000

// eraseFrom erases the person from the holdings of one purpose and counts. A
// purpose that the program no longer knows has no tables of ours any more.
func (s *Service) eraseFrom(ctx context.Context, key string, e Erasure) error {
	p, _ := s.Registry.Purpose(key)
	for _, h := range p.Holds {
		if h.Erase == nil {
			continue
		}
		name := key + "/" + h.Table
		for round := 0; ; round++ {
			var n int
			err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
				n, err = h.Erase(ctx, tx, e.Person)
				return err
			})
			if err == nil && round >= rounds {
				err = errors.New("it changes rows again and again")
			}
			if err != nil {
				return fmt.Errorf("erase from %s: %w", name, err)
			}
			if n == 0 {
				break
			}
			e.Report[name] += n
		}
	}
	return nil
}

func (s *Service) markErased(ctx context.Context, e Erasure, left []string) error {
	report, err := json.Marshal(e.Report)
	if err != nil {
		return err
	}
	var finished int64
	if e.Done {
		finished = s.Now().Unix()
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update privacy_erasures set pending = ?, report = ?, finished_at = ? where id = ?`,
			strings.Join(left, ","), string(report), finished, e.ID)
		return err
	})
}

// resumeErasures goes on with those that failed, or were on hold.
func (s *Service) resumeErasures(ctx context.Context) error {
	var ids []string
	if err := s.DB.Select(ctx, &ids, `select id from privacy_erasures where finished_at = 0 order by id limit 1000`); err != nil {
		return err
	}
	var faults error
	for _, id := range ids {
		_, err := s.carryOn(ctx, id)
		faults = errors.Join(faults, err)
	}
	return faults
}

// Erasures are the erasures written down since a moment, the oldest first.
func (s *Service) Erasures(ctx context.Context, since time.Time) ([]Erasure, error) {
	var rows []erasureRow
	err := s.DB.Select(ctx, &rows, `select `+erasureColumns+` from privacy_erasures where at >= ? order by at, id`, since.Unix())
	if err != nil {
		return nil, err
	}
	return erasures(rows)
}

func erasures(rows []erasureRow) ([]Erasure, error) {
	out := make([]Erasure, 0, len(rows))
	for _, r := range rows {
		e, err := r.erasure()
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// ReplayErasures repeats erasures on a restored backup in which the persons
// still stand. It is called before the server opens. Purposes that were on hold
// when the erasure was written down, or are now, stay; the nightly run takes
// them when no hold stands. It may be repeated.
func (s *Service) ReplayErasures(ctx context.Context, list []Erasure) (err error) {
	defer fault.Wrap(&err, "repeat erasures")
	var faults error
	for _, e := range list {
		if !isID(e.ID) || !isID(e.Person) {
			faults = errors.Join(faults, fmt.Errorf("erasure %q is no erasure of ours", e.ID))
			continue
		}
		err := s.DB.Write(ctx, func(tx *db.Tx) error { return s.insertErasure(ctx, tx, e, true) })
		if err == nil {
			_, err = s.carryOn(ctx, e.ID)
		}
		faults = errors.Join(faults, err)
	}
	return faults
}
