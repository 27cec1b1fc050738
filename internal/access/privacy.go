package access

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/privacy"
)

// What access holds about people, for how long, and how a person is taken out
// of it.
//
// An erased account is a row without a name: '' in the name and the address,
// the id with a '#' as its login, which no address can be. The row itself
// stays, because the official record hangs on its id: who held which office in
// which institution, and from when until when. Roles that are no office (pupil,
// guardian, resident) go.

// Numbers that this package reckons with. Nobody has found them in an act:
// they are settings, to be agreed with the officer.
const (
	AccountsKeep = "access.accounts_keep" // accounts, from the day they were closed
	ActsKeep     = "access.acts_keep"     // prepared acts and proxies, from their end
)

// Params are the declarations of these numbers.
func Params() []law.Param {
	const basis = "ustawienie tej instalacji, do uzgodnienia z inspektorem ochrony danych"
	setting := func(key, title string) law.Param {
		return law.Param{Key: key, Unit: law.Months, Title: title, Default: []law.Default{{Value: "24", Basis: basis}}}
	}
	return []law.Param{setting(AccountsKeep, "account_data.param.accounts"), setting(ActsKeep, "account_data.param.acts")}
}

// settledKeep is how many days an invitation or a claim stays after its end.
const settledKeep = 30

// publicTask is the basis of everything here: people act for public bodies.
const publicTask = "art. 6 ust. 1 lit. e RODO"

// Purposes are what this package holds personal data for. What others keep of
// an account that ran out (settings of letters, addresses of feeds) leaves
// takes away, in the same transaction.
//
// Accounts come last: invitations and acts know people by the address, which
// goes with the account.
func (s *Service) Purposes(leaves func(ctx context.Context, tx *db.Tx, person string) error) []privacy.Purpose {
	p := private{s, leaves}
	staff := []string{"privacy.recipient.institution", "privacy.recipient.administrators"}
	return []privacy.Purpose{{
		Key: "access.invitations", Module: "access", Text: "account_data.purpose.invitations", Controller: privacy.Operator, Basis: publicTask,
		Categories: []string{"privacy.category.identity", "privacy.category.contact", "privacy.category.role"}, Recipients: staff,
		Keep:  privacy.Keep{Days: settledKeep, Since: "account_data.since.end"},
		Holds: []privacy.Holding{p.invitations()},
	}, {
		Key: "access.claims", Module: "access", Text: "account_data.purpose.claims", Controller: privacy.Operator, Basis: publicTask,
		Categories: []string{"privacy.category.identity", "privacy.category.role"}, Recipients: staff,
		Keep:  privacy.Keep{Days: settledKeep, Since: "account_data.since.decision"},
		Holds: []privacy.Holding{p.claims()},
	}, {
		Key: "access.acts", Module: "access", Text: "account_data.purpose.acts", Controller: privacy.Operator, Basis: publicTask,
		Categories: []string{"privacy.category.identity", "privacy.category.role", "privacy.category.acts"}, Recipients: staff,
		Keep:  privacy.Keep{Param: ActsKeep, Since: "account_data.since.end"},
		Holds: []privacy.Holding{p.acts(), p.proxies()},
	}, {
		Key: "access.accounts", Module: "access", Text: "account_data.purpose.accounts", Controller: privacy.Operator, Basis: publicTask,
		Categories: []string{"privacy.category.identity", "privacy.category.contact", "privacy.category.role", "privacy.category.login"},
		Recipients: append([]string{"privacy.recipient.self"}, staff...),
		Keep:       privacy.Keep{Param: AccountsKeep, Since: "account_data.since.closed"},
		Holds:      []privacy.Holding{p.words(), p.sessions(), p.factors(), p.codes(), p.mailLinks(), p.cards(), p.roles(), p.people()},
	}}
}

// private makes the holdings.
type private struct {
	*Service
	leaves func(ctx context.Context, tx *db.Tx, person string) error
}

// lapse is how rows of a table end: those that the condition finds, which has
// one mark, for the moment before which they had their time.
type lapse struct{ table, key, where string }

func (l lapse) expired(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
	err = r.Get(ctx, &n, "select count(*) from "+l.table+" where "+l.where, before.Unix())
	return n, err
}

func (l lapse) sweep(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
	n, err := tx.Exec(ctx, "delete from "+l.table+" where ("+l.key+") in (select "+l.key+" from "+l.table+" where "+l.where+" limit ?)", before.Unix(), limit)
	return int(n), err
}

// ofClosed are rows whose person closed the account before the moment.
const ofClosed = `person in (select id from access_people where closed_at < ?)`

// eraser makes an Erase of one statement, in which each mark is the person.
func eraser(query string) func(ctx context.Context, tx *db.Tx, person string) (int, error) {
	return func(ctx context.Context, tx *db.Tx, person string) (int, error) {
		return run(ctx, tx, query, slices.Repeat([]any{person}, strings.Count(query, "?"))...)
	}
}

func run(ctx context.Context, tx *db.Tx, query string, args ...any) (int, error) {
	n, err := tx.Exec(ctx, query, args...)
	return int(n), err
}

func (p private) words() privacy.Holding {
	l := lapse{"access_words", "word, person", ofClosed}
	return privacy.Holding{Table: l.table, Title: "account_data.holding.words", Withheld: "account_data.withheld.words",
		Erase: eraser(`delete from access_words where person = ?`), Expired: l.expired, Sweep: l.sweep}
}

func (p private) sessions() privacy.Holding {
	l := lapse{"access_sessions", "token", `expires_at < ?`} // the hourly sweep is there before
	return privacy.Holding{Table: l.table, Title: "account_data.holding.sessions", Export: p.exportSessions,
		Erase: eraser(`delete from access_sessions where person = ?`), Expired: l.expired, Sweep: l.sweep}
}

func (p private) exportSessions(ctx context.Context, person string) ([]privacy.Item, error) {
	all, err := p.sessionsOf(ctx, PersonID(person))
	var items []privacy.Item
	for _, o := range all {
		items = append(items, privacy.Item{ID: o.ID, At: time.Unix(o.Begun, 0), Fields: []privacy.Field{
			{Key: "account_data.export.device", Value: o.Device}, {Key: "account_data.export.seen", Value: moment(o.Seen)}}})
	}
	return items, err
}

func (p private) factors() privacy.Holding {
	l := lapse{"access_factors", "person, kind", ofClosed}
	return privacy.Holding{Table: l.table, Title: "account_data.holding.factors", Export: p.exportFactors,
		Erase: eraser(`delete from access_factors where person = ?`), Expired: l.expired, Sweep: l.sweep}
}

// exportFactors leaves the secret out: who has it signs in.
func (p private) exportFactors(ctx context.Context, person string) ([]privacy.Item, error) {
	var rows []struct {
		Kind string `db:"kind"`
		At   int64  `db:"confirmed_at"`
	}
	err := p.db.Select(ctx, &rows, `select kind, confirmed_at from access_factors where person = ? order by kind`, person)
	var items []privacy.Item
	for _, r := range rows {
		items = append(items, privacy.Item{At: time.Unix(r.At, 0), Fields: []privacy.Field{{Key: "account_data.export.kind", Value: r.Kind}}})
	}
	return items, err
}

func (p private) codes() privacy.Holding {
	l := lapse{"access_codes", "person, kind, number", ofClosed}
	return privacy.Holding{Table: l.table, Title: "account_data.holding.codes", Withheld: "account_data.withheld.codes",
		Erase: eraser(`delete from access_codes where person = ?`), Expired: l.expired, Sweep: l.sweep}
}

func (p private) mailLinks() privacy.Holding {
	l := lapse{"access_mail_links", "login, purpose", `expires_at < ?`} // the hourly sweep is there before
	return privacy.Holding{Table: l.table, Title: "account_data.holding.mail_links", Withheld: "account_data.withheld.mail_links",
		Erase:   eraser(`delete from access_mail_links where login = (select login from access_people where id = ?)`),
		Expired: l.expired, Sweep: l.sweep}
}

func (p private) cards() privacy.Holding {
	const where = `coalesce(voided_at, (select closed_at from access_people q where q.id = access_cards.person)) < ?`
	l := lapse{"access_cards", "number", where}
	return privacy.Holding{Table: l.table, Title: "account_data.holding.cards", Export: p.exportCards,
		Erase: eraser(`delete from access_cards where person = ?`), Expired: l.expired, Sweep: l.sweep}
}

func (p private) exportCards(ctx context.Context, person string) ([]privacy.Item, error) {
	var rows []struct {
		Number      string        `db:"number"`
		Institution InstitutionID `db:"institution"`
		Issued      int64         `db:"issued_at"`
		Used        *int64        `db:"used_at"`
		Voided      *int64        `db:"voided_at"`
	}
	err := p.db.Select(ctx, &rows, `select number, institution, issued_at, used_at, voided_at from access_cards where person = ? order by issued_at`, person)
	if err != nil {
		return nil, err
	}
	w, err := p.wording(ctx, person)
	var items []privacy.Item
	for _, r := range rows {
		place, e := w.place(ctx, r.Institution)
		if e != nil {
			return nil, e
		}
		items = append(items, privacy.Item{ID: r.Number, At: time.Unix(r.Issued, 0), Fields: []privacy.Field{
			{Key: "account_data.export.place", Value: place}, {Key: "account_data.export.used", Value: momentOr(r.Used)},
			{Key: "account_data.export.ended", Value: momentOr(r.Voided)}}})
	}
	return items, err
}

// roles are the official record, but for those that are no office.
func (p private) roles() privacy.Holding {
	l := lapse{"access_roles", "person, institution, role", noOffice + ` and ` + ofClosed}
	return privacy.Holding{Table: l.table, Title: "account_data.holding.roles", Keeps: "account_data.keeps.roles", Export: p.exportRoles,
		Erase: p.eraseRoles, Expired: l.expired, Sweep: l.sweep}
}

const noOffice = `role in ('pupil', 'guardian', 'resident')`

func (p private) exportRoles(ctx context.Context, person string) ([]privacy.Item, error) {
	spans, err := spansOf(ctx, p.db, PersonID(person))
	if err != nil {
		return nil, err
	}
	w, err := p.wording(ctx, person)
	if err != nil {
		return nil, err
	}
	var items []privacy.Item
	for _, s := range spans {
		place, err := w.place(ctx, s.Institution)
		if err != nil {
			return nil, err
		}
		item := privacy.Item{At: time.Unix(s.since, 0), Fields: []privacy.Field{w.role(s.Role), {Key: "account_data.export.place", Value: place}}}
		if s.until != 0 {
			item.Fields = append(item.Fields, privacy.Field{Key: "account_data.export.until", Value: moment(s.until)})
		}
		items = append(items, item)
	}
	return items, nil
}

// eraseRoles ends what is still held, so that duties are passed on as when
// somebody leaves, and deletes what is no office.
func (p private) eraseRoles(ctx context.Context, tx *db.Tx, person string) (int, error) {
	now := p.now().Unix()
	var held []Held
	err := tx.Select(ctx, &held, `select role, institution from access_roles where person = ? and (until is null or until > ?)`, person, now)
	if err != nil {
		return 0, err
	}
	for _, h := range held {
		if err := p.emitLeft(ctx, tx, Left{Person: PersonID(person), Institution: h.Institution, Role: h.Role}); err != nil {
			return 0, err
		}
	}
	gone, err := run(ctx, tx, `delete from access_roles where person = ? and `+noOffice, person)
	if err != nil {
		return 0, err
	}
	ended, err := run(ctx, tx, `update access_roles set until = ? where person = ? and (until is null or until > ?)`, now, person, now)
	if err != nil || gone+ended == 0 {
		return 0, err
	}
	return gone + ended, changed(ctx, tx, PersonID(person))
}

func (p private) people() privacy.Holding {
	return privacy.Holding{Table: "access_people", Title: "account_data.holding.people", Keeps: "account_data.keeps.people",
		Export: p.exportPerson, Erase: p.erasePerson, Expired: lapse{table: "access_people", where: lapsed}.expired, Sweep: p.sweepPeople}
}

// lapsed are accounts that were closed and still have a name. One that was
// never closed is kept.
const lapsed = `closed_at < ? and name <> ''`

func (p private) exportPerson(ctx context.Context, person string) ([]privacy.Item, error) {
	who, err := p.Reachable(ctx, PersonID(person))
	if errors.Is(err, fault.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	item := privacy.Item{ID: person, At: time.Unix(who.CreatedAt, 0), Fields: []privacy.Field{
		{Key: "account_data.export.name", Value: who.Name}, {Key: "account_data.export.email", Value: who.Email},
		{Key: "account_data.export.lang", Value: string(who.Lang)}}}
	if who.ClosedAt != nil {
		item.Fields = append(item.Fields, privacy.Field{Key: "account_data.export.ended", Value: moment(*who.ClosedAt)})
	}
	return []privacy.Item{item}, nil
}

// erasePerson closes the account and takes the person out of it. The version
// rises, so no process goes on believing what it has read.
func (p private) erasePerson(ctx context.Context, tx *db.Tx, person string) (int, error) {
	return run(ctx, tx, `update access_people set name = '', sort_key = '', email = '', login = '#' || id, password = '', hat = '',
			closed_at = coalesce(closed_at, ?), version = version + 1
		where id = ? and (name <> '' or email <> '' or password <> '' or closed_at is null or login <> '#' || id)`, p.now().Unix(), person)
}

// sweepPeople erases accounts that were closed long ago, with all that lies
// beside them, here and elsewhere.
func (p private) sweepPeople(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
	var ids []string
	err := tx.Select(ctx, &ids, `select id from access_people where `+lapsed+` order by id limit ?`, before.Unix(), limit)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		for _, h := range []privacy.Holding{p.words(), p.sessions(), p.factors(), p.codes(), p.mailLinks(), p.cards(), p.roles(), p.people()} {
			if _, err := h.Erase(ctx, tx, id); err != nil {
				return 0, err
			}
		}
		if p.leaves == nil {
			continue
		}
		if err := p.leaves(ctx, tx, id); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (p private) invitations() privacy.Holding {
	l := lapse{"access_invitations", "id", `coalesce(settled_at, expires_at) < ?`}
	return privacy.Holding{Table: l.table, Title: "account_data.holding.invitations", Keeps: "account_data.keeps.invitations",
		Export: p.exportInvitations, Erase: p.eraseInvitations, Expired: l.expired, Sweep: l.sweep}
}

// ofInvited finds the invitations of a person: those accepted, and those to
// the address of the account.
const ofInvited = `(person = ? or login = (select login from access_people where id = ?))`

// exportInvitations lists those to the person and those that the person sent.
// Who was invited, or who invited, is the other's matter.
func (p private) exportInvitations(ctx context.Context, person string) ([]privacy.Item, error) {
	var rows []struct {
		ID          string        `db:"id"`
		Role        Role          `db:"role"`
		Institution InstitutionID `db:"institution"`
		State       string        `db:"state"`
		At          int64         `db:"made_at"`
		Sent        bool          `db:"sent"`
	}
	err := p.db.Select(ctx, &rows, `select id, role, institution, state, made_at, inviter = ? as sent from access_invitations
		where inviter = ? or `+ofInvited+` order by id`, person, person, person, person)
	if err != nil {
		return nil, err
	}
	w, err := p.wording(ctx, person)
	if err != nil {
		return nil, err
	}
	var items []privacy.Item
	for _, r := range rows {
		place, err := w.place(ctx, r.Institution)
		if err != nil {
			return nil, err
		}
		items = append(items, privacy.Item{ID: r.ID, At: time.Unix(r.At, 0), Fields: []privacy.Field{w.side(r.Sent), w.role(r.Role),
			{Key: "account_data.export.place", Value: place}, {Key: "account_data.export.state", Value: r.State}}})
	}
	return items, nil
}

// eraseInvitations leaves who invited to what and when. It writes down whose
// row it was, because the log of acts is asked for these rows when the address
// is gone already.
func (p private) eraseInvitations(ctx context.Context, tx *db.Tx, person string) (int, error) {
	return run(ctx, tx, `update access_invitations set name = '', login = '', person = ?,
			settled_at = coalesce(settled_at, ?), state = case when state = 'open' then 'withdrawn' else state end
		where `+ofInvited+` and (name <> '' or login <> '')`, person, p.now().Unix(), person, person)
}

// InvitationsOf are the ids of the invitations to a person, for whoever must
// find what was written about them under these ids.
func (s *Service) InvitationsOf(ctx context.Context, r db.Reader, person string) (ids []string, err error) {
	if person == "" {
		return nil, nil
	}
	err = r.Select(ctx, &ids, `select id from access_invitations where `+ofInvited+` order by id`, person, person)
	return ids, err
}

func (p private) claims() privacy.Holding {
	l := lapse{"access_claims", "id", `decided_at < ?`}
	return privacy.Holding{Table: l.table, Title: "account_data.holding.claims", Export: p.exportClaims,
		Erase: eraser(`delete from access_claims where person = ?`), Expired: l.expired, Sweep: l.sweep}
}

func (p private) exportClaims(ctx context.Context, person string) ([]privacy.Item, error) {
	var rows []struct {
		ID          string        `db:"id"`
		Role        Role          `db:"role"`
		Institution InstitutionID `db:"institution"`
		State       string        `db:"state"`
		At          int64         `db:"made_at"`
	}
	err := p.db.Select(ctx, &rows, `select id, role, institution, state, made_at from access_claims where person = ? order by id`, person)
	if err != nil {
		return nil, err
	}
	w, err := p.wording(ctx, person)
	if err != nil {
		return nil, err
	}
	var items []privacy.Item
	for _, r := range rows {
		place, err := w.place(ctx, r.Institution)
		if err != nil {
			return nil, err
		}
		items = append(items, privacy.Item{ID: r.ID, At: time.Unix(r.At, 0), Fields: []privacy.Field{w.role(r.Role),
			{Key: "account_data.export.place", Value: place}, {Key: "account_data.export.state", Value: r.State}}})
	}
	return items, nil
}

func (p private) proxies() privacy.Holding {
	l := lapse{"access_proxies", "id", `case when ended_at < until then ended_at else until end < ?`}
	return privacy.Holding{Table: l.table, Title: "account_data.holding.proxies", Keeps: "account_data.keeps.proxies",
		Export: p.exportProxies, Erase: p.eraseProxies, Expired: l.expired, Sweep: l.sweep}
}

// exportProxies gives the words of the scope to who wrote them only.
func (p private) exportProxies(ctx context.Context, person string) ([]privacy.Item, error) {
	var rows []Proxy
	err := p.db.Select(ctx, &rows, `select id, principal, agent, institution, role, scope, since, until, ended_at from access_proxies
		where principal = ? or agent = ? order by id`, person, person)
	if err != nil {
		return nil, err
	}
	w, err := p.wording(ctx, person)
	if err != nil {
		return nil, err
	}
	var items []privacy.Item
	for _, r := range rows {
		place, err := w.place(ctx, r.Institution)
		if err != nil {
			return nil, err
		}
		given := r.Principal == PersonID(person)
		item := privacy.Item{ID: r.ID, At: time.Unix(r.Since, 0), Fields: []privacy.Field{w.side(given), w.role(r.Role),
			{Key: "account_data.export.place", Value: place}, {Key: "account_data.export.until", Value: moment(r.Until)}}}
		if given {
			item.Fields = append(item.Fields, privacy.Field{Key: "account_data.export.scope", Value: r.Scope})
		}
		items = append(items, item)
	}
	return items, nil
}

func (p private) eraseProxies(ctx context.Context, tx *db.Tx, person string) (int, error) {
	now := p.now().Unix()
	return run(ctx, tx, `update access_proxies set scope = '', ended_at = coalesce(ended_at, case when until < ? then until else cast(? as bigint) end)
		where (principal = ? or agent = ?) and (scope <> '' or ended_at is null)`, now, now, person, person)
}

func (p private) acts() privacy.Holding {
	l := lapse{"access_acts", "id", `decided_at < ?`}
	return privacy.Holding{Table: l.table, Title: "account_data.holding.acts", Keeps: "account_data.keeps.acts",
		Export: p.exportActs, Erase: p.eraseActs, Expired: l.expired, Sweep: l.sweep}
}

// exportActs lists what the person prepared or decided, without the content:
// that is about others.
func (p private) exportActs(ctx context.Context, person string) ([]privacy.Item, error) {
	var rows []Act
	err := p.db.Select(ctx, &rows, `select id, institution, kind, prepared_by, prepared_at, state from access_acts
		where prepared_by = ? or decided_by = ? order by id`, person, person)
	if err != nil {
		return nil, err
	}
	w, err := p.wording(ctx, person)
	if err != nil {
		return nil, err
	}
	var items []privacy.Item
	for _, r := range rows {
		place, err := w.place(ctx, r.Institution)
		if err != nil {
			return nil, err
		}
		items = append(items, privacy.Item{ID: r.ID, At: time.Unix(r.PreparedAt, 0), Fields: []privacy.Field{w.side(r.PreparedBy == PersonID(person)),
			{Key: "account_data.export.kind", Value: w.act(r.Kind)}, {Key: "account_data.export.place", Value: place},
			{Key: "account_data.export.state", Value: r.State}}})
	}
	return items, nil
}

// eraseActs takes the person out of acts about them. That an act was prepared,
// and who decided, is the office's record and stays by ids. All acts are looked
// through: they are of two years, and nobody is erased often.
func (p private) eraseActs(ctx context.Context, tx *db.Tx, person string) (_ int, err error) {
	var login string
	if err := tx.Get(ctx, &login, `select coalesce((select login from access_people where id = ?), '')`, person); err != nil {
		return 0, err
	}
	type found struct{ id, payload string }
	var about []found
	err = tx.Each(ctx, func(scan func(dest ...any) error) error {
		var f found
		var kind string
		if err := scan(&f.id, &kind, &f.payload); err != nil {
			return err
		}
		if rest, named := withoutPerson(kind, f.payload, person, login); named {
			about = append(about, found{f.id, rest})
		}
		return nil
	}, `select id, kind, payload from access_acts`)
	if err != nil {
		return 0, err
	}
	for _, f := range about {
		if _, err := run(ctx, tx, `update access_acts set payload = ? where id = ?`, f.payload, f.id); err != nil {
			return 0, err
		}
		if f.payload != "[]" && f.payload != "{}" {
			continue
		}
		// Nothing is left that anybody could approve.
		_, err := run(ctx, tx, `update access_acts set state = 'refused', decided_at = ? where id = ? and state = 'waiting'`, p.now().Unix(), f.id)
		if err != nil {
			return 0, err
		}
	}
	words, err := run(ctx, tx, `update access_acts set reason = '' where (prepared_by = ? or decided_by = ?) and reason <> ''`, person, person)
	return len(about) + words, err
}

// withoutPerson is the payload of an act without a person, and whether it
// named them. Of a list of invitations the others' stay; another kind of act
// is about one person, and loses all its words.
func withoutPerson(kind, payload, person, login string) (rest string, named bool) {
	if kind != inviteAct {
		return "{}", strings.Contains(payload, `"`+person+`"`)
	}
	var list []Invitee
	if json.Unmarshal([]byte(payload), &list) != nil {
		return payload, false
	}
	left := slices.DeleteFunc(slices.Clone(list), func(i Invitee) bool {
		own, ok := loginOf(i.Email)
		return ok && own == login
	})
	if len(left) == len(list) {
		return payload, false
	}
	text, err := json.Marshal(left)
	if err != nil {
		return "[]", true
	}
	return string(text), true
}

// wording writes roles and places as the person reads them.
type wording struct {
	*Service
	l     *i18n.L
	names map[InstitutionID]string
}

func (s *Service) wording(ctx context.Context, person string) (*wording, error) {
	who, err := s.Reachable(ctx, PersonID(person))
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return nil, err
	}
	return &wording{s, s.catalog.In(langOr(who.Lang)), map[InstitutionID]string{}}, nil
}

func (w *wording) place(ctx context.Context, id InstitutionID) (string, error) {
	if id == "" {
		return w.l.T("rights.everywhere"), nil
	}
	if name, known := w.names[id]; known || w.directory == nil {
		return name, nil
	}
	found, err := w.directory.Names(ctx, []InstitutionID{id})
	w.names[id] = found[id]
	return found[id], err
}

func (w *wording) role(r Role) privacy.Field {
	return privacy.Field{Key: "account_data.export.role", Value: w.l.T("role." + string(r))}
}

// act is the name of a kind of act, where its module has given it one.
func (w *wording) act(kind string) string {
	if key := "act." + kind; w.catalog.Has(key) {
		return w.l.T(key)
	}
	return kind
}

// side tells whether the row is the person's own deed.
func (w *wording) side(own bool) privacy.Field {
	key := "account_data.side.received"
	if own {
		key = "account_data.side.given"
	}
	return privacy.Field{Key: "account_data.export.side", Value: w.l.T(key)}
}

func moment(at int64) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }

func momentOr(at *int64) string {
	if at == nil {
		return ""
	}
	return moment(*at)
}
