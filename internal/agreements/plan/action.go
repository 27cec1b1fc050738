package plan

import (
	"context"
	"regexp"
	"slices"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/trace"
	"kladka/internal/platform/web"
)

// codes are what formulas can name.
var codes = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$`)

// ActionByID is an action, or ErrNotFound.
func ActionByID(ctx context.Context, r db.Reader, id ActionID) (a Action, err error) {
	if _, err = known(string(id)); err != nil {
		return a, err
	}
	return a, r.Get(ctx, &a, `select `+actionColumns+` from plan_actions a where a.id = ?`, id)
}

func (a Action) check() (bad []fault.Field) {
	bad = checkTitle(a.Title, a.Words)
	if !codes.MatchString(a.Code) {
		bad = append(bad, fault.Field{Name: "kod", Key: "plan.fault.code"})
	}
	if !slices.Contains([]ActionKind{Mandatory, Optional, Flagship}, a.Kind) {
		bad = append(bad, fault.Field{Name: "rodzaj", Key: "plan.fault.choose"})
	}
	if a.ValidFrom != "" && !day(a.ValidFrom) {
		bad = append(bad, fault.Field{Name: "od", Key: "plan.fault.day"})
	}
	if a.ValidTo != "" && (!day(a.ValidTo) || a.ValidTo < a.ValidFrom) {
		bad = append(bad, fault.Field{Name: "do", Key: "plan.fault.day_to"})
	}
	return bad
}

// day tells whether a text is a date.
func day(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// SaveAction writes an action; without an id it is proposed, at the end of the
// plan. The code stays what it was at first, because formulas name it, and the
// state changes only by MoveAction. A.Revision is what the actor saw. Who may:
// see Runs. Faults: Invalid with fields, Conflict when somebody was faster.
func (s *Service) SaveAction(ctx context.Context, who access.Actor, a Action) (_ ActionID, err error) {
	defer fault.Wrap(&err, "save action %s", a.ID)
	p, err := s.run(ctx, who, a.Plan)
	if err != nil {
		return "", err
	}
	a.Title, a.Words, a.Code = oneLine(a.Title), tidy(a.Words), oneLine(a.Code)
	fresh, at := a.ID == "", s.now()
	bad, err := s.checkLinks(ctx, p, links{area: a.Area, goal: a.Goal, theme: a.Theme}, a.check())
	if err == nil {
		bad, err = s.checkOwner(ctx, a.Owner, bad)
	}
	if err == nil {
		err = fault.InvalidFields(bad)
	}
	if err != nil {
		return "", err
	}
	old := Action{ValidFrom: "none"} // a new one always moves
	if fresh {
		t, err := trace.New()
		if err != nil {
			return "", err
		}
		a.ID, a.Trace = ActionID(newID()), string(t)
	} else if old, err = ActionByID(ctx, s.db, a.ID); err != nil {
		return "", err
	}
	moved := old.ValidFrom != a.ValidFrom || old.ValidTo != a.ValidTo
	return a.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := touch(ctx, tx, p, at); err != nil {
			return err
		}
		if err := putAction(ctx, tx, who, a, fresh, at); err != nil {
			return err
		}
		if moved { // the ledger keeps the days of actions until it is told
			if err := ledger.PlaceAgain(ctx, tx, ""); err != nil {
				return err
			}
		}
		return note(ctx, tx, who, "plan.action", "plan.action", string(a.ID), p, nil, at)
	})
}

func putAction(ctx context.Context, tx *db.Tx, who access.Actor, a Action, fresh bool, at time.Time) error {
	if !fresh {
		return faster(tx.Exec(ctx, `update plan_actions set area = ?, goal = ?, title = ?, words = ?, kind = ?, owner = ?, theme = ?, valid_from = ?, valid_to = ?,
			revision = revision + 1, changed_at = ? where id = ? and plan = ? and revision = ?`,
			a.Area, a.Goal, a.Title, a.Words, a.Kind, a.Owner, a.Theme, a.ValidFrom, a.ValidTo, at.Unix(), a.ID, a.Plan, a.Revision))
	}
	n, err := tx.Exec(ctx, `insert into plan_actions (id, trace, plan, area, goal, no, code, title, words, kind, state, owner, theme, valid_from, valid_to, changed_at)
		select ?, ?, ?, ?, ?, coalesce(max(no), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, cast(? as bigint) from plan_actions where plan = ? on conflict (plan, code) do nothing`,
		a.ID, a.Trace, a.Plan, a.Area, a.Goal, a.Code, a.Title, a.Words, a.Kind, Proposed, a.Owner, a.Theme, a.ValidFrom, a.ValidTo, at.Unix(), a.Plan)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.InvalidFields([]fault.Field{{Name: "kod", Key: "plan.fault.code_taken"}})
	}
	return stepRow(ctx, tx, who, a, 1, Move{To: Proposed}, at)
}

// checkOwner adds a fault when an institution is not in the directory.
func (s *Service) checkOwner(ctx context.Context, id access.InstitutionID, bad []fault.Field) ([]fault.Field, error) {
	if id == "" {
		return bad, nil
	}
	names, err := s.Directory.Names(ctx, []access.InstitutionID{id})
	if err == nil && names[id] == "" {
		bad = append(bad, fault.Field{Name: "odpowiada", Key: "plan.fault.choose"})
	}
	return bad, err
}

// Move is a change of an action's state. Words say why it is dropped or what
// came of it; BoardNo and BoardOn name the decision of the association's board
// by which a mandatory action is dropped.
type Move struct {
	To      ActionState
	Words   string
	BoardNo string
	BoardOn string // YYYY-MM-DD
}

// ways are the states that may follow each state.
func (st ActionState) ways() []ActionState {
	return map[ActionState][]ActionState{Proposed: {Agreed, Dropped}, Agreed: {InProgress, Dropped}, InProgress: {Done, Dropped}}[st]
}

// mayMove is the rule of states. Mandatory actions are the least that all
// municipalities agreed on: only the board drops one, by a numbered decision.
// Work begins when the plan was adopted, not before.
func (a Action) mayMove(p State, m Move, today string) error {
	if !slices.Contains(a.State.ways(), m.To) {
		return fault.New(fault.Conflict, "plan.action.fault.state")
	}
	if p == Drafting && m.To != Dropped {
		return fault.New(fault.Conflict, "plan.action.fault.draft")
	}
	var bad []fault.Field
	if (m.To == Dropped || m.To == Done) && m.Words == "" {
		bad = append(bad, fault.Field{Name: "slowa", Key: "plan.action.fault.words"})
	}
	if len([]rune(m.Words)) > maxWords {
		bad = append(bad, fault.Field{Name: "slowa", Key: "plan.fault.long", Args: []any{"most", maxWords}})
	}
	if m.To == Dropped && a.Kind == Mandatory {
		if m.BoardNo == "" || len([]rune(m.BoardNo)) > 60 {
			bad = append(bad, fault.Field{Name: "uchwala", Key: "plan.action.fault.board"})
		}
		if !day(m.BoardOn) || m.BoardOn > today {
			bad = append(bad, fault.Field{Name: "dzien", Key: "plan.action.fault.board_on"})
		}
	}
	return fault.InvalidFields(bad)
}

// MoveAction changes the state of an action. Seen is the revision on the actor's
// screen. Who may: see Runs. Faults: Invalid with fields (words, decision of the
// board), Conflict when the state does not allow it or somebody was faster.
func (s *Service) MoveAction(ctx context.Context, who access.Actor, id ActionID, seen int64, m Move) (err error) {
	defer fault.Wrap(&err, "move action %s", id)
	a, err := ActionByID(ctx, s.db, id)
	if err != nil {
		return err
	}
	p, err := s.run(ctx, who, a.Plan)
	if err != nil {
		return err
	}
	m.Words, m.BoardNo = tidy(m.Words), oneLine(m.BoardNo)
	at := s.now()
	if err := a.mayMove(p.State, m, at.In(web.Warsaw).Format(time.DateOnly)); err != nil {
		return err
	}
	a.Revision = seen
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := stepAction(ctx, tx, who, a, m, at); err != nil {
			return err
		}
		return note(ctx, tx, who, "plan.action_state", "plan.action", string(id), p, map[string]string{"state": string(m.To)}, at)
	})
}

// stepAction writes the new state with its step and its place in the trace.
func stepAction(ctx context.Context, tx *db.Tx, who access.Actor, a Action, m Move, at time.Time) error {
	if err := faster(tx.Exec(ctx, `update plan_actions set state = ?, board_no = ?, board_on = ?, revision = revision + 1, changed_at = ? where id = ? and revision = ? and state = ?`,
		m.To, m.BoardNo, m.BoardOn, at.Unix(), a.ID, a.Revision, a.State)); err != nil {
		return err
	}
	return stepRow(ctx, tx, who, a, a.Revision+1, m, at)
}

func stepRow(ctx context.Context, tx *db.Tx, who access.Actor, a Action, no int64, m Move, at time.Time) error {
	if _, err := tx.Exec(ctx, `insert into plan_action_steps (action, no, state, words, board_no, by_person, at) values (?, ?, ?, ?, ?, ?, ?)`,
		a.ID, no, m.To, m.Words, m.BoardNo, who.Person, at.Unix()); err != nil {
		return err
	}
	audience := "public"
	if m.To == Proposed {
		audience = "role:" + string(access.AssociationOfficer) // the plan is a draft as yet
	}
	return trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(a.Trace), Kind: "plan.action", ID: string(a.ID), TitleKey: "plan.action.trace." + string(m.To), At: at.Unix(), Audience: audience})
}

// ActionStep is how an action came to a state.
type ActionStep struct {
	No      int64           `db:"no"`
	State   ActionState     `db:"state"`
	Words   string          `db:"words"`
	BoardNo string          `db:"board_no"`
	By      access.PersonID `db:"by_person"`
	At      int64           `db:"at"`
}

func stepsOf(ctx context.Context, r db.Reader, id ActionID) (list []ActionStep, err error) {
	return list, r.Select(ctx, &list, `select no, state, words, board_no, by_person, at from plan_action_steps where action = ? order by no`, id)
}

// Targets are all actions as the rules of the ledger see them, to be answered in
// wiring. Facts of a dropped action that came before stay its own; new ones need
// a rule that still names it.
func (s *Service) Targets(ctx context.Context) (list []ledger.Target, err error) {
	var rows []struct {
		ActionID  string `db:"id"`
		Plan      string `db:"plan"`
		Code      string `db:"code"`
		Title     string `db:"title"`
		ValidFrom string `db:"valid_from"`
		ValidTo   string `db:"valid_to"`
		OwnerName string `db:"owner_name"`
		YearFrom  int    `db:"year_from"`
		YearTo    int    `db:"year_to"`
	}
	err = s.db.Select(ctx, &rows, `select a.id, a.plan, a.code, a.title, a.valid_from, a.valid_to, p.title as owner_name, p.year_from, p.year_to
		from plan_actions a join plan_plans p on p.id = a.plan order by a.plan, a.no`)
	for _, r := range rows {
		t := ledger.Target{ID: r.ActionID, Owner: r.Plan, Name: r.Code + ". " + r.Title, OwnerName: r.OwnerName, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo}
		if t.ValidFrom == "" {
			t.ValidFrom = yearBegins(r.YearFrom)
		}
		if t.ValidTo == "" {
			t.ValidTo = yearEnds(r.YearTo)
		}
		list = append(list, t)
	}
	return list, err
}
