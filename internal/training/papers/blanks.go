package papers

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// The official forms on which diplomas are printed are counted one by one: a
// form is received, and then used, spoiled or returned. None is ever forgotten.

// BlankState is where a form stands.
type BlankState string

// The states.
const (
	BlankReceived BlankState = "received"
	BlankUsed     BlankState = "used"
	BlankSpoiled  BlankState = "spoiled"
	BlankReturned BlankState = "returned"
)

// Blank is one form.
type Blank struct {
	Serial     string     `db:"serial"`
	SerialKey  string     `db:"serial_key"`
	State      BlankState `db:"state"`
	Paper      ID         `db:"paper"`
	Number     string     `db:"number"` // of the paper printed on it
	Reason     string     `db:"reason"`
	ReceivedAt int64      `db:"received_at"`
	ChangedAt  int64      `db:"changed_at"`
}

// mostBlanks is the longest range that is received at once.
const mostBlanks = 2000

var serialShape = regexp.MustCompile(`^([\p{L}\p{N}/ -]{0,20}?)([0-9]{1,10})$`)

// Serials are all serials from the first to the last: they share their letters,
// and the digits of the first say how many digits each has. Faults: Invalid at
// "od" or "do".
func Serials(first, last string) ([]string, error) {
	a := serialShape.FindStringSubmatch(strings.Join(strings.Fields(strings.ToUpper(first)), " "))
	b := serialShape.FindStringSubmatch(strings.Join(strings.Fields(strings.ToUpper(last)), " "))
	wrong := func(field, key string) error {
		return fault.InvalidFields([]fault.Field{{Name: field, Key: key, Args: []any{"n", mostBlanks}}})
	}
	if a == nil {
		return nil, wrong("od", "papers.fault.serial")
	}
	if b == nil || a[1] != b[1] || len(a[2]) != len(b[2]) {
		return nil, wrong("do", "papers.fault.serial_last")
	}
	from, _ := strconv.ParseInt(a[2], 10, 64) // ten digits always fit
	to, _ := strconv.ParseInt(b[2], 10, 64)
	if to < from || to-from >= mostBlanks {
		return nil, wrong("do", "papers.fault.serial_range")
	}
	list := make([]string, 0, to-from+1)
	for n := from; n <= to; n++ {
		list = append(list, fmt.Sprintf("%s%0*d", a[1], len(a[2]), n))
	}
	return list, nil
}

// ReceiveBlanks enters a range of forms that came to the center. A serial that
// is there already is a Conflict, and nothing is entered.
func (s *Service) ReceiveBlanks(ctx context.Context, who access.Actor, center access.InstitutionID, first, last string) (n int, err error) {
	defer fault.Wrap(&err, "receive blanks at %s", center)
	if err := mayAt(ctx, who, access.IssuePapers, center); err != nil {
		return 0, err
	}
	serials, err := Serials(first, last)
	if err != nil {
		return 0, err
	}
	now := s.now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		for _, serial := range serials {
			n, err := tx.Exec(ctx, `insert into training_blanks (center, serial, serial_key, state, received_at, changed_by, changed_at)
				values (?, ?, ?, ?, ?, ?, ?) on conflict (center, serial) do nothing`, center, serial, i18n.SortKey(serial), BlankReceived, now.Unix(), who.Person, now.Unix())
			if err != nil {
				return err
			}
			if n == 0 {
				return fault.New(fault.Conflict, "papers.fault.serial_known", "serial", serial)
			}
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.blanks", Object: "institution", ObjectID: string(center), Institution: string(center),
			Details: map[string]string{"from": serials[0], "to": serials[len(serials)-1]}}, now)
	})
	return len(serials), err
}

// SetBlank says that a form at hand was spoiled or returned, with the reason.
// One that is used is only spoiled together with a new print (see Reprint).
func (s *Service) SetBlank(ctx context.Context, who access.Actor, center access.InstitutionID, serial string, to BlankState, reason string) (err error) {
	defer fault.Wrap(&err, "blank %s of %s", serial, center)
	if err := mayAt(ctx, who, access.IssuePapers, center); err != nil {
		return err
	}
	if to != BlankSpoiled && to != BlankReturned {
		return fault.New(fault.BadRequest, "fault.bad_request")
	}
	if reason, err = reasonOf(reason); err != nil {
		return err
	}
	now := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update training_blanks set state = ?, reason = ?, changed_by = ?, changed_at = ? where center = ? and serial = ? and state = ?`,
			to, reason, who.Person, now.Unix(), center, serial, BlankReceived)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "papers.fault.blank_gone")
		}
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "training.papers.blank." + string(to), Object: "institution", ObjectID: string(center),
			Institution: string(center), Details: map[string]string{"serial": serial, "reason": reason}}, now)
	})
}

// takeBlank takes the lowest form at hand for a paper. The condition stands in
// the statement, so of two papers each gets its own; none left is a Conflict.
func takeBlank(ctx context.Context, tx *db.Tx, p Paper, who access.Actor, at time.Time) (serial string, err error) {
	for range 20 { // whoever was faster took the one that we saw
		err := tx.Get(ctx, &serial, `select serial from training_blanks where center = ? and state = ? order by serial_key, serial limit 1`, p.Center, BlankReceived)
		if errors.Is(err, fault.ErrNotFound) {
			return "", fault.New(fault.Conflict, "papers.missing.blanks")
		}
		if err != nil {
			return "", err
		}
		n, err := tx.Exec(ctx, `update training_blanks set state = ?, paper = ?, changed_by = ?, changed_at = ? where center = ? and serial = ? and state = ?`,
			BlankUsed, p.ID, who.Person, at.Unix(), p.Center, serial, BlankReceived)
		if err != nil || n == 1 {
			return serial, err
		}
	}
	return "", fault.New(fault.Conflict, "fault.conflict")
}

func freeBlanks(ctx context.Context, r db.Reader, center access.InstitutionID) (n int, err error) {
	return n, r.Get(ctx, &n, `select count(*) from training_blanks where center = ? and state = ?`, center, BlankReceived)
}

// BlankTally is how many forms stand where.
type BlankTally struct {
	State BlankState `db:"state"`
	N     int        `db:"n"`
}

// Blanks is a page of the register of forms of a center, in the order of their
// serials, with how many there are in each state.
func (s *Service) Blanks(ctx context.Context, who access.Actor, center access.InstitutionID, state BlankState, at web.Cursor) (list []Blank, more bool, tally []BlankTally, err error) {
	if err := mayAt(ctx, who, access.IssuePapers, center); err != nil {
		return nil, false, nil, err
	}
	if err := s.db.Select(ctx, &tally, `select state, count(*) as n from training_blanks where center = ? group by state`, center); err != nil {
		return nil, false, nil, err
	}
	where, args := `b.center = ? and b.serial_key > ?`, []any{center, at.Key}
	if state != "" {
		where, args = where+` and b.state = ?`, append(args, state)
	}
	err = s.db.Select(ctx, &list, `select b.serial, b.serial_key, b.state, b.paper, coalesce(p.number, '') as number, b.reason, b.received_at, b.changed_at
		from training_blanks b left join training_papers p on p.id = b.paper where `+where+` order by b.serial_key, b.serial limit ?`, append(args, pageRows+1)...)
	if more = len(list) > pageRows; more {
		list = list[:pageRows]
	}
	return list, more, tally, err
}

// Gaps are serials that are not there between the lowest and the highest of
// those that share their letters: forms of which nobody knows. At most 100.
func (s *Service) Gaps(ctx context.Context, center access.InstitutionID) (gaps []string, err error) {
	next := map[string]int64{} // letters and width -> the number that should follow
	err = s.db.Each(ctx, func(scan func(...any) error) error {
		var serial string
		if err := scan(&serial); err != nil {
			return err
		}
		m := serialShape.FindStringSubmatch(serial)
		if m == nil || len(gaps) >= 100 {
			return nil
		}
		n, _ := strconv.ParseInt(m[2], 10, 64)
		key := m[1] + "/" + strconv.Itoa(len(m[2]))
		expected, seen := next[key]
		for missing := expected; seen && missing < n && len(gaps) < 100; missing++ {
			gaps = append(gaps, fmt.Sprintf("%s%0*d", m[1], len(m[2]), missing))
		}
		next[key] = n + 1
		return nil
	}, `select serial from training_blanks where center = ? order by serial_key, serial`, center)
	return gaps, err
}

// reasonOf is a reason in words: 5 to 500 letters.
func reasonOf(text string) (string, error) {
	text = strings.TrimSpace(text)
	if n := len([]rune(text)); n < 5 || n > 500 {
		return "", fault.InvalidFields([]fault.Field{{Name: "powod", Key: "papers.fault.reason"}})
	}
	return text, nil
}
