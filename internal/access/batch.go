package access

import (
	"context"
	"errors"
	"fmt"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// DemoPerson is an invented person. The key is given, not made, so that every
// demo has the same people under the same addresses.
type DemoPerson struct {
	ID PersonID
	NewPerson
}

// AddDemoPeople makes accounts for one-click sign-in, in the order given when
// their keys ascend. It takes the transaction of the demo, which is filled
// whole or not at all. Outside a demo it refuses, because anybody could enter
// such an account; a password is refused, because hashing has no place in a
// transaction.
func (s *Service) AddDemoPeople(ctx context.Context, tx *db.Tx, people []DemoPerson) (err error) {
	defer fault.Wrap(&err, "add invented people")
	if !s.demo {
		return errors.New("this is no demo")
	}
	now := s.now().Unix()
	for _, n := range people {
		if n.Password != "" || !n.Demo {
			return fmt.Errorf("%s is no invented person", n.Name)
		}
		p, err := s.prepare(ctx, n.NewPerson)
		if err != nil {
			return err
		}
		p.ID = n.ID
		if err := insertPerson(ctx, tx, p, n.Roles, now); err != nil {
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
