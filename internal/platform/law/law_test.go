package law

import (
	"context"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, web.Warsaw)

type names map[string]string

func (n names) People(_ context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for _, id := range ids {
		if n[id] != "" {
			out[id] = n[id]
		}
	}
	return out, nil
}

var officer = audit.By{Person: "0198c0de-0000-7000-8000-000000000001", Role: "administrator"}

// service is a seeded service over d whose clock stands at noon.
func service(t *testing.T, d *db.DB) *Service {
	t.Helper()
	s := New(Config{DB: d, Registry: NewRegistry().Declare(Platform()...), Names: names{officer.Person: "Ewa Nowak"}, Now: func() time.Time { return noon }})
	if err := s.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDeclareRefuses(t *testing.T) {
	good := Param{Key: "law.x", Unit: Days, Title: "law.x", Default: []Default{{Value: "7", Basis: "art. 1"}}}
	for name, p := range map[string]Param{
		"no key":     {Unit: Days, Title: "t", Default: good.Default},
		"no title":   {Key: "a", Unit: Days, Default: good.Default},
		"no value":   {Key: "a", Unit: Days, Title: "t"},
		"no basis":   {Key: "a", Unit: Days, Title: "t", Default: []Default{{Value: "7"}}},
		"wrong unit": {Key: "a", Unit: "weeks", Title: "t", Default: good.Default},
		"wrong date": {Key: "a", Unit: Days, Title: "t", Default: []Default{{Value: "7", Basis: "b", ValidFrom: "2026-02-30"}}},
		"twice":      good,
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("declared")
				}
			}()
			NewRegistry().Declare(good).Declare(p)
		})
	}
}

func TestCheckValue(t *testing.T) {
	for value, want := range map[string]bool{"0": true, "14": true, "36600": true, "36601": false, "-1": false, "+1": false, "07": false, "1.5": false, "": false, "siedem": false, "9999999999999999999999": false} {
		if got := checkValue(Days, value) == nil; got != want {
			t.Errorf("days %q: %v", value, got)
		}
	}
	if checkValue(Date, "2026-02-29") == nil || checkValue(Date, "2026-02-28") != nil {
		t.Error("dates")
	}
	if checkValue(Text, "") == nil || checkValue("weeks", "1") == nil {
		t.Error("an empty text or an unknown unit passes")
	}
}

func FuzzCheckValue(f *testing.F) {
	for _, s := range []string{"0", "24", "-1", "2026-01-01", "١٤", "1e3", "", "00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if checkValue(Months, s) != nil {
			return
		}
		v, err := valueOf(Param{Unit: Months}, Row{Value: s})
		if err != nil || v.Int < 0 || v.Int > most[Months] || strings.TrimLeft(s, "0123456789") != "" {
			t.Errorf("%q passed as %d (%v)", s, v.Int, err)
		}
		if after := v.After(noon); v.Int > 0 && !after.After(noon) {
			t.Errorf("%s after is %s", s, after)
		}
	})
}

func TestAfter(t *testing.T) {
	for _, tt := range []struct {
		unit      Unit
		n         int64
		from, out string
	}{
		{Months, 1, "2027-01-31", "2027-02-28"},
		{Months, 1, "2028-01-31", "2028-02-29"},
		{Months, 1, "2026-11-22", "2026-12-22"},
		{Months, 3, "2026-11-30", "2027-02-28"},
		{Years, 1, "2028-02-29", "2029-02-28"},
		{Days, 14, "2026-12-24", "2027-01-07"},
	} {
		from, err := time.ParseInLocation(time.DateOnly, tt.from, web.Warsaw)
		if err != nil {
			t.Fatal(err)
		}
		if got := day(Value{Unit: tt.unit, Int: tt.n}.After(from)); got != tt.out {
			t.Errorf("%s and %d %s: %s, want %s", tt.from, tt.n, tt.unit, got, tt.out)
		}
	}
	if got := day(Value{Unit: Months, Int: 24}.Before(noon)); got != "2024-11-22" {
		t.Error(got)
	}
}

func TestUnknownIsAnError(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		if _, err := s.Int(t.Context(), d, "law.nobody", noon); err == nil {
			t.Error("an undeclared key has a value")
		}
		if v, err := s.Int(t.Context(), d, RequestAnswer, noon.AddDate(-20, 0, 0)); err == nil {
			t.Errorf("before RODO: %+v", v)
		}
		v, err := s.Int(t.Context(), d, AuditKeep, noon)
		if err != nil || v.Int != 24 || v.Unit != Months || v.Verified {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

func TestSeedNeverOverwrites(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		change := Change{Key: AuditKeep, ValidFrom: "2026-01-01", Value: "36", Basis: "polityka bezpieczeństwa"}
		if err := s.Add(t.Context(), officer, change); err != nil {
			t.Fatal(err)
		}
		if err := s.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v, err := s.Int(t.Context(), d, AuditKeep, noon); err != nil || v.Int != 36 || v.Verified {
			t.Errorf("%+v, %v", v, err)
		}
		if v, err := s.Int(t.Context(), d, AuditKeep, noon.AddDate(-1, 0, 0)); err != nil || v.Int != 24 {
			t.Errorf("what held before: %+v, %v", v, err)
		}
	})
}

func TestAddRefuses(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		good := Change{Key: PublicInformation, ValidFrom: "2026-12-01", Value: "10", Basis: "art. 13 ust. 1"}
		if err := s.Add(t.Context(), officer, Change{Key: "law.nobody"}); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
		for field, change := range map[string]func(c *Change){
			fieldValue:  func(c *Change) { c.Value = "dużo" },
			fieldFrom:   func(c *Change) { c.ValidFrom = "2026-13-01" },
			fieldBasis:  func(c *Change) { c.Basis = "?" },
			fieldReview: func(c *Change) { c.ReviewBy = "2026-11-22" },
			fieldReason: func(c *Change) { c.Reason = strings.Repeat("ą", 501) },
		} {
			c := good
			change(&c)
			err := fault.As(s.Add(t.Context(), officer, c))
			if err == nil || err.Kind != fault.Invalid || len(err.Fields) != 1 || err.Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		if v, err := s.Int(t.Context(), d, PublicInformation, noon.AddDate(1, 0, 0)); err != nil || v.Int != 14 {
			t.Errorf("a refused change is there: %+v, %v", v, err)
		}
	})
}

func TestSameDateNeedsAReason(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		c := Change{Key: RequestAnswer, ValidFrom: gdprApplies, Value: "2", Basis: "art. 12 ust. 3 RODO"}
		err := fault.As(s.Add(t.Context(), officer, c))
		if err == nil || len(err.Fields) != 1 || err.Fields[0].Key != "law.fault.same_date" {
			t.Fatal(err)
		}
		c.Reason = "literówka"
		if err := s.Add(t.Context(), officer, c); err != nil {
			t.Fatal(err)
		}
		rows, errRows := readRows(t.Context(), d)
		if errRows != nil || len(rows[RequestAnswer]) != 2 {
			t.Fatalf("%v, %v", rows[RequestAnswer], errRows)
		}
		old := rows[RequestAnswer][1]
		if old.Standing() || old.Value != "1" || old.WithdrawnReason != "literówka" || old.WithdrawnBy != officer.Person {
			t.Errorf("%+v", old)
		}
		if v, err := s.Int(t.Context(), d, RequestAnswer, noon); err != nil || v.Int != 2 {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

func TestWithdraw(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		rows, err := readRows(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		only := rows[AuditKeep][0].ID
		for want, do := range map[fault.Kind]func() error{
			fault.Invalid:  func() error { return s.Withdraw(t.Context(), officer, only, "") },
			fault.NotFound: func() error { return s.Withdraw(t.Context(), officer, newID(), "pomyłka") },
			fault.Conflict: func() error { return s.Withdraw(t.Context(), officer, only, "pomyłka") },
		} {
			if err := do(); fault.KindOf(err) != want {
				t.Errorf("want %v: %v", want, err)
			}
		}
		if err := s.Add(t.Context(), officer, Change{Key: AuditKeep, ValidFrom: "2026-11-01", Value: "48", Basis: "pomyłka"}); err != nil {
			t.Fatal(err)
		}
		rows, err = readRows(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		// Both at once: one of the two rows must stay.
		results := make(chan error, 2)
		for _, row := range rows[AuditKeep] {
			go func() { results <- s.Withdraw(t.Context(), officer, row.ID, "pomyłka") }()
		}
		first, second := <-results, <-results
		if (first == nil) == (second == nil) {
			t.Errorf("%v and %v", first, second)
		}
		if _, err := s.Int(t.Context(), d, AuditKeep, noon); err != nil {
			t.Error(err)
		}
	})
}

func TestRolledBackIsNotKept(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		stop := fault.New(fault.Conflict, "stop")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec(t.Context(), `update law_params set value = '99' where key = ?`, AuditKeep); err != nil {
				return err
			}
			if err := db.Raise(t.Context(), tx, version); err != nil {
				return err
			}
			if v, err := s.Int(t.Context(), tx, AuditKeep, noon); err != nil || v.Int != 99 {
				t.Errorf("inside: %+v, %v", v, err)
			}
			return stop
		})
		if fault.KindOf(err) != fault.Conflict {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return db.Raise(t.Context(), tx, version) }); err != nil {
			t.Fatal(err)
		}
		if v, err := s.Int(t.Context(), d, AuditKeep, noon); err != nil || v.Int != 24 {
			t.Errorf("outside: %+v, %v", v, err)
		}
	})
}

func TestVerifyAndDue(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		rows, err := readRows(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		id := rows[AuditKeep][0].ID
		if err := s.Verify(t.Context(), officer, id, "2026-11-22"); fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
		if err := s.Verify(t.Context(), officer, newID(), ""); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
		if err := s.Verify(t.Context(), officer, id, "2027-03-01"); err != nil {
			t.Fatal(err)
		}
		if v, err := s.Int(t.Context(), d, AuditKeep, noon); err != nil || !v.Verified || v.VerifiedBy != officer.Person {
			t.Errorf("%+v, %v", v, err)
		}
		if due, err := s.Due(t.Context(), noon); err != nil || len(due) != 0 {
			t.Errorf("%v, %v", due, err)
		}
		due, err := s.Due(t.Context(), noon.AddDate(0, 4, 0))
		if err != nil || len(due) != 1 || due[0].ID != id {
			t.Errorf("%v, %v", due, err)
		}
	})
}

func TestMessages(t *testing.T) {
	c, err := i18n.Load(Messages, web.Messages)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Check() {
		t.Error(f)
	}
	for _, p := range Platform() {
		if !c.Has(p.Title) {
			t.Errorf("no text %s", p.Title)
		}
	}
	for u := range most {
		if !c.Has("law.unit_of."+string(u)) || !c.Has("law.fault.value."+string(u)) {
			t.Errorf("no text for %s", u)
		}
	}
}
