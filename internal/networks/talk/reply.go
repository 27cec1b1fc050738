package talk

import (
	"context"
	"crypto/hmac"
	"encoding/base32"
	"strconv"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
)

// Link lets one person answer once in one thread, without signing in.
type Link struct {
	ID        string          `db:"id"`
	Person    access.PersonID `db:"person"`
	Thread    ThreadID        `db:"thread"`
	At        int64           `db:"at"`
	ExpiresAt int64           `db:"expires_at"`
}

// secretBytes is the length of the secret of a link: 160 bits, 32 letters.
const secretBytes = 20

// secret is what lets a link in. It lies nowhere: it is computed from the keys of
// the installation, and holds for this person, thread and time only.
func (s *Service) secret(l Link) string {
	mac := s.Keys.MAC("talk reply", l.ID, string(l.Person), string(l.Thread), strconv.FormatInt(l.ExpiresAt, 10))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac[:secretBytes]))
}

func (s *Service) linkPath(l Link) string { return ReplyPath + "/" + l.ID + "/" + s.secret(l) }

// reply is what somebody finds behind a link.
type reply struct {
	Link   Link
	Thread Thread
	room   room
	Name   string
	Stop   error // why no answer is taken, nil when one is
}

// follow reads what a link leads to. Who is the one who holds it: a stranger, or
// the person themselves; with somebody else's account the words would appear under
// a name that is not theirs. Faults: NotFound for a link that is none, Forbidden
// for another person's and for who is no longer inside the network.
func (s *Service) follow(ctx context.Context, who access.Actor, id, secret string) (a reply, err error) {
	defer fault.Wrap(&err, "link of a letter")
	if err := known(id); err != nil {
		return a, err
	}
	if err := s.db.Get(ctx, &a.Link, `select id, person, thread, at, expires_at from talk_letters where id = ?`, id); err != nil {
		return a, err
	}
	if !hmac.Equal([]byte(secret), []byte(s.secret(a.Link))) {
		return a, fault.ErrNotFound
	}
	if who.SignedIn() && (who.Person != a.Link.Person || who.For != "") {
		return a, fault.New(fault.Forbidden, "talk.fault.other_person")
	}
	if err := s.db.Get(ctx, &a.Thread, `select `+threadColumns+` from talk_threads t where t.id = ?`, a.Link.Thread); err != nil {
		return a, err
	}
	if a.room, err = s.insider(ctx, a.Link.Person, a.Thread); err != nil {
		if refused(err) {
			err = fault.New(fault.Forbidden, "talk.fault.outside")
		}
		return a, err
	}
	names, err := s.People.NamesOf(ctx, []string{string(a.Link.Person)})
	if err != nil {
		return a, err
	}
	a.Name = names[string(a.Link.Person)]
	a.Stop, err = s.stopped(ctx, a)
	return a, err
}

// stopped tells why a link takes no answer now.
func (s *Service) stopped(ctx context.Context, a reply) (stop, err error) {
	var used bool
	if err := s.db.Get(ctx, &used, `select exists (select 1 from talk_posts where letter = ?)`, a.Link.ID); err != nil {
		return nil, err
	}
	switch {
	case used:
		return fault.New(fault.Conflict, "talk.fault.answered"), nil
	case s.now().Unix() > a.Link.ExpiresAt:
		return fault.New(fault.Conflict, "talk.fault.expired"), nil
	case a.Thread.Closed:
		return fault.New(fault.Conflict, "talk.fault.closed"), nil
	}
	return mayWrite(access.Actor{Person: a.Link.Person}, a.room.N), nil
}

// ReplyBy answers in the thread of a letter, in the name of its reader: once by
// each link, however often the form is sent. Faults: those of follow, Conflict
// when the link takes no answer, Invalid.
func (s *Service) ReplyBy(ctx context.Context, who access.Actor, id, secret, words string) (a reply, err error) {
	if a, err = s.follow(ctx, who, id, secret); err != nil {
		return a, err
	}
	if a.Stop != nil {
		return a, a.Stop
	}
	d, err := Draft{Words: words}.checked(a.room, string(a.Link.Person), false)
	if err != nil {
		return a, err
	}
	_, err = s.add(ctx, a.room, a.Thread, a.Link.Person, d, &a.Link.ID)
	return a, err
}
