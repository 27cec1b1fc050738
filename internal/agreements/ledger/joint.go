package ledger

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/jobs"
)

// moveAtOnce is up to how many facts an activity is counted anew in the
// transaction that moves it; more are counted by a job.
const moveAtOnce = 200

const jointColumns = `kind, activity, agreement, since, by_person, at, ended_by, ended_at`

type jointRow struct {
	Kind      string `db:"kind"`
	Activity  string `db:"activity"`
	Agreement string `db:"agreement"`
	Since     string `db:"since"`
	By        string `db:"by_person"`
	At        int64  `db:"at"`
	EndedBy   string `db:"ended_by"`
	EndedAt   int64  `db:"ended_at"`
}

func (r jointRow) joint() Joint {
	return Joint{Ref{r.Kind, r.Activity}, r.Agreement, r.Since, r.By, r.At, r.EndedBy, r.EndedAt}
}

// MarkJoint marks an activity as common work of the parties of an agreement, so
// that it counts in the area where it stood near. Since is the first day from
// which activities count: "" takes the activity on its own day; a later day is
// refused (Invalid), because nothing would count. Who may do so the caller has
// checked. An activity may be marked before anything is known of it. Marking it
// again changes nothing. One with many facts is counted by a job, soon after.
func (s *Service) MarkJoint(ctx context.Context, tx *db.Tx, who access.Actor, ref Ref, agreement, since string) (err error) {
	defer fault.Wrap(&err, "mark %s %s as joint", ref.Kind, ref.ID)
	a, err := storedActivity(ctx, tx, ref)
	there := err == nil
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	if since != "" {
		if _, err := time.Parse(time.DateOnly, since); err != nil || there && since > a.On {
			return fault.New(fault.Invalid, "ledger.fault.since")
		}
	}
	if agreement == "" || ref.Kind == "" || ref.ID == "" {
		return fault.New(fault.Invalid, "ledger.fault.mark")
	}
	n, err := tx.Exec(ctx, `insert into ledger_joint (id, kind, activity, agreement, since, by_person, at)
		select ?, ?, ?, ?, ?, ?, ? where not exists (select 1 from ledger_joint where kind = ? and activity = ? and agreement = ? and ended_at = 0)`,
		newID(), ref.Kind, ref.ID, agreement, since, string(who.Person), s.now().Unix(), ref.Kind, ref.ID, agreement)
	if err != nil || n == 0 {
		return err
	}
	return s.rejoin(ctx, tx, who, "ledger.mark", ref, agreement, there)
}

// EndJoint takes the mark back: the activity stands near the area again, as its
// background. The mark stays to be seen. fault.NotFound when there is none.
func (s *Service) EndJoint(ctx context.Context, tx *db.Tx, who access.Actor, ref Ref, agreement string) (err error) {
	defer fault.Wrap(&err, "end the mark of %s %s", ref.Kind, ref.ID)
	n, err := tx.Exec(ctx, `update ledger_joint set ended_by = ?, ended_at = ? where kind = ? and activity = ? and agreement = ? and ended_at = 0`,
		string(who.Person), s.now().Unix(), ref.Kind, ref.ID, agreement)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.ErrNotFound
	}
	return s.rejoin(ctx, tx, who, "ledger.unmark", ref, agreement, true)
}

// rejoin counts an activity anew after a mark, at once or by a job.
func (s *Service) rejoin(ctx context.Context, tx *db.Tx, who access.Actor, action string, ref Ref, agreement string, there bool) error {
	err := audit.Record(ctx, tx, who.By(), audit.Entry{Action: action, Object: "activity", ObjectID: ref.ID,
		Details: map[string]string{"kind": ref.Kind, "agreement": agreement}}, s.now())
	if err != nil || !there {
		return err
	}
	// Said before a job is asked for, which could tell nobody.
	if frozen, err := inFrozen(ctx, tx, ref); err != nil || frozen {
		return cmp.Or(err, fault.New(fault.Conflict, "ledger.fault.frozen"))
	}
	var facts int
	err = tx.Get(ctx, &facts, `select coalesce((select facts from ledger_activities where kind = ? and id = ?), 0)`, ref.Kind, ref.ID)
	if err != nil {
		return err
	}
	if facts > moveAtOnce {
		_, err := jobs.Enqueue(ctx, tx, jobRejoin, ref, jobs.Unique(ref.Kind+"/"+ref.ID))
		return err
	}
	done, err := rejoinNow(ctx, tx, ref)
	if err == nil && !done {
		err = fault.New(fault.Conflict, "ledger.fault.frozen")
	}
	return err
}

// inFrozen tells whether an activity has facts in a frozen year, where its people
// cannot be counted anew.
func inFrozen(ctx context.Context, r db.Reader, ref Ref) (frozen bool, err error) {
	var n int
	err = r.Get(ctx, &n, `select count(*) from ledger_presence p join ledger_years y on y.school_year = p.school_year
		where p.kind = ? and p.id = ? and p.n > 0 and y.frozen_at > 0`, ref.Kind, ref.ID)
	return n > 0, err
}

// rejoinNow moves an activity between areas and their background, by its marks;
// the rules need not be asked for that.
func rejoinNow(ctx context.Context, tx *db.Tx, ref Ref) (bool, error) {
	a, err := storedActivity(ctx, tx, ref)
	if errors.Is(err, fault.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	// Locked before the marks are read: two marks at once must not each miss the other.
	if _, err := lockYear(ctx, tx, a.SchoolYear); err != nil {
		return false, err
	}
	joint, err := jointOf(ctx, tx, a)
	if err != nil {
		return false, err
	}
	places, err := placesOf(ctx, tx, ref)
	if err != nil {
		return false, err
	}
	for n, p := range places {
		sort, id := p.Scope.parts()
		if sort != "area" && sort != "near" {
			continue
		}
		places[n].Scope = Near(id)
		if joint(p.Owner) {
			places[n].Scope = Area(id)
		}
	}
	return setPlaces(ctx, tx, a, places)
}

// jointOf tells for which agreements an activity is joint on its day.
func jointOf(ctx context.Context, r db.Reader, a Activity) (func(agreement string) bool, error) {
	var list []jointRow
	err := r.Select(ctx, &list, `select `+jointColumns+` from ledger_joint where kind = ? and activity = ? and ended_at = 0`, a.Kind, a.ID)
	return func(agreement string) bool {
		return slices.ContainsFunc(list, func(j jointRow) bool { return j.Agreement == agreement && j.Since <= a.On })
	}, err
}

// Marks are the marks of activities under an agreement, ended ones too, the
// latest of each activity.
func Marks(ctx context.Context, r db.Reader, agreement string, refs []Ref) (map[Ref]Joint, error) {
	marks := map[Ref]Joint{}
	for some := range slices.Chunk(refs, db.MaxParams/2) {
		var ids []string
		for _, ref := range some {
			ids = append(ids, ref.ID)
		}
		query, args, err := db.In(`select `+jointColumns+` from ledger_joint where agreement = ? and activity in (?) order by at, id`, agreement, ids)
		if err != nil {
			return nil, err
		}
		var list []jointRow
		if err := r.Select(ctx, &list, query, args...); err != nil {
			return nil, err
		}
		for _, j := range list {
			marks[Ref{j.Kind, j.Activity}] = j.joint()
		}
	}
	return marks, nil
}

// marksOf are all marks of one activity, the latest first.
func marksOf(ctx context.Context, r db.Reader, ref Ref) (marks []Joint, err error) {
	var list []jointRow
	err = r.Select(ctx, &list, `select `+jointColumns+` from ledger_joint where kind = ? and activity = ? order by at desc, id desc`, ref.Kind, ref.ID)
	for _, j := range list {
		marks = append(marks, j.joint())
	}
	return marks, err
}

// yearText is a school year as people write it: 2026/2027.
func yearText(year int) string { return strconv.Itoa(year) + "/" + strconv.Itoa(year+1) }
