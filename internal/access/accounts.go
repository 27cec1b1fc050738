package access

import (
	"context"
	"errors"
	"sync"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// accounts keeps what was read of people, keyed by the version of their
// rights. The version comes with the session, from the database, so another
// process that changes a role is believed at once.
type accounts struct {
	mu    sync.Mutex
	known map[PersonID]versioned
}

type versioned struct {
	version int64
	account account
}

// maxAccounts bounds the memory; forgetting costs one query per person.
const maxAccounts = 20_000

func (s *Service) account(ctx context.Context, id PersonID, version int64) (account, error) {
	c := &s.accounts
	c.mu.Lock()
	v, ok := c.known[id]
	c.mu.Unlock()
	if ok && v.version == version {
		return v.account, nil
	}
	a, read, err := s.readAccount(ctx, id)
	if err != nil {
		return account{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxAccounts {
		c.known = map[PersonID]versioned{}
	}
	if s.directory != nil {
		a.reach = &reach{Directory: s.directory}
	}
	c.known[id] = versioned{read, a}
	return a, nil
}

// versionOf is the number that keys the memory: of the person's rights and of
// the directory, whose names are part of the hats. Both only rise, so their
// sum never returns.
const versionOf = `p.version + coalesce((select n from versions where name = 'directory'), 0)`

// readAccount reads a person who has not left, with roles and proxies, and the
// version read first: a change in between is then read again with the next
// request. NotFound when there is no such account or it is closed.
func (s *Service) readAccount(ctx context.Context, id PersonID) (a account, version int64, err error) {
	r := s.db
	var p struct {
		Name    string `db:"name"`
		Lang    string `db:"lang"`
		Hat     string `db:"hat"`
		Version int64  `db:"version"`
	}
	err = r.Get(ctx, &p, `select p.name, p.lang, p.hat, `+versionOf+` as version from access_people p where p.id = ? and p.closed_at is null`, id)
	if err != nil {
		return a, 0, err
	}
	a = account{name: p.Name, lang: p.Lang, hat: p.Hat}
	if a.spans, err = spansOf(ctx, r, id); err != nil {
		return a, 0, err
	}
	if a.stands, err = standsOf(ctx, r, id); err != nil {
		return a, 0, err
	}
	a.names, err = s.namesFor(ctx, a)
	return a, p.Version, err
}

func (s *Service) namesFor(ctx context.Context, a account) (map[InstitutionID]string, error) {
	var ids []InstitutionID
	for _, sp := range a.spans {
		if sp.Institution != "" {
			ids = append(ids, sp.Institution)
		}
	}
	for _, st := range a.stands {
		if st.Institution != "" {
			ids = append(ids, st.Institution)
		}
	}
	if len(ids) == 0 || s.directory == nil {
		return nil, nil
	}
	return s.directory.Names(ctx, ids)
}

func spansOf(ctx context.Context, r db.Reader, id PersonID) ([]span, error) {
	var spans []span
	err := r.Each(ctx, func(scan func(dest ...any) error) error {
		var s span
		if err := scan(&s.Role, &s.Institution, &s.since, &s.until); err != nil {
			return err
		}
		spans = append(spans, s)
		return nil
	}, `select role, institution, since, coalesce(until, 0) from access_roles where person = ?`, id)
	return spans, err
}

func standsOf(ctx context.Context, r db.Reader, agent PersonID) ([]stand, error) {
	var stands []stand
	err := r.Each(ctx, func(scan func(dest ...any) error) error {
		var s stand
		if err := scan(&s.id, &s.by, &s.name, &s.Role, &s.Institution, &s.since, &s.until); err != nil {
			return err
		}
		stands = append(stands, s)
		return nil
	}, `select x.id, x.principal, p.name, x.role, x.institution, x.since, coalesce(x.ended_at, x.until)
		from access_proxies x join access_people p on p.id = x.principal and p.closed_at is null
		where x.agent = ? order by x.id`, agent)
	if err != nil {
		return nil, err
	}
	for i := range stands {
		if stands[i].principal, err = spansOf(ctx, r, stands[i].by); err != nil {
			return nil, err
		}
	}
	return stands, nil
}

// changed raises the version of a person and of those who act for that person,
// in the transaction that changes a role, a name or a proxy.
func changed(ctx context.Context, tx *db.Tx, id PersonID) error {
	_, err := tx.Exec(ctx, `update access_people set version = version + 1
		where id = ? or id in (select agent from access_proxies where principal = ?)`, id, id)
	return err
}

// Actor is the person with all roles held now under every hat, as after both
// steps of signing in. A closed account is NotFound.
func (s *Service) Actor(ctx context.Context, id PersonID) (Actor, error) {
	acc, _, err := s.readAccount(ctx, id)
	if err != nil {
		return Actor{}, err
	}
	now := s.now()
	a := acc.wear(id, "", bothSteps, now)
	a.For, a.ForName, a.reach = "", "", s.directory // in one's own name
	a.Roles = acc.heldAt(now)
	return a, nil
}

// hasAdministrator tells whether anybody can administer the installation.
func hasAdministrator(ctx context.Context, r db.Reader, now time.Time) (bool, error) {
	var one int
	err := r.Get(ctx, &one, `select 1 from access_roles r join access_people p on p.id = r.person
		where r.role = ? and r.since <= ? and (r.until is null or r.until > ?) and p.closed_at is null limit 1`, Administrator, now.Unix(), now.Unix())
	if errors.Is(err, fault.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
