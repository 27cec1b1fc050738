package directory

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/access"
	"kladka/internal/directory/geometry"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

// reader is the module behind its doors, for tests of what people read.
type reader struct {
	*Service
	t     testing.TB
	shell *web.Shell
	who   access.Actor
	lang  i18n.Lang
}

func newReader(t testing.TB, d *db.DB) *reader {
	t.Helper()
	sources := []fs.FS{web.Messages, Messages, access.Messages, importing.Messages, register.Messages, geometry.Messages}
	catalog, err := i18n.Load(sources...)
	if err != nil {
		t.Fatal(err)
	}
	files, err := assets.Load()
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	sh := web.New(web.Config{Catalog: catalog, Assets: files, Log: quiet, Now: func() time.Time { return testNow }},
		func(next http.Handler) http.Handler { return next }, func(*web.Request) web.Viewer { return web.Viewer{} })
	s := writeService(t, d)
	s.Routes(sh)
	s.imports.Routes(sh, importing.Doors{Office: access.Can(access.SeeImports), Who: func(r *web.Request) importing.Who { return s.Importer(access.ActorOf(r.Request)) }})
	return &reader{Service: s, t: t, shell: sh, lang: i18n.PL}
}

// get asks for a path as it stands, which may be no proper address at all.
func (h *reader) get(path string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	r := httptest.NewRequestWithContext(access.WithActor(h.t.Context(), h.who), http.MethodGet, path, nil)
	r.Header.Set("Accept-Language", string(h.lang))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.shell.ServeHTTP(w, r)
	return w
}

// page asks for a page that must be there and be whole in its language.
func (h *reader) page(path string) *goquery.Document {
	h.t.Helper()
	w := h.get(path)
	if w.Code != http.StatusOK {
		h.t.Fatalf("%s: status %d", path, w.Code)
	}
	body := w.Body.String()
	if at := strings.Index(body, "⟦"); at >= 0 {
		h.t.Fatalf("%s in %s lacks a text: %s", path, h.lang, body[at:min(len(body), at+80)])
	}
	if strings.Contains(body, " style=") || strings.Contains(body, "<style") {
		h.t.Errorf("%s holds styles, which the policy forbids", path)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	return doc
}

func (h *reader) save(list ...Institution) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), func(tx *db.Tx) error {
		if err := h.Save(h.t.Context(), tx, list); err != nil {
			return err
		}
		return h.Regroup(h.t.Context(), tx)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// testID makes keys that can be read in a failure.
func testID(n int) access.InstitutionID {
	return access.InstitutionID(fmt.Sprintf("01930000-0000-7000-8000-%012d", n))
}

func pointer[T any](v T) *T { return &v }

const (
	liszki    = "120607"
	wieliczka = "121905"
)

// school is an invented primary school of Liszki, to be changed by the test.
func school(n int, name string) Institution {
	return Institution{ID: testID(n), RSPO: pointer(990000 + n), Origin: FromRegister, Kind: Kind(register.Primary), Name: name,
		Municipality: liszki, City: "Wymyślonka", House: fmt.Sprint(n), Postcode: "30-001", Source: "rspo-2020",
		RunningName: "Gmina Liszki", RunningKind: "gmina", RunningMunicipality: liszki, Public: "public",
		Lat: pointer(50.04), Lon: pointer(19.77 + float64(n)/1000)}
}

// village is a directory in which every way of counting gives another number:
// a complex of two schools, a county's school, a closed one, one with doubt.
func village() []Institution {
	complexOf := school(1, "Zespół Szkół w Wymyślonce")
	complexOf.Kind = Kind(register.Complex)
	part, other := school(2, "SP nr 10"), school(3, "Przedszkole „Łąka”")
	other.Kind = Kind(register.Kindergarten)
	part.RegisterParent, other.RegisterParent = &complexOf.ID, &complexOf.ID
	part.Pupils = pointer(1234)
	county := school(4, "Liceum Ogólnokształcące Ćwiczeń")
	county.Kind, county.RunningKind, county.RunningName, county.RunningMunicipality = Kind(register.GeneralSecondary), "county", "Powiat Krakowski", ""
	closed := school(5, "SP nr 2")
	closed.Closed, closed.ClosedOn, closed.ClosedWhy = true, "2024-08-31", ClosedVanished
	doubt := school(6, "Szkoła Muzyczna Żurawia")
	doubt.Kind, doubt.PointDoubt, doubt.Lat, doubt.Lon = Kind(register.Music), DoubtCountry, pointer(35.88), pointer(14.5)
	doubt.Public, doubt.RunningKind, doubt.RunningName, doubt.RunningMunicipality = "nonpublic", "private", "", ""
	away := school(7, "Zabawa – przedszkole")
	away.Kind, away.Municipality, away.City = Kind(register.Kindergarten), wieliczka, "Wieliczka"
	away.Email, away.Phone, away.Website = "biuro@example.org", "12 345 67 89", "javascript:alert(1)"
	away.Name, away.Street, away.House = "=HYPERLINK(\"x\") Zabawa", "Długa", "4"
	return []Institution{complexOf, part, other, county, closed, doubt, away}
}

func eachReader(t *testing.T, f func(t *testing.T, h *reader)) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		h := newReader(t, d)
		h.save(village()...)
		f(t, h)
	})
}

// liteReader is for what does not depend on the database.
func liteReader(t testing.TB) *reader {
	h := newReader(t, testkit.SQLite(t, writeModules))
	h.save(village()...)
	return h
}

func textsOf(s *goquery.Selection) []string {
	return s.Map(func(_ int, s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") })
}

func wantTexts(t testing.TB, s *goquery.Selection, want ...string) {
	t.Helper()
	if got := textsOf(s); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
