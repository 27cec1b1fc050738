package agreements

import (
	"context"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit/center"
)

// attacks are what somebody with a right at one place tries at another.
func attacks(t *testing.T, h *house) {
	t.Run("nobody signs for two", func(t *testing.T) { forTwo(t, h) })
	t.Run("nothing hangs below a foreign framework", func(t *testing.T) { below(t, h) })
	t.Run("a draft is put right", func(t *testing.T) { putRight(t, h) })
}

// forTwo: an officer who types the own institution twice, marks it as the
// association, or acts for the authority that runs the other party.
func forTwo(t *testing.T, h *house) {
	ctx, k := t.Context(), h.k
	id, err := h.Add(ctx, k.Officer, Whole{Agreement: Agreement{Title: "Podstęp"}, Parties: []Party{{Institution: k.At, Name: "Centrum"}}})
	k.OK(err)
	for what, p := range map[string]Party{"the own one twice": {Institution: k.At, Name: "Instytut"}, "as the association": {Institution: k.Other, Association: true},
		"an institution that is not there": {Institution: center.TestID(777), Name: "Nikt"}} {
		center.Refuses(t, what, h.AddParty(ctx, k.Officer, id, 1, p, Signatory{}), fault.Invalid)
	}
	office := center.TestID(40)
	k.Write(func(ctx context.Context, tx *db.Tx) error {
		return k.Places.Save(ctx, tx, []directory.Institution{{ID: office, Origin: directory.Invented, Kind: directory.Office, Name: "Urząd", Municipality: "126101", RunningMunicipality: "126101"}})
	})
	clerk := k.Person("Urszula Urząd", access.AuthorityOfficer, office)
	if clerk.MayAt(ctx, access.ManageAgreements, k.School) != nil {
		t.Fatal("the office reaches its school no more: the case proves nothing")
	}
	center.Refuses(t, "the authority of a party", speaks(clerk, Party{Institution: k.School}), fault.Forbidden)
	_, err = h.Add(ctx, clerk, Whole{Agreement: Agreement{Title: "X"}, Parties: []Party{{Institution: k.School, Name: "Szkoła"}}})
	center.Refuses(t, "the authority adds for a party", err, fault.Forbidden)
}

func below(t *testing.T, h *house) {
	ctx, k := t.Context(), h.k
	w := h.framework(t)
	mine := []Party{{Institution: k.Other, Name: "Inny"}}
	_, err := h.Add(ctx, h.other, Whole{Agreement: Agreement{Title: "Doczepione", Kind: Detailed, Under: w.ID}, Parties: mine})
	center.Refuses(t, "under an agreement of others", err, fault.Invalid)
	draft, err := h.Add(ctx, k.Officer, Whole{Agreement: Agreement{Title: "Ramy w projekcie"}, Parties: []Party{{Institution: k.At, Name: "Centrum"}}})
	k.OK(err)
	_, err = h.Add(ctx, k.Officer, Whole{Agreement: Agreement{Title: "Pod projektem", Kind: Detailed, Under: draft}, Parties: []Party{{Institution: k.At, Name: "Centrum"}}})
	center.Refuses(t, "under a draft", err, fault.Invalid)
	_, err = h.Add(ctx, k.Officer, Whole{Agreement: Agreement{Title: "Szczegóły", Kind: Detailed, Under: w.ID}, Parties: []Party{{Institution: k.At, Name: "Centrum"}}})
	k.OK(err)
}

// putRight: a wrong day, and parts that do not belong there.
func putRight(t *testing.T, h *house) {
	ctx, k := t.Context(), h.k
	id, err := h.Add(ctx, k.Officer, Whole{Agreement: Agreement{Title: "Omyłki", ValidFrom: "2025-01-01", SignedOn: "2025-01-01"}, Parties: []Party{{Institution: k.At, Name: "Centrum"}}})
	k.OK(err)
	center.Refuses(t, "a day in the year 202", h.Describe(ctx, k.Officer, id, 1, Agreement{Kind: Framework, Title: "X", ValidFrom: "0202-10-27"}), fault.Invalid)
	undated, err := h.Add(ctx, k.Officer, Whole{Agreement: Agreement{Title: "Bez dni"}, Parties: []Party{{Institution: k.At, Name: "Centrum"}}})
	k.OK(err)
	k.OK(h.AddArea(ctx, k.Officer, undated, 1, Area{Title: "Obszar bez dni"}))
	k.Who = k.Officer
	if got := center.Text(k.Page(Href(undated)).Find("[data-area]")); !strings.Contains(got, "Obszar bez dni") {
		t.Errorf("a draft without days shows %q", got)
	}
	area := h.find(t, undated).Areas[0].ID
	k.Page(Href(undated) + "/obszar/" + area)
	k.Who = k.Stranger
	k.OK(h.AddArea(ctx, k.Officer, id, 1, Area{Title: "Dobry"}))
	k.OK(h.AddArea(ctx, k.Officer, id, 2, Area{Title: "Omyłkowy"}))
	k.OK(h.Describe(ctx, k.Officer, id, 3, Agreement{Kind: Framework, Title: "Omyłki", SignedOn: "2022-10-27", ValidFrom: "2022-10-27"}))
	k.OK(h.AddParty(ctx, k.Officer, id, 4, Party{Name: "Uczelnia"}, Signatory{Name: "Ewa Kos", Function: "Rektorka"}))
	k.OK(h.AddParty(ctx, k.Officer, id, 5, Party{Association: true, Name: "Stowarzyszenie"}, Signatory{Name: "Jan Kos", Function: "Prezes"}))
	w := h.find(t, id)
	k.OK(h.AddOutcome(ctx, k.Officer, id, 6, Outcome{Words: "W omyłkowym", Area: w.Areas[1].ID}))
	k.OK(h.TakeOut(ctx, k.Officer, id, 7, partArea, w.Areas[1].ID))
	k.OK(h.TakeOut(ctx, k.Officer, id, 8, partParty, w.Parties[1].ID))
	center.Refuses(t, "the own party", h.TakeOut(ctx, k.Officer, id, 9, partParty, w.Parties[0].ID), fault.Conflict)
	center.Refuses(t, "a part of another agreement", h.TakeOut(ctx, k.Officer, id, 9, partArea, newID()), fault.NotFound)
	center.Refuses(t, "what is no part", h.TakeOut(ctx, k.Officer, id, 9, "agreement", string(id)), fault.NotFound)
	center.Refuses(t, "a stranger", h.TakeOut(ctx, h.other, id, 9, partArea, w.Areas[0].ID), fault.NotFound)
	k.OK(h.AddParty(ctx, k.Officer, id, 9, Party{Name: "Inna uczelnia"}, Signatory{Name: "Adam Lis", Function: "Rektor"}))
	k.OK(h.PutInForce(ctx, k.Officer, id, 10))
	w = h.find(t, id)
	if len(w.Areas) != 1 || w.Areas[0].ValidFrom != "2022-10-27" || len(w.Outcomes) != 0 || len(w.Parties) != 3 || len(w.Signatories) != 2 {
		t.Errorf("put right: %+v", w)
	}
	if got := h.toldTo(h.officer); got == "" || got[len(got)-len("in_force"):] != "in_force" {
		t.Errorf("a party learns of it: %q", got)
	}
	center.Refuses(t, "out of what is in force", h.TakeOut(ctx, k.Officer, id, 11, partArea, w.Areas[0].ID), fault.Conflict)
	k.OK(h.Terminate(ctx, k.Officer, id, 11, "2027-01-31", "Koniec projektu"))
	if got := h.find(t, id).StateOn("2026-11-23"); got != InForce {
		t.Errorf("terminated from a later day on, today it is %s", got)
	}
}
