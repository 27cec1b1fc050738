package mail

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/calendar"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// meeting is a calendar as a module sends it.
func meeting(t *testing.T, method string) []byte {
	t.Helper()
	var b bytes.Buffer
	err := calendar.Write(&b, calendar.Calendar{Method: method, Events: []calendar.Event{{UID: "m1@kladka", Title: "Zażółć ґанок",
		Starts: time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC), Ends: time.Date(2026, 12, 1, 17, 0, 0, 0, time.UTC), Stamp: time.Date(2026, 11, 22, 6, 30, 0, 0, time.UTC),
		Sequence: 3, Organizer: "Ośrodek", OrganizerMail: "kladka@mail.example", Attendee: "anna@szkola.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCalendarRefused(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules()), func(*Config) {})
	good := meeting(t, calendar.Request)
	for name, l := range map[string]Letter{
		"a method without a calendar": {CalendarMethod: calendar.Request},
		"no method":                   {Calendar: good},
		"another method":              {Calendar: good, CalendarMethod: calendar.Cancel},
		"a header as a method":        {Calendar: good, CalendarMethod: "REQUEST\r\nBcc: ofiara@x.example"},
		"no calendar":                 {Calendar: []byte("METHOD:REQUEST"), CalendarMethod: calendar.Request},
		"too long":                    {Calendar: append(bytes.Clone(good), make([]byte, maxText)...), CalendarMethod: calendar.Request},
	} {
		full := lesson()
		full.Calendar, full.CalendarMethod = l.Calendar, l.CalendarMethod
		if _, err := k.try(full); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if k.Sender() != "" {
		t.Errorf("no letter leaves, yet the sender is %q", k.Sender())
	}
}

// The calendar arrives byte for byte as another form of the letter, with its
// method in the header, where mail programs look for it.
func TestCalendarArrives(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		box := newPostbox(t, "none")
		k := newKit(t, d, func(c *Config) { c.SMTP = box.settings("none") })
		if k.Sender() != "kladka@mail.example" {
			t.Errorf("sender %q", k.Sender())
		}
		for n, method := range []string{calendar.Request, calendar.Cancel, calendar.Publish} {
			l := lesson()
			l.Calendar, l.CalendarMethod = meeting(t, method), method
			k.send(l)
			if err := k.drain(); err != nil || len(box.got()) != n+1 {
				t.Fatalf("%v, %d letters", err, len(box.got()))
			}
			text, kind, sent := forms(t, box.got()[n])
			if text != l.Text {
				t.Errorf("text %q", text)
			}
			if kind != method {
				t.Errorf("method %q, want %q", kind, method)
			}
			if !bytes.Equal(sent, l.Calendar) {
				t.Errorf("calendar\n%q\nwant\n%q", sent, l.Calendar)
			}
		}
	})
}

// forms takes a letter of two forms apart: the text, then the calendar.
func forms(t *testing.T, a arrived) (text, method string, sent []byte) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(a.Raw))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("type %q (%v)", m.Header.Get("Content-Type"), err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	first, err := parts.NextPart() // quoted-printable is undone by the reader
	if err != nil {
		t.Fatal(err)
	}
	if kind, p, _ := mime.ParseMediaType(first.Header.Get("Content-Type")); kind != "text/plain" || p["format"] != "flowed" {
		t.Errorf("first form %q", first.Header.Get("Content-Type"))
	}
	words, err := io.ReadAll(first)
	if err != nil {
		t.Fatal(err)
	}
	second, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	kind, p, err := mime.ParseMediaType(second.Header.Get("Content-Type"))
	if err != nil || kind != "text/calendar" || !strings.EqualFold(p["charset"], "utf-8") || second.Header.Get("Content-Transfer-Encoding") != "base64" {
		t.Errorf("second form %v", second.Header)
	}
	sent, err = io.ReadAll(base64.NewDecoder(base64.StdEncoding, second))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parts.NextPart(); err != io.EOF {
		t.Errorf("a third form: %v", err)
	}
	return unflow(string(words)), p["method"], sent
}
