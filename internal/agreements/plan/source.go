package plan

import (
	"cmp"
	"context"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
)

// SourceKind is where figures come from.
type SourceKind string

// The kinds. OwnNeeds and Register can be read from Kładka itself.
const (
	OwnNeeds   SourceKind = "needs"
	Exams      SourceKind = "exams"
	Register   SourceKind = "register"
	Statistics SourceKind = "statistics"
	Research   SourceKind = "research"
)

// SourceKinds are all kinds in the order of the form.
func SourceKinds() []SourceKind { return []SourceKind{OwnNeeds, Exams, Register, Statistics, Research} }

// Source is one thing that was measured, with a reading for a year and a place.
type Source struct {
	ID        string          `db:"id"`
	Plan      ID              `db:"plan"`
	Revision  int64           `db:"revision"`
	Kind      SourceKind      `db:"kind"`
	Title     string          `db:"title"`
	TitleKey  string          `db:"title_key"`
	Unit      string          `db:"unit"`
	Publisher string          `db:"publisher"` // whose figures these are
	Link      string          `db:"link"`
	Period    string          `db:"period"`  // schoolPeriod, calendarPeriod
	OwnKey    string          `db:"own_key"` // which figures of our own these are, "" for others
	Words     string          `db:"words"`   // how they were counted, what they leave out
	TakenOn   string          `db:"taken_on"`
	Figures   int             `db:"figures"`
	By        access.PersonID `db:"by_person"`
	ChangedAt int64           `db:"changed_at"`
}

const sourceColumns = `s.id, s.plan, s.revision, s.kind, s.title, s.title_key, s.unit, s.publisher, s.link, s.period, s.own_key, s.words, s.taken_on, s.figures, s.by_person, s.changed_at`

// What the years of a source are.
const (
	schoolPeriod   = "school"
	calendarPeriod = "calendar"
)

// OwnFigures are figures that Kładka itself holds: of the directory, of the needs
// that may be shown. Wiring answers it.
type OwnFigures interface {
	// Figures are those that can be read, by key.
	Figures(l *i18n.L) []OwnFigure
	// Read reads the present figures of a key; Source and Note are empty.
	Read(ctx context.Context, key string) ([]Datum, error)
}

// OwnFigure is one thing that Kładka can count.
type OwnFigure struct {
	Key   string
	Kind  SourceKind
	Title string
	Unit  string
}

// Sources are the sources of a plan, by title. Faults: NotFound for who may not
// see the plan.
func (s *Service) Sources(ctx context.Context, who access.Actor, p Plan) (list []Source, err error) {
	defer fault.Wrap(&err, "read sources of plan %s", p.ID)
	if err := Sees(who, p); err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, `select `+sourceColumns+` from plan_sources s where s.plan = ? order by s.title_key, s.id`, p.ID)
}

// SourceByID is a source with its plan and figures, those of the newest year
// first. Faults: NotFound.
func (s *Service) SourceByID(ctx context.Context, who access.Actor, id string) (src Source, p Plan, list []Datum, err error) {
	defer fault.Wrap(&err, "read source %s", id)
	if id, err = known(id); err != nil {
		return src, p, nil, err
	}
	if err = s.db.Get(ctx, &src, `select `+sourceColumns+` from plan_sources s where s.id = ?`, id); err != nil {
		return src, p, nil, err
	}
	if p, err = ByID(ctx, s.db, src.Plan); err != nil {
		return src, p, nil, err
	}
	if err = Sees(who, p); err != nil {
		return src, p, nil, err
	}
	err = s.db.Select(ctx, &list, `select source, town, year, value, note from plan_figures where source = ? order by year desc, town`, id)
	return src, p, list, err
}

// SaveSource writes a source of a plan, a new one when its id is "", and returns
// the id. Of src the fields of the form count: what was measured, in which unit,
// by whom, of which day. Seen is the revision that was changed.
//
// Who may: whoever runs plans. Faults: NotFound, Forbidden, Invalid with fields,
// Conflict when somebody was faster.
func (s *Service) SaveSource(ctx context.Context, who access.Actor, plan ID, src Source, seen int64) (id string, err error) {
	defer fault.Wrap(&err, "save a source of plan %s", plan)
	p, err := s.run(ctx, who, plan)
	if err != nil {
		return "", err
	}
	src.Title, src.Unit, src.Publisher, src.Link, src.Words = cleanLine(src.Title), cleanLine(src.Unit), cleanLine(src.Publisher), strings.TrimSpace(src.Link), tidy(src.Words)
	now := s.now()
	if err := src.check(dayOf(now)); err != nil {
		return "", err
	}
	fresh := newID()
	id = cmp.Or(src.ID, fresh)
	return id, s.db.Write(ctx, func(tx *db.Tx) error {
		key := i18n.SortKey(src.Title)
		if src.ID == "" {
			_, err = tx.Exec(ctx, `insert into plan_sources (id, plan, kind, title, title_key, unit, publisher, link, period, own_key, words, taken_on, by_person, changed_at)
				values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				id, plan, src.Kind, src.Title, key, src.Unit, src.Publisher, src.Link, src.Period, src.OwnKey, src.Words, src.TakenOn, who.Person, now.Unix())
		} else {
			// The period stays: the years of the figures mean what it says.
			err = faster(tx.Exec(ctx, `update plan_sources set kind = ?, title = ?, title_key = ?, unit = ?, publisher = ?, link = ?, words = ?, taken_on = ?,
				by_person = ?, changed_at = ?, revision = revision + 1 where id = ? and plan = ? and revision = ?`,
				src.Kind, src.Title, key, src.Unit, src.Publisher, src.Link, src.Words, src.TakenOn, who.Person, now.Unix(), id, plan, seen))
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, who, "plan.source", "plan.source", id, p, nil, now)
	})
}

func (src Source) check(today string) error {
	var wrong []fault.Field
	add := func(bad bool, name, key string, args ...any) {
		if bad {
			wrong = append(wrong, fault.Field{Name: name, Key: "plan.source.fault." + key, Args: args})
		}
	}
	const line = 200
	add(!slices.Contains(SourceKinds(), src.Kind), "rodzaj", "kind")
	add(src.Title == "", "tytul", "title")
	add(src.Publisher == "", "wydawca", "publisher")
	for _, f := range []struct{ name, value string }{{"tytul", src.Title}, {"jednostka", src.Unit}, {"wydawca", src.Publisher}} {
		add(utf8.RuneCountInString(f.value) > line, f.name, "long", "n", line)
	}
	add(utf8.RuneCountInString(src.Words) > longestWords, "opis", "long", "n", longestWords)
	add(src.Link != "" && !goodLink(src.Link), "adres", "link")
	add(src.Period != schoolPeriod && src.Period != calendarPeriod, "okres", "period")
	_, err := time.Parse(time.DateOnly, src.TakenOn)
	add(err != nil || src.TakenOn > today, "stan", "taken_on")
	return fault.InvalidFields(wrong)
}

// goodLink takes the address of a public page and no script.
func goodLink(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= 500 && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// TakeSheet reads the figures of a source from a sheet. What stands of the same
// places and years is replaced; findings keep the figures that they were written
// from. When anything is wrong with the sheet nothing is taken, and what is wrong
// is returned.
//
// Who may: whoever runs plans. Faults: NotFound, Forbidden, Invalid for a file
// that is no such sheet, TooLarge.
func (s *Service) TakeSheet(ctx context.Context, who access.Actor, id string, file io.Reader) (n int, troubles []Trouble, err error) {
	defer fault.Wrap(&err, "take a sheet for source %s", id)
	src, p, _, err := s.SourceByID(ctx, who, id)
	if err != nil {
		return 0, nil, err
	}
	if err := runs(who, p); err != nil {
		return 0, nil, err
	}
	members, err := s.members(ctx)
	if err != nil {
		return 0, nil, err
	}
	table, err := sheet.Read(file, figureLimits())
	if err != nil {
		return 0, nil, err
	}
	list, troubles, err := readFigures(table, members, src.Period == schoolPeriod)
	if err != nil || len(troubles) > 0 {
		return 0, troubles, err
	}
	return len(list), nil, s.putFigures(ctx, who, p, src, list, src.TakenOn)
}

// TakeOwn reads the present figures of Kładka into a source that is made of them.
//
// Who may: whoever runs plans. Faults: NotFound, Forbidden, Conflict for a source
// of somebody else's figures.
func (s *Service) TakeOwn(ctx context.Context, who access.Actor, id string) (n int, err error) {
	defer fault.Wrap(&err, "read own figures into source %s", id)
	src, p, _, err := s.SourceByID(ctx, who, id)
	if err != nil {
		return 0, err
	}
	if err := runs(who, p); err != nil {
		return 0, err
	}
	if src.OwnKey == "" || s.Asks.Own == nil {
		return 0, fault.New(fault.Conflict, "plan.source.fault.not_own")
	}
	list, err := s.Asks.Own.Read(ctx, src.OwnKey)
	if err != nil {
		return 0, err
	}
	return len(list), s.putFigures(ctx, who, p, src, list, dayOf(s.now()))
}

// AddFigure types one reading in, or corrects it.
//
// Who may: whoever runs plans. Faults: NotFound, Forbidden, Invalid with fields.
func (s *Service) AddFigure(ctx context.Context, who access.Actor, id, town, year, value, note string) (err error) {
	defer fault.Wrap(&err, "add a figure to source %s", id)
	src, p, _, err := s.SourceByID(ctx, who, id)
	if err != nil {
		return err
	}
	if err := runs(who, p); err != nil {
		return err
	}
	members, err := s.members(ctx)
	if err != nil {
		return err
	}
	// One typed figure is a sheet of one row: the same rules, the same words.
	row := &sheet.Table{Header: []string{"gmina", "rok", "wartość", "uwagi"}, Rows: []sheet.Row{{N: 1, Cells: []string{cmp.Or(town, "razem"), year, value, note}}}}
	list, troubles, err := readFigures(row, members, src.Period == schoolPeriod)
	if err != nil {
		return err
	}
	fields := map[string]string{"plan.sheet.town": "gmina", "plan.sheet.value": "wartosc", "plan.sheet.note": "uwagi"}
	var wrong []fault.Field
	for _, t := range troubles {
		wrong = append(wrong, fault.Field{Name: cmp.Or(fields[t.Key], "rok"), Key: t.Key, Args: t.Args})
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(wrong)
	}
	return s.putFigures(ctx, who, p, src, list, src.TakenOn)
}

func (s *Service) putFigures(ctx context.Context, who access.Actor, p Plan, src Source, list []Datum, takenOn string) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update plan_sources set taken_on = ?, by_person = ?, changed_at = ?, revision = revision + 1 where id = ?`, takenOn, who.Person, now.Unix(), src.ID); err != nil {
			return err
		}
		for some := range slices.Chunk(list, 150) {
			var args []any
			for _, f := range some {
				args = append(args, src.ID, f.Town, f.Year, f.Value, f.Note)
			}
			if _, err := tx.Exec(ctx, `insert into plan_figures (source, town, year, value, note) values `+db.Marks(len(some), 5)+`
				on conflict (source, town, year) do update set value = excluded.value, note = excluded.note`, args...); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `update plan_sources set figures = (select count(*) from plan_figures f where f.source = plan_sources.id) where id = ?`, src.ID); err != nil {
			return err
		}
		return note(ctx, tx, who, "plan.figures", "plan.source", src.ID, p, nil, now)
	})
}
