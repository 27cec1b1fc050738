package talk

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring. The words of an erased person go: what somebody says in a discussion
// tells of them even without their name. The place in the thread stays, so that
// answers keep their number, and so does the title of a thread, without its author.
func (s *Service) Purposes() []privacy.Purpose {
	const threads, posts = `(select id from talk_threads where year_ends < ?)`,
		`(select p.id from talk_posts p join talk_threads t on t.id = p.thread where t.year_ends < ?)`
	purpose := func(key string, holds ...privacy.Holding) privacy.Purpose {
		return privacy.Purpose{Key: "talk." + key, Module: "networks", Text: "talk.purpose." + key, Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
			Categories: []string{"privacy.category.identity", "privacy.category.role"}, Recipients: []string{"talk.recipient.members", "talk.recipient.leads"},
			Keep: privacy.Keep{Param: KeepMonths, Since: "talk.since"}, Holds: holds}
	}
	return []privacy.Purpose{
		purpose("words",
			s.hold(shelf{table: "talk_posts", name: "posts", person: "author", clear: `author = id, words = '', gone = 'erased', reason = '', revision = revision + 1`, old: `id in ` + posts,
				export: `select p.id, t.title, p.words, p.at from talk_posts p join talk_threads t on t.id = p.thread where p.author = ? order by p.id`}),
			s.hold(shelf{table: "talk_threads", name: "threads", person: "author", clear: `author = id`, old: `year_ends < ?`,
				export: `select t.id, t.title, '' as what, t.at from talk_threads t where t.author = ? order by t.id`}),
			s.hold(shelf{table: "talk_marks", name: "marks", old: `thread in ` + threads,
				export: `select t.id, t.title, m.follow, t.at from talk_marks m join talk_threads t on t.id = m.thread where m.person = ? order by t.id`}),
			s.hold(shelf{table: "talk_mentions", name: "mentions", old: `post in ` + posts,
				export: `select p.id, t.title, '' as what, p.at from talk_mentions m join talk_posts p on p.id = m.post join talk_threads t on t.id = p.thread where m.person = ? order by p.id`}),
			s.hold(shelf{table: "talk_reports", name: "reports", old: `post in ` + posts,
				export: `select r.id, t.title, r.words, r.at from talk_reports r join talk_posts p on p.id = r.post join talk_threads t on t.id = p.thread where r.person = ? order by r.id`}),
			s.hold(shelf{table: "talk_letters", name: "letters", old: `thread in ` + threads,
				export: `select l.id, t.title, '' as what, l.at from talk_letters l join talk_threads t on t.id = l.thread where l.person = ? order by l.id`})),
		purpose("order",
			s.hold(shelf{table: "talk_posts", name: "judged", person: "hidden_by", clear: `hidden_by = ''`, old: `hidden_by <> '' and id in ` + posts,
				export: `select p.id, t.title, p.reason, p.hidden_at from talk_posts p join talk_threads t on t.id = p.thread where p.hidden_by = ? order by p.id`}),
			s.hold(shelf{table: "talk_reports", name: "settled", person: "settled_by", clear: `settled_by = ''`, old: `settled_by <> '' and post in ` + posts,
				export: `select r.id, t.title, r.state, r.settled_at from talk_reports r join talk_posts p on p.id = r.post join talk_threads t on t.id = p.thread where r.settled_by = ? order by r.id`}))}
}

// shelf is how one table holds people.
type shelf struct {
	table, name string
	person      string // column of the id, "person" when empty
	clear       string // what is set when the person goes; "" deletes the row
	old         string // rows of a year that ended before the moment given
	export      string // id, title, what, instant
}

// hold makes a holding: erasing a person clears or deletes their rows, and when
// the time is over the rows go.
func (s *Service) hold(x shelf) privacy.Holding {
	if x.person == "" {
		x.person = "person"
	}
	take, keeps := `delete from `+x.table, ""
	if x.clear != "" {
		take, keeps = `update `+x.table+` set `+x.clear, "talk.keeps."+x.name
	}
	return privacy.Holding{Table: x.table, Title: "talk.holding." + x.name, Keeps: keeps,
		Export: func(ctx context.Context, person string) (items []privacy.Item, err error) {
			return items, s.db.Each(ctx, func(scan func(dest ...any) error) error {
				var id, title, what string
				var at int64
				err := scan(&id, &title, &what, &at)
				items = append(items, privacy.Item{ID: id, At: time.Unix(at, 0), Fields: []privacy.Field{{Key: "talk.export.title", Value: title}, {Key: "talk.export.what", Value: what}}})
				return err
			}, x.export, person)
		},
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, take+` where `+x.person+` = ?`, person)
			return int(n), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from `+x.table+` where `+x.old, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			n, err := tx.Exec(ctx, `delete from `+x.table+` where `+x.old, before.Unix())
			return int(n), err
		}}
}
