package meetings

import (
	"bytes"
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
	"kladka/internal/testkit"
)

// seatOf is the seat of a person at a meeting.
func (k *kit) seatOf(id MeetingID, who access.Actor) Invitation {
	k.t.Helper()
	v, err := k.invitationFor(k.t.Context(), k.db, who, id)
	k.ok(err)
	return v
}

// codeOf is the code on the badge of a seat or a guest.
func (k *kit) codeOf(id MeetingID, holder string) string {
	k.t.Helper()
	codes, err := k.badgesOf(k.t.Context(), id)
	k.ok(err)
	return codes[holder].Code
}

// passes lets a code in and says what became of it.
func (k *kit) passes(who access.Actor, id MeetingID, code string) Passed {
	k.t.Helper()
	p, err := k.Pass(k.t.Context(), who, id, code, "")
	k.ok(err)
	return p
}

func (k *kit) crowdOf(id MeetingID) Crowd {
	k.t.Helper()
	c, err := CrowdOf(k.t.Context(), k.db, id)
	k.ok(err)
	return c
}

// large walks through what a large meeting has.
func large(_ *testing.T, k *kit) {
	series, began := k.heads(), k.clock
	for _, part := range []func(SeriesID){k.largeDoor, k.largeFloor, k.largeTables} {
		k.clock = began
		part(series)
	}
}

func (k *kit) largeDoor(series SeriesID) {
	k.t.Helper()
	t, ctx := k.t, k.t.Context()
	id, other := k.convened(k.clerk, series), k.convened(k.clerk, series)
	k.ok(k.Answer(ctx, k.complexHead, id, Substitute, "Sylwia Zastępstwo"))
	guest, err := k.AddGuest(ctx, k.clerk, id, "Gość  Honorowy", "Uniwersytet")
	k.ok(err)
	head, complex := k.codeOf(id, string(k.seatOf(id, k.head).ID)), k.codeOf(id, string(k.seatOf(id, k.complexHead).ID))

	refuses(t, "a stranger at the door", passError(k, k.stranger, id, head), fault.NotFound)
	refuses(t, "a head who is invited", passError(k, k.head, id, head), fault.Forbidden)
	refuses(t, "a duty given by a head", k.NameDuty(ctx, k.head, id, k.stranger.Person), fault.Forbidden)
	refuses(t, "a duty given to nobody", k.NameDuty(ctx, k.clerk, id, ""), fault.Invalid)
	k.ok(k.NameDuty(ctx, k.clerk, id, k.stranger.Person))
	refuses(t, "before the day", passError(k, k.stranger, id, head), fault.Conflict)
	k.atMeeting(id, -20*time.Minute)
	k.ok(k.EndDuty(ctx, k.clerk, id, k.stranger.Person))
	refuses(t, "a duty that was ended", passError(k, k.stranger, id, head), fault.Forbidden)
	k.ok(k.NameDuty(ctx, k.clerk, id, k.stranger.Person))
	refuses(t, "the door of another meeting", passError(k, k.stranger, other, head), fault.NotFound)

	for _, c := range []struct {
		what, code string
		want       Entry
		name       string
	}{
		{"a name", "Hanna Głowa", NoSuch, ""}, {"a code of nobody", "2AAAAAAAAA", NoSuch, ""},
		{"a badge of another meeting", k.codeOf(other, string(k.seatOf(other, k.head).ID)), Elsewhere, ""},
		{"a head", head, CameIn, "Hanna Głowa"}, {"the same again, as typed", strings.ToLower(shownCode(head)), CameAgain, "Hanna Głowa"},
		{"an announced substitute", "http://x/wejscie?kod=" + complex, CameIn, "Sylwia Zastępstwo"},
		{"a guest", k.codeOf(id, guest), CameIn, "Gość Honorowy"}, {"the guest again", k.codeOf(id, guest), CameAgain, "Gość Honorowy"},
	} {
		if p := k.passes(k.stranger, id, c.code); p.What != c.want || p.Name != c.name {
			t.Errorf("%s: %q %q, want %q %q", c.what, p.What, p.Name, c.want, c.name)
		}
	}
	if c := k.crowdOf(id); c.Came != 2 || c.GuestsCame != 1 || c.Expected() != 2 {
		t.Errorf("crowd %+v", c)
	}
	refuses(t, "taking a guest off who came", k.RemoveGuest(ctx, k.clerk, id, guest), fault.NotFound)
	k.oneTruth(id, head)
	k.atMeeting(id, 40*time.Hour)
	refuses(t, "the day after", passError(k, k.stranger, id, head), fault.Forbidden)
}

func passError(k *kit, who access.Actor, id MeetingID, code string) error {
	_, err := k.Pass(k.t.Context(), who, id, code, "")
	return err
}

// oneTruth: the list takes back what the door noted, the door notes it again, and
// each of both is told to the register once.
func (k *kit) oneTruth(id MeetingID, head string) {
	k.t.Helper()
	ctx, seat := k.t.Context(), k.seatOf(id, k.head)
	k.ok(k.Note(ctx, k.recorder, id, []Came{{Invitation: seat.ID}}))
	if p := k.passes(k.stranger, id, head); p.What != CameIn {
		k.t.Errorf("taken back on the list, at the door: %q", p.What)
	}
	k.atMeeting(id, time.Hour)
	k.ok(k.Hold(ctx, k.recorder, id, 90))
	late := k.codeOf(id, string(k.seatOf(id, k.twoHead).ID))
	k.passes(k.stranger, id, late)
	k.passes(k.recorder, id, late)
	k.drain()
	told := map[string]int{}
	for _, a := range k.attended {
		told[a.Subject]++
	}
	if len(told) != 3 || len(k.attended) != 3 {
		k.t.Errorf("%d events of %d people, want 3 of 3", len(k.attended), len(told))
	}
}

// TestDoorTwoScanners: two people scan the same 250 badges, and one of them
// sends everything twice, as after a network that was lost.
func TestDoorTwoScanners(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k, ctx := newKit(t, d), t.Context()
		id := k.convened(k.clerk, k.heads())
		crowd := 250
		if strings.HasSuffix(t.Name(), "serializable") {
			crowd = 60 // it is about the order of things there, and not about how many
		}
		k.ok(d.Write(ctx, func(tx *db.Tx) error {
			var rows [][]any
			for n := range crowd {
				rows = append(rows, []any{newID(), 1, id, "", access.SchoolHead, k.school, fmt.Sprintf("z%03d", n)})
			}
			return insertRows(ctx, tx, `insert into meetings_invitations (id, revision, meeting, person, role, institution, sort_key) values `, rows)
		}))
		k.ok(k.NameDuty(ctx, k.clerk, id, k.stranger.Person))
		k.atMeeting(id, 0)
		k.ok(k.Hold(ctx, k.recorder, id, 90))
		codes, err := k.badgesOf(ctx, id)
		k.ok(err)
		var mu sync.Mutex
		count := map[Entry]int{}
		var both sync.WaitGroup
		for _, who := range []access.Actor{k.stranger, k.recorder} {
			both.Go(func() {
				for _, b := range codes {
					p, err := k.Pass(ctx, who, id, b.Code, "")
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					count[p.What]++
					mu.Unlock()
				}
			})
		}
		both.Wait()
		if all := len(codes); count[CameIn] != all || count[CameAgain] != all || k.crowdOf(id).Came != all {
			t.Errorf("of %d: %v, %d on the list", all, count, k.crowdOf(id).Came)
		}
		list, err := AttendanceOf(ctx, d, id)
		k.ok(err)
		if n := slices.IndexFunc(list, func(a Attendance) bool { return a.Revision != 1 }); n >= 0 {
			t.Errorf("a seat was noted twice: %+v", list[n])
		}
	})
}

func (k *kit) largeFloor(series SeriesID) {
	k.t.Helper()
	t, ctx, d := k.t, k.t.Context(), k.db
	id := k.convened(k.clerk, series)
	refuses(t, "a head who opens the floor", k.OpenFloor(ctx, k.head, id), fault.Forbidden)
	refuses(t, "a stranger", k.OpenFloor(ctx, k.stranger, id), fault.NotFound)
	k.ok(k.OpenFloor(ctx, k.recorder, id))
	f, err := FloorOf(ctx, d, id)
	k.ok(err)
	refuses(t, "a code of nobody", k.Ask(ctx, "222222", "Pytanie", ""), fault.NotFound)
	refuses(t, "an empty question", k.Ask(ctx, f.Code, " ", ""), fault.Invalid)
	refuses(t, "a question that is too long", k.Ask(ctx, f.Code, strings.Repeat("x", longestQuestion+1), ""), fault.Invalid)

	wall := FloorHref(f.Code)
	if w := k.post(k.nobody, wall, "pytanie", "Kiedy nabór?"); w.Code != http.StatusSeeOther {
		t.Fatalf("asking: %d %.200s", w.Code, w.Body)
	}
	k.ok(k.Ask(ctx, f.Code, "A stołówka?", "Hanna"))
	if page := k.page(k.nobody, wall); strings.Contains(page.Text(), "Kiedy nabór?") {
		t.Error("a question is public before it was moderated")
	}
	list, err := questionsOf(ctx, d, id, Waiting)
	k.ok(err)
	refuses(t, "moderated by a head", k.Moderate(ctx, k.head, id, list[0].ID, Shown), fault.Forbidden)
	refuses(t, "a question of another meeting", k.Moderate(ctx, k.clerk, k.convened(k.clerk, k.meeting(id).Series), list[0].ID, Shown), fault.NotFound)
	if w := k.post(k.recorder, Href(id)+"/pytania/stan", "ktore", list[0].ID, "stan", "shown"); w.Code != http.StatusSeeOther {
		t.Fatalf("showing: %d", w.Code)
	}
	page := k.page(k.nobody, wall)
	if text := page.Find("main").Text(); !strings.Contains(text, "Kiedy nabór?") || strings.Contains(text, "stołówka") {
		t.Errorf("the wall shows %q", text)
	}
	if n := k.page(k.recorder, Href(id)+"/pytania").Find("[data-question]").Length(); n != 2 {
		t.Errorf("the moderator sees %d questions", n)
	}

	k.ok(k.CloseFloor(ctx, k.recorder, id))
	refuses(t, "a question after the floor closed", k.Ask(ctx, f.Code, "Spóźnione", ""), fault.Conflict)
	late := k.whole(wall, k.post(k.nobody, wall, "pytanie", "Spóźnione pytanie"), http.StatusConflict)
	if late.Find(`[role="alert"]`).Length() != 1 || late.Find("#pytanie").Text() != "Spóźnione pytanie" {
		t.Error("a late question is not shown again with the reason")
	}
	k.ok(k.OpenFloor(ctx, k.recorder, id))
	if again, _ := FloorOf(ctx, d, id); again.Code != f.Code {
		t.Error("the floor opened again has another code")
	}
	k.atMeeting(id, 40*time.Hour)
	refuses(t, "the day after", k.Ask(ctx, f.Code, "Spóźnione", ""), fault.Conflict)
}

func (k *kit) largeTables(series SeriesID) {
	k.t.Helper()
	t, ctx, d := k.t, k.t.Context(), k.db
	id := k.convened(k.clerk, series)
	refuses(t, "a table of a head", k.AddTable(ctx, k.head, id, "Oceny", 4), fault.Forbidden)
	refuses(t, "a table for one", k.AddTable(ctx, k.clerk, id, "Oceny", 1), fault.Invalid)
	k.ok(k.AddTable(ctx, k.clerk, id, "Oceny", 2))
	k.ok(k.AddTable(ctx, k.clerk, id, "Stołówki", 5))
	tables, err := TablesOf(ctx, d, id)
	k.ok(err)
	refuses(t, "a stranger sits down", k.Sit(ctx, k.stranger, id, tables[0].ID), fault.NotFound)
	k.sitAtOnce(id, tables[0].ID, k.head, k.complexHead, k.twoHead)
	k.ok(k.Sit(ctx, k.twoHead, id, tables[1].ID))
	k.ok(k.Sit(ctx, k.head, id, tables[1].ID))
	k.ok(k.RemoveTable(ctx, k.clerk, id, tables[0].ID))
	if tables, err = TablesOf(ctx, d, id); err != nil || len(tables) != 1 || tables[0].Taken != 2 {
		t.Errorf("tables %+v, %v", tables, err)
	}

	day := dayOf(k.meeting(id).StartsAt)
	refuses(t, "a hall set by a head", k.SetHall(ctx, k.head, id, 2, day), fault.Forbidden)
	refuses(t, "answers after the meeting", k.SetHall(ctx, k.clerk, id, 2, dayOf(k.meeting(id).StartsAt+2*86400)), fault.Invalid)
	refuses(t, "a hall below nothing", k.SetHall(ctx, k.clerk, id, -1, day), fault.Invalid)
	k.ok(k.SetHall(ctx, k.clerk, id, 2, day))
	_, err = k.AddGuest(ctx, k.clerk, id, "Gość", "")
	k.ok(err)
	k.ok(k.Answer(ctx, k.head, id, Comes, ""))
	k.clock = k.clock.Add(time.Minute)
	k.ok(k.Answer(ctx, k.twoHead, id, Comes, ""))
	for who, want := range map[string]bool{"first": true, "second": false} {
		seat := k.seatOf(id, map[string]access.Actor{"first": k.head, "second": k.twoHead}[who])
		if chair, err := inHall(ctx, d, seat, Large{Seats: 2}); err != nil || chair != want {
			t.Errorf("the %s who answered has a chair: %v, %v", who, chair, err)
		}
	}
	k.largePages(id)
	k.largePrivacy(id)
}

// sitAtOnce: as many find a place as there are.
func (k *kit) sitAtOnce(id MeetingID, table string, people ...access.Actor) {
	k.t.Helper()
	var all sync.WaitGroup
	for _, who := range people {
		all.Go(func() {
			if err := k.Sit(k.t.Context(), who, id, table); err != nil && fault.KindOf(err) != fault.Conflict {
				k.t.Error(err)
			}
		})
	}
	all.Wait()
	list, err := TablesOf(k.t.Context(), k.db, id)
	k.ok(err)
	if list[0].Taken != list[0].Seats {
		k.t.Errorf("%d at a table for %d", list[0].Taken, list[0].Seats)
	}
}

// largePages opens every page as those who use it, and the door by its forms.
func (k *kit) largePages(id MeetingID) {
	k.t.Helper()
	base := Href(id)
	if text := k.page(k.clerk, LargeHref(id)).Find("main").Text(); !strings.Contains(text, "Brakuje 1 krzesła.") {
		k.t.Errorf("the organizer is not told of missing chairs: %.300s", text)
	}
	k.page(k.clerk, base+"/goscie")
	k.page(k.clerk, base+"/stoliki")
	k.page(k.recorder, base+"/pytania")
	share := k.page(k.head, base+"/udzial")
	if share.Find("svg rect").Length() < 50 || share.Find("[data-code]").Text() != shownCode(k.codeOf(id, string(k.seatOf(id, k.head).ID))) {
		k.t.Error("the page of participation has no badge")
	}
	paper := k.get(k.clerk, base+"/identyfikatory.pdf")
	if paper.Code != http.StatusOK || !bytes.HasPrefix(paper.Body.Bytes(), []byte("%PDF")) {
		k.t.Errorf("badges: %d", paper.Code)
	}
	for path, who := range map[string]access.Actor{"/organizacja": k.head, "/goscie": k.recorder, "/identyfikatory.pdf": k.recorder, "/stoliki": k.head, "/pytania": k.head} {
		if w := k.get(who, base+path); w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
			k.t.Errorf("%s is open to others: %d", path, w.Code)
		}
	}
	k.ok(k.NameDuty(k.t.Context(), k.clerk, id, k.delegate.Person))
	k.atMeeting(id, -time.Hour)
	k.doorPages(id)
}

func (k *kit) doorPages(id MeetingID) {
	k.t.Helper()
	door := DoorHref(id)
	found := k.whole(door, k.post(k.delegate, door, "kod", "głow"), http.StatusOK)
	code, _ := found.Find(`input[type="hidden"][name="kod"]`).Attr("value")
	if code != k.codeOf(id, string(k.seatOf(id, k.head).ID)) {
		k.t.Fatalf("a typed name finds %q: %.300s", code, found.Find("main").Text())
	}
	if k.page(k.delegate, door+"?kod="+code); k.crowdOf(id).Came != 0 {
		k.t.Error("opening the page of a badge let its holder in")
	}
	if w := k.post(k.delegate, door, "kod", code); w.Code != http.StatusSeeOther || k.crowdOf(id).Came != 1 {
		k.t.Errorf("letting in: %d", w.Code)
	}
	w := k.post(k.delegate, door+"/kody.json", "kod", code, "kod", "2AAAAAAAAA")
	if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, `"what":"again"`) || !strings.Contains(body, `"what":"unknown"`) {
		k.t.Errorf("a parcel of codes: %d %s", w.Code, body)
	}
	if w := k.post(k.head, door+"/kody.json", "kod", code); w.Code != http.StatusForbidden {
		k.t.Errorf("a parcel of somebody who is not on duty: %d", w.Code)
	}
}

// largePrivacy: everything goes with its time, and a duty with its account.
func (k *kit) largePrivacy(id MeetingID) {
	k.t.Helper()
	ctx, over := k.t.Context(), time.Unix(k.meeting(id).EndsAt+1, 0)
	k.ok(k.OpenFloor(ctx, k.recorder, id))
	f, err := FloorOf(ctx, k.db, id)
	k.ok(err)
	k.ok(k.Ask(ctx, f.Code, "Pytanie", ""))
	for _, p := range k.LargePurposes() {
		for _, h := range p.Holds {
			n, err := h.Expired(ctx, k.db, over)
			k.ok(err)
			if early, err := h.Expired(ctx, k.db, over.Add(-time.Hour)); err != nil || early != 0 || n == 0 {
				k.t.Errorf("%s: %d rows, %d too early, %v", h.Table, n, early, err)
			}
			k.ok(k.db.Write(ctx, func(tx *db.Tx) error {
				gone, err := h.Sweep(ctx, tx, over, 1000)
				if gone != n {
					k.t.Errorf("%s: %d of %d swept", h.Table, gone, n)
				}
				return err
			}))
		}
	}
}

func TestAfterAndRating(t *testing.T) {
	d := testkit.SQLite(t, modules)
	k, ctx := newKit(t, d), t.Context()
	id := k.convened(k.clerk, k.heads())
	refuses(t, "before the minutes", k.TellAfter(ctx, k.recorder, id), fault.Conflict)
	if r, err := k.RatedMeeting(ctx, id); err != nil || r.EndedAt != 0 || r.Ready {
		t.Errorf("a meeting to come is rated: %+v, %v", r, err)
	}
	k.atMeeting(id, time.Hour)
	k.passes(k.recorder, id, k.codeOf(id, string(k.seatOf(id, k.head).ID)))
	k.ok(k.Hold(ctx, k.recorder, id, 60))
	r, err := k.RatedMeeting(ctx, id)
	if err != nil || r.EndedAt != k.meeting(id).EndsAt || !r.Ready || r.Owner != k.cityOffice {
		t.Errorf("rated %+v, %v", r, err)
	}
	if people, err := k.RatedBy(ctx, id); err != nil || !slices.Equal(people, []string{string(k.head.Person)}) {
		t.Errorf("asked %v, %v", people, err)
	}
	k.ok(d.Write(ctx, func(tx *db.Tx) error {
		m := k.meeting(id)
		return k.advance(ctx, tx, m, MinutesDraft, Held)
	}))
	refuses(t, "the ratings read by a recorder", k.RatedRuns(ctx, k.recorder, id), fault.Forbidden)
	refuses(t, "the ratings read by the association", k.RatedRuns(ctx, k.officer, id), fault.NotFound)
	k.ok(k.RatedRuns(ctx, k.clerk, id))
	k.Ratings = func(id MeetingID) string { return "/oceny/" + string(id) }
	if n := k.page(k.clerk, LargeHref(id)).Find(`a[href="/oceny/` + string(id) + `"]`).Length(); n != 1 {
		t.Errorf("%d links to the ratings", n)
	}
	k.ok(k.TellAfter(ctx, k.recorder, id))
	refuses(t, "told twice", k.TellAfter(ctx, k.recorder, id), fault.Conflict)
	k.drain()
	for name, who := range map[string]access.Actor{"present": k.head, "absent": k.complexHead} {
		n := 0
		for _, m := range k.told {
			if m.To == string(who.Person) && m.Key == "meetings.told.after" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("the %s head was told %d times", name, n)
		}
	}
}

func TestCodeIn(t *testing.T) {
	for text, want := range map[string]string{"2ABCDEFGHJ": "2ABCDEFGHJ", " 2abcd-efghj ": "2ABCDEFGHJ", "https://k.example/spotkania/x/wejscie?kod=2ABCDEFGHJ": "2ABCDEFGHJ",
		"": "", "Skrzypczak": "", "2ABCDEFGH": "", "2ABCDEFGHI": "", "1ABCDEFGHJ": "", "?kod=%zz": "", "2ABCDEFGHł": ""} {
		if got, ok := codeIn(text); got != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzCodeIn(f *testing.F) {
	for _, seed := range []string{"2ABCDEFGHJ", "?kod=2abcd-efghj", "Hanna Głowa", "%", "9\x00ĄĄĄĄ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code, ok := codeIn(text)
		if again, still := codeIn(shownCode(code)); ok && (!still || again != code) {
			t.Errorf("%q gives %q, which is not read again", text, code)
		}
	})
}

func TestBadgesOnPaper(t *testing.T) {
	list := make([]paperBadge, 17)
	for n := range list {
		code := newCode(codeLength)
		if _, ok := codeIn(code); !ok {
			t.Fatalf("a new code is none: %q", code)
		}
		list[n] = paperBadge{Name: "Wieloimienna Długonazwiskowa-Kowalska", From: strings.Repeat("Zespół Szkół ", 12), Code: shownCode(code), Address: "https://kladka.example/x?kod=" + code}
	}
	var b bytes.Buffer
	if err := writeBadges(&b, time.Unix(0, 0), badgeTexts{Title: "Narada", Owner: "Urząd", Lang: "pl"}, list); err != nil {
		t.Fatal(err)
	}
	if pages := bytes.Count(b.Bytes(), []byte("/Type /Page\n")); pages != 3 {
		t.Errorf("17 badges on %d pages, want 3", pages)
	}
	if size := nameSize("Maksymiliana Długonazwiskowa-Brzęczyszczykiewicz"); size > 5.2 || len(fitted("Maksymiliana Długonazwiskowa-Brzęczyszczykiewicz", 75, size, 9)) > 2 {
		t.Errorf("a long name in type of %g", size)
	}
	if lines := fitted(strings.Repeat("słowo ", 40), 75, 6.4, 2); len(lines) != 2 || !strings.HasSuffix(lines[1], "…") {
		t.Errorf("a long text: %q", lines)
	}
}
