package access

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Pupils have accounts without an address: a name, and a login that no address
// can be. The rosters of classes, which are the directory's, make and end them;
// what stands here takes the roster's transaction. Whether the actor may change
// that roster (ManageRoster at that institution) the caller has checked before.

// CheckPupilName tells what is wrong with the name of a pupil, or nil. Digits
// are refused above all so that no PESEL number and no date of birth comes in
// with a pasted list: nothing here needs them.
func CheckPupilName(name string) error {
	n := utf8.RuneCountInString(name)
	switch {
	case n < 3 || n > 120 || !strings.ContainsFunc(name, unicode.IsLetter):
		return fault.New(fault.Invalid, "cards.fault.name")
	case strings.ContainsFunc(name, unicode.IsDigit):
		return fault.New(fault.Invalid, "cards.fault.name_digits")
	case strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune("@<>;", r) }):
		return fault.New(fault.Invalid, "cards.fault.name")
	}
	return nil
}

// AddPupil makes an account with the role Pupil at the institution. Pupils get
// no words for finding: they stand in rosters, never in lists of people.
func (s *Service) AddPupil(ctx context.Context, tx *db.Tx, by Actor, name string, at InstitutionID, now time.Time) (PersonID, error) {
	id := NewPersonID()
	if err := insertPupil(ctx, tx, id, name, at, now, by.Person); err != nil {
		return "", err
	}
	return id, audit.Record(ctx, tx, by.By(), audit.Entry{Action: "access.pupil.add", Object: "person", ObjectID: string(id),
		Institution: string(at), Subject: string(id)}, now)
}

// AddDemoPupil makes an invented pupil under a given key. Outside a demo it refuses.
func (s *Service) AddDemoPupil(ctx context.Context, tx *db.Tx, id PersonID, name string, at InstitutionID) error {
	if !s.demo {
		return errors.New("this is no demo")
	}
	return insertPupil(ctx, tx, id, name, at, s.now(), "")
}

func insertPupil(ctx context.Context, tx *db.Tx, id PersonID, name string, at InstitutionID, now time.Time, by PersonID) error {
	if err := CheckPupilName(name); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `insert into access_people (id, name, sort_key, email, login, lang, created_at) values (?, ?, ?, '', ?, ?, ?)`,
		id, name, i18n.SortKey(name), "#"+string(id), i18n.PL, now.Unix())
	if err != nil {
		return err
	}
	return giveRole(ctx, tx, id, Held{Pupil, at}, now.Unix(), 0, by)
}

const holdsRole = `exists (select 1 from access_roles r where r.person = ? and r.institution = ? and r.role = ? and r.since <= ? and (r.until is null or r.until > ?))`

func holdsNow(ctx context.Context, r db.Reader, person PersonID, h Held, now time.Time) (holds bool, err error) {
	err = r.Get(ctx, &holds, `select `+holdsRole, person, h.Institution, h.Role, now.Unix(), now.Unix())
	return holds, err
}

// RenamePupil corrects a name. Somebody who is no pupil there is NotFound.
func (s *Service) RenamePupil(ctx context.Context, tx *db.Tx, by Actor, person PersonID, name string, at InstitutionID, now time.Time) error {
	if err := CheckPupilName(name); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `update access_people set name = ?, sort_key = ?, version = version + 1 where id = ? and `+holdsRole,
		name, i18n.SortKey(name), person, person, at, Pupil, now.Unix(), now.Unix())
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.ErrNotFound
	}
	return audit.Record(ctx, tx, by.By(), audit.Entry{Action: "access.pupil.rename", Object: "person", ObjectID: string(person),
		Institution: string(at), Subject: string(person)}, now)
}

// EndPupil ends the role Pupil at the institution at once: the card is void and
// all sessions end with the next click. An account that is left without any
// role is closed, so that the retention job finds it. Somebody who is no pupil there is NotFound.
func (s *Service) EndPupil(ctx context.Context, tx *db.Tx, by Actor, person PersonID, at InstitutionID, now time.Time) error {
	if err := s.end(ctx, tx, by, person, Held{Pupil, at}, ""); err != nil {
		return err
	}
	if _, err := voidCard(ctx, tx, person, by.Person, "left", now); err != nil {
		return err
	}
	if _, err := EndSessions(ctx, tx, person, ""); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update access_people set closed_at = ?, version = version + 1 where id = ? and closed_at is null
		and not exists (select 1 from access_roles r where r.person = access_people.id and (r.until is null or r.until > ?))`, now.Unix(), person, now.Unix())
	return err
}

// MakeTutor gives the role ClassTutor at the institution to somebody who
// teaches there; anybody else is Invalid at the field "wychowawca". Who holds
// it already keeps it. To give it anew the actor must be able to (MayGive),
// which the caller has checked.
func (s *Service) MakeTutor(ctx context.Context, tx *db.Tx, by Actor, person PersonID, at InstitutionID, now time.Time) error {
	has, err := holdsNow(ctx, tx, person, Held{ClassTutor, at}, now)
	if err != nil || has {
		return err
	}
	teaches, err := holdsNow(ctx, tx, person, Held{Teacher, at}, now)
	if err != nil {
		return err
	}
	if !teaches {
		return fault.InvalidFields([]fault.Field{{Name: "wychowawca", Key: "cards.fault.tutor"}})
	}
	if err := giveRole(ctx, tx, person, Held{ClassTutor, at}, now.Unix(), 0, by.Person); err != nil {
		return err
	}
	return audit.Record(ctx, tx, by.By(), audit.Entry{Action: "access.tutor", Object: "person", ObjectID: string(person),
		Institution: string(at), Subject: string(person)}, now)
}

// HoldsAt tells whether somebody holds one of the roles at the institution now.
func (s *Service) HoldsAt(ctx context.Context, person PersonID, at InstitutionID, roles ...Role) (bool, error) {
	for _, role := range roles {
		if has, err := holdsNow(ctx, s.db, person, Held{role, at}, s.now()); err != nil || has {
			return has, err
		}
	}
	return false, nil
}

// Candidate is somebody who may be the tutor of a class.
type Candidate struct {
	ID    PersonID `db:"id"`
	Name  string   `db:"name"`
	Tutor bool     `db:"tutor"` // holds the role ClassTutor already
}

// TutorCandidates are those who teach at the institution or are tutors there,
// by name. The caller has checked that the actor manages rosters there.
func (s *Service) TutorCandidates(ctx context.Context, at InstitutionID) ([]Candidate, error) {
	now := s.now().Unix()
	var list []Candidate
	err := s.db.Select(ctx, &list, `select p.id, p.name, max(case when r.role = ? then 1 else 0 end) > 0 as tutor
		from access_roles r join access_people p on p.id = r.person and p.closed_at is null
		where r.institution = ? and r.role in (?, ?) and r.since <= ? and (r.until is null or r.until > ?)
		group by p.id, p.name, p.sort_key order by p.sort_key, p.id limit 500`, ClassTutor, at, ClassTutor, Teacher, now, now)
	return list, err
}

// PupilEntry is a pupil as a roster shows one.
type PupilEntry struct {
	ID      PersonID `db:"id"`
	Name    string   `db:"name"`
	SortKey string   `db:"sort_key"`
	Card    CardState
}

// PupilEntries reads pupils with the state of their cards. Ids that are not
// there are left out. The caller has checked that the actor sees the roster.
func (s *Service) PupilEntries(ctx context.Context, ids []PersonID) (map[PersonID]PupilEntry, error) {
	all := make(map[PersonID]PupilEntry, len(ids))
	for some := range slices.Chunk(ids, db.MaxParams) {
		query, args, err := db.In(`select id, name, sort_key from access_people where id in (?)`, some)
		if err != nil {
			return nil, err
		}
		var part []PupilEntry
		if err := s.db.Select(ctx, &part, query, args...); err != nil {
			return nil, err
		}
		for _, p := range part {
			all[p.ID] = p
		}
	}
	cards, err := s.cardStates(ctx, ids)
	if err != nil {
		return nil, err
	}
	for id, c := range cards {
		if p, ok := all[id]; ok {
			p.Card = c
			all[id] = p
		}
	}
	return all, nil
}

// PersonNames is NamesOf with keys of the right type.
func (s *Service) PersonNames(ctx context.Context, ids []PersonID) (map[PersonID]string, error) {
	plain := make([]string, len(ids))
	for n, id := range ids {
		plain[n] = string(id)
	}
	found, err := s.NamesOf(ctx, plain)
	names := make(map[PersonID]string, len(found))
	for id, name := range found {
		names[PersonID(id)] = name
	}
	return names, err
}
