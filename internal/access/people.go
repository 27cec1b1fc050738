package access

import (
	"context"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// Person is somebody with an account.
type Person struct {
	ID        PersonID  `db:"id"`
	Name      string    `db:"name"`
	SortKey   string    `db:"sort_key"`
	Email     string    `db:"email"`
	Login     string    `db:"login"`
	Password  string    `db:"password"`
	Lang      i18n.Lang `db:"lang"`
	Demo      bool      `db:"demo"`
	CreatedAt int64     `db:"created_at"`
	ClosedAt  *int64    `db:"closed_at"`
}

const personColumns = `id, name, sort_key, email, login, password, lang, demo, created_at, closed_at`

// NewPerson is what is needed for an account.
type NewPerson struct {
	Name     string
	Email    string
	Password string // "" for an account that signs in by another way
	Lang     i18n.Lang
	Demo     bool
	Roles    []Held
}

// minPassword is counted in letters: length is worth more than odd signs.
const minPassword = 12

// check lists what is wrong with the words of a new account.
func (n NewPerson) check() error {
	var faults []fault.Field
	add := func(name, key string, args ...any) {
		faults = append(faults, fault.Field{Name: name, Key: key, Args: args})
	}
	if l := utf8.RuneCountInString(n.Name); l < 3 || l > 120 {
		add("name", "access.fault.name")
	} else if oddName(n.Name) {
		add("name", "staff.fault.name_signs")
	}
	if _, ok := loginOf(n.Email); !ok {
		add("email", "access.fault.email")
	}
	if l := utf8.RuneCountInString(n.Password); n.Password != "" && l < minPassword {
		add("password", "access.fault.password_short", "n", minPassword)
	} else if l > 200 {
		add("password", "access.fault.password_long")
	}
	return fault.InvalidFields(faults)
}

// oddName tells whether a name could be something else where it is read: names
// stand in letters and in the inboxes of heads, and anybody gives one to
// themselves. An end of a line would begin a paragraph of its own there, an
// address would be a link, and marks of direction turn words round.
func oddName(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsPrint(r) && r != '\u00a0' || strings.ContainsRune("@<>:;/\\=|", r)
	})
}

// loginOf is the address in the form in which accounts are found.
func loginOf(email string) (string, bool) {
	email = strings.TrimSpace(email)
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email || len(email) > 200 || strings.ContainsAny(email, " \"<>") {
		return "", false
	}
	return strings.ToLower(email), true
}

// AddPerson makes an account with roles. Who asks must hold ManagePeople, which
// only administrators do; once others may invite, they must give no role above
// their own. An invented person is refused over real data. An address that is
// taken is a Conflict.
func (s *Service) AddPerson(ctx context.Context, who Actor, n NewPerson) (PersonID, error) {
	if err := who.Must(ManagePeople); err != nil {
		return "", err
	}
	if n.Demo && !s.demo {
		return "", fault.New(fault.Forbidden, "fault.forbidden")
	}
	p, err := s.prepare(ctx, n)
	if err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error { return insertPerson(ctx, tx, p, n.Roles, s.now().Unix()) })
	return p.ID, err
}

// prepare checks a new person and hashes the password, outside a transaction.
func (s *Service) prepare(ctx context.Context, n NewPerson) (Person, error) {
	if err := n.check(); err != nil {
		return Person{}, err
	}
	p := Person{ID: NewPersonID(), Name: n.Name, SortKey: i18n.SortKey(n.Name), Email: n.Email, Lang: n.Lang, Demo: n.Demo}
	p.Login, _ = loginOf(n.Email)
	if p.Lang == "" {
		p.Lang = i18n.PL
	}
	if n.Password == "" {
		return p, nil
	}
	hash, err := s.hashPassword(ctx, n.Password)
	p.Password = hash
	return p, err
}

func insertPerson(ctx context.Context, tx *db.Tx, p Person, roles []Held, at int64) error {
	n, err := tx.Exec(ctx, `insert into access_people (id, name, sort_key, email, login, password, lang, demo, created_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (login) do nothing`,
		p.ID, p.Name, p.SortKey, p.Email, p.Login, p.Password, p.Lang, p.Demo, at)
	if err != nil {
		return err
	}
	if n == 0 {
		return &fault.Error{Kind: fault.Conflict, Key: "access.fault.email_taken",
			Fields: []fault.Field{{Name: "email", Key: "access.fault.email_taken"}}}
	}
	if err := writeWords(ctx, tx, p.ID, p.Name); err != nil {
		return err
	}
	for _, h := range roles {
		if err := giveRole(ctx, tx, p.ID, h, at, 0, ""); err != nil {
			return err
		}
	}
	return nil
}

// longestLimited is how long a role that must have an end lasts at most, and
// when nothing shorter is said.
const longestLimited = 366 * 24 * time.Hour

// giveRole lets a person hold a role from at until the given moment (0 for no
// end). A role held before is held anew.
func giveRole(ctx context.Context, tx *db.Tx, person PersonID, h Held, at, until int64, by PersonID) error {
	end, err := roleEnd(h, at, until)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into access_roles (person, institution, role, since, until, granted_by) values (?, ?, ?, ?, ?, ?)
		on conflict (person, institution, role) do update set until = excluded.until, granted_by = excluded.granted_by,
			since = case when access_roles.until is not null and access_roles.until <= excluded.since then excluded.since else access_roles.since end`,
		person, h.Institution, h.Role, at, end, by)
	if err != nil {
		return err
	}
	return changed(ctx, tx, person)
}

// roleEnd is when a role given now ends, nil for never. A role that does not
// go with the institution is Invalid.
func roleEnd(h Held, at, until int64) (*int64, error) {
	if !h.Role.Valid() || h.Role.Everywhere() != (h.Institution == "") {
		return nil, fault.New(fault.Invalid, "access.fault.role")
	}
	if last := at + int64(longestLimited.Seconds()); h.Role.Limited() && (until == 0 || until > last) {
		until = last
	}
	if until == 0 {
		return nil, nil
	}
	return &until, nil
}

func personByLogin(ctx context.Context, r db.Reader, login string) (Person, error) {
	var p Person
	err := r.Get(ctx, &p, `select `+personColumns+` from access_people where login = ? and closed_at is null`, login)
	return p, err
}

// DemoPeople are the invented people of a demo, for one-click sign-in.
func (s *Service) DemoPeople(ctx context.Context) ([]Actor, error) {
	if !s.demo {
		return nil, nil
	}
	var ids []PersonID
	if err := s.db.Select(ctx, &ids, `select id from access_people where demo and closed_at is null order by created_at, id limit 40`); err != nil {
		return nil, err
	}
	var all []Actor
	for _, id := range ids {
		a, err := s.Actor(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}
