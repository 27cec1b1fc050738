package vote

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

func (p *papers) asks(who access.Actor, c Code) error {
	return p.AskWithdraw(p.t.Context(), who, p.e.ID, Withdrawal{Number: strings.ToLower(strings.Join(c.Groups(), "-")), Words: "nie ta pula", Apart: true})
}

func (p *papers) withdraws(who access.Actor, c Code) error {
	return p.Withdraw(p.t.Context(), who, p.e.ID, c.Letters())
}

func TestWithdraw(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		p := newPapers(t, d)
		withdrawRefused(t, p)
		withdrawn(t, p)
		withdrawnPartly(t, p)
		tooLate(t, p)
	})
}

// withdrawRefused: not without a number, without a ballot in hand, without another
// person.
func withdrawRefused(t *testing.T, p *papers) {
	t.Helper()
	ctx, who := t.Context(), p.electors(1)[0]
	c := p.number(who, p.pool)
	refuses(t, "a resident", p.asks(p.resident, c), fault.Forbidden)
	refuses(t, "a school", p.asks(p.head, c), fault.Forbidden)
	wants(t, "no number", p.AskWithdraw(ctx, p.officer, p.e.ID, Withdrawal{Words: "x", Apart: true}), fault.Invalid, "vote.fault.paper_number")
	wants(t, "no reason", p.AskWithdraw(ctx, p.officer, p.e.ID, Withdrawal{Number: c.Letters(), Apart: true}), fault.Invalid, "vote.fault.words")
	wants(t, "the ballot is among others", p.AskWithdraw(ctx, p.officer, p.e.ID, Withdrawal{Number: c.Letters(), Words: "x"}), fault.Invalid, "vote.fault.paper_apart")
	wants(t, "nobody has asked", p.withdraws(p.anna, c), fault.Conflict, "vote.fault.paper_not_asked")
	p.ok(p.asks(p.officer, c))
	wants(t, "asked twice", p.asks(p.anna, c), fault.Conflict, "vote.fault.paper_asked")
	wants(t, "the same person", p.withdraws(p.officer, c), fault.Forbidden, "vote.fault.paper_asked_self")
	deputy := p.anna
	deputy.For = p.officer.Person
	wants(t, "for the same person", p.withdraws(deputy, c), fault.Forbidden, "vote.fault.paper_asked_self")
	_, err := p.OpenBatch(ctx, p.officer, p.e.ID, NewBatch{Pool: p.pool, Size: 20})
	wants(t, "a batch meanwhile", err, fault.Conflict, "vote.fault.paper_asked_first")
	list, err := AskedToWithdraw(ctx, p.db, p.e.ID)
	if err != nil || len(list) != 1 || list[0].Words != "nie ta pula" || list[0].First != p.officer.Person || len(list[0].Pools) != 1 {
		t.Fatal("asked:", list, err)
	}
	refuses(t, "kept without words", p.KeepDeclaration(ctx, p.anna, p.e.ID, list[0].Mark, ""), fault.Invalid)
	p.ok(p.KeepDeclaration(ctx, p.anna, p.e.ID, list[0].Mark, "karta już wrzucona"))
	wants(t, "after it was kept", p.withdraws(p.anna, c), fault.Conflict, "vote.fault.paper_not_asked")
	refuses(t, "kept twice", p.KeepDeclaration(ctx, p.anna, p.e.ID, list[0].Mark, "x"), fault.NotFound)
	if !p.spent(who, p.pool) {
		t.Error("a right was given back")
	}
}

func (p *papers) spent(who ElectorID, pool budget.PoolID) bool {
	p.t.Helper()
	list, err := Rights(p.t.Context(), p.db, p.e.ID, who)
	p.ok(err)
	for _, right := range list {
		if right.Pool == pool {
			return right.Spent
		}
	}
	p.t.Fatal("no right in ", pool)
	return false
}

// withdrawn: the right is as if nothing had been, and is spent on a page. What was
// spent there is asked for in vain, with the answer of a number that is none.
func withdrawn(t *testing.T, p *papers) {
	t.Helper()
	who := p.electors(2)
	row := func(id ElectorID) (text string) {
		p.ok(p.db.Get(t.Context(), &text, `select way || case when spent then '!' else '' end from budget_rights where elector = ? and pool = ?`, id, p.pool))
		return text
	}
	before := row(who[0])
	c := p.number(who[0], p.pool)
	tables, err := p.db.Tables(t.Context(), p.db)
	p.ok(err)
	for _, table := range tables {
		p.ok(p.db.EachRow(t.Context(), p.db, table, func(values []any) error {
			for _, v := range values {
				text, _ := v.(string)
				if strings.Contains(text, c.Letters()) || table.Name != "budget_rights" && table.Name != "budget_electors" && strings.Contains(text, string(who[0])) {
					return errors.New(table.Name + " tells whose declaration it is, or its number")
				}
			}
			return nil
		}))
	}
	p.ok(p.asks(p.anna, c))
	p.ok(p.withdraws(p.officer, c))
	if after := row(who[0]); after != before || after != "" {
		t.Errorf("the right was %q and is %q", before, after)
	}
	wants(t, "withdrawn twice", p.withdraws(p.officer, c), fault.Invalid, "vote.fault.paper_number_none")
	wants(t, "asked afterwards", p.asks(p.officer, c), fault.Invalid, "vote.fault.paper_number_none")
	_, err = p.Cast(t.Context(), p.e, p.given(budget.Approval, who[0], p.on(budget.Approval).crosses(1)))
	p.ok(err)
	wants(t, "a number that no declaration has", p.asks(p.officer, NewNumber()), fault.Invalid, "vote.fault.paper_number_none")
	wants(t, "what was spent on a page", p.withdraws(p.officer, c), fault.Invalid, "vote.fault.paper_number_none")
	if !p.spent(who[0], p.pool) || row(who[0]) != string(Online)+"!" {
		t.Error("a vote on a page was undone")
	}
	if n := p.logged("vote.paper_withdraw"); n != 1 {
		t.Error("in the log:", n)
	}
	again := p.number(who[1], p.pool)
	p.ok(p.DeclareOnPaper(t.Context(), p.officer, p.e.ID, again, who[1], []budget.PoolID{p.pool})) // pressed twice
	wants(t, "another's declaration under one number", p.DeclareOnPaper(t.Context(), p.officer, p.e.ID, again, who[0], []budget.PoolID{p.pool}), fault.Conflict, "fault.conflict")
}

// withdrawnPartly: of a declaration for two pools only that one in whose pool no
// batch was begun since.
func withdrawnPartly(t *testing.T, p *papers) {
	t.Helper()
	ctx, who, other := t.Context(), p.electors(1)[0], p.e.Rules.Pools[1].ID
	p.declares(20)
	c := p.number(who, p.pool, other)
	no, err := p.OpenBatch(ctx, p.officer, p.e.ID, NewBatch{Pool: p.pool, Size: 20})
	p.ok(err)
	p.ok(p.asks(p.anna, c))
	p.ok(p.withdraws(p.ewa, c))
	if !p.spent(who, p.pool) || p.spent(who, other) {
		t.Error("given back: the first pool", !p.spent(who, p.pool), "the second", !p.spent(who, other))
	}
	// A batch that has as many ballots as there are declarations holds every ballot.
	p.ok(p.DropBatch(ctx, p.officer, p.e.ID, no, "policzona jeszcze raz"))
	all := 0
	p.ok(p.db.Get(ctx, &all, `select count(*) from budget_rights where pool = ? and way = 'paper'`, p.pool))
	_, err = p.OpenBatch(ctx, p.officer, p.e.ID, NewBatch{Pool: p.pool, Size: all + 1})
	p.ok(err)
	late := p.number(p.electors(1)[0], p.pool)
	p.ok(p.asks(p.anna, late))
	wants(t, "as many ballots as declarations", p.withdraws(p.ewa, late), fault.Conflict, "vote.fault.paper_withdraw_over")
}

// tooLate: not after the last hour; what was withdrawn stays a number.
func tooLate(t *testing.T, p *papers) {
	t.Helper()
	c := p.number(p.electors(1)[0], p.e.Rules.Pools[1].ID)
	p.ok(p.asks(p.anna, c))
	p.e = p.closed(p.e)
	p.clock = time.Unix(p.e.Rules.Calendar.VoteTo+closeWait, 0)
	wants(t, "after the last hour", p.withdraws(p.ewa, c), fault.Conflict, "vote.fault.late")
	p.ok(p.FinishPaper(t.Context(), p.officer, p.e.ID, p.e.Rules.Pools[1].ID, "karta wróciła po zamknięciu"))
	counts, err := PaperCounts(t.Context(), p.db, p.e.ID)
	if err != nil || len(counts) != 1 || counts[0].Withdrawn != 1 || counts[0].Declared != 1 || counts[0].Ballots != 0 {
		t.Error("counts:", counts, err)
	}
	if n := p.count(`select count(*) from budget_paper_taken where pool = ?`, p.e.Rules.Pools[1].ID); n != 0 {
		t.Error("rows are left:", n)
	}
}

// TestWithdrawAtOnce: two officers confirm at the moment in which a batch is begun.
func TestWithdrawAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		p := newPapers(t, d)
		p.declares(20)
		who := p.electors(1)[0]
		c := p.number(who, p.pool)
		p.ok(p.asks(p.officer, c))
		won := atonce(4, func() bool { return p.withdraws(p.anna, c) == nil })
		if won != 1 || p.spent(who, p.pool) || p.count(`select withdrawn from budget_paper_pools where pool = ?`, p.pool) != 1 {
			t.Error("withdrawn", won, "times")
		}
		c = p.number(who, p.pool)
		begun := make(chan error, 1)
		go func() {
			_, err := p.OpenBatch(t.Context(), p.officer, p.e.ID, NewBatch{Pool: p.pool, Size: 20})
			begun <- err
		}()
		asked := p.asks(p.ewa, c)
		if err := <-begun; (err == nil) == (asked == nil) {
			t.Error("a batch is begun and a declaration of before waits to be withdrawn:", err, asked)
		}
	})
}

// TestWithdrawPages: a number that is shown once, two officers, three languages.
func TestWithdrawPages(t *testing.T) {
	p := newPapers(t, testkit.SQLite(t, modules))
	path := WithdrawHref(p.e.ID)
	if w := p.get(p.resident, path); w.Code != http.StatusForbidden {
		t.Error("a resident:", w.Code)
	}
	for _, p.lang = range []i18n.Lang{i18n.EN, i18n.UK, i18n.PL} {
		c := p.number(p.electors(1)[0], p.pool)
		doc := p.whole("unfilled", p.post(p.officer, path, "kod", c.Letters()), http.StatusUnprocessableEntity)
		if doc.Find("#kod").AttrOr("value", "") != c.Letters() {
			t.Error("what was typed is lost")
		}
		p.whole("not ticked", p.post(p.officer, path, "kod", c.Letters(), "opis", "pomyłka"), http.StatusUnprocessableEntity)
		p.taken(p.post(p.officer, path, "kod", c.Letters(), "opis", "pomyłka", "osobno", "tak"))
		if doc := p.page(p.officer, path); doc.Find("[data-asked]").Length() != 1 || doc.Find("[data-withdraw]").Length() != 0 || strings.Contains(doc.Text(), c.Letters()) {
			t.Error("who asked can confirm, or the number stands on the page")
		}
		if items := p.desks(p.anna); len(items) != 1 || items[0].Href != path {
			t.Errorf("on the desk of the second officer: %+v", items)
		}
		if items := p.desks(p.officer); len(items) != 0 {
			t.Errorf("on the desk of who asked: %+v", items)
		}
		if doc := p.page(p.anna, path); doc.Find("form[data-withdraw] #kod2").Length() != 1 {
			t.Error("the second officer finds no form")
		}
		doc = p.whole("another number", p.post(p.anna, path+"/potwierdzenie", "kod2", NewNumber().Letters()), http.StatusUnprocessableEntity)
		if doc.Find("#errsum a[href='#kod2']").Length() != 1 {
			t.Error("the refusal is not at its field")
		}
		mark := p.page(p.anna, path).Find("[data-asked] input[name=oswiadczenie]").AttrOr("value", "")
		doc = p.whole("no words", p.post(p.anna, path+"/odmowa", "oswiadczenie", mark), http.StatusUnprocessableEntity)
		if doc.Find("#errsum a[href='#"+keepField(mark)+"']").Length() != 1 || doc.Find("details[open]").Length() != 1 {
			t.Error("the refusal is not at its field")
		}
		p.taken(p.post(p.anna, path+"/odmowa", "oswiadczenie", mark, keepField(mark), "karta już wrzucona"))
		p.taken(p.post(p.officer, path, "kod", c.Letters(), "opis", "pomyłka", "osobno", "tak"))
		p.taken(p.post(p.anna, path+"/potwierdzenie", "kod2", c.Letters()))
		if n := p.page(p.anna, path).Find("[data-asked]").Length(); n != 0 {
			t.Error("it waits still")
		}
	}
	p.e = p.closed(p.e)
	if doc := p.page(p.anna, path); doc.Find("form[data-ask]").Length() != 0 || doc.Find("[role=status]").Length() == 0 {
		t.Error("after the vote declarations are withdrawn")
	}
	p.clock = time.Unix(p.e.Rules.Calendar.VoteTo+closeWait, 0)
	if text := p.page(p.officer, BatchesHref(p.e.ID)).Find("[data-end]").Text(); !strings.Contains(text, "3") {
		t.Errorf("withdrawn declarations are not counted: %q", text)
	}
}

func FuzzReadTaken(f *testing.F) {
	for _, seed := range []string{"", "abcd efgh", NewNumber().Letters(), "ąęść", "2222-2222", "222222222"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		c, err := readTaken(typed)
		if (err == nil) != (len(c.Letters()) == takenLength) {
			t.Errorf("%q: %d letters, %v", typed, len(c.Letters()), err)
		}
	})
}
