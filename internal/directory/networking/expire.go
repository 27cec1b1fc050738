package networking

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// Jobs registers the work of this package.
func (s *Service) Jobs(r *jobs.Registry) {
	r.Every("directory.networking.expire", time.Hour, s.Expire)
}

// batch is how many rows one transaction ends.
const batch = 100

// Expire ends what had its time: entries, requests and introductions; it tells
// of entries that end soon, and forgets old counts. It may run twice.
func (s *Service) Expire(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "end entries and requests")
	for _, step := range []func(context.Context, *db.Tx, time.Time) (int, error){s.warn, s.endEntries, s.endRequests, s.endIntros, s.showAgain, forgetDays} {
		for n := batch; n == batch; {
			now := s.now()
			err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
				n, err = step(ctx, tx, now)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// told are rows of which their people are told.
type told struct {
	ID     string `db:"id"`
	Person string `db:"person"`
	Until  string `db:"until"`
}

func (s *Service) warn(ctx context.Context, tx *db.Tx, now time.Time) (int, error) {
	var rows []told
	err := tx.Select(ctx, &rows, `select id, person, until from directory_network_entries where state = ? and ends_at > ? and ends_at <= ? and warned = ? order by ends_at, id limit ?`,
		stateOpen, now.Unix(), now.AddDate(0, 0, noticeDays).Unix(), false, batch)
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		n, err := tx.Exec(ctx, `update directory_network_entries set warned = ? where id = ? and warned = ?`, true, row.ID, false)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			continue
		}
		if err := s.tell(ctx, tx, row.Person, "networking.tell.ends", entryPath(row.ID), "entry/"+row.ID+"/"+row.Until, map[string]string{"until_date": row.Until}); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

func (s *Service) endEntries(ctx context.Context, tx *db.Tx, now time.Time) (int, error) {
	var ids []string
	err := tx.Select(ctx, &ids, `select id from directory_network_entries where state = ? and ends_at <= ? order by ends_at, id limit ?`, stateOpen, now.Unix(), batch)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if _, err := tx.Exec(ctx, `update directory_network_entries set state = ?, closed_at = ?, revision = revision + 1 where id = ? and state = ?`,
			stateEnded, now.Unix(), id, stateOpen); err != nil {
			return 0, err
		}
	}
	return len(ids), s.touch(ctx, tx, ids...)
}

// endRequests ends requests that nobody answered. The asker is told the same,
// whether or not the other side ever saw it.
func (s *Service) endRequests(ctx context.Context, tx *db.Tx, now time.Time) (int, error) {
	return s.endSilent(ctx, tx, now, "networking.tell.expired", requestPath, "contact/",
		`select id, asker as person, '' as until from directory_contact_requests where state = ? and ends_at <= ? order by ends_at, id limit ?`,
		`update directory_contact_requests set state = ?, last_at = ? where id = ? and state = ?`)
}

func (s *Service) endIntros(ctx context.Context, tx *db.Tx, now time.Time) (int, error) {
	return s.endSilent(ctx, tx, now, "networking.tell.intro_expired", introPath, "intro/",
		`select id, by_person as person, '' as until from directory_contact_intros where state = ? and ends_at <= ? order by ends_at, id limit ?`,
		`update directory_contact_intros set state = ?, last_at = ? where id = ? and state = ?`)
}

func (s *Service) endSilent(ctx context.Context, tx *db.Tx, now time.Time, key string, path func(string) string, once, find, end string) (int, error) {
	var rows []told
	if err := tx.Select(ctx, &rows, find, stateOpen, now.Unix(), batch); err != nil {
		return 0, err
	}
	for _, row := range rows {
		n, err := tx.Exec(ctx, end, stateExpired, now.Unix(), row.ID, stateOpen)
		if err != nil {
			return 0, err
		}
		if n == 0 {
			continue
		}
		if err := s.tell(ctx, tx, row.Person, key, path(row.ID), once+row.ID+"/expired", nil); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// showAgainFor is how long after a suspension ended its person's entries are
// indexed anew, each hour: nothing else tells the search of that midnight.
const showAgainFor = 48 * time.Hour

// showAgain has the entries of people found again whose suspension ended.
func (s *Service) showAgain(ctx context.Context, tx *db.Tx, now time.Time) (int, error) {
	var ids []string
	err := tx.Select(ctx, &ids, `select e.id from directory_contact_suspensions x
		join directory_network_entries e on e.person = x.person and e.owner = ? and e.state = ?
		where x.ends_at <= ? and x.ends_at > ? order by e.id`, ownPerson, stateOpen, now.Unix(), now.Add(-showAgainFor).Unix())
	if err != nil {
		return 0, err
	}
	return 0, s.touch(ctx, tx, ids...)
}

func forgetDays(ctx context.Context, tx *db.Tx, now time.Time) (int, error) {
	n, err := tx.Exec(ctx, `delete from directory_contact_days where day < ?`, midnight(now).AddDate(0, 0, -7).Unix())
	return int(min(n, batch-1)), err
}

// Left ends what somebody said under a roof that they left: the personal
// entries there, and requests in that role that wait. Entries of the institution
// stay: others speak for it. It is a reaction to access.Left and may repeat.
func (s *Service) Left(ctx context.Context, e access.Left) (err error) {
	defer fault.Wrap(&err, "end the entries of somebody who left")
	stays, err := s.under(ctx, e.Person, e.Institution)
	if err != nil || stays {
		return err
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		var ids []string
		err := tx.Select(ctx, &ids, `select id from directory_network_entries where person = ? and owner = ? and institution = ? and state = ?`,
			string(e.Person), ownPerson, string(e.Institution), stateOpen)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if _, err := tx.Exec(ctx, `update directory_network_entries set state = ?, closed_at = ?, revision = revision + 1 where id = ? and state = ?`, stateEnded, now, id, stateOpen); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `update directory_contact_requests set state = ?, last_at = ? where asker = ? and asker_at = ? and state = ?`,
			stateWithdrawn, now, string(e.Person), string(e.Institution), stateOpen); err != nil {
			return err
		}
		return s.touch(ctx, tx, ids...)
	})
}

// under tells whether somebody uses contacts by a role at an institution now.
func (s *Service) under(ctx context.Context, person access.PersonID, at access.InstitutionID) (bool, error) {
	var using []access.Role
	for _, role := range access.Roles() {
		if role.Gives(access.UseContacts) {
			using = append(using, role)
		}
	}
	return s.People.HoldsAt(ctx, person, at, using...)
}
