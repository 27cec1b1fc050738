package survey

import (
	"slices"
	"strconv"

	"kladka/internal/platform/i18n"
	"kladka/internal/platform/web"
)

// A drawn section and its questions. Everything is in the reader's language
// already, so that drawing holds no rules.
type (
	formSection struct {
		ID, Title, Text, Only    string
		Lang                     string // where the words fell back to another language
		Optional, Prefix, Choose string // words that questions need
		Questions                []formQuestion
	}
	formQuestion struct {
		Kind        Kind
		Name        string // of the first field
		No          int
		Title, Help string
		Rule        string // how much, how many
		Only        string // when it is to be answered
		Fault       string
		Lang        string
		Value       string // typed
		Digits      bool   // of a number without a sign
		Lines       int    // of a text
		Required    bool
		Choices     []formChoice // the columns of a matrix, what can stand at a place
		Rows        []formRow    // of a matrix, or the places of a ranking
	}
	formChoice struct {
		Value, Label, Note string
		On                 bool
	}
	formRow struct {
		Name, Label, Value, Fault string
	}
)

// formDrawing draws one form.
type formDrawing struct {
	l      *i18n.L
	form   Form
	faults map[string]string
	words  conditionWords
	none   string // "no answer"
}

// sections are the parts of the form to draw.
func (f Form) sections(p web.Page) []formSection {
	d := &formDrawing{l: p.L, form: f, faults: f.Faults, words: wordsOf(p.L, &f.Def), none: p.T("survey.form.no_answer")}
	if d.faults == nil && len(p.Errors) > 0 {
		d.faults = map[string]string{}
		for _, e := range p.Errors {
			if d.faults[e.Name] == "" {
				d.faults[e.Name] = p.L.T(e.Key, e.Args...)
			}
		}
	}
	var clean Answers
	if f.Section >= 0 {
		clean = f.Def.walk(f.Answers, nil, nil)
	}
	var all []formSection
	n := 0
	for i := range f.Def.Sections {
		s := &f.Def.Sections[i]
		if f.Section < 0 || f.Section == i {
			all = append(all, d.section(s, n, clean))
		}
		n += len(s.Questions)
	}
	return all
}

// section draws a section whose questions begin after number n.
func (d *formDrawing) section(s *Section, n int, clean Answers) formSection {
	title, lang := s.Title.In(d.l)
	out := formSection{ID: s.ID, Title: title, Lang: d.other(lang),
		Optional: d.l.T("form.optional"), Prefix: d.l.T("form.error_prefix"), Choose: d.l.T("survey.form.choose"), Questions: make([]formQuestion, 0, len(s.Questions))}
	out.Text, _ = s.Text.In(d.l)
	if s.When != nil && d.form.Section < 0 {
		out.Only = d.words.sentence("survey.form.only_section", s.When)
	}
	for i := range s.Questions {
		q := &s.Questions[i]
		only := ""
		if q.When != nil {
			// On a page of its own, what was asked on earlier pages is known.
			if d.form.Section >= 0 && !within(q.When, s) {
				if !q.When.met(clean, d.words.questions) {
					continue
				}
			} else {
				only = d.words.sentence("survey.form.only", q.When)
			}
		}
		out.Questions = append(out.Questions, d.question(q, n+i+1, only))
	}
	return out
}

// within tells whether a condition looks at a question of the section itself.
func within(w *Condition, s *Section) bool {
	return slices.ContainsFunc(defLooks(w, nil), func(id string) bool {
		return slices.ContainsFunc(s.Questions, func(q Question) bool { return q.ID == id })
	})
}

// other is the attribute of a language that is not the page's, else "".
func (d *formDrawing) other(lang Lang) string {
	if lang == d.l.Lang {
		return ""
	}
	return string(lang)
}

func (d *formDrawing) text(t Text) string {
	text, _ := t.In(d.l)
	return text
}

func (d *formDrawing) question(q *Question, n int, only string) formQuestion {
	title, lang := q.Title.In(d.l)
	name := fieldPrefix + q.ID
	v := formQuestion{Kind: q.Kind, Name: name, No: n, Title: title, Lang: d.other(lang), Help: d.text(q.Help),
		Only: only, Fault: d.faults[name], Required: q.Required, Rule: ruleWords(d.l, q)}
	given := d.form.Answers[q.ID]
	switch q.Kind {
	case Single:
		d.radios(&v, q, first(given))
	case Multiple:
		d.boxes(&v, q, given)
	case Scale:
		d.scale(&v, q, first(given))
	case Ranking:
		d.places(&v, q, given)
	case Matrix:
		d.rows(&v, q)
	case Number:
		v.Value, v.Digits = first(given), q.Low >= 0
	default:
		v.Value, v.Lines = first(given), 3
		if q.most() > 300 {
			v.Lines = 6
		}
	}
	return v
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func (d *formDrawing) radios(v *formQuestion, q *Question, given string) {
	v.Choices = make([]formChoice, 0, len(q.Options)+1)
	for i := range q.Options {
		o := &q.Options[i]
		v.Choices = append(v.Choices, formChoice{Value: o.ID, Label: d.text(o.Text), On: o.ID == given})
	}
	d.noAnswer(v)
}

// noAnswer lets a choice that nobody must make be taken back, which a browser
// alone does not.
func (d *formDrawing) noAnswer(v *formQuestion) {
	if !v.Required {
		v.Choices = append(v.Choices, formChoice{Label: d.none})
	}
}

func (d *formDrawing) boxes(v *formQuestion, q *Question, given []string) {
	v.Choices = make([]formChoice, 0, len(q.Options))
	for i := range q.Options {
		o := &q.Options[i]
		c := formChoice{Value: o.ID, Label: d.text(o.Text), On: slices.Contains(given, o.ID)}
		if o.Alone {
			c.Note = d.l.T("survey.form.alone")
		}
		v.Choices = append(v.Choices, c)
	}
}

func (d *formDrawing) scale(v *formQuestion, q *Question, given string) {
	v.Choices = make([]formChoice, 0, q.High-q.Low+2)
	for n := q.Low; n <= q.High; n++ {
		c := formChoice{Value: strconv.Itoa(n), Label: scaleLabel(d.l, q, n)}
		c.On = c.Value == given
		v.Choices = append(v.Choices, c)
	}
	d.noAnswer(v)
}

// scaleLabel is a step of a scale, at its ends with what they mean.
func scaleLabel(l *i18n.L, q *Question, n int) string {
	label, end := strconv.Itoa(n), ""
	switch n {
	case q.Low:
		end, _ = q.LowText.In(l)
	case q.High:
		end, _ = q.HighText.In(l)
	}
	if end != "" {
		label += " – " + end
	}
	return label
}

// places are the fields of a ranking, one for each place; Choices are what can
// stand there.
func (d *formDrawing) places(v *formQuestion, q *Question, given []string) {
	for _, o := range q.Options {
		v.Choices = append(v.Choices, formChoice{Value: o.ID, Label: d.text(o.Text)})
	}
	for i, name := range q.fields(q.ID) {
		row := formRow{Name: name, Label: d.l.T("survey.form.place", "n", strconv.Itoa(i+1))}
		if i < len(given) {
			row.Value = given[i]
		}
		v.Rows = append(v.Rows, row)
	}
}

func (d *formDrawing) rows(v *formQuestion, q *Question) {
	v.Choices = make([]formChoice, 0, len(q.Options)+1)
	for i := range q.Options {
		v.Choices = append(v.Choices, formChoice{Value: q.Options[i].ID, Label: d.text(q.Options[i].Text)})
	}
	d.noAnswer(v)
	v.Rows = make([]formRow, 0, len(q.Rows))
	for i := range q.Rows {
		key := q.ID + "." + q.Rows[i].ID
		name := fieldPrefix + key
		v.Rows = append(v.Rows, formRow{Name: name, Label: d.text(q.Rows[i].Text), Value: first(d.form.Answers[key]), Fault: d.faults[name]})
	}
}

// ruleWords tells how much may be written or chosen.
func ruleWords(l *i18n.L, q *Question) string {
	switch q.Kind {
	case FreeText:
		return l.N("survey.form.rule.letters", q.most())
	case Number:
		return l.T("survey.form.rule.number", "low", q.Low, "high", q.High)
	case Ranking:
		if q.Least > 1 {
			return l.N("survey.form.rule.rank", q.most()) + " " + l.N("survey.form.rule.at_least", q.Least)
		}
		return l.N("survey.form.rule.rank", q.most())
	case Multiple:
		rule := l.T("survey.form.rule.many")
		if q.Most > 0 && q.Most < len(q.Options) {
			rule = l.N("survey.form.rule.at_most", q.Most)
		}
		if q.Least > 1 {
			rule += " " + l.N("survey.form.rule.at_least", q.Least)
		}
		return rule
	case Matrix:
		return l.T("survey.form.rule.matrix")
	}
	return ""
}

// carried are the answers that stand in no field of the drawn section, by the
// names of their fields.
func (f Form) carried() []web.Pair {
	var pairs []web.Pair
	for i := range f.Def.Sections {
		if f.Section < 0 || i == f.Section {
			continue
		}
		for j := range f.Def.Sections[i].Questions {
			q := &f.Def.Sections[i].Questions[j]
			for _, key := range q.keys() {
				names := q.fields(key)
				for k, v := range f.Answers[key] {
					pairs = append(pairs, web.Pair{Name: names[min(k, len(names)-1)], Value: v})
				}
			}
		}
	}
	return pairs
}
