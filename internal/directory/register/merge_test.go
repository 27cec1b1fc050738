package register

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		base, theirs, ours string
		want               Merged
	}{
		{"a", "a", "b", Stands},
		{"", "", "b", Stands},
		{"a", "b", "b", Agreed},
		{"a", "", "", Agreed},
		{"a", "c", "b", Clash},
		{"", "c", "b", Clash},
		{"a", "", "b", Clash},
		{"a", "a", "a", Agreed},
	} {
		if got := Merge(c.base, c.theirs, c.ours); got != c.want {
			t.Errorf("%q, %q, %q: %s, want %s", c.base, c.theirs, c.ours, got, c.want)
		}
	}
}

// Nobody's word is lost unseen: what the register did not touch stands, and what it did touch is agreed or a clash.
func TestMergeLosesNothing(t *testing.T) {
	word := rapid.SampledFrom([]string{"", "a", "b", "c"})
	rapid.Check(t, func(t *rapid.T) {
		base, theirs, ours := word.Draw(t, "base"), word.Draw(t, "theirs"), word.Draw(t, "ours")
		got := Merge(base, theirs, ours)
		if (got == Clash) != (theirs != ours && base != theirs) || base == theirs && ours != base && got != Stands {
			t.Fatal(base, theirs, ours, got)
		}
	})
}

func TestCompareShowsOurs(t *testing.T) {
	before := school(1, "126101")
	before.Phone, before.Website = "111", "https://old.example.org"
	row := before
	row.Phone, row.Website, row.City = "333", "https://new.example.org", "Kraków"
	k := Known{ID: "x", Record: before, Ours: map[string]string{"phone": "222", "website": "https://new.example.org", "street": "Inna"}}
	d := Compare([]Known{k}, File{Shape: RSPO2020, Records: []Record{row}})
	want := []FieldChange{
		{Field: "city", After: "Kraków"},
		{Field: "phone", Before: "111", After: "333", Ours: "222", Clash: true},
		{Field: "website", Before: "https://old.example.org", After: "https://new.example.org", Ours: "https://new.example.org"},
	}
	if diff := cmp.Diff(want, d.Changes[0].Fields); diff != "" {
		t.Error(diff)
	}
	if d := Compare([]Known{k}, File{Shape: RSPO2020, Records: []Record{before}}); len(d.Changes) != 0 {
		t.Errorf("the register says nothing new, and yet: %+v", d.Changes)
	}
}

// A source that has lost the coordinates of a school does not take them off the map.
func TestComparePointsAreKept(t *testing.T) {
	before := school(1, "126101")
	before.Lat, before.Lon, before.HasPoint = 50.06, 19.94, true
	row := school(1, "126101")
	if d := Compare(known(before), File{Shape: SMK2022, Records: []Record{row}}); d.Same != 1 {
		t.Errorf("%+v", d.Changes)
	}
	row.Lat, row.Lon, row.HasPoint = 50.07, 19.95, true
	if d := Compare(known(before), File{Shape: SMK2022, Records: []Record{row}}); d.Changed != 1 {
		t.Error("a new point is not seen")
	}
}

func TestShiftedAndSwapped(t *testing.T) {
	var all, shifted, swapped []Record
	for n := range 12 {
		r := school(100+n, "126101")
		r.Street, r.House = "Szkolna", itoa(n)
		all = append(all, r)
		r.RSPO += 1000
		shifted = append(shifted, r)
	}
	for n := range all {
		r := all[(n+1)%len(all)]
		r.RSPO = all[n].RSPO
		swapped = append(swapped, r)
	}
	for name, c := range map[string]struct {
		known, rows               []Record
		shifted, swapped, massive bool
	}{
		"numbers of another column": {all, shifted, true, false, true},
		"few, but all of them":      {all[:2], shifted[:2], true, false, false},
		"one school for another":    {all[:1], shifted[:1], false, false, false},
		"one is still known":        {all[:3], append(shifted[:2:2], all[2]), false, false, false},
		"names slipped by a row":    {all, swapped, false, true, false},
		"the same":                  {all, all, false, false, false},
		"nothing known":             {nil, all, false, false, false},
	} {
		d := Compare(known(c.known...), File{Shape: RSPO2020, Records: c.rows})
		if d.Shifted != c.shifted || d.Swapped != c.swapped || d.MassClosing != c.massive {
			t.Errorf("%s: shifted %v, swapped %v, mass closing %v", name, d.Shifted, d.Swapped, d.MassClosing)
		}
	}
}
