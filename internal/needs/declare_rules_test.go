package needs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func declareOffered(topic string) bool { return topic == maths || topic == reading }

func TestDeclareLines(t *testing.T) {
	row := func(n int, topic, priority, heads string) declareForm {
		return declareForm{N: n, Topic: topic, Priority: priority, Heads: heads}
	}
	own := func(n int, words, priority, heads string) declareForm {
		return declareForm{Own: true, N: n, Words: words, Priority: priority, Heads: heads}
	}
	for name, c := range map[string]struct {
		rows          []declareForm
		send, nothing bool
		want          string // names of fields at fault
		lines         []Line
	}{
		"nothing typed":            {rows: []declareForm{row(1, "", "", "")}, send: true, want: "temat-1"},
		"nothing needed":           {rows: []declareForm{row(1, "", "", "")}, send: true, nothing: true},
		"nothing needed but":       {rows: []declareForm{row(1, maths, "1", "1")}, send: true, nothing: true, want: "brak"},
		"whole":                    {rows: []declareForm{row(1, maths, "3", " 12 "), row(2, "", "", ""), row(3, reading, "1", "0")}, send: true, lines: []Line{{Topic: maths, Priority: 3, Heads: 12}, {Topic: reading, Priority: 1}}},
		"thousands with a space":   {rows: []declareForm{row(1, maths, "2", "1 200")}, send: true, lines: []Line{{Topic: maths, Priority: 2, Heads: 1200}}},
		"too many people":          {rows: []declareForm{row(1, maths, "2", "5001")}, want: "ile-1"},
		"the most people":          {rows: []declareForm{row(1, maths, "2", "5000")}, send: true, lines: []Line{{Topic: maths, Priority: 2, Heads: 5000}}},
		"fewer than nobody":        {rows: []declareForm{row(1, maths, "2", "-1")}, want: "ile-1"},
		"a word for a number":      {rows: []declareForm{row(1, maths, "2", "kilka")}, want: "ile-1"},
		"a number beyond numbers":  {rows: []declareForm{row(1, maths, "2", strings.Repeat("9", 40))}, want: "ile-1"},
		"sent without a number":    {rows: []declareForm{row(1, maths, "2", "")}, send: true, want: "ile-1"},
		"sent without priority":    {rows: []declareForm{row(1, maths, "", "2")}, send: true, want: "waga-1"},
		"an invented priority":     {rows: []declareForm{row(1, maths, "4", "2")}, want: "waga-1"},
		"a topic of nobody":        {rows: []declareForm{row(1, autism, "1", "2")}, want: "temat-1"},
		"a number without a topic": {rows: []declareForm{row(2, "", "", "2")}, want: "temat-2"},
		"twice":                    {rows: []declareForm{row(1, maths, "1", "2"), row(2, maths, "2", "2")}, want: "temat-2"},
		"an unfinished draft":      {rows: []declareForm{row(1, maths, "", "")}, lines: []Line{{Topic: maths, Heads: -1}}},
		"an empty draft":           {rows: []declareForm{row(1, "", "", "")}},
		"own words":                {rows: []declareForm{own(1, "  zajęcia   z ceramiki ", "2", "4")}, send: true, lines: []Line{{Words: "zajęcia z ceramiki", Priority: 2, Heads: 4}}},
		"own words without words":  {rows: []declareForm{own(1, "", "2", "4")}, want: "slowa-w1"},
		"own words twice":          {rows: []declareForm{own(1, "Ceramika", "2", "4"), own(2, "ceramika", "1", "4")}, want: "slowa-w2"},
		"own words without an end": {rows: []declareForm{own(1, strings.Repeat("ż", 301), "2", "4")}, want: "slowa-w1"},
		"everything wrong at once": {rows: []declareForm{row(1, "", "9", "x"), own(1, "", "", "6000")}, send: true, want: "temat-1 waga-1 ile-1 slowa-w1 waga-w1 ile-w1"},
	} {
		lines, fields := declareLines(c.rows, declareOffered, c.send, c.nothing)
		var wrong []string
		for _, f := range fields {
			wrong = append(wrong, f.Name)
		}
		if got := strings.Join(wrong, " "); got != c.want {
			t.Errorf("%s: faults at %q, want %q", name, got, c.want)
		}
		if c.want == "" {
			if diff := cmp.Diff(c.lines, lines, cmpopts.IgnoreFields(Line{}, "Row")); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

func FuzzDeclareCount(f *testing.F) {
	for _, s := range []string{"", "0", "5000", "5001", "-1", " 1 200 ", "1e3", "٣", "+5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := declareCount(s)
		if n < -1 || n > declareHeadsMost || ok && n == -1 && strings.TrimSpace(strings.ReplaceAll(s, "\u00a0", "")) != "" {
			t.Errorf("%q became %d, %v", s, n, ok)
		}
	})
}
