package vote

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/identity"
	"kladka/internal/platform/web"
)

// identityRoutes open the way to the national sign-in and back. The door to which
// people come back is as loud as the others at which a place is found: the log has
// its pattern and no query, no name and no person, and what makes an answer bad is
// for the operator to learn. Quiet doors are those of the vote itself.
func (s *Service) identityRoutes(sh *web.Shell) {
	sh.Handle("POST "+edition+"/uprawnienia/ja/tozsamosc", access.SignedIn, s.postIdentity)
	sh.Handle("GET "+identity.Path, access.SignedIn, s.getIdentity)
}

// question is what somebody goes to the national sign-in for. It travels sealed.
type question struct {
	Edition budget.EditionID `json:"e"`
	Home    Residence        `json:"h"`
}

// awayPage leads to the national sign-in. The answer to the form is a page and not
// a redirect, because our policy lets forms lead nowhere else, and browsers look at
// every step of a redirect; so a service that has several hosts needs no exception.
type awayPage struct {
	web.Page
	Of            budget.Edition
	Name, Address string
}

func (s *Service) postIdentity(w http.ResponseWriter, r *web.Request) error {
	if err := r.Form(); err != nil {
		return err
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	e, err := s.seen(ctx, who, editionOf(r))
	if err != nil {
		return err
	}
	home := Residence{Address: r.Value("zamieszkanie"), District: r.Value("okreg"), Sure: r.Value("mieszkam") != ""}
	away, err := s.goAway(ctx, who, e.ID, home)
	if mendable(err) {
		return s.showOwn(w, r, e, ownPage{Home: home}, atField(err, "tozsamosc"))
	}
	if err != nil {
		return err
	}
	p := awayPage{Page: r.Page(w, r.L.T("vote.identity.away", "name", s.Identity.Name()), crumbs(r.L, e)...), Of: e, Name: s.Identity.Name(), Address: away.Address}
	p.NoIndex = true
	http.SetCookie(w, away.Cookie)
	w.Header().Set("Refresh", "0; url="+away.Address)
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, awayView(p))
}

// goAway checks what can be checked before somebody leaves, and tells where to.
func (s *Service) goAway(ctx context.Context, who access.Actor, id budget.EditionID, home Residence) (identity.Away, error) {
	e, err := s.mayConfirm(ctx, who, id)
	if err != nil {
		return identity.Away{}, err
	}
	if home, _, err = home.read(e); err != nil {
		return identity.Away{}, err
	}
	purpose, err := json.Marshal(question{e.ID, home})
	if err != nil {
		return identity.Away{}, err
	}
	away, err := s.Identity.Begin(ctx, string(who.Person), string(purpose))
	return away, s.identityFault(err)
}

// getIdentity takes the answer of the national sign-in. A refusal that has to do
// with the person is shown where they left, with what they typed.
func (s *Service) getIdentity(w http.ResponseWriter, r *web.Request) error {
	if s.Identity == nil {
		return fault.ErrNotFound
	}
	ctx, who := r.Context(), access.ActorOf(r.Request)
	http.SetCookie(w, s.Identity.Forget())
	if err := s.takeTry(ctx, s.tryPlace("identity", string(who.Person)), identityTries, s.now()); err != nil {
		return err
	}
	claims, purpose, err := s.Identity.Finish(ctx, string(who.Person), r.Request)
	err = s.identityFault(err)
	if purpose == "" {
		return err
	}
	var q question
	if err := json.Unmarshal([]byte(purpose), &q); err != nil {
		return err
	}
	e, seen := s.seen(ctx, who, q.Edition)
	if seen != nil {
		return seen
	}
	if err == nil {
		_, err = s.Confirm(ctx, who, e.ID, claims, q.Home)
	}
	if mendable(err) {
		return s.showOwn(w, r, e, ownPage{Home: q.Home}, atField(err, "tozsamosc"))
	}
	if err != nil {
		return err
	}
	return done(w, r, "confirmed", OwnHref(e.ID))
}

// identityFault puts what went wrong on the way into words.
func (s *Service) identityFault(err error) error {
	for _, f := range []struct {
		err  error
		kind fault.Kind
		key  string
	}{
		{identity.ErrRefused, fault.Conflict, "vote.fault.identity_refused"},
		{identity.ErrUnreachable, fault.Conflict, "vote.fault.identity_down"},
		{identity.ErrLevel, fault.Conflict, "vote.fault.identity_level"},
		{identity.ErrNoName, fault.Conflict, "vote.fault.identity_name"},
		{identity.ErrNoBirth, fault.Conflict, "vote.fault.identity_born"},
		{identity.ErrForeign, fault.BadRequest, "vote.fault.identity_foreign"},
	} {
		if errors.Is(err, f.err) {
			return fault.New(f.kind, f.key)
		}
	}
	return err
}
