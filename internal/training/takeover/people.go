package takeover

import (
	"slices"
	"strconv"
	"strings"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/sheet"
	"kladka/internal/training"
)

var nameColumns = []sheet.Column{
	{Name: "name", Titles: []string{"imię i nazwisko", "uczestnik", "osoba", "nazwisko i imię", "name", "ім'я та прізвище"}},
	{Name: "given", Titles: []string{"imię", "imiona", "given name", "ім'я"}},
	{Name: "surname", Titles: []string{"nazwisko", "surname", "прізвище"}},
}

var personColumns = append([]sheet.Column{
	{Name: "code", Titles: trainingColumns[0].Titles},
	{Name: "title", Titles: []string{"tytuł", "nazwa szkolenia", "tytuł szkolenia", "szkolenie", "temat", "title"}},
	{Name: "first", Titles: []string{"data szkolenia", "data rozpoczęcia", "data", "od", "first day"}},
	{Name: "email", Titles: []string{"e-mail", "email", "adres e-mail", "mail", "poczta"}},
	{Name: "institution", Titles: []string{"placówka", "szkoła", "numer rspo", "rspo", "miejsce pracy", "institution", "заклад"}},
	{Name: "attended", Titles: []string{"godziny obecności", "godziny", "liczba godzin", "obecność", "attended hours", "hours"}},
	{Name: "done", Titles: []string{"ukończono", "ukończenie", "ukończył(a)", "zaliczono", "completed", "закінчено"}, Required: true},
}, nameColumns...)

// OldPerson is somebody who took part in a training, as the older system knew them.
type OldPerson struct {
	Training training.ID `json:"training"`
	Title    string      `json:"title"` // of the training, for people
	Name     string      `json:"name"`
	Email    string      `json:"email,omitempty"`
	Place    place       `json:"place"`
	Where    string      `json:"where,omitempty"` // the institution in words
	Hours    int         `json:"hours"`
	Done     bool        `json:"done"`
}

// whoKey finds the same participant again: by the address, or where the older
// system had none by name and institution.
func (s *Service) whoKey(o OldPerson) string {
	if o.Email != "" {
		return "mail:" + s.Trainings.EmailKey(o.Email)
	}
	return "old:" + s.mac("who", i18n.Fold(o.Name), o.Place.ID, i18n.Fold(o.Place.Typed))
}

func (s *Service) personKey(o OldPerson) string { return string(o.Training) + "/" + s.whoKey(o) }

func (o OldPerson) state() training.State {
	if o.Done {
		return training.Completed
	}
	return training.Absent
}

// person reads a row.
func (r *reader) participant(trainings map[string]string) (o OldPerson, err error) {
	o.Training = r.trainingOf(trainings, true)
	o.Name = r.person()
	o.Email = r.address("email")
	o.Where = r.cell("institution")
	if o.Place, err = r.institution("institution"); err != nil {
		return o, err
	}
	o.Hours = r.hours("attended", false)
	o.Done = r.yes("done")
	return o, nil
}

// row is a participant with the number of the row.
type personRow struct {
	n int
	OldPerson
}

// planPeople compares old participants with those taken over before.
func (s *Service) planPeople(r *reader) (lines []importing.Line, err error) {
	trainings, err := s.takenBefore(r.ctx, s.db, r.center.ID, takenTraining)
	if err != nil {
		return nil, err
	}
	titles, ends, err := s.titles(r)
	if err != nil {
		return nil, err
	}
	var rows []personRow
	if err := r.each(func() error {
		o, err := r.participant(trainings)
		if o.Title = titles[o.Training]; !r.bad && err == nil {
			rows = append(rows, personRow{r.row.N, o})
		}
		return err
	}); err != nil {
		return nil, err
	}
	if err := r.forgottenSoon(rows, ends); err != nil {
		return nil, err
	}
	r.sharedAddresses(rows)
	there, err := s.enrolledOf(r, rows)
	if err != nil {
		return nil, err
	}
	seen := map[string]personRow{}
	for _, row := range rows {
		r.row, r.bad, r.about = sheet.Row{N: row.n}, false, ""
		key := s.personKey(row.OldPerson)
		if first, twice := seen[key]; twice {
			r.again(first, row)
			continue
		}
		seen[key] = row
		line, any, err := s.personLine(r, row.OldPerson, there[key])
		if err != nil {
			return nil, err
		}
		if any {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// again judges a second row of the same participant: the same words are no fault.
func (r *reader) again(first, row personRow) {
	if first.OldPerson == row.OldPerson {
		return
	}
	r.left++
	if i18n.Fold(first.Name) != i18n.Fold(row.Name) {
		r.wrong("one_address", "row", strconv.Itoa(first.n))
		return
	}
	r.wrong("twice", "row", strconv.Itoa(first.n))
}

// sharedAddresses drops addresses that stand beside people of different first
// names: a school's common mailbox would show one of them what the others did.
func (r *reader) sharedAddresses(rows []personRow) {
	first, shared := map[string]string{}, map[string]bool{}
	for _, row := range rows {
		given := givenName(row.Name)
		if was, there := first[row.Email]; there && was != given {
			shared[row.Email] = true
		}
		first[row.Email] = given
	}
	for n, row := range rows {
		if row.Email != "" && shared[row.Email] {
			r.row, r.about = sheet.Row{N: row.n}, ""
			r.note(importing.LevelWarning, "shared_address", "value", masked(row.Email))
			rows[n].Email = ""
		}
	}
}

// titles are what the trainings taken over are called, and when they ended.
func (s *Service) titles(r *reader) (titles map[training.ID]string, ends map[training.ID]int64, err error) {
	titles, ends = map[training.ID]string{}, map[training.ID]int64{}
	return titles, ends, s.db.Each(r.ctx, func(scan func(dest ...any) error) error {
		var id training.ID
		var title string
		var end int64
		err := scan(&id, &title, &end)
		titles[id], ends[id] = title, end
		return err
	}, `select t.id, t.title, t.ends_at from training_trainings t join training_taken k on k.object = t.id where k.center = ? and k.kind = ?`, r.center.ID, takenTraining)
}

// forgottenSoon says how many people come too late: the time for which we keep
// them is over, and the next night takes their words away.
func (r *reader) forgottenSoon(rows []personRow, ends map[training.ID]int64) error {
	now := r.s.now()
	months, err := r.s.Trainings.Law.Int(r.ctx, r.s.db, training.EnrollmentsKeep, now)
	if err != nil {
		return err
	}
	mark, n := now.AddDate(0, -int(months.Int), 0).Unix(), 0
	for _, row := range rows {
		if ends[row.Training] < mark {
			n++
		}
	}
	if n > 0 {
		r.row, r.about = sheet.Row{}, ""
		r.note(importing.LevelWarning, "forgotten", "n", strconv.FormatInt(int64(months.Int), 10), "rows", strconv.Itoa(n))
	}
	return nil
}

// enrolledOf are the enrollments that the rows made before, by key.
func (s *Service) enrolledOf(r *reader, rows []personRow) (map[string]training.Enrollment, error) {
	var ids []string
	for _, row := range rows {
		ids = append(ids, string(row.Training))
	}
	slices.Sort(ids)
	there := map[string]training.Enrollment{}
	for some := range slices.Chunk(slices.Compact(ids), 500) {
		var list []training.Enrollment
		if err := s.db.Select(r.ctx, &list, `select `+training.EnrollmentColumns+` from training_enrollments e where e.training in `+db.Marks(1, len(some)), anys(some)...); err != nil {
			return nil, err
		}
		for _, e := range list {
			there[string(e.Training)+"/"+e.WhoKey] = e
		}
	}
	return there, nil
}

func (s *Service) personLine(r *reader, o OldPerson, was training.Enrollment) (l importing.Line, any bool, err error) {
	l = importing.Line{Action: importing.ActionNew, Key: masked(o.Email), Name: o.Name}
	add := func(name, before, after string) {
		if before != after {
			l.Fields = append(l.Fields, importing.Field{Name: name, Before: before, After: after})
		}
	}
	if was.ID == "" {
		add("training", "", o.Title)
		add("institution", "", o.Where)
		add("attended", "", strconv.Itoa(o.Hours))
		add("done", "", said(o.Done))
	} else {
		l.Action, l.Object, l.Base = importing.ActionChanged, string(was.ID), was.Revision
		if !r.match.Has("attended") {
			o.Hours = was.Hours
		}
		if !r.match.Has("institution") {
			o.Place = placeIn(was)
		}
		add("name", was.Name, o.Name)
		if was.Institution != o.Place.ID || was.TypedName != o.Place.Typed {
			add("institution", was.TypedName, o.Where)
		}
		add("attended", strconv.Itoa(was.Hours), strconv.Itoa(o.Hours))
		add("done", said(was.State == training.Completed || was.State == training.Issued), said(o.Done))
	}
	if len(l.Fields) == 0 {
		return l, false, nil
	}
	l.Record, err = s.seal(r.batch, o)
	return l, true, err
}

func placeIn(e training.Enrollment) place {
	return place{e.Institution, e.TypedName, e.BySeat, e.ByRunning}
}

func said(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// masked shows of an address what tells a wrong one from a right one.
func masked(address string) string {
	name, host, found := strings.Cut(address, "@")
	if !found {
		return ""
	}
	letters := []rune(name)
	return string(letters[:min(len(letters), 2)]) + "…@" + host
}

func (s *Service) applyPerson(d *deed) error {
	var o OldPerson
	if !d.words(&o) {
		return d.held("takeover.held.unreadable")
	}
	if d.line.Action != importing.ActionNew {
		return s.changePerson(d, o)
	}
	n, err := d.count(`select count(*) from training_enrollments where training = ? and who_key = ?`, o.Training, s.whoKey(o))
	if err != nil || n > 0 {
		return d.heldIf(err, importing.HeldTaken)
	}
	n, err = d.count(`select count(*) from training_trainings where id = ? and state = ?`, o.Training, training.Closed)
	if err != nil || n == 0 {
		return d.heldIf(err, importing.HeldGone)
	}
	id := newID()
	if err := s.enroll(d, training.EnrollmentID(id), o); err != nil {
		return err
	}
	if err := d.take(takenPerson, s.personKey(o), id, ""); err != nil {
		return err
	}
	return d.done(id, 1, nil)
}

// enroll writes the enrollment past the queue: nobody waited for these seats.
func (s *Service) enroll(d *deed, id training.EnrollmentID, o OldPerson) error {
	args := []any{id, o.Training, "", o.state(), false, true, 0, s.whoKey(o), o.Name, i18n.SortKey(o.Name), o.Email, s.Trainings.EmailKey(o.Email), i18n.PL,
		o.Place.ID, o.Place.Typed, o.Place.BySeat, o.Place.ByRunning, training.ByImport, d.b.SettledBy, training.Nobody, o.Hours, 1, d.at.Unix(), d.at.Unix()}
	_, err := d.tx.Exec(d.ctx, `insert into training_enrollments (id, training, pool, state, seated, active, place, who_key, name, name_key, email, email_key, lang,
		institution, institution_name, by_seat, by_running, how, enrolled_by, payer, hours, revision, created_at, changed_at) values `+db.Marks(1, len(args)), args...)
	return err
}

func (s *Service) changePerson(d *deed, o OldPerson) error {
	e, err := training.EnrollmentByID(d.ctx, d.tx, training.EnrollmentID(d.line.Object))
	if err != nil {
		return d.gone(err)
	}
	if e.Revision != d.line.Base {
		return d.held(importing.HeldChanged)
	}
	if e.State == training.Issued && !o.Done {
		return d.held("takeover.held.paper")
	}
	before, err := s.seal(d.b.ID, OldPerson{Training: e.Training, Name: e.Name, Email: e.Email, Place: placeIn(e), Hours: e.Hours, Done: e.State != training.Absent})
	if err != nil {
		return err
	}
	if err := s.writePerson(d, o, e); err != nil {
		return err
	}
	return d.done(d.line.Object, e.Revision+1, before)
}

func (s *Service) writePerson(d *deed, o OldPerson, e training.Enrollment) error {
	state := o.state()
	if e.State == training.Issued {
		state = e.State
	}
	n, err := d.tx.Exec(d.ctx, `update training_enrollments set name = ?, name_key = ?, institution = ?, institution_name = ?, by_seat = ?, by_running = ?, hours = ?, state = ?,
		revision = revision + 1, changed_at = ? where id = ? and revision = ?`, o.Name, i18n.SortKey(o.Name), o.Place.ID, o.Place.Typed, o.Place.BySeat, o.Place.ByRunning,
		o.Hours, state, d.at.Unix(), e.ID, e.Revision)
	if err == nil && n == 0 {
		err = errFaster
	}
	return err
}

// undoPerson takes a participant away who is still as the import wrote them. It
// goes by the words, not by the revision: a paper that was taken over with them
// and taken back again left its marks on the revision, and changed nothing.
func (s *Service) undoPerson(d *deed) error {
	e, err := training.EnrollmentByID(d.ctx, d.tx, training.EnrollmentID(d.line.Object))
	if err != nil {
		return d.gone(err)
	}
	var o OldPerson
	if !d.words(&o) {
		return d.held("takeover.held.unreadable")
	}
	if e.Name != o.Name || placeIn(e) != o.Place || e.Hours != o.Hours {
		return d.held(importing.KeptEdited)
	}
	if e.State == training.Issued {
		return d.held(importing.KeptUsed)
	}
	if e.State != o.state() {
		return d.held(importing.KeptEdited)
	}
	if d.line.Action != importing.ActionNew {
		var was OldPerson
		if !s.unseal(d.b.ID, d.line.Before, &was) {
			return d.held("takeover.held.unreadable")
		}
		if err := s.writePerson(d, was, e); err != nil {
			return err
		}
		return d.done(d.line.Object, e.Revision+1, nil)
	}
	if e.Email != o.Email || e.Person != "" {
		return d.held(importing.KeptEdited)
	}
	return s.removePerson(d, e)
}

// removePerson deletes an enrollment that nothing refers to.
func (s *Service) removePerson(d *deed, e training.Enrollment) error {
	for _, query := range []string{`select count(*) from training_papers where enrollment = ?`, `select count(*) from training_paper_births where enrollment = ?`,
		`select count(*) from training_attendance where enrollment = ?`, `select count(*) from training_marks where enrollment = ?`, `select count(*) from training_exceptions where enrollment = ?`,
		`select count(*) from training_merge_members m join training_merge_pairs p on p.a = m.face or p.b = m.face where p.state = 'merged' and m.row_id = ?`} {
		if n, err := d.count(query, e.ID); err != nil || n > 0 {
			return d.heldIf(err, importing.KeptUsed)
		}
	}
	n, err := d.tx.Exec(d.ctx, `delete from training_enrollments where id = ? and revision = ?`, e.ID, e.Revision)
	if err != nil {
		return err
	}
	if n == 0 {
		return errFaster
	}
	return d.untake()
}
