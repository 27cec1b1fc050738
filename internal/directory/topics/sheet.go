package topics

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"kladka/internal/access"
	"kladka/internal/platform/fault"
	"kladka/internal/platform/i18n"
	"kladka/internal/platform/sheet"
)

// The vocabulary as a sheet. What is written can be read back: export and
// import of an unchanged sheet make an empty difference.

// columnsOf are the columns of the sheet; the first title is the one we write.
var columnsOf = []sheet.Column{
	{Name: fieldCode, Titles: []string{"kod", "code"}, Required: true},
	{Name: fieldKind, Titles: []string{"rodzaj", "kind"}},
	{Name: fieldParent, Titles: []string{"nadrzędny", "parent", "kod nadrzędny"}},
	{Name: nameField(i18n.PL), Titles: []string{"nazwa_pl", "name_pl", "nazwa", "nazwa polska"}, Required: true},
	{Name: nameField(i18n.EN), Titles: []string{"nazwa_en", "name_en", "nazwa angielska"}, Required: true},
	{Name: nameField(i18n.UK), Titles: []string{"nazwa_uk", "name_uk", "nazwa ukraińska"}, Required: true},
	{Name: synonymsField(i18n.PL), Titles: []string{"synonimy_pl", "synonyms_pl", "synonimy", "synonyms"}},
	{Name: synonymsField(i18n.EN), Titles: []string{"synonimy_en", "synonyms_en", "synonimy angielskie"}},
	{Name: synonymsField(i18n.UK), Titles: []string{"synonimy_uk", "synonyms_uk", "synonimy ukraińskie"}},
	{Name: fieldFrom, Titles: []string{"od", "from", "obowiązuje od"}},
	{Name: fieldUntil, Titles: []string{"do", "until", "obowiązuje do"}},
	{Name: fieldBasis, Titles: []string{"podstawa prawna", "podstawa", "basis", "legal basis"}},
	{Name: fieldState, Titles: []string{"stan", "state"}},
}

// SheetLimits are those of a sheet of topics: its cells hold lists of synonyms.
func SheetLimits() sheet.Limits {
	return sheet.Limits{Bytes: 4 << 20, Rows: 5000, Columns: 40, Cell: mostSynonyms * (longestName + 2)}
}

// kindWords and stateWords are what stands in the cells.
var (
	kindWords  = map[Kind]string{Subject: "temat", TrainingForm: "forma doskonalenia", Policy: "kierunek polityki"}
	stateWords = map[State]string{Current: "obowiązuje", Retired: "wycofany", Merged: "połączony", Split: "podzielony"}
)

func kindOf(word string) Kind {
	for k, w := range kindWords {
		if i18n.Fold(word) == i18n.Fold(w) || word == string(k) {
			return k
		}
	}
	return Kind(word)
}

func stateOf(word string) State {
	for s, w := range stateWords {
		if i18n.Fold(word) == i18n.Fold(w) || word == string(s) {
			return s
		}
	}
	return State(word)
}

// Header are the headings of the sheet.
func Header() []string {
	var titles []string
	for _, c := range columnsOf {
		titles = append(titles, c.Titles[0])
	}
	return titles
}

// Rows are the whole vocabulary as a sheet, parents before what is below them.
func (s *Service) Rows(ctx context.Context) (iter.Seq2[[]string, error], error) {
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return nil, err
	}
	return func(yield func([]string, error) bool) {
		for _, t := range v.inTreeOrder() {
			if !yield(cellsOf(v.record(t)), nil) {
				return
			}
		}
	}, nil
}

// inTreeOrder are all topics, of all states, kind by kind, parents first.
func (v *vocabulary) inTreeOrder() (list []*Topic) {
	var walk func(parent ID, kind Kind)
	walk = func(parent ID, kind Kind) {
		for _, t := range v.below[parent] {
			if t.Kind == kind {
				list = append(list, t)
				walk(t.ID, kind)
			}
		}
	}
	for _, k := range Kinds() {
		walk("", k)
	}
	return list
}

func cellsOf(r Record) []string {
	cells := []string{r.Code, kindWords[r.Kind], r.Parent, r.Names[i18n.PL], r.Names[i18n.EN], r.Names[i18n.UK]}
	for _, lang := range []i18n.Lang{i18n.PL, i18n.EN, i18n.UK} {
		cells = append(cells, strings.Join(r.Synonyms[lang], "; "))
	}
	return append(cells, r.From, r.Until, r.Basis, stateWords[r.State])
}

// Plan is the difference between a sheet and the vocabulary. What is not in
// the sheet stays as it is: a sheet may hold a part.
type Plan struct {
	Read     int // rows
	Changes  []Change
	Problems []Problem
}

// Actions of a change, named as package importing does.
const (
	ActionNew      = "new"
	ActionChanged  = "changed"
	ActionClosed   = "closed"   // retired
	ActionReopened = "reopened" // restored
)

// Change is what one row of the sheet would do.
type Change struct {
	Action string
	Row    int
	ID     ID    // of a new one: made beforehand
	Base   int64 // revision that was compared with; 0 for a new one
	Before Record
	After  Record
	Fields []Difference
}

// Problem is a row that is left out, and why.
type Problem struct {
	Row  int
	Code string
	Key  string
	Args []any
}

// PlanImport compares a sheet with the vocabulary. Nothing is written. Who asks
// must hold EditTopics; a sheet without the required columns is Invalid. Rows
// that cannot be taken become problems, together with what hangs on them.
func (s *Service) PlanImport(ctx context.Context, who access.Actor, t *sheet.Table) (p Plan, err error) {
	defer fault.Wrap(&err, "compare a sheet with the vocabulary")
	if err := who.Must(access.EditTopics); err != nil {
		return p, err
	}
	m, err := t.Match(columnsOf...)
	if err != nil {
		return p, err
	}
	v, err := s.vocabularyNow(ctx)
	if err != nil {
		return p, err
	}
	pl := &planner{v: v, rows: map[string]*planned{}}
	pl.read(t, m)
	pl.settle()
	return Plan{Read: len(t.Rows), Changes: pl.changes(), Problems: pl.sorted()}, nil
}

// planner finds out which rows can be taken together.
type planner struct {
	v        *vocabulary
	rows     map[string]*planned // by code
	problems []Problem
}

// planned is a row with the topic it would make.
type planned struct {
	n      int
	Record Record
	was    *Topic
	topic  *Topic
}

func (p *planner) problem(row int, code, key string, args ...any) {
	p.problems = append(p.problems, Problem{row, code, key, args})
}

// reject leaves a row out.
func (p *planner) reject(code, key string, args ...any) {
	if r := p.rows[code]; r != nil {
		delete(p.rows, code)
		p.problem(r.n, code, key, args...)
	}
}

// read takes the rows that are right in themselves, and each code once.
func (p *planner) read(t *sheet.Table, m sheet.Match) {
	twice := map[string]bool{}
	for _, row := range t.Rows {
		code := m.Value(row, fieldCode)
		was := p.v.byCode[code]
		r := p.recordOf(m, row, was)
		if twice[code] || p.rows[code] != nil {
			twice[code] = true
			p.reject(code, "topics.problem.double")
			p.problem(row.N, code, "topics.problem.double")
			continue
		}
		if key, args := wrong(r, was); key != "" {
			p.problem(row.N, code, key, args...)
			continue
		}
		p.rows[code] = &planned{n: row.N, Record: r, was: was}
	}
}

// recordOf is a row over what there was: a column that the sheet does not have
// changes nothing.
func (p *planner) recordOf(m sheet.Match, row sheet.Row, was *Topic) Record {
	r := Record{Code: m.Value(row, fieldCode), Kind: Subject, State: Current, Names: map[i18n.Lang]string{}, Synonyms: map[i18n.Lang][]string{}}
	if was != nil {
		r = p.v.record(was)
	}
	take := func(field string, set func(string)) {
		if m.Has(field) {
			set(strings.Join(strings.Fields(m.Value(row, field)), " "))
		}
	}
	take(fieldKind, func(s string) { r.Kind = cmp.Or(kindOf(s), Subject) })
	take(fieldParent, func(s string) { r.Parent = s })
	take(fieldFrom, func(s string) { r.From = s })
	take(fieldUntil, func(s string) { r.Until = s })
	take(fieldBasis, func(s string) { r.Basis = s })
	take(fieldState, func(s string) { r.State = cmp.Or(stateOf(s), Current) })
	for _, lang := range i18n.Langs {
		take(nameField(lang), func(s string) { r.Names[lang] = s })
		take(synonymsField(lang), func(s string) { r.Synonyms[lang] = words(s, r.Names[lang]) })
		if len(r.Synonyms[lang]) == 0 {
			delete(r.Synonyms, lang)
		}
	}
	return r
}

// wrong tells why a row cannot be taken whatever the others say.
func wrong(r Record, was *Topic) (key string, args []any) {
	if faults := r.faults(); len(faults) > 0 {
		return faults[0].Key, faults[0].Args
	}
	switch {
	case was == nil && r.State != Current:
		return "topics.problem.new_state", nil
	case was == nil:
		return "", nil
	case r.Kind != was.Kind:
		return "topics.problem.kind", nil
	case r.State == was.State && (was.State == Merged || was.State == Split):
		return "", nil
	case was.State == Merged || was.State == Split || r.State != Current && r.State != Retired:
		return "topics.problem.state", nil
	}
	return "", nil
}

// settle leaves out what does not fit, until all that is left fits together.
// Each round leaves out at least one row, so it ends.
func (p *planner) settle() {
	for {
		before := len(p.rows)
		p.rejectOrphans()
		p.rejectMisfits(p.outcome())
		if len(p.rows) == before {
			return
		}
	}
}

// rejectOrphans leaves out rows whose parent is neither in the vocabulary nor
// in the sheet, and then those below them.
func (p *planner) rejectOrphans() {
	for again := true; again; {
		again = false
		for code, r := range p.rows {
			parent := r.Record.Parent
			if parent != "" && p.v.byCode[parent] == nil && p.rows[parent] == nil {
				p.reject(code, "topics.fault.parent_unknown")
				again = true
			}
		}
	}
}

// outcome is the vocabulary as it would be.
func (p *planner) outcome() *vocabulary {
	ids := map[string]ID{}
	for code, t := range p.v.byCode {
		ids[code] = t.ID
	}
	for code, r := range p.rows {
		if r.was == nil {
			ids[code] = cmp.Or(r.id(), NewID())
		}
	}
	var list []*Topic
	for _, t := range p.v.list {
		if p.rows[t.Code] == nil {
			list = append(list, t)
		}
	}
	for code, r := range p.rows {
		t := r.Record.apply(r.was, ids[r.Record.Parent])
		t.ID, t.State = ids[code], r.Record.State
		if r.was == nil {
			t.StandsFor = t.ID
		}
		r.topic = t
		list = append(list, t)
	}
	return build(list, p.v.parts)
}

func (r *planned) id() ID {
	if r.topic == nil {
		return ""
	}
	return r.topic.ID
}

// rejectMisfits looks at the vocabulary as it would be. Cycles go first: what
// hangs on one is right as soon as the cycle is gone.
func (p *planner) rejectMisfits(v *vocabulary) {
	if p.rejectCycles(v) {
		return
	}
	type named struct {
		kind Kind
		lang i18n.Lang
		text string
	}
	seen := map[named]*Topic{}
	for _, t := range v.list {
		if row := p.rows[t.Code]; row != nil {
			if key := p.misplaced(v, t); key != "" {
				p.reject(t.Code, key)
				continue
			}
		}
		if depth := len(v.above(t.ID)) + 1; depth > Levels {
			p.rejectNearest(v, t, "topics.fault.parent_deep", "n", Levels)
		}
		if t.State != Current {
			continue
		}
		for _, lang := range i18n.Langs {
			name := named{t.Kind, lang, t.From + " " + i18n.Fold(t.Names[lang])}
			if other := seen[name]; other != nil {
				p.rejectNamesake(t, other)
			}
			seen[name] = t
		}
	}
}

// misplaced tells why a row cannot stand where it says.
func (p *planner) misplaced(v *vocabulary, t *Topic) string {
	row := p.rows[t.Code]
	if row.was != nil && row.was.State == Current && t.State == Retired && len(v.children(t.ID)) > 0 {
		return "topics.fault.children"
	}
	parent := v.byID[t.Parent]
	if parent == nil || row.was != nil && row.was.Parent == t.Parent && row.was.State == t.State {
		return ""
	}
	if parent.Kind != t.Kind {
		return "topics.fault.parent_kind"
	}
	if t.State == Current && parent.State != Current {
		return "topics.fault.parent_state"
	}
	return ""
}

// rejectNamesake leaves out a row that brings a name which is there already, of
// two such rows the later one. Two that were there before may stay alike.
func (p *planner) rejectNamesake(a, b *Topic) {
	x, y := p.rows[a.Code], p.rows[b.Code]
	if y != nil && (x == nil || y.n > x.n) {
		a, b, x, y = b, a, y, x
	}
	if x != nil && p.brings(x) {
		p.reject(a.Code, "topics.fault.namesake", "code", b.Code)
	} else if y != nil && p.brings(y) {
		p.reject(b.Code, "topics.fault.namesake", "code", a.Code)
	}
}

// brings tells whether a row changes something.
func (p *planner) brings(r *planned) bool {
	return r.was == nil || len(differences(p.v.record(r.was), r.Record)) > 0
}

// rejectNearest leaves out the row that moved a topic too deep: its own, or the
// nearest above it.
func (p *planner) rejectNearest(v *vocabulary, t *Topic, key string, args ...any) {
	for _, a := range append([]*Topic{t}, v.above(t.ID)...) {
		row := p.rows[a.Code]
		if row != nil && (row.was == nil || row.was.Parent != a.Parent) {
			p.reject(a.Code, key, args...)
			return
		}
	}
}

// rejectCycles leaves out the rows that close a circle, and tells whether there
// were any. The vocabulary itself has none, so each circle has such a row.
func (p *planner) rejectCycles(v *vocabulary) bool {
	found := false
	walked := map[ID]int{}
	for n, start := range v.list {
		at := start
		for at != nil && walked[at.ID] == 0 {
			walked[at.ID] = n + 1
			at = v.byID[at.Parent]
		}
		if at == nil || walked[at.ID] != n+1 {
			continue
		}
		for t := at; ; {
			if row := p.rows[t.Code]; row != nil && (row.was == nil || row.was.Parent != t.Parent) {
				p.reject(t.Code, "topics.problem.cycle")
				found = true
			}
			if t = v.byID[t.Parent]; t == at {
				break
			}
		}
	}
	return found
}

// changes are the rows that would change something, parents before what is
// below them, else in the order of the sheet.
func (p *planner) changes() []Change {
	v := p.outcome()
	var list []Change
	for _, r := range p.rows {
		c := Change{Row: r.n, ID: r.topic.ID, After: v.record(r.topic)}
		c.Action = ActionNew
		if r.was != nil {
			c.Before, c.Base = p.v.record(r.was), r.was.Revision
			c.Action = actionOf(c.Before.State, c.After.State)
		}
		if c.Fields = differences(c.Before, c.After); len(c.Fields) > 0 {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Change) int {
		return cmp.Or(len(v.above(a.ID))-len(v.above(b.ID)), a.Row-b.Row)
	})
	return list
}

func actionOf(was, is State) string {
	switch {
	case was == Current && is == Retired:
		return ActionClosed
	case was == Retired && is == Current:
		return ActionReopened
	}
	return ActionChanged
}

func (p *planner) sorted() []Problem {
	slices.SortStableFunc(p.problems, func(a, b Problem) int { return a.Row - b.Row })
	return p.problems
}
