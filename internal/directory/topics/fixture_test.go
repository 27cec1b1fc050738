package topics

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/directory/register"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/events"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/jobs"
	"kladka/internal/platform/sheet"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
	"kladka/internal/schema"
)

var testModules = []schema.Module{
	{Name: "db", Files: db.Migrations}, {Name: "jobs", Files: jobs.Migrations}, {Name: "events", Files: events.Migrations},
	{Name: "trace", Files: trace.Migrations}, {Name: "audit", Files: audit.Migrations}, {Name: "importing", Files: importing.Migrations},
	{Name: "directory", Files: directory.Migrations}, {Name: "directory/topics", Files: Migrations},
}

var testNow = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// house is the vocabulary with what it needs around it.
type house struct {
	*Service
	t       *testing.T
	d       *db.DB
	dir     *directory.Service
	imports *importing.Service
	catalog *i18n.Catalog
	shell   *web.Shell
	who     access.Actor
	lang    i18n.Lang
	touched []string
}

const (
	someEditor = "00000000-0000-7000-8000-0000000000e1"
	otherID    = "00000000-0000-7000-8000-0000000000e2"
)

func as(role access.Role, at access.InstitutionID) access.Actor {
	return access.Actor{Person: someEditor, Name: "Ewa Redakcyjna", Roles: []access.Held{{Role: role, Institution: at}}}
}

var editor = as(access.AssociationOfficer, "")

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, d: d, lang: i18n.PL, who: editor}
	now, quiet := func() time.Time { return testNow }, slog.New(slog.DiscardHandler)
	var err error
	h.catalog, err = i18n.Load([]fs.FS{web.Messages, Messages, access.Messages, directory.Messages, register.Messages, sheet.Messages, importing.Messages}...)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	registry := jobs.NewRegistry()
	h.shell = web.New(web.Config{Catalog: h.catalog, Assets: files, Log: quiet, Now: now},
		func(next http.Handler) http.Handler { return next },
		func(*web.Request) web.Viewer { return web.Viewer{} })
	h.dir = directory.New(directory.Config{DB: d, Now: now, Log: quiet})
	if err := h.dir.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.imports = importing.New(importing.Config{DB: d, Now: now, Log: quiet})
	h.Service = New(Config{DB: d, Directory: h.dir, Bus: events.NewBus(d, registry, now), Imports: h.imports, Now: now, Log: quiet,
		Touch: func(_ context.Context, _ *db.Tx, id string) error { h.touched = append(h.touched, id); return nil },
		Names: func(_ context.Context, ids []string) (map[string]string, error) {
			names := map[string]string{}
			for _, id := range ids {
				if id == someEditor {
					names[id] = "Ewa Redakcyjna"
				}
			}
			return names, nil
		}})
	h.imports.Declare(h.ImportKind())
	h.dir.Routes(h.shell)
	h.Service.Routes(h.shell)
	return h
}

func record(code, parent string) Record {
	return Record{Code: code, Kind: Subject, Parent: parent, Names: map[i18n.Lang]string{i18n.PL: "Temat " + code, i18n.EN: "Topic " + code, i18n.UK: "Тема " + code}}
}

// add makes topics: "a" at the top, "b<a" below a.
func (h *house) add(list ...string) {
	h.t.Helper()
	for _, one := range list {
		code, parent, _ := strings.Cut(one, "<")
		if _, err := h.Create(h.t.Context(), editor, record(code, parent)); err != nil {
			h.t.Fatal(one, err)
		}
	}
}

func (h *house) topic(code string) *Topic {
	h.t.Helper()
	v, err := h.vocabularyNow(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	if v.byCode[code] == nil {
		h.t.Fatal("no topic ", code)
	}
	return v.byCode[code]
}

func (h *house) merge(a, b string) error {
	h.t.Helper()
	v, err := h.vocabularyNow(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	counts, err := countOf(h.t.Context(), h.d, append(v.readAs(h.topic(a).ID), ""))
	if err != nil {
		h.t.Fatal(err)
	}
	return h.Merge(h.t.Context(), editor, Merging{Topic: h.topic(a).ID, Revision: h.topic(a).Revision, Into: h.topic(b).ID, IntoRevision: h.topic(b).Revision, Uses: sum(counts)})
}

func (h *house) use(object string, codes ...string) error {
	h.t.Helper()
	var ids []ID
	for _, c := range codes {
		ids = append(ids, h.topic(c).ID)
	}
	return h.d.Write(h.t.Context(), func(tx *db.Tx) error { return Use(h.t.Context(), tx, "offer", object, ids) })
}

// about are the codes of the topics of an object as they are read now.
func (h *house) about(object string) string {
	h.t.Helper()
	used, err := h.Used(h.t.Context(), "offer", object)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.codesOf(used[object])
}

func (h *house) codesOf(ids []ID) string {
	h.t.Helper()
	var codes []string
	for _, id := range ids {
		t, err := h.ByID(h.t.Context(), id)
		if err != nil {
			h.t.Fatal(err)
		}
		codes = append(codes, t.Code)
	}
	return strings.Join(codes, " ")
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, kind fault.Kind, key string) {
	t.Helper()
	e := fault.As(err)
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("got %v, want kind %d", err, kind)
		return
	}
	if key == "" || e.Key == key {
		return
	}
	for _, f := range e.Fields {
		if f.Key == key {
			return
		}
	}
	t.Errorf("got %v, want %s", err, key)
}

func (h *house) school(name string) access.InstitutionID {
	h.t.Helper()
	id := access.NewInstitutionID()
	h.must(h.d.Write(h.t.Context(), func(tx *db.Tx) error {
		return h.dir.Save(h.t.Context(), tx, []directory.Institution{{ID: id, Origin: directory.Invented, Kind: "primary", Name: name, Municipality: "126101"}})
	}))
	return id
}

func (h *house) ask(method, path, contentType string, body io.Reader) (*httptest.ResponseRecorder, *goquery.Document) {
	h.t.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(h.t.Context(), h.who), method, path, body)
	r.Header.Set("Accept-Language", string(h.lang))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	h.shell.ServeHTTP(w, r)
	if at := strings.Index(w.Body.String(), "⟦"); at >= 0 {
		h.t.Errorf("%s lacks a text: %.60s", path, w.Body.String()[at:])
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	h.must(err)
	return w, doc
}

func (h *house) get(path string) (*httptest.ResponseRecorder, *goquery.Document) {
	h.t.Helper()
	return h.ask(http.MethodGet, path, "", nil)
}

func (h *house) page(path string) *goquery.Document {
	h.t.Helper()
	w, doc := h.get(path)
	if w.Code != http.StatusOK {
		h.t.Fatalf("%s: %d", path, w.Code)
	}
	return doc
}

func (h *house) post(path string, pairs ...string) (*httptest.ResponseRecorder, *goquery.Document) {
	h.t.Helper()
	form := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Add(pairs[n], pairs[n+1])
	}
	return h.ask(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}
