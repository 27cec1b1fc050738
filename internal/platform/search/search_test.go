package search

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/jobs"
	"kladka/internal/schema"
	"kladka/internal/testkit"
)

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "search", Files: Migrations}}

var noon = time.Date(2026, 11, 22, 11, 0, 0, 0, time.UTC)

// forms is a lemmatizer that knows a few words.
type forms map[string][]string

var fewForms = forms{
	"szkolenie": {"szkolenie"}, "szkolenia": {"szkolenie"}, "szkoleń": {"szkolenie"}, "szkolen": {"szkolenie"},
	"nauczyciela": {"nauczyciel"}, "nauczycieli": {"nauczyciel"}, "nauczyciel": {"nauczyciel"},
	"matematyki": {"matematyka"}, "matematyka": {"matematyka"}, "matematyką": {"matematyka"},
	"łódź": {"lodz"}, "lodz": {"lodz"}, "łodzi": {"lodz"}, "lodzi": {"lodz"},
	"szkoły": {"szkola"}, "szkoła": {"szkola"}, "szkół": {"szkola"}, "szkole": {"szkola"},
}

func (f forms) Lemmas(w string) []string {
	if l, ok := f[strings.ToLower(w)]; ok {
		return l
	}
	return []string{strings.ReplaceAll(i18n.Fold(w), " ", "")}
}

// shelf is what a module would hold.
type shelf struct {
	docs map[string]Doc
	load func() // called by Load after reading
}

func (b *shelf) kind(name string, rank int) Kind {
	return Kind{Name: name, TitleKey: "search.title", Rank: rank,
		Facets: []Facet{{Name: "gmina", TitleKey: "search.narrow", Label: func(_ context.Context, _ *i18n.L, values []string) (map[string]string, error) {
			out := map[string]string{}
			for _, v := range values {
				out[v] = "Gmina " + v
			}
			return out, nil
		}}},
		Load: func(_ context.Context, ids []string) ([]Doc, error) {
			var out []Doc
			for _, id := range ids {
				if d, ok := b.docs[id]; ok && d.Kind == name {
					out = append(out, d)
				}
			}
			if b.load != nil {
				b.load()
			}
			return out, nil
		},
		After: func(_ context.Context, after string, n int) ([]string, error) {
			var ids []string
			for id, d := range b.docs {
				if id > after && d.Kind == name {
					ids = append(ids, id)
				}
			}
			slices.Sort(ids)
			return ids[:min(n, len(ids))], nil
		}}
}

type house struct {
	*Service
	t     testing.TB
	d     *db.DB
	shelf *shelf
	jobs  *jobs.Registry
}

// newHouse indexes the documents by the jobs.
func newHouse(t *testing.T, d *db.DB, docs ...Doc) *house {
	t.Helper()
	h := &house{t: t, d: d, shelf: &shelf{docs: map[string]Doc{}}, jobs: jobs.NewRegistry()}
	catalog, err := i18n.Load(Messages)
	if err != nil {
		t.Fatal(err)
	}
	h.Service = New(Config{DB: d, Words: fewForms, Catalog: catalog, Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler)})
	h.Declare(h.shelf.kind("institution", 20))
	h.Declare(h.shelf.kind("topic", 10))
	h.Declare(h.shelf.kind("offer", 30))
	h.Jobs(h.jobs)
	for _, doc := range docs {
		h.shelf.docs[doc.ID] = doc
	}
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.drain()
	return h
}

func (h *house) drain() {
	h.t.Helper()
	if err := testkit.Drain(h.t, h.d, h.jobs, func() time.Time { return noon }); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) touch(kind string, ids ...string) {
	h.t.Helper()
	if err := h.d.Write(h.t.Context(), func(tx *db.Tx) error { return Touch(h.t.Context(), tx, kind, ids...) }); err != nil {
		h.t.Fatal(err)
	}
	h.drain()
}

func (h *house) find(q Query) Result {
	h.t.Helper()
	r, err := h.Find(h.t.Context(), q)
	if err != nil {
		h.t.Fatalf("%q: %v", q.Text, err)
	}
	return r
}

// ids is the results in their order, kinds one after another.
func ids(r Result) string {
	var out []string
	for _, g := range r.Groups {
		for _, row := range g.Rows {
			out = append(out, row.ID)
		}
	}
	return strings.Join(out, " ")
}

func marked(pieces []Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.Mark {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func doc(kind, id, title, body string, audience ...string) Doc {
	if len(audience) == 0 {
		audience = []string{Public}
	}
	return Doc{Kind: kind, ID: id, Title: title, Body: body, URL: "/" + kind + "/" + id, Audience: audience}
}

// A document for one person is neither found nor counted nor hinted at for
// anybody else, by any road.
func TestAudienceNeverLeaks(t *testing.T) {
	secret := doc("offer", "s1", "Tajemnica Szkolenie krokodyli", "Poufne słowo bzdręgotka obok siebie", "person:a", "role:head")
	secret.Codes, secret.Facets, secret.Date = []string{"RSPO 998877"}, map[string][]string{"gmina": {"tajna"}}, "2026-01-01"
	open := doc("offer", "o1", "Szkolenie jawne", "")
	open.Facets = map[string][]string{"gmina": {"jawna"}}
	nobody := doc("offer", "n1", "Szkolenie bzdręgotka dla nikogo", "")
	nobody.Audience = nil
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, secret, open, nobody)
		strangers := [][]string{nil, {"person:b"}, {"person:aa", "role:teacher"}, {"person"}, {"a"}, {""}, {"public"}, {"Person:a"}, {`person:a" OR "0lszkolenie`}}
		for _, who := range strangers {
			for _, text := range []string{"tajemnica", "bzdręgotka", "krokodyli", "998877", `"poufne słowo"`, `"bzdręgotka"`, "bzdr", "bzdręgotk", "tajemnicą bzdręgotka"} {
				r := h.find(Query{Text: text, Audience: who})
				if r.Total != 0 || len(r.Groups) != 0 || r.Suggest != "" || r.How != HowNone {
					t.Errorf("%v finds %q: %+v", who, text, r)
				}
			}
			r := h.find(Query{Text: "szkolenie", Audience: who})
			if ids(r) != "o1" || r.Total != 1 || r.Groups[0].Count != 1 {
				t.Errorf("%v: %s, %d", who, ids(r), r.Total)
			}
			r = h.find(Query{Text: "szkolenie", Audience: who, Kind: "offer"})
			if len(r.Groups[0].Facets[0].Options) != 1 || r.Groups[0].Facets[0].Options[0].Value != "jawna" {
				t.Errorf("%v: facets %+v", who, r.Groups[0].Facets)
			}
			r = h.find(Query{Text: "szkolenie", Audience: who, Kind: "offer", Facets: map[string][]string{"gmina": {"tajna"}}})
			if r.Total != 0 {
				t.Errorf("%v: by facet %+v", who, r)
			}
			r = h.find(Query{Text: "szkolenie krokodyli", Audience: who})
			if r.How != HowKnown || ids(r) != "o1" {
				t.Errorf("%v: %s %s", who, r.How, ids(r))
			}
		}
		for _, who := range [][]string{{"person:a"}, {"person:x", "role:head"}} {
			r := h.find(Query{Text: "szkolenie", Audience: who})
			if r.Total != 2 || ids(r) != "s1 o1" {
				t.Errorf("%v: %s", who, ids(r))
			}
			if r := h.find(Query{Text: "998877", Audience: who}); ids(r) != "s1" || r.Groups[0].Rows[0].Reasons[0].Key != "search.why.code" {
				t.Errorf("%v by number: %+v", who, r)
			}
		}
		var words []string
		if err := d.Select(t.Context(), &words, `select word from search_words order by word`); err != nil || strings.Join(words, " ") != "jawne szkolenie" {
			t.Errorf("words kept: %v, %v", words, err)
		}
		// It becomes private: gone at once from words and results.
		h.shelf.docs["o1"] = doc("offer", "o1", "Szkolenie jawne", "", "person:z")
		h.touch("offer", "o1")
		if r := h.find(Query{Text: "szkolenie"}); r.Total != 0 {
			t.Error("still found")
		}
		var n int
		if err := d.Get(t.Context(), &n, `select (select count(*) from search_words) + (select count(*) from search_word_keys)`); err != nil || n != 0 {
			t.Errorf("%d words left, %v", n, err)
		}
	})
}

func TestBadQuestions(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, doc("topic", "t1", "Szkolenie AND matematyka", "title:x NEAR(a b) zwykły tekst"), doc("topic", "t2", "Inny", ""))
		for _, text := range []string{strings.Repeat("a", 10_000), strings.Repeat("ż", 201), strings.Repeat("ab ", 13), `"` + strings.Repeat("ab ", 13) + `"`, "a\xffb"} {
			began := time.Now()
			if _, err := h.Find(t.Context(), Query{Text: text}); faultStatus(err) != 400 {
				t.Errorf("%.20q: %v", text, err)
			}
			if time.Since(began) > 50*time.Millisecond {
				t.Errorf("%.20q took %v", text, time.Since(began))
			}
		}
		for text, want := range map[string]string{
			"":                              "",
			`"`:                             "",
			`""" -- ; () * ^`:               "",
			"\u200b\u200d":                  "",
			"szkolenie*":                    "t1",
			"szkolenie & !matematyka":       "t1",
			"szkolenie NOT matematyka":      "", // "not" is a word like others, and found nowhere
			`"szkolenie`:                    "t1",
			`szkolenie" "`:                  "t1",
			"title:x":                       "t1",
			"NEAR(a b)":                     "t1",
			"szko\u200blenie":               "t1",
			"szko\u00adlenie":               "t1",
			"SZKOLENIE":                     "t1",
			"ｓｚｋｏｌｅｎｉｅ":                     "t1",
			"szkоlеniе":                     "t1", // Cyrillic о and е
			"'; drop table search_docs; --": "",
			"<->":                           "",
			"szkolenie:*":                   "t1",
			"{szkolenie}":                   "t1",
			"+szkolenie -matematyka":        "t1",
			`\szkolenie\`:                   "t1",
		} {
			r, err := h.Find(t.Context(), Query{Text: text})
			if err != nil {
				t.Errorf("%q: %v", text, err)
				continue
			}
			if r.How == HowAll && ids(r) != want || r.How != HowAll && want != "" {
				t.Errorf("%q: %s %q, want %q", text, r.How, ids(r), want)
			}
		}
		if r := h.find(Query{Text: "inny"}); r.Total != 1 {
			t.Error("the table is gone")
		}
		if _, err := h.Find(t.Context(), Query{Text: "inny", Kind: "nothing"}); faultStatus(err) != 404 {
			t.Error(err)
		}
		if _, err := h.Find(t.Context(), Query{Text: "inny", Kind: "topic", At: spot{}.cursor()}); err != nil {
			t.Error(err)
		}
	})
}

func TestInflection(t *testing.T) {
	en := doc("topic", "e1", "Training of teachers", "The teachers learn mathematics")
	en.Lang = i18n.EN
	uk := doc("topic", "u1", "Школа Їжачок", "Навчання вчителів")
	uk.Lang = i18n.UK
	numbered := doc("institution", "i1", "Szkoła Podstawowa nr 5", "")
	numbered.Codes = []string{"17/KR/2026", "12345"}
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, doc("topic", "t1", "Szkolenie nauczyciela matematyki", "Dla każdej szkoły w mieście"),
			doc("institution", "i2", "Zespół Szkół w Łodzi", "opis"), doc("institution", "i3", "Łódź", ""), en, uk, numbered)
		for text, want := range map[string]string{
			"szkolenia dla nauczycieli matematyki": "t1",
			"lodz":                                 "i3 i2",
			"Łodzi":                                "i3 i2",
			"ŁÓDŹ":                                 "i3 i2",
			"szkoła":                               "t1 i1 i2",
			"teachers training":                    "e1",
			"teacher":                              "e1", // the beginning of a word of the title
			"школа":                                "u1",
			"їжачок":                               "u1",
			"вчителів":                             "u1",
			"12345":                                "i1",
			"17/KR/2026":                           "i1",
			"17/kr/2026,":                          "i1",
			"szkoła 5":                             "i1",
			`"szkoła podstawowa"`:                  "i1",
			`"zespół szkół" łódź`:                  "i2",
			`"szkół"`:                              "i2",
			"„szkoła podstawowa”":                  "i1",
			"w":                                    "t1 i2",
			"matem":                                "t1",
			"podst":                                "i1",
		} {
			r := h.find(Query{Text: text})
			got := strings.Fields(ids(r))
			wanted := strings.Fields(want)
			slices.Sort(got)
			slices.Sort(wanted)
			if !slices.Equal(got, wanted) || r.How != HowAll && r.How != HowBeginning {
				t.Errorf("%q (%s): %v, want %v", text, r.How, got, wanted)
			}
		}
		for _, text := range []string{`"szkoły podstawowa"`, `"podstawowa szkoła"`, "234", "2345", "szkoła krokodyl", `"szkoleń"`} {
			if r := h.find(Query{Text: text}); r.How == HowAll || r.How == HowBeginning {
				t.Errorf("%q finds %s", text, ids(r))
			}
		}
		for text, want := range map[string]string{"szkolenie mat": "t1", "łód": "i2 i3", "lo": "", "każdej": "t1", "zesp szk": ""} {
			r := h.find(Query{Text: text, Typing: true})
			if r.How == HowBeginning && ids(r) != want || r.How != HowBeginning && want != "" {
				t.Errorf("typing %q (%s): %s", text, r.How, ids(r))
			}
		}
		r := h.find(Query{Text: "szkolenia dla nauczycieli matematyki"})
		row := r.Groups[0].Rows[0]
		if marked(row.Title) != "[Szkolenie] [nauczyciela] [matematyki]" || len(r.Left) != 1 {
			t.Errorf("%s, left out %v", marked(row.Title), r.Left)
		}
		if want := []Reason{{Key: "search.why.title"}, {"search.why.form", "szkolenie, nauczyciela"}}; !slices.Equal(row.Reasons, want) {
			t.Errorf("reasons %v", row.Reasons)
		}
	})
}

func faultStatus(err error) int {
	if e := fault.As(err); e != nil {
		return e.Kind.Status()
	}
	return 0
}

// The same corpus gives the same results in the same order on both databases,
// whole and by pages in both directions.
func TestOrderIsOurs(t *testing.T) {
	var want []string
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		var docs []Doc
		for i := range 300 {
			x := doc([]string{"topic", "institution", "offer"}[i%3], "id-"+strconv.Itoa(i*7919%1000), "Rzecz "+strconv.Itoa(i), "Matematyka i szkoła")
			if i%4 == 0 {
				x.Title = "Matematyka w szkole " + strconv.Itoa(i)
			}
			if i%5 != 0 {
				x.Date = time.Date(2020+i%7, time.Month(1+i%12), 1+i%28, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
			}
			x.Facets = map[string][]string{"gmina": {strconv.Itoa(i % 5), strconv.Itoa(i % 2)}}
			if i%10 == 9 {
				x.Audience = []string{"inst:1", "inst:2"}
			}
			docs = append(docs, x)
		}
		h := newHouse(t, d, docs...)
		var got []string
		for _, who := range [][]string{nil, {"inst:2"}} {
			for _, text := range []string{"matematyka szkoły", "rzecz matematyka", "rzecz", "matematyką krokodyl", "rze"} {
				r := h.find(Query{Text: text, Audience: who})
				got = append(got, text, string(r.How), strconv.Itoa(r.Total), ids(r))
				for _, k := range []string{"topic", "institution", "offer"} {
					whole := h.find(Query{Text: text, Audience: who, Kind: k, N: 100})
					got = append(got, ids(whole))
					if count := h.count(r, k); count != whole.Total || count != len(whole.Groups[0].Rows) {
						t.Errorf("%s %s: %d in the overview, %d on the page, %d rows", text, k, count, whole.Total, len(whole.Groups[0].Rows))
					}
					h.most = 20 // too much to count: the engine orders, alike
					many := h.find(Query{Text: text, Audience: who, Kind: k, N: 100})
					if ids(many) != ids(whole) || many.Over != (whole.Total > 20) || many.Total != min(whole.Total, 20) {
						t.Errorf("%s %s: too many to count: %d %t\n%s\n%s", text, k, many.Total, many.Over, ids(many), ids(whole))
					}
					if few := h.find(Query{Text: text, Audience: who}); ids(few) != ids(r) || few.Total != min(r.Total, 20) || few.Over != (r.Total > 20) {
						t.Errorf("%s: too many to count: %d %t of %d\n%s\n%s", text, few.Total, few.Over, r.Total, ids(few), ids(r))
					}
					if pages := h.pages(Query{Text: text, Audience: who, Kind: k, N: 7}); pages != ids(whole) {
						t.Errorf("%s %s by pages, too many to count:\n%s\nwhole:\n%s", text, k, pages, ids(whole))
					}
					h.most = MostCounted
					if pages := h.pages(Query{Text: text, Audience: who, Kind: k, N: 7}); pages != ids(whole) {
						t.Errorf("%s %s by pages:\n%s\nwhole:\n%s", text, k, pages, ids(whole))
					}
					for _, f := range whole.Groups[0].Facets {
						for _, o := range f.Options {
							got = append(got, o.Value, strconv.Itoa(o.N))
							by := h.find(Query{Text: text, Audience: who, Kind: k, N: 100, Facets: map[string][]string{"gmina": {o.Value}}})
							if by.Total != o.N || len(by.Groups[0].Rows) != o.N {
								t.Errorf("facet %s says %d, finds %d", o.Value, o.N, by.Total)
							}
						}
					}
				}
			}
		}
		if want == nil {
			want = got
		} else if !slices.Equal(got, want) {
			t.Errorf("the databases differ")
		}
	})
}

func (h *house) count(r Result, kind string) int {
	for _, g := range r.Groups {
		if g.Kind == kind {
			return g.Count
		}
	}
	return 0
}

// pages walks to the end and back, and tells what stood on the way there.
func (h *house) pages(q Query) string {
	h.t.Helper()
	var there []string
	var last Result
	for range 100 {
		last = h.find(q)
		there = append(there, ids(last))
		if !last.Groups[0].More {
			break
		}
		q.At = last.Groups[0].Last
	}
	for i := len(there) - 2; i >= 0; i-- {
		q.At = last.Groups[0].First
		q.At.Back = true
		last = h.find(q)
		if ids(last) != there[i] {
			h.t.Errorf("%s: back on page %d: %s, there %s", q.Text, i, ids(last), there[i])
		}
		if last.Groups[0].More != (i > 0) {
			h.t.Errorf("%s: more before page %d: %t", q.Text, i, last.Groups[0].More)
		}
	}
	return strings.TrimSpace(strings.Join(there, " "))
}
