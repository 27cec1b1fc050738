package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func modules() []schema.Module {
	return []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "audit", Files: Migrations}}
}

var start = time.Date(2026, 11, 22, 8, 15, 30, 0, time.UTC)

// fixture is a log with a clock that only the test moves.
type fixture struct {
	*Log
	t  testing.TB
	db *db.DB
	at time.Time
}

func newFixture(t testing.TB, d *db.DB) *fixture {
	f := &fixture{t: t, db: d, at: start}
	f.Log = New(Config{DB: d, Keys: secrets.New(), Names: people{}, Now: func() time.Time { return f.at }, Log: slog.New(slog.DiscardHandler)})
	return f
}

// people is a directory of names for tests.
type people map[string]string

func (p people) People(_ context.Context, ids []string) (map[string]string, error) {
	return p.of(ids), nil
}

func (p people) Institutions(_ context.Context, ids []string) (map[string]string, error) {
	return p.of(ids), nil
}

func (p people) of(ids []string) map[string]string {
	out := map[string]string{}
	for _, id := range ids {
		if name := p[id]; name != "" {
			out[id] = name
		}
	}
	return out
}

func (f *fixture) write(do func(tx *db.Tx) error) {
	f.t.Helper()
	if err := f.db.Write(context.Background(), do); err != nil {
		f.t.Fatal(err)
	}
}

// exec does what the program never would.
func (f *fixture) exec(query string, args ...any) {
	f.t.Helper()
	f.write(func(tx *db.Tx) error {
		_, err := tx.Exec(context.Background(), query, args...)
		return err
	})
}

func (f *fixture) record(by By, e Entry) {
	f.t.Helper()
	f.write(func(tx *db.Tx) error { return Record(context.Background(), tx, by, e, f.at) })
}

func (f *fixture) link1() {
	f.t.Helper()
	if _, err := f.Link(context.Background()); err != nil {
		f.t.Fatal(err)
	}
}

// fill records and links n rows of different people.
func (f *fixture) fill(n int) {
	f.t.Helper()
	f.write(func(tx *db.Tx) error {
		for i := range n {
			err := Record(context.Background(), tx, By{Person: person(i % 3), Role: "school_head", Institution: school},
				Entry{Action: "people.invite", Object: "invitation", ObjectID: fmt.Sprintf("inv-%d", i), Institution: school,
					Subject: person(i%3 + 10), Details: map[string]string{"name": fmt.Sprintf("Osoba %d", i)}}, f.at.Add(time.Duration(i)*time.Second))
			if err != nil {
				return err
			}
		}
		return nil
	})
	f.at = f.at.Add(time.Duration(n) * time.Second)
	f.link1()
}

const school = "00000000-0000-7000-8000-0000000000aa"

func person(n int) string { return fmt.Sprintf("00000000-0000-7000-8000-%012d", n) }

func (f *fixture) verify(anchors ...Checkpoint) Report {
	f.t.Helper()
	r, err := f.Verify(context.Background(), anchors)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

// found is the faults in short: "changed 3".
func found(r Report) string {
	var all []string
	for _, f := range r.Faults {
		s := fmt.Sprintf("%s %d", f.Kind, f.Sequence)
		if f.Count > 0 {
			s += fmt.Sprintf("+%d", f.Count)
		}
		if f.Part != "" {
			s += " " + f.Part
		}
		all = append(all, s)
	}
	return strings.Join(all, ", ")
}

func (f *fixture) want(faults string, anchors ...Checkpoint) Report {
	f.t.Helper()
	r := f.verify(anchors...)
	if got := found(r); got != faults {
		f.t.Errorf("found %q, want %q", got, faults)
	}
	return r
}

func (f *fixture) rowAt(seq int) (id string) {
	f.t.Helper()
	if err := f.db.Get(context.Background(), &id, `select row_id from audit_chain where seq = ?`, seq); err != nil {
		f.t.Fatal(err)
	}
	return id
}

func (f *fixture) count(query string, args ...any) (n int) {
	f.t.Helper()
	if err := f.db.Get(context.Background(), &n, query, args...); err != nil {
		f.t.Fatal(err)
	}
	return n
}

func TestRecordNeedsAnAction(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		err := d.Write(t.Context(), func(tx *db.Tx) error { return Record(t.Context(), tx, By{}, Entry{}, start) })
		if err == nil {
			t.Error("an entry without an action was taken")
		}
	})
}

func TestRecordGoesWithItsTransaction(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		_ = d.Write(t.Context(), func(tx *db.Tx) error {
			if err := Record(t.Context(), tx, By{}, Entry{Action: "a.b"}, start); err != nil {
				return err
			}
			return context.Canceled
		})
		if n := f.count(`select count(*) from audit_waiting`); n != 0 {
			t.Errorf("%d rows of an act that did not happen", n)
		}
	})
}

func TestLinkAndVerify(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.want("")
		f.record(By{}, Entry{Action: "system.start"})
		f.record(By{Person: person(1), For: person(2), Role: "deputy_head", Institution: school},
			Entry{Action: "person.rename", Object: "person", ObjectID: person(3), Subject: person(3), Details: map[string]string{"żółć\x00": "\xff"}})
		f.fill(linkBatch + 3)
		r := f.want("")
		if r.Rows != linkBatch+5 || r.Waiting != 0 {
			t.Errorf("%+v", r)
		}
		// In the chain itself no person is named.
		for _, id := range []string{person(1), person(2), person(3)} {
			if n := f.count(`select count(*) from audit_chain where actor_mark like ? or object_mark like ?`, "%"+id+"%", "%"+id+"%"); n != 0 {
				t.Errorf("%s stands in the chain", id)
			}
		}
		// Another installation's key proves neither the seal nor the marks.
		other, err := Verify(t.Context(), d, TrustKeys(secrets.New()), nil, f.at)
		if err != nil || other.OK() || other.Faults[0].Kind != Part {
			t.Errorf("%v %s", err, found(other)[:40])
		}
		// An auditor has the public key only.
		if outside, err := Verify(t.Context(), d, Trust{Public: PublicKey(f.Keys)}, nil, f.at); err != nil || !outside.OK() {
			t.Errorf("%v %s", err, found(outside))
		}
	})
}

// TestTampering does each thing that somebody with the database in their hands
// might do, and wants it named.
func TestTampering(t *testing.T) {
	cases := []struct {
		name  string
		do    func(f *fixture)
		found string
	}{
		{"action changed", func(f *fixture) {
			f.exec(`update audit_rows set action = 'people.approve' where id = ?`, f.rowAt(4))
		}, "changed 4"},
		{"object changed", func(f *fixture) { f.exec(`update audit_rows set object_id = 'other' where id = ?`, f.rowAt(4)) }, "changed 4"},
		{"hour changed", func(f *fixture) {
			f.exec(`update audit_rows set hour = hour - 3600, at = at - 3600 where id = ?`, f.rowAt(4))
		}, "changed 4"},
		{"second changed", func(f *fixture) { f.exec(`update audit_rows set at = at + 1 where id = ?`, f.rowAt(4)) }, "part 4 who"},
		{"hidden", func(f *fixture) { f.exec(`update audit_rows set hidden = true where id = ?`, f.rowAt(4)) }, "changed 4"},
		{"actor changed", func(f *fixture) { f.exec(`update audit_rows set actor = ? where id = ?`, person(9), f.rowAt(4)) }, "part 4 who"},
		{"role changed", func(f *fixture) { f.exec(`update audit_rows set role = 'teacher' where id = ?`, f.rowAt(4)) }, "part 4 who"},
		{"subject changed", func(f *fixture) { f.exec(`update audit_rows set subject = ? where id = ?`, person(9), f.rowAt(4)) }, "part 4 about"},
		{"details changed", func(f *fixture) { f.exec(`update audit_rows set details = '{}' where id = ?`, f.rowAt(4)) }, "part 4 details"},
		{"digest changed with the details", func(f *fixture) {
			f.exec(`update audit_rows set details = '{}' where id = ?`, f.rowAt(4))
			f.exec(`update audit_chain set details = ? where seq = 4`, digest("x", "{}"))
			f.exec(`update audit_rows set salt_details = 'x' where id = ?`, f.rowAt(4))
		}, "changed 4"},
		{"own hash made anew", func(f *fixture) {
			f.exec(`update audit_rows set action = 'people.approve' where id = ?`, f.rowAt(4))
			f.rehash(4)
		}, "changed 4"},
		{"silently erased", func(f *fixture) {
			f.exec(`update audit_rows set details = '', salt_details = '' where id = ?`, f.rowAt(4))
		}, "silent 4 details"},
		{"row removed", func(f *fixture) { f.exec(`delete from audit_rows where id = ?`, f.rowAt(4)) }, "removed 4"},
		{"link removed", func(f *fixture) { f.exec(`delete from audit_chain where seq = 4`) }, "outside 0, removed 4+1"},
		{"both removed", func(f *fixture) {
			id := f.rowAt(4)
			f.exec(`delete from audit_chain where seq = 4`)
			f.exec(`delete from audit_rows where id = ?`, id)
		}, "removed 4+1"},
		{"first two removed", func(f *fixture) { f.remove(1); f.remove(2) }, "removed 1+2"},
		{"removed, the rest renumbered", func(f *fixture) {
			f.remove(4)
			f.renumber(5, -1)
			f.exec(`update audit_head set seq = seq - 1`)
		}, "removed 4+1, seal 11"},
		{"inserted, the rest renumbered", func(f *fixture) {
			f.renumber(5, 1)
			f.insert(5)
			f.exec(`update audit_head set seq = seq + 1`)
		}, "inserted 5, seal 13"},
		{"inserted with a wrong hash", func(f *fixture) {
			f.renumber(5, 1)
			f.insert(5)
			f.exec(`update audit_chain set hash = 'x' where seq = 5`)
			f.exec(`update audit_head set seq = seq + 1`)
		}, "inserted 5, seal 13"},
		{"inserted at the end", func(f *fixture) { f.insert(13) }, "inserted 13"},
		{"inserted at the end with the head", func(f *fixture) {
			f.insert(13)
			f.exec(`update audit_head set seq = 13, hash = (select hash from audit_chain where seq = 13)`)
		}, "seal 13"},
		{"neighbors exchanged", func(f *fixture) { f.swap(4, 5) }, "reordered 4, reordered 5"},
		{"distant rows exchanged", func(f *fixture) { f.swap(3, 9) }, "reordered 3, reordered 9"},
		{"passed for linked", func(f *fixture) {
			f.exec(`insert into audit_rows select 'forged', at, hour, action, object, object_id, institution, reading, hidden, actor, acting_for,
				role, role_institution, subject, details, salt_who, salt_about, salt_details, read_key from audit_rows where id = ?`, f.rowAt(4))
		}, "outside 0"},
		{"tail removed", func(f *fixture) { f.remove(11); f.remove(12) }, "truncated 11+2"},
		{"tail removed, head moved back", func(f *fixture) {
			f.remove(11)
			f.remove(12)
			f.exec(`update audit_head set seq = 10, hash = (select hash from audit_chain where seq = 10)`)
		}, "seal 10"},
		{"head removed", func(f *fixture) { f.exec(`delete from audit_chain where seq > 2`); f.exec(`delete from audit_head`) },
			"outside 0, outside 0, outside 0, outside 0, outside 0, outside 0, outside 0, outside 0, outside 0, outside 0, inserted 1, inserted 2"},
	}
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		for _, tt := range cases {
			t.Run(tt.name, func(t *testing.T) {
				f := newFixture(t, d)
				f.empty()
				f.fill(12)
				f.want("")
				tt.do(f)
				f.want(tt.found)
			})
		}
	})
}

// empty forgets everything: a new database for each case would take longer.
func (f *fixture) empty() {
	f.t.Helper()
	f.write(func(tx *db.Tx) error {
		for _, table := range []string{"rows", "waiting", "chain", "head", "erasures", "checkpoints"} {
			if _, err := tx.Exec(context.Background(), `delete from audit_`+table); err != nil {
				return err
			}
		}
		return nil
	})
}

// rehash gives a link the hash that its row has now.
func (f *fixture) rehash(seq int) {
	f.t.Helper()
	var c link
	var r row
	if err := f.db.Get(context.Background(), &c, `select `+linkColumns+` from audit_chain c where c.seq = ?`, seq); err != nil {
		f.t.Fatal(err)
	}
	if err := f.db.Get(context.Background(), &r, `select `+rowColumns+` from audit_rows r where r.id = ?`, c.RowID); err != nil {
		f.t.Fatal(err)
	}
	f.exec(`update audit_chain set hash = ? where seq = ?`, c.hash(r, c.Seq, c.Prev), seq)
}

func (f *fixture) remove(seq int) {
	f.t.Helper()
	id := f.rowAt(seq)
	f.exec(`delete from audit_chain where seq = ?`, seq)
	f.exec(`delete from audit_rows where id = ?`, id)
}

// renumber moves all links from a number on, by way of numbers nobody has.
func (f *fixture) renumber(from, by int) {
	f.t.Helper()
	f.exec(`update audit_chain set seq = seq + 100000 where seq >= ?`, from)
	f.exec(`update audit_chain set seq = seq - 100000 + ? where seq >= 100000`, by)
}

func (f *fixture) swap(a, b int) {
	f.t.Helper()
	f.exec(`update audit_chain set seq = 100000 where seq = ?`, a)
	f.exec(`update audit_chain set seq = ? where seq = ?`, a, b)
	f.exec(`update audit_chain set seq = ? where seq = 100000`, b)
}

// insert puts a row in as well as somebody can who knows how it is hashed,
// copying the marks of another row.
func (f *fixture) insert(seq int) {
	f.t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	f.exec(`insert into audit_rows select ?, at, hour, action, object, object_id, institution, reading, hidden, actor, acting_for,
		role, role_institution, subject, details, salt_who, salt_about, salt_details, read_key from audit_rows where id = ?`, id, f.rowAt(2))
	f.exec(`insert into audit_chain select cast(? as bigint), ?, actor_mark, object_mark, who, about, details, '', '' from audit_chain where seq = 2`, seq, id)
	f.exec(`update audit_chain set prev = (select hash from audit_chain where seq = ?) where seq = ?`, seq-1, seq)
	f.rehash(seq)
}

func TestTruncatedAtAnOldSeal(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.fill(5)
		old, err := headOf(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		first, err := f.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f.fill(5)
		anchor, err := f.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r := f.want("", first, anchor); r.Anchors != 2 || r.Checkpoints != 2 {
			t.Errorf("%+v", r)
		}
		for seq := 6; seq <= 10; seq++ {
			f.remove(seq)
		}
		f.exec(`update audit_head set seq = ?, hash = ?, at = ?, seal = ?`, old.Seq, old.Hash, old.At, old.Seal)
		f.want("truncated 6+5") // the checkpoint in the database tells
		f.exec(`delete from audit_checkpoints where seq > 5`)
		f.want("", first) // now nothing inside does
		f.want("truncated 6+5", first, anchor)
		anchor.Head = first.Head
		f.want("forged 10", anchor)
	})
}

// TestRewrittenChain writes the whole chain anew, as somebody would who also
// stole the signing key: only what left the machine before shows it.
func TestRewrittenChain(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.fill(6)
		anchor, err := f.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f.exec(`update audit_rows set action = 'people.approve' where id = ?`, f.rowAt(2))
		f.exec(`insert into audit_waiting select * from audit_rows`)
		f.exec(`delete from audit_rows`)
		f.exec(`delete from audit_chain`)
		f.exec(`delete from audit_head`)
		f.exec(`delete from audit_checkpoints`)
		f.link1()
		f.want("")
		f.want("rewritten 6", anchor)
	})
}

func TestUnlinkedAlarm(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		out := &strings.Builder{}
		f.Config.Log = slog.New(slog.NewTextHandler(out, nil))
		f.record(By{}, Entry{Action: "a.b"})
		f.at = f.at.Add(Patience)
		f.want("")
		watch(t, f, out, 0)
		f.at = f.at.Add(time.Second)
		f.want("unlinked 0+1")
		a, err := f.Alarms(t.Context())
		if err != nil || a.Unlinked != 1 || !a.Any() || !a.Oldest.Equal(start) {
			t.Errorf("%+v %v", a, err)
		}
		watch(t, f, out, 1)
		watch(t, f, out, 1) // told once
		f.link1()
		watch(t, f, out, 1)
		f.record(By{}, Entry{Action: "a.b"})
		f.at = f.at.Add(2 * Patience)
		watch(t, f, out, 2) // a new rise is told anew
	})
}

func watch(t *testing.T, f *fixture, out *strings.Builder, told int) {
	t.Helper()
	if err := f.watch(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "audit log: alarm"); n != told {
		t.Errorf("told %d times, want %d", n, told)
	}
}

func TestLinkersAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		other := New(f.Config)
		const writers, each = 4, 40
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for _, s := range []*Log{f.Log, other, f.Log} {
			wg.Go(func() {
				for {
					if _, err := s.Link(t.Context()); err != nil {
						t.Error(err)
						return
					}
					select {
					case <-stop:
						return
					case <-time.After(time.Millisecond):
					}
				}
			})
		}
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					err := d.Write(t.Context(), func(tx *db.Tx) error {
						return Record(t.Context(), tx, By{Person: person(w)}, Entry{Action: "a.b", Object: "x", ObjectID: fmt.Sprint(i)}, start)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		writing.Wait()
		close(stop)
		wg.Wait()
		f.link1()
		if r := f.want(""); r.Rows != writers*each {
			t.Errorf("%d rows are linked, %d were written", r.Rows, writers*each)
		}
	})
}

func BenchmarkLink(b *testing.B) {
	for name, open := range map[string]func() *db.DB{
		"sqlite":   func() *db.DB { return testkit.SQLite(b, modules()) },
		"postgres": func() *db.DB { return testkit.Postgres(b, modules(), "") },
	} {
		b.Run(name, func(b *testing.B) {
			d := open()
			f := newFixture(b, d)
			const rows = 4000
			for range b.N {
				b.StopTimer()
				began := time.Now()
				f.write(func(tx *db.Tx) error {
					for i := range rows {
						err := Record(b.Context(), tx, By{Person: person(i), Role: "teacher"}, Entry{Action: "a.b", Object: "x",
							ObjectID: person(i), Subject: person(i), Details: map[string]string{"a": "b"}}, f.at)
						if err != nil {
							return err
						}
					}
					return nil
				})
				b.ReportMetric(rows/time.Since(began).Seconds(), "recorded/s")
				b.StartTimer()
				f.link1()
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "linked/s")
			began := time.Now()
			r := f.verify()
			b.ReportMetric(float64(r.Rows)/time.Since(began).Seconds(), "verified/s")
		})
	}
}

// A line that has not come to its table yet is told by an alarm, erased and
// verified as if it had; one of a report travels alone.
func TestLinesOnTheirWay(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.record(By{Person: person(1)}, Entry{Action: "a.b", Subject: person(2), Details: map[string]string{"x": "y"}})
		f.record(By{Person: person(1)}, Entry{Action: "report.open", Hidden: true})
		f.record(By{Person: person(1)}, Entry{Action: "card.look", Read: true, Subject: person(2)})
		if n := f.count(`select count(*) from db_outbox`); n != 1 {
			t.Errorf("%d rows are on their way", n)
		}
		if n := f.count(`select count(*) from audit_waiting where hidden or reading`); n != 2 {
			t.Errorf("%d rows came at once", n)
		}
		st, err := f.state(t.Context())
		if err != nil || st.Waiting != 3 {
			t.Errorf("%d wait, %v", st.Waiting, err)
		}
		if r := f.want(""); r.Waiting != 3 {
			t.Errorf("%+v", r)
		}
		f.at = f.at.Add(2 * time.Hour)
		f.want("unlinked 0+3")
		if _, err := d.Spread(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.want("unlinked 0+3")
		f.at = start
		f.record(By{Person: person(2)}, Entry{Action: "a.c"})
		err = d.Write(t.Context(), func(tx *db.Tx) error {
			if err := Record(t.Context(), tx, By{Person: person(2)}, Entry{Action: "a.d"}, f.at); err != nil {
				return err
			}
			n, err := f.Erase(t.Context(), tx, By{Person: person(1)}, person(2), "", f.at)
			if n != 4 {
				t.Errorf("erased in %d rows", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"audit_rows", "audit_waiting"} {
			if n := f.count(`select count(*) from ` + table + ` where actor = '` + person(2) + `' or subject = '` + person(2) + `'`); n != 0 {
				t.Errorf("%d rows of %s name who was erased", n, table)
			}
		}
		f.link1()
		f.want("")
	})
}

// The short way of writing details is the one of package json.
func FuzzDetailsText(f *testing.F) {
	for _, s := range []string{"", "a", `"`, `\`, "<&>", "ż", "\xff", "\x00", "\u2028"} {
		f.Add(s, "b", s, "c")
	}
	f.Fuzz(func(t *testing.T, key, other, value, second string) {
		details := map[string]string{key: value, other: second}
		want, err := json.Marshal(details)
		got, err2 := detailsText(details)
		if err != nil || err2 != nil || got != string(want) {
			t.Errorf("%q, want %q (%v, %v)", got, want, err, err2)
		}
	})
}
