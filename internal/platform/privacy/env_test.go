package privacy

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/law"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
)

// notes is a module of its own, with a table of personal words.
var notes = fstest.MapFS{
	"migrations/202601010000_notes.sql": {Data: []byte(`create table notes_words (id text primary key, person text not null, words text not null, at bigint not null);`)},
	"messages/pl.json":                  {Data: []byte(`{"notes.purpose.title":"Notatki","notes.purpose.why":"Na próbę.","notes.words":"Treść","notes.since":"od zapisania","notes.holding":"Notatki","notes.keeps":"Liczba notatek zostaje."}`)},
	"messages/en.json":                  {Data: []byte(`{"notes.purpose.title":"Notes","notes.purpose.why":"To try.","notes.words":"Words","notes.since":"from the entry","notes.holding":"Notes","notes.keeps":"Their number stays."}`)},
	"messages/uk.json":                  {Data: []byte(`{"notes.purpose.title":"Нотатки","notes.purpose.why":"На пробу.","notes.words":"Текст","notes.since":"від запису","notes.holding":"Нотатки","notes.keeps":"Кількість залишається."}`)},
}

var modules = []schema.Module{{Name: "db", Files: db.Migrations}, {Name: "audit", Files: audit.Migrations}, {Name: "law", Files: law.Migrations},
	{Name: "privacy", Files: Migrations}, {Name: "notes", Files: notes}}

const (
	anna   = "0198c0de-0000-7000-8000-00000000000a"
	jan    = "0198c0de-0000-7000-8000-00000000000b"
	guard  = "0198c0de-0000-7000-8000-00000000000c" // the officer of the installation
	school = "0198c0de-0000-7000-8000-000000000001"
	other  = "0198c0de-0000-7000-8000-000000000002"
)

var (
	officer = audit.By{Person: guard, Role: "data_protection_officer"}
	local   = audit.By{Person: jan, Role: "data_protection_officer", Institution: school}
	asAnna  = audit.By{Person: anna}
)

// env is the service with a clock that tests move.
type env struct {
	*Service
	d       *db.DB
	now     time.Time
	journal []Erasure
	told    []string
	broken  bool // Erase of notes fails
	deaf    bool // the journal fails
}

type register struct{}

func (register) People(_ context.Context, ids []string) (map[string]string, error) {
	return pick(map[string]string{anna: "Anna Zielińska", jan: "Jan Kowalski", guard: "Ewa Nowak"}, ids), nil
}

func (register) Institutions(_ context.Context, ids []string) (map[string]string, error) {
	return pick(map[string]string{school: "Szkoła Podstawowa nr 1", other: "Liceum <nr 2>"}, ids), nil
}

func (register) Find(_ context.Context, words string) ([]string, error) {
	return map[string][]string{"12345": {school}, "67890": {other}, "Szkoła": {school, other}}[words], nil
}

func pick(all map[string]string, ids []string) map[string]string {
	out := map[string]string{}
	for _, id := range ids {
		if all[id] != "" {
			out[id] = all[id]
		}
	}
	return out
}

func newEnv(t *testing.T, d *db.DB) *env {
	t.Helper()
	e := &env{d: d, now: time.Date(2026, 11, 22, 12, 0, 0, 0, web.Warsaw)}
	now := func() time.Time { return e.now }
	l := law.New(law.Config{DB: d, Registry: law.NewRegistry().Declare(law.Platform()...).Declare(Params()...), Now: now})
	if err := l.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.Service = New(Config{DB: d, Registry: NewRegistry().Declare(e.purpose()), Law: l, Names: register{}, Now: now, Log: slog.New(slog.DiscardHandler),
		Journal: func(x Erasure) error {
			if e.deaf {
				return errors.New("disk full")
			}
			e.journal = append(e.journal, x)
			return nil
		},
		Tell: func(_ context.Context, _ *db.Tx, person, key string, _ map[string]string, _ string) error {
			e.told = append(e.told, person+" "+key)
			return nil
		}})
	return e
}

func (e *env) purpose() Purpose {
	return Purpose{Key: "notes.words", Module: "notes", Text: "notes.purpose", Controller: Institution, Basis: "art. 6 ust. 1 lit. e RODO",
		Categories: []string{"privacy.category.words"}, Recipients: []string{"privacy.recipient.institution"}, Keep: Keep{Days: 30, Since: "notes.since"},
		Holds: []Holding{{Table: "notes_words", Title: "notes.holding", Keeps: "notes.keeps",
			Export: func(ctx context.Context, person string) ([]Item, error) {
				var rows []struct {
					ID, Words string
					At        int64
				}
				err := e.d.Select(ctx, &rows, `select id, words, at from notes_words where person = ? and words <> '' order by id`, person)
				var items []Item
				for _, r := range rows {
					items = append(items, Item{ID: r.ID, At: time.Unix(r.At, 0), Fields: []Field{{"notes.words", r.Words}}})
				}
				return items, err
			},
			Erase: func(ctx context.Context, tx *db.Tx, person string) (int, error) {
				if e.broken {
					return 0, errors.New("broken")
				}
				n, err := tx.Exec(ctx, `update notes_words set words = '' where id in (select id from notes_words where person = ? and words <> '' limit 2)`, person)
				return int(n), err
			},
			Expired: func(ctx context.Context, r db.Reader, before time.Time) (n int, err error) {
				err = r.Get(ctx, &n, `select count(*) from notes_words where at < ?`, before.Unix())
				return n, err
			},
			Sweep: func(ctx context.Context, tx *db.Tx, before time.Time, limit int) (int, error) {
				n, err := tx.Exec(ctx, `delete from notes_words where id in (select id from notes_words where at < ? limit ?)`, before.Unix(), limit)
				return int(n), err
			}}}}
}

// note writes n notes of a person.
func (e *env) note(t *testing.T, person string, n int, at time.Time) {
	t.Helper()
	err := e.d.Write(t.Context(), func(tx *db.Tx) error {
		for range n {
			if _, err := tx.Exec(t.Context(), `insert into notes_words (id, person, words, at) values (?, ?, 'sekret <b>', ?)`, newID(), person, at.Unix()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (e *env) left(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := e.d.Get(t.Context(), &n, query, args...); err != nil {
		t.Fatal(err)
	}
	return n
}

func want(t *testing.T, kind fault.Kind, err error) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("want kind %d, got %v", kind, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// who lets in by the header Test-Who.
type who struct {
	name string
	ok   []string
}

func (g who) Name() string { return g.name }

func (g who) Allow(r *web.Request) error {
	as := r.Header.Get("Test-Who")
	if as == "" {
		return fault.New(fault.SignedOut, "fault.signed_out")
	}
	for _, ok := range g.ok {
		if ok == as {
			return nil
		}
	}
	return fault.New(fault.Forbidden, "fault.forbidden")
}

func catalog(t *testing.T) *i18n.Catalog {
	t.Helper()
	c, err := i18n.Load(web.Messages, law.Messages, Messages, notes)
	must(t, err)
	return c
}

func shell(t *testing.T, e *env) *web.Shell {
	t.Helper()
	files, err := assets.Load()
	must(t, err)
	sh := web.New(web.Config{Catalog: catalog(t), Assets: files, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return e.now }},
		func(h http.Handler) http.Handler { return h },
		func(r *web.Request) web.Viewer {
			return web.Viewer{SignedIn: r.Header.Get("Test-Who") != "", Name: "Ewa Nowak"}
		})
	e.Routes(sh, Doors{
		Own: who{"own", []string{"anna", "jan", "officer", "local"}}, Fresh: who{"fresh", []string{"anna"}}, Protection: who{"protection", []string{"officer", "local"}},
		By: func(r *web.Request) audit.By {
			return map[string]audit.By{"anna": asAnna, "jan": {Person: jan}, "officer": officer, "local": local}[r.Header.Get("Test-Who")]
		},
		Mine: func(r *web.Request) ([]string, error) { return []string{school}, nil },
	})
	return sh
}

func ask(t *testing.T, sh http.Handler, method, path, as string, form url.Values) (*httptest.ResponseRecorder, *goquery.Document) {
	t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if as != "" {
		r.Header.Set("Test-Who", as)
	}
	w := httptest.NewRecorder()
	sh.ServeHTTP(w, r)
	text := w.Body.String()
	if i := strings.Index(text, "⟦"); i >= 0 {
		t.Errorf("%s %s: a text is missing: %.80s", method, path, text[i:])
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	must(t, err)
	return w, doc
}
