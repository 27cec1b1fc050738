package plan

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Finding is what the diagnosis says, and on which figures it rests.
type Finding struct {
	ID        string          `db:"id"`
	Plan      ID              `db:"plan"`
	Revision  int64           `db:"revision"`
	No        int             `db:"no"`
	Title     string          `db:"title"`
	Words     string          `db:"words"`
	Theme     string          `db:"theme"`
	By        access.PersonID `db:"by_person"`
	ChangedAt int64           `db:"changed_at"`
	Rests     []Rest          `db:"-"`
	Goals     []GoalID        `db:"-"`
}

const findingColumns = `f.id, f.plan, f.revision, f.no, f.title, f.words, f.theme, f.by_person, f.changed_at`

// Rest is a figure that a finding rests on: as it was when it was taken, and as
// the source has it now. A difference is shown, never mended in silence: the
// words were written about the older number.
type Rest struct {
	Finding string `db:"finding"`
	Source  string `db:"source"`
	Title   string `db:"title"` // of the source
	Unit    string `db:"unit"`
	Period  string `db:"period"`
	Town    string `db:"town"`
	Year    int    `db:"year"`
	Value   string `db:"value"`
	Now     string `db:"now_value"` // "" when it is gone
}

// Stale tells that the source says something else by now.
func (r Rest) Stale() bool { return r.Value != r.Now }

// mostRests keeps a finding to what it is about.
const mostRests = 40

// Findings are the findings of a plan in their order, with figures and goals.
// Faults: NotFound for who may not see the plan.
func (s *Service) Findings(ctx context.Context, who access.Actor, p Plan) (list []Finding, err error) {
	defer fault.Wrap(&err, "read findings of plan %s", p.ID)
	if err := Sees(who, p); err != nil {
		return nil, err
	}
	if err := s.db.Select(ctx, &list, `select `+findingColumns+` from plan_findings f where f.plan = ? order by f.no`, p.ID); err != nil {
		return nil, err
	}
	return list, s.fillFindings(ctx, list)
}

// FindingsOfGoal are the findings that a goal follows from, with their figures,
// for the page of the goal; whoever sees the goal sees them.
func (s *Service) FindingsOfGoal(ctx context.Context, goal GoalID) (list []Finding, err error) {
	defer fault.Wrap(&err, "read findings of goal %s", goal)
	if err := s.db.Select(ctx, &list, `select `+findingColumns+` from plan_findings f join plan_finding_goals g on g.finding = f.id where g.goal = ? order by f.no`, goal); err != nil {
		return nil, err
	}
	return list, s.fillFindings(ctx, list)
}

// FindingByID is one finding with its plan. Faults: NotFound.
func (s *Service) FindingByID(ctx context.Context, who access.Actor, id string) (f Finding, p Plan, err error) {
	defer fault.Wrap(&err, "read finding %s", id)
	if id, err = known(id); err != nil {
		return f, p, err
	}
	if err = s.db.Get(ctx, &f, `select `+findingColumns+` from plan_findings f where f.id = ?`, id); err != nil {
		return f, p, err
	}
	if p, err = ByID(ctx, s.db, f.Plan); err != nil {
		return f, p, err
	}
	if err = Sees(who, p); err != nil {
		return f, p, err
	}
	one := []Finding{f}
	err = s.fillFindings(ctx, one)
	return one[0], p, err
}

// fillFindings reads figures and goals of a few findings in two queries.
func (s *Service) fillFindings(ctx context.Context, list []Finding) error {
	at := map[string]int{}
	var ids []string
	for n, f := range list {
		at[f.ID] = n
		ids = append(ids, f.ID)
	}
	for some := range slices.Chunk(ids, db.MaxParams-10) {
		var rests []Rest
		query, args, err := db.In(`select r.finding, r.source, s.title, s.unit, s.period, r.town, r.year, r.value, coalesce(g.value, '') as now_value
			from plan_finding_figures r join plan_sources s on s.id = r.source
			left join plan_figures g on g.source = r.source and g.town = r.town and g.year = r.year
			where r.finding in (?) order by r.finding, s.title_key, r.source, r.year, r.town`, some)
		if err != nil {
			return err
		}
		if err := s.db.Select(ctx, &rests, query, args...); err != nil {
			return err
		}
		for _, r := range rests {
			list[at[r.Finding]].Rests = append(list[at[r.Finding]].Rests, r)
		}
		if query, args, err = db.In(`select l.finding, l.goal from plan_finding_goals l join plan_goals g on g.id = l.goal where l.finding in (?) order by l.finding, g.no`, some); err != nil {
			return err
		}
		err = s.db.Each(ctx, func(scan func(dest ...any) error) error {
			var finding string
			var goal GoalID
			if err := scan(&finding, &goal); err != nil {
				return err
			}
			list[at[finding]].Goals = append(list[at[finding]].Goals, goal)
			return nil
		}, query, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// SaveFinding writes a finding of a plan, a new one when its id is "", and
// returns the id. Of f count title, words, theme, the goals that follow from it,
// and the figures it rests on by source, municipality and year: their values are
// taken from the source as they are now, and one that was taken before keeps its
// value unless renew says that the finding holds with the new ones, too.
//
// Who may: whoever runs plans. Faults: NotFound, Forbidden; Invalid with fields,
// also for a finding that rests on nothing or on a figure that is not there;
// Conflict when somebody was faster.
func (s *Service) SaveFinding(ctx context.Context, who access.Actor, plan ID, f Finding, seen int64, renew bool) (id string, err error) {
	defer fault.Wrap(&err, "save a finding of plan %s", plan)
	p, err := s.run(ctx, who, plan)
	if err != nil {
		return "", err
	}
	f.Title, f.Words = cleanLine(f.Title), tidy(f.Words)
	if err := s.checkFinding(ctx, f, p); err != nil {
		return "", err
	}
	fresh, now := newID(), s.now()
	id = cmp.Or(f.ID, fresh)
	return id, s.db.Write(ctx, func(tx *db.Tx) error {
		if f.ID == "" {
			err = addFinding(ctx, tx, who, id, p, f, now)
		} else {
			err = faster(tx.Exec(ctx, `update plan_findings set title = ?, words = ?, theme = ?, by_person = ?, changed_at = ?, revision = revision + 1 where id = ? and plan = ? and revision = ?`,
				f.Title, f.Words, f.Theme, who.Person, now.Unix(), id, plan, seen))
		}
		if err != nil {
			return err
		}
		if err := putRests(ctx, tx, id, plan, f.Rests, renew); err != nil {
			return err
		}
		if err := putGoals(ctx, tx, id, plan, f.Goals); err != nil {
			return err
		}
		return note(ctx, tx, who, "plan.finding", "plan.finding", id, p, nil, now)
	})
}

// addFinding writes a new finding under the next number.
func addFinding(ctx context.Context, tx *db.Tx, who access.Actor, id string, p Plan, f Finding, at time.Time) error {
	if err := touch(ctx, tx, p, at); err != nil {
		return err
	}
	var no int
	if err := tx.Get(ctx, &no, `select coalesce(max(no), 0) + 1 from plan_findings where plan = ?`, p.ID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `insert into plan_findings (id, plan, no, title, words, theme, by_person, changed_at) values (?, ?, ?, ?, ?, ?, ?, ?)`,
		id, p.ID, no, f.Title, f.Words, f.Theme, who.Person, at.Unix())
	return err
}

func (s *Service) checkFinding(ctx context.Context, f Finding, p Plan) error {
	var wrong []fault.Field
	add := func(bad bool, name, key string, args ...any) {
		if bad {
			wrong = append(wrong, fault.Field{Name: name, Key: "plan.finding.fault." + key, Args: args})
		}
	}
	add(f.Title == "", "tytul", "title")
	add(utf8.RuneCountInString(f.Title) > 300, "tytul", "long", "n", 300)
	add(utf8.RuneCountInString(f.Words) > longestPart, "opis", "long", "n", longestPart)
	add(len(f.Rests) == 0, "liczby", "no_figures")
	add(len(f.Rests) > mostRests, "liczby", "many", "n", mostRests)
	wrong, err := s.checkLinks(ctx, p, links{theme: f.Theme}, wrong)
	if err != nil {
		return err
	}
	return fault.InvalidFields(wrong)
}

func putRests(ctx context.Context, tx *db.Tx, id string, plan ID, rests []Rest, renew bool) error {
	var kept []Rest
	if err := tx.Select(ctx, &kept, `select finding, source, town, year, value from plan_finding_figures where finding = ?`, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from plan_finding_figures where finding = ?`, id); err != nil {
		return err
	}
	for _, r := range rests {
		old := slices.IndexFunc(kept, func(k Rest) bool { return k.Source == r.Source && k.Town == r.Town && k.Year == r.Year })
		var n int64
		var err error
		if old >= 0 && !renew {
			n, err = tx.Exec(ctx, `insert into plan_finding_figures (finding, source, town, year, value) values (?, ?, ?, ?, ?) on conflict (finding, source, town, year) do nothing`,
				id, r.Source, r.Town, r.Year, kept[old].Value)
		} else {
			n, err = tx.Exec(ctx, `insert into plan_finding_figures (finding, source, town, year, value)
				select ?, f.source, f.town, f.year, f.value from plan_figures f join plan_sources s on s.id = f.source
				where f.source = ? and f.town = ? and f.year = ? and s.plan = ?`, id, r.Source, r.Town, r.Year, plan)
		}
		if err == nil && n == 0 {
			err = fault.InvalidFields([]fault.Field{{Name: "liczby", Key: "plan.finding.fault.gone"}})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func putGoals(ctx context.Context, tx *db.Tx, id string, plan ID, goals []GoalID) error {
	if _, err := tx.Exec(ctx, `delete from plan_finding_goals where finding = ?`, id); err != nil {
		return err
	}
	for _, g := range goals {
		if _, err := tx.Exec(ctx, `insert into plan_finding_goals (finding, goal) select ?, g.id from plan_goals g where g.id = ? and g.plan = ? on conflict (finding, goal) do nothing`, id, g, plan); err != nil {
			return err
		}
	}
	return nil
}

// restKey names a figure in a form: source, year and municipality.
func restKey(source string, year int, town string) string {
	return source + "." + strconv.Itoa(year) + "." + town
}

// restOf reads restKey back; what is none names no figure.
func restOf(key string) Rest {
	source, rest, _ := strings.Cut(key, ".")
	year, town, _ := strings.Cut(rest, ".")
	n, _ := strconv.Atoi(year)
	return Rest{Source: source, Year: n, Town: town}
}
