package files

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/assets"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

type guard string

func (g guard) Name() string { return string(g) }

func (g guard) Allow(r *web.Request) error {
	if r.Header.Get("Test-Role") != string(g) {
		return fault.New(fault.Forbidden, "fault.forbidden")
	}
	return nil
}

// shell is the pages of the house, with a module that gives its files back.
func (h *house) shell() *web.Shell {
	h.t.Helper()
	catalog, err := i18n.Load(web.Messages, audit.Messages, Messages)
	check(h.t, err)
	if faults := catalog.Check(); len(faults) > 0 {
		h.t.Error(faults)
	}
	set, err := assets.Load()
	check(h.t, err)
	sh := web.New(web.Config{Catalog: catalog, Assets: set, Log: slog.New(slog.DiscardHandler), Now: h.now},
		func(next http.Handler) http.Handler { return next },
		func(r *web.Request) web.Viewer { return web.Viewer{SignedIn: r.Header.Get("Test-Role") != ""} })
	h.Routes(sh, Doors{Office: guard("office"), By: func(*web.Request) audit.By { return audit.By{Person: "admin", Role: "administrator"} }})
	sh.Handle("GET /szkolenia/{id}/pliki/{file}", web.Public, func(w http.ResponseWriter, r *web.Request) error {
		return h.Serve(w, r, Owner{"training", r.PathValue("id")}, ID(r.PathValue("file")))
	})
	sh.Handle("GET /szkolenia/{id}/miniatury/{file}", web.Public, func(w http.ResponseWriter, r *web.Request) error {
		return h.Thumb(w, r, Owner{"training", r.PathValue("id")}, ID(r.PathValue("file")))
	})
	return sh
}

func ask(sh *web.Shell, method, path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	sh.ServeHTTP(w, r)
	return w
}

func page(t *testing.T, w *httptest.ResponseRecorder) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(w.Body)
	check(t, err)
	if text := doc.Text(); strings.Contains(text, "⟦") {
		t.Errorf("a text is missing: %s", text[strings.Index(text, "⟦"):][:60])
	}
	return doc
}

func TestServe(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		sh := h.shell()
		text := strings.Repeat("Zażółć gęślą jaźń. ", 500)
		note := h.store(ola, "all", "Notatka <ę>.txt", []byte(text))
		photo := h.store(ola, "poster", "plakat.jpg", jpegOf(t, halves(800, 400)))
		outside := h.store(ola, "all", "zdjęcie.jpg", jpegOf(t, halves(800, 400)))
		document := h.store(ola, "all", "plan.pdf", pdf())
		for _, c := range []struct {
			use string
			id  ID
		}{{"all", note.ID}, {"poster", photo.ID}, {"all", outside.ID}, {"all", document.ID}} {
			check(t, h.claim(ola, c.use, c.id, course))
		}
		at := func(f File) string { return "/szkolenia/1/pliki/" + string(f.ID) }

		for _, path := range []string{"/szkolenia/2/pliki/" + string(note.ID), "/szkolenia/1/pliki/0", "/szkolenia/1/pliki/..%2f..%2fetc%2fpasswd",
			"/szkolenia/1/miniatury/" + string(note.ID), "/szkolenia/2/miniatury/" + string(photo.ID)} {
			if w := ask(sh, "GET", path, nil); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		for _, c := range []struct {
			path, kind, how string
			size            int
		}{
			{at(note), "text/plain", "attachment;", len(text)},
			{at(photo), "image/jpeg", "inline;", int(photo.Size)},
			{at(outside), "image/jpeg", "attachment;", int(outside.Size)},
			{at(document), "application/pdf", "attachment;", int(document.Size)},
			{"/szkolenia/1/miniatury/" + string(photo.ID), "image/jpeg", "inline;", int(photo.thumbOf)},
		} {
			w := ask(sh, "GET", c.path, nil, "Accept-Encoding", "gzip, br", "Test-Role", "head")
			head := w.Header()
			if w.Code != 200 || head.Get("Content-Type") != c.kind || !strings.HasPrefix(head.Get("Content-Disposition"), c.how) || w.Body.Len() == 0 || c.size > 0 && w.Body.Len() != c.size {
				t.Errorf("%s: %d, %d bytes, %v", c.path, w.Code, w.Body.Len(), head)
			}
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'",
				"Cache-Control": "private, no-store", "Content-Encoding": "", "No-Gzip-Compression": "", "X-Frame-Options": "DENY"} {
				if head.Get(name) != want {
					t.Errorf("%s: %s is %q", c.path, name, head.Get(name))
				}
			}
		}
		if got := ask(sh, "GET", at(note), nil).Header().Get("Content-Disposition"); got != `attachment; filename="Notatka _e_.txt"; filename*=UTF-8''Notatka%20_%C4%99_.txt` {
			t.Error(got)
		}
		if got := ask(sh, "GET", at(note), nil).Header().Get("Cache-Control"); got != "no-cache" {
			t.Error(got)
		}

		part := ask(sh, "GET", at(note), nil, "Range", "bytes=10-19")
		if part.Code != http.StatusPartialContent || part.Body.String() != text[10:20] || part.Header().Get("Content-Range") != fmt.Sprintf("bytes 10-19/%d", len(text)) {
			t.Errorf("%d %q %v", part.Code, part.Body, part.Header())
		}
		tag := part.Header().Get("Etag")
		if w := ask(sh, "GET", at(note), nil, "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
			t.Errorf("unchanged: %d", w.Code)
		}
		if w := ask(sh, "HEAD", at(note), nil); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != fmt.Sprint(len(text)) {
			t.Errorf("head: %d %v", w.Code, w.Header())
		}
		if w := ask(sh, "GET", at(note), nil, "Range", "bytes=99999999-"); w.Code != http.StatusRequestedRangeNotSatisfiable {
			t.Errorf("beyond the end: %d", w.Code)
		}

		// Two people who sent the same get tags that do not tell.
		same := h.store(jan, "all", "x.txt", []byte(text))
		check(t, h.claim(jan, "all", same.ID, course))
		if ask(sh, "GET", at(same), nil).Header().Get("Etag") == tag {
			t.Error("the tag tells that two files are the same")
		}

		check(t, h.folder.remove(t.Context(), note.object))
		if w := ask(sh, "GET", at(note), nil); w.Code != http.StatusNotFound || w.Header().Get("Content-Disposition") != "" {
			t.Errorf("bytes are gone: %d %v", w.Code, w.Header())
		}
	})
}

func TestPagesRefuse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		sh := h.shell()
		f := h.store(ola, "note", "a.txt", []byte("a"))
		for _, c := range []struct {
			method, path, role string
			want               int
		}{
			{"GET", listPath, "", 403}, {"GET", listPath, "head", 403},
			{"GET", listPath + "/" + string(f.ID), "head", 403}, {"POST", listPath + "/" + string(f.ID) + "/usun", "head", 403},
			{"GET", listPath + "/x", "office", 404}, {"GET", listPath + "/01234567-0123-7123-8123-0123456789ab", "office", 404},
			{"POST", listPath + "/01234567-0123-7123-8123-0123456789ab/usun", "office", 404}, {"POST", listPath + "/x/usun", "office", 404},
			{"GET", listPath + "?od=x", "office", 400},
			{"POST", listPath + "/" + string(f.ID) + "/usun", "office", 404}, // the wrong id below
		} {
			path := c.path
			if c.want == 404 && strings.Contains(path, string(f.ID)) {
				path = strings.Replace(path, string(f.ID), strings.ToUpper(string(f.ID)), 1)
			}
			if w := ask(sh, c.method, path, url.Values{"powod": {"a good reason"}}, "Test-Role", c.role); w.Code != c.want {
				t.Errorf("%s %s as %q: %d", c.method, path, c.role, w.Code)
			}
		}
		for _, reason := range []string{"", "abc", "    \t ", strings.Repeat("ż", maxReason+1)} {
			w := ask(sh, "POST", listPath+"/"+string(f.ID)+"/usun", url.Values{"powod": {reason}}, "Test-Role", "office")
			if doc := page(t, w); w.Code != http.StatusUnprocessableEntity || doc.Find(`#errsum a[href="#powod"]`).Length() != 1 || doc.Find("textarea[aria-invalid]").Length() != 1 {
				t.Errorf("reason %.10q: %d", reason, w.Code)
			}
		}
		if h.count(`select count(*) from files_files`) != 1 {
			t.Error("the file is gone")
		}
	})
}

func TestDeleteWithReason(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		sh := h.shell()
		f := h.store(ola, "note", "Skarga Oli.txt", []byte("a"))
		check(t, h.claim(ola, "note", f.ID, course))
		doc := page(t, ask(sh, "GET", listPath+"/"+string(f.ID), nil, "Test-Role", "office"))
		if doc.Find("h1").Text() != "Skarga Oli.txt" || doc.Find("form [data-promise=who-sees]").Length() != 1 || doc.Find("[data-promise=next]").Length() != 1 {
			t.Error(doc.Text())
		}
		w := ask(sh, "POST", listPath+"/"+string(f.ID)+"/usun", url.Values{"powod": {"Prośba szkoły"}}, "Test-Role", "office")
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != listPath || h.count(`select count(*) from files_files`) != 0 {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		if _, err := h.db.Spread(t.Context()); err != nil {
			t.Fatal(err)
		}
		var row struct{ Action, Actor, Object, Subject, Details string }
		check(t, h.db.Get(t.Context(), &row, `select action, actor, object, subject, details from audit_waiting`))
		if row.Action != "files.delete" || row.Actor != "admin" || row.Object != "file" || row.Subject != "ola" ||
			!strings.Contains(row.Details, "Prośba szkoły") || strings.Contains(row.Details, "Skarga") {
			t.Errorf("%+v", row)
		}
		if w := ask(sh, "POST", listPath+"/"+string(f.ID)+"/usun", url.Values{"powod": {"Prośba szkoły"}}, "Test-Role", "office"); w.Code != 404 || h.count(`select count(*) from audit_waiting`) != 1 {
			t.Errorf("twice: %d", w.Code)
		}
	})
}

func TestListPage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		sh := h.shell()
		doc := page(t, ask(sh, "GET", listPath, nil, "Test-Role", "office"))
		if doc.Find(".empty").Length() != 1 || doc.Find("#tabela-celow tbody tr").Length() != 3 || doc.Find("[data-promise=who-sees]").Length() != 1 {
			t.Error(doc.Text())
		}
		total := filesShown + 10
		for i := range total {
			f := h.store(audit.By{}, "note", fmt.Sprintf("n%02d.txt", i), []byte(fmt.Sprint(i%7)))
			if i%2 == 0 {
				check(t, h.claim(audit.By{}, "note", f.ID, Owner{"training", fmt.Sprint(i)}))
			}
		}
		h.store(ola, "poster", "p.png", pngOf(t, halves(9, 9)))
		doc = page(t, ask(sh, "GET", listPath, nil, "Test-Role", "office"))
		names := doc.Find("#tabela-plikow tbody th").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
		if len(names) != filesShown || names[0] != "p.png" || names[1] != fmt.Sprintf("n%d.txt", total-1) {
			t.Errorf("%v", names)
		}
		next, _ := doc.Find(".pager a[rel=next]").Attr("href")
		second := page(t, ask(sh, "GET", next, nil, "Test-Role", "office"))
		if n := second.Find("#tabela-plikow tbody tr").Length(); n != total+1-filesShown || second.Find("#tabela-plikow tbody th").Last().Text() != "n00.txt" {
			t.Errorf("second page: %d", n)
		}
		back, _ := second.Find(".pager a[rel=prev]").Attr("href")
		if first := page(t, ask(sh, "GET", back, nil, "Test-Role", "office")); first.Find("#tabela-plikow tbody th").First().Text() != "p.png" {
			t.Errorf("back: %s", first.Find("#tabela-plikow").Text())
		}
		for query, want := range map[string]int{"cel=poster": 1, "cel=poster&stan=przypisane": 0, "cel=note&stan=niczyje": total / 2,
			"cel=note&stan=przypisane": total / 2, "stan=z-terminem": total / 2, "cel=note&stan=niczyje&stan=przypisane": filesShown, "cel=other": filesShown} {
			doc := page(t, ask(sh, "GET", listPath+"?"+query, nil, "Test-Role", "office"))
			if n := doc.Find("#tabela-plikow tbody tr").Length(); n != want {
				t.Errorf("%s: %d rows, want %d", query, n, want)
			}
		}
		if doc.Find(`a[href^="/szkolenia"], img, iframe`).Length() != 0 {
			t.Error("the administrator's page leads to content")
		}
	})
}

func TestTotals(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, by := range []audit.By{ola, jan} {
			f := h.store(by, "note", "a.txt", bytes.Repeat([]byte("a"), 100))
			if by == ola {
				check(t, h.claim(by, "note", f.ID, course))
			}
		}
		got, err := h.totals(t.Context())
		check(t, err)
		if len(got.Uses) != 1 || got.Uses[0] != (UseTotal{"note", 2, 200, 1}) || got.Contents != 1 || got.Bytes != 100 || got.Loose != 1 || got.Doomed != 0 {
			t.Errorf("%+v", got)
		}
		check(t, h.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `update files_blobs set doomed_at = 1`)
			return err
		}))
		if got, err = h.totals(t.Context()); err != nil || got.Doomed != 1 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
