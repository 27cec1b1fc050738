package access

import (
	"context"
	"testing"

	"kladka/internal/platform/db"
	"kladka/internal/testkit"
)

// TestLed: a head who holds the role now, or who was asked and may still say
// yes; nobody else leads an institution.
func TestLed(t *testing.T) {
	testkit.EachDB(t, tables, func(t *testing.T, d *db.DB) {
		c := newCommunity(t, d)
		ctx := context.Background()
		officer := c.add(Held{AuthorityOfficer, c.office})
		c.add(Held{Teacher, c.school}, Held{SchoolSecretary, c.school})
		ids := []InstitutionID{c.school, c.otherSchool}
		for range 1000 { // more than one statement carries
			ids = append(ids, NewInstitutionID())
		}
		led := func() map[InstitutionID]bool {
			t.Helper()
			m, err := Led(ctx, d, ids, c.clock.at)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		if m := led(); len(m) != 0 {
			t.Errorf("without a head: %v", m)
		}
		if _, err := c.Invite(ctx, officer, []Invitee{{Name: "Nowa Dyrekcja", Email: "nowa@example.org", Role: SchoolHead, Institution: c.school}}); err != nil {
			t.Fatal(err)
		}
		c.add(Held{SchoolHead, c.otherSchool})
		if m := led(); !m[c.school] || !m[c.otherSchool] || len(m) != 2 {
			t.Errorf("asked and there: %v", m)
		}
		c.clock.at = c.clock.at.Add(InvitationLife)
		if m := led(); m[c.school] || !m[c.otherSchool] {
			t.Errorf("an invitation that ran out: %v", m)
		}
	})
}
