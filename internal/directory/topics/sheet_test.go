package topics

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/sheet"
	"kladka/internal/testkit"
)

func table(t testing.TB, text string) *sheet.Table {
	t.Helper()
	tab, err := sheet.Read(strings.NewReader(text), SheetLimits())
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

const short = "kod;nadrzędny;nazwa;nazwa_en;nazwa_uk\n"

// row is a row of the short sheet.
func row(code, parent string) string {
	return fmt.Sprintf("%s;%s;Temat %s;Topic %s;Тема %s\n", code, parent, code, code, code)
}

func (p Plan) words() string {
	var list []string
	for _, c := range p.Changes {
		list = append(list, c.Action+" "+c.After.Code)
	}
	for _, f := range p.Problems {
		list = append(list, fmt.Sprintf("%d %s", f.Row, strings.TrimPrefix(f.Key, "topics.")))
	}
	return strings.Join(list, ", ")
}

func TestPlanImport(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.add("a", "b<a", "c", "m", "s")
		h.must(h.merge("m", "c"))
		_, err := h.PlanImport(ctx, as(access.SchoolHead, "x"), table(t, short+row("n", "")))
		wantKind(t, err, fault.Forbidden, "")
		_, err = h.PlanImport(ctx, editor, table(t, "kod;nazwa\nx;y\n"))
		wantKind(t, err, fault.Invalid, "sheet.fault.missing_columns")
		for name, tt := range map[string]struct{ text, want string }{
			"nothing new":          {row("a", "") + row("b", "a"), ""},
			"new, parents first":   {row("n2", "n1") + row("n1", "a"), "new n1, new n2"},
			"moved":                {row("c", "a"), "changed c"},
			"unknown parent":       {row("n1", "none") + row("n2", "n1"), "2 fault.parent_unknown, 3 fault.parent_unknown"},
			"cycle of new ones":    {row("n1", "n2") + row("n2", "n3") + row("n3", "n1"), "2 problem.cycle, 3 problem.cycle, 4 problem.cycle"},
			"cycle with known":     {row("a", "b") + row("n", "a"), "new n, 2 problem.cycle"},
			"its own parent":       {row("n", "n"), "2 problem.cycle"},
			"hangs on a cycle":     {row("n1", "n2") + row("n2", "n1") + row("n3", "n1"), "2 problem.cycle, 3 problem.cycle, 4 fault.parent_unknown"},
			"too deep":             {row("n1", "b") + row("n2", "n1"), "new n1, 3 fault.parent_deep"},
			"children too deep":    {row("a", "c") + row("n1", "b"), "changed a, 3 fault.parent_deep"},
			"twice":                {row("n", "") + row("n", "a") + row("n", ""), "2 problem.double, 3 problem.double, 4 problem.double"},
			"a language missing":   {"n;;Temat n;;Тема n\n", "2 fault.name_en"},
			"bad code":             {row("Zły Kod", ""), "2 fault.code"},
			"namesake":             {"n;;temat A;x;y\n", "2 fault.namesake"},
			"namesakes":            {"n1;;taki sam;x1;y1\nn2;;taki sam;x2;y2\n", "new n1, 3 fault.namesake"},
			"names change places":  {"a;;Temat c;Topic c;Тема c\nc;;Temat a;Topic a;Тема a\n", "changed a, changed c"},
			"merged one changed":   {row("n", "m"), "2 fault.parent_state"},
			"merged one as it was": {row("m", ""), ""},
		} {
			p, err := h.PlanImport(ctx, editor, table(t, short+tt.text))
			if err != nil || p.words() != tt.want {
				t.Errorf("%s: got %q, %v, want %q", name, p.words(), err, tt.want)
			}
		}
		states := "kod;nazwa;nazwa_en;nazwa_uk;stan;rodzaj\n"
		for text, want := range map[string]string{
			"c;Temat c;Topic c;Тема c;wycofany;temat\n":                                     "closed c",
			"a;Temat a;Topic a;Тема a;wycofany;\n":                                          "2 fault.children",
			"a;Temat a;Topic a;Тема a;wycofany;\nb;Temat b;Topic b;Тема b;wycofany;temat\n": "closed a, closed b",
			"c;Temat c;Topic c;Тема c;połączony;\n":                                         "2 problem.state",
			"n;Temat n;Topic n;Тема n;wycofany;\n":                                          "2 problem.new_state",
			"c;Temat c;Topic c;Тема c;;forma doskonalenia\n":                                "2 problem.kind",
			"c;Temat c;Topic c;Тема c;;coś\n":                                               "2 fault.kind",
			"m;Temat m;Topic m;Тема m;obowiązuje;temat\n":                                   "2 problem.state",
			"n;Kierunek;Direction;Напрям;;kierunek polityki\n":                              "2 fault.date",
		} {
			p, err := h.PlanImport(ctx, editor, table(t, states+text))
			if err != nil || p.words() != want {
				t.Errorf("%q: got %q, %v, want %q", text, p.words(), err, want)
			}
		}
	})
}

// What is exported can be brought back: nothing differs, whatever was done to
// the vocabulary before.
func TestExportAndImportAgree(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.must(h.Seed(ctx))
		r := record("kierunek", "")
		r.Kind, r.From, r.Until, r.Basis = Policy, "2026-09-01", "2027-08-31", "=pismo; ministra"
		r.Synonyms = map[i18n.Lang][]string{i18n.PL: {"-minus", "+plus", "@at"}}
		_, err := h.Create(ctx, editor, r)
		h.must(err)
		h.must(h.merge("etyka", "filozofia"))
		h.must(h.Retire(ctx, editor, h.topic("religia").ID, 1))
		h.must(h.Divide(ctx, editor, h.topic("technika").ID, 1, []ID{h.topic("muzyka").ID, h.topic("plastyka").ID}))
		h.add("nowy-1<matura")
		for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
			rows, err := h.Rows(ctx)
			h.must(err)
			var file bytes.Buffer
			h.must(sheet.Write(&file, f, "Tematy", Header(), rows))
			tab, err := sheet.Read(&file, SheetLimits())
			h.must(err)
			p, err := h.PlanImport(ctx, editor, tab)
			if err != nil || p.words() != "" || p.Read < 200 {
				t.Errorf("%s: %d rows, %s, %v", f, p.Read, p.words(), err)
			}
		}
		w, _ := h.get("/tematy.csv")
		tab, err := sheet.Read(w.Body, SheetLimits())
		h.must(err)
		if p, err := h.PlanImport(ctx, editor, tab); err != nil || p.words() != "" || p.Read < 200 {
			t.Errorf("open data: %d rows, %s, %v", p.Read, p.words(), err)
		}
	})
}

func (h *house) brought(text string) importing.Batch {
	h.t.Helper()
	b, err := h.PreviewImport(h.t.Context(), editor, "tematy.csv", strings.NewReader(text))
	h.must(err)
	return b
}

func TestImportAndUndo(t *testing.T) {
	testkit.EachDB(t, testModules, func(t *testing.T, d *db.DB) {
		h, ctx := newHouse(t, d), t.Context()
		h.add("a", "b<a", "c", "r")
		before := h.all()
		b := h.brought("kod;nadrzędny;nazwa;nazwa_en;nazwa_uk;stan\n" + strings.ReplaceAll(row("n1", "a")+row("n2", "n1")+row("c", "a")+"b;a;Nowe b;New b;Нове b\n", "\n", ";\n") +
			"r;;Temat r;Topic r;Тема r;wycofany\n" + row("x", "none"))
		if b.New != 2 || b.Changed != 2 || b.Closed != 1 || b.Problems != 1 || b.Read != 6 {
			t.Fatalf("got %+v", b)
		}
		_, err := h.PreviewImport(ctx, as(access.Teacher, "x"), "x.csv", strings.NewReader(short))
		wantKind(t, err, fault.Forbidden, "")
		// Somebody edits a topic while the difference lies there.
		h.must(h.Move(ctx, editor, h.topic("c").ID, 1, h.topic("b").ID))
		done, err := h.imports.ApplyNow(ctx, Importer(editor), b.ID, importing.Everything, true)
		if err != nil || done.TakenIn != 4 || done.Held != 1 {
			t.Fatalf("got %+v, %v", done, err)
		}
		if n2 := h.topic("n2"); n2.Parent != h.topic("n1").ID || h.topic("b").Names[i18n.PL] != "Nowe b" || h.topic("r").State != Retired ||
			h.topic("c").Parent != h.topic("b").ID {
			t.Errorf("got %v", h.all())
		}
		// One of them is edited and one used before the whole is undone.
		h.must(h.use("o1", "n2"))
		h.must(h.Restore(ctx, editor, h.topic("r").ID, h.topic("r").Revision))
		back, err := h.imports.UndoNow(ctx, Importer(editor), b.ID)
		if err != nil || back.TakenBack != 1 || back.Kept != 3 {
			t.Fatalf("got %+v, %v", back, err)
		}
		h.must(h.use("o1"))
		before["c"], before["n1"], before["n2"] = "b Temat c current ", "a Temat n1 current ", "n1 Temat n2 current "
		if diff := cmp.Diff(before, h.all()); diff != "" {
			t.Error(diff)
		}
		// Once nothing uses them, an import is undone without a trace.
		before = h.all()
		b = h.brought(short + row("k1", "a") + row("k2", "k1") + "a;;Całkiem inne;Quite other;Зовсім інше\n")
		_, err = h.imports.ApplyNow(ctx, Importer(editor), b.ID, importing.Everything, true)
		h.must(err)
		back, err = h.imports.UndoNow(ctx, Importer(editor), b.ID)
		if err != nil || back.TakenBack != 3 || back.Kept != 0 {
			t.Fatalf("got %+v, %v", back, err)
		}
		if diff := cmp.Diff(before, h.all()); diff != "" {
			t.Error(diff)
		}
	})
}

// all is the vocabulary in short.
func (h *house) all() map[string]string {
	h.t.Helper()
	v, err := h.vocabularyNow(h.t.Context())
	h.must(err)
	out := map[string]string{}
	for _, t := range v.list {
		r := v.record(t)
		out[t.Code] = strings.Join([]string{r.Parent, r.Names[i18n.PL], string(t.State), strings.Join(r.Synonyms[i18n.PL], ";")}, " ")
	}
	for code, text := range out {
		out[code] = strings.TrimPrefix(text, " ")
	}
	return out
}

func TestSheetOfTwentyThousandRows(t *testing.T) {
	var text strings.Builder
	text.WriteString(short)
	for n := range SheetLimits().Rows + 1 {
		text.WriteString(row(fmt.Sprintf("t%d", n), ""))
	}
	_, err := sheet.Read(strings.NewReader(text.String()), SheetLimits())
	wantKind(t, err, fault.Invalid, "sheet.fault.too_many_rows")
	// The longest chain that a sheet can hold is looked at in reasonable time.
	chain := &planner{v: made("a"), rows: map[string]*planned{}}
	rows := short
	for n := range 2000 {
		rows += row(fmt.Sprintf("t%d", n), fmt.Sprintf("t%d", n+1))
	}
	tab := table(t, rows)
	m, err := tab.Match(columnsOf...)
	if err != nil {
		t.Fatal(err)
	}
	chain.read(tab, m)
	chain.settle()
	if len(chain.rows) != 0 || len(chain.problems) != 2000 {
		t.Errorf("%d rows, %d problems", len(chain.rows), len(chain.problems))
	}
}

// Any rows whatever: what is taken of them fits together.
func TestPlansFitTogether(t *testing.T) {
	codes := []string{"a", "b", "c", "d", "m", "r", "s", "n1", "n2", "n3", "n4"}
	rapid.Check(t, func(t *rapid.T) {
		text := "kod;nadrzędny;nazwa;nazwa_en;nazwa_uk;stan\n"
		for range rapid.IntRange(1, 12).Draw(t, "rows") {
			name := rapid.SampledFrom(codes).Draw(t, "name")
			text += fmt.Sprintf("%s;%s;nazwa %s;name %s;назва %s;%s\n", rapid.SampledFrom(codes).Draw(t, "code"),
				rapid.SampledFrom(append(codes, "")).Draw(t, "parent"), name, name, name, rapid.SampledFrom([]string{"", "wycofany", "podzielony"}).Draw(t, "state"))
		}
		tab, err := sheet.Read(strings.NewReader(text), SheetLimits())
		if err != nil {
			t.Fatal(err)
		}
		m, err := tab.Match(columnsOf...)
		if err != nil {
			t.Fatal(err)
		}
		fitTogether(t, tab, m)
	})
}

// fitTogether plans a sheet over a small vocabulary and looks at the outcome.
func fitTogether(t rapid.TB, tab *sheet.Table, m sheet.Match) {
	p := &planner{v: made("a", "b<a", "c<b", "d", "m=a", "r!", "s/"), rows: map[string]*planned{}}
	p.read(tab, m)
	p.settle()
	v := p.outcome()
	names := map[string]string{}
	for _, topic := range v.list {
		if above := v.above(topic.ID); len(above) >= Levels || slices.Contains(v.ids(above), topic.ID) {
			t.Fatalf("%s lies %d deep", topic.Code, len(above)+1)
		}
		if parent := v.byID[topic.Parent]; topic.State == Current && parent != nil && parent.State != Current {
			t.Fatalf("%s stands below %s, which is %s", topic.Code, parent.Code, parent.State)
		}
		name := string(topic.Kind) + topic.From + i18n.Fold(topic.Names[i18n.PL])
		if topic.State == Current && names[name] != "" {
			t.Fatalf("%s and %s are called alike", topic.Code, names[name])
		}
		if topic.State == Current {
			names[name] = topic.Code
		}
	}
	for _, c := range p.changes() {
		if len(c.After.faults()) > 0 {
			t.Fatalf("%+v: %v", c.After, c.After.faults())
		}
	}
}

func FuzzPlan(f *testing.F) {
	f.Add(short + row("a", "b") + row("b", "a"))
	f.Add(short + row("a", "") + row("b", "a") + row("c", "b") + row("d", "c"))
	f.Add("code,parent,name_pl,name_en,name_uk,state\na,,x,y,z,retired\nb,a,x,y,z,\n")
	f.Add("kod;nadrzędny;rodzaj;nazwa_pl;nazwa_en;nazwa_uk;od;do;podstawa\nk;;kierunek polityki;K;K;K;2026-09-01;2027-08-31;pismo\n")
	f.Fuzz(func(t *testing.T, text string) {
		tab, err := sheet.Read(strings.NewReader(text), SheetLimits())
		if err != nil {
			return
		}
		m, err := tab.Match(columnsOf...)
		if err != nil {
			return
		}
		fitTogether(t, tab, m)
	})
}
