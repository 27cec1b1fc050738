package survey

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kladka/internal/platform/fault"
)

func faultsOf(fields []fault.Field) string {
	var all []string
	for _, f := range fields {
		all = append(all, f.Name+" "+strings.TrimPrefix(f.Key, "survey.form.fault."))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestCheck(t *testing.T) {
	d := trial()
	for _, tt := range []struct {
		name  string
		in    Answers
		clean Answers
		want  string
	}{
		{"nothing", nil, Answers{}, "q.s required"},
		{"least", Answers{"s": {"no"}}, Answers{"s": {"no"}}, ""},
		{"blank is nothing", Answers{"s": {" ", ""}, "t": {" \r\n "}}, Answers{}, "q.s required"},
		{"no such option", Answers{"s": {"maybe"}}, Answers{}, "q.s option"},
		{"two of one", Answers{"s": {"yes", "no"}}, Answers{}, "q.s one"},
		{"no such question", Answers{"s": {"no"}, "zz": {"1"}}, Answers{"s": {"no"}}, "q.zz unknown"},
		{"row of no matrix", Answers{"s": {"no"}, "s.r1": {"x"}}, Answers{"s": {"no"}}, "q.s.r1 unknown"},
		{"hidden", Answers{"s": {"no"}, "m": {"a"}}, Answers{"s": {"no"}}, ""},
		{"hidden and wrong", Answers{"s": {"no"}, "m": {"nonsense"}}, Answers{"s": {"no"}}, ""},
		{"a hidden answer opens nothing", Answers{"s": {"no"}, "m": {"a"}, "mx.r1": {"x"}}, Answers{"s": {"no"}}, ""},
		{"many in the order of the options", Answers{"s": {"yes"}, "m": {"b", "a"}, "mx.r1": {"x"}, "mx.r2": {"x"}},
			Answers{"s": {"yes"}, "m": {"a", "b"}, "mx.r1": {"x"}, "mx.r2": {"x"}}, ""},
		{"too many", Answers{"s": {"yes"}, "m": {"a", "b", "c"}}, Answers{"s": {"yes"}}, "q.m most"},
		{"twice", Answers{"s": {"yes"}, "m": {"a", "a"}}, Answers{"s": {"yes"}}, "q.m twice"},
		{"none with others", Answers{"s": {"yes"}, "m": {"a", "none"}}, Answers{"s": {"yes"}}, "q.m alone"},
		{"a section opens", Answers{"s": {"no"}, "sc": {"4"}, "mx.r1": {"y"}}, Answers{"s": {"no"}, "sc": {"4"}, "mx.r1": {"y"}}, "q.mx.r2 required"},
		{"scale below", Answers{"s": {"no"}, "sc": {"3"}}, Answers{"s": {"no"}, "sc": {"3"}}, ""},
		{"out of range", Answers{"s": {"no"}, "sc": {"6"}}, Answers{"s": {"no"}}, "q.sc number"},
		{"no number", Answers{"s": {"no"}, "sc": {"4.0"}}, Answers{"s": {"no"}}, "q.sc number"},
		{"too few places", Answers{"s": {"no"}, "sc": {"5"}, "mx.r1": {"x"}, "mx.r2": {"x"}, "r": {"p"}},
			Answers{"s": {"no"}, "sc": {"5"}, "mx.r1": {"x"}, "mx.r2": {"x"}}, "q.r least"},
		{"order of a ranking", Answers{"s": {"no"}, "sc": {"5"}, "mx.r1": {"x"}, "mx.r2": {"y"}, "r": {"z", "p"}, "n": {"+07"}},
			Answers{"s": {"no"}, "sc": {"5"}, "mx.r1": {"x"}, "mx.r2": {"y"}, "r": {"z", "p"}, "n": {"7"}}, ""},
		{"text", Answers{"s": {"no"}, "t": {" a\r\nb\x00\xff "}}, Answers{"s": {"no"}, "t": {"a\nb\uFFFD"}}, ""},
		{"ten letters", Answers{"s": {"no"}, "t": {"żółćżółćżó"}}, Answers{"s": {"no"}, "t": {"żółćżółćżó"}}, ""},
		{"eleven letters", Answers{"s": {"no"}, "t": {"żółćżółćżół"}}, Answers{"s": {"no"}}, "q.t long"},
	} {
		clean, fields := d.Check(tt.in)
		if !reflect.DeepEqual(clean, tt.clean) || faultsOf(fields) != tt.want {
			t.Errorf("%s: %v, %q; want %v, %q", tt.name, clean, faultsOf(fields), tt.clean, tt.want)
		}
	}
}

func TestCheckDraftAndThrough(t *testing.T) {
	d := trial()
	if _, fields := d.CheckDraft(Answers{"sc": {"5"}, "t": {"too long for ten"}}); faultsOf(fields) != "q.t long" {
		t.Error(faultsOf(fields))
	}
	a := Answers{"s": {"no"}, "sc": {"5"}}
	if _, fields := d.CheckThrough(a, 0); len(fields) != 0 {
		t.Error(fields)
	}
	if _, fields := d.CheckThrough(a, 1); faultsOf(fields) != "q.mx.r1 required, q.mx.r2 required" {
		t.Error(faultsOf(fields))
	}
	if _, fields := d.Check(Answers{"s": {"no"}, "sc": {"5"}, "mx.r1": {"x"}}); len(fields) != 1 || fields[0].Args[1] != "4.2" {
		t.Error(fields)
	}
}

func TestAsk(t *testing.T) {
	d := trial()
	ids := func(a Answers) string {
		var out []string
		for _, s := range d.Ask(a) {
			for _, q := range s.Questions {
				out = append(out, q.ID)
			}
		}
		return strings.Join(out, " ")
	}
	for _, tt := range []struct {
		a     Answers
		want  string
		pages []int
	}{
		{nil, "s sc t", []int{0, 2}},
		{Answers{"s": {"yes"}}, "s m sc t", []int{0, 2}},
		{Answers{"s": {"yes"}, "m": {"a"}}, "s m sc mx r t", []int{0, 1, 2}},
		{Answers{"sc": {"4"}, "mx.r2": {"y"}}, "s sc mx r n t", []int{0, 1, 2}},
		{Answers{"sc": {"4"}, "mx.r1": {"y"}}, "s sc mx r t", []int{0, 1, 2}},
		{Answers{"sc": {"3"}, "mx.r2": {"y"}}, "s sc t", []int{0, 2}},
	} {
		if got := ids(tt.a); got != tt.want || !slices.Equal(d.Pages(tt.a), tt.pages) {
			t.Errorf("%v: %s %v", tt.a, got, d.Pages(tt.a))
		}
	}
	if len(d.Sections[0].Questions) != 3 {
		t.Error("Ask changed the definition")
	}
	for field, want := range map[string]int{"q.s": 0, "q.mx.r1": 1, "q.r.2": 1, "q.zz": -1, "email": -1} {
		if got := d.SectionOf(field); got != want {
			t.Errorf("%s in %d", field, got)
		}
	}
}

// anyAnswers draws answers of all sorts: right, wrong, hidden, unknown.
func anyAnswers(t *rapid.T, d Definition) Answers {
	a := Answers{}
	for i := range d.Sections {
		for j := range d.Sections[i].Questions {
			q := &d.Sections[i].Questions[j]
			for _, key := range q.keys() {
				if rapid.IntRange(0, 9).Draw(t, "skip") < 2 {
					continue
				}
				if values := anyValues(t, q); len(values) > 0 {
					a[key] = values
				}
			}
		}
	}
	if rapid.IntRange(0, 19).Draw(t, "unknown") == 0 {
		a[rapid.StringN(0, 5, -1).Draw(t, "key")] = []string{"x"}
	}
	return a
}

func anyValues(t *rapid.T, q *Question) []string {
	if rapid.IntRange(0, 29).Draw(t, "wild") == 0 {
		return rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "values")
	}
	switch q.Kind {
	case FreeText:
		n := rapid.SampledFrom([]int{1, 5, q.most(), q.most() + 1}).Draw(t, "letters")
		return []string{strings.Repeat(rapid.SampledFrom([]string{"a", "ż", "𝄞", "a\r\n", " "}).Draw(t, "letter"), n)}
	case Scale, Number:
		return []string{strconv.Itoa(rapid.IntRange(q.Low-1, q.High+1).Draw(t, "n"))}
	case Single, Matrix:
		return []string{q.Options[rapid.IntRange(0, len(q.Options)-1).Draw(t, "option")].ID}
	}
	ids := make([]string, len(q.Options))
	for i, o := range q.Options {
		ids[i] = o.ID
	}
	ids = rapid.Permutation(ids).Draw(t, "order")
	return ids[:rapid.IntRange(0, min(len(ids), q.most()+1)).Draw(t, "many")]
}

func TestCheckHolds(t *testing.T) {
	for _, d := range append(Ready(), trial(), Sample()) {
		size := d.MaxBytes()
		rapid.Check(t, func(t *rapid.T) {
			a := anyAnswers(t, d)
			before := a.Encode()
			clean, fields := d.Check(a)
			if !bytes.Equal(a.Encode(), before) {
				t.Fatal("Check changed what it was given")
			}
			if n := len(clean.Encode()); n > size {
				t.Fatalf("%d bytes of %d: %v", n, size, clean)
			}
			again, more := d.Check(clean)
			if !reflect.DeepEqual(again, clean) {
				t.Fatalf("twice: %v, then %v", clean, again)
			}
			for _, f := range more {
				if f.Key != keyRequired || len(fields) == 0 {
					t.Fatalf("what was taken is refused: %v", more)
				}
			}
			asked := map[string]bool{}
			for _, s := range d.Ask(a) {
				for i := range s.Questions {
					for _, key := range s.Questions[i].keys() {
						asked[key] = true
					}
				}
			}
			for key := range clean {
				if !asked[key] {
					t.Fatalf("the hidden answer %s survives: %v", key, clean)
				}
			}
			back, err := DecodeAnswers(clean.Encode())
			if err != nil || !reflect.DeepEqual(back, clean) {
				t.Fatalf("%v %v", err, back)
			}
		})
	}
}

func TestMaxBytesIsReached(t *testing.T) {
	d := Definition{Code: "x", Sections: []Section{{ID: "a", Questions: []Question{
		{ID: "s", Kind: Single, Options: opts("yes", "perhaps")},
		{ID: "m", Kind: Multiple, Options: opts("a", "bb", "ccc"), Most: 2},
		{ID: "t", Kind: FreeText, Most: 40},
		{ID: "n", Kind: Number, Low: -100, High: 50},
		{ID: "mx", Kind: Matrix, Rows: opts("r1"), Options: opts("x")},
	}}}}
	clean, fields := d.Check(Answers{"s": {"perhaps"}, "m": {"ccc", "bb"}, "t": {strings.Repeat("𝄞", 40)}, "n": {"-100"}, "mx.r1": {"x"}})
	if n := len(clean.Encode()); len(fields) > 0 || n != d.MaxBytes() {
		t.Error(n, d.MaxBytes(), fields)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := Answers{"a": {"1"}, "b": {"2", "3"}}.Encode()
	for name, b := range map[string][]byte{
		"nothing": nil, "format": append([]byte{2}, good[1:]...), "cut": good[:len(good)-1], "trailing": append(slices.Clone(good), 0),
		"order":      {1, 2, 1, 'b', 0, 1, 'a', 0},
		"twice":      {1, 2, 1, 'a', 0, 1, 'a', 0},
		"long count": {1, 0x81, 0x00, 1, 'a', 0},
		"endless":    {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
	} {
		if a, err := DecodeAnswers(b); err == nil {
			t.Errorf("%s: %v", name, a)
		}
	}
}

func FuzzDecodeAnswers(f *testing.F) {
	f.Add(Answers{}.Encode())
	f.Add(Answers{"a": {"1"}, "b.c": {"2", ""}, "": nil}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := DecodeAnswers(b); err == nil && !bytes.Equal(a.Encode(), b) {
			t.Fatalf("%v", a)
		}
	})
}
