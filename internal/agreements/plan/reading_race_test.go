package plan

import (
	"sync"
	"testing"

	"kladka/internal/platform/fault"
)

// approvedAtOnce: of what two institutions entered for one municipality one
// reading counts, however close the approvals are.
func (k *kit) approvedAtOnce(t *testing.T) {
	p, _, _ := k.adopted()
	i := k.indicator(p, "R1", func(i *Indicator) { i.Way, i.Asked = Entered, AskTowns })
	k.ok(k.EnterReading(t.Context(), k.townClerk, Entry{Institution: k.townOffice, Indicator: i.ID, Town: town, Year: 2025, Value: "1"}))
	k.ok(k.EnterReading(t.Context(), k.officer, Entry{Indicator: i.ID, Town: town, Year: 2025, Value: "2"}))
	var ids []ReadingID
	k.ok(k.db.Select(t.Context(), &ids, `select id from plan_readings where indicator = ? order by id`, i.ID))
	if len(ids) != 2 {
		t.Fatalf("%d readings wait", len(ids))
	}
	var wait sync.WaitGroup
	errs := make([]error, 2)
	for n, id := range ids {
		wait.Go(func() { errs[n] = k.Approve(t.Context(), k.officer, id, 1) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil && fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
	}
	var approved int
	k.ok(k.db.Get(t.Context(), &approved, `select count(*) from plan_readings where indicator = ? and state = ?`, i.ID, Approved))
	if approved != 1 {
		t.Errorf("%d readings count for one place and year", approved)
	}
}
