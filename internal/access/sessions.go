package access

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// sessionLife is how long a session lives at most: a working day. There is no
// idle timeout, because scs would then write to the database on every request.
const sessionLife = 12 * time.Hour

const personInSession = "person"

func newSessions(s *Service, https bool) *scs.SessionManager {
	m := scs.New()
	m.Store = &sessionStore{s.db, s.now}
	m.HashTokenInStore = true // a dump of the table opens no session
	m.Lifetime = sessionLife
	m.Cookie.Name = "kladka_session"
	if https {
		m.Cookie.Name = "__Host-kladka_session"
	}
	m.Cookie.Secure = https
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Persist = false // closing the browser ends it: computers are shared
	m.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
		s.log.Error("session", "err", err)
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
	}
	return m
}

// Sessions is the shell's way to find out who asks: it reads the session and
// the roles held now, so that a role taken away is gone with the next click.
func (s *Service) Sessions(next http.Handler) http.Handler {
	identified := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		person := PersonID(s.sessions.GetString(r.Context(), personInSession))
		if person == "" {
			next.ServeHTTP(w, r)
			return
		}
		a, err := s.Actor(r.Context(), person)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			s.sessions.ErrorFunc(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(WithActor(r.Context(), a)))
	})
	return s.sessions.LoadAndSave(identified)
}

// Viewer is what the layout shows of the actor: the name and the first role.
func (s *Service) Viewer(r *web.Request) web.Viewer {
	a := ActorOf(r.Request)
	v := web.Viewer{SignedIn: a.SignedIn(), Name: a.Name}
	if len(a.Roles) == 0 {
		return v
	}
	a.Roles = a.Roles[:1]
	hats, err := s.hats(r.Context(), r.L, a)
	if err != nil {
		s.log.Error("name of the role held", "err", err)
		return v
	}
	v.Hat = hats[0].Words
	return v
}

// sessionStore keeps sessions in the database. All sessions of all processes
// are there, so a second process sees a sign-out at once.
type sessionStore struct {
	db  *db.DB
	now func() time.Time
}

func (st *sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data string
	err := st.db.Get(ctx, &data, `select data from access_sessions where token = ? and expires_at > ?`, token, st.now().Unix())
	if errors.Is(err, fault.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	b, err := base64.StdEncoding.DecodeString(data)
	return b, err == nil, err
}

func (st *sessionStore) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	return st.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into access_sessions (token, data, expires_at) values (?, ?, ?)
			on conflict (token) do update set data = excluded.data, expires_at = excluded.expires_at`,
			token, base64.StdEncoding.EncodeToString(b), expiry.Unix())
		return err
	})
}

func (st *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return st.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from access_sessions where token = ?`, token)
		return err
	})
}

// The methods without a context satisfy scs.Store; scs uses the others.
func (st *sessionStore) Find(token string) ([]byte, bool, error) {
	return st.FindCtx(context.Background(), token)
}

func (st *sessionStore) Commit(token string, b []byte, expiry time.Time) error {
	return st.CommitCtx(context.Background(), token, b, expiry)
}

func (st *sessionStore) Delete(token string) error {
	return st.DeleteCtx(context.Background(), token)
}

// Sweep deletes what has run out: sessions, links and old guesses. It is run
// by a periodic job.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from access_sessions where expires_at <= ?`, now.Unix()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from access_links where expires_at <= ?`, now.Unix()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from access_guesses where quarter < ?`, quarter(now)-4)
		return err
	})
}
