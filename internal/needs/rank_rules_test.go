package needs

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

func rankTexts(t testing.TB) *i18n.Catalog {
	t.Helper()
	c, err := i18n.Load(web.Messages, Messages)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRankWeights(t *testing.T) {
	for text, want := range map[string]rankWeights{"1,2,3": {1, 2, 3}, " 0, 0 ,100": {0, 0, 100}, "2,2,2": {2, 2, 2}} {
		if got, err := rankWeightsOf(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1,2", "1,2,3,4", "1,2,x", "-1,2,3", "3,2,1", "1,2,101", "1,2,99999999999999999999"} {
		if _, err := rankWeightsOf(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestRankOwn(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []rankLine
		want  map[string]rankCount
		runs  map[string]rankCount
	}{
		{"nothing", nil, map[string]rankCount{}, nil},
		{"one topic by two lines is added and counts one institution", []rankLine{{AsSchool, "a", 3, 2}, {AsSchool, "a", 1, 4}},
			map[string]rankCount{"a": {[3]int{4, 0, 2}, 1}}, nil},
		{"an adviser counts where the school is silent", []rankLine{{AsSchool, "a", 2, 3}, {AsAdviser, "a", 3, 9}, {AsAdviser, "b", 3, 1}},
			map[string]rankCount{"a": {[3]int{0, 3, 0}, 1}, "b": {[3]int{0, 0, 1}, 1}}, nil},
		{"an office speaks for its people and its schools", []rankLine{{AsOffice, "a", 1, 1}, {AsAuthority, "a", 1, 20}},
			map[string]rankCount{"a": {[3]int{1, 0, 0}, 1}}, map[string]rankCount{"a": {[3]int{20, 0, 0}, 1}}},
		{"an adviser adds nothing to what the authority named", []rankLine{{AsAuthority, "a", 1, 20}, {AsAdviser, "a", 3, 9}},
			map[string]rankCount{}, map[string]rankCount{"a": {[3]int{20, 0, 0}, 1}}},
		{"without topic, people or priority", []rankLine{{AsSchool, "", 1, 1}, {AsSchool, "a", 0, 1}, {AsSchool, "a", 4, 1}, {AsSchool, "a", 1, 0}},
			map[string]rankCount{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			own, running := rankOwn(c.lines)
			if diff := cmp.Diff(c.want, own); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.runs, running, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("as an authority: %s", diff)
			}
		})
	}
}

// TestRankExcess: of an authority's words only that counts which its institutions
// did not say themselves.
func TestRankExcess(t *testing.T) {
	for _, c := range []struct {
		name   string
		said   [3]int
		theirs int
		want   rankCount
	}{
		{"its institutions are silent", [3]int{1, 2, 3}, 0, rankCount{[3]int{1, 2, 3}, 1}},
		{"a few more than they said", [3]int{0, 0, 20}, 15, rankCount{[3]int{0, 0, 5}, 1}},
		{"as many", [3]int{0, 7, 0}, 7, rankCount{}},
		{"they said more", [3]int{0, 7, 0}, 9, rankCount{}},
		{"the least urgent are covered first", [3]int{4, 4, 4}, 6, rankCount{[3]int{0, 2, 4}, 1}},
		{"nothing", [3]int{}, 3, rankCount{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := rankExcess(rankCount{c.said, 1}, c.theirs); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
	got := rankExceeding(map[string]rankCount{"a": {[3]int{0, 5, 0}, 1}, "b": {[3]int{0, 5, 0}, 1}}, map[string]int{"a": 5, "b": 1, "c": 9})
	if diff := cmp.Diff(map[string]rankCount{"b": {[3]int{0, 4, 0}, 1}}, got); diff != "" {
		t.Error(diff)
	}
}

// TestRankExcessHolds: with the authority's words the sum is never less than what
// either side said, nor more than the larger.
func TestRankExcessHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		said := rankCount{[3]int{rapid.IntRange(0, 9).Draw(t, "low"), rapid.IntRange(0, 9).Draw(t, "middle"), rapid.IntRange(0, 9).Draw(t, "high")}, 1}
		theirs := rapid.IntRange(0, 30).Draw(t, "theirs")
		c := rankExcess(said, theirs)
		if theirs+c.heads() != max(theirs, said.heads()) {
			t.Fatalf("%+v beside %d counts %+v", said, theirs, c)
		}
		for n, heads := range c.Heads {
			if heads < 0 || heads > said.Heads[n] {
				t.Fatalf("%+v beside %d counts %+v", said, theirs, c)
			}
		}
	})
}

func TestRankTally(t *testing.T) {
	tally := newRankTally()
	tally.add("126101", "126101", map[string]rankCount{"a": {[3]int{1, 0, 0}, 1}})
	tally.add("126101", "", map[string]rankCount{"a": {[3]int{0, 2, 0}, 1}, "b": {[3]int{0, 0, 3}, 1}}) // a county's school
	tally.add("120611", "126101", map[string]rankCount{"b": {[3]int{4, 0, 0}, 1}})                      // the city's school in the town
	if got := tally.all["a"]; got != (rankCount{[3]int{1, 2, 0}, 2}) {
		t.Error(got)
	}
	if got := tally.seat["126101"]["b"]; got != (rankCount{[3]int{0, 0, 3}, 1}) {
		t.Error(got)
	}
	if got := tally.running["126101"]; got["a"].Who != 1 || got["b"].Heads[0] != 4 {
		t.Error(got)
	}
	if len(tally.running) != 1 {
		t.Error(tally.running)
	}
}

func TestRankOrder(t *testing.T) {
	keys := map[string]string{"a": "03", "b": "02", "c": "01", "d": "01"}
	rows := rankOrder(map[string]rankCount{
		"a": {[3]int{0, 0, 2}, 1},  // 6 of 2
		"b": {[3]int{6, 0, 0}, 1},  // 6 of 6
		"c": {[3]int{0, 3, 0}, 2},  // 6 of 3
		"d": {[3]int{0, 3, 0}, 1},  // 6 of 3, same name
		"e": {[3]int{0, 0, 10}, 1}, // 30
	}, rankWeights{1, 2, 3}, keys)
	var order []string
	for n, r := range rows {
		order = append(order, r.Topic)
		if r.Place != n+1 {
			t.Errorf("%s has place %d", r.Topic, r.Place)
		}
	}
	if got := strings.Join(order, ""); got != "ebcda" {
		t.Error(got)
	}
	if tie := rankTieOf(rows[0], rows[1]); tie != rankTieNone {
		t.Error(tie)
	}
	if tie := rankTieOf(rows[1], rows[2]); tie != rankTieHeads {
		t.Error(tie)
	}
	if tie := rankTieOf(rows[2], rows[3]); tie != rankTieName {
		t.Error(tie)
	}
}

func TestRankReason(t *testing.T) {
	rows := []Rank{{Topic: "a", Score: 14, Heads: 6, High: 4, Low: 2, Who: 3}, {Topic: "b", Score: 14, Heads: 5, Who: 1, Middle: 1, High: 4}, {Topic: "c", Score: 1, Heads: 1, Low: 1, Who: 1}}
	names := map[string]string{"a": "Oceny", "b": "Czytanie", "c": "Sieci"}
	catalog := rankTexts(t)
	for _, lang := range i18n.Langs {
		l := catalog.In(lang)
		first := rankReason(l, rows, 0, rankWeights{1, 2, 3}, names, rankRan{})
		if !strings.HasPrefix(first.Text, "4\u00a0×\u00a03 + 2\u00a0×\u00a01 =\u00a014") || !strings.Contains(first.Text, "Czytanie") || first.About != "Oceny" || first.Rule == "" {
			t.Errorf("%s: %+v", lang, first)
		}
		second := rankReason(l, rows, 1, rankWeights{1, 2, 3}, names, rankRan{})
		if !strings.Contains(second.Text, "Oceny") || first.Text == second.Text {
			t.Errorf("%s: %+v", lang, second)
		}
		if third := rankReason(l, rows, 2, rankWeights{1, 2, 3}, names, rankRan{}); third.Text != "1\u00a0×\u00a01 =\u00a01" {
			t.Errorf("%s: %+v", lang, third)
		}
	}
}

func TestRankPasts(t *testing.T) {
	past := rankPasts([]Rank{{Topic: "old", Place: 2, Heads: 5, Need: "n1"}, {Topic: "new", Place: 7, Heads: 1, Need: "n2"}, {Topic: "gone", Place: 3, Heads: 4}},
		map[string]string{"old": "new", "new": "new"})
	want := map[string]rankPast{"new": {Place: 2, Heads: 6, Needs: []NeedID{"n1", "n2"}}, "gone": {Place: 3, Heads: 4}}
	if diff := cmp.Diff(want, past); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		place, was, by int
		want           rankMove
	}{{1, 0, 0, rankMoveNew}, {1, 3, 2, rankMoveUp}, {4, 3, 1, rankMoveDown}, {3, 3, 0, rankMoveSame}} {
		if m, by := rankMoved(c.place, rankPast{Place: c.was}); m != c.want || by != c.by {
			t.Errorf("%d after %d: %s %d", c.place, c.was, m, by)
		}
	}
}

func TestHeatScale(t *testing.T) {
	l := rankTexts(t).In(i18n.PL)
	for _, c := range []struct {
		name   string
		values []int
		want   heatScale
	}{
		{"nothing", []int{0, 0}, nil},
		{"one", []int{0, 7}, heatScale{5}},
		{"all the same", []int{1, 1, 1, 1}, nil},
		{"few", []int{1, 2, 3, 0, 9}, heatScale{1, 2, 3, 5}},
		{"a city among villages", []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1500}, heatScale{3, 5, 7, 9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := heatScaleOf(c.values)
			if c.name == "a city among villages" {
				if len(got) < 2 || got[len(got)-1] > 20 || got.class(1500) != 5 || got.class(1) != 1 {
					t.Error(got)
				}
				return
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
			if keys := got.legend(l); len(keys) != len(got)+2 || keys[0].Text != "0" {
				t.Error(keys)
			}
		})
	}
	if c := heatScale(nil).class(4); c != 3 {
		t.Error(c)
	}
}

// TestHeatScaleHolds: whatever is drawn, a larger number is never paler, the
// largest is the darkest, and every number has the shade that the legend says.
func TestHeatScaleHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(0, 5000), 1, 60).Draw(t, "values")
		s := heatScaleOf(values)
		if !slices.IsSorted(s) || len(s) >= heatClasses {
			t.Fatal(s)
		}
		slices.Sort(values)
		for n := 1; n < len(values); n++ {
			if s.class(values[n-1]) > s.class(values[n]) {
				t.Fatalf("%d is darker than %d by %v", values[n-1], values[n], s)
			}
		}
		if most := values[len(values)-1]; most > 0 && len(s) > 0 && s.class(most) != heatClasses {
			t.Fatalf("the largest, %d, has shade %d by %v", most, s.class(most), s)
		}
		shades := map[heatClass]bool{}
		for n := range len(s) + 1 {
			shades[s.shade(n)] = true
		}
		if len(slices.Collect(maps.Keys(shades))) != len(s)+1 {
			t.Fatalf("two classes of %v share a shade", s)
		}
	})
}

// FuzzRankScope: what is taken from an address is written there again the same.
func FuzzRankScope(f *testing.F) {
	for _, seed := range []string{"all", "seat-126101", "running-12061x", "one-01930000-0000-7000-8000-000000000001", "one-", "all-1", "seat-١٢٣٤٥٦", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if o, err := rankScopeOf(text); err == nil && o.String() != text {
			t.Errorf("%q is read as %q", text, o)
		}
	})
}
