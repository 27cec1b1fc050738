package survey

import (
	"fmt"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/platform/i18n"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

func TestMeasuresKnowTheBounds(t *testing.T) {
	registry := disclosure.NewRegistry().Declare(Measures("test")...).Declare(Measures("other")...)
	d := Sample()
	for _, q := range d.closed() {
		if _, known := registry.Measure(measureName("test", q.shape)); q.shape != "" && !known {
			t.Errorf("%s: no measure %q", q.key, q.shape)
		}
	}
	options := func(n int, alone bool) (list []Option) {
		for i := range n {
			list = append(list, Option{ID: fmt.Sprint("o", i), Alone: alone && i == n-1})
		}
		return list
	}
	for want, q := range map[string]Question{
		"choice.1.0": {Kind: Multiple, Options: options(4, false)},
		"choice.0.0": {Kind: Multiple, Options: options(4, true)},
		"choice.0.2": {Kind: Multiple, Options: options(4, true), Most: 2},
		"choice.1.3": {Kind: Ranking, Options: options(4, false), Most: 3},
		"":           {Kind: Multiple, Options: options(4, false), Least: 2},
	} {
		q.ID = "q"
		d := Definition{Sections: []Section{{Questions: []Question{q}}}}
		if got := d.closed()[0].shape; got != want {
			t.Errorf("%+v: %q, want %q", q, got, want)
		}
	}
}

// TestPublishRound goes from answers to the page of results.
func TestPublishRound(t *testing.T) {
	testkit.EachDB(t, append([]schema.Module{{Name: "disclosure", Files: disclosure.Migrations}}, roundModules...), func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		k.releases = disclosure.New(disclosure.Config{DB: d, Now: k.clock.now, Registry: disclosure.NewRegistry().Declare(Measures("test")...)})
		sample := roundSample()
		sample.Sections[1].When = &Condition{Question: "topic", Is: []string{"law"}}
		sample.Sections[1].Questions = append(sample.Sections[1].Questions, Question{ID: "law", Kind: Single, Title: roundText("Które prawo?"),
			Options: []Option{{ID: "school", Text: roundText("Oświatowe")}, {ID: "work", Text: roundText("Pracy")}}})
		k.def = k.define(sample)
		id, shares := k.start(Anonymous, 40)
		var plan disclosure.Plan
		k.write(func(tx *db.Tx) (err error) {
			plan, err = k.releases.Fix(ctx, tx, disclosure.Plan{Owner: "test", Object: "k1", Units: []disclosure.Unit{{ID: "root", Order: "0", Name: "Metropolia"},
				{ID: "sp1", Parent: "root", Order: "1", Name: "Szkoła 1", Roster: 20}, {ID: "sp2", Parent: "root", Order: "2", Name: "Szkoła 2", Roster: 20}}})
			return err
		})
		for i, p := range roundPeople(40) {
			g := k.given("topic", []string{"tiki", "math", "law"}[i/14], "need", fmt.Sprint(i%2+2))
			if i >= 28 {
				g.Answers["law"] = []string{"work"}
			}
			k.must(k.Answer(ctx, id, p.Person, "", g))
		}
		_, err := k.Count(ctx, d, id)
		roundWant(t, "before the opening", err, "survey.fault.not_counted")
		k.clock.add(8 * 24 * time.Hour)
		k.end(id, shares)
		counts, err := k.Count(ctx, d, id)
		k.must(err)
		k.must(d.Get(ctx, new(int), `select 1`))
		for range 2 { // published twice is published once
			k.write(func(tx *db.Tx) error {
				left, err := k.PublishRound(ctx, tx, id, plan.ID, "próba", counts)
				if len(left) > 0 {
					t.Error(left)
				}
				return err
			})
		}
		catalog, err := i18n.Load(Messages)
		k.must(err)
		rd := k.round(id)
		views, err := k.published(ctx, catalog.In(i18n.PL), rd, sample)
		k.must(err)
		if len(views) != 3 || views[0].Caption != "Jaki temat?" || views[2].Names[disclosure.NotAsked] == "" {
			t.Fatalf("%+v", views)
		}
		if c := views[0].Table.Cell("root", "law"); !c.Shown || c.N != 12 {
			t.Errorf("%+v", c)
		}
		if c := views[2].Table.Cell("root", disclosure.NotAsked); c.Shown && c.N != 28 {
			t.Errorf("%+v", c)
		}
	})
}
