package meetings

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/notify"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// TestAttacks are things that people did, or could do, that must come to nothing.
// Each begins at the same hour, with series and meetings of its own.
func TestAttacks(t *testing.T) {
	k := minutesKit(t, testkit.SQLite(t, modules))
	began := k.clock
	for _, c := range []struct {
		name string
		run  func(t *testing.T, k *kit)
	}{{"a list drawn before the door opened", listBeforeDoor}, {"an expert reads the program alone", expertAlone}, {"a draft is its writers'", draftHidden},
		{"a vote opened after the minutes were sent", voteAfterSending}, {"a canceled meeting", canceledMeeting}, {"a meeting that is moved", movedMeeting},
		{"tampered ids", tamperedIDs}, {"two voices of one person", twoVoices}, {"the office of the owner", ownersOffice}, {"odd letters", oddLetters},
		{"a named person goes", namedGoes}, {"tasks head the next agenda", tasksHead}, {"the winter clock", winterClock}, {"links", linksThere}} {
		t.Run(c.name, func(t *testing.T) {
			k.t, k.clock = t, began
			c.run(t, k)
		})
	}
}

// attended is the list of a seat as it is noted.
func (k *kit) attendedBy(id MeetingID, who access.Actor) Attendance {
	k.t.Helper()
	a, err := attendanceOf(k.t.Context(), k.db, k.seatOf(id, who).ID)
	if fault.KindOf(err) != fault.NotFound {
		k.ok(err)
	}
	return a
}

// formOf is the list of attendance as a browser would send it.
func (k *kit) formOf(who access.Actor, id MeetingID) url.Values {
	k.t.Helper()
	form := url.Values{}
	k.page(who, Href(id)+"/obecnosc").Find(`form[action$="/obecnosc"]`).Find("input[name]").Each(func(_ int, s *goquery.Selection) {
		_, ticked := s.Attr("checked")
		if s.AttrOr("type", "") != "checkbox" || ticked {
			form.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
		}
	})
	return form
}

func listBeforeDoor(t *testing.T, k *kit) {
	ctx, id := t.Context(), k.convened(k.clerk, k.heads())
	k.ok(k.Answer(ctx, k.complexHead, id, Substitute, "Sylwia Zastępstwo"))
	k.atMeeting(id, -10*time.Minute)
	head, complex, two := k.seatOf(id, k.head).ID, k.seatOf(id, k.complexHead).ID, k.seatOf(id, k.twoHead).ID
	form := k.formOf(k.recorder, id)
	for _, seat := range []InvitationID{head, complex} {
		k.passes(k.recorder, id, k.codeOf(id, string(seat)))
	}
	// The recorder, whose list shows nobody yet, notes one, and mends a name.
	form.Add("jest", string(two))
	form.Set(substituteField(complex), "Sylwia Zastępska")
	if w := k.send(k.recorder, http.MethodPost, Href(id)+"/obecnosc", form); w.Code != http.StatusSeeOther {
		t.Fatalf("status %d", w.Code)
	}
	if !k.attendedBy(id, k.head).Present || !k.attendedBy(id, k.twoHead).Present {
		t.Error("who came in through the door, or was noted, is absent now")
	}
	if a := k.attendedBy(id, k.complexHead); !a.Present || a.Name != "Sylwia Zastępska" {
		t.Errorf("a mended name: %+v", a)
	}
	if a := k.attendedBy(id, k.head); a.Revision != 1 {
		t.Errorf("an untouched row has revision %d", a.Revision)
	}
	// A list drawn now takes presence back, and the same form sent again changes nothing.
	form = k.formOf(k.recorder, id)
	form["jest"] = slices.DeleteFunc(form["jest"], func(v string) bool { return v == string(head) })
	for range 2 {
		k.send(k.recorder, http.MethodPost, Href(id)+"/obecnosc", form)
	}
	if a := k.attendedBy(id, k.head); a.Present || a.Revision != 2 {
		t.Errorf("taken back: %+v", a)
	}
}

func expertAlone(t *testing.T, k *kit) {
	ctx, id := t.Context(), k.convened(k.clerk, k.heads())
	asked := Asked{Person: k.stranger.Person, Until: dayOf(k.clock.AddDate(0, 0, 20).Unix())}
	_, err := k.AskExpert(ctx, k.clerk, id, asked)
	k.ok(err)
	_, err = k.AskExpert(ctx, k.clerk, id, asked)
	refuses(t, "asked twice", err, fault.Conflict)
	k.atMeeting(id, time.Hour)
	item := k.itemOf(id)
	decision, err := k.AddDecision(ctx, k.recorder, id, NewDecision{Item: item, Title: "Poufne"})
	k.ok(err)
	k.ok(k.Hold(ctx, k.clerk, id, 60))
	k.ok(k.SendMinutes(ctx, k.clerk, id))
	for _, path := range []string{Href(id), ProgramHref(id)} {
		if doc := k.page(k.stranger, path); doc.Find(`a[href*="/protokol"], a[href*="/decyzje/"]`).Length() != 0 {
			t.Errorf("%s leads an expert to what was decided", path)
		}
	}
	for _, path := range []string{MinutesHref(id), MinutesHref(id) + "/pdf", MinutesHref(id) + "/tekst", MinutesHref(id) + "/terminy.ics", DecisionHref(id, decision)} {
		if w := k.get(k.stranger, path); w.Code != http.StatusNotFound {
			t.Errorf("an expert at %s: %d", path, w.Code)
		}
	}
	refuses(t, "an expert's objection", k.Object(ctx, k.stranger, id, "", "Nie tak"), fault.NotFound)
}

func draftHidden(t *testing.T, k *kit) {
	ctx := t.Context()
	id, item := k.recorded()
	_, err := k.SaveText(ctx, k.recorder, id, Typed{Item: item, Words: "Brudnopis protokołu"})
	k.ok(err)
	for _, path := range []string{MinutesHref(id), MinutesHref(id) + "/tekst"} {
		for _, c := range []struct {
			who   access.Actor
			reads bool
		}{{k.head, false}, {k.deputy, false}, {k.recorder, true}, {k.clerk, true}} {
			if got := strings.Contains(k.get(c.who, path).Body.String(), "Brudnopis"); got != c.reads {
				t.Errorf("%s reads the draft at %s: %v", c.who.Name, path, got)
			}
		}
		for _, who := range []access.Actor{k.townHead, k.delegate, k.officer, k.townClerk, k.stranger} {
			if w := k.get(who, path); w.Code != http.StatusNotFound {
				t.Errorf("%s at %s: %d", who.Name, path, w.Code)
			}
		}
	}
	k.ok(k.Hold(ctx, k.clerk, id, 60))
	k.ok(k.SendMinutes(ctx, k.clerk, id))
	if !strings.Contains(k.get(k.head, MinutesHref(id)).Body.String(), "Brudnopis") {
		t.Error("minutes that were sent round are hidden")
	}
	// Attendance that is mended now is not adopted unseen.
	k.came(id, k.head)
	k.clock = k.clock.AddDate(0, 0, 9)
	k.ok(k.adoptDue(ctx))
	if k.meeting(id).State == MinutesAdopted {
		t.Error("adopted with an attendance that nobody saw")
	}
}

func voteAfterSending(t *testing.T, k *kit) {
	ctx := t.Context()
	id, item := k.recorded()
	k.came(id, k.head, k.complexHead)
	k.ok(k.Hold(ctx, k.clerk, id, 60))
	k.ok(k.SendMinutes(ctx, k.clerk, id))
	vote, err := k.OpenVote(ctx, k.recorder, id, item, "Jeszcze jedno?", Rules{Way: Names, Majority: Simple})
	k.ok(err)
	k.clock = k.clock.AddDate(0, 0, 9)
	k.ok(k.adoptDue(ctx))
	refuses(t, "adopted over an open vote", k.AdoptMinutes(ctx, k.clerk, id), fault.Conflict)
	k.ok(k.CloseVote(ctx, k.recorder, id, vote, Tally{}))
	refuses(t, "a vote after the close", k.Cast(ctx, k.head, id, vote, For), fault.Conflict)
}

func canceledMeeting(t *testing.T, k *kit) {
	ctx, series := t.Context(), k.heads()
	first := k.convened(k.clerk, series)
	_, err := k.AddItem(ctx, k.clerk, first, NewItem{Title: "Nieskończona sprawa", Minutes: 10})
	k.ok(err)
	items, err := ItemsOf(ctx, k.db, first)
	k.ok(err)
	item := items[len(items)-1].ID
	k.atMeeting(first, time.Hour)
	k.came(first, k.head)
	k.came(first, k.head) // again: nothing
	k.ok(k.Hold(ctx, k.recorder, first, 60))
	k.ok(k.Finish(ctx, k.recorder, first, item, false))
	second, third := k.announced(k.clerk, series), k.planned(k.clerk, series)
	if n := k.carried(third, item); n != 0 {
		t.Errorf("an item went on twice: %d", n)
	}
	k.ok(k.Cancel(ctx, k.clerk, second, "Brak kworum"))
	fourth := k.planned(k.clerk, series)
	if n := k.carried(third, item) + k.carried(fourth, item); n != 1 {
		t.Errorf("after a canceled meeting the item goes on %d times", n)
	}
	refuses(t, "attendance of a canceled meeting", k.Note(ctx, k.recorder, second, []Came{{Invitation: k.seatOf(second, k.head).ID, Present: true}}), fault.Conflict)
	k.drain()
	k.attended, k.held = nil, nil
	seat := k.seatOf(first, k.head).ID
	k.ok(k.Note(ctx, k.recorder, first, []Came{{Invitation: seat, Present: true, Name: "Wit Zastępca"}}))
	k.ok(k.Note(ctx, k.recorder, first, []Came{{Invitation: seat, Present: true}}))
	k.ok(k.Cancel(ctx, k.clerk, first, "Nie odbyło się"))
	k.drain()
	if n := len(k.attended); n != 3 || k.attended[0].Version >= k.attended[1].Version || k.attended[1].Version >= k.attended[2].Version || !k.attended[2].Event.Void || !k.held[0].Void {
		t.Errorf("two corrections and a canceled meeting told %+v and %+v", k.attended, k.held)
	}
}

// carried is how often an item stands on the agenda of another meeting.
func (k *kit) carried(id MeetingID, from ItemID) (n int) {
	k.t.Helper()
	k.ok(k.db.Get(k.t.Context(), &n, `select count(*) from meetings_items where meeting = ? and from_item = ?`, id, from))
	return n
}

func movedMeeting(t *testing.T, k *kit) {
	ctx, id := t.Context(), k.convened(k.clerk, k.heads())
	m := k.meeting(id)
	byHand := dayOf(m.StartsAt - 86400)
	k.ok(k.SetHall(ctx, k.clerk, id, 100, byHand))
	plan := func(days int, title string) Plan {
		m := k.meeting(id)
		return Plan{Revision: m.Revision, Title: title, Place: m.Place, Starts: time.Unix(m.StartsAt, 0).In(web.Warsaw).AddDate(0, 0, days), Ends: time.Unix(m.EndsAt, 0).In(web.Warsaw).AddDate(0, 0, days)}
	}
	k.ok(k.Change(ctx, k.clerk, id, plan(0, "Inna nazwa")))
	if got := dayOf(k.meeting(id).ReplyUntil - 1); got != byHand {
		t.Errorf("another name moved the day for replies to %s", got)
	}
	k.ok(k.Answer(ctx, k.head, id, Comes, ""))
	k.ok(k.Change(ctx, k.clerk, id, plan(-7, "Wcześniej")))
	if now := k.meeting(id); now.ReplyUntil-1 > now.StartsAt {
		t.Error("replies are asked for until after the meeting")
	}
	if v := k.seatOf(id, k.head); v.Reply != Comes {
		t.Errorf("the answer was lost: %q", v.Reply)
	}
	k.atMeeting(id, -time.Hour)
	k.passes(k.recorder, id, k.codeOf(id, string(k.seatOf(id, k.head).ID)))
	k.ok(k.Change(ctx, k.clerk, id, plan(14, "Później")))
	if n := k.crowdOf(id).Came; n != 0 {
		t.Errorf("%d came to a meeting two weeks from now", n)
	}
	k.atMeeting(id, time.Minute)
	refuses(t, "moved after it began", k.Change(ctx, k.clerk, id, plan(14, "Jeszcze później")), fault.Conflict)
}

func tamperedIDs(t *testing.T, k *kit) {
	ctx, series := t.Context(), k.heads()
	other, err := k.AddSeries(ctx, k.townClerk, NewSeries{Kind: Heads, Owner: k.townOffice, Title: "Narady gminne"})
	k.ok(err)
	id, foreign := k.convened(k.clerk, series), k.convened(k.townClerk, other)
	mine, theirs := k.proposed(k.head, series, "Nasz temat"), k.proposed(k.townHead, other, "Ich temat")
	refuses(t, "a merge across authorities", k.Merge(ctx, k.clerk, mine, theirs), fault.NotFound)
	council, err := k.AddSeries(ctx, k.clerk, NewSeries{Kind: Council, Owner: k.cityOffice, Title: "Rada"})
	k.ok(err)
	k.ok(k.AddMember(ctx, k.clerk, council, k.head.Person, ""))
	elsewhere := k.proposed(k.head, council, "Temat rady")
	refuses(t, "a merge across series", k.Merge(ctx, k.clerk, mine, elsewhere), fault.Invalid)
	_, err = k.AddItem(ctx, k.clerk, id, NewItem{Topic: elsewhere, Minutes: 5})
	refuses(t, "a topic of another series", err, fault.Conflict)
	_, err = k.AddItem(ctx, k.clerk, id, NewItem{Topic: theirs, Minutes: 5})
	refuses(t, "a topic of another authority", err, fault.NotFound)
	k.atMeeting(id, time.Hour)
	item, strange := k.itemOf(id), k.itemOf(foreign)
	_, err = k.SaveText(ctx, k.recorder, id, Typed{Item: strange, Words: "x"})
	refuses(t, "minutes at an item of another meeting", err, fault.NotFound)
	_, err = k.AddDecision(ctx, k.recorder, id, NewDecision{Item: strange, Title: "x"})
	refuses(t, "a decision at an item of another meeting", err, fault.NotFound)
	_, err = k.OpenVote(ctx, k.recorder, id, strange, "x", Rules{Way: Hands, Majority: Simple})
	refuses(t, "a vote at an item of another meeting", err, fault.NotFound)
	refuses(t, "finishing an item of another meeting", k.Finish(ctx, k.recorder, foreign, strange, true), fault.NotFound)
	refuses(t, "a seat of another meeting", k.Note(ctx, k.recorder, id, []Came{{Invitation: k.seatOf(foreign, k.townHead).ID, Present: true}}), fault.NotFound)
	townRecorder := k.person("Tomasz Gminny", access.MeetingRecorder, k.townOffice)
	refuses(t, "a recorder of another office", k.Note(ctx, townRecorder, id, nil), fault.NotFound)
	refuses(t, "a recorder of another office at the door", passError(k, townRecorder, id, "2AAAAAAAAA"), fault.NotFound)
	decision, err := k.AddDecision(ctx, k.recorder, id, NewDecision{Item: item, Title: "Nasza"})
	k.ok(err)
	if err := k.SettleDecision(ctx, k.townClerk, foreign, decision, DecisionDone, "x"); err == nil {
		t.Error("a decision was settled through another meeting")
	}
	refuses(t, "a workshop ordered through another meeting", k.OrderWorkshop(ctx, k.townClerk, foreign, Order{Decision: decision, Title: "W", Center: k.center, Seats: 5}), fault.Conflict)
	for _, path := range []string{Href(id), Href(id) + "/kalendarz.ics", Href(id) + "/udzial", DoorHref(id), SeriesHref(council), SeriesHref(series) + "/decyzje", MinutesHref(id) + "/pdf"} {
		if w := k.get(k.townHead, path); w.Code != http.StatusNotFound {
			t.Errorf("a head of another authority at %s: %d", path, w.Code)
		}
	}
	k.ok(k.Convene(ctx, k.clerk, k.announced(k.clerk, series)))
	next := k.announced(k.clerk, series)
	written, err := k.AddItem(ctx, k.clerk, next, NewItem{Title: "Przygotowany", Minutes: 5})
	k.ok(err)
	_, err = k.SaveText(ctx, k.recorder, next, Typed{Item: written, Words: "Zapisane zawczasu"})
	k.ok(err)
	refuses(t, "removing an item with minutes", k.RemoveItem(ctx, k.clerk, next, written), fault.Conflict)
}

// twoVoices: somebody who is a delegate and was named as well has one voice and
// one invitation, under whichever hat.
func twoVoices(t *testing.T, k *kit) {
	ctx, forum := t.Context(), k.forum()
	k.ok(k.AddMember(ctx, k.officer, forum, k.delegate.Person, ""))
	topic := k.proposed(k.townDelega, forum, "Wspólny temat")
	k.ok(k.Support(ctx, k.delegate, topic))
	bare := k.delegate
	bare.Roles = []access.Held{{Role: access.Expert, Institution: k.school}}
	refuses(t, "a second voice under another hat", k.Support(ctx, bare, topic), fault.Conflict)
	if n := k.topic(topic).Supports; n != 2 {
		t.Errorf("%d voices, want 2", n)
	}
	id := k.announced(k.officer, forum)
	list, err := InvitationsOf(ctx, k.db, id)
	k.ok(err)
	if n := len(slices.DeleteFunc(list, func(v Invitation) bool { return v.Person != k.delegate.Person })); n != 1 {
		t.Errorf("invited %d times", n)
	}
}

// ownersOffice: a delegate of the city works at the office that runs the heads'
// meetings, and is told nothing of them, by search or by the page of a matter.
func ownersOffice(t *testing.T, k *kit) {
	ctx, series := t.Context(), k.heads()
	topic := k.proposed(k.head, series, "Sprawa dyrekcji")
	docs, err := k.searchDocs(ctx, []string{string(topic)})
	k.ok(err)
	keys, err := k.Readers(ctx, k.delegate)
	k.ok(err)
	keys = append(keys, "inst:"+string(k.cityOffice))
	if slices.ContainsFunc(docs[0].Audience, func(a string) bool { return slices.Contains(keys, a) }) {
		t.Errorf("a delegate finds a topic of heads: %v", docs[0].Audience)
	}
	var open int
	k.ok(k.db.Get(ctx, &open, `select count(*) from trace_steps where trace = ? and audience = ?`, k.topic(topic).Trace, "inst:"+string(k.cityOffice)))
	if open != 0 {
		t.Error("a delegate reads the steps of a topic of heads")
	}
	for _, who := range []access.Actor{k.clerk, k.recorder, k.head, k.deputy} {
		if keys, err = k.Readers(ctx, who); err != nil || !slices.Contains(keys, seriesAudience(series)) {
			t.Errorf("%s does not find it: %v, %v", who.Name, keys, err)
		}
	}
}

func oddLetters(t *testing.T, k *kit) {
	ctx, series := t.Context(), k.heads()
	odd := "Zażółć 🏫\u202e<script>alert(1)</script>" + strings.Repeat("ą", 140)
	topic := k.proposed(k.head, series, odd)
	refuses(t, "a title that is too long", func() error {
		_, err := k.Propose(ctx, k.head, Proposal{Series: series, Title: odd + odd})
		return err
	}(), fault.Invalid)
	id := k.convened(k.clerk, series)
	_, err := k.AddItem(ctx, k.clerk, id, NewItem{Topic: topic, Minutes: 5, Speaker: "🎤 \u0007Kto\nBEGIN:VEVENT", Guests: "A\nB"})
	k.ok(err)
	k.ok(k.Answer(ctx, k.head, id, Substitute, odd[:60]))
	k.atMeeting(id, time.Minute)
	refuses(t, "a substitute that is too long", k.Note(ctx, k.recorder, id, []Came{{Invitation: k.seatOf(id, k.head).ID, Present: true, Name: odd + odd}}), fault.Invalid)
	item := k.itemOf(id)
	_, err = k.SaveText(ctx, k.recorder, id, Typed{Item: item, Words: odd})
	k.ok(err)
	for _, path := range []string{Href(id), Href(id) + "/kalendarz.ics", Href(id) + "/lista-obecnosci.pdf", Href(id) + "/identyfikatory.pdf", MinutesHref(id), MinutesHref(id) + "/pdf",
		MinutesHref(id) + "/tekst", MinutesHref(id) + "/terminy.ics", Href(id) + "/obecnosc", TopicHref(topic), Path} {
		w := k.get(k.clerk, path)
		if w.Code != http.StatusOK || strings.Contains(w.Header().Get("Content-Type"), "html") && strings.Contains(w.Body.String(), "<script>alert") {
			t.Errorf("%s: %d", path, w.Code)
		}
		if strings.HasSuffix(path, "kalendarz.ics") && strings.Count(w.Body.String(), "BEGIN:VEVENT\r\n") != 1 {
			t.Errorf("an entry was smuggled into a calendar: %s", w.Body)
		}
	}
}

// namedGoes: of somebody who was named personally the id goes from the voices too.
func namedGoes(t *testing.T, k *kit) {
	ctx := t.Context()
	group, err := k.AddSeries(ctx, k.clerk, NewSeries{Kind: Group, Owner: k.cityOffice, Title: "Zespół"})
	k.ok(err)
	for _, who := range []access.Actor{k.head, k.twoHead} {
		k.ok(k.AddMember(ctx, k.clerk, group, who.Person, ""))
	}
	topic := k.proposed(k.head, group, "Temat zespołu")
	k.ok(k.Support(ctx, k.twoHead, topic))
	rows := func(person access.PersonID) (n int) {
		k.ok(k.db.Get(ctx, &n, `select count(*) from meetings_supports where topic = ? and (unit = ? or person = ?)`, topic, person, person))
		return n
	}
	for _, h := range k.peoplePurpose().Holds {
		k.ok(k.db.Write(ctx, func(tx *db.Tx) error {
			_, err := h.Erase(ctx, tx, string(k.head.Person))
			return err
		}))
	}
	if rows(k.head.Person) != 0 || rows(k.twoHead.Person) != 1 {
		t.Errorf("erased: %d rows, others: %d", rows(k.head.Person), rows(k.twoHead.Person))
	}
	for _, h := range k.peoplePurpose().Holds {
		k.ok(k.db.Write(ctx, func(tx *db.Tx) error {
			_, err := h.Sweep(ctx, tx, k.clock.AddDate(2, 0, 0), 1000)
			return err
		}))
	}
	if rows(k.twoHead.Person) != 0 || k.topic(topic).Supports != 2 {
		t.Errorf("after the time of keeping: %d rows, %d voices", rows(k.twoHead.Person), k.topic(topic).Supports)
	}
}

func tasksHead(t *testing.T, k *kit) {
	ctx := t.Context()
	id, item := k.recorded()
	task, err := k.AddAction(ctx, k.recorder, id, NewAction{Item: item, What: "Zebrać ankiety", Person: k.head.Person, DueOn: "2026-12-20"})
	k.ok(err)
	next := k.announced(k.clerk, k.meeting(id).Series)
	if doc := k.page(k.head, Href(next)); doc.Find(`a[href="`+ActionHref(id, task)+`"]`).Length() != 1 || strings.Contains(doc.Find("ol").Text(), k.head.Name) {
		t.Errorf("the agenda does not begin with the task: %.400s", text(doc.Find("main")))
	}
	if doc := k.page(k.head, Href(id)); doc.Find(`a[href="`+ActionHref(id, task)+`"]`).Length() != 0 {
		t.Error("the meeting's own task heads its agenda")
	}
	w := k.post(k.head, ActionHref(id, task)+"/wynik", "wynik", "Zrobione")
	k.whole("a result without a choice", w, http.StatusUnprocessableEntity)
	k.ok(k.EndAction(ctx, k.head, id, task, ActionDone, "Zrobione"))
	if doc := k.page(k.head, Href(next)); doc.Find(`a[href*="/zadania/"]`).Length() != 0 {
		t.Error("a task that is done heads the agenda")
	}
}

// winterClock: days end at midnight in Kraków on both sides of the last Sunday of October.
func winterClock(t *testing.T, k *kit) {
	ctx, series := t.Context(), k.heads()
	k.clock = time.Date(2026, time.September, 20, 8, 0, 0, 0, time.UTC)
	starts := time.Date(2026, time.October, 30, 23, 30, 0, 0, web.Warsaw)
	id, err := k.PlanMeeting(ctx, k.clerk, Plan{Series: series, Title: "Nocna", Starts: starts, Ends: starts.Add(time.Hour)})
	k.ok(err)
	m := k.meeting(id)
	for what, c := range map[string][2]string{"topics": {dayOf(m.TopicsUntil - 1), "2026-10-23"}, "after topics": {dayOf(m.TopicsUntil), "2026-10-24"}, "replies": {dayOf(m.ReplyUntil - 1), "2026-10-27"}} {
		if c[0] != c[1] {
			t.Errorf("%s: %s, want %s", what, c[0], c[1])
		}
	}
	for at, late := range map[time.Time]bool{time.Date(2026, time.October, 16, 23, 59, 59, 0, web.Warsaw): false, time.Date(2026, time.October, 17, 0, 0, 0, 0, web.Warsaw): true} {
		notice, err := k.Law.Int(ctx, k.db, NoticeDays, at)
		k.ok(err)
		if onTime(m, notice, at) == late {
			t.Errorf("at %s: late must be %v", at, late)
		}
	}
	if got := afterDays(time.Date(2026, time.October, 20, 23, 59, 0, 0, web.Warsaw), 7); !got.Equal(time.Date(2026, time.October, 28, 0, 0, 0, 0, web.Warsaw)) {
		t.Errorf("seven days over the change of clocks end at %s", got)
	}
	k.ok(k.Announce(ctx, k.clerk, id, ""))
	k.clock = time.Unix(m.TopicsUntil-1, 0)
	k.ok(k.Clock(ctx))
	if k.meeting(id).State != AgendaOpen {
		t.Error("topics closed a second before midnight")
	}
	k.clock = k.clock.Add(time.Second)
	k.ok(k.Clock(ctx))
	if k.meeting(id).State != AgendaClosed {
		t.Error("topics are open after midnight")
	}
}

func linksThere(t *testing.T, k *kit) {
	series := k.heads()
	id := k.convened(k.clerk, series)
	for _, c := range []struct {
		who        access.Actor
		page, href string
		there      int
	}{{k.recorder, Href(id), LargeHref(id), 1}, {k.clerk, Href(id), LargeHref(id), 1}, {k.head, Href(id), LargeHref(id), 0}, {k.head, Href(id), Href(id) + "/udzial", 1},
		{k.clerk, Href(id), Href(id) + "/udzial", 0}, {k.head, Path, MyActionsPath, 1}, {k.head, SeriesHref(series), SeriesHref(series) + "/decyzje", 1},
		{k.clerk, SeriesHref(series), SeriesHref(series) + "/glosowanie", 1}, {k.head, SeriesHref(series), SeriesHref(series) + "/glosowanie", 0}} {
		if n := k.page(c.who, c.page).Find(`main a[href="` + c.href + `"]`).Length(); n != c.there {
			t.Errorf("%s at %s: %d links to %s, want %d", c.who.Name, c.page, n, c.href, c.there)
		}
	}
	k.drain()
	k.told = nil
	k.atMeeting(id, time.Hour)
	k.ok(k.Hold(context.Background(), k.clerk, id, 60))
	k.ok(k.SendMinutes(context.Background(), k.clerk, id))
	k.drain()
	if n := slices.IndexFunc(k.told, func(m notify.Message) bool { return m.Key == "meetings.told.minutes_sent" }); n < 0 || k.told[n].Link != MinutesHref(id) {
		t.Errorf("the news of minutes does not lead to them: %+v", k.told)
	}
	if day := text(k.page(k.clerk, Href(k.planned(k.clerk, series))).Find("main")); strings.Contains(day, "do poniedziałek") || strings.Contains(day, "do wtorek") || strings.Contains(day, "Do kiedy: do ") {
		t.Errorf("a day in the wrong case: %.200s", day)
	}
}
