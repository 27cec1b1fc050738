package law

import (
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

// TestLogCannotBeEmptied: whoever edits the numbers of the law cannot have the
// log forget sooner than the law lets it.
func TestLogCannotBeEmptied(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		s := service(t, d)
		c := Change{Key: AuditKeep, ValidFrom: "2026-11-22", Basis: "uchwała nr 5"}
		for _, value := range []string{"0", "1", "23"} {
			c.Value = value
			e := fault.As(s.Add(t.Context(), officer, c))
			if e == nil || len(e.Fields) != 1 || e.Fields[0].Name != fieldValue || e.Fields[0].Key != "law.fault.least" {
				t.Errorf("%s months: %v", value, e)
			}
		}
		if c.Value = "24"; s.Add(t.Context(), officer, c) != nil {
			t.Error("the least itself was refused")
		}
	})
}
