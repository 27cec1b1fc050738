package result

import (
	"net/http"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/chart"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// TestExplainTexts: each word that is put together in Go has its text.
func TestExplainTexts(t *testing.T) {
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for reason := range skipped {
		keys = append(keys, "result.explain.lost."+string(reason), "result.explain.passed."+string(reason))
	}
	for phase := range phases {
		keys = append(keys, "result.explain.won."+string(phase), "result.steps."+string(phase))
	}
	for _, kind := range []tally.StepKind{tally.StepShare, tally.StepRaise, tally.StepWin, tally.StepEnd} {
		keys = append(keys, "result.steps.head."+string(kind))
	}
	keys = append(keys, "result.compare.rule."+ownRule, "result.compare.text."+ownRule)
	for _, rule := range otherRules(true) {
		keys = append(keys, "result.compare.rule."+rule.key, "result.compare.text."+rule.key)
	}
	for _, state := range []tally.LimitState{tally.Sure, tally.Tried} {
		keys = append(keys, "result.explain.price.lost_"+string(state), "result.explain.price.won_"+string(state))
	}
	for _, rule := range []tally.RuleName{tally.Greedy, tally.EqualShares} {
		keys = append(keys, "result.explain.price.differs_"+string(rule))
	}
	for _, key := range keys {
		if !catalog.Has(key) {
			t.Error("no text", key)
		}
	}
}

// TestExplainedPages walks through all that is told about a greedy count and one
// by equal shares.
func TestExplainedPages(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	steps, compare := StepsHref(editionID, cityPool), CompareHref(editionID, cityPool)
	why := func(n int) string { return WhyHref(editionID, cityPool, projectID(n)) }
	for _, path := range []string{steps, compare, why(1)} {
		if w := k.send(k.anna, http.MethodGet, path, "", ""); w.Code != http.StatusNotFound {
			t.Errorf("%s before the count: %d", path, w.Code)
		}
	}
	k.counted()
	k.inEveryLanguage(steps, steps+"?krok=1", steps+"?krok=3", compare, compare+"?zasada=rowne&zasada=za-zlotowke", why(1), why(2),
		StepsHref(editionID, smallPool), CompareHref(editionID, smallPool), WhyHref(editionID, smallPool, projectID(6)))
	k.lang = i18n.PL
	k.checkWhy(why)
	k.checkSteps(steps)
	k.checkCompare(compare)
	for _, path := range []string{steps + "?krok=0", steps + "?krok=9", steps + "?krok=x", why(5), WhyHref(editionID, "nie-ma", projectID(1))} {
		if w := k.send(access.Stranger(), http.MethodGet, path, "", ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// checkWhy: Boisko (46 points, 4 000 zł) and Zegar won; Ławki (40 points, 3 000 zł)
// found 1 000 zł left. With 46 it would have stood equal with Boisko, and the cheaper
// one comes first.
func (k *kit) checkWhy(why func(int) string) {
	k.t.Helper()
	words := text(k.page(access.Stranger(), why(3)).Find("main"))
	for _, want := range []string{"zostało 1 000 zł, a kosztuje 3 000 zł. Zabrakło 2 000 zł", "gdyby kosztował 1 000 zł, czyli o 2 000 zł mniej",
		"co najmniej 46 punktów, czyli o 6 punktów więcej", "„Zegar” dostał 12 punktów, czyli o 28 punktów mniej"} {
		if !strings.Contains(words, want) {
			k.t.Errorf("no %q in %s", want, words)
		}
	}
	if words = text(k.page(access.Stranger(), why(1)).Find("main")); !strings.Contains(words, "nawet, gdyby kosztował 5 000 zł, czyli o 1 000 zł więcej") {
		k.t.Error(words)
	}
	reason, href, told, err := k.WhyWon(k.t.Context(), k.Catalog.In(i18n.PL), access.Stranger(), budget.Project{ID: projectID(3), Edition: editionID, Pool: cityPool})
	if err != nil || !told || href != why(3) || !strings.Contains(reason.Text, "Zabrakło") {
		k.t.Error(reason, href, told, err)
	}
	if _, _, told, err = k.WhyWon(k.t.Context(), k.Catalog.In(i18n.PL), access.Stranger(), budget.Project{ID: projectID(6), Edition: editionID, Pool: smallPool}); told || err != nil {
		k.t.Error("few ballots are explained", told, err)
	}
}

func (k *kit) checkSteps(steps string) {
	k.t.Helper()
	page := k.page(access.Stranger(), steps)
	if rows := page.Find("#wszystkie ~ .scroll tbody tr"); rows.Length() != 3 || !strings.Contains(text(rows.Eq(1)), "Ławki; nowe: za drogi, zabrakło 2 000 zł") {
		k.t.Error(text(rows))
	}
	page = k.page(access.Stranger(), steps+"?krok=2")
	if words := text(page.Find("main")); !strings.Contains(words, "pierwszy jest projekt „Zegar”: dostał 12 punktów") || page.Find("a[rel=next]").Length() != 1 || page.Find("a[rel=prev]").Length() != 1 {
		k.t.Error(words)
	}
}

func (k *kit) checkCompare(compare string) {
	k.t.Helper()
	page := k.page(access.Stranger(), compare+"?zasada=rowne-bez-reszty&zasada=nie-ma")
	if rows := page.Find("#reguly ~ .scroll tbody tr"); rows.Length() != 2 || !strings.HasPrefix(text(rows.Eq(0)), "Reguła tego głosowania24 900 zł0 (0%)") {
		k.t.Error(text(rows))
	}
	if marked := page.Find("input[name=zasada][checked]"); marked.Length() != 2 {
		k.t.Error(marked.Length(), "rules are marked")
	}
	if page = k.page(access.Stranger(), CompareHref(editionID, smallPool)); page.Find("form[action$=porownanie]").Length() > 0 {
		k.t.Error("a pool with three ballots is compared")
	}
}

// TestSpendingByDistrict: where projects have districts, what is spent in each is told,
// and what is for the whole city; where none has one, or the pool is of a district,
// there is no such table.
func TestSpendingByDistrict(t *testing.T) {
	for name, c := range map[string]struct {
		kind      budget.PoolKind
		districts []string // of the projects 3, 1, 2 and 4
		rows      []string // of the rule of the pool
	}{
		"a school":         {budget.OfSchool, []string{"", "", "", ""}, nil},
		"a city":           {budget.OfCity, []string{"Dębniki", "Dębniki", "Bronowice", ""}, []string{"cała gmina lub kilka dzielnic900 zł", "Dębniki4 000 zł"}},
		"a district's own": {budget.OfDistrict, []string{"Dębniki", "Dębniki", "Dębniki", "Dębniki"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t, testkit.SQLite(t, modules))
			k.edition.Rules.Pools[0].Kind = c.kind
			for i, district := range c.districts {
				k.ballots[cityPool][i].District = district
			}
			k.freeze()
			k.counted()
			k.inEveryLanguage(CompareHref(editionID, cityPool))
			page := k.page(access.Stranger(), CompareHref(editionID, cityPool)+"?zasada=rowne-bez-reszty")
			rows := page.Find("#dzielnice ~ .scroll tbody tr")
			if rows.Length() < len(c.rows) || len(c.rows) == 0 && rows.Length() > 0 {
				t.Error(text(rows))
			}
			for i, want := range c.rows {
				if got := strings.ReplaceAll(text(rows.Eq(i)), "\u00a0", " "); !strings.HasPrefix(got, want) {
					t.Errorf("%q, want %q", got, want)
				}
			}
			if page.Find("#kategorie").Length() != 1 {
				t.Error("no table by category")
			}
		})
	}
}

// TestRaisedShares: of shares that were raised the replay and the explanation tell the
// same two amounts, nothing is spent before something was bought, and a price that
// differs from what was missing says why. With 21 voters a share is 47,61 zł; it is
// raised 52 times, for with the 53rd both projects would cost more than the pool has.
func TestRaisedShares(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.cast(smallPool, 15, 5)
	k.cast(smallPool, 6, 6)
	k.cast(cityPool, 3, 1, 2, 3)
	k.ok(k.open())
	k.ok(k.drain())
	c, err := CountOf(t.Context(), k.db, editionID, smallPool)
	k.ok(err)
	x, ready, err := k.explained(t.Context(), k.db, c)
	if err != nil || !ready || len(x.Steps) != 4 {
		t.Fatal(x.Steps, ready, err)
	}
	pool, _ := k.edition.Pool(smallPool)
	words := k.teller(k.Catalog.In(i18n.PL), pool, c.Outcome, x)
	for at, left := range []int64{100_000, 209_200, 129_150, 129_150} {
		bars := words.stepChart(at).(chart.Bars)
		if len(bars.Rows) != 2 {
			t.Fatalf("step %d has %d rows", at+1, len(bars.Rows))
		}
		before := zloty(0)
		if at == 3 {
			before = zloty(80_050)
		}
		if got := bars.Rows[1].Values; got[0] != before || got[2] != zloty(left) {
			t.Errorf("step %d: of the money of voters are spent before, spent and left %v; left should be %d", at+1, got, left)
		}
	}
	if first := words.stepChart(0).(chart.Bars); first.Unit.Decimals != 0 || words.stepChart(2).(chart.Bars).Unit.Decimals != 2 {
		t.Error("whole złoty are drawn with grosze, or grosze are lost")
	}
	page := k.page(access.Stranger(), WhyHref(editionID, smallPool, projectID(6)))
	told := strings.ReplaceAll(text(page.Find("main")), "\u00a0", " ")
	for _, want := range []string{"na początku 47,61 zł, a po podniesieniu części 99,61 zł", "Część jednej osoby po podniesieniu",
		"To inna kwota niż 2,29 zł, których zabrakło", "czyli o 284,29 zł mniej", "rozstrzyga: więcej osób popierających, potem numer projektu.", "Krok podnoszenia części1 zł"} {
		if !strings.Contains(told, want) {
			t.Errorf("no %q in %s", want, told)
		}
	}
	if strings.Contains(told, "votes,id") || strings.Contains(told, "⟦") {
		t.Error(told)
	}
	k.inEveryLanguage(WhyHref(editionID, smallPool, projectID(6)), StepsHref(editionID, smallPool)+"?krok=1")
}
