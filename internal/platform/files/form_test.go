package files

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
)

func TestReceive(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		sh := h.shell()
		var got Form
		var fell error
		sh.Handle("POST /szkolenia", web.Public, func(w http.ResponseWriter, r *web.Request) error {
			got, fell = h.Receive(r, ola, "note", "plik")
			return fell
		}, h.uses.uses["note"].Room())
		post := func(fill func(m *multipart.Writer)) int {
			var b bytes.Buffer
			m := multipart.NewWriter(&b)
			fill(m)
			check(t, m.Close())
			r := httptest.NewRequest("POST", "/szkolenia", &b)
			r.Header.Set("Content-Type", m.FormDataContentType())
			w := httptest.NewRecorder()
			sh.ServeHTTP(w, r)
			return w.Code
		}
		file := func(m *multipart.Writer, field, name, text string) {
			f, err := m.CreateFormFile(field, name)
			check(t, err)
			_, err = f.Write([]byte(text))
			check(t, err)
		}
		code := post(func(m *multipart.Writer) {
			check(t, m.WriteField("tytul", "Zajęcia"))
			file(m, "plik", "a.txt", "abc")
			check(t, m.WriteField("opis", "po pliku"))
		})
		if code != 200 || got.File.Name != "a.txt" || got.Values.Get("tytul") != "Zajęcia" || got.Values.Get("opis") != "po pliku" {
			t.Errorf("%d %+v", code, got)
		}
		if code = post(func(m *multipart.Writer) { check(t, m.WriteField("tytul", "x")); file(m, "plik", "", "") }); code != 200 || got.File.ID != "" {
			t.Errorf("no file chosen: %d %+v", code, got)
		}
		for title, text := range map[string]string{"active": "<html>", "too large": strings.Repeat("a", 1001)} {
			code = post(func(m *multipart.Writer) { file(m, "plik", "a.txt", text); check(t, m.WriteField("opis", "po")) })
			if e := fault.As(fell); code != 422 || len(e.Fields) != 1 || e.Fields[0].Name != "plik" || got.Values.Get("opis") != "po" {
				t.Errorf("%s: %d %v %v", title, code, fell, got.Values)
			}
		}
		for title, c := range map[string]struct {
			fill func(m *multipart.Writer)
			want int
		}{
			"too many fields": {func(m *multipart.Writer) {
				for i := range formFields + 1 {
					check(t, m.WriteField(fmt.Sprint(i), ""))
				}
			}, 400},
			"too much text":   {func(m *multipart.Writer) { check(t, m.WriteField("a", strings.Repeat("a", formText+1))) }, 413},
			"too much of all": {func(m *multipart.Writer) { file(m, "plik", "a.txt", strings.Repeat("a", 1<<20)) }, 413},
			"no text":         {func(m *multipart.Writer) { check(t, m.WriteField("a", "a\x00")) }, 400},
		} {
			if code := post(c.fill); code != c.want {
				t.Errorf("%s: %d, want %d", title, code, c.want)
			}
		}
		if n := h.count(`select count(*) from files_files`); n != 1 {
			t.Errorf("%d files", n)
		}
	})
}
