package vote

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
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// aPaperBallot is the ballot of a type without a database.
func aPaperBallot(of budget.BallotType) *ballot {
	var list []budget.BallotProject
	for n := range onEach {
		list = append(list, budget.BallotProject{ID: budget.ProjectID(fmt.Sprintf("p%d", n+1)), Order: n + 1, Cost: costEach})
	}
	return newBallot(budget.Edition{ID: "e"}, budget.Pool{ID: "pool", Budget: 5 * costEach, Ballot: aBallot[of]}, list, "")
}

func TestPaperLine(t *testing.T) {
	const bad = "vote.fault.paper_line"
	for _, c := range []struct {
		kind       budget.BallotType
		line, want string // picks, or the key of the fault; "-" for not valid
	}{
		{budget.Approval, "3 1", "p1 p3"}, {budget.Approval, " 1,3;5 + 8 ", "p1 p3 p5 p8"}, {budget.Approval, "X", "-"}, {budget.Approval, "-", "-"},
		{budget.Approval, "", "budget.ballot.too_few"}, {budget.Approval, "1 1", "budget.ballot.twice"}, {budget.Approval, "1 2 3 4 5", "budget.ballot.too_many"},
		{budget.Approval, "9", bad}, {budget.Approval, "0", bad}, {budget.Approval, "1 x", bad}, {budget.Approval, "1:2", bad}, {budget.Approval, "99999999999999999999", bad},
		{budget.One, "4", "p4"}, {budget.One, "4 5", "budget.ballot.too_many"},
		{budget.Ranked, "8 1 2", "p8:3 p1:2 p2:1"}, {budget.Ranked, "2=1 8:3 1:2", "p8:3 p1:2 p2:1"}, {budget.Ranked, "1 2 3 4", bad},
		{budget.Ranked, "1 - 2", "budget.ballot.too_few"}, {budget.Ranked, "1:9 2 3", "budget.ballot.no_such_points"},
		{budget.Cumulative, "1:4 5:6", "p1:4 p5:6"}, {budget.Cumulative, "1:4 5:7", "budget.ballot.over_total"}, {budget.Cumulative, "1 5", bad},
		{budget.Knapsack, "1 2 3 4 5", "p1 p2 p3 p4 p5"}, {budget.Knapsack, "1 2 3 4 5 6", "budget.ballot.over_budget"},
	} {
		b := aPaperBallot(c.kind)
		body, faults := b.paperLine("k_1", c.line)
		if got := readBack(t, b, body, faults); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.kind, c.line, got, c.want)
		}
	}
}

// readBack says what a line was read as.
func readBack(t testing.TB, b *ballot, body []byte, faults []fault.Field) string {
	t.Helper()
	if len(faults) > 0 {
		if faults[0].Name != "k_1" || body != nil {
			t.Error("a fault at", faults[0].Name)
		}
		return faults[0].Key
	}
	if len(body) > b.size {
		t.Errorf("a body of %d bytes, at most %d", len(body), b.size)
	}
	c, err := b.Pool.Decode(body, b.order)
	if bytes.Equal(body, notValid) && err != nil {
		return "-"
	}
	if err != nil || len(b.check(c)) > 0 {
		t.Error("what was read is no ballot:", err)
	}
	var words []string
	for _, p := range c.Picks {
		word := string(p.Project)
		if pointed(b.Pool.Ballot) {
			word += ":" + number(p.Points)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func FuzzPaperLine(f *testing.F) {
	for _, seed := range []string{"1 2 3", "1:4 5:6", "x", "-", "1 - 2", "1=2", "::", "-1", "1:-1", "٣", "1:99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, kind := range budget.BallotTypes() {
			b := aPaperBallot(kind)
			body, faults := b.paperLine("k_1", line)
			if (len(body) == 0) != (len(faults) > 0) {
				t.Fatalf("%q is neither a ballot nor refused", line)
			}
			readBack(t, b, body, faults)
		}
	})
}

// papers is a vote with paper, and two clerks more.
type papers struct {
	*polls
	anna, ewa access.Actor
	pool      budget.PoolID
}

func newPapers(t *testing.T, d *db.DB) *papers {
	t.Helper()
	p := newKit(t, d).polling(func(r *budget.Rules) {
		r.Paper = true
		r.Who.Sources = []budget.Source{budget.Desk}
	}, budget.Approval, budget.One)
	p.PaperRoutes(p.shell)
	return &papers{p, p.person("Anna Wpisuje", access.BudgetOfficer, p.office), p.person("Ewa Wpisuje", access.BudgetOfficer, p.office), p.e.Rules.Pools[0].ID}
}

// declares takes declarations of n people for the first pool.
func (p *papers) declares(n int) {
	p.t.Helper()
	for _, id := range p.electors(n) {
		p.number(id, p.pool)
	}
}

// number takes the declaration of somebody and gives its number.
func (p *papers) number(id ElectorID, pools ...budget.PoolID) Code {
	p.t.Helper()
	c := NewNumber()
	p.ok(p.DeclareOnPaper(p.t.Context(), p.officer, p.e.ID, c, id, pools))
	return c
}

// batch opens a batch and has its lines typed by the officer: the n-th ballot has
// a cross at the first project, the second is blank.
func (p *papers) batch(size int) int {
	p.t.Helper()
	no, err := p.OpenBatch(p.t.Context(), p.officer, p.e.ID, NewBatch{Pool: p.pool, Size: size, Small: true})
	p.ok(err)
	p.types(no, p.officer, lines(size))
	return no
}

func lines(size int) map[int]string {
	typed := map[int]string{}
	for n := 1; n <= size; n++ {
		typed[n] = "1 3"
	}
	typed[2] = "x"
	return typed
}

// types types all of a batch and ends it.
func (p *papers) types(no int, who access.Actor, typed map[int]string) string {
	p.t.Helper()
	_, err := p.TypeBallots(p.t.Context(), who, p.e.ID, no, typed)
	p.ok(err)
	state, err := p.EndTyping(p.t.Context(), who, p.e.ID, no)
	p.ok(err)
	return state
}

func TestPaper(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		p := newPapers(t, d)
		declarations(t, p)
		batches(t, p)
		typingTwice(t, p)
		endOfPaper(t, p)
	})
}

// declarations spend a right that was not spent on a page, and the other way round.
func declarations(t *testing.T, p *papers) {
	t.Helper()
	ctx, who, both := t.Context(), p.electors(2), []budget.PoolID{p.e.Rules.Pools[0].ID, p.e.Rules.Pools[1].ID}
	declare := func(by access.Actor, e budget.Edition, id ElectorID, pools []budget.PoolID) error {
		return p.DeclareOnPaper(ctx, by, e.ID, NewNumber(), id, pools)
	}
	refuses(t, "a resident", declare(p.resident, p.e, who[0], both), fault.Forbidden)
	refuses(t, "a school", declare(p.head, p.e, who[0], both), fault.Forbidden)
	wants(t, "no pool", declare(p.officer, p.e, who[0], nil), fault.Invalid, "vote.fault.paper_no_pool")
	wants(t, "nobody", declare(p.officer, p.e, newElector(), both), fault.Forbidden, "vote.fault.no_right")
	now := p.clock
	p.clock = time.Unix(p.e.Rules.Calendar.VoteTo, 0)
	wants(t, "late", declare(p.officer, p.e, who[0], both), fault.Conflict, "vote.fault.late")
	p.clock = now
	other := p.edition(p.officer, "wieliczka", func(r *budget.Rules) { r.Paper = false })
	wants(t, "without paper", declare(p.officer, other, who[0], both), fault.Conflict, "vote.fault.no_paper")

	_, err := p.Cast(ctx, p.e, p.given(budget.One, who[0], p.on(budget.One).crosses(1)))
	p.ok(err)
	wants(t, "after a vote on a page", declare(p.officer, p.e, who[0], both), fault.Conflict, "vote.fault.paper_spent")
	if n := p.count(`select count(*) from budget_rights where way = ?`, Paper); n != 0 {
		t.Error("a refused declaration spent", n)
	}
	p.ok(declare(p.officer, p.e, who[1], both))
	_, err = p.Cast(ctx, p.e, p.given(budget.Approval, who[1], p.on(budget.Approval).crosses(1)))
	wants(t, "a page after the declaration", err, fault.Conflict, "vote.fault.spent")
	wants(t, "a second declaration", declare(p.officer, p.e, who[1], both), fault.Conflict, "vote.fault.paper_spent")
}

// batches are refused while they are small, and not typed while there are more
// ballots than declarations.
func batches(t *testing.T, p *papers) {
	t.Helper()
	ctx := t.Context()
	open := func(who access.Actor, b NewBatch) error {
		_, err := p.OpenBatch(ctx, who, p.e.ID, b)
		return err
	}
	refuses(t, "a resident", open(p.resident, NewBatch{Pool: p.pool, Size: 20}), fault.Forbidden)
	wants(t, "no pool", open(p.officer, NewBatch{Size: 20}), fault.Invalid, "vote.fault.paper_no_pool")
	wants(t, "none", open(p.officer, NewBatch{Pool: p.pool}), fault.Invalid, "vote.fault.paper_size")
	wants(t, "too many", open(p.officer, NewBatch{Pool: p.pool, Size: mostBatch + 1}), fault.Invalid, "vote.fault.paper_size")
	wants(t, "small during the vote", open(p.officer, NewBatch{Pool: p.pool, Size: 19, Small: true}), fault.Invalid, "vote.fault.paper_small_early")

	p.declares(19) // with the one before: 20
	no, err := p.OpenBatch(ctx, p.officer, p.e.ID, NewBatch{Pool: p.pool, Size: 21})
	p.ok(err)
	_, err = p.TypeBallots(ctx, p.officer, p.e.ID, no, lines(21))
	wants(t, "a ballot too many", err, fault.Conflict, "vote.fault.paper_over")
	if list, err := p.PaperObstacles(ctx, p.db, p.e); err != nil || len(list) == 0 || list[0].Key != "vote.obstacle.paper_over" {
		t.Error("obstacles:", list, err)
	}
	refuses(t, "no words", p.DropBatch(ctx, p.officer, p.e.ID, no, " "), fault.Invalid)
	refuses(t, "a resident drops", p.DropBatch(ctx, p.resident, p.e.ID, no, "za dużo"), fault.Forbidden)
	p.ok(p.DropBatch(ctx, p.officer, p.e.ID, no, "za dużo"))
	wants(t, "dropped twice", p.DropBatch(ctx, p.officer, p.e.ID, no, "za dużo"), fault.Conflict, "vote.fault.paper_done")
}

// typingTwice: the second time by another, blind; what differs until two agree.
func typingTwice(t *testing.T, p *papers) {
	t.Helper()
	ctx := t.Context()
	no, err := p.OpenBatch(ctx, p.officer, p.e.ID, NewBatch{Pool: p.pool, Size: 20})
	p.ok(err)
	_, err = p.TypeBallots(ctx, p.anna, p.e.ID, no, lines(20))
	wants(t, "another begins", err, fault.Conflict, "vote.fault.paper_others")
	_, err = p.TypeBallots(ctx, p.officer, p.e.ID, no, map[int]string{1: "1 3", 2: "99"})
	wants(t, "a slip of the finger", err, fault.Invalid, "vote.fault.paper_line")
	_, err = p.TypeBallots(ctx, p.officer, p.e.ID, no, map[int]string{21: "1"})
	refuses(t, "a place that is none", err, fault.BadRequest)
	_, err = p.EndTyping(ctx, p.officer, p.e.ID, no)
	wants(t, "places are empty", err, fault.Conflict, "vote.fault.paper_missing")
	if state := p.types(no, p.officer, lines(20)); state != BatchSecond {
		t.Error("after the first:", state)
	}
	_, err = p.TypeBallots(ctx, p.officer, p.e.ID, no, lines(20))
	wants(t, "the same person twice", err, fault.Forbidden, "vote.fault.paper_same")
	deputy := p.anna
	deputy.For = p.officer.Person
	_, err = p.TypeBallots(ctx, deputy, p.e.ID, no, lines(20))
	wants(t, "for the same person", err, fault.Forbidden, "vote.fault.paper_same")
	nothingReadable(t, p)

	second := lines(20)
	second[7], second[11] = "2", "x"
	if state := p.types(no, p.anna, second); state != BatchDiffers {
		t.Error("after the second:", state)
	}
	_, err = p.TypeBallots(ctx, p.ewa, p.e.ID, no, map[int]string{1: "2"})
	wants(t, "a place that agrees", err, fault.Conflict, "vote.fault.paper_agreed")
	state, err := p.TypeBallots(ctx, p.ewa, p.e.ID, no, map[int]string{7: "2"}) // the third agrees with the second
	if err != nil || state != BatchDiffers || p.inBoxes() != 0 {
		t.Error("one place still differs:", state, err, p.inBoxes())
	}
	_, err = p.TypeBallots(ctx, p.clerk, p.e.ID, no, map[int]string{11: "x"})
	wants(t, "a fourth", err, fault.Conflict, "vote.fault.paper_others")
	state, err = p.TypeBallots(ctx, p.anna, p.e.ID, no, map[int]string{11: "3 1"}) // the second types again
	if err != nil || state != BatchDone || p.inBoxes() != 20 {
		t.Error("everything agrees:", state, err, p.inBoxes())
	}
	if n := p.count(`select count(*) from budget_paper_rows`) + p.count(`select count(*) from budget_paper_batches where secret <> ''`); n != 0 {
		t.Error("rows or keys are left:", n)
	}
	_, err = p.EndTyping(ctx, p.anna, p.e.ID, no)
	wants(t, "done", err, fault.Conflict, "vote.fault.paper_done")
}

func (p *papers) inBoxes() int {
	return p.count(`select count(*) from budget_envelopes where pool = ?`, p.pool)
}

// nothingReadable looks at what is stored of a typed batch: no project, no two
// digests alike though the ballots are, no body.
func nothingReadable(t *testing.T, p *papers) {
	t.Helper()
	var rows []typedRow
	p.ok(p.db.Select(t.Context(), &rows, `select n, typing, digest, sealed from budget_paper_rows`))
	on := p.on(budget.Approval)
	body, _ := on.paperLine("k_1", "1 3")
	seen := map[string]bool{}
	for _, row := range rows {
		if seen[row.Digest] || bytes.Contains(row.Sealed, body) {
			t.Error("a ballot can be told from what is stored")
		}
		seen[row.Digest] = true
		for _, id := range on.order {
			if bytes.Contains(row.Sealed, []byte(id)) {
				t.Error("a project stands in an envelope")
			}
		}
	}
	if len(rows) != 20 {
		t.Error("rows:", len(rows))
	}
}

// endOfPaper: a small batch once, after the vote; boxes wait; numbers agree.
func endOfPaper(t *testing.T, p *papers) {
	t.Helper()
	ctx := t.Context()
	p.declares(3)
	p.e = p.closed(p.e)
	p.clock = time.Unix(p.e.Rules.Calendar.VoteTo+closeWait, 0)
	_, err := p.OpenBatch(ctx, p.officer, p.e.ID, NewBatch{Pool: p.pool, Size: 2})
	wants(t, "unread", err, fault.Invalid, "vote.fault.paper_small")
	no := p.batch(2)
	_, err = p.OpenBatch(ctx, p.officer, p.e.ID, NewBatch{Pool: p.pool, Size: 1, Small: true})
	wants(t, "two small ones", err, fault.Conflict, "vote.fault.paper_small_twice")
	wants(t, "unfinished", p.FinishPaper(ctx, p.officer, p.e.ID, p.pool, "x"), fault.Conflict, "vote.fault.paper_unfinished")
	if state := p.types(no, p.anna, lines(2)); state != BatchDone {
		t.Error("the last batch:", state)
	}
	refuses(t, "a resident finishes", p.FinishPaper(ctx, p.resident, p.e.ID, p.pool, "x"), fault.Forbidden)
	wants(t, "a difference without words", p.FinishPaper(ctx, p.officer, p.e.ID, p.pool, ""), fault.Invalid, "vote.fault.words")
	list, err := p.PaperObstacles(ctx, p.db, p.e)
	if err != nil || len(list) != 2 { // the second pool has a declaration of its own
		t.Error("before the end:", list, err)
	}
	for _, pool := range p.e.Rules.Pools {
		p.ok(p.FinishPaper(ctx, p.officer, p.e.ID, pool.ID, "jedna osoba zabrała kartę"))
	}
	wants(t, "twice", p.FinishPaper(ctx, p.officer, p.e.ID, p.pool, "x"), fault.Conflict, "vote.fault.paper_finished")
	_, err = p.OpenBatch(ctx, p.officer, p.e.ID, NewBatch{Pool: p.pool, Size: 20})
	wants(t, "after the end", err, fault.Conflict, "vote.fault.paper_finished")
	if list, err := p.PaperObstacles(ctx, p.db, p.e); err != nil || len(list) != 0 {
		t.Error("after the end:", list, err)
	}
	counts, err := PaperCounts(ctx, p.db, p.e.ID)
	at := slices.IndexFunc(counts, func(c PaperCount) bool { return c.Pool == p.pool })
	if err != nil || at < 0 || counts[at].Declared != 23 || counts[at].Ballots != 22 || counts[at].Words == "" {
		t.Error("counts:", counts, err)
	}
	p.ok(p.CloseBoxes(ctx, p.e))
	inside(t, p)
}

// inside opens the box as the custodians do: invalid ballots are envelopes too.
func inside(t *testing.T, p *papers) {
	t.Helper()
	on, got := p.on(budget.Approval), map[string]int{}
	p.ok(Envelopes(t.Context(), p.db, p.e.ID, p.pool, func(sealed []byte) error {
		body, err := p.opener.Open(on.info, sealed)
		got[string(body)]++
		return err
	}))
	ballot, _ := on.paperLine("", "1 3")
	other, _ := on.paperLine("", "2")
	if got[string(ballot)] != 19 || got[string(notValid)] != 2 || got[string(other)] != 1 {
		t.Error("in the box:", got)
	}
}

// TestPaperAtOnce: a page and a desk at the same moment, and a batch that is ended
// from two windows.
func TestPaperAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		p := newPapers(t, d)
		p.declares(20)
		who, on := p.electors(1)[0], p.on(budget.Approval)
		var all sync.WaitGroup
		var paper, page [4]error
		for i := range paper {
			b := p.given(budget.Approval, who, on.crosses(1))
			all.Go(func() {
				paper[i] = p.DeclareOnPaper(t.Context(), p.officer, p.e.ID, NewNumber(), who, []budget.PoolID{p.pool})
			})
			all.Go(func() { _, page[i] = p.cast(t.Context(), p.e, on, b) })
		}
		all.Wait()
		won, envelopes := 0, p.inBoxes()
		for i := range paper {
			if paper[i] == nil {
				won++
			}
			if page[i] == nil {
				won++
			}
		}
		if won != 1 {
			t.Error("one right was spent", won, "times:", paper, page)
		}
		no := p.batch(20)
		_, err := p.TypeBallots(t.Context(), p.anna, p.e.ID, no, lines(20))
		p.ok(err)
		ended := atonce(4, func() bool {
			_, err := p.EndTyping(t.Context(), p.anna, p.e.ID, no)
			return err == nil
		})
		if ended != 1 || p.inBoxes() != envelopes+20 {
			t.Error("ended", ended, "times, envelopes", p.inBoxes()-envelopes)
		}
	})
}

// TestPaperPages walks through the pages by their forms, in three languages.
func TestPaperPages(t *testing.T) {
	p := newPapers(t, testkit.SQLite(t, modules))
	if w := p.get(p.resident, PaperHref(p.e.ID)); w.Code != http.StatusForbidden {
		t.Error("a resident at the desk:", w.Code)
	}
	for i, lang := range []i18n.Lang{i18n.PL, i18n.EN, i18n.UK} {
		p.lang = lang
		p.page(p.officer, PaperHref(p.e.ID))
		p.whole("unfilled", p.post(p.officer, PaperHref(p.e.ID)), http.StatusUnprocessableEntity)
		words, before := []string{"imie", fmt.Sprintf("Anna %c", 'A'+i), "urodzenie", "1990-01-31", "adres", "Długa 5/1"}, p.places(p.e)
		doc := p.whole("absent", p.post(p.officer, PaperHref(p.e.ID), words...), http.StatusOK)
		if typed := doc.Find(`form.card input[name="imie"]`).AttrOr("value", ""); doc.Find("[data-absent] form").Length() != 1 || doc.Find("[data-declare]").Length() != 0 || typed != words[1] || p.places(p.e) != before {
			t.Errorf("somebody who is not on the list: %q stays, %d places before, %d now", typed, before, p.places(p.e))
		}
		for _, input := range doc.Find("[data-absent] input[type=hidden]").EachIter() {
			words = append(words, input.AttrOr("name", ""), input.AttrOr("value", ""))
		}
		doc = p.whole("found", p.post(p.officer, PaperHref(p.e.ID), words...), http.StatusOK)
		if doc.Find("[data-found] [data-new]").Length() != 1 || p.places(p.e) != before+1 {
			t.Error("whoever was added is not told to be new")
		}
		place := doc.Find(`[data-declare] input[name="miejsce"]`).AttrOr("value", "")
		if n := doc.Find(`[data-declare] input[type=checkbox]`).Length(); n != 2 {
			t.Error("pools to declare for:", n)
		}
		path := PaperHref(p.e.ID) + "/oswiadczenie"
		number := doc.Find(`[data-declare] input[name="numer"]`).AttrOr("value", "")
		p.whole("no pool", p.post(p.officer, path, "miejsce", place, fieldTaken, number), http.StatusUnprocessableEntity)
		for _, press := range []string{"declared", "pressed twice"} {
			doc = p.whole(press, p.post(p.officer, path, "miejsce", place, fieldTaken, number, fieldPool, string(p.pool)), http.StatusOK)
			if c, err := readTaken(doc.Find("[data-taken] [data-number]").Text()); err != nil || c.Letters() != number {
				t.Error("the number of the declaration is not shown:", c, err)
			}
		}
		p.whole("another one", p.post(p.officer, path, "miejsce", place, fieldTaken, NewNumber().Letters(), fieldPool, string(p.pool)), http.StatusConflict)
		if n := p.page(p.officer, path+"?druk=duzy").Find(".paper.large .line").Length(); n != 5 {
			t.Error("lines of the form:", n)
		}
		rows := p.page(p.officer, PaperHref(p.e.ID)+"/karta/"+string(p.pool)).Find("[data-row]")
		if rows.Length() != onEach || !strings.Contains(rows.First().Text(), "1. Projekt A") {
			t.Error("the printed ballot:", rows.Length(), rows.First().Text())
		}
	}
	p.declares(17)
	batchPages(t, p)
}

func batchPages(t *testing.T, p *papers) {
	t.Helper()
	p.lang = i18n.PL
	list := BatchesHref(p.e.ID)
	doc := p.whole("small", p.post(p.officer, list, fieldPool, string(p.pool), "liczba", "5"), http.StatusUnprocessableEntity)
	if doc.Find("#errsum a[href='#liczba']").Length() != 1 {
		t.Error("nothing is said of a small batch")
	}
	w := p.post(p.officer, list, fieldPool, string(p.pool), "liczba", "20")
	path := w.Header().Get("Location")
	if focus := p.page(p.officer, path).Find("input[autofocus]").AttrOr("id", ""); focus != "k_1" {
		t.Error("the clerk begins at", focus)
	}
	p.post(p.officer, path, "k_1", "1 3")
	doc = p.whole("a slip", p.post(p.officer, path, "k_2", "1 88", "k_3", "2"), http.StatusUnprocessableEntity)
	if doc.Find("#k_2").AttrOr("value", "") != "1 88" || doc.Find("#k_3").AttrOr("value", "") != "" || doc.Find("[data-typed]").Length() != 2 {
		t.Error("only what has to be mended stands on the page")
	}
	for i, who := range []access.Actor{p.officer, p.anna} {
		form := []string{}
		for n := 1; n <= 20; n++ {
			form = append(form, lineField(n), number(1+i*n/20))
		}
		p.post(who, path, form...)
		if w := p.post(who, path+"/koniec"); w.Code != http.StatusSeeOther {
			t.Fatal("the end of typing:", w.Code, w.Body)
		}
		if i == 0 && p.page(p.officer, path).Find("[data-wait]").Length() != 1 {
			t.Error("who typed first is offered the second typing")
		}
	}
	for _, lang := range []i18n.Lang{i18n.PL, i18n.EN, i18n.UK} {
		p.lang = lang
		doc = p.page(p.ewa, path)
		if in := doc.Find("[data-typing] input[type=text]"); in.Length() != 1 || in.AttrOr("id", "") != "k_20" || in.AttrOr("value", "") != "" {
			t.Error("the place that differs:", in.Length(), in.AttrOr("id", ""))
		}
		p.page(p.ewa, list)
	}
	if w := p.post(p.ewa, path, "k_20", "1"); w.Header().Get("Location") != list || p.inBoxes() != 20 {
		t.Error("the third decides:", w.Code, p.inBoxes())
	}
	if n := p.page(p.ewa, list).Find("[data-batch]").Length(); n != 0 {
		t.Error("batches in the box are listed before the close:", n)
	}
	p.e = p.closed(p.e)
	p.clock = time.Unix(p.e.Rules.Calendar.VoteTo+closeWait, 0)
	doc = p.whole("small after the vote", p.post(p.officer, list, fieldPool, string(p.pool), "liczba", "5"), http.StatusUnprocessableEntity)
	if doc.Find("#mala").Length() != 1 || doc.Find(`[data-promise="why"]`).Length() != 1 {
		t.Error("what few ballots mean is not explained")
	}
	if n := p.page(p.officer, list).Find("[data-end] form").Length(); n != 1 {
		t.Error("pools to be finished:", n)
	}
	if w := p.post(p.officer, PaperHref(p.e.ID)+"/zamkniecie/"+string(p.pool)); w.Code != http.StatusSeeOther {
		t.Error("finished:", w.Code, w.Body)
	}
}
