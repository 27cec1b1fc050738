package audit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
	"kladka/internal/testkit"
)

// three records what X did to Z, what Y did to X, and what Y did to Z.
func (f *fixture) three() {
	x, y, z := person(1), person(2), person(3)
	f.record(By{Person: x, Role: "school_head"}, Entry{Action: "a.b", Object: "person", ObjectID: z, Subject: z, Details: map[string]string{"note": "by x"}})
	f.record(By{Person: y, Role: "school_head"}, Entry{Action: "a.b", Object: "person", ObjectID: x, Subject: x, Details: map[string]string{"note": "about x"}})
	f.record(By{Person: y, Role: "school_head"}, Entry{Action: "a.b", Object: "card", ObjectID: "card-1", Subject: z, Details: map[string]string{"note": "about z"}})
}

func (f *fixture) erase(p string) (n int) {
	f.t.Helper()
	f.write(func(tx *db.Tx) (err error) {
		n, err = f.Erase(context.Background(), tx, By{Person: person(8), Role: "data_protection_officer"}, p, "RODO/1/2026", f.at)
		return err
	})
	return n
}

func TestEraseNobody(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.three()
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := f.Erase(t.Context(), tx, By{}, "", "x", f.at)
			return err
		})
		if err == nil {
			t.Error("everything that has no person would have been erased")
		}
		if n := f.erase(person(77)); n != 0 || f.count(`select count(*) from audit_rows`) != 3 {
			t.Errorf("%d rows erased of a person who is in none", n)
		}
	})
}

func TestErase(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.three() // not linked yet: Erase does it
		if n := f.erase(person(1)); n != 2 {
			t.Errorf("%d rows", n)
		}
		f.link1()
		r := f.want("")
		if r.Erased != 2 || r.Rows != 4 {
			t.Errorf("%+v", r)
		}
		if n := f.count(`select count(*) from audit_rows where actor = ? or subject = ? or object_id = ? or details like '%x%' and action = 'a.b'`,
			person(1), person(1), person(1)); n != 0 {
			t.Errorf("%d rows still tell of the person", n)
		}
		// The act of the official stays, and so does the matter of others.
		if n := f.count(`select count(*) from audit_rows where actor = ? and action = 'a.b'`, person(2)); n != 2 {
			t.Errorf("%d acts of the official", n)
		}
		if n := f.count(`select count(*) from audit_rows where subject = ?`, person(3)); n != 2 {
			t.Errorf("%d rows about somebody else", n)
		}
		if n := f.count(`select count(*) from audit_rows where object_id = 'card-1' and details like '%about z%'`); n != 1 {
			t.Error("a row that has nothing to do with the person was touched")
		}
		if n := f.erase(person(1)); n != 0 {
			t.Errorf("the second time %d rows", n)
		}
	})
}

// TestErasedByRuleOrSilently is about the difference: an erasure counts only
// when a chained row vouches for exactly this list.
func TestErasedByRuleOrSilently(t *testing.T) {
	for name, tt := range map[string]struct {
		do    func(f *fixture)
		found string
	}{
		"by rule": {func(f *fixture) {}, ""},
		"another row blanked too": {func(f *fixture) {
			f.exec(`update audit_rows set details = '', salt_details = '' where id = ?`, f.rowAt(3))
		}, "silent 3 details"},
		"another row put on the list": {func(f *fixture) {
			f.exec(`update audit_rows set details = '', salt_details = '' where id = ?`, f.rowAt(3))
			f.exec(`insert into audit_erasures (erasure, seq, parts) values (?, 3, 'd')`, f.rowAt(4))
		}, "erasure 4"},
		"a list of an act that is no erasure": {func(f *fixture) {
			f.exec(`update audit_rows set details = '', salt_details = '' where id = ?`, f.rowAt(3))
			f.exec(`insert into audit_erasures (erasure, seq, parts) values (?, 3, 'd')`, f.rowAt(2))
		}, "silent 3 details"},
		"list removed":    {func(f *fixture) { f.exec(`delete from audit_erasures`) }, "silent 1 who, silent 1 details, silent 2 about, silent 2 details, erasure 4"},
		"list and act":    {func(f *fixture) { f.exec(`delete from audit_erasures`); f.remove(4) }, "silent 1 who, silent 1 details, silent 2 about, silent 2 details, truncated 4+1"},
		"words came back": {func(f *fixture) { f.exec(`update audit_rows set actor = ? where id = ?`, person(2), f.rowAt(1)) }, "part 1 who"},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
				f := newFixture(t, d)
				f.three()
				f.erase(person(1))
				f.link1()
				tt.do(f)
				f.want(tt.found)
			})
		})
	}
}

func TestExpire(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.three()
		f.record(By{}, Entry{Action: "system.start"})
		f.link1()
		if n, err := f.Expire(t.Context()); n != 0 || err != nil {
			t.Errorf("without a rule: %d %v", n, err)
		}
		f.Keep = func(context.Context) (int, error) { return 0, nil }
		if _, err := f.Expire(t.Context()); err == nil {
			t.Error("zero months were taken")
		}
		f.Keep = func(context.Context) (int, error) { return 24, nil }
		f.at = start.AddDate(2, 0, 0)
		if n, err := f.Expire(t.Context()); n != 0 || err != nil {
			t.Errorf("on the day: %d %v", n, err)
		}
		f.at = f.at.Add(time.Second)
		f.three() // new ones stay
		if n, err := f.Expire(t.Context()); n != 4 || err != nil {
			t.Errorf("after two years: %d %v", n, err)
		}
		f.link1()
		if r := f.want(""); r.Erased != 4 || r.Rows != 8 {
			t.Errorf("%+v", r)
		}
		if n := f.count(`select count(*) from audit_rows where salt_who = '' and (actor <> '' or subject <> '' or details <> '' or at <> hour)`); n != 0 {
			t.Errorf("%d old rows hold words", n)
		}
		if n, err := f.Expire(t.Context()); n != 0 || err != nil {
			t.Errorf("again: %d %v", n, err)
		}
	})
}

func TestExpireInBatches(t *testing.T) {
	d := testkit.SQLite(t, modules())
	f := newFixture(t, d)
	f.write(func(tx *db.Tx) error {
		for i := range 2*linkBatch + 7 {
			if err := Record(t.Context(), tx, By{Person: person(i)}, Entry{Action: "a.b"}, start.Add(time.Duration(i)*7*time.Second)); err != nil {
				return err
			}
		}
		return nil
	})
	f.link1()
	n, err := f.EraseBefore(t.Context(), start.AddDate(0, 0, 1))
	if err != nil || n != 2*linkBatch+7 {
		t.Errorf("%d %v", n, err)
	}
	f.link1()
	if r := f.want(""); r.Erased != 2*linkBatch+7 {
		t.Errorf("%+v", r)
	}
}

func TestReadsAreWrittenOncePerHour(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		look := func(by string, e Entry) {
			if err := f.Read(t.Context(), By{Person: by}, e); err != nil {
				t.Fatal(err)
			}
		}
		e := Entry{Action: "card.look", Object: "person", ObjectID: person(3), Subject: person(3)}
		look(person(1), e)
		look(person(1), e)
		e.Read = true
		f.record(By{Person: person(1)}, e) // in a transaction likewise
		if n := f.count(`select count(*) from audit_waiting where reading`); n != 1 {
			t.Errorf("%d rows of one look", n)
		}
		f.link1()
		look(person(1), e) // linked or not
		f.record(By{Person: person(1)}, e)
		look(person(2), e)
		other := e
		other.ObjectID = person(4)
		look(person(1), other)
		f.at = f.at.Add(time.Hour)
		look(person(1), e)
		f.link1()
		if n := f.count(`select count(*) from audit_rows where reading`); n != 4 {
			t.Errorf("%d rows of four looks", n)
		}
		f.want("")
	})
}

func TestCheckpointsLeaveTheMachine(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		var sent []Checkpoint
		broken := errors.New("no mail")
		f.Folder = filepath.Join(t.TempDir(), "away")
		f.Deliver = func(_ context.Context, c Checkpoint) error {
			if broken != nil {
				return broken
			}
			sent = append(sent, c)
			return nil
		}
		registry := jobs.NewRegistry()
		f.Jobs(registry)
		if c, err := f.Checkpoint(t.Context()); err != nil || c != (Checkpoint{}) {
			t.Errorf("of an empty chain: %v %v", c, err)
		}
		f.fill(3)
		if _, err := f.Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := testkit.Drain(t, d, registry, f.Now); err == nil {
			t.Error("a failed delivery was not told")
		}
		f.at = f.at.Add(7 * time.Hour)
		if a, err := f.Alarms(t.Context()); err != nil || a.Undelivered != 1 {
			t.Errorf("%+v %v", a, err)
		}
		broken = nil
		if err := testkit.Drain(t, d, registry, f.Now); err != nil || len(sent) != 1 {
			t.Errorf("tried again: %d, %v", len(sent), err)
		}
		if c, delivered, err := f.LastCheckpoint(t.Context()); err != nil || !delivered || c != sent[0] || !c.Genuine(PublicKey(f.Keys)) {
			t.Errorf("%v %v %v", c, delivered, err)
		}
		file, err := os.Open(filepath.Join(f.Folder, AnchorFile))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		anchors, err := ReadAnchors(file)
		if err != nil || len(anchors) != 2 || anchors[1] != sent[0] {
			t.Errorf("%v %v", anchors, err)
		}
		if r := f.want("", anchors...); r.Anchors != 2 {
			t.Errorf("%+v", r)
		}
		// Signed by somebody else.
		g := *f
		g.Log = New(Config{DB: d, Keys: secrets.New(), Now: f.Now, Log: f.Config.Log})
		f.at = f.at.Add(time.Hour)
		if _, err := g.Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.want("forged 3")
	})
}

func TestReadAnchorsRefuses(t *testing.T) {
	good := Checkpoint{Sequence: 1, Head: "h", At: 1, Key: "k", Signature: "s"}.String()
	for _, text := range []string{"x", "{}", good + good, `{"sequence":1}`, good + "\n[]", strings.Replace(good, `"head"`, `"hat"`, 1), strings.Repeat("a", 70<<10)} {
		if _, err := ReadAnchors(strings.NewReader(text)); err == nil {
			t.Errorf("taken: %.80s", text)
		}
	}
	all, err := ReadAnchors(strings.NewReader("\ufeff" + good + "\r\n\n " + good))
	if err != nil || len(all) != 2 {
		t.Errorf("%v %v", all, err)
	}
}

func FuzzReadAnchors(f *testing.F) {
	good := Checkpoint{Sequence: 1, Head: "h", At: 1, Key: "k", Signature: "s"}.String()
	for _, seed := range []string{"", good, good + "\n" + good, "{", "\x00", `{"sequence":-1}`, "[1]\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ReadAnchors(strings.NewReader(text))
		for _, c := range all {
			if c.Sequence < 1 || c.Key == "" {
				t.Errorf("%+v", c)
			}
			c.Genuine(PublicKey(secrets.New())) // must not panic
			again, err := ReadAnchors(strings.NewReader(c.String()))
			if err != nil || len(again) != 1 || again[0] != c {
				t.Errorf("%v %v", again, err)
			}
		}
		if err != nil && all != nil {
			t.Error("an error and anchors")
		}
	})
}

// TestEraseWhileLinking erases a person while others write and link.
func TestEraseWhileLinking(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		var all sync.WaitGroup
		for w := range 3 {
			all.Go(func() {
				for range 15 {
					err := d.Write(t.Context(), func(tx *db.Tx) error {
						return Record(t.Context(), tx, By{Person: person(w)}, Entry{Action: "a.b", Subject: person(1), Details: map[string]string{"a": "b"}}, start)
					})
					if err == nil && w < 2 {
						_, err = f.Link(t.Context())
					}
					if err == nil && w == 2 {
						err = d.Write(t.Context(), func(tx *db.Tx) error {
							_, err := f.Erase(t.Context(), tx, By{}, person(1), "", start)
							return err
						})
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		f.erase(person(1))
		f.link1()
		f.want("")
		if n := f.count(`select count(*) from audit_rows where actor = ? or subject = ?`, person(1), person(1)); n != 0 {
			t.Errorf("%d rows still tell of the person", n)
		}
	})
}
