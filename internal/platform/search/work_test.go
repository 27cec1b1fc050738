package search

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

func TestChangesFollow(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, doc("topic", "t1", "Szkolenie", ""), doc("topic", "t2", "Matematyka", ""))
		h.shelf.docs["t1"] = doc("topic", "t1", "Konferencja", "")
		delete(h.shelf.docs, "t2")
		h.shelf.docs["t3"] = doc("topic", "t3", "Nowość", "")
		if r := h.find(Query{Text: "szkolenie"}); ids(r) != "t1" {
			t.Error("changed before anybody said so")
		}
		h.touch("topic", "t1", "t2", "t3", "t1", "unknown")
		for text, want := range map[string]string{"szkolenie": "", "konferencja": "t1", "matematyka": "", "nowosc": "t3"} {
			if r := h.find(Query{Text: text}); ids(r) != want || r.Suggest != "" {
				t.Errorf("%s: %s, %q", text, ids(r), r.Suggest)
			}
		}
		var n int
		if err := d.Get(t.Context(), &n, `select (select count(*) from search_queue) + (select count(*) from search_facets)`); err != nil || n != 0 {
			t.Errorf("%d rows left, %v", n, err)
		}
	})
}

// What is changed while it is being read is not written as it was before.
func TestLaterChangeWins(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, doc("topic", "t1", "Pierwsze", ""))
		h.shelf.docs["t1"] = doc("topic", "t1", "Drugie", "")
		wrote := 0
		h.shelf.load = func() { // after the old words were read
			if wrote++; wrote > 1 {
				return
			}
			h.shelf.docs["t1"] = doc("topic", "t1", "Trzecie", "")
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return Touch(t.Context(), tx, "topic", "t1") }); err != nil {
				t.Error(err)
			}
			var batch []queued
			if err := d.Select(t.Context(), &batch, `select id, mark from search_queue`); err != nil {
				t.Error(err)
			}
			// Another process is faster and leaves the queue empty.
			if err := h.renew(t.Context(), h.kinds[0], batch); err != nil {
				t.Error(err)
			}
		}
		h.touch("topic", "t1")
		if r := h.find(Query{Text: "trzecie"}); ids(r) != "t1" {
			t.Errorf("%s; second: %s", ids(r), ids(h.find(Query{Text: "drugie"})))
		}
		if r := h.find(Query{Text: "drugie"}); r.Total != 0 {
			t.Error("the old words came back")
		}
	})
}

func TestTouchAllTakesOutWhatIsGone(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		var docs []Doc
		for i := range 450 {
			docs = append(docs, doc("topic", fmt.Sprintf("t%04d", i), "Temat "+strconv.Itoa(i), ""))
		}
		h := newHouse(t, d, docs...)
		if r := h.find(Query{Text: "temat"}); r.Total != 450 {
			t.Fatalf("%d", r.Total)
		}
		for i := range 100 {
			delete(h.shelf.docs, fmt.Sprintf("t%04d", i*3))
		}
		h.shelf.docs["t9999"] = doc("topic", "t9999", "Temat nowy", "")
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return TouchAll(t.Context(), tx, "topic") }); err != nil {
			t.Fatal(err)
		}
		h.drain()
		if r := h.find(Query{Text: "temat"}); r.Total != 351 {
			t.Errorf("%d", r.Total)
		}
	})
}

// A big import enqueues few jobs.
func TestTouchOfManyIsCheap(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		var many []string
		for i := range 2000 {
			many = append(many, strconv.Itoa(i))
		}
		h := newHouse(t, d)
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return Touch(t.Context(), tx, "topic", many...) }); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := d.Get(t.Context(), &n, `select count(*) from jobs`); err != nil || n > lanes {
			t.Errorf("%d jobs, %v", n, err)
		}
		h.drain()
		if err := d.Get(t.Context(), &n, `select count(*) from search_queue`); err != nil || n != 0 {
			t.Errorf("%d wait, %v", n, err)
		}
	})
}

// A document that cannot be read holds up no other.
func TestBrokenDocumentHoldsUpNoOther(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		broken := h.kinds[0].Load
		h.kinds[0].Load = func(ctx context.Context, ids []string) ([]Doc, error) {
			for _, id := range ids {
				if id == "bad" {
					return nil, errors.New("no")
				}
			}
			return broken(ctx, ids)
		}
		var ids []string
		for i := range 30 {
			id := "t" + strconv.Itoa(i)
			h.shelf.docs[id] = doc("topic", id, "Temat", "")
			ids = append(ids, id)
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error { return Touch(t.Context(), tx, "topic", append(ids, "bad")...) })
		if err != nil {
			t.Fatal(err)
		}
		if err := testkit.Drain(t, d, h.jobs, func() time.Time { return noon }); err == nil {
			t.Error("the failure is not told")
		}
		if r := h.find(Query{Text: "temat"}); r.Total != 30 {
			t.Errorf("%d", r.Total)
		}
	})
}

// After a restore the index is empty while documents stand: Start fills it.
func TestIndexIsMadeAnew(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, doc("topic", "t1", "Szkolenie", ""))
		if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), `delete from search_index`); return err }); err != nil {
			t.Fatal(err)
		}
		if r := h.find(Query{Text: "szkolenie"}); r.Total != 0 {
			t.Fatal("not empty")
		}
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.drain()
		if r := h.find(Query{Text: "szkolenie"}); r.Total != 1 {
			t.Error("not filled")
		}
		// A kind that is gone from the program goes from the index.
		h.kinds = h.kinds[1:]
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		h.drain()
		var n int
		if err := d.Get(t.Context(), &n, `select count(*) from search_docs`); err != nil || n != 0 {
			t.Errorf("%d documents of a kind that is gone, %v", n, err)
		}
	})
}

func TestOddDocuments(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		long := doc("topic", "long", strings.Repeat("ą", 3000), strings.Repeat("słowo-numer ", 20_000))
		odd := doc("topic", "odd", "nul\x00 i \xff'; \\ \" : & | ! <-> ciąg", "body\x00")
		odd.Date, odd.Lang = "2026-13-45", "de"
		odd.Facets = map[string][]string{"gmina": {"x", "x", "a'b\\c"}}
		many := doc("topic", "many", "Wielu", "")
		many.Audience = nil
		for i := range 500 {
			many.Audience = append(many.Audience, "person:"+strconv.Itoa(i))
		}
		forged := doc("topic", "forged", "Podrobione", "", "person:x\nperson:me", "")
		script := doc("topic", "script", "", "skryptowe")
		script.URL = "javascript:alert(1)"
		h := newHouse(t, d, long, odd, many, forged, script, doc("topic", "empty", "", ""))
		for _, who := range [][]string{{"person:me"}, {"person:x"}, {""}, {"person:x\nperson:me"}} {
			if r := h.find(Query{Text: "podrobione", Audience: who}); r.Total != 0 {
				t.Errorf("%q finds what is for nobody", who)
			}
		}
		if _, page := ask(t, shell(t, h), "/szukaj?q=skryptowe"); page.Find("ol.list a").Length() != 1 || page.Find("a[href^=javascript]").Length() != 0 {
			t.Error("a link runs a script")
		}
		if r := h.find(Query{Text: "słowo numer"}); ids(r) != "long" {
			t.Error(ids(r))
		}
		if r := h.find(Query{Text: "nul ciag"}); ids(r) != "odd" {
			t.Error(ids(r))
		}
		if r := h.find(Query{Text: "wielu", Audience: []string{"person:499"}}); ids(r) != "many" {
			t.Error(ids(r))
		}
	})
}

// Documents whose places coincide are all found.
func TestTakenPlaces(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, doc("topic", "b", "Temat", ""))
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			for _, id := range []string{"a", "c"} {
				_, err := tx.Exec(t.Context(), `insert into search_docs (docid, kind, id, lang, title, body, codes, url, note, date, audience, public, counted, print)
					values (?, 'x', ?, '', '', '', '', '', '', '', '', true, '', '')`, docID(10, "", id), id)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		h.shelf.docs["a"], h.shelf.docs["c"] = doc("topic", "a", "Temat", ""), doc("topic", "c", "Temat", "")
		h.touch("topic", "a", "c")
		if r := h.find(Query{Text: "temat"}); r.Total != 3 || len(strings.Fields(ids(r))) != 3 {
			t.Error(ids(r))
		}
	})
}

// Writers and several processes at once: in the end the index holds what the
// documents say, and words are counted rightly.
func TestAllAtOnce(t *testing.T) {
	testkit.EachIsolation(t, modules, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		var lock sync.Mutex
		h.kinds[0].Load = func(_ context.Context, ids []string) ([]Doc, error) {
			lock.Lock()
			defer lock.Unlock()
			var out []Doc
			for _, id := range ids {
				if x, ok := h.shelf.docs[id]; ok {
					out = append(out, x)
				}
			}
			return out, nil
		}
		var all sync.WaitGroup
		for worker := range 4 {
			all.Go(func() {
				for round := range 6 {
					id := "t" + strconv.Itoa((worker+round)%3)
					err := d.Write(t.Context(), func(tx *db.Tx) error {
						// The document and its touch change together, as rows of a module do.
						if err := Touch(t.Context(), tx, "topic", id, "t9"); err != nil {
							return err
						}
						lock.Lock()
						defer lock.Unlock()
						h.shelf.docs[id] = doc("topic", id, "Wspólne "+strings.Repeat(string(rune('a'+worker)), 5)+" słowa", "")
						return nil
					})
					for lane := 0; lane < lanes && err == nil; lane++ {
						err = h.work(t.Context(), laneJob{"topic", lane})
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		h.drain()
		want := map[string]int{}
		for _, x := range h.shelf.docs {
			for w := range counted(wordsOf(x.Title, 10)) {
				want[w]++
			}
			if r := h.find(Query{Text: x.Title}); !slices.Contains(strings.Fields(ids(r)), x.ID) {
				t.Errorf("%s is not found by %q", x.ID, x.Title)
			}
		}
		got := map[string]int{}
		var rows []candidate
		if err := d.Select(t.Context(), &rows, `select word, shown, n from search_words`); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			got[r.Word] = r.N
		}
		if !maps.Equal(got, want) {
			t.Errorf("words %v, want %v", got, want)
		}
		if r := h.find(Query{Text: "wspolne"}); r.Total != 3 {
			t.Errorf("%d", r.Total)
		}
	})
}
