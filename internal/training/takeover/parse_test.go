package takeover

import (
	"bytes"
	"io/fs"
	"os"
	"sync"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/importing"
	"kladka/internal/platform/secrets"
	"kladka/internal/platform/sheet"
	"kladka/internal/training"
	"kladka/internal/training/papers"
)

func texts() []fs.FS { return []fs.FS{Messages, papers.Messages} }

// formNames and anyKeys are made once: a fuzz test reads thousands of sheets.
var (
	formNames = sync.OnceValues(func() (*i18n.Catalog, error) { return i18n.Load(training.Messages) })
	anyKeys   = sync.OnceValue(secrets.New)
)

func langOf(s string) i18n.Lang { return i18n.Lang(s) }

func tableOf(t testing.TB, data []byte) *sheet.Table {
	t.Helper()
	table, err := sheet.Read(bytes.NewReader(data), Limits())
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// bare reads rows without a database: institutions are known beforehand.
func bare(t testing.TB, data []byte, columns []sheet.Column) *reader {
	t.Helper()
	catalog, err := formNames()
	if err != nil {
		t.Fatal(err)
	}
	table, err := sheet.Read(bytes.NewReader(data), sheet.Limits{Rows: 200})
	if err != nil {
		return nil
	}
	m, err := table.Match(columns...)
	if err != nil {
		return nil
	}
	now := time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC)
	s := &Service{Config: Config{Catalog: catalog, Keys: anyKeys()}, now: func() time.Time { return now }}
	r := &reader{s: s, center: directory.Institution{ID: access.InstitutionID("c"), Name: "Centrum"}, table: table, match: m, places: map[string]place{}, batch: importing.NewID()}
	for _, row := range table.Rows {
		r.row = row
		r.places[r.cell("institution")] = place{Typed: r.cell("institution")}
	}
	return r
}

func seeds(f *testing.F, file string) {
	f.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("Numer;Imię i nazwisko;Tytuł;Data wydania\n=1+1;A B;C;45356\n"))
	f.Add([]byte("Kod;Tytuł;Data;Godziny;Ukończono;Imię;Nazwisko\n\"a\nb\";\x00;5 III 2024;99999999999;?;A;B\n"))
}

// day checks that days are days.
func day(t *testing.T, days ...string) {
	t.Helper()
	for _, d := range days {
		if d != "" {
			if _, err := time.Parse(time.DateOnly, d); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func FuzzTrainings(f *testing.F) {
	seeds(f, "szkolenia.csv")
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bare(t, data, trainingColumns)
		if r == nil {
			return
		}
		_ = r.each(func() error {
			o := r.training()
			if r.bad {
				return nil
			}
			day(t, o.First, o.Last)
			if o.Title == "" || o.First == "" || o.Last < o.First || o.Hours > mostHours || o.Form == "" {
				t.Fatalf("taken: %+v", o)
			}
			if from, until := o.span(); until <= from {
				t.Fatalf("ends before it begins: %+v", o)
			}
			return nil
		})
	})
}

func FuzzPeople(f *testing.F) {
	seeds(f, "uczestnicy.csv")
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bare(t, data, personColumns)
		if r == nil {
			return
		}
		known := map[string]string{codeKey("W-17/2023"): "t"}
		_ = r.each(func() error {
			o, err := r.participant(known)
			if err == nil && !r.bad && (o.Training == "" || len(o.Name) < 3 || o.Hours > mostHours) {
				t.Fatalf("taken: %+v", o)
			}
			return err
		})
	})
}

func FuzzCertificates(f *testing.F) {
	seeds(f, "dokumenty.csv")
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bare(t, data, paperColumns)
		if r == nil {
			return
		}
		var rows []paperRow
		_ = r.each(func() error {
			o, err := r.paper(nil)
			if err != nil || r.bad {
				return err
			}
			day(t, o.First, o.Last, o.Issued, o.Birth)
			if o.Issued == "" || o.Title == "" || papers.NumberKey(o.Number) == "" {
				t.Fatalf("taken: %+v", o)
			}
			rows = append(rows, paperRow{r.row.N, o})
			return nil
		})
		seen := map[string]bool{}
		for _, row := range r.clashes(rows) {
			if seen[row.key()] {
				t.Fatalf("a number twice: %s", row.Number)
			}
			seen[row.key()] = true
		}
	})
}

func TestSamePerson(t *testing.T) {
	jan := OldPaper{Name: "Jan Jeden", Birth: "1970-01-01"}
	for _, c := range []struct {
		other OldPaper
		want  bool
	}{
		{OldPaper{Name: "JAN  jeden"}, true}, {OldPaper{Name: "Jan Jeden", Birth: "1970-01-01"}, true},
		{OldPaper{Name: "Jan Jeden", Birth: "1985-01-01"}, false}, {OldPaper{Name: "Jan Drugi"}, false},
	} {
		if got := jan.samePerson(c.other); got != c.want {
			t.Errorf("%+v: %v", c.other, got)
		}
	}
}
