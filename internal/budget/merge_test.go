package budget

import (
	"net/http"
	"strings"
	"testing"

	"kladka/internal/platform/fault"
)

// twoMerge has two proposers agree.
func twoMerge(k *projectKit) {
	t, ctx := k.t, k.t.Context()
	a, b := k.filed(k.resident, k.city, "Ławki", "26 000"), k.filed(k.neighbor, k.city, "Ławeczki", "30 000")
	k.ok(k.Watch(ctx, k.third, a))
	offer := MergeOffer{Number: k.project(b).Number, Items: true, Words: "Zróbmy to razem."}
	k.refuses("of another's project", k.OfferMerge(ctx, k.neighbor, a, offer), fault.Forbidden)
	k.refuses("with itself", k.OfferMerge(ctx, k.resident, a, MergeOffer{Number: k.project(a).Number, Words: "x"}), fault.Invalid)
	k.refuses("without words", k.OfferMerge(ctx, k.resident, a, MergeOffer{Number: offer.Number}), fault.Invalid)
	k.ok(k.OfferMerge(ctx, k.resident, a, offer))
	k.refuses("twice", k.OfferMerge(ctx, k.resident, a, offer), fault.Conflict)
	if !strings.Contains(k.toldTo(k.neighbor), "merge_offered") {
		t.Error("the other proposer was not told")
	}
	list, err := MergesOf(ctx, k.db, b)
	k.ok(err)
	id := list[0].ID
	k.refuses("answered by who offered", k.AnswerMerge(ctx, k.resident, id, true), fault.Forbidden)
	k.refuses("taken back by who was asked", k.TakeBackMerge(ctx, k.neighbor, id), fault.Forbidden)
	k.refuses("a page for others", pageFault(k.get(k.third, MergeHref(a)).Code), fault.Forbidden)
	if n := k.page(k.neighbor, MergeHref(b)).Find("input[name=odpowiedz][value=tak]").Length(); n != 1 {
		t.Errorf("%d buttons to agree", n)
	}
	k.sent(k.neighbor, MergeHref(b)+"/odpowiedz", "propozycja", id, "odpowiedz", "tak")
	k.in(a, ProjectMerged)
	k.in(b, ProjectSupport)
	if p := k.project(b); p.Cost != 56_000_00 || k.project(a).MergedInto != b {
		t.Errorf("cost %d, merged into %s", p.Cost, k.project(a).MergedInto)
	}
	for name, who := range map[string]string{"watcher": k.heard(k.third), "proposer": k.heard(k.resident), "the other": k.heard(k.neighbor)} {
		if !strings.Contains(who, "took_in") {
			t.Errorf("%s heard %q", name, who)
		}
	}
	k.refuses("answered again", k.AnswerMerge(ctx, k.neighbor, id, false), fault.Conflict)
	k.mergeRefused(t)
}

// mergeRefused looks at offers that come to nothing.
func (k *projectKit) mergeRefused(t testing.TB) {
	ctx := t.Context()
	a, b := k.filed(k.resident, k.city, "Drzewa", "150 000"), k.filed(k.neighbor, k.city, "Drzewka", "60 000")
	k.ok(k.OfferMerge(ctx, k.resident, a, MergeOffer{Number: k.project(b).Number, Stays: true, Items: true, Words: "x"}))
	list, err := MergesOf(ctx, k.db, a)
	k.ok(err)
	k.refuses("dearer than the pool lets", k.AnswerMerge(ctx, k.neighbor, list[0].ID, true), fault.Conflict)
	k.ok(k.AnswerMerge(ctx, k.neighbor, list[0].ID, false))
	k.ok(k.OfferMerge(ctx, k.resident, a, MergeOffer{Number: k.project(b).Number, Words: "x"}))
	list, err = MergesOf(ctx, k.db, a)
	k.ok(err)
	k.ok(k.TakeBackMerge(ctx, k.resident, list[0].ID))
	k.ok(k.OfferMerge(ctx, k.neighbor, b, MergeOffer{Number: k.project(a).Number, Words: "x"}))
	list, err = MergesOf(ctx, k.db, a)
	k.ok(err)
	k.clock = dayStop("2027-04-29")
	k.refuses("agreed after the cutoff", k.AnswerMerge(ctx, k.resident, list[0].ID, true), fault.Conflict)
	k.refuses("offered after the cutoff", k.OfferMerge(ctx, k.resident, a, MergeOffer{Number: k.project(b).Number, Words: "x"}), fault.Conflict)
	k.in(a, ProjectSupport)
}

// pageFault is a refusal to see a page as a fault.
func pageFault(status int) error {
	if status == http.StatusForbidden {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return nil
}
