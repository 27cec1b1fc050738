package networking

import (
	"context"
	"errors"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// States of a request.
const (
	stateAccepted  = "accepted"
	stateDeclined  = "declined"
	stateWithdrawn = "withdrawn"
	stateExpired   = "expired"
)

// Request is a request for contact and the talk that follows it.
type Request struct {
	ID          string    `db:"id"`
	Entry       string    `db:"entry"`
	Intro       string    `db:"intro"`
	Asker       string    `db:"asker"`
	AskerFor    string    `db:"asker_for"`
	AskerRole   string    `db:"asker_role"`
	AskerAt     string    `db:"asker_at"`
	Owner       string    `db:"owner"`
	Person      string    `db:"person"`
	Institution string    `db:"institution"`
	Role        string    `db:"role"`
	Lang        i18n.Lang `db:"lang"`
	Reason      string    `db:"reason"`
	State       string    `db:"state"`
	Answer      string    `db:"answer"`
	AnsweredBy  string    `db:"answered_by"`
	CreatedAt   int64     `db:"created_at"`
	EndsAt      int64     `db:"ends_at"`
	AnsweredAt  *int64    `db:"answered_at"`
	LastAt      int64     `db:"last_at"`
}

const requestColumns = `q.id, q.entry, q.intro, q.asker, q.asker_for, q.asker_role, q.asker_at, q.owner, q.person, q.institution, q.role, q.lang,
	q.reason, q.state, q.answer, q.answered_by, q.created_at, q.ends_at, q.answered_at, q.last_at`

// StateAt is the state at a moment: a request that nobody answered in time has
// expired, also before the hourly work says so.
func (q Request) StateAt(now time.Time) string {
	if q.State == stateOpen && q.EndsAt <= now.Unix() {
		return stateExpired
	}
	return q.State
}

// Question is a request as somebody writes it.
type Question struct {
	Entry     string
	For       string // institution in whose name, "" in one's own
	Reason    string
	Addresses bool // the asker knows that the text holds an address
	Lang      i18n.Lang
}

// Ask asks whoever made an entry for contact. Who may: whoever may use contacts,
// in their own name or in that of an institution they speak for; not with a
// proxy. Faults: NotFound for an entry that does not stand or is the actor's
// own, Invalid, Conflict when the same was asked and waits, TooMany.
//
// It does not look whether the asker is blocked: see the package comment.
func (s *Service) Ask(ctx context.Context, who access.Actor, a Question) (id string, err error) {
	defer fault.Wrap(&err, "ask for contact about entry %s", a.Entry)
	if err := s.mayAsk(ctx, who, a.For); err != nil {
		return "", err
	}
	now := s.now()
	e, err := s.askable(ctx, who, a.Entry, now)
	if err != nil {
		return "", err
	}
	a.Reason = tidy(a.Reason)
	faults := checkText("powod", a.Reason, mostText)
	if holdsAddress(a.Reason) && !a.Addresses {
		faults = append(faults, fault.Field{Name: "powod", Key: "networking.fault.address"})
	}
	if err := fault.InvalidFields(faults); err != nil {
		return "", err
	}
	if !i18n.Valid(string(a.Lang)) {
		a.Lang = i18n.PL
	}
	h := hat(who)
	q := Request{ID: newID(), Entry: e.ID, Asker: string(who.Person), AskerFor: a.For, AskerRole: string(h.Role), AskerAt: string(h.Institution),
		Owner: e.Owner, Role: e.Role, Institution: e.Institution, Lang: a.Lang, Reason: a.Reason, State: stateOpen,
		CreatedAt: now.Unix(), EndsAt: now.AddDate(0, 0, silenceDays).Unix(), LastAt: now.Unix()}
	if e.Owner == ownPerson {
		q.Person = e.Person
	}
	to, err := s.ownerSide(ctx, q)
	if err != nil {
		return "", err
	}
	return q.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.mayUse(ctx, tx, who); err != nil {
			return err
		}
		if err := s.take(ctx, tx, q.Asker, "requests", requestsADay, now); err != nil {
			return err
		}
		n, err := insertRequest(ctx, tx, q)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "networking.fault.asked")
		}
		return s.tellAll(ctx, tx, q.Asker, to, "networking.tell.request", requestPath(q.ID), "contact/"+q.ID, map[string]string{"asker_person": q.Asker})
	})
}

func (s *Service) mayAsk(ctx context.Context, who access.Actor, institution string) error {
	if err := s.mayUse(ctx, s.db, who); err != nil {
		return err
	}
	if err := ownName(who); err != nil {
		return err
	}
	if institution == "" {
		return nil
	}
	return s.mayWrite(ctx, who, institution)
}

// askable is an entry about which one can ask: it stands, and is another's.
// Blocks are left out of it on purpose.
func (s *Service) askable(ctx context.Context, who access.Actor, id string, now time.Time) (Entry, error) {
	e, err := entry(ctx, s.db, id)
	if err != nil {
		return e, err
	}
	mine, err := owns(ctx, who, e)
	if err != nil {
		return e, err
	}
	if mine || e.Person == string(who.Person) && e.Owner == ownPerson || !e.Standing(now) {
		return e, fault.ErrNotFound
	}
	if e.Institution != "" {
		i, err := directory.ByID(ctx, s.db, access.InstitutionID(e.Institution))
		if err != nil {
			return e, err
		}
		if i.Closed {
			return e, fault.ErrNotFound
		}
	}
	return e, nil
}

func insertRequest(ctx context.Context, tx *db.Tx, q Request) (int64, error) {
	return tx.Exec(ctx, `insert into directory_contact_requests (id, entry, intro, asker, asker_for, asker_role, asker_at, owner, person, institution, role,
		lang, reason, state, answered_by, created_at, ends_at, answered_at, last_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
		q.ID, q.Entry, q.Intro, q.Asker, q.AskerFor, q.AskerRole, q.AskerAt, q.Owner, q.Person, q.Institution, q.Role, q.Lang, q.Reason, q.State, q.AnsweredBy,
		q.CreatedAt, q.EndsAt, q.AnsweredAt, q.LastAt)
}

// ownerSide are the people who may answer a request.
func (s *Service) ownerSide(ctx context.Context, q Request) ([]string, error) {
	if q.Owner == ownPerson {
		return []string{q.Person}, nil
	}
	return s.speakers(ctx, q.Institution)
}

// tellAll tells people what somebody did, but not those who blocked them.
func (s *Service) tellAll(ctx context.Context, tx *db.Tx, from string, to []string, key, link, once string, args map[string]string) error {
	deaf, err := blockersOf(ctx, tx, from, to)
	if err != nil {
		return err
	}
	for _, id := range to {
		if id == from || deaf[id] {
			continue
		}
		if err := s.tell(ctx, tx, id, key, link, once, args); err != nil {
			return err
		}
	}
	return nil
}

// part is on which side of a request somebody stands.
type part int

const (
	noPart part = iota
	askerPart
	ownerPart
)

// Request is one for who asks, and on which side of it they stand. Everybody
// else gets NotFound, and so does whoever blocked the asker before they agreed
// to talk.
func (s *Service) Request(ctx context.Context, who access.Actor, id string) (q Request, asker bool, err error) {
	q, p, err := s.request(ctx, who, id)
	return q, p == askerPart, err
}

func (s *Service) request(ctx context.Context, who access.Actor, id string) (q Request, p part, err error) {
	if err := who.Must(access.UseContacts); err != nil {
		return q, noPart, err
	}
	if _, err := known(id); err != nil {
		return q, noPart, err
	}
	if err := s.db.Get(ctx, &q, `select `+requestColumns+` from directory_contact_requests q where q.id = ?`, id); err != nil {
		return q, noPart, err
	}
	p, err = s.partIn(ctx, who, q)
	if err == nil && p == noPart {
		err = fault.ErrNotFound
	}
	if err != nil {
		return Request{}, noPart, err
	}
	return q, p, nil
}

func (s *Service) partIn(ctx context.Context, who access.Actor, q Request) (part, error) {
	if q.Asker != "" && q.Asker == string(who.Person) {
		if who.For != "" {
			return noPart, nil // nobody answers their own request in another's name
		}
		return askerPart, nil
	}
	switch q.Owner {
	case ownPerson:
		if q.Person == "" || q.Person != string(who.Person) || who.For != "" {
			return noPart, nil
		}
	default:
		if speaks, err := speaksFor(ctx, who, q.Institution); err != nil || !speaks {
			return noPart, err
		}
	}
	if q.State == stateAccepted {
		return ownerPart, nil
	}
	deaf, err := blockersOf(ctx, s.db, q.Asker, []string{string(who.Person)})
	if err != nil || deaf[string(who.Person)] {
		return noPart, err
	}
	return ownerPart, nil
}

// Settle answers a request: accepted opens the talk, declined ends it, with or
// without words. Whoever stands on the other side may, the first answer counts.
// Faults: NotFound, Invalid, Conflict when it was answered, withdrawn or expired.
func (s *Service) Settle(ctx context.Context, who access.Actor, id string, accept bool, words string) (err error) {
	defer fault.Wrap(&err, "answer request %s", id)
	if err := s.mayUse(ctx, s.db, who); err != nil {
		return err
	}
	words = tidy(words)
	if words != "" {
		if err := fault.InvalidFields(checkText("odpowiedz", words, longestAnswer)); err != nil {
			return err
		}
	}
	now := s.now()
	q, p, err := s.request(ctx, who, id)
	if err != nil {
		return err
	}
	if p != ownerPart {
		return fault.ErrNotFound
	}
	state, key := stateDeclined, "networking.tell.declined"
	if accept {
		state, key = stateAccepted, "networking.tell.accepted"
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update directory_contact_requests set state = ?, answer = ?, answered_by = ?, answered_at = ?, last_at = ?
			where id = ? and state = ? and ends_at > ?`, state, words, string(who.Person), now.Unix(), now.Unix(), id, stateOpen, now.Unix())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "networking.fault.settled")
		}
		return s.tellAll(ctx, tx, string(who.Person), []string{q.Asker}, key, requestPath(id), "contact/"+id+"/"+state, nil)
	})
}

// Withdraw takes an own request back. Faults: NotFound, Conflict when it was
// answered or has expired.
func (s *Service) Withdraw(ctx context.Context, who access.Actor, id string) (err error) {
	defer fault.Wrap(&err, "withdraw request %s", id)
	now := s.now().Unix()
	_, p, err := s.request(ctx, who, id)
	if err != nil {
		return err
	}
	if p != askerPart {
		return fault.ErrNotFound
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update directory_contact_requests set state = ?, last_at = ? where id = ? and state = ? and ends_at > ?`,
			stateWithdrawn, now, id, stateOpen, now)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "networking.fault.settled")
		}
		return err
	})
}

// inbox are the conditions of requests on the actor's side: to the person, and
// to the institutions that the actor speaks for.
func (s *Service) inbox(ctx context.Context, who access.Actor) (q query, err error) {
	places, err := s.places(ctx, who)
	if err != nil {
		return q, err
	}
	var of query
	of.in(`q.institution`, places)
	switch {
	case len(places) == 0 && who.For != "":
		q.and(`q.id is null`)
	case len(places) == 0:
		q.and(`q.owner = ? and q.person = ?`, ownPerson, string(who.Person))
	case who.For != "":
		q.and(`q.owner = ? and `+of.where(), append([]any{ownInstitution}, of.args...)...)
	default:
		q.and(`(q.owner = ? and q.person = ? or q.owner = ? and `+of.where()+`)`, append([]any{ownPerson, string(who.Person), ownInstitution}, of.args...)...)
	}
	q.and(`q.asker <> ?`, string(who.Person))
	q.and(`(q.state = ? or not exists (select 1 from directory_contact_blocks b where b.blocker = ? and b.blocked = q.asker))`, stateAccepted, string(who.Person))
	return q, nil
}

// Waiting counts the requests that wait for the actor's answer.
func (s *Service) Waiting(ctx context.Context, who access.Actor) (n int, err error) {
	if !who.May(access.UseContacts) {
		return 0, nil
	}
	q, err := s.inbox(ctx, who)
	if err != nil {
		return 0, err
	}
	q.and(`q.state = ? and q.ends_at > ?`, stateOpen, s.now().Unix())
	err = s.db.Get(ctx, &n, `select count(*) from directory_contact_requests q where `+q.where(), q.args...)
	return n, err
}

// mostShown bounds each list of the page of contacts; the newest stand first.
const mostShown = 50

// Received and Sent are the requests of the actor, the newest first: talks
// included.
func (s *Service) Received(ctx context.Context, who access.Actor) (list []Request, err error) {
	q, err := s.inbox(ctx, who)
	if err != nil {
		return nil, err
	}
	err = s.db.Select(ctx, &list, `select `+requestColumns+` from directory_contact_requests q where `+q.where()+` order by q.id desc limit ?`, append(q.args, mostShown)...)
	return list, err
}

// Sent are the actor's own requests, the newest first.
func (s *Service) Sent(ctx context.Context, who access.Actor) (list []Request, err error) {
	if who.For != "" {
		return nil, nil
	}
	err = s.db.Select(ctx, &list, `select `+requestColumns+` from directory_contact_requests q where q.asker = ? order by q.id desc limit ?`, string(who.Person), mostShown)
	return list, err
}

// blockersOf are those of the people who blocked somebody.
func blockersOf(ctx context.Context, r db.Reader, person string, people []string) (map[string]bool, error) {
	deaf := map[string]bool{}
	for some := range slices.Chunk(people, db.MaxParams-1) {
		text, args, err := db.In(`select blocker from directory_contact_blocks where blocked = ? and blocker in (?)`, person, some)
		if err != nil {
			return nil, err
		}
		var ids []string
		if err := r.Select(ctx, &ids, text, args...); err != nil {
			return nil, err
		}
		for _, id := range ids {
			deaf[id] = true
		}
	}
	return deaf, nil
}

// none turns "no such row" into nothing.
func none(err error) error {
	if errors.Is(err, fault.ErrNotFound) {
		return nil
	}
	return err
}
