package directory

import (
	"context"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/law"
	"kladka/internal/platform/privacy"
)

// RosterKeep is how long a place in the roster of a class stays after it ended:
// a setting, to be agreed with the officer, for nobody has found it in an act.
const RosterKeep = "directory.roster_keep"

// Params are the declarations of this package's numbers.
func Params() []law.Param {
	return []law.Param{{Key: RosterKeep, Unit: law.Months, Title: "rosters.param.keep",
		Default: []law.Default{{Value: "24", Basis: "ustawienie tej instalacji, do uzgodnienia z inspektorem ochrony danych"}}}}
}

// Purposes are what this package holds personal data for: who is in which
// class, and who is its tutor. Each school is the controller of its own.
func (s *Service) Purposes() []privacy.Purpose {
	return []privacy.Purpose{s.correctionsPurpose(), {
		Key: "directory.rosters", Module: "directory", Text: "rosters.purpose", Controller: privacy.Institution,
		Basis:      "art. 6 ust. 1 lit. e RODO w związku z ustawą z dnia 14 grudnia 2016 r. – Prawo oświatowe (artykuł do sprawdzenia)",
		Categories: []string{"privacy.category.identity", "privacy.category.role"},
		Recipients: []string{"privacy.recipient.institution"},
		Keep:       privacy.Keep{Param: RosterKeep, Since: "rosters.since"},
		Holds: []privacy.Holding{{Table: "directory_class_members", Title: "rosters.holding.members", Export: s.exportMembers,
			Erase: eraseMembers, Expired: expiredMembers, Sweep: sweepMembers,
		}, {Table: "directory_classes", Title: "rosters.holding.tutors", Keeps: "rosters.keeps.tutors", Export: s.exportTutors,
			Erase: eraseTutors, Expired: expiredTutors, Sweep: sweepTutors}},
	}}
}

// placed is a class as the download tells of it.
type placed struct {
	ID          string               `db:"id"`
	Institution access.InstitutionID `db:"institution"`
	Name        string               `db:"name"`
	Year        int                  `db:"school_year"`
	Number      int                  `db:"number"`
	Since       int64                `db:"since"`
	Until       *int64               `db:"until"`
}

func (s *Service) exportMembers(ctx context.Context, person string) ([]privacy.Item, error) {
	var rows []placed
	err := s.db.Select(ctx, &rows, `select c.id, c.institution, c.name, c.school_year, m.number, m.since, m.until
		from directory_class_members m join directory_classes c on c.id = m.class where m.person = ? order by m.since`, person)
	if err != nil {
		return nil, err
	}
	return s.itemsOf(ctx, rows, func(r placed) []privacy.Field {
		fields := []privacy.Field{{Key: "rosters.export.number", Value: strconv.Itoa(r.Number)}}
		if r.Until != nil {
			fields = append(fields, privacy.Field{Key: "rosters.export.until", Value: time.Unix(*r.Until, 0).UTC().Format(time.RFC3339)})
		}
		return fields
	})
}

func (s *Service) exportTutors(ctx context.Context, person string) ([]privacy.Item, error) {
	var rows []placed
	err := s.db.Select(ctx, &rows, `select id, institution, name, school_year, 0 as number, created_at as since, null as until
		from directory_classes where tutor = ? order by id`, person)
	if err != nil {
		return nil, err
	}
	return s.itemsOf(ctx, rows, func(placed) []privacy.Field { return nil })
}

func (s *Service) itemsOf(ctx context.Context, rows []placed, more func(placed) []privacy.Field) ([]privacy.Item, error) {
	var ids []access.InstitutionID
	for _, r := range rows {
		ids = append(ids, r.Institution)
	}
	called, err := names(ctx, s.db, ids)
	if err != nil {
		return nil, err
	}
	var items []privacy.Item
	for _, r := range rows {
		items = append(items, privacy.Item{ID: r.ID, At: time.Unix(r.Since, 0), Fields: append([]privacy.Field{
			{Key: "rosters.export.class", Value: r.Name}, {Key: "rosters.export.year", Value: schoolYear(r.Year)},
			{Key: "rosters.export.school", Value: called[r.Institution]}}, more(r)...)})
	}
	return items, nil
}

func eraseMembers(ctx context.Context, tx *db.Tx, person string) (int, error) {
	n, err := tx.Exec(ctx, `delete from directory_class_members where person = ?`, person)
	return int(n), err
}

func expiredMembers(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
	err = r.Get(ctx, &n, `select count(*) from directory_class_members where until < ?`, before.Unix())
	return n, err
}

func sweepMembers(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
	n, err := tx.Exec(ctx, `delete from directory_class_members where (class, person, since) in
		(select class, person, since from directory_class_members where until < ? limit ?)`, before.Unix(), limit)
	return int(n), err
}

// eraseTutors frees the classes that a tutor still has. That somebody was the
// tutor of a closed class is the school's record and stays by the id.
func eraseTutors(ctx context.Context, tx *db.Tx, person string) (int, error) {
	n, err := tx.Exec(ctx, `update directory_classes set tutor = '', revision = revision + 1 where tutor = ? and tutor <> '' and closed = ?`, person, false)
	return int(n), err
}

// firstKept is the school year of the moment: all before it had their end.
func firstKept(before time.Time) int { return SchoolYear(before) }

func expiredTutors(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
	err = r.Get(ctx, &n, `select count(*) from directory_classes where closed = ? and tutor <> '' and school_year < ?`, true, firstKept(before))
	return n, err
}

func sweepTutors(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
	n, err := tx.Exec(ctx, `update directory_classes set tutor = '' where id in
		(select id from directory_classes where closed = ? and tutor <> '' and school_year < ? order by id limit ?)`, true, firstKept(before), limit)
	return int(n), err
}
