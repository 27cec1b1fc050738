package networks

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring. Erased people stay in the lists as a number without a name, so that
// figures that were told to others stay right.
func (s *Service) Purposes() []privacy.Purpose {
	keep := privacy.Keep{Param: KeepMonths, Since: "networks.since"}
	purpose := func(key string, holds ...privacy.Holding) privacy.Purpose {
		return privacy.Purpose{Key: "networks." + key, Module: "networks", Text: "networks.purpose." + key, Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
			Categories: []string{"privacy.category.identity", "privacy.category.role"}, Recipients: []string{"networks.recipient.members", "networks.recipient.center"},
			Keep: keep, Holds: holds}
	}
	old := func(network string) string {
		return network + ` in (select id from networks_networks where year_ends < ?)`
	}
	const meetings, tasks, dates = `(select x.id from networks_meetings x join networks_networks n on n.id = x.network where n.year_ends < ?)`,
		`(select t.id from networks_tasks t join networks_networks n on n.id = t.network where n.year_ends < ?)`,
		`(select d.id from networks_dates d join networks_polls p on p.id = d.poll join networks_networks n on n.id = p.network where n.year_ends < ?)`
	memberships := s.hold(shelf{table: "networks_members", name: "members", clear: `person = id, name_key = '', words = '', reason = ''`, named: `name_key <> ''`, old: old("network"),
		export: `select m.id, n.title, m.state, m.at from networks_members m join networks_networks n on n.id = m.network where m.person = ? order by m.id`})
	memberships.Erase = eraseMember
	return []privacy.Purpose{
		purpose("work", memberships,
			s.hold(shelf{table: "networks_leads", name: "leads", old: old("network"),
				export: `select n.id, n.title, l.duty, l.since from networks_leads l join networks_networks n on n.id = l.network where l.person = ? order by n.id`}),
			s.hold(shelf{table: "networks_networks", name: "made", person: "made_by", clear: `made_by = ''`, named: `made_by <> ''`, old: `year_ends < ?`,
				export: `select n.id, n.title, n.state, n.created_at from networks_networks n where n.made_by = ? order by n.id`}),
			s.hold(shelf{table: "networks_meetings", name: "taken", person: "taken_by", clear: `taken_by = ''`, named: `taken_by <> ''`, old: old("network"),
				export: `select x.id, x.title, x.state, x.taken_at from networks_meetings x where x.taken_by = ? order by x.id`}),
			s.hold(shelf{table: "networks_reports", name: "reports", person: "finished_by", clear: `finished_by = ''`, named: `finished_by <> ''`, old: old("network"),
				export: `select n.id, n.title, n.state, r.finished_at from networks_reports r join networks_networks n on n.id = r.network where r.finished_by = ? order by n.id`}),
			s.hold(shelf{table: "networks_done", name: "done", old: `task in ` + tasks,
				export: `select t.id, t.title, '' as what, d.at from networks_done d join networks_tasks t on t.id = d.task where d.person = ? order by t.id`}),
			s.hold(shelf{table: "networks_votes", name: "votes", old: `date in ` + dates,
				export: `select v.date, p.title, v.answer, p.at from networks_votes v join networks_dates d on d.id = v.date join networks_polls p on p.id = d.poll where v.person = ? order by v.date`})),
		purpose("hours",
			s.hold(shelf{table: "networks_attendance", name: "attendance", clear: `person = id`, named: `person <> id`, old: `meeting in ` + meetings,
				export: `select a.id, n.title, x.title as what, x.starts_at from networks_attendance a join networks_meetings x on x.id = a.meeting
					join networks_networks n on n.id = x.network where a.person = ? and a.present = true order by a.id`}))}
}

// eraseMember ends the memberships of somebody as well, so that a place is free.
func eraseMember(ctx context.Context, tx *db.Tx, person string) (int, error) {
	if _, err := tx.Exec(ctx, `update networks_networks set members = members - 1, revision = revision + 1
		where members > 0 and id in (select network from networks_members where person = ? and state = ?)`, person, Joined); err != nil {
		return 0, err
	}
	n, err := tx.Exec(ctx, `update networks_members set person = id, name_key = '', words = '', reason = '', revision = revision + 1,
		state = case when state = ? then ? else state end where person = ?`, Joined, Left, person)
	return int(n), err
}

// shelf is how one table holds people.
type shelf struct {
	table, name string
	person      string // column of the id, "person" when empty
	clear       string // what is set when the person goes; "" deletes the row
	named       string // rows that still name somebody; "" for all
	old         string // rows whose year ended before the moment given
	export      string // id, title, what, instant
}

func (s *Service) hold(x shelf) privacy.Holding {
	if x.person == "" {
		x.person = "person"
	}
	if x.named == "" {
		x.named = `1 = 1`
	}
	take := `delete from ` + x.table
	keeps := ""
	if x.clear != "" {
		take, keeps = `update `+x.table+` set `+x.clear, "networks.keeps."+x.name
	}
	run := func(ctx context.Context, tx *db.Tx, where string, arg any) (int, error) {
		n, err := tx.Exec(ctx, take+` where `+where, arg)
		return int(n), err
	}
	return privacy.Holding{Table: x.table, Title: "networks.holding." + x.name, Keeps: keeps,
		Export: func(ctx context.Context, person string) (items []privacy.Item, err error) {
			return items, s.db.Each(ctx, func(scan func(dest ...any) error) error {
				var id, title, what string
				var at int64
				err := scan(&id, &title, &what, &at)
				items = append(items, privacy.Item{ID: id, At: time.Unix(at, 0), Fields: []privacy.Field{{Key: "networks.export.title", Value: title}, {Key: "networks.export.what", Value: what}}})
				return err
			}, x.export, person)
		},
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			return run(ctx, tx, x.person+` = ?`, person)
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from `+x.table+` where `+x.named+` and `+x.old, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			return run(ctx, tx, x.named+` and `+x.old, before.Unix())
		}}
}
