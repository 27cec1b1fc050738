package networking

import (
	"context"
	"slices"
	"strings"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// How long things stay after their end, in days. Nobody has found these numbers
// in an act; they are to be agreed with the protection officer.
const (
	keepEntries  = 365 // from the end of an entry
	keepContacts = 365 // from the last word
	keepSafety   = 365 // from the decision
	keepMeetings = 90  // from the day it was said
)

const publicTask = "art. 6 ust. 1 lit. e RODO"

// Purposes are what this package holds personal data for, to be declared in
// wiring before the accounts.
func (s *Service) Purposes() []privacy.Purpose {
	identity := []string{"privacy.category.identity", "privacy.category.role"}
	purpose := func(name string, days int, recipients []string, holds ...privacy.Holding) privacy.Purpose {
		return privacy.Purpose{Key: "networking." + name, Module: "networking", Text: "networking.purpose." + name, Controller: privacy.Operator, Basis: publicTask,
			Voluntary: true, Categories: identity, Recipients: recipients, Keep: privacy.Keep{Days: days, Since: "networking.since." + name}, Holds: holds}
	}
	others := []string{"networking.recipient.users"}
	sides := []string{"networking.recipient.sides", "networking.recipient.moderators"}
	return []privacy.Purpose{
		purpose("entries", keepEntries, others, s.holdEntries(), s.holdSilent()),
		purpose("contacts", keepContacts, sides, s.holdMessages(), s.holdAddresses(), s.holdRequests(), s.holdIntros()),
		purpose("meetings", keepMeetings, others, s.holdMeetings()),
		purpose("safety", keepSafety, []string{"networking.recipient.moderators"}, s.holdBlocks(), s.holdReports(), s.holdSuspensions(), s.holdDays()),
	}
}

// spent is how rows of a table end: those that the condition finds, with one
// mark for the moment before which they had their time.
type spent struct{ table, key, where string }

func (x spent) expired(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
	err = r.Get(ctx, &n, `select count(*) from `+x.table+` where `+x.where, before.Unix())
	return n, err
}

func (x spent) sweep(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
	n, err := tx.Exec(ctx, `delete from `+x.table+` where (`+x.key+`) in (select `+x.key+` from `+x.table+` where `+x.where+` limit ?)`, before.Unix(), limit)
	return int(n), err
}

// kept rows go with the account alone.
func kept(context.Context, db.Reader, time.Time) (int, error)      { return 0, nil }
func nothing(context.Context, *db.Tx, time.Time, int) (int, error) { return 0, nil }

// eraser makes an Erase of statements, in which each mark is the person.
func eraser(queries ...string) func(ctx context.Context, tx *db.Tx, person string) (int, error) {
	return func(ctx context.Context, tx *db.Tx, person string) (total int, err error) {
		for _, query := range queries {
			n, err := tx.Exec(ctx, query, slices.Repeat([]any{person}, strings.Count(query, "?"))...)
			if err != nil {
				return 0, err
			}
			total += int(n)
		}
		return total, nil
	}
}

func field(name, value string) privacy.Field {
	return privacy.Field{Key: "networking.export." + name, Value: value}
}

// exporter makes an Export of a query that reads an id, a moment and texts, one
// for each name. Each mark of the query is the person.
func (s *Service) exporter(query string, names ...string) func(ctx context.Context, person string) ([]privacy.Item, error) {
	return func(ctx context.Context, person string) (items []privacy.Item, err error) {
		err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var id string
			var at int64
			texts := make([]string, len(names))
			dest := []any{&id, &at}
			for n := range texts {
				dest = append(dest, &texts[n])
			}
			if err := scan(dest...); err != nil {
				return err
			}
			item := privacy.Item{ID: id, At: time.Unix(at, 0)}
			for n, name := range names {
				if texts[n] != "" {
					item.Fields = append(item.Fields, field(name, texts[n]))
				}
			}
			items = append(items, item)
			return nil
		}, query, slices.Repeat([]any{person}, strings.Count(query, "?"))...)
		return items, err
	}
}

func (s *Service) holdEntries() privacy.Holding {
	x := spent{"directory_network_entries", "id", `state <> 'open' and closed_at < ?`}
	return privacy.Holding{Table: x.table, Title: "networking.holding.entries", Keeps: "networking.keeps.entries",
		Export: s.exporter(`select id, created_at, side, body, until, state, why_hidden from directory_network_entries where person = ? and owner = 'person' order by id`,
			"side", "text", "until", "state", "why"),
		Erase: s.eraseEntries, Expired: x.expired, Sweep: s.sweepEntries}
}

// eraseEntries deletes the personal entries and forgets who wrote those of an
// institution: these are the institution's.
func (s *Service) eraseEntries(ctx context.Context, tx *db.Tx, person string) (int, error) {
	var ids []string
	if err := tx.Select(ctx, &ids, `select id from directory_network_entries where person = ? and owner = ? order by id limit 200`, person, ownPerson); err != nil {
		return 0, err
	}
	if err := s.drop(ctx, tx, ids); err != nil {
		return 0, err
	}
	n, err := tx.Exec(ctx, `update directory_network_entries set person = '' where person = ? and owner = ?`, person, ownInstitution)
	return len(ids) + int(n), err
}

func (s *Service) sweepEntries(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
	var ids []string
	err := tx.Select(ctx, &ids, `select id from directory_network_entries where state <> ? and closed_at < ? order by id limit ?`, stateOpen, before.Unix(), limit)
	if err != nil {
		return 0, err
	}
	return len(ids), s.drop(ctx, tx, ids)
}

// drop deletes entries with what hangs on them.
func (s *Service) drop(ctx context.Context, tx *db.Tx, ids []string) error {
	for _, id := range ids {
		if err := s.concern(ctx, tx, id, nil); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from directory_network_entries where id = ?`, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) holdSilent() privacy.Holding {
	return privacy.Holding{Table: "directory_network_silent", Title: "networking.holding.silent",
		Export: s.exporter(`select id, at from directory_network_silent where kind = 'person' and id = ?`),
		Erase:  eraser(`delete from directory_network_silent where kind = 'person' and id = ?`), Expired: kept, Sweep: nothing}
}

// ofOldTalks are rows of talks in which the last word is old.
const ofOldTalks = `request in (select id from directory_contact_requests where last_at < ? and state <> 'open')`

func (s *Service) holdMessages() privacy.Holding {
	x := spent{"directory_contact_messages", "id", ofOldTalks}
	return privacy.Holding{Table: x.table, Title: "networking.holding.messages",
		Export: s.exporter(`select id, at, body from directory_contact_messages where author = ? order by id`, "text"),
		Erase:  eraser(`delete from directory_contact_messages where author = ?`), Expired: x.expired, Sweep: x.sweep}
}

func (s *Service) holdAddresses() privacy.Holding {
	x := spent{"directory_contact_addresses", "request, person", ofOldTalks}
	return privacy.Holding{Table: x.table, Title: "networking.holding.addresses",
		Export: s.exporter(`select request, at, address from directory_contact_addresses where person = ? order by request`, "address"),
		Erase:  eraser(`delete from directory_contact_addresses where person = ?`), Expired: x.expired, Sweep: x.sweep}
}

func (s *Service) holdRequests() privacy.Holding {
	x := spent{"directory_contact_requests", "id", `last_at < ? and state <> 'open' and not exists (select 1 from directory_contact_messages m where m.request = directory_contact_requests.id)
		and not exists (select 1 from directory_contact_addresses a where a.request = directory_contact_requests.id)`}
	return privacy.Holding{Table: x.table, Title: "networking.holding.requests", Keeps: "networking.keeps.requests",
		Export: s.exporter(`select id, created_at, case when asker = ? then reason else '' end, case when answered_by = ? then answer else '' end, state
			from directory_contact_requests where asker = ? or person = ? or answered_by = ? order by id`, "text", "answer", "state"),
		Erase: eraser(`update directory_contact_requests set asker = '', reason = '', asker_role = '', asker_at = '', state = case when state = 'open' then 'withdrawn' else state end where asker = ?`,
			`update directory_contact_requests set person = '', role = '', answer = '', state = case when state = 'open' then 'expired' else state end where person = ?`,
			`update directory_contact_requests set answered_by = '', answer = '' where answered_by = ?`),
		Expired: x.expired, Sweep: x.sweep}
}

func (s *Service) holdIntros() privacy.Holding {
	x := spent{"directory_contact_intros", "id", `last_at < ? and state <> 'open'`}
	return privacy.Holding{Table: x.table, Title: "networking.holding.intros",
		Export: s.exporter(`select id, created_at, case when by_person = ? then why else '' end, case when first = ? then first_says when second = ? then second_says else '' end
			from directory_contact_intros where by_person = ? or first = ? or second = ? order by id`, "text", "answer"),
		Erase: eraser(`update directory_contact_requests set intro = '' where intro in (select id from directory_contact_intros where by_person = ? or first = ? or second = ?)`,
			`delete from directory_contact_intros where by_person = ? or first = ? or second = ?`), Expired: x.expired, Sweep: x.sweep}
}

func (s *Service) holdMeetings() privacy.Holding {
	x := spent{"directory_network_meetings", "event_kind, event, person", `at < ?`}
	return privacy.Holding{Table: x.table, Title: "networking.holding.meetings",
		Export: s.exporter(`select event, at, event_kind from directory_network_meetings where person = ? order by at`, "event"),
		Erase:  eraser(`delete from directory_network_meetings where person = ?`), Expired: x.expired, Sweep: x.sweep}
}

// holdBlocks does not tell anybody who blocked them.
func (s *Service) holdBlocks() privacy.Holding {
	return privacy.Holding{Table: "directory_contact_blocks", Title: "networking.holding.blocks",
		Export: s.exporter(`select blocked, at from directory_contact_blocks where blocker = ? order by at`),
		Erase:  eraser(`delete from directory_contact_blocks where blocker = ? or blocked = ?`), Expired: kept, Sweep: nothing}
}

// holdReports tells people what they reported, not what others reported of them.
func (s *Service) holdReports() privacy.Holding {
	x := spent{"directory_contact_reports", "id", `decided_at < ?`}
	return privacy.Holding{Table: x.table, Title: "networking.holding.reports", Keeps: "networking.keeps.reports",
		Export: s.exporter(`select id, created_at, reason, state from directory_contact_reports where reporter = ? order by id`, "text", "state"),
		Erase: eraser(`update directory_contact_reports set reporter = '', reason = '' where reporter = ?`,
			`update directory_contact_reports set person = '', piece = '', context = '', words = '' where person = ?`),
		Expired: x.expired, Sweep: x.sweep}
}

func (s *Service) holdSuspensions() privacy.Holding {
	x := spent{"directory_contact_suspensions", "person", `ends_at < ?`}
	return privacy.Holding{Table: x.table, Title: "networking.holding.suspensions",
		Export: s.exporter(`select report, at, until, words from directory_contact_suspensions where person = ?`, "until", "why"),
		Erase:  eraser(`delete from directory_contact_suspensions where person = ?`), Expired: x.expired, Sweep: x.sweep}
}

// holdDays are counts that the hourly work forgets after a week.
func (s *Service) holdDays() privacy.Holding {
	return privacy.Holding{Table: "directory_contact_days", Title: "networking.holding.days", Withheld: "networking.withheld.days",
		Erase: eraser(`delete from directory_contact_days where person = ?`), Expired: kept, Sweep: nothing}
}
