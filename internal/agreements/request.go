package agreements

import (
	"context"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
)

// Answer is where a request for an expert stands.
type Answer string

// The states: Asked → Given, Refused or Withdrawn.
const (
	Asked     Answer = "asked"
	Given     Answer = "given"
	Refused   Answer = "refused"
	Withdrawn Answer = "withdrawn"
)

// Request is one party asking another for an expert.
type Request struct {
	ID         string `db:"id"`
	Agreement  ID     `db:"agreement"`
	Area       string `db:"area"`
	Revision   int64  `db:"revision"`
	Trace      string `db:"trace"`
	From       string `db:"from_party"`
	To         string `db:"to_party"`
	Topic      string `db:"topic"`
	Occasion   string `db:"occasion"` // for which meeting or event
	AnswerBy   string `db:"answer_by"`
	State      Answer `db:"state"`
	Expert     string `db:"expert"`
	ExpertFrom string `db:"expert_from"`
	Reason     string `db:"reason"`
	AskedBy    string `db:"asked_by"`
	AskedAt    int64  `db:"asked_at"`
	AnsweredBy string `db:"answered_by"`
	AnsweredAt int64  `db:"answered_at"`
}

const requestColumns = `q.id, q.agreement, q.area, q.revision, q.trace, q.from_party, q.to_party, q.topic, q.occasion, q.answer_by, q.state, q.expert, q.expert_from,
	q.reason, q.asked_by, q.asked_at, q.answered_by, q.answered_at`

// ExpertKind is the kind of given experts among the activities of the ledger.
const ExpertKind = "expert"

// ExpertGiven tells that a party gave the expert it was asked for. The hours are
// told where they were worked, by the meeting.
type ExpertGiven struct {
	Request    string `json:"request"`
	Agreement  ID     `json:"agreement"`
	Area       string `json:"area"`
	On         string `json:"on"`
	SchoolYear int    `json:"school_year"`
}

// EventName implements events.Event.
func (ExpertGiven) EventName() string { return "agreements.expert_given" }

// AskExpert asks another party for an expert by a day. Who may: whoever speaks
// for the asking party. The other one is told. Faults: Forbidden, Invalid, Conflict.
func (s *Service) AskExpert(ctx context.Context, who access.Actor, id ID, q Request) (_ string, err error) {
	defer fault.Wrap(&err, "ask for an expert under agreement %s", id)
	w, err := s.managed(ctx, who, id)
	if err != nil {
		return "", err
	}
	now := s.now()
	q.Topic, q.Occasion = tidy(q.Topic), tidy(q.Occasion)
	if err := fault.InvalidFields(q.check(w, dayOf(now))); err != nil {
		return "", err
	}
	from, err := speaksFor(who, w, q.From)
	if err != nil {
		return "", err
	}
	if w.StateOn(dayOf(now)) != InForce {
		return "", errSettled
	}
	matter, err := trace.New()
	if err != nil {
		return "", err
	}
	q.ID, q.Agreement, q.Trace, q.State, q.AskedBy, q.AskedAt = newID(), id, string(matter), Asked, string(who.Person), now.Unix()
	tell, err := s.speakers(ctx, w, func(p Party) bool { return p.ID == q.To })
	if err != nil {
		return "", err
	}
	return q.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into agreements_requests (id, agreement, area, trace, from_party, to_party, topic, occasion, answer_by, state, asked_by, asked_at)
			values `+db.Marks(1, 12), q.ID, q.Agreement, q.Area, q.Trace, q.From, q.To, q.Topic, q.Occasion, q.AnswerBy, q.State, q.AskedBy, q.AskedAt)
		if err != nil {
			return err
		}
		if err := s.tell(ctx, tx, tell, "asked", "request/"+q.ID+"/asked", map[string]string{"party": from.Name, "topic": q.Topic, "answer_date": q.AnswerBy}, requestsHref(q)); err != nil {
			return err
		}
		return s.requestDone(ctx, tx, who, q, trace.Thing{Kind: "agreements." + thing, ID: string(id)}, now)
	})
}

func (q Request) check(w Whole, today string) (x lacks) {
	x.text("temat", q.Topic, longestTitle, true)
	x.text("okazja", q.Occasion, longestTitle, true)
	x.day("odpowiedz", q.AnswerBy, true)
	if validDay(q.AnswerBy) && q.AnswerBy <= today {
		x.add("odpowiedz", "past")
	}
	if a, ok := w.area(q.Area); !ok || !a.HeldOn(today) {
		x.add("obszar", "choose")
	}
	if to, ok := w.party(q.To); !ok || q.To == q.From {
		x.add("do_kogo", "choose")
	} else if to.Outside() {
		x.add("do_kogo", "outside_party")
	}
	if _, ok := w.party(q.From); !ok {
		x.add("od_kogo", "choose")
	}
	return x
}

// requestDone writes the log and the step of the trace. Both parties see it.
func (s *Service) requestDone(ctx context.Context, tx *db.Tx, who access.Actor, q Request, from trace.Thing, at time.Time) error {
	if err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: "agreements.expert." + string(q.State), Object: requestThing, ObjectID: q.ID, Details: map[string]string{"agreement_id": string(q.Agreement)}}, at); err != nil {
		return err
	}
	return s.step(ctx, tx, q.Trace, trace.Thing{Kind: "agreements." + requestThing, ID: q.ID}, from, "expert_"+string(q.State), at)
}

// Reply is what the asked party says: whom it gives, or why not.
type Reply struct {
	Yes        bool
	Expert     string
	ExpertFrom string
	Reason     string
}

func (a Reply) check() (x lacks) {
	x.text("ekspert", a.Expert, longestTitle, a.Yes)
	x.text("skad", a.ExpertFrom, longestTitle, a.Yes)
	x.text("powod", a.Reason, longestWords, !a.Yes)
	return x
}

// AnswerRequest says yes with a name, or no with a reason. Who may: whoever
// speaks for the asked party. A given expert is joint work under the area.
// Faults: Forbidden, Invalid, Conflict when it was answered or withdrawn.
func (s *Service) AnswerRequest(ctx context.Context, who access.Actor, id ID, request string, a Reply) (err error) {
	defer fault.Wrap(&err, "answer request %s", request)
	w, q, err := s.request(ctx, who, id, request)
	if err != nil {
		return err
	}
	to, err := speaksFor(who, w, q.To)
	if err != nil {
		return err
	}
	a.Expert, a.ExpertFrom, a.Reason = tidy(a.Expert), tidy(a.ExpertFrom), tidyLines(a.Reason)
	if err := fault.InvalidFields(a.check()); err != nil {
		return err
	}
	q.State, q.Reason = Refused, a.Reason
	if a.Yes {
		q.State, q.Reason, q.Expert, q.ExpertFrom = Given, "", a.Expert, a.ExpertFrom
	}
	now := s.now()
	tell, err := s.speakers(ctx, w, func(p Party) bool { return p.ID == q.From })
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.settle(ctx, tx, who, q, now); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, tell, "expert_"+string(q.State), "request/"+q.ID+"/"+string(q.State), map[string]string{"party": to.Name, "topic": q.Topic}, requestsHref(q)); err != nil || q.State != Given {
			return err
		}
		on := dayOf(now)
		if err := s.Ledger.MarkJoint(ctx, tx, who, ledger.Ref{Kind: ExpertKind, ID: q.ID}, string(id), ""); err != nil {
			return err
		}
		return s.emit(ctx, tx, ExpertGiven{q.ID, id, q.Area, on, yearOfDay(on)}, events.Envelope{Subject: q.ID, Version: q.Revision + 1, Trace: trace.ID(q.Trace), At: now})
	})
}

// settle writes the answer to a request that still waits.
func (s *Service) settle(ctx context.Context, tx *db.Tx, who access.Actor, q Request, at time.Time) error {
	n, err := tx.Exec(ctx, `update agreements_requests set revision = revision + 1, state = ?, expert = ?, expert_from = ?, reason = ?, answered_by = ?, answered_at = ?
		where id = ? and state = ?`, q.State, q.Expert, q.ExpertFrom, q.Reason, who.Person, at.Unix(), q.ID, Asked)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "agreements.fault.answered")
	}
	if err != nil {
		return err
	}
	return s.requestDone(ctx, tx, who, q, trace.Thing{}, at)
}

// Withdraw takes a request back that nobody answered yet.
func (s *Service) Withdraw(ctx context.Context, who access.Actor, id ID, request string) (err error) {
	defer fault.Wrap(&err, "withdraw request %s", request)
	w, q, err := s.request(ctx, who, id, request)
	if err != nil {
		return err
	}
	if _, err := speaksFor(who, w, q.From); err != nil {
		return err
	}
	q.State = Withdrawn
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.settle(ctx, tx, who, q, now) })
}

func (s *Service) request(ctx context.Context, who access.Actor, id ID, request string) (w Whole, q Request, err error) {
	if w, err = s.managed(ctx, who, id); err != nil {
		return w, q, err
	}
	q, err = requestByID(ctx, s.db, request)
	if err == nil && q.Agreement != id {
		err = fault.ErrNotFound
	}
	return w, q, err
}

func requestByID(ctx context.Context, r db.Reader, id string) (q Request, err error) {
	if err := known(id); err != nil {
		return q, err
	}
	return q, r.Get(ctx, &q, `select `+requestColumns+` from agreements_requests q where q.id = ?`, id)
}

// Requests are those of an agreement, the newest first, for those who run it.
func (s *Service) Requests(ctx context.Context, who access.Actor, id ID) (list []Request, err error) {
	defer fault.Wrap(&err, "requests of agreement %s", id)
	if _, err := s.managed(ctx, who, id); err != nil {
		return nil, err
	}
	return list, s.db.Select(ctx, &list, `select `+requestColumns+` from agreements_requests q where q.agreement = ? order by q.asked_at desc, q.id desc limit 300`, id)
}
