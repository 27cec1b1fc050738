package survey

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/platform/disclosure"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

// TestSeatsAreBound: whoever runs a list gives at most twice as many seats as it
// has people, or 20; whoever runs the round gives more, and those stay.
func TestSeatsAreBound(t *testing.T) {
	testkit.EachDB(t, roundModules, func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		id, _ := k.start(Confidential, 24) // 12 in each unit
		for unit, most := range map[string]int{"sp1": 24, "nobody": 20} {
			roundWant(t, unit+": the head's 500", k.SetSeats(ctx, roundBoss, id, unit, 500, false), "survey.fault.seats_more")
			roundWant(t, unit+": one too many", k.SetSeats(ctx, roundBoss, id, unit, most+1, false), "survey.fault.seats_more")
			roundWant(t, unit+": as many as may be", k.SetSeats(ctx, roundBoss, id, unit, most, false), "")
		}
		roundWant(t, "more than anybody gives", k.GrantSeats(ctx, roundBoss, id, "sp1", mostSeats+1), "survey.fault.seats")
		roundWant(t, "granted", k.GrantSeats(ctx, roundBoss, id, "sp1", 60), "")
		roundWant(t, "above what was granted", k.SetSeats(ctx, roundBoss, id, "sp1", 61, false), "survey.fault.seats_more")
		roundWant(t, "a new link with the seats that were granted", k.SetSeats(ctx, roundBoss, id, "sp1", 60, true), "")
		k.must(k.Close(ctx, roundBoss, id))
		roundWant(t, "after the close", k.GrantSeats(ctx, roundBoss, id, "sp1", 70), "survey.fault.over")
	})
}

// TestGrantPage: the list's keeper is told what to do, and who runs the round does it.
func TestGrantPage(t *testing.T) {
	s := newRoundSite(t)
	id, _ := s.start(Anonymous, 12)
	unit := paperPath(id, "sp1")
	if hint := s.want(http.StatusOK, unit, "secretary", nil).Find("#link").Parent().Text(); !strings.Contains(hint, "nie więcej niż 20") {
		t.Error(hint)
	}
	refused := s.want(http.StatusUnprocessableEntity, unit+"/link", "secretary", url.Values{fieldSeats: {"500"}})
	if text := refused.Find("main").Text(); !strings.Contains(text, "najwyżej 20 miejsc") || !strings.Contains(text, "poproś osobę, która prowadzi badanie") {
		t.Error(text)
	}
	s.want(http.StatusSeeOther, unit+"/link", "secretary", url.Values{fieldSeats: {"20"}})
	href := s.want(http.StatusOK, Path(id)+"/przebieg", "boss", nil).Find("tbody a").AttrOr("href", "")
	if text := s.want(http.StatusOK, href, "boss", nil).Find("main").Text(); !strings.Contains(text, "mogą pochodzić od jednej osoby") {
		t.Error(text)
	}
	s.want(http.StatusUnprocessableEntity, href, "boss", url.Values{fieldSeats: {"501"}})
	s.want(http.StatusSeeOther, href, "boss", url.Values{fieldSeats: {"45"}})
	if l, err := s.LinkOf(t.Context(), s.d, id, "sp1"); err != nil || l.Seats != 45 || l.No != 1 {
		t.Error(l, err)
	}
}

// fake sends n forms by the link of a unit, half of them for the topic law, with words.
func (k *roundKit) fake(id RoundID, unit string, n int) {
	k.t.Helper()
	l, err := k.LinkOf(k.t.Context(), k.d, id, unit)
	k.must(err)
	key := l.Path[strings.LastIndexByte(l.Path, '/')+1:]
	for i := range n {
		k.must(k.AnswerByLink(k.t.Context(), id, unit, key, k.given("topic", []string{"law", "math"}[i%2], "need", "3", "words", "Zmyślone zdanie")))
	}
}

// TestFakesTellNothing is the attack by the link: four true answers of a school
// among forty that its head made up, and knows. Nothing about the four is
// published, and their words are not stored.
func TestFakesTellNothing(t *testing.T) {
	testkit.EachDB(t, append([]schema.Module{{Name: "disclosure", Files: disclosure.Migrations}}, roundModules...), func(t *testing.T, d *db.DB) {
		k, ctx := newRoundKit(t, d), t.Context()
		k.releases = disclosure.New(disclosure.Config{DB: d, Now: k.clock.now, Registry: disclosure.NewRegistry().Declare(Measures("test")...)})
		var plan disclosure.Plan
		k.write(func(tx *db.Tx) (err error) {
			plan, err = k.releases.Fix(ctx, tx, disclosure.Plan{Owner: "test", Object: "k1", Units: []disclosure.Unit{{ID: "root", Name: "Metropolia"}, {ID: "sp1", Parent: "root", Name: "Szkoła 1", Roster: 8}}})
			return err
		})
		id, shares := k.start(Anonymous, 16)
		k.must(k.GrantSeats(ctx, roundBoss, id, "sp1", 40))
		for _, p := range []string{"p01", "p03", "p05", "p07"} {
			k.must(k.Answer(ctx, id, p, "", k.given("topic", "law", "need", "5", "words", "Prawdziwe zdanie")))
		}
		k.fake(id, "sp1", 39)
		_, err := k.MarkPaper(ctx, roundBoss, id, "sp1", []string{"p09"})
		k.must(err)
		k.must(k.AnswerOnPaper(ctx, id, "sp1", k.given("topic", "law", "need", "3")))
		k.clock.add(8 * 24 * 3600e9)
		k.end(id, shares)
		if units, err := Unsigned(ctx, d, id); err != nil || len(units) != 1 || units["sp1"] != 40 {
			t.Errorf("%v %v", units, err)
		}
		counts, err := k.Count(ctx, d, id)
		k.must(err)
		k.write(func(tx *db.Tx) error { _, err := k.PublishRound(ctx, tx, id, plan.ID, "próba", counts); return err })
		for _, q := range []string{"topic", "need"} {
			table, err := k.releases.Latest(ctx, d, measureName("test", map[string]string{"topic": "single", "need": "scale"}[q]), releaseObject(id, q))
			k.must(err)
			if table.K != 45 || len(table.Nodes) != 2 || slices.ContainsFunc(table.Nodes, func(n disclosure.Node) bool { return n.Shown || n.Mean.Shown }) {
				t.Errorf("%s tells: %+v", q, table)
			}
		}
		_, err = k.Texts(ctx, d, id, "words")
		roundWant(t, "words of four among forty", err, "survey.fault.few_texts")
		all := fmt.Sprint(k.dump())
		for _, words := range []string{"Prawdziwe zdanie", "Zmyślone zdanie"} {
			for _, w := range writings(words) {
				if strings.Contains(all, w) {
					t.Errorf("%q is stored, and nobody may ever read it", w)
				}
			}
		}
	})
}
