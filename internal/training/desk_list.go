package training

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// deskFilter narrows the organizer's list.
type deskFilter struct {
	State State  // "" for all that are in it or on the way
	All   bool   // also those who left
	Words string // of a name
}

// deskRows is how many people a page of the list holds.
const deskRows = 50

// enrollmentsOf lists the enrollments of a training by name, a page of them.
// Whoever runs the training may.
func (s *Service) enrollmentsOf(ctx context.Context, t Training, f deskFilter, at web.Cursor) (list []Enrollment, more bool, err error) {
	defer fault.Wrap(&err, "enrollments of %s", t.ID)
	where, args := f.where(t.ID)
	if strings.TrimSpace(f.Words) != "" {
		return s.foundByName(ctx, where, args, f.Words, at)
	}
	order := `e.name_key, e.id`
	if at.Back {
		order = `e.name_key desc, e.id desc`
		where += ` and (e.name_key < ? or e.name_key = ? and e.id < ?)`
	} else {
		where += ` and (e.name_key > ? or e.name_key = ? and e.id > ?)`
	}
	args = append(args, at.Key, at.Key, at.ID, deskRows+1)
	if err := s.db.Select(ctx, &list, `select `+EnrollmentColumns+` from training_enrollments e where `+where+` order by `+order+` limit ?`, args...); err != nil {
		return nil, false, err
	}
	if more = len(list) > deskRows; more {
		list = list[:deskRows]
	}
	if at.Back {
		slices.Reverse(list)
	}
	return list, more, nil
}

func (f deskFilter) where(id ID) (where string, args []any) {
	where, args = `e.training = ?`, []any{id}
	switch {
	case f.State != "":
		where, args = where+` and e.state = ?`, append(args, f.State)
	case !f.All:
		where += ` and e.active`
	}
	return where, args
}

// foundByName looks for words at the beginnings of the words of names. A
// training has at most some thousands of people, so the names are read and
// compared here: no database folds Polish letters as we do.
func (s *Service) foundByName(ctx context.Context, where string, args []any, words string, at web.Cursor) (list []Enrollment, more bool, err error) {
	sought := strings.Fields(i18n.Fold(words))
	var ids []string
	err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var id, name, key string
		if err := scan(&id, &name, &key); err != nil {
			return err
		}
		after := key > at.Key || key == at.Key && id > at.ID
		before := key < at.Key || key == at.Key && id < at.ID
		if (at == web.Cursor{} || !at.Back && after || at.Back && before) && namedLike(name, sought) {
			ids = append(ids, id)
		}
		return nil
	}, `select e.id, e.name, e.name_key from training_enrollments e where `+where+` order by e.name_key, e.id`, args...)
	if err != nil || len(ids) == 0 {
		return nil, false, err
	}
	if more = len(ids) > deskRows; more && at.Back {
		ids = ids[len(ids)-deskRows:]
	} else if more {
		ids = ids[:deskRows]
	}
	query, in, err := db.In(`select `+EnrollmentColumns+` from training_enrollments e where e.id in (?) order by e.name_key, e.id`, ids)
	if err != nil {
		return nil, false, err
	}
	return list, more, s.db.Select(ctx, &list, query, in...)
}

// namedLike tells whether each sought word begins a word of the name.
func namedLike(name string, sought []string) bool {
	has := strings.FieldsFunc(i18n.Fold(name), func(r rune) bool { return r == ' ' || r == '-' })
	for _, w := range sought {
		if !slices.ContainsFunc(has, func(h string) bool { return strings.HasPrefix(h, w) }) {
			return false
		}
	}
	return true
}

// stateCounts are the people of a training by state.
func (s *Service) stateCounts(ctx context.Context, id ID) (map[State]int, error) {
	var rows []struct {
		State State `db:"state"`
		N     int   `db:"n"`
	}
	err := s.db.Select(ctx, &rows, `select state, count(*) as n from training_enrollments where training = ? group by state`, id)
	all := map[State]int{}
	for _, row := range rows {
		all[row.State] = row.N
	}
	return all, err
}

// withNeeds is how many people asked for something accessible.
func (s *Service) withNeeds(ctx context.Context, id ID) (n int, err error) {
	return n, s.db.Get(ctx, &n, `select count(*) from training_enrollments where training = ? and needs <> '' and active`, id)
}

// Need is what somebody asked for.
type Need struct {
	Enrollment
	Words string
}

// Needs are the accessibility needs of the people of a training, for whoever
// runs it. Each reading is in the log, for each person.
func (s *Service) Needs(ctx context.Context, who access.Actor, id ID) (t Training, list []Need, err error) {
	defer fault.Wrap(&err, "needs at training %s", id)
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		list = nil
		if t, err = ByID(ctx, tx, id); err != nil {
			return err
		}
		if err := Manages(ctx, who, t); err != nil {
			return err
		}
		var rows []Enrollment
		if err := tx.Select(ctx, &rows, `select `+EnrollmentColumns+` from training_enrollments e
			where e.training = ? and e.needs <> '' and e.active order by e.name_key, e.id`, id); err != nil {
			return err
		}
		for _, e := range rows {
			words, err := s.openNeeds(e)
			if err != nil {
				return err
			}
			list = append(list, Need{e, words})
			if err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.needs", Object: "enrollment", ObjectID: string(e.ID),
				Institution: string(t.Center), Subject: e.Person, Read: true}, now); err != nil {
				return err
			}
		}
		return nil
	})
	return t, list, err
}

// exportList writes that a list was taken away, before it is.
func (s *Service) exportList(ctx context.Context, who access.Actor, t Training) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.export", Object: "training", ObjectID: string(t.ID),
			Institution: string(t.Center), Read: true}, now)
	})
}

// sheetRows are the people of a training as rows of a sheet, without their needs.
func (s *Service) sheetRows(ctx context.Context, l *i18n.L, t Training, f deskFilter) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		at := web.Cursor{}
		for {
			list, more, err := s.enrollmentsOf(ctx, t, f, at)
			if err == nil {
				err = s.sheetPage(ctx, l, list, func(row []string) bool { return yield(row, nil) })
			}
			if errors.Is(err, errStopped) {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !more {
				return
			}
			last := list[len(list)-1]
			at = web.Cursor{Key: last.NameKey, ID: string(last.ID)}
		}
	}
}

var errStopped = errors.New("the reader of rows stopped")

func (s *Service) sheetPage(ctx context.Context, l *i18n.L, list []Enrollment, yield func([]string) bool) error {
	places, err := s.institutionNames(ctx, list)
	if err != nil {
		return err
	}
	towns, err := s.townNames(ctx, l, list)
	if err != nil {
		return err
	}
	for _, e := range list {
		if !yield([]string{e.Name, places(e), towns[e.BySeat], l.T("training.status." + string(e.State)), l.T("training.desk.how." + string(e.How)),
			deskPlaceText(l, e), e.Email, e.Phone, e.Track, deskDate(e.CreatedAt)}) {
			return errStopped
		}
	}
	return nil
}

func (s *Service) sheetHeader(l *i18n.L) (header []string) {
	for _, key := range []string{"col_name", "col_institution", "col_town", "col_state", "col_how", "col_place", "col_mail", "col_phone", "col_track", "col_since"} {
		header = append(header, l.T("training.desk."+key))
	}
	return header
}

func (s *Service) townNames(ctx context.Context, l *i18n.L, list []Enrollment) (map[string]string, error) {
	var ids []string
	for _, e := range list {
		if e.BySeat != "" && !slices.Contains(ids, e.BySeat) {
			ids = append(ids, e.BySeat)
		}
	}
	return s.Directory.TownLabels(ctx, l, ids)
}

// requiredPapers are those that a training with admission asks for, in order.
func requiredPapers(ctx context.Context, r db.Reader, id ID) (names []string, err error) {
	return names, r.Select(ctx, &names, `select name from training_required where training = ? order by no`, id)
}

// receivedPapers tells which papers came, by enrollment and number.
func receivedPapers(ctx context.Context, r db.Reader, id ID) (map[EnrollmentID]map[int]bool, error) {
	var rows []struct {
		Enrollment EnrollmentID `db:"enrollment"`
		No         int          `db:"no"`
	}
	err := r.Select(ctx, &rows, `select p.enrollment, p.no from training_received p join training_enrollments e on e.id = p.enrollment where e.training = ?`, id)
	all := map[EnrollmentID]map[int]bool{}
	for _, row := range rows {
		if all[row.Enrollment] == nil {
			all[row.Enrollment] = map[int]bool{}
		}
		all[row.Enrollment][row.No] = true
	}
	return all, err
}

const (
	mostRequired = 20
	longRequired = 200 // letters
)

// RequirePapers says which papers applicants must bring. Lines are papers; what
// was received under a number stays received, so add new ones at the end.
// Whoever runs the training may.
func (s *Service) RequirePapers(ctx context.Context, who access.Actor, id ID, names []string) (err error) {
	defer fault.Wrap(&err, "papers asked for by %s", id)
	var clean []string
	for _, name := range names {
		if name = strings.TrimSpace(name); name != "" {
			clean = append(clean, name)
		}
	}
	if len(clean) > mostRequired || slices.ContainsFunc(clean, func(n string) bool { return utf8.RuneCountInString(n) > longRequired }) {
		return fault.InvalidFields([]fault.Field{{Name: "dokumenty", Key: "training.desk.fault.required", Args: []any{"n", mostRequired, "letters", longRequired}}})
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		t, err := ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := Manages(ctx, who, t); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from training_required where training = ?`, id); err != nil {
			return err
		}
		for n, name := range clean {
			if _, err := tx.Exec(ctx, `insert into training_required (training, no, name) values (?, ?, ?)`, id, n+1, name); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.require", Object: "training", ObjectID: string(id), Institution: string(t.Center)}, now)
	})
}

// ReceivePapers notes which papers of an applicant lie at the center. Whoever
// runs the training may.
func (s *Service) ReceivePapers(ctx context.Context, who access.Actor, id EnrollmentID, numbers []int) (err error) {
	defer fault.Wrap(&err, "papers of %s", id)
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		e, t, err := s.ofDesk(ctx, tx, who, id)
		if err != nil {
			return err
		}
		required, err := requiredPapers(ctx, tx, t.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from training_received where enrollment = ?`, id); err != nil {
			return err
		}
		for n := range required {
			if !slices.Contains(numbers, n+1) {
				continue
			}
			if _, err := tx.Exec(ctx, `insert into training_received (enrollment, no, by_person, at) values (?, ?, ?, ?)`, id, n+1, who.Person, now.Unix()); err != nil {
				return err
			}
		}
		return s.note(ctx, tx, who, t, e, "receive", nil, now)
	})
}
