package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// DemoPerson is an invented person. The key is given, not made, so that every
// demo has the same people under the same addresses.
type DemoPerson struct {
	ID PersonID
	NewPerson
}

// AddDemoPeople makes accounts for one-click sign-in, in the order given when
// their keys ascend, many with one statement. It takes the transaction of the
// demo, which is filled whole or not at all. Outside a demo it refuses, because
// anybody could enter such an account; a password is refused, because hashing
// has no place in a transaction. An address that is taken is a Conflict.
func (s *Service) AddDemoPeople(ctx context.Context, tx *db.Tx, people []DemoPerson) (err error) {
	defer fault.Wrap(&err, "add invented people")
	if !s.demo {
		return errors.New("this is no demo")
	}
	now := s.now().Unix()
	for some := range slices.Chunk(people, db.MaxParams/personCols) {
		all := make([]Person, len(some))
		for i, n := range some {
			if n.Password != "" || !n.Demo {
				return fmt.Errorf("%s is no invented person", n.Name)
			}
			if all[i], err = s.prepare(ctx, n.NewPerson); err != nil {
				return err
			}
			all[i].ID = n.ID
		}
		if err := insertPeople(ctx, tx, all, now); err != nil {
			return err
		}
		if err := insertRoles(ctx, tx, some, now); err != nil {
			return err
		}
		if err := insertWords(ctx, tx, some); err != nil {
			return err
		}
	}
	return nil
}

// The arguments of one row in each statement of a batch.
const (
	personCols = 9
	roleCols   = 6
	wordCols   = 2
)

func insertPeople(ctx context.Context, tx *db.Tx, people []Person, at int64) error {
	args := make([]any, 0, personCols*len(people))
	for _, p := range people {
		args = append(args, p.ID, p.Name, p.SortKey, p.Email, p.Login, p.Password, p.Lang, p.Demo, at)
	}
	n, err := tx.Exec(ctx, `insert into access_people (id, name, sort_key, email, login, password, lang, demo, created_at) values `+
		db.Marks(len(people), personCols)+` on conflict (login) do nothing`, args...)
	if err == nil && n != int64(len(people)) {
		err = fault.New(fault.Conflict, "access.fault.email_taken")
	}
	return err
}

// insertRoles gives the first roles of new people. Their version need not rise:
// nobody has read them before.
func insertRoles(ctx context.Context, tx *db.Tx, people []DemoPerson, at int64) error {
	var args []any
	for _, p := range people {
		for i, h := range p.Roles {
			if slices.Contains(p.Roles[:i], h) {
				continue
			}
			end, err := roleEnd(h, at, 0)
			if err != nil {
				return err
			}
			args = append(args, p.ID, h.Institution, h.Role, at, end, "")
		}
	}
	return inserted(ctx, tx, `insert into access_roles (person, institution, role, since, until, granted_by) values `, roleCols, args)
}

func insertWords(ctx context.Context, tx *db.Tx, people []DemoPerson) error {
	var args []any
	for _, p := range people {
		words := strings.Fields(i18n.Fold(p.Name))
		for i, word := range words {
			if !slices.Contains(words[:i], word) {
				args = append(args, wordKey(word), p.ID)
			}
		}
	}
	return inserted(ctx, tx, `insert into access_words (word, person) values `, wordCols, args)
}

// inserted runs one statement for as many rows as its arguments allow.
func inserted(ctx context.Context, tx *db.Tx, into string, cols int, args []any) error {
	for some := range slices.Chunk(args, db.MaxParams/cols*cols) {
		if _, err := tx.Exec(ctx, into+db.Marks(len(some)/cols, cols)+` on conflict do nothing`, some...); err != nil {
			return err
		}
	}
	return nil
}

// AnyPeople tells whether anybody has, or ever had, an account.
func AnyPeople(ctx context.Context, r db.Reader) (bool, error) {
	var one int
	err := r.Get(ctx, &one, `select 1 from access_people limit 1`)
	if errors.Is(err, fault.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
