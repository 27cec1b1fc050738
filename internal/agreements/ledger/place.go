package ledger

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"kladka/internal/access"
	"kladka/internal/platform/db"
	"kladka/internal/platform/fault"
)

// Rule leads activities to an area, to an action, or to both. An empty
// condition is met by any activity. Of a topic those below it are met as well.
type Rule struct {
	No     int                  `db:"no"`
	Kind   string               `db:"kind"`
	Form   string               `db:"form"`
	Topic  string               `db:"topic"`
	Center access.InstitutionID `db:"center"`
	Area   string               `db:"area"`
	Action string               `db:"action"`
}

// RuleSet is a version of the rules. It holds for activities from its day on,
// until the day of the next version; of two from the same day, the later one.
type RuleSet struct {
	ID        string `db:"id"`
	ValidFrom string `db:"valid_from"`
	Words     string `db:"words"` // why it was changed
	By        string `db:"by_person"`
	At        int64  `db:"at"`
	Progress  string `db:"progress"` // of the work that applies it
	Rules     []Rule `db:"-"`
}

// Place is a scope in which an activity counts, and the rule that led there: ""
// where the source itself names the target, or none is needed.
type Place struct {
	Scope   Scope  `db:"scope"`
	Owner   string `db:"owner"` // of the area or action: agreement or plan
	RuleSet string `db:"ruleset"`
	Rule    int    `db:"rule"`
}

// meets tells whether an activity is one of those that the rule is about;
// topics are all that its topics count under.
func (r Rule) meets(a Activity, topics map[string]bool) bool {
	return (r.Kind == "" || r.Kind == a.Kind) && (r.Form == "" || r.Form == a.Form) &&
		(r.Center == "" || r.Center == a.Center) && (r.Topic == "" || topics[r.Topic])
}

// holds tells whether a target holds on a day.
func (t Target) holds(on string) bool {
	return t.ID != "" && t.ValidFrom <= on && (t.ValidTo == "" || on <= t.ValidTo)
}

// setOn is the version of the rules that holds on a day. Sets are in the order
// of their days, then of when they were made.
func setOn(sets []RuleSet, on string) (found RuleSet) {
	for _, set := range sets {
		if set.ValidFrom <= on {
			found = set
		}
	}
	return found
}

// world is what placing depends on besides the activity and its marks.
type world struct {
	version int64
	sets    []RuleSet
	areas   map[string]Target
	actions map[string]Target
	above   map[string][]string
	themes  []string
}

// place is the rule of placing. What the source names comes first. Then the
// rules of the activity's day in their order: for each agreement the first rule
// that is met and whose area holds on that day decides, and for each plan the
// first whose action holds. An area counts when the agreement is among those of
// joint; otherwise the activity stands near it.
func (w world) place(a Activity, joint func(agreement string) bool) []Place {
	places := []Place{{Scope: All}, {Scope: Kind(a.Kind)}}
	topics := w.topics(a)
	for _, theme := range w.themes {
		if topics[theme] {
			places = append(places, Place{Scope: Theme(theme)})
		}
	}
	decided := map[string]bool{}
	put := func(targets map[string]Target, id string, p Place, scope func(Target) Scope) {
		t := targets[id]
		if !t.holds(a.On) || decided[t.Owner] {
			return
		}
		p.Scope, p.Owner, decided[t.Owner] = scope(t), t.Owner, true
		places = append(places, p)
	}
	area := func(t Target) Scope {
		if joint(t.Owner) {
			return Area(t.ID)
		}
		return Near(t.ID)
	}
	action := func(t Target) Scope { return Action(t.ID) }
	for _, id := range a.Areas {
		put(w.areas, id, Place{}, area)
	}
	for _, id := range a.Actions {
		put(w.actions, id, Place{}, action)
	}
	set := setOn(w.sets, a.On)
	for _, r := range set.Rules {
		if r.meets(a, topics) {
			put(w.areas, r.Area, Place{RuleSet: set.ID, Rule: r.No}, area)
			put(w.actions, r.Action, Place{RuleSet: set.ID, Rule: r.No}, action)
		}
	}
	slices.SortFunc(places, func(a, b Place) int { return cmp.Compare(a.Scope, b.Scope) })
	return places
}

func (w world) topics(a Activity) map[string]bool {
	all := map[string]bool{}
	for _, id := range a.Topics {
		all[id] = true
		for _, up := range w.above[id] {
			all[up] = true
		}
	}
	return all
}

// worldVersion is raised by whatever changes where activities belong.
const worldVersion = "ledger.placing"

// placing keeps the world of a version, read whole and then only read.
type placing struct {
	mu   sync.Mutex
	last *world
}

// world reads what placing depends on. Outside of transactions.
func (s *Service) world(ctx context.Context) (_ world, err error) {
	defer fault.Wrap(&err, "read what placing depends on")
	version, err := db.Version(ctx, s.db, worldVersion)
	if err != nil {
		return world{}, err
	}
	s.kept.mu.Lock()
	last := s.kept.last
	s.kept.mu.Unlock()
	if last != nil && last.version == version {
		return *last, nil
	}
	w := world{version: version, areas: map[string]Target{}, actions: map[string]Target{}}
	if w.sets, err = ruleSets(ctx, s.db); err != nil {
		return w, err
	}
	if err := s.askWorld(ctx, &w); err != nil {
		return w, err
	}
	s.kept.mu.Lock()
	s.kept.last = &w
	s.kept.mu.Unlock()
	return w, nil
}

func (s *Service) askWorld(ctx context.Context, w *world) (err error) {
	if s.Topics != nil {
		if w.above, err = s.Topics.Above(ctx); err != nil {
			return err
		}
		if w.themes, err = s.Topics.Themes(ctx); err != nil {
			return err
		}
	}
	if s.Targets == nil {
		return nil
	}
	areas, err := s.Targets.Areas(ctx)
	if err != nil {
		return err
	}
	actions, err := s.Targets.Actions(ctx)
	for _, t := range areas {
		w.areas[t.ID] = t
	}
	for _, t := range actions {
		w.actions[t.ID] = t
	}
	return err
}

// setPlaces puts an activity where it belongs now: what it leaves loses its
// facts, what it comes to gains them. Where one of its years is frozen its
// people cannot be counted anew, so it stays where it is; then false.
func setPlaces(ctx context.Context, tx *db.Tx, a Activity, want []Place) (bool, error) {
	have, err := placesOf(ctx, tx, a.Ref)
	if err != nil {
		return false, err
	}
	gone, come, other := comparePlaces(have, want)
	if len(gone)+len(come) > 0 {
		facts, err := holding(ctx, tx, a.Ref)
		if err != nil {
			return false, err
		}
		if frozen, err := lockYears(ctx, tx, facts); err != nil || len(frozen) > 0 {
			return false, err
		}
		if err := postMove(ctx, tx, a.Ref, gone, facts, -1); err != nil {
			return false, err
		}
		if err := postMove(ctx, tx, a.Ref, come, facts, 1); err != nil {
			return false, err
		}
	}
	return true, writePlaces(ctx, tx, a, gone, append(other, pick(want, come)...))
}

// lockYears locks the years of facts, the earliest first, and tells which of
// them are frozen.
func lockYears(ctx context.Context, tx *db.Tx, facts []line) (frozen []int, err error) {
	var years []int
	for _, l := range facts {
		years = append(years, l.Year)
	}
	slices.Sort(years)
	for _, year := range slices.Compact(years) {
		one, err := lockYear(ctx, tx, year)
		if err != nil {
			return nil, err
		}
		if one {
			frozen = append(frozen, year)
		}
	}
	return frozen, nil
}

// comparePlaces tells which scopes end, which are new, and which places stay
// with another reason.
func comparePlaces(have, want []Place) (gone, come []Scope, other []Place) {
	in := func(list []Place, scope Scope) (Place, bool) {
		n := slices.IndexFunc(list, func(p Place) bool { return p.Scope == scope })
		if n < 0 {
			return Place{}, false
		}
		return list[n], true
	}
	for _, p := range have {
		if _, ok := in(want, p.Scope); !ok {
			gone = append(gone, p.Scope)
		}
	}
	for _, p := range want {
		if was, ok := in(have, p.Scope); !ok {
			come = append(come, p.Scope)
		} else if was != p {
			other = append(other, p)
		}
	}
	return gone, come, other
}

func pick(list []Place, scopes []Scope) (picked []Place) {
	for _, p := range list {
		if slices.Contains(scopes, p.Scope) {
			picked = append(picked, p)
		}
	}
	return picked
}

func placesOf(ctx context.Context, r db.Reader, ref Ref) (list []Place, err error) {
	err = r.Select(ctx, &list, `select scope, owner, ruleset, rule from ledger_places where kind = ? and id = ? order by scope`, ref.Kind, ref.ID)
	return list, err
}

func scopesOf(places []Place) (list []Scope) {
	for _, p := range places {
		list = append(list, p.Scope)
	}
	return list
}

func writePlaces(ctx context.Context, tx *db.Tx, a Activity, gone []Scope, put []Place) error {
	if len(gone) > 0 {
		query, args, err := db.In(`delete from ledger_places where kind = ? and id = ? and scope in (?)`, a.Kind, a.ID, gone)
		if err == nil {
			_, err = tx.Exec(ctx, query, args...)
		}
		if err != nil {
			return err
		}
	}
	var rows [][]any
	for _, p := range put {
		rows = append(rows, []any{a.Kind, a.ID, p.Scope, p.Owner, p.RuleSet, p.Rule, a.SchoolYear, sortKey(a.On)})
	}
	return writeRows(ctx, tx, `insert into ledger_places (kind, id, scope, owner, ruleset, rule, school_year, sort_key) values `, rows,
		` on conflict (kind, id, scope) do update set owner = excluded.owner, ruleset = excluded.ruleset, rule = excluded.rule`)
}

// sortKey is a day as lists sort by it.
func sortKey(on string) string { return strings.ReplaceAll(on, "-", "") }

// holding are the facts of an activity that hold.
func holding(ctx context.Context, r db.Reader, ref Ref) (list []line, err error) {
	err = r.Select(ctx, &list, `select `+lineColumns+` from ledger_facts f where f.activity_kind = ? and f.activity = ? and `+holds+` order by f.id`, ref.Kind, ref.ID)
	return list, err
}

const (
	lineColumns = `f.by_seat, f.by_running, f.grp, f.person_key, f.keyed, f.people, f.minutes, f.money, f.source <> 'event' as hand, f.school_year, f.taken_at`
	holds       = `f.sign = 1 and exists (select 1 from ledger_latest l where l.key = f.key and l.fact = f.id)`
)
