package result

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/vote"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// rights says how many rights a pool has in all.
func (k *kit) rights(pool budget.PoolID, n int) {
	t := k.box.turnout[pool]
	t.Rights, t.Sources = n, []Part{{"desk", n}}
	k.box.turnout[pool] = t
}

// TestTooFewElectors: with one right less than enough a pool is not opened, by either
// rule, on the server or away from it, and the other pool is; with enough it is.
func TestTooFewElectors(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.castAll()
		k.rights(smallPool, vote.LeastElectors-1)
		k.countBoth(smallPool, cityPool)
		if k.settled[smallPool] != "/65" || k.settled[cityPool] == "" {
			t.Errorf("%v", k.settled)
		}
		k.recheckUnopened()
	})
	k := newKit(t, testkit.SQLite(t, modules))
	k.cast(cityPool, 9, 1, 2, 3)
	k.cast(smallPool, 5, 5)
	k.rights(smallPool, vote.LeastElectors)
	k.rights(cityPool, vote.LeastElectors-1)
	k.countBoth(cityPool, smallPool)
	k.checkUnopenedPages(cityPool, projectID(1))
	if page := text(k.page(access.Stranger(), PoolHref(editionID, smallPool)).Find("main")); strings.Contains(page, "Puli nie otwarto") {
		t.Error("a pool with enough electors says that it was not opened")
	}
}

// countBoth opens and counts the box here and from the exported file. Shut is not
// opened, open is.
func (k *kit) countBoth(shut, open budget.PoolID) {
	t := k.t
	file := k.exported()
	offline, err := k.openOffline(file, k.shares[0], k.shares[1])
	k.ok(err)
	k.ok(k.open())
	k.ok(k.drain())
	for _, p := range offline {
		c, err := CountOf(t.Context(), k.db, editionID, p.Pool.ID)
		k.ok(err)
		if c.Numbers != p.Numbers || c.OutcomeHash != p.OutcomeHash || c.PlainHash != p.PlainHash || c.OutcomeHash != c.PlainHash || p.Differ != nil {
			t.Errorf("%s: %+v\n%+v", p.Pool.Name, p, c)
		}
		if c.Unopened != (c.Pool == shut) || c.Outcome.Unopened != c.Unopened || len(c.Outcome.Winners) == 0 != c.Unopened {
			t.Errorf("%s: %+v", p.Pool.Name, c)
		}
		if c.Pool == open {
			continue
		}
		if c.Envelopes != len(k.box.envelopes[shut]) || c.Opened() != 0 || c.Public() || len(Differences(c.Turnout, c.Numbers)) > 0 || p.File != nil {
			t.Errorf("%+v %v", c.Numbers, Differences(c.Turnout, c.Numbers))
		}
		for _, r := range c.Reasons {
			if r != (Reason{Project: r.Project, Why: LostUnopened}) {
				t.Errorf("%+v", r)
			}
		}
		if bodies, err := k.bodies(t.Context(), editionID, shut); err != nil || len(bodies) > 0 {
			t.Errorf("%d ballots are stored, %v", len(bodies), err)
		}
	}
	if got := strings.Count(file, "\n"); got != 4+len(k.box.envelopes[open]) {
		t.Errorf("the exported box has %d lines", got)
	}
}

// recheckUnopened: a protest does not open the pool either.
func (k *kit) recheckUnopened() {
	k.ok(k.Hold(k.t.Context(), k.anna, editionID, "Protest"))
	k.ok(k.open())
	if o := k.opening(); o.CheckedAt == 0 || !o.CheckedSame {
		k.t.Errorf("%+v", o)
	}
}

// checkUnopenedPages looks at every page that tells of the count.
func (k *kit) checkUnopenedPages(shut budget.PoolID, project budget.ProjectID) {
	t := k.t
	pool, again := PoolHref(editionID, shut), CountHref(editionID, shut)
	told := []string{StepsHref(editionID, shut), CompareHref(editionID, shut), WhyHref(editionID, shut, project)}
	k.inEveryLanguage(append(told, pool, again, Href(editionID), OpenHref(editionID))...)
	k.lang = i18n.PL
	for _, path := range append(told, pool, again, OpenHref(editionID)) {
		doc := k.page(access.Stranger(), path)
		if words := text(doc.Find("main")); !strings.Contains(words, "mniej niż 20 osób uprawnionych") || doc.Find("figure").Length() > 0 || doc.Find("form[action$=przelicz]").Length() > 0 {
			t.Errorf("%s: %s", path, words)
		}
	}
	doc := k.page(access.Stranger(), pool)
	if rows := doc.Find("#projekty ~ .scroll tbody tr"); rows.Length() != 4 || strings.Count(text(rows), "Puli nie otwarto") != 4 || text(rows.First().Find("td").Eq(1)) != "–" {
		t.Error(text(rows))
	}
	if words := text(doc.Find("#liczby").Parent()); !strings.Contains(words, "Koperty w urnie9") || !strings.Contains(words, "Otwarte koperty0") || strings.Contains(words, "Głosy ważne") || doc.Find("[role=alert]").Length() > 0 {
		t.Error(words)
	}
	if cells := k.page(access.Stranger(), Href(editionID)).Find("#pule ~ .scroll tbody tr").First().Find("td"); text(cells.First()) != "nie otwarto" {
		t.Error(text(cells))
	}
	refuses(t, "the file", k.File(t.Context(), new(bytes.Buffer), k.anna, editionID, shut), "result.fault.unopened")
	if w := k.post(access.Stranger(), again); w.Code != http.StatusConflict {
		t.Error("counted again:", w.Code)
	}
	why, href, said, err := k.WhyWon(t.Context(), k.Catalog.In(i18n.PL), access.Stranger(), budget.Project{ID: project, Edition: editionID, Pool: shut})
	if k.ok(err); !said || href != pool || !strings.Contains(why.Text, "mniej niż 20") {
		t.Error(why, href, said)
	}
	f, err := k.Figures(t.Context(), k.Catalog.In(i18n.PL), k.edition, shut)
	if k.ok(err); !f.Unopened || !strings.Contains(f.Votes[project].Why, "Puli nie otwarto") {
		t.Errorf("%+v", f)
	}
}

// TestLeastElectors: the rules name the number that package vote keeps to.
func TestLeastElectors(t *testing.T) {
	if budget.LeastElectors != vote.LeastElectors {
		t.Error(budget.LeastElectors, vote.LeastElectors)
	}
}
