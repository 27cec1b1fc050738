package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/pdf"
)

// TestLook writes a page and a paper with all pictures into the folder that
// KLADKA_CHART_LOOK names, to be looked at with one's own eyes.
func TestLook(t *testing.T) {
	dir := os.Getenv("KLADKA_CHART_LOOK")
	if dir == "" {
		t.Skip("KLADKA_CHART_LOOK names no folder")
	}
	l := words(t).In(i18n.PL)
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="pl" data-theme="THEME"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Obrazy</title><link rel="stylesheet" href="kladka.css"><body><main class="wrap stack"><h1>Wskaźniki</h1>`)
	for _, p := range samples() {
		b.WriteString(`<div class="card">` + html(t, l, p) + `</div>`)
	}
	b.WriteString(`<p>Iskra: `)
	if err := Sparkline(l, Spark{Name: "Kraków", At: line().At, Values: line().Lines[0].Values, Unit: Percent()}).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	b.WriteString(`</p></main></body></html>`)
	for _, theme := range []string{"light", "dark"} {
		if err := os.WriteFile(filepath.Join(dir, theme+".html"), []byte(strings.Replace(b.String(), "THEME", theme, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(filepath.Join(dir, "look.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := pdf.New(pdf.Meta{Title: "Obrazy", Lang: "pl", At: time.Unix(1_790_000_000, 0)})
	for _, p := range samples() {
		DrawPDF(d, l, p)
	}
	TablePDF(d, l, heat())
	if err := d.Write(f); err != nil {
		t.Fatal(err)
	}
}
