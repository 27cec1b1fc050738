package calendar

import (
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/testkit"
)

// readEvents is a reader that nobody of us wrote (python3-icalendar of Debian).
const readEvents = `
import icalendar, json, sys
c = icalendar.Calendar.from_ical(sys.stdin.buffer.read())
out = []
def text(e, name):
    return str(e.get(name, ''))
def when(e, name):
    if name not in e:
        return ''
    t = e[name].dt
    return str(int(t.timestamp())) if hasattr(t, 'hour') else t.isoformat()
for e in c.walk('VEVENT'):
    out.append({'UID': text(e, 'UID'), 'Title': text(e, 'SUMMARY'), 'Text': text(e, 'DESCRIPTION'), 'Place': text(e, 'LOCATION'),
        'Starts': when(e, 'DTSTART'), 'Ends': when(e, 'DTEND'), 'Sequence': text(e, 'SEQUENCE'), 'Status': text(e, 'STATUS'),
        'Organizer': e['ORGANIZER'].params.get('CN', '') + ' ' + text(e, 'ORGANIZER'), 'URL': text(e, 'URL'),
        'Alarms': [str(a['TRIGGER'].dt) for a in e.walk('VALARM')], 'Errors': [str(x) for x in getattr(e, 'errors', [])]})
json.dump(out, sys.stdout)
`

// readElsewhere is what the other reader says of one event.
type readElsewhere struct {
	UID, Title, Text, Place, Starts, Ends, Sequence, Status, Organizer, URL string
	Alarms, Errors                                                          []string
}

// TestAnotherReader lets another program read what we write: words, instants on
// both sides of the changes of the clock, whole days. It reads it a second time
// under a name of the zone that it does not know, so that it must go by the
// rules that we send along.
func TestAnotherReader(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import icalendar").Run(); err != nil {
		testkit.Missing(t, "needs python3-icalendar")
	}
	var events []Event
	for _, from := range []string{"2026-12-01T15:00:00Z", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z",
		"2026-10-25T02:00:00Z", "2027-07-01T14:00:00Z", "2034-03-26T01:00:00Z", "1996-03-31T01:00:00Z", "1996-10-27T01:30:00Z", "2026-03-10T15:00:00Z", "2026-10-15T14:00:00Z", "2031-10-20T14:00:00Z", "1990-05-05T10:00:00Z"} {
		e := meeting(t)
		e.Starts = instantOf(t, from)
		e.Ends = e.Starts.Add(90 * time.Minute)
		e.Text = strings.ReplaceAll(e.Text, `\n`, "") // version 4 of the reader takes an escaped backslash and an n for an end of a line
		events = append(events, e)
	}
	days := events[0]
	days.AllDay, days.Starts, days.Ends = true, instantOf(t, "2026-10-24T22:00:00Z"), instantOf(t, "2026-10-26T23:00:00Z")
	events = append(events, days)
	text := write(t, Calendar{Name: "Ї", Method: Request, Lang: "pl", Events: events})
	for _, zone := range []string{zoneName, "Kladka/Most"} {
		cmd := exec.Command(python, "-c", readEvents)
		cmd.Stdin = strings.NewReader(strings.ReplaceAll(text, zoneName, zone))
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var got []readElsewhere
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(expected(events), got); d != "" {
			t.Errorf("zone %s:\n%s", zone, d)
		}
	}
}

func expected(events []Event) (want []readElsewhere) {
	second := func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
	for _, e := range events {
		r := readElsewhere{UID: e.UID, Title: oneLine(e.Title), Text: lines(e.Text), Place: oneLine(e.Place), Starts: second(e.Starts), Ends: second(e.Ends),
			Sequence: strconv.Itoa(e.Sequence), Status: "CONFIRMED", Organizer: parameter(e.Organizer) + " " + mailto(e.OrganizerMail), URL: webAddress(e.URL),
			Alarms: []string{"-1 day, 22:30:00"}, Errors: []string{}}
		if e.AllDay {
			r.Starts, r.Ends = DayOf(e.Starts), DayOf(e.Ends)
		}
		want = append(want, r)
	}
	return want
}
