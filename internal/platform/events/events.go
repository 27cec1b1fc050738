// Package events is how a module tells the others that something happened.
//
// The teller owns the event type and emits it in the transaction of the deed:
//
//	return s.bus.Emit(ctx, tx, Enrolled{Training: id, Seat: n}, events.Envelope{Subject: string(id), Version: rev, Trace: t})
//
// Only wiring.go subscribes. Each (event, subscriber) becomes a job in that
// same transaction, so a reaction that fails is repeated without the others.
//
// What a writer of events and reactions must know:
//
//  1. At least once, in no promised order. A reaction uses natural keys
//     (on conflict do nothing) or compares Meta.Version, the revision of the
//     subject: the later revision wins.
//  2. Events are kept for years and read by the ledger. A payload holds ids,
//     numbers, dates and keys: no names, no addresses, no free text. Who wants
//     words asks the module that owns them.
//  3. A payload type only grows. A field keeps its name and meaning, a new one
//     must do without a value in old events. Another meaning is another event.
//  4. Confidential modules emit counts or nothing.
//  5. An event nobody listens to is recorded all the same. A subscriber that is
//     added later gets only what is emitted from then on; the rest it reads
//     with Replay.
package events

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/trace"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// Event is something that happened. EventName is "module.what_happened" and
// answers on a zero value too.
type Event interface{ EventName() string }

// ID names an emitted event.
type ID string

// Envelope is what the teller writes outside the event.
type Envelope struct {
	Subject string    // the id of the thing it happened to
	Version int64     // the revision of the subject after it, when there is one
	Trace   trace.ID  // the matter it belongs to, when there is one
	At      time.Time // when it happened; zero is now
}

// Meta is what a reaction learns about an event beside its payload.
type Meta struct {
	ID      ID
	At      time.Time
	Trace   trace.ID
	Subject string
	Version int64
}

// Bus knows who listens to what. It is filled while the program is put
// together and only read afterwards.
type Bus struct {
	db        *db.DB
	jobs      *jobs.Registry
	now       func() time.Time
	listeners map[string][]string // event name -> kinds of the delivering jobs
}

// NewBus makes a bus whose deliveries are jobs of that registry.
func NewBus(d *db.DB, registry *jobs.Registry, now func() time.Time) *Bus {
	return &Bus{db: d, jobs: registry, now: now, listeners: map[string][]string{}}
}

// On subscribes. The subscriber's name ("agreements.ledger") is part of the
// job's kind and must stay the same from release to release: deliveries that
// wait carry it. The same name twice for one event panics.
func On[E Event](b *Bus, subscriber string, react func(ctx context.Context, e E, m Meta) error) {
	var zero E
	kind := fmt.Sprintf("event:%s>%s", zero.EventName(), subscriber)
	jobs.On(b.jobs, kind, func(ctx context.Context, _ jobs.Job, id ID) error {
		e, m, err := load[E](ctx, b.db, id)
		if err != nil {
			return err
		}
		return react(ctx, e, m)
	})
	b.listeners[zero.EventName()] = append(b.listeners[zero.EventName()], kind)
}

// Emit records the event and its deliveries in the teller's transaction. They
// follow the commit: they lie with it in one row (see db.Tx.Later) until a
// runner looks for work.
func (b *Bus) Emit(ctx context.Context, tx *db.Tx, e Event, o Envelope) (err error) {
	defer fault.Wrap(&err, "emit %s", e.EventName())
	id, err := b.record(ctx, tx, e, o)
	if err != nil {
		return err
	}
	for _, kind := range b.listeners[e.EventName()] {
		if err := jobs.EnqueueLater(ctx, tx, kind, id); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bus) record(ctx context.Context, tx *db.Tx, e Event, o Envelope) (ID, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return "", err
	}
	u, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	if o.At.IsZero() {
		o.At = b.now()
	}
	id := u.String()
	return ID(id), tx.Later(ctx, "events", id, e.EventName(), o.Version, o.Subject, string(o.Trace), string(payload), o.At.Unix())
}

// row is an event as it lies in the table.
type row struct {
	ID      ID       `db:"id"`
	Version int64    `db:"version"`
	Subject string   `db:"subject"`
	Trace   trace.ID `db:"trace"`
	Payload string   `db:"payload"`
	At      int64    `db:"at"`
}

func load[E Event](ctx context.Context, r db.Reader, id ID) (e E, m Meta, err error) {
	defer fault.Wrap(&err, "event %s", id)
	var found row
	err = r.Get(ctx, &found, `select id, version, subject, trace, payload, at from events where id = ?`, id)
	if errors.Is(err, fault.ErrNotFound) {
		return e, m, jobs.Permanent(err) // it was deleted and will not come back
	}
	if err != nil {
		return e, m, err
	}
	return open[E](found)
}

func open[E Event](r row) (e E, m Meta, err error) {
	if err := json.Unmarshal([]byte(r.Payload), &e); err != nil {
		return e, m, jobs.Permanent(fmt.Errorf("decode %s: %w", e.EventName(), err))
	}
	return e, Meta{ID: r.ID, At: time.Unix(r.At, 0), Trace: r.Trace, Subject: r.Subject, Version: r.Version}, nil
}

// replayPage is how many events are held in memory at once.
const replayPage = 500

// Replay calls f for each recorded event of that type after the given one (""
// for all), by their ids; those of the last moment come at the end. No query is
// open while f runs, so it may write.
//
// Ids follow the time of the deed, not the order of the commits: an event may
// appear before one that was read already. So a ledger is rebuilt from "" into
// tables with natural keys, and kept up by a subscription, not by remembering
// where the last replay ended.
func Replay[E Event](ctx context.Context, r db.Reader, after ID, f func(ctx context.Context, e E, m Meta) error) error {
	var zero E
	late, err := waiting(ctx, r, zero.EventName(), after)
	if err != nil {
		return err
	}
	for {
		var page []row
		err := r.Select(ctx, &page, `select id, version, subject, trace, payload, at from events
			where name = ? and id > ? order by id limit ?`, zero.EventName(), after, replayPage)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return replay(ctx, late, f)
		}
		// One that came to its table meanwhile is met there.
		late = slices.DeleteFunc(late, func(l row) bool {
			return slices.ContainsFunc(page, func(p row) bool { return p.ID == l.ID })
		})
		if err := replay(ctx, page, f); err != nil {
			return err
		}
		after = page[len(page)-1].ID
	}
}

func replay[E Event](ctx context.Context, page []row, f func(ctx context.Context, e E, m Meta) error) error {
	for _, found := range page {
		e, m, err := open[E](found)
		if err == nil {
			err = f(ctx, e, m)
		}
		if err != nil {
			return fmt.Errorf("replay %s %s: %w", e.EventName(), found.ID, err)
		}
	}
	return nil
}

// waiting are the events of the last moment, which are not in the table yet.
func waiting(ctx context.Context, r db.Reader, name string, after ID) ([]row, error) {
	list, err := db.Waiting(ctx, r, "events")
	var rows []row
	for _, v := range list {
		text := func(n int) string { s, _ := v[n].(string); return s }
		version, _ := v[2].(int64)
		at, _ := v[6].(int64)
		if text(1) == name && ID(text(0)) > after {
			rows = append(rows, row{ID(text(0)), version, text(3), trace.ID(text(4)), text(5), at})
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.ID, b.ID) })
	return rows, err
}
