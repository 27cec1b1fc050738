package needs

import (
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/survey"
	"kladka/internal/testkit"
)

// TestKeyOfficers: the key is kept by those who run campaigns, not by those who
// are asked.
func TestKeyOfficers(t *testing.T) {
	testkit.EachDB(t, modules, func(t *testing.T, d *db.DB) {
		k := newKit(t, d)
		c := k.campaign(t, nil)
		people, err := k.Owner().(survey.KeyOfficers).Officers(t.Context(), nil, survey.Round{Object: string(c.ID)})
		if err != nil {
			t.Fatal(err)
		}
		in := map[access.PersonID]bool{}
		for _, id := range people {
			in[access.PersonID(id)] = true
		}
		for name, one := range map[string]struct {
			who  access.Actor
			want bool
		}{"association": {k.officer, true}, "head": {k.head, false}} {
			if in[one.who.Person] != one.want {
				t.Errorf("%s keeps a share: %v", name, !one.want)
			}
		}
		if len(people) < 2 {
			t.Errorf("%d keepers of a key", len(people))
		}
	})
}
