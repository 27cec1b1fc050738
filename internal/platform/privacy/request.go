package privacy

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/law"
	"kladka/internal/platform/web"
)

// RequestKind is what a person asks for (GDPR art. 15-21).
type RequestKind string

// RequestKinds in the order of the form.
var requestKinds = []RequestKind{"access", "rectification", "erasure", "restriction", "objection", "portability"}

// State is where a request stands.
type State string

// The states of a request.
const (
	Received State = "received"
	Taken    State = "taken"
	Granted  State = "granted"
	Refused  State = "refused"
)

// Request is a person's request about own data.
type Request struct {
	ID            string      `db:"id"`
	Person        string      `db:"person"`
	Institution   string      `db:"institution"` // the controller who is asked, "" for the operator
	Kind          RequestKind `db:"kind"`
	Words         string      `db:"words"`
	State         State       `db:"state"`
	ReceivedAt    int64       `db:"received_at"`
	DueOn         string      `db:"due_on"` // the last day, in Kraków
	TakenBy       string      `db:"taken_by"`
	ProlongedAt   int64       `db:"prolonged_at"`
	ProlongReason string      `db:"prolong_reason"`
	Answer        string      `db:"answer"`
	ClosedBy      string      `db:"closed_by"`
	ClosedAt      int64       `db:"closed_at"`
}

// Open tells that nobody has answered yet.
func (r Request) Open() bool { return r.ClosedAt == 0 }

// Overdue tells that the last day has passed without an answer.
func (r Request) Overdue(now time.Time) bool { return r.Open() && r.DueOn < day(now) }

// daysLeft counts the days to the last one, which is 0; below 0 it has passed.
func (r Request) daysLeft(now time.Time) int {
	due, err := time.Parse(time.DateOnly, r.DueOn)
	today, err2 := time.Parse(time.DateOnly, day(now))
	if err != nil || err2 != nil {
		return 0
	}
	return int(due.Sub(today) / (24 * time.Hour))
}

func day(t time.Time) string { return t.In(web.Warsaw).Format(time.DateOnly) }

const requestColumns = `id, person, institution, kind, words, state, received_at, due_on, taken_by, prolonged_at, prolong_reason, answer, closed_by, closed_at`

// Paths of the requests.
const (
	ownRequestPath    = "/konto/moje-dane/wnioski/"
	officeRequestPath = officePath + "/wnioski/"
)

// Ask takes a request of a person about own data. The clock starts now: one
// month by the number of the law. The same request sent twice is one, as long as
// it is open. Faults: Invalid with fields.
func (s *Service) Ask(ctx context.Context, by audit.By, institution string, kind RequestKind, words string) (id string, err error) {
	defer fault.Wrap(&err, "take a request about personal data")
	var fields []fault.Field
	if !slices.Contains(requestKinds, kind) {
		fields = append(fields, fault.Field{Name: "rodzaj", Key: "privacy.fault.kind"})
	}
	if n := utf8.RuneCountInString(words); n > 4000 || n < 3 && kind != "access" && kind != "portability" {
		fields = append(fields, fault.Field{Name: "tresc", Key: "privacy.fault.words"})
	}
	if err := fault.InvalidFields(fields); err != nil {
		return "", err
	}
	now := s.Now()
	clock, err := s.Law.Int(ctx, s.DB, law.RequestAnswer, now)
	if err != nil {
		return "", err
	}
	r := Request{ID: newID(), Person: by.Person, Institution: institution, Kind: kind, Words: words, State: Received,
		ReceivedAt: now.Unix(), DueOn: day(clock.After(now))}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		var same []string
		err := tx.Select(ctx, &same, `select id from privacy_requests where person = ? and institution = ? and kind = ? and words = ? and closed_at = 0`,
			r.Person, r.Institution, r.Kind, r.Words)
		if err != nil {
			return err
		}
		if len(same) > 0 {
			id = same[0]
			return nil
		}
		id = r.ID
		_, err = tx.Exec(ctx, `insert into privacy_requests (id, person, institution, kind, words, state, received_at, due_on)
			values (?, ?, ?, ?, ?, ?, ?, ?)`, r.ID, r.Person, r.Institution, r.Kind, r.Words, r.State, r.ReceivedAt, r.DueOn)
		if err != nil {
			return err
		}
		return s.recordRequest(ctx, tx, by, "privacy.ask", r, now)
	})
	return id, err
}

func (s *Service) recordRequest(ctx context.Context, tx *db.Tx, by audit.By, action string, r Request, at time.Time) error {
	return audit.Record(ctx, tx, by, audit.Entry{Action: action, Object: "request", ObjectID: r.ID, Institution: r.Institution,
		Subject: r.Person, Details: map[string]string{"kind": string(r.Kind)}}, at)
}

// OwnRequest is a request of the person who asks. Fault: NotFound, also for
// another's.
func (s *Service) OwnRequest(ctx context.Context, by audit.By, id string) (r Request, err error) {
	if !isID(id) {
		return r, fault.ErrNotFound
	}
	err = s.DB.Get(ctx, &r, `select `+requestColumns+` from privacy_requests where id = ? and person = ?`, id, by.Person)
	return r, err
}

// OwnRequests are the requests of a person, the newest first.
func (s *Service) OwnRequests(ctx context.Context, person string) (all []Request, err error) {
	err = s.DB.Select(ctx, &all, `select `+requestColumns+` from privacy_requests where person = ? order by id desc limit 200`, person)
	return all, err
}

// Request is a request in the register. Fault: NotFound, also for one that the
// role does not reach.
func (s *Service) Request(ctx context.Context, by audit.By, id string) (Request, error) {
	return s.requestFor(ctx, s.DB, by, id)
}

func (s *Service) requestFor(ctx context.Context, r db.Reader, by audit.By, id string) (q Request, err error) {
	if !isID(id) {
		return q, fault.ErrNotFound
	}
	err = r.Get(ctx, &q, `select `+requestColumns+` from privacy_requests where id = ?`, id)
	if err == nil && !reaches(by, q.Institution) {
		return Request{}, fault.ErrNotFound
	}
	return q, err
}

// Requests is a page of the register: open ones with the oldest first, closed
// ones with the newest first, only those that the role reaches.
func (s *Service) Requests(ctx context.Context, by audit.By, open bool, at web.Cursor, size int) (all []Request, more bool, err error) {
	ascending := open != at.Back
	sign, order := "<", "desc"
	if ascending {
		sign, order = ">", "asc"
	}
	query, args := `select `+requestColumns+` from privacy_requests where closed_at > 0`, []any{}
	if open {
		query = `select ` + requestColumns + ` from privacy_requests where closed_at = 0`
	}
	if by.Institution != "" {
		query, args = query+` and institution = ?`, append(args, by.Institution)
	}
	if at.ID != "" {
		query, args = query+` and id `+sign+` ?`, append(args, at.ID)
	}
	err = s.DB.Select(ctx, &all, query+` order by id `+order+` limit ?`, append(args, size+1)...)
	if more = len(all) > size; more {
		all = all[:size]
	}
	if at.Back {
		slices.Reverse(all)
	}
	return all, more, err
}

// Take says who answers a request. Faults: NotFound, Conflict when somebody
// took or closed it already.
func (s *Service) Take(ctx context.Context, by audit.By, id string) (err error) {
	defer fault.Wrap(&err, "take request %s", id)
	now := s.Now()
	return s.changeRequest(ctx, by, id, func(tx *db.Tx, r Request) error {
		n, err := tx.Exec(ctx, `update privacy_requests set state = ?, taken_by = ? where id = ? and state = ?`, Taken, by.Person, id, Received)
		if err != nil || n == 0 {
			return orConflict(err)
		}
		return s.recordRequest(ctx, tx, by, "privacy.take", r, now)
	})
}

// Prolong gives more time for the answer, once, before the first time runs out,
// and tells the person why (GDPR art. 12.3). Faults: Invalid without a reason,
// NotFound, Conflict when it is closed, prolonged already or late.
func (s *Service) Prolong(ctx context.Context, by audit.By, id, reason string) (err error) {
	defer fault.Wrap(&err, "prolong request %s", id)
	if n := utf8.RuneCountInString(reason); n < 10 || n > 1000 {
		return fault.InvalidFields([]fault.Field{{Name: "powod", Key: "privacy.fault.prolong"}})
	}
	now := s.Now()
	return s.changeRequest(ctx, by, id, func(tx *db.Tx, r Request) error {
		if r.Overdue(now) {
			return fault.New(fault.Conflict, "privacy.fault.late")
		}
		more, err := s.Law.Int(ctx, tx, law.RequestProlonged, now)
		if err != nil {
			return err
		}
		due, err := time.ParseInLocation(time.DateOnly, r.DueOn, web.Warsaw)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update privacy_requests set due_on = ?, prolonged_at = ?, prolong_reason = ?
			where id = ? and closed_at = 0 and prolonged_at = 0`, day(more.After(due)), now.Unix(), reason, id)
		if err != nil || n == 0 {
			return orConflict(err)
		}
		if err := s.tell(ctx, tx, r.Person, "privacy.tell.prolonged", nil, ownRequestPath+id); err != nil {
			return err
		}
		return s.recordRequest(ctx, tx, by, "privacy.prolong", r, now)
	})
}

// Reply closes a request with an answer in words and tells the person. A
// refusal needs its reason in the answer, too. Faults: Invalid, NotFound,
// Conflict when it is closed already.
func (s *Service) Reply(ctx context.Context, by audit.By, id string, granted bool, answer string) (err error) {
	defer fault.Wrap(&err, "answer request %s", id)
	if n := utf8.RuneCountInString(answer); n < 10 || n > 4000 {
		return fault.InvalidFields([]fault.Field{{Name: "odpowiedz", Key: "privacy.fault.answer"}})
	}
	state := Refused
	if granted {
		state = Granted
	}
	now := s.Now()
	return s.changeRequest(ctx, by, id, func(tx *db.Tx, r Request) error {
		n, err := tx.Exec(ctx, `update privacy_requests set state = ?, answer = ?, closed_by = ?, closed_at = ?
			where id = ? and closed_at = 0`, state, answer, by.Person, now.Unix(), id)
		if err != nil || n == 0 {
			return orConflict(err)
		}
		if err := s.tell(ctx, tx, r.Person, "privacy.tell.answered", nil, ownRequestPath+id); err != nil {
			return err
		}
		return s.recordRequest(ctx, tx, by, "privacy.answer", r, now)
	})
}

func (s *Service) changeRequest(ctx context.Context, by audit.By, id string, change func(tx *db.Tx, r Request) error) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		r, err := s.requestFor(ctx, tx, by, id)
		if err != nil {
			return err
		}
		return change(tx, r)
	})
}

func orConflict(err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Conflict, "fault.conflict")
}

// remindDays before the last one, and on every day after it, whoever took the
// request is reminded; one that nobody took is on the desk (see Pressing).
var remindDays = []int{7, 3, 1, 0}

func (s *Service) remind(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "remind of requests")
	if s.Tell == nil {
		return nil
	}
	now := s.Now()
	var open []Request
	err = s.DB.Select(ctx, &open, `select `+requestColumns+` from privacy_requests where closed_at = 0 and taken_by <> '' and reminded_on <> ?`, day(now))
	if err != nil {
		return err
	}
	for _, r := range open {
		if left := r.daysLeft(now); left >= 0 && !slices.Contains(remindDays, left) {
			continue
		}
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			n, err := tx.Exec(ctx, `update privacy_requests set reminded_on = ? where id = ? and closed_at = 0 and reminded_on <> ?`, day(now), r.ID, day(now))
			if err != nil || n == 0 {
				return err
			}
			return s.tell(ctx, tx, r.TakenBy, "privacy.tell.due", map[string]string{"date": r.DueOn}, officeRequestPath+r.ID)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Pressing counts the open requests that a role reaches: all, and those whose
// last day is at most a week away or has passed. It is for the desk of officers.
func (s *Service) Pressing(ctx context.Context, by audit.By) (open, soon int, err error) {
	now := s.Now()
	err = s.DB.Each(ctx, func(scan func(...any) error) error {
		r := Request{}
		if err := scan(&r.Institution, &r.DueOn); err != nil {
			return err
		}
		if reaches(by, r.Institution) {
			open++
			if r.daysLeft(now) <= 7 {
				soon++
			}
		}
		return nil
	}, `select institution, due_on from privacy_requests where closed_at = 0`)
	return open, soon, err
}
