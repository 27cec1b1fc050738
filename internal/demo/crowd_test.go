package demo_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kladka/internal/access"
	"kladka/internal/demo"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
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
		if fault.KindOf(err) != fault.Conflict && !db.Duplicate(err) {
			t.Errorf("the same people again: %v", err)
		}
	})
}

// Filters with many hits are asked in another way than those with few; both
// must find everybody, in order, and no pupils.
func TestFiltersOverACrowd(t *testing.T) {
	at := []access.InstitutionID{access.NewInstitutionID()}
	crowd := demo.Crowd(3300, seed, at)
	begins := func(p access.DemoPerson, text string) bool {
		for word := range strings.FieldsSeq(i18n.Fold(p.Name)) {
			if strings.HasPrefix(word, text) {
				return true
			}
		}
		return false
	}
	testkit.EachDB(t, modules(), func(t *testing.T, d *db.DB) {
		h, ctx := settle(t, d), t.Context()
		if err := demo.AddCrowd(ctx, d, h.people, crowd); err != nil {
			t.Fatal(err)
		}
		for _, f := range []access.Filter{{}, {Text: "k"}, {Role: access.Teacher}, {Text: "k", Role: access.Teacher},
			{Text: "ka", Role: access.Teacher}, {Text: "ka"}, {Institution: at[0], Role: access.ClassTutor}, {Institution: at[0]}} {
			want, last := 0, ""
			for _, p := range crowd {
				role := p.Roles[0].Role
				if role != access.Pupil && role != access.Guardian && (f.Role == "" || f.Role == role) && begins(p, f.Text) &&
					(f.Institution == "" || p.Roles[0].Institution == f.Institution) {
					want++
				}
			}
			got := 0
			err := h.people.EachPerson(ctx, access.System(), f, func(r access.Row) error {
				if got++; r.SortKey+string(r.ID) <= last {
					t.Errorf("%+v: %s is out of order", f, r.Name)
				}
				last = r.SortKey + string(r.ID)
				return nil
			})
			if err != nil || got != want {
				t.Errorf("%+v: %d people instead of %d, %v", f, got, want, err)
			}
		}
	})
}
