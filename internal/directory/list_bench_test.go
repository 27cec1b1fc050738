package directory

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"

	"kladka/internal/access"
	"kladka/internal/directory/register"
	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// bigReader is a directory of a size, in as many municipalities as fits it.
func bigReader(b *testing.B, size, towns int) *reader {
	h := newReader(b, testkit.SQLite(b, writeModules))
	streets := []string{"Długa", "Krótka", "Szkolna", "Kościuszki", "Polna", "Leśna", "Ogrodowa"}
	names := []string{"Szkoła Podstawowa nr %d im. Jana Zmyślonego", "Przedszkole Samorządowe nr %d", "Liceum Ogólnokształcące nr %d",
		"Szkoła Muzyczna I stopnia nr %d", "Zespół Szkół nr %d w Wymyślonce"}
	kinds := []register.Type{register.Primary, register.Kindergarten, register.GeneralSecondary, register.Music, register.Complex}
	err := h.db.Write(b.Context(), func(tx *db.Tx) error {
		var more []Municipality
		for n := range towns {
			more = append(more, Municipality{ID: fmt.Sprintf("9%05d", n), Name: fmt.Sprintf("Gmina %d", n)})
		}
		if err := ensureMunicipalities(b.Context(), tx, more); err != nil {
			return err
		}
		var list []Institution
		for n := range size {
			i := school(n+1, fmt.Sprintf(names[n%5], n))
			i.ID = access.NewInstitutionID()
			i.Kind, i.Street, i.City = Kind(kinds[n%5]), streets[n%7], fmt.Sprintf("Miejscowość%d", n%1000)
			if n%3 > 0 && towns > 0 {
				i.Municipality = more[n%towns].ID
			}
			i.Stated = fmt.Sprintf(`{"rspo":%d,"name":%q,"official_name":%q,"city":%q}`, n, i.Name, i.Name, i.City)
			list = append(list, i)
		}
		return h.Save(b.Context(), tx, list)
	})
	if err != nil {
		b.Fatal(err)
	}
	return h
}

// BenchmarkList shows that a page costs the same whatever the directory's
// size, and what a search and a change cost.
func BenchmarkList(b *testing.B) {
	for _, size := range []struct{ institutions, towns int }{{1649, 0}, {55_000, 2400}} {
		h := bigReader(b, size.institutions, size.towns)
		for name, path := range map[string]string{
			"plain": "/instytucje", "deep": "/instytucje?od=" + h.middleCursor(b), "box": "/instytucje?rodzaj=primary&rodzaj=music&prowadzi=gmina",
			"town": "/instytucje?gmina=120607", "common": "/instytucje?q=szko%C5%82a", "rare": "/instytucje?q=szko%C5%82a+miejscowosc77",
			"page": href(testID(1)), "points": "/instytucje/mapa.geojson", "csv": "/instytucje.csv",
		} {
			if name == "page" {
				r, err := h.rollNow(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				path = href(r.entries[100].id)
			}
			b.Run(fmt.Sprintf("%d/%s", size.institutions, name), func(b *testing.B) {
				defer cpuPerOp(b)()
				for b.Loop() {
					if w := h.get(path); w.Code != http.StatusOK {
						b.Fatal(w.Code)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("%d/first-search-of-a-word", size.institutions), func(b *testing.B) {
			defer cpuPerOp(b)()
			for b.Loop() {
				clear(h.counts.roll.words)
				h.get("/instytucje?q=szko%C5%82a")
			}
		})
		b.Run(fmt.Sprintf("%d/after-a-change", size.institutions), func(b *testing.B) {
			defer cpuPerOp(b)()
			for b.Loop() {
				h.counts.roll = nil
				h.get("/instytucje")
			}
		})
	}
}

// cpuPerOp reports the time of the processor, which a busy machine leaves as
// it is, beside the time of the clock.
func cpuPerOp(b *testing.B) func() {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	return func() { b.ReportMetric(float64((used()-before).Microseconds())/1000/float64(b.N), "cpu-ms/op") }
}

func (h *reader) middleCursor(b *testing.B) string {
	r, err := h.rollNow(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return r.cursor(int32(len(r.entries) / 2)).String()
}
