package directory

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// Classes with their rosters. A roster says who is in a class, under which
// number of the register, and who the tutor is: names, nothing else, for
// nothing else is needed to sign in. Who sees it: those whose role at the
// school gives SeeRoster; a class tutor only the own class. For everybody else,
// the authority that runs the school included, there is no such class.

// ClassID is the key of a class, a UUIDv7.
type ClassID string

// ClassGroup is a class of one school in one school year.
type ClassGroup struct {
	ID          ClassID              `db:"id"`
	Institution access.InstitutionID `db:"institution"`
	SchoolYear  int                  `db:"school_year"` // of its September
	Name        string               `db:"name"`
	Tutor       access.PersonID      `db:"tutor"` // "" while there is none
	Closed      bool                 `db:"closed"`
	Pupils      int                  `db:"pupils"`
}

const classColumns = `c.id, c.institution, c.school_year, c.name, c.tutor, c.closed,
	(select count(*) from directory_class_members m where m.class = c.id and m.until is null) as pupils`

// Member is a pupil in a roster.
type Member struct {
	access.PupilEntry
	Number int
}

// mostPupils bounds a class; the largest in the register have about forty.
const mostPupils = 60

// ConnectPeople gives the module the accounts of pupils and tutors. It is
// called once, in wiring.
func (s *Service) ConnectPeople(a *access.Service) {
	s.people = a
	a.DeclareAct(tutorAct, s.tutorActKind())
}

// SchoolYear is the school year of a moment, by the year of its September.
func SchoolYear(t time.Time) int {
	t = t.In(web.Warsaw)
	if t.Month() < time.September {
		return t.Year() - 1
	}
	return t.Year()
}

var leadingNumber = regexp.MustCompile(`^[0-9]+`)

// classSortKey puts 4b before 10a.
func classSortKey(name string) string {
	return i18n.SortKey(leadingNumber.ReplaceAllStringFunc(name, func(digits string) string {
		return strings.Repeat("0", max(0, 4-len(digits))) + digits
	}))
}

func classNameKey(name string) string { return strings.ReplaceAll(i18n.Fold(name), " ", "") }

var className = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} .\-/]*$`)

func checkClass(name string, year int, now time.Time) error {
	var faults []fault.Field
	if utf8.RuneCountInString(name) > 12 || !className.MatchString(name) || classNameKey(name) == "" {
		faults = append(faults, fault.Field{Name: "nazwa", Key: "classes.fault.name"})
	}
	if this := SchoolYear(now); year != this && year != this+1 {
		faults = append(faults, fault.Field{Name: "rok", Key: "classes.fault.year"})
	}
	return fault.InvalidFields(faults)
}

// reachOf tells which classes of a school the actor reaches with a permission:
// all, or only those of which they are the tutor. None is NotFound, but a
// stranger is SignedOut.
func reachOf(ctx context.Context, who access.Actor, p access.Permission, at access.InstitutionID) (all bool, tutor access.PersonID, err error) {
	if err := who.MayAt(ctx, p, at); err != nil {
		return false, "", unseen(err)
	}
	other := who
	other.Roles = slices.DeleteFunc(slices.Clone(who.Roles), func(h access.Held) bool { return h.Role == access.ClassTutor })
	err = other.MayAt(ctx, p, at)
	if err == nil {
		return true, "", nil
	}
	if fault.KindOf(err) == fault.Internal {
		return false, "", err
	}
	if who.For != "" {
		return false, who.For, nil // acting in a tutor's place
	}
	return false, who.Person, nil
}

// unseen answers "no such thing" instead of "not for you".
func unseen(err error) error {
	if fault.KindOf(err) == fault.Forbidden {
		return fault.ErrNotFound
	}
	return err
}

// Classes are the open classes of a school that the actor may see, the newest
// year first.
func (s *Service) Classes(ctx context.Context, who access.Actor, at access.InstitutionID) ([]ClassGroup, error) {
	all, tutor, err := reachOf(ctx, who, access.SeeRoster, at)
	if err != nil {
		return nil, err
	}
	query, args := `select `+classColumns+` from directory_classes c where c.institution = ? and c.closed = ?`, []any{at, false}
	if !all {
		query, args = query+` and c.tutor = ?`, append(args, tutor)
	}
	var list []ClassGroup
	err = s.db.Select(ctx, &list, query+` order by c.school_year desc, c.sort_key, c.id limit 500`, args...)
	return list, err
}

// class is one class, if the actor reaches it with the permission.
func (s *Service) class(ctx context.Context, who access.Actor, p access.Permission, at access.InstitutionID, id ClassID) (c ClassGroup, err error) {
	all, tutor, err := reachOf(ctx, who, p, at)
	if err != nil {
		return c, err
	}
	err = s.db.Get(ctx, &c, `select `+classColumns+` from directory_classes c where c.id = ? and c.institution = ?`, id, at)
	if err == nil && !all && c.Tutor != tutor {
		return ClassGroup{}, fault.ErrNotFound
	}
	return c, err
}

// Roster is a class with its pupils by number. Looking at it is written in the
// log, once an hour per person and class.
func (s *Service) Roster(ctx context.Context, who access.Actor, at access.InstitutionID, id ClassID) (ClassGroup, []Member, error) {
	c, err := s.class(ctx, who, access.SeeRoster, at, id)
	if err != nil {
		return c, nil, err
	}
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.class.read", Object: "class", ObjectID: string(id), Institution: string(at), Read: true}, now)
	})
	if err != nil {
		return c, nil, err
	}
	members, err := s.members(ctx, id)
	return c, members, err
}

func (s *Service) members(ctx context.Context, id ClassID) ([]Member, error) {
	var ids []access.PersonID
	numbers := map[access.PersonID]int{}
	err := s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var person access.PersonID
		var n int
		if err := scan(&person, &n); err != nil {
			return err
		}
		ids, numbers[person] = append(ids, person), n
		return nil
	}, `select person, number from directory_class_members where class = ? and until is null order by number, person`, id)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	entries, err := s.people.PupilEntries(ctx, ids)
	if err != nil {
		return nil, err
	}
	members := make([]Member, 0, len(ids))
	for _, person := range ids {
		if e, ok := entries[person]; ok {
			members = append(members, Member{e, numbers[person]})
		}
	}
	return members, nil
}

// CreateClass makes a class of this school year or the next. Who asks holds
// ManageRoster there (else NotFound); a name that is taken is a Conflict.
func (s *Service) CreateClass(ctx context.Context, who access.Actor, at access.InstitutionID, name string, year int) (ClassID, error) {
	if err := who.MayAt(ctx, access.ManageRoster, at); err != nil {
		return "", unseen(err)
	}
	now := s.now()
	if err := checkClass(name, year, now); err != nil {
		return "", err
	}
	c := ClassGroup{ID: ClassID(uuid.Must(uuid.NewV7()).String()), Institution: at, SchoolYear: year, Name: name}
	return c.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := insertClass(ctx, tx, c, now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.class.create", Object: "class", ObjectID: string(c.ID), Institution: string(at),
			Details: map[string]string{"name": name}}, now)
	})
}

func insertClass(ctx context.Context, tx *db.Tx, c ClassGroup, now time.Time) error {
	n, err := tx.Exec(ctx, `insert into directory_classes (id, institution, school_year, name, name_key, sort_key, tutor, created_at)
		values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (institution, school_year, name_key) do nothing`,
		c.ID, c.Institution, c.SchoolYear, c.Name, classNameKey(c.Name), classSortKey(c.Name), c.Tutor, now.Unix())
	if err == nil && n == 0 {
		return &fault.Error{Kind: fault.Conflict, Key: "classes.fault.taken", Fields: []fault.Field{{Name: "nazwa", Key: "classes.fault.taken"}}}
	}
	return err
}

// CloseClass closes a class in which nobody is any more; else it is a Conflict.
func (s *Service) CloseClass(ctx context.Context, who access.Actor, at access.InstitutionID, id ClassID) error {
	if _, err := s.class(ctx, who, access.ManageRoster, at, id); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := hold(ctx, tx, id); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update directory_classes set closed = ? where id = ? and not exists
			(select 1 from directory_class_members m where m.class = directory_classes.id and m.until is null)`, true, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "classes.fault.not_empty")
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.class.close", Object: "class", ObjectID: string(id), Institution: string(at)}, now)
	})
}

// hold takes the rows of open classes first, in the order of their keys, so
// that of two who change a roster at once one waits.
func hold(ctx context.Context, tx *db.Tx, ids ...ClassID) error {
	slices.Sort(ids)
	for _, id := range ids {
		n, err := tx.Exec(ctx, `update directory_classes set revision = revision + 1 where id = ? and closed = ?`, id, false)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
	}
	return nil
}

// classesWithoutTutor counts them, for the desk of those who manage rosters.
func (s *Service) classesWithoutTutor(ctx context.Context, at access.InstitutionID) (n int, err error) {
	err = s.db.Get(ctx, &n, `select count(*) from directory_classes where institution = ? and tutor = '' and closed = ?`, at, false)
	return n, err
}
