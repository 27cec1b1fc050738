package vote

import (
	"slices"
	"sync"
	"testing"
	"time"

	"kladka/internal/budget"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/seal"
	"kladka/internal/testkit"
)

func wants(t *testing.T, what string, err error, kind fault.Kind, key string) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != kind || f.Key != key && !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Key == key }) {
		t.Errorf("%s: %v, want %s", what, err, key)
	}
}

func TestCast(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		p := newKit(t, d).polling(nil, budget.Approval, budget.One)
		who := p.electors(2)
		castRefusals(t, p, who[0])
		if n := p.count(`select count(*) from budget_rights where edition = ? and spent`, p.e.ID) + p.count(`select count(*) from budget_envelopes`); n != 0 {
			t.Fatal("a refused vote left something behind")
		}

		on := p.on(budget.Approval)
		b := p.given(budget.Approval, who[0], on.crosses(2, 5))
		first, err := p.Cast(t.Context(), p.e, b)
		p.ok(err)
		b.Choice = on.crosses(1)
		again, err := p.Cast(t.Context(), p.e, b)
		p.ok(err)
		b.At = time.Unix(p.e.Rules.Calendar.VoteTo+3600, 0)
		late, err := p.Cast(t.Context(), p.e, b)
		p.ok(err)
		if first.Digest == "" || again != first || late != first || first.Secret != "" {
			t.Error("the same form has several receipts:", first, again, late)
		}
		_, err = p.Cast(t.Context(), p.e, p.given(budget.Approval, who[0], on.crosses(1)))
		wants(t, "a second form", err, fault.Conflict, "vote.fault.spent")
		stolen := p.given(budget.One, who[1], p.on(budget.One).crosses(1))
		stolen.Pool, stolen.Choice, stolen.Envelope = on.Pool.ID, on.crosses(3), b.Envelope
		_, err = p.Cast(t.Context(), p.e, stolen)
		wants(t, "the number of another's envelope", err, fault.BadRequest, "fault.bad_request")
		if rights, _ := Rights(t.Context(), p.db, p.e.ID, who[1]); slices.ContainsFunc(rights, func(r Right) bool { return r.Spent }) {
			t.Error("a refused envelope spent the right")
		}
		if got := p.opened(budget.Approval); len(got) != 1 || !slices.Equal(got[0].Picks, on.crosses(2, 5).Picks) {
			t.Error("in the box:", got)
		}
		boxes(t, p, first, who[1])
	})
}

// castRefusals tries everything that must not be taken.
func castRefusals(t *testing.T, p *polls, who ElectorID) {
	t.Helper()
	on, from, to := p.on(budget.Approval), p.e.Rules.Calendar.VoteFrom, p.e.Rules.Calendar.VoteTo
	for name, c := range map[string]struct {
		change func(b *Ballot)
		kind   fault.Kind
		key    string
	}{
		"a second early":         {func(b *Ballot) { b.At = time.Unix(from-1, 0) }, fault.Conflict, "vote.fault.early"},
		"late by no time":        {func(b *Ballot) { b.At = time.Unix(to, 0) }, fault.Conflict, "vote.fault.late"},
		"late by a second":       {func(b *Ballot) { b.At = time.Unix(to+1, 0) }, fault.Conflict, "vote.fault.late"},
		"nobody":                 {func(b *Ballot) { b.Elector = newElector() }, fault.Forbidden, "vote.fault.no_right"},
		"a made-up number":       {func(b *Ballot) { b.Envelope = "1" }, fault.BadRequest, "fault.bad_request"},
		"a number in capitals":   {func(b *Ballot) { b.Envelope = "ABCDEFABCDEFABCDEFABCDEFABCDEFAB" }, fault.BadRequest, "fault.bad_request"},
		"no pool":                {func(b *Ballot) { b.Pool = budget.PoolID(newID()) }, fault.NotFound, ""},
		"nothing":                {func(b *Ballot) { b.Choice = budget.Choice{} }, fault.Invalid, "budget.ballot.too_few"},
		"too many":               {func(b *Ballot) { b.Choice = on.crosses(1, 2, 3, 4, 5) }, fault.Invalid, "budget.ballot.too_many"},
		"one twice":              {func(b *Ballot) { b.Choice = on.crosses(1, 1) }, fault.Invalid, "budget.ballot.twice"},
		"of another pool":        {func(b *Ballot) { b.Choice = p.on(budget.One).crosses(1) }, fault.Invalid, "budget.ballot.unknown"},
		"points on a cross-list": {func(b *Ballot) { b.Choice.Picks[0].Points = 2 }, fault.Invalid, "budget.ballot.no_such_points"},
	} {
		b := p.given(budget.Approval, who, on.crosses(1))
		c.change(&b)
		_, err := p.Cast(t.Context(), p.e, b)
		if c.kind == fault.NotFound {
			refuses(t, name, err, c.kind)
			continue
		}
		wants(t, name, err, c.kind, c.key)
	}
	canceled := p.e
	canceled.State = budget.Canceled
	_, err := p.Cast(t.Context(), canceled, p.given(budget.Approval, who, on.crosses(1)))
	wants(t, "canceled", err, fault.Conflict, "vote.fault.canceled")
}

// boxes closes them: what arrived in time and waited is still taken until then,
// and nothing after it.
func boxes(t *testing.T, p *polls, r Receipt, who ElectorID) {
	t.Helper()
	on := p.on(budget.Approval)
	inTime := p.given(budget.One, who, p.on(budget.One).crosses(4))
	inTime.At = time.Unix(p.e.Rules.Calendar.VoteTo-1, 0)
	p.e = p.closed(p.e)
	if _, err := p.Cast(t.Context(), p.e, inTime); err != nil {
		t.Error("a vote that came in time:", err)
	}
	wants(t, "too early", p.CloseBoxes(t.Context(), p.e), fault.Conflict, "vote.fault.box_open")
	p.clock = time.Unix(p.e.Rules.Calendar.VoteTo+closeWait, 0)
	p.ok(p.CloseBoxes(t.Context(), p.e))
	p.ok(p.CloseBoxes(t.Context(), p.e)) // a job may come twice
	inTime.Pool, inTime.Choice, inTime.Envelope = on.Pool.ID, on.crosses(1), NewEnvelope()
	_, err := p.Cast(t.Context(), p.e, inTime)
	wants(t, "after the box was closed", err, fault.Conflict, "vote.fault.box_closed")
	list, err := Digests(t.Context(), p.db, p.e.ID, on.Pool.ID, 0, 10)
	p.ok(err)
	n, err := BoxCount(t.Context(), p.db, p.e.ID, on.Pool.ID)
	if err != nil || n != 1 || !slices.Equal(list, []string{r.Digest}) {
		t.Error("digests:", n, list, err)
	}
	p.ok(p.db.Write(t.Context(), func(tx *db.Tx) error {
		n, err := DestroyEnvelopes(t.Context(), tx, p.e.ID)
		if n != 2 {
			t.Error("destroyed:", n)
		}
		return err
	}))
}

// TestAtOnce casts from many devices at the same time: one right is spent once,
// and one form has one receipt.
func TestAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		p := newKit(t, d).polling(nil, budget.Approval)
		who, on := p.electors(2), p.on(budget.Approval)
		same := p.given(budget.Approval, who[1], on.crosses(2))
		const devices = 8
		var at sync.WaitGroup
		errs, receipts := make([]error, devices), make([]Receipt, devices)
		for i := range devices {
			other := p.given(budget.Approval, who[0], on.crosses(1))
			at.Go(func() { _, errs[i] = p.cast(t.Context(), p.e, on, other) })
			at.Go(func() { receipts[i], _ = p.cast(t.Context(), p.e, on, same) })
		}
		at.Wait()
		won := 0
		for i := range devices {
			if errs[i] == nil {
				won++
			} else {
				wants(t, "a slower device", errs[i], fault.Conflict, "vote.fault.spent")
			}
			if receipts[i] != receipts[0] || receipts[i].Digest == "" {
				t.Error("receipts of one form:", receipts[i], receipts[0])
			}
		}
		if n := p.count(`select count(*) from budget_envelopes`); won != 1 || n != 2 {
			t.Error("won", won, "envelopes", n)
		}
	})
}

func TestChange(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		p := newKit(t, d).polling(func(r *budget.Rules) { r.ChangeOfMind = true }, budget.Approval)
		who, on := p.electors(1), p.on(budget.Approval)
		b := p.given(budget.Approval, who[0], on.crosses(1))
		b.Secret = NewSecret()
		first, err := p.Cast(t.Context(), p.e, b)
		p.ok(err)
		if first.Secret != b.Secret {
			t.Error("the receipt has no second secret")
		}
		if p.count(`select count(*) from budget_envelopes where second = ?`, b.Secret) != 0 {
			t.Error("the secret itself was stored")
		}
		change := p.given(budget.Approval, "", on.crosses(7))
		change.Secret, change.Next = NewSecret(), NewSecret()
		_, err = p.Change(t.Context(), p.e, change)
		wants(t, "a made-up secret", err, fault.Invalid, "vote.fault.secret")
		late := change
		late.Secret, late.At = b.Secret, time.Unix(p.e.Rules.Calendar.VoteTo, 0)
		_, err = p.Change(t.Context(), p.e, late)
		wants(t, "late", err, fault.Conflict, "vote.fault.late")
		change.Secret = b.Secret
		second, err := p.Change(t.Context(), p.e, change)
		p.ok(err)
		again, err := p.Change(t.Context(), p.e, change)
		p.ok(err)
		if second.Digest == first.Digest || again != second || second.Secret != change.Next {
			t.Error("receipts:", first, second, again)
		}
		later := p.given(budget.Approval, "", on.crosses(7))
		later.Secret, later.Next = change.Next, NewSecret()
		_, err = p.Change(t.Context(), p.e, later)
		p.ok(err)
		change.Choice = on.crosses(2)
		_, err = p.Change(t.Context(), p.e, change)
		wants(t, "an earlier form sent again brings the earlier vote back", err, fault.Invalid, "vote.fault.secret")
		later.Secret, later.Next = later.Next, "krótki"
		_, err = p.Change(t.Context(), p.e, later)
		wants(t, "a next secret of one's own", err, fault.BadRequest, "fault.bad_request")
		if got := p.opened(budget.Approval); len(got) != 1 || got[0].Picks[0].Project != on.order[6] {
			t.Error("in the box:", got)
		}
		school := p.e
		school.Kind = budget.School
		_, err = p.Change(t.Context(), school, change)
		wants(t, "a school", err, fault.Conflict, "vote.fault.no_change")
	})
}

// TestEnvelopesAreAlike: one choice has as many envelopes as it is cast times, and
// whatever is chosen, they have one length.
func TestEnvelopesAreAlike(t *testing.T) {
	p := newKit(t, testkit.SQLite(t, modules)).polling(nil, budget.Approval)
	on, seen := p.on(budget.Approval), map[string]bool{}
	for _, c := range []budget.Choice{on.crosses(1), on.crosses(1), on.crosses(1, 2, 3, 8)} {
		sealed, err := on.seal(c)
		p.ok(err)
		if len(sealed) != seal.SealedSize(on.size) || seen[seal.Digest(sealed)] {
			t.Error("an envelope of", len(sealed), "bytes")
		}
		seen[seal.Digest(sealed)] = true
	}
}
