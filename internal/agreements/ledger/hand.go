package ledger

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/web"
)

// handRow is an activity that somebody typed in or loaded from a sheet.
type handRow struct {
	ID          string               `db:"id"`
	Title       string               `db:"title"`
	Words       string               `db:"words"` // where it is known from
	Form        string               `db:"form"`
	Topics      string               `db:"topics"`
	Area        string               `db:"area"`
	Action      string               `db:"action"`
	Center      access.InstitutionID `db:"center"`
	Institution access.InstitutionID `db:"institution"` // for which it was entered
	On          string               `db:"on_date"`
	SchoolYear  int                  `db:"school_year"`
	Sheet       string               `db:"sheet"`
	By          string               `db:"by_person"`
	At          int64                `db:"at"`
}

const handColumns = `id, title, words, form, topics, area, action, center, institution, on_date, school_year, sheet, by_person, at`

func (h handRow) activity() Activity {
	return Activity{Ref: Ref{Hand, h.ID}, Form: h.Form, Topics: split(h.Topics), Areas: split(h.Area), Actions: split(h.Action), Center: h.Center,
		On: h.On, SchoolYear: h.SchoolYear, Title: h.Title, Path: ActivityHref(Ref{Hand, h.ID})}
}

// Paths of the ledger.
const (
	Path      = "/porozumienia/rejestr"
	RulesPath = Path + "/zasady"
	HandPath  = Path + "/dopisz"
	SheetPath = Path + "/arkusz"
)

// ActivityHref is the page of one activity with its facts, for those who enter
// facts, manage agreements or edit rules.
func ActivityHref(ref Ref) string { return Path + "/dzialanie/" + ref.Kind + "/" + ref.ID }

func handByID(ctx context.Context, r db.Reader, id string) (h handRow, err error) {
	err = r.Get(ctx, &h, `select `+handColumns+` from ledger_hand where id = ?`, id)
	return h, err
}

func handActivity(ctx context.Context, r db.Reader, id string) (Activity, error) {
	h, err := handByID(ctx, r, id)
	return h.activity(), err
}

// SourceUse is the name of the use of files that show where a fact is from.
const SourceUse = "ledger_source"

// Uses are the files that this package takes, to be declared in wiring.
func Uses() []files.Use {
	return []files.Use{{Name: SourceUse, MaxBytes: 10 << 20, Types: append(files.Documents(), files.PNG, files.JPEG)}}
}

func sourceOwner(id string) files.Owner { return files.Owner{Module: "ledger", ID: id} }

// Numbers are what a fact by hand says: how many from where. Minutes are of all
// people together, and of the activity itself where there are no people. One
// municipality stands for both, the seat and who runs it.
type Numbers struct {
	Town    string
	Group   Group
	People  int
	Minutes int64
	Money   int64
}

// Entry is an activity outside Kładka with its first numbers. Words say where
// it is known from. Without an Area and an Action the rules decide.
type Entry struct {
	Title, Words, Form string
	Topics             []string
	Area, Action       string
	Institution        access.InstitutionID // for which it is entered
	On                 string
	Numbers
}

// Forms are the forms of work that can be chosen, as rules name them; those of
// trainings have the same names there.
func Forms() []string {
	return []string{"workshop", "course", "seminar", "conference", "lecture", "webinar", "staff_training", "qualification_course", "meeting", "other"}
}

const (
	longestTitle = 200
	longestWords = 2000
	mostPeople   = 100_000
	mostHours    = 10_000      // of one person
	mostZloty    = 100_000_000 // of one fact
	earliestDay  = "2015-01-01"
)

// faults are what is wrong with an entry, by the names of the form.
func (e Entry) faults(w world, today string) (list []fault.Field) {
	wrong := func(name, key string, args ...any) {
		list = append(list, fault.Field{Name: name, Key: "ledger.fault." + key, Args: args})
	}
	if e.Title == "" || utf8.RuneCountInString(e.Title) > longestTitle {
		wrong("tytul", "title", "n", longestTitle)
	}
	if e.Words == "" || utf8.RuneCountInString(e.Words) > longestWords {
		wrong("zrodlo", "words", "n", longestWords)
	}
	switch _, err := time.Parse(time.DateOnly, e.On); {
	case err != nil || e.On < earliestDay:
		wrong("dzien", "day")
	case e.On > today:
		wrong("dzien", "future")
	}
	if e.Form != "" && !slices.Contains(Forms(), e.Form) {
		wrong("forma", "choice")
	}
	if e.Area != "" && !w.areas[e.Area].holds(e.On) {
		wrong("obszar", "target_day")
	}
	if e.Action != "" && !w.actions[e.Action].holds(e.On) {
		wrong("zadanie", "target_day")
	}
	return append(list, e.Numbers.faults()...)
}

func (n Numbers) faults() (list []fault.Field) {
	wrong := func(name, key string) { list = append(list, fault.Field{Name: name, Key: "ledger.fault." + key}) }
	if n.People < 0 || n.People > mostPeople {
		wrong("osoby", "people")
	}
	if n.Minutes < 0 || n.Minutes > int64(max(1, n.People))*mostHours*lesson {
		wrong("godziny", "hours")
	}
	if n.Money < 0 || n.Money > mostZloty*100 {
		wrong("kwota", "money")
	}
	if !slices.Contains(Groups(), n.Group) {
		wrong("grupa", "choice")
	}
	return list
}

// unknown are faults of an institution or a municipality that is not there.
func (s *Service) unknown(ctx context.Context, at access.InstitutionID, n Numbers) (list []fault.Field, err error) {
	names, err := s.Directory.Names(ctx, []access.InstitutionID{at})
	if err != nil {
		return nil, err
	}
	if names[at] == "" {
		list = append(list, fault.Field{Name: "dla", Key: "ledger.fault.choice"})
	}
	towns, err := s.townNames(ctx)
	if n.Town != "" && towns[n.Town] == "" {
		list = append(list, fault.Field{Name: "gmina", Key: "ledger.fault.choice"})
	}
	if err != nil || len(list) > 0 {
		return list, err
	}
	only, err := s.onlyTown(ctx, at)
	if only.forbids(n.Town) {
		list = append(list, fault.Field{Name: "gmina", Key: "ledger.fault.own_town"})
	}
	return list, err
}

// onlyTown bounds an office to the municipality that it is the office of: what
// it typed about a neighbor would count in the neighbor's figures. A center has
// people from everywhere.
func (s *Service) onlyTown(ctx context.Context, at access.InstitutionID) (townBound, error) {
	i, err := directory.ByID(ctx, s.db, at)
	return townBound{i.Kind == directory.Office, i.RunningMunicipality}, err
}

type townBound struct {
	is   bool
	town string
}

func (b townBound) forbids(town string) bool { return b.is && town != "" && town != b.town }

// intake is a fact of an activity by hand, under a key of its own.
func (n Numbers) intake(h handRow, key string) Intake {
	return Intake{Key: key, Version: 1, Kind: Hand, Activity: Ref{Hand, h.ID}, On: h.On, SchoolYear: h.SchoolYear, Institution: string(h.Institution),
		BySeat: n.Town, ByRunning: n.Town, Group: n.Group, People: n.People, Minutes: n.Minutes, Money: n.Money}
}

// AddHand enters an activity outside Kładka with its first numbers, and the file
// that shows it, if there is one. Who may: holders of EnterFacts at the
// institution for which it is entered. Faults: Invalid with fields.
func (s *Service) AddHand(ctx context.Context, who access.Actor, e Entry, file files.ID) (_ Ref, err error) {
	defer fault.Wrap(&err, "enter a fact by hand")
	if err := who.MayAt(ctx, access.EnterFacts, e.Institution); err != nil {
		return Ref{}, err
	}
	w, err := s.world(ctx)
	if err != nil {
		return Ref{}, err
	}
	at := s.now()
	unknown, err := s.unknown(ctx, e.Institution, e.Numbers)
	if err != nil {
		return Ref{}, err
	}
	if faults := append(e.faults(w, at.In(web.Warsaw).Format(time.DateOnly)), unknown...); faults != nil {
		return Ref{}, fault.InvalidFields(faults)
	}
	h := e.row(newID(), string(who.Person), at.Unix())
	key := "hand/" + newID()
	return Ref{Hand, h.ID}, s.placed(ctx, func(tx *db.Tx, w world) error {
		if err := insertHand(ctx, tx, h); err != nil {
			return err
		}
		if file != "" {
			if err := s.Files.Claim(ctx, tx, who.By(), SourceUse, file, sourceOwner(h.ID), at); err != nil {
				return err
			}
		}
		if err := s.recordHand(ctx, tx, who, "ledger.enter", h, at); err != nil {
			return err
		}
		return enterHand(ctx, tx, w, e.Numbers.intake(h, key), h, fromHand, at.Unix())
	})
}

// AddNumbers enters more numbers of an activity by hand: another municipality,
// another group. Who may: as AddHand, at the institution for which it was entered.
func (s *Service) AddNumbers(ctx context.Context, who access.Actor, id string, n Numbers) (err error) {
	defer fault.Wrap(&err, "enter more numbers of %s", id)
	h, err := s.handFor(ctx, who, id)
	if err != nil {
		return err
	}
	unknown, err := s.unknown(ctx, h.Institution, n)
	if err != nil {
		return err
	}
	if faults := append(n.faults(), unknown...); faults != nil {
		return fault.InvalidFields(faults)
	}
	at, key := s.now(), "hand/"+newID()
	return s.placed(ctx, func(tx *db.Tx, w world) error {
		if err := s.recordHand(ctx, tx, who, "ledger.enter", h, at); err != nil {
			return err
		}
		return enterHand(ctx, tx, w, n.intake(h, key), h, fromHand, at.Unix())
	})
}

// TakeBack takes a fact by hand back by a counter-fact with a reason; the fact
// stays to be seen; one that was taken back already stays so. Who may: as
// AddNumbers. Faults: NotFound for a fact of something else, Invalid without a
// reason.
func (s *Service) TakeBack(ctx context.Context, who access.Actor, id, factID, reason string) (err error) {
	defer fault.Wrap(&err, "take back fact %s", factID)
	h, err := s.handFor(ctx, who, id)
	if err != nil {
		return err
	}
	if reason == "" || utf8.RuneCountInString(reason) > longestWords {
		return fault.InvalidFields([]fault.Field{{Name: "powod", Key: "ledger.fault.reason"}})
	}
	f, err := factByID(ctx, s.db, factID)
	if err != nil {
		return err
	}
	if f.ref() != (Ref{Hand, id}) || f.Sign < 0 {
		return fault.ErrNotFound
	}
	at := s.now()
	back := entry{Intake: Intake{Key: f.Key, Version: f.Version + 1, Void: true, Kind: f.Kind, Activity: f.ref(), On: f.On, SchoolYear: f.SchoolYear},
		source: f.Source, by: string(who.Person), reason: reason}
	return s.placed(ctx, func(tx *db.Tx, w world) error {
		if err := s.recordHand(ctx, tx, who, "ledger.take_back", h, at); err != nil {
			return err
		}
		return enter(ctx, tx, w, back, h.activity(), at.Unix())
	})
}

// handFor is an activity by hand whose facts the actor may change.
func (s *Service) handFor(ctx context.Context, who access.Actor, id string) (handRow, error) {
	if _, err := known(id); err != nil {
		return handRow{}, err
	}
	h, err := handByID(ctx, s.db, id)
	if err != nil {
		return h, err
	}
	return h, who.MayAt(ctx, access.EnterFacts, h.Institution)
}

func (e Entry) row(id, by string, at int64) handRow {
	day, _ := time.Parse(time.DateOnly, e.On) // it was checked
	return handRow{ID: id, Title: e.Title, Words: e.Words, Form: e.Form, Topics: join(e.Topics), Area: e.Area, Action: e.Action,
		Institution: e.Institution, On: e.On, SchoolYear: directory.SchoolYear(day), By: by, At: at}
}

// insertHand writes an activity by hand; one that stands is left as it is.
func insertHand(ctx context.Context, tx *db.Tx, h handRow) error {
	_, err := tx.Exec(ctx, `insert into ledger_hand (`+handColumns+`) values `+db.Marks(1, 14)+` on conflict (id) do nothing`,
		h.ID, h.Title, h.Words, h.Form, h.Topics, h.Area, h.Action, h.Center, h.Institution, h.On, h.SchoolYear, h.Sheet, h.By, h.At)
	return err
}

func enterHand(ctx context.Context, tx *db.Tx, w world, in Intake, h handRow, source string, at int64) error {
	in, err := settled(in)
	if err != nil {
		return err
	}
	return enter(ctx, tx, w, entry{Intake: in, source: source, by: h.By}, h.activity(), at)
}

func (s *Service) recordHand(ctx context.Context, tx *db.Tx, who access.Actor, action string, h handRow, at time.Time) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: action, Object: "activity", ObjectID: h.ID, Institution: string(h.Institution)}, at)
}
