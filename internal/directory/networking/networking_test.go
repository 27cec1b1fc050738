package networking

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func TestTexts(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	for _, wrong := range h.Catalog.Check() {
		t.Error(wrong)
	}
}

// TestRefusals: who may not, may not.
func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		pupil := access.Actor{Person: access.NewPersonID(), Roles: []access.Held{{Role: access.Pupil, Institution: h.school}}}
		own := h.announce(h.olga, Draft{})
		schools := h.announce(h.ewa, Draft{Institution: string(h.school)})
		talk := h.ask(h.jan, own)
		h.ok(h.Settle(ctx, h.olga, talk, true, ""))
		waits := h.ask(h.jan, schools)

		for name, who := range map[string]access.Actor{"stranger": {}, "pupil": pupil} {
			kind := fault.Forbidden
			if name == "stranger" {
				kind = fault.SignedOut
			}
			_, err := h.Announce(ctx, who, Draft{Side: Helps, Body: "x", Topics: []string{maths}})
			refuses(t, name+" announces", err, kind)
			_, err = h.Ask(ctx, who, Question{Entry: own, Reason: "x"})
			refuses(t, name+" asks", err, kind)
			_, _, err = h.Entry(ctx, who, own)
			refuses(t, name+" reads a person's entry", err, fault.NotFound)
			_, _, err = h.Request(ctx, who, talk)
			refuses(t, name+" reads a talk", err, kind)
			_, err = h.Report(ctx, who, pieceEntry, own, "x", false)
			refuses(t, name+" reports", err, kind)
			_, err = h.Reports(ctx, who, true)
			refuses(t, name+" moderates", err, kind)
		}
		refuses(t, "head of another school ends", h.Finish(ctx, h.iza, schools), fault.NotFound)
		refuses(t, "head of another school changes", h.Change(ctx, h.iza, schools, 1, Draft{Side: Helps, Body: "x", Topics: []string{maths}}), fault.NotFound)
		refuses(t, "teacher ends the school's", h.Finish(ctx, h.olga, schools), fault.NotFound)
		_, err := h.Announce(ctx, h.iza, Draft{Side: Helps, Body: "x", Topics: []string{maths}, Institution: string(h.school)})
		refuses(t, "head of another school speaks for this one", err, fault.NotFound)
		refuses(t, "own head answers a person's request", h.Settle(ctx, h.ewa, talk, false, ""), fault.NotFound)
		refuses(t, "another's talk is written in", h.Say(ctx, h.iza, talk, "x"), fault.NotFound)
		_, _, err = h.Talk(ctx, h.iza, talk)
		refuses(t, "another's talk is read", err, fault.NotFound)
		_, _, err = h.Talk(ctx, h.moderator, talk)
		refuses(t, "a moderator reads a talk", err, fault.NotFound)
		refuses(t, "a message before the answer", h.Say(ctx, h.jan, waits, "x"), fault.Conflict)
		refuses(t, "an address before the answer", h.ShowAddress(ctx, h.jan, waits, "a@example.org"), fault.Conflict)
		refuses(t, "the asker accepts", h.Settle(ctx, h.jan, waits, true, ""), fault.NotFound)
		_, err = h.Ask(ctx, h.olga, Question{Entry: own, Reason: "x"})
		refuses(t, "one asks oneself", err, fault.NotFound)

		proxy := h.ewa
		proxy.For = h.iza.Person
		_, err = h.Announce(ctx, proxy, Draft{Side: Helps, Body: "x", Topics: []string{maths}})
		refuses(t, "own name with a proxy", err, fault.Forbidden)
		_, _, err = h.Talk(ctx, func() access.Actor { a := h.jan; a.For = h.iza.Person; return a }(), talk)
		refuses(t, "own talk with a proxy", err, fault.NotFound)

		h.who = h.iza
		for _, path := range []string{requestPath(talk), requestPath("nic"), introPath(talk), casesPath + "/" + talk} {
			if w := h.get(path); w.Code != http.StatusNotFound && w.Code != http.StatusForbidden {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		if w := h.get(requestPath(talk)); w.Code != http.StatusNotFound {
			t.Errorf("another's talk: %d", w.Code)
		}
	})
}

func TestDraftFaults(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	good := Draft{Side: Helps, Body: "x", Topics: []string{maths}}
	for name, change := range map[string]func(*Draft){
		"strona": func(d *Draft) { d.Side = "oba" },
		"temat":  func(d *Draft) { d.Topics = []string{string(testID(7))} },
		"do":     func(d *Draft) { d.Until = "2026-11-22" },
		"opis":   func(d *Draft) { d.Body = strings.Repeat("ą", mostText+1) },
	} {
		d := good
		change(&d)
		_, err := h.Announce(t.Context(), h.olga, d)
		e := fault.As(err)
		if e == nil || len(e.Fields) != 1 || e.Fields[0].Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	for until, fine := range map[string]bool{"2026-11-23": true, "2028-11-23": true, "2028-11-24": false, "jutro": false, "2026-02-30": false, "": true} {
		_, _, wrong := span(until, morning)
		if fine != (wrong == nil) {
			t.Errorf("%q: %v", until, wrong)
		}
	}
	if got := EndOfYear(morning); got != "2027-08-31" {
		t.Error(got)
	}
	d := good
	d.Body = "Pisz: a@example.org"
	if _, err := h.Announce(t.Context(), h.olga, d); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
	d.Addresses = true
	h.announce(h.olga, d)
}

func TestListAndFilters(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		a := h.announce(h.olga, Draft{Topics: []string{algebra}})
		b := h.announce(h.ewa, Draft{Institution: string(h.school), OpenToAll: true, Side: Looks})
		c := h.announce(h.iza, Draft{Institution: string(h.other), Topics: []string{reading}})
		h.announce(h.jan, Draft{OpenToAll: true}) // a person is never public
		d := h.announce(h.jan, Draft{Topics: []string{reading, maths}})
		h.ok(h.Finish(ctx, h.jan, d))
		h.ok(h.Finish(ctx, h.jan, d))
		for name, x := range map[string]struct {
			who  access.Actor
			f    Filter
			want int
		}{
			"stranger sees what is public":     {access.Actor{}, Filter{}, 1},
			"all":                              {h.olga, Filter{}, 4},
			"topic with those below":           {h.olga, Filter{Topics: []string{maths}}, 3},
			"merged topic":                     {h.olga, Filter{Topics: []string{sums}}, 3},
			"topic below":                      {h.olga, Filter{Topics: []string{algebra}}, 1},
			"town":                             {h.olga, Filter{Municipalities: []string{"120605"}}, 2},
			"side":                             {h.olga, Filter{Sides: []string{string(Looks)}}, 1},
			"institutions of a town":           {h.olga, Filter{Municipalities: []string{"120605"}, Owners: []string{ownInstitution}}, 1},
			"stranger of what is not public":   {access.Actor{}, Filter{Topics: []string{reading}}, 0},
			"a topic that nobody names (none)": {h.olga, Filter{Topics: []string{string(testID(5))}}, 0},
		} {
			list, total, _, err := h.List(ctx, x.who, x.f, web.Cursor{})
			if err != nil || total != x.want || len(list) != x.want {
				t.Errorf("%s: %d of %d, %v", name, len(list), total, err)
			}
		}
		_, counts, err := h.countedTopics(ctx, h.olga, Filter{Sides: []string{string(Helps)}})
		if err != nil || counts[maths] != 2 || counts[algebra] != 1 || counts[reading] != 1 {
			t.Error(counts, err)
		}
		for _, id := range []string{a, b, c} {
			if _, _, err := h.Entry(ctx, h.jan, id); err != nil {
				t.Error(err)
			}
		}
		if _, _, err := h.Entry(ctx, h.olga, d); fault.KindOf(err) != fault.NotFound {
			t.Error("an ended entry is shown to others", err)
		}
		if _, mine, err := h.Entry(ctx, h.jan, d); err != nil || !mine {
			t.Error("an ended entry is not shown to its author", err)
		}
	})
}

func TestPagesOfTheList(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for range entriesADay {
			h.announce(h.olga, Draft{})
		}
		for range 5 {
			h.announce(h.ewa, Draft{})
		}
		_, err := h.Announce(t.Context(), h.olga, Draft{Side: Helps, Body: "x", Topics: []string{maths}})
		refuses(t, "one entry too many", err, fault.TooMany)
		first, total, more, err := h.List(t.Context(), h.jan, Filter{}, web.Cursor{})
		if err != nil || !more || total != 25 || len(first) != pageSize {
			t.Fatal(len(first), total, more, err)
		}
		second, _, more, err := h.List(t.Context(), h.jan, Filter{}, web.Cursor{ID: first[pageSize-1].ID})
		if err != nil || more || len(second) != 5 {
			t.Fatal(len(second), more, err)
		}
		back, _, _, err := h.List(t.Context(), h.jan, Filter{}, web.Cursor{ID: second[0].ID, Back: true})
		if err != nil || len(back) != pageSize || back[0].ID != first[0].ID {
			t.Error("the way back differs", err)
		}
	})
}

func TestTalk(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		e := h.announce(h.ewa, Draft{Institution: string(h.school)})
		deputy := h.person("Ada Kos", access.DeputyHead, h.school)
		q := h.ask(h.jan, e)
		if h.toldTo(h.ewa) != "request" || h.toldTo(deputy) != "request" || h.toldTo(h.olga) != "" {
			t.Error("told:", h.toldTo(h.ewa), "/", h.toldTo(deputy), "/", h.toldTo(h.olga))
		}
		if _, err := h.Ask(ctx, h.jan, Question{Entry: e, Reason: "x"}); fault.KindOf(err) != fault.Conflict {
			t.Error("asked twice", err)
		}
		if n, err := h.Waiting(ctx, deputy); err != nil || n != 1 {
			t.Error(n, err)
		}
		h.ok(h.Settle(ctx, deputy, q, true, "Chętnie."))
		refuses(t, "answered twice", h.Settle(ctx, h.ewa, q, false, ""), fault.Conflict)
		refuses(t, "withdrawn after the answer", h.Withdraw(ctx, h.jan, q), fault.Conflict)
		h.ok(h.Say(ctx, h.jan, q, "Dzień dobry"))
		if h.toldTo(deputy) != "request message" || h.toldTo(h.ewa) != "request" {
			t.Error("a message is told to who answered:", h.toldTo(deputy), "/", h.toldTo(h.ewa))
		}
		h.ok(h.Say(ctx, h.ewa, q, "Witam"))
		h.ok(h.ShowAddress(ctx, h.jan, q, "jan@example.org"))
		refuses(t, "words for an address", h.ShowAddress(ctx, h.jan, q, "zadzwoń"), fault.Invalid)
		said, shown, err := h.Talk(ctx, deputy, q)
		if err != nil || len(said) != 2 || !said[0].Mine || said[1].Mine || len(shown) != 1 || shown[0].Address != "jan@example.org" {
			t.Error(said, shown, err)
		}
		h.ok(h.ShowAddress(ctx, h.jan, q, ""))
		if _, shown, _ := h.Talk(ctx, h.ewa, q); len(shown) != 0 {
			t.Error("an address taken back is shown", shown)
		}
		if h.toldTo(h.jan) != "accepted message" {
			t.Error(h.toldTo(h.jan))
		}
	})
}

// TestBlockLooksLikeSilence compares, byte by byte but for what is drawn anew
// each time, the pages of two people who ask: one of them is blocked.
func TestBlockLooksLikeSilence(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		e := h.announce(h.olga, Draft{})
		before := h.announce(h.jan, Draft{})
		if _, err := h.Block(ctx, h.olga, pieceEntry, before); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Entry(ctx, h.jan, e); fault.KindOf(err) != fault.NotFound {
			t.Error("the blocked person sees the entry", err)
		}
		free := h.person("Jan Bóbr", access.Teacher, h.other)
		asks := func(who access.Actor) (status int, page string, id string) {
			h.who = who
			w := h.post(entryPath(e)+"/prosba", "powod", "Proszę o kontakt.")
			id = strings.TrimPrefix(w.Header().Get("Location"), contactsPath+"/")
			return w.Code, h.get(requestPath(id)).Body.String(), id
		}
		neutral := func(page, id string, who access.Actor) string {
			page = strings.ReplaceAll(page, id, "ID")
			for _, name := range []string{"_klucz", "_jako"} {
				for {
					at := strings.Index(page, `name="`+name+`" value="`)
					if at < 0 {
						break
					}
					end := strings.Index(page[at+20:], `"/>`)
					end2 := strings.Index(page[at+20:], `">`)
					if end < 0 || end2 >= 0 && end2 < end {
						end = end2
					}
					page = page[:at] + page[at+20+end:]
				}
			}
			return strings.ReplaceAll(page, string(who.Person), "PERSON")
		}
		codeA, pageA, idA := asks(h.jan)
		codeB, pageB, idB := asks(free)
		if codeA != codeB || codeA != http.StatusSeeOther {
			t.Errorf("status %d and %d", codeA, codeB)
		}
		if a, b := neutral(pageA, idA, h.jan), neutral(pageB, idB, free); a != b {
			t.Errorf("pages differ:\n%s", firstDifference(a, b))
		}
		if _, err := h.Ask(ctx, h.jan, Question{Entry: e, Reason: "x"}); fault.KindOf(err) != fault.Conflict {
			t.Error("asking twice differs", err)
		}
		// Only the other side differs.
		if got := h.toldTo(h.olga); got != "request" {
			t.Errorf("the blocker was told %q", got)
		}
		if n, err := h.Waiting(ctx, h.olga); err != nil || n != 1 {
			t.Error(n, err)
		}
		list, err := h.Received(ctx, h.olga)
		if err != nil || len(list) != 1 || list[0].ID != idB {
			t.Error(list, err)
		}
		_, _, err = h.Request(ctx, h.olga, idA)
		refuses(t, "the blocker opens it", err, fault.NotFound)
		refuses(t, "the blocker answers it", h.Settle(ctx, h.olga, idA, true, ""), fault.NotFound)
		// Both end alike.
		h.clock = morning.AddDate(0, 0, silenceDays).Add(time.Second)
		h.ok(h.Expire(ctx))
		h.who = h.jan
		a := neutral(h.get(requestPath(idA)).Body.String(), idA, h.jan)
		h.who = free
		if b := neutral(h.get(requestPath(idB)).Body.String(), idB, free); a != b || !strings.Contains(a, "wygasła") {
			t.Errorf("expired pages differ:\n%s", firstDifference(a, b))
		}
		if h.toldTo(h.jan) != h.toldTo(free) || h.toldTo(h.jan) != "expired" {
			t.Error(h.toldTo(h.jan), "/", h.toldTo(free))
		}
		// The search has no way to leave one reader out.
		if docs, err := h.Documents(ctx, []string{e}); err != nil || len(docs) != 0 {
			t.Error(docs, err)
		}
		h.ok(h.Unblock(ctx, h.olga, string(h.jan.Person)))
		if docs, err := h.Documents(ctx, []string{e}); err != nil || len(docs) != 1 {
			t.Error(docs, err)
		}
	})
}

func firstDifference(a, b string) string {
	for n := range min(len(a), len(b)) {
		if a[n] != b[n] {
			return a[max(0, n-60):min(len(a), n+60)] + "\n---\n" + b[max(0, n-60):min(len(b), n+60)]
		}
	}
	return "length"
}

func TestBlockInATalk(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		q := h.ask(h.jan, h.announce(h.olga, Draft{}))
		h.ok(h.Settle(ctx, h.olga, q, true, ""))
		h.ok(h.Say(ctx, h.jan, q, "Pierwsza"))
		h.clock = h.clock.Add(time.Minute)
		if _, err := h.Block(ctx, h.olga, pieceRequest, q); err != nil {
			t.Fatal(err)
		}
		h.clock = h.clock.Add(time.Minute)
		h.told = nil
		h.ok(h.Say(ctx, h.jan, q, "Druga"))
		if said, _, err := h.Talk(ctx, h.olga, q); err != nil || len(said) != 1 || said[0].Body != "Pierwsza" {
			t.Error(said, err)
		}
		if said, _, err := h.Talk(ctx, h.jan, q); err != nil || len(said) != 2 {
			t.Error("the blocked person does not see the own words", said, err)
		}
		if len(h.told) != 0 {
			t.Error(h.told)
		}
	})
}

// TestLimitsAtOnce: of many that ask at once no more than the day's number
// gets through, and one request of a pair.
func TestLimitsAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		var entries []string
		for range requestsADay + 5 {
			entries = append(entries, h.announce(h.olga, Draft{}))
		}
		h.Service.Tell = nil // the test's memory is not made for many at once
		count := func(f func(n int) error, kind fault.Kind) (ok int) {
			var wait sync.WaitGroup
			var mutex sync.Mutex
			for n := range len(entries) {
				wait.Go(func() {
					err := f(n)
					mutex.Lock()
					defer mutex.Unlock()
					if err == nil {
						ok++
					} else if fault.KindOf(err) != kind {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			return ok
		}
		asked := count(func(int) error {
			_, err := h.Ask(t.Context(), h.iza, Question{Entry: entries[0], Reason: "x"})
			return err
		}, fault.Conflict)
		if asked != 1 {
			t.Errorf("%d requests of one pair", asked)
		}
		asked = count(func(n int) error {
			_, err := h.Ask(t.Context(), h.jan, Question{Entry: entries[n], Reason: "x"})
			return err
		}, fault.TooMany)
		if asked != requestsADay {
			t.Errorf("%d requests on a day", asked)
		}
		h.clock = h.clock.AddDate(0, 0, 1)
		if _, err := h.Ask(t.Context(), h.jan, Question{Entry: h.announce(h.olga, Draft{}), Reason: "x"}); err != nil {
			t.Error("the next day:", err)
		}
	})
}

func TestEntriesEnd(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		e := h.announce(h.olga, Draft{Until: "2026-12-20"})
		h.ok(h.Expire(ctx))
		if h.toldTo(h.olga) != "" {
			t.Error("told too early")
		}
		h.clock = time.Date(2026, 12, 8, 9, 0, 0, 0, web.Warsaw)
		h.ok(h.Expire(ctx))
		h.ok(h.Expire(ctx))
		if h.toldTo(h.olga) != "ends" {
			t.Error(h.toldTo(h.olga))
		}
		h.clock = time.Date(2026, 12, 20, 23, 59, 59, 0, web.Warsaw)
		if _, total, _, _ := h.List(ctx, h.jan, Filter{}, web.Cursor{}); total != 1 {
			t.Error("ends before the last day is over")
		}
		h.clock = time.Date(2026, 12, 21, 0, 0, 0, 0, web.Warsaw)
		if _, total, _, _ := h.List(ctx, h.jan, Filter{}, web.Cursor{}); total != 0 {
			t.Error("is shown after its end, before the hourly work")
		}
		h.touched = nil
		h.ok(h.Expire(ctx))
		got, _, err := h.Entry(ctx, h.olga, e)
		if err != nil || got.State != stateEnded || len(h.touched) != 1 {
			t.Error(got.State, h.touched, err)
		}
		until, err := h.Renew(ctx, h.olga, e)
		if err != nil || until != "2027-08-31" {
			t.Error(until, err)
		}
		if _, total, _, _ := h.List(ctx, h.jan, Filter{}, web.Cursor{}); total != 1 {
			t.Error("renewed and not shown")
		}
		h.clock = time.Date(2027, 7, 10, 9, 0, 0, 0, web.Warsaw)
		if until, err := h.Renew(ctx, h.olga, e); err != nil || until != "2028-08-31" {
			t.Error(until, err)
		}
	})
}

func TestIntroductions(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		one, two := h.announce(h.olga, Draft{}), h.announce(h.jan, Draft{})
		key := func(id string) string { return "wpis:" + id }
		_, err := h.Introduce(ctx, h.ewa, key(one), key(one), "x", "pl")
		refuses(t, "with oneself", err, fault.Invalid)
		_, err = h.Introduce(ctx, h.ewa, key(string(testID(9))), key(two), "x", "pl")
		refuses(t, "somebody unseen", err, fault.NotFound)
		id, err := h.Introduce(ctx, h.ewa, key(one), key(two), "Oboje prowadzicie koła.", "pl")
		h.ok(err)
		if h.toldTo(h.olga) != "intro" || h.toldTo(h.jan) != "intro" {
			t.Error(h.told)
		}
		_, _, err = h.Introduction(ctx, h.iza, id)
		refuses(t, "a stranger reads it", err, fault.NotFound)
		talk, err := h.Reply(ctx, h.olga, id, true)
		if err != nil || talk != "" {
			t.Fatal("one yes opened the talk", talk, err)
		}
		_, err = h.Reply(ctx, h.olga, id, false)
		refuses(t, "answered twice", err, fault.Conflict)
		_, err = h.Reply(ctx, h.ewa, id, true)
		refuses(t, "who introduces answers", err, fault.NotFound)
		if n, _, err := h.Introduction(ctx, h.ewa, id); err != nil || n.State != stateOpen {
			t.Error(n.State, err)
		}
		talk, err = h.Reply(ctx, h.jan, id, true)
		if err != nil || talk == "" {
			t.Fatal(talk, err)
		}
		h.ok(h.Say(ctx, h.olga, talk, "Cześć"))
		h.ok(h.Say(ctx, h.jan, talk, "Cześć"))
		_, _, err = h.Talk(ctx, h.ewa, talk)
		refuses(t, "who introduced reads the talk", err, fault.NotFound)
	})
}

func TestIntroductionOfBlocked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		one, two := h.announce(h.olga, Draft{}), h.announce(h.jan, Draft{})
		_, err := h.Block(ctx, h.olga, pieceEntry, two)
		h.ok(err)
		id, err := h.Introduce(ctx, h.ewa, "wpis:"+one, "wpis:"+two, "x", "pl")
		h.ok(err)
		if len(h.told) != 0 {
			t.Error(h.told)
		}
		for _, who := range []access.Actor{h.olga, h.jan} {
			_, err := h.Reply(ctx, who, id, true)
			refuses(t, "answers", err, fault.NotFound)
			if list, err := h.Introductions(ctx, who); err != nil || len(list) != 0 {
				t.Error(list, err)
			}
		}
		if list, err := h.Introductions(ctx, h.ewa); err != nil || len(list) != 1 || list[0].State != stateOpen {
			t.Error(list, err)
		}
	})
}

func TestModeration(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		e := h.announce(h.olga, Draft{})
		q := h.ask(h.jan, e)
		h.ok(h.Settle(ctx, h.olga, q, true, ""))
		h.ok(h.Say(ctx, h.olga, q, "Grzecznie"))
		h.ok(h.Say(ctx, h.jan, q, "Tajne"))
		h.ok(h.Say(ctx, h.olga, q, "Brzydko"))
		said, _, err := h.Talk(ctx, h.jan, q)
		h.ok(err)
		_, err = h.Report(ctx, h.iza, pieceMessage, said[2].ID, "x", true)
		refuses(t, "a stranger reports", err, fault.NotFound)
		_, err = h.Report(ctx, h.olga, pieceMessage, said[2].ID, "x", true)
		refuses(t, "one reports oneself", err, fault.NotFound)
		_, err = h.Report(ctx, h.jan, pieceMessage, said[2].ID, "Obraża", false)
		h.ok(err)
		_, err = h.Report(ctx, h.jan, pieceMessage, said[2].ID, "Obraża", true)
		refuses(t, "reported twice", err, fault.Conflict)
		_, err = h.Report(ctx, h.jan, pieceMessage, said[0].ID, "Też", true)
		h.ok(err)
		list, err := h.Reports(ctx, h.moderator, true)
		if err != nil || len(list) != 2 || list[0].Piece != "" || list[0].Person != "" {
			t.Fatal(list, err)
		}
		r, err := h.OpenReport(ctx, h.moderator, list[0].ID)
		if err != nil || r.Piece != "Brzydko" || len(r.Quotes()) != 0 {
			t.Error("more is seen than was attached", r, err)
		}
		var reads int
		h.ok(h.db.Get(ctx, &reads, `select count(*) from audit_waiting where action = 'directory.contact.read_report'`))
		if reads != 1 {
			t.Error("the look is not in the log:", reads)
		}
		refuses(t, "no reasons", h.Decide(ctx, h.moderator, r.ID, Verdict{Kind: Hidden}), fault.Invalid)
		refuses(t, "a head decides", h.Decide(ctx, h.ewa, r.ID, Verdict{Kind: Hidden, Words: "x"}), fault.Forbidden)
		h.ok(h.Decide(ctx, h.moderator, r.ID, Verdict{Kind: Hidden, Words: "Obraźliwe słowa."}))
		refuses(t, "decided twice", h.Decide(ctx, h.moderator, r.ID, Verdict{Kind: Dismissed}), fault.Conflict)
		if said, _, _ := h.Talk(ctx, h.jan, q); !said[2].Hidden || said[2].Body != "" {
			t.Error("not hidden", said[2])
		}
		for _, m := range h.told {
			for _, v := range m.Args {
				if m.To == string(h.olga.Person) && m.Key == "networking.tell.hidden" && strings.Contains(v, string(h.jan.Person)) {
					t.Error("the reported person learns who reported")
				}
			}
		}
		refuses(t, "suspended too long", h.Decide(ctx, h.moderator, list[1].ID, Verdict{Kind: Suspended, Words: "x", Until: "2029-01-01"}), fault.Invalid)
		h.ok(h.Decide(ctx, h.moderator, list[1].ID, Verdict{Kind: Suspended, Words: "Powtarza się.", Until: "2026-12-01"}))
		refuses(t, "a suspended person writes", h.Say(ctx, h.olga, q, "x"), fault.Forbidden)
		_, err = h.Announce(ctx, h.olga, Draft{Side: Helps, Body: "x", Topics: []string{maths}})
		refuses(t, "a suspended person announces", err, fault.Forbidden)
		_, _, err = h.Entry(ctx, h.jan, e)
		refuses(t, "the entry of a suspended person", err, fault.NotFound)
		h.who = h.olga
		if got := text(h.page(contactsPath).Find(`[data-promise="why"]`)); !strings.Contains(got, "Uzasadnienie") || !strings.Contains(got, "Powtarza się.") {
			t.Error("the reasons are not shown:", got)
		}
		h.clock = time.Date(2026, 12, 2, 0, 0, 0, 0, web.Warsaw)
		h.ok(h.Say(ctx, h.olga, q, "Przepraszam"))
	})
}

func TestModeratorIsNoParty(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	e := h.announce(h.moderator, Draft{})
	_, err := h.Report(t.Context(), h.olga, pieceEntry, e, "x", false)
	h.ok(err)
	list, err := h.Reports(t.Context(), h.moderator, true)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	_, err = h.OpenReport(t.Context(), h.moderator, list[0].ID)
	refuses(t, "the reported moderator", err, fault.Forbidden)
}

func TestSuggestions(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		none, err := h.Suggestions(ctx, h.olga)
		if err != nil || len(none) != 0 {
			t.Fatal(none, err)
		}
		h.announce(h.olga, Draft{Side: Looks})
		h.announce(h.ewa, Draft{Institution: string(h.school), Side: Looks, Topics: []string{reading}})
		both := h.announce(h.jan, Draft{Side: Looks})
		best := h.announce(h.iza, Draft{Institution: string(h.other)})
		list, err := h.Suggestions(ctx, h.olga)
		if err != nil || len(list) != 2 || list[0].Entry.ID != best || !list[0].Answers || list[0].SameKind != "primary" || list[1].Entry.ID != both {
			t.Fatal(list, err)
		}
		h.who = h.olga
		if got := text(h.page(contactsPath).Find(`[aria-labelledby="podpowiedzi"] li`).First()); !strings.Contains(got, "macie wspólny temat: matematyka; może pomóc w tym, czego szukasz; ten sam rodzaj: szkoła podstawowa.") {
			t.Error(got)
		}
		refuses(t, "left out by another's head", h.LeaveOut(ctx, h.ewa, string(h.other), true), fault.NotFound)
		h.ok(h.LeaveOut(ctx, h.iza, string(h.other), true))
		h.ok(h.LeaveOut(ctx, h.jan, "", true))
		if list, err := h.Suggestions(ctx, h.olga); err != nil || len(list) != 0 {
			t.Error("left out and suggested", list, err)
		}
		h.ok(h.LeaveOut(ctx, h.jan, "", false))
		if list, err := h.Suggestions(ctx, h.olga); err != nil || len(list) != 1 {
			t.Error(list, err)
		}
		// The topics of the institution count as well.
		h.words.used["institution"+string(h.other)] = []string{reading}
		if list, err := h.Suggestions(ctx, h.iza); err != nil || len(list) != 3 {
			t.Error(list, err)
		}
	})
}

func TestMeeting(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		h.ok(h.Attend(ctx, h.olga, "training", "1", true))
		h.ok(h.Attend(ctx, h.jan, "training", "1", false))
		h.ok(h.Attend(ctx, h.iza, "training", "1", true))
		_, err := h.Meeting(ctx, h.ewa, "training", "1")
		refuses(t, "who does not come", err, fault.NotFound)
		_, err = h.Meeting(ctx, h.olga, "training", "2")
		refuses(t, "another event", err, fault.NotFound)
		list, err := h.Meeting(ctx, h.jan, "training", "1")
		if err != nil || len(list) != 2 {
			t.Error(list, err)
		}
		list, err = h.Meeting(ctx, h.olga, "training", "1")
		if err != nil || len(list) != 1 || list[0].Name != "Iza Wilk" {
			t.Error(list, err)
		}
		_, err = h.Block(ctx, h.iza, pieceEntry, h.announce(h.olga, Draft{}))
		h.ok(err)
		if list, err := h.Meeting(ctx, h.olga, "training", "1"); err != nil || len(list) != 0 {
			t.Error("who blocked the reader is shown", list, err)
		}
		pupil := access.Actor{Person: access.NewPersonID(), Roles: []access.Held{{Role: access.Pupil, Institution: h.school}}}
		refuses(t, "a pupil is shown", h.Attend(ctx, pupil, "training", "1", true), fault.Forbidden)
		h.ok(h.StayAway(ctx, h.jan, "training", "1"))
		_, err = h.Meeting(ctx, h.jan, "training", "1")
		refuses(t, "who stays away", err, fault.NotFound)
	})
}

func TestLeaving(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		own, schools := h.announce(h.ewa, Draft{}), h.announce(h.ewa, Draft{Institution: string(h.school)})
		q := h.ask(h.ewa, h.announce(h.jan, Draft{}))
		left := access.Left{Person: h.ewa.Person, Institution: h.school, Role: access.SchoolHead}
		h.ok(h.Left(ctx, left)) // still holds the role
		if e, _ := entry(ctx, h.db, own); e.State != stateOpen {
			t.Error("ended though nobody left")
		}
		h.ok(h.access.End(ctx, access.System(), h.ewa.Person, access.Held{Role: access.SchoolHead, Institution: h.school}, ""))
		h.ok(h.Left(ctx, left))
		h.ok(h.Left(ctx, left))
		if e, _ := entry(ctx, h.db, own); e.State != stateEnded {
			t.Error("the entry stands")
		}
		if e, _ := entry(ctx, h.db, schools); e.State != stateOpen {
			t.Error("the school's entry ended")
		}
		var state string
		h.ok(h.db.Get(ctx, &state, `select state from directory_contact_requests where id = ?`, q))
		if state != stateWithdrawn {
			t.Error(state)
		}
	})
}

func TestSearchDocuments(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		own, open := h.announce(h.olga, Draft{}), h.announce(h.ewa, Draft{Institution: string(h.school), OpenToAll: true, Topics: []string{maths, reading}})
		ended := h.announce(h.jan, Draft{})
		h.ok(h.Finish(ctx, h.jan, ended))
		docs, err := h.Documents(ctx, []string{own, open, ended})
		if err != nil || len(docs) != 2 {
			t.Fatal(docs, err)
		}
		if d := docs[0]; d.ID != own || len(d.Audience) != 1 || d.Audience[0] != AudienceUses || d.Note != "Olga Ryś (Nauczycielka lub nauczyciel, SP nr 1)" {
			t.Error(d)
		}
		if d := docs[1]; d.Title != "Może pomóc: matematyka, czytanie" || d.Audience[0] != AudienceAll || d.Facets["gmina"][0] != "126101" || d.Date != "2026-11-23" {
			t.Error(d)
		}
		links, err := h.TopicLinks(ctx, h.Catalog.In("pl"), []string{own, open, ended})
		if err != nil || len(links) != 1 || links[0].Text != "SP nr 1: może pomóc: matematyka, czytanie" {
			t.Error(links, err)
		}
		var walked []string
		for after := ""; ; {
			ids, err := h.After(ctx, after, 1)
			h.ok(err)
			if len(ids) == 0 {
				break
			}
			walked, after = append(walked, ids...), ids[0]
		}
		if len(walked) != 2 || walked[0] != own {
			t.Error(walked)
		}
	})
}

// Who works somewhere else by now offers from there.
func TestEntryFollowsItsAuthor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		e := h.announce(h.olga, Draft{})
		h.ok(h.access.End(ctx, access.System(), h.olga.Person, access.Held{Role: access.Teacher, Institution: h.school}, ""))
		h.ok(h.Left(ctx, access.Left{Person: h.olga.Person, Institution: h.school, Role: access.Teacher}))
		h.olga.Roles = []access.Held{{Role: access.Trainer, Institution: h.other}}
		_, err := h.Renew(ctx, h.olga, e)
		h.ok(err)
		got, err := entry(ctx, h.db, e)
		if err != nil || got.State != stateOpen || got.Institution != string(h.other) || got.Role != string(access.Trainer) {
			t.Error(got, err)
		}
		h.ok(h.Finish(ctx, h.olga, e))
		h.olga.Roles = []access.Held{{Role: access.Teacher, Institution: h.school}}
		got, _ = entry(ctx, h.db, e)
		h.ok(h.Change(ctx, h.olga, e, got.Revision, Draft{Side: Looks, Body: "x", Topics: []string{maths}}))
		if got, err = entry(ctx, h.db, e); err != nil || got.Institution != string(h.school) || got.Role != string(access.Teacher) {
			t.Error(got, err)
		}
		// Under a roof that is still theirs it stays, whatever hat is worn.
		kept := h.announce(h.jan, Draft{})
		h.jan.Roles = []access.Held{{Role: access.Trainer, Institution: h.school}}
		_, err = h.Renew(ctx, h.jan, kept)
		h.ok(err)
		if got, err = entry(ctx, h.db, kept); err != nil || got.Institution != string(h.other) {
			t.Error(got, err)
		}
	})
}

// Nobody answers their own request by standing in for the head.
func TestOwnRequestInAnothersName(t *testing.T) {
	h := open(t, testkit.SQLite(t, modules))
	ctx := t.Context()
	q := h.ask(h.olga, h.announce(h.ewa, Draft{Institution: string(h.school)}))
	stands := h.ewa
	stands.Person, stands.For = h.olga.Person, h.ewa.Person
	refuses(t, "accepts", h.Settle(ctx, stands, q, true, ""), fault.NotFound)
	_, _, err := h.Request(ctx, stands, q)
	refuses(t, "reads", err, fault.NotFound)
	h.ok(h.Settle(ctx, h.ewa, q, true, ""))
}

// The search follows the end of a suspension.
func TestSuspensionEndsInTheSearch(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		e := h.announce(h.olga, Draft{})
		_, err := h.Report(ctx, h.jan, pieceEntry, e, "x", false)
		h.ok(err)
		list, err := h.Reports(ctx, h.moderator, true)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		h.ok(h.Decide(ctx, h.moderator, list[0].ID, Verdict{Kind: Suspended, Words: "x", Until: "2026-12-01"}))
		if docs, err := h.Documents(ctx, []string{e}); err != nil || len(docs) != 0 {
			t.Error(docs, err)
		}
		for _, step := range []struct {
			at   time.Time
			want int
		}{{time.Date(2026, 12, 1, 23, 30, 0, 0, web.Warsaw), 0}, {time.Date(2026, 12, 2, 0, 30, 0, 0, web.Warsaw), 1}, {time.Date(2026, 12, 9, 0, 30, 0, 0, web.Warsaw), 0}} {
			h.clock, h.touched = step.at, nil
			h.ok(h.Expire(ctx))
			if len(h.touched) != step.want {
				t.Error(step.at, h.touched)
			}
		}
	})
}

func TestRefersToWhoAsked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		q := h.ask(h.jan, h.announce(h.olga, Draft{}))
		_, err := h.Ask(t.Context(), h.iza, Question{Entry: h.announce(h.olga, Draft{}), For: string(h.other), Reason: "x"})
		h.ok(err)
		named, err := h.Refers(t.Context(), h.db, []string{string(h.other), string(testID(77))})
		if err != nil || !named[string(h.other)] || named[string(testID(77))] {
			t.Error(q, named, err)
		}
	})
}
