package survey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kladka/internal/platform/i18n"
)

// Fault is one fault of a definition. Place is the way to it inside the file,
// such as "sections.0.questions.2.title"; it is among Args as "place".
type Fault struct {
	Place string
	Key   string
	Args  []any
}

// Faults are all faults of the definition with their places, none for one that
// can be asked.
func (d Definition) Faults() []Fault {
	c := &defChecker{def: d, place: map[string]defPlace{}, edges: map[string][]string{}}
	c.head()
	c.index()
	n := 0
	for i, s := range d.Sections {
		c.section(i, s)
		n += len(s.Questions)
	}
	if n > maxQuestions {
		c.fault("sections", "many_questions", "most", maxQuestions)
	}
	return c.faults
}

// maxFaults keeps the list readable for a file that is wrong everywhere.
const maxFaults = 100

// defPlace is where a question stands.
type defPlace struct {
	section, question int // indexes
	q                 *Question
}

func (p defPlace) before(section, question int) bool {
	return p.section < section || p.section == section && p.question < question
}

type defChecker struct {
	def    Definition
	place  map[string]defPlace // of questions by id; of an id stated twice the first
	edges  map[string][]string // what a question or a section waits for; sections as "#2"
	faults []Fault
}

func (c *defChecker) fault(place, key string, args ...any) {
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, Fault{place, "survey.definition." + key, append([]any{"place", place}, args...)})
	}
}

func (c *defChecker) head() {
	d := c.def
	if !defPlain(d.Code) {
		c.fault("code", "id", "id", defShort(d.Code))
	}
	if d.Version < 0 || d.Version > maxNumber {
		c.fault("version", "version")
	}
	c.text("title", d.Title, true)
	c.text("intro", d.Intro, false)
	c.text("thanks", d.Thanks, false)
	if len(d.Sections) == 0 {
		c.fault("sections", "no_sections")
	}
	if len(d.Sections) > maxSections {
		c.fault("sections", "many_sections", "most", maxSections)
	}
}

// index learns where everything stands before conditions are looked at.
func (c *defChecker) index() {
	sections := map[string]bool{}
	for i := range c.def.Sections {
		s := &c.def.Sections[i]
		place := "sections." + strconv.Itoa(i)
		c.id(place, s.ID, sections)
		node := "#" + strconv.Itoa(i)
		c.edges[node] = defLooks(s.When, nil)
		for j := range s.Questions {
			q := &s.Questions[j]
			at := fmt.Sprintf("%s.questions.%d", place, j)
			if _, twice := c.place[q.ID]; twice {
				c.fault(at, "twice", "id", defShort(q.ID))
				continue
			}
			c.place[q.ID] = defPlace{i, j, q}
			c.edges[q.ID] = append(defLooks(q.When, nil), node)
		}
	}
}

// id checks one id among its siblings.
func (c *defChecker) id(place, id string, seen map[string]bool) {
	switch {
	case !defPlain(id):
		c.fault(place, "id", "id", defShort(id))
	case seen[id]:
		c.fault(place, "twice", "id", id)
	}
	seen[id] = true
}

// text checks a text: all languages, none unknown, not endless.
func (c *defChecker) text(place string, t Text, required bool) {
	if t == nil && !required {
		return
	}
	for _, lang := range i18n.Langs {
		s := t[lang]
		if strings.TrimSpace(s) == "" {
			c.fault(place, "language", "lang", string(lang))
		}
		if utf8.RuneCountInString(s) > maxLetters {
			c.fault(place, "long", "most", maxLetters)
		}
		if strings.IndexFunc(s, defControl) >= 0 || !utf8.ValidString(s) {
			c.fault(place, "control", "lang", string(lang))
		}
	}
	if len(t) > len(i18n.Langs) || slices.ContainsFunc(defLangs(t), func(l Lang) bool { return !i18n.Valid(string(l)) }) {
		c.fault(place, "unknown_language")
	}
}

func defLangs(t Text) []Lang {
	langs := make([]Lang, 0, len(t))
	for l := range t {
		langs = append(langs, l)
	}
	return langs
}

// defControl tells a character that no text of ours holds.
func defControl(r rune) bool { return r != '\n' && unicode.IsControl(r) }

func (c *defChecker) section(i int, s Section) {
	place := "sections." + strconv.Itoa(i)
	c.text(place+".title", s.Title, true)
	c.text(place+".text", s.Text, false)
	if len(s.Questions) == 0 {
		c.fault(place, "no_questions")
	}
	c.condition(place+".when", s.When, "#"+strconv.Itoa(i), i, 0)
	for j, q := range s.Questions {
		at := fmt.Sprintf("%s.questions.%d", place, j)
		if !defPlain(q.ID) {
			c.fault(at, "id", "id", defShort(q.ID))
		}
		c.text(at+".title", q.Title, true)
		c.text(at+".help", q.Help, false)
		c.question(at, q)
		c.condition(at+".when", q.When, q.ID, i, j)
	}
}

// question checks what its kind needs and what it does not take.
func (c *defChecker) question(place string, q Question) {
	switch q.Kind {
	case Single, Multiple, Ranking, Matrix, Scale, Number, FreeText:
	default:
		c.fault(place, "kind", "kind", defShort(string(q.Kind)))
		return
	}
	c.options(place+".options", q.Options, q.chosen() || q.Kind == Matrix, maxOptions, q.Kind == Multiple)
	c.options(place+".rows", q.Rows, q.Kind == Matrix, maxRows, false)
	if q.Kind == Matrix && len(q.Options) > maxColumns {
		c.fault(place+".options", "columns", "most", maxColumns)
	}
	c.bounds(place, q)
	c.amount(place, q)
	for name, t := range map[string]Text{".low_text": q.LowText, ".high_text": q.HighText} {
		if t != nil && q.Kind != Scale {
			c.fault(place+name, "not_here")
		}
		c.text(place+name, t, false)
	}
}

// chosen tells whether the answer is one or more options.
func (q Question) chosen() bool {
	return q.Kind == Single || q.Kind == Multiple || q.Kind == Ranking
}

func (c *defChecker) options(place string, list []Option, wanted bool, most int, alone bool) {
	if !wanted {
		if len(list) > 0 {
			c.fault(place, "not_here")
		}
		return
	}
	if len(list) == 0 {
		c.fault(place, "no_options")
	}
	if len(list) > most {
		c.fault(place, "many_options", "most", most)
		return
	}
	seen := map[string]bool{}
	for i, o := range list {
		at := place + "." + strconv.Itoa(i)
		c.id(at, o.ID, seen)
		c.text(at+".text", o.Text, true)
		if o.Alone && !alone {
			c.fault(at+".alone", "not_here")
		}
	}
}

// bounds checks the ends of a scale or a number.
func (c *defChecker) bounds(place string, q Question) {
	switch q.Kind {
	case Scale:
		if q.Low < 0 || q.High <= q.Low || q.High > 100 || q.High-q.Low > 10 {
			c.fault(place, "scale")
		}
	case Number:
		if q.Low < -maxNumber || q.High > maxNumber || q.High <= q.Low {
			c.fault(place, "bounds")
		}
	default:
		if q.Low != 0 || q.High != 0 {
			c.fault(place, "not_here")
		}
	}
}

// amount checks how many options, or how many letters.
func (c *defChecker) amount(place string, q Question) {
	ok := q.Most == 0 && q.Least == 0
	switch q.Kind {
	case FreeText:
		ok = q.Least == 0 && q.Most >= 0 && q.Most <= maxLetters
	case Multiple, Ranking:
		ok = q.Most >= 0 && q.Most <= len(q.Options) && q.Least >= 0 && q.Least <= q.most()
	}
	if !ok {
		c.fault(place, "amount")
	}
	if q.Kind == Ranking && q.most() > maxPlaces {
		c.fault(place, "places", "most", maxPlaces)
	}
}

// most is how many options may be chosen, or how many letters may be written.
func (q Question) most() int {
	switch {
	case q.Kind == FreeText && q.Most == 0:
		return usualLetters
	case q.Kind == Multiple && q.Most == 0, q.Kind == Ranking && q.Most == 0:
		return len(q.Options)
	case q.Kind == Single:
		return 1
	}
	return q.Most
}

// least is how few options may be chosen where the question is answered.
func (q Question) least() int { return max(1, q.Least) }

// condition checks the condition of the question or section node; a section
// stands before its first question, at index 0.
func (c *defChecker) condition(place string, when *Condition, node string, section, question int) {
	if when == nil {
		return
	}
	if len(defLooks(when, nil)) > maxLooks {
		c.fault(place, "many_looks", "most", maxLooks)
		return
	}
	c.part(place, *when, 1, func(at, id string) bool {
		p, known := c.place[id]
		switch {
		case !known:
			c.fault(at, "missing", "id", defShort(id))
			return false
		case p.before(section, question):
			return true
		}
		if way := c.way(id, node); way != nil {
			c.fault(at, "circle", "circle", strings.Join(c.names(append([]string{node}, way...)), " → "))
		} else {
			c.fault(at, "later", "id", id)
		}
		return false
	})
}

// part checks one condition and those inside it.
func (c *defChecker) part(place string, w Condition, depth int, stands func(place, id string) bool) {
	if depth > maxDepth {
		c.fault(place, "nesting")
		return
	}
	if w.shapes() != 1 || w.Question == "" && (w.Row != "" || w.Is != nil || w.AtLeast != nil || w.Answered != nil) {
		c.fault(place, "condition")
		return
	}
	for i, sub := range w.All {
		c.part(fmt.Sprintf("%s.all.%d", place, i), sub, depth+1, stands)
	}
	for i, sub := range w.Any {
		c.part(fmt.Sprintf("%s.any.%d", place, i), sub, depth+1, stands)
	}
	if w.Question != "" && stands(place, w.Question) {
		c.look(place, w, c.place[w.Question].q)
	}
}

// shapes counts the forms that a condition has; one is right.
func (w Condition) shapes() int {
	n := 0
	for _, has := range []bool{len(w.All) > 0, len(w.Any) > 0, w.Question != ""} {
		if has {
			n++
		}
	}
	return n
}

// look checks that what a condition asks of a question can be true.
func (c *defChecker) look(place string, w Condition, q *Question) {
	n := 0
	for _, has := range []bool{len(w.Is) > 0, w.AtLeast != nil, w.Answered != nil} {
		if has {
			n++
		}
	}
	if n != 1 {
		c.fault(place, "condition")
		return
	}
	if w.Row != "" && (q.Kind != Matrix || optionAt(q.Rows, w.Row) < 0) {
		c.fault(place+".row", "missing", "id", defShort(w.Row))
	}
	if w.AtLeast != nil && (q.Kind != Scale && q.Kind != Number || *w.AtLeast < q.Low || *w.AtLeast > q.High) {
		c.fault(place+".at_least", "never")
	}
	for i, id := range w.Is {
		if !q.takes(id) {
			c.fault(fmt.Sprintf("%s.is.%d", place, i), "missing", "id", defShort(id))
		}
	}
}

// takes tells whether value can be an answer, or part of one, to be looked for.
func (q *Question) takes(value string) bool {
	if q.Kind == Scale || q.Kind == Number {
		_, ok := q.number(value)
		return ok
	}
	return optionAt(q.Options, value) >= 0
}

// optionAt is the index of the option with an id, -1 when there is none.
func optionAt(list []Option, id string) int {
	for i := range list {
		if list[i].ID == id {
			return i
		}
	}
	return -1
}

// defLooks adds the questions that a condition looks at, each once.
func defLooks(w *Condition, to []string) []string {
	if w == nil {
		return to
	}
	if w.Question != "" && !slices.Contains(to, w.Question) {
		to = append(to, w.Question)
	}
	for i := range w.All {
		to = defLooks(&w.All[i], to)
	}
	for i := range w.Any {
		to = defLooks(&w.Any[i], to)
	}
	return to
}

// way finds how from waits for to, nil when it does not: the ids in between
// and to itself.
func (c *defChecker) way(from, to string) []string {
	before := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			way := []string{}
			for at := to; at != ""; at = before[at] {
				way = append(way, at)
			}
			slices.Reverse(way)
			return way
		}
		for _, next := range c.edges[queue[0]] {
			if _, seen := before[next]; !seen {
				before[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// names are the ids of questions and sections as they stand in the file.
func (c *defChecker) names(nodes []string) []string {
	out := make([]string, len(nodes))
	for i, n := range nodes {
		out[i] = n
		if at, err := strconv.Atoi(strings.TrimPrefix(n, "#")); n[:1] == "#" && err == nil {
			out[i] = c.def.Sections[at].ID
		}
		out[i] = defShort(out[i])
	}
	return out
}
