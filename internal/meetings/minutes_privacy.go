package meetings

import "kladka/internal/platform/privacy"

// minutesPurpose is what this package holds the data of people in minutes for:
// who wrote, who has a task, who objected, who voted by name. Of a secret vote
// nothing of a person is held once it is closed.
func (s *Service) minutesPurpose() privacy.Purpose {
	old := func(column, table, key string) string {
		return column + ` in (select x.` + key + ` from ` + table + ` x join meetings_meetings m on m.id = x.meeting where m.starts_at < ?)`
	}
	return privacy.Purpose{Key: "meetings.minutes", Module: "meetings", Text: "meetings.purpose.minutes", Controller: privacy.Operator, Basis: "art. 6 ust. 1 lit. e RODO",
		Categories: []string{"privacy.category.identity", "meetings.category.words"}, Recipients: []string{"meetings.recipient.series", "meetings.recipient.runners"},
		Keep: privacy.Keep{Param: KeepMonths, Since: "meetings.since.year"},
		Holds: []privacy.Holding{
			s.hold(naming{table: "meetings_saves", id: "item || '/' || revision", name: "saves", people: []string{"person"}, words: "text", at: "at", old: old("item", "meetings_items", "id")}),
			s.hold(naming{table: "meetings_decisions", name: "decisions", people: []string{"by_person"}, words: "title", at: "at", old: oldMeeting}),
			s.hold(naming{table: "meetings_orders", id: "decision", name: "orders", people: []string{"by_person"}, words: "title", at: "at", old: old("decision", "meetings_decisions", "id")}),
			s.hold(naming{table: "meetings_actions", name: "actions", people: []string{"person", "by_person"}, typed: []string{"name"}, words: "what", at: "at", old: oldMeeting}),
			s.hold(naming{table: "meetings_votes", name: "votes", people: []string{"by_person"}, words: "question", at: "opened_at", old: oldMeeting}),
			s.hold(naming{table: "meetings_named", id: "vote || '/' || invitation", name: "named", people: []string{"person"}, words: "choice", at: "0", old: old("vote", "meetings_votes", "id")}),
			s.hold(naming{table: "meetings_objections", name: "objections", people: []string{"person"}, words: "words", at: "at", old: oldMeeting})}}
}

// MinutesPurposes are the purposes of minutes, to be declared in wiring beside
// Purposes.
func (s *Service) MinutesPurposes() []privacy.Purpose {
	return []privacy.Purpose{s.minutesPurpose()}
}
