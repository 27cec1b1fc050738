package calendar

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"

	"kladka/internal/testkit"
)

func instantOf(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// meeting is an event with all that an event can have.
func meeting(t testing.TB) Event {
	return Event{
		UID: "0193-1@kladka.example", Title: "Ocenianie kształtujące; cz. 1, „Żółw\\jeż” 🐢 для вчителів",
		Text:  "Pierwszy wiersz,\r\ndrugi; trzeci\\n nie jest końcem\n\n" + strings.Repeat("Zażółć gęślą jaźń, їжак 👩‍🏫 ", 20),
		Place: "MCDN, ul. Garbarska 1\nsala 7", URL: "https://kladka.example/szkolenia/1?a=1&b=ż", Geo: &Point{50.0647, 19.9337},
		Starts: instantOf(t, "2026-12-01T15:00:00Z"), Ends: instantOf(t, "2026-12-01T17:15:00Z"),
		Sequence: 3, Stamp: instantOf(t, "2026-11-23T08:00:00Z"), Changed: instantOf(t, "2026-11-22T08:00:00Z"),
		Organizer: `Centrum "Żak"; dział ^1, O'Hara\x`, OrganizerMail: "biuro@mcdn.example", Attendee: "anna.nowak+kurs@szkola.example",
		Alarm: 90 * time.Minute, Categories: []string{"warsztat, dwa", "sieć"},
	}
}

func write(t testing.TB, c Calendar) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unfolded checks the lines and joins them.
func unfolded(t testing.TB, text string) string {
	t.Helper()
	if !strings.HasSuffix(text, "\r\n") || !utf8.ValidString(text) {
		t.Errorf("not whole lines of UTF-8: %q", text)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.TrimSpace(line) == "" || !utf8.ValidString(line) || strings.ContainsFunc(line, isControl) {
			t.Errorf("line %q", line)
		}
	}
	return strings.ReplaceAll(text, "\r\n ", "")
}

func parse(t testing.TB, text string) *ics.Calendar {
	t.Helper()
	c, err := ics.ParseCalendar(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return c
}

func value(e *ics.VEvent, name ics.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

func TestLetter(t *testing.T) {
	e := meeting(t)
	text := write(t, Calendar{Name: "Szkolenia", Method: Request, Lang: "pl", Events: []Event{e}, Refresh: time.Hour, URL: "https://kladka.example/k.ics"})
	for _, line := range []string{
		"METHOD:REQUEST", "X-WR-CALNAME:Szkolenia", "NAME:Szkolenia", "REFRESH-INTERVAL;VALUE=DURATION:PT60M", "URL:https://kladka.example/k.ics",
		"UID:0193-1@kladka.example", "SEQUENCE:3", "STATUS:CONFIRMED", "DTSTAMP:20261123T080000Z", "LAST-MODIFIED:20261122T080000Z",
		"DTSTART;TZID=Europe/Warsaw:20261201T160000", "DTEND;TZID=Europe/Warsaw:20261201T181500",
		`SUMMARY;LANGUAGE=pl:Ocenianie kształtujące\; cz. 1\, „Żółw\\jeż” 🐢 для вчителів`, `LOCATION:MCDN\, ul. Garbarska 1 sala 7`,
		"GEO:50.064700;19.933700", "URL:https://kladka.example/szkolenia/1?a=1&b=%C5%BC", `CATEGORIES:warsztat\, dwa,sieć`,
		`ORGANIZER;CN="Centrum 'Żak'; dział 1, O'Hara/x":mailto:biuro@mcdn.example`,
		"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE:mailto:anna.nowak+kurs@szkola.example", "TRIGGER:-PT90M",
	} {
		if got := unfolded(t, text); !strings.Contains(got, "\r\n"+line+"\r\n") {
			t.Errorf("no line %q in\n%s", line, got)
		}
	}
	got := parse(t, text).Events()[0]
	if value(got, ics.ComponentPropertyDescription) != lines(e.Text) || value(got, ics.ComponentPropertySummary) != e.Title {
		t.Errorf("the words came back as %q", value(got, ics.ComponentPropertyDescription))
	}
	if at, err := got.GetStartAt(); err != nil || !at.Equal(e.Starts) {
		t.Errorf("starts at %v, %v", at, err)
	}
}

func TestPublishedAndCanceled(t *testing.T) {
	e := meeting(t)
	e.Organizer = " "
	text := unfolded(t, write(t, Calendar{Events: []Event{e}, Lang: "pl\r\nX:1"}))
	for _, bad := range []string{"ATTENDEE", "anna.nowak", "LANGUAGE", "CN=", "X-PUBLISHED", "\r\nX:"} {
		if strings.Contains(text, bad) {
			t.Errorf("a published calendar has %q:\n%s", bad, text)
		}
	}
	if !strings.Contains(text, "METHOD:PUBLISH") || !strings.Contains(text, "BEGIN:VALARM") {
		t.Error(text)
	}
	e.Canceled = true
	for _, c := range []Calendar{{Events: []Event{e}}, {Method: Cancel, Events: []Event{meeting(t)}}} {
		text := write(t, c)
		if !strings.Contains(text, "STATUS:CANCELLED") || strings.Contains(text, "VALARM") || strings.Contains(text, "CONFIRMED") {
			t.Errorf("canceled:\n%s", text)
		}
	}
	if text := write(t, Calendar{}); len(parse(t, text).Events()) != 0 || !strings.Contains(text, "BEGIN:VTIMEZONE") {
		t.Errorf("an empty calendar:\n%s", text)
	}
}

func TestWhen(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		day            bool
		want           []string
	}{
		{"summer", "2026-07-01T14:00:00Z", "2026-07-01T15:00:00Z", false, []string{"DTSTART;TZID=Europe/Warsaw:20260701T160000", "DTEND;TZID=Europe/Warsaw:20260701T170000"}},
		{"over the night in March", "2026-03-28T23:30:00Z", "2026-03-29T01:30:00Z", false, []string{"DTSTART;TZID=Europe/Warsaw:20260329T003000", "DTEND;TZID=Europe/Warsaw:20260329T033000"}},
		{"the first of two hours", "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z", false, []string{"DTSTART:20261025T003000Z", "DTEND:20261025T030000Z"}},
		{"the second of two hours", "2026-10-25T01:30:00Z", "2026-10-25T03:00:00Z", false, []string{"DTSTART:20261025T013000Z", "DTEND:20261025T030000Z"}},
		{"ends in the second", "2026-10-24T20:00:00Z", "2026-10-25T01:30:00Z", false, []string{"DTSTART:20261024T200000Z", "DTEND:20261025T013000Z"}},
		{"before the rules", "1995-09-30T10:00:00Z", "1995-09-30T11:00:00Z", false, []string{"DTSTART:19950930T100000Z", "DTEND:19950930T110000Z"}},
		{"no end", "2026-07-01T14:00:00Z", "", false, []string{"DTSTART;TZID=Europe/Warsaw:20260701T160000", "!DTEND"}},
		{"a moment", "2026-07-01T14:00:00Z", "2026-07-01T14:00:00Z", false, []string{"!DTEND"}},
		{"days", "2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z", true, []string{"DTSTART;VALUE=DATE:20261025", "DTEND;VALUE=DATE:20261027"}},
		{"one day", "2026-10-24T22:00:00Z", "", true, []string{"DTSTART;VALUE=DATE:20261025", "!DTEND"}},
	} {
		e := meeting(t)
		e.Starts, e.Ends, e.AllDay = instantOf(t, c.from), time.Time{}, c.day
		if c.to != "" {
			e.Ends = instantOf(t, c.to)
		}
		text := unfolded(t, write(t, Calendar{Events: []Event{e}}))
		for _, want := range c.want {
			not, unwanted := strings.CutPrefix(want, "!")
			if unwanted == strings.Contains(text, "\r\n"+not) {
				t.Errorf("%s: %q in\n%s", c.name, want, text)
			}
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Calendar, *Event){
		"no UID":             func(_ *Calendar, e *Event) { e.UID = "\r\n" },
		"no start":           func(_ *Calendar, e *Event) { e.Starts = time.Time{} },
		"no stamp":           func(_ *Calendar, e *Event) { e.Stamp = time.Time{} },
		"ends before":        func(_ *Calendar, e *Event) { e.Ends = e.Starts.Add(-time.Second) },
		"year 10000":         func(_ *Calendar, e *Event) { e.Ends = e.Starts.AddDate(9000, 0, 0) },
		"year 800":           func(_ *Calendar, e *Event) { e.Starts = e.Starts.AddDate(-1226, 0, 0) },
		"sequence":           func(_ *Calendar, e *Event) { e.Sequence = -1 },
		"method":             func(c *Calendar, _ *Event) { c.Method, c.Events = "X\r\nY:1", nil },
		"nobody asks":        func(_ *Calendar, e *Event) { e.OrganizerMail = "" },
		"nobody is asked":    func(_ *Calendar, e *Event) { e.Attendee = "anna" },
		"an address of two":  func(_ *Calendar, e *Event) { e.Attendee = "a@x.example,b@x.example" },
		"an address of more": func(_ *Calendar, e *Event) { e.OrganizerMail = "a@x.example\r\nX:1" },
	} {
		e := meeting(t)
		c := Calendar{Method: Cancel, Events: []Event{meeting(t)}}
		spoil(&c, &e)
		if c.Events != nil {
			c.Events = append(c.Events, e)
		}
		var b bytes.Buffer
		if err := Write(&b, c); !errors.Is(err, ErrEvent) || b.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, b.Len())
		}
	}
}

func TestAddressesLeftOut(t *testing.T) {
	for _, bad := range []string{"", "javascript:alert(1)", "https://", "/szkolenia", "https://x.example/\r\nX:1", "ftp://x.example", "https://x y/", "http://x.example/\xff\x00"} {
		e := meeting(t)
		e.URL, e.Geo = bad, &Point{91, 0}
		if text := unfolded(t, write(t, Calendar{Events: []Event{e}})); strings.Contains(text, "\r\nURL") || strings.Contains(text, "\r\nGEO") {
			t.Errorf("%q is written:\n%s", bad, text)
		}
	}
}

// FuzzWrite: whatever people type, the file is whole, and what is read from it
// is what was meant.
func FuzzWrite(f *testing.F) {
	f.Add("a", "b", "c", "d", "e", "f", "https://x.example/a")
	f.Add("x\r\nBEGIN:VEVENT", "Zażółć, gęślą; \\ jaźń\\n", "\u2028\x00\x7f\u0085", strings.Repeat("👩‍🏫ї", 99), "^n\"", ",;:", "https://x.example/\r\n ")
	f.Add("\xff\xfe", "\xf0\x9f", "\ufeff", " ", "=", "\\", "mailto:x@y")
	f.Fuzz(func(t *testing.T, uid, title, words, place, name, category, link string) {
		e := meeting(t)
		e.UID, e.Title, e.Text, e.Place, e.Organizer, e.URL = uid+"@x", title, words, place, name, link
		e.Attendee, e.Categories = name+"@x.example", []string{category, place}
		for _, method := range []string{Publish, Request} {
			var b bytes.Buffer
			if err := Write(&b, Calendar{Name: name, URL: link, Method: method, Lang: category, Events: []Event{e}, Refresh: time.Hour}); err != nil {
				if method == Request && mailto(e.Attendee) == "" {
					continue
				}
				t.Fatal(err)
			}
			text := b.String()
			unfolded(t, text)
			if strings.Count(text, "\n") != strings.Count(text, "\r\n") || strings.Count(text, "\r") != strings.Count(text, "\r\n") {
				t.Errorf("a bare end of a line: %q", text)
			}
			c := parse(t, text)
			if len(c.Events()) != 1 {
				t.Fatalf("%d events in %q", len(c.Events()), text)
			}
			sameWords(t, e, c.Events()[0])
		}
	})
}

func sameWords(t *testing.T, e Event, got *ics.VEvent) {
	t.Helper()
	for name, want := range map[ics.ComponentProperty]string{
		ics.ComponentPropertyUniqueId: oneLine(e.UID), ics.ComponentPropertySummary: oneLine(e.Title), ics.ComponentPropertyDescription: lines(e.Text),
		ics.ComponentPropertyLocation: oneLine(e.Place), ics.ComponentPropertyUrl: webAddress(e.URL),
	} {
		if value(got, name) != want {
			t.Errorf("%s is %q, want %q", name, value(got, name), want)
		}
	}
	organizer := got.GetProperty(ics.ComponentPropertyOrganizer)
	var name string
	if cn := organizer.ICalParameters["CN"]; len(cn) == 1 {
		name = cn[0]
	}
	if organizer.Value != mailto(e.OrganizerMail) || name != parameter(e.Organizer) {
		t.Errorf("organizer %q %q", name, organizer.Value)
	}
	if at, err := got.GetStartAt(); err != nil || !at.Equal(e.Starts) {
		t.Errorf("starts at %v, %v", at, err)
	}
}

// TestSharedEvents takes the events of others' odd files, writes them our way
// and reads them back: words and instants are the same.
func TestSharedEvents(t *testing.T) {
	dir := testkit.Shared(t, "data/ics/icalendar")
	seen := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".ics" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		c, err := ics.ParseCalendar(bytes.NewReader(text))
		if err != nil {
			return nil // broken on purpose
		}
		for _, got := range c.Events() {
			e := meeting(t)
			e.UID, e.Title, e.Text = "x"+value(got, ics.ComponentPropertyUniqueId), value(got, ics.ComponentPropertySummary), value(got, ics.ComponentPropertyDescription)
			e.Place, e.URL, e.Ends = value(got, ics.ComponentPropertyLocation), value(got, ics.ComponentPropertyUrl), time.Time{}
			at, err := got.GetStartAt()
			if err != nil || outOfBook(at) {
				continue
			}
			e.Starts = at
			seen++
			sameWords(t, e, parse(t, write(t, Calendar{Events: []Event{e}})).Events()[0])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 40 {
		t.Errorf("only %d events were seen", seen)
	}
}

func TestCategoriesEmpty(t *testing.T) {
	e := meeting(t)
	e.Categories = []string{"", "\n"}
	if text := write(t, Calendar{Events: []Event{e}}); slices.Contains(strings.Split(text, "\r\n"), "CATEGORIES:") || strings.Contains(text, "CATEGORIES") {
		t.Error(text)
	}
}
