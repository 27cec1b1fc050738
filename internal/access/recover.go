package access

import (
	"context"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// newPassword checks and hashes a password, outside a transaction. The field
// of the form is called "password".
func (s *Service) newPassword(ctx context.Context, password string) (string, error) {
	if password == "" {
		return "", fault.InvalidFields([]fault.Field{{Name: "password", Key: "access.fault.password_short", Args: []any{"n", minPassword}}})
	}
	if err := (NewPerson{Name: "---", Email: "a@example.org", Password: password}).check(); err != nil {
		return "", err
	}
	return s.hashPassword(ctx, password)
}

// recoverByLink spends a link for a forgotten password and sets a new one. It
// proves the mailbox and nothing else: a second factor is still asked for. All
// sessions end, other links of the address are void, and the person is told.
func (s *Service) recoverByLink(ctx context.Context, p proof, password string) (id PersonID, err error) {
	l, err := s.openLink(ctx, s.db, p.Token)
	if err != nil {
		return "", err
	}
	if l.Purpose != linkRecover {
		return "", noLink()
	}
	hash, err := s.newPassword(ctx, password)
	if err != nil {
		return "", err
	}
	err = s.useLink(ctx, p, func(tx *db.Tx, l mailLink, now time.Time) error {
		found, err := personByLogin(ctx, tx, l.Login)
		if err != nil {
			return err
		}
		id = found.ID
		return s.setPassword(ctx, tx, audit.By{Person: string(id)}, found, hash, "", actPasswordRecover, now)
	})
	return id, err
}

// setPassword writes a new password and ends what the old one opened: all
// sessions but the given one, and links on their way.
func (s *Service) setPassword(ctx context.Context, tx *db.Tx, by audit.By, p Person, hash, but, action string, now time.Time) error {
	if _, err := tx.Exec(ctx, `update access_people set password = ? where id = ?`, hash, p.ID); err != nil {
		return err
	}
	if err := changed(ctx, tx, p.ID); err != nil {
		return err
	}
	if _, err := EndSessions(ctx, tx, p.ID, but); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from access_mail_links where login = ?`, p.Login); err != nil {
		return err
	}
	err := audit.Record(ctx, tx, by, audit.Entry{Action: action, Object: "person", ObjectID: string(p.ID), Subject: string(p.ID)}, now)
	if err != nil {
		return err
	}
	return s.tell(ctx, tx, p.ID, "ways.told.password", nil, SecurityPath, true)
}

// changePassword sets a new password for the person of the session: with the
// old one, or, where there is none yet, right after confirming by another way.
func (s *Service) changePassword(ctx context.Context, from Caller, who Actor, v session, old, password string) error {
	p, err := s.personOf(ctx, v.Person)
	if err != nil {
		return err
	}
	if v.Shared {
		return fault.New(fault.Forbidden, "ways.fault.shared")
	}
	if _, ok := loginOf(p.Login); !ok {
		return fault.New(fault.Forbidden, "ways.fault.no_address") // a password without an address opens nothing
	}
	if p.Password == "" && !who.Fresh {
		return notFresh()
	}
	hash, err := s.newPassword(ctx, password)
	if err != nil {
		return err
	}
	if p.Password != "" {
		if err := s.ownPassword(ctx, from, p, old, "old"); err != nil {
			return err
		}
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return s.setPassword(ctx, tx, who.By(), p, hash, v.ID, actPasswordChange, now)
	})
}

// personOf reads an open account.
func (s *Service) personOf(ctx context.Context, id PersonID) (p Person, err error) {
	err = s.db.Get(ctx, &p, `select `+personColumns+` from access_people where id = ? and closed_at is null`, id)
	return p, err
}
