package takeover

import (
	"context"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/web"
	"kladka/internal/training"
)

var trainingColumns = []sheet.Column{
	{Name: "code", Titles: []string{"kod szkolenia", "kod", "nr szkolenia", "numer szkolenia", "id szkolenia", "id", "code", "код"}},
	{Name: "title", Titles: []string{"tytuł", "nazwa", "nazwa szkolenia", "tytuł szkolenia", "temat", "title", "назва"}, Required: true},
	{Name: "form", Titles: []string{"forma", "forma doskonalenia", "rodzaj", "typ", "form", "форма"}},
	{Name: "first", Titles: []string{"data rozpoczęcia", "data", "od", "data od", "pierwszy dzień", "termin", "starts", "first day", "дата"}, Required: true},
	{Name: "last", Titles: []string{"data zakończenia", "do", "data do", "ostatni dzień", "ends", "last day"}},
	{Name: "hours", Titles: []string{"godziny", "liczba godzin", "godziny lekcyjne", "wymiar", "hours", "години"}, Required: true},
	{Name: "place", Titles: []string{"miejsce", "place", "місце"}},
	{Name: "trainers", Titles: []string{"prowadzący", "osoby prowadzące", "trenerzy", "prowadzenie", "trainers", "ведучі"}},
	{Name: "center", Titles: []string{"ośrodek", "placówka", "organizator", "center", "осередок"}},
}

// OldTraining is a training as the older system knew it.
type OldTraining struct {
	ID       training.ID `json:"id"`
	Code     string      `json:"code,omitempty"`
	Title    string      `json:"title"`
	Form     string      `json:"form"`
	First    string      `json:"first"`
	Last     string      `json:"last"`
	Hours    int         `json:"hours"`
	Place    string      `json:"place,omitempty"`
	Trainers []string    `json:"trainers,omitempty"`
}

const mostTrainers = 30

// keys are those by which the row is known: the code, and title with first day.
func (o OldTraining) keys() []string {
	keys := []string{dayKey(o.Title, o.First)}
	if o.Code != "" {
		keys = append([]string{codeKey(o.Code)}, keys...)
	}
	return keys
}

func codeKey(code string) string { return "kod:" + strings.ToUpper(code) }

func dayKey(title, day string) string {
	folded := []rune(i18n.Fold(title))
	return "dzien:" + day + ":" + string(folded[:min(len(folded), 250)])
}

// forms are words by which people call the forms, folded, beside our own.
var forms = map[string]training.Form{
	"warsztaty": training.Workshop, "warsztat": training.Workshop, "kurs": training.Course, "kurs doskonalacy": training.Course, "szkolenie": training.Course,
	"szkolenie stacjonarne": training.Course, "konferencja": training.Conference, "seminarium": training.Seminar, "wyklad": training.Lecture,
	"webinar": training.Webinar, "webinarium": training.Webinar, "szkolenie online": training.Webinar, "rada szkoleniowa": training.StaffTraining,
	"szkolenie rady pedagogicznej": training.StaffTraining, "szkolenie rp": training.StaffTraining, "kurs kwalifikacyjny": training.QualificationCourse,
}

// formOf knows a form by its name in any of our languages, or by what it is
// called otherwise. An empty cell is a training.
func (s *Service) formOf(word string) (training.Form, bool) {
	folded := i18n.Fold(word)
	if folded == "" {
		return training.Course, true
	}
	if f, ok := forms[folded]; ok {
		return f, true
	}
	for _, f := range training.Forms() {
		for _, lang := range i18n.Langs {
			if folded == i18n.Fold(s.Catalog.In(lang).T("training.form."+string(f))) {
				return f, true
			}
		}
		if word == string(f) {
			return f, true
		}
	}
	return "", false
}

func (r *reader) training() (o OldTraining) {
	o.Code = r.text("code", longestNumber, false)
	o.Title = r.text("title", longestTitle, true)
	if r.about = o.Code; o.Code == "" {
		r.about = short(o.Title)
	}
	form, ok := r.s.formOf(r.cell("form"))
	if !ok {
		r.wrong("form", "value", short(r.cell("form")))
	}
	o.Form = string(form)
	o.First, o.Last = r.day("first", true), r.day("last", false)
	if o.Last == "" {
		o.Last = o.First
	}
	o.Hours = r.hours("hours", true)
	o.Place = r.text("place", longestPlace, false)
	o.Trainers = r.names("trainers")
	r.ownCenter()
	today := r.s.now().In(web.Warsaw).Format(time.DateOnly)
	if o.First != "" && o.Last != "" && o.Last < o.First {
		r.wrong("order", "first", o.First, "last", o.Last)
	} else if o.Last >= today {
		r.wrong("not_over", "day", o.Last)
	}
	return o
}

// names are several in one cell.
func (r *reader) names(column string) (all []string) {
	for _, name := range strings.FieldsFunc(r.cell(column), func(c rune) bool { return c == ';' || c == ',' || c == '|' }) {
		if name = strings.TrimSpace(name); name != "" && len(all) < mostTrainers {
			all = append(all, short(name))
		}
	}
	return all
}

// planTrainings compares old trainings with those that were taken over before.
func (s *Service) planTrainings(r *reader) (lines []importing.Line, err error) {
	known, err := s.takenBefore(r.ctx, s.db, r.center.ID, takenTraining)
	if err != nil {
		return nil, err
	}
	seen := map[string]trainingRow{}
	return lines, r.each(func() error {
		o := r.training()
		if r.bad || r.seenBefore(seen, o) {
			return nil
		}
		line, any, err := s.trainingLine(r, o, known)
		if any && err == nil && !r.bad {
			lines = append(lines, line)
		}
		return err
	})
}

// trainingRow is a training with the number of its row.
type trainingRow struct {
	n int
	OldTraining
}

// seenBefore tells whether a row is one that was read already. The same words
// twice are no fault, other words for the same training are.
func (r *reader) seenBefore(seen map[string]trainingRow, o OldTraining) bool {
	for _, key := range o.keys() {
		other, twice := seen[key]
		if twice && (other.Code != o.Code || len(differences(other.OldTraining, o)) > 0) {
			r.wrong("twice", "row", strconv.Itoa(other.n))
		}
		if twice {
			return true
		}
	}
	for _, key := range o.keys() {
		seen[key] = trainingRow{r.row.N, o}
	}
	return false
}

func (s *Service) trainingLine(r *reader, o OldTraining, known map[string]string) (l importing.Line, any bool, err error) {
	l = importing.Line{Action: importing.ActionNew, Key: r.about, Name: o.Title}
	for _, key := range o.keys() {
		if id := known[key]; id != "" {
			if o.ID != "" && string(o.ID) != id {
				r.wrong("two_trainings")
				return l, false, nil
			}
			o.ID = training.ID(id)
		}
	}
	before := OldTraining{}
	if o.ID != "" {
		was, revision, err := oldTraining(r.ctx, s.db, o.ID)
		if err != nil {
			return l, false, err
		}
		before, before.Code = was, o.Code
		l.Action, l.Object, l.Base = importing.ActionChanged, string(o.ID), revision
		r.keepMissing(&o, was)
	}
	if l.Fields = differences(before, o); len(l.Fields) == 0 {
		return l, false, nil
	}
	l.Record, err = s.seal(r.batch, o)
	return l, true, err
}

// keepMissing leaves alone what the sheet has no column for.
func (r *reader) keepMissing(o *OldTraining, was OldTraining) {
	if !r.match.Has("form") {
		o.Form = was.Form
	}
	if !r.match.Has("place") {
		o.Place = was.Place
	}
	if !r.match.Has("trainers") {
		o.Trainers = was.Trainers
	}
	if !r.match.Has("last") {
		o.Last = was.Last
	}
}

func differences(a, b OldTraining) (all []importing.Field) {
	add := func(name, before, after string) {
		if before != after {
			all = append(all, importing.Field{Name: name, Before: before, After: after})
		}
	}
	add("title", a.Title, b.Title)
	add("form", a.Form, b.Form)
	add("first", a.First, b.First)
	add("last", a.Last, b.Last)
	add("hours", hoursText(a.Hours, a.Title), hoursText(b.Hours, b.Title))
	add("place", a.Place, b.Place)
	add("trainers", strings.Join(a.Trainers, "; "), strings.Join(b.Trainers, "; "))
	return all
}

// hoursText: what is not there has no hours, not zero of them.
func hoursText(n int, of string) string {
	if of == "" {
		return ""
	}
	return strconv.Itoa(n)
}

// oldTraining reads one back in the words of a sheet.
func oldTraining(ctx context.Context, r db.Reader, id training.ID) (o OldTraining, revision int64, err error) {
	t, err := training.ByID(ctx, r, id)
	if err != nil {
		return o, 0, err
	}
	trainers, err := training.Trainers(ctx, r, id)
	for _, one := range trainers {
		o.Trainers = append(o.Trainers, one.Name)
	}
	o.ID, o.Title, o.Form, o.Hours, o.Place = t.ID, t.Title, string(t.Form), t.Hours, t.Place
	o.First, o.Last = dayAt(t.StartsAt), dayAt(t.EndsAt)
	return o, t.Revision, err
}

func dayAt(at int64) string { return time.Unix(at, 0).In(web.Warsaw).Format(time.DateOnly) }

// span is the beginning of the first day and the last minute of the last: old
// lists know no hours of the day.
func (o OldTraining) span() (from, until int64) {
	first, _ := time.ParseInLocation(time.DateOnly, o.First, web.Warsaw)
	last, _ := time.ParseInLocation(time.DateOnly, o.Last, web.Warsaw)
	return first.Unix(), last.AddDate(0, 0, 1).Add(-time.Minute).Unix()
}

// whole is the training as it will stand here: closed.
func (o OldTraining) whole(center access.InstitutionID, at time.Time) training.Whole {
	from, until := o.span()
	w := training.Whole{Pools: map[string]int{"": 0}, Training: training.Training{ID: o.ID, Center: center, Form: training.Form(o.Form), State: training.Closed, Title: o.Title,
		StartsAt: from, EndsAt: until, Hours: o.Hours, Place: o.Place, Mode: training.OnSite, Paper: training.Certificate, Decided: "run",
		CreatedAt: at.Unix(), ChangedAt: at.Unix(), PublishedAt: from, ClosedAt: until}}
	switch w.Form {
	case training.QualificationCourse:
		w.Paper = training.Diploma
	case training.Webinar:
		w.Mode = training.Online
	}
	for _, name := range o.Trainers {
		w.Trainers = append(w.Trainers, training.Trainer{Name: name})
	}
	return w
}

func (s *Service) applyTraining(d *deed) error {
	var o OldTraining
	if !d.words(&o) {
		return d.held("takeover.held.unreadable")
	}
	if d.line.Action != importing.ActionNew {
		return s.changeTraining(d, o)
	}
	keys := o.keys()
	n, err := d.count(`select count(*) from training_taken where center = ? and kind = ? and key in `+db.Marks(1, len(keys)), append([]any{d.b.Scope, takenTraining}, anys(keys)...)...)
	if err != nil {
		return err
	}
	if n > 0 {
		return d.held(importing.HeldTaken)
	}
	o.ID = training.ID(newID())
	who := access.Actor{Person: access.PersonID(d.b.SettledBy)}
	if _, err := s.Trainings.Insert(d.ctx, d.tx, who, o.whole(access.InstitutionID(d.b.Scope), d.at)); err != nil {
		return err
	}
	for _, key := range keys {
		if err := d.take(takenTraining, key, string(o.ID), ""); err != nil {
			return err
		}
	}
	return d.done(string(o.ID), 1, nil)
}

func (s *Service) changeTraining(d *deed, o OldTraining) error {
	was, revision, err := oldTraining(d.ctx, d.tx, training.ID(d.line.Object))
	if err != nil {
		return d.gone(err)
	}
	if revision != d.line.Base {
		return d.held(importing.HeldChanged)
	}
	before, err := s.seal(d.b.ID, was)
	if err != nil {
		return err
	}
	if err := s.writeTraining(d, o, revision); err != nil {
		return err
	}
	return d.done(d.line.Object, revision+1, before)
}

// writeTraining puts the words of a sheet onto a training.
func (s *Service) writeTraining(d *deed, o OldTraining, revision int64) error {
	from, until := o.span()
	w := o.whole("", d.at)
	n, err := d.tx.Exec(d.ctx, `update training_trainings set title = ?, title_key = ?, form = ?, starts_at = ?, ends_at = ?, hours = ?, place = ?, school_year = ?,
		closed_at = ?, mode = ?, paper = ?, changed_at = ?, revision = revision + 1 where id = ? and revision = ?`, o.Title, i18n.SortKey(o.Title), o.Form, from, until, o.Hours, o.Place,
		schoolYear(from), until, w.Mode, w.Paper, d.at.Unix(), d.line.Object, revision)
	if err != nil {
		return err
	}
	if n == 0 {
		return errFaster
	}
	if _, err := d.tx.Exec(d.ctx, `delete from training_trainers where training = ?`, d.line.Object); err != nil {
		return err
	}
	for n, name := range o.Trainers {
		if _, err := d.tx.Exec(d.ctx, `insert into training_trainers (training, no, person, name, about) values (?, ?, '', ?, '')`, d.line.Object, n+1, name); err != nil {
			return err
		}
	}
	return s.touch(d.ctx, d.tx, d.line.Object)
}

// undoTraining takes a training away that nobody touched and nothing refers to,
// or gives one its former words back. It goes by the words, not by the revision:
// a later import that was taken back left its mark there, and changed nothing.
func (s *Service) undoTraining(d *deed) error {
	is, revision, err := oldTraining(d.ctx, d.tx, training.ID(d.line.Object))
	if err != nil {
		return d.gone(err)
	}
	var o, was OldTraining
	if !d.words(&o) {
		return d.held("takeover.held.unreadable")
	}
	if len(differences(is, o)) > 0 {
		return d.held(importing.KeptEdited)
	}
	if d.line.Action != importing.ActionNew {
		if !s.unseal(d.b.ID, d.line.Before, &was) {
			return d.held("takeover.held.unreadable")
		}
		if err := s.writeTraining(d, was, revision); err != nil {
			return err
		}
		return d.done(d.line.Object, revision+1, nil)
	}
	t, err := training.ByID(d.ctx, d.tx, training.ID(d.line.Object))
	if err != nil || o.grown(t) {
		return d.heldIf(err, importing.KeptEdited)
	}
	return s.removeTraining(d)
}

// grown tells whether somebody wrote more about a training than the import did.
func (o OldTraining) grown(t training.Training) bool {
	made := o.whole(t.Center, time.Unix(t.CreatedAt, 0)).Training
	made.ID, made.Revision, made.Trace, made.TitleKey, made.SchoolYear = t.ID, t.Revision, t.Trace, t.TitleKey, t.SchoolYear
	made.Lang, made.QuotaBy, made.Payer = i18n.PL, training.ByPlace, training.Nobody
	made.CreatedBy, made.ChangedAt, made.PublishedAt, made.ClosedAt = t.CreatedBy, t.ChangedAt, t.PublishedAt, t.ClosedAt
	return made != t
}

// removeTraining deletes a training on which nothing hangs.
func (s *Service) removeTraining(d *deed) error {
	for _, table := range []string{`select count(*) from training_enrollments where training = ?`, `select count(*) from training_papers where training = ?`,
		`select count(*) from training_meetings where training = ?`, `select count(*) from training_materials where training = ?`} {
		if n, err := d.count(table, d.line.Object); err != nil || n > 0 {
			return d.heldIf(err, importing.KeptUsed)
		}
	}
	if err := s.Trainings.Topics.Use(d.ctx, d.tx, training.SearchKind, d.line.Object, nil); err != nil {
		return err
	}
	for _, table := range []string{`delete from training_topics where training = ?`, `delete from training_trainers where training = ?`,
		`delete from training_partners where training = ?`, `delete from training_eligible where training = ?`, `delete from training_required where training = ?`,
		`delete from training_pools where training = ?`, `delete from training_trainings where id = ?`} {
		if _, err := d.tx.Exec(d.ctx, table, d.line.Object); err != nil {
			return err
		}
	}
	if err := d.untake(); err != nil {
		return err
	}
	return s.touch(d.ctx, d.tx, d.line.Object)
}

// trainingOf finds the training that a row names: by its code, or by title and
// first day; of those taken over only, for others have a list of their own.
func (r *reader) trainingOf(known map[string]string, must bool) training.ID {
	code, title := r.text("code", longestNumber, false), r.text("title", longestTitle, false)
	if id := known[codeKey(code)]; code != "" && id != "" {
		return training.ID(id)
	}
	if code == "" && title != "" {
		if id := known[dayKey(title, r.day("first", false))]; id != "" {
			return training.ID(id)
		}
	}
	if must && !r.bad {
		switch {
		case code == "" && title == "":
			r.wrong("no_training")
		case code != "":
			r.wrong("training", "value", short(code))
		default:
			r.wrong("training", "value", short(title))
		}
	}
	return ""
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for n, v := range list {
		out[n] = v
	}
	return out
}
