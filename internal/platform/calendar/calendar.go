// Package calendar knows the two things about time that a school's calendar
// needs: when an hour of the local day is (see hour.go, series.go), and how to
// tell it to the calendar programs of people (Write). It is pure: no tables, no
// clock.
//
// Hours are meant as people say them, in Polish local time. A course at 16:00
// stays at 16:00 when the clock changes, so the hour is kept and turned into an
// instant for each meeting anew. Two nights of the year are odd: in March one
// hour does not exist, in October one comes twice. The package decides both the
// same way everywhere, and tells, so that a form can ask.
//
// The text of iCalendar (RFC 5545) is written here by hand: it is a hundred
// lines, and the library that reads it in our tests escapes the names of people
// in a way that no calendar program understands.
package calendar

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What a calendar is for (RFC 5546).
const (
	Publish = "PUBLISH" // to be looked at: a file to take along, an address to follow
	Request = "REQUEST" // a letter that enters an event into a person's calendar, or changes it
	Cancel  = "CANCEL"  // a letter that strikes it out
)

// Calendar is what is written.
//
// In letters (Request, Cancel) send one event each: programs read no further
// than the first.
type Calendar struct {
	Name    string
	URL     string // where it can be had, https; "" for none
	Method  string // "" is Publish
	Lang    string // of the words, "pl"; "" says nothing
	Events  []Event
	Refresh time.Duration // how often a program that follows may ask; 0 says nothing
}

// Point is a place on the map, WGS 84.
type Point struct{ Lat, Lon float64 }

// Event is one meeting. Words may be anything that people type: they cannot
// break the file, and what has no place in one is left out (control characters)
// or becomes a space (an end of a line where there is but one).
type Event struct {
	UID   string // the same each time, and nobody else's: "ID@host"
	Title string
	Text  string // may have several lines
	Place string
	URL   string // http or https; anything else is left out
	Geo   *Point // nil, or out of the world: left out

	Starts time.Time
	Ends   time.Time // zero: a moment, or one day
	AllDay bool      // Starts and Ends are in local days; Ends is in the day after the last

	Sequence int       // raised with each change of time or place, and when canceled; programs drop what is lower than what they know
	Stamp    time.Time // when this text was made
	Changed  time.Time // zero says nothing
	Canceled bool

	Organizer     string // name
	OrganizerMail string // without it nobody is named; Request and Cancel must have it
	Attendee      string // mail of the person; Request and Cancel must have it, Publish never shows it

	Alarm      time.Duration // how long before the start the program rings; 0 for never
	Categories []string
}

// ErrEvent is a mistake of the program, never of a person: an event without
// identity or moment, one that ends before it starts, or a letter that does not
// say who asks whom.
var ErrEvent = errors.New("no event for a calendar")

// Write writes the calendar as text/calendar in UTF-8, with the rules of
// Europe/Warsaw inside. Nothing is written when the method or an event is
// refused (ErrEvent).
func Write(w io.Writer, c Calendar) error {
	if c.Method == "" {
		c.Method = Publish
	}
	if c.Method != Publish && c.Method != Request && c.Method != Cancel {
		return fmt.Errorf("%w: method %q", ErrEvent, c.Method)
	}
	var t text
	t.line("BEGIN", "VCALENDAR")
	t.line("VERSION", "2.0")
	t.line("PRODID", "-//Kladka//Kladka//PL")
	t.line("CALSCALE", "GREGORIAN")
	t.line("METHOD", c.Method)
	t.words("NAME", c.Name) // RFC 7986, and the older names that programs know
	t.words("X-WR-CALNAME", c.Name)
	t.line("X-WR-TIMEZONE", zoneName)
	t.address("URL", c.URL)
	if c.Refresh >= time.Minute {
		t.line("REFRESH-INTERVAL;VALUE=DURATION", span(c.Refresh))
		t.line("X-PUBLISHED-TTL", span(c.Refresh))
	}
	t.zone()
	for _, e := range c.Events {
		if err := e.fits(c.Method); err != nil {
			return fmt.Errorf("%w: %q: %w", ErrEvent, e.UID, err)
		}
		t.event(e, c)
	}
	t.line("END", "VCALENDAR")
	_, err := io.WriteString(w, t.b.String())
	return err
}

// fits tells why an event cannot be written.
func (e Event) fits(method string) error {
	switch {
	case oneLine(e.UID) == "":
		return errors.New("no UID")
	case e.Starts.IsZero() || e.Stamp.IsZero():
		return errors.New("no moment")
	case outOfBook(e.Starts) || outOfBook(e.Stamp) || !e.Ends.IsZero() && outOfBook(e.Ends) || !e.Changed.IsZero() && outOfBook(e.Changed):
		return errors.New("a year that is not of four digits")
	case !e.Ends.IsZero() && e.Ends.Before(e.Starts):
		return errors.New("it ends before it starts")
	case e.Sequence < 0:
		return errors.New("negative sequence")
	case method != Publish && (mailto(e.OrganizerMail) == "" || mailto(e.Attendee) == ""):
		return errors.New("a letter needs an organizer and an attendee")
	}
	return nil
}

// outOfBook leaves a year at both ends, for the zones.
func outOfBook(t time.Time) bool { return t.UTC().Year() < 1001 || t.UTC().Year() > 9998 }

func (t *text) event(e Event, c Calendar) {
	t.line("BEGIN", "VEVENT")
	t.words("UID", e.UID)
	t.line("DTSTAMP", utc(e.Stamp))
	if !e.Changed.IsZero() {
		t.line("LAST-MODIFIED", utc(e.Changed))
	}
	t.line("SEQUENCE", strconv.Itoa(e.Sequence))
	t.span(e)
	language := ""
	if languageShape.MatchString(c.Lang) {
		language = ";LANGUAGE=" + c.Lang
	}
	t.words("SUMMARY"+language, e.Title)
	t.letter("DESCRIPTION"+language, e.Text)
	t.words("LOCATION", e.Place)
	if g := e.Geo; g != nil && math.Abs(g.Lat) <= 90 && math.Abs(g.Lon) <= 180 {
		t.line("GEO", fmt.Sprintf("%.6f;%.6f", g.Lat, g.Lon))
	}
	t.address("URL", e.URL)
	t.categories(e.Categories)
	t.people(e, c.Method)
	if e.Canceled || c.Method == Cancel {
		t.line("STATUS", "CANCELLED")
	} else {
		t.line("STATUS", "CONFIRMED")
	}
	if e.Alarm >= time.Minute && !e.Canceled && c.Method != Cancel {
		t.line("BEGIN", "VALARM")
		t.line("ACTION", "DISPLAY")
		t.words("DESCRIPTION", orDash(oneLine(e.Title)))
		t.line("TRIGGER", "-"+span(e.Alarm))
		t.line("END", "VALARM")
	}
	t.line("END", "VEVENT")
}

// span writes from when to when. Both ends are of one kind, as RFC 5545 wants.
//
//  1. Whole days are dates, and DTEND is the day after the last.
//  2. Hours are local with the zone, so that a program shows them right and
//     keeps them when it is told of a later rule.
//  3. What the zone cannot say is written in UTC: the two equal hours in
//     October, which programs read differently, and times before the rules that
//     we send along.
func (t *text) span(e Event) {
	if e.AllDay {
		from, to := DayOf(e.Starts), DayOf(e.Ends)
		t.line("DTSTART;VALUE=DATE", strings.ReplaceAll(from, "-", ""))
		if !e.Ends.IsZero() && to > from {
			t.line("DTEND;VALUE=DATE", strings.ReplaceAll(to, "-", ""))
		}
		return
	}
	lasts := e.Ends.Unix() > e.Starts.Unix()
	if sayable(e.Starts) && (!lasts || sayable(e.Ends)) {
		t.line("DTSTART;TZID="+zoneName, e.Starts.In(warsaw).Format(localForm))
		if lasts {
			t.line("DTEND;TZID="+zoneName, e.Ends.In(warsaw).Format(localForm))
		}
		return
	}
	t.line("DTSTART", utc(e.Starts))
	if lasts {
		t.line("DTEND", utc(e.Ends))
	}
}

// people names who asks whom. A published calendar may be passed on, so it
// names no participant. Whoever enrolled has said yes already: the program is
// told so and asks nothing, for nobody would read its answer.
func (t *text) people(e Event, method string) {
	if m := mailto(e.OrganizerMail); m != "" {
		name := ""
		if n := parameter(e.Organizer); n != "" {
			name = `;CN="` + n + `"`
		}
		t.line("ORGANIZER"+name, m)
	}
	if m := mailto(e.Attendee); m != "" && method != Publish {
		t.line("ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE", m)
	}
}

const (
	localForm = "20060102T150405"
	utcForm   = "20060102T150405Z"
)

func utc(t time.Time) string { return t.UTC().Format(utcForm) }

// span is a duration in whole minutes, the coarsest that all programs read.
func span(d time.Duration) string { return "PT" + strconv.Itoa(int(d/time.Minute)) + "M" }

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

var (
	languageShape = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
	mailShape     = regexp.MustCompile(`^[\p{L}\p{N}.!#$%&'*+/=?^_{|}~-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*$`)
	mailEscaper   = strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23", "&", "%26")
)

// mailto is the address as a URI, "" for what is no address.
func mailto(mail string) string {
	if len(mail) > 254 || !mailShape.MatchString(mail) {
		return ""
	}
	return "mailto:" + mailEscaper.Replace(mail)
}

// webAddress is the address as a URI without anything that could break a line,
// "" for what leads nowhere on the web.
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	var b strings.Builder
	for _, c := range []byte(u.String()) {
		switch {
		case c <= ' ' || c == 0x7f || c == '"':
			return ""
		case c > 0x7f:
			fmt.Fprintf(&b, "%%%02X", c) // a URI is of ASCII alone
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
