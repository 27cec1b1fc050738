package meetings

import (
	"context"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// LargePurposes are what large meetings hold personal data for, to be declared
// in wiring beside the others. Everything goes some days after the meeting; that
// somebody was there stays in the list of attendance, which has its own purpose.
func (s *Service) LargePurposes() []privacy.Purpose {
	keep := privacy.Keep{Param: AfterDays, Since: "meetings.large.since"}
	duty := s.largeHold("duty")
	duty.Withheld = ""
	duty.Export = s.exportDuty
	duty.Erase = func(ctx context.Context, tx *db.Tx, person string) (int, error) {
		n, err := tx.Exec(ctx, `delete from meetings_duty where person = ?`, person)
		return int(n), err
	}
	duty.Keeps = ""
	return []privacy.Purpose{
		{Key: "meetings.door", Module: "meetings", Text: "meetings.large.purpose.door", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
			Categories: []string{"privacy.category.identity", "privacy.category.role"}, Recipients: []string{"meetings.large.recipient.door"}, Keep: keep,
			Holds: []privacy.Holding{s.largeHold("guests"), s.largeHold("badges"), s.largeHold("sits"), duty}},
		{Key: "meetings.floor", Module: "meetings", Text: "meetings.large.purpose.floor", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO", Voluntary: true,
			Categories: []string{"privacy.category.identity", "privacy.category.words"}, Recipients: []string{"privacy.recipient.public"}, Keep: keep,
			Holds: []privacy.Holding{s.largeHold("questions")}}}
}

// largeHold are rows that name no account: they are neither downloaded nor
// erased by one, and go with their time.
func (s *Service) largeHold(name string) privacy.Holding {
	table := "meetings_" + name
	old := table + ` where meeting in (select m.id from meetings_meetings m where m.ends_at < ?)`
	return privacy.Holding{Table: table, Title: "meetings.large.holding." + name, Withheld: "meetings.large.withheld", Keeps: "meetings.large.keeps",
		Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
			return n, r.Get(ctx, &n, `select count(*) from `+old, before.Unix())
		},
		Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, _ int) (int, error) {
			n, err := tx.Exec(ctx, `delete from `+old, before.Unix())
			return int(n), err
		}}
}

func (s *Service) exportDuty(ctx context.Context, person string) (items []privacy.Item, err error) {
	var rows []struct {
		ID    string `db:"id"`
		Title string `db:"title"`
		At    int64  `db:"named_at"`
	}
	err = s.db.Select(ctx, &rows, `select m.id, m.title, d.named_at from meetings_duty d join meetings_meetings m on m.id = d.meeting where d.person = ? order by m.id`, person)
	for _, r := range rows {
		items = append(items, privacy.Item{ID: r.ID, At: time.Unix(r.At, 0), Fields: []privacy.Field{{Key: "meetings.large.export.meeting", Value: r.Title}}})
	}
	return items, err
}
