// Package trace keeps the one thread of a matter: from "somebody said it" to
// "it was done" and "they were told".
//
// A matter gets its trace when it first enters the house (New). Every module
// that does something about it writes a step in the transaction of the deed,
// and every event carries the trace on. When two matters turn out to be one,
// their traces are linked: no row is renamed, so every address and every event
// that was sent stays right.
//
// Steps hold ids and message keys only. Who may see a step is written beside
// it as an audience key and is asked for in the query, so that a page cannot
// show, or count, what its reader must not know of.
package trace

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

// ID names a trace. "" is no trace.
type ID string

// New makes a trace (UUIDv7).
func New() (ID, error) {
	u, err := uuid.NewV7()
	return ID(u.String()), err
}

// Thing is a page of some module: a need, an agenda item, a training.
type Thing struct {
	Kind string // as the module names it: "needs.need"
	ID   string
}

// StepRow is one step of a matter.
type StepRow struct {
	Trace    ID     `db:"trace"`
	Kind     string `db:"kind"`
	ID       string `db:"id"`
	FromKind string `db:"from_kind"` // what led to it, "" at the beginning
	FromID   string `db:"from_id"`
	TitleKey string `db:"title_key"`
	At       int64  `db:"at"`
	Audience string `db:"audience"`
}

// Thing is what the step is about.
func (s StepRow) Thing() Thing { return Thing{s.Kind, s.ID} }

// From is what led to it.
func (s StepRow) From() Thing { return Thing{s.FromKind, s.FromID} }

// Time is when it happened.
func (s StepRow) Time() time.Time { return time.Unix(s.At, 0) }

// Step writes a step in the transaction of the deed. Repeating it changes
// nothing: the first writing stays, with its time. The same step for another
// audience is a further row, and a reader of both sees one step.
func Step(ctx context.Context, tx *db.Tx, s StepRow) (err error) {
	defer fault.Wrap(&err, "step %s of trace %s", s.TitleKey, s.Trace)
	if s.Trace == "" || s.Kind == "" || s.ID == "" || s.TitleKey == "" || s.Audience == "" {
		return errors.New("trace, kind, id, title key and audience must be there")
	}
	return tx.Later(ctx, "trace_steps", string(s.Trace), s.Kind, s.ID, s.FromKind, s.FromID, s.TitleKey, s.At, s.Audience)
}

// waiting are the steps of the last moment, which are not in the table yet.
func waiting(ctx context.Context, r db.Reader) ([]StepRow, error) {
	list, err := db.Waiting(ctx, r, "trace_steps")
	steps := make([]StepRow, len(list))
	for i, v := range list {
		text := func(n int) string { s, _ := v[n].(string); return s }
		at, _ := v[6].(int64)
		steps[i] = StepRow{ID(text(0)), text(1), text(2), text(3), text(4), text(5), at, text(7)}
	}
	return steps, err
}

// Link says that two traces are one matter. It works both ways, and from one
// link to the next. Linking again, or a trace with itself, changes nothing.
func Link(ctx context.Context, tx *db.Tx, a, b ID) error {
	if a == "" || b == "" {
		return errors.New("link traces: one of them is empty")
	}
	if a == b {
		return nil
	}
	_, err := tx.Exec(ctx, `insert into trace_links (trace, other) values (?, ?), (?, ?)
		on conflict (trace, other) do nothing`, min(a, b), max(a, b), max(a, b), min(a, b))
	return err
}

// audiencesAtOnce leaves room for the other argument below db.MaxParams: an
// officer of a large authority sees several hundred institutions.
const audiencesAtOnce = db.MaxParams - 10

// Steps lists the steps of a matter, with those of all traces linked to it,
// that at least one of the audiences may see, the oldest first. A trace that is
// not there and one of which nothing may be seen look the same.
func Steps(ctx context.Context, r db.Reader, trace ID, audiences []string) (_ []StepRow, err error) {
	defer fault.Wrap(&err, "steps of trace %s", trace)
	late, err := waitingOf(ctx, r, trace)
	if err != nil {
		return nil, err
	}
	late = slices.DeleteFunc(late, func(s StepRow) bool { return !slices.Contains(audiences, s.Audience) })
	var all []StepRow
	for some := range slices.Chunk(audiences, audiencesAtOnce) {
		query, args, err := db.In(stepsQuery, trace, some)
		if err != nil {
			return nil, err
		}
		var list []StepRow
		if err := r.Select(ctx, &list, query, args...); err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	for _, s := range late {
		written := func(t StepRow) bool { return same(s, t) && s.Audience == t.Audience }
		if !slices.ContainsFunc(all, written) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, order)
	return slices.CompactFunc(all, same), nil
}

// waitingOf are the steps of a matter among those of the last moment, whoever
// may see them.
func waitingOf(ctx context.Context, r db.Reader, trace ID) ([]StepRow, error) {
	late, err := waiting(ctx, r)
	if err != nil || len(late) == 0 {
		return nil, err
	}
	var matter []ID
	if err := r.Select(ctx, &matter, tracesQuery, trace); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(late, func(s StepRow) bool { return !slices.Contains(matter, s.Trace) }), nil
}

// The union, without all, ends at traces met before: links may form a circle.
const (
	tracesQuery = `with recursive matter (trace) as (
		select cast(? as text)
		union
		select l.other from matter m join trace_links l on l.trace = m.trace
	)
	select trace from matter`
	stepsQuery = `with recursive matter (trace) as (
		select cast(? as text)
		union
		select l.other from matter m join trace_links l on l.trace = m.trace
	)
	select s.trace, s.kind, s.id, s.from_kind, s.from_id, s.title_key, s.at, s.audience
	from matter m join trace_steps s on s.trace = m.trace
	where s.audience in (?)`
)

// order is made here and not by the database, because the keys are texts that
// the two would order differently.
func order(a, b StepRow) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.TitleKey, b.TitleKey), cmp.Compare(a.Trace, b.Trace), cmp.Compare(a.Audience, b.Audience))
}

// same tells two rows of one step, written for two audiences.
func same(a, b StepRow) bool {
	return a.Trace == b.Trace && a.Thing() == b.Thing() && a.TitleKey == b.TitleKey
}

// Of finds the traces that a thing is a step of, for the link from its page.
// It tells nothing about the steps, whose audiences Steps asks for.
func Of(ctx context.Context, r db.Reader, thing Thing) ([]ID, error) {
	late, err := waiting(ctx, r)
	if err != nil {
		return nil, err
	}
	var ids []ID
	err = r.Select(ctx, &ids, `select distinct trace from trace_steps where kind = ? and id = ?`, thing.Kind, thing.ID)
	for _, s := range late {
		if s.Thing() == thing {
			ids = append(ids, s.Trace)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}
