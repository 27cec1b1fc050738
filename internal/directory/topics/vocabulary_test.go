package topics

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kladka/internal/platform/i18n"
)

// made is a vocabulary of topics such as "b<a" (below a), "m=a" (merged into
// a), "s/a" (split), "r!" (retired); a kind other than topic stands behind a colon.
func made(list ...string) *vocabulary {
	var topics []*Topic
	for _, one := range list {
		one, kind, other := strings.Cut(one, ":")
		t := &Topic{Kind: Subject, State: Current, Names: map[i18n.Lang]string{}, Synonyms: map[i18n.Lang][]string{}, Revision: 1}
		if other {
			t.Kind = Kind(kind)
		}
		code := one
		if a, b, ok := strings.Cut(one, "<"); ok {
			code, t.Parent = a, ID(b)
		}
		if a, b, ok := strings.Cut(one, "="); ok {
			code, t.Into, t.State = a, ID(b), Merged
		}
		if a, ok := strings.CutSuffix(code, "/"); ok {
			code, t.State = a, Split
		}
		if a, ok := strings.CutSuffix(code, "!"); ok {
			code, t.State = a, Retired
		}
		t.Code, t.ID = code, ID(code)
		for _, lang := range i18n.Langs {
			t.Names[lang] = "nazwa " + code
		}
		topics = append(topics, t)
	}
	return build(topics, map[ID][]ID{})
}

func TestUnderFault(t *testing.T) {
	v := made("a", "b<a", "c<b", "d", "e<d", "f:policy", "g!", "m=a")
	for _, tt := range []struct{ topic, parent, want string }{
		{"b", "", ""},
		{"b", "a", ""}, // where it stands
		{"b", "d", ""}, // with c below it: three levels
		{"b", "e", "topics.fault.parent_deep"},
		{"c", "e", ""},
		{"a", "a", "topics.fault.parent_itself"},
		{"a", "b", "topics.fault.parent_below"},
		{"a", "c", "topics.fault.parent_below"},
		{"a", "d", "topics.fault.parent_deep"},
		{"d", "a", ""}, {"d", "b", "topics.fault.parent_deep"},
		{"d", "f", "topics.fault.parent_kind"},
		{"d", "g", "topics.fault.parent_state"}, {"d", "m", "topics.fault.parent_state"},
		{"d", "x", "topics.fault.parent_unknown"},
	} {
		if got := v.underFault(v.byID[ID(tt.topic)], ID(tt.parent)); got != tt.want {
			t.Errorf("%s under %q: got %q, want %q", tt.topic, tt.parent, got, tt.want)
		}
	}
	if got := v.underFault(&Topic{Kind: Subject}, "c"); got != "topics.fault.parent_deep" {
		t.Errorf("a new one on the fourth level: %q", got)
	}
}

func TestMergeFault(t *testing.T) {
	v := made("a", "b<a", "c", "d<c", "p:policy", "r!", "m=a", "s/")
	for _, tt := range []struct{ a, b, want string }{
		{"b", "c", ""}, {"b", "a", ""}, {"b", "d", ""}, {"r", "b", ""},
		{"b", "b", "topics.fault.merge_itself"},
		{"a", "b", "topics.fault.merge_below"}, // into its own descendant
		{"a", "c", "topics.fault.children"},
		{"b", "p", "topics.fault.merge_kind"},
		{"m", "c", "topics.fault.merge_state"}, {"s", "c", "topics.fault.merge_state"},
		{"b", "m", "topics.fault.merge_target"}, {"b", "s", "topics.fault.merge_target"}, {"b", "r", "topics.fault.merge_target"},
		{"b", "x", "topics.fault.merge_unknown"},
	} {
		if got := v.mergeFault(v.byID[ID(tt.a)], v.byID[ID(tt.b)]); got != tt.want {
			t.Errorf("%s into %s: got %q, want %q", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestSplitFault(t *testing.T) {
	v := made("a", "b", "c", "p:policy", "r!", "m=a", "t", "u<t")
	for _, tt := range []struct{ topic, parts, want string }{
		{"a", "b c", ""}, {"u", "t b", ""},
		{"a", "", "topics.fault.split_few"}, {"a", "b", "topics.fault.split_few"},
		{"a", "b b", "topics.fault.split_twice"}, {"a", "b a", "topics.fault.split_itself"},
		{"a", "b p", "topics.fault.split_kind"}, {"a", "b r", "topics.fault.split_part"}, {"a", "b m", "topics.fault.split_part"},
		{"a", "b x", "topics.fault.split_unknown"}, {"t", "b c", "topics.fault.children"}, {"r", "b c", "topics.fault.split_state"},
	} {
		var parts []ID
		for p := range strings.FieldsSeq(tt.parts) {
			parts = append(parts, ID(p))
		}
		if got := v.splitFault(v.byID[ID(tt.topic)], parts); got != tt.want {
			t.Errorf("%s into %s: got %q, want %q", tt.topic, tt.parts, got, tt.want)
		}
	}
}

func TestResolve(t *testing.T) {
	v := made("a=b", "b=c", "c", "d=s", "s/", "r!", "x=y", "y=x")
	for id, want := range map[ID]ID{"a": "c", "b": "c", "c": "c", "d": "s", "s": "s", "r": "r", "none": ""} {
		if got := v.resolve(id); got != want {
			t.Errorf("%s: got %q, want %q", id, got, want)
		}
	}
	v.resolve("x") // a circle that cannot be: it ends all the same
}

func TestFind(t *testing.T) {
	records, err := parseSet(strings.NewReader(startingSet))
	if err != nil {
		t.Fatal(err)
	}
	var list []*Topic
	for _, r := range records {
		topic := r.apply(nil, "")
		topic.ID = ID(r.Code)
		list = append(list, topic)
	}
	v := build(list, nil)
	for asked, want := range map[string]string{
		"matematyka": "matematyka", "MATEM": "matematyka", "algebra": "matematyka", "hejt": "cyberprzemoc", "AI": "sztuczna-inteligencja",
		"wf": "wychowanie-fizyczne", "jezyk ang": "jezyk-angielski", "języka": "", "maths": "matematyka", "булінг": "przemoc-rowiesnicza",
		"rodo": "ochrona-danych", "szkolny budzet": "szkolny-budzet-obywatelski", "": "", "!!!": "", "' or 1=1 --": "",
		strings.Repeat("a", 10_000): "", strings.Repeat("a ", 50): "",
	} {
		got := ""
		if found := v.find(asked, i18n.PL, 5); len(found) > 0 {
			got = found[0].Code
		}
		if got != want {
			t.Errorf("%.20q: got %q, want %q", asked, got, want)
		}
	}
	if n := len(v.find("s", i18n.PL, 7)); n != 7 {
		t.Errorf("%d found, want the most", n)
	}
}

// Whatever editors do within the rules, no topic stands below itself and none
// deeper than the vocabulary goes.
func TestMovesKeepTheTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var codes []string
		for n := range 8 {
			codes = append(codes, fmt.Sprint(n))
		}
		v := made(codes...)
		for range rapid.IntRange(1, 30).Draw(t, "moves") {
			topic := v.byID[ID(rapid.SampledFrom(codes).Draw(t, "topic"))]
			parent := ID(rapid.SampledFrom(append(codes, "")).Draw(t, "parent"))
			if v.underFault(topic, parent) != "" {
				continue
			}
			moved := topic.clone()
			moved.Parent = parent
			v.put(moved)
		}
		for _, topic := range v.list {
			if above := v.above(topic.ID); len(above) >= Levels {
				t.Fatalf("%s lies %d deep", topic.ID, len(above)+1)
			}
		}
	})
}

func TestRecordFaults(t *testing.T) {
	good := record("dobry-kod-1", "")
	if faults := good.faults(); len(faults) != 0 {
		t.Fatal(faults)
	}
	policy := good
	policy.Kind, policy.From, policy.Until, policy.Basis = Policy, "2026-09-01", "2027-08-31", "pismo ministra"
	if faults := policy.faults(); len(faults) != 0 {
		t.Fatal(faults)
	}
	for name, tt := range map[string]struct {
		spoil func(*Record)
		key   string
	}{
		"code":         {func(r *Record) { r.Code = "Zły kod" }, "topics.fault.code"},
		"code ends":    {func(r *Record) { r.Code = "a-" }, "topics.fault.code"},
		"reserved":     {func(r *Record) { r.Code = "nowy" }, "topics.fault.code_reserved"},
		"kind":         {func(r *Record) { r.Kind = "else" }, "topics.fault.kind"},
		"polish":       {func(r *Record) { r.Names[i18n.PL] = "" }, "topics.fault.name_pl"},
		"english":      {func(r *Record) { r.Names[i18n.EN] = " - " }, "topics.fault.name_en"},
		"ukrainian":    {func(r *Record) { delete(r.Names, i18n.UK) }, "topics.fault.name_uk"},
		"long":         {func(r *Record) { r.Names[i18n.PL] = strings.Repeat("ą", longestName+1) }, "topics.fault.long"},
		"zero width":   {func(r *Record) { r.Names[i18n.PL] = "a\u200bb" }, "topics.fault.long"},
		"dates":        {func(r *Record) { r.From = "2026-09-01" }, "topics.fault.no_dates"},
		"policy dates": {func(r *Record) { r.Kind, r.Basis = Policy, "x" }, "topics.fault.date"},
		"policy order": {func(r *Record) { *r = policy; r.From, r.Until = "2027-09-01", "2026-09-01" }, "topics.fault.until"},
		"policy basis": {func(r *Record) { *r = policy; r.Basis = " " }, "topics.fault.basis"},
		"no such day":  {func(r *Record) { *r = policy; r.From = "2026-02-30" }, "topics.fault.date"},
	} {
		r := record("dobry-kod-1", "")
		tt.spoil(&r)
		found := false
		for _, f := range r.faults() {
			found = found || f.Key == tt.key
		}
		if !found {
			t.Errorf("%s: got %v, want %s", name, r.faults(), tt.key)
		}
	}
	for _, f := range (Record{Kind: Subject}).faults() {
		if f.Name == fieldCode {
			t.Errorf("nothing was named, and the code is to blame: %v", f)
		}
	}
}

func TestCodeOf(t *testing.T) {
	for name, want := range map[string]string{"Język łaciński": "jezyk-lacinski", "ADHD & co.": "adhd-co", "Історія": "", "": ""} {
		if got := CodeOf(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got := CodeOf(strings.Repeat("słowo ", 30)); len(got) > longestCode || !codeShape.MatchString(got) {
		t.Errorf("got %q", got)
	}
}

func TestRenamedStaysFound(t *testing.T) {
	was := record("a", "").apply(nil, "")
	r := record("a", "")
	r.Names[i18n.PL], r.Synonyms = "Nowa nazwa", map[i18n.Lang][]string{i18n.PL: {"inne słowo", "NOWA NAZWA"}}
	if got := r.apply(was, "").Synonyms[i18n.PL]; strings.Join(got, "; ") != "inne słowo; Temat a" {
		t.Errorf("got %q", got)
	}
	if got := r.exactly(was, "").Synonyms[i18n.PL]; strings.Join(got, "; ") != "inne słowo" {
		t.Errorf("exactly: got %q", got)
	}
}

func FuzzParseSet(f *testing.F) {
	f.Add(startingSet)
	f.Add("[topic]\na | A | B | C | pl: x; y\n  b | D | E | F")
	f.Add("[policy]\nk | A | B | C | from: 2026-09-01 | until: 2027-08-31 | basis: pismo")
	f.Add("[topic]\n   a | A | B | C")
	f.Fuzz(func(t *testing.T, text string) {
		records, err := parseSet(strings.NewReader(text))
		if err != nil {
			return
		}
		seen := map[string]bool{"": true}
		for _, r := range records {
			if seen[r.Code] || !seen[r.Parent] || len(r.faults()) > 0 {
				t.Fatalf("%+v", r)
			}
			seen[r.Code] = true
		}
	})
}

func TestParseSetRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"a | A | B | C":                              "line 1: a topic before",
		"[else]":                                     "line 1: no such kind",
		"[topic]\na | A | B":                         "line 2: 3 cells",
		"[topic]\n  a | A | B | C":                   "line 2: indented",
		"[topic]\na | A | B | C\n b | A | B | C":     "line 3: indented",
		"[topic]\na | A | B | C\na | A | B | C":      "line 3: a stands twice",
		"[topic]\na | A | B | C | x: y":              "cell",
		"[topic]\na | A | B | C | pl: y; y":          "repeats",
		"[topic]\na | A | B | C | pl: y | pl: z":     "cell",
		"[topic]\na | A | B | ":                      "name_uk",
		"[policy]\na | A | B | C":                    "date",
		"[topic]\na | A | B | C | from: 2026-09-01 ": "no_dates",
	} {
		if _, err := parseSet(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
