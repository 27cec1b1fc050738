package networks

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
)

var refuses = center.Refuses

func TestNetworks(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.refusals(t)
		h.comesIn(t)
		h.meets(t)
		h.lists(t)
		h.handsOn(t)
		h.orders(t)
		h.shares(t)
		h.polls(t)
		h.reminds(t)
		h.reports(t)
		h.forgets(t)
	})
}

// refusals: a stranger, a member of another network, a coordinator of another
// network and of another center, a member who was removed.
func (h *house) refusals(t *testing.T) {
	ctx, k := t.Context(), h.k
	id, _ := h.active(t, "Odmowy")
	other, _ := h.active(t, "Inna sieć")
	k.OK(h.Name(ctx, k.Officer, other, h.adviser.Person, Coordinator))
	h.joins(t, id, k.Ewa)
	_, err := h.Ask(ctx, k.Iza, other, "")
	k.OK(err)
	all := func(who access.Actor) error {
		_, _, err := h.Members(ctx, who, id, Joined, first, 10)
		return err
	}
	refuses(t, "members for a stranger", all(access.Stranger()), fault.SignedOut)
	refuses(t, "members for a teacher of another network", all(k.Iza), fault.Forbidden)
	refuses(t, "members for a coordinator of another network", all(h.adviser), fault.Forbidden)
	refuses(t, "members for a coordinator of another center", all(h.foreign), fault.Forbidden)
	k.OK(all(k.Ewa))
	_, _, err = h.Members(ctx, k.Ewa, id, Asked, first, 10)
	refuses(t, "requests for a member", err, fault.Forbidden)
	refuses(t, "a plan by a coordinator of another network", planBy(ctx, h, h.adviser, id), fault.Forbidden)
	refuses(t, "a plan by an officer of another center", planBy(ctx, h, h.outside, id), fault.Forbidden)
	refuses(t, "a plan by a member", planBy(ctx, h, k.Ewa, id), fault.Forbidden)
	refuses(t, "a name by the coordinator", h.Name(ctx, h.coordinator, id, h.adviser.Person, Deputy), fault.Forbidden)
	refuses(t, "the lead for a teacher", h.Name(ctx, k.Officer, id, k.Ewa.Person, Deputy), fault.Invalid)
	_, err = h.Make(ctx, h.outside, Opening{Charter: charter("Cudza"), Center: k.At, Year: 2026})
	refuses(t, "a network of another center", err, fault.Forbidden)
	_, err = h.Make(ctx, k.Officer, Opening{Charter: Charter{Title: "x", Places: 999, Topics: []string{"nic"}, Town: "1"}, Center: k.At, Year: 1999})
	if e := fault.As(err); e == nil || len(e.Fields) != 5 {
		t.Errorf("a bad charter: %v", err)
	}
	_, _, err = h.Find(ctx, k.Ewa, "nie-ma")
	refuses(t, "no such network", err, fault.NotFound)
	h.removed(t, id, all)
}

func planBy(ctx context.Context, h *house, who access.Actor, id ID) error {
	_, err := h.Meet(ctx, who, id, plan("Obce spotkanie", "2027-02-01"))
	return err
}

func (h *house) removed(t *testing.T, id ID, members func(access.Actor) error) {
	ctx, k := t.Context(), h.k
	m, err := memberOf(ctx, h.db, id, string(k.Ewa.Person))
	k.OK(err)
	refuses(t, "a removal without words", h.Decide(ctx, h.coordinator, id, m.ID, Removed, "nie"), fault.Invalid)
	k.OK(h.Decide(ctx, h.coordinator, id, m.ID, Removed, "Brak kontaktu od pół roku."))
	refuses(t, "members for somebody removed", members(k.Ewa), fault.Forbidden)
	_, err = h.Ask(ctx, k.Ewa, id, "")
	refuses(t, "a request of somebody removed", err, fault.Forbidden)
	refuses(t, "an invitation of somebody removed", h.Invite(ctx, k.Head, id, k.Ewa.Person, k.School), fault.Conflict)
	k.OK(h.Decide(ctx, h.coordinator, id, m.ID, Left, ""))
	if state, err := h.Ask(ctx, k.Ewa, id, ""); err != nil || state != Asked {
		t.Errorf("asks again after forgiveness: %v %v", state, err)
	}
	hidden := charter("Ukryta")
	hidden.Public = false
	secret, err := h.Make(ctx, k.Officer, Opening{Charter: hidden, Center: k.At, Year: 2026})
	k.OK(err)
	_, _, err = h.Find(ctx, k.Ewa, secret)
	refuses(t, "a network that is not public", err, fault.NotFound)
}

// comesIn: by request, by an invitation, through an invited school; the last
// place goes to one person.
func (h *house) comesIn(t *testing.T) {
	ctx, k := t.Context(), h.k
	id := h.made(t, "Przyjmowanie")
	_, err := h.Ask(ctx, access.Stranger(), id, "")
	refuses(t, "a request of a stranger", err, fault.SignedOut)
	_, err = h.Ask(ctx, k.Officer, id, "")
	refuses(t, "a request of an officer", err, fault.Forbidden)
	h.joins(t, id, k.Ewa)
	if told := h.toldTo(k.Ewa); !strings.Contains(told, "admitted") {
		t.Error("not told:", told)
	}
	k.OK(h.InviteSchool(ctx, h.coordinator, id, k.School))
	if state, err := h.Ask(ctx, k.Jan, id, ""); err != nil || state != Joined {
		t.Errorf("from an invited school: %v %v", state, err)
	}
	refuses(t, "a head invites into another's school", h.Invite(ctx, k.Head, id, k.Iza.Person, k.Other), fault.Forbidden)
	refuses(t, "a coordinator invites an unknown person", h.Invite(ctx, h.coordinator, id, k.Deputy.Person, ""), fault.Forbidden)
	k.OK(h.Invite(ctx, k.OtherHead, id, k.Iza.Person, k.Other))
	if desk := h.deskOf(t, k.Iza); !strings.Contains(desk, "Zaproszenie do sieci: Przyjmowanie") {
		t.Error("desk of somebody invited:", desk)
	}
	if state, err := h.Ask(ctx, k.Iza, id, ""); err != nil || state != Asked {
		t.Errorf("a head let somebody in: %v %v", state, err)
	}
	m, err := memberOf(ctx, h.db, id, string(k.Iza.Person))
	k.OK(err)
	k.OK(h.Decide(ctx, h.coordinator, id, m.ID, Joined, ""))
	_, err = h.Ask(ctx, k.Deputy, id, "")
	refuses(t, "a fourth of three places", err, fault.Conflict)
	k.OK(h.Go(ctx, k.Iza, id))
	if n := h.network(t, id); n.Members != 2 || h.standing(t, id, k.Iza) != Left {
		t.Error("after leaving:", n.Members)
	}
	k.OK(h.InviteSchool(ctx, h.coordinator, id, k.Other))
	h.joins(t, id, k.OtherHead)
	h.paged(t, id)
}

// TestLastPlace has three ask at once for the last place of three.
func TestLastPlace(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		id := h.made(t, "Ostatnie miejsce")
		h.joins(t, id, h.k.Ewa, h.k.Jan)
		h.lastPlace(t, id)
	})
}

func (h *house) lastPlace(t *testing.T, id ID) {
	ctx, k := t.Context(), h.k
	for _, school := range []access.InstitutionID{k.School, k.Other} {
		k.OK(h.InviteSchool(ctx, h.coordinator, id, school))
	}
	var wait sync.WaitGroup
	errs := make([]error, 3)
	for n, who := range []access.Actor{k.Iza, k.OtherHead, k.Deputy} {
		wait.Go(func() { _, errs[n] = h.Ask(ctx, who, id, "") })
	}
	wait.Wait()
	in := 0
	for _, err := range errs {
		if err == nil {
			in++
		} else if fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
	}
	var rows int
	k.OK(h.db.Get(ctx, &rows, `select count(*) from networks_members where network = ? and state = ?`, id, Joined))
	if n := h.network(t, id); in != 1 || n.Members != 3 || rows != 3 {
		t.Error("the last place:", in, n.Members, rows)
	}
}

func (h *house) paged(t *testing.T, id ID) {
	ctx, k := t.Context(), h.k
	page, more, err := h.Members(ctx, h.coordinator, id, Joined, first, 2)
	k.OK(err)
	next, end, err := h.Members(ctx, h.coordinator, id, Joined, web.Cursor{Key: page[1].NameKey, ID: page[1].ID}, 2)
	k.OK(err)
	back, _, err := h.Members(ctx, h.coordinator, id, Joined, web.Cursor{Key: next[0].NameKey, ID: next[0].ID, Back: true}, 2)
	k.OK(err)
	if len(page) != 2 || !more || len(next) != 1 || end || !slices.Equal(page, back) {
		t.Error("pages of members:", len(page), more, len(next), end)
	}
	list, _, err := h.Public(ctx, Filter{Topic: maths, Year: 2026, Town: city, Open: false}, first, 50)
	k.OK(err)
	if !slices.ContainsFunc(list, func(n Network) bool { return n.ID == id }) {
		t.Error("not found by a topic above its own")
	}
	list, _, err = h.Public(ctx, Filter{Open: true}, first, 50)
	k.OK(err)
	if slices.ContainsFunc(list, func(n Network) bool { return n.ID == id }) {
		t.Error("a full network takes nobody")
	}
}

// meets: attendance becomes hours and events with versions; a correction and a
// cancellation take them back.
func (h *house) meets(t *testing.T) {
	ctx, k := t.Context(), h.k
	id, meetings := h.active(t, "Spotkania")
	h.joins(t, id, k.Ewa, k.Iza)
	ewa, iza := string(k.Ewa.Person), string(k.Iza.Person)
	rev := func() int64 { return h.meet(t, meetings[0]).Revision }
	note := Note{Record: "Rozmowa o ocenianiu.", Length: 135, Present: []string{ewa, iza}, Partly: map[string]int{iza: 90}}
	refuses(t, "a record by a member", h.Record(ctx, k.Ewa, meetings[0], rev(), note), fault.Forbidden)
	refuses(t, "a record by another coordinator", h.Record(ctx, h.foreign, meetings[0], rev(), note), fault.Forbidden)
	refuses(t, "a record before the meeting", h.Record(ctx, h.coordinator, meetings[1], 1, note), fault.Conflict)
	bad := note
	bad.Present = []string{string(k.Jan.Person)}
	refuses(t, "somebody who is no member", h.Record(ctx, h.coordinator, meetings[0], rev(), bad), fault.Invalid)
	bad = note
	bad.Length = 900
	refuses(t, "more minutes than the meeting had", h.Record(ctx, h.coordinator, meetings[0], rev(), bad), fault.Invalid)
	k.OK(h.Record(ctx, h.coordinator, meetings[0], rev(), note))
	refuses(t, "an old version", h.Record(ctx, h.coordinator, meetings[0], 1, note), fault.Conflict)
	h.hours(t, k.Ewa, id, 3)
	h.hours(t, k.Iza, id, 2)
	met, versions := emitted[WasMet](t, h)
	if e := met[len(met)-1]; e.Meeting != meetings[0] || e.Minutes != 135 || e.On != "2026-11-20" || e.SchoolYear != 2026 || e.Void || versions[len(versions)-1] != 2 {
		t.Errorf("met: %+v %v", e, versions)
	}
	note.Present = []string{ewa}
	k.OK(h.Record(ctx, h.coordinator, meetings[0], rev(), note))
	h.hours(t, k.Iza, id, 0)
	list, versions := h.attended(t, meetings[0])
	last := list[len(list)-1]
	if len(list) != 3 || !last.Void || versions[2] != 2 || last.BySeat != town || last.ByRunning != town || last.PersonKey == "" || last.Role != access.Teacher {
		t.Errorf("attended: %+v %v", list, versions)
	}
	k.OK(h.Cancel(ctx, h.coordinator, meetings[0], rev(), "Zapis dotyczył innego spotkania."))
	h.hours(t, k.Ewa, id, 0)
	met, _ = emitted[WasMet](t, h)
	if !met[len(met)-1].Void {
		t.Error("a canceled meeting holds")
	}
	steps, err := trace.Steps(ctx, h.db, trace.ID(h.network(t, id).Trace), []string{"public"})
	k.OK(err)
	if len(steps) != 3 {
		t.Errorf("steps of the matter: %+v", steps)
	}
}

func (h *house) attended(t *testing.T, id MeetingID) (list []Attended, versions []int64) {
	all, v := emitted[Attended](t, h)
	for n, e := range all {
		if e.Meeting == id {
			list, versions = append(list, e), append(versions, v[n])
		}
	}
	return list, versions
}

func (h *house) hours(t *testing.T, who access.Actor, id ID, want int) {
	t.Helper()
	list, err := h.HoursOf(t.Context(), string(who.Person))
	h.k.OK(err)
	got := 0
	for _, x := range list {
		if x.ID == id {
			got = x.Hours
		}
	}
	if got != want {
		t.Errorf("hours of %s: %d, want %d", who.Name, got, want)
	}
}

// lists: a meeting of one network in another, with its hours once.
func (h *house) lists(t *testing.T) {
	ctx, k := t.Context(), h.k
	one, meetings := h.active(t, "Gospodarze")
	two, _ := h.active(t, "Goście")
	h.joins(t, two, k.Jan, k.Iza)
	h.joins(t, one, k.Jan, k.Ewa)
	refuses(t, "a meeting that is not offered", h.List(ctx, h.coordinator, two, meetings[1]), fault.NotFound)
	p := plan("Wspólne", "2027-01-15")
	p.Shared = true
	k.OK(h.Replan(ctx, h.coordinator, meetings[1], 1, p))
	refuses(t, "listed by another coordinator", h.List(ctx, h.foreign, two, meetings[1]), fault.Forbidden)
	k.OK(h.List(ctx, h.coordinator, two, meetings[1]))
	entries, err := h.Calendar(ctx, string(k.Jan.Person), k.Clock, k.Clock.AddDate(0, 3, 0))
	k.OK(err)
	if len(entries) != 2 {
		t.Error("calendar:", len(entries)) // the shared one once, and the own of the second network
	}
	clock := k.Clock
	k.Clock = time.Date(2027, time.January, 16, 8, 0, 0, 0, time.UTC)
	k.OK(h.Record(ctx, h.coordinator, meetings[1], 2, Note{Record: "Spotkanie dwóch sieci.", Length: 90, Present: []string{string(k.Jan.Person), string(k.Ewa.Person)}}))
	k.Clock = clock
	h.hours(t, k.Jan, one, 2)
	h.hours(t, k.Jan, two, 0)
	if list, _ := h.attended(t, meetings[1]); len(list) != 2 {
		t.Error("attended:", len(list))
	}
	k.Who = k.Iza
	if w := k.Get(MeetingHref(one, meetings[1])); w.Header().Get("Location") != MeetingHref(two, meetings[1]) {
		t.Error("news of a listed meeting lead to", w.Code, w.Header().Get("Location"))
	}
	away := k.Iza
	away.Roles = []access.Held{{Role: access.Guardian, Institution: k.School}}
	k.Who = away
	if w := k.Get(MeetingHref(two, meetings[1])); w.Code != http.StatusForbidden {
		t.Error("a member who acts as a parent:", w.Code)
	}
	_, _, _, err = h.ReadMeeting(ctx, k.Deputy, two, meetings[1])
	refuses(t, "a meeting for an outsider", err, fault.Forbidden)
	_, _, _, err = h.ReadMeeting(ctx, k.Jan, two, meetings[2])
	refuses(t, "a meeting that is not listed", err, fault.NotFound)
}

// handsOn: a coordinator who leaves; the deputy goes on, without one the network
// waits and the center is told.
func (h *house) handsOn(t *testing.T) {
	ctx, k := t.Context(), h.k
	leaver := k.Person("Lena Odchodzi", access.NetworkCoordinator, k.At)
	with, without := h.made(t, "Z zastępstwem"), h.made(t, "Bez zastępstwa")
	for _, id := range []ID{with, without} {
		k.OK(h.Name(ctx, k.Officer, id, leaver.Person, Coordinator))
	}
	k.OK(h.Unname(ctx, k.Officer, without, h.coordinator.Person)) // who stayed as deputy
	k.OK(h.CoordinatorLeft(ctx, leaver.Person, k.At))
	if leads, err := Leads(ctx, h.db, without); err != nil || len(leads) != 1 {
		t.Error("who still holds the role keeps the lead:", leads, err)
	}
	k.OK(k.Access.LeaveInstitution(ctx, access.System(), leaver.Person, k.At, ""))
	k.OK(h.CoordinatorLeft(ctx, leaver.Person, k.At))
	k.OK(h.CoordinatorLeft(ctx, leaver.Person, k.At)) // told again
	leads, err := Leads(ctx, h.db, with)
	k.OK(err)
	if len(leads) != 1 || leads[0].Person != h.coordinator.Person || leads[0].Duty != Coordinator {
		t.Errorf("the deputy does not go on: %+v", leads)
	}
	if leads, err = Leads(ctx, h.db, without); err != nil || len(leads) != 0 {
		t.Error("somebody leads:", leads, err)
	}
	if told := h.toldTo(k.Officer); strings.Count(told, "leaderless") != 1 || strings.Count(told, "passed_on") != 1 {
		t.Error("the center was told:", told)
	}
	if desk := h.deskOf(t, k.Officer); !strings.Contains(desk, "Bez zastępstwa") || strings.Contains(desk, "Z zastępstwem") {
		t.Error("desk of the center:", desk)
	}
	if n := h.network(t, without); n.State != Forming || n.Title == "" {
		t.Error("lost:", n)
	}
	refuses(t, "a plan by somebody who left", planBy(ctx, h, leaver, with), fault.Forbidden)
}

// orders: a decision about a need makes a network, once.
func (h *house) orders(t *testing.T) {
	ctx, k := t.Context(), h.k
	matter, err := trace.New()
	k.OK(err)
	o := FromOrder{ID: ID(newID()), Need: newID(), Trace: string(matter), Center: k.At, Title: "Oceniać  inaczej", Topics: []string{maths},
		Institutions: []access.InstitutionID{k.School}, By: k.Officer.Person}
	for range 2 {
		k.OK(h.OpenFromOrder(ctx, o))
	}
	n := h.network(t, o.ID)
	if n.Title != "Oceniać inaczej" || n.State != Forming || n.Public || n.Trace != o.Trace || n.Places != 25 || n.SchoolYear != 2026 {
		t.Errorf("ordered: %+v", n)
	}
	if strings.Count(h.toldTo(k.Officer), "ordered") != 1 {
		t.Error("the center was told:", h.toldTo(k.Officer))
	}
	lacks, err := h.Lacks(ctx, n)
	k.OK(err)
	if len(lacks) != 3 {
		t.Error("lacks:", lacks)
	}
	refuses(t, "begins with nothing", h.Begin(ctx, k.Officer, o.ID, n.Revision), fault.Conflict)
	c := charter("Oceniać inaczej")
	k.OK(h.Change(ctx, k.Officer, o.ID, n.Revision, c))
	refuses(t, "an old version of the charter", h.Change(ctx, k.Officer, o.ID, n.Revision, c), fault.Conflict)
	if state, err := h.Ask(ctx, k.Ewa, o.ID, ""); err != nil || state != Joined {
		t.Errorf("from a school that reported the need: %v %v", state, err)
	}
	list, err := h.OfNeed(ctx, o.Need)
	k.OK(err)
	if len(list) != 1 || list[0].Figures.Members != 1 {
		t.Errorf("of the need: %+v", list)
	}
	links, err := h.TopicLinks(ctx, k.Catalog.In(i18n.PL), []string{string(o.ID)})
	if err != nil || len(links) != 1 || links[0].Text != "Oceniać inaczej (2026/2027)" {
		t.Error("links of the topic:", links, err)
	}
	docs, err := h.searchDocs(ctx, []string{string(o.ID)})
	if err != nil || len(docs) != 1 || strings.Contains(docs[0].Body, k.Ewa.Name) || docs[0].Facets["rok"][0] != "2026" {
		t.Errorf("for the search: %+v %v", docs, err)
	}
}

// shares: files of members, for those inside.
func (h *house) shares(t *testing.T) {
	ctx, k := t.Context(), h.k
	id, _ := h.active(t, "Materiały")
	h.joins(t, id, k.Ewa)
	var picture bytes.Buffer
	k.OK(png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))))
	_, err := k.Files.Store(ctx, k.Ewa.By(), MaterialUse, "nie-to.png", strings.NewReader("<script>"))
	refuses(t, "a file that is not what it says", err, fault.Invalid)
	f, err := k.Files.Store(ctx, k.Ewa.By(), MaterialUse, "tablica.png", &picture)
	k.OK(err)
	refuses(t, "a file of somebody else", h.Share(ctx, h.coordinator, id, f.ID, ""), fault.NotFound)
	refuses(t, "a file from outside", h.Share(ctx, k.Iza, id, f.ID, ""), fault.Forbidden)
	k.OK(h.Share(ctx, k.Ewa, id, f.ID, "Scenariusz"))
	k.Who = k.Ewa
	if w := k.Get(Href(id) + tabMaterials + "/" + string(f.ID)); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" {
		t.Error("a file for a member:", w.Code)
	}
	other := h.made(t, "Cudze materiały")
	k.Who = h.coordinator
	if w := k.Get(Href(other) + tabMaterials + "/" + string(f.ID)); w.Code != http.StatusNotFound {
		t.Error("a file through another network:", w.Code)
	}
	k.Who = k.Iza
	if w := k.Get(Href(id) + tabMaterials + "/" + string(f.ID)); w.Code != http.StatusForbidden {
		t.Error("a file for an outsider:", w.Code)
	}
	refuses(t, "taken away by a member", h.Unshare(ctx, k.Ewa, id, f.ID), fault.Forbidden)
	k.OK(h.Unshare(ctx, h.coordinator, id, f.ID))
	if list, err := h.Materials(ctx, id); err != nil || len(list) != 0 {
		t.Error("left:", list, err)
	}
}

// polls: answers are counted, replaced, and gone with the choice.
func (h *house) polls(t *testing.T) {
	ctx, k := t.Context(), h.k
	id, _ := h.active(t, "Terminy")
	h.joins(t, id, k.Ewa, k.Jan)
	dates := []When{{"2027-03-01", "16:00", "18:00"}, {}, {"2027-03-02", "16:00", "18:00"}}
	refuses(t, "a poll with one date", h.PollDates(ctx, h.coordinator, id, "Wizyta", "2026-12-01", dates[:1]), fault.Invalid)
	refuses(t, "a poll by a member", h.PollDates(ctx, k.Ewa, id, "Wizyta", "2026-12-01", dates), fault.Forbidden)
	k.OK(h.PollDates(ctx, h.coordinator, id, "Wizyta", "2026-12-01", dates))
	list, err := h.Polls(ctx, id, k.Ewa.Person)
	k.OK(err)
	p := list[0]
	a, b := p.Dates[0].ID, p.Dates[1].ID
	if desk := h.deskOf(t, k.Ewa); !strings.Contains(desk, "Wybierz termin: Terminy") {
		t.Error("desk:", desk)
	}
	refuses(t, "an answer of the coordinator", h.Vote(ctx, h.coordinator, id, p.ID, nil), fault.Forbidden)
	refuses(t, "an answer with a gap", h.Vote(ctx, k.Ewa, id, p.ID, map[string]Answer{a: Yes}), fault.Invalid)
	k.OK(h.Vote(ctx, k.Ewa, id, p.ID, map[string]Answer{a: No, b: Yes}))
	k.OK(h.Vote(ctx, k.Ewa, id, p.ID, map[string]Answer{a: Maybe, b: Yes}))
	k.OK(h.Vote(ctx, k.Jan, id, p.ID, map[string]Answer{a: No, b: Yes}))
	list, err = h.Polls(ctx, id, k.Ewa.Person)
	k.OK(err)
	if d := list[0].Dates; d[0].Maybe != 1 || d[0].No != 1 || d[1].Yes != 2 || d[0].Mine != Maybe {
		t.Errorf("counts: %+v", d)
	}
	k.OK(h.Go(ctx, k.Jan, id))
	list, err = h.Polls(ctx, id, k.Ewa.Person)
	k.OK(err)
	if d := list[0].Dates; d[0].No != 0 || d[1].Yes != 1 {
		t.Errorf("counted for who left: %+v", d)
	}
	m, err := h.Take(ctx, h.coordinator, id, p.ID, b, "Biblioteka")
	k.OK(err)
	if x := h.meet(t, m); x.Title != "Wizyta" || dayAt(x.StartsAt) != "2027-03-02" {
		t.Errorf("planned: %+v", x)
	}
	_, err = h.Take(ctx, h.coordinator, id, p.ID, a, "Biblioteka")
	refuses(t, "a second choice", err, fault.Conflict)
	refuses(t, "an answer after the choice", h.Vote(ctx, k.Ewa, id, p.ID, map[string]Answer{a: No, b: Yes}), fault.Conflict)
	var left int
	k.OK(h.db.Get(ctx, &left, `select count(*) from networks_votes`))
	if left != 0 {
		t.Error("answers were kept:", left)
	}
}

// reminds: of what comes, and of what nobody wrote down; once each.
func (h *house) reminds(t *testing.T) {
	ctx, k := t.Context(), h.k
	id, _ := h.active(t, "Przypomnienia")
	h.joins(t, id, k.Ewa)
	_, err := h.Meet(ctx, h.coordinator, id, plan("Jutro", "2026-11-24"))
	k.OK(err)
	h.told = nil
	k.OK(h.Remind(ctx))
	once := map[string]bool{}
	for _, m := range h.told {
		if m.Args["network"] == "Przypomnienia" {
			once[m.To+m.Key+m.Args["meeting"]] = true
		}
	}
	if !once[string(k.Ewa.Person)+"networks.tell.tomorrowJutro"] || !once[string(h.coordinator.Person)+"networks.tell.unrecordedSpotkanie 1"] || len(once) != 2 {
		t.Error("reminded:", once)
	}
}

// reports: drafted from the records, finished by hand, frozen, sent back, closed,
// and the next year begun once.
func (h *house) reports(t *testing.T) {
	ctx, k := t.Context(), h.k
	id, meetings := h.active(t, "Sprawozdania")
	h.joins(t, id, k.Ewa, k.Iza)
	k.OK(h.Set(ctx, h.coordinator, id, Task{Title: "Lektura", Due: "2026-12-15"}))
	tasks, err := h.Tasks(ctx, id, k.Ewa.Person)
	k.OK(err)
	k.OK(h.Finish(ctx, k.Ewa, id, tasks[0].ID, true))
	refuses(t, "a task that was done", h.Unset(ctx, h.coordinator, id, tasks[0].ID), fault.Conflict)
	k.OK(h.Record(ctx, h.coordinator, meetings[0], 1, Note{Record: "Lekcja otwarta i rozmowa.", Length: 90, Present: []string{string(k.Ewa.Person)}}))
	refuses(t, "a draft by a member", h.Draft(ctx, k.Ewa, id, k.Catalog.In(i18n.PL)), fault.Forbidden)
	k.OK(h.Draft(ctx, h.coordinator, id, k.Catalog.In(i18n.PL)))
	_, _, rep, err := h.ReportOf(ctx, h.coordinator, id)
	k.OK(err)
	if !strings.Contains(rep.Done, "1 z 3") || !strings.Contains(rep.Done, "Lektura") {
		t.Error("draft:", rep.Done)
	}
	if _, _, seen, err := h.ReportOf(ctx, k.Ewa, id); err != nil || seen.Revision != 0 {
		t.Error("a draft for a member:", seen, err)
	}
	words := Written{rep.Done, "Nowe sposoby oceniania.", "Więcej lekcji otwartych."}
	refuses(t, "an empty report", h.Write(ctx, h.coordinator, id, rep.Revision, Written{}, true), fault.Invalid)
	k.OK(h.Write(ctx, h.coordinator, id, rep.Revision, words, false))
	refuses(t, "an old version", h.Write(ctx, h.coordinator, id, rep.Revision, words, true), fault.Conflict)
	k.OK(h.Write(ctx, h.coordinator, id, rep.Revision+1, words, true))
	refuses(t, "a record after the report", h.Record(ctx, h.coordinator, meetings[0], 2, Note{Record: "Jeszcze raz zapisane.", Length: 90}), fault.Conflict)
	k.OK(h.SendBack(ctx, k.Officer, id, h.network(t, id).Revision, "Proszę opisać efekty."))
	_, _, rep, err = h.ReportOf(ctx, h.coordinator, id)
	k.OK(err)
	k.OK(h.Write(ctx, h.coordinator, id, rep.Revision, words, true))
	f, err := h.Figures(ctx, id)
	if want := (Figures{Planned: 3, Held: 1, Members: 2, Schools: 1, People: 1, Participations: 1, Hours: 2, Tasks: 1, Done: 1}); err != nil || f != want {
		t.Errorf("figures: %+v %v", f, err)
	}
	k.OK(h.Close(ctx, k.Officer, id, h.network(t, id).Revision, ""))
	h.again(t, id)
}

func (h *house) again(t *testing.T, id ID) {
	ctx, k := t.Context(), h.k
	next, err := h.Again(ctx, h.coordinator, id)
	k.OK(err)
	if second, err := h.Again(ctx, h.coordinator, id); err != nil || second != next {
		t.Error("begun twice:", second, err)
	}
	n := h.network(t, next)
	if n.SchoolYear != 2027 || n.State != Forming || n.Previous != id || n.Members != 0 || n.Trace != h.network(t, id).Trace || h.standing(t, next, k.Ewa) != Invited {
		t.Errorf("the next year: %+v", n)
	}
	if state, err := h.Ask(ctx, k.Ewa, next, ""); err != nil || state != Joined {
		t.Errorf("stays: %v %v", state, err)
	}
	_, err = h.Again(ctx, h.foreign, id)
	refuses(t, "the next year by another", err, fault.Forbidden)
}

// forgets: whoever is erased is named nowhere, and the figures stay.
func (h *house) forgets(t *testing.T) {
	ctx, k := t.Context(), h.k
	before, err := h.HoursOf(ctx, string(k.Ewa.Person))
	k.OK(err)
	held := 0
	for _, p := range h.Purposes() {
		for _, x := range p.Holds {
			items, err := x.Export(ctx, string(k.Ewa.Person))
			k.OK(err)
			held += len(items)
			k.Write(func(ctx context.Context, tx *db.Tx) error {
				_, err := x.Erase(ctx, tx, string(k.Ewa.Person))
				return err
			})
			n, err := x.Expired(ctx, h.db, yearEnds(2040))
			k.OK(err)
			k.Write(func(ctx context.Context, tx *db.Tx) error {
				swept, err := x.Sweep(ctx, tx, yearEnds(2040), 1000)
				if swept != n {
					err = errors.Join(err, errors.New(x.Table+": swept other than was counted"))
				}
				return err
			})
		}
	}
	after, err := h.HoursOf(ctx, string(k.Ewa.Person))
	k.OK(err)
	var rows int
	k.OK(h.db.Get(ctx, &rows, `select count(*) from networks_attendance where present = ?`, true))
	if len(before) == 0 || held == 0 || len(after) != 0 || rows == 0 {
		t.Error("forgotten:", len(before), held, len(after), rows)
	}
}
