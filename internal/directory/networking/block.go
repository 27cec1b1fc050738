package networking

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Kinds of pieces that can be reported, and by which their author is blocked.
const (
	pieceEntry   = "wpis"
	pieceRequest = "prosba"
	pieceMessage = "wiadomosc"
	pieceIntro   = "przedstawienie"
)

// piece is something that somebody wrote, as the reader has it before them.
type piece struct {
	Kind    string
	ID      string
	Author  string
	Named   bool // the reader knows who wrote it
	Text    string
	Request string // the talk in which it was said
	Back    string // page on which it stands
}

// piece finds what the actor has before them; what they do not see, or wrote
// themselves, is NotFound.
func (s *Service) piece(ctx context.Context, who access.Actor, kind, id string) (p piece, err error) {
	if err := who.Must(access.UseContacts); err != nil {
		return p, err
	}
	p = piece{Kind: kind, ID: id}
	switch kind {
	case pieceEntry:
		e, mine, err := s.Entry(ctx, who, id)
		if err != nil || mine {
			return p, orNotFound(err)
		}
		p.Author, p.Named, p.Text, p.Back = e.Person, e.Owner == ownPerson, e.Body, entryPath(id)
	case pieceRequest:
		q, side, err := s.request(ctx, who, id)
		if err != nil {
			return p, err
		}
		p.Author, p.Named, p.Text, p.Back = q.Asker, true, q.Reason, requestPath(id)
		if side == askerPart { // one's own words; the other side is who answered
			p.Author, p.Text = q.Person, q.Answer
			if p.Author == "" {
				p.Author = q.AnsweredBy
			}
			// Before an answer there is nobody here whom the asker knows to be there.
			p.Named = p.Author != ""
		}
	case pieceMessage:
		var m Message
		if _, err := known(id); err != nil {
			return p, err
		}
		if err := s.db.Get(ctx, &m, `select `+messageColumns+` from directory_contact_messages m where m.id = ?`, id); err != nil {
			return p, err
		}
		if _, _, err := s.request(ctx, who, m.Request); err != nil {
			return p, err
		}
		p.Author, p.Named, p.Text, p.Request, p.Back = m.Author, true, m.Body, m.Request, requestPath(m.Request)
	case pieceIntro:
		n, place, err := s.intro(ctx, s.db, who, id)
		if err != nil || place == introBy {
			return p, orNotFound(err)
		}
		p.Author, p.Named, p.Text, p.Back = n.By, true, n.Why, introPath(id)
	default:
		return p, fault.ErrNotFound
	}
	if p.Author == string(who.Person) || p.Author == "" {
		return p, fault.ErrNotFound
	}
	return p, nil
}

func orNotFound(err error) error {
	if err == nil {
		return fault.ErrNotFound
	}
	return err
}

// Block keeps the author of a piece away from the actor: they do not see the
// actor's personal entries, and what they write does not reach the actor. They
// are not told, and nothing that they do looks different. Whose name the actor
// does not know, such as the writer of an institution's entry, cannot be blocked.
func (s *Service) Block(ctx context.Context, who access.Actor, kind, id string) (back string, err error) {
	defer fault.Wrap(&err, "block the author of %s %s", kind, id)
	if err := ownName(who); err != nil {
		return "", err
	}
	p, err := s.piece(ctx, who, kind, id)
	if err != nil {
		return "", err
	}
	if !p.Named {
		return "", fault.ErrNotFound
	}
	now := s.now()
	return p.Back, s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `insert into directory_contact_blocks (blocker, blocked, at) values (?, ?, ?) on conflict do nothing`,
			string(who.Person), p.Author, now.Unix())
		if err != nil || n == 0 {
			return err
		}
		if err := s.touchAll(ctx, tx, string(who.Person)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.contact.block", Object: "person", ObjectID: p.Author, Hidden: true}, now)
	})
}

// Unblock takes a block back. What was written meanwhile can be seen then.
func (s *Service) Unblock(ctx context.Context, who access.Actor, person string) (err error) {
	defer fault.Wrap(&err, "take a block back")
	if !who.SignedIn() {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	if err := ownName(who); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `delete from directory_contact_blocks where blocker = ? and blocked = ?`, string(who.Person), person)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.ErrNotFound
		}
		if err := s.touchAll(ctx, tx, string(who.Person)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.contact.unblock", Object: "person", ObjectID: person, Hidden: true}, now)
	})
}

// touchAll has the personal entries of somebody indexed anew: the index cannot
// leave one reader out, so it holds none of a person who blocked anybody.
func (s *Service) touchAll(ctx context.Context, tx *db.Tx, person string) error {
	var ids []string
	if err := tx.Select(ctx, &ids, `select id from directory_network_entries where person = ? and owner = ? order by id`, person, ownPerson); err != nil {
		return err
	}
	return s.touch(ctx, tx, ids...)
}

// Blocked is somebody whom the actor blocked.
type Blocked struct {
	Person string `db:"blocked"`
	At     int64  `db:"at"`
}

// Blocks are the people whom the actor blocked, the last first.
func (s *Service) Blocks(ctx context.Context, who access.Actor) (list []Blocked, err error) {
	if !who.SignedIn() {
		return nil, fault.New(fault.SignedOut, "fault.signed_out")
	}
	err = s.db.Select(ctx, &list, `select blocked, at from directory_contact_blocks where blocker = ? order by at desc, blocked limit 500`, string(who.Person))
	return list, err
}

// blocks tells whether the actor blocked somebody.
func (s *Service) blocks(ctx context.Context, who access.Actor, person string) (bool, error) {
	deaf, err := blockersOf(ctx, s.db, person, []string{string(who.Person)})
	return deaf[string(who.Person)], err
}
