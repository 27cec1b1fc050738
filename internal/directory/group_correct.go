package directory

import (
	"context"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// GroupChoice is an officer's word on whose head leads a unit.
type GroupChoice string

// The choices.
const (
	AsRegistered GroupChoice = "register" // what the register states holds
	StandsAlone  GroupChoice = "alone"
	UnderAnother GroupChoice = "under"
)

// GroupCorrection is what the form of a group says. Parent counts with
// UnderAnother only. Revision is that of the unit when the form was drawn.
type GroupCorrection struct {
	Choice   GroupChoice
	Parent   int // RSPO number
	Revision int64
}

// Names of the fields of the form.
const (
	choiceField = "wybor"
	parentField = "rspo"
)

// CorrectGroup says whose head leads a unit, whatever the register states; the
// next import leaves it standing. Who asks must hold CorrectGroups at the unit
// and at the unit above it: nobody adds a school to a complex of strangers. A
// parent that cannot be is Invalid; a unit that changed meanwhile a Conflict.
func (s *Service) CorrectGroup(ctx context.Context, who access.Actor, id access.InstitutionID, c GroupCorrection) (err error) {
	defer fault.Wrap(&err, "correct the group of %s", id)
	if err := who.MayAt(ctx, access.CorrectGroups, id); err != nil {
		return err
	}
	i, err := ByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	parent, err := s.chosenParent(ctx, who, id, c)
	if err != nil {
		return err
	}
	now := s.now()
	past := i.parentMoves(c.Choice, parent)
	stamp(past, FromOfficer, "", now)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := db.Raise(ctx, tx, versionName); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `update directory_institutions set corrected = ?, officer_parent = ?, updated_at = ?,
			revision = revision + 1 where id = ? and revision = ?`,
			c.Choice != AsRegistered, optional(parent), now.Unix(), id, c.Revision)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "fault.conflict")
		}
		if err := s.regroupWith(ctx, tx, id, parent); err != nil {
			return err
		}
		if err := insertPast(ctx, tx, past); err != nil {
			return err
		}
		if err := s.touched(ctx, tx, id); err != nil {
			return err
		}
		// The head above reaches the rosters below: this gives rights.
		return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "directory.group", Object: "institution", ObjectID: string(id), Institution: string(id),
			Details: map[string]string{"choice": string(c.Choice), "under": string(parent)}}, now)
	})
}

// parentMoves is the history of an officer's choice, if it moves the unit.
func (i Institution) parentMoves(choice GroupChoice, parent access.InstitutionID) []Past {
	after := i
	after.Corrected, after.OfficerParent = choice != AsRegistered, &parent
	if parent == "" {
		after.OfficerParent = nil
	}
	was, is := plainID(i.Parent()), plainID(after.Parent())
	if was == is {
		return nil
	}
	return []Past{{Institution: i.ID, Field: "parent", Before: was, After: is}}
}

func plainID(id *access.InstitutionID) string {
	if id == nil {
		return ""
	}
	return string(*id)
}

// chosenParent is the unit that the form names, "" for none.
func (s *Service) chosenParent(ctx context.Context, who access.Actor, id access.InstitutionID, c GroupCorrection) (access.InstitutionID, error) {
	switch c.Choice {
	case AsRegistered, StandsAlone:
		return "", nil
	case UnderAnother:
	default:
		return "", groupFault(choiceField, "group.fault.choice")
	}
	if c.Parent <= 0 {
		return "", groupFault(parentField, "group.fault.number")
	}
	parent, err := ByRSPO(ctx, s.db, c.Parent)
	if fault.KindOf(err) == fault.NotFound {
		return "", groupFault(parentField, "group.fault.unknown")
	}
	if err != nil {
		return "", err
	}
	switch {
	case parent.ID == id:
		return "", groupFault(parentField, "group.fault.itself")
	case parent.Closed:
		return "", groupFault(parentField, "group.fault.closed")
	}
	err = who.MayAt(ctx, access.CorrectGroups, parent.ID)
	if fault.KindOf(err) == fault.Forbidden {
		return "", groupFault(parentField, "group.fault.stranger")
	}
	return parent.ID, err
}

func groupFault(field, key string) error {
	return fault.InvalidFields([]fault.Field{{Name: field, Key: key}})
}

// regroupWith computes the head units anew. A parent that itself hangs on the
// unit is refused: the officer would not get what the form says.
func (s *Service) regroupWith(ctx context.Context, tx *db.Tx, id, parent access.InstitutionID) error {
	before, err := readUnits(ctx, tx)
	if err != nil {
		return err
	}
	if parent != "" && hangsOn(before, parent, id) {
		return groupFault(parentField, "group.fault.below")
	}
	after := append([]unit(nil), before...)
	setHeads(after)
	return writeUnits(ctx, tx, before, after)
}

// hangsOn tells whether the unit is somewhere below the other.
func hangsOn(units []unit, id, other access.InstitutionID) bool {
	above := make(map[access.InstitutionID]access.InstitutionID, len(units))
	for _, u := range units {
		above[u.ID] = u.parent()
	}
	for steps := 0; id != "" && steps <= len(units); steps++ {
		if id == other {
			return true
		}
		id = above[id]
	}
	return false
}
