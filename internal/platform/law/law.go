// Package law keeps the numbers of the law as data: how long a log is kept, how
// many days there are for an answer, from which age a pupil may consent alone.
//
// A module that needs a number declares it in Go (Param) with the value that
// held when the program was written, its legal basis, and whether anybody has
// checked it. Seed writes the rows that are missing and never touches one that
// is there. From then on the rows are the officers': on /administracja/prawo a
// value is added from a date on, a row is checked, a mistake is withdrawn and
// stays to be seen. Everybody may read at /prawo what this installation reckons
// with and who has checked it.
//
// The program asks Int or Text for a key and a day. A number that is not known
// on that day is an error, never zero: a clock of zero days would close every
// matter before it began.
package law

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Messages are the texts of this package.
//
//go:embed messages
var Messages embed.FS

// Unit tells what a value counts.
type Unit string

// The units. Grosz is a hundredth of a zloty; Date and Text are no numbers.
const (
	Days    Unit = "days"
	Months  Unit = "months"
	Years   Unit = "years"
	Percent Unit = "percent"
	Grosz   Unit = "grosz"
	Count   Unit = "count"
	Date    Unit = "date"
	Text    Unit = "text"
)

// most is the greatest number that a unit may carry: beyond it stands a slip
// of the hand, not a law.
var most = map[Unit]int64{Days: 36_600, Months: 1_200, Years: 100, Percent: 1_000, Grosz: 1e13, Count: 1e9}

func (u Unit) number() bool { return most[u] > 0 }

// Param is a number that the program needs, declared by the module that uses it.
type Param struct {
	Key     string    // "law.audit_keep"; the name of the module, a dot, the name
	Unit    Unit      //
	Title   string    // message key of its name
	Default []Default // at least one
	Least   int64     // of a number: less is not taken from anybody
}

// Default is a row as it is seeded.
type Default struct {
	ValidFrom string // YYYY-MM-DD, "" when the beginning is not established
	Value     string
	Basis     string // act, article, place of publication; legal citations are Polish
	Verified  bool   // taken from the text of the law when the program was written
}

// Registry holds the declared parameters. It is filled while the program is put
// together and only read afterwards.
type Registry struct {
	params []Param
	byKey  map[string]int
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry { return &Registry{byKey: map[string]int{}} }

// Declare adds parameters and returns the registry. A parameter declared twice,
// without a value or with one that its unit does not take is a mistake in the
// wiring and panics, as http.ServeMux does.
func (r *Registry) Declare(params ...Param) *Registry {
	for _, p := range params {
		if _, known := r.byKey[p.Key]; known || p.Key == "" || p.Title == "" || len(p.Default) == 0 {
			panic(fmt.Sprintf("law: parameter %q is declared twice or has no title or value", p.Key))
		}
		for _, d := range p.Default {
			if err := checkValue(p.Unit, d.Value); err != nil || d.Basis == "" || d.ValidFrom != "" && !isDate(d.ValidFrom) {
				panic(fmt.Sprintf("law: parameter %q has a wrong default %+v", p.Key, d))
			}
		}
		r.byKey[p.Key] = len(r.params)
		r.params = append(r.params, p)
	}
	return r
}

// Params are all declared parameters in the order of their declaration.
func (r *Registry) Params() []Param { return slices.Clone(r.params) }

// Param is the declaration of a key.
func (r *Registry) Param(key string) (Param, bool) {
	i, ok := r.byKey[key]
	if !ok {
		return Param{}, false
	}
	return r.params[i], true
}

// Row is one value from one date on.
type Row struct {
	ID              string `db:"id"`
	Key             string `db:"key"`
	ValidFrom       string `db:"valid_from"`
	Value           string `db:"value"`
	Basis           string `db:"legal_basis"`
	Verified        bool   `db:"verified"`
	VerifiedBy      string `db:"verified_by"` // person, "" for the authors of the program
	VerifiedAt      int64  `db:"verified_at"`
	ReviewBy        string `db:"review_by"` // the day by which somebody looks again, "" for never
	EnteredBy       string `db:"entered_by"`
	EnteredAt       int64  `db:"entered_at"`
	WithdrawnBy     string `db:"withdrawn_by"`
	WithdrawnAt     int64  `db:"withdrawn_at"`
	WithdrawnReason string `db:"withdrawn_reason"`
}

// Standing tells that the row was not withdrawn.
func (r Row) Standing() bool { return r.WithdrawnAt == 0 }

// Value is what holds on a day.
type Value struct {
	Key        string
	Unit       Unit
	Int        int64  // of a number
	Text       string // of a date or a text; the digits of a number
	ValidFrom  string
	Basis      string
	Verified   bool
	VerifiedBy string
}

// Names tells how people are called; wiring answers it.
type Names interface {
	People(ctx context.Context, ids []string) (map[string]string, error)
}

// Config is what the service is made of.
type Config struct {
	DB       *db.DB
	Registry *Registry
	Names    Names // nil: people are not named
	Now      func() time.Time
}

// Service answers with the numbers and lets officers keep them.
type Service struct {
	db       *db.DB
	registry *Registry
	names    Names
	now      func() time.Time

	mu    sync.Mutex
	known *table
}

// table is all rows at one version, by key and from the newest date on.
type table struct {
	version int64
	rows    map[string][]Row
}

// New makes the service.
func New(c Config) *Service {
	return &Service{db: c.DB, registry: c.Registry, names: c.Names, now: c.Now}
}

// version is the counter raised with every change of law_params.
const version = "law"

// Seed writes the declared rows of parameters that have no row at all. What is
// there, an officer may have changed: it stays.
func (s *Service) Seed(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "seed the numbers of the law")
	at := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		rows, err := readRows(ctx, tx)
		if err != nil {
			return err
		}
		added := false
		for _, p := range s.registry.params {
			if len(rows[p.Key]) > 0 {
				continue
			}
			for _, d := range p.Default {
				row := Row{ID: newID(), Key: p.Key, ValidFrom: d.ValidFrom, Value: d.Value, Basis: d.Basis, Verified: d.Verified, EnteredAt: at}
				if err := insert(ctx, tx, row); err != nil {
					return err
				}
				added = true
			}
		}
		if !added {
			return nil
		}
		return db.Raise(ctx, tx, version)
	})
}

// Int is the number that holds on the day of the moment on, by the clock in
// Kraków. It is cheap: one row is read to see that nothing has changed since.
// A key that nobody declared, one that is no number, and a day before the first
// value are errors of kind Internal: the caller cannot go on without it.
func (s *Service) Int(ctx context.Context, r db.Reader, key string, on time.Time) (Value, error) {
	v, err := s.at(ctx, r, key, on)
	if err == nil && !v.Unit.number() {
		return Value{}, fmt.Errorf("law: %s is no number but %s", key, v.Unit)
	}
	return v, err
}

// Text is what holds on that day as it is written, of any unit.
func (s *Service) Text(ctx context.Context, r db.Reader, key string, on time.Time) (Value, error) {
	return s.at(ctx, r, key, on)
}

func (s *Service) at(ctx context.Context, r db.Reader, key string, on time.Time) (_ Value, err error) {
	p, ok := s.registry.Param(key)
	if !ok {
		return Value{}, fmt.Errorf("law: nobody declared %q", key)
	}
	t, err := s.table(ctx, r)
	if err != nil {
		return Value{}, err
	}
	row, ok := inForce(t.rows[key], day(on))
	if !ok {
		return Value{}, fmt.Errorf("law: %s is not known on %s", key, day(on))
	}
	return valueOf(p, row)
}

func valueOf(p Param, row Row) (Value, error) {
	v := Value{Key: p.Key, Unit: p.Unit, Text: row.Value, ValidFrom: row.ValidFrom, Basis: row.Basis, Verified: row.Verified, VerifiedBy: row.VerifiedBy}
	if !p.Unit.number() {
		return v, nil
	}
	n, err := strconv.ParseInt(row.Value, 10, 64)
	v.Int = n
	return v, err
}

// inForce finds, among rows from the newest date on, the one that holds on the
// day. Dates of one shape order as text; here Go compares them, not a database.
func inForce(rows []Row, on string) (Row, bool) {
	for _, row := range rows {
		if row.Standing() && row.ValidFrom <= on {
			return row, true
		}
	}
	return Row{}, false
}

// table reads all rows, or takes those read before when nothing changed. What
// is read inside a transaction is not kept: it may yet be rolled back.
func (s *Service) table(ctx context.Context, r db.Reader) (*table, error) {
	n, err := db.Version(ctx, r, version)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	known := s.known
	s.mu.Unlock()
	if known != nil && known.version == n {
		return known, nil
	}
	rows, err := readRows(ctx, r)
	if err != nil {
		return nil, err
	}
	t := &table{version: n, rows: rows}
	if _, inside := r.(*db.Tx); !inside {
		s.mu.Lock()
		s.known = t
		s.mu.Unlock()
	}
	return t, nil
}

// After is the moment that lies the value later, by the calendar in Kraków: a
// month after 31 January is the last day of February, at the same hour. It
// panics for a unit that is no span of time.
func (v Value) After(t time.Time) time.Time { return v.move(t, 1) }

// Before is the moment that lies the value earlier.
func (v Value) Before(t time.Time) time.Time { return v.move(t, -1) }

func (v Value) move(t time.Time, sign int) time.Time {
	t, n := t.In(web.Warsaw), sign*int(v.Int)
	switch v.Unit {
	case Days:
		return t.AddDate(0, 0, n)
	case Months:
		return addMonths(t, n)
	case Years:
		return addMonths(t, 12*n)
	}
	panic(fmt.Sprintf("law: %s counts %s, which is no span of time", v.Key, v.Unit))
}

// addMonths keeps the day of the month, or takes the last one of a shorter month.
func addMonths(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month(), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location()).AddDate(0, n, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// Due are the standing rows whose review is due, for the desk of officers:
// the reviewing day has come, and no later row has replaced them.
func (s *Service) Due(ctx context.Context, now time.Time) ([]Row, error) {
	t, err := s.table(ctx, s.db)
	if err != nil {
		return nil, err
	}
	var due []Row
	for _, p := range s.registry.params {
		if row, ok := inForce(t.rows[p.Key], day(now)); ok && overdue(row, day(now)) {
			due = append(due, row)
		}
	}
	return due, nil
}

func overdue(row Row, today string) bool {
	return row.Standing() && row.ReviewBy != "" && row.ReviewBy <= today
}

func day(t time.Time) string { return t.In(web.Warsaw).Format(time.DateOnly) }

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

var errValue = errors.New("law: not a value of this unit")

// checkValue tells whether the text is a value of the unit.
func checkValue(u Unit, value string) error {
	switch {
	case u == Text && value != "" && len(value) <= 500:
		return nil
	case u == Date && isDate(value):
		return nil
	case u.number():
		n, err := strconv.ParseInt(value, 10, 64)
		if err == nil && n >= 0 && n <= most[u] && strconv.FormatInt(n, 10) == value {
			return nil
		}
	}
	return errValue
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }
