package plan

import (
	"fmt"
	"sync"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

// TestAtOnce lets people do the same thing at the same time.
func TestAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k := newDrafting(t, d)
		t.Run("remarks", func(t *testing.T) { k.remarksAtOnce(t) })
		t.Run("approvals", func(t *testing.T) { k.approvedAtOnce(t) })
	})
}

// remarksAtOnce: everybody remarks in the last minute, while the same answer
// is given on two screens. Nothing is lost and nothing is counted twice.
func (k *drafting) remarksAtOnce(t *testing.T) {
	ctx := t.Context()
	k.ok(k.SaveText(ctx, k.officer, k.plan, 0, firstText, ""))
	k.ok(k.Advance(ctx, k.officer, k.plan, 1, Remarks, "2026-12-20"))
	v, key := k.newest(), k.keyOf(second)
	one, err := k.AddRemark(ctx, k.delegate, v.ID, key, k.townOffice, "pierwsza", "")
	k.ok(err)
	const many = 12
	var all sync.WaitGroup
	errs := make([]error, many+2)
	for n := range errs {
		all.Go(func() {
			if n < many {
				_, errs[n] = k.AddRemark(ctx, k.delegate, v.ID, key, k.townOffice, fmt.Sprint("uwaga ", n), "")
			} else {
				errs[n] = k.AnswerRemark(ctx, k.officer, one, 1, Taken, "")
			}
		})
	}
	all.Wait()
	for _, err := range errs[:many] {
		k.ok(err)
	}
	if (errs[many] == nil) == (errs[many+1] == nil) {
		t.Errorf("the same answer twice: %v, %v", errs[many], errs[many+1])
	}
	for _, err := range errs[many:] {
		if err != nil && fault.KindOf(err) != fault.Conflict {
			t.Error(err)
		}
	}
	list, err := k.RemarksOf(ctx, k.officer, v.ID, true)
	k.ok(err)
	if v = k.newest(); len(list) != many || v.Remarks != many+1 || v.Unanswered != many {
		t.Errorf("%d wait; counted %d and %d", len(list), v.Remarks, v.Unanswered)
	}
}
