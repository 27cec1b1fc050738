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
	"kladka/internal/platform/web"
)

// Side tells what an entry is about.
type Side string

// The sides.
const (
	Helps Side = "helps" // "mogę pomóc w"
	Looks Side = "looks" // "szukam pomocy w"
)

// Owners of entries, and the other sides of requests.
const (
	ownPerson      = "person"
	ownInstitution = "institution"
)

// States of an entry.
const (
	stateOpen   = "open"
	stateEnded  = "ended"
	stateHidden = "hidden"
)

// EntryKind is the kind of the object in topics and in the search.
const EntryKind = "offer"

// Entry is what somebody can help with or looks for.
type Entry struct {
	ID          string    `db:"id"`
	Side        Side      `db:"side"`
	Owner       string    `db:"owner"`
	Person      string    `db:"person"`
	Institution string    `db:"institution"`
	Role        string    `db:"role"`
	Lang        i18n.Lang `db:"lang"`
	Body        string    `db:"body"`
	OpenToAll   bool      `db:"open_to_all"`
	Until       string    `db:"until"`
	EndsAt      int64     `db:"ends_at"`
	State       string    `db:"state"`
	WhyHidden   string    `db:"why_hidden"`
	Revision    int64     `db:"revision"`
	CreatedAt   int64     `db:"created_at"`
	ChangedAt   int64     `db:"changed_at"`

	Topics []string `db:"-"`
}

const entryColumns = `e.id, e.side, e.owner, e.person, e.institution, e.role, e.lang, e.body, e.open_to_all, e.until, e.ends_at, e.state,
	e.why_hidden, e.revision, e.created_at, e.changed_at`

// Standing tells whether the entry is shown at a moment.
func (e Entry) Standing(now time.Time) bool { return e.State == stateOpen && e.EndsAt > now.Unix() }

// Draft is an entry as somebody writes it.
type Draft struct {
	Side        Side
	Institution string // in whose name, "" in one's own
	Topics      []string
	Body        string
	Until       string // "" for the end of the school year
	OpenToAll   bool
	Addresses   bool // the writer knows that the text holds an address
	Lang        i18n.Lang
}

// EndOfYear is the last day of the school year of a moment.
func EndOfYear(now time.Time) string {
	return time.Date(directory.SchoolYear(now)+1, time.August, 31, 0, 0, 0, 0, web.Warsaw).Format(time.DateOnly)
}

// span reads the last day of an entry and the midnight after it.
func span(until string, now time.Time) (string, int64, *fault.Field) {
	if until == "" {
		until = EndOfYear(now)
	}
	day, err := time.ParseInLocation(time.DateOnly, until, web.Warsaw)
	if err != nil {
		return "", 0, &fault.Field{Name: "do", Key: "networking.fault.date"}
	}
	first, last := midnight(now), midnight(now).AddDate(mostYears, 0, 0)
	if day.Before(first) || day.After(last) {
		return "", 0, &fault.Field{Name: "do", Key: "networking.fault.span", Args: []any{"n", mostYears}}
	}
	return until, day.AddDate(0, 0, 1).Unix(), nil
}

// check tidies a draft and finds what is wrong with it. Topics that the entry
// had may stay, also when they are offered no more.
func (s *Service) check(ctx context.Context, d *Draft, had []string, now time.Time) (endsAt int64, err error) {
	var faults []fault.Field
	if d.Side != Helps && d.Side != Looks {
		faults = append(faults, fault.Field{Name: "strona", Key: "networking.fault.side"})
	}
	d.Body = tidy(d.Body)
	faults = append(faults, checkText("opis", d.Body, mostText)...)
	if holdsAddress(d.Body) && !d.Addresses {
		faults = append(faults, fault.Field{Name: "opis", Key: "networking.fault.address"})
	}
	slices.Sort(d.Topics)
	d.Topics = slices.Compact(slices.DeleteFunc(d.Topics, func(id string) bool { return id == "" }))
	choices, err := s.Topics.Choices(ctx, s.Catalog.In(i18n.PL))
	if err != nil {
		return 0, err
	}
	strange := slices.ContainsFunc(d.Topics, func(id string) bool {
		return !slices.Contains(had, id) && !slices.ContainsFunc(choices, func(c web.Choice) bool { return c.Value == id })
	})
	if len(d.Topics) == 0 || len(d.Topics) > mostTopics || strange {
		faults = append(faults, fault.Field{Name: "temat", Key: "networking.fault.topics", Args: []any{"n", mostTopics}})
	}
	until, endsAt, wrong := span(d.Until, now)
	if wrong != nil {
		faults = append(faults, *wrong)
	}
	d.Until = until
	if !i18n.Valid(string(d.Lang)) {
		d.Lang = i18n.PL
	}
	if d.Institution == "" {
		d.OpenToAll = false // a person is never public
	}
	return endsAt, fault.InvalidFields(faults)
}

// Announce writes a new entry: in one's own name for whoever may use contacts,
// or in the name of an institution for whoever speaks for it. Faults:
// SignedOut, Forbidden, NotFound for an institution that the actor does not
// speak for, Invalid with fields, TooMany.
func (s *Service) Announce(ctx context.Context, who access.Actor, d Draft) (id string, err error) {
	defer fault.Wrap(&err, "announce what somebody helps with or looks for")
	now := s.now()
	if err := s.mayWrite(ctx, who, d.Institution); err != nil {
		return "", err
	}
	ends, err := s.check(ctx, &d, nil, now)
	if err != nil {
		return "", err
	}
	e := Entry{ID: newID(), Side: d.Side, Owner: ownPerson, Person: string(who.Person), Lang: d.Lang, Body: d.Body, OpenToAll: d.OpenToAll,
		Until: d.Until, EndsAt: ends, Topics: d.Topics}
	h := hat(who)
	e.Institution, e.Role = string(h.Institution), string(h.Role)
	if d.Institution != "" {
		e.Owner, e.Institution = ownInstitution, d.Institution
	}
	return e.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := s.mayUse(ctx, tx, who); err != nil {
			return err
		}
		if err := s.take(ctx, tx, e.Person, "entries", entriesADay, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into directory_network_entries (id, side, owner, person, institution, role, lang, body, open_to_all, until, ends_at,
			state, created_at, changed_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.ID, e.Side, e.Owner, e.Person, e.Institution, e.Role, e.Lang,
			e.Body, e.OpenToAll, e.Until, e.EndsAt, stateOpen, now.Unix(), now.Unix())
		if err != nil {
			return err
		}
		return s.concern(ctx, tx, e.ID, e.Topics)
	})
}

// mayWrite tells whether the actor may write in the name given.
func (s *Service) mayWrite(ctx context.Context, who access.Actor, institution string) error {
	if err := s.mayUse(ctx, s.db, who); err != nil {
		return err
	}
	if institution == "" {
		return ownName(who)
	}
	if _, err := known(institution); err != nil {
		return err
	}
	speaks, err := speaksFor(ctx, who, institution)
	if err != nil {
		return err
	}
	if !speaks {
		return fault.ErrNotFound
	}
	i, err := directory.ByID(ctx, s.db, access.InstitutionID(institution))
	if err == nil && i.Closed {
		return fault.New(fault.Conflict, "networking.fault.closed")
	}
	return err
}

// concern writes which topics an entry is about, here and in the vocabulary,
// and has it indexed anew.
func (s *Service) concern(ctx context.Context, tx *db.Tx, id string, topics []string) error {
	if _, err := tx.Exec(ctx, `delete from directory_network_topics where entry = ?`, id); err != nil {
		return err
	}
	for _, topic := range topics {
		if _, err := tx.Exec(ctx, `insert into directory_network_topics (entry, topic) values (?, ?)`, id, topic); err != nil {
			return err
		}
	}
	if err := s.Topics.Use(ctx, tx, EntryKind, id, topics); err != nil {
		return err
	}
	return s.touch(ctx, tx, id)
}

// entry reads one as it lies, whoever asks.
func entry(ctx context.Context, r db.Reader, id string) (e Entry, err error) {
	if _, err := known(id); err != nil {
		return e, err
	}
	if err := r.Get(ctx, &e, `select `+entryColumns+` from directory_network_entries e where e.id = ?`, id); err != nil {
		return e, err
	}
	err = r.Select(ctx, &e.Topics, `select topic from directory_network_topics where entry = ? order by topic`, id)
	return e, err
}

// owns tells whether the entry is the actor's to change: written in the own
// name, or in that of an institution that the actor speaks for.
func owns(ctx context.Context, who access.Actor, e Entry) (bool, error) {
	if e.Owner == ownPerson {
		return who.SignedIn() && e.Person == string(who.Person) && who.For == "" && who.May(access.UseContacts), nil
	}
	return speaksFor(ctx, who, e.Institution)
}

// Entry is one for who asks: an own one in any state, another's while it
// stands and is meant for the reader. Everything else is NotFound.
func (s *Service) Entry(ctx context.Context, who access.Actor, id string) (e Entry, mine bool, err error) {
	e, err = entry(ctx, s.db, id)
	if err != nil {
		return e, false, err
	}
	if mine, err = owns(ctx, who, e); err != nil || mine {
		return e, mine, err
	}
	sees, err := s.sees(ctx, who, e)
	if err != nil {
		return Entry{}, false, err
	}
	if !sees {
		return Entry{}, false, fault.ErrNotFound
	}
	return e, false, nil
}

// sees asks the list itself, so that a page shows exactly what the list does.
func (s *Service) sees(ctx context.Context, who access.Actor, e Entry) (bool, error) {
	q := s.visible(who, s.now())
	q.and(`e.id = ?`, e.ID)
	var one int
	err := s.db.Get(ctx, &one, `select 1 from `+entriesFrom+` where `+q.where(), q.args...)
	if errors.Is(err, fault.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Change writes an own entry anew; it stands until the day given then, also
// when it had ended. One that a moderator hid stays hidden. Faults: NotFound,
// Forbidden, Invalid, Conflict when somebody else changed it meanwhile.
func (s *Service) Change(ctx context.Context, who access.Actor, id string, revision int64, d Draft) (err error) {
	defer fault.Wrap(&err, "change entry %s", id)
	e, err := s.own(ctx, who, id)
	if err != nil {
		return err
	}
	d.Institution = ""
	if e.Owner == ownInstitution {
		d.Institution = e.Institution
	}
	if err := s.roof(ctx, who, &e); err != nil {
		return err
	}
	now := s.now()
	ends, err := s.check(ctx, &d, e.Topics, now)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update directory_network_entries set side = ?, lang = ?, body = ?, open_to_all = ?, until = ?, ends_at = ?, state = ?,
			warned = ?, revision = revision + 1, changed_at = ?, closed_at = null, institution = ?, role = ? where id = ? and revision = ? and state <> ?`,
			d.Side, d.Lang, d.Body, d.OpenToAll, d.Until, ends, stateOpen, false, now.Unix(), e.Institution, e.Role, id, revision, stateHidden)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "networking.fault.changed")
		}
		return s.concern(ctx, tx, id, d.Topics)
	})
}

// own is an entry that the actor may change now.
func (s *Service) own(ctx context.Context, who access.Actor, id string) (Entry, error) {
	if err := who.Must(access.UseContacts); err != nil {
		return Entry{}, err
	}
	e, err := entry(ctx, s.db, id)
	if err != nil {
		return e, err
	}
	mine, err := owns(ctx, who, e)
	if err != nil {
		return e, err
	}
	if !mine {
		return Entry{}, fault.ErrNotFound
	}
	return e, s.mayUse(ctx, s.db, who)
}

// roof puts a personal entry of somebody who left under the roof where they are
// now: nobody goes on offering in the name of a place that is theirs no more.
func (s *Service) roof(ctx context.Context, who access.Actor, e *Entry) error {
	if e.Owner != ownPerson {
		return nil
	}
	stays, err := s.under(ctx, who.Person, access.InstitutionID(e.Institution))
	if err != nil || stays {
		return err
	}
	h := hat(who)
	e.Institution, e.Role = string(h.Institution), string(h.Role)
	return nil
}

// Finish ends an own entry now. Done twice it is done once.
func (s *Service) Finish(ctx context.Context, who access.Actor, id string) (err error) {
	defer fault.Wrap(&err, "end entry %s", id)
	if err := who.Must(access.UseContacts); err != nil {
		return err
	}
	e, err := entry(ctx, s.db, id)
	if err != nil {
		return err
	}
	if mine, err := owns(ctx, who, e); err != nil || !mine {
		return errors.Join(err, fault.ErrNotFound)
	}
	now := s.now().Unix()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update directory_network_entries set state = ?, closed_at = ?, revision = revision + 1 where id = ? and state = ?`,
			stateEnded, now, id, stateOpen)
		if err != nil || n == 0 {
			return err
		}
		return s.touch(ctx, tx, id)
	})
}

// Renew lets an own entry stand until the end of the school year, or of the
// next one in its last two months.
func (s *Service) Renew(ctx context.Context, who access.Actor, id string) (until string, err error) {
	defer fault.Wrap(&err, "renew entry %s", id)
	e, err := s.own(ctx, who, id)
	if err != nil {
		return "", err
	}
	if err := s.roof(ctx, who, &e); err != nil {
		return "", err
	}
	now := s.now()
	until = EndOfYear(now.AddDate(0, 2, 0))
	until, ends, wrong := span(until, now)
	if wrong != nil {
		return "", fault.InvalidFields([]fault.Field{*wrong})
	}
	return until, s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update directory_network_entries set until = ?, ends_at = ?, state = ?, warned = ?, closed_at = null,
			institution = ?, role = ?, revision = revision + 1 where id = ? and state <> ?`, until, ends, stateOpen, false, e.Institution, e.Role, id, stateHidden)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "networking.fault.hidden")
		}
		return s.touch(ctx, tx, id)
	})
}
