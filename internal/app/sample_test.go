package app_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"kladka/internal/access"
	"kladka/internal/app"
	"kladka/internal/directory"
	"kladka/internal/testkit"
)

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func attr(name string) func(int, *goquery.Selection) string {
	return func(_ int, s *goquery.Selection) string { return s.AttrOr(name, "") }
}

func document(t *testing.T, res *http.Response) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// openHouseReal opens a house with real data: an empty migrated database.
func openHouseReal(t *testing.T) *house {
	t.Helper()
	return openHouseOn(t, testkit.SQLite(t, app.Modules()), "")
}

// previewSample reads the invented register sample as the program itself and
// returns the id of the difference.
func (h *house) previewSample() string {
	h.t.Helper()
	files, err := filepath.Glob("../directory/register/testdata/*2022*.csv")
	if err != nil || len(files) == 0 {
		h.t.Fatal("no invented sample", err)
	}
	file, err := os.Open(files[0])
	if err != nil {
		h.t.Fatal(err)
	}
	defer file.Close()
	imported, err := h.Directory().Preview(context.Background(), access.System(), "probka.csv", file)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(imported.ID)
}

// foreignSchool puts a school into the demo that none of its people runs.
func (h *house) foreignSchool() string {
	h.t.Helper()
	id := h.previewSample()
	ctx := context.Background()
	if _, err := h.Directory().Apply(ctx, access.System(), directory.ImportID(id), true); err != nil {
		h.t.Fatal(err)
	}
	var school string
	err := h.db.Get(ctx, &school, `select min(id) from directory_institutions where origin = 'register' and running_id is null`)
	if err != nil {
		h.t.Fatal(err)
	}
	return school
}
