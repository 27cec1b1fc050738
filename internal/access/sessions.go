package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

const (
	// sessionLife is how long a session lives at most: a working day. There is
	// no idle timeout of scs, which would write on every request.
	sessionLife = 12 * time.Hour
	// seenEvery is how exactly we know when a session was last used.
	seenEvery = 10 * time.Minute
	// A session on a shared computer ends after three minutes without a click.
	// The page signs out by itself then; the session lives half a minute
	// longer, because it is touched every twenty seconds only.
	sharedIdle      = web.IdleMinutes*time.Minute + 30*time.Second
	sharedSeenEvery = 20 * time.Second
	// freshFor is how long a password typed counts as typed just now.
	freshFor = 10 * time.Minute
)

// How far a session has come: after a password or a mail link, and after the
// second factor as well.
const (
	oneStep   = 1
	bothSteps = 2
)

// Method is how somebody signed in.
type Method string

// The ways in so far; passkeys and OIDC will stand beside them.
const (
	ByPassword Method = "password"
	ByLink     Method = "link"
	ByCard     Method = "card"
	ByDemo     Method = "demo" // one click, invented people only
)

// session is what we remember between the requests of one browser.
type session struct {
	ID     string   `json:"id,omitempty"` // shown in the list of sessions; not the secret
	Person PersonID `json:"person,omitempty"`
	Method Method   `json:"method,omitempty"`
	Level  int      `json:"level,omitempty"`
	Hat    string   `json:"hat,omitempty"`
	Begun  int64    `json:"begun,omitempty"`
	Fresh  int64    `json:"fresh,omitempty"`  // when the password was typed last
	Shared bool     `json:"shared,omitempty"` // on a computer that many use
	Device string   `json:"device,omitempty"`
	// Asked holds what a page remembers of a browser that is not signed in
	// yet, by purpose: that this one asked for a mail link, for example.
	Asked map[string]string `json:"asked,omitempty"`

	// Read with the row, not written with it:
	seen    int64
	version int64 // of the person's rights
}

// inSession is the one value that scs carries for us.
const inSession = "session"

func newSessions(s *Service, https bool) *scs.SessionManager {
	m := scs.New()
	m.Store = &sessionStore{s.db, s.now}
	m.Codec = codec{}
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

func (s *Service) session(ctx context.Context) session {
	v, _ := s.sessions.Get(ctx, inSession).(session)
	return v
}

func (s *Service) keep(ctx context.Context, v session) { s.sessions.Put(ctx, inSession, v) }

// Sessions is the shell's way to find out who asks: it reads the session and
// the roles held now, so that a role taken away is gone with the next click.
func (s *Service) Sessions(next http.Handler) http.Handler {
	identified := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := s.identify(r.Context())
		if err != nil {
			s.sessions.ErrorFunc(w, r, err)
			return
		}
		if a.SignedIn() {
			r = r.WithContext(WithActor(r.Context(), a))
		}
		next.ServeHTTP(w, r)
	})
	return s.sessions.LoadAndSave(identified)
}

// identify is the actor of the session; a stranger when there is none, when it
// idled too long on a shared computer, or when the account was closed.
func (s *Service) identify(ctx context.Context) (Actor, error) {
	v := s.session(ctx)
	if v.Person == "" {
		return Stranger(), nil
	}
	now := s.now()
	if v.Shared && now.Sub(time.Unix(v.seen, 0)) > sharedIdle {
		return Stranger(), s.leave(ctx)
	}
	acc, err := s.account(ctx, v.Person, v.version)
	if errors.Is(err, fault.ErrNotFound) {
		return Stranger(), s.leave(ctx)
	}
	if err != nil {
		return Stranger(), err
	}
	a := acc.wear(v.Person, v.Hat, v.Level, now)
	a.Shared = v.Shared
	if acc.reach != nil {
		a.reach = acc.reach
	}
	a.Fresh = v.Fresh > now.Add(-freshFor).Unix()
	return a, s.touch(ctx, v, now)
}

// leave ends the session, but at a quiet door, where nothing is written: it
// ends with the next request elsewhere.
func (s *Service) leave(ctx context.Context) error {
	if web.Quietly(ctx) {
		return nil
	}
	return s.sessions.Destroy(ctx)
}

// touch notes that the session is used, seldom enough to cost nothing.
func (s *Service) touch(ctx context.Context, v session, now time.Time) error {
	every := seenEvery
	if v.Shared {
		every = sharedSeenEvery
	}
	if now.Sub(time.Unix(v.seen, 0)) < every || web.Quietly(ctx) {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update access_sessions set seen_at = ? where id = ?`, now.Unix(), v.ID)
		return err
	})
}

// begin starts a session for the person under a new token: one planted before
// is worthless. What the browser asked for as a stranger is forgotten.
func (s *Service) begin(r *web.Request, id PersonID, method Method, level int) error {
	ctx := r.Context()
	if err := s.sessions.RenewToken(ctx); err != nil {
		return err
	}
	now := s.now().Unix()
	v := session{ID: uuid.NewString(), Person: id, Method: method, Level: level, Begun: now, Device: device(r.UserAgent()), Shared: method == ByCard}
	if method == ByPassword || method == ByDemo {
		v.Fresh = now
	}
	s.keep(ctx, v)
	return nil
}

// device is a browser in two words, so that people know their own.
func device(agent string) string {
	pick := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser := pick("Firefox/", "Firefox", "Edg/", "Edge", "OPR/", "Opera", "Chrome/", "Chrome", "Safari/", "Safari")
	system := pick("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	return strings.Trim(browser+", "+system, ", ")
}

// EndSessions signs a person out everywhere but in the session of the given
// id ("" for everywhere). It takes the transaction of what makes it necessary.
func EndSessions(ctx context.Context, tx *db.Tx, person PersonID, but string) (int64, error) {
	return tx.Exec(ctx, `delete from access_sessions where person = ? and id <> ?`, person, but)
}

// codec writes a session as JSON: the row must be readable by the next program.
type codec struct{}

type written struct {
	Deadline int64   `json:"deadline"`
	Session  session `json:"session"`
	// Known tells that the session was read from its row, so the row must still
	// be there: one that was ended meanwhile must not come back to life.
	Known bool `json:"known,omitempty"`
}

// Encode implements scs.Codec.
func (codec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	v, _ := values[inSession].(session)
	return json.Marshal(written{deadline.Unix(), v, v.seen != 0})
}

// Decode implements scs.Codec. The store puts two numbers before the JSON.
func (codec) Decode(b []byte) (time.Time, map[string]any, error) {
	var seen, version int64
	var data string
	head, data, ok := strings.Cut(string(b), "\n")
	if !ok {
		return time.Time{}, nil, errors.New("session without its head")
	}
	if _, err := fmt.Sscan(head, &seen, &version); err != nil {
		return time.Time{}, nil, err
	}
	var w written
	if err := json.Unmarshal([]byte(data), &w); err != nil {
		return time.Time{}, nil, err
	}
	w.Session.seen, w.Session.version = seen, version
	return time.Unix(w.Deadline, 0), map[string]any{inSession: w.Session}, nil
}

// sessionStore keeps sessions in the database. All sessions of all processes
// are there, so a second process sees a sign-out at once.
type sessionStore struct {
	db  *db.DB
	now func() time.Time
}

// FindCtx implements scs.CtxStore. The version of the person's rights comes
// with the session, in the one query that a request of a signed-in person needs.
func (st *sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var row struct {
		Data    string `db:"data"`
		Seen    int64  `db:"seen_at"`
		Version int64  `db:"version"`
	}
	err := st.db.Get(ctx, &row, `select s.data, s.seen_at, coalesce(`+versionOf+`, 0) as version from access_sessions s
		left join access_people p on p.id = s.person where s.token = ? and s.expires_at > ?`, token, st.now().Unix())
	if errors.Is(err, fault.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return fmt.Appendf(nil, "%d %d\n%s", row.Seen, row.Version, row.Data), true, nil
}

// CommitCtx implements scs.CtxStore.
func (st *sessionStore) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	var w written
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	now := st.now().Unix()
	return st.db.Write(ctx, func(tx *db.Tx) error {
		if w.Known {
			_, err := tx.Exec(ctx, `update access_sessions set data = ?, seen_at = ?, expires_at = ? where token = ?`, string(b), now, expiry.Unix(), token)
			return err
		}
		_, err := tx.Exec(ctx, `insert into access_sessions (token, id, person, data, device, begun_at, seen_at, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (token) do update set id = excluded.id, person = excluded.person, data = excluded.data, device = excluded.device,
				begun_at = excluded.begun_at, seen_at = excluded.seen_at, expires_at = excluded.expires_at`,
			token, w.Session.ID, w.Session.Person, string(b), w.Session.Device, w.Session.Begun, now, expiry.Unix())
		return err
	})
}

// DeleteCtx implements scs.CtxStore.
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

// Commit implements scs.Store.
func (st *sessionStore) Commit(token string, b []byte, expiry time.Time) error {
	return st.CommitCtx(context.Background(), token, b, expiry)
}

// Delete implements scs.Store.
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
