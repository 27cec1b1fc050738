package ledger

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// The sources of facts.
const (
	fromEvent = "event"
	fromHand  = "hand"
	fromSheet = "sheet"
)

// entry is what comes into the ledger.
type entry struct {
	Intake
	source string
	by     string // who typed it, "" of events
	reason string // of what is taken back by hand
}

// fact is a row of the ledger.
type fact struct {
	ID           string `db:"id"`
	Key          string `db:"key"`
	Version      int64  `db:"version"`
	Sign         int    `db:"sign"`
	Counters     string `db:"counters"`
	Kind         string `db:"kind"`
	Source       string `db:"source"`
	ActivityKind string `db:"activity_kind"`
	Activity     string `db:"activity"`
	On           string `db:"on_date"`
	SchoolYear   int    `db:"school_year"`
	Institution  string `db:"institution"`
	BySeat       string `db:"by_seat"`
	ByRunning    string `db:"by_running"`
	Group        Group  `db:"grp"`
	PersonKey    string `db:"person_key"`
	Keyed        bool   `db:"keyed"`
	People       int    `db:"people"`
	Minutes      int64  `db:"minutes"`
	Money        int64  `db:"money"`
	Trace        string `db:"trace"`
	By           string `db:"by_person"`
	Reason       string `db:"reason"`
	TakenAt      int64  `db:"taken_at"`
}

const factColumns = `id, key, version, sign, counters, kind, source, activity_kind, activity, on_date, school_year, institution, by_seat, by_running,
	grp, person_key, keyed, people, minutes, money, trace, by_person, reason, taken_at`

func (f fact) ref() Ref { return Ref{f.ActivityKind, f.Activity} }

func (f fact) line(sign int64) line {
	return line{spot: spot{f.BySeat, f.ByRunning, f.Group}, PersonKey: f.PersonKey, Keyed: f.Keyed, People: int64(f.People), Minutes: f.Minutes,
		Money: f.Money, Hand: f.Source != fromEvent, Year: f.SchoolYear, TakenAt: f.TakenAt, Sign: sign}
}

// same tells whether two facts say the same.
func (f fact) same(o fact) bool {
	o.ID, o.Version, o.TakenAt = f.ID, f.Version, f.TakenAt
	return f == o
}

// Take takes what an event told. It may be told again and in any order: of one
// key the latest version holds, and what it supersedes gets a counter-fact.
// What says nothing that could be counted is a fault of kind Invalid.
func (s *Service) Take(ctx context.Context, in Intake) error {
	return s.take(ctx, entry{Intake: in, source: fromEvent})
}

func (s *Service) take(ctx context.Context, e entry) (err error) {
	defer fault.Wrap(&err, "take %s", e.Key)
	if e.Intake, err = settled(e.Intake); err != nil {
		return err
	}
	a, err := s.activity(ctx, e.Intake)
	if err != nil {
		return err
	}
	at := s.now().Unix()
	return s.placed(ctx, func(tx *db.Tx, w world) error { return enter(ctx, tx, w, e, a, at) })
}

// errOld tells that placing changed after it was read.
var errOld = errors.New("ledger: what placing depends on has changed")

// placed runs f in a transaction with the world as it is then. F checks it with
// current after it locked a year.
func (s *Service) placed(ctx context.Context, f func(tx *db.Tx, w world) error) error {
	for range 5 {
		w, err := s.world(ctx)
		if err != nil {
			return err
		}
		err = s.db.Write(ctx, func(tx *db.Tx) error { return f(tx, w) })
		if !errors.Is(err, errOld) {
			return err
		}
	}
	return errOld
}

// current returns errOld when the world is not that of the database any more.
func (w world) current(ctx context.Context, tx *db.Tx) error {
	now, err := db.Version(ctx, tx, worldVersion)
	if err == nil && now != w.version {
		return errOld
	}
	return err
}

// settled fills in what an intake left out, and refuses what cannot be.
func settled(in Intake) (Intake, error) {
	if in.On == "" && in.SchoolYear > 0 {
		in.On = strconv.Itoa(in.SchoolYear) + "-09-01" // events older than the field
	}
	on, err := time.Parse(time.DateOnly, in.On)
	if in.SchoolYear == 0 && err == nil {
		in.SchoolYear = directory.SchoolYear(on)
	}
	if in.Group == "" {
		in.Group = Others
	}
	if in.PersonKey != "" {
		in.People = 1
	}
	switch {
	case in.Key == "" || in.Kind == "" || in.Activity.Kind == "" || err != nil || in.SchoolYear < 1990 || in.SchoolYear > 2200,
		in.People < 0 || in.Minutes < 0 || in.Money < 0 || in.Version < 0, !slices.Contains(Groups(), in.Group):
		return in, fault.New(fault.Invalid, "ledger.fault.intake")
	}
	if _, err := known(in.Activity.ID); err != nil {
		return in, fault.New(fault.Invalid, "ledger.fault.intake")
	}
	return in, nil
}

// activity asks the source what an intake is about. When it does not know (any
// more), the activity is what stands in the ledger, or the little that the
// intake says.
func (s *Service) activity(ctx context.Context, in Intake) (Activity, error) {
	a, err := s.asked(ctx, in.Activity)
	if errors.Is(err, fault.ErrNotFound) {
		a, err = storedActivity(ctx, s.db, in.Activity)
	}
	if errors.Is(err, fault.ErrNotFound) {
		a, err = Activity{}, nil
	}
	a.Ref = in.Activity
	if a.On == "" {
		a.On, a.SchoolYear = in.On, in.SchoolYear
	}
	if a.SchoolYear == 0 {
		a.SchoolYear = in.SchoolYear
	}
	if a.Trace == "" {
		a.Trace = in.Trace
	}
	return a, err
}

func (s *Service) asked(ctx context.Context, ref Ref) (Activity, error) {
	if ref.Kind == Hand {
		return handActivity(ctx, s.db, ref.ID)
	}
	source := s.Sources[ref.Kind]
	if source == nil {
		return Activity{}, fault.ErrNotFound
	}
	a, err := source.Activity(ctx, ref.ID)
	a.Ref = ref
	return a, err
}

// latest is what a key says last.
type latest struct {
	Version int64  `db:"version"`
	Fact    string `db:"fact"`
}

// enter writes a fact, and the counter-fact of what it supersedes, and counts
// both. The key is locked first, then the years, the earliest first.
func enter(ctx context.Context, tx *db.Tx, w world, e entry, a Activity, at int64) error {
	was, err := lockKey(ctx, tx, e.Key)
	if err != nil || was.Version >= e.Version {
		return err
	}
	var old fact
	lock := []line{{Year: e.SchoolYear}, {Year: a.SchoolYear}} // marks of the activity queue behind its own year
	if was.Fact != "" {
		if old, err = factByID(ctx, tx, was.Fact); err != nil {
			return err
		}
		lock = append(lock, line{Year: old.SchoolYear})
	}
	frozen, err := lockYears(ctx, tx, lock)
	if err != nil {
		return err
	}
	if err := w.current(ctx, tx); err != nil {
		return err
	}
	f := e.unfrozen(&old, frozen).fact(at)
	if same := f; slices.Contains(frozen, f.SchoolYear) {
		if same.Keyed = old.Keyed; old.same(same) {
			f = same // whoever was counted while there were keys stays counted
		}
	}
	if was.Fact != "" && (e.Void || !old.same(f)) {
		if err := counter(ctx, tx, old, e, at); err != nil {
			return err
		}
	}
	switch {
	case e.Void:
		return setLatest(ctx, tx, e.Key, latest{e.Version, ""})
	case was.Fact != "" && old.same(f):
		return setLatest(ctx, tx, e.Key, latest{e.Version, was.Fact})
	}
	return add(ctx, tx, w, f, a)
}

// unfrozen blanks the keys of people in years where nobody is counted by them
// any more; a fact that moves between years is still counted in the other.
func (e entry) unfrozen(old *fact, frozen []int) entry {
	if slices.Contains(frozen, e.SchoolYear) {
		e.PersonKey = ""
	}
	if slices.Contains(frozen, old.SchoolYear) {
		old.PersonKey = ""
	}
	return e
}

// lockKey locks what a key says last; a key that never said anything is of
// version -1.
func lockKey(ctx context.Context, tx *db.Tx, key string) (was latest, err error) {
	err = tx.Get(ctx, &was, `insert into ledger_latest (key, version, fact) values (?, -1, '')
		on conflict (key) do update set version = ledger_latest.version returning version, fact`, key)
	return was, err
}

func setLatest(ctx context.Context, tx *db.Tx, key string, now latest) error {
	_, err := tx.Exec(ctx, `update ledger_latest set version = ?, fact = ? where key = ?`, now.Version, now.Fact, key)
	return err
}

func factByID(ctx context.Context, r db.Reader, id string) (f fact, err error) {
	err = r.Get(ctx, &f, `select `+factColumns+` from ledger_facts where id = ?`, id)
	return f, err
}

// fact is what an entry comes to, without an id yet.
func (e entry) fact(at int64) fact {
	return fact{Key: e.Key, Version: e.Version, Sign: 1, Kind: e.Kind, Source: e.source, ActivityKind: e.Activity.Kind, Activity: e.Activity.ID,
		On: e.On, SchoolYear: e.SchoolYear, Institution: e.Institution, BySeat: e.BySeat, ByRunning: e.ByRunning, Group: e.Group,
		PersonKey: e.PersonKey, Keyed: e.PersonKey != "", People: e.People, Minutes: e.Minutes, Money: e.Money, Trace: e.Trace, By: e.by, TakenAt: at}
}

func insertFact(ctx context.Context, tx *db.Tx, f fact) error {
	_, err := tx.Exec(ctx, `insert into ledger_facts (`+factColumns+`) values `+db.Marks(1, 24), f.ID, f.Key, f.Version, f.Sign, f.Counters, f.Kind, f.Source,
		f.ActivityKind, f.Activity, f.On, f.SchoolYear, f.Institution, f.BySeat, f.ByRunning, f.Group, f.PersonKey, f.Keyed, f.People, f.Minutes, f.Money,
		f.Trace, f.By, f.Reason, f.TakenAt)
	return err
}

// counter writes the counter-fact of a fact that holds no more. It copies the
// fact, so that a sum over all rows is the sum over those that hold.
func counter(ctx context.Context, tx *db.Tx, old fact, e entry, at int64) error {
	back := old
	back.ID, back.Version, back.Sign, back.Counters = newID(), e.Version, -1, old.ID
	back.By, back.Reason, back.TakenAt = e.by, e.reason, at
	if err := insertFact(ctx, tx, back); err != nil {
		return err
	}
	places, err := placesOf(ctx, tx, old.ref())
	if err != nil {
		return err
	}
	return postFacts(ctx, tx, old.ref(), old.SchoolYear, scopesOf(places), []line{old.line(-1)})
}

// add writes a fact of an activity, which is first put where it belongs.
func add(ctx context.Context, tx *db.Tx, w world, f fact, a Activity) error {
	if err := putActivity(ctx, tx, a); err != nil {
		return err
	}
	if _, err := replace(ctx, tx, w, a); err != nil {
		return err
	}
	f.ID = newID()
	if err := insertFact(ctx, tx, f); err != nil {
		return err
	}
	if err := setLatest(ctx, tx, f.Key, latest{f.Version, f.ID}); err != nil {
		return err
	}
	places, err := placesOf(ctx, tx, a.Ref)
	if err != nil {
		return err
	}
	return postFacts(ctx, tx, a.Ref, f.SchoolYear, scopesOf(places), []line{f.line(1)})
}

// replace puts an activity where it belongs in a world, with its marks; false
// where it had to stay (see setPlaces).
func replace(ctx context.Context, tx *db.Tx, w world, a Activity) (bool, error) {
	joint, err := jointOf(ctx, tx, a)
	if err != nil {
		return false, err
	}
	return setPlaces(ctx, tx, a, w.place(a, joint))
}
