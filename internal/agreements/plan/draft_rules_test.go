package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/platform/fault"
)

func TestSplitText(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []part
	}{
		"nothing":              {" \n\t\n", nil},
		"one":                  {"Cel  główny", []part{{Text: "Cel główny"}}},
		"empty line ends":      {"a\n\n\nb", []part{{Text: "a"}, {Text: "b"}}},
		"lines stay":           {"lista:\r\n- a\r\n- b", []part{{Text: "lista:\n- a\n- b"}}},
		"heading alone":        {"wstęp\n# Diagnoza\nopis", []part{{Text: "wstęp"}, {Text: "Diagnoza", Heading: true}, {Text: "opis"}}},
		"empty heading":        {"##\na", []part{{Text: "a"}}},
		"what does not show":   {"a\u200bb\u202ec\u00a0d", []part{{Text: "abc d"}}},
		"heading after a list": {"- a\n## B", []part{{Text: "- a"}, {Text: "B", Heading: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, splitText(c.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzSplitText: what is joined for editing splits into the same paragraphs, and
// nothing that does not show is left in them.
func FuzzSplitText(f *testing.F) {
	for _, seed := range []string{"", "a\n\nb", "# T\nx\ny", "##\n#\n# #", "\u200b\n\u2028x", " # nagłówek\n#\u00a0b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parts := splitText(text)
		if diff := cmp.Diff(parts, splitText(joinText(parts))); diff != "" {
			t.Error(diff)
		}
		for _, p := range parts {
			if p.Text == "" || strings.ContainsAny(p.Text, "\u200b\u202e\r\t") || strings.TrimSpace(p.Text) != p.Text {
				t.Errorf("part %q", p.Text)
			}
		}
	})
}

// paras are paragraphs with keys, as "k1: words".
func paras(lines ...string) (list []Paragraph) {
	for n, l := range lines {
		key, words, _ := strings.Cut(l, ": ")
		list = append(list, Paragraph{No: n + 1, Key: key, Text: words})
	}
	return list
}

func plainParts(texts ...string) (list []part) {
	for _, text := range texts {
		list = append(list, part{Text: text})
	}
	return list
}

const (
	first  = "Gminy prowadzą wspólną bazę źródeł finansowania projektów"
	second = "Każda szkoła ma dostęp do doradztwa metodycznego w swojej gminie"
	third  = "Forum zbiera się cztery razy w roku"
)

func TestCarryKeys(t *testing.T) {
	old := paras("a: "+first, "b: "+second, "c: "+third)
	for name, c := range map[string]struct {
		now  []part
		want string
	}{
		"nothing changed":          {plainParts(first, second, third), "a b c"},
		"one edited":               {plainParts(first, second+" i powiecie", third), "a b c"},
		"one added":                {plainParts(first, "Zupełnie nowa myśl", second, third), "a new1 b c"},
		"one gone":                 {plainParts(first, third), "a c"},
		"moved word for word":      {plainParts(third, first, second), "c a b"},
		"rewritten has no history": {plainParts(first, "Powstaje portal z ofertą zajęć", third), "a new1 c"},
		"a heading is another":     {[]part{{Text: first, Heading: true}, {Text: second}, {Text: third}}, "new0 b c"},
		"twice is one and one":     {plainParts(first, first, second, third), "a new1 b c"},
		"all new":                  {plainParts("x", "y"), "new0 new1"},
		"divided":                  {plainParts(first, "Każda szkoła ma dostęp do doradztwa", "metodycznego w swojej gminie", third), "a b new2 c"},
	} {
		t.Run(name, func(t *testing.T) {
			fresh := make([]string, len(c.now))
			for n := range fresh {
				fresh[n] = fmt.Sprintf("new%d", n)
			}
			var keys []string
			for n, p := range carryKeys(old, c.now, fresh) {
				keys = append(keys, p.Key)
				if p.No != n+1 || p.Text != c.now[n].Text {
					t.Errorf("paragraph %d is %+v", n, p)
				}
			}
			if got := strings.Join(keys, " "); got != c.want {
				t.Errorf("keys %s, want %s", got, c.want)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	before := paras("a: Ala ma kota", "b: Stary akapit", "c: Koniec")
	for name, c := range map[string]struct {
		now  []Paragraph
		want string
	}{
		"same":    {before, "same a|same b|same c"},
		"edited":  {paras("a: Ala ma dużego kota", "b: Stary akapit", "c: Koniec"), "edited a|same b|same c"},
		"added":   {paras("a: Ala ma kota", "n: Nowy", "b: Stary akapit", "c: Koniec"), "same a|added n|same b|same c"},
		"gone":    {paras("a: Ala ma kota", "c: Koniec"), "same a|gone b|same c"},
		"moved":   {paras("c: Koniec", "a: Ala ma kota", "b: Stary akapit"), "moved c|same a|same b"},
		"the end": {paras("a: Ala ma kota"), "same a|gone b|gone c"},
		"all new": {paras("x: X"), "added x|gone a|gone b|gone c"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, d := range compare(before, c.now) {
				key := d.Now.Key
				if d.Kind == "gone" {
					key = d.Before.Key
				}
				got = append(got, d.Kind+" "+key)
			}
			if s := strings.Join(got, "|"); s != c.want {
				t.Errorf("got %s, want %s", s, c.want)
			}
		})
	}
}

func TestCompareWords(t *testing.T) {
	for _, c := range []struct{ before, now, want string }{
		{"a b c", "a b c", "=a b c"},
		{"a b c", "a x c", "=a -b +x =c"},
		{"a", "", "-a"},
		{"", "a b", "+a b"},
		{"jeden dwa", "trzy", "-jeden dwa +trzy"},
		{"14 dni na uwagi", "21 dni na uwagi i odpowiedź", "-14 +21 =dni na uwagi +i odpowiedź"},
	} {
		var got []string
		for _, s := range compareWords(c.before, c.now) {
			got = append(got, map[string]string{"same": "=", "added": "+", "gone": "-"}[s.Kind]+s.Text)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%q → %q: %s, want %s", c.before, c.now, s, c.want)
		}
	}
}

func TestMayGo(t *testing.T) {
	v := func(no int, st VersionState, unanswered int) Version {
		return Version{ID: "v", No: no, State: st, Revision: 3, Unanswered: unanswered}
	}
	for _, c := range []struct {
		v    Version
		seen int64
		to   VersionState
		want string
	}{
		{v(1, Writing, 0), 3, Remarks, ""},
		{v(1, Writing, 0), 2, Remarks, "plan.fault.faster"},
		{v(1, Writing, 0), 3, Final, "plan.draft.fault.nobody_asked"},
		{v(2, Writing, 0), 3, Final, ""},
		{v(1, Writing, 0), 3, Answering, "plan.draft.fault.step"},
		{v(1, Remarks, 2), 3, Answering, ""},
		{v(1, Remarks, 0), 3, Final, "plan.draft.fault.step"},
		{v(1, Answering, 1), 3, Final, "plan.draft.fault.unanswered"},
		{v(1, Answering, 0), 3, Final, ""},
		{v(1, Answering, 0), 3, Remarks, ""},
		{v(1, Final, 0), 3, Remarks, "plan.draft.fault.step"},
		{v(1, Past, 0), 3, Final, "plan.draft.fault.step"},
		{Version{}, 0, Remarks, "plan.draft.fault.step"},
	} {
		got := ""
		if err := c.v.mayGo(c.seen, c.to); err != nil {
			got = fault.As(err).Key
		}
		if got != c.want {
			t.Errorf("%d %s to %s: %q, want %q", c.v.No, c.v.State, c.to, got, c.want)
		}
	}
}
