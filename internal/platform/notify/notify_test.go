package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/mail"
	"kladka/internal/testkit"
)

func TestFrequency(t *testing.T) {
	plain, alarm, quiet := Topic{Default: Daily}, Topic{Default: Daily, Urgent: true}, Topic{Default: Never}
	for _, c := range []struct {
		topic  Topic
		chosen Frequency
		urgent bool
		want   Frequency
	}{
		{plain, "", false, Daily}, {plain, "", true, Now}, {plain, Never, true, Never}, {plain, Weekly, false, Weekly}, {plain, Weekly, true, Now},
		{alarm, "", false, Now}, {alarm, Daily, false, Daily}, {alarm, Never, false, Never}, {quiet, "", false, Never}, {quiet, "", true, Now},
	} {
		if got := c.topic.frequency(c.chosen, c.urgent); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestDue(t *testing.T) {
	for _, c := range []struct {
		f         Frequency
		now, want string
	}{
		{Daily, "2026-11-18 06:59", "2026-11-18 07:00"}, {Daily, "2026-11-18 07:00", "2026-11-19 07:00"},
		{Daily, "2026-12-31 23:59", "2027-01-01 07:00"},
		{Daily, "2026-10-24 12:00", "2026-10-25 07:00"}, // the night has 25 hours
		{Daily, "2027-03-27 12:00", "2027-03-28 07:00"}, // and 23
		{Weekly, "2026-11-18 10:00", "2026-11-23 07:00"}, {Weekly, "2026-11-23 06:00", "2026-11-23 07:00"}, {Weekly, "2026-11-23 07:00", "2026-11-30 07:00"},
		{Now, "2026-11-18 10:00", "2026-11-18 10:00"},
	} {
		got, ok := due(c.f, warsaw(c.now), 7)
		if !ok || !got.Equal(warsaw(c.want)) {
			t.Errorf("%s at %s: %v", c.f, c.now, got)
		}
	}
	if _, ok := due(Never, warsaw("2026-11-18 10:00"), 7); ok {
		t.Error("never became due")
	}
}

func TestTellRefuses(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules()))
	good := news("anna", "school.a", 1)
	for name, change := range map[string]func(*Message){
		"nobody": func(m *Message) { m.To = "" }, "unknown topic": func(m *Message) { m.Topic = "school.z" }, "unknown text": func(m *Message) { m.Key = "school.zzz" },
		"elsewhere": func(m *Message) { m.Link = "https://evil.example" }, "elsewhere without scheme": func(m *Message) { m.Link = "//evil.example" },
	} {
		m := good
		change(&m)
		if k.tryTell(m) == nil {
			t.Errorf("%s: told", name)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a topic was declared twice")
		}
	}()
	k.topics.Declare(Topic{Key: "school.a"})
}

// Six modules that have something to say all day long: one letter a day, at
// seven, that tells each thing once.
func TestAtMostOneLetterADay(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		topics := []string{"school.a", "school.b", "school.c", "school.d", "school.e", "school.f"}
		told := 0
		for day := range 10 {
			for hour := range 24 {
				if hour%4 == 1 {
					k.tell(news("anna", topics[(day+hour)%6], told))
					told++
				}
				k.at = k.at.Add(time.Hour)
				before := len(k.letters("anna"))
				k.tick()
				k.tick() // another process does the same
				if got := len(k.letters("anna")); got > before && k.at.In(warsaw("2026-11-18 10:00").Location()).Hour() != 7 {
					t.Fatalf("a letter at %v", k.at)
				}
			}
		}
		k.until("2026-12-01 12:00")
		letters := k.letters("anna")
		if len(letters) < 10 || len(letters) > 13 {
			t.Errorf("%d letters in 13 days", len(letters))
		}
		all := ""
		for _, l := range letters {
			all += l.Text
			if l.To != "anna@szkola.example" || l.Person != "anna" {
				t.Errorf("%+v", l)
			}
		}
		for n := range told {
			if got := strings.Count(all, fmt.Sprintf(" nr %d.\n", n)); got != 1 {
				t.Errorf("thing %d was told %d times", n, got)
			}
		}
	})
}

func TestUrgentAtOnceButNotWithoutEnd(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.tell(news("anna", "school.alarm", 0))
		k.drain()
		if got := k.letters("anna"); len(got) != 1 || got[0].Subject != "Zmiana w sprawie school.alarm nr 0." || got[0].Topic != "school.alarm" {
			t.Fatalf("at once: %+v", got)
		}
		m := news("anna", "school.a", 1)
		m.Urgent = true
		k.tell(m)
		k.drain()
		if got := len(k.letters("anna")); got != 2 {
			t.Fatalf("%d letters", got)
		}
		for n := range 28 {
			k.tell(news("anna", "school.alarm", 2+n))
			k.drain()
		}
		if got := len(k.letters("anna")); got != 10 {
			t.Errorf("%d letters within an hour", got)
		}
		k.until("2026-11-18 11:00")
		letters := k.letters("anna")
		if len(letters) != 11 || strings.Count(letters[10].Text, "* Zmiana") != 20 || !strings.HasPrefix(letters[10].Subject, "Kładka: 20 ") {
			t.Errorf("the rest came as %d letters, the last:\n%s", len(letters), letters[len(letters)-1].Text)
		}
		k.tell(news("anna", "school.b", 99)) // the gathered letter is not used up by urgent ones
		k.until("2026-11-19 07:00")
		if got := len(k.letters("anna")); got != 12 {
			t.Errorf("%d letters the next morning", got)
		}
	})
}

func (k *kit) drain() {
	k.t.Helper()
	if err := k.runner.Drain(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
}

func TestWeeklyDailyNeverTogether(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.choose(t, "anna", 7, map[string]Frequency{"school.b": Never, "school.alarm": Never, "school.d": Weekly})
		k.tell(news("anna", "school.c", 1)) // weekly by itself
		k.tell(news("anna", "school.d", 2)) // weekly by choice
		k.tell(news("anna", "school.b", 3))
		k.tell(news("anna", "school.alarm", 4))
		k.tell(news("anna", "school.quiet", 5))
		k.until("2026-11-23 06:45")
		if got := k.letters("anna"); len(got) != 0 {
			t.Fatalf("before Monday: %+v", got)
		}
		k.at = warsaw("2026-11-22 12:00")
		k.tell(news("anna", "school.a", 6)) // daily
		k.until("2026-12-10 12:00")
		letters := k.letters("anna")
		if len(letters) != 1 {
			t.Fatalf("%d letters", len(letters))
		}
		for n, want := range []bool{false, true, true, false, false, false, true} {
			if got := strings.Contains(letters[0].Text, fmt.Sprintf(" nr %d.", n)); got != want {
				t.Errorf("thing %d in the letter: %v", n, got)
			}
		}
		if n, err := k.Unread(t.Context(), "anna"); n != 6 || err != nil {
			t.Errorf("the inbox has %d, %v", n, err)
		}
	})
}

func (k *kit) choose(t *testing.T, person string, hour int, topics map[string]Frequency) {
	t.Helper()
	if err := k.Choose(t.Context(), person, Settings{Hour: hour, Topics: topics}); err != nil {
		t.Fatal(err)
	}
}

func TestChoosing(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		for _, bad := range []Settings{{Hour: 3}, {Hour: 24}, {Hour: 7, Topics: map[string]Frequency{"school.zzz": Daily}}, {Hour: 7, Topics: map[string]Frequency{"school.a": "hourly"}}} {
			if err := k.Choose(t.Context(), "anna", bad); fault.KindOf(err) != fault.BadRequest {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		k.tell(news("anna", "school.a", 1))
		k.tell(news("anna", "school.b", 2))
		k.tell(news("anna", "school.c", 3))
		// What waits moves with the settings: b is told at once, a at noon, c stays on Monday.
		k.choose(t, "anna", 12, map[string]Frequency{"school.b": Now})
		k.drain()
		if got := k.letters("anna"); len(got) != 1 || !strings.Contains(got[0].Text, "school.b nr 2") || strings.Contains(got[0].Text, "school.a") {
			t.Errorf("at once: %+v", got)
		}
		k.until("2026-11-18 12:00")
		if got := k.letters("anna"); len(got) != 2 || !strings.Contains(got[1].Text, "school.a nr 1") {
			t.Errorf("at noon: %+v", got)
		}
		// A later hour on a day that had its letter brings no second one.
		k.tell(news("anna", "school.a", 4))
		k.choose(t, "anna", 15, nil)
		k.until("2026-11-18 23:00")
		if got := k.letters("anna"); len(got) != 2 {
			t.Errorf("a second letter on one day: %+v", got[2:])
		}
		k.until("2026-11-19 15:00")
		if got := k.letters("anna"); len(got) != 3 {
			t.Errorf("%d letters", len(got))
		}
		k.choose(t, "anna", 7, map[string]Frequency{"school.b": Daily, "school.c": Never})
		set, err := k.Settings(t.Context(), "anna")
		if err != nil || len(set.Topics) != 1 || set.Topics["school.c"] != Never || set.Hour != 7 {
			t.Errorf("only what differs is kept: %+v, %v", set, err)
		}
	})
}

// What was too much for this hour and waits for the next is ended as well.
func TestEndingReachesWhatWasPutOff(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		for n := range 12 {
			k.tell(news("anna", "school.alarm", n))
			k.drain()
		}
		if err := k.stop(t.Context(), "anna", "school.alarm"); err != nil {
			t.Fatal(err)
		}
		k.until("2026-11-19 12:00")
		if got := len(k.letters("anna")); got != 10 {
			t.Errorf("%d letters", got)
		}
	})
}

func TestLanguageAndWords(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules()))
	m := Message{To: "olena", Topic: "school.alarm", Key: "school.long", Args: map[string]string{"what": "Зошит"}, Link: "/szkolenia/x"}
	k.tell(m)
	k.tell(Message{To: "anna", Topic: "school.alarm", Key: "school.dated", Args: map[string]string{"on_date": "2026-11-22", "when_at": "1795334400"}})
	k.drain()
	l := k.letters("olena")[0]
	if l.Subject != "Зміна у справі Зошит" || !strings.Contains(l.Text, "Доброго дня") || !strings.Contains(l.Text, "Зошит (uk)") || l.Lang != "uk" {
		t.Errorf("%+v", l)
	}
	if got := k.letters("anna")[0].Subject; got != "22 listopada 2026 22 listopada 2026, 09:00" {
		t.Errorf("dates: %q", got)
	}
	for part, want := range map[string]int{"https://kladka.example/konto/powiadomienia/": 2, "https://kladka.example/powiadomienia/wypisz/": 1} {
		if got := strings.Count(l.Text, part); got != want {
			t.Errorf("%s stands %d times in\n%s", part, got, l.Text)
		}
	}
}

// Whatever titles people type, no letter and no page shows somebody's address.
func TestNoAddressOfAnother(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		m := news("anna", "school.alarm", 1)
		m.Args["what"] = "pisz: olena@szkola.example, Żółw@łąka.example; o'hara+x@a.b.example"
		k.tell(m)
		k.drain()
		var stored string
		if err := d.Get(t.Context(), &stored, `select args from notify_items`); err != nil {
			t.Fatal(err)
		}
		k.who = "anna"
		secret, err := k.NewFeed(t.Context(), by("anna"), feed)
		if err != nil {
			t.Fatal(err)
		}
		l := k.letters("anna")[0]
		for name, text := range map[string]string{"table": stored, "subject": l.Subject, "text": l.Text,
			"inbox": k.ask("GET", inboxPath, nil).Body.String(), "feed": k.ask("GET", feedPath(feed, secret), nil).Body.String()} {
			if strings.Contains(text, "@") {
				t.Errorf("%s: %s", name, text)
			}
		}
	})
}

func TestToldOnce(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		m := news("anna", "school.alarm", 1)
		m.Once = "enrollment/1/offered"
		for range 3 {
			k.tell(m)
			k.drain()
		}
		m.To = "olena"
		k.tell(m)
		k.drain()
		if len(k.letters("anna")) != 1 || len(k.letters("olena")) != 1 {
			t.Errorf("%d and %d letters", len(k.letters("anna")), len(k.letters("olena")))
		}
	})
}

// failing is a post that breaks after it wrote, as a crash does.
type failing struct {
	*mail.Service
	left *int
}

var errCrash = errors.New("crash")

func (f failing) Send(ctx context.Context, tx *db.Tx, l mail.Letter) (string, error) {
	id, err := f.Service.Send(ctx, tx, l)
	if *f.left > 0 {
		*f.left--
		return "", errCrash
	}
	return id, err
}

func TestACrashRepeatsNothing(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		left := 2
		k.post = failing{k.mail, &left}
		k.tell(news("anna", "school.a", 1))
		k.at = warsaw("2026-11-19 07:00")
		for range 4 {
			if err := k.Gather(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := k.runner.Drain(t.Context()); err != nil && !errors.Is(err, errCrash) {
				t.Fatal(err)
			}
			k.at = k.at.Add(20 * time.Minute)
		}
		if got := k.letters("anna"); len(got) != 1 || left != 0 {
			t.Errorf("%d letters, %d crashes left", len(got), left)
		}
		// A lost lease runs the job once more: nothing is due any more.
		if err := k.write(t.Context(), "anna"); err != nil || len(k.letters("anna")) != 1 {
			t.Errorf("%v, %d letters", err, len(k.letters("anna")))
		}
	})
}

// Two processes write to one person at once: each thing is told once.
func TestTwoAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		for n := range 20 {
			k.tell(news("anna", "school.a", n))
		}
		k.at = warsaw("2026-11-19 07:00")
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				if err := k.write(t.Context(), "anna"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := k.letters("anna"); len(got) != 1 || strings.Count(got[0].Text, "* Zmiana") != 20 {
			t.Errorf("%d letters", len(got))
		}
	})
}

func TestWhoGetsNoLetters(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.people["zly"] = Addressee{Name: "x", Email: "no address", Lang: "pl", Active: true}
		for _, person := range []string{"uczen", "dawny", "nobody", "zly"} {
			k.tell(news(person, "school.alarm", 1))
			k.tell(news(person, "school.a", 2))
		}
		k.drain()
		k.until("2026-11-19 08:00")
		var letters, due int
		if err := errors.Join(d.Get(t.Context(), &letters, `select count(*) from mail_letters`),
			d.Get(t.Context(), &due, `select count(*) from notify_items where due_at is not null`)); err != nil {
			t.Fatal(err)
		}
		if letters != 0 || due != 0 {
			t.Errorf("%d letters, %d things that wait for ever", letters, due)
		}
		if n, err := k.Unread(t.Context(), "uczen"); n != 2 || err != nil {
			t.Errorf("the pupil's inbox has %d, %v", n, err)
		}
		if tally, err := jobs.Counts(t.Context(), d); err != nil || tally != (jobs.Tally{}) {
			t.Errorf("jobs left: %+v, %v", tally, err)
		}
	})
}

func TestLongLetterIsCut(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		for n := range 260 { // more than one batch
			k.tell(news("anna", "school.a", n))
		}
		k.until("2026-11-19 07:00")
		l := k.letters("anna")
		if len(l) != 1 || strings.Count(l[0].Text, "* Zmiana") != shownInLetter || !strings.Contains(l[0].Text, "220 powiadomień") {
			t.Errorf("%d letters:\n%s", len(l), l[0].Text)
		}
		var marked int
		if err := d.Get(t.Context(), &marked, `select count(*) from notify_items where letter <> ''`); err != nil || marked != 260 {
			t.Errorf("%d marked, %v", marked, err)
		}
	})
}

// Many people at seven: the walk goes on by ids and forgets nobody.
func TestGatherWalksEverybody(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for n := range 2*batch + 7 {
				if err := k.Tell(t.Context(), tx, news(fmt.Sprintf("p%04d", n), "school.a", n)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		k.at = warsaw("2026-11-19 07:00")
		for range 2 {
			if err := k.Gather(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tally, err := jobs.Counts(t.Context(), d); err != nil || tally.Waiting != 2*batch+7 {
				t.Errorf("%+v, %v", tally, err)
			}
		}
	})
}

func TestRetentionHeldErase(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		for n := range 3 {
			k.tell(news("anna", "school.a", n))
		}
		rows, _, err := k.inbox(t.Context(), "anna", web0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Open(t.Context(), "anna", rows[0].ID); err != nil {
			t.Fatal(err)
		}
		k.choose(t, "anna", 9, map[string]Frequency{"school.b": Never})
		if _, err := k.NewFeed(t.Context(), by("anna"), calendar); err != nil {
			t.Fatal(err)
		}
		h, err := k.Held(t.Context(), "anna")
		if err != nil || len(h.Inbox) != 3 || !h.Inbox[2].Read || h.Hour != 9 || h.Topics["school.b"] != Never || !h.Calendar || h.Feed {
			t.Errorf("held %+v, %v", h, err)
		}
		for _, c := range []struct {
			months, left int
		}{{11, 3}, {12, 2}, {23, 2}, {24, 0}} {
			k.at = warsaw("2026-11-18 10:00").AddDate(0, c.months, 0)
			if err := k.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if rows, _, err := k.inbox(t.Context(), "anna", web0); err != nil || len(rows) != c.left {
				t.Errorf("after %d months %d are left, %v", c.months, len(rows), err)
			}
		}
		k.tell(news("anna", "school.a", 9))
		k.tell(news("olena", "school.a", 9))
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			n, err := k.Erase(t.Context(), tx, "anna")
			if n != 4 { // a thing, a choice, an hour, an address
				t.Errorf("erased %d", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if h, err := k.Held(t.Context(), "anna"); err != nil || len(h.Inbox)+len(h.Topics) != 0 || h.Calendar {
			t.Errorf("after erasing: %+v, %v", h, err)
		}
		if n, _ := k.Unread(t.Context(), "olena"); n != 1 {
			t.Error("somebody else's inbox was erased")
		}
	})
}

func TestTopicsAreListed(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules()))
	if got := k.topics.Topics(); !slices.EqualFunc(got, testTopics, func(a, b Topic) bool { return a.Key == b.Key }) {
		t.Errorf("%+v", got)
	}
}
