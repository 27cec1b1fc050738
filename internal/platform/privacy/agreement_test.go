package privacy

import (
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

func signed() Agreement {
	return Agreement{Institution: school, Kind: Entrustment, SignedOn: "2026-11-01", ValidFrom: "2026-11-10", Reference: "OR.1431.1.2026"}
}

func TestOpen(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		want(t, fault.Conflict, e.Open(t.Context(), "notes", school))
		must(t, e.Open(t.Context(), "privacy", school)) // rights need no agreement
		must(t, e.Open(t.Context(), "nothing", school))
		why, err := e.WhyClosed(t.Context(), catalog(t).In(i18n.PL), "notes", school)
		if err != nil || len(why.Numbers) != 1 || why.Numbers[0].Value != "Umowa powierzenia przetwarzania danych" {
			t.Errorf("%+v %v", why, err)
		}
		must(t, e.Sign(t.Context(), officer, signed()))
		must(t, e.Open(t.Context(), "notes", school))
		want(t, fault.Conflict, e.Open(t.Context(), "notes", other))
		all, _, err := e.Agreements(t.Context(), local, zeroCursor, 10)
		if err != nil || len(all) != 1 {
			t.Fatalf("%v %v", all, err)
		}
		want(t, fault.Forbidden, e.End(t.Context(), local, all[0].ID, "koniec współpracy"))
		want(t, fault.Invalid, e.End(t.Context(), officer, all[0].ID, ""))
		must(t, e.End(t.Context(), officer, all[0].ID, "koniec współpracy"))
		want(t, fault.Conflict, e.End(t.Context(), officer, all[0].ID, "koniec współpracy"))
		want(t, fault.Conflict, e.Open(t.Context(), "notes", school))
	})
}

func TestMissing(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(a *Agreement)
		open   bool
	}{
		"all modules":     {func(*Agreement) {}, true},
		"this module":     {func(a *Agreement) { a.Module = "notes" }, true},
		"another module":  {func(a *Agreement) { a.Module = "survey" }, false},
		"another kind":    {func(a *Agreement) { a.Kind = JointRules }, false},
		"not yet":         {func(a *Agreement) { a.ValidFrom = "2026-11-23" }, false},
		"its last day":    {func(a *Agreement) { a.ValidUntil = "2026-11-22" }, true},
		"ran out":         {func(a *Agreement) { a.ValidUntil = "2026-11-21" }, false},
		"ended today":     {func(a *Agreement) { a.EndedOn = "2026-11-22" }, false},
		"ended in future": {func(a *Agreement) { a.EndedOn = "2026-12-01" }, true},
	} {
		a := signed()
		tt.change(&a)
		if got := len(missing([]AgreementKind{Entrustment}, []Agreement{a}, "notes", "2026-11-22")) == 0; got != tt.open {
			t.Errorf("%s: open is %v", name, got)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	want(t, fault.Forbidden, e.Sign(t.Context(), local, signed()))
	for field, change := range map[string]func(a *Agreement){
		"instytucja": func(a *Agreement) { a.Institution = "" },
		"rodzaj":     func(a *Agreement) { a.Kind = "friendship" },
		"modul":      func(a *Agreement) { a.Module = "nothing" },
		"podpisano":  func(a *Agreement) { a.SignedOn = "2026-11-23" },
		"od":         func(a *Agreement) { a.ValidFrom = "wczoraj" },
		"do":         func(a *Agreement) { a.ValidUntil = "2026-11-09" },
		"znak":       func(a *Agreement) { a.Reference = "" },
	} {
		a := signed()
		change(&a)
		err := fault.As(e.Sign(t.Context(), officer, a))
		if err == nil || len(err.Fields) != 1 || err.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
