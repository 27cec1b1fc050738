package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/trace"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

// A teller: trainings, whose seats change, and a ledger that counts them.

type seatsChanged struct {
	Training string
	Seats    int
}

func (seatsChanged) EventName() string { return "training.seats_changed" }

type certified struct {
	Certificate string
	Hours       int
}

func (certified) EventName() string { return "training.certified" }

// The ledger is a sample subscriber: the state of a subject by its revision,
// facts by their natural key. Its table stands in for a module's.
const ledgerTable = `
create table ledger_seats (training text primary key, revision bigint not null, seats bigint not null);
create table ledger_hours (certificate text primary key, hours bigint not null, trace text not null);`

type ledger struct{ db *db.DB }

func (l ledger) seats(ctx context.Context, e seatsChanged, m events.Meta) error {
	return l.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into ledger_seats (training, revision, seats) values (?, ?, ?)
			on conflict (training) do update set revision = excluded.revision, seats = excluded.seats
			where ledger_seats.revision < excluded.revision`, e.Training, m.Version, e.Seats)
		return err
	})
}

func (l ledger) hours(ctx context.Context, e certified, m events.Meta) error {
	return l.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `insert into ledger_hours (certificate, hours, trace) values (?, ?, ?)
			on conflict (certificate) do nothing`, e.Certificate, e.Hours, m.Trace)
		return err
	})
}

func modules() []schema.Module {
	sample := fstest.MapFS{"migrations/209901010000_ledger.sql": {Data: []byte(ledgerTable)}}
	return []schema.Module{
		{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations},
		{Name: "events", Files: events.Migrations}, {Name: "ledger", Files: sample},
	}
}

func now() time.Time { return time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC) }

func write(t *testing.T, d *db.DB, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return f(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, d *db.DB, query string) (n int) {
	t.Helper()
	if err := d.Get(t.Context(), &n, query); err != nil {
		t.Fatal(err)
	}
	return n
}

// spread brings what was told to its tables, as a runner does.
func spread(t *testing.T, d *db.DB) {
	t.Helper()
	if _, err := d.Spread(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestDelivery(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		registry := jobs.NewRegistry()
		bus := events.NewBus(d, registry, now)
		var got []events.Meta
		var seen []seatsChanged
		broken := errors.New("broken")
		events.On(bus, "one", func(_ context.Context, e seatsChanged, m events.Meta) error {
			got, seen = append(got, m), append(seen, e)
			return nil
		})
		events.On(bus, "two", func(context.Context, seatsChanged, events.Meta) error { return broken })
		earlier := now().Add(-time.Hour)
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			err := bus.Emit(ctx, tx, seatsChanged{"t1", 20}, events.Envelope{Subject: "t1", Version: 3, Trace: trace.ID("x")})
			if err != nil {
				return err
			}
			// Nobody listens to this one.
			return bus.Emit(ctx, tx, certified{"17/KR/2026", 6}, events.Envelope{Subject: "c1", At: earlier})
		})
		spread(t, d)
		if len(got) != 0 || count(t, d, `select count(*) from events`) != 2 || count(t, d, `select count(*) from jobs`) != 2 {
			t.Error("want two events and two deliveries, none made yet")
		}
		if err := testkit.Drain(t, d, registry, now); !errors.Is(err, broken) {
			t.Errorf("the second subscriber's error is %v", err)
		}
		want := []events.Meta{{At: now(), Trace: "x", Subject: "t1", Version: 3}}
		for i := range got {
			got[i].ID, got[i].At = "", got[i].At.UTC()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if len(seen) != 1 || seen[0] != (seatsChanged{"t1", 20}) {
			t.Errorf("payload %+v", seen)
		}
		if count(t, d, `select count(*) from jobs`) != 1 { // the failed one alone is repeated
			t.Error("the delivery to the broken subscriber is gone, or the other is not")
		}
	})
}

func TestRollbackTellsNobody(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		bus := events.NewBus(d, jobs.NewRegistry(), now)
		events.On(bus, "one", func(context.Context, certified, events.Meta) error { return nil })
		no := errors.New("no")
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			return errors.Join(bus.Emit(t.Context(), tx, certified{"1", 1}, events.Envelope{}), no)
		})
		if !errors.Is(err, no) || count(t, d, `select count(*) from events`)+count(t, d, `select count(*) from jobs`)+count(t, d, `select count(*) from db_outbox`) != 0 {
			t.Errorf("%v, and something stayed", err)
		}
	})
}

// Everything is delivered twice and in disorder; the ledger ends right.
func TestTwiceAndOutOfOrder(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		registry := jobs.NewRegistry()
		bus := events.NewBus(d, registry, now)
		l := ledger{d}
		events.On(bus, "ledger", l.seats)
		events.On(bus, "ledger", l.hours)
		write(t, d, func(ctx context.Context, tx *db.Tx) error {
			for rev := range int64(20) {
				for _, id := range []string{"t1", "t2"} {
					err := bus.Emit(ctx, tx, seatsChanged{id, int(rev) * len(id)}, events.Envelope{Subject: id, Version: rev + 1})
					if err != nil {
						return err
					}
				}
				c := certified{string(rune('a' + rev%5)), 6}
				if err := bus.Emit(ctx, tx, c, events.Envelope{Subject: c.Certificate}); err != nil {
					return err
				}
			}
			return nil
		})
		for range 2 {
			again := deliveries(t, d)
			disorder(t, d)
			if err := testkit.Drain(t, d, registry, now); err != nil {
				t.Fatal(err)
			}
			checkLedger(t, d)
			write(t, d, func(ctx context.Context, tx *db.Tx) error {
				for _, j := range again {
					if _, err := jobs.Enqueue(ctx, tx, j.Kind, events.ID(j.Event)); err != nil {
						return err
					}
				}
				return nil
			})
		}
	})
}

type delivery struct {
	Kind  string `db:"kind"`
	Event string `db:"payload"`
}

func deliveries(t *testing.T, d *db.DB) (list []delivery) {
	t.Helper()
	spread(t, d)
	if err := d.Select(t.Context(), &list, `select kind, payload from jobs`); err != nil {
		t.Fatal(err)
	}
	for i, j := range list {
		if err := json.Unmarshal([]byte(j.Event), &list[i].Event); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// disorder gives the jobs other times, all of them past.
func disorder(t *testing.T, d *db.DB) {
	t.Helper()
	var ids []string
	if err := d.Select(t.Context(), &ids, `select id from jobs order by id`); err != nil {
		t.Fatal(err)
	}
	if len(ids) != 60 {
		t.Fatalf("%d deliveries", len(ids))
	}
	write(t, d, func(ctx context.Context, tx *db.Tx) error {
		for i, at := range rand.New(rand.NewPCG(1, 2)).Perm(len(ids)) {
			if _, err := tx.Exec(ctx, `update jobs set due_at = ? where id = ?`, int64(at), ids[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func checkLedger(t *testing.T, d *db.DB) {
	t.Helper()
	if n := count(t, d, `select count(*) from ledger_seats where revision = 20 and seats = 38`); n != 2 {
		t.Errorf("%d trainings in the last state, want 2", n)
	}
	if n := count(t, d, `select cast(sum(hours) as bigint) from ledger_hours`); n != 30 {
		t.Errorf("%d hours, want 30: each certificate once", n)
	}
}

// An old event lacks what the type grew since; a newer process writes what an
// older one does not know.
type seatsChangedGrown struct {
	Training string
	Seats    int
	Online   bool
}

func (seatsChangedGrown) EventName() string { return "training.seats_changed" }

func TestReplay(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		n := 1203 // more than two pages
		bus := events.NewBus(d, jobs.NewRegistry(), now)
		emit := func(from, to int) {
			write(t, d, func(ctx context.Context, tx *db.Tx) error {
				for i := from; i < to; i++ {
					if err := bus.Emit(ctx, tx, seatsChanged{"t", i}, events.Envelope{Subject: "t", Version: int64(i)}); err != nil {
						return err
					}
				}
				return bus.Emit(ctx, tx, certified{"c", 1}, events.Envelope{})
			})
		}
		emit(0, 1100)
		spread(t, d)
		emit(1100, n) // these are on their way
		var seats []int
		var ids []events.ID
		err := events.Replay(t.Context(), d, "", func(_ context.Context, e seatsChangedGrown, m events.Meta) error {
			seats, ids = append(seats, e.Seats), append(ids, m.ID)
			return nil
		})
		if err != nil || len(seats) != n || !slices.IsSorted(seats) {
			t.Fatalf("%d events, %v", len(seats), err)
		}
		rest, stop := 0, errors.New("stop")
		err = events.Replay(t.Context(), d, ids[n-11], func(context.Context, seatsChanged, events.Meta) error {
			if rest++; rest == 10 {
				return stop
			}
			return nil
		})
		if rest != 10 || !errors.Is(err, stop) {
			t.Errorf("%d events after the given one, %v", rest, err)
		}
		// While one is read, the rest comes to its table: none twice, none missed.
		seen := map[events.ID]int{}
		err = events.Replay(t.Context(), d, "", func(_ context.Context, _ seatsChanged, m events.Meta) error {
			spread(t, d)
			seen[m.ID]++
			return nil
		})
		for id, times := range seen {
			if times != 1 {
				t.Errorf("%s %d times", id, times)
			}
		}
		if err != nil || len(seen) != n {
			t.Errorf("%d events, %v", len(seen), err)
		}
	})
}

func TestSubscribedTwice(t *testing.T) {
	bus := events.NewBus(nil, jobs.NewRegistry(), now)
	f := func(context.Context, certified, events.Meta) error { return nil }
	events.On(bus, "a", f)
	events.On(bus, "b", f)
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	events.On(bus, "a", f)
}
