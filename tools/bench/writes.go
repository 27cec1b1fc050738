package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/trace"
	"kladka/internal/schema"
)

// ended is an event like those of the modules.
type ended struct {
	Person      string `json:"person"`
	Institution string `json:"institution"`
	Role        string `json:"role"`
}

// EventName implements events.Event.
func (ended) EventName() string { return "bench.ended" }

// heard is one that somebody listens to.
type heard ended

// EventName implements events.Event.
func (heard) EventName() string { return "bench.heard" }

// writes compares a write with its line in the log, its event and its step
// with the same write without them.
func writes(ctx context.Context, t *table) error {
	for _, e := range engines() {
		if err := writesOn(ctx, t, e); err != nil {
			return err
		}
	}
	return nil
}

type writer struct {
	db     *db.DB
	clock  func() time.Duration
	bus    *events.Bus
	log    *audit.Log
	people []string
	n      int
}

func writesOn(ctx context.Context, t *table, e engine) error {
	d, dir, drop, err := e.open(ctx)
	if err != nil {
		return err
	}
	defer drop()
	defer d.Close()
	defer os.RemoveAll(dir)
	if _, err := schema.Migrate(ctx, d, app.Modules()); err != nil {
		return err
	}
	catalog, err := app.Catalog()
	if err != nil {
		return err
	}
	people := access.New(access.Config{DB: d, Catalog: catalog, Log: slog.New(slog.DiscardHandler), Now: time.Now, Demo: true})
	if err := peopled(ctx, d, people, 2000); err != nil {
		return err
	}
	registry := jobs.NewRegistry()
	w := &writer{db: d, clock: clockOf(d), bus: events.NewBus(d, registry, time.Now), log: audit.New(audit.Config{DB: d, Keys: secrets.New(), Now: time.Now, Log: quiet})}
	events.On(w.bus, "bench.listener", func(context.Context, heard, events.Meta) error { return nil })
	if err := d.Select(ctx, &w.people, `select id from access_people order by id`); err != nil {
		return err
	}
	deeds := []struct {
		name string
		f    func(ctx context.Context, tx *db.Tx, id string) error
	}{
		{"bare: one update", w.update},
		{"with audit", w.with(w.update, w.record)},
		{"with audit, event and step", w.with(w.update, w.record, w.emit, w.step)},
		{"with audit, event heard by one, and step", w.with(w.update, w.record, w.emitHeard, w.step)},
		{"bare: a role ends (four updates)", w.end},
		{"a role ends, with audit, event and step", w.with(w.end, w.record, w.emit, w.step)},
		{"a role ends, with audit, event heard by one, and step", w.with(w.end, w.record, w.emitHeard, w.step)},
	}
	times := make([][]time.Duration, len(deeds))
	var after []time.Duration
	for range 45 {
		for i, deed := range deeds {
			each, err := w.run(ctx, deed.f)
			if err != nil {
				return err
			}
			times[i] = append(times[i], each)
		}
		each, err := w.later(ctx)
		if err != nil {
			return err
		}
		after = append(after, each)
	}
	for i, deed := range deeds {
		bare := times[0]
		if i >= 4 {
			bare = times[4]
		}
		ratio := ratioOf(slices.Clone(bare), slices.Clone(times[i]))
		aim := "0.5"
		if i == 0 || i == 1 || i == 4 {
			aim = "–"
		}
		t.add(e.name+": write "+deed.name+", rate / bare", fmt.Sprintf("%.2f (%d µs)", ratio, median(slices.Clone(times[i])).Microseconds()), aim)
	}
	t.add(e.name+": afterwards, to spread and link one of these", fmt.Sprintf("%d µs", median(after).Microseconds()), "–")
	return nil
}

func peopled(ctx context.Context, d *db.DB, people *access.Service, n int) error {
	at := []access.InstitutionID{access.NewInstitutionID(), access.NewInstitutionID()}
	return addCrowd(ctx, d, people, n, at)
}

const writesAtOnce = 50

// run is the time of one write: CPU time, or where the database is another
// process, the time that goes by.
func (w *writer) run(ctx context.Context, deed func(ctx context.Context, tx *db.Tx, id string) error) (time.Duration, error) {
	began := w.clock()
	for range writesAtOnce {
		w.n++
		id := w.people[w.n%len(w.people)]
		if err := w.db.Write(ctx, func(tx *db.Tx) error { return deed(ctx, tx, id) }); err != nil {
			return 0, err
		}
	}
	return (w.clock() - began) / writesAtOnce, nil
}

// later is what a deed costs after it, in the background: its lines spread to
// their tables and linked. Five of the deeds of a round have such.
func (w *writer) later(ctx context.Context) (time.Duration, error) {
	began := w.clock()
	_, err := w.log.Link(ctx)
	return (w.clock() - began) / (5 * writesAtOnce), err
}

type deed = func(ctx context.Context, tx *db.Tx, id string) error

func (w *writer) with(all ...deed) deed {
	return func(ctx context.Context, tx *db.Tx, id string) error {
		for _, f := range all {
			if err := f(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	}
}

func (w *writer) update(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, `update access_people set lang = ?, version = version + 1 where id = ?`, "pl", id)
	return err
}

// end is what access.End writes of its own.
func (w *writer) end(ctx context.Context, tx *db.Tx, id string) error {
	now := time.Now().Unix()
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`update access_roles set until = ? where person = ? and institution = ? and role = ? and (until is null or until > ?)`, []any{now, id, "x", access.Teacher, now}},
		{`update access_proxies set ended_at = ? where principal = ? and institution = ? and role = ? and ended_at is null and until > ?`, []any{now, id, "x", access.Teacher, now}},
		{`update access_invitations set state = 'withdrawn', settled_at = ? where inviter = ? and institution = ? and state = 'open'`, []any{now, id, "x"}},
		{`update access_people set version = version + 1 where id = ? or id in (select agent from access_proxies where principal = ?)`, []any{id, id}},
	} {
		if _, err := tx.Exec(ctx, s.query, s.args...); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) record(ctx context.Context, tx *db.Tx, id string) error {
	by := audit.By{Person: w.people[0], Role: string(access.SchoolHead), Institution: w.people[1]}
	return audit.Record(ctx, tx, by, audit.Entry{Action: "access.end", Object: "person", ObjectID: id, Institution: w.people[1], Subject: id,
		Details: map[string]string{"role": string(access.Teacher), "successor": ""}}, time.Now())
}

func (w *writer) emit(ctx context.Context, tx *db.Tx, id string) error {
	return w.bus.Emit(ctx, tx, ended{id, w.people[1], string(access.Teacher)}, events.Envelope{Subject: id, Trace: trace.ID(id)})
}

func (w *writer) emitHeard(ctx context.Context, tx *db.Tx, id string) error {
	return w.bus.Emit(ctx, tx, heard{id, w.people[1], string(access.Teacher)}, events.Envelope{Subject: id, Trace: trace.ID(id)})
}

func (w *writer) step(ctx context.Context, tx *db.Tx, id string) error {
	made, err := trace.New()
	if err != nil {
		return err
	}
	return trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(made), Kind: "access.person", ID: id, TitleKey: "trace.access.ended",
		At: time.Now().Unix(), Audience: "inst:" + w.people[1]})
}
