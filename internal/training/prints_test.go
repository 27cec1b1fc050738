package training

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/i18n"
	"kladka/internal/testkit"
)

// readPDF reads a file with pdftotext; without it the test is skipped.
func readPDF(t *testing.T, data []byte) string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		testkit.Missing(t, "pdftotext")
	}
	file := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), program, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

func TestPrints(t *testing.T) {
	k := newKit(t, testkit.SQLite(t, modules))
	tr := k.publish(t, func(tr *Training) { tr.Title = "Żółta jaźń na lekcji" })
	base := printsPath(tr.ID)
	k.who = k.officer
	if got := k.get(base + "/identyfikatory.pdf").Code; got != http.StatusConflict {
		t.Error("badges for nobody:", got)
	}
	k.put(tr, k.ewa, Confirmed, func(e *Enrollment) { e.Name = "Оксана Їжакевич-Ґудзь" })
	k.put(tr, k.jan, Confirmed, func(e *Enrollment) { e.Name, e.Needs, e.Phone = "Żaneta Gęśla", "x", "600100200" })
	k.put(tr, k.iza, Waiting, func(e *Enrollment) { e.Name = "Czeka Osoba" })
	for name, who := range map[string]access.Actor{"participant": k.ewa, "another trainer": k.person("Obca", access.Trainer, k.center),
		"elsewhere": k.person("Inna", access.CenterOfficer, k.other)} {
		k.who = who
		for _, p := range []string{"", "/lista", "/lista.pdf", "/identyfikatory.pdf", "/prowadzacy.pdf", "/drzwi.pdf"} {
			if got := k.get(base + p).Code; got != http.StatusForbidden {
				t.Errorf("%s at %s: %d", name, p, got)
			}
		}
	}
	k.who = k.trainer
	page := k.page(base)
	sign := page.Find(`a[href*="/drzwi.pdf?spotkanie="]`).AttrOr("href", "")
	if sign == "" || page.Find(`a[href$="/lista.pdf"]`).Length() != 1 {
		t.Fatal("papers are missing")
	}
	if got := k.page(base + "/lista").Find("tbody tr").Length(); got != 2+emptyRows {
		t.Error("rows of the list:", got)
	}
	if got := k.get(base + "/drzwi.pdf?spotkanie=x").Code; got != http.StatusNotFound {
		t.Error("a sign for no meeting:", got)
	}
	k.inAllLanguages(base, base+"/lista")
	for path, want := range map[string][]string{
		base + "/lista.pdf":          {"Żółta jaźń na lekcji", "Оксана", "Їжакевич-Ґудзь", "Żaneta Gęśla", "Szkoła", "14.12.2026", "Tomasz Trener"},
		base + "/identyfikatory.pdf": {"Оксана", "Ґудзь", "Żaneta Gęśla", "Centrum Doskonalenia Nauczycieli"},
		base + "/prowadzacy.pdf":     {"Їжакевич-Ґудзь", "Żaneta Gęśla"},
		sign:                         {"Żółta jaźń", "09:00–15:00"},
	} {
		for _, k.lang = range []i18n.Lang{i18n.PL, i18n.UK} {
			w := k.get(path)
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/pdf" || w.Header().Get("Cache-Control") != "no-store" {
				t.Fatal(path, w.Code, w.Header())
			}
			got := readPDF(t, w.Body.Bytes())
			for _, word := range want {
				if !strings.Contains(got, word) {
					t.Errorf("%s: %q is not in %s", path, word, got)
				}
			}
			if strings.Contains(got, "Czeka Osoba") || strings.Contains(got, "600100200") || strings.Contains(got, "⟦") {
				t.Errorf("%s tells too much, or lacks a text: %s", path, got)
			}
		}
	}
}
