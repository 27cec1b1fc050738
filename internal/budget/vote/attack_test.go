package vote

import (
	"net/http"
	"testing"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// TestTheOfficeTouchesNoVotesOfASchool: the authority that runs a school may run
// its edition, and gets no code, no key and no elector of it; nor does the head of
// another school.
func TestTheOfficeTouchesNoVotesOfASchool(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	p := k.polling(nil, budget.Approval)
	e := k.edition(k.head, "school", sources(budget.Roster, budget.Slips))
	k.ok(k.Budget.Runs(t.Context(), k.clerk, e))
	k.ok(k.Budget.Serves(t.Context(), k.clerk, access.BudgetRun, p.e))
	k.ok(k.Budget.Serves(t.Context(), k.head, access.BudgetRun, e))
	other := k.person("Ewa Obca", access.SchoolHead, testID(12))
	for name, who := range map[string]access.Actor{"the office": k.clerk, "another school": other} {
		_, codes, err := k.Print(t.Context(), who, e.ID, 3, "")
		refuses(t, name+" prints", err, fault.Forbidden)
		if len(codes) > 0 {
			t.Error(name, "sees codes")
		}
		_, err = k.HandOut(t.Context(), who, e.ID, []ElectorID{newElector()})
		refuses(t, name+" hands out", err, fault.Forbidden)
		_, err = k.CheckIn(t.Context(), who, e.ID, anna, "")
		refuses(t, name+" looks for somebody", err, fault.Forbidden)
		refuses(t, name+" declares a box lost", k.VoidBox(t.Context(), who, e.ID, 1, "Zginęło"), fault.Forbidden)
		for _, path := range []string{KeyHref(e.ID), SlipsHref(e.ID), Href(e.ID)} {
			if code := k.get(who, path).Code; code != http.StatusForbidden {
				t.Errorf("%s opens %s: %d", name, path, code)
			}
		}
		if code := k.post(who, KeyHref(e.ID), "osoba", string(k.head.Person), "osoba", string(k.tutor.Person)).Code; code != http.StatusForbidden {
			t.Errorf("%s makes a key: %d", name, code)
		}
	}
}

// TestSlipChecks: a sum is said not to agree only where it could be made.
func TestSlipChecks(t *testing.T) {
	catalog, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	page := web.Page{L: catalog.In(i18n.PL)}
	roster, alone := []budget.Source{budget.Roster, budget.Slips}, []budget.Source{budget.Slips}
	for name, c := range map[string]struct {
		sources []budget.Source
		state   budget.State
		count   SlipCount
		want    int
	}{
		"all there":                      {roster, budget.Closed, SlipCount{Printed: 20, Handed: 15, LeftOver: 5, Used: 12}, 0},
		"before the close":               {roster, budget.Voting, SlipCount{Printed: 20}, 0},
		"one missing":                    {roster, budget.Closed, SlipCount{Printed: 20, Handed: 14, LeftOver: 5, Used: 12}, 1},
		"more used than handed out":      {roster, budget.Closed, SlipCount{Printed: 20, Handed: 15, LeftOver: 5, Used: 16}, 1},
		"nobody notes whom":              {alone, budget.Closed, SlipCount{Printed: 20, LeftOver: 5, Used: 12}, 0},
		"more than there were":           {alone, budget.Closed, SlipCount{Printed: 20, LeftOver: 9, Used: 12}, 1},
		"of a box that was lost later":   {roster, budget.Closed, SlipCount{Printed: 20, Lost: 10, Handed: 20, LeftOver: 5, Used: 12}, 0},
		"more than that box had":         {roster, budget.Closed, SlipCount{Printed: 20, Lost: 10, Handed: 30, LeftOver: 1, Used: 12}, 1},
		"when the electors are nobody's": {roster, budget.Final, SlipCount{Printed: 20, LeftOver: 5, Forgotten: true}, 0},
	} {
		e := budget.Edition{State: c.state, Rules: budget.Rules{Who: budget.Who{Sources: c.sources}}}
		if got := slipChecks(page, e, c.count); len(got) != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestSlipsAreForgotten: once the electors are nobody's, the pages say no number
// that is not one.
func TestSlipsAreForgotten(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.roster(21)
	e := k.edition(k.head, "school", sources(budget.Roster, budget.Slips))
	_, err := k.AddClass(t.Context(), k.head, e.ID, k.class)
	k.ok(err)
	_, _, err = k.Print(t.Context(), k.head, e.ID, 21, "")
	k.ok(err)
	e = k.closed(k.voting(e))
	k.ok(k.db.Write(t.Context(), func(tx *db.Tx) error { return ForgetElectors(t.Context(), tx, e.ID, k.clock) }))
	c, err := Slips(t.Context(), k.db, e)
	k.ok(err)
	if !c.Forgotten {
		t.Errorf("%+v", c)
	}
	for _, path := range []string{Href(e.ID), SlipsHref(e.ID)} {
		if n := k.page(k.head, path).Find("[data-checks]").Length(); n != 0 {
			t.Errorf("%s: a false alarm", path)
		}
	}
}

// TestADeskLearnsNoMoreThanItNeeds: where neither slips nor paper are given out,
// nobody at the desk finds out whether a neighbor has voted.
func TestADeskLearnsNoMoreThanItNeeds(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	for _, c := range []struct {
		sources []budget.Source
		told    bool
	}{{[]budget.Source{budget.Desk}, false}, {[]budget.Source{budget.Desk, budget.Slips}, true}} {
		e := k.edition(k.officer, "wieliczka", func(r *budget.Rules) { r.Who.Sources, r.Paper = c.sources, false })
		first, err := k.AddAtDesk(t.Context(), k.officer, e.ID, anna, "")
		k.ok(err)
		if _, err := k.spends(e, first.Elector, Online); err != nil {
			t.Fatal(err)
		}
		again, err := k.CheckIn(t.Context(), k.officer, e.ID, anna, "")
		k.ok(err)
		if again.Voted != c.told || !c.told && len(again.Free) != len(first.Free) {
			t.Errorf("%v: %+v", c.sources, again)
		}
	}
}

// TestGuessesAtOnce: whoever guesses a neighbor's birthday from many windows at the
// same moment has no more tries than from one.
func TestGuessesAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		e := k.edition(k.officer, "wieliczka", sources(budget.Roll))
		who, guess := k.voter(), anna
		_, err := k.markKey(t.Context(), e.ID)
		k.ok(err)
		tried := atonce(20, func() bool {
			_, err := k.Claim(t.Context(), who, e.ID, guess)
			return fault.KindOf(err) == fault.Invalid
		})
		if tried < 1 || tried > claimTries.free+1 {
			t.Errorf("%d guesses were looked at", tried)
		}
	})
}
