package agreements

import (
	"context"
	"strings"
	"testing"
	"time"

	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
)

func TestAgreements(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		w := h.framework(t)
		t.Run("draft", func(t *testing.T) { draft(t, h) })
		t.Run("arrangement", func(t *testing.T) { arrangement(t, h, w) })
		t.Run("expert", func(t *testing.T) { expert(t, h, w) })
		t.Run("joint", func(t *testing.T) { joint(t, h, w) })
		t.Run("confirm", func(t *testing.T) { confirm(t, h, w) })
		t.Run("pages", func(t *testing.T) { pages(t, h, w) })
		t.Run("reminders", func(t *testing.T) { reminders(t, h, w) })
		t.Run("annex", func(t *testing.T) { annex(t, h, w) })
		t.Run("attacks", func(t *testing.T) { attacks(t, h) })
		t.Run("privacy", func(t *testing.T) { personal(t, h) })
	})
}

func draft(t *testing.T, h *house) {
	ctx, k := t.Context(), h.k
	_, err := h.Add(ctx, k.Head, Whole{Agreement: Agreement{Title: "X"}})
	center.Refuses(t, "a head adds", err, fault.Forbidden)
	_, err = h.Add(ctx, h.other, Whole{Agreement: Agreement{Title: "X"}, Parties: []Party{{Institution: k.At, Name: "Centrum"}}})
	center.Refuses(t, "no party adds", err, fault.Forbidden)
	_, err = h.Add(ctx, h.officer, Whole{Agreement: Agreement{Title: "X", State: InForce}})
	center.Refuses(t, "in force with nothing", err, fault.Conflict)

	id, err := h.Add(ctx, k.Officer, Whole{Agreement: Agreement{Title: "Nowe"}, Parties: []Party{{Institution: k.At, Name: "Centrum"}}})
	k.OK(err)
	_, err = h.Find(ctx, h.other, id)
	center.Refuses(t, "a stranger finds a draft", err, fault.NotFound)
	_, err = h.Find(ctx, k.Stranger, id)
	center.Refuses(t, "nobody finds a draft", err, fault.NotFound)
	center.Refuses(t, "a draft without days", h.PutInForce(ctx, k.Officer, id, 1), fault.Conflict)
	center.Refuses(t, "a stranger changes", h.AddArea(ctx, h.other, id, 1, Area{Title: "X"}), fault.NotFound)
	k.OK(h.Describe(ctx, k.Officer, id, 1, Agreement{Kind: Detailed, Title: "Nowe", SignedOn: "2026-01-02", ValidFrom: "2026-01-02"}))
	center.Refuses(t, "an old screen", h.AddArea(ctx, k.Officer, id, 1, Area{Title: "X"}), fault.Conflict)
	k.OK(h.AddArea(ctx, k.Officer, id, 2, Area{Title: "Obszar"}))
	k.OK(h.AddParty(ctx, k.Officer, id, 3, Party{Name: "Uczelnia"}, Signatory{Name: "Ewa Kos", Function: "Rektorka"}))
	k.OK(h.PutInForce(ctx, k.Officer, id, 4))
	center.Refuses(t, "an area without an annex", h.AddArea(ctx, k.Officer, id, 5, Area{Title: "X"}), fault.Conflict)
	if w, err := h.Find(ctx, k.Stranger, id); err != nil || w.State != InForce || w.Areas[0].ValidFrom != "2026-01-02" || len(w.Signatories) != 1 {
		t.Errorf("in force: %+v %v", w, err)
	}
	k.OK(h.Terminate(ctx, k.Officer, id, 5, "2026-06-30", "Zadanie wykonane"))
	center.Refuses(t, "a terminated one changes", h.AddOutcome(ctx, k.Officer, id, 6, Outcome{Words: "X"}), fault.Conflict)
	onPaper(t, h, h.find(t, id))
	if ids, err := h.searchAfter(ctx, "", 10); err != nil || len(ids) != 2 {
		t.Errorf("to be indexed: %v %v", ids, err)
	}
	if docs, err := h.searchDocs(ctx, []string{string(id), newID()}); err != nil || len(docs) != 1 || !strings.Contains(docs[0].Body, "Uczelnia") {
		t.Errorf("documents: %+v %v", docs, err)
	}
	all, err := h.AreasAll(ctx)
	k.OK(err)
	if len(all) != 3 || all[0].ValidTo != "2026-06-30" {
		t.Errorf("areas end with their agreement: %+v", all)
	}
}

// onPaper: nobody speaks for a party without accounts; its word is typed in.
func onPaper(t *testing.T, h *house, w Whole) {
	now, err := h.yearFigures(t.Context(), h.db, w, 2025)
	h.k.OK(err)
	uni := w.Parties[1].ID
	center.Refuses(t, "on paper without its number", h.Confirm(t.Context(), h.k.Officer, w.ID, uni, 2025, Print(now), ""), fault.Invalid)
	h.k.OK(h.Confirm(t.Context(), h.k.Officer, w.ID, uni, 2025, Print(now), "Pismo 12/2026"))
	if said, err := h.Confirmations(t.Context(), w.ID, 2025); err != nil || len(said) != 1 || !said[0].Paper {
		t.Errorf("said on paper: %+v %v", said, err)
	}
}

func arrangement(t *testing.T, h *house, w Whole) {
	ctx, k, area := t.Context(), h.k, w.Areas[0].ID
	_, err := h.Arrange(ctx, h.other, w.ID, Arrangement{Title: "X"})
	center.Refuses(t, "no party arranges", err, fault.Forbidden)
	_, err = h.Arrange(ctx, k.Officer, w.ID, Arrangement{Title: "X", Due: "2026-12-31", Area: "nic"})
	center.Refuses(t, "an area of nobody", err, fault.Invalid)
	id, err := h.Arrange(ctx, k.Officer, w.ID, Arrangement{Title: "Program konferencji", Due: "2026-11-24", Area: area, Owner: k.At, Money: 125000})
	k.OK(err)
	center.Refuses(t, "an old screen", h.Move(ctx, k.Officer, w.ID, id, 7, Ending{State: InProgress}), fault.Conflict)
	k.OK(h.Move(ctx, k.Officer, w.ID, id, 1, Ending{State: InProgress}))
	if got := h.deskOf(t, k.Officer); !strings.Contains(got, "Program konferencji") {
		t.Errorf("desk: %s", got)
	}
	if got := h.deskOf(t, h.other); got != "" {
		t.Errorf("desk of no party: %s", got)
	}
	k.OK(h.Move(ctx, k.Officer, w.ID, id, 2, Ending{State: Done, On: "2026-11-20", Words: "Konferencja się odbyła"}))
	center.Refuses(t, "over", h.Rearrange(ctx, k.Officer, w.ID, 3, Arrangement{ID: id, Title: "X", OwnerName: "y", Due: "2026-12-01", Area: area}), fault.Conflict)
	if !strings.Contains(h.toldTo(h.officer), "arrangement_done") {
		t.Errorf("told %q", h.toldTo(h.officer))
	}
	k.OK(h.ledger.Take(ctx, ledger.Intake{Key: "arrangement/" + id, Version: 1, Kind: "agreements.arrangement_done", Activity: ledger.Ref{Kind: ArrangementKind, ID: id}, On: "2026-11-20", SchoolYear: 2026, Money: 125000}))
	of, err := h.ledger.Totals(ctx, h.db, ledger.Query{Scope: ledger.Area(area), From: 2026, To: 2026})
	k.OK(err)
	if of[0].Activities != 1 || of[0].Money != 125000 {
		t.Errorf("a closed arrangement counts under its area: %+v", of)
	}

	from := FromDecision{ID: newID(), Agreement: w.ID, Area: "obszar którego nie ma", Title: "Wspólny newsletter", Owner: "Biuro stowarzyszenia", Decision: newID(), Meeting: newID(), Trace: newID()}
	k.OK(h.ArrangementFromDecision(ctx, from))
	k.OK(h.ArrangementFromDecision(ctx, from))
	list, err := h.Arrangements(ctx, w.ID)
	k.OK(err)
	if len(list) != 2 || list[0].Area != "" || list[0].OwnerName != from.Owner || list[0].Due != "2027-08-31" {
		t.Errorf("from a decision: %+v", list)
	}
	from.Agreement = ID(newID())
	center.Refuses(t, "an agreement that is not there", h.ArrangementFromDecision(ctx, from), fault.NotFound)
}

func expert(t *testing.T, h *house, w Whole) {
	ctx, k := t.Context(), h.k
	ask := Request{From: w.Parties[0].ID, To: w.Parties[1].ID, Area: w.Areas[0].ID, Topic: "Ocenianie", Occasion: "Forum Edukacji", AnswerBy: "2026-12-01"}
	_, err := h.AskExpert(ctx, k.Officer, w.ID, ask)
	center.Refuses(t, "for the other party", err, fault.Forbidden)
	past := ask
	past.AnswerBy = "2026-11-23"
	_, err = h.AskExpert(ctx, h.officer, w.ID, past)
	center.Refuses(t, "by today", err, fault.Invalid)
	id, err := h.AskExpert(ctx, h.officer, w.ID, ask)
	k.OK(err)
	if !strings.Contains(h.toldTo(k.Officer), "asked") || !strings.Contains(h.deskOf(t, k.Officer), "Ocenianie") {
		t.Errorf("the asked party: %s, %s", h.toldTo(k.Officer), h.deskOf(t, k.Officer))
	}
	center.Refuses(t, "the asking party answers", h.AnswerRequest(ctx, h.officer, w.ID, id, Reply{Yes: true, Expert: "A", ExpertFrom: "B"}), fault.Forbidden)
	center.Refuses(t, "no without a reason", h.AnswerRequest(ctx, k.Officer, w.ID, id, Reply{}), fault.Invalid)
	k.OK(h.AnswerRequest(ctx, k.Officer, w.ID, id, Reply{Yes: true, Expert: "Maria Nowa", ExpertFrom: "Centrum"}))
	center.Refuses(t, "answered twice", h.AnswerRequest(ctx, k.Officer, w.ID, id, Reply{Reason: "nie"}), fault.Conflict)
	center.Refuses(t, "withdrawn after the answer", h.Withdraw(ctx, h.officer, w.ID, id), fault.Conflict)
	_, err = h.Requests(ctx, h.other, w.ID)
	center.Refuses(t, "no party reads", err, fault.Forbidden)
	a, err := h.Sources()[ExpertKind].Activity(ctx, id)
	if err != nil || strings.Contains(a.Title, "Maria") || len(a.Areas) != 1 {
		t.Errorf("the activity does not name the expert: %+v %v", a, err)
	}
}

func joint(t *testing.T, h *house, w Whole) {
	ctx, k, area := t.Context(), h.k, w.Areas[1].ID
	ref := h.happened(t, 1, area, ledger.Teachers, "k1", "k2")
	h.happened(t, 2, area, ledger.Heads, "k3")
	sum := func(scope ledger.Scope) ledger.Totals {
		of, err := h.ledger.Totals(ctx, h.db, ledger.Query{Scope: scope, From: 2025, To: 2025})
		k.OK(err)
		return of[0].Totals
	}
	if sum(ledger.Area(area)).Activities != 0 || sum(ledger.Near(area)).Activities != 2 {
		t.Fatalf("before the mark: %+v %+v", sum(ledger.Area(area)), sum(ledger.Near(area)))
	}
	center.Refuses(t, "no party marks", h.MarkJoint(ctx, h.other, w.ID, ref, "2025-10-15"), fault.Forbidden)
	center.Refuses(t, "before the agreement", h.MarkJoint(ctx, k.Officer, w.ID, ref, "2020-10-15"), fault.Invalid)
	k.OK(h.MarkJoint(ctx, k.Officer, w.ID, ref, "2025-10-15"))
	if got := sum(ledger.Area(area)); got.Activities != 1 || got.People != 2 || sum(ledger.Near(area)).Activities != 1 {
		t.Errorf("after the mark: %+v", got)
	}
}

func confirm(t *testing.T, h *house, w Whole) {
	ctx, k, year := t.Context(), h.k, 2025
	now, err := h.yearFigures(ctx, h.db, w, year)
	k.OK(err)
	seen := Print(now)
	center.Refuses(t, "for the other party", h.Confirm(ctx, k.Officer, w.ID, w.Parties[0].ID, year, seen, ""), fault.Forbidden)
	center.Refuses(t, "the association for the center", h.Confirm(ctx, h.officer, w.ID, w.Parties[1].ID, year, seen, ""), fault.Forbidden)
	center.Refuses(t, "a year that runs", h.Confirm(ctx, k.Officer, w.ID, w.Parties[1].ID, 2026, seen, ""), fault.Conflict)
	center.Refuses(t, "figures nobody saw", h.Confirm(ctx, k.Officer, w.ID, w.Parties[1].ID, year, "x", ""), fault.Conflict)
	k.OK(h.Confirm(ctx, k.Officer, w.ID, w.Parties[1].ID, year, seen, "Zgadza się"))

	k.OK(h.MarkJoint(ctx, k.Officer, w.ID, ledger.Ref{Kind: "training", ID: someTraining(2)}, "2025-10-15"))
	now, err = h.yearFigures(ctx, h.db, w, year)
	k.OK(err)
	k.OK(h.Confirm(ctx, h.officer, w.ID, w.Parties[0].ID, year, Print(now), ""))
	said, err := h.Confirmations(ctx, w.ID, year)
	k.OK(err)
	diff := differences(now, said)
	if len(said) != 2 || len(diff) != 1 || diff[0].Party != w.Parties[1].ID || diff[0].Was.Activities != 1 || diff[0].Now.Activities != 2 {
		t.Errorf("the difference between the parties stays: %+v", diff)
	}
	k.OK(h.Confirm(ctx, k.Officer, w.ID, w.Parties[1].ID, year, Print(now), ""))
	said, err = h.Confirmations(ctx, w.ID, year)
	k.OK(err)
	if len(said) != 2 || said[1].Version != 2 || len(differences(now, said)) != 0 {
		t.Errorf("the later word counts: %+v", said)
	}
}

func reminders(t *testing.T, h *house, w Whole) {
	h.told = nil
	h.k.OK(h.Remind(t.Context()))
	if got := h.toldTo(h.k.Officer); !strings.Contains(got, "expires") || strings.Contains(got, "late") {
		t.Errorf("reminded of %q", got)
	}
	h.k.Clock = h.k.Clock.AddDate(0, 0, 20)
	id, err := h.AskExpert(t.Context(), h.officer, w.ID, Request{From: w.Parties[0].ID, To: w.Parties[1].ID, Area: w.Areas[0].ID, Topic: "T", Occasion: "O", AnswerBy: "2026-12-15"})
	h.k.OK(err)
	h.told = nil
	h.k.OK(h.Remind(t.Context()))
	if got := h.toldTo(h.k.Officer); !strings.Contains(got, "answer") {
		t.Errorf("reminded of %q", got)
	}
	h.k.OK(h.Withdraw(t.Context(), h.officer, w.ID, id))
	if got := h.deskOf(t, h.k.Officer); !strings.Contains(got, "Kończy się porozumienie") {
		t.Errorf("desk: %s", got)
	}
}

func annex(t *testing.T, h *house, w Whole) {
	ctx, k := t.Context(), h.k
	k.OK(h.Propose(ctx, k.Officer, w.ID, w.Parties[1].ID, "2029-12-31", "Warto"))
	center.Refuses(t, "no longer than now", h.Propose(ctx, k.Officer, w.ID, w.Parties[1].ID, "2026-12-31", ""), fault.Invalid)
	w = h.find(t, w.ID)
	m := Amendment{Annex: Annex{SignedOn: "2026-02-01", HoldsFrom: "2026-03-01", Words: "Zmiana obszarów", ValidTo: "2029-12-31"}, Ends: []string{w.Areas[1].ID}, New: Area{Title: "Nowy obszar"}}
	bad := m
	bad.Ends = []string{"inny"}
	center.Refuses(t, "an area of nobody ends", h.Amend(ctx, k.Officer, w.ID, w.Revision, bad), fault.Invalid)
	k.OK(h.Amend(ctx, k.Officer, w.ID, w.Revision, m))
	w = h.find(t, w.ID)
	if len(w.Areas) != 3 || w.Areas[1].ValidTo != "2026-02-28" || w.Areas[2].ValidFrom != "2026-03-01" || w.Areas[2].No != 3 || w.ValidTo != "2029-12-31" {
		t.Errorf("after the annex: %+v", w.Areas)
	}
	if wishes, err := h.Proposals(ctx, w.ID); err != nil || len(wishes) != 0 {
		t.Errorf("a settled proposal stays: %v %v", wishes, err)
	}
	_, err := h.Arrange(ctx, k.Officer, w.ID, Arrangement{Title: "X", OwnerName: "Y", Due: "2026-12-31", Area: w.Areas[1].ID})
	center.Refuses(t, "an arrangement under an area that ended", err, fault.Invalid)
	k.Drain()
	of, err := h.ledger.Totals(ctx, h.db, ledger.Query{Scope: ledger.Area(w.Areas[1].ID), From: 2025, To: 2025})
	k.OK(err)
	if of[0].Activities != 2 {
		t.Errorf("what was done before the annex stays under its area: %+v", of)
	}
	if doc := k.Page(Href(w.ID)); doc.Find(`[data-area="2"]`).Length() != 1 || !strings.Contains(center.Text(doc.Find(`[data-area="2"]`)), "Warsztat") {
		t.Error("the area that ended is not shown")
	}
}

func personal(t *testing.T, h *house) {
	ctx, k := t.Context(), h.k
	later := time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, p := range h.Purposes() {
		for _, x := range p.Holds {
			if x.Export != nil {
				_, err := x.Export(ctx, string(k.Officer.Person))
				k.OK(err)
			}
			n, err := x.Expired(ctx, h.db, later)
			k.OK(err)
			k.Write(func(ctx context.Context, tx *db.Tx) error {
				if _, err := x.Erase(ctx, tx, string(k.Officer.Person)); err != nil {
					return err
				}
				_, err := x.Sweep(ctx, tx, later, 1000)
				return err
			})
			if left, err := x.Expired(ctx, h.db, later); err != nil || left != 0 {
				t.Errorf("%s: %d of %d left, %v", x.Table, left, n, err)
			}
		}
	}
	var named int
	k.OK(h.db.Get(ctx, &named, `select count(*) from agreements_requests where expert <> '' or asked_by <> ''`))
	if named != 0 {
		t.Errorf("%d experts are still named", named)
	}
}
