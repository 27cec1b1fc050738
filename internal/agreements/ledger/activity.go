package ledger

import (
	"context"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/db"
)

// activityRow is an activity as it lies in the ledger.
type activityRow struct {
	Kind       string               `db:"kind"`
	ID         string               `db:"id"`
	Form       string               `db:"form"`
	Topics     string               `db:"topics"`
	Areas      string               `db:"areas"`
	Actions    string               `db:"actions"`
	Center     access.InstitutionID `db:"center"`
	On         string               `db:"on_date"`
	SchoolYear int                  `db:"school_year"`
	Trace      string               `db:"trace"`
}

const activityColumns = `a.kind, a.id, a.form, a.topics, a.areas, a.actions, a.center, a.on_date, a.school_year, a.trace`

func (r activityRow) activity() Activity {
	return Activity{Ref: Ref{r.Kind, r.ID}, Form: r.Form, Topics: split(r.Topics), Areas: split(r.Areas), Actions: split(r.Actions),
		Center: r.Center, On: r.On, SchoolYear: r.SchoolYear, Trace: r.Trace}
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func join(ids []string) string { return strings.Join(ids, ",") }

// storedActivity is what the ledger knows of an activity; fault.NotFound when
// no fact was ever taken about it.
func storedActivity(ctx context.Context, r db.Reader, ref Ref) (Activity, error) {
	var row activityRow
	err := r.Get(ctx, &row, `select `+activityColumns+` from ledger_activities a where a.kind = ? and a.id = ?`, ref.Kind, ref.ID)
	return row.activity(), err
}

// putActivity writes what the source says of an activity now. Of one that moved
// to another day the places move with it.
func putActivity(ctx context.Context, tx *db.Tx, a Activity) error {
	n, err := tx.Exec(ctx, `insert into ledger_activities (kind, id, form, topics, areas, actions, center, on_date, school_year, trace) values `+db.Marks(1, 10)+`
		on conflict (kind, id) do update set form = excluded.form, topics = excluded.topics, areas = excluded.areas, actions = excluded.actions,
			center = excluded.center, on_date = excluded.on_date, school_year = excluded.school_year, trace = excluded.trace
		where ledger_activities.form <> excluded.form or ledger_activities.topics <> excluded.topics or ledger_activities.areas <> excluded.areas
			or ledger_activities.actions <> excluded.actions or ledger_activities.center <> excluded.center or ledger_activities.on_date <> excluded.on_date
			or ledger_activities.school_year <> excluded.school_year or ledger_activities.trace <> excluded.trace`,
		a.Kind, a.ID, a.Form, join(a.Topics), join(a.Areas), join(a.Actions), a.Center, a.On, a.SchoolYear, a.Trace)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.Exec(ctx, `update ledger_places set school_year = ?, sort_key = ? where kind = ? and id = ?`, a.SchoolYear, sortKey(a.On), a.Kind, a.ID)
	return err
}
