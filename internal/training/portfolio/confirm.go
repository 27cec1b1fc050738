package portfolio

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
)

// topicOwn is the topic of the inbox about one's own trainings, declared by the
// module above.
const topicOwn = "training.own"

// staffRoles are the roles of those who work at an institution.
func staffRoles() []access.Role {
	return slices.DeleteFunc(access.Roles(), func(r access.Role) bool {
		return r.Everywhere() || r == access.Pupil || r == access.Guardian || r == access.Resident
	})
}

// Places are the institutions whose head the actor may ask: where the actor
// holds a role now, under whatever hat, and somebody else may confirm.
func (s *Service) Places(ctx context.Context, who access.Actor) (ids []access.InstitutionID, names map[access.InstitutionID]string, err error) {
	defer fault.Wrap(&err, "whom to ask about papers")
	if err := own(who); err != nil {
		return nil, nil, err
	}
	for _, hat := range who.Hats {
		at := access.InstitutionID(hat)
		if known(hat) != nil {
			continue // of the whole installation, or of somebody else
		}
		yes, err := s.mayAsk(ctx, who, at)
		if err != nil {
			return nil, nil, err
		}
		if yes {
			ids = append(ids, at)
		}
	}
	names, err = s.Directory.Names(ctx, ids)
	return ids, names, err
}

func (s *Service) mayAsk(ctx context.Context, who access.Actor, at access.InstitutionID) (bool, error) {
	holds, err := s.People.HoldsAt(ctx, who.Person, at, staffRoles()...)
	if err != nil || !holds {
		return false, err
	}
	unit, err := directory.ByID(ctx, s.db, at)
	if err != nil {
		return false, err
	}
	heads, err := s.People.Holders(ctx, access.ConfirmPapers, at, unit.HeadUnit)
	return slices.ContainsFunc(heads, func(p access.PersonID) bool { return p != who.Person }), err
}

// Ask asks the head of an institution to look at the original. Faults:
// SignedOut, Forbidden, NotFound, Invalid for an institution that is not one of
// Places, Conflict for a page that is old or an entry that was asked about or
// confirmed already.
func (s *Service) Ask(ctx context.Context, who access.Actor, id string, revision int64, at access.InstitutionID) (err error) {
	defer fault.Wrap(&err, "ask about entry %s", id)
	if _, err := s.Entry(ctx, who, id); err != nil {
		return err
	}
	places, _, err := s.Places(ctx, who)
	if err != nil {
		return err
	}
	if !slices.Contains(places, at) {
		return fault.InvalidFields([]fault.Field{{Name: "placowka", Key: "portfolio.fault.place"}})
	}
	unit, err := directory.ByID(ctx, s.db, at)
	if err != nil {
		return err
	}
	ask, now := newID(), s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update training_portfolio set state = ?, ask = ?, ask_at = ?, ask_head = ?, asked_at = ?, place = '', decided_by = '', decided_role = '',
			decided_at = 0, reason = '', revision = revision + 1 where id = ? and person = ? and revision = ? and state in (?, ?)`,
			Asked, ask, at, unit.HeadUnit, now.Unix(), id, who.Person, revision, Typed, Refused)
		if err == nil && n == 0 {
			err = errChanged
		}
		return err
	})
}

// Withdraw takes an asking back. Faults as Ask.
func (s *Service) Withdraw(ctx context.Context, who access.Actor, id string, revision int64) (err error) {
	defer fault.Wrap(&err, "withdraw the asking about entry %s", id)
	if _, err := s.Entry(ctx, who, id); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update training_portfolio set revision = revision + 1 where id = ? and person = ? and revision = ? and state = ?`,
			id, who.Person, revision, Asked)
		if err == nil && n == 0 {
			err = errChanged
		}
		if err != nil {
			return err
		}
		return unask(ctx, tx, id)
	})
}

// confirmsAt are the institutions at which a role of the actor confirms.
func confirmsAt(who access.Actor) (all []access.InstitutionID) {
	for _, h := range who.Roles {
		if h.Institution != "" && h.Role.Gives(access.ConfirmPapers) && !slices.Contains(all, h.Institution) {
			all = append(all, h.Institution)
		}
	}
	return all
}

// heads returns nil when the actor confirms papers under the current hat.
func heads(who access.Actor) error {
	if who.Shared {
		return fault.New(fault.Forbidden, "portfolio.fault.shared")
	}
	return who.Must(access.ConfirmPapers)
}

// asking is the condition of what waits at institutions or the units they lead.
const asking = ` from training_portfolio where state = ? and (ask_at in (?) or ask_head in (?)) and person <> ?`

// Waiting are the entries that wait for the actor, the longest waiting first, a
// page from the cursor on; their owner's name goes with the page. Faults:
// SignedOut, Forbidden.
func (s *Service) Waiting(ctx context.Context, who access.Actor, at web.Cursor, limit int) (list []Entry, more bool, err error) {
	defer fault.Wrap(&err, "papers that wait for the head")
	if err := heads(who); err != nil {
		return nil, false, err
	}
	places := confirmsAt(who)
	if len(places) == 0 {
		return nil, false, nil
	}
	order, side := `ask`, ` and ask > ?`
	if at.Back {
		order, side = `ask desc`, ` and ask < ?`
	}
	query, args, err := db.In(`select `+columns+asking+side+` order by `+order+` limit ?`, Asked, places, places, who.Person, at.ID, limit+1)
	if err != nil {
		return nil, false, err
	}
	if err := s.db.Select(ctx, &list, query, args...); err != nil {
		return nil, false, err
	}
	if more = len(list) > limit; more {
		list = list[:limit]
	}
	if at.Back {
		slices.Reverse(list)
	}
	return list, more, nil
}

// waitingFor counts what waits for the actor, up to a hundred.
func (s *Service) waitingFor(ctx context.Context, who access.Actor) (n int, err error) {
	places := confirmsAt(who)
	if len(places) == 0 || heads(who) != nil {
		return 0, nil
	}
	query, args, err := db.In(`select count(*) from (select id`+asking+` limit 100) w`, Asked, places, places, who.Person)
	if err != nil {
		return 0, err
	}
	return n, s.db.Get(ctx, &n, query, args...)
}

// askedOf is an entry that waits for the actor. Whatever else there is, another
// institution's or one that is decided, is fault.ErrNotFound.
func (s *Service) askedOf(ctx context.Context, r db.Reader, who access.Actor, id string) (e Entry, err error) {
	if err := heads(who); err != nil {
		return e, err
	}
	if err := known(id); err != nil {
		return e, err
	}
	if err := r.Get(ctx, &e, `select `+columns+` from training_portfolio where id = ? and state = ?`, id, Asked); err != nil {
		return e, err
	}
	err = who.MayAt(ctx, access.ConfirmPapers, e.AskAt)
	if fault.KindOf(err) == fault.Forbidden {
		return Entry{}, fault.ErrNotFound
	}
	if err == nil && e.Person == string(who.Person) {
		return Entry{}, fault.New(fault.Forbidden, "portfolio.fault.own")
	}
	return e, err
}

const longestReason = 600

// Decide says whether the original was shown and agrees. A no needs its reason.
// The revision is the one that the head had on the screen. Faults: SignedOut,
// Forbidden (one's own paper too), NotFound, Invalid with fields, Conflict.
func (s *Service) Decide(ctx context.Context, who access.Actor, id string, revision int64, yes bool, reason string) (err error) {
	defer fault.Wrap(&err, "decide about entry %s", id)
	e, err := s.askedOf(ctx, s.db, who, id)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	switch n := utf8.RuneCountInString(reason); {
	case n == 0 && !yes:
		return fault.InvalidFields([]fault.Field{{Name: "powod-" + id, Key: "portfolio.fault.reason"}})
	case n > longestReason:
		return fault.InvalidFields([]fault.Field{{Name: "powod-" + id, Key: "portfolio.fault.long", Args: []any{"n", longestReason}}})
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{e.AskAt})
	if err != nil {
		return err
	}
	e.State, e.Revision, e.Place, e.Reason = Refused, revision, names[e.AskAt], reason
	if yes {
		e.State = Confirmed
	}
	return s.decide(ctx, who, e)
}

// decide writes the decision that stands in the entry, and has its owner told.
func (s *Service) decide(ctx context.Context, who access.Actor, e Entry) error {
	now, by := s.now(), who.By()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update training_portfolio set state = ?, place = ?, decided_by = ?, decided_role = ?, decided_at = ?, reason = ?, revision = revision + 1
			where id = ? and revision = ? and state = ?`, e.State, e.Place, who.Person, by.Role, now.Unix(), e.Reason, e.ID, e.Revision, Asked)
		if err == nil && n == 0 {
			err = errChanged
		}
		if err != nil {
			return err
		}
		err = audit.Record(ctx, tx, by, audit.Entry{Action: "training.portfolio." + string(e.State), Object: "portfolio", ObjectID: e.ID, Institution: string(e.AskAt), Subject: e.Person}, now)
		if err != nil || s.Tell == nil {
			return err
		}
		return s.Tell(ctx, tx, notify.Message{To: e.Person, Topic: topicOwn, Key: "portfolio.tell." + string(e.State), Args: map[string]string{"title": e.Title},
			Link: entryPath(e.ID), Once: "portfolio/" + e.Ask})
	})
}
