package disclosure

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// heatMap is answers of people in 20 towns, each with up to five of 150 topics.
func heatMap(people int) ([]Unit, Counts) {
	units := []Unit{{ID: "metro"}}
	for i := range 20 {
		units = append(units, Unit{ID: fmt.Sprintf("town%02d", i), Parent: "metro", Name: fmt.Sprintf("Gmina %d", i), Roster: people / 20})
	}
	var topics []string
	for i := range 150 {
		topics = append(topics, fmt.Sprintf("0198c0de-0000-7000-8000-%012d", i))
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	c := NewCounts(topics...)
	for i := range people {
		chosen := rnd.Perm(150)[:rnd.IntN(5)]
		var names []string
		for _, t := range chosen {
			names = append(names, topics[t])
		}
		c.Add(units[1+i%20].ID, names...)
	}
	return units, c
}

// BenchmarkRead reads a release that was computed from few and from many
// answers: it must not depend on them.
func BenchmarkRead(b *testing.B) {
	for _, people := range []int{60_000, 600_000} {
		units, c := heatMap(people)
		d := testkit.SQLite(b, modules)
		clock := &clock{at: 10}
		s := New(Config{DB: d, Now: clock.now, Registry: NewRegistry().Declare(Measure{Name: "topics", TitleKey: "t", Class: Opinion, Most: 5})})
		ctx := context.Background()
		var id ReleaseID
		err := d.Write(ctx, func(tx *db.Tx) (err error) {
			if _, err = s.Fix(ctx, tx, Plan{ID: "p", Units: units}); err != nil {
				return err
			}
			clock.at = 30
			id, err = s.Publish(ctx, tx, Release{Measure: "topics", Plan: "p", Object: "c", Period: Period{From: 20, Until: 30}}, c)
			clock.at = 10
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			for b.Loop() {
				t, err := s.Read(ctx, d, id)
				if err != nil || len(t.Nodes) != 21 || !t.Cell("town03", c.Categories[7]).Shown {
					b.Fatal(err, len(t.Nodes))
				}
			}
		})
	}
}

// BenchmarkTally is what depends on the answers: counting them.
func BenchmarkTally(b *testing.B) {
	for b.Loop() {
		heatMap(60_000)
	}
}

// BenchmarkRule is the rule over a tallied heat map.
func BenchmarkRule(b *testing.B) {
	units, c := heatMap(60_000)
	for b.Loop() {
		if _, err := Rule(Measure{Name: "m", Class: Opinion, Most: 5}, units, c); err != nil {
			b.Fatal(err)
		}
	}
}
