package directory

import (
	"testing"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

func TestAddBodyRefuses(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		good := Body{Kind: NGO, Name: "Fundacja Wymyślona", Municipality: krakow}
		_, _, err := s.AddBody(ctx, access.Stranger(), good)
		wantKind(t, err, fault.SignedOut, "")
		_, _, err = s.AddBody(ctx, holding(access.AuthorityOfficer, "x"), good)
		wantKind(t, err, fault.Forbidden, "")
		for key, spoil := range map[string]func(*Body){
			"body.fault.kind":         func(b *Body) { b.Kind = "primary" },
			"body.fault.name":         func(b *Body) { b.Name = "" },
			"body.fault.municipality": func(b *Body) { b.Municipality = "999999" },
			"body.fault.acts_for":     func(b *Body) { b.ActsFor = true },
			"body.fault.postcode":     func(b *Body) { b.Postcode = "3001" },
			"body.fault.website":      func(b *Body) { b.Website = "javascript:alert(1)" },
			"body.fault.email":        func(b *Body) { b.Email = "nie ma" },
			"body.fault.nip":          func(b *Body) { b.NIP = "123-456-78-90" },
		} {
			bad := good
			spoil(&bad)
			_, _, err := s.AddBody(ctx, officer, bad)
			wantKind(t, err, fault.Invalid, key)
		}
	})
}

func TestAddBody(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		b := Body{Key: access.NewInstitutionID(), Kind: Office, Name: "Urząd Miasta", Municipality: krakow, ActsFor: true,
			Website: "www.example.org", NIP: "676-101-37-17", REGON: "123456786"}
		id, odd, err := s.AddBody(ctx, officer, b)
		if err != nil || !odd || id != b.Key {
			t.Fatalf("got %s, %v, %v", id, odd, err)
		}
		i, err := ByID(ctx, d, id)
		if err != nil || i.RunningMunicipality != krakow || i.Website != "https://www.example.org" || i.NIP != "6761013717" ||
			i.Origin != ByHand || !i.Leads() || i.Revision != 1 {
			t.Errorf("got %+v, %v", i, err)
		}
		// The form sent twice adds one body and does not change it.
		b.Name = "Inny urząd"
		if again, _, err := s.AddBody(ctx, officer, b); err != nil || again != id {
			t.Errorf("got %s, %v", again, err)
		}
		if i, err = ByID(ctx, d, id); err != nil || i.Name != "Urząd Miasta" || countWords(t, d, id, "urzad") != 1 {
			t.Errorf("got %+v, %v", i, err)
		}
	})
}
