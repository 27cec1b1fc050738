package meetings

import (
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/privacy"
)

// forgotten: an erased account is in no row any more, its voice stays
// counted; after the time of keeping all names are gone.
func forgotten(t *testing.T, k *kit) {
	ctx := t.Context()
	holdings := k.peoplePurpose().Holds
	exported := func() (n int) {
		for _, h := range holdings {
			if h.Export != nil {
				list, err := h.Export(ctx, string(k.head.Person))
				k.ok(err)
				n += len(list)
			}
		}
		return n
	}
	before := exported()
	series := k.heads()
	topic := k.proposed(k.head, series, "Dowóz uczniów")
	k.ok(k.Support(ctx, k.complexHead, topic))
	id := k.announced(k.clerk, series)
	k.ok(k.Answer(ctx, k.head, id, Substitute, "Wit Zastępca"))
	_, err := k.AskExpert(ctx, k.clerk, id, Asked{Person: k.expert.Person, Until: "2026-11-20"})
	k.ok(err)
	k.atMeeting(id, time.Minute)
	list, err := InvitationsOf(ctx, k.db, id)
	k.ok(err)
	for _, v := range list {
		k.ok(k.Note(ctx, k.recorder, id, []Came{{Invitation: v.ID, Present: true, Name: "Ktoś Inny"}}))
	}
	items := exported() - before
	for _, h := range holdings {
		k.erase(h, string(k.head.Person))
	}
	if items != 3 {
		t.Errorf("a download of %d things, want topic, voice and invitation", items)
	}
	if got := k.topic(topic); got.Proposer != "" || got.Supports != 2 {
		t.Errorf("after the erasure the topic is %+v", got)
	}
	for _, after := range []struct{ years, left int }{{0, 0}, {1, 1}} {
		before, left := k.clock.AddDate(after.years, 0, 0), 0
		for _, h := range holdings {
			n, err := h.Expired(ctx, k.db, before)
			k.ok(err)
			left += n
		}
		if (left > 0) != (after.left > 0) {
			t.Errorf("%d years later %d rows are to be emptied", after.years, left)
		}
	}
	for _, h := range holdings {
		k.ok(k.db.Write(ctx, func(tx *db.Tx) error { _, err := h.Sweep(ctx, tx, k.clock.AddDate(1, 0, 0), 100); return err }))
		if n, err := h.Expired(ctx, k.db, k.clock.AddDate(1, 0, 0)); err != nil || n != 0 {
			t.Errorf("%s: %d rows left (%v)", h.Table, n, err)
		}
	}
}

func (k *kit) erase(h privacy.Holding, person string) {
	k.t.Helper()
	k.ok(k.db.Write(k.t.Context(), func(tx *db.Tx) error { _, err := h.Erase(k.t.Context(), tx, person); return err }))
}
