package budget

import (
	"context"
	"strconv"
	"time"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Protest is a proposer's protest against a rejection, with what came of it.
type Protest struct {
	Project   ProjectID       `db:"project"`
	Round     int64           `db:"round"` // version of the project when it was protested for
	Words     string          `db:"words"`
	FiledAt   int64           `db:"filed_at"`
	HearingAt int64           `db:"hearing_at"` // the proposer is heard, 0 not set yet
	HearingIn string          `db:"hearing_in"`
	Opinion   string          `db:"opinion"` // of the council of the budget
	OpinionAt int64           `db:"opinion_at"`
	Decision  ProjectState    `db:"decision"` // restored or upheld
	Reason    string          `db:"reason"`
	DecidedBy access.PersonID `db:"decided_by"`
	DecidedAt int64           `db:"decided_at"`
}

// ProtestOf reads the last protest about a project. None: fault.ErrNotFound.
func ProtestOf(ctx context.Context, r db.Reader, id ProjectID) (t Protest, err error) {
	return t, r.Get(ctx, &t, `select t.project, t.round, t.words, t.filed_at, t.hearing_at, t.hearing_in, t.opinion, t.opinion_at, t.decision, t.reason, t.decided_by, t.decided_at
		from budget_project_protests t where t.project = ? order by t.round desc limit 1`, id)
}

// Protest sends the proposer's protest, before the midnight that ends the days of
// the rules. Each rejection can be protested against once.
func (s *Service) Protest(ctx context.Context, who access.Actor, id ProjectID, text string) (err error) {
	defer fault.Wrap(&err, "protest for project %s", id)
	p, e, err := s.own(ctx, who, id)
	if err != nil {
		return err
	}
	if err := Protesting(p, s.now()); err != nil {
		return err
	}
	text = words(text)
	if err := fault.InvalidFields(needed(nil, "uzasadnienie", text, mostWords)); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		p, err := s.move(ctx, tx, e, p, step{To: ProjectProtested, By: ByProposer})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into budget_project_protests (project, round, words, filed_at) values (?, ?, ?, ?)`, id, p.Version, text, s.now().Unix())
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, "protest", p, e)
	})
}

// protested reads a project whose protest the actor deals with: BudgetRun at the
// owner, impartial, while nothing is decided.
func (s *Service) protested(ctx context.Context, who access.Actor, id ProjectID) (p Project, e Edition, t Protest, err error) {
	if p, e, err = s.staffed(ctx, who, id, access.BudgetRun); err != nil {
		return p, e, t, err
	}
	if err := p.inState(ProjectProtested); err != nil {
		return p, e, t, err
	}
	t, err = ProtestOf(ctx, s.db, id)
	return p, e, t, err
}

// SetHearing sets when and where the proposer is heard; who follows the project
// is told. It can be moved as long as it has not begun.
func (s *Service) SetHearing(ctx context.Context, who access.Actor, id ProjectID, at time.Time, place string) (err error) {
	defer fault.Wrap(&err, "set the hearing about project %s", id)
	p, e, t, err := s.protested(ctx, who, id)
	if err != nil {
		return err
	}
	place = line(place)
	fields := needed(nil, "gdzie", place, mostLine)
	if !at.After(s.now()) {
		fields = append(fields, fault.Field{Name: "kiedy", Key: "budget.lack.future"})
	}
	if err := fault.InvalidFields(fields); err != nil {
		return err
	}
	if t.HearingAt != 0 && s.now().Unix() >= t.HearingAt {
		return fault.New(fault.Conflict, "budget.fault.heard")
	}
	args := map[string]string{"hearing_at": strconv.FormatInt(at.Unix(), 10), "place": place}
	return s.noteProtest(ctx, who, p, e, step{What: "hearing", Args: args, Words: place},
		`update budget_project_protests set hearing_at = ?, hearing_in = ? where project = ? and round = ?`, at.Unix(), place, id, t.Round)
}

// NoteOpinion writes what the council of the budget says about a protest.
func (s *Service) NoteOpinion(ctx context.Context, who access.Actor, id ProjectID, opinion string) (err error) {
	defer fault.Wrap(&err, "note the council's opinion about project %s", id)
	p, e, t, err := s.protested(ctx, who, id)
	if err != nil {
		return err
	}
	opinion = words(opinion)
	if err := fault.InvalidFields(needed(nil, "opinia", opinion, mostWords)); err != nil {
		return err
	}
	return s.noteProtest(ctx, who, p, e, step{What: "council", Words: opinion},
		`update budget_project_protests set opinion = ?, opinion_at = ? where project = ? and round = ?`, opinion, s.now().Unix(), id, t.Round)
}

// noteProtest writes one step of a protest that leaves the project in its state.
func (s *Service) noteProtest(ctx context.Context, who access.Actor, p Project, e Edition, st step, query string, args ...any) error {
	st.To = p.State
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.note(ctx, tx, p, st); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, query, args...); err != nil {
			return err
		}
		return s.record(ctx, tx, who, st.What, p, e)
	})
}

// Decidable returns nil when somebody may decide about a protest now: another
// person than the one who rejected the project, after the proposer could be heard
// and, in a city, after the council said its opinion.
func Decidable(p Project, kind Kind, t Protest, person access.PersonID, now time.Time) error {
	switch {
	case person == p.DecidedBy:
		return fault.New(fault.Forbidden, "budget.fault.same_person")
	case t.HearingAt == 0 || now.Unix() < t.HearingAt:
		return fault.New(fault.Conflict, "budget.fault.hearing_first")
	case kind == City && t.Opinion == "":
		return fault.New(fault.Conflict, "budget.fault.council_first")
	}
	return nil
}

// DecideProtest restores a project or upholds its rejection, with a reason. Who
// may: see Decidable. A restored project goes back to the check that it never
// had; one that was rejected on its merits to the ballot.
func (s *Service) DecideProtest(ctx context.Context, who access.Actor, id ProjectID, restore bool, reason string) (err error) {
	defer fault.Wrap(&err, "decide about the protest for project %s", id)
	p, e, t, err := s.protested(ctx, who, id)
	if err != nil {
		return err
	}
	if err := Decidable(p, e.Kind, t, who.Person, s.now()); err != nil {
		return err
	}
	reason = words(reason)
	if err := fault.InvalidFields(needed(nil, "uzasadnienie", reason, mostWords)); err != nil {
		return err
	}
	to := ProjectUpheld
	if restore {
		to = ProjectRestored
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `update budget_project_protests set decision = ?, reason = ?, decided_by = ?, decided_at = ? where project = ? and round = ?`,
			to, reason, who.Person, s.now().Unix(), id, t.Round)
		if err != nil {
			return err
		}
		moved, err := s.move(ctx, tx, e, p, step{To: to, By: ByOther, Words: reason})
		if err != nil {
			return err
		}
		if err := s.resume(ctx, tx, e, moved); err != nil {
			return err
		}
		return s.record(ctx, tx, who, string(to), p, e)
	})
}

// resume sends a restored project back to the check that it never had. Who
// follows it has just been told of the restoration.
func (s *Service) resume(ctx context.Context, tx *db.Tx, e Edition, p Project) error {
	if p.State != ProjectRestored || p.Checked {
		return nil
	}
	next := ProjectMerit
	if p.Code == NoSupport {
		next = ProjectFormal
	}
	if _, err := s.move(ctx, tx, e, p, step{To: next, By: ByOther, Quiet: true}); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update budget_projects set checked = ?, code = '', reason = '' where id = ?`, next == ProjectMerit, p.ID)
	return err
}
