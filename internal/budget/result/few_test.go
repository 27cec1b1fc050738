package result

import (
	"net/http"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// TestFewBallotsTellNoRounds: with one ballot less than enough nothing is published of
// how equal shares found the winners, and nothing from which ballots can be guessed;
// with enough everything is.
func TestFewBallotsTellNoRounds(t *testing.T) {
	for _, n := range []int{LeastBallots - 1, LeastBallots} {
		few := n < LeastBallots
		k := newKit(t, testkit.SQLite(t, modules))
		k.cast(cityPool, 3, 1, 2, 3)
		k.cast(smallPool, n-9, 5)
		k.cast(smallPool, 9, 5, 6)
		file := k.exported()
		offline, err := k.openOffline(file, k.shares[0], k.shares[1])
		k.ok(err)
		k.ok(k.open())
		k.ok(k.drain())
		c, err := CountOf(t.Context(), k.db, editionID, smallPool)
		k.ok(err)
		if c.Valid != n || c.Outcome.Few != few || (len(c.Outcome.Rounds) == 0) != few || (c.Outcome.Share == "") != few || c.PlainHash != c.OutcomeHash || brief(c.Outcome.Winners) != "5" {
			t.Errorf("%d ballots: %+v", n, c.Outcome)
		}
		told, err := c.Outcome.Text()
		k.ok(err)
		if strings.Contains(told, `"few":true`) != few || strings.Contains(told, `"rho":"`) == few {
			t.Error(told)
		}
		if mine, err := offline[1].Outcome.Text(); err != nil || mine != told || (offline[1].FileHash == "") != few || (offline[1].File == nil) != few {
			t.Errorf("%d ballots opened offline: %s, %v", n, mine, err)
		}
		for _, r := range c.Reasons {
			if few && (r.Round != 0 || r.Missing != 0 || r.AtMost != 0) || !few && r.Why == WonUntold {
				t.Errorf("%d ballots: %+v", n, r)
			}
		}
		k.checkFewPages(c, few)
		k.checkFewGreedy()
	}
}

// checkFewPages looks at every page that tells of the count.
func (k *kit) checkFewPages(c PoolCount, few bool) {
	t := k.t
	pool, steps, compare, why := PoolHref(editionID, smallPool), StepsHref(editionID, smallPool), CompareHref(editionID, smallPool), WhyHref(editionID, smallPool, projectID(5))
	k.inEveryLanguage(pool, steps, compare, why, CountHref(editionID, smallPool))
	k.lang = i18n.PL
	page := k.page(access.Stranger(), pool)
	words := text(page.Find("main"))
	for _, secret := range []string{"zapłaciły za niego", "Ile razy podniesiono części", c.FileHash} {
		if strings.Contains(words, secret) == few {
			t.Errorf("few: %v, the pool says %q: %v", few, secret, !few)
		}
	}
	if got := page.Find(`[data-promise=why]`).Length(); (got == 2) != few {
		t.Errorf("few: %v, %d reasons", few, got)
	}
	for _, path := range []string{steps, compare, why} {
		doc := k.page(access.Stranger(), path)
		if words := text(doc.Find(`[data-promise=why]`)); strings.Contains(words, "mniej niż 20") != few || (doc.Find("figure").Length() == 0) != few {
			t.Errorf("%s, few: %v: %s", path, few, words)
		}
	}
	if w := k.send(access.Stranger(), http.MethodGet, steps+"?krok=1", "", ""); strings.Contains(w.Body.String(), "rel=\"next\"") == few {
		t.Errorf("few: %v, the first step is told: %v", few, !few)
	}
	doc := k.whole(pool, k.post(access.Stranger(), pool+"/przelicz"), http.StatusOK)
	if got := doc.Find("dd code").Length(); text(doc.Find("[role=status] .tag")) != "Wynik jest taki sam" || (got == 3) != few {
		t.Errorf("few: %v, %d hashes: %s", few, got, text(doc.Find("[role=status]")))
	}
	if strings.Contains(text(doc.Find("dd code")), c.FileHash) == few {
		t.Errorf("few: %v, the recount tells the hash of the ballots: %v", few, !few)
	}
}

// checkFewGreedy: three ballots that were counted by points tell their rounds, which
// follow from the points of each project, and not the hash of the ballots.
func (k *kit) checkFewGreedy() {
	c, err := CountOf(k.t.Context(), k.db, editionID, cityPool)
	k.ok(err)
	if c.Outcome.Few || len(c.Outcome.Rounds) != 2 || c.Reasons[0].Missing == 0 && c.Reasons[1].Round == 0 {
		k.t.Errorf("%+v %+v", c.Outcome, c.Reasons)
	}
	doc := k.page(access.Stranger(), PoolHref(editionID, cityPool))
	if strings.Contains(text(doc.Find("main")), c.FileHash) {
		k.t.Error("the hash of three ballots is told")
	}
	if k.page(access.Stranger(), StepsHref(editionID, cityPool)).Find("#wszystkie ~ .scroll tbody tr").Length() == 0 {
		k.t.Error("the steps of a greedy count are not told")
	}
}
