package meetings

import (
	"context"
	"errors"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Tables are for the part of a large meeting where one topic is talked about at
// each. Whoever has a seat at the meeting chooses a table, and may change it
// while there is room at another.

// Table is one of them.
type Table struct {
	ID      string    `db:"id"`
	Meeting MeetingID `db:"meeting"`
	No      int       `db:"no"`
	Title   string    `db:"title"` // its topic
	Seats   int       `db:"seats"`
	Taken   int       `db:"taken"`
}

// Free tells how many can still sit down.
func (t Table) Free() int { return max(0, t.Seats-t.Taken) }

const tableColumns = `t.id, t.meeting, t.no, t.title, t.seats, t.taken`

const (
	mostTables  = 60
	tableLeast  = 2
	tableMost   = 100
	tableAgenda = 10 // seats of a table made for a topic of the agenda
)

// TablesOf are the tables of a meeting in their order.
func TablesOf(ctx context.Context, r db.Reader, id MeetingID) (list []Table, err error) {
	return list, r.Select(ctx, &list, `select `+tableColumns+` from meetings_tables t where t.meeting = ? order by t.no, t.id`, id)
}

// AddTable puts a table into the hall. Who may: whoever runs the meeting, until
// its day is over.
func (s *Service) AddTable(ctx context.Context, who access.Actor, id MeetingID, title string, seats int) (err error) {
	defer fault.Wrap(&err, "add a table to meeting %s", id)
	title = line(title)
	fields := needed(nil, "temat", title, longestTitle)
	if seats < tableLeast || seats > tableMost {
		fields = append(fields, fault.Field{Name: "miejsca", Key: "meetings.large.lack.table", Args: []any{"least", tableLeast, "most", tableMost}})
	}
	if len(fields) > 0 {
		return fault.InvalidFields(fields)
	}
	return s.editTables(ctx, who, id, func(tx *db.Tx) error { return putTable(ctx, tx, id, title, seats) })
}

// AgendaTables makes a table for each topic of the agenda that has none. Who
// may: as AddTable.
func (s *Service) AgendaTables(ctx context.Context, who access.Actor, id MeetingID) (err error) {
	defer fault.Wrap(&err, "make tables for the agenda of meeting %s", id)
	return s.editTables(ctx, who, id, func(tx *db.Tx) error {
		var titles []string
		if err := tx.Select(ctx, &titles, `select i.title from meetings_items i where i.meeting = ? and i.kind = ?
			and not exists (select 1 from meetings_tables t where t.meeting = i.meeting and t.title = i.title) order by i.no, i.id`, id, OfTopic); err != nil {
			return err
		}
		for _, title := range titles {
			if err := putTable(ctx, tx, id, title, tableAgenda); err != nil {
				return err
			}
		}
		return nil
	})
}

// editTables opens a transaction in which the tables of a meeting are changed.
// The meeting's row is touched first, so that two changes follow one another.
func (s *Service) editTables(ctx context.Context, who access.Actor, id MeetingID, do func(tx *db.Tx) error) error {
	m, err := s.meetingRun(ctx, who, id)
	if err != nil {
		return err
	}
	if err := s.beforeEnd(m); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `update meetings_meetings set changed_at = ? where id = ?`, s.now().Unix(), id); err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return err
		}
		return s.record(ctx, tx, who, "tables", "meeting", string(id), m.Owner, nil)
	})
}

func putTable(ctx context.Context, tx *db.Tx, id MeetingID, title string, seats int) error {
	var n struct {
		Count int `db:"n"`
		Last  int `db:"no"`
	}
	if err := tx.Get(ctx, &n, `select count(*) as n, coalesce(max(no), 0) as no from meetings_tables where meeting = ?`, id); err != nil {
		return err
	}
	if n.Count >= mostTables {
		return fault.New(fault.Conflict, "meetings.large.fault.tables", "n", mostTables)
	}
	_, err := tx.Exec(ctx, `insert into meetings_tables (id, meeting, no, title, seats) values (?, ?, ?, ?, ?)`, newID(), id, n.Last+1, title, seats)
	return err
}

// RemoveTable takes a table away; whoever sat there chooses anew. Who may: as
// AddTable.
func (s *Service) RemoveTable(ctx context.Context, who access.Actor, id MeetingID, table string) (err error) {
	defer fault.Wrap(&err, "remove a table of meeting %s", id)
	return s.editTables(ctx, who, id, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `delete from meetings_sits where at_table = ? and meeting = ?`, table, id); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `delete from meetings_tables where id = ? and meeting = ?`, table, id)
		if err == nil && n == 0 {
			return fault.ErrNotFound
		}
		return err
	})
}

// Sit puts the actor's seat to a table, from another one if it sat there.
// Conflict when the table is full. Who may: whose seat it is, or whoever answers
// for one of its units, until the day of the meeting is over.
func (s *Service) Sit(ctx context.Context, who access.Actor, id MeetingID, table string) (err error) {
	defer fault.Wrap(&err, "sit down at a table of meeting %s", id)
	m, err := s.meetingSeen(ctx, who, id)
	if err != nil {
		return err
	}
	v, err := s.invitationFor(ctx, s.db, who, id)
	if err != nil {
		return err
	}
	if err := s.beforeEnd(m); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		// The seat's row is touched first: whoever presses twice stands in line.
		if _, err := tx.Exec(ctx, `update meetings_invitations set revision = revision + 1 where id = ?`, v.ID); err != nil {
			return err
		}
		was, err := tableOf(ctx, tx, v.ID)
		if err != nil || was.ID == table {
			return err
		}
		n, err := tx.Exec(ctx, `update meetings_tables set taken = taken + 1 where id = ? and meeting = ? and taken < seats`, table, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "meetings.large.fault.table_full")
		}
		if _, err := tx.Exec(ctx, `update meetings_tables set taken = taken - 1 where id = ?`, was.ID); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into meetings_sits (invitation, meeting, at_table) values (?, ?, ?) on conflict (invitation) do update set at_table = excluded.at_table`, v.ID, id, table)
		return err
	})
}

// tableOf is where a seat sits; an empty one when nowhere.
func tableOf(ctx context.Context, r db.Reader, v InvitationID) (t Table, err error) {
	err = r.Get(ctx, &t, `select `+tableColumns+` from meetings_tables t join meetings_sits x on x.at_table = t.id where x.invitation = ?`, v)
	if errors.Is(err, fault.ErrNotFound) {
		return Table{}, nil
	}
	return t, err
}

// sitsOf are the tables of a meeting's seats.
func sitsOf(ctx context.Context, r db.Reader, id MeetingID) (map[InvitationID]string, error) {
	var rows []struct {
		Invitation InvitationID `db:"invitation"`
		Table      string       `db:"at_table"`
	}
	err := r.Select(ctx, &rows, `select invitation, at_table from meetings_sits where meeting = ? order by invitation`, id)
	out := make(map[InvitationID]string, len(rows))
	for _, row := range rows {
		out[row.Invitation] = row.Table
	}
	return out, err
}
