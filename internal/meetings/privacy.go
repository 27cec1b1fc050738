package meetings

import (
	"context"
	"strings"
	"time"

	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/web"
)

// Purposes are what this package holds personal data for, to be declared in
// wiring.
func (s *Service) Purposes() []privacy.Purpose {
	return []privacy.Purpose{s.peoplePurpose()}
}

// peoplePurpose is what this package holds the data of people at meetings for:
// proposals, voices, invitations, attendance, opinions.
func (s *Service) peoplePurpose() privacy.Purpose {
	return privacy.Purpose{Key: "meetings.people", Module: "meetings", Text: "meetings.purpose.people", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
		Categories: []string{"privacy.category.identity", "privacy.category.role", "meetings.category.words"}, Recipients: []string{"meetings.recipient.series", "meetings.recipient.runners"},
		Keep: privacy.Keep{Param: KeepMonths, Since: "meetings.since.year"},
		Holds: []privacy.Holding{s.holdMembers(),
			s.hold(naming{table: "meetings_meetings", name: "meetings", people: []string{"created_by"}, words: "title", at: "created_at", old: "starts_at < ?"}),
			s.hold(naming{table: "meetings_topics", name: "topics", people: []string{"proposer"}, words: "title", at: "proposed_at", old: "proposed_at < ?"}),
			s.hold(naming{table: "meetings_supports", id: "topic || '/' || unit", name: "supports", people: []string{"person"}, keys: "unit", words: topicTitle, at: "at", old: "at < ?"}),
			s.hold(naming{table: "meetings_invitations", name: "invitations", people: []string{"person", "replied_by"}, typed: []string{"instead"}, words: meetingTitle("meetings_invitations"), at: "replied_at", old: oldMeeting}),
			s.hold(naming{table: "meetings_attendance", name: "attendance", people: []string{"person", "by_person"}, typed: []string{"name"}, words: meetingTitle("meetings_attendance"), at: "at", old: oldMeeting}),
			s.hold(naming{table: "meetings_experts", name: "experts", people: []string{"person"}, typed: []string{"name", "from_words"}, words: "opinion", at: "asked_at", old: oldMeeting}),
			holdRemarks()}}
}

const (
	topicTitle = `(select t.title from meetings_topics t where t.id = meetings_supports.topic)`
	oldMeeting = `meeting in (select m.id from meetings_meetings m where m.starts_at < ?)`
)

func meetingTitle(table string) string {
	return `(select m.title from meetings_meetings m where m.id = ` + table + `.meeting)`
}

// naming is a table whose rows name people and stay without the names. All its
// parts are written in this file: nothing foreign comes into the SQL.
type naming struct {
	table, name string
	id          string   // of a row; "id" when empty
	people      []string // columns with ids of people
	typed       []string // columns with typed names, emptied when the time is over
	keys        string   // column of keys of voices, some of which are ids of people; the row's voice stands for them
	words, at   string   // what a row is shown by in a download
	old         string   // rows of a school year that is over, from a moment
}

func (n naming) any(test string) string {
	return "(" + strings.Join(n.people, test+" or ") + test + ")"
}

// hold: an account that is erased leaves the rows without its id; after the time
// of keeping all names go. Counts of voices, seats and people stay right.
func (s *Service) hold(n naming) privacy.Holding {
	if n.id == "" {
		n.id = "id"
	}
	all := append(append([]string{}, n.people...), n.typed...)
	full := "(" + strings.Join(all, " <> '' or ") + " <> '') and " + n.old
	return privacy.Holding{Table: n.table, Title: "meetings.holding." + n.name, Keeps: "meetings.keeps." + n.name,
		Export: func(ctx context.Context, person string) (items []privacy.Item, err error) {
			args := make([]any, len(n.people))
			for i := range args {
				args[i] = person
			}
			err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
				var id, words string
				var at int64
				if err := scan(&id, &words, &at); err != nil {
					return err
				}
				items = append(items, privacy.Item{ID: id, At: time.Unix(at, 0), Fields: []privacy.Field{{Key: "meetings.export.words", Value: words}}})
				return nil
			}, `select `+n.id+`, coalesce(`+n.words+`, ''), `+n.at+` from `+n.table+` where `+n.any(" = ?")+` order by 1`, args...)
			return items, err
		},
		Erase: func(ctx context.Context, tx *db.Tx, person string) (rows int, err error) {
			if n.keys != "" {
				if _, err := tx.Exec(ctx, `update `+n.table+` set `+n.keys+` = voice where `+n.keys+` = ?`, person); err != nil {
					return 0, err
				}
			}
			for _, column := range n.people {
				k, err := tx.Exec(ctx, `update `+n.table+` set `+column+` = '' where `+column+` = ?`, person)
				if err != nil {
					return 0, err
				}
				rows += int(k)
			}
			return rows, nil
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (rows int, err error) {
			return rows, r.Get(ctx, &rows, `select count(*) from `+n.table+` where `+full, yearBegan(before))
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			if n.keys != "" {
				if _, err := tx.Exec(ctx, `update `+n.table+` set `+n.keys+` = voice where `+n.keys+` = person and `+n.old, yearBegan(before)); err != nil {
					return 0, err
				}
			}
			k, err := tx.Exec(ctx, `update `+n.table+` set `+strings.Join(all, " = '', ")+` = '' where `+full, yearBegan(before))
			return int(k), err
		}}
}

// yearBegan is when the school year of a moment began: whatever was before it
// belongs to a year that is over.
func yearBegan(t time.Time) int64 {
	return time.Date(directory.SchoolYear(t), time.September, 1, 0, 0, 0, 0, web.Warsaw).Unix()
}

// holdMembers goes as a whole: who is no member needs no row.
func (s *Service) holdMembers() privacy.Holding {
	return privacy.Holding{Table: "meetings_members", Title: "meetings.holding.members",
		Export: func(ctx context.Context, person string) (items []privacy.Item, err error) {
			err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
				var id, title string
				var at int64
				if err := scan(&id, &title, &at); err != nil {
					return err
				}
				items = append(items, privacy.Item{ID: id, At: time.Unix(at, 0), Fields: []privacy.Field{{Key: "meetings.export.words", Value: title}}})
				return nil
			}, `select m.id, s.title, m.since from meetings_members m join meetings_series s on s.id = m.series where m.person = ? order by m.id`, person)
			return items, err
		},
		Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
			n, err := tx.Exec(ctx, `delete from meetings_members where person = ?`, person)
			return int(n), err
		},
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from meetings_members m join meetings_series s on s.id = m.series where m.person <> '' and s.ended and s.changed_at < ?`, yearBegan(before))
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			n, err := tx.Exec(ctx, `delete from meetings_members where person <> '' and series in (select s.id from meetings_series s where s.ended and s.changed_at < ?)`, yearBegan(before))
			return int(n), err
		}}
}

// holdRemarks: the words about a program are the meeting's; whose they were goes
// with the expert's row.
func holdRemarks() privacy.Holding {
	return privacy.Holding{Table: "meetings_remarks", Title: "meetings.holding.remarks", Withheld: "meetings.withheld.remarks", Keeps: "meetings.keeps.remarks",
		Erase:   func(context.Context, *db.Tx, string) (int, error) { return 0, nil },
		Expired: func(context.Context, db.Reader, time.Time) (int, error) { return 0, nil },
		Sweep:   func(context.Context, *db.Tx, time.Time, int) (int, error) { return 0, nil }}
}
