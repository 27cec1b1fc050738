package training

import (
	"cmp"
	"context"
	"slices"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// NeedFigures is one training that answers a need, with the official figures.
type NeedFigures struct {
	Training
	Enrolled  int // in, or on the way into it
	Completed int
	Given     int // lesson hours of all who completed together
	Papers    int // issued and not withdrawn
}

// OfNeed are the trainings that answer a need, drafts and canceled ones
// included, those under way first. Whoever asks: the caller knows who may see a
// draft.
func OfNeed(ctx context.Context, r db.Reader, need string) (all []NeedFigures, err error) {
	defer fault.Wrap(&err, "trainings of need %s", need)
	if need == "" {
		return nil, nil
	}
	var list []Training
	if err := r.Select(ctx, &list, `select `+Columns+` from training_trainings t where t.need = ? order by t.id`, need); err != nil {
		return nil, err
	}
	at := map[ID]int{}
	ids := make([]ID, 0, len(list))
	for _, t := range list {
		at[t.ID] = len(all)
		ids, all = append(ids, t.ID), append(all, NeedFigures{Training: t})
	}
	for some := range slices.Chunk(ids, db.MaxParams) {
		text, args, err := db.In(`select training, state, count(*) as n, cast(coalesce(sum(hours), 0) as bigint) as given
			from training_enrollments where training in (?) group by training, state`, some)
		if err != nil {
			return nil, err
		}
		err = r.Each(ctx, func(scan func(dest ...any) error) error {
			var id ID
			var state State
			var n, given int
			if err := scan(&id, &state, &n, &given); err != nil {
				return err
			}
			f := &all[at[id]]
			if state.Active() {
				f.Enrolled += n
			}
			if state == Issued {
				f.Papers += n
			}
			if state == Completed || state == Issued {
				f.Completed, f.Given = f.Completed+n, f.Given+given
			}
			return nil
		}, text, args...)
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(all, func(a, b NeedFigures) int {
		return cmp.Or(cmpState(a.State, b.State), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// OfferingCenters are the institutions that ever had a training here.
func OfferingCenters(ctx context.Context, r db.Reader) (ids []access.InstitutionID, err error) {
	return ids, r.Select(ctx, &ids, `select distinct center from training_trainings order by center`)
}

// cmpState orders trainings of a need: those under way before drafts, those
// that came to nothing last.
func cmpState(a, b TrainingState) int {
	order := []TrainingState{Published, Postponed, Held, Closed, Draft, Canceled}
	return cmp.Compare(slices.Index(order, a), slices.Index(order, b))
}

// FiguresOf is one training with the official figures of its people, whoever
// asks. Not there: fault.ErrNotFound.
func FiguresOf(ctx context.Context, r db.Reader, id ID) (f NeedFigures, err error) {
	defer fault.Wrap(&err, "figures of training %s", id)
	if f.Training, err = ByID(ctx, r, id); err != nil {
		return f, err
	}
	n, err := reached(ctx, r, id)
	f.Enrolled, f.Completed, f.Given, f.Papers = n.Enrolled, n.Finished, n.Hours, n.Papers
	return f, err
}

// OfTrace are the trainings of a matter, the oldest first.
func OfTrace(ctx context.Context, r db.Reader, trace string) (list []Training, err error) {
	defer fault.Wrap(&err, "trainings of trace %s", trace)
	if trace == "" {
		return nil, nil
	}
	return list, r.Select(ctx, &list, `select `+Columns+` from training_trainings t where t.trace = ? order by t.id`, trace)
}
