package survey

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"kladka/internal/platform/fault"
)

func TestReady(t *testing.T) {
	all := append(Ready(), Sample())
	if len(all) != 4 {
		t.Fatal(len(all))
	}
	for _, d := range all {
		if f := d.Faults(); len(f) > 0 {
			t.Errorf("%s: %v", d.Code, f)
		}
		var b bytes.Buffer
		if err := d.Write(&b); err != nil {
			t.Fatal(err)
		}
		back, err := Parse(&b)
		if err != nil || !reflect.DeepEqual(back, d) {
			t.Errorf("%s: %v", d.Code, err)
		}
	}
	n, kinds := 0, map[Kind]bool{}
	for _, s := range Sample().Sections {
		n += len(s.Questions)
		for _, q := range s.Questions {
			kinds[q.Kind] = true
		}
	}
	if n != 30 || len(kinds) != 7 {
		t.Error(n, kinds)
	}
}

// text3 is a text in all languages.
func text3(s string) Text { return Text{"pl": s, "en": s + " en", "uk": s + " uk"} }

func opts(ids ...string) []Option {
	var list []Option
	for _, id := range ids {
		list = append(list, Option{ID: id, Text: text3(id)})
	}
	return list
}

func ptr[T any](v T) *T { return &v }

// trial is a questionnaire with every kind and with conditions.
func trial() Definition {
	multi := opts("a", "b", "c")
	multi = append(multi, Option{ID: "none", Text: text3("none"), Alone: true})
	return Definition{Code: "trial", Title: text3("Trial"), Sections: []Section{
		{ID: "one", Title: text3("One"), Questions: []Question{
			{ID: "s", Kind: Single, Title: text3("Single"), Required: true, Options: opts("yes", "no")},
			{ID: "m", Kind: Multiple, Title: text3("Multiple"), Options: multi, Most: 2, When: &Condition{Question: "s", Is: []string{"yes"}}},
			{ID: "sc", Kind: Scale, Title: text3("Scale"), Low: 1, High: 5},
		}},
		{ID: "two", Title: text3("Two"), When: &Condition{Any: []Condition{{Question: "sc", AtLeast: ptr(4)}, {Question: "m", Answered: ptr(true)}}}, Questions: []Question{
			{ID: "mx", Kind: Matrix, Title: text3("Matrix"), Required: true, Rows: opts("r1", "r2"), Options: opts("x", "y")},
			{ID: "r", Kind: Ranking, Title: text3("Ranking"), Options: opts("p", "q", "w", "z"), Most: 3, Least: 2},
		}},
		{ID: "three", Title: text3("Three"), Questions: []Question{
			{ID: "n", Kind: Number, Title: text3("Number"), Low: -5, High: 100, When: &Condition{Question: "mx", Row: "r2", Is: []string{"y"}}},
			{ID: "t", Kind: FreeText, Title: text3("Text"), Most: 10},
		}},
	}}
}

func TestFaults(t *testing.T) {
	if f := trial().Faults(); len(f) > 0 {
		t.Fatal(f)
	}
	q := func(d *Definition, s, i int) *Question { return &d.Sections[s].Questions[i] }
	for _, tt := range []struct {
		name, want string // want is "place key"
		spoil      func(d *Definition)
	}{
		{"kind", "sections.0.questions.0 kind", func(d *Definition) { q(d, 0, 0).Kind = "slider" }},
		{"code", "code id", func(d *Definition) { d.Code = "Trial" }},
		{"id", "sections.0.questions.2 id", func(d *Definition) { q(d, 0, 2).ID = "żółw" }},
		{"twice", "sections.2.questions.1 twice", func(d *Definition) { q(d, 2, 1).ID = "s" }},
		{"section twice", "sections.2 twice", func(d *Definition) { d.Sections[2].ID = "one" }},
		{"option twice", "sections.0.questions.0.options.1 twice", func(d *Definition) { q(d, 0, 0).Options = opts("a", "a") }},
		{"language", "sections.0.questions.0.title language", func(d *Definition) { delete(q(d, 0, 0).Title, "uk") }},
		{"unknown language", "title unknown_language", func(d *Definition) { d.Title["de"] = "Titel" }},
		{"long", "intro long", func(d *Definition) { d.Intro = text3(strings.Repeat("ą", 4001)) }},
		{"control", "intro control", func(d *Definition) { d.Intro = text3("a\x00") }},
		{"no options", "sections.0.questions.0.options no_options", func(d *Definition) { q(d, 0, 0).Options = nil }},
		{"options of a number", "sections.2.questions.0.options not_here", func(d *Definition) { q(d, 2, 0).Options = opts("a") }},
		{"alone in single", "sections.0.questions.0.options.0.alone not_here", func(d *Definition) { q(d, 0, 0).Options[0].Alone = true }},
		{"scale", "sections.0.questions.2 scale", func(d *Definition) { q(d, 0, 2).High = 20 }},
		{"bounds", "sections.2.questions.0 bounds", func(d *Definition) { q(d, 2, 0).High = -5 }},
		{"amount", "sections.0.questions.1 amount", func(d *Definition) { q(d, 0, 1).Most = 9 }},
		{"least above most", "sections.1.questions.1 amount", func(d *Definition) { q(d, 1, 1).Least = 4 }},
		{"missing", "sections.0.questions.1.when missing", func(d *Definition) { q(d, 0, 1).When.Question = "zz" }},
		{"missing option", "sections.0.questions.1.when.is.0 missing", func(d *Definition) { q(d, 0, 1).When.Is = []string{"maybe"} }},
		{"never", "sections.1.when.any.0.at_least never", func(d *Definition) { d.Sections[1].When.Any[0].AtLeast = ptr(6) }},
		{"two shapes", "sections.0.questions.1.when condition", func(d *Definition) { q(d, 0, 1).When.Answered = ptr(true) }},
		{"no shape", "sections.0.questions.1.when condition", func(d *Definition) { q(d, 0, 1).When = &Condition{} }},
		{"later", "sections.0.questions.1.when later", func(d *Definition) { q(d, 0, 1).When = &Condition{Question: "sc", AtLeast: ptr(2)} }},
		{"itself", "sections.0.questions.2.when circle", func(d *Definition) { q(d, 0, 2).When = &Condition{Question: "sc", AtLeast: ptr(2)} }},
		{"circle", "sections.0.questions.1.when circle", func(d *Definition) {
			q(d, 0, 2).When = &Condition{Question: "m", Is: []string{"a"}}
			q(d, 0, 1).When = &Condition{Question: "sc", AtLeast: ptr(2)}
		}},
		{"circle over a section", "sections.1.when circle", func(d *Definition) { d.Sections[1].When = &Condition{Question: "r", Answered: ptr(true)} }},
		{"depth", "sections.0.questions.1.when.all.0.all.0.all.0.all.0.all.0.all.0.all.0.all.0 nesting", func(d *Definition) {
			w := Condition{Question: "s", Answered: ptr(true)}
			for range 8 {
				w = Condition{All: []Condition{w}}
			}
			q(d, 0, 1).When = &w
		}},
		{"no sections", "sections no_sections", func(d *Definition) { d.Sections = nil }},
		{"no questions", "sections.0 no_questions", func(d *Definition) { d.Sections[0].Questions = nil }},
		{"many questions", "sections many_questions", func(d *Definition) {
			for i := range 200 {
				d.Sections[2].Questions = append(d.Sections[2].Questions, Question{ID: "x" + strings.Repeat("x", i%39) + string(rune('a'+i/39)), Kind: FreeText, Title: text3("x")})
			}
		}},
		{"columns", "sections.1.questions.0.options columns", func(d *Definition) { q(d, 1, 0).Options = opts(strings.Split("abcdefghijklmxy", "")...) }},
		{"places", "sections.1.questions.1 places", func(d *Definition) {
			q(d, 1, 1).Options, q(d, 1, 1).Most = opts(strings.Split("abcdefghijklm", "")...), 0
		}},
	} {
		d := trial()
		tt.spoil(&d)
		var got []string
		for _, f := range d.Faults() {
			got = append(got, f.Place+" "+strings.TrimPrefix(f.Key, "survey.definition."))
		}
		if !strings.Contains("|"+strings.Join(got, "|")+"|", "|"+tt.want+"|") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCircleIsNamed(t *testing.T) {
	d := trial()
	d.Sections[0].Questions[2].When = &Condition{Question: "m", Is: []string{"a"}}
	d.Sections[0].Questions[1].When = &Condition{Question: "sc", AtLeast: ptr(2)}
	f := d.Faults()
	if len(f) != 1 || f[0].Args[3] != "m → sc → m" {
		t.Error(f)
	}
}

func TestParseRefuses(t *testing.T) {
	var b bytes.Buffer
	if err := trial().Write(&b); err != nil {
		t.Fatal(err)
	}
	good := b.String()
	swap := func(from, to string) string {
		if !strings.Contains(good, from) {
			t.Fatalf("%q is not in the file", from)
		}
		return strings.Replace(good, from, to, 1)
	}
	for name, tt := range map[string]struct{ file, key string }{
		"empty":         {"", "json"},
		"array":         {"[]", "json"},
		"no mark":       {swap(`"kladka_survey": 1`, `"kladka_survey": 2`), "format"},
		"unknown field": {swap(`"code"`, `"colour": "red", "code"`), "json"},
		"other letters": {swap(`"code"`, `"Code"`), "name"},
		"long s":        {swap(`"sections"`, `"ſections"`), "name"},
		"doubled":       {swap(`"code": "trial"`, `"code": "trial", "code": "other"`), "twice_name"},
		"trailing":      {good + "{}", "trailing"},
		"broken UTF-8":  {swap("Trial", "Tri\xffal"), "utf8"},
		"wrong type":    {swap(`"version": 0`, `"version": "0"`), "type"},
		"deep":          {strings.Repeat("[", 100_000), "deep"},
		"cut":           {good[:len(good)/2], "json"},
		"faults":        {swap(`"kind": "scale"`, `"kind": "slider"`), "faults"},
		"large":         {good + strings.Repeat(" ", MaxDefinition), "large"},
	} {
		_, err := Parse(strings.NewReader(tt.file))
		if e := fault.As(err); e == nil || e.Key != "survey.definition."+tt.key {
			t.Errorf("%s: %v, want %s", name, err, tt.key)
		}
	}
	if d, err := Parse(strings.NewReader(good)); err != nil || !reflect.DeepEqual(d, trial()) {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, d := range append(Ready(), trial()) {
		var b bytes.Buffer
		if err := d.Write(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte(`{"kladka_survey":1,"sections":[{"when":{"all":[{}]}}]}`))
	f.Add([]byte(`{"kladka_survey":1,"title":{"pl":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(bytes.NewReader(data))
		if err != nil {
			if k := fault.KindOf(err); k != fault.Invalid && k != fault.TooLarge {
				t.Fatal(err)
			}
			return
		}
		var b bytes.Buffer
		if err := d.Write(&b); err != nil {
			t.Fatal(err)
		}
		if back, err := Parse(&b); err != nil || !reflect.DeepEqual(back, d) {
			t.Fatalf("%v\n%+v\n%+v", err, d, back)
		}
		clean, _ := d.CheckDraft(Answers{})
		if d.MaxBytes() < len(clean.Encode()) {
			t.Fatal("bytes")
		}
	})
}
