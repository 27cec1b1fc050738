package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access/card"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Tries at cards are slowed and never stopped: a card that could be locked by
// wrong tries would be locked by a classmate. Wrong tries are counted per
// network and for the whole server, in the database, so that all processes know
// them; the more of them in a quarter of an hour, the longer the pause after
// each. Slips of the finger fail their check before they come here.
//
// A school is one network. Its thirty pupils who sign in at the bell are all
// checked at once, for a right secret costs nothing, and while none is wrong
// there is no pause. When somebody keeps typing nonsense there, the others are
// asked to wait, and get a ticket: who comes back with it after the pause is
// checked even though the nonsense went on meanwhile. So a right code works
// after at most the pause that was told.
//
// This costs little: there are 31^10 secrets, and what a machine can check with
// all its lanes in a year is a millionth of them. A PIN has far fewer, but who
// guesses at one holds the card already. There the pauses go by card, without
// tickets, and the pupil is told.

// gate is a place where tries wait their turn.
type gate struct {
	key     string
	free    int           // wrong tries without a pause, per quarter
	longest time.Duration // pause
	atOnce  int           // how many are checked at the same time
	behind  *gate         // the one of the whole server, where wrong tries count as well
}

func (s *Service) networkGate(network string) gate {
	// The second gate is for what comes from many networks at once. Only wrong
	// tries write there, so it keeps nobody waiting in the database.
	server := gate{key: s.guessKey("card server"), free: 500, longest: 10 * time.Second}
	return gate{s.guessKey("card network", network), 10, time.Minute, 60, &server}
}

func (s *Service) pinGate(number card.Number) gate {
	return gate{s.guessKey("card pin", string(number)), 5, time.Minute, 2, nil}
}

// cardDelay is the pause after so many wrong tries in a quarter of an hour: none
// for the free ones, then one second, two, four and so on to the longest.
func cardDelay(wrong, free int, longest time.Duration) time.Duration {
	over := wrong - free
	switch {
	case over <= 0:
		return 0
	case over > 6:
		return longest
	}
	return min(time.Second<<(over-1), longest)
}

// pause is the refusal of a try that came too early. It is a fault of kind
// TooMany that tells the seconds.
type pause struct{ seconds int64 }

func (p pause) Error() string { return fmt.Sprintf("wait %d seconds", p.seconds) }

func (p pause) Unwrap() error {
	return fault.New(fault.TooMany, "cards.fault.wait", "n", p.seconds)
}

// admit reserves a try at the gate, before anything is looked up or hashed, so
// that many sent at once cannot slip through together. A refusal is a pause.
func (s *Service) admit(ctx context.Context, g gate, now time.Time, ticket bool) error {
	last, most := now.Unix(), g.atOnce
	if ticket { // waited already
		last, most = now.Add(24*time.Hour).Unix(), 1<<30
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if g.behind != nil {
			next, err := nextTry(ctx, tx, g.behind.key, now)
			if err != nil {
				return err
			}
			if next > last {
				return pause{next - now.Unix()}
			}
		}
		n, err := tx.Exec(ctx, `insert into access_guesses (key, quarter, n, pending, next_at) values (?, ?, 0, 1, 0)
			on conflict (key, quarter) do update set pending = access_guesses.pending + 1
			where access_guesses.next_at <= ? and access_guesses.pending < ?`, g.key, quarter(now), last, most)
		if err != nil || n > 0 {
			return err
		}
		next, err := nextTry(ctx, tx, g.key, now)
		if err != nil {
			return err
		}
		return pause{max(1, next-now.Unix())}
	})
}

// nextTry is when the next try may come, 0 for at once.
func nextTry(ctx context.Context, r db.Reader, key string, now time.Time) (next int64, err error) {
	err = r.Get(ctx, &next, `select next_at from access_guesses where key = ? and quarter = ?`, key, quarter(now))
	if errors.Is(err, fault.ErrNotFound) {
		return 0, nil
	}
	return next, err
}

// outcome of a try that was admitted.
type outcome int

const (
	notTried outcome = iota // given up before anything was compared
	rightTry
	wrongTry
)

// settle ends a try that was admitted at the given moment. It tells how many
// were wrong in that quarter. Who hung up meanwhile is counted all the same.
func (s *Service) settle(ctx context.Context, g gate, began time.Time, o outcome) (wrong int, err error) {
	ctx = context.WithoutCancel(ctx)
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update access_guesses set pending = pending - 1 where key = ? and quarter = ? and pending > 0`,
			g.key, quarter(began)); err != nil || o != wrongTry {
			return err
		}
		if wrong, err = countWrong(ctx, tx, g, now); err != nil || g.behind == nil {
			return err
		}
		_, err := countWrong(ctx, tx, *g.behind, now)
		return err
	})
	return wrong, err
}

// countWrong counts a wrong try and lets the pause begin.
func countWrong(ctx context.Context, tx *db.Tx, g gate, now time.Time) (wrong int, err error) {
	_, err = tx.Exec(ctx, `insert into access_guesses (key, quarter, n) values (?, ?, 1)
		on conflict (key, quarter) do update set n = access_guesses.n + 1`, g.key, quarter(now))
	if err != nil {
		return 0, err
	}
	if err := tx.Get(ctx, &wrong, `select n from access_guesses where key = ? and quarter = ?`, g.key, quarter(now)); err != nil {
		return 0, err
	}
	next := now.Add(cardDelay(wrong, g.free, g.longest)).Unix()
	_, err = tx.Exec(ctx, `update access_guesses set next_at = ? where key = ? and quarter = ? and next_at < ?`, next, g.key, quarter(now), next)
	return wrong, err
}

// A ticket says that this browser was asked to wait and until when. It holds
// for one number, one network and one try.
const (
	ticketLife = 5 * time.Minute
	// ticketsOfNetwork per quarter: more than a school can need, so that using
	// them up is work for a machine, and few against the number of secrets.
	ticketsOfNetwork = 5000
)

func (s *Service) newTicket(network string, number card.Number, from time.Time) string {
	body := strconv.FormatInt(from.Unix(), 10) + "." + rand.Text()
	return body + "." + s.ticketSeal(network, number, body)
}

func (s *Service) ticketSeal(network string, number card.Number, body string) string {
	return hex.EncodeToString(s.keys.MAC("card ticket", network, string(number), body)[:16])
}

// spendTicket tells whether a ticket is good now, and uses it up. One that
// comes too early is a pause.
func (s *Service) spendTicket(ctx context.Context, network string, number card.Number, ticket string, now time.Time) (bool, error) {
	i := strings.LastIndexByte(ticket, '.')
	if i < 0 || len(ticket) > 200 {
		return false, nil
	}
	body, seal := ticket[:i], ticket[i+1:]
	if subtle.ConstantTimeCompare([]byte(seal), []byte(s.ticketSeal(network, number, body))) != 1 {
		return false, nil
	}
	first, _, _ := strings.Cut(body, ".")
	unix, err := strconv.ParseInt(first, 10, 64)
	from := time.Unix(unix, 0)
	if err != nil || now.After(from.Add(ticketLife)) {
		return false, nil
	}
	if now.Unix() < unix {
		return false, pause{unix - now.Unix()}
	}
	good := false
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		// Counted in the quarter in which it begins, whenever it comes: else
		// it would be good once more in the next one.
		if good, err = countGuess(ctx, tx, guessKey{s.guessKey("card ticket", body), 1}, from); err != nil || !good {
			return err
		}
		good, err = countGuess(ctx, tx, guessKey{s.guessKey("card tickets", network), ticketsOfNetwork}, now)
		return err
	})
	return good, err
}
