// Package counts counts what must not be written down one by one: visits of the
// quiet doors (web.Quiet). A visit adds to a number in memory; when its ten
// minutes are over, the numbers are added to the database and forgotten. So the
// database, its log and its backups know "7 visits between 10:10 and 10:20" and
// no order, no second and no person.
//
// Every process counts for itself and adds what it counted, so rows are sums. A
// process that dies takes the numbers of its last minutes with it: a count is a
// sign of life for whoever runs the program, never a result of anything.
package counts

import (
	"cmp"
	"context"
	"embed"
	"log/slog"
	"slices"
	"sync"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Migrations are the tables of this package.
//
//go:embed migrations
var Migrations embed.FS

const (
	// Step is the shortest time that is told apart.
	Step = 10 * time.Minute
	// Keep is how long rows are kept.
	Keep = 2 * 366 * 24 * time.Hour
)

// Count is how often a door was used in one step.
type Count struct {
	Name   string `db:"name"`
	Slot   int64  `db:"slot"` // UTC second in which the step began
	N      int64  `db:"n"`
	Failed int64  `db:"failed"` // of them, those in which the fault was ours
}

// Counter counts in memory and adds to the database. It implements web.Counts.
type Counter struct {
	db  *db.DB
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	waiting map[place]tally
}

type place struct {
	name string
	slot int64
}

type tally struct{ n, failed int64 }

// New makes a counter over a migrated database. Failures are told to the log,
// summed up, when their step is over.
func New(d *db.DB, log *slog.Logger, now func() time.Time) *Counter {
	return &Counter{db: d, log: log, now: now, waiting: map[place]tally{}}
}

func slotOf(t time.Time) int64 {
	step := int64(Step / time.Second)
	return t.Unix() / step * step
}

// Add counts once, in memory.
func (c *Counter) Add(name string, failed bool) {
	at := place{name, slotOf(c.now())}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.waiting[at]
	t.n++
	if failed {
		t.failed++
	}
	c.waiting[at] = t
}

// Run writes down each step when it is over, until the context ends; then it
// writes what is there, so that a program told to stop loses nothing.
func (c *Counter) Run(ctx context.Context) {
	for {
		next := time.Unix(slotOf(c.now()), 0).Add(Step)
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			c.tell(c.FlushAll(last))
			return
		case <-time.After(max(time.Second, next.Sub(c.now()))):
			c.tell(c.Flush(ctx))
		}
	}
}

func (c *Counter) tell(err error) {
	if err != nil {
		c.log.Error("counts not written", "err", err)
	}
}

// Flush adds the steps that are over to the database. What could not be written
// is kept for the next time.
func (c *Counter) Flush(ctx context.Context) error { return c.flush(ctx, slotOf(c.now())) }

// FlushAll adds the running step as well. It is for the end of the program:
// called more often, the times of its calls would tell more than the steps do.
func (c *Counter) FlushAll(ctx context.Context) error { return c.flush(ctx, 1<<62) }

func (c *Counter) flush(ctx context.Context, before int64) (err error) {
	defer fault.Wrap(&err, "write counts")
	rows := c.take(before)
	if len(rows) == 0 {
		return nil
	}
	err = c.db.Write(ctx, func(tx *db.Tx) error { return add(ctx, tx, rows) })
	if err != nil {
		c.putBack(rows)
		return err
	}
	for _, r := range rows {
		if r.Failed > 0 {
			c.log.Error("quiet door failed", "door", r.Name, "times", r.Failed, "of", r.N)
		}
	}
	return nil
}

// take empties the memory of the steps before the given one, in the order in
// which all processes write their rows, so that none waits for another in a ring.
func (c *Counter) take(before int64) []Count {
	c.mu.Lock()
	defer c.mu.Unlock()
	var rows []Count
	for at, t := range c.waiting {
		if at.slot < before {
			rows = append(rows, Count{at.name, at.slot, t.n, t.failed})
			delete(c.waiting, at)
		}
	}
	slices.SortFunc(rows, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Name, b.Name))
	})
	return rows
}

func (c *Counter) putBack(rows []Count) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range rows {
		t := c.waiting[place{r.Name, r.Slot}]
		c.waiting[place{r.Name, r.Slot}] = tally{t.n + r.N, t.failed + r.Failed}
	}
}

func add(ctx context.Context, tx *db.Tx, rows []Count) error {
	for _, r := range rows {
		_, err := tx.Exec(ctx, `insert into counts (name, slot, n, failed) values (?, ?, ?, ?)
			on conflict (name, slot) do update set n = counts.n + excluded.n, failed = counts.failed + excluded.failed`,
			r.Name, r.Slot, r.N, r.Failed)
		if err != nil {
			return err
		}
	}
	return nil
}

// Between reads the steps that began in [from, to), by time and name, for a page
// of the administration. What waits in memory is not among them.
func (c *Counter) Between(ctx context.Context, from, to time.Time) (_ []Count, err error) {
	defer fault.Wrap(&err, "read counts")
	var rows []Count
	err = c.db.Select(ctx, &rows, `select name, slot, n, failed from counts where slot >= ? and slot < ? order by slot`,
		from.Unix(), to.Unix())
	slices.SortFunc(rows, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.Name, b.Name))
	})
	return rows, err
}

// Sweep deletes what is older than two years. It is run by a periodic job.
func (c *Counter) Sweep(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "sweep counts")
	before := c.now().Add(-Keep).Unix()
	return c.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `delete from counts where slot < ?`, before)
		return err
	})
}
