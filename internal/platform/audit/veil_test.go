package audit

import (
	"context"
	"strings"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// veiling are names that keep those of person 3 back.
type veiling struct{ people }

func (veiling) Veiled(_ context.Context, ids []string) (map[string]bool, error) {
	veiled := map[string]bool{}
	for _, id := range ids {
		veiled[id] = id == person(3)
	}
	return veiled, nil
}

// TestPupilsAreNotNamed: whoever reads the log does not learn from it who goes
// to which school, neither on the pages nor in the sheet.
func TestPupilsAreNotNamed(t *testing.T) {
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		h.Names = veiling{h.Names.(people)}
		h.record(By{Person: person(1)}, Entry{Action: "people.invite", Object: "person", ObjectID: person(3), Subject: person(3), Institution: school})
		h.link1()
		var id string
		if err := d.Get(t.Context(), &id, `select id from audit_rows where action = 'people.invite'`); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{logPath, logPath + "?osoba=" + person(3), logPath + "/" + id, csvPath} {
			w := h.get(office, path)
			if w.Code != 200 || strings.Contains(w.Body.String(), "Uczennica Trzecia") || !strings.Contains(w.Body.String(), "Zofia Łącka") {
				t.Errorf("%s: %d, a pupil is named or nobody is", path, w.Code)
			}
		}
	})
}
