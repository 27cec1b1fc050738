package access

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// A hat is what a person acts as: all roles held in one institution, those of
// the whole installation, or those of somebody for whom the person acts. Its
// key names it in forms and sessions.

// wholeHat is the key of the hat of the whole installation.
const wholeHat = "calosc"

// proxyHat begins the keys of hats worn for somebody else.
const proxyHat = "za-"

func hatOf(h Held) string {
	if h.Institution == "" {
		return wholeHat
	}
	return string(h.Institution)
}

// span is a role with the time in which it is held.
type span struct {
	Held
	since int64
	until int64 // 0 for no end
}

func (s span) holds(at int64) bool { return s.since <= at && (s.until == 0 || at < s.until) }

// stand is a proxy in force: the agent acts with this role of the principal.
type stand struct {
	id   string
	name string // of the principal
	by   PersonID
	span
	principal []span // roles of the principal: the proxy ends with them
}

// account is what a request needs to know of a person, read once per change
// of the person's version.
type account struct {
	name   string
	lang   string
	hat    string // worn last
	spans  []span
	stands []stand
	names  map[InstitutionID]string
	reach  *reach // what the directory answered
}

// heldAt are the roles that the person holds now, foremost first.
func (a account) heldAt(at time.Time) []Held {
	var held []Held
	for _, s := range a.spans {
		if s.holds(at.Unix()) {
			held = append(held, s.Held)
		}
	}
	slices.SortFunc(held, byRank)
	return held
}

func byRank(a, b Held) int {
	return cmp.Or(a.Role.Rank()-b.Role.Rank(), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Institution, b.Institution))
}

// standsAt are the proxies in force now: within their time, and while the
// principal still holds the role. A person who left can be acted for no more.
func (a account) standsAt(at time.Time) []stand {
	var now []stand
	for _, s := range a.stands {
		if s.holds(at.Unix()) && slices.ContainsFunc(s.principal, func(p span) bool { return p.Held == s.Held && p.holds(at.Unix()) }) {
			now = append(now, s)
		}
	}
	return now
}

// wear makes the actor who wears the hat, or the foremost hat when that one is
// not there (any more). At level 1 the roles that see other people's data are
// locked.
func (a account) wear(id PersonID, hat string, level int, at time.Time) Actor {
	held, stands := a.heldAt(at), a.standsAt(at)
	actor := Actor{Person: id, Name: a.name, account: &a}
	for _, h := range held {
		if key := hatOf(h); !slices.Contains(actor.Hats, key) {
			actor.Hats = append(actor.Hats, key)
		}
	}
	for _, s := range stands {
		actor.Hats = append(actor.Hats, proxyHat+s.id)
	}
	if len(actor.Hats) == 0 {
		return actor
	}
	actor.Hat = actor.Hats[0]
	for _, wanted := range []string{hat, a.hat} {
		if slices.Contains(actor.Hats, wanted) {
			actor.Hat = wanted
			break
		}
	}
	for _, h := range held {
		if hatOf(h) == actor.Hat {
			actor.add(h, level)
		}
	}
	for _, s := range stands {
		if proxyHat+s.id == actor.Hat {
			actor.For, actor.ForName = s.by, s.name
			actor.add(s.Held, level)
		}
	}
	return actor
}

func (a *Actor) add(h Held, level int) {
	if h.Role.SeesOthers() && level < bothSteps {
		a.Locked = append(a.Locked, h)
		return
	}
	a.Roles = append(a.Roles, h)
}

// Hat is what a person can act as, in words.
type Hat struct {
	Key     string
	Words   string // "Dyrektorka lub dyrektor, Szkoła Podstawowa nr 4"
	For     string // name of the person in whose place one acts, "" for oneself
	At      string // name of the institution, "" for the whole installation
	Roles   []Held
	Current bool
}

// hats are all hats of the actor, in the order of their keys.
func (s *Service) hats(l *i18n.L, a Actor) []Hat {
	if a.account == nil {
		return nil
	}
	var hats []Hat
	now := s.now()
	for _, h := range a.account.heldAt(now) {
		key := hatOf(h)
		at := slices.IndexFunc(hats, func(hat Hat) bool { return hat.Key == key })
		if at < 0 {
			hats = append(hats, Hat{Key: key, At: a.account.names[h.Institution], Current: key == a.Hat})
			at = len(hats) - 1
		}
		hats[at].Roles = append(hats[at].Roles, h)
	}
	for _, st := range a.account.standsAt(now) {
		key := proxyHat + st.id
		hats = append(hats, Hat{Key: key, For: st.name, At: a.account.names[st.Institution], Roles: []Held{st.Held}, Current: key == a.Hat})
	}
	for i := range hats {
		hats[i].Words = hats[i].words(l)
	}
	return hats
}

// words name the foremost role only: the account page lists the others.
func (h Hat) words(l *i18n.L) string {
	words := l.T("role." + string(h.Roles[0].Role))
	if h.At != "" {
		words += ", " + h.At
	}
	if h.For != "" {
		words = l.T("hat.for", "name", h.For, "hat", words)
	}
	return words
}

// wearHat changes the hat for this session, and for the next ones of the person.
// A hat that is not (or no longer) there is NotFound.
func (s *Service) wearHat(ctx context.Context, who Actor, key string) error {
	if !slices.Contains(who.Hats, key) {
		return fault.ErrNotFound
	}
	v := s.session(ctx)
	v.Hat = key
	s.keep(ctx, v)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update access_people set hat = ?, version = version + 1 where id = ?`, key, who.Person)
		return err
	})
}
