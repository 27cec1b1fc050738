package notify

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

var web0 web.Cursor // the beginning

func by(person string) audit.By { return audit.By{Person: person} }

func TestStrangersAreTurnedAway(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules()))
	k.tell(news("anna", "school.a", 1))
	rows, _, err := k.inbox(t.Context(), "anna", web0)
	if err != nil {
		t.Fatal(err)
	}
	item := inboxPath + "/" + rows[0].ID
	for _, path := range []string{inboxPath, item, settingsPath} {
		if w := k.ask("GET", path, nil); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), web.SignInPath) {
			t.Errorf("GET %s: %d", path, w.Code)
		}
	}
	for _, path := range []string{inboxPath + "/przeczytane", settingsPath, settingsPath + "/adres"} {
		if w := k.ask("POST", path, url.Values{"do": {rows[0].ID}}); w.Code != http.StatusUnauthorized {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}
	k.who = "olena"
	for _, path := range []string{item, inboxPath + "/x", inboxPath + "/00000000-0000-0000-0000-000000000000"} {
		if w := k.ask("GET", path, nil); w.Code != http.StatusNotFound {
			t.Errorf("somebody else's %s: %d", path, w.Code)
		}
	}
	if w := k.ask("POST", inboxPath+"/przeczytane", url.Values{"do": {rows[0].ID}}); w.Code != http.StatusSeeOther {
		t.Errorf("read all: %d", w.Code)
	}
	if n, _ := k.Unread(t.Context(), "anna"); n != 1 {
		t.Error("somebody else read it")
	}
}

func TestInbox(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.who = "anna"
		if got := page(t, k.ask("GET", inboxPath, nil)).Find(".empty").Length(); got != 1 {
			t.Error("an empty inbox says nothing")
		}
		const n = 2*pageSize + 5
		for i := range n {
			k.tell(news("anna", "school.a", i))
		}
		doc := page(t, k.ask("GET", inboxPath, nil))
		if doc.Find("li.item").Length() != pageSize || doc.Find("li.item .tag").Length() != pageSize {
			t.Errorf("%d things, %d unread", doc.Find("li.item").Length(), doc.Find("li.item .tag").Length())
		}
		seen, path := 0, inboxPath
		for range 4 {
			doc := page(t, k.ask("GET", path, nil))
			seen += doc.Find("li.item").Length()
			next, more := doc.Find(`.pager a[rel=next]`).Attr("href")
			if !more {
				break
			}
			path = next
		}
		if seen != n {
			t.Errorf("%d of %d on all pages", seen, n)
		}
		previous, _ := page(t, k.ask("GET", path, nil)).Find(`.pager a[rel=prev]`).Attr("href")
		if got := page(t, k.ask("GET", previous, nil)).Find("li.item").Length(); got != pageSize {
			t.Errorf("the page before has %d", got)
		}
		link, _ := doc.Find("li.item a").First().Attr("href")
		if w := k.ask("GET", link, nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/szkolenia/x" {
			t.Errorf("opened: %d, %s", w.Code, w.Header().Get("Location"))
		}
		if got, _ := k.Unread(t.Context(), "anna"); got != n-1 {
			t.Errorf("%d unread after one was opened", got)
		}
		// What comes after the page was drawn stays unread.
		newest, _ := doc.Find(`input[name=do]`).Attr("value")
		k.tell(news("anna", "school.a", n))
		if w := k.ask("POST", inboxPath+"/przeczytane", url.Values{"do": {newest}}); w.Code != http.StatusSeeOther {
			t.Errorf("read all: %d", w.Code)
		}
		if got, _ := k.Unread(t.Context(), "anna"); got != 1 {
			t.Errorf("%d unread after all were read", got)
		}
		for _, bad := range []string{"", "x", "'; drop table"} {
			if w := k.ask("POST", inboxPath+"/przeczytane", url.Values{"do": {bad}}); w.Code != http.StatusBadRequest {
				t.Errorf("do=%q: %d", bad, w.Code)
			}
		}
	})
}

func TestDesk(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules()))
	h := handlers{k.Service, Doors{By: func(*web.Request) audit.By { return by(k.who) }}}
	k.tell(news("anna", "school.a", 1))
	var got []web.DeskItem
	var err error
	k.shell.Handle("GET /proba", web.Public, func(_ http.ResponseWriter, r *web.Request) error {
		got, err = h.desk(r)
		return err
	})
	for who, n := range map[string]int{"": 0, "anna": 1, "olena": 0} {
		k.who = who
		if k.ask("GET", "/proba", nil); err != nil || len(got) != n {
			t.Errorf("%q: %+v, %v", who, got, err)
		}
	}
}

func TestSettingsPage(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.who = "anna"
		doc := page(t, k.ask("GET", settingsPath, nil))
		if got := doc.Find("select").Length(); got != len(testTopics)+1 {
			t.Errorf("%d choices", got)
		}
		if got, _ := doc.Find(`select[name="temat:school.alarm"] option[selected]`).Attr("value"); got != "now" {
			t.Errorf("alarm is told %q", got)
		}
		if w := k.ask("POST", settingsPath, url.Values{"temat:school.a": {"weekly"}, "temat:school.alarm": {"never"}, "godzina": {"18"}}); w.Code != http.StatusSeeOther {
			t.Fatalf("saved: %d", w.Code)
		}
		doc = page(t, k.ask("GET", settingsPath, nil))
		for name, want := range map[string]string{"temat:school.a": "weekly", "temat:school.alarm": "never", "temat:school.b": "daily", "godzina": "18"} {
			if got, _ := doc.Find(`select[name="` + name + `"] option[selected]`).Attr("value"); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		for _, bad := range []url.Values{{}, {"godzina": {"x"}}, {"godzina": {"7"}, "temat:school.zzz": {"now"}}, {"godzina": {"7"}, "temat:school.a": {"sometimes"}}} {
			if w := k.ask("POST", settingsPath, bad); w.Code != http.StatusBadRequest {
				t.Errorf("%v: %d", bad, w.Code)
			}
		}
	})
}

func TestPersonalAddresses(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.who = "anna"
		for _, kind := range feedKinds {
			made := func() string {
				w := k.ask("POST", settingsPath+"/adres", url.Values{"rodzaj": {kind}})
				if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "no-referrer" {
					t.Errorf("the page with the secret may stay or travel: %v", w.Header())
				}
				address, _ := page(t, w).Find("#adres-" + kind).Attr("value")
				return strings.TrimPrefix(address, "https://kladka.example")
			}
			first := made()
			w := k.ask("GET", first, nil)
			if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "no-referrer" ||
				!strings.Contains(w.Header().Get("X-Robots-Tag"), "noindex") {
				t.Errorf("%s: %d %v", first, w.Code, w.Header())
			}
			second := made()
			for path, want := range map[string]int{first: 404, second: 200, strings.TrimSuffix(second, ".ics") + "x": 404,
				"/kalendarz/x.ics": 404, "/powiadomienia/x.atom": 404, "/powiadomienia/" + strings.Repeat("a", 26) + ".atom": 404} {
				if w := k.ask("GET", path, nil); w.Code != want {
					t.Errorf("GET %s: %d", path, w.Code)
				}
			}
			if page(t, k.ask("GET", settingsPath, nil)).Find("#adres-"+kind).Length() != 0 {
				t.Error("the address is shown again")
			}
			var stored string
			if err := d.Get(t.Context(), &stored, `select secret from notify_feeds where kind = ?`, kind); err != nil || strings.Contains(second, stored) || len(stored) != 64 {
				t.Errorf("stored %q, %v", stored, err)
			}
			// The secret of one kind opens no other.
			secret := strings.TrimSuffix(strings.TrimSuffix(second[strings.LastIndex(second, "/")+1:], ".ics"), ".atom")
			for _, other := range feedKinds {
				if w := k.ask("GET", feedPath(other, secret), nil); (w.Code == 200) != (other == kind) {
					t.Errorf("%s with the secret of %s: %d", other, kind, w.Code)
				}
			}
			k.people["anna"] = Addressee{Name: "Anna", Email: "anna@szkola.example", Lang: "pl"}
			if w := k.ask("GET", second, nil); w.Code != http.StatusNotFound {
				t.Errorf("of a closed account: %d", w.Code)
			}
			k.people["anna"] = Addressee{Name: "Anna", Email: "anna@szkola.example", Lang: "pl", Active: true}
			k.ask("POST", settingsPath+"/adres", url.Values{"rodzaj": {kind}, "co": {"koniec"}})
			if w := k.ask("GET", second, nil); w.Code != http.StatusNotFound {
				t.Errorf("switched off: %d", w.Code)
			}
		}
		if w := k.ask("POST", settingsPath+"/adres", url.Values{"rodzaj": {"diary"}}); w.Code != http.StatusBadRequest {
			t.Errorf("an unknown kind: %d", w.Code)
		}
	})
}

func TestCalendar(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules()))
	start := warsaw("2026-12-01 15:30")
	var asked []string
	k.AddCalendar(func(_ context.Context, person string, from, to time.Time) ([]Entry, error) {
		asked = append(asked, person)
		if !from.Before(k.at) || !to.After(start) {
			t.Errorf("asked for %v to %v", from, to)
		}
		return []Entry{
			{ID: "x\r\nBEGIN:VEVENT", Title: "Szkolenie, cz. 1;\r\nATTENDEE:mailto:ktos@x.example \\ koniec " + strings.Repeat("ż", 80), Place: "Sala 2\nURL:http://evil.example", Link: "/szkolenia/1", From: start, To: start.Add(time.Hour)},
			{ID: "2", Title: "Dzień otwarty", AllDay: true, From: warsaw("2026-12-05 00:00"), To: warsaw("2026-12-06 00:00"), Canceled: true, Link: "https://evil.example"},
		}, nil
	})
	secret, err := k.NewFeed(t.Context(), by("anna"), calendar)
	if err != nil {
		t.Fatal(err)
	}
	w := k.ask("GET", feedPath(calendar, secret), nil)
	text := w.Body.String()
	if w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" || len(asked) != 1 || asked[0] != "anna" {
		t.Errorf("%v, asked for %v", w.Header(), asked)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %q", line)
		}
	}
	for _, bad := range []string{"\r\nATTENDEE", "\r\nURL:http://evil", "@x.example", "https://evil"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q in\n%s", bad, text)
		}
	}
	c, err := ics.ParseCalendar(strings.NewReader(text))
	if err != nil || len(c.Events()) != 2 {
		t.Fatalf("%v\n%s", err, text)
	}
	e := c.Events()[0]
	at, err := e.GetStartAt()
	if err != nil || !at.Equal(start) || !strings.HasPrefix(e.GetProperty(ics.ComponentPropertySummary).Value, "Szkolenie, cz. 1;") ||
		e.GetProperty(ics.ComponentPropertyUrl).Value != "https://kladka.example/szkolenia/1" {
		t.Errorf("%v %v\n%s", at, err, text)
	}
	if !strings.Contains(text, "DTSTART;VALUE=DATE:20261205") || !strings.Contains(text, "STATUS:CANCELLED") {
		t.Errorf("all-day entry:\n%s", text)
	}
}

func TestFeed(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules()))
	m := news("olena", "school.a", 1)
	m.Args["what"] = "<script>\x01 & ąę"
	m.Key = "school.long"
	k.tell(m)
	for n := range shownInFeed + 3 {
		k.tell(news("olena", "school.a", n))
	}
	k.tell(m)
	secret, err := k.NewFeed(t.Context(), by("olena"), feed)
	if err != nil {
		t.Fatal(err)
	}
	w := k.ask("GET", feedPath(feed, secret), nil)
	var got struct {
		Title   string `xml:"title"`
		Entries []struct {
			Title   string `xml:"title"`
			Content string `xml:"content"`
			Summary string `xml:"summary"`
			Link    struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Entries) != shownInFeed || got.Title != "Кладка: мої сповіщення" || got.Entries[0].Title != "Зміна у справі <script>  & ąę" {
		t.Errorf("%d entries, %q, %+v", len(got.Entries), got.Title, got.Entries[0])
	}
	for _, e := range got.Entries {
		if e.Content+e.Summary != "" || !strings.HasPrefix(e.Link.Href, "https://kladka.example"+inboxPath+"/") {
			t.Errorf("%+v", e)
		}
	}
	if strings.Contains(w.Body.String(), secret) {
		t.Error("the feed tells its own address")
	}
}

func TestUnsubscribe(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.tell(news("anna", "school.alarm", 1))
		k.tell(news("olena", "school.alarm", 1))
		k.drain()
		link := strings.TrimPrefix(k.letters("anna")[0].UnsubscribeURL, "https://kladka.example")
		// A scanner that fetches every link ends nothing.
		w := k.ask("GET", link, nil)
		if w.Code != http.StatusOK || w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		doc := page(t, w)
		if action, _ := doc.Find("main form").Attr("action"); action != link || !strings.Contains(doc.Find(".lead").Text(), "Temat school.alarm") {
			t.Errorf("action %q: %s", action, doc.Find(".lead").Text())
		}
		k.tell(news("anna", "school.alarm", 2))
		k.drain()
		if len(k.letters("anna")) != 2 {
			t.Fatal("the look at the link ended letters")
		}
		// A mail program presses the button: no cookie, a body of its own.
		if w := k.ask("POST", link, url.Values{"List-Unsubscribe": {"One-Click"}}); w.Code != http.StatusOK || page(t, w).Find(".notice").Length() != 1 {
			t.Errorf("one click: %d", w.Code)
		}
		for _, person := range []string{"anna", "olena"} {
			k.tell(news(person, "school.alarm", 3))
		}
		k.drain()
		if len(k.letters("anna")) != 2 || len(k.letters("olena")) != 2 {
			t.Errorf("%d and %d letters", len(k.letters("anna")), len(k.letters("olena")))
		}
		if n, _ := k.Unread(t.Context(), "anna"); n != 3 {
			t.Errorf("the inbox has %d", n)
		}
		for _, bad := range []string{"x", "", k.stopToken("anna", "school.a") + "A", k.stopToken("anna", "school.a")[:40]} {
			if w := k.ask("POST", stopPath+bad, nil); w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
				t.Errorf("token %q: %d", bad, w.Code)
			}
		}
	})
}

func TestUnsubscribeFromGatheredLetters(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.tell(news("anna", "school.a", 1))
		k.tell(news("anna", "school.b", 2))
		k.until("2026-11-19 07:00")
		link := strings.TrimPrefix(k.letters("anna")[0].UnsubscribeURL, "https://kladka.example")
		k.tell(news("anna", "school.a", 3)) // waits already
		if w := k.ask("POST", link, nil); w.Code != http.StatusOK {
			t.Fatalf("%d", w.Code)
		}
		k.tell(news("anna", "school.c", 4))
		k.until("2026-11-30 08:00")
		if got := len(k.letters("anna")); got != 1 {
			t.Errorf("%d letters", got)
		}
		k.tell(news("anna", "school.alarm", 5)) // alarms were not ended with them
		k.drain()
		if got := len(k.letters("anna")); got != 2 {
			t.Errorf("%d letters", got)
		}
	})
}

func FuzzStopToken(f *testing.F) {
	for _, s := range []string{"", "x", "YW5uYQpzY2hvb2wuYQp4", "\n\n"} {
		f.Add(s)
	}
	k := newKitForFuzz()
	f.Fuzz(func(t *testing.T, s string) {
		if _, _, err := k.stopping(s); err == nil && s != "" {
			t.Errorf("%q was taken", s)
		} else if fault.KindOf(err) != fault.NotFound {
			t.Errorf("%q: %v", s, err)
		}
		person, topic, err := k.stopping(k.stopToken("p", strings.ReplaceAll(s, "\n", "")))
		if err != nil || person != "p" || topic != strings.ReplaceAll(s, "\n", "") {
			t.Errorf("%q %q %v", person, topic, err)
		}
	})
}

func FuzzWordsOnly(f *testing.F) {
	for _, s := range []string{"a@b.example", "x\r\ny", "ż@ż.ż", "a@@b.c", fmt.Sprint("a", "\u2028", "b")} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := wordsOnly(s)
		if strings.ContainsAny(got, "\r\n\u2028") || address.MatchString(got) {
			t.Errorf("%q became %q", s, got)
		}
	})
}
