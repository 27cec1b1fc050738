package pdf

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

func roomTexts() RoomTexts {
	return RoomTexts{Title: "Gęś w sieci – Ґрунтовний курс", Lang: "pl", Author: "Centrum", List: "Lista obecności", Number: "Lp.", Name: "Imię i nazwisko", From: "Placówka",
		Columns: []string{"1. 14.12.2026 09:00", "2.", "3.", "4.", "5. ostatnie"}, Empty: 3, Organizer: "Centrum Doskonalenia", Hour: "09:00–15:00", Place: "sala 12", Page: page}
}

func TestPapersOfARoom(t *testing.T) {
	var people []Guest
	for n := range 60 {
		people = append(people, Guest{Name: fmt.Sprintf("Żaneta Їжакевич-Ґудзь %d", n), From: strings.Repeat("Szkoła Podstawowa ", 9)})
	}
	for name, c := range map[string]struct {
		write func(io.Writer) error
		want  []string
	}{
		"list":   {func(w io.Writer) error { return Attendance(w, day, roomTexts(), people) }, []string{"Lista obecności", "Żaneta Їжакевич-Ґудзь", "63.", "5. ostatnie", "Strona 2 z"}},
		"badges": {func(w io.Writer) error { return Badges(w, day, roomTexts(), people) }, []string{"Gęś w sieci", "Centrum Doskonalenia"}},
		"sign":   {func(w io.Writer) error { return Sign(w, day, roomTexts()) }, []string{"Gęś w sieci", "Ґрунтовний", "09:00–15:00", "sala 12"}},
	} {
		var out, again bytes.Buffer
		if err := c.write(&out); err != nil {
			t.Fatal(name, err)
		}
		if err := c.write(&again); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
			t.Error(name, "the same input gives other bytes", err)
		}
		kept(t, "room-"+name+".pdf", out.Bytes())
		got := pdfText(t, out.Bytes())
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in %s", name, want, got)
			}
		}
	}
}

func TestPapersOfARoomAreRefused(t *testing.T) {
	none := roomTexts()
	none.Empty = 0
	flat := roomTexts()
	flat.Columns = nil
	for name, err := range map[string]error{
		"a list of nothing":    Attendance(io.Discard, day, none, nil),
		"a list without boxes": Attendance(io.Discard, day, flat, nil),
		"too many people":      Attendance(io.Discard, day, roomTexts(), make([]Guest, mostGuests+1)),
		"badges for nobody":    Badges(io.Discard, day, roomTexts(), nil),
	} {
		if err == nil {
			t.Error(name)
		}
	}
}

// A page has no room for a hundred columns; the document must still come to an end.
func TestTablesWithTooManyColumnsEnd(t *testing.T) {
	d := New(Meta{At: day})
	columns, row := make([]Column, 100), make([]string, 100)
	for i := range columns {
		columns[i].Title, row[i] = "Miesiąc", "123"
	}
	d.Table(columns, [][]string{row})
	if got := d.f.PageCount(); got != 1 {
		t.Errorf("%d pages, want 1", got)
	}
}
