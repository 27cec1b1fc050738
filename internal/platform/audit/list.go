package audit

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

// Filter narrows the list of the log. Zero fields do not narrow.
type Filter struct {
	Action      string
	ObjectID    string
	Institution string
	Person      string // who acted, for whom, or whose data it was
	From, To    string // days, both included
}

// The names of the filters in addresses. "od" and "do" belong to the pages.
const (
	askAction      = "dzialanie"
	askObject      = "obiekt"
	askInstitution = "instytucja"
	askPerson      = "osoba"
	askFrom        = "dnia_od"
	askTo          = "dnia_do"
)

var (
	actionShape = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)*$`)
	idShape     = regexp.MustCompile(`^[\p{L}\p{N}._:/+=-]+$`)
)

const longestWord = 120

// filterOf reads the filters of an address; what cannot be one is a fault of
// its field, and then the filter is without it.
func filterOf(q url.Values) (f Filter, err error) {
	var faults []fault.Field
	take := func(name string, fits func(string) bool, key string) string {
		v := strings.TrimSpace(q.Get(name))
		if v == "" || len(v) <= longestWord && fits(v) {
			return v
		}
		faults = append(faults, fault.Field{Name: name, Key: key})
		return ""
	}
	f.Action = take(askAction, actionShape.MatchString, "audit.fault_action")
	f.ObjectID = take(askObject, idShape.MatchString, "audit.fault_id")
	f.Institution = take(askInstitution, idShape.MatchString, "audit.fault_id")
	f.Person = take(askPerson, idShape.MatchString, "audit.fault_id")
	f.From = take(askFrom, isDay, "audit.fault_day")
	f.To = take(askTo, isDay, "audit.fault_day")
	return f, fault.InvalidFields(faults)
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// query is the filter in an address, without a place in the list.
func (f Filter) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{askAction: f.Action, askObject: f.ObjectID, askInstitution: f.Institution,
		askPerson: f.Person, askFrom: f.From, askTo: f.To} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (f Filter) href(path string) string {
	if q := f.query(); len(q) > 0 {
		return path + "?" + q.Encode()
	}
	return path
}

// where is the condition of the filter. Hidden rows answer to the action and
// the day only: found by a person or an institution, they would tell about whom
// they are.
func (f Filter) where() (sql string, args []any) {
	add := func(s string, a ...any) {
		sql += " and " + s
		args = append(args, a...)
	}
	if f.Action != "" {
		add(`r.action = ?`, f.Action)
	}
	if f.ObjectID != "" {
		add(`r.object_id = ? and r.object_id <> ''`, f.ObjectID)
	}
	if f.Institution != "" {
		add(`r.institution = ? and r.institution <> ''`, f.Institution)
	}
	if f.Person != "" {
		add(`((r.actor = ? and r.actor <> '') or (r.acting_for = ? and r.acting_for <> '') or (r.subject = ? and r.subject <> ''))`,
			f.Person, f.Person, f.Person)
	}
	if f.ObjectID+f.Institution+f.Person != "" {
		add(`not r.hidden`)
	}
	if day, err := time.ParseInLocation(time.DateOnly, f.From, web.Warsaw); err == nil {
		add(`r.at >= ?`, day.Unix())
	}
	if day, err := time.ParseInLocation(time.DateOnly, f.To, web.Warsaw); err == nil {
		add(`r.at < ?`, day.AddDate(0, 0, 1).Unix())
	}
	return sql, args
}

// shownRow is a row with its place in the chain.
type shownRow struct {
	row
	Seq  int64  `db:"seq"`
	Hash string `db:"hash"`
}

const shownColumns = rowColumns + `, coalesce(c.seq, 0) as seq, coalesce(c.hash, '') as hash`

// page reads up to n rows from a place, the newest first, and tells whether
// there is more in that direction.
func page(ctx context.Context, r db.Reader, where string, args []any, at web.Cursor, n int) (rows []shownRow, more bool, err error) {
	direction, compare := "desc", "<"
	if at.Back {
		direction, compare = "asc", ">"
	}
	if at.Key != "" {
		second, err := strconv.ParseInt(at.Key, 16, 64)
		if err != nil {
			return nil, false, fault.New(fault.BadRequest, "fault.cursor")
		}
		where += ` and (r.at, r.id) ` + compare + ` (?, ?)`
		args = append(slices.Clone(args), second, at.ID)
	}
	err = r.Select(ctx, &rows, `select `+shownColumns+` from audit_rows r left join audit_chain c on c.row_id = r.id
		where 1 = 1`+where+` order by r.at `+direction+`, r.id `+direction+` limit ?`, append(slices.Clone(args), n+1)...)
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > n; more {
		rows = rows[:n]
	}
	if at.Back {
		slices.Reverse(rows)
	}
	return rows, more, nil
}

func (r shownRow) cursor() web.Cursor {
	return web.Cursor{Key: fmt.Sprintf("%016x", r.At), ID: r.ID}
}

// list reads the log, the newest first, n rows from a place. Who may see it is
// the door's to know; what of a hidden row may be shown, the page's.
func (s *Log) list(ctx context.Context, f Filter, at web.Cursor, n int) ([]shownRow, bool, error) {
	where, args := f.where()
	return page(ctx, s.DB, where, args, at, n)
}

// looked reads the reads of a person's records by others, the newest first.
// Hidden ones are never among them.
func (s *Log) looked(ctx context.Context, person string, at web.Cursor, n int) ([]shownRow, bool, error) {
	return page(ctx, s.DB, ` and r.reading and not r.hidden and r.subject = ? and r.subject <> '' and r.actor <> ?`,
		[]any{person, person}, at, n)
}

// Look is one look at a person's records by somebody else.
type Look struct {
	ID     string
	At     time.Time
	Action string // its name is the text audit.action.ACTION
	By     By     // without Person when the reader was erased since
}

// Looked tells a person who looked at their records, the newest first, n from
// a place, and whether there are more. Reads of confidential reports and their
// own are not among them.
func (s *Log) Looked(ctx context.Context, person string, at web.Cursor, n int) (_ []Look, more bool, err error) {
	defer fault.Wrap(&err, "who looked")
	if person == "" {
		return nil, false, fault.New(fault.SignedOut, "fault.signed_out")
	}
	rows, more, err := s.looked(ctx, person, at, n)
	looks := make([]Look, len(rows))
	for i, r := range rows {
		looks[i] = Look{ID: r.ID, At: time.Unix(r.At, 0), Action: r.Action, By: r.by()}
	}
	return looks, more, err
}

func (r row) by() By {
	return By{Person: r.Actor, For: r.ActingFor, Role: r.Role, Institution: r.RoleInstitution}
}

// one reads a row by its id. A hidden one is not found: there is nothing of it
// to open.
func (s *Log) one(ctx context.Context, id string) (r shownRow, err error) {
	err = s.DB.Get(ctx, &r, `select `+shownColumns+` from audit_rows r left join audit_chain c on c.row_id = r.id
		where r.id = ? and not r.hidden`, id)
	return r, err
}
