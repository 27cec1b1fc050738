package privacy

import (
	"strings"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func TestAskRefuses(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	_, err := e.Ask(t.Context(), asAnna, "", "sue", "pozew")
	want(t, fault.Invalid, err)
	_, err = e.Ask(t.Context(), asAnna, "", "erasure", "")
	want(t, fault.Invalid, err)
	_, err = e.Ask(t.Context(), asAnna, "", "access", strings.Repeat("ą", 4001))
	want(t, fault.Invalid, err)
}

func TestRequest(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		id, err := e.Ask(t.Context(), asAnna, other, "rectification", "błąd w nazwisku")
		must(t, err)
		_, err = e.Request(t.Context(), local, id)
		want(t, fault.NotFound, err)
		want(t, fault.NotFound, e.Take(t.Context(), local, id))
		want(t, fault.NotFound, e.Reply(t.Context(), local, id, true, "dane poprawione"))
		want(t, fault.NotFound, e.Prolong(t.Context(), local, id, "sprawa złożona"))
		_, err = e.OwnRequest(t.Context(), local, id)
		want(t, fault.NotFound, err)

		must(t, e.Take(t.Context(), officer, id))
		want(t, fault.Conflict, e.Take(t.Context(), officer, id))
		want(t, fault.Invalid, e.Prolong(t.Context(), officer, id, "bo"))
		must(t, e.Prolong(t.Context(), officer, id, "sprawa złożona"))
		want(t, fault.Conflict, e.Prolong(t.Context(), officer, id, "sprawa złożona"))
		r, err := e.OwnRequest(t.Context(), asAnna, id)
		if err != nil || r.DueOn != "2027-02-22" || r.State != Taken {
			t.Errorf("%+v %v", r, err)
		}
		want(t, fault.Invalid, e.Reply(t.Context(), officer, id, false, "nie"))
		must(t, e.Reply(t.Context(), officer, id, false, "nazwisko jest zgodne z aktem"))
		want(t, fault.Conflict, e.Reply(t.Context(), officer, id, true, "a jednak poprawione"))
		if len(e.told) != 2 || e.told[1] != anna+" privacy.tell.answered" {
			t.Error(e.told)
		}
		if r, err := e.OwnRequest(t.Context(), asAnna, id); err != nil || r.State != Refused || r.Open() {
			t.Errorf("%+v %v", r, err)
		}
	})
}

func TestAskTwiceIsOnce(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	first, err := e.Ask(t.Context(), asAnna, school, "erasure", "proszę usunąć")
	must(t, err)
	again, err := e.Ask(t.Context(), asAnna, school, "erasure", "proszę usunąć")
	if err != nil || again != first {
		t.Errorf("%s and %s, %v", first, again, err)
	}
	third, err := e.Ask(t.Context(), asAnna, school, "erasure", "proszę usunąć wszystko")
	if err != nil || third == first {
		t.Errorf("%s, %v", third, err)
	}
}

func TestClock(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		id, err := e.Ask(t.Context(), asAnna, school, "access", "")
		must(t, err)
		must(t, e.Take(t.Context(), local, id))
		e.now = e.now.AddDate(0, 0, 20)
		must(t, e.Nightly(t.Context()))
		if len(e.told) != 0 {
			t.Errorf("reminded too early: %v", e.told)
		}
		e.now = e.now.AddDate(0, 0, 3) // seven days before 22 December
		must(t, e.Nightly(t.Context()))
		must(t, e.Nightly(t.Context()))
		if len(e.told) != 1 || e.told[0] != jan+" privacy.tell.due" {
			t.Error(e.told)
		}
		if open, soon, err := e.Pressing(t.Context(), officer); err != nil || open != 1 || soon != 1 {
			t.Error(open, soon, err)
		}
		foreign := local
		foreign.Institution = other
		if open, _, err := e.Pressing(t.Context(), foreign); err != nil || open != 0 {
			t.Error(open, err)
		}
		e.now = e.now.AddDate(0, 0, 8)
		r, err := e.Request(t.Context(), local, id)
		if err != nil || !r.Overdue(e.now) || r.daysLeft(e.now) != -1 {
			t.Errorf("%+v %v", r, err)
		}
		err = e.Prolong(t.Context(), local, id, "sprawa złożona")
		if f := fault.As(err); f == nil || f.Key != "privacy.fault.late" {
			t.Error(err)
		}
	})
}

func TestRequestsPage(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		var ids []string
		for i := range 5 {
			place := school
			if i == 2 {
				place = other
			}
			id, err := e.Ask(t.Context(), asAnna, place, "access", strings.Repeat("a", i))
			must(t, err)
			ids = append(ids, id)
		}
		page, more, err := e.Requests(t.Context(), local, true, web.Cursor{}, 3)
		if err != nil || !more || len(page) != 3 || page[0].ID != ids[0] || page[2].ID != ids[3] {
			t.Fatalf("%v %v %v", page, more, err)
		}
		page, more, err = e.Requests(t.Context(), local, true, web.Cursor{ID: ids[3]}, 3)
		if err != nil || more || len(page) != 1 || page[0].ID != ids[4] {
			t.Fatalf("%v %v %v", page, more, err)
		}
		page, _, err = e.Requests(t.Context(), local, true, web.Cursor{ID: ids[4], Back: true}, 2)
		if err != nil || len(page) != 2 || page[0].ID != ids[1] || page[1].ID != ids[3] {
			t.Fatalf("%v %v", page, err)
		}
	})
}

func TestOldRequestsGo(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		id, err := e.Ask(t.Context(), asAnna, "", "access", "")
		must(t, err)
		_, err = e.Ask(t.Context(), asAnna, "", "access", "jeszcze raz")
		must(t, err)
		must(t, e.Reply(t.Context(), officer, id, true, "w załączeniu dane"))
		e.now = e.now.AddDate(3, 0, 1)
		must(t, e.Nightly(t.Context()))
		e.now = e.now.AddDate(0, 0, 1)
		must(t, e.Nightly(t.Context()))
		if n := e.left(t, `select count(*) from privacy_requests`); n != 1 {
			t.Errorf("%d requests stay; the open one must", n)
		}
	})
}
