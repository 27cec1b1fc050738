package needs

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// rankCrowd is a vocabulary of 150 topics.
type rankCrowd struct{ vocabulary }

func rankCrowdTopic(n int) string { return fmt.Sprintf("01930000-0000-7000-8000-0000000a%04d", n) }

func (rankCrowd) Names(_ context.Context, _ *i18n.L, ids []string) (map[string]string, error) {
	names := map[string]string{}
	for _, id := range ids {
		names[id] = "Temat numer " + id[32:]
	}
	return names, nil
}

func (rankCrowd) Resolve(_ context.Context, ids []string) (map[string]string, error) {
	read := map[string]string{}
	for _, id := range ids {
		read[id] = id
	}
	return read, nil
}

// TestRankSpeed measures; it is run by hand with KLADKA_NEEDS_SPEED=1. A page of
// stored rows must not feel how many lines were declared.
func TestRankSpeed(t *testing.T) {
	if os.Getenv("KLADKA_NEEDS_SPEED") == "" {
		t.Skip("KLADKA_NEEDS_SPEED is not set")
	}
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		k.Topics = rankCrowd{}
		k.measures()
		var few [3]time.Duration
		for n, lines := range []int{60_000, 600_000} {
			c := k.crowded(t, lines, 2027+n)
			at := time.Now()
			peak := rankPeak(func() { k.ok(k.rank(t.Context(), c.ID)) })
			job := time.Since(at)
			path := CampaignHref(c.ID) + "/mapa"
			took := [3]time.Duration{k.rankPage(k.officer, path), k.rankPage(k.officer, path+"?ile=wszystkie"), k.rankPage(access.Stranger(), fmt.Sprintf("%s/%d", Path, c.SchoolYear))}
			if n == 0 {
				few = took
			}
			for i, page := range []string{"map of needs", "map with all topics", "public page"} {
				t.Logf("FIGURE %s %s, %d answers: %v, %.2f of that with 60 000 (aim 100 ms, 1.5)", d.Name(), page, lines, took[i], rankRatio(took[i], few[i]))
			}
			t.Logf("FIGURE %s ranking and publishing %d answers: %v, heap at most %d MB", d.Name(), lines, job.Round(time.Millisecond), peak>>20)
		}
	})
}

func rankRatio(a, b time.Duration) float64 { return a.Seconds() / b.Seconds() }

// rankPage is the middle time of a page.
func (k *kit) rankPage(who access.Actor, path string) time.Duration {
	k.t.Helper()
	var all []time.Duration
	for range 15 {
		at := time.Now()
		if w := k.get(who, path); w.Code != http.StatusOK {
			k.t.Fatalf("%s: %d", path, w.Code)
		}
		all = append(all, time.Since(at))
	}
	slices.Sort(all)
	return all[len(all)/2].Round(10 * time.Microsecond)
}

// rankPeak is the largest heap while something runs.
func rankPeak(f func()) (peak uint64) {
	done := make(chan bool)
	go func() {
		defer close(done)
		f()
	}()
	var m runtime.MemStats
	for {
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapInuse)
		select {
		case <-done:
			return peak
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// crowded writes a closed campaign with so many lines, in up to twenty municipalities,
// 36 of 150 topics from each institution, by direct inserts.
func (k *kit) crowded(t *testing.T, lines, year int) Campaign {
	t.Helper()
	const each = 36
	c := k.campaign(t, func(c *Campaign) {
		c.SchoolYear, c.State, c.OpensAt, c.ClosesAt = year, Closed, k.clock.Unix()-10, k.clock.Unix()+10
	})
	places, err := directory.Municipalities(t.Context(), k.db)
	k.ok(err)
	towns := min(20, len(places))
	units := []disclosure.Unit{{ID: "all", Name: "Metropolia"}}
	for n := range towns {
		units = append(units, disclosure.Unit{ID: places[n].ID, Parent: "all", Order: fmt.Sprintf("%02d", n), Name: places[n].Name})
	}
	var asked, declared, said [][]any
	for n := range lines / each {
		at, id := newID(), newID()
		town := units[1+n%towns].ID
		asked = append(asked, []any{c.ID, at, "primary", town, town, "", 25})
		declared = append(declared, []any{id, c.ID, at, "school", true, k.clock.Unix()})
		units = append(units, disclosure.Unit{ID: at, Parent: town, Order: at, Name: "Szkoła " + at, Roster: 25})
		for i := range each {
			said = append(said, []any{id, i + 1, rankCrowdTopic((n*7 + i*4) % 150), 1 + (n+i)%3, 1 + (n+i*i)%9})
		}
	}
	k.bulk("needs_asked (campaign, institution, kind, by_seat, by_running, runner, roster)", asked)
	k.bulk("needs_declarations (id, campaign, institution, as_what, sent, changed_at)", declared)
	k.bulk("needs_lines (declaration, no, topic, priority, heads)", said)
	k.write(func(ctx context.Context, tx *db.Tx) error {
		plan, err := k.Disclosure.Fix(ctx, tx, disclosure.Plan{Owner: RoundOwner, Object: "campaign/" + string(c.ID), Units: units})
		if err != nil {
			return err
		}
		if err := k.publishFix(ctx, tx, c.ID, units); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update needs_campaigns set plan = ? where id = ?`, plan.ID, c.ID)
		return err
	})
	k.clock = k.clock.Add(time.Minute)
	return k.read(c.ID)
}

// bulk writes rows of a table with the named columns.
func (k *kit) bulk(into string, rows [][]any) {
	k.t.Helper()
	for some := range slices.Chunk(rows, 50_000) {
		k.write(func(ctx context.Context, tx *db.Tx) error {
			for part := range slices.Chunk(some, db.MaxParams/len(some[0])) {
				var args []any
				for _, row := range part {
					args = append(args, row...)
				}
				if _, err := tx.Exec(ctx, "insert into "+into+" values "+db.Marks(len(part), len(part[0])), args...); err != nil {
					return err
				}
			}
			return nil
		})
	}
}
