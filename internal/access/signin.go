package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Wrong passwords are counted per account seen from one network, per network,
// and per account from everywhere, in quarters of an hour. The last limit is
// high: it slows a guesser with many networks, while a prankster would need a
// hundred of them to keep somebody out for a quarter. A browser that is known
// (see known.go) has guesses of its own.
const (
	guessesPerAccount = 10
	guessesPerNetwork = 200
	guessesEverywhere = 100
)

// CheckPassword finds the person whose address and password these are. A
// wrong address and a wrong password are the same fault and take equal time;
// too many guesses are a fault of kind TooMany until the quarter is over, and
// so are too many people at once, for a moment (see turns).
func (s *Service) CheckPassword(ctx context.Context, from Caller, email, password string) (PersonID, error) {
	login, ok := loginOf(email)
	if !ok || password == "" || len(password) > 1000 {
		return "", wrongPassword()
	}
	now := s.now()
	keys, err := s.reserveFrom(ctx, from, login, "password", guessesOfKnown, []guessKey{
		{s.guessKey("account", from.Network, login), guessesPerAccount}, {s.guessKey("network", from.Network), guessesPerNetwork},
		{s.guessKey("everywhere", login), guessesEverywhere}}, now)
	if err != nil {
		return "", err
	}
	p, err := personByLogin(ctx, s.db, login)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return "", err
	}
	matches, err := s.passwordMatches(ctx, p.Password, password)
	if err != nil {
		// Nothing was compared: who had to wait too long, or went, did not guess.
		return "", errors.Join(err, s.giveBackGuess(context.WithoutCancel(ctx), keys, now))
	}
	if !matches {
		return "", wrongPassword()
	}
	return p.ID, s.giveBackGuess(ctx, keys, now)
}

func wrongPassword() error {
	return &fault.Error{Kind: fault.Invalid, Key: "access.fault.wrong",
		Fields: []fault.Field{{Name: "email", Key: "access.fault.wrong"}}}
}

type guessKey struct {
	key   string
	limit int
}

// guessKey hides whose guesses are counted from a reader of the table, for
// the hour that the row lives. Networks are few enough to try them all against
// a plain hash; the key of this one is outside the database.
func (s *Service) guessKey(parts ...string) string {
	return hex.EncodeToString(s.keys.MAC("guess", parts...)[:16])
}

func quarter(t time.Time) int64 { return t.Unix() / int64((15 * time.Minute).Seconds()) }

// reserveGuess counts a guess before it is tried: hashing takes long, and many
// sent at once would all pass a check made first and counted afterwards.
func (s *Service) reserveGuess(ctx context.Context, keys []guessKey, now time.Time) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, k := range keys {
			within, err := countGuess(ctx, tx, k, now)
			if err != nil {
				return err
			}
			if !within {
				return fault.New(fault.TooMany, "access.fault.too_many")
			}
		}
		return nil
	})
}

// countGuess counts one in the quarter of the given moment, unless the limit
// is reached. For a limit per hour, give the beginning of the hour.
func countGuess(ctx context.Context, tx *db.Tx, k guessKey, at time.Time) (within bool, err error) {
	n, err := tx.Exec(ctx, `insert into access_guesses (key, quarter, n) values (?, ?, 1)
		on conflict (key, quarter) do update set n = access_guesses.n + 1 where access_guesses.n < ?`, k.key, quarter(at), k.limit)
	return n > 0, err
}

// giveBackGuess: who knew the password did not guess.
func (s *Service) giveBackGuess(ctx context.Context, keys []guessKey, now time.Time) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, k := range keys {
			if _, err := tx.Exec(ctx, `update access_guesses set n = n - 1 where key = ? and quarter = ? and n > 0`, k.key, quarter(now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// setupLife is how long the link for the first administrator works.
const setupLife = 24 * time.Hour

const setupPurpose = "setup"

// SetupToken makes the secret of the link for the first administrator, or ""
// when there is one already. Each start makes a new one and voids the old.
func (s *Service) SetupToken(ctx context.Context) (string, error) {
	token := rand.Text()
	made := false
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		made = false
		// Raising a counter makes those who do this at once wait for each other.
		if err := db.Raise(ctx, tx, setupPurpose); err != nil {
			return err
		}
		has, err := hasAdministrator(ctx, tx, s.now())
		if err != nil || has {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from access_links where purpose = ?`, setupPurpose); err != nil {
			return err
		}
		made = true
		_, err = tx.Exec(ctx, `insert into access_links (token, purpose, expires_at) values (?, ?, ?)`,
			hashToken(token), setupPurpose, s.now().Add(setupLife).Unix())
		return err
	})
	if !made {
		token = ""
	}
	return token, err
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// SetupOpen tells whether the link may still be used; otherwise NotFound.
func (s *Service) SetupOpen(ctx context.Context, token string) error {
	var one int
	return s.db.Get(ctx, &one, `select 1 from access_links where token = ? and purpose = ? and used_at is null and expires_at > ?`,
		hashToken(token), setupPurpose, s.now().Unix())
}

// Setup spends the link and makes the first administrator. A link spent,
// forged or out of date is NotFound.
func (s *Service) Setup(ctx context.Context, token string, n NewPerson) (PersonID, error) {
	if err := s.SetupOpen(ctx, token); err != nil {
		return "", err
	}
	if n.Password == "" {
		return "", fault.InvalidFields([]fault.Field{{Name: "password", Key: "access.fault.password_short", Args: []any{"n", minPassword}}})
	}
	p, err := s.prepare(ctx, n)
	if err != nil {
		return "", err
	}
	now := s.now().Unix()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := db.Raise(ctx, tx, setupPurpose); err != nil {
			return err
		}
		if has, err := hasAdministrator(ctx, tx, s.now()); err != nil || has {
			return errors.Join(err, fault.ErrNotFound)
		}
		spent, err := tx.Exec(ctx, `update access_links set used_at = ? where token = ? and purpose = ? and used_at is null and expires_at > ?`,
			now, hashToken(token), setupPurpose, now)
		if err != nil {
			return err
		}
		if spent == 0 {
			return fault.ErrNotFound
		}
		return insertPerson(ctx, tx, p, []Held{{Role: Administrator}}, now)
	})
	return p.ID, err
}
