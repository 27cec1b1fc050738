package custody

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/privacy"
	"kladka/internal/platform/seal"
	"kladka/internal/testkit"
)

func TestMakeRefuses(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k, ctx := newKit(t, d), t.Context()
		for _, people := range [][]string{nil, {"a"}, {"a", "a"}, {"a", ""}, {"a", "b", "c", "d"}} {
			_, err := k.Make(ctx, as("boss", "1"), people, false)
			want(t, fmt.Sprint(people), err, "custody.fault.keepers")
		}
		refuse := as("boss", "1")
		refuse.Also = func(context.Context, *db.Tx, Key) error { return fault.New(fault.Conflict, "test.late") }
		_, err := k.Make(ctx, refuse, []string{"a", "b"}, false)
		want(t, "the owner refuses", err, "test.late")
		want(t, "no key yet", k.Confirm(ctx, as("a", "1"), "x"), "custody.fault.no_key")
		if key := k.key("1"); key.Public != "" || key.Lacks(true) != NoKey || len(key.Keepers) != 0 || key.Lost() {
			t.Errorf("a refused key is there: %+v", key)
		}
		shares := k.ready("1")
		_, err = k.Make(ctx, as("boss", "1"), []string{"a", "b"}, false)
		want(t, "a second key", err, "custody.fault.key_made")
		_, err = k.Make(ctx, refuse, []string{"a", "b"}, true)
		want(t, "the owner refuses another key", err, "test.late")
		if !k.key("1").Keepers.Confirmed() {
			t.Error("a refused key undid the confirmations of the old one")
		}
		_, err = k.Bring(ctx, as("a", "1"), shares[0])
		k.must(err)
		again, err := k.Make(ctx, as("boss", "1"), []string{"a", "c", "b"}, true)
		k.must(err)
		if key := k.key("1"); key.Keepers.Confirmed() || key.Lacks(false) != Unconfirmed || k.count(`select count(*) from custody_shares`) != 0 {
			t.Errorf("the old key goes on: %+v", key)
		}
		want(t, "a share of the first key", k.Confirm(ctx, as("a", "1"), shares[0]), "seal.fault.other")
		want(t, "with three keepers nothing is in deposit", k.Confirm(ctx, as("boss", "1"), again[2].Text()), "custody.fault.other_share")
		all := k.dump()
		for _, share := range again {
			if strings.Contains(all, strings.Split(share.Text(), "\n")[1]) {
				t.Error("a share was stored")
			}
		}
		if !strings.Contains(all, "custody.make") || !strings.Contains(all, `"i1"`) {
			t.Error("the log says nothing of a key")
		}
	})
}

func TestConfirmRefuses(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k, ctx := newKit(t, d), t.Context()
		shares, others := k.make("1", "a", "b"), k.make("2", "a", "b")
		slip := strings.Replace(shares[0], shares[0][10:12], "22", 1)
		for what, c := range map[string]struct{ who, share, fault string }{
			"words":                    {"a", "otwórz się", "seal.fault.share"},
			"a slip of the pen":        {"a", slip, "seal.fault.share_line"},
			"a share of another key":   {"a", others[0], "seal.fault.other"},
			"another's share":          {"a", shares[1], "custody.fault.other_share"},
			"no keeper":                {"c", shares[0], "custody.fault.no_keeper"},
			"nobody":                   {"", shares[0], "custody.fault.no_keeper"},
			"a keeper's, by the boss":  {"boss", shares[0], "custody.fault.other_share"},
			"the deposit, by a keeper": {"a", shares[2], "custody.fault.other_share"},
		} {
			want(t, what, k.Confirm(ctx, as(c.who, "1"), c.share), c.fault)
		}
		if k.key("1").Keepers.Usable() != 0 {
			t.Fatal("a refused share is confirmed")
		}
		want(t, "one's own", k.Confirm(ctx, as("a", "1"), shares[0]), "")
		want(t, "the deposit", k.Confirm(ctx, as("boss", "1"), shares[2]), "")
		if key := k.key("1"); key.Lacks(false) != Unconfirmed {
			t.Error("nobody waits for the second keeper")
		}
		k.must(k.Gone(ctx, as("boss", "1"), 2, true))
		want(t, "a keeper who is gone", k.Confirm(ctx, as("b", "1"), shares[1]), "custody.fault.no_keeper")
		for what, no := range map[string]int{"gone again": 2, "the deposit": 3, "no share": 4} {
			if err := k.Gone(ctx, as("boss", "1"), no, true); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", what, err)
			}
		}
		k.must(k.Gone(ctx, as("boss", "1"), 2, false))
		k.must(k.Confirm(ctx, as("b", "1"), shares[1]))
		if key := k.key("1"); key.Lacks(false) != "" || key.Lacks(true) != Untried || key.Keepers.Usable() != 3 {
			t.Errorf("%+v", key)
		}
	})
}

func TestTrial(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k, ctx := newKit(t, d), t.Context()
		try := func(who, share string) error {
			opened, err := k.Try(ctx, as(who, "1"), share)
			if opened {
				t.Errorf("%s opened the envelope", who)
			}
			return err
		}
		want(t, "no key", try("a", "x"), "custody.fault.no_key")
		shares := k.ready("1")
		other := k.ready("2")
		want(t, "no keeper", try("c", shares[0]), "custody.fault.no_keeper")
		want(t, "the deposit, by the boss", try("boss", shares[2]), "custody.fault.no_keeper")
		want(t, "another's share", try("a", shares[1]), "custody.fault.other_share")
		want(t, "a share of another key", try("a", other[0]), "seal.fault.other")
		want(t, "the first share", try("a", shares[0]), "")
		want(t, "the same person twice", try("a", shares[0]), "")
		if o, err := k.Bring(ctx, as("b", "1"), shares[1]); o != nil || err != nil { // another deed
			t.Error("a share that was brought to try opens everything", err)
		}
		k.clock.add(Waits)
		want(t, "half an hour later it is the first again", try("b", shares[1]), "")
		if key := k.key("1"); key.Tried || key.Lacks(true) != Untried {
			t.Fatal("tried by one person")
		}
		if duties, err := Duties(ctx, d, "test", "a", true); err != nil || len(duties) != 2 || !duties[0].Trial || duties[0].Confirm {
			t.Error(duties, err)
		}
		refuse := as("a", "1")
		refuse.Also = func(context.Context, *db.Tx, Key) error { return fault.New(fault.Conflict, "test.late") }
		_, err := k.Try(ctx, refuse, shares[0])
		want(t, "the owner refuses", err, "test.late")
		opened, err := k.Try(ctx, as("a", "1"), shares[0])
		if err != nil || !opened {
			t.Fatal(opened, err)
		}
		if key := k.key("1"); !key.Tried || key.Lacks(true) != "" || k.key("2").Tried {
			t.Errorf("%+v", key)
		}
		want(t, "tried already", try("b", shares[1]), "custody.fault.tried")
		if duties, err := Duties(ctx, d, "test", "a", true); err != nil || len(duties) != 1 || duties[0].Box != "2" {
			t.Error(duties, err)
		}
		_, err = k.Make(ctx, as("boss", "1"), []string{"a", "b"}, true)
		k.must(err)
		if k.key("1").Tried {
			t.Error("a new key counts as tried")
		}
	})
}

// TestTrialFindsAWrongEnvelope changes what is stored: the trial is there to
// find that out.
func TestTrialFindsAWrongEnvelope(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	ctx, shares := t.Context(), k.ready("1")
	k.ready("2")
	k.must(k.d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update custody_keys set trial = (select k.trial from custody_keys k where k.box = '2') where box = '1'`)
		return err
	}))
	_, err := k.Try(ctx, as("a", "1"), shares[0])
	k.must(err)
	opened, err := k.Try(ctx, as("b", "1"), shares[1])
	want(t, "an envelope of another key", err, "custody.fault.trial")
	if opened || k.key("1").Tried {
		t.Error("it counts as tried")
	}
}

func TestBring(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k, ctx := newKit(t, d), t.Context()
		give := func(who, share string) error {
			o, err := k.Bring(ctx, as(who, "1"), share)
			if o != nil {
				t.Errorf("%s could open", who)
				o.Close()
			}
			return err
		}
		want(t, "no key", give("a", "x"), "custody.fault.no_key")
		shares := k.ready("1")
		want(t, "no keeper", give("c", shares[0]), "custody.fault.no_keeper")
		want(t, "nobody", give("", shares[0]), "custody.fault.no_keeper")
		want(t, "another's share", give("a", shares[1]), "custody.fault.other_share")
		want(t, "the first share", give("a", shares[0]), "")
		want(t, "the same share again", give("a", shares[0]), "")
		both := as("a", "1") // a keeper who runs the matter as well
		both.Runs = true
		_, err := k.Bring(ctx, both, shares[2])
		want(t, "one person with two shares", err, "custody.fault.same_person")
		if all := k.dump(); strings.Contains(all, strings.Split(shares[0], "\n")[1]) {
			t.Error("the first share lies open")
		}
		k.clock.add(Waits)
		want(t, "half an hour later", give("b", shares[1]), "")
		k.clock.add(Waits)
		k.must(k.sweep(ctx))
		if n := k.count(`select count(*) from custody_shares`); n != 0 {
			t.Errorf("%d shares wait for ever", n)
		}
		want(t, "the first share once more", give("a", shares[0]), "")
		k.must(k.Gone(ctx, as("boss", "1"), 1, true))
		want(t, "a keeper who is gone", give("a", shares[0]), "custody.fault.no_keeper")
		want(t, "their share waits no more", give("boss", shares[2]), "")

		refuse := as("b", "1")
		refuse.Also = func(context.Context, *db.Tx, Key) error { return fault.New(fault.Conflict, "test.running") }
		_, err = k.Bring(ctx, refuse, shares[1])
		want(t, "the owner refuses", err, "test.running")
		o, err := k.Bring(ctx, as("b", "1"), shares[1])
		k.must(err)
		opens(t, k.key("1").Public, o)
		k.must(k.Gone(ctx, as("boss", "1"), 2, true))
		want(t, "only the deposit left", give("boss", shares[2]), "custody.fault.lost")
		if !k.key("1").Lost() {
			t.Error("it is not lost")
		}
	})
}

// opens fails unless the opener opens what is sealed with the key.
func opens(t *testing.T, p seal.Public, o *seal.Opener) {
	t.Helper()
	defer o.Close()
	sealed, err := p.Seal([]byte("info"), 8, []byte("tak"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := o.Open([]byte("info"), sealed); err != nil || !strings.HasPrefix(string(plain), "tak") {
		t.Errorf("%q %v", plain, err)
	}
}

// TestSharesAtOnce lets two people bring a share at the same moment, many times.
// Of two seconds one opens and the other is told to look again; of two firsts one
// waits, and the other is told so or was late enough to open.
func TestSharesAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		k, ctx := newKit(t, d), t.Context()
		shares := k.three("1")
		for range 5 {
			_, err := k.Bring(ctx, as("a", "1"), shares[0])
			k.must(err)
			if opened, raced := k.atOnce("1", shares); opened != 1 {
				t.Fatalf("of two seconds %d opened, %d were told to look", opened, raced)
			}
			k.must(d.Write(ctx, func(tx *db.Tx) error { return Discard(ctx, tx, box("1")) }))
			if opened, raced := k.atOnce("1", shares); opened+raced != 1 {
				t.Fatalf("of two firsts %d opened, %d were told to look", opened, raced)
			}
			k.must(d.Write(ctx, func(tx *db.Tx) error { return Discard(ctx, tx, box("1")) }))
		}
	})
}

// atOnce lets b and c bring their shares at the same moment.
func (k *kit) atOnce(id string, shares []string) (opened, raced int) {
	k.t.Helper()
	var openers [2]*seal.Opener
	var errs [2]error
	var both sync.WaitGroup
	for i, who := range []string{"b", "c"} {
		both.Go(func() { openers[i], errs[i] = k.Bring(k.t.Context(), as(who, id), shares[i+1]) })
	}
	both.Wait()
	for i, o := range openers {
		switch {
		case o != nil:
			opened++
			o.Close()
		case errs[i] != nil:
			raced++
			want(k.t, "the slower one", errs[i], "custody.fault.raced")
		}
	}
	return opened, raced
}

// TestMeanwhile lets things happen between the reading and the writing of a deed.
func TestMeanwhile(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k, ctx := newKit(t, d), t.Context()
		shares := k.three("1")
		key := k.key("1")
		_, err := k.Bring(ctx, as("a", "1"), shares[0])
		k.must(err)
		b, err := k.bring(ctx, as("b", "1"), key, ToOpen, shares[1])
		k.must(err)
		defer b.opener.Close()
		c, err := k.bring(ctx, as("c", "1"), key, ToOpen, shares[2])
		k.must(err)
		defer c.opener.Close()
		late, err := seal.ParseShare(shares[1])
		k.must(err)
		want(t, "two firsts", k.keepFirst(ctx, as("b", "1"), key, ToOpen, late), "custody.fault.raced")
		claim := func(x *together) error {
			return d.Write(ctx, func(tx *db.Tx) error { return x.claim(ctx, tx, box("1"), key.Public, ToOpen) })
		}
		want(t, "the first second", claim(b), "")
		want(t, "the other second", claim(c), "custody.fault.raced")
		_, err = k.Bring(ctx, as("a", "1"), shares[0])
		k.must(err)
		k.must(k.Gone(ctx, as("boss", "1"), 2, true))
		want(t, "the second keeper is gone", claim(b), "custody.fault.changed")
		_, err = k.Make(ctx, as("boss", "1"), []string{"a", "b"}, true)
		k.must(err)
		want(t, "a first share of a key that was replaced", k.keepFirst(ctx, as("b", "1"), key, ToOpen, late), "custody.fault.raced")
		err = d.Write(ctx, func(tx *db.Tx) error { return confirm(ctx, tx, box("1"), key.Public, 1) })
		want(t, "a confirmation of a key that was replaced", err, "custody.fault.changed")
	})
}

func TestForget(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k, ctx := newKit(t, d), t.Context()
		shares := k.ready("1")
		k.ready("2")
		_, err := k.Bring(ctx, as("a", "1"), shares[0])
		k.must(err)
		for range 2 { // the second time there is nothing
			k.must(d.Write(ctx, func(tx *db.Tx) error { return k.Forget(ctx, tx, as("boss", "1")) }))
		}
		if key := k.key("1"); key.Public != "" || len(key.Keepers) != 0 || k.count(`select count(*) from custody_shares`) != 0 {
			t.Errorf("%+v", key)
		}
		if k.key("2").Public == "" || !strings.Contains(k.dump(), "custody.forget") {
			t.Error("the wrong key is forgotten, or nobody knows")
		}
		_, err = k.Bring(ctx, as("b", "1"), shares[1])
		want(t, "a key that is forgotten", err, "custody.fault.no_key")
	})
}

func TestPurposes(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k, ctx := newKit(t, d), t.Context()
		purposes := k.Purposes()
		privacy.NewRegistry().Declare(purposes...)
		shares := k.ready("1")
		_, err := k.Bring(ctx, as("a", "1"), shares[0])
		k.must(err)
		holds := purposes[0].Holds
		items, err := holds[0].Export(ctx, "a")
		if err != nil || len(items) != 1 || items[0].ID != "test/1" || fmt.Sprint(items[0].Fields) != "[{custody.export.share 1} {custody.export.confirmed tak} {custody.export.gone nie}]" {
			t.Error(items, err)
		}
		k.must(d.Write(ctx, func(tx *db.Tx) error {
			for _, h := range holds {
				n, err := h.Erase(ctx, tx, "a")
				again, err2 := h.Erase(ctx, tx, "a")
				if err != nil || err2 != nil || n != 1 || again != 0 {
					return fmt.Errorf("%s: %d, then %d: %w %w", h.Table, n, again, err, err2)
				}
			}
			return nil
		}))
		if key := k.key("1"); !key.Keepers[0].Gone || key.Keepers[0].Deposit() || key.Keepers.Usable() != 2 {
			t.Errorf("%+v", key.Keepers)
		}
		_, err = k.Bring(ctx, as("b", "1"), shares[1])
		k.must(err)
		k.must(d.Write(ctx, func(tx *db.Tx) error {
			for i, rows := range []int{3, 1} {
				h, later := holds[i], noon.Add(time.Hour)
				before, err := h.Expired(ctx, tx, later)
				n, err2 := h.Sweep(ctx, tx, later, 1000)
				if err != nil || err2 != nil || n != before || n != rows {
					return fmt.Errorf("%s: %d expired, %d swept: %w %w", h.Table, before, n, err, err2)
				}
			}
			return nil
		}))
	})
}
