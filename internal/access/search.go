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

// few is how many hits are fewer to sort than to look for along the order.
const few = 1000

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

// narrow turns a filter into a condition. Sorted tells that it finds few
// people by itself.
func (s *Service) narrow(ctx context.Context, f Filter) (where string, args []any, sorted bool, err error) {
	now := s.now().Unix()
	where = `p.closed_at is null`
	if f.Closed {
		where = `p.closed_at is not null and p.name <> ''` // who was erased stands in no list
	}
	add := func(table, which, each string, with ...any) error {
		var n int
		inner := ` from ` + table + ` where ` + which
		if err := s.db.Get(ctx, &n, `select count(*) from (select 1`+inner+` limit ?) x`, append(slices.Clone(with), few)...); err != nil {
			return err
		}
		args = append(args, with...)
		if n < few {
			sorted = true
			where += ` and p.id in (select person` + inner + `)`
			return nil
		}
		// Many hits: gathering them would take as long as there are people, so
		// those who stand next in the order are asked one by one. The count keeps
		// PostgreSQL from turning the question round.
		where += ` and (select count(*) from ` + table + ` where person = p.id and ` + each + `) > 0`
		return nil
	}
	for word := range strings.FieldsSeq(i18n.Fold(f.Text)) {
		key := wordKey(word)
		// Naming the bare column would lead SQLite through all who have the word.
		if err = add(`access_words`, `word >= ? and word < ?`, `word || '' >= ? and word || '' < ?`, key, key+"g"); err != nil {
			return
		}
	}
	const held = ` and since <= ? and (until is null or until > ?)`
	role := func(which string, with ...any) error {
		return add(`access_roles`, which+held, which+held, append(with, now, now)...)
	}
	switch {
	case f.Institution != "" && f.Role != "":
		err = role(`institution = ? and role = ?`, f.Institution, f.Role)
	case f.Institution != "":
		err = role(`institution = ? and role not in ('pupil', 'guardian')`, f.Institution)
	case f.Role != "":
		err = role(`role = ?`, f.Role)
	default:
		where += ` and (exists (select 1 from access_roles r where r.person = p.id and r.role not in ('pupil', 'guardian'))
			or not exists (select 1 from access_roles r where r.person = p.id))`
	}
	return
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
