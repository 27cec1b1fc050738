package access

import (
	"context"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// openSession is a line of the list of a person's sessions.
type openSession struct {
	ID     string `db:"id"`
	Device string `db:"device"`
	Begun  int64  `db:"begun_at"`
	Seen   int64  `db:"seen_at"`
}

// longestSessionList bounds the page; a person has a handful.
const longestSessionList = 50

// sessionsOf lists the open sessions of a person, the one used last first.
func (s *Service) sessionsOf(ctx context.Context, id PersonID) ([]openSession, error) {
	var all []openSession
	err := s.db.Select(ctx, &all, `select id, device, begun_at, seen_at from access_sessions
		where person = ? and expires_at > ? order by seen_at desc, id limit ?`, id, s.now().Unix(), longestSessionList)
	return all, err
}

// endSession ends one session of the person who asks; a session of somebody
// else is NotFound.
func (s *Service) endSession(ctx context.Context, who Actor, id string) error {
	if id == "" {
		return fault.ErrNotFound
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from access_sessions where id = ? and person = ?`, id, who.Person)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		return noteSessions(ctx, tx, who, actSessionEnd, now)
	})
}

// endAllSessions signs the person out everywhere, here as well.
func (s *Service) endAllSessions(ctx context.Context, who Actor) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := EndSessions(ctx, tx, who.Person, ""); err != nil {
			return err
		}
		return noteSessions(ctx, tx, who, actSessionEndAll, now)
	})
}

// setLang chooses the language of letters.
func (s *Service) setLang(ctx context.Context, who Actor, lang string) error {
	if !i18n.Valid(lang) {
		return fault.InvalidFields([]fault.Field{{Name: "lang", Key: "ways.fault.lang"}})
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update access_people set lang = ? where id = ?`, lang, who.Person); err != nil {
			return err
		}
		return changed(ctx, tx, who.Person)
	})
}

// noteSessions logs that a person ended sessions of their own.
func noteSessions(ctx context.Context, tx *db.Tx, who Actor, action string, now time.Time) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: action, Object: "person", ObjectID: string(who.Person), Subject: string(who.Person)}, now)
}
