package takeover

import (
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/importing"
	"kladka/internal/testkit"
	"kladka/internal/testkit/center"
	"kladka/internal/training"
)

// pages walks over the pages of the package while something is taken over.
func (h *house) pages(people importing.Batch) {
	h.T.Helper()
	h.Who = h.Officer
	if n := h.Page(Path).Find("form[enctype='multipart/form-data']").Length(); n != 3 {
		h.T.Errorf("%d forms", n)
	}
	for _, lang := range []string{"en", "uk", "pl"} {
		h.Lang = langOf(lang)
		h.Page(Path)
		h.Page(PairsPath)
	}
	for _, part := range parts {
		w := h.Get(Path + "/" + part.Path + "/wzor.csv")
		b, err := h.s.plan(h.T.Context(), part.Kind, h.At, importing.NewID(), tableOf(h.T, w.Body.Bytes()))
		h.OK(err)
		for _, p := range b.reader.problems {
			if p.Level == importing.LevelError && p.Key != "takeover.problem.training" && p.Key != "takeover.problem.paper_differs" {
				h.T.Errorf("our own sheet %s: %s", part.Path, p.Key)
			}
		}
	}
	doc := h.Page(PairsPath)
	reasons := map[string]int{}
	for _, a := range doc.Find("article[data-pair]").EachIter() {
		reasons[a.AttrOr("data-pair", "")]++
	}
	// Anna changed her surname; Barbara has two addresses and a paper; of Jan Jeden
	// there are two by birth date, so they are no pair.
	if reasons["surname_mail"] != 1 || reasons["name"] < 2 || reasons["name_birth"] != 0 {
		h.T.Errorf("pairs: %v", reasons)
	}
	if doc.Find("[data-promise='why']").Length() != doc.Find("article[data-pair]").Length() {
		h.T.Error("a pair without its reason")
	}
	h.Who = h.Ewa
	for _, path := range []string{Path, PairsPath, Path + "/szkolenia/wzor.csv"} {
		if w := h.Get(path); w.Code != 403 {
			h.T.Errorf("%s for a teacher: %d", path, w.Code)
		}
	}
	h.Who = h.Officer
	if w := h.Get(Path + "?osrodek=" + string(h.School)); w.Code != 404 {
		h.T.Errorf("another's center: %d", w.Code)
	}
}

// TestMerge merges a guest with somebody who has an account, and undoes it.
func TestMerge(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		first, second := h.Publish(t, nil), h.Publish(t, nil)
		own := h.Put(first, h.Ewa, training.Completed, nil)
		guest := h.Put(second, h.Stranger, training.Completed, func(e *training.Enrollment) { e.Name, e.Email = "Ewa Łoś", "ewa@example.org" })
		h.Put(second, h.Jan, training.Completed, nil)
		h.OK(h.s.Look(t.Context(), h.At))
		h.OK(h.s.Look(t.Context(), h.At)) // again: nothing new
		pairs, err := h.s.Pairs(t.Context(), h.Officer, h.At, PairOpen, "", 10)
		h.OK(err)
		if len(pairs) != 1 || pairs[0].Reason != NameAndPlace {
			t.Fatalf("pairs: %+v", pairs)
		}
		p := pairs[0]
		kept := p.A
		if row, err := h.s.rowOf(t.Context(), d, p.A); err != nil || row.Person == "" {
			kept = p.B
		}
		h.refusedMerges(p, kept)
		h.Who = h.Officer
		if n := h.Page(PairsPath + "/" + p.ID).Find("tbody tr").Length(); n < 7 {
			t.Errorf("%d rows beside each other", n)
		}
		if w := h.Post(PairsPath+"/"+p.ID, "decyzja", "zostaje-"+kept, "wersja", "1"); w.Code != 303 {
			t.Fatalf("merge: %d", w.Code)
		}
		if got := h.Enrollment(guest.ID); got.Person != string(h.Ewa.Person) || got.Name != guest.Name || got.Email != guest.Email {
			t.Errorf("merged: %+v", got)
		}
		if n := h.Page(PairsPath + "/" + p.ID).Find("#razem-szkolenia").Parent().Find("tbody tr").Length(); n != 2 {
			t.Errorf("%d trainings together", n)
		}
		if w := h.Post(PairsPath+"/"+p.ID, "decyzja", "cofnij", "wersja", "2"); w.Code != 303 {
			t.Fatalf("reopen: %d", w.Code)
		}
		if got := h.Enrollment(guest.ID); got.Person != "" {
			t.Errorf("after the undo: %+v", got)
		}
		if got := h.Enrollment(own.ID); got.Person != own.Person {
			t.Errorf("the account lost its own: %+v", got)
		}
		h.apart(p)
	})
}

func (h *house) refusedMerges(p Pair, kept string) {
	ctx := h.T.Context()
	center.Refuses(h.T, "a teacher merges", h.s.Merge(ctx, h.Ewa, p.ID, kept, 1), fault.NotFound)
	center.Refuses(h.T, "a stranger merges", h.s.Merge(ctx, h.Stranger, p.ID, kept, 1), fault.SignedOut)
	center.Refuses(h.T, "neither is kept", h.s.Merge(ctx, h.Officer, p.ID, p.ID, 1), fault.Invalid)
	center.Refuses(h.T, "an old page", h.s.Merge(ctx, h.Officer, p.ID, kept, 7), fault.Conflict)
	center.Refuses(h.T, "nothing to undo", h.s.Reopen(ctx, h.Officer, p.ID, 1), fault.Conflict)
	_, err := h.s.Pairs(ctx, h.Ewa, h.At, PairOpen, "", 10)
	center.Refuses(h.T, "a teacher lists", err, fault.Forbidden)
}

// apart remembers that two are not one, however often is looked.
func (h *house) apart(p Pair) {
	ctx := h.T.Context()
	h.OK(h.s.KeepApart(ctx, h.Officer, p.ID, 3))
	center.Refuses(h.T, "decided already", h.s.Merge(ctx, h.Officer, p.ID, p.A, 4), fault.Conflict)
	h.OK(h.s.Look(ctx, h.At))
	open, err := h.s.Pairs(ctx, h.Officer, h.At, PairOpen, "", 10)
	h.OK(err)
	h.want("asked again", len(open), 0)
	h.want("kept apart", h.n(`select count(*) from training_merge_pairs where state = 'apart'`), 1)
	h.exec(`update training_enrollments set name = '' where person = ''`)
	h.OK(h.s.lookEverywhere(ctx))
	h.want("pairs with somebody who was forgotten", h.n(`select count(*) from training_merge_pairs`), 0)
	h.want("faces left", h.n(`select count(*) from training_merge_faces`), 2)
}
