package networking

import (
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Message is one thing that was said in a talk.
type Message struct {
	ID      string `db:"id"`
	Request string `db:"request"`
	Author  string `db:"author"`
	Mine    bool   `db:"mine"` // of the asker's side
	Body    string `db:"body"`
	At      int64  `db:"at"`
	Hidden  bool   `db:"hidden"` // by a moderator
}

const messageColumns = `m.id, m.request, m.author, m.mine, m.body, m.at, m.hidden`

// Shown is an address that somebody showed to the other side of a talk.
type Shown struct {
	Person  string `db:"person"`
	Mine    bool   `db:"mine"`
	Address string `db:"address"`
	At      int64  `db:"at"`
}

// mostMessages is how many of a talk the page shows, the last ones.
const mostMessages = 200

// Talk is what was said in a talk and the addresses that were shown in it.
// What somebody said after the reader blocked them is left out. Both sides may.
func (s *Service) Talk(ctx context.Context, who access.Actor, id string) (said []Message, shown []Shown, err error) {
	q, _, err := s.request(ctx, who, id)
	if err != nil {
		return nil, nil, err
	}
	if q.State != stateAccepted {
		return nil, nil, nil
	}
	err = s.db.Select(ctx, &said, `select `+messageColumns+` from directory_contact_messages m where m.request = ?
		and not exists (select 1 from directory_contact_blocks b where b.blocker = ? and b.blocked = m.author and b.at <= m.at)
		order by m.id desc limit ?`, id, string(who.Person), mostMessages)
	if err != nil {
		return nil, nil, err
	}
	slices.Reverse(said)
	err = s.db.Select(ctx, &shown, `select a.person, a.mine, a.address, a.at from directory_contact_addresses a where a.request = ?
		and not exists (select 1 from directory_contact_blocks b where b.blocker = ? and b.blocked = a.person and b.at <= a.at)
		order by a.at, a.person`, id, string(who.Person))
	return said, shown, err
}

// talking is the request of a talk in which the actor may write now.
func (s *Service) talking(ctx context.Context, who access.Actor, id string) (Request, part, error) {
	q, p, err := s.request(ctx, who, id)
	if err != nil {
		return q, p, err
	}
	if q.State != stateAccepted {
		return q, p, fault.New(fault.Conflict, "networking.fault.no_talk")
	}
	return q, p, s.mayUse(ctx, s.db, who)
}

// Say writes a message in a talk and tells the other side. Faults: NotFound for
// whoever is not in it, Conflict before the acceptance, Invalid, TooMany.
func (s *Service) Say(ctx context.Context, who access.Actor, id, text string) (err error) {
	defer fault.Wrap(&err, "say something in talk %s", id)
	text = tidy(text)
	now, message := s.now(), newID()
	q, p, err := s.talking(ctx, who, id)
	if err != nil {
		return err
	}
	if err := fault.InvalidFields(checkText("tresc", text, mostText)); err != nil {
		return err
	}
	others, err := s.others(ctx, q, p)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.mayUse(ctx, tx, who); err != nil {
			return err
		}
		if err := s.take(ctx, tx, string(who.Person), "messages", messagesADay, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into directory_contact_messages (id, request, author, mine, body, at) values (?, ?, ?, ?, ?, ?)`,
			message, id, string(who.Person), p == askerPart, text, now.Unix()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update directory_contact_requests set last_at = ? where id = ?`, now.Unix(), q.ID); err != nil {
			return err
		}
		return s.tellAll(ctx, tx, string(who.Person), others, "networking.tell.message", requestPath(id), "contact/"+id+"/"+message,
			map[string]string{"author_person": string(who.Person)})
	})
}

// others are the people whom a message of the actor is told to: the asker, or
// those on the other side who took part and still may; when none is left, all
// who speak for the institution now.
func (s *Service) others(ctx context.Context, q Request, p part) ([]string, error) {
	if p == ownerPart {
		return []string{q.Asker}, nil
	}
	all, err := s.ownerSide(ctx, q)
	if err != nil || q.Owner == ownPerson {
		return all, err
	}
	var took []string
	err = s.db.Select(ctx, &took, `select distinct author from directory_contact_messages where request = ? and mine = ?`, q.ID, false)
	if err != nil {
		return nil, err
	}
	took = append(took, q.AnsweredBy)
	some := slices.DeleteFunc(slices.Clone(all), func(person string) bool { return !slices.Contains(took, person) })
	if len(some) == 0 {
		return all, nil
	}
	return some, nil
}

const longestAddress = 200

// ShowAddress shows an address of the actor's own, a mail address or a telephone
// number as it was typed, to the other side of a talk; "" takes it back.
// Faults: NotFound, Conflict, Invalid.
func (s *Service) ShowAddress(ctx context.Context, who access.Actor, id, address string) (err error) {
	defer fault.Wrap(&err, "show an address in talk %s", id)
	address = tidy(address)
	if address != "" {
		faults := checkText("adres", address, longestAddress)
		if len(faults) == 0 && !holdsAddress(address) {
			faults = []fault.Field{{Name: "adres", Key: "networking.fault.not_address"}}
		}
		if err := fault.InvalidFields(faults); err != nil {
			return err
		}
	}
	now := s.now().Unix()
	_, p, err := s.request(ctx, who, id)
	if err != nil {
		return err
	}
	if err := ownName(who); err != nil {
		return err
	}
	if address != "" { // one is taken back also while suspended
		if _, _, err := s.talking(ctx, who, id); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if address == "" {
			_, err := tx.Exec(ctx, `delete from directory_contact_addresses where request = ? and person = ?`, id, string(who.Person))
			return err
		}
		_, err := tx.Exec(ctx, `insert into directory_contact_addresses (request, person, mine, address, at) values (?, ?, ?, ?, ?)
			on conflict (request, person) do update set address = excluded.address, at = excluded.at`, id, string(who.Person), p == askerPart, address, now)
		return err
	})
}
