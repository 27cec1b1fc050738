package privacy

import (
	"testing"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

var zeroCursor = web.Cursor{}

// withConsent declares a purpose that rests on consent.
func withConsent(t *testing.T, d *db.DB) *env {
	e := newEnv(t, d)
	p := e.purpose()
	p.Key, p.Basis = "notes.photos", "art. 6 ust. 1 lit. a RODO"
	e.Registry.Declare(p)
	return e
}

func TestGiveRefuses(t *testing.T) {
	e := withConsent(t, testkit.SQLite(t, modules))
	good := Consent{Purpose: "notes.photos", Subject: anna, Relation: Self, Lang: "pl", Text: "Zgadzam się na zdjęcie."}
	for name, change := range map[string]func(c *Consent){
		"a purpose without consent":     func(c *Consent) { c.Purpose = "notes.words" },
		"a purpose that is not there":   func(c *Consent) { c.Purpose = "notes.nothing" },
		"for another as oneself":        func(c *Consent) { c.Subject = jan },
		"as one's own parent":           func(c *Consent) { c.Relation = Parent },
		"an unknown relation":           func(c *Consent) { c.Relation = "uncle" },
		"without a text":                func(c *Consent) { c.Text = "" },
		"in a language we do not speak": func(c *Consent) { c.Lang = "de" },
	} {
		c := good
		change(&c)
		if _, err := e.Give(t.Context(), asAnna, c); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := e.Give(t.Context(), audit.By{}, good)
	want(t, fault.Invalid, err)
}

func TestConsent(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := withConsent(t, d)
		asJan := audit.By{Person: jan}
		c := Consent{Purpose: "notes.photos", Subject: anna, Relation: Self, Lang: "pl", Text: "Zgadzam się na zdjęcie."}
		first, err := e.Give(t.Context(), asAnna, c)
		must(t, err)
		c.Text = "Zgadzam się na zdjęcie i film."
		second, err := e.Give(t.Context(), asAnna, c)
		must(t, err)
		c.Text, c.Relation = "Zgadzam się na zdjęcie.", Parent
		third, err := e.Give(t.Context(), asJan, c)
		must(t, err)
		all, err := e.Consents(t.Context(), anna)
		if err != nil || len(all) != 3 || all[0].ID != third || all[0].Version != 1 || all[1].Version != 2 || all[1].Text != "Zgadzam się na zdjęcie i film." {
			t.Fatalf("%+v %v", all, err)
		}
		stranger := audit.By{Person: guard}
		want(t, fault.NotFound, e.Withdraw(t.Context(), stranger, first))
		want(t, fault.NotFound, e.Withdraw(t.Context(), asJan, first))
		must(t, e.Withdraw(t.Context(), asAnna, first))
		want(t, fault.Conflict, e.Withdraw(t.Context(), asAnna, first))
		if ok, err := e.Consented(t.Context(), d, "notes.photos", anna); err != nil || !ok {
			t.Error("others stand", ok, err)
		}
		must(t, e.Withdraw(t.Context(), asAnna, second))
		must(t, e.Withdraw(t.Context(), asJan, third)) // who gave it may, too
		if ok, err := e.Consented(t.Context(), d, "notes.photos", anna); err != nil || ok {
			t.Error("all are withdrawn", ok, err)
		}
		// The proof outlives the person, and goes in its time.
		_, err = e.Erase(t.Context(), officer, anna, "wniosek 1")
		must(t, err)
		if n := e.left(t, `select count(*) from privacy_consents`); n != 3 {
			t.Errorf("%d consents stay", n)
		}
		e.now = e.now.AddDate(3, 0, 1)
		must(t, e.Nightly(t.Context()))
		e.now = e.now.AddDate(0, 0, 1)
		must(t, e.Nightly(t.Context()))
		if n := e.left(t, `select count(*) from privacy_consents`); n != 0 {
			t.Errorf("%d consents stay", n)
		}
	})
}
