package takeover

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/training"
	"kladka/internal/training/papers"
)

var paperColumns = append([]sheet.Column{
	{Name: "number", Titles: []string{"numer", "nr", "numer zaświadczenia", "nr zaświadczenia", "numer dokumentu", "nr rejestru", "number", "номер"}, Required: true},
	{Name: "kind", Titles: []string{"rodzaj", "dokument", "rodzaj dokumentu", "typ", "kind"}},
	{Name: "title", Titles: []string{"tytuł", "nazwa szkolenia", "tytuł szkolenia", "szkolenie", "temat", "title", "назва"}, Required: true},
	{Name: "hours", Titles: []string{"godziny", "liczba godzin", "wymiar", "hours"}},
	{Name: "first", Titles: []string{"od", "data od", "data rozpoczęcia", "data szkolenia", "first day"}},
	{Name: "last", Titles: []string{"do", "data do", "data zakończenia", "last day"}},
	{Name: "issued", Titles: []string{"data wydania", "data wystawienia", "wydano", "wystawiono", "issued"}, Required: true},
	{Name: "birth", Titles: []string{"data urodzenia", "urodzony(a)", "ur.", "birth date", "дата народження"}},
	{Name: "birthplace", Titles: []string{"miejsce urodzenia", "birth place"}},
	{Name: "institution", Titles: []string{"placówka", "szkoła", "rspo", "numer rspo", "miejsce pracy", "institution"}},
	{Name: "code", Titles: []string{"kod szkolenia", "kod", "nr szkolenia", "code"}},
}, nameColumns...)

// OldPaper is a row of an older register of papers.
type OldPaper struct {
	Number     string                `json:"number"`
	Kind       training.Paper        `json:"kind"`
	Name       string                `json:"name"`
	Birth      string                `json:"birth,omitempty"`
	BirthPlace string                `json:"birthplace,omitempty"`
	Title      string                `json:"title"`
	Hours      int                   `json:"hours"`
	First      string                `json:"first,omitempty"`
	Last       string                `json:"last,omitempty"`
	Issued     string                `json:"issued"`
	Place      place                 `json:"place"`
	Where      string                `json:"where,omitempty"`
	Training   training.ID           `json:"training,omitempty"`
	Enrollment training.EnrollmentID `json:"enrollment,omitempty"`
}

// key is the number as it is compared, within its kind.
func (o OldPaper) key() string { return string(o.Kind) + ":" + papers.NumberKey(o.Number) }

// samePerson: one name, and not two birth dates.
func (o OldPaper) samePerson(p OldPaper) bool {
	return i18n.Fold(o.Name) == i18n.Fold(p.Name) && (o.Birth == p.Birth || o.Birth == "" || p.Birth == "")
}

// ownShape is a number as we write new ones.
var ownShape = regexp.MustCompile(`^([0-9]{1,9})/([A-Z0-9]{1,12})/([0-9]{4})$`)

// farthest bounds the numbers of one year: beyond it a sheet has a slip, and new
// numbers would go on from there for good.
const farthest = 100_000

func (r *reader) kind() training.Paper {
	switch v := i18n.Fold(r.cell("kind")); {
	case v == "" || strings.HasPrefix(v, "zaswiadczeni") || v == "certificate" || v == "посвідчення":
		return training.Certificate
	case strings.HasPrefix(v, "swiadectw") || v == "dyplom" || v == "diploma" || v == "свідоцтво":
		return training.Diploma
	}
	r.wrong("kind", "value", short(r.cell("kind")))
	return ""
}

func (r *reader) paper(trainings map[string]string) (o OldPaper, err error) {
	o.Number = r.text("number", longestNumber, true)
	r.about = o.Number
	if o.Number != "" && papers.NumberKey(o.Number) == "" {
		r.wrong("number", "value", o.Number)
	}
	o.Kind = r.kind()
	o.Name = r.person()
	o.Title = r.text("title", longestTitle, true)
	o.Hours = r.hours("hours", false)
	o.First, o.Last, o.Issued = r.day("first", false), r.day("last", false), r.day("issued", true)
	o.Birth, o.BirthPlace = r.day("birth", false), r.text("birthplace", longestPlace, false)
	o.Where = r.cell("institution")
	if o.Place, err = r.institution("institution"); err != nil {
		return o, err
	}
	if o.Last == "" {
		o.Last = o.First
	}
	r.paperDays(o)
	if code := r.cell("code"); code != "" {
		if o.Training = training.ID(trainings[codeKey(code)]); o.Training == "" {
			r.note(importing.LevelWarning, "training_left", "value", short(code))
		}
	}
	return o, nil
}

// paperDays checks what the days of a paper say of each other.
func (r *reader) paperDays(o OldPaper) {
	today := r.s.now().In(web.Warsaw).Format(time.DateOnly)
	switch {
	case o.Issued > today:
		r.wrong("not_issued", "day", o.Issued)
	case o.First != "" && o.Last < o.First:
		r.wrong("order", "first", o.First, "last", o.Last)
	case o.Birth != "" && o.Issued != "" && o.Birth >= o.Issued:
		r.wrong("birth", "day", o.Birth)
	}
}

// paperNumber checks a number in our own form against the series of new ones.
func (r *reader) paperNumber(o OldPaper) error {
	m := ownShape.FindStringSubmatch(strings.ToUpper(o.Number))
	if m == nil {
		return nil
	}
	seq, _ := strconv.Atoi(m[1])
	if seq < 1 || seq > farthest {
		r.wrong("far", "value", o.Number)
		return nil
	}
	if year := m[3]; o.Issued != "" && year != o.Issued[:4] {
		if year > o.Issued[:4] {
			r.wrong("year", "value", o.Number, "day", o.Issued)
			return nil
		}
		r.note(importing.LevelWarning, "year", "value", o.Number, "day", o.Issued)
	}
	var n int
	err := r.s.db.Get(r.ctx, &n, `select count(*) from training_paper_series where code = ? and (center <> ? or kind <> ?)`, m[2], r.center.ID, o.Kind)
	if err == nil && n > 0 {
		r.wrong("series", "value", m[2])
	}
	return err
}

// greatJump is how far a number may be above the greatest known of its series
// before somebody has to say that it is no slip.
const greatJump = 1000

// jumps finds numbers in our own form that are far above the greatest known:
// in the register, or before them in the sheet. They are taken over only when
// whoever approves ticks that off.
func (r *reader) jumps(rows []paperRow) error {
	type number struct {
		paperRow
		seq int
	}
	series := map[string][]number{}
	for _, row := range rows {
		if m := ownShape.FindStringSubmatch(strings.ToUpper(row.Number)); m != nil {
			seq, _ := strconv.Atoi(m[1])
			name := string(row.Kind) + "/" + m[2] + "/" + m[3]
			series[name] = append(series[name], number{row, seq})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(series)) {
		part := strings.Split(name, "/")
		year, _ := strconv.Atoi(part[2])
		var last int
		err := r.s.db.Get(r.ctx, &last, `select coalesce(max(seq), 0) from training_papers where center = ? and kind = ? and year = ? and number_key like ?`,
			r.center.ID, part[0], year, "%-"+part[1]+"-%")
		if err != nil {
			return err
		}
		slices.SortFunc(series[name], func(a, b number) int { return cmp.Or(a.seq-b.seq, a.n-b.n) })
		for _, x := range series[name] {
			if x.seq > last+greatJump {
				r.row, r.about = sheet.Row{N: x.n}, x.Number
				r.far++
				r.note(importing.LevelWarning, "jump", "value", x.Number, "last", strconv.Itoa(last))
			}
			last = max(last, x.seq)
		}
	}
	return nil
}

type paperRow struct {
	n int
	OldPaper
}

// planPapers compares an old register with the one here.
func (s *Service) planPapers(r *reader) (lines []importing.Line, err error) {
	trainings, err := s.takenBefore(r.ctx, s.db, r.center.ID, takenTraining)
	if err != nil {
		return nil, err
	}
	var rows []paperRow
	if err := r.each(func() error {
		o, err := r.paper(trainings)
		if err == nil && !r.bad {
			err = r.paperNumber(o)
		}
		if err == nil && !r.bad {
			rows = append(rows, paperRow{r.row.N, o})
		}
		return err
	}); err != nil {
		return nil, err
	}
	rows = r.clashes(rows)
	there, err := s.registered(r, rows)
	if err != nil {
		return nil, err
	}
	people, err := s.completedIn(r, rows)
	if err != nil {
		return nil, err
	}
	var fresh []paperRow
	for _, row := range rows {
		r.row, r.bad, r.about = sheet.Row{N: row.n}, false, row.Number
		if was, known := there[row.key()]; known {
			r.known(was, row.OldPaper)
			continue
		}
		fresh = append(fresh, row)
		row.Enrollment = people[string(row.Training)+"/"+i18n.Fold(row.Name)]
		line, err := s.paperLine(r, row.OldPaper)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, r.jumps(fresh)
}

// clashes leaves out numbers that stand beside two people; the same row twice is
// read once.
func (r *reader) clashes(rows []paperRow) (good []paperRow) {
	byKey := map[string][]paperRow{}
	for _, row := range rows {
		byKey[row.key()] = append(byKey[row.key()], row)
	}
	for _, row := range rows {
		all := byKey[row.key()]
		other := slices.IndexFunc(all, func(p paperRow) bool { return p.OldPaper != row.OldPaper })
		switch {
		case other < 0 && all[0].n == row.n:
			good = append(good, row)
		case other < 0: // the same words once more
		default:
			r.row, r.about = sheet.Row{N: row.n}, row.Number
			r.left++
			key := "number_clash"
			if row.samePerson(all[other].OldPaper) {
				key = "paper_twice"
			}
			r.wrong(key, "row", strconv.Itoa(all[other].n), "value", row.Number)
		}
	}
	return good
}

// known judges a number that is in the register already.
func (r *reader) known(was, o OldPaper) {
	switch {
	case !was.samePerson(o):
		r.left++
		r.wrong("number_taken", "value", o.Number)
	case i18n.Fold(was.Title) != i18n.Fold(o.Title) || was.Hours != o.Hours || was.Issued != o.Issued:
		r.left++
		r.wrong("paper_differs", "value", o.Number)
	}
}

// registered are the papers of the register under the rows' numbers, with what
// the older register said of them.
func (s *Service) registered(r *reader, rows []paperRow) (map[string]OldPaper, error) {
	there := map[string]OldPaper{}
	for some := range slices.Chunk(rows, 500) {
		keys := make([]any, len(some))
		for n, row := range some {
			keys[n] = papers.NumberKey(row.Number)
		}
		err := s.db.Each(r.ctx, func(scan func(dest ...any) error) error {
			var o OldPaper
			var words string
			if err := scan(&o.Number, &o.Kind, &o.Name, &o.Title, &o.Hours, &o.Issued, &words); err != nil {
				return err
			}
			var old OldPaper
			if s.openWords(o.key(), words, &old) {
				o.Birth = old.Birth
			}
			there[o.key()] = o
			return nil
		}, `select p.number, p.kind, p.name, p.title, p.hours, p.issued_on, coalesce(k.words, '') as words from training_papers p
			left join training_taken k on k.object = p.id where p.center = ? and p.number_key in `+db.Marks(1, len(keys)), append([]any{r.center.ID}, keys...)...)
		if err != nil {
			return nil, err
		}
	}
	return there, nil
}

// completedIn are those who completed the trainings of the rows, by training and
// name; of two with one name in a training nobody knows whose the paper is.
func (s *Service) completedIn(r *reader, rows []paperRow) (map[string]training.EnrollmentID, error) {
	var ids []string
	for _, row := range rows {
		if row.Training != "" {
			ids = append(ids, string(row.Training))
		}
	}
	slices.Sort(ids)
	people, twice := map[string]training.EnrollmentID{}, map[string]bool{}
	for some := range slices.Chunk(slices.Compact(ids), 500) {
		err := s.db.Each(r.ctx, func(scan func(dest ...any) error) error {
			var id training.EnrollmentID
			var at, name string
			err := scan(&id, &at, &name)
			key := at + "/" + i18n.Fold(name)
			_, there := people[key]
			twice[key] = twice[key] || there
			people[key] = id
			return err
		}, `select e.id, e.training, e.name from training_enrollments e where e.state = 'completed' and e.training in `+db.Marks(1, len(some)), anys(some)...)
		if err != nil {
			return nil, err
		}
	}
	for key := range twice {
		if twice[key] {
			delete(people, key)
		}
	}
	return people, nil
}

func (s *Service) paperLine(r *reader, o OldPaper) (l importing.Line, err error) {
	l = importing.Line{Action: importing.ActionNew, Key: o.Number, Name: o.Name}
	add := func(name, value string) {
		if value != "" {
			l.Fields = append(l.Fields, importing.Field{Name: name, After: value})
		}
	}
	add("kind", string(o.Kind))
	add("title", o.Title)
	add("hours", strconv.Itoa(o.Hours))
	add("first", o.First)
	add("last", o.Last)
	add("issued", o.Issued)
	add("institution", o.Where)
	if o.Birth != "" || o.BirthPlace != "" {
		add("born", "yes") // the words themselves lie sealed
	}
	l.Record, err = s.seal(r.batch, o)
	return l, err
}

// sealWords keeps a row of the older register as it stood there, with the paper.
func (s *Service) sealWords(key string, o OldPaper) (string, error) {
	data, err := json.Marshal(o)
	return s.Keys.Seal(wordsSeal, key, data), err
}

func (s *Service) openWords(key, sealed string, into *OldPaper) bool {
	if sealed == "" {
		return false
	}
	data, err := s.Keys.Unseal(wordsSeal, key, sealed)
	return err == nil && json.Unmarshal(data, into) == nil
}

func (s *Service) applyPaper(d *deed) error {
	var o OldPaper
	if !d.words(&o) {
		return d.held("takeover.held.unreadable")
	}
	n, err := d.count(`select count(*) from training_papers where center = ? and kind = ? and number_key = ?`, d.b.Scope, o.Kind, papers.NumberKey(o.Number))
	if err != nil || n > 0 {
		return d.heldIf(err, importing.HeldTaken)
	}
	old := papers.Old{Center: d.scope(), Kind: o.Kind, Number: o.Number, Name: o.Name, Title: o.Title, Hours: o.Hours, StartsOn: o.First, EndsOn: o.Last, IssuedOn: o.Issued}
	if err := s.link(d, &old, o); err != nil {
		return err
	}
	id, _, err := s.Papers.TakeIn(d.ctx, d.tx, old, d.at)
	if err != nil {
		return err
	}
	words, err := s.sealWords(o.key(), o)
	if err != nil {
		return err
	}
	if err := d.take(takenPaper, o.key(), string(id), words); err != nil {
		return err
	}
	return d.done(string(id), 1, nil)
}

// link puts a paper beside the enrollment that it is for, as it stands by now:
// one who has a paper already gets no second one.
func (s *Service) link(d *deed, old *papers.Old, o OldPaper) error {
	if o.Training == "" {
		return nil
	}
	t, err := training.ByID(d.ctx, d.tx, o.Training)
	if err != nil {
		return d.ignoreGone(err)
	}
	old.Training, old.Form = t.ID, t.Form
	if o.Enrollment == "" {
		return nil
	}
	e, err := training.EnrollmentByID(d.ctx, d.tx, o.Enrollment)
	if err != nil || e.State != training.Completed || e.Training != t.ID {
		return d.ignoreGone(err)
	}
	old.Enroll, old.Person = e.ID, e.Person
	return training.MarkIssued(d.ctx, d.tx, e.ID, true, d.at.Unix())
}

func (d *deed) ignoreGone(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// undoPaper takes a paper out of the register to which nothing happened since.
func (s *Service) undoPaper(d *deed) error {
	var row struct {
		Enrollment training.EnrollmentID `db:"enrollment"`
		Person     string                `db:"person"`
	}
	if err := d.tx.Get(d.ctx, &row, `select enrollment, person from training_papers where id = ?`, d.line.Object); err != nil {
		return d.gone(err)
	}
	n, err := d.count(`select count(*) from training_merge_members m join training_merge_pairs p on p.a = m.face or p.b = m.face where p.state = 'merged' and m.row_id = ?`, d.line.Object)
	if err != nil || n > 0 {
		return d.heldIf(err, importing.KeptUsed)
	}
	out, err := s.Papers.TakeOut(d.ctx, d.tx, papers.ID(d.line.Object))
	if err != nil || !out {
		return d.heldIf(err, importing.KeptEdited)
	}
	if row.Enrollment != "" {
		if err := training.MarkIssued(d.ctx, d.tx, row.Enrollment, false, d.at.Unix()); err != nil && fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
	return d.untake()
}
