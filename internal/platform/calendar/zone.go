package calendar

import "time"

// zone writes the rules of Polish time, as they have been since 1996: summer
// begins on the last Sunday of March and ends on the last Sunday of October,
// each at 01:00 UTC. A test compares them with the zone database, and fails when
// that one learns that the change of the clock is given up.
func (t *text) zone() {
	t.line("BEGIN", "VTIMEZONE")
	t.line("TZID", zoneName)
	t.line("X-LIC-LOCATION", zoneName)
	t.line("BEGIN", "DAYLIGHT")
	t.line("TZOFFSETFROM", "+0100")
	t.line("TZOFFSETTO", "+0200")
	t.line("TZNAME", "CEST")
	t.line("DTSTART", "19960331T020000")
	t.line("RRULE", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU")
	t.line("END", "DAYLIGHT")
	t.line("BEGIN", "STANDARD")
	t.line("TZOFFSETFROM", "+0200")
	t.line("TZOFFSETTO", "+0100")
	t.line("TZNAME", "CET")
	t.line("DTSTART", "19961027T030000")
	t.line("RRULE", "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU")
	t.line("END", "STANDARD")
	t.line("END", "VTIMEZONE")
}

// rulesSince is the second in which the rules above begin to hold.
const rulesSince = 828234000 // 1996-03-31 01:00 UTC

// sayable tells whether a local time with the zone means this instant to every
// program. One of two equal hours does not: RFC 5545 takes the first, but some
// programs the second.
func sayable(t time.Time) bool {
	if t.Unix() < rulesSince {
		return false
	}
	_, kind := at(wallOf(t), 0)
	return kind == Once
}
