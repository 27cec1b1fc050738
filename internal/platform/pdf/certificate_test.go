package pdf

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kladka/internal/testkit"
)

func sampleCertificate() Certificate {
	return Certificate{Title: "Zaświadczenie 17/KR/2026", Lang: "pl", Author: "Ośrodek", Mark: "kladka:01930000-0000-7000-8000-000000000001",
		Heading: "Województwo Małopolskie", Center: "Małopolskie Centrum Doskonalenia Nauczycieli", Decision: "Akredytacja nr 1/2020",
		Kind: "ZAŚWIADCZENIE", Stamp: "DUPLIKAT z dnia 22 listopada 2026", Opening: "Zaświadcza się, że", Name: "Ґанна Żółć-Їжакевич",
		Born: "urodzona 1 maja 1980 w miejscowości Łódź", Text: "uczestniczyła w szkoleniu", Subject: "Zażółć gęślą jaźń: praca z uczniem z doświadczeniem migracji",
		Details: []string{"w wymiarze 10 godzin dydaktycznych", "od 1 do 2 listopada 2026"}, Place: "Kraków, 22 listopada 2026", Number: "nr 17/KR/2026",
		Sign: "podpis", Signer: "Ewa Łoś, dyrektorka", Check: "Sprawdź dokument:", Address: "https://kladka.example/zaswiadczenia/17-KR-2026/ABCDEFGHJKLMNPQR"}
}

// What is read back by another program is what was written.
func TestCertificateIsReadBack(t *testing.T) {
	for _, upright := range []bool{false, true} {
		c := sampleCertificate()
		c.Upright = upright
		var out, again bytes.Buffer
		if err := c.Print(&out, day); err != nil {
			t.Fatal(err)
		}
		if err := c.Print(&again, day); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
			t.Fatal("the same certificate is other bytes", err)
		}
		if !bytes.Contains(out.Bytes(), []byte(c.Mark)) || bytes.Count(out.Bytes(), []byte("/Type /Page\n")) != 1 {
			t.Error("no mark, or not one page")
		}
		if bytes.Contains(out.Bytes(), []byte("EmbeddedFiles")) {
			t.Error("a list of attachments")
		}
		kept(t, "certificate.pdf", out.Bytes())
		text := pdfText(t, out.Bytes())
		for _, want := range []string{c.Heading, c.Center, c.Decision, c.Kind, c.Stamp, c.Name, c.Born, c.Subject, c.Details[0], c.Place, c.Number, c.Signer} {
			if !strings.Contains(text, want) {
				t.Errorf("upright %v: %q is not in:\n%s", upright, want, text)
			}
		}
	}
}

// pdfText reads a file with pdftotext; without it the test is skipped.
func pdfText(t *testing.T, data []byte) string {
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

func TestFormHoldsOnlyItsFields(t *testing.T) {
	var out bytes.Buffer
	fields := []Placed{{X: 30, Y: 100, Size: 14, Text: "Żaneta Ґжегжулка"}, {X: 30, Y: 120, Size: 11, Text: "nr 3/KRS/2026"}, {X: 20, Y: 250, Size: 20, Text: "https://kladka.example/x", Code: true}}
	if err := Form(&out, Meta{Title: "x", Lang: "pl", At: day}, false, "kladka:x", fields); err != nil {
		t.Fatal(err)
	}
	if text := pdfText(t, out.Bytes()); text != "Żaneta Ґжегжулка nr 3/KRS/2026" {
		t.Errorf("%q", text)
	}
}

func TestCertificateIsRefused(t *testing.T) {
	for _, change := range []func(*Certificate){func(c *Certificate) { c.Name = "" }, func(c *Certificate) { c.Address = "" }, func(c *Certificate) { c.Number = "" }} {
		c := sampleCertificate()
		change(&c)
		var out bytes.Buffer
		if err := c.Print(&out, day); err == nil || out.Len() > 0 {
			t.Error("printed without what it needs")
		}
	}
	c := sampleCertificate()
	c.Name, c.Subject = strings.Repeat("Długa Nazwa ", 40), strings.Repeat("temat ", 300)
	if err := c.Print(&bytes.Buffer{}, day); err != nil {
		t.Error(err)
	}
}
