package result

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/budget"
	"kladka/internal/budget/tally"
	"kladka/internal/platform/custody"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestFromBoxToResult goes the whole way on both databases: refusals, a box with
// envelopes that do not belong there, the count, the file, the end.
func TestFromBoxToResult(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.castAll()
		k.refusesBefore()
		k.spoil()
		k.ok(k.open())
		if o := k.opening(); o.State != Opened || o.RunAt != 0 || o.Published() {
			t.Errorf("%+v", o)
		}
		k.checkStored()
		if err := k.File(t.Context(), new(bytes.Buffer), k.stranger, editionID, cityPool); err == nil {
			t.Error("ballots are given out before the count")
		}
		k.ok(k.drain())
		k.checkCounted()
		_, err := k.Bring(t.Context(), k.anna, editionID, k.shares[0])
		refuses(t, "opened again", err, "result.fault.opened")
		k.checkFile()
		k.checkEnd()
	})
}

func (k *kit) refusesBefore() {
	t, ctx := k.t, k.t.Context()
	k.edition.State = budget.Voting
	_, err := k.Bring(ctx, k.anna, editionID, k.shares[0])
	refuses(t, "before the close", err, "result.fault.early")
	k.edition.State = budget.Closed
	_, err = k.Bring(ctx, k.stranger, editionID, k.shares[0])
	refuses(t, "a stranger", err, "custody.fault.no_keeper")
	_, err = k.Bring(ctx, k.boris, editionID, k.shares[0])
	refuses(t, "the share of another", err, "custody.fault.other_share")
	if _, err := k.Again(ctx, k.anna, editionID, cityPool); err == nil {
		t.Error("a recount before the count")
	}
	refuses(t, "finished before the count", k.Hold(ctx, k.anna, editionID, "Protest"), "result.fault.state")
}

// spoil lays a copy, noise, an envelope of another pool and a ballot with one
// project where two are needed.
func (k *kit) spoil() {
	k.box.envelopes[cityPool] = append(k.box.envelopes[cityPool], k.box.envelopes[cityPool][0], []byte("szum"))
	k.lay(cityPool, smallPool, []byte{1, 1, 0})
	k.lay(cityPool, cityPool, []byte{1, 1, 0, 0})
	k.lay(cityPool, cityPool, []byte("nie karta")[:4])
}

func (k *kit) checkStored() {
	t := k.t
	var bodies [][]byte
	k.ok(k.db.Select(t.Context(), &bodies, `select body from budget_ballots where edition = ? and pool = ? order by n`, editionID, cityPool))
	if len(bodies) != 24 || !slices.IsSortedFunc(bodies, bytes.Compare) {
		t.Errorf("%d ballots, in the order of their content: %v", len(bodies), slices.IsSortedFunc(bodies, bytes.Compare))
	}
	c, err := CountOf(t.Context(), k.db, editionID, cityPool)
	k.ok(err)
	if want := (Numbers{Envelopes: 29, Copies: 1, Unreadable: 2, Invalid: 2, Valid: 24}); c.Numbers != want || c.OutcomeHash != "" {
		t.Errorf("%+v, want %+v", c.Numbers, want)
	}
	if d := Differences(c.Turnout, c.Numbers); len(d) != 2 || d[0] != (Difference{"envelopes", 24, 29}) || d[1] != (Difference{"opened", 29, 26}) {
		t.Errorf("%+v", d)
	}
}

func (k *kit) checkCounted() {
	t := k.t
	if k.settled[cityPool] != "14/32" || k.settled[smallPool] != "5/6" || !slices.Equal(k.moved, []budget.State{budget.Counted}) {
		t.Errorf("settled %v, moved %v", k.settled, k.moved)
	}
	c, err := CountOf(t.Context(), k.db, editionID, cityPool)
	k.ok(err)
	text, err := c.Outcome.Text()
	k.ok(err)
	if Hash(text) != c.OutcomeHash || c.PlainHash != c.OutcomeHash || !c.Public() || c.Outcome.Cost != 490_000 {
		t.Errorf("%s: %s, %s, %d", text, c.OutcomeHash, c.PlainHash, c.Outcome.Cost)
	}
	// On the ballot: 3, 1, 2, 4.
	want := []Reason{{Project: projectID(3), Why: LostTooDear, Round: 1, Missing: 200_000}, {Project: projectID(1), Why: WonGreedy, Round: 1},
		{Project: projectID(2), Why: LostTooDear, Round: 1, Missing: 50_000}, {Project: projectID(4), Why: WonGreedy, Round: 2}}
	if !slices.Equal(c.Reasons, want) {
		t.Errorf("%+v", c.Reasons)
	}
	small, err := CountOf(t.Context(), k.db, editionID, smallPool)
	k.ok(err)
	if small.Public() || small.Valid != 3 || len(Differences(small.Turnout, small.Numbers)) > 0 {
		t.Errorf("%+v", small)
	}
}

// checkFile reads the published file as anybody would, and counts it again.
func (k *kit) checkFile() {
	t, ctx := k.t, k.t.Context()
	var file bytes.Buffer
	k.ok(k.File(ctx, &file, access.Stranger(), editionID, cityPool))
	c, err := CountOf(ctx, k.db, editionID, cityPool)
	k.ok(err)
	if Hash(file.Bytes()) != c.FileHash {
		t.Error("the file is not the one whose hash was published")
	}
	e, err := tally.Parse(bytes.NewReader(file.Bytes()))
	k.ok(err)
	if e.Voters() != 24 || len(e.Warnings) > 0 || e.Score(e.Find(string(projectID(3)))) != 40 || e.Projects[1].Selected != 1 {
		t.Errorf("%d voters, warnings %v, %+v", e.Voters(), e.Warnings, e.Projects)
	}
	refuses(t, "three ballots", k.File(ctx, new(bytes.Buffer), k.anna, editionID, smallPool), "result.fault.few")
	r, err := k.Again(ctx, access.Stranger(), editionID, cityPool)
	k.ok(err)
	if !r.Agree() || r.OutcomeHash != c.OutcomeHash || r.FileHash != c.FileHash {
		t.Errorf("counted again: %+v", r)
	}
	again, err := k.CountFile(file.Bytes(), k.edition.Rules.Pools[0].Count, 0, "")
	k.ok(err)
	if !slices.Equal(again.Outcome.Winners, c.Outcome.Winners) || !again.Agree() {
		t.Errorf("the file counted alone: %v", again.Outcome.Winners)
	}
}

// checkEnd holds the result, lets the days pass, and finishes it by hand.
func (k *kit) checkEnd() {
	t, ctx := k.t, k.t.Context()
	refuses(t, "too early", k.Finish(ctx, k.anna, editionID), "result.fault.objections")
	if err := k.Hold(ctx, k.cyryl, editionID, "Protest"); err == nil {
		t.Error("somebody who does not run the edition holds it")
	}
	refuses(t, "without a reason", k.Hold(ctx, k.anna, editionID, " "), "fault.invalid")
	k.ok(k.Hold(ctx, k.anna, editionID, "Protest pani z 3b"))
	k.checkAgain()
	k.clock = k.clock.AddDate(0, 0, 30)
	k.ok(k.finishDue(ctx))
	if o := k.opening(); o.State != Counted || k.box.destroyed > 0 {
		t.Errorf("a held result went on by itself: %+v", o)
	}
	k.ok(k.Finish(ctx, k.anna, editionID))
	refuses(t, "finished twice", k.Finish(ctx, k.anna, editionID), "result.fault.state")
	k.ok(k.finishDue(ctx))
	k.ok(k.finishDue(ctx))
	o := k.opening()
	if o.State != Destroyed || o.Destroyed != 32 || o.DestroyedAt != k.clock.Unix() || k.box.destroyed != 1 {
		t.Errorf("%+v", o)
	}
	if key, err := custody.Read(ctx, k.db, BoxOf(editionID)); err != nil || key.Public != "" {
		t.Errorf("the key is still known: %v", err)
	}
	if r, err := k.Again(ctx, access.Stranger(), editionID, cityPool); err != nil || !r.Agree() {
		t.Errorf("the ballots cannot be counted any more: %v", err)
	}
}

// checkAgain opens the envelopes once more, as a protest asks, and then with one
// envelope changed.
func (k *kit) checkAgain() {
	k.ok(k.open())
	if o := k.opening(); o.State != Counted || !o.CheckedSame || o.CheckedAt == 0 || o.RunAt != 0 {
		k.t.Errorf("%+v", o)
	}
	kept := k.box.envelopes[smallPool]
	k.box.envelopes[smallPool] = append(slices.Clone(kept[1:]), kept[1])
	k.ok(k.open())
	if o := k.opening(); o.CheckedSame {
		k.t.Error("another box has the same ballots")
	}
	k.box.envelopes[smallPool] = kept
}

// TestOpeningDies ends a run between two pools: nothing is lost, nothing can be
// read, and the next run has the outcome of one that never died.
func TestOpeningDies(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	ctx := t.Context()
	k.castAll()
	k.box.dies = 2
	k.box.envelopes[cityPool] = k.box.envelopes[cityPool][:2]
	if err := k.open(); !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	if o := k.opening(); o.State != Sealed || o.RunAt != 0 {
		t.Errorf("%+v", o)
	}
	// Another run has begun and hangs; after a while it is taken for dead.
	k.box.dies = 0
	_, err := k.Bring(ctx, k.boris, editionID, k.shares[1])
	k.ok(err)
	hangs, err := k.Bring(ctx, k.anna, editionID, k.shares[0])
	k.ok(err)
	_, err = k.Bring(ctx, k.boris, editionID, k.shares[1])
	k.ok(err)
	_, err = k.Bring(ctx, k.anna, editionID, k.shares[0])
	refuses(t, "two at once", err, "result.fault.running")
	k.clock = k.clock.Add(runStuck + time.Second)
	run, err := k.Bring(ctx, k.anna, editionID, k.shares[0])
	k.ok(err)
	k.ok(run.Do(ctx))
	refuses(t, "a run that was taken for dead", hangs.Do(ctx), "result.fault.running")
	var n int
	k.ok(k.db.Get(ctx, &n, `select count(*) from budget_ballots where edition = ?`, editionID))
	if o := k.opening(); o.State != Opened || n != 5 {
		t.Errorf("%d ballots, %+v", n, o)
	}
}

// TestDifferingCountsStop lets the second implementation lie: nothing is
// published, those who run it are told, and after the repair the count goes on.
func TestDifferingCountsStop(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	honest := k.plain
	k.plain = func(e *tally.Election, r tally.Rule) (*tally.Outcome, error) {
		o, err := honest(e, r)
		if len(o.Winners) > 1 {
			o.Winners = o.Winners[:1]
		}
		return o, err
	}
	k.castAll()
	k.ok(k.open())
	if err := k.drain(); err == nil {
		t.Error("the job is well")
	}
	if o := k.opening(); o.State != Differs || o.Published() || len(k.settled) > 0 || len(k.moved) > 0 || !slices.Equal(k.told, []string{"anna result.told.differs"}) {
		t.Errorf("%+v, settled %v, told %v", o, k.settled, k.told)
	}
	if doc := k.page(k.stranger, Href(editionID)); doc.Find("table").Length() > 0 {
		t.Error("results are shown")
	}
	k.plain = honest
	k.ok(k.count(t.Context(), editionID))
	k.ok(k.count(t.Context(), editionID)) // nothing is left to do
	if o := k.opening(); o.State != Counted || k.settled[cityPool] != "14/32" {
		t.Errorf("%+v, settled %v", o, k.settled)
	}
}

// TestAwait: who keeps the key is told when the vote is over, and it is final by
// itself when the days for objections are over.
func TestAwait(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	k.ok(k.await(t.Context(), editionID))
	if !slices.Equal(k.told, []string{"anna result.told.bring", "boris result.told.bring", "cyryl result.told.bring"}) {
		t.Error(k.told)
	}
	k.counted()
	k.clock = time.Date(2026, time.November, 30, 22, 59, 59, 0, time.UTC) // a second before midnight in Kraków
	k.ok(k.finishDue(t.Context()))
	if o := k.opening(); o.State != Counted {
		t.Errorf("final too early: %+v", o)
	}
	k.clock = k.clock.Add(time.Second)
	k.ok(k.finishDue(t.Context()))
	if o := k.opening(); o.State != Destroyed || k.edition.State != budget.Final {
		t.Errorf("%+v", o)
	}
}
