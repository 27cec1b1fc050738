package demo_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/access"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/web"
	"kladka/internal/testkit"
)

func TestCrowd(t *testing.T) {
	at := []access.InstitutionID{access.NewInstitutionID(), access.NewInstitutionID()}
	crowd := demo.Crowd(300, seed, at)
	if diff := cmp.Diff(crowd, demo.Crowd(300, seed, at)); diff != "" {
		t.Errorf("the same seed gave another crowd: %s", diff)
	}
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h, ctx := settle(t, d), t.Context()
		if err := demo.AddCrowd(ctx, d, h.people, crowd); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			f    access.Filter
			want int
		}{{access.Filter{Role: access.Auditor}, demo.CrowdAuditors}, {access.Filter{Text: demo.CrowdRare[:6]}, 1}} {
			if rows, _, err := h.people.People(ctx, access.System(), tt.f, web.Cursor{}); err != nil || len(rows) != tt.want {
				t.Errorf("%+v: %d people, %v", tt.f, len(rows), err)
			}
		}
		roles := map[access.Role]int{}
		for _, p := range crowd {
			a, err := h.people.Actor(ctx, p.ID)
			if err != nil || !cmp.Equal(a.Roles, p.Roles) || a.Name != p.Name {
				t.Fatalf("%v became %v, %v", p, a, err)
			}
			roles[a.Roles[0].Role]++
		}
		if roles[access.Pupil] < 60 || roles[access.Teacher] < 60 {
			t.Errorf("roles are %v", roles)
		}
		// All or nothing, and no address twice.
		err := d.Write(ctx, func(tx *db.Tx) error { return h.people.AddDemoPeople(ctx, tx, demo.Crowd(1, seed+1, at)[:1]) })
		if err != nil {
			t.Errorf("another person: %v", err)
		}
		again := crowd[:2:2]
		err = d.Write(ctx, func(tx *db.Tx) error { return h.people.AddDemoPeople(ctx, tx, again) })
		if !fault.Is(err, fault.Conflict) && !db.Duplicate(err) {
			t.Errorf("the same people again: %v", err)
		}
	})
}
