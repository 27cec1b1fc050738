package plan

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"kladka/internal/access"
	"kladka/internal/agreements/formula"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
)

// maxUnit are the characters of a unit and of a source.
const maxUnit = 60

// IndicatorByID is an indicator, or ErrNotFound.
func IndicatorByID(ctx context.Context, r db.Reader, id IndicatorID) (i Indicator, err error) {
	if _, err = known(string(id)); err != nil {
		return i, err
	}
	return i, r.Get(ctx, &i, `select `+indicatorColumns+` from plan_indicators i where i.id = ?`, id)
}

// tidied is an indicator as it is kept: spaces in their places, numbers in one
// writing, and nothing that its way of coming to a value does not use.
func (i Indicator) tidied() Indicator {
	i.Title, i.Unit, i.Code, i.Source = oneLine(i.Title), oneLine(i.Unit), oneLine(i.Code), oneLine(i.Source)
	i.Words, i.Formula = tidy(i.Words), oneLine(i.Formula)
	for _, number := range []*string{&i.Baseline, &i.Target} {
		if text, _, ok := formula.Decimal(*number); ok {
			*number = text
		}
	}
	if i.Baseline == "" {
		i.BaselineYear = 0
	}
	if i.Target == "" {
		i.TargetYear = 0
	}
	if i.Way == ByFormula {
		i.Asked, i.Adds, i.Frequency = "", false, Yearly
		if f, err := formula.Parse(i.Formula); err == nil {
			i.Formula = f.String()
		}
	} else {
		i.Formula = ""
	}
	return i
}

// check is what can be said of an indicator by itself.
func (i Indicator) check() (bad []fault.Field) {
	bad = checkTitle(i.Title, i.Words)
	add := func(field, key string, wrong bool, args ...any) {
		if wrong {
			bad = append(bad, fault.Field{Name: field, Key: key, Args: args})
		}
	}
	add("kod", "plan.fault.code", !codes.MatchString(i.Code))
	add("jednostka", "plan.fault.unit", i.Unit == "")
	add("jednostka", "plan.fault.long", len([]rune(i.Unit)) > maxUnit, "most", maxUnit)
	add("zrodlo", "plan.fault.long", len([]rune(i.Source)) > maxTitle, "most", maxTitle)
	add("cel", "plan.indicator.fault.one", i.Goal != "" && i.Action != "")
	for _, n := range []struct {
		field, text string
		year        int
	}{{"baza", i.Baseline, i.BaselineYear}, {"docelowo", i.Target, i.TargetYear}} {
		_, _, ok := formula.Decimal(n.text)
		add(n.field, "plan.indicator.fault.number", n.text != "" && !ok)
		add(n.field+"_rok", "plan.fault.year", n.text != "" && (n.year < 2000 || n.year > 2100))
	}
	switch i.Way {
	case ByFormula:
		if _, err := formula.Parse(i.Formula); err != nil {
			bad = append(bad, formulaFault(err))
		}
	case Entered:
		add("pyta", "plan.fault.choose", i.Asked != AskTowns && i.Asked != AskOwner)
		add("czestosc", "plan.fault.choose", i.Frequency != Yearly && i.Frequency != HalfYearly)
	default:
		add("sposob", "plan.fault.choose", true)
	}
	return bad
}

func formulaFault(err error) fault.Field {
	e := err.(*formula.Error) // what Parse gives, always
	return fault.Field{Name: "wzor", Key: "plan.formula." + e.Key, Args: []any{"at", e.At, "word", e.Word, "most", formula.MaxLength}}
}

// named is what the formulas of a plan can name.
type named struct {
	actions    map[string]ActionID
	indicators map[string]Indicator
}

func (t Tree) named() named {
	n := named{map[string]ActionID{}, map[string]Indicator{}}
	for _, a := range t.Actions {
		n.actions[a.Code] = a.ID
	}
	for _, i := range t.Indicators {
		n.indicators[i.Code] = i
	}
	return n
}

// refers are the codes that the formula of an indicator rests on.
func (n named) refers(code string) []string {
	i := n.indicators[code]
	if i.Way != ByFormula {
		return nil
	}
	f, err := formula.Parse(i.Formula)
	if err != nil {
		return nil
	}
	return f.Refers()
}

// checkFormula says what is wrong with the formula of an indicator among the
// others of its plan: it names what is not there, reads what nobody enters, or
// leads back to itself.
func (n named) checkFormula(i Indicator) []fault.Field {
	f, err := formula.Parse(i.Formula)
	if i.Way != ByFormula || err != nil {
		return nil // said by check
	}
	wrong := func(key string, args ...any) []fault.Field {
		return []fault.Field{{Name: "wzor", Key: key, Args: args}}
	}
	n.indicators[i.Code] = i
	for _, c := range f.Calls() {
		of, there := n.indicators[c.Value]
		switch {
		case c.Scope == formula.ScopeAction && n.actions[c.Value] == "":
			return wrong("plan.indicator.fault.no_action", "code", c.Value)
		case !c.Measure.OfLedger() && !there:
			return wrong("plan.indicator.fault.no_indicator", "code", c.Value)
		case c.Measure == formula.Reading && of.Way != Entered:
			return wrong("plan.indicator.fault.not_read", "code", c.Value)
		}
	}
	if path := formula.Cycle(i.Code, n.refers); path != nil {
		return wrong("plan.indicator.fault.cycle", "path", strings.Join(path, " → "))
	}
	return nil
}

// SaveIndicator writes an indicator; without an id it is a new one of its plan.
// Words say why it is changed. The version before stays to be seen. I.Version is
// what the actor saw. Who may: see Runs. Faults: Invalid with fields, the formula
// with the place that is wrong or the way on which it leads back to itself;
// Conflict when somebody was faster.
func (s *Service) SaveIndicator(ctx context.Context, who access.Actor, i Indicator, words string) (_ IndicatorID, err error) {
	defer fault.Wrap(&err, "save indicator %s", i.ID)
	p, err := s.run(ctx, who, i.Plan)
	if err != nil {
		return "", err
	}
	i, words = i.tidied(), tidy(words)
	fresh, at := i.ID == "", s.now()
	bad := i.check()
	if !fresh && words == "" {
		bad = append(bad, fault.Field{Name: "powod", Key: "plan.indicator.fault.why"})
	}
	if len([]rune(words)) > maxWords {
		bad = append(bad, fault.Field{Name: "powod", Key: "plan.fault.long", Args: []any{"most", maxWords}})
	}
	bad, err = s.checkLinks(ctx, p, links{goal: i.Goal, action: i.Action, theme: i.Theme}, bad)
	if err == nil {
		bad, err = s.checkOwner(ctx, i.Owner, bad)
	}
	if err == nil {
		bad, err = s.checkNames(ctx, i, bad)
	}
	if err == nil {
		err = fault.InvalidFields(bad)
	}
	if err != nil {
		return "", err
	}
	if fresh {
		i.ID = IndicatorID(newID())
	}
	return i.ID, s.db.Write(ctx, func(tx *db.Tx) error { return saveIndicator(ctx, tx, who, p, i, words, fresh, at) })
}

// checkNames adds a fault for what a formula names and nobody knows: it would be
// a nought for ever. Actions and indicators of the plan are checkFormula's.
func (s *Service) checkNames(ctx context.Context, i Indicator, bad []fault.Field) ([]fault.Field, error) {
	f, err := formula.Parse(i.Formula)
	if i.Way != ByFormula || err != nil {
		return bad, nil // said by check
	}
	sp, err := s.speaks(ctx, s.Catalog.In(i18n.PL), Tree{})
	for _, c := range f.Calls() {
		there := true
		switch c.Scope {
		case formula.ScopeTheme:
			there = sp.themes[c.Value] != ""
		case formula.ScopeArea:
			there = s.AreaNames == nil || sp.areas[c.Value] != ""
		case formula.ScopeKind:
			there = slices.Contains(formulaKinds(), c.Value)
		}
		if !there {
			bad = append(bad, fault.Field{Name: "wzor", Key: "plan.indicator.fault.no_scope", Args: []any{"what", c.Scope + "=" + c.Value}})
		}
	}
	return bad, err
}

// saveIndicator checks the formula within the transaction: two formulas that are
// right alone may lead to each other.
func saveIndicator(ctx context.Context, tx *db.Tx, who access.Actor, p Plan, i Indicator, words string, fresh bool, at time.Time) error {
	if err := touch(ctx, tx, p, at); err != nil {
		return err
	}
	t, err := TreeOf(ctx, tx, p)
	if err != nil {
		return err
	}
	old := slices.IndexFunc(t.Indicators, func(o Indicator) bool { return o.ID == i.ID })
	if old >= 0 {
		i.Code = t.Indicators[old].Code // formulas name it
	} else if !fresh {
		return fault.ErrNotFound
	}
	if err := fault.InvalidFields(t.named().checkFormula(i)); err != nil {
		return err
	}
	if err := putIndicator(ctx, tx, i, fresh, at); err != nil {
		return err
	}
	body, err := json.Marshal(i)
	if err != nil {
		return err
	}
	version := i.Version + 1
	if fresh {
		version = 1
	}
	if _, err := tx.Exec(ctx, `insert into plan_indicator_versions (indicator, version, body, words, by_person, at) values (?, ?, ?, ?, ?, ?)`,
		i.ID, version, string(body), words, who.Person, at.Unix()); err != nil {
		return err
	}
	return note(ctx, tx, who, "plan.indicator", "plan.indicator", string(i.ID), p, nil, at)
}

func putIndicator(ctx context.Context, tx *db.Tx, i Indicator, fresh bool, at time.Time) error {
	said := []any{i.Action, i.Goal, i.Title, i.Unit, i.Words, i.Baseline, i.BaselineYear, i.Target, i.TargetYear, i.Down, i.Way, i.Formula, i.Asked, i.Adds,
		i.Source, i.Frequency, i.Owner, i.Theme, at.Unix()}
	if !fresh {
		return faster(tx.Exec(ctx, `update plan_indicators set action = ?, goal = ?, title = ?, unit = ?, words = ?, baseline = ?, baseline_year = ?, target = ?, target_year = ?,
			down = ?, way = ?, formula = ?, asked = ?, adds = ?, source = ?, frequency = ?, owner = ?, theme = ?, changed_at = ?, version = version + 1
			where id = ? and plan = ? and version = ?`, append(said, i.ID, i.Plan, i.Version)...))
	}
	n, err := tx.Exec(ctx, `insert into plan_indicators (action, goal, title, unit, words, baseline, baseline_year, target, target_year, down, way, formula, asked, adds,
		source, frequency, owner, theme, changed_at, id, plan, code) values `+db.Marks(1, len(said)+3)+` on conflict (plan, code) do nothing`, append(said, i.ID, i.Plan, i.Code)...)
	if err == nil && n == 0 {
		err = fault.InvalidFields([]fault.Field{{Name: "kod", Key: "plan.fault.code_taken"}})
	}
	return err
}

// IndicatorVersion is what an indicator said at a time.
type IndicatorVersion struct {
	Version int64           `db:"version"`
	Body    string          `db:"body"`
	Words   string          `db:"words"`
	By      access.PersonID `db:"by_person"`
	At      int64           `db:"at"`
}

// Said is the indicator as it was.
func (v IndicatorVersion) Said() (i Indicator, err error) {
	return i, json.Unmarshal([]byte(v.Body), &i)
}

// versionsOf are the versions of an indicator, the newest first.
func versionsOf(ctx context.Context, r db.Reader, id IndicatorID) (list []IndicatorVersion, err error) {
	return list, r.Select(ctx, &list, `select version, body, words, by_person, at from plan_indicator_versions where indicator = ? order by version desc limit 100`, id)
}

// changes are the names of fields in which two versions differ, as message keys
// end, in a fixed order.
func (i Indicator) changes(before Indicator) (list []string) {
	for _, f := range []struct {
		name   string
		differ bool
	}{{"title", i.Title != before.Title}, {"words", i.Words != before.Words}, {"unit", i.Unit != before.Unit},
		{"baseline", i.Baseline != before.Baseline || i.BaselineYear != before.BaselineYear},
		{"target", i.Target != before.Target || i.TargetYear != before.TargetYear || i.Down != before.Down},
		{"way", i.Way != before.Way || i.Asked != before.Asked || i.Adds != before.Adds}, {"formula", i.Formula != before.Formula},
		{"source", i.Source != before.Source}, {"frequency", i.Frequency != before.Frequency}, {"owner", i.Owner != before.Owner},
		{"place", i.Goal != before.Goal || i.Action != before.Action}, {"theme", i.Theme != before.Theme}} {
		if f.differ {
			list = append(list, f.name)
		}
	}
	return list
}
