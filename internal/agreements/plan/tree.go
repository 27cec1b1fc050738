package plan

import (
	"context"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/ledger"
	"kladka/internal/directory"
	"kladka/internal/platform/audit"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/trace"
)

// Bounds of what is typed into a plan.
const (
	maxTitle = 300
	maxWords = 4000
	maxYears = 12 // school years of one plan
)

// Tree is a plan with all that stands in it, in its order.
type Tree struct {
	Plan       Plan
	Areas      []Area
	Goals      []Goal
	Actions    []Action
	Indicators []Indicator
}

// TreeOf reads a plan as a whole. It asks four times, however large the plan is.
func TreeOf(ctx context.Context, r db.Reader, p Plan) (t Tree, err error) {
	t.Plan = p
	for _, one := range []struct {
		into  any
		query string
	}{{&t.Areas, `select id, plan, no, title, words from plan_areas where plan = ? order by no`},
		{&t.Goals, `select ` + goalColumns + ` from plan_goals g where g.plan = ? order by g.no`},
		{&t.Actions, `select ` + actionColumns + ` from plan_actions a where a.plan = ? order by a.no`},
		{&t.Indicators, `select ` + indicatorColumns + ` from plan_indicators i where i.plan = ? order by i.id`}} {
		if err := r.Select(ctx, one.into, one.query, p.ID); err != nil {
			return t, err
		}
	}
	return t, nil
}

// GoalByID is a goal, or ErrNotFound.
func GoalByID(ctx context.Context, r db.Reader, id GoalID) (g Goal, err error) {
	if _, err = known(string(id)); err != nil {
		return g, err
	}
	return g, r.Get(ctx, &g, `select `+goalColumns+` from plan_goals g where g.id = ?`, id)
}

// AreaByID is an area, or ErrNotFound.
func AreaByID(ctx context.Context, r db.Reader, id AreaID) (a Area, err error) {
	if _, err = known(string(id)); err != nil {
		return a, err
	}
	return a, r.Get(ctx, &a, `select id, plan, no, title, words from plan_areas where id = ?`, id)
}

// Plans are the plans that the actor may see, the newest years first.
func (s *Service) Plans(ctx context.Context, who access.Actor) (list []Plan, err error) {
	var all []Plan
	err = s.db.Select(ctx, &all, `select `+planColumns+` from plan_plans p order by p.year_from desc, p.id desc limit 100`)
	for _, p := range all {
		if Sees(who, p) == nil {
			list = append(list, p)
		}
	}
	return list, err
}

// checkText puts faults of a title and of words into a list.
func checkTitle(title, words string) (bad []fault.Field) {
	if title == "" {
		bad = append(bad, fault.Field{Name: "tytul", Key: "plan.fault.title"})
	}
	if len([]rune(title)) > maxTitle {
		bad = append(bad, fault.Field{Name: "tytul", Key: "plan.fault.long", Args: []any{"most", maxTitle}})
	}
	if len([]rune(words)) > maxWords {
		bad = append(bad, fault.Field{Name: "slowa", Key: "plan.fault.long", Args: []any{"most", maxWords}})
	}
	return bad
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func (p Plan) check() error {
	bad := checkTitle(p.Title, p.Words)
	if p.YearFrom < 2000 || p.YearFrom > 2100 {
		bad = append(bad, fault.Field{Name: "od", Key: "plan.fault.year"})
	}
	if p.YearTo < p.YearFrom || p.YearTo >= p.YearFrom+maxYears {
		bad = append(bad, fault.Field{Name: "do", Key: "plan.fault.years", Args: []any{"most", maxYears}})
	}
	return fault.InvalidFields(bad)
}

// SavePlan writes the title, the words and the years of a plan; without an id it
// begins a draft. P.Revision is what the actor saw. Who may: see Runs. Faults:
// Invalid with fields, Conflict when somebody was faster.
func (s *Service) SavePlan(ctx context.Context, who access.Actor, p Plan) (_ ID, err error) {
	defer fault.Wrap(&err, "save plan %s", p.ID)
	if err := Runs(who); err != nil {
		return "", err
	}
	p.Title, p.Words = oneLine(p.Title), tidy(p.Words)
	p.TitleKey = i18n.SortKey(p.Title)
	if err := p.check(); err != nil {
		return "", err
	}
	fresh, at := p.ID == "", s.now()
	if fresh {
		if p.Owner, err = s.association(ctx); err != nil {
			return "", err
		}
		t, err := trace.New()
		if err != nil {
			return "", err
		}
		p.ID, p.Trace = ID(newID()), string(t)
	}
	return p.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := putPlan(ctx, tx, p, fresh, who, at); err != nil {
			return err
		}
		if !fresh { // actions without days of their own have those of the plan
			if err := ledger.PlaceAgain(ctx, tx, ""); err != nil {
				return err
			}
		}
		return note(ctx, tx, who, "plan.save", "plan", string(p.ID), p, nil, at)
	})
}

func putPlan(ctx context.Context, tx *db.Tx, p Plan, fresh bool, who access.Actor, at time.Time) error {
	if fresh {
		_, err := tx.Exec(ctx, `insert into plan_plans (id, trace, owner, title, title_key, words, year_from, year_to, state, created_by, created_at, changed_at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, p.ID, p.Trace, p.Owner, p.Title, p.TitleKey, p.Words, p.YearFrom, p.YearTo, Drafting, who.Person, at.Unix(), at.Unix())
		return err
	}
	n, err := tx.Exec(ctx, `update plan_plans set title = ?, title_key = ?, words = ?, year_from = ?, year_to = ?, revision = revision + 1, changed_at = ?
		where id = ? and revision = ?`, p.Title, p.TitleKey, p.Words, p.YearFrom, p.YearTo, at.Unix(), p.ID, p.Revision)
	return faster(n, err)
}

// faster is the fault of a change that found its row changed meanwhile.
func faster(n int64, err error) error {
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "plan.fault.faster")
	}
	return err
}

// association is the institution that plans belong to, "" where the directory
// has none.
func (s *Service) association(ctx context.Context) (access.InstitutionID, error) {
	all, err := s.Directory.OfKind(ctx, directory.Association)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0].ID, nil
}

// MovePlan adopts a draft, with all its proposed actions, or closes an adopted
// plan. Who may: see Runs. Conflict when the plan does not stand so, or an
// adoption finds no goal in it.
func (s *Service) MovePlan(ctx context.Context, who access.Actor, id ID, seen int64, to State) (err error) {
	defer fault.Wrap(&err, "move plan %s", id)
	p, err := s.run(ctx, who, id)
	if err != nil {
		return err
	}
	from := map[State]State{Adopted: Drafting, Closed: Adopted}[to]
	if from == "" || p.State != from {
		return fault.New(fault.Conflict, "plan.fault.state")
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := faster(tx.Exec(ctx, `update plan_plans set state = ?, revision = revision + 1, changed_at = ? where id = ? and revision = ? and state = ?`,
			to, at.Unix(), id, seen, from)); err != nil {
			return err
		}
		if to == Adopted {
			if err := adoptActions(ctx, tx, who, p, at); err != nil {
				return err
			}
		}
		if err := trace.Step(ctx, tx, trace.StepRow{Trace: trace.ID(p.Trace), Kind: "plan", ID: string(p.ID), TitleKey: "plan.trace." + string(to), At: at.Unix(), Audience: "public"}); err != nil {
			return err
		}
		return note(ctx, tx, who, "plan.state", "plan", string(id), p, map[string]string{"state": string(to)}, at)
	})
}

// adoptActions lets the proposed actions of a plan follow it.
func adoptActions(ctx context.Context, tx *db.Tx, who access.Actor, p Plan, at time.Time) error {
	var goals int
	if err := tx.Get(ctx, &goals, `select count(*) from plan_goals where plan = ?`, p.ID); err != nil {
		return err
	}
	if goals == 0 {
		return fault.New(fault.Conflict, "plan.fault.no_goals")
	}
	var proposed []Action
	if err := tx.Select(ctx, &proposed, `select `+actionColumns+` from plan_actions a where a.plan = ? and a.state = ? order by a.no`, p.ID, Proposed); err != nil {
		return err
	}
	for _, a := range proposed {
		if err := stepAction(ctx, tx, who, a, Move{To: Agreed}, at); err != nil {
			return err
		}
	}
	return nil
}

// run is a plan for who writes it.
func (s *Service) run(ctx context.Context, who access.Actor, id ID) (Plan, error) {
	p, err := ByID(ctx, s.db, id)
	if err != nil {
		return p, err
	}
	return p, runs(who, p)
}

// see is a plan for who may see it.
func (s *Service) see(ctx context.Context, who access.Actor, id ID) (Plan, error) {
	p, err := ByID(ctx, s.db, id)
	if err != nil {
		return p, err
	}
	return p, Sees(who, p)
}

// SaveArea writes an area; without an id it is added at the end. Who may: see Runs.
func (s *Service) SaveArea(ctx context.Context, who access.Actor, a Area) (err error) {
	defer fault.Wrap(&err, "save area %s", a.ID)
	p, err := s.run(ctx, who, a.Plan)
	if err != nil {
		return err
	}
	a.Title, a.Words = oneLine(a.Title), tidy(a.Words)
	if err := fault.InvalidFields(checkTitle(a.Title, a.Words)); err != nil {
		return err
	}
	fresh, at := a.ID == "", s.now()
	if fresh {
		a.ID = AreaID(newID())
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := touch(ctx, tx, p, at); err != nil {
			return err
		}
		if fresh {
			_, err = tx.Exec(ctx, `insert into plan_areas (id, plan, no, title, words) select ?, ?, coalesce(max(no), 0) + 1, ?, ? from plan_areas where plan = ?`,
				a.ID, p.ID, a.Title, a.Words, p.ID)
		} else {
			err = faster(tx.Exec(ctx, `update plan_areas set title = ?, words = ? where id = ? and plan = ?`, a.Title, a.Words, a.ID, p.ID))
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, who, "plan.area", "plan.area", string(a.ID), p, nil, at)
	})
}

// touch locks a plan against another change of what stands in it, so that
// numbers and codes are given once.
func touch(ctx context.Context, tx *db.Tx, p Plan, at time.Time) error {
	return faster(tx.Exec(ctx, `update plan_plans set revision = revision + 1, changed_at = ? where id = ?`, at.Unix(), p.ID))
}

// SaveGoal writes a goal in plain words; without an id it is added at the end.
// G.Revision is what the actor saw. Who may: see Runs.
func (s *Service) SaveGoal(ctx context.Context, who access.Actor, g Goal) (_ GoalID, err error) {
	defer fault.Wrap(&err, "save goal %s", g.ID)
	p, err := s.run(ctx, who, g.Plan)
	if err != nil {
		return "", err
	}
	g.Title, g.Words = oneLine(g.Title), tidy(g.Words)
	bad := checkTitle(g.Title, g.Words)
	bad, err = s.checkLinks(ctx, p, links{area: g.Area, theme: g.Theme}, bad)
	if err == nil {
		err = fault.InvalidFields(bad)
	}
	if err != nil {
		return "", err
	}
	fresh, at := g.ID == "", s.now()
	if fresh {
		g.ID = GoalID(newID())
	}
	return g.ID, s.db.Write(ctx, func(tx *db.Tx) error {
		if err := touch(ctx, tx, p, at); err != nil {
			return err
		}
		if err := putGoal(ctx, tx, g, fresh); err != nil {
			return err
		}
		return note(ctx, tx, who, "plan.goal", "plan.goal", string(g.ID), p, nil, at)
	})
}

func putGoal(ctx context.Context, tx *db.Tx, g Goal, fresh bool) error {
	if fresh {
		_, err := tx.Exec(ctx, `insert into plan_goals (id, plan, area, no, title, words, theme) select ?, ?, ?, coalesce(max(no), 0) + 1, ?, ?, ? from plan_goals where plan = ?`,
			g.ID, g.Plan, g.Area, g.Title, g.Words, g.Theme, g.Plan)
		return err
	}
	return faster(tx.Exec(ctx, `update plan_goals set area = ?, title = ?, words = ?, theme = ?, revision = revision + 1 where id = ? and plan = ? and revision = ?`,
		g.Area, g.Title, g.Words, g.Theme, g.ID, g.Plan, g.Revision))
}

// links are what a part of a plan points at within the plan.
type links struct {
	area   AreaID
	goal   GoalID
	action ActionID
	theme  string
}

// checkLinks adds a fault for each that is not of the plan.
func (s *Service) checkLinks(ctx context.Context, p Plan, on links, bad []fault.Field) ([]fault.Field, error) {
	for _, one := range []struct{ field, query, id string }{
		{"obszar", `select count(*) from plan_areas where id = ? and plan = ?`, string(on.area)},
		{"cel", `select count(*) from plan_goals where id = ? and plan = ?`, string(on.goal)},
		{"dzialanie", `select count(*) from plan_actions where id = ? and plan = ?`, string(on.action)}} {
		if one.id == "" {
			continue
		}
		var n int
		if err := s.db.Get(ctx, &n, one.query, one.id, p.ID); err != nil {
			return nil, err
		}
		if n == 0 {
			bad = append(bad, fault.Field{Name: one.field, Key: "plan.fault.choose"})
		}
	}
	if on.theme != "" && on.theme != Inclusion {
		var n int
		if err := s.db.Get(ctx, &n, `select count(*) from plan_themes where id = ?`, on.theme); err != nil {
			return nil, err
		}
		if n == 0 {
			bad = append(bad, fault.Field{Name: "temat", Key: "plan.fault.choose"})
		}
	}
	return bad, nil
}

// AddTheme adds a theme. Who may: see Runs.
func (s *Service) AddTheme(ctx context.Context, who access.Actor, title string) (_ string, err error) {
	defer fault.Wrap(&err, "add a theme")
	if err := Runs(who); err != nil {
		return "", err
	}
	title = oneLine(title)
	if err := fault.InvalidFields(checkTitle(title, "")); err != nil {
		return "", err
	}
	id, at := newID(), s.now()
	return id, s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `insert into plan_themes (id, title, title_key) values (?, ?, ?)`, id, title, i18n.SortKey(title)); err != nil {
			return err
		}
		return themed(ctx, tx, who, id, at)
	})
}

// themed logs what was done to a theme. The ledger keeps which topics are of
// which theme until it is told, and the name of a theme may say so.
func themed(ctx context.Context, tx *db.Tx, who access.Actor, id string, at time.Time) error {
	if err := ledger.PlaceAgain(ctx, tx, ""); err != nil {
		return err
	}
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: "plan.theme", Object: "plan.theme", ObjectID: id}, at)
}

// themeByID is a theme that somebody added, or ErrNotFound.
func themeByID(ctx context.Context, r db.Reader, id string) (t Theme, err error) {
	if _, err = known(id); err != nil {
		return t, err
	}
	return t, r.Get(ctx, &t, `select id, title, title_key, words from plan_themes where id = ?`, id)
}

// RenameTheme gives a theme another name; what refers to it stays. Before is the
// name on the actor's screen. Who may: see Runs. Faults: NotFound, also for the
// theme that is there from the start, whose name is a message; Invalid; Conflict
// when somebody was faster.
func (s *Service) RenameTheme(ctx context.Context, who access.Actor, id, before, title string) (err error) {
	defer fault.Wrap(&err, "rename theme %s", id)
	if err := Runs(who); err != nil {
		return err
	}
	if _, err := themeByID(ctx, s.db, id); err != nil {
		return err
	}
	title = oneLine(title)
	if err := fault.InvalidFields(checkTitle(title, "")); err != nil {
		return err
	}
	at := s.now()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := faster(tx.Exec(ctx, `update plan_themes set title = ?, title_key = ? where id = ? and title = ?`, title, i18n.SortKey(title), id, before)); err != nil {
			return err
		}
		return themed(ctx, tx, who, id, at)
	})
}

// Themes are all themes with their names in the reader's language.
func (s *Service) Themes(ctx context.Context, l *i18n.L) ([]Theme, error) {
	var rows []Theme
	err := s.db.Select(ctx, &rows, `select id, title, title_key, words from plan_themes order by title_key, id limit 100`)
	return append([]Theme{{ID: Inclusion, Title: l.T("plan.theme.inclusion"), Words: l.T("plan.theme.inclusion_words")}}, rows...), err
}

// note writes the log of a deed to a plan.
func note(ctx context.Context, tx *db.Tx, who access.Actor, deed, object, id string, p Plan, details map[string]string, at time.Time) error {
	return audit.Record(ctx, tx, who.By(), audit.Entry{Action: deed, Object: object, ObjectID: id, Institution: string(p.Owner), Details: details}, at)
}
