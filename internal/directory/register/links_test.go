package register

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func family(parents map[int]int) (records []Record) {
	for rspo := range 30 {
		if parent, present := parents[rspo]; present {
			records = append(records, Record{RSPO: rspo, Parent: parent})
		}
	}
	return records
}

func TestHeads(t *testing.T) {
	for name, c := range map[string]struct{ parents, want map[int]int }{
		"alone":           {map[int]int{1: 0}, map[int]int{1: 1}},
		"chain":           {map[int]int{1: 2, 2: 3, 3: 0}, map[int]int{1: 3, 2: 3, 3: 3}},
		"absent parent":   {map[int]int{1: 9, 2: 1}, map[int]int{1: 1, 2: 1}},
		"own parent":      {map[int]int{1: 1, 2: 1}, map[int]int{1: 1, 2: 1}},
		"cycle":           {map[int]int{3: 5, 5: 4, 4: 3}, map[int]int{3: 3, 4: 3, 5: 3}},
		"tail to a cycle": {map[int]int{1: 5, 3: 5, 5: 3}, map[int]int{1: 3, 3: 3, 5: 3}},
		"two cycles":      {map[int]int{1: 2, 2: 1, 3: 4, 4: 3}, map[int]int{1: 1, 2: 1, 3: 3, 4: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Heads(family(c.parents))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// However tangled the parents, everyone has a head among the records, and a head is its own head.
func TestHeadsAlwaysEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := family(rapid.MapOf(rapid.IntRange(1, 12), rapid.IntRange(0, 14)).Draw(t, "parents"))
		heads := Heads(records)
		if len(heads) != len(records) {
			t.Fatal("somebody is without head", heads)
		}
		for _, head := range heads {
			if heads[head] != head {
				t.Fatal(head, "leads and follows", heads)
			}
		}
	})
}

func TestLink(t *testing.T) {
	records := []Record{
		{RSPO: 1, Children: []int{2, 3, 8}},
		{RSPO: 2}, {RSPO: 3, Parent: 4}, {RSPO: 4},
		{RSPO: 5, Parent: 1}, {RSPO: 6, Parent: 7}, {RSPO: 7, Parent: 6}, {RSPO: 9, Parent: 99},
	}
	f := File{Problems: link(records, nil)}
	for rspo, want := range map[int][]string{
		1: {"note children_missing"}, 2: nil, 3: {"warning parent_disagrees"}, 5: {"warning parent_silent"},
		6: {"warning parent_cycle"}, 7: nil, 9: {"note parent_missing"},
	} {
		if diff := cmp.Diff(want, f.keys(rspo)); diff != "" {
			t.Error(rspo, diff)
		}
	}
	if records[1].Parent != 1 || records[2].Parent != 4 || records[5].Parent != 0 || records[6].Parent != 6 {
		t.Errorf("%+v", records)
	}
}
