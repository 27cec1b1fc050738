package meetings

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/law"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// goesItsWay: announced in time, each head invited once, topics close
// by the clock, held by the clock, who came is told with versions.
func goesItsWay(t *testing.T, k *kit) {
	ctx := t.Context()
	id := k.planned(k.clerk, k.heads())
	refuses(t, "announce by a head", k.Announce(ctx, k.head, id, ""), fault.NotFound)
	refuses(t, "announce by another authority", k.Announce(ctx, k.townClerk, id, ""), fault.NotFound)
	refuses(t, "announce by the association", k.Announce(ctx, k.officer, id, ""), fault.NotFound)
	refuses(t, "convene what is not announced", k.Convene(ctx, k.clerk, id), fault.Conflict)
	k.ok(k.Announce(ctx, k.clerk, id, ""))
	k.drain()
	invitedOnce(t, k, id)
	k.clock = k.clock.AddDate(0, 0, 20)
	k.ok(k.Clock(ctx))
	if got := k.meeting(id).State; got != AgendaOpen {
		t.Errorf("eight days before the topics are %s, want open", got)
	}
	k.clock = time.Unix(k.meeting(id).TopicsUntil, 0)
	k.ok(k.Clock(ctx))
	if got := k.meeting(id).State; got != AgendaClosed {
		t.Errorf("after the last day the topics are %s", got)
	}
	k.ok(k.Convene(ctx, k.clerk, id))
	refuses(t, "hold before it begins", k.Hold(ctx, k.recorder, id, 100), fault.Conflict)
	attendance(ctx, t, k, id)
}

// invitedOnce: three seats; the complex with its part, and two units of one head.
func invitedOnce(t *testing.T, k *kit, id MeetingID) {
	t.Helper()
	list, err := InvitationsOf(t.Context(), k.db, id)
	k.ok(err)
	units, err := UnitsOf(t.Context(), k.db, id)
	k.ok(err)
	listed := map[access.PersonID]int{}
	for _, v := range list {
		listed[v.Person] += len(units[v.ID])
	}
	if len(list) != 3 || listed[k.head.Person] != 1 || listed[k.complexHead.Person] != 2 || listed[k.twoHead.Person] != 2 {
		t.Errorf("seats %+v with units %v, want three: 1, 2 and 2 units", list, units)
	}
	for _, who := range []access.Actor{k.head, k.complexHead, k.twoHead} {
		if got := k.toldTo(who); got != "meetings.told.announced" {
			t.Errorf("%s was told %q, want the invitation once", who.Name, got)
		}
	}
	if got := k.toldTo(k.townHead) + k.toldTo(k.deputy); got != "" {
		t.Errorf("others were told %q", got)
	}
}

func attendance(ctx context.Context, t *testing.T, k *kit, id MeetingID) {
	t.Helper()
	m := k.atMeeting(id, 10*time.Minute)
	list, err := InvitationsOf(ctx, k.db, id)
	k.ok(err)
	of := func(who access.Actor) InvitationID {
		n := slices.IndexFunc(list, func(v Invitation) bool { return v.Person == who.Person })
		return list[n].ID
	}
	refuses(t, "attendance by a head", k.Note(ctx, k.head, id, nil), fault.Forbidden)
	refuses(t, "attendance of a seat of another meeting", k.Note(ctx, k.recorder, id, []Came{{Invitation: InvitationID(newID()), Present: true}}), fault.NotFound)
	k.ok(k.Note(ctx, k.recorder, id, []Came{{Invitation: of(k.twoHead), Present: true}, {Invitation: of(k.head), Present: true, Name: "Wit Zastępca"}}))
	k.ok(k.Note(ctx, k.recorder, id, []Came{{Invitation: of(k.twoHead), Present: true}, {Invitation: of(k.complexHead)}}))
	k.drain()
	if len(k.attended) != 0 {
		t.Fatal("attendance was told before the meeting was held")
	}
	k.clock = time.Unix(m.EndsAt, 0)
	k.ok(k.Clock(ctx))
	k.drain()
	if len(k.held) != 1 || k.held[0].Minutes != 120 || len(k.attended) != 2 {
		t.Fatalf("told %+v and %+v, want one meeting of 120 minutes and two people", k.held, k.attended)
	}
	for _, a := range k.attended {
		two := a.Event.Institution == k.left || a.Event.Institution == k.right
		if a.Event.ByRunning != city || two && (a.Event.PersonKey == "" || a.Event.Role != access.SchoolHead) || !two && (a.Event.PersonKey != "" || a.Event.Role != access.DeputyHead) {
			t.Errorf("attended %+v", a)
		}
	}
	k.attended = nil
	k.ok(k.Note(ctx, k.recorder, id, []Came{{Invitation: of(k.head)}}))
	k.drain()
	if len(k.attended) != 1 || !k.attended[0].Event.Void || k.attended[0].Version < 3 {
		t.Errorf("a correction told %+v, want one that is void with a later version", k.attended)
	}
	k.attended, k.held = nil, nil
	k.ok(k.Hold(ctx, k.recorder, id, 90))
	k.drain()
	if len(k.attended) != 1 || k.attended[0].Event.Minutes != 90 || k.held[0].Minutes != 90 {
		t.Errorf("another length told %+v", k.attended)
	}
	refuses(t, "cancel by a head", k.Cancel(ctx, k.head, id, "pomyłka"), fault.Forbidden)
	k.attended, k.held = nil, nil
	k.ok(k.Cancel(ctx, k.clerk, id, "Wpisano przez pomyłkę"))
	k.drain()
	if len(k.attended) != 1 || !k.attended[0].Event.Void || !k.held[0].Void {
		t.Errorf("canceling told %+v", k.attended)
	}
}

// TestThreeHundredAnswer: all heads of a large authority answer at once, some
// twice; the last word of each is kept and nothing is lost.
func TestThreeHundredAnswer(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		ctx := t.Context()
		id := k.announced(k.clerk, k.heads())
		const heads = 300
		actors := make([]access.Actor, heads)
		k.ok(k.db.Write(ctx, func(tx *db.Tx) error {
			var seats []Seat
			for n := range actors {
				unit := testID(1000 + n)
				actors[n] = access.Actor{Person: access.NewPersonID(), Name: fmt.Sprint("Dyrekcja ", n), Roles: []access.Held{{Role: access.SchoolHead, Institution: unit}}}
				seats = append(seats, Seat{Person: actors[n].Person, Role: access.SchoolHead, Units: []access.InstitutionID{unit}})
			}
			return invite(ctx, tx, id, seats)
		}))
		var wg sync.WaitGroup
		errs := make([]error, heads)
		for n, who := range actors {
			wg.Go(func() {
				switch n % 3 {
				case 0:
					errs[n] = k.Answer(ctx, who, id, Comes, "")
				case 1:
					errs[n] = k.Answer(ctx, who, id, Substitute, "Zastępstwo")
				case 2:
					if errs[n] = k.Answer(ctx, who, id, Comes, ""); errs[n] == nil {
						errs[n] = k.Answer(ctx, who, id, StaysAway, "")
					}
				}
			})
		}
		wg.Wait()
		for n, err := range errs {
			if err != nil {
				t.Fatalf("answer %d: %v", n, err)
			}
		}
		got, err := RepliesOf(ctx, k.db, id)
		k.ok(err)
		if want := (Replies{Seats: heads + 3, Coming: 100, Instead: 100, Away: 100, Waiting: 3}); got != want {
			t.Errorf("answers %+v, want %+v", got, want)
		}
	})
}

// agendaGoesOn: what was not finished stands on the next agenda, once.
func agendaGoesOn(t *testing.T, k *kit) {
	ctx := t.Context()
	series := k.heads()
	topic := k.proposed(k.head, series, "Dowóz uczniów")
	id := k.convened(k.clerk, series)
	item, err := k.AddItem(ctx, k.clerk, id, NewItem{Topic: topic, Minutes: 30})
	k.ok(err)
	other, err := k.AddItem(ctx, k.clerk, id, NewItem{Title: "Sprawy różne", Minutes: 15, Speaker: "Cezary Miasto"})
	k.ok(err)
	_, err = k.AddItem(ctx, k.head, id, NewItem{Title: "Cudzy punkt"})
	refuses(t, "an item by a head", err, fault.Forbidden)
	k.ok(k.MoveItem(ctx, k.clerk, id, other, true))
	refuses(t, "a change of an old reading", k.ChangeItem(ctx, k.clerk, id, other, NewItem{Title: "Inny", Revision: 7}), fault.Conflict)
	k.ok(k.SaveUsual(ctx, k.clerk, id))
	k.atMeeting(id, 3*time.Hour)
	k.ok(k.Clock(ctx))
	_, err = k.AddItem(ctx, k.clerk, id, NewItem{Title: "Za późno"})
	refuses(t, "an item after the meeting", err, fault.Conflict)
	k.ok(k.Finish(ctx, k.recorder, id, item, false))
	next := k.planned(k.clerk, series)
	titles := func(id MeetingID) (list []string) {
		items, err := ItemsOf(ctx, k.db, id)
		k.ok(err)
		for _, i := range items {
			list = append(list, string(i.Kind)+" "+i.Title)
		}
		return list
	}
	if got := strings.Join(titles(next), "; "); got != "standing ; topic Dowóz uczniów; plain Sprawy różne" {
		t.Errorf("the next agenda is %q", got)
	}
	if got := k.topic(topic); got.Meeting != next || got.State != OnAgenda {
		t.Errorf("the topic stands at %s (%s), want the next meeting", got.Meeting, got.State)
	}
	k.ok(k.Finish(ctx, k.recorder, id, item, false))
	if got := len(titles(next)); got != 3 {
		t.Errorf("%d items after carrying over again, want 3", got)
	}
}

// expertsAreAsked: an expert reads a draft, remarks and is counted by hours.
func expertsAreAsked(t *testing.T, k *kit) {
	ctx := t.Context()
	id := k.planned(k.officer, k.forum())
	item, err := k.AddItem(ctx, k.officer, id, NewItem{Title: "Program roku", Minutes: 30})
	k.ok(err)
	refuses(t, "a remark before the program is open", k.Remark(ctx, k.expert, id, "", item, "Za krótko"), fault.NotFound)
	_, err = k.AskExpert(ctx, k.delegate, id, Asked{Name: "Ktoś", Until: "2026-11-20"})
	refuses(t, "opened by a delegate", err, fault.NotFound)
	_, err = k.AskExpert(ctx, k.officer, id, Asked{Person: k.expert.Person, Institution: k.center, Until: "2026-11-20"})
	k.ok(err)
	typed, err := k.AskExpert(ctx, k.officer, id, Asked{Name: "Prof. Nowak", From: "Uniwersytet", Until: "2026-11-20"})
	k.ok(err)
	k.ok(k.Remark(ctx, k.expert, id, "", item, "Za krótko"))
	refuses(t, "an item of another meeting", k.Remark(ctx, k.expert, id, "", ItemID(newID()), "x"), fault.NotFound)
	refuses(t, "words for another expert", k.Opine(ctx, k.expert, id, typed, "x", "2026-11-01", 60), fault.NotFound)
	refuses(t, "a day to come", k.Opine(ctx, k.expert, id, "", "Dobrze", "2027-01-01", 60), fault.Invalid)
	k.ok(k.Opine(ctx, k.expert, id, "", "Dobrze", "2026-11-01", 180))
	k.ok(k.Opine(ctx, k.expert, id, "", "Dobrze", "2026-11-01", 0))
	k.ok(k.Opine(ctx, k.officer, id, typed, "Z uwagami", "2026-11-02", 90))
	k.drain()
	if len(k.asked) != 3 {
		t.Fatalf("told %+v", k.asked)
	}
	slices.SortFunc(k.asked, func(a, b heard[Consulted]) int {
		return strings.Compare(a.Subject, b.Subject)*10 + int(a.Version-b.Version)
	})
	if a := k.asked[0]; a.Event.Minutes != 180 || a.Event.PersonKey == "" || a.Version != 2 || a.Event.SchoolYear != 2026 {
		t.Errorf("the expert's work was told %+v", a)
	}
	if !k.asked[1].Event.Void || k.asked[1].Version != 3 || k.asked[2].Event.PersonKey != "" || k.asked[2].Event.Minutes != 90 {
		t.Errorf("told %+v", k.asked)
	}
	doc := k.page(k.expert, ProgramHref(id))
	if !strings.Contains(text(doc.Find("main")), "Za krótko") {
		t.Error("the expert does not read the own remark")
	}
	k.clock = k.clock.AddDate(0, 0, 30)
	refuses(t, "a remark after the day", k.Remark(ctx, k.expert, id, "", item, "Po czasie"), fault.Conflict)
}

// TestMeetingPages draws every page as everybody, in every language.
func TestMeetingPages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	ctx := t.Context()
	series, forum := k.heads(), k.forum()
	topic := k.proposed(k.head, series, "Dowóz uczniów")
	k.ok(k.AddMember(ctx, k.officer, forum, "", k.center))
	id := k.announced(k.clerk, series)
	_, err := k.AddItem(ctx, k.clerk, id, NewItem{Topic: topic, Minutes: 30, Speaker: "Cezary Miasto", Guests: "Gość Pierwszy\nGość Drugi"})
	k.ok(err)
	_, err = k.AskExpert(ctx, k.clerk, id, Asked{Name: "Prof. Nowak", Until: "2026-11-20"})
	k.ok(err)
	for _, one := range k.Catalog.Check() {
		t.Error(one)
	}
	base := Href(id)
	for _, path := range []string{Path, TopicsPath, TopicHref(topic), SeriesHref(series), SeriesHref(series) + "/spotkanie", SeriesPath + "/nowy", base, base + "/zmien",
		base + "/porzadek", base + "/zaproszenia", base + "/obecnosc", ProgramHref(id)} {
		for _, who := range []access.Actor{k.nobody, k.townHead, k.stranger} {
			if got := k.get(who, path).Code; path != Path && path != TopicsPath && got == http.StatusOK {
				t.Errorf("%q reads %s", who.Name, path)
			}
		}
		k.page(k.clerk, path)
	}
	k.page(k.officer, SeriesHref(forum))
	k.page(k.head, TopicPath+"/nowy")
	if got := k.page(k.head, base).Find("form[action$='/odpowiedz']").Length(); got != 1 {
		t.Errorf("%d forms to answer, want 1", got)
	}
	w := k.post(k.deputy, base+"/odpowiedz", "odpowiedz", "substitute", "zastepstwo", "Wit Zastępca")
	if w.Code != http.StatusSeeOther {
		t.Errorf("a deputy's answer: status %d", w.Code)
	}
	refuses(t, "an answer of another authority", k.Answer(ctx, k.townHead, id, Comes, ""), fault.NotFound)
	k.ok(k.Remind(ctx, k.clerk, id))
	refuses(t, "a second reminder on the same day", k.Remind(ctx, k.clerk, id), fault.Conflict)
	k.drain()
	if strings.Contains(k.toldTo(k.head), "remind") || !strings.Contains(k.toldTo(k.complexHead), "remind") {
		t.Error("reminded of an answer that was given, or not of one that was not")
	}
	if body := k.get(k.head, base+"/kalendarz.ics").Body.String(); !strings.Contains(body, "BEGIN:VEVENT") || !strings.Contains(body, string(id)) {
		t.Errorf("no calendar: %s", body)
	}
	if got := k.get(k.recorder, base+"/lista-obecnosci.pdf"); got.Code != http.StatusOK || !strings.HasPrefix(got.Body.String(), "%PDF") {
		t.Errorf("the list to sign: status %d", got.Code)
	}
	if got := k.get(k.head, base+"/lista-obecnosci.pdf").Code; got != http.StatusForbidden {
		t.Errorf("a head prints the list: status %d", got)
	}
}

// TestOnTime: an announcement is in time until the end of its day.
func TestOnTime(t *testing.T) {
	notice := law.Value{Unit: law.Days, Int: 14}
	m := Meeting{StartsAt: time.Date(2026, time.December, 15, 9, 0, 0, 0, web.Warsaw).Unix()}
	for day, want := range map[int]bool{1: true, 2: false} {
		if got := onTime(m, notice, time.Date(2026, time.December, day, 23, 59, 0, 0, web.Warsaw)); got != want {
			t.Errorf("announced on 2026-12-%02d for the 15th: in time %v, want %v", day, got, want)
		}
	}
}
