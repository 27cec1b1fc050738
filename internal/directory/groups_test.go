package directory

import (
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/testkit"
)

func TestHeadUnits(t *testing.T) {
	type id = access.InstitutionID
	under := func(a, b id) unit { return unit{ID: a, RegisterParent: b} }
	for name, tt := range map[string]struct {
		units []unit
		want  map[id]id
	}{
		"nothing":             {nil, map[id]id{}},
		"alone":               {[]unit{under("a", "")}, map[id]id{"a": "a"}},
		"chain of three":      {[]unit{under("a", "b"), under("b", "c"), under("c", "")}, map[id]id{"a": "c", "b": "c", "c": "c"}},
		"parent not there":    {[]unit{under("a", "x")}, map[id]id{"a": "a"}},
		"its own parent":      {[]unit{under("a", "a")}, map[id]id{"a": "a"}},
		"cycle":               {[]unit{under("a", "c"), under("b", "a"), under("c", "b"), under("d", "c")}, map[id]id{"a": "a", "b": "a", "c": "a", "d": "a"}},
		"closed leads nobody": {[]unit{under("a", "b"), {ID: "b", Closed: true}}, map[id]id{"a": "a", "b": "b"}},
		"officer against register": {[]unit{{ID: "a", RegisterParent: "b", Corrected: true}, under("b", "")},
			map[id]id{"a": "a", "b": "b"}},
		"officer elsewhere": {[]unit{{ID: "a", RegisterParent: "b", Corrected: true, OfficerParent: "c"}, under("b", ""), under("c", "")},
			map[id]id{"a": "c", "b": "b", "c": "c"}},
	} {
		if diff := cmp.Diff(tt.want, headUnits(tt.units)); diff != "" {
			t.Error(name, diff)
		}
	}
}

func TestHeadUnitsAlwaysEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		units := make([]unit, n)
		for k := range units {
			units[k] = unit{ID: access.InstitutionID(fmt.Sprint(k)), RegisterParent: access.InstitutionID(fmt.Sprint(rapid.IntRange(0, n).Draw(t, "parent")))}
		}
		heads := headUnits(units)
		for id, head := range heads {
			if heads[head] != head {
				t.Fatalf("%s is led by %s, which is led by %s", id, head, heads[head])
			}
		}
		if len(heads) != n || !maps.Equal(heads, headUnits(units)) {
			t.Fatal("not everybody has a head, or not the same one each time")
		}
	})
}

func TestCorrectGroupRefuses(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		applied(t, s, sampleFile(sampleRows()...))
		group, school, kindergarten, other := byNumber(t, s, 990001), byNumber(t, s, 990002), byNumber(t, s, 990003), byNumber(t, s, 990004)
		alone := GroupCorrection{Choice: StandsAlone, Revision: 1}
		wantKind(t, s.CorrectGroup(ctx, access.Stranger(), school.ID, alone), fault.SignedOut, "")
		wantKind(t, s.CorrectGroup(ctx, holding(access.SchoolHead, school.ID), school.ID, alone), fault.Forbidden, "")
		wantKind(t, s.CorrectGroup(ctx, holding(access.AuthorityOfficer, other.ID), school.ID, alone), fault.Forbidden, "")
		wantKind(t, s.CorrectGroup(ctx, officer, "no-such-unit", alone), fault.NotFound, "")
		for key, c := range map[string]GroupCorrection{
			"group.fault.choice":  {Choice: "else"},
			"group.fault.number":  {Choice: UnderAnother},
			"group.fault.unknown": {Choice: UnderAnother, Parent: 5},
			"group.fault.itself":  {Choice: UnderAnother, Parent: 990001},
			"group.fault.below":   {Choice: UnderAnother, Parent: 990002, Revision: 1},
		} {
			wantKind(t, s.CorrectGroup(ctx, officer, group.ID, c), fault.Invalid, key)
		}
		stranger := GroupCorrection{Choice: UnderAnother, Parent: 990004, Revision: 1}
		wantKind(t, s.CorrectGroup(ctx, holding(access.AuthorityOfficer, school.ID), school.ID, stranger), fault.Invalid, "group.fault.stranger")
		wantKind(t, s.CorrectGroup(ctx, officer, school.ID, GroupCorrection{Choice: StandsAlone, Revision: 9}), fault.Conflict, "")
		if k := byNumber(t, s, 990003); k.Revision != kindergarten.Revision || k.HeadUnit != group.ID {
			t.Errorf("a refusal left something: %+v", k)
		}
	})
}

func TestCorrectGroup(t *testing.T) {
	testkit.EachDB(t, writeModules, func(t *testing.T, d *db.DB) {
		s, ctx := writeService(t, d), t.Context()
		applied(t, s, sampleFile(sampleRows()...))
		group, other := byNumber(t, s, 990001), byNumber(t, s, 990004)
		before, err := db.Version(ctx, d, versionName)
		if err != nil {
			t.Fatal(err)
		}
		err = s.CorrectGroup(ctx, officer, group.ID, GroupCorrection{Choice: UnderAnother, Parent: 990004, Revision: group.Revision})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{990001, 990002, 990003, 990004} {
			if i := byNumber(t, s, n); i.HeadUnit != other.ID {
				t.Errorf("%d is led by %s, want %s", n, i.HeadUnit, other.ID)
			}
		}
		if after, err := db.Version(ctx, d, versionName); err != nil || after == before {
			t.Errorf("the version stands still: %d, %v", after, err)
		}
		if _, err := d.Spread(ctx); err != nil {
			t.Fatal(err)
		}
		var logged int
		if err := d.Get(ctx, &logged, `select count(*) from audit_waiting where action = 'directory.group' and institution = ?`, group.ID); err != nil || logged != 1 {
			t.Errorf("the log has %d rows of the change, %v", logged, err)
		}
		err = s.CorrectGroup(ctx, officer, group.ID, GroupCorrection{Choice: AsRegistered, Revision: group.Revision + 1})
		if err != nil {
			t.Fatal(err)
		}
		if i := byNumber(t, s, 990002); i.HeadUnit != group.ID {
			t.Errorf("got %+v", i)
		}
	})
}
