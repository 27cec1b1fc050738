package networking

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Attendee is somebody to be met at an event.
type Attendee struct {
	Person      string `db:"person"`
	Name        string `db:"-"`
	Role        string `db:"role"`
	Institution string `db:"institution"`
}

// Attend says that the actor comes to an event, and whether the others who come
// may see it. Modules with events call it, with their own kind and id; said
// again it replaces what was said. Only whoever may use contacts is ever shown.
func (s *Service) Attend(ctx context.Context, who access.Actor, eventKind, eventID string, show bool) (err error) {
	defer fault.Wrap(&err, "come to %s %s", eventKind, eventID)
	if !who.SignedIn() {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	if err := ownName(who); err != nil {
		return err
	}
	if show {
		if err := s.mayUse(ctx, s.db, who); err != nil {
			return err
		}
	}
	h, now := hat(who), s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into directory_network_meetings (event_kind, event, person, institution, role, shown, at) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (event_kind, event, person) do update set institution = excluded.institution, role = excluded.role, shown = excluded.shown, at = excluded.at`,
			eventKind, eventID, string(who.Person), string(h.Institution), string(h.Role), show, now)
		return err
	})
}

// StayAway takes back that the actor comes.
func (s *Service) StayAway(ctx context.Context, who access.Actor, eventKind, eventID string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from directory_network_meetings where event_kind = ? and event = ? and person = ?`, eventKind, eventID, string(who.Person))
		return err
	})
}

// Meeting is "kogo tu spotkam": of those who come to an event the ones who
// agreed to be seen, for somebody who comes too. Others get NotFound. Whoever
// blocked the reader, or is blocked by them, is left out. At most 500.
func (s *Service) Meeting(ctx context.Context, who access.Actor, eventKind, eventID string) (list []Attendee, err error) {
	defer fault.Wrap(&err, "who comes to %s %s", eventKind, eventID)
	me := string(who.Person)
	var comes int
	err = s.db.Get(ctx, &comes, `select count(*) from directory_network_meetings where event_kind = ? and event = ? and person = ?`, eventKind, eventID, me)
	if err != nil {
		return nil, err
	}
	if comes == 0 || me == "" || who.For != "" {
		return nil, fault.ErrNotFound
	}
	err = s.db.Select(ctx, &list, `select m.person, m.role, m.institution from directory_network_meetings m where m.event_kind = ? and m.event = ? and m.shown = ? and m.person <> ?
		and not exists (select 1 from directory_contact_blocks b where b.blocker = m.person and b.blocked = ? or b.blocker = ? and b.blocked = m.person)
		order by m.person limit 500`, eventKind, eventID, true, me, me, me)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]string, len(list))
	for n, a := range list {
		ids[n] = a.Person
	}
	names, err := s.People.NamesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	some := list[:0]
	for _, a := range list {
		if a.Name = names[a.Person]; a.Name != "" {
			some = append(some, a)
		}
	}
	return some, nil
}
