package mail

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/quotedprintable"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-smtp"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func modules() []schema.Module {
	return []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations},
		{Name: "audit", Files: audit.Migrations}, {Name: "mail", Files: Migrations}}
}

// kit is a service with its jobs and a clock that the test turns.
type kit struct {
	*Service
	t      *testing.T
	d      *db.DB
	runner *jobs.Runner
	at     time.Time
	keys   *secrets.Keys
}

// texts stands in for what other modules bring.
func texts() fstest.MapFS {
	all := fstest.MapFS{}
	for _, l := range i18n.Langs {
		all["messages/"+string(l)+".json"] = &fstest.MapFile{Data: []byte(`{"topic.school.lesson":"Lekcja"}`)}
	}
	return all
}

func newKit(t *testing.T, d *db.DB, change func(*Config)) *kit {
	t.Helper()
	catalog, err := i18n.Load(web.Messages, Messages, texts())
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, d: d, at: time.Date(2026, 11, 22, 6, 30, 0, 0, time.UTC), keys: secrets.New()}
	now := func() time.Time { return k.at }
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	c := Config{DB: d, Keys: k.keys, Catalog: catalog, Now: now, Log: log, Base: "https://kladka.example", ReplyTo: "pomoc@mail.example"}
	change(&c)
	if k.Service, err = New(c); err != nil {
		t.Fatal(err)
	}
	registry := jobs.NewRegistry()
	k.Jobs(registry)
	k.runner = jobs.NewRunner(d, registry, now, log)
	return k
}

func (k *kit) send(l Letter) string {
	k.t.Helper()
	id, err := k.try(l)
	if err != nil {
		k.t.Fatal(err)
	}
	return id
}

func (k *kit) try(l Letter) (id string, err error) {
	err = k.d.Write(k.t.Context(), func(tx *db.Tx) error {
		id, err = k.Send(k.t.Context(), tx, l)
		return err
	})
	return id, err
}

func (k *kit) drain() error { return k.runner.Drain(k.t.Context()) }

func (k *kit) letter(id string) row {
	k.t.Helper()
	l, err := letterByID(k.t.Context(), k.d, id)
	if err != nil {
		k.t.Fatal(err)
	}
	return l
}

func (k *kit) tally() jobs.Tally {
	k.t.Helper()
	n, err := jobs.Counts(k.t.Context(), k.d)
	if err != nil {
		k.t.Fatal(err)
	}
	return n
}

func lesson() Letter {
	return Letter{To: "anna@szkola.example", Lang: i18n.PL, Subject: "Zażółć gęślą jaźń", Person: "p1", Topic: "school.lesson",
		Text: "Dzień dobry,\n\nlekcja o ґанку i щасті zaczyna się jutro, a to zdanie jest tak długie, że nie mieści się w jednym wierszu.\n\nSzczegóły:\nhttps://kladka.example/lekcje/" + strings.Repeat("a1", 60)}
}

func decoded(t *testing.T, m *netmail.Message) string {
	t.Helper()
	if e := m.Header.Get("Content-Transfer-Encoding"); e != "quoted-printable" {
		t.Errorf("encoding %q", e)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || !utf8.Valid(text) {
		t.Errorf("text: %v", err)
	}
	return string(text)
}

func TestLetterArrives(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		box := newPostbox(t, "starttls")
		k := newKit(t, d, func(c *Config) {
			c.SMTP = box.settings("starttls")
			c.SMTP.User, c.SMTP.Password = "kladka", "tajne"
		})
		l := lesson()
		l.UnsubscribeURL = k.URL("/powiadomienia/wypisz/abc")
		id := k.send(l)
		if err := k.drain(); err != nil {
			t.Fatal(err)
		}
		got := box.got()
		if len(got) != 1 || got[0].To != l.To || got[0].From != "kladka@mail.example" {
			t.Fatalf("arrived: %+v", got)
		}
		h, text := read(t, got[0])
		if text != l.Text {
			t.Errorf("text\n%s\nwant\n%s", text, l.Text)
		}
		if s := subject(t, h); s != l.Subject {
			t.Errorf("subject %q", s)
		}
		for name, want := range map[string]string{
			"To": "<anna@szkola.example>", "Reply-To": "<pomoc@mail.example>", "Message-Id": "<" + id + "@mail.example>",
			"Auto-Submitted": "auto-generated", "Content-Language": "pl", "Date": "Sun, 22 Nov 2026 06:30:00 +0000",
			"List-Unsubscribe": "<https://kladka.example/powiadomienia/wypisz/abc>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
			"Cc": "", "Bcc": "", "X-Mailer": "", "User-Agent": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if from, err := netmail.ParseAddress(h.Get("From")); err != nil || from.Name != "Kładka" {
			t.Errorf("From: %q", h.Get("From"))
		}
		for line := range strings.SplitSeq(got[0].Raw, "\r\n") {
			if len(line) > 78 || strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
				t.Errorf("line %q", line)
			}
		}
		if !slices.Equal(box.users, []string{"kladka"}) {
			t.Errorf("signed in as %v", box.users)
		}
		if after := k.letter(id); after.State != sent || after.Words != "" {
			t.Errorf("after delivery: %+v", after)
		}
		if n := k.tally(); n != (jobs.Tally{}) {
			t.Errorf("jobs left: %+v", n)
		}
	})
}

// A letter belongs to its transaction: without the change there is none.
func TestNoLetterWithoutTheChange(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		box := newPostbox(t, "none")
		k := newKit(t, d, func(c *Config) { c.SMTP = box.settings("none") })
		broken := errors.New("broken")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := k.Send(t.Context(), tx, lesson()); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) || k.drain() != nil || len(box.got()) != 0 || k.tally() != (jobs.Tally{}) {
			t.Errorf("%v, %d letters", err, len(box.got()))
		}
	})
}

func TestTransportSecurity(t *testing.T) {
	d := testkit.SQLite(t, modules())
	for _, c := range []struct {
		server, client string
		arrives        bool
	}{
		{"tls", "tls", true}, {"starttls", "", true}, {"none", "none", true},
		{"none", "starttls", false}, // a server without encryption gets no letter
		{"starttls", "tls", false},
	} {
		box := newPostbox(t, c.server)
		k := newKit(t, d, func(s *Config) { s.SMTP = box.settings(c.client); s.SMTP.timeout = time.Second })
		k.send(lesson())
		err := k.drain()
		if (err == nil) != c.arrives || (len(box.got()) == 1) != c.arrives {
			t.Errorf("server %s, client %s: %v, %d letters", c.server, c.client, err, len(box.got()))
		}
	}
	box := newPostbox(t, "tls")
	k := newKit(t, d, func(s *Config) { s.SMTP = box.settings("tls"); s.SMTP.roots = nil })
	id := k.send(lesson())
	if err := k.drain(); err == nil || len(box.got()) != 0 || k.letter(id).Trouble != unreachable {
		t.Errorf("a stranger's certificate was believed: %v", err)
	}
}

func TestSettings(t *testing.T) {
	good := SMTP{Host: "mail.example", From: "kladka@mail.example"}
	for name, c := range map[string]Config{
		"no address of ours":      {SMTP: &good},
		"a path in the address":   {Base: "https://kladka.example/x", SMTP: &good},
		"a name in the address":   {Base: "https://a@kladka.example", SMTP: &good},
		"no scheme":               {Base: "kladka.example"},
		"a script":                {Base: "javascript://x"},
		"in clear to elsewhere":   {Base: "https://k.example", SMTP: &SMTP{Host: "mail.example", TLS: "none", From: good.From}},
		"unknown security":        {Base: "https://k.example", SMTP: &SMTP{Host: "mail.example", TLS: "ssl", From: good.From}},
		"no sender":               {Base: "https://k.example", SMTP: &SMTP{Host: "mail.example"}},
		"a sender with a newline": {Base: "https://k.example", SMTP: &SMTP{Host: "mail.example", From: "a\r\nBcc: x@y.example <k@m.example>"}},
		"a broken answer address": {Base: "https://k.example", ReplyTo: "nobody", SMTP: &good},
	} {
		c.Listen = "127.0.0.1:8080"
		if _, err := New(c); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	s, err := New(Config{Listen: "127.0.0.1:8080"})
	if err != nil || s.URL("/konto") != "http://127.0.0.1:8080/konto" {
		t.Errorf("%v", err)
	}
	s, err = New(Config{Base: "https://kladka.example/"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/a?b=c": "https://kladka.example/a?b=c", "//evil.example": "https://kladka.example/",
		"https://evil.example": "https://kladka.example/", ".evil.example/": "https://kladka.example/", "@evil.example": "https://kladka.example/",
		"/a\r\nb": "https://kladka.example/"} {
		if got := s.URL(path); got != want {
			t.Errorf("URL(%q) = %q", path, got)
		}
	}
}

func TestInjection(t *testing.T) {
	box := newPostbox(t, "none")
	k := newKit(t, testkit.SQLite(t, modules()), func(c *Config) { c.SMTP = box.settings("none") })
	for _, to := range []string{"", "anna", "anna@", "@x.example", "anna@x.example\r\nBcc: b@x.example", "a@x.example,b@x.example",
		"a@x.example b@x.example", "Anna <a@x.example>", "<a@x.example>", "a@x.example>", "a\x00@x.example", "\"a b\"@x.example", "a@[127.0.0.1]",
		"a@x..example", "a@-x.example", "ą@x.example", "a@x.example\n", " a@x.example", "a@x.example(b)", strings.Repeat("a", 250) + "@x.example", "a@b@x.example"} {
		l := lesson()
		l.To = to
		if _, err := k.try(l); fault.KindOf(err) != fault.Invalid {
			t.Errorf("address %q: %v", to, err)
		}
	}
	l := lesson()
	l.UnsubscribeURL = "https://evil.example/x"
	if _, err := k.try(l); err == nil {
		t.Error("somebody else's address to unsubscribe was taken")
	}
	l = lesson()
	l.Subject = "Szkoła\r\nBcc: ofiara@x.example\r\n\r\nNowa treść \u202egpj.exe\x00" + strings.Repeat("ł", 300)
	l.Text = "Dzień dobry\r\n.\r\nMAIL FROM:<x@x.example>\r\n\x00\x1b[31mFrom kogoś\n\n> cytat\nFrom tutaj\n koniec\u202e"
	k.send(l)
	if err := k.drain(); err != nil {
		t.Fatal(err)
	}
	got := box.got()
	if len(got) != 1 {
		t.Fatalf("%d letters", len(got))
	}
	h, text := read(t, got[0])
	if h.Get("Bcc") != "" || !strings.HasPrefix(subject(t, h), "Szkoła Bcc: ofiara@x.example Nowa treść gpj.exe łł") || utf8.RuneCountInString(subject(t, h)) > 150 {
		t.Errorf("subject %q, Bcc %q", subject(t, h), h.Get("Bcc"))
	}
	if want := "Dzień dobry\n.\nMAIL FROM:<x@x.example>\n[31mFrom kogoś\n\n> cytat\nFrom tutaj\n koniec"; text != want {
		t.Errorf("text %q", text)
	}
}

func TestRefusals(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		box := newPostbox(t, "none")
		k := newKit(t, d, func(c *Config) { c.SMTP = box.settings("none") })
		gone := &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user anna@szkola.example"}
		box.refuse = func(string) error { return gone }
		id := k.send(lesson())
		err := k.drain()
		if err == nil || strings.Contains(err.Error(), "anna") {
			t.Errorf("error %v", err)
		}
		l := k.letter(id)
		if l.State != failed || l.Trouble != refused || l.Code != 550 || l.Words == "" || k.tally() != (jobs.Tally{Parked: 1}) {
			t.Errorf("after a refusal: %+v, %+v", l, k.tally())
		}
		if at, err := k.Refused(t.Context(), "Anna@szkola.example"); err != nil || at.Unix() != k.at.Unix() {
			t.Errorf("refused at %v, %v", at, err)
		}
		box.refuse = nil // the mailbox is back
		if err := k.Retry(t.Context(), audit.By{Person: "admin"}, id); err != nil {
			t.Fatal(err)
		}
		if err := k.drain(); err != nil || len(box.got()) != 1 || k.letter(id).State != sent {
			t.Errorf("after another try: %v, %+v", err, k.letter(id))
		}
		if at, _ := k.Refused(t.Context(), "anna@szkola.example"); !at.IsZero() {
			t.Errorf("still refused: %v", at)
		}
		if err := k.Retry(t.Context(), audit.By{}, id); fault.KindOf(err) != fault.Conflict {
			t.Errorf("a delivered letter was sent again: %v", err)
		}
	})
}

func TestObstaclesPass(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		box := newPostbox(t, "none")
		k := newKit(t, d, func(c *Config) { c.SMTP = box.settings("none") })
		box.data = func() error { return &smtp.SMTPError{Code: 451, Message: "later"} }
		id := k.send(lesson())
		for range jobs.DefaultAttempts - 1 {
			if k.drain() == nil || k.letter(id).State != waiting || k.letter(id).Trouble != busy {
				t.Fatalf("%+v", k.letter(id))
			}
			k.at = k.at.Add(8 * time.Hour)
		}
		if k.drain() == nil || k.letter(id).State != failed || k.tally().Parked != 1 {
			t.Fatalf("after the last attempt: %+v, %+v", k.letter(id), k.tally())
		}
		if err := k.Drop(t.Context(), audit.By{Person: "admin"}, id); err != nil {
			t.Fatal(err)
		}
		if l := k.letter(id); l.State != dropped || l.Words != "" || k.tally() != (jobs.Tally{}) {
			t.Errorf("dropped: %+v, %+v", l, k.tally())
		}
		if err := k.Drop(t.Context(), audit.By{}, id); fault.KindOf(err) != fault.Conflict {
			t.Errorf("dropped twice: %v", err)
		}
		if err := k.Drop(t.Context(), audit.By{}, "none"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("dropped nothing: %v", err)
		}
		if len(box.got()) != 0 {
			t.Error("a letter arrived")
		}
	})
}

// Wrong settings of ours must cost nobody a letter.
func TestOurOwnMistakesAreNoRefusal(t *testing.T) {
	box := newPostbox(t, "none")
	k := newKit(t, testkit.SQLite(t, modules()), func(c *Config) {
		c.SMTP = box.settings("none")
		c.SMTP.User, c.SMTP.Password = "kladka", "złe hasło"
	})
	id := k.send(lesson())
	if err := k.drain(); err == nil || k.letter(id).State != waiting || strings.Contains(err.Error(), "hasło") {
		t.Errorf("%v, %+v", err, k.letter(id))
	}
}

func TestASleepingServerIsLeft(t *testing.T) {
	box := newPostbox(t, "none")
	box.delay = 3 * time.Second
	k := newKit(t, testkit.SQLite(t, modules()), func(c *Config) { c.SMTP = box.settings("none"); c.SMTP.timeout = 300 * time.Millisecond })
	id := k.send(lesson())
	began := time.Now()
	if err := k.drain(); err == nil || time.Since(began) > 2*time.Second || k.letter(id).State != waiting {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// Whoever reads a dump of the table reads neither words nor addresses.
func TestSealedAtRest(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		box := newPostbox(t, "none")
		k := newKit(t, d, func(c *Config) { c.SMTP = box.settings("none") })
		l := lesson()
		l.Secret, l.Text, l.Subject = true, "Wejdź: https://kladka.example/konto/wejscie/tajny-klucz", "Temat tajny-klucz"
		id := k.send(l)
		var all []map[string]string
		err := d.Each(t.Context(), func(scan func(...any) error) error {
			var a, b, c, e, f string
			err := scan(&a, &b, &c, &e, &f)
			all = append(all, map[string]string{"address": a, "words": b, "recipient": c, "job": e, "domain": f})
			return err
		}, `select l.address, l.words, l.recipient, j.payload, l.domain from mail_letters l join jobs j on j.id = l.job`)
		if err != nil || len(all) != 1 {
			t.Fatal(err, all)
		}
		for name, value := range all[0] {
			for _, secret := range []string{"tajny", "anna", "Wejd"} {
				if strings.Contains(value, secret) {
					t.Errorf("%s tells %q: %s", name, secret, value)
				}
			}
		}
		other := newKit(t, d, func(c *Config) { c.SMTP = box.settings("none") }) // has other keys
		if _, _, err := other.open(k.letter(id)); err == nil {
			t.Error("another key opened the letter")
		}
		if err := other.drain(); err == nil || other.letter(id).Trouble != unreadable || len(box.got()) != 0 {
			t.Errorf("with another key: %v, %+v", err, other.letter(id))
		}
	})
}

func TestSweepHeldErase(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d, func(c *Config) { c.Demo = true })
		old := k.send(lesson())
		k.at = k.at.Add(keptFor + time.Second)
		young := k.send(lesson())
		if err := k.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := letterByID(t.Context(), d, old); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the old letter is still there: %v", err)
		}
		k.letter(young)
		if held, err := k.Held(t.Context(), "p1"); err != nil || len(held) != 1 || held[0].Address != "anna@szkola.example" {
			t.Errorf("held %+v, %v", held, err)
		}
		if held, _ := k.Held(t.Context(), ""); len(held) != 0 {
			t.Error("nobody holds letters")
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if n, err := k.Erase(t.Context(), tx, ""); n != 0 || err != nil {
				t.Errorf("erased %d of nobody, %v", n, err)
			}
			n, err := k.Erase(t.Context(), tx, "p1")
			if n != 1 {
				t.Errorf("erased %d", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// In a demo nothing leaves, even when a server is set by mistake.
func TestDemoKeepsEverything(t *testing.T) {
	box := newPostbox(t, "none")
	k := newKit(t, testkit.SQLite(t, modules()), func(c *Config) { c.Demo = true; c.SMTP = box.settings("none") })
	id := k.send(lesson())
	if err := k.drain(); err != nil || len(box.got()) != 0 || k.letter(id).State != kept {
		t.Errorf("%v, %+v", err, k.letter(id))
	}
	if list, err := k.Outbox(t.Context(), "ANNA@szkola.example"); err != nil || len(list) != 1 || list[0].Subject != lesson().Subject {
		t.Errorf("%+v, %v", list, err)
	}
	real := newKit(t, testkit.SQLite(t, modules()), func(*Config) {})
	if _, err := real.Outbox(context.Background(), "anna@szkola.example"); err == nil {
		t.Error("the outbox is open outside a demo")
	}
}

func TestFlow(t *testing.T) {
	long := "https://kladka.example/" + strings.Repeat("x", 100)
	for text, want := range map[string]string{
		"raz dwa":             "raz dwa\n",
		"a\n\nb":              "a\n\nb\n",
		"> a":                 " > a\n",
		" a":                  "  a\n",
		"From x":              " From x\n",
		"zob. " + long:        "zob. \n" + long + "\n",
		long + " i " + long:   long + " \ni \n" + long + "\n",
		"koniec ze spacjami ": "koniec ze spacjami\n",
		"a\n-- \nKładka":      "a\n-- \nKładka\n",
	} {
		if got := flow(text); got != want {
			t.Errorf("flow(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzFlow(f *testing.F) {
	for _, s := range []string{"", "raz dwa", "> x\nFrom y\n z", strings.Repeat("ąę ", 80), "a\n\n\nb", "  a  b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := plainText(s)
		if strings.ContainsAny(text, "\r\x00\x1b") {
			t.Errorf("controls left in %q", text)
		}
		got := flow(text)
		for line := range strings.SplitSeq(got, "\n") {
			if utf8.RuneCountInString(line) > width+2 && strings.Contains(strings.Trim(line, " "), " ") {
				t.Errorf("too wide: %q", line)
			}
		}
		// Reading it as flowed gives the words back, line by line.
		want, back := strings.Split(text, "\n"), strings.Split(unflow(got), "\n")
		if strings.Join(strings.Fields(strings.Join(want, "\n")), " ") != strings.Join(strings.Fields(strings.Join(back, "\n")), " ") {
			t.Errorf("%q became %q", text, back)
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"a@b.example", "a@b\r\nRCPT TO:<c@d>", "<a@b>", "a b@c", "\"x\"@y", "a@[1.2.3.4]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := addressOf(s)
		if err == nil && (a != s || strings.ContainsAny(a, "\r\n\t <>,;:\"()[]\\\x00") || strings.Count(a, "@") != 1) {
			t.Errorf("%q was taken as %q", s, a)
		}
		if strings.ContainsAny(oneLine(s), "\r\n\x00\u2028") {
			t.Errorf("%q is not one line", oneLine(s))
		}
	})
}
