package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// A school is one network, and a prankster in it can spend the guesses that
// the network has for a teacher's account. So a browser in which somebody got
// in before is known for that account: it has guesses of its own, which nobody
// else can spend. When these are spent, it guesses like any other.
//
// The browser keeps a number drawn at random and, for each account, a mark
// made with a key that is not in the database. Neither tells whose account it
// is, nor opens anything.
const (
	knownCookie   = "znana"
	knownFor      = 180 * 24 * time.Hour
	knownAccounts = 4 // the oldest gives way: a family, or a staff room

	guessesOfKnown = 10 // per quarter, from a known browser for its account
)

// Caller is where a guess comes from.
type Caller struct {
	Network string
	Marks   string // what the browser keeps of those who got in there, "" for nothing
}

func callerOf(r *web.Request) Caller {
	c := Caller{Network: r.Network()}
	if cookie, err := r.Cookie(knownCookie); err == nil && len(cookie.Value) < 500 {
		c.Marks = cookie.Value
	}
	return c
}

// marks are what a known browser keeps: its number, and day-mark for accounts.
type marks struct {
	number string
	list   []string
}

func (c Caller) marks() marks {
	parts := strings.Split(c.Marks, ".")
	if len(parts[0]) != len(rand.Text()) {
		return marks{number: rand.Text()}
	}
	return marks{number: parts[0], list: parts[1:min(len(parts), 1+knownAccounts)]}
}

func (m marks) String() string { return strings.Join(append([]string{m.number}, m.list...), ".") }

func (s *Service) markOf(number, login, day string) string {
	return day + "-" + hex.EncodeToString(s.keys.MAC("known browser", number, login, day)[:12])
}

// knows tells whether somebody got into the account in the caller's browser
// within the last half a year.
func (s *Service) knows(c Caller, login string) bool {
	m := c.marks()
	return slices.ContainsFunc(m.list, func(mark string) bool {
		day, _, _ := strings.Cut(mark, "-")
		n, err := strconv.ParseInt(day, 10, 32)
		if err != nil || s.now().Sub(time.Unix(n*86400, 0)) > knownFor {
			return false
		}
		return subtle.ConstantTimeCompare([]byte(mark), []byte(s.markOf(m.number, login, day))) == 1
	})
}

// remember marks the browser as one in which the owner of the login got in.
func (s *Service) remember(w http.ResponseWriter, r *web.Request, login string) {
	m := callerOf(r).marks()
	day := strconv.FormatInt(s.now().Unix()/86400, 10)
	m.list = slices.DeleteFunc(m.list, func(mark string) bool {
		old, _, _ := strings.Cut(mark, "-")
		return mark == s.markOf(m.number, login, old)
	})
	m.list = append(m.list, s.markOf(m.number, login, day))
	if extra := len(m.list) - knownAccounts; extra > 0 {
		m.list = m.list[extra:]
	}
	http.SetCookie(w, &http.Cookie{Name: knownCookie, Value: m.String(), Path: "/konto", MaxAge: int(knownFor.Seconds()),
		HttpOnly: true, Secure: s.https, SameSite: http.SameSiteLaxMode})
}

// reserveFrom counts a guess about the login: against the guesses of a known
// browser as long as it has some, else against the ordinary ones. It returns
// what was counted, to be given back to who did not guess.
func (s *Service) reserveFrom(ctx context.Context, from Caller, login, what string, ofKnown int, ordinary []guessKey, at time.Time) ([]guessKey, error) {
	if s.knows(from, login) {
		own := []guessKey{{s.guessKey("known "+what, from.marks().number, login), ofKnown}}
		if err := s.reserveGuess(ctx, own, at); fault.KindOf(err) != fault.TooMany {
			return own, err
		}
	}
	return ordinary, s.reserveGuess(ctx, ordinary, at)
}
