package training

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// say has somebody told, and the jobs run.
func (k *kit) say(e Enrollment, n News, once string) {
	k.t.Helper()
	k.write(func(ctx context.Context, tx *db.Tx) error { return k.tell(ctx, tx, e, n, once) })
	k.drain()
}

// putState writes a state past the queue.
func (k *kit) putState(e Enrollment, s State) {
	k.t.Helper()
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_enrollments set state = ?, active = ? where id = ?`, s, s.Active(), e.ID)
		return err
	})
}

func (k *kit) lettersAreWrittenOnce(t *testing.T) {
	tr := k.publish(t, nil)
	e := k.visitor(tr, Confirmed, nil)
	for range 3 {
		k.say(e, NewsConfirmed, "confirmed")
	}
	if n := len(k.lettersTo(basia)); n != 1 {
		t.Errorf("%d letters", n)
	}
	// What is no longer true is not told.
	k.say(e, NewsOffered, "1")
	k.say(e, NewsWaiting, "1")
	k.say(e, NewsCanceled, "1")
	if n := len(k.lettersTo(basia)); n != 1 {
		t.Errorf("%d letters about what is not so", n)
	}
	for _, other := range []access.Actor{k.ewa, k.jan} {
		k.put(tr, other, Confirmed, nil)
	}
	k.put(tr, k.otherHead, Rejected, nil)
	k.visitor(tr, Pending, func(e *Enrollment) { e.Email = "nowa@example.org" })
	for range 2 {
		k.write(func(ctx context.Context, tx *db.Tx) error { return k.tellAll(ctx, tx, tr.ID, NewsPostponed, "p1") })
		k.drain()
	}
	for _, to := range []string{k.email(k.ewa), k.email(k.jan)} {
		if n := len(k.lettersTo(to)); n != 1 {
			t.Errorf("%s got %d letters", to, n)
		}
	}
	if len(k.lettersTo(basia)) != 2 || len(k.lettersTo(k.email(k.otherHead))) != 0 || len(k.lettersTo("nowa@example.org")) != 0 {
		t.Error("somebody was left out, or told without need")
	}
	if got := k.toldTo(k.ewa); got != "training.people.tell.postponed" {
		t.Errorf("inbox: %s", got)
	}
}

// The one digest a day stays one: what needs no answer is not a letter of its own.
func TestWhatGoesWhere(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.openMail()
	tr := k.publish(t, nil)
	e := k.put(tr, k.ewa, Completed, func(e *Enrollment) { e.Hours = 6 })
	k.say(e, NewsCompleted, "1")
	guest := k.visitor(tr, Completed, func(e *Enrollment) { e.Hours = 6 })
	k.say(guest, NewsCompleted, "1")
	if n := len(k.lettersTo(k.email(k.ewa))); n != 0 {
		t.Errorf("%d letters to an account about what can wait", n)
	}
	if got := k.lettersTo(basia); len(got) != 1 || !strings.Contains(got[0].Text, "6 godzin lekcyjnych") || !strings.Contains(got[0].Text, k.Key(guest)) {
		t.Errorf("a guest got %+v", got)
	}
	if k.told[0].Topic != topicOwn || k.told[0].Link != EnrollPath+"/"+string(e.ID) {
		t.Errorf("told %+v", k.told[0])
	}
	applied := k.put(k.publish(t, func(tr *Training) { tr.Approval = true }), k.jan, Applied, nil)
	k.say(applied, NewsAsked, "asked")
	if got := k.toldTo(k.head); got != "training.people.tell.asked" || strings.Contains(k.toldTo(k.otherHead), "asked") {
		t.Errorf("the head was told %q", got)
	}
	for _, m := range k.told {
		for _, value := range m.Args {
			if strings.Contains(value, "Bóbr") || strings.Contains(value, "@") {
				t.Errorf("an inbox names somebody: %+v", m)
			}
		}
	}
	for _, topic := range NotifyTopics() {
		if !k.Catalog.Has("topic."+topic.Key) || !k.Catalog.Has("topic."+topic.Key+"_text") {
			t.Errorf("topic %s has no name", topic.Key)
		}
	}
}

// Every piece of news is said in each language, with all its gaps filled.
func TestLettersInThreeLanguages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.openMail()
	states := map[News]State{NewsLink: Pending, NewsKnown: Confirmed, NewsConfirmed: Confirmed, NewsApplied: Applied, NewsWaiting: Waiting, NewsOffered: Offered,
		NewsQualified: Qualified, NewsLapsed: Lapsed, NewsOver: Lapsed, NewsResigned: Resigned, NewsRejected: Rejected, NewsSwapped: Resigned, NewsMoved: Confirmed,
		NewsReminder: Confirmed, NewsChanged: Confirmed, NewsPostponed: Waiting, NewsCanceled: Dropped, NewsCompleted: Completed, NewsPaper: Issued}
	for _, lang := range i18n.Langs {
		for news, state := range states {
			tr := k.publish(t, func(tr *Training) { tr.Why = "choroba osoby prowadzącej" })
			to := string(news) + string(lang) + "@example.org"
			until := k.now.Add(48 * time.Hour).Unix()
			e := k.visitor(tr, state, func(e *Enrollment) {
				e.Email, e.Lang, e.Hours, e.OfferUntil, e.HoldUntil, e.Note = to, lang, 5, until, until, "brak dokumentów"
			})
			k.say(e, news, "1")
			got := k.lettersTo(to)
			if len(got) != 1 {
				t.Errorf("%s in %s: %d letters", news, lang, len(got))
				continue
			}
			l := got[0]
			if l.Lang != lang || !l.Secret || strings.ContainsAny(l.Subject+l.Text, "⟦{}") || !strings.Contains(l.Text, "https://kladka.example"+k.guestPath(e)) {
				t.Errorf("%s in %s: %s\n%s", news, lang, l.Subject, l.Text)
			}
		}
	}
	for want, to := range map[string]string{"Зараховано": "completeduk@example.org", "5 lesson hours": "completeden@example.org", "5 godzin lekcyjnych": "completedpl@example.org",
		"Uzasadnienie: brak dokumentów": "rejectedpl@example.org", "25\u00a0listopada 2026, 09:00": "offeredpl@example.org"} {
		if !strings.Contains(strings.ToLower(k.lettersTo(to)[0].Text), strings.ToLower(want)) {
			t.Errorf("%s lacks %q:\n%s", to, want, k.lettersTo(to)[0].Text)
		}
	}
}

// eventsIn parses the calendar of a letter.
func (k *kit) eventsIn(data []byte) []*ics.VEvent {
	k.t.Helper()
	c, err := ics.ParseCalendar(strings.NewReader(string(data)))
	k.ok(err)
	return c.Events()
}

func prop(e *ics.VEvent, name ics.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

// One meeting goes as a request and is struck out by a cancellation of the same
// identity and a sequence that is not lower.
func TestCalendarOfLetters(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.openMail()
	k.write(func(ctx context.Context, tx *db.Tx) error {
		unit, err := k.unitOf(ctx, string(k.center))
		if err != nil {
			return err
		}
		unit.Email = "osrodek@example.org"
		return k.dir.Save(ctx, tx, []directory.Institution{unit})
	})
	tr := k.publish(t, nil)
	e := k.visitor(tr, Confirmed, nil)
	k.say(e, NewsConfirmed, "confirmed")
	first := k.lettersTo(basia)[0]
	one := k.eventsIn(first.Calendar)
	if first.CalendarMethod != "REQUEST" || len(one) != 1 || prop(one[0], ics.ComponentPropertySequence) != "1" || prop(one[0], ics.ComponentPropertyLocation) != tr.Place {
		t.Fatalf("%s\n%s", first.CalendarMethod, first.Calendar)
	}
	if strings.Contains(string(first.Calendar), k.Key(e)) {
		t.Error("the secret of the link lies in the calendar")
	}
	k.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update training_trainings set revision = 2, starts_at = starts_at + 3600 where id = ?`, tr.ID)
		if err == nil {
			_, err = tx.Exec(ctx, `update training_meetings set starts_at = starts_at + 3600 where training = ?`, tr.ID)
		}
		return err
	})
	k.say(e, NewsChanged, "2")
	second := k.eventsIn(k.lettersTo(basia)[0].Calendar)
	if second[0].Id() != one[0].Id() || prop(second[0], ics.ComponentPropertySequence) != "2" {
		t.Errorf("the change: %s, %s", second[0].Id(), prop(second[0], ics.ComponentPropertySequence))
	}
	k.putState(e, Resigned)
	k.say(e, NewsResigned, "resigned")
	last := k.lettersTo(basia)[0]
	gone := k.eventsIn(last.Calendar)
	if last.CalendarMethod != "CANCEL" || gone[0].Id() != one[0].Id() || prop(gone[0], ics.ComponentPropertyStatus) != "CANCELLED" {
		t.Errorf("%s\n%s", last.CalendarMethod, last.Calendar)
	}
	never := k.visitor(tr, Resigned, func(e *Enrollment) { e.Email = "nigdy@example.org" })
	k.say(never, NewsResigned, "resigned")
	if got := k.lettersTo("nigdy@example.org"); len(got) != 1 || got[0].CalendarMethod != "" {
		t.Errorf("something is struck out that was never entered: %+v", got)
	}
}

// Several meetings go as a published calendar; one that is no more is canceled in it.
func TestCalendarOfSeveralMeetings(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.openMail()
	tr := k.publish(t, nil)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		for n := range 2 {
			m := Meeting{ID: MeetingID(newID()), Training: tr.ID, No: 2 + n, StartsAt: tr.StartsAt + int64(n+1)*7*24*3600, EndsAt: tr.EndsAt + int64(n+1)*7*24*3600, Hours: 8}
			if n == 1 {
				m.Track = "B"
			}
			if err := putRow(ctx, tx, "training_meetings", m); err != nil {
				return err
			}
		}
		return nil
	})
	e := k.visitor(tr, Confirmed, func(e *Enrollment) {
		e.Track = "A"
		e.Agreed = `{"title":"Matematyka w ruchu","mode":"on_site","meetings":[{"id":"dawne","starts_at":` + strconv.FormatInt(tr.StartsAt-86400, 10) + `}]}`
	})
	k.say(e, NewsConfirmed, "confirmed")
	l := k.lettersTo(basia)[0]
	events := k.eventsIn(l.Calendar)
	if l.CalendarMethod != "PUBLISH" || len(events) != 3 || prop(events[2], ics.ComponentPropertyStatus) != "CANCELLED" || events[2].Id() != "dawne@kladka" {
		t.Errorf("%s\n%s", l.CalendarMethod, l.Calendar)
	}
}

func TestReminder(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.openMail()
	tr := k.publish(t, nil)
	k.publish(t, func(tr *Training) { tr.StartsAt, tr.EndsAt = tr.StartsAt+86400, tr.EndsAt+86400 })
	k.visitor(tr, Confirmed, nil)
	k.put(tr, k.ewa, Confirmed, nil)
	k.put(tr, k.jan, Waiting, nil)
	at := func(day, hour, minute int) {
		k.now = time.Date(2026, 12, day, hour, minute, 0, 0, web.Warsaw)
		k.ok(k.Remind(t.Context()))
		k.drain()
	}
	at(12, 9, 0)
	at(13, 8, 59)
	if len(k.lettersTo(basia)) != 0 {
		t.Error("reminded too early")
	}
	at(13, 9, 0)
	at(13, 9, 15)
	at(13, 20, 0)
	if got := k.lettersTo(basia); len(got) != 1 || got[0].Subject != "Jutro: Matematyka w ruchu" {
		t.Errorf("letters %+v", got)
	}
	if k.toldTo(k.ewa) != "training.people.tell.reminder" || k.toldTo(k.jan) != "" || len(k.lettersTo(k.email(k.ewa))) != 0 {
		t.Errorf("told %q and %q", k.toldTo(k.ewa), k.toldTo(k.jan))
	}
}

// Who moves to another date gets the new one entered and the former struck out.
func TestCalendarOfWhoMoved(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.openMail()
	from, to := k.publish(t, nil), k.publish(t, nil)
	old := k.visitor(from, Confirmed, nil)
	k.say(old, NewsConfirmed, "confirmed")
	k.putState(old, Resigned)
	k.say(k.visitor(to, Confirmed, func(e *Enrollment) { e.MovedFrom = string(from.ID) }), NewsMoved, "moved")
	var subjects []string
	for _, l := range k.lettersTo(basia) {
		subjects = append(subjects, strings.SplitN(l.Subject, ":", 2)[0]+" "+prop(k.eventsIn(l.Calendar)[0], ics.ComponentPropertyStatus))
	}
	if got := strings.Join(subjects, ", "); got != "Zapis odwołany CANCELLED, Nowy termin CONFIRMED, Masz miejsce CONFIRMED" {
		t.Error(got)
	}
}
