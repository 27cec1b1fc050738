package access

import (
	"context"
	"errors"

	"kladka/internal/platform/fault"
)

// way is how somebody who is signed in proves to be still there.
type way string

const (
	freshByPassword way = "password"
	freshByCode     way = "code" // no password, but a second factor
	freshByLink     way = "link" // neither
	freshByClick    way = "demo" // invented people, whom anybody may be
	freshByNothing  way = "none" // no address either: a pupil with a printed card
)

// freshWay is the strongest way that the person has.
func (s *Service) freshWay(ctx context.Context, v session) (way, Person, error) {
	p, err := s.personOf(ctx, v.Person)
	if err != nil {
		return "", p, err
	}
	if s.demo && p.Demo && v.Method == ByDemo {
		return freshByClick, p, nil
	}
	if v.Shared {
		return freshByNothing, p, nil
	}
	if p.Password != "" {
		return freshByPassword, p, nil
	}
	has, err := factorsOf(ctx, s.db, p.ID)
	if err != nil {
		return "", p, err
	}
	if has.Any() {
		return freshByCode, p, nil
	}
	if _, ok := loginOf(p.Login); ok {
		return freshByLink, p, nil
	}
	return freshByNothing, p, nil
}

// confirmSelf checks what was typed to prove that the person is still there.
// Wrong guesses are counted with those of signing in.
func (s *Service) confirmSelf(ctx context.Context, from Caller, v session, password, code string) error {
	w, p, err := s.freshWay(ctx, v)
	if err != nil {
		return err
	}
	switch w {
	case freshByClick:
		return nil
	case freshByPassword:
		return s.ownPassword(ctx, from, p, password, "password")
	case freshByCode:
		_, err := s.passSecond(ctx, from, p.ID, code)
		return err
	}
	return fault.New(fault.Conflict, "ways.fault.no_way")
}

// ownPassword checks the password of somebody whom we know; what is wrong is
// told at the given field.
func (s *Service) ownPassword(ctx context.Context, from Caller, p Person, password, field string) error {
	_, err := s.CheckPassword(ctx, from, p.Login, password)
	if e := fault.As(err); e != nil && e.Kind == fault.Invalid {
		return fault.InvalidFields([]fault.Field{{Name: field, Key: "ways.fault.password"}})
	}
	return err
}

// refresh notes that the person proved to be there, under a new token. A session
// that was ended meanwhile, from another browser, stays ended: comparing a
// password takes long enough for that.
func (s *Service) refresh(ctx context.Context) error {
	before := s.session(ctx)
	var open bool
	err := s.db.Get(ctx, &open, `select exists (select 1 from access_sessions where id = ? and person = ?)`, before.ID, before.Person)
	if err != nil {
		return err
	}
	if !open {
		return errors.Join(fault.New(fault.SignedOut, "fault.signed_out"), s.sessions.Destroy(ctx))
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	v := s.session(ctx)
	v.Fresh = s.now().Unix()
	v.seen = 0 // a new row, under the new token
	s.keep(ctx, v)
	return nil
}
