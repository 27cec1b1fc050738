package app_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/platform/secrets"
	"kladka/internal/testkit"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares text with a file in testdata, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (look, then go test ./internal/app -update):\n%s", name, diff)
	}
}

// house is a running demo of the scale school on SQLite.
type house struct {
	*app.App
	t      *testing.T
	db     *db.DB
	server *httptest.Server
}

func openHouse(t *testing.T) *house {
	t.Helper()
	ready, err := furnished()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(ready.folder)); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(context.Background(), "sqlite:"+filepath.Join(folder, furnishedFile))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return openDoors(t, d, app.Settings{Demo: string(demo.School), Folder: folder, Keys: ready.keys})
}

func openHouseOn(t *testing.T, d *db.DB, scale string) *house {
	t.Helper()
	h := openDoors(t, d, app.Settings{Demo: scale, Folder: t.TempDir()})
	if scale != "" {
		if err := furnish(h.App, d, scale); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func openDoors(t *testing.T, d *db.DB, set app.Settings) *house {
	t.Helper()
	a, err := newApp(d, set)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	return &house{a, t, d, server}
}

func newApp(d *db.DB, set app.Settings) (*app.App, error) {
	set.Base, set.Listen = "https://kladka.example", "127.0.0.1:8080"
	return app.New(context.Background(), d, set, slog.New(slog.NewTextHandler(io.Discard, nil)), time.Now)
}

// furnish fills the house with the demo.
func furnish(a *app.App, d *db.DB, scale string) error {
	return demo.Fill(context.Background(), d, a.Access(), a.Directory(), demo.Modules{Contacts: a.Networking(), Trainings: a.Training(), Papers: a.Papers(),
		Needs: a.Needs(), Evaluation: a.Evaluation(), Support: a.Support(), Agreements: a.Agreements(), Ledger: a.Ledger(), Plan: a.Plan(),
		Meetings: a.Meetings(), Networks: a.Networks(), Budget: a.Budget(), Votes: a.Votes(), Results: a.Results()}, demo.Scale(scale))
}

// furnishedFile is the database in the folder of a furnished house.
const furnishedFile = "house.db"

type furniture struct {
	folder string // with the database and the files
	keys   *secrets.Keys
}

// furnished is the demo of a school, made once: filling takes seconds, and two
// dozen tests want the same house. Each gets a copy of the folder, and the keys
// that what is sealed in it opens with.
var furnished = sync.OnceValues(func() (f furniture, err error) {
	if f.folder, err = os.MkdirTemp("", "kladka-house"); err != nil {
		return f, err
	}
	leftover = f.folder
	f.keys = secrets.New()
	d, err := testkit.SQLiteAt(filepath.Join(f.folder, furnishedFile), app.Modules())
	if err != nil {
		return f, err
	}
	a, err := newApp(d, app.Settings{Demo: string(demo.School), Folder: f.folder, Keys: f.keys})
	if err == nil {
		err = furnish(a, d, string(demo.School))
	}
	return f, errors.Join(err, d.Close())
})

// leftover is the folder that TestMain takes away, "" when nobody wanted the house.
var leftover string

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(leftover) // of "" it does nothing
	os.Exit(code)
}

// visitor is a browser without scripts that keeps cookies and follows nothing.
type visitor struct {
	t      *testing.T
	client *http.Client
	base   string
}

func (h *house) stranger() *visitor {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &visitor{h.t, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, h.server.URL}
}

// as signs in as the demo person who holds the role.
func (h *house) as(role access.Role) *visitor {
	h.t.Helper()
	v := h.stranger()
	res := v.post("/konto/przyklad", url.Values{"osoba": {string(h.person(role))}})
	if res.StatusCode != http.StatusSeeOther {
		h.t.Fatalf("sign in as %s: %d", role, res.StatusCode)
	}
	return v
}

func (h *house) person(role access.Role) access.PersonID {
	h.t.Helper()
	people, err := h.Access().DemoPeople(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, a := range people {
		for _, held := range a.Roles {
			if held.Role == role {
				return a.Person
			}
		}
	}
	h.t.Fatalf("the demo has nobody who is %s", role)
	return ""
}

func (v *visitor) get(path string) *http.Response {
	v.t.Helper()
	res, err := v.client.Get(v.base + path)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { res.Body.Close() })
	return res
}

func (v *visitor) post(path string, form url.Values) *http.Response {
	v.t.Helper()
	res, err := v.client.PostForm(v.base+path, form)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { res.Body.Close() })
	return res
}

// page is a page that must be there, as a tree to select from.
func (v *visitor) page(path string) *goquery.Document {
	v.t.Helper()
	res := v.get(path)
	if res.StatusCode != http.StatusOK {
		v.t.Fatalf("GET %s: %d", path, res.StatusCode)
	}
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return doc
}

func text(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }
