package directory

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
)

var listNumber = regexp.MustCompile(`^\s*[0-9]{1,3}\s*[.):;\t]\s*`)

// parseNames reads a pasted list: a name per line, with or without numbers
// before them; blank lines do not count. Cells of a spreadsheet that were
// pasted become one name. What is no name is a fault that tells the line.
func parseNames(text string) ([]string, error) {
	var names []string
	var bad []string
	for line := range strings.Lines(text) {
		line = listNumber.ReplaceAllString(line, "")
		line = strings.Join(strings.Fields(strings.NewReplacer("\t", " ", ";", " ").Replace(line)), " ")
		line = strings.Trim(line, ", ")
		if line == "" {
			continue
		}
		if err := access.CheckPupilName(line); err != nil {
			bad = append(bad, line)
			if len(bad) > 3 {
				break
			}
		}
		if names = append(names, line); len(names) > mostPupils {
			return nil, namesFault("classes.fault.too_many", "n", mostPupils)
		}
	}
	if len(bad) > 0 {
		return nil, namesFault("classes.fault.lines", "names", strings.Join(shortened(bad), "; "))
	}
	if len(names) == 0 {
		return nil, namesFault("classes.fault.nobody")
	}
	return names, nil
}

// namesField is the field of a list of pupils.
const namesField = "osoby"

func namesFault(key string, args ...any) error {
	return fault.InvalidFields([]fault.Field{{Name: namesField, Key: key, Args: args}})
}

// shortened cuts what is repeated in a message: a pasted line may be long, and
// figures in it may be somebody's PESEL number.
func shortened(lines []string) []string {
	out := make([]string, 0, len(lines))
	for _, line := range lines {
		letters := []rune(strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return '#'
			}
			return r
		}, line))
		if len(letters) > 40 {
			letters = append(letters[:40], '…')
		}
		out = append(out, string(letters))
	}
	return out
}

// namesOfSheet reads the names of a sheet: a column "imię i nazwisko", or both
// apart. Whatever else stands there is not taken.
func namesOfSheet(t *sheet.Table) ([]string, error) {
	m, err := t.Match(
		sheet.Column{Name: "full", Titles: []string{"imię i nazwisko", "uczeń", "uczennica lub uczeń", "name", "full name", "ім’я та прізвище"}},
		sheet.Column{Name: "first", Titles: []string{"imię", "imiona", "first name", "ім’я"}},
		sheet.Column{Name: "last", Titles: []string{"nazwisko", "surname", "last name", "прізвище"}},
	)
	if err != nil {
		return nil, err
	}
	if !m.Has("full") && !(m.Has("first") && m.Has("last")) {
		return nil, fault.New(fault.Invalid, "classes.fault.columns")
	}
	var names []string
	for _, row := range t.Rows {
		name := m.Value(row, "full")
		if !m.Has("full") {
			name = m.Value(row, "first") + " " + m.Value(row, "last")
		}
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}

// AddPupils makes accounts and puts them into a class, all or none. Who asks
// holds ManageRoster there. Two of the same name in a class are refused: their
// cards would be mixed up.
func (s *Service) AddPupils(ctx context.Context, who access.Actor, at access.InstitutionID, id ClassID, names []string) ([]access.PersonID, error) {
	if _, err := s.class(ctx, who, access.ManageRoster, at, id); err != nil {
		return nil, err
	}
	if err := s.checkNewNames(ctx, id, names); err != nil {
		return nil, err
	}
	now := s.now()
	var added []access.PersonID
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		added = nil
		if err := hold(ctx, tx, id); err != nil {
			return err
		}
		next, err := nextNumber(ctx, tx, id, len(names))
		if err != nil {
			return err
		}
		for n, name := range names {
			person, err := s.people.AddPupil(ctx, tx, who, name, at, now)
			if err != nil {
				return err
			}
			if err := insertMember(ctx, tx, id, person, next+n, now); err != nil {
				return err
			}
			added = append(added, person)
		}
		return nil
	})
	return added, err
}

func (s *Service) checkNewNames(ctx context.Context, id ClassID, names []string) error {
	if len(names) == 0 {
		return namesFault("classes.fault.nobody")
	}
	members, err := s.members(ctx, id)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, m := range members {
		seen[i18n.Fold(m.Name)] = true
	}
	for _, name := range names {
		if err := access.CheckPupilName(name); err != nil {
			return namesFault(fault.As(err).Key)
		}
		if seen[i18n.Fold(name)] {
			return namesFault("classes.fault.twice", "name", name)
		}
		seen[i18n.Fold(name)] = true
	}
	return nil
}

// nextNumber is the first number that is free at the end of the register, if
// so many more fit into the class. The class is held.
func nextNumber(ctx context.Context, tx *db.Tx, id ClassID, more int) (int, error) {
	var row struct {
		Last int `db:"last"`
		N    int `db:"n"`
	}
	err := tx.Get(ctx, &row, `select coalesce(max(number), 0) as last, count(*) as n from directory_class_members where class = ? and until is null`, id)
	if err == nil && row.N+more > mostPupils {
		return 0, namesFault("classes.fault.too_many", "n", mostPupils)
	}
	return row.Last + 1, err
}

func insertMember(ctx context.Context, tx *db.Tx, id ClassID, person access.PersonID, number int, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into directory_class_members (class, person, number, since) values (?, ?, ?, ?)
		on conflict (class, person, since) do update set until = null, number = excluded.number`, id, person, number, now.Unix())
	return err
}

// endMember takes somebody out of a class; who is not in it is NotFound.
func endMember(ctx context.Context, tx *db.Tx, id ClassID, person access.PersonID, now time.Time) error {
	n, err := tx.Exec(ctx, `update directory_class_members set until = ? where class = ? and person = ? and until is null`, now.Unix(), id, person)
	if err == nil && n == 0 {
		return fault.ErrNotFound
	}
	return err
}

// ChangePupil corrects the name and the number of a pupil of the class.
func (s *Service) ChangePupil(ctx context.Context, who access.Actor, at access.InstitutionID, id ClassID, person access.PersonID, name string, number int) error {
	if _, err := s.class(ctx, who, access.ManageRoster, at, id); err != nil {
		return err
	}
	var faults []fault.Field
	if err := access.CheckPupilName(name); err != nil {
		faults = append(faults, fault.Field{Name: "nazwisko", Key: fault.As(err).Key})
	}
	if number < 1 || number > 99 {
		faults = append(faults, fault.Field{Name: "numer", Key: "classes.fault.number"})
	}
	if err := fault.InvalidFields(faults); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update directory_class_members set number = ? where class = ? and person = ? and until is null`, number, id, person)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		return s.people.RenamePupil(ctx, tx, who, person, name, at, now)
	})
}

// MovePupil puts a pupil into another open class of the same school.
func (s *Service) MovePupil(ctx context.Context, who access.Actor, at access.InstitutionID, from, to ClassID, person access.PersonID) error {
	for _, id := range []ClassID{from, to} {
		if _, err := s.class(ctx, who, access.ManageRoster, at, id); err != nil {
			return err
		}
	}
	if from == to {
		return fault.InvalidFields([]fault.Field{{Name: "klasa", Key: "classes.fault.same"}})
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := hold(ctx, tx, from, to); err != nil {
			return err
		}
		if err := endMember(ctx, tx, from, person, now); err != nil {
			return err
		}
		number, err := nextNumber(ctx, tx, to, 1)
		if err != nil {
			return err
		}
		if err := insertMember(ctx, tx, to, person, number, now); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.pupil.move", Object: "class", ObjectID: string(to), Institution: string(at),
			Subject: string(person), Details: map[string]string{"from": string(from)}}, now)
	})
}

// PupilLeaves ends everything a pupil has at the school, at once: the place in
// the class, the role, the card and all sessions.
func (s *Service) PupilLeaves(ctx context.Context, who access.Actor, at access.InstitutionID, id ClassID, person access.PersonID) error {
	if _, err := s.class(ctx, who, access.ManageRoster, at, id); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := endMember(ctx, tx, id, person, now); err != nil {
			return err
		}
		return s.people.EndPupil(ctx, tx, who, person, at, now)
	})
}

// Renumber numbers a class by surname.
func (s *Service) Renumber(ctx context.Context, who access.Actor, at access.InstitutionID, id ClassID) error {
	if _, err := s.class(ctx, who, access.ManageRoster, at, id); err != nil {
		return err
	}
	members, err := s.members(ctx, id)
	if err != nil {
		return err
	}
	slices.SortFunc(members, func(a, b Member) int {
		return cmp.Or(cmp.Compare(surnameKey(a.Name), surnameKey(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := hold(ctx, tx, id); err != nil {
			return err
		}
		for n, m := range members {
			if _, err := tx.Exec(ctx, `update directory_class_members set number = ? where class = ? and person = ? and until is null`, n+1, id, m.ID); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.class.number", Object: "class", ObjectID: string(id), Institution: string(at)}, now)
	})
}

// surnameKey orders by the last word of a name, then by the rest.
func surnameKey(name string) string {
	words := strings.Fields(name)
	if len(words) < 2 {
		return i18n.SortKey(name)
	}
	last := len(words) - 1
	return i18n.SortKey(words[last] + " " + strings.Join(words[:last], " "))
}

// PrintClass issues cards to pupils of a class: to the given ones, or to all
// who have none when nobody is given. A tutor prints for the own class.
func (s *Service) PrintClass(ctx context.Context, who access.Actor, at access.InstitutionID, id ClassID, chosen []access.PersonID) ([]access.Printed, access.Sheet, error) {
	var sh access.Sheet
	c, err := s.class(ctx, who, access.IssueCards, at, id)
	if err != nil {
		return nil, sh, err
	}
	members, err := s.members(ctx, id)
	if err != nil {
		return nil, sh, err
	}
	names, err := s.Names(ctx, []access.InstitutionID{at})
	if err != nil {
		return nil, sh, err
	}
	sh = access.Sheet{Class: c.Name, School: names[at], Number: map[access.PersonID]int{}}
	var people []access.PersonID
	for _, m := range members {
		sh.Number[m.ID] = m.Number
		if len(chosen) == 0 || slices.Contains(chosen, m.ID) {
			people = append(people, m.ID)
		}
	}
	for _, person := range chosen {
		if _, in := sh.Number[person]; !in {
			return nil, sh, fault.ErrNotFound
		}
	}
	if len(people) == 0 {
		return nil, sh, fault.New(fault.Conflict, "classes.fault.empty")
	}
	printed, err := s.people.IssueCards(ctx, who, at, people, len(chosen) > 0)
	return printed, sh, err
}
