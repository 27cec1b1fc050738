package vote

import (
	"context"
	"errors"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// newcomer is an elector who is to be written down, with the pools of the rights.
type newcomer struct {
	Elector
	Mark  string
	Same  string // of the name and the date of birth, see markKey.sameName
	Pools []budget.PoolID
}

// add writes electors and their rights, and tells how many were new: whose mark
// or account is there already is left as they are. They are written in the order
// of their ids, so that nothing remembers the order in which they came.
func add(ctx context.Context, tx *db.Tx, list []newcomer) (fresh int, err error) {
	slices.SortFunc(list, func(a, b newcomer) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for some := range slices.Chunk(list, db.MaxParams/7) {
		var args []any
		var ids []ElectorID
		for _, n := range some {
			args = append(args, n.Edition, n.ID, n.Source, n.Person, n.Mark, n.Same, n.Class)
			ids = append(ids, n.ID)
		}
		_, err := tx.Exec(ctx, `insert into budget_electors (edition, id, source, person, mark, same_name, class) values `+db.Marks(len(some), 7)+
			` on conflict do nothing`, args...)
		if err != nil {
			return fresh, err
		}
		there, err := written(ctx, tx, some[0].Edition, ids)
		if err != nil {
			return fresh, err
		}
		fresh += len(there)
		if err := addRights(ctx, tx, some, there); err != nil {
			return fresh, err
		}
	}
	return fresh, nil
}

// written tells which of the drawn ids stand in the table now.
func written(ctx context.Context, tx *db.Tx, e budget.EditionID, ids []ElectorID) (map[ElectorID]bool, error) {
	query, args, err := db.In(`select id from budget_electors where edition = ? and id in (?)`, e, ids)
	if err != nil {
		return nil, err
	}
	var list []ElectorID
	err = tx.Select(ctx, &list, query, args...)
	there := map[ElectorID]bool{}
	for _, id := range list {
		there[id] = true
	}
	return there, err
}

// addRights writes the rights of those who were written down.
func addRights(ctx context.Context, tx *db.Tx, list []newcomer, there map[ElectorID]bool) error {
	var args []any
	for _, n := range list {
		if !there[n.ID] {
			continue
		}
		for _, p := range n.Pools {
			args = append(args, n.Edition, p, n.ID)
		}
	}
	for some := range slices.Chunk(args, db.MaxParams/3*3) {
		_, err := tx.Exec(ctx, `insert into budget_rights (edition, pool, elector) values `+db.Marks(len(some)/3, 3)+` on conflict do nothing`, some...)
		if err != nil {
			return err
		}
	}
	return nil
}

// The indexes of accounts and of marks leave out electors who have none. A
// condition says so too (<> ''), for SQLite does not look into an argument.

// place is an elector who is about to vote in a pool. More tells that a right of
// theirs waits in another one.
type place struct {
	Elector ElectorID `db:"elector"`
	More    bool      `db:"more"`
}

// elsewhereOpen tells that an elector has a right in another pool than the given.
const elsewhereOpen = `exists (select 1 from budget_rights o where o.elector = e.id and o.edition = e.edition and o.pool <> ? and o.spent = false and o.way <> 'void')`

// ElectorOf is the elector behind the account of whoever asks; ErrNotFound when
// there is none yet (see Claim, Declare). Who acts for another votes for nobody.
func (s *Service) ElectorOf(ctx context.Context, r db.Reader, who access.Actor, e budget.Edition) (ElectorID, error) {
	at, err := s.placeAt(ctx, r, who, e, "")
	return at.Elector, err
}

// placeAt is ElectorOf for whoever stands before the ballot of a pool.
func (s *Service) placeAt(ctx context.Context, r db.Reader, who access.Actor, e budget.Edition, pool budget.PoolID) (at place, err error) {
	if !who.SignedIn() {
		return at, fault.New(fault.SignedOut, "fault.signed_out")
	}
	if who.For != "" {
		return at, fault.New(fault.Forbidden, "vote.fault.for_another")
	}
	err = r.Get(ctx, &at, `select e.id as elector, `+elsewhereOpen+` as more from budget_electors e where e.edition = ? and e.person = ? and e.person <> ''`,
		pool, e.ID, who.Person)
	return at, err
}

// ElectorOfSlip is the elector behind the code of a slip, as somebody typed it.
// A slip of the finger is Invalid at the input "kod" and no guess; a code that
// no slip has is counted for the network it came from, and after some of them
// answers to further ones wait (TooMany with the seconds). A slip that was
// declared void is a Conflict. Nothing about a right code is written.
func (s *Service) ElectorOfSlip(ctx context.Context, e budget.Edition, network, typed string) (ElectorID, error) {
	sealed := ""
	err := s.db.Get(ctx, &sealed, `select sealed from budget_mark_keys where edition = ?`, e.ID)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return "", err
	}
	at, err := s.slipPlace(ctx, e, sealed, network, typed, "")
	return at.Elector, err
}

// slipPlace is ElectorOfSlip for whoever stands before the ballot of a pool and has
// read the sealed key of the edition's marks; without one there are no slips.
func (s *Service) slipPlace(ctx context.Context, e budget.Edition, sealed, network, typed string, pool budget.PoolID) (place, error) {
	var slip struct {
		place
		State string `db:"state"`
	}
	code, err := ParseCode(typed)
	if err != nil {
		return slip.place, err
	}
	if sealed == "" {
		return slip.place, s.unknownCode(ctx, network, "vote.fault.code_unknown")
	}
	key, err := s.openMarkKey(e.ID, sealed)
	if err != nil {
		return slip.place, err
	}
	err = s.db.Get(ctx, &slip, `select e.id as elector, b.state, `+elsewhereOpen+` as more
		from budget_electors e join budget_slips l on l.edition = e.edition and l.elector = e.id
		join budget_boxes b on b.edition = l.edition and b.no = l.box where e.edition = ? and e.mark = ? and e.mark <> ''`,
		pool, e.ID, key.slip(code.Letters()))
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return place{}, s.unknownCode(ctx, network, "vote.fault.code_unknown")
	case err != nil:
		return place{}, err
	case slip.State == boxVoid:
		return place{}, fault.New(fault.Conflict, "vote.fault.slip_void")
	}
	return slip.place, nil
}
