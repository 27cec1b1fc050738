package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// unit is what groups are made of: an institution and what it hangs on.
type unit struct {
	ID             access.InstitutionID
	RSPO           int // 0 outside the register
	Closed         bool
	RegisterParent access.InstitutionID
	Corrected      bool
	OfficerParent  access.InstitutionID
	HeadUnit       access.InstitutionID
	Stated         bool // the register stated a record
	StatedParent   int  // number of the parent in it, 0 for none
}

// parent is the unit directly above, "" for none.
func (u unit) parent() access.InstitutionID {
	if u.Corrected {
		return u.OfficerParent
	}
	return u.RegisterParent
}

// headUnits finds for each unit the one whose head leads it: the top of its
// chain of parents.
//  1. A closed unit leads nobody: its parts that go on stand alone.
//  2. A parent that is not there ends the chain.
//  3. A cycle has no top, so it is cut above its smallest id. Register and
//     officers cannot make one in one step, but together they can.
func headUnits(units []unit) map[access.InstitutionID]access.InstitutionID {
	above := make(map[access.InstitutionID]access.InstitutionID, len(units))
	closed := make(map[access.InstitutionID]bool)
	for _, u := range units {
		above[u.ID] = u.parent()
		closed[u.ID] = u.Closed
	}
	for id, parent := range above {
		if _, there := above[parent]; !there || closed[parent] {
			above[id] = ""
		}
	}
	cutCycles(above)
	heads := make(map[access.InstitutionID]access.InstitutionID, len(units))
	for id := range above {
		top := id
		for above[top] != "" {
			top = above[top]
		}
		heads[id] = top
	}
	return heads
}

// cutCycles ends each cycle above its smallest id. Ids are walked in order,
// so the outcome is the same every time.
func cutCycles(above map[access.InstitutionID]access.InstitutionID) {
	walked := make(map[access.InstitutionID]int, len(above))
	for n, start := range slices.Sorted(maps.Keys(above)) {
		at := start
		for at != "" && walked[at] == 0 {
			walked[at] = n + 1
			at = above[at]
		}
		if at == "" || walked[at] != n+1 {
			continue
		}
		least := at
		for on := above[at]; on != at; on = above[on] {
			least = min(least, on)
		}
		above[least] = ""
	}
}

// readUnits reads what groups are made of. The stated parent is taken from the
// record last stated: it may name a unit that comes in later.
func readUnits(ctx context.Context, r db.Reader) (units []unit, err error) {
	defer fault.Wrap(&err, "read the units of groups")
	err = r.Each(ctx, func(scan func(dest ...any) error) error {
		var u unit
		var stated string
		err := scan(&u.ID, &u.RSPO, &u.Closed, &u.RegisterParent, &u.Corrected, &u.OfficerParent, &u.HeadUnit, &stated)
		if err != nil {
			return err
		}
		u.Stated = stated != ""
		u.StatedParent, err = statedParent(stated)
		units = append(units, u)
		return err
	}, `select id, coalesce(rspo, 0), closed, coalesce(register_parent, ''), corrected, coalesce(officer_parent, ''),
		head_unit, stated from directory_institutions`)
	return units, err
}

func statedParent(stated string) (int, error) {
	if !strings.Contains(stated, `"parent":`) {
		return 0, nil
	}
	var record struct {
		Parent int `json:"parent"`
	}
	if err := json.Unmarshal([]byte(stated), &record); err != nil {
		return 0, fmt.Errorf("stated record: %w", err)
	}
	return record.Parent, nil
}

// settleParents points each unit at the parent that the register states. A
// number that is not in the directory gives no parent, until it comes in.
func settleParents(units []unit) {
	byNumber := make(map[int]access.InstitutionID, len(units))
	for _, u := range units {
		if u.RSPO != 0 {
			byNumber[u.RSPO] = u.ID
		}
	}
	for n := range units {
		u := &units[n]
		if !u.Stated {
			continue // invented and entered units have the parent they were given
		}
		u.RegisterParent = byNumber[u.StatedParent]
		if u.RegisterParent == u.ID {
			u.RegisterParent = ""
		}
	}
}

// writeUnits writes parents and head units that differ from what was read.
func writeUnits(ctx context.Context, tx *db.Tx, before, after []unit) error {
	var moved []unit
	for n, u := range after {
		if u.RegisterParent != before[n].RegisterParent || u.HeadUnit != before[n].HeadUnit {
			moved = append(moved, u)
		}
	}
	slices.SortFunc(moved, func(a, b unit) int { return cmp.Compare(a.ID, b.ID) })
	const perUnit = 5
	for some := range slices.Chunk(moved, db.MaxParams/perUnit) {
		if err := writeSomeUnits(ctx, tx, some); err != nil {
			return err
		}
	}
	return nil
}

// writeSomeUnits changes many rows, each to its own values, in one statement.
func writeSomeUnits(ctx context.Context, tx *db.Tx, some []unit) error {
	var parents, heads, ids []any
	for _, u := range some {
		parents = append(parents, u.ID, optional(u.RegisterParent))
		heads = append(heads, u.ID, u.HeadUnit)
		ids = append(ids, u.ID)
	}
	cases := strings.Repeat(` when ? then ?`, len(some))
	_, err := tx.Exec(ctx, `update directory_institutions set
		register_parent = case id`+cases+` end, head_unit = case id`+cases+` end
		where id in `+db.Marks(1, len(ids)), slices.Concat(parents, heads, ids)...)
	return err
}

// optional is nil for "", for columns that may be null.
func optional(id access.InstitutionID) any {
	if id == "" {
		return nil
	}
	return string(id)
}

// Regroup computes all head units anew, after parents were set by Save.
func (s *Service) Regroup(ctx context.Context, tx *db.Tx) error {
	if err := db.Raise(ctx, tx, versionName); err != nil {
		return err
	}
	return regroup(ctx, tx)
}

func regroup(ctx context.Context, tx *db.Tx) error {
	before, err := readUnits(ctx, tx)
	if err != nil {
		return err
	}
	after := slices.Clone(before)
	setHeads(after)
	return writeUnits(ctx, tx, before, after)
}

func setHeads(units []unit) {
	heads := headUnits(units)
	for n := range units {
		units[n].HeadUnit = heads[units[n].ID]
	}
}
