package privacy

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

func TestDeclareRefuses(t *testing.T) {
	for name, spoil := range map[string]func(p *Purpose){
		"no key":            func(p *Purpose) { p.Key = "notes" },
		"no module":         func(p *Purpose) { p.Module = "" },
		"no controller":     func(p *Purpose) { p.Controller = "" },
		"no basis":          func(p *Purpose) { p.Basis = "zgoda" },
		"no recipients":     func(p *Purpose) { p.Recipients = nil },
		"no time":           func(p *Purpose) { p.Keep = Keep{} },
		"two times":         func(p *Purpose) { p.Keep.Param = "law.audit_keep" },
		"from nowhere":      func(p *Purpose) { p.Keep.Since = "" },
		"no export":         func(p *Purpose) { p.Holds[0].Export = nil },
		"export denied too": func(p *Purpose) { p.Holds[0].Withheld = "x" },
		"no erase, no why":  func(p *Purpose) { p.Holds[0].Erase, p.Holds[0].Keeps = nil, "" },
		"no sweep":          func(p *Purpose) { p.Holds[0].Expired, p.Holds[0].Sweep = nil, nil },
		"held twice":        func(p *Purpose) { p.Holds = append(p.Holds, p.Holds[0]) },
		"sweep unseen":      func(p *Purpose) { p.Holds[0].Expired = nil },
	} {
		t.Run(name, func(t *testing.T) {
			p := new(env).purpose()
			if why := p.fault(); why != "" {
				t.Fatal(why)
			}
			spoil(&p)
			defer func() {
				if recover() == nil {
					t.Error("declared")
				}
			}()
			NewRegistry().Declare(p)
		})
	}
	defer func() {
		if recover() == nil {
			t.Error("declared twice")
		}
	}()
	NewRegistry().Declare(new(env).purpose(), new(env).purpose())
}

func TestRights(t *testing.T) {
	for basis, list := range map[string]string{
		"art. 6 ust. 1 lit. a RODO": "access rectification restriction erasure portability withdrawal complaint",
		"art. 6 ust. 1 lit. c RODO": "access rectification restriction complaint",
		"art. 6 ust. 1 lit. e RODO": "access rectification restriction erasure objection complaint",
	} {
		var words []string
		for _, r := range rights(basis) {
			words = append(words, string(r))
		}
		if got := strings.Join(words, " "); got != list {
			t.Errorf("%s: %s", basis, got)
		}
	}
}

func TestMessages(t *testing.T) {
	c := catalog(t)
	for _, f := range c.Check() {
		t.Error(f)
	}
	e := newEnv(t, testkit.SQLite(t, modules))
	for _, p := range e.Registry.Purposes() {
		keys := append(slices.Concat(p.Categories, p.Recipients), p.Text+".title", p.Text+".why", p.Keep.Since)
		for _, h := range p.Holds {
			keys = append(keys, h.Title, h.Keeps)
		}
		for _, key := range keys {
			if !c.Has(key) {
				t.Errorf("no text %s", key)
			}
		}
	}
	for _, p := range Params() {
		if !c.Has(p.Title) {
			t.Errorf("no text %s", p.Title)
		}
	}
}

func TestNotice(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		e := newEnv(t, d)
		l := catalog(t).In(i18n.PL)
		if _, err := e.Notice(t.Context(), l, "notes.nothing", ""); err == nil {
			t.Error("an unknown purpose has a notice")
		}
		a, err := e.Notice(t.Context(), l, "notes.words", school)
		must(t, err)
		if !strings.Contains(a.Short, "30 dni od zapisania") || !strings.Contains(a.More, "Szkoła Podstawowa nr 1") || !strings.Contains(a.More, "sprzeciw") {
			t.Errorf("%q %q", a.Short, a.More)
		}
		must(t, e.SetParty(t.Context(), local, Party{Institution: school, Name: "SP 1", Address: "ul. Długa 1, Kraków", Mail: "sp1@example.org", OfficerName: "Iga Lis", OfficerMail: "iod@example.org"}))
		a, err = e.Notice(t.Context(), l, "notes.words", school)
		must(t, err)
		if !strings.Contains(a.More, "Iga Lis, iod@example.org") {
			t.Error(a.More)
		}
		// The same number decides the notice and the deletion.
		cut, ends, err := e.cutoff(t.Context(), d, e.purpose().Keep, e.now)
		if err != nil || !ends || !cut.Equal(e.now.AddDate(0, 0, -30)) {
			t.Errorf("%s %v %v", cut, ends, err)
		}
	})
}

func TestSetPartyRefuses(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	good := Party{Institution: other, Name: "LO 2", Address: "Kraków", Mail: "a@example.org", OfficerName: "Iga Lis", OfficerMail: "iod@example.org"}
	want(t, fault.Forbidden, e.SetParty(t.Context(), local, good))
	good.Institution = ""
	want(t, fault.Forbidden, e.SetParty(t.Context(), local, good))
	bad := good
	bad.Mail, bad.OfficerMail, bad.Name = "Jan <a@example.org>", "", ""
	err := fault.As(e.SetParty(t.Context(), officer, bad))
	if err == nil || len(err.Fields) != 3 {
		t.Error(err)
	}
	must(t, e.SetParty(t.Context(), officer, good))
}

func TestKeepOfTheLaw(t *testing.T) {
	e := newEnv(t, testkit.SQLite(t, modules))
	cut, _, err := e.cutoff(context.Background(), e.d, Keep{Param: "law.audit_keep"}, e.now)
	if err != nil || cut.Format(time.DateOnly) != "2024-11-22" {
		t.Errorf("%s %v", cut, err)
	}
	if _, _, err := e.cutoff(context.Background(), e.d, Keep{Param: "law.nobody"}, e.now); err == nil {
		t.Error("an unknown number deletes")
	}
}
