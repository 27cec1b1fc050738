package networking

import (
	"context"
	"encoding/json"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Verdicts on a report; they are its states.
const (
	Dismissed = "dismissed"
	Hidden    = "hidden"    // the piece is shown no more
	Suspended = "suspended" // its author may not use contacts for a time
)

// mostContext is how much of a talk can be attached to a report.
const mostContext = 10

// longestSuspension in days.
const longestSuspension = 366

// Report is a piece that somebody reported.
type Report struct {
	ID        string `db:"id"`
	Reporter  string `db:"reporter"`
	Kind      string `db:"kind"`
	Object    string `db:"object"`
	Person    string `db:"person"`
	Reason    string `db:"reason"`
	Piece     string `db:"piece"`
	Context   string `db:"context"`
	State     string `db:"state"`
	Words     string `db:"words"`
	DecidedBy string `db:"decided_by"`
	CreatedAt int64  `db:"created_at"`
	DecidedAt *int64 `db:"decided_at"`
}

// Quoted is a message that stood before a reported one. Of the reporter the
// author says only that it is not the reported person.
type Quoted struct {
	Reported bool   `json:"reported"`
	Body     string `json:"body"`
	At       int64  `json:"at"`
}

// Quotes are the messages attached to the report.
func (r Report) Quotes() (list []Quoted) {
	if r.Context != "" && json.Unmarshal([]byte(r.Context), &list) != nil {
		return nil
	}
	return list
}

const reportColumns = `r.id, r.reporter, r.kind, r.object, r.person, r.reason, r.piece, r.context, r.state, r.words, r.decided_by, r.created_at, r.decided_at`

// Report tells the moderators of a piece that the actor has before them, as it
// is now, with the last messages before it when the actor attaches them. Who is
// reported is not told. Faults: NotFound, Invalid, Conflict when the actor's
// report of it waits, TooMany.
func (s *Service) Report(ctx context.Context, who access.Actor, kind, id, reason string, attach bool) (back string, err error) {
	defer fault.Wrap(&err, "report %s %s", kind, id)
	p, err := s.piece(ctx, who, kind, id)
	if err != nil {
		return "", err
	}
	reason = tidy(reason)
	if err := fault.InvalidFields(checkText("powod", reason, mostText)); err != nil {
		return "", err
	}
	now, report, quoted := s.now(), newID(), ""
	if attach && p.Request != "" {
		if quoted, err = s.quote(ctx, who, p); err != nil {
			return "", err
		}
	}
	return p.Back, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.take(ctx, tx, string(who.Person), "reports", reportsADay, now); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `insert into directory_contact_reports (id, reporter, kind, object, person, reason, piece, context, state, created_at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`, report, string(who.Person), kind, id, p.Author, reason, p.Text, quoted, stateOpen, now.Unix())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "networking.fault.reported")
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.contact.report", Object: "report", ObjectID: report, Hidden: true}, now)
	})
}

// quote is what was said before a message, as the actor sees it.
func (s *Service) quote(ctx context.Context, who access.Actor, p piece) (string, error) {
	said, _, err := s.Talk(ctx, who, p.Request)
	if err != nil {
		return "", err
	}
	var list []Quoted
	for _, m := range said {
		if m.ID >= p.ID {
			break
		}
		list = append(list, Quoted{m.Author == p.Author, m.Body, m.At})
	}
	text, err := json.Marshal(list[max(0, len(list)-mostContext):])
	return string(text), err
}

// Reports are those that wait, the oldest first, or the decided ones, the
// newest first. The list tells what kind of piece and when, not what or who.
func (s *Service) Reports(ctx context.Context, who access.Actor, open bool) (list []Report, err error) {
	if err := who.Must(access.ModerateContacts); err != nil {
		return nil, err
	}
	query := `select ` + reportColumns + ` from directory_contact_reports r where r.state <> ? order by r.id desc limit 100`
	if open {
		query = `select ` + reportColumns + ` from directory_contact_reports r where r.state = ? order by r.id limit 100`
	}
	err = s.db.Select(ctx, &list, query, stateOpen)
	for n := range list {
		list[n] = Report{ID: list[n].ID, Kind: list[n].Kind, State: list[n].State, CreatedAt: list[n].CreatedAt, DecidedAt: list[n].DecidedAt}
	}
	return list, err
}

// OpenReport shows a report to a moderator, and writes into the log that it was
// read. A moderator who reported it, or is reported, has no part in it.
func (s *Service) OpenReport(ctx context.Context, who access.Actor, id string) (r Report, err error) {
	defer fault.Wrap(&err, "open report %s", id)
	if r, err = s.report(ctx, who, id); err != nil {
		return r, err
	}
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.contact.read_report", Object: "report", ObjectID: id, Subject: r.Person, Read: true, Hidden: true}, now)
	})
	return r, err
}

func (s *Service) report(ctx context.Context, who access.Actor, id string) (r Report, err error) {
	if err := who.Must(access.ModerateContacts); err != nil {
		return r, err
	}
	if _, err := known(id); err != nil {
		return r, err
	}
	if err := s.db.Get(ctx, &r, `select `+reportColumns+` from directory_contact_reports r where r.id = ?`, id); err != nil {
		return r, err
	}
	if me := string(who.Person); me != "" && (r.Reporter == me || r.Person == me) {
		return Report{}, fault.New(fault.Forbidden, "networking.fault.own_case")
	}
	return r, nil
}

// Verdict is what a moderator decides.
type Verdict struct {
	Kind  string // Dismissed, Hidden, Suspended
	Words string // shown to the reported person as the reason
	Until string // last day of a suspension
}

// Decide settles a report, once. The reported person is told what was decided
// and why, never who reported; the reporter is told that it was settled.
// Faults: Forbidden, NotFound, Invalid, Conflict when it was settled already.
func (s *Service) Decide(ctx context.Context, who access.Actor, id string, v Verdict) (err error) {
	defer fault.Wrap(&err, "decide report %s", id)
	r, err := s.report(ctx, who, id)
	if err != nil {
		return err
	}
	now := s.now()
	ends, err := checkVerdict(&v, now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update directory_contact_reports set state = ?, words = ?, decided_by = ?, decided_at = ? where id = ? and state = ?`,
			v.Kind, v.Words, string(who.Person), now.Unix(), id, stateOpen)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "networking.fault.decided")
		}
		if err := s.enforce(ctx, tx, who, r, v, ends, now); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, r.Reporter, "networking.tell.settled", "/kontakty", "report/"+id, nil); err != nil {
			return err
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.contact." + v.Kind, Object: "report", ObjectID: id, Subject: r.Person, Hidden: true}, now)
	})
}

func checkVerdict(v *Verdict, now time.Time) (ends int64, err error) {
	var faults []fault.Field
	v.Words = tidy(v.Words)
	switch v.Kind {
	case Dismissed:
		v.Until = ""
		if v.Words == "" {
			return 0, nil
		}
	case Hidden:
		v.Until = ""
	case Suspended:
		day, err := time.ParseInLocation(time.DateOnly, v.Until, web.Warsaw)
		if err != nil || day.Before(midnight(now)) || day.After(midnight(now).AddDate(0, 0, longestSuspension)) {
			faults = append(faults, fault.Field{Name: "do", Key: "networking.fault.until", Args: []any{"n", longestSuspension}})
		}
		ends = day.AddDate(0, 0, 1).Unix()
	default:
		faults = append(faults, fault.Field{Name: "rozstrzygniecie", Key: "networking.fault.verdict"})
	}
	faults = append(faults, checkText("uzasadnienie", v.Words, mostText)...)
	return ends, fault.InvalidFields(faults)
}

// enforce does what was decided and tells the reported person.
func (s *Service) enforce(ctx context.Context, tx *db.Tx, who access.Actor, r Report, v Verdict, ends int64, now time.Time) error {
	switch v.Kind {
	case Hidden:
		if err := s.hide(ctx, tx, r, v, now); err != nil {
			return err
		}
		return s.tell(ctx, tx, r.Person, "networking.tell.hidden", "/kontakty", "report/"+r.ID, map[string]string{"words": v.Words})
	case Suspended:
		_, err := tx.Exec(ctx, `insert into directory_contact_suspensions (person, until, ends_at, words, report, by_person, at) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (person) do update set until = excluded.until, ends_at = excluded.ends_at, words = excluded.words, report = excluded.report,
			by_person = excluded.by_person, at = excluded.at`, r.Person, v.Until, ends, v.Words, r.ID, string(who.Person), now.Unix())
		if err != nil {
			return err
		}
		if err := s.touchAll(ctx, tx, r.Person); err != nil {
			return err
		}
		return s.tell(ctx, tx, r.Person, "networking.tell.suspended", "/kontakty", "report/"+r.ID, map[string]string{"words": v.Words, "until_date": v.Until})
	}
	return nil
}

// hide takes the reported piece out of sight.
func (s *Service) hide(ctx context.Context, tx *db.Tx, r Report, v Verdict, now time.Time) (err error) {
	switch r.Kind {
	case pieceEntry:
		_, err = tx.Exec(ctx, `update directory_network_entries set state = ?, why_hidden = ?, closed_at = ?, revision = revision + 1 where id = ?`,
			stateHidden, v.Words, now.Unix(), r.Object)
		if err == nil {
			err = s.touch(ctx, tx, r.Object)
		}
	case pieceRequest:
		_, err = tx.Exec(ctx, `update directory_contact_requests set reason = case when asker = ? then '' else reason end,
			answer = case when asker = ? then answer else '' end, state = case when state = ? then ? else state end where id = ?`,
			r.Person, r.Person, stateOpen, stateWithdrawn, r.Object)
	case pieceMessage:
		_, err = tx.Exec(ctx, `update directory_contact_messages set hidden = ?, body = '' where id = ?`, true, r.Object)
	case pieceIntro:
		_, err = tx.Exec(ctx, `update directory_contact_intros set why = '', state = case when state = ? then ? else state end where id = ?`,
			stateOpen, stateExpired, r.Object)
	}
	return err
}

// Suspension is why and until when somebody may not use contacts.
type Suspension struct {
	Until  string `db:"until"`
	EndsAt int64  `db:"ends_at"`
	Words  string `db:"words"`
	At     int64  `db:"at"`
}

// suspended is the suspension that holds now, nil for none.
func (s *Service) suspended(ctx context.Context, r db.Reader, person string) (*Suspension, error) {
	var x Suspension
	err := r.Get(ctx, &x, `select until, ends_at, words, at from directory_contact_suspensions where person = ? and ends_at > ?`, person, s.now().Unix())
	if err != nil {
		return nil, none(err)
	}
	return &x, nil
}
