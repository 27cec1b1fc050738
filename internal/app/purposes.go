package app

import (
	"context"
	"errors"
	"sort"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/files"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/web"
	"kladka/internal/training/takeover"
)

// Here stands what the installation holds personal data for. Modules declare
// their own purposes; for the platform's packages, which know nothing of
// modules, it is done here. A table that is in none of them needs a reason in
// purposes_test.go.

const (
	publicTask = "art. 6 ust. 1 lit. e RODO"
	legalDuty  = "art. 6 ust. 1 lit. c RODO"
)

// purposes are all of them but those of privacy itself. The account comes
// before letters and the log, so that nothing new is written about a person
// whose letters and rows are gone already.
func (m *modules) purposes(now func() time.Time) []privacy.Purpose {
	// Lists of invited people are found by their addresses, which go with the account.
	all := []privacy.Purpose{m.listsPurpose()}
	all = append(all, m.access.Purposes(func(ctx context.Context, tx *db.Tx, person string) error {
		_, err := m.notify.Erase(ctx, tx, person)
		return err
	})...)
	all = append(all, m.directory.Purposes()...)
	all = append(all, m.networking.Purposes()...)
	// What was taken over finds its people by their enrollments, which go after it.
	all = append(all, m.takeover.Purposes()...)
	all = append(all, m.training.Purposes()...)
	all = append(all, m.papers.Purposes()...)
	all = append(all, m.portfolio.Purposes()...)
	all = append(all, m.settlement.Purposes()...)
	all = append(all, m.surveys.Purposes()...)
	all = append(all, m.needs.Purposes()...)
	all = append(all, m.evaluation.Purposes()...)
	all = append(all, m.support.Purposes()...)
	all = append(all, m.ledger.Purposes()...)
	all = append(all, m.agreements.Purposes()...)
	all = append(all, m.plan.Purposes()...)
	all = append(all, m.meetings.Purposes()...)
	all = append(all, m.meetings.MinutesPurposes()...)
	all = append(all, m.meetings.LargePurposes()...)
	all = append(all, m.networks.Purposes()...)
	all = append(all, m.talk.Purposes()...)
	all = append(all, m.custody.Purposes()...)
	all = append(all, m.budget.Purposes()...)
	all = append(all, m.votes.Purposes()...)
	return append(all, m.inboxPurpose(), m.letterSettingsPurpose(), m.mailPurpose(), m.filesPurpose(), m.auditPurpose(now), repeatsPurpose(),
		lawPurpose(), contactsPurpose())
}

// notYet and nothing are the deletion of tables whose package deletes by its
// own clock (the function named beside them): no row is ever left for the
// nightly run, so its preview counts none.
func notYet(context.Context, db.Reader, time.Time) (int, error) { return 0, nil }

func nothing(context.Context, *db.Tx, time.Time, int) (int, error) { return 0, nil }

// field is a field of the download.
func field(key, value string) privacy.Field {
	return privacy.Field{Key: "purposes.export." + key, Value: value}
}

// listsPurpose is what stays of sheets of people after they were invited, so
// that the invitations can be taken back.
func (m *modules) listsPurpose() privacy.Purpose {
	forget := func(ctx context.Context, tx *db.Tx, person string) (int, error) {
		is, err := m.access.ImportLinesOf(ctx, tx, person)
		if err != nil {
			return 0, err
		}
		n, err := m.importing.Forget(ctx, tx, access.ImportKind, is)
		if err != nil {
			return n, err
		}
		taken, err := m.takeover.ImportLinesOf(ctx, tx, person)
		if err != nil {
			return n, err
		}
		for _, kind := range []string{takeover.Participants, takeover.Certificates} {
			more, err := m.importing.Forget(ctx, tx, kind, taken)
			if n += more; err != nil {
				return n, err
			}
		}
		return n, nil
	}
	return privacy.Purpose{Key: "importing.lists", Module: "importing", Text: "purposes.lists", Controller: privacy.Operator, Basis: publicTask,
		Categories: []string{"privacy.category.identity", "privacy.category.contact", "privacy.category.role"}, Recipients: []string{"purposes.recipient.inviters"},
		Keep: privacy.Keep{Days: 30, Since: "purposes.since.list"},
		Holds: []privacy.Holding{
			{Table: "importing_lines", Title: "purposes.holding.lists", Withheld: "purposes.withheld.lists", Erase: forget, Expired: notYet, Sweep: nothing},            // importing.sweep
			{Table: "importing_problems", Title: "purposes.holding.list_problems", Withheld: "purposes.withheld.lists", Erase: noneOf, Expired: notYet, Sweep: nothing}, // goes with the lines
		}}
}

// noneOf is the erasure of a table that another's erasure empties.
func noneOf(context.Context, *db.Tx, string) (int, error) { return 0, nil }

func (m *modules) inboxPurpose() privacy.Purpose {
	return privacy.Purpose{Key: "notify.inbox", Module: "notify", Text: "purposes.inbox", Controller: privacy.Operator, Basis: publicTask,
		Categories: []string{"privacy.category.acts"}, Recipients: []string{"privacy.recipient.self"},
		Keep: privacy.Keep{Days: 731, Since: "purposes.since.told"},
		Holds: []privacy.Holding{
			{Table: "notify_items", Title: "purposes.holding.inbox", Export: m.exportInbox, Erase: m.notify.Erase,
				Expired: notYet, Sweep: nothing}, // notify.Sweep
			{Table: "notify_letters", Title: "purposes.holding.letter_counts", Withheld: "purposes.withheld.counts", Erase: m.notify.Erase,
				Expired: notYet, Sweep: nothing}, // notify.Sweep
		}}
}

// inbox is what notify holds; somebody unknown has nothing there.
func (m *modules) inbox(ctx context.Context, person string) (notify.Held, error) {
	h, err := m.notify.Held(ctx, person)
	if errors.Is(err, fault.ErrNotFound) {
		err = nil
	}
	return h, err
}

func (m *modules) exportInbox(ctx context.Context, person string) ([]privacy.Item, error) {
	h, err := m.inbox(ctx, person)
	var items []privacy.Item
	for _, i := range h.Inbox {
		items = append(items, privacy.Item{At: time.Unix(i.At, 0), Fields: []privacy.Field{field("topic", i.Topic), field("text", i.Text),
			field("read", strconv.FormatBool(i.Read))}})
	}
	return items, err
}

// letterSettingsPurpose is what a person chose about letters. It goes with the
// account: access takes it away when the account had its time.
func (m *modules) letterSettingsPurpose() privacy.Purpose {
	hold := func(table, title string, export func(notify.Held) []privacy.Item) privacy.Holding {
		return privacy.Holding{Table: table, Title: title, Erase: m.notify.Erase, Expired: notYet, Sweep: nothing,
			Export: func(ctx context.Context, person string) ([]privacy.Item, error) {
				h, err := m.inbox(ctx, person)
				return export(h), err
			}}
	}
	return privacy.Purpose{Key: "notify.settings", Module: "notify", Text: "purposes.letter_settings", Controller: privacy.Operator, Basis: publicTask,
		Voluntary: true, Categories: []string{"purposes.category.settings"}, Recipients: []string{"privacy.recipient.self"},
		Keep: privacy.Keep{Param: access.AccountsKeep, Since: "account_data.since.closed"},
		Holds: []privacy.Holding{
			hold("notify_choices", "purposes.holding.topics", topicItems),
			hold("notify_people", "purposes.holding.hour", hourItems),
			hold("notify_feeds", "purposes.holding.feeds", feedItems),
		}}
}

func topicItems(h notify.Held) (items []privacy.Item) {
	for topic, often := range h.Topics {
		items = append(items, privacy.Item{Fields: []privacy.Field{field("topic", topic), field("often", string(often))}})
	}
	sort.Slice(items, func(i, j int) bool { return items[i].Fields[0].Value < items[j].Fields[0].Value })
	return items
}

func hourItems(h notify.Held) []privacy.Item {
	if h.Hour == 0 {
		return nil
	}
	return []privacy.Item{{Fields: []privacy.Field{field("hour", strconv.Itoa(h.Hour))}}}
}

// feedItems tells that an address is open, not which: only a digest is held.
func feedItems(h notify.Held) (items []privacy.Item) {
	if h.Calendar {
		items = append(items, privacy.Item{Fields: []privacy.Field{field("feed", "iCal")}})
	}
	if h.Feed {
		items = append(items, privacy.Item{Fields: []privacy.Field{field("feed", "RSS")}})
	}
	return items
}

func (m *modules) mailPurpose() privacy.Purpose {
	return privacy.Purpose{Key: "mail.letters", Module: "mail", Text: "purposes.mail", Controller: privacy.Operator, Basis: publicTask,
		Categories: []string{"privacy.category.contact"}, Recipients: []string{"privacy.recipient.administrators"},
		Keep: privacy.Keep{Days: 30, Since: "purposes.since.written"},
		Holds: []privacy.Holding{{Table: "mail_letters", Title: "purposes.holding.letters", Export: m.exportLetters, Erase: m.mail.Erase,
			Keeps: "purposes.keeps.letters", Expired: notYet, Sweep: nothing}}} // mail.Sweep
}

func (m *modules) exportLetters(ctx context.Context, person string) ([]privacy.Item, error) {
	held, err := m.mail.Held(ctx, person)
	var items []privacy.Item
	for _, l := range held {
		items = append(items, privacy.Item{At: time.Unix(l.Written, 0), Fields: []privacy.Field{field("topic", l.Topic), field("address", l.Address),
			field("state", string(l.State))}})
	}
	return items, err
}

func (m *modules) filesPurpose() privacy.Purpose {
	return privacy.Purpose{Key: "files.sent", Module: "files", Text: "purposes.files", Controller: privacy.Operator, Basis: publicTask,
		Categories: []string{"privacy.category.acts", "purposes.category.files"}, Recipients: []string{"privacy.recipient.institution"},
		Keep: privacy.Keep{Days: 1, Since: "purposes.since.sent"},
		Holds: []privacy.Holding{
			{Table: "files_files", Title: "purposes.holding.files", Keeps: "purposes.keeps.files", Export: m.exportFiles, Erase: m.eraseFiles,
				Expired: notYet, Sweep: nothing}, // files.Sweep
			{Table: "files_days", Title: "purposes.holding.file_counts", Withheld: "purposes.withheld.counts", Erase: m.eraseFiles,
				Expired: notYet, Sweep: nothing}, // files.Sweep
		}}
}

func (m *modules) exportFiles(ctx context.Context, person string) ([]privacy.Item, error) {
	held, err := m.files.Held(ctx, person)
	var items []privacy.Item
	for _, f := range held {
		items = append(items, privacy.Item{ID: string(f.ID), At: f.Sent, Fields: []privacy.Field{field("name", f.Name), field("type", f.Type),
			field("size", strconv.FormatInt(f.Size, 10))}})
	}
	return items, err
}

// eraseFiles counts outside the transaction: files tells no number.
func (m *modules) eraseFiles(ctx context.Context, tx *db.Tx, person string) (int, error) {
	held, err := m.files.Held(ctx, person)
	if err != nil {
		return 0, err
	}
	return len(held), m.files.Erase(ctx, tx, person)
}

func (m *modules) auditPurpose(now func() time.Time) privacy.Purpose {
	// The rows of invitations name the invited person and are filed under the
	// invitation, so they are erased under its id.
	erase := func(ctx context.Context, tx *db.Tx, person string) (rows int, err error) {
		ids, err := m.access.InvitationsOf(ctx, tx, person)
		if err != nil {
			return 0, err
		}
		for _, id := range append(ids, person) {
			n, err := m.audit.Erase(ctx, tx, audit.By{}, id, "", now())
			if err != nil {
				return 0, err
			}
			rows += n
		}
		return rows, nil
	}
	return privacy.Purpose{Key: "audit.log", Module: "audit", Text: "purposes.audit", Controller: privacy.Operator,
		Basis:      legalDuty + " w związku z art. 5 ust. 2 RODO",
		Categories: []string{"privacy.category.acts", "privacy.category.role"}, Recipients: []string{"purposes.recipient.log", "privacy.recipient.protection"},
		Keep: privacy.Keep{Param: law.AuditKeep, Since: "purposes.since.act"},
		Holds: []privacy.Holding{
			{Table: "audit_rows", Title: "purposes.holding.looks", Keeps: "purposes.keeps.audit", Export: m.exportLooks, Erase: erase,
				Expired: notYet, Sweep: nothing}, // audit.Expire
			{Table: "audit_waiting", Title: "purposes.holding.waiting", Withheld: "purposes.withheld.waiting", Keeps: "purposes.keeps.audit", Erase: erase,
				Expired: notYet, Sweep: nothing}, // audit.Link
			{Table: "db_outbox", Title: "purposes.holding.waiting", Withheld: "purposes.withheld.waiting", Keeps: "purposes.keeps.audit", Erase: erase,
				Expired: notYet, Sweep: nothing}, // db.Spread, within a second
		}}
}

// exportLooks lists who looked at the person's records, by role: the name of
// an official is that person's data.
func (m *modules) exportLooks(ctx context.Context, person string) ([]privacy.Item, error) {
	who, err := m.access.Reachable(ctx, access.PersonID(person))
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return nil, err
	}
	l := m.catalog.In(i18n.PL)
	if i18n.Valid(string(who.Lang)) {
		l = m.catalog.In(who.Lang)
	}
	var items []privacy.Item
	for at, more := (web.Cursor{}), true; more; {
		var looks []audit.Look
		if looks, more, err = m.audit.Looked(ctx, person, at, 500); err != nil {
			return nil, err
		}
		for _, k := range looks {
			items = append(items, privacy.Item{ID: k.ID, At: k.At, Fields: []privacy.Field{field("action", l.T("audit.action."+k.Action)),
				field("role", roleWords(l, k.By.Role)), field("institution", k.By.Institution)}})
			at = web.Cursor{Key: strconv.FormatInt(k.At.Unix(), 16), ID: k.ID}
		}
	}
	return items, nil
}

func roleWords(l *i18n.L, role string) string {
	if role == "" {
		return ""
	}
	return l.T("role." + role)
}

func repeatsPurpose() privacy.Purpose {
	return privacy.Purpose{Key: "repeats.forms", Module: "repeats", Text: "purposes.repeats", Controller: privacy.Operator, Basis: publicTask,
		Categories: []string{"privacy.category.acts"}, Recipients: []string{"purposes.recipient.nobody"},
		Keep: privacy.Keep{Days: 1, Since: "purposes.since.sent_form"},
		Holds: []privacy.Holding{{Table: "repeats", Title: "purposes.holding.repeats", Withheld: "purposes.withheld.repeats", Keeps: "purposes.keeps.repeats",
			Expired: notYet, Sweep: nothing}}} // repeats.Sweep
}

// lawPurpose is that the register of numbers says who checked them.
func lawPurpose() privacy.Purpose {
	return privacy.Purpose{Key: "law.checked", Module: "law", Text: "purposes.law", Controller: privacy.Operator, Basis: publicTask,
		Categories: []string{"privacy.category.identity", "privacy.category.acts"}, Recipients: []string{"privacy.recipient.public"},
		Keep: privacy.Keep{Filed: true},
		Holds: []privacy.Holding{{Table: "law_params", Title: "purposes.holding.law", Withheld: "purposes.withheld.law",
			Keeps: "purposes.keeps.law"}}}
}

// contactsPurpose is the register of controllers and their officers.
func contactsPurpose() privacy.Purpose {
	return privacy.Purpose{Key: "privacy.contacts", Module: "privacy", Text: "purposes.contacts", Controller: privacy.Operator,
		Basis:      legalDuty + " w związku z art. 13 i 14 RODO",
		Categories: []string{"privacy.category.identity", "privacy.category.contact"}, Recipients: []string{"privacy.recipient.public"},
		Keep: privacy.Keep{Filed: true},
		Holds: []privacy.Holding{{Table: "privacy_parties", Title: "purposes.holding.contacts", Withheld: "purposes.withheld.contacts",
			Keeps: "purposes.keeps.contacts"}}}
}

// Privacy keeps the registers of data protection; the command line repeats
// erasures with it.
func (a *App) Privacy() *privacy.Service { return a.privacy }

// Files are the files that people sent.
func (a *App) Files() *files.Service { return a.files }

// Notify tells people.
func (a *App) Notify() *notify.Service { return a.notify }
