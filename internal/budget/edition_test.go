package budget

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func TestEditionGoesOneWay(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		e := k.aDraftIsAnnounced()
		k.aPromiseStays(e)
		ids := k.rulesAreFrozen(e)
		k.theFreezeIsTakenBack(e, ids)
		k.votesOpenAndClose(e)
		k.endings()
	})
}

// aDraftIsAnnounced: nobody else knows of a draft, and only who runs budgets
// there can make, change and announce one.
func (k *kit) aDraftIsAnnounced() Edition {
	t, ctx := k.t, k.t.Context()
	_, err := k.AddEdition(ctx, k.pupil, NewEdition{Template: "school", Owner: k.school, Title: "x", Year: 2026})
	refuses(t, "a pupil makes an edition", err, fault.Forbidden)
	_, err = k.AddEdition(ctx, k.head, NewEdition{Template: "school", Owner: k.elsewhere, Title: "x", Year: 2026})
	refuses(t, "a head makes one of another school", err, fault.Forbidden)
	_, err = k.AddEdition(ctx, k.head, NewEdition{Template: "none", Owner: k.school, Year: 26})
	refuses(t, "an edition of nothing", err, fault.Invalid)
	e := k.draft(k.head, "school")
	refuses(t, "a stranger reads a draft", k.Sees(ctx, k.stranger, e), fault.NotFound)
	refuses(t, "the city announces a school's draft", k.Announce(ctx, k.officer, e.ID), fault.NotFound)
	refuses(t, "it is frozen before it is announced", k.Freeze(ctx, k.head, e.ID), fault.Conflict)

	c := e.Rules.Calendar
	c.VoteFrom, c.VoteTo = 0, 0
	refuses(t, "a calendar without hours", k.ChangeCalendar(ctx, k.head, e.ID, e.Version, c, "święto w szkole"), fault.Invalid)
	_, err = k.ChangePool(ctx, k.head, e.ID, e.Version, Pool{Name: "Druga pula", Kind: OfArea, Budget: 0}, false)
	refuses(t, "a pool without money", err, fault.Invalid)
	pool, err := k.ChangePool(ctx, k.head, e.ID, e.Version, Pool{Name: "Druga pula", Kind: OfArea, Budget: 100_000, Ballot: e.Rules.Pools[0].Ballot, Count: e.Rules.Pools[0].Count}, false)
	k.ok(err)
	refuses(t, "an old version", k.DropPool(ctx, k.head, e.ID, e.Version, pool), fault.Conflict)
	e = k.edition(e.ID)
	if len(e.Rules.Pools) != 2 || e.Rules.Pools[1].ID != pool || e.Rules.Pools[1].No != 2 {
		t.Fatalf("pools %v", e.Rules.Pools)
	}
	k.ok(k.Announce(ctx, k.head, e.ID))
	k.ok(k.Sees(ctx, k.nobody, k.edition(e.ID)))
	refuses(t, "it is announced twice", k.Announce(ctx, k.head, e.ID), fault.Conflict)
	return k.edition(e.ID)
}

// aPromiseStays: after the announcement only days can move.
func (k *kit) aPromiseStays(e Edition) {
	t, ctx := k.t, k.t.Context()
	refuses(t, "a pool is dropped", k.DropPool(ctx, k.head, e.ID, e.Version, e.Rules.Pools[1].ID), fault.Conflict)
	g := General{e.Version, e.Title, e.Words, e.Rules}
	g.Rules.Signatures = 100
	refuses(t, "more signatures", k.ChangeGeneral(ctx, k.head, e.ID, g), fault.Conflict)
	c := e.Rules.Calendar
	c.FilingTo = "2026-10-24"
	refuses(t, "a pupil moves a day", k.ChangeCalendar(ctx, k.pupil, e.ID, e.Version, c, "święto w szkole"), fault.Forbidden)
	k.ok(k.ChangeCalendar(ctx, k.head, e.ID, e.Version, c, "święto w szkole"))
	if k.edition(e.ID).Rules.Calendar.FilingTo != "2026-10-24" {
		t.Error("the day did not move")
	}
}

// rulesAreFrozen: with everything decided, and with a hash that anybody repeats.
func (k *kit) rulesAreFrozen(e Edition) []ProjectID {
	t, ctx := k.t, k.t.Context()
	ids := k.accepted(e, e.Rules.Pools[0].ID, 100_000, 200_000, 300_000)
	k.day(time.October, 20)
	refuses(t, "frozen while projects come in", k.Freeze(ctx, k.head, e.ID), fault.Conflict)
	k.day(time.November, 17)
	if got := k.missing(e.ID); got != "empty_pool" {
		t.Errorf("obstacles %q: the second pool is empty", got)
	}
	ids = append(ids, k.accepted(e, e.Rules.Pools[1].ID, 50_000)...)
	k.number(ids[3], 4)
	k.ok(k.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update budget_projects set state = ? where id = ?`, ProjectMerit, ids[3])
		return err
	}))
	if got := k.missing(e.ID); got != "open_projects empty_pool" {
		t.Errorf("obstacles %q: a project is not decided", got)
	}
	k.ok(k.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update budget_projects set state = ? where id = ?`, ProjectAccepted, ids[3])
		return err
	}))
	k.ok(k.ChangeExcludes(ctx, k.head, e.ID, k.edition(e.ID).Version, "1, 2"))
	k.page(k.head, ExcludesHref(e.ID))
	k.ok(k.Freeze(ctx, k.head, e.ID))
	e = k.edition(e.ID)
	if want := [][]ProjectID{{ids[0], ids[1]}}; !slices.EqualFunc(e.Rules.Excludes, want, slices.Equal[[]ProjectID]) {
		t.Errorf("exclusions %v", e.Rules.Excludes)
	}
	k.excludesAreNamed(e, ids[:2])
	text, err := k.Frozen(ctx, e.ID)
	k.ok(err)
	if e.State != Frozen || e.FrozenAt != k.clock.Unix() || e.RulesHash == "" || Hash([]byte(text)) != e.RulesHash {
		t.Errorf("frozen as %s with %q", e.State, e.RulesHash)
	}
	if ties := e.Rules.Pools[0].Count.Ties; ties != "cost,lot:"+e.Rules.Seed+"-remis" || len(e.Rules.Seed) != 32 {
		t.Errorf("ties %q, seed %q", ties, e.Rules.Seed)
	}
	ballot, err := OnBallot(ctx, k.db, e.ID, e.Rules.Pools[0].ID)
	k.ok(err)
	var order []ProjectID
	for n, p := range ballot {
		order = append(order, p.ID)
		if p.Order != n+1 || !strings.Contains(text, string(p.ID)) {
			t.Errorf("%v stands at %d", p, n+1)
		}
	}
	if want := DrawOrder(e.Rules.Seed, ids[:3]); !slices.Equal(order, want) {
		t.Errorf("the ballot is %v, the seed draws %v", order, want)
	}
	refuses(t, "the calendar moves after the freeze", k.ChangeCalendar(ctx, k.head, e.ID, e.Version, e.Rules.Calendar, "święto w szkole"), fault.Conflict)
	return ids
}

// excludesAreNamed: the page of rules names the projects of a group and leads to them.
func (k *kit) excludesAreNamed(e Edition, ids []ProjectID) {
	for _, k.lang = range i18n.Langs {
		links := k.page(k.nobody, RulesHref(e.ID)).Find("#wykluczenia ~ .scroll tbody a")
		if text(links) != "Projekt 1Projekt 2" || links.Eq(0).AttrOr("href", "") != ProjectHref(ids[0]) || links.Eq(1).AttrOr("href", "") != ProjectHref(ids[1]) {
			k.t.Errorf("the groups are told as %q", text(links))
		}
	}
	k.lang = i18n.PL
}

func (k *kit) number(id ProjectID, n int) {
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(k.t.Context(), `update budget_projects set number = ? where id = ?`, n, id)
		return err
	}))
}

// missing are the last words of the keys of an edition's obstacles.
func (k *kit) missing(id EditionID) string {
	list, err := k.Obstacles(k.t.Context(), k.db, k.edition(id))
	k.ok(err)
	var keys []string
	for _, o := range list {
		if !k.Catalog.Has(o.Key) || !k.Catalog.Has(o.Who) {
			k.t.Errorf("no text for %s or %s", o.Key, o.Who)
		}
		keys = append(keys, o.Key[strings.LastIndex(o.Key, ".")+1:])
	}
	return strings.Join(keys, " ")
}

func (k *kit) theFreezeIsTakenBack(e Edition, ids []ProjectID) {
	t, ctx := k.t, k.t.Context()
	before := k.edition(e.ID)
	refuses(t, "thawed without a reason", k.Thaw(ctx, k.head, e.ID, " "), fault.Invalid)
	refuses(t, "thawed by a pupil", k.Thaw(ctx, k.pupil, e.ID, "x"), fault.Forbidden)
	k.ok(k.Thaw(ctx, k.head, e.ID, "pomyłka w godzinach"))
	if e = k.edition(e.ID); e.State != Published || e.RulesHash != "" || e.FrozenAt != 0 {
		t.Errorf("thawed as %s with %q", e.State, e.RulesHash)
	}
	if want := (Thaw{k.clock.Unix(), before.RulesHash, "pomyłka w godzinach"}); len(e.Thaws) != 1 || e.Thaws[0] != want {
		t.Errorf("kept of the thaw: %+v", e.Thaws)
	}
	k.saysWhyItThawed(e, before.RulesHash)
	_, err := k.Frozen(ctx, e.ID)
	refuses(t, "the void document", err, fault.NotFound)
	c := e.Rules.Calendar
	c.VoteTo += 3600
	k.ok(k.ChangeCalendar(ctx, k.head, e.ID, e.Version, c, "święto w szkole"))
	k.ok(k.Freeze(ctx, k.head, e.ID))
	if e = k.edition(e.ID); e.RulesHash == before.RulesHash || e.Rules.Seed != before.Rules.Seed {
		t.Error("other hours need another hash and keep the draw")
	}
	if ballot, err := OnBallot(ctx, k.db, e.ID, e.Rules.Pools[1].ID); err != nil || len(ballot) != 1 || ballot[0].ID != ids[3] {
		t.Errorf("the second ballot %v %v", ballot, err)
	}
}

// saysWhyItThawed: everybody reads the reason, with its day and the void hash, and
// nobody reads who it was.
func (k *kit) saysWhyItThawed(e Edition, void string) {
	for _, k.lang = range i18n.Langs {
		part := k.page(k.nobody, Href(e.ID)).Find(`section[aria-labelledby="odmrozenia"]`)
		words := text(part)
		for _, want := range []string{"pomyłka w godzinach", void, "Szkoła Podstawowa nr 1", strings.ReplaceAll(moment(k.Catalog.In(k.lang), e.Thaws[0].At), "\u00a0", " ")} {
			if !strings.Contains(words, want) {
				k.t.Errorf("no %q in %q", want, words)
			}
		}
		if strings.Contains(words, "Hanna") || part.Find("[data-promise=why]").Length() != 1 {
			k.t.Errorf("the thaw is told as %q", words)
		}
	}
	k.lang = i18n.PL
	if k.page(k.nobody, RulesHref(e.ID)).Find(`a[href$="#odmrozenia"]`).Length() != 1 {
		k.t.Error("the page of rules does not lead to the thaw")
	}
}

// votesOpenAndClose: by the calendar, and not while something is in the way.
func (k *kit) votesOpenAndClose(e Edition) {
	t, ctx := k.t, k.t.Context()
	state := func(want State) {
		t.Helper()
		k.ok(k.Clock(ctx))
		if got := k.edition(e.ID).State; got != want {
			t.Errorf("at %s the edition is %s, want %s", k.clock, got, want)
		}
	}
	state(Frozen)
	k.obstacles = []Obstacle{{Key: "budget.obstacle.missed", Who: "budget.who.runs"}}
	k.clock = time.Unix(k.edition(e.ID).Rules.Calendar.VoteFrom, 0)
	state(Frozen)
	state(Frozen)
	k.drain()
	if got := k.toldTo(k.head); strings.Count(got, "edition_stuck") != 1 || strings.Contains(k.toldTo(k.pupil), "edition_") && strings.Contains(k.toldTo(k.pupil), "stuck") {
		t.Errorf("told of obstacles: %q", got)
	}
	k.obstacles = nil
	state(Voting)
	k.clock = time.Unix(k.edition(e.ID).Rules.Calendar.VoteTo-1, 0)
	state(Voting)
	refuses(t, "thawed while people vote", k.Thaw(ctx, k.head, e.ID, "x"), fault.Conflict)
	k.clock = k.clock.Add(time.Second)
	state(Closed)
	k.drain()
	if got := k.toldTo(k.pupil); !strings.Contains(got, "budget.told.edition_voting") || !strings.Contains(got, "budget.told.edition_closed") {
		t.Errorf("who proposed was told %q", got)
	}
	move := func(from, to State) error {
		return k.db.Write(ctx, func(tx *db.Tx) error { return k.MoveTo(ctx, tx, access.System(), e.ID, from, to) })
	}
	refuses(t, "a way that there is none of", move(Closed, Final), fault.Conflict)
	refuses(t, "from a state that it is not in", move(Counted, Final), fault.Conflict)
	k.ok(move(Closed, Counted))
	refuses(t, "canceled after the count", k.Cancel(ctx, k.head, e.ID, "x"), fault.Conflict)
	k.ok(move(Counted, Final))
	if e = k.edition(e.ID); e.CountedAt != k.clock.Unix() || e.FinalAt != k.clock.Unix() || e.OpenedAt == 0 || e.ClosedAt == 0 {
		t.Errorf("instants of %+v", e)
	}
	k.ok(k.Archive(ctx, k.head, e.ID))
}

// endings: a vote that missed its hours stays frozen, and a cancellation says why.
func (k *kit) endings() {
	t, ctx := k.t, k.t.Context()
	k.clock = time.Date(2026, time.January, 2, 12, 0, 0, 0, web.Warsaw)
	e := k.draft(k.officer, "wieliczka")
	k.ok(k.Announce(ctx, k.officer, e.ID))
	k.accepted(e, e.Rules.Pools[0].ID, 100_000)
	k.day(time.April, 1)
	k.ok(k.Freeze(ctx, k.officer, e.ID))
	k.day(time.May, 1)
	k.ok(k.Clock(ctx))
	if got := k.missing(e.ID); got != "missed" || k.edition(e.ID).State != Frozen {
		t.Errorf("hours that went by: %q, %s", got, k.edition(e.ID).State)
	}
	refuses(t, "canceled without a reason", k.Cancel(ctx, k.officer, e.ID, ""), fault.Invalid)
	k.ok(k.Cancel(ctx, k.officer, e.ID, "Nikt nie zdążył zrobić klucza."))
	if e = k.edition(e.ID); e.State != Canceled || e.CanceledWhy == "" {
		t.Errorf("canceled as %s, %q", e.State, e.CanceledWhy)
	}
}

func TestNamesGoFromEditionsAndProjects(t *testing.T) {
	d := testkit.SQLite(t, modules)
	k := newKit(t, d)
	e := k.schoolEdition()
	k.accepted(e, e.Rules.Pools[0].ID, 100_000)
	k.ok(k.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into budget_project_watchers (project, person, at) select id, ?, 1 from budget_projects`, k.pupil.Person)
		return err
	}))
	for _, p := range k.Purposes() {
		for _, h := range p.Holds {
			if _, err := h.Export(t.Context(), string(k.pupil.Person)); err != nil {
				t.Errorf("export of %s: %v", h.Table, err)
			}
			k.ok(k.db.Write(t.Context(), func(tx *db.Tx) error {
				n, err := h.Erase(t.Context(), tx, string(k.pupil.Person))
				if want := map[string]int{"budget_projects": 1, "budget_project_watchers": 1}[h.Table]; n != want {
					t.Errorf("%s: %d rows erased, want %d", h.Table, n, want)
				}
				return err
			}))
			later := k.clock.AddDate(10, 0, 0)
			if n, err := h.Expired(t.Context(), k.db, later); err != nil || n > 0 != (h.Table == "budget_editions") {
				t.Errorf("%s: %d rows are over time, %v", h.Table, n, err)
			}
			k.ok(k.db.Write(t.Context(), func(tx *db.Tx) error { _, err := h.Sweep(t.Context(), tx, later, 100); return err }))
		}
	}
	if who := k.edition(e.ID).CreatedBy; who != "" {
		t.Errorf("%q stands in the edition", who)
	}
}
