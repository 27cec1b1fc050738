package vote

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// settles goes the way of a box after the vote: counted by one, doubted, counted
// again, confirmed by another. Until the last word nothing takes it for settled.
func (k *kit) settles(e budget.Edition, box int) {
	k.t.Helper()
	t := k.t.(*testing.T)
	ctx := t.Context()
	slips := func(left, open int) {
		k.t.Helper()
		c, err := Slips(ctx, k.db, e)
		if k.ok(err); c.LeftOver != left || c.Open != open {
			k.t.Errorf("left over %d and open %d, want %d and %d", c.LeftOver, c.Open, left, open)
		}
	}
	refuses(t, "a stranger counts", k.CountBox(ctx, k.clerk, e.ID, box, 2, ""), fault.Forbidden)
	wants(t, "too many", k.CountBox(ctx, k.head, e.ID, box, 99, ""), fault.Invalid, "vote.fault.how_many_left")
	wants(t, "confirmed before it was counted", k.ConfirmBox(ctx, k.tutor, e.ID, box, 0), fault.Conflict, "vote.fault.box_changed")
	k.ok(k.CountBox(ctx, k.head, e.ID, box, 3, "jedna podarta"))
	slips(0, 1)
	wants(t, "counted twice", k.CountBox(ctx, k.tutor, e.ID, box, 4, ""), fault.Conflict, "vote.fault.box_done")
	wants(t, "the same person", k.ConfirmBox(ctx, k.head, e.ID, box, 3), fault.Forbidden, "vote.fault.box_same")
	deputy := k.tutor
	deputy.For = k.head.Person
	wants(t, "for the same person", k.ConfirmBox(ctx, deputy, e.ID, box, 3), fault.Forbidden, "vote.fault.box_same")
	wants(t, "another number", k.ConfirmBox(ctx, k.tutor, e.ID, box, 4), fault.Conflict, "vote.fault.box_changed")
	refuses(t, "a stranger confirms", k.ConfirmBox(ctx, k.clerk, e.ID, box, 3), fault.Forbidden)
	wants(t, "doubt without a reason", k.DoubtBox(ctx, k.tutor, e.ID, box, " "), fault.Invalid, "vote.fault.words")
	k.ok(k.DoubtBox(ctx, k.tutor, e.ID, box, "są cztery"))
	slips(0, 1)
	wants(t, "doubted twice", k.DoubtBox(ctx, k.tutor, e.ID, box, "są cztery"), fault.Conflict, "vote.fault.box_changed")
	k.ok(k.CountBox(ctx, deputy, e.ID, box, 4, ""))
	wants(t, "on whose behalf it was counted", k.ConfirmBox(ctx, k.head, e.ID, box, 4), fault.Forbidden, "vote.fault.box_same")
	k.ok(k.DoubtBox(ctx, k.tutor, e.ID, box, "jeszcze raz")) // who counted may put it back too
	k.ok(k.CountBox(ctx, k.head, e.ID, box, 4, ""))
	k.ok(k.ConfirmBox(ctx, k.tutor, e.ID, box, 4))
	wants(t, "settled twice", k.ConfirmBox(ctx, k.tutor, e.ID, box, 4), fault.Conflict, "vote.fault.box_done")
	wants(t, "counted after it was settled", k.CountBox(ctx, k.head, e.ID, box, 1, ""), fault.Conflict, "vote.fault.box_done")
	slips(4, 0)
	for action, n := range map[string]int{"vote.count_box": 3, "vote.doubt_box": 2, "vote.settle_box": 1} {
		if got := k.logged(action); got != n {
			k.t.Errorf("%s stands in the log %d times, want %d", action, got, n)
		}
	}
}

// logged is how often an action stands in the log.
func (k *kit) logged(action string) (n int) {
	k.t.Helper()
	k.drain()
	k.ok(k.db.Get(k.t.Context(), &n, `select (select count(*) from audit_rows where action = ?) + (select count(*) from audit_waiting where action = ?)`, action, action))
	return n
}

// desks is what lies on somebody's desk.
func (k *kit) desks(who access.Actor) []web.DeskItem {
	k.t.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(k.t.Context(), who), http.MethodGet, "/", nil)
	items, err := k.deskItems(&web.Request{Request: r, L: k.Catalog.In(k.lang), Shell: k.shell})
	k.ok(err)
	return items
}

// settlingPages: one person counts, another reads the number and answers.
func (k *kit) settlingPages(e budget.Edition) {
	k.t.Helper()
	one, two := SlipsHref(e.ID)+"/1", SlipsHref(e.ID)+"/2"
	if n := k.page(k.head, one).Find("form[data-count] input[name=liczba]").Length(); n != 1 {
		k.t.Error("nothing can be counted")
	}
	doc := k.whole("too many", k.post(k.head, one+"/przeliczone", "liczba", "4"), http.StatusUnprocessableEntity)
	if doc.Find("#liczba").AttrOr("value", "") != "4" {
		k.t.Error("what was typed is lost")
	}
	k.taken(k.post(k.head, one+"/przeliczone", "liczba", "2"))
	k.taken(k.post(k.tutor, two+"/przeliczone", "liczba", "20"))
	if items := k.desks(k.tutor); len(items) != 1 || items[0].Href != SlipsHref(e.ID) {
		k.t.Errorf("on the desk of the second person: %+v", items)
	}
	if items := k.desks(k.clerk); len(items) != 0 {
		k.t.Errorf("on the desk of another office: %+v", items)
	}
	for _, k.lang = range i18n.Langs {
		for _, who := range []access.Actor{k.head, k.tutor} {
			k.page(who, SlipsHref(e.ID))
			k.page(who, one)
		}
	}
	k.lang = i18n.PL
	if doc := k.page(k.head, one); doc.Find(`form[action$="/zniszczone"]`).Length() != 0 || doc.Find("[data-wait]").Length() != 1 {
		k.t.Error("who counted is asked to confirm")
	}
	tired := k.tutor
	tired.Fresh = false
	if doc := k.page(tired, one); doc.Find(`form[action$="/zniszczone"]`).Length() != 0 || doc.Find(`a[href^="/konto/potwierdz?dalej="]`).Length() != 1 {
		k.t.Error("nobody asks for the password before the slips are destroyed")
	}
	if w := k.post(tired, one+"/zniszczone", "liczba", "2"); w.Code != http.StatusForbidden {
		k.t.Error("confirmed without the password once more:", w.Code)
	}
	k.whole("no reason", k.post(k.tutor, one+"/niezgodne"), http.StatusUnprocessableEntity)
	k.taken(k.post(k.tutor, one+"/niezgodne", "opis", "Została jedna."))
	if text := k.page(k.head, one).Find("[data-doubt]").Text(); !strings.Contains(text, "Została jedna.") {
		k.t.Errorf("why it is counted again: %q", text)
	}
	k.taken(k.post(k.head, one+"/przeliczone", "liczba", "1"))
	k.taken(k.post(k.tutor, one+"/zniszczone", "liczba", k.page(k.tutor, one).Find(`form[action$="/zniszczone"] input[name=liczba]`).AttrOr("value", "")))
	k.taken(k.post(k.head, two+"/zniszczone", "liczba", "20"))
	if items := k.desks(k.tutor); len(items) != 0 {
		k.t.Errorf("on the desk when all is settled: %+v", items)
	}
}

// TestAForgottenCounter: when officers are forgotten a count that waited is none.
func TestAForgottenCounter(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.roster(21)
		e := k.edition(k.head, "school", sources(budget.Roster, budget.Slips))
		_, err := k.AddClass(t.Context(), k.head, e.ID, k.class)
		k.ok(err)
		box, _, err := k.Print(t.Context(), k.head, e.ID, 3, "")
		k.ok(err)
		e = k.closed(k.voting(e))
		k.ok(k.CountBox(t.Context(), k.head, e.ID, box, 3, ""))
		k.ok(d.Write(t.Context(), func(tx *db.Tx) error { return ForgetElectors(t.Context(), tx, e.ID, k.clock) }))
		wants(t, "a count of nobody", k.ConfirmBox(t.Context(), k.tutor, e.ID, box, 3), fault.Conflict, "vote.fault.box_changed")
		c, err := Slips(t.Context(), d, e)
		if err != nil || c.Open != 1 || c.LeftOver != 0 {
			t.Errorf("%+v, %v", c, err)
		}
	})
}
