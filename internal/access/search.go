package access

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"

	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// longestWord is where a word of a name is cut: what is typed is never longer.
const longestWord = 40

func wordKey(folded string) string {
	return hex.EncodeToString([]byte(folded[:min(len(folded), longestWord)]))
}

// writeWords writes the words by which a person is found anew.
func writeWords(ctx context.Context, tx *db.Tx, id PersonID, name string) error {
	if _, err := tx.Exec(ctx, `delete from access_words where person = ?`, id); err != nil {
		return err
	}
	for word := range strings.FieldsSeq(i18n.Fold(name)) {
		if _, err := tx.Exec(ctx, `insert into access_words (word, person) values (?, ?) on conflict do nothing`, wordKey(word), id); err != nil {
			return err
		}
	}
	return nil
}

// Filter narrows a list of people. The zero Filter is everybody.
type Filter struct {
	Text        string        // beginnings of words of the name
	Role        Role          // held now
	Institution InstitutionID // in which a role is held now
	Closed      bool          // closed accounts instead of open ones
}

// Row is a person in a list, without the address: no page shows one person
// another's address.
type Row struct {
	ID       PersonID `db:"id"`
	Name     string   `db:"name"`
	SortKey  string   `db:"sort_key"`
	ClosedAt *int64   `db:"closed_at"`
	Roles    []Held   `db:"-"`
}

const pageSize = 50

// How a filter finds its people depends on how many it hits (see narrow). The
// numbers are where one way begins to cost less than the other, measured with
// 50 000 people on SQLite.
const (
	few  = 500  // fewer than that are gathered and sorted
	many = 8000 // from there on those who stand next in the order are asked
)

// People lists accounts by name, a page from the cursor on. Who asks holds
// ManagePeople, or SeePeople at the institution of the filter. Pupils and
// guardians are left out: they are in the rosters of their school, for those
// who see rosters there.
func (s *Service) People(ctx context.Context, who Actor, f Filter, at web.Cursor) (rows []Row, more bool, err error) {
	if err := s.maySeeList(ctx, who, f); err != nil {
		return nil, false, err
	}
	where, args, sorted, err := s.narrow(ctx, f)
	if err != nil {
		return nil, false, err
	}
	compare, order := ">", "asc"
	if at.Back {
		compare, order = "<", "desc"
	}
	if at != (web.Cursor{}) {
		where += ` and (p.sort_key, p.id) ` + compare + ` (?, ?)`
		args = append(args, at.Key, at.ID)
	}
	key := "p.sort_key " + order + ", p.id " + order
	if sorted {
		// Few hits: found by their words or roles, then sorted. Naming the
		// bare column would lead the database along the order of everybody.
		key = "p.sort_key || '' " + order + ", p.id " + order
	}
	err = s.db.Select(ctx, &rows, `select p.id, p.name, p.sort_key, p.closed_at from access_people p where `+where+` order by `+key+` limit ?`, append(args, pageSize+1)...)
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > pageSize; more {
		rows = rows[:pageSize]
	}
	if at.Back {
		slices.Reverse(rows)
	}
	return rows, more, s.withRoles(ctx, rows)
}

func (s *Service) maySeeList(ctx context.Context, who Actor, f Filter) error {
	if f.Role == Pupil || f.Role == Guardian {
		return who.refusal() // they stand in rosters, never in lists
	}
	if f.Institution != "" {
		if err := who.MayAt(ctx, SeePeople, f.Institution); err == nil {
			return nil
		}
	}
	return who.Must(ManagePeople)
}

// test is a condition on rows of another table that hold a person. Each says
// the same without naming bare columns, which would lead the database through
// all rows that fit.
type test struct {
	table, which, each string
	with               []any
	listed             bool // an index alone lists whom it hits
}

// narrow turns a filter into a condition. Sorted tells that it finds few
// people by itself.
func (s *Service) narrow(ctx context.Context, f Filter) (where string, args []any, sorted bool, err error) {
	where = `p.closed_at is null`
	if f.Closed {
		where = `p.closed_at is not null and p.name <> ''` // who was erased stands in no list
	}
	tests := s.tests(f)
	hits := make([]int, len(tests))
	for i, t := range tests {
		if hits[i], err = s.hits(ctx, t, few); err != nil {
			return
		}
		sorted = sorted || hits[i] < few
	}
	for i, t := range tests {
		if !sorted && t.listed {
			if hits[i], err = s.hits(ctx, t, many); err != nil {
				return
			}
		}
		args = append(args, t.with...)
		switch {
		case hits[i] < few:
			where += ` and p.id in (select person from ` + t.table + ` where ` + t.which + `)`
		case !sorted && t.listed && hits[i] < many:
			// Their ids are listed once, and the order is walked, which is one
			// index, until a page of them is met. With the bare column, the
			// database would fetch each of them and sort.
			where += ` and p.id || '' in (select person from ` + t.table + ` where ` + t.which + `)`
		default:
			// Listing them would take as long as there are people, so those who
			// stand next are asked one by one. The count keeps PostgreSQL from
			// turning the question round.
			where += ` and (select count(*) from ` + t.table + ` where person = p.id and ` + t.each + `) > 0`
		}
	}
	if f.Institution == "" && f.Role == "" {
		// Counts again: of exists, PostgreSQL makes a list of everybody.
		where += ` and ((select count(*) from access_roles r where r.person = p.id and r.role not in ('pupil', 'guardian')) > 0
			or (select count(*) from access_roles r where r.person = p.id) = 0)`
	}
	return
}

// hits counts the rows of a test, up to most.
func (s *Service) hits(ctx context.Context, t test, most int) (n int, err error) {
	err = s.db.Get(ctx, &n, `select count(*) from (select 1 from `+t.table+` where `+t.which+` limit ?) x`, append(slices.Clone(t.with), most)...)
	return n, err
}

// tests are what a filter asks of other tables.
func (s *Service) tests(f Filter) (tests []test) {
	for word := range strings.FieldsSeq(i18n.Fold(f.Text)) {
		key := wordKey(word)
		tests = append(tests, test{`access_words`, `word >= ? and word < ?`, `word || '' >= ? and word || '' < ?`, []any{key, key + "g"}, true})
	}
	now := s.now().Unix()
	role := func(which string, with ...any) {
		which += ` and since <= ? and (until is null or until > ?)`
		tests = append(tests, test{`access_roles`, which, which, append(with, now, now), false})
	}
	switch {
	case f.Institution != "" && f.Role != "":
		role(`institution = ? and role = ?`, f.Institution, f.Role)
	case f.Institution != "":
		role(`institution = ? and role not in ('pupil', 'guardian')`, f.Institution)
	case f.Role != "":
		role(`role = ?`, f.Role)
	}
	return tests
}

// withRoles fills in the roles that the people of a page hold now.
func (s *Service) withRoles(ctx context.Context, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	at := map[PersonID]int{}
	args := []any{}
	for i, r := range rows {
		at[r.ID] = i
		args = append(args, r.ID)
	}
	now := s.now().Unix()
	err := s.db.Each(ctx, func(scan func(dest ...any) error) error {
		var id PersonID
		var h Held
		if err := scan(&id, &h.Role, &h.Institution); err != nil {
			return err
		}
		rows[at[id]].Roles = append(rows[at[id]].Roles, h)
		return nil
	}, `select person, role, institution from access_roles where person in `+db.Marks(1, len(rows))+` and since <= ? and (until is null or until > ?)`,
		append(args, now, now)...)
	for i := range rows {
		slices.SortFunc(rows[i].Roles, byRank)
	}
	return err
}

// EachPerson gives all people of a filter in order, for an export.
func (s *Service) EachPerson(ctx context.Context, who Actor, f Filter, each func(Row) error) error {
	at := web.Cursor{}
	for {
		rows, more, err := s.People(ctx, who, f, at)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := each(r); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		last := rows[len(rows)-1]
		at = web.Cursor{Key: last.SortKey, ID: string(last.ID)}
	}
}
