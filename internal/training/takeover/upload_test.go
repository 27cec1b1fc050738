package takeover

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestUpload sends a workbook through the page.
func TestUpload(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.Who = h.Officer
		book := excelize.NewFile()
		for n, row := range [][]any{{"Tytuł", "Data", "Godziny", "Uwagi"}, {"Matematyka w ruchu", 45356, 8, "x"}, {"Bez godzin", "5 marca 2024", "", ""}} {
			cell, _ := excelize.CoordinatesToCellName(1, n+1)
			h.OK(book.SetSheetRow("Sheet1", cell, &row))
		}
		style, err := book.NewStyle(&excelize.Style{NumFmt: 14})
		h.OK(err)
		h.OK(book.SetCellStyle("Sheet1", "B2", "B2", style))
		var file bytes.Buffer
		h.OK(book.Write(&file))

		if w := h.upload("szkolenia", "plik-szkolenia", ""); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `aria-invalid="true"`) {
			t.Errorf("no file: %d", w.Code)
		}
		if w := h.upload("szkolenia", "plik-szkolenia", "Imię;Nazwisko\nA;B\n"); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("another sheet: %d", w.Code)
		}
		if w := h.upload("inne", "plik-inne", file.String()); w.Code != http.StatusNotFound {
			t.Errorf("another kind: %d", w.Code)
		}
		w := h.upload("szkolenia", "plik-szkolenia", file.String())
		if w.Code != http.StatusSeeOther {
			t.Fatalf("upload: %d %s", w.Code, w.Body)
		}
		h.want("shown", h.n(`select count(*) from importing_batches where state = 'shown' and new_rows = 1 and problems = 2 and guard_n = 1 and scope = ?`, h.At), 1)
		h.want("with its day", h.n(`select count(*) from importing_lines where fields like '%"after":"2024-03-05"%'`), 1)
		h.want("and nothing written", h.n(`select count(*) from training_trainings`), 0)
	})
}

func (h *house) upload(what, field, text string) *httptest.ResponseRecorder {
	h.T.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if text != "" {
		part, err := form.CreateFormFile(field, "dane.xlsx")
		h.OK(err)
		_, err = part.Write([]byte(text))
		h.OK(err)
	}
	h.OK(form.Close())
	r := httptest.NewRequestWithContext(access.WithActor(h.T.Context(), h.Who), http.MethodPost, Path+"/"+what, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	h.Shell.ServeHTTP(w, r)
	return w
}
