package vote

import (
	"net/http"
	"testing"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/platform/custody"
	"kladka/internal/testkit"
)

// TestTheKeyAsksForThePassword: a computer that somebody left alone makes no key.
func TestTheKeyAsksForThePassword(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	p := k.polling(nil, budget.Approval)
	e := k.edition(k.clerk, "wieliczka", nil)
	keepers := []string{"osoba", string(k.clerk.Person), "osoba", string(k.officer.Person)}
	tired := k.clerk
	tired.Fresh = false
	doc := p.page(tired, KeyHref(e.ID))
	if way := doc.Find("a[data-prove]").AttrOr("href", ""); way != access.FreshPath+"?dalej=%2Fbudzet-obywatelski%2F"+string(e.ID)+"%2Fklucz" || doc.Find("input[name=osoba]").Length() != 0 {
		t.Errorf("the way to the password: %q", way)
	}
	if w := k.post(tired, KeyHref(e.ID), keepers...); w.Code != http.StatusForbidden {
		t.Error("a key is made without the password once more:", w.Code)
	}
	if w := k.post(tired, KeyHref(e.ID)+"/proba", "udzial", "x"); w.Code != http.StatusForbidden {
		t.Error("a trial without the password once more:", w.Code)
	}
	if key, err := custody.Read(t.Context(), k.db, KeyBox(e.ID)); err != nil || key.Public != "" {
		t.Error("a key was made:", err)
	}
	if n := k.whole("shares", k.post(k.clerk, KeyHref(e.ID), keepers...), http.StatusOK).Find("pre").Length(); n != custody.Parts {
		t.Error("shares:", n)
	}
}
