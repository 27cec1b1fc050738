package disclosure

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// towns is a tree of a metropolis, two towns and their schools.
var towns = []Unit{
	{ID: "metro", Name: "Metropolia"},
	{ID: "g", Parent: "metro", Order: "a", Name: "Gdańsk"},
	{ID: "s", Parent: "metro", Order: "b", Name: "Sopot"},
	{ID: "g1", Parent: "g", Order: "1", Name: "SP 1", Roster: 40},
	{ID: "g2", Parent: "g", Order: "2", Name: "SP 2", Roster: 30},
	{ID: "s1", Parent: "s", Order: "1", Name: "SP 3", Roster: 25},
	{ID: "s2", Parent: "s", Order: "2", Name: "SP 4", Roster: 6},
}

// tallied is counts of a unit tree: unit → respondents and numbers by category.
func tallied(categories []string, rows map[string][]int) Counts {
	c := NewCounts(categories...)
	for unit, row := range rows {
		c.Respondents[unit] = row[0]
		c.N[unit] = map[string]int{}
		for i, v := range row[1:] {
			c.N[unit][categories[i]] = v
		}
	}
	return c
}

// drawn is a table in a line per unit: numbers, "-" hidden, "." in the cell before.
func drawn(t Table) string {
	var lines []string
	for _, n := range t.Nodes {
		line := n.ID + " " + fmt.Sprint(n.Respondents.N)
		if t.Mean {
			line += " " + mark(n.Mean)
		}
		for _, c := range n.Cells {
			line += " " + mark(c)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func mark(c Cell) string {
	switch {
	case c.Span < 0:
		return "."
	case !c.Shown:
		return "-"
	case c.To > 0:
		return fmt.Sprintf("%d–%d/%d", c.N, c.To, c.Word)
	}
	return fmt.Sprint(c.N) + strings.Repeat("+", c.Holes)
}

var (
	ab    = []string{"a", "b"}
	stars = []string{"1", "2", "3", "4", "5"}
)

var ruleCases = []struct {
	name string
	m    Measure
	c    Counts
	want string
}{
	{"topics, one level down", Measure{Name: "m", Class: Opinion}, tallied(ab, map[string][]int{"g1": {20, 10, 0}, "g2": {15, 8, 9}, "s1": {12, 5, 3}, "s2": {5, 2, 0}}), `
metro 52 25 12
g 35 18 -
g1 20 10 -
g2 15 8 -
s 17 7 -
s1 12 - -
s2 5 - -`},
	{"nobody in one school", Measure{Name: "m", Class: Opinion}, tallied(ab, map[string][]int{"g1": {20, 10, 15}, "s1": {12, 5, 3}, "s2": {0}}), `
metro 32 15 18
g 20 10 -
g1 20 10 -
g2 0 - -
s 12 5 -
s1 12 5 -
s2 0 - -`},
	{"everybody", Measure{Name: "m", Class: Opinion}, tallied(ab, map[string][]int{"g1": {20, 20, 16}, "s1": {12, 12, 3}}), `
metro 32 - 19
g 20 - -
g1 20 - -
g2 0 - -
s 12 - -
s1 12 - -
s2 0 - -`},
	{"a scale is joined in the root", Measure{Name: "m", Class: Opinion, Each: true, Ordered: true}, tallied(stars, map[string][]int{"g1": {20, 0, 1, 5, 8, 6}, "s1": {18, 2, 3, 0, 7, 6}}), `
metro 38 6 . 5 15 12
g 20 - - - - -
g1 20 - - - - -
g2 0 - - - - -
s 18 - - - - -
s1 18 - - - - -
s2 0 - - - - -`},
	{"and shown below as joined", Measure{Name: "m", Class: Opinion, Each: true, Ordered: true}, tallied(stars, map[string][]int{"g1": {20, 2, 2, 3, 7, 6}, "s1": {18, 0, 0, 5, 6, 7}}), `
metro 38 12 . . 13 13
g 20 7 . . 7 6
g1 20 7 . . 7 6
g2 0 - - - - -
s 18 5 . . 6 7
s1 18 5 . . 6 7
s2 0 - - - - -`},
	{"a single choice is shown whole", Measure{Name: "m", Class: Opinion, Each: true}, tallied(ab, map[string][]int{"g1": {20, 10, 10}, "s1": {12, 8, 4}}), `
metro 32 18 14
g 20 - -
g1 20 - -
g2 0 - -
s 12 - -
s1 12 - -
s2 0 - -`},
	{"official", Measure{Name: "m", Class: Official}, tallied(ab, map[string][]int{"g1": {20, 1, 0}}), `
metro 20 1 0
g 20 1 0
g1 20 1 0
g2 0 0 0
s 0 0 0
s1 0 0 0
s2 0 0 0`},
	{"sensitive", Measure{Name: "m", Class: Sensitive}, tallied(ab, map[string][]int{"g1": {60, 20, 9}, "s1": {31, 11, 4}}), `
metro 60 30–59/2 10–14/1
g 60 15–29/2 -
g1 60 15–29/2 -
g2 0 - -
s 30 10–14/2 -
s1 30 10–14/2 -
s2 0 - -`},
	{"a mean", Measure{Name: "m", Class: Opinion, Mean: true, Low: 1, High: 5}, tallied(stars, map[string][]int{"g1": {30, 4, 4, 4, 10, 8}, "s1": {40, 0, 5, 5, 15, 15}}), `
metro 70 38
g 30 35
g1 30 35
g2 0 -
s 40 40
s1 40 40
s2 0 -`},
	{"a mean near the end", Measure{Name: "m", Class: Opinion, Mean: true, Low: 1, High: 5}, tallied(stars, map[string][]int{"g1": {30, 0, 0, 0, 5, 25}}), `
metro 30 43–50/0
g 30 -
g1 30 -
g2 0 -
s 0 -
s1 0 -
s2 0 -`},
}

func TestRule(t *testing.T) {
	for _, tt := range ruleCases {
		t.Run(tt.name, func(t *testing.T) {
			table, err := Rule(tt.m, towns, tt.c)
			if err != nil {
				t.Fatal(err)
			}
			if got := "\n" + drawn(table); got != tt.want {
				t.Errorf("got%s\nwant%s", got, tt.want)
			}
		})
	}
}

// TestNothingHiddenIsStored: what is hidden is not in the stored text either.
func TestNothingHiddenIsStored(t *testing.T) {
	for class, numbers := range map[Class][]int{Opinion: {777, 555, 4}, Sensitive: {777, 321, 9}} {
		table, err := Rule(Measure{Name: "m", Class: class}, towns, tallied([]string{"a", "b"}, map[string][]int{"g1": {800, numbers[0], numbers[1]}, "s1": {17, 13, numbers[2]}}))
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(table)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{fmt.Sprint(numbers[0]), fmt.Sprint(numbers[1]), `"n":13`} {
			if strings.Contains(string(body), secret) {
				t.Errorf("%s: %s is in %s", class, secret, body)
			}
		}
		var again Table
		if err := json.Unmarshal(body, &again); err != nil || !reflect.DeepEqual(again, table) {
			t.Errorf("%s: read again it is another table (%v)", class, err)
		}
	}
}

func TestRuleRefuses(t *testing.T) {
	good := map[string][]int{"g1": {20, 10, 10}}
	m := Measure{Name: "m", Class: Opinion, Each: true}
	loop := slices.Concat(towns, []Unit{{ID: "x", Parent: "y"}, {ID: "y", Parent: "x"}})
	for name, tt := range map[string]struct {
		m     Measure
		units []Unit
		c     Counts
	}{
		"no unit":            {m, nil, tallied(ab, good)},
		"two roots":          {m, append(slices.Clone(towns), Unit{ID: "x"}), tallied(ab, good)},
		"a ring":             {m, loop, tallied(ab, good)},
		"a unit twice":       {m, append(slices.Clone(towns), towns[3]), tallied(ab, good)},
		"a member twice":     {m, append(slices.Clone(towns), Unit{ID: "x", Parent: "g", Members: []string{"g1"}}), tallied(ab, good)},
		"not a leaf":         {m, towns, tallied(ab, map[string][]int{"g": {20, 10, 10}})},
		"too many choices":   {m, towns, tallied(ab, map[string][]int{"g1": {20, 11, 10}})},
		"too few choices":    {m, towns, tallied(ab, map[string][]int{"g1": {20, 9, 10}})},
		"more than all":      {Measure{Name: "m", Class: Opinion}, towns, tallied(ab, map[string][]int{"g1": {20, 21, 10}})},
		"less than none":     {Measure{Name: "m", Class: Opinion}, towns, tallied(ab, map[string][]int{"g1": {20, -1, 10}})},
		"minus people":       {Measure{Name: "m", Class: Opinion}, towns, tallied(ab, map[string][]int{"g1": {-1}})},
		"more than most":     {Measure{Name: "m", Class: Opinion, Most: 1}, towns, tallied(ab, map[string][]int{"g1": {20, 15, 10}})},
		"less than least":    {Measure{Name: "m", Class: Opinion, Least: 1}, towns, tallied(ab, map[string][]int{"g1": {20, 5, 10}})},
		"a category twice":   {m, towns, tallied([]string{"a", "a"}, nil)},
		"a mean of no scale": {Measure{Name: "m", Class: Opinion, Mean: true, Low: 1, High: 5}, towns, tallied(ab, good)},
		"answers of nobody":  {m, towns, Counts{Categories: ab, N: map[string]map[string]int{"g1": {"a": 1}}}},
		"unknown category":   {m, towns, Counts{Categories: ab, Respondents: map[string]int{"g1": 1}, N: map[string]map[string]int{"g1": {"c": 1}}}},
	} {
		if table, err := Rule(tt.m, tt.units, tt.c); err == nil {
			t.Errorf("%s: counted as %s", name, drawn(table))
		}
	}
}

func TestDeclareRefuses(t *testing.T) {
	good := Measure{Name: "m", TitleKey: "m.title", Class: Opinion}
	NewRegistry().Declare(good, Measure{Name: "s", TitleKey: "m.s", Class: Sensitive, K: 30}, Measure{Name: "o", TitleKey: "m.o", Class: Official})
	for name, change := range map[string]func(m *Measure){
		"twice":               func(m *Measure) { m.Name = "known" },
		"no name":             func(m *Measure) { m.Name = "" },
		"no title":            func(m *Measure) { m.TitleKey = "" },
		"no class":            func(m *Measure) { m.Class = "" },
		"small k":             func(m *Measure) { m.K = 4 },
		"small sensitive k":   func(m *Measure) { m.Class, m.K = Sensitive, 5 },
		"ordered":             func(m *Measure) { m.Ordered = true },
		"each with most":      func(m *Measure) { m.Each, m.Most = true, 2 },
		"each with mean":      func(m *Measure) { m.Each, m.Mean, m.High = true, true, 5 },
		"least over most":     func(m *Measure) { m.Least, m.Most = 3, 2 },
		"no scale":            func(m *Measure) { m.Mean = true },
		"a sensitive mean":    func(m *Measure) { m.Mean, m.High, m.Class = true, 5, Sensitive },
		"a mean with choices": func(m *Measure) { m.Mean, m.High, m.Most = true, 5, 1 },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("declared")
				}
			}()
			m := good
			change(&m)
			NewRegistry().Declare(Measure{Name: "known", TitleKey: "k", Class: Opinion}).Declare(m)
		})
	}
}

func TestCountsAdd(t *testing.T) {
	c := NewCounts("a", "b")
	c.Add("g1", "a", "b")
	c.Add("g1", "a")
	c.Add("s1")
	want := tallied([]string{"a", "b"}, map[string][]int{"g1": {2, 2, 1}})
	want.Respondents["s1"], want.N["s1"] = 1, map[string]int{}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("%+v", c)
	}
	if s := Scale(1, 3); !slices.Equal(s.Categories, []string{"1", "2", "3"}) {
		t.Errorf("%v", s.Categories)
	}
}

func TestMerge(t *testing.T) {
	unit := func(id, parent string, roster int) Unit {
		return Unit{ID: id, Parent: parent, Order: id, Name: strings.ToUpper(id), Roster: roster}
	}
	for _, tt := range []struct {
		name  string
		units []Unit
		want  string
	}{
		{"large enough", []Unit{unit("r", "", 0), unit("a", "r", 10), unit("b", "r", 12)}, "r(22) a<r(10) b<r(12)"},
		{"the smaller neighbor", []Unit{unit("r", "", 0), unit("a", "r", 50), unit("b", "r", 3), unit("c", "r", 20)}, "r(73) a<r(50) b+c<r(23)=b,c"},
		{"the last", []Unit{unit("r", "", 0), unit("a", "r", 50), unit("b", "r", 30), unit("c", "r", 0)}, "r(80) a<r(50) b+c<r(30)=b,c"},
		{"a chain", []Unit{unit("r", "", 0), unit("a", "r", 4), unit("b", "r", 4), unit("c", "r", 4), unit("d", "r", 40)}, "r(52) a+b+c<r(12)=a,b,c d<r(40)"},
		{"too small together", []Unit{unit("r", "", 0), unit("a", "r", 4), unit("b", "r", 5)}, "r(9)=a,b"},
		{"one left of two", []Unit{unit("r", "", 0), unit("a", "r", 40), unit("b", "r", 5)}, "r(45)=a,b"},
		{"an only child", []Unit{unit("r", "", 0), unit("a", "r", 0), unit("b", "a", 12), unit("c", "a", 11)}, "r(23) a<r(23) b<a(12) c<a(11)"},
		{"with what is below", []Unit{unit("r", "", 0), unit("a", "r", 0), unit("a1", "a", 2), unit("a2", "a", 3), unit("b", "r", 15), unit("c", "r", 30)}, "r(50) a+b<r(20)=a1,a2,b c<r(30)"},
		{"no leaf below", []Unit{unit("r", "", 0), unit("a", "r", 0), unit("a1", "a", 8), unit("a2", "a", 8), unit("c", "r", 30)}, "r(46) a<r(16)=a1,a2 c<r(30)"},
		{"alone", []Unit{unit("r", "", 3)}, "r(3)"},
		{"no tree", []Unit{unit("r", "", 3), unit("q", "", 3)}, "r(3) q(3)"},
	} {
		for _, units := range [][]Unit{tt.units, backwards(tt.units)} {
			if tt.name == "no tree" {
				units = tt.units
			}
			got := Merge(units, 10)
			if shape(got) != tt.want {
				t.Errorf("%s: %s, want %s", tt.name, shape(got), tt.want)
			}
			if again := Merge(got, 10); shape(again) != tt.want {
				t.Errorf("%s: merged again it is %s", tt.name, shape(again))
			}
		}
	}
}

func backwards(units []Unit) []Unit {
	units = slices.Clone(units)
	slices.Reverse(units)
	return units
}

func shape(units []Unit) string {
	var list []string
	for _, u := range units {
		s := u.ID
		if u.Parent != "" {
			s += "<" + u.Parent
		}
		s += fmt.Sprintf("(%d)", u.Roster)
		if len(u.Members) > 0 {
			s += "=" + strings.Join(u.Members, ",")
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

func TestSum(t *testing.T) {
	m := Measure{Name: "m", Class: Opinion}
	one := ruled(t, m, tallied(ab, map[string][]int{"g1": {20, 10, 0}, "s1": {12, 6, 3}}), "1")
	two := ruled(t, m, tallied(ab, map[string][]int{"g1": {20, 11, 12}, "s1": {12, 2, 7}}), "2")
	sum, err := Sum(one, two)
	if err != nil {
		t.Fatal(err)
	}
	want := "metro 64 29 19+\ng 40 10+ 12+\ng1 40 10+ 12+\ng2 0 - -\ns 24 6+ 7+\ns1 24 6+ 7+\ns2 0 - -"
	if got := drawn(sum); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	roots, err := Roots("o", "Ośrodek", one, two)
	if err != nil || drawn(roots) != "o 64 29 19+" {
		t.Errorf("%s %v", drawn(roots), err)
	}
	other := ruled(t, Measure{Name: "x", Class: Opinion}, tallied(ab, nil), "3")
	for name, list := range map[string][]Table{"none": nil, "twice": {one, one}, "of a sum": {sum, one}, "another measure": {one, other}} {
		if _, err := Sum(list...); err == nil {
			t.Errorf("%s: summed", name)
		}
	}
}

func ruled(t *testing.T, m Measure, c Counts, id ReleaseID) Table {
	t.Helper()
	table, err := Rule(m, towns, c)
	if err != nil {
		t.Fatal(err)
	}
	table.Release = id
	return table
}

// TestSumOfJoined: neighbors that were joined otherwise are not added to others.
func TestSumOfJoined(t *testing.T) {
	m := Measure{Name: "m", Class: Opinion, Each: true, Ordered: true}
	abc := []string{"a", "b", "c"}
	one := ruled(t, m, tallied(abc, map[string][]int{"g1": {20, 3, 10, 7}}), "1")
	two := ruled(t, m, tallied(abc, map[string][]int{"g1": {20, 6, 7, 7}}), "2")
	sum, err := Sum(one, two)
	if err != nil || !strings.HasPrefix(drawn(sum), "metro 40 - - 14\ng 40 - - 14\n") {
		t.Errorf("%s %v", drawn(sum), err)
	}
	mean := Measure{Name: "m", Class: Opinion, Mean: true, Low: 1, High: 3}
	steps := []string{"1", "2", "3"}
	one = ruled(t, mean, tallied(steps, map[string][]int{"g1": {20, 5, 10, 5}}), "1")
	two = ruled(t, mean, tallied(steps, map[string][]int{"g1": {40, 5, 10, 25}}), "2")
	hidden := ruled(t, mean, tallied(steps, map[string][]int{"g1": {4, 1, 1, 2}}), "3")
	sum, err = Sum(one, two, hidden)
	if err != nil || !strings.HasPrefix(drawn(sum), "metro 64 23+\n") {
		t.Errorf("%s %v", drawn(sum), err)
	}
}

func TestBandsAndWords(t *testing.T) {
	for n, want := range map[int]string{10: "10–14", 14: "10–14", 15: "15–29", 29: "15–29", 30: "30–59", 999: "500–999", 2_000_000: "1000000–2000000"} {
		if b, ok := band(n); !ok || fmt.Sprintf("%d–%d", b.N, b.To) != want {
			t.Errorf("%d: %+v", n, b)
		}
	}
	if _, ok := band(9); ok {
		t.Error("nine have a band")
	}
	for share, want := range map[int]int{1: 1, 14: 1, 15: 2, 39: 2, 40: 3, 60: 3, 61: 4, 85: 4, 86: 5, 99: 5} {
		if got := word(share, 100); got != want {
			t.Errorf("%d %%: word %d, want %d", share, got, want)
		}
	}
}
